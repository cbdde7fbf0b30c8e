"""An executed notebook that shows a deck: heads of slides, maps, tables, an absent section; built in code."""

from __future__ import annotations

from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell
from sample_notebook import absent, code, column, cover, figure, notebook, shown, table

SLIDE = "application/vnd.govkit.slide+json"
LIVE = "<iframe srcdoc='&lt;html&gt;&lt;head&gt;&lt;/head&gt;&lt;body&gt;图面&lt;/body&gt;&lt;/html&gt;'></iframe>"
RANKED = [column("名次", "integer"), column("街道"), column("得分", "number")]


def head(title: str, lead: str = "", *, notes: tuple[str, ...] = (), figures: tuple[dict[str, str], ...] = ()) -> Any:
    """The output of the head of a slide."""
    value = {"title": title, "lead": lead, "notes": list(notes), "figures": list(figures)}
    return shown({SLIDE: value, "text/markdown": f"# {title}", "text/plain": title})


def ranking(rows: int, **more: Any) -> Any:
    """The output of a table of so many ranks."""
    body = [[str(at + 1), f"第{at + 1}街道", f"{99 - at}.0"] for at in range(rows)]
    return table("排名", RANKED, body, **more)


def deck_notebook(**cover_fields: Any) -> NotebookNode:
    """Cover, key figures, a map with notes, a section left out, a ranking; three sections."""
    number = {"label": "满意度", "value": "97.8", "unit": "%", "remark": "较上期上升 2.3 个百分点"}
    return notebook(
        code(cover(**cover_fields)),
        new_markdown_cell("# 主要指标"),
        code(head("23 个街道得分中位数 88.2 分", "140 个社区", notes=("分子 978，分母 1,000。",), figures=(number,))),
        new_markdown_cell("# 综合得分"),
        code(
            head("23 个街道中 9 个“优秀”", "前三位：甲、乙、丙", notes=("甲 99.0 分；乙 98.0 分",)),
            figure("综合得分", html=LIVE),
        ),
        code(absent("本节未生成：没有“资金台账”数据。", 1, 0)),
        new_markdown_cell("# 排名"),
        code(head("甲居首（99.0 分）"), ranking(23)),
    )
