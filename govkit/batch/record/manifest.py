"""The record of a batch: what went in, what came out, what failed (manifest.json, see docs/architecture.md)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from govkit.files import sha256, write_whole

if TYPE_CHECKING:
    import pandas as pd

NAME = "manifest.json"
# The rules of findings that tell what is kept from readers.
_HELD_BACK = ("small_numbers", "personal_text", "personal_column")


@dataclass(frozen=True)
class Outcome:
    """One report: ``status`` is done, unchanged or failed; ``outputs`` are written files, ``hashes`` their SHA-256.

    ``error`` is Chinese text or None; ``why`` says in Chinese what has changed since the report was last made;
    ``made_of`` says what of the data it depends on (see ``plan.unchanged``): ``district``, ``zone`` or ``elsewhere``;
    ``parts`` holds a hash for each part of what its district shares with others, known as it is made.
    """

    district: str
    name: str
    notebook: str
    parameters: dict[str, Any]
    status: str
    outputs: tuple[Path, ...] = ()
    figures: int = 0
    tables: int = 0
    seconds: float = 0.0
    error: str | None = None
    unconverted: tuple[str, ...] = ()
    hashes: tuple[str, ...] = ()
    why: tuple[str, ...] = ()
    made_of: str = "zone"
    parts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Manifest:
    """A whole batch; ``started`` is an ISO time in Asia/Shanghai, ``inputs`` the zone's row accounts as records.

    ``reports`` are this run's, ``kept`` those of an earlier run that still stand in the folder. ``held_back``: what is
    kept from readers (small numbers, personal data): ``what``, ``table``, ``reason`` and, where counted, ``cells``.
    """

    zone: str
    period: str
    started: str
    seconds: float
    inputs: tuple[Mapping[str, Any], ...]
    reports: tuple[Outcome, ...] = ()
    kept: tuple[Outcome, ...] = ()
    held_back: tuple[Mapping[str, Any], ...] = ()

    @property
    def standing(self) -> tuple[Outcome, ...]:
        """Every report the folder speaks of, by notebook and district."""
        return tuple(sorted((*self.reports, *self.kept), key=lambda one: (one.notebook, one.district)))

    def with_status(self, status: str) -> tuple[Outcome, ...]:
        """Return this run's reports of one status: done, unchanged or failed."""
        return tuple(one for one in self.reports if one.status == status)

    @property
    def failed(self) -> tuple[Outcome, ...]:
        """The reports that could not be made."""
        return self.with_status("failed")

    def rows(self, what: str) -> int:
        """Return a sum over the inputs: ``rows_read``, ``rows_used``, ``rows_set_aside`` or ``rows_left_out``."""
        return sum(int(one[what]) for one in self.inputs)


def notices(reports: Sequence[Outcome]) -> list[tuple[str, list[str]]]:
    """Return each remark on what documents do not show as it was, with the reports it holds for; failures apart."""
    found: dict[str, list[str]] = {}
    for one in reports:
        for text in one.unconverted:
            if text not in (one.error or ""):
                found.setdefault(text, []).append(f"{one.name}（{one.notebook}）")
    return list(found.items())


def input_record(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return one row account as the manifest holds it."""
    from govkit.intake.values.personal import mask_file  # a run with nothing to do imports neither it nor pandas

    rows = {name: int(row[name]) for name in ("rows_read", "rows_used", "rows_set_aside", "rows_left_out")}
    return {
        "path": mask_file(str(row["file"])),
        "table": row["table"],
        "sha256": row["sha256"] if isinstance(row["sha256"], str) else None,  # the public edition tells none
        "rows": rows["rows_used"],
        **rows,
    }


def held_back_records(findings: pd.DataFrame) -> tuple[dict[str, Any], ...]:
    """Return what a zone's findings tell to be kept from readers, as the manifest holds it."""
    mine = findings.loc[findings["rule"].isin(_HELD_BACK)]
    return tuple(
        {
            "what": one.rule,
            "table": one.table,
            "reason": one.reason,
            "cells": int(one.value) if one.rule == "small_numbers" else None,
        }
        for one in mine.itertuples()
    )


def write_manifest(manifest: Manifest, folder: Path) -> Path:
    """Write ``folder/manifest.json`` and return its path; output paths are relative to ``folder``."""
    content = {
        "govkit": version("govkit"),
        "zone": manifest.zone,
        "period": manifest.period,
        "started": manifest.started,
        "seconds": round(manifest.seconds, 1),
        "inputs": list(manifest.inputs),
        "held_back": list(manifest.held_back),
        "reports": [report_record(one, folder) for one in manifest.standing],
    }
    return write_whole(folder / NAME, json.dumps(content, ensure_ascii=False, indent=2) + "\n")


def report_record(one: Outcome, folder: Path) -> dict[str, Any]:
    """Return one report as the manifest holds it."""
    hashes = one.hashes or tuple(sha256(path) for path in one.outputs)
    return {
        "district": one.district,
        "name": one.name,
        "notebook": one.notebook,
        "parameters": one.parameters,
        "status": one.status,
        "why": list(one.why),
        "outputs": [
            {"path": path.relative_to(folder).as_posix(), "sha256": content, "bytes": path.stat().st_size}
            for path, content in zip(one.outputs, hashes, strict=True)
        ],
        "figures": one.figures,
        "tables": one.tables,
        "seconds": round(one.seconds, 1),
        "error": one.error,
        "unconverted": list(one.unconverted),
        "made_of": one.made_of,
    }


def outcome_of(record: Mapping[str, Any], folder: Path) -> Outcome:
    """Return a report from its record. Raises KeyError or TypeError if the record is not one."""
    names = ("district", "name", "notebook", "parameters", "status", "figures", "tables", "made_of")
    plain = {name: record[name] for name in names}
    return Outcome(
        **plain,
        outputs=tuple(folder / one["path"] for one in record["outputs"]),
        seconds=record["seconds"],
        error=record["error"],
        unconverted=tuple(record["unconverted"]),
        hashes=tuple(one["sha256"] for one in record["outputs"]),
        why=tuple(record["why"]),
    )


def lasting(content: Mapping[str, Any]) -> str:
    """Return a hash of what a manifest says of what was made.

    Left out: when and how fast a run was, which reports it made itself, and approvals, which the log tells one by one.
    """
    told = {key: content.get(key) for key in ("govkit", "zone", "period", "inputs", "held_back")}
    passing = {"why", "seconds", "status", "approval"}
    told["reports"] = [{key: one[key] for key in one if key not in passing} for one in content.get("reports", ())]
    text = json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the content of a folder's manifest; {} if there is none or it cannot be read."""
    try:
        content = json.loads((folder / NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
