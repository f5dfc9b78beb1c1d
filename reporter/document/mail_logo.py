"""The brand's logo as a PNG: mail programs show no SVG. On white, so that no dark screen swallows it."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from functools import cache

from PIL import Image

from reporter.document.logo import Logo
from reporter.document.pdf import pdf_problem, render_pdf

#: Pixels that it is shown in, at most; the picture has twice as many.
WIDEST, HIGH = 224, 32
SHARP = 2


@dataclass(frozen=True)
class Picture:
    """A PNG, and the pixels that it is shown in."""

    png: bytes
    wide: int
    high: int


@cache
def mail_logo(logo: Logo | None) -> Picture | None:
    """None without a logo, and where nothing can draw an SVG: the name of the brand takes its place."""
    if logo is None or (logo.kind != "png" and pdf_problem()):
        return None
    drawn = Image.open(io.BytesIO(logo.content)) if logo.kind == "png" else drawing(logo)
    share = min(WIDEST / drawn.width, HIGH / drawn.height)
    wide, high = max(1, round(drawn.width * share)), max(1, round(drawn.height * share))
    paper = Image.new("RGB", drawn.size, "white")
    paper.paste(drawn, mask=drawn.getchannel("A") if "A" in drawn.getbands() else None)
    made = io.BytesIO()
    paper.resize((wide * SHARP, high * SHARP), Image.Resampling.LANCZOS).save(made, "PNG", optimize=True)
    return Picture(made.getvalue(), wide, high)


def drawing(logo: Logo) -> Image.Image:
    """Of an SVG, by the engine that draws it on paper, at four times the size that it is shown in."""
    from pdf_oxide import PdfDocument

    box = re.search(rb'viewBox="\s*\S+[\s,]+\S+[\s,]+([\d.]+)[\s,]+([\d.]+)', logo.content)
    across, up = (float(box[1]) or 1.0, float(box[2]) or 1.0) if box else (1.0, 1.0)
    share = min(WIDEST / across, HIGH / up)
    page = (
        f'<html lang="en"><title>logo</title><style>@page {{ size: {across * share}pt {up * share}pt; margin: 0 }} '
        'body { margin: 0 } img { display: block; width: 100% }</style><img src="brief:logo" alt="logo">'
    )
    sheet = PdfDocument.from_bytes(render_pdf(page, {}, logo))
    return Image.open(io.BytesIO(bytes(sheet.render_page(0, dpi=72 * 2 * SHARP))))
