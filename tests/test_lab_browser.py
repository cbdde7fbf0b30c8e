"""The lab's notebooks as somebody uses them, in a browser: pick, look, export, weigh anew."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import geopandas as gpd
import pytest
from three_towns import write_zone

from govkit.analysis.score.scheme import load_scheme

ROOT = Path(__file__).parents[1]
_PATIENCE_MS = 120_000  # a kernel starts and opens a zone; on a busy machine that takes its time

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The notebooks, opening a zone of three towns."""
    place = tmp_path_factory.mktemp("lab")
    zone = write_zone(place / "三镇")
    for name in ("explore", "index_workshop"):
        notebook = (ROOT / "notebooks" / "lab" / f"{name}.ipynb").read_text(encoding="utf-8")
        assert "../../data/daoli" in notebook
        (place / f"{name}.ipynb").write_text(
            notebook.replace("../../data/daoli", json.dumps(str(zone))[1:-1]), encoding="utf-8"
        )
    return place


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    """A Voilà server of these notebooks."""
    pytest.importorskip("voila")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = (folder / "voila.log").open("w", encoding="utf-8")
    command = [sys.executable, "-m", "voila", "--no-browser", f"--port={port}", "--Voila.ip=127.0.0.1"]
    command += ["--template=govkit", str(folder)]
    settings = {
        **os.environ,
        "JUPYTER_PREFER_ENV_PATH": "1",
        "PYTHONUNBUFFERED": "1",
        "JUPYTER_PATH": str(ROOT / "notebooks" / "lab"),
    }
    server = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env=settings, cwd=folder)
    try:
        yield _started(f"http://127.0.0.1:{port}", folder / "voila.log", server)
    finally:
        server.terminate()
        server.wait(30)
        log.close()


def _started(here: str, log: Path, server: subprocess.Popen[bytes]) -> str:
    end = time.monotonic() + 90
    while time.monotonic() < end and server.poll() is None:
        try:
            urlopen(here, timeout=30).read(1)  # noqa: S310
        except (URLError, OSError):
            time.sleep(0.3)
        else:
            return here
    raise AssertionError(log.read_text(encoding="utf-8")[-2000:])


def opened(browser: Any, address: str, name: str, shown: str) -> Any:
    """Return a page once its notebook has run; nothing it asks for is anywhere else."""
    page = browser.new_page(viewport={"width": 1400, "height": 1000})
    elsewhere: list[str] = []
    page.on("request", lambda asked: elsewhere.append(asked.url) if _elsewhere(asked.url, address) else None)
    page.goto(f"{address}/voila/render/{name}.ipynb", timeout=_PATIENCE_MS, wait_until="domcontentloaded")
    page.wait_for_selector(shown, timeout=_PATIENCE_MS)
    page.elsewhere = elsewhere
    return page


def _elsewhere(url: str, address: str) -> bool:
    host = address.removeprefix("http://")
    return not url.startswith((f"http://{host}", f"ws://{host}", "data:", "blob:"))


def keep(page: Any, name: str) -> None:
    """Keep a picture where ``GOVKIT_SCREENSHOTS`` says."""
    if place := os.environ.get("GOVKIT_SCREENSHOTS"):
        page.screenshot(path=str(Path(place) / f"{name}.png"), full_page=True)


def test_another_indicator_moves_the_map_and_the_export_opens(browser: Any, address: str, folder: Path) -> None:
    page = opened(browser, address, "explore", "select")
    page.wait_for_selector("img[src^='blob:'], img[src^='data:']", timeout=_PATIENCE_MS, state="attached")
    picker, picture = page.locator("select").first, page.locator(".widget-image, .jupyter-widgets img").first
    picker.select_option(label="网格事项办结率")
    page.wait_for_function("document.body.innerText.includes('网格事项办结率：')", timeout=_PATIENCE_MS)
    before = picture.screenshot()
    keep(page, "explore_1")
    picker.select_option(label="网格内办结占比")
    page.wait_for_function("document.body.innerText.includes('网格内办结占比：')", timeout=_PATIENCE_MS)
    page.wait_for_function("document.body.innerText.includes('settled_in_grid')", timeout=_PATIENCE_MS)
    page.wait_for_timeout(500)
    assert picture.screenshot() != before
    page.get_by_role("button", name="导出这一页的数据").click()
    page.wait_for_function("document.body.innerText.includes('已写出')", timeout=_PATIENCE_MS)
    keep(page, "explore_2")
    (layer,) = (folder / "导出").glob("settled_in_grid-*.gpkg")
    assert len(gpd.read_file(layer)) == 3
    assert page.elsewhere == []


def test_a_slider_moves_ranks_and_the_scheme_is_kept(browser: Any, address: str, folder: Path) -> None:
    page = opened(browser, address, "index_workshop", ".widget-slider, .jupyter-widget-slider")
    page.wait_for_function("document.body.innerText.includes('原名次')", timeout=_PATIENCE_MS)
    keep(page, "workshop_1")
    values = page.locator(".widget-readout").all_inner_texts()
    handle = page.locator(".noUi-handle").first
    handle.focus()
    for _ in range(3):
        handle.press("ArrowRight")
    page.wait_for_timeout(1500)
    assert page.locator(".widget-readout").all_inner_texts() != values
    reasons, path = page.locator("textarea").first, page.locator("input[type='text']").first
    reasons.fill("领导小组会议议定")
    reasons.press("Tab")
    path.fill("我区方案.toml")
    path.press("Tab")
    page.get_by_role("button", name=re.compile("存|写")).first.click()
    page.wait_for_function("document.body.innerText.includes('已写出')", timeout=_PATIENCE_MS)
    keep(page, "workshop_2")
    assert load_scheme(str(folder / "我区方案.toml")).leaves
    assert page.elsewhere == []
