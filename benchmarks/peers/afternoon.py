"""A peer: the script that somebody writes in an afternoon for the same job. pandas, pyplot, Jinja, WeasyPrint.

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
import pandas as pd
from weasyprint import HTML

SUBJECT, BENCHMARK = "IJR", "SPY"
FIELD = ["MTUM", "IVW", "QUAL", "USMV", "VYM", "IJK", "IVE", "IJT", "IJJ", "IJS"]
PAGE = jinja2.Template("""<!doctype html><html><head><meta charset="utf-8"><title>Small caps</title><style>
@page { size: A4; margin: 2cm } body { font-family: sans-serif; font-size: 10pt } img { width: 100% }
table { border-collapse: collapse; width: 100% } td, th { border: 1px solid #ccc; padding: 3px; text-align: right }
</style></head><body><h1>{{ subject }} against {{ benchmark }}, {{ day }}</h1>
<p>Year to date {{ subject }} returned {{ "%.1f"|format(table.loc[subject, "YTD"]) }}%,
{{ benchmark }} {{ "%.1f"|format(table.loc[benchmark, "YTD"]) }}%. RSI is {{ "%.0f"|format(rsi) }}.</p>
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


def main(folder, out):
    tickers = [SUBJECT, BENCHMARK, *FIELD]
    tables = {t: pd.read_csv(folder / f"{t}.csv", index_col="Date", parse_dates=True) for t in tickers}
    adjusted = pd.DataFrame({t: table["Adj Close"] for t, table in tables.items()})
    close = tables[SUBJECT]["Close"]
    day = adjusted.index[-1]
    bases = {"1W": 5, "1M": 21, "3M": 63, "6M": 126, "1Y": 252}
    returns = pd.DataFrame({name: adjusted.iloc[-1] / adjusted.iloc[-1 - n] - 1 for name, n in bases.items()})
    year = adjusted[: f"{day.year - 1}-12-31"].iloc[-1]
    returns["YTD"] = adjusted.iloc[-1] / year - 1
    step = close.diff()
    gain, loss = step.clip(lower=0).ewm(alpha=1 / 14).mean(), (-step.clip(upper=0)).ewm(alpha=1 / 14).mean()
    rsi = (100 - 100 / (1 + gain / loss)).iloc[-1]
    ratio = adjusted[SUBJECT] / adjusted[BENCHMARK]

    pictures = []
    ((adjusted[[SUBJECT, BENCHMARK]][str(day.year) :] / year[[SUBJECT, BENCHMARK]] - 1) * 100).plot(figsize=(8, 4))
    plt.title("Total return this year, %")
    plt.grid(alpha=0.3)
    pictures.append(picture())
    plt.figure(figsize=(8, 4))
    for label, line in (("close", close), ("SMA 50", close.rolling(50).mean()), ("SMA 200", close.rolling(200).mean())):
        plt.plot(line[-500:], label=label)
    plt.legend()
    plt.title(f"{SUBJECT} and its averages")
    pictures.append(picture())
    plt.figure(figsize=(8, 4))
    plt.plot(ratio, label=f"{SUBJECT}/{BENCHMARK}")
    plt.plot(ratio.rolling(200).mean(), label="SMA 200")
    plt.legend()
    plt.title("Relative strength")
    pictures.append(picture())
    returns["YTD"].sort_values().mul(100).plot.barh(figsize=(8, 4))
    plt.title("Year to date, %")
    pictures.append(picture())
    plt.figure(figsize=(8, 4))
    weekly = adjusted.resample("W-FRI").last()
    for t in tickers:
        strength = weekly[t] / weekly[BENCHMARK]
        level = 100 * strength / strength.rolling(12).mean()
        speed = 100 * level / level.rolling(5).mean()
        plt.plot(level[-6:], speed[-6:], marker="o", label=t)
    plt.legend(fontsize=6)
    plt.title("Rotation")
    pictures.append(picture())

    page = PAGE.render(
        subject=SUBJECT, benchmark=BENCHMARK, day=day.date(), table=returns * 100, rsi=rsi, pictures=pictures
    )
    (out / "report.html").write_text(page, "utf-8")
    HTML(string=page).write_pdf(out / "report.pdf")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
