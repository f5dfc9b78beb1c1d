"""The funds of the simulated market: how each leans on the factors. Invented figures near to life, none is real."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

#: The order of the numbers in `Fund.betas`.
FACTORS = ("market", "size", "value", "momentum", "abroad", "rates", "gold")


@dataclass(frozen=True)
class Fund:
    """A leaning. `rates` is a duration in years; the others are betas."""

    betas: tuple[float, ...]  # one a factor, in the order of FACTORS
    noise: float  # daily volatility of its own, a fraction
    payout: float  # dividends of a year over the price, a fraction
    price: float  # before the first session


def _fund(numbers: str) -> Fund:
    *betas, noise, payout, price = (float(number) for number in numbers.split())
    return Fund(tuple(betas), noise / 100, payout / 100, price)


FUNDS = {
    ticker: _fund(numbers)
    for ticker, numbers in {
        #       market  size value  mom abroad rates gold   noise %  payout %  price
        "SPY": " 1.00   0.00  0.00  0.00  0.00   0.0  0.0     0.03      1.7     118",
        "VTI": " 1.01   0.08  0.00  0.00  0.00   0.0  0.0     0.04      1.6      57",
        "RSP": " 1.03   0.30  0.18 -0.05  0.00   0.0  0.0     0.08      1.6      38",
        "QQQ": " 1.08  -0.10 -0.55  0.30  0.00   0.0  0.0     0.30      0.7      39",
        "IJR": " 1.08   1.00  0.20 -0.05  0.00   0.0  0.0     0.12      1.4      27",
        "IWM": " 1.10   1.02  0.05  0.00  0.00   0.0  0.0     0.15      1.3      64",
        "IJH": " 1.05   0.60  0.10  0.00  0.00   0.0  0.0     0.12      1.4      13",
        "MTUM": "1.02   0.00 -0.20  0.85  0.00   0.0  0.0     0.22      1.0      21",
        "IVW": " 1.02  -0.05 -0.40  0.20  0.00   0.0  0.0     0.10      1.1      14",
        "QUAL": "0.98  -0.05 -0.05  0.10  0.00   0.0  0.0     0.14      1.3      25",
        "USMV": "0.74  -0.10  0.05  0.00  0.00   2.0  0.0     0.16      1.9      19",
        "VYM": " 0.88  -0.05  0.40 -0.05  0.00   0.0  0.0     0.13      2.9      41",
        "IJK": " 1.06   0.60 -0.25  0.18  0.00   0.0  0.0     0.14      0.9      17",
        "IVE": " 0.97   0.00  0.42 -0.12  0.00   0.0  0.0     0.08      2.1      62",
        "IJT": " 1.07   0.95 -0.15  0.15  0.00   0.0  0.0     0.16      1.0      27",
        "IJJ": " 1.05   0.62  0.45 -0.15  0.00   0.0  0.0     0.14      1.8      32",
        "IJS": " 1.09   1.02  0.55 -0.20  0.00   0.0  0.0     0.17      1.7      30",
        "VLUE": "1.01   0.10  0.60 -0.20  0.00   0.0  0.0     0.18      2.3      27",
        "SIZE": "1.02   0.40  0.10  0.00  0.00   0.0  0.0     0.14      1.5      28",
        "IWD": " 0.97   0.03  0.42 -0.12  0.00   0.0  0.0     0.08      2.1      66",
        "IWF": " 1.03  -0.05 -0.42  0.20  0.00   0.0  0.0     0.10      1.0      49",
        "VTV": " 0.95   0.00  0.45 -0.12  0.00   0.0  0.0     0.10      2.5      53",
        "VUG": " 1.04  -0.05 -0.45  0.22  0.00   0.0  0.0     0.11      0.9      51",
        "ACWI": "0.98   0.00  0.03  0.00  0.42   0.0  0.0     0.09      2.0      35",
        "VEA": " 0.92   0.00  0.12  0.00  0.90   0.0  0.0     0.16      3.0      31",
        "EFA": " 0.92   0.00  0.12  0.00  0.90   0.0  0.0     0.15      2.9      53",
        "VGK": " 0.98   0.00  0.15  0.00  1.00   0.0  0.0     0.25      3.2      48",
        "EEM": " 1.00   0.15  0.05  0.05  1.35   0.0  0.1     0.40      2.1      22",
        "VWO": " 0.99   0.15  0.08  0.05  1.30   0.0  0.1     0.36      2.8      24",
        "IEMG": "0.99   0.18  0.05  0.05  1.32   0.0  0.1     0.38      2.5      30",
        "EWJ": " 0.72   0.00  0.10  0.00  0.85   0.0  0.0     0.55      1.7      43",
        "EWZ": " 1.15   0.25  0.25  0.00  1.70   0.0  0.2     1.10      4.4      22",
        "INDA": "0.90   0.15  0.00  0.10  1.20   0.0  0.0     0.75      0.6      19",
        "MCHI": "0.95   0.10  0.00  0.05  1.50   0.0  0.0     1.00      1.9      35",
        "FXI": " 0.95   0.10  0.15  0.00  1.50   0.0  0.0     1.00      2.5      19",
        "EWT": " 0.98   0.15 -0.10  0.15  1.15   0.0  0.0     0.70      2.4      24",
        "EWY": " 1.05   0.15  0.10  0.05  1.35   0.0  0.0     0.80      1.7      29",
        "XLB": " 1.08   0.12  0.25  0.00  0.20   0.0  0.1     0.55      1.9      28",
        "XLC": " 1.00  -0.05 -0.25  0.10  0.00   0.0  0.0     0.50      0.9      26",
        "XLE": " 1.05   0.10  0.60  0.00  0.15  -2.0  0.2     1.05      3.3      35",
        "XLF": " 1.15   0.12  0.60 -0.10  0.00  -2.5  0.0     0.55      1.8      15",
        "XLI": " 1.05   0.15  0.18  0.00  0.05   0.0  0.0     0.35      1.6      30",
        "XLK": " 1.12  -0.10 -0.50  0.25  0.00   0.0  0.0     0.42      0.9      21",
        "XLP": " 0.60  -0.15  0.15  0.00  0.00   2.5  0.0     0.42      2.5      23",
        "XLRE": "0.90   0.20  0.15 -0.05  0.00   4.5  0.0     0.65      3.3      24",
        "XLU": " 0.58  -0.12  0.15  0.00  0.00   5.0  0.0     0.70      3.1      28",
        "XLV": " 0.78  -0.12  0.00  0.05  0.00   1.0  0.0     0.50      1.5      30",
        "XLY": " 1.12   0.08 -0.25  0.10  0.00   0.0  0.0     0.42      0.9      33",
        "AGG": " 0.02   0.00  0.00  0.00  0.00   6.0  0.0     0.04      2.9     102",
        "TLT": " 0.00   0.00  0.00  0.00  0.00  16.5  0.0     0.06      3.2      89",
        "IEF": " 0.00   0.00  0.00  0.00  0.00   7.6  0.0     0.03      2.6      85",
        "SHY": " 0.00   0.00  0.00  0.00  0.00   1.9  0.0     0.02      1.9      81",
        "LQD": " 0.12   0.00  0.00  0.00  0.00   8.4  0.0     0.10      3.7     111",
        "HYG": " 0.36   0.08  0.00  0.00  0.05   3.0  0.0     0.14      5.6     104",
        "TIP": " 0.04   0.00  0.00  0.00  0.00   6.5  0.1     0.10      2.8     105",
        "GLD": " 0.02   0.00  0.00  0.00  0.10   0.0  1.0     0.08      0.0      43",
    }.items()
}
#: Yields and volatility: levels that pay nothing, read off the factors.
LEVELS = ("^IRX", "^TNX", "^VIX")


def unknown_fund(rng: np.random.Generator, index: bool) -> Fund:
    """A leaning for a ticker that the table does not know, drawn from its own generator."""
    market, size, value, momentum, abroad = rng.normal((1.0, 0.2, 0.05, 0.0, 0.2), (0.18, 0.3, 0.3, 0.2, 0.4))
    noise, payout, price = rng.uniform((0.004, 0.0, 15.0), (0.012, 0.03, 90.0))
    betas = (market, size, value, momentum, abroad, 0.0, 0.0)
    return Fund(tuple(float(beta) for beta in betas), float(noise), 0.0 if index else float(payout), float(price))
