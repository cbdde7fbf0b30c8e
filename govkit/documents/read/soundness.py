"""Whether a report may go out under an office's name: checked by what it says, not by how much of it there is.

Every output of a section bears the section's name and the code of its unit (``SECTION``, in the metadata, kept out of
what is printed). Checked are reports with a cover; of other notebooks only what is wrong in any document.
"""

from __future__ import annotations

import io
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PIL import Image

from govkit.catalogue import load
from govkit.display.figures import WITHOUT_DATA
from govkit.documents.read.arithmetic import out_of_bounds, tables_of, wrong_totals
from govkit.documents.read.blocks import Code, Figure, TableBlock
from govkit.documents.read.tree import SECTION, Document, Unconverted, clip, every, first, outputs, slide_texts, texts
from govkit.errors import ReportError

if TYPE_CHECKING:
    from nbformat import NotebookNode

ANNOUNCED = "application/vnd.govkit.section+json"
_COVER = "application/vnd.govkit.cover+json"
_SLIDE = "application/vnd.govkit.slide+json"
_NO_NUMBER = re.compile(
    r"(?<![0-9A-Za-z_./-])(?:nan|NaN|NAN|[-+]?inf|[-+]?∞|Infinity|None|<NA>|NaT|undefined)(?![0-9A-Za-z_./-])"
    r"|[—–]\s*[%％]"
)
_BROKEN = "\ufffd"
_NUMBER = re.compile(r"(?<![0-9A-Za-z_.,-])[-+−]?\d[\d,]*(?:\.\d+)?(?![0-9A-Za-z_])")
# Numbers that name a day, a place in an order or a document, and say nothing that a table would hold.
_NAMES = re.compile(
    r"\d+年(?:\d+月(?:\d+日)?)?|\d+月(?:\d+日)?|\d+日|第\d+|\d+[-—至~]\d+月|[〔\[]\d+[〕\]]\d*号?|[图表]\s*\d+|\d+号|[一-龥]?\d+岁"
)
_SWATCH = 150  # CSS pixels
# A picture of so many pixels, fewer than this share of them drawn, shows nothing.
_LARGE, _LEAST_INK = 40_000, 0.0002
_SHAPE = re.compile(rb"<(?:rect|path|circle|ellipse|line|polyline|polygon|text|image|use)\b[^>]*>")
_WHITE = re.compile(rb"(?i)fill\s*[=:]\s*[\"']?\s*(?:white|none|transparent|#fff(?:fff)?)\b")


def check_sound(
    document: Document,
    notebook: NotebookNode,
    *,
    code: str = "",
    name: str = "",
    period: str = "",
    elsewhere: Collection[str] = (),
) -> None:
    """Raise ReportError with every reason why a document must not go out; ``code``, ``name``: of the report's unit.

    ``period``: id of the report's period; ``elsewhere``: names and codes of units below other districts.

    Checked are documents with a cover: pictures of one colour, characters that are none, nan, inf and None for
    numbers, outputs and covers of another unit or period, tables and figures that name units ``elsewhere`` in cells
    not tagged as a comparison, sections altered since they were made, sections that
    ``metadata.govkit.expects.sections`` names and nobody showed, numbers of a program's sentences that stand in no
    table, totals that are not the sum of their rows, shares outside 0 to 100 %, counts below 0, intervals without
    their value, more text than an office's report can have.
    """
    found: list[str] = []
    if document.cover is not None:
        found += [*_of_any(document), *_of_charts(notebook)]
        found += [*_of_words(document), *_of_other_units(document, notebook, code), *_of_sections(notebook)]
        found += [*_of_another_cover(document, notebook, name, period), *_of_units_elsewhere(notebook, elsewhere)]
        found += [*_of_sentences(document, notebook), *wrong_totals(notebook), *_of_length(document)]
        found += [*out_of_bounds(document)]
    if found:
        lines = "\n".join(f"  - {line}" for line in dict.fromkeys(found))
        raise ReportError(
            f"报告内容有误，没有写出：\n{lines}", todo="请改正笔记本中的这些地方；没有改动过笔记本的，请检查数据。"
        )


def with_doubts(document: Document, notebook: NotebookNode | None = None) -> Document:
    """Return the document with what somebody should look at.

    In one without a cover what it shows and is nothing counts as lost: blank figures (small pictures of one colour are
    marks and swatches) and characters that are none. In one with a cover numbers that the cells of ``notebook`` have
    in prose typed by hand, and no table, are named.
    """
    if document.cover is not None:
        return replace(document, unconverted=(*document.unconverted, *_typed(document, notebook)))
    found = []
    for block in every(document.blocks):
        if isinstance(block, Figure) and min(block.width, block.height) >= _SWATCH and _one_colour(block):
            reason = f"图{block.number}“{block.caption}”是空白的（只有一种颜色）"
            found.append(Unconverted(-1, block.mime, reason, "figure"))
        if any(_BROKEN in text for text in texts(block)):
            reason = f"有无法显示的字符（{_BROKEN}）：{clip(first(block, _BROKEN))}"
            found.append(Unconverted(-1, "text/plain", reason, "text"))
    return replace(document, unconverted=(*document.unconverted, *found))


def _of_any(document: Document) -> Iterator[str]:
    garbled = re.compile("|".join((_BROKEN, *load("document")["sound"]["garbled"])))
    for block in every(document.blocks):
        if isinstance(block, Figure) and _one_colour(block):
            yield f"图{block.number}“{block.caption}”是空白的（只有一种颜色）"
        for text in texts(block):
            if hit := garbled.search(text):
                yield f"有无法显示的字符（{hit[0]}）：{clip(text)}"


def _of_charts(notebook: NotebookNode) -> Iterator[str]:
    for number, output in outputs(notebook):
        for mime, about in output.get("metadata", {}).items():
            if mime.startswith("image/") and isinstance(about, Mapping) and about.get(WITHOUT_DATA):
                yield f"第 {number} 个单元格的图只有坐标轴，没有数据"


def _one_colour(figure: Figure) -> bool:
    if figure.mime == "image/svg+xml":
        return all(_WHITE.search(one) and b"stroke" not in one for one in _SHAPE.findall(figure.image))
    try:
        with Image.open(io.BytesIO(figure.image)) as picture:
            plain = picture.convert("RGB")
            extremes = plain.getextrema()
            if all(low == high for low, high in extremes):  # type: ignore[misc]
                return True
            pixels = plain.width * plain.height
            colours = plain.getcolors(pixels) if pixels >= _LARGE else None
    except (OSError, ValueError):
        return False
    # a speck is no drawing
    return bool(colours) and pixels - max(many for many, _ in colours) < pixels * _LEAST_INK  # type: ignore[union-attr]


def _of_words(document: Document) -> Iterator[str]:
    for block in every(document.blocks):
        for text in texts(block):
            hit = _NO_NUMBER.search(text)
            if hit and not (isinstance(block, Code) and block.kind in {"stderr", "error"}):
                where = f"表{block.number}“{block.title}”" if isinstance(block, TableBlock) else "文字"
                yield f"{where}里有不是数的数 {hit[0]}：{clip(text)}"


def _of_other_units(document: Document, notebook: NotebookNode, code: str) -> Iterator[str]:
    mine = code or str((document.cover or {}).get("code") or "")
    for number, output in outputs(notebook):
        another = str((output.get("data", {}).get(_COVER) or {}).get("code") or mine)
        if mine and another and not _same(another, mine):
            yield f"第 {number} 个单元格的封面是另一个单元的（{another}），不是 {mine} 的"
        about = output.get("metadata", {}).get(SECTION) or {}
        if about.get("altered"):
            yield f"第 {number} 个单元格的“{about.get('title', '')}”改过：文字或表与程序算出的不一样"
        if mine and about.get("unit") and not _same(str(about["unit"]), mine):
            yield f"第 {number} 个单元格的“{about.get('title', '')}”是另一个单元的（{about['unit']}），不是 {mine} 的"


def _of_another_cover(document: Document, notebook: NotebookNode, unit: str, period: str) -> Iterator[str]:
    cover = document.cover or {}
    chinese = cover.get("language", "zh") == "zh"
    if chinese and unit not in str(cover.get("district")):
        yield f"封面写的是 {cover.get('district')}，不是 {unit}"
    for number, output in outputs(notebook):
        mine, name = (output.get("metadata", {}).get(SECTION) or {}).get("period") or ("", "")
        if mine and period and mine != period:
            yield f"第 {number} 个单元格的内容是另一个报告期的（{name}）"
        elif name and chinese and cover.get("period") != name:
            yield f"封面写的报告期是 {cover.get('period')}，内容是 {name} 的"


def _of_units_elsewhere(notebook: NotebookNode, elsewhere: Collection[str]) -> Iterator[str]:
    tag = load("document")["sound"]["comparison"]
    for number, output in outputs(notebook) if elsewhere else ():
        data, about = output.get("data", {}), output.get("metadata", {})
        if about.get(SECTION) or tag in notebook.cells[number - 1].metadata.get("tags", ()):
            continue
        cells = {str(cell).strip() for _, _, rows in tables_of(output) for row in rows for cell in row}
        found = sorted(cells & {*elsewhere})
        if not found and any(mime.startswith("image/") for mime in data):
            told = "".join(map(str, (about.get("govkit") or {}).values()))
            found = [name for name in elsewhere if name in told]
        if found:
            few = "、".join(found[:3])
            yield f"第 {number} 个单元格有别处单元的数（{few}）；确要比较的，给这个单元格加标签 {tag}"


def _same(one: str, other: str) -> bool:
    """Whether two codes name one unit; a code may be short or have 12 digits."""
    return one.rstrip("0").ljust(1) == other.rstrip("0").ljust(1)


def _of_sections(notebook: NotebookNode) -> Iterator[str]:
    announced: dict[str, int] = {}
    shown: dict[str, int] = {}
    titles: dict[str, str] = {}
    for _, output in outputs(notebook):
        data, about = output.get("data", {}), output.get("metadata", {}).get(SECTION) or {}
        if ANNOUNCED in data:
            one = data[ANNOUNCED]
            announced[one["id"]] = int(one["items"])
            titles[one["id"]] = str(one["title"])
        elif about:
            shown[about["id"]] = shown.get(about["id"], 0) + 1
    for name in notebook.metadata.get("govkit", {}).get("expects", {}).get("sections", ()):
        if name not in announced:
            yield f"少了一部分：{name}（report.{name}().show() 没有运行）"
    for name, items in announced.items():
        if shown.get(name, 0) < items:
            yield f"“{titles[name]}”应有 {items} 项内容，只出现 {shown.get(name, 0)} 项"


def _of_sentences(document: Document, notebook: NotebookNode) -> Iterator[str]:
    """Yield numbers of sentences that a cell of the notebook's own printed and no table or section says."""
    known = _known(document, notebook)
    for number, output in outputs(notebook):
        slide = output.get("data", {}).get(_SLIDE)
        text = "；".join(slide_texts(slide)) if slide else _markdown(output)
        ours = any(mime.startswith("application/vnd.govkit.") for mime in output.get("data", {}))
        if not text or output.get("metadata", {}).get(SECTION) or (ours and not slide):
            continue
        strange = [one for one in _numbers_in(text) if one not in known]
        if strange:
            yield f"第 {number} 个单元格的文字里，{'、'.join(strange[:5])} 在任何一张表里都没有：{clip(text)}"


def _known(document: Document, notebook: NotebookNode) -> set[str]:
    """Return the numbers that a table or a section says."""
    known = {number for block in every(document.blocks) if isinstance(block, TableBlock) for number in _numbers(block)}
    for _, output in outputs(notebook):
        if output.get("metadata", {}).get(SECTION):
            said = slide_texts(output.get("data", {}).get(_SLIDE) or {})
            known |= set(_numbers_in("；".join([_markdown(output), *said])))
    return known


def _typed(document: Document, notebook: NotebookNode | None) -> Iterator[Unconverted]:
    known = _known(document, notebook) if notebook else set()
    for at, cell in enumerate(notebook.cells if notebook else ()):
        if cell.cell_type == "markdown" and not {*cell.metadata.get("tags", ())} & {*load("document")["hidden_tags"]}:
            strange = [one for one in _numbers_in(cell.source) if one not in known]
            if strange:
                reason = f"手写的数 {'、'.join(strange[:5])} 在任何一张表里都没有，请核对：{clip(cell.source)}"
                yield Unconverted(at, "text/markdown", reason)


def _markdown(output: Mapping[str, Any]) -> str:
    text = output.get("data", {}).get("text/markdown", "")
    return "".join(text) if isinstance(text, list) else str(text)


def _numbers(table: TableBlock) -> Iterator[str]:
    for row in table.rows:
        for cell in row:
            yield from _numbers_in(cell)


def _numbers_in(text: str) -> Iterator[str]:
    for hit in _NUMBER.findall(_NAMES.sub(" ", text)):
        plain = hit.replace(",", "").lstrip("+-−")
        if len(plain.replace(".", "")) > 1:  # a single digit counts things in the sentence itself
            yield plain.rstrip("0").rstrip(".") if "." in plain else plain


def _of_length(document: Document) -> Iterator[str]:
    most = load("document")["sound"]["most_characters"]
    length = sum(
        len(text) for block in every(document.blocks) if not isinstance(block, TableBlock) for text in texts(block)
    )
    if length > most:
        yield f"文字有 {length:,} 个字，一份报告最多 {most:,} 个字"
