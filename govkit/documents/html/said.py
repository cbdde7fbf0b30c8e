"""A finished page of the workbench's own (index, check) in the language of its zone: the same page, its texts said."""

from __future__ import annotations

import html
import re

from govkit.display.words.language import Speaker

# What is no text: scripts and styles.
_CODE = re.compile(r"(<(?P<kind>script|style)\b.*?</(?P=kind)>)", re.DOTALL)
_TEXT = re.compile(r"(?<=>)([^<>]*[\u3400-\u9fff][^<>]*)(?=<)")
_SPOKEN = re.compile(
    r'(?<= )((?:aria-label|title|alt|placeholder|data-(?:label|name|said|sort))=")([^"]*[\u3400-\u9fff][^"]*)(?=")'
)


def page_in_language(page: str, speaker: Speaker | None) -> str:
    """Return a page with its texts and labels said; what has no wording stays as it is: a finding is never hidden."""
    if speaker is None:
        return page
    parts = _CODE.split(page)
    said = [_said(part, speaker) if at % 3 == 0 else part for at, part in enumerate(parts) if at % 3 != 2]
    return "".join(said).replace('<html lang="zh-CN">', f'<html lang="{speaker.language}">', 1)


def _said(markup: str, speaker: Speaker) -> str:
    markup = _TEXT.sub(lambda found: _kept(found[1], speaker), markup)
    return _SPOKEN.sub(lambda found: f"{found[1]}{_kept(found[2], speaker)}", markup)


def _kept(text: str, speaker: Speaker) -> str:
    bare = html.unescape(text).strip()
    said = html.escape(speaker.heard(bare) or bare)
    lead, tail = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    return f"{lead}{said}{tail}"
