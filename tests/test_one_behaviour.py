"""A notebook shows the same in a batch (forked or not, isolated) as in plain papermill: awkward ones, cell by cell."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path
from typing import Any

import nbformat
import papermill
import pytest
from nbclient.exceptions import CellTimeoutError
from nbformat.v4 import new_code_cell, new_notebook
from three_towns import write_zone

from govkit.batch.plan.reports import make_reports
from govkit.batch.plan.request import Request
from govkit.batch.work.workers import can_fork
from govkit.notebook_places import built_in

PARAMETERS = 'zone = ""\nperiod = ""'
FRAMES = (
    "import govkit\nimport pandas as pd\narea = govkit.open_zone(zone)\nother = govkit.open_zone(zone)",
    "type(area.tables).__name__, area.tables['events'] is area.tables['events'], area.tables is other.tables",
    "area.tables['events'].drop(index=[0, 1], inplace=True)\nlen(area.tables['events']), len(other.tables['events'])",
    "area.tables['events']['hours'] = 24\narea.tables['events'].loc[5, 'hours'] = 7\narea.tables['events'].hours.sum()",
    "merged = area.tables | {'mine': pd.DataFrame({'a': [1]})}\nsorted(merged), sorted({**area.tables, 'x': 1})",
    "area.tables['mine'] = pd.DataFrame({'unit_code': ['230102101'], 'n': [3]})\nlen(area.tables), area.lacks('mine')",
    "del area.tables['facilities']\narea.lacks('facilities'), other.lacks('facilities')",
    "place = area.district('甲镇')\nplace, len(place.tables['events']), sorted(place.tables)",
    "mine = place.tables['units']\nmine['geometry'] = mine.geometry.buffer(0.001)\nfresh = area.district('甲镇')",
    "[round(one.area.sum(), 9) for one in (mine, place.tables['units'], fresh.tables['units'])]",
    "pd.merge(other.tables['events'], other.tables['units'][['unit_code', 'name']], on='unit_code').head(3)",
    "grids = other.tables['grids']\ngrids.insert(0, 'no', range(len(grids)))\nlist(other.tables['grids'])[:2]",
    "other.tables['units'].rename(columns={'name': '名称'}, inplace=True)\n'名称' in other.tables['units']",
    "other.tables.pop('events').groupby('state').size().to_frame('n')",
    "other.tables.setdefault('new', 5), other.tables.get('events'), list(other.tables.items())[-1]",
    "area.findings.drop(columns='reason', inplace=True, errors='ignore')\nlist(area.findings)[:3], area.districts",
    "third = govkit.open_zone(zone)\nlen(third.tables['events']), sorted(third.tables)",
)
AROUND = (
    "import helper\nhelper.answer()",
    "%run script.py\nfrom_script",
    "import os, sys\nos.path.basename(os.getcwd()), '' in sys.path, __name__, '__file__' in globals()",
    "os.chdir('sub')\nopen('there.txt', encoding='utf-8').read(), os.path.basename(os.getcwd())",
    "sys.path.insert(0, os.getcwd())\nimport deeper\ndeeper.x",
    "import random\nimport numpy as np\nrandom.seed(5); np.random.seed(5)\nrandom.random(), float(np.random.rand())",
    "import matplotlib.pyplot as plt\nfigure = plt.figure(figsize=(2, 1)); plt.plot([1, 2], [3, 4]); plt.get_backend()",
    "plt.get_fignums(), plt.rcParams['figure.figsize'], plt.rcParams['savefig.dpi']",
    "import asyncio\nasync def later():\n    await asyncio.sleep(0.001)\n    return 5\nawait later()",
    "done = []\nasync def work():\n    done.append(1)\ntask = asyncio.create_task(work())",
    "done, asyncio.get_running_loop().is_running()",
    # a kernel hands on what other programs write a little later: into the next cell, where nobody waits
    "import subprocess, time\nsubprocess.run([sys.executable, '-c', 'print(\"来自别的程序\")'])\ntime.sleep(2)",
    "!echo shell\nos.system('echo system'); time.sleep(2)",
    "for number in range(50_000): print('一行', number)",
    "print('甲', end=''); print('乙'); sys.stdout.write('丙\\n')",
    "print('错', file=sys.stderr)",
    ("raises-exception", "1 / 0"),
    "input('?') if False else 'after'",
    ("raises-exception", "input('名字')"),
    "from IPython.display import HTML, Markdown, clear_output, display\ndisplay(HTML('<b>粗</b>'), Markdown('*斜*'))",
    "print('旧'); clear_output(); print('新'); clear_output(wait=True); display('最后')",
    ("raises-exception", "import getpass\ngetpass.getpass('口令')"),
    "import ipywidgets as w\narea = w.Output()\ndisplay(area); print('外面')\nwith area: print('里面'); area",
    "with area: clear_output(); print('换成'); display(3)\nprint('还在外面')",
    "[{**one} for one in area.outputs]",
    "from rich.progress import track\n_ = [*track(range(2), description='进度', disable=False)]",
    "import plotly.io as pio\npio.renderers.default, '%store' in str(get_ipython().magics_manager.lsmagic_docs())",
    "len(list(get_ipython().history_manager.get_tail(1))), len(get_ipython().user_ns['In']) > 9",
    "from rich.console import Console\ntry: 1 / 0\nexcept ZeroDivisionError: Console().print_exception()",
    "import inspect\ndef part(): return 1\ninspect.getsource(part), part.__code__.co_filename",
    ("raises-exception", "class Bad:\n    def __repr__(self): raise ValueError('写不出')\nBad()"),
    "shown = display('一', display_id='x')\nshown.update('二')",
    "from IPython import get_ipython\ntype(get_ipython()).__name__, 'IPKernelApp' in get_ipython().config",
    "import pandas as pd\npd.DataFrame({f'列{n}': range(70) for n in range(25)})",
    "repr(pd.DataFrame({f'列{n}': range(3) for n in range(12)}))",
    "import warnings\nwarnings.warn('小心'); len(In) > 5, _ is not None",
    "%%capture kept\nprint('藏')",
    "kept.stdout, [path for path in sys.path if path.endswith('sub')] != []",
    "import logging\nlogging.getLogger('own').warning('日志')",
    "import builtins\nbuiltins.print is print, sys.stdout.encoding, sys.stdout.isatty()",
    "",
    "{'甲': [1, 2], '乙': {3}}; 3 ;",
    "raise ValueError('到此为止')",
    "'never'",
)  # fmt: skip


def written(path: Path, cells: tuple[Any, ...]) -> Path:
    made: Any = new_notebook(cells=[new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]})])
    for cell in cells:
        tags, source = ([cell[0]], cell[1]) if isinstance(cell, tuple) else ([], cell)
        made.cells.append(new_code_cell(source, metadata={"tags": tags}))
    made.metadata = {"kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"}}
    nbformat.write(made, path)
    return path


def outputs(path: Path) -> list[tuple[str, list[Any]]]:
    """Return each cell with what it shows: its streams, each as a whole, then everything else in order."""
    found = []
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type != "code" or "injected-parameters" in cell.metadata.get("tags", []):
            continue
        shown: list[Any] = []
        for name in ("stdout", "stderr"):
            text = "".join(one.text for one in cell.outputs if one.get("name") == name)
            shown += [(name, plain(text))] if text else []
        for one in cell.outputs:
            if one.output_type == "error":
                shown.append((one.ename, one.evalue))
            elif one.output_type != "stream":
                data = {kind: plain(str(value)) for kind, value in one.data.items()}
                shown.append((one.output_type, one.get("execution_count"), data))
        found.append((cell.source, shown))
    return found


def plain(text: str) -> str:
    """Leave out what differs by chance: addresses, temporary folders, what a cell's code is filed under."""
    return re.sub(r"0x[0-9a-f]+|[0-9a-f]{32}|[\w./-]{0,99}/ipykernel_\d+/\d+\.py|/tmp/\S+", "…", text)


@pytest.fixture(scope="module")
def ways(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, list[tuple[str, list[Any]]]]]:
    """What each notebook shows, by the way it was run."""
    root = tmp_path_factory.mktemp("各 种")
    folder, own = write_zone(root / "三镇"), root / "自己的"
    (own / "sub").mkdir(parents=True)
    (own / "helper.py").write_text("def answer():\n    return '邻居'\n", encoding="utf-8")
    (own / "script.py").write_text("from_script = '脚本'\nprint('脚本在跑')\n", encoding="utf-8")
    (own / "sub" / "there.txt").write_text("在这里", encoding="utf-8")
    (own / "sub" / "deeper.py").write_text("x = '更深'\n", encoding="utf-8")
    notebooks = {
        name: written(own / f"{name}.ipynb", cells) for name, cells in (("frames", FRAMES), ("around", AROUND))
    }
    parameters = {"zone": str(folder), "period": "2018H2"}
    found: dict[str, Any] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PYTEST_CURRENT_TEST")  # a kernel that sees it does not hand on what other programs write
        for way in ("forked", "prestarted", "isolated") if can_fork() else ("prestarted", "isolated"):
            patch.setenv("GOVKIT_FORK", "off" if way == "prestarted" else "")
            chosen = tuple(map(str, notebooks.values()))
            request = Request(folder, notebooks=chosen, formats=("html",), out=root / way, isolated=way == "isolated")
            make_reports(request)
            found[way] = {name: outputs(root / way / "notebooks" / f"{name}.ipynb") for name in notebooks}
        for name, notebook in notebooks.items():
            made = root / f"{name}.ipynb"
            for _ in range(3):  # a kernel's answer may be lost on a busy machine: papermill would wait for ever
                with suppress(papermill.PapermillExecutionError):  # the cell that is to fail, see below
                    try:
                        papermill.execute_notebook(
                            notebook, made, parameters, cwd=own, progress_bar=False, execution_timeout=90
                        )
                    except CellTimeoutError:
                        continue
                break
            found.setdefault("papermill", {})[name] = outputs(made)
    return found


@pytest.mark.parametrize("way", ["forked", "prestarted", "isolated"])
@pytest.mark.parametrize("name", ["frames", "around"])
def test_every_cell_shows_what_it_shows_in_plain_papermill(ways: Any, name: str, way: str) -> None:
    if way == "forked" and not can_fork():
        pytest.skip("nothing is forked here")
    expected = ways["papermill"][name]
    assert len(expected) > 15
    assert [source for source, _ in ways[way][name]] == [source for source, _ in expected]
    differing = [
        (source, here, there)
        for (source, here), (_, there) in zip(ways[way][name], expected, strict=True)
        if here != there
    ]
    assert differing == []


def test_the_cells_before_the_one_that_fails_have_not_failed(ways: Any) -> None:
    errors = {name: [one[0] for _, shown in ways["papermill"][name] for one in shown] for name in ("around", "frames")}
    assert [name for name in errors["around"] if "Error" in name] == [
        "ZeroDivisionError",
        "StdinNotImplementedError",
        "StdinNotImplementedError",
        "ValueError",
        "ValueError",
    ]
    assert not [name for name in errors["frames"] if "Error" in name]


@pytest.mark.parametrize(("name", "districts"), [("district_report", ("甲镇",)), ("zone_overview", ())])
def test_our_own_report_shows_the_same_in_plain_papermill_in_any_folder(
    tmp_path: Path, name: str, districts: tuple[str, ...]
) -> None:
    folder, elsewhere = write_zone(tmp_path / "三镇"), tmp_path / "别 处"
    elsewhere.mkdir()
    request = Request(folder, notebooks=(name,), districts=districts, formats=("html",), out=tmp_path / "out")
    manifest, _ = make_reports(request)
    here = next(path for path in manifest.reports[0].outputs if path.suffix == ".ipynb")
    parameters = nbformat.read(here, as_version=4).metadata.papermill.parameters
    there = tmp_path / "there.ipynb"
    papermill.execute_notebook(
        built_in() / f"{name}.ipynb",
        there,
        {**parameters, "zone": str(folder)},
        cwd=elsewhere,
        progress_bar=False,
    )
    expected = outputs(there)
    assert sum(bool(shown) for _, shown in expected) > 5
    assert [shown for _, cell in expected for shown in cell if shown[0] == "stderr"] == []
    assert [source for (source, one), (_, other) in zip(outputs(here), expected, strict=True) if one != other] == []
