"""The units of a zone as other tables refer to them: found by code or by name, or the nearest named."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from govkit.errors import nearest
from govkit.intake.units.code_systems import FULL, shown_code
from govkit.intake.units.unit_names import stem_and_kinds, without_ending
from govkit.intake.values.quantities import plain

# Wrong digits a mistyped code may have to be told apart from a different one.
_SLIPS = 2
_MOST_CANDIDATES = 3
# Names that share the most characters are compared letter by letter; a national table has 600,000 of them.
_MOST_COMPARED = 300
# What may stand before the topmost unit of the table in a name written in full.
_ABOVE = re.compile(r"(?:[^省市]{2,}(?:省|自治区))?(?:[^省市]{2,}(?:市|自治州|地区|盟))?")


@dataclass(frozen=True)
class Hierarchy:
    """The units of a zone; ``units`` needs ``unit_code``, ``name``, ``parent`` and ``kind``.

    ``old_names`` maps names that units had before to their codes of today.
    """

    units: pd.DataFrame
    old_names: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @cached_property
    def names(self) -> dict[str, str]:
        """Code → name."""
        return self._by_code("name")

    @property
    def parents(self) -> Mapping[str, str]:
        """Code → code of the unit above."""
        return self._parent

    @cached_property
    def _parent(self) -> dict[str, str]:
        return self._by_code("parent")

    def _by_code(self, column: str) -> dict[str, str]:
        # Arrow's texts are slow to walk through one by one
        codes, values = (self.units[name].to_numpy(dtype=object) for name in ("unit_code", column))
        return dict(zip(codes, values, strict=True))

    @cached_property
    def _by_name(self) -> dict[str, list[str]]:
        """Name in full, as it is compared → codes."""
        found: dict[str, list[str]] = {}
        for code, name in self.names.items():
            found.setdefault(plain(str(name)), []).append(code)
        return found

    @cached_property
    def _by_stem(self) -> dict[str, list[tuple[str, frozenset[str]]]]:
        """Stem → codes, each with the kinds of unit its name may mean."""
        kind = self._by_code("kind")
        found: dict[str, list[tuple[str, frozenset[str]]]] = {}
        for code, name in self.names.items():
            stem, kinds = stem_and_kinds(str(name))
            found.setdefault(stem, []).append((code, kinds or frozenset([str(kind[code])])))
        return found

    @cached_property
    def _by_old_name(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for name, codes in self.old_names.items():
            stem, kinds = stem_and_kinds(name)
            for word in {plain(name), stem} if kinds else {plain(name)}:
                found.setdefault(word, []).extend(code for code in codes if code in self.names)
        return found

    def called(self, text: str) -> list[str]:
        """Return the codes of all units that ``text`` may be the name of: none, one, or several.

        A name in full counts before one without or with another ending; the names of the units above may stand before
        it (新发镇太平村). An ending limits the kind: 太平镇 is never 太平村.
        """
        return self._named(plain(text)) or self._in_full(plain(text))

    def formerly_called(self, text: str) -> list[str]:
        """Return the codes of all units that ``text`` was the name of."""
        stem, kinds = stem_and_kinds(text)
        hits = self._by_old_name.get(plain(text)) or (self._by_old_name.get(stem, []) if kinds else [])
        return list(dict.fromkeys(hits))

    def _named(self, text: str) -> list[str]:
        exact = self._by_name.get(text)
        if exact:
            return exact
        stem, kinds = stem_and_kinds(text)
        return [code for code, mine in self._by_stem.get(stem, []) if not kinds or kinds & mine]

    def _in_full(self, text: str) -> list[str]:
        """Return the units whose name ends ``text`` and whose units above are named before it."""
        for start in range(2, len(text) - 1):
            hits = [code for code in self._named(text[start:]) if self._is_above(text[:start], code)]
            if hits:
                return hits
        return []

    def _is_above(self, head: str, code: str) -> bool:
        rest = head
        for above in reversed(self.above(code)):
            name = str(self.names[above])
            word = next((w for w in (plain(name), stem_and_kinds(name)[0]) if w in rest), "")
            before, _, after = rest.partition(word) if word else (rest, "", rest)
            if word and not _ABOVE.fullmatch(before):
                return False
            # 某街道办事处 is 某街道 with more of its ending; a name may itself have two (北街办事处街道)
            if word:
                rest = min(after, without_ending(word + after, *stem_and_kinds(name)), key=len)
        return rest == ""

    def above(self, code: str) -> list[str]:
        """Return the codes of the units above one, the nearest first."""
        found: list[str] = []
        parent = self._parent.get(code)
        while isinstance(parent, str) and parent in self.names and parent not in found:
            found.append(parent)
            parent = self._parent.get(parent)
        return found

    def candidates(self, text: str) -> list[str]:
        """Return up to three units whose code or name is nearest to ``text``, as "name(code)"."""
        if FULL.fullmatch(text):
            return self.shown(self._near_codes(text))
        near = nearest(plain(text), self._near_names(plain(text)))
        return self.shown(code for name in near for code in self._words[name])

    def shown(self, codes: Iterable[str]) -> list[str]:
        """Return up to three units as "name（code）", those of one name with the name above before it.

        A code that is only known inside is left out.
        """
        known = [code for code in dict.fromkeys(codes) if code in self.names][:_MOST_CANDIDATES]
        names = [self.names[code] for code in known]
        found = []
        for code, name in zip(known, names, strict=True):
            above = self.above(code)[:1] if names.count(name) > 1 else []
            digits = shown_code(code)
            found.append("".join(self.names[one] for one in [*above, code]) + (f"（{digits}）" if digits else ""))
        return found

    @cached_property
    def _digits(self) -> np.ndarray:
        codes = [code for code in self.names if FULL.fullmatch(code)]
        return np.array(codes, dtype="U12").view("U1").reshape(len(codes), 12)

    def _near_codes(self, text: str) -> list[str]:
        if not len(self._digits):
            return []
        wrong = (self._digits != np.array(list(text))).sum(axis=1)
        best = np.argsort(wrong, kind="stable")[:_MOST_CANDIDATES]
        return ["".join(self._digits[i]) for i in best if wrong[i] <= _SLIPS]

    @cached_property
    def _words(self) -> dict[str, list[str]]:
        """Names and their stems → codes."""
        stems = {stem: [code for code, _ in hits] for stem, hits in self._by_stem.items()}
        return {**stems, **self._by_name}

    @cached_property
    def _characters(self) -> tuple[list[str], dict[str, np.ndarray]]:
        """All names and stems, and for every character the positions of those that have it."""
        words = list(self._words)
        letters = pd.Series([list(dict.fromkeys(word)) for word in words], dtype=object).explode().dropna()
        return words, {str(letter): np.asarray(at) for letter, at in letters.groupby(letters).groups.items()}

    def _near_names(self, text: str) -> list[str]:
        """Return the names that share most characters with ``text``."""
        words, places = self._characters
        at = [places[letter] for letter in dict.fromkeys(text) if letter in places]
        if not at:
            return []
        position, shared = np.unique(np.concatenate(at), return_counts=True)
        best = np.argsort(-shared, kind="stable")[:_MOST_COMPARED]
        return [words[i] for i in np.sort(position[best])]
