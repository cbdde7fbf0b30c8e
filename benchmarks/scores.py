"""How long the defence of a score takes: 200 units × 50 leaves, 1,000 draws, and the shares of what moves the ranks.

Run: python benchmarks/scores.py [units] [leaves] [draws]
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import numpy as np
import pandas as pd

from govkit.analysis.score.assess import Assessment, assess
from govkit.analysis.score.attribution import leave_out
from govkit.analysis.score.coherence import coherence
from govkit.analysis.score.robustness import rank_shares, robustness
from govkit.analysis.score.scheme import Scheme, read_scheme


def made_up(units: int, leaves: int) -> Assessment:
    """Return an assessment of random rates: ten leaves a group, every rate with its count of 20 to 400."""
    groups = [{"id": f"g{n}", "label": f"组{n}", "parent": "", "weight": 10 / leaves} for n in range(leaves // 10)]
    entries = [
        {"id": f"l{n}", "label": f"指标{n}", "parent": f"g{n // 10}", "weight": 0.1, "measure": "satisfaction",
         "worst": 0.5, "best": 1.0, "owner_level": "town"}
        for n in range(leaves)
    ]  # fmt: skip
    raw = {"title": "基准", "source": "随机", "grades": [{"label": "合格", "from": 60}, {"label": "不合格", "from": 0}]}
    scheme: Scheme = read_scheme("benchmark", raw | {"groups": groups, "leaves": entries}, where="benchmark")
    random = np.random.default_rng(1)
    codes = pd.Index([f"{n:012d}" for n in range(units)], name="unit_code")
    values = {}
    for leaf in scheme.leaves:
        n = random.integers(20, 400, units)
        counts = random.binomial(n, random.uniform(0.6, 0.95, units))
        values[leaf.id] = pd.DataFrame({"value": counts / n, "numerator": counts, "denominator": n}, index=codes)
    return assess(scheme, values)


def timed(name: str, run: Callable[[], object]) -> None:
    """Print the best of three runs."""
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    print(f"{name:<40}{min(seconds):8.2f} s")


def main() -> None:
    """Time every part of the defence."""
    units, leaves, draws = (int(one) for one in (sys.argv[1:] + ["200", "50", "1000"][len(sys.argv) - 1 :]))
    found = made_up(units, leaves)
    print(f"{units} units x {leaves} leaves")
    timed(f"robustness, {draws} draws", lambda: robustness(found, draws=draws))
    timed("rank_shares, 256 samples (1,536 runs)", lambda: rank_shares(found, samples=256))
    timed("leave_out, every leaf", lambda: leave_out(found))
    timed("coherence", lambda: coherence(found))


if __name__ == "__main__":
    main()
