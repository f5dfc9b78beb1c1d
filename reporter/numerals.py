"""How a language writes a number, a day and the noun beside it. The only user of Babel.

One place decides it for every text, table, label and alternative text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from datetime import date
from functools import lru_cache
from typing import Any

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.numbers import NumberPattern

from reporter.errors import UsageError
from reporter.finding import Quantity, Unit

MINUS = "\u2212"
#: Numbers and days that are kept as written: an edition has each in several places, and a batch in many editions.
KEPT = 4096
#: Decimals a unit is printed with. A fraction's percentage is rounded once, here.
DECIMALS = {
    Unit.PERCENT: 1, Unit.SHARE: 0, Unit.POINTS: 1, Unit.THRESHOLD: 2, Unit.RATE: 1, Unit.BASIS_POINTS: 0,
    Unit.PRICE: 2, Unit.INDEX: 0, Unit.LEVEL: 1, Unit.RATIO: 2, Unit.COUNT: 0,
}  # fmt: skip
HUNDREDFOLD = frozenset({Unit.PERCENT, Unit.SHARE, Unit.POINTS, Unit.THRESHOLD, Unit.BASIS_POINTS})


class Numerals:
    """The rules of one language; `labels` are those of its labels.yaml."""

    def __init__(self, code: str, labels: Mapping[str, Any]) -> None:
        """
        Raises:
            UsageError: Babel does not know the language.
        """
        try:
            self.locale, self.labels = Locale.parse(code), labels
        except (UnknownLocaleError, ValueError) as error:
            text = f"no rules for the numbers of '{code}': name the folder by the code of a language, such as de"
            raise UsageError(text) from error

    def written(self, quantity: Quantity, style: str = "prose") -> str:
        """The one formatted string of a fact; the styles are those of `Language.spell`."""
        if isinstance(quantity.value, date):
            formats = self.labels["dates"]
            return day(quantity.value, formats["long" if style == "prose" else style], self.locale)
        unit = quantity.unit
        digits, value = DECIMALS.get(unit, 0), rounded(quantity)
        if style == "size":
            value = abs(value)
        if unit is Unit.YEAR:
            return str(int(value))
        if unit is Unit.ORDINAL:
            return self.ordinal(int(value))
        if unit in (Unit.PERCENT, Unit.SHARE, Unit.RATE) and style in ("prose", "size", "change"):
            text = number(value / 100, digits, digits, self.locale, percent=True)
        else:
            text = number(value, 0 if unit is Unit.THRESHOLD else digits, digits, self.locale)
        return f"+{text}" if style in ("signed", "change") and value > 0 else text

    def tick(self, when: date, step: str) -> str:
        """A date on the axis of a chart; `step` is "month" or "year"."""
        return day(when, self.labels["dates"][f"tick_{step}"], self.locale)

    def axis(self, value: float) -> str:
        """A round value on the axis of a chart."""
        return number(round(value, 6) + 0.0, 0, 2, self.locale)

    def ordinal(self, value: int, form: str = "") -> str:
        """In words as far as the language has them; `form` is the suffix of its lists: "_feminine"."""
        words: Sequence[str] = self.labels[f"ordinals{form}"]
        if value < len(words):
            return words[value]
        return str(self.labels[f"ordinal_forms{form}"][self.locale.ordinal_form(value)]).replace("{n}", str(value))

    def plural(self, quantity: Quantity | int, forms: Mapping[str, str]) -> str:
        """The form of a noun for this number: {'one': 'сессия', 'few': 'сессии', 'many': 'сессий'}."""
        value = quantity if isinstance(quantity, int) else 0 if isinstance(quantity.value, date) else rounded(quantity)
        form = self.locale.plural_form(abs(int(value) if value == int(value) else value))
        return forms.get(form, forms.get("other", ""))


@lru_cache(KEPT)
def number(value: float, least: int, most: int, locale: Locale, *, percent: bool = False) -> str:
    """In the pattern of the locale, with `least` to `most` decimals."""
    pattern: NumberPattern = copy((locale.percent_formats if percent else locale.decimal_formats)[None])
    pattern.frac_prec = (least, most)
    return str(pattern.apply(value, locale)).replace("-", MINUS)


@lru_cache(KEPT)
def day(value: date, pattern: str, locale: Locale) -> str:
    return format_date(value, pattern, locale)


def rounded(quantity: Quantity) -> float:
    """The value as it is printed: in the unit's scale, with its decimals; never a negative zero."""
    if isinstance(quantity.value, date):
        raise TypeError("a day is not rounded")
    scale = 100 if quantity.unit in HUNDREDFOLD else 1
    return round(quantity.value * scale, DECIMALS.get(quantity.unit, 0)) + 0.0
