"""docs/commentary.md cannot go stale: what it names is there."""

from __future__ import annotations

import re
from pathlib import Path

from reporter.language import Language
from reporter.story import lexicon, outline

TEXT = (Path(__file__).parents[2] / "docs" / "commentary.md").read_text("utf-8")


def test_constants() -> None:
    named = set(re.findall(r"`([A-Z][A-Z_]+)`", TEXT))
    assert {"LEVEL", "MOVED", "FACTS_FIRST", "DISPENSABLE"} <= named
    assert {name for name in named if not hasattr(lexicon, name) and not hasattr(outline, name)} == set()


def test_filters() -> None:
    named = set(re.findall(r"\\\|(\w+)", TEXT))
    assert {"size", "change", "word", "ordinal", "plural"} <= named <= set(Language("en").environment.filters)


def test_files_and_sections() -> None:
    root = Path(__file__).parents[2]
    for path in re.findall(r"\]\((?:\.\./)?((?:reporter/|docs/|CONTRIBUTING)[\w./]+)\)", TEXT):
        assert (root / path).exists(), path
    for path in re.findall(r"`(reporter/[\w./]+)`", TEXT):
        assert (root / path).exists(), path
    assert set(outline.DOUBT_EARLY) == set(outline.FACTS_FIRST)
