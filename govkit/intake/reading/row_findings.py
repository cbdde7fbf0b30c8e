"""What is said of the rows, columns and titles of a table: left out, doubled, from above, breaking a rule."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from govkit import catalogue
from govkit.catalogue import toml_text
from govkit.intake.reading.assemble import Reading
from govkit.intake.reading.layouts import Body, Layout
from govkit.intake.reading.schema import Column
from govkit.intake.sheets.grid import column_letters
from govkit.intake.sheets.marks import rows_named
from govkit.intake.values.coordinates import datum_named
from govkit.intake.values.months import month_of_title
from govkit.intake.values.personal import cards_among_codes
from govkit.intake.values.quantities import plain
from govkit.intake.values.values import parse

_KINDS = {
    "total": "合计", "part": "“其中”项", "note": "注释", "header": "重复的表头或栏次", "empty": "各事项全部空白的行",
    "struck": "划掉的行",
}  # fmt: skip
_LONGEST_TITLE = 40
# more lines than these with a cell too many: the file has a column without a head
_MOST_LONGER = 0.5


def about_rows(reading: Reading, content: Body, gone: Mapping[str, np.ndarray]) -> Reading:
    """Note the rows left out, by kind, and those that may be parts or hold bytes of no encoding."""
    for kind, rows in gone.items():
        if kind in _KINDS:
            words = {"kind": _KINDS[kind], "count": len(rows), "rows": rows_named(rows)}
            rule = {"struck": "struck_rows", "part": "part_rows"}.get(kind, "rows_left_out")
            reading = reading.noted(rule, sheet=content.sheet, row=int(rows[0]), **words)
    likely = np.asarray(content.facts.get("likely_parts", ()))
    if len(likely):
        words = {"rows": rows_named(likely), "count": len(likely)}
        reading = reading.noted("likely_parts", sheet=content.sheet, row=int(likely[0]), **words)
    bad = {row: said for row, said in content.marks.bad.items() if row in set(reading.origin.row[""].tolist())}
    if bad:
        hit = np.isin(reading.origin.row[""], list(bad))
        said = [bad[row] or "有" for row in reading.origin.row[""][hit].tolist()]
        reading = reading.flagged("undecodable", hit, words={"said": said}, value=said)
    return reading


def about_columns(reading: Reading, content: Body, layout: Layout) -> Reading:
    """Note the columns that nobody reads, that stand twice, and those of parts and of running totals."""
    headers, matched, table, months = content.header_texts, layout.matched, reading.table, layout.months
    told: list[tuple[str, int, dict[str, object]]] = [("personal_column", at, {}) for at in matched.personal]
    for name, at in matched.doubled.items():
        rule = "unsure_column" if name in matched.unsure else "duplicate_column"
        told.append((rule, at, {"label": table[name].label, "table": table.name, "name": name}))
    for name, at in layout.lone.items():
        part, total = headers[content.sheet, at], matched.positions[name]
        one, whole = (parse(content.cells[each], Column("", "", "number")).values for each in (at, total))
        over = content.rows[(one > whole).to_numpy(dtype=bool, na_value=False)]
        words = {"label": table[name].label, "head": headers[content.sheet, total], "rows": rows_named(over)}
        words |= {"table": table.name, "header": toml_text(part)[1:-1], "count": str(len(over))}
        told.append(("part_over_total" if len(over) else "total_unchecked", at, {**words}))
    if months:
        told += [("duplicate_column", at, {"label": month}) for at, month in months.doubled.items()]
        told += [("months_turn", at, {"year": months.month[at][:4]}) for at in [months.turn] if at >= 0]
    for name, at in matched.running.items():
        rule = "running_total" if name in matched.positions else "only_running_total"
        told.append((rule, at, {"label": table[name].label, "table": table.name}))
    for rule, at, said in told:
        header = headers[content.sheet, at]
        reading = reading.noted(rule, sheet=content.sheet, column=header, value=header, **said)
    if "longitude" in table:
        places = [matched.positions[name] for name in ("longitude", "latitude") if name in matched.positions]
        named = layout.pair.datum if layout.pair else datum_named(content.headers, places)
        reading = replace(reading, facts={**reading.facts, "head_datum": named} if named else reading.facts)
    return reading


def about_above(reading: Reading, content: Body, above: Mapping[tuple[int, bool], np.ndarray]) -> Reading:
    """Note which rows have a value of the row above."""
    headers = content.header_texts
    for (at, blank), lines in above.items():
        rows = content.rows[lines]
        words = {"count": len(rows), "rows": rows_named(rows), "value": content.cells[at].iloc[lines[0]]}
        place = {"sheet": content.sheet, "row": int(rows[0]), "column": headers[content.sheet, at]}
        reading = reading.noted("blank_as_above" if blank else "said_as_above", **place, **words)
    return reading


def about_personal(
    reading: Reading, content: Body, personal: Mapping[int, Mapping[str, int]], types: Mapping[int, str]
) -> Reading:
    """Note the columns in which something that tells a person was masked, and codes that cards could be."""
    for at in (at for at, kind in types.items() if kind == "code" and at in content.cells):
        if count := len(cards_among_codes(content.cells[at])[0]):
            header = content.header_texts[content.sheet, at]
            words = {"header": header, "count": count}
            reading = reading.noted("codes_like_cards", sheet=content.sheet, column=header, **words)
    for at, kinds in personal.items():
        header = content.header_texts[content.sheet, at]
        found = "、".join(f"{kind} {count} 处" for kind, count in kinds.items())
        reading = reading.noted("personal_text", sheet=content.sheet, column=header, header=header, found=found)
    return reading


def about_title(reading: Reading, title: str) -> Reading:
    """Warn of a title that calls the amounts of months running totals."""
    words = [word for word in catalogue.load("cells")["running_total"] if "累计" in word and word in plain(title)]
    if not words or reading.source.cumulative or "month" not in reading.text:
        return reading
    return reading.noted("title_of_running_total", value=title.strip()[:_LONGEST_TITLE], table=reading.table.name)


def about_title_month(reading: Reading, content: Body, month: str, *, by_title: bool) -> Reading:
    """Say that the rows have the month of the title, or that all have another."""
    if not month:
        return reading
    found = reading.frame["month"].dropna().dt.strftime("%Y-%m").unique().tolist()
    line = next((one for one in content.title.splitlines() if month_of_title(one) == month), content.title)
    place = {"sheet": content.sheet, "value": line.strip()[:_LONGEST_TITLE], "said": month}
    if by_title:
        return replace(reading.noted("month_of_title", **place), facts={**reading.facts, "month_by_title": True})
    differs = len(found) == 1 and found != [month]
    return reading.noted("title_and_month", **place, month=found[0]) if differs else reading


def about_merged_across(reading: Reading, whole: Body, layout: Layout, *, kept: np.ndarray) -> Reading:
    """Warn of amounts that stand merged over columns of several amounts: which one they are is not known."""
    for row, first, last in whole.merges.across:
        over = [at for at in layout.amounts if first <= at <= last]
        if len(over) < 2 or whole.rows[row] not in kept or pd.isna(text := whole.cells.at[row, first]):
            continue
        place = {"cell": f"{column_letters(first)}{whole.rows[row]}"} if reading.origin.cells else {}
        heads = [reading.origin.headers.get((whole.sheet, at), "") for at in over]
        said = {"sheet": whole.sheet, "row": int(whole.rows[row]), "column": heads[0], "value": text}
        reading = reading.noted("merged_across", **place, **said, labels="、".join(heads))
    return reading


def extra_cells(reading: Reading, content: Body) -> Reading:
    """Set lines aside that have more cells than heads: one cell too many, and all behind it are another column's."""
    bare = [at for at in content.cells if at >= len(content.headers) or not content.headers[at]]
    beyond = [at for at in bare if at > max((i for i, parts in enumerate(content.headers) if parts), default=-1)]
    if not beyond:
        return reading
    more = content.cells[beyond].notna().any(axis=1).to_numpy()
    last = content.cells[beyond[0] - 1].str.fullmatch(r"[-+]?\d{1,3}").fillna(False).to_numpy(dtype=bool)
    split = last & content.cells[beyond[0]].str.fullmatch(r"\d{3}(\.\d+)?").fillna(False).to_numpy(dtype=bool)
    if more.mean() > _MOST_LONGER and not split[more].all():
        return reading
    shown = ["，".join(content.cells.loc[at].iloc[beyond[0] - 1 :].dropna()) for at in np.flatnonzero(more)]
    heads = sum(1 for parts in content.headers if parts)
    hit = np.isin(reading.origin.row[""], content.rows[more])
    by_row = dict(zip(content.rows[more].tolist(), shown, strict=True))
    rows = reading.origin.row[""][hit].tolist()
    said = [by_row[row] for row in rows]
    return reading.flagged("more_cells_than_heads", hit, value=said, words={"heads": heads, "said": said})


def lacking_cells(reading: Reading, content: Body) -> Reading:
    """Set lines aside that have fewer cells than heads: nobody can tell which is missing."""
    heads = 1 + max((i for i, parts in enumerate(content.headers) if parts), default=-1)
    lines = {row: many for row, many in content.marks.short.items() if many < heads}
    hit = np.isin(reading.origin.row[""], list(lines))
    # where most lines are short, the program that wrote them leaves out what is empty at the end
    if not hit.any() or hit.mean() > _MOST_LONGER:
        return reading
    said = [lines[row] for row in reading.origin.row[""][hit].tolist()]
    return reading.flagged("fewer_cells_than_heads", hit, value=[str(one) for one in said], words={"heads": heads})


_OPERATORS = {"<=": operator.le, ">=": operator.ge, "!=": operator.ne}
_WORDS = {"<=": "大于", ">=": "早于", "!=": "等于"}


def row_rules(reading: Reading) -> Reading:
    """Return the reading with every row tested that has not been set aside yet."""
    for rule in catalogue.load("rules").get(reading.table.name, []):
        names = [rule[key] for key in ("left", "right", "when", "needs", "lacks") if key in rule]
        if all(name in reading.text for name in names):
            reading = _compared(reading, rule) if "op" in rule else _conditional(reading, rule)
    return reading


def _compared(reading: Reading, rule: Mapping[str, str]) -> Reading:
    left, right = reading.frame[rule["left"]], reading.frame[rule["right"]]
    both = left.notna() & right.notna() & ~reading.aside
    broken = both & ~_OPERATORS[rule["op"]](left, right).fillna(True).astype(bool)
    name, other = reading.table[rule["left"]].label, reading.table[rule["right"]].label
    said = list(reading.text[rule["right"]][broken].fillna(""))
    words = {"said": [f"“{name}”{_WORDS[rule['op']]}“{other}”（{one}）" for one in said], "advice": rule["todo"]}
    return _flagged(reading, rule, broken, rule["left"], words)


def _conditional(reading: Reading, rule: Mapping[str, str]) -> Reading:
    column = rule.get("needs") or rule["lacks"]
    other = reading.frame[column]
    broken = (reading.frame[rule["when"]] == rule["is"]).fillna(False) & ~reading.aside
    broken &= other.isna() if "needs" in rule else other.notna()
    list_name = reading.table[rule["when"]].values
    state = catalogue.label(list_name, rule["is"])
    verb = "没有填" if "needs" in rule else "却填了"
    words = {"said": f"状态为“{state}”，{verb}“{reading.table[column].label}”", "advice": rule["todo"]}
    return _flagged(reading, rule, broken.astype(bool), column, words)


def _flagged(
    reading: Reading, rule: Mapping[str, str], at: pd.Series, column: str, words: Mapping[str, object]
) -> Reading:
    return reading.flagged("row_rule", at, column=column, severity=rule["severity"], name=rule["rule"], words=words)


def unique_keys(reading: Reading) -> Reading:
    """Return the reading with every later row of a repeated key set aside; missing parts of a key count as equal."""
    key = [name for name in reading.table.key if name in reading.frame]
    usable = np.flatnonzero(~reading.aside)
    keys = reading.frame.loc[usable, key]
    again = keys.duplicated().to_numpy()
    if not again.any():
        return reading
    first = keys.groupby(key, sort=False, dropna=False).ngroup()
    first_at = pd.Series(usable, index=first.index).groupby(first).transform("first")
    later, earlier = usable[again], first_at.to_numpy()[again]
    text = reading.text.fillna("")
    same = (text.iloc[later].to_numpy() == text.iloc[earlier].to_numpy()).all(axis=1)
    label = "、".join(reading.table[name].label for name in key)
    for rule, chosen in (("duplicate_row", same), ("duplicate_key", ~same)):
        at = np.zeros(len(reading.frame), dtype=bool)
        at[later[chosen]] = True
        words = {"first": [_named(reading, int(one)) for one in earlier[chosen]], "label": label}
        reading = reading.flagged(rule, at, column=key[0], words=words)
    return reading


def _named(reading: Reading, record: int) -> str:
    """Return the row of a record, with its file and sheet where there are several."""
    row, origin = str(reading.origin.row[""][record]), reading.origin
    several = [origin.file] if origin.file is not None else []
    several += [origin.sheet] if len(set(origin.sheet)) > 1 else []
    said = " ".join(str(one[record]) for one in several)
    return f"{said} 第 {row} 行" if said else f"第 {row} 行"
