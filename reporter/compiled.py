"""Templates as Jinja has compiled them."""

from __future__ import annotations

import hashlib
from types import CodeType
from typing import ClassVar

from jinja2 import BytecodeCache
from jinja2.bccache import Bucket

from reporter.cache import keep, read_cached


class Compiled(BytecodeCache):
    """What Jinja has compiled: kept by this process and, where there is a folder for it, for others, by hash of the
    source. Each edition has an environment of its own, which would read it again. Jinja tells whether a file is of its
    version, of ours of Python and of this source; a damaged one it never sees.
    """

    _kept: ClassVar[dict[tuple[str, str], CodeType]] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._kept.get((bucket.key, bucket.checksum))
        if bucket.code is None and (file := read_cached(_name(bucket))):
            digest, content = file[:32], file[32:]
            if hashlib.sha256(content).digest() == digest:
                bucket.bytecode_from_string(content)
                self._keep(bucket)

    def dump_bytecode(self, bucket: Bucket) -> None:
        content = bucket.bytecode_to_string()
        keep(_name(bucket), hashlib.sha256(content).digest() + content)
        self._keep(bucket)

    def _keep(self, bucket: Bucket) -> None:
        if bucket.code is not None:
            self._kept[bucket.key, bucket.checksum] = bucket.code


def _name(bucket: Bucket) -> str:
    return f"template-{bucket.key}.code"
