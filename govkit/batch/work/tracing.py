"""What a report really read, value by value, so that the next run knows whether it would come out the same.

While a notebook runs in this process, the zone it opens is stood in for by an object that notes each value the
notebook takes from it: a question (``zone.district("230102019").tables["facilities"]``) with the digest of its answer.
Functions whose answer all districts share (``shared.py``) are noted by what is taken from their answer instead of by
the whole tables that went in. A later run asks the same questions again: equal answers, equal report.

A question is a tuple nested from ``("zone",)``, ``(".", question, name)``, ``("[]", question, key)``,
``("in", question, key)``, ``("keys", question)``, ``("()", function, arguments, keywords)``; values stand in it as
``("=", value)`` or, where JSON cannot hold them, as ``("#", digest)``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import pandas as pd

from govkit.digests import NoDigestError, digest
from govkit.zone.opening import District, Zone

Question = tuple[Any, ...]
ZONE: Question = ("zone",)
_PLAIN = (str, int, float, bool, type(None))


class Trace:
    """The notes of one running notebook."""

    def __init__(self, zone: Zone) -> None:
        self.plain_zone = zone
        self.answers: dict[str, str] = {}
        self.roots: dict[str, str] = {}
        self.unknown = ""
        self._deaf = 0
        # stand-in → (what it stands for, its question); kept alive here, so that an id is never used twice
        self._stand_ins: dict[int, tuple[Any, Any, Question]] = {}
        self.zone = stand_in_for(self, zone, ZONE)

    @contextmanager
    def deaf(self) -> Iterator[None]:
        """Within this block nothing is noted: a shared function works, only its answer counts."""
        self._deaf += 1
        try:
            yield
        finally:
            self._deaf -= 1

    @property
    def listens(self) -> bool:
        """Whether what is read now is noted."""
        return not self._deaf

    def note(self, question: Question, answer: Any) -> None:
        """Note one answer, once; an answer that cannot be told makes the whole report one that cannot be told."""
        if self.listens:
            self._note(question, answer)

    def note_digest(self, question: Question, answer: str) -> None:
        """Note an answer whose digest is known."""
        if self.listens:
            self.answers.setdefault(written(question), answer)

    def root(self, question: Question, answer: Any, known: str = "") -> str:
        """Note an answer that others are parts of and return its digest, "" if it has none; ``known``: if found."""
        key = written(question)
        if key not in self.roots:
            with suppress(NoDigestError):
                self.roots[key] = known or digest(answer)
        return self.roots.get(key, "")

    def touched(self, stand_in: Any, question: Question, frame: Any) -> None:
        """Note a frame that was looked into, whoever looked; from now on it stands for nothing but itself."""
        self._stand_ins.pop(id(stand_in), None)
        self._note(question, frame)

    def _note(self, question: Question, answer: Any) -> None:
        key = written(question)
        if key in self.answers:
            return
        try:
            self.answers[key] = digest(answer)
        except NoDigestError as error:
            self.unknown = self.unknown or str(error)

    def register(self, stand_in: Any, value: Any, question: Question) -> Any:
        """Remember what a stand-in stands for, and return it."""
        self._stand_ins[id(stand_in)] = (stand_in, value, question)
        return stand_in

    def behind(self, value: Any) -> tuple[Any, Question | None]:
        """Return what a value stands for and its question; the value itself and None if it is no stand-in."""
        found = self._stand_ins.get(id(value))
        return (found[1], found[2]) if found and found[0] is value else (value, None)


def written(question: Question) -> str:
    """Return a question as text, the same for the same question."""
    return json.dumps(question, ensure_ascii=False, separators=(",", ":"))


def constant(value: Any) -> Question:
    """Return a value as part of a question. Raises NoDigestError if it has no digest."""
    plain = isinstance(value, _PLAIN) and type(value) in _PLAIN
    return ("=", value) if plain else ("#", digest(value))


def stand_in_for(trace: Trace, value: Any, question: Question) -> Any:
    """Return what a notebook gets instead of ``value``: the same to look at, noting what is taken from it."""
    if isinstance(value, (pd.DataFrame, pd.Series)):
        return _lazy(trace, value, question)
    kind = _Place if isinstance(value, (Zone, District)) else _Answer
    made = _subclass(type(value), kind)
    stand_in: Any = object.__new__(made)
    object.__setattr__(stand_in, "_behind", (trace, value, question))
    return trace.register(stand_in, value, question)


def _subclass(base: type, kind: type) -> type:
    """Return a class that passes for ``base`` and takes every attribute through ``kind``'s eyes."""
    name = (base, kind)
    if name not in _subclasses:
        body = {"__getattribute__": kind.__getattribute__, "__slots__": ()}
        _subclasses[name] = type(base.__name__, (base,), body)
    return _subclasses[name]


_subclasses: dict[tuple[type, type], type] = {}


class _Answer:
    """The eyes for a shared function's answer: each attribute, and each method's result, is a question of its own."""

    def __getattribute__(self, name: str) -> Any:
        trace, value, question = object.__getattribute__(self, "_behind")
        if name == "__class__":
            return type(value)
        found = getattr(value, name)
        if name.startswith("__") or not trace.listens:
            return found
        asked = (".", question, name)
        if callable(found):
            return _asking(trace, found, asked)
        if type(found) is type(value) or type(found).__name__ in trace_through:
            return stand_in_for(trace, found, asked)
        trace.note(asked, found)
        return found


# Answers that hold other answers (a change holds two assessments): these are looked through, not taken whole.
trace_through: set[str] = set()


class _Place:
    """The eyes for a zone or district: its tables are noted one by one, everything else as it is asked for."""

    def __getattribute__(self, name: str) -> Any:
        trace, value, question = object.__getattribute__(self, "_behind")
        if name == "__class__":
            return type(value)
        if name.startswith("__") or not trace.listens:
            return getattr(value, name)
        asked = (".", question, name)
        if name == "tables":
            return trace.register(_Tables(trace, value, asked), value.tables, asked)
        if name == "district":
            return lambda code: _district(trace, value, code)
        found = getattr(value, name)
        if callable(found):
            return _asking(trace, found, asked)
        if isinstance(found, pd.DataFrame) and isinstance(value, Zone):
            trace.root(asked, found)
            return _lazy(trace, found, asked)
        trace.note(asked, found)
        return found


def _district(trace: Trace, zone: Zone, code: str) -> Any:
    found = zone.district(code)
    question: Question = ("()", (".", ZONE, "district"), [constant(code)], [])
    trace.root(question, found, zone.digest_of_district(code))
    return stand_in_for(trace, found, question)


def _asking(trace: Trace, method: Callable[..., Any], asked: Question) -> Callable[..., Any]:
    """A method whose results are noted by what it was called with."""

    def ask(*arguments: Any, **keywords: Any) -> Any:
        plain = [trace.behind(one)[0] for one in arguments]
        named = {name: trace.behind(one)[0] for name, one in keywords.items()}
        with trace.deaf():
            found = method(*plain, **named)
        try:
            trace.note(call(asked, plain, named), found)
        except NoDigestError as error:
            trace.unknown = trace.unknown or str(error)
        return found

    return ask


def call(function: Any, arguments: list[Any], keywords: Mapping[str, Any]) -> Question:
    """Return the question that a call with plain arguments is. Raises NoDigestError."""
    return (
        "()",
        function,
        [constant(one) for one in arguments],
        [[name, constant(one)] for name, one in sorted(keywords.items())],
    )


class _Tables(Mapping[str, pd.DataFrame]):
    """The tables of a place: a district's are noted when taken, a whole zone's when something is done with them."""

    def __init__(self, trace: Trace, place: Zone | District, question: Question) -> None:
        self._trace, self._place, self._tables, self._question = trace, place, place.tables, question

    def __getitem__(self, name: str) -> pd.DataFrame:
        if name not in self._tables:
            self._trace.note(("in", self._question, name), False)
        found = self._tables[name]
        asked = ("[]", self._question, name)
        if not self._trace.listens:
            return found
        if isinstance(self._place, Zone):
            return _lazy(self._trace, found, asked)
        self._trace.note_digest(asked, self._place.digests[name])
        return found

    def __contains__(self, name: object) -> bool:
        found = name in self._tables
        self._trace.note(("in", self._question, name), found)
        return found

    def __iter__(self) -> Iterator[str]:
        self._trace.note(("keys", self._question), list(self._tables))
        return iter(self._tables)

    def __len__(self) -> int:
        self._trace.note(("keys", self._question), list(self._tables))
        return len(self._tables)


def _lazy(trace: Trace, frame: Any, question: Question) -> Any:
    """Return a frame that is noted as soon as anything is asked of it, and is an ordinary one from then on.

    Handed to a shared function untouched it is not noted: there the answer counts, not the whole table.
    """
    if not trace.listens:
        return frame
    stand_in = frame.copy(deep=False)
    plain = type(stand_in)
    object.__setattr__(stand_in, "_behind", (trace, frame, question, plain))
    object.__setattr__(stand_in, "__class__", _subclass(plain, _Frame))
    return trace.register(stand_in, frame, question)


class _Frame:
    """The eyes for a frame: the first look notes it and makes it an ordinary frame again."""

    def __getattribute__(self, name: str) -> Any:
        trace, frame, question, plain = object.__getattribute__(self, "_behind")
        object.__setattr__(self, "__class__", plain)
        object.__delattr__(self, "_behind")
        trace.touched(self, question, frame)
        return getattr(self, name)
