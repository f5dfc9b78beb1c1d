"""Contrast of colours, by the definition of WCAG 2.2, and colours that reach it."""

from __future__ import annotations

#: Least contrast of text: WCAG 2.2, level AA.
READABLE = 4.5
#: What pages are printed on, and the dark screen.
PAPER, NIGHT = "#ffffff", "#14181e"


def luminance(colour: str) -> float:
    """Relative luminance of #rrggbb, 0..1."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """1 (none) to 21 (black on white)."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def lightened(colour: str, ground: str) -> str:
    """The same hue, mixed with white until it is readable on a dark `ground`, with some room to spare."""
    for share in range(0, 101, 4):
        mixed = "#" + "".join(
            f"{round(part + (255 - part) * share / 100):02x}"
            for part in (int(colour[place : place + 2], 16) for place in (1, 3, 5))
        )
        if contrast(mixed, ground) >= READABLE + 2:
            return mixed
    return "#ffffff"
