"""`reporter doctor`: whether the next edition will go out."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reporter.commands.options import config_option
from reporter.errors import UsageError
from reporter.request import configuration

if TYPE_CHECKING:
    from reporter.service.doctor import Result


@click.command(short_help="Check everything that an edition needs.")
@config_option
@click.option("--send-test", is_flag=True, help="Send a word to the owner on every way that is set up.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def doctor(config_path: Path | None, send_test: bool, as_json: bool) -> None:
    """Look at everything that an edition needs; one line a check, with what to do. Nothing is mailed to readers."""
    from reporter.service.doctor import Result, examine
    from reporter.service.doctor.finding import fail, ok

    now = datetime.now(UTC)
    config = configuration(config_path, False)
    results = [Result("config", ok("is right"))]
    if not as_json:
        _say(results[0])
    for result in examine(config, now):
        results.append(result)
        if not as_json:
            _say(result)
    if send_test:
        from reporter.service.log import configure_log
        from reporter.service.notify import tell

        configure_log()  # what stands in the way is said there
        if not (config.owner.addresses or config.owner.webhook):
            raise UsageError("--send-test: nobody to tell; add `owner:` with addresses or a webhook")
        arrived = tell(config.owner, config.mail, "[reporter] test", "This is how you would hear of trouble.\n", now)
        text = "the owner was told" if arrived else "the owner could not be reached"
        results.append(Result("test", ok(text) if arrived else fail(text, "see the lines above", 69)))
        if not as_json:
            _say(results[-1])
    if as_json:
        found = [{"check": one.check, **vars(one.finding)} for one in results]
        click.echo(json.dumps({"checks": found}, indent=2))
    click.get_current_context().exit(max(one.finding.code for one in results))


def _say(result: Result) -> None:
    finding = result.finding
    fix = f"  → {finding.fix}" if finding.fix else ""
    click.echo(f"{finding.level:4}  {result.check:9}  {finding.text}{fix}")
