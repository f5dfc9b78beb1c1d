"""A folder with one file a ticker: IJR.csv or IJR.parquet, with Yahoo's columns. The way to use licensed data."""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reporter.config import FilesSettings
from reporter.errors import DataError, suggestion
from reporter.prices.bars import TITLES, Bars, Fetched, Flaw, Problem, first_fault, is_level, make_bars, total_return
from reporter.sessions import Days

Places = NDArray[np.int64]
Columns = dict[str, NDArray[Any]]  # numbers by title; shape of each: rows

KINDS = (".csv", ".parquet")
NEEDED = ("Date", "High", "Low", "Close", "Volume")
READ = frozenset({*NEEDED, "Adj Close", "Dividends", "Stock Splits"})
#: What other programs put between columns, in words.
SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}
#: How a date is read: as bytes, of which a plain one has ten, and of a longer one as many as tell that it is longer.
DATE = "S11"
#: A day, and the midnight with an offset that yfinance writes behind it.
DAY = re.compile(r"(\d{4}-\d\d-\d\d)(?:[ T][\d:.+\-Z]*)?")
#: What vendors write for "no bar", lower-case; pandas reads the same.
GAPS = frozenset({"", "nan", "null", "none", "n/a", "na", "#n/a", "<na>"})


class _Wrong(Exception):  # noqa: N818  an answer, and no fault of the program
    """One file that cannot be used; the text begins with its name."""

    def __init__(self, text: str, flaw: Flaw = Flaw.UNREADABLE) -> None:
        super().__init__(text)
        self.flaw = flaw


def fetch(last: Mapping[str, date], settings: FilesSettings) -> Fetched:
    """Bars up to the last session of each ticker from the files that the folder has.

    Raises:
        DataError: no folder is named, or it is not there, or has neither CSV nor Parquet files.
    """
    folder = settings.folder
    if folder is None:
        raise DataError("no folder of prices: name it with --prices, or under sources.files.folder in config.yaml")
    names = _names(folder)
    bars: dict[str, Bars] = {}
    problems: dict[str, Problem] = {}
    notes: list[str] = []
    for ticker, as_of in last.items():
        found = next((ticker + kind for kind in KINDS if ticker + kind in names), None)
        if found is None:
            near = suggestion(ticker, {name.rpartition(".")[0] for name in names} - last.keys())  # a fund that is meant
            text = f"{ticker}: there is no {ticker}.csv or {ticker}.parquet in {folder}{near}"
            problems[ticker] = Problem(Flaw.MISSING, text)
            continue
        try:
            bars[ticker] = _bars(folder / found, ticker, as_of, notes)
        except _Wrong as wrong:
            problems[ticker] = Problem(wrong.flaw, str(wrong))
    return Fetched(bars=bars, problems=problems, notes=tuple(notes))


def _names(folder: Path) -> frozenset[str]:
    try:
        names = frozenset(name for name in os.listdir(folder) if name.endswith(KINDS))
    except OSError as error:
        raise DataError(
            f"prices: cannot read the folder '{folder}' ({error.strerror}); name it with --prices, or under "
            "sources.files.folder in config.yaml"
        ) from error
    if not names:
        raise DataError(f"prices: '{folder}' has no .csv and no .parquet file; expected are files such as IJR.csv")
    return names


def _bars(path: Path, ticker: str, as_of: date, notes: list[str]) -> Bars:
    """The bars of one file, checked; what was put right is added to the notes."""
    try:
        table, days, places = _csv(path, as_of) if path.suffix == ".csv" else _parquet(path)
    except OSError as error:
        raise _Wrong(f"{path.name}: cannot be read ({error.strerror or error})") from error
    kept = np.flatnonzero(days <= np.datetime64(as_of, "D"))
    if len(kept) == 0:
        begin = f"begins on {days.min()}, after {as_of}" if len(days) else "has no rows"
        raise _Wrong(f"{path.name}: {begin}", Flaw.MISSING)
    if (days[kept][1:] < days[kept][:-1]).any():
        notes.append(f"{ticker}: dates in {path.name} were not in order and have been sorted")
        kept = kept[np.argsort(days[kept], kind="stable")]
    days = days[kept]
    twice = np.flatnonzero(days[1:] == days[:-1])
    if len(twice):
        first, second = (int(places[kept[twice[0] + n]]) for n in (0, 1))
        raise _Wrong(f"{path.name}:{second}: date {days[twice[0]]} is there already, in line {first}", Flaw.DUPLICATE)

    table = {title: column[kept] for title, column in table.items()}
    if np.isnan(table["Close"]).all():
        raise _Wrong(f"{path.name}: column 'Close' has no value up to {as_of}", Flaw.MISSING)
    bars = make_bars(days, {**_prices(table), "adjusted_close": _adjusted(table, path.name, ticker)})
    if fault := first_fault(bars, ticker):
        raise _Wrong(f"{path.name}:{places[kept[fault.row]]}: {fault.text}", fault.flaw)
    return bars


def _prices(table: Columns) -> Columns:
    columns = {name: table[title] for name, title in TITLES.items() if title in NEEDED}
    if "Dividends" in table:
        columns["dividend"] = np.nan_to_num(table["Dividends"])
    if "Stock Splits" in table:
        split = np.nan_to_num(table["Stock Splits"])
        columns["split"] = np.where(split, split, 1.0)
    return columns


def _adjusted(table: Columns, name: str, ticker: str) -> NDArray[Any]:
    """Closes adjusted for dividends: as the file has them, or computed from its dividends."""
    if "Adj Close" in table:
        return table["Adj Close"]
    if is_level(ticker):
        return table["Close"]
    if "Dividends" not in table:
        near = suggestion("Adj Close", table)
        raise _Wrong(f"{name}:1: there is no column 'Adj Close'{near}, and no 'Dividends' to compute it from")
    return total_return(table["Close"], table["Dividends"])


def _csv(path: Path, as_of: date) -> tuple[Columns, Days, Places]:
    """Columns as numbers, days, and the line of each row in the file.

    A clean file is taken as a whole. In any other one each line is looked at: that is slow and can tell where it is
    wrong. Both end in the same reader, so that a blemish after the as-of changes no digit before it.
    """
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _Wrong(f"{path.name}: is not UTF-8 text (byte {error.start}); save it as CSV in UTF-8") from error
    header = [title.strip().strip('"') for title in text.partition("\n")[0].split(",")]
    _check_columns(path.name, header)
    if clean := _table(text, header):
        return *clean, np.arange(len(clean[1])) + 2
    lines = list(_usable_lines(path.name, text, header, as_of))
    readable = _table("\n".join((",".join(header), *(line for _, line in lines), "")), header)
    if readable is None:
        raise _Wrong(f"{path.name}: cannot be read as a table of numbers")
    return *readable, np.array([number for number, _ in lines])


def _table(text: str, header: Sequence[str]) -> tuple[Columns, Days] | None:
    """Columns as numbers, and days; None unless every line has all its fields, a plain date and numbers."""
    rows = text.count("\n") - text.endswith("\n")
    if '"' in text or text.count(",") != (rows + 1) * (len(header) - 1):
        return None
    wanted = [place for place, title in enumerate(header) if title in READ]
    dates = header.index("Date")
    try:
        table = pd.read_csv(
            io.StringIO(text), header=0, names=range(len(header)), usecols=wanted, dtype={dates: DATE},
            skip_blank_lines=False, low_memory=False,
        )  # fmt: skip
        days = table[dates].to_numpy()
        if len(days) and (np.char.str_len(days) != len("2024-10-16")).any():
            return None
        columns = {header[place]: table[place].to_numpy() for place in wanted if place != dates}
        if len(days) and any(column.dtype.kind not in "fiu" for column in columns.values()):
            return None
        return {title: column.astype("float64") for title, column in columns.items()}, days.astype("M8[D]")
    except (ValueError, TypeError):  # pandas' ParserError is one
        return None


def _usable_lines(name: str, text: str, header: Sequence[str], as_of: date) -> Iterator[tuple[int, str]]:
    """Number and plain text of each line up to the as-of; blank lines and later ones are passed over."""
    reader = csv.reader(io.StringIO(text))
    next(reader)
    try:
        for cells in reader:
            place = f"{name}:{reader.line_num}"
            if not any(cell.strip() for cell in cells):
                continue
            row = {title: cell.strip() for title, cell in zip(header, cells, strict=False)}
            day = _day(row.get("Date", ""))
            if day is None:
                raise _Wrong(f"{place}: '{row.get('Date', '')[:30]}' is not a date such as 2024-10-16")
            if day > as_of:
                continue
            if len(cells) != len(header):
                raise _Wrong(f"{place}: {len(cells)} fields where the first line has {len(header)}")
            yield reader.line_num, ",".join(_field(title, cell, day, place) for title, cell in row.items())
    except csv.Error as error:
        raise _Wrong(f"{name}:{reader.line_num}: {error}") from error


def _day(cell: str) -> date | None:
    found = DAY.fullmatch(cell)
    try:
        return date.fromisoformat(found[1]) if found else None
    except ValueError:
        return None


def _field(title: str, cell: str, day: date, place: str) -> str:
    if title == "Date":
        return day.isoformat()
    if title not in READ or cell.lower() in GAPS:
        return ""
    try:
        float(cell if "_" not in cell else "no number to a reader of tables")
    except ValueError as error:
        raise _Wrong(f"{place}: '{cell[:30]}' in '{title}' is not a number") from error
    return cell


def _parquet(path: Path) -> tuple[Columns, Days, Places]:
    """As `_csv`; places are the numbers of the rows, from 1. The date is a column or the index."""
    try:
        table = pd.read_parquet(path)
    except ImportError as error:
        raise _Wrong(
            f"{path.name}: reading Parquet needs pyarrow (`pip install pyarrow`); or save it as CSV"
        ) from error
    except ValueError as error:  # pyarrow's ArrowInvalid is one
        raise _Wrong(f"{path.name}: is not a Parquet file that can be read ({str(error).splitlines()[0]})") from error
    if "Date" not in table:
        table = table.rename_axis("Date").reset_index()
    _check_columns(path.name, list(table.columns))
    dates = table.pop("Date")
    try:
        days = np.array([str(day)[:10] for day in dates], dtype="datetime64[D]")
        numbers = {str(title): table[title].to_numpy("float64") for title in table if title in READ}
    except ValueError as error:
        raise _Wrong(f"{path.name}: {error}") from error
    return numbers, days, np.arange(len(days)) + 1


def _check_columns(name: str, header: Sequence[str]) -> None:
    if header == [""]:
        raise _Wrong(f"{name}: is empty")
    if len(header) == 1 and (found := next((mark for mark in SEPARATORS if mark in str(header[0])), "")):
        raise _Wrong(f"{name}:1: columns are separated by {SEPARATORS[found]}; save it with commas and decimal points")
    if twice := next((title for title in header if title in READ and header.count(title) > 1), ""):
        raise _Wrong(f"{name}:1: column '{twice}' is there twice; keep one")
    for title in NEEDED:
        if title not in header:
            raise _Wrong(f"{name}:1: there is no column '{title}'{suggestion(title, header)}")
