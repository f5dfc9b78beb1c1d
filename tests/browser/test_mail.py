"""The mail as a mail program shows it: phone and desktop, light and dark."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from reporter.charts.style import MAIL, Size
from reporter.document.edition import Edition
from reporter.document.email import Mail
from tests.browser.conftest import Open

SMALLEST = Size(MAIL, 100.0).small  # points
#: A mail is shown inside a page of the mail program, which has the landmarks.
PAGES_ONLY = ("landmark-one-main", "region")


@pytest.fixture(scope="module")
def mails(make: Callable[..., Edition], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Each language as a file, with its pictures beside it instead of in the message."""
    folder = tmp_path_factory.mktemp("mail")
    for code, body in make(formats=("html",), mail=Mail.READERS).mails.items():
        html = body.html
        for content_id, png in body.images.items():
            (folder / f"{content_id}.png").write_bytes(png)
            html = html.replace(f"cid:{content_id}", f"{content_id}.png")
        (folder / f"{code}.html").write_text(html, "utf-8")
    return folder


@pytest.mark.parametrize(
    ("code", "width", "dark"),
    [
        ("en", 320, False),
        ("ru", 320, True),
        ("en", 375, True),
        ("ru", 375, False),
        ("en", 700, False),
        ("ru", 700, True),
    ],
)
def test_fits_and_is_accessible(mails: Path, look_at: Open, code: str, width: int, dark: bool) -> None:
    with look_at((mails / f"{code}.html").as_uri(), width, dark=dark) as view:
        assert view.overflow() <= 0
        assert view.away() == [] and view.complaints == []
        assert view.violations(PAGES_ONLY) == []
        widths = view.page.eval_on_selector_all("img", "all => all.map(one => [one.naturalWidth, one.width])")
        assert widths and all(natural >= 2 * shown for natural, shown in widths), "sharp on a screen of double density"


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("code", ["en", "ru"])
def test_charts_can_be_read_on_a_phone(mails: Path, look_at: Open, code: str, dark: bool) -> None:
    """The smallest letters of a picture in pixels; on a desktop they are no larger than the text around them."""
    shown = "all => all.map(one => one.getBoundingClientRect().width)"
    for width, least, most in ((360, 11.0, 12.0), (700, 16.0, 17.0)):
        with look_at((mails / f"{code}.html").as_uri(), width, dark=dark) as view:
            letters = [SMALLEST * wide / MAIL for wide in view.page.eval_on_selector_all(".picture img", shown)]
            assert len(letters) == 6 and least <= min(letters) <= max(letters) <= most


def test_dark_charts_keep_their_paper(mails: Path, look_at: Open) -> None:
    with look_at((mails / "en.html").as_uri(), 700, dark=True) as view:
        style = "one => [getComputedStyle(document.body).backgroundColor, getComputedStyle(one).backgroundColor]"
        assert view.page.eval_on_selector(".picture", style) == ["rgb(20, 24, 30)", "rgb(255, 255, 255)"]
