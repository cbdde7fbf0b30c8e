"""Check a zone's files and make its reports, from Python."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from govkit.periods import Period
from govkit.zone.crate import zone_folder

if TYPE_CHECKING:
    import pandas as pd

    from govkit.batch.record.manifest import Manifest


def check(zone: str | Path) -> pd.DataFrame:
    """Return the findings about a zone's files as a frame, one defect a row (see docs/architecture.md, "Findings")."""
    from govkit.zone.opening import open_zone

    return open_zone(zone).findings


def report(
    zone: str | Path,
    *,
    period: str | Period | None = None,
    districts: str | int | Iterable[str | int] = (),
    notebooks: str | Iterable[str] = (),
    formats: str | Iterable[str] = ("html", "pdf"),
    out: str | Path | None = None,
    jobs: int | None = None,
    strict: bool = False,
    isolated: bool = False,
    cluster: str = "",
    force: bool = False,
    wait: bool = False,
    memory_mb: int | None = None,
    timeout_s: float | None = None,
    parameters: Mapping[str, Any] | None = None,
    edition: str = "",
) -> tuple[Manifest, Path]:
    """Make a zone's reports; return the manifest and the folder. In JupyterLab a bar shows how it goes on.

    By default: the last period, all districts, the usual notebooks. A single text is taken as a list of one, commas
    part several. ``formats``: as ``--to`` of the command line. ``jobs``: reports at a time; ``strict``: none at all if
    the data have errors; ``isolated``: a fresh kernel each; ``cluster``: a Dask scheduler's address; ``force``: make
    also what would come out the same; ``wait``: for another run in the same folder; ``memory_mb``: what one report may
    use; ``timeout_s``: what one cell may take; ``parameters``: of the notebooks; ``edition``: 公开 or 内部 where the
    zone states them, by default 内部. Raises GovkitError where it cannot start.
    """
    from govkit.batch.plan.reports import make_reports
    from govkit.batch.plan.request import Request
    from govkit.batch.record.progress import for_python

    request = Request(
        zone=zone_folder(Path(zone)),
        period=period.id if isinstance(period, Period) else period,
        districts=_listed(districts),
        notebooks=_listed(notebooks),
        formats=_listed(formats),
        out=None if out is None else Path(out),
        jobs=jobs,
        strict=strict,
        isolated=isolated,
        cluster=cluster,
        force=force,
        wait=wait,
        memory_mb=memory_mb,
        timeout_s=timeout_s,
        parameters=dict(parameters or {}),
        edition=edition,
    )
    with for_python() as display:
        return make_reports(request, on_start=display.start, on_done=display.done)


def _listed(names: str | int | Iterable[str | int]) -> tuple[str, ...]:
    several = str(names).replace("，", ",").split(",") if isinstance(names, str | int) else names
    return tuple(text for one in several if (text := str(one).strip()))
