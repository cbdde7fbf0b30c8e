"""Which documents a notebook is made into, and what a batch makes of a wish for slides."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_notebook
from pptx import Presentation

from govkit.batch.plan.jobs import plan
from govkit.batch.plan.reports import make_reports
from govkit.batch.plan.request import Request
from govkit.documents.formats import DECKS, FORMATS, REPORTS, documents_of
from govkit.notebook_places import built_in
from govkit.zone.opening import open_zone


def own_notebook(path: Path, **about: object) -> Path:
    first = new_code_cell('zone = ""\nperiod = ""', metadata={"tags": ["parameters"]})
    made = new_notebook(cells=[first])
    made.metadata = {"kernelspec": {"name": "python3", "language": "python", "display_name": "3"}, "govkit": about}
    nbformat.write(made, path)
    return path


def planned(folder: Path, **wish: object) -> list[tuple[str, tuple[str, ...]]]:
    jobs = plan(open_zone(folder), Request(folder, **wish), "2018H2", folder / "out")  # type: ignore[arg-type]
    return [(job.stem, job.formats) for job in jobs]


def test_a_notebook_that_says_nothing_is_a_report_and_somebody_s_own_anything(tmp_path: Path) -> None:
    assert documents_of(built_in() / "district_report.ipynb", own=False) == REPORTS
    assert documents_of(own_notebook(tmp_path / "a.ipynb")) == FORMATS


def test_a_notebook_says_what_it_is_made_into(tmp_path: Path) -> None:
    assert documents_of(own_notebook(tmp_path / "a.ipynb", documents=["slides", "pptx"])) == DECKS


def test_a_wish_for_slides_runs_the_deck_alone(zone_folder: Path) -> None:
    assert planned(zone_folder, formats=("slides",)) == [("maps", ("slides",))]


def test_a_wish_for_reports_and_slides_gives_each_notebook_its_own(zone_folder: Path) -> None:
    assert planned(zone_folder, formats=("pdf", "pptx")) == [
        ("230102100-新发镇", ("pdf",)),
        ("overview", ("pdf",)),
        ("bulletin", ("pdf",)),
        ("maps", ("pptx",)),
    ]


def test_the_deck_named_alone_is_made_into_what_it_is_for(zone_folder: Path) -> None:
    assert planned(zone_folder, notebooks=("conference_maps",)) == [("maps", DECKS)]


def test_slides_of_a_report_are_refused_with_what_it_can_be(zone_folder: Path) -> None:
    request = Request(zone_folder, notebooks=("district_report", "conference_maps"), formats=("slides",))
    refused, deck = plan(open_zone(zone_folder), request, "2018H2", zone_folder / "out")
    assert re.search(r"district_report[\s\S]*html,pdf", refused.refused)
    assert (deck.stem, deck.refused, deck.formats) == ("maps", "", ("slides",))


def test_a_small_zone_gets_a_deck_that_says_what_it_lacks(zone_folder: Path, tmp_path: Path) -> None:
    with (zone_folder / "zone.toml").open("a", encoding="utf-8") as file:
        file.write('accent = "#7a1f1f"\n')
    manifest, folder = make_reports(Request(zone_folder, formats=DECKS, out=tmp_path / "out"))
    (report,) = manifest.reports
    assert (report.status, report.figures, report.tables, report.unconverted) == ("done", 1, 2, ())
    page = (folder / "maps.slides.html").read_text(encoding="utf-8")
    assert "--accent: #7a1f1f" in page
    assert page.count("data-map=") == 1
    deck = Presentation(str(folder / "maps.slides.pptx"))
    titles = [slide.shapes.title.text_frame.text for slide in deck.slides]
    assert titles[:2] == ["社区治理实验区工作汇报", "汇报提纲"]
    assert "2 个村因设施台账没有写明登记完整，不能断定是否达标" in titles
    assert "没有可用的“服务统计”数据" in deck.slides[1].notes_slide.notes_text_frame.text
    assert "汇报幻灯片（PowerPoint）" in (folder / "index.html").read_text(encoding="utf-8")
