"""The catalogue: standards, schemes, aliases, code lists, phrases and colours as data; this module only reads them."""

from __future__ import annotations

import json
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from govkit.errors import CatalogueError, UnknownNameError

FOLDER = Path(__file__).parent


@cache
def load(name: str) -> dict[str, Any]:
    """Return the TOML file ``name`` of the catalogue (``"tables"``, ``"standards/d8"``) as a dict; do not change it.

    Raises UnknownNameError with the nearest names if there is no such file, CatalogueError if it is not TOML.
    """
    path = path_of(name)
    if not path.is_file():
        raise UnknownNameError("目录文件", name, names(""))
    return read_toml(path)


def path_of(name: str) -> Path:
    """Return where a TOML file of the catalogue is; what belongs to one zone is in the folder of that zone.

    >>> path_of("standards/daoli_targets").relative_to(FOLDER).as_posix()
    'zones/daoli/standards/daoli_targets.toml'
    """
    common = FOLDER / f"{name}.toml"
    return next((FOLDER / "zones").glob(f"*/{name}.toml"), common) if not common.is_file() else common


def languages() -> tuple[str, ...]:
    """Return the languages a report can be made in: Chinese, and each the catalogue has a folder for.

    >>> languages()
    ('zh', 'en')
    """
    return ("zh", *sorted(path.parent.name for path in FOLDER.glob("*/sentences.toml")))


def names(folder: str) -> list[str]:
    """Return the names of all TOML files below ``folder`` of the catalogue, without the ending; the zones' among them.

    >>> "tables" in names("")
    True
    """
    roots = [FOLDER / folder, *((FOLDER / "zones").glob(f"*/{folder}") if folder else ())]
    return sorted(path.relative_to(root).with_suffix("").as_posix() for root in roots for path in root.rglob("*.toml"))


def read_toml(path: Path) -> dict[str, Any]:
    """Return a TOML file as a dict; a syntax error is a CatalogueError that names file and line."""
    return parse_toml(path.read_bytes(), where=str(path))


def parse_toml(content: bytes, *, where: str) -> dict[str, Any]:
    """Return what the bytes of a TOML file say; ``where`` names the file in errors, as of ``read_toml``."""
    try:
        return tomllib.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise CatalogueError("文件不是 UTF-8 编码。", where=where, todo="另存为 UTF-8 编码后重试。") from None
    except RecursionError:
        raise CatalogueError("方括号或花括号套得太深。", where=where, todo="去掉多余的括号后重试。") from None
    except ValueError as error:  # TOMLDecodeError is one; so is a whole number of thousands of digits
        told = str(error) if isinstance(error, tomllib.TOMLDecodeError) else "有一个数太长（代码请加引号）"
        raise CatalogueError(f"文件不是正确的 TOML：{told}", where=where, todo="按提示的行列改正后重试。") from None


def toml_text(text: str) -> str:
    """Return a text in quotes, as TOML writes it: JSON's escapes are among TOML's."""
    return json.dumps(text, ensure_ascii=False)


def label(list_name: str, key: object) -> str:
    """Return what readers see for ``key`` of a list in codes.toml; an unknown or missing key gives ``"—"``.

    A list that is open has words of the place's own besides: each is its own label.

    >>> label("facility_kind", "clinic"), label("facility_kind", "驿站"), label("payment", "驿站")
    ('医疗卫生站', '驿站', '—')
    """
    entry = load("codes")[list_name].get(key) if isinstance(key, str) else None
    if entry:
        return str(entry["label"])
    return key if isinstance(key, str) and is_own_kind(list_name, key) else "—"


def is_own_kind(list_name: str, word: str) -> bool:
    """Whether a word is a kind of a place's own: of an open list, not in it, and in no keys' letters."""
    return list_name in _open_lists() and word not in load("codes")[list_name] and not word.isascii()


@cache
def _open_lists() -> frozenset[str]:
    """Return the lists of codes.toml that columns of tables.toml call open."""
    columns = (column for table in load("tables").values() for column in table["columns"].values())
    return frozenset(column["values"] for column in columns if column.get("open"))
