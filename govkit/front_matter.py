"""What a document says about itself: issuer, date, classification and the marks every page and map must carry."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class OfficialMarks:
    """The ``[report.official]`` part of zone.toml: what GB/T 9704-2012 puts round a text, ``""`` where nothing is said.

    文号, 份号, 紧急程度, 主送, 抄送, 印发机关, 印发日期, 附注 and the list of 附件.
    """

    document_number: str = ""
    copy_number: str = ""
    urgency: str = ""
    addressed_to: str = ""
    copied_to: str = ""
    printed_by: str = ""
    printed_on: str = ""
    remark: str = ""
    attachments: tuple[str, ...] = ()


# The environment variable that holds a run, its kernels too, to one edition of a zone.
EDITION = "GOVKIT_EDITION"
# Classifications under which anybody may read a document.
_PUBLIC = ("", "公开")


@dataclass(frozen=True)
class FrontMatter:
    """The ``[report]`` part of zone.toml with the zone name and its synthetic-data text (``""`` if real).

    ``accent``: the bureau's colour (``#rrggbb``) or ``""``; ``logo``: its picture as a data address or ``""``.
    ``look``: report or official; ``language``: zh or another of the catalogue's; ``stage``: a draft's mark such as
    征求意见稿; ``template``: the bureau's own Word file as a data address or ``""``; ``subtitle`` and ``picture``
    (a data address) of the cover, ``""`` for the usual one. ``editions`` that one run makes (公开, 内部; none: one as
    classified), ``edition`` the one this is; ``public_without``: sections that the public one does not hold.
    """

    zone_name: str
    issuer: str = ""
    date: str = ""
    classification: str = "内部资料"
    map_approval: str = ""
    signatories: tuple[tuple[str, str], ...] = ()
    synthetic: str = ""
    accent: str = ""
    logo: str = field(default="", repr=False)
    look: str = "report"
    stage: str = ""
    language: str = "zh"
    template: str = field(default="", repr=False)
    subtitle: str = ""
    picture: str = field(default="", repr=False)
    official: OfficialMarks = field(default_factory=OfficialMarks)
    editions: tuple[str, ...] = ()
    edition: str = ""
    public_without: tuple[str, ...] = ()

    @property
    def internal(self) -> bool:
        """Whether its classification keeps the documents from the public."""
        return self.classification.strip() not in _PUBLIC
