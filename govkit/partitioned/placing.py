"""Points of any number placed in grids of any number, a piece at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from pyarrow import parquet as pq

from govkit.geometry.flat_shapes import FlatShapes
from govkit.geometry.points_in_grids import OUTSIDE, GridIndex, compiles, coordinates_of_binary
from govkit.geometry.threads import side_by_side
from govkit.partitioned.layers import Layer, Piece, around, check_same_crs, meet

Asked = TypeVar("Asked")
Found = TypeVar("Found")

# Points taken at once, some 400 MB, while the next are read: the more of them lie in one grid, the less often its
# corners are fetched.
_AT_ONCE = 4_000_000
# Successive pieces of grids are asked as one block of up to this many, some 400 MB; so many blocks are kept ready.
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
    ready = lru_cache(maxsize=_READY)(lambda number: _index(grids, blocks[number], compiled=compiled))
    outside, overlapping = 0, 0
    per_grid: dict[tuple[int, ...], tuple[pa.Array, np.ndarray]] = {}
    groups = list(_runs(points.pieces, _AT_ONCE))
    with _whole_file(out) as write, _ahead(lambda group: _read(points, group, key), groups) as read:
        for group in groups:
            met = tuple(n for n, block in enumerate(blocks) if any(meet(one.box, around(group)) for one in block))
            indexes = [ready(number) for number in met]
            keys, xy = read()
            rank, overlap, codes = _placed(xy, indexes, compiled=compiled)
            nowhere = rank == OUTSIDE
            write(partial(_answer, key, keys, codes, rank, nowhere, overlap))
            outside, overlapping = outside + int(nowhere.sum()), overlapping + int(overlap.sum())
            _, before = per_grid.get(met, (codes, np.zeros(len(codes), dtype=np.int64)))
            per_grid[met] = codes, before + np.bincount(rank[~nowhere], minlength=len(codes))
    return Placement(points.rows, outside, overlapping, _summed(list(per_grid.values())))


def _answer(
    key: str, keys: pa.ChunkedArray, codes: pa.Array, rank: np.ndarray, nowhere: np.ndarray, overlap: np.ndarray
) -> pa.Table:
    return pa.table({key: keys, "grid_code": codes.take(pa.array(rank, mask=nowhere)), "overlap": overlap})


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


def _index(grids: Layer, block: list[Piece], *, compiled: bool) -> GridIndex:
    """Return the grids of a block that have a code, in code order; for the compiled way as flat arrays."""

    def read(piece: Piece) -> tuple[pa.Array, Any]:
        table = grids.read(piece, ["grid_code"], keep=False)
        table = table.filter(pc.is_valid(table["grid_code"])) if table["grid_code"].null_count else table
        shapes = table["geometry"].combine_chunks()
        flat = FlatShapes.of_binary(shapes) if compiled else shapely.from_wkb(shapes.to_numpy(zero_copy_only=False))
        return table["grid_code"].combine_chunks().cast(pa.string()), flat

    pieces = side_by_side(read, block)
    codes, shapes = pa.concat_arrays([codes for codes, _ in pieces]), [shapes for _, shapes in pieces]
    whole: Any = FlatShapes.joined(shapes) if compiled else np.concatenate(shapes)
    if pc.all(pc.less_equal(codes[:-1], codes[1:])).as_py() in {True, None}:
        return GridIndex(codes, whole)
    order = pc.array_sort_indices(codes).to_numpy()
    return GridIndex(codes.take(pa.array(order)), whole.shapes(order) if compiled else whole[order])


def _summed(counted: list[tuple[pa.Array, np.ndarray]]) -> pd.Series:
    """Return the points of every grid that has any, by grid code; ``counted``: codes and how many each."""
    parts = [pd.Series(counts, codes.to_pandas()).loc[counts > 0] for codes, counts in counted]
    whole = pd.concat(parts) if parts else pd.Series(dtype="int64", index=pd.Index([], dtype="str"))
    sums = whole.groupby(level=0).sum() if len(parts) > 1 else whole
    return sums.rename("points").rename_axis("grid_code").sort_index()


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
def _whole_file(path: Path) -> Iterator[Callable[[Callable[[], pa.Table]], None]]:
    """Give a function that adds rows to a file beside ``path``, renamed into it when all is written.

    Rows are made and written while the caller works on; what went wrong is raised by the next call, or at the end.
    """
    beside = path.with_name(f".{path.name}.part")
    path.parent.mkdir(parents=True, exist_ok=True)
    writer: pq.ParquetWriter | None = None

    def append(rows: Callable[[], pa.Table]) -> None:
        nonlocal writer
        table = rows()
        writer = writer or pq.ParquetWriter(beside, table.schema, use_dictionary=False)
        writer.write_table(table)

    writing: Future[None] | None = None

    def write(rows: Callable[[], pa.Table]) -> None:
        nonlocal writing
        if writing:
            writing.result()
        writing = thread.submit(append, rows)

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
