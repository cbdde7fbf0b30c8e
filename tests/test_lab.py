"""JupyterLab as a home: its notebooks run, controls move what is shown, a scheme of one's own can be kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import nbformat
import pandas as pd
import pytest
from three_towns import write_zone

import govkit
from govkit.analysis.score.scheme import load_scheme
from govkit.errors import GovkitError
from govkit.notebook_places import copy_notebooks
from govkit.research.workshop import audit, moves, save_scheme

ROOT = Path(__file__).parents[1]
LAB = sorted((ROOT / "notebooks" / "lab").glob("*.ipynb"))


@pytest.fixture(scope="module")
def zone(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return govkit.open_zone(write_zone(tmp_path_factory.mktemp("lab") / "三镇"))


# -- notebooks


def test_the_notebooks_of_the_lab_are_there() -> None:
    assert [path.stem for path in LAB] == ["00_开始", "explore", "index_workshop", "pilot_evaluation"]


@pytest.mark.parametrize("path", LAB, ids=lambda path: path.stem)
def test_a_notebook_of_the_lab_runs_where_it_lies(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("ipywidgets")
    monkeypatch.chdir(path.parent)
    notebook = nbformat.read(path, as_version=4)
    names: dict[str, Any] = {}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert (cell.outputs, cell.execution_count) == ([], None)
            exec(cell.source, names)  # noqa: S102 - what a reader runs
    assert "govkit" in names


def test_notebooks_name_files_that_are_there() -> None:
    start = nbformat.read(LAB[0], as_version=4).cells[0].source
    for line in start.splitlines():
        for name in line.split("](")[1:]:
            assert (LAB[0].parent / name.split(")")[0]).is_file()


def test_notebooks_of_the_lab_are_copied_too(tmp_path: Path) -> None:
    copied, _ = copy_notebooks(tmp_path)
    assert tmp_path / "lab" / "explore.ipynb" in copied


def test_the_lab_speaks_chinese_and_looks_for_no_news() -> None:
    pytest.importorskip("jupyterlab_language_pack_zh_CN")
    stated = json.loads((LAB[0].parent / "settings" / "overrides.json").read_text(encoding="utf-8"))
    assert stated["@jupyterlab/translation-extension:plugin"]["locale"] == "zh_CN"
    news = stated["@jupyterlab/apputils-extension:notification"]
    assert (news["fetchNews"], news["checkForUpdates"]) == ("false", False)


# -- explore


@pytest.fixture
def explorer(zone: Any) -> Any:
    pytest.importorskip("ipywidgets")
    return zone.explore()


def test_another_indicator_moves_map_ranking_and_sentence(explorer: Any) -> None:
    first = explorer.map.value, explorer.ranking.value, explorer.sentence.value
    explorer.indicator.value = "settled_rate"
    assert explorer.map.value[:4] == b"\x89PNG"
    assert all(
        one != other for one, other in zip(first[1:], (explorer.ranking.value, explorer.sentence.value), strict=True)
    )
    assert "事项办结率" in explorer.sentence.value


def test_the_line_of_code_gives_what_is_shown(explorer: Any) -> None:
    explorer.indicator.value, explorer.level.value = "settled_in_grid", "community"
    again = eval(explorer.snippet, {"govkit": govkit})  # noqa: S307 - the very line a reader copies
    pd.testing.assert_frame_equal(again, explorer.frame)


def test_two_places_are_compared(explorer: Any) -> None:
    explorer.indicator.value = "settled_in_grid"
    for control, code in zip(explorer.places, ("230102101000", "230102102000"), strict=True):
        control.value = code
    assert "甲镇比乙镇" in explorer.sentence.value
    assert "个百分点" in explorer.sentence.value
    assert all(name in explorer.line.value for name in ("全区逐期", "甲镇", "乙镇"))


def test_the_page_opens_with_units_that_differ_and_says_where_all_are_alike(explorer: Any) -> None:
    assert explorer.frame["value"].nunique() > 1
    explorer.frame["value"] = 0.5
    explorer._say()
    assert "3 个单元有数，都是 50.0%" in explorer.sentence.value
    explorer.frame["value"] = [0.5, 0.75, 0.75]
    explorer._say()
    assert "最高 乙镇等 2 个 75.0%" in explorer.sentence.value


def test_what_is_shown_is_exported(explorer: Any, tmp_path: Path) -> None:
    explorer.indicator.value = "settled_in_grid"
    book, layer = explorer.write(tmp_path / "出")
    assert pd.read_excel(book, engine="openpyxl", dtype={"unit_code": str})["unit_code"].tolist() == list(
        explorer.frame.index
    )
    assert gpd.read_file(layer)["value"].tolist() == explorer.frame["value"].tolist()


# -- workshop


def test_the_audit_tells_weights_from_what_they_do(zone: Any) -> None:
    found = audit(zone.score())
    assert found["weight"].sum() == pytest.approx(1)
    assert found["effective"].sum() == pytest.approx(1)
    assert found.loc["satisfaction", "missing"] == 1.0


def test_who_moves_is_told_with_the_reason(zone: Any) -> None:
    before = zone.score()
    after = zone.score(weights={"grids": 1, "facilities": 0, "services": 0, "institutions": 0})
    found = moves(before, after)
    assert found["move"].sum() == 0 or found["move"].isna().any()
    assert (found.loc[found["move"].fillna(0) != 0, "why"] != "").all()


def test_sliders_weigh_anew(zone: Any) -> None:
    pytest.importorskip("ipywidgets")
    workshop = zone.workshop()
    slider = workshop.sliders["grids"]
    slider.value = 1.0
    assert workshop.weights["grids"] == pytest.approx(1 / sum(one.value for one in workshop.sliders.values()))
    assert set(workshop.moved) == {"name", "rank_before", "rank_after", "move", "score_change", "why"}


def test_a_scheme_of_ones_own_keeps_weights_and_reasons(tmp_path: Path) -> None:
    tops = [node.id for node in load_scheme("daoli_333").children("")]
    weights = {node: 1 / len(tops) for node in tops}
    path = save_scheme("daoli_333", weights, tmp_path / "我区.toml", reasons="领导小组 2025 年第 3 次会议议定")
    found = load_scheme(str(path))
    assert [found.nodes[node].weight for node in tops] == pytest.approx(list(weights.values()))
    assert "第 3 次会议" in path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("weights", "reasons", "told"),
    [
        ({"grids": 0.9}, "因为", "weight 之和应为 1"),
        ({"grids": 0.3}, " ", "理由"),
        ({"nothing": 1.0}, "因为", "没有写明这些项的权重"),
    ],
    ids=["sum", "no reason", "unknown"],
)
def test_a_scheme_that_cannot_be_is_not_written(
    tmp_path: Path, weights: dict[str, float], reasons: str, told: str
) -> None:
    with pytest.raises(GovkitError, match=told):
        save_scheme("daoli_333", weights, tmp_path / "我区.toml", reasons=reasons)
    assert not (tmp_path / "我区.toml").exists()
