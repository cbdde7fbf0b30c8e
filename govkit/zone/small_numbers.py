"""Small numbers of people in sensitive groups, dealt with once, where a zone is opened.

All that is shown takes these tables. What is sensitive, in which tables and columns, and the threshold:
``catalogue/small_numbers.toml`` and zone.toml.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from govkit import catalogue
from govkit.provided import POOL, Columns, area_of
from govkit.zone.pooling import LOST, pooled
from govkit.zone.sensitive_groups import (
    Group,
    by_period,
    counts_of_units,
    joined,
    left_out,
    sensitive_groups,
    sums_within,
    whole_numbers,
)
from govkit.zone.settings import ZoneSettings


def protected(
    tables: Mapping[str, pd.DataFrame], settings: ZoneSettings
) -> tuple[dict[str, pd.DataFrame], pd.DataFrame]:
    """Return the tables with small numbers of sensitive groups dealt with as zone.toml says, and findings that tell it.

    ``suppress``: the counts of units with a small number, and of others that hide them, are missing; a row of the unit
    above holds their sum (column ``pool_area``), so that sums over streets, items and periods are what they were.
    ``round3``, ``round5``: counts become multiples; sums are sums of these. ``keep``: nothing is changed.
    """
    found: dict[str, pd.DataFrame] = dict(tables)
    if settings.small_numbers == "keep":
        return found, pd.DataFrame()
    known, told = catalogue.load("small_numbers"), []
    held: dict[str, list[tuple[str, str, str, int]]] = {}
    by_code = tables["units"].drop_duplicates("unit_code").set_index("unit_code")
    for name, how in known["tables"].items():
        if name not in found:
            continue
        found[name] = found[name].copy(deep=False)
        found[name].attrs = {}  # copied with every slice otherwise
        for group in sensitive_groups(name, found[name], settings):
            # rows of sums stand behind those a group was sought in
            rows = np.append(group.rows, np.full(len(found[name]) - len(group.rows), False))
            mine = (found[name], replace(group, rows=rows), how, settings)
            if settings.small_numbers.startswith("round") and how["how"] != "rows":
                found[name], said = _rounded(*mine)
            elif how["how"] == "withhold":
                found[name], said = _withhold(*mine)
            else:
                found[name], said = (_pool if how["how"] == "pool" else _move)(*mine, by_code)
            told += said
            if said and said[0]["what"] != "round":
                held.setdefault(name, []).extend(left_out(*mine[:3], found[name]))
    for name, columns in known["texts"]["columns"].items():
        for column in columns if name in found else ():
            found[name], said = _worded(found[name], name, column, settings)
            told += said
    for name in found:
        found[name].attrs = (
            {**tables[name].attrs, "held": Columns(held[name])} if held.get(name) else tables[name].attrs
        )
    return found, _findings(told, settings, by_code)


def _pool(
    table: pd.DataFrame, group: Group, how: Mapping[str, Any], settings: ZoneSettings, units: pd.DataFrame
) -> tuple[pd.DataFrame, list[dict[str, Any]]]:
    """Move the counts of units with a small number, and of those that hide them, to a row of the unit above."""
    moved, told, added = table.copy(), [], []
    columns = [name for name in (*how["counts"], *how.get("follow", ())) if name in table]
    kinds, month = how["group"], how.get("month", "")
    for period, rows in by_period(table, group.rows):
        judged = whole_numbers(table, rows, how["counts"], kinds)
        numbers = counts_of_units(judged, rows, how["counts"], kinds, how.get("complements", ()))
        counts = [name for name in how["counts"] if name in table]
        summable = rows[(judged[counts].isna() == table[counts].isna()).iloc[rows].all(axis="columns")]
        of = _pooled(numbers, settings, units)
        if month in table:
            monthly = counts_of_units(judged, rows, how["counts"], [*kinds, month])
            both = {unit: np.concatenate([monthly[unit], numbers[unit]]) for unit in numbers}
            whole, of = of, _pooled(both, settings, units)
        mine, together = table.iloc[summable], False
        if month in table:
            left = counts_of_units(judged, rows, how["counts"], [*kinds, month], how.get("complements", ()))
            together = any(node == LOST for node, _ in of.values()) or _told_small(left, of, settings.small_number)
        if together:
            mine = mine.assign(**{month: pd.Series(pd.NaT, mine.index, table[month].dtype)})
            of = whole
        hidden = rows[table["unit_code"].iloc[rows].isin(of).to_numpy()]
        hidden = np.union1d(hidden, summable) if together else hidden
        cells = table[columns].iloc[hidden].notna().sum(axis="columns").groupby(table["unit_code"].iloc[hidden]).sum()
        moved.loc[table.index[hidden], columns] = pd.NA if not _floats(table, columns) else np.nan
        if together:
            alone = mine.loc[~mine["unit_code"].isin(of)]
            added.append(_summed(alone, columns, ()))
            number, kept = alone["unit_code"].nunique(), int(cells.drop([*of], errors="ignore").sum())
            said = {"group": group.name, "units": number, "cells": kept, "period": period, "unit_code": None}
            told.append({"table": group.table, "what": "months", **said})
        for (node, area), members in _by_pool(of):
            said = {"group": group.name, "units": len(members), "period": period}
            said["cells"] = int(cells.reindex(members).sum())
            if node == LOST:
                told.append({"table": group.table, "what": "lost", "unit_code": None, **said})
                continue
            told.append(
                {"table": group.table, "what": "pool", "unit_code": node, "node": units.at[node, "name"], **said}
            )
            sums = _summed(mine.loc[mine["unit_code"].isin(members)], columns, ("unit_code", "district_code"))
            district = units.at[node, "district_code"]
            added.append(sums.assign(unit_code=node, district_code=district, **{POOL: area or "mixed"}))
    return _with_rows(moved, added), told


def _summed(rows: pd.DataFrame, columns: Sequence[str], but: Sequence[str]) -> pd.DataFrame:
    """Return rows added up by all that is no count, some columns but left out."""
    keys = [name for name in rows.columns if name not in {*columns, *but, POOL}]
    return rows.groupby(keys, dropna=False, sort=False)[list(columns)].sum(min_count=1).reset_index()


def _with_rows(table: pd.DataFrame, added: list[pd.DataFrame]) -> pd.DataFrame:
    if not added:
        return table
    table = table if POOL in table else table.assign(**{POOL: pd.Series(pd.NA, table.index, "str")})
    new = pd.concat(added, ignore_index=True).reindex(columns=list(table.columns)).astype(table.dtypes.to_dict())
    return pd.concat([table, new], ignore_index=True)


def _move(
    table: pd.DataFrame, group: Group, how: Mapping[str, Any], settings: ZoneSettings, units: pd.DataFrame
) -> tuple[pd.DataFrame, list[dict[str, Any]]]:
    """Move rows that are one person's matter to the unit above where a unit has few of a kind, or few of it that were
    settled by one level or left open; none keeps its place. A kind that the whole zone cannot hide is named no more.
    """
    moved, clear = table.copy(), [name for name in how.get("clear", ()) if name in table]
    at = table.index[group.rows]
    told: list[dict[str, Any]] = []
    if table.loc[at, clear].notna().to_numpy().any():
        told.append({"table": group.table, "what": "places", "unit_code": None, "group": group.name, "cells": len(at)})
        moved.loc[at, clear] = None
    moved[POOL] = table[POOL] if POOL in table else pd.Series(pd.NA, table.index, "str")
    for period, rows in by_period(table, group.rows):
        ended = table.assign(_outcome=_outcomes(table, period, settings))
        numbers, parts = (counts_of_units(ended, rows, (), [*how["group"], *more]) for more in ((), ("_outcome",)))
        of = _pooled({unit: np.concatenate([numbers[unit], parts[unit]]) for unit in numbers}, settings, units)
        for (node, area), members in _by_pool(of):
            mine = table.index[rows[table["unit_code"].iloc[rows].isin(members).to_numpy()]]
            if node == LOST:
                mine = _unnamed(ended, mine, how["group"], settings.small_number)
                moved.loc[mine, how["group"]] = None
            else:
                moved.loc[mine, "unit_code"], moved.loc[mine, POOL] = node, area or "mixed"
                moved.loc[mine, "district_code"] = units.at[node, "district_code"]
            said = {"group": group.name, "cells": len(mine), "period": period, "units": len(members)}
            said |= {"what": "rows", "node": units.at[node, "name"]} if node else {"what": "kinds"}
            told.append({"table": group.table, "unit_code": node or None, **said})
    return moved, told


def _unnamed(matters: pd.DataFrame, few: pd.Index, group: Sequence[str], threshold: int) -> pd.Index:
    """Return the few matters with those of the smallest kind, or of all kinds, that hide in every street and the whole
    how many they are and how they ended.
    """
    period = matters.reindex(columns=["period"]).fillna("")["period"]
    every = matters.loc[period.eq(period[few[0]])]
    kinds = joined(every, group)
    for kind in [kind for kind in reversed([*kinds.value_counts().index]) if kind not in {*kinds[few]}]:
        found = every.index[kinds.eq(kind) | every.index.isin(few)]
        here = every.loc[found].assign(district_code=every["district_code"].fillna(""))
        here = here.loc[here["district_code"].isin({*here["district_code"][few]})]
        parts = [here.groupby(by).size() for by in (["district_code", "_outcome"], ["district_code"], ["_outcome"])]
        if (pd.concat(parts).to_numpy() >= threshold).all():
            return found
    return every.index


def _outcomes(matters: pd.DataFrame, period: str, settings: ZoneSettings) -> pd.Series:
    """Return by which level each matter was settled when its period is told of, ``open`` or, if nothing is said, ""."""
    settled, known = matters["state"].eq("settled"), catalogue.load("analysis")["matters"]["settled_within_days"]
    for end in (one.end for one in settings.periods if one.id == period):
        settled &= ~(matters["settled_at"] >= pd.Timestamp(end) + pd.Timedelta(days=1 + known))
    return matters["settled_level"].fillna("settled").where(settled, "open").where(matters["state"].notna(), "")


def _withhold(
    table: pd.DataFrame, group: Group, how: Mapping[str, Any], settings: ZoneSettings
) -> tuple[pd.DataFrame, list[dict[str, Any]]]:
    """Leave out a group's counts in every street in which one of them is small; no other row can hold them."""
    columns = [name for name in how["counts"] if name in table]
    counts = table[columns].astype("float64").where(pd.Series(group.rows, table.index))
    small = ((counts > 0) & (counts < settings.small_number)).any(axis="columns")
    if not small.any():
        return table, []
    streets = set(table.loc[small, "district_code"].fillna(""))
    gone = table.index[group.rows & table["district_code"].fillna("").isin(streets).to_numpy()]
    emptied = [name for name in (*columns, *how.get("follow", ())) if name in table]
    cells = int(table.loc[gone, emptied].notna().to_numpy().sum())
    moved = table.copy()
    moved.loc[gone, emptied] = np.nan if _floats(table, emptied) else pd.NA
    label = catalogue.load("tables")[group.table]["columns"][columns[0]]["label"]
    said = {"group": group.name, "cells": cells, "column": label}
    return moved, [{"table": group.table, "what": "withhold", "unit_code": None, **said}]


def _rounded(
    table: pd.DataFrame, group: Group, how: Mapping[str, Any], settings: ZoneSettings
) -> tuple[pd.DataFrame, list[dict[str, Any]]]:
    """Round a group's counts up or down to multiples, so that their mean stays; a cell is always rounded alike.

    Method: unbiased random rounding (Willenborg and de Waal, Elements of Statistical Disclosure Control, 2001, chapter
    9); the chance is drawn from the cell's place, not its number, and the zone's own key, without which a reader who
    knows this program could tell to which side a cell was rounded. A numerator never exceeds its denominator, and an
    item that is the sum of others is the sum of them as rounded: two roundings of linked numbers would narrow both.
    """
    base, moved, told = int(settings.small_numbers.removeprefix("round")), table.copy(), []
    columns = [name for name in how["counts"] if name in table]
    keys = [name for name in table.columns if name in {"unit_code", "period", "month", *how["group"]}]
    for period, rows in by_period(table, group.rows):
        places = joined(table.iloc[rows], keys)
        cells = 0
        for column in columns:
            values = table[column].iloc[rows].astype("float64")
            whole = values.notna() & (values == values.round())
            chance = places.map(lambda place, column=column: _chance(f"{settings.rounding_key}|{place}|{column}"))
            rounded = (values // base + ((values % base) / base > chance)) * base
            moved.loc[whole.index[whole], column] = rounded[whole].astype(table[column].dtype)
            cells += int(whole.sum())
        way = catalogue.load("small_numbers")["ways"][settings.small_numbers]
        said = {"group": group.name, "cells": cells, "period": period, "way": way}
        told.append({"table": group.table, "what": "round", "unit_code": None, **said})
    at = table.index[group.rows]
    for whole, part in (pair for pair in how.get("complements", ()) if {*pair} <= {*columns}):
        fits = at[(table.loc[at, part] <= table.loc[at, whole]).fillna(False).astype(bool)]
        moved.loc[fits, part] = moved.loc[fits, [part, whole]].min(axis="columns")
    for item, parts in (sums_within(table, group.rows) if group.table == "statistics" else {}).items():
        wide = moved.loc[at].pivot_table(index=["unit_code", "period"], columns="item", values="value", aggfunc="sum")
        mine = at[table.loc[at, "item"].eq(item).to_numpy(dtype=bool)]
        sums = wide[list(parts)].sum(axis="columns", skipna=False)
        new = sums.reindex(pd.MultiIndex.from_frame(moved.loc[mine, ["unit_code", "period"]])).to_numpy(dtype="float64")
        moved.loc[mine[~np.isnan(new)], "value"] = new[~np.isnan(new)]
    return moved, told


def _chance(place: str) -> float:
    return int.from_bytes(hashlib.sha256(place.encode()).digest()[:6], "big") / 2**48


def _worded(
    table: pd.DataFrame, name: str, column: str, settings: ZoneSettings
) -> tuple[pd.DataFrame, list[dict[str, Any]]]:
    """Let small numbers of sensitive people in sentences give way to a word."""
    if column not in table:
        return table, []
    known = catalogue.load("small_numbers")["texts"]
    words = "|".join(map(re.escape, [*settings.sensitive, *catalogue.load("small_numbers")["words"]]))
    number, people, reach = f"(?<![0-9０-９.])(?:{known['numbers']})", known["people"], known["reach"]
    find = re.compile(
        rf"(?P<before>(?:{words})[^0-9０-９，。；,;]{{0,{reach}}}?){number}(?=\s*(?:{people}))"
        rf"|{number}(?=\s*(?:{people})[^0-9０-９，。；,;]{{0,{reach}}}?(?:{words}))"
    )
    texts = table[column].astype("object")
    new = texts.map(lambda text: find.sub(lambda hit: (hit["before"] or "") + known["sign"], text), na_action="ignore")
    changed = texts.notna() & (new != texts)
    if not changed.any():
        return table, []
    label = catalogue.load("tables")[name]["columns"][column]["label"]
    told = {"table": name, "what": "texts", "unit_code": None, "column": label, "cells": int(changed.sum())}
    return table.assign(**{column: new.astype(table[column].dtype)}), [{**told, "sign": known["sign"]}]


def _pooled(
    numbers: Mapping[str, np.ndarray], settings: ZoneSettings, units: pd.DataFrame
) -> dict[str, tuple[str, str]]:
    top = settings.code.ljust(12, "0")
    codes = [*units.index]
    parents = dict(zip(codes, units["parent"].where(units["parent"].notna(), top), strict=True))
    parents |= {code: top for code in codes if parents[code] not in units.index and code != top}
    parents.pop(top, None)
    areas = {code: area_of(kind) for code, kind in units["kind"].items()}
    few = catalogue.load("small_numbers")["fewest_units"]
    return pooled(numbers, parents, areas, threshold=settings.small_number, fewest=few)


def _told_small(numbers: Mapping[str, np.ndarray], of: Mapping[str, tuple[str, str]], threshold: int) -> bool:
    """Whether a unit shown by itself, or a pool, has a small number."""
    sums: dict[object, np.ndarray] = {}
    for unit, counts in numbers.items():
        pool = of.get(unit, unit)
        sums[pool] = np.nansum([sums.get(pool, np.zeros(len(counts))), counts], axis=0)
    return any(bool(((one > 0) & (one < threshold)).any()) for one in sums.values())


def _by_pool(of: Mapping[str, tuple[str, str]]) -> Iterator[tuple[tuple[str, str], list[str]]]:
    for pool in sorted(set(of.values())):
        yield pool, [unit for unit, mine in of.items() if mine == pool]


def _floats(table: pd.DataFrame, columns: Sequence[str]) -> bool:
    return all(table[name].dtype == "float64" for name in columns)


def _findings(told: Sequence[Mapping[str, Any]], settings: ZoneSettings, units: pd.DataFrame) -> pd.DataFrame:
    """Return one note for each thing done in a district: what, where, how many cells."""
    known = catalogue.load("small_numbers")["told"]
    names = {period.id: period.name for period in settings.periods}
    rows = []
    for one in _by_district(told, units):
        words = {"threshold": settings.small_number, **one, "period": names.get(one.get("period", ""), "")}
        rows.append(
            {
                "severity": "note",
                "rule": "small_numbers",
                "table": one["table"],
                "file": settings.sources[one["table"]].path if one["table"] in settings.sources else "",
                "unit_code": one["unit_code"],
                "column": one.get("group") or one.get("column", ""),
                "value": str(one["cells"]),
                "reason": known[one["what"]].format(**words),
                "todo": known["todo"],
            }
        )
    return pd.DataFrame(rows)


def _by_district(told: Sequence[Mapping[str, Any]], units: pd.DataFrame) -> list[dict[str, Any]]:
    """Put together what was done alike in one district, the nodes by name."""
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for one in told:
        node = one["unit_code"]
        district = units["district_code"].get(node) if node else None
        key = (*(one.get(name) for name in ("table", "what", "group", "period", "column")), str(district))
        if key not in found:
            found[key] = {**one, "unit_code": district if isinstance(district, str) else node}
            continue
        known = found[key]
        for name in ("cells", "units"):
            known[name] = known.get(name, 0) + one.get(name, 0)
        nodes = [*str(known.get("node", "")).split("、"), str(one.get("node", ""))]
        known["node"] = "、".join(nodes)
    return [*found.values()]


def without_small_values(findings: pd.DataFrame, small: pd.DataFrame, threshold: int) -> pd.DataFrame:
    """Return findings whose value may be a count held back, without it; ``small``: what ``protected`` told."""
    if small.empty or findings.empty or "value" not in findings:
        return findings
    number = pd.to_numeric(findings["value"].astype("object"), errors="coerce")
    mine = findings["table"].isin(set(small["table"])) & (number > 0) & (number < threshold)
    if not mine.any():
        return findings
    sign = catalogue.load("personal")["mask"]["sign"]
    said = [
        re.sub(rf"(?<![\d.]){re.escape(str(value))}(?![\d.])", sign, str(reason))
        for value, reason in findings.loc[mine, ["value", "reason"]].itertuples(index=False)
    ]
    hidden = findings.copy()
    hidden.loc[mine, "value"], hidden.loc[mine, "reason"] = sign, said
    return hidden
