"""What is worth saying about the facts, in which order: findings, no words."""

from reporter.story.outline import Section, Story, write_story

__all__ = ["Section", "Story", "write_story"]
