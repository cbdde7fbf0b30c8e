"""A score drawn again: by another recipe (normalisation, weights, aggregation, missing values), with other errors."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from typing import Any

import numpy as np

from govkit import catalogue
from govkit.analysis.score.adjustments import adjusted
from govkit.analysis.score.assess import Assessment
from govkit.analysis.score.leaf_scores import LeafScales, leaf_scales, measured_values, score_leaves
from govkit.analysis.score.scheme import Leaf
from govkit.analysis.score.tree import TARGET, climb

STATED = "stated"
_NEEDS_FLOOR = {"geometric", "harmonic"}


@dataclass(frozen=True)
class Uncertainty:
    """What might have been otherwise: ways to choose from, how far weights move (± share), errors of data or not."""

    normalisations: tuple[str, ...]
    aggregations: tuple[str, ...]
    weight_spread: float
    sampling: bool = True
    missing: tuple[str, ...] = ("stated",)

    @property
    def of_method(self) -> Uncertainty:
        """What another recipe would have given, from the same data."""
        return replace(self, sampling=False)

    @property
    def of_data(self) -> Uncertainty:
        """What other errors would have given, by the recipe as stated."""
        stated = (STATED,)
        return replace(self, normalisations=stated, aggregations=stated, missing=stated, weight_spread=0.0)


def usual_uncertainty() -> Uncertainty:
    """Return the uncertainty stated in catalogue/analysis.toml."""
    stated = catalogue.load("analysis")["robustness"]
    return Uncertainty(
        normalisations=tuple(stated["normalisations"]),
        aggregations=tuple(stated["aggregations"]),
        weight_spread=float(stated["weight_spread"]),
        missing=tuple(stated["missing"]),
    )


@dataclass(frozen=True)
class Choices:
    """Draws of every choice: ways as indices (draws), weights uniform, errors normal.

    ``weights``: draws × nodes in 0–1; ``errors``: draws × sampled leaves × units, standard normal.
    """

    normalisation: np.ndarray
    aggregation: np.ndarray
    missing: np.ndarray
    weights: np.ndarray
    errors: np.ndarray

    def replaced(self, factor: str, other: Choices) -> Choices:
        """Return these choices with one factor taken from others."""
        parts = {name: getattr(self, name) for name in FACTORS}
        return Choices(**{**parts, factor: getattr(other, factor)})


FACTORS = ("normalisation", "aggregation", "weights", "missing", "errors")


@dataclass(frozen=True)
class Simulation:
    """An assessment made ready for drawing its scores again."""

    assessment: Assessment
    uncertainty: Uncertainty

    @cached_property
    def nodes(self) -> list[str]:
        """Groups and leaves, in the order of ``Choices.weights``."""
        return list(self.assessment.scheme.nodes)

    @cached_property
    def values(self) -> np.ndarray:
        """The measured values, leaves × units."""
        found = self.assessment
        return measured_values(found.scheme, found.values, found.applies).to_numpy().T.copy()

    @cached_property
    def concerns(self) -> np.ndarray:
        """Whether a leaf applies, leaves × units."""
        return self.assessment.applies.to_numpy().T.copy()

    @cached_property
    def kinds(self) -> np.ndarray:
        """Which units are alike."""
        return self.assessment.scores["kind"].to_numpy(dtype=object)

    @cached_property
    def scales(self) -> LeafScales:
        """The leaves' scales, fitted on the assessment's base."""
        return leaf_scales(self.assessment.scheme, self.base)

    @cached_property
    def base(self) -> np.ndarray:
        """The values relative scores are measured by, leaves × units."""
        return self.assessment.base.to_numpy().T.copy()

    @cached_property
    def sampled(self) -> np.ndarray:
        """Places of the leaves whose rates carry a sampling error."""
        leaves = self.assessment.scheme.leaves
        return np.array([place for place, leaf in enumerate(leaves) if leaf.info.sampled], dtype="int64")

    @cached_property
    def angles(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean and standard deviation of the sampled rates' angles, sampled leaves × units; missing for ratings.

        Anscombe (1948): asin √((x + 3/8) / (n + 3/4)) has the variance 1 / (4n + 2), whatever the rate; n is what the
        answers are worth (``intervals.design_effect``).
        """
        value, n = self._sampled_numbers("value"), self._sampled_numbers("n_effective")
        n = np.where(np.isnan(n), self._sampled_numbers("denominator"), n)
        share = np.clip((value * n + 0.375) / (n + 0.75), 0.0, 1.0)
        rate = np.array([[leaf.info.evidence == "sample"] for leaf in self._sampled_leaves])
        return np.where(rate, np.arcsin(np.sqrt(share)), np.nan), 1.0 / np.sqrt(4 * n + 2)

    @cached_property
    def rating_errors(self) -> np.ndarray:
        """Standard errors of the ratings, sampled leaves × units; missing for other leaves, and for one rater alone."""
        return self._sampled_numbers("error")

    @property
    def _sampled_leaves(self) -> list[Leaf]:
        return [self.assessment.scheme.leaves[place] for place in self.sampled]

    def _sampled_numbers(self, column: str) -> np.ndarray:
        units = self.assessment.scores.index
        frames = [self.assessment.values[leaf.id].reindex(units) for leaf in self._sampled_leaves]
        unknown = np.full(len(units), np.nan)
        return np.array([one[column].to_numpy(dtype="float64") if column in one else unknown for one in frames])

    @cached_property
    def lacking(self) -> bool:
        """Whether any leaf lacks a value where it applies: only then do rules for missing values matter."""
        return bool((np.isnan(self.values) & self.concerns).any())

    def choices(
        self, draws: int, random: np.random.Generator, *, errors_by: np.random.Generator | None = None
    ) -> Choices:
        """Return random choices; the same generator state gives the same ones.

        ``errors_by`` draws the errors, so that two periods may share their recipes and not their errors.
        """
        units = self.values.shape[1]
        errors = len(self.sampled) if self.uncertainty.sampling else 0
        return Choices(
            normalisation=random.integers(len(self.uncertainty.normalisations), size=draws),
            aggregation=random.integers(len(self.uncertainty.aggregations), size=draws),
            missing=random.integers(len(self.uncertainty.missing), size=draws),
            weights=random.random((draws, len(self.nodes))),
            errors=(errors_by or random).standard_normal((draws, errors, units), dtype="float32"),
        )

    def scores(self, choices: Choices, *, chunk: int = 32) -> np.ndarray:
        """Return the scores under these choices, draws × units; ``chunk`` draws at a time stay in the cache."""
        scores = np.empty((len(choices.normalisation), self.values.shape[1]))
        known = self.uncertainty
        # Without anything missing all rules for it are one.
        missing = choices.missing if self.lacking else np.zeros_like(choices.missing)
        for way, put, rule in product(range(len(known.normalisations)), range(len(known.aggregations)), set(missing)):
            chosen = (choices.normalisation == way) & (choices.aggregation == put) & (missing == rule)
            rows = np.flatnonzero(chosen)
            recipe = known.normalisations[way], known.aggregations[put], known.missing[rule]
            for start in range(0, len(rows), chunk):
                part = rows[start : start + chunk]
                scores[part] = self._drawn(*recipe, choices.weights[part], choices.errors[part])
        return scores

    def _drawn(
        self, normalisation: str, aggregation: str, missing: str, weights: np.ndarray, errors: np.ndarray
    ) -> np.ndarray:
        """Return scores of some draws that share their recipe but for the weights."""
        values = self._with_errors(errors)
        way, rule = ("" if one == STATED else one for one in (normalisation, missing))
        base = values if way else self.base
        how: dict[str, Any] = {"kinds": self.kinds, "normalisation": way, "missing": rule}
        scores = score_leaves(self.scales, values, base, self.concerns, **how)
        if aggregation in _NEEDS_FLOOR:
            scores = np.maximum(scores, catalogue.load("analysis")["robustness"]["floor"])
        found = self.assessment
        put = "" if aggregation == STATED else aggregation
        total = climb(found.scheme, scores, self._weights(weights), aggregation=put).scores[TARGET]
        return adjusted(total, found.points, found.vetoes, {one.id: one.cap for one in found.scheme.vetoes})

    def _with_errors(self, errors: np.ndarray) -> np.ndarray:
        """Return measured values with sampled rates and ratings drawn anew (draws × leaves × units)."""
        if not errors.shape[1]:
            return self.values[np.newaxis]
        angle, deviation = self.angles
        drawn = np.sin(np.clip(angle + errors * deviation, 0.0, np.pi / 2)) ** 2
        rated = np.clip(self.values[self.sampled] + errors * self.rating_errors, 0.0, 1.0)
        drawn = np.where(np.isnan(angle), rated, drawn)
        values = np.repeat(self.values[np.newaxis], len(errors), axis=0)
        known = np.isnan(self.values[self.sampled]) | np.isnan(drawn)
        values[:, self.sampled, :] = np.where(known, self.values[self.sampled], drawn)
        return values

    def _weights(self, uniform: np.ndarray) -> dict[str, np.ndarray]:
        spread = self.uncertainty.weight_spread
        moved = 1.0 + spread * (2.0 * uniform - 1.0)
        nodes = self.assessment.scheme.nodes
        return {node: nodes[node].weight * moved[:, place, np.newaxis] for place, node in enumerate(self.nodes)}
