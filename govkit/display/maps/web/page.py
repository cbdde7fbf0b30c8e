"""A map specification → an interactive map by folium in one iframe that holds every script, style and shape itself."""

from __future__ import annotations

import base64
import html
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import folium
from branca.element import Element, Figure, MacroElement
from folium.template import Template

from govkit import catalogue
from govkit.display.maps.layers.layer_parts import words
from govkit.display.maps.sheet.shapes import total_bounds
from govkit.display.maps.sheet.spec import MapSpec
from govkit.display.maps.web import SANDBOX, SHARED
from govkit.display.maps.web.web_layers import DIGITS, every_layer, layer_data, patterns
from govkit.display.words.language import drawn, spoken

_HERE = Path(__file__).parent
_TEMPLATE_MARK = re.compile(r"\{(?=[{%#])")
_OWN_FILES = (("web.css",), ("web.js", "web_shapes.js", "web_mesh.js", "web_names.js", "web_tools.js", "web_stages.js"))


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
    """Return data as JSON that can stand inside a script of an HTML page whatever its texts hold.

    Two braces in a name must not reach folium, which reads what it is given as a template once more and runs it.
    """
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    text = _TEMPLATE_MARK.sub(r"\\u007b", text)  # JSON's own braces never stand so
    for char in "<>&'\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return text


def web_map(spec: MapSpec) -> str:
    """Return the map as one iframe; the same specification gives the same text."""
    # in single quotes, for shapes are full of double ones
    document = html.escape(_document(spec), quote=False).replace("'", "&#39;")
    height = catalogue.load("map_text")["page"]["web_height"]
    title = html.escape(spec.title, quote=True)
    return (
        f'<iframe class="govkit-map" sandbox="{SANDBOX}" allowfullscreen title="{title}" srcdoc=\'{document}\' '
        f'style="display:block;width:100%;height:{height}px;border:1px solid #1d2b33"></iframe>'
    )


def _document(spec: MapSpec) -> str:
    page = _OfflineMap(tiles=None, zoom_control=False, control_scale=False, zoom_snap=0.25, min_zoom=7, max_zoom=18)
    layers = [
        _ShapeLayer(layer_data(layer, spec, order=order), show=layer.shown and not spec.panels)
        for order, layer in enumerate(every_layer(spec))
    ]
    for layer in layers:
        layer.add_to(page)
    _Finish(layers, _frame_data(spec)).add_to(page)
    figure = page.get_root()
    assert isinstance(figure, Figure)  # noqa: S101  (folium makes one for every map)
    figure.title = html.escape(spec.title)
    figure.header.add_child(Element("{% raw %}" + _scripts() + "{% endraw %}"), name="govkit")
    figure.html.add_child(Element("{% raw %}" + patterns(spec) + "{% endraw %}"), name="patterns")
    _number_elements(figure)
    return str(figure.render()).replace("<html>", f'<html lang="{spoken()}">', 1)


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


def _frame_data(spec: MapSpec) -> dict[str, Any]:
    shapes = [shape for layer in every_layer(spec) for shape in layer.shapes]
    # The frame is that of what is judged: a street may be far larger than its communities.
    if spec.outline is not None and not any(shape.area for shape in shapes):
        shapes.append(spec.outline)
    west, south, east, north = (round(edge, DIGITS) for edge in total_bounds(shapes))
    # Each stage's title and the positions of its layers
    stages, first = [], 0
    for panel in spec.panels:
        stages.append({"title": panel.title, "layers": list(range(first, first + len(panel.layers)))})
        first += len(panel.layers)
    return {
        "bounds": [[south, west], [north, east]],
        "attribution": _attribution(spec),
        "title": spec.title,
        "stages": stages,
        "slider": spec.slider,
        "base": spec.base.for_page() if spec.base else None,
        "words": {key: drawn(text) for key, text in catalogue.load("map_text")["screen"].items()},
    }  # fmt: skip


def _attribution(spec: MapSpec) -> str:
    """Return the notes line; Leaflet writes it as HTML, so every text of the zone is escaped."""
    notes = spec.notes
    parts = [f"<b>{drawn(words('synthetic'))}</b>"] if notes.synthetic else []
    parts += [html.escape(notes.classification)] if notes.classification else []
    approved = words("approval") + notes.map_approval if notes.map_approval else words("schematic")
    parts.append(html.escape(drawn(approved)))
    parts += [html.escape(drawn(words("source")) + notes.source)] if notes.source else []
    parts += [html.escape(drawn(words("date")) + notes.date)] if notes.date else []
    parts += [html.escape(spec.base.attribution)] if spec.base and spec.base.attribution else []
    parts += [html.escape(spec.base.notice)] if spec.base and spec.base.notice else []
    return "｜".join(parts)


def _own(names: tuple[str, ...]) -> str:
    return "\n".join((_HERE / name).read_text(encoding="utf-8") for name in names)


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
    own_style, own_script = map(_own, _OWN_FILES)
    shared = f"<style>{style}\n{own_style}</style><script>{script}</script><script>{own_script}</script>"
    return f"{SHARED[0]}{shared}{SHARED[1]}"
