"""All tables of a zone to take away: Parquet, CSV and one workbook, with a data dictionary, sources and hashes."""

from __future__ import annotations

import hashlib
import json
import platform
import shutil
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio

import govkit
from govkit import catalogue
from govkit.errors import GovkitError
from govkit.intake.reading import schema
from govkit.research.measures import measure, measures
from govkit.zone.crate import PACKED, source_files
from govkit.zone.editions import is_public
from govkit.zone.place import files_for_readers
from govkit.zone.zone import Zone

# What a sheet of .xlsx holds, its head left out.
_MOST_ROWS = 1_048_575
_ADDED = {
    "district_code": ("所属报告单元代码", "打开分区时加上：这一行所在的街道（镇）或县（市、区）"),
    "period": ("报告期", "打开分区时加上：这一行算在哪一个报告期"),
    "geometry": ("图形", "坐标系 EPSG:4490；CSV 中为 WKT"),
    "unit_code": ("单元代码", "打开分区时由网格编码得出"),
}
_DICTIONARY = ("表", "表名", "列", "列名", "类型", "单位", "必填", "取值", "说明")


def export(zone: Zone, folder: Path, *, sources: bool) -> list[Path]:
    """Write a zone's tables, as ``Zone.export`` describes."""
    folder.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    for name, table in zone.tables.items():
        plain = _flat(table)
        bare = table.copy(deep=False)
        bare.attrs = {}  # what is known of a table beside its values is in the dictionary and the manifest
        bare.to_parquet(folder / f"{name}.parquet", index=False)
        # Excel on a Chinese Windows reads a CSV as GBK unless it begins with this mark.
        plain.to_csv(folder / f"{name}.csv", index=False, encoding="utf-8-sig")
        written += [folder / f"{name}.parquet", folder / f"{name}.csv"]
    dictionary = data_dictionary(zone.tables)
    dictionary.to_csv(folder / "数据字典.csv", index=False, encoding="utf-8-sig")
    accounts = files_for_readers(zone.accounts)
    accounts.to_csv(folder / "数据来源.csv", index=False, encoding="utf-8-sig")
    book = folder / f"{zone.name}.xlsx"
    left_out = _write_book(book, zone, dictionary)
    written += [folder / "数据字典.csv", folder / "数据来源.csv", book]
    shutil.copyfile(catalogue.FOLDER / "references.bib", folder / "references.bib")
    written.append(folder / "references.bib")
    package = folder / f"{zone.name}.gpkg"
    write_package(zone, package)
    method = folder / "方法.md"
    method.write_text(method_text(zone), encoding="utf-8")
    written += [package, method]
    if sources and is_public(zone.settings):
        raise GovkitError("公开版不能附上原文件（sources=True）。", todo="去掉 sources，或打开内部版再导出。")
    if sources:
        written += _copied(zone, folder / PACKED)
    index = folder / "manifest.json"
    index.write_text(
        json.dumps(_manifest(zone, written, left_out, folder), ensure_ascii=False, indent=1), encoding="utf-8"
    )
    every = [*written, index, *_crate(zone, [*written, index], folder)]
    for path in every if zone.front.internal else ():
        path.chmod(0o600)
    return every


def _crate(zone: Zone, files: list[Path], folder: Path) -> list[Path]:
    """Write the RO-Crate metadata of an export (https://w3id.org/ro/crate); nothing without the package rocrate."""
    try:
        from rocrate.rocrate import ROCrate
    except ModuleNotFoundError:
        return []
    crate = ROCrate()
    crate.name = f"{zone.name}：整理后的表"
    crate.description = zone.front.synthetic or f"{zone.name}（{zone.code}）各报告期的整理后的表。"
    program = crate.add(_software(crate))
    entities = {}
    for path in files:
        known = {"sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "contentSize": path.stat().st_size}
        name = path.relative_to(folder).as_posix()
        entities[name] = crate.add_file(path, dest_path=name, properties={"name": name, **known})
    taken = [entity for name, entity in entities.items() if name.startswith(f"{PACKED}/")]
    stated = {
        "name": "govkit export",
        "description": (folder / "方法.md").read_text(encoding="utf-8"),
        "parameters": json.dumps(_parameters(zone), ensure_ascii=False),
        "softwareRequirements": [f"{name} {number}" for name, number in versions().items()],
    }
    crate.add_action(program, object=taken, result=crate.root_dataset, properties=stated)
    target = folder / "ro-crate-metadata.json"
    target.write_text(json.dumps(crate.metadata.generate(), ensure_ascii=False, indent=1), encoding="utf-8")
    return [target]


def _software(crate: Any) -> Any:
    from rocrate.model.contextentity import ContextEntity

    known = {"@type": "SoftwareApplication", "name": "govkit", "version": govkit.__version__}
    return ContextEntity(crate, "#govkit", properties=known)


def _copied(zone: Zone, folder: Path) -> list[Path]:
    """Copy the zone folder's own files; return them."""
    shutil.rmtree(folder, ignore_errors=True)
    written = []
    for path in source_files(zone.folder):
        target = folder / path.relative_to(zone.folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
        written.append(target)
    return written


def write_package(zone: Zone, path: Path) -> None:
    """Write all tables and, in long form, every measure of every community as layers of one GeoPackage."""
    path.unlink(missing_ok=True)
    for name, table in {**zone.tables, "measures": _measured(zone)}.items():
        plain = table.copy(deep=False)
        plain.attrs = {}
        shapes = isinstance(plain, gpd.GeoDataFrame)
        pyogrio.write_dataframe(plain, path, layer=name, driver="GPKG", append=path.exists(), promote_to_multi=shapes)


def _measured(zone: Zone) -> pd.DataFrame:
    """Return measures that need no argument, by community and period: a row a measure, unit and period."""
    known = measures()
    parts = []
    for name, info in known.iterrows():
        if "必填" in str(info["argument"]) or zone.lacks(*str(info["tables"]).split(", ")):
            continue
        for period in zone.settings.periods:
            try:
                found = measure(zone, str(name), by="community", period=period, area="all")
            except GovkitError:
                continue  # not of this zone: its rules or norms do not say
            parts.append(found.rename_axis("unit_code").reset_index().assign(measure=name, period=period.id))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame({"measure": pd.Series(dtype="str")})


def method_text(zone: Zone) -> str:
    """Return how the numbers were made: program, parameters, and each measure's definition and source."""
    stated, known = _parameters(zone), measures()
    lines = [f"# {zone.name}：方法", "", zone.front.synthetic or "", ""]
    lines += [f"由 govkit {govkit.__version__} 整理。引用见 references.bib。", "", "## 参数", ""]
    lines += [f"- {name}：{value}" for name, value in stated.items()]
    lines += ["", "## 指标", ""]
    for _, info in known.iterrows():
        if not zone.lacks(*str(info["tables"]).split(", ")):
            lines.append(f"- **{info['label']}**：{info['definition']}来源：{info['source'] or '—'}。")
    lines += ["", "## 软件", "", "、".join(f"{name} {number}" for name, number in versions().items()), ""]
    return "\n".join(lines)


def _parameters(zone: Zone) -> dict[str, str]:
    settings = zone.settings
    return {
        "分区": f"{zone.name}（{zone.code}）",
        "报告期": "、".join(f"{one.name}（{one.start} 至 {one.end}）" for one in settings.periods),
        "标准": "、".join(Path(one).name for one in settings.standards) or "—",
        "指标体系": Path(settings.scheme).name if settings.scheme else "—",
        "坐标系": f"EPSG:4490；量距离、面积用 {zone.metric_crs}",
    }


def versions() -> dict[str, str]:
    """Return the versions of what the numbers depend on."""
    found = {"python": platform.python_version(), "govkit": govkit.__version__}
    for name in ("numpy", "pandas", "geopandas", "shapely", "pyogrio", "pyproj", "scipy"):
        found[name] = version(name)
    return found


def data_dictionary(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return a row for each column of tidy tables: what it is called, its type, unit and allowed values."""
    rows = []
    known = catalogue.load("tables")
    for name, table in tables.items():
        columns = {column.name: column for column in schema.table(name).columns} if name in known else {}
        title = known[name]["title"] if name in known else name
        for column in map(str, table.columns):
            stated = columns.get(column)
            if stated is None:
                label, note = _ADDED.get(column, ("", ""))
                rows.append((name, title, column, label, str(table[column].dtype), "", "", "", note))
                continue
            listed = catalogue.load("codes")[stated.values].items() if stated.values else ()
            values = "；".join(f"{key}={entry['label']}" for key, entry in listed)
            needed = "是" if stated.required else "否"
            rows.append(
                (name, title, column, stated.label, stated.type, stated.unit, needed, values, "缺失为空，不是 0")
            )
    return pd.DataFrame(rows, columns=list(_DICTIONARY))


def _flat(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose shapes are WKT."""
    plain = pd.DataFrame(table)
    return plain.assign(geometry=gpd.GeoSeries(table["geometry"]).to_wkt()) if "geometry" in plain else plain


def _write_book(path: Path, zone: Zone, dictionary: pd.DataFrame) -> list[str]:
    """Write one workbook of all tables but their shapes; return the tables that are too long for a sheet."""
    titles = {name: entry["title"] for name, entry in catalogue.load("tables").items()}
    long = [name for name, table in zone.tables.items() if len(table) > _MOST_ROWS]
    sheets = {
        titles.get(name, name): pd.DataFrame(table).drop(columns="geometry", errors="ignore")
        for name, table in zone.tables.items()
        if name not in long
    }
    sheets |= {"数据字典": dictionary, "数据来源": files_for_readers(zone.accounts)}
    options = {"options": {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}}
    with pd.ExcelWriter(path, engine="xlsxwriter", engine_kwargs=options) as writer:
        for title, frame in sheets.items():
            frame.to_excel(writer, sheet_name=title, index=False, freeze_panes=(1, 0))
    return long


def _manifest(zone: Zone, files: list[Path], left_out: list[str], folder: Path) -> dict[str, Any]:
    return {
        "zone": zone.name,
        "code": zone.code,
        "synthetic": zone.front.synthetic,
        "program": f"govkit {govkit.__version__}",
        "crs": "EPSG:4490",
        "metric_crs": zone.metric_crs,
        "periods": [
            {"id": p.id, "name": p.name, "start": str(p.start), "end": str(p.end)} for p in zone.settings.periods
        ],
        "tables": {name: len(table) for name, table in zone.tables.items()},
        "too_long_for_a_sheet": left_out,
        "parameters": _parameters(zone),
        "versions": versions(),
        "files": {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files},
    }


def export_folder(folder: str | Path) -> Path:
    """Return the folder to export into; GovkitError if it is a file or holds anything else than an earlier export."""
    path = Path(folder)
    held = [one.name for one in path.iterdir()] if path.is_dir() else []
    if path.is_file() or (held and "manifest.json" not in held):
        what = "不是文件夹" if path.is_file() else "不是空文件夹，也不是以前的导出"
        raise GovkitError(f"不能导出到这里：{what}。", where=str(path), todo="请给一个新文件夹的名称。")
    return path
