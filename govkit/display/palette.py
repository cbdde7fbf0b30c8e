"""Colours from the catalogue: ramps interpolated in OKLab, so that equal steps look equal, in grey as well."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from govkit import catalogue
from govkit.errors import UnknownNameError

# Björn Ottosson, "A perceptual color space for image processing" (2020): linear sRGB → cone response → OKLab
_CONES = np.array([
    [0.4122214708, 0.5363325363, 0.0514459929],
    [0.2119034982, 0.6806995451, 0.1073969566],
    [0.0883024619, 0.2817188376, 0.6299787005],
])  # fmt: skip
_OPPONENT = np.array([
    [0.2104542553, 0.7936177850, -0.0040720468],
    [1.9779984951, -2.4285922050, 0.4505937099],
    [0.0259040371, 0.7827717662, -0.8086757660],
])  # fmt: skip


def colours(section: str) -> dict[str, Any]:
    """Return one section of catalogue/colours.toml; do not change it."""
    return catalogue.load("colours")[section]


@lru_cache(maxsize=256)
def ramp(name: str, count: int) -> tuple[str, ...]:
    """Return ``count`` colours of a ramp from light to dark; a single one is taken from its middle.

    >>> ramp("sequential", 2)
    ('#f1f5d8', '#1c2b52')
    """
    ramps = colours("ramp")
    if name not in ramps:
        raise UnknownNameError("色带", name, ramps, where="catalogue/colours.toml [ramp]")
    return interpolate(ramps[name], count)


def interpolate(anchors: Sequence[str], count: int) -> tuple[str, ...]:
    """Return ``count`` colours evenly spaced along the anchors (``#rrggbb``), in OKLab."""
    if count == 1:
        return (interpolate(anchors, 3)[1],)
    points = np.array([oklab(anchor) for anchor in anchors])
    at = np.linspace(0, len(anchors) - 1, count)
    mixed = np.column_stack([np.interp(at, np.arange(len(anchors)), points[:, axis]) for axis in range(3)])
    return tuple(_hex(row) for row in mixed)


def oklab(colour: str) -> np.ndarray:
    """Return lightness (0–1), green–red and blue–yellow of a ``#rrggbb`` colour in OKLab."""
    light = _linear(colour)
    return _OPPONENT @ np.cbrt(_CONES @ light)


def grey(colour: str) -> float:
    """Return the CIE lightness L* (0 black – 100 white) of a colour: what is left of it on a grey printer.

    >>> round(grey("#ffffff")), round(grey("#000000"))
    (100, 0)
    """
    luminance = float(_linear(colour) @ np.array([0.2126, 0.7152, 0.0722]))
    return float(116 * np.cbrt(luminance) - 16) if luminance > 0.008856 else 903.3 * luminance


def _linear(colour: str) -> np.ndarray:
    value = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def _hex(lab: np.ndarray) -> str:
    light = np.linalg.solve(_CONES, np.linalg.solve(_OPPONENT, lab) ** 3).clip(0, 1)
    value = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    return "#" + "".join(f"{round(part * 255):02x}" for part in value)
