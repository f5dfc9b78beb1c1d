"""Where numbers come from: the closes that a reader is shown give the number that he reads."""

from __future__ import annotations

import html
import json
import re

import pandas as pd
import pytest

from reporter.document.edition import Edition

NUMBER = re.compile(r'<data value="([^"]+)"(?: data-origin="([^"]*)" tabindex="0")?>([^<]*)</data>')


@pytest.mark.parametrize("code", ["en", "ru"])
def test_every_number_of_the_article_has_its_origin(edition: Edition, code: str) -> None:
    page = edition.files[f"small-caps-2024-10-16-{code}.html"].decode()
    article = re.sub(r"<figure.*?</figure>", "", page[page.index("<h1") : page.index("</main>")], flags=re.DOTALL)
    found = NUMBER.findall(article)
    assert len(found) > 30
    without = {path for path, line, _ in found if not line}
    assert without <= {"method"}, without
    assert all(re.search(r"2024", line) for path, line, _ in found if path.startswith(("returns", "gap")))


def test_the_closes_give_the_return(edition: Edition) -> None:
    """From the line alone; and the closes themselves are those of prices.csv."""
    page = edition.files["small-caps-2024-10-16-en.html"].decode()
    pattern = re.compile(r"adjusted close of ([\d.,]+) on (.+?) against ([\d.,]+) on (.+)")
    checked = 0
    table = pd.read_csv(__import__("io").BytesIO(edition.files["prices.csv"]))
    for path, line, text in NUMBER.findall(page):
        match = pattern.search(html.unescape(line))
        if not match:
            continue
        now, base = (float(match[n].replace(",", "")) for n in (1, 3))
        said = float(text.replace("−", "-").rstrip("%").replace("+", ""))
        assert abs(abs((now / base - 1) * 100) - abs(said)) < 0.06, (path, line, text)
        ticker = path.split(".")[1]
        rows = table[(table["ticker"] == ticker)].set_index("session")
        assert rows.loc[str(pd.Timestamp(match[4].replace("\xa0", " ")).date()), "adjusted_close"] == pytest.approx(
            base, abs=0.006
        )
        checked += 1
    assert checked >= 4


def test_the_closes_are_in_the_facts(edition: Edition) -> None:
    facts = json.loads(edition.files["facts.json"])
    for ticker, windows in facts["returns"].items():
        closes = facts["closes"][ticker]
        for window, value in windows.items():
            assert closes["last"] / closes[window] - 1 == pytest.approx(value, abs=1e-8)


@pytest.mark.parametrize("code", ["en", "ru"])
def test_on_paper_the_key_figures_have_footnotes(edition: Edition, code: str) -> None:
    from io import BytesIO

    from pypdf import PdfReader

    pages = PdfReader(BytesIO(edition.files[f"small-caps-2024-10-16-{code}.pdf"])).pages
    text = " ".join(" ".join(page.extract_text() for page in pages).split())
    for mark in "¹²³⁴⁵":
        assert text.count(mark) == 2, mark
    assert re.search(r"¹ IJR, (?:total return|полная доходность)", text)
