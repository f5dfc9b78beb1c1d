"""`reporter prices`: the store of prices from the network."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reporter.commands.options import brief_names, config_option
from reporter.errors import DataError, DifferenceError, UpstreamError
from reporter.request import configuration, configured_brief, note

if TYPE_CHECKING:
    from reporter.config import Config

as_json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


@click.group(short_help="The store of prices from the network.")
def prices() -> None:
    """The store of prices: what it holds, bring it up to date, check it, copy it."""


@prices.command(short_help="What is stored.")
@config_option
@as_json_option
def status(config_path: Path | None, as_json: bool) -> None:
    """What is stored: each fund, its sessions, when it came and what was restated."""
    from reporter.prices.database import open_store

    config = configuration(config_path, adhoc=True)
    told: list[dict[str, Any]] = []
    if config.prices_store.exists():
        with open_store(config.prices_store) as store:
            for source, ticker in store.listing():
                series, pulls = store.read(source, ticker), store.pulls(source, ticker)
                if series is None:
                    continue
                told.append({
                    "source": source, "ticker": ticker, "currency": series.currency, "bars": len(series.bars),
                    "first": str(series.bars["session"][0]), "last": str(series.bars["session"][-1]),
                    "fetched_at": pulls[-1].at.isoformat(), "pulls": len(pulls), "revision": series.revision,
                    "pending": series.pending,
                    "changes": [f"{pull.at:%Y-%m-%d}: {pull.change}" for pull in pulls if pull.change],
                })  # fmt: skip
    if as_json:
        click.echo(json.dumps({"store": str(config.prices_store), "series": told}, indent=2))
        return
    click.echo(f"{config.prices_store}: {len(told) or 'no'} series")
    for one in told:
        line = "{source:<7} {ticker:<8} {first} to {last} {bars:>6} bars  fetched {fetched_at:.10}".format_map(one)
        click.echo(line + (f"  revision {one['revision']}" if one["revision"] else ""))
        for change in one["changes"][-3:]:
            click.echo(f"        {change}")


@prices.command(short_help="Ask the sources for new bars.")
@click.argument("name", metavar="[BRIEF]", required=False, shell_complete=brief_names)
@config_option
@as_json_option
def update(name: str | None, config_path: Path | None, as_json: bool) -> None:
    """Ask the sources of a brief, or of all, for new bars; the last sessions are compared at any rate."""
    from reporter.config import SETTLED
    from reporter.exchanges import brief_calendar
    from reporter.pipeline import backdrop
    from reporter.prices.database import open_store
    from reporter.prices.load import listing
    from reporter.prices.sources import NETWORK, connection
    from reporter.prices.update import update as bring_up_to_date

    config = configuration(config_path, adhoc=False)
    briefs = [configured_brief(config, name)[1]] if name else list(config.briefs.values())
    now = datetime.now(UTC)
    wanted: dict[Any, dict[str, Any]] = {}
    for brief in briefs:
        source = next((one for one in config.order(brief) if one in NETWORK), None)
        if source is None:
            continue
        calendar = brief_calendar(config, brief, now)
        last = calendar.last_completed(now - SETTLED)
        for ticker in (*brief.tickers, *backdrop(brief)):
            wanted.setdefault(source, {})[ticker] = listing(ticker, calendar, last)
    if not wanted:
        note("no brief has a source on the network: nothing to update")
    told: dict[str, Mapping[str, Any]] = {}
    for source, listings in wanted.items():
        with open_store(config.prices_store) as store:
            report = bring_up_to_date(store, source, partial(connection, source, config.sources), listings, again=True)
        told[source] = {
            "added": {ticker: count for ticker, count in report.added.items() if count},
            "changes": report.changes,
            "problems": {ticker: problem.text for ticker, problem in report.problems.items()},
        }
    _tell(told, as_json)


def _tell(told: Mapping[str, Mapping[str, Any]], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(told, indent=2))
    for source, one in told.items():
        if not as_json:
            bars = sum(one["added"].values())
            click.echo(f"{source}: {bars} new bars of {len(one['added'])} funds")
            for ticker, change in one["changes"].items():
                click.echo(f"        {ticker}: {change}")
        for text in _folded(one["problems"]):
            note(text)
    if problems := [text for one in told.values() for text in one["problems"].values()]:
        raise UpstreamError(f"{len(problems)} funds are not up to date")


def _folded(problems: Mapping[str, str]) -> list[str]:
    """One line a reason, with all tickers that it holds for."""
    tickers: dict[str, list[str]] = {}
    for ticker, text in problems.items():
        tickers.setdefault(text.removeprefix(f"{ticker}: "), []).append(ticker)
    return [f"{', '.join(several)}: {reason}" for reason, several in tickers.items()]


@prices.command(short_help="Check the store.")
@config_option
def verify(config_path: Path | None) -> None:
    """Check the store: SQLite's own check, every block of bars, every bar."""
    from reporter.prices.bars import first_fault
    from reporter.prices.database import open_store

    config = configuration(config_path, adhoc=True)
    path = _existing(config)
    found: list[str] = []
    with open_store(path) as store:
        found += store.damage()
        series = store.listing()
        for source, ticker in series:
            try:
                known = store.read(source, ticker)
            except DataError as error:
                found.append(str(error))
                continue
            if known and (fault := first_fault(known.bars, ticker)):
                found.append(f"{ticker} ({source}): {known.bars['session'][fault.row]}: {fault.text}")
    for text in found:
        note(text)
    if found:
        raise DifferenceError(f"{path}: {len(found)} faults")
    click.echo(f"{path}: {len(series)} series, every block as it was written")


@prices.command(short_help="Write the store as CSV files.")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--source", type=click.Choice(["yahoo", "tiingo", "fred"]), help="Of one source only.")
@config_option
def export(folder: Path, source: str | None, config_path: Path | None) -> None:
    """Write the store as CSV files that --prices reads: FOLDER/<source>/IJR.csv."""
    from reporter.prices.database import open_store
    from reporter.prices.exchange import write_csv

    config = configuration(config_path, adhoc=True)
    written = 0
    with open_store(_existing(config)) as store:
        for name, ticker in store.listing():
            series = store.read(name, ticker)
            if series and source in (None, name):
                click.echo(os.fsencode(write_csv(series, folder / name)))
                written += 1
    if not written:
        note(f"the store has no prices{f' of {source}' if source else ''}: nothing is exported")


@prices.command(name="import", short_help="Read CSV files into the store.")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--source", required=True, type=click.Choice(["yahoo", "tiingo", "fred"]), help="Whose prices they are.")
@config_option
def import_(folder: Path, source: str, config_path: Path | None) -> None:
    """Read CSV files, such as those of `export`, into the store, as if the source had given them."""
    from reporter.prices.database import open_store
    from reporter.prices.exchange import read_csv

    config = configuration(config_path, adhoc=True)
    now = datetime.now(UTC)
    given = read_csv(folder, now.date())
    with open_store(config.prices_store) as store:
        for ticker, bars in given.items():
            with store.writing():
                known = store.read(source, ticker)
                revision = known.revision + 1 if known else 0
                currency = known.currency if known else ""
                store.write(source, ticker, bars, currency=currency, revision=revision, at=now, change="imported")
            click.echo(f"{source} {ticker}: {len(bars)} bars")


def _existing(config: Config) -> Path:
    if not config.prices_store.exists():
        raise DataError(f"there is no store of prices at '{config.prices_store}'; `reporter prices update` makes one")
    return config.prices_store
