"""Technical status of one fund at the last close: averages, oscillators, ranges, highs. Prices, not total return."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import accumulate

import numpy as np

from reporter.facts.series import Array, Line, Panel, prior_max, rolling_mean

FAST, SLOW = 50, 200  # sessions of the two averages
SLOPE = 21  # sessions over which the slow average must have risen
YEAR = 252
RSI_LENGTH = ATR_LENGTH = 14
RSI_MIDDLE = 50.0
MACD_FAST, MACD_SLOW, MACD_SIGNAL = 12, 26, 9
BOLLINGER, BANDWIDTH_HISTORY, SQUEEZE = 20, 126, 0.2  # sessions, sessions, share
DONCHIAN_SHORT, DONCHIAN_LONG = 20, 55
NEAR_HIGH = 0.05  # "near" the 52-week high: within 5 %


class Trend(StrEnum):
    UP = "uptrend"  # close > SMA50 > SMA200
    DOWN = "downtrend"  # close < SMA50 < SMA200
    MIXED = "mixed"


class Status(StrEnum):
    SOLID = "solid"  # all four marks
    MIXED = "mixed"
    WEAK = "weak"  # at most one of the four marks


@dataclass(frozen=True, kw_only=True)
class Peak:
    """The highest close of the whole history, on one basis."""

    day: date
    below: float  # last close / peak - 1: 0 at a record, else negative


@dataclass(frozen=True, kw_only=True)
class Cross:
    """The last change of sign of SMA50 - SMA200."""

    golden: bool  # False: a death cross
    day: date
    age: int  # sessions since


@dataclass(frozen=True, kw_only=True)
class Technicals:
    """Prices in the fund's currency; distances as fractions."""

    close: float
    sma50: float
    sma200: float
    slow_rising: bool
    trend: Trend
    cross: Cross | None
    rsi14: float
    macd_histogram: float
    atr14: float | None
    bandwidth: float
    bandwidth_percentile: float
    breakout_20: bool
    breakout_55: bool
    high_52w_close: bool
    high_52w_intraday: bool
    high_52w_total_return: bool
    from_high_52w: float  # close / highest close of 252 sessions - 1
    peak_price: Peak
    peak_total_return: Peak
    drawdown: float  # of the total-return level from its peak

    @property
    def consolidating(self) -> bool:
        return self.bandwidth_percentile <= SQUEEZE

    @property
    def marks(self) -> dict[str, bool]:
        """The four marks of the status rule."""
        return {
            "uptrend": self.trend is Trend.UP,
            "slow_average_rising": self.slow_rising,
            "near_52w_high": self.from_high_52w >= -NEAR_HIGH,
            "rsi_above_middle": self.rsi14 >= RSI_MIDDLE,
        }

    @property
    def status(self) -> Status:
        met = sum(self.marks.values())
        return Status.SOLID if met == len(self.marks) else Status.WEAK if met <= 1 else Status.MIXED


def compute_technicals(panel: Panel, ticker: str) -> Technicals | None:
    """None with fewer than 252 bars, or where the last bar is absent. Bars with a gap are left out."""
    rows = np.flatnonzero(np.isfinite(panel.close[ticker]) & np.isfinite(panel.adjusted[ticker]))
    if len(rows) <= YEAR or rows[-1] != len(panel.days) - 1:
        return None
    close, adjusted = panel.close[ticker][rows], panel.adjusted[ticker][rows]
    high, low = panel.high[ticker][rows], panel.low[ticker][rows]
    days = tuple(panel.days[row] for row in rows)
    fast, slow = rolling_mean(close, FAST), rolling_mean(close, SLOW)
    bands = bandwidth(close)
    recent_bands = bands[-BANDWIDTH_HISTORY:]
    return Technicals(
        close=float(close[-1]),
        sma50=float(fast[-1]),
        sma200=float(slow[-1]),
        slow_rising=bool(slow[-1] > slow[-1 - SLOPE]),
        trend=trend(close[-1], fast[-1], slow[-1]),
        cross=last_cross(fast, slow, days),
        rsi14=float(rsi(close)[-1]),
        macd_histogram=float(macd_histogram(close)[-1]),
        atr14=float(atr(high, low, close)[-1]) if np.isfinite(high).all() and np.isfinite(low).all() else None,
        bandwidth=float(bands[-1]),
        bandwidth_percentile=float((recent_bands[:-1] < bands[-1]).mean()),
        breakout_20=bool(close[-1] > prior_max(high, DONCHIAN_SHORT)[-1]),
        breakout_55=bool(close[-1] > prior_max(high, DONCHIAN_LONG)[-1]),
        high_52w_close=bool(close[-1] > prior_max(close, YEAR - 1)[-1]),
        high_52w_intraday=bool(high[-1] > prior_max(high, YEAR - 1)[-1]),
        high_52w_total_return=bool(adjusted[-1] > prior_max(adjusted, YEAR - 1)[-1]),
        from_high_52w=float(close[-1] / close[-YEAR:].max() - 1),
        peak_price=peak(close, days),
        peak_total_return=peak(adjusted, days),
        drawdown=float(adjusted[-1] / adjusted.max() - 1),
    )


def trend(close: float, fast: float, slow: float) -> Trend:
    """Source: stocktrendinvesting.com, signal MA(200/50)."""
    if close > fast > slow:
        return Trend.UP
    return Trend.DOWN if close < fast < slow else Trend.MIXED


def last_cross(fast: Array, slow: Array, days: tuple[date, ...]) -> Cross | None:
    """The last completed bar on which SMA50 - SMA200 changed its sign; None where it never did."""
    above = (fast > slow)[SLOW - 1 :]
    turns = np.flatnonzero(above[1:] != above[:-1])
    if not len(turns):
        return None
    row = SLOW + int(turns[-1])
    return Cross(golden=bool(above[-1]), day=days[row], age=len(days) - 1 - row)


def wilder(values: Array, length: int) -> Array:
    """Wilder's average: first the mean of `length`, then (previous * (length - 1) + value) / length."""
    smooth = np.full(len(values), np.nan)
    if len(values) < length:
        return smooth
    steps, start = values[length:].tolist(), float(values[:length].mean())
    smooth[length - 1 :] = [*accumulate(steps, lambda mean, value: mean + (value - mean) / length, initial=start)]
    return smooth


def rsi(close: Array, length: int = RSI_LENGTH) -> Array:
    """Relative strength index after Wilder, 0..100; 100 where there was no loss; NaN while warming up."""
    steps = np.diff(close)
    gain, loss = wilder(np.maximum(steps, 0), length), wilder(np.maximum(-steps, 0), length)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.where(loss == 0, 100.0, 100 - 100 / (1 + gain / loss))
    value[np.isnan(gain)] = np.nan
    return np.concatenate(([np.nan], value))


def ema(values: Array, span: int) -> Array:
    """Exponential average with weight 2 / (span + 1), seeded with the first value (pandas: adjust=False)."""
    weight = 2 / (span + 1)
    return np.array([*accumulate(values.tolist(), lambda mean, value: mean + weight * (value - mean))])


def macd_histogram(close: Array) -> Array:
    """EMA12 - EMA26, less its own EMA9. Unit: price."""
    line = ema(close, MACD_FAST) - ema(close, MACD_SLOW)
    return line - ema(line, MACD_SIGNAL)


def atr(high: Array, low: Array, close: Array, length: int = ATR_LENGTH) -> Array:
    """Average true range after Wilder. Unit: price."""
    before = close[:-1]
    true_range = np.maximum(high[1:], before) - np.minimum(low[1:], before)
    return np.concatenate(([np.nan], wilder(true_range, length)))


def bandwidth(close: Array) -> Array:
    """(upper - lower) / middle of the Bollinger bands: 20 sessions, 2 population standard deviations."""
    width = np.full(len(close), np.nan)
    if len(close) >= BOLLINGER:
        windows = np.lib.stride_tricks.sliding_window_view(close, BOLLINGER)
        width[BOLLINGER - 1 :] = 4 * windows.std(axis=1) / windows.mean(axis=1)
    return width


def peak(level: Array, days: tuple[date, ...]) -> Peak:
    """The last day of the highest level of the whole history."""
    row = len(level) - 1 - int(np.argmax(level[::-1]))
    return Peak(day=days[row], below=float(level[-1] / level[row] - 1))


def price_lines(panel: Panel, ticker: str, first: date) -> tuple[Line, Line, Line]:
    """Close, SMA50 and SMA200 from `first` on, for the chart."""
    rows = np.flatnonzero(np.isfinite(panel.close[ticker]))
    close = panel.close[ticker][rows]
    days = tuple(panel.days[row] for row in rows)
    start = next((row for row, day in enumerate(days) if day >= first), 0)

    def line(values: Array) -> Line:
        kept = [row for row in range(start, len(days)) if np.isfinite(values[row])]
        return Line(tuple(days[row] for row in kept), tuple(values[kept].tolist()))

    return line(close), line(rolling_mean(close, FAST)), line(rolling_mean(close, SLOW))
