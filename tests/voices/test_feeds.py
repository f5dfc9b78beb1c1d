"""Feeds as the world has them: each way to misbehave costs its own headlines and nothing else."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from reporter.config import Feed
from reporter.voices.feeds import LIMIT, read_feeds
from reporter.voices.headlines import Headline
from tests.feed_server import GOOD, NOW, FeedServer, item, rss, serve

BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "small caps ">'
    + b"".join(
        b'<!ENTITY lol%d "%s">' % (n, (b"&lol%s;" % (b"%d" % (n - 1) if n > 1 else b"")) * 10) for n in range(1, 10)
    )
    + b']><rss version="2.0"><channel><title>&lol9;</title><item><title>&lol9;</title>'
    + b"<pubDate>Tue, 15 Oct 2024 14:00:00 GMT</pubDate></item></channel></rss>"
)


@pytest.fixture
def server() -> Iterator[FeedServer]:
    with serve(FeedServer()) as running:
        yield running


def read(
    server: FeedServer, page: bytes | str, timeout: float = 0.5, budget: float = 5.0
) -> tuple[list[Headline], str]:
    """What one feed gives: its headlines and why it gave none."""
    server.pages["/feed"] = page
    feed = Feed(url=f"{server.url}/feed", outlet="Example")
    found, silent = read_feeds((feed,), timeout, budget)
    return found, silent.get("Example", "")


def test_good_feed(server: FeedServer) -> None:
    (one,), silent = read(server, GOOD)
    assert (one.title, one.outlet, one.link) == (
        "Small caps show signs of life",
        "Example",
        "https://markets.example.com/1",
    )
    assert one.published == one.out_by == datetime(2024, 10, 15, 14, tzinfo=UTC)
    assert one.fetched_at == NOW and len(one.sha256) == 64 and silent == ""


@pytest.mark.parametrize(
    ("page", "why"),
    [
        ("404", "HTTP 404"),
        ("500", "HTTP 500"),
        ("429", "HTTP 429"),
        ("reset", "cannot be reached"),
        ("slow", "no answer in time"),
        ("endless", "larger than 512 kB"),
        ("packed", "packed"),
        ("loop", "from one address to another"),
        ("to file:///etc/passwd", "not https"),
        ("to http://feeds.example.com/", "not https"),
        ("to gopher://x", "not https"),
        (b"", "no RSS or Atom"),
        (b"<!DOCTYPE html><html><body>We value your privacy</body></html>", "a web page"),
        (b'{"items": []}', "no RSS or Atom"),
        (b"\0\xff\xfe" * 100, "no RSS or Atom"),
    ],
)
def test_faults(server: FeedServer, page: bytes | str, why: str) -> None:
    """One clear line, no exception, nothing from it."""
    found, silent = read(server, page)
    assert found == [] and why in silent and "\n" not in silent


def test_slow_drops_end_with_the_budget(server: FeedServer) -> None:
    begun = time.monotonic()
    found, silent = read(server, "drip", timeout=0.5, budget=0.6)
    assert found == [] and "no time left" in silent
    assert time.monotonic() - begun < 4.0, "the server would have dripped for four seconds"


def test_one_bad_feed_does_not_silence_the_others(server: FeedServer) -> None:
    server.pages |= {"/bad": "500", "/good": GOOD}
    feeds = [Feed(url=f"{server.url}/{name}", outlet=name.title()) for name in ("bad", "good")]
    found, silent = read_feeds(feeds, 1.0, 5.0)
    assert [one.outlet for one in found] == ["Good"] and list(silent) == ["Bad"]


def test_redirect_on_this_machine(server: FeedServer) -> None:
    server.pages["/new"] = GOOD
    found, _ = read(server, f"to {server.url}/new")
    assert len(found) == 1


@pytest.mark.parametrize(
    "page",
    [
        BOMB,
        b'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><rss version="2.0"><channel>'
        b"<item><title>small caps &x;</title><pubDate>Tue, 15 Oct 2024 14:00:00 GMT</pubDate></item></channel></rss>",
    ],
)
def test_entities_stay_shut(server: FeedServer, page: bytes) -> None:
    found, _ = read(server, page)
    assert all(len(one.title) < 100 and "root" not in one.title for one in found)


def test_cut_off_in_the_middle(server: FeedServer) -> None:
    """What came is used: a comma gone missing at the end of a feed is everyday life."""
    whole = rss([item("Small caps one"), item("Small caps two", link="https://markets.example.com/2")])
    found, silent = read(server, whole[: whole.index(b"two") - 20])
    assert [one.title for one in found][:1] == ["Small caps one"] and silent == ""


@pytest.mark.parametrize(
    ("title", "clean"),
    [
        ("Small <b>caps</b> &amp; <script>alert(1)</script>bonds", "Small caps & bonds"),
        ("Small caps <img src=x onerror=alert(1)> rise", "Small caps rise"),
        ("Small caps\r\nBcc: all@example.com\r\n\r\nrise", "Small caps Bcc: all@example.com rise"),
        ("Small \u202ecaps\u202c \u2066rise\u2069\u200b", "Small caps rise"),
        ("Small\x00 caps\x07 rise", "Small caps rise"),
        ("Small caps: P/E < 15, yield > 2%", "Small caps: P/E < 15, yield > 2%"),
        ("  Small \n\t caps  rise ", "Small caps rise"),
    ],
)
def test_hostile_titles(server: FeedServer, title: str, clean: str) -> None:
    """Once as the feed's text, once escaped as HTML in XML, as most feeds have it."""
    page = rss([item(title.replace("\x00", "").replace("\x07", ""))]) if "\x00" in title else rss([item(title)])
    found, _ = read(server, page)
    assert [one.title for one in found] == [clean]


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)",
        "http://markets.example.com/",
        "//evil.example",
        "https://user:pass@example.com/",
        "",
        "https://",
        "https://exa mple.com/",
        "https://" + "x" * 500,
        "data:text/html,x",
        "https://example.com/\u202e",
    ],
)
def test_links_are_https_or_absent(server: FeedServer, link: str) -> None:
    (one,), _ = read(server, rss([item("Small caps rise", link=link)]))
    assert one.link == ""


@pytest.mark.parametrize(
    ("when", "published", "out_by"),
    [
        ("Wed, 16 Oct 2024 15:59:00 -0400", "2024-10-16T19:59", "2024-10-16T19:59"),
        ("Wed, 16 Oct 2024 15:59:00 EDT", "2024-10-16T19:59", "2024-10-16T19:59"),
        ("2024-10-16T19:59:00Z", "2024-10-16T19:59", "2024-10-16T19:59"),
        ("2024-10-16T15:59:00", "2024-10-16T15:59", "2024-10-17T03:59"),
        ("Wed, 16 Oct 2024 15:59:00 MSK", "2024-10-16T15:59", "2024-10-17T03:59"),
        ("Wed, 16 Oct 2024", "2024-10-16T00:00", "2024-10-17T12:00"),
        ("2024-10-16", "2024-10-16T00:00", "2024-10-17T12:00"),
    ],
)
def test_dates_are_never_taken_for_earlier_than_they_may_be(
    server: FeedServer, when: str, published: str, out_by: str
) -> None:
    """A bare date lasts until it is over everywhere on Earth; a clock without a zone may be half a day behind."""
    (one,), _ = read(server, rss([item("Small caps rise", when)]))
    assert one.published.isoformat().startswith(published) and one.out_by.isoformat().startswith(out_by)


@pytest.mark.parametrize(
    "when",
    ["", "sometime", "32 Foo 2024", "Wed, 16 Oct 2024 15:59:00", "Wed, 16 Oct 20244 00:00:00 GMT", "2024", "2024-10"],
)
def test_without_a_date_there_is_no_headline(server: FeedServer, when: str) -> None:
    found, silent = read(server, rss([item("Small caps rise", when)]))
    assert found == [] and silent == ""


def test_atom_counts_from_the_last_change(server: FeedServer) -> None:
    """A title that was changed after the close may have said something else before."""
    page = (
        b'<feed xmlns="http://www.w3.org/2005/Atom"><title>A</title><entry>'
        b'<title type="html">Small &lt;i&gt;caps&lt;/i&gt; rise</title><link href="https://a.example/1"/><published>2024-10-14T10:00:00Z</published>'
        b"<updated>2024-10-20T10:00:00Z</updated></entry></feed>"
    )
    (one,), _ = read(server, page)
    assert one.title == "Small caps rise" and one.published.date() == date(2024, 10, 14)
    assert one.out_by == datetime(2024, 10, 20, 10, tzinfo=UTC)


def test_a_feed_without_a_usable_name_has_that_of_its_host(server: FeedServer) -> None:
    server.pages["/feed"] = rss([item("Small caps rise")], title="x" * 100)
    (one,), _ = read_feeds([Feed(url=f"{server.url}/feed")], 1.0, 5.0)
    assert one.outlet == "127.0.0.1"


def test_collectors_name_the_outlet(server: FeedServer) -> None:
    page = rss([item("Small caps rise - Other Post") | {"source": "Other Post"}])
    (one,), _ = read(server, page)
    assert (one.title, one.outlet) == ("Small caps rise", "Other Post")


def test_file(tmp_path: Path) -> None:
    path = tmp_path / "news feed.xml"
    path.write_bytes(GOOD)
    feeds = [Feed(url=path.as_uri()), Feed(url=(tmp_path / "none.xml").as_uri())]
    (one,), silent = read_feeds(feeds, 1.0, 5.0)
    assert one.outlet == "Example Markets" and one.fetched_at is None and one.feed == "news feed.xml"
    assert silent == {"none.xml": "cannot be read: No such file or directory"}
    path.write_bytes(GOOD + b" " * LIMIT)
    assert read_feeds(feeds[:1], 1.0, 5.0)[1] == {"news feed.xml": "larger than 512 kB"}
