"""The pages of a PDF: set with Typst, and set again where a figure or table leaves much of a page blank."""

from __future__ import annotations

import datetime as dt
import io
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from govkit.catalogue import load
from govkit.documents.pdf.typefaces import Typefaces
from govkit.documents.pdf.typesetting import POINTS_PER_MM
from govkit.errors import ReportError

if TYPE_CHECKING:
    import typst

TEMPLATE = Path(__file__).parents[1] / "templates" / "report.typ"
STANDARDS: list[Any] = ["a-2a"]
# What may go before a figure that found no room: it stands beside the same heading.
_PASSES_FIGURE = {"Paragraph", "TableBlock"}


@dataclass(frozen=True)
class Pages:
    """A document as set: the PDF, the page of each heading by its anchor, and where a volume's contents name what."""

    data: bytes
    headings: dict[str, int]
    entries: tuple[dict[str, Any], ...] = ()


def set_pages(content: dict[str, Any], root: Path, faces: Typefaces, made_on: dt.datetime | None = None) -> Pages:
    """Set a document's content, whose pictures lie in ``root``; without a date it is not written, but for its places.

    A figure pushed to the next page by less than it can shrink is shrunk to what was left; else what follows it under
    the same heading goes before it, or it before the table above; a table kept whole is parted. Only where things
    stand is found for each try, and what is unchanged is not set again; the file is written once. Raises ReportError
    if Typst cannot set the document, or warns.
    """
    import typst

    rules = load("document")["page"]
    (root / TEMPLATE.name).write_bytes(TEMPLATE.read_bytes())
    tried: dict[int, int] = {}
    try:
        for _ in range(rules["fitting_passes"]):
            better = _fitted(content["blocks"], _places(content, root, faces), tried, rules)
            if better is None:
                break
            content = content | {"blocks": better}
        compiler = _compiler(content, root, faces)
        found = json.loads(compiler.query("<heading-page>", field="value"))
        headings = {one["anchor"]: int(one["page"]) for one in found}
        entries = json.loads(compiler.query("<volume-entry>", field="value"))
        if made_on is None:
            return Pages(b"", headings, tuple(entries))
        # Where Typst cannot settle where every figure and table stands, it is no longer asked.
        ways = (lambda: compiler, lambda: _compiler(content | {"marks": False}, root, faces))
        return Pages(_written(ways, made_on), headings, tuple(entries))
    except typst.TypstError as error:
        raise ReportError(
            f"PDF 排版失败：{error.message}", todo="如能重现，请把执行后的笔记本随问题一并反馈。"
        ) from error


def _fitted(
    parts: list[dict[str, Any]], places: list[dict[str, Any]], tried: dict[int, int], rules: Mapping[str, Any]
) -> list[dict[str, Any]] | None:
    """Return the parts with the first figure or table mended that leaves too much of a page blank, None without one."""
    found: dict[int, dict[str, dict[str, Any]]] = {}
    for place in places:
        found.setdefault(place["at"], {})[place["kind"]] = place
    foot = (rules["height"] - rules["bottom"]) * POINTS_PER_MM
    top = rules["top"] * POINTS_PER_MM
    block = foot - top
    for at, marks in sorted(found.items()):
        part = parts[at]
        if not {"before", "start"} <= set(marks):
            continue
        before, start = marks["before"], marks["start"]
        left = foot - before["y"]
        if start["page"] != before["page"] + 1 or left < rules["blank_worth_filling"] * block:
            continue
        if part["type"] == "TableBlock":
            if part["whole"] and len(part["rows"]) > 3 and left >= rules["blank_worth_parting"] * block:
                return [*parts[:at], {**part, "whole": False}, *parts[at + 1 :]]
            continue
        end = marks["end"]
        if tried.get(part["number"], 0) >= rules["fitting_tries"]:
            continue
        tried[part["number"]] = tried.get(part["number"], 0) + 1
        height = part["height"]
        headed = max(start["y"] - top, 0.0)  # by what goes with it
        scale = (left - headed - _AROUND - (end["y"] - start["y"] - height)) / height
        if scale >= rules["least_scale"]:
            scale = min(scale, 1.0)
            mended = {**part, "width": part["width"] * scale, "height": height * scale}
            return [*parts[:at], mended, *parts[at + 1 :]]
        if at + 1 < len(parts) and parts[at + 1]["type"] in _PASSES_FIGURE:
            return [*parts[:at], parts[at + 1], part, *parts[at + 2 :]]
        if parts[at - 1]["type"] == "TableBlock" and tried[part["number"]] == 1:  # not back over one that passed it
            return [*parts[: at - 1], part, parts[at - 1], *parts[at + 1 :]]
    return None


# Points above a figure and a hair that keeps rounding from pushing it off again.
_AROUND = 24.0


def _compiler(content: dict[str, Any], root: Path, faces: Typefaces) -> typst.Compiler:
    import typst

    (root / "document.json").write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    template = str(root / TEMPLATE.name)
    return typst.Compiler(template, root=str(root), font_paths=faces.book, ignore_system_fonts=True)


def _places(content: dict[str, Any], root: Path, faces: Typefaces) -> list[dict[str, Any]]:
    """Return where each figure stands and where what went before it ended: page and points from its top."""
    found: list[dict[str, Any]] = json.loads(_compiler(content, root, faces).query("<place>", field="value"))
    return found


def _written(ways: Iterable[Callable[[], typst.Compiler]], made_on: dt.datetime) -> bytes:
    """Return the file by the first way that Typst sets without a warning."""
    warnings: list[Any] = []
    for way in ways:
        data, warnings = way().compile_with_warnings(format="pdf", pdf_standards=STANDARDS, timestamp=made_on)
        if not warnings and isinstance(data, bytes):
            return _packed(data)
    raise ReportError(f"PDF 排版有警告：{'；'.join(str(warning) for warning in warnings)}")


def _packed(data: bytes) -> bytes:
    """Return a PDF with its thousands of small objects (tags that read aloud, links) in few compressed streams."""
    import pikepdf

    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(data)) as pdf:
        streams = pikepdf.ObjectStreamMode.generate
        pdf.save(out, object_stream_mode=streams, deterministic_id=True, preserve_pdfa=True, fix_metadata_version=False)
    return out.getvalue()
