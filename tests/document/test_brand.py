"""White label: a colour that can be read, a logo that can do nothing."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from reporter.charts.style import NEUTRALS
from reporter.colour import NIGHT, PAPER, READABLE, contrast, lightened
from reporter.config import Brand
from reporter.config_file import load_config
from reporter.document.logo import read_logo
from reporter.errors import ConfigError
from reporter.words import BUNDLED, known_tickers

colours = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


def test_contrast_is_that_of_wcag() -> None:
    """Published pairs: black on white 21, #767676 the palest grey of AA, #ff0000 3.998."""
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.005)
    assert contrast("#ff0000", "#ffffff") == pytest.approx(3.998, abs=0.001)


@given(colours)
def test_every_accent_is_readable_in_the_dark(accent: str) -> None:
    assert contrast(lightened(accent, NIGHT), NIGHT) >= READABLE


def variables(block: str) -> dict[str, str]:
    pairs = (part.split(":") for part in block.split("{")[1].split("}", maxsplit=1)[0].split(";") if ":" in part)
    return {name.strip(): value.strip() for name, value in pairs}


def test_every_pair_of_colours_of_a_page_can_be_read() -> None:
    css = (BUNDLED / "brief.css").read_text()
    light = variables(css[css.index(":root") :])
    screen = (BUNDLED / "screen.css").read_text()
    dark = variables(screen[screen.index("  :root {") :])
    for inks, subject in ((light, light["--subject"]), (dark, lightened(light["--subject"], NIGHT))):
        for ground in ("--paper", "--tint"):
            for ink in (inks["--ink"], inks["--grey"], subject):
                assert contrast(ink, inks[ground]) >= READABLE, (ink, inks[ground])
    assert (light["--paper"], dark["--paper"]) == (PAPER, NIGHT)
    assert {f"--{name}": colour for name, colour in NEUTRALS.items()}.items() <= light.items()


def test_lines_of_a_chart_differ_in_grey_and_for_the_colour_blind() -> None:
    """Subject and benchmark by brightness alone; bars of the subject against the others."""
    subject = Brand().accent
    assert contrast(subject, NEUTRALS["ink"]) >= 2
    assert contrast(subject, NEUTRALS["pale"]) >= 3


def test_a_pale_accent_is_refused_with_its_place(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text('brand:\n  accent: "#ffd400"\n')
    with pytest.raises(ConfigError, match=r"config\.yaml:2:\d+: brand\.accent: .*too pale on white"):
        load_config(file, known_tickers)


def svg(inner: str, more: str = "") -> str:
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10" {more}>{inner}</svg>'


def logo(tmp_path: Path, content: str | bytes) -> str:
    file = tmp_path / "logo.svg"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    made = read_logo(file)
    assert made is not None
    return made.content.decode()


def test_shapes_pass_and_what_could_act_is_gone(tmp_path: Path) -> None:
    made = logo(
        tmp_path,
        svg(
            '<title>x</title><path d="M 0 0 L 9 9" fill="#123456" onclick="alert(1)" style="stroke: red; '
            'background: url(http://127.0.0.1/x)"/><rect fill="url(#g)" width="1" height="1"/>'
            '<circle r="1" fill="url(http://127.0.0.1/y)" xmlns:e="http://editor" e:label="x"/><e:x xmlns:e="http://e"/>',
            'onload="alert(1)"',
        ),
    )
    assert 'd="M 0 0 L 9 9"' in made and 'stroke="red"' in made and "url(#g)" in made
    assert not any(bad in made for bad in ("alert", "http://127", "onload", "editor", "title"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (svg("<script>alert(1)</script>"), "<script>"),
        (svg('<image href="file:///etc/passwd"/>'), "<image>"),
        (svg("<foreignObject/>"), "<foreignObject>"),
        (svg("<text>Acme</text>"), "turn text into outlines"),
        ('<!DOCTYPE svg [<!ENTITY a "b">]>' + svg("&a;"), "document type"),
        ("<svg", "neither PNG nor"),
        ("<html/>", "neither PNG nor SVG"),
        ('<svg xmlns="http://www.w3.org/2000/svg"/>', "no viewBox"),
        (b"\x89PNG\r\n\x1a\nbroken", "damaged PNG"),
        (b"x" * 200_001, "over 200 kB"),
    ],
)
def test_other_files_are_refused_in_one_line(tmp_path: Path, content: str | bytes, message: str) -> None:
    with pytest.raises(ConfigError, match=message) as raised:
        logo(tmp_path, content)
    assert "logo.svg" in str(raised.value) and "\n" not in str(raised.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"brand\.logo: .*none\.png: cannot be read"):
        read_logo(tmp_path / "none.png")


def test_a_png_keeps_its_pixels_and_nothing_else(tmp_path: Path) -> None:
    from PIL.PngImagePlugin import PngInfo

    file, more = tmp_path / "logo.png", PngInfo()
    more.add_text("Comment", "secret")
    Image.new("RGB", (30, 10), "#8a1c1c").save(file, pnginfo=more)
    made = read_logo(file)
    assert made is not None and b"secret" not in made.content
    picture = Image.open(io.BytesIO(made.content))
    assert picture.size == (30, 10) and picture.convert("RGB").getpixel((3, 3)) == (0x8A, 0x1C, 0x1C)
