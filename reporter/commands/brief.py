"""`reporter brief`: build an edition now."""

from __future__ import annotations

import json
import os
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reporter.commands.options import as_of_option, brief_names, config_option, prices_option, source_option
from reporter.errors import DocumentError, ReporterError, UsageError
from reporter.garbage import left_lying
from reporter.request import (
    adhoc_brief,
    configuration,
    configured_brief,
    languages,
    note,
    overridden,
    session_of,
)
from reporter.terminal import steps, summarise

if TYPE_CHECKING:
    from reporter.config import Config
    from reporter.document.edition import Edition


@click.command()
@click.argument("name", metavar="[BRIEF]", required=False, shell_complete=brief_names)
@config_option
@click.option("--subject", metavar="TICKER", help="An ad-hoc brief about this fund, without configuration …")
@click.option("--benchmark", metavar="TICKER", help="… held against this one …")
@click.option("--field", metavar="A,B,C|FILE", help="… and ranked among these, or those of a file, one a line.")
@click.option("--headline-index", metavar="TICKER", help="A fund on the index that the news quote.")
@click.option("--calendar", metavar="NAME", help="The exchange whose sessions count; default: XNYS.")
@as_of_option
@source_option
@prices_option
@click.option("--language", "languages", metavar="CODE", multiple=True, help="Repeatable; default: those of the brief.")
@click.option("--output", metavar="DIR", type=click.Path(path_type=Path), help="Where editions are written.")
@click.option("--paper", type=click.Choice(["A4", "Letter"]), help="Paper of the PDF.")
@click.option(
    "--format", "formats", type=click.Choice(["html", "pdf"]), multiple=True, help="Repeatable; default: both."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object about the edition.")
@click.option("--open", "show", is_flag=True, help="Open the page when it is made.")
@left_lying()
def brief(
    name: str | None, config_path: Path | None, as_of: date | None, show: bool, as_json: bool, **given: Any
) -> None:
    """Build an edition now; nothing is mailed.

    \b
    reporter brief small-caps
    reporter brief --subject EEM --benchmark ACWI --field EFA,VGK,EWJ
    """
    adhoc = {key: given.pop(key) for key in ("subject", "benchmark", "field", "headline_index", "calendar")}
    adhoc = {key: value for key, value in adhoc.items() if value is not None}
    if adhoc and name:
        option = next(iter(adhoc)).replace("_", "-")
        raise UsageError(f"--{option} belongs to an ad-hoc brief; leave out '{name}' or --{option}")
    if adhoc and not {"subject", "benchmark"} <= adhoc.keys():
        raise UsageError("an ad-hoc brief needs both --subject and --benchmark")

    config = overridden(configuration(config_path, bool(adhoc)), given)
    name, chosen = adhoc_brief(adhoc) if adhoc else configured_brief(config, name)
    spoken = languages(config, given["languages"] or chosen.languages)

    from reporter.delivery.archive import publish
    from reporter.delivery.shelf import read_shelf
    from reporter.exchanges import brief_calendar
    from reporter.pipeline import make_edition

    now = datetime.now(UTC)
    calendar = brief_calendar(config, chosen, now)
    session = session_of(calendar, as_of, now, config.order(chosen)[0])
    with steps() as progress:
        edition = make_edition(
            config,
            name,
            chosen,
            calendar=calendar,
            as_of=session,
            languages=spoken,
            shelf=read_shelf(config.output, name, session),
            progress=progress,
        )
    paths = publish(edition, config.output, now)
    _tell(edition, paths, as_json, show)
    _enter(edition, config, now)
    if edition.shortfall:
        raise DocumentError(edition.shortfall)


def _enter(edition: Edition, config: Config, now: datetime) -> None:
    """Into the index page of the folder, where it has one; what prevents that costs a line and not the edition."""
    if not (config.output / "index.html").is_file():
        return
    from reporter.delivery.target import local_target
    from reporter.service.index_page import bring_up_to_date

    try:
        bring_up_to_date(local_target(config.output), config, now, volume=(edition.brief, edition.session.year))
    except (ReporterError, OSError) as error:
        note(f"the index page does not know the edition yet: {error}; `reporter archive index` takes it in")


def _tell(edition: Edition, paths: tuple[Path, ...], as_json: bool, show: bool) -> None:
    """What was made: paths or JSON for programs, the gist for a person at a terminal."""
    quality = edition.quality
    if quality.status != "ok":
        note(f"{quality.status}: {'; '.join(quality.notes)}")
    else:
        for feed, why in quality.silent.items():
            note(f"no headlines from {feed}: {why}")
    summarise(
        edition.headline.values(), (edition.brief, edition.session.isoformat(), evidence(edition), str(quality.status))
    )
    if as_json:
        told = {
            "brief": edition.brief,
            "as_of": edition.session.isoformat(),
            "quality": {"status": str(quality.status), "notes": list(quality.notes)},
            "title": dict(edition.headline),
            "verdict": edition.verdict,
            "vintage": edition.vintage,
            "files": [str(path) for path in paths],
        }
        click.echo(json.dumps(told, indent=2))  # ASCII, so that no terminal's encoding can break it
    else:
        for path in paths:
            click.echo(os.fsencode(path))
    page = next((path for path in paths if path.suffix == ".html"), None)
    if show and page:
        click.launch(str(page))


def evidence(edition: Edition) -> str:
    """The verdict with its count: `evidence thin, 1 of 6`."""
    if not edition.verdict:
        return "too short a history for a verdict"
    verdict = json.loads(edition.files.get("facts.json", b"{}")).get("verdict")
    said = "no evidence" if edition.verdict == "none" else f"evidence {edition.verdict}"
    return said + (f", {verdict['met']} of {verdict['of']}" if verdict else "")
