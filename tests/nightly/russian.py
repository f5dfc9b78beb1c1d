"""Russian grammar by dictionary (pymorphy3): case after a preposition, agreement of neighbours, number and noun.

A word is marked only where no reading of it fits: this finds less than a reader would, and nothing that is right.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import Any

GENITIVE = frozenset({"gent", "gen2"})
PREPOSITIONAL = frozenset({"loct", "loc2"})
#: Cases that prepositions govern, and the prepositions.
GOVERNMENT = (
    (GENITIVE, "без для до из от у около кроме против среди из-за после относительно"),
    (frozenset({"datv"}), "к ко благодаря вопреки"),
    (PREPOSITIONAL, "о об при"),
    (frozenset({"ablt"}), "между над перед"),
    (frozenset({"accs"}), "через"),
    (frozenset({"accs"}) | PREPOSITIONAL, "в во на"),
    (frozenset({"accs", "ablt"}), "за под"),
    (frozenset({"datv", "accs", "loct"}), "по"),
    (GENITIVE | {"accs", "ablt"}, "с со"),
)
GOVERNS = {word: governed for governed, words in GOVERNMENT for word in words.split()}
DECLINED = frozenset({"NOUN", "ADJF", "PRTF", "NUMR", "NPRO"})


def listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


#: Adjectives that stand for people or things, and so agree with nothing.
NOUNS_BY_USE = listed("остальных остальным последней первой сомневающимся")
COUNTED = listed("сессия неделя месяц год день условие попытка случай пара фонд признак закрытие полугодие")
#: After these a number and its noun stand in the genitive.
BEFORE_GENITIVE = listed("из от до около после более менее больше меньше для среди предыдущих последних ближайших")
ONE, FEW = listed("один одна одно"), listed("два две три четыре")
MANY = listed("пять шесть семь восемь девять десять одиннадцать двенадцать тринадцать четырнадцать пятнадцать двадцать")


@cache
def analyser() -> Any:
    import pymorphy3

    return pymorphy3.MorphAnalyzer()


@cache
def parses(word: str) -> tuple[Any, ...]:
    """Readings of a known word; empty for a foreign or unknown one."""
    found = analyser().parse(word)
    return tuple(one.tag for one in found if one.is_known)


@cache
def cases(word: str) -> set[str]:
    return {str(tag.case) for tag in parses(word) if tag.POS in DECLINED and tag.case}


#: What grammar does not look at, so that a sentence is read once and not for each market: decimals, days, years.
VARYING = (
    (re.compile(r"\d+[.,]\d+"), "1,5"),
    (re.compile(r"\d{1,2}(?=\u00a0(?:янв|фев|мар|апр|ма[яй]|июн|июл|авг|сен|окт|ноя|дек))"), "7"),
    (re.compile(r"\b(?:19|20)\d\d\b"), "2007"),
)


def faults(text: str) -> tuple[str, ...]:
    """What no reading of the words allows, one line each."""
    for pattern, same in VARYING:
        text = pattern.sub(same, text)
    return faults_of(text)


@cache
def faults_of(text: str) -> tuple[str, ...]:
    return tuple(found(text))


def found(text: str) -> Iterator[str]:
    words = re.findall(r"[\w-]+|[^\w\s]", text.lower())
    for place, (before, word) in enumerate(pairwise(words)):
        wanted, tags = GOVERNS.get(before), parses(word)
        if wanted and tags and all(tag.POS in DECLINED for tag in tags) and not cases(word) & wanted:
            yield f"case: {before} {word} ({', '.join(sorted(cases(word)))})"
        counting = place > 0 and (words[place - 1].isdigit() or words[place - 1] in FEW)  # 3 базисных пункта
        if disagree(before, word) and not (counting and fits(2, word, genitive=False)):
            yield f"agreement: {before} {word}"
    yield from miscounted(words)


@cache
def disagree(adjective: str, noun: str) -> bool:
    """An adjective before a noun that shares no case, number and gender with it in any reading."""
    mine, theirs = parses(adjective), parses(noun)
    if adjective in NOUNS_BY_USE or not mine or not theirs:
        return False
    if mine[0].POS not in ("ADJF", "PRTF") or "Apro" in mine[0] or any(tag.POS != "NOUN" for tag in theirs):
        return False
    return not any(agree(one, other) for one in mine if one.POS in ("ADJF", "PRTF") for other in theirs)


def agree(one: Any, other: Any) -> bool:
    both = {one.case, other.case}
    case = len(both) == 1 or both <= GENITIVE or both <= PREPOSITIONAL
    if both == {"accs"} and one.animacy and other.animacy and one.animacy != other.animacy:
        return False
    return case and one.number == other.number and (one.number == "plur" or one.gender == other.gender)


def miscounted(words: list[str]) -> Iterator[str]:
    """A whole number and the noun that it counts."""
    for place, (number, noun) in enumerate(pairwise(words)):
        before = words[place - 1] if place else ""
        decimals = before in tuple(",.-−–") and place > 1 and words[place - 2].isdigit()
        if decimals or not (number.isdigit() or number in ONE | FEW | MANY) or not is_counted(noun):
            continue
        size = int(number) if number.isdigit() else 1 if number in ONE else 2 if number in FEW else 5
        oblique = {"по": "datv", "в": "loct"}.get(before)  # по 15 случаям, в 17 случаях
        counted = "sing" if size % 10 == 1 and size % 100 != 11 else "plur"  # в 21 случае
        declined = any(tag.case == oblique and tag.number == counted for tag in parses(noun))
        if (
            not declined
            and not fits(size, noun, genitive=before in BEFORE_GENITIVE)
            and not (size > 1900 and noun.startswith("год"))
        ):
            yield f"number and noun: {before} {number} {noun}"


@cache
def is_counted(noun: str) -> bool:
    return bool(parses(noun)) and any(one.normal_form in COUNTED for one in analyser().parse(noun))


@cache
def fits(size: int, noun: str, *, genitive: bool) -> bool:
    """Whether a form of the noun goes with the number: 1 сессия, 2 сессии, 5 сессий; из 2 сессий."""
    last, teen = size % 10, size % 100 in range(11, 15)
    if last == 1 and not teen:
        allowed = ("sing", GENITIVE if genitive else GENITIVE | {"nomn", "accs"})
    elif last in (2, 3, 4) and not teen and not genitive:
        allowed = ("sing", GENITIVE)
    else:
        allowed = ("plur", GENITIVE)
    return any(tag.POS == "NOUN" and tag.number == allowed[0] and tag.case in allowed[1] for tag in parses(noun))
