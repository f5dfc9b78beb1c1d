"""The command line. Every failure becomes one line and an exit code here.

`--help`, `--version` and completion must stay quick: a command is imported when it is asked for, and imports what is
heavy inside itself.
"""

from __future__ import annotations

import atexit
import gc
import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import Any

import click
from click.exceptions import NoSuchCommand

from reporter import __version__
from reporter.errors import ReporterError, of_machine, visible

# Else pydantic looks for plugins in the metadata of every package that is installed, for 20 ms.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "1")
# Else numpy's OpenBLAS starts a thread a core, which spins for 60 ms when numpy is imported; no sum of ours needs one.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
#: Of the command that this process is.
_exit_codes: list[object] = []


@atexit.register  # before all others, which are therefore called before it
def _end() -> None:
    """Else Python looks through all that is loaded for garbage, an eighth of the time of a brief, and takes it apart
    piece by piece, a fiftieth. What must happen at an end has happened: threads and files are closed.
    """
    gc.freeze()
    if _exit_codes == [0]:
        with suppress(OSError, ValueError):  # nobody reads our lines any more: Python has its own end for that
            for stream in filter(None, (sys.stdout, sys.stderr)):
                stream.flush()
            os._exit(0)


#: In the order of `reporter --help`. The module of a command has its name, and in it the function has it too.
COMMANDS = (
    "init",
    "brief",
    "send",
    "outbox",
    "batch",
    "schedule",
    "work",
    "status",
    "healthcheck",
    "doctor",
    "explain",
    "preview",
    "archive",
    "replay",
    "prices",
    "completion",
)


@contextmanager
def _one_line_failures(context: click.Context) -> Iterator[None]:
    try:
        yield
    except ReporterError as error:
        # The lines of a configuration's problems begin with file and line.
        for line in getattr(error, "problems", [f"reporter: {error}"]):
            click.echo(visible(line), err=True)
        context.exit(error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        click.echo("reporter: stopped", err=True)
        context.exit(130)
    except (click.ClickException, click.exceptions.Exit, BrokenPipeError):
        raise  # click's own ways to end
    except Exception as error:  # noqa: BLE001  the one door: a bug of ours must not look like a wall of text to a reader of briefs
        if os.environ.get("REPORTER_DEBUG") == "1":
            traceback.print_exc()
        if known := of_machine(error):
            click.echo(visible(f"reporter: {known}"), err=True)
            context.exit(known.exit_code)
        message = visible(" ".join(str(error).split()))
        hint = "this is a bug; REPORTER_DEBUG=1 shows where"
        click.echo(f"reporter: {type(error).__name__}: {message} ({hint})", err=True)
        context.exit(70)


class Commands(click.Group):
    """A group whose commands are imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            if not ctx.resilient_parsing:
                raise NoSuchCommand(cmd_name, possibilities=COMMANDS, ctx=ctx)
            return None
        command: click.Command = getattr(import_module(f"reporter.commands.{cmd_name}"), cmd_name)
        return command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        with _one_line_failures(ctx):  # --help and --version write already here
            return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        with _one_line_failures(ctx):
            return super().invoke(ctx)


EXIT_CODES = """\b
Exit codes:
  0   done
  1   a check found that something is not as it was
  2   the command line asks for something that does not exist
  65  prices that nobody should print
  69  a source is away or answers nonsense
  70  a page could not be made, or the ledger is damaged
  73  a result cannot be written, or not everywhere
  74  the disk of this machine is full or fails
  75  another process is at it
  76  a message needs a person
  77  the state folder cannot be used
  78  the configuration is wrong, or a login or certificate
"""


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]}, epilog=EXIT_CODES)
@click.version_option(__version__, prog_name="reporter", message="%(prog)s %(version)s")
def reporter() -> None:
    """Market briefs whose every number can be traced."""


def main() -> None:
    """The command as a process of its own."""
    try:
        reporter(prog_name="reporter")
    except SystemExit as end:
        _exit_codes.append(end.code or 0)
        raise
