"""Databases as sources: PostgreSQL with PostGIS on a server of our own, DuckDB, SQLite and GeoPackage files."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from conftest import write_zone
from intake_zone import TAIPING, XINFA, grid_frame, opened, write_units
from nbformat.v4 import new_code_cell, new_notebook
from token_scanner import places_of

from govkit.batch.plan.reports import make_reports
from govkit.batch.plan.request import Request
from govkit.batch.work.surroundings import surroundings
from govkit.errors import SourceError
from govkit.intake import Source
from govkit.intake.formats import database, database_limits, duck

PASSWORD = "s3cret-口令"  # noqa: S105  (of a server that lives for these tests)
FUNDS = [
    ("1", TAIPING, "2018-05-03", "支出", "修路", "15000.50"),
    ("2", XINFA, "2018-06-01", "拨入", "修路", "20000"),
]


def _programs() -> Path | None:
    """The folder of PostgreSQL's programs, newest first."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)
    on_path = shutil.which("initdb")
    return found[0].parent if found else Path(on_path).resolve().parent if on_path else None


def _as_server(command: list[str], folder: Path) -> None:
    """Run one of PostgreSQL's programs; it refuses to run as root, so root lends it another user."""
    who = {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.geteuid() == 0 else {}
    done = subprocess.run(
        command,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
        **who,
    )
    if done.returncode:
        pytest.skip(f"the PostgreSQL server does not start: {done.stderr.strip()[-200:]}")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start a throw-away server with the tables 网格 (PostGIS) and ledger.funds; return its address."""
    sqlalchemy = pytest.importorskip("sqlalchemy", reason="sqlalchemy is not installed")
    pytest.importorskip("psycopg", reason="psycopg is not installed")
    programs = _programs()
    if programs is None or sys.platform == "win32":
        pytest.skip("no PostgreSQL server on this machine (Debian: postgresql, postgresql-15-postgis-3)")
    folder = tmp_path_factory.mktemp("pg")
    (folder / "password").write_text(PASSWORD, encoding="utf-8")
    if os.geteuid() == 0:
        for part in (folder, folder / "password"):
            shutil.chown(part, "nobody", "nogroup")
        for above in folder.parents:
            if above.stat().st_uid == 0 and above.is_relative_to(tmp_path_factory.getbasetemp()):
                above.chmod(0o755)
        tmp_path_factory.getbasetemp().parent.chmod(0o755)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data = str(folder / "data")
    start = [
        str(programs / "initdb"),
        "-D",
        data,
        "-U",
        "gis",
        "-A",
        "scram-sha-256",
        "--pwfile",
        "password",
        "-E",
        "UTF8",
        "-N",
    ]
    _as_server(start, folder)
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off"
    _as_server([str(programs / "pg_ctl"), "-D", data, "-w", "-l", str(folder / "log"), "-o", options, "start"], folder)
    try:
        url = sqlalchemy.URL.create("postgresql+psycopg", "gis", PASSWORD, "127.0.0.1", port, "postgres")
        _fill(sqlalchemy.create_engine(url))
        yield f"postgresql://gis@127.0.0.1:{port}/postgres"
    finally:
        _as_server([str(programs / "pg_ctl"), "-D", data, "-m", "immediate", "stop"], folder)


def _fill(engine: object) -> None:
    import sqlalchemy as sa

    with engine.begin() as connection:  # type: ignore[attr-defined]
        try:
            connection.execute(sa.text("CREATE EXTENSION postgis"))
        except sa.exc.SQLAlchemyError:
            pytest.skip("the PostgreSQL server has no PostGIS (Debian: postgresql-15-postgis-3)")
        grids = grid_frame().to_crs("EPSG:4526")
        connection.execute(
            sa.text('CREATE TABLE "网格" ("网格编码" text PRIMARY KEY, "单元代码" text, geom geometry(Polygon, 4526))')
        )
        for code, unit, shape in zip(grids["网格编码"], grids["单元代码"], grids.geometry, strict=True):
            row = {"code": code, "unit": unit, "shape": shape.wkt}
            connection.execute(sa.text('INSERT INTO "网格" VALUES (:code, :unit, ST_GeomFromText(:shape, 4526))'), row)
        connection.execute(sa.text("CREATE SCHEMA ledger"))
        connection.execute(
            sa.text(
                'CREATE TABLE ledger.funds ("流水号" text PRIMARY KEY, "单元代码" text, "日期" date, "收支" text, '
                '"用途" text, "金额" numeric(12, 2))'
            )
        )
        for row in reversed(FUNDS):
            connection.execute(
                sa.text("INSERT INTO ledger.funds VALUES (:a, :b, :c, :d, :e, :f)"),
                dict(zip("abcdef", row, strict=True)),
            )
    engine.dispose()  # type: ignore[attr-defined]


@pytest.fixture
def known_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PGPASSWORD", raising=False)
    monkeypatch.setenv("GOVKIT_DB_PASSWORD", PASSWORD)


def refusal(folder: Path, source: Source) -> str:
    with pytest.raises(SourceError) as caught:
        opened(folder, source)
    return str(caught.value)


# -- PostgreSQL


@pytest.mark.usefixtures("known_password")
def test_grids_are_read_from_postgis_in_their_own_crs(server: str, tmp_path: Path) -> None:
    intake = opened(tmp_path, write_units(tmp_path), Source("grids", server))
    grids = intake.tables["grids"]
    assert sorted(grids["grid_code"]) == sorted(grid_frame()["网格编码"])
    assert grids.total_bounds == pytest.approx(grid_frame().total_bounds, abs=1e-7)
    assert intake.accounts.iloc[1][["file", "sheet", "rows_read", "rows_used"]].tolist() == [
        server,
        "public.网格",
        4,
        4,
    ]


@pytest.mark.usefixtures("known_password")
@pytest.mark.parametrize("sheet", ["ledger.funds", ""])
def test_a_table_without_shapes_is_read_in_the_order_of_its_key(server: str, tmp_path: Path, sheet: str) -> None:
    funds = opened(tmp_path, Source("funds", server, sheet=sheet)).tables["funds"]
    assert funds["entry_id"].tolist() == ["1", "2"]
    assert funds["amount_yuan"].tolist() == [15000.5, 20000.0]
    assert funds["date"].tolist() == [pd.Timestamp("2018-05-03"), pd.Timestamp("2018-06-01")]


@pytest.mark.usefixtures("known_password")
def test_the_same_content_has_the_same_fingerprint(server: str, tmp_path: Path) -> None:
    first, second = (opened(tmp_path, Source("funds", server, sheet="ledger.funds")).accounts for _ in range(2))
    assert first["sha256"].tolist() == second["sha256"].tolist()
    assert first["bytes"].iloc[0] > 0


@pytest.mark.usefixtures("known_password")
def test_an_unknown_table_is_refused_with_the_nearest(server: str, tmp_path: Path) -> None:
    told = refusal(tmp_path, Source("funds", server, sheet="ledger.fund"))
    assert "没有表 'ledger.fund'。最接近的是：ledger.funds" in told


@pytest.mark.usefixtures("known_password")
def test_a_table_without_the_needed_columns_is_refused(server: str, tmp_path: Path) -> None:
    assert "缺少必需的列" in refusal(tmp_path, Source("staff", server, sheet="ledger.funds"))


def test_a_wrong_password_is_told_without_showing_it(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("GOVKIT_DB_PASSWORD", "wrong-but-private")
    told = refusal(tmp_path, Source("funds", server, sheet="ledger.funds"))
    assert "数据库读不出来" in told
    assert "GOVKIT_DB_PASSWORD" in told
    assert "wrong-but-private" not in told + caplog.text


@pytest.mark.usefixtures("known_password")
def test_the_password_of_the_environment_is_in_no_table_finding_or_account(server: str, tmp_path: Path) -> None:
    intake = opened(tmp_path, Source("funds", server, sheet="ledger.funds"))
    shown = intake.accounts.to_csv() + intake.findings.to_csv() + intake.tables["funds"].to_csv()
    assert PASSWORD not in shown


@pytest.mark.usefixtures("known_password")
def test_the_password_is_in_no_file_of_a_run_nor_in_a_hash_kept_of_it(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    zone = write_zone(tmp_path / "区")
    settings = (zone / "zone.toml").read_text(encoding="utf-8")
    source = f'[sources.funds]\npath = "{server}"\nsheet = "ledger.funds"\n\n[judged_by]'
    (zone / "zone.toml").write_text(settings.replace("[judged_by]", source), encoding="utf-8")
    cells = [new_code_cell("zone = ''"), new_code_cell("import govkit; len(govkit.open_zone(zone).tables['funds'])")]
    nbformat.write(new_notebook(cells=cells), tmp_path / "账.ipynb")
    request = Request(zone, notebooks=(str(tmp_path / "账.ipynb"),), formats=("html",), out=tmp_path / "o")
    assert [one.status for one in make_reports(request)[0].reports] == ["done"]
    assert places_of([PASSWORD], [path for path in tmp_path.rglob("*") if path.is_file()]) == set()
    kept = surroundings.__wrapped__()["environment"]
    monkeypatch.setenv("PGPASSWORD", "another")
    assert surroundings.__wrapped__()["environment"] == kept


@pytest.mark.parametrize("name", ["GOVKIT_DB_PASSWORD", "PGPASSWORD"])
def test_either_variable_gives_the_password(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    for one in ("GOVKIT_DB_PASSWORD", "PGPASSWORD"):
        monkeypatch.delenv(one, raising=False)
    monkeypatch.setenv(name, PASSWORD)
    assert len(opened(tmp_path, Source("funds", server, sheet="ledger.funds")).tables["funds"]) == 2


def test_a_server_that_does_not_answer_is_told(tmp_path: Path) -> None:
    pytest.importorskip("sqlalchemy")
    pytest.importorskip("psycopg")
    assert "数据库读不出来" in refusal(tmp_path, Source("funds", "postgresql://gis@127.0.0.1:1/zone"))


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://gis:geheim@127.0.0.1/zone",
        "postgresql://gis:ge/he@im@127.0.0.1/zone",
        "postgresql://gis@127.0.0.1/zone?password=geheim",
        "postgres://gis:geheim@127.0.0.1/zone",
    ],
)
def test_a_password_in_the_address_is_refused_and_never_shown(tmp_path: Path, address: str) -> None:
    pytest.importorskip("sqlalchemy")
    pytest.importorskip("psycopg")
    told = refusal(tmp_path, Source("funds", address))
    assert "数据库地址里写了密码" in told
    assert "geheim" not in told
    assert "he@im" not in told


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("postgresql://gis@127.0.0.1:port/zone", "端口不是数：'port'"),
        ("postgresql://gis@127.0.0.1/zone?options=-c%20x", "不认识的选项：options"),
    ],
)
def test_a_wrong_address_is_told(tmp_path: Path, address: str, told: str) -> None:
    pytest.importorskip("sqlalchemy")
    pytest.importorskip("psycopg")
    assert told in refusal(tmp_path, Source("funds", address))


@pytest.mark.parametrize(
    ("path", "missing"), [("postgresql://gis@127.0.0.1/zone", "psycopg"), ("资金.duckdb", "duckdb")]
)
def test_a_missing_driver_is_told_with_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, missing: str
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    (tmp_path / "资金.duckdb").write_bytes(b"x")
    told = refusal(tmp_path, Source("funds", path))
    assert missing in told
    assert "govkit[database]" in told


# -- files that hold a database


def _funds() -> pd.DataFrame:
    frame = pd.DataFrame(FUNDS, columns=["流水号", "单元代码", "日期", "收支", "用途", "金额"])
    return frame.assign(金额=frame["金额"].astype("float64"), 日期=pd.to_datetime(frame["日期"]))


@pytest.mark.parametrize("sheet", ["", "台账"])
def test_a_table_of_a_duckdb_file_is_read(tmp_path: Path, sheet: str) -> None:
    duckdb = pytest.importorskip("duckdb", reason="duckdb is not installed")
    with duckdb.connect(str(tmp_path / "库.duckdb")) as connection:
        funds = _funds()
        connection.execute('CREATE TABLE "说明" AS SELECT 1 AS a')
        connection.execute('CREATE TABLE "台账" AS SELECT * FROM funds')
        assert len(funds) == 2
    made = opened(tmp_path, Source("funds", "库.duckdb", sheet=sheet))
    assert made.tables["funds"]["amount_yuan"].tolist() == [15000.5, 20000.0]
    assert made.tables["funds"]["unit_code"].tolist() == [TAIPING, XINFA]


def test_shapes_as_text_in_duckdb_are_read(tmp_path: Path) -> None:
    duckdb = pytest.importorskip("duckdb", reason="duckdb is not installed")
    grids = pd.DataFrame(grid_frame().drop(columns="geometry")).assign(wkt=grid_frame().to_wkt()["geometry"])
    with duckdb.connect(str(tmp_path / "库.duckdb")) as connection:
        connection.execute('CREATE TABLE "网格" AS SELECT * FROM grids')
        assert len(grids) == 4
    made = opened(tmp_path, write_units(tmp_path), Source("grids", "库.duckdb")).tables["grids"]
    assert made.total_bounds == pytest.approx(grid_frame().total_bounds)


def test_a_duckdb_file_that_is_none_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("duckdb", reason="duckdb is not installed")
    (tmp_path / "库.duckdb").write_bytes(b"not a database" * 1000)
    assert "DuckDB 文件读不出来" in refusal(tmp_path, Source("funds", "库.duckdb"))


@pytest.mark.parametrize("name", ["库.sqlite", "库.db"])
def test_a_table_of_an_sqlite_file_is_read(tmp_path: Path, name: str) -> None:
    import sqlite3

    with sqlite3.connect(tmp_path / name) as connection:
        connection.execute('CREATE TABLE "说明" (a)')
        connection.execute('CREATE TABLE "台账" ("流水号", "单元代码", "日期", "收支", "用途", "金额" REAL)')
        connection.executemany('INSERT INTO "台账" VALUES (?, ?, ?, ?, ?, ?)', FUNDS)
    connection.close()
    made = opened(tmp_path, Source("funds", name)).tables["funds"]
    assert made["amount_yuan"].tolist() == [15000.5, 20000.0]


@pytest.mark.parametrize(("name", "driver"), [("库.gpkg", "GPKG"), ("库.sqlite", "SQLite")])
def test_one_of_several_layers_is_chosen_by_its_fields(tmp_path: Path, name: str, driver: str) -> None:
    grid_frame()[["geometry"]].assign(备注="无").to_file(tmp_path / name, layer="底图", driver=driver)
    grid_frame().to_file(tmp_path / name, layer="网格", mode="a", driver=driver)
    intake = opened(tmp_path, write_units(tmp_path), Source("grids", name))
    assert len(intake.tables["grids"]) == 4
    assert intake.accounts["sheet"].tolist()[1] == "网格"


def test_a_second_layer_that_fits_is_told_and_can_be_read_too(tmp_path: Path) -> None:
    for name, rows in (("太平村", slice(0, 2)), ("新发村", slice(2, 4))):
        grid_frame().iloc[rows].to_file(tmp_path / "网格.gpkg", layer=name, mode="a" if rows.start else "w")
    first = opened(tmp_path, write_units(tmp_path), Source("grids", "网格.gpkg"))
    assert "layer_left_out" in first.findings["rule"].tolist()
    assert len(first.tables["grids"]) == 2
    both = opened(tmp_path, write_units(tmp_path), Source("grids", "网格.gpkg", sheet="*"))
    assert len(both.tables["grids"]) == 4


def test_an_unknown_layer_is_refused_with_the_nearest(tmp_path: Path) -> None:
    grid_frame().to_file(tmp_path / "网格.gpkg", layer="网格2018")
    assert "没有图层 '网格'。最接近的是：网格2018" in refusal(tmp_path, Source("grids", "网格.gpkg", sheet="网格"))


ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS 流水号 FROM n"


@pytest.mark.parametrize("name", ["库.sqlite", "库.gpkg", "库.duckdb"])
@pytest.mark.parametrize(
    ("view", "said"),
    [(ENDLESS, "超过 1,000 行"), (f"{ENDLESS} WHERE i < 0", "秒还没有读完")],
    ids=["rows", "time"],
)
def test_a_view_without_an_end_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, view: str, said: str
) -> None:
    import sqlite3

    monkeypatch.setattr(database_limits, "MOST_SECONDS", 0.3)
    for module in (database_limits, duck):
        monkeypatch.setattr(module, "MOST_ROWS", 1_000)
    if name.endswith(".duckdb"):
        duckdb = pytest.importorskip("duckdb", reason="duckdb is not installed")
        connection = duckdb.connect(str(tmp_path / name))
        if view == ENDLESS:  # which DuckDB makes whole before it gives a row
            view = "SELECT i AS 流水号 FROM range(100000) AS n(i)"
    else:
        connection = sqlite3.connect(tmp_path / name)
    connection.execute(f'CREATE VIEW "台账" AS {view}')
    connection.close()
    assert said in refusal(tmp_path, Source("funds", name))


@pytest.mark.usefixtures("known_password")
@pytest.mark.parametrize(
    ("view", "said"),
    [(ENDLESS, "超过 1,000 行"), (f"{ENDLESS} WHERE i < 0", "秒还没有读完"), ("SELECT 1 / 0 AS x", "数据库读不出来")],
    ids=["rows", "time", "defect"],
)
def test_a_view_of_a_server_ends_too(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, view: str, said: str
) -> None:
    import sqlalchemy as sa

    monkeypatch.setattr(database_limits, "MOST_ROWS", 1_000)
    for module in (database_limits, database):
        monkeypatch.setattr(module, "MOST_SECONDS", 1)
    monkeypatch.setattr(database, "MOST_ROWS", 1_000)
    owner = sa.create_engine(server.replace("postgresql://gis@", f"postgresql+psycopg://gis:{PASSWORD}@"))
    with owner.begin() as connection:
        connection.execute(sa.text(f'CREATE OR REPLACE VIEW ledger."无尽" AS {view}'))
    try:
        told = refusal(tmp_path, Source("funds", server, sheet="ledger.无尽"))
    finally:
        with owner.begin() as connection:
            connection.execute(sa.text('DROP VIEW ledger."无尽"'))
        owner.dispose()
    assert said in told
    assert PASSWORD not in told
    assert "canceling" not in told


def test_a_view_with_an_end_is_read(tmp_path: Path) -> None:
    import sqlite3

    with sqlite3.connect(tmp_path / "库.sqlite") as connection:
        connection.execute('CREATE TABLE "底" ("流水号", "单元代码", "日期", "收支", "用途", "金额" REAL)')
        connection.executemany('INSERT INTO "底" VALUES (?, ?, ?, ?, ?, ?)', FUNDS)
        connection.execute("""CREATE VIEW "台账" AS SELECT * FROM "底" WHERE "金额" < 18000""")
    connection.close()
    made = opened(tmp_path, Source("funds", "库.sqlite", sheet="台账")).tables["funds"]
    assert made["amount_yuan"].tolist() == [15000.5]
