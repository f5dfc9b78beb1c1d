"""The brand's logo: an SVG or PNG file, checked and made anew, so that nothing of it can run, call out or be huge."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ET
from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from reporter.errors import ConfigError

LARGEST, MOST_PIXELS = 200_000, 4_000_000  # bytes of the file, pixels of a PNG
SVG = "{http://www.w3.org/2000/svg}"
# fmt: off
SHAPES = frozenset({
    "svg", "g", "path", "rect", "circle", "ellipse", "line", "polyline",
    "polygon", "defs", "linearGradient", "radialGradient", "stop", "clipPath",
})
# fmt: on
PASSED_OVER = frozenset(("title", "desc", "metadata"))
# fmt: off
ATTRIBUTES = frozenset({
    "d", "x", "y", "x1", "y1", "x2", "y2", "cx",
    "cy", "r", "rx", "ry", "fx", "fy", "width", "height",
    "viewBox", "points", "transform", "fill", "fill-rule", "fill-opacity", "stroke", "stroke-width",
    "stroke-linecap", "stroke-linejoin", "stroke-miterlimit", "stroke-opacity", "opacity", "offset",
    "stop-color", "stop-opacity",
    "gradientUnits", "gradientTransform", "clip-path", "clip-rule", "clipPathUnits", "id",
})
# fmt: on
#: A value that reaches nowhere but into the drawing itself.
HARMLESS = re.compile(r"[\w\s.,%#()+-]*|url\(#[\w-]+\)")


@dataclass(frozen=True)
class Logo:
    content: bytes
    kind: str  # svg+xml or png

    @property
    def address(self) -> str:
        """A data: address."""
        return f"data:image/{self.kind};base64,{b64encode(self.content).decode()}"


def read_logo(path: Path | None) -> Logo | None:
    """None without a file.

    Raises:
        ConfigError: it cannot be read, or is no picture that a page may show.
    """
    if path is None:
        return None
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        raise ConfigError([f"brand.logo: {path}: cannot be read: {error.strerror}"]) from error
    if len(content) > LARGEST:
        raise ConfigError([f"brand.logo: {path}: is over {LARGEST // 1000} kB; make it smaller"])
    try:
        return png(content) if content.startswith(b"\x89PNG") else svg(content)
    except ValueError as error:
        raise ConfigError([f"brand.logo: {path}: {error}"]) from error


def png(content: bytes) -> Logo:
    """The same pixels, without anything else that the file held.

    Raises:
        ValueError: it is damaged or too large.
    """
    try:
        picture = Image.open(io.BytesIO(content), formats=("PNG",))
        if picture.width * picture.height > MOST_PIXELS:
            raise ValueError("has over four million pixels; make it smaller")
        made = io.BytesIO()
        picture.convert("RGBA").save(made, "PNG", optimize=True)
    except (OSError, SyntaxError, UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise ValueError("is a damaged PNG; save it again") from error
    return Logo(made.getvalue(), "png")


def svg(content: bytes) -> Logo:
    """The same shapes; what editors add is left out, what could run, load or need a font is refused.

    Raises:
        ValueError: it is no SVG, or has something that a logo must not have.
    """
    if re.search(rb"<!(?:DOCTYPE|ENTITY)", content, re.IGNORECASE):
        raise ValueError("has a document type; save it as plain SVG")
    try:
        root = ET.fromstring(content)  # noqa: S314 - without a document type there are no entities to blow up
    except ET.ParseError as error:
        raise ValueError("is neither PNG nor well-formed SVG; save it again") from error
    if root.tag != f"{SVG}svg":
        raise ValueError("is neither PNG nor SVG")
    if "viewBox" not in root.attrib:
        raise ValueError("has no viewBox; save it as plain SVG with one")
    ET.register_namespace("", SVG[1:-1])
    return Logo(ET.tostring(cleaned(root), encoding="utf-8"), "svg+xml")


def cleaned(element: ET.Element) -> ET.Element:
    """A copy of shapes alone.

    Raises:
        ValueError: an element of SVG that is no shape.
    """
    name = element.tag.removeprefix(SVG)
    if name not in SHAPES:
        hint = "turn text into outlines" if name == "text" else "a logo consists of shapes alone"
        raise ValueError(f"has <{name[:40]}>; {hint}")
    kept = {key: value for key, value in element.attrib.items() if key in ATTRIBUTES and HARMLESS.fullmatch(value)}
    kept |= styles(element.get("style", ""))
    made = ET.Element(element.tag, kept)
    for child in element:
        tag = child.tag if isinstance(child.tag, str) else ""
        if tag.startswith(SVG) and tag.removeprefix(SVG) not in PASSED_OVER:
            made.append(cleaned(child))
    return made


def styles(text: str) -> dict[str, str]:
    """Declarations of a style attribute as attributes, as far as they are looks."""
    pairs = (part.partition(":") for part in text.split(";"))
    found = {key.strip(): value.strip() for key, _, value in pairs}
    return {key: value for key, value in found.items() if key in ATTRIBUTES and HARMLESS.fullmatch(value)}
