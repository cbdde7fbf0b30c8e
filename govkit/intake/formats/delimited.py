"""Text files (.csv, .tsv, .txt) to grids: encoding and delimiter are found from the bytes."""

from __future__ import annotations

import codecs
import csv as plain_csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from govkit.errors import SourceError
from govkit.intake.reading import schema
from govkit.intake.reading.sources import Source
from govkit.intake.sheets.grid import Grid, depths_of
from govkit.intake.values import letters
from govkit.intake.values.quantities import plain

_DELIMITERS = (",", "\t", ";", "|")
# typed by an input method; one of these parts a file that none of the others parts
_WIDE_DELIMITERS = ("，", "；", "、", "｜")
# Excel itself stops here; more is no table but a broken file.
_MOST_COLUMNS = 16_384
_LONGEST_LINE = 1 << 26
_SAMPLE = 1 << 16
_SAMPLE_LINES = 60
# so many bytes are read at a time: what follows is done piece by piece
_BLOCK = 1 << 24
_MOST_PIECES = 20
# noughts and lines of no encoding beyond these shares: the file is no text
_MOST_NOTHING = 0.02
_MOST_BAD_LINES = 0.5
_MOST_LINES_NAMED = 10
# encodings that are named but not read unasked; as many heads in one tell that it is meant
_FOREIGN = {
    "big5hkscs": "Big5（繁体）", "cp932": "Shift-JIS（日文）", "euc_kr": "EUC-KR（韩文）",
}  # fmt: skip
_FEWEST_HEADS = 2
_UTF8_WORDS = re.compile(rb"(?:[\xe4-\xe9][\x80-\xbf]{2}){2,}")

# cells, row → how many cells of a shorter line, how far in texts stand
_Cells = tuple[pd.DataFrame, dict[int, int], dict[tuple[int, int], int]]


def read_delimited(path: Path, source: Source) -> tuple[Grid, str]:
    """Return the file as a grid, and the encoding it is in.

    Lines with bytes of no known encoding are read as far as they go and named in ``Grid.bad_lines``. Raises SourceError
    if the bytes are no text, the declared encoding does not fit, or there are too many columns.
    """
    raw = path.read_bytes()
    remarks: list[tuple[str, Mapping[str, object]]] = []
    if b"\x00" in raw and not (encoding := detect_encoding(raw)).startswith("utf-16"):
        nothing = raw.count(b"\x00")
        if nothing > _MOST_NOTHING * len(raw):
            raise _no_text(source)
        raw, remarks = raw.replace(b"\x00", b""), [("nul_bytes", {"value": f"{nothing:,}"})]
    encoding = _declared(source, raw) if source.encoding else detect_encoding(raw)
    if not source.encoding and encoding in {"", "gb18030"}:
        _refuse_foreign(raw, source)
    if not encoding.startswith("utf-16") and b"\r" in raw and raw.count(b"\r") > raw.count(b"\r\n"):
        # every reader below must count the same lines, a clerk's program ends one at \r, too
        raw = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if len(raw) > _LONGEST_LINE:
        ends = np.flatnonzero(np.frombuffer(raw, np.uint8) == ord("\n"))
        if (longest := np.diff(ends, prepend=-1, append=len(raw)).max()) > _LONGEST_LINE:
            raise SourceError(
                f"有一行长达 {longest // 2**20} MB，不是正常的表格，未读取。",
                where=source.where,
                todo="多半是文件损坏或不是表格；请重新导出为每条记录一行的 CSV 或 .xlsx。",
            )
    patched = mended(raw, encoding)
    if patched is None or (patched.bad and source.encoding_errors == "refuse"):
        raise _no_text(source, patched)
    encoding = patched.encoding
    if patched.other:
        rows = _named(sorted(patched.other))
        words = {"count": len(patched.other), "rows": rows, "row": min(patched.other) + 1, "value": patched.other_name}
        remarks.append(("two_encodings", words | {"found": encoding.upper()}))
    sample = patched.raw[:_SAMPLE].decode(encoding, "ignore").splitlines()[:_SAMPLE_LINES]
    delimiter = source.delimiter or find_delimiter(sample)
    if len(delimiter) != 1:
        raise SourceError(
            f"分隔符应为一个字符，现在是 {source.delimiter!r}。",
            where=source.where,
            todo="改正 zone.toml 的 delimiter。",
        )
    _refuse_too_wide(1 + max((line.count(delimiter) for line in sample), default=0), source)
    read = _regular_cells(patched.raw, encoding, delimiter) if delimiter.isascii() else None
    cells, short, depths = read or _any_cells(patched.raw.decode(encoding), delimiter, source)
    if not delimiter.isascii():
        remarks.append(("wide_delimiter", {"value": delimiter}))
    filled = [i for i in range(cells.shape[1]) if cells[i].notna().any()]
    cells = cells[list(range(max(filled, default=0) + 1))]
    decimal = _decimal_mark(cells) if delimiter == ";" else "."
    bad = _bad_rows(cells, patched.bad)
    grid = Grid(
        "", cells, decimal=decimal, bad_lines=bad, remarks=tuple(remarks), ragged=True, short=short, depths=depths
    )
    return grid, encoding


@dataclass(frozen=True)
class Mended:
    """Bytes that decode in one encoding throughout; by line from 0, ``bad`` says which byte did not.

    ``other``: lines that were in another encoding, ``other_name``.
    """

    raw: bytes
    encoding: str
    bad: Mapping[int, str] = field(default_factory=dict)
    other: frozenset[int] = frozenset()
    other_name: str = ""


def mended(raw: bytes, encoding: str) -> Mended | None:
    r"""Return bytes that can be decoded, with the lines that cannot be named; None for what is no text at all.

    ``encoding`` is the one they decode in, ``""`` where there is none: the one that fewer lines fail in is taken.

    >>> made = mended("村,1\n居,2\n".encode("gb18030") + b"\xfa,3\n" + "户,4\n".encode("gb18030"), "")
    >>> made.encoding, made.bad
    ('gb18030', {2: '第 1 字节 0xFA'})
    """
    if encoding and (encoding != "gb18030" or not _UTF8_WORDS.search(raw)):
        return Mended(raw, encoding)
    lines = raw.split(b"\n")
    if encoding:
        return _patched(lines, encoding, [])
    wide = [at for at, line in enumerate(lines) if not line.isascii()]
    fails = {name: [at for at in wide if not _decodes(lines[at], name)] for name in ("utf-8", "gb18030")}
    best = min(fails, key=lambda name: len(fails[name]))
    if sum(byte < 32 and byte not in b"\t\r\n\x1a" for byte in raw[:_SAMPLE]) > 0.01 * len(raw[:_SAMPLE]):
        return None
    if len(fails[best]) > max(1, _MOST_BAD_LINES * len(wide)):
        return None
    return _patched(lines, best, fails[best])


def _patched(lines: list[bytes], encoding: str, fails: list[int]) -> Mended:
    bad, other = {}, set()
    second = "gb18030" if encoding == "utf-8" else "utf-8"
    # three bytes of UTF-8 after three others hardly ever stand in GBK text, but decode as such all the same
    suspects = [at for at, line in enumerate(lines) if encoding == "gb18030" and _UTF8_WORDS.search(line)]
    for at in suspects:
        if _decodes(lines[at], "utf-8"):
            lines[at] = lines[at].decode("utf-8").encode("gb18030")
            other.add(at)
    for at in fails:
        try:
            lines[at].decode(encoding)
        except UnicodeDecodeError as error:
            text = lines[at].decode(encoding, "replace")
            lost = text.count("\ufffd")
            # a line in the other encoding has hardly a letter that this one can read
            if _decodes(lines[at], second) and (second == "utf-8" or lost > sum(ord(one) > 127 for one in text) - lost):
                lines[at] = lines[at].decode(second).encode(encoding)
                other.add(at)
                continue
            bad[at] = f"第 {error.start + 1} 字节 0x{lines[at][error.start]:02X}"
            lines[at] = text.encode(encoding, "replace") if encoding == "utf-8" else text.encode("gb18030")
    return Mended(b"\n".join(lines), encoding, bad, frozenset(other), second.upper() if other else "")


def _bad_rows(cells: pd.DataFrame, bad: Mapping[int, str]) -> dict[int, str]:
    """Return the rows that hold what is left of the bad lines, in their order."""
    if not bad:
        return {}
    hit = np.zeros(len(cells), dtype=bool)
    for at in cells:
        hit |= cells[at].str.contains("\ufffd", regex=False).fillna(False).to_numpy(dtype=bool)
    rows = np.flatnonzero(hit).tolist()
    if len(rows) != len(bad):
        return dict.fromkeys(rows, "")
    return {row: f"第 {line + 1} 行{bad[line]}" for row, line in zip(rows, sorted(bad), strict=True)}


def _named(lines: list[int]) -> str:
    shown = "、".join(str(at + 1) for at in lines[:_MOST_LINES_NAMED])
    return shown + ("……" if len(lines) > _MOST_LINES_NAMED else "")


def _no_text(source: Source, found: Mended | None = None) -> SourceError:
    bad = sorted(found.bad) if found else []
    lines = "；".join(f"第 {at + 1} 行{found.bad[at]}" for at in bad[:_MOST_LINES_NAMED]) if found else ""
    return SourceError(
        f"有 {len(bad)} 行含不能识别的字节：{lines}" if bad else "文件不是文本，或编码无法识别。",
        where=source.where,
        allowed="UTF-8（有无 BOM 均可）、GB18030/GBK、UTF-16。",
        todo="用表格软件另存为“CSV UTF-8”。" + (' 或写 encoding_errors = "set_aside"，只搁置这些行。' if bad else ""),
    )


def _refuse_foreign(raw: bytes, source: Source) -> None:
    """Refuse a file that says heads of its table in an encoding not looked for, such as Big5, but none in GBK."""
    words = {plain(word) for column in schema.table(source.table).columns for word in column.words if len(word) > 1}
    words = {word for word in words if not word.isascii()}
    sample = raw[:_SAMPLE].rsplit(b"\n", 1)[0] + b"\n"
    found = {name: plain(sample.decode(name, "ignore")) for name in ("gb18030", *_FOREIGN)}
    said = {name: sum(word in text for word in words) for name, text in found.items()}
    likely = max(_FOREIGN, key=lambda name: said[name])
    if said[likely] >= _FEWEST_HEADS and not said["gb18030"]:
        raise SourceError(
            f"文件看来是 {_FOREIGN[likely]} 编码，不是 UTF-8 或 GBK。",
            where=source.where,
            allowed="UTF-8（有无 BOM 均可）、GB18030/GBK、UTF-16。",
            todo=f'在 zone.toml 的 [sources.{source.table}] 下写 encoding = "{likely}"，或另存为“CSV UTF-8”。',
        )


def _refuse_too_wide(width: int, source: Source) -> None:
    if width > _MOST_COLUMNS:
        raise SourceError(
            f"文件有 {width:,} 列，超过 {_MOST_COLUMNS:,} 列，不像是一张表。",
            where=source.where,
            todo="检查分隔符和文件内容。",
        )


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
    if b"\x00" in raw[:_SAMPLE] and (wide := _utf16_without_mark(raw)):
        return wide
    if b"\x00" in raw[:_SAMPLE]:
        return ""
    return next((name for name in ("utf-8", "gb18030") if _decodes(raw, name)), "")


def _utf16_without_mark(raw: bytes) -> str:
    """Digits, commas and line ends of a table have a zero byte: it stands second in little endian, first in big."""
    little = raw[1::2].count(0) > raw[::2].count(0)
    name, end = ("utf-16-le", b"\n\x00") if little else ("utf-16-be", b"\x00\n")
    return name if end in raw and _decodes(raw, name) else ""


def _decodes(raw: bytes, encoding: str) -> bool:
    try:
        if encoding == "utf-8" and len(raw) > _SAMPLE:
            # looked through without a text made of it
            pa.array([raw], type=pa.large_binary()).cast(pa.large_string())
        else:
            raw.decode(encoding)
    except (UnicodeDecodeError, pa.ArrowInvalid):
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
        if not found and name in {"gb18030", "utf-8"}:
            return ""
        raise SourceError(
            f"文件不是 {source.encoding} 编码" + (f"，看来是 {found}。" if found else "。"),
            where=source.where,
            todo="改正或删去 zone.toml 的 encoding。",
        )
    return "utf-8-sig" if name == "utf-8" and raw.startswith(codecs.BOM_UTF8) else name


def find_delimiter(lines: list[str]) -> str:
    """Return the delimiter that splits most lines into the same number of parts, the comma where none does.

    One of full width does only where no other splits more than half of the lines.

    >>> find_delimiter(["a;b", "1,5;2,5"]), find_delimiter(["村，户", "甲，1", "乙，2"])
    (';', '，')
    """

    def evenness(delimiter: str) -> tuple[int, int]:
        if delimiter == "\t" and sum(line.count(",\t") + line.count("\t,") for line in lines) * 2 > sum(
            line.count("\t") for line in lines
        ):
            # a tab in each cell keeps a spreadsheet from changing it
            return 0, 0
        counts = [line.count(delimiter) for line in lines if delimiter in line]
        usual = max(set(counts), key=counts.count) if counts else 0
        return counts.count(usual) if usual else 0, usual

    usual = max(_DELIMITERS, key=lambda d: (*evenness(d), -_DELIMITERS.index(d)))
    wide = max(_WIDE_DELIMITERS, key=evenness)
    half = sum(bool(line.strip()) for line in lines) / 2
    return wide if evenness(usual)[0] <= half <= evenness(wide)[0] > evenness(usual)[0] else usual


def _decimal_mark(cells: pd.DataFrame) -> str:
    """Return the comma if numbers have one and none has a point: mostly why a program separates by ";".

    Before three digits in all of them it parts thousands.
    """
    top = cells.head(_SAMPLE_LINES * 10)
    comma = any(top[column].str.fullmatch(r"[-+]?(?:\d+,(?:\d{1,2}|\d{4,})|(?:0|\d{4,}),\d+)").any() for column in top)
    point = any(top[column].str.fullmatch(r"[-+]?\d+\.\d+").any() for column in top)
    return "," if comma and not point else "."


def _regular_cells(raw: bytes, encoding: str, delimiter: str) -> _Cells | None:
    """Return the cells of a file that is regular but for short lines, how many these have, and how far in texts stand.

    None for any other file.

    Arrow's reader is several times as fast as pandas', and as right where each quote has its other one, none stands
    behind a space, and no line with quotes is short.
    """
    if b"\x00" in raw and not encoding.startswith("utf-16"):
        return None
    if not encoding.startswith("utf-8"):
        raw = raw.decode(encoding).encode("utf-8", "replace")
    sign = delimiter.encode()
    quoted = b'"' in raw
    if quoted and (raw.count(b'"') % 2 or b' "' in raw or (sign != b"\t" and b'\t"' in raw)):
        return None
    tables, short = [_parsed(raw, delimiter, quoted=quoted)], dict[int, int]()
    if tables[0] is None:
        # lines within a cell are slower to find; short lines are those of titles and notes
        pieces, short = ([raw], {}) if quoted else _padded(raw, sign)
        tables = [_parsed(piece, delimiter, quoted=quoted, lines=quoted) for piece in pieces]
    if any(one is None for one in tables):
        return None
    found = pa.concat_tables(tables)
    cells = pd.DataFrame({i: _trimmed(column) for i, column in enumerate(found.columns)})
    return cells, short, depths_of(cells, lambda at: found.column(at).to_pylist())


def _parsed(raw: bytes | memoryview, delimiter: str, *, quoted: bool, lines: bool = False) -> pa.Table | None:
    """Return the cells of lines that have all as many parts, None where they have not."""
    try:
        return csv.read_csv(
            pa.BufferReader(raw),
            read_options=csv.ReadOptions(autogenerate_column_names=True, block_size=_BLOCK),
            parse_options=csv.ParseOptions(
                delimiter=delimiter, quote_char='"' if quoted else False, newlines_in_values=lines,
                ignore_empty_lines=False,
            ),
            convert_options=csv.ConvertOptions(
                default_column_type=pa.large_string(), null_values=[""], strings_can_be_null=True, check_utf8=False
            ),
        )  # fmt: skip
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return None


def _padded(raw: bytes, sign: bytes) -> tuple[Sequence[bytes | memoryview], dict[int, int]]:
    """Return lines of one length in pieces, and how many cells the shorter ones had, such as titles and notes.

    Lines stay as they are where hardly any is as long as the longest.
    """
    ends = np.flatnonzero(np.frombuffer(raw, np.uint8) == ord("\n"))
    ends = ends if raw.endswith(b"\n") else np.append(ends, len(raw))
    # what ends or parts cells alone is a small part of the file
    kept = np.frombuffer(raw.translate(None, bytes({*range(256)} - {*sign, *b"\n"})), np.uint8)
    many = np.diff(np.flatnonzero(kept == ord("\n")), prepend=-1)
    many = many if raw.endswith(b"\n") else np.append(many, len(kept) - many.sum() + 1)
    lacking = many.max(initial=0) - many
    if lacking.sum() > len(raw):
        return [raw], {}
    view, parts, done, short = memoryview(raw), list[bytes | memoryview](), 0, np.flatnonzero(lacking).tolist()
    # the last line may lack its end
    for at in sorted({*short, len(many) - 1}):
        start, end = int(ends[at - 1]) + 1 if at else 0, int(ends[at])
        parts += [view[done:start], raw[start:end].removesuffix(b"\r") + sign * int(lacking[at]) + b"\n"]
        done = end + 1
    parts = [one for one in parts if len(one)]
    # few are read each by itself, without a copy of the file, if no mark of an encoding would be lost
    few = len(short) <= _MOST_PIECES and all(one[:3] != codecs.BOM_UTF8 for one in parts[1:])
    return parts if few else [b"".join(parts)], {at: int(many[at]) for at in short}


def _trimmed(column: pa.ChunkedArray) -> pd.Series:
    if letters.needs_trimming(column):
        column = pc.utf8_trim_whitespace(column)
        column = pc.if_else(pc.equal(column, ""), None, column)
    return pd.Series(pd.array(column, dtype="str"))


def _any_cells(text: str, delimiter: str, source: Source) -> _Cells:
    """Return the same of a file with quotes and ragged lines."""
    # one cell may be as long as the file; lines end as they do for the reader below: by \r alone, too
    plain_csv.field_size_limit(max(plain_csv.field_size_limit(), len(text)))
    lines = plain_csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
    many = [len(line) for line in lines]
    most = max(many, default=0)
    _refuse_too_wide(most, source)
    try:
        cells = pd.read_csv(
            io.StringIO(text), sep=delimiter, header=None, names=range(max(most, 1)), dtype="str",
            keep_default_na=False, na_values=[""], skip_blank_lines=False, skipinitialspace=True,
            on_bad_lines="error", index_col=False, engine="c" if delimiter.isascii() else "python",
        )  # fmt: skip
    except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError) as error:
        line = re.search(r"(?:row|line) (\d+)", str(error))
        where = f"第 {int(line[1]) + 1} 行起" if line else ""
        raise SourceError(
            f"文件的行列对不齐，读不成一张表：{where}可能有引号没有配对。",
            where=source.where,
            todo="用文本编辑器打开，补全或删去单个的引号；含逗号或换行的内容，前后都要有引号。",
        ) from None
    found = cells.apply(lambda column: column.astype("str").str.strip())
    found = found.mask(found == "")
    return found, {at: count for at, count in enumerate(many) if count < most}, depths_of(found, lambda at: cells[at])
