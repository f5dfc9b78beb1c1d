"""What charts tell at a pointer: the numbers against prices.csv, the places against the paths of the drawing."""

from __future__ import annotations

import html
import io
import json
import re
from collections.abc import Callable, Mapping
from datetime import date
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from reporter.charts import draw_charts
from reporter.charts.style import PHONE, WIDTH
from reporter.document.claims import Speaker
from reporter.document.edition import Edition
from reporter.document.readouts import BEYOND, ReadOut, read_outs
from reporter.errors import DocumentError
from reporter.facts import Facts
from reporter.facts.readings import MONTH, NEAR, YEAR, read_lines
from reporter.facts.series import Line
from reporter.language import Language
from reporter.prices import Prices

READ = re.compile(r'<input type="radio" name="read-(\w+)" aria-label="([^"]*)".*?data-read="([^"]*)"')


def told(page: bytes) -> Mapping[str, list[list[str]]]:
    """Chart -> its texts, in lines."""
    found: dict[str, list[list[str]]] = {}
    for name, aloud, shown in READ.findall(page.decode()):
        assert aloud == shown
        found.setdefault(name, []).append(html.unescape(shown).replace("\u00a0", " ").split("\n"))
    return found


def number(text: str) -> float:
    return float(text.rstrip(" %").rsplit(" ", 1)[-1].replace("−", "-").replace(",", ""))


def test_performance_is_that_of_the_adjusted_closes(edition: Edition) -> None:
    """Each month's return by pandas, from the prices that lie beside the page."""
    table = pd.read_csv(io.BytesIO(edition.files["prices.csv"]), parse_dates=["session"])
    closes = table.pivot_table(index="session", columns="ticker", values="adjusted_close")[["IJR", "SPY"]]
    year = closes.loc["2023-12-29":] / closes.loc["2023-12-29"] - 1
    ends = year.loc["2024":].groupby(pd.Grouper(freq="ME")).tail(1)
    read = told(edition.files["small-caps-2024-10-16-en.html"])["performance"]
    assert [pd.Timestamp(lines[0]) for lines in read] == list(ends.index)
    for lines, (_, row) in zip(read, ends.iterrows(), strict=True):
        assert [line.split()[0] for line in lines[1:]] == ["IJR", "SPY"]
        assert [number(line) for line in lines[1:]] == pytest.approx((row * 100).tolist(), abs=0.0501)


def test_averages_are_those_of_pandas(edition: Edition) -> None:
    table = pd.read_csv(io.BytesIO(edition.files["prices.csv"]), parse_dates=["session"])
    close = table[table["ticker"] == "IJR"].set_index("session")["close"]
    lines = pd.concat([close, close.rolling(50).mean(), close.rolling(200).mean()], axis=1)
    read = told(edition.files["small-caps-2024-10-16-en.html"])["price"]
    assert len(read) == 13
    for day, *said in read:
        assert [number(one.rsplit(" ", 1)[-1]) for one in said] == pytest.approx(
            lines.loc[pd.Timestamp(day)].tolist(), abs=0.00501
        )


@pytest.mark.parametrize("code", ["en", "ru"])
def test_every_value_is_a_claim_and_a_fact(edition: Edition, code: str) -> None:
    facts = json.loads(edition.files["facts.json"])
    read = told(edition.files[f"small-caps-2024-10-16-{code}.html"])
    assert set(read) == {"performance", "price", "rotation", "relative_strength", "attempts"}
    claimed = {
        one["said"].get(code, "").replace("\u00a0", " ") for one in facts["claims"] if one["section"] == "readouts"
    }
    for day, *_ in (lines for name in facts["readings"] for lines in read[name]):
        assert day in claimed
    assert sum(len(lines) for lines in read["attempts"]) == len(facts["precedents"]["attempts"])
    assert sum(len(lines) for lines in read["rotation"]) == len(facts["rotation"])


def test_paper_has_none_and_pages_stay_light(edition: Edition) -> None:
    for name, content in edition.files.items():
        if name.endswith(".html"):
            assert len(content) < 400_000
        if name.endswith(".pdf"):
            assert b"/Widget" not in content


def test_dots_stand_on_the_lines(
    walk: Callable[..., np.ndarray], make_prices: Callable[..., Prices], facts_of: Callable[..., Facts]
) -> None:
    """On the paths that matplotlib drew, whatever the height; their points are parsed from the SVG."""
    closes = {name: walk(number) for number, name in enumerate(("IJR", "SPY", "MTUM", "IVW"))}
    facts = facts_of(make_prices(closes), "IJR", "SPY", ("MTUM", "IVW"))
    speaker = Speaker(Language("en"))
    for height, wide in ((90.0, WIDTH), (140.0, WIDTH), (110.0, PHONE)):
        svg, frame = draw_charts(facts, speaker.language, heights={"performance": height}, wide=wide)["performance"]
        paths = [
            np.array(re.findall(r"([\d.]+) ([\d.]+)", path), dtype=float) for path in re.findall(r' d="(M[^"]*)"', svg)
        ]
        lines = [path for path in paths if len(path) > 50]
        assert len(lines) == 2
        for one in read_outs({"performance": frame}, facts, speaker)["performance"]:
            for left, top in one.dots:
                plot = frame.plot
                x, y = plot.left + left / 100 * (plot.right - plot.left), top / 100 * (plot.high - plot.low)
                drawn = [np.interp(x, path[:, 0], path[:, 1]) for path in lines]
                assert min(abs(each - (height - plot.high + y)) for each in drawn) < 1.5, one.text


@pytest.mark.parametrize("size", [1, 24])
def test_strips_cover_the_chart_and_do_not_overlap(
    size: int, walk: Callable[..., np.ndarray], make_prices: Callable[..., Prices], facts_of: Callable[..., Facts]
) -> None:
    names = ["IJR", "SPY", *(f"F{number}" for number in range(size))]
    facts = facts_of(make_prices({name: walk(n) for n, name in enumerate(names)}), "IJR", "SPY", names[2:])
    speaker = Speaker(Language("ru"))
    frames = {name: drawing.frame for name, drawing in draw_charts(facts, speaker.language).items()}
    for name, found in read_outs(frames, facts, speaker).items():
        ends = [(one.left, one.left + one.wide) for one in found]
        assert all(a[1] <= b[0] + 0.15 for a, b in pairwise(ends)), name
        assert all(one.wide > 4 for one in found), name
        low, high = (-BEYOND, 100 + BEYOND) if name in facts.readings else (0, 100)
        assert ends[0][0] >= low and ends[-1][1] <= high + 0.2
        if name in facts.readings:
            assert ends[0][0] == low and ends[-1][1] == pytest.approx(high, abs=0.2)
        assert all(-1 < left < 101 and -1 < top < 101 for one in found for left, top in one.dots), name
        assert isinstance(found[0], ReadOut)


def test_a_reading_is_the_last_session_of_its_month_and_none_is_close_to_the_last_one() -> None:
    days = tuple(date.fromordinal(one) for one in range(date(2023, 12, 29).toordinal(), date(2024, 3, 6).toordinal()))
    line = Line(days, tuple(map(float, range(len(days)))))
    read = read_lines({"a": line}, MONTH)
    assert [one.day for one in read] == [date(2023, 12, 31), date(2024, 1, 31), days[-1]]
    assert (days[-1] - date(2024, 2, 29)).days <= NEAR[MONTH]
    assert [one.day for one in read_lines({"a": line}, YEAR)] == [days[-1]]
    short = Line(days[40:], line.values[40:])
    assert [sorted(one.values) for one in read_lines({"a": line, "b": short}, MONTH)] == [["a"], ["a"], ["a", "b"]]


def test_a_number_in_a_read_out_vouches_for_no_other(make: Callable[..., Edition], tmp_path: Path) -> None:
    """The audit takes the texts of read-outs whole; one of another's making is refused, and their number elsewhere."""
    read = told(make(formats=("html",), languages=("en",)).files["small-caps-2024-10-16-en.html"])["price"][2]
    level = read[2].rsplit(" ", 1)[-1]
    (tmp_path / "sections").mkdir()
    for text in (f'<p data-read="{level}">x</p>', f"<p>{level}</p>", '<p data-read="777.77">x</p>'):
        (tmp_path / "sections" / "tests.html.j2").write_text(text)
        with pytest.raises(DocumentError, match="no fact stands behind"):
            make(templates=tmp_path, formats=("html",), languages=("en",))
