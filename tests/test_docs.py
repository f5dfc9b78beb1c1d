"""Documents that people read first: up to date, with pictures that are there and small."""

from __future__ import annotations

import re
import runpy
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from reporter.cli import EXIT_CODES, reporter
from reporter.errors import ReporterError

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])


def test_the_reference_of_settings_is_up_to_date() -> None:
    script = runpy.run_path(str(ROOT / "scripts" / "configuration_reference.py"))
    written = (ROOT / "docs" / "configuration.md").read_text("utf-8")
    assert written == script["reference"](), "run: python scripts/configuration_reference.py > docs/configuration.md"


def test_every_setting_says_what_it_is() -> None:
    rows = re.findall(
        r"^\| `(\w+)` \|.*\| (.*) \|$", (ROOT / "docs" / "configuration.md").read_text("utf-8"), re.MULTILINE
    )
    assert len(rows) > 80
    assert sum(not text for _, text in rows) < len(rows) / 4, [name for name, text in rows if not text]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    text = re.sub(r"```.*?```", "", document.read_text("utf-8"), flags=re.DOTALL)
    for link in re.findall(r"\]\(([^)#]+)[^)]*\)", text):
        if not link.startswith(("https:", "mailto:")):
            assert (document.parent / link).exists(), f"{document.name}: {link}"


def test_pictures_are_small() -> None:
    pictures = [*(ROOT / "docs").rglob("*.png")]
    assert len(pictures) >= 6 and sum(path.stat().st_size for path in pictures) < 1_500_000


def test_every_exit_code_is_in_the_readme_and_in_the_help() -> None:
    """What the exceptions have; and 0 and the two signals, which no exception stands for."""
    known = {0} | {kind.exit_code for kind in ReporterError.__subclasses__()}
    readme = (ROOT / "README.md").read_text("utf-8").partition("## Exit codes")[2].partition("\n## ")[0]
    listed = {int(code) for row in re.findall(r"^\| ([\d, ]+) \|", readme, re.MULTILINE) for code in row.split(", ")}
    assert listed == known | {130, 143}
    assert {int(code) for code in re.findall(r"^  (\d+) ", EXIT_CODES, re.MULTILINE)} == known


def commands(group: click.Group, path: str = "reporter") -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command
        yield f"{path} {name}", command
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")


def test_help_explains_every_option_and_lists_every_command_in_a_whole_line() -> None:
    for path, command in commands(reporter):
        assert command.help, path
        assert not command.get_short_help_str(60).endswith("..."), path
        for option in command.params:
            assert isinstance(option, click.Argument) or option.help, f"{path}: {option.name}"


def test_every_mark_for_a_checker_says_why() -> None:
    bare = re.compile(r"# (?:noqa(?:: [A-Z0-9, ]+)?|type: ignore(?:\[[^]]*\])?)$", re.MULTILINE)
    for path in sorted((ROOT / "reporter").rglob("*.py")):
        assert not bare.search(path.read_text("utf-8")), path
