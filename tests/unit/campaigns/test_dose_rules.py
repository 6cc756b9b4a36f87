"""What the dose rules explain: reasons with figures, cautions, the rule behind each date, seasons, ages."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from outreach.campaigns.dose_facts import (
    Birth,
    BirthSurety,
    DateCode,
    Decision,
    DecisionKind,
    DoseGiven,
    ForecastStatus,
    Infection,
    Outcome,
    Person,
    ReasonCode,
)
from outreach.campaigns.dose_rules import assess
from outreach.kernel.dates import Period
from tests.unit.campaigns.case_table import rules_named, sure

COVID = rules_named("cn-covid19-2022-12")
FLU = rules_named("cn-influenza")
ZOSTER = rules_named("cn-zoster")
US_ZOSTER = rules_named("us-test-zoster")
US_RSV = rules_named("us-test-rsv")
US_FLU = rules_named("us-test-influenza")
US_VARICELLA = rules_named("us-test-varicella")
ZHAO = Person(birth=Birth(date(1935, 12, 12)))
TODAY = date(2022, 12, 20)


def given_doses(*texts: str, vaccine: str = "covid19") -> tuple[DoseGiven, ...]:
    parts = [text.split() for text in texts]
    return tuple(DoseGiven(vaccine, date.fromisoformat(day), code) for code, day in parts)


def test_fault_38_the_page_can_say_which_rule_made_the_due_date():
    person = replace(ZHAO, doses=given_doses("coronavac 2022-08-10", "coronavac 2022-08-31"))
    due = sure(assess(person, COVID, as_of=TODAY).forecast.earliest)
    assert due.on == date(2022, 12, 1)
    assert due.code is DateCode.MINIMUM_INTERVAL
    assert due.rule == "cn-covid19-2022-12/inactivated/booster-1/interval"
    assert (due.rule_set, due.version) == ("cn-covid19-2022-12", "2022-12.1")
    assert due.source == "plan-2022-11"
    assert due.facts == {"since": date(2022, 8, 31), "period": "3 months"}


def test_a_dose_given_too_soon_is_refused_with_the_figures():
    person = replace(ZHAO, doses=given_doses("coronavac 2021-05-01", "coronavac 2021-05-14"))
    verdict = assess(person, COVID, as_of=TODAY).evaluations[1]
    assert verdict.outcome is Outcome.NOT_VALID
    assert verdict.reasons[0].facts == {
        "since": date(2021, 5, 1),
        "days": 13,
        "minimum": "3 weeks",
        "counts_from": date(2021, 5, 15),
    }


def test_a_dose_that_counts_in_spite_of_a_short_interval_carries_a_caution():
    person = replace(ZHAO, doses=given_doses("coronavac 2021-05-01", "coronavac 2021-05-16"))
    verdict = assess(person, COVID, as_of=TODAY).evaluations[1]
    assert verdict.outcome is Outcome.VALID
    assert [caution.code for caution in verdict.cautions] == [ReasonCode.SHORTER_THAN_USUAL]


def test_a_dose_without_a_product_counts_and_says_so():
    person = replace(ZHAO, doses=(DoseGiven("covid19", date(2021, 5, 1)),))
    verdict = assess(person, COVID, as_of=TODAY).evaluations[0]
    assert (verdict.number, verdict.label) == (1, "primary-1")
    assert [caution.code for caution in verdict.cautions] == [ReasonCode.PRODUCT_NOT_RECORDED]


def test_a_dose_soon_after_an_infection_counts_and_says_so():
    person = replace(
        ZHAO,
        doses=given_doses("coronavac 2022-12-01"),
        infections=(
            Infection("influenza", date(2022, 11, 20)),
            Infection("covid19", date(2022, 11, 1)),
            Infection("covid19", date(2021, 1, 1)),
        ),
    )
    cautions = assess(person, COVID, as_of=TODAY).evaluations[0].cautions
    assert [(caution.code, caution.facts["since"]) for caution in cautions] == [
        (ReasonCode.SOON_AFTER_INFECTION, date(2022, 11, 1))
    ]


def test_a_doubtful_birth_year_is_said_and_never_guessed():
    born = Birth(date(1972, 6, 15), BirthSurety.YEAR)
    dose = DoseGiven("zoster", date(2022, 6, 1), "rzv")
    found = assess(Person(birth=born, doses=(dose,)), ZOSTER, as_of=date(2022, 6, 2))
    assert found.evaluations[0].outcome is Outcome.VALID
    assert ReasonCode.AGE_UNSURE in {caution.code for caution in found.evaluations[0].cautions}
    assert sure(found.forecast.earliest).on == date(2022, 12, 31)
    assert [caution.code for caution in found.forecast.cautions] == [ReasonCode.AGE_UNSURE]


@pytest.mark.parametrize(
    ("birth", "earliest", "latest"),
    [
        (Birth(date(1944, 2, 10), BirthSurety.MONTH), date(1944, 2, 1), date(1944, 2, 29)),
        (Birth(date(1943, 2, 10), BirthSurety.MONTH), date(1943, 2, 1), date(1943, 2, 28)),
        (Birth(date(1943, 4, 10), BirthSurety.YEAR), date(1943, 1, 1), date(1943, 12, 31)),
        (Birth(date(1943, 4, 10)), date(1943, 4, 10), date(1943, 4, 10)),
    ],
)
def test_a_birth_date_is_used_only_as_far_as_it_is_sure(birth, earliest, latest):
    assert (birth.earliest, birth.latest) == (earliest, latest)


def test_fault_37_eighty_is_reached_on_the_day_when_it_is_sure():
    assert Birth(date(1946, 12, 15)).surely_turns(80) == date(2026, 12, 15)
    assert Birth(date(1946, 1, 1), BirthSurety.YEAR).surely_turns(80) == date(2026, 12, 31)


def test_without_a_birth_date_ages_are_left_out_and_the_forecast_says_so():
    dose = DoseGiven("influenza", date(2026, 9, 20), "flu-live-nasal")
    found = assess(Person(birth=None, doses=(dose,)), FLU, as_of=date(2026, 10, 1))
    assert found.evaluations[0].outcome is Outcome.VALID
    assert ReasonCode.BIRTH_UNKNOWN in {caution.code for caution in found.evaluations[0].cautions}
    open_one = assess(Person(birth=None), FLU, as_of=date(2026, 10, 1)).forecast
    assert open_one.status is ForecastStatus.NOT_COMPLETE
    assert [caution.code for caution in open_one.cautions] == [ReasonCode.BIRTH_UNKNOWN]


def test_the_products_offered_fit_the_dose_and_the_age():
    first = assess(ZHAO, COVID, as_of=TODAY).forecast
    assert {"coronavac", "ad5", "zf2001"} <= set(first.products)
    assert not {"ad5-inhaled", "v01"} & set(first.products)
    begun = replace(ZHAO, doses=given_doses("coronavac 2022-10-01"))
    assert "zf2001" not in assess(begun, COVID, as_of=TODAY).forecast.products
    assert assess(ZHAO, FLU, as_of=TODAY).forecast.products == ("flu-inactivated",)


def test_the_second_booster_prefers_another_type_than_the_primary_series():
    doses = given_doses("coronavac 2021-05-01", "coronavac 2021-05-22", "coronavac 2021-11-22")
    forecast = assess(replace(ZHAO, doses=doses), COVID, as_of=TODAY).forecast
    assert "ad5-inhaled" in forecast.preferred
    assert "coronavac" not in forecast.preferred
    assert "coronavac" in forecast.products


def test_someone_served_this_season_is_told_when_the_next_one_opens():
    served = replace(ZHAO, doses=given_doses("flu-inactivated 2026-09-20", vaccine="influenza"))
    forecast = assess(served, FLU, as_of=date(2026, 10, 15)).forecast
    assert forecast.status is ForecastStatus.COMPLETE
    assert sure(forecast.reopens).on == date(2027, 9, 1)
    forbidden = replace(
        served,
        decisions=(Decision(DecisionKind.CONTRAINDICATED, "D02", date(2026, 10, 1)),),
    )
    assert assess(forbidden, FLU, as_of=date(2026, 10, 15)).forecast.reopens is None


def test_a_deferral_may_outlast_the_opening_of_the_next_season():
    person = replace(
        ZHAO,
        doses=given_doses("flu-inactivated 2026-09-20", vaccine="influenza"),
        decisions=(Decision(DecisionKind.DEFERRED, "D14", date(2026, 10, 1), date(2027, 12, 1)),),
    )
    reopens = assess(person, FLU, as_of=date(2026, 10, 15)).forecast.reopens
    assert (sure(reopens).on, sure(reopens).code) == (date(2027, 12, 1), DateCode.CLINICIAN)


def test_a_season_that_the_interval_outlasts_gives_way_to_the_next():
    short = (
        FLU.series[0]
        .doses[0]
        .season.model_copy(
            update={"starts": date(2000, 10, 1), "ends": date(2000, 11, 30), "offered_from": None}
        )
    )
    dose = FLU.series[0].doses[0].model_copy(update={"season": short})
    rules = FLU.model_copy(
        update={"series": (FLU.series[0].model_copy(update={"doses": (dose,)}),)}
    )
    waiting = replace(
        ZHAO,
        decisions=(Decision(DecisionKind.DEFERRED, "D14", date(2026, 9, 1), date(2027, 2, 1)),),
    )
    assert sure(assess(waiting, rules, as_of=date(2026, 10, 5)).forecast.earliest).on == date(
        2027, 10, 1
    )
    in_the_gap = assess(ZHAO, rules, as_of=date(2027, 1, 5)).forecast
    assert (in_the_gap.status, sure(in_the_gap.earliest).on) == (
        ForecastStatus.NOT_DUE,
        date(2027, 10, 1),
    )


def test_the_longest_deferral_binds_and_a_contraindication_stands_above_it():
    short = Decision(DecisionKind.DEFERRED, "D11", date(2022, 12, 1), date(2022, 12, 24))
    long = Decision(DecisionKind.DEFERRED, "D14", date(2022, 12, 1), date(2023, 3, 1))
    until_known = Decision(DecisionKind.DEFERRED, "D22", date(2022, 12, 1))
    allergy = Decision(DecisionKind.CONTRAINDICATED, "D01", date(2022, 12, 1), date(2022, 12, 30))
    both = assess(replace(ZHAO, decisions=(long, short)), COVID, as_of=TODAY).forecast
    assert (both.decision, sure(both.earliest).on) == (long, date(2023, 3, 1))
    assert sure(both.earliest).facts == {"reason": "D14"}
    every = replace(ZHAO, decisions=(until_known, allergy, long))
    assert assess(every, COVID, as_of=TODAY).forecast.decision == allergy


def test_a_decision_made_later_does_not_bind_today():
    later = Decision(DecisionKind.CONTRAINDICATED, "D01", date(2022, 12, 21))
    forecast = assess(replace(ZHAO, decisions=(later,)), COVID, as_of=TODAY).forecast
    assert forecast.status is ForecastStatus.NOT_COMPLETE


def test_expired_vaccine_counts_where_the_rules_say_so():
    lenient = COVID.model_copy(update={"expired_dose": "counts"})
    dose = DoseGiven("covid19", date(2022, 11, 20), "coronavac", date(2022, 11, 1))
    assert assess(replace(ZHAO, doses=(dose,)), lenient, as_of=TODAY).valid_doses == 1


def test_of_two_records_of_one_day_the_one_that_counts_is_kept():
    doses = given_doses("ad5-inhaled 2022-11-20", "coronavac 2022-11-20")
    found = assess(replace(ZHAO, doses=doses), COVID, as_of=TODAY)
    assert {verdict.dose.product: verdict.outcome for verdict in found.evaluations} == {
        "ad5-inhaled": Outcome.NOT_VALID,
        "coronavac": Outcome.VALID,
    }


# The rules of the United States pack, worked from the supporting data; the cases are our own.


def us_zoster(birth: date, as_of: date, *texts: str, conditions: frozenset[str] = frozenset()):
    doses = given_doses(*texts, vaccine="zoster")
    return assess(
        Person(birth=Birth(birth), doses=doses, conditions=conditions), US_ZOSTER, as_of=as_of
    )


def test_four_days_of_grace_count_and_five_do_not():
    born, as_of = date(1950, 3, 3), date(2024, 6, 1)
    assert us_zoster(born, as_of, "187 2024-01-10", "187 2024-02-03").valid_doses == 2
    assert us_zoster(born, as_of, "187 2024-01-10", "187 2024-02-02").valid_doses == 1


def test_recombinant_follows_live_after_eight_weeks_and_is_the_second_of_three():
    found = us_zoster(date(1950, 3, 3), date(2019, 6, 1), "121 2019-05-01")
    assert (found.forecast.number, sure(found.forecast.earliest).on) == (2, date(2019, 6, 26))
    assert found.forecast.series == "three-dose"


def test_a_live_and_a_recombinant_dose_of_one_day_are_the_first_two_of_three():
    born, day = date(1957, 5, 9), date(2020, 3, 2)
    found = us_zoster(born, day, "187 2020-03-02", "121 2020-03-02")
    assert {e.dose.product: (e.outcome, e.number) for e in found.evaluations} == {
        "121": (Outcome.VALID, 1),
        "187": (Outcome.VALID, 2),
    }
    forecast = found.forecast
    assert forecast.earliest is not None
    assert forecast.recommended is not None
    assert (forecast.number, forecast.earliest.on) == (3, date(2020, 3, 30))
    assert forecast.recommended.on == date(2020, 4, 27)
    later = date(2020, 5, 4)
    done = us_zoster(born, later, "121 2020-03-02", "187 2020-03-02", "187 2020-05-04")
    assert (done.valid_doses, done.forecast.status) == (3, ForecastStatus.COMPLETE)


def test_one_product_of_one_day_counts_once():
    born, day = date(1957, 5, 9), date(2020, 3, 2)
    assert us_zoster(born, day, "187 2020-03-02", "187 2020-03-02").valid_doses == 1
    after_live = us_zoster(born, day, "121 2020-03-02", "187 2020-03-02", "187 2020-03-02")
    assert after_live.valid_doses == 2


def test_a_second_product_of_one_day_is_needless_once_the_first_has_served():
    day = date(2025, 11, 10)
    doses = given_doses("303 2025-11-10", "305 2025-11-10", vaccine="rsv")
    found = assess(Person(birth=Birth(date(1945, 10, 27)), doses=doses), US_RSV, as_of=day)
    assert [e.outcome for e in found.evaluations] == [Outcome.VALID, Outcome.EXTRANEOUS]


def test_a_live_dose_after_a_recombinant_one_does_not_count():
    found = us_zoster(date(1950, 3, 3), date(2019, 6, 1), "187 2019-01-10", "121 2019-05-01")
    assert found.evaluations[1].reasons[0].code is ReasonCode.PRODUCT_MAY_NOT_FOLLOW
    assert sure(found.forecast.earliest).on == date(2019, 6, 26)


def test_a_live_vaccine_twenty_seven_days_after_another_is_refused():
    measles = DoseGiven("mmr", date(2019, 5, 1), "03")
    for given_on, valid in ((date(2019, 5, 28), 0), (date(2019, 5, 29), 1), (date(2019, 5, 1), 1)):
        person = Person(
            birth=Birth(date(1950, 3, 3)),
            doses=(measles, DoseGiven("zoster", given_on, "121")),
        )
        found = assess(person, US_ZOSTER, as_of=date(2019, 6, 1))
        assert found.valid_doses == valid
        if not valid:
            assert found.evaluations[0].reasons[0].code is ReasonCode.CONFLICT
            assert found.evaluations[0].reasons[0].facts["days"] == 27


def test_a_live_vaccine_waits_for_another_that_was_given():
    measles = DoseGiven("mmr", date(2019, 5, 1), "03")
    person = Person(birth=Birth(date(1990, 3, 3)), doses=(measles,))
    forecast = assess(person, US_VARICELLA, as_of=date(2019, 5, 5)).forecast
    assert (sure(forecast.earliest).on, sure(forecast.earliest).code) == (
        date(2019, 5, 29),
        DateCode.CONFLICT,
    )
    assert sure(forecast.past_due).on == date(2019, 5, 29)
    assert sure(forecast.past_due).code is DateCode.LATEST_AGE


def test_immunocompromised_people_begin_at_nineteen():
    born, as_of = date(1995, 3, 3), date(2024, 6, 1)
    assert us_zoster(born, as_of).forecast.status is ForecastStatus.NOT_ELIGIBLE
    at_risk = us_zoster(born, as_of, conditions=frozenset({"immunocompromised"}))
    assert (at_risk.forecast.status, sure(at_risk.forecast.earliest).on) == (
        ForecastStatus.NOT_COMPLETE,
        date(2014, 3, 3),
    )


def test_an_unspecified_zoster_dose_may_only_be_the_second():
    born, as_of = date(1950, 3, 3), date(2024, 6, 1)
    assert us_zoster(born, as_of, "188 2024-01-10").valid_doses == 0
    found = us_zoster(born, as_of, "187 2023-01-10", "188 2024-01-10")
    assert found.forecast.status is ForecastStatus.COMPLETE


def test_an_infants_antibody_given_to_an_adult_is_inadvertent_and_starts_no_interval():
    person = Person(
        birth=Birth(date(1945, 3, 3)), doses=(DoseGiven("rsv", date(2024, 5, 1), "306"),)
    )
    found = assess(person, US_RSV, as_of=date(2024, 6, 1))
    assert found.evaluations[0].reasons[0].code is ReasonCode.INADVERTENT
    assert sure(found.forecast.earliest).on == date(2020, 3, 3)


@pytest.mark.parametrize(
    ("conditions", "earliest"),
    [(frozenset(), date(2039, 3, 3)), (frozenset({"rsv-risk"}), date(2014, 3, 3))],
)
def test_rsv_begins_at_75_and_for_people_at_risk_at_50(conditions, earliest):
    person = Person(birth=Birth(date(1964, 3, 3)), conditions=conditions)
    assert sure(assess(person, US_RSV, as_of=date(2024, 6, 1)).forecast.earliest).on == earliest


def test_nasal_influenza_vaccine_ends_at_fifty():
    dose = DoseGiven("influenza", date(2025, 9, 10), "111")
    for born, valid in ((date(1975, 9, 11), 1), (date(1975, 9, 10), 0)):
        found = assess(Person(birth=Birth(born), doses=(dose,)), US_FLU, as_of=date(2025, 9, 20))
        assert found.valid_doses == valid


def test_an_age_limit_ends_a_series():
    dose = US_RSV.series[0].doses[0]
    aged = dose.model_copy(update={"age": dose.age.model_copy(update={"maximum": Period(80)})})
    rules = US_RSV.model_copy(
        update={"series": (US_RSV.series[0].model_copy(update={"doses": (aged,)}),)}
    )
    old = Person(birth=Birth(date(1940, 3, 3)))
    assert assess(old, rules, as_of=date(2024, 6, 1)).forecast.status is ForecastStatus.AGED_OUT
    late = replace(old, doses=(DoseGiven("rsv", date(2024, 5, 1), "303"),))
    found = assess(late, rules, as_of=date(2024, 6, 1)).evaluations[0]
    assert found.reasons[0].code is ReasonCode.AGE_TOO_OLD
    assert assess(Person(birth=None), rules, as_of=date(2024, 6, 1)).forecast.earliest is not None
    younger = replace(old, birth=Birth(date(1946, 3, 3)))
    assert assess(younger, rules, as_of=date(2024, 6, 1)).forecast.earliest is not None
    in_time = replace(younger, doses=(DoseGiven("rsv", date(2024, 5, 1), "303"),))
    assert assess(in_time, rules, as_of=date(2024, 6, 1)).valid_doses == 1
