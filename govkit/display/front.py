"""The cover of a document, and the mark left where a section does not apply."""

from __future__ import annotations

import datetime as dt
import html
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from IPython.display import Markdown
from IPython.display import display as ipython_display

from govkit import catalogue
from govkit.display.maps.kinds import Setting
from govkit.display.maps.sheet.spec import MapNotes
from govkit.display.words.phrases import say
from govkit.front_matter import FrontMatter, OfficialMarks

COVER_MIME = "application/vnd.govkit.cover+json"
ABSENT_MIME = "application/vnd.govkit.absent+json"


@dataclass(frozen=True)
class Cover:
    """Title page; ``synthetic`` is ``""`` for real data, ``map_approval`` ``""`` where maps are sketches （示意图）.

    ``accent``, ``logo``, ``picture`` and ``template`` are the bureau's own, ``""`` for the usual look without one;
    ``look``: report or official, with the ``official`` marks of GB/T 9704-2012; ``edition``: 内部 or ``""``.
    """

    title: str
    subtitle: str
    district: str
    period: str
    code: str
    issuer: str
    date: str
    classification: str
    map_approval: str
    synthetic: str
    signatories: tuple[tuple[str, str], ...]
    accent: str = ""
    logo: str = field(default="", repr=False)
    look: str = "report"
    stage: str = ""
    language: str = "zh"
    template: str = field(default="", repr=False)
    picture: str = field(default="", repr=False)
    official: OfficialMarks = field(default_factory=OfficialMarks)
    edition: str = ""

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        lines = (self.title, self.subtitle, self.district, self.period, self.issuer, self.synthetic)
        text = "".join(f"<p>{html.escape(line)}</p>" for line in lines if line)
        return {
            "text/html": f'<header class="govkit-cover">{text}</header>',
            COVER_MIME: asdict(self),
            "text/plain": f"{self.title} {self.district} {self.period}",
        }


def cover(front: FrontMatter, *, title: str, district: str, code: str, period: str) -> Cover:
    """Make the cover of one report from the zone's front matter."""
    return Cover(
        title=title,
        subtitle=front.subtitle or front.zone_name,
        district=district,
        period=period,
        code=code,
        issuer=front.issuer,
        date=front.date,
        classification=front.classification,
        map_approval=front.map_approval,
        synthetic=front.synthetic,
        signatories=front.signatories,
        accent=front.accent,
        logo=front.logo,
        look=front.look,
        stage=front.stage,
        template=front.template,
        picture=front.picture,
        official=front.official,
        edition=front.edition if front.internal else "",
    )


def map_setting(
    front: FrontMatter, *, crs: str, on: dt.date, outline: Any = None, zone: Any = None, subject: str = ""
) -> Setting:
    """Return what the maps of one report share: marks, the day the data speak of, shapes for outline and locator."""
    notes = MapNotes(
        metric_crs=crs,
        source=front.issuer,
        date=f"{on.year}年{on.month}月{on.day}日",
        synthetic=front.synthetic,
        classification=front.classification,
        map_approval=front.map_approval,
    )
    return Setting(notes, outline=outline, zone=zone, subject=subject)


@dataclass(frozen=True)
class Absent:
    """A section that cannot be shown: says why, and how many figures and tables it would have held.

    A document says so where ``told``; else it only counts it.
    """

    reason: str
    figures: int = 0
    tables: int = 0
    told: bool = True

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        return {
            "text/markdown": f"> {self.reason}" if self.told else "",
            "text/html": f'<blockquote class="govkit-absent">{html.escape(self.reason)}</blockquote>',
            ABSENT_MIME: {"reason": self.reason, "figures": self.figures, "tables": self.tables},
            "text/plain": self.reason,
        }


NO_MAP = Absent("没有边界数据，地图未绘制。", figures=1)


def missing(*names: str, figures: int = 0, tables: int = 0) -> Absent:
    """Say that a section with so many figures and tables is left out because the zone lacks the tables ``names``."""
    titles = "、".join(catalogue.load("tables")[name]["title"] for name in names)
    return Absent(f"本节未生成：分区文件夹中没有可用的“{titles}”数据。", figures, tables)


def not_provided(lacking: Sequence[str]) -> str:
    """Say in one sentence which tables a zone does not have, "" if it has them all."""
    if not lacking:
        return ""
    known = catalogue.load("tables")
    return say("section.not_provided", titles=[known[name]["title"] for name in lacking])


def show(*items: Any, about: Mapping[str, Any] | None = None) -> None:
    """Show each item once in the notebook: text as Markdown, everything else as it shows itself.

    ``about`` is added to each output's metadata.
    """
    for item in items:
        if isinstance(item, str):
            ipython_display(Markdown(item), metadata=about)
        elif isinstance(item, Sequence):
            show(*item, about=about)
        elif item is not None:
            ipython_display(item, metadata=about)
