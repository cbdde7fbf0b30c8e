"""The official look (GB/T 9704-2012): 22 lines of 28 signs, page numbers, marks, imprint; heads and rows kept."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import docx
import pypdf
import pytest
from conftest import write_zone
from nbformat.v4 import new_markdown_cell
from sample_notebook import code, column, cover, figure, notebook, table

from govkit.documents.official import official_of
from govkit.documents.pdf import file as pdf
from govkit.documents.pdf.file import write_pdf
from govkit.documents.pdf.typesetting import starts_page
from govkit.documents.read.blocks import Figure
from govkit.documents.read.document import read_document
from govkit.documents.word.file import write_docx
from govkit.errors import ZoneError
from govkit.zone.opening import open_zone

MARKS = {
    "document_number": "道里民发〔2019〕3号", "copy_number": "1", "urgency": "加急",
    "addressed_to": "各街道办事处、镇人民政府",
    "copied_to": "区委办、区政府办", "printed_by": "道里区民政局办公室", "printed_on": "2019年1月15日",
    "remark": "此件公开发布",
    "attachments": ["得分与名次", "设施达标情况"],
}  # fmt: skip
TEXT = "街道社区治理评价结果通报各单位遵照执行并于月底以前报送整改情况" * 20


def official(*cells: Any, **marks: Any) -> Any:
    front = cover(look="official", title="评价情况通报", synthetic="", official=MARKS | marks)
    return notebook(code(front), *cells)


def printed(made: Any) -> pypdf.PdfReader:
    path = Path(printed_to.mktemp("pdf")) / "r.pdf"
    write_pdf(read_document(made), path, system_fonts=False)
    return pypdf.PdfReader(io.BytesIO(path.read_bytes()))


@pytest.fixture(autouse=True, scope="module")
def _folder(tmp_path_factory: pytest.TempPathFactory) -> None:
    global printed_to
    printed_to = tmp_path_factory


def lines(page: Any) -> list[str]:
    return [line for line in page.extract_text().splitlines() if line.strip()]


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


def test_a_page_holds_22_lines_of_28_signs() -> None:
    page = printed(official(new_markdown_cell(f"## 甲\n\n{TEXT}\n\n{TEXT}"))).pages[1]
    body = [line for line in lines(page) if not line.startswith("—")]
    assert len(body) == 22
    assert {len(squeezed(line)) for line in body[1:-1] if line != body[0]} >= {28}
    assert max(len(squeezed(line)) for line in body) == 28


def test_page_numbers_stand_between_dashes_on_the_outer_side() -> None:
    reader = printed(official(new_markdown_cell(f"## 甲\n\n{TEXT * 3}")))
    places: dict[int, float] = {}
    for at, page in enumerate(reader.pages[:2], start=1):

        def note(text: str, page_matrix: Any, matrix: Any, *_: Any, at: int = at) -> None:
            if "—" in text:
                places[at] = page_matrix[4] + matrix[4]

        page.extract_text(visitor_text=note)
        assert f"—{at}—" in squeezed(page.extract_text())
    assert places[1] > 400 > places[2]


def test_marks_stand_above_and_the_imprint_at_the_foot_of_the_last_page() -> None:
    reader = printed(official(new_markdown_cell(f"## 甲\n\n{TEXT[:60]}")))
    first, last = squeezed(reader.pages[0].extract_text()), squeezed(reader.pages[-1].extract_text())
    above = [
        "000001",
        "加急",
        "道里区民政局文件",
        "道里民发〔2019〕3号",
        "评价情况通报",
        "各街道办事处、镇人民政府：",
    ]
    assert [first.index(mark) for mark in above] == sorted(first.index(mark) for mark in above)
    assert not first.startswith("000001公开")  # what is open has no 密级
    below = [
        "附件：",
        "1.得分与名次",
        "2.设施达标情况",
        "道里区民政局2019年1月",
        "（此件公开发布）",
        "抄送：区委办、区政府办。",
    ]
    whole = "".join(squeezed(page.extract_text()) for page in reader.pages)
    assert [whole.index(mark) for mark in below] == sorted(whole.index(mark) for mark in below)
    assert "道里区民政局办公室" in last
    assert "2019年1月15日印发" in last


def test_what_zone_toml_does_not_say_is_not_printed() -> None:
    found = official_of({"look": "official"})
    assert (found.marks, found.attachments, found.imprint, found.issuer_mark, found.remark) == ((), (), (), "", "")
    front = cover(look="official", issuer="", synthetic="", official={})
    text = printed(notebook(code(front), new_markdown_cell("## 甲\n\n乙"))).pages[0].extract_text()
    assert not {"附件", "抄送", "印发", "文件"} & set(re.findall(r"附件|抄送|印发|文件", text))


def test_word_says_the_same_round_the_text(tmp_path: Path) -> None:
    write_docx(read_document(official(new_markdown_cell("## 甲\n\n乙"))), tmp_path / "a.docx")
    made = docx.Document(str(tmp_path / "a.docx"))
    text = squeezed("".join(p.text for p in made.paragraphs))
    wanted = [
        "000001",
        "加急",
        "道里民发〔2019〕3号",
        "附件：1.得分与名次",
        "（此件公开发布）",
        "抄送：区委办、区政府办。",
    ]
    assert [one for one in wanted if one not in text] == []
    assert made.settings.odd_and_even_pages_header_footer
    margins = (made.sections[0].top_margin.mm, made.sections[0].left_margin.mm)
    assert margins == pytest.approx((37, 28), abs=0.1)


@pytest.mark.parametrize("before", range(14, 24, 3))
def test_a_head_takes_lines_of_its_text_with_it(before: int) -> None:
    prose = "\n\n".join(f"第{at}段。" for at in range(before * 2))
    reader = printed(notebook(new_markdown_cell(f"## 甲\n\n{prose}\n\n## 标题在此\n\n{TEXT}")))
    page = next(
        page
        for page in reader.pages
        if "标题在此" in page.extract_text() and "目录" not in squeezed(page.extract_text())
    )
    found = [line for line in lines(page) if not line.startswith("—")]
    after = found[next(at for at, line in enumerate(found) if "标题在此" in line) + 1 :]
    assert len(after) >= 2


@pytest.mark.parametrize("before", range(0, 21, 4))
def test_a_broken_table_leaves_two_rows_on_either_side(before: int) -> None:
    prose = "\n\n".join(f"第{at}段。" for at in range(before))
    rows = [[f"村{at:03d}", str(at)] for at in range(40)]
    made = notebook(new_markdown_cell(f"{prose}\n"), code(table("长表", [column("村"), column("数", "integer")], rows)))
    counts = [len(re.findall(r"村\d{3}", squeezed(page.extract_text()))) for page in printed(made).pages]
    assert sum(counts) == 40
    assert all(count >= 2 for count in counts if count)


def test_the_rest_of_a_table_is_called_so() -> None:
    rows = [[f"村{at:03d}", str(at)] for at in range(80)]
    reader = printed(notebook(code(table("长表", [column("村"), column("数", "integer")], rows))))
    assert ["续表1" in squeezed(page.extract_text()) for page in reader.pages[:2]] == [False, True]


def test_a_figure_is_never_higher_than_170_millimetres(tmp_path: Path) -> None:
    (block,) = read_document(notebook(code(figure("高图", width=300, height=3000)))).blocks
    assert isinstance(block, Figure)
    assert pdf._figure(block, tmp_path)["width"] * 10 <= 170 / 25.4 * 72


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('look = "offical"', "look = 'offical' 不能用，可用：report、official"),
        ('template = "没有.docx"', "没有这个文件"),
        ("official = { document_no = '3号' }", "document_number"),
        ("official = { attachments = '附表' }", "attachments 应为方括号里的一列文字"),
    ],
    ids=["look", "template", "unknown mark", "attachments"],
)
def test_a_wrong_line_about_the_look_is_named(tmp_path: Path, line: str, said: str) -> None:
    folder = write_zone(tmp_path / "区")
    with (folder / "zone.toml").open("a", encoding="utf-8") as file:
        file.write(f"{line}\n")
    with pytest.raises(ZoneError, match=re.escape(said)):
        open_zone(folder)


def test_what_zone_toml_says_of_the_look_reaches_the_cover(tmp_path: Path) -> None:
    folder = write_zone(tmp_path / "区")
    docx.Document().save(str(folder / "本局模板.docx"))
    with (folder / "zone.toml").open("a", encoding="utf-8") as file:
        file.write(
            'look = "official"\ntemplate = "本局模板.docx"\n[report.official]\nattachments = ["附表"]\nurgency = "急"\n'
        )
    front = open_zone(folder).front
    assert (front.look, front.official.attachments, front.official.urgency) == ("official", ("附表",), "急")
    assert front.template.startswith("data:")


def test_the_signature_stands_on_the_right_and_never_on_a_page_without_text() -> None:
    """What is signed is filled to the foot of a page: the list of attachments goes on with the signature."""
    reader = printed(official(new_markdown_cell(f"## 甲\n\n{TEXT[:560]}")))
    texts = [squeezed(page.extract_text()) for page in reader.pages]
    at = next(number for number, text in enumerate(texts) if "道里区民政局2019年1月" in text)
    assert "2.设施达标情况" in texts[at]
    rights: list[float] = []

    def note(text: str, page: Any, line: Any, *_: Any) -> None:
        if squeezed(text) == "2019年1月":
            rights.append(page[4] + line[4])

    reader.pages[at].extract_text(visitor_text=note)
    assert rights
    assert min(rights) > 300  # right of the page's middle


def test_an_official_text_runs_on_after_its_main_points_and_starts_a_page_for_the_annex() -> None:
    cells = [new_markdown_cell(f"# {title}\n\n{TEXT[:60]}") for title in ("要点", "总体情况", "附件")]
    pages = [squeezed(page.extract_text()) for page in printed(official(*cells)).pages]
    assert "要点" in pages[0]
    assert "一、总体情况" in pages[0]
    assert any(page.startswith("附件") for page in pages[1:])


def test_a_report_s_main_points_have_a_page_of_their_own() -> None:
    assert starts_page("总体情况", "要点", "report")
    assert not starts_page("总体情况", "要点", "official")
    assert starts_page("附件", "下一步工作", "official")
