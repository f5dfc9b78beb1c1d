"""The command line: what it asks of the steps below, what it prints, and how it fails."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner, Result

import reporter as package
from reporter import init
from reporter.cli import reporter
from reporter.config import Config
from reporter.config_file import load_config
from reporter.errors import DataError, UsageError
from reporter.request import session_of
from reporter.sessions import load_calendar
from reporter.words import known_tickers

ROOT = Path(package.__file__).parent.parent
HEAVY = ("pandas", "numpy", "matplotlib", "weasyprint", "yfinance", "exchange_calendars", "pydantic", "babel", "jinja2")
FRIDAY = date(2024, 10, 18)
ADHOC = ("brief", "--subject", "EEM", "--benchmark", "ACWI")


@dataclass
class Steps:
    """Stands in for the steps below the command line and remembers what they were asked."""

    asked: list[SimpleNamespace] = field(default_factory=list)
    failure: BaseException | None = None
    status: str = "ok"
    notes: tuple[str, ...] = ()

    def make_edition(self, config: Config, name: str, brief: Any, **given: Any) -> Any:
        given.pop("progress")("prices")
        self.asked.append(SimpleNamespace(config=config, name=name, brief=brief, **given))
        if self.failure:
            raise self.failure
        quality = SimpleNamespace(status=self.status, notes=self.notes, silent={})
        headline = dict.fromkeys(given["languages"], "Малые — ±")
        return SimpleNamespace(
            brief=name,
            session=given["as_of"],
            quality=quality,
            headline=headline,
            verdict="thin",
            vintage="ab12",
            shortfall="",
            files={},
        )

    def publish(self, edition: Any, root: Path, now: datetime) -> tuple[Path, ...]:
        return root / "a.pdf", root / "a.html"

    @property
    def last(self) -> SimpleNamespace:
        return self.asked[-1]


class Weekdays:
    """A calendar whose last session is Friday, 18 October 2024."""

    def last_completed(self, now: datetime) -> date:
        assert now.tzinfo is UTC
        return FRIDAY

    def on_or_before(self, day: date) -> date:
        return day - timedelta(days=max(0, day.weekday() - 4))


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Steps:
    """The command runs in an empty folder, on fake steps."""
    fake = Steps()
    modules: dict[str, dict[str, Any]] = {
        "reporter.pipeline": {"make_edition": fake.make_edition},
        "reporter.delivery.archive": {"publish": fake.publish},
        "reporter.delivery.shelf": {"read_shelf": lambda root, brief, session: None},
        "reporter.exchanges": {"brief_calendar": lambda config, brief, now: Weekdays()},
    }
    for name, contents in modules.items():
        module = ModuleType(name)
        vars(module).update(contents)
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.chdir(tmp_path)
    return fake


def run(*arguments: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(reporter, arguments, input=stdin)


def refused(*arguments: str) -> str:
    """The one line of a command that is refused with exit code 2."""
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    line = result.stderr.splitlines()[-1]
    return line.removeprefix("reporter: ").removeprefix("Error: ")


def write_config(text: str = "", briefs: tuple[str, ...] = ("small-caps",)) -> None:
    blocks = "".join(f"  {name}: {{subject: IJR, benchmark: SPY, languages: [en]}}\n" for name in briefs)
    Path("config.yaml").write_text(f"{text}\nbriefs:\n{blocks}")


class TestWhichBrief:
    def test_a_configured_one(self, steps: Steps) -> None:
        write_config(briefs=("small-caps", "other"))
        result = run("brief", "other")
        assert (result.exit_code, result.stdout, result.stderr) == (0, "output/a.pdf\noutput/a.html\n", "")
        assert steps.last.name == "other"
        assert steps.last.brief is steps.last.config.briefs["other"]
        assert (steps.last.as_of, steps.last.languages) == (FRIDAY, ("en",))

    def test_the_only_one(self, steps: Steps) -> None:
        write_config()
        assert run("brief").exit_code == 0
        assert steps.last.name == "small-caps"

    def test_one_of_several(self, steps: Steps) -> None:
        write_config(briefs=("a", "b"))
        assert refused("brief") == "which brief? Configured: a, b"

    def test_unknown(self, steps: Steps) -> None:
        write_config(briefs=("small-caps", "bonds"))
        expected = "no brief 'smal-caps' (did you mean 'small-caps'?); configured: small-caps, bonds"
        assert refused("brief", "smal-caps") == expected

    def test_none_configured(self, steps: Steps) -> None:
        Path("config.yaml").write_text("paper: A4")
        assert "configured: none; `reporter init`" in refused("brief", "a")

    def test_without_configuration_the_bundled_one(self, steps: Steps) -> None:
        result = run("brief", "bonds")
        assert result.exit_code == 0
        assert "no config.yaml in this folder: the bundled one is used" in result.stderr
        assert result.stdout == "output/a.pdf\noutput/a.html\n"
        assert steps.last.brief.subject == "TLT"

    def test_ad_hoc_needs_no_configuration(self, steps: Steps) -> None:
        result = run(*ADHOC, "--field", "EFA, VGK", "--headline-index", "^GSPC", "--calendar", "XLON")
        assert (result.exit_code, result.stderr) == (0, "")
        brief = steps.last.brief
        assert steps.last.name == "eem-vs-acwi"
        assert (brief.field, brief.headline_index, brief.calendar) == (("EFA", "VGK"), "^GSPC", "XLON")

    @pytest.mark.parametrize(
        ("subject", "benchmark", "name"),
        [("^VIX", "BRK-B", "vix-vs-brk-b"), ("EURUSD=X", "VOD.L", "eurusd-x-vs-vod-l")],
    )
    def test_ad_hoc_names(self, steps: Steps, subject: str, benchmark: str, name: str) -> None:
        assert run("brief", "--subject", subject, "--benchmark", benchmark).exit_code == 0
        assert steps.last.name == name

    def test_ad_hoc_takes_the_settings_of_a_configuration(self, steps: Steps) -> None:
        write_config("paper: Letter")
        assert run(*ADHOC).exit_code == 0
        assert steps.last.config.paper == "Letter"

    @pytest.mark.parametrize(
        ("arguments", "expected"),
        [
            (("--subject", "EEM"), "an ad-hoc brief needs both --subject and --benchmark"),
            (("--field", "EEM"), "an ad-hoc brief needs both --subject and --benchmark"),
            (
                ("bonds", "--headline-index", "A"),
                "--headline-index belongs to an ad-hoc brief; leave out 'bonds' or --headline-index",
            ),
            (
                ("--subject", "eem", "--benchmark", "AC WI"),
                "--subject: 'eem' is not a ticker: capitals, digits and ^ . - = as Yahoo writes it "
                "(did you mean 'EEM'?); "
                "--benchmark: 'AC WI' is not a ticker: capitals, digits and ^ . - = as Yahoo writes it",
            ),
            (
                ("--subject", "A", "--benchmark", "A"),
                "--benchmark: A is the subject as well; compare it with another fund",
            ),
            (
                ("--subject", "A", "--benchmark", "B", "--field", "C,A,C"),
                "--field: A is the subject; leave it out here; --field: C is listed twice",
            ),
        ],
    )
    def test_ad_hoc_refused(self, steps: Steps, arguments: tuple[str, ...], expected: str) -> None:
        assert refused("brief", *arguments) == expected
        assert not steps.asked

    def test_wrong_configuration(self, steps: Steps) -> None:
        Path("c.yaml").write_text("papre: A4\noutput: 3\n")
        result = run("brief", "--config", "c.yaml")
        assert (result.exit_code, result.stdout) == (78, "")
        assert result.stderr == (
            "c.yaml:1:1: papre: unknown setting (did you mean 'paper'?)\n"
            "c.yaml:2:1: output: expected text, found a number (put it in quotes)\n"
        )

    def test_absent_configuration(self, steps: Steps) -> None:
        result = run("brief", "--config", "no.yaml")
        expected = "no.yaml: there is no such file; `reporter init` writes one to start from\n"
        assert (result.exit_code, result.stderr) == (78, expected)


class TestOverrides:
    def test_all(self, steps: Steps) -> None:
        write_config()
        arguments = ("--source", "simulated", "--output", "elsewhere", "--paper", "Letter")
        assert run("brief", *arguments, "--language", "ru", "--language", "en", "--language", "ru").exit_code == 0
        config = steps.last.config
        assert (config.sources.use, config.output, config.paper) == ("simulated", Path("elsewhere"), "Letter")
        assert steps.last.languages == ("ru", "en")

    def test_prices_means_files(self, steps: Steps) -> None:
        assert run(*ADHOC, "--prices", "there").exit_code == 0
        sources = steps.last.config.sources
        assert (sources.use, sources.files.folder) == ("files", Path("there"))

    def test_prices_of_another_source(self, steps: Steps) -> None:
        expected = "--prices is a folder for --source files; leave out --source yahoo or --prices"
        assert refused(*ADHOC, "--prices", "there", "--source", "yahoo") == expected

    def test_a_comma_too_many_in_the_field_says_nothing(self, steps: Steps) -> None:
        assert run(*ADHOC, "--field", "EFA, VGK,").exit_code == 0
        assert steps.last.brief.field == ("EFA", "VGK")

    def test_a_mistake_is_told_once(self, steps: Steps) -> None:
        assert refused(*ADHOC, "--field", "efa,efa").count("'efa' is not a ticker") == 1

    @pytest.mark.parametrize(("option", "value"), [("--source", "bloomberg"), ("--paper", "A5")])
    def test_choices(self, steps: Steps, option: str, value: str) -> None:
        assert f"'{value}' is not one of" in refused(*ADHOC, option, value)

    def test_unknown_language(self, steps: Steps) -> None:
        assert refused(*ADHOC, "--language", "enn").startswith(
            "no language 'enn' (did you mean 'en'?); there are en, ru"
        )

    def test_unknown_language_of_a_brief(self, steps: Steps) -> None:
        Path("config.yaml").write_text("briefs: {a: {subject: IJR, benchmark: SPY, languages: [xx]}}")
        assert refused("brief") == "no language 'xx'; there are en, ru"


class TestAsOf:
    def test_a_session(self, steps: Steps) -> None:
        result = run(*ADHOC, "--as-of", "2024-10-16")
        assert (steps.last.as_of, result.stderr) == (date(2024, 10, 16), "")

    def test_a_weekend(self, steps: Steps) -> None:
        result = run(*ADHOC, "--as-of", "2024-10-13")
        assert steps.last.as_of == date(2024, 10, 11)
        assert result.stderr == "reporter: 2024-10-13 is no session; the one before it is used: 2024-10-11\n"

    def test_the_future(self, steps: Steps) -> None:
        tomorrow = datetime.now().astimezone().date() + timedelta(days=1)
        expected = f"--as-of {tomorrow} is in the future; the last completed session is 2024-10-18"
        assert refused(*ADHOC, "--as-of", tomorrow.isoformat()) == expected

    def test_a_session_that_is_not_over(self, steps: Steps) -> None:
        expected = "--as-of 2024-10-21: the session is not over yet; the last completed one is 2024-10-18"
        assert refused(*ADHOC, "--as-of", "2024-10-21") == expected

    def test_a_session_is_over_where_it_is_still_yesterday_here(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Tokyo closes on 18 October at 06:00 UTC (15:00 there), when it is the evening of the 17th in Los Angeles."""
        tokyo = load_calendar("XTKS", datetime(2025, 6, 30, tzinfo=UTC))
        now = datetime(2024, 10, 18, 6, 30, tzinfo=UTC)
        monkeypatch.setenv("TZ", "America/Los_Angeles")
        time.tzset()
        try:
            assert session_of(tokyo, FRIDAY, now, "files") == FRIDAY
            with pytest.raises(UsageError, match="is in the future"):
                session_of(tokyo, FRIDAY + timedelta(days=1), now, "files")
        finally:
            monkeypatch.undo()
            time.tzset()

    @pytest.mark.parametrize("day", ["2024-13-01", "yesterday", "", "16.10.2024"])
    def test_no_day(self, steps: Steps, day: str) -> None:
        expected = f"Invalid value for '--as-of': '{day}' is not a day; write it as 2024-10-16"
        assert refused(*ADHOC, "--as-of", day) == expected


class TestWhatItPrints:
    def test_json(self, steps: Steps) -> None:
        steps.status, steps.notes = "degraded", ("VGK is stale",)
        result = run(*ADHOC, "--json", "--output", "o")
        assert json.loads(result.stdout) == {
            "brief": "eem-vs-acwi",
            "as_of": "2024-10-18",
            "quality": {"status": "degraded", "notes": ["VGK is stale"]},
            "title": {"en": "Малые — ±", "ru": "Малые — ±"},
            "verdict": "thin",
            "vintage": "ab12",
            "files": ["o/a.pdf", "o/a.html"],
        }
        assert result.stderr == "reporter: degraded: VGK is stale\n"

    def test_open(self, steps: Steps, monkeypatch: pytest.MonkeyPatch) -> None:
        opened: list[str] = []
        monkeypatch.setattr("click.launch", opened.append)
        assert run(*ADHOC, "--open").exit_code == 0
        assert opened == ["output/a.html"]

    @pytest.mark.parametrize(("columns", "term"), [("80", "xterm"), ("24", "xterm"), ("80", "dumb")])
    def test_on_a_terminal(
        self, steps: Steps, monkeypatch: pytest.MonkeyPatch, capsys: Any, columns: str, term: str
    ) -> None:
        """A summary on standard error, never wider than the terminal and without escapes where they are not wanted."""
        monkeypatch.setenv("COLUMNS", columns)
        monkeypatch.setenv("TERM", term)
        monkeypatch.setenv("NO_COLOR", "1")
        monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
        reporter(list(ADHOC), standalone_mode=False)
        printed = capsys.readouterr()
        assert printed.out == "output/a.pdf\noutput/a.html\n"
        lines = re.sub(r"\x1b\[\??[0-9;]*[A-Za-z]|\r", "", printed.err).splitlines()
        assert printed.err.count("Малые — ±") == 2 and "eem-vs-acwi" in printed.err and "thin" in printed.err
        assert max(map(len, lines)) <= int(columns)
        assert not re.search(r"\x1b\[(?:\d+;)*[34][0-9]", printed.err), "no colour; bold is none"
        assert ("- prices" in lines) == (term == "dumb")

    def test_a_pipe_gets_no_word_more(self, steps: Steps) -> None:
        result = run(*ADHOC)
        assert (result.stdout, result.stderr) == ("output/a.pdf\noutput/a.html\n", "")


class TestFailures:
    def test_of_ours(self, steps: Steps) -> None:
        steps.failure = DataError("no prices for EEM")
        result = run(*ADHOC)
        assert (result.exit_code, result.stdout, result.stderr) == (65, "", "reporter: no prices for EEM\n")

    def test_ctrl_c(self, steps: Steps) -> None:
        steps.failure = KeyboardInterrupt()
        result = run(*ADHOC)
        assert (result.exit_code, result.stderr) == (130, "reporter: stopped\n")

    def test_bug(self, steps: Steps) -> None:
        steps.failure = ZeroDivisionError("a\nb")
        result = run(*ADHOC)
        expected = "reporter: ZeroDivisionError: a b (this is a bug; REPORTER_DEBUG=1 shows where)\n"
        assert (result.exit_code, result.stderr) == (70, expected)

    def test_bug_in_full(self, steps: Steps, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("REPORTER_DEBUG", "1")
        steps.failure = ZeroDivisionError("a")
        result = run(*ADHOC)
        assert result.exit_code == 70
        assert "Traceback" in result.stderr

    def test_unknown_command_and_option(self) -> None:
        assert "Did you mean 'brief'?" in refused("breif")
        assert "'--as-of'" in refused("brief", "--asof", "x")


class TestInit:
    def test_yes(self, steps: Steps) -> None:
        result = run("init", "--yes")
        assert (result.exit_code, result.stdout) == (0, "config.yaml\n")
        assert Path("config.yaml").read_text("utf-8") == init.bundled_config().read_text("utf-8")

    def test_nobody_to_ask(self, steps: Steps) -> None:
        assert run("init", "my.yaml").stdout == "my.yaml\n"

    def test_four_questions(self, steps: Steps, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("reporter.commands.init.interactive", lambda: True)
        typed = ("bond", "sectors, bonds", "en, xx", "ru", "files", "/data/prices", 'my "briefs" # \\1')
        result = run("init", stdin="\n".join(typed) + "\n")
        assert (result.exit_code, result.stdout) == (0, "config.yaml\n"), "questions go to standard error"
        assert "name one or more of all, small-caps" in result.stderr
        assert "name one or more of en, ru, separated by commas" in result.stderr
        assert "reporter brief sectors" in result.stderr
        config = load_config(Path("config.yaml"), known_tickers)
        assert config.output == Path('my "briefs" # \\1')
        assert (config.sources.use, config.sources.files.folder) == ("files", Path("/data/prices"))
        assert {name: brief.languages for name, brief in config.briefs.items()} == {
            "sectors": ("ru",),
            "bonds": ("ru",),
        }
        text = Path("config.yaml").read_text("utf-8")
        assert "  # small-caps:\n  #   title:" in text, "what was not chosen stays as a comment"
        for comment in ("# editions are written below this folder", "# what it is held against"):
            assert comment in text

    def test_all_answers_by_return(self, steps: Steps, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("reporter.commands.init.interactive", lambda: True)
        assert run("init", stdin="\n" * 4).exit_code == 0
        bundled = load_config(init.bundled_config(), known_tickers, folder=Path())
        assert load_config(Path("config.yaml"), known_tickers) == bundled

    def test_stopped(self, steps: Steps, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("reporter.commands.init.interactive", lambda: True)
        result = run("init", stdin="")
        assert result.exit_code == 130
        assert not Path("config.yaml").exists()

    def test_keeps_what_is_there(self, steps: Steps) -> None:
        Path("config.yaml").write_text("mine")
        result = run("init", "--yes")
        expected = "reporter: config.yaml is there already and stays as it is; name another file or remove it\n"
        assert (result.exit_code, result.stderr) == (73, expected)
        assert Path("config.yaml").read_text() == "mine"

    def test_cannot_be_written(self, steps: Steps) -> None:
        result = run("init", "--yes", "no/config.yaml")
        expected = "reporter: no/config.yaml: cannot be written: No such file or directory\n"
        assert (result.exit_code, result.stderr) == (73, expected)

    def test_the_bundled_file_of_a_wheel(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setattr(init, "__file__", str(tmp_path / "init.py"))
        assert init.bundled_config() == tmp_path.parent / "config.yaml"
        (tmp_path / "config.yaml").touch()
        assert init.bundled_config() == tmp_path / "config.yaml"


def command(*arguments: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own."""
    variables = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    line = [sys.executable, "-m", "reporter", *arguments]
    return subprocess.run(line, cwd=folder, env=variables, capture_output=True, text=True, check=False)


class TestProcess:
    def test_version(self, tmp_path: Path) -> None:
        assert command("--version", folder=tmp_path).stdout == f"reporter {package.__version__}\n"

    @pytest.mark.parametrize("arguments", [["--help"], ["brief", "--help"], ["--version"], ["completion", "bash"]])
    def test_starts_without_the_heavy_libraries(self, arguments: list[str], tmp_path: Path) -> None:
        script = (
            "import atexit, sys\n"
            "from reporter.cli import reporter\n"
            f"atexit.register(lambda: print(sorted({set(HEAVY)} & set(sys.modules)), file=sys.stderr))\n"
            f"reporter({arguments}, prog_name='reporter')"
        )
        variables = {**os.environ, "PYTHONPATH": str(ROOT)}
        line = [sys.executable, "-c", script]
        done = subprocess.run(line, cwd=tmp_path, env=variables, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "[]\n")
        assert done.stdout

    @pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
    def test_completion_script(self, shell: str, tmp_path: Path) -> None:
        done = command("completion", shell, folder=tmp_path)
        assert done.returncode == 0
        assert "_REPORTER_COMPLETE" in done.stdout

    @pytest.mark.parametrize(
        ("words", "number", "expected"),
        [
            ("reporter brief s", 2, ["small-caps", "sectors"]),
            ("reporter brief --config mine.yaml ", 4, ["mine"]),
            ("reporter brief --config wrong.yaml ", 4, []),
            ("reporter brief --config odd.yaml ", 4, []),
        ],
    )
    def test_completion_of_briefs(self, words: str, number: int, expected: list[str], tmp_path: Path) -> None:
        (tmp_path / "mine.yaml").write_text("briefs: {mine: {}}")
        (tmp_path / "wrong.yaml").write_text("briefs: {")
        (tmp_path / "odd.yaml").write_text("briefs: [1]")
        environment = {"_REPORTER_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(number)}
        done = command(folder=tmp_path, **environment)
        assert [line.removeprefix("plain,") for line in done.stdout.split()] == expected
        assert done.stderr == ""

    def test_usage_error(self, tmp_path: Path) -> None:
        done = command("brief", "--subject", "A", folder=tmp_path)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr == "reporter: an ad-hoc brief needs both --subject and --benchmark\n"

    def test_closed_pipe(self, tmp_path: Path) -> None:
        variables = {**os.environ, "PYTHONPATH": str(ROOT)}
        line = ["bash", "-c", f"{sys.executable} -m reporter --help | true"]
        done = subprocess.run(line, cwd=tmp_path, env=variables, capture_output=True, text=True, check=False)
        assert done.stderr == ""

    def test_interrupted(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "config.yaml")
        variables = {**os.environ, "PYTHONPATH": str(ROOT)}
        line = [sys.executable, "-m", "reporter", "brief"]
        with subprocess.Popen(line, cwd=tmp_path, env=variables, stderr=subprocess.PIPE, text=True) as process:
            time.sleep(1.5)  # it waits for somebody to write into the pipe
            process.send_signal(signal.SIGINT)
            _, stderr = process.communicate(timeout=10)
        assert (process.returncode, stderr) == (130, "reporter: stopped\n")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("arguments", [("--help",), ("--version",), ("brief", "--help")])
def test_a_full_disk_under_the_output_is_one_line(arguments: tuple[str, ...]) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "reporter", *arguments], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 74
    assert done.stderr.startswith("reporter: No space left on device") and done.stderr.count("\n") == 1
