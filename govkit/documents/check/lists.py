"""The lists at the front of check.xlsx: summary, findings one by one, row accounts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from govkit import catalogue
from govkit.display.words.language import kept
from govkit.documents.check.listing import SEVERITY, Listing, source_label
from govkit.documents.check.styles import Styles, internal, row_height

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

# Heads with their column of the listing and their width.
_FINDINGS = {
    "编号": ("number", 7), "级别": ("severity", 8), "数据": ("title", 12), "文件": ("source", 20),
    "工作表": ("sheet", 12), "位置": ("spot", 12), "列": ("column", 16), "原值": ("brief", 20),
    "问题": ("reason", 42), "处理办法": ("todo", 42),
    "识别号": ("id", 10), "说明": ("accepted", 18), "原文件": ("", 8), "改正情况": ("", 13),
}  # fmt: skip
# What the workbench says of a finding; all else stands as it does in the file.
_SPOKEN = {"title", "reason", "todo"}
_KINDS = {"文件": 24, "级别": 10, "问题（首例）": 52, "处理办法": 46, "处数": 9, "列出": 9}


def write_summary(
    book: Workbook, styles: Styles, listing: Listing, *, zone_name: str, synthetic: str, unread: Mapping[str, str]
) -> None:
    """Write the first sheet: counts by severity, how to use the workbook, and all findings counted by file and kind."""
    page, words = book.add_worksheet(_name("summary")), catalogue.load("check")["words"]
    page.hide_gridlines(2)
    page.write_string(
        0, 0, kept(words["title"].format(zone=zone_name)), styles(bold=True, font_size=16, font_name="黑体")
    )
    page.set_row(0, 26)
    line = 1
    if synthetic:
        page.write_string(line, 0, synthetic, styles(font_color="#A4161A", bold=True))
        line += 1
    for key, entry in catalogue.load("check")["severity"].items():
        page.write_string(
            line, 0, kept(words["count"].format(label=entry["label"], count=listing.counts[key])), styles.marked(key)
        )
        page.write_string(line, 1, kept(entry["meaning"]), styles())
        line += 1
    for text in _guide(listing, unread):
        page.write_string(line, 0, kept(text), styles())
        line += 1
    _write_kinds(page, styles, listing, line + 1)
    _print_set_up(page, head=line + 1)


def _name(sheet: str) -> str:
    return sheet_names()[sheet]


def sheet_names() -> dict[str, str]:
    """Return what the lists' sheets are called, by key."""
    return {key: kept(name) for key, name in catalogue.load("check")["sheets"].items()}


def _guide(listing: Listing, unread: Mapping[str, str]) -> list[str]:
    words = catalogue.load("check")["words"]
    if not listing.total:
        return [words["none"]]
    lines = [*words["guide"]]
    if len(listing.rows) < listing.total:
        lines.append(words["capped"].format(listed=len(listing.rows), total=listing.total))
    return lines + [words["unread"].format(file=file, why=why) for file, why in unread.items()]


def _write_kinds(page: Worksheet, styles: Styles, listing: Listing, top: int) -> None:
    _head(page, styles, _KINDS, top)
    count, words = styles(border=1, border_color="#C3C9D0", num_format="#,##0"), catalogue.load("check")["words"]
    for line, one in enumerate(listing.kinds.itertuples(), start=top + 1):
        page.write_string(line, 0, source_label(one.file), styles.body)
        page.write_string(line, 1, kept(SEVERITY[one.severity]), styles.marked(one.severity, align="center"))
        if pd.isna(one.number):
            page.write_string(line, 2, one.rule, styles.body)
        else:
            reason = kept(one.reason)
            reason = kept(words["example"]).format(reason=reason) if one.count > 1 else reason
            page.write_url(line, 2, internal(_name("findings"), f"A{one.number + 1}"), styles.link, reason)
        page.write_string(line, 3, kept(one.todo), styles.body)
        page.set_row(line, row_height({one.reason: _KINDS["问题（首例）"] - 6, one.todo: _KINDS["处理办法"]}))
        page.write_number(line, 4, one.count, count)
        page.write_number(line, 5, one.listed, count)


def write_findings(
    book: Workbook, styles: Styles, listing: Listing, *, places: Mapping[int, str], links: Mapping[int, str]
) -> None:
    """Write the findings listed. ``places``: number → link to the marked cell; ``links``: number → to the source file.

    Finding n stands in row n + 1, which the other sheets rely on.
    """
    page, words = book.add_worksheet(_name("findings")), catalogue.load("check")["words"]
    _head(page, styles, {name: wide for name, (_, wide) in _FINDINGS.items()}, 0)
    for one in listing.rows.to_dict("records"):
        line = one["number"]
        page.set_row(
            line, row_height({one[key]: wide for key, wide in _FINDINGS.values() if isinstance(one.get(key), str)})
        )
        for column, (name, (key, _)) in enumerate(_FINDINGS.items()):
            link = {"位置": places, "原文件": links}.get(name, {}).get(line, "")
            if name == "编号":
                page.write_number(line, column, line, styles.body)
            elif name == "级别":
                page.write_string(line, column, kept(SEVERITY[one[key]]), styles.marked(one[key], align="center"))
            elif link:
                page.write_url(line, column, link, styles.link, one[key] if key else kept(words["open"]))
            elif key:
                page.write_string(line, column, kept(one[key]) if key in _SPOKEN else one[key], styles.body)
            else:
                page.write_string(line, column, "", styles.body)
    last = max(1, len(listing.rows))
    page.autofilter(0, 0, last, len(_FINDINGS) - 1)
    page.freeze_panes(1, 0)
    states = {"validate": "list", "source": [kept(state) for state in words["states"]]}
    page.data_validation(1, len(_FINDINGS) - 1, last, len(_FINDINGS) - 1, states)
    _print_set_up(page, head=0)


def write_accounts(book: Workbook, styles: Styles, accounts: pd.DataFrame) -> None:
    """Write the row accounts, as ``accounts_table`` gives them; a file whose rows do not add up is marked."""
    page = book.add_worksheet(_name("accounts"))
    _head(page, styles, {name: 14 if place > 2 else 22 for place, name in enumerate(accounts.columns)}, 0)
    count = styles(border=1, border_color="#C3C9D0", num_format="#,##0")
    for line, row in enumerate(accounts.itertuples(index=False), start=1):
        for column, value in enumerate(row):
            if isinstance(value, str):
                page.write_string(line, column, kept(value) if not column else value, styles.body)
            else:
                page.write_number(line, column, int(value), count)
    page.write_string(
        len(accounts) + 2,
        0,
        kept(catalogue.load("check")["words"]["balance"]),
        styles(),
    )
    page.freeze_panes(1, 0)
    _print_set_up(page, head=0)


def _head(page: Worksheet, styles: Styles, widths: Mapping[str, int], line: int) -> None:
    for column, (name, wide) in enumerate(widths.items()):
        page.set_column(column, column, wide)
        page.write_string(line, column, kept(name), styles.head)


def _print_set_up(page: Worksheet, *, head: int) -> None:
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    page.repeat_rows(head)
    page.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    page.set_footer(kept(catalogue.load("check")["words"]["footer"]))
