"""Facility standards as their files state them: items, ways to have one, grades; every defect told at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from govkit import catalogue
from govkit.analysis.standards.checked import (
    NUMBER,
    TABLES,
    TERM,
    TEXTS,
    Defects,
    check_term,
    is_number,
    numbered,
    place,
    term,
)
from govkit.catalogue.stated import loader
from govkit.errors import CatalogueError
from govkit.periods import ALWAYS, Term

# What a norm is counted per: the column of units and how many of it make one.
PER = {"unit": ("", 1.0), "100_households": ("households", 100.0), "10000_residents": ("population", 10_000.0)}
QUANTITIES = {
    "facilities": ("count", "floor_area_m2", "open_area_m2", "activity_area_m2"),
    "organisations": ("count", "members"),
    "checklist": ("count",),
}
KIND_LISTS = {"facilities": "facility_kind", "organisations": "organisation_kind"}
# One way to have an item; an alternative states no more than this.
_WAY_KEYS = {
    "label": str, "table": str, "kinds": TEXTS, "list": str, "item": str, "quantity": str, "least": NUMBER, "per": str,
    "min_floor_area_m2": NUMBER, "unit_cost_yuan": NUMBER,
}  # fmt: skip
_BOUND_KEYS = {"applies_to": TEXTS, "types": TEXTS, "least_households": NUMBER, "most_households": NUMBER}
_ITEM_KEYS = {**_WAY_KEYS, **_BOUND_KEYS, "id": str, "group": str, "alternatives": TABLES, "near": TEXTS}
_GRADE_KEYS = {"label": str, "items": TEXTS, "items_least": int, "minimums": dict}
_TOP_KEYS = {
    "type": str,
    "title": str,
    "source": str,
    **TERM,
    **_BOUND_KEYS,
    "items": TABLES,
    "facts": TABLES,
    "grades": TABLES,
}
_FLOATS = ("least", "min_floor_area_m2", "unit_cost_yuan", "least_households", "most_households")
_INFINITE = float("inf")


@dataclass(frozen=True)
class Bound:
    """Whom a demand binds: kinds and governance types of community (all if empty), of so many households."""

    applies_to: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    least_households: float = 0.0
    most_households: float = _INFINITE

    @property
    def counts_households(self) -> bool:
        """Whether the number of households decides."""
        return self.least_households > 0 or self.most_households < _INFINITE


@dataclass(frozen=True)
class Way:
    """One way to have an item: at least ``least`` of ``quantity`` per ``per``, of any of ``kinds``.

    ``unit_cost_yuan`` is what one of the quantity costs, missing (NaN) where the file does not say.
    """

    label: str
    table: str
    kinds: tuple[str, ...] = ()
    list: str = ""
    item: str = ""
    quantity: str = "count"
    least: float = 1.0
    per: str = "unit"
    min_floor_area_m2: float = 0.0
    unit_cost_yuan: float = float("nan")


@dataclass(frozen=True)
class Item:
    """One demand of a standard; any one of ``ways`` meets it, the first is what is asked for.

    ``near``: kinds of facility whose life circles are set beside it.
    """

    id: str
    label: str
    ways: tuple[Way, ...]
    group: str = ""
    bound: Bound = Bound()
    near: tuple[str, ...] = ()

    @property
    def table(self) -> str:
        """The table the item's own way looks in."""
        return self.ways[0].table

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of facility or organisation of the item's own way."""
        return self.ways[0].kinds

    @property
    def quantity(self) -> str:
        """What the item's own way counts."""
        return self.ways[0].quantity


@dataclass(frozen=True)
class Grade:
    """A step of the ladder, above what the lower steps ask.

    ``items`` must be met; of all items ``items_least`` must be; ``minimums`` are (item, least amount of its quantity).
    """

    label: str
    items: tuple[str, ...] = ()
    items_least: int = 0
    minimums: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class Standard:
    """A facility standard: its items, the facts counted beside them, whom it binds, its grades from the lowest up."""

    name: str
    title: str
    source: str
    bound: Bound
    items: tuple[Item, ...]
    facts: tuple[Item, ...] = ()
    grades: tuple[Grade, ...] = ()
    term: Term = ALWAYS

    @property
    def applies_to(self) -> tuple[str, ...]:
        """The kinds of community it binds."""
        return self.bound.applies_to


def read_standard(name: str, raw: Mapping[str, Any], *, where: str, text: str = "") -> Standard:
    """Return the standard a TOML file states; ``where`` names the file in errors, ``text`` gives their lines.

    Raises CatalogueError naming file, line, item and key of every defect at once.
    """
    if raw.get("type", "standard") != "standard":
        raise CatalogueError(
            f"{name} 不是设施标准，而是 {raw['type']!r}", where=where, todo="请用相应的函数读取，或改 type。"
        )
    defects = Defects(where, text)
    defects.keys(raw, "顶层", _TOP_KEYS, ("title", "source", "applies_to", "items"))
    check_term(defects, "顶层", raw)
    _check_bound(defects, "顶层", raw)
    for kind in ("items", "facts"):
        for number, item in numbered(raw, kind):
            _check_item(defects, place(kind, number, item), item)
        defects.repeated([item.get("id") for _, item in numbered(raw, kind)], f"[[{kind}]]", "id")
    _check_grades(defects, raw)
    defects.stop_if_any(todo="按 docs/new-zone.md 中设施标准的写法改正后重试。")
    return Standard(
        name=name,
        title=raw["title"],
        source=raw["source"],
        bound=_bound(raw),
        items=tuple(_item(item) for item in raw["items"]),
        facts=tuple(_item(item) for item in raw.get("facts", [])),
        grades=tuple(_grade(grade) for grade in raw.get("grades", [])),
        term=term(raw),
    )


load_standard = loader("standards", read_standard)


def _check_item(defects: Defects, where: str, item: Mapping[str, Any]) -> None:
    if not defects.keys(item, where, _ITEM_KEYS, ("id", "label", "table")):
        return
    _check_way(defects, where, item)
    _check_bound(defects, where, item)
    _check_kinds(defects, where, "near", item.get("near", []), "facility_kind")
    for number, other in enumerate(item.get("alternatives", []), start=1):
        beside = f"{where} 的第 {number} 种替代（alternatives）"
        if defects.keys(other, beside, _WAY_KEYS, ()):
            _check_way(defects, beside, {"table": item.get("table", "facilities"), **other})


def _check_way(defects: Defects, where: str, way: Mapping[str, Any]) -> None:
    table = way.get("table", "facilities")
    defects.choice(table, where, "table", QUANTITIES)
    defects.choice(way.get("per", "unit"), where, "per", PER)
    if table in QUANTITIES:
        defects.choice(way.get("quantity", "count"), where, "quantity", QUANTITIES[table])
    if table in KIND_LISTS:
        _check_kinds(defects, where, "kinds", way.get("kinds", []), KIND_LISTS[table])
        if not way.get("kinds"):
            defects.add(where, "缺少 kinds（至少一种）")
    elif table == "checklist" and not (way.get("list") and way.get("item")):
        defects.add(where, "缺少 list 或 item（清单名称与清单项）")
    for key in ("least", "unit_cost_yuan"):
        if is_number(way.get(key)) and way[key] <= 0:
            defects.add(where, f"{key} 应大于 0，现在是 {way[key]!r}")


def _check_bound(defects: Defects, where: str, entry: Mapping[str, Any]) -> None:
    _check_kinds(defects, where, "applies_to", entry.get("applies_to", []), "unit_kind")
    least, most = entry.get("least_households", 0), entry.get("most_households", _INFINITE)
    if is_number(least) and is_number(most) and least > most:
        defects.add(where, f"least_households {least!r} 大于 most_households {most!r}")


def _check_kinds(defects: Defects, where: str, key: str, kinds: Any, code_list: str) -> None:
    for kind in kinds if isinstance(kinds, list) else ():
        if not (isinstance(kind, str) and catalogue.is_own_kind(code_list, kind)):
            defects.choice(kind, where, key, catalogue.load("codes")[code_list])


def _check_grades(defects: Defects, raw: Mapping[str, Any]) -> None:
    ids = [item["id"] for _, item in numbered(raw, "items") if isinstance(item.get("id"), str)]
    for number, grade in numbered(raw, "grades"):
        where = place("grades", number, {"id": grade.get("label")})
        if defects.keys(grade, where, _GRADE_KEYS, ("label",)):
            _check_grade(defects, where, grade, ids)
    defects.repeated([grade.get("label") for _, grade in numbered(raw, "grades")], "[[grades]]", "label")


def _check_grade(defects: Defects, where: str, grade: Mapping[str, Any], ids: Sequence[str]) -> None:
    if not {"items", "items_least", "minimums"} & set(grade):
        defects.add(where, "没有要求；请写 items、items_least 或 minimums")
    for key in ("items", "minimums"):
        for item in grade.get(key, ()):
            defects.choice(item, where, key, ids)
    least = grade.get("items_least", 1)
    if not 0 < least <= len(ids):
        defects.add(where, f"items_least 应在 1 至 {len(ids)}（标准项数）之间，现在是 {least!r}")
    for item, amount in grade.get("minimums", {}).items():
        if not is_number(amount) or amount <= 0:
            defects.add(where, f"minimums 里 {item} 应为大于 0 的数，现在是 {amount!r}")


def _item(raw: Mapping[str, Any]) -> Item:
    own = {key: raw[key] for key in _WAY_KEYS if key in raw}
    others = [{"label": raw["label"], "table": raw["table"], **other} for other in raw.get("alternatives", [])]
    ways = tuple(Way(**_typed(one)) for one in (own, *others))
    return Item(
        raw["id"], raw["label"], ways, group=raw.get("group", ""), bound=_bound(raw), near=tuple(raw.get("near", ()))
    )


def _bound(raw: Mapping[str, Any]) -> Bound:
    return Bound(**_typed({key: raw[key] for key in _BOUND_KEYS if key in raw}))


def _grade(raw: Mapping[str, Any]) -> Grade:
    minimums = tuple((item, float(amount)) for item, amount in raw.get("minimums", {}).items())
    return Grade(raw["label"], tuple(raw.get("items", ())), int(raw.get("items_least", 0)), minimums)


def _typed(raw: Mapping[str, Any]) -> dict[str, Any]:
    lists = {key: tuple(value) for key, value in raw.items() if isinstance(value, list)}
    return {**raw, **lists, **{key: float(raw[key]) for key in _FLOATS if key in raw}}
