"""A composite index taken apart and weighed anew: its audit, who moves under other weights, and the scheme to keep."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from govkit.analysis.score.scheme import Scheme, read_scheme
from govkit.catalogue import parse_toml
from govkit.catalogue.stated import stated
from govkit.errors import GovkitError
from govkit.research.explore import widgets

if TYPE_CHECKING:
    from govkit.research.scores import Score
    from govkit.research.zone import Zone

# Beyond these, an indicator's outliers rule its scores (OECD/JRC Handbook 2008; COINr's rule for treatment).
_SKEW, _KURTOSIS = 2.0, 3.5
_REDUNDANT = 0.9
_HEADS = {
    "name": "单元", "rank_before": "原名次", "rank_after": "新名次", "move": "升（降）", "score_change": "得分变化",
    "why": "主要因为", "label": "指标", "weight": "名义权重", "nominal": "名义权重", "effective": "实际作用",
    "missing": "缺失", "skew": "偏度", "kurtosis": "峰度", "outliers": "有异常值", "most_like": "最相近",
    "correlation": "相关", "redundant": "重复", "treatment": "处理", "values": "处理个数",
}  # fmt: skip


def audit(score: Score) -> pd.DataFrame:
    """Return what to look at in each indicator before weighing it, a row an indicator of the scheme.

    Columns: ``label``, ``weight`` (in the whole), ``effective`` (the share of the score's variance it explains: its
    squared correlation with the score, summing to 1), ``missing`` (share of units it applies to), ``skew``,
    ``kurtosis`` (excess), ``outliers`` (boolean: skew above 2 and kurtosis above 3.5), ``most_like`` (the indicator it
    goes with most) and ``correlation`` with it, ``redundant`` (boolean: above 0.9).
    """
    found, leaves = score.assessment, score.leaves
    values = pd.DataFrame({leaf: found.values[leaf]["value"].reindex(leaves.index) for leaf in leaves})
    alike = leaves.corr().where(~np.eye(leaves.shape[1], dtype=bool))
    with_score = leaves.corrwith(score.frame["score"]) ** 2
    applies = found.applies.reindex(columns=leaves.columns)
    skew, kurtosis = values.skew(), values.kurt()
    strongest = alike.abs().fillna(-1.0)
    most = strongest.idxmax()
    pairs = pd.Series({leaf: alike.at[most[leaf], leaf] for leaf in leaves}, dtype=float)
    return pd.DataFrame(
        {
            "label": [node.label for node in found.scheme.leaves],
            "weight": score.weights,
            "effective": with_score / with_score.sum(),
            "missing": (values.isna() & applies).sum() / applies.sum().replace(0, np.nan),
            "skew": skew,
            "kurtosis": kurtosis,
            "outliers": skew.abs().gt(_SKEW) & kurtosis.gt(_KURTOSIS),
            "most_like": most.where(pairs.notna(), ""),
            "correlation": pairs,
            "redundant": pairs.abs().gt(_REDUNDANT),
        }
    )


def moves(before: Score, after: Score) -> pd.DataFrame:
    """Return who moves: ``name``, ``rank_before``, ``rank_after``, ``move`` (places gained), ``score_change``, and
    ``why`` (the indicator that brings or costs most), those that move most first.
    """
    change = after.assessment.contributions - before.assessment.contributions.reindex(after.frame.index)
    labels = {leaf.id: leaf.label for leaf in after.assessment.scheme.leaves}
    gained = (before.frame["rank"] - after.frame["rank"]).astype("Int64")
    # of those who gain, what brings most; of those who lose, what costs most
    signed = change.mul(np.where(gained.fillna(0) < 0, -1.0, 1.0), axis=0)
    frame = pd.DataFrame(
        {
            "name": after.frame["name"],
            "rank_before": before.frame["rank"],
            "rank_after": after.frame["rank"],
            "move": gained,
            "score_change": after.frame["score"] - before.frame["score"],
            "why": signed.fillna(0.0).idxmax(axis=1).map(labels).where(gained.fillna(0) != 0, ""),
        }
    )
    return frame.sort_values("move", key=lambda column: -column.abs().fillna(0).astype(float), kind="stable")


def save_scheme(name: str, weights: Mapping[str, float], path: str | Path, *, reasons: str) -> Path:
    """Write a scheme of the catalogue (or a file) with other weights of its nodes as a TOML file of one's own.

    Every word of the scheme stays; ``reasons`` head the file. Weights are those among siblings, by id, and are checked
    as any scheme is. Raises GovkitError without reasons, or if the file is there already.
    """
    target = new_file(path, reasons, "改动权重")
    text = _with_weights(stated("schemes", name).text, weights)
    head = "".join(f"# {line}\n" for line in [f"由 {name} 改动权重而来。理由：", *reasons.strip().splitlines()])
    whole = head + "\n" + text
    read_scheme(str(target), parse_toml(whole.encode(), where=str(target)), where=str(target), text=whole)
    target.write_text(whole, encoding="utf-8")
    return target


def _with_weights(text: str, weights: Mapping[str, float]) -> str:
    """Return a scheme's text with the weights of some nodes replaced, entry by entry."""
    lines, current, left = [], "", dict(weights)
    for line in text.splitlines():
        if re.match(r"\s*\[", line):
            current = ""
        named = re.match(r'\s*id\s*=\s*"([^"]+)"', line)
        current = named[1] if named else current
        if current in left and re.match(r"\s*weight\s*=", line):
            line = f"weight = {left.pop(current):.10g}"
        lines.append(line)
    if left:
        raise GovkitError(f"方案里没有写明这些项的权重：{'、'.join(left)}。", todo="只能改文件里写有 weight 的项。")
    return "\n".join(lines) + "\n"


def shown(frame: pd.DataFrame, digits: str) -> str:
    """Return an audit or a table of moves as HTML with Chinese heads and words."""
    plain = frame.rename(columns=_HEADS).replace({True: "是", False: ""})
    return str(plain.to_html(float_format=digits.format, na_rep="—"))


def new_file(path: str | Path, reasons: str, what: str) -> Path:
    """Return the path of a file of one's own; GovkitError without reasons, or if the file is there already."""
    if not reasons.strip():
        raise GovkitError(f"请写下{what}的理由（reasons），它会留在文件里。")
    if Path(path).exists():
        raise GovkitError("这个文件已经有了。", where=str(path), todo="换一个文件名，旧的方案留作对照。")
    return Path(path)


class Weighing:
    """A page of sliders: what they do (``moved``: who moves and why), and what to keep of it, with its reasons."""

    audit: Any
    sliders: dict[str, Any]

    def _lay_out(self, w: Any, path: str, *others: Any) -> None:
        """Put audit, sliders, ``others``, the table of moves and what is kept below each other."""
        self.table, self.moved = w.HTML(), pd.DataFrame()
        self.reasons = w.Textarea(placeholder="为什么这样改", description="理由")
        self.path = w.Text(value=path, description="存为")
        self.button, self.saved = w.Button(description="存为方案", icon="save"), w.HTML()
        for control in (*self.sliders.values(), *others):
            control.observe(lambda _: self.show(), names="value")
        self.button.on_click(lambda _: self.save())
        keep, picked = w.HBox([self.path, self.reasons, self.button]), [w.HBox(list(others))] if others else []
        self.box = w.VBox([self.audit, *picked, *self.sliders.values(), self.table, keep, self.saved])
        self.show()

    def _moves(self) -> pd.DataFrame:
        raise NotImplementedError

    def _written(self) -> Path:
        raise NotImplementedError

    def show(self) -> None:
        """Score anew and list who moves; say what is wrong where it cannot be done."""
        try:
            self.moved = self._moves()
            self.table.value = shown(self.moved, "{:.2f}")
        except GovkitError as error:
            self.table.value = f"<pre>{html.escape(str(error))}</pre>"

    def save(self) -> None:
        """Write what was weighed, with its reasons; say what is wrong where it cannot be done."""
        try:
            self.saved.value = f"<p>已写出 {html.escape(str(self._written()))}</p>"
        except GovkitError as error:
            self.saved.value = f"<pre>{html.escape(str(error))}</pre>"

    def _ipython_display_(self) -> None:
        from IPython.display import display

        display(self.box)


class Workshop(Weighing):
    """Sliders for the weights of a scheme's first level."""

    def __init__(self, zone: Zone) -> None:
        self._zone, w = zone, widgets()
        self.before = zone.score()
        self.scheme: Scheme = self.before.assessment.scheme
        tops = self.scheme.children("")
        self.sliders = {
            node.id: w.FloatSlider(value=node.weight, min=0, max=1, step=0.01, description=node.label) for node in tops
        }
        self.audit = w.HTML(value=shown(audit(self.before), "{:.3g}"))
        self._lay_out(w, "我区指标体系.toml")

    @property
    def weights(self) -> dict[str, float]:
        """The weights of the sliders, summing to 1."""
        stated_ = {node: float(slider.value) for node, slider in self.sliders.items()}
        total = sum(stated_.values())
        return {node: weight / total for node, weight in stated_.items()} if total > 0 else stated_

    def _moves(self) -> pd.DataFrame:
        return moves(self.before, self._zone.score(weights=self.weights))

    def _written(self) -> Path:
        return save_scheme(self._zone.settings.scheme, self.weights, self.path.value, reasons=self.reasons.value)
