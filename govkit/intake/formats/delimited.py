"""Text files (.csv, .tsv, .txt) to grids: encoding and delimiter are found from the bytes."""

from __future__ import annotations

import codecs
import io
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from govkit.errors import SourceError
from govkit.intake.reading.grid import Grid
from govkit.intake.reading.sources import Source

_DELIMITERS = (",", "\t", ";", "|")
# Excel itself stops here; more is no table but a broken file.
_MOST_COLUMNS = 16_384
_SAMPLE = 1 << 16
_SAMPLE_LINES = 60


def read_delimited(path: Path, source: Source) -> tuple[Grid, str]:
    """Return the file as a grid, and the encoding it is in.

    Raises SourceError if the bytes are no text, the declared encoding does not fit, or there are too many columns.
    """
    raw = path.read_bytes()
    encoding = _declared(source, raw) if source.encoding else detect_encoding(raw)
    if not encoding:
        raise SourceError(
            "文件不是文本，或编码无法识别。",
            where=source.where,
            allowed="UTF-8（有无 BOM 均可）、GB18030/GBK、UTF-16。",
            todo="用表格软件另存为“CSV UTF-8”。",
        )
    sample = raw[:_SAMPLE].decode(encoding, "ignore").splitlines()[:_SAMPLE_LINES]
    delimiter = source.delimiter or find_delimiter(sample)
    if len(delimiter) != 1:
        raise SourceError(
            f"分隔符应为一个字符，现在是 {source.delimiter!r}。",
            where=source.where,
            todo="改正 zone.toml 的 delimiter。",
        )
    _refuse_too_wide(sample, delimiter, source)
    cells = _regular_cells(raw, encoding, delimiter)
    if cells is None:
        cells = _any_cells(raw.decode(encoding), delimiter, source)
    filled = [i for i in range(cells.shape[1]) if cells[i].notna().any()]
    cells = cells[list(range(max(filled, default=0) + 1))]
    return Grid("", cells, decimal=_decimal_mark(cells) if delimiter == ";" else "."), encoding


def _refuse_too_wide(lines: list[str], delimiter: str, source: Source) -> int:
    """Return how many columns lines can have at most; columns that stay empty are dropped later."""
    width = 1 + max((line.count(delimiter) for line in lines), default=0)
    if width > _MOST_COLUMNS:
        raise SourceError(
            f"文件有 {width:,} 列，超过 {_MOST_COLUMNS:,} 列，不像是一张表。",
            where=source.where,
            todo="检查分隔符和文件内容。",
        )
    return width


def detect_encoding(raw: bytes) -> str:
    """Return the encoding of ``raw``: "utf-8-sig", "utf-8", "utf-16", "gb18030", or "" for bytes that are no text.

    GB18030 contains GBK and GB2312, so one name serves all three.

    >>> detect_encoding("村居".encode("gbk")), detect_encoding("村居".encode("utf-8-sig"))
    ('gb18030', 'utf-8-sig')
    """
    if raw.startswith(codecs.BOM_UTF8):
        return "utf-8-sig" if _decodes(raw, "utf-8") else ""
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16" if _decodes(raw, "utf-16") else ""
    if b"\x00" in raw[:_SAMPLE]:
        return _utf16_without_mark(raw)
    return next((name for name in ("utf-8", "gb18030") if _decodes(raw, name)), "")


def _utf16_without_mark(raw: bytes) -> str:
    """Digits, commas and line ends of a table have a zero byte: it stands second in little endian, first in big."""
    for name, end in (("utf-16-le", b"\n\x00"), ("utf-16-be", b"\x00\n")):
        if end in raw and _decodes(raw, name):
            return name
    return ""


def _decodes(raw: bytes, encoding: str) -> bool:
    try:
        raw.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _declared(source: Source, raw: bytes) -> str:
    try:
        name = codecs.lookup(source.encoding).name
    except LookupError:
        raise SourceError(
            f"没有这种编码：{source.encoding!r}",
            where=source.where,
            allowed="UTF-8、GB18030、GBK、UTF-16。",
            todo="改正或删去 zone.toml 的 encoding。",
        ) from None
    name = {"gb2312": "gb18030", "gbk": "gb18030"}.get(name, name)
    if not _decodes(raw, name):
        found = detect_encoding(raw)
        raise SourceError(
            f"文件不是 {source.encoding} 编码" + (f"，看来是 {found}。" if found else "。"),
            where=source.where,
            todo="改正或删去 zone.toml 的 encoding。",
        )
    return "utf-8-sig" if name == "utf-8" and raw.startswith(codecs.BOM_UTF8) else name


def find_delimiter(lines: list[str]) -> str:
    """Return the delimiter that splits most lines into the same number of parts, the comma where none does.

    >>> find_delimiter(["a;b", "1,5;2,5"])
    ';'
    """

    def evenness(delimiter: str) -> tuple[int, int]:
        counts = [line.count(delimiter) for line in lines if delimiter in line]
        usual = max(set(counts), key=counts.count) if counts else 0
        return counts.count(usual) if usual else 0, usual

    return max(_DELIMITERS, key=lambda d: (*evenness(d), -_DELIMITERS.index(d)))


def _decimal_mark(cells: pd.DataFrame) -> str:
    """Return the comma if numbers have one and none has a point: mostly why a program separates by ";"."""
    top = cells.head(_SAMPLE_LINES * 10)
    comma = any(top[column].str.fullmatch(r"[-+]?\d+,\d+").any() for column in top)
    point = any(top[column].str.fullmatch(r"[-+]?\d+\.\d+").any() for column in top)
    return "," if comma and not point else "."


def _stripped(column: pd.Series) -> pd.Series:
    text = column.astype("str").str.strip()
    return text.mask(text == "")


def _regular_cells(raw: bytes, encoding: str, delimiter: str) -> pd.DataFrame | None:
    """Return the cells of a file whose lines all have as many parts and no quotes, None for any other.

    Arrow's reader is several times as fast as pandas', and as right where nothing is quoted or ragged.
    """
    if b'"' in raw or (b"\x00" in raw and not encoding.startswith("utf-16")):
        return None
    if not encoding.startswith("utf-8"):
        raw = raw.decode(encoding).encode("utf-8", "replace")
    raw = raw.removeprefix(codecs.BOM_UTF8)
    try:
        found = csv.read_csv(
            pa.BufferReader(raw),
            read_options=csv.ReadOptions(autogenerate_column_names=True, use_threads=True),
            parse_options=csv.ParseOptions(delimiter=delimiter, quote_char=False, ignore_empty_lines=False),
            convert_options=csv.ConvertOptions(
                default_column_type=pa.large_string(), null_values=[""], strings_can_be_null=True, check_utf8=False
            ),
        )
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return None
    return pd.DataFrame({i: _trimmed(column) for i, column in enumerate(found.columns)})


def _trimmed(column: pa.ChunkedArray) -> pd.Series:
    trimmed = pc.utf8_trim_whitespace(column)
    if pc.min(pc.binary_length(trimmed)).as_py() == 0:
        trimmed = pc.if_else(pc.equal(trimmed, ""), None, trimmed)
    return pd.Series(pd.array(trimmed, dtype="str"))


def _any_cells(text: str, delimiter: str, source: Source) -> pd.DataFrame:
    """Return the cells of a file with quotes, ragged lines or title rows."""
    width = _refuse_too_wide(text.splitlines(), delimiter, source)
    try:
        cells = pd.read_csv(
            io.StringIO(text), sep=delimiter, header=None, names=range(width), dtype="str", keep_default_na=False,
            na_values=[""], skip_blank_lines=False, skipinitialspace=True, on_bad_lines="error", index_col=False,
        )  # fmt: skip
    except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError) as error:
        raise SourceError(
            f"文件的行列对不齐，读不成一张表（{error}）",
            where=source.where,
            todo="检查含逗号或换行的内容是否加了引号。",
        ) from None
    return cells.apply(_stripped)
