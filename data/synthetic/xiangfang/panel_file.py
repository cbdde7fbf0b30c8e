"""试点面板: what the pilot changed, by community and month; the effect is planted (effects.csv)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from data.synthetic.xiangfang.people import PILOT_SINCE, YEARS, Setting
from data.synthetic.xiangfang.register import REGISTER

MONTHS = pd.period_range(f"{YEARS[0]}-01", f"{YEARS[-1]}-12", freq="M")
HOURS, SELF_TIME = "平均办理时长", "自治工作时间占比"
# Months until the new way of working has its full effect.
_LEARNING = 3
_DECIMALS = {"ratio": 1, "share": 4}


def outcomes(setting: Setting) -> dict[str, pd.DataFrame]:
    """Return by outcome a row per community, a column per month (0–35).

    Every community has a level of its own, all share season and trend; from the pilot's first month on its communities
    move by the planted effect, within three months to the full. Shares add, the other outcomes multiply.
    """
    return {row["outcome"]: _outcome(setting, row) for row in REGISTER.rows("effects.csv")}


def _outcome(setting: Setting, spec: dict[str, str]) -> pd.DataFrame:
    rng = REGISTER.random(f"panel {spec['outcome']}")
    places, numbers = setting.communities, {k: float(v) for k, v in spec.items() if k not in {"outcome", "scale"}}
    month = np.arange(len(MONTHS))
    own = rng.normal(0, numbers["spread"], len(places))[:, None]
    season = numbers["season"] * np.cos((month % 12 - 1) / 12 * 2 * np.pi)[None]
    treated = places["pilot"].to_numpy()[:, None] * _share_in_force(month)[None]
    noise = rng.normal(0, numbers["noise"], (len(places), len(month)))
    rest = own + season + numbers["trend"] * month[None] / 12 + noise
    if spec["scale"] == "share":
        values = numbers["level"] + rest + numbers["effect"] * treated
    else:
        values = numbers["level"] * np.exp(rest) * (1 + numbers["effect"] * treated)
    return pd.DataFrame(values.round(_DECIMALS[spec["scale"]]), index=places["code"].to_list(), columns=month)


def _share_in_force(month: np.ndarray) -> np.ndarray:
    first = (PILOT_SINCE.year - YEARS[0]) * 12 + PILOT_SINCE.month - 1
    return np.clip((month - first + 1) / _LEARNING, 0, 1)


def panel_file(panel: dict[str, pd.DataFrame], cases: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of 试点面板.csv; ``cases`` are the matters behind the handling time, by community and month."""
    parts = []
    for outcome, values in panel.items():
        long = values.rename_axis("社区代码").reset_index().melt(id_vars="社区代码", var_name="m", value_name="数值")
        count = [int(cases.at[code, m]) for code, m in zip(long["社区代码"], long["m"], strict=True)]
        text = long["数值"].map(lambda value: f"{value:.4f}".rstrip("0").rstrip("."))
        known = pd.Series(count).astype(str) if outcome == HOURS else ""
        parts.append(long.assign(结果指标=outcome, 数值=text, 件数=known))
    frame = pd.concat(parts).sort_values(["社区代码", "m", "结果指标"], kind="stable", ignore_index=True)
    named = [f"{MONTHS[m].year}年{MONTHS[m].month}月" for m in frame["m"]]
    return frame.assign(月份=named)[["社区代码", "月份", "结果指标", "数值", "件数"]]


def statistics_file(setting: Setting, panel: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the rows of 统计指标.xlsx: hours a year the workers spent on self-governance, and in all."""
    rng = REGISTER.random("statistics")
    rows = []
    for number, year in enumerate(YEARS):
        share = panel[SELF_TIME].iloc[:, 12 * number : 12 * number + 12].mean(axis=1)
        for _, unit in setting.communities.iterrows():
            hours = int(1_960 * max(4, round(unit["population"] / 900)) * rng.uniform(0.96, 1.03))
            rows.append((unit["code"], f"{year}年", SELF_TIME, round(hours * float(share[unit["code"]])), hours))
    return pd.DataFrame(rows, columns=["单元代码", "报告期", "统计指标", "数值", "基数"])
