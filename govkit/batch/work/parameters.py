"""A notebook's parameters: which it declares and how they reach it; what cannot reach it is refused."""

from __future__ import annotations

import ast
import datetime as dt
import json
import pathlib
import re
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from govkit.errors import ReportError, UnknownNameError

# What a batch itself gives a notebook.
OWN = ("zone", "district", "period")
_UNKNOWN = object()  # a default that only the notebook itself can tell
# What a default may be reckoned of, so that reading it changes nothing.
_SIMPLE = (
    *(ast.Constant, ast.Tuple, ast.List, ast.Dict, ast.Set, ast.Name, ast.Load, ast.Attribute, ast.Call, ast.keyword),
    *(ast.BinOp, ast.UnaryOp, ast.operator, ast.unaryop, ast.JoinedStr, ast.FormattedValue),
)
_KINDS = (
    *(type(None), bool, int, float, complex, str, bytes, list, tuple, dict, set, type(Path())),
    *(dt.date, dt.datetime, dt.time, dt.timedelta),
)
_HIDDEN = re.compile(r"\b__|\._")
_MAKERS: dict[str, Any] = {"__builtins__": {"__import__": __import__}}  # which a date asks for the time of day
_MAKERS |= {"dt": dt, "date": dt.date, "timedelta": dt.timedelta, "time": dt.time, "Path": Path, "pathlib": pathlib}
_MAKERS |= {kind.__name__: kind for kind in (bool, int, float, str, list, tuple, dict, set)}
_TRUE, _FALSE = {"true", "1", "yes", "on", "是", "真"}, {"false", "0", "no", "off", "否", "假"}
_WORDS = {bool: "true、false、是、否", int: "整数", float: "数", list: "[…] 写成的列表", tuple: "(…) 写成的元组"}
_WORDS |= {dict: "{…} 写成的字典", set: "{…} 写成的集合", dt.date: "日期，如 2018-07-01", dt.datetime: "时间"}
_ASSIGNED = re.compile(r"^\s*([\w.]+)\s*(?:<-|=)\s*(.+?)\s*$", re.MULTILINE)


@dataclass(frozen=True)
class Parameters:
    """What a notebook declares: the place of its cell (-1: none) and the default of each name.

    ``aliases``: the names that stand for ``zone``, ``district`` and ``period`` in this notebook, by these.
    """

    cell: int
    defaults: Mapping[str, Any]
    aliases: Mapping[str, str]

    def name(self, own: str) -> str:
        """What the notebook calls one of ours."""
        return self.aliases.get(own, own)

    def takes(self, own: str) -> bool:
        """Whether one of ours reaches the notebook."""
        return self.name(own) in self.defaults


def declared_parameters(notebook: NotebookNode) -> Parameters:
    """Return what a notebook declares: in the cell tagged ``parameters``, else in the first of plain assignments."""
    python = notebook.metadata.get("kernelspec", {}).get("language", "python").lower() == "python"
    stated = notebook.metadata.get("govkit", {}).get("parameters", {})
    aliases = {str(ours): str(theirs) for theirs, ours in stated.items() if ours in OWN}
    for tagged in (True, False):
        for place, cell in enumerate(notebook.cells):
            if cell.cell_type != "code" or tagged != ("parameters" in cell.metadata.get("tags", [])):
                continue
            defaults = _defaults(cell.source, strict=not tagged) if python else _elsewhere(cell.source, tagged=tagged)
            if tagged or defaults:
                return Parameters(place, defaults, aliases)
    return Parameters(-1, {}, aliases)


def typed(parameters: Parameters, given: Mapping[str, Any], *, where: str) -> dict[str, Any]:
    """Return values given on the command line in the type of their defaults; our own under the notebook's names.

    Raises UnknownNameError for one that is not declared, ReportError for one that does not fit its default.
    """
    found = {}
    for name, value in given.items():
        if name not in parameters.defaults:
            raise UnknownNameError("笔记本参数", name, parameters.defaults, where=where)
        default = parameters.defaults[name]
        try:
            found[name] = _as(value, default) if isinstance(value, str) else value
        except (ValueError, SyntaxError):
            raise ReportError(
                f"参数 {name} 的值 {value!r} 与笔记本里的类型不合（默认值 {default!r}）。",
                where=where,
                allowed=_WORDS.get(type(default), "与默认值同类的值"),
                todo=f"改成 -p {name}=… 后重新运行。",
            ) from None
    return found


def with_parameters(notebook: NotebookNode, parameters: Parameters, values: Mapping[str, Any]) -> NotebookNode:
    """Return the notebook with the values in a cell of their own after the one that declares them.

    What that cell reckons from them (``path = f"{zone}/units.csv"``) is reckoned again.
    """
    lines, changed = [f"{name} = {_source(value)}" for name, value in values.items()], set(values)
    for statement in _statements(notebook.cells[parameters.cell].source) if parameters.cell >= 0 else ():
        names = {one.id: one.ctx for one in ast.walk(statement) if isinstance(one, ast.Name)}
        made = {name for name, context in names.items() if isinstance(context, ast.Store)}
        if isinstance(statement, (ast.Assign, ast.AnnAssign)) and changed & {*names} and not made & {*values}:
            lines.append(ast.unparse(statement))
            changed |= made
    cell = new_code_cell("\n".join(["# Parameters", *lines]), metadata={"tags": ["injected-parameters"]})
    notebook.cells = [*notebook.cells[: parameters.cell + 1], cell, *notebook.cells[parameters.cell + 1 :]]
    if parameters.cell >= 0:
        tags = notebook.cells[parameters.cell].metadata.setdefault("tags", [])
        notebook.cells[parameters.cell].metadata["tags"] = list(dict.fromkeys([*tags, "parameters"]))
    return notebook


def zones_named(notebook: NotebookNode, folder: Path) -> Iterator[tuple[int, str]]:
    """Yield the place of each code cell that names a zone's folder as text, and what it says."""
    for place, cell in enumerate(notebook.cells):
        if cell.cell_type != "code":
            continue
        for text in re.findall(r"""["']([^"'\n]{1,300})["']""", cell.source):
            path = Path(text)
            if (path if path.is_absolute() else folder / path).joinpath("zone.toml").is_file():
                yield place, text


def _defaults(source: str, *, strict: bool) -> dict[str, Any]:
    """The names that a cell assigns; ``strict``: none if it does anything else than assign plain values and import."""
    found: dict[str, Any] = {}
    for statement in _statements(source):
        if isinstance(statement, ast.Assign):
            value = _plain(statement.value, found)
            for target in statement.targets:
                if isinstance(target, ast.Name):
                    found[target.id] = value
                elif isinstance(target, (ast.Tuple, ast.List)):
                    count = len(target.elts)
                    fits = isinstance(value, (tuple, list)) and len(value) == count
                    pairs = zip(target.elts, value if fits else [_UNKNOWN] * count, strict=True)
                    found |= {one.id: part for one, part in pairs if isinstance(one, ast.Name)}
                elif strict:
                    return {}
        elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name) and statement.value:
            value = _plain(statement.value, found)
            found[statement.target.id] = _annotated(statement.annotation) if value is None else value
        elif isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
            continue
        elif strict and not isinstance(statement, (ast.Import, ast.ImportFrom)):
            return {}
    return {} if strict and _UNKNOWN in found.values() else found


def _statements(source: str) -> list[ast.stmt]:
    """The statements of a cell without its magics; none where it is no Python."""
    with suppress(SyntaxError):
        lines = (line for line in source.split("\n") if not line.lstrip().startswith(("%", "!")))
        return ast.parse("\n".join(lines)).body
    return []


def _plain(value: ast.expr, known: Mapping[str, Any]) -> Any:
    """The value of constants, of what names before it stand for, and of what is reckoned from them without effect."""
    if not all(isinstance(part, _SIMPLE) for part in ast.walk(value)) or _HIDDEN.search(ast.unparse(value)):
        return _UNKNOWN
    plain = {name: one for name, one in known.items() if one is not _UNKNOWN}
    for meant in (dt, dt.datetime):  # both are imported as "datetime"
        with suppress(Exception):
            code = compile(ast.Expression(value), "parameters", "eval")
            found = eval(code, {**_MAKERS, "datetime": meant, **plain})  # noqa: S307 - see _SIMPLE
            return found if type(found) in _KINDS else _UNKNOWN
    return _UNKNOWN


def _annotated(annotation: ast.expr) -> Any:
    """A value of the type that ``top: int | None = None`` states; None where it states none that is known."""
    names = {node.id for node in ast.walk(annotation) if isinstance(node, ast.Name)}
    return next(
        (value for name, value in {"bool": False, "int": 0, "float": 0.0, "str": ""}.items() if name in names), None
    )


def _elsewhere(source: str, *, tagged: bool) -> dict[str, Any]:
    """What a cell of another language assigns; only a tagged cell is taken."""
    return {found[1]: found[2].strip("\"'") for found in _ASSIGNED.finditer(source)} if tagged else {}


def _as(text: str, default: Any) -> Any:
    """A text in the type of a default; raises ValueError or SyntaxError where it does not fit."""
    kind = type(default)
    plain = unicodedata.normalize("NFKC", text).strip()
    if kind is bool:
        if plain.lower() not in _TRUE | _FALSE:
            raise ValueError(text)
        return plain.lower() in _TRUE
    if kind in (int, float, complex):
        return kind(plain.replace(",", ""))
    if kind in (dt.date, dt.datetime, dt.time):
        return kind.fromisoformat(plain)
    if kind in (list, tuple, dict, set):
        return _collection(text, kind)
    if default is None or default is _UNKNOWN:
        return _guessed(text)
    if not isinstance(default, (str, Path)):
        raise ValueError(text)
    return Path(text) if isinstance(default, Path) else text


def _collection(text: str, kind: type) -> Any:
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        value = json.loads(text)
    if kind is dict or isinstance(value, dict):
        if not (kind is dict and isinstance(value, dict)):
            raise ValueError(text)
        return value
    if not isinstance(value, (list, tuple, set)):
        raise ValueError(text)
    return kind(value)


def _guessed(text: str) -> Any:
    """A value for a default of None or not known: a number, true, false, none where it reads as one, else the text."""
    known = {"none": None, "null": None, "true": True, "false": False}
    if text.strip().lower() in known:
        return known[text.strip().lower()]
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text
    return value if isinstance(value, (int, float, list, tuple, dict)) else text


def _source(value: Any) -> str:
    """A value as Python code that needs no import."""
    if isinstance(value, (dt.date, dt.time)):
        return f'__import__("datetime").{type(value).__name__}.fromisoformat({value.isoformat()!r})'
    return f'__import__("pathlib").Path({str(value)!r})' if isinstance(value, Path) else repr(value)
