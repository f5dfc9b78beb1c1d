"""The ways to the owner, the log, and what is said about the machine: real servers on loopback."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import pairwise
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from click.testing import CliRunner

from reporter.channels import MailSettings, Relay
from reporter.cli import reporter
from reporter.owner import Owner
from reporter.service import notify
from reporter.service.ledger import open_ledger
from reporter.service.log import clean, without_secrets
from reporter.service.overview import STATUS
from reporter.service.rows import Delivery, Run
from reporter.service.systemd import notify_systemd
from reporter.setting import Secret

NOW = datetime(2026, 3, 6, 21, 45, tzinfo=UTC)


class Inbox:
    """An SMTP server that keeps what it gets."""

    def __init__(self) -> None:
        self.got: list[tuple[list[str], str]] = []

    async def handle_DATA(self, server: object, session: object, envelope: object) -> str:
        self.got.append((list(envelope.rcpt_tos), envelope.content.decode()))
        return "250 queued"


@pytest.fixture
def inbox() -> Iterator[tuple[Inbox, MailSettings]]:
    kept = Inbox()
    server = Controller(kept, hostname="127.0.0.1", port=_free_port())
    server.start()
    yield kept, MailSettings(sender="brief@example.com", relay=Relay(host="127.0.0.1", port=server.port, tls="off"))
    server.stop()


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, str]]]:
    """A server that keeps what it is asked; its address is in the environment."""
    asked: list[tuple[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append((self.path, self.rfile.read(int(self.headers["content-length"])).decode()))
            self.send_response(500 if "broken" in self.path else 200)
            self.end_headers()

        def do_GET(self) -> None:
            asked.append((self.path, ""))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("HOOK", f"http://127.0.0.1:{server.server_port}/topic")
    monkeypatch.setenv("BROKEN", f"http://127.0.0.1:{server.server_port}/broken")
    yield asked
    server.shutdown()
    server.server_close()


def test_a_plain_mail(inbox: tuple[Inbox, MailSettings]) -> None:
    kept, settings = inbox
    owner = Owner(addresses=("owner@example.com", "deputy@example.com"))
    assert notify.tell(owner, settings, "[reporter] small-caps failed\r\nBcc: eve@example.com", "why\n", NOW)
    (to, text), (other, _) = kept.got
    assert (to, other) == (["owner@example.com"], ["deputy@example.com"])
    head, _, body = text.replace("\r\n", "\n").partition("\n\n")
    assert body.strip() == "why" and "Auto-Submitted: auto-generated" in head
    assert not [line for line in head.splitlines() if line.startswith("Bcc")]


@pytest.mark.parametrize(
    ("shape", "path", "keys"),
    [("slack", "/topic", {"text"}), ("ntfy", "/", {"topic", "title", "message", "priority", "tags"})],
)
def test_a_webhook(web: list[tuple[str, str]], shape: str, path: str, keys: set[str]) -> None:
    owner = Owner(webhook=Secret(env="HOOK"), webhook_shape=shape)
    assert notify.tell(owner, None, "subject", "body", NOW)
    ((asked, sent),) = web
    assert asked == path
    assert set(json.loads(sent)) == keys and "body" in sent and json.loads(sent).get("topic", "topic") == "topic"


@pytest.mark.fault("D14")
def test_one_way_that_is_closed_does_not_close_the_other(
    web: list[tuple[str, str]], capsys: pytest.CaptureFixture[str], inbox: tuple[Inbox, MailSettings]
) -> None:
    kept, settings = inbox
    owner = Owner(addresses=("owner@example.com",), webhook=Secret(env="BROKEN"))
    assert notify.tell(owner, settings, "subject", "body", NOW)
    assert len(kept.got) == 1
    gone = settings.model_copy(update={"relay": settings.relay.model_copy(update={"port": 1})})
    assert not notify.tell(owner, gone, "subject", "body", NOW)


def test_a_ping(web: list[tuple[str, str]]) -> None:
    assert not notify.ping(Owner())
    assert notify.ping(Owner(ping=Secret(env="HOOK")))
    assert notify.ping(Owner(ping=Secret(env="HOOK")), "/fail")
    assert [path for path, _ in web] == ["/topic", "/topic/fail"]


@pytest.mark.fault("F2")
@pytest.mark.parametrize("text", ["a\nfake line", "a\r\nb", "x\x1b[31mred", "up\u2028down", "\u202eevil", "bell\x07"])
def test_one_event_is_one_line(text: str) -> None:
    line = json.dumps(without_secrets(None, "", {"event": text})["event"], ensure_ascii=False)
    assert len(line.splitlines()) == 1
    assert all(sign.isprintable() for sign in line)


@pytest.mark.fault("F1")
def test_no_secret_in_a_line() -> None:
    line = without_secrets(None, "", {
        "relay_password": "hunter2", "webhook": "https://hooks.example.com/hunter2", "ping": "hunter2",
        "text": "smtp://user:hunter2@relay, password=hunter2 and Bearer hunter2", "api_key": "hunter2",
    })  # fmt: skip
    assert "hunter2" not in str(line)
    assert clean("smtp://user:hunter2@relay") == "smtp://***relay"


def test_what_systemd_hears(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        line.bind(path)
        line.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", path)
        notify_systemd("READY=1")
        assert line.recv(100) == b"READY=1"
    notify_systemd("nobody listens")
    monkeypatch.delenv("NOTIFY_SOCKET")
    notify_systemd("nobody ever did")


CONFIG = """
sources: {use: simulated}
briefs:
  small-caps: {subject: IJR, benchmark: SPY, schedule: {at: monday 07:00, zone: Europe/London}}
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "config.yaml").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_status_for_people_and_programs(home: Path) -> None:
    text = CliRunner().invoke(reporter, ["status"])
    assert text.exit_code == 0 and "has not run yet" in text.output
    assert len([line for line in text.output.splitlines() if "about 20" in line]) == 5
    told = json.loads(CliRunner().invoke(reporter, ["status", "--json"]).output)
    moments = [datetime.fromisoformat(one["utc"]) for one in told["briefs"]["small-caps"]["next"]]
    assert all(later - sooner == timedelta(days=7) for sooner, later in pairwise(moments))


def test_healthcheck(home: Path) -> None:
    assert CliRunner().invoke(reporter, ["healthcheck"]).exit_code == 69
    state = home / "output" / ".state"
    state.mkdir(parents=True)
    for age, code in ((5, 0), (600, 69)):
        told = {"at": (datetime.now(UTC) - timedelta(seconds=age)).isoformat()}
        (state / STATUS).write_text(json.dumps(told))
        assert CliRunner().invoke(reporter, ["healthcheck"]).exit_code == code
    (state / STATUS).write_text("{")
    assert CliRunner().invoke(reporter, ["healthcheck"]).exit_code == 69


def test_the_trail_of_an_edition(home: Path) -> None:
    with open_ledger(home / "output" / ".state", NOW) as ledger:
        moments = {"deadline_utc": NOW, "created_utc": NOW, "updated_utc": NOW}
        ledger.add(
            Run(brief="small-caps", occurrence="2026-03-06", kind="scheduled", local_label="Mon 07:00", **moments)
        )
        ledger.move(ledger.one(Run), "done", NOW, "4 files")
        message = {"message_id": "<a@x>", "eml_path": "", "eml_sha256": "", "next_try_utc": NOW, "give_up_utc": NOW}
        answer = {"state": "bounced", "smtp_code": 550, "smtp_text": "5.1.1 no such user", "attempts": 2}
        ledger.add(Delivery(run_id=1, revision=0, recipient="ann@example.com", **message, **answer))
    text = CliRunner().invoke(reporter, ["explain", "small-caps", "2026-03-06"]).output
    assert "small-caps 2026-03-06-r0: done" in text and "due      Mon 07:00" in text
    assert "ann@example.com: bounced, 2 attempts: 550 5.1.1 no such user" in text
    assert "2026-03-06 21:45:00  run: due -> done  (4 files)" in text
    told = json.loads(CliRunner().invoke(reporter, ["explain", "small-caps", "2026-03-06", "--json"]).output)
    assert told["mail"][0]["smtp_code"] == 550
    absent = CliRunner().invoke(reporter, ["explain", "small-caps", "2026-03-07"])
    assert absent.exit_code == 2 and "did you mean '2026-03-06'" in absent.output


@pytest.mark.fault("A3")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_alarm_ends_on_a_signal_and_a_clock_put_back_does_not_stop_it(number: int) -> None:
    """It would sleep for a week otherwise: APScheduler knows moments, and the next one is a week away."""
    program = """
import os, sys, threading, time
from datetime import datetime, timedelta, UTC
from reporter.service.scheduler import Alarm
offset, calls = timedelta(0), []
def clock(): return datetime.now(UTC) + offset
def tick(): calls.append(time.monotonic())
import apscheduler.schedulers.base as base
class Now(datetime):
    @classmethod
    def now(cls, tz=None): return datetime.now(tz) + offset
base.datetime = Now
alarm = Alarm({tick: 0.2}, clock)
def jump():
    global offset
    time.sleep(1); offset = -timedelta(days=7); time.sleep(2)
    print(sum(call > before for call in calls), flush=True)
before = time.monotonic() + 1.2
threading.Thread(target=jump, daemon=True).start()
alarm.run()
print(alarm.stopped_by, flush=True)
"""
    child = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    try:
        assert child.stdout
        assert int(child.stdout.readline()) >= 4
        os.kill(child.pid, number)
        assert child.stdout.readline() == f"{int(number)}\n"
        assert child.wait(10) == 0
    finally:
        child.kill()
        child.communicate()


def test_what_a_call_raises_ends_the_alarm() -> None:
    program = """
from datetime import datetime, UTC
from reporter.service.scheduler import Alarm
def tick(): raise ValueError("broken")
try: Alarm({tick: 60}, lambda: datetime.now(UTC)).run()
except ValueError as error: print(error)
"""
    started = time.monotonic()
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=False)
    assert (done.stdout, done.stderr) == ("broken\n", "")
    assert time.monotonic() - started < 30


def test_the_process_of_years_is_light() -> None:
    """What draws and computes is imported by its children alone."""
    program = (
        "import sys, reporter.commands.schedule, reporter.service.tick, reporter.service.scheduler\n"
        "print([name for name in ('pandas', 'matplotlib', 'weasyprint', 'exchange_calendars') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "[]\n"
