"""Who has reviewed and approved which report: a line of the log each, void as soon as what was signed is another."""

from __future__ import annotations

import hashlib
import html
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from govkit import catalogue
from govkit.batch.record.log import NAME, add_entry, read_log
from govkit.batch.record.manifest import NAME as MANIFEST
from govkit.batch.record.manifest import read_manifest
from govkit.errors import ReportError, UnknownNameError
from govkit.files import sha256, write_whole

STATES = ("draft", "reviewed", "approved")
_COVER = "application/vnd.govkit.cover+json"
_INDEX = "index.html"


@dataclass(frozen=True)
class Approval:
    """How far a report is: one of STATES, by whom and when (ISO time); ``void``: what was signed has changed since."""

    state: str
    name: str = ""
    time: str = ""
    void: bool = False

    @property
    def text(self) -> str:
        """Return it in a few Chinese words.

        >>> Approval("approved", "张三", "2019-01-15T09:30:00+08:00").text
        '已批准（张三，2019-01-15 09:30）'
        """
        words = catalogue.load("batch")["approval"]
        if self.state == "draft":
            return str(words["draft"])
        who = f"{words[self.state]}（{self.name}，{self.time[:16].replace('T', ' ')}）"
        return who + str(words["void"]) if self.void else who


def log_of(folder: Path) -> Path:
    """Return the log that speaks of a folder: beside its reports, or one folder above."""
    return next((path for path in (folder / NAME, folder.parent / NAME) if path.is_file()), folder.parent / NAME)


def report_key(report: Mapping[str, Any]) -> str:
    """Return what a report is signed under: its notebook and its district.

    >>> report_key({"notebook": "district_report", "district": "230102019"})
    'district_report/230102019'
    """
    return f"{report['notebook']}/{report['district']}"


def place_of(key: str) -> str:
    """Return the mark of a report's place in an index: inner codes of places without one of their own stay inside."""
    return hashlib.sha256(key.encode("utf-8")).hexdigest()[:12]


def approvals(folder: Path) -> dict[str, Approval]:
    """Return how far each signed report of a folder is; one that is not among them is a draft."""
    found: dict[str, Approval] = {}
    made = {
        report_key(one): {file["path"] for file in one["outputs"]} for one in read_manifest(folder).get("reports", [])
    }
    for entry in read_log(log_of(folder)).entries:
        if entry.get("act") == "sign" and entry.get("folder") == folder.name:
            void = any(
                not (folder / path).is_file() or sha256(folder / path) != content
                for path, content in entry["signed"].items()
            )
            void |= not made.get(str(entry["report"]), set()) <= {*entry["signed"]}  # a document nobody signed
            found[str(entry["report"])] = Approval(entry["state"], entry["name"], str(entry["time"]), void)
    return found


def sign(folder: Path, *, state: str, name: str, reports: Sequence[str] = ()) -> list[tuple[str, Approval]]:
    """Sign reports of a folder, all if none is named, and return each with how far it is now.

    ``reports``: codes or names of districts, names of notebooks, or both as in ``新发镇 district_report``. Manifest and
    index say the new state. Raises UnknownNameError for another state or report, ReportError if a file is not as it
    was made, if what is to be approved was not reviewed or still carries the mark of a draft.
    """
    if state not in STATES:
        raise UnknownNameError("签批状态", state, STATES)
    if not name.strip():
        raise ReportError("没有写签批人。", todo="用 --name 写明是谁签的。")
    if read_log(log_of(folder)).broken:
        raise ReportError(f"{NAME} 被改动过，不能在它上面签批。", todo=f"用 govkit verify {folder} 查看。")
    now = approvals(folder)
    chosen = list(_chosen(folder, reports))
    for report in chosen:
        _check(folder, report, state, now.get(report_key(report), Approval("draft")))
    _write(folder, chosen, state, name.strip())
    return listed(folder, reports)


def listed(folder: Path, reports: Sequence[str] = ()) -> list[tuple[str, Approval]]:
    """Return how far the reports of a folder are, all if none is named."""
    now = approvals(folder)
    return [
        (f"{one['name']} {one['notebook']}", now.get(report_key(one), Approval("draft")))
        for one in _chosen(folder, reports)
    ]


def _chosen(folder: Path, names: Sequence[str]) -> Iterator[dict[str, Any]]:
    records = [one for one in read_manifest(folder).get("reports", []) if one["status"] != "failed"]
    if not records:
        raise ReportError(f"{folder} 里没有报告可签。", todo="请指定报告所在的文件夹，如 reports/daoli/2018H2。")
    called = [
        {one["district"], one["name"], one["notebook"], f"{one['name']} {one['notebook']}"} - {""} for one in records
    ]
    known = set[str]().union(*called)
    for name in names:
        if name not in known:
            raise UnknownNameError("报告", name, sorted(known), where=str(folder))
    yield from (one for one, texts in zip(records, called, strict=True) if not names or texts & set(names))


def _check(folder: Path, report: Mapping[str, Any], state: str, before: Approval) -> None:
    """Raise ReportError if the report cannot be signed as ``state``."""
    for one in report["outputs"]:
        path = folder / one["path"]
        if not path.is_file() or sha256(path) != one["sha256"]:
            raise ReportError(f"{one['path']} 与生成时不一致，不能签。", todo="用 govkit report 重新生成后再签。")
    if state != "approved":
        return
    if before.state == "draft" or before.void:
        raise ReportError(
            f"{report['name']} {report['notebook']} 未经审核（{before.text}），不能批准。",
            todo="先用 --state reviewed 审核。",
        )
    stage = _stage(folder, report)
    if stage:
        raise ReportError(
            f"{report['name']} 还带着“{stage}”标记，不能批准。",
            todo="把 zone.toml [report] 的 stage 删去，重新生成并审核后再批准。",
        )


def _stage(folder: Path, report: Mapping[str, Any]) -> str:
    """Return the mark of a draft that a report carries on its cover."""
    path = next((folder / one["path"] for one in report["outputs"] if one["path"].endswith(".ipynb")), None)
    if path is None:  # a volume of reports, some of which may carry one
        return str(report["parameters"].get("stage") or "")
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    shown = [output.get("data", {}) for cell in cells for output in cell.get("outputs", [])]
    covers = [data[_COVER] for data in shown if _COVER in data]
    return str(covers[0].get("stage") or "") if covers else ""


def _write(folder: Path, chosen: Sequence[Mapping[str, Any]], state: str, name: str) -> None:
    """Write what is signed into log, manifest and index."""
    path = log_of(folder)
    for report in chosen:
        files = {one["path"]: one["sha256"] for one in report["outputs"]}
        key = report_key(report)
        add_entry(path, "sign", folder=folder.name, report=key, state=state, name=name, signed=files)
    states = approvals(folder)
    say_approvals(folder)
    if (folder / _INDEX).is_file():
        page = (folder / _INDEX).read_text(encoding="utf-8")
        write_whole(folder / _INDEX, with_states(page, states))
        add_entry(path, "index", folder=folder.name, files={_INDEX: sha256(folder / _INDEX)})


def say_approvals(folder: Path) -> None:
    """Put into a folder's manifest how far each of its reports is."""
    content, states = read_manifest(folder), approvals(folder)
    for report in content["reports"]:
        report["approval"] = asdict(states.get(report_key(report), Approval("draft")))
    write_whole(folder / MANIFEST, json.dumps(content, ensure_ascii=False, indent=2) + "\n")


def with_states(page: str, states: Mapping[str, Approval]) -> str:
    """Return an index page with the state of each report put where it belongs."""
    states = {place_of(key): one for key, one in states.items()}

    def told(found: re.Match[str]) -> str:
        one = states.get(found[2], Approval("draft"))
        return f"{found[1]}{html.escape(one.text)}{found[3]}"

    page = re.sub(r'(<span class="state" data-report="([^"]*)">)[^<]*(</span>)', told, page)
    return re.sub(r'(<span class="signed" data-reports="([^"]*)">)[^<]*(</span>)', _counted(states), page)


def _counted(states: Mapping[str, Approval]) -> Callable[[re.Match[str]], str]:
    """Return what writes how many of an index's reports are approved, reviewed and neither."""
    words = catalogue.load("batch")["approval"]

    def told(found: re.Match[str]) -> str:
        valid = [states.get(key, Approval("draft")) for key in found[2].split()]
        counts = Counter("draft" if one.void else one.state for one in valid)
        said = "，".join(f"{words['short'][state]} {counts[state]} 份" for state in reversed(STATES) if counts[state])
        return f"{found[1]}{html.escape(said)}{found[3]}"

    return told
