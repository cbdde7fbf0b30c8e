"""The outputs of a notebook's cells → blocks; what no block can hold is named where it would stand."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from govkit.documents.live.live import WIDGET, read_live
from govkit.documents.live.widgets import read_widget
from govkit.documents.read.blocks import Absent, Block, Code, Column, Figure, Heading, Lost, Quote, Run, TableBlock
from govkit.documents.read.fragments import is_live, read_fragment
from govkit.documents.read.images import SVG, Pictures
from govkit.documents.read.markdown import read_markdown
from govkit.documents.read.references import References
from govkit.documents.read.soundness import ANNOUNCED
from govkit.documents.read.texts import joined, printed
from govkit.documents.read.tree import Unconverted
from govkit.documents.read.words import words as own_words
from govkit.errors import ReportError

ORIGINS = "application/vnd.govkit.origins+json"
# The names of a chart's rows stay in sight on a phone where they leave half of its width.
_MOST_NAMES = 0.5
COVER = "application/vnd.govkit.cover+json"
TABLE = "application/vnd.govkit.table+json"
ABSENT = "application/vnd.govkit.absent+json"
SLIDE = "application/vnd.govkit.slide+json"
IMAGES = ("image/svg+xml", "image/png", "image/jpeg", "image/gif", "image/webp")
# What Python prints for an object nobody meant to show: <Axes: …>, <x.Grid at 0x7f…>
OBJECT_NAME = re.compile(
    r"^\s*[\[({]*\s*(?:<[^<>]* at 0x[0-9a-fA-F]+|<[\w.]+(?: object)?>|<(?:\w*Axes|Figure|\w*Container|\w*Collection"
    r"|Line2D|matplotlib\.|Polygon|Wedge|\w*Patch\w*|\w*Image|module|function|bound method)|Text\(|array\(\[<)"
)
MATH = re.compile(r"\$|\\\(|\\\[|\\begin\{(equation|align|gather|multline|eqnarray)")
# A script that writes on the page; others only set something.
DRAWS = re.compile(r"\belement\b|\bdocument\b|\$\(|append|innerHTML|\bd3\b")
SCRIPT = "脚本（Javascript）在报告里不运行，它写出的内容没有收入；请直接输出结果，matplotlib 的图用 %matplotlib inline"
ENDED = "笔记本在这里用 sys.exit() 结束，后面的单元没有运行"
# Marks that turn or hide what follows; never meant in a bureau's names.
INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\x00-\x08\x0b-\x1f\x7f-\x9f]")


@dataclass
class Reading:
    """State while a notebook is read; ``folder`` is the notebook's own."""

    folder: Path | None = None
    allow_network: bool = False
    widgets: Mapping[str, Any] = field(default_factory=dict)
    cover: dict[str, Any] | None = None
    origins: Mapping[str, Any] = field(default_factory=dict)
    blocks: list[Block] = field(default_factory=list)
    unconverted: list[Unconverted] = field(default_factory=list)
    cell: int = 0

    def complain(self, mime: str, reason: str, lost: str = "", *, paper: bool = False) -> tuple[Lost, ...]:
        """Take note of what a document cannot show; what is ``lost`` has a note in its place."""
        one = Unconverted(self.cell, mime, reason, lost, paper)
        if lost or one not in self.unconverted:
            self.unconverted.append(one)
        return (Lost(own_words[f"lost_{lost}"].format(reason=reason)),) if lost else ()

    @cached_property
    def references(self) -> References:
        """The footnotes, works and formulas referred to."""
        return References(self.complain, self.folder)

    def markdown(
        self, text: str, attachments: Mapping[str, Any] | None = None, *, authored: bool = False
    ) -> tuple[Block, ...]:
        """Markdown as blocks; ``authored``: written in a cell, not made by a program."""
        pictures = Pictures(self.complain, self.folder, attachments or {})
        return read_markdown(
            self.visible(text), complain=self.complain, pictures=pictures, references=self.references, html=authored
        )

    def fragment(self, html: str) -> tuple[Block, ...]:
        """Still HTML as blocks."""
        return read_fragment(self.visible(html), complain=self.complain, pictures=Pictures(self.complain, self.folder))

    def visible(self, text: str) -> str:
        """The text without control and direction marks; taking any out is reported."""
        lines = text.replace("\r\n", "\n").replace("\r", "\n")
        cleaned = INVISIBLE.sub("", lines)
        if cleaned != lines:
            self.complain("text/plain", f"已去掉不可见的控制字符：{' '.join(cleaned.split())[:30]}")
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


def read_output(
    reading: Reading, output: Mapping[str, Any], *, beside: Sequence[Mapping[str, Any]]
) -> tuple[Block, ...]:
    """Return the blocks of one output of a cell; ``beside`` are all outputs of that cell."""
    kind = output["output_type"]
    if kind == "stream":
        text = printed(joined(output["text"]))
        return (Code(reading.visible(text), output["name"]),) if text.strip() else ()
    if kind == "error" and output["ename"] == "SystemExit":
        said = printed(str(output["evalue"]))
        text = f"{ENDED}：{reading.visible(said)}" if said not in {"", "None", "True", "0"} else ENDED
        reading.complain("error", text)
        return (Code(text, "error"),)
    if kind == "error":
        text = printed(f"{output['ename']}: {output['evalue']}")
        reading.complain("error", f"这一单元出错，报告照录：{text[:80]}")
        return (Code(reading.visible(text), "error"),)
    data = output.get("data", {})
    if _names_what_is_shown(data, beside):
        return ()
    return _read_bundle(reading, data, output.get("metadata", {}))


def _names_what_is_shown(data: Mapping[str, Any], beside: Sequence[Mapping[str, Any]]) -> bool:
    """Whether an output is no more than the name of the chart or control (<Axes: …>) that the same cell shows."""
    pictured = any(set(other.get("data", {})) - {"text/plain"} for other in beside)
    return set(data) == {"text/plain"} and pictured and OBJECT_NAME.match(joined(data["text/plain"])) is not None


def _read_bundle(reading: Reading, data: Mapping[str, Any], metadata: Mapping[str, Any]) -> tuple[Block, ...]:
    """The blocks of one output; its richest printable type decides."""
    if ANNOUNCED in data:
        return ()
    if ORIGINS in data:
        reading.origins = reading.deep_visible(data[ORIGINS])
        return ()
    if COVER in data:
        return _read_cover(reading, data[COVER])
    if TABLE in data:
        return (_read_table(reading, data[TABLE]),)
    if ABSENT in data:
        return (_read_absent(reading, data),)
    if SLIDE in data:
        return _read_slide(reading, data)
    if WIDGET in data:
        return read_widget(reading, data[WIDGET].get("model_id", ""), partial(read_output, reading))
    live = None if "govkit" in metadata else read_live(reading, data)
    if live is not None:
        return live
    html = joined(data.get("text/html", ""))
    if any(mime in data for mime in IMAGES) and "text/latex" not in data and (not html or is_live(html)):
        return _read_figure(reading, data, metadata)
    if "text/markdown" in data:
        return reading.markdown(joined(data["text/markdown"]))
    if html.strip():
        return reading.fragment(html)
    if "text/latex" in data and (blocks := _read_latex(reading, data)):
        return blocks
    return _read_figure(reading, data, metadata) if any(mime in data for mime in IMAGES) else _read_plain(reading, data)


def _read_cover(reading: Reading, value: Any) -> tuple[Block, ...]:
    if not isinstance(value, dict) or not value.get("title"):
        raise ReportError(
            "封面数据没有标题。", where=f"第 {reading.cell + 1} 个单元格", todo="用 display.front.Cover 生成封面。"
        )
    if reading.cover is None:
        reading.cover = reading.deep_visible(value)
    else:
        reading.complain(COVER, "报告已有封面，多余的封面不收入")
    return ()


def _read_slide(reading: Reading, data: Mapping[str, Any]) -> tuple[Block, ...]:
    value = reading.deep_visible(data[SLIDE])
    if not isinstance(value, dict) or not value.get("title"):
        raise ReportError("幻灯片数据没有标题。", todo="用 display.slides.slide 生成幻灯片。")
    said = reading.markdown(joined(data.get("text/markdown", "")))
    first, rest = (
        (said[0], said[1:]) if said and isinstance(said[0], Heading) else (Heading(1, (Run(value["title"]),)), said)
    )
    return (replace(first, slide={**value, "beneath": len(rest)}), *rest)


def _read_table(reading: Reading, value: Any) -> TableBlock:
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
    annex = bool(value.get("annex"))
    return TableBlock(texts["title"], columns, rows, emphasis, texts["note"], texts["source"], annex=annex)


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


def _read_absent(reading: Reading, data: Mapping[str, Any]) -> Absent:
    value = data[ABSENT]
    reason = reading.visible(str(value.get("reason", "")))
    blocks = reading.markdown(joined(data.get("text/markdown", reason)))
    if len(blocks) == 1 and isinstance(blocks[0], Quote):
        blocks = blocks[0].blocks
    return Absent(blocks, reason, int(value.get("figures", 0)), int(value.get("tables", 0)))


def _read_figure(reading: Reading, data: Mapping[str, Any], metadata: Mapping[str, Any]) -> tuple[Block, ...]:
    words = metadata.get("govkit", {})
    is_chart = words.get("kind") == "chart"  # ours: a picture, with its drawing beside it
    mime = next(mime for mime in sorted(IMAGES, key=lambda one: is_chart and one == SVG) if mime in data)
    text, size = joined(data[mime]), metadata.get(mime, {})
    try:
        image = text.encode("utf-8") if mime == "image/svg+xml" else base64.b64decode(text)
    except ValueError:
        image = b""
    known = ("caption", "alt", "source", "note", "kind")
    texts: dict[str, Any] = {key: reading.visible(str(words.get(key) or size.get(key) or "")) for key in known}
    found = Pictures(reading.complain).read(image)
    if not found or not isinstance(found[0], Figure):
        return found
    width = float(size.get("width") or found[0].width)
    height = float(size.get("height") or width * found[0].height / found[0].width)
    html = joined(data.get("text/html", ""))
    vector = joined(data.get(SVG, "")).encode() if is_chart and mime != SVG else b""
    said = words.get("map_share")
    share = min(max(said, 0.3), 1.0) if isinstance(said, (int, float)) else 1.0
    names = tuple(one for one in words.get("names") or () if isinstance(one, (int, float)) and 0 <= one <= _MOST_NAMES)
    texts |= {"names": names} if is_chart and len(names) == 2 else {}
    made = replace(found[0], width=width, height=height, html=html, vector=vector, map_share=share, **texts)
    return (made, *found[1:])


def _read_latex(reading: Reading, data: Mapping[str, Any]) -> tuple[Block, ...]:
    """Formulas are set; LaTeX of another kind stands as typed where there is nothing else to read."""
    text = joined(data["text/latex"])
    if MATH.search(text):
        return reading.markdown(text)
    if any(mime in data for mime in IMAGES) or not OBJECT_NAME.match(joined(data.get("text/plain", "<>"))):
        return ()
    reading.complain("text/latex", "LaTeX 排版命令照原文列出，没有排版")
    return (Code(reading.visible(text)),)


def _read_plain(reading: Reading, data: Mapping[str, Any]) -> tuple[Block, ...]:
    text = printed(joined(data.get("text/plain", "")))
    others = sorted(set(data) - {"text/plain", "text/latex", "text/html"})
    if "application/pdf" in others:
        return Pictures(reading.complain).read(base64.b64decode(joined(data["application/pdf"])))
    if "application/json" in others:
        return (Code(reading.visible(json.dumps(data["application/json"], ensure_ascii=False, indent=1))),)
    script = joined(data.get("application/javascript", ""))
    if script and not DRAWS.search(script):
        others = [one for one in others if one != "application/javascript"]
        reading.complain("application/javascript", "只作设置的脚本（Javascript）在报告里不运行")
        text = "" if OBJECT_NAME.match(text) else text
    reason = SCRIPT if script else f"没有办法收入这种输出：{others[0]}" if others else ""
    note = reading.complain(others[0], reason, "figure") if others else ()
    if not text.strip() or (others and OBJECT_NAME.match(text)):
        return note
    return (*note, Code(reading.visible(text)))
