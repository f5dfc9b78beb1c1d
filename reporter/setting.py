"""What all settings have in common."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

LANGUAGE_CODE = r"^[a-z]{2}$"
WEB_ADDRESS = r"^https://\S+$"
DURATION = r"^[1-9][0-9]{0,3}[mhd]$"
LanguageCode = Annotated[str, Field(pattern=LANGUAGE_CODE)]
Duration = Annotated[str, Field(pattern=DURATION)]  # `duration` gives its length
#: YAML 1.2 knows only true and false; people also write on, off, yes and no.
SWITCH = {"on": True, "yes": True, "off": False, "no": False}
Switch = Annotated[bool, BeforeValidator(lambda value: SWITCH.get(str(value).lower(), value))]


class Setting(BaseModel):
    """Unknown keys are errors, values do not change after loading."""

    model_config = ConfigDict(
        defer_build=True, extra="forbid", frozen=True, strict=True, hide_input_in_errors=True, allow_inf_nan=False
    )


class Secret(Setting):
    """Where a secret is kept; the secret itself never stands in the configuration. `reporter.secret` reads it."""

    env: str | None = None  # name of an environment variable
    file: Path | None = None  # that only this user can read
    keyring: str | None = None  # service/name in the keyring of the system

    @model_validator(mode="before")
    @classmethod
    def _kept_elsewhere(cls, given: object) -> object:
        if not isinstance(given, dict):
            raise said("a secret does not stand here: write {env: NAME}, {file: path} or {keyring: service/name}")
        return given

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if sum(place is not None for place in (self.env, self.file, self.keyring)) != 1:
            raise said("name one place: env, file or keyring")
        return self


def said(text: str) -> PydanticCustomError:
    """A problem in plain English, for validators of settings."""
    return PydanticCustomError("said", "{text}", {"text": text})


def duration(text: str) -> timedelta:
    """`45m`, `36h`, `3d`."""
    return int(text[:-1]) * {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}[text[-1]]
