"""The summary: what a leader reads first, from the same sentences as the sections below it."""

from __future__ import annotations

from typing import Any

from govkit.display.words.phrases import say
from govkit.sections import pilot, problems, ranks, scores, situation
from govkit.sections.inputs import Inputs
from govkit.sections.section import Section


def summary(inputs: Inputs) -> Section:
    """Say where the place stands, what is strong and weak, and how many problems there are."""
    if inputs.is_zone:
        said = [situation.situation(inputs).finding, ranks.ranks(inputs).finding]
    else:
        said = [pilot.came_of(inputs), *scores.standing_of(inputs)]
    body = [*filter(None, said), problems.sentence(inputs.problems)]
    return Section("summary", "摘要", finding=body[0], body=tuple(body))


def bulletin(inputs: Inputs) -> Section:
    """Say how scores lie, how many problems there are and what became of the last ones; with a map."""
    followed = problems.followed(inputs)
    current = inputs.common.current
    said: list[Any] = []
    if current is not None:
        listed = ranks.ranking(current.scores, None, inputs.names)
        said.append(ranks.spread(listed, period=inputs.now.name, unit_word=inputs.place.unit_word))
    said += [problems.sentence(inputs.problems), followed.finding or say("bulletin.first")]
    return Section("bulletin_summary", "通报要点", finding=said[0], body=(*said, *problems.where(inputs).body))
