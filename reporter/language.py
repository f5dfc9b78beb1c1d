"""Says findings in one language; the words themselves stand in templates/languages/<code>/.

Every text, table, label and alt text asks `Language.spell` for a number, which keeps account of what was said.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from jinja2 import ChoiceLoader, FileSystemLoader, StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup, escape

from reporter.compiled import Compiled
from reporter.errors import DocumentError, UsageError, suggestion
from reporter.finding import Finding, Fund, Quantity
from reporter.numerals import Numerals
from reporter.wording import Rotation
from reporter.words import WordFile, language_codes, template_folders, word_file

#: Stands for a fact's path where a number is a mark on the axis of a chart.
SCALE = "scale"
NBSP = "\u00a0"
#: Spaces and stray marks that a sentence with an absent part leaves behind.
TIDY = (
    (re.compile(r"[ \t\r\n]+"), " "),
    (re.compile(r" ([.,;:!?)])"), r"\1"),
    (re.compile(r"\( "), "("),
    (re.compile(r"(?<!\.)\.\.(?!\.)"), "."),  # an abbreviation at the end of a sentence
)


@dataclass(frozen=True)
class Said:
    """A finding in words: as HTML with every number marked, and as plain text, with the numbers it said."""

    finding: Finding
    html: Markup
    text: str
    numbers: tuple[tuple[str, str], ...]  # (path of the fact, formatted string)
    wording: str = ""  # the macro that said it


class Language:
    """One language, bound to the edition whose findings it says."""

    def __init__(self, code: str, templates: Path | None = None, rotation: Rotation | None = None) -> None:
        """`rotation` fixes the choice among wordings; `templates` overrides files one by one.

        Raises:
            UsageError: no such language, in neither folder.
        """
        self.code, self.rotation = code, rotation or Rotation()
        self.folders = template_folders(templates)
        if not any((folder / "languages" / code).is_dir() for folder in self.folders):
            known = language_codes(templates)
            raise UsageError(f"no language '{code}': there are {', '.join(known)}{suggestion(code, known)}")
        self._numbers: list[tuple[str, str]] = []
        self._words: dict[str, WordFile] = {}

    def words(self, name: str) -> WordFile:
        """A YAML file of the language (labels, names), read once."""
        if name not in self._words:
            self._words[name] = word_file(self.code, name, self.folders)
        return self._words[name]

    @property
    def labels(self) -> Mapping[str, Any]:
        return self.words("labels.yaml")

    def name(self, ticker: str) -> Mapping[str, str]:
        """Names of a fund: `label` for tables, `group` in the cases of the language, `ticker`, perhaps `index`."""
        forms = dict(self.labels["unnamed"]) | dict(self.words("names.yaml").get(ticker, {}))
        return {key: text.replace("{ticker}", ticker) for key, text in forms.items()} | {"ticker": ticker}

    def title(self, texts: Mapping[str, str], ticker: str) -> str:
        """A configured text in this language, else the subject's label."""
        return texts.get(self.code) or self.name(ticker)["label"]

    def label(self, group: str, name: str) -> str:
        """A label of labels.yaml.

        Raises:
            DocumentError: it is not there.
        """
        try:
            return str(self.labels[group][name])
        except KeyError as error:
            raise DocumentError(f"languages/{self.code}/labels.yaml: no '{group}: {name}'; add it") from error

    @cached_property
    def numerals(self) -> Numerals:
        return Numerals(self.code, self.labels)

    # numbers, each with an account of where it comes from

    def spell(self, quantity: Quantity, style: str = "prose") -> str:
        """The one formatted string of a fact.

        Styles: `prose` (a loss has a minus), `size` (no sign), `signed` (+ or minus, no per cent sign, for tables),
        `change` (the same with it), `bare` (as `prose` without the per cent sign, for columns); for days `full`,
        `month`, `short` and `weekday`.
        """
        text = self.numerals.written(quantity, style)
        self._numbers.append((quantity.fact, text))
        return text

    def tick(self, day: date, step: str) -> str:
        """A date on the axis of a chart; `step` is "month" or "year"."""
        return self._on_axis(self.numerals.tick(day, step))

    def axis(self, value: float) -> str:
        """A round value on the axis of a chart."""
        return self._on_axis(self.numerals.axis(value))

    def _on_axis(self, text: str) -> str:
        self._numbers.append((SCALE, text))
        return text

    def spoken(self) -> tuple[tuple[str, str], ...]:
        """What was spelled since the last asking: path of the fact and formatted string of each number."""
        spoken = tuple(self._numbers)
        self._numbers.clear()
        return spoken

    def spell_again(self, numbers: Iterable[tuple[str, str]]) -> None:
        """What was spelled stands once more, on a drawing that need not be made again."""
        self._numbers += numbers

    # sentences

    @cached_property
    def environment(self) -> ImmutableSandboxedEnvironment:
        environment = ImmutableSandboxedEnvironment(
            loader=ChoiceLoader([FileSystemLoader(folder) for folder in self.folders]),
            undefined=StrictUndefined,
            autoescape=True,
            finalize=self._speak,
            bytecode_cache=Compiled(),
        )
        environment.filters |= {
            "size": lambda quantity: self.mark(quantity, self.spell(quantity, "size")),
            "change": lambda quantity: self.mark(quantity, self.spell(quantity, "change")),
            "signed": lambda quantity: self.mark(quantity, self.spell(quantity, "signed")),
            "bare": lambda quantity: self.mark(quantity, self.spell(quantity, "bare")),
            "full": lambda quantity: self.mark(quantity, self.spell(quantity, "full")),
            "month": lambda quantity: self.mark(quantity, self.spell(quantity, "month")),
            "short": lambda quantity: self.mark(quantity, self.spell(quantity, "short")),
            "word": self._word,
            "ordinal": self._declined,
            "plural": self.numerals.plural,
            "listed": self._listed,
            "capital": self._capital,
        }
        environment.globals |= {"labels": self.labels, "language": self.code}
        return environment

    def say(self, finding: Finding) -> Said:
        """The sentences of a finding.

        Raises:
            DocumentError: the language has no wording for it, or the wording asks for something that is not there.
        """
        path = f"languages/{self.code}/{finding.section}.j2"
        try:
            module = self.environment.get_template(path).module
            names = self._wordings(finding, module)
            if not names:
                raise DocumentError(f"{path}: no wording for '{finding.kind}'; add a macro of that name")
            said = (self._say(finding, getattr(module, name), name) for name in names)
            fitting = (one for one in said if finding.longest is None or len(one.text) <= finding.longest)
            return next(fitting, None) or self._say(finding, getattr(module, names[0]), names[0])
        except TemplateError as error:
            raise DocumentError(f"{path}: {finding.kind}: {error.message}") from error

    def _say(self, finding: Finding, macro: Any, wording: str) -> Said:
        self._numbers.clear()
        html = self._tidy(str(macro(self._resolve(finding.values))))
        return Said(finding, Markup(html), plain(html), self.spoken(), wording)  # noqa: S704  every part was escaped as it was put in

    def _wordings(self, finding: Finding, module: object) -> list[str]:
        """`kind`, `kind_2`, `kind_3` …: the one whose turn it is first; then `kind_short`, for where none fits."""
        names = [finding.kind] if hasattr(module, finding.kind) else []
        while names and hasattr(module, f"{finding.kind}_{len(names) + 1}"):
            names.append(f"{finding.kind}_{len(names) + 1}")
        turn = self.rotation.pick(f"{self.code}/{finding.section}/{finding.kind}", len(names))
        short = [f"{finding.kind}_short"] if hasattr(module, f"{finding.kind}_short") else []
        return names[turn:] + names[:turn] + short

    def _resolve(self, value: Any) -> Any:
        if isinstance(value, Fund):
            return SimpleNamespace(**self.name(value.ticker))
        if isinstance(value, Mapping):
            # A namespace, not a dict: `f.clear` must be the value of that name and never a method.
            return SimpleNamespace(**{key: self._resolve(one) for key, one in value.items()})
        return [self._resolve(one) for one in value] if isinstance(value, tuple) else value

    def _speak(self, value: Any) -> Any:
        return self.mark(value, self.spell(value)) if isinstance(value, Quantity) else value

    def mark(self, quantity: Quantity, text: str) -> Markup:
        """A formatted number with the path of its fact, as HTML."""
        return Markup('<data value="{}">{}</data>').format(quantity.fact, text)

    def _word(self, quantity: Quantity, form: str = "nominative") -> Markup:
        """A small count as a word in the form that the sentence needs, a larger one in digits."""
        words: Mapping[str, Sequence[str]] = self.labels["cardinals"]
        value = int(quantity.value) if not isinstance(quantity.value, date) else 0
        table = words[form]
        if value >= len(table):
            return self.mark(quantity, self.spell(quantity))
        self._numbers.append((quantity.fact, table[value]))
        return self.mark(quantity, table[value])

    def _declined(self, quantity: Quantity, form: str) -> Markup:
        """An ordinal in a form of its own: feminine, neuter."""
        place = int(quantity.value) if not isinstance(quantity.value, date) else 0
        text = self.numerals.ordinal(place, f"_{form}")
        self._numbers.append((quantity.fact, text))
        return self.mark(quantity, text)

    def _capital(self, value: object) -> Markup:
        return Markup(capital(str(escape(self._speak(value)))))  # noqa: S704  every part was escaped as it was put in

    def _listed(self, items: Sequence[object]) -> Markup:
        """`a, b and c`."""
        parts = [escape(self._speak(item)) for item in items]
        if len(parts) < 2:
            return Markup("").join(parts)
        return Markup(", ").join(parts[:-1]) + escape(self.labels["and"]) + parts[-1]

    def _tidy(self, html: str) -> str:
        """One space between words, none before a stop, and no line that breaks where a typesetter would not."""
        for pattern, replacement in TIDY:
            html = pattern.sub(replacement, html)
        for text in self.labels["bound"]:
            html = html.replace(f" {text}", f"{NBSP}{text.replace(' ', NBSP)}")
        return self._glue.sub(rf"\1{NBSP}", html).strip()

    @cached_property
    def _glue(self) -> re.Pattern[str]:
        words = "|".join(map(re.escape, self.labels["glue"])) or "(?!)"
        return re.compile(rf"(?<![\w-])((?:{words})) (?=\S)", re.IGNORECASE)


def plain(html: str) -> str:
    """Text of marked-up sentences; no-break spaces stay."""
    return Markup(re.sub(r"<[^>]*>", "", html)).unescape()  # noqa: S704  every part was escaped as it was put in


def capital(text: str) -> str:
    """First letter upper case, markup skipped, the rest untouched."""
    return re.sub(r"^((?:<[^>]*>)*)(\w)", lambda match: match[1] + match[2].upper(), text)
