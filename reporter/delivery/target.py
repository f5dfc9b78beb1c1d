"""A place that keeps files: a folder, a Windows share, an SFTP server or a bucket. The only user of fsspec.

A file gets its name only when all of it is there and has been read back, and a name that is taken is never taken again.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from reporter.channels import ArchiveTarget
from reporter.crash import crash_point
from reporter.delivery.schemes import CONNECT, REPLACE, SETTLE, failures
from reporter.errors import ConfigError, OutputError
from reporter.secret import read_secret

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

MARKER = ".brief-archive-id"
STALE = timedelta(hours=24)  # of temporary files that a dead process of ours left behind

#: Bytes from which a second file with the same content is a link to the first: a table of prices, in a batch.
LARGE = 1_000_000
PIECE = 65_536  # bytes that are read at once, of a file on this machine


def sha256_of(content: bytes) -> str:
    """In hexadecimal digits."""
    return _sha256_of_large(content) if len(content) >= LARGE else hashlib.sha256(content).hexdigest()


@lru_cache(maxsize=4)
def _sha256_of_large(content: bytes) -> str:
    """Kept, since the editions of a batch share their tables of prices."""
    return hashlib.sha256(content).hexdigest()


class Target:
    """Paths are relative to its root, with `/` between their parts."""

    def __init__(self, name: str, fs: AbstractFileSystem, root: str, place: str, kind: str) -> None:
        self.name = name
        self.place = place  # as a person would write it
        self._fs = fs
        self._root = root.rstrip("/")
        self._kind = kind
        self._settle = SETTLE[kind]
        self._large: dict[str, str] = {}  # SHA-256 of what was written here -> a file that holds it

    def read(self, path: str) -> bytes:
        """
        Raises:
            FileNotFoundError: it is not there.
            OutputError: the place is away.
        """
        with self._plainly("read", path):
            return self._cat(self._at(path))

    def sha256(self, path: str) -> str:
        """Of a file, in hexadecimal digits; raises as `read`."""
        if self._kind != "file":
            return hashlib.sha256(self.read(path)).hexdigest()
        with self._plainly("read", path), self._fs.open(self._at(path), "rb") as file:  # not all of it at once
            return hashlib.file_digest(file, "sha256").hexdigest()

    def names(self, path: str) -> list[str]:
        """What is in a folder, sorted; nothing where there is no folder."""
        with self._plainly("list", path):
            try:
                with _by_kind():
                    found = self._fs.ls(self._at(path), detail=False)
            except FileNotFoundError:
                return []
            return sorted({name.rstrip("/").rpartition("/")[2] for name in found} - {""})

    def create(self, path: str, content: bytes, mark: str, now: datetime) -> bool:
        """Write a new file: under a temporary name, read back, then renamed.

        Args:
            mark: Who writes, eight characters; its own stale temporary files are recognised by it.

        Returns:
            False where a file with these very bytes is there already.

        Raises:
            FileExistsError: a file with other bytes is there; it stays as it is.
            OutputError: it cannot be written; nothing has the name.
        """
        with self._plainly("write", path):
            final = self._at(path)
            if self._holds(final, content):
                return False
            if self._kind == "s3":  # an object appears only when all of it is there
                self._put_object(path, content, mode="create")
                self._fs.invalidate_cache()
                crash_point("archive-temp")
                self._check(final, content)
                return True
            self._make_folder(path)
            temporary = self._temporary(final, mark, now)
            try:
                self._write(temporary, content)
                crash_point("archive-temp")
                self._check(temporary, content)
                with _by_kind():
                    self._settle(self._fs, temporary, final)
            except BaseException as error:
                with suppress(*failures(self._kind)):
                    self._fs.rm_file(temporary)
                if not self._is_there(final, content):
                    if isinstance(error, FileNotFoundError):
                        raise OutputError(
                            f"cannot write '{path}' in {self.place}: what was just written there is gone. Is the share "
                            "still mounted?"
                        ) from error
                    raise
                # A server renamed and went before it said so.
            crash_point("archive-file")
            if len(content) >= LARGE and self._kind == "file":
                self._large[sha256_of(content)] = final
            return True

    def replace(self, path: str, content: bytes, mark: str, now: datetime) -> None:
        """Write a convenience such as an index, which follows from other files and may be lost."""
        with self._plainly("write", path):
            final = self._at(path)
            with suppress(FileNotFoundError):
                if self._cat(final) == content:
                    return
            if self._kind == "s3":
                self._put_object(path, content)
                return
            self._make_folder(path)
            temporary = self._temporary(final, mark, now)
            try:
                self._write(temporary, content)
                REPLACE[self._kind](self._fs, temporary, final)
            except BaseException:
                with suppress(*failures(self._kind)):
                    self._fs.rm_file(temporary)
                raise

    def remove(self, path: str) -> None:
        """A file; it may be gone already."""
        with self._plainly("remove", path), suppress(FileNotFoundError), _by_kind():
            self._fs.rm_file(self._at(path))

    def take_back(self, path: str) -> None:
        """A file that was written to the wrong place, and the folders that are empty then."""
        self.remove(path)
        folder = path.rpartition("/")[0]
        while folder and not self.names(folder):
            self.remove_folder(folder)
            folder = folder.rpartition("/")[0]

    def remove_folder(self, path: str) -> None:
        """An empty folder."""
        if self._kind != "s3":
            with self._plainly("remove", path), suppress(FileNotFoundError), _by_kind():
                self._fs.rmdir(self._at(path))

    def sweep(self, path: str, mark: str, now: datetime) -> None:
        """Remove temporary files that this writer left in a folder longer ago than STALE."""
        pattern = re.compile(rf"\..+\.{re.escape(mark)}-(\d{{8}}T\d{{6}})-[0-9a-f]{{6}}\.tmp")
        for name in self.names(path):
            if found := pattern.fullmatch(name):
                written = datetime.strptime(found[1], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
                if now - written > STALE:
                    self.remove(f"{path}/{name}")

    def _put_object(self, path: str, content: bytes, **more: str) -> None:
        try:
            self._fs.pipe_file(self._at(path), content, **more)
        except FileNotFoundError as error:
            raise OutputError(f"cannot write '{path}' in {self.place}: there is no such bucket") from error

    def _make_folder(self, path: str) -> None:
        """The one that a file is to be in, with those above it."""
        try:
            with _by_kind():
                self._fs.makedirs(self._at(path).rpartition("/")[0], exist_ok=True)
        except (FileNotFoundError, FileExistsError) as error:  # a link that leads nowhere; a file of that name
            raise OutputError(
                f"cannot write '{path}' in {self.place}: no such folder. Is the share mounted?"
            ) from error

    def _at(self, path: str) -> str:
        return f"{self._root}/{path}" if path else self._root

    def _temporary(self, final: str, mark: str, now: datetime) -> str:
        folder, _, name = final.rpartition("/")
        return f"{folder}/.{name}.{mark}-{now.astimezone(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(3)}.tmp"

    def _holds(self, final: str, content: bytes) -> bool:
        try:
            found = self._cat(final)
        except FileNotFoundError:
            return False
        if found != content:
            raise FileExistsError(final)
        return True

    def _is_there(self, final: str, content: bytes) -> bool:
        try:
            return self._holds(final, content)
        except FileExistsError:
            raise
        except failures(self._kind):
            return False

    def _cat(self, path: str) -> bytes:
        with _by_kind():
            content: bytes = self._fs.cat_file(path)
            return content

    def _write(self, temporary: str, content: bytes) -> None:
        if twin := self._large.get(sha256_of(content)) if len(content) >= LARGE else None:
            with suppress(OSError):  # no links here, or the twin is gone: a file of its own then
                os.link(twin, temporary)
                return
        more = {"share_access": "r"} if self._kind == "smb" else {}
        with self._fs.open(temporary, "wb", **more) as file:
            file.write(content)
            if self._kind == "file":
                file.flush()
                os.fsync(file.fileno())

    def _check(self, path: str, content: bytes) -> None:
        if self._kind == "file":  # in pieces: a second copy of a table of prices is the most memory of a brief
            with self._fs.open(path, "rb") as file:
                same = all(file.read(PIECE) == content[at : at + PIECE] for at in range(0, len(content) + 1, PIECE))
        else:
            same = self._cat(path) == content
        if not same:
            raise OSError(f"what was written to {path} is not what is read there")

    @contextmanager
    def _plainly(self, what: str, path: str) -> Iterator[None]:
        """Failures of the library behind the scheme as ours; whether a file is there or not passes as it is."""
        try:
            yield
        except (FileNotFoundError, FileExistsError):
            raise
        except failures(self._kind) as error:
            raise OutputError(f"cannot {what} '{path or '.'}' in {self.place}: {_reason(error)}") from error


@contextmanager
def _by_kind() -> Iterator[None]:
    """Every library's way to say that a name is free or taken, as Python says it."""
    try:
        yield
    except (FileNotFoundError, FileExistsError):
        raise
    except OSError as error:
        if error.errno == errno.ENOENT:
            raise FileNotFoundError(str(error)) from error
        if error.errno == errno.EEXIST:
            raise FileExistsError(str(error)) from error
        raise


def open_target(settings: ArchiveTarget) -> Target:
    """Connect to a target of the configuration.

    Raises:
        OutputError: it is away, or its host key is not known.
        ConfigError: a secret or a library is missing.
    """
    if settings.folder is not None:
        return local_target(settings.folder, settings.name)
    address = urlsplit(str(settings.url))
    what = f"archive.{settings.name}"
    password = read_secret(settings.password, f"{what}.password") if settings.password else None
    place = f"'{settings.url}'"
    try:
        fs = CONNECT[address.scheme](settings, str(address.hostname), password)
    except ImportError as error:
        raise ConfigError([f"{what}: install the extra `{address.scheme}` for {address.scheme}:// targets"]) from error
    except failures(address.scheme) as error:
        file = getattr(error, "filename", None)  # as the list of known hosts
        raise OutputError(f"cannot reach {place}: {_reason(error)}{f' ({file})' if file else ''}") from error
    root = f"{address.netloc}{address.path}" if address.scheme == "s3" else address.path
    return Target(settings.name, fs, root, place, address.scheme)


def local_target(folder: Path, name: str = "output") -> Target:
    """A folder of this machine, or a share that is mounted there."""
    from fsspec.implementations.local import LocalFileSystem

    return Target(name, LocalFileSystem(), str(folder.absolute()), f"'{folder}'", "file")


def _reason(error: BaseException) -> str:
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(str(text).split())[:200]
