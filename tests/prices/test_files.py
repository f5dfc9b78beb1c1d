"""Prices from a folder: what is wrong is named with file and line, what is harmless changes no digit."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from reporter.config import FilesSettings, Sources
from reporter.errors import DataError
from reporter.prices import Prices
from reporter.prices.load import load_prices
from reporter.prices.quality import judge
from reporter.sessions import Calendar

AS_OF = date(2024, 10, 16)
TICKERS = ("AAA", "BBB")
HEADER = "Date,Open,High,Low,Close,Adj Close,Volume,Dividends"
Load = Callable[..., Prices]
Change = Callable[[list[str]], list[str]]


def rows(calendar: Calendar, seed: int, last: date = date(2024, 10, 31)) -> list[str]:
    """Lines of a file, header first: some 270 bars up to the as-of and eleven after it, two dividends."""
    days = calendar.between(date(2023, 9, 20), last)
    close = 100 * np.exp(np.cumsum(np.random.default_rng(seed).normal(0, 0.01, len(days))))
    lines = [
        f"{day},{price:.4f},{price * 1.01:.4f},{price * 0.99:.4f},{price:.4f},{price * 0.98:.4f},1000,"
        f"{0.5 if row in (60, 190) else 0.0}"
        for row, (day, price) in enumerate(zip(days, close, strict=True))
    ]
    return [HEADER, *lines]


@pytest.fixture
def folder(tmp_path: Path, calendar: Calendar) -> Path:
    for seed, ticker in enumerate(TICKERS):
        (tmp_path / f"{ticker}.csv").write_text("\n".join(rows(calendar, seed)) + "\n")
    return tmp_path


@pytest.fixture
def load(folder: Path, calendar: Calendar) -> Load:
    def prices(*tickers: str, path: Path | None = None) -> Prices:
        sources = Sources(files=FilesSettings(folder=path or folder))
        return load_prices(tickers or TICKERS, (), calendar, AS_OF, sources, "files")

    return prices


def rewrite(folder: Path, change: Change, ticker: str = "BBB") -> None:
    path = folder / f"{ticker}.csv"
    path.write_text("\n".join(change(path.read_text().splitlines())) + "\n")


def cell(line: int, title: str, value: str) -> Change:
    """A change of one field. `line` counts as an editor does, from 1."""

    def change(lines: list[str]) -> list[str]:
        cells = lines[line - 1].split(",")
        cells[HEADER.split(",").index(title)] = value
        return [*lines[: line - 1], ",".join(cells), *lines[line:]]

    return change


def columns(change: Callable[[pd.DataFrame], pd.DataFrame]) -> Change:
    """A change of the table as a whole, every field a text."""

    def apply(lines: list[str]) -> list[str]:
        table = pd.DataFrame([line.split(",") for line in lines[1:]], columns=lines[0].split(","))
        changed = change(table)
        return [",".join(changed.columns), *(",".join(row) for row in changed.to_numpy())]

    return apply


# The folder


def test_a_folder_that_is_not_there_is_named(load: Load, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"cannot read the folder '.*nowhere' .*--prices"):
        load(path=tmp_path / "nowhere")


def test_a_folder_without_prices_is_named(load: Load, tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "notes.txt").write_text("nothing here")
    with pytest.raises(DataError, match=r"no \.csv and no \.parquet file"):
        load(path=tmp_path / "sub")


def test_a_missing_fund_is_a_problem_with_a_suggestion(load: Load) -> None:
    """Of a file that nobody has asked for: the likeness of two funds of a brief says nothing."""
    prices = load("BBB", "AAB")
    assert list(prices.close) == ["BBB"]
    assert prices.problems["AAB"].text.startswith("AAB: there is no AAB.csv")
    assert "did you mean 'AAA'?" in prices.problems["AAB"].text
    assert "did you mean" not in load("AAA", "BBB", "AAB").problems["AAB"].text


def test_good_files_have_neither_problems_nor_notes(load: Load, calendar: Calendar) -> None:
    prices = load()
    assert (prices.problems, prices.notes) == ({}, ())
    assert list(prices.sessions.date) == [day.astype(date) for day in calendar.between(date(2023, 9, 20), AS_OF)]


# One file that cannot be used: the other one is not touched by it

WRONG: dict[str, tuple[Change, str]] = {
    "letters in a number": (cell(5, "Close", "abc"), r"BBB\.csv:5: 'abc' in 'Close' is not a number"),
    "underscore in a number": (cell(5, "Close", "1_0"), r"BBB\.csv:5: '1_0' in 'Close' is not a number"),
    "decimal comma": (cell(5, "Close", "101,5"), r"BBB\.csv:5: 9 fields where the first line has 8"),
    "short row": (lambda lines: [*lines[:6], lines[6][:20], *lines[7:]], r"BBB\.csv:7: \d fields where .* has 8"),
    "no date": (cell(8, "Date", "16.10.2024"), r"BBB\.csv:8: '16\.10\.2024' is not a date such as 2024-10-16"),
    "impossible date": (cell(8, "Date", "2024-02-30"), r"BBB\.csv:8: '2024-02-30' is not a date"),
    "negative price": (cell(9, "Close", "-3"), r"BBB\.csv:9: negative price -3 in 'Close'"),
    "zero": (cell(9, "Adj Close", "0"), r"BBB\.csv:9: price of zero in 'Adj Close'"),
    "infinite": (cell(9, "High", "inf"), r"BBB\.csv:9: infinite value in 'High'"),
    "high below low": (cell(9, "High", "1"), r"BBB\.csv:9: high 1 is below low"),
    "close above the high": (cell(9, "Close", "150"), r"BBB\.csv:9: close 150 is outside the day's range"),
    "negative volume": (cell(9, "Volume", "-1"), r"BBB\.csv:9: negative volume -1"),
    "date twice": (lambda lines: [*lines[:11], lines[10], *lines[11:]], r"BBB\.csv:12: date \S+ is there .*line 11"),
    "no column": (columns(lambda table: table.rename(columns={"Close": "Closes"})), r"BBB\.csv:1: .* 'Close' \(did"),
    "no adjusted closes": (
        columns(lambda table: table.drop(columns=["Adj Close", "Dividends"])),
        r"BBB\.csv:1: there is no column 'Adj Close'.* and no 'Dividends'",
    ),
    "no closes": (columns(lambda table: table.assign(Close="nan")), r"BBB\.csv: column 'Close' has no value up to"),
    "header only": (lambda lines: lines[:1], r"BBB\.csv: has no rows"),
    "nothing": (lambda _: [], r"BBB\.csv: is empty"),
    "semicolons": (
        lambda lines: [line.replace(",", ";") for line in lines],
        r"BBB\.csv:1: columns are separated by semicolons; save it with commas and decimal points",
    ),
    "tabs": (lambda lines: [line.replace(",", "\t") for line in lines], r"BBB\.csv:1: columns are separated by tabs"),
    "column twice": (
        lambda lines: [f"{line},{line.split(',')[4]}" for line in lines],
        r"BBB\.csv:1: column 'Close' is",
    ),
    "later rows only": (lambda lines: [lines[0], *lines[-3:]], r"BBB\.csv: begins on 2024-10-29, after 2024-10-16"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_file_is_named_with_its_line(load: Load, folder: Path, name: str) -> None:
    change, expected = WRONG[name]
    rewrite(folder, change)
    prices = load()
    assert list(prices.close) == ["AAA"]
    assert re.match(expected, prices.problems["BBB"].text), prices.problems["BBB"].text
    assert "\n" not in prices.problems["BBB"].text


def test_text_that_is_not_utf8_is_named(load: Load, folder: Path) -> None:
    (folder / "BBB.csv").write_bytes("Дата,Close\n".encode("cp1251"))
    assert "BBB.csv: is not UTF-8" in load().problems["BBB"].text


def test_a_broken_parquet_file_is_named(load: Load, folder: Path) -> None:
    (folder / "CCC.parquet").write_bytes(b"no parquet")
    assert load("AAA", "CCC").problems["CCC"].text.startswith("CCC.parquet: is not a Parquet file")


def test_ten_bars_are_prices_and_the_gate_refuses_them(load: Load, folder: Path, calendar: Calendar) -> None:
    short = [HEADER, *rows(calendar, 1, AS_OF)[-10:]]
    rewrite(folder, lambda _: short)
    prices = load()
    assert list(prices.close) == ["AAA", "BBB"]
    assert "BBB: has 10 closes" in judge(prices, ("AAA", "BBB"), ()).notes[0]


# Harmless differences: the same prices to the last digit


def offset(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(Date=table["Date"] + " 00:00:00-04:00")


def quoted(lines: list[str]) -> list[str]:
    return [",".join(f'"{one}"' for one in line.split(",")) for line in lines]


def garbage(lines: list[str]) -> list[str]:
    """After the as-of: nonsense of every kind."""
    return [*lines[:-4], "2024-10-28,abc,-1,0,,inf,x,y", "2024-10-29,1", "2024-10-29,1,2,3,4,5,6,7,8,9"]


SAME: dict[str, Change] = {
    "quoted fields": quoted,
    "dates as yfinance writes them": columns(offset),
    "no later rows": lambda lines: [line for line in lines if line[:10] <= "2024-10-16" or line == HEADER],
    "garbage after the as-of": garbage,
    "other columns": columns(lambda table: table.assign(**{"Stock Splits": "none", "Note": "what, ever"[:4]})),
    "columns in another order": columns(lambda table: table[table.columns[::-1]]),
    "blank lines": lambda lines: [*lines[:9], "", *lines[9:], "", ""],
    "blanks around": lambda lines: [lines[0], *(line.replace(",", " , ") for line in lines[1:])],
}


@pytest.mark.parametrize("name", SAME)
def test_harmless_differences_change_no_digit(load: Load, folder: Path, name: str) -> None:
    before = load().sha256
    rewrite(folder, SAME[name])
    after = load()
    assert (after.problems, after.notes, after.sha256) == ({}, (), before)


@pytest.mark.parametrize(("encoding", "newline"), [("utf-8-sig", "\n"), ("utf-8", "\r\n"), ("utf-8-sig", "\r\n")])
def test_windows_files_change_no_digit(load: Load, folder: Path, encoding: str, newline: str) -> None:
    before = load().sha256
    path = folder / "BBB.csv"
    path.write_text(path.read_text(), encoding, newline=newline)
    assert load().sha256 == before


@pytest.mark.parametrize("as_index", [False, True])
def test_parquet_equals_csv(load: Load, folder: Path, as_index: bool) -> None:
    before = load().sha256
    table = pd.read_csv(folder / "BBB.csv", parse_dates=["Date"])
    (folder / "BBB.csv").unlink()
    (table.set_index(table.pop("Date").dt.tz_localize("America/New_York")) if as_index else table).to_parquet(
        folder / "BBB.parquet"
    )
    assert load().sha256 == before


def test_dates_out_of_order_are_sorted_and_noted(load: Load, folder: Path) -> None:
    before = load().sha256
    rewrite(folder, lambda lines: [lines[0], *reversed(lines[1:])])
    after = load()
    assert after.sha256 == before
    assert after.notes == ("BBB: dates in BBB.csv were not in order and have been sorted",)


def test_a_fault_is_found_where_it_stands_in_an_unsorted_file(load: Load, folder: Path) -> None:
    rewrite(folder, lambda lines: cell(60, "Close", "-3")([lines[0], *reversed(lines[1:])]))
    assert load().problems["BBB"].text.startswith("BBB.csv:60: negative price -3")


@pytest.mark.fault("B9")
def test_weekends_are_left_out_and_noted(load: Load, folder: Path) -> None:
    before = load().sha256
    friday = next(line for line in (folder / "BBB.csv").read_text().splitlines() if line.startswith("2024-10-11"))
    rewrite(folder, lambda lines: [HEADER, *sorted([*lines[1:], friday.replace("10-11", "10-12")])])
    after = load()
    assert after.sha256 == before
    assert after.notes == ("BBB: bars on days without a session left out: 2024-10-12",)


def test_total_return_is_computed_from_dividends(load: Load, folder: Path) -> None:
    rewrite(folder, columns(lambda table: table.drop(columns="Adj Close")))
    prices = load()
    close, adjusted = prices.close["BBB"].to_numpy(), prices.adjusted_close["BBB"].to_numpy()
    expected = close.copy()
    for row in (60, 190):
        expected[:row] *= 1 - 0.5 / close[row - 1]
    np.testing.assert_allclose(adjusted, expected, rtol=0, atol=1e-6)


def test_a_gap_stays_a_gap(load: Load, folder: Path) -> None:
    rewrite(folder, cell(100, "Close", ""))
    prices = load()
    assert prices.problems == {}
    assert int(prices.close["BBB"].isna().sum()) == 1
    assert prices.high["BBB"].isna().equals(prices.close["BBB"].isna())
