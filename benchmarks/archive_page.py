"""`python -m benchmarks.archive_page`: what a key stroke in the search of an archive of 2,000 editions costs.

Debian's Chromium opens the page from the file system. From the event of a key to the frame in which every edition that
fits has been found, counted and the first of them are shown; words are typed letter by letter and taken back.
"""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from benchmarks.measure import Report
from tests.browser.test_archive import fill_shelf
from tests.programs import needs

GOAL = 100  # milliseconds
PAUSE = 1000  # milliseconds between a click into the field and the first key
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
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(address)
        page.evaluate(WATCH)
        page.focus("#search")
        page.wait_for_timeout(PAUSE)
        strokes = 0
        for word in WORDS:
            for key in (*word, *["Backspace"] * len(word)):
                strokes += 1
                page.keyboard.press(key) if key == "Backspace" else page.keyboard.insert_text(key)
                page.wait_for_function("count => costs.length >= count", arg=strokes)
        costs: list[float] = page.evaluate("costs")
        browser.close()
    first, rest = costs[0], costs[1:]
    report.say("the first key stroke, a second after the click", first, "ms", GOAL)
    report.say(f"{len(rest)} more, median", statistics.median(rest), "ms", GOAL)
    report.say("95 in 100 of them", statistics.quantiles(rest, n=20)[-1], "ms", GOAL)
    report.say("the slowest", max(rest), "ms", GOAL)


if __name__ == "__main__":
    main()
