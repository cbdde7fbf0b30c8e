"""The rules of the problem list, read from ``catalogue/problems.toml`` and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from string import Formatter
from typing import Any

from govkit import catalogue
from govkit.analysis.measures.measure import known_measure
from govkit.analysis.measures.scope import AREA_KINDS
from govkit.analysis.standards.checked import NUMBER, TERM, Defects, check_term, place, term, without_term
from govkit.catalogue.stated import stated
from govkit.periods import ALWAYS, Period, Term

FINDS = ("measure", "standard", "gaps", "overlaps", "funds", "tasks")
# What an evidence sentence may name.
WORDS = ("value", "threshold", "numerator", "denominator", "n", "area", "amount", "days", "names")
_KEYS = {
    "id": str, "title": str, "finds": str, "measure": str, "applies_to": str, "below": NUMBER, "above": NUMBER,
    "severe": NUMBER, "least_n": int, "owner_level": str, "due_days": int, "evidence": str, "advice": str,
    "standard": str, **TERM,
}  # fmt: skip


@dataclass(frozen=True)
class Rule:
    """One rule: ``below`` or ``above`` is the line of a measure, ``severe`` the line (or amount) of a grave problem.

    ``standard``: the rule holds only for zones judged by this file of ``standards``; "" for all.
    """

    id: str
    title: str
    finds: str
    severe: float
    owner_level: str
    due_days: int
    evidence: str
    advice: str
    measure: str = ""
    applies_to: str = "all"
    below: float | None = None
    above: float | None = None
    least_n: int = 0
    standard: str = ""
    term: Term = ALWAYS

    def in_force(self, period: Period) -> bool:
        """Whether the rule, and the standard it rests on, judge a period."""
        rests_on = term(stated("standards", self.standard).raw) if self.standard else ALWAYS
        return self.term.covers(period) and rests_on.covers(period)

    @property
    def threshold(self) -> float:
        """The line that a measure has crossed."""
        return float(self.above if self.below is None else self.below)  # type: ignore[arg-type]

    def crossed(self, value: float, line: float) -> bool:
        """Whether a measure's value lies beyond a line, on the bad side."""
        return value < line if self.above is None else value > line


@cache
def load_rules() -> tuple[Rule, ...]:
    """Return the rules of ``catalogue/problems.toml``; CatalogueError names every defect of the file."""
    return read_rules(catalogue.load("problems"), where="problems.toml")


def read_rules(raw: Mapping[str, Any], *, where: str) -> tuple[Rule, ...]:
    """Return the rules a TOML file states; CatalogueError names every defect at once."""
    defects = Defects(where)
    for number, rule in enumerate(raw["rules"], start=1):
        _check(defects, place("rules", number, rule), rule)
    defects.repeated([rule.get("id") for rule in raw["rules"]], "[[rules]]", "id")
    defects.stop_if_any(todo="按文件开头的说明改正后重试。")
    return tuple(Rule(**without_term(rule), term=term(rule)) for rule in raw["rules"])


def _check(defects: Defects, where: str, rule: Mapping[str, Any]) -> None:
    required = ("id", "title", "finds", "severe", "owner_level", "due_days", "evidence", "advice")
    defects.keys(rule, where, _KEYS, required)
    check_term(defects, where, rule)
    defects.choice(rule.get("finds"), where, "finds", FINDS)
    defects.choice(rule.get("owner_level"), where, "owner_level", catalogue.load("codes")["owner_level"])
    defects.choice(rule.get("applies_to", "all"), where, "applies_to", AREA_KINDS)
    for _, word, _, _ in Formatter().parse(str(rule.get("evidence", ""))):
        defects.choice(word, where, "evidence 里的花括号", WORDS)
    if rule.get("finds") == "measure":
        _check_measure(defects, where, rule)


def _check_measure(defects: Defects, where: str, rule: Mapping[str, Any]) -> None:
    if ("below" in rule) == ("above" in rule):
        defects.add(where, "below 与 above 应恰有一个")
    known_measure(defects, where, rule.get("measure"))
