"""The numbers beside the text: the strip of key figures, the table of returns, the tests of the verdict."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup, escape

from reporter.document.claims import CONSTANT, Speaker
from reporter.facts import Facts
from reporter.facts.verdict import Criterion
from reporter.finding import Quantity, count, percent, points

WINDOWS = ("1W", "1M", "3M", "6M", "YTD", "1Y")


@dataclass(frozen=True, kw_only=True)
class KeyFigure:
    """One of the few numbers that a reader in a lift takes away."""

    label: str
    value: Markup
    note: Markup
    subject: bool = False  # whether it wears the subject's colour


@dataclass(frozen=True, kw_only=True)
class Row:
    """A line of the table; a cell without a fact is empty."""

    kind: str  # subject, benchmark, gap, field
    name: str
    ticker: str
    cells: tuple[Markup, ...]


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
            note=escape(words["against"]).format(name=benchmark, value=ret(kind, benchmark, window)),
            subject=True,
        )

    if "YTD" in returns.gap:
        yield pair("year", "YTD")
        before = returns.ytd_gap_month_ago
        yield KeyFigure(
            label=words["key_gap"],
            value=number("gap", points(returns.gap["YTD"], "gap.YTD")),
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
            note=escape(words["marks"]).format(met=met, of=number("profile", count(len(status.marks), CONSTANT))),
        )
    if verdict := facts.verdict:
        yield KeyFigure(
            label=words["key_evidence_lead" if role == "lead" else "key_evidence"],
            value=escape(words["of"]).format(
                met=number("verdict", count(len(verdict.met), "verdict.met")),
                of=number("verdict", count(verdict.of, "verdict.of")),
            ),
            note=escape(language.label("verdicts", str(verdict.label))),
        )


def return_table(facts: Facts, speaker: Speaker) -> Table | None:
    """Subject, benchmark, gap, and the two ends of the field by the year to date. None without any window."""
    language, words, returns = speaker.language, speaker.language.labels["document"], facts.returns
    windows = tuple(window for window in WINDOWS if window in returns.gap)
    if not windows:
        return None
    labels = language.labels["windows"]

    def fund(kind: str, ticker: str) -> Row:
        cells = (
            speaker.number("table", "returns", percent(found[window], f"returns.{ticker}.{window}"), "bare")
            if window in (found := returns.total[ticker])
            else Markup()
            for window in windows
        )
        return Row(kind=kind, name=language.name(ticker)["label"], ticker=ticker, cells=tuple(cells))

    gap = tuple(
        speaker.number("table", "returns", points(returns.gap[window], f"gap.{window}"), "signed") for window in windows
    )
    ranking = returns.ranks.get("YTD")
    others = [ticker for ticker in ranking.order if ticker not in (facts.subject, facts.benchmark)] if ranking else []
    ends = dict.fromkeys((*others[:1], *others[-1:]))
    return Table(
        title=words["table"],
        head=words["fund"],
        windows=tuple(labels[window] for window in windows),
        rows=(
            fund("subject", facts.subject),
            fund("benchmark", facts.benchmark),
            Row(kind="gap", name=words["gap_row"], ticker="", cells=gap),
            *(fund("field", ticker) for ticker in ends),
        ),
    )


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
        return speaker.number("tests", "tests", points(one.value, path), "signed")
    return speaker.number("tests", "tests", percent(one.value, path), "change")
