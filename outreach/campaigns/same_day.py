"""Which vaccines may share one trip: what the rules of both sides say of a common day (moment 2e)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import combinations

from outreach.campaigns.dose_facts import Assessment, Person
from outreach.campaigns.rule_set import RuleSet, SameDayRule


class SameDay(StrEnum):
    """Whether two vaccines may be given on one day."""

    ALLOWED = "allowed"
    APART = "apart"
    TOO_YOUNG = "too_young"
    NOT_STATED = "not_stated"


@dataclass(frozen=True, slots=True)
class PairVerdict:
    """What the rules say of two vaccines on one day, with the rule and source behind it."""

    vaccines: tuple[str, str]
    verdict: SameDay
    days_apart: int = 0
    rule: str = ""
    source: str = ""

    @property
    def may_share(self) -> bool:
        """Return whether both may be given on the same day; silence of the rules is no permission."""
        return self.verdict is SameDay.ALLOWED


@dataclass(frozen=True, slots=True)
class SharedDay:
    """The vaccines that one trip may serve, and the pairs that may not meet."""

    on: date
    together: tuple[str, ...]
    refused: tuple[PairVerdict, ...] = ()


def pair_verdict(one: RuleSet, other: RuleSet, *, person: Person, on: date) -> PairVerdict:
    """Return what both rule sets say of their two vaccines on one day; the stricter side rules."""
    sayings = [
        (rules, saying)
        for rules, counterpart in ((one, other), (other, one))
        for saying in rules.same_day
        if saying.vaccine == counterpart.vaccine
    ]
    verdicts = [_verdict(rules, saying, (one, other), person, on) for rules, saying in sayings]
    silent = PairVerdict((one.vaccine, other.vaccine), SameDay.NOT_STATED)
    refusals = [verdict for verdict in verdicts if not verdict.may_share]
    if refusals:
        return max(refusals, key=lambda verdict: verdict.days_apart)
    return verdicts[0] if verdicts else silent


def shareable_on(
    assessments: Mapping[str, Assessment],
    rule_sets: Mapping[str, RuleSet],
    *,
    person: Person,
    on: date,
    order: Sequence[str],
) -> SharedDay:
    """Return what one trip on ``on`` may serve, taking vaccines in ``order`` while none forbids another.

    A vaccine takes part when its forecast allows the day, so never against a clinician's word.
    """
    due = [vaccine for vaccine in order if _is_due(assessments[vaccine], on)]
    verdicts = {
        frozenset(pair): pair_verdict(rule_sets[pair[0]], rule_sets[pair[1]], person=person, on=on)
        for pair in combinations(due, 2)
    }
    together: list[str] = []
    refused: list[PairVerdict] = []
    for vaccine in due:
        against = [verdicts[frozenset((vaccine, other))] for other in together]
        blocking = [verdict for verdict in against if not verdict.may_share]
        if blocking:
            refused += blocking
        else:
            together.append(vaccine)
    return SharedDay(on, tuple(together), tuple(refused))


def _is_due(assessment: Assessment, on: date) -> bool:
    # The earliest day already waits for a clinician's deferral; without a day nothing may be given.
    forecast = assessment.forecast
    return forecast.earliest is not None and forecast.earliest.on <= on


def _verdict(
    rules: RuleSet,
    saying: SameDayRule,
    pair: tuple[RuleSet, RuleSet],
    person: Person,
    on: date,
) -> PairVerdict:
    vaccines = (pair[0].vaccine, pair[1].vaccine)
    name = f"{rules.code}/same-day/{saying.vaccine}"
    if not saying.allowed:
        return PairVerdict(vaccines, SameDay.APART, saying.days_apart, name, saying.source)
    if saying.from_age is not None:
        birth = person.birth
        if birth is None or on < saying.from_age.after(birth.latest):
            return PairVerdict(vaccines, SameDay.TOO_YOUNG, 0, name, saying.source)
    return PairVerdict(vaccines, SameDay.ALLOWED, 0, name, saying.source)
