"""Editions and messages on the local disk, from the moment they are made until everybody has them.

What lies here under its own name is complete and never changes; a step that is taken again begins from it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any, Self

from reporter.document.edition import Edition
from reporter.document.email import MailBody
from reporter.errors import LedgerError
from reporter.prices.bars import Flaw
from reporter.prices.quality import Issue, Quality, Status
from reporter.service.ledger import Ledger
from reporter.service.rows import Artifact, Run

ABOUT = "edition.json"
MEDIA = {
    ".pdf": "application/pdf",
    ".html": "text/html",
    ".json": "application/json",
    ".csv": "text/csv",
}


def edition_folder(run: Run) -> str:
    """Of a revision, relative to the state folder."""
    return f"spool/{run.run_id}-r{run.revision}"


def write_edition(edition: Edition, folder: Path) -> None:
    """Into a new folder, durably; the caller gives it its name when all is there."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    for name, content in edition.files.items():
        write(folder / name, content)
    about = {
        "brief": edition.brief,
        "session": edition.session.isoformat(),
        "quality": asdict(edition.quality),
        "headline": dict(edition.headline),
        "verdict": edition.verdict,
        "vintage": edition.vintage,
        "shortfall": edition.shortfall,
        "files": list(edition.files),
        "mails": {code: _plain(body) for code, body in edition.mails.items()},
    }
    write(folder / ABOUT, json.dumps(about, ensure_ascii=False).encode())
    sync(folder)


def holds(folder: Path, edition: Edition) -> bool:
    """Whether a folder is that of an edition of the same brief about the same session."""
    try:
        about = json.loads((folder / ABOUT).read_bytes())
    except FileNotFoundError:
        return False
    return (about["brief"], about["session"]) == (edition.brief, edition.session.isoformat())


def _plain(body: MailBody) -> dict[str, Any]:
    images = {cid: base64.b64encode(png).decode() for cid, png in body.images.items()}
    return {**asdict(body), "images": images}


def read_edition(ledger: Ledger, run: Run) -> Edition:
    """The edition of a run, as it was made.

    Raises:
        LedgerError: the spool is not as the ledger knows it.
    """
    rows = ledger.rows(Artifact, run_id=run.run_id, revision=run.revision)
    contents = {row.name: read(ledger, row.spool_path, row.sha256) for row in rows}
    if ABOUT not in contents:
        raise LedgerError(f"{run.brief} {run.occurrence}: the ledger knows no files of it; nothing is sent of it")
    about = json.loads(contents.pop(ABOUT))
    return Edition(
        brief=about["brief"],
        session=date.fromisoformat(about["session"]),
        quality=_quality(about["quality"]),
        headline=about["headline"],
        verdict=about["verdict"],
        vintage=about["vintage"],
        shortfall=about["shortfall"],
        files={name: contents[name] for name in about["files"]},
        mails={code: _body(given) for code, given in about["mails"].items()},
    )


def _quality(given: Mapping[str, Any]) -> Quality:
    return Quality(
        status=Status(given["status"]),
        usable=tuple(given["usable"]),
        issues=tuple(Issue(one["ticker"], Flaw(one["flaw"]), one["text"]) for one in given["issues"]),
        remarks=tuple(given["remarks"]),
        silent=given["silent"],
        reasons=tuple(given["reasons"]),
        way_out=given["way_out"],
    )


def _body(given: dict[str, Any]) -> MailBody:
    return MailBody(**{**given, "images": {cid: base64.b64decode(png) for cid, png in given["images"].items()}})


def has_edition(ledger: Ledger, run: Run) -> bool:
    """Whether the edition of a run was made, and is still kept."""
    return (ledger.state / edition_folder(run)).exists() and bool(
        ledger.rows(Artifact, run_id=run.run_id, revision=run.revision)
    )


def artifacts(state: Path, run: Run) -> list[Artifact]:
    """Rows for the files of a folder that has its name."""
    folder = edition_folder(run)
    return [
        Artifact(
            run_id=run.run_id or 0,
            revision=run.revision,
            name=path.name,
            spool_path=f"{folder}/{path.name}",
            media_type=MEDIA.get(path.suffix, "application/octet-stream"),
            bytes=path.stat().st_size,
            sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        )
        for path in sorted((state / folder).iterdir())
    ]


def write_content(folder: Path, content: bytes) -> str:
    """What many messages have in common; gives its name, which is that of these bytes and no others."""
    name = f"{hashlib.sha256(content).hexdigest()[:24]}.mime"
    if not (folder / name).exists():
        write(folder / f".{name}.tmp", content)
        rename(folder / f".{name}.tmp", folder / name)
    return name


class Heads:
    """Heads of messages, one after the other in one file, which the disk is waited for once: not for each reader.

    A line before each names the file beside it with its content, the SHA-256 of the whole, and its length. The message
    that is to go in place of another one follows it.
    """

    def __init__(self, folder: Path) -> None:
        self._final = folder / f"{len(list(folder.glob('*.heads')))}.heads"
        self._file = (folder / f".{self._final.name}.tmp").open("wb")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *raised: object) -> None:
        with self._file as file:
            file.flush()
            os.fsync(file.fileno())
        if kind is None:
            rename(Path(self._file.name), self._final)

    def add(self, head: bytes, content: bytes, name: str) -> tuple[str, str]:
        """Where the message will be, relative to the folder, and its SHA-256.

        Args:
            name: What `write_content` gave for the content.
        """
        sha256 = hashlib.sha256(head + content).hexdigest()
        place = f"{self._final.name}#{self._file.tell()}"
        self._file.write(f"{name} {sha256} {len(head)}\n".encode() + head)
        return place, sha256


def read_message(ledger: Ledger, path: str, sha256: str) -> bytes:
    """
    Raises:
        LedgerError: it is gone or changed.
    """
    name, _, head = _head(ledger, path)
    content = _content(ledger, f"{path.rpartition('/')[0]}/{name.replace('/', '_')}")
    return _checked(ledger, path, head + content, sha256)


def sha256_of(ledger: Ledger, path: str) -> str:
    """What `Heads.add` gave.

    Raises:
        LedgerError: it is gone.
    """
    return _head(ledger, path)[1]


def _head(ledger: Ledger, path: str) -> tuple[str, str, bytes]:
    """Name of the content, SHA-256 of the whole, and head of a message."""
    file_name, _, place = path.partition("#")
    offset, _, instead = place.partition(".")
    with _readable(ledger, file_name), (ledger.state / file_name).open("rb") as file:
        file.seek(int(offset or 0))
        for _ in range(2 if instead else 1):
            name, sha256, size = file.readline(200).decode("ascii", "replace").split() or ("", "", "0")
            head = file.read(int(size))
    return name, sha256, head


def read(ledger: Ledger, path: str, sha256: str) -> bytes:
    """A file of the spool.

    Raises:
        LedgerError: it is gone or changed.
    """
    return _checked(ledger, path, _content(ledger, path), sha256)


def _content(ledger: Ledger, path: str) -> bytes:
    with _readable(ledger, path):
        return (ledger.state / path).read_bytes()


@contextmanager
def _readable(ledger: Ledger, path: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise LedgerError(f"{ledger.state / path} cannot be read: {error.strerror}; nothing is sent of it") from error
    except ValueError as error:
        raise LedgerError(f"{ledger.state / path} has changed since it was written; nothing is sent of it") from error


def _checked(ledger: Ledger, path: str, content: bytes, sha256: str) -> bytes:
    if hashlib.sha256(content).hexdigest() != sha256:
        raise LedgerError(f"{ledger.state / path} has changed since it was written; nothing is sent of it")
    return content


def write(path: Path, content: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def rename(temporary: Path, final: Path) -> None:
    temporary.rename(final)
    sync(final.parent)


def sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
