"""Checks of what is ours: state folder, ledger, secrets, and who is told."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from reporter.config import Config
from reporter.errors import ConfigError
from reporter.secret import read_secret
from reporter.service.doctor.finding import Finding, fail, ok, warn
from reporter.service.ledger import open_ledger
from reporter.service.ledger_file import file_system
from reporter.setting import Secret, Setting

ENOUGH = 500_000_000  # bytes


def disk(config: Config, _: datetime) -> Iterator[Finding]:
    """The state folder: rights, space, kind of file system."""
    state = config.state
    there = next(folder for folder in (state, *state.resolve().parents) if folder.exists())
    if not os.access(there, os.R_OK | os.W_OK | os.X_OK):
        yield fail(f"this user cannot write to '{there}'", "give it the rights, or set `state:`", 77)
        return
    free = shutil.disk_usage(there).free
    if free < ENOUGH:
        yield fail(f"{free / 1e6:.0f} MB are free for '{state}'", "make room: 500 MB at least", 74)
    if state.exists() and stat.S_IMODE(state.stat().st_mode) & 0o077:
        yield warn(f"others can read '{state}', where mail lies", f"chmod 700 '{state}'")
    yield ok(f"'{state}' on {file_system(there) or 'a file system of unknown kind'}, {free / 1e9:.1f} GB free")


def ledger(config: Config, now: datetime) -> Iterator[Finding]:
    """The ledger opens, is whole, and lies on a local disk; who holds the lock."""
    if not config.state.exists():
        yield ok("none yet; the first start makes it")
        return
    with open_ledger(config.state, now) as opened:
        problems = opened.database.execute("PRAGMA integrity_check(3)").fetchall()
        if problems != [("ok",)]:
            yield fail(f"damaged: {problems[0][0]}", f"put back a copy from '{config.state / 'backup'}'")
            return
        yield ok(f"whole, born {opened.get('born_utc')}")
    lock = config.state / "scheduler.lock"
    if lock.exists() and (holder := lock.read_text(encoding="utf-8", errors="replace")):
        yield ok(f"last scheduler: process {holder[:60]}")


def secrets(config: Config, _: datetime) -> Iterator[Finding]:
    """Every secret that the configuration names can be read, by this user alone."""
    places = list(_secrets(config, ""))
    wrong = 0
    for what, secret in places:
        try:
            read_secret(secret, what)
        except ConfigError as error:
            wrong += 1
            fix = "set it where the service is started" if secret.env else ""
            yield fail(str(error), fix, error.exit_code)
    if not wrong:
        yield ok(f"all can be read ({len(places)})" if places else "none are used")


def _secrets(value: Any, where: str) -> Iterator[tuple[str, Secret]]:
    if isinstance(value, Secret):
        yield where, value
    elif isinstance(value, Setting):
        for name, inner in value:
            yield from _secrets(inner, f"{where}.{name}".lstrip("."))
    elif isinstance(value, tuple):
        for number, inner in enumerate(value):
            yield from _secrets(inner, f"{where}.{number}")
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _secrets(inner, f"{where}.{name}")


def people(config: Config, _: datetime) -> Iterator[Finding]:
    """Whether somebody gets each scheduled brief, and somebody hears when it fails."""
    scheduled = [name for name, brief in config.briefs.items() if brief.schedule]
    if not scheduled:
        yield warn("no brief has a schedule", "add `schedule:` to one, see config.yaml")
        return
    unread = [name for name in scheduled if not (config.briefs[name].recipients or config.briefs[name].recipients_file)]
    for name in unread:
        yield warn(f"nobody gets {name}", "add `recipients:` to it")
    if not config.mail:
        yield warn("nothing is mailed", "add `mail:` with a relay")
    owner = config.owner
    if owner.addresses and not config.mail:
        yield fail("owner.addresses cannot be reached without `mail:`", "add `mail:`, or a webhook", 78)
    elif not (owner.addresses or owner.webhook):
        yield warn("nobody is told when something fails", "add `owner:` with addresses or a webhook")
    elif not owner.ping:
        yield warn("nobody notices when this machine is off", "add `owner.ping:`, an address that expects to be asked")
    elif config.mail and not unread:
        yield ok(f"every scheduled brief has readers ({len(scheduled)}), and the owner hears of trouble")
