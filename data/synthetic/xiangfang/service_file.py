"""服务统计: what was asked for in every community and month, how long it took, and who was satisfied."""

from __future__ import annotations

import numpy as np
import pandas as pd

from data.synthetic.xiangfang.panel_file import HOURS, MONTHS
from data.synthetic.xiangfang.people import YEARS, Setting
from data.synthetic.xiangfang.register import REGISTER

MEASURES = {
    "申请件数": "requested",
    "办结件数": "settled",
    "社区内办结件数": "inside",
    "办理总时长(小时)": "hours",
    "回访数": "responses",
    "满意数": "satisfied",
}
_A_MONTH = 14.0


def service_records(setting: Setting, panel: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return a row per community, item and month (0–35) with the six counts; handling time is that of the panel."""
    rng, items = REGISTER.random("services"), REGISTER.rows("errands.csv")
    usual = np.mean([float(item["hours"]) for item in items])
    parts = []
    for _, unit in setting.communities.iterrows():
        quality = np.repeat([setting.quality(unit, year) for year in YEARS], 12)
        size = (unit["households"] / 2_760) ** 0.7
        for item in items:
            level = _A_MONTH * float(item["weight"]) * size * rng.lognormal(0, 0.2)
            asked = np.maximum(1, rng.poisson(level, len(MONTHS)))
            settled = rng.binomial(asked, np.clip(0.945 + 0.03 * quality, 0.84, 0.995))
            inside = rng.binomial(settled, np.clip(0.8 + 0.08 * quality, 0.55, 0.97))
            each = panel[HOURS].loc[unit["code"]].to_numpy() * float(item["hours"]) / usual
            hours = (settled * each * np.exp(rng.normal(0, 0.08, len(MONTHS)))).round(1)
            responses = rng.binomial(settled, 0.4)
            satisfied = rng.binomial(responses, np.clip(0.94 + 0.025 * quality, 0.85, 0.995))
            columns = {"requested": asked, "settled": settled, "inside": inside, "hours": hours}
            counts = pd.DataFrame({**columns, "responses": responses, "satisfied": satisfied})
            parts.append(
                counts.assign(code=unit["code"], name=unit["name"], item=item["item"], month=range(len(MONTHS)))
            )
    return pd.concat(parts, ignore_index=True)


def cases(records: pd.DataFrame) -> pd.DataFrame:
    """Return the matters settled by community (rows) and month (0–35)."""
    return records.pivot_table(index="code", columns="month", values="settled", aggfunc="sum")


def service_file(records: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of 服务统计2016-2018.csv: a row per community, item and measure, a column a month."""
    long = records.melt(id_vars=["code", "name", "item", "month"], value_vars=list(MEASURES.values()))
    wide = long.pivot(index=["code", "name", "item", "variable"], columns="month", values="value").reset_index()
    items = [row["item"] for row in REGISTER.rows("errands.csv")]
    names = list(MEASURES.values())
    wide = wide.assign(_item=wide["item"].map(items.index), _measure=wide["variable"].map(names.index))
    wide = wide.sort_values(["code", "_item", "_measure"], ignore_index=True)
    months = {
        f"{month.year}年{month.month}月": [f"{value:.1f}".removesuffix(".0") for value in wide[number]]
        for number, month in enumerate(MONTHS)
    }
    labels = {name: label for label, name in MEASURES.items()}
    heads = {"社区代码": wide["code"], "社区名称": wide["name"], "服务事项": wide["item"]}
    return pd.DataFrame({**heads, "指标": wide["variable"].map(labels), **months})
