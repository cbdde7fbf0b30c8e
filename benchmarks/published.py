"""California's tobacco programme of 1989 by govkit.pilot, beside the figures of the paper on synthetic differences.

    python benchmarks/published.py california_prop99.csv

The file has a column Year and one a state, packs of cigarettes a head; it is in the wheel of the package causalpy
(which is no test dependency: it would bring PyMC). Published: Arkhangelsky et al., American Economic Review 111 (2021),
table 1: difference in differences -27.3, synthetic control -19.6, synthetic difference in differences -15.6.
"""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd

import govkit

PUBLISHED = {"difference_in_differences": -27.3, "synthetic_control": -19.6, "synthetic_did": -15.6}


def main() -> None:
    """Print what is found beside what is published."""
    packs = pd.read_csv(sys.argv[1]).melt("Year", var_name="State", value_name="packs")
    packs["start"] = np.where(packs["State"] == "California", 1989, 0)
    found = govkit.pilot(packs, unit="State", time="Year", outcome="packs", start="start")
    rows = found.to_frame().set_index("estimator")
    for name, published in PUBLISHED.items():
        print(f"{name}: {rows.at[name, 'effect']:.2f}, published {published}")
    print("\n".join(found.honesty("en")))


if __name__ == "__main__":
    main()
