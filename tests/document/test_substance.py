"""An edition that has lost something: a chart without points goes missing and is said; a page without words is none."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from reporter.config import Brief, FilesSettings, Sources
from reporter.document.edition import Edition
from reporter.document.email import Mail
from reporter.errors import DocumentError
from reporter.sessions import Calendar

Make = Callable[..., Edition]


@pytest.mark.fault("C6")
def test_charts_without_points_are_left_out_and_the_page_says_why(
    make: Make, calendar: Calendar, tmp_path: Path
) -> None:
    """Thirty sessions, and a fund of the field with a single bar: too few for any chart."""
    day = dt.date(2024, 10, 16)
    days = [session for session in calendar.sessions.astype(object) if session <= day][-30:]
    for seed, (ticker, length) in enumerate({"IJR": 30, "SPY": 30, "MTUM": 30, "IVW": 1}.items()):
        close = 100 * np.exp(np.cumsum(np.random.default_rng(seed).normal(0, 0.01, 30)))[-length:]
        columns = dict.fromkeys(("Open", "High", "Low", "Close", "Adj Close"), close)
        pd.DataFrame({"Date": days[-length:], **columns, "Volume": 1}).to_csv(tmp_path / f"{ticker}.csv", index=False)
    brief = Brief(subject="IJR", benchmark="SPY", field=("MTUM", "IVW"), languages=("en",))
    sources = Sources(use="files", files=FilesSettings(folder=tmp_path))
    made = make("small-caps", day, ("en",), brief=brief.model_dump(), sources=sources, formats=("html",))
    page = made.files["small-caps-2024-10-16-en.html"].decode()
    assert 'class="chart' not in page
    text = " ".join(re.sub("<[^>]+>", "", page).split())
    assert "no verdict" in text or "too short for a verdict" in text
    assert made.quality.status == "degraded" and any("IVW" in note for note in made.quality.notes)


BARE = '<!doctype html><html lang="{{ page.language }}"><head><title>A page</title></head><body>%s</body></html>'


@pytest.mark.fault("C7")
@pytest.mark.parametrize(
    ("template", "content", "lacks"),
    [
        ("brief.html.j2", BARE % "<p>Hello</p>", "lacks its headline"),
        ("brief.html.j2", BARE % "<h1>{{ page.plain_title }}</h1>", "has no number at all"),
        ("email.txt.j2", " \n", "its text is empty"),
        ("email.html.j2", BARE % "", "its HTML is empty"),
    ],
)
@pytest.mark.parametrize("formats", [("html",), ("pdf",)])
def test_an_empty_page_does_not_leave_the_house(
    make: Make, tmp_path: Path, template: str, content: str, lacks: str, formats: Any
) -> None:
    (tmp_path / template).write_text(content)
    with pytest.raises(DocumentError, match=f"{lacks}.*is its template whole"):
        make(languages=("en",), mail=Mail.READERS, templates=tmp_path, formats=formats)
