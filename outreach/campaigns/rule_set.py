"""The shape of a rule set: what a pack may say of one vaccine in one jurisdiction."""

from __future__ import annotations

import re
from datetime import date
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    model_validator,
)

from outreach.kernel.dates import Period, add_months

_DOSE_REFERENCE = re.compile(r"dose ([1-9]\d?)")


def _read_period(value: object) -> object:
    return Period.parse(value) if isinstance(value, str) else value


def _read_month_day(value: object) -> date:
    # A leap year, so that 02-29 is a day; add_months moves it in other years.
    return date.fromisoformat(f"2000-{value}")


PeriodText = Annotated[Period, BeforeValidator(_read_period), PlainSerializer(str)]
MonthDay = Annotated[
    date, BeforeValidator(_read_month_day), PlainSerializer(lambda day: f"{day:%m-%d}")
]
Code = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=48)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class Text(_Part):
    """A name in the product's two languages."""

    zh: str
    en: str


class Source(_Part):
    """Where a figure was read, and whether the text itself was seen or is general knowledge."""

    title: str
    seen: Literal["text", "report", "general_knowledge"]
    published: date | None = None
    url: str = ""


class Product(_Part):
    """One product, or a kind of product whose maker was not written down."""

    code: Code
    kind: Code
    name: Text
    maker: str = ""
    aliases: tuple[str, ...] = ()
    from_age: PeriodText | None = None
    until_age: PeriodText | None = None
    source: str = ""


class AgeRule(_Part):
    """Ages of one dose. ``absolute`` is the age from which a given dose counts (minimum less grace)."""

    minimum: PeriodText | None = None
    absolute: PeriodText | None = None
    recommended: PeriodText | None = None
    past_due: PeriodText | None = None
    maximum: PeriodText | None = None
    source: str


class IntervalRule(_Part):
    """Time since an earlier dose: ``previous``, ``dose N``, or the latest of some products."""

    since: (
        Literal["previous"]
        | Annotated[str, Field(pattern=_DOSE_REFERENCE.pattern)]
        | tuple[Code, ...]
    )
    minimum: PeriodText
    absolute: PeriodText | None = None
    recommended: PeriodText | None = None
    past_due: PeriodText | None = None
    source: str

    @property
    def since_dose(self) -> int | None:
        """Return N of ``dose N``."""
        found = _DOSE_REFERENCE.fullmatch(self.since) if isinstance(self.since, str) else None
        return int(found[1]) if found else None


class Season(_Part):
    """A yearly season, served by a dose from ``starts`` to ``ends``; vaccine comes at ``offered_from``."""

    starts: MonthDay
    ends: MonthDay
    offered_from: MonthDay | None = None
    past_due: MonthDay | None = None
    source: str

    def containing_or_after(self, day: date) -> tuple[date, date]:
        """Return first and last day of the season that holds ``day``, else of the next one."""
        first = _in_year(self.starts, day.year - 1)
        while self._on_or_after(self.ends, first) < day:
            first = _in_year(self.starts, first.year + 1)
        return first, self._on_or_after(self.ends, first)

    def offered_on(self, first: date) -> date:
        """Return the day from which this season's vaccine can be had."""
        return first if self.offered_from is None else self._on_or_after(self.offered_from, first)

    def past_due_on(self, first: date) -> date | None:
        """Return the day from which someone without this season's dose is late."""
        return None if self.past_due is None else self._on_or_after(self.past_due, first)

    @staticmethod
    def _on_or_after(month_day: date, first: date) -> date:
        same_year = _in_year(month_day, first.year)
        return same_year if same_year >= first else _in_year(month_day, first.year + 1)


class DoseRule(_Part):
    """One dose of a series. ``reaches`` names what someone has who got it (full, booster …)."""

    label: Code
    reaches: Code | None = None
    accepts: tuple[Code, ...]
    prefers: tuple[Code, ...] = ()
    inadvertent: tuple[Code, ...] = ()
    age: AgeRule
    intervals: tuple[IntervalRule, ...] = ()
    season: Season | None = None
    repeats: bool = False
    source: str

    @model_validator(mode="after")
    def _repeats_need_a_season(self) -> Self:
        if self.repeats and self.season is None:
            raise ValueError("a dose that repeats needs a season")
        return self


class Series(_Part):
    """One way to be protected. The first series of a rule set is the default.

    ``for_conditions`` limits it to people with one of them; a series not ``open_to_new`` only
    continues what earlier doses began.
    """

    code: Code
    name: Text
    for_conditions: tuple[Code, ...] = ()
    open_to_new: bool = True
    doses: Annotated[tuple[DoseRule, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _only_the_last_repeats_and_references_look_back(self) -> Self:
        for number, dose in enumerate(self.doses, start=1):
            if dose.repeats and number < len(self.doses):
                raise ValueError(f"dose {dose.label} repeats but is not the last")
            for interval in dose.intervals:
                if interval.since_dose is not None and interval.since_dose >= number:
                    raise ValueError(f"dose {dose.label} counts from dose {interval.since_dose}")
        return self


class Conflict(_Part):
    """Two vaccines that disturb each other when given within days but not on the same day."""

    code: Code
    products: tuple[Code, ...]
    previous: tuple[Code, ...]
    minimum: PeriodText
    source: str


class InfectionRule(_Part):
    """How long after an infection a dose is put off."""

    minimum: PeriodText
    source: str


class SameDayRule(_Part):
    """Whether another vaccine may share the day, and how far apart they stand otherwise."""

    vaccine: Code
    allowed: bool
    days_apart: Annotated[int, Field(ge=0, le=366)] = 0
    from_age: PeriodText | None = None
    source: str


class RuleSet(_Part):
    """Dated, versioned, sourced rules for one vaccine in one jurisdiction.

    ``group`` is the name under which files of cases know the vaccine.
    """

    schema_version: Literal[1]
    code: Code
    version: Annotated[str, Field(pattern=r"^[0-9A-Za-z.\-]+$", max_length=24)]
    pack: Code
    jurisdiction: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    vaccine: Code
    group: str = ""
    name: Text
    valid_from: date
    valid_to: date | None = None
    month_rule: Literal["first_of_next_month"]
    grace_days: Annotated[int, Field(ge=0, le=7)]
    unrecorded_product: Literal["counts", "not_valid"]
    expired_dose: Literal["not_valid", "counts"]
    notes: tuple[str, ...] = ()
    sources: Annotated[dict[Code, Source], Field(min_length=1)]
    products: Annotated[tuple[Product, ...], Field(min_length=1)]
    series: Annotated[tuple[Series, ...], Field(min_length=1)]
    conflicts: tuple[Conflict, ...] = ()
    infection: InfectionRule | None = None
    same_day: tuple[SameDayRule, ...] = ()

    @model_validator(mode="after")
    def _dates_and_names_agree(self) -> Self:
        if self.valid_to is not None and self.valid_to < self.valid_from:
            raise ValueError("valid_to lies before valid_from")
        if self.series[0].for_conditions or not self.series[0].open_to_new:
            raise ValueError("the first series must be open to everyone")
        _no_name_twice("product", [product.code for product in self.products])
        _no_name_twice("series", [series.code for series in self.series])
        known = {product.code for product in self.products} | {
            product.kind for product in self.products
        }
        for series in self.series:
            _no_name_twice("dose", [dose.label for dose in series.doses])
            for dose in series.doses:
                named = {*dose.accepts, *dose.prefers, *dose.inadvertent}
                if named - known:
                    raise ValueError(f"dose {dose.label} names no product: {sorted(named - known)}")
        unknown = set(_sources_named(self)) - set(self.sources)
        if unknown:
            raise ValueError(f"no such source: {sorted(unknown)}")
        return self

    def product(self, code: str | None) -> Product | None:
        """Return the product of this code."""
        return next((product for product in self.products if product.code == code), None)

    def accepted_by(self, dose: DoseRule) -> tuple[str, ...]:
        """Return the codes of the products that ``dose`` accepts, by their own code or their kind."""
        known = self.accepted_codes.get(dose.accepts)
        return known if known is not None else self._accepted_codes_of(dose.accepts)

    @cached_property
    def accepted_codes(self) -> dict[tuple[Code, ...], tuple[str, ...]]:
        """Return what each dose accepts: asked several times per person of a hundred thousand."""
        doses = [dose for series in self.series for dose in series.doses]
        return {dose.accepts: self._accepted_codes_of(dose.accepts) for dose in doses}

    def _accepted_codes_of(self, accepts: tuple[Code, ...]) -> tuple[str, ...]:
        wanted = set(accepts)
        return tuple(p.code for p in self.products if p.code in wanted or p.kind in wanted)

    def in_force_on(self, day: date) -> bool:
        """Return whether these rules rule on ``day``."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


def _in_year(month_day: date, year: int) -> date:
    return add_months(month_day, (year - month_day.year) * 12)


def _no_name_twice(what: str, names: list[str]) -> None:
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise ValueError(f"{what} named twice: {repeated}")


def _sources_named(rules: RuleSet) -> list[str]:
    named = [conflict.source for conflict in rules.conflicts]
    named += [other.source for other in rules.same_day]
    named += [product.source for product in rules.products if product.source]
    if rules.infection is not None:
        named.append(rules.infection.source)
    for dose in (dose for series in rules.series for dose in series.doses):
        named += [dose.source, dose.age.source, *(interval.source for interval in dose.intervals)]
        if dose.season is not None:
            named.append(dose.season.source)
    return named
