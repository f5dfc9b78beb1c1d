"""Many editions: prices loaded once, facts computed once a pair, pages made by any executor, delivered by us alone."""

from __future__ import annotations

import atexit
import gc
import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import date
from functools import cache, lru_cache
from pathlib import Path

from reporter import __version__
from reporter.batch_file import Job
from reporter.charts.gallery import Gallery
from reporter.config import Brief, Config
from reporter.delivery.archive import shelves, sound_manifest
from reporter.delivery.shelf import read_shelf
from reporter.delivery.target import local_target
from reporter.document.edition import Edition
from reporter.document.email import Mail
from reporter.engines import EngineName, run_all
from reporter.errors import DocumentError, ReporterError
from reporter.exchanges import market
from reporter.facts import Facts, compute_facts
from reporter.pipeline import backdrop, build_edition, cross_checked, gate
from reporter.prices import Prices
from reporter.prices.load import load_prices
from reporter.prices.table import prices_csv
from reporter.sessions import Calendar
from reporter.voices import Voices, gather_voices
from reporter.voices.memory import EMPTY, remember
from reporter.words import BUNDLED

#: A folder of templates as it travels: names and contents.
Overlay = tuple[tuple[str, bytes], ...]
#: Brings an edition to its places and tells its files.
Deliver = Callable[[Job, Edition], tuple[Path, ...]]


@dataclass(frozen=True, kw_only=True)
class Task:
    """All that a worker needs to know, and no secret: what is true, what was said, and how it shall look."""

    job: Job
    config: Config  # looks only
    overlay: Overlay  # the user's templates
    facts: Facts
    voices: Voices
    mail: Mail
    house: str  # hash of the program and the bundled templates that must make it


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How one edition ended."""

    job: Job
    files: tuple[Path, ...] = ()
    failure: str = ""  # one line; empty where it is made
    exit_code: int = 0


def build(task: Task) -> Edition:
    """One edition without its table of prices. Pure: it can run anywhere, and twice.

    Raises:
        DocumentError: this worker has another version or other templates than the one that asks.
    """
    if house() != task.house:
        raise DocumentError("this worker has another version of the program or its templates; install the same")
    config = task.config.model_copy(update={"templates": unpacked(task.overlay) if task.overlay else None})
    brief = task.job.brief
    edition = build_edition(
        config, brief, task.facts, task.voices, languages=brief.languages, mail=task.mail, gallery=gallery()
    )
    settle()
    return edition


@cache
def settle() -> None:
    """After the first edition: what is loaded stays; looking for garbage in it costs each of the others a tenth."""
    gc.collect()
    gc.freeze()


@cache
def gallery() -> Gallery:
    """Of this worker."""
    return Gallery()


@cache
def house() -> str:
    """Hash of version, templates and fonts: equal houses make equal bytes."""
    return hashlib.sha256(repr((__version__, packed(BUNDLED))).encode()).hexdigest()


def packed(folder: Path) -> Overlay:
    files = sorted(path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return tuple((str(path.relative_to(folder)), path.read_bytes()) for path in files)


@cache
def unpacked(overlay: Overlay) -> Path:
    """The templates as a folder of this worker, once; it goes when the worker ends."""
    folder = Path(tempfile.mkdtemp(prefix="reporter-templates-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for name, content in overlay:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


class Shared:
    """What all editions of one market share; nothing in it changes once it is there."""

    def __init__(self, jobs: Sequence[Job], config: Config, calendar: Calendar, session: date) -> None:
        """Loads the prices of all `jobs` at once.

        Raises:
            DataError, UpstreamError: there are none at all.
        """
        self.config, self.calendar, self.session = config, calendar, session
        tickers = dict.fromkeys(ticker for job in jobs for ticker in job.brief.tickers)
        extra = dict.fromkeys(ticker for job in jobs for ticker in backdrop(job.brief))
        self.prices = load_prices(
            tuple(tickers),
            tuple(extra),
            calendar,
            session,
            config.sources,
            config.order(jobs[0].brief),
            store=config.prices_store,
            check=tuple(dict.fromkeys(one for job in jobs for one in cross_checked(config, job.brief))),
        )
        self.prices_of = lru_cache(maxsize=8)(self._prices)
        self.facts = lru_cache(maxsize=64)(self._facts)
        self.table = lru_cache(maxsize=8)(self._table)
        self.heard: dict[str, Voices] = {}  # by series: what others say, without our own memory

    def task(self, job: Job, mail: Mail) -> Task:
        """Raises DataError where the gate refuses the pair."""
        facts = replace(self.facts(shared_part(job.brief)), brief=job.name)
        looks = Config(brand=job.brand, paper=job.paper, formats=self.config.formats, calendars=self.config.calendars)
        overlay = overlaid(self.config.templates)
        voices = self.voices(job)
        return Task(job=job, config=looks, overlay=overlay, facts=facts, voices=voices, mail=mail, house=house())

    def _prices(self, part: str) -> Prices:
        brief = Brief.model_validate_json(part)
        return self.prices.only((*brief.tickers, *backdrop(brief)))

    def _facts(self, part: str) -> Facts:
        brief, prices = Brief.model_validate_json(part), self.prices_of(part)
        return compute_facts(prices, "", brief, gate(prices, brief.subject, brief), self.calendar)

    def _table(self, part: str) -> bytes:
        return prices_csv(self.prices_of(part))

    def voices(self, job: Job) -> Voices:
        """What others said, asked once a series, and what we said to this client before."""
        prices = self.prices_of(shared_part(job.brief))
        if job.series not in self.heard:
            self.heard[job.series] = gather_voices(self.config, job.configured, job.brief, prices, self.calendar, EMPTY)
        shelf = read_shelf(self.config.output, job.name, self.session)
        memory = remember(shelf, job.brief.subject, job.brief.benchmark, prices)
        return self.heard[job.series].model_copy(update={"memory": memory})


def shared_part(brief: Brief) -> str:
    """The settings that facts depend on, as JSON: briefs that agree in them share their facts."""
    roles = {"subject", "benchmark", "field", "headline_index", "backdrop"}
    return brief.model_dump_json(include={*roles, "calendar", "exchanges", "accept", "min_coverage"})


@cache
def overlaid(templates: Path | None) -> Overlay:
    return packed(templates) if templates else ()


def is_made(job: Job, config: Config, session: date) -> bool:
    """Whether the archive has an edition of this session, whole and with all the files of its manifest."""
    target = local_target(config.output)
    taken = [one for one in shelves(target, job.name, session.year) if one.session == session]
    return any(sound_manifest(target, one.path) for one in taken)


def run_batch(
    jobs: Sequence[Job],
    config: Config,
    sessions: Mapping[str, tuple[Calendar, date]],
    deliver: Deliver,
    *,
    engine: EngineName,
    workers: int,
    address: str | None = None,
    mail: Mail = Mail.NONE,
) -> Iterator[Outcome]:
    """Every job with its outcome, as they end. A failure ends its own edition only.

    Args:
        sessions: By `exchanges.market` of a brief: the calendar, and the session to speak about.
        deliver: Takes each finished edition, here and not where it was made: a task can run twice.
        mail: Whether bodies of mails are wanted for the editions that have recipients.
    """
    shared: dict[str, Shared] = {}
    failed: list[Outcome] = []
    for name, (calendar, session) in sessions.items():
        mine = [job for job in jobs if market(job.brief) == name]
        if not mine:  # nothing of this exchange is left to make
            continue
        try:
            shared[name] = Shared(mine, config, calendar, session)
        except ReporterError as error:
            failed += (failure(job, error) for job in mine)

    def tasks() -> Iterator[Task]:
        for job in jobs:
            if market(job.brief) in shared:
                try:
                    wanted = mail if job.brief.recipients else Mail.NONE
                    yield shared[market(job.brief)].task(job, wanted)
                except ReporterError as error:
                    failed.append(failure(job, error))

    for task, future in run_all(build, tasks(), engine, workers, address):
        yield from failed
        failed.clear()
        yield delivered(task.job, future, shared[market(task.job.brief)], deliver)
    yield from failed


def delivered(job: Job, future: Future[Edition], shared: Shared, deliver: Deliver) -> Outcome:
    """The edition where it belongs, or why it is not there."""
    error = future.exception()
    if error is not None:
        return failure(job, error)
    edition = future.result()
    edition = replace(edition, files={**edition.files, "prices.csv": shared.table(shared_part(job.brief))})
    try:
        files = deliver(job, edition)
    except ReporterError as trouble:
        return failure(job, trouble)
    if edition.shortfall:
        return Outcome(job=job, files=files, failure=edition.shortfall, exit_code=DocumentError.exit_code)
    return Outcome(job=job, files=files)


def failure(job: Job, error: BaseException) -> Outcome:
    """One line about an edition that is not there; a bug is told by its kind."""
    text = " ".join(str(error).split())
    if isinstance(error, ReporterError):
        return Outcome(job=job, failure=text, exit_code=error.exit_code)
    return Outcome(job=job, failure=f"{type(error).__name__}: {text}", exit_code=DocumentError.exit_code)
