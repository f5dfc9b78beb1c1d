"""An invented market that behaves like one: for trying things out without a network, and never for a decision.

Every number before a day is the same whatever the as-of is and whichever other tickers are asked for: each factor and
each ticker draws from a generator of its own, row by row.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from zlib import crc32

import numpy as np

from reporter.config import SimulatedSettings
from reporter.prices.bars import COLUMNS, Array, Bars, Fetched, Flaw, Problem, is_level, make_bars, total_return
from reporter.prices.invented import FACTORS, FUNDS, LEVELS, Fund, unknown_fund
from reporter.sessions import Calendar, Days

FIRST = date(2005, 1, 3)
YEAR = 252  # sessions

#: Drift and volatility of a factor in a year. The market has regimes, small caps have bounces, `rates` follow a yield.
DRIFT = {"value": -0.008, "momentum": 0.012, "abroad": -0.015, "gold": 0.05}
VOLATILITY = {"size": 0.072, "value": 0.065, "momentum": 0.075, "abroad": 0.095, "gold": 0.155}


@dataclass(frozen=True)
class Factors:
    """What moves everything. Shape of each: sessions."""

    returns: Mapping[str, Array]  # factor -> log return; `rates`: fall of the ten-year yield, a fraction
    turbulence: Array  # volatility over its usual level
    bill: Array  # three-month yield, per cent
    note: Array  # ten-year yield, per cent


def fetch(tickers: Sequence[str], calendar: Calendar, as_of: date, settings: SimulatedSettings) -> Fetched:
    """Bars from 3 January 2005 to the as-of session for any ticker; every name gets a fund of its own."""
    sessions = calendar.between(FIRST, as_of)
    if len(sessions) == 0:
        begin = f"the simulated market begins on {FIRST}, after {as_of}"
        problems = {ticker: Problem(Flaw.MISSING, f"{ticker}: {begin}") for ticker in tickers}
        return Fetched(bars={}, problems=problems)
    factors = _factors(settings.seed, len(sessions))
    return Fetched(bars={ticker: _bars(ticker, factors, sessions, settings.seed) for ticker in tickers})


def _generator(seed: int, name: str) -> np.random.Generator:
    return np.random.default_rng([seed, crc32(name.encode())])


def _factors(seed: int, rows: int) -> Factors:
    """One walk through the sessions.

    The market: a log-volatility that reverts slowly and rises with losses, so that unrest comes in clusters; a bear
    market now and then, the likelier the longer the last one is past; and a pull towards nine per cent a year, so that
    no seed ends in absurd prices. Small caps: a slow loss against large ones, broken by bounces of some
    weeks. The ten-year yield: reverts to 3.2 per cent, and falls a little when shares do; bills follow it lazily.
    """
    draws = {name: _generator(seed, f"factor {name}").standard_normal(rows) for name in FACTORS}
    chance = _generator(seed, "regimes").random((rows, 2)).tolist()
    unrest = _generator(seed, "unrest").standard_normal(rows).tolist()
    shocks, yields = draws["market"].tolist(), draws["rates"].tolist()
    calm, bear, since, bounce, ahead = -0.1, False, 0, False, 0.0
    note, bill = 4.2, 2.6
    walk = np.empty((rows, 6))
    for row in range(rows):
        turn, jump = chance[row]
        since += 1
        if bear:
            bear = turn > 1 / 240
            since = 0
        else:
            bear = turn < since / 2_500_000
        bounce = jump > 1 / 28 if bounce else jump < 1 / 150
        calm += 0.025 * ((0.50 if bear else -0.25) - calm) + 0.085 * unrest[row] - 0.045 * shocks[row]
        turbulence = math.exp(min(calm, 1.1))
        market = ((-0.36 if bear else 0.16) - 0.30 * ahead) / YEAR + 0.15 / YEAR**0.5 * turbulence * shocks[row]
        ahead += market - 0.09 / YEAR
        fall = -0.0006 * (3.2 - note) / 3.2 * 100 / YEAR - 0.0006 * turbulence**0.5 * yields[row] - 0.0085 * market
        note = max(0.4, note - 100 * fall)
        bill += 0.004 * (max(0.02, 1.6 * note - 3.1 - (1.5 if bear else 0.0)) - bill)
        walk[row] = market, fall, turbulence, bill, note, bounce
    markets, falls, turbulences, bills, notes, bounces = walk.T
    drift = {"size": np.where(bounces > 0, 0.42, -0.125)}
    returns = {
        name: drift.get(name, DRIFT.get(name, 0.0)) / YEAR
        + VOLATILITY[name] / YEAR**0.5 * np.sqrt(turbulences) * draws[name]
        for name in VOLATILITY
    }
    return Factors({**returns, "market": markets, "rates": falls}, turbulences, bills, notes)


def _bars(ticker: str, factors: Factors, sessions: Days, seed: int) -> Bars:
    rng = _generator(seed, ticker)
    if ticker in LEVELS:
        columns = _level(ticker, factors, rng)
    else:
        fund = FUNDS.get(ticker) or unknown_fund(rng, is_level(ticker))
        columns = _fund(fund, factors, sessions, rng)
    return make_bars(sessions, dict(zip(COLUMNS, columns, strict=True)))


def _level(ticker: str, factors: Factors, rng: np.random.Generator) -> tuple[Array, ...]:
    """A yield or the volatility index: no range, no volume, nothing paid."""
    level = {"^IRX": factors.bill, "^TNX": factors.note, "^VIX": 8.5 + 9.5 * factors.turbulence**1.2}[ticker]
    noise = rng.standard_normal(len(level)) * (0.03 if ticker == "^VIX" else 0.0)
    level = np.round(level * np.exp(noise), 2 if ticker == "^VIX" else 3)
    return level, level, level, level, np.zeros(len(level))


def _fund(fund: Fund, factors: Factors, sessions: Days, rng: np.random.Generator) -> tuple[Array, ...]:
    """Columns of a fund: closes in cents, finer before its split; a range around open and close; volume."""
    rows = len(sessions)
    split_row, split_ratio, ex_day = (
        int(rng.integers(600, 4800)),
        int(rng.choice((1, 1, 2, 3))),
        int(rng.integers(14, 26)),
    )
    own, gap, up, down, crowd = rng.standard_normal((rows, 5)).T
    leaning = dict(zip(FACTORS, fund.betas, strict=True))
    log_return = sum(beta * factors.returns[name] for name, beta in leaning.items() if beta)
    log_return = log_return + fund.noise * np.sqrt(factors.turbulence) * own + _carry(leaning["rates"], factors.note)

    quarter = _ex_dates(sessions, ex_day)
    paid = quarter * fund.payout / 4
    # Like a vendor's: before a split, prices in cents have been divided by its ratio.
    tick = np.where(np.arange(rows) < split_row, 0.01 / split_ratio, 0.01)
    exact = fund.price * np.exp(np.cumsum(log_return + np.log1p(-paid)))
    close = np.maximum(tick, _to_tick(exact, tick))
    before = np.concatenate(([fund.price], close[:-1]))
    dividends = np.round(paid * before, 4)

    spread = 0.004 * factors.turbulence * (0.35 + leaning["market"] ** 2)
    open_ = _to_tick(before * np.exp(0.4 * spread * gap), tick)
    high = _to_tick(np.maximum(open_, close) * (1 + spread * np.abs(up)), tick)
    low = _to_tick(np.minimum(open_, close) * (1 - spread * np.abs(down)), tick)
    high, low = np.maximum(high, close), np.maximum(tick, np.minimum(low, close))
    bustle = 13 + np.log1p(np.arange(rows) / 900) + 0.35 * crowd + 0.8 * np.log(factors.turbulence)
    # A split brings the price into reach of more people.
    volume = np.round(np.exp(bustle) * np.where(np.arange(rows) < split_row, 1.0, 1 + 0.3 * (split_ratio - 1)), -2)
    return close, total_return(close, dividends), high, low, volume


def _carry(duration: float, note: Array) -> Array | float:
    """What a bond pays in a session: the ten-year yield, less of it where the duration is short."""
    return note / 100 / YEAR * min(1.0, 0.4 + duration / 12) if duration > 1.5 else 0.0


def _ex_dates(sessions: Days, day: int) -> Array:
    """1 on the first session on or after a day of March, June, September and December; else 0."""
    month = sessions.astype("M8[M]")
    due = (month.astype("int64") % 3 == 2) & ((sessions - month).astype("int64") + 1 >= day)
    first: Array = (due & ~np.append(False, due[:-1])).astype("float64")
    return first


def _to_tick(price: Array, tick: Array) -> Array:
    """Rounded to the tick, and to the digits that a vendor prints."""
    return np.round(np.round(price / tick) * tick, 4)
