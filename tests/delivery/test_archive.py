"""The archive: whole or not at all, and never changed."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from reporter.delivery.archive import publish
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


def tree(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def test_folder_and_manifest(tmp_path: Path) -> None:
    paths = publish(EDITION, tmp_path)
    assert [path.name for path in paths] == ["a.pdf", "a.html", "facts.json", "manifest.json"]
    assert paths[0].parent == tmp_path / "small-caps" / "2024" / "2024-10-16-r0"
    manifest = json.loads(paths[-1].read_bytes())
    assert manifest["files"] == {
        name: {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
        for name, content in EDITION.files.items()
    }
    assert (manifest["brief"], manifest["session"], manifest["revision"]) == ("small-caps", "2024-10-16", 0)


def test_same_bytes_are_not_written_again(tmp_path: Path) -> None:
    first = publish(EDITION, tmp_path)
    before = [path.stat().st_mtime_ns for path in first]
    assert publish(EDITION, tmp_path) == first
    assert [path.stat().st_mtime_ns for path in first] == before


def test_other_bytes_are_the_next_revision_and_nothing_is_overwritten(tmp_path: Path) -> None:
    first = publish(EDITION, tmp_path)
    before = tree(tmp_path)
    second = publish(replace(EDITION, files={**EDITION.files, "a.html": b"<b>"}), tmp_path)
    assert second[0].parent.name == "2024-10-16-r1"
    assert {name: content for name, content in tree(tmp_path).items() if "-r0" in name} == before
    assert first[0].parent != second[0].parent


@pytest.mark.parametrize("damage", ["a.pdf", "manifest.json"])
def test_damaged_revision_is_left_alone_and_the_next_one_written(tmp_path: Path, damage: str) -> None:
    first = publish(EDITION, tmp_path)[0].parent
    (first / damage).write_bytes(b"damaged")
    second = publish(EDITION, tmp_path)[0].parent
    assert second.name == "2024-10-16-r1"
    assert (first / damage).read_bytes() == b"damaged"


@pytest.mark.parametrize("step", ["fsync", "rename"])
def test_failure_leaves_nothing_behind(tmp_path: Path, step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(*((os, "fsync", full) if step == "fsync" else (Path, "rename", full)))
    with pytest.raises(OutputError, match=r"No space left on device.*--output") as raised:
        publish(EDITION, tmp_path)
    assert raised.value.exit_code == 73
    assert tree(tmp_path) == {} and not list((tmp_path / "small-caps" / "2024").iterdir())


def test_a_file_where_the_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(OutputError, match="taken"):
        publish(EDITION, tmp_path / "taken")
