"""The bureau's logo, colour and Word template, as zone.toml names them: checked once for every document to trust."""

from __future__ import annotations

import base64
import io
import re
import zipfile
from pathlib import Path
from xml.etree import ElementTree

from PIL import Image

# What the first bytes of a picture say; an SVG is text with an <svg> element near its start.
_SIGNATURES = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}
_SVG_WITHIN = 2000
# A logo stands in every document: a larger one would make each report heavy.
_MOST_KB = 200
MOST_PICTURE_KB = 1500
_MOST_TEMPLATE_KB = 500
# Elements of SVG that run, load or cannot be printed.
_NOT_DRAWN = {"script", "foreignObject", "animate", "animateMotion", "animateTransform", "set", "iframe", "style"}
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
# White letters stand on the colour and it sets titles on white: WCAG 2.2, success criterion 1.4.3.
_LEAST_CONTRAST = 4.5


def logo_defect(folder: Path, name: str, *, most_kb: int = _MOST_KB) -> str:
    """Return what is wrong with a zone's logo or the picture of its cover, ``""`` if it can be used."""
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        return "不在分区文件夹里，请把文件放进来，只写文件名"
    if not path.is_file():
        return "没有这个文件，请放进分区文件夹"
    if path.stat().st_size > most_kb * 1024:
        return f"文件有 {path.stat().st_size / 1024:.0f} KB，应不超过 {most_kb} KB"
    data = path.read_bytes()
    kind = _kind(data)
    if kind == "image/svg+xml":
        return _drawing_defect(data)
    return _picture_defect(data) if kind else "不是 PNG、JPEG 或 SVG 图片"


def _picture_defect(data: bytes) -> str:
    try:
        with Image.open(io.BytesIO(data)) as picture:
            picture.load()
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return "图片损坏，打不开"
    return ""


def _drawing_defect(data: bytes) -> str:
    """Return why an SVG cannot stand in every document: no XML, or parts a printed page has no place for."""
    if b"<!ENTITY" in data or b"<!DOCTYPE" in data:
        return "SVG 里有 DOCTYPE 或 ENTITY 声明，请另存为普通 SVG"
    try:
        root = ElementTree.fromstring(data)  # noqa: S314 - no entity is declared
    except ElementTree.ParseError as error:
        return f"SVG 不是正确的 XML（{error}）"
    for part in root.iter():
        name = str(part.tag).rpartition("}")[2]
        if name in _NOT_DRAWN:
            return f"SVG 里的 <{name}> 不能印进文件，请换成普通图形"
        for key, value in part.attrib.items():
            if key.rpartition("}")[2].lower().startswith("on"):
                return f"SVG 里有脚本（{key}），请去掉"
            if key.rpartition("}")[2] == "href" and not value.startswith(("#", "data:image/png", "data:image/jpeg")):
                return f"SVG 引用了外面的文件（{value[:40]}），请把图片嵌进去"
            if "url(" in value and not re.search(r"url\(\s*['\"]?#", value):
                return f"SVG 引用了外面的地址（{value[:40]}），请去掉"
    return ""


def logo_address(path: Path) -> str:
    """Return a checked logo as an address that holds its own bytes (``data:image/png;base64,…``)."""
    data = path.read_bytes()
    return f"data:{_kind(data)};base64,{base64.b64encode(data).decode('ascii')}"


def template_defect(folder: Path, name: str) -> str:
    """Return what is wrong with a zone's Word template, ``""`` if it can be used."""
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        return "不在分区文件夹里，请把文件放进来，只写文件名"
    if not path.is_file():
        return "没有这个文件，请放进分区文件夹"
    if path.stat().st_size > _MOST_TEMPLATE_KB * 1024:
        return (
            f"文件有 {path.stat().st_size / 1024:.0f} KB，应不超过 {_MOST_TEMPLATE_KB} KB，请删去正文和图片，只留样式"
        )
    try:
        with zipfile.ZipFile(path) as parts:
            whole = {"word/document.xml", "word/styles.xml"} <= set(parts.namelist())
    except zipfile.BadZipFile:
        whole = False
    return "" if whole else "不是 Word 的 .docx 文件，请用 Word 另存为 .docx"


def file_address(path: Path) -> str:
    """Return a checked file as an address that holds its own bytes."""
    return f"data:application/octet-stream;base64,{base64.b64encode(path.read_bytes()).decode('ascii')}"


def _kind(data: bytes) -> str:
    found = [kind for signature, kind in _SIGNATURES.items() if data.startswith(signature)]
    return found[0] if found else "image/svg+xml" if b"<svg" in data[:_SVG_WITHIN] else ""


def colour_defect(colour: str) -> str:
    """Return what is wrong with a colour for titles and bands, ``""`` if it can be used.

    >>> colour_defect("#1f3a5f"), colour_defect("深蓝")
    ('', '应写作 "#1f3a5f" 这样的六位十六进制颜色')
    """
    if not _COLOUR.fullmatch(colour):
        return '应写作 "#1f3a5f" 这样的六位十六进制颜色'
    contrast = 1.05 / (luminance(colour) + 0.05)
    return (
        ""
        if contrast >= _LEAST_CONTRAST
        else f"太浅，白底上看不清（对比度 {contrast:.1f}，应不低于 {_LEAST_CONTRAST}）"
    )


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour, 0 black to 1 white, as WCAG 2.2 defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
