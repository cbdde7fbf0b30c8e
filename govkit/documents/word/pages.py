"""Pages of a Word document: sections upright and turned, heads and page numbers, cover, marks and imprint."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import quoteattr

from govkit.catalogue import load
from govkit.documents.official import Official
from govkit.documents.read.words import words as own_words
from govkit.documents.word.markup import NAMESPACES, field, paragraph, run
from govkit.documents.word.styles import Look, Styles, faces

if TYPE_CHECKING:
    from docx.document import Document as WordDocument

_TWIPS_A_MM = 1440 / 25.4


class Pages:
    """The sections of one document; each call of ``end`` returns the paragraph that closes one."""

    def __init__(self, word: WordDocument, look: Look, styles: Styles, *, template: bool) -> None:
        """``template``: the page, heads and feet are the bureau's own."""
        self._look, self._styles = look, styles
        self._own = copy.deepcopy(word.element.body.sectPr) if template else None
        self._heads = self._numbers = ""

    def block(self, *, turned: bool = False) -> tuple[float, float]:
        """Return width and height of the text on a page, in points."""
        page = load("document")["page"]
        across = page["width"] - page["left"] - page["right"], page["height"] - page["top"] - page["bottom"]
        if turned:
            across = page["height"] - page["top"] - page["bottom"], page["width"] - page["left"] - page["right"]
        return across[0] * 72 / 25.4, across[1] * 72 / 25.4

    def start(self, *, heads: str = "", numbers: str = "") -> None:
        """Say what the section that begins here has: references to heads and feet, and how its pages are counted.

        Without them it has those of the section before, and goes on counting. ``numbers``: decimal or lowerRoman.
        """
        self._heads, self._numbers = heads, numbers

    def end(self, *, turned: bool = False) -> str:
        """Return the paragraph that ends a section, and begin one like it."""
        return paragraph("", self._styles.ids["plain"], self.properties(turned=turned))

    def properties(self, *, turned: bool = False) -> str:
        """Return the properties of the section that ends here."""
        heads, numbers = self._heads, self._numbers
        self.start()
        page = load("document")["page"]
        width, height = round(page["width"] * _TWIPS_A_MM), round(page["height"] * _TWIPS_A_MM)
        size = (
            f'<w:pgSz w:w="{height}" w:h="{width}" w:orient="landscape"/>'
            if turned
            else f'<w:pgSz w:w="{width}" w:h="{height}"/>'
        )
        sides = {side: round(page[side] * _TWIPS_A_MM) for side in ("top", "bottom", "left", "right")}
        if turned:  # the binding edge stays: what was left is on top
            sides = {"top": sides["left"], "right": sides["top"], "bottom": sides["right"], "left": sides["bottom"]}
        margins = "".join(f' w:{side}="{length}"' for side, length in sides.items())
        count = f'<w:pgNumType w:fmt="{numbers}" w:start="1"/>' if numbers else ""
        frame = f'{size}<w:pgMar{margins} w:header="1134" w:footer="1361" w:gutter="0"/>'
        if self._own is not None and not turned:
            return self._bureau_page(count)
        return f'<w:sectPr {NAMESPACES}>{heads}<w:type w:val="nextPage"/>{frame}{count}</w:sectPr>'

    def _bureau_page(self, count: str) -> str:
        """Return the section of the bureau's template, its heads and feet with it, counted as ours."""
        from lxml import etree

        own: Any = copy.deepcopy(self._own)
        for old in own.findall("{*}pgNumType"):
            own.remove(old)
        text = str(etree.tostring(own, encoding="unicode"))
        after = next(
            (place for tag in ("<w:cols", "<w:docGrid") if (place := text.find(tag)) > 0), text.rfind("</w:sectPr>")
        )
        return text[:after] + count + text[after:]


def head_and_feet(word: WordDocument, look: Look, styles: Styles, title: str, *, synthetic: str) -> str:
    """Put the running head and the page numbers into the document and return the references of a section."""
    part: Any = word.part
    mark = f"　【{synthetic}】" if synthetic else ""
    text = f"{title}{mark}" if look["running_head"] or synthetic else ""
    header, header_id = part.add_header_part()
    _fill(header, paragraph(run(text), styles.ids["header"] if text else styles.ids["plain"]))
    found = (
        f'<w:headerReference w:type="default" r:id="{header_id}"/><w:headerReference w:type="even" r:id="{header_id}"/>'
    )
    sides = look["page_number_sides"]
    for kind, side in (("default", sides[0]), ("even", sides[1])):
        footer, footer_id = part.add_footer_part()
        number = run("— ") + field("PAGE", "1") + run(" —")
        indent = {
            "right": '<w:ind w:rightChars="100" w:right="280"/>',
            "left": '<w:ind w:leftChars="100" w:left="280"/>',
        }
        along = f'{indent.get(side, "")}<w:jc w:val="{side}"/>'
        _fill(footer, paragraph(number, styles.ids["footer"], along))
        found += f'<w:footerReference w:type="{kind}" r:id="{footer_id}"/>'
    word.settings.odd_and_even_pages_header_footer = sides[0] != sides[1]
    return found


def _fill(part: Any, content: str) -> None:
    from docx.oxml import parse_xml

    root = part.element
    for child in list(root):
        root.remove(child)
    root.extend(parse_xml(f"<w:body {NAMESPACES}>{content}</w:body>"))


def marks_above(official: Official, styles: Styles) -> str:
    """Return what stands above the title of an official document: marks, 发文机关标志, 文号 and the red rule."""
    plain = styles.ids["plain"]
    bold = f'{faces("heading")}<w:sz w:val="32"/>'
    found = "".join(paragraph(run(mark, bold), plain) for mark in official.marks)
    if official.issuer_mark:
        red = f'{faces("title")}<w:color w:val="C00000"/><w:sz w:val="72"/>'
        found += paragraph(
            run(official.issuer_mark, red), plain, '<w:spacing w:before="600" w:after="480"/><w:jc w:val="center"/>'
        )
    if official.number:
        rule = (
            '<w:pBdr><w:bottom w:val="single" w:sz="12" w:space="4" w:color="C00000"/></w:pBdr><w:jc w:val="center"/>'
        )
        found += paragraph(run(official.number, f'{faces("fangsong")}<w:sz w:val="32"/>'), plain, rule)
    return found


def signature(official: Official, styles: Styles) -> str:
    """Return what stands below the text: attachments, signature, date, remark and the imprint."""
    body, words = styles.ids["body"], own_words
    found, edge = "", round(load("document")["look"]["official"]["block"] * _TWIPS_A_MM)
    for at, name in enumerate(official.attachments):
        lead = words["attachment"] if at == 0 else "　" * len(words["attachment"])
        found += paragraph(run(lead + name), body, "<w:keepNext/>")
    place = '<w:ind w:firstLine="0" w:firstLineChars="0" w:right="1280"/><w:jc w:val="right"/>'
    end = '<w:keepNext/><w:spacing w:before="{}"/>' + place
    for at, line in enumerate(line for line in (official.signed_by, official.date) if line):
        found += paragraph(run(line), body, end.format(600 if at == 0 else 0))
    found += paragraph(run(official.remark), body) if official.remark else ""
    for at, (left, right) in enumerate(official.imprint):
        last = at + 1 == len(official.imprint)
        rules = f'<w:top w:val="single" w:sz="{8 if at == 0 else 4}" w:space="2" w:color="auto"/>'
        rules += '<w:bottom w:val="single" w:sz="8" w:space="2" w:color="auto"/>' if last else ""
        tabs = f'<w:tabs><w:tab w:val="right" w:pos="{edge}"/></w:tabs>'
        spacing = '<w:spacing w:before="400"/>' if at == 0 else ""
        content = run(left, '<w:sz w:val="28"/>') + (
            "<w:r><w:tab/></w:r>" + run(right, '<w:sz w:val="28"/>') if right else ""
        )
        found += paragraph(content, styles.ids["plain"], f"<w:keepNext/><w:pBdr>{rules}</w:pBdr>{tabs}{spacing}")
    return found


def substitutes(word: WordDocument) -> None:
    """Tell Word which face to take where one of ours is not installed."""
    entries = "".join(
        f'<w:font w:name={quoteattr(name)}><w:altName w:val={quoteattr(",".join(others))}/><w:charset w:val="86"/>'
        '<w:family w:val="auto"/><w:pitch w:val="variable"/></w:font>'
        for name, others in load("document")["word"]["substitutes"].items()
    )
    for relation in word.part.rels.values():
        if relation.reltype.endswith("/fontTable"):
            part: Any = relation.target_part
            blob = f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<w:fonts {NAMESPACES}>{entries}</w:fonts>'
            part._blob = blob.encode("utf-8")
