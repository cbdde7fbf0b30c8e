"""JupyterLab's launcher has a tile for every notebook of the workbench, and opens it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest

ROOT = Path(__file__).parents[1]
_PATIENCE_MS = 120_000

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """JupyterLab as ``make lab`` starts it, rooted in a copy of the notebooks."""
    place = tmp_path_factory.mktemp("home")
    shutil.copytree(ROOT / "notebooks", place / "notebooks")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable, "-m", "jupyterlab", "--allow-root", "--no-browser", f"--ServerApp.port={port}",
        "--ServerApp.ip=127.0.0.1", f"--ServerApp.root_dir={place}", "--IdentityProvider.token=nur-hier",
        f"--LabApp.app_settings_dir={ROOT / 'notebooks/lab/settings'}", "--LabApp.news_url=None",
        f"--LabApp.extra_labextensions_path={ROOT / 'notebooks/lab/labextensions'}",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]  # fmt: skip
    log = (place / "lab.log").open("w", encoding="utf-8")
    own = {name: str(place / name) for name in ("JUPYTER_CONFIG_DIR", "JUPYTERLAB_WORKSPACES_DIR", "JUPYTER_DATA_DIR")}
    server = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env={**os.environ, **own}, cwd=place)
    here = f"http://127.0.0.1:{port}"
    try:
        end = time.monotonic() + 90
        while True:
            try:
                urlopen(f"{here}/api", timeout=30).read(1)  # noqa: S310
                break
            except (URLError, OSError):
                assert server.poll() is None, (place / "lab.log").read_text(encoding="utf-8")[-2000:]
                assert time.monotonic() < end, (place / "lab.log").read_text(encoding="utf-8")[-2000:]
                time.sleep(0.3)
        yield here
    finally:
        server.kill()  # it would wait for its kernels, which end with it
        server.wait(30)
        log.close()


def test_every_notebook_has_a_tile_that_opens_it(browser: Any, address: str) -> None:
    with browser.new_context(viewport={"width": 1400, "height": 1000}) as context:
        page = context.new_page()
        page.goto(f"{address}/lab?token=nur-hier", timeout=_PATIENCE_MS, wait_until="domcontentloaded")
        tile = page.locator(".jp-LauncherCard", has_text="看一看")
        tile.first.wait_for(timeout=_PATIENCE_MS)
        shown = page.locator(".jp-Launcher-section", has_text="社区治理").inner_text()
        assert {"从这里开始", "看一看", "试点成效", "指标体系工作坊"} <= {line.strip() for line in shown.splitlines()}
        if folder := os.environ.get("GOVKIT_SCREENSHOTS"):
            page.screenshot(path=str(Path(folder) / "launcher.png"))
        tile.first.click()
        page.locator(".jp-NotebookPanel").first.wait_for(timeout=_PATIENCE_MS)
        assert (
            "explore" in page.locator(".lm-TabBar-tabLabel").all_inner_texts()[-1]
            or page.get_by_text("explore.ipynb").count()
        )
