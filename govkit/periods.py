"""A report period: what a zone names in zone.toml and every measure is taken over; and how long a norm is in force."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True)
class Period:
    """A report period by ``id`` and ``name``; ``start`` and ``end`` are its first and last day, both inside it."""

    id: str
    name: str
    start: date
    end: date


@dataclass(frozen=True)
class Term:
    """How long a norm is in force, both days inside; None where it has no beginning or no end."""

    first: date | None = None
    last: date | None = None

    def __str__(self) -> str:
        """Say how long it is in force.

        >>> str(Term(date(2021, 12, 27))), str(Term())
        ('2021-12-27 起施行', '')
        """
        ends = [f"{self.first} 起施行"] if self.first else []
        return "，".join(ends + ([f"{self.last} 止"] if self.last and self.last.year < date.max.year else []))

    def covers(self, period: Period) -> bool:
        """Whether a norm judges a period: it is in force for at least half of its days.

        >>> year = Period("2021", "2021年", date(2021, 1, 1), date(2021, 12, 31))
        >>> Term(date(2021, 4, 1)).covers(year), Term(date(2021, 12, 27)).covers(year)
        (True, False)
        """
        first = max(self.first or period.start, period.start)
        last = min(self.last or period.end, period.end)
        return 2 * ((last - first).days + 1) >= (period.end - period.start).days + 1

    def without(self, other: Term) -> list[Term]:
        """Return what is left of a time before and after another.

        >>> [str(one) for one in Term(date(2018, 1, 1)).without(Term(date(2025, 1, 1)))]
        ['2018-01-01 起施行，2024-12-31 止']
        """
        day = timedelta(days=1)
        before = Term(self.first, other.first - day) if other.first and (self.first or date.min) < other.first else None
        after = Term(other.last + day, self.last) if other.last and other.last < (self.last or date.max) else None
        return [one for one in (before, after) if one]


ALWAYS = Term()
