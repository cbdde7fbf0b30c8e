"""A report under an office's name cannot be quietly wrong: each kind of fault is refused with its reason."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell
from PIL import Image
from sample_notebook import code, column, cover, notebook, shown, table

from govkit.batch.plan.reports import make_reports
from govkit.batch.plan.request import Request
from govkit.documents.html.page import write_html
from govkit.documents.read.document import read_document
from govkit.documents.read.soundness import ANNOUNCED, SECTION, check_sound, with_doubts
from govkit.errors import ReportError

MINE, OTHER = "230102019", "230102102000"
ROWS = [["太平村", "12", "98.0"], ["新发村", "30", "96.5"], ["合计", "42", "97.1"]]


def section(name: str, *outputs: NotebookNode, items: int | None = None, unit: str = f"{MINE}000") -> NotebookNode:
    """A cell that shows a section: what it announces, then its outputs with its mark."""
    about = {"id": name, "title": name, "unit": unit}
    for one in outputs:
        one.metadata[SECTION] = about
    announced = shown({ANNOUNCED: {**about, "items": len(outputs) if items is None else items}})
    return code(announced, *outputs)


def said(text: str) -> NotebookNode:
    return shown({"text/markdown": text})


def counts(rows: list[list[str]] = ROWS) -> NotebookNode:
    return table("各村办理情况", [column("村"), column("件数", "integer"), column("满意度", "number", "%")], rows)


def picture(colour: str = "navy", *, drawn: bool = True, size: tuple[int, int] = (40, 30)) -> NotebookNode:
    file, image = io.BytesIO(), Image.new("RGB", size, colour)
    if drawn:
        image.putpixel((3, 3), (255, 255, 255))
    image.save(file, "PNG")
    return shown({"image/png": base64.b64encode(file.getvalue()).decode()})


def speck() -> NotebookNode:
    """A large picture with three drawn pixels."""
    file, image = io.BytesIO(), Image.new("RGB", (400, 300), "white")
    for at in range(3):
        image.putpixel((at, 3), (0, 0, 0))
    image.save(file, "PNG")
    return shown({"image/png": base64.b64encode(file.getvalue()).decode()})


def drawing(shapes: str) -> NotebookNode:
    return shown({"image/svg+xml": f'<svg xmlns="http://www.w3.org/2000/svg" width="300" height="200">{shapes}</svg>'})


def slide(title: str = "结论", **more: Any) -> NotebookNode:
    return shown({"application/vnd.govkit.slide+json": {"title": title, **more}, "text/markdown": f"# {title}"})


def printed_out(text: str) -> NotebookNode:
    return nbformat.v4.new_output("stream", name="stdout", text=text)


def frame(rows: list[list[Any]], head: str = "件数") -> str:
    cells = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr><th>村</th><th>{head}</th></tr></thead><tbody>{cells}</tbody></table>"


def check(*cells: NotebookNode, covered: bool = True, sections: tuple[str, ...] = ()) -> None:
    made = notebook(*([code(cover())] if covered else []), *cells)
    made.metadata["govkit"] = {"expects": {"sections": list(sections)}}
    check_sound(read_document(made), made, code=MINE)


def test_a_sound_report_goes_out() -> None:
    check(
        section("matters", said("## 事项办理"), counts(), said("共42件，满意度97.1%。")),
        code(picture(), said("2018年下半年，42件中7件未结。")),
        sections=("matters",),
    )


FAULTS: dict[str, tuple[list[Any], str]] = {
    "nan in a table": ([code(counts([["太平村", "nan", "98.0"], *ROWS[1:]]))], "不是数的数 nan"),
    "nan in a sentence": ([code(said("常住人口 nan 人，增长 inf%，排名第 None 位，日期 NaT。"))], "不是数的数 nan"),
    "NA in a sentence": ([code(said("负责人 <NA>。"))], "不是数的数 <NA>"),
    "blank figure": ([code(picture("white", drawn=False))], "空白的"),
    "another unit": ([section("matters", counts(), unit=OTHER)], "另一个单元的"),
    "another unit's cover": ([code(cover(code="230102102"))], "封面是另一个单元的"),
    "sentence beside its table": (
        [section("services", counts()), code(said("共办理84件。"))],
        "84 在任何一张表里都没有",
    ),
    "a part of a section": ([section("matters", counts(), items=3)], "应有 3 项内容，只出现 1 项"),
    "total of other rows": ([code(counts([ROWS[1], ROWS[0], ["合计", "43", "97.1"]]))], "合计 43，各行之和 42"),
    "filler": ([code(*[said("填充。" * 800) for _ in range(30)])], "一份报告最多"),
    "share above the whole": (
        [code(counts([["太平村", "12", "103.0"], *ROWS[1:]]))],
        "满意度不在 0 至 100% 之间：103.0",
    ),
    "share below nothing": ([code(counts([["太平村", "12", "−3.0"], *ROWS[1:]]))], "满意度不在 0 至 100% 之间"),
    "share above the whole in a sentence": (
        [code(counts([*ROWS[:2], ["合计", "42", "97.1"]]), said("办结率达到 142%。"))],
        "办结率不在 0 至 100% 之间（142%）",
    ),
    "count below nothing": (
        [code(table("队伍", [column("村"), column("人数", "integer", "人")], [["太平村", "-5"], ["新发村", "8"]]))],
        "人数小于 0：-5",
    ),
    "inf in a table": ([code(counts([["太平村", "inf", "98.0"], *ROWS[1:]]))], "不是数的数 inf"),
    "NaT in a table": ([code(counts([["太平村", "NaT", "98.0"], *ROWS[1:]]))], "不是数的数 NaT"),
    "None in a note": (
        [
            code(
                table(
                    "队伍", [column("村"), column("人数", "integer")], [["甲", "10"], ["乙", "12"]], note="较上期 None"
                )
            )
        ],
        "不是数的数 None",
    ),
    "undefined in a caption": ([code(said("增长 undefined 个百分点"))], "不是数的数 undefined"),
    "a speck for a figure": ([code(speck())], "空白的"),
    "a black figure": ([code(picture("black", drawn=False))], "空白的"),
    "another unit's figure": ([section("matters", picture(), unit=OTHER)], "另一个单元的"),
    "another unit's sentence": ([section("matters", said("共 42 件"), unit=OTHER)], "另一个单元的"),
    "one of two of another unit": (
        [section("matters", counts()), section("services", counts(), unit=OTHER)],
        "“services”是另一个单元的",
    ),
    "a table instead of a section's": ([section("matters", items=1), code(counts())], "应有 1 项内容，只出现 0 项"),
    "a total that leads": (
        [code(counts([["合计", "41", "97.1"], ROWS[0], ROWS[1]]))],
        "合计 41，各行之和 42",
    ),
    "a number with another comma": (
        [section("services", counts()), code(said("共办理 4,200 件。"))],
        "4200 在任何一张表里都没有",
    ),
    "a share no table has": (
        [section("services", counts()), code(said("满意度 99.9%。"))],
        "99.9 在任何一张表里都没有",
    ),
    "garbled GBK": ([code(said("报送单位：锟斤拷"))], "无法显示的字符（锟斤拷）"),
    "garbled in a table": ([code(counts([["太平\ufffd", "12", "98.0"], *ROWS[1:]]))], "无法显示的字符"),
    "UTF-8 as Latin-1": ([code(said("社区治理".encode().decode("latin-1")))], "无法显示的字符"),
    "UTF-8 as CP1252": ([code(said("太平".encode().decode("cp1252")))], "无法显示的字符"),
    "a white drawing": ([code(drawing('<rect width="300" height="200" fill="white"/>'))], "空白的"),
    "an empty drawing": ([code(drawing(""))], "空白的"),
    "garbled UTF-8": ([code(said("å¤ªå¹³ Ã¥¤ª 村"))], "无法显示的字符"),
    "nan on a slide": ([code(slide(figures=({"label": "满意度", "value": "nan", "unit": "%"},)))], "不是数的数 nan"),
    "a slide's share above the whole": (
        [code(slide(figures=({"label": "办结率", "value": "130", "unit": "%"},)))],
        "办结率不在 0 至 100% 之间（130%）",
    ),
    "a slide beside the tables": (
        [section("services", counts()), code(slide(figures=({"label": "件数", "value": "84", "unit": "件"},)))],
        "84 在任何一张表里都没有",
    ),
    "a slide's title beside the tables": (
        [section("services", counts()), code(slide("办结 84 件"))],
        "84 在任何一张表里",
    ),
    "garbled notes of a slide": ([code(slide(notes=["锟斤拷"]))], "无法显示的字符（锟斤拷）"),
    "nan printed": ([code(printed_out("满意度 nan"))], "不是数的数 nan"),
    "a share of 1.3": (
        [code(table("率", [column("村"), column("办结率", "number")], [["甲", "0.98"], ["乙", "1.3"], ["丙", "0.9"]]))],
        "办结率不在 0 至 100% 之间：1.3",
    ),
    "a total of a frame": (
        [code(shown({"text/html": frame([["甲", 12], ["乙", 30], ["合计", 43]])}))],
        "件数合计 43，各行之和 42",
    ),
    "a share in a frame": (
        [code(shown({"text/html": frame([["甲", "98%"], ["乙", "142%"]], head="办结率")}))],
        "办结率不在 0 至 100% 之间：142%",
    ),
    "a count below nothing in a sentence": ([code(said("办结 -5 件。"))], "计数小于 0"),
    "a table without rows": ([code(counts([]))], "没有一行内容"),
    "broken characters": ([code(said("群力街\ufffd道"))], "无法显示的字符"),
}


@pytest.mark.parametrize("kind", FAULTS)
def test_a_fault_is_refused_with_its_reason(kind: str) -> None:
    cells, told = FAULTS[kind]
    covered = kind != "another unit's cover"
    with pytest.raises(ReportError, match=told):
        check(*cells, covered=covered)


def test_a_section_left_out_is_named() -> None:
    with pytest.raises(ReportError, match=r"少了一部分：checklists"):
        check(section("matters", counts()), sections=("matters", "checklists"))


def test_a_section_that_has_nothing_to_show_is_not_missed() -> None:
    check(section("matters", counts()), section("norms"), sections=("matters", "norms"))


@pytest.mark.parametrize("kind", ["nan in a table", "nan in a sentence", "sentence beside its table", "filler"])
def test_a_notebook_without_a_cover_is_its_author_s_own(kind: str) -> None:
    check(*FAULTS[kind][0], covered=False)


def test_a_blank_figure_of_somebody_s_own_is_lost_and_the_rest_is_written() -> None:
    swatch, figure = picture("red", drawn=False), picture("white", drawn=False, size=(400, 300))
    made = notebook(code(swatch, figure), new_markdown_cell("坏字\ufffd"))
    found = with_doubts(read_document(made)).lost
    assert [one.lost for one in found] == ["figure", "text"]
    assert "空白的" in found[0].reason


def test_a_change_may_be_below_nothing() -> None:
    check(section("matters", counts()), code(said("较上期增加 -12 件，温度 -30~-12 度。")))


@pytest.mark.parametrize("text", ["国办发〔2021〕56号第12条", "2018年7月1日至12月31日", "见表12、图13", "12月"])
def test_numbers_that_name_a_day_or_a_document_need_no_table(text: str) -> None:
    check(section("matters", counts()), code(said(text)))


def test_what_marks_a_section_is_not_printed() -> None:
    made = notebook(code(cover()), section("matters", counts()))
    document = read_document(made)
    assert (document.tables, document.unconverted) == (1, ())


def test_a_report_of_another_town_fails_and_is_not_written(zone_folder: Path, tmp_path: Path) -> None:
    own = nbformat.v4.new_notebook()
    parameters = nbformat.v4.new_code_cell('zone = ""\ndistrict = ""\nperiod = ""', metadata={"tags": ["parameters"]})
    lines = "import govkit\nreport = govkit.open_report(zone, district, period)\nreport.cover('评价报告')"
    shows = "import dataclasses\nother = dataclasses.replace(report.situation(), unit='230102999')\nother.show()"
    own.cells = [parameters, *map(nbformat.v4.new_code_cell, (lines, shows))]
    own.metadata["kernelspec"] = {"name": "python3", "language": "python", "display_name": "Python 3"}
    nbformat.write(own, tmp_path / "评价.ipynb")
    manifest, folder = make_reports(
        Request(zone_folder, notebooks=(str(tmp_path / "评价.ipynb"),), formats=("html",), out=tmp_path / "o")
    )
    assert [one.status for one in manifest.reports] == ["failed"]
    assert "另一个单元的（230102999）" in str(manifest.reports[0].error)
    assert list(folder.glob("230102100*.html")) == []


def test_the_usual_notebooks_name_every_section_they_show() -> None:
    for name in ("district_report", "zone_overview", "bulletin"):
        written = json.loads(Path(f"notebooks/{name}.ipynb").read_text(encoding="utf-8"))
        source = "\n".join("".join(cell["source"]) for cell in written["cells"] if cell["cell_type"] == "code")
        expected = written["metadata"]["govkit"]["expects"]["sections"]
        assert len(expected) > 4
        assert all(f"report.{one}()" in source for one in expected)


def test_a_page_may_ask_no_address_unless_its_user_allowed_it(tmp_path: Path) -> None:
    made = notebook(code(said("正文")))
    for allowed in (False, True):
        document = read_document(made, allow_network=allowed)
        page = write_page(made, tmp_path, document).read_text(encoding="utf-8")
        assert ("default-src 'none'" in page) is not allowed


def write_page(made: NotebookNode, folder: Path, document: Any) -> Path:
    write_html(made, folder / "页.html", title="页", document=document)
    return folder / "页.html"


@pytest.mark.parametrize(
    ("drawn", "empty"),
    [
        (lambda axes: axes.set_title("办结率"), True),
        (lambda axes: axes.plot([1, 2], [float("nan")] * 2), True),
        (lambda axes: axes.imshow([[1, 1], [1, 1]]), True),
        (lambda axes: axes.plot([1, 2], [3, 4]), False),
        (lambda axes: axes.bar(["甲"], [1]), False),
        (lambda axes: axes.scatter([1], [1]), False),
        (lambda axes: axes.imshow([[1, 2], [1, 1]]), False),
    ],
    ids=["a title", "missing values", "one value", "a line", "bars", "points", "a picture"],
)
def test_a_chart_of_nothing_is_told_from_one_with_data(drawn: Any, empty: bool) -> None:
    from matplotlib.figure import Figure

    from govkit.display.figures import without_data

    figure = Figure()
    drawn(figure.add_subplot())
    assert without_data(figure) is empty


def test_a_chart_of_nothing_is_refused() -> None:
    output = picture()
    output.metadata["image/png"] = {"govkit_without_data": True}
    with pytest.raises(ReportError, match="只有坐标轴，没有数据"):
        check(code(output))
