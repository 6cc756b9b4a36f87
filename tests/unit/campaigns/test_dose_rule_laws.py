"""Laws that hold for every history: drawn at random, for the rules that the product ships."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import assume, given
from hypothesis import strategies as st

from outreach.campaigns.dose_facts import (
    Birth,
    BirthSurety,
    Decision,
    DecisionKind,
    DoseGiven,
    ForecastStatus,
    Infection,
    Outcome,
    Person,
)
from outreach.campaigns.dose_rules import assess
from outreach.campaigns.rule_changes import changes_between
from outreach.campaigns.rule_packs import load_packs
from tests.unit.campaigns.case_table import sure

CHINESE = [rules for rules in load_packs() if rules.jurisdiction == "CN"]
DAYS = st.dates(min_value=date(2020, 12, 1), max_value=date(2023, 12, 31))
PRODUCTS = [product.code for rules in load_packs() for product in rules.products]
DOSES = st.builds(
    DoseGiven,
    vaccine=st.sampled_from(["covid19", "covid19", "influenza", "zoster", "ppv23"]),
    given_on=DAYS,
    product=st.sampled_from([None, None, "sputnik", *PRODUCTS[:22], "rzv", "ppv23"]),
    expires_on=st.one_of(st.none(), st.none(), DAYS),
    reference=st.sampled_from(["", "book", "register"]),
)
DECISIONS = st.builds(
    Decision,
    kind=st.sampled_from(DecisionKind),
    code=st.sampled_from(["D01", "D11", "D14"]),
    decided_on=DAYS,
    until=st.one_of(st.none(), DAYS),
    vaccine=st.sampled_from([None, "covid19", "influenza"]),
)
BIRTHS = st.one_of(
    st.none(),
    st.builds(
        Birth,
        on=st.dates(min_value=date(1920, 1, 1), max_value=date(1990, 12, 31)),
        sure=st.sampled_from(BirthSurety),
    ),
)
PEOPLE = st.builds(
    Person,
    birth=BIRTHS,
    doses=st.lists(DOSES, max_size=6).map(tuple),
    infections=st.lists(st.builds(Infection, vaccine=st.just("covid19"), on=DAYS), max_size=2).map(
        tuple
    ),
    decisions=st.lists(DECISIONS, max_size=2).map(tuple),
    conditions=st.sampled_from([frozenset(), frozenset({"immunocompromised"})]),
)
RULES = st.sampled_from(CHINESE)


@given(PEOPLE, RULES, DAYS, st.randoms(use_true_random=False))
def test_the_order_in_which_facts_arrive_changes_nothing(person, rules, as_of, random):
    shuffled = list(person.doses)
    random.shuffle(shuffled)
    assert assess(person, rules, as_of=as_of) == assess(
        replace(person, doses=tuple(shuffled), infections=person.infections[::-1]),
        rules,
        as_of=as_of,
    )


@given(PEOPLE, RULES, DAYS, DOSES)
def test_a_later_dose_never_changes_what_earlier_doses_count_for(person, rules, as_of, dose):
    before = assess(person, rules, as_of=as_of).evaluations
    later = assess(replace(person, doses=(*person.doses, dose)), rules, as_of=as_of).evaluations
    assert [found for found in later if found.dose.given_on < dose.given_on] == [
        found for found in before if found.dose.given_on < dose.given_on
    ]


@given(PEOPLE, RULES, DAYS)
def test_a_dose_is_never_due_before_its_interval_or_a_deferral_is_over(person, rules, as_of):
    found = assess(person, rules, as_of=as_of)
    assume(found.forecast.earliest is not None)
    due = sure(found.forecast.earliest)
    valid = [e.dose for e in found.evaluations if e.outcome is Outcome.VALID]
    series = next(s for s in rules.series if s.code == found.forecast.series)
    next_dose = series.doses[min(len(valid), len(series.doses) - 1)]
    for interval in next_dose.intervals:
        if interval.since == "previous" and valid:
            assert due.on >= interval.minimum.after(valid[-1].given_on)
    for infection in person.infections:
        if rules.infection and rules.vaccine == "covid19" and infection.on <= as_of:
            assert due.on >= rules.infection.minimum.after(infection.on)


@given(PEOPLE, RULES, DAYS)
def test_the_three_dates_stand_in_order_and_each_names_its_rule(person, rules, as_of):
    forecast = assess(person, rules, as_of=as_of).forecast
    if forecast.earliest is None:
        assert forecast.recommended is None
        assert forecast.past_due is None
        return
    assert sure(forecast.earliest).on <= sure(forecast.recommended).on
    assert forecast.past_due is None or sure(forecast.earliest).on <= sure(forecast.past_due).on
    for dated in (forecast.earliest, forecast.recommended, forecast.past_due):
        if dated is not None:
            assert (dated.rule_set, dated.version) == (rules.code, rules.version)
            assert dated.rule.startswith(f"{rules.code}/")
            assert dated.source in {"", *rules.sources}


@given(PEOPLE, RULES, DAYS)
def test_a_clinicians_word_always_wins(person, rules, as_of):
    forecast = assess(person, rules, as_of=as_of).forecast
    assume(forecast.status is not ForecastStatus.COMPLETE)
    binding = [
        decision
        for decision in person.decisions
        if decision.vaccine in {None, rules.vaccine}
        and decision.decided_on <= as_of
        and (decision.until is None or decision.until > as_of)
    ]
    kinds = {decision.kind for decision in binding}
    if DecisionKind.CONTRAINDICATED in kinds:
        assert forecast.status is ForecastStatus.CONTRAINDICATED
        assert forecast.earliest is None
    elif binding:
        assert forecast.status is ForecastStatus.DEFERRED
        ends = [decision.until for decision in binding]
        assert (
            forecast.earliest is None if None in ends else sure(forecast.earliest).on >= max(ends)
        )
    else:
        assert forecast.status not in {ForecastStatus.DEFERRED, ForecastStatus.CONTRAINDICATED}


@given(PEOPLE, RULES, DAYS)
def test_a_dose_given_on_the_day_forecast_with_a_product_offered_counts(person, rules, as_of):
    """What the forecast promises, the evaluation keeps."""
    person = replace(person, birth=Birth(date(1936, 5, 4)))
    forecast = assess(person, rules, as_of=as_of).forecast
    assume(forecast.earliest is not None)
    day = max(sure(forecast.earliest).on, as_of)
    assume(not any(dose.given_on in {day, as_of} for dose in person.doses))
    known = tuple(dose for dose in person.doses if dose.given_on <= as_of)
    for product in forecast.products:
        given_then = DoseGiven(rules.vaccine, day, product)
        then = assess(replace(person, doses=(*known, given_then)), rules, as_of=day)
        assert then.evaluations[-1].outcome is Outcome.VALID
        assert then.evaluations[-1].number == forecast.number


@given(PEOPLE, RULES, DAYS)
def test_the_day_before_the_forecast_is_too_soon(person, rules, as_of):
    """Nothing forecast could have been had a day earlier, unless a rule accepts shorter intervals."""
    forecast = assess(person, rules, as_of=as_of).forecast
    assume(forecast.earliest is not None and sure(forecast.earliest).on > as_of)
    eve = sure(forecast.earliest).on - timedelta(days=1)
    known = replace(person, doses=tuple(d for d in person.doses if d.given_on <= as_of))
    then = assess(known, rules, as_of=eve).forecast
    assert then.status is not ForecastStatus.NOT_COMPLETE


@given(PEOPLE, RULES, DAYS)
def test_doses_that_count_are_numbered_without_gaps(person, rules, as_of):
    found = assess(person, rules, as_of=as_of)
    numbers = [e.number for e in found.evaluations if e.outcome is Outcome.VALID]
    assert numbers == list(range(1, found.valid_doses + 1))
    assert all(e.reasons for e in found.evaluations if e.outcome is not Outcome.VALID)


@given(PEOPLE, RULES, DAYS)
def test_what_happens_later_changes_nothing_about_today(person, rules, as_of):
    until_then = replace(
        person,
        doses=tuple(dose for dose in person.doses if dose.given_on <= as_of),
        infections=tuple(i for i in person.infections if i.on <= as_of),
        decisions=tuple(d for d in person.decisions if d.decided_on <= as_of),
    )
    whole, part = assess(person, rules, as_of=as_of), assess(until_then, rules, as_of=as_of)
    assert (whole.forecast, whole.reached) == (part.forecast, part.reached)


@given(st.lists(PEOPLE, max_size=4), RULES, DAYS)
def test_rules_that_do_not_change_change_nobody(people, rules, as_of):
    newer = rules.model_copy(update={"version": "next"})
    assert not list(changes_between(rules, newer, enumerate(people), as_of=as_of))


@given(PEOPLE, RULES, DAYS, DAYS)
def test_of_one_day_one_dose_counts_at_most(person, rules, day, as_of):
    doses = tuple(replace(dose, given_on=day) for dose in person.doses)
    assert assess(replace(person, doses=doses), rules, as_of=as_of).valid_doses <= 1
