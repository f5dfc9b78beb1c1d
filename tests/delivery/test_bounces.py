"""Mail that comes back: reports as servers write them, from a real Postfix and in a real Dovecot."""

from __future__ import annotations

import contextlib
import json
import os
import pwd
import re
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from reporter.channels import Bounces, OAuth2, Witness
from reporter.delivery.bounces import Bounce, read_bounces
from reporter.delivery.mailbox import Open
from reporter.errors import ConfigError, UpstreamError
from reporter.service import witness
from reporter.service.ledger import open_ledger
from reporter.service.returns import believe, take_in
from reporter.service.rows import Delivery, Run
from reporter.service.witness import Witnesses
from reporter.setting import Secret
from tests.delivery.servers import free_port, running
from tests.delivery.smtp_server import SmtpServer, certificates
from tests.delivery.test_archive import NOW
from tests.delivery.test_postfix import Postfix, configure, postfix
from tests.programs import needs
from tests.service.carry import Started

__all__ = ["postfix"]
IDENTITY = "<abcdefghijklmnopqrstuvwxyz234567@example.com>"
HEAD = (
    "From: MAILER-DAEMON@mx.example.net\r\nTo: brief@example.com\r\nSubject: Undelivered Mail\r\nMIME-Version: 1.0\r\n"
    'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
    "--b\r\nContent-Type: text/plain\r\n\r\nI'm sorry to have to inform you …\r\n\r\n"
)
STATUS = (
    "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.net\r\n{envelope}\r\n{of}\r\n"
)
OF = "Final-Recipient: rfc822; ann@example.org\r\nAction: {0}\r\nStatus: {1}\r\nDiagnostic-Code: {2}\r\n"
OURS = (
    "--b\r\nContent-Type: {kind}\r\n\r\nFrom: brief@example.com\r\nMessage-ID:\r\n "
    + IDENTITY
    + "\r\n{more}\r\n--b--\r\n"
)
ENVELOPE = f"Original-Envelope-Id: {IDENTITY[1:-1]}\r\n"


def report(
    action: str = "failed", status: str = "5.1.1", said: str = "smtp; 550 5.1.1 No such user", **more: str
) -> bytes:
    given = {"envelope": "", "kind": "text/rfc822-headers", "more": ""} | more
    text = HEAD + STATUS.format(envelope=given["envelope"], of=OF.format(action, status, said))
    return (text + OURS.format(kind=given["kind"], more=given["more"])).encode()


NO_USER = [Bounce(IDENTITY, 550, "5.1.1 No such user")]


@pytest.mark.fault("D12")
@pytest.mark.parametrize(
    ("content", "found"),
    [
        (report(), NO_USER),
        (report(kind="message/rfc822", more="\r\nText"), NO_USER),
        (report(envelope=ENVELOPE, kind="text/plain"), NO_USER),
        (report(said="X-Postfix; unknown user: \"ann\""), [Bounce(IDENTITY, 550, '5.1.1 unknown user: "ann"')]),
        (report(said="smtp;552-5.2.2 It\r\n is full"), [Bounce(IDENTITY, 552, "5.1.1 5.2.2 It is full")]),
        (report(status="4.4.1", said="smtp; 421 no answer"), [Bounce(IDENTITY, 550, "4.4.1 421 no answer")]),
        (report(said="smtp; 550 5.1.1 no\x1b[31m \u202euser"), [Bounce(IDENTITY, 550, "5.1.1 no [31m user")]),
        (report(action="delayed", status="4.4.1"), []),
        (report(action="delivered", status="2.0.0"), []),
        (report().replace(IDENTITY.encode(), b"<>"), []),
        (report().replace(b"multipart/report", b"multipart/mixed"), []),
        (report()[:400], []),
        (b"Subject: out of office\r\nAuto-Submitted: auto-replied\r\n\r\nI am away", []),
        (b"\x00\xff" * 1000, []),
    ],
)  # fmt: skip
def test_reports_as_servers_write_them(content: bytes, found: list[Bounce]) -> None:
    """RFC 3464: only `failed` is a bounce; the message is known by its envelope, or by what is sent back of it."""
    got = read_bounces(content)
    assert [(one.message_id, one.code) for one in got] == [(one.message_id, one.code) for one in found]
    for one, wanted in zip(got, found, strict=True):
        assert one.text.isprintable() and " ".join(one.text.split()) == one.text
        assert one.text == wanted.text or "\u202e" in content.decode("utf-8", "replace")


@pytest.fixture
def sent(tmp_path: Path) -> Callable[..., Delivery]:
    """A message of the ledger in a state."""

    def make(state: str = "accepted", identity: str = IDENTITY) -> Delivery:
        with open_ledger(tmp_path / "state", NOW) as ledger:
            run = Run(
                brief="small", occurrence="2024-10-16", kind="adhoc", local_label="", state="done", deadline_utc=NOW,
                created_utc=NOW, updated_utc=NOW,
            )  # fmt: skip
            ledger.add(run)
            ledger.add(
                Delivery(
                    run_id=1, revision=0, recipient="ann@example.org", message_id=identity, eml_path="a",
                    eml_sha256="b", state=state, next_try_utc=NOW, give_up_utc=NOW, accepted_utc=NOW,
                )
            )  # fmt: skip
            return ledger.rows(Delivery)[0]

    return make


@pytest.mark.fault("D12")
@pytest.mark.parametrize(
    ("state", "after"),
    [("accepted", "bounced"), ("uncertain", "bounced"), ("dot", "bounced"), ("queued", "queued"), ("cancelled",) * 2],
)
def test_what_was_accepted_bounces_once(state: str, after: str, sent: Callable[..., Delivery], tmp_path: Path) -> None:
    sent(state)
    with open_ledger(tmp_path / "state", NOW) as ledger:
        for _ in range(2):
            (about,) = believe(ledger, report(), NOW)
            assert (about.state, about.recipient) == (after, "ann@example.org")
        if after == "bounced":
            assert (about.smtp_code, about.smtp_text) == (550, "5.1.1 No such user")
        assert believe(ledger, report().replace(b"abcdef", b"fedcba"), NOW) == []  # of somebody else


class Tokens(BaseHTTPRequestHandler):
    """Gives tokens for client credentials, and tells whose a token is."""

    server: TokenServer

    def do_POST(self) -> None:
        asked = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.server.asked.append(asked)
        right = asked.get("client_secret") == ["client-canary"] and asked["grant_type"] == ["client_credentials"]
        self.answer(self.server.status or (200 if right else 401), {"access_token": "ya29.right", "expires_in": 3600})

    def do_GET(self) -> None:
        right = "ya29.right" in self.path
        self.answer(200 if right else 401, {"email": "brief", "active": True} if right else {"error": "invalid"})

    def answer(self, code: int, told: object) -> None:
        content = json.dumps(told).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


class TokenServer(ThreadingHTTPServer):
    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Tokens)
        self.asked: list[dict[str, list[str]]] = []
        self.status = 0
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


@pytest.fixture
def tokens() -> Iterator[TokenServer]:
    with TokenServer() as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def credentials(tokens: TokenServer, monkeypatch: pytest.MonkeyPatch) -> OAuth2:
    monkeypatch.setenv("TEST_CLIENT_SECRET", "client-canary")
    # The setting takes https alone; a server of a test on loopback has no certificate that httpx would trust.
    return OAuth2.model_construct(
        command=(), token_url=f"{tokens.url}/token", client_id="an-app", scope="https://outlook.office365.com/.default",
        client_secret=Secret(env="TEST_CLIENT_SECRET"),
    )  # fmt: skip


def test_a_token_for_client_credentials(
    credentials: OAuth2, tokens: TokenServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """RFC 6749, 4.4; what the relay gets is what the token server gave."""
    from reporter.channels import Relay
    from reporter.delivery.mail import Fate, transmit

    context, authority = certificates(tmp_path)
    with SmtpServer(tls=context, auth="XOAUTH2") as server:
        relay = Relay(
            host="localhost", port=server.port, ca_file=authority, user="brief@example.com", oauth2=credentials
        )
        send = (relay, "brief@example.com", "ann@example.com", b"Subject: x\r\n\r\ny\r\n", lambda: True)
        assert transmit(*send).fate is Fate.ACCEPTED
        assert server.logins == ["XOAUTH2:user=brief@example.com\1auth=Bearer ya29.right\1\1"]
        (asked,) = tokens.asked
        assert asked["client_id"] == ["an-app"] and asked["scope"] == ["https://outlook.office365.com/.default"]
        tokens.status = 503
        with pytest.raises(UpstreamError, match="status 503"):
            transmit(*send)
        tokens.status = 0
        monkeypatch.setenv("TEST_CLIENT_SECRET", "wrong-canary")
        with pytest.raises(ConfigError) as raised:
            transmit(*send)
        assert "refuses the credentials (401)" in str(raised.value) and "canary" not in str(raised.value)
        server.acts["auth"] = "334 eyJzdGF0dXMiOiI0MDEifQ=="
        monkeypatch.setenv("TEST_CLIENT_SECRET", "client-canary")
        assert transmit(*send).fate is Fate.MISCONFIGURED
        assert len(server.messages) == 1


@contextlib.contextmanager
def dovecot(tokens: TokenServer) -> Iterator[tuple[int, Path, Path]]:
    """An IMAP server with one mailbox; gives its port, the file of its authority and the folder of the mailbox."""
    program = needs("dovecot")
    if os.geteuid() != 0:
        pytest.skip("Dovecot is started as root")
    folder = Path(tempfile.mkdtemp(prefix="brief-dovecot-"))  # that its own users can enter
    folder.chmod(0o755)
    certificates(folder)
    port = free_port()
    home = folder / "home"
    for name in ("new", "cur", "tmp"):
        (home / "mail" / name).mkdir(parents=True)
    nobody = pwd.getpwnam("nobody")
    for path in (home, *home.rglob("*")):
        os.chown(path, nobody.pw_uid, nobody.pw_gid)
    (folder / "oauth2.conf").write_text(f"tokeninfo_url = {tokens.url}/info?token=\nusername_attribute = email\n")
    (folder / "dovecot.conf").write_text(
        f"base_dir = {folder}/run\nstate_dir = {folder}/state\nlog_path = {folder}/log\nprotocols = imap\n"
        f"listen = 127.0.0.1\nssl = required\nssl_cert = <{folder}/server.pem\nssl_key = <{folder}/server.pem\n"
        f"mail_location = maildir:{home}/mail\nauth_mechanisms = plain xoauth2\nauth_failure_delay = 0\n"
        "service imap-login {\n chroot =\n inet_listener imap {\n port = 0\n }\n"
        f" inet_listener imaps {{\n port = {port}\n ssl = yes\n }}\n}}\n"
        "service anvil {\n chroot =\n}\nservice stats {\n chroot =\n}\n"
        "passdb {\n driver = static\n mechanisms = plain login\n args = password=imap-canary\n}\n"
        f"passdb {{\n driver = oauth2\n mechanisms = xoauth2\n args = {folder}/oauth2.conf\n}}\n"
        f"userdb {{\n driver = static\n args = uid={nobody.pw_uid} gid={nobody.pw_gid} home={home}\n}}\n"
    )
    try:
        with running([program, "-F", "-c", str(folder / "dovecot.conf")], port):
            yield port, folder / "ca.pem", home / "mail"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.fault("D12")
def test_reports_in_a_real_mailbox(
    sent: Callable[..., Delivery],
    tokens: TokenServer,
    credentials: OAuth2,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With a password and with a token; what is not about us stays unseen; the witness finds what was sent."""
    sent()
    monkeypatch.setenv("TEST_IMAP_PASSWORD", "imap-canary")
    with dovecot(tokens) as (port, authority, box):
        (box / "new/1.a.b").write_bytes(report())
        (box / "new/2.a.b").write_bytes(report().replace(b"abcdef", b"fedcba"))
        (box / "new/3.a.b").write_bytes(b"Subject: hello\r\nMessage-ID: <sent@example.com>\r\n\r\nreport\r\n")
        where = {"imap_host": "localhost", "imap_port": port, "imap_user": "brief", "imap_ca_file": authority}
        word = {"imap_password": Secret(env="TEST_IMAP_PASSWORD")}
        with open_ledger(tmp_path / "state", NOW) as ledger:
            (found,) = take_in(ledger, Bounces(**where, **word), NOW)
            assert (found.state, found.smtp_text) == ("bounced", "5.1.1 No such user")
            assert take_in(ledger, Bounces.model_construct(**BARE, **where, imap_oauth2=credentials), NOW) == []
            seen = [path.name[0] for path in (box / "cur").iterdir() if "S" in path.name.partition(":2,")[2]]
            assert seen == ["1"]
            (box / "cur/4.a.b:2,S").write_bytes(report())  # somebody looked at it before we did
            reads = []
            monkeypatch.setattr(Open, "read", lambda *given: reads.append(given[1]) or read(*given))
            (again,) = take_in(ledger, Bounces(**where, **word), NOW)
            assert again.message_id == IDENTITY and len(reads) == 1, "each is read once, those of others too"
            for wrong in (
                where | {"imap_folder": "Sent Items"},
                where | {"imap_ca_file": None},
                where | {"imap_port": 1},
            ):
                with pytest.raises(UpstreamError, match=r"mail\.bounces: the mailbox at localhost cannot be read"):
                    take_in(ledger, Bounces(**wrong, **word), NOW)
            monkeypatch.setenv("TEST_IMAP_PASSWORD", "wrong-canary")
            with pytest.raises(UpstreamError) as raised:
                take_in(ledger, Bounces(**where, **word), NOW)
            assert "canary" not in str(raised.value)
            monkeypatch.setenv("TEST_CLIENT_SECRET", "wrong-canary")
            with pytest.raises(ConfigError):
                take_in(ledger, Bounces.model_construct(**BARE, **where, imap_oauth2=credentials), NOW)
        monkeypatch.setenv("TEST_IMAP_PASSWORD", "imap-canary")
        witnesses = Witnesses(Witness(**where, **word))
        assert witnesses.ask("<sent@example.com>", "") is witness.Testimony.ARRIVED
        assert witnesses.ask("<never@example.com>", "") is witness.Testimony.UNKNOWN  # a mailbox can only say yes


read = Open.read
BARE = {"maildir": None, "imap_password": None, "imap_folder": "INBOX"}


@pytest.mark.fault("D12")
def test_a_real_report_comes_back(postfix: Postfix, tmp_path: Path) -> None:
    """Accepted, then given back by Postfix to the envelope sender, read from his Maildir: the whole way."""
    configure(tmp_path, postfix, "ann@example.com, gone@example.com", f"  bounces: {{maildir: {postfix.mailbox}}}\n")
    assert Started(tmp_path, ("send", "small", "--as-of", "2024-10-16"), "").end().returncode == 0
    end = time.monotonic() + 20
    while not any(b"delivery-status" in path.read_bytes() for path in (postfix.mailbox / "new").glob("*")):
        assert time.monotonic() < end, postfix.log.read_text()
        time.sleep(0.1)
    (come_back,) = [
        text for path in (postfix.mailbox / "new").glob("*") if b"delivery-status" in (text := path.read_bytes())
    ]
    assert re.search(rb"Original-Envelope-Id: [a-z2-7]{32}@example\.com", come_back)
    assert b"application/pdf" not in come_back  # RET=HDRS
    done = Started(tmp_path, ("outbox", "bounces"), "").end()
    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(r"2  bounced  gone@example.com  small 2024-10-16-r0  550 5\.1\.1 .*\n", done.stdout)
    shown = Started(tmp_path, ("outbox", "show", "2"), "").end().stdout
    assert "accepted -> bounced  (came back: 5.1.1" in shown
    assert Started(tmp_path, ("outbox", "bounces"), "").end().stdout == ""
    (tmp_path / "report.eml").write_bytes(come_back)
    assert "2  bounced" in Started(tmp_path, ("outbox", "bounces", "report.eml"), "").end().stdout
    assert Started(tmp_path, ("outbox", "bounces", "none.eml"), "").end().returncode == 2
