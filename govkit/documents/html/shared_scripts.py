"""What frames of a page carry alike (Leaflet, Plotly, our scripts and styles) is kept once a page."""

from __future__ import annotations

import html
import json
import re

# As display/maps/web marks it, and as it stands inside the srcdoc attribute of an iframe.
_MARKED = re.compile(r"&lt;!--govkit-shared--&gt;(.*?)&lt;!--/govkit-shared--&gt;", re.DOTALL)
_FRAME = re.compile(r"\b(srcdoc|data-map)='([^']*)'")


def share_scripts(page: str) -> str:
    """Return the page with each marked part that occurs more than once stored once; frames.js puts it into each frame.

    A frame cannot reach its page, so its page fills it: its document waits in ``data-page`` (on a slide in
    ``data-map``) with the names of the parts. A page with one map, or none, comes back as it is.
    """
    parts = _MARKED.findall(page)
    again = [part for part in dict.fromkeys(parts) if parts.count(part) > 1]
    if not again:
        return page
    names = {part: f"govkit-shared-{number}" for number, part in enumerate(again, start=1)}

    def named(found: re.Match[str]) -> str:
        return f"&lt;!--{names[found[1]]}--&gt;" if found[1] in names else found[0]

    def lifted(found: re.Match[str]) -> str:
        text = _MARKED.sub(named, found[2])
        waits = "data-page" if found[1] == "srcdoc" and text != found[2] else found[1]
        return f"{waits}='{text}'"

    stores = "".join(_store(name, html.unescape(part)) for part, name in names.items())
    return re.sub(r"<body[^>]*>", lambda found: found[0] + stores, _FRAME.sub(lifted, page), count=1)


def _store(name: str, text: str) -> str:
    held = json.dumps(text, ensure_ascii=False).replace("<", "\\u003c")
    return f'\n<script type="application/json" id="{name}">{held}</script>'
