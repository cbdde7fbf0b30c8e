"""Where any of some words stands in any byte of files: in archives, PDF streams, Parquet, gzip, base64 and escapes."""

from __future__ import annotations

import base64
import binascii
import gzip
import html
import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

_BASE64 = re.compile(rb"[A-Za-z0-9+/]{24,}={0,2}")
_DEEPEST = 5


def places_of(tokens: Iterable[str], paths: Iterable[Path]) -> set[tuple[str, str]]:
    """Return each token that stands in a file (or its name) with the way to it."""
    found = set()
    for path in paths:
        for way, content in _opened(path.read_bytes(), str(path), 0):
            texts = _texts(content)
            found |= {(token, way) for token in tokens if any(token in text for text in texts)}
        found |= {(token, f"name of {path}") for token in tokens if token in path.name}
    return found


def _texts(content: bytes) -> list[str]:
    plain = content.decode("utf-8", "ignore")
    escaped = re.sub(r"\\u([0-9a-fA-F]{4})", lambda hit: chr(int(hit[1], 16)), plain) if "\\u" in plain else ""
    entities = html.unescape(html.unescape(plain)) if "&" in plain else ""
    return [plain, escaped, entities, content.decode("gb18030", "ignore"), content.decode("utf-16-le", "ignore")]


def _opened(content: bytes, way: str, depth: int) -> Iterator[tuple[str, bytes]]:
    yield way, content
    if depth >= _DEEPEST:
        return
    if content[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for one in archive.namelist():
                yield from _opened(archive.read(one), f"{way}!{one}", depth + 1)
    elif content[:2] == b"\x1f\x8b":
        yield from _opened(gzip.decompress(content), f"{way}!gz", depth + 1)
    elif content[:4] == b"PAR1":
        import pandas as pd

        yield f"{way}!rows", pd.read_parquet(io.BytesIO(content)).to_csv().encode()
    elif content[:5] == b"%PDF-":
        yield from _of_pdf(content, way)
    else:
        for hit in _BASE64.finditer(content):
            try:
                inner = base64.b64decode(hit[0] + b"=" * (-len(hit[0]) % 4))
            except binascii.Error:
                continue
            yield from _opened(inner, f"{way}!base64", depth + 1)


def _of_pdf(content: bytes, way: str) -> Iterator[tuple[str, bytes]]:
    from pypdf import PdfReader

    reader = PdfReader(io.BytesIO(content))
    yield f"{way}!text", "".join(page.extract_text() for page in reader.pages).encode()
    yield f"{way}!about", str({**(reader.metadata or {})}).encode()
    for hit in re.finditer(rb"stream\r?\n(.*?)\r?\nendstream", content, re.DOTALL):
        try:
            yield f"{way}!stream", zlib.decompress(hit[1])
        except zlib.error:
            continue
