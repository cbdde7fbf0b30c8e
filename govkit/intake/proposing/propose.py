"""A zone.toml proposed from what lies in a folder, each line with its reason; run again, it only adds."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pyogrio
import pyproj

from govkit import catalogue
from govkit.catalogue import toml_text
from govkit.errors import SourceError, ZoneError
from govkit.files import write_whole
from govkit.intake.proposing import identity
from govkit.intake.proposing.choosing import chosen
from govkit.intake.proposing.identity import NO_CODE, code_of, district_level, judged_by, metric_crs, name_of
from govkit.intake.proposing.looking import ABROAD, Found, files_in, look
from govkit.intake.reading import schema
from govkit.intake.reading.sources import VECTOR, Source
from govkit.intake.reading.zone_tables import Intake, read_zone_tables
from govkit.intake.templates.fields import fill
from govkit.intake.units.code_systems import is_abroad
from govkit.intake.units.completing import codes_text
from govkit.periods import Period

# a country that nobody has named yet: no country's letters
_SOMEWHERE = "XX"


@dataclass(frozen=True)
class Proposal:
    """What a folder is proposed to be: files by table, what is left out and why, the texts of zone.toml, codes.csv and
    a first scheme.

    ``text`` is what is written or, where zone.toml is there already, added to it; "" if there is nothing to write, and
    ``lacking`` then says why. ``unsure`` are the lines to be checked by hand;
    ``asks`` what no file tells (``name``, ``code``) and what stands for it.
    """

    folder: Path
    found: Mapping[str, Found]
    left: Mapping[str, str]
    text: str
    codes: str
    lacking: str
    unsure: tuple[str, ...]
    adds: bool
    scheme: str = ""
    asks: Mapping[str, str] = field(default_factory=dict)


def propose(
    folder: str | Path, *, name: str = "", code: str = "", country: str = "", today: dt.date | None = None
) -> Proposal:
    """Propose what a folder's files are and the zone.toml that says so; nothing is written.

    ``name``, ``code`` and ``country`` (two letters, "" is China) go before what the files say. Raises ZoneError if
    there is no such folder.
    """
    folder, day = Path(folder), today or dt.datetime.now(tz=ZoneInfo("Asia/Shanghai")).date()
    if not folder.is_dir():
        raise ZoneError("没有这个文件夹。", where=str(folder), todo="请核对路径。")
    before = catalogue.read_toml(folder / "zone.toml") if (folder / "zone.toml").is_file() else {}
    named = _named_before(before)
    country = country or str(before.get("country", ""))
    left: dict[str, str] = {}
    found, crs, failed = [], "", set[tuple[object, ...]]()
    for path in sorted(files_in(folder), key=lambda one: one.suffix.lower() not in VECTOR):
        if path.relative_to(folder).as_posix() in named:
            crs = crs or _metres_of(path)
            continue
        seen = look(folder, path, failed, code=code, country=country, crs=crs)
        if not country and not before and _lies_abroad(seen):
            return propose(folder, name=name, code=code, country=_SOMEWHERE, today=today)
        if isinstance(seen, str):
            left[path.relative_to(folder).as_posix()] = seen
        else:
            found.append(seen)
            crs = crs or _metres_of(path)
    taken, more = chosen(found, folder)
    if before:
        return _added(folder, taken, {**left, **more}, before, day)
    if "units" not in taken:
        lacking = "没有找到行政单元：一张写着街道（乡镇）、社区（村）名称的表，或带名称的边界图层。有了它才能建分区。"
        return Proposal(folder, taken, {**left, **more}, "", "", lacking, (), adds=False)
    return _new(folder, taken, {**left, **more}, name, code, country, day)


def _metres_of(path: Path) -> str:
    """Return the coordinate system of a layer in metres, "" for anything else."""
    if path.suffix.lower() not in VECTOR:
        return ""
    try:
        crs = pyogrio.read_info(path)["crs"]
    except UnicodeDecodeError:  # a head cut within a character
        beside = path.with_suffix(".prj")
        crs = beside.read_text(encoding="utf-8", errors="replace") if beside.is_file() else ""
    except pyogrio.errors.DataSourceError:  # read by other means
        return ""
    return str(crs) if crs and pyproj.CRS(crs).is_projected else ""


def _lies_abroad(seen: Found | str) -> bool:
    """Whether most of a file's places are outside China, its seas left out."""
    if isinstance(seen, str):
        return ABROAD in seen or "图形不在我国境内" in seen
    frame, spec = seen.reading.frame, catalogue.load("points")
    if not {"longitude", "latitude"} <= set(frame):
        return False
    lon, lat = frame["longitude"].dropna(), frame["latitude"].dropna()
    degrees = lon.abs().le(180) & lat.abs().le(90)
    inside = lon.between(*spec["longitude"]) & lat.between(*spec["latitude"])
    inside |= lat.between(*spec["longitude"]) & lon.between(*spec["latitude"])
    return len(lon) > 0 and bool(degrees.mean() > 0.5 and inside.mean() < 0.5)


def write(proposal: Proposal) -> list[Path]:
    """Write what a proposal proposes; what is there already is added to, never overwritten."""
    path, made = proposal.folder / "zone.toml", list[Path]()
    if proposal.text:
        if path.exists() and not proposal.adds:
            raise ZoneError("这里已有 zone.toml。", where=str(path), todo="再运行一次 govkit new --from，只补上缺的。")
        old = path.read_bytes() if proposal.adds else b""
        text = proposal.text if proposal.adds else proposal.text.lstrip("\n")
        gap = b"\r\n" if old and not old.endswith(b"\n") else b""
        made.append(write_whole(path, old + gap + text.replace("\n", "\r\n").encode("utf-8")))
    scheme = proposal.folder / catalogue.load("proposing")["first_scheme"]["file"]
    if proposal.scheme and not scheme.exists():
        made.append(write_whole(scheme, proposal.scheme.lstrip("\n").replace("\n", "\r\n")))
    codes = proposal.folder / "codes.csv"
    if proposal.codes and not codes.exists():
        made.append(write_whole(codes, proposal.codes.encode("utf-8-sig")))
    return made


def _named_before(before: Mapping[str, object]) -> set[str]:
    found: set[str] = set()
    sources = before.get("sources", {})
    for source in sources.values() if isinstance(sources, dict) else ():
        path = source.get("path", "")
        found |= {*(path if isinstance(path, list) else [path]), source.get("boundaries", "")}
    return found


def _added(
    folder: Path, taken: Mapping[str, Found], left: dict[str, str], before: Mapping[str, object], day: dt.date
) -> Proposal:
    """Propose sources for tables that zone.toml does not name yet."""
    sources = before.get("sources", {})
    have = set(sources) if isinstance(sources, dict) else set()
    for table, one in taken.items():
        if table in have:
            title = schema.table(table).title
            left[one.source.path] = (
                f"“{title}”在 zone.toml 里已有来源，没有改动；要换用或并入，请改 [sources.{table}] 的 path"
            )
            if table == "units" and "geometry" in one.reading.frame:
                line = f"boundaries = {toml_text(one.source.path)}"
                left[one.source.path] += f"；只用作边界的，在 [sources.units] 下加一行 {line}"
    new = {table: one for table, one in taken.items() if table not in have}
    said = catalogue.load("proposing")["text"]
    text = fill(said["added"], day=day) + "".join(_source(one) for one in new.values()) if new else ""
    lacking = "" if new else "没有新的表可以添加。"
    return Proposal(folder, new, left, text, "", lacking, (), adds=True)


def _new(
    folder: Path, taken: dict[str, Found], left: dict[str, str], name: str, code: str, country: str, day: dt.date
) -> Proposal:
    unsure: list[str] = []
    abroad = is_abroad(country)
    crs, why_crs = metric_crs(taken, NO_CODE if abroad else code)
    digits, why_code = (code, "命令里给的") if code else code_of(taken["units"])
    if abroad:
        digits, why_code = NO_CODE, "我国以外没有区划代码"
    intake = _read(folder, taken, left, digits, crs)
    taken, intake = _with_datums(folder, taken, intake, digits, crs, unsure)
    units = intake.tables["units"]
    level, why_level = district_level(units)
    called, why_name = (name, "命令里给的") if name else name_of(units, digits, folder)
    times, why_times = identity.periods_of(intake.tables, day)
    if country == _SOMEWHERE:
        unsure.append(f"图形不在我国境内，country 暂写 {_SOMEWHERE}，请改成所在国家的两个字母（ISO 3166）")
    if digits == NO_CODE and not abroad:
        unsure.append("区划代码不知道，暂用 990000；知道的话改 code")
    has_shapes = "geometry" in taken["units"].reading.frame or taken["units"].boundaries is not None
    points = any({"longitude", "geometry"} & set(one.reading.frame) for table, one in taken.items() if table != "units")
    if has_shapes and not points and not taken["units"].source.datum and "grids" not in taken:
        unsure.append("边界的坐标系没有别的图层可比对；从高德、腾讯、百度来的，请写 datum（GCJ-02 相差约 500 米）")
    asks = {"name": called} if why_name.startswith("文件夹") else {}
    asks |= {"code": ""} if digits == NO_CODE and not abroad else {}
    said = catalogue.load("proposing")["text"]
    head = fill(
        said["head"], day=day, name=toml_text(called), why_name=why_name, code=toml_text(digits), why_code=why_code,
        system=toml_text("统计用区划代码" if digits != NO_CODE else ""), level=toml_text(level), why_level=why_level,
        crs=toml_text(crs), why_crs=why_crs,
    )  # fmt: skip
    head = re.sub("code_system = .*\n", "", head) if abroad else head
    head += f"country = {toml_text(country)}   # 我国以外：代码、坐标系不按我国的规则检查\n" if abroad else ""
    text = head + fill(said["periods_why"], why=why_times) + "".join(_period(one) for one in times)
    text += "".join(_source(taken[table]) for table in catalogue.load("tables") if table in taken)
    judges, scheme = ("", "") if abroad else judged_by(intake.tables, times, called, day)
    text += judges
    text += "".join(f"# {line}\n" for line in [said["left_out"].strip("\n"), *_left(left)]) if left else ""
    local = intake.findings["rule"].isin(["local_codes", "codes_abroad"]).any()
    codes = codes_text(units) if local else ""
    return Proposal(folder, taken, left, text, codes, "", tuple(unsure), adds=False, scheme=scheme, asks=asks)


def _left(left: Mapping[str, str]) -> list[str]:
    return [" ".join(f"{name}：{why}".split()) for name, why in sorted(left.items())]


def _read(folder: Path, taken: dict[str, Found], left: dict[str, str], code: str, crs: str) -> Intake:
    """Read the tables together; a file that cannot be used with the others is left out with the reason."""
    while True:
        try:
            return read_zone_tables(
                folder, {table: one.source for table, one in taken.items()}, code=code, metric_crs=crs
            )
        except SourceError as error:
            bad = [
                table for table, one in taken.items() if table != "units" and one.source.path in f"{error.where}{error}"
            ]
            if not bad:
                raise
            for table in bad:
                left[taken.pop(table).source.path] = str(error.what)


def _with_datums(
    folder: Path, taken: dict[str, Found], intake: Intake, code: str, crs: str, unsure: list[str]
) -> tuple[dict[str, Found], Intake]:
    """Put the datum under which points or grids fit far better than under CGCS2000."""
    of_shapes = {"likely_datum_of_shapes", "likely_datum_of_zone"}
    rules = ["likely_datum", "likely_datum_in_zone", "shapes_off", *of_shapes]
    told = intake.findings.loc[intake.findings["rule"].isin(rules)]
    changed = dict(taken)
    for one in told.itertuples():
        likely = next((word for word in ("GCJ-02", "BD-09") if word in str(one.todo) + str(one.reason)), "")
        # of points that fit if the shapes are shifted it is the shapes that are so
        table = one.table if one.rule not in of_shapes else "grids" if "grids" in taken else "units"
        if likely and not taken[table].source.datum:
            source = replace(taken[table].source, datum=likely)
            why = f"坐标按 {likely} 与{'设施的点' if table != one.table else '边界'}吻合得多（{one.reason}）"
            changed[table] = replace(taken[table], source=source, why=f"{taken[table].why}；{why}")
            unsure.append(f"{source.boundaries or source.path} 的坐标系推定为 {likely}")
    if changed == taken:
        return taken, intake
    sources = {table: one.source for table, one in changed.items()}
    return changed, read_zone_tables(folder, sources, code=code, metric_crs=crs)


def _period(period: Period) -> str:
    given = {"id": toml_text(period.id), "name": toml_text(period.name), "start": period.start, "end": period.end}
    return fill(catalogue.load("proposing")["text"]["period"], **given)


def _source(one: Found) -> str:
    source: Source = one.source
    path = json.dumps(list(source.paths), ensure_ascii=False) if source.paths else toml_text(source.path)
    given = {"title": schema.table(source.table).title, "why": " ".join(one.why.split()), "table": source.table}
    text = fill(catalogue.load("proposing")["text"]["source"], path=path, **given)
    for key in ("sheet", "wide", "boundaries", "boundary_name", "datum", "crs"):
        text += f"{key} = {toml_text(getattr(source, key))}\n" if getattr(source, key) else ""
    if source.columns:
        text += (
            "columns = { " + ", ".join(f"{key} = {toml_text(head)}" for key, head in source.columns.items()) + " }\n"
        )
    return text


def in_words(proposal: Proposal) -> list[str]:
    """Return what a proposal says, a line a file: what is used as which table, what is left out, what is unsure."""
    lines = []
    for table, one in proposal.found.items():
        files = "、".join(one.source.paths or (one.source.path,))
        lines.append(f"[采用] {files} → {schema.table(table).title}：{one.why}")
    lines += [f"[未用] {line}" for line in _left(proposal.left)]
    doubts = re.findall(r"(?m)^(\w+ = .*?)   # (.*请(?:核对|改).*)$|^# ---- (.*请核对.*) ----$", proposal.text)
    doubts = ["：".join(part for part in one if part) for one in doubts]
    lines += [f"[请核对] {line}" for line in dict.fromkeys((*proposal.unsure, *doubts))]
    return lines + ([f"[缺少] {proposal.lacking}"] if proposal.lacking else [])
