"""What a chart tells at a pointer, a finger or the keyboard: each value of a day, said as everywhere else."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from reporter.charts.rotation import shown
from reporter.charts.style import Frame, numbers
from reporter.document.claims import Speaker
from reporter.facts import Facts
from reporter.finding import Quantity, Unit, day, percent, price
from reporter.language import plain

SECTION = "readouts"
#: Points that lie anywhere share so many strips of a chart, each wide enough for a finger on a phone.
STRIPS = 8
#: Between two numbers that stay on one line.
SLASH = "\u00a0/\u00a0"
#: How far the first and the last day's strip reach beyond the plot, in per cent of its width.
BEYOND = 5.0


@dataclass(frozen=True)
class Point:
    """Marks of a chart that belong together. Values are those of its axes."""

    x: float
    ys: tuple[float, ...]
    text: str


@dataclass(frozen=True, kw_only=True)
class ReadOut:
    """A strip of the plot and what it brings up. Per cent of the plot's width, and of its height for tops; the outer
    strips reach beyond it.
    """

    text: str  # lines
    left: float
    wide: float
    at: float  # where the line stands that the text is beside
    late: bool  # in the right half of the drawing: the text stands at the left
    dated: bool  # a day, with a line through all its marks
    dots: tuple[tuple[float, float], ...]  # left, top


def read_outs(frames: Mapping[str, Frame], facts: Facts, speaker: Speaker) -> Mapping[str, tuple[ReadOut, ...]]:
    """By chart; one whose numbers are all printed in it has none. The speaker keeps the account."""
    found = {name: tuple(reader(facts, Told(name, speaker))) for name, reader in READERS.items() if name in frames}
    return {
        name: tuple(days(points, frames[name]) if name in facts.readings else strips(points, frames[name]))
        for name, points in found.items()
    }


class Told:
    """Says numbers of one chart."""

    def __init__(self, chart: str, speaker: Speaker) -> None:
        self.chart, self.speaker, self.language = chart, speaker, speaker.language

    def __call__(self, quantity: Quantity, style: str = "prose") -> str:
        return plain(self.speaker.number(SECTION, self.chart, quantity, style))

    def readings(
        self, facts: Facts, named: Mapping[str, str], unit: Callable[[float, str], Quantity], scale: float = 1.0
    ) -> Iterator[Point]:
        """Each day of the chart with its lines, by the names that they have in words."""
        for number, reading in enumerate(facts.readings[self.chart]):
            path = f"readings.{self.chart}.{number}"
            lines = [
                f"{name} {self(unit(reading.values[key], f'{path}.values.{key}'))}".strip()
                for key, name in named.items()
                if key in reading.values
            ]
            yield Point(
                float(numbers([reading.day])[0]),
                tuple(reading.values[key] * scale for key in named if key in reading.values),
                "\n".join((self(day(reading.day, f"{path}.day"), "full"), *lines)),
            )


def performance(facts: Facts, told: Told) -> Iterator[Point]:
    yield from told.readings(facts, {ticker: ticker for ticker in (facts.subject, facts.benchmark)}, percent, 100)


def prices(facts: Facts, told: Told) -> Iterator[Point]:
    names = {name: told.language.label("charts", name) for name in ("close", "sma50", "sma200")}
    yield from told.readings(facts, names, price)


def relative_strength(facts: Facts, told: Told) -> Iterator[Point]:
    names = {"ratio": f"{facts.subject} / {facts.benchmark}", "average": told.language.label("charts", "average")}
    yield from told.readings(facts, names, lambda value, fact: Quantity(value, Unit.LEVEL, fact))


def attempts(facts: Facts, told: Told) -> Iterator[Point]:
    for number, one in enumerate(facts.precedents.attempts if facts.precedents else ()):
        path = f"precedents.attempts.{number}"
        result = told(percent(one.relative_return, f"{path}.relative_return"), "change")
        text = f"{told(day(one.day, f'{path}.day'), 'full')}: {result}"
        open_yet = "" if one.known else f", {told.language.label('charts', 'so_far')}"
        yield Point(float(numbers([one.day])[0]), (one.relative_return * 100,), text + open_yet)


def rotation(facts: Facts, told: Told) -> Iterator[Point]:
    """Funds with their names, which the map has no room for: RS-Ratio and RS-Momentum."""
    for ticker in shown(facts):
        place = facts.rotation[ticker]
        values = (
            told(Quantity(getattr(place, name), Unit.LEVEL, f"rotation.{ticker}.{name}"))
            for name in ("rs_ratio", "rs_momentum")
        )
        text = f"{told.language.name(ticker)['label']} ({ticker}): {SLASH.join(values)}"
        yield Point(place.rs_ratio, (place.rs_momentum,), text)


#: Chart -> its marks. The field's bars all have their numbers.
READERS: Mapping[str, Callable[[Facts, Told], Iterator[Point]]] = {
    "performance": performance,
    "price": prices,
    "rotation": rotation,
    "relative_strength": relative_strength,
    "attempts": attempts,
}


def days(points: tuple[Point, ...], frame: Frame) -> Iterator[ReadOut]:
    """A strip a day, from half way to the day before to half way to the next; the outer ones reach beyond the plot."""
    at = [frame.along(point.x) for point in points]
    edges = [-BEYOND, *((one + other) / 2 for one, other in pairwise(at)), 100 + BEYOND]
    for point, x, (left, right) in zip(points, at, pairwise(edges), strict=True):
        yield read_out((point,), frame, left, right, x, dated=True)


def strips(points: tuple[Point, ...], frame: Frame) -> Iterator[ReadOut]:
    """Strips of one width; those without a mark are left out."""
    wide = 100 / STRIPS
    found: dict[int, list[Point]] = {}
    for point in points:
        found.setdefault(min(STRIPS - 1, max(0, int(frame.along(point.x) / wide))), []).append(point)
    for number in sorted(found):
        left = number * wide
        inside = tuple(sorted(found[number], key=lambda point: point.x))
        yield read_out(inside, frame, left, left + wide, left + wide / 2, dated=False)


def read_out(points: tuple[Point, ...], frame: Frame, left: float, right: float, at: float, *, dated: bool) -> ReadOut:
    return ReadOut(
        text="\n".join(point.text for point in points),
        left=round(left, 1),
        wide=round(right - left, 1),
        at=round(at, 1),
        late=room(at, frame) > 50,
        dated=dated,
        dots=tuple((round(frame.along(one.x), 1), round(frame.down(y), 1)) for one in points for y in one.ys),
    )


def room(at: float, frame: Frame) -> float:
    """What is left of a place of the plot, in per cent of the whole drawing."""
    _, right, _, left = frame.inset
    return left + at / 100 * (100 - left - right)
