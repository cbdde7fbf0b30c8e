"""Widgets as they stood when the notebook ended: their values, texts and outputs, still in every document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from govkit.documents.read.blocks import Block, Paragraph, Run
from govkit.documents.read.live_charts import Reader


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
    reading.complain("application/vnd.jupyter.widget-view+json", "交互控件按运行结束时的值静态显示，不能再拖动")
    return _shown(reading, entry.get("state", {}), str(entry.get("model_name", "")), read_output)


def _shown(reading: Reader, state: Mapping[str, Any], name: str, read_output: Outputs) -> tuple[Block, ...]:
    if name == "OutputModel":
        outputs = list(state.get("outputs", ()))
        return tuple(block for one in outputs for block in read_output(one, beside=outputs))
    if state.get("children"):
        models = [str(child).removeprefix(_MODEL) for child in state["children"]]
        entries = [reading.widgets.get(model) for model in models]
        return tuple(
            block
            for entry in entries
            if entry
            for block in _shown(reading, entry.get("state", {}), str(entry.get("model_name", "")), read_output)
        )
    if name in {"HTMLModel", "HTMLMathModel"}:
        return reading.fragment(str(state.get("value", "")))
    if name == "ButtonModel":
        return ()
    value = _value(state)
    label = str(state.get("description") or "")
    text = f"{label}：{value}" if label and value else label or value
    return (Paragraph((Run(text),)),) if text else ()


def _value(state: Mapping[str, Any]) -> str:
    names, at = state.get("_options_labels"), state.get("index")
    if names and isinstance(at, int):
        return str(names[at])
    value = state.get("value", "")
    if isinstance(value, bool):
        return "是" if value else "否"
    return "、".join(map(str, value)) if isinstance(value, list) else str(value)
