"""The questions of an earlier run put again to a zone as it is now (see ``tracing``)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from govkit.batch.work.tracing import ZONE, written
from govkit.digests import digest
from govkit.zone.opening import District, Zone


class Unanswerable(Exception):  # noqa: N818 - not an error: the question cannot be put to this zone
    """A question that cannot be put again."""


class Answers:
    """Answers of a zone as it is now to questions of an earlier run; each is found once."""

    def __init__(
        self,
        zone: Zone,
        *,
        functions: Mapping[str, Callable[..., Any]],
        known: Mapping[str, Any],
        found: dict[str, Any],
        digests: Mapping[str, str],
    ) -> None:
        """``known``: constants by digest; ``found``: answers known already, to which those of functions are added.

        ``digests`` are those of some of the answers known already.
        """
        self._functions, self._known, self._found = functions, known, found
        self._values: dict[str, Any] = {written(ZONE): zone}
        self._digests = dict(digests)

    def digest_of(self, question: str) -> str:
        """Return the digest of the answer now, "" if the question has none any more."""
        if question not in self._digests:
            try:
                self._digests[question] = self._digest(json.loads(question))
            except Exception:  # a question that fails now has another answer than it had
                self._digests[question] = ""
        return self._digests[question]

    def _digest(self, question: Any) -> str:
        if question[:2] == ["()", [".", ["zone"], "district"]]:
            return self.value(question[1][1]).digest_of_district(question[2][0][1])
        if question[0] == "[]" and question[1][0] == "." and question[1][2] == "tables":
            place = self.value(question[1][1])
            if isinstance(place, District):  # has them at hand, without taking its rows out of the tables
                return place.digests[question[2]]
        return digest(self.value(question))

    def value(self, question: Any) -> Any:
        """Return the answer to a question. Raises Unanswerable."""
        key = written(question)
        if key in self._found:
            return self._found[key]
        if key not in self._values:
            shared = question[0] == "()" and isinstance(question[1], str)
            (self._found if shared else self._values)[key] = value = self._answered(question)
            return value
        return self._values[key]

    def _answered(self, question: Any) -> Any:
        kind = question[0]
        if kind == "=":
            return question[1]
        if kind == "#":
            if question[1] not in self._known:
                raise Unanswerable(question[1])
            return self._known[question[1]]
        if kind == "()":
            return self._called(question)
        subject = self.value(question[1])
        if kind == ".":
            return getattr(subject, question[2])
        if kind == "[]":
            return subject[question[2]]
        return question[2] in subject if kind == "in" else list(subject)

    def _called(self, question: Any) -> Any:
        _, function, arguments, keywords = question
        if isinstance(function, str):
            if function not in self._functions:
                raise Unanswerable(function)
            found = self._functions[function]
        else:
            found = self.value(function)
        return found(*map(self.value, arguments), **{name: self.value(one) for name, one in keywords})
