"""What the owner must hear, and when: each cause at once, then less and less often, and that it is over.

A cause is raised in the transaction that writes the state it speaks of, so that no crash can come between the two.
Its key begins with its kind (`failed:small-caps`); what has been told of a kind within the hour is not told again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from reporter.service.ledger import Ledger
from reporter.service.lookups import ended, newest, newest_event, tally
from reporter.service.rows import Alert, Delivery, Publication, Run
from reporter.service.suspension import suspended

FOLD = timedelta(hours=1)
RELAY_TROUBLE = "relay:mail"  # key of the alert that the relay takes nothing from us
MOMENT = timedelta(milliseconds=1)  # the ledger's smallest
#: What has ended, with the state that it ended in: told once, and over when it was told; the outbox goes on to list it.
ONCE: dict[str, tuple[type[Delivery | Publication], str]] = {
    "bounced:mail": (Delivery, "bounced"),
    "expired:mail": (Delivery, "expired"),
    "conflict:archive": (Publication, "conflict"),
    "unarchived:archive": (Publication, "failed"),
}
#: In `meta`, before the key of such an alert: the last event that its text takes in, and the last that was told.
SEEN, TOLD = "seen:", "told:"
#: Of each cause so many are named.
SHOWN = 20


@dataclass(frozen=True)
class Letter:
    """One plain mail to the owner."""

    subject: str
    body: str
    alerts: tuple[Alert, ...]  # as they were when it was written


def clear(ledger: Ledger, keys: Sequence[str], now: datetime) -> None:
    """Causes that are over."""
    for alert in ledger.rows(Alert, key=tuple(keys)):
        if alert.cleared_utc is None:
            after = alert.sent_utc + MOMENT if alert.sent_utc else now
            ledger.settle(alert, cleared_utc=max(now, after))


def review(ledger: Ledger, causes: Mapping[str, str], kinds: Sequence[str], now: datetime) -> None:
    """Make the alerts of some kinds what `causes` says: new or changed ones are raised, others are over.

    Args:
        causes: Text by key.
        kinds: All kinds that `causes` is complete for.
    """
    known = {alert.key: alert for alert in ledger.rows(Alert) if alert.key.split(":")[0] in kinds}
    for key, text in causes.items():
        before = known.get(key)
        if before is None or before.cleared_utc or before.text != text:
            ledger.alert(key, now, text)
    clear(ledger, [key for key in known if key not in causes], now)


def of_editions(ledger: Ledger) -> dict[str, str]:
    """Mail and archive: what needs a decision, for as long as it does, and what has ended badly since that was told."""
    found = _ended_badly(ledger)
    uncertain = [_of_mail(ledger, one) for one in newest(ledger, Delivery, "uncertain", SHOWN)]
    found["uncertain:mail"] = _listed(uncertain, tally(ledger, Delivery)["uncertain"])
    held = [f"{address} ({answer}): `reporter outbox lift {address}`" for address, answer in suspended(ledger).items()]
    found["suspended:mail"] = _listed(held[-SHOWN:][::-1], len(held))
    return {key: f"{WORDS[key]}: {listed}" for key, listed in found.items() if listed}


def _ended_badly(ledger: Ledger) -> dict[str, str]:
    found, now_at = {}, newest_event(ledger)
    for key, (kind, state) in ONCE.items():
        rows = ended(ledger, kind, state, after=int(ledger.get(TOLD + key) or 0))
        if rows:
            said = [_of_mail(ledger, one) if isinstance(one, Delivery) else _of_archive(ledger, one) for one in rows]
            found[key] = _listed(said[-SHOWN:][::-1], len(said))
            ledger.put(SEEN + key, str(now_at))
    return found


def _listed(newest_first: list[str], number: int) -> str:
    more = [f"and {number - SHOWN} before them"] if number > SHOWN else []
    return "; ".join([*reversed(newest_first), *more])


def _of_mail(ledger: Ledger, delivery: Delivery) -> str:
    answer = f" ({delivery.smtp_text})" if delivery.smtp_text else ""
    line = f"{delivery.recipient}, {_edition(ledger, delivery.run_id)}{answer}"
    if delivery.state == "uncertain":
        line += (
            f": ask the reader, then `reporter outbox confirm {delivery.delivery_id}` or "
            f"`reporter outbox resend {delivery.delivery_id}`"
        )
    return line


def _of_archive(ledger: Ledger, publication: Publication) -> str:
    return f"{publication.target}, {_edition(ledger, publication.run_id)}: {publication.path}"


def _edition(ledger: Ledger, run_id: int) -> str:
    run = ledger.one(Run, run_id=run_id)
    return f"{run.brief} {run.occurrence}" if run else ""


WORDS = {
    "bounced:mail": "refused by the relay",
    "expired:mail": "given up, the relay did not take it in time",
    "uncertain:mail": "nobody knows whether these arrived",
    "suspended:mail": "refused three times in a row, so they get no more until that is lifted",
    "conflict:archive": "the archive holds other files under these names, which stay",
    "unarchived:archive": "could not be archived",
}


def letter(ledger: Ledger, now: datetime, host: str) -> Letter | None:
    """What is to be told now; None where nothing is."""
    alerts = ledger.rows(Alert)
    fresh = {_kind(alert) for alert in alerts if alert.sent_utc and now - alert.sent_utc < FOLD}
    urgent = [alert for alert in alerts if not alert.told and _kind(alert) not in fresh]
    over = [alert for alert in alerts if alert.told and alert.cleared_utc and _since(alert) < alert.cleared_utc]
    again = [
        alert
        for alert in alerts
        if alert.told < alert.count and not alert.cleared_utc and _kind(alert) not in fresh and _later(alert, now)
    ]
    if not urgent and not over and not again:
        return None
    news = [*urgent, *(alert for alert in again if alert not in urgent)]
    lines = [*map(_line, news), *(f"over since {alert.cleared_utc:%Y-%m-%d %H:%M} UTC: {alert.text}" for alert in over)]
    head = f"{len(news)} to look at" if news else "recovered"
    first = (news or over)[0].text or (news or over)[0].key
    body = "\n\n".join(
        [*lines, f"`reporter status` on {host} shows how things stand. What is mended is taken up again by itself."]
    )
    return Letter(
        f"[reporter] {head}: {first[:120]}", body + "\n", tuple({alert.key: alert for alert in (*news, *over)}.values())
    )


def told(ledger: Ledger, sent: Letter, now: datetime) -> None:
    """The owner knows."""
    with ledger.transaction():
        for alert in sent.alerts:
            current = ledger.one(Alert, key=alert.key)
            if current is None:
                continue
            once = alert.key in ONCE and current.count == alert.count
            if once:
                ledger.put(TOLD + alert.key, ledger.get(SEEN + alert.key))
            over = {"cleared_utc": now} if once else {}
            ledger.settle(current, sent_utc=now, told=max(alert.count, 1), **over)


def _kind(alert: Alert) -> str:
    return alert.key.split(":")[0]


def _later(alert: Alert, now: datetime) -> bool:
    """Whether to say again what goes on: after one hour, two, four, eight …"""
    return alert.sent_utc is None or now - alert.sent_utc >= max(FOLD, alert.sent_utc - alert.first_utc)


def _since(alert: Alert) -> datetime:
    return alert.sent_utc or alert.first_utc


def _line(alert: Alert) -> str:
    again = alert.count > 1 and alert.key not in ONCE
    times = f" ({alert.count} times since {alert.first_utc:%Y-%m-%d %H:%M} UTC)" if again else ""
    return f"{alert.text or alert.key}{times}"
