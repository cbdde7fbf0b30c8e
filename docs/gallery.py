"""Make docs/gallery.md: one picture a kind of map, drawn from the Daoli demo zone, with the code that made it.

    python docs/gallery.py [--only NAME …]

The data are synthetic and every picture says so. Pictures of interactive maps need Chromium; without it they stay.
"""

from __future__ import annotations

import argparse
import inspect
import io
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pandas as pd
from PIL import Image

import govkit
from govkit.analysis.measures import services
from govkit.analysis.standards import attainment as standards
from govkit.display.maps import InteractiveMap, MapFigure, Quantity, Setting, kinds
from govkit.display.maps.layers import shown as layers
from govkit.display.maps.sheet.printing import print_map
from govkit.display.tables import frames
from govkit.geometry.coverage import audit_grids
from govkit.periods import Period

FOLDER = Path(__file__).parent
PICTURES = FOLDER / "gallery"
MOST_BYTES = 60_000
RATE = Quantity("满意度", "percent")
MATTERS = Quantity("事项", "integer", "件")


Make = Callable[..., MapFigure]


def choropleth(zone: govkit.Zone, now: Period, setting: Setting) -> MapFigure:
    """分级统计图：比率"""
    rates = services.satisfaction(zone.tables, now)["rate"]
    return kinds.choropleth(zone.districts, rates, "服务回访满意度", quantity=RATE, setting=setting)


def graduated_symbols(zone: govkit.Zone, setting: Setting) -> MapFigure:
    """分级符号图：数量"""
    count = zone.tables["events"].groupby("unit_code").size()
    circles = layers.symbol_layer(zone.communities, count, MATTERS)
    land = layers.border_layer(zone.districts, filled=True)
    return setting.figure("各社区（村）上报事项", [land, circles])


def facilities_by_kind(zone: govkit.Zone) -> MapFigure:
    """设施图：各类设施自有符号"""
    town = zone.district("新农镇").unit_code
    mine = zone.tables["facilities"].loc[lambda table: table["district_code"] == town]
    villages = zone.communities.loc[lambda table: table["district_code"] == town]
    return kinds.facility_map(mine, villages, "新农镇社区服务设施", setting=zone.map_setting("新农镇"))


def attainment(zone: govkit.Zone, now: Period, setting: Setting) -> MapFigure:
    """达标图：达标与缺项"""
    standard = standards.load_standard("daoli_village_centre")
    missing = standards.summary(zone.tables, standard, now)["missing"]
    title = "各村设施标准达标情况"
    return kinds.attainment_map(zone.communities, missing, title, standard=standard.title, setting=setting)


def grid_audit(zone: govkit.Zone, setting: Setting) -> MapFigure:
    """网格核查图：空隙与重叠"""
    audit = audit_grids(zone.tables["grids"], crs=zone.metric_crs, outline=zone.outline)
    defects = frames.map_defects(audit.gaps, audit.overlaps)
    grids = zone.tables["grids"]
    return kinds.grid_map(grids, "网格覆盖核查", units=zone.districts, defects=defects, setting=setting)


def access(zone: govkit.Zone, setting: Setting) -> MapFigure:
    """服务半径图：覆盖与未覆盖的居民"""
    centres = zone.tables["facilities"].query("kind == 'service_centre'")
    crs = zone.metric_crs
    circles = layers.access_layers(centres, zone.tables["grids"], "服务中心", metric_crs=crs)
    return setting.figure("到服务中心的步行距离", [*circles, layers.border_layer(zone.districts)])


def clusters(zone: govkit.Zone, setting: Setting) -> MapFigure:
    """聚集图：局部莫兰指数（LISA）"""
    count = zone.tables["events"].groupby("unit_code").size()
    per_household = count / zone.communities.set_index("unit_code")["households"].astype(float)
    quantity = Quantity("每户事项", "number", "件", digits=2)
    return setting.figure("事项的空间聚集", [layers.cluster_layer(zone.communities, per_household, quantity)])


def gatherings(zone: govkit.Zone) -> MapFigure:
    """时空聚集图：何地何月的事项多于人口相称的数"""
    return zone.hot_spot_map(zone.hot_spots(people=True, draws=99))


def change(zone: govkit.Zone, now: Period, setting: Setting) -> MapFigure:
    """变化图：以零为界"""
    before = services.satisfaction(zone.tables, zone.previous(now))["rate"]
    change = services.satisfaction(zone.tables, now)["rate"] - before
    quantity = Quantity("满意度变化", "points")
    return kinds.change_map(zone.districts, change, "满意度较上期的变化", quantity=quantity, setting=setting)


def bivariate(zone: govkit.Zone, now: Period, setting: Setting) -> MapFigure:
    """双变量图：两个指标同看"""
    pleased = services.satisfaction(zone.tables, now)["rate"]
    inside = services.service_totals(zone.tables, now)["inside_rate"]
    pair = layers.bivariate_layer(zone.districts, (inside, Quantity("本村满足率", "percent")), (pleased, RATE))
    return setting.figure("本村满足率与满意度", [pair])


def kinds_of_units(zone: govkit.Zone, setting: Setting) -> MapFigure:
    """类型图"""
    types = zone.communities.set_index("unit_code")["kind"]
    names = {"urban_community": "城市社区", "village": "行政村"}
    return setting.figure("社区类型", [layers.category_layer(zone.communities, types, "类型", labels=names)])


def periods(zone: govkit.Zone, setting: Setting) -> MapFigure:
    """分期小图"""
    rates = {one.name: services.satisfaction(zone.tables, one)["rate"] for one in zone.settings.periods}
    return kinds.period_map(
        zone.districts, pd.DataFrame(rates), "满意度逐期", quantity=RATE, setting=setting, scheme="quantiles"
    )


def by_kind(zone: govkit.Zone, setting: Setting) -> MapFigure:
    """分类小图"""
    return kinds.kind_map(zone.tables["facilities"], zone.districts, "各类设施分布", setting=setting)


def flows(zone: govkit.Zone, setting: Setting) -> MapFigure:
    """流向图：事项在层级间的上行"""
    handed_up = layers.level_flows(zone.tables["units"], zone.tables["events"])
    lines = layers.flow_layer(zone.tables["units"], handed_up, MATTERS)
    return setting.figure("事项上行流向", [layers.border_layer(zone.districts, filled=True), lines])


def interactive(zone: govkit.Zone, setting: Setting) -> MapFigure:
    """交互地图：网格、地名与可开关的图层"""
    shown = [
        layers.grid_layer(zone.tables["grids"]),
        layers.border_layer(zone.districts),
        layers.hidden(layers.facility_layer(zone.tables["facilities"])),
    ]
    return kinds.interactive_map(shown, "网格与设施", setting=setting)


def time_slider(zone: govkit.Zone, setting: Setting) -> MapFigure:
    """时间滑块（交互）"""
    rates = {one.name: services.satisfaction(zone.tables, one)["rate"] for one in zone.settings.periods}
    frame = pd.DataFrame(rates)
    return kinds.period_map(
        zone.districts, frame, "满意度逐期", quantity=RATE, setting=setting, slider="time", scheme="quantiles"
    )


def before_after(zone: govkit.Zone, setting: Setting) -> MapFigure:
    """前后对比（交互）"""
    rates = {one.name: services.satisfaction(zone.tables, one)["rate"] for one in zone.settings.periods[-2:]}
    frame = pd.DataFrame(rates)
    return kinds.period_map(
        zone.districts, frame, "满意度前后对比", quantity=RATE, setting=setting, slider="swipe", scheme="quantiles"
    )


KINDS: tuple[Make, ...] = (
    choropleth, graduated_symbols, facilities_by_kind, attainment, grid_audit, access, clusters, gatherings, change,
    bivariate, kinds_of_units, periods, by_kind, flows, interactive, time_slider, before_after,
)  # fmt: skip


def picture(figure: MapFigure) -> bytes | None:
    """Return the map as a small PNG, an interactive one as seen in Chromium; None where there is no Chromium."""
    if isinstance(figure, InteractiveMap):
        return screenshot(figure)
    for dpi in (96, 84, 72, 60):
        drawn, _ = print_map(figure.spec, dpi=dpi)
        if len(drawn) <= MOST_BYTES:
            return drawn
    raise SystemExit(f"picture of {figure.spec.title} is larger than {MOST_BYTES} bytes")


def screenshot(figure: InteractiveMap) -> bytes | None:
    """Return what a reader sees, in the browser of the tests, which has the Chinese fonts; None where there is none."""
    sys.path.insert(0, str(FOLDER.parent / "tests"))
    from browser import BROWSER, started_browser

    if BROWSER is None:
        return None
    with started_browser() as browser:
        page = browser.new_context(offline=True, viewport={"width": 860, "height": 522}).new_page()
        page.set_content(f"<!doctype html><meta charset=utf-8><body style='margin:0'>{figure.html}")
        page.frames[1].wait_for_selector(".govkit-legend")
        page.wait_for_timeout(400)
        shot = page.screenshot()
    whole = Image.open(io.BytesIO(shot)).convert("RGB")
    for colours in (128, 64, 48):
        out = io.BytesIO()
        whole.quantize(colours, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
        if len(out.getvalue()) <= MOST_BYTES:
            return out.getvalue()
    raise SystemExit(f"picture of {figure.spec.title} is larger than {MOST_BYTES} bytes")


def section(make: Make, title: str) -> str:
    """Return one kind as Markdown: heading, picture, code."""
    body = inspect.getsource(make).split('"""', 2)[2]
    heading = (inspect.getdoc(make) or "").strip()
    code = textwrap.dedent(body).strip().replace("return ", "figure = ")
    return f"## {heading}\n\n![{title}](gallery/{make.__name__}.png)\n\n```python\n{code}\n```\n"


def main() -> None:
    """Draw the pictures asked for and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", default=[], help="names of kinds to draw anew")
    only = parser.parse_args().only
    PICTURES.mkdir(exist_ok=True)
    zone = govkit.open_zone(FOLDER.parent / "data" / "daoli")
    given = {"zone": zone, "now": zone.settings.periods[-1], "setting": zone.map_setting()}
    parts = [(FOLDER / "gallery_head.md").read_text(encoding="utf-8")]
    for make in KINDS:
        figure = make(**{name: given[name] for name in inspect.signature(make).parameters})
        drawn = picture(figure) if not only or make.__name__ in only else None
        if drawn:
            (PICTURES / f"{make.__name__}.png").write_bytes(drawn)
        parts.append(section(make, figure.spec.title))
        sys.stdout.write(f"{make.__name__}: {len(drawn or b''):,}\n")
    (FOLDER / "gallery.md").write_text("\n".join(parts), encoding="utf-8")


if __name__ == "__main__":
    main()
