"""The whole line on the Daoli zone: every report made once, then looked at as its readers do."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pypdf
import pytest
from PIL import Image

from govkit.batch.plan.reports import make_reports
from govkit.batch.plan.request import Request
from govkit.batch.record.manifest import Manifest
from govkit.zone.opening import Zone, open_zone

DAOLI = Path(__file__).parents[1] / "data" / "daoli"
PERIOD = "2018H2"
MADE = tuple[Manifest, Path]
# Two of the five districts with villages, and two of the eighteen that are all city.
DISTRICTS = tuple(f"230102{number:03d}" for number in (1, 15, 19, 101))


@pytest.fixture(scope="module")
def zone() -> Zone:
    return open_zone(DAOLI)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> MADE:
    return make_reports(
        Request(DAOLI, period=PERIOD, districts=DISTRICTS, out=tmp_path_factory.mktemp("reports") / PERIOD)
    )


def district_files(folder: Path, suffix: str) -> list[Path]:
    return sorted(folder.glob(f"230102*{suffix}"))


class _Words(HTMLParser):
    """The texts of a page, without styles and scripts; iframes' documents are texts too."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.skipped = 0
        self.words: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.skipped += tag in {"script", "style"}
        for name, value in attrs:
            if name == "srcdoc" and value:
                self.words.append(value)

    def handle_endtag(self, tag: str) -> None:
        self.skipped -= tag in {"script", "style"}

    def handle_data(self, data: str) -> None:
        if not self.skipped:
            self.words.append(data)


def pdf_text(path: Path) -> str:
    if not shutil.which("pdftotext"):
        pytest.skip("没有 pdftotext（poppler-utils）")
    done = subprocess.run(["pdftotext", "-enc", "UTF-8", str(path), "-"], capture_output=True, check=True)
    return done.stdout.decode("utf-8")


def test_every_report_is_made(made: MADE) -> None:
    manifest, folder = made
    assert [one.error for one in manifest.failed] == []
    assert len(district_files(folder, ".html")) == len(district_files(folder, ".pdf")) == len(DISTRICTS)
    assert all((folder / name).is_file() for name in ("index.html", "overview.html", "overview.pdf", "manifest.json"))


def test_nothing_was_left_out_of_the_documents(made: MADE) -> None:
    assert {one.name: one.unconverted for one in made[0].reports if one.unconverted} == {}


def test_every_report_has_at_least_four_print_maps_and_an_interactive_one(made: MADE) -> None:
    manifest, folder = made
    assert min(one.figures for one in manifest.reports if one.notebook != "bulletin") >= 5
    for path in district_files(folder, ".html"):
        assert path.read_text(encoding="utf-8").count("<iframe") == 1


def test_the_manifest_names_every_input_with_its_rows(made: MADE, zone: Zone) -> None:
    manifest = json.loads((made[1] / "manifest.json").read_text(encoding="utf-8"))
    assert {one["path"] for one in manifest["inputs"]} == {source.path for source in zone.settings.sources.values()}
    assert all(len(one["sha256"]) == 64 and one["rows"] > 0 for one in manifest["inputs"])


def test_the_index_links_every_report_and_shows_its_rank(made: MADE) -> None:
    page = (made[1] / "index.html").read_text(encoding="utf-8")
    hrefs = set(re.findall(r'href="([^"#]+\.(?:html|pdf))"', page))
    assert len(hrefs) >= 2 * len(DISTRICTS)
    assert [href for href in hrefs if not (made[1] / href).is_file()] == []
    assert len(set(re.findall(r'data-code="(\w+)"', page))) == 23


def test_every_document_says_that_the_data_are_synthetic(made: MADE) -> None:
    for path in [*district_files(made[1], ".html"), made[1] / "overview.html", made[1] / "index.html"]:
        assert "合成数据" in path.read_text(encoding="utf-8")
    for path in district_files(made[1], ".pdf"):
        pages = pdf_text(path).split("\f")
        assert all("合成数据" in page for page in pages if page.strip() and not page.strip().isdigit())


def test_a_report_holds_nothing_of_another_district_but_its_rank(made: MADE, zone: Zone) -> None:
    units = zone.tables["units"]
    communities = units.loc[units["level"] == "community"]
    unique = communities.loc[~communities["name"].duplicated(keep=False)]
    assert len(unique) > 150
    made_here = zone.districts.loc[zone.districts["code"].isin(DISTRICTS)]
    for district in made_here.itertuples():
        path = next(made[1].glob(f"{district.code}-*.html"))
        words = "\n".join(_Words(path.read_text(encoding="utf-8")).words) + pdf_text(path.with_suffix(".pdf"))
        pairs = zone.tables["pairs"]  # the partners of a district's villages are its own affair
        partners = pairs.loc[pairs["district_code"] == district.unit_code, "partner_code"]
        mine = communities["district_code"].eq(district.unit_code) | communities["unit_code"].isin(partners)
        projects = zone.tables["projects"]  # a contractor may be called after the community it comes from
        texts = projects.loc[projects["district_code"] == district.unit_code].select_dtypes("str").to_numpy().ravel()
        own = "、".join([*communities.loc[mine, "name"], *(text for text in texts if isinstance(text, str))])
        others = unique.loc[unique["district_code"] != district.unit_code]
        named = [name for name in others["name"] if len(name) > 3 and name not in own and name in words]
        coded = [code for code in others["unit_code"] if code in words]
        assert (district.name, named, coded) == (district.name, [], [])


def test_every_pdf_embeds_its_fonts_has_an_outline_and_can_be_searched(made: MADE) -> None:
    for path in [*district_files(made[1], ".pdf"), made[1] / "overview.pdf"]:
        reader = pypdf.PdfReader(path)
        assert len(reader.outline) > 5
        assert reader.trailer["/Root"]["/Lang"].lower().startswith("zh")
        fonts = {str(ref): ref.get_object() for page in reader.pages for ref in _fonts(page)}
        for font in fonts.values():
            below = font["/DescendantFonts"][0].get_object() if "/DescendantFonts" in font else font
            descriptor = below["/FontDescriptor"].get_object()
            assert any(key in descriptor for key in ("/FontFile", "/FontFile2", "/FontFile3")), font["/BaseFont"]
            assert "/ToUnicode" in font
        text = pdf_text(path)
        assert ("道里区" if path.stem == "overview" else path.stem.split("-")[1]) in text
        assert not set("〓\ufffd□") & set(text)


def test_no_page_is_two_fifths_blank_but_before_the_annex_a_map_and_at_the_end(made: MADE, tmp_path: Path) -> None:
    for path in [*district_files(made[1], ".pdf"), made[1] / "overview.pdf"]:
        reader = pypdf.PdfReader(path)
        chapters = [one for one in reader.outline if not isinstance(one, list)]
        alone = [one for one in chapters if one.title.startswith(("一、", "附件"))]  # each begins a page
        starts = {reader.get_destination_page_number(one) for one in alone}
        subprocess.run(["pdftoppm", "-r", "24", "-gray", path, tmp_path / path.stem], capture_output=True, check=True)
        pages = sorted(tmp_path.glob(f"{path.stem}-*.pgm"))
        blank = {at for at, page in enumerate(pages) if _blank_below(page) > 0.4}
        ends = {at - 1 for at in starts} | {len(pages) - 1}
        # a map, with its heading, that would no longer be read in the room there was
        mapped = re.compile(r"^.*\n(?:（[一二三四五六七八九十]+）.*\n)?图 ?\d")
        ends |= {at - 1 for at, page in enumerate(reader.pages) if mapped.match(page.extract_text())}
        assert len(starts) == 2
        assert (path.stem, sorted(blank - ends - {0, 1})) == (path.stem, [])


def _blank_below(page: Path) -> float:
    """The share of a page's text block below the last ink on it."""
    with Image.open(page) as opened:
        grey = np.asarray(opened)
    block = grey[round(len(grey) * 37 / 297) : round(len(grey) * 262 / 297)]
    inked = np.flatnonzero((block < 200).any(axis=1))
    return 1 - (inked.max() + 1) / len(block) if len(inked) else 1.0


def _fonts(page: Any) -> list[Any]:
    resources = page["/Resources"].get_object()
    return list(resources["/Font"].get_object().values()) if "/Font" in resources else []


@pytest.mark.browser
def test_every_html_report_opens_offline_without_an_error_and_its_map_answers(made: MADE, browser: Any) -> None:
    for path in [*district_files(made[1], ".html"), made[1] / "overview.html"]:
        context = browser.new_context(offline=True, viewport={"width": 1280, "height": 900})
        page = context.new_page()
        requests, errors = [], []
        page.on("request", lambda request, seen=requests: seen.append(request.url))
        page.on("console", lambda message, seen=errors: seen.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error, seen=errors: seen.append(str(error)))
        page.goto(path.as_uri())
        frame = page.frame_locator("iframe").first
        page.locator("iframe").first.scroll_into_view_if_needed()
        shapes = frame.locator("path.leaflet-interactive")
        shapes.first.wait_for(state="attached", timeout=20_000)
        assert shapes.count() >= 2
        shapes.first.dispatch_event("click")
        frame.locator(".leaflet-popup-content").first.wait_for(timeout=10_000)
        outside = [url for url in requests if not url.startswith(("data:", "about:", "blob:")) and url != path.as_uri()]
        assert (path.name, outside, errors) == (path.name, [], [])
        context.close()


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 390], ids=["desk", "phone"])
def test_no_page_is_wider_than_the_screen(made: MADE, browser: Any, width: int) -> None:
    for name in ("index.html", "overview.html", district_files(made[1], ".html")[0].name):
        context = browser.new_context(offline=True, viewport={"width": width, "height": 800})
        page = context.new_page()
        page.goto((made[1] / name).as_uri())
        assert (name, page.evaluate("document.documentElement.scrollWidth")) <= (name, width)
        context.close()
