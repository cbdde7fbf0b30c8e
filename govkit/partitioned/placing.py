"""Points of any number placed in grids of any number, a piece at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from pyarrow import parquet as pq

from govkit.errors import SourceError
from govkit.geometry.points_in_grids import OUTSIDE, GridIndex, compiles, coordinates_of_binary
from govkit.partitioned.layers import Layer, Piece, around, meet

# Points taken at once: enough to keep every core busy, some 100 MB.
_AT_ONCE = 2_000_000
# Successive pieces of grids are asked as one block of up to this many, some 600 MB; so many blocks are kept ready.
_BLOCK, _READY = 1_000_000, 2


@dataclass(frozen=True)
class Placement:
    """What became of the points: how many there are, lie in no grid, lie on ground several grids claim; files written.

    ``per_grid`` counts the points of every grid that has any, by grid code.
    """

    points: int
    outside: int
    overlapping: int
    per_grid: pd.Series
    files: tuple[Path, ...]


def place(points: Layer, grids: Layer, out: Path, *, key: str) -> Placement:
    """Write for every point its ``key`` (a tidy column), ``grid_code`` and ``overlap`` to ``out``, a file a file.

    In memory are at most two million points and the blocks of a million grids they meet: points should be sorted by
    place, unsorted ones meet every block. The rule is that of ``geometry.points_in_grids``: the smaller code on
    borders and where grids overlap, missing outside. Files bear the names of the points' and are written whole or not
    at all. Raises SourceError if the two layers differ in CRS or files share a name.
    """
    _check(points, grids, out)
    compiled = compiles(points.rows)
    blocks = _blocks(grids)
    ready = lru_cache(maxsize=_READY)(lambda number: _index(grids, blocks[number]))
    total, counted, files = [0, 0, 0], [], []
    for path, pieces in groupby(points.pieces, key=lambda piece: piece.path):
        files.append(out / path.name)
        with _WholeFile(files[-1]) as file:
            for group in _runs(pieces, _AT_ONCE):
                table = pa.concat_tables([points.read(piece, [key]) for piece in group])
                xy = coordinates_of_binary(table["geometry"])
                met = [ready(number) for number, block in enumerate(blocks) if _meets(block, group)]
                rank, overlap, codes = _placed(xy, met, compiled=compiled)
                found = codes.take(pa.array(rank, mask=rank == OUTSIDE))
                file.write(pa.table({key: table[key], "grid_code": found, "overlap": overlap}))
                now = len(xy), int((rank == OUTSIDE).sum()), int(overlap.sum())
                total = [before + more for before, more in zip(total, now, strict=True)]
                counted.append(_counts(codes, rank))
    per_grid = pd.concat(counted).groupby(level=0).sum() if counted else pd.Series(dtype="int64")
    return Placement(total[0], total[1], total[2], per_grid.rename("points"), tuple(files))


def _check(points: Layer, grids: Layer, out: Path) -> None:
    if points.crs != grids.crs:
        raise SourceError(
            "点和网格的坐标系不同。",
            where=f"{points.crs.to_string()}、{grids.crs.to_string()}",
            todo="请先转换到同一坐标系（CGCS2000，EPSG:4490）。",
        )
    names = [path.name for path in {piece.path for piece in points.pieces}]
    if len(set(names)) < len(names):
        raise SourceError("点文件重名，结果会互相覆盖。", where=str(out), todo="请改名后重试。")


def _placed(xy: np.ndarray, indexes: list[GridIndex], *, compiled: bool) -> tuple[np.ndarray, np.ndarray, pa.Array]:
    """Return position among all ``codes``, overlap, and ``codes`` of the indexes one after the other.

    A point found in two blocks lies on their common border, or where their grids overlap: inside one of the two.
    """
    rank, overlap = np.full(len(xy), OUTSIDE, dtype=np.int64), np.zeros(len(xy), dtype=bool)
    codes = pa.concat_arrays([index.codes for index in indexes]) if indexes else pa.array([], pa.string())
    begin = 0
    for index in indexes:
        here, doubtful = index.locate(xy, compiled=compiled)
        overlap |= doubtful
        hit = np.flatnonzero(here != OUTSIDE)
        both = hit[rank[hit] != OUTSIDE]
        for point in both.tolist():
            shapes = [one.shape(at) for one, at in _owners(indexes, (int(rank[point]), begin + int(here[point])))]
            overlap[point] |= shapely.contains_properly(shapes, shapely.Point(xy[point])).any()
        new = hit[rank[hit] == OUTSIDE]
        rank[new] = begin + here[new]
        smaller = [p for p in both.tolist() if codes[begin + int(here[p])].as_py() < codes[int(rank[p])].as_py()]
        rank[smaller] = begin + here[smaller]
        begin += len(index.codes)
    return rank, overlap, codes


def _owners(indexes: list[GridIndex], positions: tuple[int, ...]) -> list[tuple[GridIndex, int]]:
    """Return index and position within it of positions among the codes of all."""
    starts = np.cumsum([0, *(len(index.codes) for index in indexes)])
    numbers = np.searchsorted(starts, positions, side="right") - 1
    return [(indexes[number], at - int(starts[number])) for number, at in zip(numbers, positions, strict=True)]


def _runs(pieces: Iterable[Piece], most: int) -> Iterator[list[Piece]]:
    """Yield successive pieces together, up to ``most`` rows (at least one piece)."""
    run: list[Piece] = []
    for piece in pieces:
        if run and sum(one.rows for one in run) + piece.rows > most:
            yield run
            run = []
        run.append(piece)
    if run:
        yield run


def _blocks(grids: Layer) -> list[list[Piece]]:
    return list(_runs(grids.pieces, _BLOCK))


def _meets(block: list[Piece], group: list[Piece]) -> bool:
    return any(meet(piece.box, around(group)) for piece in block)


def _index(grids: Layer, block: list[Piece]) -> GridIndex:
    """Return the grids of a block that have a code, in code order."""
    table = pa.concat_tables([grids.read(piece, ["grid_code"]) for piece in block])
    codes, shapes = table["grid_code"].combine_chunks().cast(pa.string()), table["geometry"].combine_chunks()
    if codes.null_count:
        known = pc.is_valid(codes)
        codes, shapes = codes.filter(known), shapes.filter(known)
    if pc.all(pc.less_equal(codes[:-1], codes[1:])).as_py() in {True, None}:
        return GridIndex(codes, shapes)
    order = pc.array_sort_indices(codes)
    return GridIndex(codes.take(order), shapes.take(order))


def _counts(codes: pa.Array, rank: np.ndarray) -> pd.Series:
    counts = np.bincount(rank[rank != OUTSIDE], minlength=len(codes))
    some = np.flatnonzero(counts)
    return pd.Series(counts[some], index=codes.take(pa.array(some)).to_pandas())


class _WholeFile:
    """A Parquet file that appears only when all of it is written."""

    def __init__(self, path: Path) -> None:
        self.path, self.beside = path, path.with_name(f".{path.name}.part")
        self.writer: Any = None
        path.parent.mkdir(parents=True, exist_ok=True)

    def __enter__(self) -> _WholeFile:
        return self

    def write(self, table: pa.Table) -> None:
        """Add rows."""
        if self.writer is None:
            self.writer = pq.ParquetWriter(self.beside, table.schema)
        self.writer.write_table(table)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self.writer is not None:
            self.writer.close()
        if kind is None and self.beside.exists():
            self.beside.replace(self.path)
        else:
            self.beside.unlink(missing_ok=True)
