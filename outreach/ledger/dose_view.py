"""PURE: what the dose rules say of one line, told and proven; a history that many share is judged once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

from outreach.campaigns.dose_facts import Assessment, Birth, DoseGiven, Infection, Person
from outreach.campaigns.dose_rules import assess
from outreach.campaigns.rule_set import RuleSet
from outreach.kernel.dates import Period, add_months
from outreach.ledger.codes import GRADE_ORDER, EvidenceGrade
from outreach.ledger.dose_standing import DoseStanding, Need, standing_of

_OLDEST_MONTHS = 130 * 12


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
    a line closes only on a dose with evidence of the campaign's grade or better. Weaker doses before
    it hold their places in the series: a booster on the official register is no first dose.
    """

    told: DoseStanding
    proven: DoseStanding

    @property
    def is_to_verify(self) -> bool:
        """Say whether the line would be closed if what was told were also proven."""
        return self.told.need is Need.CLOSED and self.proven.need is not Need.CLOSED


def closes(grade: EvidenceGrade, policy: EvidenceGrade) -> bool:
    """Return whether evidence of ``grade`` strikes off under a campaign's policy."""
    return GRADE_ORDER.index(grade) >= GRADE_ORDER.index(policy)


def view_doses(facts: DoseFacts, day: date) -> DoseView:
    """Judge what is told and what is proven on ``day``."""
    told = _standing(facts, facts.doses, day)
    proven = tuple(d for d in facts.doses if closes(d.grade, facts.closing_grade))
    if len(proven) == len(facts.doses):
        return DoseView(told, told)
    return DoseView(told, _proven(facts, proven, day))


def _proven(facts: DoseFacts, proven: tuple[GradedDose, ...], day: date) -> DoseStanding:
    """Judge what is proven: the last proven dose closes in its place, else only what proof there is counts."""
    last = max((dose.given.given_on for dose in proven), default=date.min)
    until_then = tuple(dose for dose in facts.doses if dose.given.given_on <= last)
    if len(until_then) > len(proven):
        found = _standing(facts, until_then, day)
        references = {dose.given.reference for dose in proven}
        if found.need is Need.CLOSED and found.closing_reference in references:
            return found
    return _standing(facts, proven, day)


def assess_told(facts: DoseFacts, day: date) -> Assessment:
    """Return everything that the rules say on ``day``, heeding every dose that anyone speaks of."""
    doses = tuple(dose.given for dose in facts.doses)
    return assess(_with_doses(facts.person, doses), facts.rules, as_of=day)


def _standing(facts: DoseFacts, doses: Iterable[GradedDose], day: date) -> DoseStanding:
    """Return the standing of one history, by way of all others that look the same.

    A mass campaign gave thousands the same products on the same days. Whoever was past every age of
    the rules before the first of them is judged alike, so most lines of a ledger are found, not made.
    """
    person, target = facts.person, facts.target_dose
    own = tuple(dose.given for dose in doses)
    rules = _Rules(facts.rules)
    if not (own or person.doses or person.infections):
        return _without_doses(person.birth, person.conditions, rules, target, day)
    named = sorted({dose.reference for dose in (*own, *person.doses)})
    place = {reference: f"{n:05d}" for n, reference in enumerate(named)}
    first = min(
        (
            *(d.given_on for d in own),
            *(d.given_on for d in person.doses),
            *(i.on for i in person.infections),
        )
    )
    if first <= day and _is_past_every_age(person.birth, rules, first):
        history = _History(
            tuple(_renamed(dose, place) for dose in own),
            tuple(_renamed(dose, place) for dose in person.doses),
            person.infections,
            person.conditions,
        )
        alike = _alike(history, rules, target, first, day)
        if alike is not None:
            return replace(
                alike,
                closing_reference=named[int(alike.closing_reference)]
                if alike.closing_reference
                else "",
                counted_references=frozenset(named[int(n)] for n in alike.counted_references),
            )
    return standing_of(assess(_with_doses(person, own), facts.rules, as_of=day), target)


@dataclass(frozen=True, slots=True)
class _History:
    """Doses and infections without whose they are: references are places in their own order."""

    own: tuple[DoseGiven, ...]
    others: tuple[DoseGiven, ...]
    infections: tuple[Infection, ...]
    conditions: frozenset[str]


def _renamed(dose: DoseGiven, place: dict[str, str]) -> DoseGiven:
    return DoseGiven(
        dose.vaccine, dose.given_on, dose.product, dose.expires_on, place[dose.reference]
    )


def _with_doses(person: Person, doses: tuple[DoseGiven, ...]) -> Person:
    return replace(person, doses=(*person.doses, *doses))


class _Rules:
    """Rules that are told apart by identity, because comparing two sets takes longer than using one."""

    def __init__(self, rules: RuleSet) -> None:
        self.rules = rules

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Rules) and other.rules is self.rules

    def __hash__(self) -> int:
        return id(self.rules)


@lru_cache(maxsize=1 << 14)
def _without_doses(
    birth: Birth | None, conditions: frozenset[str], rules: _Rules, target: int | None, day: date
) -> DoseStanding:
    # Most lines of a young ledger know of no dose; people born on one day then share one answer.
    person = Person(birth=birth, conditions=conditions)
    return standing_of(assess(person, rules.rules, as_of=day), target)


@lru_cache(maxsize=1 << 13)
def _alike(
    history: _History, rules: _Rules, target: int | None, first: date, day: date
) -> DoseStanding | None:
    """Return the standing of everyone who was past every age before ``first``; None where births matter.

    Judged for somebody of 130 years. Every date that an age makes lies before ``first`` for each of
    them; so where what binds lies later, it is no age, and it binds them all.
    """
    birth = Birth(add_months(first, -_OLDEST_MONTHS))
    if not _is_past_every_age(birth, rules, first):
        return None
    person = Person(
        birth=birth,
        doses=(*history.others, *history.own),
        infections=history.infections,
        conditions=history.conditions,
    )
    found = standing_of(assess(person, rules.rules, as_of=day), target)
    return found if found.earliest_on is None or found.earliest_on > first else None


@lru_cache(maxsize=1 << 14)
def _past_every_age_from(birth: Birth, rules: _Rules) -> date:
    return max((age.after(birth.latest) for age in _ages(rules.rules)), default=birth.latest)


def _is_past_every_age(birth: Birth | None, rules: _Rules, day: date) -> bool:
    return birth is not None and _past_every_age_from(birth, rules) < day


def _ages(rules: RuleSet) -> Iterator[Period]:
    """Yield every age that a rule set names."""
    for product in rules.products:
        yield from (age for age in (product.from_age, product.until_age) if age is not None)
    for rule in (dose.age for series in rules.series for dose in series.doses):
        ages = (rule.minimum, rule.absolute, rule.recommended, rule.past_due, rule.maximum)
        yield from (age for age in ages if age is not None)
