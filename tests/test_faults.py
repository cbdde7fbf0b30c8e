"""Faults of disk, rights and processes wherever something is written: what was there stays whole, one word says why."""

from __future__ import annotations

import builtins
import errno
import io
import os
import shutil
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from conftest import write_zone
from test_batch import write_notebook

from govkit.batch.plan.reports import make_reports
from govkit.batch.plan.request import Request
from govkit.batch.record.approvals import sign
from govkit.batch.record.journal import claimed
from govkit.batch.record.log import add_entry, read_log
from govkit.batch.record.pack import pack
from govkit.batch.record.verify import verify
from govkit.batch.work import surroundings
from govkit.cli import _run
from govkit.desk.acts import keep_file
from govkit.errors import ReportError
from govkit.files import keep_private, write_whole
from govkit.intake.proposing.propose import propose
from govkit.intake.proposing.propose import write as write_proposal
from govkit.intake.reading import cache
from govkit.intake.reading.corrections import FILE, accept
from govkit.intake.units.completing import keep_codes
from govkit.zone.opening import read_zone

FAULTS = {errno.ENOSPC: "磁盘空间不足", errno.EACCES: "没有写入权限", errno.EIO: "读写出错"}


def failing(number: int) -> Callable[..., Any]:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    return refuse


class Full(io.FileIO):
    """A file that takes the first bytes and no more."""

    number = errno.ENOSPC

    def write(self, data: Any) -> int:
        super().write(bytes(data)[:7])
        raise OSError(self.number, os.strerror(self.number))


def fill_up(patch: pytest.MonkeyPatch, number: int) -> None:
    """Let every file opened for writing from here on break off after a few bytes."""
    patch.setattr(Full, "number", number)
    real = io.open

    def opened(file: Any, mode: str = "r", buffering: int = -1, encoding: Any = None, *rest: Any, **how: Any) -> Any:
        if not {*mode} & {"w", "a", "x", "+"}:
            return real(file, mode, buffering, encoding, *rest, **how)
        raw = Full(file, mode.replace("b", "").replace("t", ""))
        return raw if "b" in mode else io.TextIOWrapper(raw, encoding=encoding, write_through=True)

    for place in (io, builtins):
        patch.setattr(place, "open", opened)
    patch.setattr(os, "fdopen", opened)


def no_new_name(patch: pytest.MonkeyPatch, number: int) -> None:
    for name in ("replace", "rename"):
        patch.setattr(os, name, failing(number))


def no_temporary_file(patch: pytest.MonkeyPatch, number: int) -> None:
    patch.setattr(tempfile, "mkstemp", failing(number))


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def proposed(folder: Path) -> object:
    settings = folder / "zone.toml"
    told = settings.read_text(encoding="utf-8")
    settings.write_text(told.replace('[sources.events]\npath = "网格事项.csv"\n', ""), encoding="utf-8")
    found = propose(folder)
    assert found.text
    return lambda: write_proposal(found)


def proposed_anew(folder: Path) -> object:
    (folder / "zone.toml").unlink()
    found = propose(folder)
    return lambda: write_proposal(found)


def accepting(folder: Path) -> object:
    (folder / FILE).write_text('[[accepted]]\nid = "1"\nreason = "a"\nby = "b"\non = 2018-01-01\n', encoding="utf-8")
    return lambda: accept(folder, id="2", reason="属实", by="张三")


def a_file_of_the_same_name(folder: Path) -> object:
    return lambda: keep_file(folder, "设施台账.xlsx", b"new")


def a_written_file(folder: Path) -> object:
    return lambda: write_whole(folder / "zone.toml", "x")


WAYS = {"full": fill_up, "name": no_new_name, "temporary": no_temporary_file}
each_way = pytest.mark.parametrize(("way", "number"), [*zip(WAYS, FAULTS, strict=True)], ids=list(WAYS))
each_fault = pytest.mark.parametrize("number", [errno.ENOSPC], ids=errno.errorcode.get)
ACTS = [proposed, proposed_anew, accepting, a_file_of_the_same_name, a_written_file]


@each_way
@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.__name__)
def test_files_of_the_zone_stay_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, act: Callable[[Path], Any], way: str, number: int
) -> None:
    zone = write_zone(tmp_path / "区")
    work = act(zone)
    before = files_of(zone)
    with monkeypatch.context() as patch:
        WAYS[way](patch, number)
        with pytest.raises(ReportError, match=FAULTS[number]):
            work()
    assert files_of(zone) == before
    work()


@each_way
def test_a_list_of_codes_is_written_whole_or_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str, number: int
) -> None:
    units = read_zone(write_zone(tmp_path / "区")).tables["units"]
    (tmp_path / "空").mkdir()
    with monkeypatch.context() as patch:
        WAYS[way](patch, number)
        assert keep_codes(tmp_path / "空", units, pd.DataFrame({"rule": ["local_codes"]})) is None
    assert files_of(tmp_path / "空") == {}


@pytest.mark.parametrize(("way", "number"), [("full", errno.EIO), ("name", errno.ENOSPC)])
def test_what_cannot_be_kept_in_the_cache_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str, number: int
) -> None:
    frames = {"a": pd.DataFrame({"x": [1, 2]})}
    with monkeypatch.context() as patch:
        WAYS[way](patch, number)
        with pytest.raises(OSError, match=os.strerror(number)):
            cache._write_source(tmp_path / "sources" / "a", b"1")
        cache._store(tmp_path / "zone" / "b", frames)
    assert files_of(tmp_path) == {}
    cache._store(tmp_path / "zone" / "b", frames)
    assert cache._load(tmp_path / "zone" / "b")


@each_fault
@pytest.mark.parametrize("where", ["write", "fsync", "open", "lock"])
def test_a_line_of_the_log_is_written_whole_or_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str, number: int
) -> None:
    log = tmp_path / "log.jsonl"
    add_entry(log, "report")
    before = log.read_bytes()
    with monkeypatch.context() as patch:
        if where == "write":
            fill_up(patch, number)
        elif where == "fsync":
            patch.setattr(os, "fsync", failing(number))
        elif where == "open":
            patch.setattr(Path, "open", failing(number))
        else:
            patch.setattr("filelock.FileLock.acquire", failing(number))
        with pytest.raises(ReportError, match=FAULTS[number]):
            add_entry(log, "sign")
    assert log.read_bytes() == before
    add_entry(log, "sign")
    assert read_log(log).broken is None


@pytest.mark.parametrize(
    ("name", "act"),
    [
        ("mkdir", lambda folder: claimed(folder, wait=False).__enter__()),
        ("unlink", lambda one: keep_private(one, False)),
    ],
    ids=["held", "opened to others"],
)
def test_a_folder_that_cannot_be_held_or_opened_to_others_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, act: Callable[[Path], object]
) -> None:
    monkeypatch.setattr(Path, name, failing(errno.EACCES))
    with pytest.raises(ReportError, match=FAULTS[errno.EACCES]):
        act(tmp_path)


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Request:
    """One small report, made."""
    root = tmp_path_factory.mktemp("faults")
    own = write_notebook(root / "专题.ipynb", "print(1)", parameters='zone = ""\nperiod = ""')
    request = Request(write_zone(root / "区"), notebooks=(str(own),), formats=("html",), out=root / "o")
    make_reports(request)
    return request


@each_way
@pytest.mark.parametrize(
    "act", [pack, lambda folder: sign(folder, state="reviewed", name="张三")], ids=["pack", "sign"]
)
def test_a_folder_of_reports_stays_as_it_was(
    asked: Request, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, act: Callable[[Path], Any], way: str, number: int
) -> None:
    made = Path(shutil.copytree(asked.reports, tmp_path / "o" / "2018H2"))
    before = files_of(made)
    with monkeypatch.context() as patch:
        WAYS[way](patch, number)
        with pytest.raises((ReportError, OSError), match=f"{FAULTS[number]}|{os.strerror(number)}"):
            act(made)
    left = files_of(made)
    assert all(left[name] == content for name, content in before.items() if name != "log.jsonl")
    assert not [name for name in left if ".govkit-" in name]
    assert not any("log" in line for line in verify(made)[1])


@each_fault
@pytest.mark.parametrize(
    "place",
    [(zipfile.ZipFile, "writestr"), (tempfile, "mkstemp"), (Path, "replace"), (os, "fdopen"), (Path, "read_bytes")],
    ids=lambda place: place[1],
)
def test_the_command_line_says_it_in_one_word_and_shows_no_traceback(
    asked: Request,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    place: tuple[Any, str],
    number: int,
) -> None:
    made = shutil.copytree(asked.reports, tmp_path / "o" / "2018H2")
    with monkeypatch.context() as patch:
        patch.setattr(*place, failing(number))
        assert _run(["pack", str(made)]) == 2
    assert FAULTS[number] in (said := capsys.readouterr().err)
    assert "Traceback" not in said
    assert _run(["pack", str(made)]) == 0


def test_without_processes_a_run_says_so(
    asked: Request, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    surroundings._key()
    before = files_of(asked.reports)
    for name in ("fork", "posix_spawn"):
        monkeypatch.setattr(os, name, failing(errno.EAGAIN))
    monkeypatch.setattr("subprocess.Popen.__init__", failing(errno.EAGAIN))
    monkeypatch.setattr("govkit.batch.plan.server._forking_server", failing(errno.EAGAIN), raising=False)
    code = _run(["report", str(asked.zone), "--notebook", asked.notebooks[0], "--to", "html", "--force",
                 "--out", str(asked.out)])  # fmt: skip
    assert code == 2
    assert "开的程序太多" in capsys.readouterr().err
    assert files_of(asked.reports) == before
