"""The page of an edition in a browser: three widths and more, light and dark, by keyboard and without scripts."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from reporter.document.edition import Edition
from tests.browser.conftest import Open

TIP = "element => { const tip = getComputedStyle(element, '::after'); return [tip.content, tip.position]; }"


@pytest.fixture(scope="module")
def files(edition: Edition, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Address of the page by language; the other files of the edition lie beside it."""
    folder: Path = tmp_path_factory.mktemp("page")
    for name, content in edition.files.items():
        (folder / name).write_bytes(content)
    return {code: (folder / f"small-caps-2024-10-16-{code}.html").as_uri() for code in ("en", "ru")}


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [360, 768, 1440])
@pytest.mark.parametrize("code", ["en", "ru"])
def test_everybody_can_use_it(files: dict[str, str], code: str, width: int, dark: bool, look_at: Open) -> None:
    with look_at(files[code], width, dark=dark) as view:
        assert view.overflow() <= 0
        assert view.violations() == []
        assert view.complaints == [] and view.away() == []
        view.page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        assert view.overflow() <= 0 and view.violations() == []


@pytest.mark.parametrize("width", [320, 480, 1024, 1920])
def test_no_width_overflows(files: dict[str, str], width: int, look_at: Open) -> None:
    for address in files.values():
        with look_at(address, width) as view:
            assert view.overflow() <= 0


def test_wide_columns_have_no_holes(files: dict[str, str], look_at: Open) -> None:
    """Charts and table stand one below the other at the right, in the order of the text, and the note beside them."""
    for address in files.values():
        with look_at(address, 1440) as view:
            boxes = view.page.eval_on_selector_all(
                ".article figure:not(.tests)",
                "all => all.map(one => one.getBoundingClientRect()).map(b => [b.top, b.bottom])",
            )
            assert len(boxes) == 7 and boxes == sorted(boxes)
            assert all(after[0] - before[1] < 120 for before, after in pairwise(boxes)), boxes
            note = view.page.locator("#method").bounding_box()
            tests = view.page.locator("figure.tests").bounding_box()
            assert note and tests and note["y"] - tests["y"] - tests["height"] < 80
            assert note["x"] + note["width"] < 800


def test_numbers_tell_where_they_come_from_without_a_script(files: dict[str, str], look_at: Open) -> None:
    with look_at(files["en"], 360, script=False) as view:
        page = view.page
        number = page.locator("section p [data-origin^='IJR, total return']").first
        assert number.evaluate(TIP)[0] == "none"
        number.hover()
        content, position = number.evaluate(TIP)
        assert re.search(r"adjusted close of [\d.,]+ on October\s16, 2024 against [\d.,]+ on ", content)
        assert position == "fixed" and view.overflow() <= 0
        page.mouse.move(0, 0)
        number.focus()
        assert "adjusted close" in number.evaluate(TIP)[0]
        summary = page.locator("details.origins summary")
        summary.click()
        assert page.locator("details.origins dt").count() >= 10


#: What a strip of a chart brings up: whether it is seen, and its words.
READ = """input => { const shown = input.nextElementSibling;
return [getComputedStyle(shown).opacity, shown.dataset.read, shown.children.length]; }"""


@pytest.mark.parametrize(("width", "dark"), [(320, True), (560, False), (1440, True)])
def test_charts_are_read_by_pointer_finger_and_keys_without_a_script(
    files: dict[str, str], width: int, dark: bool, look_at: Open
) -> None:
    for code in ("en", "ru"):
        with look_at(files[code], width, dark=dark, script=False) as view:
            chart = view.page.locator("#chart-performance")
            strips = [one for one in chart.locator("input").all() if one.is_visible()]
            assert 4 <= len(strips) <= 13
            assert not any(strip.evaluate(READ)[0] == "1" for strip in strips)
            strips[1].hover(force=True)
            opacity, words, dots = strips[1].evaluate(READ)
            lines = words.split("\n")
            assert opacity == "1" and dots == 2 and "2024" in lines[0]
            assert [line.split()[0] for line in lines[1:]] == ["IJR", "SPY"] and lines[1].rstrip("\u00a0 ").endswith(
                "%"
            )
            assert strips[1].get_attribute("aria-label") == words, "a screen reader is told the same"
            view.page.mouse.move(0, 0)
            strips[2].click(force=True)
            assert strips[2].evaluate(READ)[0] == "1" and strips[1].evaluate(READ)[0] == "0"
            view.page.mouse.move(0, 0)
            view.page.keyboard.press("ArrowRight")
            assert strips[3].evaluate(READ)[0] == "1" and strips[2].evaluate(READ)[0] == "0"
            assert view.overflow() <= 0
    with look_at(files["ru"], width, dark=dark) as view:
        view.page.locator("#chart-attempts input").nth(2).focus()
        assert view.violations() == []


def test_a_chart_is_one_stop_of_the_keyboard(files: dict[str, str], look_at: Open) -> None:
    with look_at(files["en"]) as view:
        groups = view.page.locator(".readouts").count()
        view.page.keyboard.press("Tab")
        stops = set()
        for _ in range(view.page.locator("a, summary, [tabindex], .readouts input").count()):
            view.page.keyboard.press("Tab")
            stops.add(view.page.evaluate("document.activeElement.name || ''"))
        assert groups == len(stops - {""}) == 5


def test_keyboard_walk(files: dict[str, str], look_at: Open) -> None:
    """Every link, number and box that can be reached is reached in the order of the page, and can be seen."""
    with look_at(files["en"], 1440) as view:
        page = view.page
        wanted = page.evaluate(
            "[...document.querySelectorAll('a, summary, [tabindex], .readouts label:first-child input')]"
            ".map((one, n) => (one.dataset.n = n) && n)"
        )
        seen = []
        for _ in wanted:
            page.keyboard.press("Tab")
            number, outline = page.evaluate(
                "(one => [one.dataset.n, getComputedStyle(...(one.name ? [one.nextElementSibling, '::after'] : [one]))"
                ".outlineStyle])(document.activeElement)"
            )
            seen.append(int(number))
            assert outline != "none"
        assert seen == wanted
        page.keyboard.press("Escape")


def test_links_lead_to_files_that_are_there(files: dict[str, str], look_at: Open) -> None:
    with look_at(files["en"]) as view:
        view.page.click("nav a[hreflang=ru]")
        assert view.page.url == files["ru"] and view.page.get_attribute("html", "lang") == "ru"
        hrefs = view.page.eval_on_selector_all("nav a", "all => all.map(one => one.href)")
    for href in hrefs:
        assert Path(href.removeprefix("file://")).is_file(), href


def test_a_table_is_copied_as_a_table(files: dict[str, str], look_at: Open) -> None:
    with look_at(files["en"]) as view:
        text = view.page.evaluate(
            "() => { const range = document.createRange();"
            "range.selectNodeContents(document.querySelector('.returns table tbody'));"
            "getSelection().removeAllRanges(); getSelection().addRange(range); return getSelection().toString(); }"
        )
    rows = [line.split("\t") for line in text.strip().splitlines() if "\t" in line]
    assert len(rows) == 5 and {len(row) for row in rows} == {7}


def test_print_from_the_browser(files: dict[str, str], look_at: Open) -> None:
    with look_at(files["ru"]) as view:
        view.page.emulate_media(media="print")
        assert not view.page.is_visible("nav")
        assert view.overflow() <= 0


def test_accent_and_logo(make: Callable[..., Edition], tmp_path: Path, look_at: Open) -> None:
    from reporter.config import Brand

    logo = tmp_path / "logo.svg"
    logo.write_text('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 90 30"><rect width="90" height="30"/></svg>')
    made = make(brand=Brand(name="Example Partners", logo=logo, accent="#8a1c1c"), formats=("html",), languages=("en",))
    file = tmp_path / "page.html"
    file.write_bytes(made.files["small-caps-2024-10-16-en.html"])
    for dark in (False, True):
        with look_at(file.as_uri(), dark=dark) as view:
            assert view.violations() == [] and view.complaints == []
            picture = view.page.locator(".masthead img")
            assert picture.get_attribute("alt") == "Example Partners"
            assert picture.evaluate("one => one.complete && one.naturalWidth > 0")


#: Of every text of a chart that is shown: its words and the height of its letters in CSS pixels, as they are drawn.
LETTERS = """() => [...document.querySelectorAll('.plot svg text')].filter(one => one.getClientRects().length)
.map(one => [one.textContent, parseFloat(getComputedStyle(one).fontSize) * one.getScreenCTM().a])"""


@pytest.mark.parametrize("width", [320, 360, 430, 470, 768, 960, 1440])
def test_letters_of_charts_can_be_read_at_every_width(files: dict[str, str], width: int, look_at: Open) -> None:
    """11 pixels at least, as large as the text at most; one drawing of each chart is shown, the other not even told."""
    for address in files.values():
        with look_at(address, width) as view:
            assert view.page.locator(".plot").count() == 6
            for plot in view.page.locator(".plot").all():
                assert sum(one.is_visible() for one in plot.locator("svg").all()) == 1
                told = plot.locator("[role=img]").aria_snapshot()
                assert told.count("\n") == 0 and " img " in told.replace("'", " "), told
            letters = view.page.evaluate(LETTERS)
            assert len(letters) > 40
            assert all(11 <= height <= 18.1 for _, height in letters), letters
