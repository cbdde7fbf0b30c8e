"""What the desk shows and does, as plain values for its page: each act calls what the command line calls."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from govkit import catalogue
from govkit.batch.plan.reports import Progress, make_reports
from govkit.batch.plan.request import Request
from govkit.batch.record.approvals import listed
from govkit.batch.record.manifest import Manifest, read_manifest
from govkit.documents.check.listing import SEVERITY, list_findings, source_label, table_titles
from govkit.documents.check.spoken import grouped, source_lines
from govkit.documents.check.write import check_zone
from govkit.errors import GovkitError, ZoneError
from govkit.files import write_whole
from govkit.intake.proposing.looking import files_in
from govkit.intake.proposing.propose import in_words, propose, write
from govkit.intake.reading.corrections import correct, place_of, read_corrections
from govkit.rounding import fixed
from govkit.zone.settings import ZoneSettings, read_zone_settings

# findings a page shows one by one in each group; check.xlsx holds them all
_MOST_ROWS = 100
_OURS = ("zone.toml", "kinds.toml", "codes.csv", "corrections.toml")
_OLD = ".replaced"


def settings_of(folder: Path) -> ZoneSettings | None:
    """Return what zone.toml says, None where there is none yet."""
    return read_zone_settings(folder) if (folder / "zone.toml").is_file() else None


def overview(folder: Path) -> dict[str, Any]:
    """Return the zone's name, its periods, the files that lie in its folder, and what has been put right."""
    settings = settings_of(folder)
    used = {} if settings is None else _used(settings)
    names = [path.relative_to(folder).as_posix() for path in files_in(folder)]
    known = read_corrections(folder)
    return {
        "name": settings.name if settings else folder.resolve().name,
        "folder": str(folder.resolve()),
        "opened": settings is not None,
        "periods": [{"id": one.id, "name": one.name} for one in reversed(settings.periods)] if settings else [],
        "files": [{"name": name, "table": used.get(name, "")} for name in names if not name.endswith(".toml")],
        "corrections": [vars(one) for one in known.cells],
        "accepted": [vars(one) for one in known.accepted],
    }


def _used(settings: ZoneSettings) -> dict[str, str]:
    tables = {name: source.paths or (source.path,) for name, source in settings.sources.items()}
    titles = dict(zip(tables, table_titles(pd.Series([*tables])), strict=True))
    return {path: titles[name] for name, paths in tables.items() for path in paths}


def keep_file(folder: Path, name: str, content: bytes) -> dict[str, Any]:
    """Put a file into the zone's folder; one of the same name is kept in ``.replaced`` with the time in its name."""
    bare = Path(name.replace("\\", "/")).name
    if not bare or bare.startswith((".", "~")) or bare in _OURS:
        raise ZoneError(f"不能放入这个文件：{name!r}", todo="资料文件请换一个名称。")
    path, replaced = folder / bare, ""
    if path.is_file():
        if path.read_bytes() == content:
            return {"name": bare, "replaced": "", "same": True}
        stamp = dt.datetime.now().astimezone().strftime("%Y%m%d-%H%M%S")
        old = folder / _OLD / f"{stamp}-{bare}"
        write_whole(old, path.read_bytes())
        replaced = old.relative_to(folder).as_posix()
    write_whole(path, content)
    return {"name": bare, "replaced": replaced, "same": False}


def look(folder: Path, *, name: str = "", code: str = "", keep: bool = False) -> dict[str, Any]:
    """Propose what the files are, as ``govkit new --from``; with ``keep`` write it."""
    proposal = propose(folder, name=name, code=code)
    written = [path.name for path in write(proposal)] if keep and proposal.text else []
    return {"lines": in_words(proposal), "text": proposal.text, "adds": proposal.adds, "written": written}


def findings(folder: Path, out: Path) -> dict[str, Any]:
    """Check the zone, as ``govkit check``: groups of findings by weight with their rows, what became of each file."""
    zone, written = check_zone(folder, out)
    found = zone.findings
    files = {table: source.path for table, source in zone.settings.sources.items()}
    counts = list_findings(found[found["accepted"].isna()], files=files).counts
    groups = grouped(found[found["accepted"].isna()])
    return {
        "counts": {SEVERITY[key]: count for key, count in counts.items()},
        "groups": [_group(one, found) for one in groups.to_dict("records")],
        "sources": source_lines(zone.accounts),
        "files": [path.name for path in written],
    }


def _group(one: dict[str, Any], found: pd.DataFrame) -> dict[str, Any]:
    alike = (found["rule"] == one["rule"]) & found["accepted"].isna() & (found["severity"] == one["severity"])
    for key in ("file", "sheet", "column"):
        alike &= found[key].fillna("") == one[key]
    mine = found[alike] if one["count"] > 1 else found[found["id"] == one["id"]]
    rows = [
        {
            "id": row["id"],
            "place": _place(row),
            "cell": place_of(row),
            "value": "" if pd.isna(row["value"]) else str(row["value"]),
            "reason": row["reason"],
        }
        for row in mine.head(_MOST_ROWS).to_dict("records")
    ]
    return {
        "severity": one["severity"],
        "label": SEVERITY[one["severity"]],
        "file": one["file"],
        "where": " ".join(part for part in (source_label(one["file"]) if one["file"] else "", one["sheet"]) if part),
        "sheet": one["sheet"],
        "column": one["column"],
        "count": one["count"],
        "reason": one["reason"],
        "todo": one["todo"],
        "rows": rows,
    }


def _place(row: dict[str, Any]) -> str:
    words = catalogue.load("desk")["place"]
    if isinstance(row["cell"], str) and row["cell"]:
        return str(row["cell"])
    return str(words["row"]).format(row=int(row["row"])) if not pd.isna(row["row"]) else str(words["whole"])


def put_right(folder: Path, said: dict[str, str]) -> dict[str, Any]:
    """Put down a corrected cell, as ``govkit correct``: ``file``, ``sheet``, ``cell``, ``now``, ``by``, ``reason``."""
    return vars(correct_cell(folder, **said))


def correct_cell(folder: Path, *, file: str, cell: str, now: str, by: str, sheet: str = "", reason: str = "") -> Any:
    """Find the source a file belongs to and put down what one of its cells is read as."""
    settings = read_zone_settings(folder)
    source = next(
        (one for one in settings.sources.values() if file in (*one.paths, one.path)),
        next((one for one in settings.sources.values() if Path(file).match(one.path)), None),
    )
    if source is None:
        raise ZoneError(f"zone.toml 里没有用到 {file!r} 这个文件。", allowed="、".join(_used(settings)))
    return correct(folder, source, file=file, sheet=sheet, cell=cell, now=now, by=by, reason=reason)


def report(
    folder: Path,
    reports: Path | None,
    *,
    period: str,
    formats: Sequence[str],
    on_start: Callable[[int], None],
    on_done: Callable[[Progress], None],
) -> tuple[Manifest, Path]:
    """Make the reports of a period, as ``govkit report``."""
    request = Request(zone=folder, period=period or None, formats=tuple(formats), out=reports)
    return make_reports(request, on_start=on_start, on_done=on_done)


def made(reports: Path) -> dict[str, Any]:
    """Return what stands in a folder of reports: each report, its files, how far it is signed, what failed."""
    if not (reports / "manifest.json").is_file():
        return {"reports": [], "index": False, "failed": [], "zip": ""}
    records = read_manifest(reports).get("reports", [])
    good = [one for one in records if one["status"] != "failed"]
    states = dict(listed(reports)) if good else {}
    zipped = reports.with_name(f"{reports.parent.name}-{reports.name}.zip")
    return {
        "reports": [
            {
                "name": one["name"],
                "report": f"{one['name']} {one['notebook']}",
                "notebook": one["notebook"],
                "state": states[f"{one['name']} {one['notebook']}"].text,
                "files": [one_file["path"] for one_file in one["outputs"] if not one_file["path"].endswith(".ipynb")],
            }
            for one in good
        ],
        "failed": [f"{one['name']}（{one['notebook']}）{one.get('error', '')}" for one in records if one not in good],
        "index": (reports / "index.html").is_file(),
        "zip": zipped.name if zipped.is_file() else "",
    }


def compared(folder: Path, period: str) -> dict[str, Any]:
    """Return the zone's measures in a period and in the one before it, as ``Zone.compare``."""
    from govkit.research.zone import open_zone

    zone = open_zone(folder)
    ids = [one.id for one in zone.settings.periods]
    at = ids.index(period) if period in ids else len(ids) - 1
    if at == 0:
        return {"before": "", "after": zone.settings.periods[at].name, "rows": []}
    frame = zone.compare(ids[at - 1], ids[at], by="zone")
    units = zone.measures()["unit"]
    rows = []
    for (measure, _), one in zip(frame.index, frame.to_dict("records"), strict=True):
        if pd.isna(one["before"]) and pd.isna(one["after"]):
            continue
        unit = str(units.get(str(measure).partition(":")[0], ""))
        said = {key: _number(one[key], unit) for key in ("before", "after")}
        change = _change(one["change"], unit)
        moved = any(figure in change for figure in "123456789") and not pd.isna(one["better"])
        better = ("better" if one["better"] else "worse") if moved else ""
        rows.append({"label": one["label"], **said, "change": change, "better": better})
    return {"before": zone.settings.periods[at - 1].name, "after": zone.settings.periods[at].name, "rows": rows}


def _number(value: float, unit: str) -> str:
    if pd.isna(value):
        return str(catalogue.load("desk")["place"]["unknown"])
    if unit == "%":
        return f"{fixed(value * 100, 1)}%"
    return f"{fixed(value, 0 if float(value).is_integer() else 2)} {unit}".strip()


def _change(value: float, unit: str) -> str:
    if pd.isna(value):
        return ""
    if unit == "%":
        return str(catalogue.load("desk")["place"]["points"]).format(change=fixed(value * 100, 1, signed=True))
    return f"{fixed(value, 0 if float(value).is_integer() else 2, signed=True)} {unit}".strip()


def reports_of(folder: Path, period: str, out: Path | None) -> Path:
    """Return the folder in which a period's reports are; raises GovkitError without a period."""
    from govkit.batch.plan.request import target

    found = target(Request(zone=folder, period=period or None, out=out))
    if found is None:
        raise GovkitError("zone.toml 里没有报告期。", todo="先写好报告期。")
    return found[1]
