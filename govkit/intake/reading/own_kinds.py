"""A zone's own kinds (kinds.toml): more names for kinds everybody knows, and kinds that only this place has.

A table of the file is a list: ``facility_kind``, ``unit_kind``, ``organisation_kind`` or ``service_item``; its entries
are names. ``aliases`` are other spellings, ``as`` the kind of codes.toml that it counts as (so that it meets an item of
a standard), ``sign`` the one character that stands for a facility on maps.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from govkit import catalogue
from govkit.errors import ZoneError, nearest
from govkit.intake.values.quantities import plain
from govkit.intake.values.values import choices

FILE = "kinds.toml"
_LISTS = ("facility_kind", "unit_kind", "organisation_kind", "service_item")
_KEYS = ("aliases", "as", "sign")


@dataclass(frozen=True)
class OwnKinds:
    """``words``: list → plain word → the kind it means; ``signs``: facility kind → its sign on maps."""

    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    signs: Mapping[str, str] = field(default_factory=dict)


def read_own_kinds(folder: Path) -> OwnKinds:
    """Read ``folder/kinds.toml``, nothing where there is none. Raises ZoneError with every defect of the file."""
    path = folder / FILE
    if not path.is_file():
        return OwnKinds()
    raw = catalogue.read_toml(path)
    defects = [f"没有 [{name}] 这一类，可用的有 {'、'.join(_LISTS)}" for name in raw if name not in _LISTS]
    words: dict[str, dict[str, str]] = {}
    signs: dict[str, str] = {}
    for list_name, entries in raw.items():
        if list_name not in _LISTS or not isinstance(entries, dict):
            continue
        for name, entry in entries.items():
            wrong = _defects(list_name, name, entry)
            defects += [f"[{list_name}.{name}] {one}" for one in wrong]
            if not wrong:
                kind = choices(list_name)[plain(entry["as"])] if entry.get("as") else str(name)
                mine = words.setdefault(list_name, {})
                mine |= {plain(word): kind for word in (name, *entry.get("aliases", []))}
                signs |= {kind: entry["sign"]} if entry.get("sign") else {}
    if defects:
        raise ZoneError("kinds.toml 有误：\n" + "\n".join(f"  - {line}" for line in defects), where=str(path))
    return OwnKinds(words, signs)


def _defects(list_name: str, name: str, entry: Any) -> list[str]:
    if not isinstance(entry, dict):
        return ['应写作一段，如 aliases = ["别名"]']
    found = [f"没有 {key!r} 这一项，可用的有 {'、'.join(_KEYS)}" for key in entry if key not in _KEYS]
    aliases, kind, sign = entry.get("aliases", []), entry.get("as", ""), entry.get("sign", "")
    if not (isinstance(aliases, list) and all(isinstance(one, str) for one in aliases)):
        found.append('aliases 应为方括号里的一列文字，如 ["别名"]')
    if not isinstance(sign, str) or len(sign) > 1:
        found.append(f"sign 应为一个字，现在是 {sign!r}")
    if sign and list_name != "facility_kind":
        found.append("sign 只用于 facility_kind")
    if kind and list_name == "service_item":
        found.append("服务事项没有通用的分类，不写 as")
    elif kind and (not isinstance(kind, str) or plain(kind) not in choices(list_name)):
        near = nearest(str(kind), [entry["label"] for entry in catalogue.load("codes")[list_name].values()])
        found.append(f"as = {kind!r} 不是已有的类型" + (f"，最接近的是 {'、'.join(near)}" if near else ""))
    elif not kind and str(name).isascii():
        found.append("当地的名称应写中文")
    return found


def translated(text: pd.Series, words: Mapping[str, str]) -> pd.Series:
    """Return texts with the words that a zone explains put as what they mean."""
    if not words:
        return text
    meant = {one: words[plain(one)] for one in text.dropna().unique() if plain(one) in words}
    return text.where(~text.isin(meant), text.map(meant)).astype("str") if meant else text
