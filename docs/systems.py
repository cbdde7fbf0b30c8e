"""Write docs/systems.md from catalogue/zones/*/systems.toml: each published system, its numbers, where it is seen.

.venv/bin/python docs/systems.py
"""

from __future__ import annotations

from pathlib import Path

from govkit import catalogue

HERE = Path(__file__).parent
_ZONES = {"daoli": "道里区", "xianning": "咸宁市", "qingyang": "庆阳市", "xiangfang": "香坊区", "huangpi": "黄陂区"}
HEAD = """# 各项制度在哪里

五个实验区公开总结中的 67 项制度：公布的数、算什么、本演示分区算出的数、在报告的哪一章看得到。
演示分区的行数据为合成，公布了总数的按总数校准。
本页由 `docs/systems.py` 按 `govkit/catalogue/zones/` 里各区的 `systems.toml` 生成；
`tests/test_systems.py` 从原始文件另算一遍，逐项在报告里核对。
"""


def page() -> str:
    """Return the whole page."""
    parts = [HEAD]
    for zone, name in _ZONES.items():
        parts.append(f"## {name}（`data/{zone}`）\n")
        parts.append(
            "| 编号 | 制度 | 公布的数 | 算什么 | 本演示分区 | 数据与目录 | 在哪里看 |\n|---|---|---|---|---|---|---|"
        )
        parts += [_row(key, entry) for key, entry in catalogue.load(f"zones/{zone}/systems").items()]
        parts.append("")
    return "\n".join(parts)


def _row(key: str, entry: dict) -> str:
    titles = catalogue.load("tables")
    tables = "、".join(titles[name]["title"] for name in entry["tables"])
    listed = "<br>".join(f"`{one}`" for one in entry["catalogue"])
    ours = "<br>".join(text.replace("|", "，") for text in entry["ours"])
    seen = f"总览附件：{'、'.join(entry['chapters'])}" + (
        f"；单元报告：“{entry['district']}”" if entry["district"] else ""
    )
    cells = (key, entry["title"], entry["account"], entry["computed"], ours, f"{tables}<br>{listed}", seen)
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    (HERE / "systems.md").write_text(page(), encoding="utf-8", newline="\n")
