"""A composite index of any frame weighed anew: recipe and weights by hand, who moves and why, the recipe to keep."""

from __future__ import annotations

import html
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from govkit.analysis.score.aggregation import AGGREGATIONS
from govkit.analysis.score.index import IMPUTATIONS, Index, composite
from govkit.analysis.score.normalisation import NORMALISATIONS
from govkit.catalogue import toml_text
from govkit.research.explore import widgets
from govkit.research.workshop import Weighing, new_file, shown

_KEPT = ("weights", "directions", "groups", "imputation", "treat_outliers", "normalisation", "aggregation")


def index_moves(before: Index, after: Index) -> pd.DataFrame:
    """Return who moves between two indices of the same units: ``rank_before``, ``rank_after``, ``move`` (places
    gained), ``score_change``, ``why`` (the indicator whose part of the score changes most), those moving most first.
    """
    gained = (before.scores["rank"] - after.scores["rank"]).astype("Int64")
    parts = [one.normalised.mul(one.weights["nominal"], axis=1) for one in (before, after)]
    change = (parts[1] - parts[0]).fillna(0.0)
    signed = change.mul(gained.fillna(0).lt(0).map({True: -1.0, False: 1.0}), axis=0)
    why = signed.idxmax(axis=1).where(gained.fillna(0) != 0, "")
    table = pd.DataFrame(
        {
            "rank_before": before.scores["rank"], "rank_after": after.scores["rank"], "move": gained,
            "score_change": after.scores["score"] - before.scores["score"], "why": why,
        }
    )  # fmt: skip
    return table.sort_values("move", key=lambda column: column.abs().fillna(0).astype(int), ascending=False)


def save_recipe(options: Mapping[str, Any], path: str | Path, *, reasons: str) -> Path:
    """Write the options of ``govkit.composite`` as TOML, headed by the reasons; read by ``read_recipe``.

    Raises GovkitError without reasons, or if the file is there already.
    """
    target = new_file(path, reasons, "这样合成")
    lines = [f"reasons = {_toml(reasons.strip())}"]
    lines += [f"{name} = {_toml(options[name])}" for name in _KEPT if name in options and options[name] is not None]
    target.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return target


def read_recipe(path: str | Path) -> dict[str, Any]:
    """Return the options for ``govkit.composite`` that ``save_recipe`` wrote to ``path``, without the reasons."""
    stated = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    return {name: stated[name] for name in _KEPT if name in stated}


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_toml(str(key))} = {_toml(one)}" for key, one in value.items()) + " }"
    if isinstance(value, int | float):
        return f"{float(value):.10g}"
    return toml_text(str(value))


class FrameWorkshop(Weighing):
    """Sliders and choices for a composite of a frame: ``options`` as picked, ``index`` and ``moved`` what they give."""

    def __init__(self, frame: pd.DataFrame, options: Mapping[str, Any] | None = None) -> None:
        self.frame, self._given, w = frame, dict(options or {}), widgets()
        self.before = self.index = composite(frame, **self._given)
        stated = self._given.get("weights") or {}
        names = list(dict.fromkeys((self._given.get("groups") or {}).values())) or list(map(str, frame.columns))
        self.sliders = {
            name: w.FloatSlider(
                value=float(stated.get(name, 1 / len(names))), min=0, max=1, step=0.01, description=name
            )
            for name in names
        }
        listed: dict[str, list[Any]] = {
            "normalisation": [one for one in NORMALISATIONS if one != "target"],
            "aggregation": list(AGGREGATIONS),
        }
        listed |= {"imputation": list(IMPUTATIONS), "treat_outliers": [True, False]}
        usual = {"normalisation": "min_max", "aggregation": "arithmetic", "imputation": "none", "treat_outliers": True}
        words = {"normalisation": "计分", "aggregation": "合成", "imputation": "缺失", "treat_outliers": "处理异常"}
        self.choices = {
            name: w.Dropdown(options=values, value=self._given.get(name, usual[name]), description=words[name])
            for name, values in listed.items()
        }
        self.audit = w.HTML(value=self._audit())
        self._lay_out(w, "合成方案.toml", *self.choices.values())

    @property
    def options(self) -> dict[str, Any]:
        """What is picked, as options of ``govkit.composite``."""
        weights = {
            **(self._given.get("weights") or {}),
            **{name: float(one.value) for name, one in self.sliders.items()},
        }
        return {**self._given, **{name: one.value for name, one in self.choices.items()}, "weights": weights}

    def _audit(self) -> str:
        told = self.before.treated.join(self.before.weights)
        told.insert(0, "missing", self.frame.isna().mean())
        alike = self.frame.astype("float64").corr(method="spearman")
        told["most_like"] = [alike[name].drop(name).abs().idxmax() if len(alike) > 1 else "" for name in alike]
        said = "".join(f"<li>{html.escape(line)}</li>" for line in self.before.warnings)
        return f"<ul>{said}</ul>" + shown(told, "{:.3g}")

    def _moves(self) -> pd.DataFrame:
        self.index = composite(self.frame, **self.options)
        return index_moves(self.before, self.index)

    def _written(self) -> Path:
        return save_recipe(self.options, self.path.value, reasons=self.reasons.value)


def workshop(frame: pd.DataFrame, options: Mapping[str, Any] | None = None) -> FrameWorkshop:
    """Return a page that weighs ``govkit.composite(frame, **options)`` anew, of any frame (units × indicators).

    It shows its audit, sliders for weights, choices of recipe, who moves and why, and the recipe to keep as TOML.
    """
    return FrameWorkshop(frame, options)
