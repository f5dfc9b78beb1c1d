"""The places where editions are kept, by their names in the configuration."""

from __future__ import annotations

from reporter.channels import ArchiveTarget
from reporter.config import Config
from reporter.delivery.target import Target, local_target, open_target
from reporter.errors import ConfigError

OUTPUT = "output"  # the target that is always there: the folder of the setting
MARKERS = "archive:"  # before the name of a target in the ledger's `meta`: what its identity file holds


def targets(config: Config) -> list[str]:
    """Names of all places where editions are kept."""
    return [OUTPUT, *(target.name for target in config.archive)]


def opened(config: Config, name: str) -> Target:
    """A target by its name."""
    settings = settings_of(config, name)
    return open_target(settings) if settings else local_target(config.output)


def settings_of(config: Config, name: str) -> ArchiveTarget | None:
    """Settings of a target; None for the folder `output`.

    Raises:
        ConfigError: there is none of this name any more.
    """
    if name == OUTPUT:
        return None
    found = next((target for target in config.archive if target.name == name), None)
    if found is None:
        raise ConfigError([f"archive: there is no target '{name}' any more; put it back, or cancel what waits for it"])
    return found
