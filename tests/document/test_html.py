"""The HTML: one file, nothing fetched, nothing that a hostile name could do."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from reporter.charts import CHARTS
from reporter.config import Brand
from reporter.document.edition import Edition
from reporter.document.html import css_string
from reporter.errors import DocumentError

VOID = {"meta", "link", "img", "br", "input", "hr"}


def page(edition: Edition, code: str = "en") -> str:
    return edition.files[f"{edition.brief}-{edition.session}-{code}.html"].decode()


class Balance(HTMLParser):
    """Counts elements that are not closed in their order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.faults: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(tag)


@pytest.mark.parametrize("code", ["en", "ru"])
def test_well_formed_and_self_contained(edition: Edition, code: str) -> None:
    shown = page(edition, code)
    parser = Balance()
    parser.feed(shown)
    assert parser.open == [] and parser.faults == []
    assert len(shown.encode()) < 400_000
    assert "<script" not in shown
    outside = re.findall(r'(?:src|href)="([^"#]+)"|url\("?([^")]{1,40})', shown)
    for address in (one or other for one, other in outside):
        assert address.startswith(("data:font/woff2", "small-caps-2024-10-16-", "facts.json")), address
    assert shown.count("<svg") == 2 * len(CHARTS) == 2 * len(re.findall(r'role="img" aria-label="[^"]{40,}"', shown))
    assert f'<html lang="{code}">' in shown


def test_every_page_says_simulated(edition: Edition) -> None:
    assert "SIMULATED" in page(edition, "en") and "SIMULATED" in page(edition, "ru")


def test_ids_are_unique(edition: Edition) -> None:
    ids = re.findall(r'\bid="([^"]+)"', page(edition))
    assert len(ids) == len(set(ids))


def test_links_lead_to_files_of_the_edition(edition: Edition) -> None:
    for code in ("en", "ru"):
        for file in re.findall(r'<a href="([^"#]+)"', page(edition, code)):
            assert file in edition.files


def test_colours_are_variables_so_that_dark_mode_works(edition: Edition) -> None:
    charts = "".join(re.findall(r"<svg.*?</svg>", page(edition), re.DOTALL))
    assert "var(--subject)" in charts and not re.search(r"#[0-9a-f]{6}", charts)


HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)>{{ 7*7 }}</style>'


@pytest.mark.fault("C1")
def test_hostile_text_stays_text(make: Callable[..., Edition]) -> None:
    brand = Brand(name=HOSTILE[:60], disclaimer={"en": HOSTILE})
    made = make(brand=brand, brief={"title": {"en": HOSTILE}}, languages=("en",))
    shown = page(made)
    assert "<script" not in shown and "<img" not in shown and "49" not in re.findall(r"<title>.*</title>", shown)[0]
    assert shown.count("</style>") == 1
    parser = Balance()
    parser.feed(shown)
    assert parser.faults == []


@pytest.mark.parametrize("text", ['a"b', "a\\b", "a\nb", "</style>", "});@import 'x", "Малые · 1–2"])
def test_css_strings_cannot_be_left(text: str) -> None:
    made = str(css_string(text))
    assert made[0] == made[-1] == '"'
    assert not re.search(r'["\n<>]|\\(?![0-9a-f]+ )', made[1:-1])
    assert re.sub(r"\\([0-9a-f]+) ", lambda match: chr(int(match[1], 16)), made[1:-1]) == text


class TestTemplatesOfTheUser:
    def test_replace_file_by_file(self, make: Callable[..., Edition], tmp_path: Path) -> None:
        (tmp_path / "sections").mkdir()
        (tmp_path / "sections" / "method.html.j2").write_text("<p>Our house rules for {{ page.series }}</p>")
        shown = page(make(templates=tmp_path, formats=("html",), languages=("en",)))
        assert "Our house rules for Small caps" in shown and "How to read this" not in shown
        assert "Bottom line" in shown

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("{% if %}", "method.html.j2:1"),
            ("{{ page.nothing }}", "nothing"),
            ("{{ page.__class__.__mro__ }}", "unsafe"),
            ("{% include 'no.html' %}", "no.html"),
        ],
    )
    @pytest.mark.fault("C3")
    def test_mistakes_are_one_line(self, text: str, message: str, make: Callable[..., Edition], tmp_path: Path) -> None:
        (tmp_path / "sections").mkdir()
        (tmp_path / "sections" / "method.html.j2").write_text(text)
        with pytest.raises(DocumentError, match=message) as raised:
            make(templates=tmp_path, formats=("html",), languages=("en",))
        assert "\n" not in str(raised.value)
