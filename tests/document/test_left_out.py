"""What the gate left out, as the first page lists it: fund by fund, and in a big field by what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from reporter.document.page import NAMED, left_out
from reporter.facts import Facts
from reporter.language import Language
from reporter.prices import Prices
from reporter.prices.bars import Flaw
from reporter.prices.quality import Issue


@pytest.mark.parametrize(
    ("code", "zero", "stale"),
    [("en", "a price of zero", "the newest price is too old"), ("ru", "нулевая цена", "последняя цена устарела")],
)
def test_many_are_listed_by_what_is_wrong(
    make_prices: Callable[..., Prices], facts_of: Callable[..., Facts], code: str, zero: str, stale: str
) -> None:
    language = Language(code, None)
    closes = 100 + np.arange(300.0)
    facts = facts_of(make_prices({"AAA": closes, "BBB": closes}), "AAA", "BBB")
    issues = [Issue(f"F{n}", Flaw.STALE if n % 3 else Flaw.ZERO, "") for n in range(NAMED + 1)]

    def told(count: int) -> list[str]:
        return list(left_out(replace(facts, quality=replace(facts.quality, issues=tuple(issues[:count]))), language))

    assert len(told(NAMED)) == NAMED and told(NAMED)[0] == f"F0 (F0): {zero}"
    assert told(NAMED + 1) == [
        f"{zero}: F0, F3, F6, F9, F12",
        f"{stale}: F1, F2, F4, F5, F7, F8, F10, F11",
    ]
