"""Proofreading by rule: what a typesetter and a grammarian would mark without knowing the subject."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from tests.nightly import russian

#: Rule -> pattern, for both languages. A no-break space counts as a space.
TYPESETTING = {
    "double space": r"[ \u00a0\u202f]{2,}",
    "space before a stop": r"[ \u00a0][,.;:!?)»](?![\d.])",
    "space after a bracket": r"[(«][ \u00a0]",
    "stops in a row": r"[,;:][ \u00a0]*[,.;:!?)]|(?<!\.)\.\.(?!\.)|[!?.]{2,}(?<!\.\.\.)|\.,",
    "empty brackets": r"\(\W*\)",
    "no space after a stop": r"[a-zа-яё][,;:.!?][A-ZА-ЯЁa-zа-яё]{2,}(?<!\bS&P)",
    "empty slot": r"\bNone\b(?! (?:of|has|was|is)\b)|\bnan\b|\binf\b|Undefined|Quantity\(|[{}]|<[/\w]|&\w+;",
    "hyphen for a minus": r"(?<![\w)])-\d",
    "hyphen for a dash": r"[ \u00a0]-[ \u00a0]",
    "straight quotes": r"[\"']",
    "minus zero": r"[−-]0(?:[.,]0+)?(?![\d.,])",
    "doubled word": r"(?i)(?<![\w-])(\w+)[ \u00a0]\1(?![\w-])",
}
ENGLISH = {
    "decimal comma": r"\d,\d{1,2}(?!\d)",
    "one with a plural": r"(?i)\bone (?:sessions|weeks|months|years|points|tests|funds|cases|attempts|closes|pairs)\b",
    "a count with a singular": r"(?i)\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\d*[02-9]) "
    r"(?:session|week|month|year|point|test|fund|case|attempt|close|pair|gain|loss)\b",
    "one fund are": r"(?<!and )(?<!with )(?<!, )\b[A-Z]{2,5} (?:are|have|were)\b",
    "many are one": r"(?i)(?<!\bover )(?<!\bof )(?<!against )\b[\w-]+ (?:caps|stocks|shares|bonds|companies|markets) "
    r"(?:is|has|was)\b",
    "apostrophe": r"\w'\w",
}
RUSSIAN = {
    "foreign quotes": r"[“”„]",
    "decimal point": r"\d\.\d",
    "space before a unit": r"\d (?:%|п[.·])",
    "unit without a space": r"\d%",
    "dash that begins a line": r" —",
    "ё": r"(?i)\b(?:еще|все еще|ее|трех|четырех|отстает|делен)\b",
    "unit broken": r"п[.·] п[.·]",
}
PATTERNS = {
    code: {name: re.compile(pattern) for name, pattern in (TYPESETTING | own).items()}
    for code, own in (("en", ENGLISH), ("ru", RUSSIAN))
}
#: Their stops end no sentence and may stand before a comma.
ABBREVIATION = re.compile(r"[пб]\.\u00a0п\.|\bapprox\.|\bприбл\.")
MOST_WORDS = 45  # in a sentence
PAIRS = (("(", ")"), ("«", "»"), ("“", "”"), ("[", "]"))


def faults(text: str, code: str, glue: tuple[str, ...] = ()) -> Iterator[str]:
    """What is wrong with a text, one line each, with the place."""
    text = ABBREVIATION.sub(lambda found: found[0].replace(".", "·"), text)
    for name, pattern in PATTERNS[code].items():
        for found in pattern.finditer(text):
            yield f"{name}: …{text[max(0, found.start() - 30) : found.end() + 20]}…"
    for left, right in PAIRS:
        if text.count(left) != text.count(right):
            yield f"unbalanced {left}{right}"
    for sentence in sentences(text):
        if len(sentence.split()) > MOST_WORDS:
            yield f"sentence of {len(sentence.split())} words: {sentence}"
    if glue and (found := glued(glue).search(text)):
        yield f"short word ends a line: …{text[max(0, found.start() - 10) : found.end() + 15]}…"
    yield from articles(text) if code == "en" else russian.faults(text)


def sentences(text: str) -> list[str]:
    return re.split(r"(?<=[.!?])[ \u00a0]+(?=[A-ZА-ЯЁ«“\d])", text)


@cache
def glued(words: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-])(?i:{'|'.join(words)}) (?=\S)")


# English

#: Letters whose names begin with a vowel: an ETF, an RSI, an S&P.
SPELLED_WITH_A_VOWEL = set("AEFHILMNORSX")
CONSONANT_SOUND = re.compile(r"(?i)one\b|once|uni(?!n)|use|eu|ubi|ut[ei]")
VOWEL_SOUND = re.compile(r"(?i)hour|honest|honou?r|heir|[aeiou]")


def articles(text: str) -> Iterator[str]:
    """`a` before a vowel sound, `an` before a consonant."""
    for article, word in re.findall(r"\b([Aa]n?)[ \u00a0]([\w&.,-]+)", text):
        if re.match(r"\d", word):
            vowel = bool(re.match(r"8|1[18](?!\d)", word))
        elif re.match(r"[A-Z][A-Z&]", word):
            vowel = word[0] in SPELLED_WITH_A_VOWEL
        else:
            vowel = not CONSONANT_SOUND.match(word) and bool(VOWEL_SOUND.match(word))
        if vowel != (article.lower() == "an"):
            yield f"article: {article} {word}"
