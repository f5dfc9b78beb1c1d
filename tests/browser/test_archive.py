"""The archive page of 2,000 editions, opened from the file system as by double click."""

from __future__ import annotations

import hashlib
import json
import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from reporter.config import Brand, Brief, Config
from reporter.delivery.index import write_index
from reporter.delivery.target import local_target
from tests.browser.conftest import Open, View

NOW = datetime(2026, 1, 1, tzinfo=UTC)
BRIEFS = ("small-caps", "bonds", "sectors", "value-growth", "emerging-markets")
WEEKS = 400
LABELS = ("none", "thin", "building", "convincing")
CONFIG = Config(brand=Brand(name="Example & Partners"), briefs={"bonds": Brief(subject="TLT", benchmark="AGG")})
TITLES = {
    "en": ("Small caps are rallying again. Is this the turn?", "Bonds slip again", "Little between them", "What now?"),
    "ru": ("Малые компании снова растут. Это перелом?", "Облигации снова снижаются", "Почти вровень", "Что теперь?"),
}


@dataclass(frozen=True)
class Shelf:
    root: Path
    sessions: tuple[date, ...]  # the newest last

    @property
    def url(self) -> str:
        return (self.root / "index.html").as_uri()


def edition(root: Path, brief: str, session: date, number: int, texts: dict[str, str], revision: int = 0) -> Path:
    """The files that the catalogue reads, small; as the program writes them."""
    folder = root / brief / str(session.year) / f"{session}-r{revision}"
    folder.mkdir(parents=True)
    titles = {code: TITLES[code][number % 4] for code in texts}
    met, files = number % 7, {}
    for code, text in texts.items():
        head = (
            f"<title>{titles[code]} — {brief.title()} {code}, {session}</title>"
            f'<meta name="description" content="Standfirst {number % 9} &amp; more">'
        )
        html = f'<html lang="{code}"><head>{head}</head><body><main><p>{text}</p></main></body></html>'
        files[f"{brief}-{session}-{code}.html"] = html.encode()
        files[f"{brief}-{session}-{code}.svg"] = (
            b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 595 842"><rect width="595" height="842"/></svg>'
        )
    verdict = {"met": met, "of": 6, "label": LABELS[met // 2]}
    facts = {"vintage": {"source": "files"}, "verdict": verdict}
    files["facts.json"] = json.dumps(facts).encode()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    manifest = {
        "schema": 1, "brief": brief, "session": session.isoformat(), "revision": revision, "title": titles,
        "verdict": verdict["label"], "quality": "degraded" if number % 50 == 0 else "ok",
        "files": {name: {"sha256": hashlib.sha256(one).hexdigest(), "bytes": len(one)} for name, one in files.items()},
    }  # fmt: skip
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    return fill_shelf(tmp_path_factory.mktemp("archive"))


def fill_shelf(root: Path) -> Shelf:
    """400 weeks of five briefs. Three hundred of four thousand words in each; a few words are put in by hand."""
    dice = random.Random(7)
    syllables = [a + b for a in "bcdfghklmnprst" for b in "aeiou"]
    vocabulary = ["".join(dice.choices(syllables, k=dice.randint(2, 4))) for _ in range(4000)]
    sessions = tuple(date(2018, 1, 5) + timedelta(weeks=week) for week in range(WEEKS))
    for row, session in enumerate(sessions):
        for column, brief in enumerate(BRIEFS):
            number = row * 5 + column
            text = " ".join(dice.choices(vocabulary, k=300)) + " up 10.9%"
            rare = " Zugzwang of 1931" if number in (3, 1003) else ""
            texts = {"en": text + rare, "ru": text + " доходность ещё выросла"}
            edition(root, brief, session, number, texts if number % 10 else {"en": text})
    write_index(local_target(root), CONFIG, NOW)
    return Shelf(root, sessions)


def settled(view: View) -> None:
    """All volumes that were asked for are there."""
    view.page.wait_for_selector("#list:not([aria-busy])", state="attached")


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [360, 768, 1440])
def test_fits_and_is_accessible(shelf: Shelf, look_at: Open, width: int, dark: bool) -> None:
    with look_at(shelf.url, width, dark=dark) as view:
        assert view.overflow() <= 0
        assert view.page.locator(".card").count() >= 16
        assert view.away() == [] and view.complaints == []
        assert view.violations() == []


def test_own_policy_allows_what_the_page_does(shelf: Shelf, look_at: Open) -> None:
    """With the policy of the page in force: its script runs, its thumbnails are there."""
    with look_at(shelf.url, bypass=False) as view:
        view.page.locator("#search").fill("zugzwang")
        settled(view)
        assert view.page.locator("#found").text_content() == "2 editions"
        view.page.wait_for_function("[...document.images].slice(0, 2).every(one => one.complete && one.naturalWidth)")
        assert view.complaints == []


def test_newest_first_and_links_lead_to_files(shelf: Shelf, look_at: Open) -> None:
    with look_at(shelf.url) as view:
        days = view.page.eval_on_selector_all("time", "all => all.map(one => one.dateTime)")
        assert days[0] == shelf.sessions[-1].isoformat() and days == sorted(days, reverse=True)
        links = view.page.eval_on_selector_all(
            ".card a, link[rel=alternate]", "all => all.map(one => one.getAttribute('href'))"
        )
        assert len(links) > 60 and not any(link.startswith(("/", "file:", "http")) for link in links)
        assert all((shelf.root / link).is_file() for link in links)
        view.page.locator("h3 a").first.click()
        assert view.page.locator("main p").count() == 1


def test_search_finds_what_it_should(shelf: Shelf, look_at: Open) -> None:
    def found(query: str) -> int:
        view.page.locator("#search").fill(query)
        settled(view)
        text = view.page.locator("#found").text_content() or ""
        return int(text.replace(",", "").split()[0]) if text else 5 * WEEKS

    with look_at(shelf.url) as view:
        assert found("zugzwang") == found("ZUGZ 1931") == found("Zugzwang 1931") == 2
        assert found("rallying turn") == 500, "a word of a title, in every fourth edition"
        assert found("2019-03") == 5 * sum(day.isoformat().startswith("2019-03") for day in shelf.sessions)
        assert found("2019 slip") == sum(
            day.year == 2019 and (row * 5 + column) % 4 == 1
            for row, day in enumerate(shelf.sessions)
            for column in range(5)
        )
        assert found("no-such-word") == 0 and view.page.locator("#none").is_visible()
        assert found("ЕЩЁ") == found("еще") == 5 * WEEKS - 200, "words of every language; ё is е"
        assert found("") == 5 * WEEKS


def test_filters_narrow_and_the_address_remembers(shelf: Shelf, look_at: Open) -> None:
    with look_at(shelf.url) as view:
        view.page.select_option("#brief", "bonds")
        view.page.select_option("#year", "2020")
        settled(view)
        weeks = sum(day.year == 2020 for day in shelf.sessions)
        assert view.page.locator("#found").text_content() == f"{weeks} editions"
        view.page.locator("#language button[value=ru]").click()
        settled(view)
        assert view.page.locator("html").get_attribute("lang") == "ru"
        assert "выпуск" in (view.page.locator("#found").text_content() or "")
        assert all(TITLES["ru"].count(text) for text in view.page.locator("h3").all_text_contents())
        assert all(text == "Bonds ru" for text in view.page.locator(".series").all_text_contents())
        kept = view.page.url
    with look_at(kept) as view:
        assert view.page.locator("#year").input_value() == "2020"
        assert view.page.locator("html").get_attribute("lang") == "ru"


def test_all_can_be_reached_by_scrolling_and_by_keyboard(shelf: Shelf, look_at: Open) -> None:
    with look_at(f"{shelf.url}#brief=bonds&year=2021") as view:
        for _ in range(40):
            view.page.mouse.wheel(0, 4000)
            view.page.wait_for_timeout(15)
        assert view.page.locator(".card").count() == sum(day.year == 2021 for day in shelf.sessions)
    with look_at(shelf.url) as view:
        view.page.keyboard.press("/")
        assert view.page.evaluate("document.activeElement.id") == "search"
        reached = []
        for _ in range(8):
            view.page.keyboard.press("Tab")
            reached.append(view.page.evaluate("document.activeElement.id || document.activeElement.textContent"))
        assert reached[:4] == ["brief", "year", "In English", "По-русски"]
        assert reached[4] in TITLES["en"] and "Facts" in reached[5:], reached


def test_without_javascript_the_newest_are_listed(shelf: Shelf, look_at: Open) -> None:
    with look_at(shelf.url, script=False) as view:
        links = view.page.eval_on_selector_all(
            "noscript a, .plain a", "all => all.map(one => one.getAttribute('href'))"
        )
        assert len(links) >= 60 and all((shelf.root / link).is_file() for link in links)
        assert view.page.locator("#tools").is_hidden()
