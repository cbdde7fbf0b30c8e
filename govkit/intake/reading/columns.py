"""Which column of a file is which column of a tidy table."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from govkit import catalogue
from govkit.errors import SourceError, nearest
from govkit.intake.reading.schema import Column, Table
from govkit.intake.reading.sources import Source
from govkit.intake.values.coordinates import datum_of
from govkit.intake.values.letters import meant
from govkit.intake.values.quantities import every_unit, factor, plain, split_unit

# A Shapefile cuts field names after ten bytes: five characters in GBK; in UTF-8 three and a byte of the fourth.
_CUT_BYTES = 9
_MOST_BARE = 8
# what says which of several is meant, behind it in brackets
_BRACKETED = re.compile(r"^(.+)\(([^()]+)\)$")
# what says that a column is part of the one before
_NOTE_MARK = re.compile(r"(?<![mM米里尺])[¹²³⁰⁴-⁹①-⑳]+\s*$")
_PART_OF = re.compile(r"^\s*#?其中\s*[：:]\s*(?=\S)")
# several months: 1-6月, 1至12月累计
_MONTHS = re.compile(r"(?<!\d)\d{1,2}月?[-—–~至到]\d{1,2}月份?(?:累计)?")


@dataclass(frozen=True)
class Matched:
    """Tidy column → position in the file; positions left at the door; tidy columns with a second candidate.

    ``ignored``: positions zone.toml does not want. ``running``: amount → position of a running total not used.
    ``unsure``: amounts of which several columns say more than their name. ``parts``: amount read from a total
    (申请件数 / 合计) → positions of what may be its parts (申请件数 / 线上).
    """

    positions: Mapping[str, int]
    personal: tuple[int, ...]
    doubled: Mapping[str, int]
    ignored: tuple[int, ...] = ()
    running: Mapping[str, int] = field(default_factory=dict)
    unsure: frozenset[str] = frozenset()
    parts: Mapping[str, list[int]] = field(default_factory=dict)


def header_words(parts: tuple[str, ...]) -> list[str]:
    """Return what a header of several rows may be read as, likeliest first.

    >>> header_words(("面积(㎡)", "建筑"))
    ['面积(㎡)建筑', '建筑面积(㎡)', '建筑', '面积(㎡)']
    """
    joined = ["".join(parts), "".join(reversed(parts))]
    return list(dict.fromkeys([*joined, *reversed(parts)]))


@lru_cache(maxsize=65536)
def match_word(parts: tuple[str, ...], table: Table) -> str | None:
    """Return the tidy column a header means by the table's own words, None if it means none.

    A header that says it is about the month (申请件数 / 本月) means what it says besides; one about a running total
    or about last year, a plan or a growth means nothing, but where that is a column's own word: 完成时间（计划）.
    """
    # of a part of a column it stands beside, the head says so; a raised digit at its end is a note's, but for m²
    parts = tuple(_NOTE_MARK.sub("", _PART_OF.sub("", part)) or part for part in parts)
    # a row of a tall head may hold units alone
    parts = tuple(part for part in parts if plain(part).strip("()[]【】") not in every_unit()) or parts
    before = tuple(_BRACKETED.sub(r"\2\1", plain(part)) for part in parts)
    parts = before if _is_exact(before, table) else parts
    rest, span = ((), "") if _is_exact(parts, table) else time_span(parts)
    if span:
        return (_match(rest, table) or total_of(rest, table)) if span == "month" and rest else None
    found = _match(parts, table) or total_of(parts, table)
    if found:
        return found
    if "longitude" in table:
        rest, datum = datum_of(parts)
        found = _match(rest, table) if datum and rest else None
        return found if found in {"longitude", "latitude"} else None
    return None


def _is_exact(parts: tuple[str, ...], table: Table) -> bool:
    """Whether a head says a word of the table and nothing else but its unit.

    Of a tall head a row above the last names a group of columns, and tells none of them from the others.
    """
    for word in ("".join(parts), "".join(reversed(parts)), *parts[-1:]):
        name, unit = split_unit(word)
        known = _words(table).get(name)
        fits = known and unit and factor(unit, table[known].unit) and f"{name}({unit})" == plain(word)
        if plain(word) in _words(table) or fits:
            return True
    return False


def total_of(parts: tuple[str, ...], table: Table) -> str | None:
    """Return the amount of which a head announces the total (申请件数 / 合计), None if it does not."""
    for word in catalogue.load("cells")["total_heads"]:
        rest = tuple(left for part in parts if (left := _without(part, word)))
        if rest and rest != parts:
            found = _match(rest, table)
            return found if found and table[found] in table.measures else None
    return None


def _parts_of(
    at: int, name: str, headers: Sequence[tuple[str, ...]], table: Table, taken: Collection[int]
) -> list[int]:
    """Return the columns that say the name of the amount whose total stands at ``at``, and are no other time's."""
    head, totals = plain("".join(headers[at])), catalogue.load("cells")["total_heads"]
    words = [
        word for word, one in _words(table).items() if one == name and word in head and not word.endswith(tuple(totals))
    ]
    longest = max(words, key=len, default="")
    return [
        i
        for i, parts in enumerate(headers)
        if i not in taken and longest in plain("".join(parts)) and not time_span(parts)[1] and longest
    ]


def running_total(parts: tuple[str, ...], table: Table) -> str | None:
    """Return the amount of which a header announces a running total (申请件数 / 本年累计), None if it does not."""
    rest, span = time_span(parts)
    found = _match(rest, table) if span == "running" and rest and match_word(parts, table) is None else None
    return found if found and table[found] in table.measures else None


@lru_cache(maxsize=65536)
def time_span(parts: tuple[str, ...]) -> tuple[tuple[str, ...], str]:
    """Return a header without the words for its time span, and "month", "running", "other" (last year) or ``""``.

    >>> time_span(("申请件数", "本年累计")), time_span(("本月办结件数",)), time_span(("户数",))
    ((('申请件数',), 'running'), (('办结件数',), 'month'), (('户数',), ''))
    >>> time_span(("申请件数(1-6月)",)), time_span(("去年同期", "申请件数"))
    ((('申请件数',), 'running'), (('申请件数',), 'other'))
    """
    lists = catalogue.load("cells")
    rest = tuple(left for part in parts if (left := _MONTHS.sub("", plain(part)).strip("-_:/()")))
    if any(_MONTHS.search(plain(part)) for part in parts):
        return rest, "running"
    spans = (("running", "running_total"), ("other", "other_span"), ("month", "this_month"))
    for span, words in ((one, lists[name]) for one, name in spans):
        for word in sorted(words, key=len, reverse=True):
            rest = tuple(left for part in parts if (left := _without(part, word)))
            if rest != tuple(parts):
                return rest, span
    return parts, ""


def _without(part: str, word: str) -> str:
    """Return a header's part without a word at its beginning, its end or in brackets."""
    text = plain(part)
    for form in (f"({word})", word):
        if text.startswith(form) and not (text != form and form == word and len(text) - len(form) < 2):
            return text.removeprefix(form).strip("-_:/") if text != form else ""
        if text.endswith(form):
            return text.removesuffix(form).strip("-_:/")
    return part


def _match(parts: tuple[str, ...], table: Table) -> str | None:
    words = _words(table)
    # the group name alone stands for a column only where nothing is written below it
    for candidate in header_words(parts) if len(parts) == 1 else header_words(parts)[:-1]:
        for word in (plain(candidate), split_unit(candidate)[0]):
            if word in words:
                return words[word]
    return None


@lru_cache(maxsize=64)
def _words(table: Table) -> dict[str, str]:
    """Map every plain header word to its column; labels come before aliases, so that a label is never taken away."""
    words: dict[str, str] = {}
    for column in table.columns:
        words.setdefault(plain(column.label), column.name)
    for column in table.columns:
        for word in column.words:
            words.setdefault(plain(word), column.name)
            words.setdefault(split_unit(word)[0], column.name)
    return words


def match_columns(headers: Sequence[tuple[str, ...]], table: Table, source: Source, *, cut: bool = False) -> Matched:
    """Match the headers of a file to a table: by hand where zone.toml says so, else by the catalogue's words.

    ``cut`` allows names cut short by a Shapefile. Raises SourceError if a header mapped by hand is not there.
    """
    positions = _by_hand(headers, table, source)
    doubled: dict[str, int] = {}
    by_hand = set(positions.values())
    ignored = {i for i, parts in enumerate(headers) if any(_says(parts, one) for one in source.ignore)} - by_hand
    found = [(match_word(parts, table), i) for i, parts in enumerate(headers) if i not in by_hand | ignored]
    # a group's total comes first, then a column that says nothing else, and the table's own label before an alias
    totals = {i for name, i in found if name and total_of(headers[i], table) == name}
    exact = {i for name, i in found if name and _is_exact(headers[i], table)}
    grouped = {i for i in totals if len(headers[i]) > 1}
    kinds = {plain(word) for word in catalogue.load("cells")["unit_names"]}
    named = {i for name, i in found if name and table[name].type == "code" and plain(headers[i][-1]) in kinds}
    for name, position in sorted(
        found,
        key=lambda one: (
            one[1] not in grouped,
            one[1] in named,
            one[1] not in exact,
            one[1] not in totals,
            not _is_label(one[0], headers[one[1]], table),
        ),
    ):
        if name and name in positions:
            if position not in named or positions[name] in named:  # a name beside the code it belongs to is none more
                doubled.setdefault(name, position)
        elif name:
            positions[name] = position
    # of several that say more, such as 男 and 女 below one head, nobody knows which is meant
    unsure = {
        name for name in doubled if positions[name] not in exact | totals | by_hand and table[name] in table.measures
    }
    positions = {name: at for name, at in positions.items() if name not in unsure}
    if cut:
        positions |= _by_cut_name(headers, table, positions)
    running = {name: i for i, parts in enumerate(headers) if (name := running_total(parts, table)) and i not in ignored}
    if source.cumulative:
        positions |= {name: i for name, i in running.items() if name not in positions}
    taken = set(positions.values())
    personal = tuple(i for i, parts in enumerate(headers) if i not in taken and is_personal("".join(parts)))
    doubled = {k: v for k, v in doubled.items() if k not in source.columns}
    running = {k: v for k, v in running.items() if v not in taken}
    parts = {
        name: _parts_of(at, name, headers, table, taken | ignored) for name, at in positions.items() if at in totals
    }
    return Matched(positions, personal, doubled, tuple(ignored), running, frozenset(unsure), parts)


def _is_label(name: str | None, parts: tuple[str, ...], table: Table) -> bool:
    return bool(name) and plain(table[str(name)].label) in {split_unit(word)[0] for word in header_words(parts)}


def _by_hand(headers: Sequence[tuple[str, ...]], table: Table, source: Source) -> dict[str, int]:
    """Of several files and sheets those that have the column under a word of its own need no other."""
    found, defects = {}, []
    own = {match_word(parts, table) for parts in headers} if source.paths or source.sheet == "*" else set()
    for name, wanted in source.columns.items():
        hits = [i for i, parts in enumerate(headers) if _says(parts, wanted)]
        if is_personal(wanted):
            defects.append(f"“{wanted}”含个人信息，不能读入（columns.{name}）")
        elif hits:
            found[name] = hits[0]
        elif name not in own:
            near = nearest(wanted, ["/".join(parts) for parts in headers])
            defects.append(
                f"没有“{wanted}”这一列（columns.{name}）" + (f"，最接近的是：{'、'.join(near)}" if near else "")
            )
    if defects:
        raise SourceError(
            "；".join(defects), where=source.where, allowed=_listing(headers), todo="改正 zone.toml 的 columns。"
        )
    return found


def _says(parts: tuple[str, ...], wanted: str) -> bool:
    """Whether a header is the one a user wrote, with or without its unit."""
    spellings = {
        word for text in (*header_words(parts), "/".join(parts)) for word in (plain(text), split_unit(text)[0])
    }
    return plain(wanted) in spellings


def _by_cut_name(headers: Sequence[tuple[str, ...]], table: Table, positions: Mapping[str, int]) -> dict[str, int]:
    """Match field names that are the beginning of exactly one column's words."""
    found: dict[str, int] = {}
    for position, parts in enumerate(headers):
        word = plain("".join(parts)).rstrip("�?")
        longest = max(len(word.encode(name, "replace")) for name in ("gb18030", "utf-8"))
        if position in positions.values() or longest < _CUT_BYTES:
            continue
        names = {name for known, name in _words(table).items() if known.startswith(word)} - set(positions)
        if len(names) == 1:
            found.setdefault(names.pop(), position)
    return found


def is_personal(header: str) -> bool:
    """Whether a header announces data about single persons.

    >>> is_personal("网格员 姓名"), is_personal("网格名称")
    (True, False)
    """
    text = plain(header)
    return any(plain(word) in text for word in catalogue.load("personal")["headers"])


def looks_like_unit(name: str) -> bool:
    """Whether a text is what units are called or have as their code.

    >>> looks_like_unit("太平村"), looks_like_unit("230102100201"), looks_like_unit("合计")
    (True, True, False)
    """
    ends = tuple(catalogue.load("cells")["unit_endings"])
    return (name.endswith(ends) and name not in ends) or (name.isdigit() and len(name) in {9, 12})


# a quarter of a year as a head
_QUARTER = re.compile(r"[一二三四1-4]季|(?<![a-z])q[1-4](?!\d)")


def require(
    matched: Mapping[str, object],
    headers: Sequence[tuple[str, ...]],
    table: Table,
    source: Source,
    *,
    sheet: str = "",
    bare: Sequence[str] = (),
    spoilt: Sequence[str] = (),
) -> None:
    """Raise a SourceError that names every required column the file lacks, the nearest it has, and ``bare`` columns.

    Bare are those that have cells and no head. ``spoilt``: what cannot be decoded in its heads.
    """
    # amounts without an item are those of all items; without amounts the heads may be the items
    told = any(column.name in matched for column in table.measures) and not (bare or source.wide)
    derived = {column.name for column in table.columns if column.derived and (column.name != "item" or told)}
    needed = [column for column in table.columns if column.required and not (source.lenient and column.name in derived)]
    missing = [column for column in needed if column.name not in matched]
    if missing:
        names = ["/".join(parts) for parts in headers if parts]
        garbled = [name for name in names if meant(name) is not None]
        if garbled:
            was = meant(garbled[0])
            raise SourceError(
                f"表里的文字是乱码：“{garbled[0]}”" + (f"（原文可能是“{was}”）。" if was else f"{'、'.join(spoilt)}。"),
                where=source.where + (f" 工作表“{sheet}”" if sheet else ""),
                todo="这个文件曾按错误的编码打开并保存，请从原系统重新导出，或用原来的文件。",
            )
        raise SourceError(
            f"缺少必需的列：{'；'.join(_missing(column, names) for column in missing)}。"
            + (f"{'、'.join(bare[:_MOST_BARE])} 列有内容而没有列名。" if bare else ""),
            where=source.where + (f" 工作表“{sheet}”" if sheet else ""),
            allowed=_listing(headers),
            todo=_one_a_row(names, missing)
            or f"在文件中补上该列，或在 zone.toml 的 [sources.{source.table}] 下写 "
            f'columns = {{ {missing[0].name} = "文件中的列名" }}；'
            f'各行都一样的，写 fixed = {{ {missing[0].name} = "值" }}。'
            + _wide_by_item(missing, source),
        )


def _wide_by_item(missing: Sequence[Column], source: Source) -> str:
    """Return what to do with a table that may have a column an item, ``""`` for any other."""
    if "item" not in [column.name for column in missing]:
        return ""
    if source.wide != "item":
        return '每个事项一列的表，写 wide = "item"。'
    return 'zone.toml 写了 wide = "item"，但没有以事项为列名、下面是数的列：在表头写上各事项的名称，或删去 wide。'


def _one_a_row(names: Sequence[str], missing: Sequence[Column]) -> str:
    """Return what to do with a table whose units or quarters stand beside each other, ``""`` for any other."""
    quarters = [name for name in names if _QUARTER.search(plain(name))]
    if len(quarters) > 1 and "month" in {column.name for column in missing}:
        return (
            f"各季度横排在表头里（{'、'.join(quarters[:4])}），而本表按月份填：季度的数不能当作某一个月的数，"
            "请向报送单位要各月的数，改成每月一列（“2018年1月”）或每月一行；确实记在季末月的，把列名改为那个月份。"
        )
    kinds = {plain(word) for word in catalogue.load("cells")["unit_names"]}
    units = [name for name in names if looks_like_unit(name) and plain(name) not in kinds]
    if len(units) < 2 or not {"unit_code", "name"} & {column.name for column in missing}:
        return ""
    lack = "、".join(column.label for column in missing)
    return f"各单元横排在表头里（{'、'.join(units[:3])}……）：改成一行一个单元，有这几列：{lack}，再重试。"


def _missing(column: Column, names: Sequence[str]) -> str:
    near = dict.fromkeys(one for word in column.words[:-1] for one in nearest(word, names, most=1))
    return f"“{column.label}”" + (f"（最接近的是 {'、'.join(list(near)[:3])}）" if near else "")


def _listing(headers: Sequence[tuple[str, ...]]) -> str:
    names = [" ".join("/".join(parts).split()) for parts in headers if parts]
    return f"文件里有：{'、'.join(names[:40])}{'……' if len(names) > 40 else ''}"
