"""The lexicon at work: every word with a threshold, its rule, what it looked at in this edition, whether it held."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import sqrt

from reporter.finding import Quantity, Unit, count, percent, points
from reporter.story import lexicon, sensitivity
from reporter.story.lexicon import Degree, Moved
from reporter.story.situation import Situation, months


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One word. `facts`: path in facts.json -> value; empty where the edition has no such fact."""

    english: str
    russian: str
    rule: str
    facts: Mapping[str, Quantity]
    holds: bool


def readings(s: Situation) -> Iterator[Reading]:
    """In the order of the article."""
    yield from week_words(s)
    yield from gap_words(s)
    yield from chart_words(s)
    yield from field_words(s)
    yield from history_words(s)
    yield from backdrop_words(s)
    yield from verdict_words(s)


def read(english: str, russian: str, rule: str, holds: bool, *facts: Quantity) -> Reading:
    return Reading(
        english=english, russian=russian, rule=rule, holds=holds and bool(facts), facts={one.fact: one for one in facts}
    )


def pt(threshold: float) -> str:
    """A threshold in percentage points or per cent, without needless zeros."""
    return f"{threshold * 100:g}"


def week_words(s: Situation) -> Iterator[Reading]:
    subject, returns = s.facts.subject, s.facts.returns
    ticker = s.facts.headline_index or subject
    week = (s.ret(subject, "1W"),) if "1W" in returns.total[subject] else ()
    month = (s.ret(subject, "1M"),) if "1M" in returns.total[subject] else ()
    move = returns.total[subject].get("1M", 0.0)
    yield read("up", "растут", f"the week's return is at least {pt(lexicon.WEEK_MOVE)} %", s.week == "up", *week)
    yield read("down", "снижаются", f"the week's return is at most −{pt(lexicon.WEEK_MOVE)} %", s.week == "down", *week)
    rally = returns.total[subject].get("1W", 0.0) >= lexicon.RALLY
    yield read("rally", "ралли", f"the week's return is at least {pt(lexicon.RALLY)} %", rally, *week)
    streak = returns.streak[ticker]
    in_a_row = f"at least {lexicon.STREAK} closes in one direction, the week's own"
    yield read("in a row", "подряд", in_a_row, abs(streak) >= lexicon.STREAK, count(streak, f"streak.{ticker}"))
    sessions = count(s.facts.week.sessions, "week.sessions")
    yield read(
        "short week", "короткая неделя", "fewer than 5 sessions in seven days", s.facts.week.sessions < 5, sessions
    )
    extreme = pt(lexicon.EXTREME_MONTH)
    yield read("soared", "взлетели", f"a month of at least {extreme} %", move >= lexicon.EXTREME_MONTH, *month)
    yield read("plunged", "обвалились", f"a month of at most −{extreme} %", move <= -lexicon.EXTREME_MONTH, *month)
    yield from record_words(s)
    quiet = "nothing on the list changed since the last edition, no event, and a week's gap under half a point"
    yield read("quiet", "без перемен", quiet, s.quiet, *((s.gap("1W"),) if s.has("1W") else ()))
    excited = "a laggard's rally while evidence is thin or absent: the precedents come early"
    yield read("we have been here before", "такое уже бывало", excited, s.excited, *week)


def record_words(s: Situation) -> Iterator[Reading]:
    years = s.facts.returns.years
    if years:
        times = sum(year.subject > year.benchmark for year in years)
        won, share = count(times, "years.won"), times / len(years)
        poor, good = f"{pt(lexicon.POOR)} %", f"{pt(lexicon.GOOD)} %"
        yield read("poor record", "не в пользу", f"ahead in at most {poor} of the years", share <= lexicon.POOR, won)
        yield read("good record", "в пользу", f"ahead in at least {good} of the years", share >= lexicon.GOOD, won)


def gap_words(s: Situation) -> Iterator[Reading]:
    for window in dict.fromkeys((s.window, "1M")):
        if window is not None and s.has(window):
            yield from window_words(s, window)
    returns = s.facts.returns
    before, now = returns.ytd_gap_month_ago, returns.gap.get("YTD")
    if before is not None and now is not None:
        change = lexicon.moved(before, now)
        pair = (points(before, "gap_before.1M.YTD"), points(now, "gap.YTD"))
        step = f"the named gap moved by at least {pt(lexicon.MOVED)} points"
        slightly = f"the named gap moved by {pt(lexicon.NOTICED)} to {pt(lexicon.MOVED)} points"
        yield read("narrowed", "сократился", f"{step}, toward zero", change is Moved.NARROWED, *pair)
        yield read("widened", "увеличился", f"{step}, away from zero", change is Moved.WIDENED, *pair)
        small = change in (Moved.SLIGHTLY_NARROWED, Moved.SLIGHTLY_WIDENED)
        yield read("slightly", "чуть", slightly, small, *pair)
        yield read("crossed", "сменил сторону", "the named gap changed its sign", change is Moved.CROSSED, *pair)
    widest = returns.ytd_extreme
    if widest and now is not None:
        far = abs(widest.gap) - abs(now) >= lexicon.FAR
        rule = f"today's gap is smaller than the year's widest by at least {pt(lexicon.FAR)} points"
        fact = points(widest.gap, "ytd_extreme.gap")
        yield read("down from", "против (день)", rule, far, fact)
    found = sensitivity.flips(s)
    rule = f"another way to count moves the gap by at least {pt(lexicon.MOVED)} points and renames it"
    facts = tuple(
        one
        for finding in found
        for one in finding.values.values()
        if isinstance(one, Quantity) and one.fact != "method"
    )
    yield read("it depends on the count", "зависит от счёта", rule, bool(found), *facts)


def window_words(s: Situation, window: str) -> Iterator[Reading]:
    """Of one named gap. Thresholds of a month, scaled by the root of the window's length."""
    gap, length = s.facts.returns.gap[window], 1.0 if window == "1M" else months(s.facts, window)
    scale, of = sqrt(length), "" if window == "1M" else f", {window}"
    level, modest, clear = (
        f"{threshold * scale * 100:.2f}" for threshold in (lexicon.LEVEL, lexicon.MODEST, lexicon.CLEAR)
    )
    degree, fact = lexicon.degree(gap, length), s.gap(window)
    yield read(
        f"neck and neck{of}", f"нога в ногу{of}", f"a gap of at most {level} points", degree is Degree.LEVEL, fact
    )
    yield read(f"modestly{of}", f"немного{of}", f"a gap of {level} to {modest} points", degree is Degree.MODESTLY, fact)
    yield read(f"clearly{of}", f"заметно{of}", f"a gap of {modest} to {clear} points", degree is Degree.CLEARLY, fact)
    yield read(f"sharply{of}", f"намного{of}", f"a gap over {clear} points", degree is Degree.SHARPLY, fact)
    if window == "1M":
        mine = s.facts.returns.total[s.facts.subject]["1M"]
        nearly = f"at most {pt(lexicon.NEARLY)} points short of a whole per cent"
        yield read("nearly N", "почти N", nearly, lexicon.nearly(mine) is not None, s.ret(s.facts.subject, "1M"))


def chart_words(s: Situation) -> Iterator[Reading]:
    facts = s.facts.technicals.get(s.facts.subject)
    if facts is None:
        return
    path = f"technicals.{s.facts.subject}"
    total = percent(facts.peak_total_return.below, f"{path}.peak_total_return.below")
    plain = percent(facts.peak_price.below, f"{path}.peak_price.below")
    highest = "the highest close of the whole history, with the basis named"
    yield read("record, dividends counted", "рекорд с дивидендами", highest, total.value == 0, total)
    yield read("record, price alone", "рекорд цены", highest, plain.value == 0, plain)
    close = Quantity(facts.close, Unit.PRICE, f"{path}.close")
    yield read(
        "breakout", "пробой", "a close above the highest price of the 55 sessions before", facts.breakout_55, close
    )
    width = Quantity(facts.bandwidth_percentile, Unit.SHARE, f"{path}.bandwidth_percentile")
    narrow = "Bollinger bandwidth in the lowest fifth of its 126 sessions"
    yield read("narrow range", "узкий диапазон", narrow, facts.consolidating, width)
    deep = f"at least {pt(lexicon.DEEP)} % under the peak, dividends counted"
    yield read("below its peak", "ниже пика", deep, facts.peak_total_return.below <= -lexicon.DEEP, total)
    marks = count(sum(facts.marks.values()), f"{path}.marks_met")
    for english, russian, rule in (
        ("solid", "уверенная", "all four marks"),
        ("mixed", "смешанная", "two or three of four marks"),
        ("weak", "слабая", "one of four marks, or none"),
    ):
        yield read(english, russian, rule, facts.status == english, marks)
    rsi = Quantity(facts.rsi14, Unit.INDEX, f"{path}.rsi14")
    over, under = f"RSI(14) of {lexicon.OVERBOUGHT:g} or more", f"RSI(14) of {lexicon.OVERSOLD:g} or less"
    yield read("overbought", "перекупленность", over, facts.rsi14 >= lexicon.OVERBOUGHT, rsi)
    yield read("oversold", "перепроданность", under, facts.rsi14 <= lexicon.OVERSOLD, rsi)
    if facts.cross:
        age = count(facts.cross.age, f"{path}.cross.age")
        fresh = f"the averages crossed at most {lexicon.FRESH_CROSS} sessions ago"
        yield read("crossed above or below", "пересекла", fresh, facts.cross.age <= lexicon.FRESH_CROSS, age)


def field_words(s: Situation) -> Iterator[Reading]:
    long, short = s.facts.returns.ranks.get(s.window or ""), s.facts.returns.ranks.get("1W")
    if long is None or short is None:
        return
    subject = s.facts.subject
    year, week = long.place(subject), short.place(subject)
    facts = (count(year, f"rank.{s.window}.{subject}"), count(week, f"rank.1W.{subject}"))
    rule = f"the week's place differs from the year's by at least {lexicon.RANK_JUMP}"
    yield read("in the past week it was …", "за неделю он …", rule, abs(year - week) >= lexicon.RANK_JUMP, *facts)


def history_words(s: Situation) -> Iterator[Reading]:
    strength, found = s.facts.relative_strength, s.facts.precedents
    if strength:
        place = Quantity(strength.percentile, Unit.SHARE, "relative_strength.percentile")
        low = f"relative strength in the lowest {pt(lexicon.LOW_LEVEL)} % of its history"
        high = f"relative strength in the highest {pt(1 - lexicon.HIGH_LEVEL)} % of its history"
        yield read("rarely lower", "редко ниже", low, strength.percentile <= lexicon.LOW_LEVEL, place)
        yield read("rarely higher", "редко выше", high, strength.percentile >= lexicon.HIGH_LEVEL, place)
    if found and found.known:
        n = count(len(found.known), "precedents.n")
        yield read(
            "few", "мало", f"fewer than {lexicon.SHORT_RECORD} cases", len(found.known) < lexicon.SHORT_RECORD, n
        )
        if found.base_rate is not None:
            rate = found.succeeded / len(found.known)
            rule = f"the success rate is within {pt(lexicon.SAME_ODDS)} points of the base rate"
            rates = (
                Quantity(rate, Unit.SHARE, "precedents.share"),
                Quantity(found.base_rate, Unit.SHARE, "precedents.base_rate"),
            )
            yield read(
                "adds little", "мало что добавляет", rule, abs(rate - found.base_rate) <= lexicon.SAME_ODDS, *rates
            )
    if found and found.attempts:
        rule = "the number of attempts under the frozen rule"
        number = count(len(found.attempts), "precedents.count")
        yield read("first, second, … attempt", "первая, вторая, … попытка", rule, found.open is not None, number)


def backdrop_words(s: Situation) -> Iterator[Reading]:
    for name, english, russian in (("bill_rate", "short rate", "короткая ставка"), ("ten_year", "yield", "доходность")):
        found = s.facts.backdrop.get(name)
        change = found.change_1m if found else None
        if change is None:
            continue
        fact = Quantity(change, Unit.BASIS_POINTS, f"backdrop.{name}.change_1m")
        rule = f"moved by at least {pt(lexicon.RATE_MOVED)} basis points in a month"
        yield read(
            f"{english} up or down", f"{russian} выросла или снизилась", rule, abs(change) >= lexicon.RATE_MOVED, fact
        )
    if vix := s.facts.backdrop.get("vix"):
        rule = f"a VIX of {lexicon.VIX_HIGH:g} or more, or moved by {lexicon.VIX_MOVED:g} in a month"
        moved = vix.change_1m is not None and abs(vix.change_1m) >= lexicon.VIX_MOVED
        fact = Quantity(vix.level, Unit.LEVEL, "backdrop.vix.level")
        yield read("the VIX is mentioned", "VIX упомянут", rule, moved or vix.level >= lexicon.VIX_HIGH, fact)


def verdict_words(s: Situation) -> Iterator[Reading]:
    verdict = s.facts.verdict
    if verdict is None:
        return
    met = count(len(verdict.met), "verdict.met")
    for english, russian, rule in (
        ("none", "нет", "no criterion met"),
        ("thin", "мало", "under half of the criteria met: 1–2 of 6"),
        ("building", "накапливаются", "half of them or more: 3–4 of 6"),
        ("convincing", "убедительны", "five sixths of them or more: 5–6 of 6"),
    ):
        yield read(f"evidence: {english}", f"признаки: {russian}", rule, verdict.label == english, met)
    nearest = verdict.nearest_met
    if nearest:
        distance = percent(nearest.distance, f"verdict.criteria.{nearest.name}.distance")
        rule = f"the only criterion met would fail with {pt(lexicon.NARROWLY)} % of relative return"
        yield read("only just", "едва", rule, len(verdict.met) == 1 and nearest.distance < lexicon.NARROWLY, distance)
