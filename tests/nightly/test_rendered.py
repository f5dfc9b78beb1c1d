"""Long runs, for `make nightly`: every configured brief in many states of the market, PDF included."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import date

import jsonschema
import numpy as np
import pytest
from pypdf import PdfReader

from reporter.config import SimulatedSettings, Sources
from reporter.document.edition import Edition
from reporter.document.facts_json import SCHEMA_FILE
from reporter.sessions import Calendar

pytestmark = pytest.mark.nightly


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", ["small-caps", "emerging-markets", "value-growth", "sectors", "bonds"])
def test_many_markets(name: str, make: Callable[..., Edition], calendar: Calendar) -> None:
    """Thirty draws of market and day a brief: two to three pages, valid facts, nothing empty, nothing unsaid."""
    sessions = calendar.between(date(2005, 1, 31), date(2025, 6, 27))
    rng = np.random.default_rng(sum(map(ord, name)))
    for seed, row in zip(range(30), rng.integers(0, len(sessions), 30), strict=True):
        sources = Sources(use="simulated", simulated=SimulatedSettings(seed=seed))
        made = make(name, sessions[row].astype(date), sources=sources)
        jsonschema.validate(json.loads(made.files["facts.json"]), json.loads(SCHEMA_FILE.read_text("utf-8")))
        for file, content in made.files.items():
            if file.endswith(".pdf"):
                assert 1 <= len(PdfReader(io.BytesIO(content)).pages) <= 3, (seed, file)
            if file.endswith(".html"):
                assert b"Quantity(" not in content and b"Undefined" not in content
