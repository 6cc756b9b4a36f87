"""PURE: sums of people by status, coverage with honest bounds, pace to a target, age bands."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date

from outreach.kernel.dates import add_months, age_on
from outreach.ledger.codes import EntryStatus
from outreach.oversight.codes import AGE_FROM, BESIDE, PARTS, STATUSES_OF, Figure

TOP_AGE = 200


@dataclass(frozen=True, slots=True)
class Counts:
    """People of a unit by status; ``unknown`` is part of ``to_contact``, ``elsewhere`` of nothing."""

    not_yet_eligible: int = 0
    to_contact: int = 0
    considering: int = 0
    agreed: int = 0
    booked: int = 0
    vaccinated: int = 0
    deferred: int = 0
    exempt: int = 0
    declined: int = 0
    unreachable: int = 0
    moved: int = 0
    deceased: int = 0
    unknown: int = 0
    elsewhere: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(getattr(self, n) + getattr(other, n) for n in COLUMNS))

    def __sub__(self, other: Counts) -> Counts:
        return Counts(*(getattr(self, n) - getattr(other, n) for n in COLUMNS))

    def __bool__(self) -> bool:
        return any(getattr(self, name) for name in COLUMNS)

    def of(self, figure: Figure) -> int:
        """Return the people of a figure."""
        if figure in {Figure.UNKNOWN, Figure.ELSEWHERE}:
            return int(getattr(self, figure))
        return sum(int(getattr(self, status)) for status in STATUSES_OF[figure])

    @property
    def denominator(self) -> int:
        """Everyone who counts for coverage."""
        return self.of(Figure.DENOMINATOR)

    @property
    def due(self) -> int:
        """The open part of the denominator."""
        return self.of(Figure.DUE)

    @property
    def struck_off(self) -> int:
        """Lines that are closed."""
        return self.vaccinated + self.exempt

    @property
    def coverage(self) -> float | None:
        """Vaccinated people as a share of the denominator; None when there is nobody."""
        return share(self.vaccinated, self.denominator)

    @property
    def finished(self) -> float | None:
        """Work that is finished: an informed no and a deferral count as well as a dose (moment 6e)."""
        done = self.struck_off + self.deferred + self.declined
        return share(done, self.denominator)

    @property
    def unsure(self) -> int:
        """People of whom nobody can say today whether they are vaccinated."""
        return self.unknown + self.unreachable + self.moved

    @property
    def bounds(self) -> tuple[float, float] | None:
        """Coverage when none, and when all, of the unsure are vaccinated."""
        lowest = self.coverage
        highest = share(self.vaccinated + self.unsure, self.denominator)
        return None if lowest is None or highest is None else (lowest, highest)


COLUMNS = tuple(field.name for field in fields(Counts))
NOBODY = Counts()


def total(parts: Iterable[Counts]) -> Counts:
    """Return the sum of parts."""
    whole = NOBODY
    for part in parts:
        whole += part
    return whole


def counted(status: EntryStatus, people: int, *, unknown: int = 0) -> Counts:
    """Return counts that hold people of one status alone."""
    return Counts(**{str(status): people, "unknown": unknown})


def share(part: int, whole: int) -> float | None:
    """Return part / whole, or None when there is no whole."""
    return part / whole if whole else None


def sums_hold(counts: Counts) -> bool:
    """Whether the parts of a row sum to its denominator and with those beside to its ledger."""
    parts = sum(counts.of(figure) for figure in PARTS)
    beside = sum(counts.of(f) for f in BESIDE if f is not Figure.ELSEWHERE)
    return (
        parts == counts.denominator
        and parts + beside == counts.of(Figure.LEDGER)
        and 0 <= counts.unknown <= counts.to_contact
    )


def age_band(born_on: date | None, day: date) -> str:
    """Return the age band of a person on a day."""
    if born_on is None:
        return "unknown"
    age = age_on(day, born_on=born_on)
    return next((code for code, start in reversed(AGE_FROM) if age >= start), "under_80")


def born_after(day: date, years: int) -> date:
    """Return the last birthday-less day: whoever is born after it is younger than ``years`` on ``day``.

    Someone of 29 February comes of age on 1 March, so a day whose anniversary exists decides alone.
    """
    limit = add_months(day, -12 * years)
    # add_months moves a 29 February without an anniversary to 1 March; nobody born that day is of age yet.
    return date(limit.year, 2, 28) if (day.month, day.day) != (limit.month, limit.day) else limit


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast people are vaccinated against how fast a target asks for it."""

    needed: int
    days_left: int
    needed_per_day: float | None
    measured_per_day: float
    reached_on: date | None

    @property
    def is_on_course(self) -> bool:
        """Whether the measured pace is enough."""
        return self.needed == 0 or (
            self.needed_per_day is not None and self.measured_per_day >= self.needed_per_day
        )


def needed_for(counts: Counts, goal: float) -> int:
    """Return how many more people must be vaccinated for the share ``goal`` of the denominator."""
    # In whole people: 0.9 of 10 is 9, whatever binary fractions make of it.
    wanted = -((-round(goal * 10_000) * counts.denominator) // 10_000)
    return max(0, wanted - counts.vaccinated)


def pace(counts: Counts, *, goal: float, by: date, day: date, measured_per_day: float) -> Pace:
    """Return what reaching ``goal`` by a date takes, against what is measured."""
    needed = needed_for(counts, goal)
    days_left = max(0, (by - day).days)
    reached = None
    if needed == 0:
        reached = day
    elif measured_per_day > 0:
        days = -(-needed // measured_per_day)
        reached = date.fromordinal(day.toordinal() + int(days)) if days < 36_500 else None
    return Pace(
        needed=needed,
        days_left=days_left,
        needed_per_day=needed / days_left if days_left else None,
        measured_per_day=measured_per_day,
        reached_on=reached,
    )
