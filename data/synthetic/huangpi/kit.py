"""What communities of each type have of their own kit beside the fifteen items (H11): stations, networks, teams."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from data.synthetic.huangpi.register import REGISTER, YEARS, Setting

TEAM = "安保服务队"


def kit_of(setting: Setting) -> pd.DataFrame:
    """Return ``code``, ``name``, ``kind`` and ``opened`` (a day) of everything of kit.csv that is there."""
    rows = []
    for spec in REGISTER.rows("kit.csv"):
        rng = REGISTER.random(f"kit {spec['kind']} {spec['type']}")
        for one in setting.communities.loc[setting.communities["type"] == spec["type"]].itertuples():
            luck, wait = rng.random(), int(rng.integers(0, 290))
            if luck < float(spec["chance"]) + 0.12 * one.quality:
                opened = dt.date(YEARS[int(rng.integers(0, len(YEARS)))], 3, 1) + dt.timedelta(days=wait)
                rows.append((one.code, one.name, spec["kind"], opened))
    return pd.DataFrame(rows, columns=["code", "name", "kind", "opened"])


def security_teams(setting: Setting) -> list[tuple[object, ...]]:
    """Return the rows of the security teams: 社区代码、组织类型、组织名称、成员数、成立日期."""
    rng, kit = REGISTER.random("security teams"), kit_of(setting)
    return [
        (one.code, TEAM, f"{one.name}{TEAM}", int(rng.integers(5, 16)), one.opened)
        for one in kit.loc[kit["kind"] == TEAM].itertuples()
    ]
