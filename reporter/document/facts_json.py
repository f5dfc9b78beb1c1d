"""facts.json: everything that is true in an edition, as data. A public contract; its schema is facts.schema.json."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date
from enum import Enum
from pathlib import Path
from typing import Any

from reporter.facts import Facts
from reporter.facts.before import Before
from reporter.facts.precedents import RULE, Attempt, Precedents
from reporter.facts.returns import Returns
from reporter.facts.technicals import Technicals
from reporter.facts.verdict import Verdict
from reporter.finding import Fund, Quantity
from reporter.story.what_changed import Change, Changes
from reporter.voices.memory import Memory

SCHEMA = 1
SCHEMA_FILE = Path(__file__).with_name("facts.schema.json")
#: Significant decimals of a fraction; beyond them are the last bits of floating point.
DIGITS = 10


def facts_json(
    facts: Facts,
    claims: Sequence[Mapping[str, object]],
    statements: Sequence[Mapping[str, Any]],
    lexicon: Sequence[Mapping[str, object]],
    title: Mapping[str, str],
    changes: Changes | None,
    memory: Memory,
) -> bytes:
    """UTF-8 with a line break at the end; keys in a fixed order; what is absent has no key."""
    content = document(facts, claims, statements, lexicon, title, changes, memory)
    return (json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode()


def document(
    facts: Facts,
    claims: Sequence[Mapping[str, object]],
    statements: Sequence[Mapping[str, Any]],
    lexicon: Sequence[Mapping[str, object]],
    title: Mapping[str, str],
    changes: Changes | None,
    memory: Memory,
) -> dict[str, object]:
    """The content of facts.json. Returns are fractions, rates per cent, prices in the fund's currency, days ISO 8601.

    Args:
        title: Of the pages, by language.
    """
    returns, quality = facts.returns, facts.quality
    content: dict[str, object] = {
        "schema": SCHEMA,
        "brief": facts.brief,
        "as_of": facts.as_of.isoformat(),
        "title": dict(title),
        "subject": facts.subject,
        "benchmark": facts.benchmark,
        "field": list(facts.field),
        **present(headline_index=facts.headline_index),
        "quality": {
            "status": str(quality.status),
            "missing": list(quality.missing),
            "stale": list(quality.stale),
            "excluded": {issue.ticker: str(issue.flaw) for issue in quality.issues},
            "notes": list(quality.notes),
        },
        "vintage": {
            "source": facts.vintage.source,
            "sha256": facts.vintage.sha256,
            "fetched_at": facts.vintage.fetched_at,
        },
        **present(currencies=facts.currencies),
        **returns_part(returns),
        **present(
            relative_strength=strength_part(facts),
            rotation=facts.rotation,
            lead_lag=facts.lead_lag,
            technicals={ticker: technicals_part(found) for ticker, found in facts.technicals.items()},
            precedents=precedents_part(facts.precedents),
            reversion=facts.reversion,
            backdrop=facts.backdrop,
            readings=facts.readings,
            verdict=verdict_part(facts.verdict, facts.before),
            changes=changes_part(changes),
            memory=memory_part(memory),
            before=before_part(facts.before),
            week=facts.week,
            ahead=facts.ahead,
        ),
        "lexicon": list(lexicon),
        "claims": list(claims),
    }
    # What a sentence says of the unknown ("little changed", where nothing is known of before) rests on no such fact.
    return content | {
        "statements": [
            {**one, "facts": [path for path in one["facts"] if path.startswith("voices.") or holds(content, path)]}
            for one in statements
        ]
    }


def holds(content: object, path: str) -> bool:
    """Whether there is something at a path; a key may hold dots itself (VOD.L)."""
    if not path:
        return True
    parts = path.split(".")
    if isinstance(content, list):
        return (
            parts[0].isdigit() and int(parts[0]) < len(content) and holds(content[int(parts[0])], ".".join(parts[1:]))
        )
    return isinstance(content, Mapping) and any(
        key in content and holds(content[key], ".".join(parts[size:]))
        for size in range(1, len(parts) + 1)
        if (key := ".".join(parts[:size]))
    )


def present(**parts: object) -> dict[str, object]:
    """The parts that are there, as plain data."""
    return {name: plain(part) for name, part in parts.items() if part is not None and part != {}}


def plain(value: object) -> object:
    """Dataclasses, dates, enums and tuples as JSON has them."""
    if is_dataclass(value):
        return {f.name: plain(one) for f in fields(value) if (one := getattr(value, f.name)) is not None}
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items() if one is not None}
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Enum):
        return str(value)
    if isinstance(value, float):
        return round(value, DIGITS) + 0.0  # no negative zero
    return [plain(one) for one in value] if isinstance(value, tuple | list) else value


def returns_part(returns: Returns) -> dict[str, object]:
    before = {"1M": present(YTD=returns.ytd_gap_month_ago), "1W": present(**{"1M": returns.gap_before_last_week})}
    return {
        "bases": plain(returns.bases),
        "returns": plain(returns.total),
        "price_returns": plain(returns.price),
        "returns_21_sessions": plain(returns.month_sessions),
        "closes": plain(returns.closes),
        "gap": plain(returns.gap),
        "gap_before": {window: gaps for window, gaps in before.items() if gaps},
        **present(ytd_extreme=returns.ytd_extreme),
        "rank": {
            window: {ticker: place for place, ticker in enumerate(ranking.order, 1)}
            | {"of": ranking.of, "dispersion": plain(ranking.dispersion)}
            for window, ranking in returns.ranks.items()
        },
        **present(
            years={
                "won": sum(year.subject > year.benchmark for year in returns.years),
                "of": len(returns.years),
                "median_gap": returns.usual_year_gap,
                "each": {
                    str(year.year): {"subject": year.subject, "benchmark": year.benchmark} for year in returns.years
                },
            }
            if returns.years
            else None
        ),
        "streak": dict(returns.streak),
    }


def technicals_part(found: Technicals) -> dict[str, object]:
    return {
        **present(**{f.name: getattr(found, f.name) for f in fields(found)}),
        "consolidating": found.consolidating,
        "marks_met": sum(found.marks.values()),
        "status": str(found.status),
    }


def strength_part(facts: Facts) -> dict[str, object] | None:
    strength, lines = facts.relative_strength, facts.lines.relative_strength
    if strength is None:
        return None
    place = facts.rotation.get(facts.subject)
    return {
        **present(**{f.name: getattr(strength, f.name) for f in fields(strength)}),
        **present(
            percentile_above=1 - strength.percentile,
            above_average=strength.above_average,
            at_high=strength.at_high,
            chart_start=lines[0].days[0] if lines else None,
            chart_end=lines[0].values[-1] if lines else None,
            rs_ratio=place.rs_ratio if place else None,
            rs_momentum=place.rs_momentum if place else None,
            quadrant=place.quadrant if place else None,
        ),
    }


def precedents_part(found: Precedents | None) -> dict[str, object] | None:
    if found is None:
        return None
    return {
        "rule": RULE,
        "since": found.since.isoformat(),
        "count": len(found.attempts),
        "n": len(found.known),
        "succeeded": found.succeeded,
        "failed": found.failed,
        "first_year": (found.attempts[0].day if found.known else found.since).year,
        **present(share=found.share, interval=found.interval, base_rate=found.base_rate, base_days=found.base_days),
        **present(last=found.known[-1] if found.known else None, open=found.open),
        "dates": [attempt.day.isoformat() for attempt in found.attempts],
        "attempts": [attempt_part(attempt) for attempt in found.attempts],
    }


def attempt_part(attempt: Attempt) -> dict[str, object]:
    outcome = "open" if not attempt.known else "succeeded" if attempt.succeeded else "failed"
    return {**present(day=attempt.day, due=attempt.due, relative_return=attempt.relative_return), "outcome": outcome}


def memory_part(memory: Memory) -> dict[str, object]:
    """What came of earlier editions."""
    return {
        **({"call": memory.call.model_dump(mode="json")} if memory.call else {}),
        **({"scorecard": memory.scorecard.model_dump(mode="json")} if memory.scorecard else {}),
    }


def changes_part(changes: Changes | None) -> dict[str, object] | None:
    if changes is None:
        return None
    return {"since": changes.since.isoformat(), "items": [change_part(one) for one in changes.items]}


def change_part(change: Change) -> dict[str, object]:
    sides = {"before": change.before, "now": change.now}
    return {
        "what": change.what,
        **({"name": change.name} if change.name else {}),
        **{side: side_part(value) for side, value in sides.items() if value is not None},
    }


def side_part(value: Quantity | Fund | str) -> object:
    return plain(value.value) if isinstance(value, Quantity) else value.ticker if isinstance(value, Fund) else value


def verdict_part(verdict: Verdict | None, before: Before | None) -> dict[str, object] | None:
    if verdict is None:
        return None
    return {
        "met": len(verdict.met),
        "met_next": len(verdict.met) + 1,
        **present(met_week_ago=len(before.met) if before else None),
        "of": verdict.of,
        "label": str(verdict.label),
        "criteria": plain(
            {
                one.name: {"met": one.met, "value": one.value, "distance": one.distance, "rival": one.rival}
                for one in verdict.criteria
            }
        ),
    }


def before_part(before: Before | None) -> dict[str, object] | None:
    if before is None:
        return None
    return {
        **present(day=before.day, status=before.status),
        "met": len(before.met),
        "of": before.of,
        "criteria": list(before.met),
    }
