"""Everything that an edition says: each sentence, and each number with the path of the fact behind it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape

from reporter.finding import Finding, Quantity
from reporter.language import SCALE, Language, Said
from reporter.story.assertions import rests_on
from reporter.story.lexicon_trail import Reading

#: The path of a constant of our own rules, which is in the method note and not in facts.json.
CONSTANT = "method"


@dataclass(frozen=True)
class Spoken:
    """One number as one language said it."""

    section: str
    kind: str
    fact: str
    text: str


class Speaker:
    """Says findings and numbers in one language and keeps account of what was said."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self.spoken: list[Spoken] = []
        self.said: list[Said] = []

    def say(self, finding: Finding) -> Said:
        said = self.language.say(finding)
        self._note(finding.section, finding.kind, said.numbers)
        self.said.append(said)
        return said

    def number(self, section: str, kind: str, quantity: Quantity, style: str = "prose") -> Markup:
        """A number outside a sentence: in a table, a label, a list."""
        text = self.language.spell(quantity, style)
        self._note(section, kind, self.language.spoken())
        return self.language.mark(quantity, text)

    def lettered(self, charts: Mapping[str, str]) -> None:
        """Take over what the charts (SVG by name) were lettered with, marks on their axes included.

        A label without room was left out of its chart, and so was not said.
        """
        letters = {name: "\n".join(re.findall(">([^<]+)<", svg)) for name, svg in charts.items()}
        for fact, text in self.language.spoken():
            for name in charts:
                if escape(text) in letters[name]:
                    self._note("charts", name, [(fact, text)])

    def _note(self, section: str, kind: str, numbers: Iterable[tuple[str, str]]) -> None:
        self.spoken += (Spoken(section, kind, fact, text) for fact, text in numbers)


def statements(
    said: Mapping[str, Sequence[Said]], numbers: Sequence[Mapping[str, object]], window: str | None
) -> list[dict[str, Any]]:
    """One statement a finding that was said, in the order of the document: the facts that it rests on, the claims with
    its numbers, and its words in each language. A rule of the method note may rest on constants alone.

    Args:
        said: By language.
        numbers: The claims of the same edition.
        window: The one that "the year" means in it.
    """
    claimed: dict[tuple[object, object], list[object]] = {}
    for claim in numbers:
        claimed.setdefault((claim["section"], claim["kind"]), []).append(claim["id"])
    words: dict[tuple[str, str, int], dict[str, Said]] = {}
    for code, all_said in said.items():
        times: Counter[tuple[str, str]] = Counter()
        for one in all_said:
            place = one.finding.section, one.finding.kind
            words.setdefault((*place, times[place]), {})[code] = one
            times[place] += 1
    return [
        {
            "id": f"s{number}",
            "section": section,
            "kind": kind,
            "facts": sorted(set(rests_on(next(iter(each.values())).finding, window)) - {CONSTANT}),
            "claims": claimed.get((section, kind), []),
            "said": {code: one.text for code, one in each.items()},
        }
        for number, ((section, kind, _), each) in enumerate(words.items(), 1)
    ]


def claims(spoken: Mapping[str, Sequence[Spoken]]) -> list[dict[str, object]]:
    """One claim a number of a finding, with what each language said; the order is that of the document.

    Args:
        spoken: By language. Where a finding says one fact in two ways, the second one is a claim of its own.
    """
    found: dict[tuple[str, str, str, int], dict[str, str]] = {}
    for code, said in spoken.items():
        ways: dict[tuple[str, str, str], list[str]] = {}
        for one in _facts(said):
            texts = ways.setdefault((one.section, one.kind, one.fact), [])
            if one.text not in texts:
                texts.append(one.text)
        for (section, kind, fact), texts in ways.items():
            for number, text in enumerate(texts):
                found.setdefault((section, kind, fact, number), {})[code] = text
    return [
        {"id": f"c{number}", "kind": kind, "section": section, "facts": [fact], "said": texts}
        for number, ((section, kind, fact, _), texts) in enumerate(found.items(), 1)
    ]


def lexicon(readings: Sequence[Reading], language: Language) -> list[dict[str, object]]:
    """Every word with a threshold: its rule, what it looked at as this language writes it, and whether it held."""
    return [
        {
            "word": {"en": one.english, "ru": one.russian},
            "rule": one.rule,
            "facts": {path: language.spell(value) for path, value in one.facts.items()},
            "holds": one.holds,
        }
        for one in readings
    ]


def _facts(said: Iterable[Spoken]) -> Iterable[Spoken]:
    return (one for one in said if one.fact not in (CONSTANT, SCALE))
