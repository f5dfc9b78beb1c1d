"""The hard pair of numbers and its gap; then the month, and which gap moved."""

from __future__ import annotations

from reporter.finding import Finding, Fund, Quantity, Tone, Unit, day, points
from reporter.story import lexicon, sensitivity
from reporter.story.lexicon import Month, Moved, Standing
from reporter.story.situation import Situation, months

SECTION = "evidence"
STANDINGS = {Standing.LEADS: Tone.FOR, Standing.LEVEL: Tone.NEUTRAL, Standing.LAGS: Tone.AGAINST}
SLIGHTLY = (Moved.SLIGHTLY_NARROWED, Moved.UNCHANGED, Moved.SLIGHTLY_WIDENED)
MONTHS = {Month.IMPROVING: Tone.FOR, Month.FLAT: Tone.NEUTRAL, Month.WORSENING: Tone.AGAINST}


def year_paragraphs(s: Situation) -> list[list[Finding]]:
    return [[*pair(s), *gap(s)]]


def month_paragraphs(s: Situation) -> list[list[Finding]]:
    """Also where a gap or a way of counting would say otherwise."""
    flips = sensitivity.told_early(s)
    told = s.month is Month.FLAT and flips and flips[0].kind == "sessions" and not s.quiet and s.window != "1M"
    return [[*month(s, flips[0] if told else None), *split(s), *([] if told else flips)]]


def pair(s: Situation) -> list[Finding]:
    """Return of both over the main window."""
    if s.window is None or s.standing is None:
        return []
    facts = s.facts
    mine, theirs = facts.returns.total[facts.subject][s.window], facts.returns.total[facts.benchmark][s.window]
    return [
        s.finding(
            SECTION,
            f"pair_{s.standing}",
            STANDINGS[s.standing],
            window=s.window,
            mine=s.ret(facts.subject, s.window),
            theirs=s.ret(facts.benchmark, s.window),
            less_than_half=0 < mine < lexicon.HALF * theirs,
        )
    ]


def gap(s: Situation) -> list[Finding]:
    """The named gap, its widest point this year, how it moved over the month, and why when that looks odd."""
    if s.window is None or s.standing in (None, Standing.LEVEL):
        return []
    returns = s.facts.returns
    now = returns.gap[s.window]
    before = returns.ytd_gap_month_ago if s.window == "YTD" else None
    change = lexicon.moved(before, now) if before is not None else None
    extreme = returns.ytd_extreme if s.window == "YTD" else None
    far = extreme is not None and abs(extreme.gap) - abs(now) >= lexicon.FAR
    if extreme and far and change is not Moved.CROSSED and (change in SLIGHTLY or same(extreme.gap, before)):
        before = change = None  # one comparison is enough, and the page's head has the other
    return [
        s.finding(
            SECTION,
            "gap_crossed" if change is Moved.CROSSED else f"gap_{s.standing}",
            STANDINGS[s.standing],
            window=s.window,
            standing=str(s.standing),
            gap=s.gap(s.window),
            degree=str(lexicon.degree(now, months(s.facts, s.window))),
            change=str(change) if change else None,
            but=change in (Moved.WIDENED, Moved.SLIGHTLY_WIDENED),
            before=points(before, "gap_before.1M.YTD") if before is not None else None,
            extreme=points(extreme.gap, "ytd_extreme.gap") if extreme and far else None,
            extreme_day=day(extreme.day, "ytd_extreme.day") if extreme and far else None,
            base_effect=base_effect(s, change) if s.window == "YTD" else None,
            ahead=Fund(s.facts.benchmark if s.standing is Standing.LAGS else s.facts.subject),
        )
    ]


def same(one: float, other: float | None) -> bool:
    """Whether two gaps print as the same number of points."""
    return other is not None and round(one, 3) == round(other, 3)


def base_effect(s: Situation, change: Moved | None) -> str | None:
    """Why the gap in points moved as the month alone would not have it: `gains` or `losses` of both funds.

    Over the month the gap changes by what the month's own gap brings and by the gap before times the benchmark's
    return, since equal gains add more points to the fund that is ahead.
    """
    returns = s.facts.returns
    before, moved = returns.ytd_gap_month_ago, s.facts.returns.gap["YTD"] - (returns.ytd_gap_month_ago or 0.0)
    if before is None or s.month is None or change in (None, Moved.UNCHANGED, Moved.CROSSED):
        return None
    market = returns.total[s.facts.benchmark]["1M"]
    against_the_month = s.month is Month.FLAT or returns.gap["1M"] * moved < 0
    if not against_the_month or before * market * moved <= 0 or abs(before * market) < abs(moved) / 2:
        return None
    return "gains" if market > 0 else "losses"


def month(s: Situation, recount: Finding | None) -> list[Finding]:
    """The pair over one month; "nearly 4 %" where both are. A draw tells what it is by sessions, if it is none."""
    if s.month is None or s.window == "1M" or s.quiet:
        return []
    returns = s.facts.returns
    mine, theirs = returns.total[s.facts.subject]["1M"], returns.total[s.facts.benchmark]["1M"]
    nearly = lexicon.nearly(mine)
    both = s.month is Month.FLAT and nearly is not None and nearly == lexicon.nearly(theirs)
    return [
        s.finding(
            SECTION,
            f"month_{s.month}",
            MONTHS[s.month],
            mine=None if both else s.ret(s.facts.subject, "1M"),
            theirs=None if both else s.ret(s.facts.benchmark, "1M"),
            degree=str(lexicon.degree(returns.gap["1M"], 1.0)),
            recount=recount.values if recount else None,
            nearly=Quantity(nearly / 100, Unit.SHARE, f"returns.{s.facts.subject}.1M") if nearly and both else None,
        )
    ]


def split(s: Situation) -> list[Finding]:
    """The week against the weeks before it, where they pulled in opposite directions."""
    before, week = s.facts.returns.gap_before_last_week, s.facts.returns.gap.get("1W")
    if before is None or week is None or s.month is None or s.window == "1M" or s.quiet:
        return []
    if min(abs(before), abs(week)) < lexicon.MOVED or before * week > 0:
        return []
    kind = "split_recovered" if week > 0 else "split_lost"
    return [s.finding(SECTION, f"{kind}_{s.month}", week=s.gap("1W"))]
