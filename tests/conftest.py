"""What several tests share: a hand-made market, a calendar, and the real market where the machine has one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
import pytest

from reporter.config import Brief, Config, FilesSettings, Sources
from reporter.config_file import load_config
from reporter.document.edition import Edition
from reporter.document.email import Mail
from reporter.facts import Facts, compute_facts
from reporter.facts.series import Panel, make_panel
from reporter.pipeline import make_edition
from reporter.prices import Prices
from reporter.prices.load import load_prices
from reporter.prices.quality import judge
from reporter.sessions import Calendar, load_calendar
from reporter.words import known_tickers

MARKET = Path(__file__).parents[2] / "shared" / "market"
LAST = date(2024, 12, 31)
LEVELS = ("^IRX", "^TNX", "^VIX")
FACTOR_FUNDS = ("MTUM", "IVW", "QUAL", "USMV", "VYM", "IJK", "IVE", "IJT", "IJJ", "IJS")
WINDOWS = ("1W", "1M", "3M", "6M", "YTD", "1Y", "3Y", "5Y")


@pytest.fixture(scope="session")
def calendar() -> Calendar:
    """New York, known to well after the last session of the tests."""
    return load_calendar("XNYS", datetime(2025, 6, 30, tzinfo=UTC))


@pytest.fixture(scope="session")
def make_prices(calendar: Calendar) -> Callable[..., Prices]:
    """Prices by hand: `make_prices({"AAA": closes, …}, end=…)`, on the sessions of the calendar up to `end`.

    Each argument holds one sequence a ticker, all of one length; adjusted closes, highs and lows are the closes
    where they are not given.
    """

    def make(
        close: Mapping[str, Sequence[float]],
        end: date = date(2024, 10, 16),
        *,
        adjusted: Mapping[str, Sequence[float]] | None = None,
        high: Mapping[str, Sequence[float]] | None = None,
        low: Mapping[str, Sequence[float]] | None = None,
    ) -> Prices:
        length = len(next(iter(close.values())))
        index = pd.DatetimeIndex(calendar.between(date(2000, 1, 1), end)[-length:], name="session")

        def frame(given: Mapping[str, Sequence[float]] | None) -> pd.DataFrame:
            values = {ticker: np.asarray((given or {}).get(ticker, close[ticker]), "float64") for ticker in close}
            return pd.DataFrame(values, index=index)

        return Prices(
            close=frame(None),
            adjusted_close=frame(adjusted),
            high=frame(high),
            low=frame(low),
            volume=frame(None) * 0 + 1,
            source="files",
        )

    return make


@pytest.fixture(scope="session")
def panel_of(calendar: Calendar) -> Callable[[Prices], Panel]:
    """The panel that the families of facts read, at the last session of the prices."""

    def panel(prices: Prices) -> Panel:
        as_of = prices.sessions[-1].date()
        bases = {window: calendar.base(as_of, window) for window in WINDOWS}
        return make_panel(prices, tuple(prices.close.columns), bases)

    return panel


@pytest.fixture(scope="session")
def facts_of(calendar: Calendar) -> Callable[..., Facts]:
    """All facts of hand-made prices: `facts_of(prices, "AAA", "BBB", field=("CCC",))`."""

    def facts(prices: Prices, subject: str, benchmark: str, field: Sequence[str] = (), **settings: Any) -> Facts:
        brief = Brief(subject=subject, benchmark=benchmark, field=tuple(field), **settings)
        quality = judge(prices, (subject, benchmark), brief.tickers[2:])
        return compute_facts(prices, "test", brief, quality, calendar)

    return facts


@dataclass(eq=False)
class Market:
    """The real market of the shared folder: read once, cut at any session."""

    calendar: Calendar
    facts_of: Callable[..., Facts]
    folder: Path = MARKET / "prices"
    _known: dict[tuple[object, ...], Facts] = field(default_factory=dict)

    @cached_property
    def tickers(self) -> tuple[str, ...]:
        return tuple(sorted(path.stem for path in self.folder.glob("*.csv")))

    @cached_property
    def whole(self) -> Prices:
        return self.load(self.tickers, LAST)

    def load(self, tickers: Sequence[str], as_of: date) -> Prices:
        """As the program loads them: the slow and proper way."""
        sources = Sources(files=FilesSettings(folder=self.folder))
        return load_prices(tickers, (), self.calendar, as_of, sources, "files")

    def prices(self, tickers: Sequence[str], as_of: date) -> Prices:
        """The same by cutting: from the first bar of any of the tickers to the as-of."""
        chosen = [ticker for ticker in dict.fromkeys((*tickers, *LEVELS)) if ticker in self.whole.close]
        close = self.whole.close.loc[: pd.Timestamp(as_of), chosen]
        first = close[list(dict.fromkeys(tickers))].notna().any(axis=1).idxmax()

        def cut(frame: pd.DataFrame) -> pd.DataFrame:
            return frame.loc[first : pd.Timestamp(as_of), chosen]

        return Prices(
            close=cut(close),
            adjusted_close=cut(self.whole.adjusted_close),
            high=cut(self.whole.high),
            low=cut(self.whole.low),
            volume=cut(self.whole.volume),
            source="files",
        )

    def facts(
        self,
        subject: str = "IJR",
        benchmark: str = "SPY",
        field: Sequence[str] = FACTOR_FUNDS,
        as_of: date = date(2024, 10, 16),
        headline_index: str | None = None,
    ) -> Facts:
        """The facts of one edition, computed once a session of tests; the gate leaves out what has no prices."""
        key = (subject, benchmark, tuple(field), as_of, headline_index)
        if key not in self._known:
            tickers = (subject, benchmark, *field, *((headline_index,) if headline_index else ()))
            prices = self.prices(tickers, as_of)
            self._known[key] = self.facts_of(prices, subject, benchmark, field, headline_index=headline_index)
        return self._known[key]


@pytest.fixture(scope="session")
def market(calendar: Calendar, facts_of: Callable[..., Facts]) -> Market:
    """Real prices, which are not part of the project. Tests that need them are skipped elsewhere."""
    if not (MARKET / "prices").is_dir():
        pytest.skip(f"no real market data at {MARKET}; simulated markets are tested all the same")
    return Market(calendar, facts_of)


@pytest.fixture(scope="session")
def walk() -> Callable[..., np.ndarray]:
    """A random walk of closes: `walk(seed, sessions, drift=…, spread=…)`."""

    def make(seed: int, length: int = 1500, drift: float = 0.0003, spread: float = 0.01) -> np.ndarray:
        steps = np.random.default_rng(seed).normal(drift, spread, length - 1)
        return 100 * np.exp(np.concatenate(([0.0], np.cumsum(steps))))

    return make


@pytest.fixture(scope="session")
def config() -> Config:
    """The bundled configuration on the simulated market."""
    bundled = load_config(Path(__file__).parents[1] / "config.yaml", known_tickers)
    return bundled.model_copy(update={"sources": bundled.sources.model_copy(update={"use": "simulated"})})


@pytest.fixture(scope="session")
def make(config: Config, calendar: Calendar) -> Callable[..., Edition]:
    """An edition of a configured brief: `make("small-caps", date(…), languages=("en",), paper="Letter")`."""

    def edition(
        name: str = "small-caps",
        as_of: date = date(2024, 10, 16),
        languages: Sequence[str] = ("en", "ru"),
        brief: Mapping[str, Any] = MappingProxyType({}),
        mail: Mail = Mail.NONE,
        **settings: Any,
    ) -> Edition:
        chosen = config.briefs[name].model_copy(update=dict(brief))
        settled = config.model_copy(update=settings)
        return make_edition(settled, name, chosen, calendar=calendar, as_of=as_of, languages=languages, mail=mail)

    return edition


@pytest.fixture(scope="session")
def edition(make: Callable[..., Edition]) -> Edition:
    """Small caps on the simulated market, both languages: made once."""
    return make()
