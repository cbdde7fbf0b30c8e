"""Scripts that live outputs take from the network: the same ones from installed packages; closed frames for them."""

from __future__ import annotations

import base64
import html
import mimetypes
import re
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from pathlib import Path
from urllib.parse import unquote

from govkit.display.maps.web import SANDBOX, SHARED

# Marker icons of folium without their font: a pin in the marker's colour, as Leaflet's own div icon.
_PINS = """L.AwesomeMarkers = { icon: function (options) {
  options = options || {};
  var colours = { red: "#d63e2a", blue: "#38aadd", green: "#72b026", orange: "#f69730", purple: "#d152b8",
    darkred: "#a23336", darkblue: "#0067a3", darkgreen: "#728224", cadetblue: "#436978", gray: "#575757",
    black: "#303030", white: "#fbfbfb" };
  var fill = colours[options.markerColor] || "#38aadd";
  return L.divIcon({ className: "", iconSize: [26, 38], iconAnchor: [13, 38], popupAnchor: [0, -34], html:
    '<svg width="26" height="38"><path d="M13 38L4 20A12 12 0 1 1 22 20Z" fill="' + fill + '" stroke="#fff"/>' +
    '<circle cx="13" cy="13" r="5" fill="#fff"/></svg>' });
} };"""
_NOTHING = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
_SCRIPT = re.compile(r"""<script\b[^>]*?\bsrc\s*=\s*["']?((?:https?:)?//[^"'\s>]+)["']?[^>]*>\s*</script>""", re.I)
_LINK = re.compile(r"""<link\b[^>]*?\bhref\s*=\s*["']?((?:https?:)?//[^"'\s>]+)["']?[^>]*>""", re.I)
_TILES = re.compile(r"""(L\.tileLayer(?:\.wms)?\(\s*)(["'])((?:https?:)?//[^"']+)\2""")
# Where else a page asks an address by itself; addresses that a reader may follow are no such place.
_ASKED = re.compile(
    r"""(?P<before><(?:img|iframe|embed|source|video|audio|object)\b[^>]*?\b(?:src|data|poster)\s*=\s*["']?"""
    r"""|\bL\.(?:image|video)Overlay\(\s*["']|\burl\(\s*["']?|\b(?:fetch|importScripts|EventSource|WebSocket|import)\(\s*["']|\bfrom\s+["']"""
    r"""|\.(?:src|href)\s*=\s*["'`]|["']url["']\s*:\s*["'])(?P<address>(?:(?:https?|wss?):)?[\\]?/[\\]?/[^"'`\s)>]+)""",
    re.I,
)

# What the style of a plugin asks by itself: fonts of icons.
_OUTSIDE = re.compile(r"""url\(\s*["']?(?:https?:)?//[^)]*\)""")
# Addresses of files beside the notebook; scripts are passed over.
_BESIDE = re.compile(
    r"""(?P<script><script\b.*?</script\s*>)|(?P<before><(?:img|iframe|embed|source|video|audio|object)\b[^>]*?"""
    r"""\b(?:src|data|poster)\s*=\s*["'])(?P<address>(?![a-z][a-z0-9+.-]*:|//|[#"'{\s])[^"'{}<>]+)(?=["'])""",
    re.I | re.S,
)
_LARGEST = 20_000_000


def offline(page: str) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """Return a page with its scripts inside, the addresses it would still ask, and those of tiles below a map.

    None of them is asked any more: what they would have brought is missing.
    """
    asked: list[str] = []
    tiles: list[str] = []
    inside: list[str] = []  # what stands for addresses; put in at last, so that nothing is looked for in it

    def kept(content: str) -> str:
        inside.append(content)
        return f"\ue010{len(inside) - 1}\ue011"

    def script(found: re.Match[str]) -> str:
        for pattern, give in LIBRARIES.items():
            if re.search(pattern, found[1]):
                return kept(give())
        if content := folium_plugin(found[1]):
            return kept(_script(content))
        asked.append(found[1])
        return ""

    def link(found: re.Match[str]) -> str:
        if re.search(r"leaflet(@[\d.]+)?/(dist/)?leaflet\.css", found[1]):
            return kept(leaflet_style())
        if not re.search(r"""rel\s*=\s*["']?stylesheet""", found[0], re.I):
            return ""
        if not re.search(_ICONS, found[1]) and (content := folium_plugin(found[1])):
            own = _OUTSIDE.sub(f"url({_NOTHING})", content.replace("</style", ""))
            return kept(shared(f"<style>{own}</style>"))
        if not any(re.search(pattern, found[1]) for pattern in _PLAIN_STYLES):
            asked.append(found[1])
        return ""

    def tile(found: re.Match[str]) -> str:
        tiles.append(found[3])
        return f"{found[1]}{found[2]}{_NOTHING}{found[2]}"

    def other(found: re.Match[str]) -> str:
        if not re.search(_ICONS, found["address"]):
            asked.append(found["address"])
        return found["before"] + _NOTHING

    for pattern, change in ((_SCRIPT, script), (_LINK, link), (_TILES, tile), (_ASKED, other)):
        page = pattern.sub(change, page)
    page = re.sub("\ue010(\\d+)\ue011", lambda found: inside[int(found[1])], page)
    return page, tuple(dict.fromkeys(asked)), tuple(dict.fromkeys(tiles))


def with_files(page: str, folder: Path | None) -> tuple[str, tuple[str, ...]]:
    """Return a page with the pictures, sounds and films beside the notebook inside it, and the addresses of the rest.

    Other pages and what is not there, or larger than ``_LARGEST``, cannot come along; nothing asks for it any more.
    """
    lacking: list[str] = []

    def inside(found: re.Match[str]) -> str:
        if found["script"]:
            return found[0]
        path = (folder or Path()) / unquote(found["address"].partition("?")[0])
        kind = mimetypes.guess_type(path.name)[0] or ""
        plays = folder and kind.partition("/")[0] in {"image", "audio", "video"}
        if plays and path.is_file() and path.stat().st_size <= _LARGEST:
            content = base64.b64encode(path.read_bytes()).decode("ascii")
            return f"{found['before']}data:{kind};base64,{content}"
        lacking.append(found["address"])
        return found["before"] + _NOTHING

    return _BESIDE.sub(inside, page), tuple(dict.fromkeys(lacking))


def shared(content: str) -> str:
    """Mark what several frames of a page carry alike: it is kept there once (see ``html.shared_scripts``)."""
    return f"{SHARED[0]}{content}{SHARED[1]}"


def _script(content: str) -> str:
    return shared(f"<script>{content.replace('</script', '<' + chr(92) + '/script')}</script>")


def _file(package: str, name: str) -> str:
    return (files(package) / name).read_text(encoding="utf-8")


@cache
def leaflet_style() -> str:
    """Leaflet's style and marker with their pictures inside; it stands after Leaflet's script."""
    folder = files("xstatic.pkg.leaflet") / "data"
    style = (folder / "leaflet.css").read_text(encoding="utf-8")
    names = ("layers.png", "layers-2x.png", "marker-icon.png", "marker-icon-2x.png", "marker-shadow.png")
    pictures = {
        name: "data:image/png;base64," + base64.b64encode((folder / "images" / name).read_bytes()).decode("ascii")
        for name in names
    }
    for name, address in pictures.items():
        style = style.replace(f"url(images/{name})", f"url({address})")
    own = (
        f'if(window.L){{L.Icon.Default.mergeOptions({{iconUrl:"{pictures["marker-icon.png"]}",'
        f'shadowUrl:"{pictures["marker-shadow.png"]}"}});'
        'L.Icon.Default.prototype._getIconUrl=function(n){return this.options[n+"Url"];};}'
    )
    return shared(f"<style>{style}</style><script>{own}</script>")


@cache
def folium_plugin(address: str) -> str:
    """The script or style that folium takes from an address, from the package that carries them; ``""`` without it.

    Plugins whose work is asking a service are not among them.
    """
    if re.search(_ASKING, address):
        return ""
    try:
        from offlinefolium.elements import _res as resources
    except ImportError:
        return ""
    return str(resources.get(address, "")).strip()


def plotly() -> str:
    """Plotly's script, from its own package."""
    return _script(_file("plotly", "package_data/plotly.min.js"))


def bokeh() -> str:
    """BokehJS, from its own package."""
    from bokeh.resources import INLINE

    return _script("\n".join(INLINE.js_raw))


# What address stands for which script; the first that fits is taken.
LIBRARIES: dict[str, Callable[[], str]] = {
    r"leaflet(@[\d.]+)?/(dist/)?leaflet(-src)?\.js": lambda: _script(
        _file("xstatic.pkg.leaflet", "data/leaflet.js").replace("//# sourceMappingURL=leaflet.js.map", "")
    ),
    r"jquery-[\d.]+(\.slim)?(\.min)?\.js|/jquery(\.min)?\.js": lambda: _script(
        _file("xstatic.pkg.jquery", "data/jquery.min.js")
    ),
    r"/d3/3\.[\d.]+/d3(\.min)?\.js": lambda: _script(_file("xstatic.pkg.d3", "data/d3.js")),
    r"leaflet\.awesome-markers\.js": lambda: _script(_PINS),
    r"leaflet_heat(\.min)?\.js|leaflet-heat": lambda: _script(_file("folium", "templates/leaflet_heat.min.js")),
    r"bootstrap(\.bundle)?(\.min)?\.js|require(\.min)?\.js": str,
    r"cdn\.plot\.ly/plotly|plotly(-latest)?(\.min)?\.js": plotly,
    r"cdn\.bokeh\.org/bokeh/release/bokeh-[\d.]+(\.min)?\.js": bokeh,
    r"cdn\.bokeh\.org/bokeh/release/bokeh-(gl|widgets|tables|mathjax|api)": str,
}
# geopandas only makes its legend draggable with it.
LIBRARIES[r"code\.jquery\.com/ui/"] = lambda: _script("jQuery.fn.draggable = function () { return this; };")
# Plugins of folium that ask a service whatever they are given.
_ASKING = r"(?i)geocoder|vectorgrid|realtime"
# Styles with the drawings of icons, for which Leaflet's own pins stand.
_ICONS = r"bootstrap|awesome|glyphicons"
# Styles that only change a look: left out without a word.
_PLAIN_STYLES = ("leaflet", "bootstrap", "awesome", "glyphicons", "dt_bundle", "fonts.googleapis")


# Scripts may run and windows open; nothing outside the frame can be read or asked.
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval' data: blob:; style-src 'unsafe-inline' data:; "
    "img-src data: blob:; font-src data:; media-src data: blob:; connect-src data: blob:; worker-src blob:"
)
_GUARD = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
# A frame tells its page how tall it is; the page (frames.js) makes it so.
_TELL_HEIGHT = """<script>(function () {
  function tell() { parent.postMessage({ govkitHeight: document.documentElement.offsetHeight }, "*"); }
  addEventListener("load", tell); addEventListener("resize", tell);
  if (window.ResizeObserver) { new ResizeObserver(tell).observe(document.documentElement); }
}());</script>"""
_STYLE = "<style>html, body { margin: 0; background: #fff; font-family: sans-serif; }</style>"


def framed(body: str, *, head: str = "", title: str = "", height: int = 320) -> str:
    """Return HTML with its scripts in a frame of its own; ``head`` stands before it, ``height`` in CSS pixels."""
    page = f'<!DOCTYPE html><html lang="zh-CN"><head><meta charset="utf-8">{_STYLE}{head}</head>'
    return frame(page + f"<body>{body}{_TELL_HEIGHT}</body></html>", title=title, height=height)


def frame(page: str, *, title: str = "", height: int = 320, guarded: bool = True) -> str:
    """Return a whole page as a closed frame."""
    page = re.sub(r"<head[^>]*>", lambda found: found[0] + _GUARD, page, count=1) if guarded else page
    # in single quotes, for scripts are full of double ones
    document = html.escape(page, quote=False).replace("'", "&#39;")
    return (
        f'<iframe class="govkit-live" sandbox="{SANDBOX}" allowfullscreen title="{html.escape(title)}" '
        f"srcdoc='{document}' style=\"display:block;width:100%;height:{height}px;border:0\"></iframe>"
    )
