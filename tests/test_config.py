"""The configuration file: what it gives, and every way in which it can be wrong."""

from __future__ import annotations

import os
import random
import re
import time
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reporter.config import Brief, Config
from reporter.config_file import load_config, parse_config
from reporter.errors import ConfigError
from reporter.init import bundled_config
from reporter.words import known_tickers
from reporter.yaml_file import LIMIT

KNOWN = frozenset({"IJR", "SPY", "MTUM", "QUAL", "EEM", "ACWI"})
BUNDLED = bundled_config().read_text("utf-8")
PLACE = re.compile(r"c\.yaml:[1-9]\d*:[1-9]\d*: \S|c\.yaml: and \d+ more problems")
#: A brief that is right; its lines are 1 to 4 of a file.
BRIEF = "briefs:\n  small-caps:\n    subject: IJR\n    benchmark: SPY\n"


def named(templates: Path | None) -> frozenset[str]:
    return KNOWN


def problems(text: str, path: Path = Path("c.yaml")) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as caught:
        parse_config(text, path, named)
    assert caught.value.exit_code == 78
    return caught.value.problems


def load(text: str) -> Config:
    return parse_config(text, Path("c.yaml"), named)


class TestWhatItGives:
    def test_the_bundled_one(self) -> None:
        config = load_config(bundled_config(), known_tickers)
        assert list(config.briefs) == ["small-caps", "emerging-markets", "value-growth", "sectors", "bonds"]
        assert config.sources.use == "yahoo"
        small_caps = config.briefs["small-caps"]
        assert (small_caps.subject, small_caps.benchmark, small_caps.headline_index) == ("IJR", "SPY", "IWM")
        assert len(small_caps.field) == 10
        assert all(set(brief.title) == {"en", "ru"} for brief in config.briefs.values())

    def test_the_bundled_one_shows_the_defaults(self) -> None:
        shown = load_config(bundled_config(), known_tickers, folder=Path())
        files = shown.sources.files.model_copy(update={"folder": None})
        sources = shown.sources.model_copy(update={"files": files})
        assert shown.model_copy(update={"briefs": {}, "sources": sources}) == Config()
        fields = ("backdrop", "calendar", "languages", "implication")
        default = Brief(subject="IJR", benchmark="SPY")
        assert all(getattr(shown.briefs["small-caps"], name) == getattr(default, name) for name in fields)

    def test_paths_start_from_the_folder_of_the_file(self, tmp_path: Path) -> None:
        (tmp_path / "mine").mkdir()
        text = BRIEF + "output: out\ntemplates: mine\nquotes: /q.yaml\nsources: {files: {folder: ../prices}}\n"
        config = parse_config(text, tmp_path / "c.yaml", named)
        assert config.output == tmp_path / "out"
        assert config.templates == tmp_path / "mine"
        assert config.quotes == Path("/q.yaml")
        assert config.sources.files.folder == tmp_path / "../prices"

    def test_default_output_is_beside_the_file(self, tmp_path: Path) -> None:
        assert parse_config(BRIEF, tmp_path / "c.yaml", named).output == tmp_path / "output"

    def test_home(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HOME", "/home/ann")
        assert load(BRIEF + "output: ~/briefs").output == Path("/home/ann/briefs")

    def test_names_come_from_the_templates_folder(self, tmp_path: Path) -> None:
        (tmp_path / "mine").mkdir()
        asked: list[Path | None] = []
        parse_config(BRIEF + "templates: mine", tmp_path / "c.yaml", lambda folder: asked.append(folder) or KNOWN)  # type: ignore[func-returns-value]
        assert asked == [tmp_path / "mine"]

    @pytest.mark.parametrize(
        ("word", "value"),
        [("on", True), ("off", False), ("yes", True), ("No", False), ("true", True), ("FALSE", False), ("'on'", True)],
    )
    def test_switches(self, word: str, value: bool) -> None:
        assert load(BRIEF + f"    implication: {word}").briefs["small-caps"].implication is value

    @pytest.mark.parametrize("text", ["2024-10-16", "18:30", "NO", "1_000", "'12'", "on", "0x1F", "12e"])
    def test_text_stays_text(self, text: str) -> None:
        assert load(BRIEF + f"brand: {{name: {text}}}").brand.name == text.strip("'")

    def test_an_empty_value_counts_as_left_out(self) -> None:
        config = load(BRIEF + "    headline_index:\nbrand:\nsources:\n  yahoo:\n    timeout:\n")
        assert config == load(BRIEF)

    def test_no_briefs_is_a_configuration_for_ad_hoc_ones(self) -> None:
        assert load("paper: Letter").briefs == {}

    def test_dos_line_ends_and_byte_order_mark(self, tmp_path: Path) -> None:
        path = tmp_path / "c.yaml"
        path.write_bytes(b"\xef\xbb\xbf" + BRIEF.replace("\n", "\r\n").encode())
        assert load_config(path, named).briefs == load(BRIEF).briefs


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("outptu: x", "1:1: outptu: unknown setting (did you mean 'output'?)", id="unknown"),
        pytest.param(
            "sources:\n  yahoo: {zzz: 1}",
            "2:11: sources.yahoo.zzz: unknown setting (known here: base_url, timeout, spacing, budget)",
            id="unknown, nothing near",
        ),
        pytest.param(
            "briefs:\n  a: {subject: IJR, benchmark: SPY, felid: [QUAL]}",
            "2:37: briefs.a.felid: unknown setting (did you mean 'field'?)",
            id="unknown in a brief",
        ),
        pytest.param(
            "sources:\n  yahoo:\n    timeout: '12'",
            "3:5: sources.yahoo.timeout: expected a number, found text",
            id="text for a number",
        ),
        pytest.param(
            "sources: {simulated: {seed: 1.5}}",
            "1:23: sources.simulated.seed: expected a whole number, found a decimal number",
            id="decimal for whole",
        ),
        pytest.param(
            "output: 3", "1:1: output: expected text, found a number (put it in quotes)", id="number for text"
        ),
        pytest.param(
            "sources: {yahoo: {timeout: 1e999}}",
            "1:19: sources.yahoo.timeout: expected a number of ordinary size, found a decimal number",
            id="infinite",
        ),
        pytest.param("sources: {yahoo: {timeout: 0}}", "1:19: sources.yahoo.timeout: must be more than 0", id="gt"),
        pytest.param("sources: {yahoo: {spacing: -1}}", "1:19: sources.yahoo.spacing: must be 0 or more", id="ge"),
        pytest.param("brand: {name: ''}", "1:9: brand.name: must not be empty", id="empty text"),
        pytest.param(f"brand: {{name: {'x' * 61}}}", "1:9: brand.name: longer than 60 characters", id="long text"),
        pytest.param("brand: 5", "1:1: brand: expected a group of indented settings, found a number", id="no group"),
        pytest.param("sources: [1]", "1:1: sources: expected a group of indented settings, found a list", id="list"),
        pytest.param(
            "paper: letter",
            "1:1: paper: expected 'A4' or 'Letter', found 'letter' (did you mean 'Letter'?)",
            id="choice",
        ),
        pytest.param("paper: 4", "1:1: paper: expected 'A4' or 'Letter', found a number", id="choice, number"),
        pytest.param("templates: no-such", "1:1: templates: there is no folder 'no-such'", id="templates"),
        pytest.param(
            BRIEF + "    implication: maybe",
            "5:5: briefs.small-caps.implication: expected on or off, found text",
            id="switch",
        ),
        pytest.param(
            BRIEF + "    field: QUAL",
            "5:5: briefs.small-caps.field: expected a list in brackets, such as [A, B], found text",
            id="text for a list",
        ),
        pytest.param(
            BRIEF + "    title: Small",
            "5:5: briefs.small-caps.title: expected a group of indented lines, found text",
            id="title",
        ),
        pytest.param(
            BRIEF + "    title: {english: x}",
            "5:13: briefs.small-caps.title.english: 'english' is not a language code of two small letters, such as en",
            id="language of a title",
        ),
        pytest.param(
            BRIEF + "    languages: []", "5:5: briefs.small-caps.languages: must not be empty", id="no languages"
        ),
        pytest.param(
            BRIEF + "    languages: [en, ru, en]", "5:25: briefs.small-caps.languages.2: en is listed twice", id="twice"
        ),
        pytest.param(
            "briefs:\n  a:\n    subject: ijr\n    benchmark: SPY",
            "3:5: briefs.a.subject: 'ijr' is not a ticker: capitals, digits and ^ . - = as Yahoo writes it "
            "(did you mean 'IJR'?)",
            id="small letters",
        ),
        pytest.param(
            "briefs:\n  a:\n    subject: TRUE\n    benchmark: SPY",
            "3:5: briefs.a.subject: expected text, found true (put it in quotes)",
            id="ticker TRUE",
        ),
        pytest.param(
            BRIEF + "    field: [QUAL, [MTUM]]",
            "5:19: briefs.small-caps.field.1: expected text, found a list",
            id="list in a list",
        ),
        pytest.param("briefs:\n  a:\n    subject: IJR", "2:3: briefs.a.benchmark: is missing", id="missing"),
        pytest.param(
            "briefs:\n  a:\n    subject: IJR\n    benchmark:", "4:5: briefs.a.benchmark: is missing", id="empty"
        ),
        pytest.param(
            "briefs:\n  a:\n", "2:3: briefs.a: expected a group of indented settings, found nothing", id="empty brief"
        ),
        pytest.param(
            BRIEF.replace("small-caps", "Small Caps"),
            "2:3: briefs.Small Caps: 'Small Caps' cannot be the name of a brief: small letters, digits and hyphens, "
            "41 at most",
            id="name of a brief",
        ),
        pytest.param(
            BRIEF + "    field: [MTUM, IJRR]",
            "5:19: briefs.small-caps.field.1: no name for 'IJRR' (did you mean 'IJR'?); add it to names.yaml in your "
            "templates folder or use an ad-hoc brief",
            id="unknown ticker",
        ),
        pytest.param(
            BRIEF.replace("SPY", "ZZTOP9"),
            "4:5: briefs.small-caps.benchmark: no name for 'ZZTOP9'; add it to names.yaml in your templates folder or "
            "use an ad-hoc brief",
            id="unknown benchmark",
        ),
        pytest.param(
            BRIEF.replace("SPY", "IJR"),
            "4:5: briefs.small-caps.benchmark: IJR is the subject as well; compare it with another fund",
            id="same fund",
        ),
        pytest.param(
            BRIEF + "    field:\n      - QUAL\n      - QUAL",
            "7:9: briefs.small-caps.field.1: QUAL is listed twice",
            id="field twice",
        ),
        pytest.param(
            BRIEF + "    field: [IJR]",
            "5:13: briefs.small-caps.field.0: IJR is the subject; leave it out here",
            id="subject in field",
        ),
        pytest.param(
            BRIEF + "    field: [SPY]",
            "5:13: briefs.small-caps.field.0: SPY is the benchmark; leave it out here",
            id="benchmark in field",
        ),
        pytest.param("paper: A4\npaper: A4", "2:1: paper: given twice, first in line 1; keep one", id="duplicate"),
        pytest.param("? [a]\n: 1", "1:3: the name of a setting must be one word", id="a list as a name"),
        pytest.param("a: &x {}\nb: *x", "2:4: aliases such as *x are not used here; write the value again", id="alias"),
        pytest.param(
            "paper: !!str A4", "1:8: tags, words that begin with !, are not used here; leave it out", id="tag"
        ),
        pytest.param("a: " + "[" * 20_000, "1:16: nested deeper than 12 levels", id="nesting bomb"),
        pytest.param("a: " + "{a: " * 20_000, "1:52: nested deeper than 12 levels", id="mapping bomb"),
        pytest.param("", "1:1: the file holds no settings; `reporter init` writes one to start from", id="empty file"),
        pytest.param("# a", "1:1: the file holds no settings; `reporter init` writes one to start from", id="comment"),
        pytest.param("- a", "1:1: expected settings such as `output: output` at the top of the file", id="list on top"),
        pytest.param(
            "word", "1:1: expected settings such as `output: output` at the top of the file", id="text on top"
        ),
        pytest.param("a: 1\n---\nb: 1", "2:1: a second document (`---`) begins; keep one", id="second document"),
        pytest.param("brand:\n\tname: x", "2:1: a tab; indent with spaces only", id="tab"),
        pytest.param("a: @x", "1:4: a value cannot begin with @; put it in quotes", id="reserved"),
        pytest.param(
            "a: b: c",
            "1:5: an unexpected colon; check the indentation, or put a text that holds ': ' in quotes",
            id="colon",
        ),
        pytest.param("a: 1\nb\n", "2:1: a setting without ': ' between name and value", id="no colon"),
        pytest.param("a: 'x\nb: 1\n", "1:4: a quotation mark that is never closed", id="open quote"),
        pytest.param(
            "a: 1\nb: [x\nc: 2",
            "3:2: the list or group of line 2 is not closed; a comma or ] is missing before this place",
            id="open list",
        ),
        pytest.param("a:\n  - x\n - y", "3:2: this does not fit the lines above; check the indentation", id="indent"),
        pytest.param("a: 'x' y", "1:8: text after the end of a value; put the whole value in quotes", id="after"),
        pytest.param('a: "\\q"', "1:6: an unknown escape after a backslash; use single quotes", id="escape"),
        pytest.param("a: 1\nb: \x00", "2:4: the character '\\x00' does not belong in a text file", id="NUL"),
        pytest.param('a: "\\x00"', "1:4: the character '\\x00' does not belong in a setting", id="escaped NUL"),
        pytest.param('a: "\\uD800"', "1:4: the character '\\ud800' does not belong in a setting", id="surrogate"),
        pytest.param('"a\\nb": 1', "1:1: a\\nb: unknown setting (known here: ", id="line end in a name"),
    ],
)
def test_problem(text: str, expected: str) -> None:
    (found,) = problems(text)
    assert found == f"c.yaml:{expected}" or (expected.endswith(": ") and found.startswith(f"c.yaml:{expected}"))


@pytest.mark.parametrize(
    "text", ["%YAML 1.9\n---\na: 1", "%YAML 9.9\n---\na: 1", 'a: "\\UFFFFFFFF"', 'a: "\\U00110000"', "!<>", "a: ?"]
)
def test_other_yaml_errors_have_a_place(text: str) -> None:
    assert all(PLACE.match(line) for line in problems(text))


def test_all_problems_at_once_in_the_order_of_the_file() -> None:
    text = """\
outptu: x
paper: A5
paper: A4
sources: {yahoo: {timeout: "12"}, use: yaho}
templates: nowhere
briefs:
  small-caps:
    subject: IJR
    benchmark: IJR
    field:
      - IJR
      - MTMU
      - ijs
      - QUAL
      - QUAL
    implication: maybe
    subject: EEM
  bonds:
    subject: SPY
"""
    places = ["1:1", "2:1", "3:1", "4:19", "4:35", "5:1", "9:5", "11:9", "12:9", "13:9", "15:9", "16:5", "17:5", "18:3"]
    assert [":".join(line.split(":")[1:3]) for line in problems(text)] == places


def test_many_problems_are_cut() -> None:
    found = problems("\n".join(f"a{number}: 1" for number in range(200)))
    assert len(found) == 51
    assert found[-1] == "c.yaml: and 150 more problems"


@pytest.mark.fault("B13")
def test_bombs_are_quick() -> None:
    start = time.process_time()
    problems("a: " + "[" * 900_000)
    problems(BRIEF + "    field: [" + "IJRR, " * 20_000 + "QUAL]")
    assert time.process_time() - start < 10


def file_problem(path: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        load_config(path, named)
    (line,) = caught.value.problems
    return line.replace(f"{path}:", "", 1).strip()


class TestFiles:
    def test_absent(self, tmp_path: Path) -> None:
        assert file_problem(tmp_path / "c.yaml") == "there is no such file; `reporter init` writes one to start from"

    def test_folder(self, tmp_path: Path) -> None:
        assert file_problem(tmp_path) == "is a folder; name the file in it"

    def test_below_a_file(self, tmp_path: Path) -> None:
        (tmp_path / "a").touch()
        assert file_problem(tmp_path / "a" / "c.yaml") == "cannot be read: Not a directory"

    @pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
    def test_forbidden(self, tmp_path: Path) -> None:
        (tmp_path / "c.yaml").write_text(BRIEF)
        (tmp_path / "c.yaml").chmod(0)
        assert file_problem(tmp_path / "c.yaml") == "cannot be read: Permission denied"

    @pytest.mark.fault("B13")
    def test_too_large(self, tmp_path: Path) -> None:
        (tmp_path / "c.yaml").write_text("#" * (LIMIT + 1))
        assert file_problem(tmp_path / "c.yaml") == "larger than 1,000,000 bytes; this is no configuration file"

    def test_endless(self) -> None:
        assert file_problem(Path("/dev/zero")).startswith("larger than")

    def test_not_utf8(self, tmp_path: Path) -> None:
        (tmp_path / "c.yaml").write_bytes(b"brand:\n  name: " + "Обзор".encode("cp1251"))
        assert file_problem(tmp_path / "c.yaml") == "2:9: not UTF-8 text; save the file as UTF-8"


WORDS = (
    "",
    "on",
    "12",
    "-1.5e3",
    "[",
    "]",
    "{",
    "}",
    "'",
    '"',
    "*a",
    "&a",
    "!!int",
    "\t",
    "%",
    "- x",
    "? ",
    ": ",
    "|",
    ">",
)


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """The bundled configuration after a few slips of the hand."""
    lines = BUNDLED.splitlines()
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(lines) - 1))
        name, colon, _value = lines[at].partition(":")
        slip = draw(st.sampled_from(("delete", "duplicate", "retype", "indent", "swap", "cut", "insert")))
        if slip == "delete":
            del lines[at]
        elif slip == "duplicate":
            lines.insert(at, lines[at])
        elif slip == "retype":
            lines[at] = f"{name}{colon} {draw(st.sampled_from(WORDS))}{draw(st.sampled_from(WORDS))}"
        elif slip == "indent":
            lines[at] = " " * draw(st.integers(0, 9)) + lines[at].lstrip()
        elif slip == "swap":
            other = draw(st.integers(0, len(lines) - 1))
            lines[at], lines[other] = lines[other], lines[at]
        elif slip == "cut":
            lines[at] = lines[at][: draw(st.integers(0, len(lines[at])))]
        else:
            lines.insert(at, draw(st.text(max_size=12)))
    return "\n".join(lines)


NAMES = known_tickers()


def complaints(text: str) -> tuple[str, ...]:
    """What is wrong with a configuration; anything but a ConfigError is a bug."""
    try:
        parse_config(text, Path("c.yaml"), lambda folder: NAMES)
    except ConfigError as error:
        return error.problems
    return ()


@settings(max_examples=300, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(mutated())
@pytest.mark.fault("C10")
def test_slips_of_the_hand(text: str) -> None:
    assert all(PLACE.match(line) and "\n" not in line for line in complaints(text))


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.text(alphabet="ab:-[]{}'\"\n\t #&*!%|>?,@\\\x00\u20ac0.~", max_size=40))
def test_any_text(text: str) -> None:
    assert all(PLACE.match(line) and "\n" not in line for line in complaints(text))


class TestSchedules:
    @pytest.mark.parametrize(
        ("lines", "place", "text"),
        [
            ("every: year", "6:7", "every: expected 'day', 'week' or 'month', found 'year'"),
            ("after_close: soon", "6:7", "after_close: 'soon' is not a duration"),
            ("after_close: 5m", "6:7", "5m is not between 30m, when the last bars are final, and 20h"),
            ("after_close: 2d", "6:7", "2d is not between"),
            ("at: monday 7:00", "6:7", "at: 'monday 7:00' is not a time"),
            ("at: 24:00", "6:7", "at: '24:00' is not a time"),
            ("at: monday 07:00", "6:7", "at: on whose clock? Add for instance `zone: Europe/London`"),
            (
                "{at: 07:00, zone: Europe/Lodnon}",
                "5:27",
                "no time zone 'Europe/Lodnon' (did you mean 'Europe/London'?)",
            ),
            ("{at: 07:00, zone: EST5EDT, after_close: 1h}", "5:42", "after_close: leave it out, or leave out `at`"),
            ("{every: day, zone: UTC}", "5:28", "zone: belongs to `at`"),
            ("evry: week", "6:7", "evry: unknown setting (did you mean 'every'?)"),
            ("catch_up: 0d", "6:7", "catch_up: '0d' is not a duration"),
            ("weekly", "5:5", "schedule: expected a group of indented settings, found text"),
        ],
    )
    def test_a_mistake_has_a_place_and_a_way_out(self, lines: str, place: str, text: str) -> None:
        inline = lines.startswith("{") or ":" not in lines
        (line,) = problems(f"{BRIEF}    schedule:{' ' if inline else chr(10) + '      '}{lines}\n")
        assert line.startswith(f"c.yaml:{place}: briefs.small-caps.schedule")
        assert text in line

    def test_what_is_left_out(self) -> None:
        weekly, daily, morning, monday = (
            load(f"{BRIEF}    schedule: {{{lines}}}\n").briefs["small-caps"].schedule
            for lines in ("every: week", "every: day", "at: 07:00, zone: UTC", "at: monday 07:00, zone: UTC")
        )
        assert weekly and daily and morning and monday
        assert (weekly.period, weekly.delay, weekly.window) == ("week", timedelta(minutes=45), timedelta(days=3))
        assert (daily.period, daily.window) == ("day", timedelta(days=3))
        assert (morning.period, morning.delay) == ("day", timedelta(minutes=30))
        assert (monday.period, monday.window) == ("day", timedelta(days=3))
        assert load(BRIEF).briefs["small-caps"].schedule is None


MUTATED = """output: out
state: state
mail: {sender: "Brief <brief@example.com>", relay: {host: localhost, port: 25, tls: off}}
owner: {addresses: [owner@example.com], webhook: {env: HOOK}, ping: {file: ping}}
limits: {fetch: 15m, mail: 1h}
briefs:
  small-caps:
    subject: IJR
    benchmark: SPY
    field: [MTUM, QUAL]
    languages: [en, ru]
    recipients: [ann@example.com, {address: bob@example.com, language: ru}]
    schedule: {every: week, after_close: 45m, catch_up: 3d}
  emerging:
    subject: EEM
    benchmark: ACWI
    schedule:
      at: monday 07:00
      zone: Europe/London
"""
SCRAPS = (
    ":", "-", "{", "}", "[", "]", "\t", "'", '"', "#", "&a", "*a", "!!python/object:os.system", "null", "1e999",
    "07:00", "\x00", "é", "999999999999999999999", "~", "|", ">", "%", "@", "on", "no", "\n\n", "  ", "...", "---",
)  # fmt: skip


def mutated(chance: random.Random) -> str:
    """The text with one to four slips of the kinds that fingers and editors make."""
    text = MUTATED
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(text))
        kind = chance.randrange(5)
        if kind == 0:
            text = text[:place] + text[place + chance.randint(1, 6) :]
        elif kind == 1:
            text = text[:place] + chance.choice(SCRAPS) + text[place:]
        elif kind == 2:
            lines = text.split("\n")
            chance.shuffle(lines) if chance.random() < 0.1 else lines.insert(
                chance.randrange(len(lines)), chance.choice(lines)
            )
            text = "\n".join(lines)
        elif kind == 3:
            words = re.findall(r"[A-Za-z@.:]+", text)
            text = text.replace(chance.choice(words), chance.choice([*words, *SCRAPS]), 1)
        else:
            text = text[:place] + text[place : place + 20].swapcase() + text[place + 20 :]
        text = text or "x"
    return text


@pytest.mark.fault("C10")
@pytest.mark.parametrize("count", [150, pytest.param(10_000, marks=[pytest.mark.nightly, pytest.mark.timeout(3000)])])
def test_a_mutated_file_is_right_or_has_places(count: int) -> None:
    """No traceback; every problem with line and column, exit code 78."""
    chance = random.Random(count)
    found: list[ConfigError] = []
    for _ in range(count):
        try:
            load(mutated(chance))
        except ConfigError as error:
            found.append(error)
    assert len(found) > count / 2
    assert all(error.exit_code == 78 for error in found)
    assert [problem for error in found for problem in error.problems if not PLACE.match(problem)] == []


@pytest.mark.parametrize("count", [40, pytest.param(1000, marks=[pytest.mark.nightly, pytest.mark.timeout(900)])])
def test_what_is_right_is_taken(count: int) -> None:
    chance = random.Random(count)
    for _ in range(count):
        when = chance.choice([
            f"every: {chance.choice(['day', 'week', 'month'])}, after_close: {chance.randint(30, 1200)}m",
            f"at: {chance.choice(['', 'monday ', 'sunday '])}{chance.randint(0, 23):02}:30, zone: Asia/Tokyo",
        ])  # fmt: skip
        lines = f"{BRIEF}    schedule: {{{when}, catch_up: {chance.randint(1, 90)}h}}\n"
        assert load(lines).briefs["small-caps"].schedule is not None
