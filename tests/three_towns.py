"""A zone of three towns of two villages each, in text files a test can edit; a notebook that reads as reports do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

TOWNS = {"230102101": "甲镇", "230102102": "乙镇", "230102103": "丙镇"}
WEST, SOUTH, SIDE = 126.40, 45.60, 0.02
KINDS = ("卫生室", "警务室", "图书阅览室")

ZONE_TOML = """\
name = "三镇试验区"
code = "230102"
district_level = "street"
metric_crs = "EPSG:4551"
synthetic = "本区数据为测试用合成数据"

[[periods]]
id = "2018H1"
start = 2018-01-01
end = 2018-06-30

[[periods]]
id = "2018H2"
start = 2018-07-01
end = 2018-12-31

[sources.units]
path = "行政单元.csv"

[sources.grids]
path = "网格.geojson"

[sources.facilities]
path = "设施台账.csv"

[sources.events]
path = "网格事项.csv"

[judged_by]
standards = ["daoli_village_centre"]
scheme = "daoli_333"

[report]
issuer = "某区民政局"
date = "2019年1月"
classification = "公开"
"""

UNITS = "行政单元.csv"
FACILITIES = "设施台账.csv"
EVENTS = "网格事项.csv"

# What the district report takes from a zone, without its drawings: every kind of read is there.
CELLS = (
    (
        "import govkit\nfrom govkit.analysis.measures import coverage, matters\n"
        "from govkit.analysis.score import assess, attribution, change, robustness, scheme\n"
        "from govkit.sections import ranks, scores, sources"
    ),
    (
        "area = govkit.open_zone(zone)\nplace = area.district(district)\n"
        "now, before = place.period(period), place.previous(period)"
    ),
    "place.name, place.front, place.lacks('facilities'), place.tables.get('funds'), area.metric_crs, place.shape.wkt",
    (
        "tree = scheme.load_scheme(place.settings.scheme)\n"
        "whole = coverage.audit_grids(area.tables['grids'], crs=area.metric_crs)\n"
        "current = assess.assess_tables(tree, area.tables, now, crs=area.metric_crs, audit=whole)\n"
        "previous = assess.assess_tables(tree, area.tables, before, crs=area.metric_crs, audit=whole)\n"
        "changed = change.compare(current, previous)\n"
        "audit = whole.of(place.unit_code)"
    ),
    "audit.gaps.drop(columns='geometry').to_dict(), audit.overlaps['area_m2'].tolist()",
    "place.tables['facilities'].drop(columns='geometry').to_csv()",
    "matters.settled_levels(place.tables, now).to_csv(), len(place.tables['events'])",
    (
        "scores.standing(current, changed, place.unit_code, name=place.name, period=now.name, of=3), "
        "current.leaf_table(place.unit_code).to_csv()"
    ),
    (
        "drawn = robustness.robustness(current)\n"
        "ranks.rank(drawn, place.unit_code, name=place.name), "
        "ranks.without_one(attribution.leave_out(current), place.unit_code)"
    ),
    "sources.findings(place.findings, name=place.name), place.accounts.to_csv()",
)
OVERVIEW = (
    "import govkit",
    "area = govkit.open_zone(zone)",
    "{name: table.drop(columns='geometry', errors='ignore').to_csv() for name, table in area.tables.items()}",
    "area.findings.to_csv(), area.accounts.to_csv(), area.name",
)


def rows(name: str) -> list[list[str]]:
    """Return a table's rows as they are at first, the header first."""
    villages = [f"{town}{village}" for town in TOWNS for village in ("201", "202")]
    if name == UNITS:
        head = ["单元代码", "单元名称", "层级", "上级代码", "类型", "常住人口", "户数"]
        whole = [["230102000000", "某区", "区", "230100000000", "区", "12000", "4800"]]
        towns = [[f"{code}000", title, "镇", "230102000000", "镇", "4000", "1600"] for code, title in TOWNS.items()]
        below = [[code, f"{code[8]}{code[11]}村", "村", f"{code[:9]}000", "村", "2000", "800"] for code in villages]
        return [head, *whole, *towns, *below]
    if name == FACILITIES:
        head = ["设施编号", "设施名称", "设施类型", "所属村居代码", "建筑面积(㎡)", "经度", "纬度"]
        places = [(WEST + (at + 0.5) * SIDE, SOUTH + SIDE / 2) for at in range(len(villages))]
        return [head] + [
            [f"F{at}{number}", f"设施{at}{number}", kind, code, "120", f"{places[at][0]:.4f}", f"{places[at][1]:.4f}"]
            for at, code in enumerate(villages)
            for number, kind in enumerate(KINDS[: 1 + at % 3])
        ]
    head = ["事项编号", "网格编码", "事项类别", "上报时间", "办结时间", "办结层级", "状态"]
    levels = ("网格", "村", "镇")
    return [head] + [
        [f"E{at}{n}", f"{code}001", "环境卫生", f"{month}1 08:00", f"{month}2 08:00", levels[(at + n) % 3], "已办结"]
        for at, code in enumerate(villages)
        for n, month in enumerate(("2018-03-0", "2018-08-0") * 2)
    ]  # fmt: skip


def write_rows(folder: Path, name: str, table: list[list[str]]) -> None:
    """Write a table of the zone."""
    (folder / name).write_text("\n".join(",".join(row) for row in table) + "\n", encoding="utf-8")


def write_zone(folder: Path) -> Path:
    """Write the whole zone into ``folder`` and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in (UNITS, FACILITIES, EVENTS):
        write_rows(folder, name, rows(name))
    villages = [row[0] for row in rows(UNITS)[5:]]
    features = []
    for at, code in enumerate(villages):
        west, east = WEST + at * SIDE, WEST + (at + 1) * SIDE
        ring = [[west, SOUTH], [east, SOUTH], [east, SOUTH + SIDE], [west, SOUTH + SIDE], [west, SOUTH]]
        said = {"网格编码": f"{code}001", "网格名称": f"第{at}网格", "单元代码": code, "户数": 400}
        shape = {"type": "Polygon", "coordinates": [ring]}
        features.append({"type": "Feature", "properties": said, "geometry": shape})
    layer = {"type": "FeatureCollection", "features": features}
    (folder / "网格.geojson").write_text(json.dumps(layer, ensure_ascii=False), encoding="utf-8")
    (folder / "zone.toml").write_text(ZONE_TOML, encoding="utf-8")
    return folder


def write_notebook(path: Path, *cells: str, parameters: str = 'zone = ""\ndistrict = ""\nperiod = ""') -> Path:
    """Write a notebook: a parameters cell, then ``cells``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    first = new_code_cell(parameters)
    first.metadata["tags"] = ["parameters"]
    made: Any = new_notebook(cells=[first, *map(new_code_cell, cells)])
    made.metadata = {"kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"}}
    nbformat.write(made, path)
    return path
