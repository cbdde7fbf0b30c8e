"""Findings as a clerk works through them: file by file, gravest first, numbered; huge files capped, counts complete."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from govkit import catalogue
from govkit.documents.check.files import is_layer
from govkit.intake.values.personal import mask_file

SEVERITY: dict[str, str] = {key: entry["label"] for key, entry in catalogue.load("check")["severity"].items()}
_TEXTS = ("table", "file", "sheet", "column", "cell", "value", "reason", "todo", "id", "accepted")
_ACCOUNT = {
    "title": "数据",
    "file": "文件",
    "sheet": "工作表",
    "rows_read": "读入行数",
    "rows_used": "采用",
    "rows_set_aside": "搁置",
    "rows_left_out": "略去（合计、空行、附注）",
    "cells": "单元格",
    "cells_used": "格：采用",
    "cells_set_aside": "格：搁置",
    "cells_head": "格：表头",
    "cells_note": "格：标题附注",
    "cells_total": "格：合计",
    "cells_left_out": "格：不读",
    "cells_unread": "格：没有用到",
    "unread_names": "没有用到的列",
}


@dataclass(frozen=True)
class Listing:
    """Findings put in order.

    ``rows``: the findings listed one by one, as in docs/architecture.md with texts never NA; ``number`` (from 1), by
    which list, sheets and map name them; and as texts to show ``title``, ``source``, ``spot`` and ``brief`` (the value,
    cut if long). ``kinds``: one row per file, severity and rule with ``count`` of all findings, ``listed``, and
    ``number``, ``title``, ``sheet``, ``column``, ``reason`` and ``todo`` of the first. ``counts``: all by severity.
    """

    rows: pd.DataFrame
    kinds: pd.DataFrame
    counts: Mapping[str, int]

    @property
    def total(self) -> int:
        """How many findings there are, listed or not."""
        return sum(self.counts.values())

    @property
    def files(self) -> list[str]:
        """Files with findings, in the order of the list; ``""`` stands for the zone as a whole."""
        return list(dict.fromkeys(self.kinds["file"]))

    def of_file(self, file: str) -> pd.DataFrame:
        """Return the findings listed for one file."""
        return self.rows[self.rows["file"] == file]

    def counts_of(self, file: str) -> dict[str, int]:
        """Return all findings of one file by severity."""
        mine = self.kinds[self.kinds["file"] == file].groupby("severity")["count"].sum()
        return {key: int(mine.get(key, 0)) for key in SEVERITY}


def list_findings(findings: pd.DataFrame, *, files: Mapping[str, str]) -> Listing:
    """Put findings in order and choose which are listed one by one (limits in the catalogue's ``check``).

    ``files``: table → path of its source, in the order of zone.toml; it stands in where a finding names no file.
    """
    ordered = _ordered(findings, files)
    # Mark the findings listed: of a file the first of every kind, then from the gravest down to the limit
    limits = catalogue.load("check")["limits"]
    share = limits["listed_in_all"] // max(1, ordered["file"].nunique())
    most = max(limits["listed_per_rule"], min(limits["listed_per_file"], share))
    late = ordered.groupby(["file", "severity", "rule"], sort=False).cumcount() >= limits["listed_per_rule"]
    turn = ordered.assign(late=late).sort_values("late", kind="stable").groupby("file", sort=False).cumcount()
    ordered = ordered.assign(listed=(turn.reindex(ordered.index) < most))
    rows = ordered[ordered["listed"]].drop(columns="listed").reset_index(drop=True)
    rows = _with_texts(rows.assign(number=range(1, len(rows) + 1)))
    counts = ordered["severity"].value_counts()
    return Listing(rows, _kinds(ordered, rows), {key: int(counts.get(key, 0)) for key in SEVERITY})


def _ordered(findings: pd.DataFrame, files: Mapping[str, str]) -> pd.DataFrame:
    frame = findings.reindex(columns=list(dict.fromkeys([*findings, "id", "accepted"])))
    frame = frame.assign(file=findings["file"].where(findings["file"].notna(), findings["table"].map(files)))
    frame = frame.assign(**{name: frame[name].astype("object").where(frame[name].notna(), "") for name in _TEXTS})
    place = {path: number for number, path in enumerate(dict.fromkeys(files.values()))}
    frame = frame.assign(
        title=table_titles(frame["table"]),
        _file=frame["file"].map(place).fillna(-1 if "" in set(frame["file"]) else len(place)),
        _severity=frame["severity"].map({key: number for number, key in enumerate(SEVERITY)}),
    )
    keys = ["_file", "file", "_severity", "sheet", "row"]
    frame = frame.sort_values(keys, kind="stable", na_position="first", ignore_index=True)
    return frame.drop(columns=["_file", "_severity"])


def _with_texts(rows: pd.DataFrame) -> pd.DataFrame:
    most = catalogue.load("check")["limits"]["value"]
    return rows.assign(
        source=[source_label(file) for file in rows["file"]],
        spot=[_spot(one) for one in rows.itertuples()],
        brief=[text if len(text) <= most else f"{text[:most]}……" for text in rows["value"]],
    )


def source_label(file: str) -> str:
    """Return a file as readers see it; findings about no file are about the zone as a whole."""
    return mask_file(file) or catalogue.load("check")["words"]["whole_zone"]


def _spot(one: Any) -> str:
    """Return where in its file a finding is, in a few words: a cell, a row, a feature, a column."""
    words = catalogue.load("check")["words"]
    if one.cell:
        return one.cell
    if not pd.isna(one.row):
        return words["feature_row" if is_layer(one.file) else "row"].format(row=one.row)
    return words["whole_column"] if one.column else words["whole_file"] if one.file else ""


def _kinds(ordered: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    keys = ["file", "severity", "rule"]
    counted = ordered.groupby(keys, sort=False)["listed"].agg(count="size", listed="sum").reset_index()
    first = rows.drop_duplicates(keys)[[*keys, "number", "title", "sheet", "column", "reason", "todo"]]
    kinds = counted.merge(first, on=keys, how="left").astype({"count": int, "listed": int, "number": "Int64"})
    texts = ["title", "sheet", "column", "reason", "todo"]
    return kinds.assign(**{name: kinds[name].fillna("") for name in texts})


def accounts_table(accounts: pd.DataFrame) -> pd.DataFrame:
    """Return the row accounts with Chinese heads."""
    named = [_unread_names(text) for text in accounts["unread"]]
    table = accounts.assign(title=table_titles(accounts["table"]), unread_names=named)
    table = table[list(_ACCOUNT)].rename(columns=_ACCOUNT)
    return table.astype("object").where(lambda t: t.notna(), "")


def _unread_names(text: object) -> str:
    entries = json.loads(text) if isinstance(text, str) and text else []
    return "、".join(one["header"] or f"{one['sheet']}{'!' if one['column'] else ''}{one['column']}" for one in entries)


def table_titles(tables: pd.Series) -> pd.Series:
    """Return what readers call the tables named; an unknown name stays as it is."""
    known = catalogue.load("tables")
    return tables.map(lambda name: known[name]["title"] if name in known else name).astype("object")
