"""What a user asks of a batch, and where its files go; nothing heavy is imported for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
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
    another run in the same folder. ``edition``: 公开 or 内部, by default the internal one of those zone.toml states.
    ``volume``: the districts' reports as one PDF, too.
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
    edition: str = ""
    volume: bool = False

    @property
    def reports(self) -> Path:
        """The folder below which reports lie."""
        return self.out or Path("reports")

    def folder(self, period: str) -> Path:
        """Return where the reports of a period lie: each edition in a folder of its own, with its own log."""
        place = self.out / self.edition if self.out else self.reports / self.zone.resolve().name / self.edition / period
        return place.resolve()

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


def editions_of(zone: Path) -> tuple[str, ...]:
    """Return the editions that a zone.toml states, () if there is one only or the file cannot be read."""
    path = zone / "zone.toml"
    report = catalogue.read_toml(path).get("report", {}) if path.is_file() else {}
    stated = report.get("editions", ()) if isinstance(report, Mapping) else ()
    return tuple(stated) if isinstance(stated, list) and all(isinstance(one, str) for one in stated) else ()


def of_one_edition(request: Request) -> Request:
    """Return a request with the edition it is for."""
    stated, internal = editions_of(request.zone), str(catalogue.load("editions")["internal"])
    if request.edition or not stated:
        return request
    return replace(request, edition=internal if internal in stated else stated[0])


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
    return period, request.folder(period)
