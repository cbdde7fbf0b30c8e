"""Files are written whole or not at all, under names every system accepts."""

import os
from pathlib import Path

import pytest

from govkit.errors import ReportError
from govkit.files import file_stem, sha256, write_whole


def test_text_is_written_as_utf_8_into_new_folders(tmp_path: Path) -> None:
    path = write_whole(tmp_path / "报告" / "清单.json", "道里区")
    assert path.read_bytes() == "道里区".encode()


def test_nothing_is_left_beside_the_file(tmp_path: Path) -> None:
    write_whole(tmp_path / "a.pdf", b"x")
    assert [path.name for path in tmp_path.iterdir()] == ["a.pdf"]


def test_an_old_file_stays_whole_when_the_new_one_cannot_be_put_in_its_place(tmp_path: Path) -> None:
    target = tmp_path / "a.pdf"
    target.mkdir()
    (target / "old").write_bytes(b"old")
    with pytest.raises(ReportError, match="文件写不进去"):
        write_whole(target, b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["a.pdf"]
    assert (target / "old").read_bytes() == b"old"


def test_a_folder_that_is_a_file_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "reports").write_bytes(b"")
    with pytest.raises(ReportError, match=r"(?s)文件写不进去.*处理"):
        write_whole(tmp_path / "reports" / "a.pdf", b"x")


@pytest.mark.parametrize(
    ("name", "stem"),
    [("兆麟街道", "230102001-兆麟街道"), ('a/b:c*"?', "230102001-a_b_c___"), ("末尾. ", "230102001-末尾")],
    ids=["plain", "forbidden on Windows", "trailing dot"],
)
def test_a_report_is_named_by_code_first(name: str, stem: str) -> None:
    assert file_stem("230102001", name) == stem


def test_the_hash_is_sha_256(tmp_path: Path) -> None:
    path = write_whole(tmp_path / "empty", b"")
    assert sha256(path) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_others_may_read_what_was_written(tmp_path: Path) -> None:
    path = write_whole(tmp_path / "a", b"x")
    assert os.access(path, os.R_OK)
    assert path.stat().st_mode & 0o044 == 0o044 or os.name == "nt"
