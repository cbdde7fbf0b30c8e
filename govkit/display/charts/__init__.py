"""Charts: plain frames → one drawing, printed and shown on the screen, its caption the finding."""

from govkit.display.charts.axis import Format
from govkit.display.charts.bars import bars, stacked_shares
from govkit.display.charts.curves import effect_by_month, funnel, lorenz, months
from govkit.display.charts.figure import ChartFigure, Shown
from govkit.display.charts.gaps import missing_items
from govkit.display.charts.key_figures import key_figures
from govkit.display.charts.places import rank_change, ranking
from govkit.display.charts.points import intervals, plan_against_actual
from govkit.display.charts.profile import indicator_profile
from govkit.display.charts.waterfall import score_change

__all__ = [
    "ChartFigure",
    "Format",
    "Shown",
    "bars",
    "effect_by_month",
    "funnel",
    "indicator_profile",
    "intervals",
    "key_figures",
    "lorenz",
    "missing_items",
    "months",
    "plan_against_actual",
    "rank_change",
    "ranking",
    "score_change",
    "stacked_shares",
]
