"""Pictures in Word: the PNG every program shows, the drawing beside it for those that can, their words."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import quoteattr

from govkit.documents.read.blocks import Figure
from govkit.documents.read.images import SVG

if TYPE_CHECKING:
    from docx.document import Document as WordDocument

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
