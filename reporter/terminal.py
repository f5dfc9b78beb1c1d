"""What a person at a terminal sees while a command works. Programs and pipes see nothing of it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager


def attended() -> bool:
    """Is there a person at standard error who can see something move?"""
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb"


@contextmanager
def steps() -> Iterator[Callable[[str], None]]:
    """Shows one step after the other in one line of standard error, and leaves nothing behind.

    Without a terminal it shows nothing, on a dumb one a line a step.
    """
    if not sys.stderr.isatty():
        yield lambda _: None
    elif not attended():
        yield lambda step: print(f"- {step}", file=sys.stderr)  # noqa: T201  for a terminal that cannot do more
    else:
        from rich.console import Console

        console = Console(stderr=True, highlight=False)
        with console.status("", spinner="dots") as status:
            yield status.update


def summarise(titles: Iterable[str], gist: Sequence[str]) -> None:
    """What was made, at a glance, for a person: titles, and a line of the rest. Nothing without a terminal."""
    if not sys.stderr.isatty():
        return
    from rich.console import Console
    from rich.padding import Padding
    from rich.text import Text

    console = Console(stderr=True, highlight=False)
    lines = Text("\n").join([*(Text(title, style="bold") for title in titles), Text(" · ".join(gist), style="dim")])
    console.print(Padding(lines, (1, 2), expand=False))
