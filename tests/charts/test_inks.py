"""Charts for readers who see fewer colours: what must be told apart is, by lightness or by shape, label and line style.

Colour-blindness is simulated with the matrices of Machado, Oliveira and Fernandes ("A Physiologically-based Model for
Simulation of Color Vision Deficiency", IEEE TVCG 15(6), 2009), severity 1.0, on linear RGB; differences are
those of CIE 1976 L*a*b* (ISO/CIE 11664-4), of which 2.3 is just noticeable. Contrast is that of WCAG 2.2.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import combinations

import numpy as np
import pytest

from reporter.charts import draw_charts
from reporter.charts.attempts import MARKS
from reporter.charts.style import ACCENT, inks
from reporter.colour import NIGHT, lightened
from reporter.facts import Facts
from reporter.language import Language
from reporter.prices import Prices
from reporter.words import BUNDLED

MACHADO = {
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}
LUMINANCE = (0.2126, 0.7152, 0.0722)
WAYS = {
    "full colour": np.eye(3),
    **{k: np.array(v) for k, v in MACHADO.items()},
    "greyscale": np.array([LUMINANCE] * 3),
}
#: sRGB primaries under D65: IEC 61966-2-1.
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
DIFFERENT = 20.0  # of L*a*b*, nearly nine just noticeable differences
#: Pairs of inks that no other mark tells apart where they meet: lines of a pair, the subject's bar among the others.
PAIRS = (("subject", "ink"), ("subject", "pale"), ("ink", "pale"), ("grey", "pale"))


def linear(ink: str) -> np.ndarray:
    values = np.array([int(ink[n : n + 2], 16) for n in (1, 3, 5)]) / 255
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def lab(rgb: np.ndarray) -> np.ndarray:
    """L*a*b* of linear RGB."""
    ratio = TO_XYZ @ rgb / (TO_XYZ @ np.ones(3))
    f = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def apart(one: str, other: str, way: np.ndarray) -> float:
    return float(np.linalg.norm(lab((way @ linear(one)).clip(0, 1)) - lab((way @ linear(other)).clip(0, 1))))


def contrast(one: str, other: str) -> float:
    light, dark = sorted((float(np.dot(LUMINANCE, linear(ink))) for ink in (one, other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def night() -> dict[str, str]:
    """The inks of the dark mode, as the style sheet of screens has them."""
    rule = re.search(
        r"prefers-color-scheme: dark\) \{.*?:root \{([^}]*)", (BUNDLED / "screen.css").read_text(), re.DOTALL
    )
    assert rule
    named = dict(re.findall(r"--(\w+): (#\w{6})", rule[1]))
    return {**{name: named[name] for name in ("ink", "grey", "pale", "paper")}, "subject": lightened(ACCENT, NIGHT)}


def test_the_simulation_is_the_published_one() -> None:
    """White stays white, and a red and a green of one lightness become alike for whom they are alike."""
    for name in MACHADO:
        assert WAYS[name] @ np.ones(3) == pytest.approx(np.ones(3), abs=2e-5)
    assert apart("#c05a5a", "#5c8a3c", WAYS["full colour"]) > 60
    assert apart("#c05a5a", "#5c8a3c", WAYS["deuteranopia"]) < 25


@pytest.mark.parametrize("mode", ["day", "night"])
@pytest.mark.parametrize("way", WAYS)
def test_inks_that_must_be_told_apart_are(way: str, mode: str) -> None:
    palette = inks(ACCENT) if mode == "day" else night()
    for one, other in PAIRS:
        assert apart(palette[one], palette[other], WAYS[way]) > DIFFERENT, (one, other)


@pytest.mark.parametrize("mode", ["day", "night"])
def test_every_ink_of_a_line_or_a_letter_is_seen_on_its_paper(mode: str) -> None:
    palette = inks(ACCENT) if mode == "day" else night()
    for name in ("subject", "ink", "grey"):
        assert contrast(palette[name], palette["paper"]) >= 4.5, name


def test_what_is_close_in_lightness_differs_in_shape_or_line() -> None:
    """Subject and grey are two blues for some readers: one is solid, bold and thick, the other dashed or thin."""
    grey = inks(ACCENT)["grey"]
    assert min(apart(ACCENT, grey, way) for way in WAYS.values()) < DIFFERENT, "else this test says nothing"
    assert len({(marker, filled) for marker, _, filled in MARKS.values()}) == len(MARKS)
    assert all(one[0] != other[0] for one, other in combinations(MARKS.values(), 2))


def test_lines_beside_the_subject_are_dashed_or_differ_in_weight(
    walk: Callable[..., np.ndarray], make_prices: Callable[..., Prices], facts_of: Callable[..., Facts]
) -> None:
    """In the drawings themselves: no two lines of a chart share dash and lightness."""
    closes = {name: walk(number, 3000) for number, name in enumerate(("IJR", "SPY", "MTUM", "IVW"))}
    facts = facts_of(make_prices(closes), "IJR", "SPY", ("MTUM", "IVW"))
    for name, (svg, _) in draw_charts(facts, Language("en")).items():
        lines = []
        for path, style in re.findall(r'<path d="([^"]*)"[^>]*style="([^"]*)"', svg):
            stroke = re.search(r"stroke: (#\w{6})", style)
            if stroke and path.count("L") > 20 and "fill: none" in style:
                width = re.search(r"stroke-width: ([\d.]+)", style)
                lines.append((stroke[1], "dasharray" in style, float(width[1]) if width else 1.0))
        for (ink, dashed, width), (other, broken, thick) in combinations(lines, 2):
            shades = min(apart(ink, other, way) for way in WAYS.values())
            assert shades > DIFFERENT or dashed != broken or abs(width - thick) >= 0.3, (name, ink, other)
        if name in ("performance", "price", "relative_strength"):
            assert len(lines) >= 2
