"""Where everything of a printed map goes: window, names, inset and column, on a free or a given page height."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import shapely

from govkit import catalogue
from govkit.display.maps.layers.layer_parts import words
from govkit.display.maps.sheet import furniture
from govkit.display.maps.sheet.labels import Placement, place
from govkit.display.maps.sheet.magnifier import Magnifier, land_in_cm, plan_magnifier
from govkit.display.maps.sheet.panel import symbol_places, taken_boxes, wanted_labels, windowed
from govkit.display.maps.sheet.spec import MapSpec
from govkit.display.maps.sheet.view import Bounds, View, fit, free_corner, scale_bar
from govkit.errors import ReportError, UnknownNameError

_WIDER = 1.6  # so much wider is a column with two columns of entries


@dataclass(frozen=True)
class Layout:
    """A map laid out, before it is drawn: its window, names, inset with its names, and column blocks."""

    view: View
    names: Placement
    inset: Magnifier | None
    inset_names: Placement | None
    top: list[furniture.Block]
    foot: list[furniture.Block]
    column: float

    @property
    def column_height(self) -> float:
        return sum(block.height for block in [*self.top, *self.foot])


class NoRoomError(ReportError):
    """The legend does not fit on the page."""


def page_of(name: str, *, smaller: float = 1.0) -> dict[str, Any]:
    """Return the measures of a page by name ("" for the width of reports, its height free), in layout centimetres.

    ``smaller``: type and symbols are drawn so many times smaller than usual.
    Raises UnknownNameError for a page that is not in catalogue/map_text.toml [pages].
    """
    text = catalogue.load("map_text")
    free = {**text["page"], "zoom": 1.0, "height": 0.0, "border": 0.0}
    if not name:
        return free
    if name not in text["pages"]:
        raise UnknownNameError("纸张", name, text["pages"])
    page = text["pages"][name]
    zoom = page["width"] / page["layout"] / smaller
    border = page.get("border", 0.0) / zoom
    sized = {"width": page["width"] / zoom, "height": page.get("height", 0.0) / zoom, "zoom": zoom, "border": border}
    return {**free, **page, **sized, "margin": max(border, free["margin"])}


def lay_out(
    spec: MapSpec, metric: dict[str, np.ndarray], bounds: Bounds, page: dict[str, Any], foot: float, band: float
) -> tuple[Layout, tuple[float, float], float]:
    """Return the layout, the corner of its inset and the frame's height.

    ``foot``, ``band``: centimetres below and above the frame. Raises ReportError if a given page is too small.
    """
    if page.get("height"):
        inner = page["height"] - band - foot - page["border"]
        return _on_given_page(spec, metric, bounds, page, foot, inner)
    layout, inner = _fitting_layout(spec, metric, bounds, page, foot)
    return _with_inset_placed(spec, metric, layout, inner, foot)


def _on_given_page(
    spec: MapSpec, metric: dict[str, np.ndarray], bounds: Bounds, page: dict[str, Any], foot: float, inner: float
) -> tuple[Layout, tuple[float, float], float]:
    """Return the fullest layout that fits: the key of names goes first, then the legend gets two columns."""
    for keyed, compact in ((True, False), (False, False), (False, True)):
        options = {"keyed": keyed, "compact": compact}
        layout = _layout(spec, metric, bounds, page, foot, inner, **options)
        if layout.column_height + 2 * page["padding"] > inner:
            continue
        if layout.inset is not None:
            found = _free_place(spec, metric, layout, inner, foot)
            if found:
                return _moved(layout, found[0]), found[1], inner
            layout = _layout(spec, metric, bounds, page, foot, inner, magnified=False, **options)
        if layout.column_height + 2 * page["padding"] <= inner:
            return _moved(layout, (inner - layout.view.height) / 2), (0.0, 0.0), inner
    raise NoRoomError(f"地图「{spec.title}」的图例在这张纸上放不下。", todo="换用更大的纸张，或减少图层、类别后重试。")


def _fitting_layout(
    spec: MapSpec, metric: dict[str, np.ndarray], bounds: Bounds, page: dict[str, Any], foot: float
) -> tuple[Layout, float]:
    """Return the layout and the frame's height; where the column needs more height, the map grows with it."""
    layout = _layout(spec, metric, bounds, page, foot, page["most_map_height"])
    options = {"keyed": True, "compact": False}
    for step in ({"keyed": False}, {"compact": True}):  # neither key nor legend may outgrow the page
        if layout.column_height + 2 * page["padding"] > page["most_height"]:
            options |= step
            layout = _layout(spec, metric, bounds, page, foot, page["most_map_height"], **options)
    inner = max(layout.view.height, layout.column_height + 2 * page["padding"], page["least_height"])
    if inner > layout.view.height * 1.05:
        larger = _layout(spec, metric, bounds, page, foot, inner, **options)
        if larger.view.height > layout.view.height * 1.05:
            layout = larger
            inner = max(inner, layout.column_height + 2 * page["padding"])
    return layout, inner


def _layout(
    spec: MapSpec,
    metric: dict[str, np.ndarray],
    bounds: Bounds,
    page: dict[str, Any],
    foot: float,
    most: float,
    *,
    keyed: bool = True,
    magnified: bool = True,
    compact: bool = False,
) -> Layout:
    """Lay the map out no higher than ``most`` centimetres.

    ``keyed``: names without room are numbered and listed; ``magnified``: crowded parts get an inset; ``compact``: the
    legend has two columns, and more of the page.
    """
    beside = page["column"] * (_WIDER if compact else 1)
    width = page["width"] - 2 * page["margin"] - beside
    view = fit(bounds, page["margin"], foot, width, most)
    names = _place(spec, metric, view, frozenset(), keyed=keyed)
    inset = plan_magnifier(spec, metric, names.unnamed, bounds, view.scale) if magnified else None
    inset_names = None
    if inset:
        inner_spec, inner_metric = windowed(spec, metric, inset.window)
        inset_names = _place(inner_spec, inner_metric, inset.view, frozenset(), only=inset.codes, keyed=keyed)
        first = len(inset_names.keys) + 1
        names = _place(spec, metric, view, inset.codes, first=first, keyed=keyed)
    keys = [*(inset_names.keys if inset_names else ()), *names.keys]
    dropped = names.dropped + (inset_names.dropped if inset_names else 0)
    if not beside:
        return Layout(view, names, inset, inset_names, [], [], 0.0)
    column = beside - 2 * page["padding"]
    top = [] if page.get("slim") or spec.tiled else [furniture.head_block(spec, column)]
    top += furniture.legend_blocks(spec, column, compact=compact, most=page.get("most_entries", 0))
    top += furniture.remark_blocks(_moved_remark(spec, metric, view), column)
    top += furniture.key_blocks(keys, dropped, column)
    slim = bool(page.get("slim"))
    longest = min(column, page["column"]) - (1.9 if slim else 1.1)
    bar = scale_bar(bounds, view.scale, spec.notes.metric_crs, longest=longest)
    below = [] if spec.tiled else [furniture.scale_block(*bar, column, north=slim)]
    below += [furniture.synthetic_block(column)] if spec.notes.synthetic else []
    return Layout(view, names, inset, inset_names, top, below, beside)


def _moved_remark(spec: MapSpec, metric: dict[str, np.ndarray], view: View) -> list[str]:
    """Return the words for it where symbols stand visibly beside their place."""
    for layer in spec.layers:
        if layer.shown and layer.is_points and not layer.is_graduated:
            points = view.in_cm(metric[layer.key])
            places, size = symbol_places(points)
            if np.abs(places - shapely.get_coordinates(points)).max() > size / 2:
                return [words("moved")]
    return []


def _place(
    spec: MapSpec,
    metric: dict[str, np.ndarray],
    view: View,
    leave_out: frozenset[str],
    *,
    only: frozenset[str] | None = None,
    first: int = 1,
    keyed: bool,
) -> Placement:
    text = catalogue.load("map_text")
    wanted = wanted_labels(spec, metric, view, leave_out=leave_out)
    if only is not None:
        wanted = {code: one for code, one in wanted.items() if code in only}
    # On squares all alike every name has one size
    for some in [[size] for size in text["tiles"]["labels"]] if spec.tiled else [text["type"]["labels"]]:
        made = place(
            wanted, view.box, sizes=some, number_size=text["type"]["number"], first=first,
            most_keys=text["limits"]["key_entries"] if keyed else 0, taken=taken_boxes(spec, metric, view),
        )  # fmt: skip
        if not made.unnamed:
            break
    return made


def _free_place(
    spec: MapSpec, metric: dict[str, np.ndarray], layout: Layout, height: float, foot: float
) -> tuple[float, tuple[float, float]] | None:
    """Return how far up the map moves and the inset's corner, in a frame of this height; None without room."""
    view = layout.view
    assert layout.inset is not None  # noqa: S101  (asked for maps with an inset only)
    size = layout.inset.view
    for up in (0.0, height - view.height):  # the map at the foot leaves room above it, and the other way round
        window = (view.x, foot, view.x + view.width, foot + height)
        corner = free_corner(land_in_cm(spec, metric, view.moved(0, up)), window, size.width, size.height + 0.3)
        if corner:
            return up, corner
    return None


def _with_inset_placed(
    spec: MapSpec, metric: dict[str, np.ndarray], layout: Layout, inner: float, foot: float
) -> tuple[Layout, tuple[float, float], float]:
    """Return the layout with the map moved, the inset's corner and the frame's height, grown until it has room."""
    view = layout.view
    if layout.inset is None:
        return _moved(layout, (inner - view.height) / 2), (0.0, 0.0), inner
    size = layout.inset.view
    for extra in np.arange(0, size.height + 0.6, 0.3):
        found = _free_place(spec, metric, layout, inner + extra, foot)
        if found:
            return _moved(layout, found[0]), found[1], float(inner + extra)
    return _moved(layout, 0), (view.x + 0.12, foot + view.height + 0.1), inner + size.height + 0.6


def _moved(layout: Layout, up: float) -> Layout:
    return replace(layout, view=layout.view.moved(0, up), names=layout.names.moved(0, up))
