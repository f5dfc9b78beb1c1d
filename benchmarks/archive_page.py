"""`python -m benchmarks.archive_page`: what a key stroke in the search of an archive of 2,000 editions costs.

Debian's Chromium opens the page from the file system. From the event of a key to the frame in which every edition that
fits has been found, counted and the first of them are shown; words are typed letter by letter and taken back.
"""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from benchmarks.measure import Report
from tests.browser.test_archive import fill_shelf
from tests.programs import needs

GOAL = 100  # milliseconds
PAUSE = 1000  # milliseconds between the page's being there and the click
ROUNDS = 3
WORDS = ("rallying turn", "Zugzwang", "2019-03", "малые компании", "ba be bi")
WATCH = """() => { window.costs = [];
document.getElementById('search').addEventListener('input', () => {
  const started = performance.now(), list = document.getElementById('list');
  const look = () => list.hasAttribute('aria-busy') ? setTimeout(look)
    : requestAnimationFrame(() => setTimeout(() => costs.push(performance.now() - started)));
  setTimeout(look);
}); }"""


def main() -> None:
    report = Report()
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        address = fill_shelf(Path(name)).url
        browser = playwright.chromium.launch(executable_path=needs("chromium"), args=["--no-sandbox"])
        firsts, rest = [], []
        for _ in range(ROUNDS):
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.goto(address)
            page.evaluate(WATCH)
            page.wait_for_timeout(PAUSE)
            first, *more = costs(page)
            firsts.append(first)
            rest += more
            page.close()
        browser.close()
    report.say("the first key, in the moment of the click, median", statistics.median(firsts), "ms", GOAL)
    report.say(f"  slowest of {ROUNDS}", max(firsts), "ms", GOAL)
    report.say(f"{len(rest)} more, median", statistics.median(rest), "ms", GOAL)
    report.say("  95 in 100 of them", statistics.quantiles(rest, n=20)[-1], "ms", GOAL)
    report.say("  the slowest", max(rest), "ms", GOAL)


def costs(page: Page) -> list[float]:
    """Milliseconds of each key; the first comes with the click into the field."""
    strokes = 0
    page.focus("#search")
    for word in WORDS:
        for key in (*word, *["Backspace"] * len(word)):
            strokes += 1
            page.keyboard.press(key) if key == "Backspace" else page.keyboard.insert_text(key)
            page.wait_for_function("count => costs.length >= count", arg=strokes)
    found: list[float] = page.evaluate("costs")
    return found


if __name__ == "__main__":
    main()
