"""The configuration of a process that runs for years: taken anew when its file changes, whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from reporter.config import Config
from reporter.errors import ConfigError
from reporter.service.log import log


class Reloaded:
    """The newest configuration that was right.

    Raises:
        ConfigError: the first one is wrong; later ones that are wrong are told in `problem` and not used.
    """

    def __init__(self, path: Path, load: Callable[[], Config]) -> None:
        self._path, self._load = path, load
        self._seen = self._mark()
        self.config = load()
        self.problem = ""

    def look(self) -> bool:
        """Whether another configuration holds from now on."""
        mark = self._mark()
        if mark == self._seen:
            return False
        self._seen = mark
        try:
            config = self._load()
        except ConfigError as error:
            more = f" and {len(error.problems) - 1} more" if len(error.problems) > 1 else ""
            self.problem = f"the configuration is wrong, the one before is used on: {error.problems[0]}{more}"
            return False
        self.problem = ""
        if config.state != self.config.state:
            self.problem = "`state:` was changed; restart the scheduler for it, everything else waits too"
            return False
        self.config = config
        log("configuration taken anew", path=str(self._path))
        return True

    def _mark(self) -> tuple[int, ...]:
        try:
            found = self._path.stat()
        except OSError:
            return ()
        return (found.st_mtime_ns, found.st_size, found.st_ino)
