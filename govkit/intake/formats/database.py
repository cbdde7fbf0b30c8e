"""A PostgreSQL database (with PostGIS) as a source: one table of it to a layer, read only.

The password is taken from the environment alone, so that it stands in no file, log, finding or message.
"""

from __future__ import annotations

import hashlib
import os
import re
import warnings
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

import geopandas as gpd
import pandas as pd

from govkit.errors import SourceError, nearest
from govkit.intake.formats.database_limits import MOST_ROWS, MOST_SECONDS, refuse_many, too_long
from govkit.intake.formats.vector import layer_of
from govkit.intake.reading import schema
from govkit.intake.reading.columns import match_word
from govkit.intake.reading.sources import Source, is_address, without_password
from govkit.intake.sheets.grid import Layer

if TYPE_CHECKING:
    import sqlalchemy as sa

PASSWORDS = ("GOVKIT_DB_PASSWORD", "PGPASSWORD")
_CONNECT_SECONDS = 10
_CANCELED = "57014"  # what PostgreSQL answers where statement_timeout has passed
_PLAIN_OPTIONS = ("host", "port", "sslmode", "sslrootcert", "sslcert", "sslkey", "application_name")

__all__ = ["fingerprint", "is_address", "read_table"]


def read_table(source: Source) -> Layer:
    """Return the table ``source.sheet`` ("schema.table", or the one that fits best) of the database at ``source.path``.

    Geometry comes from a PostGIS column with its own CRS. Raises SourceError if the address holds a password, the
    drivers are not installed, the server does not answer, or there is no such table.
    """
    engine = _engine(source)
    import sqlalchemy as sa

    try:
        with warnings.catch_warnings(), engine.connect() as connection:
            # SQLAlchemy does not know PostGIS types, and need not
            warnings.simplefilter("ignore", sa.exc.SAWarning)
            place, name = _table(sa.inspect(connection), source)
            geometry = _geometry_column(connection, place, name)
            keys = sa.inspect(connection).get_pk_constraint(name, schema=place)["constrained_columns"]
            query = sa.select(sa.text("*")).select_from(sa.table(name, schema=place))
            query = query.order_by(*(sa.column(key) for key in keys)).limit(MOST_ROWS + 1)
            if geometry:
                frame = gpd.read_postgis(query, connection, geom_col=geometry)
            else:
                frame = pd.read_sql_query(query, connection)
    except (sa.exc.SQLAlchemyError, pd.errors.DatabaseError, ValueError, UnicodeError) as error:
        raise _unreadable(error, source) from None
    finally:
        engine.dispose()
    refuse_many(len(frame), f"表 {place}.{name}", source)
    return layer_of(frame, layer=f"{place}.{name}")


def fingerprint(layer: Layer) -> tuple[str, int]:
    """Return the SHA-256 of a table's content and its size in bytes: a database has no file to hash."""
    parts = [layer.cells.to_csv(header=list(layer.headers), index=False).encode()]
    if layer.geometry is not None:
        parts += [shape or b"" for shape in layer.geometry.to_wkb()]
    whole = b"".join(parts)
    return hashlib.sha256(whole).hexdigest(), len(whole)


def _engine(source: Source) -> sa.Engine:
    try:
        import psycopg  # noqa: F401  (the driver, tested here for a clear word)
        import sqlalchemy as sa
    except ImportError as error:
        raise SourceError(
            f"读数据库需要的程序包没有安装：{error.name}。",
            where=source.where,
            todo='在 govkit 的环境里运行 pip install "govkit[database]"。',
        ) from None
    parts = urlsplit(source.path)
    options = dict(parse_qsl(parts.query))
    if without_password(source.path) != source.path:
        raise SourceError(
            "数据库地址里写了密码，未连接。",
            where=source.where,
            allowed="postgresql://用户名@主机:端口/库名",
            todo=f"从 zone.toml 删去密码，改写在环境变量 {PASSWORDS[0]} 里；原密码已经泄露，请更换。",
        )
    unknown = [name for name in options if name not in _PLAIN_OPTIONS]
    if unknown:
        raise SourceError(
            f"数据库地址里有不认识的选项：{'、'.join(unknown)}",
            where=source.where,
            allowed="、".join(_PLAIN_OPTIONS),
            todo="改正 zone.toml 的 path。",
        )
    url = sa.URL.create(
        "postgresql+psycopg",
        username=unquote(parts.username) if parts.username else None,
        password=next((os.environ[name] for name in PASSWORDS if os.environ.get(name)), None),
        host=parts.hostname,
        port=_port(parts.netloc, source),
        database=unquote(parts.path.lstrip("/")) or None,
        query=options,
    )
    # nothing is ever written: a source is somebody else's
    guard = f"-c default_transaction_read_only=on -c statement_timeout={MOST_SECONDS * 1000}"
    return sa.create_engine(url, connect_args={"connect_timeout": _CONNECT_SECONDS, "options": guard})


def _port(place: str, source: Source) -> int | None:
    found = re.search(r":([^:@\]]*)$", place)
    if not found or not found[1]:
        return None
    if not found[1].isdigit() or int(found[1]) > 65535:
        raise SourceError(
            f"数据库地址的端口不是数：{found[1]!r}", where=source.where, todo="改正 zone.toml 的 path，例如 :5432。"
        )
    return int(found[1])


def _table(inspector: sa.Inspector, source: Source) -> tuple[str, str]:
    """Return schema and name of the table meant: the one named, or the one that has most of the columns."""
    known = {
        f"{place}.{name}": (place, name)
        for place in inspector.get_schema_names()
        if place not in {"information_schema", "tiger", "topology"} and not place.startswith("pg_")
        for name in (*inspector.get_table_names(schema=place), *inspector.get_view_names(schema=place))
    }
    own = {name: place for name, place in known.items() if place[1] not in _POSTGIS_TABLES}
    if source.sheet:
        wanted = source.sheet if "." in source.sheet else f"{inspector.default_schema_name}.{source.sheet}"
        if wanted in known:
            return known[wanted]
        near = nearest(source.sheet, own)
        raise SourceError(
            f"数据库里没有表 {source.sheet!r}。" + (f"最接近的是：{'、'.join(near)}。" if near else ""),
            where=source.where,
            allowed=f"库里有：{'、'.join(list(own)[:30]) or '（没有表）'}",
            todo="改正 zone.toml 的 sheet，写成“模式.表名”。",
        )
    table = schema.table(source.table)
    heads = {key: inspector.get_columns(place[1], schema=place[0]) for key, place in own.items()}
    fits = {key: len({match_word((one["name"],), table) for one in every} - {None}) for key, every in heads.items()}
    best = max(fits, key=lambda key: fits[key], default="")
    if not best or not fits[best]:
        raise SourceError(
            f"数据库里没有一张表有“{table.title}”的列。",
            where=source.where,
            allowed=f"库里有：{'、'.join(list(own)[:30]) or '（没有表）'}",
            todo='在 zone.toml 该来源下写 sheet = "模式.表名"。',
        )
    return known[best]


_POSTGIS_TABLES = ("spatial_ref_sys", "geometry_columns", "geography_columns", "raster_columns", "raster_overviews")


def _geometry_column(connection: sa.Connection, place: str, name: str) -> str:
    """Return the table's geometry column as PostGIS registers it, ``""`` without one or without PostGIS."""
    import sqlalchemy as sa

    have = connection.execute(sa.text("SELECT to_regclass('geometry_columns') IS NOT NULL")).scalar()
    if not have:
        return ""
    found: Any = connection.execute(
        sa.text(
            "SELECT f_geometry_column FROM geometry_columns WHERE f_table_schema = :place AND f_table_name = :name"
        ),
        {"place": place, "name": name},
    ).scalar()
    return str(found or "")


def _unreadable(error: Exception, source: Source) -> SourceError:
    # pandas wraps what the driver says; its first line says why, what follows may repeat the whole statement
    cause = error.__cause__ if isinstance(error, pd.errors.DatabaseError) else error
    said = getattr(cause, "orig", None) or cause or error
    if getattr(said, "sqlstate", "") == _CANCELED:
        return too_long("库里的表或视图", source)
    why = str(said).strip().splitlines()[0]
    for name in PASSWORDS:
        if os.environ.get(name):
            why = why.replace(os.environ[name], "***")
    hint = f"核对地址、用户名和网络；密码写在环境变量 {PASSWORDS[0]} 里。"
    return SourceError(f"数据库读不出来：{why}", where=source.where, todo=hint)
