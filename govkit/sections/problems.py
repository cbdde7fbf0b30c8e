"""Problems: what is to be put right, by whom and by when; and what became of those of the last period."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pandas as pd

from govkit import catalogue
from govkit.analysis.ledgers import follow_up
from govkit.analysis.ledgers.problem_rules import COMMON
from govkit.display.front import NO_MAP
from govkit.display.maps.sheet.classes import Quantity
from govkit.display.slides import Slide, slide
from govkit.display.tables.frames import labelled, quantity
from govkit.display.tables.table import report_table
from govkit.display.words.phrases import escaped, say
from govkit.sections.chapters import shortages
from govkit.sections.chapters.shortages import due
from govkit.sections.inputs import Inputs
from govkit.sections.ranks import kind_words
from govkit.sections.section import Section, absent, not_provided

_COUNT = Quantity("本期问题", "integer", "个")
# So many steps fit on a slide in type for the back row.
_STEPS = 6
# A bulletin prints so many rows of a list, and names so many units; the whole list is in the annex.
_MOST_ROWS, _NAMED = 40, 3


def problems(inputs: Inputs) -> Section:
    """List the problems found in this period, the severe ones first, with advice, owner and date."""
    found, title = inputs.problems, "问题与建议"
    said = sentence(found)
    own = [title for title in dict.fromkeys(found["rule_source"]) if title != COMMON]
    said += say("problems.own_rules", titles=own) if own else ""
    if found.empty:
        shown: tuple[Any, ...] = (absent(said, tables=1),)
        return Section("problems", title, finding=said, body=(absent(said, tables=1),), problems=found, slide=shown)
    if inputs.is_zone:
        listed = rows(found, inputs).assign(name=whose(found, inputs.names))
        table = report_table("zone_problems", listed, unit=inputs.place.unit_word)
    else:
        table = report_table("problems", rows(found, inputs))
    slides: tuple[Any, ...] = ()
    if inputs.is_zone:
        head = steps_slide(found, unit=kind_words(inputs))
        slides = (head, report_table("slide_next_steps", steps(found)))
    return Section("problems", title, finding=said, body=(said, table), problems=found, slide=slides)


def where(inputs: Inputs) -> Section:
    """Map how many problems each district has, and name those with most."""
    found = inputs.problems
    of = districts_of(found)
    counts = of.value_counts().reindex(inputs.members["unit_code"], fill_value=0).astype("float64")
    most = of.map(inputs.names).value_counts().head(3)
    listed = [f"{name}（{count} 个）" for name, count in most.items()]
    said = [say("bulletin.most", names=listed)] if len(found) else []
    drawn = inputs.map(counts, "各单元本期问题数", _COUNT) if len(found) else NO_MAP
    return Section("where", "", body=(*said, drawn), numbers={"counts": counts.to_frame("problems")})


def by_district(inputs: Inputs) -> Section:
    """List the problems district by district."""
    title = "本期问题、建议与期限"
    found, names = inputs.problems, inputs.names
    if found.empty:
        return Section("by_district", title, body=(absent(sentence(found), tables=1),))
    order = found.assign(_severe=found["severity"].ne("severe")).sort_values(
        ["_severe", "district_code"], kind="stable"
    )
    listed = rows(order, inputs).assign(name=whose(order, names))
    unit = inputs.place.unit_word
    whole = report_table("bulletin_problems", listed, unit=unit, emphasise=lambda row: row["_severe"] is False)
    body: list[Any] = [say("bulletin.open", n=len(found), districts=districts_of(found).nunique(), unit=unit)]
    if len(listed) > _MOST_ROWS:
        kept = listed.loc[~listed["_severe"]].head(_MOST_ROWS)
        body += [say("bulletin.severe_only", n=len(kept))] if len(kept) else []
        body += [report_table("bulletin_problems", kept, unit=unit)] if len(kept) else []
        whole = replace(whole, annex=True)
    body += [whole, report_table("bulletin_advice", _by_kind(order))]
    return Section("by_district", title, body=tuple(body), problems=found)


def _by_kind(found: pd.DataFrame) -> pd.DataFrame:
    """Return a row a kind of problem, the most frequent first: how many, what to do, by whom and by when."""
    kinds = [
        {
            "problem": part["title"].iloc[0],
            "districts": districts_of(part).nunique(),
            "advice": part["advice"].iloc[0],
            "owner": catalogue.label("owner_level", part["owner_level"].iloc[0]),
            "due": part["due"].min(),
        }
        for _, part in found.groupby("rule", sort=False)
    ]
    return pd.DataFrame(kinds).sort_values("districts", ascending=False, kind="stable", ignore_index=True)


def followed(inputs: Inputs) -> Section:
    """Say what became of the problems of the last period."""
    title = "上期问题整改销号"
    if inputs.before is None:
        said = say("bulletin.first")
        return Section("followed", title, finding=said, body=(absent(said, tables=1),))
    states = inputs.common.followed
    said = followed_up(follow_up.counted(states))
    unit = inputs.place.unit_word
    every = report_table("follow_up", follow_up_rows(states.loc[states["state"] != "new"], inputs.names), unit=unit)
    settled = _settled(states, inputs.names)
    body: list[Any] = [say("bulletin.closed", units=settled)] if settled else []
    kept = states.loc[states["state"].isin(["overdue", "returned", "open"])]
    if len(kept):
        table = report_table("still_open", follow_up_rows(kept.head(_MOST_ROWS), inputs.names), unit=unit)
        body += [say("bulletin.kept", n=len(kept)), table]
    whole = replace(every, annex=True)
    return Section("followed", title, finding=said, body=(*(body or [said]), whole), numbers={"states": states})


def _settled(states: pd.DataFrame, names: pd.Series) -> list[str]:
    """Name the districts that settled most of what was raised, each with how many."""
    closed = districts_of(states.loc[states["state"] == "closed"]).map(names).value_counts().head(_NAMED)
    return [f"{name}（{count} 个）" for name, count in closed.items()]


def ledger(inputs: Inputs) -> Section:
    """Say how the ledger of rectification stands, and tasks and commitments by level."""
    if inputs.lacks("tasks"):
        return not_provided("ledger", "", "tasks", inputs=inputs, tables=2)
    listed = follow_up.rectified(inputs.tables, inputs.now)
    if len(listed):
        body: list[Any] = [
            "## 整改台账", rectified(listed), report_table("rectified", rectified_rows(listed, inputs.names))
        ]  # fmt: skip
    else:
        # Where nobody keeps such a ledger, what was looked at again above is all there is.
        body = [replace(absent("没有整改台账。", tables=1), told=False)]
    levels = labelled(follow_up.ledger_by_level(inputs.tables, inputs.now), "owner_level", "owner_level", into="owner")
    body += ["## 任务与承诺", report_table("ledger_by_level", levels)]
    return Section("ledger", "", body=(*body, *in_vain(inputs)), numbers={"unmoved": shortages.unmoved_tasks(inputs)})


def in_vain(inputs: Inputs) -> Iterator[Any]:
    """Name the tasks that are done in the ledger though their indicator did not get better."""
    found = shortages.unmoved_tasks(inputs)
    if found.empty:
        return
    yield say("bulletin.unmoved", n=len(found), units=found["unit_code"].nunique())
    values = {
        name: [quantity(value, unit) for value, unit in zip(found[name], found["unit"], strict=True)]
        for name in ("previous", "value")
    }
    table = report_table("tasks_unmoved", found.assign(**values, name=found["unit_code"].map(inputs.names)))
    if len(found) > _MOST_ROWS:
        yield replace(table, rows=table.rows[:_MOST_ROWS], note=f"只列前 {_MOST_ROWS} 项，全部见附件。")
    yield replace(table, annex=len(found) > _MOST_ROWS)


def sentence(found: pd.DataFrame) -> str:
    """Say how many problems there are; ``found`` has a column ``severity``."""
    if found.empty:
        return say("problems.none")
    severe = int((found["severity"] == "severe").sum())
    return say("problems.some" if severe else "problems.mild", n=len(found), severe=severe)


def districts_of(found: pd.DataFrame) -> pd.Series:
    """Return the district of every problem, one that several share once for each of them."""
    sharing = [(one, *others) for one, others in zip(found["district_code"], found["shared_with"], strict=True)]
    return pd.Series(sharing, index=found.index, dtype=object).explode()


def whose(found: pd.DataFrame, names: pd.Series) -> list[str]:
    """Return what lists call the districts whose problem it is: 东街道、西街道."""
    pairs = zip(found["district_code"], found["shared_with"], strict=True)
    return ["、".join(str(names[code]) for code in (one, *others)) for one, others in pairs]


def rows(found: pd.DataFrame, inputs: Inputs) -> pd.DataFrame:
    """Return the problem list numbered, with labels, and by when each is to be put right from now on."""
    return found.assign(
        number=range(1, len(found) + 1),
        severity=found["severity_label"],
        due=[pd.Timestamp(due(inputs, row)) for row in found.itertuples()],
        problem=found["title"],
        owner=found["owner_level"].map(lambda key: catalogue.label("owner_level", key)),
    )


def followed_up(counts: pd.Series) -> str:
    """Say how many problems are in each state, as from ``follow_up.counted``."""
    last, now = (
        "、".join(f"{catalogue.label('problem_state', key)} {counts[key]:,d} 个" for key in keys if counts[key])
        for keys in (("closed", "open", "overdue", "returned"), ("again", "new"))
    )
    parts = [say(f"bulletin.{key}", states=states) for key, states in (("last", last), ("now", now)) if states]
    return f"{'；'.join(parts)}。" if parts else say("bulletin.nothing")


def follow_up_rows(found: pd.DataFrame, names: pd.Series) -> pd.DataFrame:
    """Return the rows of the table ``follow_up``; frame as from ``follow_up.followed_up``."""
    return found.assign(
        number=range(1, len(found) + 1),
        name=whose(found, names),
        problem=found["title"],
        owner=found["owner_level"].map(lambda key: catalogue.label("owner_level", key)),
        state=found["state"].map(lambda key: catalogue.label("problem_state", key)),
    )


def rectified(found: pd.DataFrame) -> str:
    """Say how the rectification ledger stands, as from ``follow_up.rectified``."""
    states = found["state"].value_counts().reindex(list(catalogue.load("codes")["rectification_state"]), fill_value=0)
    return say("bulletin.ledger", tasks=len(found), **{state: int(count) for state, count in states.items()})


def rectified_rows(found: pd.DataFrame, names: pd.Series) -> pd.DataFrame:
    """Return the rows of the table ``rectified``; frame as from ``follow_up.rectified``."""
    states = found["state"].map(lambda key: catalogue.label("rectification_state", key))
    return found.assign(name=found["unit_code"].map(names), state=states)


def steps_slide(found: pd.DataFrame, *, unit: str) -> Slide:
    """Say how many problems are to be fixed; ``found`` as from ``problems.find_problems``."""
    severe, where = int((found["severity"] == "severe").sum()), districts_of(found).nunique()
    head = say("slide.next_steps", n=len(found), severe=severe)
    lead = say("slide.next_steps_lead", where=where, unit=unit)
    evidence = [f"{row.title}：{row.evidence}" for row in found.loc[found["severity"] == "severe"].itertuples()]
    return slide(head, lead=lead, notes=[escaped(one) for one in evidence])


def steps(found: pd.DataFrame) -> pd.DataFrame:
    """Return the problems one row a kind, the widest spread first, at most six: for the table ``slide_next_steps``."""
    rows = [_step(kind) for _, kind in found.groupby(["rule", "title"], sort=False)]
    columns = ["problem", "districts", "advice", "owner", "due", "severe"]
    table = pd.DataFrame(rows, columns=columns)
    return table.sort_values(["severe", "districts"], ascending=False, kind="stable", ignore_index=True).head(_STEPS)


def _step(kind: pd.DataFrame) -> dict[str, Any]:
    first = kind.iloc[0]
    return {
        "problem": first["title"],
        "districts": districts_of(kind).nunique(),
        # A slide has room for what to do; the report says how.
        "advice": first["advice"].partition("；")[0].rstrip("。"),
        "owner": catalogue.label("owner_level", first["owner_level"]),
        "due": kind["due"].min(),
        "severe": int((kind["severity"] == "severe").sum()),
    }
