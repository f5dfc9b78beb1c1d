"""Charts with their words, and the sections that they stand beside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from reporter.document.claims import Speaker
from reporter.story.captions import Caption
from reporter.story.outline import FACTS_FIRST

#: Chart -> the section that it stands beside. Where that section is absent, the nearest one before it takes the chart.
HOMES = {
    "performance": "lede",
    "price": "technicals",
    "field": "field",
    "rotation": "field",
    "relative_strength": "reversion",
    "attempts": "precedents",
}


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A chart with its words."""

    name: str
    title: Markup
    subtitle: Markup
    alt: str
    source: Markup  # where the numbers come from, and the as-of


def figure(name: str, caption: Caption, source: Markup, speaker: Speaker) -> Figure:
    return Figure(
        name=name,
        title=speaker.say(caption.title).html,
        subtitle=speaker.say(caption.subtitle).html,
        alt=speaker.say(caption.alt).text,
        source=source,
    )


def places(charts: Sequence[str], sections: Sequence[str]) -> Mapping[str, Sequence[str]]:
    """Section -> its charts. A homeless chart goes where its home would have been: to the section before."""
    order = list(dict.fromkeys((*sections, *HOMES.values())))
    found: dict[str, list[str]] = {}
    for name in charts:
        home = HOMES[name]
        if home not in sections:
            earlier = [section for section in sections if section in FACTS_FIRST[: FACTS_FIRST.index(home)]]
            home = earlier[-1] if earlier else sections[0]
        found.setdefault(home, []).append(name)
    return {section: found[section] for section in order if section in found}
