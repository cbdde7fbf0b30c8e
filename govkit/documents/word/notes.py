"""Footnotes of a Word document: taken from the end of the document and put where Word keeps its own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from govkit.documents.read.blocks import Block, Divider, ListBlock, Paragraph, Run
from govkit.documents.word.markup import NAMESPACES

if TYPE_CHECKING:
    from docx.document import Document as WordDocument

_PART, _KIND = "/word/footnotes.xml", "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"
_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes"
_MARK = re.compile(r"#note-(\d+)$")
# What Word draws between text and notes; their numbers are those every file has.
_RULES = "".join(
    f'<w:footnote w:type="{kind}" w:id="{at}"><w:p><w:r><w:{kind}/></w:r></w:p></w:footnote>'
    for at, kind in ((-1, "separator"), (0, "continuationSeparator"))
)

Notes = dict[int, tuple[Run, ...]]


def parted(blocks: tuple[Block, ...]) -> tuple[tuple[Block, ...], Notes]:
    """Return the blocks without the notes at their end, and the notes by number; none where one is more than text."""
    for at in range(len(blocks) - 2):
        rule, _, listed = blocks[at : at + 3]
        if isinstance(rule, Divider) and isinstance(listed, ListBlock) and _anchor(listed) == "note-1":
            if any(len(item) != 1 or not isinstance(item[0], Paragraph) for item in listed.items):
                break
            texts = (item[0].runs[1:-1] for item in listed.items if isinstance(item[0], Paragraph))
            return blocks[:at] + blocks[at + 3 :], dict(enumerate(texts, start=1))
    return blocks, {}


def _anchor(listed: ListBlock) -> str:
    first = listed.items[0][0] if listed.items and listed.items[0] else None
    return first.runs[0].anchor if isinstance(first, Paragraph) and first.runs else ""


def noted(part: Run, notes: Notes) -> int:
    """Return which note a stretch of text is the mark of, 0 for none."""
    found = _MARK.search(part.link)
    number = int(found[1]) if found else 0
    return number if number in notes else 0


def mark(number: int, style: str) -> str:
    """Return the run at which Word sets the number of a note."""
    return f'<w:r><w:rPr><w:rStyle w:val="{style}"/></w:rPr><w:footnoteReference w:id="{number}"/></w:r>'


def add(word: WordDocument, written: Mapping[int, str], styles: Mapping[str, str]) -> None:
    """Put the notes, their content as runs by number, into the file."""
    from docx.opc.packuri import PackURI
    from docx.opc.part import Part

    if not written:
        return
    own = f'<w:r><w:rPr><w:rStyle w:val="{styles["note_mark"]}"/></w:rPr><w:footnoteRef/></w:r>'
    body = "".join(
        f'<w:footnote w:id="{number}"><w:p><w:pPr><w:pStyle w:val="{styles["footnote"]}"/></w:pPr>{own}'
        f'<w:r><w:t xml:space="preserve"> </w:t></w:r>{content}</w:p></w:footnote>'
        for number, content in written.items()
    )
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    data = f"{head}<w:footnotes {NAMESPACES}>{_RULES}{body}</w:footnotes>".encode()
    part: Any = word.part
    if not any(one.reltype == _RELATION for one in part.rels.values()):
        part.relate_to(Part(PackURI(_PART), _KIND, data, part.package), _RELATION)
        return
    own_part = part.part_related_by(_RELATION)  # the bureau's template has notes of its own, none of them used
    own_part._blob = data
