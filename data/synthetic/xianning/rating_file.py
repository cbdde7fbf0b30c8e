"""考核评价: three levels of assessment, two-way evaluation, residents' and experts' scores (X12 to X15)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from data.synthetic.xianning.register import HALVES, REGISTER, Half, Setting, quality

COLUMNS = ["单元代码", "被评部门", "报告期", "评价主体", "评价者", "考核层级", "评价项目", "得分", "评价人次"]
# Residents of this county could not rate online before the second half of the year: the mix of its raters changes.
_LATE = "421224000000"
_EXPERTS = 5
_EXPERT_ITEMS = ("体制机制", "服务成效")
_UP_ITEMS = ("指导", "服务", "支付", "行政干预")

Row = tuple[object, ...]


def rating_file(setting: Setting) -> pd.DataFrame:
    """Return the rows of 考核评价2021.csv, period by period."""
    rng, rows = REGISTER.random("ratings"), []
    for half in HALVES:
        for part in (_superiors, _both_ways, _residents, _experts):
            rows += part(setting, half, rng)
    return pd.DataFrame(rows, columns=COLUMNS)


def _score(level: float, middle: float, rng: np.random.Generator, *, spread: float = 2.5) -> float:
    return round(float(np.clip(middle + 7 * level + rng.normal(0, spread), 40, 99.5)), 1)


def _levels(setting: Setting, half: Half, topic: str) -> list[tuple[object, float]]:
    units = setting.communities
    return list(zip(units.itertuples(), quality(units, half, topic), strict=True))


def _superiors(setting: Setting, half: Half, rng: np.random.Generator) -> list[Row]:
    raters = (("市考核组", "市", 83.0), ("县考核组", "县", 85.0), ("街道（乡镇）考核组", "街道", 88.0))
    return [
        (unit.code, None, half.name, "上级考核", who, level, "年度目标考核", _score(well, middle, rng), 1)  # type: ignore[attr-defined]
        for unit, well in _levels(setting, half, "assessment")
        for who, level, middle in raters
    ]


def _both_ways(setting: Setting, half: Half, rng: np.random.Generator) -> list[Row]:
    """Streets rate how their communities handle services; each community rates each department of its county."""
    names, rows, spec = setting.units.set_index("code")["name"], [], REGISTER.rows("departments.csv")
    for unit, well in _levels(setting, half, "two ways"):
        street, code, name, county = unit.parent, unit.code, unit.name, unit.county  # type: ignore[attr-defined]
        rows.append((code, None, half.name, "街道", names[street], None, "承办服务", _score(well, 87, rng), 1))
        rows += [
            (county, f"{names[county]}{row['department']}", half.name, "社区评部门", f"{names[street]}{name}", None,
             item, _score(0.6 * well, 80 + float(row[item]), rng, spread=4), 1)
            for row in spec
            for item in _UP_ITEMS
        ]  # fmt: skip
    return rows


def _residents(setting: Setting, half: Half, rng: np.random.Generator) -> list[Row]:
    """Online ratings, a mean score and a count a month; in a few communities hardly anyone takes part."""
    rows: list[Row] = []
    for unit, well in _levels(setting, half, "residents"):
        if unit.county == _LATE and half is HALVES[0]:  # type: ignore[attr-defined]
            continue
        usual = float(unit.population) * 0.004 * np.exp(0.3 * well + rng.normal(0, 0.6))  # type: ignore[attr-defined]
        for month in half.months:
            n = int(rng.poisson(usual))
            if n:
                score = _score(well, 85, rng, spread=9 / np.sqrt(n))
                rows.append((unit.code, None, half.name, "居民", f"{month}月", None, "线上评价", score, n))  # type: ignore[attr-defined]
    return rows


def _experts(setting: Setting, half: Half, rng: np.random.Generator) -> list[Row]:
    """The university's experts rate every county, each by its own measure."""
    counties, rows = setting.counties, []
    strict = REGISTER.random("experts").normal(0, 2.5, _EXPERTS)
    for code, well in zip(counties["code"], quality(counties, half, "experts"), strict=True):
        rows += [
            (
                code,
                None,
                half.name,
                "专家",
                f"ZJ-{expert + 1:02d}",
                None,
                item,
                _score(1.3 * well, 82 + strict[expert], rng),
                1,
            )
            for expert in range(_EXPERTS)
            for item in _EXPERT_ITEMS
        ]
    return rows
