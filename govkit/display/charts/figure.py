"""Charts as notebooks show them: one drawing, as PNG and as SVG, with caption, alternative text, note and source."""

from __future__ import annotations

import base64
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from govkit.display.charts.drawing import Drawing, Line, Mark, Words, colour, look, paint, word
from govkit.display.charts.vector import svg
from govkit.display.fonts import line_height, printable, wrap
from govkit.display.maps.sheet.sheet import Sheet
from govkit.errors import UnknownNameError

KINDS = ("png", "svg", "pdf")
_CSS_PIXELS_A_CM = 96 / 2.54


@dataclass(frozen=True)
class ChartFigure:
    """A chart; documents set ``finding``, ``note`` and ``source`` as text beside the picture, which holds none of them.

    ``finding`` is the caption; ``alt`` says it with the numbers that prove it. ``width`` and ``height`` in centimetres.
    ``names``: how far the names of its rows reach from the left, and where the first begins, as shares of the picture.
    """

    finding: str
    alt: str
    marks: tuple[Mark, ...]
    width: float
    height: float
    note: str = ""
    source: str = ""
    names: tuple[float, float] = (0.0, 0.0)

    @cached_property
    def png(self) -> bytes:
        """The chart as PNG, drawn once."""
        return self._sheet.png(int(look("size")["dpi"]))

    @cached_property
    def svg(self) -> bytes:
        """The chart as SVG, its words as text."""
        return svg(self.marks, self.width, self.height, title=self.finding)

    @cached_property
    def _sheet(self) -> Sheet:
        return paint(self.marks, self.width, self.height, title=printable(self.finding))

    @property
    def metadata(self) -> dict[str, Any]:
        """Size in CSS pixels, caption, alternative text, note and source (docs/architecture.md, display bundles)."""
        size = {"width": round(self.width * _CSS_PIXELS_A_CM), "height": round(self.height * _CSS_PIXELS_A_CM)}
        words: dict[str, Any] = {
            "caption": self.finding,
            "alt": self.alt,
            "note": self.note,
            "source": self.source,
            "kind": "chart",
        }
        names = {"names": list(self.names)} if any(self.names) else {}
        return {"image/png": size, "image/svg+xml": size, "govkit": words | names}

    @property
    def texts(self) -> tuple[Words, ...]:
        """Every text that stands on the chart."""
        return tuple(mark for mark in self.marks if isinstance(mark, Words))

    def titled(self) -> ChartFigure:
        """Return the chart with finding, note and source drawn on it, for use outside a document."""
        sizes = look("type")
        head = Drawing(self.width)
        y = 0.1
        for line in wrap(printable(self.finding), 11, self.width):
            y += line_height(11)
            head.text(0, y - line_height(11) / 2, line, size=11, bold=True)
        down = y + 0.2
        moved = [_moved(mark, down) for mark in self.marks]
        foot = down + self.height + 0.15
        for text in (self.note, self.source):
            for line in wrap(printable(text), sizes["small"], self.width) if text else ():
                foot += line_height(sizes["small"])
                head.text(0, foot - line_height(sizes["small"]) / 2, line, size=sizes["small"], colour=colour("quiet"))
        return replace(self, marks=(*moved, *head.marks), height=foot + 0.1)

    def save(self, path: str | Path, *, dpi: int = 300) -> Path:
        """Write the chart with its finding, note and source as PNG, SVG or PDF, as the name ends; return the path.

        Raises UnknownNameError for another ending.
        """
        path = Path(path)
        kind = path.suffix.lower().removeprefix(".")
        if kind not in KINDS:
            raise UnknownNameError("图表文件格式", path.suffix, [f".{one}" for one in KINDS])
        whole = self.titled()
        half_written = path.with_name(f".{path.name}.part")
        half_written.write_bytes(
            whole.svg if kind == "svg" else whole._sheet.png(dpi) if kind == "png" else whole._sheet.vector(kind)
        )
        return half_written.replace(path)

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        image = base64.b64encode(self.png).decode("ascii")
        data = {"image/png": image, "image/svg+xml": self.svg.decode("utf-8"), "text/plain": f"图：{self.finding}"}
        return data, self.metadata


# A chart, or the one sentence that says as much where there is nothing to draw.
Shown = ChartFigure | str


def _moved(mark: Mark, down: float) -> Mark:
    if isinstance(mark, Line):
        return replace(mark, points=tuple((x, y + down) for x, y in mark.points))
    return replace(mark, y=mark.y + down)


def finished(drawing: Drawing, finding: str, *, facts: str, note: str = "", source: str = "") -> ChartFigure:
    """Return the chart of a drawing; ``facts`` are the numbers that prove the finding."""
    alt = f"{finding.rstrip('。')}。{facts}。"
    note, source = _headed("note", note), _headed("source", source)
    edge, top = (max(x for x, _ in drawing.names), min(y for _, y in drawing.names)) if drawing.names else (0.0, 0.0)
    names = (round(edge / drawing.width, 3), round(max(top, 0.0) / drawing.height, 3))
    return ChartFigure(finding, alt, tuple(drawing.marks), drawing.width, drawing.height, note, source, names)


def _headed(kind: str, text: str) -> str:
    """Return a note or source with its word before it."""
    head = word(kind)
    return text if not text or text.startswith(head) else f"{head}：{text}"
