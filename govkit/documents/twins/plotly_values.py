"""Arrays, texts, colours and sizes as Plotly writes them in its JSON; the numbers of a figure as a table."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from html import unescape
from typing import Any

import numpy as np
import pandas as pd

_TAG = re.compile(r"<[^>]*>")
_DATE = re.compile(r"\d{4}-\d{1,2}(-\d{1,2}([ T]\d{1,2}:\d{2}.*)?)?")
_NUMBER = re.compile(r"[-+]?\d+(\.\d+)?(e[-+]?\d+)?", re.IGNORECASE)


def rows_of(spec: Mapping[str, Any]) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Return the numbers of a figure as heads and rows: for each trace its name and its columns of equal length."""
    heads: list[str] = []
    found: list[dict[str, str]] = []
    for trace in spec.get("data", ()):
        flat = {**trace, **{f"link.{key}": value for key, value in (trace.get("link") or {}).items()}}
        flat |= {f"node.{key}": value for key, value in (trace.get("node") or {}).items()}
        flat |= {text(one.get("label")): one.get("values") for one in trace.get("dimensions") or ()}
        known = {key: listed(value) for key, value in flat.items() if key not in {"customdata", "ids"}}
        if labels := known.get("node.label"):  # the ends of a flow by their names
            known |= {key: [labels[at] for at in known[key]] for key in ("link.source", "link.target") if key in known}
        columns = {key: value for key, value in known.items() if len(value) and not isinstance(value[0], (list, dict))}
        heads += [name for name in columns if name not in heads]
        for at in range(max(map(len, columns.values()), default=0)):
            row = {key: str(value[at]) for key, value in columns.items() if at < len(value)}
            found.append({"": text(trace.get("name") or ""), **row})
    return ("", *heads), tuple(tuple(row.get(head, "") for head in ("", *heads)) for row in found)


def tables_of(spec: Mapping[str, Any]) -> tuple[tuple[tuple[str, ...], tuple[tuple[str, ...], ...]], ...]:
    """Return the tables of a figure that is one, or shows single numbers, each as heads and rows."""
    found: list[tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]] = []
    for trace in spec.get("data", ()):
        if trace.get("type") == "indicator":
            said = {
                "": text(trace.get("title")),
                "数值": trace.get("value"),
                "参照值": (trace.get("delta") or {}).get("reference"),
            }
            shown = {head: str(value) for head, value in said.items() if value is not None}
            found.append((tuple(shown), (tuple(shown.values()),)))
            continue
        heads = tuple(text(" ".join(map(str, listed(one)) if listed(one) else [str(one)]))
                      for one in listed((trace.get("header") or {}).get("values")))  # fmt: skip
        columns = [listed(one) for one in listed((trace.get("cells") or {}).get("values"))]
        height = max(map(len, columns), default=0)
        rows = tuple(tuple(text(one[at]) if at < len(one) else "" for one in columns) for at in range(height))
        found.append((heads or tuple("" for _ in columns), rows))
    return tuple(found)


def text(value: Any) -> str:
    """A text of Plotly's, without its tags."""
    given = value.get("text") if isinstance(value, Mapping) else value
    return unescape(_TAG.sub(" ", "" if given is None else str(given))).strip()


def listed(value: Any) -> list[Any]:
    """An array of Plotly's as a list; it may come as bytes."""
    if isinstance(value, Mapping) and "bdata" in value:
        found = np.frombuffer(base64.b64decode(value["bdata"]), dtype=np.dtype(str(value["dtype"])))
        shape = [int(one) for one in str(value.get("shape") or len(found)).split(",")]
        return list(found.reshape(shape).tolist())
    return list(value) if isinstance(value, (list, tuple, np.ndarray)) else []


def matrix(value: Any) -> list[Any]:
    return [listed(row) if isinstance(row, Mapping) else row for row in listed(value)]


def list_or_none(value: Any) -> list[Any] | None:
    return listed(value) or None


def of_one_kind(values: list[Any], kind: str) -> list[Any]:
    texts = [one for one in values if isinstance(one, str)]
    if not texts:
        return [np.nan if one is None else one for one in values]
    if kind in {"category", "multicategory"} or len(texts) < len([one for one in values if one is not None]):
        return ["" if one is None else str(one) for one in values]
    if all(_NUMBER.fullmatch(one) for one in texts):
        return [np.nan if one is None else float(one) for one in values]
    if kind == "date" or all(_DATE.fullmatch(one) for one in texts):
        return list(pd.to_datetime(pd.Series(values), format="ISO8601", utc=True).dt.tz_localize(None))
    return ["" if one is None else one for one in values]


def sizes(marker: Mapping[str, Any]) -> Any:
    several = listed(marker.get("size"))
    if not several:
        return float(marker.get("size") or 6)
    values = np.nan_to_num(np.asarray(several, dtype=float))
    reference = float(marker.get("sizeref") or 1)
    if marker.get("sizemode") == "area":
        return 2 * np.sqrt(values / 2 / reference)
    return values / reference


def css(colour: Any) -> str:
    """A colour of Plotly's as matplotlib reads it."""
    found = re.fullmatch(r"\s*rgba?\(([^)]*)\)\s*", str(colour))
    if not found:
        return str(colour)
    parts = [float(part.strip().rstrip("%")) for part in found[1].split(",")]
    return "#" + "".join(f"{min(255, round(part)):02x}" for part in parts[:3])
