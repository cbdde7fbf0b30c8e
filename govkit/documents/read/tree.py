"""A document: its blocks in order and what was left behind, the ways through it, and all it says."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

from govkit.documents.read.blocks import (
    Absent,
    Block,
    Code,
    Definitions,
    Embed,
    Equation,
    Figure,
    Heading,
    ListBlock,
    Paragraph,
    Quote,
    Run,
    TableBlock,
)

if TYPE_CHECKING:
    from nbformat import NotebookNode


@dataclass(frozen=True)
class Unconverted:
    """Something in a notebook that a document does not show, or not as it was: type and why.

    ``cell`` is the cell's index from 0, or -1 for what concerns the whole document. ``lost`` is ``figure``, ``table``
    or ``text``, and ``""`` where all content is there and only its look is not. ``paper``: a page on a screen has it.
    """

    cell: int
    mime: str
    reason: str
    lost: str = ""
    paper: bool = False

    def __str__(self) -> str:
        place = f"第 {self.cell + 1} 个单元：" if self.cell >= 0 else ""
        return f"{place}{self.reason}"


def in_words(found: Iterable[Unconverted]) -> tuple[str, ...]:
    """Return what was left behind as sentences; what is said alike of several cells, and is no loss, is said once.

    >>> in_words([Unconverted(at, "x", "没有样式") for at in (1, 3)])
    ('第 2、4 个单元：没有样式',)
    """
    said: dict[tuple[str, ...], list[Unconverted]] = {}
    for one in found:
        said.setdefault((one.reason, str(one)) if one.lost or one.cell < 0 else (one.reason,), []).append(one)
    cells = (("、".join(str(one.cell + 1) for one in alike), alike[0]) for alike in said.values())
    return tuple(str(one) if one.cell < 0 else f"第 {places} 个单元：{one.reason}" for places, one in cells)


@dataclass(frozen=True)
class Document:
    """A notebook's outputs as one document: cover fields or None, title, numbered blocks, what was left behind.

    ``online``: its user allowed it to ask outside addresses. ``origins``: where its numbers come from, as
    ``sections.sources.origins`` states it.
    """

    title: str
    cover: Mapping[str, Any] | None
    blocks: tuple[Block, ...]
    unconverted: tuple[Unconverted, ...] = ()
    online: bool = False
    origins: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def __deepcopy__(self, _: object) -> Document:
        """Return itself: nbconvert copies all it is given, and a document of megabytes never changes."""
        return self

    @property
    def figures(self) -> int:
        """How many figures are shown."""
        return sum(isinstance(block, Figure) for block in walk(self.blocks))

    @property
    def tables(self) -> int:
        """How many tables are shown."""
        return sum(isinstance(block, TableBlock) for block in walk(self.blocks))

    @property
    def lost(self) -> tuple[Unconverted, ...]:
        """The figures, tables and texts of the notebook that the document does not hold."""
        return tuple(one for one in self.unconverted if one.lost)

    @property
    def headings(self) -> tuple[Heading, ...]:
        """All headings in order."""
        return tuple(block for block in walk(self.blocks) if isinstance(block, Heading))


def walk(blocks: tuple[Block, ...]) -> Iterator[Block]:
    """Yield every block in reading order, those inside lists, quotes and absent sections too."""
    for block in blocks:
        yield block
        if isinstance(block, ListBlock):
            for item in block.items:
                yield from walk(item)
        elif isinstance(block, Definitions):
            for _, explained in block.items:
                yield from walk(explained)
        elif isinstance(block, (Quote, Absent)):
            yield from walk(block.blocks)
        elif isinstance(block, Embed):
            yield from walk(block.twin)


def formulas(blocks: tuple[Block, ...]) -> Iterator[str]:
    """Yield the LaTeX of every formula, those in lines of text and cells of tables too."""
    for block in walk(blocks):
        parts: list[tuple[Run, ...]] = []
        if isinstance(block, Equation):
            yield block.latex
        elif isinstance(block, (Heading, Paragraph)):
            parts = [block.runs]
        elif isinstance(block, Definitions):
            parts = [term for term, _ in block.items]
        elif isinstance(block, TableBlock):
            parts = [runs for _, _, runs in block.rich]
        yield from (run.text for runs in parts for run in runs if run.formula)


def plain(runs: tuple[Run, ...]) -> str:
    """Return the text of ``runs`` without its setting.

    >>> plain((Run("办结率"), Run("98%", bold=True)))
    '办结率98%'
    """
    return "".join(run.text for run in runs)


def with_runs(block: Block, change: Callable[[Run], Run]) -> Block:
    """Return a copy of ``block`` with every run in it changed."""
    return with_parts(block, lambda part: change(part) if isinstance(part, Run) else part)


def with_parts(block: Block, change: Callable[[Any], Any]) -> Block:
    """Return a copy of ``block`` with every run and every block in it changed, the outer after what it holds."""

    def changed(value: Any) -> Any:
        if isinstance(value, (Run, Figure, Equation)):
            return change(value)
        if isinstance(value, tuple):
            return tuple(changed(part) for part in value)
        if isinstance(value, (Heading, Paragraph, ListBlock, Definitions, Quote, TableBlock, Embed, Absent)):
            fields_ = {one.name: changed(getattr(value, one.name)) for one in fields(value)}
            return change(type(value)(**fields_))
        return value

    made: Block = changed(block)
    return made


def all_on_paper(document: Document) -> Document:
    """Return a document without tables of which paper only says that they are whole elsewhere."""
    blocks = tuple(
        with_parts(one, lambda part: replace(part, annex=False) if isinstance(part, TableBlock) else part)
        for one in document.blocks
    )
    return replace(document, blocks=blocks)


# The mark of a section's outputs, in their metadata: kept out of what is printed.
SECTION = "govkit.section"
_SAMPLE = 64


def every(blocks: Sequence[Block]) -> Iterator[Block]:
    """Yield every block, those inside others too."""
    for block in blocks:
        yield block
        inside: Any = getattr(block, "blocks", ()) or getattr(block, "twin", ())
        if isinstance(block, ListBlock):
            inside = [one for item in block.items for one in item]
        yield from every(inside)


def texts(block: Block) -> Iterator[str]:
    """Yield each text of a block."""
    if isinstance(block, Heading | Paragraph):
        yield "".join(getattr(run, "text", "") for run in block.runs)
        if isinstance(block, Heading) and block.slide:
            yield from slide_texts(block.slide)
    elif isinstance(block, Code):
        yield block.text
    elif isinstance(block, Figure):
        yield from (block.caption, block.note, block.alt)
    elif isinstance(block, TableBlock):
        yield from (block.title, block.note, *(column.label for column in block.columns))
        for row in block.rows:
            yield from row
    elif isinstance(block, Quote):
        return


def slide_texts(slide: Mapping[str, Any]) -> Iterator[str]:
    """Yield what the head of a slide says: its title, its line, its figures with unit and remark, its notes."""
    yield from (str(slide.get(key) or "") for key in ("title", "lead"))
    for one in slide.get("figures") or ():
        yield "".join(str(one.get(key) or "") for key in ("label", "value", "unit"))
        yield str(one.get("remark") or "")
    yield from map(str, slide.get("notes") or ())


def first(block: Block, sign: str) -> str:
    """Return the first text of a block that holds a sign."""
    return next(text for text in texts(block) if sign in text)


def clip(text: str) -> str:
    """Return the beginning of a long text."""
    return text if len(text) <= _SAMPLE else text[:_SAMPLE] + "…"


def outputs(notebook: NotebookNode) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Yield each output of a notebook with the number of its cell."""
    for number, cell in enumerate(notebook.cells, start=1):
        for output in cell.get("outputs", []) if cell["cell_type"] == "code" else []:
            yield number, output
