"""The vault of quotes: what is chosen, how it is printed, and what is said about mistakes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from reporter.document.edition import Edition
from reporter.errors import ConfigError
from reporter.voices.quotes import choose_quote, read_vault

VAULT = """\
quotes:
  - text: "The burden of proof is on the <small> company."
    language: en
    speaker: Ann Example
    title: head of research
    firm: Example & Partners
    link: https://example.com/note?a=1&b=2
    said: 2024-10-09
    expires: 2024-12-31
    briefs: [small-caps]
    translations: {ru: Доказывать должна малая компания.}
    attributions: {ru: "Энн Экзампл, глава исследований"}
  - text: An older word.
    language: en
    speaker: Bob
    link: https://example.com/old
    said: 2023-01-02
  - text: Слово не для этой недели.
    language: ru
    speaker: Вера
    link: https://example.com/later
    said: 2024-10-17
"""


@pytest.fixture
def vault(tmp_path: Path) -> Path:
    path = tmp_path / "quotes.yaml"
    path.write_text(VAULT, "utf-8")
    return path


@pytest.mark.parametrize(
    ("brief", "day", "speaker"),
    [
        ("small-caps", date(2024, 10, 16), "Ann Example"),
        ("small-caps", date(2024, 10, 9), "Ann Example"),
        ("small-caps", date(2024, 10, 8), "Bob"),
        ("small-caps", date(2024, 12, 31), "Вера"),
        ("bonds", date(2024, 10, 16), "Bob"),
        ("bonds", date(2022, 12, 31), None),
    ],
)
def test_choice(vault: Path, brief: str, day: date, speaker: str | None) -> None:
    """The newest one that was said by then, has not expired and is meant for the brief."""
    quote = choose_quote(read_vault(vault), brief, day)
    assert (quote.speaker if quote else None) == speaker


def test_printed_word_for_word_with_its_source(vault: Path, make: Callable[..., Edition]) -> None:
    made = make(quotes=vault, formats=("html",))
    english, russian = (made.files[f"small-caps-2024-10-16-{code}.html"].decode() for code in ("en", "ru"))
    assert "“The burden of proof is on the &lt;small&gt; company.”" in english
    assert "Ann Example, head of research, Example &amp; Partners" in english
    assert 'href="https://example.com/note?a=1&amp;b=2"' in english
    assert "our translation" not in english
    assert "«Доказывать должна малая компания.»" in russian and "перевод наш" in russian
    assert "Энн Экзампл, глава исследований, <a" in russian and "Ann Example" not in russian
    assert re.search(r"9\s<?[^>]*октября 2024|9\u00a0октября 2024", russian)
    kept = json.loads(made.files["voices.json"])["quote"]
    assert kept["speaker"] == "Ann Example" and kept["said"] == "2024-10-09"


def test_a_quote_over_several_lines_is_one(vault: Path) -> None:
    vault.write_text(VAULT.replace("text: An older word.", "text: >\n      An older\n      word.\n"), "utf-8")
    assert read_vault(vault)[1].text == "An older word."


def test_no_quote_no_section(make: Callable[..., Edition], vault: Path) -> None:
    made = make("bonds", as_of=date(2022, 12, 30), quotes=vault, formats=("html",))
    assert 'id="quote"' not in made.files["bonds-2022-12-30-en.html"].decode()
    assert made.files["voices.json"] == b"{}\n"


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("said: 2024-10-09", "said: soon", "8:5: quotes.0.said: expected a day such as 2024-10-16"),
        ("https://example.com/note?a=1&b=2", "javascript:alert(1)", "7:5: quotes.0.link: .*begins with https://"),
        ("    firm: ", "    frim: ", r"6:5: quotes.0.frim: unknown setting \(did you mean 'firm'\?\)"),
        ("    speaker: Bob\n", "", "quotes.1.speaker: is missing"),
        ("speaker: Bob", 'speaker: "B\u202eob"', r"15:16: the character '.u202e' does not belong"),
    ],
)
def test_mistakes_have_a_place(vault: Path, old: str, new: str, problem: str) -> None:
    vault.write_text(VAULT.replace(old, new), "utf-8")
    with pytest.raises(ConfigError, match=problem):
        read_vault(vault)
