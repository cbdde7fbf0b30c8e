"""One reader an ending: a file must begin as its ending says, so that no file can call up a reader of its own choice.

GDAL opens whatever it recognises, a virtual dataset under any name too; that one names other files and addresses.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from govkit.errors import SourceError

_READ = 4096
_TEXT = rb"^(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?\s*"
_SQLITE = re.compile(rb"^SQLite format 3\0")
_JSON = re.compile(_TEXT + rb"\{", re.DOTALL)
_VIRTUAL = re.compile(rb"^\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:OGR)?VRT", re.IGNORECASE | re.DOTALL)
_KML = re.compile(rb"<(?:\w+:)?kml[\s>]", re.DOTALL)
_BEGINS: Mapping[str, re.Pattern[bytes]] = {
    ".shp": re.compile(rb"^\x00\x00\x27\x0a"),
    ".gpkg": _SQLITE,
    ".sqlite": _SQLITE,
    ".db": re.compile(rb"^SQLite format 3\0|^.{8}DUCK", re.DOTALL),
    ".geojson": _JSON,
    ".json": _JSON,
    ".fgb": re.compile(rb"^fgb"),
    ".kml": _KML,
    ".ovkml": _KML,
    ".gpx": re.compile(rb"<(?:\w+:)?gpx[\s>]"),
    ".tab": re.compile(_TEXT + rb"!table", re.IGNORECASE),
    ".mif": re.compile(_TEXT + rb"version", re.IGNORECASE),
    ".parquet": re.compile(rb"^PAR1"),
}


def refuse_other_format(path: Path, where: str) -> None:
    """Raise SourceError unless a file begins as files with its ending do; endings not listed here are let pass."""
    begins = _BEGINS.get(path.suffix.lower())
    with path.open("rb") as file:
        head = file.read(_READ)
    virtual = _VIRTUAL.search(head)
    if not virtual and (begins is None or begins.search(head)):
        return
    what = "是指向别处文件的虚拟数据集（VRT）" if virtual else f"的内容不是 {path.suffix} 格式，或文件已损坏、没有传完"
    raise SourceError(
        f"{path.name} {what}。",
        where=where,
        allowed="每种后缀只按它自己的格式读取，不读取分区文件夹以外的文件和网络地址。",
        todo="在制图软件中打开，另存为这个后缀的普通文件后重试。",
    )


def is_workbook(path: Path) -> bool:
    """Whether a file called a text is a workbook all the same."""
    with path.open("rb") as file:
        return file.read(4) in {b"PK\x03\x04", b"\xd0\xcf\x11\xe0"}
