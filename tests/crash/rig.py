"""Kills the service at random moments, and starts it again, until enough editions are out. Then others count.

    python -m tests.crash.rig STATE PORT LOG POLICY KILLS SEED SECONDS [SIGTERM]

The ledger, the plan, spool, archive, outbox and SMTP are the real ones; only the pages are a few bytes long. POLICY is
one of the product's (reconcile, hold, resend), or one of the two ways in which this is usually done: `mark-after` and
`mark-before` sending. Prints one JSON object.
"""

from __future__ import annotations

import json
import os
import random
import signal
import smtplib
import sys
import time
import traceback
import uuid
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from types import SimpleNamespace
from typing import NoReturn

from reporter.channels import MailSettings, Recipient, Relay, Witness
from reporter.config import Brief, Config, Schedule, Sources
from reporter.document.edition import Edition
from reporter.document.email import MailBody
from reporter.errors import LockedError, ReporterError
from reporter.prices.quality import Quality, Status
from reporter.service import making
from reporter.service import work as module
from reporter.service.ledger import Ledger, open_ledger
from reporter.service.making import Order
from reporter.service.plan import OPEN, plan, workable
from reporter.service.rows import Alert, Delivery, Publication, Run
from reporter.service.stages import alone
from reporter.service.verdicts import judge
from reporter.service.workers import Outcome
from reporter.sessions import Calendar, load_calendar

READERS = tuple(f"reader{number}@example.com" for number in range(6))
START = datetime(2016, 3, 1, 12, tzinfo=UTC)  # the calendar knows more days from here on than any run takes
APART = timedelta(minutes=2)  # from one start to the next, on the clock of the rig: waits of the product pass
NAIVE = ("mark-after", "mark-before")
LAST = 60.0  # seconds for what is left when the killing is over
SAID = "said.log"  # beside the relay's log: what ended a child that was not killed


def gather(order: Order, now: datetime) -> dict[str, bytes]:
    """A vintage that no other fetch has: an edition must be of the one that was stored."""
    about = {"vintage": {"source": "simulated", "sha256": uuid.uuid4().hex * 2}, "quality": {"status": "ok"}}
    return {"settings.json": json.dumps(about).encode()}


def made_of(files: dict[str, bytes], order: Order, now: datetime) -> Edition:
    """A few bytes in place of pages."""
    name, session = order.name, order.session
    vintage = json.loads(files["settings.json"])["vintage"]["sha256"]
    facts = json.dumps({"vintage": vintage}).encode()
    body = MailBody(subject=f"{name} {session}", preheader="", text="text", html="<p>text</p>", images={})
    return Edition(
        brief=name,
        session=session,
        quality=Quality(status=Status.OK, usable=("IJR", "SPY"), issues=(), remarks=(), way_out=""),
        headline={"en": f"{name} {session}"},
        verdict="",
        vintage=vintage,
        files={
            f"{name}-{session}-en.html": b"<p>page</p>" * 50,
            "facts.json": facts,
        },
        mails={"en": body},
    )


def configuration(state: Path, port: int, log: Path, policy: str) -> Config:
    witness = Witness(postfix_log=log, settle=0.05) if policy == "reconcile" else None
    mail = MailSettings(
        sender="b@example.com",
        relay=Relay(host="127.0.0.1", port=port, tls="off"),
        policy=policy if policy not in NAIVE else "hold",
        witness=witness,
    )
    readers = tuple(Recipient(address=address) for address in READERS)
    schedule = Schedule(every="day", after_close="45m")
    briefs = {
        name: Brief(subject="IJR", benchmark="SPY", languages=("en",), recipients=readers, schedule=schedule)
        for name in ("small-caps", "bonds")
    }
    return Config(
        state=state, output=state.parent / "output", mail=mail, briefs=briefs, sources=Sources(use="simulated")
    )


def serve(config: Config, calendar: Calendar, clock: Callable[[], datetime], policy: str) -> bool:
    """What the scheduler and its children do, in one process; whether everything that is due is out."""
    making.gather, making.made_of = gather, made_of
    if policy in NAIVE:
        module.drain = naive(policy)
    calendars = dict.fromkeys(config.briefs, calendar)
    with open_ledger(config.state, clock()) as ledger:
        plan(ledger, config.briefs, calendars, clock())
        for _ in range(30):
            for run in workable(ledger, calendars, clock()):
                attempt(ledger, run, config, clock)
            if not ledger.rows(Run, state=OPEN):
                return True
            time.sleep(0.01)
    return False


def attempt(ledger: Ledger, run: Run, config: Config, clock: Callable[[], datetime]) -> None:
    code, said = 0, ""
    try:
        with alone(ledger, run, clock()) as current:
            module.work(ledger, current, config, clock)
    except LockedError:
        return  # a child of the process that was killed is still at it
    except ReporterError as error:
        code, said = error.exit_code, str(error)
    judge(ledger, Outcome(run, code, said), clock())
    waiting = ledger.one(Run, run_id=run.run_id)
    if waiting and waiting.state in OPEN and waiting.next_try_utc:  # the rig does not wait for minutes
        ledger.move(waiting, waiting.state, clock(), next_try_utc=None)


def naive(policy: str) -> Callable[..., object]:
    """How it is usually done: a flag in a table, set after the mail is sent, or before."""

    def send(delivery: Delivery, settings: MailSettings) -> None:
        message = EmailMessage()
        message["Message-ID"] = f"<{uuid.uuid4()}@example.com>"
        message["From"], message["To"], message["Subject"] = settings.sender, delivery.recipient, "brief"
        message.set_content("text")
        with smtplib.SMTP(settings.relay.host, settings.relay.port, timeout=10) as server:
            server.send_message(message)

    def drain(ledger: Ledger, run: Run, settings: MailSettings, clock: Callable[[], datetime], _: object) -> object:
        for delivery in ledger.rows(Delivery, run_id=run.run_id, state="queued"):
            if policy == "mark-before":
                ledger.move(delivery, "accepted", clock())
                send(delivery, settings)
            else:
                send(delivery, settings)
                ledger.move(delivery, "accepted", clock())
        return SimpleNamespace(trouble="", needing=[], waiting=0)

    return drain


def main(
    state: Path, port: int, log: Path, policy: str, kills: int, seed: int, seconds: float, how: str = "SIGKILL"
) -> dict[str, object]:
    """Kill `kills` times, or for so many seconds; when the editions of a day are out, the next day begins."""
    signal_ = signal.Signals[how]
    chance = random.Random(seed)
    config = configuration(state, port, log, policy)
    calendar = load_calendar("XNYS", datetime(2026, 11, 25, tzinfo=UTC))
    begun, killed, day, clean, start = time.monotonic(), 0, 0, 0, START + timedelta(hours=11)
    serve(config, calendar, lambda: START, policy)
    codes: Counter[int] = Counter()
    longest = 1.0  # seconds that a process may live; then a little less than two editions take
    over_at = begun + seconds
    while killed < kills or not clean:
        if time.monotonic() > over_at + LAST:
            return count(config, log) | {"gave up": unfinished(config), "kills": killed, "codes": codes, **said(log)}
        offset = start - datetime.now(UTC)
        child = os.fork()
        if child == 0:
            with suppress(OSError):
                os.setpgid(0, 0)
            turn(config, calendar, lambda offset=offset: datetime.now(UTC) + offset, policy, log)
        with suppress(OSError):  # whoever of the two is first; a child that lives for a moment has no time for it
            os.setpgid(child, child)
        age = time.monotonic()
        end = age + (chance.uniform(0.005, longest) if killed < kills and day else LAST)
        while (over := os.waitpid(child, os.WNOHANG)) == (0, 0) and time.monotonic() < end:
            time.sleep(0.001)
        start += APART
        if time.monotonic() > over_at:
            kills = min(kills, killed)
        if over == (0, 0):
            # Sometimes with all its children, as systemd does; sometimes they live on, as after a plain kill.
            os.killpg(child, signal_) if chance.random() < 0.7 else os.kill(child, signal_)
            codes[os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])] += 1
            killed += 1
            time.sleep(0.03)  # real time for the relay to write its log; the product gives it a minute
        elif os.waitstatus_to_exitcode(over[1]) == 0:
            longest = max(0.1, 0.8 * (time.monotonic() - age)) if not day else longest
            day += 1
            start = START + timedelta(days=day, hours=11)
            clean = killed >= kills
    told = {"kills": killed, "seconds": round(time.monotonic() - begun, 1), "policy": policy, "codes": codes}
    return count(config, log) | told | said(log)


def turn(config: Config, calendar: Calendar, clock: Callable[[], datetime], policy: str, log: Path) -> NoReturn:
    """The life of a child: it ends as the command does, and what ended it before its work was done is written down."""
    code = 1
    try:
        code = 0 if serve(config, calendar, clock, policy) else 1
    except SystemExit as end:  # asked to stop
        code = int(end.code or 0)
    except Exception as error:  # noqa: BLE001  as at the product's one door
        kind = "failure" if isinstance(error, ReporterError) else "bug"
        where = " < ".join(
            f"{frame.name}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)[:-5:-1]
        )
        with log.with_name(SAID).open("a") as file:
            file.write(f"{kind}: {type(error).__name__}: {error} ({where})\n")
        code = 2
    finally:
        os._exit(code)


def said(log: Path) -> dict[str, object]:
    """Bugs that ended a child, and how often one of our own failures did."""
    path = log.with_name(SAID)
    lines = path.read_text().splitlines() if path.exists() else []
    return {
        "bugs": sorted({line for line in lines if line.startswith("bug: ")}),
        "failures": Counter(line for line in lines if line.startswith("failure: ")),
    }


def unfinished(config: Config) -> str:
    """What is open when the rig gives up."""
    with open_ledger(config.state, START) as ledger:
        runs = ledger.rows(Run, state=OPEN)
        mail = Counter(row.state for run in runs for row in ledger.rows(Delivery, run_id=run.run_id))
        return "; ".join(f"{run.brief} {run.occurrence} {run.state}: {run.reason or ''}" for run in runs) + f" {mail}"


def count(config: Config, log: Path, since: int = 0) -> dict[str, object]:
    """What the relay accepted, from a place of its log on, against what the ledger says."""
    accepted: dict[str, list[str]] = {}
    identities: dict[str, str] = {}
    arrived: dict[str, int] = {}
    for line in log.read_text()[since:].splitlines():
        words = line.split(": ")
        if "message-id=" in line:
            identities[words[1]] = line.partition("message-id=")[2]
        elif "queue active" in line:
            identity = identities[words[1]]
            arrived[identity] = arrived.get(identity, 0) + 1
            accepted.setdefault(line.partition("to=<")[2].partition(">")[0], []).append(identity)
    with open_ledger(config.state, START) as ledger:
        runs, deliveries = ledger.rows(Run), ledger.rows(Delivery)
        places = {place.run_id: place for place in ledger.rows(Publication)}
        alerts = {alert.key for alert in ledger.rows(Alert)}
        health = ledger.database.execute("PRAGMA integrity_check").fetchone()[0]
    total = sum(arrived.values())
    silent = [row for row in deliveries if row.state == "accepted" and row.message_id not in arrived]
    flagged = [row for row in deliveries if row.state == "uncertain"]
    wanted = {row.message_id for row in deliveries}
    share = len(deliveries) // len(READERS)
    return {
        "editions": len(runs),
        "done": sum(run.state == "done" for run in runs),
        "wanted": len(wanted),
        "accepted": total,
        "lost": len(wanted - set(arrived)),
        "lost in silence": len(wanted - set(arrived) - {row.message_id for row in flagged}),
        "duplicates": sum(times - 1 for times in arrived.values()),
        "uncertain": len(flagged),
        "said accepted, was not": len(silent),
        "too many": sum(max(0, len(mails) - share) for mails in accepted.values()),
        "too few": sum(max(0, share - len(accepted.get(reader, ()))) for reader in READERS),
        "partial editions": partial(config.output),
        "other prices": sum(
            vintage(config.output, places.get(run.run_id)) != run.data_sha for run in runs if run.state == "done"
        ),
        "given up and told": sum(run.state == "failed" and f"failed:{run.brief}" in alerts for run in runs),
        "ledger": health,
    }


def partial(output: Path) -> int:
    """Folders with a file under its name and no manifest, or another content than the manifest says."""
    import hashlib

    wrong = 0
    for folder in output.glob("*/*/*-r*"):
        files = {path.name: path.read_bytes() for path in folder.iterdir() if not path.name.startswith(".")}
        manifest = json.loads(files.pop("manifest.json", b"{}")).get("files", {})
        listed = {name: about["sha256"] for name, about in manifest.items()}
        wrong += {name: hashlib.sha256(content).hexdigest() for name, content in files.items()} != listed
    return wrong


def vintage(output: Path, place: Publication | None) -> str | None:
    """Of the archived edition; None where there is none."""
    try:
        return str(json.loads((output / place.path / "facts.json").read_bytes())["vintage"]) if place else None
    except FileNotFoundError:
        return None


if __name__ == "__main__":
    place, port, relay, way, number, seed, longest, *how = sys.argv[1:]
    found = main(Path(place), int(port), Path(relay), way, int(number), int(seed), float(longest), *how)
    sys.stdout.write(f"{json.dumps(found)}\n")
