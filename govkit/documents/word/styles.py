"""The styles of a Word document: our own, or a bureau's where its template has them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import quoteattr

from govkit.catalogue import load
from govkit.documents.word.markup import NAMESPACES

if TYPE_CHECKING:
    from docx.document import Document as WordDocument

# What a paragraph or a stretch of text is for → the style's name in Word, and what one looks for it by in a template.
NAMES = {
    "title": "Title", "subtitle": "Subtitle", "heading1": "heading 1", "heading2": "heading 2", "heading3": "heading 3",
    "heading4": "heading 4", "caption": "caption", "contents1": "toc 1", "contents2": "toc 2", "contents3": "toc 3",
    "header": "header", "footer": "footer", "bullet": "List Bullet", "ordered": "List Number", "body": "报告正文",
    "cell": "报告表格", "note": "报告注", "quote": "报告引用", "code_block": "报告代码", "picture": "报告图",
    "plain": "报告版式", "code": "报告代码字", "link": "Hyperlink", "emphasis": "Emphasis", "footnote": "footnote text",
    "note_mark": "footnote reference",
}  # fmt: skip
# A bureau's template is told to lack these; the others are our own and simply added.
_EXPECTED = ("title", "heading1", "heading2", "heading3", "heading4", "caption")
HEADINGS = ("heading1", "heading2", "heading3", "heading4")
HEADING_LIST, BULLET_LIST, ORDERED_LIST = 9001, 9002, 9003


@dataclass(frozen=True)
class Look:
    """How a document is set: ``official`` after GB/T 9704-2012 or ``report``; sizes in points."""

    name: str
    values: dict[str, Any]

    def __getitem__(self, key: str) -> Any:
        return self.values[key]


def look_of(name: str) -> Look:
    """Return a look of catalogue/document.toml; the usual one for "" or a name it does not have."""
    looks = load("document")["look"]
    name = name if name in looks else "report"
    return Look(name, looks[name])


@dataclass(frozen=True)
class Styles:
    """Ids of the styles by purpose, which of them the template lacked, and whether headings number themselves."""

    ids: dict[str, str]
    made: tuple[str, ...]
    numbered: frozenset[str]


def settle_styles(word: WordDocument, look: Look, *, own: bool) -> Styles:
    """Put the styles a document needs into ``word`` and return their ids.

    ``own``: the file is ours and every style is set; otherwise it is a bureau's template: what it has stays as it is.
    """
    element: Any = word.styles.element
    there = {str(style.name).lower(): style for style in word.styles}
    if own:
        _set_defaults(element, look)
        for style in list(element.style_lst):
            if style.get(_w("type")) == "table" and style.get(_w("default")) != "1":
                element.remove(style)
    ids, made, numbered = {}, [], set()
    for purpose, name in NAMES.items():
        found = there.get(name.lower())
        if found is not None and not own:
            ids[purpose] = str(found.style_id)
            if found.element.find(f"{_w('pPr')}/{_w('numPr')}") is not None:
                numbered.add(purpose)
            continue
        if found is not None:
            element.remove(found.element)
        ids[purpose] = _style_id(purpose)
        element.append(_style(purpose, name, look))
        numbered |= {purpose} & set(HEADINGS)
        made += [] if own else [name] if purpose in _EXPECTED else []
    _settle_lists(word)
    return Styles(ids, tuple(made), frozenset(numbered))


def _w(name: str) -> str:
    from docx.oxml.ns import qn

    return str(qn(f"w:{name}"))


def _style_id(purpose: str) -> str:
    return "Govkit" + purpose.title().replace("_", "")


def _parsed(text: str) -> Any:
    from docx.oxml import parse_xml

    return parse_xml(text)


def faces(chinese: str) -> str:
    """Return the fonts of a run: a Chinese face, and the western one that goes with it."""
    words = load("document")["word"]
    name = words["faces"][chinese]
    western = words["western"] if chinese in ("body", "fangsong", "kaiti") else name
    western = quoteattr(western)
    return (
        f'<w:rFonts w:ascii={western} w:hAnsi={western} w:cs={western} w:eastAsia={quoteattr(name)} w:hint="eastAsia"/>'
    )


def _set_defaults(element: Any, look: Look) -> None:
    """Set face, size and language of everything that says nothing else."""
    defaults = element.find(_w("docDefaults"))
    if defaults is not None:
        element.remove(defaults)
    size = f'<w:sz w:val="{round(look["body_size"] * 2)}"/><w:szCs w:val="{round(look["body_size"] * 2)}"/>'
    language = '<w:lang w:val="en-US" w:eastAsia="zh-CN" w:bidi="ar-SA"/>'
    element.insert(0, _parsed(
        f"<w:docDefaults {NAMESPACES}><w:rPrDefault>"
        f"<w:rPr>{faces(look['body_face'])}{size}{language}</w:rPr></w:rPrDefault>"
        "<w:pPrDefault/></w:docDefaults>"
    ))  # fmt: skip


def _style(purpose: str, name: str, look: Look) -> Any:
    """Return a style of ours as XML."""
    kind = "character" if purpose in ("code", "link", "emphasis", "note_mark") else "paragraph"
    based = "" if kind == "character" else '<w:basedOn w:val="Normal"/>'
    after = f'<w:next w:val="{_style_id("body")}"/>' if purpose in HEADINGS or purpose == "title" else ""
    shown = "<w:qFormat/>" if purpose in (*HEADINGS, "title", "body", "caption") else ""
    ppr = "" if kind == "character" else f"<w:pPr>{_paragraph_look(purpose, look)}</w:pPr>"
    custom = ' w:customStyle="1"' if name.startswith("报告") else ""
    return _parsed(
        f'<w:style {NAMESPACES} w:type="{kind}"{custom} w:styleId="{_style_id(purpose)}">'
        f"<w:name w:val={quoteattr(name)}/>"
        f"{based}{after}{shown}{ppr}<w:rPr>{_letter_look(purpose, look)}</w:rPr></w:style>"
    )


def _line(points: float) -> str:
    return f'w:line="{round(points * 20)}" w:lineRule="exact"'


def _paragraph_look(purpose: str, look: Look) -> str:
    line, body = _line(look["line"]), look["body_size"]
    if purpose in HEADINGS:
        level = int(purpose[-1]) - 1
        before, after = look["heading_space"]
        indent = f'<w:ind w:firstLineChars="200" w:firstLine="{round(body * 40)}"/>' if look["heading_indent"] else ""
        number = f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{HEADING_LIST}"/></w:numPr>'
        spacing = f'<w:spacing w:before="{round(before * 20)}" w:after="{round(after * 20)}" {line}/>'
        return f'<w:keepNext/><w:keepLines/>{number}{spacing}{indent}<w:outlineLvl w:val="{level}"/>'
    if purpose.startswith("contents"):
        level = int(purpose[-1]) - 1
        tabs = f'<w:tabs><w:tab w:val="right" w:leader="dot" w:pos="{round(look.values["block"] * 56.7)}"/></w:tabs>'
        return f'{tabs}<w:spacing {_line(min(look["line"], 18.0))}/><w:ind w:left="{round(level * body * 32)}"/>'
    indent = f'<w:ind w:firstLineChars="200" w:firstLine="{round(body * 40)}"/>'
    band = f'<w:shd w:val="clear" w:color="auto" w:fill="{load("document")["colours"]["band"].lstrip("#")}"/>'
    settled = {
        "body": f'<w:spacing {line}/>{indent}<w:jc w:val="both"/>',
        "title": f'<w:spacing w:before="240" w:after="240" {_line(look["title_size"] * 1.45)}/><w:jc w:val="center"/>',
        "subtitle": '<w:spacing w:before="60" w:after="60"/><w:jc w:val="center"/>',
        "caption": '<w:keepLines/><w:spacing w:before="160" w:after="80"/><w:jc w:val="center"/>',
        "note": '<w:spacing w:before="40" w:after="40"/><w:jc w:val="left"/>',
        "picture": '<w:keepLines/><w:spacing w:before="80" w:after="60"/><w:jc w:val="center"/>',
        "quote": '<w:pBdr><w:left w:val="single" w:sz="12" w:space="8" w:color="9AA4B1"/></w:pBdr>'
        f'{band}<w:spacing w:before="80" w:after="80"/><w:ind w:left="240"/>',
        "code_block": f'{band}<w:spacing w:before="80" w:after="80"/>',
        "header": '<w:pBdr><w:bottom w:val="single" w:sz="4" w:space="2" w:color="9AA4B1"/></w:pBdr>',
        "footer": '<w:jc w:val="center"/>',
        "bullet": f'<w:numPr><w:numId w:val="{BULLET_LIST}"/></w:numPr><w:spacing {line}/>',
        "ordered": f'<w:numPr><w:numId w:val="{ORDERED_LIST}"/></w:numPr><w:spacing {line}/>',
    }
    return settled.get(purpose, "")


def _letter_look(purpose: str, look: Look) -> str:
    colours, size = load("document")["colours"], look["body_size"]
    soft = f'<w:color w:val="{colours["soft"].lstrip("#")}"/>'
    if purpose in HEADINGS:
        at = HEADINGS.index(purpose)
        bold = "<w:b/>" if look["heading_bold"][at] else ""
        return f"{faces(look['heading_faces'][at])}{bold}{_size(look['heading_sizes'][at])}"
    closer = look.values.get("letter_spacing", 0.0)
    settled = {
        "body": f'<w:spacing w:val="{round(closer * 20)}"/>' if closer else "",
        "title": f"{faces('title')}{_size(look['title_size'])}",
        "subtitle": f"{faces('heading')}{_size(16)}",
        "contents1": faces("heading"),
        "caption": f"{faces('heading')}{_size(10.5)}",
        "cell": f"{faces('table')}{_size(10.5)}",
        "note": f"{faces('table')}{soft}{_size(9)}",
        "quote": soft,
        "code_block": f"{faces('heading')}{_size(9)}",
        "header": f"{soft}{_size(9)}",
        "footer": f"{faces('body')}{_size(look['page_number_size'])}",
        "code": f"{faces('heading')}{_size(size * 0.9)}",
        "link": '<w:color w:val="1F3A5F"/><w:u w:val="single"/>',
        "emphasis": faces("kaiti"),
        "footnote": _size(9),
        "note_mark": '<w:vertAlign w:val="superscript"/>',
    }
    return settled.get(purpose, "")


def _size(points: float) -> str:
    return f'<w:sz w:val="{round(points * 2)}"/><w:szCs w:val="{round(points * 2)}"/>'


def _settle_lists(word: WordDocument) -> None:
    """Put the numbering of headings and lists into the document."""
    import docx

    part: Any = word.part
    try:
        numbering = part.numbering_part
    except (KeyError, NotImplementedError):
        numbering = docx.Document().part.numbering_part
        part.relate_to(numbering, "http://schemas.openxmlformats.org/officeDocument/2006/relationships/numbering")
    element = numbering.element
    heads = [
        ("chineseCountingThousand", "%1、"),
        ("chineseCountingThousand", "（%2）"),
        ("decimal", "%3."),
        ("decimal", "（%4）"),
    ]
    lists = {
        HEADING_LIST: [(*head, 0, _style_id(style)) for head, style in zip(heads, HEADINGS, strict=True)],
        BULLET_LIST: [("bullet", mark, 420 * (at + 1), "") for at, mark in enumerate("•–•–")],
        ORDERED_LIST: [("decimal", f"%{at + 1}.", 420 * (at + 1), "") for at in range(4)],
    }
    for at, (number, levels) in enumerate(lists.items()):
        element.insert(at, _parsed(
            f'<w:abstractNum {NAMESPACES} w:abstractNumId="{number}"><w:multiLevelType w:val="multilevel"/>'
            + "".join(_level(place, *level) for place, level in enumerate(levels))
            + "</w:abstractNum>"
        ))  # fmt: skip
        element.append(_parsed(f'<w:num {NAMESPACES} w:numId="{number}"><w:abstractNumId w:val="{number}"/></w:num>'))


def _level(at: int, form: str, text: str, indent: int, style: str) -> str:
    linked = f'<w:pStyle w:val="{style}"/>' if style else ""
    place = f'<w:pPr><w:ind w:left="{indent}" w:hanging="420"/></w:pPr>' if indent else ""
    after = '<w:suff w:val="nothing"/>' if not indent else '<w:suff w:val="tab"/>'
    return (
        f'<w:lvl w:ilvl="{at}"><w:start w:val="1"/><w:numFmt w:val="{form}"/>{linked}{after}'
        f'<w:lvlText w:val="{text}"/><w:lvlJc w:val="left"/>{place}</w:lvl>'
    )
