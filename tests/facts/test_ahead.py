"""The week ahead, against what the New York Stock Exchange and Cboe published for these weeks."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pytest

from reporter.facts.ahead import Ahead, compute_ahead
from reporter.language import Language
from reporter.sessions import Calendar, load_calendar
from reporter.story import write_story
from reporter.voices import Voices


@pytest.mark.parametrize(
    ("as_of", "closed", "early", "expiry", "period_end"),
    [
        (date(2024, 11, 27), [date(2024, 11, 28)], [date(2024, 11, 29)], None, None),  # Thanksgiving
        (date(2024, 3, 22), [date(2024, 3, 29)], [], None, date(2024, 3, 28)),  # Good Friday ends the quarter
        (date(2022, 4, 11), [date(2022, 4, 15)], [], date(2022, 4, 14), None),  # Good Friday on a third Friday
        (date(2022, 4, 8), [date(2022, 4, 15)], [], date(2022, 4, 14), None),
        (date(2022, 4, 14), [date(2022, 4, 15)], [], None, None),  # expired today
        (date(2024, 10, 16), [], [], date(2024, 10, 18), None),
        (date(2024, 12, 27), [date(2025, 1, 1)], [], None, date(2024, 12, 31)),
    ],
)
def test_of_new_york(
    as_of: date, closed: list[date], early: list[date], expiry: date | None, period_end: date | None, calendar: Calendar
) -> None:
    ahead = compute_ahead(as_of, calendar)
    assert ahead is not None
    assert [*ahead.closed] == closed and [*ahead.early] == early
    assert ahead.expiry == expiry and ahead.period_end == period_end


def test_an_ordinary_week_and_the_end_of_what_is_known_have_nothing_to_tell(calendar: Calendar) -> None:
    assert compute_ahead(date(2024, 10, 4), calendar) is None
    assert compute_ahead(calendar.horizon, calendar) is None


@pytest.mark.parametrize(
    ("as_of", "closed"),
    [
        (date(2018, 11, 30), date(2018, 12, 5)),  # George Bush died that evening; announced on 1 December
        (date(2012, 10, 26), date(2012, 10, 29)),  # a Friday; that Sandy would close New York was told on Sunday
        (date(2001, 9, 10), date(2001, 9, 11)),
    ],
)
def test_what_nobody_could_know_is_not_told(as_of: date, closed: date, calendar: Calendar) -> None:
    assert not calendar.has(np.array([closed], "M8[D]"))[0]
    ahead = compute_ahead(as_of, calendar)
    assert ahead is None or closed not in ahead.closed


def test_elsewhere_no_options_and_other_weeks() -> None:
    """Xetra on Whit Monday is open, on Easter Monday closed; in Riyadh a week is from Sunday to Thursday."""
    now = datetime(2024, 6, 30, tzinfo=UTC)
    xetra = compute_ahead(date(2024, 3, 28), load_calendar("XETR", now))
    assert xetra == Ahead(
        closed=(date(2024, 3, 29), date(2024, 4, 1)), early=(), expiry=None, period=None, period_end=None
    )
    assert compute_ahead(date(2024, 5, 16), load_calendar("XETR", now)) is None
    riyadh = load_calendar("XSAU", datetime(2024, 12, 31, tzinfo=UTC))
    national = compute_ahead(date(2024, 9, 19), riyadh)  # a Thursday, the last session of its week
    assert national is not None and national.closed == (date(2024, 9, 23),)
    assert compute_ahead(date(2024, 6, 13), riyadh) is None  # Eid begins when the moon is seen


@pytest.mark.parametrize(
    ("as_of", "english", "russian"),
    [
        (
            date(2024, 11, 27),
            "The exchange is closed on November 28 and closes early on November 29.",
            "Биржа закрыта 28 ноября, а 29 ноября торги закончатся раньше обычного.",
        ),
        (
            date(2024, 12, 27),
            "The exchange is closed on January 1. The year ends with the close of December 31; "
            "returns for the year to date then start anew.",
            "Биржа закрыта 1 января. Год заканчивается с закрытием 31 декабря; "
            "доходность с начала года затем считается заново.",
        ),
        (
            date(2025, 4, 11),
            "The exchange is closed on April 18. Monthly options expire on April 17.",
            "Биржа закрыта 18 апреля. Месячные опционы истекают 17 апреля.",
        ),
    ],
)
def test_in_words_each_day_with_its_path(
    as_of: date, english: str, russian: str, calendar: Calendar, make_prices: Any, facts_of: Any, walk: Any
) -> None:
    facts = facts_of(make_prices({"IJR": walk(1, 600), "SPY": walk(2, 600)}, as_of), "IJR", "SPY")
    finding = write_story(facts, Voices(), field_kind="funds", implication=True).ahead
    assert finding is not None and facts.ahead == compute_ahead(as_of, calendar)
    for code, words in (("en", english), ("ru", russian)):
        said = Language(code).say(finding)
        assert said.text.replace("\u00a0", " ") == words
        assert {fact.split(".")[0] for fact, _ in said.numbers} == {"ahead"}


def test_an_expiry_alone_is_no_line(make_prices: Any, facts_of: Any, walk: Any) -> None:
    facts = facts_of(make_prices({"IJR": walk(1, 600), "SPY": walk(2, 600)}, date(2024, 10, 16)), "IJR", "SPY")
    assert facts.ahead.expiry == date(2024, 10, 18)
    assert write_story(facts, Voices(), field_kind="funds", implication=True).ahead is None
