"""What others said, verbatim."""
