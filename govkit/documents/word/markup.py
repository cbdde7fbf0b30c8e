"""Pieces of WordprocessingML as text: runs, paragraphs, fields, bookmarks. Everything a reader sees is escaped."""

from __future__ import annotations

import re
from xml.sax.saxutils import escape, quoteattr

from govkit.documents.read.blocks import Run

NAMESPACES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture" '
    'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math" '
    'xmlns:asvg="http://schemas.microsoft.com/office/drawing/2016/SVG/main"'
)
# What XML has no place for.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def run(text: str, properties: str = "") -> str:
    """Return a run; a line end in ``text`` breaks the line."""
    inside = "<w:br/>".join(
        f'<w:t xml:space="preserve">{escape(part)}</w:t>' for part in _FORBIDDEN.sub("", text).split("\n")
    )
    return f"<w:r>{_properties(properties)}{inside}</w:r>"


def _properties(properties: str) -> str:
    return f"<w:rPr>{properties}</w:rPr>" if properties else ""


def paragraph(content: str, style: str, properties: str = "") -> str:
    """Return a paragraph of runs in a style; ``properties`` follow the style as WordprocessingML orders them."""
    return f"<w:p><w:pPr><w:pStyle w:val={quoteattr(style)}/>{properties}</w:pPr>{content}</w:p>"


def open_field(instruction: str) -> tuple[str, str]:
    """Return what stands before and after the result of a field that Word is to find anew when it opens the file."""
    begin = field(instruction, "", dirty=True)
    end = '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    return begin.removesuffix(end), end


def field(instruction: str, result: str, properties: str = "", *, dirty: bool = False) -> str:
    """Return a field with the result it has now; ``dirty``: Word finds it anew when the file is opened."""
    state = ' w:dirty="true"' if dirty else ""
    rpr = _properties(properties)
    return (
        f'<w:r>{rpr}<w:fldChar w:fldCharType="begin"{state}/></w:r>'
        f'<w:r>{rpr}<w:instrText xml:space="preserve"> {escape(instruction)} </w:instrText></w:r>'
        f'<w:r>{rpr}<w:fldChar w:fldCharType="separate"/></w:r>{run(result, properties)}'
        f'<w:r>{rpr}<w:fldChar w:fldCharType="end"/></w:r>'
    )


def bookmark(number: int, name: str, content: str) -> str:
    """Return content that can be referred to by ``name``."""
    start = f'<w:bookmarkStart w:id="{number}" w:name={quoteattr(name)}/>'
    return f'{start}{content}<w:bookmarkEnd w:id="{number}"/>'


def reference(kind: str, number: int) -> str:
    """Return the bookmark's name of a figure's or table's label."""
    return f"_Ref_{kind}_{number}"


def cited(text: str, properties: str, labels: dict[str, str]) -> str:
    """Return a run in which 图3 and 表2, where there is such a label, are references to it."""
    pieces, at = [], 0
    for found in re.finditer(r"[图表]\s?\d+(?![\d.])", text):
        label = re.sub(r"\s", "", found[0])
        if label not in labels:
            continue
        pieces.append(run(text[at : found.start()], properties) if found.start() > at else "")
        pieces.append(field(f"REF {labels[label]} \\h", found[0], properties))
        at = found.end()
    return "".join(pieces) + (run(text[at:], properties) if at < len(text) or not pieces else "")


def styled(part: Run, styles: dict[str, str]) -> str:
    """Return the run properties of a stretch of text."""
    style = styles["code"] if part.code else styles["link"] if part.link else ""
    found = f'<w:rStyle w:val="{style}"/>' if style else ""
    if part.italic:  # printed Chinese has no slanted letters: another face says it
        found = found or f'<w:rStyle w:val="{styles["emphasis"]}"/>'
    found += ("<w:b/>" if part.bold else "") + ("<w:strike/>" if part.strike else "")
    raised = {"sup": "superscript", "sub": "subscript"}.get(part.raised, "")
    return found + (f'<w:vertAlign w:val="{raised}"/>' if raised else "")


def anchor(name: str) -> str:
    """Return the bookmark's name of what links within a document lead to; a heading has the contents' own."""
    return f"_Toc_{name}" if re.fullmatch(r"s\d+", name) else "_A_" + name.replace("-", "_")
