"""What zone.toml says about one file, and the file it means."""

from __future__ import annotations

import glob
import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from govkit import catalogue
from govkit.errors import SourceError, nearest
from govkit.intake.reading import schema
from govkit.intake.units.code_systems import last_day, system_of
from govkit.intake.values.quantities import factor

DATUMS = ("CGCS2000", "WGS84", "GCJ-02", "BD-09")
REPAIRS = ("", "snap")
VECTOR = (
    ".shp", ".gpkg", ".geojson", ".json", ".fgb", ".kml", ".kmz", ".ovkml", ".ovkmz", ".tab", ".mif", ".parquet",
    ".sqlite", ".db", ".duckdb", ".zip", ".gdb", ".gpx",
)  # fmt: skip
# a geodatabase is a folder of files
FOLDERS = (".gdb",)
WORKBOOK = (".xlsx", ".xlsm", ".xltx", ".xltm", ".xls", ".xlsb", ".ods", ".et", ".html", ".htm", ".mht", ".mhtml")
DELIMITED = (".csv", ".tsv", ".txt")
_READ = (*WORKBOOK, *DELIMITED, *VECTOR)
_CHOICES = {
    "datum": ("", *DATUMS), "repair": REPAIRS, "wide": ("", "month", "item", "no"), "merged": ("", "first", "share"),
    "cumulative": ("", "year"), "struck_out": ("leave_out", "keep"), "encoding_errors": ("set_aside", "refuse"),
}  # fmt: skip
_CHUNK = 1 << 20
# bytes of a file name, on every file system in use
_LONGEST_NAME = 255


@dataclass(frozen=True)
class Correction:
    """A cell that a person has put right: read as ``now`` while it says ``was`` and its row says ``beside``.

    ``cell`` is F17 in a sheet, ``12!NAME`` (feature and field) in a layer; ``on`` an ISO date.
    """

    file: str
    cell: str
    now: str
    by: str
    on: str
    sheet: str = ""
    was: str = ""
    beside: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Source:
    """One file of a zone folder and the table it holds.

    ``path`` is relative to the zone folder, or the address of a database (postgresql://…). Empty options are found out:
    ``sheet`` (layer, table of a database) is the first one whose header fits (``"*"``: every one, one below the other),
    ``encoding`` and ``delimiter`` come from the bytes, ``crs`` from the file. ``datum`` is one of ``DATUMS``.
    ``header_row`` is the first header row as the clerk counts, ``header_rows`` how many there are. ``wide`` is
    ``"month"``, ``"item"``, ``"no"`` or ``""``; ``wide_value`` names the measure of a wide file that holds only one.
    ``columns`` maps tidy names to headers of the file, ``units`` tidy names to
    units of measure, ``fixed`` tidy names the file lacks to the value every row has, ``ignore`` lists headers that are
    not wanted. ``complete``: the file lists everything there is, so that what it does not list is not there;
    ``census``: it did so on that day. ``merged``: an amount in cells merged down counts in the first row (``"first"``)
    or in equal parts (``"share"``). ``cumulative = "year"``: amounts are running totals of their year. ``struck_out``:
    rows struck out are left out (``"leave_out"``) or kept (``"keep"``). ``encoding_errors``: lines that cannot be
    decoded are set aside (``"set_aside"``) or the file is refused (``"refuse"``). ``paths``: the files, where ``path``
    means several; of one of several files, what it was found by. ``year``: the year of months that name none, 0 if that
    is unknown. ``kinds``: list → word → kind, as the zone's kinds.toml says. ``lenient``: columns that are derived
    elsewhere may be left out. ``corrections``: what the zone's corrections.toml says of its files. ``country``: where
    the zone lies, "" is China.
    ``boundaries``: a layer that draws the units of a table without shapes, found by code or by the names in its field
    ``boundary_name``; ``datum`` and ``crs`` are the layer's then.
    """

    table: str
    path: str
    sheet: str = ""
    encoding: str = ""
    delimiter: str = ""
    crs: str = ""
    datum: str = ""
    vintage: str = ""
    header_row: int = 0
    header_rows: int = 0
    wide: str = ""
    wide_value: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    fixed: Mapping[str, str] = field(default_factory=dict)
    repair: str = ""
    code_system: str = ""
    code_vintage: str = ""
    complete: bool = False
    census: str = ""
    ignore: tuple[str, ...] = ()
    merged: str = ""
    cumulative: str = ""
    struck_out: str = "leave_out"
    encoding_errors: str = "set_aside"
    paths: tuple[str, ...] = ()
    year: int = 0
    kinds: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    lenient: bool = False
    corrections: tuple[Correction, ...] = ()
    country: str = ""
    boundaries: str = ""
    boundary_name: str = ""

    def __post_init__(self) -> None:
        for name in ("ignore", "paths"):
            if isinstance(getattr(self, name), list):
                object.__setattr__(self, name, tuple(getattr(self, name)))

    @property
    def where(self) -> str:
        """The place in zone.toml and the file, for messages."""
        return f"[sources.{self.table}] {without_password(self.path)}"


def is_address(path: str) -> bool:
    """Whether a path is the address of a database.

    >>> is_address("postgresql://gis@10.0.0.1/zone"), is_address("设施台账.xlsx")
    (True, False)
    """
    return path.lower().startswith(("postgresql:", "postgres:", "postgresql+"))


def without_password(path: str) -> str:
    """Return a path as it may be shown: the password of a database address is starred out.

    >>> without_password("postgresql://gis:secret@10.0.0.1/zone?password=secret")
    'postgresql://gis:***@10.0.0.1/zone?password=***'
    """
    if not is_address(path):
        return path
    # greedy up to the last @, for a password may hold one itself
    shown = re.sub(r"(?<=//)([^:/?#]*):(?:[^/?#]|[/?#](?=.*@))*@", r"\1:***@", path)
    return re.sub(r"(?i)\b(\w*pass\w*)=[^&#]*", r"\1=***", shown)


def checked(source: Source) -> Source:
    """Return ``source`` if its options can hold, else raise a SourceError that lists every one that cannot."""
    defects = [*_type_defects(source)]
    if not defects:
        defects = [*_word_defects(source), *_column_defects(source)]
    if defects:
        raise SourceError("；".join(defects), where=f"zone.toml {source.where}", todo="改正 zone.toml 后重试。")
    return source


def _type_defects(source: Source) -> list[str]:
    wanted = {
        "header_row": int, "header_rows": int, "columns": Mapping, "units": Mapping, "fixed": Mapping, "complete": bool,
        "ignore": tuple, "paths": tuple, "year": int, "kinds": Mapping, "lenient": bool,
        "corrections": tuple,
    }  # fmt: skip
    names = {int: "整数", Mapping: "表", str: "文字", bool: "true 或 false", tuple: "文字的列表"}
    found = []
    for name in source.__dataclass_fields__:
        kind = wanted.get(name, str)
        if not isinstance(getattr(source, name), kind):
            found.append(f"{name} 应为{names[kind]}，现在是 {getattr(source, name)!r}")
    found += [
        f"{option} 的值应为文字：{name} = {value!r}"
        for option in ("columns", "units", "fixed")
        if isinstance(getattr(source, option), Mapping)
        for name, value in getattr(source, option).items()
        if not isinstance(value, str)
    ]
    return found


def _word_defects(source: Source) -> list[str]:
    found = []
    for name, valid in _CHOICES.items():
        value = getattr(source, name)
        if value not in valid:
            allowed = "、".join(repr(one) for one in valid if one)
            found.append(f"{name} 不能是 {value!r}，可用的有 {allowed}")
    if source.code_system and not system_of(source.code_system):
        allowed = "、".join(entry["label"] for entry in catalogue.load("code_systems").values())
        found.append(f"code_system 不能是 {source.code_system!r}，可用的有 {allowed}")
    if source.code_vintage and not last_day(source.code_vintage):
        found.append(f'code_vintage 应为日期，如 "2023-06-30"，现在是 {source.code_vintage!r}')
    if source.census and not last_day(source.census):
        found.append(f'census 应为清查日期，如 "2023-06-30"，现在是 {source.census!r}')
    return found


def _column_defects(source: Source) -> list[str]:
    names = [column.name for column in schema.table(source.table).columns]
    mapped = {"columns": source.columns, "units": source.units, "fixed": source.fixed}
    mapped["wide_value"] = {source.wide_value: ""} if source.wide_value else {}
    found = []
    for option, entries in mapped.items():
        for name in entries:
            if name not in names:
                near = "、".join(nearest(name, names) or names)
                found.append(f"{option} 里没有列 {name!r}，最接近的是 {near}")
    columns = {column.name: column for column in schema.table(source.table).columns}
    for name, word in source.units.items():
        if name in columns and columns[name].unit and factor(word, columns[name].unit) is None:
            allowed = "、".join(catalogue.load("units_of_measure")[columns[name].unit])
            found.append(
                f"units 里的 {word!r} 不是“{columns[name].label}”的单位，可用的有 {allowed}，及其十、百、万等倍数"
            )
    return found


def locate(folder: Path, source: Source) -> Path:
    """Return the absolute path of a source's file.

    Raises SourceError if it lies outside the zone folder (also by a symbolic link), does not exist (the nearest names
    in the folder are given), is a folder, or is empty.
    """
    if is_address(source.path):
        raise SourceError("这是数据库，不是文件。", where=source.where, todo="在数据库里查看和改正。")
    root = folder.resolve()
    inside = Path(os.path.normpath(root / source.path))
    read = [root / source.path]
    if inside.is_relative_to(root) and len(inside.name.encode("utf-8")) <= _LONGEST_NAME:
        # what is read with it: .dbf of .shp, what a .gdb holds
        read += [*inside.parent.glob(f"{glob.escape(inside.stem)}.*"), *(inside.rglob("*") if inside.is_dir() else ())]
    if not inside.is_relative_to(root) or not all(one.resolve().is_relative_to(root) for one in read):
        raise _outside(source)
    if len(inside.name.encode("utf-8")) <= _LONGEST_NAME and inside.suffix.lower() in FOLDERS and inside.is_dir():
        return inside
    if len(inside.name.encode("utf-8")) > _LONGEST_NAME or not inside.is_file():
        raise _not_there(root, inside, source)
    if inside.stat().st_size == 0:
        raise SourceError("文件是空的（0 字节）。", where=source.where, todo="重新导出或复制这个文件。")
    return inside


def _outside(source: Source) -> SourceError:
    return SourceError(
        f"文件在分区文件夹之外：{source.path!r}",
        where=source.where,
        allowed="只能使用分区文件夹内的文件。",
        todo="把文件（连同同名的附属文件）复制到分区文件夹里，path 写相对路径。",
    )


def _not_there(root: Path, path: Path, source: Source) -> SourceError:
    files = sorted(p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file() and p.name[0] not in "~.")
    files = [one for one in files if one != "zone.toml"]
    near = nearest(source.path, files)
    folder = len(path.name.encode("utf-8")) <= _LONGEST_NAME and path.is_dir()
    what = f"{source.path!r} 是文件夹，不是文件。" if folder else f"没有这个文件：{source.path!r}。"
    return SourceError(
        what + (f"最接近的是：{'、'.join(near)}。" if near else ""),
        where=source.where,
        allowed=f"文件夹里有：{'、'.join(files[:30]) or '（空）'}",
        todo="改正 zone.toml 的 path，或把文件放进分区文件夹。",
    )


def files_of(folder: Path, source: Source) -> list[Source]:
    """Return a source for each file that ``paths``, or a pattern or folder as ``path``, stands for.

    Raises SourceError where a pattern or folder holds no file.
    """
    wanted = source.paths or (source.path,)
    if is_address(source.path):
        return [source]
    found = dict.fromkeys(name for one in wanted for name in _matching(folder, replace(source, path=one, paths=())))
    return [replace(source, path=name, paths=wanted if len(found) > 1 else ()) for name in found]


def not_taken(folder: Path, source: Source) -> tuple[list[str], list[str]]:
    """Return the names of files in a source's folders that are no tables or layers, and those of others below."""
    named = (folder / one for one in source.paths or (source.path,) if not re.search(r"[*?]", one))
    own = [one for one in named if one.is_dir() and one.suffix.lower() not in FOLDERS]
    known = {*_READ, *(ending for endings in _COMPANIONS.values() for ending in endings)}
    others = [path.name for one in own for path in one.iterdir() if path.suffix.lower() not in known and path.is_file()]
    within = [path.relative_to(one) for one in own for path in one.glob("*/**/*") if path.suffix.lower() in _READ]
    deeper = [path.as_posix() for path in within if not path.parts[0].lower().endswith(FOLDERS)]
    return sorted(filter(_is_own, others)), sorted(filter(_is_own, deeper))


def _is_own(path: str) -> bool:
    """Whether a file is somebody's, and not what programs leave beside it (~$甲.xlsx, Thumbs.db)."""
    name = path.rpartition("/")[2].lower()
    return name[0] not in "~." and name not in {"thumbs.db", "desktop.ini"}


def _matching(folder: Path, source: Source) -> list[str]:
    inside = folder / source.path
    pattern = source.path if re.search(r"[*?]", source.path) else ""
    if not pattern and len(inside.name.encode("utf-8")) <= _LONGEST_NAME and inside.is_dir():
        pattern = "" if inside.suffix.lower() in FOLDERS else f"{source.path.rstrip('/')}/*"
    if not pattern:
        return [source.path]
    if pattern.startswith("/") or ".." in Path(pattern).parts:
        raise _outside(source)
    hits = (path for path in folder.glob(pattern) if path.suffix.lower() in _READ and _is_own(path.name))
    names = [path.relative_to(folder).as_posix() for path in hits]
    if not names:
        raise _not_there(folder.resolve(), (folder / source.path), source)
    # 2月 before 10月
    return sorted(names, key=lambda n: [(int(p), "") if p.isdigit() else (-1, p) for p in re.split(r"(\d+)", n)])


def fingerprint(path: Path) -> tuple[str, int]:
    """Return the SHA-256 of a file and its size in bytes; a Shapefile's companions count too."""
    digest, size = hashlib.sha256(), 0
    for part in companions(path):
        with part.open("rb") as file:
            while block := file.read(_CHUNK):
                digest.update(block)
                size += len(block)
    return digest.hexdigest(), size


# what lies beside a file and belongs to it
_COMPANIONS = {
    ".shp": (".shp", ".dbf", ".shx", ".prj", ".cpg"),
    ".tab": (".tab", ".dat", ".map", ".id"),
    ".mif": (".mif", ".mid"),
}


def companions(path: Path) -> list[Path]:
    """Return the files that make up a source: a Shapefile or MapInfo table has several, others are one file."""
    if path.is_dir():
        return sorted(one for one in path.rglob("*") if one.is_file() and not one.is_symlink())
    wanted = _COMPANIONS.get(path.suffix.lower())
    if wanted is None:
        return [path]
    kin = {p.suffix.lower(): p for p in path.parent.iterdir() if p.stem == path.stem}
    return [kin[s] for s in wanted if s in kin]
