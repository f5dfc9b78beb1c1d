"""The declined names of funds, against a dictionary of Russian (pymorphy3): the right case of every form."""

from __future__ import annotations

import re
from typing import Any

import pytest

from reporter.words import BUNDLED, read_words

pymorphy3 = pytest.importorskip("pymorphy3")

NAMES = read_words(BUNDLED / "languages" / "ru" / "names.yaml")
#: What each form is: its case and number; the names of markets are singular or plural.
FORMS = {"group": ("nomn", "plur"), "gen": ("gent", "plur"), "pre": ("loct", "plur")}
SINGLE = {"market": ("nomn",), "market_gen": ("gent",)}


@pytest.fixture(scope="module")
def analyser() -> Any:
    return pymorphy3.MorphAnalyzer()


def head(text: str, analyser: Any) -> list[Any]:
    """Readings of the noun that the name is about: the first one that is no adjective and no foreign word."""
    for word in re.findall(r"[а-яё-]+", text.lower()):
        parses = [one for one in analyser.parse(word) if one.is_known]
        if any(one.tag.POS == "NOUN" for one in parses) and parses[0].tag.POS not in ("ADJF", "PRTF", "PREP"):
            return [one for one in parses if one.tag.POS == "NOUN"]
    return []


@pytest.mark.parametrize("ticker", sorted(NAMES))
def test_every_form_is_in_its_case(ticker: str, analyser: Any) -> None:
    for key, (case, number) in FORMS.items():
        readings = head(NAMES[ticker][key], analyser)
        assert readings, f"{ticker}.{key}: no noun found in '{NAMES[ticker][key]}'"
        fitting = {(one.tag.case, one.tag.number) for one in readings}
        assert (case, number) in fitting or ("loc2", number) in fitting, f"{ticker}.{key}: {fitting}"
    for key, (case,) in SINGLE.items():
        readings = head(NAMES[ticker][key], analyser)
        cases = {str(one.tag.case).replace("gen2", "gent") for one in readings}
        assert not readings or case in cases, f"{ticker}.{key}: '{NAMES[ticker][key]}'"


@pytest.mark.parametrize("ticker", sorted(NAMES))
def test_forms_are_of_one_word(ticker: str, analyser: Any) -> None:
    """Nominative, genitive and prepositional of the same noun."""
    lemmas = [{one.normal_form for one in head(NAMES[ticker][key], analyser)} for key in FORMS]
    assert set.intersection(*lemmas), (ticker, lemmas)


@pytest.mark.parametrize("ticker", sorted(NAMES))
def test_adjectives_agree_with_their_noun(ticker: str, analyser: Any) -> None:
    for key, (case, _) in FORMS.items():
        words = re.findall(r"[а-яё-]+", NAMES[ticker][key].lower())
        for word in words[: words.index(next(w for w in words if not adjective(w, analyser)))]:
            tags = {one.tag.case for one in analyser.parse(word)}
            assert case in tags, f"{ticker}.{key}: {word} {tags}"


def adjective(word: str, analyser: Any) -> bool:
    return str(analyser.parse(word)[0].tag.POS) in ("ADJF", "PRTF")
