"""Document → PDF: all text there and searchable, fonts embedded, outline, marks, same bytes."""

from __future__ import annotations

import datetime as dt
import io
import re
import shutil
import subprocess
import unicodedata
from pathlib import Path
from typing import Any

import numpy as np
import pikepdf
import pypdf
import pytest
import typst
from nbformat.v4 import new_markdown_cell
from PIL import Image
from sample_notebook import (
    VILLAGES,
    code,
    column,
    cover,
    figure,
    long_table,
    notebook,
    png,
    report_notebook,
    shown,
    table,
    wide_table,
)

from govkit.documents.pdf import file as pdf
from govkit.documents.pdf import typefaces
from govkit.documents.pdf.file import write_pdf
from govkit.documents.pdf.pages import _written
from govkit.documents.read.blocks import TableBlock
from govkit.documents.read.document import read_document
from govkit.documents.read.tree import Document, walk
from govkit.errors import ReportError

HOSTILE = '#set text(red) $x$ *s* _e_ `c` @a <b> \\ // /* "q" [l] {7}'


def printed(folder: Path, *cells: object) -> tuple[pypdf.PdfReader, Document]:
    path = folder / "report.pdf"
    document = write_pdf(read_document(notebook(*cells)), path, system_fonts=False)  # type: ignore[arg-type]
    return pypdf.PdfReader(path), document


def squeezed(text: str) -> str:
    """Text without spaces and line breaks, compatibility forms folded, as a search sees it."""
    return re.sub(r"[\s\u200b]", "", unicodedata.normalize("NFKC", text))


def all_text(reader: pypdf.PdfReader) -> str:
    return squeezed("".join(page.extract_text() for page in reader.pages))


@pytest.fixture(scope="module")
def document() -> Document:
    return read_document(report_notebook())


@pytest.fixture(scope="module")
def data(document: Document, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("pdf") / "report.pdf"
    write_pdf(document, path, system_fonts=False)
    return path.read_bytes()


@pytest.fixture(scope="module")
def reader(data: bytes) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(data))


def fonts(reader: pypdf.PdfReader) -> dict[str, bool]:
    """Names of all fonts and whether each is embedded."""
    found: dict[str, bool] = {}
    for page in reader.pages:
        for reference in page["/Resources"].get("/Font", {}).values():  # type: ignore[union-attr,attr-defined]
            below: Any = reference.get_object()["/DescendantFonts"][0].get_object()
            keys = below["/FontDescriptor"].get_object().keys()
            found[below["/BaseFont"]] = bool({"/FontFile", "/FontFile2", "/FontFile3"} & set(keys))
    return found


def test_same_document_same_bytes(document: Document, data: bytes, tmp_path: Path) -> None:
    write_pdf(document, tmp_path / "again.pdf", system_fonts=False)
    assert (tmp_path / "again.pdf").read_bytes() == data


def test_every_font_is_embedded_and_one_of_ours(reader: pypdf.PdfReader) -> None:
    found = fonts(reader)
    assert all(found.values())
    assert {name.split("+")[1].split("-")[0] for name in found} == {"NotoSerifSC", "NotoSansSC", "DejaVuSansMono"}


def test_every_table_cell_head_and_note_can_be_found(document: Document, reader: pypdf.PdfReader) -> None:
    text = all_text(reader)
    for block in walk(document.blocks):
        if isinstance(block, TableBlock):
            heads = [part for one in block.columns for part in (one.label, one.group, one.unit)]
            cells = [cell.replace("✗", "×") for row in block.rows for cell in row]
            wanted = [block.title, block.note, block.source, *heads, *cells]
            assert [part for part in wanted if squeezed(part) not in text] == []


def test_every_heading_is_a_bookmark_with_its_number(reader: pypdf.PdfReader) -> None:
    titles: list[str] = []

    def collect(items: list[Any]) -> None:
        for item in items:
            if isinstance(item, list):
                collect(item)
            else:
                titles.append(str(item.title))

    collect(reader.outline)
    assert titles == [
        "一、总体情况",
        "\uff08一\uff09基本数据",
        "二、网格与事项",
        "\uff08一\uff09事项",
        "1.办结",
        "附录 数据来源",
    ]


def test_captions_carry_the_numbers_of_the_document(reader: pypdf.PdfReader) -> None:
    text = all_text(reader)
    assert all(part in text for part in ("表1达标情况", "图1设施达标率", "图2网格分布", "表2事项办结明细", "表3宽表"))


def test_metadata_names_title_issuer_language_and_the_cover_s_date(reader: pypdf.PdfReader) -> None:
    about = reader.metadata
    assert about is not None
    assert (about.title, about.author) == ("城乡社区治理评估报告", "道里区民政局")
    assert about["/Keywords"] == "群力街道, 2018年下半年, 230102019"
    assert str(about["/CreationDate"]).startswith("D:20190101")
    assert reader.trailer["/Root"]["/Lang"] == "zh-CN"  # type: ignore[index]


def test_the_file_is_tagged_pdf_a(data: bytes, reader: pypdf.PdfReader) -> None:
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]  # type: ignore[index]
    assert b"pdfaid:part>2<" in data
    assert b"pdfaid:conformance>A<" in data


def test_the_cover_shows_every_field(reader: pypdf.PdfReader) -> None:
    text = squeezed(reader.pages[0].extract_text())
    assert all(
        part in text for part in ("群力街道", "2018年下半年", "道里区民政局", "2019年1月", "公开", "社区建设办公室")
    )
    assert "明细数据为合成数据" in text


def test_pages_say_which_they_are_and_that_rows_are_synthetic(reader: pypdf.PdfReader) -> None:
    body = [squeezed(page.extract_text()) for page in reader.pages[2:]]
    assert all(f"—{at}—" in text for at, text in enumerate(body, start=1))
    assert all("合成数据" in text and "群力街道" in text for text in body)


def test_the_contents_name_headings_with_their_pages(reader: pypdf.PdfReader) -> None:
    assert re.search(r"一、总体情况\.+1", squeezed(reader.pages[1].extract_text()))


def test_a_long_table_repeats_its_head_and_says_that_it_goes_on(tmp_path: Path) -> None:
    pages = [squeezed(page.extract_text()) for page in printed(tmp_path, code(long_table(120)))[0].pages]
    assert len(pages) > 2
    assert all("编号类别" in text for text in pages)
    assert ["续表1" in text for text in pages] == [False] + [True] * (len(pages) - 1)


@pytest.mark.parametrize("before", [2, 5, 8, 11])
def test_what_stands_below_a_table_never_stands_on_a_page_without_two_rows_of_it(before: int, tmp_path: Path) -> None:
    lines = new_markdown_cell("\n\n".join(["一行。"] * before))
    ends = [[f"第{at}行", "甲"] for at in range(1, 26)]
    made, _ = printed(tmp_path, lines, code(table("表", [column("编号"), column("类别")], ends, note="注：附言" * 30)))
    for page in (squeezed(page.extract_text()) for page in made.pages):
        assert ("附言附言" not in page) or ("第24行" in page and "第25行" in page)


def test_a_very_wide_table_turns_its_page_only(tmp_path: Path) -> None:
    reader, _ = printed(tmp_path, new_markdown_cell("前文"), code(wide_table()), new_markdown_cell("后文"))
    turned = [float(page.mediabox.width) > float(page.mediabox.height) for page in reader.pages]
    assert turned == [False, True, True, False]


@pytest.mark.skipif(shutil.which("pdftoppm") is None, reason="没有 poppler-utils")
def test_no_table_or_figure_runs_into_the_margins(tmp_path: Path) -> None:
    hash_cell = [["a" * 64, "网格事项表.csv"]]
    cells = [
        table("来源", [column("校验值"), column("文件")], hash_cell),
        wide_table(20),
        wide_table(60),
        long_table(3),
    ]
    printed(tmp_path, code(*cells, figure("宽图", width=3000, height=500), figure("高图", width=300, height=3000)))
    subprocess.run(
        ["pdftoppm", "-r", "36", "-gray", "report.pdf", "page"], cwd=tmp_path, check=True, capture_output=True
    )
    pages = sorted(tmp_path.glob("page-*.pgm"))
    assert len(pages) >= 4
    for page in pages:
        ink = 255 - np.asarray(Image.open(page)).astype(int)
        edge = int(20 / 25.4 * 36)
        assert ink[:, :edge].sum() + ink[:, -edge:].sum() + ink[:18].sum() + ink[-14:].sum() == 0


@pytest.mark.parametrize(
    "cells",
    [
        (new_markdown_cell("正文" + re.sub(r"([\\`*_\[\]<>#$])", r"\\\1", HOSTILE)),),
        (code(table(HOSTILE, [column(HOSTILE)], [[HOSTILE]], note=HOSTILE)),),
        (code(cover(title=HOSTILE, issuer=HOSTILE)),),
        (code(figure(HOSTILE)),),
        (code(shown({"text/plain": HOSTILE})),),
    ],
    ids=["prose", "table", "cover", "figure", "plain"],
)
def test_hostile_text_stays_text(tmp_path: Path, cells: tuple[object, ...]) -> None:
    assert squeezed(HOSTILE) in all_text(printed(tmp_path, *cells)[0])


def test_a_character_no_face_has_is_lost_text_and_named_with_its_place(tmp_path: Path) -> None:
    strange = table("名单", [column("村")], [["甲\ua66e村"]])
    reader, document = printed(tmp_path, new_markdown_cell("笑脸😀在此"), code(strange))
    assert "笑脸〓在此" in all_text(reader)
    assert "甲〓村" in all_text(reader)
    face, letter = document.unconverted[-2:]
    assert (face.lost, letter.lost) == ("", "text")
    for said, words in (
        (face, ("“笑脸〓在此”", "😀（U+1F600）")),
        (letter, ("表1“名单”", "U+A66E", "安装含有该字的字体")),
    ):
        assert all(word in str(said).replace("😀在", "〓在") for word in words)


def test_a_formula_that_cannot_be_set_is_printed_as_typed_and_named(tmp_path: Path) -> None:
    _, document = printed(tmp_path, new_markdown_cell(r"坏 $\foo{x}$ 好 $\frac{n}{W}x\frac{a}{b}$"))
    assert [str(one) for one in document.unconverted if "foo" in str(one)] != []
    assert [str(one) for one in document.unconverted if "frac" in str(one)] == []


def test_a_sign_with_a_like_is_replaced_without_a_word(tmp_path: Path) -> None:
    reader, document = printed(tmp_path, new_markdown_cell("是✔否✗"))
    assert "是✓否×" in all_text(reader)
    assert document.unconverted == ()


def test_html_that_only_a_browser_shows_is_named_where_it_would_stand(tmp_path: Path) -> None:
    text = all_text(printed(tmp_path, code(shown({"text/html": "<canvas></canvas>"})))[0])
    assert "此处有一幅图没有收入本报告" in text


def test_the_still_part_of_a_live_output_is_printed(tmp_path: Path) -> None:
    assert "合计12" in all_text(printed(tmp_path, code(shown({"text/html": "<p>合计 12</p><script>x()</script>"})))[0])


def test_a_notebook_without_output_gives_one_page(tmp_path: Path) -> None:
    assert len(printed(tmp_path)[0].pages) == 1


def test_a_document_without_cover_begins_with_its_title(tmp_path: Path) -> None:
    reader, _ = printed(tmp_path, new_markdown_cell("# 调研报告\n\n## 甲\n\n正文"))
    assert squeezed(reader.pages[0].extract_text()).startswith(("调研报告", "调研报告调研报告"))


@pytest.mark.parametrize(
    ("date", "expected"),
    [("2019年1月", "20190101"), ("2019年11月30日", "20191130"), ("2019年13月", "20000101"), ("", "20000101")],
    ids=["month", "day", "impossible", "none"],
)
def test_the_date_is_the_cover_s_or_a_fixed_one(date: str, expected: str) -> None:
    assert f"{pdf.made_on({'date': date}):%Y%m%d}" == expected


def test_a_picture_nobody_can_read_is_named_where_it_would_stand_and_counts_as_lost(tmp_path: Path) -> None:
    import base64

    broken = shown({"image/png": base64.b64encode(png()[:40]).decode()})
    reader, document = printed(tmp_path, code(broken))
    assert "图片数据损坏" in squeezed(reader.pages[0].extract_text())
    assert [one.lost for one in document.lost] == ["figure"]


def test_missing_packaged_fonts_are_one_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typefaces, "packaged_folder", lambda: tmp_path)
    with pytest.raises(ReportError, match="Noto Serif SC"):
        typefaces.typefaces.__wrapped__(system=False)


def test_the_machine_s_own_faces_come_before_the_packaged_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    class Book:
        """A machine that has 仿宋 and Times, but no 黑体."""

        def __init__(self, **_: object) -> None:
            pass

        def families(self) -> list[str]:
            return ["FangSong", "Times New Roman", "Noto Serif SC", "Noto Sans SC"]

        def fonts(self) -> list[object]:
            return []

    monkeypatch.setattr("typst.Fonts", Book)
    chosen = typefaces.typefaces.__wrapped__(system=True)
    assert (chosen.body, chosen.heading, chosen.latin) == ("FangSong", "Noto Sans SC", "Times New Roman")


def test_a_village_s_name_is_never_broken_in_a_short_column(tmp_path: Path) -> None:
    columns = [column("村"), *(column(f"第{at}项说明") for at in range(5))]
    reader, _ = printed(tmp_path, code(table("表", columns, [[name, *["较长的文字" * 8] * 5] for name in VILLAGES])))
    assert all(name in "".join(page.extract_text() for page in reader.pages) for name in VILLAGES)


def test_a_table_too_wide_for_any_page_is_parted_by_columns_with_the_key_repeated(tmp_path: Path) -> None:
    columns = [column("村"), *(column(f"指标{at}", "number") for at in range(40))]
    rows = [[village, *(f"{at * 1000}.{at:02}" for at in range(40))] for village in ("太平村", "新发村")]
    text = all_text(printed(tmp_path, code(table("宽表", columns, rows)))[0])
    assert text.count("太平村") >= 2
    assert all(f"{at * 1000}.{at:02}" in text for at in range(40))


def test_a_table_in_a_list_stays_within_the_page_however_deep(tmp_path: Path) -> None:
    rows = "\n".join(f"      {line}" for line in ("| 甲 | 乙 |", "|---|---|", "| 左 | 右边缘 |"))
    wide = "| " + " | ".join(f"很长的指标名称{at}" for at in range(20)) + " |"
    rule = "|" + "---|" * 20
    values = "| " + " | ".join("1234567" for _ in range(20)) + " |"
    text = f"- 外\n    - 里\n\n{rows}\n\n- 宽\n\n    {wide}\n    {rule}\n    {values}\n"
    reader, document = printed(tmp_path, new_markdown_cell(text))
    assert document.tables == 2
    edges: list[float] = []
    for page in reader.pages:
        width = float(page.mediabox.width)
        assert width < 600  # upright
        page.extract_text(visitor_text=lambda text, _, tm, *rest: edges.append(tm[4]) if text.strip() else None)
    assert max(edges) < 595 - 26 / 25.4 * 72
    assert "指标名称19" in squeezed(all_text(reader))


def test_small_objects_are_packed_together_and_the_file_is_sound(data: bytes) -> None:
    assert data.count(b"/StructElem") == 0
    assert data.count(b"/ObjStm") >= 1
    with pikepdf.open(io.BytesIO(data)) as pdf:
        assert pdf.check_pdf_syntax() == []


def test_a_document_that_typst_cannot_settle_is_set_the_other_way_and_refused_without_one(tmp_path: Path) -> None:
    head = '#set document(title: "报告")\n#set text(lang: "zh")\n'
    endless = "#context for one in range(query(<one>).len() + 1) [#metadata(one) <one>]\n"
    for name, text in (("endless.typ", head + endless), ("plain.typ", head + "1")):
        (tmp_path / name).write_text(text, encoding="utf-8")
    unsettled, settled = (
        lambda name=name: typst.Compiler(str(tmp_path / name), root=str(tmp_path))
        for name in ("endless.typ", "plain.typ")
    )
    made_on = dt.datetime(2019, 1, 15, tzinfo=dt.UTC)
    assert _written([unsettled, settled], made_on).startswith(b"%PDF")
    with pytest.raises(ReportError, match="排版有警告"):
        _written([unsettled], made_on)
