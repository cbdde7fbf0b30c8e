"""Deck → PowerPoint: native titles, numbers and tables, maps as pictures, notes, the bureau's colour, fixed bytes."""

from __future__ import annotations

import base64
import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from deck_notebook import deck_notebook, head
from hypothesis import given, settings
from hypothesis import strategies as st
from nbformat.v4 import new_markdown_cell
from pptx import Presentation
from sample_notebook import code, column, cover, notebook, png, table

from govkit.documents.deck.pptx import picture_bytes, write_pptx
from govkit.documents.deck.pptx_pen import column_widths
from govkit.documents.read.blocks import Column, TableBlock
from govkit.documents.read.images import PNG, kind_of, size_of

SVG = b"<svg xmlns='http://www.w3.org/2000/svg' width='40' height='20'><rect width='40' height='20' fill='#a00'/></svg>"


def written(folder: Path, made: Any) -> Any:
    write_pptx(made, folder / "maps.slides.pptx")
    return Presentation(str(folder / "maps.slides.pptx"))


def texts(page: Any) -> list[str]:
    return [shape.text_frame.text for shape in page.shapes if shape.has_text_frame and shape.text_frame.text]


def test_same_notebook_same_bytes_whatever_the_clock(tmp_path: Path) -> None:
    for name in ("a.pptx", "b.pptx"):
        write_pptx(deck_notebook(), tmp_path / name)
    assert (tmp_path / "a.pptx").read_bytes() == (tmp_path / "b.pptx").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.pptx") as made:
        assert {entry.date_time[0] for entry in made.infolist()} == {1980}


def test_slides_are_wide_and_their_titles_native(tmp_path: Path) -> None:
    made = written(tmp_path, deck_notebook())
    assert made.slide_width * 9 == made.slide_height * 16
    assert [page.shapes.title.text_frame.text for page in made.slides] == [
        "城乡社区治理评估报告",
        "汇报提纲",
        "23 个街道得分中位数 88.2 分",
        "23 个街道中 9 个“优秀”",
        "甲居首（99.0 分）",
    ]


def test_a_map_is_a_picture_that_says_what_it_shows(tmp_path: Path) -> None:
    page = written(tmp_path, deck_notebook()).slides[3]
    (picture,) = [shape for shape in page.shapes if shape.shape_type == 13]
    assert kind_of(picture.image.blob) == PNG
    assert picture._element.nvPicPr.cNvPr.get("descr") == "综合得分的说明"


def test_nothing_lies_outside_a_slide(tmp_path: Path) -> None:
    made = written(tmp_path, deck_notebook(logo=f"data:image/png;base64,{base64.b64encode(png()).decode()}"))
    for page in made.slides:
        for shape in page.shapes:
            assert shape.left >= 0
            assert shape.top >= 0
            assert shape.left + shape.width <= made.slide_width
            assert shape.top + shape.height <= made.slide_height


def test_the_ranking_is_a_native_table_in_two_columns(tmp_path: Path) -> None:
    page = written(tmp_path, deck_notebook()).slides[4]
    left, right = [shape.table for shape in page.shapes if shape.has_table]
    assert [cell.text for cell in left.rows[0].cells] == ["名次", "街道", "得分"]
    assert [cell.text for cell in right.rows[1].cells] == ["13", "第13街道", "87.0"]
    assert (len(left.rows), len(right.rows)) == (13, 12)


def test_key_figures_can_be_edited(tmp_path: Path) -> None:
    assert "97.8 %\n满意度\n较上期上升 2.3 个百分点" in texts(written(tmp_path, deck_notebook()).slides[2])


def test_notes_hold_the_numbers_and_what_was_left_out(tmp_path: Path) -> None:
    made = written(tmp_path, deck_notebook(synthetic=""))
    assert made.slides[3].notes_slide.notes_text_frame.text == "甲 99.0 分；乙 98.0 分"
    assert made.slides[1].notes_slide.notes_text_frame.text == "未列入：本节未生成：没有“资金台账”数据。"
    assert not made.slides[4].has_notes_slide


def test_an_entry_of_the_agenda_leads_to_its_slide(tmp_path: Path) -> None:
    made = written(tmp_path, deck_notebook())
    targets = [shape.click_action.target_slide for shape in made.slides[1].shapes if hasattr(shape, "click_action")]
    assert [page.slide_id for page in targets if page] == [made.slides[at].slide_id for at in (2, 3, 4)]


def test_the_bureau_s_colour_is_the_theme_s(tmp_path: Path) -> None:
    written(tmp_path, deck_notebook(accent="#7a1f1f"))
    with zipfile.ZipFile(tmp_path / "maps.slides.pptx") as made:
        theme = made.read("ppt/theme/theme1.xml").decode("utf-8")
    assert '<a:accent1><a:srgbClr val="7A1F1F"/>' in theme
    assert '<a:ea typeface="微软雅黑"/>' in theme


@pytest.mark.parametrize(("data", "mime"), [(png(), "png"), (SVG, "svg+xml")], ids=["PNG", "SVG"])
def test_a_logo_stands_on_every_slide_as_a_picture_powerpoint_can_read(tmp_path: Path, data: bytes, mime: str) -> None:
    address = f"data:image/{mime};base64,{base64.b64encode(data).decode()}"
    made = written(tmp_path, deck_notebook(logo=address))
    logos = [[shape for shape in page.shapes if shape.shape_type == 13] for page in made.slides]
    assert [len(found) for found in logos] == [1, 1, 1, 2, 1]
    assert kind_of(logos[0][0].image.blob) == PNG


def test_an_svg_keeps_its_proportions_as_a_picture() -> None:
    width, height = size_of(picture_bytes(f"data:image/svg+xml;base64,{base64.b64encode(SVG).decode()}"), PNG)
    assert width == pytest.approx(2 * height, abs=1)


def test_hostile_text_stays_text(tmp_path: Path) -> None:
    hostile = "<a:t>]]>&'\"</a:t>"
    escaped = "".join(f"\\{sign}" if sign in "<>[]" else sign for sign in hostile)
    rows = table("表", [column("街道")], [[hostile]])
    made = written(tmp_path, notebook(code(cover(title=hostile), head(escaped, escaped, notes=(escaped,)), rows)))
    page = made.slides[1]
    assert page.shapes.title.text_frame.text == hostile
    assert page.notes_slide.notes_text_frame.text == hostile
    assert next(shape.table for shape in page.shapes if shape.has_table).cell(1, 0).text == hostile


def test_long_names_are_cut_to_one_line_of_the_foot(tmp_path: Path) -> None:
    made = written(tmp_path, deck_notebook(issuer="甲" * 60, district="乙" * 60))
    shown = [text for text in texts(made.slides[2]) if text.endswith("…")]
    assert [text[0] for text in shown] == ["甲", "乙"]
    assert max(len(text) for text in shown) < 40


def test_a_deck_without_sections_has_no_agenda(tmp_path: Path) -> None:
    made = written(tmp_path, notebook(code(cover(), head("一"), head("二"))))
    assert [page.shapes.title.text_frame.text for page in made.slides][1:] == ["一", "二"]


cells = st.text(alphabet="社区abc 12", max_size=60)


@settings(max_examples=50, deadline=None)
@given(rows=st.lists(st.tuples(cells, cells, cells), min_size=1, max_size=5), width=st.integers(300, 1168))
def test_columns_always_fill_the_width_and_none_vanishes(rows: list[tuple[str, str, str]], width: int) -> None:
    widths = column_widths(TableBlock("表", tuple(Column(name) for name in "甲乙丙"), tuple(rows)), width)
    assert sum(widths) == pytest.approx(width)
    assert min(widths) > 24


def test_the_file_opens_from_memory_as_a_whole(tmp_path: Path) -> None:
    write_pptx(deck_notebook(), tmp_path / "x.pptx")
    assert zipfile.ZipFile(io.BytesIO((tmp_path / "x.pptx").read_bytes())).testzip() is None


def test_formulas_are_pictures_of_their_own_and_letters_above_and_below_the_line(tmp_path: Path) -> None:
    words = new_markdown_cell("# 题\n\n其中 $w_{ij}$ 为权重：\n\n$$\\frac{n}{W}\\sum_i z_i \\tag{1}$$")
    page = written(tmp_path, notebook(words)).slides[1]
    (formula,) = [shape for shape in page.shapes if shape.shape_type == 13]
    assert formula._element.nvPicPr.cNvPr.get("descr") == r"\frac{n}{W}\sum_i z_i"
    assert "（1）" in texts(page)
    runs = [
        run for shape in page.shapes if shape.has_text_frame for one in shape.text_frame.paragraphs for run in one.runs
    ]
    assert [run.text for run in runs if run._r.rPr.get("baseline") == "-25000"] == ["ij"]
