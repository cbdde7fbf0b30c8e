"""What lives in a browser: in a closed frame with its scripts inside, and a still twin for paper, made without one."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from importlib.resources import files
from importlib.util import find_spec
from typing import Any, Protocol

from bs4 import BeautifulSoup

from govkit.display.maps.web import SANDBOX
from govkit.documents.read.blocks import Block, Embed, Lost, TableBlock
from govkit.documents.read.colours import Styles
from govkit.documents.read.images import picture
from govkit.documents.read.table import read_table
from govkit.documents.read.texts import joined

PLOTLY = "application/vnd.plotly.v1+json"
WIDGET = "application/vnd.jupyter.widget-view+json"
BOKEH = "application/vnd.bokehjs_exec.v0+json"
BOKEH_LOADER = "application/vnd.bokehjs_load.v0+json"
VEGA = re.compile(r"application/vnd\.(vega|vegalite)\.v\d+(\.\d+)*\+json")
NO_TWIN = "{what}只能在浏览器中运行，没有可印的静态图；请在同一单元另外输出一幅静态图，或只做网页版（--to html）"
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
_SPEC = re.compile(r"\}\)\((?=\{)")
# What only brings a library into the page: frames have their own.
_LOADERS = re.compile(r"bk-notebook-logo|window\.PlotlyConfig|require\.undef\([\"']plotly|_itables_")


class Reader(Protocol):
    """What a reading gives to those who read live outputs."""

    allow_network: bool
    widgets: Mapping[str, Any]

    def complain(self, mime: str, reason: str, lost: str = "", *, paper: bool = False) -> tuple[Lost, ...]: ...

    def fragment(self, html: str) -> tuple[Block, ...]: ...


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


def read_live(reading: Reader, data: Mapping[str, Any]) -> tuple[Block, ...] | None:
    """Return the blocks of an output that lives in a browser, None for any other."""
    vega = next((mime for mime in data if VEGA.fullmatch(mime)), None)
    if vega:
        return _vega(reading, data[vega], vega)
    if PLOTLY in data:
        return _plotly(reading, data[PLOTLY])
    if BOKEH_LOADER in data:
        return ()
    if BOKEH in data:
        return _bokeh(reading, joined(data.get("application/javascript", "")))
    text = joined(data.get("text/html", ""))
    if "<script" not in text and ("data-root-id=" in text or "bk-notebook-logo" in text):
        return ()  # Bokeh fills it with the output that follows
    return _page(reading, text) if text and any(sign in text for sign in ("<script", "<iframe")) else None


def _page(reading: Reader, text: str) -> tuple[Block, ...] | None:
    """A page or a fragment with scripts of its own."""
    if "vegaEmbed" in text and (found := _SPEC.search(text)):
        spec, _ = json.JSONDecoder().raw_decode(text, found.end())
        return _vega(reading, spec, str(spec.get("$schema", "")))
    if "dt_args = {" in text:
        return _data_table(reading, text)
    inner = re.search(r"""<iframe\b[^>]*?\bsrcdoc\s*=\s*("([^"]*)"|'([^']*)')""", text)
    if inner is None and _LOADERS.search(text) and not re.search(r"<table|Plotly\.newPlot", text):
        return ()
    page = html.unescape(inner[2] or inner[3] or "") if inner else text
    return _folium(reading, page) if inner and "folium-map" in page else _other(reading, page, text, inner is not None)


def _folium(reading: Reader, page: str) -> tuple[Block, ...]:
    from govkit.display.maps.sheet.printing import print_map
    from govkit.documents.read.folium_page import read_map

    title = re.search(r"<title>(.*?)</title>", page)
    spec = read_map(page, title=html.unescape(title[1]) if title else "")
    made, notes = _enclosed(reading, page, what="地图", bare=spec is None)
    live = frame(made, title="地图", height=480, guarded=not reading.allow_network)
    if spec is None:
        return notes or (Embed(live, reading.complain("text/html", NO_TWIN.format(what="地图"), "figure", paper=True)),)
    image, (width, height) = print_map(spec)
    pixels = 96 / 2.54
    found = picture(image, width=width * pixels, height=height * pixels, caption=spec.caption, alt=spec.alt, html=live)
    return (*notes, *((found,) if found else ()))


def _enclosed(reading: Reader, page: str, *, what: str, bare: bool = False) -> tuple[str, tuple[Block, ...]]:
    """A page that asks nothing of a network, and the notes on what is missing for it; ``bare``: it has tiles alone."""
    from govkit.documents.read.scripts import offline

    made, asked, tiles = offline(page)
    if reading.allow_network:
        for address in (*asked, *tiles):
            reading.complain("text/html", f"{what}在打开时要联网（--allow-network）：{address[:100]}")
        return (page if asked or tiles else made), ()
    notes: tuple[Block, ...] = ()
    for address in asked:
        reason = f"{what}要从外部网址取内容，离线文件里没有：{address[:100]}；换用离线的写法，或加 --allow-network"
        notes += reading.complain("text/html", reason, "figure")
    for address in tiles:
        reason = f"{what}的底图瓦片在外部网址，离线文件里没有：{address[:100]}"
        if bare:
            notes += reading.complain("text/html", f"{reason}；地图上没有别的内容，加 --allow-network 可保留", "figure")
        else:
            reading.complain("text/html", f"{reason}；其余图层完整")
    return made, notes


def _other(reading: Reader, page: str, text: str, whole: bool) -> tuple[Block, ...]:
    made, notes = _enclosed(reading, page, what="网页内容")
    guarded = not reading.allow_network
    live = frame(made, guarded=guarded) if whole or "<html" in page.lower() else framed(made)
    twin = reading.fragment(page if whole else text)
    if notes and not twin:  # nothing is left of it
        return notes
    lost = () if twin else reading.complain("text/html", NO_TWIN.format(what="这项内容"), "figure", paper=True)
    return (*notes, Embed(live, twin or lost))


def _vega(reading: Reader, spec: dict[str, Any], kind: str) -> tuple[Block, ...]:
    """A chart of Altair: live with the scripts vl-convert bundles, drawn by it as SVG for paper."""
    try:
        import vl_convert
    except ImportError:
        return reading.complain("text/html", "Altair 图要用 vl-convert-python 画出，本机没有安装", "figure")
    from govkit.display.fonts import packaged_fonts
    from govkit.documents.read.scripts import shared

    outside = re.findall(r'"url":\s*"(https?://[^"]+)"', json.dumps(spec))
    if outside:
        reason = f"图表的数据在外部网址，离线文件里没有：{outside[0][:100]}；请把数据读入后再画"
        return reading.complain("text/html", reason, "figure")
    vl_convert.register_font_directory(str(next(iter(packaged_fonts().values())).parent))
    lite = "vegalite" in kind or "vega-lite" in kind
    to_html, to_svg = (
        (vl_convert.vegalite_to_html, vl_convert.vegalite_to_svg)
        if lite
        else (vl_convert.vega_to_html, vl_convert.vega_to_svg)
    )
    try:
        page, drawing = to_html(spec, bundle=True), to_svg(spec)
    except ValueError as error:
        return reading.complain("text/html", f"Altair 图画不出来：{str(error)[:100]}", "figure")
    # Vega's own script speaks of heads and bodies too
    scripts = page[page.index("<script") : page.rindex("</head>")]
    body = page[page.rindex("<body>") + 6 : page.rindex("</body>")]
    title = spec.get("title", "")
    caption = str(title.get("text", "") if isinstance(title, dict) else title)
    made = picture(drawing.encode("utf-8"), caption=caption, alt=caption or "Altair 图")
    live = framed(body, head=shared(scripts), title=caption or "图", height=int(made.height) + 40 if made else 320)
    return (replace(made, html=live),) if made else (Embed(live),)


def _plotly(reading: Reader, spec: dict[str, Any]) -> tuple[Block, ...]:
    """A chart of Plotly, with the script of its own package; drawn for paper where kaleido is installed."""
    from govkit.documents.read.scripts import plotly

    if find_spec("plotly") is None:
        return reading.complain(PLOTLY, "Plotly 图要用 plotly 包里的脚本，本机没有安装", "figure")
    maps = [
        one.get("type", "") for one in spec.get("data", ()) if "map" in one.get("type", "") and one["type"] != "heatmap"
    ]
    if maps and not reading.allow_network:
        return reading.complain(PLOTLY, f"Plotly 的 {maps[0]} 要联网取底图，离线文件里没有；请改用 folium", "figure")
    content = json.dumps({name: spec.get(name, {}) for name in ("data", "layout", "frames")}, ensure_ascii=False)
    content = content.replace("<", "\\u003c")
    draw = f"<div id='c'></div><script>var s={content};Plotly.newPlot('c',s.data,s.layout,{{responsive:true}})"
    draw += ".then(function(){if(s.frames&&s.frames.length){Plotly.addFrames('c',s.frames);}});</script>"
    title = (spec.get("layout", {}).get("title") or {}).get("text", "")
    height = int(spec.get("layout", {}).get("height") or 450)
    live = framed(draw, head=plotly(), title=title or "图", height=height)
    image = _by_kaleido(spec)
    made = picture(image, caption=title, alt=title or "Plotly 图") if image else None
    if made:
        return (replace(made, html=live),)
    reason = "Plotly 图没有可印的静态图：安装 kaleido 后可印出；或只做网页版（--to html）"
    return (Embed(live, reading.complain(PLOTLY, reason, "figure", paper=True)),)


def _by_kaleido(spec: dict[str, Any]) -> bytes:
    if find_spec("kaleido") is None:
        return b""
    import plotly.io

    try:
        return bytes(plotly.io.to_image({"data": spec.get("data"), "layout": spec.get("layout")}, format="svg"))
    except Exception:  # kaleido needs a browser of its own, and says so in many ways
        return b""


def _bokeh(reading: Reader, script: str) -> tuple[Block, ...]:
    from govkit.documents.read.scripts import bokeh

    if find_spec("bokeh") is None or not script:
        return reading.complain(BOKEH, "Bokeh 图要用 bokeh 包里的脚本，本机没有安装", "figure")
    roots = "".join(f'<div id="{one}"></div>' for one in re.findall(r'"roots":\{"[^"]*":"([^"]*)"', script))
    live = framed(f"{roots}<script>{script.replace('</script', '<' + chr(92) + '/script')}</script>", head=bokeh())
    return (Embed(live, reading.complain(BOKEH, NO_TWIN.format(what="Bokeh 图"), "figure", paper=True)),)


def _data_table(reading: Reader, text: str) -> tuple[Block, ...]:
    """A table of itables: live with the script of its own package, a plain table on paper."""
    from govkit.documents.read.scripts import shared

    begin = text.index("dt_args = {") + len("dt_args = ")
    given, _ = json.JSONDecoder().raw_decode(text, begin)
    twin = _rows_of(given)
    try:
        folder = files("itables") / "html"
        bundle, style = ((folder / f"dt_bundle.{kind}").read_text(encoding="utf-8") for kind in ("js", "css"))
    except ModuleNotFoundError:
        return (twin,) if twin else reading.complain("text/html", "itables 没有安装，表格不能显示", "table")
    content = json.dumps(given, ensure_ascii=False).replace("<", "\\u003c")
    run = 'var b=new Blob([document.getElementById("dt").textContent],{type:"text/javascript"});'
    run += f'import(URL.createObjectURL(b)).then(function(m){{new m.ITable(document.getElementById("t"),{content});}});'
    head = shared(f'<style>{style}</style><script type="text/plain" id="dt">{bundle}</script>')
    live = framed(f'<table id="t"></table><script>{run}</script>', head=head, height=420)
    return (Embed(live, (twin,) if twin else ()),)


def _rows_of(given: Mapping[str, Any]) -> TableBlock | None:
    rows = json.loads(given["data_json"]) if "data_json" in given else given.get("data", [])
    cells = "".join("<tr>" + "".join(f"<td>{_shown(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    table = BeautifulSoup(str(given.get("table_html", "<table></table>")), "lxml").table
    if table is None:
        return None
    table.append(BeautifulSoup(f"<table><tbody>{cells}</tbody></table>", "lxml").tbody or "")
    return read_table(table, Styles())


def _shown(cell: Any) -> str:
    if isinstance(cell, dict):
        cell = cell.get("display", "")
    return "" if cell is None else str(cell)
