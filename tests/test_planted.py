"""A zone full of personal data: none of it is in any byte of anything that is written or said."""

from __future__ import annotations

import gzip
import zipfile
from base64 import b64encode
from pathlib import Path

import pandas as pd
import pytest
from conftest import EVENTS
from intake_zone import facility, write_csv, write_facilities
from test_personal import CARD, ID
from token_scanner import places_of

from govkit.cli import main
from govkit.files import is_private
from govkit.research import export
from govkit.zone.opening import open_zone

PLANTED = (
    ID,
    CARD,
    "13812345678",
    "0451-84561234",
    "lisi@example.com",
    "李桂芳",
    "zhangwei_88",
    "3栋2单元501",
    "赵建国",
)


KINDS = "html,pdf,docx,xlsx"
FILE = "孙桂英"


def run(*words: str) -> int:
    with pytest.raises(SystemExit) as left:
        main([*words])
    return int(left.value.code or 0)


@pytest.fixture
def planted(zone_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A zone with personal data in columns, sentences, wrong cells, names of facilities and the name of a file."""
    monkeypatch.setenv("GOVKIT_CACHE", str(zone_folder.parent / "cache"))
    first, second = facility(1), facility(2, kind="警务室")
    first[1] = f"卫生站（负责人：李桂芳，{PLANTED[2]}，微信号zhangwei_88）"
    first[9], second[9] = "李桂芳", f"{CARD} {PLANTED[3]}"
    second[4] = f"见{ID}"
    write_facilities(zone_folder, [first, second])
    events = [[*EVENTS[0], "备注", "反映人"]]
    events += [[*row, f"{PLANTED[4]} 住3栋2单元501", "赵建国"] for row in EVENTS[1:]]
    events[1][2] = f"噪声，反映人李桂芳 {PLANTED[2]}"
    events[2][2] = "赵建国家漏水"  # a name by itself, told by another column
    events[3][2] = "李桂芳大妈来电"
    events[4][3] = f"8月1日 {PLANTED[3]}"
    write_csv(zone_folder / f"{FILE}.csv", events, encoding="utf-8-sig")
    (zone_folder / "网格事项.csv").unlink()
    settings = (zone_folder / "zone.toml").read_text(encoding="utf-8").replace("网格事项.csv", f"{FILE}.csv")
    (zone_folder / "zone.toml").write_text(settings.replace('"公开"', '"内部"'), encoding="utf-8")
    return zone_folder


def test_no_planted_token_is_in_any_byte_of_any_output_cache_log_or_message(
    planted: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    run("check", str(planted), "--out", str(tmp_path / "out" / "check"))
    assert run("report", str(planted), "--out", str(tmp_path / "out" / "reports"), "--to", KINDS, "--jobs", "1") == 0
    export.export(open_zone(planted), tmp_path / "out" / "export", sources=False)
    said = capfd.readouterr()
    (tmp_path / "out" / "said.txt").write_text(said.out + said.err, encoding="utf-8")
    files = [one for name in ("out", "cache") for one in (tmp_path / name).rglob("*") if one.is_file()]
    assert {".html", ".pdf", ".docx", ".xlsx", ".ipynb", ".json", ".jsonl", ".parquet"} <= {one.suffix for one in files}
    assert places_of(PLANTED, files) == set()
    # the name of a file is the clerk's to change: check, cache, journal and command line tell it, readers are not told
    inside = {"check", "cache", ".govkit", "said.txt"}
    assert not places_of([FILE], [one for one in files if not inside & {*one.parts}])
    told = open_zone(planted).findings
    assert "personal_file" in set(told["rule"])
    # internal: the owner alone reads what was written
    written = [one for one in files if one.name != "said.txt" and "cache" not in one.parts and one.suffix != ".lock"]
    loose = [one for one in written if one.stat().st_mode & 0o077 and not one.name.endswith(("private", "lock"))]
    assert loose == []
    assert is_private(tmp_path / "out" / "reports")


def test_the_scanner_opens_what_it_is_given(tmp_path: Path) -> None:
    token = PLANTED[5]
    frame = pd.DataFrame({"a": ["x", token]})
    frame.to_parquet(tmp_path / "a.parquet")
    (tmp_path / "b.gz").write_bytes(gzip.compress(token.encode()))
    with zipfile.ZipFile(tmp_path / "c.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inner.txt", token)
        archive.write(tmp_path / "b.gz", "b.gz")
    (tmp_path / "d.html").write_bytes(b"<img src=" + b64encode(f"<svg>一些文字在这里{token}</svg>".encode()) + b">")
    (tmp_path / "e.json").write_text('"\\u674e\\u6842\\u82b3"', encoding="ascii")
    (tmp_path / "f.csv").write_bytes(token.encode("gb18030"))
    (tmp_path / "g.html").write_text("&amp;#26446;&#26690;&#33459;".replace("&amp;", "&"), encoding="ascii")
    found = {Path(way.split("!")[0]).name for _, way in places_of([token], tmp_path.iterdir())}
    assert found == {one.name for one in tmp_path.iterdir()}
