"""Two vaccines on one trip: what may share a day, which rule says so, and what stays apart."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from outreach.campaigns.dose_facts import Birth, Decision, DecisionKind, DoseGiven, Person
from outreach.campaigns.dose_rules import assess
from outreach.campaigns.rule_packs import pack, rule_set_in_force
from outreach.campaigns.same_day import SameDay, pair_verdict, shareable_on

ON = date(2026, 10, 15)
RULES = {
    vaccine: rule_set_in_force(pack("cn"), vaccine=vaccine, on=ON)
    for vaccine in ("covid19", "influenza", "zoster", "ppv23")
}
ZHAO = Person(
    birth=Birth(date(1935, 12, 12)),
    doses=(
        DoseGiven("covid19", date(2021, 5, 1), "coronavac"),
        DoseGiven("covid19", date(2021, 5, 22), "coronavac"),
    ),
)


@pytest.mark.parametrize(
    ("one", "other", "verdict", "days"),
    [
        ("covid19", "influenza", SameDay.ALLOWED, 0),
        ("influenza", "covid19", SameDay.ALLOWED, 0),
        ("influenza", "ppv23", SameDay.ALLOWED, 0),
        ("covid19", "zoster", SameDay.APART, 14),
        ("ppv23", "covid19", SameDay.APART, 14),
        ("zoster", "ppv23", SameDay.NOT_STATED, 0),
    ],
)
def test_moment_2e_the_rules_say_what_may_share_a_day(one, other, verdict, days):
    found = pair_verdict(RULES[one], RULES[other], person=ZHAO, on=ON)
    assert (found.verdict, found.days_apart) == (verdict, days)
    assert found.may_share == (verdict is SameDay.ALLOWED)


def test_moment_2e_the_stricter_side_rules():
    strict = RULES["influenza"].same_day[0].model_copy(update={"allowed": False, "days_apart": 7})
    influenza = RULES["influenza"].model_copy(update={"same_day": (strict,)})
    found = pair_verdict(RULES["covid19"], influenza, person=ZHAO, on=ON)
    assert (found.verdict, found.days_apart) == (SameDay.APART, 7)
    assert found.rule == "cn-influenza/same-day/covid19"


@pytest.mark.parametrize("birth", [None, Birth(date(2010, 1, 1))])
def test_moment_2e_a_permission_for_adults_needs_a_known_adult(birth):
    found = pair_verdict(
        RULES["covid19"], RULES["influenza"], person=replace(ZHAO, birth=birth), on=ON
    )
    assert found.verdict is SameDay.TOO_YOUNG


def _shared(person: Person, *order: str):
    assessments = {name: assess(person, RULES[name], as_of=ON) for name in order}
    return shareable_on(assessments, RULES, person=person, on=ON, order=order)


def test_moment_2e_one_trip_serves_what_is_due_and_may_meet():
    found = _shared(ZHAO, "covid19", "influenza", "zoster")
    assert found.together == ("covid19", "influenza")
    assert [refusal.vaccines for refusal in found.refused] == [("covid19", "zoster")]


def test_moment_2e_what_is_not_due_does_not_come_along():
    person = replace(
        ZHAO,
        decisions=(
            Decision(DecisionKind.DEFERRED, "D22", date(2026, 10, 1), vaccine="covid19"),
            Decision(
                DecisionKind.DEFERRED, "D11", date(2026, 10, 1), date(2026, 10, 20), "influenza"
            ),
        ),
    )
    assert _shared(person, "covid19", "influenza", "zoster").together == ("zoster",)
