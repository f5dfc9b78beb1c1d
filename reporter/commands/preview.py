"""`reporter preview`: a brief as page, PDF and mail, made again when something changes."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reporter.commands.options import as_of_option, brief_names, config_option, prices_option, source_option
from reporter.init import bundled_config
from reporter.request import CONFIG_FILE, configuration, configured_brief, note, overridden, session_of

if TYPE_CHECKING:
    from reporter.document.edition import Edition


@click.command(short_help="Show a brief while you change it.")
@click.argument("name", metavar="[BRIEF]", required=False, shell_complete=brief_names)
@config_option
@as_of_option
@source_option
@prices_option
@click.option("--host", default="127.0.0.1", show_default=True, help="An address of this machine; no other is served.")
@click.option("--port", default=8747, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one.")
@click.option("--open", "show", is_flag=True, help="Open it in the browser.")
def preview(
    name: str | None, config_path: Path | None, as_of: date | None, host: str, port: int, show: bool, **given: Any
) -> None:
    """Show a brief as page, PDF and mail side by side, made again whenever configuration, templates or words change.

    Nothing is archived and nothing is mailed. Ctrl-C ends it.

    \b
    reporter preview small-caps --source simulated --open
    """
    from reporter.service.preview import open_server, serve, watched_files

    server = open_server(host, port)
    atelier = Atelier(config_path, name, as_of, given)
    address = f"http://{f'[{host}]' if ':' in host else host}:{server.server_address[1]}/"
    click.echo(address)
    if show:
        click.launch(address)
    serve(server, atelier.make, lambda: watched_files(*atelier.watched), note)


class Atelier:
    """Makes the edition; a source is asked again only when the configuration wants other things of it."""

    def __init__(self, config: Path | None, name: str | None, as_of: date | None, given: dict[str, Any]) -> None:
        self._path, self._name, self._as_of = config, name, as_of
        self._given = {**given, "output": None, "paper": None, "formats": ()}
        self._asked: object = None
        self._material: Any = None
        self.watched: tuple[Path, Path | None, Path | None] = (config or CONFIG_FILE, None, None)
        if not (config or CONFIG_FILE.exists()):
            self.watched = (bundled_config(), None, None)

    def make(self) -> Edition:
        """
        Raises:
            ReporterError: whatever `reporter brief` would say.
        """
        from reporter.delivery.shelf import read_shelf
        from reporter.document.email import Mail
        from reporter.exchanges import brief_calendar
        from reporter.pipeline import build_edition, gather_material

        config = overridden(configuration(self._path, adhoc=False), self._given)
        self.watched = (self.watched[0], config.templates, config.quotes)
        config = config.model_copy(update={"formats": ("html", "pdf")})
        name, brief = configured_brief(config, self._name)
        quotes = config.quotes.read_bytes() if config.quotes and config.quotes.is_file() else b""
        asked = (config.sources, config.quotes, quotes, config.output, name, brief)
        if asked != self._asked:
            now = datetime.now(UTC)
            calendar = brief_calendar(config, brief, now)
            session = session_of(calendar, self._as_of, now, config.order(brief)[0])
            shelf = read_shelf(config.output, name, session)
            self._material = gather_material(
                config, name, brief, calendar=calendar, as_of=session, shelf=shelf, progress=note
            )
            self._asked = asked
        _, facts, voices = self._material
        return build_edition(config, brief, facts, voices, languages=brief.languages, mail=Mail.READERS)
