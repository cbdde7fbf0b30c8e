"""Access from any two frames: people and facilities in, minutes and supply per head out, those left out named."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Real
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from govkit import catalogue
from govkit.analysis.access import catchment
from govkit.analysis.access.costs import Costs, Kept, Straight, given, on_network
from govkit.analysis.finite import finite
from govkit.analysis.notes import listed, note
from govkit.errors import GovkitError, UnknownNameError
from govkit.geometry.coverage import present
from govkit.rounding import percent

METHODS = ("nearest", "within", "2SFCA", "E2SFCA", "3SFCA", "BFCA", "RAAM")


@dataclass(frozen=True, eq=False, repr=False)
class Access:
    """What access people have: ``frame`` a row a demand point, ``facilities`` those used, ``costs`` the ways.

    ``minutes``: the limit of ways; ``method``: as in ``govkit.access``.
    ``notes``: how ways were found and what was left out, in Chinese, each with its English as ``en``.
    """

    frame: pd.DataFrame
    facilities: pd.DataFrame
    costs: Costs
    minutes: float
    method: str
    notes: tuple[str, ...]

    def to_frame(self) -> pd.DataFrame:
        """Return the people's frame: ``people``, ``nearest`` (minutes, missing where none is within the limit),
        ``within`` (facilities within the limit), ``covered`` (boolean), and the method's own column: supply per head
        (``2SFCA``, ``E2SFCA``, ``3SFCA``, ``BFCA``) or cost (``RAAM``, lower is better).
        """
        return self.frame.copy()

    @property
    def share(self) -> float:
        """The share of people with a facility within the limit; missing without people."""
        people = self.frame["people"]
        return float(people[self.frame["covered"]].sum() / people.sum()) if people.sum() > 0 else float("nan")

    def uncovered(self) -> pd.DataFrame:
        """Return the demand points with people and no facility within the limit, most people first."""
        left = self.frame.loc[~self.frame["covered"] & (self.frame["people"] > 0)]
        return left.sort_values("people", ascending=False)

    def summary(self, by: str) -> pd.DataFrame:
        """Return ``people``, ``covered`` (people), ``share`` and the mean of the method by a column of the frame.

        Means are weighted by people.
        """
        if by not in self.frame:
            raise UnknownNameError("列", by, map(str, self.frame.columns))
        frame = self.frame.assign(inside=self.frame["people"].where(self.frame["covered"], 0.0))
        groups = frame.groupby(by)
        found = groups[["people", "inside"]].sum().rename(columns={"inside": "covered"})
        found["share"] = found["covered"] / found["people"].where(found["people"] > 0)
        if self.method in frame:
            known = frame.loc[frame[self.method].notna()]
            total = (known[self.method] * known["people"]).groupby(known[by]).sum()
            found[self.method] = total / known.groupby(by)["people"].sum().replace(0, np.nan)
        return found

    def sites(
        self, *, count: int | None = 1, model: str = "MCLP", minutes: float | None = None,
        standing: np.ndarray | None = None, cost: pd.Series | None = None,
    ) -> pd.DataFrame:  # fmt: skip
        """Return which of the facilities to choose, taken as possible sites: ``siting.best_sites``.

        ``minutes``: within which people count as covered, by default the limit that ways were looked for in; p-median
        and p-centre know no farther way than that limit. ``standing``: boolean, there already, a facility. ``model``
        and ``cost`` as in ``Zone.sites``.
        """
        from govkit.analysis.access.siting import best_sites

        return best_sites(
            self.costs, self.frame["people"].fillna(0.0), self.facilities.index, minutes=minutes or self.minutes,
            count=count, model=model, standing=standing, cost=cost,
        )  # fmt: skip

    def __repr__(self) -> str:
        share = percent(self.share, 1) if self.share >= 0 else "nobody"
        return f"<Access {self.method}, {self.minutes:g} minutes: {len(self.frame)} places, {share} covered>"

    def _repr_html_(self) -> str:
        share = [note("share", minutes=f"{self.minutes:g}", share=percent(self.share, 1))] if self.share >= 0 else []
        shown = pd.DataFrame(self.frame).drop(columns="geometry", errors="ignore").head(10)
        return listed([*share, *self.notes]) + shown.to_html(float_format="{:.4g}".format, na_rep="—")


def access(
    demand: pd.DataFrame,
    supply: pd.DataFrame,
    *,
    minutes: float = 15,
    method: str = "2SFCA",
    people: str | None = None,
    capacity: str | None = None,
    costs: pd.DataFrame | None = None,
    lines: gpd.GeoDataFrame | gpd.GeoSeries | None = None,
    barriers: gpd.GeoDataFrame | gpd.GeoSeries | None = None,
    crs: Any = None,
    speed_kmh: float | None = None,
    detour: float | None = None,
    decay: float | Mapping[float, float] | None = None,
    tau: float = 60.0,
) -> Access:
    """Return the access of people to facilities, from any two frames.

    ``demand`` and ``supply`` are known by their index; as GeoDataFrames they give places (areas stand for a point in
    them), measured in the metric ``crs`` (default: their own). ``people`` and ``capacity`` name columns of numbers;
    without, each counts 1. ``costs``: minutes found otherwise, columns ``origin``, ``dest``, ``minutes``, instead of
    places. ``lines``: a network to walk along, ``barriers`` what it may not cross; without, straight lines times
    ``detour``. ``speed_kmh`` and ``detour`` default to access.toml. ``method``: nearest, within, 2SFCA, E2SFCA, 3SFCA,
    BFCA or RAAM; ``decay``: of E2SFCA, 3SFCA and BFCA, sigma in minutes of a Gaussian (default: a third of the limit)
    or steps ``{5: 1, 10: 0.68, 15: 0.22}``; ``tau``: of RAAM.

    People of unknown number count as none, stay missing in the frame and are told; facilities without capacity are left
    out and told. Raises UnknownNameError for names, GovkitError where there is nobody or nothing.
    """
    if method not in METHODS:
        raise UnknownNameError("可达性方法", str(method), METHODS)
    sigma = None if isinstance(decay, Mapping) else decay
    for name, one, least in (
        ("minutes", minutes, 0.0), ("speed_kmh", speed_kmh, 0.0), ("detour", detour, 1.0), ("decay", sigma, 0.0),
        ("tau", tau, 0.0),
    ):  # fmt: skip
        if one is not None and not (isinstance(one, Real) and (one > least or one == least == 1)):
            raise GovkitError(f"{name} 应为{'不小于 1' if least else '大于 0'} 的数，现在是 {one!r}。")
    if isinstance(decay, Mapping) and not decay:
        raise GovkitError("decay 没有一级。", allowed="如 {5: 1, 10: 0.68, 15: 0.22}")
    notes: list[str] = []
    head = _numbers(demand, people, "人口", notes, "unknown_people").fillna(0.0)
    size = _numbers(supply, capacity, "设施规模", notes, "unknown_capacity")
    used = supply.loc[size.notna()]
    size = size.dropna()
    if not len(used) and len(supply):
        todo = "请补上规模；不给 capacity 时，每处设施按 1 计。"
        raise GovkitError(f"{len(supply)} 处设施都没有规模（{capacity}）。", todo=todo)
    if not (len(demand) and len(used)):
        raise GovkitError("没有可用的设施。" if len(demand) else "没有居民点。", todo="请检查数据和筛选条件。")
    if not head.sum() > 0:
        notes.append(note("nobody"))
    if (none := int((size == 0).sum())) > 0:
        notes.append(note("no_capacity", count=none))
    if costs is not None:
        ways: Costs = given(costs, demand.index, used.index, notes, minutes=minutes)
    else:
        ways, demand, used, head, size = _ways(
            demand, used, head, size, minutes, crs, lines, barriers, speed_kmh, detour, notes
        )
    ways = Kept(ways)
    shown = head if people is None else head.where(demand[people].notna())
    frame = demand.assign(people=shown, nearest=catchment.nearest(ways))
    frame = frame.assign(within=catchment.within(ways, np.ones(ways.supply)), covered=frame["nearest"].notna())
    if not frame["covered"].any():
        notes.append(note("out_of_reach", minutes=f"{minutes:g}"))
    if method not in {"nearest", "within"}:
        frame[method] = _measured(method, ways, head.to_numpy(), size.to_numpy(), minutes, decay, tau)
    return Access(frame, used.assign(capacity=size), ways, float(minutes), method, tuple(notes))


def _measured(
    method: str, ways: Costs, head: np.ndarray, size: np.ndarray, minutes: float, decay: Any, tau: float
) -> np.ndarray:
    if method == "RAAM":
        return catchment.raam(ways, np.round(head), size, tau=tau)
    if method == "2SFCA":
        return catchment.two_step(ways, head, size, catchment.plain)
    weight = catchment.stepped(decay) if isinstance(decay, Mapping) else catchment.gaussian(decay or minutes / 3)
    way = {"E2SFCA": catchment.two_step, "3SFCA": catchment.three_step, "BFCA": catchment.balanced}[method]
    return way(ways, head, size, weight)


def _numbers(frame: pd.DataFrame, column: str | None, what: str, notes: list[str], unknown: str) -> pd.Series:
    if column is None:
        return pd.Series(1.0, index=frame.index)
    if column not in frame:
        raise UnknownNameError("列", column, map(str, frame.columns))
    found = finite(frame[column], f"{what}（{column}）")
    if (found < 0).any():
        raise GovkitError(f"{what}（{column}）有负数。", todo="请先改正。")
    if found.isna().any():
        notes.append(note(unknown, count=int(found.isna().sum()), column=column))
    return found


def _ways(
    demand: pd.DataFrame, supply: pd.DataFrame, head: pd.Series, size: pd.Series, minutes: float, crs: Any,
    lines: Any, barriers: Any, speed_kmh: float | None, detour: float | None, notes: list[str],
) -> tuple[Costs, pd.DataFrame, pd.DataFrame, pd.Series, pd.Series]:  # fmt: skip
    """Return the ways between places, and both frames without what has no place."""
    walking = catalogue.load("access")["walking"]
    speed = float(speed_kmh or walking["speed_kmh"]) * 1000 / 60
    factor = float(detour or walking["detour"])
    kept = []
    for frame, numbers, what, key in ((demand, head, "居民点", "people"), (supply, size, "设施", "facilities")):
        if not isinstance(frame, gpd.GeoDataFrame):
            raise GovkitError(f"{what}没有位置。", todo="请给出 GeoDataFrame，或用 costs 给出行程时间。")
        placed = present(frame.geometry)
        if not placed.all():
            notes.append(note(f"placeless_{key}", count=int((~placed).sum())))
        kept.append((frame.loc[placed], numbers.loc[placed]))
    (people, head), (places, size) = kept
    if people.empty or places.empty:
        raise GovkitError("没有带位置的居民点或设施。")
    metric = crs or people.crs
    if metric is None or not getattr(gpd.GeoSeries([], crs=metric).crs, "is_projected", False):
        raise GovkitError(
            "距离要在以米为单位的坐标系里量。", todo='请给出 crs，如 crs="EPSG:4551" 或 zone.metric_crs。'
        )
    for layer, what in ((people, "居民点"), (places, "设施"), (lines, "路网"), (barriers, "障碍")):
        if layer is not None and layer.crs is None:
            raise GovkitError(f"{what}没有坐标系。", todo="请用 set_crs 写明，如 EPSG:4490。")
    points = [_points(frame, metric) for frame in (people, places)]
    if lines is None:
        notes.append(note("straight", detour=f"{factor:g}", speed=f"{speed * 60 / 1000:g}"))
        return Straight(points[0], points[1], float(minutes), speed, factor), people, places, head, size
    along = gpd.GeoSeries(lines.geometry).to_crs(metric)
    stops = None if barriers is None else gpd.GeoSeries(barriers.geometry).to_crs(metric)
    ways, far = on_network(along, points[0], points[1], minutes=float(minutes), metres_a_minute=speed, barriers=stops)
    notes.append(note("along", speed=f"{speed * 60 / 1000:g}"))
    for too_far, key in zip(far, ("far_people", "far_facilities"), strict=True):
        if too_far.any():
            notes.append(note(key, count=int(too_far.sum())))
    return ways, people, places, head, size


def _points(frame: gpd.GeoDataFrame, crs: Any) -> np.ndarray:
    inside = frame.geometry.to_crs(crs).representative_point()
    return np.column_stack([inside.x, inside.y])
