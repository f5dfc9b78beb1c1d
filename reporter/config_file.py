"""Reads config.yaml into a `Config`, or says everything that is wrong with it, each with its line and column."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args

from pydantic import ValidationError

from reporter.config import BRIEF_NAME, COLOUR, FEED_ADDRESS, KEYWORD, TICKER, WALL_TIME, Config, conflicts
from reporter.errors import suggestion
from reporter.setting import DURATION, LANGUAGE_CODE, WEB_ADDRESS, Setting
from reporter.yaml_file import SHOWN, Document, Problem, Where, complaint, parse_yaml, printable, read_yaml

WAY_OUT = "; `reporter init` writes one to start from"
#: What pydantic names by kind of error, in words.
EXPECTED = {
    "string_type": "text",
    "path_type": "a path",
    "bool_type": "on or off",
    "float_type": "a number",
    "int_type": "a whole number",
    "finite_number": "a number of ordinary size",
    "tuple_type": "a list in brackets, such as [A, B]",
    "dict_type": "a group of indented lines",
    "date_type": "a day such as 2024-10-16",
    "date_parsing": "a day such as 2024-10-16",
    "date_from_datetime_parsing": "a day such as 2024-10-16",
    "model_type": "a group of indented settings",
}
PATTERNS = {
    COLOUR: "is no colour such as #0b5fa5",
    TICKER: "is not a ticker: capitals, digits and ^ . - = as Yahoo writes it",
    LANGUAGE_CODE: "is not a language code of two small letters, such as en",
    FEED_ADDRESS: "is not the address of a feed: https://, file:/// or, on this machine, http://localhost",
    KEYWORD: "is not a keyword: words with one space between them, a star only at the end of a word: small cap*",
    WEB_ADDRESS: "is not a web address that begins with https://",
    DURATION: "is not a duration: a number and m, h or d, such as 45m, 36h or 3d",
    WALL_TIME: "is not a time: 07:00 for every day, or a weekday before it, such as monday 07:00",
    BRIEF_NAME: "cannot be the name of a brief: small letters, digits and hyphens, 41 at most",
}

AnySetting = TypeVar("AnySetting", bound=Setting)
NamedTickers = Callable[[Path | None], frozenset[str]]


def load_config(path: Path, known_tickers: NamedTickers, folder: Path | None = None) -> Config:
    """The configuration in a file.

    Args:
        path: The file.
        known_tickers: Gives the tickers that have a name, for the folder that `templates` names, if it does.
        folder: What relative paths start from; absent: the folder of the file.

    Raises:
        ConfigError: all problems at once.
    """
    return _checked(read_yaml(path, WAY_OUT), known_tickers, path.parent if folder is None else folder)


def parse_config(text: str, path: Path, known_tickers: NamedTickers) -> Config:
    """As `load_config`, for a text that will stand in `path`."""
    return _checked(parse_yaml(text, path, WAY_OUT), known_tickers, path.parent)


def _checked(document: Document, known_tickers: NamedTickers, folder: Path) -> Config:
    problems = list(document.problems)
    templates = _templates(document.data, folder)
    if templates and not os.path.isdir(templates):
        problems.append(document.problem(("templates",), f"there is no folder '{printable(str(templates))}'"))
        templates = None
    for name, brief in _briefs(document.data):
        problems += [document.problem(("briefs", name, *where), text) for where, text in conflicts(brief)]
    unnamed = _unnamed(document, known_tickers(templates))
    problems += islice(unnamed, SHOWN)
    config = None
    try:
        # JSON has neither tuples nor paths: strict pydantic takes lists and text for them, and "12" still is no number.
        config = Config.model_validate_json(json.dumps(_given(document.data)))
    except ValidationError as error:
        problems += [document.problem(where, text) for where, text in in_words(error, document.data)]
    if problems or config is None:
        raise complaint(document.path, tuple(problems))
    return _anchored(config, folder)


def _templates(data: Mapping[str, Any], folder: Path) -> Path | None:
    named = data.get("templates")
    return _below(folder, Path(named)) if isinstance(named, str) else None


def _below(folder: Path, path: Path) -> Path:
    return folder / os.path.expanduser(path)


def _anchored(config: AnySetting, folder: Path) -> AnySetting:
    """Relative paths made to start from the folder of the file, not from wherever the command runs."""
    return config.model_copy(update={name: _anchored_value(value, folder) for name, value in config})


def _anchored_value(value: Any, folder: Path) -> Any:
    if isinstance(value, Path):
        return _below(folder, value)
    if isinstance(value, Setting):
        return _anchored(value, folder)
    if isinstance(value, tuple):
        return tuple(_anchored_value(one, folder) for one in value)
    if isinstance(value, dict):
        return {name: _anchored_value(one, folder) for name, one in value.items()}
    return value


def _given(value: Any, keep: bool = False) -> Any:
    """Settings without those whose value is empty, which count as left out; an empty brief is a mistake and stays."""
    if not isinstance(value, dict):
        return value
    return {name: _given(inner, name == "briefs") for name, inner in value.items() if keep or inner is not None}


def _briefs(data: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The briefs as far as they can be read."""
    briefs = data.get("briefs")
    for name, brief in briefs.items() if isinstance(briefs, dict) else ():
        if isinstance(brief, dict):
            yield name, brief


def _unnamed(document: Document, known: frozenset[str]) -> Iterator[Problem]:
    """Tickers of briefs that no language has a name for."""
    for name, brief in _briefs(document.data):
        field = brief.get("field")
        places: list[tuple[Where, Any]] = [
            ((role,), brief.get(role)) for role in ("subject", "benchmark", "headline_index")
        ]
        places += [(("field", str(number)), one) for number, one in enumerate(field if isinstance(field, list) else ())]
        for where, ticker in places:
            if isinstance(ticker, str) and re.match(TICKER, ticker) and ticker not in known:
                advice = "add it to names.yaml in your templates folder or use an ad-hoc brief"
                text = f"no name for '{ticker}'{suggestion(ticker, known)}; {advice}"
                yield document.problem(("briefs", name, *where), text)


def in_words(
    error: ValidationError, data: Mapping[str, Any], model: type[Setting] = Config
) -> Iterator[tuple[Where, str]]:
    """pydantic's errors in plain English, each with its place in `data`. Only values that name something are shown."""
    for item in error.errors(include_url=False, include_input=False):
        if item["type"] == "value_error":  # a conflict, which `conflicts` tells with its exact place
            continue
        named = item["loc"][-1:] == ("[key]",)
        where = tuple(str(part) for part in item["loc"] if part != "[key]")
        if item["type"] == "said":  # by a validator of ours
            yield where, item["msg"]
            continue
        given = where[-1] if named else _look_up(data, where)
        yield where, _words(item["type"], item.get("ctx", {}), where, given, model)


def _words(kind: str, context: Mapping[str, Any], where: Where, given: object, model: type[Setting]) -> str:  # noqa: PLR0911  one return a kind of mistake
    if kind == "missing":
        return "is missing"
    if kind == "extra_forbidden":
        known = _settings_at(where[:-1], model)
        return "unknown setting" + (suggestion(where[-1], known) or f" (known here: {', '.join(known)})")
    if kind == "literal_error":
        choices = re.findall("'(.*?)'", context["expected"])
        found = f"'{printable(given)}'{suggestion(given, choices)}" if isinstance(given, str) else _found(given)
        return f"expected {context['expected']}, found {found}"
    if kind == "string_pattern_mismatch":
        text = str(given)
        upper = (
            f" (did you mean '{text.upper()}'?)"
            if context["pattern"] == TICKER and re.match(TICKER, text.upper())
            else ""
        )
        return f"'{printable(text)}' {PATTERNS[context['pattern']]}{upper}"
    if kind in EXPECTED:
        hint = " (put it in quotes)" if kind == "string_type" and isinstance(given, int | float) else ""
        return f"expected {EXPECTED[kind]}, found {_found(given)}{hint}"
    if kind in ("too_short", "string_too_short"):
        return "must not be empty"
    limits = {"string_too_long": "max_length", "greater_than": "gt", "greater_than_equal": "ge"}
    words = {"string_too_long": "longer than {} characters", "greater_than": "must be more than {}"}
    return words.get(kind, "must be {} or more").format(f"{context[limits[kind]]:g}")


def _found(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    kinds = {str: "text", int: "a number", float: "a decimal number", list: "a list", dict: "a group of settings"}
    return next((words for kind, words in kinds.items() if isinstance(value, kind)), "nothing")


def _look_up(data: Any, where: Where) -> Any:
    """The value at a place, None if there is none."""
    for part in where:
        if isinstance(data, Mapping):
            data = data.get(part)
        elif isinstance(data, Sequence) and not isinstance(data, str):
            data = data[int(part)]
    return data


def _settings_at(where: Where, model: type[Setting]) -> Sequence[str]:
    """Names of the settings that may stand in a group."""
    kind: Any = model
    for part in where:
        is_group = isinstance(kind, type) and issubclass(kind, Setting)
        kind = kind.model_fields[part].annotation if is_group else _inner(kind, ...)  # of a dict or tuple: its values
        if isinstance(kind, UnionType):  # what may be absent
            kind = _inner(kind, NoneType)
    return tuple(kind.model_fields)


def _inner(kind: Any, but: object) -> Any:
    """The last of the types that a type is made of, but one."""
    return next(arg for arg in reversed(get_args(kind)) if arg is not but)
