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
    return pd.read_pickle(packed("moderndid") / "core/datasets/mpdta_long.pkl.gz")  # noqa: S301 - of a package


@pytest.fixture(scope="module")
def medicaid() -> pd.DataFrame:
    """Insurance in 46 states 2008-2019 and the year each widened Medicaid (course Advanced DID of Mixtape Sessions)."""
    return pd.read_pickle(packed("moderndid") / "core/datasets/ehec_data.pkl.gz")  # noqa: S301 - of a package


def packed(package: str) -> Path:
    """Return the folder of an installed package, not imported: that takes longer than all tests here."""
    found = find_spec(package)
    if found is None or found.origin is None:
        pytest.skip(f"{package} is not installed")
    return Path(found.origin).parent


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


@pytest.mark.parametrize(
    ("never", "two_way", "callaway", "wrongly"),
    [(True, (0.070321, 0.007401), None, 0.05827), (False, (0.062817, 0.007653), 0.0728, 0.28098)],
    ids=["all states", "those that ever widened it"],
)
def test_medicaid_by_two_way_effects_and_what_it_wrongly_compares(
    medicaid: pd.DataFrame, never: bool, two_way: tuple[float, float], callaway: float | None, wrongly: float
) -> None:
    """The course's solutions by fixest, did and bacondecomp."""
    pytest.importorskip("diff_diff")
    states = medicaid if never else medicaid.dropna(subset=["yexp2"])
    found = govkit.pilot(states, unit="stfips", time="year", outcome="dins", start="yexp2")
    rows = found.to_frame().set_index("estimator")
    assert rows.loc["two_way_fixed_effects", ["effect", "se"]].tolist() == pytest.approx(two_way, abs=1e-6)
    if callaway is not None:
        assert rows.at["callaway_santanna", "effect"] == pytest.approx(callaway, abs=5e-5)
    assert forbidden_share(found.evaluations[0].panel) == pytest.approx(wrongly, abs=5e-6)


@pytest.mark.parametrize(
    ("last", "published"),
    [
        (2014, [(0.029, 0.064), (0.024, 0.067), (0.017, 0.072), (0.008, 0.080), (-0.001, 0.088)]),
        (2015, [(0.041, 0.075), (0.033, 0.080), (0.020, 0.090), (0.006, 0.103), (-0.008, 0.117)]),
    ],
    ids=["first year", "mean of two years"],
)
def test_medicaid_where_trends_were_not_parallel(
    medicaid: pd.DataFrame, last: int, published: list[tuple[float, float]]
) -> None:
    """The manual of honestdid (relative magnitudes, conditional least favourable): ours hold them, a little wider."""
    early = medicaid.loc[medicaid["year"].le(last) & medicaid["yexp2"].ne(2015)]
    early = early.assign(start=early["yexp2"].where(early["yexp2"].eq(2014)))
    found = govkit.pilot(early, unit="stfips", time="year", outcome="dins", start="start", compared=False).bounds()
    assert found["m"].tolist() == [0.0, 0.5, 1.0, 1.5, 2.0]
    for (low, high), mine in zip(published, found[["low_95", "high_95"]].to_numpy(), strict=True):
        assert low - 0.010 < mine[0] < low + 0.0015
        assert high - 0.0015 < mine[1] < high + 0.010


def test_simulated_starts_by_two_stages() -> None:
    """The manual of pyfixest (data of the R package did2s): 2.230482 (0.024709), two-way 1.982540 (0.019338)."""
    pytest.importorskip("diff_diff")
    data = pd.read_csv(packed("pyfixest") / "did/data/df_het.csv")
    found = govkit.pilot(data, unit="unit", time="year", outcome="dep_var", start="g", cluster="state").to_frame()
    assert found.at[0, "effect"] == pytest.approx(2.230482, abs=1e-6)
    rows = found.set_index("estimator")
    assert rows.loc["two_stage", ["effect", "se"]].tolist() == pytest.approx([2.230482, 0.024709], abs=1e-6)
    assert rows.loc["two_way_fixed_effects", ["effect", "se"]].tolist() == pytest.approx([1.98254, 0.019338], abs=1e-6)


def test_cholera_and_the_water_of_two_companies() -> None:
    """Snow 1855, as in Huntington-Klein, The Effect, chapter 18: -56.9 deaths; two areas can carry no claim at all."""
    data = pytest.importorskip("causaldata").snow.load_pandas().data
    data = data.assign(start=np.where(data["supplier"].str.startswith("Lambeth"), 1854, 0))
    found = govkit.pilot(data, unit="supplier", time="year", outcome="deathrate", start="start")
    row = found.to_frame().iloc[0]
    assert row["effect"] == pytest.approx(-56.9, abs=1e-4)
    assert row[["least_p", "low", "high"]].tolist() == [1.0, -np.inf, np.inf]
    assert any("只能描述差异" in line for line in found.honesty())


# Packs of cigarettes sold a head, 1970 to 2000 (Orzechowski and Walker, The Tax Burden on Tobacco).
PACKS = {
    "California": "123 121 123.5 124.4 126.7 127.1 128 126.4 126.1 121.9 120.2 118.6 115.4 110.8 104.8 102.8 99.7 "
    "97.5 90.1 82.4 77.8 68.7 67.5 63.4 58.6 56.4 54.5 53.8 52.3 47.2 41.6",
    "Colorado": "124.8 125.5 134.3 137.9 132.8 131 134.2 132 129.2 131.5 131 133.8 130.5 125.3 119.7 112.4 "
    "109.9 102.4 94.6 88.8 87.4 90.2 88.3 88.6 89.1 85.4 83.1 81.3 81.2 79.6 73",
    "Connecticut": "120 117.6 110.8 109.3 112.4 110.2 113.4 117.3 117.5 117.4 118 116.4 114.7 114.1 112.5 111 "
    "108.5 109 104.8 100.6 91.5 86.7 83.5 79.1 76.6 79.3 76 75.9 75.5 73.4 71.4",
    "Montana": "111.2 115.6 122.2 119.9 121.9 123.7 124.9 127 127.2 120.3 122 121.1 122.4 113.7 110.1 103.6 "
    "97.8 91.7 87.1 86.2 84.7 82.9 86.6 86 88.2 90.5 87.3 88.9 89.1 82.6 75.5",
    "Nevada": "189.5 190.5 198.6 201.5 204.7 205.2 201.4 190.8 187 183.3 177.7 171.9 165.1 159.2 136.6 146.7 "
    "142.6 147.7 141.9 137.9 137.3 115.5 110 108.1 105.2 100.9 99 95.6 102.4 103.9 93.2",
    "New Hampshire": "265.7 278 296.2 279 269.8 269.1 290.5 278.8 269.6 254.6 247.8 245.4 239.8 232.9 215.1 201.1 "
    "195.9 195.1 180.4 172.9 152.4 144.8 143.7 148.9 153.8 158.5 158 174.4 173.8 171.7 147.3",
    "Utah": "65.5 67.7 71.3 72.7 75.6 75.8 77.9 78 79.6 79.1 74.8 77.6 73.6 69 66.3 66.5 64.4 67.7 55 57 "
    "53.4 53.5 55 56.2 55.8 52 54 57 42.3 43.9 40.7",
}


def test_california_beside_a_synthetic_california() -> None:
    """Proposition 99 by synthetic control: -19.6 packs a head and year, as Arkhangelsky et al. print it (American
    Economic Review 111 (2021), table 1), -26 in 2000 as Abadie, Diamond and Hainmueller write (2010). The states here
    are those of 38 that get a weight: without the others nothing changes.
    """
    pytest.importorskip("diff_diff")
    packs = pd.DataFrame({state: map(float, sold.split()) for state, sold in PACKS.items()}, index=range(1970, 2001))
    data = packs.melt(var_name="state", value_name="packs", ignore_index=False).reset_index(names="year")
    data["start"] = np.where(data["state"] == "California", 1989, 0)
    found = govkit.pilot(data, unit="state", time="year", outcome="packs", start="start").to_frame()
    row = found.set_index("estimator").loc["synthetic_control"]
    assert row["effect"] == pytest.approx(-19.6, abs=0.1)
    assert row[["p", "least_p"]].tolist() == pytest.approx([1 / 7, 1 / 7])  # the largest of seven
    assert np.isnan(row["low"])


def test_no_error_of_nought_is_told_by_synthetic_differences(medicaid: pd.DataFrame) -> None:
    pytest.importorskip("diff_diff")
    early = medicaid.loc[medicaid["year"].lt(2016) & medicaid["yexp2"].ne(2015)]
    early = early.assign(start=early["yexp2"].where(early["yexp2"].eq(2014)))  # 22 treated, 21 others
    found = govkit.pilot(early, unit="stfips", time="year", outcome="dins", start="start").to_frame()
    row = found.set_index("estimator").loc["synthetic_did"]
    assert 0.004 < row["se"] < 0.02
    assert row["low"] < row["effect"] < row["high"]
