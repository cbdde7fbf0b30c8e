"""Pictures as notebooks hold them or name them: their kind and size, read from their first bytes."""

from __future__ import annotations

import base64
import io
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from html import unescape
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote
from xml.etree import ElementTree

from govkit.documents.read.blocks import Block, Figure, Lost, Paragraph, Run
from govkit.files import passing

PNG, JPEG, SVG = "image/png", "image/jpeg", "image/svg+xml"
SUFFIX = {PNG: "png", JPEG: "jpg", SVG: "svg"}
# Kinds that not every document can hold: made into PNG, of a moving one the first picture.
_CONVERTED = (b"GIF8", b"RIFF", b"BM", b"II*\x00", b"MM\x00*")
FALLBACK_SIZE = (640.0, 480.0)
# Dots a CSS pixel of a PDF drawn as a picture.
_PAGE_DOTS = 3
JPEG_FRAMES = frozenset({0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF})
SVG_LENGTH = re.compile(r"([\d.]+)\s*(px|pt|mm|cm|in)?")
OUTSIDE_SVG = re.compile(rb"""<(?!a\b)[^>]*?\b(?:xlink:)?(?:href|src)\s*=\s*["'](https?://[^"']+)""")
# What Colab, Binder and the like put at the head of a notebook.
_BADGE = re.compile(r"badge|shields\.io", re.IGNORECASE)
# HTML within a drawing, over which the typesetter of PDFs stumbles.
_PAGES = re.compile(rb"<(?:\w+:)?foreignObject\b(?:[^>]*/>|.*?</(?:\w+:)?foreignObject\s*>)", re.DOTALL)
_CAMEL = (
    "viewBox", "preserveAspectRatio", "linearGradient", "radialGradient", "gradientUnits", "gradientTransform",
    "clipPath", "clipPathUnits", "patternUnits", "textPath", "textLength", "markerWidth", "markerHeight",
)  # fmt: skip
PIXELS = {"": 1.0, "px": 1.0, "pt": 96 / 72, "mm": 96 / 25.4, "cm": 96 / 2.54, "in": 96.0}


class Complaint(Protocol):
    """Takes note of what could not be converted (``Unconverted``); returns what stands in its place, if anything."""

    def __call__(self, mime: str, reason: str, lost: str = "") -> tuple[Lost, ...]: ...


@dataclass(frozen=True)
class Pictures:
    """Where the pictures of a cell are: in the text itself, attached to the cell, or in files beside the notebook."""

    complain: Complaint
    folder: Path | None = None
    attachments: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def at(self, url: str, *, alt: str = "", title: str = "") -> tuple[Block, ...]:
        """Return the picture at an address as a figure, or the note that stands for it."""
        if url.lower().startswith(("http://", "https://", "//")):
            if _BADGE.search(url):
                self.complain("image/*", f"平台的徽标没有收入：{url[:80]}")
                return ()
            reason = f"图片在外部网址 {url[:80]}，离线文件不取；请把图片存到笔记本旁边再引用"
            return self.complain("image/*", reason, "figure")
        data = self._bytes(url)
        if data is None:
            named = unquote(url)[:80] or "没有写地址"
            return self.complain("image/*", f"找不到图片：{named}；请把图片放在笔记本旁边或随单元保存", "figure")
        return self.read(data, caption=title or alt, alt=alt)

    def read(self, data: bytes, *, caption: str = "", alt: str = "") -> tuple[Block, ...]:
        """Return bytes of any usual picture as a figure, or the note that stands for it."""
        is_page = data.startswith(b"%PDF")
        data = _as_png(data)
        words: list[str] = []
        if kind_of(data) == SVG:
            data = _well_formed(data)
            words, data = _words_of_pages(data), _PAGES.sub(b"", data)
        figure = picture(data, caption=caption, alt=alt)
        if is_page and figure is not None:
            figure = replace(figure, width=figure.width / _PAGE_DOTS, height=figure.height / _PAGE_DOTS)
        if figure is None or not _is_whole(data):
            return self.complain("image/*", "图片数据损坏，无法读取", "figure")
        if figure.mime == SVG and (outside := OUTSIDE_SVG.search(data)):
            address = outside[1].decode("utf-8", "replace")[:80]
            return (figure, *self.complain(SVG, f"矢量图引用外部网址 {address}，该部分没有收入", "figure"))
        if words:
            self.complain(SVG, "矢量图里嵌的网页文字（foreignObject）纸上画不出来，列在图下")
            return (figure, Paragraph((Run("　".join(words)),)))
        return (figure,)

    def _bytes(self, url: str) -> bytes | None:
        if url.startswith("attachment:"):
            bundle = self.attachments.get(unquote(url.removeprefix("attachment:")), {})
            return _decoded(next(iter(bundle.values()), ""))
        if url.startswith("data:image/"):
            head, _, data = url.partition(",")
            return _decoded(data) if head.endswith(";base64") else unquote(data).encode("utf-8")
        if self.folder is None or not url:
            return None
        path = self.folder / unquote(url.partition("?")[0])
        try:
            return path.read_bytes() if path.is_file() else None
        except OSError:
            return None


def _words_of_pages(svg: bytes) -> list[str]:
    """The texts of HTML within a drawing, which only a browser draws."""
    held = [unescape(re.sub("<[^>]*>", " ", one.decode("utf-8", "replace"))) for one in _PAGES.findall(svg)]
    return [text for one in held if (text := " ".join(one.split()))]


def _decoded(text: str | list[str]) -> bytes | None:
    try:
        return base64.b64decode("".join(text), validate=False) or None
    except ValueError:  # also of characters that base64 does not have
        return None


def _as_png(data: bytes) -> bytes:
    """GIF, WebP, BMP, TIFF and the first page of a PDF as PNG; others, and what cannot be read, as they are."""
    if data.startswith(b"%PDF"):
        import typst

        with passing() as folder:
            (Path(folder) / "page.pdf").write_bytes(data)
            source = Path(folder) / "page.typ"
            source.write_text('#set page(width: auto, height: auto, margin: 0pt)\n#image("page.pdf")', encoding="utf-8")
            try:
                drawn = typst.compile(str(source), format="png", ppi=96.0 * _PAGE_DOTS)
            except typst.TypstError:
                return data
        return drawn if isinstance(drawn, bytes) else data
    if not data.startswith(_CONVERTED):
        return data
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(data)) as image:
            out = io.BytesIO()
            image.convert("RGBA").save(out, "PNG")
            return out.getvalue()
    except (UnidentifiedImageError, OSError):
        return data


def _well_formed(svg: bytes) -> bytes:
    """A drawing typed as HTML allows, attributes without quotes and the like, as the XML that every reader takes."""
    try:
        ElementTree.fromstring(svg)  # noqa: S314 - nothing is taken from it
    except ElementTree.ParseError:
        from bs4 import BeautifulSoup

        element = BeautifulSoup(svg, "html.parser").svg
        text = element.decode(formatter="minimal") if element else ""
        for name in _CAMEL:  # an HTML parser writes all names small
            text = re.sub(rf"(?<=[<\s/]){name.lower()}(?=[\s=>/])", name, text)
        return text.encode("utf-8")
    return svg


@lru_cache(maxsize=256)
def _is_whole(data: bytes) -> bool:
    """Whether a picture can be read to its end, by PDF's typesetter too."""
    if kind_of(data) == SVG:
        import typst

        source = b'#set page(width: auto, height: auto)\n#image(bytes(sys.inputs.at("svg")), width: 9pt)'
        try:
            typst.compile(source, format="svg", sys_inputs={"svg": data.decode("utf-8")})
        except (typst.TypstError, UnicodeDecodeError):
            return False
        return True
    from PIL import Image

    try:
        with Image.open(io.BytesIO(data)) as image:
            image.load()
    except (OSError, ValueError, SyntaxError):  # what Pillow raises of broken files
        return False
    return True


def picture(
    data: bytes,
    *,
    width: float = 0.0,
    height: float = 0.0,
    caption: str = "",
    alt: str = "",
    source: str = "",
    html: str = "",
) -> Figure | None:
    """Return a figure of ``data`` (PNG, JPEG or SVG), or None if it is none of these.

    ``width`` and ``height`` are CSS pixels; without them the picture's own size holds, one dot a pixel.
    """
    mime = kind_of(data)
    if mime is None:
        return None
    own_width, own_height = size_of(data, mime)
    if width <= 0:
        width, height = own_width, own_height
    elif height <= 0:
        height = width * own_height / own_width
    return Figure(data, mime, width, height, caption=caption, alt=alt, source=source, html=html)


def kind_of(data: bytes) -> str | None:
    """Return the mime type that the first bytes tell, or None.

    >>> kind_of(b"<svg xmlns='http://www.w3.org/2000/svg'/>")
    'image/svg+xml'
    """
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if data.startswith(b"\xff\xd8\xff"):
        return JPEG
    return SVG if b"<svg" in data[:2000] else None


def size_of(data: bytes, mime: str) -> tuple[float, float]:
    """Return width and height in pixels; a picture that does not tell is taken as 640 × 480."""
    sizes = {PNG: lambda data: struct.unpack(">II", data[16:24]), JPEG: _jpeg_size, SVG: _svg_size}
    try:
        width, height = sizes[mime](data)
    except (struct.error, IndexError, ValueError):
        return FALLBACK_SIZE
    return (width, height) if width > 0 and height > 0 else FALLBACK_SIZE


def _jpeg_size(data: bytes) -> tuple[float, float]:
    at = 2
    while data[at + 1] not in JPEG_FRAMES:
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    height, width = struct.unpack(">HH", data[at + 5 : at + 9])
    return float(width), float(height)


def _svg_size(data: bytes) -> tuple[float, float]:
    start = data.index(b"<svg")
    tag = data[start : data.index(b">", start)].decode("utf-8", "replace")
    found = {name: re.search(rf"""\b{name}\s*=\s*["']([^"']*)["']""", tag) for name in ("width", "height", "viewBox")}
    if found["width"] and found["height"]:
        return _length(found["width"].group(1)), _length(found["height"].group(1))
    box = found["viewBox"].group(1).replace(",", " ").split() if found["viewBox"] else []
    return float(box[2]), float(box[3])


def _length(text: str) -> float:
    match = SVG_LENGTH.fullmatch(text.strip())
    if match is None:
        raise ValueError(text)
    return float(match.group(1)) * PIXELS[match.group(2) or ""]
