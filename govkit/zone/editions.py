"""The public and the internal edition of a zone: what each is opened with, and what the public one does not hold."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from govkit import catalogue
from govkit.errors import ZoneError
from govkit.front_matter import EDITION
from govkit.zone.settings import ZoneSettings


def in_edition(settings: ZoneSettings, asked: str = "") -> ZoneSettings:
    """Return what zone.toml says for one edition; as it is where it states none.

    By default the edition of the run, else the internal one, else the first. Raises ZoneError for an edition that is
    not stated, or is not that of the run.
    """
    front, run = settings.front, os.environ.get(EDITION, "")
    if asked and asked not in front.editions:
        raise ZoneError(
            f"没有“{asked}”这个版本。",
            allowed="、".join(front.editions) or "zone.toml 没有写 editions，只有一个版本",
            todo='在 zone.toml 的 [report] 写 editions = ["公开", "内部"]。',
        )
    if asked and run and asked != run:
        raise ZoneError(f"正在出“{run}”版，不能打开“{asked}”版的数据。", todo="把笔记本里的 edition 去掉。")
    if not front.editions:
        return settings
    internal = str(catalogue.load("editions")["internal"])
    edition = asked or run or (internal if internal in front.editions else front.editions[0])
    if edition == internal:
        kept = front.classification if front.internal else internal
        return replace(settings, front=replace(front, edition=edition, classification=kept), small_numbers="keep")
    own = replace(settings.own, hidden=front.public_without)
    return replace(settings, front=replace(front, edition=edition, classification=edition), own=own)


def is_public(settings: ZoneSettings) -> bool:
    """Whether this is the public one of several editions."""
    return settings.front.edition == catalogue.load("editions")["public"]


def without_files(frame: pd.DataFrame) -> pd.DataFrame:
    """Return findings or row accounts without the office's own files, cells, values and hashes.

    ``file`` is what kind of table it is; notes of small numbers keep what they tell.
    """
    titles = {name: entry["title"] for name, entry in catalogue.load("tables").items()}
    bare = frame.assign(file=frame["table"].map(titles).fillna("").astype(frame["file"].dtype))
    told = frame["rule"].eq("small_numbers") if "rule" in frame else pd.Series(False, frame.index)
    for name in ("sheet", "cell", "value", "reason", "todo", "accepted", "longitude", "latitude", "sha256", "bytes"):
        if name in bare:
            bare[name] = bare[name].where(told)
    return bare


def differences(internal: Mapping[str, pd.DataFrame], public: Mapping[str, pd.DataFrame]) -> list[list[Any]]:
    """Return the cells in which the public edition's tables are not the internal one's, a row each.

    Table, code, unit, period or time, item, column, value inside, value in public; rows that were added in the public
    edition hold sums of these and are not listed.
    """
    known, found = catalogue.load("tables"), []
    names = internal["units"].drop_duplicates("unit_code").set_index("unit_code")["name"]
    for table, inner in internal.items():
        outer = public[table].iloc[: len(inner)].reset_index(drop=True)
        inner = inner.reset_index(drop=True)
        labels = {key: column["label"] for key, column in known[table]["columns"].items()} if table in known else {}
        when, what = (
            [name for name in wanted if name in inner]
            for wanted in (("period", "month", "date", "reported_at"), ("item", "line", "kind", "outcome", "name"))
        )
        for column in inner.columns.intersection(outer.columns).drop(["geometry", "district_code"], errors="ignore"):
            mine, theirs = inner[column].astype("object"), outer[column].astype("object")
            changed = (mine.notna() | theirs.notna()) & ~(mine == theirs).fillna(False).astype(bool)
            for at in inner.index[changed]:
                code = inner.at[at, "unit_code"] if "unit_code" in inner else ""
                said = (
                    " ".join(str(inner.at[at, one]) for one in some if pd.notna(inner.at[at, one]))
                    for some in (when, what)
                )
                values = ("" if pd.isna(one) else one for one in (mine[at], theirs[at]))
                title = known[table]["title"] if table in known else table
                found.append([title, code, names.get(code, ""), *said, labels.get(column, column), *values])
    return found
