"""One table on its way from a file: values, where each came from, what was found wrong, which rows are set aside."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

import numpy as np
import pandas as pd

from govkit import catalogue
from govkit.intake.reading.columns import match_word
from govkit.intake.reading.schema import Table, table
from govkit.intake.reading.sources import Source
from govkit.intake.sheets.grid import column_letters
from govkit.intake.values.personal import mask, mask_series

FINDING_COLUMNS = {
    "severity": "str", "rule": "str", "table": "str", "file": "str", "sheet": "str", "row": "Int64", "column": "str",
    "cell": "str", "value": "str", "reason": "str", "todo": "str", "unit_code": "str",
    "longitude": "float64", "latitude": "float64",
}  # fmt: skip


@dataclass(frozen=True)
class Origin:
    """Where records stand in their file.

    ``sheet``: sheet name of every record. ``row``: row (from 1) of every record, for each tidy column and, under
    ``""``, for the record. ``column``: position (from 0) likewise. ``headers``: (sheet, position) → header. ``cells``:
    whether cells have names like F17. ``file``: the file of every record where there are several; the sheets of
    ``headers`` then begin with theirs.
    """

    sheet: np.ndarray
    row: Mapping[str, np.ndarray]
    column: Mapping[str, np.ndarray]
    headers: Mapping[tuple[str, int], str]
    cells: bool = True
    file: np.ndarray | None = None


# the name of its unit that stands beside a record's code, kept among the texts until the units are known
UNIT_BESIDE = "unit_name_beside"


@dataclass(frozen=True)
class Reading:
    """Records of one source. ``text`` is what the cells said, ``frame`` what they mean; both have a RangeIndex.

    ``aside`` marks the records set aside; the frame keeps them until the end, so that positions stay.
    """

    source: Source
    table: Table
    frame: pd.DataFrame
    text: pd.DataFrame
    origin: Origin
    aside: np.ndarray
    left_out: int = 0
    lost: int = 0
    findings: tuple[pd.DataFrame, ...] = ()
    facts: Mapping[str, object] = field(default_factory=dict)

    @property
    def sheet(self) -> str:
        """The name under which its headers stand."""
        return next((name for name, _ in self.origin.headers), "")

    def flagged(
        self,
        rule: str,
        at: np.ndarray | pd.Series,
        *,
        column: str = "",
        severity: str = "",
        name: str = "",
        words: Mapping[str, object] | None = None,
        value: Sequence[str] | None = None,
    ) -> Reading:
        """Return the reading with one finding for every record that the mask ``at`` marks.

        The texts come from findings.toml; ``words`` fill their braces (scalars, or one for each record marked). An
        error sets the record aside; ``severity`` and ``name`` override the catalogue's severity and the rule's id.
        """
        positions = np.flatnonzero(np.asarray(at, dtype=bool))
        if not len(positions):
            return self
        entry = catalogue.load("findings")[rule]
        grave = severity or self._severity(entry["severity"], column)
        frame = self._places(positions, column)
        shown = self._shown(positions, column) if value is None else list(value)
        label = self.table[column].label if column in self.table else ""
        given = {"label": label, **(words or {})}
        texts = [_fill(entry, {**_nth(given, i), "value": shown[i]}) for i in range(len(positions))]
        frame = frame.assign(
            severity=grave,
            rule=name or rule,
            value=pd.array(shown, dtype="str"),
            reason=[reason for reason, _ in texts],
            todo=[todo for _, todo in texts],
        )
        # one cell of a wide table serves many records, and is one defect
        frame = frame.drop_duplicates(["file", "sheet", "row", *(["column"] if "column" in frame else [])])
        aside = self.aside
        if grave == "error":
            aside = aside.copy()
            aside[positions] = True
        return replace(self, aside=aside, findings=(*self.findings, frame.astype(object)))

    def file_of(self, position: int) -> str:
        """Return the file a record stands in."""
        return self.source.path if self.origin.file is None else str(self.origin.file[position])

    def noted(self, rule: str, **words: object) -> Reading:
        """Return the reading with one finding about the file, or the ``sheet``, ``row`` and ``column`` given."""
        found = finding(rule, self.source, **words)
        return replace(self, findings=(*self.findings, found))

    def _severity(self, wanted: str, column: str) -> str:
        if wanted != "need":
            return wanted
        return "error" if column in self.table and self.table[column].required else "warning"

    def _places(self, positions: np.ndarray, column: str) -> pd.DataFrame:
        key = column if column in self.origin.row else ""
        rows, sheets = self.origin.row[key][positions], self.origin.sheet[positions]
        file = self.source.path if self.origin.file is None else self.origin.file[positions]
        frame = pd.DataFrame({"table": self.table.name, "file": file, "sheet": sheets, "row": rows})
        if column in self.origin.column:
            at = self.origin.column[column][positions]
            keys = sheets if self.origin.file is None else frame["file"] + "\0" + frame["sheet"].fillna("")
            frame["column"] = [self.origin.headers.get((s, c)) for s, c in zip(keys, at, strict=True)]
            if self.origin.cells:
                frame["cell"] = [f"{column_letters(c)}{r}" for c, r in zip(at, rows, strict=True)]
        if "unit_code" in self.frame:
            frame["unit_code"] = self.frame["unit_code"].iloc[positions].to_numpy()
        return self._with_place(frame, positions)

    def _with_place(self, frame: pd.DataFrame, positions: np.ndarray) -> pd.DataFrame:
        if "geometry" not in self.frame or self.frame["geometry"].dtype != "geometry":
            return frame
        points = self.frame["geometry"].iloc[positions].representative_point()
        return frame.assign(longitude=points.x.to_numpy(), latitude=points.y.to_numpy())

    def _shown(self, positions: np.ndarray, column: str) -> list[str | None]:
        if column not in self.text:
            return [None] * len(positions)
        return [None if pd.isna(v) else v for v in self.text[column].iloc[positions]]


# Texts of a finding that may repeat what a cell says.
_SHOWN = ("sheet", "column", "value", "reason", "todo")
# What the caller of a finding may say about its place and value.
_GIVEN = ("file", "sheet", "row", "column", "cell", "value", "unit_code", "longitude", "latitude")


def finding(rule: str, source: Source, **words: object) -> pd.DataFrame:
    """Return a one-row findings frame about a whole file, a sheet, a row or a column."""
    return findings_at(rule, source, [words])


def findings_at(rule: str, source: Source, records: Sequence[Mapping[str, object]]) -> pd.DataFrame:
    """Return one finding for each of ``records``: the words for its text, and any of ``_GIVEN`` for its place."""
    entry = catalogue.load("findings")[rule]
    rows = []
    for words in records:
        reason, todo = _fill(entry, words)
        rows.append({key: words[key] for key in _GIVEN if key in words} | {"reason": reason, "todo": todo})
    about = {"severity": entry["severity"], "rule": rule, "table": source.table}
    return pd.DataFrame([{"file": source.path} | about | row for row in rows], dtype=object)


def tidy_findings(found: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Return findings as one frame, every column in its order and type; an empty sheet name counts as none.

    What tells a person is masked in them.
    """
    frames = [one for one in found if len(one)]
    if not frames:
        return _none().copy()
    frame = pd.concat(frames, ignore_index=True).reindex(columns=list(FINDING_COLUMNS))
    frame["sheet"] = frame["sheet"].replace("", pd.NA)
    frame = frame.astype(FINDING_COLUMNS)
    plain, coded = frame, _codes_in(frame)
    frame = frame.assign(**{name: mask_series(frame[name])[0] for name in _SHOWN})
    for at, code in plain.loc[coded, "value"].items():
        # what a code column holds is no card, wherever the finding repeats it
        frame.at[at, "value"] = mask(code, free=False)[0]
        frame.at[at, "reason"] = code.join(mask(part)[0] for part in plain.at[at, "reason"].split(code))
    return frame


def _codes_in(frame: pd.DataFrame) -> pd.Series:
    """Whether each finding repeats a long number that stands in a column of codes."""
    long = frame["value"].str.fullmatch(r"\d{13,20}").fillna(False).astype(bool) & frame["column"].notna()
    known = catalogue.load("tables")
    of_codes = [
        name in known
        and (found := match_word((column,), table(name))) is not None
        and table(name)[found].type == "code"
        for name, column in zip(frame.loc[long, "table"], frame.loc[long, "column"], strict=True)
    ]
    return long.mask(long, pd.Series(of_codes, index=frame.index[long], dtype=bool)).astype(bool)


@cache
def _none() -> pd.DataFrame:
    return pd.DataFrame(columns=list(FINDING_COLUMNS)).astype(FINDING_COLUMNS)


def _nth(words: Mapping[str, object], i: int) -> dict[str, object]:
    return {key: word if isinstance(word, str | int | float) else word[i] for key, word in words.items()}  # type: ignore[index]


def _fill(entry: Mapping[str, str], words: Mapping[str, object]) -> tuple[str, str]:
    return entry["reason"].format_map(words), entry["todo"].format_map(words)
