"""The fonts of a web page, cut down to the letters that it uses. The only user of fontTools.

Cutting and packing takes a quarter of a second a font. The letters are therefore rounded up to whole alphabets, so that
one file serves every edition of a language, and what was cut is kept.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable
from functools import cache

from reporter.cache import keep, read_cached
from reporter.words import BUNDLED

#: Alphabets, each taken whole if the page has one letter of it; the first is always taken.
ALPHABETS = (
    "".join(map(chr, range(0x20, 0x7F))) + "\u00a0\u2009\u202f\u2010‘’“”„«»–—−…·×±%§№°¹²³⁴⁵⁶→▲▼△▽●○≈≥≤",
    "".join(map(chr, range(0x410, 0x450))) + "Ёё",
    "".join(map(chr, range(0xC0, 0x180))),
)
#: What is left of the features: kerning, ligatures, figures of one width and height, forms of a language.
FEATURES = ["kern", "liga", "tnum", "lnum", "ccmp", "locl", "mark"]
VERSION = 1  # of what is kept: raised when anything here changes


def letters(text: str) -> str:
    """The letters to keep for a text: whole alphabets, and whatever else it has."""
    used = set(text) - set(ALPHABETS[0])
    taken = set(ALPHABETS[0])
    for alphabet in ALPHABETS[1:]:
        if used & set(alphabet):
            taken |= set(alphabet)
    return "".join(sorted(taken | {one for one in used if one.isprintable()}))


@cache
def web_font(name: str, wanted: str) -> bytes:
    """WOFF2 of a bundled font with the glyphs of `wanted`; the same letters give the same bytes."""
    source = (BUNDLED / "fonts" / f"{name}.ttf").read_bytes()
    digest = hashlib.sha256(source + wanted.encode("utf-8", "surrogatepass")).hexdigest()[:24]
    kept_as = f"font-{VERSION}-{name}-{digest}.woff2"
    if (kept := read_cached(kept_as)) is not None and kept.startswith(b"wOF2"):
        return kept
    made = cut(source, map(ord, wanted))
    keep(kept_as, made)
    return made


def cut(source: bytes, codes: Iterable[int]) -> bytes:
    """The font with those characters alone."""
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont

    options = Options(layout_features=FEATURES, hinting=False, name_IDs=[1, 2], notdef_outline=True)
    font = TTFont(io.BytesIO(source), lazy=True, recalcTimestamp=False)
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=list(codes))
    subsetter.subset(font)
    font.flavor = "woff2"
    made = io.BytesIO()
    font.save(made)
    return made.getvalue()
