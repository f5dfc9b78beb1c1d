"""The proofreaders find what they are for, and leave good sentences alone."""

from __future__ import annotations

import pytest

from tests.nightly import proof

N = "\u00a0"


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("IJR has gained  4.0% in a week.", "double space"),
        ("IJR has gained 4.0% , no more.", "space before a stop"),
        ("IJR () has gained 4.0%.", "empty brackets"),
        ("IJR has gained None in a week.", "empty slot"),
        ("IJR lost ground,.", "stops in a row"),
        ("Over the the past month it rose.", "doubled word"),
        ("A 8.1-point lead.", "article"),
        ("An one-month gap.", "article"),
        ("It is a ETF.", "article"),
        ("In one weeks it rose.", "one with a plural"),
        ("After four session in a row.", "a count with a singular"),
        ("IJR are ahead.", "one fund are"),
        ("Small caps has risen.", "many are one"),
        ("A gap of -3.2 points.", "hyphen for a minus"),
        ("The market's lead.", "straight quotes"),
        ("A lead (of two points.", "unbalanced"),
        ("It rose by 3,5%.", "decimal comma"),
        (" ".join(["word"] * 46) + ".", "sentence of 46 words"),
    ],
)
def test_english(text: str, rule: str) -> None:
    assert any(fault.startswith(rule) for fault in proof.faults(text, "en"))


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("Отставание от широкий рынок заметно.", "case: от"),
        ("Фонд идёт к рынка.", "case: к"),
        ("Говорили о малых компаниями.", "case: о|agreement"),
        ("Это широкого рынок.", "agreement"),
        ("Прошло 5 сессии.", "number and noun"),
        ("Прошло 2 сессий.", "number and noun"),
        ("Из 14 попытки удачны восемь.", "number and noun"),
        ("Прошла 21 сессий.", "number and noun"),
        ("Рост на 3.5 за месяц.", "decimal point"),
        ("Рост на 3,5 % за месяц.", "space before a unit"),
        ("Фонд — это “мерило”.", "foreign quotes"),
        ("Рост — и спад.", "dash that begins a line"),
        ("Фонд еще растёт.", "ё"),
    ],
)
def test_russian(text: str, rule: str) -> None:
    assert any(fault.startswith(tuple(rule.split("|"))) for fault in proof.faults(text, "ru"))


def test_short_words_stay_with_the_next() -> None:
    assert any("short word" in fault for fault in proof.faults("Рост в марте.", "ru", ("в", "на")))
    assert not list(proof.faults(f"Рост в{N}марте.", "ru", ("в", "на")))


@pytest.mark.parametrize(
    "text",
    [
        "An hour, an ETF, an S&P fund, a US fund, a one-month gap, an 8.1-point lead, a 1.8-point one.",
        "IJR’s 2.5-point lead in the past week only recovered what the three weeks before had cost.",
        "None of our six tests is met. It lost 1,234.50 points (two or three times), approx., in one session.",
    ],
)
def test_good_english(text: str) -> None:
    assert list(proof.faults(text, "en")) == []


@pytest.mark.parametrize(
    "text",
    [
        f"Отставание, 12,8{N}п.{N}п., меньше, чем месяц назад; фонд{N}— «мерило» малых компаний.",
        "Из двух попыток удачна одна; за 21 сессию, за 63 сессии и за 252 сессии, после 5 сессий роста, с 2007 года.",
        "В двух из последних десяти календарных лет; для остальных бремя доказательства на малых компаниях.",
    ],
)
def test_good_russian(text: str) -> None:
    assert list(proof.faults(text, "ru")) == []
