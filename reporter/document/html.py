"""The page as one self-contained HTML file: fonts, styles and charts inside, no script, nothing fetched."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from traceback import extract_tb
from typing import TYPE_CHECKING

from jinja2 import ChoiceLoader, FileSystemLoader, StrictUndefined, TemplateError, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from reporter.colour import NIGHT, lightened
from reporter.compiled import Compiled
from reporter.document.fonts import letters, web_font
from reporter.errors import DocumentError
from reporter.words import BUNDLED, template_folders

if TYPE_CHECKING:
    from reporter.charts import Drawing
    from reporter.charts.style import Frame
    from reporter.document.beside import Place
    from reporter.document.page import Link, Page
    from reporter.document.readouts import ReadOut

#: Family, file, weight, style: the only fonts on any page.
FONTS = (
    ("Inter", "Inter-Regular", 400, "normal"),
    ("Inter", "Inter-SemiBold", 600, "normal"),
    ("Source Serif 4", "SourceSerif4-Regular", 400, "normal"),
    ("Source Serif 4", "SourceSerif4-Italic", 400, "italic"),
    ("Source Serif 4", "SourceSerif4-SemiBold", 600, "normal"),
)
#: Letters of a word, or more, that a line beside the boxes of a sheet may have no room for.
LONG = 30
#: A comment of the style sheet in whose place the fonts come, once it is known which letters the page has.
FONTS_GO_HERE = Markup("/*fonts*/")


def render_html(
    page: Page,
    charts: Mapping[str, tuple[Drawing, Drawing]],
    links: Sequence[Link],
    readouts: Mapping[str, Sequence[ReadOut]],
    boxes: Mapping[str, Sequence[Place]],
    templates: Path | None = None,
) -> bytes:
    """The page for a screen, UTF-8.

    Args:
        charts: By name: the drawing for wide columns, and the one for phones, whose letters are larger.
        readouts: What a chart tells at a pointer, a finger or the keyboard, by its name.
        boxes: Section -> what stands beside it.
    """
    drawn = {
        name: [(Markup(coloured(one.svg, page.accent)), inset(one.frame)) for one in both]  # noqa: S704 drawn by us
        for name, both in charts.items()
    }
    night = lightened(page.accent, NIGHT)
    html = fill(
        page,
        templates,
        print=False,
        links=links,
        charts=drawn,
        readouts=readouts,
        beside=boxes,
        night=night,
        fonts=FONTS_GO_HERE,
    )
    return with_fonts(html).encode()


def with_fonts(html: str) -> str:
    """With the fonts in their place, now that it is known which letters the page has."""
    return html.replace(FONTS_GO_HERE, web_fonts(letters(html)), 1)


def fill(page: Page, templates: Path | None, **more: object) -> str:
    """The template of the page with the page in it."""
    from reporter.document.origins import traced  # not for the page of an archive, which has no facts

    made = environment(templates)
    made.filters["traced"] = breakable if more["print"] else (lambda text: traced(text, page.origins))
    return filled(made, "brief.html.j2", page=page, **more)


def breakable(text: Markup) -> Markup:
    """With words that may be wider than their column marked, for print.css to break: whole they go below the float
    beside them, and WeasyPrint fails where that fills the page.
    """
    return Markup(re.sub(f"([^<>\\s]{{{LONG},}})(?![^<]*>)", r'<span class="long">\1</span>', str(text)))  # noqa: S704  still escaped


def filled(made: ImmutableSandboxedEnvironment, name: str, **values: object) -> str:
    """A template with values in it.

    Raises:
        DocumentError: a template of the user's is wrong.
    """
    try:
        return made.get_template(name).render(**values)
    except TemplateError as error:
        raise DocumentError(f"{place_of(error, made) or name}: {error.message}") from error


def place_of(error: TemplateError, made: ImmutableSandboxedEnvironment) -> str:
    """File and line of a template, as `sections/part.html.j2:3`; empty where it is not known."""
    if isinstance(error, TemplateSyntaxError):
        return f"{error.name}:{error.lineno}" if error.name else ""
    for frame in reversed(extract_tb(error.__traceback__)):  # jinja2 puts its templates there
        names = [one for one in made.list_templates() if Path(frame.filename).as_posix().endswith(f"/{one}")]
        if names:
            return f"{max(names, key=len)}:{frame.lineno}"
    return ""


def environment(templates: Path | None) -> ImmutableSandboxedEnvironment:
    """Sandboxed, strict, escaping everything that is not markup already."""
    made = ImmutableSandboxedEnvironment(
        loader=ChoiceLoader([FileSystemLoader(folder) for folder in template_folders(templates)]),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        bytecode_cache=Compiled(),
    )
    made.filters["css_string"] = css_string
    return made


def css_string(text: str) -> Markup:
    """A quoted CSS string; whatever could end it, or a style element, is escaped by its code."""
    inner = re.sub(r"[^\w .,:;%()\-–—·]", lambda match: f"\\{ord(match[0]):x} ", text)
    return Markup(f'"{inner}"')  # noqa: S704  every other letter is its code


def inset(frame: Frame) -> str:
    """Where the plot stands in its drawing, as CSS has it."""
    return " ".join(f"{share:.1f}%" for share in frame.inset)


def coloured(svg: str, accent: str) -> str:
    """The inks of the charts as variables of the page, so that dark mode changes them."""
    from reporter.charts.style import inks  # likewise, and no charts

    for name, ink in inks(accent).items():
        svg = svg.replace(ink, f"var(--{name})")
    return svg


@cache
def web_fonts(wanted: str) -> Markup:
    """@font-face rules with WOFF2 files of those letters inside."""
    return faces(
        {name: f"data:font/woff2;base64,{b64encode(web_font(name, wanted)).decode()}" for _, name, *_ in FONTS}
    )


def faces(addresses: Mapping[str, str]) -> Markup:
    """@font-face rules; `addresses` by the name of the font's file."""
    rules = (
        f'@font-face{{font-family:"{family}";font-weight:{weight};font-style:{style};'
        f'src:url("{addresses[name]}");font-display:swap}}'
        for family, name, weight, style in FONTS
    )
    return Markup("\n".join(rules))  # noqa: S704  our own rules


def font(name: str) -> bytes:
    return (BUNDLED / "fonts" / name).read_bytes()
