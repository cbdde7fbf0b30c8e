"""Text that was decoded in another encoding than it was written in, and saved so (乱码)."""

from __future__ import annotations

import re

# what the replacement character of UTF-8 reads as in GBK; fresh memory in GBK; letters lost to a code page
_LOST = re.compile("锟斤拷|锟斤|斤拷|烫烫|屯屯|\ufffd|^[?？]{2,}$|[?？]{4,}")
# letters that GBK and UTF-8 bytes become in Western code pages
_WESTERN = re.compile("[\xa1-\xff\u0152-\u2122]{2,}")
_CHINESE = re.compile("[\u4e00-\u9fff]")


def meant(text: str) -> str | None:
    """Return what a garbled text was before, ``""`` where that is lost, None for a text that is sound.

    >>> meant("代缴"), meant("代缴".encode().decode("gb18030")), meant("锟斤拷")
    (None, '代缴', '')
    """
    if text.isascii() and "??" not in text:
        return None
    if _LOST.search(text):
        return ""
    for wrong, right in (("gb18030", "utf-8"), ("cp1252", "utf-8"), ("latin1", "utf-8"), ("latin1", "gb18030")):
        if wrong != "gb18030" and not _WESTERN.search(text):
            continue
        try:
            found = text.encode(wrong).decode(right)
        except UnicodeError:
            continue
        # one letter may be chance; what it becomes must be Chinese
        if len(_CHINESE.findall(found)) >= 2 or (wrong != "gb18030" and _CHINESE.search(found)):
            return found
    return None
