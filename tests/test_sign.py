"""Signing: draft, reviewed, approved, by whom and when, void when a report is another; drafts carry their mark."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import docx
import pypdf
import pytest
from nbformat import writes
from nbformat.v4 import new_markdown_cell
from sample_notebook import code, cover, notebook
from typer.testing import CliRunner

from govkit.batch.record.approvals import Approval, approvals, listed, place_of, say_approvals, sign, with_states
from govkit.batch.record.log import NAME, log_run, read_log
from govkit.batch.record.manifest import Manifest, Outcome, write_manifest
from govkit.batch.record.verify import verify
from govkit.cli import app
from govkit.documents.html.page import write_html
from govkit.documents.pdf.file import write_pdf
from govkit.documents.read.document import read_document
from govkit.documents.word.file import write_docx
from govkit.errors import ReportError, UnknownNameError
from govkit.files import sha256

KEY = "district_report/230102019"
PLACE = f'<span class="state" data-report="{place_of(KEY)}"></span>'


def made(folder: Path, *, stage: str = "") -> Path:
    """A folder with one report, as a run leaves it."""
    outcomes = []
    for code_of, name in (("230102019", "群力街道"), ("230102020", "新发镇")):
        executed, page = folder / "notebooks" / f"{code_of}.ipynb", folder / f"{code_of}-{name}.html"
        executed.parent.mkdir(parents=True, exist_ok=True)
        executed.write_text(writes(notebook(code(cover(stage=stage)))), encoding="utf-8")
        page.write_text(name, encoding="utf-8")
        files = (executed, page)
        outcomes.append(Outcome(code_of, name, "district_report", {}, "done", files, hashes=tuple(map(sha256, files))))
    (folder / "index.html").write_text(PLACE, encoding="utf-8")
    manifest = Manifest("区", "2018H2", "2019-01-01T00:00:00", 1.0, (), tuple(outcomes))
    write_manifest(manifest, folder)
    say_approvals(folder)
    log_run(folder / NAME, manifest, folder, {"index.html": folder / "index.html"})
    return folder


def state_in_manifest(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["reports"][0]["approval"]
    return found


def test_a_report_nobody_signed_is_a_draft(tmp_path: Path) -> None:
    folder = made(tmp_path / "2018H2")
    assert [approval.text for _, approval in listed(folder)] == ["草稿，未签批"] * 2
    assert state_in_manifest(folder)["state"] == "draft"


def test_review_and_approval_are_written_into_log_manifest_and_index(tmp_path: Path) -> None:
    folder = made(tmp_path / "2018H2")
    sign(folder, state="reviewed", name="王审核", reports=["230102019"])
    ((title, approval),) = sign(folder, state="approved", name="李批准", reports=["群力街道"])
    assert title == "群力街道 district_report"
    assert (approval.state, approval.name, approval.void) == ("approved", "李批准", False)
    assert state_in_manifest(folder)["name"] == "李批准"
    assert "已批准（李批准，" in (folder / "index.html").read_text(encoding="utf-8")
    signed = [one for one in read_log(folder / NAME).entries if one["act"] == "sign"]
    assert signed[-1]["signed"]["230102019-群力街道.html"] == sha256(folder / "230102019-群力街道.html")
    assert [one.state for one in approvals(folder).values()] == ["approved"]


def test_what_was_signed_can_still_be_verified(tmp_path: Path) -> None:
    folder = made(tmp_path / "2018H2")
    assert verify(folder)[1] == []
    sign(folder, state="reviewed", name="王审核", reports=["群力街道"])
    assert verify(folder)[1] == []
    path = folder / "manifest.json"
    path.write_text(path.read_text(encoding="utf-8").replace('"draft"', '"approved"'), encoding="utf-8")
    assert verify(folder)[1] == ["manifest.json 里 新发镇 district_report 的签批情况与制作记录不符"]


def test_any_change_voids_an_approval_and_is_said(tmp_path: Path) -> None:
    folder = made(tmp_path / "2018H2")
    sign(folder, state="reviewed", name="王审核")
    (folder / "230102019-群力街道.html").write_text("另一份", encoding="utf-8")
    assert approvals(folder)[KEY].void
    assert approvals(folder)["district_report/230102020"].void is False
    say_approvals(folder)
    assert state_in_manifest(folder)["void"] is True
    assert "已失效：内容有改动" in with_states(PLACE, approvals(folder))


def test_a_document_that_came_later_voids_an_approval(tmp_path: Path) -> None:
    folder = made(tmp_path / "2018H2")
    sign(folder, state="reviewed", name="王审核")
    content = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    content["reports"][0]["outputs"].append({"path": "230102019-群力街道-附表.xlsx", "sha256": "0" * 64, "bytes": 1})
    (folder / "manifest.json").write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    assert [approvals(folder)[f"district_report/{code}"].void for code in ("230102019", "230102020")] == [True, False]


def test_what_was_not_reviewed_or_changed_since_cannot_be_approved(tmp_path: Path) -> None:
    folder = made(tmp_path / "2018H2")
    with pytest.raises(ReportError, match="未经审核"):
        sign(folder, state="approved", name="李批准")
    sign(folder, state="reviewed", name="王审核")
    (folder / "230102019-群力街道.html").write_text("另一份", encoding="utf-8")
    with pytest.raises(ReportError, match="与生成时不一致"):
        sign(folder, state="approved", name="李批准")


def test_a_report_with_the_mark_of_a_draft_cannot_be_approved(tmp_path: Path) -> None:
    folder = made(tmp_path / "2018H2", stage="征求意见稿")
    sign(folder, state="reviewed", name="王审核")
    with pytest.raises(ReportError, match="还带着“征求意见稿”标记"):
        sign(folder, state="approved", name="李批准")


def test_a_log_that_was_altered_takes_no_signature(tmp_path: Path) -> None:
    folder = made(tmp_path / "2018H2")
    path = folder / NAME
    path.write_text(path.read_text(encoding="utf-8").replace("群力街道", "别的街道"), encoding="utf-8")
    with pytest.raises(ReportError, match="被改动过"):
        sign(folder, state="reviewed", name="王审核")


@pytest.mark.parametrize(
    ("wish", "error", "said"),
    [
        ({"state": "aproved", "name": "王"}, UnknownNameError, "approved"),
        ({"state": "reviewed", "name": " "}, ReportError, "签批人"),
        ({"state": "reviewed", "name": "王", "reports": ["群力"]}, UnknownNameError, "群力街道"),
    ],
    ids=["state", "name", "report"],
)
def test_a_wrong_wish_is_refused_in_words(tmp_path: Path, wish: dict[str, Any], error: type, said: str) -> None:
    with pytest.raises(error, match=said):
        sign(made(tmp_path / "2018H2"), **wish)


def test_a_folder_without_reports_is_named(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="没有报告可签"):
        sign(tmp_path, state="reviewed", name="王")


def test_names_are_shown_as_text() -> None:
    page = with_states(PLACE, {KEY: Approval("reviewed", "<b>王", "2019-01-15T09:30:00+08:00")})
    assert "&lt;b&gt;王" in page


def test_the_command_lists_and_signs(tmp_path: Path) -> None:
    folder = str(made(tmp_path / "2018H2"))
    run = CliRunner()
    assert "草稿，未签批" in run.invoke(app, ["sign", folder]).output
    assert "已审核（王审核" in run.invoke(app, ["sign", folder, "--state", "reviewed", "--name", "王审核"]).output


def test_the_mark_of_a_draft_stands_on_every_page_and_in_every_document(tmp_path: Path) -> None:
    draft = notebook(code(cover(stage="征求意见稿", synthetic="")), new_markdown_cell("## 甲\n\n乙\n\n## 丙\n\n丁"))
    document = read_document(draft)
    write_pdf(document, tmp_path / "a.pdf", system_fonts=False)
    pages = [page.extract_text().replace("\n", "") for page in pypdf.PdfReader(tmp_path / "a.pdf").pages]
    assert all("征求意见稿" in page.replace(" ", "") for page in pages)
    write_html(draft, tmp_path / "a.html", document=document)
    assert (tmp_path / "a.html").read_text(encoding="utf-8").count("征求意见稿") >= 2
    write_docx(document, tmp_path / "a.docx")
    assert "【征求意见稿】" in docx.Document(str(tmp_path / "a.docx")).sections[-1].header.paragraphs[0].text


def test_a_place_in_an_index_tells_no_code() -> None:
    assert "9900" not in place_of("district_report/990012003")
    assert place_of(KEY) != place_of("district_report/230102020")
