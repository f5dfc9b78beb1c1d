"""Tiingo's end-of-day prices: closes as they were traded, with splits and dividends beside them."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import numpy as np

from reporter.config import TiingoSettings
from reporter.errors import DataError
from reporter.prices.asking import Refused, Trouble
from reporter.prices.bars import Array, Bars, Flaw, listed, make_bars
from reporter.prices.web import Web
from reporter.secret import read_secret

FIRST = date(2000, 1, 1)
FIELDS = {"close": "close", "high": "high", "low": "low", "volume": "volume", "adjusted_close": "adjClose"}


class _Line(Web):
    def bars(self, ticker: str, since: date | None) -> tuple[Bars, str, tuple[str, ...]]:
        if not ticker.replace("-", "").isalnum():
            raise Refused(Flaw.MISSING, "Tiingo has funds of US exchanges only, without ^ . or =")
        path = f"/tiingo/daily/{ticker.lower()}/prices"
        status, text = self.get(path, startDate=str(since or FIRST), format="json")
        try:
            answer = json.loads(text)
        except ValueError as error:
            raise Trouble("an answer that was cut off, or is not in Tiingo's form") from error
        if status == 404 and "not found" in str(answer).lower():
            raise Refused(Flaw.MISSING, "Tiingo does not know it")
        if status != 200 or not isinstance(answer, list):
            raise Trouble(f"the request was turned down (HTTP {status})")
        if not answer:
            if since is None:
                raise Trouble("an answer without prices")
            return make_bars([], {}), "USD", ()
        try:
            bars, notes = _as_bars(answer)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise Trouble(f"an answer that cannot be read ({type(error).__name__})") from error
        return bars, "USD", notes


def connect(settings: TiingoSettings, *, patient: bool = True) -> _Line:
    """Raises DataError without a key, ConfigError where it cannot be read."""
    if settings.key is None:
        raise DataError(
            "tiingo: no key; name the place of yours under sources.tiingo.key, such as {env: TIINGO_API_KEY}"
        )
    key = read_secret(settings.key, "sources.tiingo.key")
    return _Line("Tiingo", settings, {"Authorization": f"Token {key}"}, patient=patient)


def _as_bars(rows: list[dict[str, Any]]) -> tuple[Bars, tuple[str, ...]]:
    """Bars adjusted for splits, as everywhere here: a day's prices divided by the ratios of all later splits.

    Raises:
        Refused: two bars for one day.
    """
    days = np.array([row["date"][:10] for row in rows], "M8[D]")
    order = np.argsort(days, kind="stable")
    notes = () if (order == np.arange(len(order))).all() else ("dates were not in order and have been sorted",)
    days = days[order]
    if len(twice := days[1:][days[1:] == days[:-1]]):
        raise Refused(Flaw.DUPLICATE, f"Tiingo has two bars for one day: {listed(twice)}")

    def column(name: str) -> Array:
        values: Array = np.array([_number(row[name]) for row in rows])[order]
        return values

    columns = {ours: column(theirs) for ours, theirs in FIELDS.items()}
    split = column("splitFactor")
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        later = np.append(np.cumprod(split[::-1])[::-1][1:], 1.0)  # ratios of the splits after each day
        scaled = {name: columns[name] / later for name in ("close", "high", "low")}
        paid = column("divCash") / later
        volume = columns["volume"] * later
    adjusted = columns["adjusted_close"]
    return make_bars(
        days, {**scaled, "volume": volume, "adjusted_close": adjusted, "dividend": paid, "split": split}
    ), notes


def _number(value: object) -> float:
    if value is None:
        return float("nan")
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(value)
    return float(value)
