"""What stands round a print map: legend, keys, north arrow, locator, scale bar, marks; each a block of a column."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import shapely
from matplotlib.path import Path
from matplotlib.transforms import Affine2D
from shapely.geometry.base import BaseGeometry

from govkit import catalogue
from govkit.display.fonts import line_height, printable, text_width, wrap
from govkit.display.maps.layers.layer_parts import words
from govkit.display.maps.sheet.shapes import to_metric
from govkit.display.maps.sheet.sheet import Sheet, polygon_paths
from govkit.display.maps.sheet.spec import Category, Layer, MapSpec
from govkit.display.maps.sheet.symbols import OPEN, symbol_path
from govkit.display.palette import colours, grey

_SWATCH = (0.62, 0.31)  # centimetres
_ROW = 0.42
_GAP = 0.16


@dataclass(frozen=True)
class Block:
    """A piece of the column: its height in centimetres and how to draw it, given a sheet, left edge and top edge."""

    height: float
    draw: Callable[[Sheet, float, float], None]


def sizes() -> dict[str, float]:
    """Return type sizes in points, from the catalogue."""
    return catalogue.load("map_text")["type"]


def legend_blocks(spec: MapSpec, width: float, *, compact: bool = False, most: int = 0) -> list[Block]:
    """Return head and rows of every layer that is shown and listed, bottom layer last, then remarks.

    ``compact``: entries stand in two columns; ``most``: entries of a layer where room is short, those with most shapes;
    how many more there are is said.
    """
    blocks = []
    for layer in reversed(spec.layers):
        if layer.shown and layer.listed and layer.categories:
            if layer.title != layer.categories[0].label:
                blocks.append(_text_block(layer.title, sizes()["legend_head"], width, bold=True))
            entries, more = _most_frequent(layer, most)
            blocks += _entries(replace(layer, categories=entries), width, compact=compact)
            left_out = words("more_entries", n=more)
            blocks += [_text_block(left_out, sizes()["foot"], width, quiet=True)] if more else []
            blocks += _defect_list(layer, width)
            blocks += [_text_block(remark, sizes()["foot"], width, quiet=True) for remark in layer.remarks]
            blocks.append(Block(_GAP, lambda *_: None))
    return blocks


def _most_frequent(layer: Layer, most: int) -> tuple[tuple[Category, ...], int]:
    """Return the entries of a legend in their order, at most so many (0: all), and how many more there are."""
    if not most or layer.matrix or len(layer.categories) <= most:
        return layer.categories, 0
    by_count = sorted(range(len(layer.categories)), key=lambda at: -layer.categories[at].count)
    return tuple(layer.categories[at] for at in sorted(by_count[:most])), len(layer.categories) - most


def remark_blocks(remarks: Sequence[str], width: float) -> list[Block]:
    """Return small print below the legend."""
    blocks = [_text_block(remark, sizes()["foot"], width, quiet=True) for remark in remarks]
    return [*blocks, Block(_GAP, lambda *_: None)] if blocks else []


def _entries(layer: Layer, width: float, *, compact: bool) -> list[Block]:
    categories = layer.categories
    blocks = [matrix_block(layer, width)] if layer.matrix else []
    categories = categories[9:] if layer.matrix else categories
    room = max([_SWATCH[0], *(2 * one.radius for one in categories)])
    if not compact:
        return blocks + [_entry(category, width, room) for category in categories]
    half = (width - 0.3) / 2
    entries = [_entry(one, half, room) for one in categories]
    rows = -(-len(entries) // 2)
    return blocks + [_side_by_side(entries[at], entries[at + rows : at + rows + 1], half + 0.3) for at in range(rows)]


def _side_by_side(left: Block, right: Sequence[Block], second: float) -> Block:
    def draw(sheet: Sheet, x: float, top: float) -> None:
        left.draw(sheet, x, top)
        for block in right:
            block.draw(sheet, x + second, top)

    return Block(max(block.height for block in (left, *right)), draw)


def _entry(category: Category, width: float, room: float) -> Block:
    """Return one row: swatch (``room`` centimetres wide), label, count."""
    count = words("count", n=category.count) if category.counted else ""
    size = sizes()["legend"]
    lines = wrap(category.label, size, width - room - 0.25 - text_width(count, size))
    row = max(_ROW, 2 * category.radius + 0.06)
    height = max(row, line_height(size) * len(lines) + 0.1)

    def draw(sheet: Sheet, x: float, top: float) -> None:
        _draw_swatch(sheet, category, x + (room - _SWATCH[0]) / 2, top - row / 2)
        for number, line in enumerate(lines):
            sheet.text(x + room + 0.15, top - row / 2 - number * line_height(size), line, size)
        if count:
            quiet = colours("ink")["quiet"]
            sheet.text(x + width, top - row / 2, count, size, colour=quiet, align="right")

    return Block(height, draw)


def matrix_block(layer: Layer, width: float) -> Block:
    """Return the 3 × 3 fields of two measures, the first rising to the right, the second upwards."""
    assert layer.matrix is not None  # noqa: S101  (asked for such layers only)
    across, up = layer.matrix
    size, side = sizes()["foot"], 0.62
    step = line_height(size)
    heads = [*wrap(f"↑ {up}", size, width), *wrap(f"→ {across}", size, width)]
    above = len(wrap(f"↑ {up}", size, width))

    def draw(sheet: Sheet, x: float, top: float) -> None:
        for number, line in enumerate(heads[:above]):
            sheet.text(x, top - (number + 0.5) * step, line, size)
        low = top - above * step - 3 * side - 0.08
        for at, category in enumerate(layer.categories[:9]):
            row, column = divmod(at, 3)
            corner = (x + 0.1 + column * side, low + row * side)
            sheet.box(*corner, side, side, fill=category.fill, edge=category.edge, stroke=0.5)
            ink = colours("ink")["halo"] if grey(category.fill) < 55 else colours("ink")["text"]
            middle = (corner[0] + side / 2, corner[1] + side / 2)
            sheet.text(*middle, str(category.count), size, colour=ink, align="center")
        for number, line in enumerate(heads[above:]):
            sheet.text(x, low - 0.08 - (number + 0.5) * step, line, size)

    return Block(len(heads) * step + 3 * side + 0.3, draw)


def _draw_swatch(sheet: Sheet, category: Category, x: float, middle: float) -> None:
    width, height = _SWATCH
    if category.symbol:
        draw_symbol(sheet, category, np.array([(x + width / 2, middle)]), 0.155, signed=True)
    elif category.fill or category.hatch:
        sheet.box(
            x, middle - height / 2, width, height, fill=category.fill, edge=category.edge,
            stroke=max(category.width, 0.5), hatch=category.hatch, hatch_colour=category.hatch_colour,
        )  # fmt: skip
    elif category.edge:
        sheet.line([(x, middle), (x + width, middle)], edge=category.edge, stroke=max(category.width, 0.9))


def draw_symbol(sheet: Sheet, category: Category, places: np.ndarray, size: float, *, signed: bool) -> None:
    """Draw a category's symbol at places (centimetres) with its own radius or ``size``; ``signed`` writes its sign."""
    size = category.radius or size
    hollow = category.symbol in OPEN
    fill, edge = (category.edge, category.fill) if hollow else (category.fill, category.edge)
    sheet.symbols(symbol_path(category.symbol), places, size, fill=fill, edge=edge, stroke=0.9 if hollow else 0.5)
    if signed and category.sign:
        points = size * 72 / 2.54 * 1.12
        for x, y in places:
            sheet.text(x, y, category.sign, points, colour=edge, align="center")


def _defect_list(layer: Layer, width: float) -> list[Block]:
    if not layer.numbered:
        return []
    most = catalogue.load("map_text")["limits"]["numbered_defects"]
    texts = [
        f"{number} {name} {tag}"
        for number, (name, tag) in enumerate(zip(layer.names[:most], layer.tags, strict=False), start=1)
    ]
    texts += [words("more_defects", n=len(layer.names) - most)] if len(layer.names) > most else []
    return [_text_block(text, sizes()["foot"], width) for text in texts]


def key_blocks(texts: Sequence[str], dropped: int, width: float) -> list[Block]:
    """Return the numbers on the map with the names they stand for, in two columns where they are short.

    ``dropped``: how many units have neither.
    """
    size = sizes()["foot"]
    half = (width - 0.2) / 2
    blocks = []
    if texts and max(text_width(text, size) for text in texts) <= half:
        rows = -(-len(texts) // 2)
        pairs = [(texts[at], texts[at + rows] if at + rows < len(texts) else "") for at in range(rows)]
        blocks += [_pair_block(left, right, size, half + 0.2) for left, right in pairs]
    else:
        blocks += [_text_block(text, size, width) for text in texts]
    if dropped:
        blocks.append(_text_block(words("unlabelled", n=dropped), size, width, quiet=True))
    return [*blocks, Block(_GAP, lambda *_: None)] if blocks else []


def _pair_block(left: str, right: str, size: float, second: float) -> Block:
    def draw(sheet: Sheet, x: float, top: float) -> None:
        middle = top - line_height(size) / 2
        sheet.text(x, middle, left, size)
        sheet.text(x + second, middle, right, size)

    return Block(line_height(size) + 0.03, draw)


def _text_block(text: str, size: float, width: float, *, bold: bool = False, quiet: bool = False) -> Block:
    lines = wrap(printable(text), size, width)

    def draw(sheet: Sheet, x: float, top: float) -> None:
        for number, line in enumerate(lines):
            middle = top - (number + 0.5) * line_height(size)
            sheet.text(x, middle, line, size, bold=bold, colour=colours("ink")["quiet"] if quiet else "")

    return Block(line_height(size) * len(lines) + (0.08 if bold else 0.03), draw)


def head_block(spec: MapSpec, width: float) -> Block:
    """Return locator (where there is a zone) and north arrow side by side."""
    located = spec.zone is not None and spec.outline is not None
    height = 2.35 if located else 1.6

    def draw(sheet: Sheet, x: float, top: float) -> None:
        _draw_north(sheet, x + width - 0.45, top - height / 2 - 0.08)
        if located:
            _draw_locator(sheet, spec, (x, top - height, width - 1.1, height - 0.1))

    return Block(height + _GAP, draw)


def _draw_north(sheet: Sheet, x: float, y: float, *, size: float = 1.0) -> None:
    ink = colours("line")["frame"]
    for side, fill in ((-1, ink), (1, colours("paper")["page"])):
        corners = [(0, 0.55), (0.22 * side, -0.45), (0, -0.25), (0, 0.55)]
        half = Path([(x + size * dx, y + size * dy) for dx, dy in corners], closed=True)
        sheet.paths([half], fill=fill, edge=ink, stroke=0.5)
    sheet.text(x, y + 0.78 * size, words("north"), 8 * size, bold=True, align="center")


def _draw_locator(sheet: Sheet, spec: MapSpec, box: tuple[float, float, float, float]) -> None:
    if spec.zone is None or spec.outline is None:
        return
    zone, here = (_in_metres(shape, spec.notes.metric_crs) for shape in (spec.zone, spec.outline))
    x, y, width, height = box
    foot = line_height(sizes()["foot"])
    west, south, east, north = zone.bounds
    scale = min((width - 0.2) / max(east - west, 1e-9), (height - foot - 0.2) / max(north - south, 1e-9))
    left = x + (width - (east - west) * scale) / 2
    low = y + foot + (height - foot - (north - south) * scale) / 2
    to_cm = Affine2D().translate(-west, -south).scale(scale).translate(left, low) + sheet.cm
    paper = colours("paper")
    drawn = np.array([_simplified(shape, 0.01 / scale) for shape in (zone, here)], dtype=object)
    sheet.box(x, y, width, height, fill=paper["page"], edge=colours("line")["unit"], stroke=0.5)
    sheet.paths(
        polygon_paths(drawn[:1]), fill=paper["locator_zone"], edge=colours("line")["unit"], stroke=0.4, transform=to_cm
    )
    sheet.paths(
        polygon_paths(drawn[1:]), fill=paper["locator_here"], edge=paper["locator_here"], stroke=0.6, transform=to_cm
    )
    sheet.text(x + width / 2, y + foot / 2 + 0.02, words("locator"), sizes()["foot"], align="center")


# A report's maps all show where it is: the zone's border, which may be long, is made ready once.
@lru_cache(maxsize=8)
def _in_metres(shape: BaseGeometry, crs: str) -> BaseGeometry:
    return to_metric(np.array([shape], dtype=object), crs)[0]


@lru_cache(maxsize=8)
def _simplified(shape: BaseGeometry, tolerance: float) -> BaseGeometry:
    return shapely.simplify(shape, tolerance)


def scale_block(length: float, metres: float, width: float, *, north: bool = False) -> Block:
    """Return a scale bar ``length`` centimetres long that stands for ``metres`` on the ground, in two halves.

    ``north``: the north arrow stands beside it, small, where the column has no room for it above.
    """
    size = sizes()["foot"]
    beside = 0.9 if north else 0.0
    height = 0.95 if north else 0.75

    def draw(sheet: Sheet, x: float, top: float) -> None:
        ink, paper = colours("line")["frame"], colours("paper")["page"]
        unit, divisor = (words("kilometres"), 1000) if metres >= 1000 else (words("metres"), 1)
        left = x + max(0.12, (width - beside - length - 0.7) / 2)
        low = top - height + 0.13
        if north:
            _draw_north(sheet, x + width - 0.4, top - 0.57, size=0.65)
        for part in range(4):
            sheet.box(left + part * length / 4, low, length / 4, 0.1, fill=(ink, paper)[part % 2], edge=ink, stroke=0.5)
        for share in (0, 0.5, 1):
            sheet.text(left + share * length, low + 0.25, f"{metres * share / divisor:g}", size, align="center")
        sheet.text(left + length + 0.14 + text_width(f"{metres / divisor:g}", size) / 2, low + 0.25, unit, size)

    return Block(height, draw)


def synthetic_block(width: float) -> Block:
    """Return the mark that the data are not real."""
    size = sizes()["mark"]

    def draw(sheet: Sheet, x: float, top: float) -> None:
        red = colours("ink")["mark"]
        sheet.box(x, top - 0.5, width, 0.46, fill=colours("paper")["page"], edge=red, stroke=0.8)
        sheet.text(x + width / 2, top - 0.275, words("synthetic"), size, colour=red, align="center", bold=True)

    return Block(0.58, draw)
