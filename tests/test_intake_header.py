"""Finding the header of a sheet, and what its columns are."""

import pandas as pd
import pytest

from govkit.errors import SourceError
from govkit.intake.reading import schema
from govkit.intake.reading.columns import is_personal, match_columns, require
from govkit.intake.reading.sources import Source
from govkit.intake.sheets.grid import Grid, text_frame
from govkit.intake.sheets.header import Found, find_header
from govkit.intake.values.months import month_of
from govkit.intake.values.quantities import factor, split_unit, units_in_title

FACILITIES = schema.table("facilities")


def found(lines: list[list[object]], table: str = "facilities", merged: tuple = (), **options: int) -> Found | None:
    return find_header(Grid("", text_frame(lines), merged), schema.table(table), **options)


HEAD = ["编号", "名称", "类型", "单元代码", "建筑面积"]
ROW = ["F1", "卫生室", "医疗卫生站", "230102100201", 80]


def test_a_header_in_the_first_row_is_found() -> None:
    header = found([HEAD, ROW])
    assert header is not None
    assert (header.start, header.end) == (0, 1)


def test_title_rows_above_the_header_are_passed_over_and_kept_as_title() -> None:
    header = found([["道里区设施台账"], ["单位:㎡", None, "填报日期:2018年12月"], [], HEAD, ROW])
    assert header is not None
    assert (header.start, header.end) == (3, 4)
    assert header.title.startswith("道里区设施台账\n单位:㎡")


def test_two_merged_header_rows_are_joined() -> None:
    rows = [
        ["设施台账"],
        ["编号", "名称", "类型", "单元代码", "面积(㎡)", None, "坐标", None],
        [None, None, None, None, "建筑", "对外开放", "经度", "纬度"],
        [*ROW[:4], 80, 60, 126.4, 45.6],
    ]
    merged = ((1, 0, 2, 0), (1, 1, 2, 1), (1, 2, 2, 2), (1, 3, 2, 3), (1, 4, 1, 5), (1, 6, 1, 7))
    header = found(rows, merged=merged)
    assert header is not None
    assert (header.start, header.end) == (1, 3)
    assert [one.text for one in header.headers][4:] == ["面积(㎡)/建筑", "面积(㎡)/对外开放", "坐标/经度", "坐标/纬度"]


def test_two_header_rows_are_found_without_merged_ranges_too() -> None:
    rows = [
        ["编号", "名称", "类型", "单元代码", "面积(㎡)", None, None],
        [None, None, None, None, "建筑", "对外开放", "居民活动"],
        [*ROW, 60, 50],
    ]
    header = found(rows)
    assert header is not None
    matched = match_columns([one.parts for one in header.headers], FACILITIES, Source("facilities", "a.xlsx"))
    assert matched.positions["activity_area_m2"] == 6


def test_a_header_row_merged_downwards_reaches_below_without_new_names() -> None:
    header = found([HEAD, [None] * 5, ROW], merged=tuple((0, i, 1, i) for i in range(5)))
    assert header is not None
    assert header.end == 2


def test_a_row_of_units_below_the_header_belongs_to_it() -> None:
    header = found([HEAD, [None, None, None, None, "㎡"], ROW])
    assert header is not None
    assert header.end == 2
    assert header.headers[4].text == "建筑面积/㎡"


def test_a_data_row_that_says_a_measure_is_no_header() -> None:
    rows = [["单元代码", "服务事项", "指标", "2018年1月", "2018年2月"], ["230102100201", "社保", "申请件数", 3, 4]]
    header = found(rows, table="services")
    assert header is not None
    assert header.end == 1


def test_a_sheet_without_any_known_word_has_no_header() -> None:
    assert found([["甲", "乙"], ["1", "2"]]) is None


def test_the_place_of_the_header_can_be_given_by_hand() -> None:
    header = found([HEAD, HEAD, ROW], row=2, rows=1)
    assert header is not None
    assert (header.start, header.end) == (1, 2)


@pytest.mark.parametrize(
    ("text", "name", "unit"),
    [
        ("建筑面积(㎡)", "建筑面积", "m2"),
        ("建筑面积\n(平方米)", "建筑面积", "平方米"),
        ("金额(万元)", "金额", "万元"),
        ("金额/万元", "金额", "万元"),
        ("金额（万元）", "金额", "万元"),
        ("金额：万元", "金额", "万元"),
        ("金额(单位:万元)", "金额", "万元"),
        ("户数(户籍)", "户数", ""),
        ("满意率%", "满意率%", ""),
        ("满意率(%)", "满意率", "%"),
    ],
)
def test_the_unit_in_a_header_is_split_off(text: str, name: str, unit: str) -> None:
    assert split_unit(text) == (name, unit)


def test_units_have_factors_and_foreign_units_have_none() -> None:
    assert factor("万元", "yuan") == 10000
    assert factor("公顷", "m2") == 10000
    assert factor("万元", "m2") is None


def test_a_title_can_declare_several_units() -> None:
    assert units_in_title("单位:万元、人") == ("万元", "人")
    assert units_in_title("单位：万元") == ("万元",)
    assert units_in_title("填报单位:新发镇人民政府") == ()


@pytest.mark.parametrize(
    ("parts", "month"),
    [
        (("2018年1月",), ("2018-01", "")),
        (("2018年", "1月"), ("2018-01", "")),
        (("201812",), ("2018-12", "")),
        (("2018-03",), ("2018-03", "")),
        (("2018年十二月",), ("2018-12", "")),
        (("2018年3月办结件数",), ("2018-03", "办结件数")),
        (("户数",), None),
        (("2018年",), None),
    ],
)
def test_a_month_in_a_header_is_recognised(parts: tuple[str, ...], month: tuple[str, str] | None) -> None:
    assert month_of(parts) == month


def test_a_label_beats_an_alias_and_a_second_candidate_is_told() -> None:
    headers = [("编号",), ("设施编号",), ("设施名称",), ("设施类型",), ("所属单元代码",)]
    matched = match_columns(headers, FACILITIES, Source("facilities", "a.xlsx"))
    assert matched.positions["facility_id"] == 1
    assert matched.doubled == {"facility_id": 0}


def test_headers_are_compared_without_spaces_line_breaks_and_remarks() -> None:
    matched = match_columns([("设施\n名称",), ("建 筑 面 积(平方米)",)], FACILITIES, Source("facilities", "a.xlsx"))
    assert matched.positions == {"name": 0, "floor_area_m2": 1}


def test_a_hand_written_mapping_outweighs_the_usual_names() -> None:
    source = Source("facilities", "a.xlsx", columns={"floor_area_m2": "产权面积"})
    matched = match_columns([("建筑面积",), ("产权面积(㎡)",)], FACILITIES, source)
    assert matched.positions["floor_area_m2"] == 1


def test_a_hand_written_mapping_to_an_absent_header_names_the_nearest() -> None:
    source = Source("facilities", "a.xlsx", columns={"floor_area_m2": "产权面积数"})
    with pytest.raises(SourceError, match=r"没有“产权面积数”这一列.*最接近的是：产权面积"):
        match_columns([("建筑面积",), ("产权面积",)], FACILITIES, source)


def test_a_hand_written_mapping_cannot_let_personal_data_in() -> None:
    source = Source("facilities", "a.xlsx", columns={"name": "负责人姓名"})
    with pytest.raises(SourceError, match="含个人信息"):
        match_columns([("负责人姓名",)], FACILITIES, source)


@pytest.mark.parametrize("header", ["姓名", "联系电话", "身份证号码", "家庭住址", "网格员 姓名", "手机"])
def test_personal_columns_are_recognised(header: str) -> None:
    assert is_personal(header)


def test_a_field_name_cut_by_a_shapefile_is_completed() -> None:
    headers = [("网格编码",), ("所属单元代",)]
    matched = match_columns(headers, schema.table("grids"), Source("grids", "a.shp"), cut=True)
    assert matched.positions["unit_code"] == 1


def test_a_short_beginning_is_no_cut_name() -> None:
    matched = match_columns([("所属",)], schema.table("grids"), Source("grids", "a.shp"), cut=True)
    assert "unit_code" not in matched.positions


def test_missing_required_columns_are_all_named_with_what_the_file_has() -> None:
    headers = [("编号",), ("设施名字",), ("类型",)]
    matched = match_columns(headers, FACILITIES, Source("facilities", "a.xlsx"))
    with pytest.raises(SourceError) as caught:
        require(matched.positions, headers, FACILITIES, Source("facilities", "a.xlsx"))
    text = str(caught.value)
    assert "“设施名称”（最接近的是 设施名字）" in text
    assert "“所属单元代码”" in text
    assert "文件里有：编号、设施名字、类型" in text


def test_cells_are_text_frames_padded_to_the_widest_row() -> None:
    frame = text_frame([["a"], [1.0, None, "  b "]])
    assert frame.shape == (2, 3)
    assert frame.iloc[1].tolist()[0] == "1"
    assert frame.iloc[1].tolist()[2] == "b"
    assert pd.isna(frame.iloc[0, 1])
