"""Which headlines an edition cites: keywords, the close, each thing once; and what is kept of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from reporter.config import Brief, Config, Feed, HeadlineSettings
from reporter.sessions import Calendar
from reporter.voices.clippings import FILE
from reporter.voices.headlines import Headline, chosen, in_time, on_subject, pattern
from reporter.voices.press import gather_headlines
from tests.feed_server import FeedServer, item, rss, serve

AS_OF = date(2024, 10, 16)
CLOSE = datetime(2024, 10, 16, 20, tzinfo=UTC)


def headline(title: str = "Small caps rise", published: datetime = CLOSE, **more: object) -> Headline:
    return Headline(
        **{"title": title, "outlet": "One", "language": "en", "published": published, "out_by": published, "feed": "F"}
        | more  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(
    ("keyword", "text", "found"),
    [
        ("small cap*", "small caps rise", True),
        ("small cap*", "small-cap stocks", True),
        ("small cap*", "smallcaps", False),
        ("small cap", "small caps", False),
        ("small-cap*", "small capitalisation", True),
        ("russell 2000", "the russell 20000", False),
        ("s&p 600", "the s&p 600 gains", True),
        ("мал* компани*", "акции малых компаний растут", True),
        ("тёмн* лошадк*", "темная лошадка", True),
        ("a.b", "axb", False),
    ],
)
def test_keywords(keyword: str, text: str, found: bool) -> None:
    assert bool(pattern([keyword]).search(text)) is found


def test_capitals_do_not_matter() -> None:
    assert on_subject([headline("SMALL CAPS RISE")], {"en": ("small cap*",)})


@pytest.mark.parametrize(
    "title",
    [
        "Small c",
        "Small caps " + "x" * 200,
        "Small caps \U0001f680 rise",
        "Small caps 上涨",
        "Small caps\u2029rise",
        "Small caps.. rise",
        "Small caps É» rise",
        "Big tech rises",
    ],
)
def test_what_cannot_be_printed_word_for_word_is_left_out(title: str) -> None:
    assert on_subject([headline(title)], {"en": ("small c*",)}) == []


def test_each_language_has_its_own_keywords() -> None:
    both = [headline("Small caps rise"), headline("Small caps растут", language="ru")]
    assert on_subject(both, {"ru": ("small caps",)}) == both[1:]
    assert on_subject(both, {"en": ()}) == []


def test_cut_at_the_close() -> None:
    second = timedelta(seconds=1)
    titles = {
        "at the close": headline(published=CLOSE),
        "after it": headline(published=CLOSE + second),
        "known after it": headline(published=CLOSE - second, out_by=CLOSE + second),
        "a week old": headline(published=CLOSE - timedelta(days=7)),
        "older": headline(published=CLOSE - timedelta(days=7) - second),
    }
    found = in_time(titles.values(), CLOSE, 7)
    assert [name for name, one in titles.items() if one in found] == ["at the close", "a week old"]


def test_each_thing_once() -> None:
    hour = timedelta(hours=1)
    first = headline("Small caps rise!", CLOSE - 3 * hour, link="https://a.example/1")
    again = headline("SMALL CAPS: rise", CLOSE - 2 * hour, outlet="Two", link="https://b.example/1")
    moved = headline("Small caps rise, experts say", CLOSE - hour, link="https://a.example/1")
    assert chosen([moved, again, first], 3) == (first,)


def test_outlets_take_turns_and_the_newest_comes_first() -> None:
    hour = timedelta(hours=1)
    mine = [headline(f"Small caps rise, part {n}", CLOSE - n * hour) for n in range(3)]
    theirs = headline("Small caps and rates", CLOSE - 9 * hour, outlet="Two")
    assert chosen([theirs, *mine], 2) == (mine[0], theirs)
    assert chosen([theirs, *mine], 3) == (mine[0], mine[1], theirs)
    assert chosen(mine, 2) == tuple(mine[:2])


def test_as_many_of_each_language() -> None:
    russian = headline("Малые компании растут", language="ru")
    found = chosen([headline(f"Small caps {n} rise") for n in range(9)] + [russian], 3)
    assert [one.language for one in found].count("en") == 3 and russian in found


@pytest.fixture
def server() -> Iterator[FeedServer]:
    with serve(FeedServer({"/feed": rss([item("Small caps show signs of life")])})) as running:
        yield running


class TestKept:
    """What an edition said once it says again, whatever the feeds say by then."""

    BRIEF = Brief(subject="IJR", benchmark="SPY", keywords={"en": ("small cap*",)})

    def config(self, server: FeedServer, state: Path, **settings: object) -> Config:
        feeds = (Feed(url=f"{server.url}/feed", outlet="Example"),)
        return Config(state=state, headlines=HeadlineSettings(feeds=feeds, **settings))  # type: ignore[arg-type]

    def gather(
        self, config: Config, calendar: Calendar, session: date = AS_OF
    ) -> tuple[tuple[Headline, ...], dict[str, str]]:
        return gather_headlines(config, "small-caps", self.BRIEF, session, calendar.close(session))

    def test_again_without_asking(self, server: FeedServer, tmp_path: Path, calendar: Calendar) -> None:
        config = self.config(server, tmp_path)
        first = self.gather(config, calendar)
        server.pages["/feed"] = rss([item("Small caps: another story", "Wed, 16 Oct 2024 10:00:00 GMT")])
        assert self.gather(config, calendar) == first and len(server.asked) == 1
        assert [one.title for one in first[0]] == ["Small caps show signs of life"]

    def test_other_settings_are_another_question(self, server: FeedServer, tmp_path: Path, calendar: Calendar) -> None:
        self.gather(self.config(server, tmp_path), calendar)
        self.gather(self.config(server, tmp_path, most=1), calendar)
        assert len(server.asked) == 2

    def test_a_feed_forgets_and_the_shelf_does_not(
        self, server: FeedServer, tmp_path: Path, calendar: Calendar
    ) -> None:
        """An item that was seen for Wednesday's edition serves Friday's, though the feed has dropped it."""
        config = self.config(server, tmp_path)
        self.gather(config, calendar)
        server.pages["/feed"] = rss(
            [item("Small caps: another story", "Thu, 17 Oct 2024 10:00:00 GMT", "https://b.example/")]
        )
        found, _ = self.gather(config, calendar, date(2024, 10, 18))
        assert [one.title for one in found] == ["Small caps: another story", "Small caps show signs of life"]

    def test_a_failure_is_not_kept(self, server: FeedServer, tmp_path: Path, calendar: Calendar) -> None:
        config = self.config(server, tmp_path)
        good, server.pages["/feed"] = server.pages["/feed"], "500"
        assert self.gather(config, calendar) == ((), {"Example": "HTTP 500"})
        server.pages["/feed"] = good
        found, silent = self.gather(config, calendar)
        assert len(found) == 1 and silent == {}

    def test_down_with_something_kept(self, server: FeedServer, tmp_path: Path, calendar: Calendar) -> None:
        config = self.config(server, tmp_path)
        self.gather(config, calendar)
        server.pages["/feed"] = "reset"
        found, silent = self.gather(config, calendar, date(2024, 10, 17))
        assert len(found) == 1 and list(silent) == ["Example"]

    @pytest.mark.parametrize("damage", ["rubbish", "folder", "rows"])
    def test_a_damaged_store_costs_nothing_but_itself(
        self, server: FeedServer, tmp_path: Path, calendar: Calendar, damage: str
    ) -> None:
        config = self.config(server, tmp_path)
        if damage == "rubbish":
            (tmp_path / FILE).write_bytes(b"no database" * 200)
        elif damage == "folder":
            (tmp_path / FILE).mkdir()
        else:
            self.gather(config, calendar)
            with sqlite3.connect(tmp_path / FILE) as database:
                database.execute("UPDATE chosen SET headlines = '[{}]'")
                database.execute("UPDATE seen SET headline = 'no'")
            database.close()
        found, silent = self.gather(config, calendar)
        assert [one.title for one in found] == ["Small caps show signs of life"] and silent == {}

    def test_without_keywords_nothing_is_asked(self, server: FeedServer, tmp_path: Path, calendar: Calendar) -> None:
        brief = Brief(subject="IJR", benchmark="SPY", keywords={"ru": ("мал*",)})
        config = self.config(server, tmp_path / "state")
        assert gather_headlines(config, "x", brief, AS_OF, CLOSE) == ((), {})
        assert server.asked == [] and not (tmp_path / "state").exists()
