"""What the blocks of a document say, text by text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from govkit.documents.read.blocks import Block, Code, Figure, Heading, ListBlock, Paragraph, Quote, TableBlock

if TYPE_CHECKING:
    from nbformat import NotebookNode

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
