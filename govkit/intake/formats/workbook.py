"""Workbooks (.xlsx, .xlsm, .xls, .xlsb, .ods) to grids, by what a file is and not by its name; macros are never run.

A cell's text is what a clerk sees of it, with all its decimals.
"""

from __future__ import annotations

import io
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from lxml import etree
from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetVisibleEnum

from govkit import catalogue
from govkit.errors import SourceError, nearest
from govkit.intake.formats import marked_up, number_formats, ods, xlsb
from govkit.intake.formats.delimited import read_delimited
from govkit.intake.formats.old_workbook import read_old_workbook
from govkit.intake.formats.package import Package, SheetParts, read_package
from govkit.intake.reading.sources import Source
from govkit.intake.sheets.grid import Grid, column_letters, depths_of, text_frame

# No ledger of a bureau comes near; a file that unpacks to more is broken or meant to harm.
_MOST_BYTES = 2 << 30
_MOST_RATIO = 300
_SMALL = 50 << 20
_LONGEST_TEXT = 100
# what damaged files make their readers raise
_DAMAGE = (
    CalamineError, zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, NotImplementedError, RuntimeError,
    AssertionError, LookupError, TypeError, AttributeError, struct.error, etree.LxmlError, SyntaxError, ArithmeticError,
)  # fmt: skip
# A sheet is held whole: one forgotten cell in the last corner would ask for half a terabyte.
_MOST_CELLS = 40_000_000
Sheet = TypeVar("Sheet")
# what is given the name of a workbook by mistake, by a part of it or its first bytes
_OTHERS = {"word/document.xml": " Word 文档", "ppt/presentation.xml": "演示文稿", "%PDF-": " PDF 文档"}
_ZIP, _COMPOUND = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
# programs lock a workbook that has no password of its own with this one (ECMA-376 and [MS-XLS])
_NO_PASSWORD = "VelvetSweatshop"  # noqa: S105
_ENDINGS = {"xlsx": (".xlsx", ".xlsm"), "xls": (".xls",), "xlsb": (".xlsb",), "ods": (".ods",)} | {
    "html": (".html", ".htm"), "mht": (".mht", ".mhtml"),
}  # fmt: skip
_SAID = {
    "xlsx": ".xlsx 工作簿", "xls": ".xls 工作簿", "xlsb": ".xlsb 工作簿", "ods": ".ods 工作簿", "html": "网页（HTML）",
    "mht": "网页存档（MHT）", "xml": "XML 表格 2003", "text": "纯文本",
}  # fmt: skip


def read_workbook(path: Path, source: Source) -> list[Grid]:
    """Return the sheets a source means: the named one, or all in the order of the workbook.

    Raises SourceError for a file that is no workbook, is locked by a password, or lacks the sheet.
    """
    try:
        _refuse_bombs(path, source)
        kind, content = _opened(path)
        grids = _grids(kind, content, path, source)
        if not grids:
            raise ValueError("里面没有任何表格")
    except PasswordError:
        raise SourceError(
            "工作簿有打开密码，无法读取。", where=source.where, todo="在表格软件中取消密码后另存。"
        ) from None
    except _DAMAGE as error:
        raise _no_workbook(path, source, error) from None
    if kind in _SAID and path.suffix.lower() not in _ENDINGS.get(kind, ()):
        words = {"ending": path.suffix, "value": _SAID[kind]}
        grids = [grid.remarking("other_ending", words) if not number else grid for number, grid in enumerate(grids)]
    return grids


def _opened(path: Path) -> tuple[str, Path | bytes]:
    """Return what kind of file this is, and where its content is: the file itself, or the bytes it unlocks to."""
    with path.open("rb") as file:
        head = file.read(8)
    if head.startswith(_ZIP):
        return _kind_of_archive(path), path
    raw = path.read_bytes()
    if head.startswith(_COMPOUND):
        unlocked = _unlocked(raw)
        if unlocked is None:
            return "xls", raw
        return ("xlsx" if unlocked.startswith(_ZIP) else "xls"), unlocked
    if head[:2] in {b"\x09\x00", b"\x09\x02", b"\x09\x04", b"\x09\x08"}:
        # Excel 2 to 5 wrote its records without a container
        return "xls", raw
    return marked_up.kind_of(raw) or "text", raw


def _kind_of_archive(path: Path) -> str:
    with zipfile.ZipFile(path) as archive:
        names = {name.replace("\\", "/").lower() for name in archive.namelist()}
    if "xl/workbook.bin" in names:
        return "xlsb"
    return "ods" if "content.xml" in names else "xlsx"


def _unlocked(raw: bytes) -> bytes | None:
    """Return what a workbook locked without a password of its own holds, None if it is not locked."""
    import msoffcrypto

    try:
        file = msoffcrypto.OfficeFile(io.BytesIO(raw))
        if not file.is_encrypted():
            return None
    except Exception:
        # what it does not know, such as Excel 5.0, is not locked in a way it knows
        return None
    plain = io.BytesIO()
    try:
        file.load_key(password=_NO_PASSWORD)
        file.decrypt(plain)
    except Exception:
        raise PasswordError from None
    return plain.getvalue()


def _grids(kind: str, content: Path | bytes, path: Path, source: Source) -> list[Grid]:
    if kind == "text":
        try:
            grid, _ = read_delimited(path, source)
        except SourceError as error:
            raise ValueError(error.what) from None
        if len(grid.cells.columns) < 2 or len(grid.cells) < 2:
            raise ValueError("只有一行或一列文字")
        return [grid]
    if isinstance(content, bytes) and kind in {"html", "mht", "xml"}:
        pages = marked_up.read_marked_up(content, kind)
        return [_grid(n, False, rows, parts) for n, rows, parts in _chosen(pages, [p[0] for p in pages], source)]
    if isinstance(content, bytes) and kind == "xls":
        old = read_old_workbook(content)
        return [_grid(*sheet) for sheet in _chosen(old, [sheet[0] for sheet in old], source)]
    if isinstance(content, bytes):
        with tempfile.TemporaryDirectory() as folder:
            plain = Path(folder, "unlocked.xlsx")
            plain.write_bytes(content)
            return _of_archive(kind, plain, source)
    return _of_archive(kind, content, source)


def _chosen(sheets: Sequence[Sheet], names: list[str], source: Source) -> list[Sheet]:
    if source.sheet in {"", "*"}:
        return list(sheets)
    if source.sheet not in names:
        raise _no_sheet(source, names)
    return [sheets[names.index(source.sheet)]]


def _of_archive(kind: str, path: Path, source: Source) -> list[Grid]:
    with zipfile.ZipFile(path) as archive:
        content = Package(archive).renamed() if kind == "xlsx" else None
    # by its path the reader trusts the ending
    if content or path.suffix.lower() not in _ENDINGS[kind]:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content or path.read_bytes()))
    else:
        book = CalamineWorkbook.from_path(str(path))
    names = [m.name for m in book.sheets_metadata] or list(book.sheet_names)
    hidden = {m.name for m in book.sheets_metadata if m.visible != SheetVisibleEnum.Visible}
    parts = {}
    if kind == "xlsx":
        parts = read_package(path, names)
    elif kind == "ods":
        parts = ods.read_parts(path, names)
    elif kind == "xlsb":
        parts = xlsb.read_parts(path, names)
    grids = []
    for name in _chosen(names, names, source):
        about = parts.get(name, SheetParts())
        _refuse_stray_cells(name, about, source)
        sheet = book.get_sheet_by_name(name)
        rows = sheet.to_python(skip_empty_area=False)
        merged = tuple((*first, *last) for first, last in sheet.merged_cell_ranges or ())
        grid = _grid(name, name in hidden, rows, about, merged)
        unproved = {"value": f"{about.unproved:,}", "sheet": name}
        grids.append(grid.remarking("unproved_formulas", unproved) if about.unproved else grid)
    return grids


def _refuse_stray_cells(name: str, parts: SheetParts, source: Source) -> None:
    """Refuse a sheet whose filled cells span far more than any ledger."""
    if parts.rows * parts.columns > _MOST_CELLS:
        corner = f"{column_letters(parts.columns - 1)}{parts.rows}"
        raise SourceError(
            f"工作表“{name}”的内容一直到 {corner}，有 {parts.rows * parts.columns / 1e8:,.1f} 亿个单元格，未读取。",
            where=source.where,
            todo="按 Ctrl+End 找到最末的单元格，删去表外多余的内容后另存。",
        )


def _grid(
    name: str,
    hidden: bool,
    rows: list[list[Any]],
    parts: SheetParts,
    merged: tuple[tuple[int, int, int, int], ...] = (),
) -> Grid:
    """Return a sheet as it is seen: failed formulas as errors, numbers by their formats, struck-out words left out."""
    unseen, rescaled = set(parts.unseen), set()
    for (row, column), code in parts.formats.items():
        value = rows[row][column] if row < len(rows) and column < len(rows[row]) else None
        if isinstance(value, float | int) and not isinstance(value, bool):
            text = number_formats.shown(value, code)
            unseen |= set() if text else {(row, column)}
            rescaled |= {(row, column)} if number_formats.scales_silently(value, code) else set()
            rows[row][column] = text or value
    for (row, column), text in {**parts.raised, **parts.partly, **parts.failed}.items():
        rows.extend([] for _ in range(len(rows), row + 1))
        rows[row].extend([""] * (column + 1 - len(rows[row])))
        rows[row][column] = text
    cells, words = text_frame(rows), catalogue.load("cells")["looks"]
    told: list[tuple[str, dict[str, object]]] = [
        ("conditional_look", {"value": where[:_LONGEST_TEXT], "sheet": name, "what": words[what]})
        for where, what in dict.fromkeys(parts.looks)
    ]
    told += [("text_outside_cells", {"value": text[:_LONGEST_TEXT], "sheet": name}) for text in parts.outside]
    return Grid(
        name, cells, merged or tuple(parts.merged), hidden, tuple(parts.hidden_rows), tuple(parts.hidden_columns),
        struck=frozenset(parts.struck), partly=frozenset(parts.partly), unseen=frozenset(unseen),
        comments=parts.comments, rescaled=frozenset(rescaled), remarks=tuple(told), late=parts.late,
        depths=depths_of(cells, lambda at: (row[at] if at < len(row) else None for row in rows), parts.depths),
    )  # fmt: skip


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
    with path.open("rb") as file:
        head = file.read(8)
    broken = head.startswith((_ZIP[:2], _COMPOUND))
    reason = "文件已损坏或没有传完。" if broken else f"文件内容不是 {path.suffix} 工作簿。"
    inside = {head[:5].decode("latin1")}
    with suppress(zipfile.BadZipFile):
        inside |= set(zipfile.ZipFile(path).namelist())
    if other := next((said for sign, said in _OTHERS.items() if sign in inside), ""):
        reason = f"这是{other}，不是 {path.suffix} 工作簿，请把里面的表复制到表格软件。"
    if head.startswith(_COMPOUND) and path.suffix.lower() in {".xlsx", ".xlsm"}:
        reason = "文件有打开密码，或已损坏。"
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
