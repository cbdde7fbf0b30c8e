"""govkit: analyse, report and show community-governance experimental zones (社区治理实验区).

    import govkit

    zone = govkit.open_zone("data/daoli")
    zone.tables["facilities"]            # tidy tables, see docs/architecture.md
    zone.findings                        # what is wrong with the files, and where
    place = zone.district("群力街道")     # the same tables, sliced
    govkit.report("data/daoli")          # HTML and PDF for every district

Names are imported when first used, so that ``import govkit`` costs nothing.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from govkit.batch.record.manifest import Manifest
    from govkit.zone.opening import District, Zone, open_zone

__version__ = "0.1.0"
__all__ = ["District", "Zone", "check", "open_zone", "report"]


def check(zone: str | Path) -> Any:
    """Return the findings about a zone's files as a frame (see docs/architecture.md, "Findings")."""
    from govkit.zone.opening import open_zone

    return open_zone(zone).findings


def report(zone: str | Path, **request: Any) -> tuple[Manifest, Path]:
    """Make a zone's reports; keywords as in ``govkit.batch.plan.request.Request``. Returns the manifest and the folder.

    In JupyterLab a bar shows how it goes on.
    """
    from govkit.batch.plan.reports import make_reports
    from govkit.batch.plan.request import Request
    from govkit.batch.record.progress import for_python

    with for_python() as display:
        return make_reports(Request(zone=Path(zone), **request), on_start=display.start, on_done=display.done)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])


def __getattr__(name: str) -> Any:
    if name in {"District", "Zone", "open_zone"}:
        from govkit.zone import opening as zone

        return getattr(zone, name)
    raise AttributeError(f"module 'govkit' has no attribute {name!r}")
