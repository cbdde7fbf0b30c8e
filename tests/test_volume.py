"""A volume of several reports: one cover, one count of pages, tables and figures; made again when any report is."""

from __future__ import annotations

import re
from pathlib import Path

import docx
import pypdf
from docx.oxml.ns import qn
from nbformat import writes
from nbformat.v4 import new_markdown_cell
from sample_notebook import code, column, cover, figure, notebook, table

from govkit.batch.record.journal import Entry
from govkit.batch.record.manifest import Outcome
from govkit.batch.record.volume import key_of, made_volume
from govkit.documents.pdf.volume import write_volume
from govkit.documents.read.document import read_document
from govkit.documents.read.tree import Document
from govkit.documents.read.volume import joined, numbered_through
from govkit.documents.word.file import write_docx
from govkit.files import sha256


def report(name: str, *, pages: int = 1, **said: str) -> Document:
    text = "\n\n".join(f"## 第{at}节\n\n" + "一句话。" * 700 for at in range(pages))
    return read_document(notebook(code(cover(district=name, **said)), new_markdown_cell(text)))


def text_of(path: Path) -> list[str]:
    return [" ".join(page.extract_text().split()) for page in pypdf.PdfReader(path).pages]


def test_reports_stand_behind_one_cover_with_one_count_of_pages(tmp_path: Path) -> None:
    path = tmp_path / "汇编.pdf"
    pages = write_volume([report("甲街道", pages=3, stage="征求意见稿"), report("乙镇", pages=2)], path).pages
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
    book = pypdf.PdfReader(path)
    links = [one.get_object()["/Dest"][0].get_object() for one in book.pages[1].get("/Annots", [])]
    assert [book.get_page_number(one) for one in links] == [starts[name] + 1 for name in ("甲街道", "乙镇")]


def with_table(name: str) -> Document:
    found = table("各村件数", [column("村"), column("件数", "integer")], [["第一村", "3"]])
    text = new_markdown_cell(f"## 总体情况\n\n{name}的件数见表1，2018年表10不是本文的。")
    return read_document(notebook(code(cover(district=name)), text, code(found), code(figure(f"{name}图"))))


def test_tables_and_figures_are_counted_through_in_print_and_in_word(tmp_path: Path) -> None:
    reports = numbered_through([with_table("甲街道"), with_table("乙镇")])
    pages = write_volume(reports, tmp_path / "汇编.pdf").headings
    printed = "".join("".join(text_of(tmp_path / "汇编.pdf")).split())
    write_docx(joined(reports), tmp_path / "汇编.docx", printed=pages, volume=True)
    word = docx.Document(tmp_path / "汇编.docx")
    lines = "".join("".join(one.itertext()) for one in word.element.body.iter("{*}p"))
    for text in (printed, re.sub(r"SEQ \S+ \\\* ARABIC|REF \S+ \\h", "", lines).replace("　", "").replace(" ", "")):
        assert "甲街道的件数见表1，2018年表10不是本文的" in text
        assert "乙镇的件数见表2，2018年表10不是本文的" in text
        assert "表2各村件数" in text
        assert "图2乙镇图" in text
    heads = [(one.style.name, one.text) for one in word.paragraphs if one.style.name.startswith("Heading")]
    assert [text for style, text in heads if style == "Heading 1"] == ["甲街道", "乙镇"]
    assert [text for style, text in heads if style == "Heading 2"] == ["一、总体情况"] * 2
    marks = [one.get(qn("w:name")) for one in word.element.body.iter(qn("w:bookmarkStart"))]
    assert len(marks) == len(set(marks))


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
