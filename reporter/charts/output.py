"""One drawing as SVG for the page and as PNG for mail."""

from __future__ import annotations

import io
import re
from xml.sax.saxutils import escape

from matplotlib import rc_context
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image

#: From the middle line of a text down to its baseline, in ems: matplotlib's "center_baseline" in Inter.
BASELINE = 31 / 64
#: Shades in a PNG; the drawings have four inks, the rest is the smoothing of their edges.
SHADES = 64


def to_svg(figure: Figure, name: str) -> str:
    """SVG for inlining: text as text, coordinates with one decimal, no declarations, no ids of another chart.

    Texts are written by us, after all else: laying them out takes matplotlib half of a drawing's time, and where they
    stand is known. The figure is left without them.
    """
    texts = "".join(f"{lettering(figure, text)}\n" for text in figure.texts)
    figure.texts.clear()
    buffer = io.StringIO()
    with rc_context({"svg.hashsalt": name}):
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    before, end, after = buffer.getvalue().rpartition("</g>")
    return thin(f"{before}{texts}{end}{after}", name)


def lettering(figure: Figure, text: Text) -> str:
    """A text of `Canvas.text`, whose middle line is at its y."""
    size, (x, y) = float(text.get_fontsize()), text.get_position()
    wide, high = figure.get_size_inches() * 72
    weight = "" if text.get_fontweight() == 400 else f"font-weight: {text.get_fontweight()}; "
    anchor = {"left": "start", "center": "middle", "right": "end"}[text.get_horizontalalignment()]
    return (
        f"<text style=\"{weight}font-size: {size:g}px; font-family: 'Inter'; text-anchor: {anchor}; "
        f'fill: {to_hex(text.get_color())}" x="{x * wide:.9g}" y="{(1 - y) * high + BASELINE * size:.9g}">'
        f"{escape(text.get_text())}</text>"
    )


def to_png(figure: Figure, pixels: int) -> bytes:
    """The same drawing on white, `pixels` wide."""
    drawn, small = io.BytesIO(), io.BytesIO()
    figure.savefig(
        drawn, format="png", dpi=pixels / figure.get_figwidth(), facecolor="white", metadata={"Software": None}
    )
    flat = Image.open(drawn).convert("RGB")
    flat = flat.quantize(SHADES, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    palette, paper = flat.getpalette() or [], flat.tobytes()[0]
    # The tree takes means of colours, and paper of 254 shows as a card on the white of a mail.
    palette[3 * paper : 3 * paper + 3] = (255, 255, 255)
    flat.putpalette(palette)
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
