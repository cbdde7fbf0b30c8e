"""Charts: one drawing for print and screen, legible with awkward input, a sentence where there is nothing to draw."""

from __future__ import annotations

import io
import itertools
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import chart_frames as frames
import nbformat
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from pypdf import PdfReader

from govkit.display import charts
from govkit.display.charts import ChartFigure, Shown
from govkit.display.charts.axis import kept_apart
from govkit.display.charts.drawing import Box, Dot, Line, colour, fitted
from govkit.display.fonts import text_width
from govkit.display.palette import grey
from govkit.documents.html.page import write_html
from govkit.documents.pdf.file import write_pdf
from govkit.documents.read.blocks import Figure
from govkit.documents.read.document import read_document
from govkit.errors import UnknownNameError

ALL = {**frames.EASY, **frames.HARD}
EQUAL = frames.sampled(4).assign(value=1.0, low=frames.NAN, high=frames.NAN)
UNMOVED = frames.ranked(9).assign(last_rank=range(1, 10))


def drawn(make: Callable[[], Shown]) -> ChartFigure:
    found = make()
    assert isinstance(found, ChartFigure), found
    return found


@pytest.fixture(params=ALL, ids=list(ALL))
def chart(request: pytest.FixtureRequest) -> ChartFigure:
    return drawn(ALL[request.param])


def texts(chart: ChartFigure) -> str:
    return "\n".join(words.text for words in chart.texts)


def test_every_text_stands_on_the_sheet(chart: ChartFigure) -> None:
    for words in chart.texts:
        left, top, right, foot = words.extent
        assert -0.03 < left < right < chart.width + 0.03, words
        assert -0.03 < top < foot < chart.height + 0.03, words


def test_no_two_texts_overlap(chart: ChartFigure) -> None:
    extents = [(words.text, words.extent) for words in chart.texts]
    for (one, a), (other, b) in itertools.combinations(extents, 2):
        across, down = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
        assert across < 0.03 or down < 0.05, (one, other)


def test_a_chart_takes_the_text_block_or_half_of_it_and_is_never_too_high(chart: ChartFigure) -> None:
    assert chart.width in (15.6, 7.6)
    assert chart.height <= 17.0


def test_the_alternative_text_says_the_finding_and_numbers_that_prove_it(chart: ChartFigure) -> None:
    assert chart.alt.startswith(frames.FINDING)
    assert len(re.findall(r"\d[\d,.]*", chart.alt)) >= 1 + len(re.findall(r"\d", frames.FINDING))


@pytest.mark.parametrize("kind", frames.EASY)
def test_print_and_screen_show_the_same_words(kind: str) -> None:
    chart = drawn(frames.EASY[kind])
    shown = re.findall(r"<text[^>]*>([^<]*)</text>", chart.svg.decode())
    assert [one.replace("&lt;", "<").replace("&amp;", "&") for one in shown] == [words.text for words in chart.texts]


@pytest.mark.parametrize("kind", frames.EASY)
def test_the_same_frame_gives_the_same_bytes(kind: str) -> None:
    one, other = drawn(frames.EASY[kind]), drawn(frames.EASY[kind])
    assert (one.png, one.svg) == (other.png, other.svg)


def test_a_figure_says_its_size_caption_note_and_source() -> None:
    chart = charts.intervals(frames.sampled(5), finding="发现", target=0.96, note="注：甲。", source="来源：乙。")
    assert isinstance(chart, ChartFigure)
    data, metadata = chart._repr_mimebundle_()
    assert {"image/png", "image/svg+xml"} <= set(data)
    assert metadata["govkit"]["caption"] == "发现"
    assert (metadata["govkit"]["note"], metadata["govkit"]["source"]) == ("注：甲。", "来源：乙。")
    width = Image.open(io.BytesIO(chart.png)).width
    assert metadata["image/png"]["width"] == pytest.approx(width * 96 / 200, abs=1)


def shown_in_a_notebook(*shown: ChartFigure) -> Any:
    notebook = nbformat.v4.new_notebook()
    for chart in shown:
        data, metadata = chart._repr_mimebundle_()
        cell = nbformat.v4.new_code_cell("show(chart)")
        cell.outputs = [nbformat.v4.new_output("display_data", data, metadata=metadata)]
        notebook.cells.append(cell)
    return notebook


def test_a_document_takes_the_drawing_and_sets_the_finding_above_and_the_note_below(tmp_path: Path) -> None:
    chart = replace(drawn(frames.EASY["bars"]), note="注：甲。", source="来源：乙。")
    notebook = shown_in_a_notebook(chart)
    figure = read_document(notebook).blocks[0]
    assert isinstance(figure, Figure)
    assert (figure.vector, figure.image, figure.kind) == (chart.svg, chart.png, "chart")
    write_html(notebook, tmp_path / "r.html", title="")
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    places = [page.index(part) for part in ("<span>" + frames.FINDING, "data:image/svg+xml", "注：甲。", "来源：乙。")]
    assert places == sorted(places)


def test_the_words_of_a_chart_can_be_searched_in_the_pdf(tmp_path: Path) -> None:
    write_pdf(read_document(shown_in_a_notebook(drawn(frames.EASY["ranking"]))), tmp_path / "r.pdf", system_fonts=False)
    page = PdfReader(tmp_path / "r.pdf").pages[0].extract_text()
    assert "第23社区" in page
    assert "名次（第1位最好）" in page


def test_two_charts_of_half_the_width_stand_side_by_side(tmp_path: Path) -> None:
    half = drawn(frames.HARD["half as wide months"])
    write_pdf(read_document(shown_in_a_notebook(half, half)), tmp_path / "two.pdf", system_fonts=False)
    heights: list[float] = []
    PdfReader(tmp_path / "two.pdf").pages[0].extract_text(
        visitor_text=lambda text, cm, tm, font, size: (
            heights.append(round(tm[5])) if frames.FINDING[:4] in text else None
        )
    )
    assert len(heights) == 2
    assert heights[0] == heights[1]


def test_the_picture_in_a_document_holds_neither_title_nor_note() -> None:
    chart = charts.intervals(frames.sampled(5), finding="发现", target=0.96, note="注：甲。")
    assert isinstance(chart, ChartFigure)
    assert "发现" not in texts(chart)
    assert "注：甲。" not in texts(chart)
    assert "发现" in texts(chart.titled())
    assert "注：甲。" in texts(chart.titled())


@pytest.mark.parametrize("suffix", ["png", "svg", "pdf"])
def test_a_chart_can_be_saved_with_its_title(tmp_path: Path, suffix: str) -> None:
    path = drawn(frames.EASY["bars"]).save(tmp_path / f"图.{suffix}")
    assert path.read_bytes()[:4] in (b"\x89PNG", b"<svg", b"%PDF")


def test_another_ending_is_refused_with_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="图表文件格式"):
        drawn(frames.EASY["bars"]).save("图.gif")


def test_the_three_states_lie_apart_on_a_grey_printer_and_differ_in_shape() -> None:
    light = sorted(grey(colour(state)) for state in ("good", "between", "bad"))
    assert min(b - a for a, b in itertools.pairwise(light)) > 12
    chart = drawn(frames.EASY["indicator_profile"])
    shapes = {mark.shape for mark in chart.marks if isinstance(mark, Dot)}
    assert {"circle", "square", "diamond"} <= shapes


def test_a_leaf_without_value_keeps_its_row_with_a_dash_and_has_no_mark() -> None:
    frame = frames.leaves(4)
    chart = drawn(lambda: charts.indicator_profile(frame, finding=frames.FINDING))
    assert "第3社区" in texts(chart)
    row = next(words.y for words in chart.texts if words.text.startswith("第3社区"))
    assert [words.text for words in chart.texts if words.y == row and words.bold] == ["—"]
    filled = [mark for mark in chart.marks if isinstance(mark, Dot) and mark.y == row and mark.fill != colour("paper")]
    assert filled == []


def test_a_leaf_that_nobody_has_a_value_of_is_counted_below_and_has_no_row() -> None:
    frame = frames.leaves(4)
    frame.loc[2, "last"] = float("nan")
    frame.at[2, "peers"] = ()
    chart = drawn(lambda: charts.indicator_profile(frame, finding=frames.FINDING))
    assert not any(one.startswith("第3社区") for one in texts(chart))
    assert "另有1项各单位都没有数据，未列" in texts(chart)


def test_fewer_than_eight_units_show_a_tick_each_and_no_quarters() -> None:
    few = frames.leaves(1).assign(peers=[(50.0, 60.0, 70.0)])
    chart = drawn(lambda: charts.indicator_profile(few, finding=frames.FINDING))
    bands = [mark for mark in chart.marks if isinstance(mark, Box) and mark.fill == colour("middle") and mark.y > 1]
    assert bands == []
    assert any(words.text.endswith("*") for words in chart.texts)


def test_a_range_wholly_below_the_target_is_a_filled_diamond_and_one_across_it_is_open() -> None:
    frame = pd.DataFrame(
        {
            "name": ["甲村", "乙村", "丙村"],
            "value": [0.99, 0.96, 0.90],
            "low": [0.97, 0.94, 0.85],
            "high": [1, 0.98, 0.94],
            "n": 99,
        }
    )
    chart = drawn(lambda: charts.intervals(frame, finding=frames.FINDING, target=0.96))
    dots = [(mark.shape, mark.fill) for mark in chart.marks if isinstance(mark, Dot)]
    assert dots == [("circle", colour("good")), ("circle", colour("paper")), ("diamond", colour("bad"))]


def test_fewer_than_thirty_answers_are_shown_as_counts() -> None:
    chart = drawn(lambda: charts.intervals(frames.sampled(5).assign(n=[12, 99, 99, 99, 99]), finding=frames.FINDING))
    assert "12/12" in texts(chart)


@pytest.mark.parametrize(
    ("shown", "sentence"),
    [
        (charts.intervals(EQUAL, finding="", what="达标率"), "达标率4个单位均为100.0%。"),
        (charts.intervals(frames.sampled(1), finding="", what="达标率"), "第1社区达标率为99.0%。"),
        (charts.ranking(frames.ranked(1), finding=""), "第1社区得分为95.5。"),
        (charts.ranking(frames.ranked(9).assign(score=80.0), finding=""), "得分9个单位均为80.0。"),
        (charts.missing_items(frames.gaps(0), finding=""), "没有缺项。"),
        (charts.rank_change(UNMOVED, finding=""), "9个单位的名次变动都不到3位。"),
        (charts.months(frames.by_month(1), finding="", what="事项"), "1月事项为100。"),
        (frames.waterfall(frames.changes(3).assign(change=0.0)), "2018年下半年得分83.5分，与2018年上半年相同。"),
    ],
    ids=["all equal", "one unit", "one rank", "equal scores", "no gap", "no move", "one month", "no change"],
)  # fmt: skip
def test_where_nothing_can_be_compared_one_sentence_stands(shown: Shown, sentence: str) -> None:
    assert shown == sentence


def test_up_to_four_ranked_units_are_bars_from_nought() -> None:
    chart = drawn(lambda: charts.ranking(frames.ranked(4), finding=frames.FINDING))
    bars = [mark for mark in chart.marks if isinstance(mark, Box)]
    assert len(bars) == 4
    assert len({bar.x for bar in bars}) == 1


def test_a_long_ranking_shows_its_ends_and_the_neighbourhood_and_says_what_is_left_out() -> None:
    shown = texts(drawn(frames.HARD["265 ranked units"]))
    assert all(f"第{at}社区" in shown for at in (1, 3, 95, 100, 105, 263, 265))
    assert "第50社区" not in shown
    assert "中间91个单位未列" in shown


def test_parts_that_do_not_add_up_to_the_change_are_refused() -> None:
    with pytest.raises(ValueError, match="add up"):
        charts.score_change(frames.changes(3), last=80, now=81, labels=("前", "后"), finding="")


def test_small_parts_of_a_change_are_one_bar_and_losses_come_last_hatched() -> None:
    frame = pd.DataFrame({"label": ["甲", "乙", "丙", "丁"], "change": [0.1, -0.5, 2.0, 0.05]})
    chart = drawn(lambda: frames.waterfall(frame))
    order = [words.text for words in chart.texts if words.align == "right"]
    assert order.index("丙") < order.index("其余2项合计") < order.index("乙")
    assert any(isinstance(mark, Line) and mark.colour == colour("bad") for mark in chart.marks)


def test_few_cases_are_shown_as_counts_in_their_parts() -> None:
    frame = pd.DataFrame(
        {"name": ["甲", "乙"], "grid": [10, 300], "community": [5, 100], "street": [0, 0], "district": [0, 0]}
    )
    shown = texts(drawn(lambda: charts.stacked_shares(frame, frames.PARTS, finding=frames.FINDING)))
    assert "10\n5" in shown
    assert "75%" in shown


def test_a_missing_month_breaks_the_line() -> None:
    chart = drawn(frames.EASY["months"])
    lines = [mark for mark in chart.marks if isinstance(mark, Line) and mark.colour == colour("good")]
    assert [len(line.points) for line in lines] == [3, 8]


def test_only_units_outside_the_limits_and_the_own_one_are_named_in_a_funnel() -> None:
    shown = [words.text for words in drawn(frames.EASY["funnel"]).texts if words.text.startswith("第")]
    assert sorted(shown) == ["第14社区", "第23社区", "第3社区", "第5社区"]


def test_negative_amounts_have_no_lorenz_curve() -> None:
    with pytest.raises(ValueError, match="negative"):
        charts.lorenz(pd.DataFrame({"weight": [1, 1], "value": [1, -1]}), finding="", gini=0.0)


@given(st.text(alphabet="道里区群力街道，（）ab12", min_size=1, max_size=60), st.floats(1.5, 6))
@settings(max_examples=60, deadline=None)
def test_a_fitted_name_never_leaves_its_column(name: str, width: float) -> None:
    lines, size = fitted(name, width)
    assert len(lines) <= 2
    # a closing mark may hang over the edge by its own width
    assert all(text_width(line, size) <= width + size * 0.0353 * 2.1 for line in lines)


@given(st.lists(st.floats(0, 10), min_size=1, max_size=20))
@settings(max_examples=60, deadline=None)
def test_labels_kept_apart_keep_their_order_and_distance(places: list[float]) -> None:
    moved = kept_apart(places, 0.4, 0.0, 12.0)
    pairs = sorted(zip(places, moved, strict=True), key=lambda pair: pair[1])
    assert all(b[1] - a[1] >= 0.399 for a, b in itertools.pairwise(pairs))
    assert [place for place, _ in pairs] == sorted(places)


def test_long_names_that_differ_at_their_end_are_told_apart_when_cut() -> None:
    cut = [fitted(f"{frames.LONG}{at}", 3.0, lines=1)[0][0] for at in (11, 12)]
    assert cut[0] != cut[1]
    assert all("…" in one and one.startswith("哈尔滨") and text_width(one, 6) <= 3.0 for one in cut)


def test_names_of_a_matrix_in_two_halves_move_with_their_cells() -> None:
    one, two = (
        drawn(lambda count=count: charts.missing_items(frames.gaps(count), finding="缺项")) for count in (3, 20)
    )
    assert any(one.names)
    assert not any(two.names)


def test_latin_heads_of_a_matrix_are_turned_and_grades_keep_their_words() -> None:
    gaps = frames.gaps(3).assign(
        item=["Police room", "Reading room for children", "Clinic"] * (len(frames.gaps(3)) // 3)
    )
    found = drawn(lambda: charts.missing_items(gaps, finding="Gaps"))
    turned = [mark for mark in found.texts if mark.turned]
    assert {"Clinic", "Police room"} <= {mark.text for mark in turned}
    assert all(mark.extent[1] > 0.3 for mark in turned)
    assert "rotate(-90" in found.svg.decode()
    ranks = frames.ranked(9).assign(grade="Needs improvement")
    assert fitted("Needs improvement", 1.6)[0] == ["Needs", "improvement"]
    assert "improvement" in {mark.text for mark in drawn(lambda: charts.ranking(ranks, finding="Ranks")).texts}
