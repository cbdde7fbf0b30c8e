"""What a batch keeps in memory for the notebooks it runs, and by which door a notebook came to its data.

In a process of a batch the zone is open already, and what all districts share is found; in a kernel neither is there
and a door reads the files. Which doors were used decides what a report depends on, and so when it is made again.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

# The zones that are open, by folder, and what their districts share, by folder and period.
_zones: dict[Path, Any] = {}
_shared: dict[tuple[Path, str], Any] = {}
# What a notebook has opened in this process: ("zone", folder, "", ""), ("report", folder, district, period).
_opened: dict[tuple[str, str, str, str], None] = {}


def keep(zone: Any, shared: Mapping[str, Any] | None = None) -> None:
    """Have a zone, and what its districts share by period, ready in this process and those forked from it."""
    _zones[zone.folder.resolve()] = zone
    for period, found in (shared or {}).items():
        _shared[zone.folder.resolve(), period] = found


def forget() -> None:
    """Keep nothing any more, and know of nothing that was opened."""
    for one in (_zones, _shared, _opened):
        one.clear()


def taken(door: str, folder: Path, *, district: str = "", period: str = "") -> Any:
    """Note that a notebook has come by a door (``zone``: open_zone, ``report``: open_report); return the open zone.

    None if it is not in memory. Who gets it by the door ``report`` changes nothing in it. ``district`` is the short
    code, "" for the whole zone.
    """
    _opened[door, str(folder.resolve()), district, period] = None
    return _zones.get(folder.resolve())


def kept(folder: Path) -> Any:
    """Return the open zone of a folder without noting anything; None if it is not in memory."""
    return _zones.get(folder.resolve())


def shared(folder: Path, period: str) -> Any:
    """Return what the districts of a zone share in a period, None if it is not in memory."""
    return _shared.get((folder.resolve(), period))


def opened() -> tuple[tuple[str, str, str, str], ...]:
    """Return the doors a notebook has used in this process, each with folder, district and period."""
    return tuple(_opened)
