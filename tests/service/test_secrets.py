"""Every credential there is, in use, refused, and given back by a server that does not mind its tongue: in no file that
we write and no word that we say, tracebacks included.
"""

from __future__ import annotations

import base64
import socket
import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from reporter.delivery.places import MARKERS
from reporter.service.ledger import open_ledger
from tests.delivery.smtp_server import SmtpServer
from tests.service.carry import Started

SECRETS = {
    "SMTP": "canary-smtp-4711", "IMAP": "canary-imap-4711", "S3": "canary/s3+4711", "SMB": "canary-smb-4711",
    "SFTP": "canary-sftp-4711", "TIINGO": "canary-tiingo-4711", "CLIENT": "canary-client-4711",
}  # fmt: skip
CONFIG = """\
sources: {{use: simulated, tiingo: {{key: {{env: TEST_TIINGO}}, base_url: "{web}/tiingo", spacing: 0, budget: 2}}}}
archive:
  - {{name: bucket, url: "s3://briefs/a", user: key, password: {{env: TEST_S3}}, endpoint: "{web}", deadline: 20}}
  - {{name: windows, url: "smb://127.0.0.1/share/a", port: {closed}, user: brief, password: {{env: TEST_SMB}}}}
  - {{name: server, url: "sftp://127.0.0.1/a", port: {closed}, user: brief, password: {{env: TEST_SFTP}},
     known_hosts: known}}
mail:
  sender: Brief <brief@example.com>
  relay: {{host: 127.0.0.1, port: {smtp}, tls: off, user: brief, {login}, step_timeout: 2, deadline: 4}}
  dkim: {{selector: brief, key: {{file: dkim.pem}}}}
  witness: {{imap_host: localhost, imap_port: {closed}, imap_user: brief, imap_password: {{env: TEST_IMAP}}, settle: 0}}
  bounces: {{imap_host: localhost, imap_port: {closed}, imap_user: brief, imap_password: {{env: TEST_IMAP}}}}
owner: {{webhook: {{env: TEST_WEBHOOK}}, ping: {{env: TEST_PING}}}}
briefs:
  small: {{subject: IJR, benchmark: SPY, languages: [en], recipients: [ann@example.com], schedule: {{every: day}}}}
  bought: {{subject: IJR, benchmark: SPY, languages: [en], sources: [tiingo]}}
"""
PASSWORD = "password: {env: TEST_SMTP}"
TOKEN = 'oauth2: {{token_url: "https://127.0.0.1:{closed}/t", client_id: app, client_secret: {{env: TEST_CLIENT}}}}'
COMMANDS = (
    ("archive", "init"), ("send", "small", "--as-of", "2024-10-16"), ("outbox", "list", "--all"),
    ("outbox", "show", "1"), ("outbox", "bounces"), ("archive", "verify"), ("prices", "update"), ("schedule", "--once"),
    ("status",), ("explain", "small", "2024-10-16"),
)  # fmt: skip


class Parrot(BaseHTTPRequestHandler):
    """Refuses everything, and says back all that it was told."""

    def answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        told = f"no: {self.path} {self.headers} {self.rfile.read(length).decode('utf-8', 'replace')}".encode()
        self.server.heard.append(told.decode())  # type: ignore[attr-defined]
        self.send_response(401)
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    do_GET = do_POST = do_PUT = do_HEAD = answer  # noqa: N815  the names that http.server calls

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def parrot() -> Iterator[ThreadingHTTPServer]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Parrot) as server:
        server.heard = []  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield server
        server.shutdown()


@pytest.mark.fault("F1")
@pytest.mark.parametrize(
    ("login", "commands"),
    [(PASSWORD, COMMANDS), pytest.param(TOKEN, (*COMMANDS, ("doctor",)), marks=pytest.mark.nightly)],
    ids=["password", "token"],
)
def test_no_secret_anywhere(
    login: str,
    commands: Sequence[Sequence[str]],
    parrot: ThreadingHTTPServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    (tmp_path / "dkim.pem").write_text(pem)
    (tmp_path / "dkim.pem").chmod(0o600)
    (tmp_path / "known").write_text("")
    web = f"http://127.0.0.1:{parrot.server_address[1]}"
    secrets = SECRETS | {"WEBHOOK": f"{web}/canary-webhook-4711", "PING": f"{web}/canary-ping-4711"}
    for name, value in secrets.items():
        monkeypatch.setenv(f"TEST_{name}", value)
    monkeypatch.setenv("REPORTER_DEBUG", "1")  # with tracebacks
    with socket.create_server(("127.0.0.1", 0)) as listener:
        closed = listener.getsockname()[1]
    plain = base64.b64encode(f"\0brief\0{SECRETS['SMTP']}".encode()).decode()
    with SmtpServer(auth="PLAIN", acts={"auth": f"535 5.7.8 no: {SECRETS['SMTP']} {plain}"}) as smtp:
        given = {"web": web, "closed": closed, "smtp": smtp.port}
        (tmp_path / "config.yaml").write_text(
            CONFIG.format(**given, login=login.format(**given) if "{{" in login else login)
        )
        said = {}
        for command in commands:
            done = Started(tmp_path, command, "").end()
            said[" ".join(command)] = done.stdout + done.stderr
            if command == COMMANDS[0]:  # as if it had gone well, so that the others try to get in
                with open_ledger(tmp_path / "output/.state", datetime.now(UTC)) as ledger:
                    for place in ("bucket", "windows", "server"):
                        ledger.put(MARKERS + place, "an-id")
    heard = " ".join(parrot.heard)  # type: ignore[attr-defined]
    assert "canary-tiingo-4711" in heard and "canary-webhook-4711" in heard and (login == TOKEN or smtp.logins)

    said |= {str(path.relative_to(tmp_path)): path.read_bytes().decode("utf-8", "replace")
             for path in tmp_path.rglob("*") if path.is_file() and path.name != "dkim.pem"}  # fmt: skip
    assert any(name.startswith("output/.state/ledger.sqlite") for name in said)
    hidden = [*SECRETS.values(), "canary-webhook", "canary-ping", plain, pem.splitlines()[3]]
    forms = {form for one in hidden for form in (one, quote(one, safe=""), base64.b64encode(one.encode()).decode())}
    found = [(where, form) for where, text in said.items() for form in forms if form in text]
    assert found == []
