"""A PDF as Typst writes it, its thousands of small objects (tags that read aloud, links) packed together."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence

_TABLE = re.compile(rb"startxref\s+(\d+)\s+%%EOF\s*$")
_ENTRY = re.compile(rb"(\d{10}) \d{5} ([nf])")
_OBJECT = re.compile(rb"(\d+) 0 obj\s*(.*?)\s*endobj", re.DOTALL)
_STREAM = re.compile(rb">>\s*stream\r?\n")
_TOGETHER = 200  # objects a stream


def packed(data: bytes) -> bytes:
    """Return a PDF with every object that is no stream inside one of few compressed object streams.

    PDF 1.5 and later (ISO 32000-1, 7.5.7 and 7.5.8), allowed in PDF/A-2. Same bytes in, same bytes out. What is not a
    single table of objects from 0, as Typst writes it, is returned as it is.
    """
    found = _TABLE.search(data)
    start = int(found[1]) if found else len(data)
    head, _, trailer = data[start:].partition(b"trailer")
    if not head.startswith(b"xref\n0 ") or b"/Prev" in trailer:
        return data
    entries = _ENTRY.findall(head)
    offsets = {number: int(offset) for number, (offset, use) in enumerate(entries) if use == b"n"}
    ends = dict(zip(sorted(offsets.values()), [*sorted(offsets.values())[1:], start], strict=True))
    out = bytearray(data[: min(offsets.values())])
    places: dict[int, tuple[int, int, int]] = {0: (0, 0, 65535)}
    small: list[tuple[int, bytes]] = []
    for number, offset in offsets.items():
        whole = data[offset : ends[offset]]
        body = _OBJECT.match(whole)
        if body is None or _STREAM.search(whole):
            places[number] = (1, len(out), 0)
            out += whole.rstrip() + b"\n"
        else:
            small.append((number, body[2]))
    following = len(entries)
    for at in range(0, len(small), _TOGETHER):
        part = small[at : at + _TOGETHER]
        places[following] = (1, len(out), 0)
        places |= {number: (2, following, within) for within, (number, _) in enumerate(part)}
        out += _object_stream(following, part)
        following += 1
    table = len(out)
    places[following] = (1, table, 0)
    rows = b"".join(
        kind.to_bytes(1, "big") + place.to_bytes(4, "big") + within.to_bytes(2, "big")
        for kind, place, within in (places.get(number, (0, 0, 0)) for number in range(following + 1))
    )
    kept = re.sub(rb"/Size \d+|startxref.*|^\s*<<|>>\s*$", b"", trailer.partition(b"startxref")[0].strip())
    about = b"/Type/XRef/Size %d/W[1 4 2]%s" % (following + 1, kept)
    out += _stream(following, about, rows)
    return bytes(out) + b"startxref\n%d\n%%%%EOF\n" % table


def _object_stream(number: int, part: Sequence[tuple[int, bytes]]) -> bytes:
    heads, offset = [], 0
    for own, body in part:
        heads.append(b"%d %d" % (own, offset))
        offset += len(body) + 1
    head = b" ".join(heads) + b"\n"
    content = head + b"\n".join(body for _, body in part)
    return _stream(number, b"/Type/ObjStm/N %d/First %d" % (len(part), len(head)), content)


def _stream(number: int, about: bytes, content: bytes) -> bytes:
    pressed = zlib.compress(content, 6)
    head = b"%d 0 obj\n<<%s/Filter/FlateDecode/Length %d>>\nstream\n" % (number, about, len(pressed))
    return head + pressed + b"\nendstream\nendobj\n"
