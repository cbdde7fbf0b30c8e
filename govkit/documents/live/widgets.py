"""Widgets as they stood when the notebook ended: their values, texts and outputs, still in every document."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from govkit.documents.live.live_charts import Reader, plotly
from govkit.documents.read.blocks import Block, Paragraph, Run


class Outputs(Protocol):
    """Reads an output of a cell (``outputs.read_output``)."""

    def __call__(self, output: Mapping[str, Any], *, beside: Sequence[Mapping[str, Any]]) -> tuple[Block, ...]: ...


WIDGETS = "application/vnd.jupyter.widget-state+json"
_MODEL = "IPY_MODEL_"


def read_widget(reading: Reader, model: str, read_output: Outputs) -> tuple[Block, ...]:
    """Return what a widget shows, by the state the notebook keeps of it; the note of a loss where it keeps none.

    ``read_output`` reads what was printed and shown within it.
    """
    entry = reading.widgets.get(model)
    if entry is None:
        reason = "交互控件的状态没有存在笔记本里；请运行后保存控件状态，或改为直接输出结果"
        return reading.complain("application/vnd.jupyter.widget-view+json", reason, "figure")
    if "_widget_data" not in entry.get("state", {}):
        reading.complain("application/vnd.jupyter.widget-view+json", "交互控件按运行结束时的值静态显示，不能再拖动")
    return _shown(reading, entry, read_output)


def _shown(reading: Reader, entry: Mapping[str, Any], read_output: Outputs) -> tuple[Block, ...]:
    state, name = entry.get("state", {}), str(entry.get("model_name", ""))
    if "_widget_data" in state:  # a FigureWidget of Plotly
        return plotly(reading, _figure(entry))
    if name == "OutputModel":
        outputs = list(state.get("outputs", ()))
        return tuple(block for one in outputs for block in read_output(one, beside=outputs))
    if state.get("children"):
        titles = [*(state.get("titles") or ()), *("" for _ in state["children"])]
        below = [reading.widgets.get(str(child).removeprefix(_MODEL)) for child in state["children"]]
        return tuple(
            block
            for title, one in zip(titles, below, strict=False)
            for block in (*_said(title, bold=True), *(_shown(reading, one, read_output) if one else ()))
        )
    if name in {"HTMLModel", "HTMLMathModel", "LabelModel"}:
        text = str(state.get("value", ""))
        return reading.markdown(text) if "$" in text and "<" not in text else reading.fragment(text)
    if name == "ImageModel":
        held = [str(one["data"]) for one in entry.get("buffers", ()) if one.get("path") == ["value"]]
        return reading.fragment(f'<img src="data:image/png;base64,{held[0] if held else ""}">')
    if name in {"LayoutModel", "ButtonModel"} or "children" in state:
        return ()
    label, value = str(state.get("description") or ""), _value(state)
    if value is None:
        kind = state.get("_anywidget_id") or name.removesuffix("Model")
        reason = f"控件{label and f' {label}'}（{kind}）没有可以静态显示的值；请在同一单元另外输出结果"
        return reading.complain("application/vnd.jupyter.widget-view+json", reason, "figure")
    return _said(f"{label}：{value}" if label and value else label or value)


def _figure(entry: Mapping[str, Any]) -> dict[str, Any]:
    """A figure of Plotly as its widget keeps it, arrays as Plotly writes them itself."""
    state = copy.deepcopy(dict(entry["state"]))
    for one in entry.get("buffers", ()):
        *path, last = one["path"]
        holder: Any = state
        for step in path:
            holder = holder[step]
        holder.pop(last, None)
        holder["bdata"] = str(one["data"]).replace("\n", "")
        holder["shape"] = ", ".join(map(str, holder.get("shape") or ()))
    return {"data": state["_widget_data"], "layout": state.get("_widget_layout") or {}}


def _said(text: str, *, bold: bool = False) -> tuple[Block, ...]:
    return (Paragraph((Run(text, bold=bold),)),) if text else ()


def _value(state: Mapping[str, Any]) -> str | None:
    """What a control stands at, None if it keeps nothing that can be read."""
    names, at = state.get("_options_labels"), state.get("index")
    if names and at is not None:
        return "、".join(str(names[one]) for one in ([at] if isinstance(at, int) else at))
    if "value" not in state:
        return None if names is None else ""
    value = state["value"]
    if "bar_style" in state and "max" in state:
        return f"{value:g} / {state['max']:g}"
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, dict) and {"year", "hours"} & set(value):
        day = f"{value['year']}-{value['month'] + 1:02}-{value['date']:02}" if "year" in value else ""  # January is 0
        return f"{day} {value['hours']:02}:{value['minutes']:02}".strip() if "hours" in value else day
    return "" if value is None else "、".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
