"""Findings for the clerk: check.xlsx to mend by, check.html to read."""

from __future__ import annotations

import io
from pathlib import Path

import jinja2
import pandas as pd

from govkit import catalogue
from govkit.publish.files import write_whole
from govkit.zone import Zone

SEVERITY = {"error": "错误", "warning": "警告", "note": "提示"}
_COLUMNS = {
    "severity": "级别",
    "title": "数据",
    "file": "文件",
    "sheet": "工作表",
    "row": "行",
    "column": "列",
    "cell": "单元格",
    "value": "原值",
    "reason": "问题",
    "todo": "处理办法",
}
_WIDTHS = {"原值": 18, "问题": 50, "处理办法": 50, "文件": 20, "列": 16}
_ACCOUNT = {
    "title": "数据",
    "file": "文件",
    "sheet": "工作表",
    "rows_read": "读入行数",
    "rows_used": "采用",
    "rows_set_aside": "搁置",
    "rows_left_out": "略去(合计、空行、附注)",
}


def write_check(zone: Zone, folder: Path) -> tuple[Path, Path]:
    """Write ``check.xlsx`` and ``check.html`` into ``folder`` and return both paths."""
    findings, accounts = findings_table(zone.findings), accounts_table(zone.accounts)
    workbook = write_whole(folder / "check.xlsx", _workbook(findings, accounts))
    page = write_whole(folder / "check.html", _page(zone, findings, accounts))
    return workbook, page


def findings_table(findings: pd.DataFrame) -> pd.DataFrame:
    """Return findings as a clerk reads them: Chinese heads, errors first, then in the order of file and row."""
    order = {name: place for place, name in enumerate(SEVERITY)}
    table = findings.assign(_order=findings["severity"].map(order), title=_titles(findings["table"]))
    table = table.sort_values(["_order", "file", "row"], kind="stable")
    table["severity"] = table["severity"].map(SEVERITY)
    return table[list(_COLUMNS)].rename(columns=_COLUMNS).astype("object").where(lambda t: t.notna(), "")


def accounts_table(accounts: pd.DataFrame) -> pd.DataFrame:
    """Return the row accounts with Chinese heads."""
    table = accounts.assign(title=_titles(accounts["table"]))[list(_ACCOUNT)].rename(columns=_ACCOUNT)
    return table.astype("object").where(lambda t: t.notna(), "")


def _titles(tables: pd.Series) -> pd.Series:
    known = catalogue.load("tables")
    return tables.map(lambda name: known[name]["title"] if name in known else name)


def _workbook(findings: pd.DataFrame, accounts: pd.DataFrame) -> bytes:
    import xlsxwriter

    buffer = io.BytesIO()
    # Texts from the bureau's files are data: never a formula, never a link.
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        head = book.add_format({"bold": True, "bg_color": "#DCE6F1", "border": 1, "text_wrap": True})
        body = book.add_format({"text_wrap": True, "valign": "top", "border": 1})
        for title, table in (("问题清单", findings), ("行数核对", accounts)):
            sheet = book.add_worksheet(title)
            sheet.freeze_panes(1, 0)
            for column, name in enumerate(table.columns):
                sheet.set_column(column, column, _WIDTHS.get(name, 12))
                sheet.write_string(0, column, name, head)
                for row, value in enumerate(table[name], start=1):
                    sheet.write(row, column, value if isinstance(value, str) else int(value), body)
            if len(table):
                sheet.autofilter(0, 0, len(table), len(table.columns) - 1)
    return buffer.getvalue()


def _page(zone: Zone, findings: pd.DataFrame, accounts: pd.DataFrame) -> str:
    loader = jinja2.PackageLoader("govkit.publish")
    template = jinja2.Environment(loader=loader, autoescape=True).get_template("check.html.j2")
    counts = {word: int((findings["级别"] == word).sum()) for word in SEVERITY.values()}
    return template.render(
        zone_name=zone.name,
        synthetic=zone.front.synthetic,
        counts=counts,
        findings=findings.to_dict("split"),
        accounts=accounts.to_dict("split"),
    )
