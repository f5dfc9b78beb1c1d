"""A drawing as WeasyPrint takes it with the least work: the same to the eye.

It puts every text with an anchor into a transparency group of its own, and reads every style as a style sheet. So
texts begin where they begin, and styles are attributes.
"""

from __future__ import annotations

import re
from functools import lru_cache
from html import unescape

from reporter.charts.extents import BOLD, REGULAR, width
from reporter.charts.output import ANCHORS

TEXT = re.compile(r'(<text [^>]*?)text-anchor: (\w+); ([^>]*? x=")([^"]*)("[^>]*>)([^<]*)')
STYLE = re.compile(r' style="([^"]*)"')
#: Share of a text that stands left of its anchor.
LEFT = {anchor: share for share, anchor in ANCHORS.values()}


@lru_cache(maxsize=32)
def on_paper(svg: str) -> str:
    """An SVG of `draw_charts` with texts that are set from the left, and attributes in place of styles."""
    return STYLE.sub(attributes, TEXT.sub(from_the_left, svg))


def from_the_left(found: re.Match[str]) -> str:
    """WeasyPrint sets the letters of a drawing one by one, without kerning, as `width` counts them."""
    before, anchor, between, x, after, text = found.groups()
    looks = before + between
    size = float(re.findall(r"font-size: ([\d.]+)px", looks)[0])
    wide = width(unescape(text), size, BOLD if "font-weight: 600" in looks else REGULAR)
    return f"{before}{between}{float(x) - LEFT[anchor] * wide:.2f}{after}{text}"


def attributes(found: re.Match[str]) -> str:
    pairs = (pair.split(":", 1) for pair in found[1].split(";") if pair.strip())
    return "".join(f' {name.strip()}="{value.strip()}"' for name, value in pairs)
