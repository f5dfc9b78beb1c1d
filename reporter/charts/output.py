"""One drawing as SVG for the page and as PNG for mail."""

from __future__ import annotations

import io
import re
from xml.sax.saxutils import escape

import numpy as np
from matplotlib.backends.backend_svg import RendererSVG
from matplotlib.colors import to_hex
from matplotlib.font_manager import FontProperties
from matplotlib.transforms import Affine2D
from PIL import Image

from reporter.charts.extents import BOLD, REGULAR
from reporter.charts.style import Canvas, Lettering, Size
from reporter.words import BUNDLED

#: From the middle line of a text down to its baseline, in ems: matplotlib's "center_baseline" in Inter.
BASELINE = 31 / 64
#: Where a text has the point that it stands at -> that point, as a share of its width, and SVG's word for it.
ANCHORS = {"left": (0.0, "start"), "center": (0.5, "middle"), "right": (1.0, "end")}
#: Shades in a PNG; the drawings have four inks, the rest is the smoothing of their edges.
SHADES = 64


def to_svg(canvas: Canvas, name: str) -> str:
    """SVG for inlining: text as text, coordinates with one decimal, no declarations, no ids of another chart.

    Texts are written by us, after all else: laying them out takes matplotlib half of a drawing's time, and where they
    stand is known.
    """
    buffer = io.StringIO()
    renderer = RendererSVG(*canvas.size, buffer, metadata={"Date": None, "Creator": None})
    for artist in canvas.artists:
        artist.draw(renderer)
    renderer.finalize()
    before, end, after = buffer.getvalue().rpartition("</svg>")
    texts = "".join(f"{lettering(one, canvas.size)}\n" for one in canvas.letters)
    return thin(f"{before}{texts}{end}{after}", name)


def lettering(one: Lettering, size: Size) -> str:
    weight = "font-weight: 600; " if one.bold else ""
    return (
        f"<text style=\"{weight}font-size: {one.size:g}px; font-family: 'Inter'; text-anchor: {ANCHORS[one.align][1]}; "
        f'fill: {to_hex(one.colour)}" x="{one.x:.9g}" y="{size.high - one.y + BASELINE * one.size:.9g}">'
        f"{escape(one.text)}</text>"
    )


def to_png(canvas: Canvas, pixels: int) -> bytes:
    """The same drawing on white, `pixels` wide."""
    from matplotlib.backends.backend_agg import RendererAgg

    scale = pixels / canvas.size.wide  # pixels in a point
    renderer = RendererAgg(pixels, round(canvas.size.high * scale), scale * 72)
    for artist in canvas.artists:
        artist.set_transform(Affine2D().scale(scale))
        artist.draw(renderer)
    for one in canvas.letters:
        font = FontProperties(fname=BUNDLED / "fonts" / f"{BOLD if one.bold else REGULAR}.ttf", size=one.size)
        wide, *_ = renderer.get_text_width_height_descent(one.text, font, ismath=False)
        ink = renderer.new_gc()
        ink.set_foreground(one.colour)
        down = renderer.height - (one.y - BASELINE * one.size) * scale
        renderer.draw_text(ink, one.x * scale - wide * ANCHORS[one.align][0], down, one.text, font, 0)
    drawn = Image.fromarray(np.asarray(renderer.buffer_rgba()))
    flat = Image.alpha_composite(Image.new("RGBA", drawn.size, "white"), drawn).convert("RGB")
    flat = flat.quantize(SHADES, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    palette, paper = flat.getpalette() or [], flat.tobytes()[0]
    # The tree takes means of colours, and paper of 254 shows as a card on the white of a mail.
    palette[3 * paper : 3 * paper + 3] = (255, 255, 255)
    flat.putpalette(palette)
    small = io.BytesIO()
    flat.save(small, "PNG", compress_level=7)
    return small.getvalue()


#: What a browser and WeasyPrint do not need. In this order.
THINNER = (
    (re.compile(r"^.*?(?=<svg)", re.DOTALL), ""),
    (re.compile(r"<metadata>.*?</metadata>", re.DOTALL), ""),
    (re.compile(r"<defs>\s*<style.*?</style>\s*</defs>", re.DOTALL), ""),
    (re.compile(r"<!--.*?-->", re.DOTALL), ""),
    (re.compile(r'<g id="[^"]*">'), "<g>"),
    (re.compile(r' transform="rotate\(-0 [^"]*"'), ""),
    (re.compile(r'<g id="[^"]*"/>'), ""),
    (re.compile(r'<path d="[^"]*" style="fill: none"/>'), ""),
    (re.compile(r"; stroke-linejoin: miter"), ""),
    (re.compile(r"; stroke-linecap: (?:butt|square)"), ""),
    (re.compile(r"\n+\s*"), "\n"),
    (re.compile(r"<g>\s*</g>"), ""),
    (re.compile(r"<g>\s*</g>"), ""),
    (re.compile(r"<g>\s*(<(?:text|path)\b[^>]*(?:/>|>[^<]*</text>))\s*</g>"), r"\1"),
    (re.compile(r'<svg [^>]*viewBox="([^"]*)"[^>]*>'), r'<svg xmlns="http://www.w3.org/2000/svg" viewBox="\1">'),
)  # fmt: skip
#: Where a tenth of a point is enough; what stands in a text is not touched.
COORDINATES = re.compile(r' (?:d|x|y|transform)="[^"]*"')
BEYOND_TENTHS = re.compile(r"(?<=\d\.\d)\d+")


def thin(svg: str, name: str) -> str:
    """The same drawing in fewer bytes and nodes, with ids that are unique on a page."""
    for pattern, replacement in THINNER:
        svg = pattern.sub(replacement, svg)
    svg = COORDINATES.sub(lambda found: BEYOND_TENTHS.sub("", found[0]), svg)
    svg = re.sub(r'id="([^"]+)"', rf'id="{name}-\1"', svg)
    svg = re.sub(r'xlink:href="#([^"]+)"', rf'href="#{name}-\1"', svg)
    return re.sub(r"url\(#([^)]+)\)", rf"url(#{name}-\1)", svg).strip()
