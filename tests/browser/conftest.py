"""Debian's Chromium through Playwright: pages as people see them, at three widths, light and dark."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import axe_playwright_python
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.programs import needs

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@dataclass
class View:
    """An open page, and what it asked for and complained about."""

    page: Page
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def overflow(self) -> int:
        """Pixels by which the page is wider than its window."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - innerWidth"))

    def violations(self, without: Sequence[str] = ()) -> list[str]:
        """What axe-core finds, as `rule: element`; `without` names rules that do not apply."""
        self.page.evaluate(AXE)
        rules = {"runOnly": TAGS, "rules": {rule: {"enabled": False} for rule in without}}
        found = self.page.evaluate("rules => axe.run(document, rules)", rules)
        return [f"{one['id']}: {node['html'][:120]}" for one in found["violations"] for node in one["nodes"]]

    def away(self) -> list[str]:
        """Requests that leave the machine."""
        near = (
            "file:",
            "data:",
            "blob:",
            "about:",
            "chrome:",
            "chrome-extension:",
            "http://127.0.0.1",
            "http://localhost",
        )
        return [url for url in self.requests if not url.startswith(near)]


Open = Callable[..., "contextmanager[View]"]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=needs("chromium"), args=["--no-sandbox"])
        yield made
        made.close()


@pytest.fixture
def look_at(browser: Browser) -> Open:
    """`with look_at(url, width=360, dark=True) as view:`; the page is closed afterwards."""

    @contextmanager
    def opened(
        url: str, width: int = 1440, *, dark: bool = False, script: bool = True, bypass: bool = True
    ) -> Iterator[View]:
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if dark else "light",
            java_script_enabled=script,
            bypass_csp=bypass,  # for axe, which has to get in
        )
        view = View(context.new_page())
        view.page.on("request", lambda request: view.requests.append(request.url))
        view.page.on("console", lambda message: view.complaints.append(message.text))
        view.page.on("pageerror", lambda error: view.complaints.append(str(error)))
        try:
            view.page.goto(url)
            yield view
        finally:
            context.close()

    return opened
