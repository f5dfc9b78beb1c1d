"""Series of the store as CSV files in Yahoo's columns, out and in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import numpy as np

from reporter.config import FilesSettings
from reporter.errors import DataError, OutputError
from reporter.prices.bars import Bars
from reporter.prices.files import fetch
from reporter.prices.store import Series
from reporter.prices.table import lines

COLUMNS = {
    "High": "high", "Low": "low", "Close": "close", "Volume": "volume", "Dividends": "dividend", "Stock Splits": "split"
}  # fmt: skip


def write_csv(series: Series, folder: Path) -> Path:
    """Writes a series; the adjusted closes follow from its dividends.

    Raises:
        OutputError: it cannot be written.
    """
    bars = series.bars
    columns = [bars[name] for name in COLUMNS.values()]
    columns[-1] = np.where(bars["split"] == 1, 0.0, bars["split"])  # as Yahoo writes it
    path = folder / f"{series.ticker}.csv"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_bytes(f"{','.join(('Date', *COLUMNS))}\n".encode() + lines(bars["session"].astype(str), columns))
    except OSError as error:
        raise OutputError(f"cannot write '{path}': {error.strerror}") from error
    return path


def read_csv(folder: Path, today: date) -> Mapping[str, Bars]:
    """All files of a folder, by ticker. Adjusted closes are not taken, dividends and splits are.

    Raises:
        DataError: there is none, or one of them is no table of prices, or has a bar that cannot be true.
    """
    tickers = sorted(path.stem for path in folder.glob("*.csv"))
    if not tickers:
        raise DataError(f"'{folder}' has no CSV file to import; `reporter prices export FOLDER` writes such ones")
    fetched = fetch(dict.fromkeys(tickers, today), FilesSettings(folder=folder))
    if fetched.problems:
        raise DataError("; ".join(problem.text for problem in fetched.problems.values()))
    return {ticker: bars[~np.isnan(bars["close"])] for ticker, bars in fetched.bars.items()}
