"""Many editions: the file that asks for them, the engines that make them, what is done again and what is not."""

from __future__ import annotations

import json
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from reporter.batch import Outcome, Shared, build, gallery, is_made, run_batch, shared_part
from reporter.batch_file import Job, read_batch
from reporter.charts import gallery as gallery_module
from reporter.config import Config, FilesSettings
from reporter.delivery.archive import publish
from reporter.document.edition import Edition
from reporter.document.email import Mail
from reporter.engines import run_all
from reporter.errors import ConfigError
from reporter.pipeline import gated_prices
from reporter.prices.bars import TITLES
from reporter.prices.load import load_prices
from reporter.sessions import Calendar
from tests.delivery.smtp_server import SmtpServer

AS_OF = date(2024, 10, 16)
NOW = datetime(2024, 10, 17, 6, tzinfo=UTC)
BATCH = """clients:
  acme:
    brand: {name: Acme Partners}
    languages: [en]
    paper: Letter
editions:
  - brief: small-caps
    clients: [acme]
  - brief: bonds
    subjects: [TLT, IEF]
"""
ROWS = """brief,subject,client,brand,languages,paper
small-caps,,acme,Acme Partners,en,Letter
bonds,TLT IEF,,,,
"""


@pytest.fixture
def ours(config: Config, tmp_path: Path) -> Config:
    """English HTML only: what is tested here is not the page."""
    briefs = {name: brief.model_copy(update={"languages": ("en",)}) for name, brief in config.briefs.items()}
    return config.model_copy(update={"output": tmp_path / "out", "formats": ("html",), "briefs": briefs})


@pytest.fixture
def ask(ours: Config, tmp_path: Path) -> Callable[..., tuple[Job, ...]]:
    def read(text: str = BATCH, name: str = "batch.yaml") -> tuple[Job, ...]:
        (tmp_path / name).write_text(text, "utf-8")
        return read_batch(tmp_path / name, ours)

    return read


@pytest.fixture
def run(ours: Config, calendar: Calendar) -> Callable[..., list[Outcome]]:
    def batch(jobs: Sequence[Job], engine: Any = "serial", **more: Any) -> list[Outcome]:
        return list(
            run_batch(jobs, ours, {"XNYS": (calendar, AS_OF)}, publisher(ours), engine=engine, workers=2, **more)
        )

    return batch


def publisher(config: Config) -> Callable[[Job, Edition], tuple[Path, ...]]:
    return lambda _, edition: publish(edition, config.output, NOW)


def complaint(read: Callable[..., Any], *given: str) -> list[str]:
    with pytest.raises(ConfigError) as raised:
        read(*given)
    return [line.rpartition("/")[2] for line in raised.value.problems]


class TestFile:
    def test_every_combination_is_one_edition(self, ask: Callable[..., tuple[Job, ...]]) -> None:
        jobs = ask()
        assert [job.name for job in jobs] == ["acme--small-caps", "bonds", "bonds-ief"]
        client, own, other = jobs
        assert (client.brand.name, client.paper, client.brief.languages) == ("Acme Partners", "Letter", ("en",))
        assert (own.brand.name, own.paper) == ("Market Brief", "A4")
        assert other.brief.subject == "IEF"
        assert other.brief.field == ("SHY", "TLT", "TIP", "LQD", "HYG"), "the old subject takes the new one's place"

    def test_a_table_asks_for_the_same(self, ask: Callable[..., tuple[Job, ...]]) -> None:
        assert ask(ROWS, "batch.csv") == ask()

    def test_all_mistakes_at_once(self, ask: Callable[..., tuple[Job, ...]]) -> None:
        text = BATCH.replace("[acme]", "[acne]").replace("brief: bonds", "brief: bond")
        assert complaint(ask, text) == [
            "batch.yaml:8:15: editions.0.clients.0: no client 'acne' (did you mean 'acme'?)",
            "batch.yaml:9:5: editions.1.brief: no brief 'bond' (did you mean 'bonds'?); configured: "
            "small-caps, emerging-markets, value-growth, sectors, bonds",
        ]
        assert complaint(ask, BATCH.replace("paper", "papper"))[0].startswith(
            "batch.yaml:5:5: clients.acme.papper: unknown setting (did you mean 'paper'?)"
        )
        assert complaint(ask, BATCH.replace("[TLT, IEF]", "[AGG]")) == [
            "batch.yaml:9:5: editions.1.benchmark: AGG is the subject as well; compare it with another fund"
        ]

    def test_no_file_and_an_empty_one(self, ours: Config, ask: Callable[..., tuple[Job, ...]], tmp_path: Path) -> None:
        """`reporter init` writes another kind of file: nothing is said of it."""
        assert complaint(ask, "", "b.yaml") == ["b.yaml:1:1: the file holds no settings"]
        with pytest.raises(ConfigError, match=r"nowhere\.yaml: there is no such file$"):
            read_batch(tmp_path / "nowhere.yaml", ours)

    def test_a_wrong_table(self, ask: Callable[..., tuple[Job, ...]]) -> None:
        assert complaint(ask, ROWS.replace("paper\n", "papers\n"), "b.csv")[0].startswith("b.csv:1:1: expected the col")
        assert complaint(ask, ROWS + "bonds,,acme,Other,en,A4\n", "b.csv") == [
            "b.csv:4:1: client 'acme' has other settings than in an earlier row"
        ]
        assert complaint(ask, "", "b.csv")[0].startswith("b.csv:1:1: expected the columns")
        assert complaint(ask, ROWS + "bonds,,,,,,x,y\n", "b.csv") == ["b.csv:4:1: more cells than columns: x, y"]


def contents(outcomes: Sequence[Outcome]) -> dict[str, bytes]:
    """By brief and name; a manifest tells when and where, too."""
    files = (path for outcome in outcomes for path in outcome.files if path.name != "manifest.json")
    return {f"{path.parents[2].name}/{path.name}": path.read_bytes() for path in files}


class TestRun:
    def test_an_edition_of_a_batch_is_that_of_a_brief(
        self, ask: Callable[..., tuple[Job, ...]], run: Callable[..., list[Outcome]], make: Callable[..., Edition]
    ) -> None:
        jobs = ask("editions:\n  - brief: sectors\n  - brief: small-caps\n")
        alone = make("small-caps", AS_OF, languages=("en",), brief={"languages": ("en",)}, formats=("html",))
        found = contents(run(jobs))
        assert {name: found[f"small-caps/{name}"] for name in alone.files} == dict(alone.files)

    def test_processes_make_the_same_bytes(
        self, ask: Callable[..., tuple[Job, ...]], run: Callable[..., list[Outcome]], ours: Config
    ) -> None:
        jobs = ask()
        one = contents(run(jobs))
        for path in sorted(ours.output.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        assert contents(run(jobs, "processes")) == one
        assert len([name for name in one if name.endswith(".html")]) == 3

    def test_charts_are_drawn_once_for_all_who_look_at_the_same_facts(
        self,
        ask: Callable[..., tuple[Job, ...]],
        ours: Config,
        calendar: Calendar,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """And what the second one gets is byte for byte what it would have got alone, mail included."""
        drawn: list[tuple[str, ...]] = []
        draw = gallery_module.draw_charts
        monkeypatch.setattr(gallery_module, "draw_charts", lambda *given: drawn.append(given[4:]) or draw(*given))
        clients = "".join(f"  {name}: {{languages: [en]}}\n" for name in "abcd")
        jobs = ask(f"clients:\n{clients}editions:\n  - {{brief: bonds, clients: [a, b, c, d]}}\n")
        shared = Shared(jobs, ours, calendar, AS_OF)
        alone = []
        for job in jobs:
            gallery.cache_clear()
            alone.append(build(shared.task(job, Mail.READERS)))
        once = set(drawn)
        assert len(drawn) == 4 * len(once)
        drawn.clear()
        gallery.cache_clear()
        together = [build(shared.task(job, Mail.READERS)) for job in jobs]
        assert set(drawn) == once
        assert len(drawn) <= 2.5 * len(once), "as many heights as there are: other wordings need another room"
        assert [(one.files, one.mails) for one in together] == [(one.files, one.mails) for one in alone]

    def test_a_failure_ends_its_own_edition_only(
        self, ask: Callable[..., tuple[Job, ...]], ours: Config, calendar: Calendar, tmp_path: Path
    ) -> None:
        prices = load_prices(ours.briefs["bonds"].tickers, (), calendar, AS_OF, ours.sources, "simulated")
        for ticker in set(prices.close) - {"IEF"}:
            columns = {title: getattr(prices, name)[ticker] for name, title in TITLES.items()}
            pd.DataFrame(columns).rename_axis("Date").tail(600).to_csv(tmp_path / f"{ticker}.csv")
        sources = ours.sources.model_copy(update={"use": "files", "files": FilesSettings(folder=tmp_path)})
        config = ours.model_copy(update={"sources": sources})
        jobs = ask("editions:\n  - brief: bonds\n    subjects: [IEF, TLT]\n")
        ended = run_batch(jobs, config, {"XNYS": (calendar, AS_OF)}, publisher(ours), engine="serial", workers=1)
        outcomes = {outcome.job.name: outcome for outcome in ended}
        assert outcomes["bonds"].files
        assert outcomes["bonds-ief"].exit_code == 65
        assert "there is no IEF.csv" in outcomes["bonds-ief"].failure

    def test_what_a_second_source_says_is_noted_as_in_a_brief_alone(
        self, ask: Callable[..., tuple[Job, ...]], ours: Config, calendar: Calendar, tmp_path: Path
    ) -> None:
        prices = load_prices(ours.briefs["bonds"].tickers, (), calendar, AS_OF, ours.sources, "simulated")
        for ticker in prices.close:
            columns = {title: getattr(prices, name)[ticker] for name, title in TITLES.items()}
            pd.DataFrame(columns).rename_axis("Date").to_csv(tmp_path / f"{ticker}.csv")
        files = FilesSettings(folder=tmp_path)
        sources = ours.sources.model_copy(update={"use": "simulated", "then": ("files",), "files": files})
        config = ours.model_copy(update={"sources": sources})
        (job,) = ask("editions:\n  - brief: bonds\n")
        alone, _ = gated_prices(config, job.name, job.brief, calendar, AS_OF)
        together = Shared((job,), config, calendar, AS_OF).prices_of(shared_part(job.brief))
        assert together.notes == alone.notes
        assert [note.partition(": ")[2][:30] for note in alone.notes] == ["simulated and files agree with"] * 2

    def test_what_is_there_is_not_asked_for_again(
        self, ask: Callable[..., tuple[Job, ...]], run: Callable[..., list[Outcome]], ours: Config
    ) -> None:
        jobs = ask()
        run(jobs[:1])
        assert [job.name for job in jobs if not is_made(job, ours, AS_OF)] == ["bonds", "bonds-ief"]
        page = next(ours.output.rglob("*.html"))
        page.write_bytes(page.read_bytes() + b" ")
        assert not is_made(jobs[0], ours, AS_OF), "a damaged edition is none"

    def test_no_secret_travels(self, ask: Callable[..., tuple[Job, ...]], ours: Config, calendar: Calendar) -> None:
        sources = ours.sources.model_copy(
            update={"yahoo": ours.sources.yahoo.model_copy(update={"base_url": "https://canary.example.com"})}
        )
        jobs = ask()
        task = Shared(jobs, ours.model_copy(update={"sources": sources}), calendar, AS_OF).task(jobs[0], Mail.NONE)
        assert b"canary" not in pickle.dumps(task)

    def test_templates_travel_with_the_task(
        self, ask: Callable[..., tuple[Job, ...]], ours: Config, calendar: Calendar, tmp_path: Path
    ) -> None:
        own = tmp_path / "own"
        own.mkdir()
        (own / "screen.css").write_text("/* of our own */", "utf-8")
        jobs = ask()
        task = Shared(jobs, ours.model_copy(update={"templates": own}), calendar, AS_OF).task(jobs[0], Mail.NONE)
        (own / "screen.css").unlink()
        made = build(pickle.loads(pickle.dumps(task)))
        assert b"/* of our own */" in made.files["acme--small-caps-2024-10-16-en.html"]


def die_once(marker: str) -> str:
    """Ends its process the first time, as the kernel does when memory is short."""
    path = Path(marker)
    if path.suffix == ".deadly" or (path.suffix == ".once" and not path.exists()):
        path.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return path.name


class TestWorkers:
    def test_a_dead_worker_costs_time_only(self, tmp_path: Path) -> None:
        tasks = [str(tmp_path / name) for name in ("a", "b.once", "c", "d.once", "e")]
        done = [(task, future.result()) for task, future in run_all(die_once, tasks, "processes", 2, None)]
        assert sorted(done) == sorted((task, Path(task).name) for task in tasks)

    def test_what_kills_every_worker_is_given_up_alone(self, tmp_path: Path) -> None:
        tasks = [str(tmp_path / name) for name in ("a", "b.deadly", "c", "d")]
        done = {Path(task).name: future for task, future in run_all(die_once, tasks, "processes", 2, None)}
        assert isinstance(done.pop("b.deadly").exception(), BrokenExecutor)
        assert {name: future.result() for name, future in done.items()} == {name: name for name in ("a", "c", "d")}


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """A Dask scheduler and two workers, each a process of its own, on loopback."""
    address_file = tmp_path / "scheduler.json"
    quiet = {"cwd": tmp_path, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    dask = [sys.executable, "-m", "distributed.cli.dask_scheduler"]
    options = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(address_file)]
    started = [subprocess.Popen([*dask, *options], **quiet)]  # type: ignore[call-overload]
    try:
        deadline = time.monotonic() + 30
        while not address_file.exists() or not address_file.read_text():
            assert time.monotonic() < deadline, "no scheduler came up"
            time.sleep(0.1)
        worker = [sys.executable, "-m", "distributed.cli.dask_worker", "--scheduler-file", str(address_file)]
        options = ["--nthreads", "1", "--no-nanny", "--no-dashboard", "--host", "127.0.0.1"]
        started += [subprocess.Popen([*worker, *options], **quiet) for _ in range(2)]  # type: ignore[call-overload]
        yield json.loads(address_file.read_text())["address"], started
    finally:
        for process in reversed(started):
            process.kill()
            process.wait(10)


def test_a_cluster_makes_the_same_bytes_and_outlives_a_worker(
    cluster: tuple[str, list[subprocess.Popen[bytes]]],
    ask: Callable[..., tuple[Job, ...]],
    run: Callable[..., list[Outcome]],
    ours: Config,
) -> None:
    address, (_, worker, _) = cluster
    jobs = ask("editions:\n  - brief: bonds\n    subjects: [TLT, IEF, SHY, TIP, LQD, HYG]\n")
    one = contents(run(jobs))
    for path in sorted(ours.output.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    timer = threading.Timer(3.0, worker.kill)  # in the middle of the batch
    timer.start()
    found = run(jobs, "dask", address=address)
    timer.cancel()
    assert not [outcome.failure for outcome in found if outcome.failure]
    assert contents(found) == one
    assert len(found) == len(jobs)


def test_each_client_is_mailed_once(tmp_path: Path) -> None:
    """From the command: two clients, three readers; the second and the resumed run mail nobody."""
    with SmtpServer() as relay:
        (tmp_path / "config.yaml").write_text(
            "sources: {use: simulated}\nformats: [html]\n"
            "mail:\n  sender: brief@example.com\n"
            f"  relay: {{host: 127.0.0.1, port: {relay.port}, tls: off}}\n"
            "briefs:\n  bonds: {subject: TLT, benchmark: AGG, field: [SHY, IEF, LQD], languages: [en]}\n",
            "utf-8",
        )
        (tmp_path / "clients.csv").write_text(
            "brief,client,brand,recipients\n"
            "bonds,acme,Acme Partners,ann@example.com bob@example.com\nbonds,beta,Beta Bank,eve@example.com\n",
            "utf-8",
        )
        for more in ((), (), ("--resume",)):
            line = [sys.executable, "-m", "reporter", "batch", "clients.csv", "--send", "--engine", "serial", *more]
            done = subprocess.run(
                [*line, "--as-of", str(AS_OF)], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=100
            )
            assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout == "0 editions made, 2 there already, 0 failed\n"
        to = [message.recipients for message in relay.messages]
        assert sorted(to) == [["ann@example.com"], ["bob@example.com"], ["eve@example.com"]]
        by_reader = {message.recipients[0]: message.content for message in relay.messages}
        assert b"Acme Partners" in by_reader["ann@example.com"]
        assert b"Acme Partners" not in by_reader["eve@example.com"]
    assert {path.parts[-4] for path in (tmp_path / "output").rglob("manifest.json")} == {"acme--bonds", "beta--bonds"}
