"""Work in a child process that may use so much processor time, memory and time, and no more.

A child that is killed takes nothing with it but its own work. What it made, it left in files; what went wrong comes
back as the name of one of our errors and a text, in JSON: from a child that may have run a hostile template, the parent
takes no objects.
"""

from __future__ import annotations

import ctypes
import json
import multiprocessing
import os
import resource
import signal
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from reporter import errors
from reporter.errors import ConfigError, DocumentError, ReporterError
from reporter.garbage import left_lying

PDEATHSIG = 1  # prctl of Linux: the signal that a process gets when its parent ends


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a child may use."""

    cpu: int = 60  # seconds of processor time
    memory: int = 1_500_000_000  # bytes of address space beyond what is in use when it begins
    wall: float = 120.0  # seconds


def run_limited(
    work: Callable[..., Any], *arguments: Any, limits: Limits, what: str, error: type[ReporterError] = DocumentError
) -> Any:
    """Call `work` in a child and give what it gives, which must be JSON.

    Args:
        what: The work in words, for messages.
        error: Raised where a limit ended it.

    Raises:
        ReporterError: whatever the child raised, or that a limit ended it.
    """
    # Forking is quick; with other threads about it is not safe, and then a server without any forks for us: it ends
    # when we do, and its children with it.
    alone = threading.active_count() == 1
    context: Any = multiprocessing.get_context("fork" if alone else "forkserver")
    if not alone:
        context.set_forkserver_preload([getattr(work, "func", work).__module__])
    ours, theirs = context.Pipe(duplex=False)
    parent = os.getpid() if alone else 0
    child = context.Process(target=_child, args=(theirs, parent, limits, work, arguments), daemon=True)
    try:
        child.start()
    except (OSError, EOFError) as failure:  # no more processes here, or the server of forks has died
        ours.close()
        raise error(f"{what} could not be begun: {failure or type(failure).__name__}") from failure
    finally:
        theirs.close()
    answered = False
    try:
        answered = ours.poll(limits.wall)
        answer = ours.recv_bytes(100_000) if answered else b'{"class": ""}'
    except (EOFError, OSError):
        answer = b""  # it died without a word, or in the middle of one
    finally:
        ours.close()
        if not answered:
            child.kill()
        child.join()
    if not answer:
        raise error(f"{what} was ended: {_cause(child.exitcode or 0, limits)}")
    told = json.loads(answer)
    if "class" in told:
        _raise_again(told, what, limits, error)
    return told["gave"]


def _cause(code: int, limits: Limits) -> str:
    if code in (-signal.SIGXCPU, -signal.SIGKILL):
        return f"it needed more than {limits.cpu} s of processor time or too much memory"
    return f"its process died ({code})"


def _raise_again(told: dict[str, Any], what: str, limits: Limits, error: type[ReporterError]) -> None:
    if not told["class"]:
        raise error(f"{what} was ended: it needed more than {limits.wall:g} s")
    if told["class"] == "MemoryError":
        raise error(f"{what} was ended: it needed more than {limits.memory / 1e6:.0f} MB of memory")
    kind = getattr(errors, told["class"], None)
    if kind is ConfigError:
        raise ConfigError(told["problems"])
    if isinstance(kind, type) and issubclass(kind, ReporterError):
        raise kind(told["text"])
    if os.environ.get("REPORTER_DEBUG") == "1":
        raise RuntimeError(told["trace"])
    raise RuntimeError(f"{told['class']}: {told['text']}")


def _child(
    answer: Connection, parent: int, limits: Limits, work: Callable[..., Any], arguments: tuple[Any, ...]
) -> None:
    _die_with(parent)
    used = _address_space()
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu, limits.cpu + 1))  # counted for this process: begins at nought
    if used:
        resource.setrlimit(resource.RLIMIT_AS, (used + limits.memory, used + limits.memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        with left_lying():
            told: dict[str, Any] = {"gave": work(*arguments)}
    except MemoryError:
        told = {"class": "MemoryError", "text": "", "trace": ""}
    except BaseException as raised:  # noqa: BLE001  the other end of this pipe is the door that it goes through
        failure = errors.of_machine(raised) or raised
        told = {"class": type(failure).__name__, "text": str(failure)[:4000], "trace": traceback.format_exc()[-8000:]}
        if isinstance(failure, ConfigError):
            told["problems"] = failure.problems[:50]
    answer.send_bytes(json.dumps(told).encode())
    answer.close()


def _die_with(parent: int) -> None:
    """Be killed when the parent is: nobody would end this process when it hangs, and it holds the locks of both.

    Args:
        parent: Its process, by which is seen whether it has ended already; 0 where a server has forked for it, which
            lives as long as this child does.
    """
    if not parent:
        threading.Thread(target=_follow, daemon=True).start()
        return
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).prctl(PDEATHSIG, int(signal.SIGKILL))
    if os.getppid() != parent:
        os._exit(1)


def _follow() -> None:
    """Wait for the end of the one who has asked for this child, and end at once."""
    asked_by = multiprocessing.parent_process()
    if asked_by is not None:
        asked_by.join()
        os.kill(os.getpid(), signal.SIGKILL)


def _address_space() -> int:
    """Bytes of this process; 0 where the machine does not say."""
    try:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
    except OSError:
        return 0
