"""The bodies of mails: what a mail program needs, and the same numbers as on the page."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from reporter.config import Brand
from reporter.document.edition import Edition
from reporter.document.email import COLUMNS, Mail, MailBody
from reporter.errors import DocumentError
from reporter.language import plain

CODES = ("en", "ru")
NUMBER = re.compile(r"[+−]?\d[\d.,]*\d|\d")


def bare(html: str) -> str:
    return plain(re.sub(r"<(style|title|svg).*?</\1>|<!--.*?-->", " ", html, flags=re.DOTALL).replace("<", " <"))


@pytest.fixture(scope="module")
def mailed(make: Callable[..., Edition]) -> Edition:
    return make(formats=("html",), mail=Mail.READERS)


@pytest.fixture(params=CODES)
def body(request: pytest.FixtureRequest, mailed: Edition) -> MailBody:
    return mailed.mails[request.param]


def test_nobody_pays_for_mail_that_was_not_asked_for(edition: Edition) -> None:
    assert edition.mails == {}


def test_html_is_what_mail_programs_can_show(body: MailBody) -> None:
    assert len(body.html.encode()) < 100_000, "Gmail cuts a mail at about 102 kB"
    assert not re.search(
        r"<(script|link|svg|iframe|form|object)\b|javascript:|data:|url\(|@import|@font-face", body.html
    )
    assert not re.search(r'(?:src|href)="(?!cid:|https:|mailto:)', body.html)
    assert "<data" not in body.html
    styled = [tag for tag in re.findall(r"<(?:h1|h2|p|td)\b[^>]*>", body.html) if "style=" not in tag]
    assert len(styled) <= 6, "styles stand on the elements"
    assert "@media (max-width" in body.html and "prefers-color-scheme:dark" in body.html.replace(" ", "")
    rest = re.sub(
        r"@media[^{]*\{(?:[^{}]*\{[^{}]*\})*\s*\}", "", re.search(r"<style>(.*?)</style>", body.html, re.DOTALL)[1]
    )
    assert "{" not in rest, "no rule but the media queries stays in the head"


def test_pictures_are_named_by_their_content_and_all_shown(body: MailBody, mailed: Edition) -> None:
    assert set(re.findall(r'src="cid:([^"]+)"', body.html)) == set(body.images) and len(body.images) >= 5
    for content_id, png in body.images.items():
        assert re.fullmatch(r"[a-z_]+\.[0-9a-f]{16}@brief", content_id)
        assert Image.open(BytesIO(png)).width >= 2 * 480 and len(png) < 60_000
    assert all(alt for alt in re.findall(r'<img[^>]* alt="([^"]*)"', body.html))


def test_every_number_is_one_of_the_page(mailed: Edition) -> None:
    """The page is audited against facts.json; what a mail says must be there, character for character."""
    for code in CODES:
        page = mailed.files[f"small-caps-2024-10-16-{code}.html"].decode()
        known = set(NUMBER.findall(bare(page)))
        body = mailed.mails[code]
        for text in (body.text, bare(body.html), body.preheader, body.subject):
            assert set(NUMBER.findall(text)) <= known
        assert len(set(NUMBER.findall(body.text))) > 40


def test_text_part_is_worth_reading(body: MailBody, mailed: Edition) -> None:
    lines = body.text.splitlines()
    assert max(len(line) for line in lines if "https:" not in line) <= COLUMNS
    assert not re.search(r"<\w|&\w+;|\n\n\n", body.text)
    sentences = [bare(one) for one in re.findall(r"<p[^>]*>(.*?)</p>", body.html, re.DOTALL)]
    flat = " ".join(body.text.split())
    missing = [one for one in sentences if " ".join(one.split()) not in flat]
    assert len(sentences) > 8 and missing == [], "all prose of the HTML is in the text"


def test_subject_says_title_day_and_what_to_beware_of(mailed: Edition) -> None:
    english, russian = (mailed.mails[code] for code in CODES)
    assert english.subject == f"[Simulated prices] {mailed.headline['en']} · October 16, 2024"
    assert russian.subject == f"[Модельные цены] {' '.join(mailed.headline['ru'].split())} · 16 октября 2024 года"


def test_degraded_and_test_editions_are_marked(make: Callable[..., Edition]) -> None:
    made = make(formats=("html",), mail=Mail.TEST, brief={"field": ("MTUM", "QQQM", "IVE")}, languages=("en",))
    body = made.mails["en"]
    degraded = made.quality.status == "degraded"
    assert body.subject.startswith("[Test] [Simulated prices] " + "[Incomplete data] " * degraded)
    assert "not meant for readers" in " ".join(body.text.split()) and "not meant for readers" in body.html


def test_names_are_text(make: Callable[..., Edition]) -> None:
    brand = Brand(name='<b onclick="x">A & B</b>', disclaimer={"en": "<script>alert(1)</script> & more"})
    body = make(formats=("html",), mail=Mail.READERS, brand=brand, languages=("en",)).mails["en"]
    assert "<b onclick" not in body.html and "<script" not in body.html
    assert "<SCRIPT" not in body.text.upper().replace("<SCRIPT>ALERT(1)</SCRIPT> & MORE", ""), "as it was written"
    assert "<script>alert(1)</script> & more" in body.text


def test_same_input_same_bytes(mailed: Edition, make: Callable[..., Edition]) -> None:
    assert make(formats=("html",), mail=Mail.READERS).mails == mailed.mails


@pytest.mark.fault("C3")
def test_a_wrong_template_is_named(make: Callable[..., Edition], tmp_path: Path) -> None:
    (tmp_path / "email.html.j2").write_text("<p>{{ page.nothing }}</p>")
    with pytest.raises(DocumentError, match=r"email\.html\.j2.*nothing"):
        make(formats=("html",), mail=Mail.READERS, templates=tmp_path, languages=("en",))


def test_a_quote_has_its_marks_once_and_its_address_in_the_text(make: Callable[..., Edition], tmp_path: Path) -> None:
    quotes = tmp_path / "quotes.yaml"
    quotes.write_text(
        "quotes:\n- {text: The burden of proof is on the small company., language: en, speaker: Ann Example,\n"
        "   said: 2024-10-09, link: 'https://example.com/note?a=1&b=2', expires: 2024-12-31, briefs: [small-caps]}\n"
    )
    body = make(formats=("html",), mail=Mail.READERS, quotes=quotes, languages=("en",)).mails["en"]
    assert "(https://example.com/note?a=1&b=2)" in body.text
    assert 'href="https://example.com/note?a=1&amp;b=2"' in body.html
    assert "“The burden of proof is on the small company.”" in body.html
    assert not re.search(r"</?q\b", body.html), "a mail program would put its own marks beside ours"


SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 90 30"><rect width="30" height="30" fill="#8a1c1c"/></svg>'


@pytest.mark.parametrize("kind", ["svg", "png"])
def test_the_brands_logo_is_a_picture_with_its_name(kind: str, make: Callable[..., Edition], tmp_path: Path) -> None:
    """Drawn twice as large as it is shown, on white: a third is the square, in its colour."""
    logo = tmp_path / f"logo.{kind}"
    if kind == "svg":
        logo.write_bytes(SVG)
    else:
        picture = Image.new("RGBA", (900, 300))
        picture.paste("#8a1c1c", (0, 0, 300, 300))
        picture.save(logo)
    brand = Brand(name="Example & Partners", logo=logo)
    body = make(brand=brand, formats=("html",), languages=("en",), mail=Mail.READERS).mails["en"]
    shown = re.search(r'<img\b[^>]*\bsrc="cid:(logo\.[^"]*)"[^>]*>', body.html)
    assert shown and 'alt="Example &amp; Partners"' in shown[0]
    assert 'width="96"' in shown[0] and 'height="32"' in shown[0] and len(body.html.encode()) < 100_000
    drawn = Image.open(BytesIO(body.images[shown[1]])).convert("RGB")
    assert drawn.size == (192, 64) and len(body.images[shown[1]]) < 20_000
    assert drawn.getpixel((30, 32)) == pytest.approx((0x8A, 0x1C, 0x1C), abs=3)
    assert drawn.getpixel((150, 32)) == (255, 255, 255)
