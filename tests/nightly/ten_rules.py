"""The ten rules that blind readers taught, as far as a machine can check them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from reporter.facts import Facts
from reporter.finding import Fund
from reporter.language import Language, Said
from reporter.story import lexicon
from reporter.voices import Voices
from tests.nightly.words import Text

#: 2: numbers of the prose, dates and years aside; the reader of the golden edition was given about thirty.
MOST_IN_A_PARAGRAPH, MOST_IN_A_TEXT = 9, 45
#: 5: how a short record is called one.
FEW = {
    "en": r"too few|so few|are few|being few|in only \w+ cases|short record|cannot say|proves nothing|is silent|"
    "single case|o completed",
    "ru": "мало|немного|корот|ничего не доказывает|молчит|не скажешь|учиться не на чем",
}
#: 6 and 8: words that claim more than was measured, or command.
BEYOND = {
    "en": r"(?i)\b(?:will|expect(?:s|ed)?|cheap(?:er)?|undervalued|overvalued|guarantee\w*|certainly|inevitabl\w+|"
    r"sure to|bound to|buy|sell|should)\b|!",
    "ru": r"(?i)\b(?:рынок ждёт|рынок ожидает|дёшев\w*|дешев\w*|гарантир\w+|несомненно|неизбежно|обязательно|"
    r"покупайте|продавайте|следует|должны)\b|!",
}
#: 10: a gap in prose has a side, not a sign.
SIGNED = {"en": r"[−+][\d.,]+[ \u00a0-](?:percentage )?points?", "ru": r"[−+][\d.,]+\u00a0п\."}
#: 3: how a reason begins.
REASON = {"en": re.compile(r"\bbecause\b"), "ru": re.compile("потому что")}
DATES = re.compile(r"(?i)[a-zа-яё]{3,}|^(?:19|20)\d\d$")


def broken(text: Text, facts: Facts, voices: Voices, language: Language) -> Iterator[str]:
    """Rules that a text breaks, one line each."""
    yield from odd_gaps_have_their_reason(text, facts)
    yield from voices_are_heard(text, voices)
    yield from rates_cut_one_way(text, language)
    yield from verdict_names_its_tests(text, facts)
    yield from numbers_are_rationed(text)
    yield from no_fact_twice(text)
    yield from proxies_are_introduced(text, facts, language)
    yield from few_cases_are_called_few(text, facts)
    prose = " ".join(paragraph for _, paragraph in text.paragraphs if _ not in ("quote", "headlines", "memory"))
    for rule, pattern in (("6 beyond the data", BEYOND), ("10 a sign for a side", SIGNED)):
        for found in re.finditer(pattern[text.code], prose):
            yield f"{rule}: …{prose[max(0, found.start() - 25) : found.end() + 25]}…"
    if len(text.title.text) > 70:
        yield f"title of {len(text.title.text)} characters: {text.title.text}"


def section(text: Text, name: str) -> list[Said]:
    return [said for one, paragraphs in text.sections if one == name for paragraph in paragraphs for said in paragraph]


def verdict_names_its_tests(text: Text, facts: Facts) -> Iterator[str]:
    """1, 8: criteria and the nearest flip; no number but the verdict's and of a test that is counted otherwise."""
    said = section(text, "bottom_line")
    if not said:
        yield "1 no bottom line"
    if facts.verdict is None:
        return
    paths = {path for one in said for path, _ in one.numbers}
    hair = any(one.finding.values.get("hair") for one in said)
    if "verdict.of" not in paths or not (hair or any(path.endswith(".distance") for path in paths)):
        yield "1 the verdict does not name its tests and the nearest flip"
    recounted = {path for one in said if one.finding.kind == "fragile" for path, _ in one.numbers}
    if strange := {path for path in paths - recounted if not path.startswith(("verdict.", "method"))}:
        yield f"8 the bottom line brings numbers of its own: {', '.join(sorted(strange))}"


def counts(said: Said) -> int:
    """Figures that a reader has to take in: what is said in digits, dates and years aside."""
    return sum(not DATES.search(shown) for _, shown in said.numbers)


def numbers_are_rationed(text: Text) -> Iterator[str]:
    """2."""
    total = 0
    for name, paragraphs in text.sections:
        for paragraph in paragraphs:
            total += (found := sum(map(counts, paragraph)))
            if found > MOST_IN_A_PARAGRAPH:
                yield f"2 {found} numbers in a paragraph of {name}"
    if total > MOST_IN_A_TEXT:
        yield f"2 {total} numbers in the text"


def odd_gaps_have_their_reason(text: Text, facts: Facts) -> Iterator[str]:
    """3: a gap in points that moved against the month, and a year of twelve months unlike the calendar year."""
    said = {path: one for one in text.prose for path, _ in one.numbers}
    returns = facts.returns
    before, now, month = returns.ytd_gap_month_ago, returns.gap.get("YTD"), returns.gap.get("1M")
    told = said.get("gap_before.1M.YTD")
    if told and before is not None and now is not None and month is not None and before * now > 0:
        against = (now - before) * month < 0 or abs(month) <= lexicon.LEVEL
        if against and abs(now - before) >= 2 * lexicon.MOVED and not REASON[text.code].search(told.text):
            yield f"3 the gap moved against the month without a reason: {told.text}"
    year = returns.gap.get("1Y")
    told = said.get("gap.1Y")
    if told and "gap.YTD" in said and year is not None and now is not None:
        odd = year < 0 and now < 0 and year - now >= lexicon.LATE_LEAD
        if odd and told.finding.section == "reversion" and not REASON[text.code].search(told.text):
            yield f"3 two years of different size without a reason: {told.text}"


def voices_are_heard(text: Text, voices: Voices) -> Iterator[str]:
    """9: who is quoted by the vault, the press and the archive is in the text."""
    for name, there in (("headlines", voices.headlines), ("quote", voices.quote), ("memory", voices.memory.call)):
        if bool(there) != bool([one for one in section(text, name) if not one.finding.kind.startswith("score")]):
            yield f"9 {name}: {'not in the text' if there else 'out of nowhere'}"


def rates_cut_one_way(text: Text, language: Language) -> Iterator[str]:
    """9: the mechanism, said of each rate that moved, where the language knows one for the fund."""
    for one in section(text, "backdrop"):
        fund = one.finding.values["subject"]
        matters = language.labels["rates_matter"].get(fund.ticker if isinstance(fund, Fund) else "")
        for end in ("short", "long"):
            way = one.finding.values.get(end)
            effect = (
                language.labels["rate_effects"][matters][f"{end}_{way}"] if matters and way in ("up", "down") else ""
            )
            if effect and effect.strip(", ") not in one.text.replace("\u00a0", " "):
                yield f"9 nothing is said of what the {end} rate does: {one.text}"


#: The size of a sample and the length of a record may be named again where an argument needs them.
SIZES = {"precedents.n", "years.of", "reversion.n", "verdict.of", "method"}


def no_fact_twice(text: Text) -> Iterator[str]:
    """7: within the prose."""
    said = Counter(path for one in text.prose for path in {path for path, _ in one.numbers})
    for path, times in said.items():
        if times > 1 and path not in SIZES:
            yield f"7 {path} is said {times} times"


def proxies_are_introduced(text: Text, facts: Facts, language: Language) -> Iterator[str]:
    """4: the first sentence of the prose that names a ticker says what it is."""
    for ticker in (facts.subject, facts.benchmark):
        forms = language.name(ticker)
        first = next(
            (one.text for one in text.prose if re.search(rf"(?<![\w.]){re.escape(ticker)}(?![\w.])", one.text)), ""
        )
        plain = {forms[key].lower() for key in forms if key not in ("ticker", "label")}
        if first and not any(form in first.lower().replace("\u00a0", " ") for form in plain):
            yield f"4 {ticker} is not introduced: {first}"


def few_cases_are_called_few(text: Text, facts: Facts) -> Iterator[str]:
    """5: fewer than twenty known attempts."""
    said = section(text, "precedents")
    if said and facts.precedents and len(facts.precedents.known) < lexicon.SHORT_RECORD:
        shown = " ".join(one.text for one in said).replace("\u00a0", " ")
        if not re.search(FEW[text.code], shown):
            yield f"5 few cases are not called few: {shown}"
