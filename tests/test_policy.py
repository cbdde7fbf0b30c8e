"""A page runs the scripts that were put into it, told by their hashes, and no other; it asks no address."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from browser import until
from deck_notebook import deck_notebook
from nbformat.v4 import new_markdown_cell
from sample_notebook import code, cover, notebook

from govkit.documents.deck.slides import write_slides
from govkit.documents.html import policy
from govkit.documents.html.page import write_html

HOSTILE = "<script>document.title = 'x'</script><img src=x onerror=\"document.title = 'x'\">"


def policy_of(page: str) -> dict[str, list[str]]:
    """Return the directives of a page's policy."""
    found = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', page)
    assert found
    return {words[0]: words[1:] for words in (one.split() for one in found[1].split(";")) if words}


def pages(folder: Path) -> dict[str, Path]:
    write_html(notebook(code(cover()), new_markdown_cell("# 正文\n\n一段话")), folder / "report.html")
    write_slides(deck_notebook(), folder / "deck.html")
    return {"report": folder / "report.html", "deck": folder / "deck.html"}


@pytest.mark.parametrize("kind", ["report", "deck"])
def test_scripts_are_told_by_their_hashes(tmp_path: Path, kind: str) -> None:
    page = pages(tmp_path)[kind].read_text(encoding="utf-8")
    scripts = policy_of(page)["script-src"]
    assert scripts
    assert all(one.startswith("'sha256-") for one in scripts)
    assert policy_of(page)["default-src"] == ["'none'"]
    assert "data-own" not in page
    assert policy.HERE not in page


@pytest.mark.browser
@pytest.mark.parametrize("kind", ["report", "deck"])
def test_a_script_that_was_not_put_in_is_dead(browser: Any, tmp_path: Path, kind: str) -> None:
    path = pages(tmp_path)[kind]
    before, end, after = path.read_text(encoding="utf-8").rpartition("</body>")
    path.write_text(before + HOSTILE + end + after, encoding="utf-8")
    page = browser.new_context(offline=True).new_page()
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text))
    page.goto(path.as_uri())
    until(page, "document.readyState === 'complete'")
    assert page.title() != "x"
    assert sum("Content Security Policy" in one for one in refused) >= 2
    if kind == "deck":
        until(page, "Reveal.isReady()")
    else:
        assert page.evaluate("typeof window.govkitPage") == "function"
    page.context.close()


def test_text_of_a_file_cannot_pass_for_a_script_of_ours() -> None:
    ours, theirs = f"{policy.OWN_SCRIPT}ours()</script>", "<script data-own>theirs()</script>"
    page = policy.sealed(f'<meta content="script-src {policy.HERE}">{theirs}{ours}')
    assert policy.source_hash("ours()") in page
    assert policy.source_hash("theirs()") not in page


def test_only_a_page_with_live_outputs_may_evaluate_texts() -> None:
    def made(kind: str) -> str:
        frame = (
            f'<iframe class="govkit-{kind}" sandbox="{policy.SANDBOX}" title="t" '
            "srcdoc='&lt;script&gt;a&lt;b&lt;/script&gt;&lt;p onclick=\"go()\"&gt;'></iframe>"
        )
        return policy.sealed(f'<meta content="script-src {policy.HERE}">{frame}')

    assert f"'sha256-{policy.source_hash('a<b')}'" in made("map")
    assert "unsafe" not in made("map")
    assert "'unsafe-eval'" in made("live")
    assert f"'sha256-{policy.source_hash('go()')}'" in made("live")


def test_a_frame_without_our_box_brings_no_script() -> None:
    frame = "<iframe class=\"govkit-map\" srcdoc='&lt;script&gt;a()&lt;/script&gt;'></iframe>"
    assert policy.source_hash("a()") not in policy.sealed(f'<meta content="script-src {policy.HERE}">{frame}')
