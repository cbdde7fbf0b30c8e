"""Notebook → deck: which slides there are, what stands on them, and what was left out."""

from __future__ import annotations

from pathlib import Path

import pytest
from deck_notebook import RANKED, deck_notebook, head, ranking
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell, new_output
from sample_notebook import absent, code, column, cover, figure, notebook, shown, table

from govkit.display.slides import slide
from govkit.documents.deck.deck import Deck, Number
from govkit.documents.deck.deck import read_deck as read_deck_of
from govkit.documents.read.document import read_document
from govkit.errors import ReportError


def read_deck(made: NotebookNode) -> Deck:
    return read_deck_of(read_document(made))


def test_a_slide_carries_its_head_and_what_is_shown_after_it() -> None:
    numbers, score, rank = read_deck(deck_notebook()).slides
    assert numbers.numbers == (Number("满意度", "97.8", "%", "较上期上升 2.3 个百分点"),)
    assert (numbers.figure, numbers.table) == (None, None)
    assert score.figure is not None
    assert score.notes == ("甲 99.0 分；乙 98.0 分",)
    assert rank.table is not None


def test_headings_are_the_agenda_with_the_first_slide_of_each() -> None:
    assert read_deck(deck_notebook()).agenda == (("主要指标", 0), ("综合得分", 1), ("排名", 2))


def test_why_something_was_left_out_is_said_in_the_notes_of_the_agenda() -> None:
    deck = read_deck(deck_notebook(synthetic="合成数据声明"))
    assert deck.agenda_notes == ("合成数据声明", "未列入：本节未生成：没有“资金台账”数据。")


def test_a_head_whose_map_is_absent_makes_no_slide() -> None:
    made = read_deck(notebook(code(cover(), head("有图"), figure("图"), head("没有图"), absent("没有边界。", 1, 0))))
    assert [slide.title for slide in made.slides] == ["有图"]
    assert made.absent == ("没有边界。",)


def test_a_head_alone_is_a_slide_of_its_own() -> None:
    assert [slide.title for slide in read_deck(notebook(code(head("甲"), head("乙")))).slides] == ["甲", "乙"]


def test_a_second_map_under_one_head_gets_its_own_slide() -> None:
    made = read_deck(notebook(code(head("两幅图"), figure("一"), figure("二"))))
    assert [slide.figure.caption for slide in made.slides if slide.figure] == ["一", "二"]


def test_a_map_before_any_head_has_a_slide_under_the_name_of_the_deck() -> None:
    slides = read_deck(notebook(code(cover(title="汇报"), figure("早"), head("题"), figure("图")))).slides
    assert [(one.title, one.figure.caption if one.figure else "") for one in slides] == [("汇报", "早"), ("题", "图")]


def test_large_numbers_stand_alone_and_what_follows_them_on_the_next_slide() -> None:
    number = {"label": "满意度", "value": "97.8", "unit": "%", "remark": ""}
    first, second = read_deck(notebook(code(head("数", figures=(number,)), figure("图")))).slides
    assert (len(first.numbers), first.figure, len(second.numbers)) == (1, None, 0)
    assert second.figure is not None


@pytest.mark.parametrize(
    ("rows", "halves", "parts"),
    [(12, [12], 1), (13, [7, 6], 1), (24, [12, 12], 1), (25, [7, 6, 12], 2)],
    ids=["one column", "two columns", "full", "two slides"],
)
def test_a_long_ranking_goes_into_two_columns_then_on_to_the_next_slide(
    rows: int, halves: list[int], parts: int
) -> None:
    slides = read_deck(notebook(code(head("排名"), ranking(rows)))).slides
    assert [len(half.rows) for slide in slides for half in slide.columns] == halves
    assert len(slides) == parts
    assert [row[0] for slide in slides for half in slide.columns for row in half.rows] == [
        str(at + 1) for at in range(rows)
    ]


def test_parts_of_a_table_are_numbered_and_only_the_first_has_the_notes() -> None:
    slides = read_deck(notebook(code(head("排名", notes=("说明",)), ranking(30)))).slides
    assert [slide.heading for slide in slides] == ["排名（1/2）", "排名（2/2）"]
    assert [slide.notes for slide in slides] == [("说明",), ()]


def test_a_table_with_long_texts_stays_in_one_column() -> None:
    wordy = table("措施", RANKED, [["1", "请相邻社区现场认界并修正网格图", "9"]] * 13)
    assert [len(slide.columns) for slide in read_deck(notebook(code(head("措施"), wordy))).slides] == [1, 1]


def test_emphasised_rows_stay_emphasised_in_their_column() -> None:
    (slide,) = read_deck(notebook(code(head("排名"), ranking(14, emphasis=[0, 8])))).slides
    assert [half.emphasis for half in slide.columns] == [(0,), (1,)]


def test_texts_are_read_as_markdown_without_control_and_direction_marks() -> None:
    (slide,) = read_deck(notebook(code(head("一\\*二\u202e\u0007", notes=("**甲** 9\\.5",))))).slides
    assert slide.title == "一*二"
    assert slide.notes == ("甲 9.5",)


def test_a_notebook_without_slides_says_what_to_do() -> None:
    with pytest.raises(ReportError, match=r"没有幻灯片。[\s\S]*display\.slides\.slide"):
        read_deck(notebook(code(cover()), new_markdown_cell("# 正文\n\n## 小节")))


def test_a_head_without_a_title_is_refused() -> None:
    with pytest.raises(ReportError, match="没有标题"):
        read_deck(notebook(code(head(""))))


def test_without_a_cover_the_first_title_stands_for_it() -> None:
    assert read_deck(notebook(code(head("唯一的题")))).cover == {"title": "唯一的题"}


def test_a_list_under_a_head_stands_on_its_slide_and_prose_between_slides_on_its_own() -> None:
    made = notebook(
        code(shown(slide("要点")._repr_mimebundle_())),
        new_markdown_cell("- 第一点\n  - 细目\n- 第二点"),
        new_markdown_cell("# 下一节\n\n两张之间的话。"),
        code(head("图", "一行"), figure("图")),
        new_markdown_cell("图后的话。"),
    )
    points, between, _, after = read_deck(made).slides
    assert [(line.level, line.text) for line in points.lines] == [(1, "第一点"), (2, "细目"), (1, "第二点")]
    assert (between.title, between.section, between.lines[0].text) == ("下一节", "下一节", "两张之间的话。")
    assert (after.title, after.lead, after.lines[0].text) == ("图", "一行", "图后的话。")


def test_a_notebook_without_heads_of_slides_is_shown_by_its_headings() -> None:
    made = notebook(
        new_markdown_cell("# 我的研究\n\n引言。\n\n## 方法\n\n见式 \\eqref{a}。\n\n$$x^2 \\tag{1} \\label{a}$$"),
        new_markdown_cell("## 结果"),
        code(figure("图题"), ranking(3)),
    )
    deck = read_deck(made)
    titles = [(one.title, one.lead, [line.text for line in one.lines]) for one in deck.slides]
    assert titles == [
        ("我的研究", "", ["引言。"]),
        ("方法", "", ["见式 （1）。", "x^2（1）"]),
        ("结果", "图题　来源", []),
        ("结果", "排名", []),
    ]
    assert deck.agenda == (("方法", 1), ("结果", 2))


def test_long_text_goes_on_to_further_slides_and_none_of_it_is_cut() -> None:
    text = "".join(f"第{at}句话说的是社区。" for at in range(200))
    slides = read_deck(notebook(new_markdown_cell("# 题\n\n" + text))).slides
    assert len(slides) > 3
    assert "".join(line.text for one in slides for line in one.lines) == text
    assert max(sum(line.rows for line in one.lines) for one in slides) <= 11


def test_what_a_cell_prints_has_a_slide() -> None:
    printed = new_output("stream", name="stdout", text="结论：系数 0.97\n")
    (one,) = read_deck(notebook(code(shown(slide("结论")._repr_mimebundle_()), printed))).slides
    assert [line.text for line in one.lines] == ["结论：系数 0.97"]


def test_a_wide_table_is_parted_by_columns_with_the_first_repeated() -> None:
    columns = [column("村"), *(column(f"指标第{at}项", "number") for at in range(16))]
    rows = [["太平村", *(f"{at}.2345" for at in range(16))]]
    slides = read_deck(notebook(code(shown(slide("宽表")._repr_mimebundle_()), table("表", columns, rows)))).slides
    tables = [one.table for one in slides if one.table]
    # a slide holds 48 em: numbers of four and a half, and the space on either side
    assert [len(one.columns) for one in tables] == [10, 8]
    assert {one.columns[0].label for one in tables} == {"村"}
    assert [label for one in tables for label in [col.label for col in one.columns[1:]]] == [
        c["label"] for c in columns[1:]
    ]


def test_parts_of_a_wide_and_long_table_are_counted_together_and_fit_below_a_line() -> None:
    wide = [column(f"指标第{at}号") for at in range(30)]
    made = notebook(code(head("宽表")), code(table("", wide, [["1"] * 30] * 15)))
    slides = read_deck(made).slides
    assert [slide.part for slide in slides] == [(at, len(slides)) for at in range(1, len(slides) + 1)]
    assert len(slides) > 3


def test_a_deck_of_a_notebook_without_a_title_is_called_as_its_file() -> None:
    document = read_document(notebook(code(table("", [column("村")], [["甲"]]))))
    deck = read_deck_of(document, Path("三社区.v2.slides.pptx"))
    assert (deck.cover["title"], [one.title for one in deck.slides]) == ("三社区.v2", ["三社区.v2"])
