"""Formulas on lines of their own, as LaTeX states them → equations with their numbers and labels."""

from __future__ import annotations

import re

from govkit.documents.read.blocks import Equation

AUTOMATIC = "auto"  # the number of a formula, until the whole document is known
_LABEL = re.compile(r"\\label\{([^{}]*)\}")
_TAG = re.compile(r"\\tag\*?\{([^{}]*)\}")
_UNNUMBERED = re.compile(r"\\(?:notag|nonumber)\b")
# Environments that count, and of those the ones that count every row.
_NUMBERED = frozenset({"equation", "align", "gather", "multline", "eqnarray"})
_BY_ROW = frozenset({"align", "gather", "eqnarray"})
_PARTS = ("matrix", "cases", "array", "aligned", "gathered", "split")
_ROW_END = re.compile(r"\\\\(?:\[[^\]]*\])?|\\begin\{|\\end\{|(?<!\\)[{}]")


def equations(environment: str, body: str) -> tuple[Equation, ...]:
    r"""Return the formulas of an environment (``""``: between dollars); empty for one that holds no formula.

    ``align``, ``gather`` and ``eqnarray`` number each row, as in LaTeX: there a row is an equation of its own.

    >>> [(one.latex, one.number, one.anchor) for one in equations("align", r"a &= b \label{x} \\ c &= d \notag")]
    [('a = b', 'auto', 'x'), ('c = d', '', '')]
    """
    name = environment.rstrip("*")
    if name and name not in _NUMBERED and not name.endswith(_PARTS):
        return ()
    rows = _rows(body) if name in _BY_ROW and not environment.endswith("*") else [body]
    if len(rows) == 1:
        return (_equation(environment, body),)
    return tuple(
        _equation("equation*" if _UNNUMBERED.search(row) else "equation", re.sub(r"(?<!\\)&", "", row)) for row in rows
    )


def _equation(environment: str, body: str) -> Equation:
    label, tag = _LABEL.search(body), _TAG.search(body)
    latex = body
    for pattern in (_TAG, _LABEL, _UNNUMBERED):
        latex = pattern.sub("", latex)
    latex = " ".join(latex.split()) if "\n" not in latex.strip() else latex.strip()
    name = environment.rstrip("*")
    if name in {"align", "eqnarray"}:
        latex = f"\\begin{{aligned}}{latex}\\end{{aligned}}"
    elif name in {"gather", "multline"}:
        latex = f"\\begin{{gathered}}{latex}\\end{{gathered}}"
    elif environment and name != "equation":
        latex = f"\\begin{{{environment}}}{latex}\\end{{{environment}}}"
    numbered = (name in _NUMBERED and not environment.endswith("*")) or label
    number = tag[1] if tag else AUTOMATIC if numbered else ""
    return Equation(latex, number, label[1] if label else "")


def _rows(body: str) -> list[str]:
    """The rows of an environment; what stands in braces or in an environment within it is not parted."""
    rows, start, depth = [], 0, 0
    for found in _ROW_END.finditer(body):
        # the name of an environment stands in braces of its own, which the next } closes
        depth += {"{": 1, "}": -1, r"\begin{": 2}.get(found[0], 0)
        if found[0].startswith(r"\\") and depth == 0:
            rows.append(body[start : found.start()])
            start = found.end()
    rows.append(body[start:])
    return [row for row in rows if row.strip()]
