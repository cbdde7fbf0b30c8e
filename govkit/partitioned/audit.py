"""Gaps and overlaps of a grid layer too large for memory."""

from __future__ import annotations

from typing import Any

from govkit.errors import SourceError
from govkit.geometry.coverage import GEOGRAPHIC, GridAudit
from govkit.geometry.coverage_pieces import audit_pieces
from govkit.partitioned.layers import Box, Layer

_NAMES = ("grid_code", "unit_code")


def audit(grids: Layer, *, crs: Any, district_digits: int = 9) -> GridAudit:
    """Return gaps, overlaps and slivers of a layer as ``geometry.coverage.audit_grids`` does, taken piece by piece.

    ``crs`` is metric. The district of a grid is told by the first ``district_digits`` of its unit's 12-digit code: 9
    for streets and towns, 6 for counties. Raises SourceError for a layer in metres.
    """
    if not grids.crs.is_geographic:
        raise SourceError(
            "网格的坐标是米，不是经纬度。",
            where=grids.crs.to_string(),
            allowed="CGCS2000（EPSG:4490）等经纬度",
            todo="请先转换到经纬度再检查。",
        )

    def completed(frame: Any) -> Any:
        code = frame["unit_code"].str[:district_digits].str.ljust(12, "0")
        return frame.assign(district_code=code).to_crs(GEOGRAPHIC)

    def near(box: Box) -> Any:
        return completed(grids.frame(box, _NAMES))

    return audit_pieces((completed(grids.piece_frame(piece, _NAMES)) for piece in grids.pieces), near, crs=crs)
