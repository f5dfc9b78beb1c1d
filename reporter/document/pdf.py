"""The page as PDF: tagged (PDF/UA-1), with bookmarks and only our own fonts. The only user of WeasyPrint."""

from __future__ import annotations

import hashlib
import logging
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from multiprocessing.util import Finalize
from pathlib import Path
from typing import TYPE_CHECKING, Self

from markupsafe import Markup

from reporter.charts.paper import on_paper
from reporter.document.html import FONTS, environment, faces, fill, filled, font
from reporter.document.layout import Layout
from reporter.document.logo import Logo
from reporter.document.measure import Measure
from reporter.document.page import Page
from reporter.document.tables import row_bars, test_columns
from reporter.errors import DocumentError, LayoutError
from reporter.garbage import swept

if TYPE_CHECKING:
    from weasyprint import CSS
    from weasyprint.text.fonts import FontConfiguration
    from weasyprint.urls import URLFetcherResponse

#: How WeasyPrint fails, seen with floods of letters that cannot be broken: its own slips, not named errors.
LAYOUT_FAULTS = (AssertionError, IndexError, RecursionError)
#: Everything that a page may fetch stands below this address, and is in memory.
ASSETS = "brief:"
LOGO = "logo"
PACKAGES = "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
MISSING = (
    f"no PDF: the library pango is not installed (Debian, Ubuntu: sudo apt-get install {PACKAGES}; "
    "macOS: brew install pango); the HTML does not need it"
)


def pdf_problem() -> str:
    """Why no PDF can be made here, in one line; empty where it can."""
    try:
        with _no_compiler():
            import weasyprint  # noqa: F401  asks whether it is there
    except OSError:  # of cffi, which looks for pango when weasyprint is imported
        return MISSING
    return ""


@contextmanager
def _no_compiler() -> Iterator[None]:
    """While WeasyPrint is imported: cffi tries several names for each library, and for a name that the loader does not
    know it asks ldconfig, then gcc, then ld, where they are on the PATH: 48 processes for nothing.
    """
    path = os.environ.get("PATH")
    os.environ["PATH"] = ""
    try:
        yield
    finally:
        if path is None:
            del os.environ["PATH"]
        else:
            os.environ["PATH"] = path


def print_html(page: Page, layout: Layout, templates: Path | None = None) -> str:
    """The page as HTML for paper, its numbers still marked; `print_sheet` has the styles that all pages share."""
    pictures = {
        figure.name: Markup('<img src="{}" alt="{}">').format(f"{ASSETS}{figure.name}.svg", figure.alt)
        for part in page.parts
        for figure in part.figures
    }
    measure = Measure(layout.paper, layout.rem)
    return fill(
        page,
        templates,
        print=True,
        links=(),
        charts=pictures,
        fonts="",
        layout=layout,
        columns=measure.columns(page.table) if page.table else (),
        bars=[f"{ASSETS}{name}.svg" for name, _ in row_bars(page, layout)],
        test_columns=test_columns(page.tests, layout.rem) if page.tests else (),
        logo=f"{ASSETS}{LOGO}" if page.logo else "",
    )


def print_sheet(templates: Path | None = None) -> str:
    """Fonts and styles of every page on paper. Colours stand in it as such: WeasyPrint looks a variable up again for
    each element, and only the subject's colour is the page's own.
    """
    made = environment(templates)
    css = "\n".join(filled(made, name) for name in ("brief.css", "print.css"))
    inks = dict(re.findall(r"--([\w-]+): (#\w+)", css))
    inks.pop("subject", None)
    css = re.sub(r"var\(--([\w-]+)\)", lambda found: inks.get(found[1], found[0]), css)
    fonts = faces({name: f"{ASSETS}{name}.ttf" for _, name, *_ in FONTS})
    return f"{fonts}\n{css}"


def render_pdf(marked: str, drawings: Mapping[str, str], logo: Logo | None = None, sheet: str = "") -> bytes:
    """The PDF of that HTML; the same page gives the same bytes.

    Args:
        marked: What `print_html` made of the page.
        drawings: SVG by name: charts of the heights that the layout asks for, and what `row_bars` made.
        sheet: What `print_sheet` made of the templates; a style of the page itself goes before any of it.

    Raises:
        LayoutError: WeasyPrint fails on this arrangement of the page.
        DocumentError: pango is missing, or something on the page could not be drawn.
    """
    if problem := pdf_problem():
        raise DocumentError(problem)
    from weasyprint import HTML
    from weasyprint.urls import FatalURLFetchingError

    assets = {f"{name}.svg": on_paper(svg).encode() for name, svg in drawings.items()}
    kinds = dict.fromkeys(assets, "image/svg+xml")
    if logo:
        assets[LOGO], kinds[LOGO] = logo.content, f"image/{logo.kind}"
    html = plain_numbers(marked)
    try:
        fonts, styles = _dress(sheet)
        with _Trouble() as trouble, swept():
            made = HTML(string=html, base_url=ASSETS, url_fetcher=_fetcher(assets, kinds)).write_pdf(
                stylesheets=[styles],
                font_config=fonts,
                pdf_variant="pdf/ua-1",
                pdf_identifier=hashlib.sha256((sheet + html).encode()).digest()[:16],
            )
    except FatalURLFetchingError as error:
        raise DocumentError(f"PDF: {error}") from error
    except LAYOUT_FAULTS as error:
        raise LayoutError(
            f"PDF: WeasyPrint cannot lay this page out ({type(error).__name__}); look for a word of thousands of "
            "letters or a rare control character in a title, headline or quote, or ask for --format html"
        ) from error
    if trouble.texts:
        raise DocumentError(f"PDF: {trouble.texts[0]}")
    return bytes(made or b"")


@lru_cache(maxsize=4)
def _dress(sheet: str) -> tuple[FontConfiguration, CSS]:
    """A style sheet and its fonts, read once a process: a tenth of the time of a page."""
    from weasyprint import CSS
    from weasyprint.text.fonts import FontConfiguration

    fonts = FontConfiguration()
    # It deletes its folder of fonts when it goes, which is at the end of the process, and there too late.
    Finalize(None, fonts.__del__, exitpriority=0)
    Finalize(None, _dress.cache_clear, exitpriority=1)
    files = {f"{name}.ttf": font(f"{name}.ttf") for _, name, *_ in FONTS}
    with _Trouble() as trouble:
        styles = CSS(string=sheet, base_url=ASSETS, url_fetcher=_fetcher(files, {}), font_config=fonts)
    if trouble.texts:
        raise DocumentError(f"PDF: {trouble.texts[0]}")
    return fonts, styles


def plain_numbers(html: str) -> str:
    """Without the marks around numbers, which on paper tell nothing and get in the way of line breaks."""
    return re.sub(r"</?data\b[^>]*>", "", html)


def _fetcher(assets: Mapping[str, bytes], kinds: Mapping[str, str]) -> object:
    """Gives what is in memory and refuses all other addresses: a page can neither call out nor read a file."""
    from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

    class Assets(URLFetcher):  # type: ignore[misc]  # a class without types
        def fetch(self, url: str, headers: dict[str, str] | None = None) -> URLFetcherResponse:  # noqa: ARG002  WeasyPrint's signature
            name = url.removeprefix(ASSETS)
            if name not in assets or not url.startswith(ASSETS):
                raise FatalURLFetchingError(f"the page asks for '{url[:80]}', which is not part of it")
            return URLFetcherResponse(url, assets[name], {"Content-Type": kinds.get(name, "font/ttf")})

    return Assets()


class _Trouble(logging.Handler):
    """Errors that WeasyPrint logs and passes over, such as a chart that it cannot draw: a page with a hole is none."""

    def __init__(self) -> None:
        super().__init__(level=logging.ERROR)
        self.texts: list[str] = []
        self.logger = logging.getLogger("weasyprint")

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(record.getMessage())

    def __enter__(self) -> Self:
        self.logger.addHandler(self)
        return self

    def __exit__(self, *raised: object) -> None:
        self.logger.removeHandler(self)
