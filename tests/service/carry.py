"""`reporter send` with an edition that is made in no time, in a process of its own that can be killed.

Everything but the drawing of pages is the real thing: the command, the spool, the ledger, the archive, the mail. The
process is forked off the tests, so that it need not load everything again.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

from reporter.cli import reporter
from reporter.document.edition import Edition
from reporter.document.email import MailBody
from reporter.errors import DataError
from reporter.service import making
from reporter.service.making import Order
from tests.delivery.test_archive import EDITION

READERS = ("ann@example.com", "bea@example.com", "cyd@example.com")
BODY = MailBody(subject="Title", preheader="", text="Text\n", html="<p>Text</p>", images={})


def gather(order: Order, *_: Any) -> dict[str, bytes]:
    """Prices in no time; a line a call into `asked`, beside the configuration."""
    with Path("asked").open("a") as asked:
        asked.write(f"{order.session}{' anew' if order.anew else ''}\n")
    if Path("refuse").exists():
        raise DataError("small refused: IJR: stale")
    about = {"vintage": {"source": "simulated", "sha256": os.urandom(32).hex()}, "quality": {"status": "ok"}}
    return {"settings.json": json.dumps(about).encode()}


def made_of(files: dict[str, bytes], order: Order, *_: Any) -> Edition:
    name, as_of, languages = order.name, order.session, order.brief.languages
    made = {f"{name}-{as_of}-{code}.pdf": b"%PDF-" + code.encode() for code in languages}
    made |= {"facts.json": files["settings.json"]}
    mails = {code: replace(BODY, subject=f"Title {code}") for code in languages}
    vintage = json.loads(files["settings.json"])["vintage"]["sha256"]
    return replace(EDITION, brief=name, session=as_of, vintage=vintage, files=made, mails=mails)


class Started:
    """The command line in a forked process."""

    def __init__(self, folder: Path, arguments: Sequence[str], crash_at: str) -> None:
        self.returncode: int | None = None
        self.said = [folder / f".{name}-{os.urandom(4).hex()}" for name in ("out", "err")]
        self.pid = os.fork()
        if self.pid == 0:
            self._work(folder, arguments, crash_at)

    def _work(self, folder: Path, arguments: Sequence[str], crash_at: str) -> None:
        code = 99
        try:
            os.chdir(folder)
            os.environ["BRIEF_CRASH_AT"] = crash_at
            for number, path in enumerate(self.said, 1):
                os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT), number)
            sys.stdout, sys.stderr = os.fdopen(1, "w"), os.fdopen(2, "w")
            making.gather, making.made_of = gather, made_of
            reporter(list(arguments), prog_name="reporter")
        except SystemExit as end:
            code = int(end.code or 0)
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

    def end(self) -> CompletedProcess[str]:
        self.returncode = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        out, err = (path.read_text() for path in self.said)
        return CompletedProcess([], self.returncode, out, err)
