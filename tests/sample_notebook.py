"""An executed notebook as the report tests need it: built in code, every kind of output once, no kernel run."""

from __future__ import annotations

import base64
import struct
import zlib
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

COVER_FIELDS = {
    "title": "城乡社区治理评估报告",
    "subtitle": "道里区农村社区治理实验区",
    "district": "群力街道",
    "period": "2018年下半年",
    "issuer": "道里区民政局",
    "date": "2019年1月",
    "classification": "公开",
    "map_approval": "",
    "synthetic": "明细数据为合成数据\uff0c仅用于演示。",
    "signatories": [["编制", "社区建设办公室"]],
    "code": "230102019",
}
VILLAGES = ["太平村", "新发村", "立权村", "前进村", "薛家村", "榆树村"]
FRAME_HTML = """<div><style scoped>.dataframe td {color: red}</style><table border="1" class="dataframe"><thead>
<tr><th></th><th>街镇</th><th>得分</th></tr></thead><tbody>
<tr><th>0</th><td>群力街道</td><td>88.5</td></tr><tr><th>1</th><td>新发镇</td><td>79</td></tr></tbody></table></div>"""


def png(width: int = 8, height: int = 6) -> bytes:
    """A grey PNG of the given size, made by hand."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    pixels = zlib.compress((b"\x00" + b"\x80" * width) * height)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def shown(data: dict[str, Any], **metadata: Any) -> NotebookNode:
    """One displayed output."""
    return new_output("display_data", data=data, metadata=metadata)


def code(*outputs: NotebookNode, tags: tuple[str, ...] = ()) -> NotebookNode:
    """An executed code cell."""
    cell = new_code_cell("secret_source = 1", metadata={"tags": list(tags)})
    cell.outputs = list(outputs)
    return cell


def cover(**changes: Any) -> NotebookNode:
    """The output of a cover."""
    bundle = {"application/vnd.govkit.cover+json": {**COVER_FIELDS, **changes}, "text/html": "<p>cover</p>"}
    return shown(bundle)


def column(label: str, kind: str = "text", unit: str = "", group: str = "") -> dict[str, str]:
    """One column of a table bundle."""
    align = {"text": "left", "mark": "center", "date": "center"}.get(kind, "right")
    return {"label": label, "group": group, "unit": unit, "kind": kind, "align": align}


def table(title: str, columns: list[dict[str, str]], rows: list[list[str]], **more: Any) -> NotebookNode:
    """The output of a govkit table."""
    value = {"title": title, "columns": columns, "rows": rows, "emphasis": [], "note": "", "source": "", **more}
    return shown(
        {"application/vnd.govkit.table+json": value, "text/html": "<table><tr><td>html twin</td></tr></table>"}
    )


def figure(caption: str, *, html: str = "", width: int = 400, height: int = 300) -> NotebookNode:
    """The output of a print map, with an interactive twin if ``html`` is given."""
    data = {"image/png": base64.b64encode(png()).decode()} | ({"text/html": html} if html else {})
    size, words = {"width": width, "height": height}, {"caption": caption, "alt": f"{caption}的说明", "source": "来源"}
    return shown(data, **{"image/png": size, "govkit": words})


def absent(reason: str, figures: int, tables: int) -> NotebookNode:
    """The output of a section left out."""
    value = {"reason": reason, "figures": figures, "tables": tables}
    return shown({"application/vnd.govkit.absent+json": value, "text/markdown": f"> {reason}"})


def notebook(*cells: NotebookNode) -> NotebookNode:
    """A notebook of the given cells with fixed ids."""
    made = new_notebook(cells=list(cells))
    for at, cell in enumerate(made.cells):
        cell["id"] = f"cell-{at}"
    return made


def long_table(rows: int = 60) -> NotebookNode:
    """A table of several pages with a passage in its last column."""
    columns = [column("编号", "code"), column("类别"), column("用时", "number", "小时"), column("说明")]
    passage = "居民反映楼道堆放杂物\uff0c网格员上门劝导后清理完毕\uff0c并纳入日常巡查。"
    body = [[f"DL{at:05d}", "环境卫生", f"{at}.5", f"第{at}件\uff1a{passage}"] for at in range(rows)]
    return table("事项办结明细", columns, body, note="注\uff1a只列六十件。", source="来源\uff1a网格事项表。")


def wide_table(columns: int = 20) -> NotebookNode:
    """A table too wide for an upright page."""
    heads = [column("街镇")] + [column(f"指标{at}", "number", "m²") for at in range(columns - 1)]
    rows = [[name, *(f"{at * 1111:,}.5" for at in range(columns - 1))] for name in VILLAGES * 3]
    return table("宽表", heads, rows)


def report_notebook() -> NotebookNode:
    """The whole sample: cover, three levels of headings, tables, figures, an absent section, a user's own frame."""
    prose = "本期共有社区**12**个\uff0c达标率**75.0%**的村有9个。" * 30
    marks = [column("村"), *(column(name, "mark", group="两个一") for name in ("中心", "广场")), column("缺项")]
    return notebook(
        new_code_cell("district = '230102019'", metadata={"tags": ["parameters"]}),
        new_code_cell("district = '\\u62f1'", metadata={"tags": ["injected-parameters"]}),
        code(cover()),
        new_markdown_cell(f"## 总体情况\n\n{prose}\n\n### 基本数据\n\n- 一校\n  - 农民学校\n- 两栏\n\n1. 甲\n2. 乙"),
        code(
            table(
                "达标情况",
                marks,
                [[v, "✓", "✗", "—"] for v in VILLAGES] + [["合计", "6", "0", ""]],
                emphasis=[6],
            )
        ),
        code(
            figure("设施达标率"),
            figure("网格分布", html="<iframe title='图' srcdoc='&lt;p&gt;map&lt;/p&gt;'></iframe>"),
        ),
        new_markdown_cell(f"## 网格与事项\n\n### 事项\n\n#### 办结\n\n{prose}"),
        code(long_table(), wide_table()),
        code(absent("本节未生成\uff1a没有资金台账。", 1, 2)),
        code(new_output("stream", name="stdout", text="printed line"), shown({"text/html": FRAME_HTML})),
        new_markdown_cell("## 附录 数据来源\n\n|术语|定义|\n|--|--|\n|达标率|达标村数除以全部村数|"),
    )
