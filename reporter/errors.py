"""Everything that can go wrong in a way that a user can mend.

    ReporterError
    ├── DifferenceError     1   a check found that something is not as it was
    ├── UsageError          2   the command line asks for something that does not exist
    ├── DataError          65   prices that nobody should print
    ├── UpstreamError      69   a source is away or answers nonsense
    ├── DocumentError      70   a page could not be made
    ├── LedgerError        70   the memory of what was mailed cannot be trusted: nothing is sent
    ├── OutputError        73   a result cannot be written
    ├── StorageError       74   this machine's disk is full or fails
    ├── LockedError        75   another process is at it
    ├── MailError          76   mail that needs a person: refused, given up, or nobody knows whether it arrived
    ├── AccessError        77   this user may not
    └── ConfigError        78   the configuration file

The command line prints the message as one line (what, where, what to do next) and ends with the exit code.
"""

from __future__ import annotations

import errno
from collections.abc import Iterable
from difflib import get_close_matches


class ReporterError(Exception):
    """A failure with one clear line for the user; `exit_code` is documented in the README."""

    exit_code = 1


class DifferenceError(ReporterError):
    exit_code = 1


class UsageError(ReporterError):
    exit_code = 2


class DataError(ReporterError):
    exit_code = 65


class UpstreamError(ReporterError):
    exit_code = 69


class DocumentError(ReporterError):
    exit_code = 70


class LayoutError(DocumentError):
    """The library behind the PDF has failed on one arrangement of a page; another may do."""


class LedgerError(ReporterError):
    exit_code = 70


class OutputError(ReporterError):
    exit_code = 73


class StorageError(ReporterError):
    exit_code = 74


class LockedError(ReporterError):
    exit_code = 75


class MailError(ReporterError):
    exit_code = 76


class AccessError(ReporterError):
    exit_code = 77


class ConfigError(ReporterError):
    """All problems of a configuration at once, one a line."""

    exit_code = 78

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


#: What the system says of a disk that is full, read-only or broken.
STORAGE = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS)


def of_machine(error: BaseException) -> ReporterError | None:
    """The same in one line for the user, where the machine fails or forbids it; None where it is neither."""
    if not isinstance(error, OSError):
        return None
    where = f" ('{error.filename}')" if error.filename else ""
    if error.errno in STORAGE:
        return StorageError(f"{error.strerror}{where}; free some space or look at the disk, then run this again")
    if isinstance(error, PermissionError) and where:  # as after a command that somebody gave as root
        return AccessError(f"{error.strerror}{where}; let this user have it: chown")
    return None


#: What reading a structure fails with that somebody else wrote: JSON of another shape, too deep, or with numbers that
#: are none.
MISSHAPEN = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError)


def visible(text: str) -> str:
    """Text of others as it may stand on a terminal: one line, and nothing in it that a terminal would obey."""
    return "".join(sign if sign.isprintable() else " " if sign.isspace() else ascii(sign)[1:-1] for sign in text)


def suggestion(word: str, known: Iterable[str]) -> str:
    """` (did you mean 'x'?)` for the nearest known word, or an empty string."""
    near = get_close_matches(word, sorted(known), n=1, cutoff=0.6)
    return f" (did you mean '{near[0]}'?)" if near else ""
