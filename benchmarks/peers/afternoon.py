"""A peer: the script that somebody writes in an afternoon for the same job. pandas, pyplot, Jinja, WeasyPrint.

Thirty funds × ten years: a table of thirty rows and fifteen columns, five charts as PNG of 150 dpi, three pages as HTML
and PDF. It does what such scripts do and nothing to be slow.

`python benchmarks/peers/afternoon.py FOLDER OUT`: a folder of CSVs in Yahoo's columns; writes report.html and .pdf.
"""

import base64
import io
import sys
from pathlib import Path

import jinja2
import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from weasyprint import HTML

SUBJECT, BENCHMARK, COUNT = "IJR", "SPY", 30
PAGE = jinja2.Template("""<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Small caps</title><style>
@page { size: A4; margin: 1.5cm } body { font-family: sans-serif; font-size: 10pt } img { width: 74% }
table { border-collapse: collapse; width: 100%; font-size: 7pt }
td, th { border: 1px solid #ccc; padding: 2px 3px; text-align: right }
</style></head><body><h1>{{ subject }} against {{ benchmark }}, {{ day }}</h1>
<p>Year to date {{ subject }} returned {{ "%.1f"|format(table.loc[subject, "YTD"]) }}%,
{{ benchmark }} {{ "%.1f"|format(table.loc[benchmark, "YTD"]) }}%.
RSI is {{ "%.0f"|format(table.loc[subject, "RSI"]) }}.</p>
<table><tr><th></th>{% for column in table.columns %}<th>{{ column }}</th>{% endfor %}</tr>
{% for name, row in table.iterrows() %}<tr><td>{{ name }}</td>{% for value in row %}<td>{{ "%.1f"|format(value) }}</td>
{% endfor %}</tr>{% endfor %}</table>
{% for picture in pictures %}<img src="data:image/png;base64,{{ picture }}">{% endfor %}</body></html>""")


def picture():
    buffer = io.BytesIO()
    plt.tight_layout()
    plt.savefig(buffer, dpi=150)
    plt.close()
    return base64.b64encode(buffer.getvalue()).decode()


def rsi(close):
    step = close.diff()
    gain, loss = step.clip(lower=0).ewm(alpha=1 / 14).mean(), (-step.clip(upper=0)).ewm(alpha=1 / 14).mean()
    return 100 - 100 / (1 + gain / loss)


def numbers(adjusted, close):
    """A row a fund, fifteen columns, in per cent."""
    last, day = adjusted.iloc[-1], adjusted.index[-1]
    sessions = {"1W": 5, "1M": 21, "3M": 63, "6M": 126, "1Y": 252}
    table = pd.DataFrame({name: last / adjusted.iloc[-1 - n] - 1 for name, n in sessions.items()})
    table["YTD"] = last / adjusted[: f"{day.year - 1}-12-31"].iloc[-1] - 1
    for years in (3, 5):
        table[f"{years}Y"] = (last / adjusted.iloc[-1 - 252 * years]) ** (1 / years) - 1
    daily = adjusted.pct_change(fill_method=None)
    table["Vol"] = daily[-252:].std() * np.sqrt(252)
    table["Worst"] = (adjusted / adjusted.cummax() - 1)[-252:].min()
    table["Beta"] = daily[-252:].cov()[BENCHMARK] / daily[BENCHMARK][-252:].var() / 100
    table["Corr"] = daily[-252:].corrwith(daily[BENCHMARK][-252:])
    table["SMA 50"] = close.iloc[-1] / close.rolling(50).mean().iloc[-1] - 1
    table["SMA 200"] = close.iloc[-1] / close.rolling(200).mean().iloc[-1] - 1
    table["RSI"] = rsi(close).iloc[-1] / 100
    return table * 100


def charts(tables, adjusted, close, table):
    day, subject = adjusted.index[-1], close[SUBJECT]

    # the year, all funds
    plt.figure(figsize=(8, 4))
    year = adjusted[str(day.year) :] / adjusted[: f"{day.year - 1}-12-31"].iloc[-1] * 100 - 100
    for ticker in year:
        ours = ticker in (SUBJECT, BENCHMARK)
        plt.plot(year[ticker], linewidth=2 if ours else 0.8, alpha=1 if ours else 0.5, label=ticker)
    plt.legend(ncol=6, fontsize=6)
    plt.grid(alpha=0.3)
    plt.title("Total return this year, %")
    yield picture()

    # price with averages and a band, volume, RSI
    span = subject.index[-504:]
    average, spread = subject.rolling(20).mean(), subject.rolling(20).std()
    _, (upper, middle, lower) = plt.subplots(3, 1, figsize=(8, 6), sharex=True, height_ratios=(3, 1, 1))
    upper.plot(subject[span], label="close")
    for n in (50, 200):
        upper.plot(subject.rolling(n).mean()[span], label=f"SMA {n}")
    upper.fill_between(span, (average - 2 * spread)[span], (average + 2 * spread)[span], alpha=0.15)
    upper.legend()
    upper.set_title(f"{SUBJECT}, averages, volume, RSI")
    middle.bar(span[-252:], tables[SUBJECT]["Volume"][span[-252:]] / 1e6)
    lower.plot(rsi(subject)[span])
    for level in (30, 70):
        lower.axhline(level, linestyle="--", linewidth=0.8)
    yield picture()

    # relative strength, ten years, and what a buyer of each day was down
    _, (upper, lower) = plt.subplots(2, 1, figsize=(8, 5), sharex=True)
    ratio = adjusted[SUBJECT] / adjusted[BENCHMARK]
    upper.plot(ratio, label=f"{SUBJECT}/{BENCHMARK}")
    upper.plot(ratio.rolling(200).mean(), label="SMA 200")
    upper.legend()
    upper.set_title("Relative strength and drawdowns")
    for ticker in (SUBJECT, BENCHMARK):
        fall = (adjusted[ticker] / adjusted[ticker].cummax() - 1) * 100
        lower.fill_between(fall.index, fall, alpha=0.4, label=ticker)
    lower.legend()
    yield picture()

    # the field
    ranked = table["YTD"].sort_values()
    ranked.plot.barh(figsize=(8, 6), color=["C1" if ticker == SUBJECT else "C0" for ticker in ranked.index])
    for place, value in enumerate(ranked):
        plt.text(value, place, f" {value:.1f}", va="center", fontsize=7)
    plt.title("Year to date, %")
    yield picture()

    # rotation
    plt.figure(figsize=(8, 6))
    weekly = adjusted.resample("W-FRI").last()
    for ticker in adjusted:
        strength = weekly[ticker] / weekly[BENCHMARK]
        level = 100 * strength / strength.rolling(12).mean()
        speed = 100 * level / level.rolling(5).mean()
        plt.plot(level[-6:], speed[-6:], marker="o", markersize=3)
        plt.annotate(ticker, (level.iloc[-1], speed.iloc[-1]), fontsize=7)
    plt.axhline(100, color="grey")
    plt.axvline(100, color="grey")
    plt.title("Rotation, six weeks")
    yield picture()


def main(folder, out):
    funds = [path.stem for path in sorted(folder.glob("[A-Z]*.csv")) if path.stem not in (SUBJECT, BENCHMARK)]
    tickers = [SUBJECT, BENCHMARK, *funds][:COUNT]
    tables = {t: pd.read_csv(folder / f"{t}.csv", index_col="Date", parse_dates=True) for t in tickers}
    adjusted = pd.DataFrame({t: table["Adj Close"] for t, table in tables.items()})
    close = pd.DataFrame({t: table["Close"] for t, table in tables.items()})
    table = numbers(adjusted, close)
    pictures = list(charts(tables, adjusted, close, table))
    page = PAGE.render(
        subject=SUBJECT, benchmark=BENCHMARK, day=adjusted.index[-1].date(), table=table, pictures=pictures
    )
    (out / "report.html").write_text(page, "utf-8")
    HTML(string=page).write_pdf(out / "report.pdf")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
