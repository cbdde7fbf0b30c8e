"""Workbooks (.xlsx, .xlsm, .xls, .xlsb, .ods) to grids; macros are never run."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetVisibleEnum

from govkit.errors import SourceError, nearest
from govkit.intake.formats.workbook_parts import SheetParts, read_parts
from govkit.intake.reading.grid import Grid, column_letters, text_frame
from govkit.intake.reading.sources import Source

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
# A sheet is held whole: one forgotten cell in the last corner would ask for half a terabyte.
_MOST_CELLS = 40_000_000


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
        parts = read_parts(path, names)
    except _DAMAGE as error:
        raise _no_workbook(path, source, error) from None
    for name in wanted:
        _refuse_stray_cells(name, parts.get(name, SheetParts()), source)
    return [_grid(book, name, name in hidden, parts.get(name, SheetParts()), source) for name in wanted]


def _refuse_stray_cells(name: str, parts: SheetParts, source: Source) -> None:
    """Refuse a sheet whose filled cells span far more than any ledger."""
    if parts.rows * parts.columns > _MOST_CELLS:
        corner = f"{column_letters(parts.columns - 1)}{parts.rows}"
        raise SourceError(
            f"工作表“{name}”的内容一直到 {corner}，有 {parts.rows * parts.columns / 1e8:,.1f} 亿个单元格，未读取。",
            where=source.where,
            todo="按 Ctrl+End 找到最末的单元格，删去表外多余的内容后另存。",
        )


def _grid(book: CalamineWorkbook, name: str, hidden: bool, parts: SheetParts, source: Source) -> Grid:
    try:
        sheet = book.get_sheet_by_name(name)
        rows = sheet.to_python(skip_empty_area=False)
    except _DAMAGE as error:
        raise SourceError(
            f"工作表“{name}”读不出来：{error}", where=source.where, todo="在表格软件中打开并另存为新的 .xlsx。"
        ) from None
    merged = tuple((*first, *last) for first, last in sheet.merged_cell_ranges or ()) or parts.merged
    for (row, column), shown in parts.failed.items():
        rows.extend([] for _ in range(len(rows), row + 1))
        rows[row].extend([""] * (column + 1 - len(rows[row])))
        rows[row][column] = shown
    return Grid(name, text_frame(rows), merged, hidden, parts.hidden_rows, parts.hidden_columns)


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
