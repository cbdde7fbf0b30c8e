"""Making a process ready for reports: what it imports and leaves out, and what a child finds ahead of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from three_towns import write_notebook, write_zone

from govkit.batch.plan.request import Request
from govkit.batch.work.ahead import Ahead
from govkit.errors import ReportError, UnknownNameError
from govkit.zone.opening import open_zone

LEAN = """
import json, sys
from govkit.batch.work.warm import lean_imports
with lean_imports():
    import nbformat
print(json.dumps(["rfc3987_syntax" in sys.modules, "lark" in sys.modules]))
import rfc3987_syntax
"""
WARM = """
import json, os, sys, threading
from pathlib import Path
from govkit.batch.work.forked import ONE_THREAD
os.environ.update(ONE_THREAD)
from govkit.batch.work.warm import check_and_freeze, rehearse, warm_up
warm_up([Path(sys.argv[1])])
rehearse()
check_and_freeze()
print(json.dumps(["govkit.analysis.standards.ladder" in sys.modules, threading.active_count()]))
"""


def said(program: str, *arguments: str) -> list[object]:
    ran = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True)
    found: list[object] = json.loads(ran.stdout)
    return found


def test_the_schema_checker_comes_without_its_grammar_which_others_may_still_import() -> None:
    assert said(LEAN) == [False, False]


def test_what_a_notebook_imports_is_there_and_no_thread_stays_behind(tmp_path: Path) -> None:
    cells = (
        "from govkit.analysis.standards import ladder, nothing_of_this_name\nfrom govkit.nowhere import something",
        "%magic",
    )
    notebook = write_notebook(tmp_path / "own.ipynb", *cells)
    assert said(WARM, str(notebook)) == [True, 1]


def test_the_zone_and_a_hash_of_each_part_of_its_districts_are_found_ahead(tmp_path: Path) -> None:
    folder = write_zone(tmp_path / "三镇")
    ahead = Ahead(Request(folder))
    found = ahead.found()
    assert sorted(ahead.files) == sorted(path.name for path in folder.iterdir() if path.is_file())
    assert list(found.zone.districts["name"]) == list(open_zone(folder).districts["name"])
    assert list(found.districts) == list(found.zone.districts["code"])
    assert "rows/facilities" in found.districts["230102101"]


def test_what_is_wrong_with_a_zone_is_raised_where_it_is_waited_for(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="2018H3"):
        Ahead(Request(write_zone(tmp_path / "三镇"), period="2018H3")).found()


def test_a_child_that_dies_is_told_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("govkit.zone.opening.read_zone", lambda _: os._exit(9))
    with pytest.raises(ReportError, match="意外退出"):
        Ahead(Request(write_zone(tmp_path / "三镇"))).found()
