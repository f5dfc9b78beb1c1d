"""What came of earlier editions: an archive that the product itself has made, on the simulated market."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pandas as pd
import pytest

from reporter.config import Config
from reporter.delivery.archive import WITHDRAWN, publish
from reporter.delivery.shelf import earlier, read_shelf
from reporter.document.edition import Edition
from reporter.document.facts_json import SCHEMA_FILE
from reporter.facts import compute_facts
from reporter.pipeline import gated_prices, make_edition
from reporter.prices import Prices
from reporter.sessions import Calendar
from reporter.story.situation import assess
from reporter.story.what_changed import what_changed
from reporter.voices import Voices, read_voices, voices_json
from reporter.voices.memory import EMPTY, Earlier, Memory, Shelf, remember
from tests.test_edition import facts, page, text

NAME, SESSIONS = "small-caps", [date(2022 + month // 12, month % 12 + 1, 17) for month in range(2, 32, 3)]
AS_OF = date(2024, 10, 16)


@dataclass
class House:
    """Makes editions one after the other, as a user would over the years, each with what is on the shelf by then."""

    config: Config
    calendar: Calendar
    root: Path
    made: dict[date, Edition] = field(default_factory=dict)

    def edition(self, day: date, languages: Sequence[str] = ("en",)) -> Edition:
        session = self.calendar.on_or_before(day)
        return make_edition(
            self.config,
            NAME,
            self.config.briefs[NAME],
            calendar=self.calendar,
            as_of=session,
            languages=languages,
            shelf=read_shelf(self.root, NAME, session),
        )


@pytest.fixture(scope="module")
def house(config: Config, calendar: Calendar, tmp_path_factory: pytest.TempPathFactory) -> House:
    """Ten editions in English, from March 2022 to June 2024."""
    looks = config.model_copy(update={"formats": ("html",)})
    house = House(looks, calendar, tmp_path_factory.mktemp("archive"))
    for day in SESSIONS:
        edition = house.edition(day)
        publish(edition, house.root, datetime(2025, 1, 1, tzinfo=UTC))
        house.made[edition.session] = edition
    return house


@pytest.fixture(scope="module")
def latest(house: House) -> Edition:
    return house.edition(AS_OF, ("en", "ru"))


def levels(edition: Edition) -> pd.DataFrame:
    """Total-return levels as a spreadsheet would read them."""
    table = pd.read_csv(io.BytesIO(edition.files["prices.csv"]), parse_dates=["session"])
    return table.pivot_table(index="session", columns="ticker", values="adjusted_close")[["IJR", "SPY"]]


class TestMadeArchive:
    def test_call_is_an_edition_with_returns_of_this_vintage(self, house: House, latest: Edition) -> None:
        found = facts(latest)["memory"]["call"]
        cited = house.made[date.fromisoformat(found["as_of"])]
        prices = levels(latest)
        mine, theirs = prices.iloc[-1] / prices.loc[found["as_of"]] - 1
        assert found["title"] == dict(cited.headline) and found["verdict"] == cited.verdict
        assert found["subject_return"] == pytest.approx(mine, abs=1e-9)
        assert found["benchmark_return"] == pytest.approx(theirs, abs=1e-9)
        said = " ".join(cited.headline["en"].split())
        assert f"“{said}”" in text(latest, "en") and f"«{said}»" in text(latest, "ru")
        assert '<q lang="en">«' in page(latest, "ru"), "a title that there is in English only says so"

    def test_call_is_the_one_since_which_they_moved_furthest_apart(self, house: House, latest: Edition) -> None:
        prices = levels(latest)
        ratio, last = prices["IJR"] / prices["SPY"], len(prices) - 1
        rested = {facts(one).get("memory", {}).get("call", {}).get("as_of") for one in list(house.made.values())[-3:]}
        moves = {
            session.isoformat(): abs(ratio.iloc[-1] / ratio.iloc[row] - 1)
            for session in house.made
            if 21 <= last - (row := prices.index.get_loc(str(session))) <= 252 and session.isoformat() not in rested
        }
        assert facts(latest)["memory"]["call"]["as_of"] == max(moves, key=moves.__getitem__)

    def test_scorecard_by_another_way(self, house: House, latest: Edition) -> None:
        prices = levels(latest)
        later = prices.shift(-126) / prices
        ahead = (later["IJR"] > later["SPY"])[later["IJR"].notna()]
        outcome = {
            session: (edition.verdict in ("building", "convincing"), bool(ahead[str(session)]))
            for session, edition in house.made.items()
            if str(session) in ahead.index.astype(str)
        }
        found = facts(latest)["memory"]["scorecard"]
        assert found["n"] == len(outcome) >= 8
        assert found["borne_out"] == sum(hope == won for hope, won in outcome.values())
        assert found["hopes"] == sum(hope for hope, _ in outcome.values())
        assert found["base_rate"] == pytest.approx(ahead.mean())
        assert found["since"] == str(min(outcome))

    def test_in_words_and_by_schema(self, latest: Edition) -> None:
        jsonschema.validate(facts(latest), json.loads(SCHEMA_FILE.read_text("utf-8")))
        for code in ("en", "ru"):
            shown = page(latest, code)
            assert 'id="memory"' in shown and "memory.call.subject_return" in shown
            assert "memory.scorecard.base_rate" in shown

    def test_a_young_archive_has_no_score(self, house: House) -> None:
        second = list(house.made.values())[1]
        assert "scorecard" not in facts(second).get("memory", {})
        first = next(iter(house.made.values()))
        assert "memory" not in facts(first) and "changes" not in facts(first)

    def test_replay_from_its_own_voices(self, latest: Edition) -> None:
        voices = read_voices(latest.files["voices.json"])
        assert voices_json(voices) == latest.files["voices.json"] and voices.memory.previous

    def test_later_editions_are_not_read(self, house: House, tmp_path: Path) -> None:
        """The edition of June 2023, made today with all its successors on the shelf, has the bytes it had."""
        then = next(session for session in house.made if session >= date(2023, 6, 1))
        assert house.edition(then).files == house.made[then].files

    def test_what_changed_is_the_difference_of_two_facts(self, house: House, latest: Edition) -> None:
        now, before = facts(latest), facts(list(house.made.values())[-1])
        found = now["changes"]
        assert found["since"] == before["as_of"]
        flipped = {
            name
            for name, one in now["verdict"]["criteria"].items()
            if one["met"] != before["verdict"]["criteria"][name]["met"]
        }
        assert {one["name"] for one in found["items"] if one["what"] == "criterion"} == flipped
        gaps = [one for one in found["items"] if one["what"] == "gap_ytd"]
        if abs(now["gap"]["YTD"] - before["gap"]["YTD"]) >= 0.005:
            assert gaps == [{"what": "gap_ytd", "before": before["gap"]["YTD"], "now": now["gap"]["YTD"]}]
        assert ('class="changes"' in page(latest, "en")) == bool(found["items"])

    def test_nothing_changed_nothing_said(self, latest: Edition, house: House, calendar: Calendar) -> None:
        """Against an earlier edition with the same facts: a quiet week."""
        brief = house.config.briefs[NAME]
        prices, quality = gated_prices(house.config, NAME, brief, calendar, AS_OF)
        now = compute_facts(prices, NAME, brief, quality, calendar)
        twin = earlier(facts(latest)).model_copy(update={"as_of": date(2024, 10, 15)})
        changes = what_changed(now, twin)
        assert changes is not None and changes.items == ()
        voices = Voices(memory=Memory(previous=twin))
        assert assess(now, voices, field_kind="funds", implication=True).changes == changes
        assert not assess(now, Voices(), field_kind="funds", implication=True).quiet, "a first edition never is"


class TestShelf:
    @pytest.fixture
    def root(self, house: House, tmp_path: Path) -> Path:
        root = tmp_path / "archive"
        shutil.copytree(house.root, root)
        return root

    def newest(self, root: Path) -> Path:
        return max(path for path in (root / NAME).glob("*/*") if path.is_dir())

    def known(self, root: Path, before: date = AS_OF) -> list[date]:
        return [one.as_of for one in read_shelf(root, NAME, before).earlier]

    def test_newest_first_and_only_before(self, house: House, root: Path) -> None:
        sessions = sorted(house.made, reverse=True)
        assert self.known(root) == sessions
        assert self.known(root, sessions[2]) == sessions[3:]

    @pytest.mark.parametrize(
        "damage",
        [
            "no manifest",
            "torn manifest",
            "facts changed",
            "file missing",
            "file shorter",
            "other session",
            "other title",
            "withdrawn",
            "huge",
        ],
    )
    def test_what_is_not_whole_does_not_exist(self, house: House, root: Path, damage: str) -> None:
        folder = self.newest(root)
        manifest = folder / "manifest.json"
        content = json.loads(manifest.read_bytes())
        if damage == "no manifest":
            manifest.unlink()
        elif damage == "torn manifest":
            manifest.write_bytes(manifest.read_bytes()[:200])
        elif damage == "facts changed":
            changed = (folder / "facts.json").read_text("utf-8").replace('"label": "', '"label": " ', 1)
            (folder / "facts.json").write_text(changed[:-2] + "\n", "utf-8")
        elif damage == "file missing":
            next(folder.glob("*-en.html")).unlink()
        elif damage == "file shorter":
            next(folder.glob("*-en.html")).write_bytes(b"<html>")
        elif damage == "other session":
            manifest.write_text(json.dumps(content | {"session": "2024-01-01"}))
        elif damage == "other title":
            manifest.write_text(json.dumps(content | {"title": {"en": "We were right all along", "ru": "Мы правы"}}))
        elif damage == "withdrawn":
            (folder / WITHDRAWN).write_text("wrong prices")
        else:
            manifest.write_bytes(b" " * 5_000_000)
        assert self.known(root) == sorted(house.made, reverse=True)[1:]

    def test_of_two_revisions_the_newest_that_is_whole(self, house: House, root: Path) -> None:
        first = self.newest(root)
        second = first.with_name(first.name.replace("-r0", "-r1"))
        shutil.copytree(first, second)
        assert len(self.known(root)) == len(house.made), "r1 is not what its manifest says, r0 is"
        (second / WITHDRAWN).touch()
        assert len(self.known(root)) == len(house.made) - 1, "what was withdrawn does not come back as r0"

    def test_made_again_it_remembers_what_it_did(self, house: House, root: Path) -> None:
        """An earlier edition has been corrected since; withdrawn, or from other prices, it is made with that."""
        again = House(house.config, house.calendar, root)
        first = again.edition(AS_OF)
        now = datetime(2025, 1, 1, tzinfo=UTC)
        folder = publish(first, root, now)[0].parent
        wrong = max(house.made.values(), key=lambda one: one.session)
        told = json.loads(wrong.files["facts.json"])
        told["gap"]["YTD"] += 0.05
        publish(replace(wrong, files={**wrong.files, "facts.json": json.dumps(told).encode()}), root, now)
        assert read_shelf(root, NAME, AS_OF).earlier[0].gap_ytd == told["gap"]["YTD"], "the next edition reads r1"
        second = again.edition(AS_OF)
        assert second.files == first.files and publish(second, root, now)[0].parent == folder
        assert [*read_shelf(root, NAME, AS_OF).made.values()] == [read_voices(first.files["voices.json"]).memory]
        cited = root / NAME / str(wrong.session.year) / f"{wrong.session}-r0" / WITHDRAWN
        cited.touch()
        assert read_shelf(root, NAME, AS_OF).made == {}, "what was taken back is not cited again"
        cited.unlink()
        voices = folder / "voices.json"
        voices.write_bytes(voices.read_bytes().replace(b"building", b"none"))
        assert read_shelf(root, NAME, AS_OF).made == {}, "a file that somebody has changed tells nothing"
        voices.write_bytes(first.files["voices.json"])
        (folder / WITHDRAWN).touch()
        third = read_voices(again.edition(AS_OF).files["voices.json"]).memory
        assert third.previous and third.previous.gap_ytd == told["gap"]["YTD"]

    def test_strange_neighbours(self, house: House, root: Path) -> None:
        (root / NAME / "notes").mkdir()
        (root / NAME / "2024" / "2024-99-99-r0").mkdir()
        (root / NAME / "2024" / "2024-01-05-r0").write_text("a file")
        (root / NAME / "2023x").write_text("")
        assert len(self.known(root)) == len(house.made)
        assert read_shelf(root / "nowhere", NAME, AS_OF) == EMPTY


class TestRules:
    """Remembering by hand-made prices, where every answer can be seen."""

    DAYS = 700

    @pytest.fixture
    def prices(self, make_prices: Callable[..., Prices]) -> Prices:
        """BBB stands still; AAA rises by 1 % a session to the 300th, then falls back as fast."""
        steps = np.array([0.01 if n < 300 else -0.01 for n in range(self.DAYS - 1)])
        return make_prices({"AAA": 100 * np.exp(np.concatenate(([0.0], np.cumsum(steps)))), "BBB": [50.0] * self.DAYS})

    def said(self, prices: Prices, row: int, verdict: str | None, **more: Any) -> Earlier:
        day = prices.sessions[row].date()
        return Earlier(as_of=day, subject="AAA", benchmark="BBB", title={"en": f"T{row}"}, verdict=verdict, **more)  # type: ignore[arg-type]

    def test_score(self, prices: Prices) -> None:
        """A verdict at row 100 was followed by a rise, one at row 400 by a fall; at row 600 nobody knows yet."""
        rows = [
            (10, "building"),
            (50, "none"),
            (100, "convincing"),
            (150, "thin"),
            (400, "none"),
            (420, "thin"),
            (440, "building"),
            (460, "none"),
            (600, "none"),
        ]
        found = remember(Shelf([self.said(prices, row, label) for row, label in rows]), "AAA", "BBB", prices).scorecard
        assert found is not None
        assert (found.n, found.borne_out) == (8, 5)
        assert (found.hopes, found.hopes_borne_out, found.doubts, found.doubts_borne_out) == (3, 2, 5, 3)
        assert found.base_days == self.DAYS - 126
        # From row r the level 126 rows on is higher while r + 63 < 300: by hand.
        assert found.base_rate == pytest.approx(237 / (self.DAYS - 126))
        fewer = remember(Shelf([self.said(prices, row, label) for row, label in rows[1:]]), "AAA", "BBB", prices)
        assert fewer.scorecard is None, "seven are no score"

    def test_call(self, prices: Prices) -> None:
        last = self.DAYS - 1
        both = [self.said(prices, last - 30, "none"), self.said(prices, last - 200, "thin")]
        found = remember(Shelf(both), "AAA", "BBB", prices).call
        assert found is not None and found.title == {"en": f"T{last - 200}"}
        assert found.subject_return == pytest.approx(np.exp(-2.0) - 1) and found.benchmark_return == 0.0
        cited = [*both, self.said(prices, last - 5, "none", call=both[1].as_of)]
        again = remember(Shelf(cited), "AAA", "BBB", prices).call
        assert again is not None and again.title == {"en": f"T{last - 30}"}, "the one that was cited of late rests"
        alone = remember(Shelf(cited[1:]), "AAA", "BBB", prices).call
        assert alone is not None and alone.title == {"en": f"T{last - 200}"}, "unless there is no other"

    @pytest.mark.parametrize(("age", "there"), [(20, False), (21, True), (252, True), (253, False)])
    def test_age_of_a_call(self, prices: Prices, age: int, there: bool) -> None:
        found = remember(Shelf([self.said(prices, self.DAYS - 1 - age, "thin")]), "AAA", "BBB", prices)
        assert (found.call is not None) is there and found.previous is not None

    def test_what_it_remembered_of_the_same_prices_and_funds(self, prices: Prices) -> None:
        earlier = [self.said(prices, self.DAYS - 40, "thin")]
        before = Memory(previous=self.said(prices, self.DAYS - 90, "none"))
        made = {(prices.sha256, "AAA", "BBB"): before, ("0" * 64, "BBB", "AAA"): before}
        assert remember(Shelf(earlier, made), "AAA", "BBB", prices) == before
        assert remember(Shelf(earlier, made), "BBB", "AAA", prices) == remember(EMPTY, "BBB", "AAA", prices)

    def test_left_out(self, prices: Prices) -> None:
        """Other funds, no verdict, this session, a day that is no session of the prices."""
        last = self.DAYS - 1
        other = self.said(prices, last - 50, "thin").model_copy(update={"subject": "CCC"})
        this = self.said(prices, last, "thin")
        assert remember(Shelf([other, this]), "AAA", "BBB", prices) == remember(Shelf([]), "AAA", "BBB", prices)
        silent = self.said(prices, last - 50, None)
        sunday = self.said(prices, last - 50, "thin").model_copy(update={"as_of": date(2024, 9, 1)})
        found = remember(Shelf([silent, sunday]), "AAA", "BBB", prices)
        assert found.call is None and found.previous is not None
