"""Open an interactive map in headless Chromium, network off, and gather what it asks for and says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from govkit.display.maps.figure import InteractiveMap


@contextmanager
def open_map(
    browser: Any, figure: InteractiveMap, folder: Path, *, width: int = 1000, height: int = 600, **options: Any
) -> Iterator[Any]:
    """Yield the map's frame; ``frame.page.said`` holds errors and messages, ``asked`` the addresses asked for."""
    file = folder / "地图.html"
    file.write_text(f"<!doctype html><meta charset=utf-8><body style='margin:0'>{figure.html}", encoding="utf-8")
    context = browser.new_context(offline=True, viewport={"width": width, "height": height}, **options)
    page = context.new_page()
    page.said, page.asked = [], []
    page.on("pageerror", lambda error: page.said.append(str(error)))
    page.on("console", lambda message: page.said.append(message.text))
    page.on("request", lambda request: page.asked.append(request.url))
    page.goto(file.as_uri())
    frame = page.frames[1]
    frame.wait_for_selector(".govkit-legend")
    yield frame
    context.close()


def asked_elsewhere(frame: Any) -> list[str]:
    """Return the addresses a map asked for beside its own file."""
    return [url for url in frame.page.asked if not url.startswith(("file:", "data:", "about:"))]
