"""What a stranger sent, made harmless: plain words and links, whatever type of thing came. The only user of nh3."""

from __future__ import annotations

import html
import re
import unicodedata
from urllib.parse import urlsplit

import nh3

from reporter.setting import WEB_ADDRESS

MOST_READ = 2000  # characters of a title that are looked at
LONGEST_LINE, LONGEST_LINK, LONGEST_NAME = 400, 400, 60


def text(markup: object) -> str:
    """One plain line: no tags, no control characters, nothing that turns the direction of writing."""
    if not isinstance(markup, str):
        return ""
    plain = html.unescape(nh3.clean(markup[:MOST_READ], tags=set()))
    return one_line("".join(one for one in plain if one.isspace() or unicodedata.category(one)[0] != "C"))


def one_line(words: str) -> str:
    return unicodedata.normalize("NFC", " ".join(words.split()))[:LONGEST_LINE]


def safe_link(link: object) -> str:
    """An https address of a host, or nothing."""
    if not isinstance(link, str):
        return ""
    try:
        parts = urlsplit(link)
        named = parts.hostname and not parts.username
    except ValueError:
        return ""
    plain = link.isprintable() and link.isascii() and len(link) <= LONGEST_LINK
    return link if named and plain and re.match(WEB_ADDRESS, link) else ""


def short_name(markup: object) -> str:
    """As somebody calls himself, if that is short enough for a name."""
    name = text(markup)
    return name if len(name) <= LONGEST_NAME else ""
