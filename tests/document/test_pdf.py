"""The PDF as a reader's program sees it: pypdf and pikepdf are the outside answers."""

from __future__ import annotations

import html
import io
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pikepdf
import pytest
from markupsafe import Markup
from pypdf import PdfReader

from reporter import pipeline
from reporter.charts import CHARTS
from reporter.charts.paper import on_paper
from reporter.document.edition import Edition
from reporter.document.html import breakable
from reporter.document.pdf import _dress, print_sheet, render_pdf
from reporter.errors import DocumentError, LayoutError
from reporter.words import BUNDLED

LETTER, A4 = (612, 792), (595.28, 841.89)


@pytest.fixture(scope="module", params=["en", "ru"])
def pdf(edition: Edition, request: pytest.FixtureRequest) -> bytes:
    return edition.files[f"small-caps-2024-10-16-{request.param}.pdf"]


def nodes(element: Any) -> Iterator[Any]:
    """The structure tree, depth first."""
    if isinstance(element, pikepdf.Array):
        for one in element:
            yield from nodes(one)
    elif isinstance(element, pikepdf.Dictionary) and "/S" in element:
        yield element
        yield from nodes(element.get("/K", pikepdf.Array()))


def test_texts_of_a_drawing_stand_on_paper_where_weasyprint_sets_them_by_their_anchors(
    make: Callable[..., Edition],
) -> None:
    from pdf_oxide import PdfDocument
    from weasyprint import HTML

    given: dict[str, str] = {}
    render = pipeline.render_pdf
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline, "render_pdf", lambda *all_: given.update(all_[1]) or render(*all_))
        make(languages=("en",), formats=("pdf",))
    fonts, styles = _dress(print_sheet())

    def words(svg: str) -> list[tuple[str, float, float, float, float]]:
        page = HTML(string=f"<img style='width: 240pt' src='data:image/svg+xml,{quote(svg)}'>")
        document = PdfDocument.from_bytes(page.write_pdf(stylesheets=[styles], font_config=fonts))
        found = [(word.text, *word.bbox) for word in document.extract_words(0)]
        return sorted(found, key=lambda word: (word[0], *map(round, word[1:])))

    for name in CHARTS:
        before, after = words(given[name]), words(on_paper(given[name]))
        assert before and [text for text, *_ in after] == [text for text, *_ in before]
        for (text, *theirs), (_, *ours) in zip(before, after, strict=True):
            assert ours == pytest.approx(theirs, abs=0.1), (name, text)


@pytest.mark.fault("C5")
def test_only_the_bundled_fonts_and_all_embedded(pdf: bytes) -> None:
    with pikepdf.open(io.BytesIO(pdf)) as document:
        fonts = [one for one in document.objects if isinstance(one, pikepdf.Dictionary) and one.get("/Type") == "/Font"]
        names = {re.sub("^/[A-Z]{6}[+]", "", str(font.BaseFont)) for font in fonts}
        descriptors = [one.FontDescriptor for one in fonts if "/FontDescriptor" in one]
        assert descriptors and all("/FontFile2" in one for one in descriptors)
    families = {re.match(r"Inter|Source-?Serif-?4", name) and re.match(r"Inter|Source", name)[0] for name in names}
    assert families == {"Inter", "Source"}, names


def test_tagged_with_language_title_and_alternative_texts(pdf: bytes) -> None:
    with pikepdf.open(io.BytesIO(pdf)) as document:
        root = document.Root
        assert str(root.Lang) in ("en", "ru")
        assert bool(root.MarkInfo.Marked)
        assert bool(root.ViewerPreferences.DisplayDocTitle)
        figures = [one for one in nodes(root.StructTreeRoot.K) if one.S == "/Figure"]
        assert len([one for one in figures if str(one.get("/Alt", ""))]) == len(CHARTS)
        assert any(re.search(r"\d", str(one.get("/Alt", ""))) for one in figures)
        with document.open_metadata() as metadata:
            assert metadata["pdfuaid:part"] == "1"
            assert metadata["dc:title"]


@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_pdf_ua_by_an_outside_judge(paper: str, make: Callable[..., Edition]) -> None:
    from pdf_oxide import PdfDocument

    made = make(paper=paper, formats=("pdf",))
    for code in ("en", "ru"):
        judged = PdfDocument.from_bytes(made.files[f"small-caps-2024-10-16-{code}.pdf"]).validate_pdf_ua()
        assert judged["valid"], judged


def test_text_is_read_in_the_order_of_the_page(edition: Edition) -> None:
    """Title, strip, article, method; in the structure tree, which a screen reader follows."""
    for code, words in (("en", ("Bottom line", "How to read")), ("ru", ("Вывод", "Как это читать"))):
        document = PdfReader(io.BytesIO(edition.files[f"small-caps-2024-10-16-{code}.pdf"]))
        text = squeezed(" ".join(page.extract_text() for page in document.pages))
        places = [text.index(squeezed(one)) for one in (edition.headline[code], *words)]
        assert places == sorted(places)


def test_bookmarks_page_numbers_and_the_warning_on_every_page(pdf: bytes) -> None:
    document = PdfReader(io.BytesIO(pdf))
    count = len(document.pages)
    assert 2 <= count <= 4
    titles = [str(one.title) for one in flat(document.outline)]
    assert len(titles) == 3  # the title, the bottom line, the method: an essay, not a form
    for number, page in enumerate(document.pages, 1):
        shown = " ".join(page.extract_text().split())
        assert "SIMULATED" in shown
        assert re.search(rf"\b{number} (?:of|из) {count}\b", shown)


def flat(outline: Any) -> Iterator[Any]:
    for one in outline:
        if isinstance(one, list):
            yield from flat(one)
        else:
            yield one


def test_numbers_stand_on_the_page(edition: Edition) -> None:
    document = PdfReader(io.BytesIO(edition.files["small-caps-2024-10-16-en.pdf"]))
    shown = " ".join(" ".join(page.extract_text() for page in document.pages).split())
    for text in edition.headline["en"], "Total return, per cent", "IJR divided by SPY":
        assert text in shown


@pytest.mark.parametrize(
    ("name", "day"), [("small-caps", date(2024, 10, 16)), ("sectors", date(2025, 1, 3)), ("bonds", date(2012, 11, 1))]
)
@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_nothing_of_the_page_is_lost_on_paper(name: str, day: date, paper: str, make: Callable[..., Edition]) -> None:
    """Every sentence, figure title, table cell and rule of the HTML stands in the PDF as well."""
    made = make(name, day, paper=paper)
    for code in ("en", "ru"):
        stem = f"{name}-{day}-{code}"
        pages = PdfReader(io.BytesIO(made.files[f"{stem}.pdf"])).pages
        assert 2 <= len(pages) <= 3
        printed = squeezed("".join(page.extract_text() for page in pages))
        shown = re.sub(r"<details.*?</details>", "", made.files[f"{stem}.html"].decode(), flags=re.DOTALL)
        shown = re.sub(
            r"</?data[^>]*>|<svg.*?</svg>|</?(?:a|q|span|strong)\b[^>]*>",
            "",
            shown[shown.index("<main") :],
            flags=re.DOTALL,
        )
        pieces = [piece for piece in re.split(r"<[^>]+>", shown) if piece.strip()]
        assert len(pieces) > 80
        for piece in pieces:
            assert found(squeezed(html.unescape(piece)), printed), piece


def found(text: str, printed: str) -> bool:
    """As a whole, or in two parts where a page ends inside a paragraph."""
    return text in printed or any(text[:cut] in printed and text[cut:] in printed for cut in range(1, len(text)))


def squeezed(text: str) -> str:
    """Without spaces and hyphens, which a line break may add or take."""
    return re.sub(r"[\s\u00a0\u00ad\u2010-]", "", text)


@pytest.mark.parametrize(("paper", "size"), [("A4", A4), ("Letter", LETTER)])
def test_paper(paper: str, size: tuple[float, float], make: Callable[..., Edition]) -> None:
    made = make(paper=paper, formats=("pdf",), languages=("en",))
    box = PdfReader(io.BytesIO(made.files["small-caps-2024-10-16-en.pdf"])).pages[0].mediabox
    assert (float(box.width), float(box.height)) == pytest.approx(size, abs=0.5)


@pytest.mark.fault("C1")
def test_a_page_cannot_reach_out(edition: Edition, tmp_path: Any, make: Callable[..., Edition]) -> None:
    """A template of the user's that fetches is refused; nothing is read and nothing is called."""
    (tmp_path / "sections").mkdir()
    for address in ("file:///etc/passwd", "http://127.0.0.1:9/x.png"):
        (tmp_path / "sections" / "part.html.j2").write_text(f'<img alt="x" src="{address}">')
        with pytest.raises(DocumentError, match="which is not part of it"):
            make(templates=tmp_path, formats=("pdf",), languages=("en",))


@pytest.mark.parametrize("slip", [AssertionError(), IndexError("pop from empty list")])
def test_a_slip_of_the_layout_is_a_page_that_could_not_be_made(
    slip: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> bytes:
        raise slip

    monkeypatch.setattr("weasyprint.HTML.write_pdf", fail)
    with pytest.raises(DocumentError, match=r"cannot lay this page out .* --format html"):
        render_pdf("<html><p>text</p></html>", {})


def test_a_word_wider_than_its_column_breaks_where_a_float_goes_on_beside_it() -> None:
    """Left whole it goes below the float, and WeasyPrint fails where a page begins with it."""
    boxes = '<div class="slot" style="height: 720pt"></div><div class="slot next" style="height: 720pt"></div>'
    page = (
        '<html lang="en"><title>t</title><main><div class="article">'
        "<aside>{}</aside><section><p>{}</p></section></div></main></html>"
    )
    words = Markup("a " * 1000) + Markup(" ").join(["W" * 120] * 10)
    with pytest.raises(LayoutError):
        render_pdf(page.format(boxes, words), {}, sheet=print_sheet())
    made = PdfReader(io.BytesIO(render_pdf(page.format(boxes, breakable(words)), {}, sheet=print_sheet())))
    texts = [one.extract_text() for one in made.pages]
    assert len(texts) == 3 and texts[0].count("a") == 1000 and [text.count("W") > 0 for text in texts] == [True] * 3
    assert "".join(texts).count("W") == 1200


def test_only_words_are_broken_and_no_address() -> None:
    said = Markup('<a href="https://example.com/{0}">a {1}</a> <data value="{0}">5.0%</data> {0}&lt;').format(
        "x" * 40, "y" * 29
    )
    assert breakable(said).replace('<span class="long">', "", 1).replace("</span>", "", 1) == said
    assert breakable(said).endswith(f'<span class="long">{"x" * 40}&lt;</span>')


def test_where_a_page_cannot_be_arranged_it_is_made_in_one_column(
    edition: Edition, make: Callable[..., Edition], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The library's fault costs the looks, not the edition."""
    given: list[str] = []

    def fails_once(marked: str, *more: Any) -> bytes:
        given.append(marked)
        if len(given) == 1:
            raise LayoutError("PDF: WeasyPrint cannot lay this page out")
        return render_pdf(marked, *more)

    monkeypatch.setattr(pipeline, "render_pdf", fails_once)
    name = "small-caps-2024-10-16-en.pdf"
    plain = make(languages=("en",), formats=("pdf",)).files[name]
    assert 'class="slot' not in given[1].partition('<section id="lede"')[0].partition("<aside>")[2]
    assert sorted(re.findall("<(?:img|caption).*", given[0])) == sorted(re.findall("<(?:img|caption).*", given[1]))
    letters = [
        Counter(squeezed("".join(one.extract_text() for one in PdfReader(io.BytesIO(file)).pages)))
        for file in (plain, edition.files[name])
    ]
    assert letters[0].total() >= letters[1].total() * 0.99


def test_the_page_in_one_column_is_traced_like_any(
    make: Callable[..., Edition], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A template that says a number of its own only there, where no reader of the PDF's text finds it."""

    def fails(*_: Any) -> bytes:
        raise LayoutError("PDF: WeasyPrint cannot lay this page out")

    monkeypatch.setattr(pipeline, "render_pdf", fails)
    whole = (BUNDLED / "brief.html.j2").read_text("utf-8")
    assert whole.count("<h1") == 1
    invented = '{% if print and not layout.sheets %}<p title="Ahead by 77.7%"></p>{% endif %}<h1'
    (tmp_path / "brief.html.j2").write_text(whole.replace("<h1", invented), "utf-8")
    with pytest.raises(DocumentError, match=r"a text for screen readers has a number .* '77.7%'"):
        make(languages=("en",), formats=("pdf",), templates=tmp_path)


def test_without_pango_the_html_is_there_and_the_packages_are_named(tmp_path: Any) -> None:
    program = """
import sys
class Gone:
    def find_spec(self, name, path=None, target=None):
        if name == "weasyprint":
            raise OSError("cannot load library 'libgobject-2.0-0'")
sys.meta_path.insert(0, Gone())
from reporter.cli import reporter
reporter()
"""
    command = [sys.executable, "-c", program, "brief", "bonds", "--source", "simulated", "--as-of", "2024-10-16"]
    made = subprocess.run([*command, "--output", str(tmp_path)], capture_output=True, text=True, check=False)
    assert made.returncode == 70
    assert "libpangoft2-1.0-0 libharfbuzz-subset0" in made.stderr and "Traceback" not in made.stderr
    assert len(list(tmp_path.rglob("*.html"))) == 2 and not list(tmp_path.rglob("*.pdf"))
