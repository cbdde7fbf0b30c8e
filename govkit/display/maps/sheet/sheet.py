"""A sheet of paper measured in centimetres from its lower left corner, on which a print map is drawn, in order."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import shapely
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.path import Path
from matplotlib.patheffects import withStroke
from matplotlib.text import Text
from matplotlib.transforms import Affine2D, Transform
from PIL import Image

from govkit.display.fonts import every_glyph, properties
from govkit.display.palette import colours
from govkit.display.words.language import drawn

# Our hatch → strokes an inch, as dense as reads well at 16 cm.
_HATCHES_AN_INCH = {"/": 5, "x": 6, ".": 4}
# What a user's own matplotlib settings must not change on our maps.
_SETTINGS: Any = {
    "text.usetex": False, "text.hinting": "none", "text.antialiased": True, "path.simplify": True,
    "path.simplify_threshold": 1 / 9, "path.snap": True, "path.sketch": None, "path.effects": [],
    "hatch.linewidth": 0.5, "agg.path.chunksize": 0,
}  # fmt: skip
# Fixed salt: matplotlib would name clip paths anew each time. Type 3: as type 42 it labels our OpenType fonts wrongly.
_VECTOR_SETTINGS: Any = {"svg.hashsalt": "govkit", "svg.fonttype": "path", "pdf.fonttype": 3}


class Sheet:
    """One page; what is drawn later lies above what was drawn before."""

    def __init__(self, width: float, height: float, *, zoom: float = 1.0, title: str = "") -> None:
        """Start an empty sheet of ``width`` × ``height`` centimetres.

        ``zoom`` enlarges all that is drawn, type and strokes too: the page is ``zoom`` times as wide and as high.
        ``title`` goes into the file's properties.
        """
        self.width, self.height, self.zoom, self.title = width, height, zoom, title
        # Share of the width that a map takes, up to the column of its legend.
        self.map_share = 1.0
        size = (width * zoom / 2.54, height * zoom / 2.54)
        self._figure = Figure(figsize=size, facecolor=colours("paper")["page"])
        self._canvas = FigureCanvasAgg(self._figure)
        self._order = 0
        self.cm: Transform = Affine2D().scale(zoom / 2.54) + self._figure.dpi_scale_trans

    def paths(
        self,
        paths: Sequence[Path],
        *,
        fill: str = "",
        edge: str = "",
        stroke: float = 0.6,
        hatch: str = "",
        hatch_colour: str = "",
        transform: Transform | None = None,
    ) -> None:
        """Draw closed or open paths alike; ``stroke`` in points, ``hatch`` one of our hatches, "" for none."""
        if fill:
            self._add(PathCollection(
                paths, facecolors=fill, edgecolors="none", linewidths=0, transform=transform or self.cm,
            ))  # fmt: skip
        if hatch:  # all at once: a pattern is drawn anew for each path
            self._add(PathCollection(
                [Path.make_compound_path(*paths)], facecolors="none", linewidths=0, hatch=self._hatch(hatch),
                edgecolors=hatch_colour or colours("paper")["hatch"], transform=transform or self.cm,
            ))  # fmt: skip
        if edge and stroke:
            self._add(PathCollection(
                paths, facecolors="none", edgecolors=edge, linewidths=stroke * self.zoom,
                transform=transform or self.cm, joinstyle="round", capstyle="round",
            ))  # fmt: skip

    def symbols(self, path: Path, places: np.ndarray, size: float, *, fill: str, edge: str, stroke: float) -> None:
        """Draw a symbol (unit radius) at places in centimetres, its radius ``size`` centimetres."""
        scaled = path.transformed(Affine2D().scale(size))
        self.paths(
            [scaled.transformed(Affine2D().translate(x, y)) for x, y in places], fill=fill, edge=edge, stroke=stroke
        )

    def box(self, x: float, y: float, width: float, height: float, **look: Any) -> None:
        """Draw a rectangle from its lower left corner."""
        corners = [(x, y), (x + width, y), (x + width, y + height), (x, y + height), (x, y)]
        self.paths([Path(corners, closed=True)], **look)

    def line(self, points: Sequence[tuple[float, float]], *, edge: str, stroke: float) -> None:
        """Draw an open line."""
        self.paths([Path(points)], edge=edge, stroke=stroke)

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: float,
        *,
        colour: str = "",
        halo: float = 0,
        bold: bool = False,
        align: str = "left",
        valign: str = "center_baseline",
        turned: bool = False,
    ) -> None:
        """Set one line of text, ``turned`` upwards from its place.

        ``halo`` and boldness are strokes round the letters (the font has one weight).
        """
        ink = colour or colours("ink")["text"]
        effects = [withStroke(linewidth=halo * self.zoom, foreground=colours("ink")["halo"])] if halo else []
        effects += [withStroke(linewidth=size * self.zoom / 26, foreground=ink)] if bold else []
        self._add(Text(
            x, y, drawn(text), fontproperties=properties(size * self.zoom), color=ink, ha=align, va=valign,
            parse_math=False, transform=self.cm, path_effects=effects or None,
            rotation=90 * turned, rotation_mode="anchor",
        ))  # fmt: skip

    def png(self, dpi: int) -> bytes:
        """Return the sheet as a PNG with at most 256 colours; the same sheet gives the same bytes."""
        self._figure.set_dpi(dpi)
        with every_glyph(), mpl.rc_context(_SETTINGS):
            self._canvas.draw()
        image = _with_palette(np.asarray(self._canvas.buffer_rgba()))
        out = io.BytesIO()
        image.save(out, "PNG", compress_level=5, dpi=(dpi, dpi))
        return out.getvalue()

    def vector(self, kind: str) -> bytes:
        """Return the sheet as ``kind`` svg (letters as outlines) or pdf (fonts embedded; plain text selectable).

        The same sheet gives the same bytes.
        """
        self._figure.set_dpi(72)
        out = io.BytesIO()
        dated = {"svg": "Date", "pdf": "CreationDate"}[kind]
        with every_glyph(), mpl.rc_context({**_SETTINGS, **_VECTOR_SETTINGS}):
            self._figure.savefig(out, format=kind, metadata={"Title": self.title, dated: None})
        return out.getvalue()

    def _hatch(self, hatch: str) -> str | None:
        """Return matplotlib's hatch; fewer strokes an inch on an enlarged page keep the look."""
        return hatch * max(1, round(_HATCHES_AN_INCH[hatch] / self.zoom)) if hatch else None

    def _add(self, artist: Any) -> None:
        self._order += 1
        artist.set_zorder(self._order)
        self._figure.add_artist(artist)


def _with_palette(pixels: np.ndarray) -> Image.Image:
    """Return opaque RGBA pixels as an image with the 256 commonest colours kept and the others (edges of letters) moved
    to the nearest.

    A general quantiser would shift the flat colours, which are what the legend is compared with. Neighbours of one
    colour are taken as one: most of a map is flat.
    """
    packed = np.ascontiguousarray(pixels).view(np.uint32).ravel()
    starts = np.flatnonzero(np.diff(packed, prepend=packed[0] ^ 1))
    lengths = np.diff(starts, append=len(packed))
    colour, packed_colour = pd.factorize(packed[starts])
    rgb = packed_colour.view(np.uint8).reshape(-1, 4)[:, :3].astype(np.float32)  # below 2²⁴ sums lose nothing
    counts = np.bincount(colour, lengths)
    commonest = np.lexsort((*rgb.T[::-1], -counts))[:256]
    palette = rgb[commonest]
    nearness = 2 * rgb @ palette.T - (palette**2).sum(axis=1)
    position = nearness.argmax(axis=1).astype(np.uint8)
    out = Image.fromarray(np.repeat(position[colour], lengths).reshape(pixels.shape[:2]))
    out.putpalette(palette.astype(np.uint8).ravel().tolist())
    return out


def polygon_paths(shapes: np.ndarray) -> list[Path]:
    """Return one compound path a polygon or multipolygon: outer rings one way round, holes the other."""
    return [_compound(shape) for shape in shapely.orient_polygons(shapes)]


def _compound(shape: shapely.Geometry) -> Path:
    rings = shapely.get_rings(shapely.get_parts(shape))
    coordinates, ring = shapely.get_coordinates(rings, return_index=True)
    codes = np.full(len(coordinates), Path.LINETO, dtype=Path.code_type)
    starts = np.flatnonzero(np.diff(ring, prepend=-1))
    codes[starts] = Path.MOVETO
    codes[np.append(starts[1:] - 1, len(codes) - 1)] = Path.CLOSEPOLY
    return Path(coordinates, codes)
