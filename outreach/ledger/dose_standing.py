"""PURE: what the dose rules say of one line, in the few words that a status and a list need."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache

from outreach.campaigns.dose_facts import (
    Assessment,
    DateCode,
    DoseGiven,
    ForecastStatus,
    Outcome,
    Person,
)
from outreach.campaigns.dose_rules import assess
from outreach.campaigns.rule_set import RuleSet
from outreach.ledger.codes import GRADE_ORDER, EvidenceGrade


class Need(StrEnum):
    """Where a line stands with its doses: something due, nothing due because of a dose, or a wait."""

    DUE = "due"
    CLOSED = "closed"
    WAITING = "waiting"
    TOO_YOUNG = "too_young"
    OUTSIDE = "outside"


@dataclass(frozen=True, slots=True)
class DoseStanding:
    """The findings of one assessment; ``closing_reference`` names the dose behind ``CLOSED``."""

    need: Need
    counted: int = 0
    closing_reference: str = ""
    number: int | None = None
    earliest_on: date | None = None
    recommended_on: date | None = None
    past_due_on: date | None = None
    rule_id: str = ""
    counted_references: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class GradedDose:
    """One dose of the line's vaccine with the grade of what proves it."""

    given: DoseGiven
    grade: EvidenceGrade


@dataclass(frozen=True, slots=True)
class DoseFacts:
    """Everything the rules may know of a line's doses, and the policy that closes it.

    ``person`` carries no doses of the campaign's vaccine: they are in ``doses``, with their grades.
    """

    person: Person
    doses: tuple[GradedDose, ...]
    rules: RuleSet
    closing_grade: EvidenceGrade
    target_dose: int | None = None


@dataclass(frozen=True, slots=True)
class DoseView:
    """Two readings of one history: ``told`` dates the next dose, ``proven`` alone strikes off.

    Due dates heed every dose that anyone speaks of, so that nobody is driven to a dose too early;
    a line closes only on evidence of the campaign's grade or better.
    """

    told: DoseStanding
    proven: DoseStanding
    assessment: Assessment

    @property
    def is_to_verify(self) -> bool:
        """Say whether the line would be closed if what was told were also proven."""
        return self.told.need is Need.CLOSED and self.proven.need is not Need.CLOSED


def closes(grade: EvidenceGrade, policy: EvidenceGrade) -> bool:
    """Return whether evidence of ``grade`` strikes off under a campaign's policy."""
    return GRADE_ORDER.index(grade) >= GRADE_ORDER.index(policy)


def view_doses(facts: DoseFacts, day: date) -> DoseView:
    """Assess what is told and what is proven on ``day``."""
    if not (facts.doses or facts.person.doses or facts.person.infections):
        rules = _Rules(facts.rules)
        return _view_without_doses(facts.person, rules, facts.target_dose, day)
    proven = tuple(d for d in facts.doses if closes(d.grade, facts.closing_grade))
    told_assessment = _assess(facts, facts.doses, day)
    told = standing_of(told_assessment, facts.target_dose)
    if len(proven) == len(facts.doses):
        return DoseView(told, told, told_assessment)
    if not (proven or facts.person.doses or facts.person.infections):
        without = _view_without_doses(facts.person, _Rules(facts.rules), facts.target_dose, day)
        return DoseView(told, without.told, told_assessment)
    proven_assessment = _assess(facts, proven, day)
    return DoseView(told, standing_of(proven_assessment, facts.target_dose), told_assessment)


class _Rules:
    """Rules that are told apart by identity, because comparing two sets takes longer than using one."""

    def __init__(self, rules: RuleSet) -> None:
        self.rules = rules

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Rules) and other.rules is self.rules

    def __hash__(self) -> int:
        return id(self.rules)


@lru_cache(maxsize=8192)
def _view_without_doses(
    person: Person, rules: _Rules, target_dose: int | None, day: date
) -> DoseView:
    # Most lines of a young ledger know of no dose; people born on one day then share one answer.
    found = assess(person, rules.rules, as_of=day)
    standing = standing_of(found, target_dose)
    return DoseView(standing, standing, found)


def standing_of(found: Assessment, target_dose: int | None) -> DoseStanding:
    """Put one assessment into the words of the ledger."""
    counted = [e.dose for e in found.evaluations if e.outcome is Outcome.VALID]
    forecast = found.forecast
    need = _need(found, counted, target_dose)
    closing = counted[-1].reference if counted and need is Need.CLOSED else ""
    is_done = need is Need.CLOSED and (
        forecast.status is ForecastStatus.COMPLETE or _reached(counted, target_dose)
    )
    dates = (
        (None, None, None)
        if is_done
        else (forecast.earliest, forecast.recommended, forecast.past_due)
    )
    earliest, recommended, past_due = dates
    if is_done and forecast.reopens is not None and not _reached(counted, target_dose):
        earliest = recommended = forecast.reopens
    return DoseStanding(
        need=need,
        counted=len(counted),
        closing_reference=closing,
        number=None if is_done else forecast.number,
        earliest_on=earliest.on if earliest else None,
        recommended_on=recommended.on if recommended else None,
        past_due_on=past_due.on if past_due else None,
        rule_id=earliest.rule if earliest else "",
        counted_references=frozenset(dose.reference for dose in counted),
    )


def _need(found: Assessment, counted: list[DoseGiven], target_dose: int | None) -> Need:
    status = found.forecast.status
    if status is ForecastStatus.COMPLETE or _reached(counted, target_dose):
        return Need.CLOSED
    if status is ForecastStatus.AGED_OUT:
        return Need.OUTSIDE
    if status is ForecastStatus.NOT_ELIGIBLE:
        return Need.TOO_YOUNG
    if status is ForecastStatus.NOT_DUE:
        return Need.CLOSED if _waits_for_own_dose(found, counted) else Need.WAITING
    # Without decisions among its facts the forecast knows neither deferral nor contraindication.
    return Need.DUE


def _reached(counted: list[DoseGiven], target_dose: int | None) -> bool:
    return target_dose is not None and len(counted) >= target_dose


def _waits_for_own_dose(found: Assessment, counted: list[DoseGiven]) -> bool:
    """Return whether nothing is due because of a dose that counts, not for an infection or a season."""
    earliest = found.forecast.earliest
    if earliest is None or earliest.code is not DateCode.MINIMUM_INTERVAL:
        return False
    return earliest.facts.get("since") in {dose.given_on for dose in counted}


def _assess(facts: DoseFacts, doses: Iterable[GradedDose], day: date) -> Assessment:
    person = facts.person
    everyone = Person(
        birth=person.birth,
        sex=person.sex,
        doses=(*person.doses, *(dose.given for dose in doses)),
        infections=person.infections,
        conditions=person.conditions,
    )
    return assess(everyone, facts.rules, as_of=day)
