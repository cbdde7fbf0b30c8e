"""A standard or scheme as its file states it: the catalogue's by its name, a zone's own by its path; lines of files."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from govkit.catalogue import names, parse_toml, path_of
from govkit.errors import CatalogueError, UnknownNameError

_CALLED = {"standards": "标准", "schemes": "指标体系"}
_OWN = ".toml"
Made = TypeVar("Made")


@dataclass(frozen=True, eq=False)
class Stated:
    """One file, read: what it says (``raw``; do not change it), its text, and the SHA-256 of its bytes.

    ``where`` names the file in errors. The same name and bytes give the same object: what is made of it may be cached.
    """

    name: str
    where: str
    text: str
    raw: Mapping[str, Any]
    digest: str

    @property
    def folder(self) -> Path | None:
        """The folder of a zone's own file, None for one of the catalogue."""
        return Path(self.name).parent if is_own(self.name) else None


def is_own(name: str) -> bool:
    """Whether a name is the path of a zone's own file (it ends in ``.toml``), not a name of the catalogue.

    >>> is_own("daoli_333"), is_own("data/daoli/我区标准.toml")
    (False, True)
    """
    return name.endswith(_OWN)


def stated(folder: str, name: str) -> Stated:
    """Return a file of ``standards`` or ``schemes``, read anew whenever its bytes have changed.

    Raises UnknownNameError with the nearest names of the catalogue, CatalogueError if a zone's own file is not there or
    a file is not TOML.
    """
    path = Path(name) if is_own(name) else path_of(f"{folder}/{name}")
    if not path.is_file():
        if is_own(name):
            raise CatalogueError(
                f"没有这个文件：{path.name}", where=name, todo="核对 zone.toml 的 [judged_by] 和文件名。"
            )
        raise UnknownNameError(_CALLED[folder], name, names(folder))
    return _read(name, name if is_own(name) else f"{folder}/{name}{_OWN}", path.read_bytes())


def loader(folder: str, read: Callable[..., Made]) -> Callable[[str], Made]:
    """Return the function that gives what ``read(name, raw, where=, text=)`` makes of a file of ``folder`` by its name.

    It is made once for the same bytes; errors are those of ``stated`` and of ``read``.
    """
    made = cache(lambda file: read(file.name, file.raw, where=file.where, text=file.text))
    return lambda name: made(stated(folder, name))


@cache
def _read(name: str, where: str, content: bytes) -> Stated:
    raw = parse_toml(content, where=where)
    return Stated(name, where, content.decode("utf-8-sig"), raw, hashlib.sha256(content).hexdigest())


def shown_name(name: str) -> str:
    """Return what readers see for the name of a standard or scheme: a zone's own file without its folder.

    >>> shown_name("/somewhere/我区标准.toml")
    '我区标准.toml'
    """
    return Path(name).name if is_own(name) else name


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
