"""What a user asks of a batch, and where its files go; nothing heavy is imported for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from govkit import catalogue
from govkit.documents.formats import FORMATS, USUAL
from govkit.errors import ReportError, UnknownNameError
from govkit.notebook_places import find_notebook

if TYPE_CHECKING:
    from govkit.zone.zone import Zone

DEFAULT_NOTEBOOKS = ("district_report", "zone_overview", "bulletin", "conference_maps")
SHORT_NAMES = {"zone_overview": "overview", "conference_maps": "maps"}
# Files of the folder of reports itself.
_RESERVED = {"index", "manifest", "check"}


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

    def check_formats(self) -> None:
        """Raise UnknownNameError unless there is at least one format and all are known."""
        for kind in self.formats or ("",):
            if kind not in FORMATS:
                raise UnknownNameError("输出格式", kind, FORMATS)

    def notebook_paths(self) -> tuple[Path, ...]:
        """Return the notebooks asked for, each once.

        Raises UnknownNameError for one that is not there, ReportError for two whose reports would be one file and for
        one whose report would be the index.
        """
        wanted = self.notebooks or DEFAULT_NOTEBOOKS
        paths = tuple(dict.fromkeys(find_notebook(name, self.zone) for name in wanted))
        taken: dict[str, Path] = {}
        for path in paths:
            name = SHORT_NAMES.get(path.stem, path.stem).casefold()
            if name in _RESERVED:
                what = f"笔记本不能叫 {path.stem!r}：报告文件夹里已有这个名称的文件。"
                raise ReportError(what, where=str(path), todo="请给笔记本改名，如“专题一.ipynb”。")
            if name in taken:
                what = f"两个笔记本同名（{path.stem}），它们的报告会写进同一个文件。"
                raise ReportError(what, where=f"{taken[name]}、{path}", todo="请给其中一个改名。")
            taken[name] = path
        return paths


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
