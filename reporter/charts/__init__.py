"""Draws facts. Nothing is computed and nothing is said here: numbers come from facts, words from the language."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib import rc_context

from reporter.charts import field, performance, price, relative_strength, rotation
from reporter.charts.style import look
from reporter.facts import Facts
from reporter.language import Language

#: Name -> what draws it; None where the facts for it are absent. The names stand in the page, the labels and the story.
CHARTS = {
    "performance": performance.draw,
    "price": price.draw,
    "field": field.draw,
    "rotation": rotation.draw,
    "relative_strength": relative_strength.draw,
}


def draw_charts(facts: Facts, language: Language) -> Mapping[str, str]:
    """SVG by name, in the order of the page."""
    with rc_context(look()):  # type: ignore[arg-type]
        drawn = {name: draw(facts, language) for name, draw in CHARTS.items()}
    return {name: svg for name, svg in drawn.items() if svg is not None}
