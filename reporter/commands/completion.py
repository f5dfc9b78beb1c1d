"""`reporter completion`: a script for the shell."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from reporter.errors import UsageError


@click.command(short_help="Print a completion script for a shell.")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print a completion script, for instance for: eval "$(reporter completion bash)"."""
    script = get_completion_class(shell)
    if script is None:
        raise UsageError(f"no completion for '{shell}'")
    root = click.get_current_context().find_root().command
    click.echo(script(root, {}, "reporter", "_REPORTER_COMPLETE").source())
