"""Where a TOML file says a thing: the line of an entry and of a key, for errors that a clerk can follow."""

from __future__ import annotations

import re

# What ``checked.place`` writes for an entry: the array's name, the number, and the id if it has one.
_PLACE = re.compile(r"\[\[([\w.]+)\]\](?: 第 (\d+) 项)?(?:（([^）]+)）)?")
_HEADER = re.compile(r"^\s*\[")
_KEY = re.compile(r"^\s*([A-Za-z_]\w*)\s*=")
_WORD = re.compile(r"[A-Za-z_]\w*")


def line_of(text: str, where: str, what: str = "") -> int | None:
    """Return the line (from 1) of the entry ``where`` names and, in it, of the first key that ``what`` names.

    ``where`` is what ``checked.place`` writes, a table such as ``[combination]``, or anything else for the top of the
    file. None where the text has no such entry.

    >>> text = 'title = "t"\\n[[leaves]]\\nid = "a"\\n[[leaves]]\\nid = "b"\\nweight = 2\\n'
    >>> line_of(text, "[[leaves]] 第 2 项（b）", "weight 应不大于 1"), line_of(text, "[[leaves]] 第 2 项（b）")
    (6, 4)
    """
    lines = text.splitlines()
    start = _start(lines, where)
    if start is None:
        return None
    end = next((at for at in range(start + 1, len(lines)) if _HEADER.match(lines[at])), len(lines))
    keys = {found[1]: at for at in range(end - 1, start - 1, -1) if at >= 0 and (found := _KEY.match(lines[at]))}
    named = next((keys[word] for word in _WORD.findall(what) if word in keys), start)
    return named + 1 if named >= 0 else None


def last_line_saying(text: str, key: str, value: object) -> int | None:
    """Return the last line (from 1) on which ``key`` is given this text as its value."""
    said = re.compile(rf"\b{re.escape(key)}\s*=\s*[\"']{re.escape(str(value))}[\"']")
    return max((number for number, line in enumerate(text.splitlines(), start=1) if said.search(line)), default=None)


def _start(lines: list[str], where: str) -> int | None:
    """Return the position of an entry's header, -1 for the top of the file."""
    entry = _PLACE.search(where)
    if entry:
        kind, number, name = entry.groups()
        heads = [at for at, line in enumerate(lines) if line.strip().startswith(f"[[{kind}]]")]
        wanted = int(number or 1)
        if wanted <= len(heads):
            return heads[wanted - 1]
        last = last_line_saying("\n".join(lines), "id", name) if name else None
        return last - 1 if last else None
    table = re.fullmatch(r"\[[\w.]+\]", where)
    if table:
        return next((at for at, line in enumerate(lines) if line.strip().startswith(where)), None)
    return -1
