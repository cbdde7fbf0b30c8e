"""Excel templates of the tidy tables: a sheet to fill in, instructions, an example, a data dictionary."""

from __future__ import annotations

import datetime as dt
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from govkit import catalogue
from govkit.intake.reading.schema import Column, Table
from govkit.intake.templates import checks as checks
from govkit.intake.templates.fields import Field, NewZone, example_rows, fields_of, fill, words

# Same content, same bytes: no hour of writing in the file.
_CREATED = dt.datetime(2000, 1, 1)  # noqa: DTZ001
_LAST_ROW = 1_048_576
_LAST_COLUMN = 16_383
_SHAPEFILE_BYTES = 10
# What a clerk may do on the protected sheet beside filling it in.
_ALLOWED = ("insert_rows", "delete_rows", "format_cells", "format_columns", "format_rows", "sort")


def template(table: Table, zone: NewZone) -> bytes:
    """Return the .xlsx of a table: its own sheet first, named by its title; a polygon layer gets instructions only."""
    fields = fields_of(table, zone)
    layer = table.geometry == "polygon"

    def write(pen: Pen) -> None:
        if not layer:
            _data_sheet(pen, table, fields, zone)
        _guide_sheet(pen, table, zone)
        if not layer:
            _example_sheet(pen, table, fields, zone)
        _dictionary_sheet(pen, table, fields, zone)
        if not layer:
            _list_sheet(pen, fields)

    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True})
    book.set_properties({"title": table.title, "created": _CREATED})
    write(Pen(book, catalogue.load("zone_template")))
    book.close()
    return stream.getvalue()


def _data_sheet(pen: Pen, table: Table, fields: Sequence[Field], zone: NewZone) -> None:
    sheet = pen.book.add_worksheet(table.title)
    plain = pen.style(locked=False)
    # Excel deletes rows of a protected sheet only where every cell across is unlocked, used or not.
    sheet.set_column(len(fields), _LAST_COLUMN, None, plain)
    # Formats alone make no cells: readers should not look for data out there.
    sheet.dim_colmax = len(fields) - 1
    last = _LAST_ROW - 1
    for position, field in enumerate(fields):
        cells = pen.style(locked=False, num_format=field.look["format"])
        sheet.set_column(position, position, float(field.look["width"]), cells)
        sheet.write_string(0, position, field.header, pen.heading(needed=field.column.required))
        sheet.data_validation(1, position, last, position, checks.validation(field, position))
    _mark_wrong(pen, sheet, table, fields)
    sheet.set_row(0, pen.spec["page"]["head_height"])
    sheet.freeze_panes(1, 1)
    sheet.repeat_rows(0)
    sheet.protect("", dict.fromkeys(_ALLOWED, True))
    sheet.hide_gridlines(0)
    set_page(pen, sheet, table.title, zone)


def _mark_wrong(pen: Pen, sheet: Worksheet, table: Table, fields: Sequence[Field]) -> None:
    """Colour what data validation cannot stop: pasted cells, empty needed cells, contradictions in a row."""
    look, last = pen.spec["look"], _LAST_ROW - 1
    wrong = pen.book.add_format({"bg_color": look["wrong_fill"]})
    doubt = pen.book.add_format({"bg_color": look["doubt_fill"]})
    names = [field.column.name for field in fields]
    for position, field in enumerate(fields):
        formula = checks.unusable(field, position, len(fields))
        if formula:
            rule = {"type": "formula", "criteria": formula, "format": wrong, "stop_if_true": True}
            sheet.conditional_format(1, position, last, position, rule)
    for name, formula, _ in checks.row_rules(table):
        position = names.index(name)
        sheet.conditional_format(1, position, last, position, {"type": "formula", "criteria": formula, "format": doubt})
    if len(table.key) == 1:
        position = names.index(table.key[0])
        sheet.conditional_format(1, position, last, position, {"type": "duplicate", "format": doubt})


def _guide_sheet(pen: Pen, table: Table, zone: NewZone) -> None:
    said, guide = words(), pen.spec["guide"]
    sheet = pen.book.add_worksheet(said["guide"])
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 4)
    sheet.set_column(1, 1, pen.spec["page"]["guide_width"])
    sheet.write_string(0, 0, fill(said["guide_title"], table=table.title), title_style(pen))
    sheet.write_string(1, 0, zone.name, pen.style(font_color=pen.spec["look"]["muted"]))
    notes = catalogue.load("tables")[table.name].get("template", {}).get("notes", [])
    given = {"table": table.title, "required_mark": said["required_mark"]}
    layer = table.geometry == "polygon"
    row_line = fill(said["layer_line" if layer else "row_line"], row=str(catalogue.load("tables")[table.name]["row"]))
    sections = [(guide["table_title"], [row_line, *(fill(note, **zone.tokens) for note in notes)])]
    if not layer:
        sections += [(guide["fill_title"], [fill(line, **given) for line in guide["fill"]])]
    rules = [sentence for *_, sentence in checks.row_rules(table)]
    sections += [(said["rules_title"], [f"{one}。" for one in rules])] if rules and not layer else []
    sections += [] if layer else [(guide["check_title"], list(guide["check"]))]
    _write_sections(pen, sheet, sections)
    sheet.protect("")
    set_page(pen, sheet, table.title, zone, landscape=False)


def _write_sections(pen: Pen, sheet: Worksheet, sections: Sequence[tuple[str, Sequence[str]]]) -> None:
    page = pen.spec["page"]
    body, number = pen.style(text_wrap=True, valign="top"), pen.style(valign="top", align="right")
    row = 3
    for title, lines in sections:
        sheet.write_string(row, 0, title, pen.style(font_name=pen.spec["look"]["heading_font"], bold=True))
        for count, line in enumerate(lines, start=1):
            sheet.write_string(row + count, 0, f"{count}.", number)
            sheet.write_string(row + count, 1, line, body)
            sheet.set_row(row + count, page["line_height"] * lines_in(line, page["guide_width"]))
        row += len(lines) + 2


def _example_sheet(pen: Pen, table: Table, fields: Sequence[Field], zone: NewZone) -> None:
    said, look = words(), pen.spec["look"]
    sheet = pen.book.add_worksheet(said["example"])
    banner = pen.style(bold=True, bg_color=look["banner_fill"], font_color=look["example_ink"])
    sheet.merge_range(0, 0, 0, len(fields) - 1, fill(said["example_banner"], table=table.title), banner)
    sheet.hide_gridlines(2)
    rows = example_rows(table, zone)
    for position, field in enumerate(fields):
        sheet.set_column(position, position, float(field.look["width"]) + 2)
        sheet.write_string(1, position, field.header, pen.heading(needed=field.column.required))
        cells = pen.style(
            italic=True, font_color=look["example_ink"], num_format=field.look["format"],
            border=1, border_color=look["line"], text_wrap=True,
        )  # fmt: skip
        for number, row in enumerate(rows):
            sheet.write(number + 2, position, row[position], cells)
    sheet.set_row(0, 24)
    sheet.set_row(1, pen.spec["page"]["head_height"])
    sheet.freeze_panes(2, 0)
    sheet.set_tab_color(look["doubt_fill"])
    sheet.protect("")
    set_page(pen, sheet, table.title, zone)


def _dictionary_sheet(pen: Pen, table: Table, fields: Sequence[Field], zone: NewZone) -> None:
    said, page = words(), pen.spec["page"]
    layer = table.geometry == "polygon"
    sheet = pen.book.add_worksheet(said["dictionary"])
    sheet.hide_gridlines(2)
    heads = [*said["dictionary_heads"], *([said["layer_head"]] if layer else [])]
    widths = [*page["dictionary_widths"], *([22] if layer else [])]
    for position, (head, width) in enumerate(zip(heads, widths, strict=True)):
        sheet.set_column(position, position, width)
        sheet.write_string(1, position, head, pen.heading())
    sheet.write_string(0, 0, fill(said["dictionary_title"], table=table.title), title_style(pen))
    cells = pen.style(text_wrap=True, border=1, border_color=pen.spec["look"]["line"])
    rows = example_rows(table, zone)
    for number, field in enumerate(fields, start=2):
        texts = [*_dictionary_row(field, [row[number - 2] for row in rows])]
        texts += [shapefile_name(field.column)] if layer else []
        for position, text in enumerate(texts):
            sheet.write_string(number, position, text, cells)
        tallest = max(lines_in(text, width) for text, width in zip(texts, widths, strict=True))
        sheet.set_row(number, page["line_height"] * tallest + 4)
    sheet.set_row(0, 30)
    sheet.freeze_panes(2, 1)
    sheet.repeat_rows(0, 1)
    sheet.protect("")
    set_page(pen, sheet, table.title, zone)


def _dictionary_row(field: Field, examples: Sequence[object]) -> list[str]:
    needed = words()["required" if field.column.required else "optional"]
    shown = next((_shown(value, field) for value in examples if value is not None), "")
    return [
        field.column.label, f"{field.meaning}。", field.look["word"], field.unit, needed, field.rule, shown,
        field.column.name,
    ]  # fmt: skip


def _shown(value: object, field: Field) -> str:
    """Return an example as it looks in its cell."""
    if isinstance(value, dt.datetime):
        pattern = {"month": "%Y-%m", "datetime": "%Y-%m-%d %H:%M"}.get(field.kind, "%Y-%m-%d")
        return value.strftime(pattern)
    return f"{value:g}" if isinstance(value, float) and field.column.type == "number" else str(value)


def _list_sheet(pen: Pen, fields: Sequence[Field]) -> None:
    """Write the drop-down lists, if there are any, to a hidden sheet: a column and a defined name each."""
    lists = {field.list_name: field.choices or field.suggestions for field in fields if field.list_name}
    if not lists:
        return
    name = words()["lists"]
    sheet = pen.book.add_worksheet(name)
    for position, (list_name, values) in enumerate(lists.items()):
        sheet.write_column(0, position, values)
        column = chr(ord("A") + position)
        pen.book.define_name(list_name, f"='{name}'!${column}$1:${column}${len(values)}")
    sheet.protect("")
    sheet.hide()


def shapefile_name(column: Column) -> str:
    """Return the first of a column's names that a Shapefile field can hold whole: ten bytes of GBK."""
    return next(word for word in column.words if len(word.encode("gbk")) <= _SHAPEFILE_BYTES)


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
