"""Hostile text that comes in by the other doors: lists, letters of servers, feeds, and editions on a share."""

from __future__ import annotations

import copy
import csv
import email
import email.policy
import hashlib
import io
import json
import re
import unicodedata
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from html import escape
from pathlib import Path
from typing import Any

import click.testing
import pytest
from pydantic import ValidationError

from reporter.batch_file import read_batch
from reporter.channels import MailSettings
from reporter.cli import reporter
from reporter.config import Config, Feed
from reporter.config_file import load_config
from reporter.delivery.archive import publish
from reporter.delivery.bounces import read_bounces
from reporter.delivery.index import write_index
from reporter.delivery.mail import transmit
from reporter.delivery.recipients import readers
from reporter.delivery.shelf import read_shelf
from reporter.delivery.target import local_target
from reporter.delivery.verify import verify
from reporter.document.edition import Edition
from reporter.errors import ReporterError, visible
from reporter.field_file import read_field
from reporter.service.alerts import letter, of_editions, review
from reporter.service.ledger import open_ledger
from reporter.service.rows import Delivery, Run
from reporter.voices.feeds import FeedError, items
from reporter.words import known_tickers
from tests.delivery.payloads import PAYLOADS, filled
from tests.delivery.smtp_server import SmtpServer
from tests.delivery.test_archive import NOW
from tests.delivery.test_bounces import report
from tests.delivery.test_hostile import BODY, ENVELOPE, HEADERS, LABELS, SETTINGS
from tests.delivery.test_message import compose

TEXTS = tuple(map(filled, PAYLOADS))


def calm(text: str) -> bool:
    """One line that no terminal obeys, and of a length that somebody can read."""
    return text.isprintable() and len(text) < 1000


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> Callable[[Callable[[], object]], str]:
    """What a refusal says, as the command line would: each line is calm. Empty where nothing is refused."""

    def call(act: Callable[[], object]) -> str:
        try:
            act()
        except ReporterError as error:
            lines = [visible(line) for line in getattr(error, "problems", [str(error)])]
            assert lines and all(map(calm, lines))
            return "\n".join(lines)
        return ""

    return call


def encodable(text: str) -> bytes:
    """As bytes of a file; half of a pair, which UTF-8 does not have, as some programs write it."""
    return text.encode("utf-8", "surrogatepass")


def only_ours(content: bytes, *more: str) -> None:
    message = email.message_from_bytes(content, policy=email.policy.default)
    assert Counter(key.lower() for key in message) == HEADERS + Counter(more)
    assert [one.addr_spec for one in message["To"].addresses] == ["ann@example.com"]


@pytest.mark.fault("D9", "D11")
def test_a_list_of_recipients(tmp_path: Path, told: Callable[..., str], config: Config) -> None:
    """As a name it is a name or one line of refusal; as an address and a language it is refused."""
    path = tmp_path / "readers.csv"
    brief = config.briefs["small-caps"].model_copy(update={"recipients_file": path})
    taken = 0
    for text in TEXTS:
        for cells in (["ann@example.com", text, "en"], [text, "Ann", "en"], ["ann@example.com", "Ann", text]):
            sheet = io.StringIO(newline="")
            csv.writer(sheet).writerows([["address", "name", "language"], cells])
            path.write_bytes(encodable(sheet.getvalue()))
            found = []
            refused = told(lambda found=found: found.extend(readers("small-caps", brief)))  # type: ignore[misc]
            assert bool(refused) != bool(found)
            if found:
                assert found[0].address == "ann@example.com", text
                only_ours(compose(SETTINGS, ENVELOPE, found[0], BODY, LABELS, ("a.pdf", b"%PDF")))
                taken += 1
    assert taken > 50


@pytest.mark.fault("C4", "C10")
@pytest.mark.parametrize(
    "place",
    [
        "brand.name", "brand.disclaimer.en", "briefs.small.title.en", "headlines.feeds.0.outlet",
        "briefs.small.recipients.0.name", "mail.unsubscribe",
    ],
)  # fmt: skip
def test_a_flood_in_a_setting(place: str, tmp_path: Path, told: Callable[..., str]) -> None:
    settings: dict[str, Any] = {
        "brand": {"name": "Brief", "disclaimer": {"en": "None."}},
        "headlines": {"feeds": [{"url": "https://example.com/feed", "outlet": "News"}]},
        "mail": {"sender": "a@example.com", "relay": {"host": "::1", "tls": "off"}, "unsubscribe": "mailto:a@b.de"},
        "briefs": {"small": {"subject": "IJR", "benchmark": "SPY", "title": {"en": "Small caps"},
                             "recipients": [{"address": "a@example.com", "name": "Ann"}]}},
    }  # fmt: skip
    path = tmp_path / "config.yaml"
    path.write_text(json.dumps(settings))
    assert told(lambda: load_config(path, known_tickers)) == ""
    *groups, last = place.split(".")
    inner: Any = settings
    for name in groups:
        inner = inner[int(name) if name.isdecimal() else name]
    inner[last] += "x" * 20_000
    path.write_text(json.dumps(settings))
    assert f"{place}: longer than" in told(lambda: load_config(path, known_tickers))


@pytest.mark.fault("D9")
@pytest.mark.parametrize("field", ["unsubscribe", "reply_to", "sender", "domain", "envelope_sender"])
def test_settings_that_stand_in_a_header(field: str) -> None:
    """Refused when the configuration is read, or in the header that is theirs."""
    forms = {"unsubscribe": "mailto:a@example.com?subject={}", "domain": "{}"}
    for text in TEXTS:
        values = SETTINGS.model_dump(exclude_none=True) | {field: forms.get(field, "{} <a@example.com>").format(text)}
        try:
            settings = MailSettings.model_validate_json(json.dumps(values, default=str))
            reader = readers_of_one()
            content = compose(settings, ENVELOPE, reader, BODY, LABELS, ("a.pdf", b"%PDF"))
        except (ValidationError, ReporterError, ValueError):
            continue
        only_ours(content, *{"unsubscribe": ["list-unsubscribe"], "reply_to": ["reply-to"]}.get(field, []))


def readers_of_one() -> Any:
    from reporter.delivery.message import Reader

    return Reader(address="ann@example.com", name="Ann", language="en")


@pytest.mark.fault("C10", "C12")
@pytest.mark.parametrize("column", ["brand", "client", "subject", "recipients", "brief"])
def test_a_batch(column: str, tmp_path: Path, told: Callable[..., str], config: Config) -> None:
    """A brand is a text of at most a line; all else is refused in one line."""
    path = tmp_path / "batch.csv"
    right = {"brief": "small-caps", "subject": "IJR", "client": "acme", "brand": "Acme", "recipients": "a@example.com"}
    for text in TEXTS:
        row = right | {column: text}
        sheet = io.StringIO(newline="")
        csv.writer(sheet).writerows([list(row), list(row.values())])
        path.write_bytes(encodable(sheet.getvalue()))
        jobs: list[Any] = []
        refused = told(lambda jobs=jobs: jobs.extend(read_batch(path, config)))  # type: ignore[misc]
        assert bool(refused) != bool(jobs)
        for job in jobs:
            assert re.fullmatch(r"[a-z0-9-]+", job.name) and len(job.brand.name) <= 60
            assert not [sign for sign in job.brand.name if sign in "\x00\r\n\ud800\udfff" + BIDI]


@pytest.mark.fault("C12")
def test_a_field(tmp_path: Path, told: Callable[..., str]) -> None:
    for name in ("funds.txt", "funds.yaml"):
        path = tmp_path / name
        for text in TEXTS:
            path.write_bytes(encodable(f"field: [{json.dumps(text)}]" if name == "funds.yaml" else text))
            assert told(lambda path=path: read_field(path))  # type: ignore[misc]


@pytest.mark.fault("C1", "C8")
def test_a_feed(told: Callable[..., str]) -> None:
    """As markup and as text of titles, outlets and links; what is no XML any more is taken as far as it goes."""
    feed = Feed(url="https://example.com/feed")
    day = "<pubDate>Tue, 15 Oct 2024 12:00:00 GMT</pubDate>"
    found, said_of_it = 0, set[str]()
    for text in TEXTS:
        for form in (escape, str, lambda text: f"<![CDATA[{text}]]>"):
            said = form(text)
            inner = f"<title>Rise {said}</title><link>{said}</link><source url='x'>{said}</source>{day}"
            page = f"<rss version='2.0'><channel><title>{said}</title><item>{inner}</item></channel></rss>"
            try:
                for item in items(feed, encodable(page), None):
                    found += 1
                    assert not [sign for sign in item.title + item.outlet if unicodedata.category(sign)[0] == "C"]
                    assert len(item.title) <= 400 and len(item.outlet) <= 60 and "\n" not in item.title
                    assert not item.link or re.fullmatch(r"https://[!-~]+", item.link)
            except FeedError as error:
                said_of_it.add(str(error))
    assert found > 400 and all(map(calm, said_of_it))


@pytest.mark.fault("D2", "F2")
def test_the_words_of_a_relay(tmp_path: Path) -> None:
    """In the ledger, on the terminal and in the mail to the owner they are one calm line."""
    said = []
    for text in TEXTS[::5]:  # each kind once; a relay speaks in bytes
        reply = "550 5.1.1 " + text.encode("utf-8", "surrogatepass").decode("latin-1").replace("\r", "").replace(
            "\n", ""
        )
        with SmtpServer(acts={"rcpt": reply}) as server:
            relay = SETTINGS.relay.model_copy(update={"port": server.port})
            said.append(transmit(relay, "a@example.com", "ann@example.com", b"Subject: s\r\n\r\nt\r\n", lambda: True))
    assert all(calm(one.text) and len(one.text) <= 200 for one in said)
    assert sum(one.code == 550 for one in said) > 30  # others are longer than a reply may be, or none
    with open_ledger(tmp_path / "state", NOW) as ledger:
        ledger.add(Run(brief="small", occurrence="2024-10-16", kind="adhoc", local_label="", deadline_utc=NOW,
                       created_utc=NOW, updated_utc=NOW))  # fmt: skip
        for number, one in enumerate(said):
            ledger.add(Delivery(run_id=1, revision=0, recipient=f"r{number}@example.com", message_id=f"<{number}@x>",
                                eml_path="", eml_sha256="", state="uncertain", smtp_text=one.text, next_try_utc=NOW,
                                give_up_utc=NOW))  # fmt: skip
        review(ledger, of_editions(ledger), ("uncertain",), NOW)
        mail = letter(ledger, NOW, "office")
    assert mail and calm(mail.subject) and "r39@example.com" in mail.body
    assert all(line.isprintable() for line in mail.body.splitlines()) and len(mail.body) < 12_000


@pytest.mark.fault("D12")
def test_what_comes_back() -> None:
    for text in TEXTS:
        plain = encodable(text.replace("\r", "").replace("\n", " "))
        for content in (
            report(said="smtp; 550 TEXT").replace(b"TEXT", plain),
            report(status="TEXT").replace(b"TEXT", plain),
            report().replace(b"<abcdefghijklmnopqrstuvwxyz234567@example.com>", plain),
            report().replace(b"boundary", encodable(text) + b"; boundary"),
        ):
            for bounce in read_bounces(content):
                assert calm(bounce.text) and len(bounce.text) <= 200 and re.fullmatch(r"<\S+>", bounce.message_id)


BIDI = "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
#: What JSON can hold besides text.
ODD: tuple[Any, ...] = (None, True, -1, 10**400, float("inf"), float("nan"), [], {}, [[]], {"a": []}, "", "../../x")


def changed(told: Any, value: Any, path: tuple[Any, ...] = ()) -> Iterator[Any]:
    """A structure with each of its leaves and groups in turn another value; deep lists only at their beginning."""
    inner = told.items() if isinstance(told, dict) else list(enumerate(told))[:1] if isinstance(told, list) else ()
    for key, one in inner:
        other = copy.copy(told)
        other[key] = value
        yield other
        for deeper in changed(one, value, (*path, key)) if len(path) < 3 else ():
            other = copy.copy(told)
            other[key] = deeper
            yield other


@pytest.fixture(scope="module")
def edition(make: Callable[..., Edition]) -> Edition:
    return make(languages=("en",), formats=("html",))


def shelved(edition: Edition, root: Path) -> Path:
    publish(edition, root, NOW)
    return root / f"small-caps/2024/{edition.session}-r0"


def put(folder: Path, name: str, content: bytes) -> None:
    """With the hash of it in the manifest: whoever can write there can do that too."""
    (folder / name).write_bytes(content)
    manifest = json.loads((folder / "manifest.json").read_bytes())
    manifest["files"][name] = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    (folder / "manifest.json").write_text(json.dumps(manifest))


COMMANDS = (["list"], ["list", "--json"], ["verify"], ["open", "small-caps", "--print"])


def look(root: Path, config: Config, commands: Sequence[Sequence[str]] = COMMANDS) -> tuple[bytes, bytes, list[str]]:
    """Everything that reads editions of others: index page, feed, memory, verification, the list."""
    target = local_target(root)
    write_index(target, config, NOW, rebuild=True)
    write_index(target, config, NOW, volume=("small-caps", 2024))
    said = [one.title.get("en", "") for one in read_shelf(root, "small-caps", date(2025, 1, 1)).earlier]
    for _, problems in verify(target):
        assert all(isinstance(problem, str) for problem in problems)
    settings = root.parent / "config.yaml"
    settings.write_text(f"output: {root.name}\nbriefs: {{small-caps: {{subject: IJR, benchmark: SPY}}}}\n")
    for command in commands:
        done = click.testing.CliRunner().invoke(reporter, ["archive", *command, "--config", str(settings)])
        assert done.exit_code in (0, 1, 2) and "this is a bug" not in done.output, done.output
        assert all(line.isprintable() for line in done.output.splitlines())
        if command[0] == "open" and done.exit_code == 0:
            assert Path(done.output.strip()).resolve().is_relative_to(root.resolve())
    return (root / "index.html").read_bytes(), (root / "feed.xml").read_bytes(), said


@pytest.mark.fault("C1", "C12", "E7")
def test_titles_of_editions_on_a_share(edition: Edition, tmp_path: Path, config: Config) -> None:
    """Page and feed stay what they are, whatever a title says; memory tells it as text or not at all."""
    folder = shelved(edition, tmp_path / "share")
    facts, manifest = (json.loads((folder / name).read_bytes()) for name in ("facts.json", "manifest.json"))
    shown = 0
    for text in TEXTS[::5]:
        put(folder, "facts.json", json.dumps(facts | {"title": {"en": text}}).encode())
        files = json.loads((folder / "manifest.json").read_bytes())["files"]
        (folder / "manifest.json").write_text(json.dumps(manifest | {"title": {"en": text}, "files": files}))
        page, feed, said = look(tmp_path / "share", config, COMMANDS[:1])
        assert page.count(b"<script") == page.count(b"</script>") == 2
        root = ET.fromstring(feed)
        titles = [one.findtext("{*}title") for one in root.findall("{*}entry")]
        assert [*map(one_line, titles)] in ([one_line(text)], [])
        assert said in ([text], [])
        shown += len(titles)
    assert shown > 20


def one_line(text: str | None) -> str:
    return " ".join((text or "").split())


@pytest.mark.fault("E7", "E8")
@pytest.mark.parametrize("name", ["manifest.json", "facts.json", "small-caps/2024/catalogue.js", "contents.json"])
def test_another_shape_on_a_share(name: str, edition: Edition, tmp_path: Path, config: Config) -> None:
    """Each value of each file in turn is something else: the edition counts or does not, and nothing else happens."""
    root = tmp_path / "share"
    folder = shelved(edition, root)
    write_index(local_target(root), config, NOW)
    path = folder / name if "/" not in name and name != "contents.json" else root / name
    before = path.read_bytes()
    call = (b"archive(", b")\n") if name.endswith(".js") else (b"", b"")
    told = json.loads(before.removeprefix(call[0]).removesuffix(call[1]))
    small = {key: value for key, value in told.items() if key not in ("vocabulary", "postings")} if call[0] else told
    deep = b"[" * 100_000
    forms = [call[0] + json.dumps(small | one).encode() + call[1] for one in distinct(small)]
    for content in [*forms, deep, call[0] + deep, b"\xff", b"", b"null", b"7"]:
        if name == "facts.json":
            put(folder, name, content)
        else:
            path.write_bytes(content)
        target = local_target(root)
        write_index(target, config, NOW, volume=("small-caps", 2024))
        read_shelf(root, "small-caps", date(2025, 1, 1))
        if name == "manifest.json":
            for _, problems in verify(target):
                assert all(isinstance(problem, str) for problem in problems)
        ET.fromstring((root / "feed.xml").read_bytes())


def distinct(told: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A few hundred of the changed structures."""
    every = [one for value in ODD for one in changed(dict(told), value)]
    return every[:: max(1, len(every) // 150)]


def test_folders_with_odd_names(edition: Edition, tmp_path: Path, config: Config) -> None:
    root = tmp_path / "share"
    shelved(edition, root)
    for name in ("2024-99-99-r0", "2024-10-16-r\u0663", "2024-10-15-r99999999999999999999", "\x1b[31m", "-r1", "..."):
        (root / "small-caps/2024" / name).mkdir()
    for name in ("\u0662\u0660\u0662\u0664", "0000", "x"):
        (root / "small-caps" / name).mkdir()
    (root / "javascript:alert(1)" / "2024" / "2024-10-16-r0").mkdir(parents=True)
    page, _, said = look(root, config)
    assert len(said) == 1 and b"javascript:alert" not in page


def test_a_manifest_names_no_file_elsewhere(edition: Edition, tmp_path: Path, config: Config) -> None:
    """`archive open` would show it to a person, and `verify` would read it."""
    secret = tmp_path / "secret.html"
    secret.write_text("CANARY")
    folder = shelved(edition, tmp_path / "share")
    manifest = json.loads((folder / "manifest.json").read_bytes())
    away = {"../../../../secret.html": {"bytes": 6, "sha256": hashlib.sha256(b"CANARY").hexdigest()}}
    (folder / "manifest.json").write_text(json.dumps(manifest | {"files": away | manifest["files"]}))
    _, _, said = look(tmp_path / "share", config)
    assert said == []
    ((_, problems),) = verify(local_target(tmp_path / "share"))
    assert problems and "torn or was changed" in problems[0]
