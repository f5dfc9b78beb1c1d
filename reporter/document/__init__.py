"""What is shown: one story as a page, as HTML, PDF and JSON."""
