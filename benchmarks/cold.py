"""A cold brief, one language, HTML and PDF, as a whole process, in turn with what others use for the same job."""

from __future__ import annotations

import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.measure import AS_OF, Report, brief, in_turn, write_market
from reporter.config_file import load_config
from reporter.document.email import Mail
from reporter.exchanges import brief_calendar
from reporter.pipeline import make_edition
from reporter.words import known_tickers

PEERS = Path(__file__).parent / "peers"
QUANTSTATS = """
import sys, warnings
warnings.filterwarnings("ignore")
import pandas, quantstats
def returns(ticker):
    table = pandas.read_csv(f"{sys.argv[1]}/{ticker}.csv", index_col="Date", parse_dates=True)
    return table["Adj Close"].pct_change().dropna()
quantstats.reports.html(returns("IJR"), benchmark=returns("SPY"), output=f"{sys.argv[1]}/peer.html", title="IJR")
"""


def measure(report: Report, rounds: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_market(folder)
        out, both = folder / "out", folder / "both"
        found = in_turn(
            {
                "brief": brief(folder, out, "--language", "en"),
                "both languages": brief(folder, both, "--language", "en", "--language", "ru"),
                "quantstats": [sys.executable, "-c", QUANTSTATS, name],
                "script": [sys.executable, str(PEERS / "afternoon.py"), name, name],
                "notebook": [sys.executable, str(PEERS / "notebook.py"), name, name],
            },
            rounds,
            fresh=(out, both),
        )
        ours = found["brief"]
        report.say("cold brief, CPU", ours.cpu, "s")
        report.say("  against the HTML report of QuantStats", ours.cpu / found["quantstats"].cpu, "×", 0.33)
        report.say("  against an afternoon's script", ours.cpu / found["script"].cpu, "×", 0.45)
        report.say("  QuantStats, HTML alone, CPU", found["quantstats"].cpu, "s")
        report.say("  the script, HTML and PDF, CPU", found["script"].cpu, "s")
        report.say("  against papermill and nbconvert, HTML only", ours.cpu / found["notebook"].cpu, "×")
        report.say("second language of the same edition, CPU", found["both languages"].cpu - ours.cpu, "s", 0.35)
        report.say("peak memory, cold", ours.peak, "MiB", 190)
        files = both / "small-caps" / str(AS_OF.year) / f"{AS_OF}-r0"
        sizes = {kind: max(path.stat().st_size for path in files.glob(f"*.{kind}")) / 1000 for kind in ("pdf", "html")}
        report.say("PDF", sizes["pdf"], "kB", 150)
        report.say("HTML", sizes["html"], "kB", 400)
        report.say("body of the mail, HTML", mail_body(folder), "kB", 100)


def mail_body(folder: Path) -> float:
    """The larger one of a brief's two languages, in kB."""
    config = load_config(folder / "config.yaml", known_tickers)
    config = config.model_copy(update={"sources": config.sources.model_copy(update={"use": "simulated"})})
    brief, now = config.briefs["small-caps"], datetime.now(UTC)
    edition = make_edition(
        config.model_copy(update={"formats": ("html",)}), "small-caps", brief,
        calendar=brief_calendar(config, brief, now), as_of=AS_OF, languages=("en", "ru"), mail=Mail.READERS,
    )  # fmt: skip
    return max(len(body.html.encode()) for body in edition.mails.values()) / 1000
