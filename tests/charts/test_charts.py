"""Charts as a reader meets them: all there, thin, no text on another. Extents come from Pillow, not from our table."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from datetime import date
from functools import cache
from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib import font_manager, rc_context
from matplotlib.figure import Figure
from PIL import Image, ImageFont

from reporter.charts import CHARTS, MAIL_PIXELS, chart_heights, draw_charts, draw_pictures
from reporter.charts.extents import BOLD, REGULAR, Box, width
from reporter.charts.labels import spread
from reporter.charts.output import thin, to_svg
from reporter.charts.style import ACCENT, LABEL, MAIL, PHONE, SUBJECT, WIDTH, Size, look, new_canvas
from reporter.facts import Facts
from reporter.language import Language
from reporter.prices import Prices
from reporter.words import BUNDLED

SVG = "{http://www.w3.org/2000/svg}"


@cache
def face(bold: bool) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(BUNDLED / "fonts" / f"{BOLD if bold else REGULAR}.ttf", 1000)


def texts(svg: str) -> list[tuple[str, Box]]:
    """Every text of a chart with the room that its letters take, y downward."""
    found = []
    for one in ET.fromstring(svg).iter(f"{SVG}text"):
        looks = one.get("style", "")
        size = re.search(r"font:.*?([\d.]+)px|font-size: ([\d.]+)px", looks)
        points = float(size[1] or size[2])
        bold = bool(re.search(r"\b600\b", looks))
        place = re.search(r"translate\(([-\d.]+) ([-\d.]+)\)", one.get("transform", ""))
        x = float(place[1] if place else one.get("x"))
        y = float(place[2] if place else one.get("y"))
        left, top, right, low = (value * points / 1000 for value in face(bold).getbbox(one.text, anchor="ls"))
        anchor = {"middle": 0.5, "end": 1.0}.get((re.search(r"text-anchor: (\w+)", looks) or ["", ""])[1], 0.0)
        shift = x - anchor * (right - left)
        found.append((one.text, Box(shift + left, y + top, shift + right, y + low)))
    return found


def check(svgs: Mapping[str, str]) -> None:
    for name, svg in svgs.items():
        view = [float(value) for value in re.search(r'viewBox="([^"]+)"', svg)[1].split()]
        page = Box(view[0] - 0.5, view[1] - 0.5, view[2] + 0.5, view[3] + 0.5)
        found = texts(svg)
        assert found, name
        for text, box in found:
            assert box.within(page), (name, text, box)
        for (one, a), (other, b) in combinations(found, 2):
            assert not a.touches(b), (name, one, other)
        assert len(svg.encode()) < 60_000 and svg.count("<") - svg.count("</") < 120, name


@pytest.fixture(scope="module")
def markets(walk: Callable[..., np.ndarray], make_prices: Callable[..., Prices], facts_of: Callable[..., Facts]):  # type: ignore[no-untyped-def]
    """Facts of an invented market with a field of `size` funds."""

    def make(seed: int, size: int, end: date = date(2024, 10, 16), length: int = 3000, spread: float = 0.011) -> Facts:
        names = ["IJR", "SPY", "MTUM", "IVW", "QUAL", "USMV", "VYM", "IJK", "IVE", "IJT", "IJJ", "XLP", "XLY"][
            : size + 2
        ]
        closes = {name: walk(seed * 100 + number, length, spread=spread) for number, name in enumerate(names)}
        return facts_of(make_prices(closes, end), "IJR", "SPY", names[2:])

    return make


@pytest.mark.parametrize("code", ["en", "ru"])
@pytest.mark.parametrize(
    ("seed", "size", "end", "length", "spread"),
    [
        (1, 10, date(2024, 10, 16), 3000, 0.011),
        (2, 2, date(2024, 1, 31), 3000, 0.011),
        (3, 11, date(2020, 3, 23), 2600, 0.03),
        (4, 11, date(2023, 12, 29), 5000, 0.002),
        (5, 5, date(2024, 2, 5), 700, 0.011),
        (6, 3, date(2024, 6, 28), 1500, 0.00001),
    ],
)
def test_no_text_touches_another_or_leaves_the_chart(
    seed: int, size: int, end: date, length: int, spread: float, code: str, markets: Callable[..., Facts]
) -> None:
    facts = markets(seed, size, end, length, spread)
    language = Language(code)
    ready = chart_heights(facts)
    assert set(ready) <= set(CHARTS) and {"performance", "price", "field", "rotation"} <= set(ready)
    for which in (0, 1, 2):  # least, natural and greatest height
        drawn = draw_charts(facts, language, heights={name: each[which] for name, each in ready.items()})
        assert list(drawn) == list(ready)
        check({name: drawing.svg for name, drawing in drawn.items()})
    for wide in (PHONE, MAIL):
        narrow = draw_charts(facts, language, wide=wide)
        assert list(narrow) == list(ready)
        check({name: drawing.svg for name, drawing in narrow.items()})
        for name, (_, frame) in narrow.items():
            assert (frame.across, frame.up) == (drawn[name].frame.across, drawn[name].frame.up)


@pytest.mark.parametrize("seed", range(20, 32))
def test_dates_of_attempts_leave_the_axis_alone(seed: int, markets: Callable[..., Facts]) -> None:
    facts = markets(seed, 2, length=4400)
    with rc_context(look(ACCENT)):
        if CHARTS["attempts"].ready(facts):
            for wide in (WIDTH, PHONE, MAIL):
                canvas = CHARTS["attempts"].draw(facts, Language("ru"), Size(wide, 92))
                check({"attempts": to_svg(canvas, "attempts")})


def test_every_chart_of_a_full_history_is_there(markets: Callable[..., Facts]) -> None:
    assert list(draw_charts(markets(1, 10), Language("en"))) == list(CHARTS)


def test_the_accent_is_the_subjects_alone_and_the_same_in_svg_and_png(markets: Callable[..., Facts]) -> None:
    facts = markets(1, 10)
    drawn = draw_charts(facts, Language("en"), accent="#a1231b")
    for name, (svg, _) in drawn.items():
        assert ("#a1231b" in svg or name == "attempts") and "#0b5fa5" not in svg
    pictures = draw_pictures(facts, Language("en"), ("performance", "field"), accent="#a1231b")
    drawn = draw_charts(facts, Language("en"), wide=MAIL)
    assert list(pictures) == ["performance", "field"]
    for name, png in pictures.items():
        picture = Image.open(io.BytesIO(png))
        assert picture.width == MAIL_PIXELS and len(png) < 60_000
        view = [float(value) for value in re.search(r'viewBox="([^"]+)"', drawn[name].svg)[1].split()]
        assert picture.height / picture.width == pytest.approx(view[3] / view[2], abs=0.01)
        colours = {colour for _, colour in picture.convert("RGB").getcolors(100_000)}
        assert any(max(abs(a - b) for a, b in zip(one, (0xA1, 0x23, 0x1B), strict=True)) < 12 for one in colours)


def test_each_dot_of_the_rotation_map_is_on_the_page_and_in_the_mail(markets: Callable[..., Facts]) -> None:
    facts = markets(1, 10)
    svg = draw_charts(facts, Language("en"), names=("rotation",), wide=MAIL)["rotation"].svg
    picture = Image.open(io.BytesIO(draw_pictures(facts, Language("en"), ("rotation",))["rotation"])).convert("L")
    scale, inked = MAIL_PIXELS / MAIL, 0
    for path, wide in re.findall(r'<path d="([^"]*)" style="[^"]*stroke-width: (3.2|4.4)', svg):
        for x, y in re.findall(r"M ([\d.]+) ([\d.]+)", path):
            around = [
                picture.getpixel((round(float(x) * scale + right), round(float(y) * scale + down)))
                for right in (-1, 0, 1)
                for down in (1 - float(wide) * scale / 2, 0, float(wide) * scale / 2 - 1)
            ]
            assert max(around) < 200, (x, y)
            inked += 1
    assert inked == len(facts.rotation)


def test_same_facts_same_bytes(markets: Callable[..., Facts]) -> None:
    facts = markets(1, 10)
    assert draw_charts(facts, Language("ru")) == draw_charts(facts, Language("ru"))
    one, other = (draw_pictures(facts, Language("en"), ("price",)) for _ in range(2))
    assert one == other


@pytest.mark.parametrize("text", ["Small-cap value", "Стоимостные крупные", "SPY 23.7%", "−12,8 п. п.", "118.72 close"])
@pytest.mark.parametrize("bold", [False, True])
def test_widths_are_those_of_freetype(text: str, bold: bool) -> None:
    plain = face(bold).getlength(text, features=["-kern"]) / 1000 * 7
    assert width(text, 7, BOLD if bold else REGULAR) == pytest.approx(plain, rel=0.02)


@given(st.lists(st.floats(-50, 150), min_size=1, max_size=8), st.floats(1, 12))
def test_labels_are_spread_as_little_as_needed(wanted: list[float], apart: float) -> None:
    wanted = sorted(wanted)
    places = spread(wanted, apart, 0.0, 100.0)
    for one, other in pairwise(places):
        assert other - one >= apart - 1e-6
    assert all(-1e-6 <= place <= 100 + 1e-6 for place in places)
    fine = all(0 <= one <= 100 for one in wanted) and all(b - a >= apart for a, b in pairwise(wanted))
    if fine:
        assert places == pytest.approx(wanted)


@pytest.mark.parametrize("text", ["80", "Ёлка (gj), −3 % < 4 & more"])
@pytest.mark.parametrize(("size", "bold"), [(LABEL, False), (6.4, True)])
@pytest.mark.parametrize("align", ["left", "center", "right"])
def test_a_text_stands_where_matplotlib_puts_it(text: str, size: float, bold: bool, align: str) -> None:
    """Second method: matplotlib's own layout of the same text, written by its own SVG backend."""
    for path in (BUNDLED / "fonts").glob("Inter-*.ttf"):
        font_manager.fontManager.addfont(path)
    with rc_context({**look(ACCENT), "font.family": "Inter", "svg.fonttype": "none"}):
        canvas = new_canvas(Size(WIDTH, 100.0), 10, 10, (0, 1), (0, 1))
        canvas.text(33.3, 44.4, text, size=size, bold=bold, ha=align, color=SUBJECT)
        ours = to_svg(canvas, "x")
        figure, theirs = Figure(figsize=(WIDTH / 72, 100 / 72), dpi=72), io.StringIO()
        figure.text(
            33.3 / WIDTH, 0.444, text, fontsize=size, fontweight=600 if bold else 400, ha=align, color=SUBJECT,
            va="center_baseline",
        )  # fmt: skip
        figure.savefig(theirs, format="svg", transparent=True)
    assert re.findall(r"<text.*?</text>", ours) == re.findall(r"<text.*?</text>", thin(theirs.getvalue(), "x"))
