"""Templates as Jinja has compiled them."""

from __future__ import annotations

import marshal
from contextlib import suppress
from types import CodeType
from typing import ClassVar

from jinja2 import BytecodeCache
from jinja2.bccache import Bucket, bc_magic

from reporter.cache import keep, read_cached


class Compiled(BytecodeCache):
    """What Jinja has compiled: kept by this process and, where there is a folder for it, for others, by hash of the
    source. Each edition has an environment of its own, which would read it again.

    Jinja's own cache of files gives them to marshal as files, which takes it four times as long.
    """

    _kept: ClassVar[dict[tuple[str, str], CodeType]] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._kept.get((bucket.key, bucket.checksum))
        if bucket.code is None and (file := read_cached(_name(bucket))) and file.startswith(_head(bucket)):
            with suppress(EOFError, TypeError, ValueError):  # damaged
                bucket.code = marshal.loads(file[len(_head(bucket)) :])  # noqa: S302  of our own folder
                self._keep(bucket)

    def dump_bytecode(self, bucket: Bucket) -> None:
        keep(_name(bucket), _head(bucket) + marshal.dumps(bucket.code))
        self._keep(bucket)

    def _keep(self, bucket: Bucket) -> None:
        if bucket.code is not None:
            self._kept[bucket.key, bucket.checksum] = bucket.code


def _name(bucket: Bucket) -> str:
    return f"template-{bucket.key}.code"


def _head(bucket: Bucket) -> bytes:
    """Version of Python and of what Jinja compiles to, and the source."""
    return bc_magic + bucket.checksum.encode()
