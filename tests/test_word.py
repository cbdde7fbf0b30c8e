"""Document → Word: true styles, fields and levels, the same words as the PDF, a bureau's template, fixed bytes."""

from __future__ import annotations

import base64
import io
import re
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import docx
import pypdf
import pytest
from docx.oxml.ns import qn
from nbformat.v4 import new_markdown_cell
from sample_notebook import code, column, cover, figure, notebook, report_notebook, shown, table

from govkit.documents.pdf.file import write_pdf
from govkit.documents.read.blocks import Figure, TableBlock
from govkit.documents.read.document import read_document
from govkit.documents.read.tree import walk
from govkit.documents.word.file import write_docx
from govkit.errors import ReportError

SVG = "<svg xmlns='http://www.w3.org/2000/svg' width='40' height='20'><rect width='40' height='20' fill='#a00'/></svg>"


def written(folder: Path, made: Any) -> Any:
    write_docx(read_document(made), folder / "报告.docx")
    return docx.Document(str(folder / "报告.docx"))


@pytest.fixture(scope="module")
def word(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return written(tmp_path_factory.mktemp("word"), report_notebook())


def instructions(word: Any) -> list[str]:
    return [one.text.strip() for one in word.element.body.iter(qn("w:instrText"))]


def in_contents(paragraph: Any) -> bool:
    return any("PAGEREF" in one.text for one in paragraph.iter(qn("w:instrText")))


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text).replace("✗", "×")


def bureau_template(**heading: Any) -> str:
    """A bureau's own template, as a data address: red first-level headings, its own margins, a header; no captions."""
    made = docx.Document()
    made.styles["Heading 1"].font.name = "Bureau Face"
    made.styles.element.remove(made.styles["Caption"].element)
    made.sections[0].header.paragraphs[0].text = "某某区民政局"
    made.add_paragraph("模板里的旧文字")
    out = io.BytesIO()
    made.save(out)
    return "data:application/octet-stream;base64," + base64.b64encode(out.getvalue()).decode()


def test_same_document_same_bytes_whatever_the_clock(tmp_path: Path) -> None:
    for name in ("a.docx", "b.docx"):
        write_docx(read_document(report_notebook()), tmp_path / name)
    assert (tmp_path / "a.docx").read_bytes() == (tmp_path / "b.docx").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.docx") as made:
        assert {entry.date_time[0] for entry in made.infolist()} == {1980}


def test_every_word_and_number_of_the_pdf_stands_in_the_word_file(word: Any, tmp_path: Path) -> None:
    write_pdf(read_document(report_notebook()), tmp_path / "r.pdf", system_fonts=False)
    printed = squeezed("".join(page.extract_text() for page in pypdf.PdfReader(tmp_path / "r.pdf").pages))
    body = [p for p in word.element.body.iter(qn("w:p")) if not in_contents(p)]
    paragraphs = ["".join(t.text or "" for t in p.iter(qn("w:t"))) for p in body]
    written_out = squeezed("".join(paragraphs))
    lost = [text for text in map(squeezed, paragraphs) if text and text not in printed]
    assert lost == []
    numbers = set(re.findall(r"\d[\d,.]*", "\n".join(block_text(read_document(report_notebook())))))
    assert {number for number in numbers if number not in written_out} == set()


def block_text(document: Any) -> list[str]:
    return [
        cell for block in walk(document.blocks) if isinstance(block, TableBlock) for row in block.rows for cell in row
    ]


def test_headings_have_levels_and_word_counts_them(word: Any) -> None:
    heads = [p for p in word.paragraphs if p.style.name.lower().startswith("heading")]
    assert [(p.style.name.lower(), p.text) for p in heads] == [
        ("heading 1", "总体情况"),
        ("heading 2", "基本数据"),
        ("heading 1", "网格与事项"),
        ("heading 2", "事项"),
        ("heading 3", "办结"),
        ("heading 1", "附录 数据来源"),
    ]
    forms = {one.get(qn("w:val")) for one in word.part.numbering_part.element.iter(qn("w:numFmt"))}
    assert "chineseCountingThousand" in forms
    assert heads[-1]._p.pPr.numPr.numId.val == 0  # stands outside the numbering


def test_numbers_that_word_would_count_otherwise_are_written_out(tmp_path: Path) -> None:
    made = written(tmp_path, notebook(new_markdown_cell("## 一、甲\n\n### （一）乙\n\n## 三、丙")))
    heads = [p.text for p in made.paragraphs if p.style.name.lower().startswith("heading")]
    assert heads == ["一、甲", "（一）乙", "三、丙"]


def test_contents_captions_references_and_page_numbers_are_fields(tmp_path: Path) -> None:
    prose = new_markdown_cell("## 甲\n\n得分见表1和图1，表9不在这里。")
    made = written(tmp_path, notebook(prose, code(table("得分", [column("村")], [["甲村"]])), code(figure("分布"))))
    found = instructions(made)
    assert any(one.startswith("TOC") for one in found)
    assert {"SEQ 表 \\* ARABIC", "SEQ 图 \\* ARABIC", "REF _Ref_table_1 \\h", "REF _Ref_figure_1 \\h"} <= set(found)
    assert not any("table_9" in one for one in found)
    marks = {one.get(qn("w:name")) for one in made.element.body.iter(qn("w:bookmarkStart"))}
    assert {"_Ref_table_1", "_Ref_figure_1"} <= marks
    foot = "".join(one.text or "" for one in made.sections[-1].footer._element.iter(qn("w:instrText")))
    assert "PAGE" in foot


def test_a_table_repeats_its_heads_and_keeps_two_rows_on_either_side_of_a_page(word: Any) -> None:
    long = max(word.tables, key=lambda one: len(one.rows))
    rows = long._tbl.tr_lst
    assert rows[0].trPr.find(qn("w:tblHeader")) is not None
    assert all(row.trPr.find(qn("w:cantSplit")) is not None for row in rows)
    kept = [row.find(f".//{qn('w:keepNext')}") is not None for row in rows]
    assert (kept[0], kept[1], kept[2], kept[-2], kept[-1]) == (True, True, False, True, False)


def test_a_wide_table_lies_on_a_turned_page_between_upright_ones(word: Any) -> None:
    turned = [section.page_width > section.page_height for section in word.sections]
    assert turned.count(True) == 1
    assert not turned[-1]


def test_a_picture_says_what_it_shows_and_brings_its_drawing(tmp_path: Path) -> None:
    chart = figure("发现")
    chart.data["image/svg+xml"] = SVG
    chart.metadata["govkit"] |= {"kind": "chart", "note": "注：甲。"}
    made = written(tmp_path, notebook(code(chart)))
    (described,) = made.element.body.iter(qn("wp:docPr"))
    assert described.get("descr") == "发现的说明"
    with zipfile.ZipFile(tmp_path / "报告.docx") as parts:
        assert SVG.encode() in [parts.read(name) for name in parts.namelist() if name.endswith(".svg")]
        assert b"svgBlip" in parts.read("word/document.xml")
    texts = [p.text for p in made.paragraphs if p.text]
    assert texts.index("图1　发现") < texts.index("注：甲。")


def test_chinese_faces_are_named_with_what_word_takes_instead(word: Any, tmp_path: Path) -> None:
    fonts = word.styles.element.find(f".//{qn('w:rFonts')}")
    assert fonts.get(qn("w:eastAsia")) == "宋体"
    table_part = next(rel.target_part for rel in word.part.rels.values() if rel.reltype.endswith("/fontTable"))
    assert 'w:name="仿宋_GB2312"><w:altName w:val="仿宋,FangSong"' in table_part.blob.decode()


def test_a_bureaus_template_gives_styles_page_and_heads_and_what_it_lacks_is_said(tmp_path: Path) -> None:
    made = report_notebook()
    made.cells[2] = code(cover(template=bureau_template()))
    document = write_docx(read_document(made), tmp_path / "a.docx")
    word = docx.Document(str(tmp_path / "a.docx"))
    assert word.styles["Heading 1"].font.name == "Bureau Face"
    assert "某某区民政局" in [section.header.paragraphs[0].text for section in word.sections]
    assert "模板里的旧文字" not in [p.text for p in word.paragraphs]
    assert "Word 模板没有样式“caption”，已按本程序的样式补上" in str(document.unconverted[-1])


def test_a_template_that_is_no_word_file_is_named(tmp_path: Path) -> None:
    made = notebook(
        code(cover(template="data:;base64," + base64.b64encode(b"no zip").decode())), new_markdown_cell("## 甲")
    )
    with pytest.raises(ReportError, match="Word 模板打不开"):
        write_docx(read_document(made), tmp_path / "a.docx")


@pytest.mark.parametrize("text", ["<script>&\"'", "]]>", "﷐ 字", "𠀀"])
def test_any_text_is_text(tmp_path: Path, text: str) -> None:
    made = written(tmp_path, notebook(code(table(text, [column(text)], [[text]]))))
    assert made.tables[0].rows[1].cells[0].text == text


def test_an_empty_report_is_a_word_file_all_the_same(tmp_path: Path) -> None:
    assert written(tmp_path, notebook()).paragraphs is not None


def test_a_figure_that_is_a_drawing_alone_gets_a_picture(tmp_path: Path) -> None:
    made = written(tmp_path, notebook(code(shown({"image/svg+xml": SVG}))))
    assert isinstance(read_document(notebook(code(shown({"image/svg+xml": SVG})))).blocks[0], Figure)
    assert len(made.inline_shapes) == 1


def has_chinese_type() -> bool:
    """Whether programs of this machine find a face for Chinese: LibreOffice prints nothing of it without one."""
    if shutil.which("fc-list") is None:
        return False
    listed = subprocess.run(["fc-list", ":lang=zh", "family"], capture_output=True, text=True, check=False)
    return bool(listed.stdout.strip())


@pytest.mark.skipif(shutil.which("libreoffice") is None, reason="no LibreOffice on this machine")
@pytest.mark.skipif(not has_chinese_type(), reason="LibreOffice finds no Chinese type on this machine")
def test_libreoffice_opens_it_and_prints_the_same_tables(word: Any, tmp_path: Path) -> None:
    write_docx(read_document(report_notebook()), tmp_path / "r.docx")
    home = f"-env:UserInstallation=file://{tmp_path / 'profile'}"
    command = [
        "libreoffice",
        home,
        "--headless",
        "--convert-to",
        "pdf",
        "--outdir",
        str(tmp_path),
        str(tmp_path / "r.docx"),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    reader = pypdf.PdfReader(tmp_path / "r.pdf")
    text = squeezed("".join(page.extract_text() for page in reader.pages))
    assert all(squeezed(cell) in text for cell in block_text(read_document(report_notebook())))
    assert any(page.mediabox.width > page.mediabox.height for page in reader.pages)


def test_the_contents_say_the_pages_of_the_pdf_before_word_has_counted_its_own(word: Any, tmp_path: Path) -> None:
    write_pdf(read_document(report_notebook()), tmp_path / "r.pdf")
    reader = pypdf.PdfReader(tmp_path / "r.pdf")
    entries = [one for one in word.element.body.iter(qn("w:p")) if in_contents(one)]
    shown = ["".join(t.text or "" for t in one.iter(qn("w:t"))) for one in entries]
    assert shown
    ends = [page.extract_text() for page in reader.pages]
    for text in shown:
        title, page = re.fullmatch(r"(.*?)(\d+)", text).groups()  # type: ignore[union-attr]
        assert any(f"— {page} —" in end and squeezed(title) in squeezed(end) for end in ends)


def test_a_footnote_is_word_s_own_and_is_marked_at_every_place(tmp_path: Path) -> None:
    text = "# 题\n\n## 节\n\n满意度98.6%[^1]，事项办结[^二]；再说满意度[^1]。\n\n"
    text += "[^1]: 回访**抽样**，见附件。\n[^二]: 截至期末后十天。"
    document = read_document(notebook(new_markdown_cell(text)))
    write_docx(document, tmp_path / "r.docx")
    made = docx.Document(str(tmp_path / "r.docx"))
    body = made.element.body
    assert [one.get(qn("w:id")) for one in body.iter(qn("w:footnoteReference"))] == ["1", "2"]
    assert [one for one in instructions(made) if one.startswith("NOTEREF")] == [r"NOTEREF _A_note_1 \h"]
    part = made.part.part_related_by("http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes")
    shown = re.sub(r"<[^>]+>", "", part.blob.decode())
    assert "回访抽样，见附件。" in shown
    assert "截至期末后十天。" in shown
    assert "注释" not in "".join(one.text for one in made.paragraphs)


def test_the_brief_and_the_annex_begin_pages_of_their_own(tmp_path: Path) -> None:
    cells = [new_markdown_cell(f"# {title}\n\n正文。") for title in ("要点", "总体情况", "存在问题", "附件")]
    write_docx(read_document(notebook(*cells)), tmp_path / "r.docx")
    made = docx.Document(str(tmp_path / "r.docx"))
    starts = {one.text for one in made.paragraphs if one.paragraph_format.page_break_before}
    assert {"总体情况", "附件"} <= {re.sub(r"^[一二三四五]、", "", text) for text in starts}
    assert not any("存在问题" in text for text in starts)
