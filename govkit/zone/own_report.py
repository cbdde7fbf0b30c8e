"""A zone's own arrangement of its reports: the folder ``report/`` beside zone.toml, checked whole.

``report/report.toml`` says which sections a report has and in which order, which texts of the zone's own (Markdown)
stand before or after a section, and what the cover shows. Nothing of it is a program.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from govkit import catalogue
from govkit.errors import GovkitError, nearest

FOLDER, FILE = "report", "report.toml"
ANNEX = "annex"
_BLANK = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_ARRANGED = ("title", "sections", "without")
_TEXT = ("file", "before", "after", "in", "districts")
_COVER = ("subtitle", "picture", "logo", "accent")
_MOST_CHARACTERS = 20_000


@dataclass(frozen=True)
class Blank:
    """A number by name in a text: a measure or fact, its field, and the form it is printed in ("" for the usual)."""

    name: str
    field: str
    form: str = ""


@dataclass(frozen=True)
class OwnText:
    """A text of the zone's own and where it stands: ``reports`` and ``districts`` empty for all."""

    file: str
    text: str = field(repr=False)
    section: str
    before: bool
    reports: tuple[str, ...] = ()
    districts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Arrangement:
    """What one notebook's report holds: ``sections`` in order (empty: the notebook's), ``without`` those turned off."""

    title: str = ""
    sections: tuple[str, ...] = ()
    without: tuple[str, ...] = ()


@dataclass(frozen=True)
class OwnReport:
    """What the folder ``report/`` says: arrangements by notebook, texts, and keys of the cover.

    ``hidden``: sections that no report of this edition holds.
    """

    arranged: Mapping[str, Arrangement] = field(default_factory=dict)
    texts: tuple[OwnText, ...] = ()
    cover: Mapping[str, str] = field(default_factory=dict)
    hidden: tuple[str, ...] = ()


def read_own_report(folder: Path) -> tuple[OwnReport, list[str]]:
    """Return what ``folder/report`` says and every defect of it in words; nothing at all where there is none."""
    place = folder / FOLDER
    path = place / FILE
    written = sorted(one.name for one in place.glob("*.md")) if place.is_dir() else []
    if not path.is_file():
        named = f"{FOLDER}/ 里有 {'、'.join(written)}，但没有 {FILE}，不知道放在哪一节；请写 {FILE}，或移走这些文件"
        return OwnReport(), [named] if written else []
    try:
        raw = catalogue.read_toml(path)
    except GovkitError as error:
        return OwnReport(), [f"{FOLDER}/{FILE}：{error.what}"]
    reading = _Reading(place, [])
    own = reading.report(raw)
    unused = [name for name in written if name not in {one.file for one in own.texts}]
    if unused and not reading.defects:
        reading.say(f"{'、'.join(unused)} 没有写进 [[texts]]，不会印出；请写明放在哪一节，或移出 {FOLDER}/")
    return own, [f"{FOLDER}/{FILE}：{line}" for line in reading.defects]


def blanks_of(text: str) -> Iterator[tuple[str, Blank | str]]:
    """Yield every blank of a text as it is written, with what it asks for, or what is wrong with it."""
    for match in _BLANK.finditer(text):
        yield match[0], _blank(match[1].strip())


def filled(text: str, value: Any) -> str:
    """Return a text with its blanks filled by ``value(blank)``."""

    def one(match: re.Match[str]) -> str:
        blank = _blank(match[1].strip())
        return str(value(blank)) if isinstance(blank, Blank) else match[0]

    return _BLANK.sub(one, text)


def section_names() -> dict[str, str]:
    """Return the names a section may be called by, its title among them."""
    titles = catalogue.load("sections")["titles"]
    return {name: name for name in titles} | {title: name for name, title in titles.items()}


def not_known(kind: str, value: Any, known: Any) -> str:
    """Say that a name is not known, with the nearest ones."""
    near = nearest(str(value), tuple(known)) or tuple(known)[:6]
    return f"没有叫 {value!r} 的{kind}，最接近的是 {'、'.join(near)}"


def _blank(inside: str) -> Blank | str:
    words = catalogue.load("sections")
    asked, _, form = (part.strip() for part in inside.partition("|"))
    name, dot, last = asked.rpartition(".")
    name, last = (name.strip(), last.strip()) if dot else (asked, "value")
    facts = words["facts"]
    fact = {name: name for name in facts} | {one["title"]: key for key, one in facts.items()}
    measures = catalogue.load("measures")
    labels = {entry["label"]: key for key, entry in measures.items()}
    stem, _, argument = name.partition(":")
    if name in fact:
        known, fields = fact[name], facts[fact[name]]["fields"]
    elif stem in measures or name in labels:
        known, fields = labels.get(name, name), words["fields"]
        needs = str(measures[known.partition(":")[0]].get("argument", ""))
        if "必填" in needs and not argument:
            return f"{name} 要写明{needs.partition('（')[0]}，如 {name}:…"
    else:
        return not_known("数", name, [*measures, *labels, *fact])
    named = {key: key for key in fields} | {title: key for key, title in fields.items()}
    if last not in named:
        return (
            f"{name} 没有 {last!r} 这一项，可用的有 {'、'.join(f'{key}（{title}）' for key, title in fields.items())}"
        )
    forms = {key: key for key in words["forms"]} | {title: key for key, title in words["forms"].items()}
    if form and form not in forms:
        return not_known("写法", form, forms)
    unit = measures.get(known.partition(":")[0], {}).get("unit", "")
    if forms.get(form) == "percent" and (known in facts or unit != "%") and named[last] not in {"rank", "of"}:
        return f"{name} 的单位是“{unit or '无'}”，不是百分数，不能写作 {form}"
    return Blank(known, named[last], forms.get(form, ""))


@dataclass
class _Reading:
    """One reading of report.toml: the folder it lies in and the defects found."""

    place: Path
    defects: list[str]

    def say(self, defect: str) -> None:
        self.defects.append(defect)

    def report(self, raw: Mapping[str, Any]) -> OwnReport:
        cover = self.cover(raw.get("cover", {}))
        texts = raw.get("texts", [])
        if not isinstance(texts, list):
            self.say("文字应写作 [[texts]] 下面逐行的 名 = 值")
            texts = []
        read = tuple(
            one for number, entry in enumerate(texts, 1) if (one := self.text(entry, f"第 {number} 个 [[texts]]"))
        )
        arranged = {
            name: self.arrangement(entry, f"[{name}]") for name, entry in raw.items() if name not in ("cover", "texts")
        }
        return OwnReport(arranged, read, cover)

    def keys(self, entry: Any, known: tuple[str, ...], where: str) -> Mapping[str, Any]:
        if not isinstance(entry, Mapping):
            self.say(f"{where} 应是一张表（下面逐行写 名 = 值）")
            return {}
        for key in entry:
            if key not in known:
                self.say(f"{where} {not_known('项', key, known)}")
        return entry

    def names(self, value: Any, where: str) -> tuple[str, ...]:
        """Return sections by name; a defect for each that nobody knows or that stands twice."""
        known, found = section_names(), []
        if not isinstance(value, list):
            self.say(f"{where} 应为方括号里的一列节名")
            return ()
        for one in value:
            if not isinstance(one, str) or one not in known:
                self.say(f"{where} {not_known('节', one, known)}")
            elif known[one] in found:
                self.say(f"{where} 里 {one!r} 写了两次")
            else:
                found.append(known[one])
        return tuple(found)

    def arrangement(self, raw: Any, where: str) -> Arrangement:
        entry = self.keys(raw, _ARRANGED, where)
        if "sections" in entry and "without" in entry:
            self.say(f"{where} 的 sections（列出要的节）和 without（列出不要的节）只写一个")
        title = entry.get("title", "")
        if not isinstance(title, str):
            self.say(f"{where} 的 title 应为文字，现在是 {title!r}")
        if "sections" in entry and not entry["sections"]:
            self.say(f"{where} 的 sections 是空的，报告里会什么也没有")
        return Arrangement(
            str(title),
            self.names(entry["sections"], f"{where} sections") if "sections" in entry else (),
            self.names(entry["without"], f"{where} without") if "without" in entry else (),
        )

    def text(self, raw: Any, where: str) -> OwnText | None:
        entry = self.keys(raw, _TEXT, where)
        sides = [side for side in ("before", "after") if side in entry]
        if len(sides) != 1:
            self.say(f'{where} 应写 before = "节名" 或 after = "节名"，只写一个')
            return None
        section = self.names([entry[sides[0]]], f"{where} {sides[0]}")
        text = self.content(entry.get("file"), where)
        lists = [entry.get(key, []) for key in ("in", "districts")]
        if not all(isinstance(one, list) and all(isinstance(name, str) for name in one) for one in lists):
            self.say(f"{where} 的 in、districts 应为方括号里的一列文字")
            return None
        if not section or text is None:
            return None
        reports, districts = (tuple(one) for one in lists)
        return OwnText(str(entry["file"]), text, section[0], sides[0] == "before", reports, districts)

    def content(self, name: Any, where: str) -> str | None:
        path = (self.place / str(name)).resolve()
        there = sorted(one.name for one in self.place.glob("*.md"))
        if not isinstance(name, str) or not path.is_relative_to(self.place.resolve()) or not path.is_file():
            self.say(f"{where} {not_known('文件', name, there) if there else f'没有文件 {name!r}，请放进 {FOLDER}/'}")
            return None
        try:
            text = path.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError:
            self.say(f"{name} 不是 UTF-8 编码，请用记事本另存为 UTF-8")
            return None
        if len(text) > _MOST_CHARACTERS:
            self.say(f"{name} 有 {len(text):,} 个字，最多 {_MOST_CHARACTERS:,} 个")
        for line, said in enumerate(text.splitlines(), 1):
            for written, blank in blanks_of(said):
                if isinstance(blank, str):
                    self.say(f"{name} 第 {line} 行 {written}：{blank}")
        return text

    def cover(self, raw: Any) -> dict[str, str]:
        entry = self.keys(raw, _COVER, "[cover]")
        wrong = [key for key, value in entry.items() if not isinstance(value, str)]
        for key in wrong:
            self.say(f"[cover] {key} 应为文字，现在是 {entry[key]!r}")
        return {key: value for key, value in entry.items() if key in _COVER and key not in wrong}
