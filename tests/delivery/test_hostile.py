"""Hostile text in every field, hostile templates, and work that wants too much: nothing gets out, nothing gets in."""

from __future__ import annotations

import email
import email.policy
import io
import os
import re
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pypdf
import pytest

from reporter.channels import MailSettings, Relay
from reporter.delivery.message import Envelope, Reader, file_name, one_line
from reporter.document.email import MailBody
from reporter.errors import DocumentError
from reporter.limits import Limits, run_limited
from tests.delivery.test_archive import NOW
from tests.delivery.test_message import compose

SETTINGS = MailSettings(sender="Brief <brief@example.com>", relay=Relay(host="127.0.0.1", tls="off"))
ENVELOPE = Envelope(brief="small-caps", occurrence="2024-10-16", revision=0, instance="i", date=NOW)
BODY = MailBody(subject="s", preheader="", text="t\n", html="<p>h</p>", images={"a@brief": b"\x89PNG"})
LABELS = {"mail_corrected": "Corrected", "mail_too_large": "here:", "mail_too_large_nowhere": "archive"}
HEADERS = Counter(
    name.lower()
    for name in (
        "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "Precedence", "List-Id", "X-Brief",
        "X-Brief-SHA256", "MIME-Version", "Content-Type",
    )
)  # fmt: skip

_BASES = (
    "\r\nBcc: eve@example.com", "\nBcc: eve@example.com", "\rBcc: eve@example.com", "\r\n\r\nbody", "\x00",
    "\x0bBcc: x", "\x0cBcc: x", "\x85Bcc: x", "\u2028Bcc: x", "\u2029Bcc: x", "=?utf-8?q?x=0ABcc:_eve=40example.com?=",
    "=?utf-8?b?eApCY2M6IGV2ZUBleGFtcGxlLmNvbQ==?=", "=?utf-8?q?x=0D=0ABcc:_x?= =?utf-8?q?y?=", "=?us-ascii?q?=0A=0A?=",
    "\u202etxet desrever", "\u2066hidden\u2069", "\ud800", "\udfff", "a\u0300" * 40, "\u200b" * 30, "\ufeff",
    "x" * 5000,
    "<script>alert(1)</script>", "<img src=http://{canary}/a.png>", "<link rel=attachment href=file://{secret}>",
    "<link rel=stylesheet href=http://{canary}/x.css>", "<a rel=attachment href='file://{secret}'>x</a>",
    "<style>@import url(http://{canary}/y.css)</style>", "<svg><image href='http://{canary}/z.svg'/></svg>",
    "<object data='file://{secret}'></object>", "<iframe src='http://{canary}/'></iframe>", "javascript:alert(1)",
    "<a href='javascript:alert(1)'>x</a>", "<a href='\\\\{canary}\\share'>x</a>", "'\"><img src=//{canary}/q>",
    "]]><!ENTITY x SYSTEM 'file://{secret}'>", "url(http://{canary}/u)", "\\\";}} body{{background:url(http://{canary}/b)}}",
    "{{{{ 7*7 }}}}", "{{% include '/etc/passwd' %}}",
)  # fmt: skip
_WRAPS = ("{0}", "Title {0}", "{0} end", "\u201c{0}\u201d", "{0}{0}")
#: 200 payloads: 40 kinds in 5 places of a line.
PAYLOADS = tuple(wrap.format(base) for base in _BASES for wrap in _WRAPS)


def filled(payload: str, canary: str = "127.0.0.1:9", secret: str = "/etc/passwd") -> str:
    return payload.replace("{canary}", canary).replace("{secret}", secret).replace("{{", "{").replace("}}", "}")


def test_two_hundred() -> None:
    assert len(set(PAYLOADS)) == 200


@pytest.mark.fault("D9", "D10", "C12")
@pytest.mark.parametrize("field", ["subject", "name", "brand", "attachment", "text", "html"])
def test_no_text_becomes_a_header(field: str) -> None:
    """1,200 messages: the header names are the expected ones, each once, whatever the text says."""
    for payload in map(filled, PAYLOADS):
        body, settings, name, title = BODY, SETTINGS, "Ann", "Small caps"
        if field in ("subject", "text", "html"):
            plain = payload.encode(
                "utf-8", "replace"
            ).decode()  # bodies come from templates, as text that can be encoded
            body = replace(BODY, **{field: payload if field == "subject" else plain})
        elif field == "name":
            name = payload
        elif field == "brand":
            settings = SETTINGS.model_copy(update={"sender": f'"{one_line(payload)[:50]}" <brief@example.com>'})
            if "brief@example.com" not in settings.sender or settings.sender.count('"') != 2:
                continue
        else:
            title = payload
        reader = Reader(address="ann@example.com", name=name, language="en")
        pdf = (file_name(title, "2024-10-16", "pdf"), b"%PDF")
        content = compose(settings, ENVELOPE, reader, body, LABELS, pdf)
        message = email.message_from_bytes(content, policy=email.policy.default)
        assert Counter(key.lower() for key in message) == HEADERS
        assert [address.addr_spec for address in message["To"].addresses] == ["ann@example.com"]
        assert sum(1 for part in message.walk() if part.get_filename()) == 1
        assert not re.search(r"[/\\:\r\n\x00]|\.\.", str(next(message.iter_attachments()).get_filename()))


@pytest.mark.fault("D9")
def test_a_message_whose_headers_are_not_ours_is_never_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """If the cleaning failed, the check of the finished bytes would not."""
    from reporter.delivery import message

    monkeypatch.setattr(message, "one_line", lambda text, *_: text)
    hole = replace(BODY, subject="=?utf-8?q?x=0ABcc:_eve=40example.com?=")
    reader = Reader(address="ann@example.com", name="", language="en")
    try:
        content = compose(SETTINGS, ENVELOPE, reader, hole, LABELS, None)
    except (DocumentError, ValueError):
        return
    assert "bcc" not in email.message_from_bytes(content, policy=email.policy.default)


@pytest.fixture
def canary() -> Iterator[tuple[str, list[str]]]:
    """A server that nobody should ever talk to."""
    met: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.1)
        over = threading.Event()

        def listen() -> None:
            while not over.is_set():
                try:
                    connection, address = listener.accept()
                except TimeoutError:
                    continue
                except OSError:
                    return
                met.append(str(address))
                connection.close()

        thread = threading.Thread(target=listen)
        thread.start()
        yield f"127.0.0.1:{listener.getsockname()[1]}", met
        over.set()
        thread.join()


@pytest.mark.fault("C1", "C5", "C8")
def test_no_text_on_a_page_calls_out_or_reads_a_file(
    make: Callable[..., Any], canary: tuple[str, list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All 200 at once in the texts that others write: title, disclaimer, brand. PDF without attachment or odd link."""
    address, met = canary
    secret = tmp_path / "secret.txt"
    secret.write_text("CANARY-SECRET-4711")
    texts = [filled(payload, address, str(secret)) for payload in PAYLOADS]
    visible = [one_line(text, 120) for text in texts]
    from reporter.config import Brand

    brand = Brand(name=visible[115][:60], disclaimer={"en": " ".join(visible)})
    for name in ("audit_html", "audit_pdf"):  # it would refuse the numbers in these texts, and rightly
        monkeypatch.setattr(f"reporter.pipeline.{name}", lambda *_: None)
    edition = make(languages=("en",), brief={"title": {"en": visible[130]}}, brand=brand)
    pdf = pypdf.PdfReader(io.BytesIO(edition.files["small-caps-2024-10-16-en.pdf"]))
    assert not pdf.attachments
    links = [
        str(note.get_object().get("/A", {}).get("/URI", ""))
        for page in pdf.pages for note in page.get("/Annots", [])
    ]  # fmt: skip
    assert all(link.startswith(("https:", "mailto:", "")) and "javascript" not in link for link in links)
    assert not any(address in link or "file:" in link for link in links)
    assert b"CANARY-SECRET-4711" not in b"".join(edition.files.values())
    html = edition.files["small-caps-2024-10-16-en.html"].decode()
    assert not re.search(r"<(script|iframe|object|link|img)\b[^>]*(alert|127\.0\.0\.1|secret)", html)
    time.sleep(0.2)
    assert met == []


#: What a template could try. 60 of them: 20 bodies, each alone, in a loop and in a macro.
_TEMPLATES = (
    "{{ lipsum.__globals__['os'].popen('touch ' ~ target).read() }}",
    "{{ cycler.__init__.__globals__.os.system('touch ' ~ target) }}",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ page.__class__.__init__.__globals__ }}",
    "{{ self.__init__.__globals__ }}",
    "{{ namespace.__init__.__globals__['__builtins__'].open(target, 'w') }}",
    "{% include '/etc/passwd' %}",
    "{% include '../../../../etc/passwd' %}",
    "{% import 'os' as os %}{{ os.system('id') }}",
    "{{ 'A' * 10**10 }}",
    "{% for a in range(10**9) %}{% endfor %}",
    "{{ range(10**10) | list }}",
    "{% for a in range(99999) %}{% for b in range(99999) %}{{ a * b }}{% endfor %}{% endfor %}",
    "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "{{ page.nothing_of_this_name }}",
    "{{ page.labels.update({'a': 1}) }}",
    "{{ ('%' ~ '9' * 9 ~ 'd') % 1 }}",
    "{{ '{:999999999}'.format(1) }}",
    "{{ 9**(9**9) }}",
    "{{ dict(a=1).__class__.__base__.__subclasses__()[0] }}",
)
TEMPLATES = tuple(
    form.format(body)
    for body in _TEMPLATES
    for form in ("{}", "{{% for x in [1, 2] %}}{}{{% endfor %}}", "{{% set y %}}{}{{% endset %}}{{{{ y }}}}")
)
TIGHT = Limits(cpu=2, memory=400_000_000, wall=4.0)


def render_template(folder: str, target: str) -> None:
    from reporter.document.html import environment

    made = environment(Path(folder)).get_template("evil.j2").render(page={"labels": {}}, target=target)
    os.write(1, made.encode()[:0])


@pytest.mark.fault("C2", "C3", "C4", "A6", "A7")
@pytest.mark.parametrize("part", range(6))
def test_sixty_hostile_templates(part: int, tmp_path: Path) -> None:
    """Each is refused by the sandbox or ended by the limits: nothing written, nothing run, and we live on."""
    assert len(TEMPLATES) == 60
    target = tmp_path / "written"
    for text in TEMPLATES[part * 10 : part * 10 + 10]:
        (tmp_path / "evil.j2").write_text(text)
        began = time.monotonic()
        with pytest.raises((DocumentError, RuntimeError)):
            run_limited(render_template, str(tmp_path), str(target), limits=TIGHT, what="a page")
        assert time.monotonic() - began < TIGHT.wall + 8
        assert not target.exists()


def spin() -> None:
    while True:
        pass


def swallow() -> None:
    held = []
    while True:
        held.append(bytes(10_000_000))


def sleep() -> None:
    time.sleep(60)


def die() -> None:
    os._exit(9)


@pytest.mark.fault("A6", "A7", "C4")
@pytest.mark.parametrize(
    ("work", "words"),
    [(spin, r"processor time|more than 4 s"), (swallow, "memory"), (sleep, "more than 4 s"), (die, "its process died")],
)
def test_work_that_wants_too_much_is_ended(work: Callable[[], None], words: str) -> None:
    with pytest.raises(DocumentError, match=words):
        run_limited(work, limits=TIGHT, what="a page")


def answer(text: str) -> str:
    return text.upper()


def fail() -> None:
    raise DocumentError("brief.html.j2:3: wrong")


def test_what_a_child_says_comes_back() -> None:
    assert run_limited(answer, "ok", limits=TIGHT, what="x") == "OK"
    with pytest.raises(DocumentError, match=r"brief\.html\.j2:3: wrong"):
        run_limited(fail, limits=TIGHT, what="x")


@pytest.mark.fault("C9")
def test_no_cell_of_a_table_is_a_formula(make: Callable[..., Any]) -> None:
    edition = make(languages=("en",), formats=("html",))
    cells = re.split(rb"[,\r\n]+", edition.files["prices.csv"])
    assert len(cells) > 1000
    assert not [cell for cell in cells if re.match(rb"[=+@\t\r]|-(?![0-9.])", cell)]
