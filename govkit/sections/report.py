"""A report in a notebook: one door to every section of a district or of a whole zone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from govkit.display.front import Cover, cover
from govkit.display.tables.table import Table
from govkit.display.words.language import Speaker
from govkit.errors import UnknownNameError
from govkit.sections import (
    duties,
    facilities,
    funds,
    grids,
    ledgers,
    matters,
    national,
    own_text,
    pilot,
    problems,
    ranks,
    ratings,
    scores,
    services,
    situation,
    sources,
    townships,
)
from govkit.sections.chapters import achievements, brief, causes, key_figures, overall, shortfalls
from govkit.sections.inputs import Inputs
from govkit.sections.language import cover_in_language, in_language, speaker_of
from govkit.sections.section import Section
from govkit.sections.shared import Shared, kept_numbers
from govkit.sections.words import localised
from govkit.zone import memory
from govkit.zone.zone import Zone

# Frames of the shared numbers that name units of other districts, and the column that does.
_OTHERS = (("near", "name"), ("partners", "name"), ("partners", "partner"))
# Of a longer table (a county's villages) paper names the place: all rows are in the web page and the workbook.
_MOST_ON_PAPER = 100
# Sections that print the words of files and of the catalogue.
_AS_THEY_STAND = ("checked", "definitions", "own_text", "sources")


@dataclass(frozen=True, eq=False)
class Report:
    """A report of a district or a whole zone: a method a section, each returning a frozen ``Section``.

    ``values`` (``inputs``) are what all sections are made of. ``section.show()`` shows one with its heading.
    """

    values: Inputs

    @property
    def inputs(self) -> Inputs:
        """The values, and from here on what is drawn speaks the language of this report."""
        _ = self._speaker
        return self.values

    def cover(self, title: str) -> Cover:
        """Return the title page of a document called ``title``."""
        place, period = self.inputs.place, self.inputs.now.name
        made = cover(place.front, title=title, district=place.name, code=place.shown_code, period=period)
        return cover_in_language(made, self._speaker)

    def section(self, name: str) -> Section:
        """Return one section by name; UnknownNameError with the nearest names."""
        if name not in SECTIONS:
            raise UnknownNameError("报告内容", name, SECTIONS)
        return getattr(self, name)()

    def text(self, file: str) -> Section:
        """Return a text of the zone's ``report/`` folder, its blanks filled; UnknownNameError with the nearest."""
        return self._of(own_text.own_text(self.inputs, file))

    def _of(self, section: Section) -> Section:
        """Mark a section with the unit of this report; say it in the report's language, and in its place's words."""
        said = in_language(section, self._speaker)
        if self._speaker is None:
            said = sources.with_sources(said, self.values)
        if self._speaker is None and section.id not in _AS_THEY_STAND:
            body, annex = (tuple(localised(item, self.values) for item in items) for items in (said.body, said.annex))
            said = replace(said, body=body, annex=annex, finding=localised(said.finding, self.values))
        body = tuple(
            replace(item, annex=True) if isinstance(item, Table) and len(item.rows) > _MOST_ON_PAPER else item
            for item in said.body
        )
        return replace(said, body=body).sealed(self.inputs.place.code, (self.inputs.now.id, self.inputs.now.name))

    @property
    def _speaker(self) -> Speaker | None:
        """Who says the report in its language, None for Chinese."""
        return speaker_of(self.values.place, *self._near, items=getattr(self.values.common, "items", None))

    @property
    def _near(self) -> tuple[str, ...]:
        """Names of units it speaks of that are not its own: those beside it in rank and the partners of its own."""
        shown = ((getattr(self.values.common, one, None), key) for one, key in _OTHERS)
        return tuple(str(name) for frame, key in shown if frame is not None and key in frame for name in frame[key])

    def brief(self) -> Section:
        """One page: what went best, what is worst, what is to be decided, six figures, three steps."""
        return self._of(brief.brief(self.inputs))

    def overall(self) -> Section:
        """一、总体情况: the score, what moved it and what it loses by."""
        return self._of(overall.overall(self.inputs))

    def achievements(self) -> Section:
        """二、主要成效: targets reached and clear gains, with those who did it."""
        return self._of(achievements.achievements(self.inputs))

    def shortfalls(self) -> Section:
        """三、存在问题: what is to be put right, where, how much and since when."""
        return self._of(shortfalls.shortfalls(self.inputs))

    def causes(self) -> Section:
        """四、原因分析: only what the data carry."""
        return self._of(causes.causes(self.inputs))

    def next_steps(self) -> Section:
        """五、下一步工作: what, where, for how much, by whom and by when."""
        return self._of(shortfalls.next_steps(self.inputs))

    def summary(self) -> Section:
        """What a leader reads first: where it stands, what is strong and weak, how many problems."""
        return self._of(brief.summary(self.inputs))

    def situation(self) -> Section:
        """What the place consists of: ground, people, communities, grids."""
        return self._of(situation.situation(self.inputs))

    def townships(self) -> Section:
        """A county by its 乡镇."""
        return self._of(townships.townships(self.inputs))

    def facilities(self) -> Section:
        """Who meets the facility standards, what is lacking and what it costs."""
        return self._of(ledgers.with_views(facilities.facilities(self.inputs), self.inputs, "facilities"))

    def national(self) -> Section:
        """Premises and staff against the national yardsticks."""
        return self._of(national.national(self.inputs))

    def life_circle(self) -> Section:
        """What share of the residents lives within each life circle."""
        return self._of(facilities.life_circle(self.inputs))

    def grids(self) -> Section:
        """Whether the grids cover the ground without gap or overlap."""
        return self._of(ledgers.with_views(grids.grids(self.inputs), self.inputs, "grids"))

    def matters(self) -> Section:
        """How many matters were settled, where and how fast."""
        return self._of(matters.matters(self.inputs))

    def services(self) -> Section:
        """How far needs are met in the community."""
        return self._of(ledgers.with_views(services.services(self.inputs), self.inputs, "services"))

    def satisfaction(self) -> Section:
        """How satisfied those asked are, against the target."""
        return self._of(services.satisfaction(self.inputs))

    def funds(self) -> Section:
        """What came in, what was spent on what, and what lay outside the purposes."""
        return self._of(ledgers.with_views(funds.funds(self.inputs), self.inputs, "funds"))

    def norms(self) -> Section:
        """Which funding norms are met."""
        return self._of(funds.norms(self.inputs))

    def duties(self) -> Section:
        """How the tasks on three levels stand."""
        return self._of(ledgers.with_views(duties.duties(self.inputs), self.inputs, "duties"))

    def checklists(self) -> Section:
        """How far the lists of institutions are carried out."""
        return self._of(duties.checklists(self.inputs))

    def plans(self) -> Section:
        """How far the plans are carried out, step by step."""
        return self._of(duties.plans(self.inputs))

    def staff(self) -> Section:
        """How the staff stand on their ladders, and whose pay is below the floor."""
        return self._of(ledgers.with_views(duties.staff(self.inputs), self.inputs, "staff", first=True))

    def systems(self) -> Section:
        """What the ledgers of published systems hold."""
        return self._of(ledgers.systems(self.inputs))

    def registers(self) -> Section:
        """The ledgers that are listed row by row."""
        return self._of(ledgers.registers(self.inputs))

    def by_type(self) -> Section:
        """Types of community side by side."""
        return self._of(ledgers.by_type(self.inputs))

    def left_out(self) -> Section:
        """Which optional tables were not provided."""
        return self._of(ledgers.left_out(self.inputs))

    def scores(self) -> Section:
        """A district's score as a tree, leaf by leaf, and what moved it."""
        return self._of(scores.scores(self.inputs))

    def ranks(self) -> Section:
        """All districts by rank, on a map, and how they moved."""
        return self._of(ranks.ranks(self.inputs))

    def reliability(self) -> Section:
        """How far the ranking holds."""
        return self._of(ranks.reliability(self.inputs))

    def comparability(self) -> Section:
        """Whether the periods compare, and what is doubtful about the scheme."""
        return self._of(ranks.comparability(self.inputs))

    def ratings(self) -> Section:
        """What residents, levels above and both sides think of each other."""
        return self._of(ratings.ratings(self.inputs))

    def experts(self) -> Section:
        """How far the experts agree."""
        return self._of(ratings.experts(self.inputs))

    def pilot(self) -> Section:
        """What the pilot did, against the communities beside it."""
        return self._of(pilot.pilot(self.inputs))

    def problems(self) -> Section:
        """What is to be put right, by whom and by when."""
        return self._of(problems.problems(self.inputs))

    def bulletin_summary(self) -> Section:
        """What a bulletin says first: scores, problems, what became of the last ones."""
        return self._of(brief.bulletin(self.inputs))

    def followed(self) -> Section:
        """What became of the problems of the last period."""
        return self._of(problems.followed(self.inputs))

    def ledger(self) -> Section:
        """How the ledger of rectification stands."""
        return self._of(problems.ledger(self.inputs))

    def by_district(self) -> Section:
        """The problems district by district."""
        return self._of(problems.by_district(self.inputs))

    def overview_map(self) -> Section:
        """The interactive map that shows everything together."""
        return self._of(situation.overview_map(self.inputs))

    def key_figures(self) -> Section:
        """The large numbers and how each moved."""
        return self._of(key_figures.key_figures(self.inputs))

    def attained(self) -> Section:
        """The slides of the facility standards."""
        return self._of(facilities.attained(self.inputs))

    def score_slides(self) -> Section:
        """The slides of scores and of their change."""
        return self._of(ranks.score_slides(self.inputs))

    def ranking_slides(self) -> Section:
        """The slide of the ranking."""
        return self._of(ranks.ranking_slides(self.inputs))

    def sources(self) -> Section:
        """Which files the numbers come from."""
        return self._of(sources.sources(self.inputs))

    def checked(self) -> Section:
        """What was wrong with the files."""
        return self._of(sources.checked(self.inputs))

    def definitions(self) -> Section:
        """How each measure is defined."""
        return self._of(sources.definitions(self.inputs))


# Every section by name.
SECTIONS = tuple(
    name for name, made in vars(Report).items() if getattr(made, "__annotations__", {}) == {"return": "Section"}
)


def open_report(zone: str | Path | Zone, district: str | int | None = None, period: str | None = None) -> Report:
    """Open the report of a district (code or name), or of the whole zone where none is named, for one period.

    ``zone`` is a zone folder or an open zone; ``period`` an id or a name, the last one where none is given. Raises
    UnknownNameError with the nearest names.
    """
    if isinstance(zone, Zone):
        return _report(zone, district, kept_numbers(zone, period or zone.settings.periods[-1].id))
    folder = Path(zone)
    area = memory.kept(folder) or _read(folder)
    now = area.period(period or area.settings.periods[-1].id)
    code = area.code_and_name(district)[0] if district is not None else ""
    memory.taken("report", folder, district=code, period=now.id)
    return _report(area, district, memory.shared(folder, now.id) or kept_numbers(area, now.id))


def _read(folder: Path) -> Zone:
    # A process of a batch has its zone, and need not import what reads files.
    from govkit.zone.opening import read_zone

    return read_zone(folder)


def _report(zone: Zone, district: str | int | None, shared: Shared) -> Report:
    if district is None:
        return Report(Inputs(zone, shared))
    place = zone.district(district)
    return Report(Inputs(place, shared.of(place.unit_code)))
