"""Where cells enter: whatever file they come from, texts are cleaned here of what nobody sees, and nowhere else.

Cleaned are characters without a width, marks of direction and of order, control characters, hard spaces, and the
``="…"`` and the ``'`` by which programs and people keep a spreadsheet from changing a code or a number.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from govkit.intake.values import letters

# no width, direction, order, control, letters and dots that are blank, variants of signs; escapes of line ends
_NOTHING = (
    r"[\x{AD}\x{34F}\x{61C}\x{115F}\x{1160}\x{180E}\x{200B}-\x{200F}\x{202A}-\x{202E}\x{2060}-\x{206F}\x{2800}\x{3164}"
    r"\x{FE00}\x{FE0E}\x{FE0F}\x{FEFF}\x{FFA0}\x{FFF9}-\x{FFFB}\x00-\x08\x0B\x0C\x0E-\x1F\x7F]|_x000[0-9A-Fa-f]_"
)
_SPACES = r"[\x{A0}\x{2007}\x{202F}]"
_QUOTED = r'^="(.*)"$'
# a sign that a spreadsheet keeps to itself, alone before a text
_APOSTROPHE = r"^\s*['’‘`]+\s*([^'’‘`]+)$"
_ANY = f'{_NOTHING}|{_SPACES}|^="|{_APOSTROPHE}'
# one of these stands in a column that holds any of them, and no other byte begins one
_TRACES = (
    b"\xe2\x80", b"\xe2\x81", b"\xef\xbb\xbf", b"\xef\xbf\xb9", b"\xef\xbf\xba", b"\xef\xbf\xbb", b"\xc2\xa0",
    b"\xc2\xad", b"\xd8\x9c", b"\xe1\xa0\x8e", b'="', b"_x000", b"'", b"`", b"\xe1\x85\x9f", b"\xe1\x85\xa0",
    b"\xe3\x85\xa4", b"\xef\xbe\xa0", b"\xe2\xa0\x80", b"\xcd\x8f", b"\xef\xb8\x80", b"\xef\xb8\x8e", b"\xef\xb8\x8f",
)  # fmt: skip
# lines and tabs are text
_CONTROLS = bytes(byte for byte in (*range(32), 127) if byte not in (9, 10, 13))
_SEEN = bytes(byte for byte in range(256) if byte not in _CONTROLS)
_ORDINARY = bytes(byte for byte in _SEEN if byte not in {trace[0] for trace in _TRACES})


@dataclass(frozen=True)
class Entered:
    """Cells as they may be read; ``cleaned``: position → rows (positions in the frame) whose text has changed."""

    cells: pd.DataFrame
    cleaned: Mapping[int, np.ndarray]


def enter(cells: pd.DataFrame) -> Entered:
    """Return cells without anything that cannot be seen; a cell of nothing else is empty.

    >>> enter(pd.DataFrame({0: ["\\u200b230102", '="2025-03"', "甲"]})).cells[0].tolist()
    ['230102', '2025-03', '甲']
    """
    changed: dict[int, pd.Series] = {}
    cleaned: dict[int, np.ndarray] = {}
    for at in cells:
        text = letters.texts(cells[at])
        if not _may_hold(text):
            continue
        hit = pc.fill_null(pc.match_substring_regex(text, _ANY), False).to_numpy(zero_copy_only=False)
        if hit.any():
            cleaned[int(str(at))] = np.flatnonzero(hit)
            changed[int(str(at))] = _cleaned(text)
    return Entered(_with(cells, changed) if changed else cells, cleaned)


def clean_text(text: str) -> str:
    """Return one text, such as a field name, as ``enter`` would."""
    return str(_cleaned(pa.array([text], type=pa.large_string())).fillna("").iloc[0])


def _with(cells: pd.DataFrame, changed: Mapping[int, pd.Series]) -> pd.DataFrame:
    found = cells.copy(deep=False)
    for at, column in changed.items():
        found[at] = column.set_axis(found.index)
    return found


def _may_hold(text: letters.Texts) -> bool:
    """Whether a column may hold anything unseen: one pass over its bytes tells most apart."""
    for part in letters.held(text):
        raw = part.tobytes()
        odd = raw.translate(None, _ORDINARY)
        if odd and (odd.translate(None, _SEEN) or any(one[0] in odd and one in raw for one in _TRACES)):
            return True
    return False


def _cleaned(text: pa.Array | pa.ChunkedArray) -> pd.Series:
    bare = pc.replace_substring_regex(text, _NOTHING, "")
    bare = pc.utf8_trim_whitespace(pc.replace_substring_regex(bare, _SPACES, " "))
    bare = pc.utf8_trim_whitespace(pc.replace_substring_regex(bare, _QUOTED, r"\1"))
    bare = pc.utf8_trim_whitespace(pc.replace_substring_regex(bare, _APOSTROPHE, r"\1"))
    bare = pc.if_else(pc.equal(bare, ""), None, bare)
    return pd.Series(pd.array(bare, dtype="str"))
