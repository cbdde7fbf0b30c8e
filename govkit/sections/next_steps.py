"""五、下一步工作: one table of what is to be done, where, for how much, by whom and by when."""

from __future__ import annotations

from govkit.sections import shortfalls, zone_chapters
from govkit.sections.inputs import Inputs
from govkit.sections.points import Step, step_table
from govkit.sections.section import Section
from govkit.sections.words import localised


def next_steps(inputs: Inputs) -> Section:
    """Return the steps that follow from the problems, in their order."""
    if inputs.is_zone:
        return zone_chapters.next_steps(inputs)
    steps = steps_of(inputs)
    if not steps:
        return Section("next_steps", "下一步工作")
    table = localised(step_table(steps, end=inputs.now.end), inputs)
    said = f"下一步工作共{len(steps)}项（见表），按问题的轻重排列。"
    return Section("next_steps", "下一步工作", finding=said, body=(said, table))


def steps_of(inputs: Inputs) -> list[Step]:
    """Return the steps of all points, in the order of the problems."""
    return [step for point in shortfalls.points_of(inputs) for step in point.steps]
