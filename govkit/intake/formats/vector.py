"""Vector files and file databases to layers.

The text encoding of a Shapefile is found from its bytes, for its .cpg may lie.
"""

from __future__ import annotations

import contextlib
import itertools
import re
import shutil
import struct
import tempfile
import warnings
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from lxml import etree
from pyarrow import parquet as pq

from govkit.errors import SourceError, nearest
from govkit.intake.formats import duck
from govkit.intake.formats.archive import unpacked
from govkit.intake.formats.database_limits import try_views
from govkit.intake.formats.delimited import detect_encoding, mended
from govkit.intake.formats.kml import read_kml
from govkit.intake.formats.signatures import refuse_other_format
from govkit.intake.reading import schema
from govkit.intake.reading.columns import match_word
from govkit.intake.reading.sources import Source
from govkit.intake.sheets.grid import Layer, as_text

_SAMPLE_RECORDS = 2000
_MOST_NAMED = 10
_MAPINFO_HEAD = 1 << 16
# what a damaged file makes its readers raise
_DAMAGE = (
    ValueError, OSError, LookupError, RuntimeError, TypeError, NotImplementedError, zipfile.BadZipFile, zlib.error,
    etree.LxmlError, SyntaxError, shapely.errors.ShapelyError,
)  # fmt: skip
_KML = (".kml", ".kmz", ".ovkml", ".ovkmz")
# tables that file databases keep for themselves
_DATABASES = frozenset({".gpkg", ".sqlite", ".db"})
_INNER_TABLES = ("layer_styles", "spatial_ref_sys", "geometry_columns", "sqlite_sequence")


def read_layer(path: Path, source: Source) -> Layer:
    """Return all features of a vector file or rows of a file database, in file order.

    Of several layers ``source.sheet`` names one; ``"*"`` puts them one below the other, ``""`` takes the one that has
    most of the table's columns. An archive is read for the file it holds; the .shx that a Shapefile lacks is made anew
    from its .shp. Raises SourceError for an unreadable file, a Shapefile without its .dbf, or an unknown layer name.
    """
    if path.suffix.lower() == ".zip":
        with unpacked(path, source) as (files, others):
            layers = [_read_layer(one, replace(source, sheet="")) for one in files]
            whole = _together_layers(layers)
            return replace(whole, also=(*whole.also, *others))
    if path.suffix.lower() == ".shp" and _kin(path, ".shx") is None:
        return _without_index(path, source)
    return _read_layer(path, source)


def _without_index(path: Path, source: Source) -> Layer:
    """Read a Shapefile whose .shx is lost from a copy for which GDAL makes one: it says where each shape begins."""
    _companion(path, ".dbf", source)
    with tempfile.TemporaryDirectory() as folder:
        for kin in path.parent.iterdir():
            if kin.stem == path.stem and kin.is_file():
                shutil.copyfile(kin, Path(folder, kin.stem + kin.suffix.lower()))
        pyogrio.set_gdal_config_options({"SHAPE_RESTORE_SHX": "YES"})
        try:
            copy = Path(folder, path.stem + ".shp")
            # names of fields may end within a character: only the index is wanted, and is made by now
            with contextlib.suppress(UnicodeDecodeError):
                pyogrio.read_info(copy)
            layer = _read_layer(copy, source)
        except pyogrio.errors.DataSourceError as error:
            raise _unreadable(path, source, error) from None
        finally:
            pyogrio.set_gdal_config_options({"SHAPE_RESTORE_SHX": None})
    return replace(layer, remarks=(*layer.remarks, ("shx_made", {"value": f"{path.stem}.shx"})))


def _read_layer(path: Path, source: Source) -> Layer:
    if not path.is_dir():
        refuse_other_format(path, source.where)
    suffix, declared, encoding = path.suffix.lower(), "", None
    if suffix == ".shp":
        dbf = _companion(path, ".dbf", source)
        _refuse_cut(path, source)
        _refuse_cut(_companion(path, ".shx", source), source)
        declared, encoding = declared_encoding(path), source.encoding or dbf_encoding(dbf) or "gb18030"
    elif suffix in {".tab", ".mif"}:
        data = _companion(path, ".dat" if suffix == ".tab" else ".mid", source)
        encoding = source.encoding or mapinfo_encoding(path, data)
    remarks: tuple[tuple[str, Mapping[str, object]], ...] = ()
    try:
        with warnings.catch_warnings():
            # GDAL warns of ring order and fields it widens: neither changes what we read
            warnings.simplefilter("ignore")
            if suffix == ".parquet":
                return layer_of(_read_parquet(path))
            if suffix == ".duckdb" or (suffix == ".db" and duck.is_duckdb(path)):
                return layer_of(*duck.read_table(path, source))
            if suffix in _KML:
                frame, datum, documents = read_kml(path)
                joined = {"count": len(documents), "value": "、".join(documents[:_MOST_NAMED])}
                remarks = (("documents_joined", joined),) if len(documents) > 1 else ()
                return replace(layer_of(frame), encoding="utf-8", datum=datum, remarks=remarks)
            content: Path | bytes = path
            if suffix in {".geojson", ".json"}:
                content, encoding, remarks = _decoded_json(path)
            if suffix in _DATABASES:
                try_views(path, source)
            every = [str(name) for name, _ in pyogrio.list_layers(content) if name not in _INNER_TABLES]
            names, also = _layers(content, source, every)
            named = None if isinstance(content, bytes) else encoding or source.encoding or None
            # bytes have one layer, whose name is made up anew at each look
            frames = [_read(content, named, None if isinstance(content, bytes) else name) for name in names]
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, *_DAMAGE) as error:
        raise _unreadable(path, source, error) from None
    layer = layer_of(_together(frames), "、".join(names) if len(every) > 1 else "")
    return replace(layer, encoding=encoding or "utf-8", declared_encoding=declared, also=also, remarks=remarks)


def _decoded_json(path: Path) -> tuple[Path | bytes, str, tuple[tuple[str, Mapping[str, object]], ...]]:
    """Return a GeoJSON file that is UTF-8, or its bytes turned into that, and the encoding it is in."""
    raw = path.read_bytes()
    encoding = detect_encoding(raw)
    if encoding in {"utf-8", "utf-8-sig"}:
        return path, "utf-8", ()
    patched = mended(raw, encoding)
    if patched is None:
        return path, "utf-8", ()
    remarks: list[tuple[str, Mapping[str, object]]] = []
    if patched.bad:
        words = "；".join(f"第 {line + 1} 行{said}" for line, said in sorted(patched.bad.items())[:10])
        remarks.append(("bad_bytes", {"value": words, "count": len(patched.bad)}))
    return patched.raw.decode(patched.encoding).encode("utf-8"), patched.encoding, tuple(remarks)


def _refuse_cut(path: Path, source: Source) -> None:
    """Refuse a .shp or .shx shorter than its head says (bytes 24-27, in 16-bit words): GDAL reads it without a word."""
    with path.open("rb") as file:
        head = file.read(28)
    said, there = int.from_bytes(head[24:28], "big") * 2, path.stat().st_size
    if len(head) < 28 or there < said:
        raise SourceError(
            f"{path.name} 不完整：文件头说有 {said:,} 字节，实际只有 {there:,} 字节。",
            where=source.where,
            todo="文件没有拷完或传完，请重新复制整套文件。",
        )


def _unreadable(path: Path, source: Source, error: Exception) -> SourceError:
    why = str(error).replace(str(path), path.name).splitlines()[0] if str(error) else type(error).__name__
    if "not recognized" in why or "magic bytes" in why:
        why = f"内容不是 {path.suffix} 格式，或文件已损坏、没有传完。"
    return SourceError(f"矢量文件读不出来：{why}", where=source.where, todo="在制图软件中打开确认，重新导出后重试。")


def layer_of(frame: pd.DataFrame, layer: str = "") -> Layer:
    """Return a frame as a layer: attributes as the text a clerk sees."""
    geometry = frame.geometry if isinstance(frame, gpd.GeoDataFrame) and frame.active_geometry_name else None
    attributes = frame if geometry is None else frame.drop(columns=geometry.name)
    cells = {i: _text(attributes.iloc[:, i].reset_index(drop=True)) for i in range(attributes.shape[1])}
    return Layer(tuple(map(str, attributes.columns)), pd.DataFrame(cells), geometry, layer=layer)


def _read_parquet(path: Path) -> pd.DataFrame:
    marks = pq.read_schema(path).metadata or {}
    frame = gpd.read_parquet(path) if b"geo" in marks else pd.read_parquet(path)
    return frame.reset_index(drop=True)


def _layers(path: Path | bytes, source: Source, names: list[str]) -> tuple[list[str], tuple[str, ...]]:
    """Return the layers to read, and others that would have done as well."""
    if not names:
        raise SourceError("文件里没有任何图层。", where=source.where, todo="重新导出后重试。")
    if source.sheet == "*":
        return names, ()
    if source.sheet in names:
        return [source.sheet], ()
    if source.sheet:
        near = nearest(source.sheet, names)
        raise SourceError(
            f"没有图层 {source.sheet!r}。" + (f"最接近的是：{'、'.join(near)}。" if near else ""),
            where=source.where,
            allowed=f"文件里有：{'、'.join(names[:30])}",
            todo="改正 zone.toml 的 sheet。",
        )
    if len(names) == 1:
        return names, ()
    table = schema.table(source.table)
    about = [
        pyogrio.read_info(path, layer=name, encoding=source.encoding or None, force_feature_count=True)
        for name in names
    ]
    # a layer that is empty, as most of a .gpx are, is none to read
    fits = [
        len({match_word((str(f),), table) for f in one["fields"]} - {None}) * bool(one["features"]) for one in about
    ]
    best = fits.index(max(fits))
    also = [name for i, name in enumerate(names) if i != best and fits[i] == fits[best] and fits[i]]
    return [names[best]], tuple(also)


def _read(path: Path | bytes, encoding: str | None, layer: str | None) -> pd.DataFrame:
    try:
        return pyogrio.read_dataframe(path, encoding=encoding, layer=layer)
    except UnicodeDecodeError:
        # names and texts cut in the middle of a character: read the bytes, forgive their ends
        return _decoded(pyogrio.read_dataframe(path, encoding="ISO-8859-1", layer=layer), encoding or "utf-8")


def _together(frames: list[pd.DataFrame]) -> pd.DataFrame:
    """Put layers one below the other, in the CRS of the first."""
    if len(frames) == 1:
        return frames[0]
    first = next((one.crs for one in frames if isinstance(one, gpd.GeoDataFrame)), None)
    same = [one.to_crs(first) if isinstance(one, gpd.GeoDataFrame) and one.crs and first else one for one in frames]
    return pd.concat(same, ignore_index=True)


def _together_layers(layers: list[Layer]) -> Layer:
    """Put the layers of several files one below the other: fields of one name are one, the CRS is the first's."""
    if len(layers) == 1:
        return layers[0]
    frames = []
    for one in layers:
        frame = one.cells.set_axis(list(one.headers), axis=1).reset_index(drop=True)
        if one.geometry is not None:
            frame = gpd.GeoDataFrame(frame, geometry=one.geometry.reset_index(drop=True), crs=one.geometry.crs)
        frames.append(frame)
    whole = _together(frames)
    also = tuple(name for one in layers for name in one.also)
    return replace(
        layers[0], **{name: getattr(layer_of(whole), name) for name in ("headers", "cells", "geometry")}, also=also
    )


def _decoded(frame: pd.DataFrame, encoding: str) -> pd.DataFrame:
    """Return a layer whose texts were read as Latin 1, byte for byte, in the encoding they are in."""

    def mended(text: str) -> str:
        return text.encode("latin1").decode(encoding, errors="replace").rstrip("�")

    shape = frame.geometry.name if isinstance(frame, gpd.GeoDataFrame) else ""
    texts = [c for c in frame if c != shape and pd.api.types.is_string_dtype(frame[c].dtype)]
    frame = frame.assign(**{str(name): frame[name].map(mended, na_action="ignore") for name in texts})
    return frame.rename(columns={name: mended(str(name)) for name in frame if name != shape})


def _companion(path: Path, suffix: str, source: Source) -> Path:
    kin = _kin(path, suffix)
    if kin is not None:
        return kin
    raise SourceError(
        f"{'Shapefile' if path.suffix.lower() == '.shp' else 'MapInfo 表'} 缺少 {path.stem}{suffix}。",
        where=source.where,
        todo="把同名的文件（.shp、.shx、.dbf、.prj，或 .tab、.dat、.map、.id）一起放进分区文件夹。",
    )


def _kin(path: Path, suffix: str) -> Path | None:
    every = (kin for kin in path.parent.iterdir() if kin.stem == path.stem and kin.suffix.lower() == suffix)
    return next(every, None)


def declared_encoding(path: Path) -> str:
    """Return what the .cpg of a Shapefile claims, ``""`` without one."""
    for kin in path.parent.iterdir():
        if kin.stem == path.stem and kin.suffix.lower() == ".cpg":
            return kin.read_text(encoding="ascii", errors="replace").strip()[:40]
    return ""


def mapinfo_encoding(path: Path, data: Path) -> str | None:
    """Return the encoding of a MapInfo table that names none ("Neutral"), None for one that says it itself."""
    with path.open("rb") as head, data.open("rb") as body:
        raw = head.read(_MAPINFO_HEAD)
        texts = b"\n".join(re.findall(rb"[\x80-\xff][\x40-\xff]+", raw + body.read(_MAPINFO_HEAD)))
    if b"neutral" not in raw.lower():
        return None
    return detect_encoding(texts) or "gb18030"


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
        text = values.astype("str").str.strip()
        return text.mask(text == "")
    if pd.api.types.is_integer_dtype(values.dtype):
        return values.astype("str")
    return pd.Series([as_text(_plain(value)) for value in values], index=values.index, dtype="str")


def _plain(value: object) -> object:
    if isinstance(value, pd.Timestamp):
        return value.to_pydatetime() if value.time() != pd.Timestamp(0).time() else value.date()
    if value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, bytes | bytearray):
        # well-known binary in a table without a geometry type of its own
        return bytes(value).hex()
    return value.item() if isinstance(value, np.generic) else value
