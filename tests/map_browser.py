"""Open an interactive map in headless Chromium, network off, and gather what it asks for and says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from map_kinds import KINDS, VIEWS

from govkit.display.maps.sheet.figure import InteractiveMap

_HEAD = "<!doctype html><meta charset=utf-8><meta name=viewport content='width=device-width, initial-scale=1'>"


@contextmanager
def open_map(
    browser: Any, figure: InteractiveMap, folder: Path, *, width: int = 1000, height: int = 600, **options: Any
) -> Iterator[Any]:
    """Yield the map's frame; ``frame.page.said`` holds errors and messages, ``asked`` the addresses asked for."""
    file = folder / "地图.html"
    file.write_text(f"{_HEAD}<body style='margin:0'>{figure.html}", encoding="utf-8")
    context = browser.new_context(offline=True, viewport={"width": width, "height": height}, **options)
    context.set_default_timeout(10_000)
    page = context.new_page()
    page.said, page.asked = [], []
    page.on("pageerror", lambda error: page.said.append(str(error)))
    page.on("console", lambda message: page.said.append(message.text))
    page.on("request", lambda request: page.asked.append(request.url))
    page.goto(file.as_uri())
    frame = page.frames[1]
    frame.wait_for_selector(".govkit-legend")
    wait_until_fitted(frame)
    yield frame
    context.close()


def wait_until_fitted(frame: Any) -> None:
    """Wait until the map has its size: a frame is laid out after its script has run, and later outside the view."""
    frame.frame_element().scroll_into_view_if_needed()
    frame.wait_for_function(
        """() => [...document.querySelectorAll("path.leaflet-interactive, .govkit-symbol")].some(
            (one) => one.getBoundingClientRect().width > 4) || !document.querySelector("path.leaflet-interactive")"""
    )


def asked_elsewhere(frame: Any) -> list[str]:
    """Return the addresses a map asked for beside its own file."""
    return [url for url in frame.page.asked if not url.startswith(("file:", "data:", "about:"))]


@contextmanager
def open_view(browser: Any, name: str, folder: Path) -> Iterator[Any]:
    """Yield the frame of one of the views of tests/map_kinds.py, settled."""
    kind, width, height = VIEWS[name]
    touch = {"has_touch": True, "is_mobile": True} if width < 500 else {}
    with open_map(browser, KINDS[kind](), folder, width=width, height=height, **touch) as frame:
        frame.wait_for_function("document.fonts.status === 'loaded'")
        before = None
        for _ in range(20):  # a machine with other work draws late: settled is what looks the same twice
            frame.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
            taken = frame.page.screenshot()
            if taken == before:
                break
            before = taken
        yield frame
