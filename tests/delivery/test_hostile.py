"""Hostile text in every field, hostile templates, and work that wants too much: nothing gets out, nothing gets in."""

from __future__ import annotations

import email
import email.policy
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pypdf
import pytest

from reporter.channels import MailSettings, Relay
from reporter.delivery.message import Envelope, Reader, file_name, one_line
from reporter.document.email import MailBody
from reporter.errors import DataError, DocumentError
from reporter.limits import Limits, run_limited
from reporter.voices import read_voices
from tests.delivery.hostile_render import FIELDS, MARK
from tests.delivery.payloads import PAYLOADS, filled
from tests.delivery.test_archive import NOW
from tests.delivery.test_message import compose
from tests.programs import needs

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


HEADLINE = {
    "title": "Small caps rise", "outlet": "News", "link": "https://example.com/a", "language": "en", "feed": "News",
    "published": "2024-10-15T12:00:00Z", "out_by": "2024-10-15T12:00:00Z",
}  # fmt: skip


class Seen(HTMLParser):
    """Elements that do something, and where attributes lead."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: Counter[str] = Counter()
        self.leads: set[str] = set()
        self.handlers: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements[tag] += 1
        self.leads |= {value or "" for name, value in attrs if name in ("src", "href", "xlink:href", "data", "action")}
        self.handlers |= {name for name, _ in attrs if name.startswith("on")}


@pytest.mark.fault("C8")
def test_no_other_link_than_https_is_read_from_an_edition() -> None:
    """From voices.json of an edition that somebody changed: `replay` would print it."""
    assert read_voices(json.dumps({"headlines": [HEADLINE]}).encode()).headlines
    for link in (*map(filled, PAYLOADS), "file:///etc/passwd", "\\\\host\\share", "http://example.org/"):
        with pytest.raises(DataError):
            read_voices(json.dumps({"headlines": [HEADLINE | {"link": link}]}).encode())


@pytest.mark.fault("C1", "C5", "C8")
@pytest.mark.parametrize(
    "most", [3, pytest.param(140, marks=[pytest.mark.nightly, pytest.mark.timeout(900)])], ids=["short", "all"]
)
def test_no_text_on_a_page_calls_out_or_reads_a_file(most: int, canary: tuple[str, list[str]], tmp_path: Path) -> None:
    """Real pages, PDFs and mails in a process under strace, with payloads in each of twenty texts that others write;
    the long form takes all of them through every one."""
    address, met = canary
    secret = tmp_path / "secret.txt"
    secret.write_text("CANARY-SECRET-4711")
    calls = tmp_path / "calls"
    watch = [needs("strace"), "-f", "-q", "-e", "trace=openat,open,connect,execve", "-o", str(calls)]
    make = [sys.executable, "-m", "tests.delivery.hostile_render", str(tmp_path), address, str(secret), str(most)]
    done = subprocess.run([*watch, *make], capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2])
    assert done.returncode == 0, done.stderr[-2000:]
    assert int(done.stdout) >= (200 if most > 3 else 4)

    text = calls.read_text("utf-8", "replace")
    assert text.count("openat(") > 100  # it did look on
    assert met == []
    assert "AF_INET" not in text
    run = {Path(name).name for name in re.findall(r'execve\("([^"]+)"', text)}
    assert run <= {"python", "ldconfig", "ld", "gcc", "cc", "objdump"}  # ctypes looks for libraries with them
    tried = set(re.findall(r'open(?:at)?\([^"]*"([^"]+)"', text))
    assert str(secret) not in tried and not [path for path in tried if path.startswith(("/etc/passwd", "//", "file:"))]

    shown = ""
    for folder in (path for path in tmp_path.iterdir() if path.name.isdecimal()):
        pdf = pypdf.PdfReader(folder / "small-caps-2024-10-16-en.pdf")
        notes = [note.get_object() for page in pdf.pages for note in page.get("/Annots", [])]
        actions = [note["/A"] for note in notes if "/A" in note]
        catalogue = pdf.trailer["/Root"].get_object()
        assert list(pdf.attachments) == [] and not {"/OpenAction", "/AA", "/AcroForm"} & set(catalogue)
        assert not {"/EmbeddedFiles", "/JavaScript"} & set(catalogue.get("/Names", {}))
        assert {note["/Subtype"] for note in notes} <= {"/Link"}
        assert {action["/S"] for action in actions} <= {"/URI", "/GoTo"}
        assert all(re.match(r"https:|mailto:", str(action["/URI"])) for action in actions if "/URI" in action)
        for name, own in (("small-caps-2024-10-16-en.html", 1), ("mail-en.html", 0)):
            page = (folder / name).read_text("utf-8")
            seen = Seen(page)
            assert seen.elements["script"] <= own and not seen.handlers
            assert not set(seen.elements) & {
                "iframe",
                "object",
                "embed",
                "form",
                "base",
                "link" if own == 0 else "embed",
            }
            assert all(re.match(r"https://(?!127)|mailto:|data:image/|cid:|#|[\w.\-]+$|$", lead) for lead in seen.leads)
            shown += page
        shown += (folder / "small-caps-2024-10-16-en.svg").read_text("utf-8")
        for path in folder.iterdir():
            assert b"CANARY-SECRET-4711" not in path.read_bytes()
    unseen = {field for number, field in enumerate(FIELDS) if f"{MARK}{number} " not in shown}
    assert unseen <= {"headline link", "quote link", "why it is silent"}  # dropped; said by the command alone


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
