"""A reading as bytes and back, of plain parts alone: JSON, Parquet and numpy's own arrays; nothing in them can run."""

from __future__ import annotations

import datetime as dt
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from govkit.intake.reading import schema
from govkit.intake.reading.assemble import Origin, Reading
from govkit.intake.reading.schema import Table
from govkit.intake.reading.sources import Source
from govkit.intake.sheets.unread import Cells

_CLASSES = {one.__name__: one for one in (Reading, Origin, Source, Cells)}
_WHOLE = "reading.json"


def packed(reading: Reading) -> bytes:
    """Return a reading as bytes; TypeError if it holds anything but plain values, frames, arrays and its own parts."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        whole = _written(reading, archive)
        archive.writestr(_WHOLE, json.dumps(whole, ensure_ascii=False))
    return file.getvalue()


def unpacked(content: bytes) -> Reading:
    """Return the reading that ``packed`` made bytes of; raises ValueError, KeyError or zipfile.BadZipFile otherwise."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        found = _read(json.loads(archive.read(_WHOLE)), archive)
    if not isinstance(found, Reading):
        raise ValueError("no reading")
    return found


def _written(value: Any, archive: zipfile.ZipFile) -> Any:
    """Return a value as JSON has it: plain ones as they are, others as [kind, …], frames and arrays as members."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Table):
        return ["table", value.name]
    if isinstance(value, pd.DataFrame):
        return _written_frame(value, archive)
    if isinstance(value, np.ndarray):
        return _written_array(value, archive)
    if isinstance(value, dt.date):
        return ["date", value.isoformat()]
    if is_dataclass(value) and type(value).__name__ in _CLASSES:
        parts = {one.name: _written(getattr(value, one.name), archive) for one in fields(value)}
        return ["class", type(value).__name__, parts]
    if isinstance(value, Mapping):
        return ["dict", [[_written(key, archive), _written(one, archive)] for key, one in value.items()]]
    for kind, name in ((tuple, "tuple"), (list, "list"), (frozenset, "frozenset")):
        if isinstance(value, kind):
            return [name, [_written(one, archive) for one in value]]
    raise TypeError(f"cannot be kept: {type(value).__name__}")


def _written_frame(frame: pd.DataFrame, archive: zipfile.ZipFile) -> list[Any]:
    name, file = f"{len(archive.namelist())}.parquet", io.BytesIO()
    shapes = isinstance(frame, gpd.GeoDataFrame)
    types = {str(column): str(kind) for column, kind in frame.dtypes.items() if str(kind) != "geometry"}
    names = [_written(column, archive) for column in frame.columns]
    plain = frame.set_axis([str(column) for column in frame.columns], axis="columns")
    if len(frame.columns):
        plain.to_parquet(file, index=False, compression=None)
    archive.writestr(name, file.getvalue())
    return ["frame", name, {"shapes": shapes, "types": types, "names": names, "rows": len(frame)}]


def _written_array(array: np.ndarray, archive: zipfile.ZipFile) -> list[Any]:
    if array.dtype == object:  # names of sheets: few, often repeated
        codes, words = pd.factorize(array, use_na_sentinel=True)
        return ["words", _written_array(codes, archive), [_written(word, archive) for word in words]]
    name, file = f"{len(archive.namelist())}.npy", io.BytesIO()
    np.save(file, array, allow_pickle=False)
    archive.writestr(name, file.getvalue())
    return ["array", name]


def _read(value: Any, archive: zipfile.ZipFile) -> Any:
    if not isinstance(value, list):
        return value
    kind = value[0]
    if kind == "table":
        return schema.table(value[1])
    if kind == "frame":
        return _read_frame(archive.read(value[1]), value[2])
    if kind == "array":
        return np.load(io.BytesIO(archive.read(value[1])), allow_pickle=False)
    if kind == "words":
        words = np.array([*(_read(one, archive) for one in value[2]), None], dtype=object)
        return words[_read(value[1], archive)]
    if kind == "date":
        return dt.date.fromisoformat(value[1])
    if kind == "class":
        made: Any = _CLASSES[value[1]]
        return made(**{name: _read(one, archive) for name, one in value[2].items()})
    if kind == "dict":
        return {_read(key, archive): _read(one, archive) for key, one in value[1]}
    return {"tuple": tuple, "list": list, "frozenset": frozenset}[kind](_read(one, archive) for one in value[1])


def _read_frame(content: bytes, about: Mapping[str, Any]) -> pd.DataFrame:
    if not about["names"]:
        return pd.DataFrame(index=range(about["rows"]))
    file = io.BytesIO(content)
    frame = gpd.read_parquet(file) if about["shapes"] else pd.read_parquet(file)
    # Parquet knows no seconds, only finer units of time
    other = {name: kind for name, kind in about["types"].items() if str(frame[name].dtype) != kind}
    frame = frame.astype(other) if other else frame
    names = [tuple(name[1]) if isinstance(name, list) else name for name in about["names"]]
    return frame if names == list(frame.columns) else frame.set_axis(names, axis="columns")
