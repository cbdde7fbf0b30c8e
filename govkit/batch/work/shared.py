"""Numbers that all reports of a zone share (scores, grid audit, rank intervals): found once, before the first fork.

The functions are wrapped where notebooks look them up. Without a running batch they are what they were; a notebook in
plain JupyterLab meets the functions themselves.
"""

from __future__ import annotations

import functools
import importlib
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import is_dataclass
from typing import Any

import pandas as pd

from govkit import catalogue
from govkit.batch.work import tracing
from govkit.batch.work.answers import Answers
from govkit.batch.work.tracing import Question, Trace
from govkit.digests import NoDigestError, digest
from govkit.periods import Period
from govkit.zone.opening import Zone

_installed = False
_running: Trace | None = None
_found: dict[str, Any] = {}
# Digests of those answers that others are parts of; "" where an answer has none.
_digests: dict[str, str] = {}
Found = tuple[dict[str, Any], dict[str, str]]
NOTHING: Found = ({}, {})


def functions() -> dict[str, Callable[..., Any]]:
    """Return the shared functions themselves by name (``analysis.assess:assess_tables``)."""
    return {name: inspect.unwrap(_looked_up(name)) for name in catalogue.load("batch")["shared"]}


def _looked_up(name: str) -> Callable[..., Any]:
    module, function = name.split(":")
    return getattr(importlib.import_module(f"govkit.{module}"), function)


def install() -> None:
    """Wrap the shared functions in this process; a second time changes nothing."""
    global _installed
    for name, function in functions().items():
        module, attribute = name.split(":")
        place = importlib.import_module(f"govkit.{module}")
        if not hasattr(getattr(place, attribute), "__wrapped__"):
            setattr(place, attribute, _wrapped(name, function))
    _installed = True


def installed() -> bool:
    """Whether ``install`` has been called in this process or the one it was forked from."""
    return _installed


def listen(trace: Trace | None) -> None:
    """Let the shared functions of this process note into ``trace``; None: be the plain functions again."""
    global _running
    _running = trace


def answers() -> Found:
    """Return what has been found, by question, and the digests of some of it."""
    return dict(_found), dict(_digests)


def adopt(found: Found = NOTHING) -> None:
    """Take over what another process has found of a zone, and forget the answers of any other zone."""
    for mine, theirs in zip((_found, _digests), found, strict=True):
        mine.clear()
        mine.update(theirs)


def prepare(zone: Zone, period: str) -> None:
    """Find what the usual reports of a period share, so that every process forked from this one has it.

    A notebook that asks for more finds the rest itself; one that fails here fails there, in its own report.
    """
    zone.settle()
    with heard(zone) as known, suppress(Exception):  # said by every report that needs it
        _ask(known, zone.period(period), zone.previous(period))


@contextmanager
def heard(zone: Zone) -> Iterator[Any]:
    """The zone as a notebook gets it: within this block shared functions asked about it remember their answers."""
    trace = Trace(zone)
    listen(trace)
    try:
        yield trace.zone
    finally:
        listen(None)


def _ask(zone: Any, now: Period, before: Period | None) -> None:
    """Put the questions that the usual notebooks put, in their words."""
    from govkit.analysis.measures import coverage
    from govkit.analysis.score import assess, breaks, change, coherence, leave_out, robustness, scheme

    _ask_of_ledgers(zone, now)
    crs = zone.metric_crs
    audit = coverage.audit_grids(zone.tables["grids"], crs=crs) if not zone.lacks("grids") else None
    if not zone.settings.scheme:
        return
    tree = scheme.load_scheme(zone.settings.scheme)
    current = assess.assess_tables(tree, zone.tables, now, crs=crs, audit=audit)
    previous = assess.assess_tables(tree, zone.tables, before, crs=crs, audit=audit) if before else None
    if previous and before:
        change.compare(current, previous)
        breaks.breaks(current, previous, zone.tables, now, before)
    if not current.rankable:
        return
    drawn = robustness.robustness(current)
    leave_out.leave_out(current)
    robustness.rank_shares(current)
    coherence.coherence(current)
    if previous:
        robustness.rank_moves(drawn, robustness.robustness(previous))


def _ask_of_ledgers(zone: Any, now: Period) -> None:
    from govkit.analysis.ledgers import ratings, views

    for view in views.load_views():
        views.applies(view, zone.tables)
    if not zone.lacks("ratings"):
        for rated in (ratings.three_levels, ratings.two_way, ratings.rated):
            rated(zone.tables, now)


def answers_of(zone: Zone) -> Answers:
    """Return what puts the questions of an earlier run to a zone as it is now."""
    from govkit.analysis.ledgers import views
    from govkit.analysis.standards import judged_by

    settings = zone.settings
    judged = judged_by.judged_by(settings.standards, settings.scheme)
    constants = [*settings.periods, zone.outline, judged.scheme, *judged.ladders, *views.load_views()]
    known = {digest(one): one for one in constants}
    return Answers(zone, functions=functions(), known=known, found=_found, digests=_digests)


def _wrapped(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function with a memory and an ear; both only while a trace listens."""

    @functools.wraps(function)
    def shared(*arguments: Any, **keywords: Any) -> Any:
        trace = _running
        if trace is None or not trace.listens:
            return function(*arguments, **keywords)
        question = _question(trace, name, arguments, keywords)
        if question is None:  # an argument of unknown origin: what is read of the others is noted while it works
            return function(*arguments, **keywords)
        key = tracing.written(question)
        if key not in _found:
            plain = [trace.behind(one)[0] for one in arguments]
            with trace.deaf():
                _found[key] = function(*plain, **{word: trace.behind(one)[0] for word, one in keywords.items()})
        return _answer(trace, _found[key], question)

    return shared


def _question(trace: Trace, name: str, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Question | None:
    try:
        places = [_part(trace, one) for one in arguments]
        named = [[word, _part(trace, one)] for word, one in sorted(keywords.items())]
    except NoDigestError:
        return None
    return None if None in places or any(one is None for _, one in named) else ("()", name, places, named)


def _part(trace: Trace, value: Any) -> Question | None:
    _, question = trace.behind(value)
    if question is not None:
        return question
    return None if isinstance(value, (pd.DataFrame, pd.Series)) else tracing.constant(value)


def _answer(trace: Trace, value: Any, question: Question) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        tracing.trace_through.add(type(value).__name__)
        key = tracing.written(question)
        _digests[key] = trace.root(question, value, _digests.get(key, ""))
        return tracing.stand_in_for(trace, value, question)
    if isinstance(value, (pd.DataFrame, pd.Series)):
        return tracing.stand_in_for(trace, value, question)
    trace.note(question, value)
    return value
