"""Who owns each cell of a sheet: what no column of the table takes is counted, and named where it may be missed."""

from __future__ import annotations

import difflib
import json
import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pyarrow as pa

from govkit import catalogue
from govkit.catalogue import toml_text
from govkit.intake.reading.assemble import Reading
from govkit.intake.reading.columns import header_words, time_span
from govkit.intake.reading.schema import Column
from govkit.intake.sheets.grid import column_letters
from govkit.intake.sheets.marks import rows_named
from govkit.intake.values.quantities import plain, split_unit
from govkit.intake.values.values import parse

# a header and a known word that share this much of their signs are alike
_ALIKE = 0.6
# columns nobody took of which each has its finding
_MOST_TOLD = 300
_SAMPLE = 200
_NUMBERS = 0.8
_LONGEST_REMARK = 60
_MOST_NAMED = 8


@dataclass(frozen=True)
class Cells:
    """How many filled cells of a source each owner has; ``columns`` are the columns nobody took.

    ``used`` cells are in a table (or would be, had their row not been set aside), ``head`` in a header, ``note`` in
    a title or note, ``total`` in sums that were compared, ``left_out`` hold data about persons, are struck out or
    ignored by zone.toml; ``unread`` are all others. ``digest`` changes with every cell that is in no table.
    """

    used: int = 0
    head: int = 0
    note: int = 0
    total: int = 0
    left_out: int = 0
    unread: int = 0
    heads: int = 0
    columns: tuple[dict[str, object], ...] = ()
    digest: int = 0

    @property
    def filled(self) -> int:
        """All cells that hold anything."""
        return self.used + self.head + self.note + self.total + self.left_out + self.unread

    def __add__(self, other: Cells) -> Cells:
        sums = {n: getattr(self, n) + getattr(other, n) for n in self.__dataclass_fields__ if n not in {"digest"}}
        return Cells(**sums, digest=zlib.crc32(str(other.digest).encode(), self.digest))

    def as_json(self) -> str:
        """Return the unread columns as JSON: sheet, letters, header, cells, rows' first."""
        return json.dumps(list(self.columns), ensure_ascii=False) if self.columns else ""


@dataclass(frozen=True)
class Owners:
    """Which positions of a sheet belong to whom; those in none of these are unread."""

    used: frozenset[int]
    personal: frozenset[int] = frozenset()
    ignored: frozenset[int] = frozenset()
    total: frozenset[int] = frozenset()
    named: frozenset[int] = frozenset()
    taken: frozenset[str] = frozenset()


def cells_of(reading: Reading) -> Cells:
    """Return the cells counted of a reading, none where they were not counted."""
    found = reading.facts.get("cells")
    return found if isinstance(found, Cells) else Cells()


def filled(cells: pd.DataFrame, rows: np.ndarray | None = None) -> np.ndarray:
    """Return how many cells of each column hold something, in all rows or in those of a mask."""
    every = rows is None or bool(rows.all())
    counts = [cells[at].count() if every else cells[at].notna().to_numpy()[rows].sum() for at in cells]
    return np.array(counts, dtype=np.int64)


def digest_of(cells: pd.DataFrame, start: int = 0) -> int:
    """Return a number that changes with any text of these cells."""
    for at in cells:
        text = pa.array(cells[at], type=pa.large_string())
        for chunk in text.chunks if isinstance(text, pa.ChunkedArray) else [text]:
            start = zlib.crc32(repr(chunk.to_pylist()).encode(), start)
    return start


def account(
    reading: Reading, cells: pd.DataFrame, kinds: Mapping[str, np.ndarray], owners: Owners, header_end: int
) -> Reading:
    """Return the reading with its cells counted by owner and unread columns named.

    ``cells`` are those below the header, ``kinds`` masks of the rows that are no data, by kind. ``header_end`` is the
    number of the header's last row.
    """
    rows = ~np.logical_or.reduce([np.zeros(len(cells), dtype=bool), *kinds.values()])
    counts, places = filled(cells, rows), {int(str(at)): number for number, at in enumerate(cells)}
    heads = reading.origin.headers
    sheet = str(reading.facts.get("sheet") or "") if reading.origin.cells else ""

    def many(positions: frozenset[int]) -> int:
        return int(sum(counts[places[at]] for at in positions if at in places))

    known = owners.used | owners.personal | owners.ignored | owners.total
    left = [at for at in places if at not in known and counts[places[at]]]
    columns = tuple(
        {
            "sheet": sheet, "column": column_letters(at), "header": heads.get((reading.sheet, at), ""),
            "cells": int(counts[places[at]]), "from": header_end + 1,
        }
        for at in left
    )  # fmt: skip
    of_rows = {kind: int(filled(cells, mask).sum()) for kind, mask in kinds.items() if mask.any()}
    whole = bool(rows.all())
    others = cells[[at for at in cells if int(str(at)) in {*left, *owners.ignored, *owners.total}]]
    digest = digest_of(others if whole else others[rows])
    digest = digest if whole else digest_of(cells[~rows], digest)
    found = Cells(
        used=many(owners.used),
        head=of_rows.get("header", 0),
        note=of_rows.get("note", 0),
        total=of_rows.get("total", 0) + many(owners.total - owners.used),
        left_out=many((owners.personal | owners.ignored) - owners.used)
        + sum(n for kind, n in of_rows.items() if kind in {"struck", "part", "empty"}),
        unread=many(frozenset(left)),
        heads=sum(1 for (_, at), text in heads.items() if text and at in places),
        columns=columns,
        digest=digest,
    )
    reading = replace(reading, facts={**reading.facts, "cells": found})
    return named(
        reading,
        cells[left] if whole else cells[left][rows],
        [at for at in left if at not in owners.named],
        owners.taken,
        header_end,
    )


def named(
    reading: Reading, cells: pd.DataFrame, left: Sequence[int], taken: frozenset[str], header_end: int
) -> Reading:
    """Return the reading with a finding for every column nobody took, save those that nobody counts.

    A warning where the column resembles one that the table lacks, holds numbers while the table lacks amounts, or has
    no header at all; else a note. ``taken`` are the tidy columns the file has.
    """
    table, sheet = reading.table, reading.sheet
    uncounted = {plain(word) for word in catalogue.load("cells")["uncounted"]}
    lacking = [column for column in table.columns if column.name not in taken]
    amounts = [column for column in lacking if column in table.measures or column.type in {"longitude", "latitude"}]
    doubts = "|".join(catalogue.load("cells")["doubts"])
    if more := [column_letters(at) for at in left[_MOST_TOLD:]]:
        where = f"{more[0]}—{more[-1]}"
        reading = reading.noted("more_unread_columns", sheet=sheet, count=f"{len(more):,}", value=where)
    for at in left[:_MOST_TOLD]:
        header = reading.origin.headers.get((sheet, at), "")
        values = cells[at].dropna()
        words = {"sheet": sheet, "column": header, "value": header or column_letters(at), "count": len(values)}
        words |= {"table": table.name, "header": toml_text(header)[1:-1]}
        if not header:
            first = values.index[0]
            place = {"cell": f"{column_letters(at)}{first + header_end + 1}"} if reading.origin.cells else {}
            shown = "、".join(values.head(_MOST_NAMED).str.slice(0, 20)) + ("……" if len(values) > _MOST_NAMED else "")
            said = words | place | {"row": int(first) + header_end + 1, "said": shown, "letters": column_letters(at)}
            reading = reading.noted("cells_beyond_heads", **{**said, "column": column_letters(at)})
            continue
        if split_unit(header.split("/")[-1])[0] in uncounted or plain(header) in uncounted:
            doubted = values[values.str.contains(doubts)]
            if len(doubted):
                rows = doubted.index.to_numpy(dtype=int) + header_end + 1
                said = {"value": doubted.iloc[0][:_LONGEST_REMARK], "count": len(doubted), "rows": rows_named(rows)}
                reading = reading.noted("doubted", **{**words, **said, "row": int(rows[0])})
            continue
        like = resembled(header, lacking)
        sample = values.head(_SAMPLE)
        found = parse(sample, Column("", "", "number")).values
        numbers = (
            len(sample) > 0 and bool(found.notna().mean() >= _NUMBERS) and not sample.str.fullmatch(r"\d{9,}").all()
        )
        # 110/105 below 申请件数/办结件数 is no number, and two of them all the same
        counts = numbers or bool(sample.str.contains(r"\d").mean() >= _NUMBERS)
        if like and (counts or like.type not in {"integer", "number", "fraction"}):
            said = words | {"label": like.label, "name": like.name}
            reading = reading.noted("unread_like", **said)
        elif numbers and amounts:
            rule = "unread_of_another" if _is_of_another(header) else "unread_numbers"
            lacks = "、".join(f"{column.label}（{column.name}）" for column in amounts[:_MOST_NAMED])
            reading = reading.noted(rule, **words, lacks=lacks, name=amounts[0].name)
        else:
            reading = reading.noted("unread_column", **words)
    return reading


def resembled(header: str, lacking: Sequence[Column]) -> Column | None:
    """Return the column of those a table lacks that a header resembles most, None if it resembles none.

    A header resembles a word that it holds or that holds it, or with which it shares most signs in their order. One of
    last year, a plan or a share resembles none.
    """
    if _is_of_another(header):
        return None
    best: tuple[float, Column] | None = None
    spellings = {split_unit(word)[0] for word in header_words(tuple(header.split("/")))} - {""}
    for column in lacking:
        for word in {split_unit(one)[0] for one in column.words} - {""}:
            likeness = max(_likeness(spelling, word) for spelling in spellings) if spellings else 0.0
            if likeness >= _ALIKE and (best is None or likeness > best[0]):
                best = likeness, column
    return best[1] if best else None


def _is_of_another(header: str) -> bool:
    """Whether a header says that its numbers are of another time, a plan, or a share of other columns."""
    whole = header.split("/")
    bare = (split_unit(part)[0] for part in whole)
    other = "other" in {time_span(tuple(parts))[1] for parts in (whole, bare)}
    return other or split_unit(header)[0].endswith(tuple(catalogue.load("cells")["shares"]))


def _likeness(header: str, word: str) -> float:
    if len(word) >= 2 and not word.isascii() and (word in header or (header in word and len(header) >= 2)):
        return 0.7 + 0.3 * min(len(word), len(header)) / max(len(word), len(header))
    if re.fullmatch(r"[a-z0-9_]+", word) and len(word) < 4:
        return 0.0
    return difflib.SequenceMatcher(None, header, word, autojunk=False).ratio()
