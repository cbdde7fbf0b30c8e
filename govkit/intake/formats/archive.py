"""A .zip of a Shapefile, a geodatabase or another vector file: unpacked aside, read, and thrown away."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from govkit.errors import SourceError, nearest
from govkit.intake.reading.sources import Source

# what may be read out of an archive, the first there is
_WANTED = (".shp", ".gdb", ".gpkg", ".geojson", ".fgb", ".kml", ".ovkml", ".tab", ".mif", ".json")
_MOST_BYTES = 2 << 30
_MOST_FILES = 2000


@contextmanager
def unpacked(path: Path, source: Source) -> Iterator[tuple[list[Path], tuple[str, ...]]]:
    """Yield the files to read of those an archive holds, and the names of the others.

    Of several ``source.sheet`` may name one, or all by ``"*"``; else the first is read. An archive in an archive is
    looked into once. Raises SourceError for a damaged archive, one that unpacks to far too much, or one without a
    vector file.
    """
    with tempfile.TemporaryDirectory() as folder:
        try:
            found = _extracted(path, Path(folder), source, inner=True)
        except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError, ValueError) as error:
            raise SourceError(
                f"压缩包读不出来（{error}）", where=source.where, todo="解压后把整套文件放进分区文件夹。"
            ) from None
        yield found


def _extracted(path: Path, folder: Path, source: Source, *, inner: bool) -> tuple[list[Path], tuple[str, ...]]:
    with zipfile.ZipFile(path) as archive:
        parts = [part for part in archive.infolist() if not part.is_dir() and "__MACOSX" not in part.filename]
        if len(parts) > _MOST_FILES or sum(part.file_size for part in parts) > _MOST_BYTES:
            raise ValueError("解压后太大")
        names = {part.filename: _name(part) for part in parts}
        packed = [part for part in parts if _ending(names[part.filename]) == ".zip"]
        if inner and packed and not any(map(_layer, names.values())):
            (folder / "inner.zip").write_bytes(archive.read(packed[0]))
            found, others = _extracted(folder / "inner.zip", folder, source, inner=False)
            return found, (*others, *(names[part.filename] for part in packed[1:]))
        chosen, others = _chosen(list(names.values()), source)
        found = []
        for number, layer in enumerate(chosen):
            # names of the archive's own choice never become paths
            aside = folder / str(number)
            for part in parts:
                if _belongs(names[part.filename], layer):
                    name = PurePosixPath(names[part.filename]).name
                    inside = aside / "layer.gdb" / name if layer.endswith(".gdb") else aside / f"layer{_ending(name)}"
                    inside.parent.mkdir(parents=True, exist_ok=True)
                    inside.write_bytes(archive.read(part))
            found.append(aside / f"layer{_ending(layer)}")
    return found, others


def _name(part: zipfile.ZipInfo) -> str:
    """Return a part's name: without the mark for UTF-8 Chinese programs mean GBK."""
    name = part.filename
    if not part.flag_bits & 0x800:
        try:
            name = name.encode("cp437").decode("gb18030")
        except UnicodeError:
            name = part.filename
    return name.replace("\\", "/")


def _ending(name: str) -> str:
    return PurePosixPath(name).suffix.lower()


def _chosen(names: list[str], source: Source) -> tuple[list[str], tuple[str, ...]]:
    """Return the layers to read and the stems of the others."""
    layers = list(dict.fromkeys(layer for name in names if (layer := _layer(name))))
    layers.sort(key=lambda name: _WANTED.index(_ending(name)))
    if not layers:
        raise SourceError(
            "压缩包里没有矢量文件。",
            where=source.where,
            allowed=f"压缩包里有：{'、'.join(names[:20])}",
            todo="把 .shp、.shx、.dbf、.prj 一起压缩，或解压后放进分区文件夹。",
        )
    if source.sheet == "*":
        return layers, ()
    if not source.sheet:
        return layers[:1], tuple(PurePosixPath(one).stem for one in layers[1:])
    named = {PurePosixPath(name).stem: name for name in layers}
    if source.sheet not in named:
        near = nearest(source.sheet, named)
        raise SourceError(
            f"压缩包里没有图层 {source.sheet!r}。" + (f"最接近的是：{'、'.join(near)}。" if near else ""),
            where=source.where,
            allowed=f"压缩包里有：{'、'.join(named)}",
            todo="改正 zone.toml 的 sheet。",
        )
    return [named[source.sheet]], ()


def _layer(name: str) -> str:
    """Return the layer a part is, or lies in; ``""`` for any other part."""
    path = PurePosixPath(name)
    inside = next((str(one) for one in path.parents if one.suffix.lower() == ".gdb"), "")
    return inside or (name if _ending(name) in _WANTED else "")


def _belongs(name: str, chosen: str) -> bool:
    if chosen.lower().endswith(".gdb"):
        return name.startswith(f"{chosen}/")
    return PurePosixPath(name).with_suffix("") == PurePosixPath(chosen).with_suffix("")
