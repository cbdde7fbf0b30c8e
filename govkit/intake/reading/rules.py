"""What must hold across the columns of a row and between rows; the row rules are data in rules.toml."""

from __future__ import annotations

import operator
from collections.abc import Mapping

import numpy as np
import pandas as pd

from govkit import catalogue
from govkit.intake.reading.assemble import Reading

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
