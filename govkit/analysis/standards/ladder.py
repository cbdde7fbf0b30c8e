"""The community workers' ladder: posts and grades, who stands beside it, and pay against its floor."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from govkit.analysis.measures.scope import Scope, Tables, units_above
from govkit.analysis.standards.checked import (
    TABLES,
    TERM,
    Defects,
    check_term,
    check_type,
    is_number,
    numbered,
    place,
    term,
)
from govkit.catalogue.stated import loader
from govkit.periods import ALWAYS, Period, Term

_STATISTIC = "statistic:"
_DIGITS = "零一二三四五六七八九"
_TOP = {"type": str, "title": str, "source": str, "grades": int, "pay_not_below": str, "posts": TABLES, **TERM}
_POST = {"post": str, "lowest": int, "highest": int}
_OFF = ["unit_code", "name", "district_code", "post", "grade", "people", "reason"]
_PAY = ["unit_code", "name", "district_code", "people", "pay_yuan", "floor_yuan", "floor_unit", "below"]


@dataclass(frozen=True)
class Post:
    """A post and the grades it may hold, 1 the lowest."""

    post: str
    lowest: int
    highest: int


@dataclass(frozen=True)
class Ladder:
    """Posts from the highest down over ``grades`` grades; ``floor`` names the statistic pay must reach, or is ""."""

    name: str
    title: str
    source: str
    grades: int
    posts: tuple[Post, ...]
    floor: str = ""
    term: Term = ALWAYS


def read_ladder(name: str, raw: Mapping[str, Any], *, where: str, text: str = "") -> Ladder:
    """Return the ladder a TOML file states (``type = "ladder"``); CatalogueError names every defect at once."""
    check_type(name, raw, "ladder", where)
    defects = Defects(where, text)
    defects.keys(raw, "顶层", _TOP, ("title", "source", "grades", "posts"))
    for number, post in numbered(raw, "posts"):
        _check_post(defects, place("posts", number, {"id": post.get("post")}), post, raw.get("grades"))
    defects.repeated([post.get("post") for _, post in numbered(raw, "posts")], "[[posts]]", "post")
    check_term(defects, "顶层", raw)
    if not defects.mistyped:
        _check_whole(defects, raw)
    defects.stop_if_any(todo="按 docs/new-zone.md 中岗位等级的写法改正后重试。")
    posts = tuple(Post(**post) for post in raw["posts"])
    floor = raw.get("pay_not_below", "").removeprefix(_STATISTIC)
    return Ladder(name, raw["title"], raw["source"], raw["grades"], posts, floor, term(raw))


load_ladder = loader("standards", read_ladder)


def _check_post(defects: Defects, where: str, post: Mapping[str, Any], grades: Any) -> None:
    defects.keys(post, where, _POST, ("post", "lowest", "highest"))
    lowest, highest = post.get("lowest"), post.get("highest")
    if is_number(lowest) and is_number(highest) and is_number(grades) and not 1 <= lowest <= highest <= grades:
        defects.add(where, f"lowest {lowest!r}、highest {highest!r} 应在 1 至 {grades} 之间，且前者不大于后者")


def _check_whole(defects: Defects, raw: Mapping[str, Any]) -> None:
    grades, posts = raw.get("grades"), raw.get("posts", [])
    if not posts or not all(is_number(one.get(key)) for one in posts for key in ("lowest", "highest")):
        return
    held = {grade for one in posts for grade in range(one["lowest"], one["highest"] + 1)}
    bare = [str(grade) for grade in range(1, grades + 1) if grade not in held] if isinstance(grades, int) else []
    if bare:
        defects.add("顶层", f"grades 共 {grades} 级，没有岗位的等级：{'、'.join(bare)}")
    floor = raw.get("pay_not_below")
    if isinstance(floor, str) and (not floor.startswith(_STATISTIC) or floor == _STATISTIC):
        defects.add("顶层", f'pay_not_below 应写作 "statistic:统计指标名"，现在是 {floor!r}')


def grade_number(text: object) -> int | None:
    """Return the number of a grade as a file writes it, in figures or in Chinese up to 99, None where it holds none.

    >>> grade_number("12级"), grade_number("第３级"), grade_number("十八级"), grade_number("未定级")
    (12, 3, 18, None)
    """
    if not isinstance(text, str):
        return None
    figures = re.search(r"\d+", unicodedata.normalize("NFKC", text))
    chinese = re.search(r"([一二三四五六七八九]?)(十?)([一二三四五六七八九]?)级", text)
    if figures or not (chinese and chinese[0] != "级"):
        return int(figures[0]) if figures else None
    tens, ones = (_DIGITS.find(part) if part else 0 for part in (chinese[1], chinese[3]))
    return (max(tens, 1) * 10 if chinese[2] else tens) + ones


def ladder_counts(tables: Tables, ladder: Ladder, period: Period) -> pd.DataFrame:
    """Return a row per post and grade of the ladder, posts in file order, the highest grade first.

    Columns: ``post``, ``grade`` (number), ``people`` (0 where nobody holds it), ``pay_yuan`` (a month, mean of
    those whose pay is known). People beside the ladder are in ``off_ladder``. Without a staff table, and in a
    period in which the ladder is not in force, all is missing.
    """
    rows = _staff(tables, ladder, period)
    steps = [(one.post, grade) for one in ladder.posts for grade in range(one.highest, one.lowest - 1, -1)]
    index = pd.MultiIndex.from_tuples(steps, names=["post", "grade"])
    if rows is None:
        return (
            pd.DataFrame({"people": pd.NA, "pay_yuan": float("nan")}, index=index)
            .astype({"people": "Int64"})
            .reset_index()
        )
    grouped = rows.assign(grade=rows["number"]).dropna(subset=["grade"]).groupby(["post", "grade"])
    people = grouped["people"].sum().reindex(index, fill_value=0).astype("Int64")
    pay = (grouped["paid_yuan"].sum(min_count=1) / grouped["paid"].sum(min_count=1)).reindex(index)
    return pd.DataFrame({"people": people, "pay_yuan": pay.astype("float64")}).reset_index()


def off_ladder(tables: Tables, ladder: Ladder, period: Period) -> pd.DataFrame:
    """Return the staff beside the ladder: a grade outside the post's, none at all, or one of a post it does not know.

    Columns: ``unit_code``, ``name``, ``district_code``, ``post``, ``grade`` (as in the file), ``people``, ``reason``
    (Chinese). Posts that neither the ladder nor a grade makes its concern are left out.
    """
    rows = _staff(tables, ladder, period)
    if rows is None:
        return pd.DataFrame(columns=_OFF)
    reasons = [_off(ladder, post, number) for post, number in zip(rows["post"], rows["number"], strict=True)]
    rows = rows.assign(reason=reasons)
    rows = rows.loc[rows["reason"].ne("") & rows["people"].gt(0)]
    return _named(tables, rows).sort_values(["unit_code", "post"], kind="stable", ignore_index=True)[_OFF]


def _off(ladder: Ladder, post: str, grade: float) -> str:
    step = next((one for one in ladder.posts if one.post == post), None)
    if step is None:
        return "" if pd.isna(grade) else "岗位不在等级表内"
    if pd.isna(grade):
        return "没有等级"
    return "" if step.lowest <= grade <= step.highest else f"该岗位为 {step.lowest}～{step.highest} 级"


def pay_floor(tables: Tables, ladder: Ladder, period: Period, *, district: str = "") -> pd.DataFrame:
    """Return a row per unit with staff on the ladder: mean pay against the floor of itself or the nearest unit above.

    Columns: ``unit_code``, ``name``, ``district_code``, ``people`` (whose pay is known), ``pay_yuan`` (a month, mean),
    ``floor_yuan``, ``floor_unit`` (name of the unit the statistic is of, "" if there is none), ``below`` (boolean,
    missing where the pay or the floor is). Pass the whole zone's tables: the floor may be a county's or a city's; the
    rows may be those of one ``district``.
    """
    rows = _staff(tables, ladder, period)
    if rows is None:
        return pd.DataFrame(columns=_PAY)
    rows = rows.loc[rows["post"].isin([one.post for one in ladder.posts])]
    grouped = rows.groupby("unit_code")
    frame = pd.DataFrame({"people": grouped["paid"].sum(min_count=1).astype("Int64")})
    frame["pay_yuan"] = grouped["paid_yuan"].sum(min_count=1) / grouped["paid"].sum(min_count=1)
    frame = _named(tables, frame.reset_index())
    if district:
        frame = frame.loc[frame["district_code"].eq(district)].reset_index(drop=True)
    floors = _floors(tables, ladder, period)
    above = units_above(tables["units"])
    nearest = [next((one for one in above.get(code, ()) if one in floors), None) for code in frame["unit_code"]]
    names = dict(zip(tables["units"]["unit_code"], tables["units"]["name"], strict=True))
    floor = pd.Series([floors[one] if one else float("nan") for one in nearest], index=frame.index, dtype="float64")
    below = (frame["pay_yuan"] < floor - 0.005).astype("boolean").mask(frame["pay_yuan"].isna() | floor.isna())
    units = [names[one] if one else "" for one in nearest]
    return frame.assign(floor_yuan=floor, floor_unit=units, below=below)[_PAY]


def _staff(tables: Tables, ladder: Ladder, period: Period) -> pd.DataFrame | None:
    """Return the period's staff with ``number`` (grade), ``paid`` (people whose pay is known) and ``paid_yuan``.

    None without a roster, and in a period the ladder does not judge.
    """
    if "staff" not in tables or not ladder.term.covers(period):
        return None
    rows = Scope(tables, period, by="unit_code").rows("staff")
    nothing = pd.Series(float("nan"), index=rows.index)
    grade, pay = rows.get("grade", nothing), rows.get("pay_yuan", nothing).astype("float64")
    paid = rows["people"].astype("float64").where(pay.notna())
    return rows.assign(grade=grade, number=grade.map(grade_number).astype("Int64"), paid=paid, paid_yuan=paid * pay)


def _floors(tables: Tables, ladder: Ladder, period: Period) -> dict[str, float]:
    """Return the floor by the code of the unit it is stated for."""
    if not ladder.floor or "statistics" not in tables:
        return {}
    rows = Scope(tables, period, by="unit_code").rows("statistics")
    rows = rows.loc[rows["item"].eq(ladder.floor)].dropna(subset=["value"])
    return dict(zip(rows["unit_code"], rows["value"].astype("float64"), strict=True))


def _named(tables: Tables, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with their units' ``name`` and ``district_code``."""
    units = tables["units"].set_index("unit_code")
    columns = {key: rows["unit_code"].map(units[key]) for key in ("name", "district_code")}
    return rows.assign(**columns)
