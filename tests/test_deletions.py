"""Taking away a source or an optional column makes nobody worse in silence; benchmarks/deletions.py tries them all."""

from pathlib import Path

import pytest
from deletions import deletions, unsaid

from govkit import open_zone

HUANGPI = Path(__file__).parents[1] / "data" / "huangpi"
# Those that once turned blanks into noughts, and one of each kind.
SAMPLE = [
    "facilities", "staff", "facilities.floor_area_m2", "units.households", "units.population", "tasks.closed_at",
    "tasks.last_inspected", "statistics.base", "funds.programme", "ratings.n", "grids.manager", "organisations",
]  # fmt: skip


def test_no_deletion_makes_a_score_a_rank_or_a_problem_worse_in_silence() -> None:
    zone = open_zone(HUANGPI)
    chosen = [what for what in SAMPLE if what in deletions(zone)]
    assert len(chosen) >= 8
    assert unsaid(zone, zone.settings.periods[-1], chosen) == {}


@pytest.mark.parametrize("what", ["services", "facilities.activity_area_m2"])
def test_what_a_zone_does_not_have_cannot_be_taken_away(what: str) -> None:
    assert what not in deletions(open_zone(HUANGPI))
