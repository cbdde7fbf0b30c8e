"""What a text points to: footnotes, cited works and formulas, numbered through the whole document."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from govkit.catalogue import load
from govkit.documents.read.blocks import Block, Divider, Heading, ListBlock, Paragraph, Run
from govkit.documents.read.images import Complaint
from govkit.documents.read.tree import plain
from govkit.documents.read.words import words as own_words

REFERENCE = "\ue001"  # stands for the number of the formula that the run links to
_ENTRY = re.compile(r"@(\w+)\s*\{\s*([^,\s}]+)\s*,")
# What Typst does not read: the school of a thesis, letters set otherwise.
_UNREAD = ((r"\b(?:school|institution)(\s*=)", r"publisher\1"), (r"\\(?:emph|text\w\w)\{([^{}]*)\}", r"\1"))
_SETTING = """#set text(lang: "zh", region: "cn")
{cites}
#bibliography(bytes(sys.inputs.works), title: none, style: "{style}")"""


@dataclass
class References:
    """The notes and works referred to so far; ``explained`` are the footnotes of all cells by key."""

    complain: Complaint
    folder: Path | None = None
    explained: dict[str, str] = field(default_factory=dict)
    notes: list[tuple[Block, ...]] = field(default_factory=list)
    cited: list[str] = field(default_factory=list)
    marked: set[int] = field(default_factory=set)

    def note(self, number: int) -> Run:
        """The mark of a footnote, leading to it; the way back leads to the first of its marks."""
        anchor = "" if number in self.marked else f"note-{number}-mark"
        self.marked.add(number)
        return Run(str(number), raised="sup", link=f"#note-{number}", anchor=anchor)

    def citation(self, keys: str) -> list[Run]:
        """The numbers of cited works in square brackets, as GB/T 7714 sets them; what is unknown as it was typed."""
        known = self.works
        runs = []
        for part in (part.strip() for part in re.split(r"[;；,，]", keys)):
            key = part.lstrip("-@")
            if key == part and "@" in keys:  # where in the work
                runs.append(Run(part, raised="sup"))
                continue
            if key not in known:
                where = "；".join(path.name for path in self._files) or "笔记本旁边没有 .bib 文件"
                self.complain("text/markdown", f"引用的文献 {key} 找不到（{where}），照原文列出", "text")
                runs.append(Run(f"[@{key}]"))
                continue
            if key not in self.cited:
                self.cited.append(key)
            number = self.cited.index(key) + 1
            runs.append(Run(f"[{number}]", raised="sup", link=f"#ref-{number}"))
        return runs

    @cached_property
    def works(self) -> dict[str, str]:
        """The key of every work in the .bib files beside the notebook, with the name of its file."""
        return {
            found[2]: path.name
            for path in self._files
            for found in _ENTRY.finditer(path.read_text(encoding="utf-8-sig", errors="replace"))
        }

    @property
    def _files(self) -> list[Path]:
        return sorted(self.folder.glob("*.bib")) if self.folder else []

    def end_matter(self, blocks: list[Block]) -> list[Block]:
        """Return what stands at the end of a document: its footnotes and, under their heading, the works cited."""
        words = own_words
        found: list[Block] = []
        if self.notes:
            items = tuple(_anchored(note, f"note-{at}") for at, note in enumerate(self.notes, start=1))
            found += [Divider(), Paragraph((Run(words["notes"], bold=True),)), ListBlock(items, ordered=True)]
        if self.cited:
            last = next((one for one in reversed(blocks) if isinstance(one, Heading)), None)
            headed = last is not None and blocks[-1] is last and plain(last.runs).strip() == words["works"]
            level = min((one.level for one in blocks if isinstance(one, Heading) and one.level > 1), default=2)
            works = [*([] if headed else [Heading(level, (Run(words["works"]),))]), *self._works_cited()]
            found = [*works, *found] if headed else [*found, *works]
        return found

    def _works_cited(self) -> list[Block]:
        texts = self._set_works()
        return [
            Paragraph((Run(f"[{at}] ", anchor=f"ref-{at}"), Run(text or self.cited[at - 1])))
            for at, text in enumerate(texts, start=1)
        ]

    def _set_works(self) -> list[str]:
        """Set the works cited by the numeric style of GB/T 7714, as Typst knows it; unset where a .bib is broken."""
        import typst
        from bs4 import BeautifulSoup

        cites = "\n".join(f'#cite(label("{key}"))' for key in self.cited)
        source = _SETTING.format(cites=cites, style=load("document")["citation_style"])
        works = "\n".join(path.read_text(encoding="utf-8-sig", errors="replace") for path in self._files)
        for typed, read in _UNREAD:
            works = re.sub(typed, read, works)
        try:
            page = typst.compile(source.encode("utf-8"), format="html", sys_inputs={"works": works})
        except typst.TypstError as error:
            names = "、".join(path.name for path in self._files)
            self.complain("text/markdown", f"文献文件 {names} 读不出来：{error.message}", "text")
            return [""] * len(self.cited)
        soup = BeautifulSoup(page if isinstance(page, bytes) else b"", "lxml")
        for prefix in soup.select(".prefix"):
            prefix.decompose()
        return [" ".join(item.get_text().split()) for item in soup.select('[role="doc-bibliography"] li')]


def _anchored(blocks: tuple[Block, ...], anchor: str) -> tuple[Block, ...]:
    """The blocks with an anchor before their first text, and the way back after it."""
    back = Run(" ↑", link=f"#{anchor}-mark")
    first, *rest = blocks or (Paragraph(()),)
    if isinstance(first, Paragraph):
        return (Paragraph((Run("", anchor=anchor), *first.runs, back)), *rest)
    return (Paragraph((Run("", anchor=anchor), back)), first, *rest)
