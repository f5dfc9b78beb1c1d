"""A whole edition, from prices to bytes: what it holds, and that nothing but its inputs changes it."""

from __future__ import annotations

import hashlib
import html
import io
import json
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pandas as pd
import pytest

from reporter.config import FilesSettings, Sources
from reporter.document.edition import Edition
from reporter.document.facts_json import SCHEMA_FILE
from reporter.errors import DataError
from reporter.prices.bars import TITLES
from reporter.prices.load import load_prices
from reporter.sessions import Calendar
from tests.conftest import Market

AS_OF, LATER = date(2024, 10, 16), date(2024, 11, 15)


def page(edition: Edition, code: str) -> str:
    return edition.files[f"{edition.brief}-{edition.session}-{code}.html"].decode()


def text(edition: Edition, code: str) -> str:
    """What a reader reads, spaces made plain."""
    body = re.sub(r"<(style|head)\b.*?</\1>", "", page(edition, code), flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", "", body)).split())


def facts(edition: Edition) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(edition.files["facts.json"])
    return found


def look_up(data: Any, path: str) -> Any:
    """A value by its dotted path; a key may hold dots itself (VOD.L)."""
    if not path:
        return data
    parts = path.split(".")
    for size in range(1, len(parts) + 1):
        key, rest = ".".join(parts[:size]), ".".join(parts[size:])
        if isinstance(data, Mapping) and key in data:
            return look_up(data[key], rest)
    if isinstance(data, list):
        return look_up(data[int(parts[0])], ".".join(parts[1:]))
    raise KeyError(path)


def test_files(edition: Edition) -> None:
    names = [f"small-caps-2024-10-16-{code}.{kind}" for code in ("en", "ru") for kind in ("pdf", "html", "svg")]
    assert list(edition.files) == [*names, "facts.json", "voices.json", "settings.json", "prices.csv"]
    assert edition.quality.status == "ok" and edition.shortfall == ""


def test_same_input_same_bytes(edition: Edition, make: Callable[..., Edition]) -> None:
    again = make()
    assert {name: hashlib.sha256(content).hexdigest() for name, content in again.files.items()} == {
        name: hashlib.sha256(content).hexdigest() for name, content in edition.files.items()
    }


def test_same_bytes_in_another_process(edition: Edition, tmp_path: Path) -> None:
    """Another hash seed, time zone and locale: the installed command gives the same files."""
    command = [sys.executable, "-m", "reporter", "brief", "small-caps", "--source", "simulated"]
    command += ["--as-of", "2024-10-16", "--output", str(tmp_path), "--json"]
    environment = {"PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo", "LC_ALL": "C", "HOME": str(tmp_path), "PATH": ""}
    made = subprocess.run(command, env=environment, cwd=Path(__file__).parents[1], capture_output=True, check=True)
    for path in map(Path, json.loads(made.stdout)["files"]):
        if path.name != "manifest.json":
            assert path.read_bytes() == edition.files[path.name], path.name


@pytest.fixture(scope="module")
def folders(calendar: Calendar, config: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The simulated market as files: up to the as-of, and a month on with nonsense in it."""
    brief = config.briefs["small-caps"]
    tickers = (*brief.tickers, "^IRX", "^TNX", "^VIX")
    prices = load_prices(tickers, (), calendar, LATER, Sources(), "simulated")
    until, beyond = tmp_path_factory.mktemp("until"), tmp_path_factory.mktemp("beyond")
    for ticker in tickers:
        table = pd.DataFrame({title: getattr(prices, name)[ticker] for name, title in TITLES.items()})
        table.index.name = "Date"
        table.loc[:"2024-10-16"].to_csv(until / f"{ticker}.csv")
        later = table.index > pd.Timestamp(AS_OF)
        table.loc[later] = table.loc[later].to_numpy() * 3
        table.loc[later, "Adj Close"] = np.nan
        table.to_csv(beyond / f"{ticker}.csv")
        with (beyond / f"{ticker}.csv").open("a") as file:
            file.write("2024-11-18,rubbish,,,,\n")
    return until, beyond


def test_rows_after_the_as_of_change_no_byte(folders: tuple[Path, Path], make: Callable[..., Edition]) -> None:
    until, beyond = (
        make(sources=Sources(use="files", files=FilesSettings(folder=folder)), formats=("html",)) for folder in folders
    )
    assert until.files == beyond.files


def test_price_list_gives_the_facts_again(edition: Edition, calendar: Calendar, tmp_path: Path) -> None:
    """prices.csv is enough to compute everything anew: by a spreadsheet's way of reading it."""
    table = pd.read_csv(io.BytesIO(edition.files["prices.csv"]), parse_dates=["session"])
    wide = table.pivot_table(index="session", columns="ticker", values="adjusted_close")
    year, month = wide.loc["2023-12-29"], wide.loc["2024-09-16"]
    found = facts(edition)
    for ticker in ("IJR", "SPY", "MTUM"):
        assert found["returns"][ticker]["YTD"] == pytest.approx(wide.iloc[-1][ticker] / year[ticker] - 1, abs=1e-9)
        assert found["returns"][ticker]["1M"] == pytest.approx(wide.iloc[-1][ticker] / month[ticker] - 1, abs=1e-9)


class TestFactsJson:
    def test_schema(self, edition: Edition) -> None:
        schema = json.loads(SCHEMA_FILE.read_text("utf-8"))
        jsonschema.Draft202012Validator.check_schema(schema)
        jsonschema.validate(facts(edition), schema)

    def test_schema_of_a_young_market(self, make: Callable[..., Edition]) -> None:
        """Eight weeks of history: most families of facts are absent, and nothing is 0 instead."""
        young = make(as_of=date(2005, 2, 28), formats=("html",))
        found = facts(young)
        jsonschema.validate(found, json.loads(SCHEMA_FILE.read_text("utf-8")))
        assert "relative_strength" not in found and "verdict" not in found and "1Y" not in found["gap"]

    def test_every_claim_leads_to_a_fact(self, edition: Edition) -> None:
        found = facts(edition)
        assert len(found["claims"]) > 100
        for claim in found["claims"]:
            for path in claim["facts"]:
                assert look_up(found, path) is not None, path

    def test_every_claim_was_said(self, edition: Edition) -> None:
        for code in ("en", "ru"):
            shown = page(edition, code)
            for claim in facts(edition)["claims"]:
                if code in claim["said"]:
                    assert html.escape(claim["said"][code], quote=False) in shown, claim

    def test_every_number_of_the_page_is_a_claim(self, edition: Edition) -> None:
        found = {
            (path, said.lower())
            for claim in facts(edition)["claims"]
            for path in claim["facts"]
            for said in claim["said"].values()
        }
        for code in ("en", "ru"):
            marked = re.findall(r'<data value="([^"]+)">([^<]*)</data>', page(edition, code))
            assert len(marked) > 80
            assert {(path, html.unescape(said).lower()) for path, said in marked if path != "method"} <= found

    def test_numbers_are_those_of_the_facts(self, edition: Edition) -> None:
        """Every percentage and gap in a claim is the fact behind it, rounded half to even by hand."""
        found = facts(edition)
        for claim in found["claims"]:
            value, said = look_up(found, claim["facts"][0]), claim["said"].get("en", "")
            if claim["facts"][0].startswith(("returns.", "gap.")) and re.fullmatch(r"[+−]?\d+\.\d%?", said):
                number = float(said.replace("−", "-").rstrip("%"))
                assert abs(abs(number) - abs(value * 100)) <= 0.0501, claim


class TestLanguages:
    def test_same_sections_and_charts(self, edition: Edition) -> None:
        shapes = []
        for code in ("en", "ru"):
            shown = page(edition, code)
            shapes.append((re.findall(r'id="([a-z_-]+)"', shown), shown.count("<svg"), shown.count("<tr")))
        assert shapes[0] == shapes[1]

    def test_no_word_of_the_other_language(self, edition: Edition) -> None:
        assert not re.search("[а-яё]", text(edition, "en").replace("По-русски", ""), re.IGNORECASE)
        russian = text(edition, "ru")
        for word in ("the", "and", "of", "met", "year", "gap"):
            assert not re.search(rf"\b{word}\b", russian.replace("In English", "")), word

    def test_russian_typography(self, edition: Edition) -> None:
        shown = page(edition, "ru")
        body = re.sub(r"</?data[^>]*>", "", shown[shown.index("<main") :])
        assert not re.search(r"\d\.\d", re.sub(r"<svg.*?</svg>|<[^>]+>", "", body, flags=re.DOTALL))
        assert not re.search(r"\d п\. п\.", body), "the unit stays with its number"
        assert " — " not in body.split("<footer")[0], "a dash never begins a line"


@pytest.mark.parametrize("name", ["emerging-markets", "value-growth", "sectors", "bonds"])
@pytest.mark.parametrize("day", [date(2024, 12, 31), date(2021, 7, 2), date(2009, 3, 9), date(2006, 1, 31)])
def test_every_configured_brief(name: str, day: date, make: Callable[..., Edition]) -> None:
    made = make(name, day, formats=("html",))
    for code in ("en", "ru"):
        shown = text(made, code)
        assert not re.search(r"Quantity\(|\bNone\b(?! of)|Undefined|\bnan\b", shown)
        assert "  " not in made.headline[code] and len(made.headline[code]) > 10
        assert not re.search(r"[(,]\s*[,.)]|\.\.|\s[,.;:](\s|$)", shown), re.search(
            r".{30}(?:[(,]\s*[,.)]|\.\.).{10}", shown
        )


class TestGate:
    @pytest.mark.fault("B3")
    def test_missing_member_is_named_on_the_page(
        self, folders: tuple[Path, Path], make: Callable[..., Edition]
    ) -> None:
        files = Sources(use="files", files=FilesSettings(folder=folders[0]))
        brief = {"field": ("MTUM", "QQQM", "IVE"), "headline_index": None}
        made = make(sources=files, formats=("html",), brief=brief)
        assert made.quality.status == "degraded" and made.quality.excluded == ("QQQM",)
        assert "QQQM): no prices" in text(made, "en") and "QQQM): нет цен" in text(made, "ru")
        assert facts(made)["quality"]["excluded"] == {"QQQM": "missing"}
        assert facts(made)["rank"]["YTD"]["of"] == 3

    @pytest.mark.fault("B5")
    def test_stale_subject_is_refused_with_a_way_out(
        self, folders: tuple[Path, Path], make: Callable[..., Edition]
    ) -> None:
        files = Sources(use="files", files=FilesSettings(folder=folders[0]))
        with pytest.raises(DataError, match=r"IJR: the newest close is of 2024-10-16.*use --as-of 2024-10-16"):
            make(as_of=date(2024, 10, 18), sources=files)


class TestGolden:
    """The real market as of 2024-10-16, read against what commentators printed."""

    @pytest.fixture(scope="class")
    def real(self, market: Market, make: Callable[..., Edition]) -> Edition:
        return make(sources=Sources(use="files", files=FilesSettings(folder=market.folder)))

    @pytest.mark.parametrize(
        "said",
        [
            "4.0%",
            "four sessions in a row",
            "two of the past ten calendar years",
            "10.9%",
            "less than half of SPY’s 23.7%",
            "12.8 percentage points",
            "19.6",
            "12.4",
            "nearly 4%",
            "2.5",
            "118.72",
            "109.18",
            "1.3%",
            "(MTUM)",
            "tenth",
            "ourteen",
            "57%",
            "53%",
            "5.9%",
            "fifteenth",
            "4.9%",
            "thin",
        ],
    )
    def test_english(self, real: Edition, said: str) -> None:
        """Whichever wording has its turn."""
        assert said in text(real, "en")

    @pytest.mark.parametrize(
        "said",
        [
            "10,9 %, меньше половины результата SPY (23,7 %)",
            "12,8 п. п.",
            "19,6 п. п.",
            "12,4",
            "нога в ногу|ничья|разницы|победителя",
            "118,72",
            "109,18",
            "десят",
            "етырнадцат",
            "мало",
        ],
    )
    def test_russian(self, real: Edition, said: str) -> None:
        assert any(one in text(real, "ru") for one in said.split("|"))
