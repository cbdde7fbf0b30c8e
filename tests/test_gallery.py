"""The gallery of maps: every kind has a small picture that is marked as synthetic, and the code that made it."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from govkit.display.maps import MapFigure
from govkit.display.palette import colours

DOCS = Path(__file__).parents[1] / "docs"
PAGE = (DOCS / "gallery.md").read_text(encoding="utf-8")
CODE = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
SECTIONS = PAGE.split("\n## ")[1:]


@pytest.mark.parametrize("text", SECTIONS, ids=lambda text: text.split("\n")[0])
def test_every_kind_has_a_small_marked_picture_and_its_code(text: str) -> None:
    found = re.search(r"!\[.+\]\((gallery/\w+\.png)\)", text)
    assert found
    data = (DOCS / found[1]).read_bytes()
    assert len(data) <= 60_000
    red = tuple(int(colours("ink")["mark"][at : at + 2], 16) for at in (1, 3, 5))
    pixels = Image.open(io.BytesIO(data)).convert("RGB").getcolors(1 << 20) or []
    near = [count for count, pixel in pixels if sum(abs(a - b) for a, b in zip(pixel, red, strict=True)) < 40]
    assert sum(near) > 20
    assert "```python\n" in text


def test_every_function_of_the_script_is_on_the_page() -> None:
    script = (DOCS / "gallery.py").read_text(encoding="utf-8")
    made = re.findall(r"^def (\w+)\(zone: govkit\.Zone", script, flags=re.MULTILINE)
    assert [f"gallery/{name}.png" for name in made] == re.findall(r"\((gallery/\w+\.png)\)", PAGE)


@pytest.fixture(scope="module")
def said() -> dict[str, Any]:
    """What the first lines of code on the page bring in."""
    names: dict[str, Any] = {}
    with contextlib.chdir(DOCS.parent):
        exec(CODE[0], names)  # noqa: S102 - what a reader runs
    return names


@pytest.mark.parametrize("code", CODE[1:], ids=lambda code: code.splitlines()[0][:30])
def test_every_recipe_runs_as_it_stands(code: str, said: dict[str, Any]) -> None:
    names = dict(said)
    exec(code, names)  # noqa: S102 - what a reader runs
    assert isinstance(names["figure"], MapFigure)
