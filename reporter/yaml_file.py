"""Reads a small YAML file into plain values and remembers where each of them stands.

YAML 1.2 (`on` and `NO` are text, `18:30` is no number), less what a settings file does not need and a hostile one
abuses: aliases, tags, a second document, keys that are not words, deep nesting.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from reporter.errors import ConfigError

LIMIT = 1_000_000  # bytes
DEPTH = 12  # levels of nesting; the settings use four
SHOWN = 50  # problems of one file
Where = tuple[str, ...]  # ("briefs", "small-caps", "field", "3")

#: The core schema of YAML 1.2 for values without quotes; everything else is text.
PLAIN = (
    (re.compile(r"~|null|Null|NULL"), lambda _: None),
    (re.compile(r"true|True|TRUE|false|False|FALSE"), lambda text: text.lower() == "true"),
    (re.compile(r"[-+]?[0-9]{1,18}"), int),
    (re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"), float),
)
#: Not even in quotes: controls, marks that turn the direction of writing, and separators that are no line ends here.
NOT_TEXT = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
#: What the parser says, and the same in plain English.
PLAINLY = (
    (r"found character '\\t'", "a tab; indent with spaces only"),
    (r"found character '(.)'", r"a value cannot begin with \1; put it in quotes"),
    (r"mapping values are not", "an unexpected colon; check the indentation, or put a text that holds ': ' in quotes"),
    (r"sequence entries are not", "a list cannot begin here; begin it in a line of its own"),
    (r"could not find expected ':'", "a setting without ': ' between name and value"),
    (r"unexpected end of stream", "a quotation mark that is never closed"),
    (
        r"expected ',' or '(.)'",
        r"the list or group of line {line} is not closed; a comma or \1 is missing before this place",
    ),
    (r"<block end>, but found '<scalar>'", "text after the end of a value; put the whole value in quotes"),
    (r"expected (<block end>|'<document start>')", "this does not fit the lines above; check the indentation"),
    (r"the node content, but found '(.)'", r"a value is missing before \1"),
    (r"unknown escape character", "an unknown escape after a backslash; use single quotes"),
)


class Problem(NamedTuple):
    """Something that the owner of the file must mend. Lines and columns count from 1."""

    line: int
    column: int
    text: str


@dataclass(frozen=True)
class Document:
    """What a file says and where."""

    path: Path
    data: Mapping[str, Any]
    places: Mapping[Where, tuple[int, int]]  # of the name of every setting and of every item of a list
    problems: tuple[Problem, ...]  # names given twice

    def problem(self, where: Where, text: str) -> Problem:
        """`text` about a setting; for one that is not there, the place of the group that should have it."""
        nearest = next(self.places[where[:size]] for size in range(len(where), -1, -1) if where[:size] in self.places)
        return Problem(*nearest, f"{'.'.join(map(printable, where))}: {text}")


def printable(text: str) -> str:
    """Text of the file as it may be shown on a terminal: one short line."""
    short = text if len(text) <= 60 else f"{text[:57]}..."
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in short)  # a line end is a mistake too


def complaint(path: Path, problems: Iterable[Problem]) -> ConfigError:
    """The error that lists problems in the order of the file."""
    ordered = sorted(problems)
    lines = [f"{path}:{line}:{column}: {text}" for line, column, text in ordered[:SHOWN]]
    return ConfigError(lines + [f"{path}: and {len(ordered) - SHOWN} more problems"] * (len(ordered) > SHOWN))


def read_yaml(path: Path, way_out: str = "") -> Document:
    """The settings in a file.

    Args:
        way_out: What to do where there is none, or nothing in it.

    Raises:
        ConfigError: it cannot be read, or is no YAML file of the kind described above.
    """
    try:
        with path.open("rb") as file:
            content = file.read(LIMIT + 1)
    except FileNotFoundError as error:
        raise ConfigError([f"{path}: there is no such file{way_out}"]) from error
    except IsADirectoryError as error:
        raise ConfigError([f"{path}: is a folder; name the file in it"]) from error
    except (OSError, ValueError) as error:
        raise ConfigError([f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}"]) from error
    if len(content) > LIMIT:
        raise ConfigError([f"{path}: larger than {LIMIT:,} bytes; this is no configuration file"])
    try:
        return parse_yaml(content.decode("utf-8-sig"), path, way_out)
    except UnicodeDecodeError as error:
        place = _end_of(content[: error.start].decode("utf-8-sig"))
        raise complaint(path, (Problem(*place, "not UTF-8 text; save the file as UTF-8"),)) from error


def parse_yaml(text: str, path: Path, way_out: str = "") -> Document:
    """The settings in a text; `path` is named in messages, and `way_out` is as for `read_yaml`.

    Raises:
        ConfigError: as `read_yaml`.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError

    text = text.replace("\r\n", "\n")
    if stray := NOT_TEXT.search(text):
        place = _end_of(text[: stray.start()])
        raise complaint(path, (Problem(*place, f"the character {stray[0]!a} does not belong in a text file"),))
    builder = _Builder(YAML(typ="safe", pure=True).parse(text), way_out)
    try:
        data = builder.document()
    except MarkedYAMLError as error:
        at_its_start = any(words in str(error.problem) for words in ("could not find expected", "unexpected end"))
        mark = error.context_mark if at_its_start else error.problem_mark
        place = (mark.line + 1, mark.column + 1) if mark else builder.place
        begun = error.context_mark.line + 1 if error.context_mark else place[0]
        raise complaint(path, (Problem(*place, _plainly(str(error.problem or error.context), begun)),)) from error
    except _RefusedError as error:
        raise complaint(path, (Problem(*builder.place, str(error)),)) from error
    return Document(path, data, builder.places, tuple(builder.problems))


def _end_of(text: str) -> tuple[int, int]:
    """Line and column of what follows the text."""
    return text.count("\n") + 1, len(text) - text.rfind("\n")


def _plainly(problem: str, line: int) -> str:
    """A problem in plain English; `line` is where the list, group or text began."""
    for pattern, words in PLAINLY:
        if found := re.search(pattern, problem):
            return found.expand(words.format(line=line))
    return f"not YAML: {printable(problem)}"


class _RefusedError(Exception):
    """YAML that a settings file must not hold, at the builder's place."""


class _Builder:
    """Makes plain values of the parser's events, in one pass."""

    def __init__(self, events: Iterator[Any], way_out: str) -> None:
        self.events, self.way_out = events, way_out
        self.place = (1, 1)
        self.places: dict[Where, tuple[int, int]] = {(): (1, 1)}
        self.problems: list[Problem] = []

    def next(self) -> tuple[str, Any]:
        try:
            event = next(self.events)
        except (ArithmeticError, AssertionError, LookupError, TypeError, ValueError) as error:
            # The parser's own slips, met with impossible escapes and versions; it knows no place for them.
            raise _RefusedError(f"not YAML after this place: {error}") from error
        self.place = (event.start_mark.line + 1, event.start_mark.column + 1)
        return type(event).__name__.removesuffix("Event"), event

    def document(self) -> dict[str, Any]:
        self.next()  # the start of the stream
        empty = self.next()[0] == "StreamEnd"
        data = None if empty else self.value((), *self.next())
        if not isinstance(data, dict):
            self.place = (1, 1)
            if data is None:
                raise _RefusedError(f"the file holds no settings{self.way_out}")
            raise _RefusedError("expected settings such as `output: output` at the top of the file")
        self.next()  # the end of the document
        if self.next()[0] != "StreamEnd":
            raise _RefusedError("a second document (`---`) begins; keep one")
        return data

    def value(self, where: Where, kind: str, event: Any) -> Any:
        if kind == "Alias":
            raise _RefusedError(f"aliases such as *{printable(event.anchor)} are not used here; write the value again")
        if event.tag:
            raise _RefusedError("tags, words that begin with !, are not used here; leave it out")
        if len(where) > DEPTH:
            raise _RefusedError(f"nested deeper than {DEPTH} levels")
        if kind == "MappingStart":
            return self.mapping(where)
        if kind == "SequenceStart":
            return self.sequence(where)
        return self.scalar(event)

    def mapping(self, where: Where) -> dict[str, Any]:
        found: dict[str, Any] = {}
        lines: dict[str, int] = {}
        while (step := self.next())[0] != "MappingEnd":
            kind, event = step
            if kind != "Scalar" or event.tag:
                raise _RefusedError("the name of a setting must be one word")
            place, name = self.place, str(event.value)
            inner = (*where, name)
            self.places.setdefault(inner, place)
            kind, event = self.next()
            value = self.value(inner, kind, event)
            if name in lines:
                text = f"{'.'.join(map(printable, inner))}: given twice, first in line {lines[name]}; keep one"
                self.problems.append(Problem(*place, text))
            found.setdefault(name, value)
            lines.setdefault(name, place[0])
        return found

    def sequence(self, where: Where) -> list[Any]:
        found: list[Any] = []
        while (step := self.next())[0] != "SequenceEnd":
            inner = (*where, str(len(found)))
            self.places.setdefault(inner, self.place)
            found.append(self.value(inner, *step))
        return found

    def scalar(self, event: Any) -> Any:
        text = str(event.value)
        if stray := NOT_TEXT.search(text):
            raise _RefusedError(f"the character {stray[0]!a} does not belong in a setting")
        if event.style is None:
            for pattern, make in PLAIN:
                if pattern.fullmatch(text):
                    return make(text)
            if not text:
                return None
        return text
