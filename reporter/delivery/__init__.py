"""Where editions go. Channels deliver bytes and never make text."""
