"""Ranks: who stands where, how far that holds, what moves it, and what forbids comparing periods."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from govkit import catalogue
from govkit.analysis.ledgers.views import TOTAL
from govkit.analysis.score import coherence, robustness
from govkit.analysis.score.assess import Assessment
from govkit.analysis.score.change import score_change
from govkit.display.maps import kinds
from govkit.display.maps.sheet.classes import Quantity
from govkit.display.slides import Slide, on_slide, slide
from govkit.display.tables.table import MISSING, Column, Table, report_table
from govkit.display.words.numbers import together
from govkit.display.words.phrases import SEPARATOR, by_name, say
from govkit.rounding import fixed, half_away, percent
from govkit.sections.inputs import Inputs
from govkit.sections.section import Section, absent
from govkit.sections.words import units_word

_NAMED = 3
# A rank interval no wider than this is steady.
_STEADY = 2
# Fewer are not ranked.
_RANKABLE = 3
# A rise of fewer points is not told.
_RISEN = 0.5
_SCORE = Quantity("综合得分", "number", "分")
_CHANGE = Quantity("综合得分变化", "number", "分")
_NO_SCHEME = "zone.toml 没有指定指标体系（[judged_by] scheme），不作综合评价。"
_ASLEEP = "指标体系《{title}》本期没有施行（{term}），不作综合评价。"


def held(inputs: Inputs) -> list[Any]:
    """Return how far a district's rank holds and whether it moved beyond chance; nothing where ranks mean little."""
    common, unit = inputs.common, inputs.whole
    if not common.rankable or common.drawn is None:
        return []
    said = [rank(common.drawn, unit, name=inputs.name) + without_one(common.left_out, unit)]
    said += [] if common.moves is None else [moved(common.moves, unit)]
    return [*said, _defended(inputs, common.drawn)]


def _defended(inputs: Inputs, drawn: Any) -> Table:
    """Return how far ranks hold as a table: of all districts, or of the one reported."""
    words = {"confidence": fixed(100 * drawn.confidence), "draws": drawn.draws, "pass_mark": f"{drawn.pass_mark:g}"}
    return report_table("robustness", rank_table(drawn, inputs.names), unit=units_word(inputs), **words)


def unscored_because(inputs: Inputs) -> str:
    """Return why nothing is scored: there is no scheme, or it is not in force; "" where one is."""
    tree = inputs.judged.scheme
    if tree is None:
        return _NO_SCHEME
    return "" if tree.term.covers(inputs.now) else _ASLEEP.format(title=tree.title, term=tree.term)


def ranks(inputs: Inputs) -> Section:
    """Show all districts by rank, on a map, and how their scores moved."""
    title, common = "综合评价", inputs.common
    if (reason := unscored_because(inputs)) or common.current is None:
        return Section("ranks", title, body=(absent(reason, figures=2, tables=5),), missing=(reason,))
    listed = rows(inputs)
    score = common.current.scores["score"]
    shown = inputs.map(score, f"各{inputs.place.unit_word}综合得分", _SCORE)
    body = [
        _table(inputs, listed),
        *ranked_without(common.current),
        *_ranked_in_part(inputs),
        shown,
        change_map(inputs),
        *_movers(inputs),
    ]
    said = spread(listed, period=inputs.now.name, unit_word=inputs.place.unit_word)
    slides = _score_slides(inputs, listed)
    return Section("ranks", title, finding=said, body=tuple(body), numbers={"ranking": listed}, slide=slides)


def risen(inputs: Inputs) -> pd.Series:
    """Return by how much the score of those rose that rose most since the last period, at most three."""
    changed = inputs.common.changed
    up = pd.Series(dtype="float64") if changed is None else changed.scores["change"].dropna()
    return up[up >= _RISEN].sort_values(ascending=False, kind="stable").head(_NAMED)


def _movers(inputs: Inputs) -> list[Table]:
    """Return what each leaf added to the scores that rose most."""
    up, parts = risen(inputs), inputs.shared.parts
    if up.empty or parts is None:
        return []
    labels = {leaf.id: leaf.label for leaf in inputs.current.scheme.leaves} | {"rest": "加分、扣分及缺数据的影响"}
    table = parts.loc[up.index].T
    table = table.loc[table.map(lambda points: abs(half_away(points, 1)) > 0).any(axis="columns")]
    table = pd.concat([table, up.to_frame(TOTAL).T]).assign(label=[*map(labels.get, table.index), TOTAL])
    columns = [Column(code, inputs.names[code], "number", "分", signed=True) for code in up.index]
    return [report_table("movers", table, more=columns, emphasise=lambda row: row["label"] == TOTAL)]


def ranked_without(current: Assessment) -> list[str]:
    """Say which indicators the ranks lack, or take something for granted in, for want of what nobody provided."""
    hows = {
        leaf.label: current.assumed.get(leaf.id) or "、".join(current.not_provided.get(leaf.id, ()))
        for leaf in current.scheme.leaves
    }
    told = together((label, how) for label, how in hows.items() if how)
    return [say("score.ranked_without", leaves=told)] if told else []


def _ranked_in_part(inputs: Inputs) -> list[str]:
    """Name the districts of which an indicator has no score for want of data that others have."""
    current = inputs.current
    labels = {leaf.id: leaf.label for leaf in current.scheme.leaves if current.leaf_scores[leaf.id].notna().any()}
    lost = current.applies[[*labels]] & current.leaf_scores[[*labels]].isna()
    lost = lost.loc[lost.any(axis="columns") & current.scores["score"].notna()]
    told = together(
        (inputs.names[unit], "、".join(labels[one] for one in row.index[row])) for unit, row in lost.iterrows()
    )
    return [say("score.ranked_in_part", units=told)] if told else []


def _table(inputs: Inputs, listed: pd.DataFrame) -> Table:
    """Return all districts by rank; where they are too few to be ranked, their scores alone."""
    return inputs.table("ranking" if inputs.common.rankable else "scores_of_few", listed)


def rows(inputs: Inputs) -> pd.DataFrame:
    """Return all districts by rank, as from ``ranking``."""
    before = inputs.common.previous
    return ranking(inputs.current.scores, before.scores if before else None, inputs.names)


def change_map(inputs: Inputs, title: str = "综合得分较上期的变化") -> Any:
    """Return a map of how scores moved since the last period, or what says why there is none."""
    if inputs.common.changed is None:
        return absent("这是第一个报告期，没有上期可比。", figures=1)
    change = inputs.common.changed.scores["change"]
    told = inputs.unmapped(change, title, _CHANGE)
    if told is not None:
        return told
    return kinds.change_map(inputs.members, change, title, quantity=_CHANGE, setting=inputs.setting)


def reliability(inputs: Inputs) -> Section:
    """Say how far the ranking holds: intervals, what moves it, leaf by leaf."""
    title, common = "名次的可靠性", inputs.shared
    if common.current is None:
        return Section("reliability", title)
    if not common.rankable or common.drawn is None:
        reason = "参加评价的单元不足三个，不作名次可靠性分析。"
        return Section("reliability", title, body=(absent(reason, tables=3),), missing=(reason,))
    drawn, shares = common.drawn, robustness.rank_shares(common.current)
    without, whole = common.left_out, coherence.coherence(common.current)
    word: dict[str, Any] = {"unit_word": inputs.place.unit_word}
    said = zone(drawn, shares, without, inputs.names, **word)
    listed = rank_table(drawn, inputs.names)
    body = (
        said,
        coherent(whole, **word),
        _defended(inputs, drawn),
        report_table("rank_shares", share_table(shares))
        if shares.enough
        else absent("名次变动来源的模拟次数不足以分清各因素，不列。", tables=1),
        report_table("leaf_defence", leaf_table(without, whole)),
    )
    return Section("reliability", title, finding=said, body=body, numbers={"ranks": listed})


def comparability(inputs: Inputs) -> Section:
    """Say whether the two periods compare, and what is doubtful about the scheme's use on these values."""
    common = inputs.common
    body: list[Any] = []
    if common.changed is not None and common.breaks is not None and not unscored_because(inputs):
        body += ["## 两期可比性", compared(common.breaks)]
        if len(common.breaks):
            body.append(report_table("breaks", break_table(common.breaks, inputs.names)))
    asleep = unscored_because(inputs)
    doubts = [] if asleep or common.current is None else coherence.scheme_warnings(common.current)
    if len(doubts):
        body += ["## 指标体系的注意事项", report_table("scheme_warnings", doubts)]
    return Section("comparability", "", body=tuple(body))


def scored(inputs: Inputs) -> bool:
    """Whether any district has a score."""
    return inputs.common.current is not None and bool(inputs.current.scores["score"].notna().any())


def _score_slides(inputs: Inputs, listed: pd.DataFrame) -> tuple[Any, ...]:
    if not scored(inputs):
        return ()
    score = inputs.current.scores["score"]
    return score_slide(listed, unit=kind_words(inputs)), on_slide(inputs.map(score, "综合得分", _SCORE))


def score_slides(inputs: Inputs) -> Section:
    """Return the slides of scores and of their change."""
    if not scored(inputs):
        reason = "没有指定指标体系（zone.toml 的 [judged_by] scheme），或没有可以计分的指标，不作综合评价。"
        return Section("scores", "综合得分", slide=(absent(reason, figures=1), absent("没有上期得分可比。", figures=1)))
    shown = _score_slides(inputs, rows(inputs))
    if inputs.common.changed is None:
        return Section("scores", "综合得分", slide=(*shown, absent("没有上期得分可比。", figures=1)))
    head = change_slide(inputs.common.changed.scores, inputs.names, unit=kind_words(inputs))
    return Section("scores", "综合得分", slide=(*shown, head, on_slide(change_map(inputs))))


def ranking_slides(inputs: Inputs) -> Section:
    """Return the slide of the ranking."""
    if not scored(inputs):
        return Section("ranking", "排名", slide=(absent("没有综合得分，不排名。", tables=1),))
    listed = rows(inputs)
    table = _table(inputs, listed.drop(columns="rank_text", errors="ignore"))
    return Section("ranking", "排名", slide=(ranking_slide(listed), table))


def kind_words(inputs: Inputs) -> str:
    """Return what the districts are called: ``街道、镇``."""
    return called(inputs.shared.districts["kind"])


def called(kinds: pd.Series) -> str:
    """Return what the districts are called: ``街道、镇``; ``kinds`` are keys of the code list unit_kind."""
    words = catalogue.load("levels")["unit_word"]
    return "、".join(
        words["county"] if kind == "county" else catalogue.label("unit_kind", kind)
        for kind in dict.fromkeys(kinds.sort_values())
    )


def ranking(now: pd.DataFrame, before: pd.DataFrame | None, names: pd.Series) -> pd.DataFrame:
    """Return all districts by rank; ``now`` and ``before`` as ``Assessment.scores``, ``names`` by unit code."""
    table = now.assign(name=names.reindex(now.index)).sort_values(["rank", "name"], na_position="last")
    if before is not None:
        moved = before["rank"].reindex(table.index) - table["rank"]
        table = table.assign(
            change=score_change(table["score"], before["score"].reindex(table.index)),
            rank_text=[_rank_move(one) for one in moved],
        )
    return table.reset_index()


def _rank_move(places: Any) -> str:
    if pd.isna(places):
        return MISSING
    return "持平" if places == 0 else f"{'升' if places > 0 else '降'} {abs(int(places))} 位"


def spread(ranked: pd.DataFrame, *, period: str, unit_word: str = "") -> str:
    """Say how the scores of all districts lie; ``ranked`` as from ``ranking``, best first.

    ``unit_word``: what the zone calls its report units (``Zone.unit_word``).
    """
    scored = ranked.loc[ranked["score"].notna()]
    if len(scored) < _RANKABLE:
        listed = [say("zone_score.one", name=row.name, score=row.score, grade=row.grade) for row in scored.itertuples()]
        return say("zone_score.few", period=period, listed="；".join(listed)) if listed else say("zone_score.none")
    grades = scored["grade"].value_counts(sort=False)
    text = say(
        "zone_score.spread",
        period=period,
        unit_word=unit_word,
        of=len(scored),
        lowest=scored["score"].min(),
        highest=scored["score"].max(),
        grades="、".join(f"{grade} {count} 个" for grade, count in grades.items()),
    )
    if len(scored) > 2 * _NAMED:
        ends = {"first": tuple(scored["name"].head(_NAMED)), "last": tuple(scored["name"].tail(_NAMED))}
        text += say("zone_score.first", **ends)
    else:
        text += say("zone_score.in_order", names=tuple(scored["name"]))
    return text


def lying(ranked: pd.DataFrame, *, unit_word: str = "") -> str:
    """Say how scores lie among streets, among towns, and which fell most; frame as from ``ranking``, best first.

    Who rose is told among what went well. A kind of one unit is left out; where all others are of one kind, all stand
    together under ``unit_word``.
    """
    scored = ranked.loc[ranked["score"].notna()]
    kinds = [(catalogue.label("unit_kind", kind), part) for kind, part in scored.groupby("kind", sort=False)]
    kinds = [(word, part) for word, part in kinds if len(part) > 1]
    kinds = kinds if len(kinds) > 1 else [(unit_word, scored)] if len(scored) > 1 else []
    told = [
        say(
            "zone_score.of_kind",
            unit_word=word,
            of=len(part),
            lowest=part["score"].min(),
            highest=part["score"].max(),
        )
        for word, part in kinds
    ]
    text = f"{'；'.join(told)}。" if told else ""
    if "change" not in scored:
        return text
    fell = scored.loc[scored["change"] < 0].sort_values("change", kind="stable").head(_NAMED)
    names = tuple(f"{row.name}（{fixed(-row.change, 1)} 分）" for row in fell.itertuples())
    return text + (say("zone_score.fell", names=names) if names else "")


def rank(found: Any, unit: str, *, name: str) -> str:
    """Say between which ranks a unit lies and how likely first, the top quarter and a pass are; "" without a score."""
    row = found.ranks.loc[unit]
    if row[["rank", "low", "high"]].isna().any():
        return ""
    spread = catalogue.load("analysis")["robustness"]["weight_spread"] * 100
    words = {"name": name, "draws": found.draws, "confidence": found.confidence * 100, "spread": spread}
    key = "rank_fixed" if row["low"] == row["high"] else "rank"
    chances = {key: _chance(row[key]) for key in ("first", "passed")}
    quarter = row["top_quarter"]
    told = "" if pd.isna(quarter) else say("robustness.quarter", top_quarter=_chance(quarter))
    likely = say("robustness.chances", pass_mark=found.pass_mark, quarter=told, **chances)
    ways = {"low": row["method_low"], "high": row["method_high"]}
    method = say("robustness.method_fixed" if ways["low"] == ways["high"] else "robustness.method", **ways, **words)
    return say(f"robustness.{key}", low=row["low"], high=row["high"], **words) + method + likely


def moved(moves: pd.DataFrame, unit: str) -> str:
    """Say whether a rank moved beyond choices and chance; ``moves`` as from ``rank_moves``; "" without both ranks."""
    row = moves.loc[unit]
    if pd.isna(row["clear"]) or pd.isna(row["move"]):
        return ""
    if row["move"] == 0:
        return say("robustness.unmoved")
    words = f"{'上升' if row['move'] > 0 else '下降'} {abs(int(row['move']))} 位"
    return say(f"robustness.moved_{'clear' if row['clear'] else 'unclear'}", move=words)


def without_one(found: Any, unit: str, *, most: int = 3) -> str:
    """Say how far a unit's rank moves if one leaf is left out, and which leaves move it most."""
    moves = found.rank_moves.loc[unit].abs().dropna()
    largest = moves.max() if len(moves) else 0
    if not largest > 0:
        return say("robustness.leave_out_none")
    leaves = found.leaves.loc[moves.index[moves.eq(largest)][:most], "label"].tolist()
    return say("robustness.leave_out", most=largest, leaves=leaves)


def zone(found: Any, shares: Any, left_out: Any, names: pd.Series, *, most: int = 3, unit_word: str = "") -> str:
    """Say how steady the whole ranking is, who may be first, what moves it, and which leaves carry it.

    ``unit_word``: what the zone calls its report units.
    """
    ranks = found.ranks.dropna(subset=["low"])
    width = (ranks["high"] - ranks["low"]).sort_values(ascending=False, kind="stable")
    first = ranks.loc[ranks["first"] >= 0.05, "first"].sort_values(ascending=False, kind="stable")
    parts = [
        say(
            "robustness.zone_width",
            of=len(ranks),
            unit_word=unit_word,
            confidence=found.confidence * 100,
            steady=int((width + 1 <= _STEADY).sum()),
        ),
        say("robustness.zone_first", first=[f"{names[unit]}（{_chance(chance)}）" for unit, chance in first.items()]),
    ]
    wide = [str(names[unit]) for unit in width.index[width + 1 > _STEADY][:most]]
    if wide:
        parts.insert(1, say("robustness.zone_wide", widest=wide))
    total = shares.overall["total"].dropna()
    if len(total) and shares.enough:
        first_of = total.idxmax()
        ends = {key: shares.overall.at[first_of, f"total_{key}"] for key in ("low", "high")}
        largest = catalogue.label("rank_factor", first_of)
        parts.append(say("robustness.zone_shares", largest=largest, share=total.max(), **ends))
    carried = left_out.leaves.loc[left_out.leaves["moved"] > 0].sort_values(["agreement", "moved"])
    if len(carried):
        parts.append(say("robustness.zone_leave_out", leaves=carried["label"].tolist()[:most]))
    return "".join(parts)


def coherent(found: Any, *, unit_word: str = "") -> str:
    """Say whether the leaves belong together, and which are silent, run against the score, or repeat each other."""
    whole = found.groups.reindex([""]).iloc[0]
    alpha = whole["alpha"]
    verdict = "内部一致" if alpha >= catalogue.load("analysis")["coherence"]["alpha_enough"] else "一致性不足"
    if pd.isna(alpha):
        parts = [say("robustness.alpha_unknown", unit_word=unit_word)]
    else:
        parts = [say("robustness.alpha", alpha=alpha, verdict=verdict, units=whole["units"], unit_word=unit_word)]
    for key in ("silent", "against"):
        leaves = found.leaves.loc[found.leaves["verdict"].eq(key), "label"].tolist()
        parts += [say(f"robustness.{key}", leaves=leaves)] if leaves else []
    if len(found.redundant):
        closest = found.redundant.iloc[0]
        pair = "与".join(f"“{found.leaves.at[closest[side], 'label']}”" for side in ("one", "other"))
        limit = catalogue.load("analysis")["coherence"]["redundant"]
        parts.append(say("robustness.redundant", n=len(found.redundant), pair=pair, limit=limit))
    return "".join(parts)


def compared(found: pd.DataFrame) -> str:
    """Say that two periods compare, or how many breaks forbid it and the first of them."""
    forbidden = found.loc[found["forbids"], "reason"].drop_duplicates().tolist()
    if not forbidden:
        return say("robustness.comparable")
    return say("robustness.breaks", n=len(forbidden), reasons="；".join(forbidden[:3]))


def rank_table(found: Any, names: pd.Series) -> pd.DataFrame:
    """Return the rows of the table ``robustness``: units by rank, those without a score left out."""
    chances = {key: found.ranks[key].map(_chance) for key in ("first", "top_quarter", "passed")}
    table = found.ranks.assign(name=names.reindex(found.ranks.index), **chances).dropna(subset=["rank"])
    return table.sort_values(["rank", "name"]).reset_index(drop=True)


def share_table(shares: Any) -> pd.DataFrame:
    """Return the rows of the table ``rank_shares``, the largest total first."""
    table = shares.overall.sort_values("total", ascending=False, kind="stable")
    return table.assign(factor=[catalogue.label("rank_factor", key) for key in table.index]).reset_index(drop=True)


def leaf_table(left_out: Any, found: Any) -> pd.DataFrame:
    """Return the rows of the table ``leaf_defence``, in scheme order; ``found`` as from ``coherence``."""
    verdicts = [catalogue.label("leaf_verdict", key) if key else "" for key in found.leaves["verdict"]]
    joined = left_out.leaves.join(found.leaves[["with_score"]])
    return joined.assign(verdict=verdicts).reset_index(drop=True)


def break_table(found: pd.DataFrame, names: pd.Series) -> pd.DataFrame:
    """Return the rows of the table ``breaks``; breaks of all units are named so."""
    units = [names.get(unit, unit) if unit else "全部" for unit in found["unit_code"]]
    kinds = [catalogue.label("break_kind", kind) for kind in found["kind"]]
    shown = found.assign(name=units, kind=kinds)
    return shown.drop_duplicates(["name", "kind", "reason"], ignore_index=True)  # one reason may touch several leaves


def _chance(share: float) -> str:
    """Say a probability no finer than a thousand draws can tell: they leave some three points open either way."""
    if pd.isna(share):
        return MISSING
    for least in (0.01, 0.05):
        if share < least:
            return f"不足 {percent(least)}"
        if share > 1 - least:
            return f"超过 {percent(1 - least)}"
    return f"约 {fixed(half_away(share * 20) * 5)}%"


def score_slide(ranked: pd.DataFrame, *, unit: str) -> Slide:
    """Say how many districts have the best grade and who leads; ``ranked`` as from ``frames.ranking``."""
    scored = ranked.loc[ranked["score"].notna()]
    grade = scored["grade"].iloc[0]
    best = int((scored["grade"] == grade).sum())
    phrase = "slide.score_one" if len(scored) == 1 else "slide.score_all" if best == len(scored) else "slide.score"
    head = say(phrase, first=scored["name"].iloc[0], of=len(scored), unit=unit, best=best, grade=grade)
    return slide(head, lead=_ends(scored), notes=_listed(scored))


def _ends(scored: pd.DataFrame) -> str:
    first, last = (tuple(part["name"]) for part in (scored.head(_NAMED), scored.tail(_NAMED)))
    return say("slide.ends", first=first, last=last) if len(scored) > 2 * _NAMED else ""


def _listed(scored: pd.DataFrame) -> str:
    key = "slide.ranked" if len(scored) >= _RANKABLE else "slide.ranking_one"
    lines = [say(key, rank=row.rank, name=row.name, score=row.score) for row in scored.itertuples()]
    return SEPARATOR.join(lines)


def change_slide(scores: pd.DataFrame, names: pd.Series, *, unit: str) -> Slide:
    """Say how many scores rose and fell since the last period; ``scores`` as ``Change.scores``."""
    known = scores["change"].dropna().sort_values(ascending=False, kind="stable")
    shown = known.round(1)
    rose, fell = int((shown > 0).sum()), int((shown < 0).sum())
    way = "_all_up" if rose == len(shown) > 0 else "_all_down" if fell == len(shown) > 0 else ""
    head = say(f"slide.change{way}", of=len(shown), unit=unit, up=rose, down=fell)
    up = _signed_names(known[known > 0].head(_NAMED), names)
    down = _signed_names(known[known < 0].tail(_NAMED)[::-1], names)
    parts = [say(f"slide.{key}", names=names_of) for key, names_of in (("risen", up), ("fallen", down)) if names_of]
    return slide(head, lead=SEPARATOR.join(parts), notes=by_name(known, names, "分"))


def _signed_names(changes: pd.Series, names: pd.Series) -> tuple[str, ...]:
    return tuple(
        f"{names.get(code, code)}（{fixed(one, 1, signed=True)}）".replace("-", "−") for code, one in changes.items()
    )


def ranking_slide(ranked: pd.DataFrame, *, notes: Sequence[str] = ()) -> Slide:
    """Say who is first and how far apart first and last are; ``ranked`` as from ``frames.ranking``."""
    scored = ranked.loc[ranked["score"].notna()]
    gap = scored["score"].max() - scored["score"].min()
    phrase = "slide.ranking" if len(scored) >= _RANKABLE else "slide.ranking_few"
    few = "，".join(say("slide.ranking_one", name=one.name, score=one.score) for one in scored.itertuples())
    head = say(phrase, first=scored["name"].iloc[0], score=scored["score"].iloc[0], gap=gap, few=few)
    return slide(head, notes=(*notes, _listed(scored)))
