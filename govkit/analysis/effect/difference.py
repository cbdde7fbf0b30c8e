"""Did the zone's pilot work: its panel evaluated over report units, which were given the pilot, and by quarter."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pandas as pd

from govkit.analysis.effect.panel import Panel, few, panel
from govkit.analysis.effect.pilot import Pilot, evaluate
from govkit.analysis.measures.scope import Tables
from govkit.errors import GovkitError, UnknownNameError


def pilot_units(tables: Tables) -> pd.Series:
    """Return the day each community of the pilot began it, indexed by unit code; empty without a pilot."""
    units = tables["units"]
    if "pilot_since" not in units:
        return pd.Series(dtype="datetime64[s]", name="pilot_since")
    inside = units.loc[(units["level"] == "community") & units["pilot_since"].notna()]
    return inside.set_index("unit_code")["pilot_since"]


def pilot_of(
    tables: Tables, outcomes: Iterable[str] = (), *, placebo: Iterable[str] = (), compared: bool = True
) -> Pilot:
    """Return the evaluation of a zone's pilot; ``refused`` of it are outcomes it cannot be told for.

    The table ``panel`` gives the outcomes of communities (default: all, in file order), ``units.pilot_since`` their
    start, the report unit the cluster, by name where no two share one; ``placebo`` (left out of the default) and
    ``compared`` as in ``pilot``. Without panel or pilot there is no evaluation.
    Raises UnknownNameError for an outcome that the panel does not hold.
    """
    since, names = pilot_units(tables), _names(tables["units"])
    if "panel" not in tables or since.empty:
        return evaluate([], compared=compared)
    rows = tables["panel"].dropna(subset=["value"])
    known = list(dict.fromkeys(rows["outcome"].astype(str)))
    untouched = list(placebo)
    wanted = list(outcomes) or [name for name in known if name not in untouched]
    for name in [*wanted, *untouched]:
        if name not in known:
            raise UnknownNameError("结果指标", name, known)
    panels, refused = [], {}
    street = rows["district_code"].map(lambda code: names.get(code, code))
    rows = rows.assign(start=rows["unit_code"].map(since), district_code=street)
    for name in [*wanted, *untouched]:
        part = rows.loc[rows["outcome"] == name].rename(columns={"value": name})
        try:
            found = panel(part, unit="unit_code", time="month", outcome=name, start="start", cluster="district_code")
        except GovkitError as error:
            refused[name] = f"{error.what}{error.todo}"
            continue
        if len(unseen := since.index.difference(part["unit_code"])):
            told = {"units": len(unseen), "names": few(unseen.map(lambda code: names.get(code, code)))}
            found = replace(found, said=(*found.said, ("unseen", told)))
        panels.append(found)
    shown, kept = ([one for one in panels if one.outcome in group] for group in (wanted, untouched))
    return replace(evaluate(shown, compared=compared, placebo=kept), refused=refused)


def _names(units: pd.DataFrame) -> dict[str, str]:
    """Return the names of units that no other has, by code."""
    named = units.drop_duplicates("unit_code").set_index("unit_code")
    return named["name"].drop_duplicates(keep=False).dropna().to_dict() if "name" in named else {}


def effects(tables: Tables, *, evaluated: Pilot | None = None) -> pd.DataFrame:
    """Return the pilot's effect on each outcome of the table ``panel``, a row an outcome in file order.

    Columns: those of the main estimates of ``Pilot.to_frame``; ``before_in``, ``after_in``, ``before_out``,
    ``after_out`` (means of communities in the pilot and out of it, before the first start and from the last one on),
    ``claim`` (boolean: p adjusted for all outcomes and the smallest p in reach both allow to speak of more than
    chance), ``trend`` and ``trend_p`` (how the gap moved a month before the pilot). Empty without panel or pilot.
    ``evaluated``: the answer of ``pilot_of`` where it is known.
    """
    found = evaluated or pilot_of(tables, compared=False)
    if not found.evaluations:
        return pd.DataFrame()
    rows = found.to_frame()
    more = []
    for one, p in zip(found.evaluations, rows["p_holm"], strict=True):
        limit = float(one.rules["not_chance"])
        trend = one.trend
        more.append(
            {
                **_means(one.panel),
                "claim": bool(p <= limit and one.randomisation.least_p <= limit),
                "trend": trend.slope if trend else float("nan"),
                "trend_p": trend.p if trend else float("nan"),
            }
        )
    return rows.join(pd.DataFrame(more))


def _means(found: Panel) -> dict[str, float]:
    first, last = int(found.starts.min()), int(found.starts.max())
    sides = {"before": found.values[:, :first], "after": found.values[:, last:]}
    groups = {"in": found.treated, "out": ~found.treated}
    return {
        f"{when}_{who}": float(pd.DataFrame(values[rows]).mean(axis=1).mean())
        for when, values in sides.items()
        for who, rows in groups.items()
    }


def gaps_by_quarter(tables: Tables) -> pd.DataFrame:
    """Return how the gap between pilot and other communities moved, a row an outcome and quarter.

    Columns: ``outcome``, ``quarter`` (first day), ``inside`` and ``outside`` (means of the quarter), ``gap`` (inside
    minus outside, less its mean in the quarters wholly before the first start), ``stage`` (``before``, ``start``: some
    unit began within it or has not begun, ``after``: all had begun when it began). Empty without panel or pilot.
    """
    since = pilot_units(tables)
    columns = ["outcome", "quarter", "inside", "outside", "gap", "stage"]
    if "panel" not in tables or since.empty:
        return pd.DataFrame(columns=columns)
    rows = tables["panel"].dropna(subset=["value"])
    rows = rows.assign(
        inside=rows["unit_code"].isin(since.index), quarter=rows["month"].dt.to_period("Q").dt.to_timestamp()
    )
    means = rows.pivot_table(index=["outcome", "quarter"], columns="inside", values="value", aggfunc="mean", sort=False)
    means = means.rename(columns={True: "inside", False: "outside"}).rename_axis(columns=None)
    means = means.reindex(columns=["inside", "outside"]).dropna().reset_index()
    end = means["quarter"] + pd.offsets.QuarterEnd(0)
    stage = np.where(end < since.min(), "before", np.where(means["quarter"] >= since.max(), "after", "start"))
    gap = means["inside"] - means["outside"]
    before = gap.where(stage == "before").groupby(means["outcome"]).transform("mean")
    return means.assign(gap=gap - before, stage=stage)[columns]
