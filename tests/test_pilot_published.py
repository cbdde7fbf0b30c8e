"""A pilot's evaluation on public data against the figures that papers and the methods' own packages print."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import govkit
from govkit.analysis.effect.estimators import forbidden_share


@pytest.fixture(scope="module")
def castle() -> pd.DataFrame:
    """State homicide rates 2000-2010 and the years of castle doctrine laws (Cheng and Hoekstra, Journal of Human
    Resources 2013); ``post`` of this copy is 1 from the first whole year on, the law is of the year before.
    """
    data = pytest.importorskip("causaldata").castle.load_pandas().data
    first = data.loc[data["post"] == 1].groupby("sid")["year"].min() - 1
    return data[["sid", "year", "l_homicide"]].assign(law=data["sid"].map(first))


@pytest.fixture(scope="module")
def minimum_wages() -> pd.DataFrame:
    """Teen employment in 500 counties 2003-2007 (Callaway and Sant'Anna, Journal of Econometrics 225 (2021))."""
    found = find_spec("moderndid")  # importing it takes longer than all tests here
    if found is None or found.origin is None:
        pytest.skip("moderndid is not installed")
    return pd.read_pickle(Path(found.origin).parent / "core/datasets/mpdta_long.pkl.gz")  # noqa: S301 - of a package


def test_minimum_wages_by_callaway_and_santanna(minimum_wages: pd.DataFrame) -> None:
    """The vignette of the R package did: simple ATT -0.0400, standard error 0.0118 to 0.0125 by bootstrap."""
    pytest.importorskip("diff_diff")
    found = govkit.pilot(minimum_wages, unit="countyreal", time="year", outcome="lemp", start="first.treat").to_frame()
    row = found.set_index("estimator").loc["callaway_santanna"]
    assert row["effect"] == pytest.approx(-0.0400, abs=5e-5)
    assert row["se"] == pytest.approx(0.0120, abs=6e-4)
    main = found.iloc[0]
    assert main["treated_clusters"] + main["untreated_clusters"] == 500
    assert main["low"] < -0.0400 < main["high"] < 0


def test_castle_doctrine_by_two_way_fixed_effects_and_what_it_wrongly_compares(castle: pd.DataFrame) -> None:
    """The R package bacondecomp: two-way estimate 0.08181, weight of later against earlier treated 0.03190."""
    pytest.importorskip("diff_diff")
    found = govkit.pilot(castle, unit="sid", time="year", outcome="l_homicide", start="law")
    rows = found.to_frame().set_index("estimator")
    assert rows.at["two_way_fixed_effects", "effect"] == pytest.approx(0.0818116, abs=1e-6)
    assert forbidden_share(found.evaluations[0].panel) == pytest.approx(0.03189818, abs=1e-6)
    assert rows.iloc[0][["treated_clusters", "untreated_clusters"]].tolist() == [21, 29]
    assert any("3% 的权重" in line for line in found.honesty())


def test_one_state_asked_otherwise_for_organs(castle: pd.DataFrame) -> None:
    """Kessler and Roth (NBER working paper 20378, 2014): -0.022; with one treated state of 27 it says little."""
    data = pytest.importorskip("causaldata").organ_donations.load_pandas().data
    data = data.assign(start=np.where(data["State"] == "California", "2011Q3", ""))
    found = govkit.pilot(data, unit="State", time="Quarter", outcome="Rate", start="start", compared=False)
    row = found.to_frame().iloc[0]
    assert row["effect"] == pytest.approx(-0.0225, abs=5e-5)
    assert row["least_p"] == pytest.approx(1 / 27)
    assert row["p"] > 0.05
    assert any("只有一个试点聚类" in line for line in found.honesty())
