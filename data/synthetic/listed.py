"""Ledgers that are lists, each from one CSV beside a zone's generator: checklists, counts, bodies, posts.

Every CSV has a column ``where``, which of the zone's units a line is for (an expression for ``DataFrame.query``), and a
column a period, named by the period's id. Every line has its own stream of chance: a new one leaves the others alone.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from data.synthetic.register import Register

# How much better than usual (0–1) a unit of quality 1 meets a line that is not met everywhere.
_BETTER = 0.06


@dataclass(frozen=True)
class Ground:
    """What the lists of a zone are made for: all units (``code``, ``name``, ``kind`` …) and its periods.

    ``periods`` gives the name of each period by its id; ``well`` how well units do in a period, about -1 to 1.
    """

    register: Register
    units: pd.DataFrame
    periods: Mapping[str, str]
    well: Callable[[pd.DataFrame, str], np.ndarray]

    def lines(self, name: str) -> Iterator[tuple[dict[str, str], pd.DataFrame, np.random.Generator]]:
        """Return each line of a CSV with the units it is for and its own stream."""
        for row in self.register.rows(name):
            units = self.units.query(row["where"]).sort_values("code")
            key = " ".join(row[word] for word in ("list", "item", "kind", "called", "post", "where") if word in row)
            yield row, units, self.register.random(f"{name} {key}")


def checklist(ground: Ground, *, proof: str, name: str = "lists.csv") -> pd.DataFrame:
    """Return 单元代码、报告期、清单、清单项、是否落实、佐证材料, period by period; what is met once stays met.

    ``proof`` is the file number that stands as evidence, with ``{number}`` in it.
    """
    parts = []
    for row, units, rng in ground.lines(name):
        luck = rng.random(len(units))
        for period, title in ground.periods.items():
            usual = float(row[period])
            chance = usual if usual in {0, 1} else np.clip(usual + _BETTER * ground.well(units, period), 0.02, 0.99)
            heads = {"单元代码": units["code"].to_numpy(), "报告期": title, "清单": row["list"], "清单项": row["item"]}
            parts.append(pd.DataFrame({**heads, "met": luck < chance, "filed": rng.random(len(units)) < 0.97}))
    frame = pd.concat(parts, ignore_index=True)
    order = {title: number for number, title in enumerate(ground.periods.values())}
    place = frame["报告期"].map(order)
    frame = frame.iloc[np.lexsort([frame.index, frame["单元代码"], place])].reset_index(drop=True)
    numbers = [proof.format(number=f"{number:04d}") for number in range(1, len(frame) + 1)]
    evidence = pd.Series(numbers).where(frame["met"] & frame["filed"])
    return frame.assign(是否落实=np.where(frame["met"], "是", "否"), 佐证材料=evidence).drop(columns=["met", "filed"])


def statistics(ground: Ground, *, name: str = "counts.csv") -> pd.DataFrame:
    """Return 单元代码、报告期、统计指标、数值、基数: of so many people in a thousand the period's share.

    A share above 1 is so many of each, such as visits of a case.
    """
    parts = []
    for row, units, rng in ground.lines(name):
        people = units["population"].to_numpy(dtype=float)
        base = np.maximum(1, rng.poisson(float(row["base_per_1000"]) * people / 1_000))
        for period, title in ground.periods.items():
            usual, better = float(row[period]), 0.04 * ground.well(units, period)
            if usual > 1:
                value = np.round(base * np.maximum(1, usual - better + rng.normal(0, 0.08, len(units))))
            else:
                value = rng.binomial(base, np.clip(usual + better, 0.01, 0.995) if usual < 1 else 1.0)
            heads = {"单元代码": units["code"].to_numpy(), "报告期": title, "统计指标": row["item"]}
            parts.append(pd.DataFrame({**heads, "数值": value.astype(int), "基数": base}))
    return pd.concat(parts, ignore_index=True)


def bodies(ground: Ground, *, name: str = "bodies.csv") -> pd.DataFrame:
    """Return 单元代码、组织类型、组织名称、业务领域、成员数、成立日期、会议次数、报告期, a row a body and period.

    A line without ``members`` has none: what it names is no body of people.
    """
    parts = []
    for row, every, rng in ground.lines(name):
        units = every.loc[rng.random(len(every)) < float(row["share"])]
        founded = pd.to_datetime(row["founded"]).date()
        days = [founded + dt.timedelta(days=int(day)) for day in rng.integers(0, int(row["days"]), len(units))]
        members = rng.integers(int(row["members"]) - 4, int(row["members"]) + 9, len(units)) if row["members"] else None
        for period, title in ground.periods.items():
            held = rng.poisson(float(row[period]) * np.exp(0.3 * ground.well(units, period)))
            heads = {"单元代码": units["code"].to_numpy(), "组织类型": row["kind"]}
            body = {"组织名称": (units["name"] + row["called"]).to_numpy(), "业务领域": row["field"] or None}
            when = {"成员数": members, "成立日期": days, "会议次数": held, "报告期": title}
            parts.append(pd.DataFrame({**heads, **body, **when}))
    return pd.concat(parts, ignore_index=True)


def posts(ground: Ground, *, name: str = "posts.csv") -> pd.DataFrame:
    """Return 单元代码、报告期、岗位、人数: from ``least`` to ``most`` people a unit in every period."""
    parts = []
    for row, units, rng in ground.lines(name):
        people = rng.integers(int(row["least"]), int(row["most"]) + 1, len(units))
        for title in ground.periods.values():
            heads = {"单元代码": units["code"].to_numpy(), "报告期": title, "岗位": row["post"]}
            parts.append(pd.DataFrame({**heads, "人数": people}))
    return pd.concat(parts, ignore_index=True)
