"""A report in English by the keys of the catalogue: what has no wording is left out and named, never shown half."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from three_towns import TOWNS, UNITS, rows, write_rows, write_zone

import govkit
from govkit import catalogue
from govkit.display.charts.figure import ChartFigure
from govkit.display.front import Absent
from govkit.display.maps.sheet.figure import InteractiveMap, MapFigure
from govkit.display.tables.table import Table
from govkit.display.words.language import UNSAID, Speaker, by_keys, drawn, speak
from govkit.documents.read.words import words, written_in
from govkit.errors import ZoneError
from govkit.sections.language import in_language, speaker_of
from govkit.sections.report import SECTIONS, Report
from govkit.sections.section import Section
from govkit.zone.opening import read_zone

HAN = re.compile(r"[\u3400-\u9fff]")
BODY = ("brief", "overall", "achievements", "shortfalls", "causes", "next_steps")
NAMES = frozenset({"甲镇", "西村", "民政局"})


@pytest.fixture(autouse=True)
def _silent() -> Iterator[None]:
    """Other tests speak Chinese."""
    speak("zh")
    yield
    speak("zh")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("甲镇综合得分91.6分，等次为优秀。", "甲镇 scored 91.6 points (grade: excellent)."),
        (
            "居民满意度由96.8%升至98.6%，在四个镇中列第2位。",
            "Resident satisfaction rose from 96.8% to 98.6%, ranks no. 2 of four towns.",
        ),
        (
            "规定用途以外支出3笔、7.51万元，占支出的3.3%（见表）。",
            "3 payments of 75,100 yuan lay outside the stated purposes, 3.3% of all spending (see table).",
        ),
        (
            "**下一步一件事。** （1）1月30日前，镇政府：积案逐件包办（西村3件）。",
            "**Next step.** (1) By 30 January, town government: give each old case to one officer (西村 3).",
        ),
        ("2018年下半年", "Second half of 2018"),
        ("3个城市社区", "3 urban communities"),
        ("1项任务逾期", "1 task is overdue"),
        ("最多的是西村3处、甲镇2处", "Most of all 西村 3 and 甲镇 2"),
        ("甲镇、西村网格员未配齐（严重）", "Grid cells without an officer in 甲镇 and 西村 (severe)"),
        ("西村9", "西村 9"),
        (
            "合同比上期增加2份。金额最多的是西村（3元）。",
            "Contracts: 2 more than last period. Amount: most in 西村 (3 yuan).",
        ),
        ("社会救助应保尽保", "Social assistance for all who are entitled"),
        ("22.7小时", "22.7 hours"),
        ("Annex", "Annex"),
    ],
    ids=str,
)  # fmt: skip
def test_a_text_is_said_by_its_entry(text: str, said: str) -> None:
    assert Speaker("en", NAMES).heard(text) == said


def test_a_text_without_an_entry_is_not_said_in_part() -> None:
    speaker = Speaker("en", NAMES)
    assert speaker.heard("居民满意度由96.8%升至98.6%，此句没有英文。") is None
    assert list(speaker.unsaid) == ["居民满意度由96.8%升至98.6%，此句没有英文。"]


def test_what_was_said_before_stays_as_it_is() -> None:
    speaker = Speaker("en", NAMES)
    assert speaker.heard("12 things to do, most in 西村 3") == "12 things to do, most in 西村 3"


def test_every_entry_is_english_and_its_blanks_are_those_of_its_text() -> None:
    for section in catalogue.load("en/sentences").values():
        for source, wording in section.items():
            assert not HAN.search(wording), wording
            assert set(re.findall(r"\{(\w+)\}", wording)) <= set(re.findall(r"\{(\w+)\}", source)), source
    for section in catalogue.load("en/words").values():
        assert not any(HAN.search(wording) for wording in section.values())


# The files of the catalogue whose texts documents print, and the keys that hold them.
PRINTED = {
    "phrases": None, "problems": {"title", "evidence", "advice", "severe", "ordinary"}, "findings": {"reason", "todo"},
    "report_tables": {"title", "note"}, "measures": {"label", "definition", "source"}, "levels": None,
    **{name: {"title", "note", "sentence"} for name in catalogue.names("") if name.startswith("views/")},
}  # fmt: skip


def printed(tree: object, keys: set[str] | None, key: str = "", path: str = "") -> Iterator[tuple[str, str]]:
    """Every Chinese text of a file under the keys that are printed, with its place."""
    if isinstance(tree, str) and HAN.search(tree) and (keys is None or key in keys):
        yield path, tree
    members = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for name, one in members:
        if name != "within":  # patterns of levels.toml
            yield from printed(one, keys, str(name), f"{path}.{name}")


@pytest.mark.parametrize("name", PRINTED)
def test_every_text_of_the_catalogue_that_is_printed_has_its_english(name: str) -> None:
    said = (
        dict(by_keys(catalogue.load(name), catalogue.load(f"en/{name}"))) if f"{name}" in catalogue.names("en") else {}
    )
    words = set().union(*catalogue.load("en/words").values())
    known = {text.strip().strip("，。；") for text in said} | words
    parts = {"最{way}的是{names:list}（{text:as_is}）"}  # said as a whole, by sentences.toml
    lacking = [
        f"{name}{path}：{text}"
        for path, text in printed(catalogue.load(name), PRINTED[name])
        if text.strip().strip("，。；") not in known and text not in parts
    ]
    assert not lacking


@pytest.mark.parametrize("name", [name for name in catalogue.names("en") if name in catalogue.names("")])
def test_a_wording_has_the_blanks_of_its_text(name: str) -> None:
    for text, wording in by_keys(catalogue.load(name), catalogue.load(f"en/{name}")):
        assert not HAN.search(wording), wording
        assert set(re.findall(r"(?<!\{)\{(\w+)", wording)) <= set(re.findall(r"(?<!\{)\{(\w+)", text)), text


def test_charts_and_maps_are_drawn_in_the_language_spoken() -> None:
    speak("en", NAMES)
    assert drawn("目标") == "Target"
    assert drawn("西村") == "西村"
    assert drawn("此处没有英文") == UNSAID
    speak("zh")
    assert drawn("目标") == "目标"


def test_documents_speak_the_language_of_their_cover() -> None:
    assert words["contents"] == "目录"
    with written_in({"language": "en"}):
        assert (words["contents"], words["lang"]) == ("Contents", "en")
    assert set(catalogue.load("en/document")["words"]) <= set(catalogue.load("document")["words"])


def english(folder: Path) -> Path:
    found = write_zone(folder)
    text = (found / "zone.toml").read_text(encoding="utf-8")
    text = text.replace("[report]\n", '[report]\nlanguage = "en"\n').replace(
        "本区数据为测试用合成数据", "Synthetic data"
    )
    (found / "zone.toml").write_text(text.replace("三镇试验区", "Three Towns"), encoding="utf-8")
    return found


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """A town whose places bear English names."""
    found = english(tmp_path_factory.mktemp("english"))
    head, *units = rows(UNITS)
    table = [head, *([row[0], f"Place {at}", *row[2:]] for at, row in enumerate(units))]
    write_rows(found, UNITS, table)
    return govkit.open_report(found, next(iter(TOWNS)), "2018H2")


@pytest.mark.parametrize("name", BODY)
def test_the_body_of_a_report_holds_no_other_script(town: Report, name: str) -> None:
    section = getattr(town, name)()
    texts = [section.title, section.finding]
    for item in section.body:
        speaker = town._speaker
        assert not isinstance(item, Absent), f"{name}: {list(speaker.unsaid) if speaker else item}"
        if isinstance(item, str):
            texts.append(item)
        elif isinstance(item, Table):
            texts += [item.title, item.note, *(column.label for column in item.columns)]
            texts += [cell for row in item.rows for cell in row]
        elif isinstance(item, ChartFigure):
            texts += [item.finding, item.alt, item.note, *(mark.text for mark in item.texts)]
        elif isinstance(item, MapFigure):
            texts += [item.metadata["govkit"]["caption"], item.metadata["govkit"]["alt"]]
    own = town.inputs.place.front.issuer
    strange = [text for text in texts if HAN.search(text.replace(own, ""))]
    assert not strange


# Sections of a whole zone alone.
OF_ZONE = {"ranks", "reliability", "key_figures", "score_slides"}


def test_every_section_of_a_report_has_its_wording(town: Report) -> None:
    """Its annexes too: tables, maps on screen and paper, slides; what is unsaid would be left out and counted."""
    for name in (one for one in SECTIONS if one not in OF_ZONE):
        section = town.section(name)
        speaker = town._speaker
        assert speaker is not None
        assert not speaker.unsaid, f"{name}: {list(speaker.unsaid)}"
        live = [item.html for item in section.body if isinstance(item, InteractiveMap)]
        said = html.unescape(html.unescape("".join(live)))
        own = [*town.inputs.place.tables["units"]["name"], town.inputs.place.front.issuer]
        own += list(town.inputs.place.tables["grids"]["name"].dropna()) + list(TOWNS.values())
        own += list(town.inputs.place.tables["facilities"]["name"].dropna())
        shown = re.sub(
            "|".join(map(re.escape, own)), "", re.sub(r"<style.*?</style>|/\*.*?\*/", "", said, flags=re.DOTALL)
        )
        assert not HAN.findall(shown), name


def test_what_has_no_wording_is_counted_and_named_at_the_end(town: Report) -> None:
    speaker = town._speaker
    assert speaker is not None
    section = in_language(Section("definitions", "指标定义", body=("此句没有英文。",)), speaker)
    assert all(isinstance(item, Absent) for item in section.body)
    assert "Definitions" in str(town.left_out().body[-1])


def test_the_cover_is_in_the_language(town: Report) -> None:
    cover = town.cover("社区治理评价报告")
    assert (cover.language, cover.title) == ("en", "Community governance: assessment report")
    assert cover.date == "January 2019"


def test_a_language_there_is_none_of_is_refused(tmp_path: Path) -> None:
    found = english(tmp_path)
    text = (found / "zone.toml").read_text(encoding="utf-8").replace('language = "en"', 'language = "fr"')
    (found / "zone.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ZoneError, match="language = 'fr' 不能用，可用：zh、en"):
        read_zone(found)


# Text of a page: what no reader sees is taken out first.
UNSEEN = re.compile(r"<(style|script)\b.*?</\1>|<metadata>.*?</metadata>|<!--.*?-->|/\*.*?\*/", re.DOTALL)


@pytest.mark.long
def test_whole_documents_hold_no_other_script(tmp_path: Path) -> None:
    """The report, the overview, the bulletin, the slides and the index: words, heads, units and stops."""
    zone = english(tmp_path / "zone")
    made = tmp_path / "out"
    govkit.report(zone, districts=next(iter(TOWNS)), notebooks="district_report", formats="html", out=made, jobs=1)
    govkit.report(zone, notebooks=["zone_overview", "bulletin"], formats="html", out=made, jobs=1)
    govkit.report(zone, notebooks="conference_maps", formats="slides", out=made, jobs=1)
    speaker = speaker_of(read_zone(zone))
    assert speaker is not None
    own = re.compile("|".join(map(re.escape, sorted(speaker.names | speaker.own, key=len, reverse=True))))
    pages = sorted(made.glob("*.html"))
    assert len(pages) == 5
    for page in pages:
        text = html.unescape(html.unescape(UNSEEN.sub("", html.unescape(page.read_text(encoding="utf-8")))))
        strange = re.findall(
            r".{0,40}[\u3400-\u9fff\u3001\u3002\uff08\uff09\uff0c\uff1a\uff1b].{0,40}", own.sub("", text)
        )
        assert not strange, page.name


# Runs of Chinese in the program, its catalogue and the demo zones: what a report may say is made of these.
RUN = re.compile(r"[\u3400-\u9fff]+")
ROOT = Path(__file__).parents[1]


def test_no_entry_waits_for_a_text_that_nobody_says() -> None:
    """Each run of a text stands in a source, or is joined of the end of one, whole ones and the beginning of one."""
    kinds = {".py", ".toml", ".csv", ".ipynb", ".j2"}
    files = [file for top in ("govkit", "notebooks", "data/synthetic") for file in (ROOT / top).rglob("*")]
    own = ROOT / "govkit" / "catalogue" / "en"
    texts = [one.read_text(encoding="utf-8") for one in files if one.suffix in kinds and own not in one.parents]
    runs = {run for text in texts for run in RUN.findall(text)}
    everything = " ".join(runs)
    begins = {run[:size] for run in runs for size in range(1, 25)}
    ends = {run[-size:] for run in runs for size in range(1, 25)}

    def said(text: str) -> bool:
        ends_at = {at for at in range(1, len(text)) if text[:at] in ends}
        for at in range(1, len(text)):
            if at in ends_at:
                ends_at |= {to for to in range(at + 1, len(text)) if text[at:to] in runs}
        return text in everything or any(text[at:] in begins for at in ends_at)

    entries = [
        text for name in ("sentences", "words") for part in catalogue.load(f"en/{name}").values() for text in part
    ]
    blank = re.compile(r"\{[^}]*\}")
    # 村（社区） is said 社区 where there are no villages.
    texts_of = {text: (text, text.replace("社区", "村")) for text in entries}
    dead = [
        text
        for text, ways in texts_of.items()
        if not any(all(map(said, RUN.findall(blank.sub(" ", one)))) for one in ways)
    ]
    assert not dead


def test_no_text_has_two_entries_of_sentences() -> None:
    texts = [text for part in catalogue.load("en/sentences").values() for text in part]
    assert [text for text in texts if texts.count(text) > 1] == []
