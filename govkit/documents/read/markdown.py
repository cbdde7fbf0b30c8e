"""Markdown → blocks: prose written in notebooks."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from html import unescape
from typing import cast

from govkit.documents.read.blocks import (
    Block,
    Code,
    Column,
    Definitions,
    Divider,
    Heading,
    ListBlock,
    Paragraph,
    Quote,
    Run,
    TableBlock,
)
from govkit.documents.read.formulas import cannot_be_set, equations
from govkit.documents.read.fragments import INLINE, is_live, read_fragment, safe_link
from govkit.documents.read.grammar import Token, bold_rows, parse, text_below
from govkit.documents.read.images import Complaint, Pictures
from govkit.documents.read.references import REFERENCE, References
from govkit.documents.read.tree import plain

LINE_BREAK_TAG = re.compile(r"<br\s*/?>", re.IGNORECASE)
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
TAG = re.compile(r"<(?P<end>/?)(?P<name>[a-z][a-z0-9]*)(?P<attributes>[^>]*)>", re.IGNORECASE | re.DOTALL)
ATTRIBUTE = re.compile(r"""([\w-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
WIDE = re.compile(r"[　-〿一-鿿＀-￯“”‘’…—]")
_STYLES: dict[str, dict[str, object]] = {
    "strong": {"bold": True}, "emphasis": {"italic": True}, "strikethrough": {"strike": True},
    "superscript": {"raised": "sup"}, "subscript": {"raised": "sub"},
}  # fmt: skip


@dataclass
class _Reader:
    """State of one reading; pictures and formulas met within a paragraph are kept for after it."""

    complain: Complaint
    pictures: Pictures
    references: References
    html: bool
    notes_before: int = 0
    beside: list[Block] = field(default_factory=list)
    open_tags: list[tuple[str, Run]] = field(default_factory=list)

    def blocks(self, tokens: list[Token]) -> tuple[Block, ...]:
        found: list[Block] = []
        for token in tokens:
            self.open_tags.clear()
            method = getattr(self, f"_{token['type']}", None)
            if method is None:
                self.complain("text/markdown", f"不认识的 Markdown 成分：{token['type']}")
                found.append(Paragraph((Run(text_below(token)),)))
            else:
                found += cast(Callable[[Token], "tuple[Block, ...]"], method)(token)
            found += self.beside
            self.beside.clear()
        return tuple(found)

    def runs(self, tokens: list[Token], style: Run | None = None) -> tuple[Run, ...]:
        """Text with its setting."""
        style = style or Run("")
        found: list[Run] = []
        for token in tokens:
            found += self._inline(token, self._within_tags(style))
        return tuple(found)

    def _within_tags(self, style: Run) -> Run:
        """The style of text inside the HTML tags that are open, <sub> and the like."""
        for _, opened in self.open_tags:
            set_here = {name: value for name, value in vars(opened).items() if value and name != "text"}
            style = replace(style, **set_here)
        return style

    def _inline(self, token: Token, style: Run) -> list[Run] | tuple[Run, ...]:
        kind, raw = token["type"], token.get("raw", "")
        if kind == "text":
            return [replace(style, text=unescape(raw))]
        if kind == "codespan":
            return [replace(style, text=unescape(raw), code=True)]
        if kind in _STYLES:
            return self.runs(token["children"], replace(style, **_STYLES[kind]))  # type: ignore[arg-type]
        if kind == "link":
            return self.runs(token["children"], replace(style, link=safe_link(token["attrs"]["url"], self.complain)))
        if kind == "linebreak":
            return [Run("\n")]
        if kind == "softbreak":
            return [replace(style, text=_SOFT)]
        if kind == "image":
            title = str(token["attrs"].get("title") or "")
            self.beside += self.pictures.at(token["attrs"]["url"], alt=text_below(token), title=title)
            return []
        if kind == "inline_html":
            return self._html(raw, style)
        return self._scholarly(token, style)

    def _scholarly(self, token: Token, style: Run) -> list[Run]:
        kind, raw = token["type"], token.get("raw", "")
        if kind == "inline_math":
            pointed = re.fullmatch(r"\\(?:eq)?ref\{([^{}]+)\}", raw.strip())
            if pointed:
                return [_reference(pointed[1], style)]
            self._check_formula(raw)
            return [replace(style, text=raw.strip(), formula=True)]
        if kind == "reference":
            return [_reference(raw, style)]
        if kind == "named_work" and raw not in self.references.works:
            return [replace(style, text=f"@{raw}")]
        if kind == "named_work":
            return [replace(run, raised="") for run in self.references.citation(raw)]
        if kind == "citation":
            return self.references.citation(raw)
        if kind == "footnote_ref":
            return [self.references.note(self.notes_before + token["attrs"]["index"])]
        self.complain("text/markdown", f"不认识的 Markdown 成分：{kind}")
        return [replace(style, text=text_below(token))]

    def _check_formula(self, latex: str) -> None:
        if wrong := cannot_be_set(latex):
            self.complain("text/latex", f"公式里有不认识的写法：{wrong}（{latex.strip()[:60]}）")

    def _html(self, raw: str, style: Run) -> list[Run]:
        """An author's own tags set the text between them; in text made by a program they are shown as typed."""
        if LINE_BREAK_TAG.fullmatch(raw):
            return [Run("\n")]
        if COMMENT.fullmatch(raw):
            return []
        tag = TAG.fullmatch(raw)
        name = tag["name"].lower() if tag else ""
        if not self.html or tag is None or name not in {*INLINE, "img", "center"}:
            self.complain("text/html", f"Markdown 中的 HTML 标记按原文显示：{raw.strip()[:40]}")
            return [replace(style, text=raw)]
        stated = {one[1].lower(): one[2] or one[3] or one[4] or "" for one in ATTRIBUTE.finditer(tag["attributes"])}
        if tag["end"]:
            opened = [at for at, (open_name, _) in enumerate(self.open_tags) if open_name == name]
            del self.open_tags[opened[-1] if opened else len(self.open_tags) :]
            return []
        if name == "img":
            self.beside += self.pictures.at(stated.get("src", ""), alt=stated.get("alt", ""))
            return []
        if "data-cite" in stated:
            return self.references.citation(stated["data-cite"])
        link = safe_link(stated.get("href", ""), self.complain)
        setting = Run("", **{**INLINE.get(name, {}), "link": link})  # type: ignore[arg-type]
        self.open_tags.append((name, setting))
        anchor = stated.get("id") or stated.get("name") or ""
        return [Run("", anchor=anchor)] if anchor else []

    # one method a kind of block token

    def _blank_line(self, _: Token) -> tuple[Block, ...]:
        return ()

    def _heading(self, token: Token) -> tuple[Block, ...]:
        return (Heading(token["attrs"]["level"], _tidy(self.runs(token["children"]))),)

    def _paragraph(self, token: Token) -> tuple[Block, ...]:
        """A paragraph, parted where a formula on its own line stands in it."""
        found: list[Block] = []
        line: list[Token] = []
        for part in [*token["children"], {"type": "end"}]:
            if part["type"] not in {"block_math", "latex_environment", "end"}:
                line.append(part)
                continue
            runs = _tidy(self.runs(line))
            line = []
            if plain(runs).strip() or any(run.anchor for run in runs):
                found.append(Paragraph(runs))
            found += [] if part["type"] == "end" else self._display(part)
        return tuple(found)

    _block_text = _paragraph

    def _display(self, token: Token) -> list[Block]:
        name, body = ("", token["raw"]) if token["type"] == "block_math" else token["attrs"].values()
        found = equations(name, body)
        if not found:
            self.complain("text/latex", f"LaTeX 环境 {name} 不是公式，照原文列出")
            return [Code(f"\\begin{{{name}}}{body}\\end{{{name}}}")]
        for one in found:
            self._check_formula(one.latex)
        return [*found]

    def _list(self, token: Token) -> tuple[Block, ...]:
        attrs = token["attrs"]
        items = tuple(self._item(item) for item in token["children"])
        return (ListBlock(items, ordered=attrs["ordered"], start=attrs.get("start", 1)),)

    def _item(self, item: Token) -> tuple[Block, ...]:
        blocks = self.blocks(item["children"])
        if item["type"] != "task_list_item":
            return blocks
        box = Run("☑ " if item["attrs"]["checked"] else "☐ ")
        if blocks and isinstance(blocks[0], Paragraph):
            return (Paragraph((box, *blocks[0].runs)), *blocks[1:])
        return (Paragraph((box,)), *blocks)

    def _def_list(self, token: Token) -> tuple[Block, ...]:
        items: list[tuple[tuple[Run, ...], tuple[Block, ...]]] = []
        for child in token["children"]:
            if child["type"] == "def_list_head":
                items.append((_tidy(self.runs(child["children"])), ()))
            elif items:
                items[-1] = (items[-1][0], (*items[-1][1], *self.blocks(child["children"])))
        return (Definitions(tuple(items)),)

    def _footnotes(self, token: Token) -> tuple[Block, ...]:
        self.references.notes += [self.blocks(item["children"]) for item in token["children"]]
        return ()

    def _block_quote(self, token: Token) -> tuple[Block, ...]:
        return (Quote(self.blocks(token["children"])),)

    def _block_code(self, token: Token) -> tuple[Block, ...]:
        return (Code(token["raw"].rstrip("\n")),)

    def _thematic_break(self, _: Token) -> tuple[Block, ...]:
        return (Divider(),)

    def _block_html(self, token: Token) -> tuple[Block, ...]:
        raw = COMMENT.sub("", token["raw"]).strip()
        if not raw:
            return ()
        if self.html and not is_live(raw):
            return read_fragment(raw, complain=self.complain, pictures=self.pictures)
        self.complain("text/html", f"Markdown 中的 HTML 标记按原文显示：{raw[:40]}")
        parts = LINE_BREAK_TAG.split(raw)
        return (Paragraph(_tidy(tuple(run for part in parts for run in (Run(part), Run("\n")))[:-1])),)

    def _table(self, token: Token) -> tuple[Block, ...]:
        head, body = token["children"][0], token["children"][1:]
        rows = [row["children"] for part in body for row in part["children"]]
        cells = {(-1, at): self._cell(cell) for at, cell in enumerate(head["children"])}
        cells |= {(row, at): self._cell(cell) for row, parts in enumerate(rows) for at, cell in enumerate(parts)}
        columns = tuple(
            Column(plain(cells[-1, at]), align=cell["attrs"]["align"] or "left")
            for at, cell in enumerate(head["children"])
        )
        texts = tuple(tuple(plain(cells[row, at]) for at in range(len(columns))) for row in range(len(rows)))
        rich = tuple((*place, runs) for place, runs in cells.items() if any(_is_set(run) for run in runs))
        return (TableBlock("", columns, texts, bold_rows(rows), rich=rich),)

    def _cell(self, cell: Token) -> tuple[Run, ...]:
        """The runs of a cell; a | in code or a formula is typed with a backslash there."""
        runs = _tidy(self.runs(cell["children"]))
        return tuple(
            replace(run, text=run.text.replace(r"\|", "|")) if run.code or run.formula else run for run in runs
        )


def read_markdown(
    text: str,
    *,
    complain: Complaint,
    pictures: Pictures | None = None,
    references: References | None = None,
    html: bool = False,
) -> tuple[Block, ...]:
    """Return Markdown as blocks; ``complain`` hears what could not be kept.

    ``html``: tags are the author's and are obeyed; else they are shown as typed (only <br> breaks a line), as text
    from a bureau's file must never become markup. Links keep http, https, mailto and #, line ends within Chinese text
    leave no space, and ``**bold**`` holds next to Chinese characters too.
    """
    references = references or References(complain)
    reader = _Reader(complain, pictures or Pictures(complain), references, html, len(references.notes))
    return reader.blocks(parse(text, footnotes=references.explained))


def _reference(label: str, style: Run) -> Run:
    return replace(style, text=REFERENCE, link=f"#{label}")


_SOFT = "\ue000"  # a line end in the source, until its neighbours are known


def _tidy(runs: tuple[Run, ...]) -> tuple[Run, ...]:
    """Settle soft line ends: nothing beside Chinese, else a space; drop empty runs."""
    whole = plain(runs)
    settled, at = [], 0
    for run in runs:
        before, after = whole[at - 1 : at], whole[at + len(run.text) : at + len(run.text) + 1]
        at += len(run.text)
        if run.text == _SOFT:
            run = replace(run, text="" if WIDE.match(before) or WIDE.match(after) else " ")
        settled += [run] if run.text or run.anchor else []
    return tuple(settled)


def _is_set(run: Run) -> bool:
    """Whether a run is more than plain or bold text."""
    return replace(run, text="", bold=False) != Run("")
