"""The bureau's own logo and colour: taken from zone.toml, or refused with file and key named."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import pytest
from PIL import Image
from sample_notebook import code, cover, notebook, png

from govkit.documents.html.page import write_html
from govkit.documents.pdf.file import write_pdf
from govkit.documents.read.document import read_document
from govkit.errors import ZoneError
from govkit.zone.logo import colour_defect, logo_address, logo_defect
from govkit.zone.settings import read_zone_settings

SVG = "<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>"


def jpeg() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (4, 4), "navy").save(file, "JPEG")
    return file.getvalue()


def brand(folder: Path, **values: str) -> Path:
    """Add lines to the [report] part of a zone's zone.toml, which stands last."""
    lines = "".join(f'{key} = "{value}"\n' for key, value in values.items())
    with (folder / "zone.toml").open("a", encoding="utf-8") as file:
        file.write(lines)
    return folder


def test_logo_and_colour_of_the_bureau_reach_the_front_matter(zone_folder: Path) -> None:
    (zone_folder / "标志.png").write_bytes(png())
    front = read_zone_settings(brand(zone_folder, accent="#7a1f1f", logo="标志.png")).front
    assert front.accent == "#7a1f1f"
    assert base64.b64decode(front.logo.removeprefix("data:image/png;base64,")) == png()


def test_without_logo_and_colour_both_are_empty(zone_folder: Path) -> None:
    front = read_zone_settings(zone_folder).front
    assert (front.accent, front.logo) == ("", "")


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("logo", "没有.png", "没有这个文件"),
        ("logo", "zone.toml", "不是 PNG、JPEG 或 SVG"),
        ("accent", "深蓝", "六位十六进制"),
        ("accent", "#fff", "六位十六进制"),
        ("accent", "#f2d24b", "太浅"),
    ],
)
def test_a_logo_or_colour_that_cannot_be_used_is_named_with_file_and_key(
    zone_folder: Path, key: str, value: str, told: str
) -> None:
    with pytest.raises(ZoneError, match=rf"\[report\] {key} = '{value}' 不能用：.*{told}") as caught:
        read_zone_settings(brand(zone_folder, **{key: value}))
    assert "zone.toml" in caught.value.where


def test_both_defects_are_told_at_once(zone_folder: Path) -> None:
    with pytest.raises(ZoneError, match=r"(?s)accent = .*logo = "):
        read_zone_settings(brand(zone_folder, accent="红", logo="无.svg"))


def test_a_heavy_logo_is_refused(tmp_path: Path) -> None:
    heavy = tmp_path / "大.png"
    heavy.write_bytes(png() + b"\0" * 205_000)
    assert "应不超过 200 KB" in logo_defect(tmp_path, heavy.name)


@pytest.mark.parametrize(("data", "kind"), [(png(), "png"), (jpeg(), "jpeg"), (SVG.encode(), "svg+xml")], ids=str)
def test_a_logo_is_known_by_its_bytes_not_by_its_name(tmp_path: Path, data: bytes, kind: str) -> None:
    path = tmp_path / "logo"
    path.write_bytes(data)
    assert logo_defect(tmp_path, path.name) == ""
    assert logo_address(path).startswith(f"data:image/{kind};base64,")


@pytest.mark.parametrize(("colour", "usable"), [("#767676", True), ("#777777", False), ("#000000", True)])
def test_a_colour_needs_the_contrast_that_text_needs(colour: str, usable: bool) -> None:
    # #767676 is the lightest grey that holds 4.5 : 1 on white.
    assert (colour_defect(colour) == "") is usable


@pytest.mark.parametrize(("data", "kind"), [(png(), "png"), (SVG.encode(), "svg+xml")], ids=["PNG", "SVG"])
def test_covers_of_reports_show_logo_and_colour(tmp_path: Path, data: bytes, kind: str) -> None:
    address = f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
    made = notebook(code(cover(accent="#7a1f1f", logo=address)))
    document = read_document(made)
    write_pdf(document, tmp_path / "a.pdf")
    write_html(made, tmp_path / "a.html", title="题")
    page = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert f'src="{address}"' in page
    assert "--accent: #7a1f1f" in page
    plain = notebook(code(cover()))
    write_pdf(read_document(plain), tmp_path / "b.pdf")
    assert (tmp_path / "a.pdf").read_bytes() != (tmp_path / "b.pdf").read_bytes()
