"""Vector files to layers; the text encoding of a Shapefile is found from its bytes, for its .cpg may lie."""

from __future__ import annotations

import itertools
import struct
import warnings
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio

from govkit.errors import SourceError
from govkit.intake.delimited import detect_encoding
from govkit.intake.grid import Layer, as_text
from govkit.intake.sources import Source

_SAMPLE_RECORDS = 2000


def read_layer(path: Path, source: Source) -> Layer:
    """Return all features of a vector file, in file order.

    Raises SourceError for an unreadable file, a Shapefile without its .dbf or .shx, or an unknown layer name.
    """
    declared, encoding = "", "utf-8"
    if path.suffix.lower() == ".shp":
        dbf = _companion(path, ".dbf", source)
        _companion(path, ".shx", source)
        declared, encoding = declared_encoding(path), source.encoding or dbf_encoding(dbf) or "gb18030"
    frame = _read(path, source, encoding if path.suffix.lower() == ".shp" else None)
    attributes = frame.drop(columns=frame.geometry.name)
    cells = pd.DataFrame({i: _text(attributes.iloc[:, i]) for i in range(attributes.shape[1])})
    return Layer(tuple(map(str, attributes.columns)), cells, frame.geometry, encoding, declared)


def _read(path: Path, source: Source, encoding: str | None) -> gpd.GeoDataFrame:
    try:
        if path.suffix.lower() == ".parquet":
            return gpd.read_parquet(path).reset_index(drop=True)
        layer = {"layer": source.sheet} if source.sheet else {}
        with warnings.catch_warnings():
            # GDAL warns of ring order and fields it widens: neither changes what we read
            warnings.simplefilter("ignore")
            try:
                frame = pyogrio.read_dataframe(path, encoding=encoding, **layer)
            except UnicodeDecodeError:
                # names and texts cut in the middle of a character: read the bytes, forgive their ends
                frame = _decoded(pyogrio.read_dataframe(path, encoding="ISO-8859-1", **layer), encoding or "utf-8")
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, ValueError, OSError, LookupError) as error:
        raise SourceError(
            f"矢量文件读不出来：{error}", where=source.where, todo="在制图软件中打开确认，重新导出后重试。"
        ) from None
    if not isinstance(frame, gpd.GeoDataFrame):
        raise SourceError("文件里没有图形。", where=source.where, todo="导出时带上几何图形。")
    return frame


def _decoded(frame: gpd.GeoDataFrame, encoding: str) -> gpd.GeoDataFrame:
    """Return a layer whose texts were read as Latin 1, byte for byte, in the encoding they are in."""

    def mended(text: str) -> str:
        return text.encode("latin1").decode(encoding, errors="replace").rstrip("�")

    texts = [c for c in frame if c != frame.geometry.name and pd.api.types.is_string_dtype(frame[c].dtype)]
    frame = frame.assign(**{name: frame[name].map(mended, na_action="ignore") for name in texts})
    return frame.rename(columns={name: mended(name) for name in frame if name != frame.geometry.name})


def _companion(path: Path, suffix: str, source: Source) -> Path:
    for kin in path.parent.iterdir():
        if kin.stem == path.stem and kin.suffix.lower() == suffix:
            return kin
    raise SourceError(
        f"Shapefile 缺少 {path.stem}{suffix}。",
        where=source.where,
        todo="把同名的 .shp、.shx、.dbf、.prj 一起放进分区文件夹。",
    )


def declared_encoding(path: Path) -> str:
    """Return what the .cpg of a Shapefile claims, ``""`` without one."""
    for kin in path.parent.iterdir():
        if kin.stem == path.stem and kin.suffix.lower() == ".cpg":
            return kin.read_text(encoding="ascii", errors="replace").strip()[:40]
    return ""


def dbf_encoding(path: Path) -> str:
    """Return the encoding of field names and first records of a .dbf: "utf-8", "gb18030" or ``""``.

    Names cut at ten bytes may end inside a character, so the cut end is forgiven.
    """
    with path.open("rb") as file:
        head = file.read(32)
        if len(head) < 32:
            return ""
        head_length, record_length = struct.unpack("<HH", head[8:12])
        fields = file.read(max(0, head_length - 33))
        body = file.read(1 + record_length * _SAMPLE_RECORDS)
    texts = [fields[at : at + 11].split(b"\x00")[0] for at in range(0, len(fields) - 31, 32)]
    widths = [fields[at + 16] for at in range(0, len(fields) - 31, 32)]
    texts += _sample_cells(body[1:], record_length, widths)
    texts = [text for text in texts if text and not text.isascii()]
    if not texts:
        return "utf-8"
    scores = {name: sum(_fits(text, name) for text in texts) for name in ("utf-8", "gb18030")}
    best = max(scores, key=lambda name: scores[name])
    return best if scores[best] > 0.9 * len(texts) else detect_encoding(b"\n".join(texts))


def _sample_cells(body: bytes, record_length: int, widths: list[int]) -> list[bytes]:
    cells = []
    ends = np.cumsum([1, *widths])
    for start in range(0, len(body) - record_length + 1, max(1, record_length)):
        record = body[start : start + record_length]
        cells += [record[a:b].strip(b" \x00") for a, b in itertools.pairwise(ends)]
    return cells


def _fits(text: bytes, encoding: str) -> bool:
    for cut in (0, 1, 2):
        try:
            text[: len(text) - cut].decode(encoding)
        except UnicodeDecodeError:
            continue
        return cut == 0 or encoding == "utf-8" or cut == 1
    return False


def _text(values: pd.Series) -> pd.Series:
    """Return an attribute column as text the way a clerk sees it."""
    if pd.api.types.is_string_dtype(values.dtype):
        return _blank_is_missing(values.astype("str").str.strip())
    if pd.api.types.is_integer_dtype(values.dtype):
        return values.astype("str")
    return pd.Series([as_text(_plain(value)) for value in values], index=values.index, dtype="str")


def _blank_is_missing(text: pd.Series) -> pd.Series:
    return text.mask(text == "")


def _plain(value: object) -> object:
    if isinstance(value, pd.Timestamp):
        return value.to_pydatetime() if value.time() != pd.Timestamp(0).time() else value.date()
    if value is pd.NaT or value is pd.NA:
        return None
    return value.item() if isinstance(value, np.generic) else value
