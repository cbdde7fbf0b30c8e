"""What a document says about itself: issuer, date, classification and the marks every page and map must carry."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class FrontMatter:
    """The ``[report]`` part of zone.toml with the zone name and its synthetic-data text (``""`` if real).

    ``accent``: the bureau's colour (``#rrggbb``) or ``""``; ``logo``: its picture as a data address or ``""``.
    """

    zone_name: str
    issuer: str = ""
    date: str = ""
    classification: str = "内部资料"
    map_approval: str = ""
    signatories: tuple[tuple[str, str], ...] = ()
    synthetic: str = ""
    accent: str = ""
    logo: str = field(default="", repr=False)
