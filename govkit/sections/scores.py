"""The score: where a district stands, what brought it there, and what may be compared with the last period."""

from __future__ import annotations

from typing import Any

import pandas as pd

from govkit import catalogue
from govkit.display.tables.frames import quantity
from govkit.display.tables.table import MISSING, Column, report_table
from govkit.display.words.phrases import say
from govkit.rounding import fixed, half_away
from govkit.sections import ranks
from govkit.sections.chapters import achievements, shortfalls
from govkit.sections.inputs import Inputs
from govkit.sections.leaves import by_teller, leaf_facts
from govkit.sections.section import Section, absent
from govkit.sections.words import teller_word, units_word

# How many leaves the summary names, from which score a leaf counts as full, and which loss of points is worth a word.
_NAMED = 3
_FULL = 99.95
_NOTABLE_LOSS = 0.5
# From so many like units on their middle is told.
_LIKE = 3
# A table of communities holds so many leaves.
_LEAVES = 8


def _shown(score: float) -> float:
    return half_away(score, 1)


def standing_of(inputs: Inputs) -> list[str]:
    """Return what a summary says of a district's score: place, strong and weak leaves, what is unknown."""
    common, unit = inputs.part, inputs.whole
    if common.current is None:
        return []
    leaves = common.current.leaf_table(unit)
    leaves = leaves.assign(loss=leaf_facts(inputs)["loss"].reindex(leaves.index))
    words: dict[str, Any] = {
        "name": inputs.name,
        "period": inputs.now.name,
        "of": common.number_of_districts,
        "unit_word": inputs.place.unit_word,
    }
    return [standing(common.current, common.changed, unit, **words), strong_and_weak(leaves) + unscored(leaves)]


def scores(inputs: Inputs) -> Section:
    """Show a district's score as a tree, leaf by leaf, among its neighbours by rank, and what moved it."""
    title, common, unit = "综合评价", inputs.part, inputs.whole
    if (reason := ranks.unscored_because(inputs)) or common.current is None:
        return Section("scores", title, body=(absent(reason, tables=4),), missing=(reason,))
    leaves = common.current.leaf_table(unit)
    before = common.previous.leaf_table(unit) if common.previous else None
    groups = scores_of_groups(common.current, common.previous, unit)
    near: dict[str, Any] = {"unit": units_word(inputs), "of": common.number_of_districts}
    near["emphasise"] = lambda row: row["name"] == inputs.name
    body: list[Any] = [
        report_table("score_groups", groups, emphasise=lambda row: row["depth"] == 0),
        report_table("score_leaves", scores_of_leaves(leaves, before, leaf_facts(inputs)), emphasise=_is_sum),
        report_table("ranked_near" if common.rankable else "scores_of_few", common.near, **near),
        *(ranks.ranked_without(common.current) if common.rankable else []),
        *_changes(inputs),
        *ranks.held(inputs),
        *_of_members(inputs),
    ]
    numbers = {"groups": groups, "leaves": leaves, "near": common.near}
    return Section("scores", title, finding=standing_of(inputs)[0], body=tuple(body), numbers=numbers)


def _of_members(inputs: Inputs) -> list[Any]:
    """Return the values by which chapters name communities, so many leaves a table."""
    points = (*achievements.gains(inputs), *shortfalls.points_of(inputs))
    facts, told = leaf_facts(inputs), {point.measure for point in points}
    values, columns = {}, []
    for row in facts.loc[facts.index.isin(told) | facts["measure"].isin(told)].itertuples():
        found = by_teller(inputs, row.measure, row.area)
        firm = found["value"].where(~(found["denominator"] < shortfalls.NAMED_N)) if row.sampled else found["value"]
        if firm.nunique() > 1:
            values[row.Index] = firm
            share = row.unit == "%"
            columns.append(Column(row.Index, row.label, "percent" if share else "number", "" if share else row.unit))
    frame = pd.DataFrame(values).sort_index()
    frame.insert(0, "name", inputs.names.reindex(frame.index))
    parts = [columns[at : at + _LEAVES] for at in range(0, len(columns), _LEAVES)]
    return [report_table("leaf_members", frame, more=part, unit=teller_word(inputs)) for part in parts]


def _changes(inputs: Inputs) -> list[Any]:
    """Return what moved the score since the last period, and what forbids comparing; nothing for the first period."""
    common = inputs.part
    if common.changed is None or common.parts is None or common.breaks is None:
        return []
    parts = common.parts.loc[inputs.whole]
    items = [
        report_table("leaf_changes", leaf_changes(common.changed.leaf_table(inputs.whole))),
        report_table("change_parts", change_rows(parts, common.changed.now.scheme.leaves)),
        ranks.compared(common.breaks),
    ]
    table = report_table("breaks", ranks.break_table(common.breaks, inputs.names))
    return [*items, table] if len(common.breaks) else items


def standing(
    current: Any, changed: Any | None, unit: str, *, name: str, period: str, of: int, unit_word: str = ""
) -> str:
    """Say a unit's score, grade and rank in an assessment, and how they moved; ``changed`` compares it with another.

    ``unit_word``: what the zone calls its report units (``Zone.unit_word``).
    """
    scores = current.scores.loc[unit]
    if pd.isna(scores["score"]):
        return say("score.not_scored", name=name)
    row = {key: scores[key] for key in ("score", "grade", "rank")}
    # Too few to rank: their order says nothing.
    alone = "" if of >= _LIKE else "_alone"
    text = say(f"score.standing{alone}", name=name, period=period, of=of, unit_word=unit_word, **row)
    if changed is None:
        return text + say("score.first_period")
    return text + say(f"score.change{alone}", **changed.scores.loc[unit, ["previous", "previous_rank", "change"]])


def strong_and_weak(leaves: pd.DataFrame) -> str:
    """Say which leaves bring most and which lose most; ``leaves`` as from ``Assessment.leaf_table``."""
    label = leaves["label"]
    lost = leaves["loss"] if "loss" in leaves else leaves["weight"] * 100 - leaves["contribution"]
    best = leaves.loc[leaves["score"] >= _FULL].sort_values("contribution", ascending=False, kind="stable").index
    worst = lost[lost >= _NOTABLE_LOSS].sort_values(ascending=False, kind="stable").index
    text = say("score.best", best=tuple(label[best[:_NAMED]])) if len(best) else ""
    losses = tuple(f"{label[leaf]}（失 {fixed(lost[leaf], 1)} 分）" for leaf in worst[:_NAMED])
    return text + (say("score.worst", worst=losses) if losses else "")


def unscored(leaves: pd.DataFrame, *, unit_word: str = "") -> str:
    """Say which leaves concern a unit but have no data; "" if there is none. ``leaves`` as for ``strong_and_weak``."""
    concerned = leaves.loc[leaves["applies"]]
    lacking = concerned.loc[concerned["score"].isna()]
    told = tuple(f"{row.label}（{row.reason}）" if row.reason else row.label for row in lacking.itertuples())
    text = say("score.unscored", leaves=told, unit_word=unit_word) if told else ""
    rest = concerned.loc[concerned["score"].notna() & concerned["reason"].ne("")]
    doubts = tuple(f"{row.label}（{row.reason}）" for row in rest.itertuples())
    return text + (say("score.doubtful", leaves=doubts) if doubts else "")


def _is_sum(row: pd.Series) -> bool:
    return bool(row["label"] == "合计")


def scores_of_leaves(now: pd.DataFrame, before: pd.DataFrame | None, facts: pd.DataFrame) -> pd.DataFrame:
    """Return the leaves that apply to a unit with finished values; frames as from ``Assessment.leaf_table``.

    ``facts``: of ``leaves.leaf_facts``, what each loses and the middle of like units.
    """
    table = now.assign(
        owner=now["owner_level"].map(lambda key: catalogue.label("owner_level", key)),
        value_text=[quantity(value, unit) for value, unit in zip(now["value"], now["unit"], strict=True)],
        target_text=[quantity(value, unit) for value, unit in zip(now["best"], now["unit"], strict=True)],
    )
    if before is not None:
        table = table.assign(change=now["score"].map(_shown) - before["score"].reindex(now.index).map(_shown))
    table = table.assign(
        contribution=now["contribution"].where(now["score"].notna()), loss=facts["loss"].reindex(now.index)
    )
    if "median" in facts and (facts["of"] >= _LIKE).any():
        middle = facts["median"].where(facts["of"] >= _LIKE).reindex(now.index)
        table = table.assign(middle=[quantity(*pair) for pair in zip(middle, now["unit"], strict=True)])
    table = table.loc[table["applies"]].reset_index()
    sums = table[["contribution", "loss"]].sum()
    return pd.concat([table, pd.DataFrame([{"label": "合计", **sums}])], ignore_index=True)


def leaf_changes(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the table ``leaf_changes``: leaves known in both periods; frame as ``Change.leaf_table``."""
    known = rows.dropna(subset=["value", "previous"])
    texts = {
        into: [quantity(value, unit) for value, unit in zip(known[column], known["unit"], strict=True)]
        for into, column in (("before_text", "previous"), ("now_text", "value"))
    }
    changes = [_moved(value, unit) for value, unit in zip(known["change"], known["unit"], strict=True)]
    bounds = zip(known["low"], known["high"], known["unit"], strict=True)
    interval = [
        MISSING if pd.isna(low) else f"{_moved(low, unit)} 至 {_moved(high, unit)}" for low, high, unit in bounds
    ]
    kinds = [catalogue.label("evidence", key) for key in known["evidence"]]
    return known.assign(**texts, change_text=changes, interval=interval, evidence=kinds)


def _moved(value: Any, unit: str) -> str:
    """Say a change with its sign; fractions in percentage points."""
    shown, word = (value * 100, "百分点") if unit == "%" else (value, unit)
    rounded = half_away(shown, 1)
    sign = "+" if rounded > 0 else "−" if rounded < 0 else ""
    return f"{sign}{fixed(abs(shown), 1)} {word}".strip()


def scores_of_groups(now: Any, before: Any | None, unit: str) -> pd.DataFrame:
    """Return a unit's score as a tree: the whole, then every group below its parent, with the previous score.

    ``now`` and ``before`` are assessments by the same scheme.
    """
    scheme = now.scheme
    place = {node: number for number, node in enumerate(scheme.nodes)}
    paths = sorted((scheme.path(group.id) for group in scheme.groups), key=lambda path: [place[node] for node in path])
    rows: list[dict[str, Any]] = [
        {"label": scheme.target, "weight": 1.0, "depth": 0, **_tree_scores(now, before, unit)}
    ]
    for path in paths:
        group = scheme.nodes[path[-1]]
        scores = _tree_scores(now, before, unit, group.id)
        label = "　" * len(path) + group.label
        rows.append({"label": label, "weight": scheme.weight(group.id), "depth": len(path), **scores})
    table = pd.DataFrame(rows)
    return table if before is None else table.assign(change=table["score"].map(_shown) - table["previous"].map(_shown))


def _tree_scores(now: Any, before: Any | None, unit: str, group: str = "") -> dict[str, float]:
    def score(one: Any) -> float:
        return one.group_scores.at[unit, group] if group else one.scores.at[unit, "score"]

    return {"score": score(now)} | ({"previous": score(before)} if before is not None else {})


def change_rows(parts: pd.Series, leaves: Any, *, most: int = 8) -> pd.DataFrame:
    """Return the leaves that moved a unit's score most, as rows of ``change_parts``; ``parts`` by leaf and ``rest``.

    ``leaves`` are those of the scheme. What the others did together stands in one row, so that the rows sum up.
    """
    labels = {leaf.id: leaf.label for leaf in leaves}
    known = parts.drop(index="rest", errors="ignore")
    moved = known[known.abs() >= 0.05]  # less is printed as nothing, as is what is not known
    largest = moved[moved.abs().sort_values(ascending=False, kind="stable").index[:most]]
    rows = [(labels[leaf], points) for leaf, points in largest.items()]
    others = known.drop(index=largest.index)
    rows += [("其余指标合计", others.sum())] if others.abs().ge(0.005).any() else []
    rest = parts.get("rest", 0.0)
    rows += [("加分、扣分、否决及缺数据的影响", rest)] if abs(rest) >= 0.005 else []
    return pd.DataFrame([*rows, ("合计", parts.sum())], columns=["label", "points"])
