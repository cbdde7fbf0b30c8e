"""Pictures and tables in Word: three rules, heads repeated on every page, rows whole, two on either side of a break."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import quoteattr

from govkit.catalogue import load
from govkit.documents.pdf.typesetting import Setting, stays_whole
from govkit.documents.read.blocks import Column, Figure, Run, TableBlock
from govkit.documents.read.images import SVG
from govkit.documents.read.words import words
from govkit.documents.word.markup import paragraph, run

if TYPE_CHECKING:
    from docx.document import Document as WordDocument

_BODY_SIZE = 10.5
# Word's lines are higher than their type by themselves: this many of the 20 twips of a point remain as gap.
_WORD_GAP = 7.6


def table(block: TableBlock, setting: Setting, style: str, runs: Callable[[tuple[Run, ...]], str]) -> str:
    """Return a table; its caption, note and source stand outside. ``runs`` writes cells that are more than text."""
    widths = [round(width * 20) for width in setting.widths]
    padding = round(setting.padding * 20)
    grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
    above = round(setting.row_gap * _WORD_GAP)
    margins = (("top", above), ("left", padding), ("bottom", above), ("right", padding))
    sides = "".join(f'<w:{side} w:w="{width}" w:type="dxa"/>' for side, width in margins)
    borders = "".join(f'<w:{side} w:val="single" w:sz="8" w:space="0" w:color="auto"/>' for side in ("top", "bottom"))
    head = (
        f'<w:tblPr><w:tblW w:w="{sum(widths)}" w:type="dxa"/><w:jc w:val="center"/>'
        f'<w:tblBorders>{borders}</w:tblBorders><w:tblLayout w:type="fixed"/>'
        f"<w:tblCellMar>{sides}</w:tblCellMar></w:tblPr><w:tblGrid>{grid}</w:tblGrid>"
    )
    size = "" if setting.size == _BODY_SIZE else f'<w:sz w:val="{round(setting.size * 2)}"/>'
    whole = stays_whole(block, setting)
    rows = _heads(block, widths, style, size) + "".join(
        _row(block, at, widths, style, size, runs, whole=whole) for at in range(len(block.rows))
    )
    return f"<w:tbl>{head}{rows}</w:tbl>"


def _cell(
    text: str,
    width: int,
    style: str,
    *,
    align: str,
    letters: str = "",
    more: str = "",
    keep: bool = False,
    written: str = "",
) -> str:
    along = "<w:keepNext/>" if keep else ""
    side = {"left": "left", "right": "right", "center": "center"}.get(align, "left")
    content = paragraph(written or run(text, letters), style, f'{along}<w:jc w:val="{side}"/>')
    return f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{more}<w:vAlign w:val="center"/></w:tcPr>{content}</w:tc>'


def _rule(weight: int, colour: str = "auto") -> str:
    return f'<w:tcBorders><w:bottom w:val="single" w:sz="{weight}" w:space="0" w:color="{colour}"/></w:tcBorders>'


def _heads(block: TableBlock, widths: list[int], style: str, size: str) -> str:
    letters = f"<w:b/>{size}"
    row = "<w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>{}</w:tr>"
    if not block.grouped:
        cells = [
            _head(column, width, style, letters, _rule(4)) for column, width in zip(block.columns, widths, strict=True)
        ]
        return row.format("".join(cells))
    upper, lower, at = [], [], 0
    for group, span in block.groups:
        if group:
            joined = f'<w:gridSpan w:val="{span}"/>{_rule(4)}'
            upper.append(
                _cell(
                    group, sum(widths[at : at + span]), style, align="center", letters=letters, more=joined, keep=True
                )
            )
            lower += [_head(block.columns[one], widths[one], style, letters, _rule(4)) for one in range(at, at + span)]
        else:
            upper.append(_head(block.columns[at], widths[at], style, letters, '<w:vMerge w:val="restart"/>'))
            lower.append(_cell("", widths[at], style, align="center", more=f"<w:vMerge/>{_rule(4)}", keep=True))
        at += span
    return row.format("".join(upper)) + row.format("".join(lower))


def _head(column: Column, width: int, style: str, letters: str, more: str) -> str:
    text = f"{column.label}\n{words['unit_open']}{column.unit}{words['unit_close']}" if column.unit else column.label
    return _cell(text, width, style, align="center", letters=letters, more=more, keep=True)


def _row(
    block: TableBlock,
    at: int,
    widths: list[int],
    style: str,
    size: str,
    runs: Callable[[tuple[Run, ...]], str],
    *,
    whole: bool,
) -> str:
    count = len(block.rows)
    keep = at < count - 1 and (whole or at == 0 or at == count - 2)
    band = load("document")["colours"]["band"].lstrip("#")
    shade = f'<w:shd w:val="clear" w:color="auto" w:fill="{band}"/>' if at in block.emphasis else ""
    hair = load("document")["colours"]["rule"].lstrip("#")
    light = _rule(2, hair) if count > 10 and (at + 1) % 5 == 0 and at + 1 < count else ""
    cells = []
    for place, (text, width, column) in enumerate(zip(block.rows[at], widths, block.columns, strict=True)):
        look, rich = block.look(at, place), block.runs(at, place)
        fill = look.fill if look else ""
        mine = f'<w:shd w:val="clear" w:color="auto" w:fill="{fill[1:]}"/>' if fill else shade
        bold = "<w:b/>" if at in block.emphasis or (look and look.bold) else ""
        ink = f'<w:color w:val="{look.ink[1:]}"/>' if look and look.ink else ""
        cells.append(
            _cell(
                text,
                width,
                style,
                align=column.align,
                letters=bold + ink + size,
                more=light + mine,
                keep=keep,
                written=runs(rich) if rich else "",
            )
        )
    long = any(len(text) > load("document")["tables"]["long_row"] for text in block.rows[at])
    return f"<w:tr><w:trPr>{'' if long else '<w:cantSplit/>'}</w:trPr>{''.join(cells)}</w:tr>"


_EMU_A_PIXEL = 9525
_EMU_A_POINT = 12700
_SVG_EXTENSION = "{96DAC541-7B7A-43D3-8B79-37D633B846F1}"


def picture(word: WordDocument, figure: Figure, *, widest: float, highest: float, name: str) -> str:
    """Return a run with the picture, at most ``widest`` × ``highest`` points, its alternative text with it."""
    width, height = figure.width * _EMU_A_PIXEL, figure.height * _EMU_A_PIXEL
    shrink = min(1.0, widest * _EMU_A_POINT / width, highest * _EMU_A_POINT / height)
    return _inline(
        _image_id(word, figure), _drawing_id(word, figure), round(width * shrink), round(height * shrink),
        number=figure.number, name=name, words=figure.alt or figure.caption or name,
    )  # fmt: skip


def _image_id(word: WordDocument, figure: Figure) -> str:
    """Put the picture into the package, once, and return its relation."""
    from govkit.documents.deck.pptx import png_of

    data = png_of(figure.image) if figure.mime == SVG else figure.image
    part: Any = word.part
    found, _ = part.get_or_add_image(io.BytesIO(data))
    return str(found)


def _drawing_id(word: WordDocument, figure: Figure) -> str:
    """Put the SVG of a picture into the package and return its relation, "" if it has none."""
    from docx.opc.constants import RELATIONSHIP_TYPE
    from docx.opc.packuri import PackURI
    from docx.opc.part import Part

    data = figure.vector or (figure.image if figure.mime == SVG else b"")
    if not data:
        return ""
    part: Any = word.part
    drawing = Part(PackURI(f"/word/media/drawing{figure.number}.svg"), "image/svg+xml", data, part.package)
    return str(part.relate_to(drawing, RELATIONSHIP_TYPE.IMAGE))


def _inline(image: str, drawing: str, width: int, height: int, *, number: int, name: str, words: str) -> str:
    extension = (
        f'<a:extLst><a:ext uri="{_SVG_EXTENSION}"><asvg:svgBlip r:embed="{drawing}"/></a:ext></a:extLst>'
        if drawing
        else ""
    )
    described = f'id="{number}" name={quoteattr(name)} descr={quoteattr(words)}'
    return (
        f'<w:r><w:drawing><wp:inline distT="0" distB="0" distL="0" distR="0"><wp:extent cx="{width}" cy="{height}"/>'
        f'<wp:docPr {described}/><a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture">'
        f"<pic:pic><pic:nvPicPr><pic:cNvPr {described}/><pic:cNvPicPr/></pic:nvPicPr>"
        f'<pic:blipFill><a:blip r:embed="{image}">{extension}</a:blip>'
        "<a:stretch><a:fillRect/></a:stretch></pic:blipFill>"
        f'<pic:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="{width}" cy="{height}"/></a:xfrm>'
        '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></pic:spPr></pic:pic></a:graphicData></a:graphic></wp:inline>'
        "</w:drawing></w:r>"
    )
