"""The Markdown of notebooks: mistune with its plugins, nbconvert's formulas, Chinese bold, citations."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from html import unescape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mistune import BlockParser, InlineParser, InlineState, Markdown

Token = dict[str, Any]

# A closing ** after a full stop or % and before a Chinese character closes nothing to CommonMark, and then pairs with
# the next opening one, yet **98.5%**的村 is what every Chinese author writes: here the nearest ** closes.
_STRONG = r"\*\*(?=[^\s*])(?P<strong_text>[^\n]*?[^\s*])\*\*(?!\*)"
# 3~5 人 is a range: below the line stands only what follows a letter, as in H~2~O.
_SUBSCRIPT = r"(?<=[A-Za-z)\]])~(?P<subscript_text>[A-Za-z0-9+\-]{1,12})~"
_CITED = r"-?@[\w:.#$%&+?<>~/-]+(?:\s*[,，]\s*[^@\[\];；,，]+)?"  # a work, and where in it
_CITATION = rf"\[(?P<citation_keys>{_CITED}(?:\s*[;；,，]\s*{_CITED})*)\]"
# A work named in the sentence itself (@chen2020 认为); only keys that a .bib file has count.
_NAMED_WORK = r"(?<![A-Za-z0-9_.@/])@(?P<work_key>[A-Za-z][A-Za-z0-9_:-]*)"
_LATEX_CITATION = r"\\cite[tp]?\*?\{(?P<latex_citation_keys>[^{}]+)\}"
# A number stands in brackets of its own: those that an author sets about \\ref are not set twice.
_REFERENCE = r"(?P<in_brackets>[(（])?\\(?:eq|auto)?ref\{(?P<reference_label>[^{}]+)\}(?(in_brackets)[)）])"
_RULE = re.compile(r"[ >\t]*\|?[ \t]*:?-+:?[ \t]*(\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*")
_CODE = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)|\$[^$\n]+\$")
_FOOTNOTE = re.compile(r"^ {0,4}\[\^(?P<key>[^\]\s]+)]:[ \t\n](?P<text>[^\n]*(?:\n {1,4}(?! )[^\n]*)*)", re.MULTILINE)


def parse(text: str, *, footnotes: Mapping[str, str] | None = None) -> list[Token]:
    """Return the tokens of a text; ``footnotes`` are those that other cells explain, by key."""
    parser = _parser()
    text = even_tables(text)
    state = parser.block.state_cls()
    own = explained_footnotes(text)
    state.env["ref_footnotes"] = {key: note for key, note in (footnotes or {}).items() if key not in own}
    tokens, _ = parser.parse(text, state)
    assert isinstance(tokens, list)  # noqa: S101  (without a renderer there are tokens)
    return tokens


def even_tables(text: str) -> str:
    """Return a text with the rows of its tables as long as their head, as Jupyter shows them.

    A | in code or in a formula parts no cells; what stands in cells beyond the last joins it.

    >>> even_tables("|`a|b`|c|\\n|--|--|\\n|`x|y`|\\n")
    '| `a\\\\|b` | c |\\n|--|--|\\n| `x\\\\|y` |  |\\n'
    """
    lines = text.split("\n")
    width, fenced = 0, False
    for at, line in enumerate(lines):
        fenced ^= line.lstrip().startswith(("```", "~~~"))
        if width and "|" not in line:
            width = 0
        elif width and not _RULE.fullmatch(line):
            lines[at] = _even(line, width)
        elif not fenced and at and "|" in lines[at - 1] and _RULE.fullmatch(line):
            cells = len(_cells(line))
            width = cells if cells == len(_cells(lines[at - 1])) else 0
            lines[at - 1] = _even(lines[at - 1], width) if width else lines[at - 1]
    return "\n".join(lines)


def _even(line: str, width: int) -> str:
    start = line[: len(line) - len(line.lstrip(" >\t"))]
    cells = [_CODE.sub(lambda found: re.sub(r"(?<!\\)\|", r"\\|", found[0]), cell) for cell in _cells(line)]
    kept = [*cells[: width - 1], " ".join(cells[width - 1 :])] if len(cells) >= width else cells
    return f"{start}| {' | '.join([*kept, *[''] * (width - len(kept))])} |"


def _cells(line: str) -> list[str]:
    """The cells of a row, parted where a | stands for itself."""
    hidden = _CODE.sub(lambda found: found[0].replace("|", "\ue020"), line.strip(" >\t")).replace(r"\|", "\ue021")
    inner = hidden.removeprefix("|").removesuffix("|")
    return [cell.replace("\ue020", "|").replace("\ue021", r"\|").strip() for cell in inner.split("|")]


def explained_footnotes(text: str) -> dict[str, str]:
    """Return the footnotes that a text explains, as ``[^1]: …``, by key."""
    from mistune.util import unikey

    return {unikey(found["key"]): found["text"] for found in _FOOTNOTE.finditer(text)}


@cache
def _parser() -> Markdown:
    import mistune
    from mistune.plugins.def_list import def_list
    from mistune.plugins.footnotes import footnotes
    from mistune.plugins.formatting import strikethrough, superscript
    from mistune.plugins.table import table, table_in_list, table_in_quote
    from mistune.plugins.task_lists import task_lists
    from nbconvert.filters.markdown_mistune import MathBlockParser, MathInlineParser

    plugins = [table, table_in_quote, table_in_list, strikethrough, superscript, footnotes, task_lists, def_list, _own]
    inline: InlineParser = MathInlineParser(hard_wrap=False)
    block: BlockParser = MathBlockParser()
    return mistune.Markdown(renderer=None, block=block, inline=inline, plugins=plugins)


def _own(md: Markdown) -> None:
    """Bold beside Chinese, letters below the line, citations and references to formulas."""
    md.inline.register("strong", _STRONG, _nested("strong", "strong_text"), before="emphasis")
    md.inline.register("subscript", _SUBSCRIPT, _nested("subscript", "subscript_text"), before="link")
    md.inline.register("citation", _CITATION, _raw("citation", "citation_keys"), before="link")
    md.inline.register("named_work", _NAMED_WORK, _raw("named_work", "work_key"), before="link")
    md.inline.register("latex_citation", _LATEX_CITATION, _raw("citation", "latex_citation_keys"), before="escape")
    md.inline.register("reference", _REFERENCE, _raw("reference", "reference_label"), before="escape")


def _nested(kind: str, group: str) -> Any:
    def parse_inner(inline: InlineParser, found: re.Match[str], state: InlineState) -> int:
        inner = state.copy()
        inner.src = found.group(group)
        state.append_token({"type": kind, "children": inline.render(inner)})
        return found.end()

    return parse_inner


def _raw(kind: str, group: str) -> Any:
    def keep(_: InlineParser, found: re.Match[str], state: InlineState) -> int:
        state.append_token({"type": kind, "raw": found.group(group)})
        return found.end()

    return keep


def text_below(token: Token) -> str:
    """Return the plain text of a token and all within it."""
    inner = "".join(text_below(child) for child in token.get("children", []))
    return inner or unescape(str(token.get("raw", "")))


def bold_rows(rows: list[list[Token]]) -> tuple[int, ...]:
    """Return the rows whose every filled cell is bold: they are emphasised as a whole."""
    return tuple(at for at, cells in enumerate(rows) if _all_bold(cells))


def _all_bold(cells: list[Token]) -> bool:
    filled = [cell["children"] for cell in cells if cell["children"]]
    return bool(filled) and all(child["type"] == "strong" for children in filled for child in children)
