"""What a check says on the terminal: whole files first, then groups with one example, then a line a source."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pandas as pd

from govkit import catalogue
from govkit.documents.check.listing import SEVERITY, table_titles
from govkit.intake.reading import schema
from govkit.intake.sheets.unread import resembled

_MOST_VALUES = 3
_LONGEST = 60
_MOST_FILES = 5
_GROUP = ["severity", "rule", "file", "sheet", "column"]


def grouped(findings: pd.DataFrame) -> pd.DataFrame:
    """Return one row for all findings of one rule in one column, in the order of their weight.

    Columns are those of a finding (of the first), ``count``, ``values`` (the commonest) and ``files``: one said of the
    same column in many files or sheets of a table is said once. Findings about whole files
    and columns come first, by the weight of their rule in the catalogue; then the gravest and most frequent.
    """
    weights = {rule: at for at, rule in enumerate(catalogue.load("check")["weight"]["first"])}
    frame = findings.assign(**{name: findings[name].astype("object").fillna("") for name in _GROUP[2:]})
    grades = {name: at for at, name in enumerate(SEVERITY)}
    rows: list[dict[str, Any]] = []
    # what is said of a sheet as a whole differs in its words alone
    alone = frame["reason"].where((frame["column"] == "") & frame["cell"].isna() & frame["value"].isna(), "")
    frame = frame.assign(_alone=alone, _file=frame["file"], _sheet=frame["sheet"])
    kin = [frame["severity"], frame["rule"], frame["table"].fillna(""), frame["column"]]
    many = (frame["file"] + "\0" + frame["sheet"]).groupby(kin).transform("nunique") > _MOST_FILES
    frame.loc[many, ["_file", "_sheet", "_alone"]] = ["", "", "\0"]
    by = ["severity", "rule", "table", "column", "_file", "_sheet", "_alone"]
    for _, mine in frame.groupby(by, sort=False, dropna=False):
        first = mine.iloc[0].to_dict()
        nowhere = pd.isna(first["row"]) and pd.isna(first["longitude"])
        whole = first["rule"] in weights or (nowhere and first["severity"] != "note")
        values = Counter(text for text in mine["value"].dropna() if text)
        rows.append(
            {name: value for name, value in first.items() if name[0] != "_"}
            | {
                "count": len(mine),
                "files": (mine["file"] + "\0" + mine["sheet"]).nunique(),
                "values": [(text[:_LONGEST], many) for text, many in values.most_common(_MOST_VALUES)],
                "distinct": len(values),
                "weight": (not whole, weights.get(first["rule"], len(weights)), grades[first["severity"]], -len(mine)),
            }
        )
    return pd.DataFrame(sorted(rows, key=lambda one: one["weight"]))


def spoken(findings: pd.DataFrame, accounts: pd.DataFrame, *, most: int) -> list[str]:
    """Return the lines a check prints: at most ``most`` groups, what became of each source, what is accepted."""
    words, lines = catalogue.load("check")["spoken"], []
    open_ones = findings[findings["accepted"].isna()]
    groups = grouped(open_ones)
    for one in groups.head(most).to_dict("records"):
        lines += _told(one)
    if len(groups) > most:
        lines.append(words["more"].format(count=int(groups["count"].iloc[most:].sum()), groups=len(groups) - most))
    lines += [words["hint"].format()] if len(groups) else []
    lines += [words["sources"], *source_lines(accounts)]
    unread = findings.loc[findings["rule"] == "file_unread", ["file", "table"]]
    titles = table_titles(unread["table"])
    lines += [
        words["not_read"].format(file=file, title=title) for file, title in zip(unread["file"], titles, strict=True)
    ]
    accepted = findings[findings["accepted"].notna()]
    if len(accepted):
        lines.append(words["accepted"].format(count=len(accepted)))
        lines += [f"  {one.id}  {one.reason}（{one.accepted}）" for one in accepted.head(most).itertuples()]
    return lines


def _told(one: dict[str, Any]) -> list[str]:
    words = catalogue.load("check")["spoken"]
    where = " ".join(str(one[key]) for key in ("file", "sheet") if one[key])
    place = one["cell"] if not pd.isna(one["cell"]) and one["cell"] else ""
    if not place and not pd.isna(one["row"]):
        place = f"第 {int(one['row'])} 行"
    where += words["files"].format(count=one["files"]) if one["files"] > 1 else ""
    column = f" “{one['column']}”" if one["column"] else ""
    many = words["count"].format(count=one["count"]) if one["count"] > 1 else ""
    head = f"[{SEVERITY[one['severity']]}] {where}{column}{f' {place}' if place else ''}{many}：{one['reason']}"
    lines = [head]
    if one["count"] > 1 and one["distinct"] > 1:
        shown = "、".join(f"{text}（{number} 处）" for text, number in one["values"])
        more = "等" if one["distinct"] > len(one["values"]) else ""
        lines.append(words["values"].format(values=f"{shown}{more}"))
    return [*lines, words["todo"].format(todo=one["todo"], id=one["id"])]


def source_lines(accounts: pd.DataFrame) -> list[str]:
    """Return one line a source: rows and columns, and which columns and cells nobody took."""
    return [_source_line(one) for one in accounts.itertuples()]


def _source_line(one: Any) -> str:
    words = catalogue.load("check")["spoken"]
    title = table_titles(pd.Series([one.table])).iloc[0]
    aside = words["aside"].format(count=one.rows_set_aside) if one.rows_set_aside else ""
    left = words["left"].format(count=one.rows_left_out) if one.rows_left_out else ""
    text = words["source"].format(file=one.file, title=title, rows=one.rows_used, more=f"{aside}{left}")
    if pd.isna(one.cells):
        return text
    unread = unread_columns(one)
    if not unread:
        return text + words["all_used"].format(columns=one.columns)
    named = "、".join(_unread_name(entry, one.table) for entry in unread[:12]) + ("……" if len(unread) > 12 else "")
    headed = [entry for entry in unread if entry["column"]]
    return text + words["unread"].format(
        columns=one.columns, unread=len(headed), cells=one.cells_unread, named=named
    )  # fmt: skip


def unread_columns(account: Any) -> list[dict[str, Any]]:
    """Return what nobody took of a source: sheet, column letters, header, how many cells, from which row on."""
    return json.loads(account.unread) if isinstance(account.unread, str) and account.unread else []


def _unread_name(entry: dict[str, Any], table: str) -> str:
    words = catalogue.load("check")["spoken"]
    if not entry["column"]:
        return words["sheet"].format(sheet=entry["sheet"], cells=entry["cells"])
    if not entry["header"]:
        return words["headless"].format(column=entry["column"], cells=entry["cells"])
    like = resembled(entry["header"], schema.table(table).columns)
    return entry["header"] + (words["like"].format(label=like.label) if like else "")
