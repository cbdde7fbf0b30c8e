"""A zone to look around in: pick indicator, level and period; map, ranking, time line and a sentence follow together.

ipywidgets (extra ``research``), in JupyterLab or by Voilà, without a network.
"""

from __future__ import annotations

import html
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from govkit.errors import GovkitError
from govkit.research.levels import LEVELS
from govkit.rounding import fixed, percent

if TYPE_CHECKING:
    from govkit.research.zone import Zone

_MOST_RANKED = 30
_LEAST_SPREAD = 3
# Half of a usual screen; the height follows from the width.
_MAP = {"width": "640px", "height": "max-content", "flex": "0 0 auto"}


def widgets() -> Any:
    """Return ipywidgets; GovkitError where it is not installed."""
    try:
        import ipywidgets
    except ModuleNotFoundError:
        todo = '请安装研究用的软件包：pip install "govkit[research]"。'
        raise GovkitError("互动页面需要 ipywidgets，这里没有安装。", todo=todo) from None
    return ipywidgets


class Explorer:
    """The page: ``indicator``, ``level``, ``period`` and two ``places`` to compare are its controls, ``box`` the whole.

    ``frame`` holds what is shown; ``snippet`` the line that gives it again.
    """

    def __init__(self, zone: Zone) -> None:
        self._zone, w = zone, widgets()
        known = zone.measures()
        usable = known.loc[known["available"] & ~known["argument"].str.contains("必填")]
        self.indicator = w.Dropdown(options=list(zip(usable["label"], usable.index, strict=True)), description="指标")
        self.level = w.Dropdown(options=self._levels(), description="层级")
        periods = [(one.name, one.id) for one in zone.settings.periods]
        self.period = w.Dropdown(options=periods, value=periods[-1][1], description="报告期")
        # the page opens with an indicator in which units differ
        self.indicator.value = next((name for name in usable.index if self._differ(name)), usable.index[0])
        self.places = [w.Dropdown(options=[("—", "")], description=word) for word in ("对比", "与")]
        self.map, self.ranking, self.line = w.Image(format="png", layout=_MAP), w.HTML(), w.HTML()
        self.sentence, self.code = w.HTML(), w.HTML()
        self.export = w.Button(description="导出这一页的数据", icon="download")
        self.exported = w.HTML()
        controls = w.HBox([self.indicator, self.level, self.period])
        below = w.HBox([*self.places, self.export])
        self.spread = w.HTML()
        shown = w.HBox([self.map, w.VBox([self.spread, self.ranking])])
        self.box = w.VBox([controls, self.sentence, shown, self.line, below, self.exported, self.code])
        self.frame = pd.DataFrame()
        for control in (self.indicator, self.level, self.period):
            control.observe(lambda _: self.show(), names="value")
        for control in self.places:
            control.observe(lambda _: self._say(), names="value")
        self.export.on_click(lambda _: self.write(Path("导出")))
        self.show()

    @property
    def snippet(self) -> str:
        """The line of Python that gives the frame again."""
        asked = f'"{self.indicator.value}", by="{self.level.value}", period="{self.period.value}"'
        return f'govkit.open_zone("{self._zone.folder}").measure({asked})'

    def _levels(self) -> list[tuple[str, str]]:
        words = {"district": self._zone.unit_word, "community": "社区（村）", "type": "治理类型"}
        units = self._zone.tables["units"]
        has_types = "type" in units and units["type"].notna().any()
        return [(words[name], name) for name in LEVELS if name in words and (name != "type" or has_types)]

    def _differ(self, name: str) -> bool:
        return self._zone.measure(name, by=self.level.value, period=self.period.value)["value"].nunique() > 1

    def show(self) -> None:
        """Take the numbers anew and redraw everything."""
        self.frame = self._zone.measure(self.indicator.value, by=self.level.value, period=self.period.value)
        names = [("—", ""), *zip(self.frame["name"], self.frame.index, strict=True)]
        for control in self.places:
            control.options, control.value = names, ""
        self.map.value = self._drawn()
        ranked = self.frame.dropna(subset=["value"]).sort_values("value", ascending=False).head(_MOST_RANKED)
        columns = {"name": "单元", "value": "数值", "n": "n", "low": "下限", "high": "上限"}
        table = ranked[list(columns)].rename(columns=columns)
        percent_ = self.frame.attrs.get("kind") in {"rate", "share"}
        for column in ("数值", "下限", "上限"):
            table[column] = [_text(value, self.frame.attrs) if percent_ else value for value in table[column]]
        shown = table.to_html(index=False, float_format="{:.4g}".format, na_rep="—")
        self.ranking.value = f'<div style="white-space:nowrap">{shown}</div>'
        self.spread.value = _spread(self.frame["value"].dropna().to_numpy(dtype=float), self.frame.attrs)
        self._say()
        self.code.value = f"<pre>{html.escape(self.snippet)}</pre>"

    def _drawn(self) -> bytes:
        try:
            return bytes(self._zone.map(self.frame).png)
        except GovkitError:  # no boundaries, types instead of places, or nothing known
            return b""

    def _say(self) -> None:
        about, known = self.frame.attrs, self.frame["value"].dropna()
        when = f"{html.escape(str(about['period']))}，{html.escape(str(about['label']))}"
        if known.empty:
            self.sentence.value = f"<p>{when}：没有数据。</p>"
            return
        told = f"{len(known)} 个单元有数，"
        if known.nunique() == 1:
            told += f"都是 {_text(known.iloc[0], about)}。"
        else:
            for word, value in (("最高", known.max()), ("最低", known.min())):
                names = self.frame.loc[known.index[known == value], "name"].tolist()
                several = f"等 {len(names)} 个" if len(names) > 1 else ""
                told += f"{word} {names[0]}{several} {_text(value, about)}，"
            told += f"中位数 {_text(known.median(), about)}。"
        chosen = {control.value: None for control in self.places if control.value}
        if len(chosen) == 2:
            one, other = (self.frame.loc[code] for code in chosen)
            gap = one["value"] - other["value"]
            share = about.get("kind") in {"rate", "share"}
            size = f"{fixed(abs(gap) * 100, 1)} 个百分点" if share else _text(abs(gap), about)
            said = "相同" if gap == 0 else f"{'高' if gap > 0 else '低'} {size}"
            joined = "和" if gap == 0 else "比"
            lacking = "、".join(str(place["name"]) for place in (one, other) if pd.isna(place["value"]))
            told += f"{lacking}没有数据，不能比。" if lacking else f"{one['name']}{joined}{other['name']}{said}。"
        self.sentence.value = f"<p>{when}：{html.escape(told)}</p>"
        self.line.value = self._over_time(list(chosen))

    def _over_time(self, chosen: list[str]) -> str:
        """Return the whole zone's values period by period as a table, with those of the places to compare."""
        rows = [f"<th>{html.escape(name)}</th>" for name in ("全区逐期", *self.frame.loc[chosen, "name"])]
        heads = ""
        for period in self._zone.settings.periods:
            heads += f"<th>{html.escape(period.name)}</th>"
            found = [self._zone.measure(self.indicator.value, by="zone", period=period)["value"].iloc[0]]
            if chosen:
                then = self._zone.measure(self.indicator.value, by=self.level.value, period=period)["value"]
                found += then.reindex(chosen).tolist()
            rows = [f"{row}<td>{_text(one, self.frame.attrs)}</td>" for row, one in zip(rows, found, strict=True)]
        return f"<table><tr><th></th>{heads}</tr>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>"

    def write(self, folder: Path) -> list[Path]:
        """Write what is shown as .xlsx and, where there are boundaries, as GeoPackage; return the files."""
        folder.mkdir(parents=True, exist_ok=True)
        stem = f"{self.indicator.value.replace(':', '-')}-{self.level.value}-{self.period.value}"
        written = [folder / f"{stem}.xlsx"]
        self.frame.to_excel(written[0], engine="xlsxwriter")
        units = self._zone.tables["units"]
        if "geometry" in units and self.level.value != "type":
            shapes = units.loc[units["unit_code"].isin(self.frame.index), ["unit_code", "geometry"]]
            layer = shapes.merge(self.frame.reset_index(), on="unit_code")
            layer.attrs = {}
            layer.to_file(folder / f"{stem}.gpkg", driver="GPKG")
            written.append(folder / f"{stem}.gpkg")
        self.exported.value = "<p>已写出 " + "、".join(html.escape(str(path)) for path in written) + "</p>"
        return written

    def _ipython_display_(self) -> None:
        from IPython.display import display

        display(self.box)


def _spread(values: np.ndarray, about: dict[Any, Any]) -> str:
    """Return how values are spread as bars, with the least and the largest; "" for fewer than three."""
    if len(values) < _LEAST_SPREAD or values.min() == values.max():
        return ""
    counts, _ = np.histogram(values, bins=min(12, max(4, len(values) // 3)))
    width, height = 240 / len(counts), 70 / counts.max()
    bars = "".join(
        f'<rect x="{round(at * width, 1)}" y="{round(70 - count * height, 1)}" width="{round(width - 2, 1)}" '
        f'height="{round(count * height, 1)}" fill="#4a6f8a"><title>{count} 个单元</title></rect>'
        for at, count in enumerate(counts)
    )
    ends = (_text(values.min(), about), _text(values.max(), about))
    words = f'<text x="0" y="86" font-size="11">{html.escape(ends[0])}</text>'
    words += f'<text x="240" y="86" font-size="11" text-anchor="end">{html.escape(ends[1])}</text>'
    title = f"分布：{len(values)} 个单元，由 {ends[0]} 到 {ends[1]}"
    return f'<svg width="250" height="92" role="img" aria-label="{html.escape(title)}">{bars}{words}</svg>'


def _text(value: float, about: dict[Any, Any]) -> str:
    if pd.isna(value):
        return "—"
    return (
        percent(value, 1) if about.get("kind") in {"rate", "share"} else f"{value:,.4g} {about.get('unit', '')}".strip()
    )
