"""A report under an office's name that somebody has spoilt in its notebook fails, each time for its own reason."""

from __future__ import annotations

from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from three_towns import write_zone

from govkit.batch.plan.reports import make_reports
from govkit.batch.plan.request import Request
from govkit.batch.record.manifest import Outcome

MINE, OTHER = "230102101", "230102102"
FIRST = """import dataclasses, govkit
from IPython.display import HTML
from govkit.display.front import show
report = govkit.open_report(zone, district, period)
other = govkit.open_report(zone, '230102102', period)
report.cover('社区治理评价报告')"""
SHOWN = "report.situation().show()\nreport.matters().show()\nreport.facilities().show()"
CUT = "old = report.facilities()\nbody = [dataclasses.replace(one, rows=one.rows[1:]) if hasattr(one, 'rows') else one "
CUT += "for one in old.body]\nnew = dataclasses.replace(old, body=tuple(body))\n"
CHANGED = (
    "old = report.facilities()\ntable = old.tables[0]\ndef altered(table, **new):\n    return dataclasses.replace("
)
CHANGED += "old, body=tuple(dataclasses.replace(one, **new) if one is table else one for one in old.body))\n"
TWIN = "old = report.matters()\ntwin = dataclasses.replace(old.figures[0])\n"
TWIN += "body = [twin if one is old.figures[0] else one for one in old.body]\n"
TWIN += "dataclasses.replace(old, body=tuple(body)).show()"
# what is spoilt, the cells after the first, and why the report is refused
SPOILT: dict[str, tuple[str, str]] = {
    "nan in a table": (
        "import pandas as pd\npd.DataFrame({'常住人口': [float('nan')]})", "NaN",
    ),
    "nan in prose": ("show('常住人口 nan 人，增长 inf%，排名第 None 位，负责人 <NA>，日期 NaT。')", "不是数的数 nan"),
    "blank figure": ("import matplotlib.pyplot as plt\nplt.subplots()[1].axis('off')\nplt.show()", "空白的"),
    "another district": ("other.situation().show()", f"另一个单元的（{OTHER}"),
    "another district's cover": ("other.cover('社区治理评价报告')", f"封面是另一个单元的（{OTHER}"),
    "another district on a slide": ("other.matters().present()", f"另一个单元的（{OTHER}"),
    "prose beside its table": ("show('本期共上报 8,641 件。')", "8641 在任何一张表里都没有"),
    "sections left out": ("", "少了一部分：grids"),
    "rows of a table cut": (f"{CUT}new.show()", "改过：文字或表与程序算出的不一样"),
    "a sentence altered": (
        "old = report.facilities()\nnew = dataclasses.replace(old, body=('全部达标。', *old.body[1:]))\nnew.show()",
        "改过：文字或表与程序算出的不一样",
    ),
    "a slide altered": (
        "old = report.matters()\ndataclasses.replace(old, slide=(*old.slide[:1], '全部办结。')).present()",
        "改过：文字或表与程序算出的不一样",
    ),
    "a script and outside addresses": (
        "HTML('<script>alert(1)</script><img src=https://evil.example/x.png><iframe src=https://evil.example/></iframe>')",
        "https://evil.example",
    ),
    "a unit of a table changed": (
        f"{CHANGED}altered(table, columns=tuple(dataclasses.replace(one, unit='万') for one in table.columns)).show()",
        "改过：",
    ),
    "heads of a table swapped": (f"{CHANGED}altered(table, columns=table.columns[::-1]).show()", "改过："),
    "a title of a table changed": (f"{CHANGED}altered(table, title='乙镇设施').show()", "改过："),
    "a note of a table changed": (f"{CHANGED}altered(table, note='全部 97 处达标。').show()", "改过："),
    "a section's title changed": ("dataclasses.replace(report.facilities(), title='全部达标').show()", "改过："),
    "a section renamed to this district": (
        "dataclasses.replace(other.facilities(), unit=report.facilities().unit).show()", "改过：",
    ),
    "a figure put in another's place": (
        TWIN,
        "改过：",
    ),
    "a section without its seal": (
        "dataclasses.replace(other.facilities(), unit='', seal=None).show()", "有别处单元的数（21村、22村）",
    ),
    "pieces of another district's section": ("show(*other.facilities().body)", "有别处单元的数（21村、22村）"),
    "a frame with another district's row": (
        "import pandas as pd\npd.DataFrame({'村': ['11村', '12村', '21村'], '常住人口': [2000, 2000, 2000]})",
        "有别处单元的数（21村）",
    ),
    "another period": ("govkit.open_report(zone, district, '2018H1').matters().show()", "另一个报告期的（2018H1）"),
    "nothing before a percent sign": ("show('本期办结率 —%。')", "不是数的数 —%"),
    "infinity": ("show('增长 Infinity%。')", "不是数的数 Infinity"),
    "an interval turned round": (
        "import pandas as pd\npd.DataFrame({'村': ['11村'], '满意': ['95.0%（98.1%–90.2%）']})", "不含 95.0",
    ),
    "a total of decimals": (
        "import pandas as pd\npd.DataFrame({'村': ['11村', '12村', '合计'], '面积': [20.5, 20.5, 51.0]})",
        "面积合计 51.0，各行之和 41.0",
    ),
    "bars of nothing": (
        "import matplotlib.pyplot as plt\nplt.bar(['甲', '乙'], [float('nan')] * 2)\nplt.show()", "没有数据",
    ),
    "a hundred pages": ("show(*['填充。' * 800 for _ in range(150)])", "一份报告最多"),
}  # fmt: skip
# a cover with something else on it, and why the report is refused
COVERS = {
    "another name on the cover": ("report.cover('评价报告'), district='乙镇'", "封面写的是 乙镇，不是 甲镇"),
    "another period on the cover": ("report.cover('评价报告'), period='2018年上半年'", "封面写的报告期是 2018年上半年"),
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outcome]:
    """Every spoilt report, a sound one and one with numbers typed by hand, of one district in one batch."""
    folder = tmp_path_factory.mktemp("sabotage")
    zone = write_zone(folder / "三镇")
    cells: dict[str, list[Any]] = {name: [new_code_cell(cell)] for name, (cell, _) in SPOILT.items()}
    cells |= {name: [] for name in COVERS}
    compared = new_code_cell(SPOILT["a frame with another district's row"][0], metadata={"tags": ["comparison"]})
    cells |= {"sound": [compared], "typed": [new_markdown_cell("全镇 7,531 户全部走访，见第 12 条。")]}
    for name, more in cells.items():
        written = new_notebook(cells=[new_code_cell("zone = ''\ndistrict = ''\nperiod = ''"), new_code_cell(FIRST)])
        if name in COVERS:
            written.cells[1].source = f"{FIRST[: FIRST.index('report.cover')]}dataclasses.replace({COVERS[name][0]})"
        written.cells += [new_code_cell(SHOWN), *more]
        wanted = ["situation", "matters", *(["grids"] if name == "sections left out" else [])]
        written.metadata["govkit"] = {"expects": {"sections": wanted}}
        nbformat.write(written, folder / f"{name}.ipynb")
    request = Request(
        zone, districts=(MINE,), notebooks=tuple(str(folder / f"{name}.ipynb") for name in cells), formats=("html",),
        out=folder / "out",
    )  # fmt: skip
    return {one.notebook: one for one in make_reports(request)[0].reports}


def test_a_sound_report_goes_out_and_numbers_typed_by_hand_are_named(made: dict[str, Outcome]) -> None:
    assert [(made[name].status, made[name].error) for name in ("sound", "typed")] == [("done", None)] * 2
    assert "手写的数 7531 在任何一张表里都没有" in "".join(made["typed"].unconverted)


@pytest.mark.parametrize("name", [*SPOILT, *COVERS])
def test_a_spoilt_report_fails_for_its_own_reason(made: dict[str, Outcome], name: str) -> None:
    assert made[name].status == "failed"
    assert (SPOILT | COVERS)[name][1] in str(made[name].error)
