"""The installed command in its own process: what a person at a terminal sees when something is wrong."""

from __future__ import annotations

import email
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from reporter.config import Sources
from reporter.prices.bars import TITLES
from reporter.prices.load import load_prices
from reporter.sessions import Calendar

COMMAND = Path(sys.executable).with_name("reporter")
PAIR = ("--subject", "AAA", "--benchmark", "BBB")
AS_OF = "2024-10-16"
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    def command(*arguments: str) -> subprocess.CompletedProcess[str]:
        assert COMMAND.exists(), "the package is not installed beside this Python"
        return subprocess.run(
            [str(COMMAND), *arguments], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=100
        )

    return command


@pytest.fixture
def folder(tmp_path: Path, calendar: Calendar) -> Path:
    """Three funds and four years of simulated bars in Yahoo's columns."""
    prices = load_prices(("AAA", "BBB", "CCC"), (), calendar, date(2024, 10, 16), Sources(), "simulated")
    path = tmp_path / "prices"
    path.mkdir()
    for ticker in prices.close:
        table = pd.DataFrame({title: getattr(prices, name)[ticker] for name, title in TITLES.items()})
        table.rename_axis("Date").tail(1000).to_csv(path / f"{ticker}.csv")
    return path


def edit(folder: Path, ticker: str, change: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
    path = folder / f"{ticker}.csv"
    change(pd.read_csv(path)).to_csv(path, index=False)


def with_value(column: str, row: int, value: object) -> Callable[[pd.DataFrame], pd.DataFrame]:
    def change(table: pd.DataFrame) -> pd.DataFrame:
        table[column] = table[column].astype(object)
        table.loc[row, column] = value
        return table

    return change


def one_line(result: subprocess.CompletedProcess[str], code: int, *words: str) -> None:
    """The exit code, one line on standard error that says what, where and what next, and nothing on standard output."""
    assert result.returncode == code, result.stderr
    lines = [line for line in result.stderr.splitlines() if line]
    assert len(lines) == 1 and lines[0].startswith("reporter: "), result.stderr
    assert "Traceback" not in result.stderr and result.stdout == ""
    for word in words:
        assert word in lines[0], lines[0]


def test_a_good_run(run: Run, folder: Path, tmp_path: Path) -> None:
    result = run("brief", *PAIR, "--field", "CCC", "--prices", "prices", "--as-of", AS_OF, "--output", "out", "--json")
    assert result.returncode == 0, result.stderr
    told = json.loads(result.stdout)
    assert told["brief"] == "aaa-vs-bbb" and told["quality"]["status"] == "ok"
    assert all((tmp_path / path).exists() for path in told["files"])
    assert len(told["files"]) == 11


REFUSALS = {
    "one fund with ten bars": (lambda table: table.tail(10), "has 10 closes"),
    "column of nothing": (lambda table: table.assign(Close=np.nan), "AAA.csv: column 'Close' has no value"),
    "negative price": (with_value("Close", 500, -3.0), "AAA.csv:502: negative price -3"),
    "letters for a number": (with_value("High", 7, "x12"), "AAA.csv:9: 'x12' in 'High' is not a number"),
    "a date twice": (lambda table: pd.concat([table, table.tail(1)]), "is there already, in line 1001"),
    "no such column": (lambda table: table.rename(columns={"Close": "close"}), "there is no column 'Close'"),
    "stale": (lambda table: table.head(990), "--as-of 2024-10-02"),
    "holes": (lambda table: table.drop(index=range(900, 960)), "of the last 252 sessions have no close"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_subject_that_cannot_be_trusted(name: str, run: Run, folder: Path, tmp_path: Path) -> None:
    change, words = REFUSALS[name]
    edit(folder, "AAA", change)
    result = run("brief", *PAIR, "--prices", "prices", "--as-of", AS_OF, "--output", "out")
    one_line(result, 65, "aaa-vs-bbb refused: AAA", words)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", REFUSALS)
def test_the_same_in_a_member_of_the_field_is_named(name: str, run: Run, folder: Path) -> None:
    change, words = REFUSALS[name]
    edit(folder, "CCC", change)
    for other in ("EEE", "FFF"):  # with less than half of its field there would be no edition
        (folder / f"{other}.csv").write_bytes((folder / "BBB.csv").read_bytes())
    arguments = (
        "--field",
        "CCC,DDD,EEE,FFF",
        "--format",
        "html",
        "--prices",
        "prices",
        "--as-of",
        AS_OF,
        "--output",
        "out",
    )
    result = run("brief", *PAIR, *arguments)
    assert result.returncode == 0, result.stderr
    assert result.stderr.startswith("reporter: degraded: CCC")
    assert "DDD: there is no DDD.csv" in result.stderr and "Traceback" not in result.stderr
    assert words.replace("AAA", "CCC").replace("--as-of", "the newest close")[:12] in result.stderr or name == "stale"


RC = """
font.family: serif
lines.linewidth: 9
lines.antialiased: False
lines.scale_dashes: False
savefig.bbox: tight
savefig.facecolor: pink
svg.fonttype: path
path.sketch: 2, 10, 3
text.color: red
text.antialiased: False
backend: TkAgg
"""


def test_a_matplotlibrc_changes_nothing(run: Run, tmp_path: Path) -> None:
    """Pages, and the pictures in a mail."""
    (tmp_path / "config.yaml").write_text(
        "mail: {sender: desk@example.com, relay: {host: smtp.example.com}}\n"
        "briefs: {pair: {subject: IJR, benchmark: SPY, field: [MTUM], languages: [en], recipients: [a@example.org]}}\n"
    )

    def made(to: str) -> tuple[dict[str, bytes], list[bytes]]:
        given = ("pair", "--source", "simulated", "--as-of", AS_OF)
        brief = run("brief", *given, "--format", "html", "--output", to)
        assert brief.returncode == 0 and brief.stderr == "", brief.stderr
        assert run("send", *given, "--dry-run", f"{to}-mails").returncode == 0
        mail = email.message_from_bytes(next((tmp_path / f"{to}-mails").iterdir()).read_bytes())
        parts = [part.get_payload(decode=True) for part in mail.walk() if not part.is_multipart()]
        assert sum(part[:4] == b"\x89PNG" for part in parts) > 2
        return {path.name: path.read_bytes() for path in (tmp_path / to).rglob("*.*") if path.is_file()}, parts

    before = made("plain")
    (tmp_path / "matplotlibrc").write_text(RC)
    assert made("hostile") == before
    (tmp_path / "matplotlibrc").write_bytes(b"font.family: \xff\xfe")
    refused = run("brief", "pair", "--source", "simulated", "--as-of", AS_OF, "--output", "none")
    assert refused.returncode == 70 and "its file 'matplotlibrc'" in refused.stderr and "bug" not in refused.stderr


def test_unsorted_dates_are_sorted_and_noted(run: Run, folder: Path, tmp_path: Path) -> None:
    base = ("brief", *PAIR, "--prices", "prices", "--as-of", AS_OF, "--format", "html", "--output")
    sorted_run = run(*base, "sorted")
    edit(folder, "AAA", lambda table: table.sample(frac=1, random_state=1))
    assert run(*base, "mixed").returncode == sorted_run.returncode == 0
    facts = [json.loads(next((tmp_path / name).rglob("facts.json")).read_text()) for name in ("sorted", "mixed")]
    assert facts[1]["quality"].pop("notes") == ["AAA: dates in AAA.csv were not in order and have been sorted"]
    assert facts[0]["quality"].pop("notes") == []
    assert facts[0] == facts[1]


def test_folders(run: Run, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    one_line(run("brief", *PAIR, "--prices", "nowhere", "--as-of", AS_OF), 65, "'nowhere'", "--prices")
    one_line(run("brief", *PAIR, "--prices", "empty", "--as-of", AS_OF), 65, "'empty'", "IJR.csv")
    missing = run("brief", "--subject", "AAB", "--benchmark", "BBB", "--prices", "prices", "--as-of", AS_OF)
    one_line(missing, 65, "there is no AAB.csv")


def test_days(run: Run, folder: Path) -> None:
    tomorrow = str(datetime.now(UTC).date() + timedelta(days=3))
    one_line(run("brief", *PAIR, "--prices", "prices", "--as-of", tomorrow), 2, "is in the future")
    one_line(run("brief", *PAIR, "--prices", "prices", "--as-of", "16.10.2024"[:0] or "2020-01-02"), 65, "begins on")
    one_line(run("brief", *PAIR, "--prices", "prices", "--as-of", "1999-01-04"), 2, "before the first session")
    weekend = run("brief", *PAIR, "--prices", "prices", "--as-of", "2024-10-13", "--format", "html", "--output", "out")
    assert weekend.returncode == 0
    assert "2024-10-13 is no session; the one before it is used: 2024-10-11" in weekend.stderr
    assert "2024-10-11-r0" in weekend.stdout


def test_names(run: Run) -> None:
    result = run("brief", "smal-caps", "--source", "simulated")
    assert result.returncode == 2
    assert "no brief 'smal-caps' (did you mean 'small-caps'?); configured: small-caps" in result.stderr
    assert run("brief", *PAIR, "--language", "de").stderr.count("\n") == 1


def test_output_that_cannot_be_written(run: Run, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = run("brief", *PAIR, "--prices", "prices", "--as-of", AS_OF, "--format", "html", "--output", "file")
    one_line(result, 73, "'file'", "--output")


def test_no_network(run: Run, tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(
        "sources: {yahoo: {base_url: 'http://127.0.0.1:9', budget: 3}}\n"
        "briefs: {pair: {subject: IJR, benchmark: SPY}}\n"
    )
    one_line(run("brief", "pair", "--as-of", AS_OF), 69, "127.0.0.1:9", "cannot connect", "--source files")


def test_init_makes_a_configuration_that_works(run: Run, tmp_path: Path) -> None:
    assert run("init", "--yes").stdout.strip() == "config.yaml"
    result = run("brief", "bonds", "--source", "simulated", "--as-of", AS_OF, "--format", "html", "--output", "out")
    assert result.returncode == 0, result.stderr
    one_line(run("init", "--yes"), 73, "is there already")


def test_the_archive_says_what_it_has(run: Run, tmp_path: Path) -> None:
    """Nothing yet is a word; then the newest edition opens with its page for a screen."""
    (tmp_path / "config.yaml").write_text("sources: {use: simulated}\nbriefs: {pair: {subject: IJR, benchmark: SPY}}\n")
    nothing = run("archive", "list")
    assert (nothing.returncode, nothing.stdout) == (0, "") and "'output' holds no edition" in nothing.stderr
    one_line(run("archive", "open", "pare"), 2, "no brief 'pare' (did you mean 'pair'?)")
    one_line(run("archive", "open", "pair"), 2, "'output' holds no edition of 'pair'")
    one_line(run("archive", "list", "--target", "nas"), 2, "no target 'nas'; configured: output")
    assert run("brief", "pair", "--as-of", AS_OF, "--language", "en").returncode == 0
    opened = run("archive", "open", "pair", "--print")
    assert opened.stdout == f"output/pair/2024/{AS_OF}-r0/pair-{AS_OF}-en.html\n"
    assert run("archive", "verify").stdout == "output: 1 edition, no differences\n"


def test_one_line_for_all_funds_that_are_not_asked(run: Run, tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(
        "sources: {yahoo: {base_url: 'http://127.0.0.1:9', budget: 3}}\n"
        "briefs: {pair: {subject: IJR, benchmark: SPY, field: [MTUM, QUAL, VLUE], backdrop: false}}\n"
    )
    result = run("prices", "update")
    assert result.returncode == 69 and "reporter: 5 funds are not up to date" in result.stderr
    assert "MTUM, QUAL, VLUE: http://127.0.0.1:9: not asked" in result.stderr
    assert len(result.stderr.splitlines()) == 3


def test_an_index_page_takes_in_what_is_made_after_it(run: Run, folder: Path, tmp_path: Path) -> None:
    """An ad-hoc brief is in it at once; a folder without one gets none."""
    command = ("brief", *PAIR, "--prices", "prices", "--format", "html", "--language", "en", "--output", "out")
    assert run(*command, "--as-of", "2024-10-09").returncode == 0
    assert not (tmp_path / "out" / "index.html").exists()
    assert run("archive", "index", "out").returncode == 0
    assert run(*command, "--as-of", AS_OF).returncode == 0
    page = (tmp_path / "out" / "index.html").read_text("utf-8")
    assert "2024-10-09-r0" in page and f"{AS_OF}-r0" in page
    (tmp_path / "out" / "feed.xml").unlink()
    (tmp_path / "out" / "feed.xml").mkdir()
    result = run(*command, "--as-of", "2024-10-15")
    assert result.returncode == 0 and "`reporter archive index` takes it in" in result.stderr
