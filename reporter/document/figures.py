"""The numbers beside the text: the strip of key figures, the table of returns, the tests of the verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from markupsafe import Markup, escape

from reporter.charts.extents import BOLD, width
from reporter.document.claims import CONSTANT, Speaker
from reporter.facts import Facts
from reporter.facts.verdict import Criterion
from reporter.finding import Quantity, count, percent, points

#: Points on paper: the column of names in the table, and its type.
NAME_WIDE, NAME_SIZE = 76.0, 6.8
WINDOWS = ("1W", "1M", "3M", "6M", "YTD", "1Y")


@dataclass(frozen=True, kw_only=True)
class KeyFigure:
    """One of the few numbers that a reader in a lift takes away."""

    label: str
    value: Markup
    note: Markup
    fact: str  # path of the fact in facts.json
    subject: bool = False  # whether it wears the subject's colour


class Bar(NamedTuple):
    """Where the bar of a number begins in its cell, and how long it is. Unit: per cent of the cell."""

    start: float
    length: float


@dataclass(frozen=True, kw_only=True)
class Row:
    """A line of the table; a cell without a fact is empty, and has no bar."""

    kind: str  # subject, benchmark, gap, field
    name: str
    ticker: str
    values: tuple[float | None, ...]
    cells: tuple[Markup, ...]
    bars: tuple[Bar | None, ...] = ()

    @property
    def short(self) -> tuple[str, str]:
        """Name and ticker as far as they fit into the first column on paper."""
        if not self.ticker or width(f"{self.name} {self.ticker}", NAME_SIZE, BOLD) <= NAME_WIDE:
            return self.name, self.ticker
        return (self.name, "") if width(self.name, NAME_SIZE, BOLD) <= NAME_WIDE else ("", self.ticker)


@dataclass(frozen=True, kw_only=True)
class Table:
    title: str
    head: str
    windows: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, kw_only=True)
class Test:
    """A criterion of the verdict: met or not is told by mark, word and weight, never by colour alone."""

    label: str
    met: bool
    answer: str
    value: Markup


@dataclass(frozen=True, kw_only=True)
class Tests:
    title: Markup
    verdict: str
    rows: tuple[Test, ...]


def key_figures(facts: Facts, role: str, speaker: Speaker) -> Iterator[KeyFigure]:
    """Year and month of the pair, the gap, the technical profile, the verdict. What is absent is left out.

    Args:
        role: What the verdict judges, `turn` or `lead`.
    """
    language, words = speaker.language, speaker.language.labels["document"]
    returns, subject, benchmark = facts.returns, facts.subject, facts.benchmark

    def number(kind: str, quantity: Quantity, style: str = "prose") -> Markup:
        return speaker.number("key_figures", kind, quantity, style)

    def ret(kind: str, ticker: str, window: str) -> Markup:
        return number(kind, percent(returns.total[ticker][window], f"returns.{ticker}.{window}"))

    def pair(kind: str, window: str) -> KeyFigure:
        return KeyFigure(
            label=words[f"key_{kind}"].format(ticker=subject),
            value=ret(kind, subject, window),
            fact=f"returns.{subject}.{window}",
            note=escape(words["against"]).format(name=benchmark, value=ret(kind, benchmark, window)),
            subject=True,
        )

    if "YTD" in returns.gap:
        yield pair("year", "YTD")
        before = returns.ytd_gap_month_ago
        yield KeyFigure(
            label=words["key_gap"],
            value=number("gap", points(returns.gap["YTD"], "gap.YTD")),
            fact="gap.YTD",
            note=escape(words["month_ago"]).format(value=number("gap", points(before, "gap_before.1M.YTD")))
            if before is not None
            else Markup(),
        )
    if "1M" in returns.gap:
        yield pair("month", "1M")
    if status := facts.technicals.get(subject):
        met = number("profile", count(sum(status.marks.values()), f"technicals.{subject}.marks_met"))
        yield KeyFigure(
            label=words["key_profile"],
            value=escape(language.label("statuses", str(status.status))),
            fact=f"technicals.{subject}.marks_met",
            note=escape(words["marks"]).format(met=met, of=number("profile", count(len(status.marks), CONSTANT))),
        )
    if verdict := facts.verdict:
        yield KeyFigure(
            label=words["key_evidence_lead" if role == "lead" else "key_evidence"],
            value=escape(words["of"]).format(
                met=number("verdict", count(len(verdict.met), "verdict.met")),
                of=number("verdict", count(verdict.of, "verdict.of")),
            ),
            fact="verdict.met",
            note=escape(language.label("verdicts", str(verdict.label))),
        )


def return_table(facts: Facts, speaker: Speaker) -> Table | None:
    """Subject, benchmark, gap, and the two ends of the field by the year to date. None without any window."""
    language, words, returns = speaker.language, speaker.language.labels["document"], facts.returns
    windows = tuple(window for window in WINDOWS if window in returns.gap)
    if not windows:
        return None
    labels = language.labels["windows"]

    def row(kind: str, ticker: str, found: Mapping[str, float], number: Callable[[str, float], Markup]) -> Row:
        return Row(
            kind=kind,
            name=language.name(ticker)["label"] if ticker else words["gap_row"],
            ticker=ticker,
            values=tuple(found.get(window) for window in windows),
            cells=tuple(number(window, found[window]) if window in found else Markup() for window in windows),
        )

    def fund(kind: str, ticker: str) -> Row:
        def number(window: str, value: float) -> Markup:
            return speaker.number("table", "returns", percent(value, f"returns.{ticker}.{window}"), "bare")

        return row(kind, ticker, returns.total[ticker], number)

    def gap(window: str, value: float) -> Markup:
        return speaker.number("table", "returns", points(value, f"gap.{window}"), "signed")

    ranking = returns.ranks.get("YTD")
    others = [ticker for ticker in ranking.order if ticker not in (facts.subject, facts.benchmark)] if ranking else []
    ends = dict.fromkeys((*others[:1], *others[-1:]))
    return Table(
        title=words["table"],
        head=words["fund"],
        windows=tuple(labels[window] for window in windows),
        rows=with_bars(
            (
                fund("subject", facts.subject),
                fund("benchmark", facts.benchmark),
                row("gap", "", returns.gap, gap),
                *(fund("field", ticker) for ticker in ends),
            )
        ),
    )


def with_bars(rows: tuple[Row, ...]) -> tuple[Row, ...]:
    """Each number drawn to the scale of its window; all bars of a window start at the same zero."""
    scales = [
        (min(0.0, *(value or 0.0 for value in column)), max(0.0, *(value or 0.0 for value in column)))
        for column in zip(*(row.values for row in rows), strict=True)
    ]
    return tuple(
        replace(row, bars=tuple(bar(value, *scale) for value, scale in zip(row.values, scales, strict=True)))
        for row in rows
    )


def bar(value: float | None, low: float, high: float) -> Bar | None:
    if value is None or high <= low:
        return None
    scale = 100 / (high - low)
    return Bar(round((min(value, 0.0) - low) * scale, 1), round(abs(value) * scale, 1))


def verdict_tests(facts: Facts, speaker: Speaker) -> Tests | None:
    """Each criterion with its mark and its number."""
    language, words, verdict = speaker.language, speaker.language.labels["document"], facts.verdict
    if verdict is None:
        return None
    met = speaker.number("tests", "tests", count(len(verdict.met), "verdict.met"))
    of = speaker.number("tests", "tests", count(verdict.of, "verdict.of"))
    return Tests(
        title=escape(words["tests"]).format(met=met, of=of),
        verdict=language.label("verdicts", str(verdict.label)),
        rows=tuple(
            Test(
                label=language.labels["criteria"][one.name]["short"],
                met=one.met,
                answer=words["met" if one.met else "not_met"],
                value=criterion_value(one, facts, speaker),
            )
            for one in verdict.criteria
        ),
    )


def criterion_value(one: Criterion, facts: Facts, speaker: Speaker) -> Markup:
    """In the unit of the criterion."""
    path = f"verdict.criteria.{one.name}.value"
    if one.name == "rank_ytd":
        of = count(facts.returns.ranks["YTD"].of, "rank.YTD.of")
        return escape(speaker.language.labels["document"]["of"]).format(
            met=speaker.number("tests", "tests", count(int(one.value), path)), of=speaker.number("tests", "tests", of)
        )
    if one.name.startswith("gap_"):
        value = speaker.number("tests", "tests", points(one.value, path), "signed")
        return escape(speaker.language.labels["document"]["in_points"]).format(value=value)
    return speaker.number("tests", "tests", percent(one.value, path), "change")
