"""A volume of several reports: one cover, contents with page numbers, one count of pages, made again when any is."""

from __future__ import annotations

from pathlib import Path

import pypdf
from nbformat import writes
from nbformat.v4 import new_markdown_cell
from sample_notebook import code, cover, notebook

from govkit.batch.record.journal import Entry
from govkit.batch.record.manifest import Outcome
from govkit.batch.record.volume import key_of, made_volume
from govkit.documents.pdf.volume import write_volume
from govkit.documents.read.document import read_document
from govkit.documents.read.tree import Document
from govkit.files import sha256


def report(name: str, *, pages: int = 1, **said: str) -> Document:
    text = "\n\n".join(f"## 第{at}节\n\n" + "一句话。" * 700 for at in range(pages))
    return read_document(notebook(code(cover(district=name, **said)), new_markdown_cell(text)))


def text_of(path: Path) -> list[str]:
    return [" ".join(page.extract_text().split()) for page in pypdf.PdfReader(path).pages]


def test_reports_stand_behind_one_cover_with_one_count_of_pages(tmp_path: Path) -> None:
    path = tmp_path / "汇编.pdf"
    pages = write_volume([report("甲街道", pages=3, stage="征求意见稿"), report("乙镇", pages=2)], path)
    first, contents, *rest = text_of(path)
    assert "汇编" in first
    assert "甲街道" not in first
    assert len(rest) == pages
    assert [text.split("—")[-2].strip() for text in rest] == [str(at + 1) for at in range(pages)]
    starts = {name: next(at for at, text in enumerate(rest, 1) if name in text) for name in ("甲街道", "乙镇")}
    assert starts["甲街道"] == 1
    assert all(contents.replace(".", "").replace(" ", "").count(f"{name}{page}") == 1 for name, page in starts.items())
    outline = [one for one in pypdf.PdfReader(path).outline if not isinstance(one, list)]
    assert [str(one.title) for one in outline] == ["目录", "甲街道", "乙镇"]
    assert all("征求意见稿" in text for text in rest[: starts["乙镇"] - 1])


def test_the_same_reports_make_the_same_bytes(tmp_path: Path) -> None:
    for name in ("一.pdf", "二.pdf"):
        write_volume([report("甲街道")], tmp_path / name)
    assert sha256(tmp_path / "一.pdf") == sha256(tmp_path / "二.pdf")


def test_a_volume_is_made_again_when_a_report_is_another(tmp_path: Path) -> None:
    def outcome(code_of: str, name: str, text: str) -> Outcome:
        path = tmp_path / f"{code_of}.ipynb"
        path.write_text(writes(notebook(code(cover(district=name)), new_markdown_cell(text))), encoding="utf-8")
        return Outcome(code_of, name, "district_report", {}, "done", (path,), hashes=(sha256(path),))

    standing = [outcome("230102020", "新发镇", "乙"), outcome("230102019", "群力街道", "甲")]
    made = made_volume(standing, tmp_path, name="区", stem="volume", before=None)
    assert (made.status, made.parameters["reports"]) == ("done", 2)
    entry = Entry(made, key_of(standing), "区", "2018H2", "")
    assert made_volume(standing, tmp_path, name="区", stem="volume", before=entry).status == "unchanged"
    standing[0] = outcome("230102020", "新发镇", "丙")
    again = made_volume(standing, tmp_path, name="区", stem="volume", before=entry)
    assert again.status == "done"
    assert again.hashes != made.hashes
    assert key_of([]) == {}
