"""A stable name for every finding, so that one can be accepted with a reason (``accepted`` in zone.toml)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

# what a finding is known by: where it is in words, and what the cell says; not its row, which moves when one is added
_KNOWN_BY = ("rule", "table", "file", "sheet", "column", "value", "unit_code")


def with_ids(findings: pd.DataFrame, accepted: Mapping[str, str]) -> pd.DataFrame:
    """Return findings with ``id`` and ``accepted``: the reason zone.toml gives for it, NA where it gives none.

    Findings alike in everything but their row are told apart by their order. A value that changes has another id, so
    that what was accepted is not what comes after it.

    >>> one = pd.DataFrame({name: ["x"] for name in _KNOWN_BY})
    >>> with_ids(pd.concat([one, one]), {})["id"].str.len().tolist()
    [8, 10]
    """
    size = len(findings)
    texts = pd.Series("", index=range(size), dtype="object")
    for name in _KNOWN_BY:
        texts = texts + "\x1f" + findings[name].astype("object").fillna("").astype("str").to_numpy()
    hashes = (
        pd.util.hash_array(texts.to_numpy(dtype=object), categorize=False) if size else np.array([], dtype="uint64")
    )
    names = pd.Series([f"{one & 0xFFFFFFFF:08x}" for one in hashes.tolist()], dtype="object")
    again = names.groupby(names).cumcount()
    names = names.where(again == 0, names + "-" + (again + 1).astype("str"))
    found = findings.assign(id=pd.array(names, dtype="str"))
    reasons = names.map(accepted) if len(accepted) else pd.Series(None, index=range(size), dtype="object")
    return found.assign(accepted=pd.array(reasons, dtype="str"))
