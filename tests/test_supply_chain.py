"""What the product is made of: parts named and used, licences that may be shipped, a light import."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

ROOT = Path(__file__).parents[1]
HEAVY = ("pandas", "numpy", "geopandas", "matplotlib", "nbconvert", "papermill", "folium", "pydantic", "pyarrow")


def licences() -> ModuleType:
    spec = spec_from_file_location("licences", ROOT / "docs" / "licences.py")
    assert spec
    assert spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_part_is_listed_with_a_licence_that_may_be_shipped() -> None:
    module = licences()
    found = module.parts()
    assert len(found) > 60
    assert [*module.defects(found)] == []
    text = (ROOT / "docs" / "licences.md").read_text(encoding="utf-8")
    listed = dict(re.findall(r"^\| ([\w.-]+) \| (.+?) \|", text, re.MULTILINE))
    assert set(found) <= set(listed)
    assert all(listed[name] for name in found)


@pytest.mark.parametrize(
    "said", ["GPL-3.0-only", "AGPL-3.0", "GNU Affero General Public License v3", "", "Proprietary"]
)
def test_a_licence_that_may_not_be_shipped_is_named(said: str) -> None:
    class About(dict[str, str]):
        def get_all(self, _: str) -> list[str]:
            return []

    part = SimpleNamespace(metadata=About({"Name": "some-part", "License-Expression": said}))
    assert len([*licences().defects({"some-part": part})]) == 1


def test_what_is_imported_is_named_and_what_is_named_is_used() -> None:
    pytest.importorskip("deptry")
    done = subprocess.run(
        [sys.executable, "-m", "deptry", "."], cwd=ROOT, capture_output=True, text=True, check=False, encoding="utf-8"
    )
    assert done.returncode == 0, done.stderr


def test_importing_the_package_loads_none_of_the_heavy_parts() -> None:
    code = f"import sys, govkit; print([one for one in {HEAVY!r} if one in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, encoding="utf-8")
    assert done.stdout.strip() == "[]"
