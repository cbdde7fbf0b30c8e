"""docs/licences.md: every part that govkit needs or puts into its documents, with its licence; `make audit` checks it.

`python docs/licences.py` writes the table anew, `--check` fails where a part is missing from it or its licence is none
that may be shipped (MIT, BSD, Apache, PSF, MPL, ISC, OFL and the like).
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement

TABLE = Path(__file__).parent / "licences.md"
# What stands inside our documents or pages, not only beside them.
INSIDE = {
    "xstatic-leaflet": "Leaflet：交互地图的网页",
    "pyreveal": "reveal.js：汇报幻灯片的网页",
    "pylopdf-fonts-zh-cn": "思源字体：PDF、地图、幻灯片里的字",
    "xstatic-jquery": "jQuery：合作方自己的地图",
    "xstatic-d3": "D3：合作方自己的地图",
    "folium": "热力图脚本：合作方自己的地图",
    "matplotlib": "DejaVu 字体：图里的西文",
}
# Parts whose metadata says nothing a program can read; read by hand in their files.
BY_HAND = {
    "xstatic-leaflet": "BSD-2-Clause",
    "xstatic-jquery": "MIT",
    "xstatic-d3": "BSD-3-Clause",
    "xstatic": "MIT",
    "python-stdnum": "LGPL-2.1-or-later",
    "msoffcrypto-tool": "MIT",
    "olefile": "BSD-2-Clause",
}
_ALLOWED = re.compile(
    r"MIT|BSD|Apache|PSF|Python Software|MPL|Mozilla|ISC|OFL|Open Font|HPND|Zlib|Unlicense|CC0|Public Domain|LGPL|"
    r"Lesser General|ZPL|CNRI|Expat",
    re.IGNORECASE,
)
_REFUSED = re.compile(r"(?<!L)GPL|AGPL|Affero|proprietary|SSPL|BUSL|(?<!Lesser )General Public", re.IGNORECASE)


def parts() -> dict[str, Distribution]:
    """Return what an installation without extras needs, by name, as installed here."""
    found: dict[str, Distribution] = {}
    pending = ["govkit"]
    while pending:
        name = pending.pop()
        try:
            known = distribution(name)
        except PackageNotFoundError:
            continue  # not for this system
        for text in known.requires or ():
            asked = Requirement(text)
            key = asked.name.lower().replace("_", "-")
            wanted = asked.marker is None or any(asked.marker.evaluate({"extra": one}) for one in ("", *asked.extras))
            if wanted and key not in found:
                found[key] = known
                pending.append(asked.name)
    return {name: distribution(name) for name in sorted(found) if _installed(name)}


def _installed(name: str) -> bool:
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True


def licence(part: Distribution) -> str:
    """Return a part's licence as its metadata names it, ``""`` where it does not."""
    about = part.metadata
    name = about["Name"].lower().replace("_", "-")
    if name in BY_HAND:
        return BY_HAND[name]
    stated = about.get("License-Expression") or ""
    classed = [one.split(" :: ")[-1] for one in about.get_all("Classifier") or [] if one.startswith("License ::")]
    short = (about.get("License") or "").strip().splitlines()
    return stated or "、".join(classed) or (short[0][:60] if short else "")


def defects(found: dict[str, Distribution]) -> Iterator[str]:
    """Yield the parts that must not be shipped as they are, with the reason."""
    for name, part in found.items():
        said = licence(part)
        alternatives = re.split(r"、| OR ", said)
        if not any(_ALLOWED.search(one) and not _REFUSED.search(one) for one in alternatives):
            yield f"{name}：许可 {said or '不明'}，不在可以随带的许可之内"


def table(found: dict[str, Distribution]) -> str:
    """Return licences.md; versions stand in requirements.lock."""
    lines = [
        "# 随带部件的许可",
        "",
        "安装 govkit（不带可选部分）要用到的部件，版本和校验值见 `requirements.lock`。",
        "由 `python docs/licences.py` 生成，`make audit` 核对。",
        "",
        "| 部件 | 许可 | 写进文档里的 |",
        "|---|---|---|",
    ]
    return (
        "\n".join([*lines, *(f"| {name} | {licence(part)} | {INSIDE.get(name, '')} |" for name, part in found.items())])
        + "\n"
    )


def main() -> None:
    """Write the table, or check it."""
    found = parts()
    wrong = [*defects(found)]
    if "--check" in sys.argv:
        listed = set(re.findall(r"^\| ([\w.-]+) \|", TABLE.read_text(encoding="utf-8"), re.MULTILINE))
        wrong += [
            f"{name} 不在 docs/licences.md 里：请运行 python docs/licences.py" for name in found if name not in listed
        ]
    else:
        TABLE.write_text(table(found), encoding="utf-8")
    if wrong:
        sys.exit("\n".join(wrong))


if __name__ == "__main__":
    main()
