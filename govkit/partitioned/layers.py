"""A layer in one or many GeoParquet files: which row groups there are, where each lies, and the rows of a place."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyproj
import shapely
from pyarrow import parquet as pq

from govkit.errors import SourceError
from govkit.intake.reading import schema
from govkit.intake.reading.columns import match_word

Box = tuple[float, float, float, float]
# Rows kept, in whole pieces: neighbours are asked for again and again.
_KEPT = 1_000_000
_EVERYWHERE: Box = (-np.inf, -np.inf, np.inf, np.inf)
_TODO = "用 geopandas 的 to_parquet(…, write_covering_bbox=True) 重新导出。"


@dataclass(frozen=True)
class Piece:
    """A row group of a file: how many rows, and the box (west, south, east, north) they lie in, in the layer's CRS."""

    path: Path
    group: int
    rows: int
    box: Box


@dataclass(frozen=True, eq=False)
class Layer:
    """A table of catalogue/tables.toml spread over GeoParquet files, in file order.

    ``columns`` maps tidy names to the files' own; ``geometry`` is the column of shapes, in ``crs``, ``boxes`` the one
    of their boxes (``""``: there is none).
    """

    pieces: tuple[Piece, ...]
    columns: Mapping[str, str]
    geometry: str
    boxes: str
    crs: pyproj.CRS

    @property
    def rows(self) -> int:
        """How many rows all pieces have together."""
        return sum(piece.rows for piece in self.pieces)

    def meeting(self, box: Box) -> tuple[Piece, ...]:
        """Return the pieces whose box meets a box."""
        return tuple(piece for piece in self.pieces if meet(piece.box, box))

    def read(self, piece: Piece, names: Sequence[str] = (), *, keep: bool = True) -> pa.Table:
        """Return the rows of a piece: tidy columns ``names`` and, as well-known binary, ``geometry``.

        ``keep``: it may be asked for again soon.
        """
        wanted = [*(self.column(name) for name in names), self.geometry]
        table = self._kept(piece, tuple(wanted)) if keep else _read_group(piece, tuple(wanted))
        return table.select(wanted).rename_columns([*names, "geometry"])

    @cached_property
    def _kept(self) -> Callable[[Piece, tuple[str, ...]], pa.Table]:
        # every layer has a cache of its own, gone with it
        largest = max((piece.rows for piece in self.pieces), default=1)
        return lru_cache(maxsize=max(2, _KEPT // largest))(_read_group)

    def column(self, name: str) -> str:
        """Return what the files call a tidy column; SourceError if they have none."""
        if name not in self.columns:
            raise SourceError(
                f"文件里没有“{name}”这一列。",
                where=str(self.pieces[0].path) if self.pieces else "",
                allowed="、".join(self.columns.values()),
                todo=f"把相应的列改名为 {name} 或其中文名称后重新导出。",
            )
        return self.columns[name]

    def piece_frame(self, piece: Piece, names: Sequence[str] = ()) -> gpd.GeoDataFrame:
        """Return all rows of a piece."""
        return self._frame(piece, _EVERYWHERE, names)

    def frame(self, box: Box = _EVERYWHERE, names: Sequence[str] = (), *, margin: float = 0.0) -> gpd.GeoDataFrame:
        """Return the rows whose own box meets ``box`` widened by ``margin``, in file order, with a fresh index."""
        wide = (box[0] - margin, box[1] - margin, box[2] + margin, box[3] + margin)
        parts = [self._frame(piece, wide, names) for piece in self.meeting(wide)]
        if not parts:
            empty: dict[str, Any] = {name: pd.Series(dtype="str") for name in names}
            return gpd.GeoDataFrame(empty, geometry=gpd.GeoSeries([], crs=self.crs), crs=self.crs)
        return pd.concat(parts, ignore_index=True)

    def _frame(self, piece: Piece, box: Box, names: Sequence[str]) -> gpd.GeoDataFrame:
        boxes = [self.boxes] if self.boxes else []
        table = self._kept(piece, (*(self.column(name) for name in names), self.geometry, *boxes))
        if not _within(piece.box, box):
            table = table.filter(self._near(table, box))
        rest = table.select([self.column(name) for name in names]).rename_columns(list(names)).to_pandas()
        return gpd.GeoDataFrame(rest, geometry=shapely.from_wkb(table[self.geometry].to_numpy()), crs=self.crs)

    def _near(self, table: pa.Table, box: Box) -> np.ndarray:
        """Return which rows' boxes meet a box: by the column of boxes, or else by the shapes themselves."""
        if self.boxes:
            struct = table[self.boxes].combine_chunks()
            sides = [struct.field(side).to_numpy(zero_copy_only=False) for side in ("xmin", "ymin", "xmax", "ymax")]
        else:
            sides = list(shapely.bounds(shapely.from_wkb(table[self.geometry].to_numpy())).T)
        west, south, east, north = sides
        with np.errstate(invalid="ignore"):
            return (west <= box[2]) & (east >= box[0]) & (south <= box[3]) & (north >= box[1])


def check_same_crs(points: Layer, grids: Layer) -> None:
    """Raise SourceError unless both layers have the same CRS."""
    if points.crs != grids.crs:
        raise SourceError(
            "点和网格的坐标系不同。",
            where=f"{points.crs.to_string()}、{grids.crs.to_string()}",
            todo="请先转换到同一坐标系（CGCS2000，EPSG:4490）。",
        )


def open_layer(path: Path, table: str) -> Layer:
    """Open a GeoParquet file, or a folder with any number of them below it, as one layer of a tidy ``table``.

    Only the files' heads are read. Columns may bear their tidy or their Chinese names. Where each row group lies is
    taken from the statistics of the covering box column; without one, a file's box stands for all of its row groups.
    Raises SourceError if there is no file, or one is unreadable, not GeoParquet or unlike the first.
    """
    paths = [path] if path.is_file() else sorted(path.rglob("*.parquet"))
    if not paths:
        raise SourceError("没有找到 GeoParquet 文件。", where=str(path), allowed="*.parquet", todo="请核对路径。")
    first = _Head.of(paths[0])
    pieces: list[Piece] = []
    for one in paths:
        head = _Head.of(one)
        if (head.crs, head.geometry, head.names) != (first.crs, first.geometry, first.names):
            raise SourceError(
                "各文件的列或坐标系不一致。", where=f"{paths[0].name}、{one.name}", todo="请统一后重新导出。"
            )
        pieces += head.pieces()
    known = schema.table(table)
    found = {match_word((name,), known): name for name in reversed(first.names)}
    columns = {name: found[name] for name in (column.name for column in known.columns) if name in found}
    return Layer(tuple(pieces), columns, first.geometry, first.boxes, first.crs)


@dataclass(frozen=True)
class _Head:
    """What the end of a GeoParquet file says about it."""

    path: Path
    file: pq.FileMetaData
    names: tuple[str, ...]
    geometry: str
    crs: pyproj.CRS
    says: Mapping[str, Any]

    @classmethod
    def of(cls, path: Path) -> _Head:
        try:
            file = pq.read_metadata(path)
        except (pa.ArrowInvalid, OSError) as error:
            raise SourceError(f"文件读不出来：{error}", where=str(path), todo="请重新复制或导出。") from None
        geo = json.loads((file.metadata or {}).get(b"geo", b"{}"))
        if not geo:
            raise SourceError("不是 GeoParquet 文件：没有 geo 说明。", where=str(path), todo=_TODO)
        name = geo["primary_column"]
        says = geo["columns"][name]
        if says["encoding"] != "WKB":
            raise SourceError(f"图形的编码是 {says['encoding']}。", where=str(path), allowed="WKB", todo=_TODO)
        # GeoParquet: no CRS written means OGC:CRS84
        crs = pyproj.CRS.from_user_input(says.get("crs") or "OGC:CRS84")
        return cls(path, file, tuple(file.schema.to_arrow_schema().names), name, crs, says)

    @property
    def boxes(self) -> str:
        """The column of boxes, "" if there is none, or one whose fields bear other than the usual names."""
        covering = self.says.get("covering", {}).get("bbox", {})
        usual = all(covering.get(side, [])[1:] == [side] for side in ("xmin", "ymin", "xmax", "ymax"))
        return covering["xmin"][0] if usual else ""

    def pieces(self) -> list[Piece]:
        """Return the file's row groups that hold rows."""
        groups = [self.file.row_group(number) for number in range(self.file.num_row_groups)]
        return [Piece(self.path, n, one.num_rows, self._box(one)) for n, one in enumerate(groups) if one.num_rows]

    def _box(self, group: pq.RowGroupMetaData) -> Box:
        if self.boxes:
            ends = [f"{self.boxes}.{side}" for side in ("xmin", "ymin", "xmax", "ymax")]
            chunks = {group.column(at).path_in_schema: group.column(at).statistics for at in range(group.num_columns)}
            found = [chunks.get(end) for end in ends]
            if all(one is not None and one.has_min_max for one in found):
                west, south, east, north = found
                return west.min, south.min, east.max, north.max  # type: ignore[union-attr]
        return tuple(self.says.get("bbox", _EVERYWHERE))  # type: ignore[return-value]


def _read_group(piece: Piece, columns: tuple[str, ...]) -> pa.Table:
    table = pq.ParquetFile(piece.path).read_row_group(piece.group, columns=list(columns))
    # Once geoarrow is imported, by whatever thread, shapes come as a type of its own.
    return pa.table({name: _stored(table[name]) for name in table.column_names})


def _stored(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.cast(column.type.storage_type) if isinstance(column.type, pa.BaseExtensionType) else column


def _within(one: Box, other: Box) -> bool:
    return other[0] <= one[0] and other[1] <= one[1] and one[2] <= other[2] and one[3] <= other[3]


def around(pieces: Sequence[Piece]) -> Box:
    """Return the box of several pieces' boxes."""
    west, south, east, north = zip(*(piece.box for piece in pieces), strict=True)
    return min(west), min(south), max(east), max(north)


def meet(one: Box, other: Box) -> bool:
    """Whether two boxes have a point in common."""
    return one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]
