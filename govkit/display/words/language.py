"""A report in another language: finished texts said again by the entries of the catalogue, or known to have none.

Texts are made in Chinese. ``catalogue/<language>/`` says how each reads elsewhere: ``words.toml`` whole texts and
units, ``sentences.toml`` texts with blanks. A blank is said again in its turn; names of the zone's own stay as the zone
gives them. What has no entry is never shown half: ``spoken`` gives None, and whoever asked says that it is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from govkit import catalogue
from govkit.display.words.numbers import tight
from govkit.rounding import fixed

CHINESE = "zh"
# What is drawn in place of a text without an entry (the printers' geta mark).
UNSAID = "〓"
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
_BLANK = re.compile(r"\{(\w+)(:\w+|:,)?\}")
# What keeps a number of a sentence from being Markdown: a name's own signs stay as they are.
_ESCAPED = re.compile(r"\\(?=[.+\-−]\d)")
# An amount in a sentence, 万元 with its number.
_AMOUNT = re.compile(r"\{(\w+):num2?\} 万[元人]")
_AREA = re.compile(r"\{(\w+):\w+\} m²")
# Wordings that begin with a name keep its capital inside a sentence.
_PROPER = frozenset({"Arial", "Daoli", "Gini", "Party", "State"})
# What stands behind numbers and in heads as it is.
_UNITS = frozenset({"m", "km", "m²", "km²", "n", "p", "yuan"})
# Signs that the Chinese faces of documents set a whole character wide.
_QUOTES = str.maketrans("’“”", '\'""')
_LABELLED = re.compile(r"([A-Za-z][A-Za-z ,'-]{2,}[a-z])(\d[\d,.]*(?:%| [a-z²]+)?)")
# Stands in a pattern for a space that may be missing.
_THIN = "\u2009"
_NUMBER = r"[-+−]?\d[\d,]*(?:\.\d+)?"
_NUMBERED = re.compile(r"(#+ |　+|\d+\\?\. |（[一二三四五六七八九十\d]+）)(.+)", re.DOTALL)
# What filled blanks leave behind: empty brackets, stops twice, an article or a capital missing.
_AWRY: tuple[tuple[re.Pattern[str], Any], ...] = (
    (re.compile(r" \(\)|(?<= ) |(?<=[;,]);|^[:,] |(?<=, ): "), ""),
    (re.compile(r"\bare (?=1 )"), "is "),
    (re.compile(r"(?<=m²) m²|(?<= last period) on last period"), ""),
    (re.compile(r"\b(at|by|for|in|of|since|to) (?=(?:first|second) half of)"), r"\1 the "),
    (re.compile(r"(?<=[a-z)”]\. )[a-z]"), lambda found: found[0].upper()),
)
_SIGNS = str.maketrans(
    {"（": " (", "）": ")", "：": ": ", "，": ", ", "；": "; ", "。": ". ", "、": ", ", "—": "–", "～": "–"}
)
_JOINED = (("。", ". "), ("；", "; "), ("，", ", "), ("、", ", "))


@dataclass
class Speaker:
    """Says finished Chinese texts in ``language``; ``unsaid`` keeps what has no entry.

    ``names`` of places and offices stay as they are; ``own``, the zone's other texts, where they have no entry.

    ``left_out``: titles of sections of which nothing could be said.
    """

    language: str
    names: frozenset[str] = frozenset()
    own: frozenset[str] = frozenset()
    unsaid: dict[str, None] = field(default_factory=dict)
    left_out: dict[str, None] = field(default_factory=dict)
    _known: dict[str, str | None] = field(default_factory=dict)

    def say(self, text: str) -> str | None:
        """Return a text in the language, None where a part of it has no entry; what holds no Chinese stays.

        >>> Speaker("en").say("居民满意度由96.8%升至98.6%。")
        'Resident satisfaction rose from 96.8% to 98.6%.'
        """
        text = _ESCAPED.sub("", text)
        if all(one in self.names for one in text.split("、")):
            return _listed(text.split("、"))
        if not _HAN.search(text):
            labelled = _LABELLED.fullmatch(text)  # a label of the zone's own with its figure
            text = f"{labelled[1]} {labelled[2]}" if labelled else text
            return text.translate(_SIGNS).replace("  ", " ") if text.strip() else text
        if text not in self._known and not self.unsaid_in(text):
            apart = self._named.sub(lambda it: f"{it[0]} " if text[it.end() :][:1].isdigit() else it[0], text)
            self._known[text] = apart.translate(_SIGNS)  # said before, or a name with a number
        if text not in self._known:
            self._known[text] = None  # a text inside itself has no end
            self._known[text] = self._said(tight(text))
        return self._known[text]

    def unsaid_in(self, text: str) -> bool:
        """Whether a text holds Chinese that is no name of the zone's own."""
        return bool(_HAN.search(self._named.sub("", text)))

    def heard(self, text: str) -> str | None:
        """Return ``say(text)`` with a capital at each beginning of a sentence; what has no entry is remembered."""
        said = self.say(text)
        if said is None:
            self.unsaid[text] = None
            return None
        return _capital(said).translate(_QUOTES) if _HAN.search(text) else said

    def _said(self, text: str) -> str | None:
        bare = text.replace("\\", "")
        if bare in self.names:
            return text
        if text in self._words:
            return self._words[text]
        if bare in self.own:
            return text
        if text in self._units and not self._units[text].startswith("x"):
            return self._units[text].strip()
        if text[0] in "，；":
            rest = self.say(text[1:])
            return None if rest is None else f"{text[0].translate(_SIGNS)}{rest}"
        return (
            self._marked(text)
            or self._whole(text)
            or self._of_places(text)
            or self._apart(text)
            or self._measured(text)
            or self._of_a_place(text)
        )

    def _of_places(self, text: str) -> str | None:
        """What is said of several places by their names (甲镇、乙镇网格员未配齐)."""
        one = rf"(?:{self._named.pattern})"
        found = re.fullmatch(rf"({one}(?:、{one})+)([\u4e00-\u9fff][^，。；：、]*)", text)
        said = self.say(found[2]) if found and found[2][0] not in "等的" else None
        return said and found and f"{said} in {_listed(found[1].split('、'))}"

    def _of_a_place(self, text: str) -> str | None:
        """What is said of a place by its name (甲镇人口密度), and a part of a name, as on a map."""
        found = self._named.match(text)
        rest = text[found.end() :] if found else ""
        if rest and not re.search("[，。；：]", rest):
            said = self.say(rest.removeprefix("的"))
            return None if said is None else f"{said}, {text[: found.end()]}" if found else None
        return text if len(text) > 1 and any(text in name for name in self.names) else None

    def _marked(self, text: str) -> str | None:
        """A text with a bold beginning, a heading or a number before it."""
        bold = re.fullmatch(r"\*\*(.+?)\*\*(\s*)(.*)", text, re.DOTALL)
        if bold:
            head, rest = self.say(bold[1].rstrip("。")), self.say(bold[3]) if bold[3] else ""
            end = "." if bold[1].endswith("。") else ""
            return None if head is None or rest is None else f"**{_capital(head)}{end}** {_capital(rest)}".rstrip()
        numbered = _NUMBERED.fullmatch(text)
        if numbered:
            rest = self.say(numbered[2])
            return None if rest is None else f"{self._number(numbered[1])}{_capital(rest)}"
        return None

    def _number(self, mark: str) -> str:
        if not mark.strip("　"):
            return "\u2003" * len(mark)
        digits = "一二三四五六七八九十"
        inner = mark.strip("（）")
        return f"({digits.index(inner) + 1}) " if inner in digits else mark.replace("（", "(").replace("）", ") ")

    def _whole(self, text: str) -> str | None:
        if text.endswith("。"):
            return None
        members, clauses = _split(text, "、"), len(_split(text, "，"))
        for needle, patterns, wording, blanks in self._sentences:
            if needle not in text or (clauses > 1 and len(needle) == 1 and needle != "："):
                continue
            for pattern in patterns:
                match = pattern.fullmatch(text)
                # What fits each member of a list is said of each; a blank ends with no sign and holds one sentence
                if match is None or (len(members) > 1 and all(map(pattern.fullmatch, members))):
                    continue
                if any(re.search("。.|、$", match[blank], re.DOTALL) for blank in blanks):
                    continue
                said = {blank: self.say(match[blank]) for blank in blanks}
                if all(isinstance(one, str) for one in said.values()):
                    return self._filled(wording, {blank: str(one) for blank, one in said.items()})
        return None

    def _filled(self, wording: str, said: dict[str, str]) -> str:
        """Fill a wording: {a}s is the plural of its blank, and one of a thing is no plural."""
        for blank, one in said.items():
            wording = wording.replace(f"{{{blank}}}s", _plural(one).replace("{", "").replace("}", ""))
        text = wording.format(**said)
        for awry, right in _AWRY:
            text = awry.sub(right, text)
        singular, verbs = self._entries["singular"], {" are": " is", " were": " was", " have": " has", " do": " does"}
        many = "|".join(singular)
        one_of_a_thing = re.compile(rf"(?<![\d.,])1 ((?:[a-z]+ ){{0,2}}?)({many})\b( (?:are|were|have|do)\b)?")
        return one_of_a_thing.sub(
            lambda found: f"1 {found[1]}{singular[found[2]]}{verbs.get(found[3], '')}", text.lstrip()
        )

    def _measured(self, text: str) -> str | None:
        """A day; a number with its unit; a name with a number behind it; a text with an explanation in brackets."""
        day = re.fullmatch(r"(?:(\d{4})年)?(\d{1,2}月)(?:(\d{1,2})日)?", text)
        if day and day[2] in self._words:
            return " ".join(one for one in (day[3], self._words[day[2]], day[1]) if one)
        number = re.fullmatch(rf"({_NUMBER})\s*(\D+)", text)
        if number and number[2] in self._units:
            unit = self._units[number[2]]
            if unit.startswith("x"):  # so many times as much, in a unit of its own
                times, _, unit = unit[1:].partition(" ")
                return f"{fixed(float(number[1].replace(',', '')) * int(times))} {unit}"
            one = unit.removesuffix("s") if number[1] == "1" and unit.endswith("s") else unit
            return f"{number[1]}{one}"
        counted = re.fullmatch(rf"([^\d，。；：、]+?)({_NUMBER}[^（）]*)", text)
        if counted and not re.search("[，。；：]", counted[2]):
            what, much = self.say(counted[1]), self.say(counted[2])
            if what is not None and much is not None:
                return f"{what} {much}"
        bracket = re.fullmatch(r"(.+)（([^（）]*)）(.*)", text, re.DOTALL)
        if bracket:
            parts = [self.say(one) if one else "" for one in bracket.groups()]
            if None not in parts:
                tail = f"{'' if re.match('[，。；、：]', bracket[3]) else ' '}{parts[2]}" if bracket[3] else ""
                return f"{parts[0]} ({parts[1]}){tail}".replace(" ()", "")
        if text.endswith("*") and (starred := self.say(text[:-1])) is not None:
            return f"{starred}*"
        quoted = re.fullmatch(r"“([^”]+)”(.*)", text)
        if quoted:
            inner, rest = self.say(quoted[1]), self.say(quoted[2]) if quoted[2] else ""
            return None if inner is None or rest is None else f"“{inner}” {rest}".rstrip()
        return None

    def _apart(self, text: str) -> str | None:
        """A text of several: sentences, clauses, members of a list; the longest run of clauses that has an entry."""
        if text.endswith("。") and "。" not in text[:-1]:
            one = self.say(text[:-1])
            return None if one is None else f"{_capital(one).rstrip('.')}."
        for sign, joint in _JOINED:
            parts = _split(text, sign)
            if len(parts) < 2 and not (sign == "。" and sign in text.strip("。")):
                continue
            said = self._runs(parts, sign)
            if said is None and sign == "。" and text.endswith(sign):
                whole = self._words.get(text[:-1]) or self._whole(text[:-1])
                return f"{_capital(whole).rstrip('.')}." if whole else None
            if said is None:  # an entry may hold the sign itself
                continue
            if sign == "。":
                return " ".join(f"{_capital(one).rstrip('.')}." for one in said)
            return _listed(said) if sign == "、" else joint.join(said)
        return None

    def _runs(self, parts: list[str], sign: str) -> list[str] | None:
        """Say parts in order, as many together as an entry holds; None where one has none."""
        found: list[str] = []
        at = 0
        while at < len(parts):
            for end in range(len(parts), at, -1):
                if at == 0 and end == len(parts) and len(parts) > 1:
                    continue
                joined = sign.join(parts[at:end])
                if end - at > 1 and any(map(_NUMBERED.match, parts[at + 1 : end])):
                    continue
                said = self._whole(joined) or self._words.get(joined) if end - at > 1 else self.say(parts[at])
                if said is not None:
                    found.append(said)
                    at = end
                    break
            else:
                return None
        return found

    @cached_property
    def _words(self) -> dict[str, str]:
        apart = ("units", "singular")
        named = (section.items() for name, section in self._entries.items() if name not in apart)
        fixed_texts = {tight(text): said for text, said in _pairs(self.language) if not _BLANK.search(text)}
        return fixed_texts | _codes() | {key: value for section in named for key, value in section}

    @cached_property
    def _named(self) -> re.Pattern[str]:
        return re.compile("|".join(re.escape(name) for name in sorted(self.names, key=len, reverse=True)) or r"(?!)")

    @cached_property
    def _entries(self) -> dict[str, dict[str, str]]:
        return catalogue.load(f"{self.language}/words")

    @cached_property
    def _units(self) -> dict[str, str]:
        return self._entries["units"]

    @cached_property
    def _sentences(self) -> list[tuple[str, list[re.Pattern[str]], str, list[str]]]:
        pairs = [pair for pair in _pairs(self.language) if _BLANK.sub("", pair[0]).strip(_THIN) not in ("", pair[0])]
        pairs.sort(key=lambda pair: -len(_BLANK.sub("", pair[0])))
        return [
            (
                max(_BLANK.split(source)[::3], key=lambda part: ("m²" not in part, len(part))).strip(),
                _patterns(source),
                wording,
                [b for b, _ in _BLANK.findall(source)],
            )
            for source, wording in pairs
        ]


def _pairs(language: str) -> Iterator[tuple[str, str]]:
    """Every text with blanks and its wording: of sentences.toml, and of the files that say those of the catalogue by
    their keys (``en/phrases.toml`` those of ``phrases.toml``)."""
    for section in catalogue.load(f"{language}/sentences").values():
        yield from section.items()
    for name in catalogue.names(language):
        if name not in {"document", "sentences", "words"}:
            for text, wording in by_keys(catalogue.load(name), catalogue.load(f"{language}/{name}")):
                text = text.replace("{{", "{").replace("}}", "}")
                text = tight(_AREA.sub(r"{\1:area}", _AMOUNT.sub(r"{\1:wan}", text)))
                yield re.sub(r" (?=\{)|(?<=\}) ", _THIN, text), wording


def by_keys(texts: Any, said: Any) -> Iterator[tuple[str, str]]:
    """Return the texts of a file with their wordings in another, found by keys; members of lists by their id or place.

    >>> list(by_keys({"a": {"b": "合计"}}, {"a": {"b": "total"}}))
    [('合计', 'total')]
    """
    if isinstance(texts, str) and isinstance(said, str):
        bare = _bare(said)
        first = re.match("[A-Z][a-z]+", bare)
        yield _bare(texts), f"{bare[:1].lower()}{bare[1:]}" if first and first[0] not in _PROPER else bare
    elif isinstance(said, dict):
        named = {str(one["id"]): one for one in texts} if isinstance(texts, list) else texts
        for key, wording in said.items():
            if key in named:
                yield from by_keys(named[key], wording)
    elif isinstance(said, list):
        for text, wording in zip(texts, said, strict=False):
            yield from by_keys(text, wording)


def _bare(text: str) -> str:
    return (
        text.strip()
        .removeprefix("，")
        .removeprefix("；")
        .removeprefix("; ")
        .removesuffix("。")
        .removesuffix("，")
        .removesuffix("；")
        .rstrip(".;,")
    )


def _codes() -> dict[str, str]:
    """The labels of the catalogue's own lists and columns, by their keys: 城市社区 is urban community."""
    lists = [*catalogue.load("codes").values(), *(table["columns"] for table in catalogue.load("tables").values())]
    return {
        str(entry["label"]): str(key).removesuffix("_m2").removesuffix("_yuan").replace("_", " ")
        for entries in lists
        if isinstance(entries, dict)
        for key, entry in entries.items()
        if isinstance(entry, dict) and _HAN.search(str(entry.get("label", "")))
    }


def _patterns(source: str) -> list[re.Pattern[str]]:
    """Return the patterns of a text with blanks: {n} a number, {l} anything, another a stretch without a stop.

    Where blanks may hold anything, the first is tried as short as can be, then as long.
    """
    ways = ["[^，。；]*?", ".*?", ".*"] if any(_kind(*blank) is None for blank in _BLANK.findall(source)) else [""]
    return [_pattern(source, way) for way in ways]


def _kind(blank: str, spec: str) -> str | None:
    """Return what a blank may hold, None where that is any text: by its spec in the catalogue, else by its name."""
    if spec:
        kinds = dict.fromkeys(["int", "num", "num2", "pct", ","], rf"(?:(?<![\d.]){_NUMBER}%?|—)")
        kinds |= {"wan": rf"(?:{_NUMBER} ?[万亿]?[元人]|—)", "area": rf"(?:{_NUMBER} ?(?:m²|万?平方米)|—)"}
        return kinds.get(spec[1:])
    number = rf"(?<![\d.]){_NUMBER}"
    named: dict[str, str | None] = {"n": number, "w": "[^，。；：、（]+?(?:（[^）]*）)?", "l": None}
    named |= dict.fromkeys(("numerator", "denominator"), number)
    name = blank.rstrip("0123456789")
    return named.get(name, "[^，。]*?" if len(name) > 1 else "[^，。；：]+?")


def _pattern(source: str, anything: str) -> re.Pattern[str]:
    parts, at = [], 0
    for blank in _BLANK.finditer(source):
        parts.append(_fixed(source[at : blank.start()]))
        held = f"(?P<{blank[1]}>{_kind(blank[1], blank[2] or '') or anything})"
        parts.append(held if f"(?P<{blank[1]}>" not in "".join(parts) else f"(?P={blank[1]})")
        at = blank.end()
    parts.append(_fixed(source[at:]))
    return re.compile("".join(parts), re.DOTALL)


def _fixed(text: str) -> str:
    """What stands between blanks; a space beside a number may have been closed up."""
    return re.escape(text).replace(_THIN, " ?").replace("\\ m²\\ ", "(?: m² |平方米)")


def _split(text: str, sign: str) -> list[str]:
    """Return the parts between a sign that stands in no brackets or quotation marks."""
    parts, depth = [""], 0
    for one in text:
        depth += (one in "（“") - (one in "）”")
        if one == sign and depth <= 0:
            parts.append("")
        else:
            parts[-1] += one
    return [part for part in parts if part.strip()]


def _plural(word: str) -> str:
    """Return a noun for several.

    >>> _plural("community"), _plural("subdistrict or town")
    ('communities', 'subdistricts and towns')
    """
    if " or " in word:
        return " and ".join(map(_plural, word.split(" or ")))
    if word.endswith("s"):
        return word
    return f"{word[:-1]}ies" if word.endswith("y") and word[-2:-1] not in "aeiou" else f"{word}s"


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _capital(text: str) -> str:
    """Return a text as one that stands for itself; short signs of units stay: km is not Km."""
    return text if text in _UNITS else text[:1].upper() + text[1:]


# Who speaks in this process: a report is made in a process of its own, in one language.
_speaking: list[Speaker | None] = [None]


def speak(language: str, names: Iterable[Any] = (), own: Iterable[Any] = ()) -> Speaker | None:
    """Have drawings of this process speak a language from here on; return who does, None for Chinese."""
    now = _speaking[0]
    kept = frozenset(str(one) for one in names if str(one))
    if language in ("", CHINESE):
        _speaking[0] = None
    elif now is None or now.language != language or now.names != kept:
        _speaking[0] = Speaker(language, kept, frozenset(str(one) for one in own))
    return _speaking[0]


def spoken() -> str:
    """Return the language spoken, as pages name it."""
    return _speaking[0].language if _speaking[0] else "zh-CN"


def kept(text: str) -> str:
    """Return a text in the language spoken, as it stands where it has no wording: a finding is never hidden."""
    speaker = _speaking[0]
    return text if speaker is None or not _HAN.search(text) else speaker.heard(text) or text


def drawn(text: str) -> str:
    """Return a text for a chart or map in the language spoken; one without an entry is drawn as 〓, and kept."""
    speaker = _speaking[0]
    if speaker is None:
        return text
    said = speaker.heard(text)
    return UNSAID if said is None else said
