"""Templates as Jinja has compiled them."""

from __future__ import annotations

from types import CodeType
from typing import ClassVar

from jinja2 import BytecodeCache, FileSystemBytecodeCache
from jinja2.bccache import Bucket

from reporter.cache import cache_folder


class Compiled(BytecodeCache):
    """What Jinja has compiled: kept by this process and, where there is a folder for it, for others, by hash of the
    source. Each edition has an environment of its own, which would read it again.
    """

    _kept: ClassVar[dict[tuple[str, str], CodeType]] = {}

    def __init__(self) -> None:
        folder = cache_folder()
        self.files = FileSystemBytecodeCache(str(folder)) if folder else None

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._kept.get((bucket.key, bucket.checksum))
        if bucket.code is None and self.files:
            self.files.load_bytecode(bucket)
            self._keep(bucket)

    def dump_bytecode(self, bucket: Bucket) -> None:
        if self.files:
            self.files.dump_bytecode(bucket)
        self._keep(bucket)

    def _keep(self, bucket: Bucket) -> None:
        if bucket.code is not None:
            self._kept[bucket.key, bucket.checksum] = bucket.code
