"""The record of a batch: what went in, what came out, what failed (manifest.json, see docs/architecture.md)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from govkit.publish.files import sha256, write_whole


@dataclass(frozen=True)
class Outcome:
    """One report: ``status`` is done or failed; ``outputs`` are written files; ``error`` is Chinese text or None."""

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


@dataclass(frozen=True)
class Manifest:
    """A whole batch; ``started`` is an ISO time in Asia/Shanghai, ``inputs`` the zone's row accounts.

    ``reports`` are this run's, ``kept`` those of an earlier run that still stand in the folder.
    """

    zone: str
    period: str
    started: str
    seconds: float
    inputs: pd.DataFrame
    reports: tuple[Outcome, ...] = ()
    kept: tuple[Outcome, ...] = ()

    @property
    def standing(self) -> tuple[Outcome, ...]:
        """Every report the folder speaks of, by notebook and district."""
        return tuple(sorted((*self.reports, *self.kept), key=lambda one: (one.notebook, one.district)))

    @property
    def failed(self) -> tuple[Outcome, ...]:
        """The reports that could not be made."""
        return tuple(one for one in self.reports if one.status == "failed")


def earlier_reports(folder: Path, zone: str, period: str) -> tuple[Outcome, ...]:
    """Return the reports of an earlier run that are still in ``folder`` as that run wrote them.

    A manifest of another zone or period, or one that cannot be read, counts as none.
    """
    try:
        content = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        if (content["zone"], content["period"]) != (zone, period):
            return ()
        return tuple(_outcome(one, folder) for one in content["reports"] if _still_there(one, folder))
    except (OSError, ValueError, KeyError, TypeError):
        return ()


def _still_there(report: dict[str, Any], folder: Path) -> bool:
    return report["status"] != "failed" and all(
        (folder / one["path"]).is_file() and sha256(folder / one["path"]) == one["sha256"] for one in report["outputs"]
    )


def _outcome(report: dict[str, Any], folder: Path) -> Outcome:
    known = {key: report[key] for key in Outcome.__dataclass_fields__ if key not in {"outputs", "unconverted"}}
    outputs = tuple(folder / one["path"] for one in report["outputs"])
    return Outcome(**known, outputs=outputs, unconverted=tuple(report["unconverted"]))


def write_manifest(manifest: Manifest, folder: Path) -> Path:
    """Write ``folder/manifest.json`` and return its path; output paths are relative to ``folder``."""
    content = {
        "govkit": version("govkit"),
        "zone": manifest.zone,
        "period": manifest.period,
        "started": manifest.started,
        "seconds": round(manifest.seconds, 1),
        "inputs": [_input(row) for row in manifest.inputs.to_dict("records")],
        "reports": [_report(one, folder) for one in manifest.standing],
    }
    return write_whole(folder / "manifest.json", json.dumps(content, ensure_ascii=False, indent=2) + "\n")


def _input(row: dict[str, Any]) -> dict[str, Any]:
    rows = {name: int(row[name]) for name in ("rows_read", "rows_used", "rows_set_aside", "rows_left_out")}
    return {"path": row["file"], "table": row["table"], "sha256": row["sha256"], "rows": rows["rows_used"], **rows}


def _report(one: Outcome, folder: Path) -> dict[str, Any]:
    return {
        "district": one.district,
        "name": one.name,
        "notebook": one.notebook,
        "parameters": one.parameters,
        "status": one.status,
        "outputs": [
            {
                "path": path.relative_to(folder).as_posix(),
                "sha256": sha256(path),
                "bytes": path.stat().st_size,
            }
            for path in one.outputs
        ],
        "figures": one.figures,
        "tables": one.tables,
        "seconds": round(one.seconds, 1),
        "error": one.error,
        "unconverted": list(one.unconverted),
    }
