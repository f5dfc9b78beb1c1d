"""The commands. Every failure becomes one line and an exit code here; the clock is read here.

`--help`, `--version` and completion must stay quick: whatever is heavy is imported inside the command that needs it.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem, get_completion_class

from reporter import __version__
from reporter.errors import DocumentError, OutputError, ReporterError, UsageError
from reporter.init import answers, bundled_config, config_text, interactive, write_new
from reporter.request import (
    CONFIG_FILE,
    adhoc_brief,
    configuration,
    configured_brief,
    languages,
    note,
    overridden,
    session_of,
)

if TYPE_CHECKING:
    from reporter.document.edition import Edition


@contextmanager
def _one_line_failures(context: click.Context) -> Iterator[None]:
    try:
        yield
    except ReporterError as error:
        prefix = "" if hasattr(error, "problems") else "reporter: "  # a configuration's lines begin with file and line
        click.echo(f"{prefix}{error}", err=True)
        context.exit(error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        click.echo("reporter: stopped", err=True)
        context.exit(130)
    except (click.ClickException, click.exceptions.Exit, BrokenPipeError):
        raise  # click's own ways to end
    except Exception as error:  # noqa: BLE001  the one door: a bug of ours must not look like a wall of text to a reader of briefs
        if os.environ.get("REPORTER_DEBUG") == "1":
            traceback.print_exc()
        message = " ".join(str(error).split())
        hint = "this is a bug; REPORTER_DEBUG=1 shows where"
        click.echo(f"reporter: {type(error).__name__}: {message} ({hint})", err=True)
        context.exit(70)


class Commands(click.Group):
    def invoke(self, ctx: click.Context) -> Any:
        with _one_line_failures(ctx):
            return super().invoke(ctx)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="reporter", message="%(prog)s %(version)s")
def reporter() -> None:
    """Market briefs whose every number can be traced."""


def _brief_names(context: click.Context, _: click.Parameter, typed: str) -> list[CompletionItem]:
    from reporter.yaml_file import read_yaml

    path = context.params.get("config_path") or CONFIG_FILE
    try:
        briefs = read_yaml(path if path.exists() else bundled_config()).data.get("briefs")
    except ReporterError:
        return []
    return [CompletionItem(name) for name in (briefs if isinstance(briefs, dict) else ()) if name.startswith(typed)]


def _day(_: click.Context, __: click.Parameter, text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text is not None else None
    except ValueError as error:
        raise click.BadParameter(f"'{text}' is not a day; write it as 2024-10-16") from error


@reporter.command()
@click.argument("name", metavar="[BRIEF]", required=False, shell_complete=_brief_names)
@click.option("--config", "config_path", type=click.Path(path_type=Path), help="Configuration; default: ./config.yaml.")
@click.option("--subject", metavar="TICKER", help="An ad-hoc brief about this fund, without configuration …")
@click.option("--benchmark", metavar="TICKER", help="… held against this one …")
@click.option("--field", metavar="A,B,C", help="… and ranked among these.")
@click.option("--headline-index", metavar="TICKER", help="A fund on the index that the news quote.")
@click.option("--calendar", metavar="NAME", help="The exchange whose sessions count; default: XNYS.")
@click.option("--as-of", metavar="YYYY-MM-DD", callback=_day, help="Speak about this day; default: the last session.")
@click.option("--source", type=click.Choice(["yahoo", "files", "simulated"]), help="Where prices come from.")
@click.option(
    "--prices", metavar="DIR", type=click.Path(path_type=Path), help="A folder of prices; means --source files."
)
@click.option("--language", "languages", metavar="CODE", multiple=True, help="Repeatable; default: those of the brief.")
@click.option("--output", metavar="DIR", type=click.Path(path_type=Path), help="Where editions are written.")
@click.option("--paper", type=click.Choice(["A4", "Letter"]), help="Paper of the PDF.")
@click.option(
    "--format", "formats", type=click.Choice(["html", "pdf"]), multiple=True, help="Repeatable; default: both."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object about the edition.")
@click.option("--open", "show", is_flag=True, help="Open the page when it is made.")
def brief(
    name: str | None, config_path: Path | None, as_of: date | None, show: bool, as_json: bool, **given: Any
) -> None:
    """Build an edition now; nothing is mailed.

    \b
    reporter brief small-caps
    reporter brief --subject EEM --benchmark ACWI --field EFA,VGK,EWJ
    """
    adhoc = {key: given.pop(key) for key in ("subject", "benchmark", "field", "headline_index", "calendar")}
    adhoc = {key: value for key, value in adhoc.items() if value is not None}
    if adhoc and name:
        option = next(iter(adhoc)).replace("_", "-")
        raise UsageError(f"--{option} belongs to an ad-hoc brief; leave out '{name}' or --{option}")
    if adhoc and not {"subject", "benchmark"} <= adhoc.keys():
        raise UsageError("an ad-hoc brief needs both --subject and --benchmark")

    config = overridden(configuration(config_path, bool(adhoc)), given)
    name, chosen = adhoc_brief(adhoc) if adhoc else configured_brief(config, name)
    spoken = languages(config, given["languages"] or chosen.languages)

    from reporter.delivery.archive import publish
    from reporter.pipeline import make_edition
    from reporter.sessions import load_calendar

    now = datetime.now(UTC)
    calendar = load_calendar(chosen.calendar, now)
    session = session_of(calendar, as_of, now, config.sources.use)
    edition = make_edition(config, name, chosen, calendar=calendar, as_of=session, languages=spoken, progress=_progress)
    _tell(edition, publish(edition, config.output), as_json, show)
    if edition.shortfall:
        raise DocumentError(edition.shortfall)


def _progress(step: str) -> None:
    if sys.stderr.isatty():
        click.echo(f"· {step}", err=True)


def _tell(edition: Edition, paths: tuple[Path, ...], as_json: bool, show: bool) -> None:
    """What was made: paths or JSON for programs, the gist for a person at a terminal."""
    quality = edition.quality
    if quality.status != "ok":
        note(f"{quality.status}: {'; '.join(quality.notes)}")
    if sys.stderr.isatty():
        click.echo("\n".join(("", *edition.headline.values(), edition.verdict, "")), err=True)
    if as_json:
        told = {
            "brief": edition.brief,
            "as_of": edition.session.isoformat(),
            "quality": {"status": str(quality.status), "notes": list(quality.notes)},
            "title": dict(edition.headline),
            "verdict": edition.verdict,
            "vintage": edition.vintage,
            "files": [str(path) for path in paths],
        }
        click.echo(json.dumps(told, indent=2))  # ASCII, so that no terminal's encoding can break it
    else:
        for path in paths:
            click.echo(os.fsencode(path))
    page = next((path for path in paths if path.suffix == ".html"), None)
    if show and page:
        click.launch(str(page))


@reporter.command()
@click.argument("file", type=click.Path(path_type=Path), default=CONFIG_FILE)
@click.option("--yes", is_flag=True, help="Ask nothing and take the defaults.")
def init(file: Path, yes: bool) -> None:
    """Write a commented config.yaml to start from."""
    from reporter.config_file import parse_config
    from reporter.language import known_tickers

    if os.path.lexists(file):
        raise OutputError(f"{file} is there already and stays as it is; name another file or remove it")
    text = config_text({} if yes or not interactive() else answers())
    parse_config(text, file, known_tickers)
    write_new(file, text)
    click.echo(os.fsencode(file))


@reporter.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print a completion script, for instance for: eval "$(reporter completion bash)"."""
    script = get_completion_class(shell)
    if script is None:
        raise UsageError(f"no completion for '{shell}'")
    click.echo(script(reporter, {}, "reporter", "_REPORTER_COMPLETE").source())
