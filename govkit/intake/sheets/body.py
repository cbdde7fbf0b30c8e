"""Rows below the header that are no data: sums, blank rows, notes, repeated headers; what merged cells say of rows."""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow.compute as pc

from govkit import catalogue
from govkit.intake.reading.schema import Column
from govkit.intake.sheets.grid import Grid
from govkit.intake.values import letters
from govkit.intake.values.quantities import plain
from govkit.intake.values.values import parse

# Words for a sum stand alone in their cell, so only short cells need a look.
_LONGEST_TOTAL = 12
_SUMS = ("合计", "小计", "总计", "共计")
# a note is told by its first words
_BEGINNING = 60
# codes, numbers and dates are made of these
_NO_WORDS = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ -:./_,+"
# a column of groups leaves blank at least this share of its rows
_FEWEST_BLANK = 0.25
# what parts the cells of a line beside commas, and of how many a line is told by it
_SIGNS = ("，", "；", "、", ";", "|", "\t", " ", ",")
_FEWEST_PARTS = 3
_SLACK = 0.011
# so far from the end a table is signed
_LAST_ROWS = 12
# what numbers columns below their heads: 甲, (3), 3=1+2
_STEMS, _NUMBERED = "甲乙丙丁戊己庚辛", re.compile(r"\(?(\d{1,2})\)?(?:=.*)?")
# 第 1 页 共 2 页
_PAGE = re.compile(r"第?\d+(?:页|/\d+页?)[,/]?(?:共\d+页)?|page\d+(?:of\d+)?")
# a range merged over more rows is a whole column
_MOST_MERGED = 100_000


@dataclass(frozen=True)
class Merges:
    """Merged ranges below a header, by the positions of their cells in the body.

    ``down``: (first row, last row, column) of ranges in one column; ``across``: (row, first column, last column) of
    ranges over several; ``covered``: (row, column) of cells that a range hides.
    """

    down: tuple[tuple[int, int, int], ...] = ()
    across: tuple[tuple[int, int, int], ...] = ()
    covered: tuple[tuple[int, int], ...] = ()


def merges_below(grid: Grid, end: int, stop: int) -> Merges:
    """Return the merged ranges between rows ``end`` and ``stop`` of a grid."""
    down, across, covered = [], [], []
    for top, left, bottom, right in grid.merged:
        if top < end or top >= stop:
            continue
        bottom = min(bottom, stop - 1, top + _MOST_MERGED)
        right = min(right, grid.cells.shape[1] - 1)
        covered += [
            (row - end, at)
            for row in range(top, bottom + 1)
            for at in range(left, right + 1)
            if (row, at) != (top, left)
        ]
        if bottom > top and left < grid.cells.shape[1]:
            down.append((top - end, bottom - end, left))
        across += [(top - end, left, right)] if right > left else []
    return Merges(tuple(down), tuple(across), tuple(covered))


def filled_down(cells: pd.DataFrame, merges: Merges, amounts: Collection[int]) -> pd.DataFrame:
    """Return cells as they are seen: what a merged range covers is not, and identifiers count for all its rows.

    ``amounts`` are the columns that hold amounts: of such a range only the first row has one.
    """
    if not merges.covered:
        return cells
    columns = {
        at: cells[at].to_numpy(dtype=object, na_value=None) for at in {at for _, at in merges.covered} if at in cells
    }
    for row, at in merges.covered:
        if at in columns and row < len(cells):
            columns[at][row] = None
    for first, last, at in merges.down:
        if at in columns and at not in amounts and first < len(cells):
            columns[at][first + 1 : last + 1] = columns[at][first]
    return _with_columns(cells, columns)


def said_above(
    cells: pd.DataFrame, columns: Collection[int], grouping: Collection[int]
) -> tuple[pd.DataFrame, dict[tuple[int, bool], np.ndarray]]:
    """Return data rows in which 〃, 同上 and their like are the value above, and which rows these are.

    ``columns`` are those that may say so in a word. In a column of ``grouping`` a blank says it too, if the column is
    written as groups are: many blanks, and never one value twice running; a row with one cell alone is a broken one and
    says nothing by its blanks. The keys are the column, and whether blank.
    """
    words = {plain(word) for word in catalogue.load("cells")["as_above"]}
    taken: dict[int, np.ndarray] = {}
    found: dict[tuple[int, bool], np.ndarray] = {}
    for at in (one for one in columns if one in cells):
        said = bare = np.zeros(len(cells), dtype=bool)
        texts = letters.texts(cells[at])
        if not letters.holds_only(texts, _NO_WORDS):
            hits = [text for text in _short_texts(cells[at], words) if plain(text).strip("()") in words]
            said = cells[at].isin(hits).to_numpy()
        if at in grouping and texts.null_count >= _FEWEST_BLANK * len(cells):
            written = cells[at].dropna()
            bare = cells[at].isna().to_numpy() & ~(written == written.shift()).any()
            bare &= cells.notna().to_numpy().sum(axis=1) > 1
        above = cells[at].mask(said).ffill() if said.any() or bare.any() else cells[at]
        for blank, mask in ((False, said), (True, bare)):
            mask = mask & above.notna().to_numpy()
            if mask.any():
                column = taken.setdefault(at, cells[at].to_numpy(dtype=object, na_value=None).copy())
                column[mask] = above.to_numpy(dtype=object)[mask]
                found[at, blank] = np.flatnonzero(mask)
    return (_with_columns(cells, taken) if taken else cells), found


def _with_columns(cells: pd.DataFrame, columns: Mapping[int, np.ndarray]) -> pd.DataFrame:
    found = cells.copy(deep=False)
    for at, values in columns.items():
        found[at] = pd.Series(values, index=cells.index, dtype="str")
    return found


def rows_without_data(
    cells: pd.DataFrame,
    headers: Sequence[str],
    needed: Mapping[str, int],
    amounts: Collection[int] = (),
    titles: Collection[str] = (),
) -> dict[str, np.ndarray]:
    """Return masks of the rows to leave out: "blank", "total", "part", "note" and "header".

    A part (其中：…) repeats a share of the row above it, but where an amount alone says so.

    A note stands below the last row that has the needed columns, fills at most two cells, and begins with a word
    for notes or is one long cell; any other broken row is data and will be found wrong. One of ``titles`` that stands
    alone in a row is said again on a new page.
    """
    filled = cells.notna().to_numpy().sum(axis=1)
    blank = filled == 0
    total = _totals(cells) & ~blank
    part = _parts(cells, {name: at for name, at in needed.items() if at not in amounts}) & ~blank & ~total
    whole = np.ones(len(cells), dtype=bool)
    for position in needed.values():
        whole &= cells[position].notna().to_numpy()
    total |= _ends_as_total(cells, needed, ~whole & ~blank)
    part &= ~total
    signed = _signed(cells, filled)
    whole &= ~signed
    header = (_repeated_headers(cells, headers, filled) | _numbering(cells, filled)) & ~blank & ~total
    # where one column is all that is needed, a note below fills it, too
    data = np.flatnonzero(whole & ~total & ~header & ~part & (filled > min(1, filled.max(initial=0) - 1)))
    below = np.arange(len(cells)) > (data[-1] if len(data) else -1)
    few = (below | _is_continued(cells, filled, titles)) & (filled <= 2) & ~blank & ~total & ~header
    # amounts alone at the end are a sum without its word
    alone = cells[[at for at in cells if at not in amounts]].isna().all(axis=1).to_numpy()
    total |= alone & below & ~blank & ~header & bool(len(data)) & (len(amounts) > 0)
    few &= ~total
    note = np.zeros(len(cells), dtype=bool)
    for at in np.flatnonzero(few):
        texts = [text for text in cells.iloc[at] if not pd.isna(text)]
        note[at] = texts[0] in titles or _is_note(texts, len(needed), whole=bool(whole[at]))
    note |= signed & below
    return {"blank": blank, "total": total, "part": part & ~note & ~header, "header": header, "note": note}


def _signed(cells: pd.DataFrame, filled: np.ndarray) -> np.ndarray:
    """Mark rows at the end of which every cell says who filled in or checked the table, or when."""
    words = tuple(plain(word) for word in catalogue.load("cells")["footnotes"])
    found = np.zeros(len(cells), dtype=bool)
    for at in np.flatnonzero(filled > 1)[-_LAST_ROWS:].tolist():
        texts = [plain(text[:_BEGINNING]) for text in cells.iloc[at] if not pd.isna(text)]
        found[at] = all(text.startswith(words) and ":" in text for text in texts)
    return found


def children_of_sums(cells: pd.DataFrame, masks: Mapping[str, np.ndarray], amounts: Collection[int]) -> np.ndarray:
    """Mark 其中 rows below a sum that is no sum of the rows above it, but of them and the rows that follow.

    They are all there is of what the sum adds up, and count.
    """
    values = [parse(cells[at], Column("", "", "number")).values.to_numpy(dtype="float64") for at in amounts]
    amount = np.column_stack(values) if values else np.full((len(cells), 0), np.nan)
    gone = np.logical_or.reduce([mask for kind, mask in masks.items() if kind != "part"])
    stops = [*np.flatnonzero(masks["total"]).tolist(), len(cells)]
    found = np.zeros(len(cells), dtype=bool)
    for number, (line, stop) in enumerate(itertools.pairwise(stops)):
        said = ~np.isnan(amount[line])
        if line + 1 == stop or not masks["part"][line + 1] or not said.any():
            continue
        above = np.arange(stops[number - 1] + 1 if number else 0, line)
        sums = [np.nansum(amount[rows[~gone[rows]]][:, said], axis=0) for rows in (above, np.arange(line + 1, stop))]
        same = [bool((np.abs(one - amount[line, said]) < _SLACK).all()) for one in sums]
        found[line + 1 : stop] = masks["part"][line + 1 : stop] & (same == [False, True])
    return found


def _parts(cells: pd.DataFrame, needed: Mapping[str, int]) -> np.ndarray:
    """Mark rows that say they are part of another one."""
    found = np.zeros(len(cells), dtype=bool)
    words = "|".join(catalogue.load("cells")["parts"])
    for position in needed.values():
        text = letters.texts(cells[position])
        if not letters.holds_any(text, "其中".encode()):
            continue
        hit = pc.match_substring_regex(text, f"^\\s*(?:{words})")
        found |= pc.fill_null(hit, False).to_numpy(zero_copy_only=False)
    return found


def without_part_words(cells: pd.DataFrame, at: int, rows: np.ndarray | None = None) -> pd.DataFrame:
    """Return cells of which one column does not say, in some rows, that it is part of another row."""
    if at not in cells or not letters.holds_any(letters.texts(cells[at]), "其中".encode()):
        return cells
    words = "|".join(catalogue.load("cells")["parts"])
    bare = cells[at].str.replace(f"^\\s*(?:{words})\\s*", "", regex=True)
    bare = bare if rows is None else bare.where(rows, cells[at])
    return _with_columns(cells, {at: bare.to_numpy(dtype=object, na_value=None)})


def further_parts(
    cells: pd.DataFrame, masks: Mapping[str, np.ndarray], amounts: Collection[int], depths: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return which rows below a 其中 row are parts as well, and which may be.

    They are where they stand further in than the row they are parts of, or where they and the 其中 row add up to it in
    several amounts, or the 其中 row has none of its own. Where one amount alone agrees it may be chance.
    """
    values = [parse(cells[at], Column("", "", "number")).values.to_numpy(dtype="float64") for at in amounts]
    amount = np.column_stack(values) if values else np.full((len(cells), 0), np.nan)
    usable = ~np.logical_or.reduce(list(masks.values()))
    sure, likely = np.zeros(len(cells), dtype=bool), np.zeros(len(cells), dtype=bool)
    for part in np.flatnonzero(masks["part"]).tolist():
        above = np.flatnonzero(usable[:part])
        if not len(above):
            continue
        rest = np.flatnonzero(~usable[part + 1 :])
        stop = part + 1 + (int(rest[0]) if len(rest) else len(cells) - part - 1)
        shallow = np.flatnonzero(depths[part + 1 : stop] <= depths[above[-1]])
        inner = part + 1 + (int(shallow[0]) if len(shallow) else stop - part - 1)
        if inner > part + 1:
            sure[part + 1 : inner] = True
            continue
        whole, sums = amount[above[-1]], np.nancumsum(amount[part:stop], axis=0)
        same = (np.abs(sums - whole) < _SLACK) | np.isnan(whole)
        counted = int((whole > 0).sum())
        ends = np.flatnonzero(same.all(axis=1))
        if counted and len(ends) and ends[0]:
            bare = np.isnan(amount[part]).all()
            (sure if bare or counted > 1 else likely)[part + 1 : part + 1 + int(ends[0])] = True
    return sure, likely


def _is_continued(cells: pd.DataFrame, filled: np.ndarray, titles: Collection[str]) -> np.ndarray:
    """Mark rows of one cell that say the table goes on (续表, 第 2 页) or its title again."""
    found = np.zeros(len(cells), dtype=bool)
    for at in np.flatnonzero(filled == 1):
        text = cells.iloc[at].dropna().iloc[0]
        found[at] = text in titles or _goes_on(text)
    return found


def _goes_on(text: str) -> bool:
    word = plain(text[:_BEGINNING]).strip("()-")
    return word in {plain(one) for one in catalogue.load("cells")["continued"]} or bool(_PAGE.fullmatch(word))


def _totals(cells: pd.DataFrame) -> np.ndarray:
    words = {plain(word) for word in catalogue.load("cells")["totals"]}
    # the sum of a unit may have a month and an item as well
    units = tuple(f"{unit}{word}" for unit in catalogue.load("cells")["unit_endings"] for word in _SUMS)
    found = np.zeros(len(cells), dtype=bool)
    for position in cells:
        column = cells[position]
        short = {text: plain(text).strip(":()") for text in _short_texts(column, words)}
        hits = [text for text, word in short.items() if word in words or word.endswith(units)]
        if hits:
            found |= column.isin(hits).to_numpy()
    return found


def _ends_as_total(cells: pd.DataFrame, needed: Mapping[str, int], lacking: np.ndarray) -> np.ndarray:
    """Mark rows that lack needed cells and are called the sum of something, such as 东街街道合计."""
    found = np.zeros(len(cells), dtype=bool)
    for at in [position for position in needed.values() if lacking.any()]:
        said = cells[at][lacking].dropna()
        hits = [line for line, text in said.items() if len(text) <= _LONGEST_TOTAL and plain(text).endswith(_SUMS)]
        found[np.searchsorted(cells.index, hits)] = True
    return found


def _short_texts(column: pd.Series, words: set[str]) -> list[str]:
    """Return the distinct cells that may be one of ``words``: one quick look at length and ends spares slow ones."""
    texts = letters.texts(column)
    last = {sign for word in words for sign in (word[-1], word[-1].upper())}
    if not letters.holds_one_of(texts, "".join(filter(str.isascii, last)).encode()):
        # one note in a column of codes is no reason to look at every code
        texts = [] if letters.is_ascii(texts) else texts.filter(pc.invert(pc.string_is_ascii(texts)))
    if not len(texts):
        return []
    texts = texts.unique().drop_null()
    texts = texts.filter(pc.less_equal(pc.utf8_length(texts), _LONGEST_TOTAL))
    # codes and dates hold nothing but ASCII, and the few words that do so end in one of few letters
    wordy = pc.invert(pc.string_is_ascii(texts))
    for letter in {word[-1] for word in words if word.isascii()}:
        for ending in (letter, letter.upper(), f"{letter}:", f"{letter})"):
            wordy = pc.or_(wordy, pc.ends_with(texts, ending))
    texts = texts.filter(wordy)
    # for Arrow every letter that is not ASCII is a non-word letter: it lets through more, never less
    likely = pc.match_substring_regex(texts, f"[{''.join(sorted(last))}]\\W*$")
    return texts.filter(likely).to_pylist()


def _repeated_headers(cells: pd.DataFrame, headers: Sequence[str], filled: np.ndarray) -> np.ndarray:
    """Mark rows that say the header again, as printed pages do: at least two cells equal their header, none differs."""
    same = np.zeros(len(cells), dtype=int)
    for position, header in zip(cells, headers, strict=False):
        hit = pc.equal(letters.texts(cells[position]), header)
        if header and pc.any(hit).as_py():
            same += pc.fill_null(hit, False).to_numpy(zero_copy_only=False)
    return (same >= 2) & (same == filled)


def _numbering(cells: pd.DataFrame, filled: np.ndarray) -> np.ndarray:
    """Mark a first row that only numbers the columns, as statistical forms do: 甲, 乙, 1, 2, 3=1+2."""
    found = np.zeros(len(cells), dtype=bool)
    first = int(np.argmax(filled > 0)) if filled.any() else 0
    texts = [plain(text) for text in cells.iloc[first].dropna()] if len(cells) else []
    words = [text for text in texts if text not in {"栏次", "栏目", "行次", "序号"}]
    numbers = [int(one[1]) for text in words if (one := _NUMBERED.fullmatch(text))]
    stems = len(words) - len(numbers)
    ordered = words[:stems] == list(_STEMS[:stems]) and numbers == list(range(1, len(numbers) + 1))
    many = len(numbers) >= _FEWEST_PARTS or (stems > 1 and len(numbers) > 0)
    found[first : first + 1] = ordered and many
    return found


def _is_note(texts: list[str], needed: int, *, whole: bool) -> bool:
    """Whether the texts of a row are a note; a row whose cells another sign parts than the rest's is a broken one.

    ``whole``: it has all that is needed, and is a note only if it begins as notes do.
    """
    words = tuple(plain(word) for word in catalogue.load("cells")["footnotes"])
    first = plain(texts[0][:_BEGINNING]).lstrip("(")
    if _goes_on(texts[0]):
        return True
    parts = max(texts[0].count(sign) for sign in _SIGNS) + 1
    if re.match(r"\d{6}", first) and parts >= max(needed, _FEWEST_PARTS):
        return False
    return first.startswith(words) or (not whole and len(texts) == 1 and len(first) > _LONGEST_TOTAL)
