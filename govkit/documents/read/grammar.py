"""The Markdown of notebooks: mistune with its plugins, nbconvert's formulas, Chinese bold, citations."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mistune import BlockParser, InlineParser, InlineState, Markdown

Token = dict[str, Any]

# A closing ** after a full stop or % and before a Chinese character closes nothing to CommonMark, and then pairs with
# the next opening one, yet **98.5%**的村 is what every Chinese author writes: here the nearest ** closes.
_STRONG = r"\*\*(?=[^\s*])(?P<strong_text>[^\n]*?[^\s*])\*\*(?!\*)"
# 3~5 人 is a range: below the line stands only what follows a letter, as in H~2~O.
_SUBSCRIPT = r"(?<=[A-Za-z)\]])~(?P<subscript_text>[A-Za-z0-9+\-]{1,12})~"
_CITATION = r"\[(?P<citation_keys>-?@[\w:.#$%&+?<>~/-]+(?:\s*[;；,，]\s*-?@[\w:.#$%&+?<>~/-]+)*)\]"
_LATEX_CITATION = r"\\cite[tp]?\*?\{(?P<latex_citation_keys>[^{}]+)\}"
_REFERENCE = r"\\(?:eq|auto)?ref\{(?P<reference_label>[^{}]+)\}"
_FOOTNOTE = re.compile(r"^ {0,4}\[\^(?P<key>[^\]\s]+)]:[ \t\n](?P<text>[^\n]*(?:\n {1,4}(?! )[^\n]*)*)", re.MULTILINE)


def parse(text: str, *, footnotes: Mapping[str, str] | None = None) -> list[Token]:
    """Return the tokens of a text; ``footnotes`` are those that other cells explain, by key."""
    parser = _parser()
    state = parser.block.state_cls()
    own = explained_footnotes(text)
    state.env["ref_footnotes"] = {key: note for key, note in (footnotes or {}).items() if key not in own}
    tokens, _ = parser.parse(text, state)
    assert isinstance(tokens, list)  # noqa: S101  (without a renderer there are tokens)
    return tokens


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
