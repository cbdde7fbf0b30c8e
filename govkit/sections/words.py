"""What a report calls a place, its members and those responsible: 街道 speak of 社区, 镇 of 村, 县 of 乡镇."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from govkit.display.front import Absent
from govkit.display.maps.sheet.figure import MapFigure
from govkit.display.tables.table import Table
from govkit.display.words import numbers
from govkit.sections.inputs import Inputs, once
from govkit.zone.place import word_of

PLACES = {
    "street": "街道", "town": "镇", "township": "乡", "sumu": "苏木", "farm": "场", "village": "村", "gacha": "嘎查",
    "urban_community": "社区", "company": "连队", "compound": "小区",
}  # fmt: skip
_OFFICES = {"street": "街道办事处", "town": "镇政府", "township": "乡政府"}


def kind_of(inputs: Inputs) -> str:
    """Return the kind of the whole: county or city of a zone, else the report unit's own, ``""`` if it is not known."""
    if inputs.is_zone:
        return {"county": "city", "city": "province"}.get(inputs.place.settings.district_level, "county")
    return str(getattr(inputs.place, "kind", ""))


def place_word(inputs: Inputs) -> str:
    """Return what the whole is called: 镇, 街道, 村, 县, 区; of another kind the word of its level."""
    if inputs.is_zone:
        return inputs.common.zone_word
    if kind_of(inputs) in {"county", "city"}:
        return word_of(inputs.place.name, kind_of(inputs))
    return PLACES.get(kind_of(inputs), inputs.place.unit_word)


def like_word(inputs: Inputs, of: int) -> str:
    """Return the units a district is compared with: 四个镇, 19个街道, 8个县（市、区）."""
    count = f"{numbers.count(of)}个"
    if of == inputs.part.number_of_districts:
        return f"{count}{'、'.join(_kind_words(inputs.part.kinds_of_districts)) or inputs.place.unit_word}"
    return f"{count}{place_word(inputs)}"


def _kind_words(kinds: Iterable[str]) -> list[str]:
    """Return what streets, towns and townships are called, in this order; nothing where there are counties."""
    found = set(kinds)
    return [] if found - set(_OFFICES) else [PLACES[kind] for kind in _OFFICES if kind in found]


def units_word(inputs: Inputs) -> str:
    """Return what the report units of the zone are called together: 街道（镇）, 街道（乡）, 县（市、区）."""
    kinds = inputs.members["kind"] if inputs.is_zone else inputs.part.kinds_of_districts
    words = _kind_words(kinds)
    if len(words) < 2:
        return words[0] if words else inputs.place.unit_word
    return "乡镇" if words == ["镇", "乡"] else f"{words[0]}（{'乡镇' if len(words) > 2 else words[1]}）"


@once
def tellers(inputs: Inputs) -> pd.Series:
    """Return the units a report tells of, by code of each community: communities, 乡镇 in a county, districts."""
    communities = inputs.communities.drop_duplicates("unit_code").set_index("unit_code")
    if inputs.is_zone:
        return communities["district_code"]
    if inputs.place.settings.district_level == "county" and communities["parent"].nunique() > 1:
        return communities["parent"]
    return pd.Series(communities.index, index=communities.index)


@once
def by_township(inputs: Inputs) -> bool:
    """Whether a district is told by 乡镇."""
    return not inputs.is_zone and not tellers(inputs).index.equals(pd.Index(tellers(inputs)))


def township_word(inputs: Inputs) -> str:
    """Return what the units between a county and its communities are called: 乡镇, 街道、镇, 街道、乡镇."""
    units = inputs.units.drop_duplicates("unit_code").set_index("unit_code")
    words = _kind_words(units["kind"].reindex(tellers(inputs).dropna().unique()).dropna())
    rural = "乡镇" if {"镇", "乡"} <= set(words) else "、".join(word for word in words if word != "街道")
    return "、".join(filter(None, ["街道" if "街道" in words else "", rural])) or "乡镇"


def member_word(inputs: Inputs) -> str:
    """Return what the communities are called together: 社区, 村, 社区和村."""
    kinds = set(inputs.communities["kind"])
    return {frozenset(["village"]): "村", frozenset(["urban_community"]): "社区"}.get(frozenset(kinds), "社区、村")


def teller_word(inputs: Inputs, area: str = "all") -> str:
    """Return what those a report tells of are called in an area: 村, 社区, 乡镇, 街道（镇）."""
    if inputs.is_zone:
        return units_word(inputs)
    if by_township(inputs):
        return township_word(inputs)
    return {"rural": "村", "urban": "社区"}.get(area) or member_word(inputs)


def owner(inputs: Inputs, level: str, members: Sequence[str] = ()) -> str:
    """Return who is responsible on an owner level, by office; ``members`` are the communities concerned.

    A zone without communities has no committees: there the town is.
    """
    if level == "village" and inputs.has_communities:
        return _committee(inputs, members)
    if level in {"town", "village"}:
        if kind_of(inputs) in _OFFICES:
            return _OFFICES[kind_of(inputs)]
        above = {"county": "有关乡镇、街道", "community": "所属街道（乡镇）"}
        return above.get(inputs.place.settings.district_level) or f"有关{units_word(inputs)}"
    if level == "compound":
        return "有关小区"
    if level == "city":
        return "市民政局"
    if kind_of(inputs) in {"county", "city"} and not inputs.is_zone:
        return f"{place_word(inputs)}民政局"
    return inputs.place.front.issuer or "民政局"


def _committee(inputs: Inputs, members: Sequence[str]) -> str:
    named = inputs.communities.loc[inputs.communities["name"].isin(members), "kind"]
    kinds = set(named) or set(inputs.communities["kind"])
    if kinds == {"village"}:
        return f"{members[0]}村民委员会" if len(members) == 1 else "有关村民委员会"
    if kinds == {"urban_community"}:
        return f"{members[0]}居民委员会" if len(members) == 1 else "有关社区居民委员会"
    return "有关村（居）民委员会"


def localised(item: Any, inputs: Inputs) -> Any:
    """Return a text or table in the words of its place: a 街道 without villages has no 村; texts in printed form."""
    swaps = _swaps(inputs)
    if isinstance(item, str):
        return numbers.printed(_swapped(item, swaps))
    if isinstance(item, Table):
        rows = tuple(tuple(_swapped(cell, swaps) for cell in row) for row in item.rows)
        columns = tuple(replace(one, label=_swapped(one.label, swaps)) for one in item.columns)
        title, note = (numbers.quoted(numbers.tight(_swapped(text, swaps))) for text in (item.title, item.note))
        return replace(item, rows=rows, columns=columns, title=title, note=note)
    if isinstance(item, Absent):
        return replace(item, reason=_swapped(item.reason, swaps))
    if isinstance(item, MapFigure):
        spec = item.spec
        title, caption = (_swapped(text, swaps) for text in (spec.title, spec.caption))
        same = (title, caption) == (spec.title, spec.caption)
        return item if same else type(item)(replace(spec, title=title, caption=caption))
    return item


@once
def _swaps(inputs: Inputs) -> dict[str, str]:
    counties = inputs.place.settings.district_level == "county"
    # What the phrases call 本区 and 全区 may be a 县, a 市 or a 街道.
    whole = inputs.common.zone_word
    # Where the zone is a 县, what lies above its towns is no 区 either.
    found = {f"{which}区": f"{which}{whole}" for which in "本全" if whole != "区"}
    street = inputs.place.settings.district_level == "street"
    above = whole if street else "县（区）" if inputs.is_zone else place_word(inputs)
    found |= {"区及以上": f"{above}及以上"} if above != "区" else {}
    if counties:
        found |= {"区（县）": "县（市、区）" if inputs.is_zone else place_word(inputs)}
    if street:
        found["区（县）"] = whole
        word = units_word(inputs) if inputs.is_zone else place_word(inputs)
        found |= dict.fromkeys(("乡镇（街道）", "街道（乡镇）", "镇（街道）", "街道（镇）"), word)
    kinds = set(inputs.communities["kind"])
    if kinds == {"urban_community"}:
        found |= {
            "村（社区）": "社区",
            "社区（村）": "社区",
            "社区、村": "社区",
            "本村（社区）": "本社区",
            "村（居）": "居",
        }
    if kinds == {"village"}:
        found |= {"村（社区）": "村", "社区（村）": "村", "社区、村": "村", "村（居）": "村"}
    return found


def _swapped(text: str, swaps: dict[str, str]) -> str:
    for one, other in swaps.items():
        text = text.replace(one, other)
    return text
