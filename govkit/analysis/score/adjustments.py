"""What stands beside the tree: veto items (一票否决) that cap a score, bonus and penalty points that move it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from govkit.analysis.measures.measure import known_measure
from govkit.analysis.measures.scope import AREA_KINDS
from govkit.analysis.standards.checked import NUMBER, Defects

_BOTH = {"id": str, "label": str, "measure": str, "at_least": NUMBER, "at_most": NUMBER, "applies_to": str}
_VETO = {**_BOTH, "cap": NUMBER}
_ADJUSTMENT = {**_BOTH, "points": NUMBER, "per": NUMBER, "most": NUMBER}
Entry = Mapping[str, Any]


@dataclass(frozen=True)
class Veto:
    """A red line: where the measure is at least ``at_least`` (or at most ``at_most``), the score is ``cap`` at best."""

    id: str
    label: str
    measure: str
    cap: float
    at_least: float | None = None
    at_most: float | None = None
    applies_to: str = "all"

    def struck(self, values: pd.Series) -> pd.Series:
        """Return which values cross the line; a missing value does not."""
        return _excess(self, values).ge(0)


@dataclass(frozen=True)
class Adjustment:
    """Points added (or taken, if negative) where the measure is at least ``at_least`` (or at most ``at_most``).

    With ``per`` they count once for every ``per`` the value goes beyond the line, in proportion, up to ``most`` points.
    """

    id: str
    label: str
    measure: str
    points: float
    at_least: float | None = None
    at_most: float | None = None
    per: float | None = None
    most: float | None = None
    applies_to: str = "all"

    def points_for(self, values: pd.Series) -> pd.Series:
        """Return the points each unit gets; none for a missing value."""
        excess = _excess(self, values)
        times = excess.ge(0).astype("float64") if self.per is None else (excess / self.per).clip(lower=0)
        size = (abs(self.points) * times).clip(upper=np.inf if self.most is None else self.most)
        return (size * np.sign(self.points)).fillna(0.0)


def _excess(item: Veto | Adjustment, values: pd.Series) -> pd.Series:
    """Return how far each value lies beyond the line, 0 on it; a hair of rounding still counts as on it."""
    numbers = values.astype("float64")
    beyond = numbers - item.at_least if item.at_least is not None else item.at_most - numbers
    return beyond.where(beyond.abs() > 1e-12, 0.0).where(numbers.notna())


def adjusted(scores: np.ndarray, points: pd.DataFrame, vetoes: pd.DataFrame, caps: Mapping[str, float]) -> np.ndarray:
    """Return scores (… × units) with points added, held inside 0–100, and capped where a veto item is struck."""
    moved = np.clip(scores + points.sum(axis="columns").to_numpy(), 0.0, 100.0) if len(points.columns) else scores
    for veto, cap in caps.items():
        moved = np.where(vetoes[veto].to_numpy(), np.minimum(moved, cap), moved)
    return moved


def check_veto(defects: Defects, where: str, veto: Entry, _scheme: Entry) -> None:
    """Note what is wrong with a veto item."""
    if not defects.keys(veto, where, _VETO, ("id", "label", "measure", "cap")):
        return
    cap = veto.get("cap")
    if isinstance(cap, NUMBER) and not 0 <= cap < 100:
        defects.add(where, f"cap（否决后的最高得分）应不小于 0、小于 100，现在是 {cap!r}")
    _check_line(defects, where, veto, good=False)


def check_adjustment(defects: Defects, where: str, item: Entry, _scheme: Entry) -> None:
    """Note what is wrong with a bonus or penalty item."""
    if not defects.keys(item, where, _ADJUSTMENT, ("id", "label", "measure", "points")):
        return
    points = item.get("points")
    if isinstance(points, NUMBER) and (points == 0 or abs(points) > 100):
        defects.add(where, f"points 应在 -100 至 100 之间且不为 0，现在是 {points!r}")
    for key in ("per", "most"):
        if isinstance(item.get(key), NUMBER) and item[key] <= 0:
            defects.add(where, f"{key} 应大于 0，现在是 {item[key]!r}")
    _check_line(defects, where, item, good=isinstance(points, NUMBER) and points > 0)


def _check_line(defects: Defects, where: str, item: Entry, *, good: bool) -> None:
    """Note a line that is not one, an unknown measure, and a line that would reward the worse or punish the better."""
    defects.choice(item.get("applies_to", "all"), where, "applies_to", AREA_KINDS)
    lines = [key for key in ("at_least", "at_most") if key in item]
    if len(lines) != 1:
        defects.add(where, "at_least（达到或超过）与 at_most（等于或低于）须写且只写一个")
    info = known_measure(defects, where, item.get("measure"))
    if info is None:
        return
    wanted = "at_least" if (info.sign > 0) == good else "at_most"
    if len(lines) == 1 and lines != [wanted]:
        better = "越大越好" if info.sign > 0 else "越小越好"
        what = "加分应奖励好的一头" if good else "扣分、否决应针对差的一头"
        defects.add(where, f"写反了：{info.label}{better}，{what}，请用 {wanted}")
