"""The archive: whole or not at all, and never changed."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from reporter.delivery import archive
from reporter.delivery.archive import Sender, publish, store
from reporter.delivery.target import local_target
from reporter.document.edition import Edition
from reporter.errors import OutputError
from reporter.prices.quality import Quality, Status

EDITION = Edition(
    brief="small-caps",
    session=date(2024, 10, 16),
    quality=Quality(status=Status.OK, usable=("IJR", "SPY")),
    headline={"en": "A title", "ru": "Заголовок"},
    verdict="thin",
    vintage="ab" * 32,
    files={"a.pdf": b"%PDF", "a.html": b"<p>", "facts.json": b"{}"},
)


NOW = datetime(2024, 10, 16, 21, 0, tzinfo=UTC)


def tree(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def test_folder_and_manifest(tmp_path: Path) -> None:
    paths = publish(EDITION, tmp_path, NOW)
    assert [path.name for path in paths] == ["a.pdf", "a.html", "facts.json", "manifest.json"]
    assert paths[0].parent == tmp_path / "small-caps" / "2024" / "2024-10-16-r0"
    manifest = json.loads(paths[-1].read_bytes())
    assert manifest["files"] == {
        name: {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
        for name, content in EDITION.files.items()
    }
    assert (manifest["brief"], manifest["session"], manifest["revision"]) == ("small-caps", "2024-10-16", 0)


def test_same_bytes_are_not_written_again(tmp_path: Path) -> None:
    first = publish(EDITION, tmp_path, NOW)
    before = [path.stat().st_mtime_ns for path in first]
    assert publish(EDITION, tmp_path, NOW) == first
    assert [path.stat().st_mtime_ns for path in first] == before


def test_other_bytes_are_the_next_revision_and_nothing_is_overwritten(tmp_path: Path) -> None:
    first = publish(EDITION, tmp_path, NOW)
    before = tree(tmp_path)
    second = publish(replace(EDITION, files={**EDITION.files, "a.html": b"<b>"}), tmp_path, NOW)
    assert second[0].parent.name == "2024-10-16-r1"
    assert {name: content for name, content in tree(tmp_path).items() if "-r0" in name} == before
    assert first[0].parent != second[0].parent


@pytest.mark.parametrize("damage", ["a.pdf", "manifest.json"])
def test_damaged_revision_is_left_alone_and_the_next_one_written(tmp_path: Path, damage: str) -> None:
    first = publish(EDITION, tmp_path, NOW)[0].parent
    (first / damage).write_bytes(b"damaged")
    second = publish(EDITION, tmp_path, NOW)[0].parent
    assert second.name == "2024-10-16-r1"
    assert (first / damage).read_bytes() == b"damaged"


@pytest.mark.parametrize("step", ["fsync", "link"])
def test_failure_leaves_no_file_under_a_name(tmp_path: Path, step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, step, full)
    with pytest.raises(OutputError, match=r"No space left on device.*--output") as raised:
        publish(EDITION, tmp_path, NOW)
    assert raised.value.exit_code == 73
    assert tree(tmp_path) == {}


def test_what_was_begun_is_finished(tmp_path: Path) -> None:
    """A process that died in the middle leaves whole files without a manifest: no edition yet."""
    folder = tmp_path / "small-caps" / "2024" / "2024-10-16-r0"
    folder.mkdir(parents=True)
    (folder / "a.pdf").write_bytes(EDITION.files["a.pdf"])
    assert publish(EDITION, tmp_path, NOW)[-1] == folder / "manifest.json"
    assert len(tree(tmp_path)) == 4


def test_another_process_of_ours_that_was_quicker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that was killed, whose child has not heard of it yet: its edition is the same one, not another revision."""
    sender = Sender(instance="ours", occurrence="2024-10-16")
    places = []

    def overtaken(point: str) -> None:
        if point == "archive-files":
            monkeypatch.setattr(archive, "crash_point", lambda _: None)
            places.append(store(EDITION, local_target(tmp_path), NOW - timedelta(seconds=5), sender))

    monkeypatch.setattr(archive, "crash_point", overtaken)
    places.append(store(EDITION, local_target(tmp_path), NOW, sender))
    assert places[0] == places[1] and places[0].revision == 0
    assert [path.name for path in (tmp_path / "small-caps" / "2024").iterdir()] == ["2024-10-16-r0"]


def test_where_hard_links_are_unknown_a_name_is_not_taken_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", unknown)
    assert publish(EDITION, tmp_path, NOW)[0].parent.name == "2024-10-16-r0"
    other = replace(EDITION, files={**EDITION.files, "a.html": b"<b>"})
    assert publish(other, tmp_path, NOW)[0].parent.name == "2024-10-16-r1"
    assert (tmp_path / "small-caps/2024/2024-10-16-r0/a.html").read_bytes() == b"<p>"


def test_each_manifest_names_the_one_before(tmp_path: Path) -> None:
    for session in (date(2023, 12, 29), date(2024, 1, 5), date(2024, 10, 16)):
        last = publish(replace(EDITION, session=session), tmp_path, NOW)[-1]
    before = tmp_path / "small-caps" / "2024" / "2024-01-05-r0" / "manifest.json"
    wanted = {"edition": "2024-01-05-r0", "sha256": hashlib.sha256(before.read_bytes()).hexdigest()}
    assert json.loads(last.read_bytes())["previous"] == wanted
    assert json.loads(before.read_bytes())["previous"]["edition"] == "2023-12-29-r0"


def test_a_file_where_the_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(OutputError, match="taken"):
        publish(EDITION, tmp_path / "taken", NOW)


def test_what_many_editions_have_in_common_is_on_the_disk_once(tmp_path: Path) -> None:
    table = b"ticker,session\n" * 100_000
    target = local_target(tmp_path)
    editions = [replace(EDITION, brief=name, files={**EDITION.files, "prices.csv": table}) for name in ("one", "two")]
    first, second = (publish(edition, tmp_path, NOW, target)[3] for edition in editions)
    assert first.read_bytes() == second.read_bytes() == table
    assert first.stat().st_ino == second.stat().st_ino
    first.unlink()
    third = publish(replace(editions[0], brief="three"), tmp_path, NOW, target)[3]
    assert third.read_bytes() == table, "a twin that is gone is written anew"
