"""What a value is, in one short hash: equal values have equal digests, whatever process or machine made them."""

from __future__ import annotations

import hashlib
import re
import struct
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import fields, is_dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from functools import cache, partial
from pathlib import PurePath
from typing import Any, Protocol

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from pyproj import CRS
from shapely.geometry.base import BaseGeometry

# 128 bits: enough that two different values never meet.
_BYTES = 16
# From so many texts on it is quicker to read them out of Arrow's memory than to make an object of each.
_MANY = 1000


class NoDigestError(TypeError):
    """A value that has no form of its own to be compared by (an open file, a generator, a nameless function)."""


class _Hash(Protocol):
    def update(self, data: bytes, /) -> None: ...


def digest(value: Any) -> str:
    """Return a hash of a value: plain values, dates, collections, dataclasses, arrays, frames, shapes.

    Frames count with their values, types, labels and CRS, in order; NaN equals NaN, and 0.0 is not -0.0. Raises
    NoDigestError for anything whose content cannot be told.

    >>> digest((1, "甲")) == digest((1, "甲")), digest(1) == digest(1.0), digest("1") == digest(1)
    (True, False, False)
    """
    found = hashlib.blake2b(digest_size=_BYTES)
    _feed(found, value)
    return found.hexdigest()


def digests_of_groups(table: pd.DataFrame, groups: Mapping[str, np.ndarray]) -> dict[str, str]:
    """Return a hash for each group of a table's rows (``groups``: places of its rows, in order), all in one go.

    Groups of equal rows have equal hashes, as ``digest`` has it, wherever in the table they stand; the table's own
    index does not count. Raises NoDigestError as ``digest``.
    """
    plain = pd.DataFrame(table)  # a layer takes ten times as long to hand out a column
    columns = [plain.iloc[:, place] for place in range(plain.shape[1])]
    crs = [str(one.array.crs) if _holds_shapes(one) else "None" for one in columns]
    head = digest([list(plain.columns), [str(one.dtype) for one in columns], list(map(_crs_name, crs))])
    values = [part for one in columns for part in _of_one_size(one)]
    found = {}
    for name, rows in groups.items():
        into = hashlib.blake2b(head.encode(), digest_size=_BYTES)
        _feed_bytes(into, struct.pack("<q", len(rows)))
        for part in values:
            into.update(part[rows].tobytes())
        found[name] = into.hexdigest()
    return found


def _of_one_size(column: pd.Series) -> list[np.ndarray]:
    """Return a column as values of one size each: numbers as they are, everything else by a digest of its own."""
    kind = column.dtype
    if isinstance(kind, np.dtype) and kind.kind in "biufcmM":
        return [column.to_numpy()]
    if pd.api.types.is_numeric_dtype(kind) or pd.api.types.is_bool_dtype(kind):  # below the mask nothing counts
        missing = column.isna().to_numpy()
        return [missing, np.where(missing, 0, column.to_numpy(dtype=column.array.dtype.numpy_dtype, na_value=0))]
    if isinstance(kind, pd.StringDtype):  # the same names and codes come again and again
        places, texts = pd.factorize(column, use_na_sentinel=False)
        return [_digests(texts)[places]]
    return [_digests(shapely.to_wkb(column.to_numpy()) if _holds_shapes(column) else column)]


def _digests(values: Iterable[Any]) -> np.ndarray:
    return np.array([digest(one) for one in values], dtype=f"S{2 * _BYTES}")


def _holds_shapes(column: pd.Series) -> bool:
    return getattr(column.dtype, "name", "") == "geometry"


def _feed(into: _Hash, value: Any) -> None:
    _feeder(type(value))(into, value)  # type: ignore[arg-type]


@cache
def _feeder(kind: type) -> Callable[[_Hash, Any], None]:
    """Return what feeds values of a type: a district's tables hold thousands of values, and a dozen types."""
    if is_dataclass(kind):
        return _feed_dataclass
    for kinds, feed in _KINDS:
        if issubclass(kind, kinds):
            return feed
    raise NoDigestError(f"no digest for {kind.__name__}")


def _feed_dataclass(into: _Hash, value: Any) -> None:
    _mark(into, "dataclass", type(value).__qualname__)
    for field in fields(value):
        _feed(into, getattr(value, field.name))


def _mark(into: _Hash, kind: str, text: str | bytes = "") -> None:
    """Feed a kind and a text with their lengths, so that no two sequences of values run into each other."""
    for part in (kind.encode(), text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")):
        into.update(struct.pack("<q", len(part)) + part)


def _feed_bytes(into: _Hash, value: bytes) -> None:
    into.update(b"bytes" + struct.pack("<q", len(value)) + value)


def _feed_text(into: _Hash, value: Any, *, kind: str) -> None:
    _mark(into, kind, str(value))


def _feed_missing(into: _Hash, value: Any) -> None:
    _mark(into, "missing", type(value).__name__)


def _feed_float(into: _Hash, value: float) -> None:
    into.update(b"float" + struct.pack("<d", value))


def _feed_time(into: _Hash, value: Any) -> None:
    _mark(into, type(value).__name__, "NaT" if pd.isna(value) else value.isoformat())


def _feed_sequence(into: _Hash, value: Sequence[Any]) -> None:
    _mark(into, "list" if isinstance(value, list) else "tuple", str(len(value)))
    for one in value:
        _feed(into, one)


def _feed_mapping(into: _Hash, value: Mapping[Any, Any]) -> None:
    # order is content: a notebook walks a mapping in order
    _mark(into, "mapping", str(len(value)))
    for key, one in value.items():
        _feed(into, key)
        _feed(into, one)


def _feed_set(into: _Hash, value: Set[Any]) -> None:
    _mark(into, "set", ",".join(sorted(digest(one) for one in value)))


def _feed_array(into: _Hash, value: np.ndarray) -> None:
    _mark(into, "array", f"{value.dtype} {value.shape}")
    if value.dtype == object:
        _feed(into, value.ravel().tolist())
    else:
        _feed_bytes(into, np.ascontiguousarray(value).tobytes())


def _feed_index(into: _Hash, value: pd.Index) -> None:
    _mark(into, "index", f"{value.dtype} {len(value)}")
    _feed(into, list(value.names))
    if isinstance(value, pd.RangeIndex):
        _feed(into, (value.start, value.step))
    elif isinstance(value, pd.MultiIndex):
        for level in range(value.nlevels):
            _feed_column(into, pd.Series(value.get_level_values(level)))
    else:
        _feed_column(into, pd.Series(value))


def _feed_series(into: _Hash, value: pd.Series) -> None:
    _mark(into, "series", str(value.dtype))
    _feed(into, value.name)
    _feed_index(into, value.index)
    _feed_column(into, value)


def _feed_frame(into: _Hash, value: pd.DataFrame) -> None:
    _mark(into, "frame", f"{type(value).__name__} {value.shape}")
    _feed_index(into, value.columns)
    _feed_index(into, value.index)
    plain = pd.DataFrame(value)  # a layer takes ten times as long to hand out a column
    for place in range(plain.shape[1]):
        column = plain.iloc[:, place]
        _mark(into, "column", str(column.dtype))
        _feed_column(into, column)


def _feed_column(into: _Hash, column: pd.Series) -> None:
    """Feed the values of one column: numbers by their bits, texts by their bytes, shapes by their WKB."""
    kind = column.dtype
    if _holds_shapes(column):
        _mark(into, "crs", _crs_name(str(column.array.crs)))
        _feed(into, list(shapely.to_wkb(column.to_numpy())))
    elif isinstance(kind, np.dtype) and kind.kind in "biufcmM":
        _feed_bytes(into, np.ascontiguousarray(column.to_numpy()).tobytes())
    elif pd.api.types.is_numeric_dtype(kind) or pd.api.types.is_bool_dtype(kind):
        _feed_masked(into, column)
    elif _in_arrow(kind) and len(column) >= _MANY and not column.hasnans:
        _feed_texts(into, pa.array(column))
    else:
        _feed_objects(into, column)


@cache
def _crs_name(text: str) -> str:
    """Return what a CRS is called: the same one is stated by code in one file and at length in another."""
    if text == "None":
        return ""
    if re.fullmatch(r"EPSG:\d+", text):  # its own name already; asking PROJ takes a forked process 25 milliseconds
        return text
    crs = CRS.from_user_input(text)
    return ":".join(crs.to_authority() or ()) or crs.to_wkt()


def _feed_masked(into: _Hash, column: pd.Series) -> None:
    """Numbers with a mask: what lies below the mask does not count."""
    missing = column.isna().to_numpy()
    _feed_bytes(into, missing.tobytes())
    _feed_array(into, column[~missing].to_numpy())


def _in_arrow(kind: Any) -> bool:
    return isinstance(kind, pd.StringDtype) and kind.storage == "pyarrow"


def _feed_texts(into: _Hash, texts: Any) -> None:
    """Feed what ``_feed_objects`` feeds of texts alone, out of Arrow's memory: no object is made of each."""
    whole = texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts
    whole = whole.cast(pa.large_string())
    _feed_bytes(into, pc.utf8_length(whole).to_numpy(zero_copy_only=False).astype("int64").tobytes())
    _, places, data = whole.buffers()
    start, end = np.frombuffer(places, dtype="int64")[[whole.offset, whole.offset + len(whole)]]
    _mark(into, "texts", data[start:end].to_pybytes() if data else b"")


def _feed_objects(into: _Hash, column: pd.Series) -> None:
    values = column.tolist()
    if all(isinstance(one, str) for one in values):
        lengths = np.fromiter(map(len, values), dtype="int64", count=len(values))
        _feed_bytes(into, lengths.tobytes())
        _mark(into, "texts", "".join(values))
    else:
        _feed(into, values)


def _feed_function(into: _Hash, value: Any) -> None:
    name = getattr(value, "__qualname__", "<")
    if "<" in name:
        raise NoDigestError(f"no digest for {name}")
    _mark(into, "function", f"{value.__module__}:{name}")


_KINDS: tuple[tuple[Any, Any], ...] = (
    ((type(None), type(pd.NA), type(pd.NaT)), _feed_missing),
    (bool, partial(_feed_text, kind="bool")),
    (Enum, partial(_feed_text, kind="enum")),
    (str, partial(_feed_text, kind="str")),
    (bytes, _feed_bytes),
    (np.bool_, partial(_feed_text, kind="bool")),
    (int, partial(_feed_text, kind="int")),
    (float, _feed_float),
    (np.generic, lambda into, value: _feed(into, value.item())),
    ((datetime, date, timedelta), _feed_time),
    (PurePath, partial(_feed_text, kind="path")),
    (pd.DataFrame, _feed_frame),
    (pd.Series, _feed_series),
    (pd.Index, _feed_index),
    (np.ndarray, _feed_array),
    (BaseGeometry, lambda into, value: _feed_bytes(into, b"shape" + shapely.to_wkb(value))),
    (CRS, lambda into, value: _mark(into, "crs", _crs_name(str(value)))),
    ((list, tuple), _feed_sequence),
    (Mapping, _feed_mapping),
    (Set, _feed_set),
    ((type, type(digest), type(len)), _feed_function),
)
