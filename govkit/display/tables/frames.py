"""Frames of the analysis made ready for tables: names joined, keys turned into what readers see, texts finished."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from govkit import catalogue
from govkit.display.tables.table import MISSING

_WAN = 10_000


def by_unit(frame: pd.DataFrame, units: pd.DataFrame, *, total: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return a frame indexed by unit code in code order, with ``name`` in front; a row 合计 from ``total``."""
    names = units.drop_duplicates("unit_code").set_index("unit_code")["name"]
    named = frame.sort_index().reset_index(drop=True)
    named.insert(0, "name", names.reindex(frame.sort_index().index).to_numpy())
    if total is None:
        return named
    last = total.reset_index(drop=True).assign(name="合计")
    return pd.concat([named, last], ignore_index=True)[[*named.columns]]


def is_total(row: pd.Series) -> bool:
    """Whether a row is the total of ``by_unit``."""
    return bool(row["name"] == "合计")


def quantity(value: Any, unit: str) -> str:
    """Return a measured value with its unit: fractions as %, a dash where it is missing.

    >>> quantity(0.8504, "%"), quantity(31.26, "m²/百户"), quantity(float("nan"), "小时")
    ('85.0%', '31.3 m²/百户', '—')
    """
    if pd.isna(value):
        return MISSING
    return f"{value * 100:.1f}%" if unit == "%" else f"{value:,.1f} {unit}".strip()


def units_overview(units: pd.DataFrame, grids: pd.DataFrame | None, *, crs: str) -> pd.DataFrame:
    """Return communities with kind, population, households, area (km², in ``crs``), density and number of grids.

    Without a grid layer there is no column ``grids``.
    """
    here = units.loc[units["level"] == "community"].sort_values("unit_code")
    unknown = pd.Series(float("nan"), index=here.index)
    area = here.geometry.to_crs(crs).area / 1e6 if "geometry" in here else unknown
    table = pd.DataFrame(
        {
            "name": here["name"],
            "kind": here["kind"].map(lambda key: catalogue.label("unit_kind", key)),
            "population": here["population"],
            "households": here["households"],
            "area_km2": area,
            "density": (here["population"] / area.where(area > 0)).round(),
        }
    )
    if grids is None:
        return table
    counts = here["unit_code"].map(grids.groupby("unit_code").size())
    return table.assign(grids=counts.fillna(0).astype("int64"))


def yardsticks(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of ``against_yardsticks`` with values and targets as texts."""
    targets = [
        _target(least, most, unit) for least, most, unit in zip(rows["least"], rows["most"], rows["unit"], strict=True)
    ]
    values = [quantity(value, unit) for value, unit in zip(rows["value"], rows["unit"], strict=True)]
    return rows.assign(value=values, target=targets)


def _target(least: float, most: float, unit: str) -> str:
    """Say what is asked for: ``≥ 18 人/万人``, ``300—500 户``."""
    scale, space = (100, "") if unit == "%" else (1, " ")
    shown = [f"{bound * scale:,.6g}" for bound in (least, most) if pd.notna(bound)]
    sign = "" if len(shown) > 1 else "≥ " if pd.notna(least) else "≤ "
    return f"{sign}{'—'.join(shown)}{space}{unit}"


def grid_defects(gaps: pd.DataFrame, overlaps: pd.DataFrame) -> pd.DataFrame:
    """Return gaps and overlaps one below the other, the grids each touches listed."""
    parts = [frame.assign(kind=word) for frame, word in ((gaps, "空隙"), (overlaps, "重叠")) if len(frame)]
    columns = ["kind", "area_m2", "grid_codes", "longitude", "latitude"]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def labelled(frame: pd.DataFrame, column: str, list_name: str, *, into: str = "") -> pd.DataFrame:
    """Return the frame (its index included as columns) with a code list's keys turned into labels."""
    flat = frame.reset_index()
    return flat.assign(**{into or column: flat[column].map(lambda key: catalogue.label(list_name, key))})


def in_wan(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame (its index included as columns) with ``amount_wan`` （万元） from ``amount_yuan``."""
    flat = frame.reset_index()
    flat = flat.assign(amount_wan=flat["amount_yuan"] / _WAN)
    # Where no list of purposes binds a fund there is nothing to tick off.
    unbound = "allowed" in flat and flat["allowed"].isna().all()
    return flat.drop(columns="allowed") if unbound else flat


def scores_of_leaves(now: pd.DataFrame, before: pd.DataFrame | None) -> pd.DataFrame:
    """Return the leaves that apply to a unit with finished values; frames as from ``Assessment.leaf_table``."""
    table = now.assign(
        owner=now["owner_level"].map(lambda key: catalogue.label("owner_level", key)),
        value_text=[quantity(value, unit) for value, unit in zip(now["value"], now["unit"], strict=True)],
        target_text=[quantity(value, unit) for value, unit in zip(now["best"], now["unit"], strict=True)],
    )
    if before is not None:
        table = table.assign(change=now["score"] - before["score"].reindex(now.index))
    return table.loc[table["applies"]].reset_index()


def leaf_changes(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the table ``leaf_changes``: leaves known in both periods; frame as ``Change.leaf_table``."""
    known = rows.dropna(subset=["value", "previous"])
    texts = {
        into: [quantity(value, unit) for value, unit in zip(known[column], known["unit"], strict=True)]
        for into, column in (("before_text", "previous"), ("now_text", "value"))
    }
    changes = [_moved(value, unit) for value, unit in zip(known["change"], known["unit"], strict=True)]
    bounds = zip(known["low"], known["high"], known["unit"], strict=True)
    interval = [
        MISSING if pd.isna(low) else f"{_moved(low, unit)} 至 {_moved(high, unit)}" for low, high, unit in bounds
    ]
    return known.assign(**texts, change_text=changes, interval=interval)


def _moved(value: Any, unit: str) -> str:
    """Say a change with its sign; fractions in percentage points."""
    shown, word = (value * 100, "百分点") if unit == "%" else (value, unit)
    sign = "+" if round(shown, 1) > 0 else "−" if round(shown, 1) < 0 else ""
    return f"{sign}{abs(shown):,.1f} {word}".strip()


def scores_of_groups(now: Any, before: Any | None, unit: str) -> pd.DataFrame:
    """Return a unit's score as a tree: the whole, then every group below its parent, with the previous score.

    ``now`` and ``before`` are assessments by the same scheme.
    """
    scheme = now.scheme
    place = {node: number for number, node in enumerate(scheme.nodes)}
    paths = sorted((scheme.path(group.id) for group in scheme.groups), key=lambda path: [place[node] for node in path])
    rows: list[dict[str, Any]] = [
        {"label": scheme.target, "weight": 1.0, "depth": 0, **_tree_scores(now, before, unit)}
    ]
    for path in paths:
        group = scheme.nodes[path[-1]]
        scores = _tree_scores(now, before, unit, group.id)
        label = "　" * len(path) + group.label
        rows.append({"label": label, "weight": scheme.weight(group.id), "depth": len(path), **scores})
    table = pd.DataFrame(rows)
    return table.assign(change=table["score"] - table["previous"]) if before is not None else table


def _tree_scores(now: Any, before: Any | None, unit: str, group: str = "") -> dict[str, float]:
    def score(one: Any) -> float:
        return one.group_scores.at[unit, group] if group else one.scores.at[unit, "score"]

    return {"score": score(now)} | ({"previous": score(before)} if before is not None else {})


def ranking(now: pd.DataFrame, before: pd.DataFrame | None, names: pd.Series) -> pd.DataFrame:
    """Return all districts by rank; ``now`` and ``before`` as ``Assessment.scores``, ``names`` by unit code."""
    table = now.assign(name=names.reindex(now.index)).sort_values(["rank", "name"], na_position="last")
    if before is not None:
        moved = before["rank"].reindex(table.index) - table["rank"]
        table = table.assign(
            change=table["score"] - before["score"].reindex(table.index), rank_text=[_rank_move(one) for one in moved]
        )
    return table.reset_index()


def ranked_near(now: Any, districts: pd.DataFrame, unit: str, *, beside: int = 3) -> pd.DataFrame:
    """Return a district and those next to it by rank, up to ``beside`` on either side, as rows of ``ranking``.

    ``now`` is an assessment. Those further off, and how its neighbours moved, are not a matter of a district's report,
    which stays as it is when only they change.
    """
    table = ranking(now.scores, None, districts.set_index("unit_code")["name"])
    place = int(table[str(now.scores.index.name)].eq(unit).idxmax())
    return table.iloc[max(place - beside, 0) : place + beside + 1].reset_index(drop=True)


def _rank_move(places: Any) -> str:
    if pd.isna(places):
        return MISSING
    return "持平" if places == 0 else f"{'升' if places > 0 else '降'} {abs(int(places))} 位"


def sources(accounts: pd.DataFrame) -> pd.DataFrame:
    """Return the row accounts with the tables' Chinese titles and a short hash."""
    titles = {name: entry["title"] for name, entry in catalogue.load("tables").items()}
    return accounts.assign(title=accounts["table"].map(titles), sha=accounts["sha256"].str[:12])


def findings(found: pd.DataFrame) -> pd.DataFrame:
    """Return the findings with what readers call their severity, errors first.

    Notes of one rule on one column of a file stand in one row that says how many there are.
    """
    words = {"error": "错误", "warning": "警告", "note": "提示"}
    found = _notes_together(found)
    order = found["severity"].map({name: place for place, name in enumerate(words)})
    ordered = found.assign(_order=order).sort_values(["_order", "file", "row"], kind="stable")
    return ordered.assign(severity=ordered["severity"].map(words))


def _notes_together(found: pd.DataFrame) -> pd.DataFrame:
    notes = found["severity"].eq("note")
    alike = found.loc[notes].reindex(columns=["file", "sheet", "rule", "column"]).astype("object").fillna("")
    counts = alike.groupby(list(alike.columns))["rule"].transform("size")
    first = ~alike.duplicated()
    kept = found.loc[~notes | first.reindex(found.index, fill_value=False)]
    more = counts.reindex(kept.index, fill_value=1) > 1
    said = kept["reason"].str.cat("（同类共 " + counts.reindex(kept.index).astype("Int64").astype("str") + " 处）")
    return kept.assign(reason=kept["reason"].mask(more, said))


def problems(found: pd.DataFrame) -> pd.DataFrame:
    """Return the problem list numbered, with labels."""
    return found.assign(
        number=range(1, len(found) + 1),
        severity=found["severity_label"],
        problem=found["title"],
        owner=found["owner_level"].map(lambda key: catalogue.label("owner_level", key)),
    )


def map_defects(gaps: pd.DataFrame, overlaps: pd.DataFrame) -> pd.DataFrame:
    """Return gaps and overlaps as one layer for a map, ``kind`` being gap or overlap."""
    parts = [frame.assign(kind=kind) for kind, frame in (("gap", gaps), ("overlap", overlaps)) if len(frame)]
    return pd.concat(parts, ignore_index=True) if parts else gaps.assign(kind="")


def definitions(leaves: Iterable[Any]) -> pd.DataFrame:
    """Return label, unit, definition and source of each measure a scheme uses, once."""
    infos = {leaf.measure: leaf.info for leaf in leaves}
    columns = ["label", "unit", "definition", "source"]
    return pd.DataFrame([{name: getattr(info, name) for name in columns} for info in infos.values()], columns=columns)
