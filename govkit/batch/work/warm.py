"""Making a process ready to be forked for reports: everything imported, everything that is slow the first time done."""

from __future__ import annotations

import ast
import gc
import importlib
import pkgutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from govkit import catalogue
from govkit.batch.work.fork_server import check_single
from govkit.documents.formats import KINDS
from govkit.errors import ReportError

if TYPE_CHECKING:
    from govkit.zone.zone import Zone

# A small notebook with a map of either kind and a table, of nothing real; its documents are thrown away.
_REHEARSAL = Path(__file__).parent / "rehearsal.ipynb"
# What every report uses, whatever its notebook imports.
_ALWAYS = (
    "papermill", "nbconvert", "IPython", "matplotlib_inline.backend_inline", "govkit.batch.work.inprocess",
    "govkit.documents.html.page", "govkit.documents.pdf.file", "govkit.documents.html.exporter", "typst",
    "govkit.display.front", "govkit.sections.report", "fontTools.ttLib",
)  # fmt: skip
# What maps import when they are drawn.
_FOR_MAPS = ("matplotlib.backends.backend_agg", "folium", "govkit.display.maps.web.page")
# jsonschema asks for them at import, to check addresses and durations, which a notebook's schema has none of; the
# first builds its grammar for a second.
_UNUSED = ("rfc3987_syntax", "rfc3986_validator", "isoduration")


@contextmanager
def lean_imports() -> Iterator[None]:
    """Within this block jsonschema is imported without parts that cost a second and are not used here."""
    absent = [name for name in _UNUSED if name not in sys.modules]
    for name in absent:
        sys.modules[name] = None  # type: ignore[assignment]  # Python's own way to say: not installed
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]


def warm_up(notebooks: Iterable[Path], formats: Iterable[str] = ()) -> None:
    """Import what every report uses, what these notebooks import of govkit, and what writes these documents.

    The catalogue is read, too.
    """
    wanted = [name for notebook in notebooks for name in _imported(notebook)]
    writers = [KINDS[kind].module for kind in formats]
    for name in (*_ALWAYS, *_FOR_MAPS, *writers):
        importlib.import_module(name)
    for name in dict.fromkeys(wanted):
        with suppress(ImportError, AttributeError):  # a mistake that the report itself will show
            pkgutil.resolve_name(name)
    for name in catalogue.names(""):
        if "/" not in name:
            catalogue.load(name)


def acquaint(zone: Zone) -> None:
    """Read once what every report of a zone is judged by and how files are named; place its rows by district."""
    from govkit.analysis.ledgers.views import load_views
    from govkit.analysis.standards.judged_by import judged_by
    from govkit.zone.place import files_for_readers

    judged_by(zone.settings.standards, zone.settings.scheme)
    load_views()
    files_for_readers(zone.accounts)
    zone.district(zone.districts["code"].iloc[0])


@cache
def rehearse() -> None:
    """Make a small report of nothing, once a process: templates, schemas and fonts are ready for all that follow."""
    from govkit.batch.work.execute import run_notebook
    from govkit.documents.html.page import write_html
    from govkit.documents.read.document import read_document

    with tempfile.TemporaryDirectory(prefix="govkit-") as folder:
        executed = run_notebook(_REHEARSAL, {}, Path(folder) / "executed.ipynb", in_process=True)
        write_html(executed, Path(folder) / "document.html", title="", document=read_document(executed))


def check_and_freeze() -> None:
    """Do the last thing before the first fork; raises RuntimeError if this process cannot be forked safely."""
    check_single()
    gc.freeze()
    gc.enable()


def _imported(notebook: Path) -> list[str]:
    """Return what a notebook imports of govkit, modules and names in them; code that is no Python is passed over."""
    names: list[str] = []
    try:
        from govkit.documents.read.notebook import read_notebook  # imports jsonschema: see lean_imports

        cells = read_notebook(notebook).cells
    except ReportError:  # said when the notebook is to run
        return []
    for cell in cells:
        if cell["cell_type"] != "code":
            continue
        try:
            tree = ast.parse(cell["source"])
        except SyntaxError:
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "govkit":
                names.append(f"govkit.{node.attr}")
            if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "govkit":
                names += [str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)]
    return names
