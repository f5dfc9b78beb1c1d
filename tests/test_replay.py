"""An edition made again from its folder, by the installed command; and the commands of the store."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from reporter.prices.database import open_store
from reporter.sessions import Calendar
from tests.prices.test_faults import frame
from tests.yahoo_server import Yahoo, serve

Run = Callable[..., subprocess.CompletedProcess[str]]
FUNDS = ("IJR", "SPY", "MTUM", "IVW")
FOLDER = Path("output/pair/2024/2024-10-16-r0")


@pytest.fixture(scope="module")
def yahoo(calendar: Calendar) -> Iterator[Yahoo]:
    with serve(Yahoo({ticker: frame(calendar, seed) for seed, ticker in enumerate((*FUNDS, "^TNX"))})) as running:
        yield running


@pytest.fixture(scope="module")
def run(yahoo: Yahoo, tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("replay")
    (folder / "config.yaml").write_text(
        f"sources: {{yahoo: {{base_url: '{yahoo.url}', spacing: 0, budget: 9}}}}\n"
        "templates: words\n"
        "briefs: {pair: {subject: IJR, benchmark: SPY, field: [MTUM, IVW], languages: [en], "
        "schedule: {every: month, after_close: 2h}}}\n"
    )
    (folder / "words" / "languages" / "en").mkdir(parents=True)
    bundled = Path(__file__).parents[1] / "templates" / "languages" / "en" / "names.yaml"
    (folder / "words" / "languages" / "en" / "names.yaml").write_text(bundled.read_text())

    def command(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(Path(sys.executable).with_name("reporter")), *arguments],
            cwd=folder, capture_output=True, text=True, check=False, timeout=100,
        )  # fmt: skip

    command.folder = folder
    made = command("brief", "pair", "--as-of", "2024-10-16")
    assert made.returncode == 0, made.stderr
    return command


def test_the_same_bytes(run: Run) -> None:
    result = run("replay", "pair", "2024-10-16", "--json")
    assert result.returncode == 0, result.stderr
    told = json.loads(result.stdout)
    assert told["same"] and told["why"] == "" and len(told["files"]) >= 7


def test_no_secret_and_no_reader_is_in_the_settings(run: Run) -> None:
    settings = json.loads((run.folder / FOLDER / "settings.json").read_text())
    assert settings["asked"]["subject"] == "IJR" and settings["quality"]["status"] == "ok"
    assert not {"recipients", "sources"} & settings["asked"].keys()
    assert settings["asked"]["schedule"] == {"every": "month"}, "wordings are dealt by the month"


def test_what_the_data_of_today_would_change(run: Run, yahoo: Yahoo) -> None:
    assert run("replay", "pair", "2024-10-16", "--today").stdout == "nothing would read differently\n"
    before = yahoo.bars["IJR"]
    yahoo.bars = {**yahoo.bars, "IJR": before.assign(Dividends=before["Dividends"] * 1.5).drop(columns="Adj Close")}
    try:
        updated = run("prices", "update", "pair")
        assert "IJR: dividend 0.6 on" in updated.stdout, updated.stderr
        result = run("replay", "pair", "2024-10-16", "--today")
    finally:
        yahoo.bars = {**yahoo.bars, "IJR": before}
    assert "IJR: 12 of 754 daily returns restated" in result.stdout
    assert "returns.IJR.1Y:" in result.stdout and " -> " in result.stdout
    assert run("replay", "pair", "2024-10-16").returncode == 0, "the archive is as it was"


def test_other_words_are_noticed(run: Run) -> None:
    names = run.folder / "words" / "languages" / "en" / "names.yaml"
    text = names.read_text()
    names.write_text(text.replace("IJR: {label: ", "IJR: {label: Really ", 1))
    try:
        result = run("replay", "pair", "2024-10-16")
    finally:
        names.write_text(text)
    assert result.returncode == 1
    assert "different  pair-2024-10-16-en.html" in result.stdout and "same       prices.csv" in result.stdout
    assert "templates, words or fonts have changed" in result.stderr


def test_what_is_not_there(run: Run) -> None:
    assert run("replay", "pair", "2024-10-15").returncode == 2
    assert "revisions: 0" in run("replay", "pair", "2024-10-16", "--revision", "7").stderr


def test_a_damaged_edition_is_not_replayed(run: Run) -> None:
    path = run.folder / FOLDER / "prices.csv"
    content = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(content[:-20])
    try:
        result = run("replay", "pair", "2024-10-16")
    finally:
        path.write_bytes(content)
    assert result.returncode == 1 and "is damaged" in result.stderr


def test_the_store_by_command(run: Run, tmp_path: Path) -> None:
    told = json.loads(run("prices", "status", "--json").stdout)
    assert {one["ticker"] for one in told["series"]} == {*FUNDS, "^TNX"}
    assert all(one["last"] == "2024-10-16" for one in told["series"])
    assert "5 series, every block as it was written" in run("prices", "verify").stdout
    nothing = run("prices", "export", "--source", "tiingo", str(tmp_path / "csv"))
    assert (nothing.returncode, nothing.stdout) == (0, "") and "no prices of tiingo" in nothing.stderr
    out = run("prices", "export", str(tmp_path / "csv"))
    assert out.returncode == 0 and (tmp_path / "csv" / "yahoo" / "IJR.csv").exists(), out.stderr
    (tmp_path / "config.yaml").write_text("state: state\n")
    arguments = (
        "import",
        str(tmp_path / "csv" / "yahoo"),
        "--source",
        "yahoo",
        "--config",
        str(tmp_path / "config.yaml"),
    )
    assert run("prices", *arguments).returncode == 0
    with (
        open_store(run.folder / "output" / ".state" / "prices.sqlite") as here,
        open_store(tmp_path / "state" / "prices.sqlite") as there,
    ):
        for source, ticker in here.listing():
            one, other = here.read(source, ticker), there.read(source, ticker)
            for name in ("session", "close", "high", "low", "volume", "dividend", "split"):
                np.testing.assert_array_equal(one.bars[name], other.bars[name])
    exported = run(
        "brief", "pair", "--prices", str(tmp_path / "csv" / "yahoo"), "--as-of", "2024-10-16",
        "--output", str(tmp_path / "out"), "--format", "html",
    )  # fmt: skip
    assert exported.returncode == 0, exported.stderr


def test_update_without_a_network(run: Run, tmp_path: Path) -> None:
    (run.folder / "away.yaml").write_text(
        "sources: {store: elsewhere.sqlite, yahoo: {base_url: 'http://127.0.0.1:9', budget: 3}}\n"
        "briefs: {pair: {subject: IJR, benchmark: SPY}}\n"
    )
    result = run("prices", "update", "--config", "away.yaml")
    assert result.returncode == 69 and "cannot connect" in result.stderr
