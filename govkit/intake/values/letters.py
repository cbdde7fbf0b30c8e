"""The bytes that a column of texts holds: quick looks that spare most a slow one; what was decoded wrongly."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa

Texts: TypeAlias = pa.Array | pa.ChunkedArray
ASCII = 0x7F


def texts(column: pd.Series) -> Texts:
    """Return a column of text as Arrow holds it."""
    return pa.array(column, type=pa.large_string())


def held(column: Texts) -> Iterator[np.ndarray]:
    """Yield the bytes of the texts themselves, chunk by chunk: what a slice leaves out is no part of it."""
    for chunk in column.chunks if isinstance(column, pa.ChunkedArray) else [column]:
        _, offsets, data = chunk.buffers()
        if not len(chunk) or data is None:
            continue
        ends = np.frombuffer(offsets, dtype=np.int64 if pa.types.is_large_string(chunk.type) else np.int32)
        start, stop = ends[chunk.offset], ends[chunk.offset + len(chunk)]
        if stop > start:
            yield np.frombuffer(data, dtype=np.uint8)[start:stop]


def is_blank(column: Texts) -> bool:
    """Whether no text holds anything."""
    return next(held(column), None) is None


def is_ascii(column: Texts) -> bool:
    """Whether no text holds anything but ASCII."""
    return all(part.max() <= ASCII for part in held(column))


def holds_only(column: Texts, allowed: bytes) -> bool:
    """Whether the texts are made of some bytes alone."""
    return not any(part.tobytes().translate(None, allowed) for part in held(column))


def holds_any(column: Texts, *words: bytes) -> bool:
    """Whether one of some words stands in any text, or across two that follow each other."""
    # a word is looked for where its first byte stands: one byte is found many times as fast
    return any(word[:1] in raw and word in raw for raw in (part.tobytes() for part in held(column)) for word in words)


def holds_one_of(column: Texts, signs: bytes) -> bool:
    """Whether one of some bytes stands in any text."""
    others = bytes(byte for byte in range(256) if byte not in signs)
    return any(part.tobytes().translate(None, others) for part in held(column))


def needs_trimming(column: Texts) -> bool:
    """Whether a text may begin or end with white space."""
    for chunk in column.chunks if isinstance(column, pa.ChunkedArray) else [column]:
        _, offsets, data = chunk.buffers()
        if len(chunk) and data is not None and data.size:
            ends = np.frombuffer(offsets, dtype=np.int64)[chunk.offset : chunk.offset + len(chunk) + 1]
            # of a text of no length the ends of those beside it are seen
            signs = np.frombuffer(data, dtype=np.uint8)
            if min(signs.take(ends[:-1], mode="clip").min(), signs.take(ends[1:] - 1, mode="clip").min()) <= ord(" "):
                return True
    # these bytes begin the spaces beyond ASCII
    return not is_ascii(column) and holds_one_of(column, b"\xc2\xe1\xe2\xe3")


# what the replacement character of UTF-8 reads as in GBK; fresh memory in GBK; letters lost to a code page
_LOST = re.compile("锟斤拷|锟斤|斤拷|烫烫|屯屯|\ufffd|^[?？]{2,}$|[?？]{4,}")
# letters that GBK and UTF-8 bytes become in Western code pages
_WESTERN = re.compile("[\xa1-\xff\u0152-\u2122]{2,}")
_CHINESE = re.compile("[\u4e00-\u9fff]")


def meant(text: str) -> str | None:
    """Return what a garbled text was before, ``""`` where that is lost, None for a text that is sound.

    >>> meant("代缴"), meant("代缴".encode().decode("gb18030")), meant("锟斤拷")
    (None, '代缴', '')
    """
    if text.isascii() and "??" not in text:
        return None
    if _LOST.search(text):
        return ""
    for wrong, right in (("gb18030", "utf-8"), ("cp1252", "utf-8"), ("latin1", "utf-8"), ("latin1", "gb18030")):
        if wrong != "gb18030" and not _WESTERN.search(text):
            continue
        try:
            found = text.encode(wrong).decode(right)
        except UnicodeError:
            continue
        # one letter may be chance; what it becomes must be Chinese
        if len(_CHINESE.findall(found)) >= 2 or (wrong != "gb18030" and _CHINESE.search(found)):
            return found
    return None
