"""Jobs away from home: what travels, what does not, and what comes back as if it had been made here."""

from __future__ import annotations

import ast
import json
import zipfile
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path

import pytest
from conftest import write_zone
from hypothesis import given, settings
from hypothesis import strategies as st
from papermill.translators import PythonTranslator
from test_batch import write_notebook

from govkit.batch.cluster.remote_jobs import (
    Delivery,
    Parcel,
    Workshop,
    _notebook_put_right,
    arrived,
    bring_home,
    pack,
    travelling,
    unpack,
)
from govkit.batch.plan.jobs import Job, plan
from govkit.batch.plan.request import Request
from govkit.batch.record.manifest import Outcome
from govkit.batch.work.workers import Limits, can_fork
from govkit.errors import ReportError
from govkit.zone.opening import open_zone


def names(parcel: Parcel) -> list[str]:
    with zipfile.ZipFile(BytesIO(parcel.content)) as file:
        return file.namelist()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A zone folder of two files, one of them a folder down."""
    folder = tmp_path / "某区"
    (folder / "图").mkdir(parents=True)
    (folder / "zone.toml").write_text("name = '某区'", encoding="utf-8")
    (folder / "图" / "网格.csv").write_text("甲", encoding="utf-8")
    return folder


def test_a_parcel_holds_the_zone_and_its_notebooks(folder: Path, tmp_path: Path) -> None:
    own = write_notebook(tmp_path / "专题.ipynb", "1")
    (tmp_path / "own_module.py").write_text("x = 1", encoding="utf-8")
    (tmp_path / "名册.xlsx").write_bytes(b"not asked for")
    assert names(pack(folder, [own])) == [
        "notebooks/0/own_module.py",
        "notebooks/0/专题.ipynb",
        "zone/某区/zone.toml",
        "zone/某区/图/网格.csv",
    ]


def test_hidden_files_locks_and_links_stay_at_home(folder: Path, tmp_path: Path) -> None:
    (folder / ".git").mkdir()
    (folder / ".git" / "config").write_text("", encoding="utf-8")
    (folder / "~$台账.xlsx").write_bytes(b"")
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "a.txt").write_text("", encoding="utf-8")
    (folder / "link.txt").symlink_to(tmp_path / "secret" / "a.txt")
    (folder / "linked").symlink_to(tmp_path / "secret", target_is_directory=True)
    assert names(pack(folder, [])) == ["zone/某区/zone.toml", "zone/某区/图/网格.csv"]


def test_the_same_files_make_the_same_parcel(folder: Path) -> None:
    first = pack(folder, [])
    (folder / "zone.toml").touch()
    assert pack(folder, []) == first
    (folder / "zone.toml").write_text("name = '另区'", encoding="utf-8")
    assert pack(folder, []).sha256 != first.sha256


def test_what_is_unpacked_is_what_was_packed(folder: Path, tmp_path: Path) -> None:
    unpack(pack(folder, []), tmp_path / "there")
    assert (tmp_path / "there" / "zone" / "某区" / "图" / "网格.csv").read_text(encoding="utf-8") == "甲"


def test_a_parcel_damaged_on_its_way_is_refused(folder: Path, tmp_path: Path) -> None:
    parcel = pack(folder, [])
    with pytest.raises(ReportError, match="资料包在传送中损坏"):
        unpack(replace(parcel, content=parcel.content + b"x"), tmp_path / "there")
    assert not (tmp_path / "there").exists()


@pytest.fixture
def jobs(zone_folder: Path, tmp_path: Path) -> list[Job]:
    return write_jobs(tmp_path, zone_folder)


def write_jobs(folder: Path, zone: Path, *more: str, timeout_s: float | None = None) -> list[Job]:
    """A job that shows something, one whose process dies, one that fails, and ``more`` that are written already."""
    write_notebook(folder / "fine.ipynb", "print(zone); open(zone + '/zone.toml').close()", "1 + 1")
    write_notebook(folder / "dying.ipynb", "import os; os._exit(9)")
    write_notebook(folder / "failing.ipynb", "raise ValueError(zone)")
    names = tuple(str(folder / f"{name}.ipynb") for name in ("fine", "dying", "failing", *more))
    request = Request(zone, notebooks=names, formats=("html",), timeout_s=timeout_s)
    return plan(open_zone(zone), request, "2018H2", folder / "报告")


def test_a_job_on_its_way_names_no_folder_of_this_machine(jobs: list[Job], zone_folder: Path, tmp_path: Path) -> None:
    sent = travelling(jobs, zone_folder)
    assert str(tmp_path) not in repr(sent)
    assert [job.notebook for job in sent] == [Path(f"notebooks/0/{job.notebook.name}") for job in jobs]


def test_a_job_that_has_arrived_names_folders_that_are_there(jobs: list[Job], zone_folder: Path) -> None:
    there = arrived(travelling(jobs, zone_folder)[0], Path("/w/parcel"), Path("/w/out"))
    assert there.parameters["zone"] == f"/w/parcel/zone/{zone_folder.name}"
    assert (there.notebook, there.folder) == (Path("/w/parcel/notebooks/0/fine.ipynb"), Path("/w/out"))
    assert there.executed == Path("/w/out/notebooks/230102100-fine.ipynb")


@dataclass(frozen=True)
class Home:
    """Jobs that ran elsewhere and what came home of them; ``there`` is where they ran."""

    zone: Path
    there: Path
    jobs: list[Job]
    outcomes: dict[str, Outcome | None]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    if not can_fork():
        pytest.skip("这里不能安全地分叉进程")
    folder = tmp_path_factory.mktemp("home")
    zone = write_zone(folder / "新发 试验区")
    write_notebook(folder / "hungry.ipynb", "b = bytearray(1 << 30)")
    write_notebook(folder / "slow.ipynb", "import time; time.sleep(60)")
    jobs = write_jobs(folder, zone, "hungry", "slow", timeout_s=0.7)
    there = folder / "远方"
    there.mkdir()
    parcel = pack(zone, {job.notebook for job in jobs})
    workshop = Workshop(parcel, there, period="2018H2", limits=Limits(memory_mb=512))
    deliveries = [workshop.run(job) for job in travelling(jobs, zone)]
    workshop.close()
    outcomes = {job.notebook.stem: bring_home(one, job) for one, job in zip(deliveries, jobs, strict=True)}
    return Home(zone, there, jobs, outcomes)


def test_what_comes_home_names_this_machine_and_nothing_stays_there(home: Home) -> None:
    fine, failing, out = home.outcomes["fine"], home.outcomes["failing"], home.jobs[0].folder
    assert fine is not None
    assert failing is not None
    made = [path.relative_to(out).as_posix() for path in fine.outputs if path.is_file()]
    assert made == ["notebooks/230102100-fine.ipynb", "230102100-新发镇-fine.html"]
    text = fine.outputs[0].read_text(encoding="utf-8")
    assert json.loads(text)["cells"][2]["outputs"][0]["text"] == [f"{home.zone}\n"]
    error = failing.error or ""
    assert (str(home.there) in text, str(home.there) in error, str(home.zone) in error) == (False, False, True)
    assert not home.there.exists()


def test_a_process_that_dies_there_has_no_outcome(home: Home) -> None:
    assert {name: one and one.status for name, one in home.outcomes.items()} == {
        "fine": "done",
        "dying": None,
        "failing": "failed",
        "hungry": "failed",
        "slow": "failed",
    }


def test_limits_of_memory_and_time_hold_there_as_here(home: Home) -> None:
    errors = {name: one.error or "" for name, one in home.outcomes.items() if one}
    assert "第 2 个单元用的内存超过了上限" in errors["hungry"]
    assert "第 2 个单元运行超过 0.7 秒（--timeout）" in errors["slow"]


def test_where_forking_is_not_safe_a_job_runs_in_a_kernel(
    jobs: list[Job], zone_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("govkit.batch.cluster.remote_jobs.can_fork", lambda: False)
    (tmp_path / "there").mkdir()
    parcel = pack(zone_folder, [jobs[0].notebook])
    workshop = Workshop(parcel, tmp_path / "there", period="2018H2", limits=Limits())
    delivery = workshop.run(travelling(jobs[:1], zone_folder)[0])
    assert bring_home(delivery, jobs[0]).status == "done"


def test_an_outcome_that_cannot_be_written_says_where(jobs: list[Job], tmp_path: Path) -> None:
    (tmp_path / "报告").write_text("a file where the folder should be", encoding="utf-8")
    delivery = Delivery(None, {"a.html": b""}, ("", "", "/w/out", "/w/tmp"))
    with pytest.raises(ReportError, match="文件写不进去"):
        bring_home(delivery, jobs[0])


paths = st.text(st.characters(codec="utf-8", exclude_characters='\x00/"'), min_size=1, max_size=12).map("/远/{}".format)


@settings(max_examples=50)
@given(there=paths, here=paths)
def test_any_path_of_the_other_machine_becomes_ours_in_a_notebook(there: str, here: str) -> None:
    shown = json.dumps({"text": f"zone = {there}"}, ensure_ascii=False)
    assert json.loads(_notebook_put_right(shown, {there: here})) == {"text": f"zone = {here}"}
    injected = json.dumps({"source": PythonTranslator.translate_str(there)}, ensure_ascii=False)
    assert ast.literal_eval(json.loads(_notebook_put_right(injected, {there: here}))["source"]) == here


def test_no_outcome_comes_home_of_a_process_that_died(jobs: list[Job]) -> None:
    assert bring_home(Delivery(None, {}, ("", "", "/w/out", "/w/tmp")), jobs[0]) is None


def test_an_error_names_the_folder_here(jobs: list[Job]) -> None:
    lost = Outcome(district="", name="", notebook="", parameters={}, status="failed", error="位置：/w/out/a.ipynb")
    assert (
        bring_home(Delivery(lost, {}, ("", "", "/w/out", "/w/tmp")), jobs[0]).error == f"位置：{jobs[0].folder}/a.ipynb"
    )
