"""What others said in a simulated market, and what we said ourselves: invented, with numbers and marks of their own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from reporter.facts import Facts
from reporter.voices import Voices
from reporter.voices.headlines import Headline
from reporter.voices.memory import Call, Earlier, Memory, Scorecard
from reporter.voices.quotes import Quote

TITLES = {
    "en": (
        "Small caps: 5 charts for 2025",
        "Is the 10-year slump over?",
        "Why 63% of managers wait",
        "Value’s “lost decade”",
    ),
    "ru": (
        "Малые компании: 5 причин ждать",
        "Конец спада длиной 10 лет?",
        "Почему 63 % управляющих ждут",
        "Акции «второго ряда»",
    ),
}
QUOTES = {
    "en": "In 1,000 weeks I have seen 7 such turns; 3 held.",
    "ru": "За 1000 недель я видел 7 таких разворотов; 3 удержались.",
}
LABELS = ("none", "thin", "building", "convincing")
PROFILES = ("solid", "mixed", "weak")


def make_voices(rng: np.random.Generator, facts: Facts, *, quiet: bool) -> Voices:
    """Each kind of voice in about half of the markets, and in some none; in a quiet week nothing has changed."""
    if not quiet and rng.random() < 0.15:
        return Voices()
    return Voices(
        quote=make_quote(rng, facts) if rng.random() < 0.5 else None,
        headlines=tuple(make_headline(rng, facts, n) for n in range(int(rng.choice((0, 0, 1, 2, 3))))),
        memory=make_memory(rng, facts, quiet=quiet),
    )


def make_quote(rng: np.random.Generator, facts: Facts) -> Quote:
    code = str(rng.choice(("en", "ru")))
    other = "ru" if code == "en" else "en"
    return Quote(
        text=QUOTES[code],
        language=code,
        speaker="Ann Example" if code == "en" else "Анна Пример",
        title=str(rng.choice(("", "strategist"))),
        firm=str(rng.choice(("", "Example 21 Partners"))),
        link="https://example.com/note-2024",
        said=facts.as_of - timedelta(days=int(rng.integers(0, 300))),
        attributions={other: "Ann Example, 21"} if rng.random() < 0.3 else {},
        translations={other: QUOTES[other]} if rng.random() < 0.5 else {},
    )


def make_headline(rng: np.random.Generator, facts: Facts, n: int) -> Headline:
    code = str(rng.choice(("en", "ru")))
    published = datetime(facts.as_of.year, facts.as_of.month, facts.as_of.day, 9, tzinfo=UTC) - timedelta(days=n)
    return Headline(
        title=TITLES[code][int(rng.integers(0, 4))],
        outlet="Example Times",
        link=str(rng.choice(("", "https://example.com/7"))),
        language=code,
        published=published,
        out_by=published,
        feed="https://example.com/feed",
    )


def make_memory(rng: np.random.Generator, facts: Facts, *, quiet: bool) -> Memory:
    """An edition before that differs in some points, a call that was right, wrong or neither, and a score."""
    mine, theirs = rng.normal(0, 0.1, 2).tolist()
    if rng.random() < 0.25:
        mine = theirs + float(rng.normal(0, 0.001))
    days = int(rng.integers(32, 364))
    title = {"en": "Small caps rise. Is it the turn?", "ru": "Малые компании растут. Разворот ли это?"}
    call = Call(
        as_of=facts.as_of - timedelta(days=days),
        title=title if rng.random() < 0.7 else {code: title[code] for code in [str(rng.choice(("en", "ru")))]},
        verdict=LABELS[int(rng.integers(0, 4))],  # type: ignore[arg-type]
        subject_return=mine,
        benchmark_return=theirs,
        relative_return=(1 + mine) / (1 + theirs) - 1,
    )
    return Memory(
        previous=make_earlier(rng, facts, same=quiet or rng.random() < 0.3) if quiet or rng.random() < 0.6 else None,
        call=call if rng.random() < 0.6 else None,
        scorecard=make_score(rng, facts) if rng.random() < 0.4 else None,
    )


def make_earlier(rng: np.random.Generator, facts: Facts, *, same: bool) -> Earlier:
    """A week before; `same`: nothing has changed since."""
    ranking, status = facts.returns.ranks.get("YTD"), facts.technicals.get(facts.subject)
    verdict = facts.verdict
    known: dict[str, Any] = {}
    if verdict is not None:
        known["verdict"] = str(verdict.label) if same else LABELS[int(rng.integers(0, 4))]
        known["criteria"] = {
            one.name: one.met if same or rng.random() < 0.7 else not one.met for one in verdict.criteria
        }
    if status is not None:
        known["profile"] = str(status.status) if same else PROFILES[int(rng.integers(0, 3))]
    if "YTD" in facts.returns.gap:
        known["gap_ytd"] = facts.returns.gap["YTD"] + (0.0 if same else float(rng.normal(0, 0.02)))
    if ranking is not None:
        known |= {"rank_of": ranking.of, "leader": ranking.order[0 if same else int(rng.integers(0, ranking.of))]}
        known["rank_ytd"] = ranking.place(facts.subject) if same else int(rng.integers(1, ranking.of + 1))
    if facts.precedents and facts.precedents.attempts and same:
        known["attempt"] = facts.precedents.attempts[-1].day
    return Earlier(
        as_of=facts.as_of - timedelta(days=7),
        subject=facts.subject,
        benchmark=facts.benchmark,
        title={"en": "Before", "ru": "Прежде"},
        **known,
    )


def make_score(rng: np.random.Generator, facts: Facts) -> Scorecard:
    hopes, doubts = ((0, 9), (8, 0), (1, 8), (8, 1), (12, 21))[int(rng.integers(0, 5))]
    good, bad = int(rng.integers(0, hopes + 1)), int(rng.integers(0, doubts + 1))
    return Scorecard(
        n=hopes + doubts,
        borne_out=good + bad,
        hopes=hopes,
        hopes_borne_out=good,
        doubts=doubts,
        doubts_borne_out=bad,
        since=facts.as_of - timedelta(days=1500),
        base_rate=float(rng.uniform(0.2, 0.8)),
        base_days=2000,
    )
