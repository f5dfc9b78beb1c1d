"""The field ranked by total return, subject and benchmark picked out."""

from __future__ import annotations

from matplotlib.patches import PathPatch
from matplotlib.path import Path

from reporter.charts.extents import BOLD, REGULAR, width
from reporter.charts.style import GREY, INK, LABEL, PALE, SUBJECT, Canvas, Size, new_canvas
from reporter.facts import Facts
from reporter.finding import percent
from reporter.language import Language

TOP = 13.0  # points: the room above for the benchmark's label
MOST = 15  # rows; of a larger field the best, the worst and the subject are shown
LONGEST = 0.47  # of the width: the widest column of names


def ready(facts: Facts) -> bool:
    """Not without a ranking for the year to date."""
    return "YTD" in facts.returns.ranks and bool(facts.field) and "YTD" in facts.returns.total[facts.benchmark]


def rows(facts: Facts) -> int:
    """How many funds are shown."""
    return len(shown(facts.returns.ranks["YTD"].order, facts.subject))


def draw(facts: Facts, language: Language, size: Size) -> Canvas:
    total, subject = facts.returns.total, facts.subject
    tickers = shown(facts.returns.ranks["YTD"].order, subject)
    room = LONGEST * size.wide
    names = {ticker: fitted(language.name(ticker)["label"], ticker, room, bold=ticker == subject) for ticker in tickers}
    texts = {
        ticker: language.spell(percent(total[ticker]["YTD"], f"returns.{ticker}.YTD"), "bare")
        for ticker in (*tickers, facts.benchmark)
    }
    left = 7.0 + max(width(name, LABEL, BOLD) for name in names.values())
    right = 6.0 + max(width(texts[ticker], LABEL, BOLD) for ticker in tickers)
    values = [total[ticker]["YTD"] * 100 for ticker in tickers]
    benchmark = total[facts.benchmark]["YTD"] * 100
    low, high = min(0.0, benchmark, *values), max(0.0, benchmark, *values)
    across, up = (low, high if high > low else low + 1), (-0.5, len(tickers) - 0.5)
    canvas = new_canvas(size, left, right, across, up, bottom=2.0, top=TOP)
    places = range(len(tickers) - 1, -1, -1)
    for colour, mine in ((PALE, False), (SUBJECT, True)):
        chosen = [(row, v) for row, v, t in zip(places, values, tickers, strict=True) if (t == subject) is mine]
        bars(canvas, chosen, colour)
    for row, ticker in zip(places, tickers, strict=True):
        mine = ticker == subject
        colour = SUBJECT if mine else INK
        canvas.text(canvas.plot.left - 5, canvas.y(row), names[ticker], ha="right", color=colour, bold=mine)
        canvas.text(canvas.plot.right + right, canvas.y(row), texts[ticker], ha="right", color=colour, bold=mine)
    for x, colour, weight in ((0.0, GREY, 0.6), (benchmark, INK, 0.9)):
        canvas.upright(x, color=colour, linewidth=weight)
    text = f"{facts.benchmark} {texts[facts.benchmark]}"
    at, half = canvas.x(benchmark), width(text, LABEL, BOLD) / 2
    x = min(max(at, half), canvas.plot.right + right - half)
    canvas.text(x, canvas.plot.high + 6, text, ha="center", color=INK, bold=True)
    return canvas


def bars(canvas: Canvas, rows: list[tuple[int, float]], colour: str) -> None:
    """All bars of one colour in one path."""
    if not rows:
        return
    corners = [
        (canvas.x(x), canvas.y(row + y))
        for row, value in rows
        for x, y in ((0.0, -0.34), (value, -0.34), (value, 0.34), (0.0, 0.34), (0.0, -0.34))
    ]
    codes = [Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY] * len(rows)
    canvas.artists.append(PathPatch(Path(corners, codes), facecolor=colour, linewidth=0))


def fitted(name: str, ticker: str, room: float, *, bold: bool) -> str:
    """The name, or the ticker where the name would not leave room for bars."""
    return name if width(name, LABEL, BOLD if bold else REGULAR) <= room else ticker


def shown(order: tuple[str, ...], subject: str) -> tuple[str, ...]:
    """All of a small field; of a large one both ends and the subject."""
    if len(order) <= MOST:
        return order
    half = MOST // 2
    kept = {*order[:half], *order[-half:], subject}
    return tuple(ticker for ticker in order if ticker in kept)
