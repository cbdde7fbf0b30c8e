"""What a user asks of a batch, and where its files go; nothing heavy is imported for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from govkit import catalogue
from govkit.documents.formats import USUAL
from govkit.errors import UnknownNameError

if TYPE_CHECKING:
    from govkit.zone.zone import Zone


@dataclass(frozen=True)
class Request:
    """What a user asks for; the defaults mean last period, all districts, the usual notebooks, HTML and PDF.

    ``jobs``: reports at a time; ``memory_mb``: what one report may use; ``timeout_s``: what one cell may take (None:
    600). ``cluster``: a Dask scheduler's address. ``force``: make also what would come out the same. ``wait``: for
    another run in the same folder.
    """

    zone: Path
    period: str | None = None
    districts: tuple[str, ...] = ()
    notebooks: tuple[str, ...] = ()
    formats: tuple[str, ...] = USUAL
    out: Path | None = None
    jobs: int | None = None
    strict: bool = False
    isolated: bool = False
    cluster: str = ""
    force: bool = False
    wait: bool = False
    memory_mb: int | None = None
    timeout_s: float | None = None
    allow_network: bool = False
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def reports(self) -> Path:
        """The folder below which reports lie."""
        return self.out or Path("reports")

    def log_of(self, folder: Path) -> Path:
        """Return the log that speaks of an output folder: one for all periods of a zone, or that of ``out``."""
        return (folder if self.out else folder.parent) / "log.jsonl"

    def period_in(self, zone: Zone) -> str:
        """Return the id of the period asked for, by default a zone's last; raises UnknownNameError."""
        return zone.period(self.period).id if self.period else zone.settings.periods[-1].id


def target(request: Request) -> tuple[str, Path] | None:
    """Return the period's id and the folder of the reports, as zone.toml says; None if it cannot be read.

    Raises UnknownNameError for a period that is not there.
    """
    path = request.zone / "zone.toml"
    if not path.is_file():
        return None
    periods = catalogue.read_toml(path).get("periods", [])
    try:
        stated = sorted((one["start"], one["id"], one.get("name", one["id"])) for one in periods)
    except (KeyError, TypeError):
        return None
    wanted = [name for _, name, title in stated if request.period in (None, name, title)]
    if stated and not wanted:
        raise UnknownNameError("报告期", str(request.period), [name for _, name, _ in stated])
    if not wanted:
        return None
    period = wanted[0] if request.period else wanted[-1]
    return period, (request.out or Path("reports") / request.zone.resolve().name / period).resolve()
