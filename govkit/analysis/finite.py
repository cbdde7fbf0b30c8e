"""Numbers of frames that did not come through a zone's door."""

from __future__ import annotations

import numpy as np
import pandas as pd

from govkit.errors import GovkitError


def finite(values: pd.Series, what: str) -> pd.Series:
    """Return values as numbers, missing ones missing; GovkitError for words and for what has no end."""
    found = pd.to_numeric(values, errors="coerce").astype("float64")
    odd = values[found.isna() & values.notna()].map(str)
    if len(odd):
        shown = "、".join(map(repr, odd.unique()[:3]))
        raise GovkitError(f"{what}不全是数：{len(odd)} 处不是，如 {shown}。", todo="请先把文字改成数，缺的留空。")
    if np.isinf(found).any():
        raise GovkitError(
            f"{what}里有 {int(np.isinf(found).sum())} 处无穷大（除以了 0？）。", todo="请核对，或改为空缺。"
        )
    return found
