"""A section in another language: every text said again, and what has no wording there left out and counted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from govkit import catalogue
from govkit.display.charts.figure import ChartFigure
from govkit.display.front import Absent, Cover
from govkit.display.maps.sheet.figure import MapFigure
from govkit.display.maps.sheet.spec import spec_in_language
from govkit.display.slides import KeyFigure, Slide
from govkit.display.tables.table import Table
from govkit.display.words.language import CHINESE, UNSAID, Speaker, speak
from govkit.sections.section import Section
from govkit.zone.place import Place

# Years are said, not kept, though they stand in the files.
# Said in the report of what it leaves out; the wording is in the catalogue like any other.
_YEAR = re.compile(r"\d{4}年")
_PARTS = "没有英文的部分：{names}。"
_LEFT_OUT = "本部分有{n}处没有英文，没有印出；见中文报告。"


def speaker_of(place: Place, *names: str, items: Any = None) -> Speaker | None:
    """Return who says a report in its language, None for Chinese; names and own texts of the zone stay as they are.

    ``items``: the zone's lists of services, which hold in every district.
    """
    front, settings = place.front, place.settings
    if front.language == CHINESE:
        return speak(CHINESE)
    own = [front.zone_name, front.issuer, front.synthetic, settings.name, place.name]
    people = [who for _, who in front.signatories]
    units = place.tables["units"]["name"] if "units" in place.tables else ()
    return speak(front.language, [*own, *people, *units, *names], _own_texts(place, items))


def _own_texts(place: Place, items: Any) -> set[str]:
    """The words that stand in the zone's files: names of facilities and bodies, tasks, heads, the files themselves."""
    known = catalogue.load("tables")
    columns = (
        table[column]
        for name, table in ({**place.tables, "items": items} if items is not None else place.tables).items()
        for column, entry in known[name]["columns"].items()
        if column in table and (entry["type"] == "text" or entry.get("open"))
    )
    files = (place.accounts[name] for name in ("file", "sheet"))
    findings = (place.findings[name] for name in ("file", "sheet", "column", "value"))
    found = {str(one) for values in (*columns, *files, *findings) for one in values.dropna().unique()}
    return {one for one in found if not _YEAR.match(one)}


def in_language(section: Section, speaker: Speaker | None) -> Section:
    """Return a section in the language of its report.

    A text, table, chart or map of which any part has no wording is left out whole; the section says how many were.
    """
    if speaker is None:
        return section
    body = [_said(item, speaker) for item in section.body]
    kept = [one for one in body if one is not None]
    annex = [_said(item, speaker) for item in section.annex]
    items = zip((*section.body, *section.annex), (*body, *annex), strict=True)
    lost = [item for item, said in items if said is None]
    if not kept and lost:  # told once for all, at the end
        speaker.left_out[section.title or section.id] = None
    if lost:
        tables = sum(isinstance(item, Table) for item in lost)
        figures = sum(not isinstance(item, str | Table) for item in lost)
        kept.append(Absent(speaker.heard(_LEFT_OUT.format(n=len(lost))) or "", figures, tables, told=bool(kept)))
    if section.id == "left_out" and speaker.left_out:
        names = "、".join(speaker.heard(one) or "…" for one in speaker.left_out)
        kept.append(speaker.heard(_PARTS.format(names=names)) or "")
    title = speaker.heard(section.title) if section.title else ""
    finding = (speaker.heard(section.finding) if section.finding else "") or ""
    return replace(
        section,
        title=title or (section.id.replace("_", " ") if section.title else ""),
        finding=finding,
        body=tuple(kept),
        annex=tuple(one for one in annex if one is not None),
        slide=tuple(_deck(section.slide, speaker)),
    )


def _deck(items: Iterable[Any], speaker: Speaker) -> Iterator[Any]:
    """The items of slides in the language; with a head that has no wording goes all that stands on its slide."""
    headed = True
    for item in items:
        said = _said(item, speaker)
        headed = said is not None if isinstance(item, Slide) else headed
        if headed and said is not None:
            yield said


def cover_in_language(cover: Cover, speaker: Speaker | None) -> Cover:
    """Return a title page in the language of its report."""
    if speaker is None:
        return cover
    texts = (cover.title, cover.period, cover.date, cover.classification, cover.stage, cover.edition)
    title, period, date, kept, stage, edition = (speaker.heard(one) or one if one else "" for one in texts)
    people = tuple((speaker.heard(role) or role, who) for role, who in cover.signatories)
    return replace(
        cover,
        signatories=people,
        title=title,
        period=period,
        date=date,
        classification=kept,
        stage=stage,
        edition=edition,
        language=speaker.language,
    )


def _said(item: Any, speaker: Speaker) -> Any:
    if isinstance(item, str):
        return speaker.heard(item)
    if isinstance(item, Table):
        return _table(item, speaker)
    if isinstance(item, ChartFigure):
        return _chart(item, speaker)
    if isinstance(item, MapFigure):
        # A map with its texts in the language, None where one has no wording
        before = len(speaker.unsaid)
        made = type(item)(spec_in_language(item.spec))
        drawn = made.png
        return made if drawn and len(speaker.unsaid) == before else None
    if isinstance(item, Slide):
        return _slide(item, speaker)
    if isinstance(item, Absent):
        said = speaker.heard(item.reason)
        return replace(item, reason=said or "", told=item.told and said is not None)
    return None


def _table(table: Table, speaker: Speaker) -> Table | None:
    heads = [[speaker.heard(text) if text else "" for text in (c.label, c.shown_unit, c.group)] for c in table.columns]
    rows = [[speaker.heard(cell) for cell in row] for row in table.rows]
    around = [speaker.heard(text) if text else "" for text in (table.title, table.note, table.source)]
    if any(None in line for line in (*heads, *rows, around)):
        return None
    columns = tuple(
        replace(column, label=str(label), unit=str(unit), group=str(group))
        for column, (label, unit, group) in zip(table.columns, heads, strict=True)
    )
    title, note, source = (str(text) for text in around)
    said = tuple(tuple(str(cell) for cell in row) for row in rows)
    return replace(table, title=title, columns=columns, rows=said, note=note, source=source)


def _chart(chart: ChartFigure, speaker: Speaker) -> ChartFigure | None:
    if any(UNSAID in mark.text or speaker.unsaid_in(mark.text) for mark in chart.texts):  # said as drawn
        return None
    said = [speaker.heard(text) if text else "" for text in (chart.finding, chart.alt, chart.note, chart.source)]
    if None in said:
        return None
    finding, alt, note, source = (str(text) for text in said)
    return replace(chart, finding=finding, alt=alt, note=note, source=source)


def _slide(slide: Slide, speaker: Speaker) -> Slide | None:
    texts = [speaker.heard(text) if text else "" for text in (slide.title, slide.lead)]
    notes = [speaker.heard(text) for text in slide.notes]
    figures = [
        [speaker.heard(text) if text else "" for text in (one.label, one.value, one.unit, one.remark)]
        for one in slide.figures
    ]
    if any(None in line for line in (texts, notes, *figures)):
        return None
    return Slide(
        str(texts[0]), str(texts[1]), tuple(map(str, notes)), tuple(KeyFigure(*map(str, one)) for one in figures)
    )
