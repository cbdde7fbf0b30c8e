"""Markdown → blocks: prose written in notebooks, parsed by mistune, never interpreted as HTML."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from html import unescape
from typing import TYPE_CHECKING, Any, Protocol, cast

from govkit.documents.read.blocks import (
    Block,
    Code,
    Column,
    Divider,
    Figure,
    Heading,
    ListBlock,
    Paragraph,
    Quote,
    Run,
    TableBlock,
    plain,
)
from govkit.documents.read.images import picture

if TYPE_CHECKING:
    from mistune import InlineParser, InlineState, Markdown

Token = dict[str, Any]

LINKS = ("http://", "https://", "mailto:", "#")
LINE_BREAK_TAG = re.compile(r"<br\s*/?>", re.IGNORECASE)
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
# A closing ** after a full stop or % and before a Chinese character closes nothing to CommonMark, and then pairs with
# the next opening one, yet **98.5%**的村 is what every Chinese author writes: here the nearest ** closes.
STRONG = r"\*\*(?=[^\s*])(?P<strong_text>[^\n]*?[^\s*])\*\*(?!\*)"
WIDE = re.compile(r"[　-〿一-鿿＀-￯“”‘’…—]")


class Complaint(Protocol):
    """Takes note of something that could not be converted."""

    def __call__(self, mime: str, reason: str) -> None: ...


@dataclass
class _Reader:
    """State of one reading: where complaints go and which pictures are attached to the cell."""

    complain: Complaint
    attachments: Mapping[str, Mapping[str, str]]
    figures: list[Figure] = field(default_factory=list)

    def blocks(self, tokens: list[Token]) -> tuple[Block, ...]:
        found: list[Block] = []
        for token in tokens:
            block = self.block(token)
            found += [block] if block is not None else []
            found += self.figures
            self.figures.clear()
        return tuple(found)

    def block(self, token: Token) -> Block | None:
        """One block, or None for what leaves no trace (blank lines, comments, a paragraph that is only a picture)."""
        method = getattr(self, f"_{token['type']}", None)
        if method is None:
            self.complain("text/markdown", f"不认识的 Markdown 成分：{token['type']}")
            return Paragraph((Run(_text_below(token)),))
        return cast(Callable[[Token], "Block | None"], method)(token)

    def runs(self, tokens: list[Token], style: Run | None = None) -> tuple[Run, ...]:
        """Text with its setting; pictures met on the way are kept for after the paragraph."""
        style = style or Run("")
        found: list[Run] = []
        for token in tokens:
            found += self._inline(token, style)
        return tuple(found)

    def _inline(self, token: Token, style: Run) -> list[Run] | tuple[Run, ...]:
        kind, raw = token["type"], token.get("raw", "")
        if kind == "text":
            return [replace(style, text=unescape(raw))]
        if kind == "codespan":
            return [replace(style, text=unescape(raw), code=True)]
        if kind == "strong":
            return self.runs(token["children"], replace(style, bold=True))
        if kind == "emphasis":
            return self.runs(token["children"], replace(style, italic=True))
        if kind == "link":
            return self.runs(token["children"], replace(style, link=_safe_link(token["attrs"]["url"])))
        if kind == "linebreak":
            return [Run("\n")]
        if kind == "softbreak":
            return [replace(style, text=_SOFT)]
        if kind == "image":
            return self._image(token, style)
        if kind == "inline_html":
            return self._html(raw, style)
        self.complain("text/markdown", f"不认识的 Markdown 成分：{kind}")
        return [replace(style, text=_text_below(token))]

    def _html(self, raw: str, style: Run) -> list[Run]:
        """Tags are shown as they are typed: text from a bureau's file must never become markup."""
        if LINE_BREAK_TAG.fullmatch(raw):
            return [Run("\n")]
        if COMMENT.fullmatch(raw):
            return []
        self.complain("text/html", f"Markdown 中的 HTML 标记按原文显示：{raw.strip()[:40]}")
        return [replace(style, text=raw)]

    def _image(self, token: Token, style: Run) -> list[Run]:
        url, alt = token["attrs"]["url"], _text_below(token)
        data = self._attached(url)
        figure = picture(data, caption=alt, alt=alt) if data is not None else None
        if figure is None:
            self.complain("image/*", f"Markdown 中的图片未随文件保存或不是图片：{url[:80]}")
            return [replace(style, text=f"[{alt or url}]", italic=True)]
        self.figures.append(figure)
        return []

    def _attached(self, url: str) -> bytes | None:
        if url.startswith("attachment:"):
            bundle = self.attachments.get(url.removeprefix("attachment:"), {})
            encoded = next(iter(bundle.values()), "")
        else:
            encoded = url.partition(";base64,")[2] if url.startswith("data:image/") else ""
        try:
            return base64.b64decode(encoded, validate=False) or None
        except binascii.Error:
            return None

    # one method a kind of block token

    def _blank_line(self, _: Token) -> None:
        return None

    def _heading(self, token: Token) -> Block:
        return Heading(token["attrs"]["level"], _tidy(self.runs(token["children"])))

    def _paragraph(self, token: Token) -> Block | None:
        runs = _tidy(self.runs(token["children"]))
        return Paragraph(runs) if plain(runs).strip() else None

    _block_text = _paragraph

    def _list(self, token: Token) -> Block:
        attrs = token["attrs"]
        items = tuple(self.blocks(item["children"]) for item in token["children"])
        return ListBlock(items, ordered=attrs["ordered"], start=attrs.get("start", 1))

    def _block_quote(self, token: Token) -> Block:
        return Quote(self.blocks(token["children"]))

    def _block_code(self, token: Token) -> Block:
        return Code(token["raw"].rstrip("\n"))

    def _thematic_break(self, _: Token) -> Block:
        return Divider()

    def _block_html(self, token: Token) -> Block | None:
        raw = COMMENT.sub("", token["raw"]).strip()
        if not raw:
            return None
        parts = LINE_BREAK_TAG.split(raw)
        runs = [run for part in parts for run in (*self._html(part, Run("")), Run("\n"))][:-1] if raw else []
        return Paragraph(_tidy(tuple(runs)))

    def _table(self, token: Token) -> Block:
        head, body = token["children"][0], token["children"][1:]
        columns = tuple(
            Column(plain(_tidy(self.runs(cell["children"]))), align=cell["attrs"]["align"] or "left")
            for cell in head["children"]
        )
        rows = [row["children"] for part in body for row in part["children"]]
        return TableBlock("", columns, tuple(self._row(cells) for cells in rows), _bold_rows(rows))

    def _row(self, cells: list[Token]) -> tuple[str, ...]:
        return tuple(plain(_tidy(self.runs(cell["children"]))) for cell in cells)


def read_markdown(
    text: str, *, complain: Complaint, attachments: Mapping[str, Mapping[str, str]] | None = None
) -> tuple[Block, ...]:
    """Return Markdown as blocks; ``complain(mime, reason)`` hears what could not be kept.

    Raw HTML is shown as typed (only <br> breaks a line), links keep http, https, mailto and #, line ends within Chinese
    text leave no space, and ``**bold**`` holds next to Chinese characters too.
    """
    return _Reader(complain, attachments or {}).blocks(cast(list[Token], _parser()(text)))


@cache
def _parser() -> Callable[[str], object]:
    import mistune
    from mistune.plugins.table import table, table_in_list, table_in_quote

    return mistune.create_markdown(renderer="ast", plugins=[table, table_in_quote, table_in_list, _strong])


def _strong(md: Markdown) -> None:
    """Let ``**`` close at the nearest ``**``, whatever stands beside it."""

    def parse(inline: InlineParser, found: re.Match[str], state: InlineState) -> int:
        inner = state.copy()
        inner.src = found.group("strong_text")
        state.append_token({"type": "strong", "children": inline.render(inner)})
        return found.end()

    md.inline.register("strong", STRONG, parse, before="emphasis")


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
        settled += [run] if run.text else []
    return tuple(settled)


def _safe_link(url: str) -> str:
    return url if url.lower().startswith(LINKS) else ""


def _text_below(token: Token) -> str:
    inner = "".join(_text_below(child) for child in token.get("children", []))
    return inner or unescape(str(token.get("raw", "")))


def _bold_rows(rows: list[list[Token]]) -> tuple[int, ...]:
    """Rows whose every filled cell is bold are emphasised as a whole."""
    return tuple(at for at, cells in enumerate(rows) if _all_bold(cells))


def _all_bold(cells: list[Token]) -> bool:
    filled = [cell["children"] for cell in cells if cell["children"]]
    return bool(filled) and all(child["type"] == "strong" for children in filled for child in children)
