"""Other estimators of the same effect, by diff-diff and pyfixest, to hold beside the one that counts."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from string import Template
from typing import Any

import numpy as np
import pandas as pd

from govkit import catalogue
from govkit.analysis.effect.panel import Panel
from govkit.errors import GovkitError

COLUMNS = ("estimator", "effect", "se", "low", "high", "p", "note")
_LEAST_BEFORE = 3


def others(panel: Panel, *, seed: int) -> pd.DataFrame:
    """Return what other estimators find, a row an estimator, in the order of catalogue/effect.toml.

    Columns: ``estimator``, ``effect``, ``se``, ``low``, ``high`` (95 %), ``p``, ``note`` (why there is no number, or of
    whom it is). Their intervals are the packages' own and too narrow with few clusters; errors clustered with a single
    cluster on a side are no errors, and missing. Needs the extra ``research``.
    """
    rows, said = [], catalogue.load("effect")["notes"]
    single = min(panel.treated_clusters, panel.untreated_clusters) == 1 or len(panel.clusters) == 1
    for name, fit in _fitting(panel).items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                found, notes = fit(panel, seed), []
                if name == "callaway_santanna" and not panel.complete:
                    notes.append(said["callaway_gaps"]["zh"])
                if single and not name.startswith("synthetic"):
                    found = (found[0], *[np.nan] * 4)
                    notes.append(said["single"]["zh"])
                if np.isnan(found[0]):
                    notes = [said["nothing"]["zh"]]
                rows.append((name, *found, "；".join(notes)))
            except ModuleNotFoundError as error:
                raise GovkitError(
                    f"其他估计方法需要 {error.name}，这里没有安装。",
                    todo='请安装研究用的软件包：pip install "govkit[research]"。',
                ) from None
            except (ValueError, ArithmeticError, np.linalg.LinAlgError) as error:
                why = str(error).splitlines()[0]
                note = said["single" if single else "failed"]["zh"]
                rows.append((name, *[np.nan] * 5, Template(note).substitute(why=why)))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _fitting(panel: Panel) -> dict[str, Callable[[Panel, int], tuple[float, ...]]]:
    """Return the estimators that fit the panel."""
    found: dict[str, Callable[[Panel, int], tuple[float, ...]]] = {}
    if len(panel.starts) > 1:
        found["two_way_fixed_effects"] = _two_way
    if len(panel.times) > 2:
        found["callaway_santanna"] = _callaway
        if not panel.treated.all():
            found["sun_abraham"] = _sun
    if len(panel.starts) > 1:
        found["two_stage"] = _two_stage
    elif min(panel.treated_clusters, panel.untreated_clusters) > 1 and panel.complete:
        found["wild_bootstrap"] = _wild
    if len(panel.starts) == 1 and panel.starts[0] >= _LEAST_BEFORE:
        means = by_cluster(panel)
        if means is not None and (~means.treated).sum() > 2:
            found["synthetic_did"] = _synthetic_did
            if means.treated.sum() == 1:
                found["synthetic_control"] = _synthetic_control
    return found


def by_cluster(panel: Panel) -> Panel | None:
    """Return the panel of cluster means; None where clusters are mixed or have gaps."""
    pairs = np.unique(np.column_stack([panel.cluster, panel.start]), axis=0)
    if len(pairs) > len(panel.clusters) or not panel.complete:
        return None
    values = np.array([panel.values[panel.cluster == one].mean(axis=0) for one in range(len(panel.clusters))])
    codes = np.arange(len(panel.clusters))
    return Panel(values, pairs[:, 1], codes, panel.clusters, panel.times, panel.clusters, panel.outcome)


def long(panel: Panel) -> pd.DataFrame:
    """Return a panel as a long frame for the packages: ``u``, ``t`` (from 1), ``g`` (0: never), ``c``, ``y``, ``d``."""
    units, times = panel.values.shape
    start = np.where(panel.treated, panel.start + 1, 0)
    frame = pd.DataFrame(
        {
            "u": np.repeat(np.arange(units), times),
            "t": np.tile(np.arange(1, times + 1), units),
            "g": np.repeat(start, times),
            "c": np.repeat(panel.cluster, times),
            "y": panel.values.ravel(),
            "d": panel.after.ravel().astype(int),
        }
    )
    return frame.assign(treated=(frame["g"] > 0).astype(int)).dropna(subset=["y"]).reset_index(drop=True)


def forbidden_share(panel: Panel) -> float:
    """Return the weight that two-way fixed effects give to comparisons with units already treated (Goodman-Bacon 2021).

    Missing where the panel has gaps.
    """
    from diff_diff import BaconDecomposition

    if not panel.complete:
        return float("nan")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return float(BaconDecomposition().fit(long(panel), "y", "u", "t", "g").total_weight_later_vs_earlier)


def _told(found: Any) -> tuple[float, ...]:
    low, high = found.conf_int
    return float(found.att), float(found.se) or np.nan, float(low), float(high), float(found.p_value)


def _two_way(panel: Panel, _: int) -> tuple[float, ...]:
    from pyfixest import feols

    row = feols("y ~ d | u + t", long(panel), vcov={"CRV1": "c"}).tidy().loc["d"]
    return tuple(float(row[key]) for key in ("Estimate", "Std. Error", "2.5%", "97.5%", "Pr(>|t|)"))


def _callaway(panel: Panel, _: int) -> tuple[float, ...]:
    from diff_diff import CallawaySantAnna

    control = "never_treated" if (~panel.treated).any() else "not_yet_treated"
    fitted = CallawaySantAnna(control_group=control, cluster="c")
    return _told(fitted.fit(long(panel), "y", "u", "t", "g"))


def _sun(panel: Panel, _: int) -> tuple[float, ...]:
    from diff_diff import SunAbraham

    return _told(SunAbraham(cluster="c").fit(long(panel), "y", "u", "t", "g"))


def _two_stage(panel: Panel, _: int) -> tuple[float, ...]:
    from diff_diff import TwoStageDiD

    return _told(TwoStageDiD(cluster="c").fit(long(panel), "y", "u", "t", "g"))


def _wild(panel: Panel, seed: int) -> tuple[float, ...]:
    from diff_diff import TwoWayFixedEffects

    data = long(panel).assign(post=lambda frame: (frame["t"] > panel.starts[0]).astype(int))
    options = {"inference": "wild_bootstrap", "bootstrap_weights": "webb", "n_bootstrap": 4999, "seed": seed}
    return _told(TwoWayFixedEffects(cluster="c", **options).fit(data, "y", "treated", post="post", unit="u"))


def _synthetic_did(panel: Panel, seed: int) -> tuple[float, ...]:
    from diff_diff import SyntheticDiD

    means = by_cluster(panel)
    assert means is not None  # noqa: S101 - asked for only then
    after = list(range(int(means.starts[0]) + 1, len(means.times) + 1))
    # with no more others than treated the pilot cannot be given to others alone: the package would tell an error of 0
    method = "placebo" if (~means.treated).sum() > means.treated.sum() else "jackknife"
    fitted = SyntheticDiD(seed=seed, variance_method=method).fit(
        long(means), "y", "treated", "u", "t", post_periods=after
    )
    return _told(fitted)


def _synthetic_control(panel: Panel, _: int) -> tuple[float, ...]:
    """Donors weighted by the outcomes before the start alone, p by giving the pilot to each of them in turn."""
    from diff_diff import SyntheticControl

    means = by_cluster(panel)
    assert means is not None  # noqa: S101 - asked for only then
    alike = {"v_method": "custom", "custom_v": np.ones(int(means.starts[0])), "standardize": "none"}
    found = SyntheticControl(**alike).fit(long(means), "y", "d", "u", "t")
    found.in_space_placebo()
    return float(found.att), np.nan, np.nan, np.nan, float(found.placebo_p_value)
