"""The field ranked by total return, subject and benchmark picked out."""

from __future__ import annotations

from typing import Any

from reporter.charts.style import GREY, INK, LABEL, PALE, SUBJECT, WIDTH, new_chart, to_svg
from reporter.facts import Facts
from reporter.finding import percent
from reporter.language import Language

ROW, TOP, NAMES = 10.4, 13.0, 92.0  # points: a row, the room above for the benchmark's label, the column of names
MOST = 15  # rows; of a larger field the best, the worst and the subject are shown


def draw(facts: Facts, language: Language) -> str | None:
    """None without a ranking for the year to date."""
    ranking, total = facts.returns.ranks.get("YTD"), facts.returns.total
    if ranking is None or not facts.field or "YTD" not in total[facts.benchmark]:
        return None
    tickers = shown(ranking.order, facts.subject)
    height = TOP + ROW * len(tickers) + 12
    figure, axes = new_chart(height, left=NAMES, right=30.0, bottom=4.0)
    values = [total[ticker]["YTD"] * 100 for ticker in tickers]
    rows = range(len(tickers) - 1, -1, -1)
    colours = [SUBJECT if ticker == facts.subject else PALE for ticker in tickers]
    axes.barh(list(rows), values, height=0.68, color=colours, clip_on=False)
    benchmark = total[facts.benchmark]["YTD"] * 100
    low, high = min(0.0, benchmark, *values), max(0.0, benchmark, *values)
    axes.set_xlim(low, high if high > low else low + 1)
    axes.set_ylim(-0.6, len(tickers) - 0.4 + TOP / ROW)
    axes.set_xticks([])
    axes.set_yticks([])
    span = axes.get_xlim()[1] - axes.get_xlim()[0]
    point = span / (WIDTH - NAMES - 30.0)
    for row, ticker in zip(rows, tickers, strict=True):
        mine = ticker == facts.subject
        looks: dict[str, Any] = {
            "fontsize": LABEL,
            "va": "center_baseline",
            "color": SUBJECT if mine else INK,
            "fontweight": 600 if mine else 400,
        }
        axes.text(low - 5 * point, row, language.name(ticker)["label"], ha="right", **looks)
        text = language.spell(percent(total[ticker]["YTD"], ""), "bare")
        axes.text(high + 26 * point, row, text, ha="right", **looks)
    top = len(tickers) - 0.4
    axes.plot([benchmark, benchmark], [-0.5, top], color=INK, linewidth=0.8, clip_on=False)
    text = f"{facts.benchmark} {language.spell(percent(total[facts.benchmark]['YTD'], ''), 'bare')}"
    middle = low + span / 2
    axes.text(
        benchmark,
        top + 0.35,
        text,
        ha="right" if benchmark > middle else "left",
        fontsize=LABEL,
        color=INK,
        fontweight=600,
    )
    axes.plot([0, 0], [-0.5, top], color=GREY, linewidth=0.6, clip_on=False)
    return to_svg(figure, "field")


def shown(order: tuple[str, ...], subject: str) -> tuple[str, ...]:
    """All of a small field; of a large one both ends and the subject."""
    if len(order) <= MOST:
        return order
    half = MOST // 2
    kept = {*order[:half], *order[-half:], subject}
    return tuple(ticker for ticker in order if ticker in kept)
