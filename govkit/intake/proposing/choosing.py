"""Which of the files that hold one table are its parts, and which are older versions of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from govkit.intake.proposing.looking import Found
from govkit.intake.reading import schema
from govkit.intake.units.unit_names import stem_and_kinds
from govkit.rounding import percent

# files that share more of their keys than this say the same
_SAME = 0.3
# a layer draws a table's units where the table has most of its names
_MOST = 0.5


def chosen(found: Sequence[Found], folder: Path) -> tuple[dict[str, Found], dict[str, str]]:
    """Return one source a table, of several files where these are parts of it, and why the others are left out."""
    taken: dict[str, Found] = {}
    found, left = _joined(found, folder)
    for table in dict.fromkeys(one.table for one in found):
        mine = sorted((one for one in found if one.table == table), key=lambda one: _rank(one, folder), reverse=True)
        first, parts = mine[0], [mine[0]]
        for other in mine[1:]:
            drawn = ["geometry" in one.reading.frame for one in (first, other)]
            if table == "units" and drawn == [True, False]:
                left[other.source.path] = f"也是“{schema.table(table).title}”，已用有边界的 {first.source.path}"
            elif other.heads != first.heads and table == "units":
                more = "、".join(sorted(other.heads - first.heads - set(other.source.columns.values()))[:4])
                left[other.source.path] = f"也列着“{schema.table(table).title}”，已用更像的 {first.source.path}" + (
                    f"；其中的 {more} 不属于认得的表" if more else ""
                )
            elif any(_shared(part, other) > _SAME for part in parts):
                left[other.source.path] = f"与 {first.source.path} 是同一张表的两个版本，已用较新的一个；请核对"
            elif any(_shared(part, other, key_only=True) for part in parts):
                left[other.source.path] = (
                    f"编号与 {first.source.path} 有重复，内容却不同，没有并入；先统一编号，或不写编号"
                )
            elif other.heads == first.heads or _fits_as_well(first, other):
                parts.append(other)
            else:
                left[other.source.path] = (
                    f"也像“{schema.table(table).title}”，表头与 {first.source.path} 不同，没有并入"
                )
        paths = tuple(sorted(part.source.path for part in parts))
        why = first.why + (f"；{len(paths)} 个文件都是这张表、内容不重复，合成一张表" if len(paths) > 1 else "")
        taken[table] = replace(first, source=replace(first.source, paths=paths if len(paths) > 1 else ()), why=why)
    return taken, left


def _fits_as_well(first: Found, other: Found) -> bool:
    """Whether another file with other heads is read in the same way, and has every column that is needed."""
    ways = [replace(one.source, path="", columns={}) for one in (first, other)]
    needed = {column.name for column in first.reading.table.columns if column.required and not column.derived}
    by_hand = first.source.columns or other.source.columns
    return (
        ways[0] == ways[1] and not by_hand and needed <= set(other.reading.text) and needed <= set(first.reading.text)
    )


def _joined(found: Sequence[Found], folder: Path) -> tuple[list[Found], dict[str, str]]:
    """Join the layer and the table of units where the layer's names are the table's and the table says more; of several
    versions of the table the one that is used.
    """
    units = [one for one in found if one.table == "units"]
    layers = [one for one in units if "geometry" in one.reading.frame]
    pairs = [
        (share, table, layer)
        for layer in layers
        for table in units
        if table not in layers and _says_more(table, layer) and (share := _of_names(layer, table)) > _MOST
    ]
    if not pairs:
        return list(found), {}
    share, table, layer = max(pairs, key=lambda pair: (pair[0], len(pair[2].reading.frame), _rank(pair[1], folder)))
    source = replace(
        table.source, boundaries=layer.source.path, boundary_name=layer.source.columns.get("name", ""),
        datum=layer.source.datum,
    )  # fmt: skip
    why = f"{table.why}；{layer.source.path} 里 {percent(share)} 的名称与之相同，用作边界"
    joined = replace(table, source=source, why=why, boundaries=layer.reading)
    return [joined if one is table else one for one in found if one is not layer], {}


def _says_more(table: Found, layer: Found) -> bool:
    told = [{name for name in one.reading.text if one.reading.text[name].notna().any()} for one in (table, layer)]
    return bool(told[0] - told[1] - {"unit_code"})


def _of_names(layer: Found, table: Found) -> float:
    """Return which share of a layer's names the table has, endings apart."""
    names = [
        {stem_and_kinds(str(name))[0] for name in one.reading.text["name"].dropna()}
        if "name" in one.reading.text
        else set()
        for one in (layer, table)
    ]
    return len(names[0] & names[1]) / max(1, len(names[0]))


def _rank(one: Found, folder: Path) -> tuple[bool, float, str, float]:
    """Order files of one table: boundaries first, then what fits best, then the latest by name and by time."""
    shapes = "geometry" in one.reading.frame and one.table == "units"
    numbers = "".join(re.findall(r"\d{4,8}|最终|终稿|定稿|最新|v\d", Path(one.source.path).stem.lower()))
    return shapes, round(one.score), numbers, (folder / one.source.path).stat().st_mtime


def _shared(one: Found, other: Found, *, key_only: bool = False) -> float:
    """Return which share of the smaller file's keys the other has too; records without any key by all they say.

    Numbers that begin anew in each file tell nothing, so that names are compared with them unless ``key_only``.
    """
    both = [name for name in one.reading.text if name in other.reading.text]
    key = [name for name in one.reading.table.key if name in both]
    if key_only:
        return 0.0 if not key or len(one.reading.table.key) > 1 else _overlap(one, other, key)
    key += ["name"] if len(key) == 1 and "name" in both and "name" not in key else []
    # units without codes are known by name and parent
    key = key or [name for name in ("name", "parent") if name in both and "name" in both]
    names = key or sorted(set(one.reading.text) & set(other.reading.text))
    return _overlap(one, other, names) if names else 0.0


def _overlap(one: Found, other: Found, names: Sequence[str]) -> float:
    keys = [part.keys(tuple(names)) for part in (one, other)]
    return len(keys[0] & keys[1]) / max(1, min(map(len, keys)))
