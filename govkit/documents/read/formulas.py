"""A formula in LaTeX, as scholars type it → MathML for a page, Typst for print, OMML for Word; several as lines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from xml.etree import ElementTree

from govkit.documents.read.blocks import Equation

_STRAY = re.compile(r"&(?!#x?[0-9A-Fa-f]+;)")
_NAMESPACE = "{http://www.w3.org/1998/Math/MathML}"
_ACTIVE = {"href", "style", "class", "id"}
# What latex2mathml does not know stands in its answer as it was typed.
_UNKNOWN = re.compile(r"\\[A-Za-z]+")


def _known(latex: str) -> str:
    """The formula with the environments that latex2mathml knows in place of their like."""
    for given, known in (("aligned", "align*"), ("gathered", "matrix")):
        latex = latex.replace(f"{{{given}}}", f"{{{known}}}")
    return latex


@lru_cache(maxsize=1000)
def mathml(latex: str, *, display: bool = False) -> str:
    """Return a formula as MathML, which browsers set without a script; ``""`` if it is not one."""
    from latex2mathml.converter import convert

    try:
        made = _STRAY.sub("&amp;", convert(_known(latex), display="block" if display else "inline"))
        parts = list(ElementTree.fromstring(made).iter())  # noqa: S314 - made here, and no document type is in it
    except Exception:  # latex2mathml raises many types, IndexError among them
        return ""
    # \text{…} is passed on as it is: what is no element of a formula must not reach a page
    safe = all(part.tag.startswith(_NAMESPACE + "m") and not _ACTIVE & set(part.attrib) for part in parts)
    return made if safe else ""


@lru_cache(maxsize=1000)
def typst_math(latex: str) -> str:
    """Return a formula in Typst's notation, without its dollars; ``""`` if it cannot be set."""
    import typst
    from tylax import L2TOptions, latex_to_typst

    try:
        source = re.sub(r"(?<!\\)#", r"\#", latex)  # in Typst a # begins a program
        # n/W before x would become n/Wx: fractions are called by name
        made = (
            latex_to_typst(f"${source}$", options=L2TOptions(frac_to_slash=False))
            .strip()
            .removeprefix("$")
            .removesuffix("$")
            .strip()
        )
        typst.compile(
            f"#set page(width: auto, height: auto)\n$ {made} $".encode(), format="svg", ignore_system_fonts=True
        )
    except Exception:  # tylax and Typst each have their own
        return ""
    return made


@lru_cache(maxsize=1000)
def omml(latex: str) -> str:
    """Return a formula as ``<m:oMath>`` for Word; ``""`` if it is not one."""
    from math_ml2omml import latex_to_omml

    try:
        return str(latex_to_omml(_known(latex)))
    except Exception:  # as above
        return ""


def cannot_be_set(latex: str) -> str:
    """Return what of a formula no page can set, as typed; ``""`` for one that can be set."""
    made = mathml(latex)
    return " ".join(dict.fromkeys(_UNKNOWN.findall(re.sub(r"<[^>]*>", " ", made)))) if made else latex[:40]


_ACCENTS = {"^": "\u0302", "~": "\u0303", "¯": "\u0304", "―": "\u0304", "_": "\u0304", "˙": "\u0307", "→": "\u20d7"}
_LEVELS = {"": ("sub", "sup"), "sub": ("sub", "sub"), "sup": ("sup", "sup")}


def in_line(latex: str) -> tuple[tuple[str, str], ...]:
    """Return a formula as texts on one line, each with ``sup``, ``sub`` or ``""``; as typed if it cannot be set so.

    >>> in_line(r"h_i = \\frac{p_i}{n}")
    (('h', ''), ('i', 'sub'), ('=p', ''), ('i', 'sub'), ('/n', ''))
    """
    made = mathml(latex)
    try:
        found = list(_in_line(ElementTree.fromstring(made), "")) if made else []  # noqa: S314 - as above
    except ValueError:  # a matrix stands on lines of its own
        found = []
    joined: list[tuple[str, str]] = []
    for text, level in found or [(latex, "")]:
        joined[-1:] = (
            [(joined[-1][0] + text, level)] if joined and joined[-1][1] == level else [*joined[-1:], (text, level)]
        )
    return tuple(joined)


def _in_line(part: ElementTree.Element, level: str) -> Iterator[tuple[str, str]]:
    name, children = part.tag.removeprefix(_NAMESPACE), list(part)
    if name == "mtable":
        raise ValueError(name)
    if name in {"msub", "munder", "msup", "mover", "msubsup", "munderover"}:
        below, above = _LEVELS[level]
        yield from _in_line(children[0], level)
        accent = _ACCENTS.get("".join(children[1].itertext()).strip()) if name == "mover" else None
        levels = (below, above) if len(children) == 3 else ((above,) if name in {"msup", "mover"} else (below,))
        for child, at in zip(children[1:], levels, strict=True):
            yield from [(accent, level)] if accent else _in_line(child, at)
    elif name in {"mfrac", "msqrt", "mroot"}:
        parts = [list(_in_line(child, level)) for child in children]
        parts = [[one for inner in parts for one in inner]] if name == "msqrt" else parts[: 1 + (name == "mfrac")]
        yield from [("√", level)] if name != "mfrac" else []
        for place, inner in enumerate(parts):
            simple = sum(len(text) for text, at in inner if at == level) <= 1
            yield from [("/", level)] if place else []
            yield from inner if simple else [("(", level), *inner, (")", level)]
    else:
        yield from [(part.text.strip() or " ", level)] if part.text else []
        for child in children:
            yield from _in_line(child, level)


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
