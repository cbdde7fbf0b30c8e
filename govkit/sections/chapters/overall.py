"""一、总体情况: the score, its place among like units, what moved it, what it loses by, and the place itself."""

from __future__ import annotations

from typing import Any

import pandas as pd

from govkit.display.charts.profile import indicator_profile
from govkit.display.charts.waterfall import score_change
from govkit.display.words import numbers
from govkit.display.words.phrases import escaped
from govkit.rounding import fixed, half_away
from govkit.sections import situation, townships
from govkit.sections.chapters import zone_chapters
from govkit.sections.inputs import Inputs
from govkit.sections.leaves import full, leaf_facts
from govkit.sections.section import Section
from govkit.sections.words import like_word, township_word

_NAMED = 3
# Parts of a change below this many points are not named.
_NAMED_POINTS = 0.2


def overall(inputs: Inputs) -> Section:
    """Say where a district stands, what moved its score and what it loses by; with the profile of its indicators."""
    if inputs.is_zone:
        return zone_chapters.overall(inputs)
    title = "总体情况"
    place = situation.situation(inputs).finding
    facts = leaf_facts(inputs)
    if inputs.common.current is None or facts["score"].isna().all():
        return Section("overall", title, finding=place, body=(place,))
    said = [standing(inputs), moved_by(inputs, facts), loses_by(facts), place]
    parts = [said[0], said[1], waterfall(inputs), said[2], place, *_by_township(inputs), profile(inputs, facts)]
    body = tuple(one for one in parts if one is not None and not (isinstance(one, str) and not one))
    return Section("overall", title, finding=said[0], body=body, numbers={"leaves": facts})


def _by_township(inputs: Inputs) -> list[Any]:
    """Return how a county's 乡镇 lie, first and last five; nothing for other districts."""
    table = townships.short_table(inputs)
    return [] if table is None else [f"各{township_word(inputs)}的情况见表。", table]


def standing(inputs: Inputs) -> str:
    """Say score, grade, place among like units and among all, and how far the place holds."""
    part = inputs.part
    row = inputs.current.scores.loc[inputs.whole]
    head = f"{escaped(inputs.name)}综合得分{fixed(row['score'], 1)}分，等次为{row['grade']}"
    alone = pd.isna(row["of_kind"]) or row["of_kind"] < 3
    all_of = like_word(inputs, part.number_of_districts)
    within = "" if alone else f"，在{like_word(inputs, int(row['of_kind']))}中列第{fixed(row['rank_in_kind'])}位"
    among = f"，在{all_of}中列第{fixed(row['rank'])}位" if part.rankable else ""
    if not alone and row["of_kind"] == part.number_of_districts:
        within = ""
    if within and among and row["rank"] == row["rank_in_kind"]:
        within, among = "", f"，在{like_word(inputs, int(row['of_kind']))}和全部{all_of}中都列第{fixed(row['rank'])}位"
    return f"{head}{within}{among}。{_holds(inputs)}"


def _holds(inputs: Inputs) -> str:
    drawn = inputs.part.drawn
    if drawn is None or drawn.ranks[["low", "high"]].isna().any(axis=None):
        return ""
    low, high = drawn.ranks[["low", "high"]].iloc[0]
    if low == high:
        return "计入回访、评分等的偶然误差，名次稳定。"
    places = f"第{fixed(low)}位至第{fixed(high)}位之间"
    return f"计入回访、评分等的偶然误差，名次在{places}，与前后几位的高下不能断定。"


def moved_by(inputs: Inputs, facts: pd.DataFrame) -> str:
    """Say how the score moved since the last period and which leaves moved it; a rank that fell while it rose."""
    changed = inputs.part.changed
    if changed is None or changed.scores["change"].isna().all():
        return ""
    row = changed.scores.iloc[0]
    change = float(row["change"])
    if abs(change) < 0.05:
        said = "得分与上期持平"
    else:
        said = f"得分由上期的{fixed(row['previous'], 1)}分{'升' if change > 0 else '降'}至{fixed(row['score'], 1)}分"
        if row["grade"] != row["previous_grade"] and row["previous_grade"]:
            said += f"，由{row['previous_grade']}变为{row['grade']}"
    points = facts["points"].dropna()
    up = points[points >= _NAMED_POINTS].sort_values(ascending=False, kind="stable")
    down = points[points <= -_NAMED_POINTS].sort_values(kind="stable")
    told = [
        f"{verb}{_named(facts, some)}" for verb, some in (("拉高得分的主要是", up), ("拉低得分的是", down)) if len(some)
    ]
    text = "；".join([said, *told]) + ("（见图）" if told else "") + "。"
    return text + _passed(row, change)


def _passed(row: pd.Series, change: float) -> str:
    if pd.isna(row["rank_move"]) or row["rank_move"] >= 0 or change <= 0:
        return ""
    return f"名次由第{fixed(row['previous_rank'])}位变为第{fixed(row['rank'])}位，得分没有退步，是其他单位提高得更多。"


def _named(facts: pd.DataFrame, points: pd.Series) -> str:
    shown = [f"{facts.at[leaf, 'label']}（{fixed(abs(value), 1)}分）" for leaf, value in points.head(_NAMED).items()]
    rest = len(points) - _NAMED
    return "、".join(shown) + (f"等{len(points)}项" if rest > 0 else "")


def loses_by(facts: pd.DataFrame) -> str:
    """Say how many leaves reach their target and which lose most."""
    known = facts.loc[facts["score"].notna()]
    reached = int(sum(full(row) for row in known.itertuples()))
    losses = known.loc[known["loss"] >= 0.05, "loss"].sort_values(ascending=False, kind="stable")
    if losses.empty:
        return f"{len(known)}项指标全部得满分。"
    top = losses.head(4)
    share = numbers.share(top.sum() / losses.sum())
    listed = "、".join(f"{facts.at[leaf, 'label']}（{fixed(loss, 1)}分）" for leaf, loss in top.items())
    head = f"{len(known)}项指标中，{reached}项得满分" if reached else f"{len(known)}项指标都没有得满分"
    said = f"{head}，{'其余' if reached else ''}共失{fixed(losses.sum(), 1)}分"
    return f"{said}，失分最多的是{listed}" + (f"，占全部失分的{share}" if len(losses) > len(top) else "") + "（见图）。"


def profile(inputs: Inputs, facts: pd.DataFrame) -> Any:
    """Return the indicator profile: every leaf against its target, like units and the last period."""
    kinds = facts["unit"].map(lambda unit: "percent" if unit == "%" else "number")
    peers = facts["scores"] if "scores" in facts else pd.Series([()] * len(facts), index=facts.index)
    frame = pd.DataFrame(
        {
            "group": facts["first"],
            "label": facts["label"],
            "kind": kinds,
            "unit": facts["unit"].where(facts["unit"].ne("%"), ""),
            "digits": 1,
            "value": facts["value"],
            "last": facts["previous"],
            "target": facts["best"],
            "median": facts.get("median", float("nan")),
            "score": facts["score"],
            "last_score": facts["last_score"],
            "loss": facts["loss"],
            "peers": [one if isinstance(one, tuple) else () for one in peers],
        }
    ).reset_index(drop=True)
    known = facts.loc[facts["score"].notna()]
    reached = int(sum(full(row) for row in known.itertuples()))
    finding = f"{len(known)}项指标中{reached}项得满分" if reached else f"{len(known)}项指标都没有得满分"
    return indicator_profile(frame, finding=finding, **_from(inputs))


def waterfall(inputs: Inputs) -> Any:
    """Return what moved the score as a waterfall; None for the first period."""
    part = inputs.part
    if part.changed is None or part.parts is None or part.changed.scores["change"].isna().all():
        return None
    row = part.changed.scores.iloc[0]
    parts = part.parts.loc[inputs.whole]
    labels = {leaf.id: leaf.label for leaf in inputs.current.scheme.leaves} | {"rest": "加分、扣分及缺数据的影响"}
    frame = pd.DataFrame({"label": [labels[leaf] for leaf in parts.index], "change": parts.to_numpy()})
    frame = frame.loc[frame["change"].abs() > 1e-9]
    way = "提高" if row["change"] > 0 else "下降"
    words = f"得分{way}{fixed(abs(row['change']), 1)}分" if abs(row["change"]) >= 0.05 else "得分与上期持平"
    main = frame.loc[frame["change"].abs().idxmax(), "label"] if len(frame) else ""
    periods = (inputs.before.name if inputs.before else "", inputs.now.name)
    lines = {grade: lowest for grade, lowest in inputs.current.scheme.grades if lowest > 0}
    near = {name: at for name, at in lines.items() if min(row[["previous", "score"]]) - 5 < at < 100}
    finding = f"{words}，变动最大的是{main}"
    return score_change(
        frame,
        last=half_away(row["previous"], 1),
        now=half_away(row["score"], 1),
        labels=periods,
        finding=finding,
        lines=near,
        **_from(inputs),
    )


def _from(inputs: Inputs) -> dict[str, str]:
    return {"source": inputs.place.front.issuer}
