"""How long a database may be read and how many rows it may give: a view is a program, and one need never end."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from govkit.errors import SourceError
from govkit.intake.reading.sources import Source

MOST_ROWS = 20_000_000
MOST_SECONDS = 600
_STEPS = 10_000  # of SQLite's virtual machine between two looks at the clock
_UNKNOWN = "no such function: "


@contextmanager
def limited(interrupt: Callable[[], None]) -> Iterator[None]:
    """Call ``interrupt`` from another thread if what is within takes longer than a source may."""
    timer = threading.Timer(MOST_SECONDS, interrupt)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def refuse_many(rows: int, name: str, source: Source) -> None:
    """Raise SourceError for a table or view that gives more rows than a source may have."""
    if rows > MOST_ROWS:
        raise SourceError(
            f"{name} 超过 {MOST_ROWS:,} 行，没有读。",
            where=source.where,
            todo="视图多半写错了（没有终止条件的递归、缺条件的连接）；请改正，或把要用的行存成一张表。",
        )


def too_long(name: str, source: Source) -> SourceError:
    """What is said of a table or view that took longer than a source may."""
    return SourceError(
        f"{name} 读了 {MOST_SECONDS} 秒还没有读完，已停止。",
        where=source.where,
        todo="视图多半写错了（没有终止条件的递归、缺条件的连接）；请改正，或把结果存成一张表再读。",
    )


def try_views(path: Path, source: Source) -> None:
    """Raise SourceError if a view of an SQLite file (also a GeoPackage) has no end in sight.

    GDAL cannot be stopped while it reads one, so each is read through first. Functions that GDAL brings itself count
    as giving nothing here. A file that is none of SQLite's is left to its reader.
    """
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            end = time.monotonic() + MOST_SECONDS
            connection.set_progress_handler(lambda: int(time.monotonic() > end), _STEPS)
            for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'view'").fetchall():
                refuse_many(_rows(connection, str(name), source), f"视图 {name!r}", source)
    except sqlite3.DatabaseError:
        return


def _rows(connection: sqlite3.Connection, view: str, source: Source) -> int:
    quoted = view.replace('"', '""')
    query = f'SELECT count(*) FROM (SELECT * FROM "{quoted}" LIMIT {MOST_ROWS + 1})'  # noqa: S608 - one of its own
    made: set[str] = set()
    while True:
        try:
            return int(connection.execute(query).fetchone()[0])
        except sqlite3.OperationalError as error:
            said, function = str(error), str(error).removeprefix(_UNKNOWN)
            if said == "interrupted":
                raise too_long(f"视图 {view!r}", source) from None
            if not said.startswith(_UNKNOWN) or function in made:
                return 0  # broken in another way, which its reader says
            connection.create_function(function, -1, lambda *_: None)
            made.add(function)
