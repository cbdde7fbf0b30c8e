"""服务统计: mediation in three channels and assisted errands, by unit and month."""

from __future__ import annotations

import numpy as np
import pandas as pd

from data.synthetic.qingyang.people import PERIODS, Setting
from data.synthetic.qingyang.register import REGISTER

MEASURES = {
    "受理件数": "requested",
    "办结件数": "settled",
    "村居内办结件数": "inside",
    "办理时长(小时)": "hours",
    "回访人数": "responses",
    "满意人数": "satisfied",
}
MEDIATION, ERRANDS = "矛盾调解", "帮办代办"
# Who mediates where: villages by their people, towns by their offices, counties by their courts; cases a month.
_CHANNELS = {
    "人民调解": (("urban_community", "village"), 0.9, 0.962),
    "行政调解": (("street", "town", "township"), 2.4, 0.944),
    "司法调解": (("county",), 17.0, 0.915),
}
_MONTHS = np.arange(12)


def service_file(setting: Setting) -> pd.DataFrame:
    """Return the rows of 服务统计2018.csv: a row per unit, item and measure, a column a month."""
    records = pd.concat([*_mediation(setting), *_errands(setting)], ignore_index=True)
    long = records.melt(id_vars=["code", "line", "item", "month"], value_vars=list(MEASURES.values())).dropna()
    keys = ["code", "line", "item", "variable"]
    wide = long.pivot(index=keys, columns="month", values="value").reset_index()
    wide = wide.assign(_measure=wide["variable"].map(list(MEASURES.values()).index))
    wide = wide.sort_values(["code", "line", "item", "_measure"], kind="stable", ignore_index=True)
    labels = {name: label for label, name in MEASURES.items()}
    heads = {"单元代码": wide["code"], "服务条线": wide["line"], "服务事项": wide["item"]}
    months = {f"2018年{month + 1}月": [f"{v:.1f}".removesuffix(".0") for v in wide[month]] for month in _MONTHS}
    return pd.DataFrame({**heads, "指标": wide["variable"].map(labels), **months})


def _mediation(setting: Setting) -> list[pd.DataFrame]:
    rng, parts = REGISTER.random("mediation"), []
    for item, (kinds, usual, success) in _CHANNELS.items():
        places = setting.units.loc[setting.units["kind"].isin(kinds)].sort_values("code")
        level = usual * rng.lognormal(0, 0.35, len(places))
        asked = rng.poisson(level[:, None], (len(places), 12))
        settled = rng.binomial(asked, np.clip(success + 0.022 * _by_month(setting, places), 0.8, 0.995))
        inside = settled if item == "人民调解" else np.full(asked.shape, np.nan)
        counts = {"requested": asked, "settled": settled, "inside": inside}
        parts.append(_long(places, MEDIATION, item, counts))
    return parts


def _errands(setting: Setting) -> list[pd.DataFrame]:
    rng, parts, places = REGISTER.random("errands"), [], setting.communities
    quality = _by_month(setting, places)
    for item in REGISTER.rows("errands.csv"):
        size = (places["households"].to_numpy() / 430) ** 0.7
        level = 3.2 * float(item["weight"]) * size * rng.lognormal(0, 0.25, len(places))
        asked = rng.poisson(level[:, None], (len(places), 12))
        settled = rng.binomial(asked, np.clip(0.95 + 0.025 * quality, 0.84, 0.995))
        inside = rng.binomial(settled, np.clip(0.84 + 0.06 * quality, 0.6, 0.98))
        each = float(item["hours"]) * np.exp(-0.3 * quality + rng.normal(0, 0.2, asked.shape))
        responses = rng.binomial(settled, 0.4)
        satisfied = rng.binomial(responses, np.clip(0.955 + 0.02 * quality, 0.85, 0.998))
        counts = {
            "requested": asked, "settled": settled, "inside": inside, "hours": (settled * each).round(1),
            "responses": responses, "satisfied": satisfied,
        }  # fmt: skip
        parts.append(_long(places, ERRANDS, item["item"], counts))
    return parts


def _by_month(setting: Setting, places: pd.DataFrame) -> np.ndarray:
    """Return how well each place does in every month: units × 12."""
    halves = [setting.quality(places, period) for period in PERIODS]
    return np.repeat(np.column_stack(halves), 6, axis=1)


def _long(places: pd.DataFrame, line: str, item: str, counts: dict[str, np.ndarray]) -> pd.DataFrame:
    code = np.repeat(places["code"].to_numpy(), 12)
    values = {name: table.astype(float).ravel() for name, table in counts.items()}
    return pd.DataFrame({"code": code, "line": line, "item": item, "month": np.tile(_MONTHS, len(places)), **values})
