"""What is said of one subject: its finding, text, figures and tables in reading order, and the numbers behind them."""

from __future__ import annotations

import base64
import html
import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd
from IPython.display import display as ipython_display

from govkit import catalogue
from govkit.display.front import Absent, show
from govkit.display.maps.sheet.figure import MapFigure
from govkit.display.slides import Slide
from govkit.display.tables.table import Table

# What marks the outputs of a section, and what says that it has been shown; neither is printed.
SECTION, ANNOUNCED = "govkit.section", "application/vnd.govkit.section+json"
# Where the numbers of a whole report come from; a page links them to it.
ORIGINS = "application/vnd.govkit.origins+json"
Item = str | Table | MapFigure | Absent | Any


@dataclass(frozen=True, eq=False, repr=False)
class Section:
    """One subject of a report, for one district or a whole zone.

    ``finding``: one sentence, "" where nothing is known. ``body``: paragraphs (Markdown), tables and figures in reading
    order; an ``Absent`` in it says what could not be shown and why. ``annex``: whole tables that a body would be too
    long with. ``problems``: rows of ``problems.find_problems`` about this subject. ``missing``: what was not provided.
    ``numbers``: plain frames by name. ``slide``: what a deck shows of it, its head first. ``unit``: code of the unit
    it speaks of; a document checks that it holds no other's. ``origins``: where the report's numbers come from.
    ``period``: id and name of its period. ``seal``: of all that it shows as the program made it; a document of one
    altered since is refused, and what one without a seal shows is checked as the notebook's own.
    """

    id: str
    title: str
    finding: str = ""
    body: tuple[Item, ...] = ()
    annex: tuple[Item, ...] = ()
    problems: pd.DataFrame = field(default_factory=pd.DataFrame)
    missing: tuple[str, ...] = ()
    numbers: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    slide: tuple[Any, ...] = ()
    unit: str = ""
    origins: Mapping[str, Any] = field(default_factory=dict)
    period: tuple[str, str] = ("", "")
    seal: int | None = None

    def sealed(self, unit: str, period: tuple[str, str]) -> Section:
        """Return the section as that of a unit in a period, finished."""
        made = replace(self, unit=unit, period=period)
        return replace(made, seal=made._digest())

    def _digest(self) -> int:
        # a figure is the one that was made, or another
        items = (
            repr(one) if isinstance(one, (str, Table, Slide, Absent)) else id(one)
            for one in (*self.body, *self.annex, *self.slide)
        )
        return hash((self.id, self.title, self.unit, self.period, *items))

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """The texts of the body, subheadings left out."""
        return tuple(one for one in self.body if isinstance(one, str) and not one.startswith("#"))

    @property
    def tables(self) -> tuple[Table, ...]:
        """The tables of the body."""
        return tuple(one for one in self.body if isinstance(one, Table))

    @property
    def figures(self) -> tuple[Any, ...]:
        """The maps and charts of the body."""
        return tuple(one for one in self.body if not isinstance(one, (str, Table, Absent)))

    @property
    def known(self) -> bool:
        """Whether there is anything to show but what is absent."""
        return any(not isinstance(one, Absent) for one in self.body)

    def show(self, *, level: int = 2) -> None:
        """Show the section where this is called: its title as a heading of this level (0: none), then its body."""
        titled = level and self.title and self.known
        # What a section lacks altogether is said once for all, in the annex.
        body = self.body if self.known else [replace(one, told=False) for one in self.body if isinstance(one, Absent)]
        items = [*([f"{'#' * level} {self.title}"] if titled else []), *cited(body, first=self.id.endswith("brief"))]
        shown = len([one for one in items if one is not None])
        if about := self._about:
            ipython_display({ANNOUNCED: {**about[SECTION], "items": shown}}, raw=True)
        show(*items, about=about)
        if self.origins:
            ipython_display({ORIGINS: dict(self.origins)}, raw=True)

    def present(self) -> None:
        """Show what a slide shows of the section; of one that is absent, why."""
        items = self.slide or [one for one in self.body if isinstance(one, Absent)]
        show(*items, about=self._about)

    @property
    def _about(self) -> dict[str, Any] | None:
        altered = {"altered": True} if self.seal != self._digest() else {}
        about = {"id": self.id, "title": self.title, "unit": self.unit, "period": self.period, **altered}
        return None if self.seal is None else {SECTION: about}

    def __repr__(self) -> str:
        return f"<Section {self.id} {self.title}>"

    def _ipython_display_(self) -> None:
        self.show()

    def _repr_html_(self) -> str:
        return f"<h2>{html.escape(self.title)}</h2>" + "".join(map(_html, self.body))


def cited(body: Sequence[Item], *, first: bool = False) -> list[Item]:
    """Return a body in which each run of tables and figures is named by the text before it: （见表、图）.

    The last paragraph before them names them, or the ``first``; nothing is added where a text there does already, or
    where there is none.
    """
    found, named = list(body), False
    texts: list[int] = []
    for at, item in enumerate(found):
        if isinstance(item, str):
            if item.startswith("#"):
                texts, named = [], False
            else:
                texts, named = [*texts, at], named or bool(_NAMED.search(item))
        elif item is not None and not isinstance(item, Absent) and texts:
            run = itertools.takewhile(lambda one: one is None or not isinstance(one, (str, Absent)), found[at:])
            place = texts[0] if first else texts[-1]
            told = str(found[place])
            if not named and told.endswith(("。", ".")):
                end = told[-1]
                table, figure, comma = ("表", "图", "、") if end == "。" else ("table", "figure", ", ")
                names = comma.join(table if isinstance(one, Table) else figure for one in run if one is not None)
                found[place] = told[:-1] + (f"（见{names}）" if end == "。" else f" (see {names})") + end
            texts, named = [], False
    return found


# A text that names the table or figure below it.
_NAMED = re.compile("见[图表]|见下表|列入下表|[(]see (table|figure)")


def absent(reason: str, *, figures: int = 0, tables: int = 0) -> Absent:
    """Say why a part with so many figures and tables is left out."""
    return Absent(reason, figures, tables)


def not_provided(name: str, title: str, *names: str, inputs: Any = None, figures: int = 0, tables: int = 0) -> Section:
    """Return the section of a place that lacks the tables ``names``: it would have held so many figures and tables.

    With ``inputs``, a district whose zone has the tables is told whether they do not apply to it or hold no row of it.
    """
    titles = tuple(catalogue.load("tables")[one]["title"] for one in names)
    said = _why_absent(names, "、".join(titles), inputs)
    return Section(name, title, body=(Absent(said, figures, tables),), missing=titles)


def _why_absent(names: tuple[str, ...], titles: str, inputs: Any) -> str:
    if inputs is None or inputs.is_zone or not all(name in inputs.common.provided for name in names):
        return f"本节未生成：分区文件夹中没有可用的“{titles}”数据。"
    if any(concerned(name, inputs) for name in names):
        return f"“{titles}”中没有{inputs.name}的记录。"
    about = {kind for name in names for kind in inputs.common.provided[name]}
    words = "、".join(catalogue.label("unit_kind", kind) for kind in sorted(about))
    return f"不适用：“{titles}”只记{words}，{inputs.name}没有{words}。"


def concerned(name: str, inputs: Any) -> bool:
    """Whether a table the zone provided is about any kind of unit that the place has."""
    return bool(set(inputs.common.provided[name]) & set(inputs.units["kind"]))


def _html(item: Item) -> str:
    if isinstance(item, str):
        return f"<p>{html.escape(item)}</p>"
    if isinstance(item, Table):
        return item.as_html()
    data = item._repr_mimebundle_()
    data = data[0] if isinstance(data, tuple) else data
    if "image/png" in data:
        picture = data["image/png"]
        text = picture if isinstance(picture, str) else base64.b64encode(picture).decode("ascii")
        return f'<img src="data:image/png;base64,{text}" alt="">'
    return str(data.get("text/html") or html.escape(str(data.get("text/plain", ""))))


def positive(number: Any) -> bool:
    """Whether a number is known and above 0."""
    return bool(pd.notna(number) and number > 0)
