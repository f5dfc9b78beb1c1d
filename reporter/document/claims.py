"""Every number that an edition says, with the path of the fact behind it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from reporter.finding import Finding, Quantity
from reporter.language import Language, Said

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

    def say(self, finding: Finding) -> Said:
        said = self.language.say(finding)
        self.spoken += (Spoken(finding.section, finding.kind, fact, text) for fact, text in said.numbers)
        return said

    def number(self, section: str, kind: str, quantity: Quantity, style: str = "prose") -> Markup:
        """A number outside a sentence: in a table, a label, a list."""
        text = self.language.spell(quantity, style)
        self.spoken.append(Spoken(section, kind, quantity.fact, text))
        return self.language.mark(quantity, text)


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


def _facts(said: Iterable[Spoken]) -> Iterable[Spoken]:
    return (one for one in said if one.fact != CONSTANT)
