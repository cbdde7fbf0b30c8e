"""Several outcomes tested together: p adjusted by Holm, and by Romano and Wolf where outcomes share their design."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from govkit.analysis.effect.evaluation import Evaluation


def holm(evaluations: Sequence[Evaluation]) -> dict[str, float]:
    """Return the p of each outcome, adjusted by Holm's step-down method (1979)."""
    ordered = sorted((one.p, one.outcome) for one in evaluations)
    found, worst = {}, 0.0
    for place, (p, outcome) in enumerate(ordered):
        worst = max(worst, min(1.0, (len(ordered) - place) * p))
        found[outcome] = worst
    return found


def romano_wolf(evaluations: Sequence[Evaluation]) -> dict[str, float]:
    """Return the p of each outcome against the largest of all that chance gives together, stepping down.

    It gains on Holm where outcomes hang together. Missing where outcomes do not share units, starts and clusters (some
    lack data), so that no way of giving out the pilot is the same for all. Method: Romano and Wolf, Econometrica 73
    (2005) 1237-1282, with the randomisation in place of the bootstrap.
    """
    names, first = [one.outcome for one in evaluations], evaluations[0].panel
    alike = all(
        np.array_equal(one.panel.start, first.start)
        and np.array_equal(one.panel.cluster, first.cluster)
        and len(one.randomisation.drawn) == len(evaluations[0].randomisation.drawn)
        for one in evaluations
    )
    if not alike:
        return dict.fromkeys(names, float("nan"))
    drawn = np.abs(np.column_stack([one.randomisation.drawn for one in evaluations]))
    spread = np.sqrt((drawn**2).mean(axis=0))
    drawn = drawn / np.where(spread > 0, spread, 1.0)
    order = np.argsort(-drawn[0], kind="stable")
    found, worst = {}, 0.0
    for place, at in enumerate(order):
        most = drawn[:, order[place:]].max(axis=1)
        share = float((most >= drawn[0, at] * (1 - 1e-9)).mean())
        worst = max(worst, share, evaluations[at].randomisation.least_p)
        found[names[at]] = min(1.0, worst)
    return found
