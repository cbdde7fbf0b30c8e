"""Which reports would come out as they stand: judged by what each depends on, and said in words if one would not."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable, Iterable, Mapping, Set
from functools import cache
from pathlib import Path
from typing import Any

from govkit import catalogue
from govkit.batch.record.files import sha256
from govkit.batch.record.journal import Entry, damaged
from govkit.batch.record.manifest import Reads
from govkit.batch.work.surroundings import hashed, hashed_json, surroundings
from govkit.batch.work.tracing import written

_MOST_REASONS = 6


def key_of(notebook: Path, parameters: Mapping[str, Any], formats: Iterable[str]) -> dict[str, str]:
    """Return a hash for each thing a report depends on besides its data; the zone counts by name, not by place."""
    named = {**parameters, "zone": Path(str(parameters.get("zone", ""))).name}
    return {
        **surroundings(),
        "notebook": hashed(notebook.read_bytes()),
        "parameters": hashed_json(named),
        "formats": hashed_json(list(formats)),
    }


def reasons(entry: Entry | None, key: Mapping[str, str], *, stamp: str) -> tuple[str, ...] | None:
    """Return in Chinese why a report has to be made again, empty if it would come out as it stands.

    None if its data alone can tell (``moved``): ``stamp``, the hash of the zone's files now, is another than it was, or
    "" because files do not tell.
    """
    words = catalogue.load("batch")["why"]
    if entry is None:
        return (words["first"],)
    changed = [words[part] for part in key if entry.key.get(part) != key[part]]
    broken = damaged(entry)
    if broken is not None:
        changed.append(words["output"].format(path=broken.name))
    reads = entry.outcome.reads
    if reads is not None and not changed:
        changed += [words["unknown"].format(what=reads.unknown)] if reads.unknown else _files(reads, words)
    if changed or (stamp and entry.stamp == stamp):
        return tuple(changed)
    return (words["not_noted"],) if reads is None else None


def _files(reads: Reads, words: Mapping[str, Any]) -> list[str]:
    changed = [path for path, content in reads.files.items() if _content(Path(path)) != content]
    return [words["file"].format(path=path) for path in changed]


def moved(reads: Reads, digest_of: Callable[[str], str]) -> tuple[str, ...]:
    """Return in Chinese which of the questions a report put to its data have other answers now, empty if none has."""
    still = {root for root, before in reads.roots.items() if digest_of(root) == before}
    asked = {one: json.loads(one) for one in reads.answers}
    changed = [one for one, told in asked.items() if not _rests(told, still) and digest_of(one) != reads.answers[one]]
    return tuple(dict.fromkeys(said(asked[one]) for one in changed))[:_MOST_REASONS]


def _rests(question: Any, still: Set[str]) -> bool:
    """Whether an answer is made of nothing but constants and answers that are ``still`` what they were."""
    kind, *rest = question
    if kind in {"=", "#"}:
        return True
    if kind == "zone":
        return False
    if kind != "()":
        return _rests(rest[0], still) or (rest[0] == ["zone"] and written(question) in still)
    function, arguments, keywords = rest
    if written(question) in still:
        return True
    if not isinstance(function, str) and not _rests(function, still):
        return False
    return all(_rests(one, still) for one in (*arguments, *(value for _, value in keywords)))


def _content(path: Path) -> str:
    try:
        return sha256(path)
    except OSError:
        return ""


def said(question: Any) -> str:
    """Say what a question asks for has changed.

    >>> said(["[]", [".", ["zone"], "tables"], "funds"])
    '全区的“专项资金台账”有变化'
    """
    words = catalogue.load("batch")["why"]
    shared = _function(question)
    if shared:
        return str(words["shared"].format(what=words["functions"].get(shared, shared)))
    own = '"district"' in json.dumps(question)
    if question[0] in {"[]", "in"}:
        titles = catalogue.load("tables")
        title = titles[question[2]]["title"] if question[2] in titles else question[2]
        return str(words["own_table" if own else "zone_table"].format(title=title))
    name = question[2] if question[0] == "." else question[1][2] if question[0] == "()" else ""
    return str(words["own" if own else "zone"].format(what=words["parts"].get(name, name)))


def _function(question: Any) -> str:
    """Return the shared function a question is about: the outermost one in it, "" if there is none."""
    while isinstance(question, list) and len(question) > 1:
        if question[0] == "()" and isinstance(question[1], str):
            return question[1]
        question = question[1]
    return ""


@cache
def untraceable(notebook: Path, *, watched: bool = True) -> str:
    """Return the first thing in a notebook's code that nobody can compare with an earlier run, "" if there is none.

    ``watched``: the files it opens are noted; without that it may import govkit alone and open nothing by itself.
    """
    rules = catalogue.load("batch")
    if not watched:
        rules = {**rules, "traceable": ["govkit"], "untraceable_names": [*rules["untraceable_names"], "open"]}
    cells = json.loads(notebook.read_text(encoding="utf-8")).get("cells", [])
    for cell in cells:
        if cell["cell_type"] != "code":
            continue
        try:
            tree = ast.parse("".join(cell["source"]))
        except SyntaxError:
            return "%"
        for node in ast.walk(tree):
            found = _foreign(node, rules)
            if found:
                return found
    return ""


def _foreign(node: ast.AST, rules: Mapping[str, Any]) -> str:
    """Return the module or name that brings in something from outside, "" if the node does not."""
    modules = []
    if isinstance(node, ast.Import):
        modules = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom):
        modules = [node.module or "."]
    foreign = [f"import {name}" for name in modules if name.split(".")[0] not in rules["traceable"]]
    if isinstance(node, ast.ImportFrom):
        foreign += [alias.name for alias in node.names if alias.name in rules["untraceable"]]
    if isinstance(node, ast.Attribute) and node.attr in rules["untraceable"]:
        foreign.append(node.attr)
    if isinstance(node, ast.Name) and node.id in rules["untraceable_names"]:
        foreign.append(node.id)
    return foreign[0] if foreign else ""
