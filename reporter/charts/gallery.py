"""Drawings that this process has made already: in a batch many clients look at the same facts."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from reporter.charts import Drawing, chart_heights, draw_charts, draw_pictures
from reporter.charts.style import WIDTH
from reporter.facts import Facts
from reporter.language import Language

Drawn = TypeVar("Drawn")
Spelled = tuple[tuple[str, str], ...]
#: Drawings that are kept: 10 kB each on a page, 40 kB in a mail.
MOST = 200


class Gallery:
    """Draws what it has not drawn yet. Folders of templates must not change while it lives."""

    def __init__(self) -> None:
        self._kept: dict[object, tuple[Any, Spelled]] = {}  # with the numbers on them; the one used last comes last
        self._seen: tuple[Facts, str] | None = None  # the facts that were drawn last, and `shown` of them

    def charts(
        self, facts: Facts, language: Language, accent: str, heights: Mapping[str, float], wide: float = WIDTH
    ) -> Mapping[str, Drawing]:
        """As `draw_charts`."""
        seen = self._shown(facts)
        found: dict[str, Drawing] = {}
        for name in chart_heights(facts):
            height = {name: heights[name]} if name in heights else {}
            found |= self._found(
                (seen, language, accent, name, wide, *height.values()),
                partial(draw_charts, facts, language, accent, height, (name,), wide),
            )
        return found

    def pictures(self, facts: Facts, language: Language, names: Collection[str], accent: str) -> Mapping[str, bytes]:
        """As `draw_pictures`."""
        seen = self._shown(facts)
        found: dict[str, bytes] = {}
        for name in names:
            found |= self._found(
                (seen, language, accent, name, "png"),
                partial(draw_pictures, facts, language, (name,), accent),
            )
        return found

    def _shown(self, facts: Facts) -> str:
        if self._seen is None or self._seen[0] is not facts:
            self._seen = facts, shown(facts)
        return self._seen[1]

    def _found(self, asked: tuple[Any, ...], draw: Callable[[], Drawn]) -> Drawn:
        seen, language, *more = asked
        key = (seen, language.code, language.folders, *more)
        spelled_before = language.spoken()
        drawn, spelled = self._kept.pop(key) if key in self._kept else (draw(), language.spoken())
        language.spell_again((*spelled_before, *spelled))
        self._kept[key] = drawn, spelled
        if len(self._kept) > MOST:
            del self._kept[next(iter(self._kept))]
        found: Drawn = drawn
        return found


def shown(facts: Facts) -> str:
    """A hash of everything that can be on a drawing; the name of the brief is on none. The lines, which are nine tenths
    of all, are told apart by what they are made of: the prices, by their vintage, and the sessions and
    funds of the rest.
    """
    rest = replace(facts, brief="", lines=replace(facts.lines, performance={}, relative_strength=None, price=None))
    return hashlib.sha256(repr(rest).encode("utf-8", "surrogateescape")).hexdigest()
