"""Points of any number placed in grids of any number, a piece at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from pyarrow import parquet as pq

from govkit.geometry.points_in_grids import OUTSIDE, GridIndex, compiles, coordinates_of_binary
from govkit.partitioned.layers import Layer, Piece, around, check_same_crs, meet

Asked = TypeVar("Asked")
Found = TypeVar("Found")

# Points taken at once, some 400 MB, while the next are read: the more of them lie in one grid, the less often its
# corners are fetched.
_AT_ONCE = 4_000_000
# Successive pieces of grids are asked as one block of up to this many, some 600 MB; so many blocks are kept ready.
_BLOCK, _READY = 1_000_000, 2


@dataclass(frozen=True)
class Placement:
    """What became of the points: how many there are, lie in no grid, lie on ground several grids claim.

    ``per_grid`` counts the points of every grid that has any, by grid code.
    """

    points: int
    outside: int
    overlapping: int
    per_grid: pd.Series


def place(points: Layer, grids: Layer, out: Path, *, key: str) -> Placement:
    """Write for every point its ``key`` (a tidy column), ``grid_code`` and ``overlap`` to the Parquet file ``out``.

    The rule is that of ``geometry.points_in_grids``: the smaller code on borders and where grids overlap, missing
    outside. In memory are at most twelve million points and the blocks of a million grids they meet: points should be
    sorted by place, unsorted ones meet every block. Rows keep the points' order; the file is written whole or not at
    all. Raises SourceError if the two layers differ in CRS.
    """
    check_same_crs(points, grids)
    compiled, blocks = compiles(points.rows), list(_runs(grids.pieces, _BLOCK))
    ready = lru_cache(maxsize=_READY)(lambda number: _index(grids, blocks[number]))
    outside, overlapping, counted = 0, 0, []
    groups = list(_runs(points.pieces, _AT_ONCE))
    with _whole_file(out) as write, _ahead(lambda group: _read(points, group, key), groups) as read:
        for group in groups:
            met = [ready(at) for at, block in enumerate(blocks) if any(meet(one.box, around(group)) for one in block)]
            keys, xy = read()
            rank, overlap, codes = _placed(xy, met, compiled=compiled)
            nowhere = rank == OUTSIDE
            found = codes.take(pa.array(rank, mask=nowhere))
            write(pa.table({key: keys, "grid_code": found, "overlap": overlap}))
            outside, overlapping = outside + int(nowhere.sum()), overlapping + int(overlap.sum())
            counted.append(_counts(codes, rank[~nowhere]))
    return Placement(points.rows, outside, overlapping, _summed(counted))


def _read(points: Layer, group: list[Piece], key: str) -> tuple[pa.ChunkedArray, np.ndarray]:
    # read past the cache: no point is asked for twice
    tables = [points.read(piece, [key], keep=False) for piece in group]
    whole = pa.concat_tables(tables)
    return whole[key], coordinates_of_binary(whole["geometry"])


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


def _index(grids: Layer, block: list[Piece]) -> GridIndex:
    """Return the grids of a block that have a code, in code order."""
    table = pa.concat_tables([grids.read(piece, ["grid_code"], keep=False) for piece in block])
    codes, shapes = table["grid_code"].combine_chunks().cast(pa.string()), table["geometry"].combine_chunks()
    if codes.null_count:
        known = pc.is_valid(codes)
        codes, shapes = codes.filter(known), shapes.filter(known)
    if pc.all(pc.less_equal(codes[:-1], codes[1:])).as_py() in {True, None}:
        return GridIndex(codes, shapes)
    order = pc.array_sort_indices(codes)
    return GridIndex(codes.take(order), shapes.take(order))


def _counts(codes: pa.Array, rank: np.ndarray) -> pa.Table:
    counts = np.bincount(rank, minlength=len(codes))
    some = np.flatnonzero(counts)
    return pa.table({"grid_code": codes.take(pa.array(some)), "points": counts[some]})


def _summed(counted: list[pa.Table]) -> pd.Series:
    if not counted:
        return pd.Series(dtype="int64", name="points", index=pd.Index([], name="grid_code"))
    sums = pa.concat_tables(counted).group_by("grid_code").aggregate([("points", "sum")]).to_pandas()
    return sums.set_index("grid_code")["points_sum"].rename("points").sort_index()


@contextmanager
def _ahead(read: Callable[[Asked], Found], asked: Sequence[Asked]) -> Iterator[Callable[[], Found]]:
    """Give a function that returns one answer after the other; the next two are read while the last is worked on."""
    left = iter(asked)
    with ThreadPoolExecutor(1) as thread:
        waiting = deque(thread.submit(read, one) for one in islice(left, 2))

        def following() -> Found:
            found = waiting.popleft().result()
            waiting.extend(thread.submit(read, one) for one in islice(left, 1))
            return found

        yield following


@contextmanager
def _whole_file(path: Path) -> Iterator[Callable[[pa.Table], None]]:
    """Give a function that adds rows to a file beside ``path``, renamed into it when all is written.

    Rows are written while the caller works on; what went wrong with them is raised by the next call, or at the end.
    """
    beside = path.with_name(f".{path.name}.part")
    path.parent.mkdir(parents=True, exist_ok=True)
    writer: pq.ParquetWriter | None = None

    def append(table: pa.Table) -> None:
        nonlocal writer
        writer = writer or pq.ParquetWriter(beside, table.schema, use_dictionary=False)
        writer.write_table(table)

    writing: Future[None] | None = None

    def write(table: pa.Table) -> None:
        nonlocal writing
        if writing:
            writing.result()
        writing = thread.submit(append, table)

    try:
        with ThreadPoolExecutor(1) as thread:
            yield write
        if writing and writer:
            writing.result()
            writer.close()
            beside.replace(path)
    finally:
        if writer:
            writer.close()
        beside.unlink(missing_ok=True)
