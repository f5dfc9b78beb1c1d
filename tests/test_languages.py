"""The languages hold the same things: every kind of finding, every label, every name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from reporter.errors import UsageError
from reporter.finding import Quantity, Unit
from reporter.language import Language
from reporter.words import BUNDLED, language_codes, read_words

CODES = language_codes()
FOLDER = BUNDLED / "languages"
#: What one language needs and the other does not.
GRAMMAR = {"cardinals", "ordinals", "ordinal_forms", "glue", "bound", "gaps", "spans", "stances"}
#: Of headlines and memory: parts of sentences.
HELPERS = {
    "titles",
    "when",
    "title",
    "found",
    "returned",
    "second",
    "since",
    "from_then",
    "usual",
    "of",
    "proved",
    "split",
}


def keys(value: Any, path: str = "") -> set[str]:
    if isinstance(value, Mapping):
        return {one for key, inner in value.items() for one in keys(inner, f"{path}.{key}")}
    return {path}


def kinds(code: str, file: str) -> set[str]:
    """Macros that are wordings: those without an underscore in front, variants counted as one."""
    found = re.findall(r"macro ([a-z]\w*)\(f\)", (FOLDER / code / file).read_text("utf-8"))
    return {re.sub(r"_(\d+|short)$", "", name) for name in found}


def test_a_folder_that_is_no_code_of_a_language(tmp_path: Path) -> None:
    (tmp_path / "languages" / "english").mkdir(parents=True)
    (tmp_path / "languages" / "english" / "labels.yaml").write_text("a: b")
    with pytest.raises(UsageError, match="no rules for the numbers of 'english': name the folder by the code"):
        Language("english", tmp_path).spell(Quantity(1.0, Unit.PRICE, "x"))


def test_both_languages_are_there() -> None:
    assert {"en", "ru"} <= set(CODES)


@pytest.mark.parametrize("file", sorted(path.name for path in (FOLDER / "en").glob("*.j2")))
@pytest.mark.parametrize("code", CODES)
def test_every_finding_that_the_story_knows_has_a_wording(code: str, file: str) -> None:
    assert kinds("en", file) - kinds(code, file) - HELPERS == set()


@pytest.mark.parametrize("code", CODES)
def test_labels(code: str) -> None:
    english, ours = (read_words(FOLDER / one / "labels.yaml") for one in ("en", code))
    wanted = {path for path in keys(english) if path.split(".")[1] not in GRAMMAR}
    assert wanted - keys(ours) == set()


@pytest.mark.parametrize("code", CODES)
def test_names(code: str) -> None:
    english, ours = (read_words(FOLDER / one / "names.yaml") for one in ("en", code))
    assert set(english) == set(ours)
    for ticker, forms in ours.items():
        assert set(forms) == set(next(iter(ours.values()))), ticker
        assert len(forms["label"]) <= 24, "a label must fit into the chart and the table"


@pytest.mark.parametrize(
    ("quantity", "style", "english", "russian"),
    [
        (Quantity(0.1089, Unit.PERCENT, ""), "prose", "10.9%", "10,9 %"),
        (Quantity(-0.0004, Unit.PERCENT, ""), "prose", "0.0%", "0,0 %"),
        (Quantity(-0.0351, Unit.PERCENT, ""), "prose", "−3.5%", "−3,5 %"),
        (Quantity(-0.0351, Unit.PERCENT, ""), "size", "3.5%", "3,5 %"),
        (Quantity(0.1277, Unit.POINTS, ""), "signed", "+12.8", "+12,8"),
        (Quantity(-0.1277, Unit.POINTS, ""), "signed", "−12.8", "−12,8"),
        (Quantity(0.0, Unit.POINTS, ""), "signed", "0.0", "0,0"),
        (Quantity(0.53, Unit.SHARE, ""), "prose", "53%", "53 %"),
        (Quantity(0.0025, Unit.THRESHOLD, ""), "prose", "0.25", "0,25"),
        (Quantity(12345.678, Unit.PRICE, ""), "prose", "12,345.68", "12 345,68"),
        (Quantity(date(2024, 10, 16), Unit.DAY, ""), "full", "October 16, 2024", "16 октября 2024 года"),
        (Quantity(date(2024, 5, 1), Unit.DAY, ""), "prose", "May 1", "1 мая"),
        (Quantity(10, Unit.ORDINAL, ""), "prose", "tenth", "десятый"),
        (Quantity(22, Unit.ORDINAL, ""), "prose", "22nd", "22-й"),
        (Quantity(2007, Unit.YEAR, ""), "prose", "2007", "2007"),
    ],
)
def test_numbers(quantity: Quantity, style: str, english: str, russian: str) -> None:
    """Spaces inside are no-break ones; the minus is a minus; nothing is minus zero."""
    for code, expected in (("en", english), ("ru", russian)):
        said = Language(code).spell(quantity, style)
        assert re.sub(r"[\u00a0\u202f]", " ", said) == expected
        assert "-" not in said or unit_has_hyphen(said)


def unit_has_hyphen(said: str) -> bool:
    return said.endswith("-й")
