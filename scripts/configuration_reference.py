"""Writes docs/configuration.md from the models: `python scripts/configuration_reference.py > docs/configuration.md`.

What a setting means is the comment behind it in the model, so that there is one place to keep right.
"""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
import types
import typing
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from reporter.config import Config, FieldKind, SourceName
from reporter.setting import Secret, Setting

HEAD = """\
# Configuration

Generated from the models by `python scripts/configuration_reference.py`; a test holds it against them.

`config.yaml` is read from the current folder, or from where `--config` points. Unknown settings are errors, and all
mistakes are reported at once, with line and column. Paths start from the folder of the file. Switches are `on` or
`off`; a duration is `45m`, `36h` or `3d`; a secret never stands in the file, it is `{env: NAME}`, `{file: path}` or
`{keyring: service/name}`. The bundled [`config.yaml`](../config.yaml) is an example with five briefs, and
`reporter init` writes a copy of it with your answers.
"""
#: Names of types in the models -> what a person writes.
KINDS = {
    "str": "text", "int": "whole number", "float": "number", "bool": "switch", "Switch": "switch", "Path": "path",
    "Ticker": "ticker", "LanguageCode": "language", "Duration": "duration", "Secret": "secret", "date": "day",
    "BriefName": "name", "Keyword": "word", "Heading": "text of at most 100 characters",
    "SmallPrint": "text of at most 10,000 characters",
}  # fmt: skip
CHOICES = {"SourceName": SourceName, "FieldKind": FieldKind}


def reference() -> str:
    """The whole document."""
    lines = [HEAD]
    for model, path in models(Config, ""):
        lines += [f"\n## {path or 'Top level'}\n"]
        if path and model.__doc__:
            lines += [" ".join(textwrap.dedent(model.__doc__).split()), ""]
        lines += ["| setting | is | default | |", "| --- | --- | --- | --- |"]
        said = {name: text for one in reversed(ours(model)) for name, text in comments(one).items()}
        for name, field in model.model_fields.items():
            link = f"see [below](#{anchor(f'{path}.{name}'.lstrip('.'))})" if nested(field) else ""
            text = "; ".join(part for part in (said.get(name, ("", ""))[1], link) if part)
            lines.append(f"| `{name}` | {kind(said[name][0])} | {default(field)} | {escaped(text)} |")
    return "\n".join(lines) + "\n"


def models(model: type[BaseModel], path: str) -> Iterator[tuple[type[BaseModel], str]]:
    """A model and those in it, each with the path of its settings, in the order of the file."""
    yield model, path
    for name, field in model.model_fields.items():
        if inner := nested(field):
            yield from models(inner, f"{path}.{name}".lstrip("."))


def nested(field: FieldInfo) -> type[BaseModel] | None:
    """The model of a setting that has settings of its own."""
    found = [one for one in parts_of(field.annotation) if isinstance(one, type) and issubclass(one, BaseModel)]
    return found[0] if found and found[0] is not Secret else None


def parts_of(annotation: Any) -> Iterator[Any]:
    if isinstance(annotation, types.UnionType | types.GenericAlias) or typing.get_origin(annotation):
        for one in typing.get_args(annotation):
            yield from parts_of(one)
    else:
        yield annotation


def ours(model: type[BaseModel]) -> list[type[BaseModel]]:
    """A model and those that it takes settings from."""
    return [one for one in model.__mro__ if issubclass(one, BaseModel) and one not in (BaseModel, Setting)]


def comments(model: type[BaseModel]) -> dict[str, tuple[ast.expr, str]]:
    """Annotation and comment of every setting, as they stand in the source."""
    source = textwrap.dedent(inspect.getsource(model))
    lines, tree = source.splitlines(), ast.parse(source).body[0]
    assert isinstance(tree, ast.ClassDef)
    found = {}
    for one in tree.body:
        if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name):
            rest = lines[(one.end_lineno or 1) - 1][one.end_col_offset or 0 :]
            found[one.target.id] = (one.annotation, rest.partition("#")[2].strip())
    return found


def kind(annotation: ast.expr) -> str:
    """What a person writes for a setting of this type."""
    if isinstance(annotation, ast.Name) and annotation.id in CHOICES:
        return ", ".join(f"`{one}`" for one in typing.get_args(CHOICES[annotation.id]))
    if isinstance(annotation, ast.Name):
        return KINDS.get(annotation.id, "group")
    if isinstance(annotation, ast.BinOp):
        return kind(annotation.left)  # … or nothing
    assert isinstance(annotation, ast.Subscript), ast.dump(annotation)
    outer, inner = ast.unparse(annotation.value), annotation.slice
    many = inner.elts if isinstance(inner, ast.Tuple) else [inner]
    if outer == "Literal":
        return ", ".join(f"`{ast.literal_eval(one)}`" for one in many)
    if outer == "tuple":
        return f"list: {kind(many[0])}"
    if outer == "dict":
        return f"by {kind(many[0])}: {kind(many[1])}"
    return kind(many[0])  # Annotated


def default(field: FieldInfo) -> str:
    value = field.default
    if field.is_required():
        return "needed"
    if value is None or isinstance(value, BaseModel) or value in ((), {}, ""):
        return ""
    if isinstance(value, bool):
        return "`on`" if value else "`off`"
    if isinstance(value, float):
        return f"`{value:g}`"
    return f"`{', '.join(map(str, value)) if isinstance(value, tuple) else value}`"


def anchor(heading: str) -> str:
    """As GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def escaped(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    print(reference(), end="")
