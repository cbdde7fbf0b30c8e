"""Sentences from the catalogue: numbers read as Chinese reports write them, users' texts kept from being Markdown."""

from __future__ import annotations

import re
import string
from collections.abc import Callable
from typing import Any

import pandas as pd

from govkit import catalogue
from govkit.display.tables.frames import quantity
from govkit.rounding import fixed, half_away

MISSING = "—"
SEPARATOR = "；"
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>()#+\-.!|~&$])")


def say(phrase: str, /, **values: Any) -> str:
    """Return the phrase (``section.key``) of catalogue/phrases.toml with its blanks filled; texts are escaped.

    Missing values read as a dash; ``unit_word`` is what the zone calls its report units (``Zone.unit_word``), a word
    that suits any where it is not given. Raises KeyError for a phrase or a blank that does not exist.
    """
    section, key = phrase.split(".")
    values["unit_word"] = values.get("unit_word") or catalogue.load("levels")["unit_word"]["any"]
    return fill(catalogue.load("phrases")[section][key], **values)


def fill(sentence: str, /, **values: Any) -> str:
    """Return a sentence with its blanks filled as ``say`` does; KeyError for a blank without a value."""
    return _Reader().vformat(sentence, (), values)


def escaped(text: str) -> str:
    """Return a user's text so that Markdown shows it as it is.

    >>> escaped("<b>一*二")
    '\\\\<b\\\\>一\\\\*二'
    """
    return _MARKDOWN.sub(r"\\\1", text)


def moved(change: float, unit: str, up: str, down: str) -> str:
    """Say a change in words; what rounds to nothing is 持平.

    >>> moved(-1.26, " 分", "提高", "下降")
    '下降 1.3 分'
    """
    if half_away(abs(change), 1) == 0:
        return "持平"
    return f"{up if change > 0 else down} {fixed(abs(change), 1)}{unit}"


def by_name(values: pd.Series, names: pd.Series, unit: str) -> str:
    """Return every unit's value in falling order, for the notes; those without a value come last."""
    ordered = values.astype("float64").sort_values(ascending=False, kind="stable")
    return SEPARATOR.join(f"{escaped(names.get(code, code))} {quantity(one, unit)}" for code, one in ordered.items())


_SPECS: dict[str, Callable[[Any], str]] = {
    "int": lambda value: fixed(value),
    "num": lambda value: fixed(value, 1),
    "num2": lambda value: fixed(value, 2),
    "pct": lambda value: f"{fixed(value * 100, 1)}%",
    "wan": lambda value: f"{fixed(value / 10_000, 2)} 万元",
    "as_is": str,  # what phrases have said already
    "list": lambda value: "、".join(escaped(str(one)) for one in value) or MISSING,
    "moved_points": lambda value: moved(value * 100, " 个百分点", "上升", "下降"),
    "moved_score": lambda value: moved(value, " 分", "提高", "下降"),
}


class _Reader(string.Formatter):
    """``str.format`` whose specs are those of phrases.toml."""

    def format_field(self, value: Any, format_spec: str) -> str:
        if not isinstance(value, (list, tuple)) and pd.isna(value):
            return MISSING
        if format_spec:
            return _SPECS[format_spec](value)
        return escaped(value) if isinstance(value, str) else str(value)
