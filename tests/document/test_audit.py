"""No number reaches a page without a fact behind it: what is slipped in is found, wherever it stands."""

from __future__ import annotations

import html
import json
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from reporter.config import Config
from reporter.document import audit
from reporter.document.audit import Account, audit_html, audit_text, joined, unsaid_in_all
from reporter.document.claims import Spoken
from reporter.document.edition import Edition
from reporter.document.email import Mail
from reporter.errors import DocumentError
from reporter.words import BUNDLED
from tests.test_edition import look_up

PART = (BUNDLED / "sections" / "part.html.j2").read_text("utf-8")


def page(edition: Edition, code: str = "en") -> str:
    return edition.files[f"{edition.brief}-{edition.session}-{code}.html"].decode()


@pytest.fixture(scope="module")
def readouts(edition: Edition) -> frozenset[str]:
    return frozenset(map(html.unescape, re.findall(r'data-read="([^"]*)"', page(edition))))


@pytest.fixture(scope="module")
def account(edition: Edition) -> Account:
    """Of the English page, from what facts.json says of it and the labels: enough to audit it again."""
    every = json.loads(edition.files["facts.json"])["claims"]
    claims = [claim for claim in every if claim["section"] != "readouts"]  # which vouch for themselves alone
    marked = re.findall(r'<data value="([^"]+)">([^<]*)</data>', page(edition))
    charts = [
        text
        for chart in re.findall(r"<svg.*?</svg>", page(edition), re.DOTALL)
        for text in re.findall(r">([^<>\n]+)<", chart)
    ]
    spoken = [(claim["facts"][0], claim["said"]["en"]) for claim in claims if "en" in claim["said"]]
    spoken += [*marked, *(("scale", text) for text in charts)]
    names = (
        "S&P 500",
        "Russell 2000",
        "S&P SmallCap 600",
        "200-day",
        "50- and 200-day",
        "50-day",
        "52-week",
        "13-week",
    )
    more = ("95% interval", "times 100", "= 100", "2024-10-16", "1W", "1M", "3M", "6M", "1Y")
    sha = json.loads(edition.files["facts.json"])["vintage"]["sha256"][:12]
    return Account(
        spoken=tuple(Spoken("", "", path, text) for path, text in spoken), verbatim=frozenset((*names, *more, sha))
    )


def test_the_page_as_it_is(edition: Edition, account: Account, readouts: frozenset[str]) -> None:
    audit_html(page(edition), account, "page", readouts)


@pytest.mark.parametrize(
    ("pattern", "place"),
    [
        (r'<data value="gap\.YTD">[^<]*(?=</data>)', "a marked number"),
        (r'aria-label="[^"]*?\d+\.\d', "a text for screen readers"),
        (r'<meta name="description" content="', "a text for screen readers"),
        (r"<title>", "a text for screen readers"),
        (r"<svg.*?<text[^>]*>", "a chart"),
        (r'<section id="bottom_line".*?<p>', "the text"),
        (r'<p class="standfirst">', "the text"),
        (r"<footer>.*?<p>", "the text"),
        (r"<td>", "the text"),
    ],
)
def test_a_number_slipped_in_is_found(
    pattern: str, place: str, edition: Edition, account: Account, readouts: frozenset[str]
) -> None:
    shown = page(edition)
    found = re.search(pattern, shown, re.DOTALL)
    assert found
    tampered = shown[: found.end()] + " 77.7 " + shown[found.end() :]
    with pytest.raises(DocumentError, match=re.escape(f"page: {place} has a number")) as raised:
        audit_html(tampered, account, "page", readouts)
    assert "77.7" in str(raised.value) and "\n" not in str(raised.value)


def test_any_marked_number_that_changes_is_found(edition: Edition, account: Account, readouts: frozenset[str]) -> None:
    """A digit of every third of them, one after another."""
    shown = page(edition)
    places = list(re.finditer(r'<data value="(?!method)([^"]+)">[^<]*?(\d)[^<\d]*</data>', shown))[::3]
    assert len(places) > 25
    for found in places:
        digit = str((int(found[2]) + 5) % 10)
        with pytest.raises(DocumentError):
            audit_html(shown[: found.start(2)] + digit + shown[found.end(2) :], account, "page", readouts)


def test_text_of_a_pdf_with_breaks(account: Account) -> None:
    audit_text("The S&P Small‐\nCap 600 above its 200-\nday average; RS-Ratio times\n100.", account, "pdf")
    for text in ("IJR gained 3.33%.", "In 1999 it fell.", "its 300-day average", "S&P 700", "7 of 6", "−77.1"):
        with pytest.raises(DocumentError, match="no fact stands behind"):
            audit_text(text, account, "pdf")


def test_labels_that_run_together_in_one_reading_of_a_page(account: Account) -> None:
    """Two labels of charts across the columns, as a page of bonds had them: "−6.4" and "100" were read as −6.4100."""
    bar, tick = (
        next(figure for figure in sorted(account.figures) if re.fullmatch(shape, figure))
        for shape in (r"\d+\.\d", r"\d{2,}")
    )
    glued, apart = f"bonds {bar}{tick} and more", f"bonds {bar} {tick} and more"
    assert unsaid_in_all((glued,), account) and not unsaid_in_all((glued, apart), account)
    assert not unsaid_in_all((apart, glued), account)
    assert [figure for figure, _ in unsaid_in_all((f"{glued} 77.77", f"{apart} 77.77"), account)] == ["77.77"]


def test_readings_of_which_none_is_clean(account: Account) -> None:
    """As of a page of emerging markets: one reading tore a term, another glued two labels; each knows the other."""
    figure = next(one for one in sorted(account.figures) if re.fullmatch(r"\d+\.\d", one))
    torn, glued = f"95% inter- {figure} val", f"95% interval {figure}9"
    assert unsaid_in_all((torn,), account) and unsaid_in_all((glued,), account)
    assert not unsaid_in_all((torn, glued), account)
    assert unsaid_in_all((f"{torn} 77.77", f"{glued} 77.77"), account), "a real one is in all of them"
    assert unsaid_in_all((f"{figure}9", f"{figure}8"), account), "whole in none of them"


def test_runs_that_touch_are_one_text() -> None:
    runs = (("Jul 2", 189.1, 725.5, 13.7, 6.0), ("008", 202.8, 725.5, 11.3, 6.0), ("10", 214.1, 700.0, 6.2, 6.0))
    assert joined(runs).split() == ["Jul", "2008", "10"]


@pytest.mark.parametrize("formats", [("html",), ("pdf",)])
@pytest.mark.parametrize(
    "words", ["<p>IJR gained 12.7% last decade.</p>", '<p><data value="gap.YTD">5.0</data></p>', "<p>In 1987.</p>"]
)
def test_a_template_of_the_user_cannot_invent_a_number(
    formats: tuple[str, ...], words: str, make: Callable[..., Edition], tmp_path: Path
) -> None:
    (tmp_path / "sections").mkdir()
    (tmp_path / "sections" / "part.html.j2").write_text(PART + words)
    with pytest.raises(DocumentError, match=rf"small-caps-2024-10-16-en\.{formats[0]}: .*no fact stands behind"):
        make(templates=tmp_path, formats=formats, languages=("en",))


def test_a_wording_of_the_user_cannot_either(make: Callable[..., Edition], tmp_path: Path) -> None:
    folder = tmp_path / "languages" / "en"
    folder.mkdir(parents=True)
    words = (BUNDLED / "languages" / "en" / "captions.j2").read_text("utf-8")
    (folder / "captions.j2").write_text(words.replace("Line chart of total return since", "Up 88.8% since"))
    with pytest.raises(DocumentError, match=r"'88\.8%' in"):
        make(templates=tmp_path, formats=("html",), languages=("en",))


def test_a_term_of_the_user_is_no_claim(make: Callable[..., Edition], tmp_path: Path) -> None:
    (tmp_path / "sections").mkdir()
    (tmp_path / "sections" / "part.html.j2").write_text(PART + "<p>After the rule of 1987, in short.</p>")
    folder = tmp_path / "languages" / "en"
    folder.mkdir(parents=True)
    labels = (BUNDLED / "languages" / "en" / "labels.yaml").read_text("utf-8")
    (folder / "labels.yaml").write_text(labels.replace("terms: [", "terms: [rule of 1987, "))
    make(templates=tmp_path, formats=("html", "pdf"), languages=("en",))


def test_the_command_fails_with_one_line(tmp_path: Path, config: Config) -> None:
    (tmp_path / "words" / "sections").mkdir(parents=True)
    (tmp_path / "words" / "sections" / "part.html.j2").write_text(PART + "<p>Up 12.7%.</p>")
    settings = (Path(__file__).parents[2] / "config.yaml").read_text("utf-8")
    (tmp_path / "config.yaml").write_text(settings + f"\ntemplates: {tmp_path / 'words'}\n")
    command = [sys.executable, "-m", "reporter", "brief", "bonds", "--source", "simulated", "--as-of", "2024-10-16"]
    command += ["--config", str(tmp_path / "config.yaml"), "--output", str(tmp_path / "out")]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    assert made.returncode == 70 and made.stdout == ""
    assert made.stderr.count("\n") == 1 and "'12.7%'" in made.stderr and "no fact stands behind" in made.stderr
    assert not list(tmp_path.glob("out/bonds/**/*.html"))


@pytest.mark.parametrize(("name", "day"), [("small-caps", date(2005, 2, 28)), ("emerging-markets", date(2025, 1, 3))])
def test_young_and_january_pages_pass(name: str, day: date, make: Callable[..., Edition]) -> None:
    assert make(name, day).files


class TestStatements:
    @pytest.fixture(scope="class")
    def facts(self, edition: Edition) -> Mapping[str, Any]:
        found: Mapping[str, Any] = json.loads(edition.files["facts.json"])
        return found

    def test_every_sentence_rests_on_facts(self, facts: Mapping[str, Any]) -> None:
        claims = {claim["id"] for claim in facts["claims"]}
        assert len(facts["statements"]) > 30
        for statement in facts["statements"]:
            assert set(statement["claims"]) <= claims
            assert statement["facts"] or statement["section"] == "method", statement
            for path in statement["facts"]:
                assert path.startswith("voices.") or look_up(facts, path) is not None, path

    def test_every_sentence_of_the_page_is_a_statement(self, edition: Edition, facts: Mapping[str, Any]) -> None:
        said = " ".join(statement["said"]["en"] for statement in facts["statements"])
        shown = page(edition)
        for paragraph in re.findall(r"<p>(.*?)</p>", shown[shown.index("<main") : shown.index("<footer")], re.DOTALL):
            for sentence in re.split(r"(?<=[.?!]) ", audit.html.unescape(re.sub("<[^>]*>", "", paragraph)).strip()):
                assert sentence.strip() in said, sentence

    def test_labels_of_charts_are_claims(self, edition: Edition, facts: Mapping[str, Any]) -> None:
        lettered = {claim["said"]["en"] for claim in facts["claims"] if claim["section"] == "charts"}
        shown = " ".join(re.findall(r"<svg.*?</svg>", page(edition), re.DOTALL))
        assert len(lettered) > 15
        assert all(text in shown for text in lettered)


def test_a_term_with_a_number_is_not_the_beginning_of_a_longer_number() -> None:
    """«закрылся на 100,79» holds the term «на 100», and says something else."""
    account = Account(spoken=(Spoken("s", "k", "technicals.TLT.close", "100,79"),), verbatim=frozenset({"на 100"}))
    audit_text("TLT закрылся на 100,79: ниже. Бумаги на 100.", account, "file")
    with pytest.raises(DocumentError):
        audit_text("TLT закрылся на 100,81.", account, "file")


def test_a_mail_is_audited_as_well(make: Callable[..., Edition], tmp_path: Path) -> None:
    """Its HTML has a template of its own."""
    made = make(mail=Mail.READERS, formats=("html",), languages=("en",))
    assert made.mails["en"].html
    words = (BUNDLED / "email.html.j2").read_text("utf-8")
    assert "</body>" in words
    (tmp_path / "email.html.j2").write_text(words.replace("</body>", "<p>IJR gained 12.7%.</p></body>"))
    with pytest.raises(DocumentError, match=r"the mail in en, HTML: .*'12\.7%'"):
        make(mail=Mail.READERS, formats=("html",), languages=("en",), templates=tmp_path)
