"""A server on loopback that hands out feeds, and misbehaves in every way that a feed can."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any
from xml.sax.saxutils import escape

from tests.loopback import Handler, running

NOW = datetime(2024, 10, 17, 7, tzinfo=UTC)


def rss(items: Sequence[Mapping[str, str]], title: str = "Example Markets") -> bytes:
    """RSS 2.0; of an item: title, link, pubDate, and whatever else, in this order."""
    body = "".join(
        "<item>" + "".join(f"<{name}>{escape(text)}</{name}>" for name, text in item.items()) + "</item>"
        for item in items
    )
    head = f"<title>{escape(title)}</title><link>https://markets.example.com/</link>"
    return f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel>{head}{body}</channel></rss>'.encode()


def item(
    title: str, when: str = "Tue, 15 Oct 2024 14:00:00 GMT", link: str = "https://markets.example.com/1"
) -> dict[str, str]:
    return {"title": title, "link": link, "pubDate": when}


GOOD = rss([item("Small caps show signs of life")])


@dataclass
class FeedServer:
    """`pages`: path -> what to do. Bytes are served as they are; a word names a fault."""

    pages: dict[str, bytes | str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    url: str = ""


class Pages(Handler):
    def __init__(self, feeds: FeedServer, *given: Any) -> None:
        self.feeds = feeds
        super().__init__(*given)

    def do_GET(self) -> None:
        self.feeds.asked.append(self.path)
        page = self.feeds.pages.get(self.path, "404")
        with suppress(OSError):  # a client that has lost its patience
            if isinstance(page, bytes):
                self.reply(200, page)
            elif page.isdigit():
                self.reply(int(page), b"<html>Oops</html>")
            elif page.startswith("to "):
                self.reply(302, b"", {"Location": page[3:]})
            else:
                getattr(self, page)()

    def reset(self) -> None:
        self.connection.close()

    def slow(self) -> None:
        time.sleep(1.5)
        self.reply(200, GOOD)

    def drip(self) -> None:
        self.head(NOW, 200, {"Content-Type": "application/rss+xml"})
        for _ in range(40):
            self.wfile.write(b"<!-- -->")
            self.wfile.flush()
            time.sleep(0.1)

    def endless(self) -> None:
        self.head(NOW, 200, {"Content-Type": "application/rss+xml"})
        for _ in range(2000):
            self.wfile.write(b"<item>" * 1000)

    def packed(self) -> None:
        self.reply(200, b"\x1f\x8b" + b"\0" * 100, {"Content-Encoding": "gzip"})

    def loop(self) -> None:
        self.reply(302, b"", {"Location": self.path})

    def reply(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        self.head(
            NOW,
            status,
            {"Content-Type": "application/rss+xml", "Content-Length": str(len(body)), **(headers or {})},
        )
        self.wfile.write(body)


@contextmanager
def serve(feeds: FeedServer) -> Iterator[FeedServer]:
    """Runs it in a thread on a free port; ended with the block."""
    with running(partial(Pages, feeds)) as feeds.url:
        yield feeds
