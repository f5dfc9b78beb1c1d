"""What runs for years: when an edition is due, what became of it, and who is told."""
