"""Where a printed number comes from: where it stands in a report, which measure gives it, and the rows behind it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from govkit import catalogue
from govkit.analysis.ledgers.views import load_views
from govkit.analysis.measures.measure import MeasureInfo, measure_info
from govkit.analysis.score.scheme import load_scheme
from govkit.batch.record.manifest import read_manifest
from govkit.documents.read.blocks import Figure, Heading, Paragraph, TableBlock
from govkit.documents.read.document import read_document
from govkit.documents.read.tree import Document, plain, walk
from govkit.errors import ReportError, nearest
from govkit.research.zone import Zone
from govkit.rounding import fixed

_SIGNS = re.compile(r"[\s,，]")
_PRINTED = re.compile(r"[-−]?\d[\d,]*(?:\.\d+)?\s?%?")


@dataclass(frozen=True)
class Origin:
    """A measure that has the number: of which unit and period, as what (value, numerator, denominator), and its rows.

    ``rows``: table → the unit's rows of the period in that table; ``files``: the files they were read from.
    """

    measure: MeasureInfo
    unit: str
    period: str
    role: str
    counted: str
    rows: dict[str, pd.DataFrame]
    files: tuple[str, ...]


def executed_notebook(report: Path) -> Path:
    """Return the executed notebook of a report given by it or by one of its documents.

    Raises ReportError if the folder's manifest does not know the file.
    """
    if report.suffix == ".ipynb" and report.is_file():
        return report
    known: list[str] = []
    for record in read_manifest(report.parent).get("reports", []):
        paths = [str(one["path"]) for one in record.get("outputs", [])]
        executed = [path for path in paths if path.endswith(".ipynb")]
        if report.name in paths and executed:
            return report.parent / executed[0]
        known += paths if executed else []
    near = nearest(report.name, known) or nearest(report.stem, [Path(path).stem for path in known])
    raise ReportError(
        f"{report} 不是报告文件夹里的报告。" + (f"最接近的是：{'、'.join(near)}。" if near else ""),
        allowed="报告的网页、PDF、Word，或 notebooks 文件夹里的 .ipynb",
        todo="报告的文件名见报告文件夹的 index.html。",
    )


def parameters_of(notebook: Path) -> dict[str, Any]:
    """Return what a report was made with: zone (its folder's name), period, district."""
    metadata = json.loads(notebook.read_text(encoding="utf-8")).get("metadata", {})
    return dict(metadata.get("papermill", {}).get("parameters", {}))


def edition_of(notebook: Path) -> str:
    """Return of which edition an executed notebook is, "" where there is one only."""
    known = catalogue.load("editions")
    names = (str(known["public"]), str(known["internal"]))
    return next((one for one in names if notebook.stem.endswith(f"-{one}")), "")


def bare(number: str) -> str:
    """Return a number without thousands, blanks and percent sign, a hyphen for its minus.

    >>> bare("−1,234.5 %")
    '-1234.5'
    """
    return _SIGNS.sub("", number).replace("−", "-").replace("＋", "+").rstrip("%％")


def printed_document(notebook: Path) -> Document:
    """Return what an executed notebook prints."""
    import nbformat

    return read_document(nbformat.read(notebook, as_version=4))


def places(document: Document, number: str) -> list[str]:
    """Return in Chinese where a report prints a number: sentence, table with row and column, or figure."""
    wanted = bare(number)
    token = re.compile(rf"(?<![\d.,]){re.escape(wanted)}(?![\d]|\.\d)")
    return list(_places(document, wanted, token))


def sums(document: Document, number: str) -> list[str]:
    """Return in Chinese the columns of printed tables whose rows, totals aside, add up to a number as printed."""
    wanted, found = bare(number), []
    for block in walk(document.blocks):
        if not isinstance(block, TableBlock):
            continue
        rows = [row for at, row in enumerate(block.rows) if at not in block.emphasis]
        for column, texts in zip(block.columns, zip(*rows, strict=True), strict=False):
            if column.unit == "%" or len(texts) < 2 or not all(_PRINTED.fullmatch(text) for text in texts):
                continue
            total = fixed(sum(float(bare(text)) for text in texts), len(wanted.partition(".")[2]))
            if bare(total) == wanted:
                of = f"来自：表{block.number}“{block.title}”列“{column.head}”，{len(texts)} 行合计"
                found.append(f"{of}；{block.source}" if block.source else of)
    return found


def ledger_rows(
    zone: Zone, document: Document, number: str, *, period: str, district: str
) -> list[tuple[str, str, pd.DataFrame]]:
    """Return for each cell of a ledger's table that prints a number: what it is in Chinese, its table, the rows behind.

    A row named as a unit has that unit's rows, any other those of the whole report, of its period where they have one.
    """
    wanted = bare(number)
    names = zone.tables["units"].drop_duplicates("unit_code").set_index("unit_code")["name"]
    mine = _units(zone, district)
    views = {one.title: one for one in load_views()}
    found = []
    for block in walk(document.blocks):
        view = views.get(block.title) if isinstance(block, TableBlock) else None
        if view is None or not isinstance(block, TableBlock) or view.table not in zone.tables:
            continue
        for row in block.rows:
            for column, text in zip(block.columns, row, strict=True):
                if bare(text) != wanted:
                    continue
                units = {code for code, name in names.items() if name in row and code in mine} or mine
                rows = _rows_of(zone, view.table, units, period)
                for key, values in view.where.items():
                    rows = rows.loc[rows[key].isin(list(values))] if key in rows else rows
                files = dict.fromkeys(zone.accounts.loc[zone.accounts["table"] == view.table, "file"])
                title = catalogue.load("tables")[view.table]["title"]
                said = f"来自：台账“{view.title}”，行“{row[0]}”，列“{column.head}”"
                found.append((f"{said}\n      数据：{title} {len(rows):,} 行（{'、'.join(files)}）", view.table, rows))
    return found


def near(document: Document, number: str) -> list[str]:
    """Return the printed numbers next to one that is not printed, three at most, the nearest first."""
    try:
        wanted = float(bare(number))
    except ValueError:
        return []
    texts = [
        text for block in walk(document.blocks) if isinstance(block, TableBlock) for row in block.rows for text in row
    ]
    texts += [
        one
        for block in walk(document.blocks)
        if isinstance(block, Paragraph)
        for one in _PRINTED.findall(plain(block.runs))
    ]
    known = {text.strip() for text in texts if _PRINTED.fullmatch(text.strip())}
    return sorted(known, key=lambda text: (abs(float(bare(text)) - wanted), text))[:3]


def _places(document: Document, wanted: str, token: re.Pattern[str]) -> Iterator[str]:
    words, under = catalogue.load("document")["words"], ""
    for block in walk(document.blocks):
        if isinstance(block, Heading):
            under = f"{block.number}{plain(block.runs)}"
        elif isinstance(block, Paragraph) and token.search(bare(plain(block.runs))):
            yield f"{under}：{plain(block.runs)[:80]}"
        elif isinstance(block, Figure) and token.search(bare(block.alt)):
            yield f"{under} {words['figure']}{block.number} {block.caption}"
        elif isinstance(block, TableBlock):
            for row in block.rows:
                for column, text in zip(block.columns, row, strict=True):
                    if bare(text) == wanted:
                        where = f"{under} {words['table']}{block.number} {block.title}"
                        where += f"：行“{row[0]}”，列“{column.head}”"
                        yield f"{where}；{block.source}" if block.source else where


def origins(zone: Zone, number: str, *, period: str, district: str) -> list[Origin]:
    """Return the measures of a zone that have a printed number, of the report's unit or of its communities.

    This period and the one before are looked at, values as they are printed, with at most as many decimals as the
    number has; the unit itself comes before its communities, this period before the last. ``district``: short code,
    "" for a report of the whole zone.
    """
    before = zone.previous(period)
    periods = [period, *([before.id] if before else [])]
    units = _units(zone, district)
    found = []
    for by in ("district", "community"):
        for when in periods:
            for name in _names(zone):
                values = zone.measure(name, by=by, period=when)
                values = values[values.index.isin(units)]
                found += [_origin(zone, name, when, row, role) for row, role in _matches(values, name, bare(number))]
    return found


def _units(zone: Zone, district: str) -> set[str]:
    units = zone.tables["units"]
    if not district:
        return set(units["unit_code"])
    own = zone.district(district).unit_code
    return {own, *units.loc[units["district_code"] == own, "unit_code"]}


def _names(zone: Zone) -> list[str]:
    """Return the measures a report may print: those of the scheme, then all others that take no argument."""
    leaves = [leaf.measure for leaf in load_scheme(zone.settings.scheme).leaves] if zone.settings.scheme else []
    plain_ones = [name for name, entry in catalogue.load("measures").items() if "argument" not in entry]
    return list(dict.fromkeys([*leaves, *plain_ones]))


def _matches(values: pd.DataFrame, name: str, wanted: str) -> Iterator[tuple[Any, str]]:
    share = measure_info(name).unit == "%"
    decimals = len(wanted.partition(".")[2])
    for row in values.itertuples():
        for role in ("value", "numerator", "denominator"):
            number = getattr(row, role)
            if pd.isna(number):
                continue
            shown = fixed(number * (100 if share and role == "value" else 1), decimals).replace(",", "")
            if shown == wanted:
                yield row, role


def _origin(zone: Zone, name: str, period: str, row: Any, role: str) -> Origin:
    info = measure_info(name)
    counted = "" if pd.isna(row.numerator) else f"{row.numerator:,.10g} ÷ {row.denominator:,.10g}"
    rows = {table: _rows_of(zone, table, {str(row.Index)}, period) for table in info.tables if table in zone.tables}
    files = zone.accounts.loc[zone.accounts["table"].isin(list(rows)), "file"]
    return Origin(info, str(row.name), period, role, counted, rows, tuple(dict.fromkeys(files)))


def _rows_of(zone: Zone, table: str, units: set[str], period: str) -> pd.DataFrame:
    frame = zone.tables[table]
    mine = pd.Series(False, frame.index)
    for column in ("unit_code", "district_code"):
        if column in frame:
            mine |= frame[column].isin(units)
    if "period" in frame:
        mine &= (frame["period"] == period).fillna(False)
    return pd.DataFrame(frame.loc[mine].drop(columns="geometry", errors="ignore"))


def told(origin: Origin) -> str:
    """Return an origin in Chinese: measure, unit, period, how it was reckoned, definition, files, numbers of rows."""
    role = {"value": "", "numerator": "的分子", "denominator": "的分母"}[origin.role]
    titles = catalogue.load("tables")
    rows = "、".join(f"{titles[table]['title']} {len(frame):,} 行" for table, frame in origin.rows.items())
    counted = f"，{origin.counted}" if origin.counted else ""
    lines = [
        f"来自：{origin.unit} {origin.period} {origin.measure.label}{role}{counted}",
        f"      定义：{origin.measure.definition}",
        f"      数据：{rows}（{'、'.join(origin.files)}）",
    ]
    return "\n".join(lines)
