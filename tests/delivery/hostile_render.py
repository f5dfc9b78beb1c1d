"""Makes editions of which every text that others write is hostile, for a test that looks on through strace.

python -m tests.delivery.hostile_render FOLDER ADDRESS SECRET MOST      writes files and mails into FOLDER/0, FOLDER/1 …

Each field is filled with payload after payload up to its length, and goes on where it stopped in the next edition,
until all have had all or MOST editions are made; prints how many payloads the field that had the fewest has had. Floods
come to one field at a time, as long as its door lets through: in all at once they are refused, in one clear line. What
cleans such texts at the door is left out, but for links and what no file of settings can hold: a title that came past
it, from a file that somebody changed say, must do no harm either.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from unicodedata import category

from reporter import pipeline
from reporter.config import Brand, Config
from reporter.config_file import load_config
from reporter.document.email import Mail
from reporter.sessions import load_calendar
from reporter.voices import Voices
from reporter.voices.headlines import Headline
from reporter.voices.hostile import safe_link
from reporter.voices.memory import Call, Memory
from reporter.voices.quotes import Quote
from reporter.words import known_tickers
from reporter.yaml_file import NOT_TEXT
from tests.delivery.payloads import PAYLOADS, filled

AS_OF = date(2024, 10, 16)
THEN = datetime(2024, 10, 15, 12, tzinfo=UTC)
#: Texts that somebody else writes, with the characters that they may have.
FIELDS = {
    "title": 100, "brand": 60, "disclaimer": 2000, "headline": 200, "outlet": 120, "headline link": 200, "quote": 400,
    "translation": 400, "speaker": 120, "speaker's title": 120, "firm": 120, "quote link": 200, "attribution": 200,
    "feed": 120, "why it is silent": 400, "earlier title": 200, "label": 120, "group": 120, "market": 120, "index": 120,
}  # fmt: skip


FLOOD = 1000  # characters of a text that is one
MARK = "Zq"  # and the number of the field before its text, so that it can be found again


class Filling:
    """Hands out the payloads to the fields."""

    def __init__(self, address: str, secret: str) -> None:
        texts = [filled(text, address, secret) for text in PAYLOADS]
        plain = ["".join(sign for sign in one if category(sign) != "Cc" and not NOT_TEXT.match(sign)) for one in texts]
        self.texts = [text for text in plain if len(text) < FLOOD]
        self.floods = [text for text in plain if len(text) >= FLOOD]
        self.had = dict.fromkeys(FIELDS, 0)
        self.editions = 0

    def next(self) -> Mapping[str, str]:
        flood, flooded = divmod(self.editions, len(FIELDS))
        self.editions += 1
        said = {
            field: [self._flood(flood, most)] if place == flooded else self._of(field, most)
            for place, (field, most) in enumerate(FIELDS.items())
        }
        return {field: f"{MARK}{place} {' '.join(texts)}" for place, (field, texts) in enumerate(said.items())}

    @property
    def fewest(self) -> int:
        """Of the payloads, those that every field has had."""
        return min(len(self.texts), *self.had.values()) + min(len(self.floods), self.editions // len(FIELDS))

    def _flood(self, number: int, most: int) -> str:
        return self.floods[number % len(self.floods)][:most]

    def _of(self, field: str, most: int) -> Iterator[str]:
        while True:
            text = self.texts[self.had[field] % len(self.texts)][:most]
            yield text
            self.had[field] += 1
            most -= len(text) + 1
            if len(self.texts[self.had[field] % len(self.texts)]) > most:
                return


def main(folder: Path, address: str, secret: str, most: int) -> int:
    """The number of payloads that every field has had."""
    filling = Filling(address, secret)
    config = load_config(Path(__file__).parents[2] / "config.yaml", known_tickers)
    config = config.model_copy(update={"sources": config.sources.model_copy(update={"use": "simulated"})})
    brief = config.briefs["small-caps"]
    calendar = load_calendar("XNYS", datetime(2026, 11, 25, tzinfo=UTC))
    _, facts, _ = pipeline.gather_material(config, "small-caps", brief, calendar=calendar, as_of=AS_OF)
    for name in dir(pipeline):
        if name.startswith("audit_"):  # they would refuse the numbers in these texts, and rightly
            setattr(pipeline, name, lambda *_: None)
    for number in range(most):
        said = filling.next()
        voices = _voices(said, foreign=number % 2 == 0)
        _write(folder / str(number), _build(config, facts, said, voices, folder / f"{number}-templates"))
        if filling.fewest >= len(PAYLOADS):
            break
    return filling.fewest


def _build(config: Config, facts: Any, said: Mapping[str, str], voices: Voices, templates: Path) -> Any:
    (templates / "languages/en").mkdir(parents=True)
    words = ", ".join(
        f"{key}: '{said[key].replace(chr(39), chr(39) * 2)}'" for key in ("label", "group", "market", "index")
    )
    (templates / "languages/en/names.yaml").write_text(f"IJR: {{{words}}}\nSPY: {{{words}}}\n", "utf-8")
    brand = Brand.model_construct(**{**dict(Brand()), "name": said["brand"], "disclaimer": {"en": said["disclaimer"]}})
    config = config.model_copy(update={"brand": brand, "templates": templates})
    brief = config.briefs["small-caps"].model_copy(update={"title": {"en": said["title"]}, "languages": ("en",)})
    return pipeline.build_edition(config, brief, facts, voices, languages=("en",), mail=Mail.READERS)


def _voices(said: Mapping[str, str], foreign: bool) -> Voices:
    """With a quote in another language, which is translated, or one in the page's own."""
    link = {name: safe_link(said[name]) or "https://example.com/a" for name in ("headline link", "quote link")}
    headline = Headline.model_construct(
        title=said["headline"], outlet=said["outlet"], link=link["headline link"], language="en", published=THEN,
        out_by=THEN, feed=said["feed"], fetched_at=None, sha256="",
    )  # fmt: skip
    quote = Quote.model_construct(
        text=said["quote"], language="ru" if foreign else "en", speaker=said["speaker"],
        title=said["speaker's title"], firm=said["firm"],
        link=link["quote link"], said=AS_OF, expires=None, briefs=(), licence="",
        translations={"en": said["translation"]}, attributions={"en": said["attribution"]} if foreign else {},
    )  # fmt: skip
    call = Call.model_construct(
        as_of=date(2024, 7, 16), title={"en": said["earlier title"]}, verdict="thin", subject_return=0.1,
        benchmark_return=0.05, relative_return=0.047,
    )  # fmt: skip
    memory = Memory.model_construct(previous=None, call=call, scorecard=None)
    return Voices.model_construct(
        quote=quote, headlines=(headline,) * 3, silent={said["feed"]: said["why it is silent"]}, memory=memory
    )


def _write(folder: Path, edition: Any) -> None:
    folder.mkdir()
    for name, content in edition.files.items():
        (folder / name).write_bytes(content)
    for code, mail in edition.mails.items():
        (folder / f"mail-{code}.html").write_text(mail.html, "utf-8")


if __name__ == "__main__":
    given = sys.argv[1:]
    sys.stdout.write(f"{main(Path(given[0]), given[1], given[2], int(given[3]))}\n")
