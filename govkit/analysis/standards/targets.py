"""What a zone set itself to reach, and how it weighs the levels that assess: its own file, never another zone's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from govkit import catalogue
from govkit.analysis.ledgers.views import load_views
from govkit.analysis.measures.measure import known_measure
from govkit.analysis.standards.checked import (
    NUMBER,
    TABLES,
    TERM,
    Defects,
    check_term,
    check_type,
    is_number,
    numbered,
    place,
    term,
    without_term,
)
from govkit.catalogue.stated import loader
from govkit.periods import ALWAYS, Period, Term

LEVELS = ("city", "county", "street")
_TOP = {
    "type": str,
    "title": str,
    "source": str,
    "targets": TABLES,
    "level_weights": dict,
    "sources": dict,
    "units": dict,
    "words": dict,
    "highlights": list,
    **TERM,
}
_KEYS = {
    "measure": str,
    "view": str,
    "column": str,
    "least": NUMBER,
    "most": NUMBER,
    "label": str,
    "source": str,
    **TERM,
}


@dataclass(frozen=True)
class Target:
    """A ``measure``, or the ``column`` of a ledger ``view``, is to be at least ``least`` or at most ``most``."""

    label: str
    source: str
    measure: str = ""
    view: str = ""
    column: str = ""
    least: float | None = None
    most: float | None = None
    term: Term = ALWAYS

    @property
    def bound(self) -> float:
        """The value aimed at."""
        return float(self.least if self.most is None else self.most)  # type: ignore[arg-type]

    def reached(self, value: float) -> bool:
        """Whether a value is on the good side of the target."""
        return value >= self.bound - 1e-9 if self.most is None else value <= self.bound + 1e-9


@dataclass(frozen=True)
class Targets:
    """The targets of one file; ``level_weights`` weigh city, county and street in one score (empty if not stated).

    ``sources`` say in the zone's own words where a measure comes from, ``units`` what an outcome of the panel is told
    in (``%`` for shares), ``words`` what the zone calls what others call otherwise (``analysis.toml``: ``[words]``).
    ``highlights``: ledger views whose sentence a report has among what was done, in this order.
    """

    name: str
    title: str
    source: str
    targets: tuple[Target, ...] = ()
    level_weights: Mapping[str, float] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)
    highlights: tuple[str, ...] = ()

    def at(self, period: Period) -> Targets:
        """Return what is in force in a period."""
        return replace(self, targets=tuple(one for one in self.targets if one.term.covers(period)))

    def of_view(self, name: str) -> tuple[Target, ...]:
        """Return the targets of a ledger view."""
        return tuple(one for one in self.targets if one.view == name)


def read_targets(name: str, raw: Mapping[str, Any], *, where: str, text: str = "") -> Targets:
    """Return what a TOML file states (``type = "targets"``); CatalogueError names every defect at once."""
    check_type(name, raw, "targets", where)
    defects = Defects(where, text)
    defects.keys(raw, "顶层", _TOP, ("title", "source"))
    check_term(defects, "顶层", raw)
    for number, entry in numbered(raw, "targets"):
        _check(defects, place("targets", number, {"id": entry.get("measure") or entry.get("view")}), entry)
    sources, units, weights, words = (_own(raw, key) for key in ("sources", "units", "level_weights", "words"))
    for measure in sources:
        known_measure(defects, "[sources]", measure)
    for one in raw.get("highlights", ()):
        defects.choice(one, "顶层", "highlights", [each.name for each in load_views() if each.sentence])
    for one in words:
        defects.choice(one, "[words]", "用语", catalogue.load("analysis")["words"])
    for key, texts in (("sources", sources), ("units", units), ("words", words)):
        for one, word in texts.items():
            if not isinstance(word, str):
                defects.add(f"[{key}]", f"{one} 应为文字，现在是 {word!r}")
    for level in weights:
        defects.choice(level, "[level_weights]", "层级", LEVELS)
    if weights and not (all(map(is_number, weights.values())) and abs(sum(weights.values()) - 1) < 1e-9):
        defects.add("[level_weights]", f"各级权重应为数，合计为 1，现在是 {weights!r}")
    defects.stop_if_any(todo="按 docs/new-zone.md 中目标的写法改正后重试。")
    common = {"label": "", "source": raw["source"]}
    entries = raw.get("targets", [])
    targets = tuple(Target(**{**common, **without_term(one)}, term=term(one, term(raw))) for one in entries)
    return Targets(
        name, raw["title"], raw["source"], targets, weights, sources, units, words, (*raw.get("highlights", ()),)
    )


load_targets = loader("standards", read_targets)


def _own(raw: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = raw.get(key, {})
    return value if isinstance(value, dict) else {}


def _check(defects: Defects, where: str, entry: Mapping[str, Any]) -> None:
    if not defects.keys(entry, where, _KEYS, ()):
        return
    if bool(entry.get("measure")) == bool(entry.get("view")):
        defects.add(where, "measure（指标）与 view（台账汇总）加 column 须写且只写一种")
    if ("least" in entry) == ("most" in entry):
        defects.add(where, "least（不低于）与 most（不高于）须写且只写一个")
    known_measure(defects, where, entry.get("measure"))
    if "view" in entry:
        views = {one.name: one for one in load_views()}
        defects.choice(entry["view"], where, "view", views)
        columns = [one.key for one in views[entry["view"]].columns] if entry["view"] in views else []
        defects.choice(entry.get("column", ""), where, "column", columns)
