"""The tidy tables as tables.toml fixes them, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from govkit import catalogue


@dataclass(frozen=True)
class Column:
    """One column of a tidy table; ``unit`` is the tidy unit, ``lowest`` and ``highest`` bound it where given.

    ``derived``: what a file leaves out is found otherwise. ``open``: what is not in its list of ``values`` is
    kept as it is. ``spelling``: ``"category"`` or ``"body"`` where several spellings are one word (see ``spellings``).
    ``per``: what its amounts are per, so that a head in 元/月 says the same as one in 元.
    """

    name: str
    label: str
    type: str
    unit: str = ""
    required: bool = False
    values: str = ""
    open: bool = False
    derived: bool = False
    lowest: float | None = None
    highest: float | None = None
    aliases: tuple[str, ...] = ()
    spelling: str = ""
    per: tuple[str, ...] = ()

    @property
    def words(self) -> tuple[str, ...]:
        """What a header may call this column, the usual name first."""
        return (self.label, *self.aliases, self.name)


@dataclass(frozen=True, eq=False)
class Table:
    """One tidy table; ``geometry`` is "polygon", "point" or "". Each exists once, so it hashes by identity."""

    name: str
    title: str
    key: tuple[str, ...]
    geometry: str
    columns: tuple[Column, ...]

    def __getitem__(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)

    def __contains__(self, name: str) -> bool:
        return any(column.name == name for column in self.columns)

    @property
    def measures(self) -> tuple[Column, ...]:
        """The columns that hold amounts."""
        return tuple(c for c in self.columns if c.type in {"integer", "number", "fraction"})


@cache
def table(name: str) -> Table:
    """Return a tidy table by name.

    >>> table("units").key
    ('unit_code',)
    """
    raw = catalogue.load("tables")[name]
    columns = tuple(_column(key, entry) for key, entry in raw["columns"].items())
    return Table(name, raw["title"], tuple(raw["key"]), raw.get("geometry", ""), columns)


def _column(name: str, entry: dict) -> Column:
    lowest, highest = entry.get("range", (None, None))
    return Column(
        name=name,
        label=entry["label"],
        type=entry["type"],
        unit=entry.get("unit", "fraction" if entry["type"] == "fraction" else ""),
        required=entry.get("required", False),
        values=entry.get("values", ""),
        derived=entry.get("derived", False),
        open=entry.get("open", False),
        lowest=0.0 if entry["type"] == "fraction" and lowest is None else lowest,
        highest=1.0 if entry["type"] == "fraction" and highest is None else highest,
        aliases=tuple(entry.get("aliases", ())),
        spelling=entry.get("spelling", ""),
        per=tuple(entry.get("per", ())),
    )
