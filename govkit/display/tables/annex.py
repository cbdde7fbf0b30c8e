"""A whole frame for the annex: every row on the page (folded) and in the workbook, one line of it on paper."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import Any

import pandas as pd

MIME = "application/vnd.govkit.table+json"
_SHOWN = 20


@dataclass(frozen=True, eq=False)
class Annex:
    """All rows of ``frame`` under ``title``; a notebook shows the first of them."""

    frame: pd.DataFrame
    title: str = ""

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        frame = self.frame.reset_index() if any(name is not None for name in self.frame.index.names) else self.frame
        columns = [
            {"label": str(name), "kind": "number" if pd.api.types.is_numeric_dtype(frame[name]) else "text"}
            for name in frame
        ]
        rows = [["" if pd.isna(cell) else str(cell) for cell in row] for row in frame.itertuples(index=False)]
        table = {"title": self.title, "columns": columns, "rows": rows, "annex": True}
        head = f"<p>{html.escape(self.title)}：{len(frame):,} 行，全部收入附表</p>"
        return {MIME: table, "text/html": head + frame.head(_SHOWN).to_html(), "text/plain": f"附表：{self.title}"}


def to_annex(frame: pd.DataFrame, title: str = "") -> Annex:
    """Return a frame for the annex under a ``title``: all its rows, folded in HTML and in the workbook (``--to xlsx``).

    Named index levels become columns; a missing value is an empty cell. The last line of a notebook's cell shows it.

    >>> to_annex(pd.DataFrame({"村": ["甲"]}), "名单")._repr_mimebundle_()["application/vnd.govkit.table+json"]["rows"]
    [['甲']]
    """
    return Annex(frame, title)
