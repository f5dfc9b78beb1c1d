"""What becomes of a run after its child has ended: done, tried again at a known time, or given up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from reporter.service.alerts import RELAY_TROUBLE, clear
from reporter.service.ledger import Ledger
from reporter.service.plan import OPEN
from reporter.service.rows import Delivery, Publication, Run
from reporter.service.workers import Outcome

LATE = timedelta(minutes=30)  # a run that is tried for so long is worth a word
OFTEN = 4  # attempts at a message or a place, in twenty minutes
SHOWN = 3  # of those are named
MOMENT = timedelta(seconds=5)  # between two children of a run that has something to do
REFUSED = timedelta(minutes=15)  # … whom the relay does not let in: it locks out who tries too often
ALARMS = ("late", "failed", "refused", "missed")


@dataclass(frozen=True)
class Policy:
    """How often and when a run is tried again."""

    waits: tuple[int, ...]  # minutes before the first, second … time; the last one again and again
    tries: int | None = None  # after so many it is given up; None: only its deadline ends it
    refusal: bool = False  # the data are at fault: begin anew with newer ones


PATIENT = Policy(waits=(1, 5, 15, 30))  # what is away comes back
BUG = Policy(waits=(1, 5, 15), tries=4)  # what fails by itself will fail again
#: By exit code; whatever is not here is taken for a bug, as is a signal.
POLICIES = {
    65: Policy(waits=(30,), refusal=True),
    69: PATIENT,
    73: PATIENT,
    74: PATIENT,
    77: Policy(waits=(5, 15, 30)),
    78: Policy(waits=(5, 15, 30)),
}
NO_FAULT = (0, 75, 130, 143)  # done, locked, stopped
ROWS_TELL = (0, 69, 73, 76, 78)  # each message and each place of the archive has its own next turn


def judge(ledger: Ledger, outcome: Outcome, now: datetime) -> Run | None:
    """Write down what becomes of a run; the alert, if there is one, in the same transaction."""
    with ledger.transaction():
        run = ledger.one(Run, run_id=outcome.run.run_id)
        if run is None:
            return None
        if run.state == "done":
            clear(ledger, [*(f"{kind}:{run.brief}" for kind in ALARMS), RELAY_TROUBLE], now)
            return run
        if run.state == "delivering" and outcome.code in ROWS_TELL and not outcome.overran:
            return _wait_for_rows(ledger, run, now, REFUSED if outcome.code == 78 else MOMENT)
        if outcome.code in NO_FAULT and not outcome.overran:
            return run
        if run.state in OPEN or run.state == "refused":
            return _again(ledger, run, outcome, now)
        ledger.alert(f"{run.state}:{run.brief}", now, _text(run, run.state, run.reason or outcome.said))
        return run


def _wait_for_rows(ledger: Ledger, run: Run, now: datetime, least: timedelta) -> Run | None:
    """All that can be done now is done: the run's next turn is that of its first delivery or publication.

    What has been tried in vain for a while is worth a word; greylisting is over by then.
    """
    mail = ledger.rows(Delivery, run_id=run.run_id, state=("queued", "sending", "dot"))
    archive = ledger.rows(Publication, run_id=run.run_id, state=("queued", "writing"))
    turns = [row.next_try_utc for row in mail] + [row.next_try_utc for row in archive]
    behind = [f"{row.recipient} ({row.smtp_text or 'no answer'})" for row in mail if row.attempts >= OFTEN]
    behind += [f"the archive '{row.target}'" for row in archive if row.attempts >= OFTEN]
    if behind:
        more = f" and {len(behind) - SHOWN} more" if len(behind) > SHOWN else ""
        ledger.alert(f"late:{run.brief}", now, _text(run, "late", f"not yet with {', '.join(behind[:SHOWN])}{more}"))
    return ledger.move(run, run.state, now, next_try_utc=max(min(turns, default=now), now + least))


def _again(ledger: Ledger, run: Run, outcome: Outcome, now: datetime) -> Run | None:
    policy = POLICIES.get(outcome.code, BUG) if not outcome.overran else BUG
    why = _why(outcome)
    attempt = run.attempt + 1
    if policy.tries and attempt >= policy.tries and run.state != "delivering":
        ledger.alert(f"failed:{run.brief}", now, _text(run, "failed", why))
        return ledger.move(run, "failed", now, why, attempt=attempt, reason=why, next_try_utc=None)
    following = now + timedelta(minutes=policy.waits[min(attempt, len(policy.waits)) - 1])
    until = f"tried until {run.deadline_utc:%a %H:%M} UTC"
    if policy.refusal:
        ledger.alert(
            f"refused:{run.brief}", now, _text(run, f"refused, tried until {run.deadline_utc:%a %H:%M} UTC", why)
        )
        return ledger.move(run, "refused", now, why, attempt=attempt, reason=why, next_try_utc=following)
    if now - run.created_utc >= LATE or outcome.code in (77, 78):
        ledger.alert(f"late:{run.brief}", now, _text(run, f"late, {until}", why))
    return ledger.move(run, run.state, now, why, attempt=attempt, reason=why, next_try_utc=following)


def _why(outcome: Outcome) -> str:
    if outcome.overran:
        return f"no progress in the step {outcome.overran} for longer than `limits.{outcome.overran}`; it was ended"
    if outcome.code < 0:
        return f"its process was ended by signal {-outcome.code}"
    lines = [line.removeprefix("reporter: ") for line in outcome.said.splitlines()]
    return "; ".join(lines[-3:])[:500] or f"its process ended with {outcome.code}"


def _text(run: Run, state: str, why: str) -> str:
    return f"{run.brief} {run.occurrence} {state}: {why}"
