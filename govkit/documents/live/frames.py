"""Closed frames: a page of somebody's own within a page of ours, its scripts inside, nothing outside in its reach."""

from __future__ import annotations

import html
import re

from govkit.display.maps.web import SANDBOX

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
