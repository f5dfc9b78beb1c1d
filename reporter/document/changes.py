"""The box on what changed since the last edition, in the words of one language."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup, escape

from reporter.document.claims import Speaker
from reporter.finding import Fund, Quantity, Unit, day
from reporter.story.what_changed import Change, Changes

SECTION = "what_changed"


@dataclass(frozen=True, kw_only=True)
class ChangeRow:
    """What was and what is; a new thing has no before."""

    label: str
    before: Markup
    now: Markup


@dataclass(frozen=True, kw_only=True)
class ChangeBox:
    title: Markup
    rows: tuple[ChangeRow, ...]


def change_box(changes: Changes | None, role: str, speaker: Speaker) -> ChangeBox | None:
    """None where there is no earlier edition, or nothing has changed.

    Args:
        role: What the verdict judges, `turn` or `lead`.
    """
    if changes is None or not changes.items:
        return None
    since = speaker.number(SECTION, "since", day(changes.since, "changes.since"), "full")
    return ChangeBox(
        title=escape(speaker.language.labels["changes"]["title"]).format(day=since),
        rows=tuple(
            ChangeRow(
                label=label(one, role, speaker), before=side(one, one.before, speaker), now=side(one, one.now, speaker)
            )
            for one in changes.items
        ),
    )


def label(change: Change, role: str, speaker: Speaker) -> str:
    """As the rest of the page names the same thing."""
    labels = speaker.language.labels
    if change.what == "criterion":
        return str(labels["criteria"][change.name]["short"])
    if change.what == "verdict":
        return str(labels["document"]["key_evidence_lead" if role == "lead" else "key_evidence"])
    return str(labels["changes"][change.what])


def side(change: Change, value: Quantity | Fund | str | None, speaker: Speaker) -> Markup:
    if isinstance(value, Quantity):
        style = "signed" if value.unit is Unit.POINTS else "prose"
        return speaker.number(SECTION, change.what, value, style)
    if isinstance(value, Fund):
        return escape(value.ticker)
    if value is None:
        return Markup("")
    labels = speaker.language.labels
    groups = {"verdict": "verdicts", "profile": "statuses", "criterion": "document"}
    return escape(labels[groups[change.what]][value])
