"""The page a batch is entered by: results first, a small map whose districts link, then every report."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from govkit import catalogue
from govkit.analysis.score.assess import Assessment
from govkit.batch.record.approvals import approvals, place_of, report_key, with_states
from govkit.batch.record.manifest import Manifest, Outcome, notices
from govkit.documents.html.page import page_in_language, render_index
from govkit.files import write_whole
from govkit.intake.units.code_systems import shown_code
from govkit.rounding import fixed, half_away
from govkit.sections.language import speaker_of
from govkit.sections.shared import Shared
from govkit.zone.zone import Zone

# The notebook whose documents a district's row links.
MAIN = "district_report"


def write_index(zone: Zone, shared: Shared, manifest: Manifest, folder: Path) -> Path:
    """Write ``folder/index.html`` and return its path; links are relative, so the folder can be carried away.

    ``shared``: what the zone's districts share in the period of the reports.
    """
    now, before = shared.current, shared.previous
    # A district's row links its district report; another notebook's only where there is no such report.
    of_districts = sorted((one for one in manifest.standing if one.district), key=lambda one: one.notebook == MAIN)
    reports = {one.district: one for one in of_districts}
    below = zone.tables["units"].groupby("district_code")["name"].agg(" ".join).to_dict()
    rows = [_row(district, reports, now, before, below) for district in zone.districts.to_dict("records")]
    rows = [row for row in rows if row["code"] in reports]
    links = {row["unit"]: row["html"] or row["pdf"] for row in rows}
    found = results(shared, zone.districts.set_index("unit_code")["name"], links)
    page = render_index(
        zone_name=zone.name,
        period_name=shared.period.name,
        synthetic=zone.front.synthetic,
        classification=zone.front.classification,
        generated=f"{manifest.started[:16].replace('T', ' ')}，用时 {fixed(manifest.seconds)} 秒",
        summary=_summary(zone, manifest),
        overview=[link for one in manifest.standing if not one.district for link in _overviews(one)],
        rows=rows,
        results=found,
        signed=" ".join(place_of(report_key(vars(one))) for one in manifest.standing if one.status != "failed"),
        map_svg=_map(zone, now, links),
        failures=[{"name": f"{one.name}（{one.notebook}）", "error": one.error} for one in manifest.failed],
        notices=notices(manifest.standing),
    )
    page = page_in_language(with_states(page, approvals(folder)), speaker_of(zone))
    return write_whole(folder / "index.html", page)


def _row(
    district: dict[str, Any],
    reports: dict[str, Outcome],
    now: Assessment | None,
    before: Assessment | None,
    below: Mapping[str, str],
) -> dict[str, Any]:
    outcome = reports.get(district["code"])
    links = {path.suffix: path.name for path in outcome.outputs} if outcome else {}
    row = {
        "code": shown_code(district["code"]),
        "unit": district["unit_code"],
        "below": below.get(district["unit_code"], ""),
        "name": district["name"],
        "kind": catalogue.label("unit_kind", district["kind"]),
        "html": links.get(".html", ""),
        "pdf": links.get(".pdf", ""),
        "others": [(word, links[end]) for end, word in ((".docx", "Word"), (".xlsx", "附表")) if end in links],
        "status": outcome.status if outcome else "",
        "report": place_of(report_key(vars(outcome))) if outcome else "",
        "note": outcome.error or "" if outcome else "",
    }
    return row | _score_cells(district["unit_code"], now, before)


def _score_cells(unit: str, now: Assessment | None, before: Assessment | None) -> dict[str, str]:
    if now is None or unit not in now.scores.index or pd.isna(now.scores.at[unit, "score"]):
        return {"score": "", "grade": "", "rank": "", "change": ""}
    mine = now.scores.loc[unit]
    earlier = before.scores["score"].get(unit, float("nan")) if before else float("nan")
    change = half_away(mine["score"], 1) - half_away(earlier, 1)
    return {
        "score": fixed(mine["score"], 1),
        "grade": mine["grade"],
        "rank": f"{mine['rank']}",
        "change": "" if pd.isna(change) else fixed(change, 1, signed=True).replace("-", "−"),
    }


def _summary(zone: Zone, manifest: Manifest) -> list[tuple[str, str]]:
    done = sum(one.status != "failed" for one in manifest.standing)
    counts = zone.findings["severity"].value_counts()
    return [
        ("报告", f"{done} 份"),
        ("失败", f"{len(manifest.failed)} 份"),
        ("采用数据", f"{manifest.rows('rows_used'):,} 行"),
        ("搁置", f"{manifest.rows('rows_set_aside'):,} 行"),
        ("数据错误", f"{counts.get('error', 0)} 处"),
        ("数据警告", f"{counts.get('warning', 0)} 处"),
    ]


def _overviews(outcome: Outcome) -> list[dict[str, str]]:
    titles = {"zone_overview": "总览", "bulletin": "工作通报", "conference_maps": "汇报幻灯片", "volume": "汇编"}
    title = titles.get(outcome.notebook, outcome.notebook)
    words = {".html": title, ".pdf": f"{title}（PDF）", ".pptx": f"{title}（PowerPoint）"}
    words |= {".docx": f"{title}（Word）", ".xlsx": f"{title}（附表）"}
    shown = [path for path in outcome.outputs if path.suffix in words]
    key = place_of(report_key(vars(outcome)))
    return [
        {"label": words[path.suffix], "href": path.name, "report": "" if at else key} for at, path in enumerate(shown)
    ]


def _map(zone: Zone, now: Assessment | None, hrefs: dict[str, str]) -> str:
    from govkit.display.maps.sheet.thumbnail import svg_map

    units = zone.tables["units"]
    if "geometry" not in units or units.geometry.isna().all() or now is None:
        return ""
    districts = units.loc[units["unit_code"].isin(zone.districts["unit_code"])]
    return svg_map(districts, now.scores["score"], hrefs, metric_crs=zone.metric_crs)


_NAMED = 3
# How many severe problems are listed; of more the overview tells.
_MOST = 12
_LEAST_CHANGE = 0.05


def results(shared: Shared, names: pd.Series, links: Mapping[str, str]) -> dict[str, Any]:
    """Return what the page leads with; empty where the zone has no scores and no problems.

    ``names``, ``links``: unit code → name, and address of its report ("" without one). ``lead``: sentences;
    ``grades``: (grade, how many); ``lists``: (title, rows of name, link, number, remark); ``severe``: units with their
    severe problems, overdue ones first; ``more``: how many problems are not listed.
    """
    found: dict[str, Any] = {"lead": [], "grades": [], "lists": [], **_severe(shared, names, links)}
    if shared.current is None or shared.current.scores["score"].isna().all():
        return found
    scores = shared.current.scores.dropna(subset="score").sort_values("score", ascending=False, kind="stable")
    counts = [(grade, int((scores["grade"] == grade).sum())) for grade, _ in shared.current.scheme.grades]
    found["grades"] = counts
    told = "、".join(f"{grade}{count}个" for grade, count in counts if count)
    lead = f"{len(scores)}个单元中，{told}，得分中位数{fixed(scores['score'].median(), 1)}分"
    changes = _changes(shared)
    if len(changes):
        up, down = int((changes >= _LEAST_CHANGE).sum()), int((changes <= -_LEAST_CHANGE).sum())
        lead += f"；与上期相比，{up}个提高，{down}个下降"
    found["lead"] = [f"{lead}。"]
    if len(scores) <= 2 * _NAMED:
        return found

    def rows(codes: pd.Index, *, moved: bool) -> list[dict[str, str]]:
        return [_result_row(code, scores, changes, names, links, moved=moved) for code in codes]

    lists = [
        ("得分最高", rows(scores.index[:_NAMED], moved=False)),
        ("得分最低", rows(scores.index[: -_NAMED - 1 : -1], moved=False)),
        ("提高最多", rows(_top(changes), moved=True)),
        ("下降最多", rows(_top(-changes), moved=True)),
    ]
    found["lists"] = [(title, some) for title, some in lists if some]
    return found


def _changes(shared: Shared) -> pd.Series:
    """Return by unit how the score as shown moved."""
    if shared.changed is None:
        return pd.Series(dtype="float64")
    known = shared.changed.scores.dropna(subset=["score", "previous"])
    return known["score"].map(lambda score: half_away(score, 1)) - known["previous"].map(lambda it: half_away(it, 1))


def _top(changes: pd.Series) -> pd.Index:
    return changes[changes >= _LEAST_CHANGE].sort_values(ascending=False, kind="stable").index[:_NAMED]


def _result_row(
    code: str, scores: pd.DataFrame, changes: pd.Series, names: pd.Series, links: Mapping[str, str], *, moved: bool
) -> dict[str, str]:
    score, grade = fixed(scores.at[code, "score"], 1), str(scores.at[code, "grade"])
    change = fixed(changes[code], 1, signed=True).replace("-", "−") if code in changes.index else ""
    number, remark = (change, f"{score}分") if moved else (score, grade)
    return {"name": str(names.get(code, code)), "href": links.get(code, ""), "number": number, "remark": remark}


_LATE = {"overdue": "逾期未改", "again": "再次出现", "returned": "改后又出现"}


def _severe(shared: Shared, names: pd.Series, links: Mapping[str, str]) -> dict[str, Any]:
    if shared.problems.empty:
        return {"severe": [], "more": 0}
    severe = shared.problems.loc[shared.problems["severity"] == "severe"]
    severe = severe.sort_values(
        ["periods", "district_code"], ascending=[False, True], kind="stable", na_position="last"
    )
    told = [
        {
            "name": "、".join(str(names.get(code, code)) for code in (one.district_code, *one.shared_with)),
            "href": links.get(str(one.district_code), ""),
            "title": str(one.title),
            "state": _LATE.get(str(one.state), ""),
            "evidence": str(one.evidence),
        }
        for one in severe.head(_MOST).itertuples()
    ]
    return {"severe": told, "more": len(severe) - len(told)}
