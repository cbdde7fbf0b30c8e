"""A folium map of a partner's own (``folium.Map``, ``gdf.explore()``) → the same shapes as a print map of ours."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from html import unescape
from typing import Any

import numpy as np
import shapely
from bs4 import BeautifulSoup
from shapely.geometry.base import BaseGeometry

from govkit.display.maps.sheet.spec import Category, Layer, MapNotes, MapSpec

# (shape, fill, edge, width in points, the colour as the page states it); colours "" for none
_Drawn = tuple[BaseGeometry, str, str, float, str]
_CASE = re.compile(r"""((?:\s*case\s+(?:"[^"]*"|[-\d.]+)\s*:)+|\s*default\s*:)\s*return\s+(\{[^{}]*\})""")
_DECODER = json.JSONDecoder()
_SHAPES = {"marker": "point", "circleMarker": "point", "circle": "point", "polyline": "line", "polygon": "ring",
           "rectangle": "box", "heatLayer": "points"}  # fmt: skip
_CALL = re.compile(r"(?:\bvar (?P<name>\w+) = )?L\.(?P<kind>" + "|".join(_SHAPES) + r")(?:\.antPath)?\(\s*(?=\[)")
_TEXT_ICON = re.compile(r"\bvar (\w+) = L\.divIcon\((\{.*?\})\);", re.DOTALL)
_OPEN_TIP = re.compile(r"""\b(\w+)\.bindTooltip\(\s*`([^`]*)`,\s*\{[^}]*"permanent": true""")
_FAST_CLUSTER = re.compile(r"\bvar data = (?=\[\[)")
_NAMED = {"red": "#d7191c", "blue": "#2c7bb6", "green": "#1a9641", "black": "#1a1a1a", "orange": "#fdae61",
          "purple": "#7b3294", "gray": "#808080", "grey": "#808080", "yellow": "#ffff33"}  # fmt: skip
_USUAL = "#3388ff"  # Leaflet's own blue
_MOST_KINDS = 12  # more colours than this are a scale: the legend then says so in one line
WMS = "WMS 图层"
# Layers that are no shapes of the page, or that move; what stands for each in a page of folium's.
_NO_TWIN = {
    r"L\.imageOverlay\(": "影像图层", r"L\.videoOverlay\(": "视频图层", r"vectorGrid": "矢量瓦片",
    r"L\.tileLayer\.wms\(": WMS, r"TDHeatmap|L\.timeline\(|styledict|duration: (?!undefined)": "随时间变化的图层",
    r"L\.realtime\(": "实时图层", r"L\.semiCircle\(": "扇形", r"L\.boatMarker\(": "船形标记",
    r"L\.control\.sideBySide|\.sync\(": "并排的第二幅图",
}  # fmt: skip
_TIMED = re.compile(r"\bvar geoJsonLayer = L\.geoJson\((?=\{)")
# Colours and what they stand for: folium's colour maps, geopandas' list of categories.
_SCALE = re.compile(
    r"\.color = d3\.scale\.(?:threshold|linear)\(\)\s*\.domain\((?P<domain>\[[^\]]*\])\)"
    r"\s*\.range\((?P<range>\[[^\]]*\])\)"
)
_SCALE_TITLE = re.compile(
    r"""\.attr\("class", "caption"\)[^;]*?\.text\((?P<text>"(?:[^"\\]|\\.)*"|'[^']*')\)""", re.DOTALL
)
_CATEGORY = re.compile(r"<li><span style='background:(?P<colour>[^;']+)[^']*'></span>(?P<label>[^<]*)</li>")


def layers_without_twin(page: str) -> tuple[str, ...]:
    """Return the layers of a page that its print map does not show, in Chinese."""
    return tuple(dict.fromkeys(word for sign, word in _NO_TWIN.items() if re.search(sign, page)))


def read_map(page: str, *, title: str) -> MapSpec | None:
    """Return what a folium page shows as a map specification, None if it holds no shape (tiles alone)."""
    drawn = [one for one in (*_geojson(page), *_leaflet(page), *_clustered(page)) if not one[0].is_empty]
    if not drawn:
        return None
    layers = []
    meanings, texts = _meanings(page), _texts(page)
    headings = BeautifulSoup(page[: page.find("<script", page.find("<body"))], "lxml").select("h1, h2, h3, h4")
    title = title or "；".join(one.get_text(" ", strip=True) for one in headings)
    for dimension in (2, 1, 0):
        mine = [one for one in drawn if shapely.get_dimensions(one[0]) == dimension]
        if mine:
            layers.append(_layer(mine, dimension, meanings, texts))
    return MapSpec(title, tuple(layers), MapNotes(metric_crs=_metric_crs([one[0] for one in drawn])), caption=title)


def _meanings(page: str) -> tuple[str, dict[str, str]]:
    """The title of a page's legend, and by colour what it stands for; colours between two marks are a scale's."""
    found = {one["colour"].strip().lower()[:7]: unescape(one["label"]).strip() for one in _CATEGORY.finditer(page)}
    titles: dict[str, None] = {}
    for scale in _SCALE.finditer(page):
        values, colours = json.loads(scale["domain"]), json.loads(scale["range"].replace("'", '"'))
        said = _SCALE_TITLE.search(page, scale.end())
        titles |= {str(json.loads(said["text"])): None} if said and said["text"].startswith('"') else {}
        spans: dict[str, list[float]] = {}
        ends = [values[0], *values, values[-1]] if len(colours) == len(values) + 1 else [*values, values[-1]]
        for colour, low, high in zip(colours, ends[:-1], ends[1:], strict=False):
            span = spans.setdefault(str(colour).lower()[:7], [low, high])
            span[:] = [min(span[0], low), max(span[1], high)]
        found |= {colour: f"{low:,.6g} – {high:,.6g}" for colour, (low, high) in spans.items()}
    return "；".join(filter(None, titles)), found


def _texts(page: str) -> dict[bytes, str]:
    """What is written on a page's map, by the shape it stands at: icons of text, and tooltips that are always open."""
    icons = {found[1]: str(_options(found[2]).get("html", "")) for found in _TEXT_ICON.finditer(page)}
    said = {found[1]: icons.get(found[2], "") for found in re.finditer(r"\b(\w+)\.setIcon\((\w+)\)", page)}
    said |= {found[1]: found[2] for found in _OPEN_TIP.finditer(page)}
    texts = {}
    for found in _CALL.finditer(page):
        places, _ = _DECODER.raw_decode(page, found.end()) if said.get(found["name"]) else (None, 0)
        if places and (shape := _shape(_SHAPES[found["kind"]], places)):
            texts[shape.wkb] = BeautifulSoup(said[found["name"]], "lxml").get_text(" ", strip=True)
    return texts


def last_moment(page: str) -> str:
    """Return the last time of a page's layers that grow with time, as it states it; "" without such a layer."""
    times = [
        str(time)
        for found in _TIMED.finditer(page)
        for feature in _DECODER.raw_decode(page, found.end())[0].get("features", ())
        for about in [feature.get("properties") or {}]
        for time in [*(about.get("times") or ()), *([about["time"]] if about.get("time") else ())]
    ]
    last = max(times, default="")
    return f"{datetime.fromtimestamp(int(last) / 1000, UTC):%Y-%m-%d}" if last.isdigit() and len(last) > 8 else last


def _geojson(page: str) -> Iterator[_Drawn]:
    layers = [*re.finditer(r"\b(geo_json_\w+?)_add\s*\(\s*(?=\{)", page), *_TIMED.finditer(page)]
    for found in layers:
        data, _ = _DECODER.raw_decode(page, found.end())
        style = _styles(page, found[1]) if found.re is not _TIMED else lambda _: {}
        for feature in data.get("features", [data if "geometry" in data else {"geometry": data}]):
            if feature.get("geometry"):
                own = (feature.get("properties") or {}).get("style") or {}
                yield from _parts(shapely.geometry.shape(feature["geometry"]), {**style(feature), **own})


def _styles(page: str, name: str) -> Any:
    """The style function of a layer, as folium writes it: a switch over what tells its features apart."""
    begin = page.find(f"function {name}_styler(feature)")
    body = page[begin : page.find("function ", begin + 10)] if begin >= 0 else ""
    key = re.search(r"switch\(([^)]*)\)", body)
    cases: dict[str, dict[str, Any]] = {}
    for found in _CASE.finditer(body):
        look = _options(found[2])
        labels = re.findall(r"""case\s+("[^"]*"|[-\d.]+)\s*:""", found[1])
        cases |= {str(json.loads(label)): look for label in labels} or {"": look}

    def style(feature: dict[str, Any]) -> dict[str, Any]:
        value: Any = feature
        for part in re.findall(r"\w+", key[1])[1:] if key else []:
            value = value.get(part, "") if isinstance(value, dict) else ""
        return cases.get(str(value), cases.get("", {}))

    return style


def _leaflet(page: str) -> Iterator[_Drawn]:
    """Markers, circles and lines that stand in the page one by one."""
    for found in _CALL.finditer(page):
        try:
            places, end = _DECODER.raw_decode(page, found.end())
        except ValueError:
            continue
        tail = re.match(r"\s*,\s*(\{[^{}]*\})", page[end:])
        look = _options(tail[1]) if tail else {}
        kind = _SHAPES[found["kind"]]
        if kind == "points":
            yield from ((shapely.Point(one[1], one[0]), _USUAL, "", 0.4, _USUAL) for one in places)
        elif shape := _shape(kind, places):
            yield from _parts(shape, {"fillColor": _USUAL, **look} if kind == "point" else look)


def _clustered(page: str) -> Iterator[_Drawn]:
    """The places that a fast cluster of markers makes its markers of."""
    for found in _FAST_CLUSTER.finditer(page if "L.markerClusterGroup" in page else ""):
        places, _ = _DECODER.raw_decode(page, found.end())
        yield from ((shapely.Point(one[1], one[0]), _USUAL, "", 0.4, _USUAL) for one in places)


def _shape(kind: str, places: Any) -> BaseGeometry | None:
    try:
        if kind == "point":
            return shapely.Point(places[1], places[0])
        corners = np.asarray(places, dtype=float).reshape(-1, 2)[:, ::-1]
        if kind == "box":
            return shapely.box(*corners.min(axis=0), *corners.max(axis=0))
        return shapely.LineString(corners) if kind == "line" else shapely.Polygon(corners)
    except (ValueError, TypeError, IndexError, shapely.errors.GEOSException):
        return None


def _parts(shape: BaseGeometry, look: dict[str, Any]) -> Iterator[_Drawn]:
    edge = _colour(look.get("color", _USUAL)) if look.get("stroke", True) else ""
    filled = look.get("fill", True) and float(look.get("fillOpacity", 0.2) or 0) > 0
    opacity = float(look.get("fillOpacity", 0.2) or 0) if shapely.get_dimensions(shape) == 2 else 1.0
    fill = _on_white(_colour(look.get("fillColor") or look.get("color", _USUAL)), opacity) if filled else ""
    stated = _colour(look.get("fillColor") or look.get("color", _USUAL))
    for part in shapely.get_parts(shape):
        yield (part, fill, edge, min(float(look.get("weight", 3) or 0) * 0.4, 2.0), stated)


def _options(text: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(re.sub(r",\s*}", "}", text))
    except ValueError:
        return {}
    return found


def _colour(value: Any) -> str:
    text = _NAMED.get(str(value).lower(), str(value).lower())
    if re.fullmatch(r"#[0-9a-f]{3}", text):
        text = "#" + "".join(sign * 2 for sign in text[1:])
    return text[:7] if re.fullmatch(r"#[0-9a-f]{6,8}", text) else _USUAL


def _on_white(colour: str, opacity: float) -> str:
    parts = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return "#" + "".join(f"{round(255 - opacity * (255 - part)):02x}" for part in parts)


def _layer(drawn: list[_Drawn], dimension: int, meanings: tuple[str, dict[str, str]], texts: dict[bytes, str]) -> Layer:
    looks = Counter(one[1:] for one in drawn)
    title, labels = meanings
    steps = [colour for colour, said in labels.items() if " – " in said]  # names keep the order they are drawn in
    ordered = sorted(looks, key=lambda look: steps.index(look[3]) if look[3] in steps else -1)
    order = {look: at for at, look in enumerate(ordered)}
    word = {2: "面", 1: "线", 0: "点"}[dimension]
    many = len(looks) > _MOST_KINDS
    categories = tuple(
        Category(
            labels.get(stated) or (f"{word}{at + 1}" if len(looks) > 1 else word),
            looks[ordered[at]],
            fill=(fill or edge) if dimension == 0 else "" if dimension == 1 else fill,
            edge="#ffffff" if dimension == 0 else edge,
            width=max(width, 0.4),
            symbol="circle" if dimension == 0 else "",
        )
        for at, (fill, edge, width, stated) in enumerate(ordered)
    )
    return Layer(
        key=word,
        title=title or f"{word}（颜色与交互图相同）",
        shapes=np.array([one[0] for one in drawn], dtype=object),
        members=np.array([order[one[1:]] for one in drawn]),
        categories=categories,
        names=tuple(texts.get(one[0].wkb, "") for one in drawn),
        codes=tuple(map(str, range(len(drawn)))),
        labelled=bool(texts),
        ranks=np.ones(len(drawn)),
        listed=not many,
    )


def _metric_crs(shapes: list[BaseGeometry]) -> str:
    """CGCS2000 in three-degree zones within China, else UTM."""
    west, south, east, north = shapely.total_bounds(shapes)
    longitude, latitude = (west + east) / 2, (south + north) / 2
    zone = round(longitude / 3)
    if 25 <= zone <= 45 and 0 <= latitude <= 55:
        return f"EPSG:{4534 + zone - 25}"
    return f"EPSG:{(32600 if latitude >= 0 else 32700) + int((longitude + 180) // 6) + 1}"
