"""A field of many funds from a file: one ticker a line, the first column of a CSV, or `field:` of a YAML file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from reporter.config import TICKER
from reporter.errors import UsageError
from reporter.yaml_file import read_yaml

KINDS = (".txt", ".csv", ".yaml", ".yml")
HEADERS = ("ticker", "tickers", "symbol")
#: A universe; what is longer is another kind of file, or an oversight.
MOST = 2000


def is_field_file(text: str) -> bool:
    """Whether a field is named by a file; tickers with a dot (VOD.L) do not end like one."""
    return Path(text).suffix.lower() in KINDS


def read_field(path: Path) -> tuple[str, ...]:
    """Its tickers, each once, in the order of the file.

    Raises:
        UsageError: with file and line; it cannot be read, or holds something else than tickers.
        ConfigError: it is no YAML.
    """
    found: dict[str, int] = {}
    for line, ticker in _listed(path):
        where = f"--field {path}:{line}"
        if not re.search(TICKER, ticker):
            raise UsageError(f"{where}: '{ticker[:30]}' is not a ticker such as IJR, VOD.L or ^TNX")
        if ticker in found:
            raise UsageError(f"{where}: {ticker} is there already, in line {found[ticker]}")
        found[ticker] = line
        if len(found) > MOST:
            raise UsageError(f"{where}: a field has {MOST} funds at most")
    if not found:
        raise UsageError(f"--field {path}: has no ticker; write one a line")
    return tuple(found)


def _listed(path: Path) -> Iterator[tuple[int, str]]:
    """Line and text of each entry."""
    try:
        if path.suffix.lower() in (".yaml", ".yml") and path.stat():
            document = read_yaml(path)
            listed = document.data.get("field")
            if not isinstance(listed, list):
                raise UsageError(f"--field {path}: expected `field:` with a list of tickers")
            yield from ((document.places["field", str(row)][0], str(one)) for row, one in enumerate(listed))
            return
        lines = path.read_text("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise UsageError(f"--field {path}: is not UTF-8 text (byte {error.start})") from error
    except OSError as error:
        raise UsageError(f"--field {path}: cannot be read ({error.strerror})") from error
    for number, text in enumerate(lines, 1):
        cell = re.split(r"[,;\t]", text.partition("#")[0])[0].strip().strip("\"'").strip()
        if cell and not (number == 1 and cell.lower() in HEADERS):
            yield number, cell
