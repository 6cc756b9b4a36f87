"""PURE: what it would take to reach a share by a day, from measured rates with their uncertainty."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, sqrt

# 95 % of a normal distribution.
Z = 1.96


@dataclass(frozen=True, slots=True)
class Rate:
    """A share that was measured: successes out of tries, with a Wilson interval (sound for few tries)."""

    successes: int
    tries: int

    @property
    def value(self) -> float | None:
        """The share itself."""
        return self.successes / self.tries if self.tries else None

    @property
    def interval(self) -> tuple[float, float]:
        """The interval that holds the true share in 95 of 100 cases; everything where nothing was tried."""
        if self.tries == 0:
            return 0.0, 1.0
        share, tries = self.successes / self.tries, self.tries
        centre = share + Z * Z / (2 * tries)
        spread = Z * sqrt(share * (1 - share) / tries + Z * Z / (4 * tries * tries))
        scale = 1 + Z * Z / tries
        return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)


@dataclass(frozen=True, slots=True)
class Measured:
    """What four weeks showed: how contacts become doses, who needs a car, how much a car carries."""

    doses_per_contact: Rate
    cars_per_dose: Rate
    escorts_per_dose: Rate
    doses_per_visit: Rate
    people_per_car_hour: float
    minutes_per_contact: float = 9.0
    car_hours_a_day: float = 6.0
    visits_per_escort_day: float = 6.0


@dataclass(frozen=True, slots=True)
class Range:
    """Low, expected and high; ``expected`` None where nothing was measured."""

    low: float
    expected: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Need:
    """What it would take, per day and in all."""

    people: int
    days: int
    contacts: Range
    call_hours_a_day: Range
    slots: Range
    car_trips: Range
    cars_a_day: Range
    escorts_a_day: Range


def needed(people: int, days: int, measured: Measured) -> Need:
    """Return what vaccinating so many people within so many days takes."""
    days = max(1, days)
    contacts = _divide(people, measured.doses_per_contact)
    slots = _divide(people, measured.doses_per_visit)
    trips = _times(slots, measured.cars_per_dose)
    escorts = _times(slots, measured.escorts_per_dose)
    hours = measured.minutes_per_contact / 60 / days
    # There and back: each trip seats someone twice.
    per_car = max(measured.people_per_car_hour, 0.1) * measured.car_hours_a_day
    return Need(
        people=people,
        days=days,
        contacts=_whole(contacts),
        call_hours_a_day=_scale(contacts, hours),
        slots=_whole(slots),
        car_trips=_whole(_scale(trips, 2)),
        cars_a_day=_whole(_scale(trips, 2 / days / per_car)),
        escorts_a_day=_whole(_scale(escorts, 1 / days / measured.visits_per_escort_day)),
    )


def _divide(people: int, rate: Rate) -> Range:
    low, high = rate.interval
    value = rate.value
    return Range(
        low=people / high if high else float(people),
        expected=people / value if value else None,
        high=people / low if low else None,
    )


def _times(amount: Range, rate: Rate) -> Range:
    low, high = rate.interval
    value = rate.value
    expected = None if amount.expected is None or value is None else amount.expected * value
    most = None if amount.high is None else amount.high * high
    return Range(amount.low * low, expected, most)


def _scale(amount: Range, by: float) -> Range:
    return Range(
        amount.low * by,
        None if amount.expected is None else amount.expected * by,
        None if amount.high is None else amount.high * by,
    )


def _whole(amount: Range) -> Range:
    return Range(
        ceil(amount.low - 1e-9),
        None if amount.expected is None else ceil(amount.expected - 1e-9),
        None if amount.high is None else ceil(amount.high - 1e-9),
    )


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who could be served next: how likely, how much it protects, how much time it takes."""

    entry_id: int
    stage: str
    age: int
    lives_alone: bool
    mobility: str


# Chance that an hour's work ends in a dose, and the staff hours it takes, by how far the person has come.
CHANCE = {"agreed": 0.85, "considering": 0.35, "to_contact": 0.25}
HOURS = {"agreed": 0.6, "considering": 1.2, "to_contact": 1.0}
EXTRA_HOURS = {"M2": 0.3, "M3": 0.5, "M4": 0.7, "M5": 0.7, "M6": 1.2}


def protection(age: int) -> float:
    """Return how much a dose protects against dying, against one at 80: risk doubles every seven years."""
    return float(2 ** ((max(age, 80) - 80) / 7))


def gain_per_hour(one: Candidate) -> float:
    """Return the protection that an hour spent on this person is expected to give."""
    chance = CHANCE.get(one.stage, 0.0)
    hours = HOURS.get(one.stage, 1.0) + EXTRA_HOURS.get(one.mobility, 0.0)
    alone = 1.2 if one.lives_alone else 1.0
    return chance * protection(one.age) * alone / hours
