"""What lives in a browser: in a closed frame with its scripts inside, and a still twin for paper, made without one."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from bs4 import BeautifulSoup

from govkit.documents.live.live_charts import BOKEH, NO_TWIN, PLOTLY, Reader, bokeh, plotly, vega
from govkit.documents.live.scripts import frame, framed
from govkit.documents.read.blocks import Block, Embed, TableBlock
from govkit.documents.read.colours import Styles
from govkit.documents.read.fragments import is_live
from govkit.documents.read.images import picture
from govkit.documents.read.table import read_table
from govkit.documents.read.texts import joined

WIDGET = "application/vnd.jupyter.widget-view+json"
LARGEST = 20_000_000
GEOJSON = "application/geo+json"
BOKEH_LOADER = "application/vnd.bokehjs_load.v0+json"
VEGA = re.compile(r"application/vnd\.(vega|vegalite)\.v\d+(\.\d+)*[+.]json")
_SPEC = re.compile(r"(?:\}\)\(|\bvar spec = )(?=\{)")
_PLOT = re.compile(r"""Plotly\.newPlot\(\s*["'][^"']*["'],\s*(?=\[)""")
_BOKEH_PAGE = re.compile(
    r"""<script type="application/json" id="[^"]*">\s*(\{"[^"]*":\{[^<]*"roots":.*?)\s*</script>""", re.DOTALL
)
_FRAMES = re.compile(r"""frames\[0\] = "(data:image/[^"]+)\"""")
_PLAYED_WORDS = {"audio": "音频", "video": "视频", "canvas": "画布", "object": "嵌入的文件", "embed": "嵌入的文件"}
_PLAYED = re.compile(r"<(audio|video|canvas|object|embed)\b[^>]*>(?:.*?</\1\s*>)?", re.DOTALL | re.IGNORECASE)
# What only brings a library into the page: frames have their own.
_LOADERS = re.compile(r"bk-notebook-logo|window\.PlotlyConfig|require\.undef\([\"']plotly|_itables_")


def read_live(reading: Reader, data: Mapping[str, Any]) -> tuple[Block, ...] | None:
    """Return the blocks of an output that lives in a browser, None for any other."""
    chart = next((mime for mime in data if VEGA.fullmatch(mime)), None)
    if chart:
        return vega(reading, data[chart], chart)
    if PLOTLY in data:
        return plotly(reading, data[PLOTLY])
    if GEOJSON in data:
        return _geojson(reading, data[GEOJSON])
    if BOKEH_LOADER in data:
        return ()
    if BOKEH in data:
        return bokeh(reading, joined(data.get("application/javascript", "")))
    text = joined(data.get("text/html", ""))
    if "<script" not in text and ("data-root-id=" in text or "bk-notebook-logo" in text):
        return ()  # Bokeh fills it with the output that follows
    return _page(reading, text) if is_live(text) else None


def _page(reading: Reader, text: str) -> tuple[Block, ...] | None:
    """A page or a fragment with scripts of its own, also one that a frame shows."""
    inner = re.search(r"""<iframe\b[^>]*?\bsrcdoc\s*=\s*("([^"]*)"|'([^']*)')""", text)
    beside = "" if inner else _page_beside(reading, text)
    whole = inner is not None or bool(beside)
    page = html.unescape(inner[2] or inner[3] or "") if inner else beside or text
    if "vegaEmbed" in page and (found := _SPEC.search(page)):
        spec, _ = json.JSONDecoder().raw_decode(page, found.end())
        return vega(reading, spec, str(spec.get("$schema", "")))
    if found := _PLOT.search(page):
        spec, end = json.JSONDecoder().raw_decode(page, found.end())
        comma = re.compile(r"\s*,\s*").match(page, end)
        layout = json.JSONDecoder().raw_decode(page, comma.end())[0] if comma else {}
        return plotly(reading, {"data": spec, "layout": layout})
    if found := _BOKEH_PAGE.search(page):
        items = "".join(re.findall(r"(?:const|var) render_items = \[.*?\];", page))
        return bokeh(
            reading, f"var docs_json = {found[1]};{items}window.Bokeh.embed.embed_items(docs_json, render_items);"
        )
    if "dt_args = {" in page:
        return _data_table(reading, page)
    if not inner and _LOADERS.search(text) and not re.search(r"<table|Plotly\.newPlot", text):
        return ()
    return _folium(reading, page) if whole and "folium-map" in page else _other(reading, page, text, whole)


def _page_beside(reading: Reader, text: str) -> str:
    """The page beside the notebook that a frame shows (IFrame("map.html")), "" where there is none."""
    named = re.search(r"""<iframe\b[^>]*?\bsrc\s*=\s*["']([^"':?#]+\.html?)["'?#]""", text, re.IGNORECASE)
    path = (reading.folder or Path()) / unquote(named[1]) if named and reading.folder else None
    if path is None or not path.is_file() or path.stat().st_size > LARGEST:
        return ""
    return path.read_text(encoding="utf-8", errors="replace")


def _geojson(reading: Reader, content: Any) -> tuple[Block, ...]:
    """What IPython's GeoJSON shows: a map of the same shapes, without tiles."""
    import folium

    made = folium.Map(tiles=None, zoom_control=False)
    layer = folium.GeoJson(content)
    made.add_child(layer)
    made.fit_bounds(layer.get_bounds())  # type: ignore[arg-type]
    reading.complain(GEOJSON, "GeoJSON 的地图没有底图；图形完整")
    return _folium(reading, made.get_root().render())


def _folium(reading: Reader, page: str) -> tuple[Block, ...]:
    from govkit.display.maps.sheet.printing import print_map
    from govkit.documents.live.folium_page import WMS, last_moment, layers_without_twin, read_map

    title = re.search(r"<title>(.*?)</title>", page)
    spec = read_map(page, title=html.unescape(title[1]) if title else "")
    lacking = layers_without_twin(page)
    made, notes = _enclosed(reading, page, what="地图", bare=spec is None and not {*lacking} - {WMS})
    live = frame(made, title="地图", height=480, guarded=not reading.allow_network)
    if spec is not None and lacking:
        reason = f"地图中的{'、'.join(lacking)}没有画进纸上的图，那里只有其余图层"
        notes += reading.complain("text/html", reason, "figure", paper=True)
    if spec is None:
        return notes or (Embed(live, reading.complain("text/html", NO_TWIN.format(what="地图"), "figure", paper=True)),)
    if moment := last_moment(page):
        reading.complain("text/html", f"地图中随时间变化的图层在纸上是最后一刻（{moment}）的样子")
    image, (width, height) = print_map(spec)
    pixels, caption = 96 / 2.54, f"{spec.caption}（{moment}）" if moment else spec.caption
    found = picture(image, width=width * pixels, height=height * pixels, caption=caption, alt=spec.alt, html=live)
    return (*notes, *((found,) if found else ()))


def _enclosed(reading: Reader, page: str, *, what: str, bare: bool = False) -> tuple[str, tuple[Block, ...]]:
    """A page that asks nothing of a network, and the notes on what is missing for it; ``bare``: it has tiles alone."""
    from govkit.documents.live.scripts import offline, with_files

    page, lacking = with_files(page, reading.folder)
    made, asked, tiles = offline(page)
    if reading.allow_network:
        for address in (*asked, *tiles):
            reading.complain("text/html", f"{what}在打开时要联网（--allow-network）：{address[:100]}")
        return (page if asked or tiles else made), ()
    notes: tuple[Block, ...] = ()
    if lacking:
        reason = (
            f"{what}要的文件没有收入：{'、'.join(one[:60] for one in lacking)}；请放在笔记本旁边（图片、音频、视频），"
        )
        notes += reading.complain("text/html", f"{reason}或把内容直接输出", "figure")
    if asked:
        addresses = "、".join(address[:100] for address in asked)
        remedy = "安装 folium-offline（pip install govkit[partners]），" if what == "地图" else ""
        reason = f"{what}要从外部网址取内容，离线文件里没有：{addresses}；{remedy}换用离线的写法，或加 --allow-network"
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
    twin = still_twin(reading, page if whole else text)
    if notes and not twin:  # nothing is left of it
        return notes
    lost = () if twin else reading.complain("text/html", NO_TWIN.format(what="这项内容"), "figure", paper=True)
    return (*notes, Embed(live, twin or lost))


def still_twin(reading: Reader, text: str) -> tuple[Block, ...]:
    """What paper shows of a page: its texts, tables and pictures, and notes of what moves, sounds or is painted."""
    first = _FRAMES.search(text)  # matplotlib's animations hold their pictures in a script
    kept = _PLAYED.sub("", text)
    if first:
        kept = f'<img src="{first[1]}">' + re.sub(
            r"<img\b(?![^>]*\bsrc=)[^>]*>|<(div|form)\b.*", "", kept, flags=re.DOTALL
        )
    notes: tuple[Block, ...] = ()
    for kind in dict.fromkeys(found[1].lower() for found in _PLAYED.finditer(text)):
        reason = f"{_PLAYED_WORDS[kind]}不能印在纸上；请另外输出一幅静态图，或只做网页版（--to html）"
        notes += reading.complain("text/html", reason, "figure", paper=True)
    if first:
        reading.complain("text/html", "动画在纸上是它的第一帧")
    twin = reading.fragment(kept)
    if twin and "<script" in text and not first and not notes:
        reading.complain("text/html", "网页内容中由脚本生成的部分不在纸上，纸上是它的文字和图片")
    return (*twin, *notes)


def _data_table(reading: Reader, text: str) -> tuple[Block, ...]:
    """A table of itables: live with the script of its own package, a plain table on paper."""
    from govkit.documents.live.scripts import shared

    begin = text.index("dt_args = {") + len("dt_args = ")
    given, _ = json.JSONDecoder().raw_decode(text, begin)
    twin = _rows_of(given)
    try:
        folder = files("itables") / "html"
        bundle, style = ((folder / f"dt_bundle.{kind}").read_text(encoding="utf-8") for kind in ("js", "css"))
    except ModuleNotFoundError:
        return (
            (twin,)
            if twin
            else reading.complain("text/html", "itables 没有安装，表格不能显示：pip install govkit[partners]", "table")
        )
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
    found = read_table(table, Styles())
    return replace(found, title=found.title or str(given.get("caption") or "")) if found else None


def _shown(cell: Any) -> str:
    if isinstance(cell, dict):
        cell = cell.get("display", "")
    if isinstance(cell, list):  # what is shown, then what it is sorted by
        cell = cell[0] if cell else ""
    return "" if cell is None else str(cell)
