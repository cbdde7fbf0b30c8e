"""Write docs/systems.md from catalogue/systems.toml: where each published system is kept, reckoned and shown.

.venv/bin/python docs/systems.py
"""

from __future__ import annotations

from pathlib import Path

from govkit import catalogue

HERE = Path(__file__).parent
_ZONES = {"daoli": "道里区", "xianning": "咸宁市", "qingyang": "庆阳市", "xiangfang": "香坊区", "huangpi": "黄陂区"}
_NOTEBOOKS = {"district_report": "单元报告", "zone_overview": "总览", "bulletin": "工作通报"}
HEAD = """# 各项制度在哪里

五个实验区公开总结中的每一项制度，都有数据所在的表、目录里的条目、计算它的函数和报告里看得到的表或句子。
本页由 `docs/systems.py` 按 `govkit/catalogue/systems.toml` 生成；`tests/test_systems.py` 逐项核对。
"""


def page() -> str:
    """Return the whole page."""
    systems = catalogue.load("systems")
    parts = [HEAD]
    for zone, name in _ZONES.items():
        parts.append(f"## {name}（`data/{zone}`）\n")
        parts.append("| 编号 | 制度 | 数据 | 目录 | 函数 | 报告 |\n|---|---|---|---|---|---|")
        parts += [_row(key, entry) for key, entry in systems.items() if entry["zone"] == zone]
        parts.append("")
    return "\n".join(parts)


def _row(key: str, entry: dict) -> str:
    titles = catalogue.load("tables")
    tables = "、".join(titles[name]["title"] for name in entry["tables"])
    listed, functions = ("<br>".join(f"`{one}`" for one in entry[column]) for column in ("catalogue", "functions"))
    shown = f"{_NOTEBOOKS[entry['notebook']]}：{'、'.join(entry['shown'])}"
    return f"| {key} | {entry['title']} | {tables} | {listed} | {functions} | {shown} |"


if __name__ == "__main__":
    (HERE / "systems.md").write_text(page(), encoding="utf-8", newline="\n")
