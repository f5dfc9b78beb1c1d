"""The catalogue, the index page and the feed: what they tell of editions, and what they read to know it."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporter.config import Config
from reporter.delivery.archive import publish
from reporter.delivery.index import write_index
from reporter.delivery.postings import documents, inverted
from reporter.delivery.target import Target, local_target
from reporter.document.edition import Edition

NOW = datetime(2024, 10, 17, tzinfo=UTC)
ATOM = "{http://www.w3.org/2005/Atom}"


class Watched(Target):
    """Remembers what is read."""

    def __init__(self, root: Path) -> None:
        self.__dict__.update(local_target(root).__dict__)
        self.reads: list[str] = []

    def read(self, path: str) -> bytes:
        self.reads.append(path)
        return super().read(path)


@pytest.fixture(scope="module")
def editions(make: Callable[..., Edition]) -> tuple[Edition, ...]:
    return tuple(make(as_of=day, formats=("html",)) for day in (date(2023, 12, 29), date(2024, 10, 11)))


@pytest.fixture
def root(editions: tuple[Edition, ...], tmp_path: Path) -> Path:
    for edition in editions:
        publish(edition, tmp_path, NOW)
    return tmp_path


def volume(root: Path, name: str = "small-caps/2024") -> dict[str, Any]:
    content = (root / name / "catalogue.js").read_text("utf-8")
    return dict(json.loads(content.removeprefix("archive(").removesuffix(")\n")))


def data(root: Path) -> dict[str, Any]:
    found = re.search(r'id="data">(.*?)</script>', (root / "index.html").read_text("utf-8"), re.DOTALL)
    assert found
    return dict(json.loads(found[1]))


def test_tells_what_the_editions_say(root: Path, editions: tuple[Edition, ...], config: Config) -> None:
    names, number = write_index(local_target(root), config, NOW)
    assert names == ("index.html", "feed.xml") and number == 2
    told = data(root)
    assert [one[:2] for one in told["newest"]] == [["small-caps", "2024-10-11-r0"], ["small-caps", "2023-12-29-r0"]]
    newest = editions[-1]
    facts = json.loads(newest.files["facts.json"])
    of_2024 = volume(root)
    assert of_2024["shown"] == list(of_2024["editions"]) == ["2024-10-11-r0"]
    one = of_2024["editions"]["2024-10-11-r0"]
    verdict = (newest.verdict, facts["verdict"]["met"], facts["verdict"]["of"], "simulated")
    assert (one["verdict"], one["met"], one["of"], one["source"]) == verdict
    page = newest.files["small-caps-2024-10-11-ru.html"].decode()
    said = one["said"]["ru"]
    assert said["title"] == newest.headline["ru"] and said["files"] == ["html", "svg"]
    assert f'content="{said["standfirst"]}"' in page
    titles = {"en": "Small caps", "ru": "Компании малой капитализации"}
    assert told["briefs"] == [["small-caps", titles, {"2023": 1, "2024": 1}]]
    assert {"ijr", "доходность"} <= set(of_2024["vocabulary"].split())


def test_reads_only_what_is_new(root: Path, make: Callable[..., Edition], config: Config) -> None:
    watched = Watched(root)
    write_index(watched, config, NOW)
    assert sum("manifest.json" in path for path in watched.reads) == 2
    watched.reads.clear()
    before = {name: (root / name).read_bytes() for name in ("index.html", "feed.xml")}
    write_index(watched, config, NOW)
    assert not any("-r0/" in path for path in watched.reads)
    assert {name: (root / name).read_bytes() for name in before} == before, "same editions, same bytes"
    publish(make(as_of=date(2024, 10, 16), formats=("html",)), root, NOW)
    watched.reads.clear()
    assert write_index(watched, config, NOW)[1] == 3
    assert {path.split("/")[2] for path in watched.reads if "-r0/" in path} == {"2024-10-16-r0"}


def test_an_edition_comes_in_as_if_all_were_read_again(
    root: Path, make: Callable[..., Edition], config: Config
) -> None:
    write_index(local_target(root), config, NOW)
    publish(make(as_of=date(2024, 10, 16), formats=("html",)), root, NOW)
    watched = Watched(root)
    assert write_index(watched, config, NOW, volume=("small-caps", 2024))[1] == 3
    assert not any("2023" in path for path in watched.reads)
    names = ("index.html", "feed.xml", "contents.json", "small-caps/2024/catalogue.js")
    quickly = {name: (root / name).read_bytes() for name in names}
    for name in names:
        (root / name).unlink()
    write_index(local_target(root), config, NOW)
    assert {name: (root / name).read_bytes() for name in names} == quickly


def test_a_newest_edition_that_is_taken_back_is_made_up_for(root: Path, config: Config) -> None:
    write_index(local_target(root), config, NOW)
    (root / "small-caps/2024/2024-10-11-r0/manifest.json").unlink()
    (root / "small-caps/2024/catalogue.js").unlink()
    assert write_index(local_target(root), config, NOW, volume=("small-caps", 2024))[1] == 1
    assert [one[1] for one in data(root)["newest"]] == ["2023-12-29-r0"]


DAMAGES = (
    "",
    "{}",
    'archive({"schema":2,"editions":{"2024-10-11-r0":{"said":3}},"vocabulary":"","postings":""})\n',
    "\x00",
    "[1]",
)


@pytest.mark.parametrize("name", ["contents.json", "small-caps/2024/catalogue.js"])
@pytest.mark.parametrize("damage", DAMAGES)
def test_lost_or_damaged_catalogue_is_made_again(root: Path, name: str, damage: str, config: Config) -> None:
    write_index(local_target(root), config, NOW)
    before = (root / "index.html").read_bytes()
    (root / name).write_text(damage)
    write_index(local_target(root), config, NOW, volume=("small-caps", 2024))
    assert (root / "index.html").read_bytes() == before


def test_a_folder_without_a_fitting_manifest_is_no_edition(root: Path, config: Config) -> None:
    folder = root / "small-caps/2024/2024-10-11-r0"
    manifest = (folder / "manifest.json").read_bytes()
    (folder / "manifest.json").write_bytes(manifest.replace(b'"revision": 0', b'"revision": 7'))
    assert write_index(local_target(root), config, NOW)[1] == 1
    (folder / "manifest.json").write_bytes(manifest)
    assert write_index(local_target(root), config, NOW)[1] == 2, "what was not there the last time is looked for again"
    (folder / "facts.json").write_bytes(b"{}")
    assert write_index(local_target(root), config, NOW, rebuild=True)[1] == 1


def test_the_newest_revision_is_shown_and_a_withdrawn_session_is_not(
    root: Path, make: Callable[..., Edition], config: Config
) -> None:
    publish(make(as_of=date(2024, 10, 11), formats=("html",), languages=("en",)), root, NOW)
    assert write_index(local_target(root), config, NOW)[1] == 2
    assert [one[1] for one in data(root)["newest"]] == ["2024-10-11-r1", "2023-12-29-r0"]
    assert volume(root)["shown"] == ["2024-10-11-r1"]
    (root / "small-caps/2024/2024-10-11-r1/WITHDRAWN").touch()
    assert write_index(local_target(root), config, NOW, rebuild=True)[1] == 1


def test_feed_is_atom_with_relative_links(root: Path, editions: tuple[Edition, ...], config: Config) -> None:
    write_index(local_target(root), config, NOW)
    feed = ET.parse(root / "feed.xml").getroot()
    assert feed.tag == f"{ATOM}feed"
    entries = feed.findall(f"{ATOM}entry")
    assert [one.findtext(f"{ATOM}title") for one in entries] == [one.headline["en"] for one in reversed(editions)]
    for element in (feed, *entries):
        assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", element.findtext(f"{ATOM}id") or "")
        assert datetime.fromisoformat(element.findtext(f"{ATOM}updated") or "")
    links = [link.get("href", "") for one in entries for link in one.findall(f"{ATOM}link")]
    assert len(links) == 4 and all((root / link).is_file() for link in links)


def test_names_are_text_in_page_and_feed(root: Path, config: Config) -> None:
    brand = config.brand.model_copy(update={"name": "</script><b>A & B"})
    write_index(local_target(root), config, NOW)
    content = volume(root)
    content["editions"]["2024-10-11-r0"]["said"]["en"]["title"] = "</script><script>alert(1)</script>"
    (root / "small-caps/2024/catalogue.js").write_text(f"archive({json.dumps(content)})\n")
    write_index(local_target(root), config.model_copy(update={"brand": brand}), NOW)
    page = (root / "index.html").read_text("utf-8")
    assert "<script>alert" not in page and "<b>A" not in page and page.count("</script>") == 2
    assert ET.parse(root / "feed.xml").getroot().findtext(f"{ATOM}title") == "</script><b>A & B"


def test_an_empty_archive_has_an_empty_page(tmp_path: Path, config: Config) -> None:
    assert write_index(local_target(tmp_path), config, NOW) == (("index.html", "feed.xml"), 0)


def test_postings_by_hand() -> None:
    """Three documents: 'a' in the first two of three is told by the one without it; numbers are told as differences."""
    assert inverted([("a", "b"), ("a",), ("c",)]) == (["a", "b", "c"], bytes([1 * 2 + 1, 2, 1 * 2, 0, 1 * 2, 2]))
    vocabulary, postings = inverted([("x",) if n in (5, 300) else () for n in range(1000)])
    assert vocabulary == ["x"] and postings == bytes([4, 5, 295 & 127 | 128, 295 >> 7])


@given(st.lists(st.sets(st.text("abc", min_size=1, max_size=3)), max_size=300))
def test_postings_come_back(given_documents: list[set[str]]) -> None:
    wanted = [sorted(words) for words in given_documents]
    assert documents(*inverted(wanted), len(wanted)) == wanted


@pytest.mark.parametrize("postings", [b"", b"\x02", b"\x02\x09", b"\x02\x00\x02\x00\x07"])
def test_torn_postings_are_refused(postings: bytes) -> None:
    with pytest.raises(ValueError, match="postings"):
        documents(["a", "b"], postings, 2)
