"""Charts of partners' libraries: live in a closed frame, drawn still for paper from their own data."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

from govkit.documents.live.scripts import framed
from govkit.documents.read.blocks import Block, Column, Embed, Figure, Lost, TableBlock
from govkit.documents.read.images import picture
from govkit.errors import ReportError

PLOTLY = "application/vnd.plotly.v1+json"
BOKEH = "application/vnd.bokehjs_exec.v0+json"
NO_TWIN = "{what}只能在浏览器中运行，没有可印的静态图；请在同一单元另外输出一幅静态图，或只做网页版（--to html）"
_NOT_DRAWN = "{what}（{kind}）画不成静态图，纸上{instead}；请在同一单元另外输出一幅静态图，或只做网页版（--to html）"
_OTHERWISE = {
    "violin": "小提琴图在纸上画成箱线图",
    "sunburst": "旭日图在纸上画成冰柱图",
    "treemap": "树图在纸上画成冰柱图",
    "histogram2dcontour": "密度等值线图在纸上画成计数的方格",
    "parcats": "平行类别图在纸上画成桑基图",
}
# A table of numbers that stands for a chart on paper has no more rows.
_MOST_ROWS = 60


class Reader(Protocol):
    """What a reading gives to those who read live outputs."""

    folder: Path | None
    allow_network: bool
    widgets: Mapping[str, Any]

    def complain(self, mime: str, reason: str, lost: str = "", *, paper: bool = False) -> tuple[Lost, ...]: ...

    def fragment(self, html: str) -> tuple[Block, ...]: ...

    def markdown(self, text: str) -> tuple[Block, ...]: ...


def vega(reading: Reader, spec: dict[str, Any], kind: str) -> tuple[Block, ...]:
    """A chart of Altair: live with the scripts vl-convert bundles, drawn by it as SVG for paper."""
    try:
        import vl_convert
    except ImportError:
        return reading.complain(
            "text/html", "Altair 图要用 vl-convert-python 画出，本机没有安装：pip install govkit[partners]", "figure"
        )
    from govkit.display.fonts import packaged_fonts
    from govkit.documents.live.scripts import shared

    outside = re.findall(r'"url":\s*"(https?://[^"]+)"', json.dumps(spec))
    vl_convert.register_font_directory(str(next(iter(packaged_fonts().values())).parent))
    lite = "vegalite" in kind or "vega-lite" in kind
    to_html, to_svg = (
        (vl_convert.vegalite_to_html, vl_convert.vegalite_to_svg)
        if lite
        else (vl_convert.vega_to_html, vl_convert.vega_to_svg)
    )
    try:
        page, drawing = ("", "") if outside else (to_html(spec, bundle=True), to_svg(spec))
    except ValueError as error:
        return reading.complain("text/html", f"Altair 图画不出来：{str(error)[:100]}", "figure")
    if outside := outside or re.findall(r'<image\b[^>]*\bhref="(https?://[^"]+)"', drawing):
        reason = f"图表的数据或图片在外部网址，离线文件里没有：{outside[0][:100]}；请读入后再画"
        return reading.complain("text/html", reason, "figure")
    # Vega's own script speaks of heads and bodies too
    scripts = page[page.index("<script") : page.rindex("</head>")]
    body = page[page.rindex("<body>") + 6 : page.rindex("</body>")]
    title = spec.get("title", "")
    caption = str(title.get("text", "") if isinstance(title, dict) else title)
    made = picture(drawing.encode("utf-8"), caption=caption, alt=caption or "Altair 图")
    live = framed(body, head=shared(scripts), title=caption or "图", height=int(made.height) + 40 if made else 320)
    return (replace(made, html=live),) if made else (Embed(live),)


def plotly(reading: Reader, spec: Mapping[str, Any]) -> tuple[Block, ...]:
    """A chart of Plotly, with the script of its own package; drawn by kaleido, where there is none from its data.

    What has no still twin is lost on paper: its numbers stand there as a table.
    """
    from govkit.documents.live.scripts import plotly as script
    from govkit.documents.twins.plotly_figure import read_plotly
    from govkit.documents.twins.plotly_flows import GEOGRAPHIC
    from govkit.documents.twins.plotly_layout import rows_of, tables_of, text

    if find_spec("plotly") is None:
        return reading.complain(
            PLOTLY, "Plotly 图要用 plotly 包里的脚本，本机没有安装：pip install govkit[partners]", "figure"
        )
    kinds = [str(one.get("type", "scatter")) for one in spec.get("data", ())]
    maps = [kind for kind in kinds if kind in GEOGRAPHIC or kind.startswith("densitymap")]
    title = text((spec.get("layout") or {}).get("title"))
    if maps and not reading.allow_network:
        drawn = _drawn(lambda: read_plotly(spec), "Plotly 图", title)
        if isinstance(drawn, str):
            return reading.complain(
                PLOTLY, f"Plotly 的 {maps[0]} 要联网取底图，离线文件里没有；请改用 folium", "figure"
            )
        reading.complain(PLOTLY, f"Plotly 的 {maps[0]} 要联网取底图：报告里是没有底图的静态图，数据完整")
        return (drawn,)
    if spec.get("frames"):
        reading.complain(PLOTLY, "动画在纸上是它的第一帧")
    for kind, said in _OTHERWISE.items():
        if kind in kinds:
            reading.complain(PLOTLY, said)
    content = json.dumps({name: spec.get(name, {}) for name in ("data", "layout", "frames")}, ensure_ascii=False)
    content = content.replace("<", "\\u003c")
    draw = f"<div id='c'></div><script>var s={content};Plotly.newPlot('c',s.data,s.layout,{{responsive:true}})"
    draw += ".then(function(){if(s.frames&&s.frames.length){Plotly.addFrames('c',s.frames);}});</script>"
    height = int((spec.get("layout") or {}).get("height") or 450)
    live = framed(draw, head=script(), title=title or "图", height=height)
    image = _by_kaleido(spec)
    if image and (made := picture(image, caption=title, alt=title or "Plotly 图")):
        return (replace(made, html=live),)
    if kinds and set(kinds) <= {"table", "indicator"}:
        return (Embed(live, tuple(_table(title, *table) for table in tables_of(spec))),)
    return _with_twin(reading, live, "Plotly 图", title, lambda: read_plotly(spec), lambda: rows_of(spec))


def _by_kaleido(spec: Mapping[str, Any]) -> bytes:
    if find_spec("kaleido") is None:
        return b""
    import plotly.io

    try:
        return bytes(plotly.io.to_image({"data": spec.get("data"), "layout": spec.get("layout")}, format="svg"))
    except Exception:  # kaleido needs a browser of its own, and says so in many ways
        return b""


def bokeh(reading: Reader, script: str) -> tuple[Block, ...]:
    """A chart of Bokeh, with the script of its own package, drawn from its data for paper."""
    from govkit.documents.live.scripts import bokeh as library
    from govkit.documents.twins.bokeh_figure import read_bokeh

    if find_spec("bokeh") is None or not script:
        return reading.complain(
            BOKEH, "Bokeh 图要用 bokeh 包里的脚本，本机没有安装：pip install govkit[partners]", "figure"
        )
    roots = "".join(f'<div id="{one}"></div>' for one in re.findall(r'"roots":\{"[^"]*":"([^"]*)"', script))
    live = framed(f"{roots}<script>{script.replace('</script', '<' + chr(92) + '/script')}</script>", head=library())
    if "TileRenderer" in script and not reading.allow_network:
        reading.complain(BOKEH, "Bokeh 图的底图瓦片在外部网址，离线文件里没有；其余图层完整")
    texts, tables = _words_of_bokeh(script)
    beside = [*(block for one in texts for block in reading.fragment(one)), *(_table("", *one) for one in tables)]
    if beside and '"name":"Figure"' not in script:
        return (Embed(live, tuple(beside)),)
    return (*_with_twin(reading, live, "Bokeh 图", "", lambda: read_bokeh(script), lambda: ((), ())), *beside)


def _words_of_bokeh(script: str) -> tuple[list[str], list[Any]]:
    from govkit.documents.twins.bokeh_figure import read_words
    from govkit.documents.twins.marks import NotDrawable

    try:
        return read_words(script)
    except NotDrawable:
        return [], []


def _drawn(read: Callable[[], Any], what: str, title: str) -> Figure | str:
    """A chart drawn still, or what of it cannot be drawn."""
    from govkit.documents.twins.drawing import draw
    from govkit.documents.twins.marks import NotDrawable

    try:
        chart = read()
        made = picture(draw(chart), width=chart.width, caption=title or chart.title, alt=title or chart.title or what)
        return made or what
    except NotDrawable as lacking:
        return str(lacking)
    except ReportError as error:  # a character that no face has
        return str(error).replace("\n", "，")
    except Exception as error:  # what a library's next version writes otherwise must not take the report with it
        return type(error).__name__


def _with_twin(
    reading: Reader, live: str, what: str, title: str, read: Callable[[], Any], rows: Callable[[], Any]
) -> tuple[Block, ...]:
    """A live chart with its drawing; where there is none, with the note of it and its numbers as a table."""
    made = _drawn(read, what, title)
    if isinstance(made, Figure):
        return (replace(made, html=live),)
    heads, cells = rows()
    instead = "列出其数据" if cells else "没有它"
    lost = reading.complain(what, _NOT_DRAWN.format(what=what, kind=made, instead=instead), "figure", paper=True)
    return (Embed(live, (*lost, *((_table(title, heads, cells),) if cells else ()))),)


def _table(title: str, heads: tuple[str, ...], rows: tuple[tuple[str, ...], ...]) -> TableBlock:
    left = len(rows) - _MOST_ROWS
    note = f"共 {len(rows):,} 行，此处略去后面 {left:,} 行。" if left > 0 else ""
    return TableBlock(title, tuple(map(Column, heads)), rows[:_MOST_ROWS], note=note)
