"""Everything a zone is judged by, each standard read as what its file states."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

from govkit import catalogue
from govkit.analysis.ledgers.problem_rules import COMMON, OwnRules, Rule, load_own_rules, load_rules
from govkit.analysis.score.scheme import Scheme, load_scheme
from govkit.analysis.standards.attainment import standard_type
from govkit.analysis.standards.fund_norms import FundNorms, load_fund_norms
from govkit.analysis.standards.ladder import Ladder, load_ladder
from govkit.analysis.standards.plan import Plan, load_plan
from govkit.analysis.standards.standard_file import Standard, load_standard
from govkit.analysis.standards.targets import Target, Targets, load_targets
from govkit.analysis.standards.yardsticks import Yardsticks, load_yardsticks
from govkit.catalogue.stated import shown_name
from govkit.errors import CatalogueError, UnknownNameError
from govkit.periods import Period, Term

_LOADERS: dict[str, Callable[[str], Any]] = {
    "standard": load_standard,
    "yardsticks": load_yardsticks,
    "fund_norms": load_fund_norms,
    "ladder": load_ladder,
    "plan": load_plan,
    "problem_rules": load_own_rules,
    "targets": load_targets,
}


@dataclass(frozen=True)
class JudgedBy:
    """The standards of a zone by type, each in the order zone.toml names them, its scheme (None without one), and the
    ``names`` of all files."""

    standards: tuple[Standard, ...] = ()
    yardsticks: tuple[Yardsticks, ...] = ()
    fund_norms: tuple[FundNorms, ...] = ()
    ladders: tuple[Ladder, ...] = ()
    plans: tuple[Plan, ...] = ()
    targets: tuple[Targets, ...] = ()
    scheme: Scheme | None = None
    names: tuple[str, ...] = ()
    own_rules: tuple[OwnRules, ...] = ()

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules problems are found by: the catalogue's, with the zone's own lines in place of theirs."""
        return reduce(lambda rules, own: own.over(rules), self.own_rules, load_rules())

    def not_in_force(self, period: Period) -> tuple[tuple[str, Term], ...]:
        """Return the titles of the files, and labels of single yardsticks, norms, targets and own rules, that do not
        judge a period.

        With each how long it is in force.
        """
        whole: list[Any] = [*self.standards, *self.ladders, *self.plans, *([self.scheme] if self.scheme else [])]
        parts: list[Any] = [one for each in self.yardsticks for one in each.yardsticks]
        parts += [one for each in self.fund_norms for one in each.norms]
        parts += [one for each in self.targets for one in each.targets if one.label]
        rules = [(f"{one.title}（{one.source}）", one.term) for one in self.rules if one.source != COMMON]
        found = [(one.title, one.term) for one in whole] + [(one.label, one.term) for one in parts] + rules
        return tuple((name, term) for name, term in found if not term.covers(period))

    def target(self, measure: str) -> Target | None:
        """Return what the zone set itself for a measure; None where it set nothing."""
        return next((one for own in self.targets for one in own.targets if one.measure == measure), None)

    def targets_of(self, view: str) -> tuple[Target, ...]:
        """Return what the zone set itself for a ledger view."""
        return tuple(one for own in self.targets for one in own.of_view(view))

    @property
    def highlights(self) -> tuple[str, ...]:
        """The ledger views whose sentence a report has among what was done."""
        return tuple(name for own in self.targets for name in own.highlights)

    def source(self, measure: str) -> str:
        """Return where a measure comes from in the zone's own words; "" where it says nothing."""
        return next((own.sources[measure] for own in self.targets if measure in own.sources), "")

    def unit(self, outcome: str) -> str:
        """Return what an outcome of the panel is told in; "" where the zone does not say."""
        return next((own.units[outcome] for own in self.targets if outcome in own.units), "")

    def word(self, key: str) -> str:
        """Return what the zone calls a thing of ``analysis.toml``'s ``[words]``, its own word or the common one."""
        own = (one.words[key] for one in self.targets if key in one.words)
        return next(own, str(catalogue.load("analysis")["words"][key]))

    @property
    def level_weights(self) -> dict[str, float]:
        """How the zone weighs the levels that assess; empty where it does not say."""
        return next((dict(own.level_weights) for own in self.targets if own.level_weights), {})


def judged_by(standards: Sequence[str], scheme: str = "") -> JudgedBy:
    """Return what a zone's settings name: ``judged_by(zone.settings.standards, zone.settings.scheme)``.

    Raises the CatalogueError or UnknownNameError of a wrong file; for several, one CatalogueError that holds them all.
    """
    wrong: list[CatalogueError | UnknownNameError] = []

    def loaded(load: Callable[[str], Any], name: str) -> Any:
        try:
            return load(name)
        except (CatalogueError, UnknownNameError) as error:
            wrong.append(error)
            return None

    read = [loaded(_read, name) for name in standards]
    tree = loaded(load_scheme, scheme) if scheme else None
    if len(wrong) == 1:
        raise wrong[0]
    if wrong:
        raise CatalogueError("\n".join(map(str, wrong)))
    return JudgedBy(
        standards=tuple(one for one in read if isinstance(one, Standard)),
        yardsticks=tuple(one for one in read if isinstance(one, Yardsticks)),
        fund_norms=tuple(one for one in read if isinstance(one, FundNorms)),
        ladders=tuple(one for one in read if isinstance(one, Ladder)),
        plans=tuple(one for one in read if isinstance(one, Plan)),
        targets=tuple(one for one in read if isinstance(one, Targets)),
        own_rules=tuple(one for one in read if isinstance(one, OwnRules)),
        scheme=tree,
        names=tuple(standards),
    )


def _read(name: str) -> Any:
    kind = standard_type(name)
    if kind not in _LOADERS:
        raise UnknownNameError("标准类型", kind, _LOADERS, where=shown_name(name), todo="改正 type。")
    return _LOADERS[kind](name)
