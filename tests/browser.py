"""Headless Chromium without a network, for what a person sees; skipped with a word where there is none."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@contextmanager
def started_browser() -> Iterator[Any]:
    """Yield a browser that draws Chinese with the packaged font, as no other may be there."""
    if BROWSER is None:
        assert not os.environ.get("CI"), "CI must have Chromium: a skipped test proves nothing"
        pytest.skip("没有 Chromium：见 tests/prepare_machine.py")
    from playwright.sync_api import sync_playwright

    with TemporaryDirectory() as folder, sync_playwright() as driver:
        environment = {**os.environ, "FONTCONFIG_FILE": str(_font_settings(Path(folder)))}
        browser = driver.chromium.launch(executable_path=BROWSER, args=_ARGUMENTS, env=environment)
        yield browser
        browser.close()


def _font_settings(folder: Path) -> Path:
    """Write a fontconfig file that adds the packaged Chinese fonts to the system's."""
    import pylopdf_fonts_zh_cn

    settings = folder / "fonts.conf"
    fonts = Path(pylopdf_fonts_zh_cn.sans_path()).parent
    settings.write_text(
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>'
        f"<include ignore_missing='yes'>/etc/fonts/fonts.conf</include><dir>{fonts}</dir>"
        f"<cachedir>{folder}/cache</cachedir></fontconfig>",
        encoding="utf-8",
    )
    return settings


def barriers(page: Any) -> list[str]:
    """Return what axe-core calls a serious or critical barrier on a page, its frames left out: rule and first place."""
    import axe_playwright_python

    page.evaluate((Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document, {iframes: false, resultTypes: ['violations']})")["violations"]
    grave = [one for one in found if one["impact"] in {"serious", "critical"}]
    return [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in grave]


def until(page: Any, expression: str, *, seconds: float = 30.0) -> None:
    """Wait until an expression holds in a page or frame; a page that evaluates no texts is asked from outside."""
    from playwright.sync_api import Error

    end = time.monotonic() + seconds
    while True:
        try:
            if page.evaluate(expression):
                return
        except Error as error:  # a frame asked while its page is still being put in place
            if "context was destroyed" not in error.message:
                raise
        assert time.monotonic() < end, expression
        time.sleep(0.05)
