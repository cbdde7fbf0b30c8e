"""A zone folder opened: tidy tables, what was wrong with its files, and its districts as slices of the same tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from govkit import catalogue
from govkit.cache_folder import default_folder
from govkit.errors import UnknownNameError, ZoneError
from govkit.intake.reading.assemble import finding, tidy_findings
from govkit.intake.reading.zone_tables import read_zone_tables
from govkit.intake.units.code_systems import ABROAD, last_day
from govkit.intake.values.personal import mask_file
from govkit.provided import ANYBODY, notes
from govkit.zone import memory
from govkit.zone.crate import zone_folder
from govkit.zone.editions import in_edition, is_public, without_files
from govkit.zone.linking import ancestors, half_reported, linked, no_top_finding, outside_finding, with_top
from govkit.zone.place import District
from govkit.zone.reported import not_returned, returns_of
from govkit.zone.settings import read_zone_settings
from govkit.zone.small_numbers import protected, without_small_values
from govkit.zone.zone import Zone

__all__ = ["District", "Zone", "open_zone", "read_zone", "zone_folders"]

# What is set aside because it stands in the table already.
_REPEATS = ("duplicate_key", "duplicate_row")


def open_zone(folder: str | Path, *, edition: str = "") -> Zone:
    """Open a zone folder: read every source that zone.toml names, check it, link it to districts and periods.

    Every call returns a zone of its own: what is done to its tables changes no other. ``edition``: one that zone.toml
    states (公开, 内部), by default the one a run is making, else the internal one. Raises ZoneError (zone.toml) or
    SourceError (a file that cannot be used at all); bad rows are in ``findings``.
    """
    folder = zone_folder(Path(folder))
    kept = memory.taken("zone", folder)
    if not kept:
        return read_zone(folder, edition=edition)
    in_edition(read_zone_settings(folder), edition)  # refuses another than the run's
    return replace(
        kept,
        tables={name: table.copy() for name, table in kept.tables.items()},
        findings=kept.findings.copy(),
        accounts=kept.accounts.copy(),
        folder=folder,
    )


def read_zone(folder: Path, *, edition: str = "") -> Zone:
    """Read a zone folder anew, whatever is in memory; as ``open_zone``."""
    if not folder.is_dir():
        raise _no_such_folder(folder)
    settings = in_edition(read_zone_settings(folder), edition)
    intake = read_zone_tables(
        folder,
        settings.sources,
        code=settings.code,
        metric_crs=settings.metric_crs,
        code_system=settings.code_system,
        code_vintage=settings.code_vintage,
        changes=settings.changes,
        cache=default_folder(),
    )
    if "units" not in intake.tables:
        raise ZoneError("zone.toml 里没有 [sources.units]：没有行政单元表，无法分出各街道、乡镇。")
    if not (intake.tables["units"]["level"] == settings.district_level).any():
        raise ZoneError(
            f"行政单元表里没有报告单元（层级为“{catalogue.label('level', settings.district_level)}”的行）。",
            where=settings.sources["units"].path,
            todo="请填写各街道、乡镇（或区县）；层级不对时，改 zone.toml 的 district_level。",
        )
    units = with_top(intake.tables["units"], code=settings.code, name=settings.name, level=settings.district_level)
    district_of = ancestors(units, settings.district_level)
    tables, findings = {}, [intake.findings]
    if len(units) > len(intake.tables["units"]):
        findings.append(no_top_finding(settings.sources["units"], settings.name))
    for name, table in {**intake.tables, "units": units}.items():
        source = settings.sources[name]
        tables[name], outside = linked(name, table, district_of, settings.periods)
        dates = {key: last_day(getattr(source, key)) for key in ("census", "vintage")}
        # What is to be known of a table as a whole, which its slices keep.
        lost = _lost(intake.findings, name)
        tables[name].attrs = notes(tables[name], complete=source.complete, lost=lost, **dates)
        if name == "facilities" and settings.signs:
            tables[name].attrs["signs"] = dict(settings.signs)
        if source.complete and ANYBODY in lost:
            findings.append(finding("whose_unknown", source))
        if outside:
            findings.append(outside_finding(source, outside, settings.periods))
        findings.append(half_reported(source, tables[name]))
        returns = returns_of(intake.accounts[intake.accounts["table"] == name], tables[name], units)
        findings.append(not_returned(source, tables[name], units, settings.district_level, returns, settings.periods))
    findings += [finding("personal_file", one) for one in settings.sources.values() if mask_file(one.path) != one.path]
    tables, small = protected(tables, settings)
    findings = [*(without_small_values(one, small, settings.small_number) for one in findings), small]
    told, accounts = tidy_findings(findings), intake.accounts
    told = with_ids(told, settings.accepted)
    if settings.code == ABROAD:
        told = _by_names(told, tables["units"])
    if is_public(settings):
        told, accounts = without_files(told), without_files(accounts)
    return Zone(
        settings=settings,
        code=settings.code,
        name=settings.name,
        tables=tables,
        findings=told,
        accounts=accounts,
        folder=folder,
    )


def _by_names(findings: pd.DataFrame, units: pd.DataFrame) -> pd.DataFrame:
    """Return findings of a zone abroad that call units by their names: nobody outside knows the inner codes."""
    names = dict(zip(units["unit_code"], units["name"], strict=True))
    said = {
        column: findings[column].str.replace(
            rf"\b{ABROAD}\d{{6}}\b", lambda found: str(names.get(found[0], found[0])), regex=True
        )
        for column in ("reason", "todo")
    }
    return findings.assign(**said)


def _lost(findings: pd.DataFrame, table: str) -> list[str]:
    """Return the units of which rows of a table were set aside; a row that repeats another is not lost."""
    rows = findings["row"].notna() | findings["rule"].eq("file_unread")
    errors = findings.loc[findings["table"].eq(table) & findings["severity"].eq("error") & rows]
    return sorted(errors.loc[~errors["rule"].isin(_REPEATS), "unit_code"].fillna(ANYBODY).unique())


def zone_folders(root: Path) -> list[Path]:
    """Return the folders directly below ``root`` that hold a zone.toml, in name order."""
    return sorted(path.parent for path in root.glob("*/zone.toml"))


def _no_such_folder(folder: Path) -> UnknownNameError:
    roots = [root for root in (folder.parent, Path("data")) if root.is_dir()]
    known = dict.fromkeys(str(path) for root in roots for path in zone_folders(root))
    return UnknownNameError("分区文件夹", str(folder), known, todo="请核对路径；新建分区可用 `govkit new`。")


# what a finding is known by: where it is in words, and what the cell says; not its row, which moves when one is added
_KNOWN_BY = ("rule", "table", "file", "sheet", "column", "value", "unit_code")


def with_ids(findings: pd.DataFrame, accepted: Mapping[str, str]) -> pd.DataFrame:
    """Return findings with ``id`` and ``accepted``: the reason zone.toml gives for it, NA where it gives none.

    Findings alike in everything but their row are told apart by their order. A value that changes has another id, so
    that what was accepted is not what comes after it.

    >>> one = pd.DataFrame({name: ["x"] for name in _KNOWN_BY})
    >>> with_ids(pd.concat([one, one]), {})["id"].str.len().tolist()
    [8, 10]
    """
    size = len(findings)
    texts = pd.Series("", index=range(size), dtype="object")
    for name in _KNOWN_BY:
        texts = texts + "\x1f" + findings[name].astype("object").fillna("").astype("str").to_numpy()
    hashes = (
        pd.util.hash_array(texts.to_numpy(dtype=object), categorize=False) if size else np.array([], dtype="uint64")
    )
    names = pd.Series([f"{one & 0xFFFFFFFF:08x}" for one in hashes.tolist()], dtype="object")
    again = names.groupby(names).cumcount()
    names = names.where(again == 0, names + "-" + (again + 1).astype("str"))
    found = findings.assign(id=pd.array(names, dtype="str"))
    reasons = names.map(accepted) if len(accepted) else pd.Series(None, index=range(size), dtype="object")
    return found.assign(accepted=pd.array(reasons, dtype="str"))
