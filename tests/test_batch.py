"""A batch: reports side by side, a failure that stops nothing, whole files, and a manifest that says it all."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from govkit.batch.plan.jobs import plan
from govkit.batch.plan.reports import make_reports
from govkit.batch.plan.request import Request
from govkit.batch.work.execute import run_notebook
from govkit.errors import ReportError, StrictError, UnknownNameError
from govkit.notebook_places import built_in, find_notebook
from govkit.zone.opening import open_zone

PARAMETERS = 'zone = ""\ndistrict = ""\nperiod = ""'


def write_notebook(
    path: Path, *cells: str, expects: dict[str, int] | None = None, parameters: str = PARAMETERS
) -> Path:
    """Write a small notebook: a parameters cell, then ``cells``."""
    first = new_code_cell(parameters)
    first.metadata["tags"] = ["parameters"]
    notebook = new_notebook(cells=[first, *map(new_code_cell, cells)])
    notebook.metadata = {
        "kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"},
        "govkit": {"expects": expects or {}},
    }
    nbformat.write(notebook, path)
    return path


def test_the_usual_notebooks_are_planned_once_a_district_and_once_a_zone(zone_folder: Path, tmp_path: Path) -> None:
    jobs = plan(open_zone(zone_folder), Request(zone_folder), "2018H2", tmp_path)
    assert [job.stem for job in jobs] == ["230102100-新发镇", "overview", "bulletin"]
    assert [job.executed.name for job in jobs] == ["230102100.ipynb", "overview.ipynb", "bulletin.ipynb"]
    assert "district" not in jobs[1].parameters


def test_another_notebook_is_named_behind_the_district(zone_folder: Path, tmp_path: Path) -> None:
    own = write_notebook(tmp_path / "专题.ipynb", "1")
    jobs = plan(open_zone(zone_folder), Request(zone_folder, notebooks=(str(own),)), "2018H2", tmp_path)
    assert [job.stem for job in jobs] == ["230102100-新发镇-专题"]


def test_a_notebook_of_the_zones_own_folder_is_found_by_name_before_the_workbenchs(
    zone_folder: Path, tmp_path: Path
) -> None:
    (zone_folder / "notebooks").mkdir()
    own = write_notebook(zone_folder / "notebooks" / "bulletin.ipynb", "1")
    topic = write_notebook(zone_folder / "notebooks" / "专题.ipynb", "1")
    request = Request(zone_folder, notebooks=("bulletin", "专题", "zone_overview"))
    jobs = plan(open_zone(zone_folder), request, "2018H2", tmp_path)
    assert [job.notebook for job in jobs[:2]] == [own.resolve(), topic.resolve()]
    assert jobs[2].notebook.parent == built_in().resolve()


@pytest.mark.parametrize(
    ("names", "told"),
    [(("a/专题.ipynb", "b/专题.ipynb"), "两个笔记本同名"), (("a/index.ipynb",), "不能叫 'index'")],
    ids=["same name", "index"],
)
def test_notebooks_whose_reports_would_be_one_file_are_refused(
    zone_folder: Path, tmp_path: Path, names: tuple[str, ...], told: str
) -> None:
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        write_notebook(tmp_path / name, "1")
    request = Request(zone_folder, notebooks=tuple(str(tmp_path / name) for name in names))
    with pytest.raises(ReportError, match=told):
        plan(open_zone(zone_folder), request, "2018H2", tmp_path)


@pytest.mark.parametrize(
    ("request_", "told"),
    [
        ({"period": "2018H3"}, "2018H2"),
        ({"districts": ("新发",)}, "新发镇"),
        ({"notebooks": ("distric_report",)}, "district_report"),
        ({"formats": ("pfd",)}, "pdf"),
        ({"parameters": {"distirct": "x"}}, "district"),
    ],
    ids=["period", "district", "notebook", "format", "notebook parameter"],
)
def test_an_unknown_name_stops_before_any_report(
    zone_folder: Path, tmp_path: Path, request_: dict[str, object], told: str
) -> None:
    with pytest.raises(UnknownNameError, match=f"最接近的是：[^。]*{told}"):
        make_reports(Request(zone_folder, out=tmp_path / "out", **request_))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("wrong", [{"notebooks": ("distric_report",)}, {"formats": ("pfd",)}])
def test_a_wrong_name_is_told_before_any_process_starts(
    zone_folder: Path, monkeypatch: pytest.MonkeyPatch, wrong: dict[str, tuple[str]]
) -> None:
    monkeypatch.setattr("govkit.batch.plan.server.run", lambda *_: pytest.fail("a process was started"))
    with pytest.raises(UnknownNameError):
        make_reports(Request(zone_folder, **wrong))  # type: ignore[arg-type]


def test_strict_stops_before_any_report_if_a_row_was_set_aside(zone_folder: Path, tmp_path: Path) -> None:
    with (zone_folder / "网格事项.csv").open("a", encoding="utf-8") as file:
        file.write("E5,999999,环境卫生,2018-08-01 08:00,,,办理中\r\n")
    with pytest.raises(StrictError, match="1 处错误"):
        make_reports(Request(zone_folder, out=tmp_path / "out", strict=True))
    assert not (tmp_path / "out").exists()


def test_a_failing_district_is_named_with_cell_and_error_and_keeps_its_notebook(
    zone_folder: Path, tmp_path: Path
) -> None:
    own = write_notebook(tmp_path / "own.ipynb", "1", "raise ValueError('缺少台账')")
    fine = write_notebook(tmp_path / "fine.ipynb", "1 + 1")
    request = Request(zone_folder, notebooks=(str(own), str(fine)), out=tmp_path / "out", formats=("html",))
    manifest, folder = make_reports(request)
    assert [one.status for one in manifest.reports] == ["failed", "done"]
    assert "第 3 个单元出错：ValueError: 缺少台账" in manifest.failed[0].error
    kept = nbformat.read(folder / "notebooks" / "230102100-own.ipynb", as_version=4)
    assert any(out.output_type == "error" for cell in kept.cells for out in cell.get("outputs", []))
    assert not (folder / "230102100-新发镇-own.html").exists()
    assert "缺少台账" in (folder / "index.html").read_text(encoding="utf-8")


def test_a_notebook_that_shows_less_than_it_should_has_failed(zone_folder: Path, tmp_path: Path) -> None:
    own = write_notebook(tmp_path / "own.ipynb", "1", expects={"figures": 1, "tables": 2})
    manifest, _ = make_reports(Request(zone_folder, notebooks=(str(own),), out=tmp_path / "out", formats=("html",)))
    assert "应有 1 幅图，只有 0 幅图；应有 2 张表，只有 0 张表" in manifest.reports[0].error


def test_a_process_that_dies_takes_only_its_own_report_with_it(zone_folder: Path, tmp_path: Path) -> None:
    dying = write_notebook(tmp_path / "dying.ipynb", "import os; os._exit(9)")
    fine = write_notebook(tmp_path / "fine.ipynb", "1 + 1")
    request = Request(zone_folder, notebooks=(str(dying), str(fine)), out=tmp_path / "out", formats=("html",))
    manifest, _ = make_reports(request)
    assert [one.status for one in manifest.reports] == ["failed", "done"]
    assert "工作进程意外退出：单元里的程序结束了进程（退出码 9" in manifest.failed[0].error


def test_nothing_leaks_from_one_notebook_into_the_next(zone_folder: Path, tmp_path: Path) -> None:
    first = write_notebook(
        tmp_path / "a.ipynb", "import builtins, matplotlib.pyplot as plt; builtins.left = 1; plt.figure()"
    )
    second = write_notebook(tmp_path / "b.ipynb", "import builtins; assert not hasattr(builtins, 'left')")
    request = Request(zone_folder, notebooks=(str(first), str(second)), out=tmp_path / "out", formats=("html",), jobs=1)
    assert not make_reports(request)[0].failed


def test_the_manifest_hashes_what_was_read_and_written(zone_folder: Path, tmp_path: Path) -> None:
    own = write_notebook(tmp_path / "own.ipynb", "1 + 1")
    _, folder = make_reports(Request(zone_folder, notebooks=(str(own),), out=tmp_path / "out"))
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert {one["path"] for one in manifest["inputs"]} == {"行政单元.xlsx", "网格.shp", "设施台账.xlsx", "网格事项.csv"}
    outputs = manifest["reports"][0]["outputs"]
    assert {Path(one["path"]).suffix for one in outputs} == {".ipynb", ".html", ".pdf"}
    for one in outputs:
        content = (folder / one["path"]).read_bytes()
        assert (one["sha256"], one["bytes"]) == (hashlib.sha256(content).hexdigest(), len(content))


def test_rows_read_are_rows_used_set_aside_and_left_out(zone_folder: Path, tmp_path: Path) -> None:
    own = write_notebook(tmp_path / "own.ipynb", "1 + 1")
    _, folder = make_reports(Request(zone_folder, notebooks=(str(own),), out=tmp_path / "out", formats=("html",)))
    for one in json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["inputs"]:
        assert one["rows_read"] == one["rows_used"] + one["rows_set_aside"] + one["rows_left_out"]


def test_making_one_report_again_keeps_the_others_in_index_and_manifest(zone_folder: Path, tmp_path: Path) -> None:
    one, other = (write_notebook(tmp_path / f"{name}.ipynb", "1 + 1") for name in ("one", "other"))
    common = {"zone": zone_folder, "out": tmp_path / "out", "formats": ("html",)}
    make_reports(Request(**common, notebooks=(str(one), str(other))))
    manifest, folder = make_reports(Request(**common, notebooks=(str(one),)))
    assert [report.notebook for report in manifest.standing] == ["one", "other"]
    (folder / "230102100-新发镇-other.html").unlink()
    manifest, _ = make_reports(Request(**common, notebooks=(str(one),)))
    assert [report.notebook for report in manifest.standing] == ["one"]


EVERY_KIND = (
    "print('甲'); print('乙')",
    "import sys; print('警告', file=sys.stderr)",
    "import pandas as pd; pd.DataFrame({'村': ['太平村'], **{f'c{i}': [i] for i in range(25)}})",
    "from IPython.display import Markdown, display; display(Markdown('**重**')); 3",
    "handle = display('旧', display_id='x')",
    "handle.update('新')",
    "import matplotlib.pyplot as plt; plt.plot([1, 2]); plt.show()",
    "None",
)


def run_in_a_fresh_process(notebook: Path, executed: Path, **options: Any) -> nbformat.NotebookNode:
    """Run cells in a process of its own, as reports do: what other tests did to matplotlib is not there."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(run_notebook, notebook, {}, executed, in_process=True, **options).result()


def test_in_process_a_notebook_shows_what_a_kernel_shows(tmp_path: Path) -> None:
    own = write_notebook(tmp_path / "own.ipynb", *EVERY_KIND)
    kernel = run_notebook(own, {}, tmp_path / "kernel.ipynb")
    ours = run_in_a_fresh_process(own, tmp_path / "ours.ipynb")
    for one, other in zip(kernel.cells, ours.cells, strict=True):
        assert (one.execution_count, one.outputs) == (other.execution_count, other.outputs)


@pytest.mark.parametrize("cell", ["while True: pass", "import time; time.sleep(60)"])
def test_a_hanging_cell_meets_its_time(tmp_path: Path, cell: str) -> None:
    own = write_notebook(tmp_path / "own.ipynb", cell)
    with pytest.raises(ReportError, match=r"第 2 个单元运行超过 0\.5 秒（--timeout）"):
        run_in_a_fresh_process(own, tmp_path / "ours.ipynb", timeout_s=0.5)


def test_figures_are_shown_after_another_backend_and_a_magic_nobody_knows_is_named(tmp_path: Path) -> None:
    draw = "import matplotlib; matplotlib.use('agg')\nimport matplotlib.pyplot as plt; plt.plot([1, 2]); plt.show()"
    own = write_notebook(tmp_path / "own.ipynb", draw, "%nosuch 1")
    with pytest.raises(ReportError, match=r"第 3 个单元出错：UsageError: .*`%nosuch`[\s\S]*%load_ext"):
        run_in_a_fresh_process(own, tmp_path / "ours.ipynb")
    shown = nbformat.read(tmp_path / "ours.ipynb", as_version=4).cells
    assert [next(iter(one.data)) for cell in shown for one in cell.get("outputs", []) if "data" in one] == ["image/png"]


def test_a_notebook_is_found_by_name_or_path(tmp_path: Path) -> None:
    own = write_notebook(tmp_path / "own.ipynb", "1")
    assert find_notebook(str(own)) == own
    assert find_notebook("district_report").name == "district_report.ipynb"


def test_a_zone_of_nothing_but_units_still_gets_its_reports(zone_folder: Path, tmp_path: Path) -> None:
    text = (zone_folder / "zone.toml").read_text(encoding="utf-8")
    keep, after = text.split("[sources.grids]")[0], text.split("[report]")[1]
    (zone_folder / "zone.toml").write_text(f"{keep}[report]{after}", encoding="utf-8")
    manifest, _ = make_reports(Request(zone_folder, out=tmp_path / "out"))
    assert [one.error for one in manifest.failed] == []


def test_a_batch_leaves_the_environment_as_it_was(zone_folder: Path, tmp_path: Path) -> None:
    own = write_notebook(tmp_path / "own.ipynb", "1 + 1")
    before = dict(os.environ)
    make_reports(Request(zone_folder, notebooks=(str(own),), out=tmp_path / "out", formats=("html",)))
    assert dict(os.environ) == before


def test_a_zone_that_is_not_there_is_said_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="没有这个分区文件夹"):
        make_reports(Request(tmp_path / "nowhere", out=tmp_path / "out"))
    assert not (tmp_path / "out").exists()
