"""The page as one self-contained HTML file: fonts, styles and charts inside, no script, nothing fetched."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from jinja2 import ChoiceLoader, FileSystemLoader, StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from reporter.charts.style import ACCENT, inks
from reporter.document.page import Link, Page
from reporter.errors import DocumentError
from reporter.language import BUNDLED, compiled_templates, template_folders

#: Family, file, weight, style: the only fonts on any page.
FONTS = (
    ("Inter", "Inter-Regular", 400, "normal"),
    ("Inter", "Inter-SemiBold", 600, "normal"),
    ("Source Serif 4", "SourceSerif4-Regular", 400, "normal"),
    ("Source Serif 4", "SourceSerif4-Italic", 400, "italic"),
    ("Source Serif 4", "SourceSerif4-SemiBold", 600, "normal"),
)


def render_html(page: Page, charts: Mapping[str, str], links: Sequence[Link], templates: Path | None = None) -> bytes:
    """The page for a screen, UTF-8."""
    drawn = {name: Markup(coloured(svg)) for name, svg in charts.items()}  # noqa: S704
    return fill(page, templates, print=False, links=links, charts=drawn, fonts=web_fonts()).encode()


def fill(page: Page, templates: Path | None, **more: object) -> str:
    """The template of the page with the page in it."""
    return filled(environment(templates), "brief.html.j2", page=page, **more)


def filled(made: ImmutableSandboxedEnvironment, name: str, **values: object) -> str:
    """A template with values in it.

    Raises:
        DocumentError: a template of the user's is wrong.
    """
    try:
        return made.get_template(name).render(**values)
    except TemplateError as error:
        line = f":{lineno}" if (lineno := getattr(error, "lineno", None)) else ""
        raise DocumentError(f"{getattr(error, 'name', None) or name}{line}: {error.message}") from error


def environment(templates: Path | None) -> ImmutableSandboxedEnvironment:
    """Sandboxed, strict, escaping everything that is not markup already."""
    made = ImmutableSandboxedEnvironment(
        loader=ChoiceLoader([FileSystemLoader(folder) for folder in template_folders(templates)]),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        bytecode_cache=compiled_templates(),
    )
    made.filters["css_string"] = css_string
    return made


def css_string(text: str) -> Markup:
    """A quoted CSS string; whatever could end it, or a style element, is escaped by its code."""
    inner = re.sub(r"[^\w .,:;%()\-–—·]", lambda match: f"\\{ord(match[0]):x} ", text)
    return Markup(f'"{inner}"')  # noqa: S704


def coloured(svg: str) -> str:
    """The inks of the charts as variables of the page, so that dark mode changes them."""
    for name, ink in inks(ACCENT).items():
        svg = svg.replace(ink, f"var(--{name})")
    return svg


@cache
def web_fonts() -> Markup:
    """@font-face rules with the subset WOFF2 files inside."""
    return faces({name: f"data:font/woff2;base64,{b64encode(font(name + '.woff2')).decode()}" for _, name, *_ in FONTS})


def faces(addresses: Mapping[str, str]) -> Markup:
    """@font-face rules; `addresses` by the name of the font's file."""
    rules = (
        f'@font-face{{font-family:"{family}";font-weight:{weight};font-style:{style};'
        f'src:url("{addresses[name]}");font-display:swap}}'
        for family, name, weight, style in FONTS
    )
    return Markup("\n".join(rules))  # noqa: S704


def font(name: str) -> bytes:
    return (BUNDLED / "fonts" / name).read_bytes()
