"""Maps as files: PNG, SVG and PDF on given pages, with a legend that fits or one clear error."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
import shapely
from map_frames import setting, units, values
from matplotlib.text import Text
from PIL import Image
from pypdf import PdfReader

from govkit import catalogue
from govkit.display.maps import kinds
from govkit.display.maps.sheet.classes import Quantity
from govkit.display.maps.sheet.figure import MapFigure
from govkit.display.maps.sheet.layout import page_of
from govkit.display.maps.sheet.printing import draw_map, print_map
from govkit.display.maps.sheet.shapes import to_metric
from govkit.display.maps.sheet.view import drawn_outline, map_bounds
from govkit.errors import ReportError, UnknownNameError

RATE = Quantity("达标率", "percent")
# Those of a given height, that carry a legend.
PAGES = {
    name: page for name, page in catalogue.load("map_text")["pages"].items() if page.get("column", page.get("height"))
}


def figure(count: int = 6) -> MapFigure:
    numbers = values(*(at / count for at in range(count)))
    return kinds.choropleth(units(count), numbers, "各村达标率", quantity=RATE, setting=setting())


@pytest.mark.parametrize("page", PAGES)
def test_a_pdf_has_the_size_of_its_page_and_its_words_as_text(page: str, tmp_path: Path) -> None:
    file = PdfReader(figure().save(tmp_path / "图.pdf", page=page))
    found = file.pages[0]
    size = (float(found.mediabox.width) / 72 * 2.54, float(found.mediabox.height) / 72 * 2.54)
    assert size == pytest.approx((PAGES[page]["width"], PAGES[page]["height"]), abs=0.01)
    text = found.extract_text()
    assert all(words in text for words in ("资料来源：测试台账", "各级含下限，不含上限"))
    assert file.metadata
    assert file.metadata.title == "各村达标率"


def test_a_png_has_as_many_dots_as_its_page_and_resolution_ask_for(tmp_path: Path) -> None:
    image = Image.open(figure().save(tmp_path / "图.png", page="A4", dpi=100))
    assert image.size == pytest.approx((29.7 / 2.54 * 100, 21 / 2.54 * 100), abs=1)


def test_an_svg_holds_its_letters_as_outlines(tmp_path: Path) -> None:
    root = ElementTree.fromstring(figure().save(tmp_path / "图.svg", page="16:9").read_bytes())  # noqa: S314
    assert not list(root.iter("{http://www.w3.org/2000/svg}text"))
    assert root.attrib["width"].startswith("960.")


@pytest.mark.parametrize("kind", ["png", "svg", "pdf"])
def test_the_same_map_gives_the_same_file(kind: str, tmp_path: Path) -> None:
    one, other = (figure().save(tmp_path / f"{name}.{kind}", page="A4", dpi=72) for name in "ab")
    assert one.read_bytes() == other.read_bytes()


def test_type_grows_with_the_page() -> None:
    def largest(page: str) -> float:
        return max(text.get_size() for text in draw_map(figure().spec, page_of(page))._figure.findobj(Text))

    assert largest("") < largest("A4") < largest("A3")


def test_colours_are_the_same_on_every_page(tmp_path: Path) -> None:
    image = Image.open(figure().save(tmp_path / "图.png", page="16:9", dpi=60)).convert("RGB")
    colours = {colour for _, colour in image.getcolors(1 << 20)}  # type: ignore[union-attr,misc]
    fills = {category.fill for category in figure().spec.layers[0].categories}
    assert {tuple(int(fill[at : at + 2], 16) for at in (1, 3, 5)) for fill in fills} <= colours


@pytest.mark.parametrize(("name", "options", "words"), [
    ("图.bmp", {}, "没有这个地图文件格式：'.bmp'"),
    ("图.png", {"page": "A44"}, "没有这个纸张：'A44'。最接近的是：A4"),
    ("图.png", {"dpi": 20}, "dpi=20"),
])  # fmt: skip
def test_what_cannot_be_written_is_refused_in_words(name: str, options: dict, words: str, tmp_path: Path) -> None:
    with pytest.raises((UnknownNameError, ReportError), match=words):
        figure().save(tmp_path / name, **options)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("options", [{"classes": 1000}, {"breaks": [at / 1000 for at in range(1, 1000)]}])
def test_a_thousand_classes_are_one_clear_error(options: dict) -> None:
    with pytest.raises(ReportError, match="要分 1000 级，深浅已无法分辨"):
        kinds.choropleth(units(4), values(1, 2, 3, 4), "图", quantity=RATE, setting=setting(), **options)


def long_legend(count: int) -> MapFigure:

    spec = figure().spec
    layer = spec.layers[0]
    more = tuple(replace(layer.categories[0], label=f"类别{at}") for at in range(count))
    return MapFigure(replace(spec, layers=(replace(layer, categories=(*layer.categories, *more)),)))


def test_a_long_legend_is_set_closer_and_smaller_and_stays_whole() -> None:
    from govkit.display.maps.sheet.printing import on_page

    figure = long_legend(24)
    sheet = on_page(lambda page: draw_map(figure.spec, page), "16:9")
    words = "".join(text.get_text() for text in sheet._figure.findobj(Text))
    assert all(f"类别{at}" in words for at in range(24))
    assert sheet.zoom < page_of("16:9")["zoom"]


@pytest.mark.parametrize("page", ["A4", "slide"])
def test_a_legend_longer_than_its_page_is_shortened_and_says_by_how_much(page: str, tmp_path: Path) -> None:
    long_legend(200).save(tmp_path / "图.pdf", page=page)
    text = re.sub(r"\s", "", PdfReader(tmp_path / "图.pdf").pages[0].extract_text())
    listed = len(re.findall(r"类别\d+", text))
    more = re.search(r"另有(\d+)类未列入图例", text)
    assert more
    assert int(more[1]) + listed >= 200


def test_a_free_page_keeps_its_png_palette(tmp_path: Path) -> None:
    saved = figure().save(tmp_path / "图.png", dpi=180)
    assert Image.open(io.BytesIO(saved.read_bytes())).mode == "P"


@pytest.mark.parametrize("page", ["report", "brief"])
def test_in_a_document_a_map_leaves_its_title_to_the_text_and_says_that_it_is_a_sketch(page: str) -> None:
    data, _ = print_map(figure().spec, page=page, kind="pdf")
    text = PdfReader(io.BytesIO(data)).pages[0].extract_text()
    assert "各村达标率" not in text
    assert "示意图" in text


def test_a_map_is_framed_by_what_is_judged_where_that_fills_little_of_the_whole() -> None:
    spec = figure().spec
    metric = {layer.key: to_metric(layer.shapes, spec.notes.metric_crs) for layer in spec.layers}
    own = shapely.union_all(spec.layers[0].shapes)
    near, far = (shapely.box(*shapely.bounds(own.buffer(by))) for by in (0.001, 2.0))
    assert drawn_outline(replace(spec, outline=near), metric) is not None
    assert drawn_outline(replace(spec, outline=far), metric) is None
    assert map_bounds(replace(spec, outline=far), metric) == map_bounds(replace(spec, outline=None), metric)
