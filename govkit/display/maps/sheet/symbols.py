"""Our own point symbols, one outline each for print and screen, told apart by shape on a grey printer too."""

from __future__ import annotations

from functools import cache

import numpy as np
from matplotlib.path import Path

from govkit.errors import UnknownNameError

# Drawn with a white body and a coloured border instead of a coloured body.
OPEN = ("open_square", "open_circle")


def _ring(corners: int, start: float, radius: float = 1.0) -> np.ndarray:
    angle = np.radians(start + np.arange(corners) * 360 / corners)
    return radius * np.column_stack([np.cos(angle), np.sin(angle)])


def _arc(start: float, end: float, count: int, radius: float) -> np.ndarray:
    angle = np.radians(np.linspace(start, end, count))
    return radius * np.column_stack([np.cos(angle), np.sin(angle)])


_OUTLINES: dict[str, np.ndarray] = {
    "circle": _ring(36, 0, 0.95),
    "open_circle": _ring(36, 0, 0.9),
    "square": _ring(4, 45, 1.22),
    "open_square": _ring(4, 45, 1.15),
    "bar": np.array([(-1.2, -0.62), (1.2, -0.62), (1.2, 0.62), (-1.2, 0.62)]),
    "diamond": _ring(4, 0, 1.22),
    "triangle": _ring(3, 90, 1.28) - (0, 0.18),
    "inverted": _ring(3, -90, 1.28) - (0, -0.18),
    "pentagon": _ring(5, 90, 1.12),
    "hexagon": _ring(6, 0, 1.08),
    "slanted": np.array([(-1.25, -0.8), (0.75, -0.8), (1.25, 0.8), (-0.75, 0.8)]),
    "cross": np.array([
        (-0.42, 1.05), (0.42, 1.05), (0.42, 0.42), (1.05, 0.42), (1.05, -0.42), (0.42, -0.42),
        (0.42, -1.05), (-0.42, -1.05), (-0.42, -0.42), (-1.05, -0.42), (-1.05, 0.42), (-0.42, 0.42),
    ]),
    "shield": np.array([
        (-0.95, 0.95), (0, 1.15), (0.95, 0.95), (0.95, -0.1), (0.62, -0.72), (0, -1.2), (-0.62, -0.72), (-0.95, -0.1),
    ]),
    "house": np.array([(-0.9, -0.95), (0.9, -0.95), (0.9, 0.2), (0, 1.2), (-0.9, 0.2)]),
    # round below, from 40° clockwise to 140°; the tip closes the rest
    "drop": np.vstack([[(0.0, 1.3)], _arc(40, -220, 24, 0.9) - (0, 0.25)]),
}  # fmt: skip


def outline(symbol: str) -> np.ndarray:
    """Return the corners of a symbol about (0, 0), of radius about 1, y up; UnknownNameError for another name."""
    if symbol not in _OUTLINES:
        raise UnknownNameError("地图符号", symbol, _OUTLINES, where="catalogue/colours.toml [facility_kind]")
    return _OUTLINES[symbol]


@cache
def symbol_path(symbol: str) -> Path:
    """Return the outline as a closed matplotlib path."""
    points = outline(symbol)
    return Path(np.vstack([points, points[:1]]), closed=True)


@cache
def symbol_svg(symbol: str, colour: str, edge: str) -> str:
    """Return the symbol as a small SVG image for the screen (viewBox 3 × 3, y down)."""
    line = " ".join(f"{x:.2f},{-y:.2f}" for x, y in outline(symbol))
    fill, stroke, width = (edge, colour, 0.38) if symbol in OPEN else (colour, edge, 0.18)
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="-1.5 -1.5 3 3" aria-hidden="true">'
        f'<polygon points="{line}" fill="{fill}" stroke="{stroke}" stroke-width="{width}"/></svg>'
    )
