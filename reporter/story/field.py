"""Where the subject stands among the alternatives."""

from __future__ import annotations

from reporter.finding import Finding, Fund, Tone, count, ordinal
from reporter.story import lexicon
from reporter.story.situation import Situation

SECTION = "field"


def paragraphs(s: Situation) -> list[list[Finding]]:
    return [[*([] if s.quiet else [*year(s), *week(s)]), *missing(s)]]


def year(s: Situation) -> list[Finding]:
    """Leader and the subject's place over the main window."""
    ranking = s.facts.returns.ranks.get(s.window or "")
    if ranking is None or s.window is None or not s.facts.field:
        return []
    place = ranking.place(s.facts.subject)
    where = "first" if place == 1 else "last" if place == ranking.of else "middle"
    leader, runner_up = ranking.order[0], ranking.order[1]
    upper = place <= ranking.of // 2
    return [
        s.finding(
            SECTION,
            f"year_{where}",
            Tone.FOR if upper else Tone.AGAINST,
            window=s.window,
            field_kind=s.field_kind,
            upper=upper,
            place=ordinal(place, f"rank.{s.window}.{s.facts.subject}"),
            of=count(ranking.of, f"rank.{s.window}.of"),
            leader=Fund(leader),
            gained=s.facts.returns.total[leader][s.window] > 0,
            runner_up=Fund(runner_up),
        )
    ]


def week(s: Situation) -> list[Finding]:
    """The week's place, where it differs from the year's by several."""
    long, short = s.facts.returns.ranks.get(s.window or ""), s.facts.returns.ranks.get("1W")
    if long is None or short is None or not s.facts.field:
        return []
    subject = s.facts.subject
    place = short.place(subject)
    if abs(place - long.place(subject)) < lexicon.RANK_JUMP:
        return []
    side = "better" if place < long.place(subject) else "worse"
    kind = f"week_{side}_first" if place == 1 else f"week_{side}_last" if place == short.of else f"week_{side}"
    return [
        s.finding(
            SECTION,
            kind,
            place=ordinal(place, f"rank.1W.{subject}"),
            ahead=tuple(Fund(ticker) for ticker in short.order[: place - 1]) if place == 2 else (),
        )
    ]


def missing(s: Situation) -> list[Finding]:
    """Members that the gate left out."""
    absent = tuple(ticker for ticker in s.facts.quality.excluded if ticker != s.facts.headline_index)
    return [s.finding(SECTION, "missing", funds=tuple(Fund(ticker) for ticker in absent))] if absent else []
