"""A history judged once for many says of everyone what a judgement of their own would say."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.campaigns.dose_facts import Birth, BirthSurety, DoseGiven, Infection, Person
from outreach.campaigns.rule_packs import load_packs
from outreach.campaigns.rule_set import RuleSet
from outreach.ledger.codes import EvidenceGrade
from outreach.ledger.dose_standing import standing_of
from outreach.ledger.dose_view import DoseFacts, GradedDose, assess_told, view_doses

PACKS = tuple(load_packs())
DAYS = st.dates(date(2020, 6, 1), date(2027, 6, 1))


@st.composite
def histories(draw: st.DrawFn) -> tuple[DoseFacts, date]:
    """Draw people around every age the rules name, with doses in any order, and a day to ask about."""
    rules: RuleSet = draw(st.sampled_from(PACKS))
    products = [*(p.code for p in rules.products), None, "unheard-of"]
    # Few days, so that histories repeat among people who differ in nothing but their birth.
    days = draw(st.lists(DAYS, min_size=1, max_size=3))
    ages = st.one_of(st.integers(0, 105), st.sampled_from([17, 18, 49, 50, 59, 60, 65, 80]))
    born = date(2021 - draw(ages), draw(st.integers(1, 12)), draw(st.integers(1, 28)))
    birth = st.builds(Birth, st.just(born), st.sampled_from(BirthSurety))
    references = iter(draw(st.permutations([str(n) for n in range(95, 106)])))
    own = tuple(
        GradedDose(
            DoseGiven(
                rules.vaccine,
                draw(st.sampled_from(days)),
                draw(st.sampled_from(products)),
                draw(st.none() | DAYS),
                next(references),
            ),
            draw(st.sampled_from(EvidenceGrade)),
        )
        for _ in range(draw(st.integers(0, 4)))
    )
    others = tuple(
        DoseGiven(code, draw(st.sampled_from(days)), None, None, next(references))
        for code in draw(st.lists(st.sampled_from([p.vaccine for p in PACKS]), max_size=2))
        if code != rules.vaccine
    )
    infections = tuple(
        Infection(rules.vaccine, draw(st.sampled_from(days)))
        for _ in range(draw(st.integers(0, 1)))
    )
    person = Person(draw(st.none() | birth), "unknown", others, infections)
    closing = draw(st.sampled_from(EvidenceGrade))
    target = draw(st.none() | st.integers(1, 4))
    return DoseFacts(person, own, rules, closing, target), draw(DAYS)


@settings(max_examples=500, deadline=None)
@given(histories())
def test_a_shared_judgement_is_everyones_own(drawn: tuple[DoseFacts, date]) -> None:
    facts, day = drawn
    assert view_doses(facts, day).told == standing_of(assess_told(facts, day), facts.target_dose)


@pytest.mark.parametrize("years", [45, 70, 95])
def test_neighbours_of_any_age_with_one_history_keep_their_own_doses(years: int) -> None:
    rules = next(p for p in PACKS if p.vaccine == "covid19")
    product = rules.products[0].code

    def person(first_reference: int) -> DoseFacts:
        doses = tuple(
            GradedDose(
                DoseGiven("covid19", on, product, None, str(first_reference + n)),
                EvidenceGrade.OFFICIAL_REGISTER,
            )
            for n, on in enumerate((date(2021, 5, 1), date(2021, 6, 1)))
        )
        born = Birth(date(2021 - years, 3, first_reference % 28 + 1))
        return DoseFacts(Person(born), doses, rules, EvidenceGrade.CERTIFICATE_SEEN)

    for reference in (9, 99, 1000):
        told = view_doses(person(reference), date(2021, 7, 1)).told
        assert told.counted_references == {str(reference), str(reference + 1)}
        assert told.closing_reference in {"", str(reference + 1)}
