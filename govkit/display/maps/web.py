"""A map specification → an interactive map by folium in one iframe that holds every script, style and shape itself."""

from __future__ import annotations

import base64
import html
import json
from functools import cache
from pathlib import Path
from typing import Any

import folium
import numpy as np
import shapely
from branca.element import Element, Figure, MacroElement
from folium.template import Template

from govkit import catalogue
from govkit.display.maps.layer_parts import words
from govkit.display.maps.shapes import for_screen, total_bounds
from govkit.display.maps.spec import Category, Layer, MapSpec
from govkit.display.maps.symbols import symbol_svg
from govkit.display.palette import colours

_HERE = Path(__file__).parent
_CSS_PIXELS_A_POINT = 96 / 72
_CSS_PIXELS_A_CM = 96 / 2.54
_DIGITS = 5  # decimals of a degree: one metre
_DEFECT_DIGITS = 6  # gaps and overlaps may be narrower than that


class _OfflineMap(folium.Map):
    """A folium map that asks for no file from anywhere: we put Leaflet in ourselves."""

    default_js: list[tuple[str, str]] = []  # noqa: RUF012  (folium's own way of naming its files)
    default_css: list[tuple[str, str]] = []  # noqa: RUF012


class _ShapeLayer(folium.map.Layer):
    """Shapes with looks, popups and legend, drawn by web.js from one slim object."""

    _template = Template("""
        {% macro script(this, kwargs) %}
        var {{ this.get_name() }} = govkit.layer({{ this._parent.get_name() }}, {{ this.data }});
        {% endmacro %}
    """)

    def __init__(self, data: dict[str, Any], *, show: bool) -> None:
        super().__init__(name="", overlay=True, control=True, show=show)
        self._name = "ShapeLayer"
        self.data = _script_json(data)


class _Finish(MacroElement):
    """Controls, legend and extent, set when every layer is there."""

    _template = Template("""
        {% macro script(this, kwargs) %}
        govkit.finish({{ this._parent.get_name() }}, [{{ this.layers }}],
            {{ this.data }});
        {% endmacro %}
    """)

    def __init__(self, layers: list[_ShapeLayer], data: dict[str, Any]) -> None:
        super().__init__()
        self._name = "Finish"
        self.layer_elements = layers
        self.data = _script_json(data)

    @property
    def layers(self) -> str:
        """The JavaScript names of the layers."""
        return ", ".join(layer.get_name() for layer in self.layer_elements)


def _script_json(data: Any) -> str:
    """Return data as JSON that can stand inside a script of an HTML page whatever its texts hold."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    for char in "<>&'\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return text


def web_map(spec: MapSpec) -> str:
    """Return the map as one iframe; the same specification gives the same text."""
    # in single quotes, for shapes are full of double ones
    document = html.escape(_document(spec), quote=False).replace("'", "&#39;")
    height = catalogue.load("map_text")["page"]["web_height"]
    return (
        f'<iframe class="govkit-map" title="{html.escape(spec.title, quote=True)}" srcdoc=\'{document}\' '
        f'style="display:block;width:100%;height:{height}px;border:1px solid #1d2b33"></iframe>'
    )


def _document(spec: MapSpec) -> str:
    page = _OfflineMap(tiles=None, zoom_control=False, control_scale=False, zoom_snap=0.25, min_zoom=7, max_zoom=18)
    layers = [
        _ShapeLayer(_layer_data(layer, spec, order=order), show=layer.shown) for order, layer in enumerate(spec.layers)
    ]
    for layer in layers:
        layer.add_to(page)
    _Finish(layers, _frame_data(spec)).add_to(page)
    figure = page.get_root()
    assert isinstance(figure, Figure)  # noqa: S101  (folium makes one for every map)
    figure.title = html.escape(spec.title)
    figure.header.add_child(Element("{% raw %}" + _scripts() + "{% endraw %}"), name="govkit")
    figure.html.add_child(Element("{% raw %}" + _patterns(spec) + "{% endraw %}"), name="patterns")
    _number_elements(figure)
    return str(figure.render()).replace("<html>", '<html lang="zh-CN">', 1)


def _number_elements(figure: Figure) -> None:
    """Replace branca's random ids by running numbers, so that equal maps give equal bytes."""
    pending: list[Element] = [figure]
    number = 0
    while pending:
        element = pending.pop()
        element._id = f"{number}"
        number += 1
        pending += list(element._children.values())
        if isinstance(element, Figure):
            pending += [element.header, element.html, element.script]


def _layer_data(layer: Layer, spec: MapSpec, *, order: int) -> dict[str, Any]:
    points = layer.is_points
    limits = catalogue.load("map_text")["limits"]
    if points or layer.is_lines:
        shapes = shapely.transform(layer.shapes, lambda xy: np.round(xy, _DIGITS))
    else:
        digits = _DEFECT_DIGITS if layer.numbered else _DIGITS
        shapes = for_screen(layer.shapes, spec.notes.metric_crs, tolerance=limits["web_tolerance"], digits=digits)
    heads, lines = _fact_lines(layer)
    return {
        "shapes": [
            {
                "type": "Feature",
                "geometry": shape.__geo_interface__,
                "properties": {"g": int(member), "n": name, "h": head, "f": texts},
            }
            for shape, member, name, (head, texts) in zip(shapes, layer.members, layer.names, lines, strict=True)
        ],
        "order": order,
        "heads": heads,
        "numbers": _numbers(layer, shapes, heads),
        "looks": [_look(category) for category in layer.categories],
        "icons": points and not layer.is_graduated and len(layer.shapes) <= limits["web_icons"],
        "speaks": points or layer.is_lines or any(category.fill or category.hatch for category in layer.categories),
        "legend": {
            "title": layer.title,
            "entries": [
                {
                    "label": category.label,
                    "count": words("count", n=category.count) if category.counted else "",
                    "svg": _swatch(category),
                }
                for category in layer.categories
            ],
            "remarks": list(layer.remarks),
            "matrix": list(layer.matrix) if layer.matrix else None,
        },
    }  # fmt: skip


def _fact_lines(layer: Layer) -> tuple[list[list[str]], list[tuple[int, list[str]]]]:
    """Return the distinct lists of labels, and for each shape which of them is its own and the texts beside them."""
    facts = layer.facts or ((),) * len(layer.shapes)
    labels = [tuple(label for label, _ in one) for one in facts]
    heads = list(dict.fromkeys(labels))
    lines = [(heads.index(mine), [text for _, text in one]) for mine, one in zip(labels, facts, strict=True)]
    return [list(head) for head in heads], lines


def _numbers(layer: Layer, shapes: np.ndarray, heads: list[list[str]]) -> list[dict[str, Any]]:
    """Return number, place, colour and popup of the largest defects, as print maps number them."""
    most = catalogue.load("map_text")["limits"]["numbered_defects"] if layer.numbered else 0
    places = shapely.get_coordinates(shapely.point_on_surface(shapes[:most]))
    return [
        {
            "number": at + 1, "place": [round(float(y), _DEFECT_DIGITS), round(float(x), _DEFECT_DIGITS)],
            "colour": layer.categories[layer.members[at]].edge, "n": layer.names[at],
            "h": heads.index([label for label, _ in layer.facts[at]]), "f": [text for _, text in layer.facts[at]],
        }
        for at, (x, y) in enumerate(places)
    ]  # fmt: skip


def _look(category: Category) -> dict[str, Any]:
    if category.radius:
        return {"colour": category.fill, "radius": round(category.radius * _CSS_PIXELS_A_CM, 1)}
    if category.symbol:
        return {"colour": category.fill, "svg": symbol_svg(category.symbol, category.fill, category.edge)}
    return {"fill": _fill(category), "edge": category.edge, "width": round(category.width * _CSS_PIXELS_A_POINT, 2)}


def _fill(category: Category) -> str:
    return f"url(#{_pattern_id(category)})" if category.hatch else category.fill


def _pattern_id(category: Category) -> str:
    kind = {"/": "slash", "x": "cross", ".": "dot"}[category.hatch]
    return f"{kind}-{category.fill[1:]}-{(category.hatch_colour or colours('paper')['hatch'])[1:]}"


def _swatch(category: Category) -> str:
    if category.radius:
        radius = round(category.radius * _CSS_PIXELS_A_CM, 1)
        side = 2 * radius + 2
        circle = f'<circle cx="{radius + 1}" cy="{radius + 1}" r="{radius}" fill="{category.fill}"/>'
        return f'<svg width="{side}" height="{side}" style="height:{side}px">{circle}</svg>'
    if category.symbol:
        return symbol_svg(category.symbol, category.fill, category.edge)
    edge = f'stroke="{category.edge}"' if category.edge else ""
    if not (category.fill or category.hatch):
        width = max(2, round(category.width * _CSS_PIXELS_A_POINT, 1))
        return f'<svg width="24" height="16"><path d="M0 8H24" {edge} stroke-width="{width}"/></svg>'
    return (
        f'<svg width="24" height="16"><rect x="1" y="1" width="22" height="14" fill="{_fill(category)}" {edge}/></svg>'
    )


def _patterns(spec: MapSpec) -> str:
    """Return hatches as SVG patterns that shapes and legend fill themselves with."""
    marks = {
        "/": '<path d="M-2 2L2 -2M0 8L8 0M6 10L10 6" stroke="{line}" stroke-width="1.2"/>',
        "x": '<path d="M0 0L8 8M8 0L0 8" stroke="{line}" stroke-width="1.1"/>',
        ".": '<circle cx="2" cy="2" r="0.9" fill="{line}"/><circle cx="6" cy="6" r="0.9" fill="{line}"/>',
    }
    hatched = {_pattern_id(one): one for layer in spec.layers for one in layer.categories if one.hatch}
    made = "".join(
        f'<pattern id="{name}" width="8" height="8" patternUnits="userSpaceOnUse">'
        f'<rect width="8" height="8" fill="{one.fill or "none"}"/>'
        f"{marks[one.hatch].format(line=one.hatch_colour or colours('paper')['hatch'])}</pattern>"
        for name, one in sorted(hatched.items())
    )
    return f'<svg width="0" height="0" style="position:absolute" aria-hidden="true"><defs>{made}</defs></svg>'


def _frame_data(spec: MapSpec) -> dict[str, Any]:
    shapes = [shape for layer in spec.layers for shape in layer.shapes]
    shapes += [spec.outline] if spec.outline is not None else []
    west, south, east, north = (round(edge, _DIGITS) for edge in total_bounds(shapes))
    return {
        "bounds": [[south, west], [north, east]],
        "attribution": _attribution(spec),
        "words": {
            "legend": words("legend"), "home": words("home"), "close": words("close"),
            "zoomIn": words("zoom_in"), "zoomOut": words("zoom_out"),
        },
    }  # fmt: skip


def _attribution(spec: MapSpec) -> str:
    """Return the notes line; Leaflet writes it as HTML, so every text of the zone is escaped."""
    notes = spec.notes
    parts = [f"<b>{words('synthetic')}</b>"] if notes.synthetic else []
    parts += [html.escape(notes.classification)] if notes.classification else []
    parts.append(html.escape(words("approval") + notes.map_approval) if notes.map_approval else words("schematic"))
    parts += [html.escape(words("source") + notes.source)] if notes.source else []
    parts += [html.escape(words("date") + notes.date)] if notes.date else []
    return "｜".join(parts)


@cache
def _scripts() -> str:
    """Return Leaflet's style and script and our own, its pictures as data addresses."""
    import xstatic.pkg.leaflet as leaflet

    folder = Path(leaflet.BASE_DIR)
    style = (folder / "leaflet.css").read_text(encoding="utf-8")
    for picture in ("layers.png", "layers-2x.png", "marker-icon.png"):
        data = base64.b64encode((folder / "images" / picture).read_bytes()).decode("ascii")
        style = style.replace(f"url(images/{picture})", f"url(data:image/png;base64,{data})")
    script = (folder / "leaflet.js").read_text(encoding="utf-8").replace("//# sourceMappingURL=leaflet.js.map", "")
    own_style, own_script = ((_HERE / name).read_text(encoding="utf-8") for name in ("web.css", "web.js"))
    return f"<style>{style}\n{own_style}</style><script>{script}</script><script>{own_script}</script>"
