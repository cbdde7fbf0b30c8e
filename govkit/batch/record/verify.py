"""Whether a folder of reports is as it was made: the log's chain, the manifest, the journal and every file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from govkit.batch.record.journal import FOLDER
from govkit.batch.record.log import NAME, Log, read_log, standing
from govkit.batch.record.manifest import NAME as MANIFEST
from govkit.batch.record.manifest import lasting, read_manifest
from govkit.errors import ReportError, nearest
from govkit.files import sha256

_DOCUMENTS = {".html", ".pdf", ".docx", ".pptx", ".xlsx"}


def verify(folder: Path) -> tuple[Log, list[str]]:
    """Return a folder's log and what no longer agrees with it, in Chinese, nothing if all does.

    The log lies in the folder or in the one above. Raises ReportError where there is none.
    """
    path = next((one / NAME for one in (folder, folder.parent) if (one / NAME).is_file()), None)
    if path is None:
        near = nearest(folder.name, [one.name for one in folder.parent.glob("*/")]) if folder.parent.is_dir() else []
        raise ReportError(
            f"{folder} 里没有制作记录（{NAME}），不能核对。" + (f"最接近的是：{'、'.join(near)}。" if near else ""),
            todo="请指定报告所在的文件夹，如 reports/daoli/2018H2。",
        )
    log = read_log(path)
    here = any(one.get("folder") == folder.name for one in log.entries)
    every = {path.parent / str(one["folder"]) for one in log.entries if "folder" in one}
    found = [f"{NAME} 第 {log.broken} 行被改动、删去或插入，此后的记录不可信"] if log.broken else []
    names = {one: one.name for one in ([folder] if here else sorted(every))}
    if path.parent == folder and not here and (folder / MANIFEST).is_file():
        # the log of --out lies in the folder it speaks of, whatever that is called now
        names = {folder: str(next((one["folder"] for one in reversed(log.entries) if "folder" in one), folder.name))}
    for one, name in names.items():
        sealed = [
            str(entry["manifest"]) for entry in log.entries if entry.get("folder") == name and "manifest" in entry
        ]
        found += _altered(one, standing(log.entries, name), sealed[-1] if sealed else "")
        found += _signed_otherwise(one, [entry for entry in log.entries if entry.get("folder") == name])
    return log, found


def _altered(folder: Path, said: Mapping[str, str], manifest: str) -> Iterator[str]:
    """Yield what in one folder is not as the log says; ``manifest``: the hash of what its manifest is to say."""
    if manifest and not (folder / MANIFEST).is_file():
        yield f"{folder.name}/{MANIFEST} 不见了"
    elif manifest and lasting(read_manifest(folder)) != manifest:
        yield f"{folder.name}/{MANIFEST} 被改动过"
    for path, content in said.items():
        place = folder / path
        if not place.is_file():
            yield f"{folder.name}/{path} 不见了"
        elif sha256(place) != content:
            yield f"{folder.name}/{path} 被改动过"
    reports = read_manifest(folder).get("reports", [])
    listed = {one["path"]: one["sha256"] for report in reports for one in report.get("outputs", [])}
    for source, told in (("manifest.json", listed), ("制作日志", _of_journal(folder))):
        for path, content in told.items():
            if said.get(path) != content:
                yield f"{source} 里 {folder.name}/{path} 的校验值与制作记录不符"
    for place in sorted(folder.rglob("*")):
        path = place.relative_to(folder).as_posix()
        if place.suffix in _DOCUMENTS and place.is_file() and path not in said and not path.startswith("."):
            yield f"{folder.name}/{path} 没有制作记录，来历不明"


def _signed_otherwise(folder: Path, entries: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the reports whose approval in the manifest is another than the last one of the log."""
    told = ("state", "name", "time")
    signed = {str(one["report"]): [one[key] for key in told] for one in entries if one.get("act") == "sign"}
    for report in read_manifest(folder).get("reports", []):
        approval = report.get("approval") or {}
        key = f"{report.get('notebook')}/{report.get('district')}"
        if [approval.get(one, "") for one in told] != signed.get(key, ["draft", "", ""]):
            yield f"{MANIFEST} 里 {report.get('name')} {report.get('notebook')} 的签批情况与制作记录不符"


def _of_journal(folder: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    for path in sorted((folder / FOLDER).glob("*.json")):
        try:
            outputs = json.loads(path.read_text(encoding="utf-8"))["report"]["outputs"]
            found.update({one["path"]: one["sha256"] for one in outputs})
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return found
