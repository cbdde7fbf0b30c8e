"""A table of a DuckDB file, read only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from govkit.errors import SourceError, nearest
from govkit.intake.formats.database_limits import MOST_ROWS, limited, refuse_many, too_long
from govkit.intake.reading import schema
from govkit.intake.reading.columns import match_word
from govkit.intake.reading.sources import Source

_MAGIC_AT, _MAGIC = 8, b"DUCK"


def is_duckdb(path: Path) -> bool:
    """Whether a file is a DuckDB database by its first bytes."""
    with path.open("rb") as file:
        return file.read(_MAGIC_AT + len(_MAGIC))[_MAGIC_AT:] == _MAGIC


def read_table(path: Path, source: Source) -> tuple[pd.DataFrame, str]:
    """Return the table ``source.sheet``, or the one that has most of the wanted columns, and its name.

    Raises SourceError if duckdb is not installed, the file is none of its own, there is no such table, or it does not
    end within the limits of ``database_limits``.
    """
    try:
        import duckdb
    except ImportError:
        raise SourceError(
            "读 DuckDB 文件需要的程序包没有安装：duckdb。",
            where=source.where,
            todo='在 govkit 的环境里运行 pip install "govkit[database]"，或导出为 .csv、.parquet。',
        ) from None
    try:
        # the file may neither reach for other files nor load extensions
        config: dict[str, Any] = {"enable_external_access": "false", "memory_limit": "4GB"}
        with duckdb.connect(str(path), read_only=True, config=config) as connection, limited(connection.interrupt):
            rows = connection.execute(
                "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'main'"
            ).fetchall()
            name = _table(pd.DataFrame(rows, columns=["table", "column"]), source)
            quoted = name.replace('"', '""')
            query = f'SELECT * FROM "{quoted}" LIMIT {MOST_ROWS + 1}'  # noqa: S608  (one of its own tables)
            frame = connection.execute(query).df()
        refuse_many(len(frame), f"表 {name!r}", source)
        return frame, name
    except duckdb.InterruptException:
        raise too_long(f"表 {source.sheet or path.name!r}", source) from None
    except duckdb.Error as error:
        why = str(error).splitlines()[0]
        raise SourceError(
            f"DuckDB 文件读不出来：{why}", where=source.where, todo="确认文件完整、没有被别的程序占用。"
        ) from None


def _table(listed: pd.DataFrame, source: Source) -> str:
    columns: dict[str, list[str]] = {}
    for table, column in zip(listed["table"], listed["column"], strict=True):
        columns.setdefault(str(table), []).append(str(column))
    if source.sheet in columns:
        return source.sheet
    wanted = schema.table(source.table)
    fits = {name: len({match_word((one,), wanted) for one in every} - {None}) for name, every in columns.items()}
    if not source.sheet and fits and max(fits.values()):
        return max(fits, key=lambda name: fits[name])
    near = nearest(source.sheet, columns) if source.sheet else []
    what = f"没有表 {source.sheet!r}。" if source.sheet else f"没有一张表有“{wanted.title}”的列。"
    raise SourceError(
        what + (f"最接近的是：{'、'.join(near)}。" if near else ""),
        where=source.where,
        allowed=f"库里有：{'、'.join(list(columns)[:30]) or '（没有表）'}",
        todo="改正 zone.toml 的 sheet。",
    )
