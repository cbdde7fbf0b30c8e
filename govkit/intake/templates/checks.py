"""What Excel checks in a template: at the keyboard by data validation, after pasting by conditional formats."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from govkit import catalogue
from govkit.intake.reading.schema import Table
from govkit.intake.sheets.grid import column_letters
from govkit.intake.templates.fields import Field, fill, words

FIRST_ROW = 2
LONGEST_TEXT = {"code": 40, "text": 200}
_BROKEN = {"<=": ">", ">=": "<"}


def validation(field: Field, position: int) -> dict[str, Any]:
    """Return the data validation of a column, as xlsxwriter takes it; suggestions do not stop other values."""
    return {
        **_criteria(field, f"{column_letters(position)}{FIRST_ROW}"),
        "ignore_blank": True,
        "input_title": field.column.label,
        "input_message": field.prompt,
        "error_title": words()["error_title"],
        "error_message": field.error,
    }


def _criteria(field: Field, cell: str) -> dict[str, Any]:
    low, high = field.limits
    first, last = field.years
    match field.kind:
        case _ if field.list_name:
            return {"validate": "list", "source": f"={field.list_name}", "show_error": bool(field.choices)}
        case "integer":
            return {"validate": "integer", "criteria": "between", "minimum": int(low), "maximum": int(high)}
        case "number" | "fraction" | "longitude" | "latitude":
            return {"validate": "decimal", "criteria": "between", "minimum": low, "maximum": high}
        case "date" | "datetime":
            ends = {"minimum": dt.date(first, 1, 1), "maximum": dt.date(last, 12, 31)}
            return {"validate": "date", "criteria": "between", **ends}
        case "code" | "text":
            longest = LONGEST_TEXT[field.kind]
            return {"validate": "length", "criteria": "between", "minimum": 1, "maximum": longest}
        case _:
            return {"validate": "custom", "value": f"=NOT({wrong(field, cell)})"}


def wrong(field: Field, cell: str) -> str:
    """Return the Excel formula that is true where the filled ``cell`` cannot be used, ``""`` where anything can."""
    low, high = field.limits
    first, last = field.years
    digits, prefix = len(field.zone.digits), field.zone.digits
    dated = f"{cell}<DATE({first},1,1),{cell}>=DATE({last + 1},1,1)"
    number = f"IF(ISNUMBER({cell}),OR({{}}),TRUE)"
    match field.kind:
        case "choice" | "boolean":
            return f"COUNTIF({field.list_name},{cell})=0"
        case "unit_code":
            return f'OR(LEN({cell})<>12,ISERROR(VALUE({cell})),LEFT({cell},{digits})<>"{prefix}")'
        case "parent_code":
            return f"OR(LEN({cell})<>12,ISERROR(VALUE({cell})))"
        case "grid_code":
            begins = f'ISERROR(VALUE(LEFT({cell},12))),LEFT({cell},{digits})<>"{prefix}"'
            return f"OR(LEN({cell})<13,LEN({cell})>24,{begins})"
        case "code" | "text":
            return f"LEN({cell})>{LONGEST_TEXT[field.kind]}"
        case "integer":
            return number.format(f"{cell}<{low:.0f},{cell}>{high:.0f},{cell}<>INT({cell})")
        case "number" | "fraction" | "longitude" | "latitude":
            return number.format(f"{cell}<{low:.0f},{cell}>{high:.0f}")
        case "date" | "datetime":
            return number.format(dated)
        case "month":
            return number.format(f"{dated},DAY({cell})<>1")
        case _:
            return ""


def unusable(field: Field, position: int, width: int) -> str:
    """Return the formula true where a cell is wrong, or empty in a filled row that needs it; ``""`` for never."""
    cell = f"${column_letters(position)}{FIRST_ROW}"
    row = f"$A{FIRST_ROW}:${column_letters(width - 1)}{FIRST_ROW}"
    cases = [f'AND({cell}="",COUNTA({row})>0)'] if field.column.required else []
    broken = wrong(field, cell)
    cases += [f'AND({cell}<>"",{broken})'] if broken else []
    return f"=OR({','.join(cases)})" if cases else ""


def row_rules(table: Table) -> list[tuple[str, str, str]]:
    """Return a table's rules between columns: the column to mark, a formula that is true where broken, a sentence."""
    return [
        _comparison(rule, table) if "op" in rule else _condition(rule, table)
        for rule in catalogue.load("rules").get(table.name, [])
    ]


def _comparison(rule: Mapping[str, str], table: Table) -> tuple[str, str, str]:
    left, right = _cell(table, rule["left"]), _cell(table, rule["right"])
    labels = {"left": table[rule["left"]].label, "right": table[rule["right"]].label}
    sentence = fill(words()["rule_order"][rule["op"]], **labels)  # type: ignore[index]
    if rule["op"] == "!=":
        return rule["left"], f'=AND({left}<>"",{left}={right})', sentence
    broken = f"{left}{_BROKEN[rule['op']]}{right}"
    return rule["left"], f"=AND(ISNUMBER({left}),ISNUMBER({right}),{broken})", sentence


def _condition(rule: Mapping[str, str], table: Table) -> tuple[str, str, str]:
    needs = "needs" in rule
    column = rule["needs" if needs else "lacks"]
    when = table[rule["when"]]
    state = catalogue.label(when.values, rule["is"])
    given = {"when": when.label, "is": state, "column": table[column].label}
    sentence = fill(words()["rule_needs" if needs else "rule_lacks"], **given)
    empty = f'{_cell(table, column)}{"=" if needs else "<>"}""'
    return column, f'=AND({_cell(table, when.name)}="{state}",{empty})', sentence


def _cell(table: Table, name: str) -> str:
    names: Sequence[str] = [column.name for column in table.columns]
    return f"${column_letters(names.index(name))}{FIRST_ROW}"
