"""A still HTML output → blocks: its texts, lists, tables and pictures in their order, without its page's looks."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from bs4 import BeautifulSoup, Comment, NavigableString, Tag

from govkit.documents.read.blocks import (
    Block,
    Code,
    Definitions,
    Divider,
    Heading,
    ListBlock,
    Paragraph,
    Quote,
    Run,
    TableBlock,
)
from govkit.documents.read.colours import Styles, declared, read_styles
from govkit.documents.read.images import Complaint, Pictures
from govkit.documents.read.table import cell_text, read_table
from govkit.documents.read.tree import plain

LINKS = ("http://", "https://", "mailto:", "#")
# What runs, plays or asks in a browser: an output with one of these is shown in a frame of its own.
LIVE = re.compile(r"<\s*(script|iframe|canvas|object|embed|video|audio|form|button|select|textarea)\b", re.IGNORECASE)
# A store of icons, which itself shows nothing.
_STORE = re.compile(
    r"<svg\b[^>]*?(?:display\s*:\s*none|\bwidth\s*[:=]\s*[\"']?0\b(?!\.)).*?</svg\s*>", re.DOTALL | re.IGNORECASE
)
_SVG = re.compile(r"<svg\b.*?</svg\s*>", re.DOTALL | re.IGNORECASE)
_NAMESPACE = 'xmlns="http://www.w3.org/2000/svg"'
_SKIPPED = frozenset({"style", "script", "noscript", "template", "head", "title", "meta", "link", "iframe", "caption"})
INLINE: dict[str, dict[str, object]] = {
    "b": {"bold": True}, "strong": {"bold": True}, "i": {"italic": True}, "em": {"italic": True},
    "code": {"code": True}, "kbd": {"code": True}, "samp": {"code": True}, "tt": {"code": True},
    "s": {"strike": True}, "del": {"strike": True}, "strike": {"strike": True},
    "sup": {"raised": "sup"}, "sub": {"raised": "sub"},
    **{name: {} for name in ("a", "span", "u", "mark", "small", "big", "font", "label", "abbr", "cite", "q", "time")},
}  # fmt: skip
_HIDDEN = re.compile(r"(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE)
# Words that stand in a style alone, such as the tips of a pandas Styler.
_WORDED = re.compile(r"""\bcontent\s*:\s*(["'])((?:(?!\1).)*\w(?:(?!\1).)*)\1""")
# How pandas says what a frame shortened for display holds.
_SHAPE = re.compile(r"(\d+) rows? × (\d+) columns?")


def is_live(html: str) -> bool:
    """Whether ``html`` holds what only a browser can show."""
    return LIVE.search(html) is not None


def safe_link(url: str, complain: Complaint) -> str:
    """An address that a reader may follow, "" for any other, of which ``complain`` hears."""
    if url and not url.lower().startswith(LINKS):
        complain("text/html", f"链接 {url[:60]} 指向笔记本旁的文件，报告里只有它的文字")
        return ""
    return url


def read_fragment(html: str, *, complain: Complaint, pictures: Pictures) -> tuple[Block, ...]:
    """Return a fragment as blocks; ``complain`` hears of looks that are not kept and pictures that are not there.

    Scripts and frames leave no trace here: live outputs are kept apart before.
    """
    html = _STORE.sub("", html)
    drawings = _SVG.findall(html)  # kept as typed: an HTML parser writes viewBox small
    numbers = iter(range(len(drawings)))
    soup = BeautifulSoup(_SVG.sub(lambda _: f'<img data-drawing="{next(numbers)}">', html), "lxml")
    reader = _Reader(complain, pictures, read_styles(soup), drawings)
    blocks = reader.blocks(soup.children)
    elsewhere = [one for one in soup.find_all(style=True) if one.name not in {"td", "th", "table", "tr"}]
    coloured = [one for one in elsewhere if cell_text(one) and set(declared(str(one["style"]))) - {"position"}]
    # a sign of an icon's font is written by its number
    signs = (re.sub(r"\\[0-9a-fA-F]{1,6} ?", "", sheet.get_text()) for sheet in soup.find_all("style"))
    worded = [words for sheet in signs for _, words in _WORDED.findall(sheet)]
    if worded:
        complain("text/css", f"指针停在上面才显示、写在样式里的文字没有收入，共 {len(worded)} 处，如“{worded[0][:40]}”")
    elif coloured or reader.styles.left:
        complain("text/css", "网页片段自带的样式（表格单元格颜色除外）没有保留，文字与数据完整")
    return _with_shapes(blocks)


@dataclass
class _Reader:
    """Walks elements; text between block elements gathers in ``line`` until a paragraph ends."""

    complain: Complaint
    pictures: Pictures
    styles: Styles
    drawings: list[str]
    line: list[Run] = field(default_factory=list)

    def blocks(self, nodes: Iterable[object]) -> tuple[Block, ...]:
        outer, self.line = self.line, []
        found: list[Block] = []
        for node in nodes:
            self._node(node, found, Run(""))
        self._flush(found)
        self.line = outer
        return tuple(found)

    def _node(self, node: object, found: list[Block], style: Run) -> None:
        if isinstance(node, NavigableString):
            if type(node) is NavigableString:
                self.line.append(replace(style, text=re.sub(r"\s+", " ", node)))
        elif isinstance(node, Tag) and _HIDDEN.search(str(node.attrs.get("style", ""))):
            self.complain("text/css", "网页片段里设为不显示的内容没有收入")
        elif isinstance(node, Tag) and node.name not in _SKIPPED and not isinstance(node, Comment):
            self._tag(node, found, style)

    def _tag(self, tag: Tag, found: list[Block], style: Run) -> None:
        if tag.name == "br":
            self.line.append(Run("\n"))
        elif tag.name in INLINE:
            inner = replace(style, **INLINE[tag.name])  # type: ignore[arg-type]
            link = safe_link(str(tag.attrs.get("href", "")), self.complain) if tag.name == "a" else ""
            inner = replace(inner, link=link) if link else inner
            for child in tag.children:
                self._node(child, found, inner)
        elif tag.name == "img":
            figure = self._figure(tag)
            self._flush(found)
            found += figure
        elif tag.name == "input":
            self._input(tag)
        elif tag.name in {"progress", "meter"}:
            most = str(tag.attrs.get("max", "1"))
            self.line.append(replace(style, text=cell_text(tag) or f"{tag.attrs.get('value', '…')} / {most}"))
        elif tag.name == "math":
            self._formula(tag, found)
        else:
            self._flush(found)
            found += self._block(tag)

    def _block(self, tag: Tag) -> tuple[Block, ...]:
        name = tag.name
        if name == "table":
            table = read_table(tag, self.styles)
            inner = [figure for image in tag.find_all("img") for figure in self._figure(image)]
            return (*((table,) if table else ()), *inner)
        if re.fullmatch("h[1-6]", name):
            return (Heading(int(name[1]), self._runs(tag)),) if cell_text(tag) else ()
        if name in {"ul", "ol"}:
            items = tuple(self.blocks(item.children) for item in tag.find_all("li", recursive=False))
            start = str(tag.attrs.get("start", "1"))
            return (ListBlock(items, name == "ol", int(start) if start.isdigit() else 1),) if items else ()
        if name == "dl":
            return self._definitions(tag)
        if name == "pre":
            return (Code(tag.get_text().strip("\n")),) if tag.get_text().strip() else ()
        if name == "blockquote":
            return (Quote(self.blocks(tag.children)),)
        return (Divider(),) if name == "hr" else self.blocks(tag.children)

    def _definitions(self, tag: Tag) -> tuple[Block, ...]:
        items: list[tuple[tuple[Run, ...], tuple[Block, ...]]] = []
        for child in tag.find_all(["dt", "dd"]):
            if child.name == "dt":
                items.append((self._runs(child), ()))
            elif items:
                items[-1] = (items[-1][0], (*items[-1][1], *self.blocks(child.children)))
        return (Definitions(tuple(items)),)

    def _runs(self, tag: Tag) -> tuple[Run, ...]:
        return tuple(run for block in self.blocks(tag.children) if isinstance(block, Paragraph) for run in block.runs)

    def _input(self, tag: Tag) -> None:
        if tag.attrs.get("type") in {"checkbox", "radio"}:
            self.line.append(Run("☑ " if "checked" in tag.attrs else "☐ "))
        elif tag.attrs.get("type") != "hidden":
            self.line.append(Run(str(tag.attrs.get("value", ""))))

    def _formula(self, tag: Tag, found: list[Block]) -> None:
        """MathML by the LaTeX that most programs keep in it; without it, its signs in a row mislead."""
        latex = tag.find("annotation", encoding="application/x-tex")
        if latex:
            self.line.append(Run(latex.get_text().strip(), formula=True))
            return
        self._flush(found)
        reason = f"网页片段里的公式（MathML）没有 LaTeX 原文，读不了：{cell_text(tag)[:40]}；请用 $…$ 输出"
        found += self.complain("application/mathml+xml", reason, "text")

    def _figure(self, tag: Tag) -> tuple[Block, ...]:
        drawing = str(tag.attrs.get("data-drawing", ""))
        if drawing.isdigit() and int(drawing) < len(self.drawings):
            text = self.drawings[int(drawing)]
            text = text if "xmlns=" in text.partition(">")[0] else text.replace("<svg", f"<svg {_NAMESPACE}", 1)
            return self.pictures.read(text.encode("utf-8"))
        return self.pictures.at(str(tag.attrs.get("src", "")), alt=str(tag.attrs.get("alt", "")))

    def _flush(self, found: list[Block]) -> None:
        runs = _trimmed(self.line)
        self.line = []
        if plain(runs).strip():
            found.append(Paragraph(runs))


def _trimmed(line: list[Run]) -> tuple[Run, ...]:
    """The runs without blanks at either end and without two blanks on end."""
    kept: list[Run] = []
    blank = True
    for run in line:
        text = run.text.lstrip(" ") if blank else run.text
        if not text:
            continue
        kept.append(replace(run, text=text))
        blank = text.endswith((" ", "\n"))
    while kept and not kept[-1].text.strip():
        kept.pop()
    if kept:
        kept[-1] = replace(kept[-1], text=kept[-1].text.rstrip(" "))
    return tuple(kept)


def _with_shapes(blocks: tuple[Block, ...]) -> tuple[Block, ...]:
    """Say in a table's note what pandas says below it, and how many rows and columns it left out."""
    found: list[Block] = []
    for block in blocks:
        shape = _SHAPE.fullmatch(plain(block.runs)) if isinstance(block, Paragraph) else None
        if shape and found and isinstance(found[-1], TableBlock):
            found[-1] = replace(found[-1], note=_shape_note(found[-1], int(shape[1]), int(shape[2])))
        else:
            found.append(block)
    return tuple(found)


def _shape_note(table: TableBlock, rows: int, columns: int) -> str:
    dots = {"...", "…"}
    shown = sum(not set(row[1:] or row) <= dots for row in table.rows)
    note = f"全表共 {rows:,} 行、{columns} 列。"
    if shown < rows:
        note += f"此处略去中间 {rows - shown:,} 行；要全部列出，请用 govkit.to_annex。"
    if any(column.label in dots for column in table.columns):
        note += "中间若干列从略。"
    return note
