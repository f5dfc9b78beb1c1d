"""A guard against slowness that counts work and takes no time: imports, nodes, boxes, statements.

A limit is what was counted when it was set and a little more. Who goes beyond one has made every edition slower, and
raises it only knowing so.
"""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pikepdf
import pytest

from reporter import pipeline
from reporter.channels import MailSettings, Recipient
from reporter.charts import CHARTS
from reporter.config import Config
from reporter.document.edition import Edition
from reporter.document.email import Mail
from reporter.document.pdf import ASSETS, plain_numbers
from reporter.service.bulk import send_made
from reporter.service.ledger import open_ledger
from tests.delivery.smtp_server import SmtpServer
from tests.service.carry import BODY
from tests.test_cli import ROOT

NOW = datetime(2024, 10, 16, 22, tzinfo=UTC)
#: Libraries whose import is felt, each alone a twentieth of a second or more.
HEAVY = {
    "pandas", "numpy", "matplotlib", "weasyprint", "yfinance", "httpx", "feedparser", "nh3", "exchange_calendars",
    "apscheduler", "fontTools", "pdf_oxide", "rich", "structlog", "PIL", "distributed", "lxml", "cryptography",
    "css_inline", "fsspec", "matplotlib.figure", "matplotlib.axes",
}  # fmt: skip
PAGE = "numpy pandas matplotlib fontTools PIL fsspec"
ALLOWED = {
    "--help": "",
    "completion bash": "",
    "status": "numpy",
    "healthcheck": "numpy",
    "outbox list": "",
    "explain small-caps 2024-10-16": "",
    "archive list": "fsspec",
    "archive verify": "fsspec",
    "archive index": "fsspec",
    "archive open small-caps": "fsspec",
    "schedule --once": "numpy httpx structlog rich",
    "brief small-caps --source simulated --language en": f"{PAGE} weasyprint pdf_oxide lxml",
    "brief small-caps --source simulated --language en --format html": PAGE,
}
#: Modules that a command loads in all.
MODULES = {"status": 425, "--format html": 1095, "brief": 1375}


class Loaded(NamedTuple):
    """What is there when a command ends."""

    modules: set[str]
    threads: int
    frozen: int  # objects that Python does not look through for garbage


def loaded(command: str, folder: Path) -> Loaded:
    """As installed without the libraries that only this environment has."""
    script = (
        "import atexit, gc, json, os, sys\n"
        "def told():\n"
        "    found = [*sys.modules], len(os.listdir('/proc/self/task')), gc.get_freeze_count()\n"
        "    print('LOADED', json.dumps(found), file=sys.stderr)\n"
        "atexit.register(told)\n"
        "from reporter.cli import reporter\n"
        f"reporter({command.split()}, prog_name='reporter')"
    )
    (folder / "config.yaml").write_bytes((ROOT / "config.yaml").read_bytes())
    variables = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'benchmarks' / 'bare'}"}
    line = [sys.executable, "-c", script]
    done = subprocess.run(line, cwd=folder, env=variables, capture_output=True, text=True, check=False)
    assert "LOADED" in done.stderr, done.stderr
    modules, threads, frozen = json.loads(done.stderr.rpartition("LOADED ")[2])
    return Loaded(set(modules), threads, frozen)


@pytest.mark.parametrize("command", ALLOWED)
def test_a_command_loads_what_it_needs(command: str, tmp_path: Path) -> None:
    there = loaded(command, tmp_path)
    assert there.modules & HEAVY <= set(ALLOWED[command].split())
    for name, most in MODULES.items():
        assert name not in command or len(there.modules) <= most
    assert not command.startswith("brief") or "sqlite3" not in there.modules, "a brief without feeds keeps no headlines"
    assert there.frozen > 10_000, "the end of a process would look through all of it"
    if "pdf_oxide" not in there.modules:  # Pango looks for fonts in threads
        assert there.threads == 1


@pytest.mark.parametrize(("arguments", "code", "taken_apart"), [("--version", 0, ""), ("nonsense", 2, "taken apart")])
def test_a_command_that_is_done_ends_at_once(arguments: str, code: int, taken_apart: str, tmp_path: Path) -> None:
    """What was registered for the end is called, what was printed is there; one that failed ends as Python has it."""
    script = (
        "import os, sys\nfrom reporter.cli import main\nimport atexit\n"
        "class Left:\n    def __del__(self, write=os.write): write(2, b'taken apart')\n"
        "sys.left = Left()\natexit.register(print, 'bye')\nmain()"
    )
    line = [sys.executable, "-c", script, arguments]
    done = subprocess.run(
        line, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == code
    assert done.stdout.endswith("bye\n") and ("reporter" in done.stdout) == (code == 0)
    assert done.stderr.endswith(taken_apart) and bool(done.stderr) == bool(code)


@pytest.fixture(scope="module")
def printed(make: Callable[..., Edition]) -> tuple[str, str, dict[str, str], Edition]:
    """What WeasyPrint is given for a brief with all charts: styles, the HTML and the drawings; and the edition."""
    given: list[tuple[str, str, dict[str, str]]] = []
    render = pipeline.render_pdf
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline, "render_pdf", lambda *all_: given.append((all_[3], *all_[:2])) or render(*all_))
        edition = make(languages=("en",), formats=("html", "pdf"))
    ((sheet, html, charts),) = given
    return sheet, plain_numbers(html), dict(charts), edition


def test_the_drawings_have_few_nodes(printed: tuple[str, str, dict[str, str], Edition]) -> None:
    *_, charts, _ = printed
    bars = {name for name in charts if name.startswith("bars-")}
    assert set(charts) - bars == set(CHARTS) and len(bars) == 5, "one a row of the table of returns"
    nodes = {name: len(re.findall(r"<\w", svg)) for name, svg in charts.items()}
    assert max(nodes.values()) <= 45, nodes
    assert sum(nodes.values()) <= 175, nodes
    letters = {name: len("".join(re.findall(r"<text[^>]*>([^<]*)<", svg))) for name, svg in charts.items()}
    assert sum(letters.values()) <= 600, "WeasyPrint sets the letters of a drawing one by one"


def test_the_page_has_few_boxes(printed: tuple[str, str, dict[str, str], Edition]) -> None:
    from weasyprint import CSS, HTML

    sheet, html, charts, _ = printed
    elements = len(re.findall(r"<\w", html[html.index("<body") :]))
    assert elements <= 230
    drawn = html
    for name in charts:
        drawn = drawn.replace(f'src="{ASSETS}{name}.svg"', 'src="data:image/svg+xml,%3Csvg/%3E"')
    styles = CSS(string=re.sub(r"@font-face{[^}]*}", "", sheet))
    document = HTML(string=drawn).render(stylesheets=[styles])
    assert len(document.pages) <= 3
    boxes = sum(1 for page in document.pages for _ in page._page_box.descendants())
    assert boxes <= 780, boxes


def test_the_files_are_small(printed: tuple[str, str, dict[str, str], Edition]) -> None:
    """85 kB for a PDF, 400 for a page; a PDF has no transparency group but those of the bars, one a row."""
    _, _, charts, edition = printed
    (pdf,) = (content for name, content in edition.files.items() if name.endswith(".pdf"))
    with pikepdf.open(io.BytesIO(pdf)) as document:
        groups = [one for one in document.objects if isinstance(one, pikepdf.Stream) and "/Group" in one]
    assert len(groups) <= len(charts) - len(CHARTS), "no text of a chart is one"
    sizes = {name.rpartition(".")[2]: len(content) for name, content in edition.files.items()}
    assert sizes["pdf"] <= 85_000 and sizes["html"] <= 400_000 and sizes["svg"] <= 60_000
    assert sum(map(len, edition.files.values())) - sizes["csv"] <= 500_000


def test_the_body_of_a_mail_is_small(make: Callable[..., Edition]) -> None:
    mails = make(languages=("en", "ru"), formats=("html",), mail=Mail.READERS).mails
    assert all(len(body.html.encode()) <= 100_000 for body in mails.values())


def test_an_edition_asks_the_ledger_little(config: Config, tmp_path: Path, make: Any) -> None:
    """Statements and commits of one edition on its way, and of one reader more."""
    edition = replace(make(languages=("en",), formats=("html",)), mails={"en": BODY})

    def statements(readers: int) -> tuple[int, int]:
        with SmtpServer() as server, open_ledger(tmp_path / f"of-{readers}", NOW) as ledger:
            relay = {"host": "127.0.0.1", "port": server.port, "tls": "off"}
            mail = MailSettings.model_validate({"sender": "brief@example.com", "relay": relay})
            brief = config.briefs["small-caps"].model_copy(
                update={
                    "languages": ("en",),
                    "recipients": tuple(Recipient(address=f"reader-{n}@example.com") for n in range(readers)),
                }
            )
            ours = config.model_copy(update={"mail": mail, "output": tmp_path / str(readers), "archive": ()})
            asked: list[str] = []
            ledger.database.set_trace_callback(asked.append)
            send_made(ledger, edition, brief, ours, lambda: NOW)
            assert len(server.messages) == readers
            return len(asked), sum("COMMIT" in one for one in asked)

    (one, commits), (ten, commits_of_ten) = statements(1), statements(10)
    assert one <= 130 and (ten - one) / 9 <= 50, (one, ten)
    assert commits <= 14 and (commits_of_ten - commits) / 9 <= 5, "three that write, two looks under lock"
