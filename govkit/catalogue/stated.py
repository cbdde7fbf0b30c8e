"""A standard or scheme as its file states it: one of the catalogue by its name, a zone's own by its path."""

from __future__ import annotations

import hashlib
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
