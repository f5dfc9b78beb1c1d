"""The outbox: each message goes to its recipient once, and what cannot be known is not guessed.

    queued ──▶ sending ──▶ dot ──▶ accepted
       ▲          │         │ └──▶ bounced, or queued again: the relay's answer
       └──────────┘         └────▶ no answer: the policy decides (reconcile, hold, resend)

`dot` is in the ledger before the final dot is on the wire, so a message found in `sending` was not delivered, and one
found in `dot` may have been.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from reporter.channels import MailSettings
from reporter.crash import crash_point
from reporter.delivery.mail import Connection, Fate, Outcome
from reporter.delivery.message import envelope_sender
from reporter.errors import ReporterError, UsageError
from reporter.service.alerts import RELAY_TROUBLE
from reporter.service.ledger import Ledger
from reporter.service.lock import is_held, run_lock
from reporter.service.lookups import anybody_has, at_their_dot, newer_mail
from reporter.service.rows import Delivery, Run
from reporter.service.spool import read_message, sha256_of
from reporter.service.suspension import heard
from reporter.service.witness import Testimony, Witnesses

Clock = Callable[[], datetime]
#: Minutes to the next try after the first, second, … one; the last one again and again.
WAITS = (1, 5, 15, 30)
JITTER = 0.1
IN_LINE = timedelta(seconds=5)  # while an earlier edition for the same reader is between its dot and the answer
TERMINAL = ("accepted", "bounced", "expired", "uncertain", "cancelled")
#: Refusals in the same words before anybody was accepted: then it is us whom the relay refuses …
ALIKE = 3
#: … unless it says that the address is at fault (RFC 3463).
OF_ADDRESS = ("5.1.", "5.2.")


@dataclass
class Mailed:
    """What a round did."""

    accepted: int = 0
    waiting: int = 0  # will be tried again
    said: str = ""  # the last answer to one of them
    trouble: str = ""  # the relay takes nothing from us as we are
    next_try: datetime | None = None
    needing: list[Delivery] = field(default_factory=list)  # a person: bounced, expired, uncertain

    @property
    def waits(self) -> str:
        """In words: how many messages wait."""
        return "1 message waits" if self.waiting == 1 else f"{self.waiting} messages wait"


def recover(ledger: Ledger, run: Run, settings: MailSettings, clock: Clock) -> None:
    """Decide about what a process left that is dead now. Only for whoever holds the lock of the run."""
    for delivery in ledger.rows(Delivery, run_id=run.run_id, state="sending"):
        ledger.move(delivery, "queued", clock(), "the process that was at it has died", next_try_utc=clock())
    for delivery in ledger.rows(Delivery, run_id=run.run_id, state="dot"):
        _in_doubt(ledger, delivery, settings, clock, "the process that was at it has died")


def drain(
    ledger: Ledger, run: Run, settings: MailSettings, clock: Clock, stopping: Callable[[], bool] = lambda: False
) -> Mailed:
    """Try everything of a run that is due now, one recipient after the other."""
    witnesses = Witnesses(settings.witness)
    mailed = Mailed()
    with Connection(settings.relay) as connection:
        for delivery in ledger.rows(Delivery, run_id=run.run_id, state=("queued", "dot")):
            if stopping() or mailed.trouble:
                break
            if delivery.next_try_utc > clock():
                continue
            if delivery.state == "dot":
                _ask(ledger, delivery, witnesses, clock)
            else:
                mailed.trouble = _try(ledger, run, delivery, settings, witnesses, connection, clock)
                if connection.away:
                    _put_off(ledger, run, delivery, clock())
                    break
    if mailed.trouble:
        ledger.alert(RELAY_TROUBLE, clock(), f"the relay takes no mail from us: {mailed.trouble}")
    return _account(ledger, run, mailed)


def _account(ledger: Ledger, run: Run, mailed: Mailed) -> Mailed:
    rows = ledger.rows(Delivery, run_id=run.run_id, revision=run.revision)
    open_rows = [row for row in rows if row.state not in TERMINAL]
    mailed.accepted = sum(row.state == "accepted" for row in rows)
    mailed.waiting = len(open_rows)
    mailed.said = next((row.smtp_text for row in reversed(open_rows) if row.smtp_text), "")
    mailed.next_try = min((row.next_try_utc for row in open_rows), default=None)
    mailed.needing = [row for row in rows if row.state in ("bounced", "expired", "uncertain")]
    return mailed


def _try(
    ledger: Ledger,
    run: Run,
    delivery: Delivery,
    settings: MailSettings,
    witnesses: Witnesses,
    connection: Connection,
    clock: Clock,
) -> str:
    """One attempt; what is wrong with the relay as such, or an empty text."""
    if _too_late(ledger, run, delivery, clock()):
        return ""
    content = read_message(ledger, delivery.eml_path, delivery.eml_sha256)
    relay = f"{settings.relay.host}:{settings.relay.port}"
    sending = ledger.move(delivery, "sending", clock(), witnesses.now(), attempts=delivery.attempts + 1, relay=relay)
    if sending is None:
        return ""  # somebody else is at it
    crash_point("sending")
    if _is_next_in_line(ledger, run, sending):
        turn = clock() + IN_LINE
        ledger.move(
            sending, "queued", clock(), "an earlier edition is under way", attempts=delivery.attempts, next_try_utc=turn
        )
        return ""
    current = sending

    def before_dot() -> bool:
        nonlocal current
        crash_point("body")
        settled = clock() + timedelta(seconds=settings.witness.settle if settings.witness else 0)
        with ledger.transaction():  # so that a newer edition is on its way before this is asked, or sees the dot
            if _too_late(ledger, run, sending, clock()):  # it has overtaken this one
                return False
            dot = ledger.move(sending, "dot", clock(), next_try_utc=settled)
        current = dot or current
        crash_point("dot")
        return dot is not None

    try:
        envelope = envelope_sender(settings), delivery.recipient
        outcome = connection.transmit(*envelope, content, before_dot, delivery.message_id.strip("<>"))
    except ReporterError as error:  # a secret or a token is missing: the relay was not asked
        ledger.move(sending, "queued", clock(), str(error), attempts=delivery.attempts, next_try_utc=clock())
        raise
    crash_point("after-dot")
    return _settle(ledger, run, current, outcome, settings, clock)


def _settle(
    ledger: Ledger, run: Run, delivery: Delivery, outcome: Outcome, settings: MailSettings, clock: Clock
) -> str:
    """Write down what became of an attempt; what is wrong with the relay as such, or an empty text."""
    now = clock()
    told = {"smtp_code": outcome.code, "smtp_text": outcome.text}
    if outcome.fate is Fate.ACCEPTED:
        queue = outcome.queue_id
        _ended(ledger, delivery, "accepted", outcome.text, now, accepted_utc=now, relay_queue_id=queue, **told)
        crash_point("accepted")
    elif outcome.fate is Fate.UNKNOWN:
        _in_doubt(ledger, delivery, settings, clock, outcome.text)
    elif outcome.fate is Fate.MISCONFIGURED:
        _spare(ledger, delivery, outcome.text, now, **told)
        return f"{outcome.code or ''} {outcome.text}".strip()
    elif outcome.fate is Fate.TOO_BIG and not delivery.eml_path.endswith(SHORT):
        _shorten(ledger, delivery, outcome, clock)
    elif outcome.fate in (Fate.BOUNCED, Fate.TOO_BIG):
        _ended(ledger, delivery, "bounced", outcome.text, now, **told)
        return _refused_alike(ledger, run, now)
    else:
        ledger.move(delivery, "queued", now, outcome.text, next_try_utc=now + wait_after(delivery.attempts), **told)
    return ""


def _ended(ledger: Ledger, delivery: Delivery, state: str, why: str, now: datetime, **told: object) -> None:
    """The relay has said yes or no for good; that counts for the reader."""
    with ledger.transaction():
        if after := ledger.move(delivery, state, now, why, **told):
            heard(ledger, after)


def _spare(ledger: Ledger, delivery: Delivery, why: str, now: datetime, **told: object) -> None:
    """The relay would refuse every message: that costs this one no attempt. The scheduler gives the run time; a person
    who has mended it need not wait."""
    ledger.move(delivery, "queued", now, why, attempts=delivery.attempts - 1, next_try_utc=now, **told)


def _put_off(ledger: Ledger, run: Run, tried: Delivery, now: datetime) -> None:
    """The relay is away: whoever is due waits for the turn of the message that was tried, and it costs no attempt."""
    turn = next(iter(ledger.rows(Delivery, delivery_id=tried.delivery_id))).next_try_utc
    with ledger.transaction():
        for row in ledger.rows(Delivery, run_id=run.run_id, state="queued"):
            if row.next_try_utc < turn:
                ledger.move(row, "queued", now, "the relay is away", next_try_utc=turn)


def _refused_alike(ledger: Ledger, run: Run, now: datetime) -> str:
    """The words in which the relay refuses all alike; then they wait until it is mended. Empty where it does not."""
    if anybody_has(ledger, run):
        return ""
    bounced = ledger.rows(Delivery, run_id=run.run_id, revision=run.revision, state="bounced")
    words = {re.sub(r"\S*@\S*", "", (row.smtp_text or "").replace(row.recipient, "")) for row in bounced}
    one = bounced[0].smtp_text or "" if bounced else ""
    if len(bounced) < ALIKE or len(words) > 1 or one.startswith(OF_ADDRESS):
        return ""
    with ledger.transaction():
        for row in bounced:
            _spare(ledger, row, "refused like all others", now)
    return f"{bounced[0].smtp_code} {one}, and so for all readers"


SHORT = ".short"  # after the place of a message: the one behind it, for a relay that takes no large ones


def _shorten(ledger: Ledger, delivery: Delivery, outcome: Outcome, clock: Clock) -> None:
    """The relay takes no message of this size: the short one, with the way to the archive, goes in its place."""
    path = delivery.eml_path + SHORT
    sha256 = sha256_of(ledger, path)
    ledger.move(
        delivery, "queued", clock(), f"too big: {outcome.text}", eml_path=path, eml_sha256=sha256, next_try_utc=clock()
    )


def wait_after(attempts: int) -> timedelta:
    """To the next try, give or take a tenth, so that many readers do not all come at once."""
    minutes = WAITS[min(attempts, len(WAITS)) - 1]
    return timedelta(minutes=minutes * random.uniform(1 - JITTER, 1 + JITTER))  # noqa: S311  no secret


def _too_late(ledger: Ledger, run: Run, delivery: Delivery, now: datetime) -> bool:
    """Whether a message is not to be sent any more: its time is over, or a later edition or revision is before it."""
    with ledger.transaction():
        reason = ""
        if delivery.state == "queued" and now > delivery.give_up_utc:
            reason = f"given up after {delivery.attempts} attempts"
        elif newer_mail(ledger, run, delivery):
            reason = "a newer edition was mailed before it"
        if reason:
            ledger.move(delivery, "expired", now, reason, smtp_text=delivery.smtp_text or reason)
    return bool(reason)


def _is_next_in_line(ledger: Ledger, run: Run, delivery: Delivery) -> bool:
    """Whether a process that lives has yet to end an earlier edition for the same reader, however long that takes it.

    What a dead one has left at its dot is in doubt, and nobody waits for it.
    """
    return any(is_held(run_lock(ledger.state, one)) for one in at_their_dot(ledger, run, delivery))


def _in_doubt(ledger: Ledger, delivery: Delivery, settings: MailSettings, clock: Clock, why: str) -> None:
    """Nobody knows whether the relay has it."""
    now = clock()
    if settings.ambiguity == "resend":
        ledger.move(delivery, "queued", now, f"sent again: {why}", next_try_utc=now + wait_after(delivery.attempts))
    elif settings.ambiguity == "hold":
        ledger.move(delivery, "uncertain", now, why, smtp_text=why)
    else:
        ledger.note("delivery: witness will be asked", now, detail=why, of=delivery)  # at `next_try_utc`


def _ask(ledger: Ledger, delivery: Delivery, witnesses: Witnesses, clock: Clock) -> None:
    """What the witnesses know about a message in doubt."""
    testimony = witnesses.ask(delivery.message_id, ledger.detail(delivery, "delivery: queued -> sending") or "")
    now = clock()
    if testimony is Testimony.ARRIVED:
        queue = witnesses.queue_id
        _ended(ledger, delivery, "accepted", "a witness has seen it", now, accepted_utc=now, relay_queue_id=queue)
    elif testimony is Testimony.ABSENT:
        ledger.move(delivery, "queued", now, "the witness is sure that it is not there", next_try_utc=now)
    else:
        ledger.move(delivery, "uncertain", now, "no witness knows", smtp_text="no witness knows whether it arrived")


def drop(ledger: Ledger, run: Run, why: str, clock: Clock) -> None:
    """Nothing that waits of a run is tried any more."""
    for delivery in ledger.rows(Delivery, run_id=run.run_id, state="queued"):
        ledger.move(delivery, "cancelled", clock(), why)


def confirm(ledger: Ledger, delivery_id: int, now: datetime) -> Delivery:
    """A person knows that it arrived."""
    return _by_hand(ledger, delivery_id, ("uncertain", "dot"), "accepted", now, accepted_utc=now)


def resend(ledger: Ledger, delivery_id: int, now: datetime, give_up: timedelta) -> Delivery:
    """Send it again: the same bytes, the same Message-ID."""
    states = ("uncertain", "bounced", "expired", "cancelled")
    with ledger.transaction():
        again = {"next_try_utc": now, "give_up_utc": now + give_up, "attempts": 0}
        delivery = _by_hand(ledger, delivery_id, states, "queued", now, **again)
        run = ledger.one(Run, run_id=delivery.run_id)
        if run and run.state != "delivering":
            ledger.move(run, "delivering", now, "mail is sent again")
    return delivery


def cancel(ledger: Ledger, delivery_id: int, now: datetime) -> Delivery:
    """Not to be sent, or not to be spoken of any more."""
    return _by_hand(ledger, delivery_id, ("queued", "uncertain", "bounced", "expired"), "cancelled", now)


def _by_hand(
    ledger: Ledger, delivery_id: int, states: Sequence[str], to: str, now: datetime, **changes: object
) -> Delivery:
    delivery = ledger.one(Delivery, delivery_id=delivery_id)
    if delivery is None:
        raise UsageError(f"the outbox has no message {delivery_id}; `reporter outbox list --all` shows all")
    if delivery.state not in states:
        raise UsageError(f"message {delivery_id} is {delivery.state}; this is for {', '.join(states)}")
    moved = ledger.move(delivery, to, now, "by hand", **changes)
    if moved is None:
        raise UsageError(f"message {delivery_id} has changed in this moment; look again")
    return moved
