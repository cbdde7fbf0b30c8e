"""A notebook file as it comes from others: byte marks, old formats, no kernel named, broken."""

from __future__ import annotations

import json
import re
import warnings
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from govkit.errors import ReportError

_TODO = "文件可能没有下载完整或被别的程序改过；请换一份完好的，或在 JupyterLab 里另存一份。"
# What else a file named .ipynb turns out to be, by how it begins.
_OTHER_FILES = (
    ("version https://git-lfs", "这是 git LFS 的指针，文件本身没有取来。", "在仓库里运行 git lfs pull 后再试。"),
    ("<", "这是一个网页。", "多半是下载时存成了网页（如登录页）；请下载笔记本文件本身（GitHub 上点 Raw）。"),
)
_PYTHON = {"name": "python3", "display_name": "Python 3", "language": "python"}


def read_notebook(path: Path) -> NotebookNode:
    """Return a notebook in the present format; one that names no kernel (nbstripout takes it out) runs as Python 3.

    Cells without an id, or with another's, get one by their place; metadata, outputs and texts that a tool has taken
    out are empty. Raises ReportError, which names the file, for one
    that is broken or no notebook.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            content = path.read_bytes()
            text = content.decode(json.detect_encoding(content)).removeprefix("\ufeff")
            if said := _not_json(text):
                raise ReportError(f"这个文件不是可用的笔记本：{said[0]}", where=str(path), todo=said[1])
            notebook = nbformat.reads(json.dumps(_filled(json.loads(text))), as_version=4)
            _name_cells(notebook)
            nbformat.validate(notebook)
    except UnicodeDecodeError as error:
        raise ReportError(
            f"这个文件不是可用的笔记本：不是 UTF-8 编码（第 {error.start + 1} 个字节起），多半被别的程序按 GBK 存过。",
            where=str(path),
            todo="用记事本或编辑器打开它，另存为 UTF-8 编码；或请原作者重新发一份。",
        ) from None
    except (ValueError, AttributeError, KeyError, TypeError, nbformat.ValidationError) as error:
        wrong = str(error).splitlines()[0] if isinstance(error, ValueError) else "里面不是笔记本的单元。"
        if found := re.search(r"Unsupported nbformat version (\d+)", wrong):
            wrong = f"它的格式是第 {found[1]} 版，本机只认到第 4 版。"
        raise ReportError(f"这个文件不是可用的笔记本：{wrong}", where=str(path), todo=_TODO) from None
    except OSError as error:
        raise ReportError(f"笔记本读不出来：{error.strerror}", where=str(path), todo="请核对文件和权限。") from None
    language = notebook.metadata.get("language_info", {}).get("name", "python")
    kernel = dict(notebook.metadata.get("kernelspec", {}))
    if not kernel.get("name") and kernel.get("language", language) == "python":
        notebook.metadata["kernelspec"] = {**_PYTHON, **{key: value for key, value in kernel.items() if value}}
    elif kernel and not kernel.get("language"):
        notebook.metadata["kernelspec"] = {**kernel, "language": language}
    return notebook


def _not_json(text: str) -> tuple[str, str] | None:
    """Why a text is no JSON and what helps, None if it is."""
    if not text.strip():
        return "是空文件。", "文件没有下载或拷贝完整；请换一份完好的。"
    if re.search(r"^(<{7} |>{7} )", text, re.MULTILINE):
        return (
            "里面有 git 合并冲突的标记（<<<<<<<）。",
            "在 git 里选定一个版本（git checkout --ours 或 --theirs）后再运行。",
        )
    for begin, said, todo in _OTHER_FILES:
        if text.lstrip().lower().startswith(begin):
            return said, todo
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return f"内容断了或写坏了，第 {error.lineno} 行第 {error.colno} 个字符读不下去。", _TODO
    return None


def _filled(content: Any) -> Any:
    """A notebook's JSON with what every cell must have, empty where it is not there or null."""
    if not isinstance(content, dict) or "cells" not in content or content.get("nbformat", 4) != 4:
        return content
    cells = []
    for cell in content.get("cells") or []:
        code: dict[str, Any] = {"outputs": [], "execution_count": None} if cell.get("cell_type") == "code" else {}
        stated = {name: value for name, value in cell.items() if value is not None and name != "execution_count"}
        cells.append({"metadata": {}, "source": "", **code, **stated})
    return content | {"cells": cells, "metadata": content.get("metadata") or {}}


def _name_cells(notebook: NotebookNode) -> None:
    seen: set[str] = set()
    for place, cell in enumerate(notebook.cells):
        if not cell.get("id") or cell["id"] in seen:
            cell["id"] = f"cell-{place}"
        seen.add(cell["id"])
    if (notebook.nbformat, notebook.nbformat_minor) < (4, 5):
        notebook.nbformat_minor = 5
