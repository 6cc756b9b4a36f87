"""What a change of rules would do: who changes and how, before anything is applied."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from outreach.campaigns.dose_facts import Assessment, DatedRule, ForecastStatus, Person
from outreach.campaigns.dose_rules import assess
from outreach.campaigns.rule_set import RuleSet


class ChangeKind(StrEnum):
    """In what way someone would stand differently."""

    BECOMES_DUE = "becomes_due"
    NO_LONGER_DUE = "no_longer_due"
    STATUS = "status"
    EARLIER = "earlier"
    LATER = "later"
    PAST_DUE = "past_due"
    NEXT_DOSE = "next_dose"
    DOSE_VALIDITY = "dose_validity"


@dataclass(frozen=True, slots=True)
class PersonChange:
    """One person before and after; ``key`` is the caller's name for the person."""

    key: int
    before: Assessment
    after: Assessment
    kinds: frozenset[ChangeKind]


def changes_between(
    old: RuleSet, new: RuleSet, people: Iterable[tuple[int, Person]], *, as_of: date
) -> Iterator[PersonChange]:
    """Yield everyone whom ``new`` would move, one at a time, so that a city fits into memory."""
    for key, person in people:
        before = assess(person, old, as_of=as_of)
        after = assess(person, new, as_of=as_of)
        kinds = frozenset(_kinds(before, after))
        if kinds:
            yield PersonChange(key, before, after, kinds)


def _kinds(before: Assessment, after: Assessment) -> Iterator[ChangeKind]:
    was, now = before.forecast, after.forecast
    if was.status is not now.status:
        yield ChangeKind.STATUS
        if now.status is ForecastStatus.NOT_COMPLETE:
            yield ChangeKind.BECOMES_DUE
        if was.status is ForecastStatus.NOT_COMPLETE:
            yield ChangeKind.NO_LONGER_DUE
    if was.earliest and now.earliest and was.earliest.on != now.earliest.on:
        sooner = now.earliest.on < was.earliest.on
        yield ChangeKind.EARLIER if sooner else ChangeKind.LATER
    if _day(was.past_due) != _day(now.past_due):
        yield ChangeKind.PAST_DUE
    if (was.number, was.label) != (now.number, now.label):
        yield ChangeKind.NEXT_DOSE
    if [e.outcome for e in before.evaluations] != [e.outcome for e in after.evaluations]:
        yield ChangeKind.DOSE_VALIDITY


def _day(dated: DatedRule | None) -> date | None:
    return dated.on if dated else None
