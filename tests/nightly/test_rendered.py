"""Simulated markets as whole editions: every configured brief in many states, and the strange ones of `markets.py`.

The build itself fails on a number that no fact stands behind, in HTML and PDF, and on an outline that contradicts
itself; here it is seen that it does not fail, and that what facts.json says of a page is true.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from datetime import date

import jsonschema
import numpy as np
import pytest
from pypdf import PdfReader

from reporter.config import Config, SimulatedSettings, Sources
from reporter.document.edition import Edition
from reporter.document.facts_json import SCHEMA_FILE
from reporter.pipeline import build_edition
from reporter.sessions import Calendar
from tests.nightly.markets import make_market
from tests.test_edition import look_up

SCHEMA = json.loads(SCHEMA_FILE.read_text("utf-8"))
#: Of the strange markets: this many, in so many tasks, every so many of them with PDF.
STRANGE, TASKS, WITH_PDF = 200, 8, 4


def check(made: Edition, what: str) -> None:
    """Facts valid, every claim and statement founded, nothing unsaid on the pages, two or three sheets."""
    facts = json.loads(made.files["facts.json"])
    jsonschema.validate(facts, SCHEMA)
    for one in (*facts["claims"], *facts["statements"]):
        assert one["facts"] or one["section"] == "method", (what, one)
        for path in one["facts"]:
            assert path.startswith("voices.") or look_up(facts, path) is not None, (what, path)
    for file, content in made.files.items():
        if file.endswith(".pdf"):
            assert 1 <= len(PdfReader(io.BytesIO(content)).pages) <= 4, (what, file)
        if file.endswith(".html"):
            assert not re.search(rb"Quantity\(|Undefined|>None<(?!/data> of)|\bnan\b", content), (what, file)


@pytest.mark.nightly
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", ["small-caps", "emerging-markets", "value-growth", "sectors", "bonds"])
def test_configured_briefs(name: str, make: Callable[..., Edition], calendar: Calendar) -> None:
    """Thirty draws of market and day a brief, PDF included."""
    sessions = calendar.between(date(2005, 1, 31), date(2025, 6, 27))
    rng = np.random.default_rng(sum(map(ord, name)))
    for seed, row in zip(range(30), rng.integers(0, len(sessions), 30), strict=True):
        sources = Sources(use="simulated", simulated=SimulatedSettings(seed=seed))
        check(make(name, sessions[row].astype(date), sources=sources), f"{name} {seed}")


@pytest.mark.nightly
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("task", range(TASKS))
def test_strange_markets(task: int, config: Config, calendar: Calendar) -> None:
    render(range(task, STRANGE, TASKS), config, calendar)


@pytest.mark.timeout(600)
def test_a_few_strange_markets(config: Config, calendar: Calendar) -> None:
    """Of `make test`: one with PDF."""
    render(range(4, 9), config, calendar)


def render(numbers: range, config: Config, calendar: Calendar) -> None:
    for number in numbers:
        market = make_market(number, calendar)
        formats = ("html", "pdf") if number % WITH_PDF == 0 else ("html",)
        settled = config.model_copy(update={"formats": formats})
        made = build_edition(settled, market.brief, market.facts, market.voices, languages=("en", "ru"))
        check(made, f"market {number}")
