"""The record of a batch: what went in, what came out, what failed (manifest.json, see docs/architecture.md)."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
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
    """A whole batch; ``started`` is an ISO time in Asia/Shanghai, ``inputs`` the zone's row accounts."""

    zone: str
    period: str
    started: str
    seconds: float
    inputs: pd.DataFrame
    reports: tuple[Outcome, ...] = field(default=())

    @property
    def failed(self) -> tuple[Outcome, ...]:
        """The reports that could not be made."""
        return tuple(one for one in self.reports if one.status == "failed")


def write_manifest(manifest: Manifest, folder: Path) -> Path:
    """Write ``folder/manifest.json`` and return its path; output paths are relative to ``folder``."""
    content = {
        "govkit": version("govkit"),
        "zone": manifest.zone,
        "period": manifest.period,
        "started": manifest.started,
        "seconds": round(manifest.seconds, 1),
        "inputs": [_input(row) for row in manifest.inputs.to_dict("records")],
        "reports": [_report(one, folder) for one in manifest.reports],
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
