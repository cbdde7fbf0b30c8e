"""A zone small enough to check by hand: one town (two villages, one urban community) and one street (one community)."""

from __future__ import annotations

from datetime import date
from typing import Any

import geopandas as gpd
import pandas as pd
from shapely import box

from govkit.analysis.standards.attainment import load_standard
from govkit.periods import Period

CRS = "EPSG:4551"
FIRST = Period("2018H1", "2018年上半年", date(2018, 1, 1), date(2018, 6, 30))
SECOND = Period("2018H2", "2018年下半年", date(2018, 7, 1), date(2018, 12, 31))
TOWN, STREET = "230102100000", "230102001000"
OAK, ELM, MARKET = "230102100201", "230102100202", "230102100001"
RIVER = "230102001001"
DISTRICT = {TOWN: TOWN, OAK: TOWN, ELM: TOWN, MARKET: TOWN, STREET: STREET, RIVER: STREET}


def frame(columns: str, *rows: tuple[Any, ...]) -> pd.DataFrame:
    """Return a tidy table that lists everything there is; ``district_code`` is added as opening a zone does."""
    table = pd.DataFrame(list(rows), columns=columns.split())
    for column in table:
        if str(column) in {
            "opened",
            "founded",
            "reported_at",
            "settled_at",
            "due",
            "closed_at",
            "last_inspected",
            "date",
        }:
            table[column] = pd.to_datetime(table[column])
        elif str(column) in {"requested", "settled", "settled_in_unit", "responses", "satisfied", "people", "meetings"}:
            table[column] = table[column].astype("Int64")
        elif str(column) == "met":
            table[column] = table[column].astype("boolean")
        elif table[column].map(lambda cell: cell is None or isinstance(cell, str)).all():
            table[column] = table[column].astype("str")
    table.attrs["complete"] = True
    return table.assign(district_code=table["unit_code"].map(DISTRICT).astype("str"))


def units() -> pd.DataFrame:
    return frame(
        "unit_code name level parent kind population households",
        ("230102000000", "测试区", "county", None, "county", 10_000, 4_000),
        (TOWN, "东镇", "street", "230102000000", "town", 6_000, 2_400),
        (STREET, "西街道", "street", "230102000000", "street", 4_000, 1_600),
        (OAK, "柞村", "community", TOWN, "village", 1_000, 400),
        (ELM, "榆村", "community", TOWN, "village", 2_000, 800),
        (MARKET, "集市社区", "community", TOWN, "urban_community", 3_000, 1_200),
        (RIVER, "江畔社区", "community", STREET, "urban_community", 4_000, 1_600),
    ).astype({"population": "Int64", "households": "Int64"})


def complete(
    unit: str, *, without: tuple[str, ...] = (), late: tuple[str, ...] = ()
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return facilities and organisations that meet the village standard, some left out, some opened in July 2018."""
    items = [item for item in load_standard("daoli_village_centre").items if item.id not in without]
    facilities = [
        (f"{unit}-{item.id}", item.label, item.kinds[0], unit, 120.0, 60.0, "2018-07-01" if item.id in late else None)
        for item in items
        if item.table == "facilities"
    ]
    teams = [
        (f"{unit}-{item.id}", unit, item.kinds[0], item.label, None, None, None)
        for item in items
        if item.table == "organisations"
    ]
    return (
        frame("facility_id name kind unit_code floor_area_m2 activity_area_m2 opened", *facilities),
        frame("organisation_id unit_code kind name founded meetings period", *teams),
    )


def grids(*boxes: tuple[str, str, tuple[float, float, float, float]], households: int = 400) -> gpd.GeoDataFrame:
    """Return grids (code, unit, box in metres east and north of an origin in the metric CRS) in EPSG:4490."""
    east, north = 500_000.0, 5_060_000.0
    shapes = [box(east + a, north + b, east + c, north + d) for _, _, (a, b, c, d) in boxes]
    table = frame("grid_code unit_code", *[(code, unit) for code, unit, _ in boxes])
    table = table.assign(
        households=pd.array([households] * len(boxes), dtype="Int64"), manager="villager_representative"
    )
    return gpd.GeoDataFrame(table, geometry=gpd.GeoSeries(shapes, crs=CRS).to_crs("EPSG:4490"))


def zone() -> dict[str, pd.DataFrame]:
    """Return a zone in which the oak village lacks its clinic until July 2018 and the elm village its patrol team."""
    oak, elm = complete(OAK, late=("clinic",)), complete(ELM, without=("patrol_team",))
    return {
        "units": units(),
        "grids": grids(
            ("g1", OAK, (0, 0, 100, 100)), ("g2", ELM, (100, 0, 200, 100)), ("g3", RIVER, (200, 0, 300, 100))
        ),
        "facilities": pd.concat([oak[0], elm[0]], ignore_index=True),
        "organisations": pd.concat([oak[1], elm[1]], ignore_index=True),
        "events": events(),
        "services": services(),
        "funds": funds(),
        "staff": frame(
            "unit_code period post people",
            (MARKET, "2018H1", "社区工作者", 6),
            (RIVER, "2018H1", "社区工作者", 6),
            (RIVER, "2018H1", "党组织书记", 1),
            (RIVER, "2018H2", "社区工作者", 99),
        ),
        "checklist": frame(
            "unit_code period list item met evidence",
            (OAK, "2018H1", "五个覆盖", "规划", True, "档1"),
            (OAK, "2018H1", "五个覆盖", "硬件", True, None),
            (ELM, "2018H1", "五个覆盖", "规划", True, "档2"),
            (ELM, "2018H1", "五个覆盖", "硬件", False, None),
            (ELM, "2018H1", "七个纳入", "预算", False, None),
        ),
        "tasks": tasks(),
    }


def events() -> pd.DataFrame:
    rows = [
        ("e1", OAK, "2018-03-01 08:00", "2018-03-01 10:00", "grid", "settled", "2018H1"),
        ("e2", OAK, "2018-03-02 08:00", "2018-03-02 12:00", "grid", "settled", "2018H1"),
        ("e3", ELM, "2018-03-03 08:00", "2018-03-04 08:00", "village", "settled", "2018H1"),
        ("e4", ELM, "2018-05-31 00:00", None, None, "open", "2018H1"),
        ("e5", ELM, "2018-06-01 00:00", None, None, "open", "2018H1"),
        ("e6", RIVER, "2018-03-05 08:00", "2018-03-05 09:00", "town", "settled", "2018H1"),
        ("e7", RIVER, "2018-08-05 08:00", "2018-08-05 09:00", "grid", "settled", "2018H2"),
    ]
    table = frame("event_id unit_code reported_at settled_at settled_level state period", *rows)
    return table.assign(kind="环境卫生", grid_code="g1")


def services() -> pd.DataFrame:
    return frame(
        "unit_code period item requested settled settled_in_unit hours responses satisfied",
        (OAK, "2018H1", "代缴费用", 60, 60, 54, 120.0, 50, 49),
        (ELM, "2018H1", "代缴费用", 40, 36, 26, 72.0, 50, 45),
        (ELM, "2018H1", "富余劳动力就业", 10, 8, 0, 10.0, 0, 0),
        (RIVER, "2018H1", "代缴费用", 100, 100, 100, 50.0, 0, 0),
        (RIVER, "2018H2", "代缴费用", 7, 7, 7, 7.0, 7, 7),
    )


def funds() -> pd.DataFrame:
    return frame(
        "entry_id unit_code date direction source purpose amount_yuan period",
        ("f1", OAK, "2018-02-01", "income", "区财政", "专项资金", 100_000.0, "2018H1"),
        ("f2", OAK, "2018-03-01", "expense", "区财政", "服务中心 建设", 60_000.0, "2018H1"),
        ("f3", TOWN, "2018-03-02", "expense", None, "公务接待", 20_000.0, "2018H1"),
        ("f4", OAK, "2018-09-02", "expense", "区财政", "公务接待", 5.0, "2018H2"),
    )


def tasks() -> pd.DataFrame:
    return frame(
        "task_id unit_code indicator problem owner_level commitment due state closed_at last_inspected raised_in",
        ("t1", OAK, "甲", "建卫生站", "county", "六月底前", "2018-06-01", "done", "2018-05-20", "2018-05-01", "2018H1"),
        ("t2", OAK, "甲", "修路", "town", "六月底前", "2018-06-01", "done", "2018-06-20", "2018-05-01", "2018H1"),
        ("t3", ELM, "乙", "建巡逻队", "village", None, "2018-06-20", "doing", None, None, "2018年上半年"),
        ("t4", ELM, "乙", "绿化", "village", "年底前", "2018-12-01", "doing", None, "2017-12-31", "2018H1"),
        ("t5", ELM, "乙", "下期任务", "village", None, "2018-12-01", "doing", None, None, "2018H2"),
    )
