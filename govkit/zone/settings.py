"""zone.toml → settings: every defect of the file is collected and reported in one error."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyproj

from govkit import catalogue
from govkit.catalogue.stated import is_own, stated
from govkit.errors import CatalogueError, ZoneError, nearest
from govkit.front_matter import FrontMatter, OfficialMarks
from govkit.intake.reading.corrections import Corrections, read_corrections
from govkit.intake.reading.own_kinds import OwnKinds, read_own_kinds
from govkit.intake.reading.sources import Source
from govkit.intake.units import code_systems
from govkit.intake.units.code_systems import ABROAD, is_abroad
from govkit.periods import Period
from govkit.zone.logo import MOST_PICTURE_KB, colour_defect, file_address, logo_address, logo_defect, template_defect
from govkit.zone.own_report import FOLDER, OwnReport, not_known, read_own_report, section_names

_TOP = (
    "name", "code", "country", "code_system", "code_vintage", "district_level", "metric_crs", "synthetic",
    "periods", "sources", "changes", "judged_by", "report", "accepted", "sensitive", "small_number", "small_numbers",
    "rounding_key",
)  # fmt: skip
_REQUIRED = ("name", "code", "district_level", "metric_crs", "periods", "sources")
_REPORT = (
    "issuer",
    "date",
    "classification",
    "map_approval",
    "signatories",
    "accent",
    "logo",
    "look",
    "stage",
    "language",
    "template",
    "official",
    "editions",
    "public_without",
)
_LISTS = ("signatories", "official", "editions", "public_without")
# keys of a source: what zone.toml may say of it
_KNOWN_OTHERWISE = {"table", "paths", "year", "kinds", "lenient", "corrections", "country"}
_SOURCE = tuple(one.name for one in fields(Source) if one.name not in _KNOWN_OTHERWISE)


@dataclass(frozen=True)
class ZoneSettings:
    """What zone.toml says, checked; codes are text, ``periods`` in time order.

    ``changes`` is the path of the list of changed codes, ``scheme`` the indicator scheme; ``""`` if none is named.
    ``signs``: own kind of facility → its sign on maps; ``own``: how the zone arranges its reports. ``accepted``: id of
    a finding → why it is accepted as it is. ``look_back``: yardsticks not in force are shown too, apart.
    ``sensitive``: words of groups whose counts below ``small_number`` are dealt with as ``small_numbers`` says, beside
    those of catalogue/small_numbers.toml; ``rounding_key`` decides to which side a number is rounded.
    A standard or scheme is a name of the catalogue, or the absolute path of the zone's own file.
    """

    name: str
    code: str
    code_system: str
    code_vintage: str
    district_level: str
    metric_crs: str
    periods: tuple[Period, ...]
    sources: Mapping[str, Source]
    changes: str
    standards: tuple[str, ...]
    scheme: str
    front: FrontMatter
    accepted: Mapping[str, str] = field(default_factory=dict)
    signs: Mapping[str, str] = field(default_factory=dict)
    own: OwnReport = field(default_factory=OwnReport)
    sensitive: tuple[str, ...] = ()
    small_number: int = 5
    small_numbers: str = "suppress"
    rounding_key: str = field(default="", repr=False)
    look_back: bool = False


def read_zone_settings(folder: Path) -> ZoneSettings:
    """Read ``folder/zone.toml``.

    Raises ZoneError naming the file and every key that is missing, misspelt or wrong, all at once.
    """
    path = folder / "zone.toml"
    if not path.is_file():
        raise ZoneError(
            f"文件夹里没有 zone.toml:{folder}",
            todo="请确认分区文件夹的路径；已有的分区可用 `govkit list` 查看。",
        )
    linked = [one.name for one in folder.glob("*.toml") if not one.resolve().is_relative_to(folder.resolve())]
    if linked:
        raise ZoneError(
            f"{'、'.join(linked)} 指到分区文件夹之外。", where=str(folder), todo="把文件本身放进分区文件夹后重试。"
        )
    from govkit.zone.schema import shaped  # pydantic: a process that is given an open zone needs none

    raw, defects = shaped(catalogue.read_toml(path), path.read_text(encoding="utf-8-sig"))
    own, faults = read_own_report(folder)
    defects = defects or _defects(raw, folder) + _brand_defects(raw.get("report", {}), folder)
    if defects:
        raise ZoneError("zone.toml 有误：\n" + "\n".join(f"  - {line}" for line in defects), where=str(path))
    raw, doubled = _with_cover(raw, own.cover)
    faults += doubled or _brand_defects(raw.get("report", {}), folder)
    if faults:
        raise ZoneError("报告的编排有误：\n" + "\n".join(f"  - {line}" for line in faults), where=str(folder / FOLDER))
    return replace(_settings(raw, folder, read_own_kinds(folder), read_corrections(folder)), own=own)


def _with_cover(raw: dict[str, Any], cover: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
    """Return zone.toml with what ``report/`` says of the cover, and a defect for each key that both of them have."""
    report = dict(raw.get("report", {}))
    doubled = [f"[cover] {key} 在 zone.toml 的 [report] 里也写了，只留一处" for key in cover if report.get(key)]
    placed = {key: f"{FOLDER}/{value}" if key in ("logo", "picture") else value for key, value in cover.items()}
    return {**raw, "report": {**report, **placed}}, doubled


def _defects(raw: dict[str, Any], folder: Path) -> list[str]:
    found = _unknown(raw, _TOP, "顶层")
    found += [f"缺少必填项 {key}" for key in _REQUIRED if key not in raw]
    found += _unknown(raw.get("report", {}), _REPORT, "[report]")
    found += _official_defects(raw.get("report", {}))
    found += _unknown(raw.get("judged_by", {}), ("standards", "scheme", "look_back"), "[judged_by]")
    found += _unknown(raw.get("changes", {}), ("path",), "[changes]")
    found += _unknown(raw.get("sources", {}), tuple(catalogue.load("tables")), "[sources]")
    for table, source in raw.get("sources", {}).items():
        found += _unknown(source, _SOURCE, f"[sources.{table}]")
        path = source.get("path")
        several = isinstance(path, list) and path and all(isinstance(one, str) for one in path)
        found += [] if isinstance(path, str) or several else [f"[sources.{table}] 缺少 path"]
    found += _accepted_defects(raw.get("accepted", []))
    found += _small_number_defects(raw)
    found += _code_defects(raw)
    found += _judged_by_defects(raw.get("judged_by", {}), folder)
    found += _crs_defects(raw.get("metric_crs")) + _report_defects(raw.get("report", {}))
    found += [
        f"{key} 应为文字，现在是 {raw[key]!r}" for key in ("name", "synthetic") if not isinstance(raw.get(key, ""), str)
    ]
    return found + _period_defects(raw.get("periods", []))


def _unknown(table: Mapping[str, Any], valid: tuple[str, ...], where: str) -> list[str]:
    lines = []
    for key in table:
        if key not in valid:
            near = nearest(key, valid)
            hint = f"，最接近的是 {'、'.join(near)}" if near else f"，可用的有 {'、'.join(valid)}"
            lines.append(f"{where} 没有 {key!r} 这一项{hint}")
    return lines


def _accepted_defects(accepted: Any) -> list[str]:
    right = isinstance(accepted, list) and all(
        isinstance(one, dict)
        and set(one) == {"id", "reason"}
        and all(isinstance(text, str) and text.strip() for text in one.values())
        for one in accepted
    )
    return [] if right else ['accepted 应写作 accepted = [{ id = "编号", reason = "理由" }]，两项都不能空']


def _small_number_defects(raw: Mapping[str, Any]) -> list[str]:
    found, known = [], catalogue.load("small_numbers")
    words, least, way = raw.get("sensitive", []), raw.get("small_number", known["threshold"]), raw.get("small_numbers")
    if not (isinstance(words, list) and all(isinstance(word, str) and word.strip() for word in words)):
        found.append(f'sensitive 应写作 sensitive = ["敏感人群的名称"]，现在是 {words!r}')
    if not isinstance(least, int) or isinstance(least, bool) or not known["least"] <= least <= known["most"]:
        found.append(f"small_number 应为 {known['least']} 到 {known['most']} 的整数，现在是 {least!r}")
    if way is not None and way not in known["ways"]:
        near = nearest(str(way), tuple(known["ways"])) or tuple(known["ways"])
        allowed = "；".join(f'"{name}"（{meaning}）' for name, meaning in known["ways"].items())
        found.append(f"small_numbers 没有 {way!r} 这种做法，最接近的是 {'、'.join(near)}。可用：{allowed}")
    key = raw.get("rounding_key", "")
    if str(way).startswith("round") and not (isinstance(key, str) and len(key) >= known["key_length"]):
        found.append(
            f'small_numbers = "{way}" 还要写 rounding_key = "…"：至少 {known["key_length"]} 个字的任意一串，'
            "只许本单位知道，定了不要换（换了会重新取整，两次对照能推出原数）"
        )
    report = raw.get("report", {})
    level = report.get("classification", FrontMatter.classification) if isinstance(report, Mapping) else ""
    if way == "keep" and isinstance(report, Mapping) and report.get("editions"):
        found.append("写了 editions，内部版总是照原数；small_numbers 只管公开版，不能是 keep，请删去这一行")
    elif way == "keep" and not FrontMatter("", classification=str(level)).internal:
        found.append(
            'small_numbers = "keep" 照原数写出人数很少的敏感人群，只许内部使用；'
            f"[report] classification 现在是 {level!r}，请改为内部，或改 small_numbers"
        )
    return found


def _code_defects(raw: dict[str, Any]) -> list[str]:
    found = []
    code, level = raw.get("code", "000000"), raw.get("district_level", "street")
    country = raw.get("country", "")
    if not (isinstance(country, str) and (not country or re.fullmatch("[A-Za-z]{2}", country))):
        found.append(f'country 应为两个字母的国家代码（ISO 3166，如 "KE"），我国不写，现在是 {country!r}')
    elif not is_abroad(country) and not (isinstance(code, str) and code.isdigit() and len(code) in {2, 4, 6, 9, 12}):
        found.append(f'code 应为加引号的区划代码（如 "230102"），现在是 {code!r}')
    system, vintage = raw.get("code_system", ""), raw.get("code_vintage", "")
    if system and not code_systems.system_of(str(system)):
        found.append(f"code_system 不认识 {system!r}，可用的如“统计用区划代码”“行政区划代码”")
    if vintage and code_systems.last_day(str(vintage)) is None:
        found.append(f'code_vintage 应为日期或年月，如 "2023-06-30"，现在是 {vintage!r}')
    levels = tuple(catalogue.load("codes")["level"])
    if level not in levels:
        found.append(f"district_level 应为 {'、'.join(levels)} 之一，现在是 {level!r}")
    return found


def _judged_by_defects(judged_by: Mapping[str, Any], folder: Path) -> list[str]:
    standards, scheme = judged_by.get("standards", []), judged_by.get("scheme", "")
    if not (isinstance(standards, list) and all(isinstance(name, str) for name in [*standards, scheme])):
        return ['[judged_by] 应写作 standards = ["标准名"]、scheme = "指标体系名"']
    if not isinstance(judged_by.get("look_back", False), bool):
        return ["[judged_by] look_back 应写作 true 或 false（不加引号）"]
    wanted = [("standards", name) for name in standards] + ([("schemes", scheme)] if scheme else [])
    found = [_judge_defect(kind, name, folder) for kind, name in wanted]
    return [defect for defect in found if defect]


def _judge_defect(kind: str, name: str, folder: Path) -> str:
    """Return what is wrong with the name of a standard or scheme: of the catalogue, or a file of the zone folder."""
    if not is_own(name):
        valid = catalogue.names(kind)
        near = nearest(name, valid) or valid
        return "" if name in valid else f"[judged_by] 目录 {kind} 里没有 {name!r}，最接近的是 {'、'.join(near)}"
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        return f"[judged_by] {name!r} 不在分区文件夹里，请把文件放进来，只写文件名"
    if not path.is_file():
        there = sorted(one.name for one in folder.glob("*.toml") if one.name != "zone.toml")
        near = nearest(name, there) or there
        hint = f"，最接近的是 {'、'.join(near)}" if near else "，文件夹里没有别的 .toml 文件"
        return f"[judged_by] 分区文件夹里没有 {name!r}{hint}"
    try:
        stated(kind, str(path))
    except CatalogueError as error:
        return f"[judged_by] {name}：{error.what}"
    return ""


def _crs_defects(crs: Any) -> list[str]:
    if crs is None:
        return []
    try:
        known = pyproj.CRS.from_user_input(crs)
    except pyproj.exceptions.CRSError:
        return [f'metric_crs 不是可识别的坐标系：{crs!r}，例如 "EPSG:4551"（CGCS2000 三度带，中央经线 126°）']
    metric = known.is_projected and all(axis.unit_name == "metre" for axis in known.axis_info)
    return [] if metric else [f"metric_crs 应为以米为单位的投影坐标系，{crs!r} 不是"]


def _report_defects(report: Mapping[str, Any]) -> list[str]:
    found = [
        f"[report] {key} 应为文字，现在是 {value!r}"
        for key, value in report.items()
        if key in _REPORT and key not in _LISTS and not isinstance(value, str)
    ]
    found += _edition_defects(report)
    pairs = report.get("signatories", [])
    right = isinstance(pairs, list) and all(
        isinstance(pair, list) and len(pair) == 2 and all(isinstance(text, str) for text in pair) for pair in pairs
    )
    if not right:
        found.append(f'[report] signatories 应写作 [["编制", "某科"], ["审核", "某局"]]，现在是 {pairs!r}')
    return found


def _edition_defects(report: Mapping[str, Any]) -> list[str]:
    known, found = catalogue.load("editions"), []
    stated, without = report.get("editions", []), report.get("public_without", [])
    names, sections = (known["public"], known["internal"]), section_names()
    if not (isinstance(stated, list) and all(one in names for one in stated) and len({*stated}) == len(stated)):
        found.append(f'[report] editions 应写作 ["公开", "内部"]（或只写其中一个），现在是 {stated!r}')
    if not isinstance(without, list):
        return [*found, f'[report] public_without 应写作 ["节名"]，现在是 {without!r}']
    found += [f"[report] public_without：{not_known('节', one, sections)}" for one in without if one not in sections]
    if without and known["public"] not in stated:
        found.append("[report] public_without 只在 editions 里有“公开”时才用得上")
    return found


def _official_defects(report: Mapping[str, Any]) -> list[str]:
    """Check how a report is to look and the marks of an official one."""
    look, official = report.get("look", "report"), report.get("official", {})
    known = catalogue.load("document")["look"]
    found = [] if look in known else [f"[report] look = {look!r} 不能用，可用：{'、'.join(known)}"]
    if (language := report.get("language", "zh")) not in catalogue.languages():
        found.append(f"[report] language = {language!r} 不能用，可用：{'、'.join(catalogue.languages())}")
    if not isinstance(official, Mapping):
        return [*found, "official 应写作 [report.official] 下面逐行的 名 = 值"]
    found += _unknown(dict(official), tuple(one.name for one in fields(OfficialMarks)), "[report.official]")
    for key, value in official.items():
        listed = key == "attachments" and isinstance(value, list) and all(isinstance(one, str) for one in value)
        if not listed and (key == "attachments" or not isinstance(value, str)):
            allowed = "方括号里的一列文字" if key == "attachments" else "文字"
            found.append(f"[report.official] {key} 应为{allowed}，现在是 {value!r}")
    return found


def _brand_defects(report: Mapping[str, Any], folder: Path) -> list[str]:
    """Check the bureau's own colour, logo and Word template; what is no text is said elsewhere."""
    accent, logo, template, picture = (report.get(key, "") for key in ("accent", "logo", "template", "picture"))
    faults = {
        "picture": logo_defect(folder, picture, most_kb=MOST_PICTURE_KB)
        if picture and isinstance(picture, str)
        else "",
        "accent": colour_defect(accent) if accent and isinstance(accent, str) else "",
        "logo": logo_defect(folder, logo) if logo and isinstance(logo, str) else "",
        "template": template_defect(folder, template) if template and isinstance(template, str) else "",
    }
    return [f"[report] {key} = {report[key]!r} 不能用：{fault}" for key, fault in faults.items() if fault]


def _period_defects(periods: list[dict[str, Any]]) -> list[str]:
    found = [] if periods else ["至少要有一个 [[periods]]"]
    for number, period in enumerate(periods, start=1):
        where = f"第 {number} 个 [[periods]]"
        found += _unknown(period, ("id", "name", "start", "end"), where)
        start, end = period.get("start"), period.get("end")
        if not (isinstance(start, dt.date) and isinstance(end, dt.date) and start <= end):
            found.append(f"{where} 的 start、end 应为不加引号的日期，且 start 不晚于 end")
        found += [f"{where} 缺少 id"] if not period.get("id") else []
    known = [one for one in periods if isinstance(one.get("start"), dt.date) and isinstance(one.get("end"), dt.date)]
    for one, other in pairwise(sorted(known, key=lambda period: period["start"])):
        if one["end"] >= other["start"]:
            found.append(f"报告期 {one.get('id')!r} 与 {other.get('id')!r} 的日期重叠")
    ids = [period.get("id") for period in periods]
    return found + [f"报告期 id 重复：{one!r}" for one in sorted({i for i in ids if ids.count(i) > 1}, key=str)]


def _settings(raw: dict[str, Any], folder: Path, own: OwnKinds, put_right: Corrections) -> ZoneSettings:
    judged_by, report, country = raw.get("judged_by", {}), dict(raw.get("report", {})), raw.get("country", "")
    report["logo"] = logo_address(folder / report["logo"]) if report.get("logo") else ""
    report["picture"] = logo_address(folder / report["picture"]) if report.get("picture") else ""
    report["template"] = file_address(folder / report["template"]) if report.get("template") else ""
    official = dict(report.get("official", {}))
    report["official"] = OfficialMarks(**official | {"attachments": tuple(official.get("attachments", ()))})
    report["editions"] = tuple(report.get("editions", ()))
    report["public_without"] = tuple(section_names()[one] for one in report.get("public_without", ()))
    report["signatories"] = tuple((str(role), str(who)) for role, who in report.get("signatories", []))
    periods = [Period(p["id"], p.get("name", p["id"]), p["start"], p["end"]) for p in raw["periods"]]
    return ZoneSettings(
        name=raw["name"],
        code=ABROAD if is_abroad(country) else raw["code"],
        code_system=raw.get("code_system", ""),
        code_vintage=raw.get("code_vintage", ""),
        district_level=raw["district_level"],
        metric_crs=raw["metric_crs"],
        periods=tuple(sorted(periods, key=lambda period: period.start)),
        sources={
            table: _source(table, source, periods, own, put_right, country) for table, source in raw["sources"].items()
        },
        changes=raw.get("changes", {}).get("path", ""),
        standards=tuple(_placed(name, folder) for name in judged_by.get("standards", [])),
        scheme=_placed(judged_by.get("scheme", ""), folder),
        look_back=judged_by.get("look_back", False),
        accepted={one["id"]: one["reason"] for one in raw.get("accepted", [])} | put_right.reasons(),
        signs=own.signs,
        sensitive=tuple(raw.get("sensitive", ())),
        small_number=raw.get("small_number", catalogue.load("small_numbers")["threshold"]),
        small_numbers=raw.get("small_numbers", "suppress"),
        rounding_key=raw.get("rounding_key", ""),
        front=FrontMatter(zone_name=raw["name"], synthetic=raw.get("synthetic", ""), **report),
    )


def _source(
    table: str, raw: Mapping[str, Any], periods: list[Period], own: OwnKinds, put_right: Corrections, country: str
) -> Source:
    """Return one source; the only year of the periods serves months that name none."""
    years = {day.year for period in periods for day in (period.start, period.end)}
    path = raw["path"]
    several = {"path": path[0], "paths": tuple(path)} if isinstance(path, list) else {}
    year = min(years) if len(years) == 1 else 0
    source = Source(table=table, year=year, kinds=own.words, country=country, **{**raw, **several})
    return replace(source, corrections=put_right.of(source))


def _placed(name: str, folder: Path) -> str:
    return str((folder / name).resolve()) if is_own(name) else name
