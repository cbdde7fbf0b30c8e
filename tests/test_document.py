"""Notebook → document: what is kept, in which order, and what is reported."""

from __future__ import annotations

import base64
from pathlib import Path

import pandas as pd
import pytest
import typst
from hypothesis import given
from hypothesis import strategies as st
from nbformat.v4 import new_markdown_cell, new_output, new_raw_cell
from pypdf import PdfReader
from sample_notebook import (
    FRAME_HTML,
    absent,
    code,
    column,
    cover,
    figure,
    notebook,
    png,
    report_notebook,
    shown,
    table,
)

from govkit.documents.pdf.file import write_pdf
from govkit.documents.pdf.typesetting import set_table, split_columns, text_widths, with_sisters
from govkit.documents.read.blocks import (
    Absent,
    Code,
    Column,
    Embed,
    Figure,
    Heading,
    ListBlock,
    Look,
    Lost,
    Paragraph,
    Quote,
    TableBlock,
)
from govkit.documents.read.document import read_document
from govkit.documents.read.images import JPEG, kind_of, size_of
from govkit.documents.read.tree import Document, plain, walk
from govkit.errors import ReportError


def read(*cells: object) -> Document:
    return read_document(notebook(*cells))  # type: ignore[arg-type]


def prose(text: str) -> Document:
    return read(new_markdown_cell(text))


def tables(document: Document) -> list[TableBlock]:
    return [block for block in walk(document.blocks) if isinstance(block, TableBlock)]


def numbers(document: Document) -> list[str]:
    return [heading.number + plain(heading.runs) for heading in document.headings]


def test_a_citation_without_a_number_gets_that_of_the_next_table() -> None:
    document = prose("甲（见表）。\n\n|一|二|\n|--|--|\n|1|2|\n\n乙（见表），丙（见图）。\n\n|一|二|\n|--|--|\n|1|2|")
    told = [plain(block.runs) for block in walk(document.blocks) if isinstance(block, Paragraph)]
    assert told == ["甲（见表1）。", "乙（见表2），丙（见图）。"]
    document = prose("甲（见表、表），乙见表。\n\n|一|二|\n|--|--|\n|1|2|\n\n又\n\n|一|二|\n|--|--|\n|1|2|")
    assert plain(document.blocks[0].runs) == "甲（见表1、表2），乙见表。"


def test_a_document_counts_its_figures_and_tables() -> None:
    document = read_document(report_notebook())
    assert (document.figures, document.tables) == (2, 5)


def test_figures_and_tables_are_numbered_in_reading_order() -> None:
    document = read(code(figure("甲")), code(table("乙", [column("a")], [["1"]])), code(figure("丙")))
    kinds = [(type(block).__name__, block.number) for block in document.blocks]  # type: ignore[union-attr]
    assert kinds == [("Figure", 1), ("TableBlock", 1), ("Figure", 2)]


def test_the_cover_gives_the_title_and_stands_outside_the_blocks() -> None:
    document = read(code(cover(title="评估报告")))
    assert (document.title, document.blocks) == ("评估报告", ())


def test_a_second_cover_is_reported() -> None:
    document = read(code(cover(), cover(title="另一个")))
    assert [one.mime for one in document.unconverted] == ["application/vnd.govkit.cover+json"]


def test_a_cover_without_title_is_an_error_that_names_the_cell() -> None:
    with pytest.raises(ReportError, match="第 1 个单元格"):
        read(code(cover(title="")))


def test_headings_are_numbered_as_in_official_documents() -> None:
    document = prose("# 甲\n\n## 乙\n\n### 丙\n\n#### 丁\n\n## 戊\n\n# 己")
    assert numbers(document) == ["一、甲", "\uff08一\uff09乙", "1.丙", "\uff081\uff09丁", "\uff08二\uff09戊", "二、己"]


def test_an_appendix_stands_outside_the_numbering() -> None:
    assert numbers(prose("# 甲\n\n# 附录 来源\n\n# 乙")) == ["一、甲", "附录 来源", "二、乙"]


def test_headings_numbered_by_hand_are_left_alone() -> None:
    assert numbers(prose("# 一、甲\n\n# 概况")) == ["一、甲", "概况"]


def test_a_heading_that_begins_with_a_decimal_is_not_taken_as_numbered_by_hand() -> None:
    assert numbers(prose("# 2018年情况\n\n# 3.5万人口")) == ["一、2018年情况", "二、3.5万人口"]


def test_a_single_first_level_heading_is_the_title_and_the_others_move_up() -> None:
    document = prose("# 评估报告\n\n## 甲\n\n### 乙")
    assert (document.title, [heading.level for heading in document.headings]) == ("评估报告", [1, 2])


def test_headings_that_begin_at_the_second_level_move_up() -> None:
    assert [heading.level for heading in prose("## 甲\n\n### 乙").headings] == [1, 2]


def test_code_and_parameter_cells_never_show() -> None:
    outputs = code(shown({"text/markdown": "看不见"}), tags=("injected-parameters",))
    assert read(outputs, code()).blocks == ()


def test_a_cell_tagged_remove_output_shows_nothing() -> None:
    assert read(code(figure("甲"), tags=("remove_output",))).blocks == ()


def test_printed_lines_are_shown_one_block_a_stream() -> None:
    parts = [new_output("stream", name="stdout", text=text) for text in ("读入 12 行\n", "结论成立\n")]
    assert read(code(*parts)).blocks == (Code("读入 12 行\n结论成立", "stdout"),)


def test_warnings_keep_their_stream_and_lose_their_colours() -> None:
    document = read(code(new_output("stream", name="stderr", text="\x1b[31m样本少\x1b[0m\n")))
    assert document.blocks == (Code("样本少", "stderr"),)


def test_of_a_line_written_over_only_its_last_state_is_shown() -> None:
    assert read(code(new_output("stream", name="stdout", text="10%\r100%\n"))).blocks == (Code("100%", "stdout"),)


def test_an_error_that_was_allowed_is_shown_and_named() -> None:
    document = read(code(new_output("error", ename="KeyError", evalue="'x'", traceback=[])))
    assert document.blocks == (Code("KeyError: 'x'", "error"),)
    assert (document.unconverted[0].mime, document.lost) == ("error", ())


def test_a_notebook_that_ends_midway_says_that_the_rest_did_not_run() -> None:
    document = read(code(new_output("error", ename="SystemExit", evalue="", traceback=[])))
    assert document.blocks == (Code("笔记本在这里用 sys.exit() 结束，后面的单元没有运行", "error"),)
    assert "后面的单元没有运行" in str(document.unconverted[0])


def test_an_unknown_type_is_lost_and_says_so_in_its_place() -> None:
    document = read(code(shown({"application/x-chart": "x", "text/plain": "<Chart>"})))
    assert [type(block) for block in document.blocks] == [Lost]
    assert [(one.mime, one.lost) for one in document.lost] == [("application/x-chart", "figure")]


def test_the_name_of_a_chart_is_left_out_only_beside_the_chart_itself() -> None:
    name = shown({"text/plain": "<Axes: title='x'>"})
    assert [type(block) for block in read(code(name, figure("甲"))).blocks] == [Figure]
    assert read(code(name)).blocks == (Code("<Axes: title='x'>"),)


def test_a_plain_answer_is_shown() -> None:
    assert read(code(shown({"text/plain": "(3, 4)"}))).blocks == (Code("(3, 4)"),)


def test_a_raw_cell_is_shown_as_typed() -> None:
    assert read(new_raw_cell("附记")).blocks == (Code("附记"),)


def test_a_formula_of_an_object_is_set() -> None:
    document = read(code(shown({"text/latex": r"$\int x^2 dx$", "text/plain": "Integral(x**2, x)"})))
    assert [run.formula for run in document.blocks[0].runs] == [True]  # type: ignore[union-attr]


def test_text_before_a_table_is_kept() -> None:
    html = "<h3>最低的两个社区</h3><p>仅含样本不少于<b>30</b>的社区。</p>" + FRAME_HTML
    document = read(code(shown({"text/html": html})))
    assert [type(block) for block in document.blocks] == [Heading, Paragraph, TableBlock]
    assert plain(document.blocks[1].runs) == "仅含样本不少于30的社区。"  # type: ignore[union-attr]


def test_the_colours_of_a_styler_come_with_its_cells() -> None:
    bar = "linear-gradient(90deg, #d65f5f 60.0%, transparent 60.0%)"
    style = f"#T_row0_col0 {{background-color: #ff0000; color: white}} #T_row1_col0 {{background: {bar}}}"
    rows = "".join(f'<tr><th>{n}</th><td id="T_row{n}_col0">{n}</td></tr>' for n in range(2))
    html = f"<style>{style}</style><table><thead><tr><th></th><th>率</th></tr></thead><tbody>{rows}</tbody></table>"
    block = tables(read(code(shown({"text/html": html}))))[0]
    assert block.looks == (Look(0, 0, "#ff0000", "#ffffff"), Look(1, 0, bar=("#d65f5f", 0.0, 0.6)))


def test_a_frame_shortened_by_pandas_says_how_many_rows_are_left_out() -> None:
    frame = pd.DataFrame({"甲": range(120)})
    with pd.option_context("display.max_rows", 10, "display.min_rows", 10):
        block = tables(read(code(shown({"text/html": frame._repr_html_()}))))[0]
    assert "共 120 行" in block.note
    assert "略去中间 110 行" in block.note


def test_a_table_whose_row_is_too_short_is_an_error_that_names_the_row() -> None:
    with pytest.raises(ReportError, match="第 2 行有 1 格"):
        read(code(table("表", [column("a"), column("b")], [["1", "2"], ["3"]])))


def test_a_table_without_rows_key_is_an_error() -> None:
    broken = shown({"application/vnd.govkit.table+json": {"title": "表", "columns": [column("a")]}})
    with pytest.raises(ReportError, match="rows"):
        read(code(broken))


def test_a_table_without_columns_is_an_error() -> None:
    with pytest.raises(ReportError, match="没有列"):
        read(code(table("表", [], [])))


def test_an_absent_section_keeps_its_reason() -> None:
    block = read(code(absent("没有台账。", 2, 1))).blocks[0]
    assert isinstance(block, Absent)
    assert (block.reason, plain(block.blocks[0].runs)) == ("没有台账。", "没有台账。")  # type: ignore[union-attr]


# ---- figures


def test_a_figure_keeps_its_words_its_size_and_its_interactive_twin() -> None:
    block = read(code(figure("图题", html="<iframe></iframe>", width=420, height=300))).blocks[0]
    assert isinstance(block, Figure)
    assert (block.caption, block.alt, block.width, block.height) == ("图题", "图题的说明", 420, 300)
    assert block.html == "<iframe></iframe>"


def test_a_plain_picture_takes_its_size_from_its_own_bytes() -> None:
    block = read(code(shown({"image/png": base64.b64encode(png(30, 20)).decode()}))).blocks[0]
    assert isinstance(block, Figure)
    assert (block.width, block.height) == (30, 20)


def test_a_corrupt_picture_is_lost_and_named() -> None:
    document = read(code(shown({"image/png": base64.b64encode(b"no picture").decode()})))
    assert (document.figures, [one.lost for one in document.lost]) == (0, ["figure"])


@pytest.mark.parametrize(
    ("tag", "size"),
    [
        ('<svg width="20" height="10"/>', (20, 10)),
        ('<svg width="72pt" height="36pt"/>', (96, 48)),
        ('<svg viewBox="0 0 200 50"/>', (200, 50)),
        ('<svg width="100%" height="5"/>', (640, 480)),
        ("<svg/>", (640, 480)),
    ],
    ids=["pixels", "points", "viewBox", "percent", "nothing"],
)
def test_an_svg_tells_its_size(tag: str, size: tuple[float, float]) -> None:
    assert size_of(tag.encode(), "image/svg+xml") == size


def test_a_jpeg_tells_its_size() -> None:
    start = b"\xff\xd8\xff\xe0\x00\x04\x00\x00\xff\xc0\x00\x11\x08" + (7).to_bytes(2, "big") + (9).to_bytes(2, "big")
    assert (kind_of(start), size_of(start, JPEG)) == (JPEG, (9, 7))


def test_a_picture_attached_to_markdown_becomes_a_figure() -> None:
    cell = new_markdown_cell("![村口](attachment:a.png)")
    cell["attachments"] = {"a.png": {"image/png": base64.b64encode(png()).decode()}}
    block = read(cell).blocks[0]
    assert isinstance(block, Figure)
    assert (block.caption, block.number) == ("村口", 1)


def test_a_picture_at_an_outside_address_is_lost_and_its_address_named() -> None:
    document = prose("见 ![村口](http://example.org/a.png)。")
    assert [type(block) for block in document.blocks] == [Paragraph, Lost]
    assert "http://example.org/a.png" in document.lost[0].reason


def test_a_picture_beside_the_notebook_becomes_a_figure(tmp_path: Path) -> None:
    (tmp_path / "村 口.png").write_bytes(png())
    cells = [new_markdown_cell("![村口](村%20口.png)")]
    assert read_document(notebook(*cells), folder=tmp_path).figures == 1


# ---- Markdown


def runs(text: str) -> list[tuple[str, bool]]:
    block = prose(text).blocks[0]
    assert isinstance(block, Paragraph)
    return [(run.text, run.bold) for run in block.runs]


def test_bold_holds_between_a_percent_sign_and_a_chinese_character() -> None:
    assert runs("占**98.5%**的村") == [("占", False), ("98.5%", True), ("的村", False)]


def test_bold_after_a_percent_sign_never_pairs_with_a_later_one() -> None:
    bold = [text for text, is_bold in runs("占**98.5%**的村有**9**个，**全部。**达标") if is_bold]
    assert bold == ["98.5%", "9", "全部。"]


def test_bold_holds_other_settings_within() -> None:
    block = prose("**见 `a.csv` 与[甲](https://example.org)**").blocks[0]
    assert isinstance(block, Paragraph)
    assert all(run.bold for run in block.runs)
    assert [run.text for run in block.runs if run.code or run.link] == ["a.csv", "甲"]


def test_escaped_stars_stay_stars() -> None:
    assert "".join(text for text, _ in runs(r"\*\*不加粗\*\*")) == "**不加粗**"


def test_a_line_end_leaves_no_space_within_chinese_and_one_within_english() -> None:
    assert ["".join(t for t, _ in runs(text)) for text in ("上一行\n下一行", "one\ntwo")] == ["上一行下一行", "one two"]


def test_html_in_a_program_s_markdown_is_shown_as_typed_and_reported() -> None:
    document = read(code(shown({"text/markdown": "村名<b>甲</b>"})))
    assert plain(document.blocks[0].runs) == "村名<b>甲</b>"  # type: ignore[union-attr]
    assert [one.mime for one in document.unconverted] == ["text/html"] * 2


def test_tags_an_author_writes_set_the_text_between_them() -> None:
    block = prose("CO<sub>2</sub> 与<b>粗</b>").blocks[0]
    assert isinstance(block, Paragraph)
    assert [(run.text, run.raised, run.bold) for run in block.runs][1] == ("2", "sub", False)
    assert block.runs[-1].bold


def test_a_script_in_an_author_s_markdown_stays_text() -> None:
    assert plain(prose("村名<script>alert(1)</script>").blocks[0].runs) == "村名<script>alert(1)</script>"  # type: ignore[union-attr]


def test_entities_are_read_once() -> None:
    assert runs("&lt;b&gt; &amp;lt;") == [("<b> &lt;", False)]


def test_only_harmless_links_are_kept() -> None:
    block = prose("[甲](https://example.org) [乙](javascript:alert(1))").blocks[0]
    assert isinstance(block, Paragraph)
    assert [run.link for run in block.runs if run.text in "甲乙"] == ["https://example.org", ""]


def test_lists_nest() -> None:
    block = prose("- 甲\n  - 乙\n- 丙").blocks[0]
    assert isinstance(block, ListBlock)
    assert [type(part).__name__ for part in block.items[0]] == ["Paragraph", "ListBlock"]


def test_a_quotation_and_a_code_block_are_kept() -> None:
    document = prose("> 引文\n\n```\nx = 1\n```")
    assert isinstance(document.blocks[0], Quote)
    assert document.blocks[1] == Code("x = 1")


def test_a_markdown_table_is_a_table_whose_bold_rows_are_emphasised() -> None:
    block = tables(prose("|村|数|\n|--|--:|\n|甲|1|\n|**合计**|**1**|"))[0]
    assert [(one.label, one.align) for one in block.columns] == [("村", "left"), ("数", "right")]
    assert (block.rows, block.emphasis) == ((("甲", "1"), ("合计", "1")), (1,))


def test_direction_marks_are_taken_out_and_reported() -> None:
    document = prose("甲\u202e乙")
    assert plain(document.blocks[0].runs) == "甲乙"  # type: ignore[union-attr]
    assert document.unconverted[0].mime == "text/plain"


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=80))
def test_any_markdown_at_all_can_be_read(text: str) -> None:
    assert isinstance(prose(text), Document)


@given(st.lists(st.integers(1, 6), min_size=1, max_size=12))
def test_no_two_headings_of_a_document_share_an_anchor(levels: list[int]) -> None:
    anchors = [heading.anchor for heading in prose("\n\n".join("#" * n + " 题" for n in levels)).headings]
    assert len(anchors) == len(set(anchors))


# ---- plain HTML tables


def read_tables(html: str) -> list[TableBlock]:
    return tables(read(code(shown({"text/html": html}))))


def test_a_pandas_table_loses_its_counter_and_keeps_its_numbers_to_the_right() -> None:
    block = read_tables(FRAME_HTML)[0]
    assert [(one.label, one.align) for one in block.columns] == [("街镇", "left"), ("得分", "right")]
    assert block.rows == (("群力街道", "88.5"), ("新发镇", "79"))


def test_a_named_index_and_two_storeys_of_heads_become_labels_and_groups() -> None:
    html = """<table><thead><tr><th></th><th colspan="2">设施</th></tr><tr><th></th><th>中心</th><th>广场</th></tr>
    <tr><th>村</th><th></th><th></th></tr></thead><tbody><tr><th>甲</th><td>1</td><td>2</td></tr></tbody></table>"""
    heads = [(one.group, one.label) for one in read_tables(html)[0].columns]
    assert heads == [("", "村"), ("设施", "中心"), ("设施", "广场")]


def test_a_label_that_spans_rows_is_repeated() -> None:
    html = """<table><tbody><tr><th rowspan="2">镇</th><th>甲</th><td>1</td></tr><tr><th>乙</th><td>2</td></tr></tbody>
    </table>"""
    assert read_tables(html)[0].rows == (("镇", "甲", "1"), ("镇", "乙", "2"))


def test_captions_remarks_and_several_tables_are_read() -> None:
    html = "<table><caption>题</caption><tr><td>1</td></tr></table><p>5 rows</p><table><tr><td>2</td></tr></table>"
    document = read(code(shown({"text/html": html})))
    first, second = tables(document)
    assert (first.title, second.rows) == ("题", (("2",),))
    assert plain(document.blocks[1].runs) == "5 rows"  # type: ignore[union-attr]


def test_a_ragged_table_is_squared() -> None:
    assert read_tables("<table><tr><td>1</td></tr><tr><td>2</td><td>3</td></tr></table>")[0].rows == (
        ("1", ""),
        ("2", "3"),
    )


def test_a_table_beside_a_script_is_left_to_the_browser() -> None:
    document = read(code(shown({"text/html": "<table><tr><td>1</td></tr></table><script>x()</script>"})))
    assert isinstance(document.blocks[0], Embed)


# ---- setting of tables


@given(
    st.lists(st.sampled_from(["text", "number", "code", "mark"]), min_size=1, max_size=25),
    st.lists(st.text("村社区建设abc123", max_size=60), min_size=1, max_size=25),
)
def test_a_table_always_fits_its_page(kinds: list[str], texts: list[str]) -> None:
    cells = [texts[at % len(texts)] for at in range(len(kinds))]
    block = tables(read(code(table("表", [column(f"列{at}", kind) for at, kind in enumerate(kinds)], [cells]))))[0]
    setting = set_table(block)
    assert sum(setting.widths) <= text_widths()[setting.landscape] + 0.5


def test_a_table_of_short_columns_stays_upright_at_full_size() -> None:
    block = tables(read(code(table("表", [column("村"), column("数", "number")], [["太平村", "12"]]))))[0]
    assert (set_table(block).size, set_table(block).landscape) == (10.5, False)


def test_a_wide_table_is_squeezed_turned_and_parted_but_never_set_smaller_than_nine_points() -> None:
    for count in (7, 9, 14, 30, 60):
        heads = [column("名称"), *(column(f"第{at}项指标", "number", "小时") for at in range(count - 1))]
        block = tables(read(code(table("表", heads, [["甲村社区党群服务中心", *["1,234.5"] * (count - 1)]] * 5))))[0]
        assert {set_table(part).size >= 9 for part in split_columns(block)} == {True}, count


def test_of_a_table_of_very_many_rows_paper_holds_the_first_and_counts_the_rest() -> None:
    rows = tuple((str(at), str(at)) for at in range(1005))
    table = TableBlock("", (Column("甲"), Column("乙")), rows, emphasis=(3, 1004), note="注。")
    (part,) = split_columns(table)
    assert (part.rows, part.emphasis) == (rows[:1000], (3,))
    assert part.note == "注。共 1,005 行，此处略去后面 5 行，全部列在网页版和附表中。"


def test_tables_with_the_same_heads_have_the_same_type() -> None:
    heads = [column("清单项"), *(column(f"第{at}项", "number") for at in range(7))]
    long, short = (table("表", heads, [[name, *["1,234.5"] * 7]] * 3) for name in ("坚持党的领导" * 9, "甲"))
    read_blocks = read(code(long, short)).blocks
    alone = {set_table(one).size for one in read_blocks if isinstance(one, TableBlock)}
    together = {set_table(one).size for one in with_sisters(read_blocks) if isinstance(one, TableBlock)}
    assert len(alone) == 2
    assert together == {min(alone)}


def test_short_values_get_their_whole_width_beside_a_long_text() -> None:
    block = tables(read(code(table("表", [column("村"), column("说明")], [["东方红村", "说" * 400]]))))[0]
    setting = set_table(block)
    assert setting.widths[0] >= 4 * setting.size + 2 * setting.padding


def test_an_unknown_level_of_nesting_keeps_headings_in_order() -> None:
    document = prose("- # 甲\n\n# 乙")
    assert [plain(block.runs) for block in document.headings] == ["甲", "乙"]
    assert isinstance(document.blocks[-1], Heading)


def test_a_figure_kept_as_pdf_is_a_picture_of_its_size() -> None:
    page = typst.compile(b"#set page(width: 30pt, height: 15pt)\n", format="pdf")
    document = read_document(notebook(code(shown({"application/pdf": base64.b64encode(page).decode()}))))
    (found,) = document.blocks
    assert isinstance(found, Figure)
    assert (found.mime, round(found.width), round(found.height)) == ("image/png", 40, 20)


def test_a_store_of_icons_is_no_figure_and_a_bar_says_how_far_it_is() -> None:
    page = "<svg style='position:absolute; width: 0; height: 0'><defs></defs></svg><progress value=3 max=10></progress>"
    (found,) = read_document(notebook(code(shown({"text/html": page})))).blocks
    assert isinstance(found, Paragraph)
    assert plain(found.runs) == "3 / 10"


def test_a_row_of_one_cell_heads_the_rows_below_once_and_is_the_note_of_its_table_at_its_foot() -> None:
    page = "<table><tr><th>村<th>户</tr><tr><td colspan=2>一组</tr><tr><td>太平村<td>3</tr>"
    page += "<tfoot><tr><td colspan=2>来源：台账</tr></tfoot></table>"
    (found,) = read_document(notebook(code(shown({"text/html": page})))).blocks
    assert isinstance(found, TableBlock)
    assert (found.rows, found.note) == ((("一组", ""), ("太平村", "3")), "来源：台账")


@pytest.mark.parametrize("page", ["[下载](data.csv)", "<a href='data.csv'>下载</a>"])
def test_a_link_to_a_file_that_does_not_come_along_is_said(page: str) -> None:
    (said,) = read_document(notebook(new_markdown_cell(page))).unconverted
    assert "data.csv" in said.reason
    assert said.lost == ""


def test_a_platform_s_badge_is_no_lost_figure() -> None:
    page = "[![Open](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/x)"
    assert read_document(notebook(new_markdown_cell(page))).lost == ()


def test_a_notebook_that_shows_nothing_says_so() -> None:
    assert "没有显示任何内容" in str(read_document(notebook(code())).unconverted[0])


def test_a_table_of_pages_is_set_close_and_small() -> None:
    columns = (Column("村"), Column("户数", kind="integer", align="right"))
    rows = tuple((f"第{at}村", str(at)) for at in range(90))
    short, long = (set_table(TableBlock("户数", columns, rows[:count])) for count in (30, 90))
    assert (short.size, short.row_gap) == (10.5, 5.25)
    assert long.size == 9.0
    assert long.row_gap < 0.6 * short.row_gap


def test_a_work_is_cited_with_the_page_it_is_on(tmp_path: Path) -> None:
    (tmp_path / "a.bib").write_text("@book{li, title={书}, year={2020}}\n@book{wu, title={册}, year=2019}", "utf-8")
    document = read_document(notebook(new_markdown_cell("引文[@li; @wu, 第 3 页]。")), folder=tmp_path)
    assert plain(next(block.runs for block in document.blocks if isinstance(block, Paragraph))) == "引文[1][2]第 3 页。"
    assert document.lost == ()


def test_a_word_without_end_is_broken_in_print_and_copied_without_hidden_signs(tmp_path: Path) -> None:
    write_pdf(read_document(notebook(new_markdown_cell("前" + "x" * 200 + "后"))), tmp_path / "r.pdf")
    text = PdfReader(tmp_path / "r.pdf").pages[0].extract_text()
    lines = [line.count("x") for line in text.splitlines() if "x" in line]
    assert (sum(lines), max(lines) < 120, "\u200b" in text) == (200, True, False)


def test_tips_that_stand_in_a_style_alone_are_counted_and_named() -> None:
    import pandas as pd

    frame = pd.DataFrame({"户数": [31, 47]})
    tips = frame.style.set_tooltips(pd.DataFrame({"户数": ["比上期多", ""]}))
    (said,) = read_document(notebook(code(shown({"text/html": tips.to_html()})))).unconverted
    assert "共 1 处，如“比上期多”" in str(said)
    assert "完整" not in str(said)
    plain = frame.style.set_caption("题").format(lambda one: f"<i style='color:red'>{one}</i>")
    (said,) = read_document(notebook(code(shown({"text/html": plain.to_html()})))).unconverted
    assert "完整" in str(said)
