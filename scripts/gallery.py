"""Draws the pictures of the documents on the simulated market: `python scripts/gallery.py`; pdftoppm, chromium needed.

The fixed day and the invented prices make the same pages again; no price of a real market is in them.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from reporter.config_file import load_config
from reporter.document.email import Mail
from reporter.init import bundled_config
from reporter.pipeline import make_edition
from reporter.sessions import load_calendar
from reporter.words import known_tickers

PICTURES = Path(__file__).parents[1] / "docs" / "pictures"
COMMAND = Path(sys.executable).with_name("reporter")
DAY = "2024-10-16"
#: Briefs of the gallery, each with the language of its picture.
BRIEFS = {"small-caps": "en", "emerging-markets": "ru", "value-growth": "en", "sectors": "ru", "bonds": "en"}
MORE_DAYS = ("2024-10-11", "2024-10-04", "2024-09-27")
SHADES = 48


def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        for brief in BRIEFS:
            for day in (DAY, *(MORE_DAYS if brief in ("small-caps", "bonds") else ())):
                run("brief", brief, "--source", "simulated", "--as-of", day, "--output", str(folder))
        for brief, code in BRIEFS.items():
            page = folder / brief / DAY[:4] / f"{DAY}-r0" / f"{brief}-{DAY}-{code}.pdf"
            keep(first_page(page), brief)
        run("archive", "index", str(folder))
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        keep(shot(browser, (folder / "index.html").as_uri(), 1200, 800), "archive")
        keep(shot(browser, mail(folder), 700, 900), "mail")
        page = folder / "small-caps" / DAY[:4] / f"{DAY}-r0" / f"small-caps-{DAY}-en.html"
        keep(read_out(browser, page.as_uri()), "web")
        browser.close()


def run(*arguments: str) -> None:
    subprocess.run([str(COMMAND), *arguments], check=True, stdout=subprocess.DEVNULL)


def first_page(pdf: Path) -> bytes:
    line = ["pdftoppm", "-png", "-r", "90", "-f", "1", "-l", "1", "-singlefile", str(pdf), str(pdf.with_suffix(""))]
    subprocess.run(line, check=True)
    return pdf.with_suffix(".png").read_bytes()


def shot(browser: Browser, url: str, width: int, height: int) -> bytes:
    page = browser.new_page(viewport={"width": width, "height": height})
    page.goto(url, wait_until="networkidle")
    return page.screenshot()


def read_out(browser: Browser, url: str) -> bytes:
    """The head of the page in the dark, with a pointer on its first chart."""
    page = browser.new_page(viewport={"width": 1200, "height": 800}, color_scheme="dark")
    page.goto(url, wait_until="networkidle")
    page.locator("#chart-performance input").nth(5).hover(force=True)
    return page.screenshot()


def mail(folder: Path) -> str:
    """The mail of the first brief as a file, its pictures beside it."""
    config = load_config(bundled_config(), known_tickers, folder=folder)
    sources = config.sources.model_copy(update={"use": "simulated", "then": ()})
    config = config.model_copy(update={"sources": sources, "formats": ("html",)})
    name, brief = next(iter(config.briefs.items()))
    day = datetime.fromisoformat(DAY).replace(tzinfo=UTC)
    calendar = load_calendar(brief.calendar, day.replace(year=day.year + 1))
    made = make_edition(
        config, name, brief, calendar=calendar, as_of=day.date(), languages=("en",), mail=Mail.READERS
    ).mails["en"]
    html = made.html
    for content_id, png in made.images.items():
        (folder / f"{content_id}.png").write_bytes(png)
        html = html.replace(f"cid:{content_id}", f"{content_id}.png")
    (folder / "mail.html").write_text(html, "utf-8")
    return (folder / "mail.html").as_uri()


def keep(png: bytes, name: str) -> None:
    """With a palette, which takes a quarter of the bytes."""
    picture = Image.open(BytesIO(png)).convert("RGB").quantize(SHADES, dither=Image.Dither.NONE)
    picture.save(PICTURES / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
