"""What an official document carries besides its text (GB/T 9704-2012): marks above, addressee, attachments, imprint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from govkit.documents.read.words import words as own_words


@dataclass(frozen=True)
class Official:
    """The elements of an official document in finished words; "" or empty where zone.toml says nothing."""

    marks: tuple[str, ...]  # 份号, 密级, 紧急程度, from the top
    issuer_mark: str
    number: str
    addressed_to: str
    attachments: tuple[str, ...]
    signed_by: str
    date: str
    remark: str
    copied_to: str
    printed_by: str
    printed_on: str

    @property
    def imprint(self) -> tuple[tuple[str, str], ...]:
        """Return the lines of the 版记: left and right."""
        words = own_words
        copied = ((f"{words['copied_to']}{self.copied_to}。", ""),) if self.copied_to else ()
        printed = (
            ((self.printed_by, f"{self.printed_on}{words['printed']}"),) if self.printed_by or self.printed_on else ()
        )
        return (*copied, *printed)


def is_official(cover: Mapping[str, Any] | None) -> bool:
    """Whether a document is to look as GB/T 9704-2012 asks."""
    return bool(cover) and str((cover or {}).get("look") or "") == "official"


def official_of(cover: Mapping[str, Any]) -> Official:
    """Return the elements of an official document from a cover's fields.

    >>> official_of({"copy_number": "1", "classification": "内部资料", "urgency": "特急"}).marks
    ('000001', '内部资料', '特急')
    """

    given = {**cover, **(cover.get("official") or {})}

    def text(name: str) -> str:
        return str(given.get(name) or "").strip()

    words = own_words
    copy = text("copy_number")
    secret = "" if text("classification") == "公开" else text("classification")
    marks = (copy.zfill(6) if copy.isdigit() else copy, secret, text("urgency"))
    listed = [str(name) for name in given.get("attachments") or ()]
    numbered = [f"{at}.{name}" for at, name in enumerate(listed, start=1)] if len(listed) > 1 else listed
    to = text("addressed_to")
    return Official(
        marks=tuple(mark for mark in marks if mark),
        issuer_mark=f"{text('issuer')}{words['issuer_mark']}" if text("issuer") and text("document_number") else "",
        number=text("document_number"),
        addressed_to=to if not to or to.endswith(("：", ":")) else f"{to}：",
        attachments=tuple(numbered),
        signed_by=text("issuer"),
        date=text("date"),
        remark=f"（{text('remark').strip('（）')}）" if text("remark") else "",
        copied_to=text("copied_to").rstrip("。"),
        printed_by=text("printed_by"),
        printed_on=text("printed_on"),
    )
