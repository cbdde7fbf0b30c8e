"""Our maps against a plain plot and a plain folium map of the same data: time, file size, first draw in Chromium.

    python benchmarks/maps.py [ZONE] [--rounds 5] [--squares 50000]

Ours and plain take turns, so that a busy machine slows both. Times are medians of warm rounds. ``--squares`` adds an
interactive map of that many made-up grids. First draw: from opening the page, offline, to the first painted shape.
Answer: from a step of zoom, a move by half the window or the pointer's coming over a shape to the next picture.
"""

from __future__ import annotations

import argparse
import io
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import folium
import geopandas as gpd
import matplotlib as mpl
import numpy as np
import pandas as pd
import shapely

import govkit
from govkit.display.fonts import map_families
from govkit.display.maps import MapNotes, Quantity, Setting, kinds
from govkit.display.maps.layers import shown as layers
from govkit.display.maps.sheet.printing import print_map

mpl.use("Agg")

Make = Callable[[], bytes]


def plain_print(frame: gpd.GeoDataFrame, column: str) -> bytes:
    """Return what geopandas and savefig give out of the box: no names, notes, scale or marks."""
    import matplotlib.pyplot as plt

    with mpl.rc_context({"font.family": list(map_families())}):
        axes = frame.plot(column=column, scheme="natural_breaks", k=5, legend=True, figsize=(6.3, 5))
        out = io.BytesIO()
        axes.figure.savefig(out, dpi=180)
        plt.close(axes.figure)
    return out.getvalue()


def plain_folium(frames: list[gpd.GeoDataFrame]) -> bytes:
    """Return folium's own map of the same layers, scripts from a CDN, no tiles."""
    made = folium.Map(tiles=None)
    for frame in frames:
        text = frame.drop(columns=[name for name in frame if frame[name].dtype.kind == "M"])
        folium.GeoJson(text, tooltip=folium.GeoJsonTooltip(["name"])).add_to(made)
    return made.get_root().render().encode("utf-8")


def in_turns(makers: dict[str, Make], rounds: int) -> dict[str, tuple[float, int]]:
    """Return median seconds and bytes of each maker, after one round that warms up."""
    taken: dict[str, list[float]] = {name: [] for name in makers}
    size = {name: len(make()) for name, make in makers.items()}
    for _ in range(rounds):
        for name, make in makers.items():
            started = time.perf_counter()
            make()
            taken[name].append(time.perf_counter() - started)
    return {name: (statistics.median(times), size[name]) for name, times in taken.items()}


def first_draw(pages: dict[str, bytes], rounds: int) -> dict[str, float]:
    """Return median seconds from opening a page to its first shape on the screen, taking turns."""
    if chromium() is None:
        return {}
    from playwright.sync_api import sync_playwright

    taken: dict[str, list[float]] = {name: [] for name in pages}
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"])
        for _ in range(rounds):
            for number, (name, page) in enumerate(pages.items()):
                file = Path(folder) / f"{number}.html"
                file.write_bytes(page)
                taken[name].append(_drawn_after(browser, file.as_uri()))
        browser.close()
    return {name: statistics.median(times) for name, times in taken.items()}


# Runs an act on the map and resolves with the milliseconds until the picture after it.
_ANSWER = """act => new Promise(resolve => {
  const map = window[Object.keys(window).find(name => name.startsWith('map_'))], started = performance.now();
  if (act === 'zoom') { map.setZoom(map.getZoom() + 1, { animate: false }); }
  if (act === 'move') { map.panBy([400, 0], { animate: false }); }
  if (act === 'point') {
    const box = map.getContainer().getBoundingClientRect();
    map.getContainer().dispatchEvent(new MouseEvent('mousemove', {
      bubbles: true, clientX: box.left + box.width / 2, clientY: box.top + box.height / 2 }));
  }
  requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - started)));
})"""


def answers(page: bytes, rounds: int) -> dict[str, float]:
    """Return median seconds to answer to zooming, moving and pointing."""
    from playwright.sync_api import sync_playwright

    taken: dict[str, list[float]] = {"zoom": [], "move": [], "point": []}
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"])
        file = Path(folder) / "page.html"
        file.write_bytes(page)
        for _ in range(rounds):
            opened = browser.new_page(viewport={"width": 1280, "height": 720})
            opened.goto(file.as_uri())
            opened.frames[1].wait_for_selector("canvas")
            for act, times in taken.items():
                times.append(opened.frames[1].evaluate(_ANSWER, act) / 1000)
            opened.close()
        browser.close()
    return {act: statistics.median(times) for act, times in taken.items()}


def chromium() -> str | None:
    """Return the system's Chromium, None where there is none."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def _drawn_after(browser: Any, address: str) -> float:
    context = browser.new_context(offline=True, viewport={"width": 1280, "height": 720})
    page = context.new_page()
    started = time.perf_counter()
    page.goto(address, wait_until="commit")
    page.frame_locator("iframe").locator(".leaflet-interactive, canvas").first.wait_for(
        state="visible", timeout=120_000
    )
    taken = time.perf_counter() - started
    context.close()
    return taken


def whole_page(figure: Any) -> bytes:
    """Return a page with one of our interactive maps; made from the specification anew each time."""
    fresh = type(figure)(figure.spec)
    return f"<!doctype html><meta charset=utf-8><body>{fresh.html}".encode()


def squares(count: int) -> gpd.GeoDataFrame:
    """Return that many grids with names and households: four-cornered, no two alike, without a gap between them."""
    across = int(np.ceil(np.sqrt(count)))
    steps = np.arange(across + 1)
    shaken = np.random.default_rng(1).uniform(-0.3, 0.3, (2, across + 1, across + 1))
    x, y = 126.0 + 0.002 * (steps[None, :] + shaken[0]), 45.5 + 0.0015 * (steps[:, None] + shaken[1])
    corners = np.stack([x, y], axis=-1)
    ring = [corners[:-1, :-1], corners[:-1, 1:], corners[1:, 1:], corners[1:, :-1], corners[:-1, :-1]]
    shapes = shapely.polygons(np.stack(ring, axis=2).reshape(-1, 5, 2)[:count])
    at = np.arange(count)
    columns = {
        "grid_code": [f"{one:012d}" for one in at],
        "name": [f"第{one}网格" for one in at],
        "households": 250 + (200 * np.sin(at % across / 20) * np.cos(at / across / 20)).astype(int),
    }
    return gpd.GeoDataFrame(columns, geometry=shapes, crs="EPSG:4490")


def main() -> None:
    """Measure and print a line a comparison."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("zone", nargs="?", default="data/daoli")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--squares", type=int, default=0)
    options = parser.parse_args()
    zone = govkit.open_zone(options.zone)
    setting = Setting(MapNotes(zone.metric_crs, synthetic="synthetic"), outline=zone.outline)
    units, grids, facilities = (zone.tables[name] for name in ("units", "grids", "facilities"))
    districts = units.loc[units["unit_code"].isin(zone.districts["unit_code"])].reset_index(drop=True)
    scores = pd.Series(np.linspace(60, 95, len(districts)), index=districts["unit_code"])
    scored = districts.assign(score=scores.to_numpy())
    ours = kinds.choropleth(districts, scores, "各街道（镇）得分", quantity=Quantity("得分"), setting=setting)
    many = setting.interactive("网格与设施", [layers.grid_layer(grids), layers.facility_layer(facilities)])
    for name, (seconds, size) in in_turns({
        "print, ours": lambda: print_map(ours.spec)[0],
        "print, gdf.plot + savefig": lambda: plain_print(scored, "score"),
        f"screen, ours, {len(grids)} grids and {len(facilities)} facilities": lambda: whole_page(many),
        "screen, plain folium, same data": lambda: plain_folium([grids, facilities]),
    }, options.rounds).items():  # fmt: skip
        print(f"{name}: {seconds:.3f} s, {size / 1000:,.0f} kB")
    pages = {f"{len(grids)} grids": whole_page(many)}
    crowd_page = b""
    if options.squares:
        crowd = setting.interactive("网格", [layers.grid_layer(squares(options.squares), by="households")])
        crowd_page = pages[f"{options.squares} grids"] = whole_page(crowd)
        print(f"screen, ours, {options.squares} grids: {len(crowd_page) / 1000:,.0f} kB")
    for name, seconds in first_draw(pages, options.rounds).items():
        print(f"first draw, {name}: {seconds:.2f} s (plain folium draws nothing without a network)")
    if crowd_page and chromium():
        print(
            "answer:", ", ".join(f"{act} {taken:.2f} s" for act, taken in answers(crowd_page, options.rounds).items())
        )


if __name__ == "__main__":
    main()
