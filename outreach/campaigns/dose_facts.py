"""What the dose rules are told and what they answer: frozen facts in, frozen findings out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from outreach.kernel.dates import eligible_on

Fact = str | int | date | None


class BirthSurety(StrEnum):
    """How much of a birth date is known."""

    DAY = "day"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class Birth:
    """A birth date and how sure it is; only the sure part is used."""

    on: date
    sure: BirthSurety = BirthSurety.DAY

    @property
    def earliest(self) -> date:
        """Return the first day on which the person may have been born."""
        if self.sure is BirthSurety.YEAR:
            return date(self.on.year, 1, 1)
        return self.on.replace(day=1) if self.sure is BirthSurety.MONTH else self.on

    @property
    def latest(self) -> date:
        """Return the last day on which the person may have been born."""
        if self.sure is BirthSurety.YEAR:
            return date(self.on.year, 12, 31)
        if self.sure is BirthSurety.MONTH:
            last = next(day for day in (31, 30, 29, 28) if _exists(self.on, day))
            return self.on.replace(day=last)
        return self.on

    def surely_turns(self, years: int) -> date:
        """Return the day from which the person has surely turned ``years``."""
        return eligible_on(self.latest, years)


@dataclass(frozen=True, slots=True)
class DoseGiven:
    """One injection as recorded. ``product`` is None where nobody wrote it down."""

    vaccine: str
    given_on: date
    product: str | None = None
    expires_on: date | None = None
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Infection:
    """An infection with the disease that ``vaccine`` protects against."""

    vaccine: str
    on: date


class DecisionKind(StrEnum):
    """What a clinician can decide."""

    CONTRAINDICATED = "contraindicated"
    DEFERRED = "deferred"


@dataclass(frozen=True, slots=True)
class Decision:
    """A clinician's decision in force; ``vaccine`` None means all, ``until`` None means until reviewed."""

    kind: DecisionKind
    code: str
    decided_on: date
    until: date | None = None
    vaccine: str | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """All that the rules may know of someone; a birth of None is an unknown one."""

    birth: Birth | None
    sex: str = "unknown"
    doses: tuple[DoseGiven, ...] = ()
    infections: tuple[Infection, ...] = ()
    decisions: tuple[Decision, ...] = ()
    conditions: frozenset[str] = frozenset()


class Outcome(StrEnum):
    """What a given dose counts for."""

    VALID = "valid"
    NOT_VALID = "not_valid"
    EXTRANEOUS = "extraneous"


class ReasonCode(StrEnum):
    """Why a dose does not count, or what to know of one that does; worded elsewhere in zh and en."""

    AGE_TOO_YOUNG = "age_too_young"
    AGE_TOO_OLD = "age_too_old"
    INTERVAL_TOO_SHORT = "interval_too_short"
    CONFLICT = "conflict"
    PRODUCT_UNKNOWN = "product_unknown"
    PRODUCT_NOT_RECORDED = "product_not_recorded"
    PRODUCT_MAY_NOT_FOLLOW = "product_may_not_follow"
    PRODUCT_NOT_FOR_AGE = "product_not_for_age"
    INADVERTENT = "inadvertent"
    AFTER_EXPIRY = "after_expiry"
    DUPLICATE_SAME_DAY = "duplicate_same_day"
    BEFORE_BIRTH = "before_birth"
    IN_FUTURE = "in_future"
    SERIES_COMPLETE = "series_complete"
    ALREADY_THIS_SEASON = "already_this_season"
    SHORTER_THAN_USUAL = "shorter_than_usual"
    SOON_AFTER_INFECTION = "soon_after_infection"
    AGE_UNSURE = "age_unsure"
    BIRTH_UNKNOWN = "birth_unknown"


@dataclass(frozen=True, slots=True)
class Reason:
    """A code and the figures that fill its sentence."""

    code: ReasonCode
    rule: str = ""
    facts: Mapping[str, Fact] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DoseEvaluation:
    """What one recorded dose counts for, and why; ``number`` is its place in the series when valid."""

    dose: DoseGiven
    outcome: Outcome
    number: int | None = None
    label: str | None = None
    reasons: tuple[Reason, ...] = ()
    cautions: tuple[Reason, ...] = ()


class ForecastStatus(StrEnum):
    """Where someone stands with one vaccine on one day."""

    NOT_COMPLETE = "not_complete"
    NOT_DUE = "not_due"
    COMPLETE = "complete"
    DEFERRED = "deferred"
    CONTRAINDICATED = "contraindicated"
    AGED_OUT = "aged_out"
    NOT_ELIGIBLE = "not_eligible"


class DateCode(StrEnum):
    """Which kind of rule made a date; worded elsewhere in zh and en."""

    MINIMUM_AGE = "minimum_age"
    RECOMMENDED_AGE = "recommended_age"
    LATEST_AGE = "latest_age"
    MINIMUM_INTERVAL = "minimum_interval"
    RECOMMENDED_INTERVAL = "recommended_interval"
    LATEST_INTERVAL = "latest_interval"
    SEASON = "season"
    LATEST_IN_SEASON = "latest_in_season"
    INFECTION = "infection"
    OTHER_VACCINE = "other_vaccine"
    CONFLICT = "conflict"
    CLINICIAN = "clinician"
    ANY_TIME = "any_time"


@dataclass(frozen=True, slots=True)
class DatedRule:
    """A date and the rule behind it: rule id, rule set and version, source, and the figures to word it."""

    on: date
    code: DateCode
    rule: str
    rule_set: str
    version: str
    source: str
    facts: Mapping[str, Fact] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Forecast:
    """The next dose: status, number, dates, and the products that may be used."""

    status: ForecastStatus
    series: str
    number: int | None = None
    label: str | None = None
    earliest: DatedRule | None = None
    recommended: DatedRule | None = None
    past_due: DatedRule | None = None
    reopens: DatedRule | None = None
    decision: Decision | None = None
    products: tuple[str, ...] = ()
    preferred: tuple[str, ...] = ()
    constraints: tuple[DatedRule, ...] = ()
    cautions: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Assessment:
    """Evaluation and forecast of one person under one rule set on one day."""

    rule_set: str
    version: str
    as_of: date
    evaluations: tuple[DoseEvaluation, ...]
    reached: str | None
    forecast: Forecast

    @property
    def valid_doses(self) -> int:
        """Return how many doses count."""
        return sum(found.outcome is Outcome.VALID for found in self.evaluations)


def _exists(day: date, number: int) -> bool:
    try:
        day.replace(day=number)
    except ValueError:
        return False
    return True
