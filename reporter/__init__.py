"""Market briefs that can be traced to the last number."""

__version__ = "0.1.0"
