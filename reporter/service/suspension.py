"""Readers whose mail is refused again and again get no more, until a person says otherwise: relays judge us by them."""

from __future__ import annotations

from reporter.address import mailbox
from reporter.service.ledger import Ledger
from reporter.service.rows import Delivery

IN_A_ROW = 3  # refusals, with nothing accepted between them
SUSPENDED = "suspended:"  # before an address in `meta`: the words of the last refusal
LIFTED = "lifted:"  # likewise: its messages up to this number do not count any more


def suspended(ledger: Ledger) -> dict[str, str]:
    """Addresses in small letters, with the words of the last refusal."""
    return {key.removeprefix(SUSPENDED): ledger.get(key) or "" for key in ledger.keys(SUSPENDED)}


def heard(ledger: Ledger, delivery: Delivery) -> None:
    """A message was accepted or has bounced; to be called in the transaction that writes it down."""
    reader = delivery.recipient.casefold()
    if delivery.state == "accepted":
        ledger.put(SUSPENDED + reader, None)
        return
    newest = ledger.database.execute(
        "SELECT state FROM delivery WHERE recipient = ? COLLATE NOCASE AND delivery_id > ? AND (state IN "
        "('accepted', 'bounced') OR state = 'cancelled' AND smtp_code >= 500) ORDER BY delivery_id DESC LIMIT ?",
        (reader, int(ledger.get(LIFTED + reader) or 0), IN_A_ROW),
    ).fetchall()  # a refusal stays one when a person has put the message aside
    if len(newest) == IN_A_ROW and all(state != "accepted" for (state,) in newest):
        ledger.put(SUSPENDED + reader, delivery.smtp_text or "refused")


def lift(ledger: Ledger, address: str) -> bool:
    """Begin to count anew; False where the reader was not suspended.

    Raises:
        ValueError: it is no address.
    """
    reader = mailbox(address).casefold()
    with ledger.transaction():
        if ledger.get(SUSPENDED + reader) is None:
            return False
        newest = ledger.database.execute("SELECT max(delivery_id) FROM delivery").fetchone()[0]
        ledger.put(SUSPENDED + reader, None)
        ledger.put(LIFTED + reader, str(newest))
    return True
