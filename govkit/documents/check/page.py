"""check.html: findings to read and print, offline and complete in itself, with a map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from govkit import catalogue
from govkit.documents.check.listing import SEVERITY, Listing, accounts_table, source_label, table_titles
from govkit.documents.check.map import draw
from govkit.documents.check.spoken import grouped
from govkit.documents.html.environment import environment
from govkit.documents.html.policy import sealed
from govkit.zone.reported import not_reported
from govkit.zone.zone import Zone


@dataclass(frozen=True)
class FilePart:
    """What the page says of one file: all findings by severity, those listed, their kinds, and where it came from."""

    label: str
    titles: str
    counts: dict[str, int]
    rows: list[dict[str, Any]]
    kinds: list[dict[str, Any]]

    @property
    def total(self) -> int:
        """How many findings the file has, listed or not."""
        return sum(self.counts.values())


def check_page(zone: Zone, listing: Listing) -> str:
    """Return check.html as text: counts, files with findings, map, findings by file, row accounts."""
    accounts = accounts_table(zone.accounts)
    return sealed(
        environment()
        .get_template("check.html.j2")
        .render(
            zone_name=zone.name,
            synthetic=zone.front.synthetic,
            severity=catalogue.load("check")["severity"],
            counts=listing.counts,
            total=listing.total,
            listed=len(listing.rows),
            files=[_file_part(listing, file) for file in listing.files],
            drawing=draw(zone, listing.rows),
            most_numbers=catalogue.load("check")["limits"]["numbers"],
            heads=list(accounts.columns),
            accounts=accounts.to_numpy().tolist(),
            unbalanced=_unbalanced(zone.accounts),
            weighty=_weighty(zone.findings),
            lacking=not_reported(zone.tables),
            severity_words=SEVERITY,
        )
    )


def _weighty(findings: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the groups of findings in the order of their weight, accepted ones last."""
    parts = [grouped(findings[mask]) for mask in (findings["accepted"].isna(), findings["accepted"].notna())]
    groups = [one for part in parts for one in part.to_dict("records")]
    return [one | {key: "" for key in ("cell", "accepted") if pd.isna(one[key])} for one in groups]


def _file_part(listing: Listing, file: str) -> FilePart:
    kinds = listing.kinds[listing.kinds["file"] == file]
    return FilePart(
        label=source_label(file),
        titles="、".join(dict.fromkeys(title for title in kinds["title"] if title)),
        counts=listing.counts_of(file),
        rows=listing.of_file(file).to_dict("records"),
        kinds=kinds.astype({"number": "object"}).to_dict("records"),
    )


def _unbalanced(accounts: pd.DataFrame) -> list[str]:
    """Return the files whose rows read are not used, set aside or left out; there must be none."""
    parts = accounts["rows_used"] + accounts["rows_set_aside"] + accounts["rows_left_out"]
    wrong = accounts[accounts["rows_read"] != parts]
    return [f"{file}（{title}）" for file, title in zip(wrong["file"], table_titles(wrong["table"]), strict=True)]
