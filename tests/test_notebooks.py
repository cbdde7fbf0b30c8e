"""Notebooks narrate, the package computes: short cells, no functions, one parameters cell, nothing kept from a run."""

from __future__ import annotations

import ast
from pathlib import Path

import nbformat
import pytest

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))
EACH = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
MOST_LINES = 15


def code_cells(path: Path) -> list[nbformat.NotebookNode]:
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]


def test_the_notebooks_of_the_reports_are_there() -> None:
    assert {"district_report", "zone_overview"} <= {path.stem for path in NOTEBOOKS}


@EACH
def test_a_notebook_keeps_nothing_from_a_run(path: Path) -> None:
    for cell in code_cells(path):
        assert (cell.outputs, cell.execution_count) == ([], None)


@EACH
def test_a_notebook_has_short_cells_without_functions(path: Path) -> None:
    for cell in code_cells(path):
        assert len(cell.source.splitlines()) <= MOST_LINES, cell.source
        defined = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        assert not [node for node in ast.walk(ast.parse(cell.source)) if isinstance(node, defined)]


@EACH
def test_a_notebook_imports_govkit_and_nothing_else(path: Path) -> None:
    imported = {
        (node.module if isinstance(node, ast.ImportFrom) else node.names[0].name).split(".")[0]
        for cell in code_cells(path)
        for node in ast.walk(ast.parse(cell.source))
        if isinstance(node, (ast.Import, ast.ImportFrom))
    }
    assert imported == {"govkit"}


@EACH
def test_a_notebook_has_one_parameters_cell_with_one_parameter_a_line(path: Path) -> None:
    tagged = [cell for cell in code_cells(path) if "parameters" in cell.metadata.get("tags", [])]
    assert len(tagged) == 1
    body = ast.parse(tagged[0].source).body
    assert all(isinstance(line, ast.Assign) for line in body)
    assert len(body) == len(tagged[0].source.splitlines())
    assert {"zone", "period"} <= {line.targets[0].id for line in body}


@EACH
def test_a_notebook_says_how_much_it_shows(path: Path) -> None:
    about = nbformat.read(path, as_version=4).metadata["govkit"]
    assert about["expects"]["figures"] >= 1
    assert about["expects"]["tables"] >= 2
