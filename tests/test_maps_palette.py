"""Colours of maps: told apart in grey and by colour-blind readers."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pytest

from govkit import catalogue
from govkit.display.maps.sheet.symbols import OPEN, outline
from govkit.display.palette import colours, grey, interpolate, oklab, ramp
from govkit.errors import UnknownNameError

# Machado, Oliveira, Fernandes (2009), severity 1, on linear sRGB
BLIND = {
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
}


def seen(colour: str, blindness: str) -> np.ndarray:
    """The colour as a colour-blind reader sees it, in OKLab."""
    value = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    light = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    light = (np.array(BLIND[blindness]) @ light).clip(0, 1)
    value = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    return oklab("#" + "".join(f"{round(part * 255):02x}" for part in value))


@pytest.mark.parametrize("name", ["sequential", "warm"])
@pytest.mark.parametrize("count", [2, 3, 4, 5, 6, 7])
def test_a_ramp_darkens_visibly_from_class_to_class_in_grey(name: str, count: int) -> None:
    steps = [first - second for first, second in pairwise(map(grey, ramp(name, count)))]
    assert min(steps) >= 7


def seen_lightness(colour: str, reader: str) -> float:
    """The lightness (0 to 100) that is left on a grey printer, or for a colour-blind reader."""
    return grey(colour) if reader == "grey" else 100 * float(seen(colour, reader)[0])


NEIGHBOURS = {
    "sequential": (ramp("sequential", 5), 11), "warm": (ramp("warm", 5), 9),
    "attainment": ((colours("attainment")["met"], *colours("attainment")["missing"]), 7),
    "better": ((colours("diverging")["even"], *interpolate(colours("diverging")["better"], 3)), 7),
    "worse": ((colours("diverging")["even"], *interpolate(colours("diverging")["worse"], 3)), 7),
    "flows": (tuple(colours("count")["flow"]), 10),
    "kinds": (tuple(colours("category")["fills"][:4]), 7),
    "hatched kinds": (tuple(colours("category")["fills"][4:]), 9),
    "grids": (tuple(look["fill"] for look in colours("grid_kind").values()), 9),
}  # fmt: skip


@pytest.mark.parametrize("reader", ["grey", *BLIND])
@pytest.mark.parametrize("name", NEIGHBOURS)
def test_neighbouring_classes_darken_by_a_step_that_grey_printers_and_the_colour_blind_keep(
    name: str, reader: str
) -> None:
    shown, least = NEIGHBOURS[name]
    steps = [first - second for first, second in pairwise(seen_lightness(one, reader) for one in shown)]
    assert min(steps) >= least


def test_sixteen_kinds_differ_in_lightness_or_hatch() -> None:
    style = colours("category")
    looks = [(style["hatches"][at // 4], grey(style["fills"][at % 8])) for at in range(16)]
    for (hatch, shade), (other_hatch, other_shade) in combinations(looks, 2):
        assert hatch != other_hatch or abs(shade - other_shade) >= 9


@pytest.mark.parametrize("blindness", BLIND)
def test_better_and_worse_differ_for_the_colour_blind(blindness: str) -> None:
    better, worse = (interpolate(colours("diverging")[side], 3) for side in ("better", "worse"))
    for first, second in zip(better, worse, strict=True):
        assert np.linalg.norm(seen(first, blindness) - seen(second, blindness)) > 0.05


@pytest.mark.parametrize("blindness", BLIND)
@pytest.mark.parametrize("name", ["sequential", "warm"])
def test_five_classes_differ_for_the_colour_blind(name: str, blindness: str) -> None:
    apart = [np.linalg.norm(seen(a, blindness) - seen(b, blindness)) for a, b in combinations(ramp(name, 5), 2)]
    assert min(apart) > 0.08


def test_worse_is_hatched_and_so_is_no_data() -> None:
    assert colours("diverging")["worse_hatch"] == "/"


def test_every_kind_of_facility_has_a_symbol_of_its_own_and_a_sign_of_one_character() -> None:
    kinds = set(catalogue.load("codes")["facility_kind"])
    looks = colours("facility_kind")
    assert kinds <= set(looks)
    assert len({(look["symbol"], look["theme"]) for look in looks.values()}) == len(looks)
    assert len({look["sign"] for look in looks.values()}) == len(looks)
    assert all(len(look["sign"]) == 1 and look["theme"] in colours("theme") for look in looks.values())


def test_symbols_are_of_similar_size() -> None:
    for look in colours("facility_kind").values():
        assert 0.8 <= np.abs(outline(look["symbol"])).max() <= 1.45
    assert set(OPEN) <= {look["symbol"] for look in colours("facility_kind").values()}


def test_every_grid_kind_has_a_colour() -> None:
    assert set(catalogue.load("codes")["grid_kind"]) == set(colours("grid_kind"))


def test_interpolation_hits_its_anchors() -> None:
    assert interpolate(["#102030", "#405060"], 2) == ("#102030", "#405060")


def test_one_class_gets_a_middle_colour() -> None:
    assert 40 < grey(ramp("sequential", 1)[0]) < 75


def test_an_unknown_ramp_or_symbol_is_named_with_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="sequential"):
        ramp("sequentiel", 3)
    with pytest.raises(UnknownNameError, match="square"):
        outline("squares")
