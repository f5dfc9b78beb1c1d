"""Sheets: what is measured, how it is dealt out, and what poppler's picture of the paper shows."""

from __future__ import annotations

import io
import re
import subprocess
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup
from PIL import Image
from pypdf import PdfReader

from reporter.config import Config
from reporter.document.beside import AHEAD
from reporter.document.edition import Edition
from reporter.document.exhibits import HOMES
from reporter.document.figures import Row, Table
from reporter.document.layout import GAP, WIDEST_GAP, Box, deals, fitted, reach, split
from reporter.document.measure import KEPT, Lines, Measure, flow
from reporter.pipeline import build_edition, gather_material
from reporter.sessions import Calendar
from reporter.voices.headlines import Headline
from reporter.voices.memory import Earlier, Shelf
from reporter.voices.quotes import Quote
from tests.programs import needs

blocks = st.lists(st.builds(Lines, st.floats(0, 9), st.integers(1, 40), st.just(12.0)), min_size=1, max_size=12)
boxes = st.lists(
    st.builds(
        lambda name, around, least, more, most: Box(name, around, least, least + more, least + more + most),
        st.uuids().map(str), st.floats(20, 60), st.floats(60, 120), st.floats(1, 30), st.floats(1, 60),
    ),
    min_size=1,
    max_size=7,
)  # fmt: skip


@given(blocks, st.floats(150, 700))
def test_text_flows_over_pages_and_nothing_of_it_is_lost(text: list[Lines], room: float) -> None:
    used = flow(text, [room / 2, room])
    assert all(page <= limit + 0.1 for page, limit in zip(used, [room / 2, *[room] * len(used)], strict=False))
    lines = sum(block.count * block.height for block in text)
    assert lines - 0.1 <= sum(used) <= lines + sum(block.before for block in text) + 0.1


def test_a_heading_stays_with_its_text_and_no_line_alone() -> None:
    heading = Lines(10, 1, 20, keep=True)
    assert flow([Lines(0, 8, 10), heading, Lines(0, 4, 10)], [100]) == [80, 60]  # 4 lines cannot be cut 3 and 3
    assert flow([Lines(0, 5, 10), heading, Lines(0, 8, 10)], [110]) == [110, 50]
    assert KEPT == 3


@given(boxes, st.floats(0, 900))
def test_boxes_take_the_height_that_is_wanted(sheet: list[Box], wanted: float) -> None:
    low, high = reach(sheet)
    target = min(max(wanted, low), high)
    slots, drawn = fitted(sheet, target)
    assert sum(slot.height + slot.gap for slot in slots) == pytest.approx(target, abs=0.5)
    for box, slot in zip(sheet, slots, strict=True):
        assert box.least - 0.1 <= drawn[box.name] <= box.most + 0.1
        assert slot.gap == 0 or GAP - 0.1 <= slot.gap <= WIDEST_GAP + 0.1


@given(boxes)
def test_a_deal_keeps_all_boxes_in_their_order(sheet: list[Box]) -> None:
    for dealt in deals(sheet):
        assert [box for part in dealt for box in part] == sheet and all(dealt)


@given(st.lists(st.floats(5, 60), min_size=1, max_size=16))
def test_the_note_is_cut_into_columns_in_order(rules: list[float]) -> None:
    columns = split(rules)
    assert [number for column in columns for number in column] == list(range(len(rules)))
    assert max(sum(rules[n] for n in column) for column in columns) <= sum(rules)


@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_names_that_take_two_lines_make_the_table_taller(paper: str) -> None:
    """Russian names beside numbers as wide as these: the last row was cut off by the chart below it."""
    cells = (Markup("3,4"), Markup("3,9"), Markup("2,1"), Markup("16,2"), Markup("−12,8"), Markup("29,6"))
    values, windows = (0.0,) * 6, ("1 нед.", "1 мес.", "3 мес.", "6 мес.", "с янв.", "1 год")

    def table(name: str) -> Table:
        row = Row(kind="field", name=name, ticker="IJS", values=values, cells=cells)
        return Table(title="Полная доходность, %", head="Фонд", windows=windows, rows=(row,) * 5)

    measure = Measure(paper, 10.5)
    short, long = measure.returns(table("Рост")), measure.returns(table("Стоимостные малые"))
    assert long - short == pytest.approx(5 * 0.74 * 1.3 * 10.5)  # a line of the table more in each row


def filled(pdf: bytes, folder: Path) -> list[tuple[float, float, float]]:
    """Of each page: how far down ink goes, left column and right column, and the farther of both, 0..1."""
    (folder / "page.pdf").write_bytes(pdf)
    command = [needs("pdftoppm"), "-r", "40", "-gray", "-png", str(folder / "page.pdf"), str(folder / "page")]
    subprocess.run(command, check=True, timeout=60)
    found = []
    for file in sorted(folder.glob("page-*.png")):
        ink = np.asarray(Image.open(file).convert("L")) < 200
        height, width = ink.shape
        body = ink[: int(height * (1 - 14.5 / 297))]  # without the foot
        file.unlink()
        halves = body[:, : int(width * 0.54)], body[:, int(width * 0.56) :]
        left, right = (float(np.flatnonzero(half.any(axis=1)).max(initial=0)) / len(body) for half in halves)
        found.append((left, right, max(left, right)))
    return found


CASES = [
    ("small-caps", date(2024, 10, 16), {}, "A4"),
    ("bonds", date(2012, 11, 1), {}, "Letter"),
    ("emerging-markets", date(2024, 10, 16), {}, "Letter"),
    ("small-caps", date(2024, 10, 16), {"field": ("MTUM", "IVW"), "backdrop": False}, "A4"),
]
MORE = [
    ("sectors", date(2025, 1, 3), {}, "A4"),
    ("emerging-markets", date(2020, 3, 23), {}, "Letter"),
    ("value-growth", date(2023, 12, 29), {"implication": False}, "A4"),
    ("small-caps", date(2007, 6, 1), {}, "Letter"),
    ("sectors", date(2019, 2, 15), {"field": ()}, "A4"),
]


@pytest.mark.parametrize(
    ("name", "day", "brief", "paper"), [*CASES, *(pytest.param(*case, marks=pytest.mark.nightly) for case in MORE)]
)
def test_pages_are_full_and_no_chart_is_cut(
    name: str, day: date, brief: dict[str, object], paper: str, make: Callable[..., Edition], tmp_path: Path
) -> None:
    made = make(name, day, brief=brief, paper=paper, formats=("pdf",))
    for file, content in made.files.items():
        if not file.endswith(".pdf"):
            continue
        assert len(content) <= 150_000
        pages = filled(content, tmp_path)
        assert 1 <= len(pages) <= 4
        for left, right, whole in pages[:-1]:
            assert whole > 0.5, (file, pages)
            assert abs(left - right) < 0.2, (file, pages)
        assert pages[-1][2] > 0.2, (file, pages)
        source = "Source:" if file.endswith("-en.pdf") else "Источник:"
        texts = [page.extract_text() for page in PdfReader(io.BytesIO(content)).pages]
        assert sum(text.count(source) for text in texts) >= 3
        last = "future results." if file.endswith("-en.pdf") else "не определяют будущих."
        assert last in " ".join(texts[-1].split()), "the note stands on the last page, to its end"


@pytest.mark.parametrize(("code", "paper"), [("en", "Letter"), ("ru", "Letter")])
def test_many_voices_make_a_third_page_that_is_more_than_the_note(
    code: str, paper: str, config: Config, calendar: Calendar, tmp_path: Path
) -> None:
    """Three long headlines, a quote, an earlier call and a box on what changed: each page is half full or more."""
    brief, day = config.briefs["small-caps"], date(2024, 10, 16)
    config = config.model_copy(update={"paper": paper, "formats": ("pdf",)})
    earlier = [
        Earlier(
            as_of=one,
            subject="IJR",
            benchmark="SPY",
            title={"en": "Small caps fall behind again. Is the lead lost?", "ru": "Малые компании снова отстают"},
            verdict="building",
            profile="weak",
            gap_ytd=0.11,
            rank_ytd=1,
            rank_of=11,
        )
        for one in (date(2024, 5, 17), date(2024, 10, 9))
    ]
    _, facts, voices = gather_material(config, "small-caps", brief, calendar=calendar, as_of=day, shelf=Shelf(earlier))
    at = datetime(2024, 10, 15, 12, tzinfo=UTC)
    title = {
        "en": "Small caps extend their rally as investors bet on lower rates and a softer landing, part",
        "ru": "Малые компании растут четвёртый день подряд на ожиданиях смягчения политики ФРС, часть",
    }
    voices = voices.model_copy(
        update={
            "headlines": tuple(
                Headline(
                    title=f"{title[code]} {part}",
                    outlet=f"Example News {part}",
                    language=code,
                    published=at,
                    out_by=at,
                    feed="x",
                )
                for part in "ABC"
            ),
            "quote": Quote(
                text="The burden of proof is on the small company, and has been for two decades.",
                language="en",
                speaker="Ann Example",
                link="https://example.com/n",
                said=date(2024, 10, 9),
                translations={"ru": "Доказывать должна малая компания, и так уже двадцать лет."},
            ),
        }
    )
    made = build_edition(config, brief, facts, voices, languages=(code,))
    pages = filled(made.files[f"small-caps-2024-10-16-{code}.pdf"], tmp_path)
    assert (len(pages) == 3 or code == "en") and all(whole > 0.5 for *_, whole in pages), pages  # English is shorter
    assert all(abs(left - right) < 0.2 for left, right, _ in pages[:-1]), pages


def test_on_a_screen_every_box_stands_once_beside_its_section_or_a_little_before(edition: Edition) -> None:
    """From the finished pages: order of the story, all charts and the table, none farther ahead than two sections."""
    for code in ("en", "ru"):
        page = edition.files[f"small-caps-2024-10-16-{code}.html"].decode()
        sections = re.findall(r'<section id="(\w+)"(.*?)</section>', page, re.DOTALL)
        where = {
            name: number
            for number, (_, content) in enumerate(sections)
            for name in (
                *re.findall(r'id="chart-(\w+)"', content),
                *(["table"] if 'class="table returns"' in content else []),
            )
        }
        assert set(where) == {*HOMES, "table"}
        names = [name for name, _ in sections]
        for chart, home in {**HOMES, "table": "evidence"}.items():
            if home in names:
                assert 0 <= names.index(home) - where[chart] <= AHEAD, chart
