"""An executed notebook → a document: the outputs alone, in order, numbered, with an account of what was left behind."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from govkit.catalogue import load
from govkit.documents.html.table import is_plain_table, read_tables
from govkit.documents.read.blocks import (
    Absent,
    Block,
    Code,
    Column,
    Document,
    Embed,
    Figure,
    Quote,
    TableBlock,
    Unconverted,
)
from govkit.documents.read.images import SVG, picture
from govkit.documents.read.markdown import read_markdown
from govkit.documents.read.numbering import number_blocks, split_title
from govkit.errors import ReportError

if TYPE_CHECKING:
    from nbformat import NotebookNode

COVER = "application/vnd.govkit.cover+json"
TABLE = "application/vnd.govkit.table+json"
ABSENT = "application/vnd.govkit.absent+json"
IMAGES = ("image/png", "image/jpeg", "image/svg+xml")
# What Python prints for an object nobody meant to show: <Axes: …>, [<Line2D …>], Text(0.5, 1.0, '…')
OBJECT_NAME = re.compile(r"^\s*[\[({]*\s*(<[^>]+>|Text\(|array\(\[<)", re.DOTALL)
# Marks that turn or hide what follows; never meant in a bureau's names.
INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\x00-\x08\x0b-\x1f\x7f-\x9f]")


@dataclass
class _Reading:
    """State while a notebook is read."""

    cover: dict[str, Any] | None = None
    blocks: list[Block] = field(default_factory=list)
    unconverted: list[Unconverted] = field(default_factory=list)
    cell: int = 0

    def complain(self, mime: str, reason: str) -> None:
        self.unconverted.append(Unconverted(self.cell, mime, reason))

    def markdown(self, text: str, attachments: Mapping[str, Any] | None = None) -> tuple[Block, ...]:
        return read_markdown(self.visible(text), complain=self.complain, attachments=attachments)

    def visible(self, text: str) -> str:
        """The text without control and direction marks; taking any out is reported."""
        cleaned = INVISIBLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
        if cleaned != text.replace("\r\n", "\n").replace("\r", "\n"):
            self.complain("text/plain", f"已去掉不可见的控制字符：{cleaned[:30]}")
        return cleaned

    def deep_visible(self, value: Any) -> Any:
        """A JSON value with every text in it made visible."""
        if isinstance(value, str):
            return self.visible(value)
        if isinstance(value, list):
            return [self.deep_visible(part) for part in value]
        if isinstance(value, dict):
            return {key: self.deep_visible(part) for key, part in value.items()}
        return value


def read_document(notebook: NotebookNode) -> Document:
    """Return what an executed notebook shows as a Document.

    Markdown cells and outputs become blocks; code, parameter cells and cells tagged as hidden do not. Of an output
    with several types the richest a document can print is taken. Printed lines, errors and types without a printed
    form are listed in ``unconverted`` with the cell's index. Raises ReportError if a govkit output is malformed.
    """
    rules = load("document")
    reading = _Reading()
    for at, cell in enumerate(notebook.cells):
        tags = set(cell.get("metadata", {}).get("tags", []))
        reading.cell = at
        if tags & set(rules["hidden_tags"]):
            continue
        _read_cell(reading, cell, outputs=not tags & set(rules["hidden_output_tags"]))
    title, blocks = split_title(tuple(reading.blocks))
    title = str((reading.cover or {}).get("title") or title)
    return Document(title, reading.cover, number_blocks(blocks), tuple(reading.unconverted))


def _read_cell(reading: _Reading, cell: Mapping[str, Any], *, outputs: bool) -> None:
    if cell["cell_type"] == "markdown":
        reading.blocks += reading.markdown(cell["source"], cell.get("attachments", {}))
    elif cell["cell_type"] == "code" and outputs:
        for output in cell.get("outputs", []):
            _read_output(reading, output)
    elif cell["cell_type"] == "raw" and cell["source"].strip():
        reading.complain("text/raw", "原始单元格不收入报告")


def _read_output(reading: _Reading, output: Mapping[str, Any]) -> None:
    kind = output["output_type"]
    if kind == "stream":
        reading.complain(f"stream/{output['name']}", f"程序打印的文字不收入报告：{_first_line(output['text'])}")
    elif kind == "error":
        reading.complain("error", f"{output['ename']}:{output['evalue']}")
    else:
        reading.blocks += _read_bundle(reading, output.get("data", {}), output.get("metadata", {}))


def _read_bundle(reading: _Reading, data: Mapping[str, Any], metadata: Mapping[str, Any]) -> tuple[Block, ...]:
    """The blocks of one output; its richest printable type decides."""
    if COVER in data:
        return _read_cover(reading, data[COVER])
    if TABLE in data:
        return (_read_table(reading, data[TABLE]),)
    if ABSENT in data:
        return (_read_absent(reading, data),)
    figure = _read_figure(reading, data, metadata)
    if figure is not None:
        return (figure,)
    if "text/markdown" in data:
        return reading.markdown(_joined(data["text/markdown"]))
    if "text/html" in data:
        return _read_html(reading, _joined(data["text/html"]))
    return _read_plain(reading, data)


def _read_cover(reading: _Reading, value: Any) -> tuple[Block, ...]:
    if not isinstance(value, dict) or not value.get("title"):
        raise ReportError(
            "封面数据没有标题。", where=f"第 {reading.cell + 1} 个单元格", todo="用 display.front.Cover 生成封面。"
        )
    if reading.cover is None:
        reading.cover = reading.deep_visible(value)
    else:
        reading.complain(COVER, "报告已有封面，多余的封面不收入")
    return ()


def _read_table(reading: _Reading, value: Any) -> TableBlock:
    try:
        value = reading.deep_visible(value)
        columns = tuple(_read_column(column) for column in value["columns"])
        rows = tuple(tuple("" if cell is None else str(cell) for cell in row) for row in value["rows"])
        emphasis = tuple(int(at) for at in value.get("emphasis", []))
    except (KeyError, TypeError, ValueError) as error:
        raise _malformed_table(reading.cell, f"缺少或写错了 {error}") from None
    if not columns:
        raise _malformed_table(reading.cell, "没有列")
    for at, row in enumerate(rows):
        if len(row) != len(columns):
            raise _malformed_table(reading.cell, f"第 {at + 1} 行有 {len(row)} 格，应为 {len(columns)} 格")
    texts = {key: str(value.get(key) or "") for key in ("title", "note", "source")}
    return TableBlock(texts["title"], columns, rows, emphasis, texts["note"], texts["source"])


def _read_column(value: Mapping[str, Any]) -> Column:
    kind = str(value.get("kind") or "text")
    align = value.get("align") or ("right" if kind in {"integer", "number", "percent"} else "left")
    return Column(str(value["label"]), str(value.get("group") or ""), str(value.get("unit") or ""), kind, str(align))


def _malformed_table(cell: int, what: str) -> ReportError:
    return ReportError(
        f"表格数据不完整：{what}。",
        where=f"第 {cell + 1} 个单元格",
        allowed="title、columns（各有 label）、rows（每行格数与列数相同）、emphasis、note、source",
        todo="用 display.tables.Table 生成表格。",
    )


def _read_absent(reading: _Reading, data: Mapping[str, Any]) -> Absent:
    value = data[ABSENT]
    reason = reading.visible(str(value.get("reason", "")))
    blocks = reading.markdown(_joined(data.get("text/markdown", reason)))
    if len(blocks) == 1 and isinstance(blocks[0], Quote):
        blocks = blocks[0].blocks
    return Absent(blocks, reason, int(value.get("figures", 0)), int(value.get("tables", 0)))


def _read_figure(reading: _Reading, data: Mapping[str, Any], metadata: Mapping[str, Any]) -> Figure | None:
    mime = next((mime for mime in IMAGES if mime in data), None)
    if mime is None:
        return None
    text = _joined(data[mime])
    words, size = metadata.get("govkit", {}), metadata.get(mime, {})
    try:
        image = text.encode("utf-8") if mime == "image/svg+xml" else base64.b64decode(text)
    except binascii.Error:
        image = b""
    figure = picture(image, width=float(size.get("width") or 0), height=float(size.get("height") or 0))
    if figure is None:
        reading.complain(mime, "图片数据损坏，无法读取")
        return None
    known = ("caption", "alt", "source", "note", "kind")
    texts: dict[str, Any] = {key: reading.visible(str(words.get(key) or "")) for key in known}
    html = _joined(data.get("text/html", ""))
    vector = _joined(data.get(SVG, "")).encode() if texts["kind"] == "chart" and mime != SVG else b""
    return replace(figure, html=html, vector=vector, **texts)


def _read_html(reading: _Reading, html: str) -> tuple[Block, ...]:
    if is_plain_table(html):
        tables = read_tables(reading.visible(html))
        if tables:
            return tables
    if not html.strip():
        return ()
    reading.complain("text/html", "只能在网页版中显示，PDF 与 Word 中以说明代替")
    return (Embed(html),)


def _read_plain(reading: _Reading, data: Mapping[str, Any]) -> tuple[Block, ...]:
    text = _joined(data.get("text/plain", ""))
    others = sorted(set(data) - {"text/plain"})
    if others:
        reading.complain(others[0], "这种输出没有可打印的形式")
        return ()
    if not text.strip():
        return ()
    if OBJECT_NAME.match(text):
        reading.complain("text/plain", f"程序对象的名称不收入报告：{_first_line(text)}")
        return ()
    return (Code(reading.visible(text)),)


def _joined(value: Any) -> str:
    return "".join(value) if isinstance(value, list) else str(value)


def _first_line(text: Any) -> str:
    return _joined(text).strip().partition("\n")[0][:60]
