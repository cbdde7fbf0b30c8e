"""Numbers of frames that did not come through a zone's door."""

from __future__ import annotations

import numpy as np
import pandas as pd

from govkit.errors import GovkitError


def finite(values: pd.Series, what: str) -> pd.Series:
    """Return values as numbers, missing ones missing; GovkitError for words and for what has no end."""
    try:
        found = pd.to_numeric(values).astype("float64")
    except (TypeError, ValueError) as error:
        raise GovkitError(f"{what}不全是数：{error}", todo="请先把文字改成数，缺的留空。") from error
    if np.isinf(found).any():
        raise GovkitError(
            f"{what}里有 {int(np.isinf(found).sum())} 处无穷大（除以了 0？）。", todo="请核对，或改为空缺。"
        )
    return found
