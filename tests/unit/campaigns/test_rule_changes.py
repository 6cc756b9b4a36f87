"""A change of rules shows first who would change and how."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date

from outreach.campaigns.dose_facts import Birth, DoseGiven, Infection, Person
from outreach.campaigns.rule_changes import ChangeKind, changes_between
from outreach.campaigns.rule_set import RuleSet
from outreach.kernel.dates import Period
from tests.unit.campaigns.case_table import rules_named, sure

OLD = rules_named("cn-covid19-2022-12")
NEW = rules_named("cn-covid19-2023-04")
AS_OF = date(2023, 4, 15)
TWICE = Person(
    birth=Birth(date(1935, 12, 12)),
    doses=(
        DoseGiven("covid19", date(2021, 5, 1), "coronavac"),
        DoseGiven("covid19", date(2021, 5, 22), "coronavac"),
    ),
)
INFECTED = replace(TWICE, infections=(Infection("covid19", date(2022, 12, 20)),))


def _with_interval(rules: RuleSet, label: str, **figures: object) -> RuleSet:
    """The same rules with other figures for one dose of every series."""
    series = []
    for one in rules.series:
        doses = [
            dose.model_copy(
                update={"intervals": tuple(i.model_copy(update=figures) for i in dose.intervals)}
            )
            if dose.label == label
            else dose
            for dose in one.doses
        ]
        series.append(one.model_copy(update={"doses": tuple(doses)}))
    return rules.model_copy(update={"series": tuple(series)})


def test_only_those_whom_the_new_rules_move_are_listed_with_both_views():
    changes = list(changes_between(OLD, NEW, [(7, TWICE), (8, INFECTED)], as_of=AS_OF))
    assert [change.key for change in changes] == [8]
    assert changes[0].kinds == {ChangeKind.STATUS, ChangeKind.BECOMES_DUE, ChangeKind.EARLIER}
    assert sure(changes[0].before.forecast.earliest).on == date(2023, 6, 20)
    assert sure(changes[0].after.forecast.earliest).on == date(2023, 3, 20)


def test_going_back_is_shown_as_the_opposite():
    changes = list(changes_between(NEW, OLD, [(8, INFECTED)], as_of=AS_OF))
    assert changes[0].kinds == {ChangeKind.STATUS, ChangeKind.NO_LONGER_DUE, ChangeKind.LATER}


def test_a_stricter_interval_takes_doses_away_and_says_so():
    boosted = replace(
        TWICE, doses=(*TWICE.doses, DoseGiven("covid19", date(2021, 8, 22), "coronavac"))
    )
    strict = _with_interval(OLD, "booster-1", minimum=Period(months=6))
    kinds = next(iter(changes_between(OLD, strict, [(1, boosted)], as_of=AS_OF))).kinds
    assert {ChangeKind.DOSE_VALIDITY, ChangeKind.NEXT_DOSE} <= kinds


def test_a_new_deadline_alone_is_a_change():
    once = replace(TWICE, doses=TWICE.doses[:1])
    patient = _with_interval(OLD, "primary-2", past_due=Period(weeks=12))
    changes = list(changes_between(OLD, patient, [(1, once)], as_of=AS_OF))
    assert changes[0].kinds == {ChangeKind.PAST_DUE}


def test_changes_are_counted_by_kind():
    changes = list(changes_between(OLD, NEW, [(7, TWICE), (8, INFECTED)], as_of=AS_OF))
    counted = Counter(kind for change in changes for kind in change.kinds)
    assert (counted[ChangeKind.BECOMES_DUE], counted[ChangeKind.LATER]) == (1, 0)
