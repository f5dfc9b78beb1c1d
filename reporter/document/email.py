"""The page as the body of a mail: HTML that mail programs can show, PNG by content id, and a text worth reading.

Everything that it says was said on the page already: no number is formatted here.
"""

from __future__ import annotations

import hashlib
import re
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from markupsafe import Markup, escape

from reporter.colour import NIGHT, lightened
from reporter.document.html import environment, filled
from reporter.document.mail_logo import mail_logo
from reporter.document.page import Page
from reporter.document.pdf import plain_numbers
from reporter.language import plain

COLUMNS = 72  # of the text: what a terminal and a quoting reply leave
LINK = re.compile(r'<a\b[^>]*\bhref="((?:https|mailto):[^"]*)"[^>]*>(.*?)</a>', re.DOTALL)
#: Programs put marks of their own around a quotation, beside those of the text, and not all of them can be told not to.
QUOTATION = re.compile(r"<(/?)q\b")


class Mail(Enum):
    """Whether an edition is wanted as mail as well."""

    NONE = "none"
    READERS = "readers"
    TEST = "test"  # marked in subject and text as something that is not for readers


@dataclass(frozen=True, kw_only=True)
class MailBody:
    """What one reader gets, without an envelope: a channel adds addresses, headers and attachments."""

    subject: str  # one line
    preheader: str  # the line that a list of mails shows after the subject; it is in `html` already
    text: str  # lines of at most COLUMNS characters, save links
    html: str  # under 100 kB, styles inlined, pictures as `cid:<content id>`
    images: Mapping[str, bytes]  # content id, without angle brackets -> PNG


def make_mail(page: Page, pictures: Mapping[str, bytes], templates: Path | None = None, *, test: bool) -> MailBody:
    """The mail of one language.

    Args:
        pictures: PNG by the name of the chart, for every chart of the page.
        test: Whether it is marked as one.

    Raises:
        DocumentError: a template of the user's is wrong.
    """
    ids = {name: f"{name}.{hashlib.sha256(png).hexdigest()[:16]}@brief" for name, png in pictures.items()}
    logo = mail_logo(page.logo)
    if logo:
        ids["logo"] = f"logo.{hashlib.sha256(logo.png).hexdigest()[:16]}@brief"
    preheader = " · ".join(f"{one.label} {plain(one.value)}" for one in page.key_figures) or page.description
    made = environment(templates)
    made.filters |= {"wrap": wrap, "plain": plain}
    night = lightened(page.accent, NIGHT)
    html = filled(made, "email.html.j2", page=page, preheader=preheader, ids=ids, logo=logo, test=test, night=night)
    text = filled(made, "email.txt.j2", page=page, tables=text_tables(page), test=test)
    return MailBody(
        subject=subject(page, test=test),
        preheader=preheader,
        text=re.sub(r"\n{3,}", "\n\n", plain(text)).strip() + "\n",
        html=inlined(QUOTATION.sub(r"<\1span", plain_numbers(html))),
        images={ids[name]: png for name, png in {**pictures, **({"logo": logo.png} if logo else {})}.items()},
    )


def inlined(html: str) -> str:
    """Styles on their elements; what only a phone or a dark screen needs stays in the head. Nothing is fetched."""
    from css_inline import CSSInliner

    return CSSInliner(load_remote_stylesheets=False, keep_at_rules=True, minify_css=True).inline(html)


def subject(page: Page, *, test: bool) -> str:
    """The title and the day; before them what a reader must know first."""
    marks = (("test", test), ("simulated", page.simulated), ("incomplete", page.degraded))
    known = "".join(f"[{page.labels[f'mail_{name}']}] " for name, marked in marks if marked)
    line = known + page.labels["mail_subject"].format(title=page.plain_title, day=page.plain_as_of)
    return " ".join(line.split())


def wrap(markup: str) -> Markup:
    """A paragraph as lines of text, links with their address behind them."""
    text = plain(LINK.sub(r"\2 (\1)", str(escape(markup))))
    return escape(textwrap.fill(text, COLUMNS, break_long_words=False, break_on_hyphens=False))


def text_tables(page: Page) -> Mapping[str, str]:
    """The tables of the page in columns of characters."""
    tables: dict[str, str] = {
        "key_figures": columns("<><", [(one.label, plain(one.value), plain(one.note)) for one in page.key_figures])
    }
    if page.changes:
        changed = [
            (one.label, plain(one.before), "→" if one.before else "", plain(one.now)) for one in page.changes.rows
        ]
        tables["changes"] = columns("<><<", changed)
    if page.table:
        rows = [(row.ticker or row.name, *map(plain, row.cells)) for row in page.table.rows]
        tables["returns"] = columns("<" + ">" * len(page.table.windows), [("", *page.table.windows), *rows])
    if page.tests:
        rows = [("●" if one.met else "○", one.label, plain(one.value)) for one in page.tests.rows]
        tables["tests"] = columns("<<>", rows)
    return tables


def columns(sides: str, rows: Sequence[Sequence[str]]) -> str:
    """Lines with each cell padded to its column; `sides` has `<` for text and `>` for figures."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)] if rows else []
    return "\n".join(
        "  ".join(f"{cell:{side}{width}}" for cell, side, width in zip(row, sides, widths, strict=True)).rstrip()
        for row in rows
    )
