"""Totals that are not the sum of their parts, shares of more than a whole, counts below nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from bs4 import BeautifulSoup

from govkit.catalogue import load
from govkit.documents.read.blocks import Code, TableBlock
from govkit.documents.read.colours import Styles
from govkit.documents.read.table import read_table
from govkit.documents.read.tree import SECTION, Document, clip, every, outputs, texts

if TYPE_CHECKING:
    from nbformat import NotebookNode

# Whole numbers in such columns are no counts that a total could be of.
_ORDERS = ("排名", "名次", "序号", "年", "月", "号", "编码", "代码", "率", "比", "分", "平均", "户均", "人均")
_WHOLE = 100 + 1e-9
# A share with its interval: 95.0%（90.1%–98.0%）.
_INTERVAL = re.compile(
    r"(\d+(?:\.\d+)?)\s*[%％]?\s*[（(](?:[^（()）]*区间[^\d]*)?(\d+(?:\.\d+)?)\s*[%％]?\s*[-–—至～~]\s*(\d+(?:\.\d+)?)\s*[%％]\s*[)）]"
)


def wrong_totals(notebook: NotebookNode) -> Iterator[str]:
    """Yield totals of whole numbers and amounts, in tables no section made, that are not the sum of the other rows."""
    words, rules = set(load("forms")["whole"]["words"]), load("document")["sound"]
    for number, output in outputs(notebook):
        if output.get("metadata", {}).get(SECTION):
            continue
        for title, labels, rows in tables_of(output):
            if not rows:
                yield f"第 {number} 个单元格的表“{title}”没有一行内容"
                continue
            total = next((row for row in (rows[-1], rows[0]) if words & {str(cell).strip() for cell in row}), None)
            for at, label in enumerate(labels if total and len(rows) > 2 else ()):
                if not label or any(word in label for word in _ORDERS):
                    continue
                digits = r"\d+(\.\d+)?" if any(word in label for word in rules["amounts"]) else r"\d+"
                column = [str(row[at]).replace(",", "").strip() for row in (total, *rows)]  # type: ignore[index]
                if not all(re.fullmatch(digits, cell) for cell in column):
                    continue
                said, *parts = map(Decimal, column)
                made = sum(parts, Decimal()) - said  # the total stands among the rows
                # each may be rounded by half of its last place
                last = int(min(one.as_tuple().exponent for one in (said, *parts)))
                if abs(made - said) > (Decimal(5).scaleb(last - 1) * len(rows) if last < 0 else 0):
                    yield f"第 {number} 个单元格的表“{title}”：{label}合计 {said:,}，各行之和 {made:,}"


def tables_of(output: Mapping[str, Any]) -> Iterator[tuple[str, list[str], Sequence[Sequence[Any]]]]:
    """Yield title, heads of the columns that may be summed (others ``""``) and rows of the tables of an output."""
    value = output.get("data", {}).get("application/vnd.govkit.table+json")
    if value:
        counted = [str(one["label"]) if one.get("kind") == "integer" else "" for one in value["columns"]]
        yield str(value.get("title", "")), counted, value.get("rows") or ()
        return
    page = output.get("data", {}).get("text/html", "")
    for element in BeautifulSoup("".join(page), "lxml").find_all("table") if "<table" in page else ():
        table = read_table(element, Styles())
        if table:
            yield table.title, [column.label for column in table.columns], table.rows


def out_of_bounds(document: Document) -> Iterator[str]:
    """Yield shares outside 0 to 100 %, in tables and sentences, and counts below 0."""
    rules = load("document")["sound"]
    said = re.compile(rf"({'|'.join(rules['shares'])})[^，。；,;0-9]{{0,6}}?([-−]?\d[\d,]*(?:\.\d+)?)\s*[%％]")
    changes = "|".join(map(re.escape, [*rules["changes"], "降", "少"]))
    below = re.compile(rf"(?<![\d~至-])(?<!\d年)[-−]\d[\d,]*(?:\.\d+)?\s*(?:{'|'.join(rules['counted'])})")
    for block in every(document.blocks):
        for text in texts(block):
            for value, low, high in _INTERVAL.findall(text):
                if not float(low) <= float(value) <= float(high):
                    yield f"区间 {low}～{high} 不含 {value}：{clip(text)}"
        if not isinstance(block, TableBlock):
            for text in texts(block):
                for name, number in said.findall(text):
                    if not 0 <= float(number.replace(",", "").replace("−", "-")) <= _WHOLE:
                        yield f"{name}不在 0 至 100% 之间（{number}%）：{clip(text)}"
                counted = [] if re.search(changes, text) or isinstance(block, Code) else below.finditer(text)
                yield from (f"计数小于 0（{hit[0]}）：{clip(text)}" for hit in counted)
            continue
        for at, column in enumerate(block.columns):
            if any(word in column.label for word in rules["changes"]):
                continue
            share = any(word in column.label for word in rules["shares"])
            shown = [row[at] for row in block.rows if at < len(row)]
            most = _whole_of(column.unit, shown)
            for cell in shown if share or column.unit in rules["counted"] else ():
                number = _number(cell)
                if number is not None and (number < 0 or (share and number > most)):
                    reason = "不在 0 至 100% 之间" if share else "小于 0"
                    yield f"表{block.number}“{block.title}”的{column.label}{reason}：{cell}"


def _whole_of(unit: str, shown: Sequence[str]) -> float:
    """What a share cannot be more than: 100, or 1 in a column without unit most of whose shares are below it."""
    if unit in {"%", "％"} or any("%" in cell or "％" in cell for cell in shown):
        return _WHOLE
    known = [number for number in map(_number, shown) if number is not None]
    return 1 + 1e-9 if sum(number <= 1 for number in known) > len(known) / 2 else _WHOLE


def _number(cell: str) -> float | None:
    try:
        return float(str(cell).replace(",", "").replace("−", "-").rstrip("%％").strip())
    except ValueError:
        return None
