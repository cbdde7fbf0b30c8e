"""A document as PDF, set by Typst: A4, cover, contents, bookmarks, Chinese type embedded, tagged (PDF/A-2a)."""

from __future__ import annotations

import base64
import contextlib
import datetime as dt
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from html import unescape
from pathlib import Path
from typing import Any, TypeGuard

from govkit.catalogue import load
from govkit.documents.official import is_official, official_of
from govkit.documents.pdf.pages import Pages, set_pages
from govkit.documents.pdf.typefaces import Typefaces, typefaces
from govkit.documents.pdf.typesetting import (
    POINTS_PER_MM,
    annex_line,
    code_size,
    set_table,
    split_columns,
    starts_page,
    stays_whole,
    text_widths,
    with_sisters,
)
from govkit.documents.read.blocks import (
    Absent,
    Block,
    Code,
    Definitions,
    Embed,
    Equation,
    Figure,
    Heading,
    ListBlock,
    Paragraph,
    Quote,
    Run,
    TableBlock,
)
from govkit.documents.read.formulas import typst_math
from govkit.documents.read.images import SUFFIX, SVG
from govkit.documents.read.texts import shortened
from govkit.documents.read.tree import Document, Unconverted, formulas, plain, walk
from govkit.documents.read.words import section as words_of
from govkit.documents.read.words import words as own_words
from govkit.files import passing, write_whole

POINTS_PER_PIXEL = 0.75
VARIATION_MARKS = "\ufe0e\ufe0f"  # they choose between two drawings of a sign and stand for nothing themselves
# How much narrower, in points, the text of a list's item is than the page's.
_INDENT = 40.0
YEAR_MONTH = re.compile(r"(\d{4})\s*年\s*(?:(\d{1,2})\s*月)?\s*(?:(\d{1,2})\s*日)?")


def write_pdf(document: Document, path: Path, *, system_fonts: bool = True) -> Document:
    """Write ``document`` as PDF and return it as printed: characters no face has are replaced by 〓 and named.

    ``system_fonts`` prefers the machine's own 仿宋 and 黑体 to the packaged fonts. Same document and fonts: same
    bytes. Raises ReportError if Typst cannot set the document or the file cannot be written.
    """
    faces = typefaces(system=system_fonts)
    printed = printable(document, faces)
    made = set_document(printed, faces)
    _LAST[:] = [(document, made.headings)]
    write_whole(path, made.data)
    return printed


def set_document(printed: Document, faces: Typefaces, *, volume: Mapping[str, Any] | None = None) -> Pages:
    """Return the pages of a document that ``faces`` can set.

    ``volume``: as part of one, from which page (``first``), or as its cover and contents (``first`` 0, ``entries``).
    """
    with passing() as folder:
        content = _content(printed, faces, Path(folder)) | {"volume": dict(volume) if volume else None}
        return set_pages(content, Path(folder), faces, made_on(printed.cover))


# The document printed last and the pages of its headings: its Word file is often asked for next.
_LAST: list[tuple[Document, dict[str, int]]] = []


def heading_pages(document: Document) -> dict[str, int]:
    """Return on which page each heading is printed, by its anchor; empty for a document without headings."""
    if not any(True for _ in document.headings):
        return {}
    for known, pages in _LAST:
        if known is document:
            return pages
    faces = typefaces()
    with passing() as folder:
        root = Path(folder)
        return set_pages(_content(printable(document, faces), faces, root), root, faces).headings


def printable(document: Document, faces: Typefaces) -> Document:
    """Return the document with every character that ``faces`` cannot set replaced by 〓.

    Each place is listed in ``unconverted``: as lost text where a letter, a figure's too, is missing, as lost styling
    where it is a pictograph. Formulas that Typst cannot set are listed as well; they are printed as they were typed.
    """
    mark, like = load("document")["missing_glyph"], load("document")["equivalents"]
    missing: dict[str, None] = {}

    def settable(text: str) -> str:
        signs = []
        for sign in text:
            if sign in VARIATION_MARKS:
                continue
            if not faces.can_set(sign):
                sign = " " if sign.isspace() else like.get(sign, sign)
            if not faces.can_set(sign):
                missing[sign] = None
                sign = mark
            signs.append(sign)
        return "".join(signs)

    notes: list[Unconverted] = []

    def named(where: str) -> None:
        for lost in ("text", ""):
            signs = [sign for sign in missing if (unicodedata.category(sign) != "So") == bool(lost)]
            if signs:
                shown = "、".join(f"{sign}（U+{ord(sign):04X}）" for sign in signs)
                reason = own_words["no_face"].format(where=where, mark=mark, signs=shown)
                notes.append(Unconverted(-1, "text/plain", reason, lost, paper=True))
        missing.clear()

    title, cover = settable(document.title), _json_texts(document.cover, settable)
    named("封面和题目")
    blocks = []
    for block in document.blocks:
        blocks.append(_with_texts(block, settable))
        for drawing in (part for part in walk((block,)) if isinstance(part, Figure)):
            settable(_words_drawn(drawing))
        named(_place(block))
    unset = dict.fromkeys(latex for latex in formulas(document.blocks) if not typst_math(latex))
    notes += [Unconverted(-1, "text/latex", f"PDF 中公式照原文列出，没有排成式子：{latex[:60]}") for latex in unset]
    return replace(
        document, title=title, cover=cover, blocks=tuple(blocks), unconverted=(*document.unconverted, *notes)
    )


def _place(block: Block) -> str:
    """Where a reader finds a block."""
    if isinstance(block, (Figure, TableBlock)):
        words = own_words
        name = words["figure" if isinstance(block, Figure) else "table"]
        title = block.caption if isinstance(block, Figure) else block.title
        return f"{name}{block.number}“{title}”" if title else f"{name}{block.number}"
    texts = (plain(one.runs) for one in walk((block,)) if isinstance(one, (Heading, Paragraph)))
    text = next((text for text in texts if text), block.text if isinstance(block, Code) else "")
    return f"“{text[:20]}”" if text else "正文"


def _words_drawn(figure: Figure) -> str:
    """The texts that stand in a vector drawing as text."""
    drawing = figure.vector or (figure.image if figure.mime == SVG else b"")
    texts = re.findall(r"<(?:text|tspan)\b[^>]*>([^<]*)", drawing.decode("utf-8", "replace"))
    return "".join(map(unescape, texts))


def _with_texts(block: Block, change: Any) -> Block:
    """A copy of ``block`` with ``change`` applied to every text a reader sees."""
    kept = {"html", "image", "vector", "mime", "anchor", "kind", "align", "link", "latex", "raised", "looks"}
    kept |= {"text"} if getattr(block, "formula", False) else set()
    values = {one.name: getattr(block, one.name) for one in fields(block)}
    return type(block)(**{name: value if name in kept else _changed(value, change) for name, value in values.items()})


def _changed(value: Any, change: Any) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, tuple):
        return tuple(_changed(part, change) for part in value)
    return _with_texts(value, change) if hasattr(value, "__dataclass_fields__") else value


def _json_texts(value: Any, change: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _json_texts(part, change) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_json_texts(part, change) for part in value]
    return change(value) if isinstance(value, str) else value


def _content(document: Document, faces: Typefaces, root: Path) -> dict[str, Any]:
    """Everything the Typst template needs, as JSON; pictures are laid beside it in ``root``."""
    rules = load("document")
    cover = dict(document.cover) if document.cover else None
    look = "official" if is_official(cover) else "report"
    return {
        "title": document.title,
        "cover": cover,
        "keywords": [str(cover[key]) for key in ("district", "period", "code") if cover.get(key)] if cover else [],
        "blocks": on_own_pages(_blocks(with_sisters(document.blocks), root), look),
        "contents": any(True for _ in document.headings),
        "words": dict(own_words),
        "colours": _colours(cover),
        "logo": _picture(cover, "logo", root),
        "picture": _picture(cover, "picture", root),
        "page": rules["page"],
        "volume": None,
        "look": rules["look"][look] | words_of("look").get("set", {}),
        "official": _official(cover),
        "long_row": rules["tables"]["long_row"],
        "faces": {
            "latin": faces.latin,
            "body": faces.body if look == "official" else faces.songti,
            "heading": faces.heading,
            "italic": faces.italic,
            "title": faces.title,
            "packaged": rules["faces"]["packaged"],
        },
    }


def _official(cover: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if not cover or not is_official(cover):
        return None
    official = official_of(cover)
    return asdict(official) | {"imprint": official.imprint}


def _colours(cover: Mapping[str, Any] | None) -> dict[str, str]:
    """Return the colours of the document, the bureau's own accent among them."""
    accent = (cover or {}).get("accent")
    return load("document")["colours"] | ({"accent": accent} if accent else {})


def _picture(cover: Mapping[str, Any] | None, key: str, root: Path) -> str:
    """Lay the bureau's logo or picture into ``root`` and return its name, ``""`` without one."""
    head, _, data = str((cover or {}).get(key) or "").partition(",")
    if not data:
        return ""
    name = f"{key}.{SUFFIX[head.removeprefix('data:').partition(';')[0]]}"
    (root / name).write_bytes(base64.b64decode(data))
    return name


def _block(block: Block, root: Path) -> dict[str, Any]:
    if isinstance(block, Figure):
        return _figure(block, root)
    if isinstance(block, TableBlock):
        return _block(annex_line(block), root) if block.annex else _table(block)
    if isinstance(block, ListBlock):
        items = [_inside(_blocks(item, root, upright=True)) for item in block.items]
        return {"type": "List", "items": items, "ordered": block.ordered, "start": block.start}
    if isinstance(block, Definitions):
        explained = [[_runs(term), _inside(_blocks(blocks, root, upright=True))] for term, blocks in block.items]
        return {"type": "Definitions", "items": explained}
    if isinstance(block, (Quote, Absent)):
        return {"type": type(block).__name__, "blocks": _inside(_blocks(block.blocks, root, upright=True))}
    if isinstance(block, Code):
        rules = load("document")["printed"]
        text = shortened(block.text, rules["paper"])
        usual = rules["small_size" if block.kind == "stderr" else "size"]
        return {"type": "Code", "kind": block.kind, "text": text, "size": code_size(text, usual=usual)}
    if isinstance(block, Equation):
        return {"type": "Equation", **asdict(block), "math": typst_math(block.latex)}
    if isinstance(block, (Heading, Paragraph)):
        return {"type": type(block).__name__, **asdict(block), "runs": _runs(block.runs)}
    return {"type": type(block).__name__, **asdict(block)}


def on_own_pages(parts: list[dict[str, Any]], look: str) -> list[dict[str, Any]]:
    """Return the parts with the chapters that start a page marked: see starts_page."""
    last, found = "", []
    for part in parts:
        if part["type"] != "Heading" or part["level"] != 1:
            found.append(part)
            continue
        title = "".join(run["text"] for run in part["runs"])
        found.append({**part, "new_page": starts_page(title, last, look)})
        last = title
    return found


def paired(parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the parts with two charts of half the width that follow each other set side by side."""
    found: list[dict[str, Any]] = []
    for part in parts:
        if part.get("half") and found and found[-1].get("half"):
            found[-1] = {"type": "Pair", "figures": [found[-1], part]}
        else:
            found.append(part)
    return found


def _blocks(blocks: tuple[Block, ...], root: Path, *, upright: bool = False) -> list[dict[str, Any]]:
    """Every block as the template takes it; of what lives in a browser its still twin.

    ``upright``: a table is parted rather than turned, as nothing within a list or a quotation can turn the page.
    """
    room = (text_widths()[0] - _INDENT) / load("document")["tables"]["portrait_sizes"][-1] if upright else None
    still = (part for block in blocks for part in (block.twin if isinstance(block, Embed) else (block,)))
    fitted = (part for block in still for part in (split_columns(block, room) if _parted(block) else (block,)))
    return paired([_block(block, root) for block in fitted])


def _inside(parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The parts of a list's item or a quotation, its tables as much narrower as it is."""
    for part in parts:
        if part["type"] == "TableBlock":
            total, room = sum(part["widths"]), text_widths()[0] - _INDENT
            part["widths"] = [round(width * min(1.0, room / total), 2) for width in part["widths"]]
            part["landscape"] = False
        elif part["type"] == "List":
            part["items"] = [_narrowed(item) for item in part["items"]]
    return parts


def _narrowed(parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    for part in parts:
        if part["type"] == "TableBlock":
            scale = 1 - _INDENT / sum(part["widths"])
            part["widths"] = [round(width * scale, 2) for width in part["widths"]]
        elif part["type"] == "List":
            part["items"] = [_narrowed(item) for item in part["items"]]
    return parts


def _parted(block: Block) -> TypeGuard[TableBlock]:
    return isinstance(block, TableBlock) and not block.annex


def _runs(runs: tuple[Run, ...]) -> list[dict[str, Any]]:
    return [{**asdict(run), "math": typst_math(run.text) if run.formula else ""} for run in runs]


def _figure(figure: Figure, root: Path) -> dict[str, Any]:
    name = f"figure-{figure.number}.{'svg' if figure.vector else SUFFIX[figure.mime]}"
    (root / name).write_bytes(figure.vector or figure.image)
    page = load("document")["page"]
    tallest = (page["height"] - page["top"] - page["bottom"]) * POINTS_PER_MM * page["largest_figure_height"]
    width = min(figure.width * POINTS_PER_PIXEL, text_widths()[0])
    height = width * figure.height / figure.width
    if height > tallest:
        width, height = width * tallest / height, tallest
    words = {"caption": figure.caption, "alt": figure.alt or figure.caption, "source": figure.source}
    words |= {"note": figure.note, "kind": figure.kind}
    size = {"width": width, "height": height, "half": figure.half}
    return {"type": "Figure", "path": name, "number": figure.number, **size, **words}


def _table(table: TableBlock) -> dict[str, Any]:
    setting = set_table(table)
    return {
        "type": "TableBlock",
        **asdict(table),
        "groups": [list(group) for group in table.groups],
        "grouped": table.grouped,
        "size": setting.size,
        "padding": setting.padding,
        "row_gap": setting.row_gap,
        "looks": {f"{one.row},{one.column}": asdict(one) for one in table.looks},
        "rich": {f"{row},{column}": _runs(runs) for row, column, runs in table.rich},
        "widths": setting.widths,
        "landscape": setting.landscape,
        "whole": stays_whole(table, setting),
    }


def made_on(cover: Mapping[str, Any] | None) -> dt.datetime:
    """Return the date of a file's metadata: the cover's, so that it does not depend on when the report was made."""
    day: dt.date = load("document")["fallback_date"]
    match = YEAR_MONTH.search(str((cover or {}).get("date", "")))
    if match:
        year, month, date = (int(part or 1) for part in match.groups())
        with contextlib.suppress(ValueError):
            day = dt.date(year, month, date)
    return dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC)
