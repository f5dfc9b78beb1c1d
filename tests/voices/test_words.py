"""Every wording on headlines and earlier editions, in both languages, with the numbers that break grammar."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import pytest

from reporter.finding import Finding, Fund, Value, count, day, percent, share
from reporter.language import Language

FUNDS: Mapping[str, Value] = {"subject": Fund("IJR"), "benchmark": Fund("SPY")}
STRAY = re.compile(r"  | [,.;:]|[,;:]\.|\.\.|,,|\(\s|\bNone\b|Quantity")
TITLES = {
    "en": ({"language": "en", "text": "Is this the turn?"}, {"language": "ru", "text": "Это разворот?"}),
    "ru": ({"language": "ru", "text": "Это разворот?"},),
}


def press() -> Iterator[Mapping[str, Value]]:
    titles = {
        "en": {"language": "en", "title": "Small caps rise", "outlet": "Wire", "link": "https://a.example/"},
        "ru": {"language": "ru", "title": "Малые компании растут", "outlet": "Пример", "link": ""},
    }
    when: Mapping[str, Value] = {"day": day(date(2024, 10, 15), "voices.headlines.0.published")}
    for codes in (("en",), ("ru",), ("en", "ru"), ("en", "en", "en")):
        yield {"titles": tuple(titles[code] | when for code in codes)}


def said() -> Iterator[Mapping[str, Value]]:
    for label in ("none", "thin", "building", "convincing"):
        for this_year, titles in ((True, TITLES["en"]), (False, TITLES["ru"])):
            yield {
                "titles": titles,
                "day": day(date(2024, 3, 14), "memory.call.as_of"),
                "this_year": this_year,
                "label": label,
            }


def outcomes() -> Iterator[Mapping[str, Value]]:
    for mine, theirs in ((0.05, 0.13), (0.05, -0.03), (-0.05, 0.03), (-0.05, -0.13), (0.0, 0.0)):
        yield {"mine": percent(mine, "m"), "theirs": percent(theirs, "t")}


def scores() -> Iterator[Mapping[str, Value]]:
    for doubts, doubts_right, hopes, hopes_right in (
        (7, 0, 1, 0),
        (20, 1, 1, 1),
        (1, 1, 7, 2),
        (1, 0, 20, 20),
        (21, 21, 31, 5),
    ):
        yield {
            "n": count(doubts + hopes, "n"),
            "borne_out": count(doubts_right + hopes_right, "b"),
            "doubts": count(doubts, "d"),
            "doubts_borne_out": count(doubts_right, "dr"),
            "hopes": count(hopes, "h"),
            "hopes_borne_out": count(hopes_right, "hr"),
            "one_doubt": doubts == 1,
            "one_hope": hopes == 1,
            "since": day(date(2023, 3, 10), "s"),
            "base": share(0.47, "base"),
        }


KINDS = {
    ("headlines", "press"): press,
    ("memory", "said"): said,
    **{("memory", f"{lean}_{end}"): outcomes for lean in ("doubt", "hope") for end in ("right", "wrong", "level")},
    **{("memory", kind): scores for kind in ("score", "score_of_doubts", "score_of_hopes")},
}


def wordings(language: Language, section: str, kind: str) -> list[str]:
    module: Any = language.environment.get_template(f"languages/{language.code}/{section}.j2").module
    return [name for name in vars(module) if re.fullmatch(rf"{kind}(_\d+)?", name)]


@pytest.mark.parametrize("code", ["en", "ru"])
@pytest.mark.parametrize(("section", "kind"), KINDS)
def test_every_wording(code: str, section: str, kind: str) -> None:
    language = Language(code)
    names = wordings(language, section, kind)
    assert len(names) >= 4, "a frequent finding has at least four wordings"
    for name in names:
        for values in KINDS[section, kind]():
            text = language.say(Finding(section, name, FUNDS | values)).text
            plain = text.replace("\u00a0", " ")
            assert plain[-1] in ".?!" and not re.search(r"  | [,.;:]|[,;:]\.|\.\.|,,|\(\s|\bNone\b|Quantity", plain), (
                plain
            )
            assert re.match(r"[“«\dA-ZА-ЯЁ]", plain), plain
            unquoted = re.sub("“.*?”|«.*?»", "", plain)
            assert all(len(sentence.split()) <= 45 for sentence in re.split(r"[.?!] ", unquoted)), plain
            if code == "en" and kind.startswith("score"):
                assert not re.search(r"\bone (hopes|doubts|were)\b|\bof one\b", plain), plain
            if code == "ru" and kind.startswith("score"):
                assert not re.search(r"\bодн(ого|ой) (надежд|сомнени)|\bни одн[ао]? оправдал", plain), plain
