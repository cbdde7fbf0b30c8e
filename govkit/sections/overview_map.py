"""One interactive map of the whole: a district's grids and facilities, a zone's scores; gaps and overlaps on both."""

from __future__ import annotations

from typing import Any

from govkit import catalogue
from govkit.display.front import NO_MAP
from govkit.display.maps import kinds
from govkit.display.maps.layers import shown as layers
from govkit.display.maps.sheet.classes import Quantity
from govkit.display.tables.frames import map_defects
from govkit.sections.facilities import there
from govkit.sections.inputs import Inputs
from govkit.sections.section import Section


def overview_map(inputs: Inputs) -> Section:
    """Return the interactive map that shows everything together."""
    word = inputs.place.unit_word
    heading = "得分与网格问题一览" if inputs.is_zone else "网格与设施一览"
    title = f"各{word}综合得分与网格问题" if inputs.is_zone else f"{inputs.name}网格与设施"
    if not inputs.mapped:
        return Section("overview_map", heading, body=(NO_MAP,))
    shown = _of_zone(inputs) if inputs.is_zone else _of_district(inputs)
    return Section("overview_map", heading, body=(kinds.interactive_map(shown, title, setting=inputs.setting),))


def _of_zone(inputs: Inputs) -> list[Any]:
    quantity, current = Quantity("综合得分", "number", "分"), inputs.common.current
    if current is None:
        shown = [layers.border_layer(inputs.members, filled=True)]
    else:
        shown = [layers.choropleth_layer(inputs.members, current.scores["score"], quantity)]
    return shown if inputs.lacks("grids") else [*shown, _defects(inputs)]


def _of_district(inputs: Inputs) -> list[Any]:
    shown = [layers.border_layer(inputs.communities, filled=True)]
    if not inputs.lacks("grids"):
        shown += [layers.grid_layer(inputs.tables["grids"]), _defects(inputs)]
    if inputs.lacks("facilities"):
        return shown
    facilities = layers.facility_layer(there(inputs))
    many = len(facilities.shapes) > catalogue.load("map_text")["limits"]["most_symbols"]
    return [*shown, layers.hidden(facilities) if many else facilities]


def _defects(inputs: Inputs) -> Any:
    return layers.defect_layer(map_defects(inputs.audit.gaps, inputs.audit.overlaps))
