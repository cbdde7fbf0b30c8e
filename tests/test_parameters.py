"""How parameters reach a notebook: found by tag or by plain assignments, typed as their defaults, or refused."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from three_towns import write_zone

from govkit.batch.plan.jobs import Job, plan, run_job
from govkit.batch.plan.reports import make_reports
from govkit.batch.plan.request import Request
from govkit.batch.work.parameters import declared_parameters, typed, with_parameters
from govkit.documents.read.notebook import read_notebook
from govkit.errors import GovkitError, ReportError
from govkit.zone.opening import read_zone

EVERY_KIND = """
\"\"\"参数\"\"\"
from datetime import date
zone: str = "data/x"
flag = True
top: int | None = None
cut = 0.6
街道 = "甲街道"
since = date(2018, 7, 1)
pair = (1, 2)
names = ["甲", "乙"]
words = {"a": 1}
nothing = None
"""


def cells(*sources: str, tagged: bool = False, **metadata: Any) -> nbformat.NotebookNode:
    made = new_notebook(cells=[new_markdown_cell("# 题"), *map(new_code_cell, sources)], metadata=metadata)
    if tagged:
        made.cells[1].metadata["tags"] = ["parameters"]
    return made


def test_every_kind_of_plain_assignment_is_declared() -> None:
    found = declared_parameters(cells(EVERY_KIND))
    assert (found.cell, found.defaults["since"], found.defaults["pair"]) == (1, dt.date(2018, 7, 1), (1, 2))
    assert {"街道", "names", "words", "nothing", "top"} <= set(found.defaults)


def test_several_names_of_one_assignment_are_declared_each() -> None:
    found = declared_parameters(cells('zone, 期 = "data/x", None\n[low, high] = (1, 2.5)'))
    assert found.defaults == {"zone": "data/x", "期": None, "low": 1, "high": 2.5}
    assert declared_parameters(cells("a, b = make()")).defaults == {}
    assert declared_parameters(cells("a, b = 1, 2, 3")).defaults == {}


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("n = 3 * 4", 12), ("n = not True", False), ("a = 2\nn = f'第{a}期'", "第2期"),
        ("from pathlib import Path\nn = Path('x') / 'y'", Path("x/y")),
        ("import datetime\nn = datetime.date(2018, 7, 1)", dt.date(2018, 7, 1)),
        ("n = (datetime(2018, 7, 1) - timedelta(days=1)).date()", dt.date(2018, 6, 30)),
    ],
)  # fmt: skip
def test_a_default_may_be_reckoned_from_constants_and_names_before_it(source: str, value: object) -> None:
    found = declared_parameters(cells(source)).defaults["n"]
    assert (found, type(found)) == (value, type(value))
    assert type(declared_parameters(cells("n = date.today()")).defaults["n"]) is dt.date


@pytest.mark.parametrize("source", ["n = open('x')", "n = ().__class__", "n = os.environ['x']", "n = [i for i in a]"])
def test_a_default_with_effects_is_none_unless_tagged_and_then_guessed(source: str) -> None:
    assert declared_parameters(cells(source)).defaults == {}
    tagged = declared_parameters(cells(source, tagged=True))
    assert typed(tagged, {"n": "5"}, where="") == {"n": 5}


def test_what_is_reckoned_from_a_given_value_is_reckoned_again() -> None:
    source = "zone = 'a'\ntop = 3\nfile = f'{zone}/{top}.csv'\nlong = file * 2\nother = top"
    cell = with_parameters(notebook := cells(source), declared_parameters(notebook), {"zone": "b"}).cells[2]
    found: dict[str, Any] = {"top": 3}
    exec(cell.source, found)  # noqa: S102 - the cell that was made here
    assert (found["file"], found["long"], "other" in found) == ("b/3.csv", "b/3.csvb/3.csv", False)


def test_a_cell_that_does_something_is_none_unless_tagged() -> None:
    source = 'zone = "x"\nprint(zone)'
    assert declared_parameters(cells(source)).defaults == {}
    assert declared_parameters(cells(source, tagged=True)).defaults == {"zone": "x"}


def test_the_tagged_cell_goes_before_an_earlier_one_of_plain_assignments() -> None:
    notebook = cells("a = 1", "b = 2")
    notebook.cells[2].metadata["tags"] = ["parameters"]
    assert declared_parameters(notebook).defaults == {"b": 2}


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("flag", "false", False), ("flag", "是", True), ("top", "１０", 10), ("cut", "0.5", 0.5), ("街道", "1", "1"),
        ("since", "2019-01-31", dt.date(2019, 1, 31)), ("pair", "[3, 4]", (3, 4)), ("names", '["丙"]', ["丙"]),
        ("words", '{"b": 2}', {"b": 2}), ("nothing", "3", 3), ("nothing", "甲", "甲"),
    ],
)  # fmt: skip
def test_a_value_takes_the_type_of_its_default(name: str, text: str, value: object) -> None:
    found = typed(declared_parameters(cells(EVERY_KIND)), {name: text}, where="mine.ipynb")[name]
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(("name", "text"), [("flag", "也许"), ("top", "十"), ("since", "昨天"), ("words", "[1]")])
def test_a_value_that_does_not_fit_is_refused_with_the_default(name: str, text: str) -> None:
    with pytest.raises(ReportError, match="默认值") as raised:
        typed(declared_parameters(cells(EVERY_KIND)), {name: text}, where="mine.ipynb")
    assert "mine.ipynb" in str(raised.value)


def test_an_unknown_name_is_refused_with_the_nearest() -> None:
    with pytest.raises(GovkitError, match="flag"):
        typed(declared_parameters(cells(EVERY_KIND)), {"flagg": "1"}, where="")


def test_the_values_stand_after_the_cell_that_declares_them_and_run() -> None:
    notebook = cells(EVERY_KIND, "1 + 1")
    values = {"since": dt.date(2019, 1, 31), "街道": "乙街道", "pair": (3, 4)}
    cell = with_parameters(notebook, declared_parameters(notebook), values).cells[2]
    found: dict[str, Any] = {}
    exec(cell.source, found)  # noqa: S102 - the cell that was made here
    assert {name: found[name] for name in values} == values
    assert cell.metadata["tags"] == ["injected-parameters"]


def test_a_notebook_may_call_district_and_zone_by_other_names() -> None:
    notebook = cells('area = ""\ncode = 0', govkit={"parameters": {"area": "zone", "code": "district"}})
    found = declared_parameters(notebook)
    assert (found.name("zone"), found.name("district"), found.takes("period")) == ("area", "code", False)


# ---- through a plan, on a small zone


@pytest.fixture(scope="module")
def towns(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("towns")
    write_zone(folder / "三镇")
    write_zone(folder / "别处")
    return folder


def planned(towns: Path, out: Path, notebook: nbformat.NotebookNode, **options: Any) -> list[Job]:
    path = towns / "mine.ipynb"
    nbformat.write(notebook, path)
    zone = read_zone(towns / "三镇")
    return plan(zone, Request(zone.folder, notebooks=(str(path),), **options), "2018H2", out)


def test_untagged_parameters_reach_the_notebook(towns: Path, tmp_path: Path) -> None:
    notebook = cells('zone = "别处"\ndistrict = 1\nperiod = ""', "print(zone[-2:], district, period)")
    jobs = planned(towns, tmp_path, notebook)
    assert len(jobs) == 3
    assert run_job(jobs[0], in_process=False).status == "done"
    executed = nbformat.read(jobs[0].executed, as_version=4)
    assert executed.cells[3].outputs[0].text == f"三镇 {int(jobs[0].district)} 2018H2\n"


def test_a_district_or_period_that_cannot_reach_the_notebook_is_refused(towns: Path, tmp_path: Path) -> None:
    name = str(read_zone(towns / "三镇").districts["name"].iloc[0])
    (job,) = planned(towns, tmp_path, cells('zone = ""'), districts=(name,), period="2018H2")
    assert f"--district {name}、--period 2018H2 传不进笔记本" in job.refused
    assert "mine.ipynb" in job.refused


def test_a_notebook_that_takes_no_zone_and_names_another_is_refused(towns: Path, tmp_path: Path) -> None:
    (job,) = planned(towns, tmp_path, cells('import govkit; z = govkit.open_zone("别处")'))
    assert "第 2 个单元写着另一个分区的文件夹 '别处'" in job.refused
    assert "mine.ipynb" in job.refused


def test_a_notebook_that_takes_its_zone_may_compare_with_another(towns: Path, tmp_path: Path) -> None:
    (job,) = planned(towns, tmp_path, cells('zone = ""', 'import govkit; z = govkit.open_zone("别处")'))
    assert job.refused == ""


@pytest.mark.long
def test_a_notebook_that_opens_another_zone_alone_fails_and_one_that_compares_says_so(
    towns: Path, tmp_path: Path
) -> None:
    opens = "import govkit; print(govkit.open_zone('别' + '处').name)"
    sources = {"alone": ("zone = ''", opens), "untold": ("place = ''", opens)}
    sources["compares"] = ("zone = ''", opens, "print(govkit.open_zone(zone).name)")
    for name, texts in sources.items():
        nbformat.write(cells(*texts), towns / f"{name}.ipynb")
    # what tools strip or write as null stops no notebook, the others even less
    bare = {"cell_type": "code", "source": None, "metadata": None, "execution_count": "3"}
    stripped = [bare, {"cell_type": "code", "source": ["print(1)"]}, {"cell_type": "markdown"}]
    (towns / "stripped.ipynb").write_text(
        json.dumps({"nbformat": 4, "nbformat_minor": 2, "cells": stripped, "metadata": None}), encoding="utf-8"
    )
    names = (*sources, "stripped")
    manifest, _ = make_reports(
        Request(
            towns / "三镇",
            notebooks=tuple(str(towns / f"{one}.ipynb") for one in names),
            formats=("html",),
            out=tmp_path,
        )
    )
    made = {one.notebook: one for one in manifest.reports}
    assert {name: one.status for name, one in made.items()} == {
        "alone": "failed", "untold": "failed", "compares": "done", "stripped": "done",
    }  # fmt: skip
    assert "只打开了另一个分区" in str(made["alone"].error)
    assert "还用了另一个分区的数据" in made["compares"].unconverted[0]


def test_a_notebook_that_takes_no_zone_says_so_in_its_report(towns: Path, tmp_path: Path) -> None:
    (job,) = planned(towns, tmp_path, cells("print(1 + 1)"), formats=("html",))
    outcome = run_job(job, in_process=False)
    assert outcome.status == "done"
    assert "没有声明参数 zone" in outcome.unconverted[0]
    assert "没有声明参数 zone" in (tmp_path / "mine.html").read_text(encoding="utf-8")


# ---- files as they come


@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["plain", "byte mark"])
def test_a_notebook_without_kernel_runs_as_python(tmp_path: Path, mark: str) -> None:
    content = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
    (tmp_path / "a.ipynb").write_text(mark + json.dumps(content), encoding="utf-8")
    assert read_notebook(tmp_path / "a.ipynb").metadata.kernelspec.name == "python3"


def test_a_notebook_of_format_3_is_brought_up(tmp_path: Path) -> None:
    cell = {
        "cell_type": "code",
        "language": "python",
        "input": ["1"],
        "outputs": [],
        "metadata": {},
        "collapsed": False,
    }
    content = {
        "worksheets": [{"cells": [cell], "metadata": {}}],
        "metadata": {"name": ""},
        "nbformat": 3,
        "nbformat_minor": 0,
    }
    (tmp_path / "a.ipynb").write_text(json.dumps(content), encoding="utf-8")
    assert read_notebook(tmp_path / "a.ipynb").cells[0].source == "1"


def test_two_cells_of_one_id_get_two(tmp_path: Path) -> None:
    notebook = new_notebook(cells=[new_code_cell("1", id="a"), new_code_cell("2", id="a")])
    (tmp_path / "a.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    assert len({cell.id for cell in read_notebook(tmp_path / "a.ipynb").cells}) == 2


def test_a_broken_file_is_named_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "坏.ipynb").write_text('{"cells": [\n', encoding="utf-8")
    with pytest.raises(ReportError, match="另存") as raised:
        read_notebook(tmp_path / "坏.ipynb")
    assert "坏.ipynb" in str(raised.value)


def test_a_cell_with_spans_times_and_complex_numbers_declares_all_of_it_and_refuses_what_does_not_fit() -> None:
    source = "from datetime import time, timedelta\nspan = timedelta(days=3)\nat = time(8, 30)\nz = 2 + 3j\nn = 1"
    declared = declared_parameters(new_notebook(cells=[new_code_cell(source)]))
    assert list(declared.defaults) == ["span", "at", "z", "n"]
    assert typed(declared, {"at": "09:00", "z": "1j"}, where="x") == {"at": dt.time(9), "z": 1j}
    with pytest.raises(ReportError, match=r"span 的值 '2' .*默认值 datetime\.timedelta"):
        typed(declared, {"span": "2"}, where="x")
