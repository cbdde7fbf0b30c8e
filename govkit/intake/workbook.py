"""Workbooks (.xlsx, .xlsm, .xls, .xlsb, .ods) to grids; macros are never run."""

from __future__ import annotations

import re
import zipfile
import zlib
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetVisibleEnum

from govkit.errors import SourceError, nearest
from govkit.intake.grid import Grid, text_frame
from govkit.intake.sources import Source

# No ledger of a bureau comes near; a file that unpacks to more is broken or meant to harm.
_MOST_BYTES = 2 << 30
_MOST_RATIO = 300
_SMALL = 50 << 20
# what a damaged archive makes its readers raise
_DAMAGE = (
    CalamineError,
    zipfile.BadZipFile,
    zlib.error,
    OSError,
    EOFError,
    ValueError,
    NotImplementedError,
    RuntimeError,
)
# what stands in for a formula that was written by a program and never computed (listed in catalogue/cells.toml)
_NOT_COMPUTED = "#公式未计算"
_EMPTY_FORMULA = re.compile(rb'<c r="([A-Z]+)([0-9]+)"[^>]*><f[^>]*?(?:/>|>[^<]*</f>)(?:<v\s*/>|<v></v>)?</c>')
_ERROR_CELL = re.compile(rb'<c r="([A-Z]+)([0-9]+)"[^>]*\bt="e"[^>]*>(?:<f[^>]*?(?:/>|>.*?</f>))?<v>([^<]*)</v>')


def read_workbook(path: Path, source: Source) -> list[Grid]:
    """Return the sheets a source means: the named one, or all in the order of the workbook.

    Raises SourceError for a file that is no workbook, is locked by a password, or lacks the sheet.
    """
    try:
        _refuse_bombs(path, source)
        book = CalamineWorkbook.from_path(str(path))
    except PasswordError:
        raise SourceError(
            "工作簿有打开密码，无法读取。", where=source.where, todo="在表格软件中取消密码后另存。"
        ) from None
    except _DAMAGE as error:
        raise _no_workbook(path, source, error) from None
    names = [m.name for m in book.sheets_metadata] or list(book.sheet_names)
    if source.sheet not in {"", "*"} and source.sheet not in names:
        raise _no_sheet(source, names)
    wanted = names if source.sheet in {"", "*"} else [source.sheet]
    hidden = {m.name for m in book.sheets_metadata if m.visible != SheetVisibleEnum.Visible}
    try:
        failed = _failed_formulas(path, names)
    except _DAMAGE as error:
        raise _no_workbook(path, source, error) from None
    return [_grid(book, name, name in hidden, failed.get(name, {}), source) for name in wanted]


def _grid(book: CalamineWorkbook, name: str, hidden: bool, failed: dict[tuple[int, int], str], source: Source) -> Grid:
    try:
        sheet = book.get_sheet_by_name(name)
        rows = sheet.to_python(skip_empty_area=False)
    except _DAMAGE as error:
        raise SourceError(
            f"工作表“{name}”读不出来：{error}", where=source.where, todo="在表格软件中打开并另存为新的 .xlsx。"
        ) from None
    merged = tuple((*first, *last) for first, last in sheet.merged_cell_ranges or ())
    for (row, column), shown in failed.items():
        rows.extend([] for _ in range(len(rows), row + 1))
        rows[row].extend([""] * (column + 1 - len(rows[row])))
        rows[row][column] = shown
    return Grid(name, text_frame(rows), merged, hidden)


def _refuse_bombs(path: Path, source: Source) -> None:
    """Refuse an archive that unpacks to far more than any ledger, before anything is unpacked."""
    if not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as archive:
        parts = archive.infolist()
    size = sum(part.file_size for part in parts)
    packed = max(1, sum(part.compress_size for part in parts))
    if size > _MOST_BYTES or (size > _SMALL and size / packed > _MOST_RATIO):
        raise SourceError(
            f"文件解压后达 {size / 2**20:,.0f} MB，不是正常的工作簿，未读取。",
            where=source.where,
            todo="在表格软件中删去多余的空行空列后另存。",
        )


def _no_workbook(path: Path, source: Source, error: Exception) -> SourceError:
    head = path.read_bytes()[:8]
    if head.startswith(b"\xd0\xcf\x11\xe0") and path.suffix.lower() in {".xlsx", ".xlsm"}:
        reason = "文件有打开密码，或是旧版 .xls 改了扩展名。"
    elif head.startswith(b"PK"):
        reason = "文件已损坏或没有传完。"
    else:
        reason = f"文件内容不是 {path.suffix} 工作簿。"
    return SourceError(
        f"{reason}（{error}）", where=source.where, todo="用表格软件打开确认，另存为 .xlsx（不设密码）后重试。"
    )


def _no_sheet(source: Source, names: list[str]) -> SourceError:
    near = nearest(source.sheet, names)
    return SourceError(
        f"没有工作表 {source.sheet!r}。" + (f"最接近的是：{'、'.join(near)}。" if near else ""),
        where=source.where,
        allowed=f"工作簿里有：{'、'.join(names)}",
        todo="改正 zone.toml 的 sheet。",
    )


def _failed_formulas(path: Path, names: list[str]) -> dict[str, dict[tuple[int, int], str]]:
    """Return the cells of an .xlsx that show #REF! and the like or were never computed; calamine leaves them empty."""
    if path.suffix.lower() not in {".xlsx", ".xlsm"} or not zipfile.is_zipfile(path):
        return {}
    found: dict[str, dict[tuple[int, int], str]] = {}
    with zipfile.ZipFile(path) as archive:
        for name, part in _sheet_parts(archive, names).items():
            xml = archive.read(part)
            cells = _ERROR_CELL.findall(xml) if b't="e"' in xml else []
            cells += [(*at, _NOT_COMPUTED.encode()) for at in _EMPTY_FORMULA.findall(xml)] if b"<f" in xml else []
            found[name] = {(int(r) - 1, _position(c.decode())): v.decode() for c, r, v in cells}
    return found


def _sheet_parts(archive: zipfile.ZipFile, names: list[str]) -> dict[str, str]:
    """Map sheet names to their XML parts, by the relations the workbook itself states."""
    try:
        book = archive.read("xl/workbook.xml").decode("utf-8", "replace")
        links = archive.read("xl/_rels/workbook.xml.rels").decode("utf-8", "replace")
    except KeyError:
        return {}
    targets = {}
    for tag in re.findall(r"<Relationship\b[^>]*>", links):
        key, target = re.search(r'\bId="([^"]+)"', tag), re.search(r'\bTarget="([^"]+)"', tag)
        if key and target:
            targets[key.group(1)] = target.group(1).lstrip("/").removeprefix("xl/")
    ids = re.findall(r'<sheet\b[^>]*\br:id="([^"]+)"', book)
    parts = [f"xl/{targets[key]}" for key in ids if key in targets]
    held = set(archive.namelist())
    return {name: part for name, part in zip(names, parts, strict=False) if part in held}


def _position(letters: str) -> int:
    value = 0
    for letter in letters:
        value = value * 26 + ord(letter) - 64
    return value - 1
