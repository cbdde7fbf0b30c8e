"""What every interactive map of a page carries alike (Leaflet, our scripts and styles) is kept once a page."""

from __future__ import annotations

import html
import json
import re

# As display/maps/web.py marks it, and as it stands inside the srcdoc attribute of an iframe.
_MARKED = re.compile(r"&lt;!--govkit-shared--&gt;(.*?)&lt;!--/govkit-shared--&gt;", re.DOTALL)


def share_scripts(page: str) -> str:
    """Return the page with each marked part that occurs more than once stored once; maps take it from there.

    A map's iframe has its page's origin, so that it may read its parent; written before anything else of the map is
    read, scripts run in order. A page with one map, or none, comes back as it is.
    """
    parts = _MARKED.findall(page)
    again = [part for part in dict.fromkeys(parts) if parts.count(part) > 1]
    if not again:
        return page
    names = {part: f"govkit-shared-{number}" for number, part in enumerate(again, start=1)}

    def taken(found: re.Match[str]) -> str:
        return _loader(names[found[1]]) if found[1] in names else found[0]

    stores = "".join(_store(name, html.unescape(part)) for part, name in names.items())
    lifted = _MARKED.sub(taken, page)
    return re.sub(r"<body[^>]*>", lambda found: found[0] + stores, lifted, count=1)


def _store(name: str, text: str) -> str:
    held = json.dumps(text, ensure_ascii=False).replace("<", "\\u003c")
    return f'\n<script type="application/json" id="{name}">{held}</script>'


def _loader(name: str) -> str:
    script = f'<script>document.write(JSON.parse(parent.document.getElementById("{name}").textContent))</script>'
    return html.escape(script, quote=False)
