"""The content security policy of a page: it runs the scripts we put into it, told by SHA-256, and asks no address.

Frames made by ``srcdoc`` and windows opened on ``about:blank`` are under their page's policy: theirs are told too.
Only a page with live charts of a team's own may also evaluate texts and import from memory: their libraries need it.
"""

from __future__ import annotations

import base64
import hashlib
import html
import re
import secrets
from collections.abc import Iterator
from functools import cache

from markupsafe import Markup

from govkit.display.maps.web import SANDBOX

# What only our templates can write, so that no text of a file passes for one of our scripts; taken out again.
_OWN = f'data-own="{secrets.token_hex(16)}"'
OWN_SCRIPT = Markup(f"<script {_OWN}>")  # noqa: S704
# Where the policy names the scripts; it stands before anything of the data.
HERE = "'govkit-scripts'"

_OURS = re.compile(rf"<script {_OWN}>(.*?)</script", re.DOTALL)
_SCRIPT = re.compile(r"<script\b([^>]*)>(.*?)</script", re.DOTALL | re.IGNORECASE)
_DATA = re.compile(r"""\btype\s*=\s*["']?(?:application/(?:[\w.-]+\+)?json|text/plain|text/template)""", re.IGNORECASE)
_FRAME = re.compile(
    rf"""<iframe class="govkit-(map|live)" sandbox="{SANDBOX}"[^>]*?\b(?:srcdoc|data-map|data-page)='([^']*)'"""
)
_HANDLER = re.compile(r"""<[^<>]*?\son\w+\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)
# A window that a script writes: a template literal, its end tags escaped.
_WRITTEN = re.compile(r"(?:<|\\x3c)script>((?:(?!(?:<|\\x3c)script>).)*?)(?:<|\\x3c)\\/script>\s*</body>", re.DOTALL)
_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|.)", re.DOTALL)
_LETTERS = {"n": "\n", "t": "\t", "r": "\r", "0": "\0"}
_MEMORY = "blob: data:"


def sealed(page: str) -> str:
    """Return a page whose policy names the scripts it may run; scripts that are not ours, or in our frames, are dead.

    A page whose policy does not ask for it (templates/policy.html.j2) comes back without marks, otherwise as it is.
    """
    if HERE not in page:
        return page.replace(f"<script {_OWN}>", "<script>")
    found: dict[str, None] = {}
    handlers = live = False
    for ours in _OURS.finditer(page):
        found[source_hash(ours[1])] = None
        found |= dict.fromkeys(source_hash(_evaluated(text)) for text in _WRITTEN.findall(ours[1]))
    for frame in _FRAME.finditer(page):
        document = html.unescape(frame[2])
        found |= dict.fromkeys(source_hash(text) for text in _scripts(document))
        if frame[1] == "live":
            live = True
            told = [
                source_hash(html.unescape(double or single)) for double, single in _HANDLER.findall(_bare(document))
            ]
            handlers = handlers or bool(told)
            found |= dict.fromkeys(told)
    allowed = [f"'sha256-{one}'" for one in found] or ["'none'"]
    allowed += ["'unsafe-hashes'"] if handlers else []
    allowed += ["'unsafe-eval'", _MEMORY] if live else []
    page = page.replace(HERE, " ".join(allowed), 1)
    return page.replace(f"<script {_OWN}>", "<script>")


def _scripts(document: str) -> Iterator[str]:
    for attributes, text in _SCRIPT.findall(document):
        if text and not _DATA.search(attributes):
            yield text


def _bare(document: str) -> str:
    """Return a document without what stands in scripts and styles."""
    return re.sub(r"<(script|style)\b.*?</\1", "", document, flags=re.DOTALL | re.IGNORECASE)


def _evaluated(literal: str) -> str:
    """Return what a template literal of JavaScript without insertions stands for."""

    def sign(found: re.Match[str]) -> str:
        what = found[1]
        return chr(int(what[1:], 16)) if len(what) > 1 else "" if what == "\n" else _LETTERS.get(what, what)

    return _ESCAPE.sub(sign, literal)


@cache
def source_hash(text: str) -> str:
    """Return the SHA-256 of a script or style, as a policy names it."""
    # a browser reads every end of line as \n before it looks at a script
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    return base64.b64encode(hashlib.sha256(plain.encode("utf-8", "replace")).digest()).decode("ascii")
