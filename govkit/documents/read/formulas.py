"""A formula in LaTeX, as scholars type it → MathML for a page, Typst for print, OMML for Word."""

from __future__ import annotations

import re
from functools import lru_cache
from xml.etree import ElementTree

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
    from tylax import latex_to_typst

    try:
        source = re.sub(r"(?<!\\)#", r"\#", latex)  # in Typst a # begins a program
        made = latex_to_typst(f"${source}$").strip().removeprefix("$").removesuffix("$").strip()
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


def unknown_commands(latex: str) -> tuple[str, ...]:
    """Return the commands of a formula that are not known; empty for a formula that can be set on a page."""
    made = mathml(latex)
    if not made:
        return (latex[:40],)
    return tuple(dict.fromkeys(_UNKNOWN.findall(re.sub(r"<[^>]*>", " ", made))))
