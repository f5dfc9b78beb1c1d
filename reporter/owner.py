"""Settings of whoever runs the service: who is told when something goes wrong, and how long a step may take."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import model_validator

from reporter.address import mailbox
from reporter.setting import Duration, Secret, Setting, said


class Owner(Setting):
    """Who is told, by ways that do not depend on each other."""

    addresses: tuple[str, ...] = ()  # get a plain mail about what went wrong, and a line of account a week
    webhook: Secret | None = None  # address that takes the same as JSON; it is a secret, for whoever knows it can post
    webhook_shape: Literal["slack", "ntfy"] = "slack"  # slack fits Mattermost and Teams' workflows too
    ping: Secret | None = None  # address that is asked for while all is well; silence there is the alarm
    metrics: Path | None = None  # a file for the text-file collector of Prometheus

    @model_validator(mode="after")
    def _addresses(self) -> Self:
        for address in self.addresses:
            try:
                mailbox(address)
            except ValueError as error:
                raise said(f"addresses: {error}") from error
        return self


class StageLimits(Setting):
    """After how long without any progress a step is ended and tried again."""

    fetch: Duration = "15m"
    build: Duration = "10m"
    archive: Duration = "15m"
    mail: Duration = "30m"
