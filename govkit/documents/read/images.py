"""Pictures as notebooks hold them: their kind and size, read from their first bytes."""

from __future__ import annotations

import re
import struct

from govkit.documents.read.blocks import Figure

PNG, JPEG, SVG = "image/png", "image/jpeg", "image/svg+xml"
SUFFIX = {PNG: "png", JPEG: "jpg", SVG: "svg"}
FALLBACK_SIZE = (640.0, 480.0)
JPEG_FRAMES = frozenset({0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF})
SVG_LENGTH = re.compile(r"([\d.]+)\s*(px|pt|mm|cm|in)?")
PIXELS = {"": 1.0, "px": 1.0, "pt": 96 / 72, "mm": 96 / 25.4, "cm": 96 / 2.54, "in": 96.0}


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
    sizes = {PNG: _png_size, JPEG: _jpeg_size, SVG: _svg_size}
    try:
        width, height = sizes[mime](data)
    except (struct.error, IndexError, ValueError):
        return FALLBACK_SIZE
    return (width, height) if width > 0 and height > 0 else FALLBACK_SIZE


def _png_size(data: bytes) -> tuple[float, float]:
    width, height = struct.unpack(">II", data[16:24])
    return float(width), float(height)


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
