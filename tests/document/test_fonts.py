"""Fonts of a web page: all letters of the page, few others, the same bytes each time. fontTools reads them back."""

from __future__ import annotations

import base64
import io
import re

import pytest
from fontTools.ttLib import TTFont

from reporter.document.edition import Edition
from reporter.document.fonts import cut, letters
from reporter.words import BUNDLED


@pytest.mark.parametrize("code", ["en", "ru"])
def test_fonts_have_the_letters_of_the_page(edition: Edition, code: str) -> None:
    page = edition.files[f"small-caps-2024-10-16-{code}.html"].decode()
    fonts = re.findall(r"data:font/woff2;base64,([^\"]+)", page)
    shown = set(re.sub(r"<style.*?</style>|<[^>]+>", "", page, flags=re.DOTALL)) - set("\n\r\t")
    assert len(fonts) == 5 and sum(map(len, fonts)) < 180_000
    for font in fonts:
        known = set(map(chr, TTFont(io.BytesIO(base64.b64decode(font))).getBestCmap()))
        missing = {letter for letter in shown - known if letter.isalnum() or letter in "%−+·—"}
        assert not missing, missing
    assert len(page.encode()) < 400_000


def test_editions_of_a_language_share_one_set() -> None:
    assert letters("Small caps 10.9%") == letters("Bonds −3.2%") != letters("Облигации")
    assert letters("Облигации") == letters("Малые компании")
    assert "₽" in letters("100 ₽")


def test_same_letters_same_bytes_and_figures_of_one_width() -> None:
    source = (BUNDLED / "fonts" / "Inter-Regular.ttf").read_bytes()
    one, other = (cut(source, map(ord, "0123456789−.,%")) for _ in range(2))
    assert one == other and one.startswith(b"wOF2") and len(one) < 8_000
    features = {record.FeatureTag for record in TTFont(io.BytesIO(one))["GSUB"].table.FeatureList.FeatureRecord}
    assert "tnum" in features
