"""The text stage of an edition, with an account of which wording, and which arm of each, was used."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from jinja2 import nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from reporter.finding import Finding
from reporter.language import Language, Said, plain
from reporter.story import Story
from reporter.words import WordFile

Place = tuple[str, str, str]  # file, macro, arm: "" for the macro itself


class Watching(ImmutableSandboxedEnvironment):
    """Compiles templates so that every macro, and both sides of every condition in one, tell when they are used."""

    seen: Counter[Place]
    known: set[Place]

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        file = Path(name or "").name
        for macro in tree.find_all(nodes.Macro):
            for number, choice in enumerate(macro.find_all((nodes.If, nodes.CondExpr)), 1):
                shown = f"{number}, line {choice.lineno}"
                self.known |= {(file, macro.name, f"{shown}: {side}") for side in ("yes", "no")}
                choice.test = self._told((file, macro.name, shown), choice.test)
            self.known.add((file, macro.name, ""))
            macro.body.insert(0, nodes.ExprStmt(self._told((file, macro.name, ""), nodes.Const(True))))
        return tree.set_lineno(1) if not tree.body else tree

    @staticmethod
    def _told(place: Place, test: nodes.Expr) -> nodes.Call:
        arguments: list[nodes.Expr] = [*map(nodes.Const, place), test]
        return nodes.Call(nodes.Name("_tell", "load"), arguments, [], None, None).set_lineno(1)

    def tell(self, file: str, macro: str, arm: str, outcome: Any) -> Any:
        self.seen[file, macro, f"{arm}: {'yes' if outcome else 'no'}" if arm else ""] += 1
        return outcome


#: Names that a user might add, longer than any of ours: a title with them must still fit.
LONG_NAMES = {
    "en": {
        "label": "Biotech OTC",
        "group": "over-the-counter biotechnology and drug companies",
        "market": "the multinational telecommunications industry",
        "index": "an index of theirs",
    },
    "ru": {
        "label": "Биотех",
        "group": "внебиржевые биотехнологические и аграрные компании",
        "gen": "внебиржевых биотехнологических и аграрных компаний",
        "pre": "внебиржевых биотехнологических и аграрных компаниях",
        "market": "телекоммуникационный сектор",
        "market_gen": "телекоммуникационного сектора",
        "index": "свой индекс",
    },
}


class WatchedLanguage(Language):
    """A language that counts its wordings, and knows two funds more."""

    def words(self, name: str) -> WordFile:
        found = super().words(name)
        return {**found, **dict.fromkeys(("LONG", "LONGER"), LONG_NAMES[self.code])} if name == "names.yaml" else found

    @cached_property
    def environment(self) -> ImmutableSandboxedEnvironment:
        made = super().environment
        made.__class__ = Watching
        assert isinstance(made, Watching)
        made.bytecode_cache, made.seen, made.known = None, Counter(), set()
        made.globals["_tell"] = made.tell
        return made

    @property
    def seen(self) -> Counter[Place]:
        return self.environment.seen  # type: ignore[attr-defined,no-any-return]

    def places(self) -> set[Place]:
        """Everything that could be used: all macros of all files, and both sides of their conditions."""
        for file in sorted((self.folders[-1] / "languages" / self.code).glob("*.j2")):
            self.environment.get_template(f"languages/{self.code}/{file.name}")
        return set(self.environment.known)  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Text:
    """One edition in one language, as a proofreader gets it."""

    code: str
    title: Said
    standfirst: Said
    sections: tuple[tuple[str, tuple[tuple[Said, ...], ...]], ...]  # name, paragraphs
    headings: Mapping[str, str]  # by section; empty where it goes on under the one before
    captions: tuple[Said, ...]
    ahead: tuple[Said, ...]
    method: tuple[Said, ...]

    @property
    def paragraphs(self) -> Iterator[tuple[str, str]]:
        """Section and text of each paragraph of the prose."""
        for name, paragraphs in self.sections:
            for paragraph in paragraphs:
                yield name, " ".join(said.text for said in paragraph)

    @property
    def prose(self) -> Iterator[Said]:
        """What the article says, without title, captions and method."""
        yield from (said for _, paragraphs in self.sections for paragraph in paragraphs for said in paragraph)

    @property
    def everything(self) -> Iterator[Said]:
        yield from (self.title, self.standfirst, *self.prose, *self.captions, *self.ahead, *self.method)


def own_words(said: Said) -> str:
    """A sentence without what it cites, which nobody may correct."""
    return plain(re.sub(r"(<q\b[^>]*>[“«]).*?([”»]</q>)", r"\1Cited\2", str(said.html), flags=re.DOTALL))


def say(story: Story, language: Language) -> Text:
    """Everything in words, in the order of the page."""

    def all_of(findings: Sequence[Finding]) -> tuple[Said, ...]:
        return tuple(language.say(finding) for finding in findings)

    return Text(
        code=language.code,
        title=language.say(story.title),
        standfirst=language.say(story.standfirst),
        sections=tuple(
            (section.name, tuple(all_of(paragraph) for paragraph in section.paragraphs)) for section in story.sections
        ),
        headings={section.name: section.heading for section in story.sections},
        captions=all_of([one for c in story.captions.values() for one in (c.title, c.subtitle, c.alt)]),
        ahead=all_of((story.ahead,) if story.ahead else ()),
        method=all_of(story.method),
    )
