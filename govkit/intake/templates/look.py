"""How the templates look: cell formats, printed pages, row heights; fonts and colours are in zone_template.toml."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from govkit.intake.templates.fields import NewZone, fill, words

# Width of a Chinese character in the figures of the default type, by which Excel measures columns.
_WIDE = 2.1


@dataclass(frozen=True)
class Pen:
    """A workbook being written, and its look."""

    book: Workbook
    spec: Mapping[str, Any]

    def style(self, **more: object) -> Format:
        """Return a cell format in the template's type, locked as Excel has it by default."""
        look = self.spec["look"]
        base = {"font_name": look["font"], "font_size": look["size"], "valign": "vcenter"}
        return self.book.add_format({**base, **more})

    def heading(self, *, needed: bool = True) -> Format:
        """Return the format of a header cell: dark for needed columns, light for the others."""
        look, key = self.spec["look"], "required" if needed else "optional"
        return self.style(
            font_name=look["heading_font"], bg_color=look[f"{key}_fill"], font_color=look[f"{key}_ink"],
            align="center", text_wrap=True, border=1, border_color=look["line"],
        )  # fmt: skip


def set_page(pen: Pen, sheet: Worksheet, title: str, zone: NewZone, *, landscape: bool = True) -> None:
    """Set a sheet up for A4: one page wide, zone and table above, page numbers below."""
    page, said = pen.spec["page"], words()
    sheet.set_paper(page["paper"])
    if landscape:
        sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(*page["margins"])
    # "&" begins a command there
    sheet.set_header("&L" + fill(said["page_header"], zone=zone.name, table=title).replace("&", "&&"))
    sheet.set_footer("&C" + said["page_footer"])


def title_style(pen: Pen) -> Format:
    look = pen.spec["look"]
    return pen.style(font_name=look["heading_font"], font_size=look["title_size"], bold=True)


def lines_in(text: str, width: float) -> int:
    """Return the lines a text needs in a column ``width`` characters wide; a Chinese character takes a little over two.

    >>> lines_in("网格编码", 9), lines_in("网格编码", 8)
    (1, 2)
    """
    size = sum(_WIDE if ord(char) > 0x2E7F or char in "“”‘’—…°" else 1 for char in text)
    return max(1, math.ceil(size / width))
