"""govkit: analyse, report and show community-governance experimental zones (社区治理实验区).

    import govkit

    zone = govkit.open_zone("data/daoli")
    zone.tables["facilities"]                         # tidy tables, see docs/architecture.md
    zone.findings                                     # what is wrong with the files, and where
    zone.measure("satisfaction", by="community")      # value, numerator, denominator, n, low, high
    zone.compare("2018H1", "2018H2")                  # two periods side by side
    zone.map(zone.score().frame)                      # a map of the scores
    zone.district("群力街道")                          # the same tables, sliced
    govkit.report("data/daoli")                       # HTML and PDF for every district

Names are imported when first used, so that ``import govkit`` costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from govkit.analysis.access.access import Access, access
    from govkit.analysis.effect.pilot import Pilot, pilot
    from govkit.analysis.inequality import concentration, gini, lorenz, segregation, theil
    from govkit.analysis.pattern.space_time import space_time
    from govkit.analysis.pattern.spatial import hot_spots, moran, smoothed
    from govkit.analysis.score.index import composite
    from govkit.analysis.score.what_if import composite_ranks, what_if
    from govkit.analysis.series import forecast, interrupted_series, seasonal
    from govkit.analysis.typology import alike, funnel, ranked_among_alike
    from govkit.display.tables.annex import to_annex
    from govkit.errors import GovkitError
    from govkit.periods import Period
    from govkit.requests import check, report
    from govkit.research.frame_workshop import read_recipe, workshop
    from govkit.research.measures import measures
    from govkit.research.scores import Score
    from govkit.research.zone import Zone, open_zone
    from govkit.sections.report import open_report
    from govkit.zone.place import District

__version__ = "0.1.0"
# Each public name and the module it is of.
_OF = {
    "Access": "govkit.analysis.access.access",
    "District": "govkit.zone.place",
    "GovkitError": "govkit.errors",
    "Period": "govkit.periods",
    "Pilot": "govkit.analysis.effect.pilot",
    "Score": "govkit.research.scores",
    "Zone": "govkit.research.zone",
    "access": "govkit.analysis.access.access",
    "alike": "govkit.analysis.typology",
    "check": "govkit.requests",
    "composite": "govkit.analysis.score.index",
    "composite_ranks": "govkit.analysis.score.what_if",
    "concentration": "govkit.analysis.inequality",
    "forecast": "govkit.analysis.series",
    "funnel": "govkit.analysis.typology",
    "gini": "govkit.analysis.inequality",
    "hot_spots": "govkit.analysis.pattern.spatial",
    "interrupted_series": "govkit.analysis.series",
    "lorenz": "govkit.analysis.inequality",
    "measures": "govkit.research.measures",
    "moran": "govkit.analysis.pattern.spatial",
    "open_report": "govkit.sections.report",
    "open_zone": "govkit.research.zone",
    "pilot": "govkit.analysis.effect.pilot",
    "ranked_among_alike": "govkit.analysis.typology",
    "read_recipe": "govkit.research.frame_workshop",
    "report": "govkit.requests",
    "seasonal": "govkit.analysis.series",
    "segregation": "govkit.analysis.inequality",
    "smoothed": "govkit.analysis.pattern.spatial",
    "space_time": "govkit.analysis.pattern.space_time",
    "theil": "govkit.analysis.inequality",
    "to_annex": "govkit.display.tables.annex",
    "what_if": "govkit.analysis.score.what_if",
    "workshop": "govkit.research.frame_workshop",
}
__all__ = [
    "Access",
    "District",
    "GovkitError",
    "Period",
    "Pilot",
    "Score",
    "Zone",
    "access",
    "alike",
    "check",
    "composite",
    "composite_ranks",
    "concentration",
    "forecast",
    "funnel",
    "gini",
    "hot_spots",
    "interrupted_series",
    "lorenz",
    "measures",
    "moran",
    "open_report",
    "open_zone",
    "pilot",
    "ranked_among_alike",
    "read_recipe",
    "report",
    "seasonal",
    "segregation",
    "smoothed",
    "space_time",
    "theil",
    "to_annex",
    "what_if",
    "workshop",
]


def __dir__() -> list[str]:
    return [*__all__, "__version__"]


def __getattr__(name: str) -> Any:
    if name not in _OF:
        raise AttributeError(f"module 'govkit' has no attribute {name!r}; it has {', '.join(__all__)}")
    from importlib import import_module

    return getattr(import_module(_OF[name]), name)
