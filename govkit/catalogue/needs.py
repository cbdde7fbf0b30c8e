"""What each standard of the catalogue needs to be judged by: the tables its items and measures are told from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from govkit import catalogue

_TABLE_OF_TYPE = {"fund_norms": "funds", "ladder": "staff"}


def needed_tables(name: str) -> tuple[str, ...]:
    """Return the tables that a standard of the catalogue needs, in the order of the catalogue.

    >>> needed_tables("complete_community")
    ('units', 'facilities')
    """
    raw = catalogue.load(f"standards/{name}")
    found = {"units", *_named(raw)} | ({_TABLE_OF_TYPE[raw["type"]]} if raw["type"] in _TABLE_OF_TYPE else set())
    return tuple(table for table in catalogue.load("tables") if table in found)


def listed() -> list[dict[str, Any]]:
    """Return every standard of the catalogue: ``name``, ``title``, ``needs``, ``since`` and a line to be read."""
    titles = {name: entry["title"] for name, entry in catalogue.load("tables").items()}
    rows = []
    for name in catalogue.names("standards"):
        raw, tables = catalogue.load(f"standards/{name}"), needed_tables(name)
        since = str(raw.get("in_force_from", ""))
        said = f"{raw['title']}；需要：{'、'.join(titles[table] for table in tables)}"
        said += f"；{since} 起施行" if since else ""
        rows.append({"name": name, "title": raw["title"], "needs": [*tables], "since": since, "said": said})
    return rows


def _named(value: Any) -> Iterator[str]:
    """Yield the tables that anything in a standard names, itself or by a measure."""
    if isinstance(value, Mapping):
        if isinstance(value.get("table"), str):
            yield value["table"]
        if value.get("list") and value.get("item"):
            yield "checklist"
        measure = catalogue.load("measures").get(str(value.get("measure", "")), {})
        yield from measure.get("tables", ())
        for one in value.values():
            yield from _named(one)
    elif isinstance(value, list):
        for one in value:
            yield from _named(one)
