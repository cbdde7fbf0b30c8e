"""The defence of a score in words and tables: how far ranks hold, what moves them, what forbids comparing periods.

Arguments are the frames and results of the analysis (``robustness``, ``rank_shares``, ``leave_out``, ``coherence``,
``breaks``); names are a Series by unit code.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from govkit import catalogue
from govkit.display.words.phrases import say

# A rank interval no wider than this is steady.
_STEADY = 2


def rank(found: Any, unit: str, *, name: str) -> str:
    """Say between which ranks a unit lies and how likely first, the top quarter and a pass are; "" without a score."""
    row = found.ranks.loc[unit]
    if row[["rank", "low", "high"]].isna().any():
        return ""
    spread = catalogue.load("analysis")["robustness"]["weight_spread"] * 100
    words = {"name": name, "draws": found.draws, "confidence": found.confidence * 100, "spread": spread}
    key = "rank_fixed" if row["low"] == row["high"] else "rank"
    chances = {key: _chance(row[key]) for key in ("first", "top_quarter", "passed")}
    likely = say("robustness.chances", pass_mark=found.pass_mark, **chances)
    return say(f"robustness.{key}", low=row["low"], high=row["high"], **words) + likely


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
            width=width.mean() + 1 if len(width) else float("nan"),
            steady=int((width + 1 <= _STEADY).sum()),
            widest=_named(width.index[:most], names),
        ),
        say("robustness.zone_first", first=[f"{names[unit]}（{chance:.0%}）" for unit, chance in first.items()]),
    ]
    total = shares.overall["total"].dropna()
    if len(total):
        largest = catalogue.label("rank_factor", total.idxmax())
        parts.append(say("robustness.zone_shares", largest=largest, share=total.max()))
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
        words = {"n": len(found.redundant), "pair": pair, "correlation": closest["correlation"], "limit": limit}
        parts.append(say("robustness.redundant", **words))
    return "".join(parts)


def compared(found: pd.DataFrame) -> str:
    """Say that two periods compare, or how many breaks forbid it and the first of them."""
    forbidden = found.loc[found["forbids"], "reason"].drop_duplicates().tolist()
    if not forbidden:
        return say("robustness.comparable")
    return say("robustness.breaks", n=len(forbidden), reasons="；".join(forbidden[:3]))


def rank_table(found: Any, names: pd.Series) -> pd.DataFrame:
    """Return the rows of the table ``robustness``: units by rank, those without a score left out."""
    table = found.ranks.assign(name=names.reindex(found.ranks.index)).dropna(subset=["rank"])
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
        return "未计算"
    for least in (0.01, 0.05):
        if share < least:
            return f"不足 {least:.0%}"
        if share > 1 - least:
            return f"超过 {1 - least:.0%}"
    return f"约 {round(share * 20) * 5}%"


def _named(units: pd.Index, names: pd.Series) -> list[str]:
    return [str(names[unit]) for unit in units]
