"""Whether a notebook may read files by itself, told by its code alone: such a one depends on every file of the zone."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

from govkit.documents.read.notebook import read_notebook

# With these alone, and without the names below, data come in by govkit's doors only.
_KNOWN = frozenset({"govkit", "pandas", "numpy", "matplotlib", "math", "datetime", "__future__", "warnings"})
_READING = re.compile(
    r"_?(?:read|open|load|from(?!_export)|scan|exec|eval|compile|getattr|globals|vars|run|system|io|os|sys|import)"
    r"|ExcelFile|HDFStore|genfromtxt|memmap|imread|Path|glob|__"
)
_DOORS = frozenset({"open_report", "open_zone"})


@cache
def reads_files(notebook: Path) -> bool:
    """Whether any cell may read a file of its own: unknown imports, magics, names that read; True where in doubt."""
    for cell in read_notebook(notebook).cells:
        if cell.cell_type != "code":
            continue
        try:
            tree = ast.parse(cell.source)
        except SyntaxError:  # a magic, another language
            return True
        if any(map(_may_read, ast.walk(tree))):
            return True
    return False


def _may_read(node: ast.AST) -> bool:
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        modules = [node.module or ""] if isinstance(node, ast.ImportFrom) else [one.name for one in node.names]
        names = [one.name for one in node.names] if isinstance(node, ast.ImportFrom) else []
        return not {one.partition(".")[0] for one in modules} <= _KNOWN or any(map(_is_reading, names))
    name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    return _is_reading(name)


def _is_reading(name: str) -> bool:
    return name not in _DOORS and _READING.match(name) is not None
