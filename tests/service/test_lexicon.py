"""`reporter explain --lexicon`: every word with a threshold, from the archived edition alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from reporter.cli import reporter
from reporter.delivery.archive import publish
from reporter.document.edition import Edition
from reporter.errors import UsageError
from reporter.service.lexicon import edition_lexicon, lines

AS_OF = date(2024, 10, 16)


@pytest.fixture(scope="module")
def archive(make: Callable[..., Edition], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("archive")
    publish(make(formats=("html",), languages=("en",)), folder / "output", datetime(2024, 10, 17, tzinfo=UTC))
    (folder / "config.yaml").write_text("output: output\n")
    return folder


def test_every_value_is_that_of_the_facts(archive: Path) -> None:
    entries = edition_lexicon(archive / "output", "small-caps", AS_OF)
    facts = json.loads((archive / "output/small-caps/2024/2024-10-16-r0/facts.json").read_bytes())
    words = {entry["word"]["en"]: entry for entry in entries}
    assert len(entries) >= 40 and all(entry["rule"] and entry["word"]["ru"] for entry in entries)
    for entry in entries:
        for path in entry["facts"]:
            value = facts
            for key in path.split("."):
                value = value[key]
            assert value is not None, path
    met = facts["verdict"]["met"]
    label = "none" if not met else "thin" if met < 3 else "building" if met < 5 else "convincing"
    assert [word for word in words if word.startswith("evidence: ") and words[word]["holds"]] == [f"evidence: {label}"]
    assert words["neck and neck"]["holds"] is (abs(facts["gap"]["1M"]) <= 0.0025)


def test_lines_for_a_person(archive: Path) -> None:
    shown = lines(edition_lexicon(archive / "output", "small-caps", AS_OF))
    held = shown[: shown.index("Words that did not")]
    assert shown[0] == "Words that held" and any(line.startswith("● ") for line in held)
    assert not [line for line in held if line.startswith("○")]


def test_the_command(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(archive)
    told = CliRunner().invoke(reporter, ["explain", "small-caps", "2024-10-16", "--lexicon"])
    assert told.exit_code == 0 and "a gap of at most 0.25 points" in told.stdout
    told = CliRunner().invoke(reporter, ["explain", "small-caps", "2024-10-16", "--lexicon", "--json"])
    assert {"word", "rule", "facts", "holds"} == set(json.loads(told.stdout)[0])
    told = CliRunner().invoke(reporter, ["explain", "small-caps", "yesterday", "--lexicon"])
    assert told.exit_code == 2 and "write it as 2024-10-16" in told.stderr


def test_an_edition_that_is_not_there(archive: Path) -> None:
    with pytest.raises(UsageError, match=r"of that year it holds 2024-10-16.*--as-of 2024-10-17"):
        edition_lexicon(archive / "output", "small-caps", date(2024, 10, 17))
