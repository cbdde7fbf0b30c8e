"""Write a document as a Word file: same document and template, same bytes."""

from __future__ import annotations

import base64
import io
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import quoteattr

import docx
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import parse_xml

from govkit.catalogue import load
from govkit.documents.official import is_official, official_of
from govkit.documents.pdf.file import heading_pages, made_on
from govkit.documents.pdf.typesetting import annex_line, set_table, split_columns, starts_page, with_sisters
from govkit.documents.read.blocks import (
    Absent,
    Block,
    Code,
    Definitions,
    Divider,
    Embed,
    Equation,
    Figure,
    Heading,
    ListBlock,
    Lost,
    Paragraph,
    Quote,
    Run,
    TableBlock,
)
from govkit.documents.read.formulas import omml
from govkit.documents.read.texts import MOST_IN_PROPERTY, shortened
from govkit.documents.read.tree import Document, Unconverted, formulas, plain, walk
from govkit.documents.read.words import words as own_words
from govkit.documents.word import markup, notes, pages, styles, tables
from govkit.documents.word.markup import bookmark, paragraph, run
from govkit.documents.word.styles import ORDERED_LIST, Styles
from govkit.errors import ReportError
from govkit.files import saved_undated, write_whole

if TYPE_CHECKING:
    from docx.document import Document as WordDocument


@dataclass
class _Writing:
    """State while one document is written."""

    word: WordDocument
    look: styles.Look
    styles: Styles
    pages: pages.Pages
    labels: dict[str, str]  # 图1 → its bookmark
    numbers: bool  # whether Word counts the headings itself
    notes: notes.Notes
    volume: bool = False
    marked_notes: set[int] = field(default_factory=set)
    chapter: str = ""  # the title of the chapter that is being written
    body: list[str] = field(default_factory=list)
    marks: int = 0
    lists: int = ORDERED_LIST

    def add(self, content: str, purpose: str, properties: str = "") -> None:
        """Add a paragraph in the style for a purpose."""
        self.body.append(paragraph(content, self.styles.ids[purpose], properties))

    def marked(self, name: str, content: str) -> str:
        """Return content under a bookmark of its own."""
        self.marks += 1
        return bookmark(self.marks, name, content)

    def runs(self, parts: tuple[Run, ...]) -> str:
        """Return stretches of text, references to figures and tables and links in them."""
        return "".join(self._run(part) for part in parts)

    def _run(self, part: Run) -> str:
        if part.text == "\n":
            return "<w:r><w:br/></w:r>"
        note = notes.noted(part, self.notes)
        if note and note not in self.marked_notes:
            self.marked_notes.add(note)
            return self.marked(markup.anchor(f"note-{note}"), notes.mark(note, self.styles.ids["note_mark"]))
        if note:  # Word has a mark of its own for the first place alone
            raised = f'<w:rStyle w:val="{self.styles.ids["note_mark"]}"/>'
            return markup.field(f"NOTEREF {markup.anchor(f'note-{note}')} \\h", part.text, raised)
        formula = omml(part.text) if part.formula else ""
        content = formula or markup.cited(part.text, markup.styled(part, self.styles.ids), self.labels)
        if part.anchor:
            content = self.marked(markup.anchor(part.anchor), content)
        if part.link.startswith("#"):
            return f"<w:hyperlink w:anchor={quoteattr(markup.anchor(part.link[1:]))}>{content}</w:hyperlink>"
        if part.link:
            target = self.word.part.relate_to(part.link, RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
            return f'<w:hyperlink r:id="{target}">{content}</w:hyperlink>'
        return content


def write_docx(
    document: Document, path: Path, *, printed: Mapping[str, int] | None = None, volume: bool = False
) -> Document:
    """Write ``document`` as a Word file and return it with what Word cannot show, or not as it was, noted.

    ``printed``: on which page each heading stands, by its anchor, where that is known. In a ``volume`` every chapter
    begins a page, and the contents have two levels.
    Raises ReportError if the bureau's template is no Word file or the file cannot be written.
    """
    cover = dict(document.cover or {})
    look = styles.look_of(str(cover.get("look") or ""))
    word, template = _opened(str(cover.get("template") or ""))
    settled = styles.settle_styles(word, look, own=not template)
    blocks, found_notes = notes.parted(document.blocks)
    writing = _Writing(
        word=word,
        look=look,
        styles=settled,
        pages=pages.Pages(word, look, settled, template=template),
        labels=_labels(document),
        numbers=_counts_alike(document) and settled.numbered >= set(styles.HEADINGS),
        notes=found_notes,
        volume=volume,
    )
    shown = replace(document, blocks=with_sisters(blocks))
    _write(writing, shown, cover, heading_pages(document) if printed is None else printed)
    write_whole(path, _packed(word, document, cover))
    made = "、".join(settled.made)
    remarks = [f"Word 模板没有样式“{made}”，已按本程序的样式补上"] if made else []
    tables_shown = [block for block in walk(document.blocks) if isinstance(block, TableBlock)]
    if any(look.bar for table in tables_shown for look in table.looks):
        remarks.append("Word 中没有画出单元格里的条形，数值完整")
    unset = dict.fromkeys(latex for latex in formulas(document.blocks) if not omml(latex))
    remarks += [f"Word 中公式照原文列出，没有排成式子：{latex[:60]}" for latex in unset]
    found = tuple(Unconverted(-1, "application/vnd.openxmlformats", note) for note in remarks)
    return replace(document, unconverted=(*document.unconverted, *found)) if found else document


def _opened(template: str) -> tuple[WordDocument, bool]:
    """Return an empty Word document, the bureau's own emptied where there is one."""
    if not template:
        word = docx.Document()
        pages.substitutes(word)
        return word, False
    data = base64.b64decode(template.partition(",")[2] or template)
    try:
        word = docx.Document(io.BytesIO(data))
    except (ValueError, KeyError, zipfile.BadZipFile) as error:
        raise ReportError(f"Word 模板打不开：{error}。", todo="用 Word 另存为 .docx 后重试。") from None
    return word, True


def _labels(document: Document) -> dict[str, str]:
    words = own_words
    found: dict[str, str] = {}
    for block in walk(document.blocks):
        if isinstance(block, Figure):
            found[f"{words['figure']}{block.number}"] = markup.reference("figure", block.number)
        elif isinstance(block, TableBlock):
            found[f"{words['table']}{block.number}"] = markup.reference("table", block.number)
    return found


def _counts_alike(document: Document) -> bool:
    """Whether Word, counting the headings, comes to the numbers they have."""
    from govkit.documents.read.numbering import STYLES

    counts = [0] * 9
    for heading in document.headings:
        if heading.number:
            at = heading.level - 1
            counts[at] += 1
            counts[at + 1 :] = [0] * (8 - at)
            if heading.number != STYLES[at](counts[at]):
                return False
    return True


def _write(writing: _Writing, document: Document, cover: Mapping[str, Any], printed: Mapping[str, int]) -> None:
    """Fill the document: cover, contents, text, and what stands below it; ``printed``: pages of the headings."""
    marks = [str(cover.get("stage") or "")] + [own_words["synthetic_mark"]] * bool(cover.get("synthetic"))
    synthetic = "】【".join(mark for mark in marks if mark)
    heads = pages.head_and_feet(writing.word, writing.look, writing.styles, document.title, synthetic=synthetic)
    official = is_official(cover)
    if official:
        writing.body.append(pages.marks_above(official_of(cover), writing.styles))
        writing.add(run(document.title), "title")
        if official_of(cover).addressed_to:
            writing.add(run(official_of(cover).addressed_to), "body", '<w:ind w:firstLineChars="0" w:firstLine="0"/>')
    else:
        _front(writing, document, cover, heads, printed)
    writing.pages.start(heads=heads, numbers="decimal")
    _blocks(writing, document.blocks)
    if official:
        writing.body.append(pages.signature(official_of(cover), writing.styles))
    notes.add(writing.word, {at: writing.runs(runs) for at, runs in writing.notes.items()}, writing.styles.ids)
    last = writing.pages.properties()
    body = writing.word.element.body
    for child in list(body):
        body.remove(child)
    body.extend(parse_xml(f"<w:body {markup.NAMESPACES}>{''.join(writing.body)}{last}</w:body>"))


def _front(
    writing: _Writing, document: Document, cover: Mapping[str, Any], heads: str, printed: Mapping[str, int]
) -> None:
    """Write cover and contents, each a section of its own."""
    if cover:
        _cover(writing, document, cover)
        writing.body.append(writing.pages.end())
    elif document.title:
        writing.add(run(document.title), "title")
    if document.headings:
        _contents(writing, document, printed)
        writing.pages.start(heads=heads, numbers="lowerRoman")
        writing.body.append(writing.pages.end())


def _cover(writing: _Writing, document: Document, cover: Mapping[str, Any]) -> None:
    words = own_words
    centred, space = '<w:jc w:val="center"/>', '<w:spacing w:before="{}"/><w:jc w:val="center"/>'
    writing.add(run(str(cover.get("classification") or "")), "plain")
    if cover.get("stage"):
        writing.add(run(str(cover["stage"]), '<w:color w:val="8F1D1D"/>'), "plain", '<w:jc w:val="right"/>')
    if cover.get("synthetic"):
        writing.add(run(words["synthetic_mark"], '<w:color w:val="8F1D1D"/>'), "plain", '<w:jc w:val="right"/>')
    writing.add(run(document.title), "title", space.format(2400))
    for key in ("subtitle", "district", "period"):
        if cover.get(key):
            writing.add(run(str(cover[key])), "subtitle")
    rows = [
        (words["code"], cover.get("code")),
        *(cover.get("signatories") or ()),
        (words["map_approval"], cover.get("map_approval")),
    ]
    for at, (name, value) in enumerate((str(name), str(value)) for name, value in rows if value):
        writing.add(run(f"{name}　{value}"), "plain", space.format(1800) if at == 0 else centred)
    for at, key in enumerate(key for key in ("issuer", "date") if cover.get(key)):
        writing.add(run(str(cover[key])), "subtitle", space.format(900) if at == 0 else "")
    if cover.get("synthetic"):
        writing.add(run(str(cover["synthetic"]), '<w:color w:val="8F1D1D"/>'), "note")
    if not cover.get("map_approval"):
        writing.add(run(words["map_sketch"]), "note", centred)


def _contents(writing: _Writing, document: Document, printed: Mapping[str, int]) -> None:
    """Write the table of contents as a field with its entries and the pages they are printed on.

    Word finds its own pages when it opens the file; a program that does not shows those of the PDF.
    """
    writing.add(run(own_words["contents"]), "title")
    depth = 2 if writing.volume else 3
    entries = [heading for heading in document.headings if heading.level <= depth]
    begin, end = markup.open_field(f'TOC \\o "1-{depth}" \\h \\z \\u')
    for at, heading in enumerate(entries):
        text = run(f"{heading.number}{plain(heading.runs)}") + "<w:r><w:tab/></w:r>"
        page = markup.field(f"PAGEREF _Toc_{heading.anchor} \\h", str(printed.get(heading.anchor, "")))
        line = f"<w:hyperlink w:anchor={quoteattr('_Toc_' + heading.anchor)}>{text}{page}</w:hyperlink>"
        whole = (begin if at == 0 else "") + line + (end if at + 1 == len(entries) else "")
        writing.add(whole, f"contents{heading.level}")


def _blocks(writing: _Writing, blocks: tuple[Block, ...], style: str = "body") -> None:
    at = 0
    while at < len(blocks):
        block = blocks[at]
        following = blocks[at + 1] if at + 1 < len(blocks) else None
        if isinstance(block, Figure) and isinstance(following, Figure) and block.half and following.half:
            _side_by_side(writing, block, following)
            at += 2
            continue
        if isinstance(block, Paragraph):
            writing.add(writing.runs(block.runs), style)
        elif isinstance(block, (Quote, Absent)):
            _blocks(writing, block.blocks, "quote" if isinstance(block, Quote) else style)
        else:
            _WRITERS[type(block)](writing, block)
        at += 1


def _heading(writing: _Writing, block: Heading) -> None:
    level = min(block.level, 4)
    number = "" if writing.numbers else block.number
    content = writing.marked(f"_Toc_{block.anchor}", run(number) * bool(number) + writing.runs(block.runs))
    # one that has no number must not get Word's
    own = writing.styles.numbered >= {f"heading{level}"} and not (writing.numbers and block.number)
    starts = level == 1 and (writing.volume or starts_page(plain(block.runs), writing.chapter, writing.look.name))
    writing.chapter = plain(block.runs) if level == 1 else writing.chapter
    properties = "<w:pageBreakBefore/>" * starts
    properties += '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="0"/></w:numPr>' * own
    writing.add(content, f"heading{level}", properties)


def _caption(writing: _Writing, kind: str, number: int, title: str) -> str:
    word = own_words[kind]
    label = writing.marked(
        markup.reference(kind, number), run(word) + markup.field(f"SEQ {word} \\* ARABIC", str(number))
    )
    return label + run(f"　{title}" if title else "")


def _table(writing: _Writing, block: TableBlock) -> None:
    if block.annex:
        _blocks(writing, (annex_line(block),))
        return
    for part in split_columns(block):
        _table_part(writing, part)


def _table_part(writing: _Writing, block: TableBlock) -> None:
    setting = set_table(block)
    turned = writing.pages.end(turned=True)
    if setting.landscape and writing.body[-1:] == [turned]:  # goes on where the last one ended
        del writing.body[-1]
    elif setting.landscape:
        writing.body.append(writing.pages.end())
    writing.add(_caption(writing, "table", block.number, block.title), "caption", "<w:keepNext/>")
    writing.body.append(tables.table(block, setting, writing.styles.ids["cell"], writing.runs))
    for text in (block.note, block.source):
        if text:
            writing.add(run(text), "note")
    if not block.note and not block.source:
        writing.add("", "note")
    if setting.landscape:
        writing.body.append(turned)


def _figure(writing: _Writing, block: Figure) -> None:
    for content, purpose, properties in _figure_lines(writing, block, writing.pages.block()[0]):
        writing.add(content, purpose, properties)


def _figure_lines(writing: _Writing, block: Figure, widest: float) -> list[tuple[str, str, str]]:
    """Return the paragraphs of a figure: a chart's finding stands above it, a map's title below."""
    highest = writing.pages.block()[1] * load("document")["page"]["largest_figure_height"]
    name = f"{own_words['figure']}{block.number}"
    image = tables.picture(writing.word, block, widest=widest, highest=highest, name=name)
    caption = _caption(writing, "figure", block.number, block.caption)
    notes = [(run(text), "note", "") for text in (block.note, block.source) if text]
    if block.kind == "chart":
        keep = "<w:keepNext/>" if notes else ""
        return [(caption, "caption", "<w:keepNext/>"), (image, "picture", keep), *notes]
    return [(image, "picture", "<w:keepNext/>"), (caption, "caption", ""), *notes]


def _side_by_side(writing: _Writing, left: Figure, right: Figure) -> None:
    """Set two charts of half the width beside each other, in a table without rules."""
    half = writing.pages.block()[0] / 2
    cells = ""
    for figure in (left, right):
        lines = _figure_lines(writing, figure, half - 8)
        content = "".join(paragraph(text, writing.styles.ids[purpose], more) for text, purpose, more in lines)
        cells += f'<w:tc><w:tcPr><w:tcW w:w="{round(half * 20)}" w:type="dxa"/></w:tcPr>{content}</w:tc>'
    grid = f'<w:gridCol w:w="{round(half * 20)}"/>' * 2
    frame = f'<w:tblPr><w:tblW w:w="{round(half * 40)}" w:type="dxa"/><w:tblLayout w:type="fixed"/></w:tblPr>'
    writing.body.append(
        f"<w:tbl>{frame}<w:tblGrid>{grid}</w:tblGrid><w:tr><w:trPr><w:cantSplit/></w:trPr>{cells}</w:tr></w:tbl>"
    )
    writing.add("", "note")


def _list(writing: _Writing, block: ListBlock, level: int = 0) -> None:
    purpose, number = ("ordered", ORDERED_LIST) if block.ordered else ("bullet", styles.BULLET_LIST)
    if block.ordered:  # each list counts for itself
        writing.lists += 1
        number = writing.lists
        start = f'<w:lvlOverride w:ilvl="{level}"><w:startOverride w:val="{block.start}"/></w:lvlOverride>'
        writing.word.part.numbering_part.element.append(parse_xml(
            f'<w:num {markup.NAMESPACES} w:numId="{number}"><w:abstractNumId w:val="{ORDERED_LIST}"/>{start}</w:num>'
        ))  # fmt: skip
    for item in block.items:
        for at, part in enumerate(item):
            if isinstance(part, ListBlock):
                _list(writing, part, min(level + 1, 3))
            elif isinstance(part, Paragraph):
                counted = f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{number if at == 0 else 0}"/></w:numPr>'
                indent = "" if at == 0 else f'<w:ind w:left="{420 * (level + 1)}"/>'
                writing.add(writing.runs(part.runs), purpose, counted + indent)
            else:
                _blocks(writing, (part,))


def _code(writing: _Writing, block: Code) -> None:
    words = own_words
    label = run(words[block.kind] + "\n", "<w:b/>") if block.kind in {"stderr", "error"} else ""
    writing.add(label + run(shortened(block.text, load("document")["printed"]["paper"])), "code_block")


def _equation(writing: _Writing, block: Equation) -> None:
    """Write a formula in the middle of its line, its number at the end of it."""
    formula = omml(block.latex) or run(block.latex)
    number = run(f"（{block.number}）") if block.number else ""
    tab, (width, _) = "<w:r><w:tab/></w:r>", writing.pages.block()
    stops = "".join(
        f'<w:tab w:val="{kind}" w:pos="{round(at * 20)}"/>' for kind, at in (("center", width / 2), ("right", width))
    )
    content = f"{tab}{formula}{tab}{number}"
    writing.add(
        writing.marked(markup.anchor(block.anchor), content) if block.anchor else content,
        "plain",
        f'<w:tabs>{stops}</w:tabs><w:ind w:firstLineChars="0" w:firstLine="0"/>',
    )


def _definitions(writing: _Writing, block: Definitions) -> None:
    for term, explained in block.items:
        writing.add(writing.runs(tuple(replace(part, bold=True) for part in term)), "plain", "<w:keepNext/>")
        _blocks(writing, explained)


def _lost(writing: _Writing, block: Lost) -> None:
    writing.add(run(block.reason, '<w:color w:val="8F1D1D"/>'), "quote")


def _divider(writing: _Writing, _: Divider) -> None:
    writing.add("", "plain", '<w:pBdr><w:bottom w:val="single" w:sz="4" w:space="1" w:color="9AA4B1"/></w:pBdr>')


def _embed(writing: _Writing, block: Embed) -> None:
    _blocks(writing, block.twin)


# How each kind of block is written; a new kind is one function and one line.
_WRITERS: dict[type, Callable[[_Writing, Any], None]] = {
    Heading: _heading,
    TableBlock: _table,
    Figure: _figure,
    ListBlock: _list,
    Code: _code,
    Divider: _divider,
    Embed: _embed,
    Equation: _equation,
    Definitions: _definitions,
    Lost: _lost,
}


def _packed(word: WordDocument, document: Document, cover: Mapping[str, Any]) -> bytes:
    """Return the file; nothing in it depends on when it was made."""
    properties = word.core_properties
    properties.title = document.title[:MOST_IN_PROPERTY]
    properties.author = str(cover.get("issuer") or "")[:MOST_IN_PROPERTY]
    properties.last_modified_by, properties.revision = properties.author, 1
    properties.created = properties.modified = made_on(cover).replace(tzinfo=None)
    properties.language, properties.comments, properties.keywords = own_words["lang"], "", ""
    return saved_undated(word.save)
