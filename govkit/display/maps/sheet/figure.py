"""Maps as notebooks show them: a print map, or an interactive map with its print twin, as display bundles."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

from govkit import catalogue
from govkit.display.maps.layers.layer_parts import words
from govkit.display.maps.sheet.printing import draw_map, on_page, print_map, rendered
from govkit.display.maps.sheet.sheet import Sheet
from govkit.display.maps.sheet.spec import MapSpec
from govkit.display.words.language import drawn
from govkit.errors import ReportError, UnknownNameError

KINDS = ("png", "svg", "pdf")
_LEAST_DPI, _MOST_DPI = 50, 1200
_CSS_PIXELS_A_CM = 96 / 2.54


@dataclass(frozen=True, eq=False, repr=False)
class MapFigure:
    """A print map; shown as PNG, its title, alternative text and source beside it (docs/architecture.md, bundles)."""

    spec: MapSpec

    _page: ClassVar[str] = ""
    _dpi: ClassVar[int] = 0

    @cached_property
    def _sheet(self) -> Sheet:
        most = catalogue.load("map_text")["limits"]["many_units"]
        many = any(len(layer.shapes) > most for layer in self.spec.layers if layer.shown and layer.labelled)
        page = self._page or ("report-many" if many else "report")
        return on_page(lambda measures: draw_map(self.spec, measures), page)

    @cached_property
    def png(self) -> bytes:
        """The map as PNG, drawn once."""
        return rendered(self._sheet, kind="png", dpi=self._dpi)

    @property
    def metadata(self) -> dict[str, Any]:
        """Size in CSS pixels, caption, alternative text, source, and the share of the width left of the legend."""
        spec, sheet = self.spec, self._sheet
        width, height = (round(length * sheet.zoom * _CSS_PIXELS_A_CM) for length in (sheet.width, sheet.height))
        text: dict[str, Any] = {
            "caption": drawn(spec.caption or spec.title),
            "alt": drawn(spec.alt),
            "source": drawn(words("headed_source") + spec.notes.source) if spec.notes.source else "",
        }
        text |= {"map_share": round(sheet.map_share, 3)}
        return {"image/png": {"width": width, "height": height}, "govkit": text}

    def save(self, path: str | Path, *, page: str = "", dpi: int = 300) -> Path:
        """Write the map as PNG, SVG or PDF, as the file's name ends, and return the path.

        ``page``: A4, A3 (landscape; ``-portrait`` upright), 16:9, or "" for 16 centimetres wide as in reports; ``dpi``
        is for PNG. Raises UnknownNameError for another ending or page, ReportError where the page is too small.
        """
        path = Path(path)
        kind = path.suffix.lower().removeprefix(".")
        if kind not in KINDS:
            raise UnknownNameError("地图文件格式", path.suffix, [f".{one}" for one in KINDS])
        if not _LEAST_DPI <= dpi <= _MOST_DPI:
            raise ReportError(f"分辨率 dpi={dpi} 不能用。", allowed=f"{_LEAST_DPI}～{_MOST_DPI}")
        drawn, _ = print_map(self.spec, dpi=dpi, page=page, kind=kind)
        half_written = path.with_name(f".{path.name}.part")
        half_written.write_bytes(drawn)
        return half_written.replace(path)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.spec.title}>"

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        image = base64.b64encode(self.png).decode("ascii")
        return {"image/png": image, "text/plain": f"图：{self.spec.title}"}, self.metadata


@dataclass(frozen=True, eq=False, repr=False)
class SmallMap(MapFigure):
    """A map half as wide as the text, beside a chart: names and numbers stand on it, and no legend."""

    _page = "brief"

    @property
    def metadata(self) -> dict[str, Any]:
        """As of other maps; documents set it as they set a chart."""
        given = super().metadata
        return {**given, "govkit": {**given["govkit"], "note": drawn(words("darker_higher")), "kind": "chart"}}


@dataclass(frozen=True, eq=False, repr=False)
class InteractiveMap(MapFigure):
    """A map for the screen, needing no network, with its print twin for PDF and Word."""

    @cached_property
    def html(self) -> str:
        """The map as one iframe that holds everything it needs."""
        from govkit.display.maps.web.page import web_map  # folium takes a third of a second to import

        return web_map(self.spec)

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        data, metadata = super()._repr_mimebundle_()
        return {"text/html": self.html, **data}, metadata
