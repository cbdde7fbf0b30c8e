"""Ledger views: what the catalogue states is what is counted."""

import math

import pandas as pd
import pytest
from analysis_frames import ELM, FIRST, OAK, RIVER, SECOND, TOWN, frame, units, zone

from govkit import catalogue
from govkit.analysis.ledgers import summed, views
from govkit.analysis.ledgers.views import View, ViewColumn, load_views, read_views
from govkit.analysis.measures.scope import Scope
from govkit.analysis.standards.targets import Target
from govkit.errors import CatalogueError, UnknownNameError
from govkit.periods import Period
from govkit.sections import view_items as shown


def summed_up(one: View, tables: dict[str, pd.DataFrame], period: Period, before: Period | None = None) -> pd.DataFrame:
    return summed.summed_up(one, Scope(tables, period, by="zone"), Scope(tables, before, by="zone") if before else None)


def projects(*rows: tuple[str, str, str, float | None, str]) -> dict[str, pd.DataFrame]:
    table = frame("project_id unit_code kind amount_yuan started", *rows)
    started = pd.to_datetime(table["started"])
    period = [FIRST.id if day <= pd.Timestamp(FIRST.end) else SECOND.id for day in started]
    return {"units": units(), "projects": table.assign(started=started, period=period, list="服务项目")}


def a_view(*columns: ViewColumn, by: str = "kind", **options: object) -> View:
    return View("v", ("F6",), "projects", "项目", "projects", by, "类别", columns, **options)  # type: ignore[arg-type]


COUNT = ViewColumn("n", "项目", "count")
MONEY = ViewColumn("yuan", "经费", "sum", of="amount_yuan")
THREE = projects(
    ("p1", OAK, "创投", 100.0, "2018-01-05"),
    ("p2", ELM, "创投", None, "2018-02-05"),
    ("p3", RIVER, "采购", 50.0, "2018-03-05"),
)


def test_rows_are_counted_and_summed_by_a_column_the_total_last() -> None:
    found = summed_up(a_view(COUNT, MONEY), THREE, FIRST)
    assert found[["group", "n", "yuan", "is_total"]].values.tolist() == [
        ["创投", 2, 100.0, False],
        ["采购", 1, 50.0, False],
        ["合计", 3, 150.0, True],
    ]


def test_a_project_counts_in_the_period_it_starts_in_and_in_what_adds_up_to_it() -> None:
    later = projects(("p1", OAK, "创投", 1.0, "2018-01-05"), ("p2", OAK, "创投", 1.0, "2018-08-05"))
    assert summed_up(a_view(COUNT), later, FIRST)["n"].tolist() == [1]
    both = a_view(COUNT, ViewColumn("all", "累计", "count", cumulative=True))
    assert summed_up(both, later, SECOND)[["n", "all"]].values.tolist() == [[1, 2]]


def test_below_puts_rows_under_the_next_level_of_whatever_place() -> None:
    whole = summed_up(a_view(COUNT, by="below"), THREE, FIRST)
    assert dict(zip(whole["group"], whole["n"], strict=True)) == {"西街道": 1, "东镇": 2, "合计": 3}
    town = {name: table.loc[table["district_code"] == TOWN] for name, table in THREE.items()}
    assert summed_up(a_view(COUNT, by="below"), town, FIRST)["group"].tolist() == ["柞村", "榆村", "合计"]


def test_a_share_divides_two_columns_and_is_missing_over_nothing() -> None:
    large = ViewColumn("large", "大", "count", where={"amount_yuan": {"least": 100}})
    share = ViewColumn("share", "占比", "share", of="large", over="n")
    found = summed_up(a_view(COUNT, large, share, total=False), THREE, FIRST).set_index("group")["share"]
    assert found.to_dict() == {"创投": 0.5, "采购": 0.0}
    of_money = ViewColumn("rate", "率", "share", of="n", over="yuan")
    assert math.isnan(
        summed_up(a_view(COUNT, MONEY, of_money, total=False), projects(("p", OAK, "a", 0.0, "2018-01-01")), FIRST)[
            "rate"
        ][0]
    )


def test_a_number_per_resident_counts_the_residents_of_each_group() -> None:
    per = ViewColumn("per", "每万人", "per_10000_residents", of="n")
    found = summed_up(a_view(COUNT, per, by="below"), THREE, FIRST).set_index("group")["per"]
    assert found["西街道"] == pytest.approx(1 / 0.4)
    assert found["东镇"] == pytest.approx(2 / 0.6)
    assert found["合计"] == pytest.approx(3 / 1.0)


def test_least_most_mean_and_distinct_leave_missing_values_out() -> None:
    columns = [ViewColumn(how, how, how, of="amount_yuan") for how in ("least", "most", "mean", "median", "filled")]
    row = summed_up(a_view(*columns, ViewColumn("units", "单元", "distinct", of="unit_code")), THREE, FIRST).iloc[-1]
    assert (row["least"], row["most"], row["mean"], row["median"], row["filled"], row["units"]) == (
        50,
        100,
        75,
        75,
        2,
        3,
    )


def test_a_row_without_a_group_is_named_as_the_view_says() -> None:
    nameless = projects(("p1", OAK, "a", 1.0, "2018-01-05"))
    nameless["projects"].loc[0, "kind"] = pd.NA
    assert summed_up(a_view(COUNT, missing="其他"), nameless, FIRST)["group"].tolist() == ["其他"]


def test_an_empty_period_gives_no_row() -> None:
    late = projects(("p1", OAK, "a", 1.0, "2019-01-05"))
    assert summed_up(a_view(COUNT, MONEY), late, FIRST).empty


def test_order_of_rows_changes_nothing() -> None:
    turned = {name: table.iloc[::-1].reset_index(drop=True) for name, table in THREE.items()}
    one = a_view(COUNT, MONEY, by="below")
    pd.testing.assert_frame_equal(summed_up(one, THREE, FIRST), summed_up(one, turned, FIRST))


def test_tasks_are_seen_as_of_the_periods_end() -> None:
    one = views.view("task_cascade")
    tables = zone()
    tables["tasks"] = tables["tasks"].assign(list="工作事项清单", parent_task=pd.NA)
    found = summed_up(one, tables, FIRST).iloc[-1]
    assert found["tasks"] == (tables["tasks"]["raised_in"].isin([FIRST.id, FIRST.name])).sum()


def test_every_view_of_the_catalogue_is_summed_up_on_an_empty_zone() -> None:
    columns = {name: list(entry["columns"]) for name, entry in catalogue.load("tables").items()}
    for one in load_views():
        empty = pd.DataFrame(columns=[*columns[one.table], "period", "district_code"]).drop(
            columns="raised_in", errors="ignore"
        )
        if one.table != "units":
            assert not summed.applies(one, {"units": units()})
            assert not summed.applies(one, {"units": units(), one.table: empty})


def test_a_view_that_does_not_exist_names_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="mediation"):
        views.view("mediations")


WRONG = {
    "table": ({"table": "project"}, "table 没有 'project'"),
    "by": ({"by": "colour"}, "by 没有 'colour'"),
    "how": ({"columns": [{"key": "n", "label": "n", "how": "guess"}]}, "how 没有 'guess'"),
    "of": ({"columns": [{"key": "n", "label": "n", "how": "sum", "of": "x"}]}, "of 没有 'x'"),
    "over": ({"columns": [{"key": "n", "label": "n", "how": "share", "of": "a", "over": "b"}]}, "over 没有 'b'"),
    "where": ({"where": {"colour": ["red"]}}, "where 没有 'colour'"),
    "shown in": ({"shown_in": ["street"]}, "shown_in 没有 'street'"),
}


@pytest.mark.parametrize(("change", "said"), WRONG.values(), ids=list(WRONG))
def test_a_wrong_view_is_refused_with_file_and_key(change: dict, said: str) -> None:
    raw = {"v": {**catalogue.load("views/projects")["service_projects"], **change}}
    with pytest.raises(CatalogueError, match=r"projects\.toml") as refused:
        read_views(raw, "projects", where="projects.toml")
    assert said in str(refused.value)


def test_a_view_is_said_and_shown_with_its_total_in_bold() -> None:
    one = a_view(COUNT, MONEY, sentence="共 {n:int} 个，{groups} 类。")
    found = summed_up(one, THREE, FIRST)
    assert shown.sentence(one, found) == "共 3 个，2 类。"
    table = shown.table(one, found, ())
    assert table.rows == (("创投", "2", "100"), ("采购", "1", "50"), ("合计", "3", "150"))
    assert table.emphasis == (2,)


def test_a_column_compared_says_how_it_moved_since_the_last_period() -> None:
    later = projects(("p1", OAK, "创投", 1.0, "2018-01-05"), ("p2", OAK, "创投", 1.0, "2018-08-05"),
                     ("p3", OAK, "创投", 1.0, "2018-09-05"))  # fmt: skip
    one = a_view(COUNT, change=("n",), sentence="{n:int} 个。")
    found = summed_up(one, later, SECOND, FIRST)
    assert found[["n", "n_before", "n_change"]].values.tolist() == [[2, 1, 1]]
    assert shown.sentence(one, found) == "2 个，比上期增加 1 。"
    assert shown.table(one, found, ()).rows == (("创投", "2", "+1"),)


def test_a_target_is_said_with_what_reached_it() -> None:
    share = ViewColumn("share", "占比", "share", of="large", over="n")
    large = ViewColumn("large", "大", "count", where={"amount_yuan": {"least": 100}})
    one = a_view(COUNT, large, share, by="unit", sentence="{share:pct}。", best="share")
    said = shown.sentence(
        one, summed_up(one, THREE, FIRST), (Target("一半以上", "总结", view="v", column="share", least=0.5),)
    )
    assert said.replace("\\", "").startswith(
        "33.3%，没有达到本区“一半以上”的目标。3 个单位中 1 个达到，没有达到的是江畔社区（0.0%）、榆村（0.0%）。"
        "占比最高的是柞村（100.0%）。"
    )


def test_rows_are_listed_one_by_one_with_words_for_codes() -> None:
    name = ViewColumn("kind", "类别", "first", of="kind")
    one = View("v", ("F6",), "projects", "项目", "projects", "", "单元", (name,), listed=True)
    assert summed_up(one, THREE, FIRST)[["group", "kind"]].values.tolist() == [
        ["江畔社区", "采购"], ["柞村", "创投"], ["榆村", "创投"],
    ]  # fmt: skip


def test_a_column_may_come_from_another_table() -> None:
    tables = THREE | {
        "staff": frame("unit_code period post people", (OAK, "2018H1", "社工", 3), (ELM, "2018H1", "社工", 2))
    }
    people = ViewColumn("people", "社工", "sum", of="people", table="staff")
    found = summed_up(a_view(COUNT, people, by="unit"), tables, FIRST).set_index("group")["people"]
    assert found["合计"] == 5
    assert found["柞村"] == 3
    assert math.isnan(found["江畔社区"])


def test_a_view_concerns_units_of_its_kinds_only() -> None:
    one = a_view(COUNT, applies_to=("village",))
    assert summed.concerns(one, units())
    assert not summed.concerns(one, units().loc[lambda rows: rows["kind"].ne("village")])


def test_a_cumulative_view_adds_up_all_periods_to_its_end() -> None:
    yuan = ViewColumn("yuan", "金额", "sum", of="amount_yuan", where={"direction": ["expense"]})
    one = View("v", ("H10",), "funds", "累计", "funds", "source", "来源", (yuan,), cumulative=True, total=False)
    found = [summed_up(one, zone(), period).set_index("group")["yuan"]["区财政"] for period in (FIRST, SECOND)]
    assert found == [60_000.0, 60_005.0]


def test_a_district_has_no_use_for_views_shown_in_a_zone_alone() -> None:
    names = {within: {one.name for one in load_views(within)} for within in ("", "zone", "district")}
    assert "staff_by_age" in names["zone"] - names["district"]
    assert names["zone"] | names["district"] == names[""]


def test_a_sentence_leaves_out_what_was_not_provided_and_says_so() -> None:
    total = {"value": 12345.0, "base": math.nan, "rate": math.nan, "is_total": True}
    said = shown.sentence(views.view("greening"), pd.DataFrame([total]))
    assert said == "社区绿化面积 12,345 m²，其余的数未提供。"
    assert shown.sentence(views.view("greening"), pd.DataFrame([total | {"rate": 0.4}])).endswith("绿化率 40.0%。")
