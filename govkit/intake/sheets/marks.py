"""What a sheet says of its cells beside their texts: struck out, hidden by a format, commented, cleaned, undecoded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from govkit.intake.reading.assemble import Reading, findings_at
from govkit.intake.sheets.grid import column_letters
from govkit.intake.values import letters
from govkit.intake.values.letters import meant

_MOST_ROWS_NAMED = 20
_MOST_TOLD = 200
_LONGEST_COMMENT = 200
_LONGEST_GARBLED = 60

Places = frozenset[tuple[int, int]]


@dataclass(frozen=True)
class Marks:
    """Cells by (row number in the file, position), as in ``Grid``.

    ``cleaned``: position → row numbers of cells that held invisible signs. ``bad``: row number → the byte that is in no
    encoding. ``ragged``: a line may have more cells than the header. ``short``: row number → how few. ``depths``: row
    number → how far in its text stands.
    """

    struck: Places = frozenset()
    partly: Places = frozenset()
    unseen: Places = frozenset()
    rescaled: Places = frozenset()
    comments: Mapping[tuple[int, int], str] = field(default_factory=dict)
    cleaned: Mapping[int, np.ndarray] = field(default_factory=dict)
    bad: Mapping[int, str] = field(default_factory=dict)
    ragged: bool = False
    short: Mapping[int, int] = field(default_factory=dict)
    depths: Mapping[int, int] = field(default_factory=dict)

    def within(self, rows: range, columns: range | None = None) -> Marks:
        """Return the marks of some rows (numbers in the file) and columns (positions)."""

        def inside(row: int, at: int) -> bool:
            return row in rows and (columns is None or at in columns)

        cleaned = {at: hit[(hit >= rows.start) & (hit < rows.stop)] for at, hit in self.cleaned.items()}
        return replace(
            self,
            struck=frozenset(place for place in self.struck if inside(*place)),
            partly=frozenset(place for place in self.partly if inside(*place)),
            unseen=frozenset(place for place in self.unseen if inside(*place)),
            rescaled=frozenset(place for place in self.rescaled if inside(*place)),
            comments={place: text for place, text in self.comments.items() if inside(*place)},
            cleaned={at: hit for at, hit in cleaned.items() if len(hit) and (columns is None or at in columns)},
            bad={row: said for row, said in self.bad.items() if row in rows},
        )


def struck_rows(cells: pd.DataFrame, rows: np.ndarray, marks: Marks, positions: Iterable[int]) -> np.ndarray:
    """Mark the rows of which every filled cell that the table takes is struck out."""
    found = np.zeros(len(cells), dtype=bool)
    wanted = [at for at in positions if at in cells]
    for row in {row for row, _ in marks.struck}:
        at = int(np.searchsorted(rows, row))
        if at < len(rows) and rows[at] == row:
            filled = [p for p in wanted if not pd.isna(cells.iat[at, list(cells).index(p)])]
            found[at] = bool(filled) and all((row, p) in marks.struck for p in filled)
    return found


def without_struck(cells: pd.DataFrame, rows: np.ndarray, marks: Marks) -> pd.DataFrame:
    """Return cells in which what is struck out is missing."""
    places = [(int(np.searchsorted(rows, row)), at) for row, at in marks.struck if at in cells]
    if not places:
        return cells
    found = cells.copy()
    for row, at in places:
        if row < len(rows):
            found.iloc[row, list(cells).index(at)] = pd.NA
    return found


def about_marks(reading: Reading, marks: Marks, rows: np.ndarray, gone: np.ndarray, *, keeping: bool) -> Reading:
    """Return the reading with findings about marked cells.

    ``rows`` are the data rows (numbers in the file), ``gone`` those left out because they are struck out.
    """
    if not (marks.struck or marks.partly or marks.unseen or marks.comments or marks.cleaned):
        return reading
    mine, header = set(rows.tolist()), {at: text for (_, at), text in reading.origin.headers.items()}
    beside = {place for place in marks.struck if place[0] not in mine and place[0] not in set(gone.tolist())}
    in_data = {place for place in marks.struck if place[0] in mine}
    for rule, places in (
        ("struck_kept" if keeping else "struck_cell", in_data), ("struck_beside", beside),
        ("struck_partly", marks.partly), ("unseen_value", marks.unseen),
    ):  # fmt: skip
        told = [_place(reading, row, at, header) for row, at in sorted(places)]
        reading = _with(reading, rule, told[:_MOST_TOLD])
    notes = [
        {**_place(reading, row, at, header), "value": text[:_LONGEST_COMMENT]}
        for (row, at), text in sorted(marks.comments.items())
    ]
    reading = _with(reading, "comment", notes[:_MOST_TOLD])
    return _about_cleaned(reading, marks, header)


def _about_cleaned(reading: Reading, marks: Marks, header: Mapping[int, str]) -> Reading:
    codes = {
        int(at)
        for column in reading.table.columns
        if column.type == "code"
        for at in np.unique(reading.origin.column.get(column.name, np.array([], dtype=int)))
    }
    told = []
    for at, rows in sorted(marks.cleaned.items()):
        shown = rows_named(rows)
        what = "代码里" if at in codes else ""
        told.append(
            {**_place(reading, int(rows[0]), at, header), "count": len(rows), "rows": shown, "where": what}
        )  # fmt: skip
    return _with(reading, "invisible_signs", told)


def about_garbled(
    reading: Reading, rows: np.ndarray, cells: pd.DataFrame, used: Sequence[int], *, bad: Mapping[int, str]
) -> Reading:
    """Return the reading with a warning for each column that holds garbled text.

    ``used``: positions that are read; ``bad``: rows that are named for their bytes already.
    """
    sheet = next((name for name, _ in reading.origin.headers), "")
    for at in (one for one in used if one in cells):
        texts = letters.texts(cells[at])
        if letters.is_ascii(texts) and not letters.holds_any(texts, b"??"):
            continue
        words = {one: was for one in texts.unique().drop_null().to_pylist() if (was := meant(one)) is not None}
        if not words:
            continue
        hit = np.flatnonzero(cells[at].isin(list(words)).to_numpy() & ~np.isin(rows, list(bad)))
        if len(hit):
            first = str(cells[at].iloc[hit[0]])
            said: dict[str, object] = {
                "value": first[:_LONGEST_GARBLED],
                "count": len(hit),
                "rows": rows_named(rows[hit]),
            }
            said |= {"hint": f"，原文可能是“{words[first][:_LONGEST_GARBLED]}”" if words[first] else ""}
            header = reading.origin.headers.get((sheet, at), "")
            reading = reading.noted("garbled", sheet=sheet, column=header, row=int(rows[hit[0]]), **said)
    return reading


def rows_named(rows: Sequence[int] | np.ndarray) -> str:
    """Return row numbers as a reader is told them, the first twenty."""
    return "、".join(map(str, rows[:_MOST_ROWS_NAMED])) + ("……" if len(rows) > _MOST_ROWS_NAMED else "")


def _place(reading: Reading, row: int, at: int, header: Mapping[int, str]) -> dict[str, object]:
    sheet = next((name for name, _ in reading.origin.headers), "")
    place: dict[str, object] = {"sheet": sheet, "row": row, "column": header.get(at) or column_letters(at)}
    if reading.origin.cells:
        place["cell"] = f"{column_letters(at)}{row}"
    return place


def _with(reading: Reading, rule: str, told: Sequence[Mapping[str, object]]) -> Reading:
    if not told:
        return reading
    return replace(reading, findings=(*reading.findings, findings_at(rule, reading.source, told)))
