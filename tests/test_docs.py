"""Documents that people read first: up to date, with pictures that are there and small."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])


def test_the_reference_of_settings_is_up_to_date() -> None:
    script = runpy.run_path(str(ROOT / "scripts" / "configuration_reference.py"))
    written = (ROOT / "docs" / "configuration.md").read_text("utf-8")
    assert written == script["reference"](), "run: python scripts/configuration_reference.py > docs/configuration.md"


def test_every_setting_says_what_it_is() -> None:
    rows = re.findall(
        r"^\| `(\w+)` \|.*\| (.*) \|$", (ROOT / "docs" / "configuration.md").read_text("utf-8"), re.MULTILINE
    )
    assert len(rows) > 80
    assert sum(not text for _, text in rows) < len(rows) / 4, [name for name, text in rows if not text]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    text = re.sub(r"```.*?```", "", document.read_text("utf-8"), flags=re.DOTALL)
    for link in re.findall(r"\]\(([^)#]+)[^)]*\)", text):
        if not link.startswith(("https:", "mailto:")):
            assert (document.parent / link).exists(), f"{document.name}: {link}"


def test_pictures_are_small() -> None:
    pictures = [*(ROOT / "docs").rglob("*.png")]
    assert len(pictures) >= 6 and sum(path.stat().st_size for path in pictures) < 1_500_000
