"""The rules of the problem list, read from ``catalogue/problems.toml`` and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from string import Formatter
from typing import Any

from govkit import catalogue
from govkit.analysis.measures.measure import known_measure
from govkit.analysis.measures.scope import AREA_KINDS
from govkit.analysis.standards.checked import (
    NUMBER,
    TABLES,
    TERM,
    Defects,
    check_term,
    numbered,
    place,
    term,
    without_term,
)
from govkit.catalogue.stated import stated
from govkit.periods import ALWAYS, Period, Term

FINDS = ("measure", "standard", "gaps", "overlaps", "funds", "tasks")
# What the rules of the catalogue are called.
COMMON = "通用问题规则"
# What an evidence sentence may name.
WORDS = ("value", "threshold", "numerator", "denominator", "n", "area", "amount", "days", "names", "standard")
_KEYS = {
    "id": str, "title": str, "finds": str, "measure": str, "applies_to": str, "below": NUMBER, "above": NUMBER,
    "severe": NUMBER, "least_n": int, "owner_level": str, "due_days": int, "evidence": str, "advice": str,
    "standard": str, **TERM,
}  # fmt: skip


@dataclass(frozen=True)
class Rule:
    """One rule: ``below`` or ``above`` is the line of a measure, ``severe`` the line (or amount) of a grave problem.

    ``standard``: the rule holds only for zones judged by this file of ``standards``; "" for all. ``source``: the title
    of the file that states its lines.
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
    source: str = COMMON

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


@dataclass(frozen=True)
class OwnRules:
    """A zone's own rules: ``changes`` by rule id, each the keys that differ, or a whole new rule.

    ``term``: how long those hold that do not say it themselves.
    """

    name: str
    title: str
    source: str
    changes: tuple[tuple[str, Mapping[str, Any]], ...]
    term: Term = ALWAYS

    def over(self, rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
        """Return the rules with the zone's own lines in place of theirs while they are in force, new ones last.

        A rule that is changed, or switched off, from a day on holds as it was before that day.
        """
        changed, made = dict(self.changes), list[Rule]()
        for one in rules:
            entry = changed.get(one.id)
            if entry is None:
                made.append(one)
                continue
            own = term(entry, one.term if self.term == ALWAYS else self.term)
            made += [replace(one, term=part) for part in one.term.without(own)]
            if not entry.get("off"):
                made.append(replace(one, **_one_line(entry), term=own, source=self.title))
        known = {one.id for one in rules}
        new = [(rule, entry) for rule, entry in self.changes if rule not in known]
        return (*made, *(Rule(**_as_rule(entry), term=term(entry, self.term), source=self.title) for _, entry in new))


def _one_line(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an entry changes of a rule: a line below takes the place of one above, and the other way round."""
    made = _as_rule(entry)
    lines = {"below", "above"} & set(made)
    return {**dict.fromkeys(("below", "above") if lines else ()), **made}


def _as_rule(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in without_term(entry).items() if key != "off"}


def load_own_rules(name: str) -> OwnRules:
    """Return the problem rules of a zone's own file (``type = "problem_rules"``); errors as ``read_own_rules``."""
    file = stated("standards", name)
    return read_own_rules(file.name, file.raw, where=file.where, text=file.text)


def read_own_rules(name: str, raw: Mapping[str, Any], *, where: str, text: str = "") -> OwnRules:
    """Return the rules a zone's own file states; CatalogueError names every defect at once.

    An entry with the ``id`` of a rule of ``catalogue/problems.toml`` states what differs (``below``, ``severe``,
    ``due_days`` …, or ``off = true``); one with another id is a whole rule.
    """
    defects = Defects(where, text)
    top = {"type": str, "title": str, "source": str, "rules": TABLES, **TERM}
    defects.keys(raw, "顶层", top, ("title", "source", "rules"))
    check_term(defects, "顶层", raw)
    common = {one["id"]: one for one in catalogue.load("problems")["rules"]}
    for number, rule in numbered(raw, "rules"):
        stated = rule.get("id")
        usual = common.get(stated, {}) if isinstance(stated, str) else {}
        whole = {**usual, **{key: value for key, value in rule.items() if key != "off"}}
        if "below" in rule or "above" in rule:
            whole = {key: value for key, value in whole.items() if key not in {"below", "above"} or key in rule}
        _check(defects, place("rules", number, rule), whole)
    defects.repeated([rule.get("id") for _, rule in numbered(raw, "rules")], "[[rules]]", "id")
    defects.stop_if_any(todo="按 catalogue/problems.toml 开头的说明改正后重试；改现有规则只写 id 和不同的几项。")
    changes = tuple((rule["id"], rule) for rule in raw["rules"])
    return OwnRules(name, raw["title"], raw["source"], changes, term(raw))


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
        if ("below" in rule) == ("above" in rule):
            defects.add(where, "below 与 above 应恰有一个")
        known_measure(defects, where, rule.get("measure"))
