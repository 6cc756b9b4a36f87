"""One status for every set of facts, the stronger clause first, and dates that do not drift."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.campaigns.dose_facts import Birth, DoseGiven, Infection, Person
from outreach.campaigns.rule_packs import pack, rule_set_in_force
from outreach.campaigns.rule_set import RuleSet
from outreach.ledger.codes import DUE, EntryStatus, EvidenceGrade, LifeStatus, NextAction
from outreach.ledger.dose_standing import Need
from outreach.ledger.dose_view import DoseFacts, GradedDose, view_doses
from outreach.ledger.rules import (
    CLAUSES,
    BookingFact,
    ContactStanding,
    DeferralFact,
    EntryFacts,
    Stage,
    status_of,
)

DAY = date(2026, 11, 23)
BORN = date(1935, 3, 8)
OPENS = date(2026, 11, 1)
NOON = datetime(2026, 11, 20, 4, tzinfo=UTC)


@lru_cache
def covid() -> RuleSet:
    return rule_set_in_force(pack("cn"), vaccine="covid19", on=DAY)


@lru_cache
def influenza() -> RuleSet:
    return rule_set_in_force(pack("cn"), vaccine="influenza", on=DAY)


def doses(
    *days: date,
    grade: EvidenceGrade = EvidenceGrade.OFFICIAL_REGISTER,
    rules: RuleSet | None = None,
    target: int | None = None,
    infections: tuple[Infection, ...] = (),
) -> DoseFacts:
    used = rules or covid()
    return DoseFacts(
        person=Person(birth=Birth(BORN), infections=infections),
        doses=tuple(
            GradedDose(DoseGiven(used.vaccine, day, reference=str(n)), grade)
            for n, day in enumerate(days, start=1)
        ),
        rules=used,
        closing_grade=EvidenceGrade.CERTIFICATE_SEEN,
        target_dose=target,
    )


def facts(**changes: object) -> EntryFacts:
    plain = EntryFacts(born_on=BORN, minimum_age=80, opens_on=OPENS, doses=doses())
    return replace(plain, **changes)  # type: ignore[arg-type]


def deferral(**changes: object) -> DeferralFact:
    plain = DeferralFact(1, "D11", False, False, DAY + timedelta(days=9), None)
    return replace(plain, **changes)  # type: ignore[arg-type]


def booking(days: int, booked_at: datetime = NOON) -> BookingFact:
    return BookingFact(7, DAY + timedelta(days=days), booked_at)


FACTS = st.builds(
    EntryFacts,
    born_on=st.one_of(st.none(), st.dates(date(1920, 1, 1), date(1950, 1, 1))),
    minimum_age=st.just(80),
    opens_on=st.just(OPENS),
    doses=st.sampled_from(
        [
            doses(),
            doses(date(2021, 7, 1)),
            doses(DAY - timedelta(days=5)),
            doses(DAY - timedelta(days=5), grade=EvidenceGrade.FAMILY),
            doses(date(2021, 7, 1), date(2021, 8, 1), date(2022, 3, 1), date(2022, 12, 1)),
            doses(infections=(Infection("covid19", DAY - timedelta(days=20)),)),
        ]
    ),
    life=st.sampled_from(LifeStatus),
    has_open_report=st.booleans(),
    deferrals=st.lists(
        st.builds(
            deferral,
            is_permanent=st.booleans(),
            is_seconded=st.booleans(),
            until_on=st.one_of(st.none(), st.dates(DAY - timedelta(9), DAY + timedelta(9))),
        ),
        max_size=2,
    ).map(tuple),
    bookings=st.lists(st.builds(booking, st.integers(-3, 9)), max_size=2).map(tuple),
    contact=st.builds(
        ContactStanding,
        stage=st.sampled_from(Stage),
        declined_until=st.one_of(st.none(), st.dates(DAY - timedelta(9), DAY + timedelta(9))),
        do_not_ask=st.booleans(),
        is_unreachable=st.booleans(),
        claims_vaccinated=st.booleans(),
        next_channel=st.sampled_from(["", "call", "visit", "doctor_call"]),
        said_no_at=st.one_of(st.none(), st.just(NOON + timedelta(days=1))),
    ),
    consent_conflict=st.booleans(),
    has_phone=st.booleans(),
)


def test_the_table_names_every_status_once() -> None:
    assert sorted(clause.status for clause in CLAUSES) == sorted(EntryStatus)


@given(FACTS)
def test_every_set_of_facts_has_a_status_and_equal_facts_an_equal_one(found: EntryFacts) -> None:
    first, again = status_of(found, DAY), status_of(found, DAY)
    assert first == again
    assert first.status in EntryStatus


@given(FACTS)
def test_nothing_is_struck_off_without_proof(found: EntryFacts) -> None:
    finding = status_of(found, DAY)
    if finding.status is EntryStatus.VACCINATED:
        assert finding.view.proven.need is Need.CLOSED
        assert finding.view.proven.closing_reference
    if finding.status is EntryStatus.EXEMPT:
        assert any(d.is_permanent and d.is_seconded for d in found.deferrals)
        assert finding.exemption_id is not None


@given(FACTS)
def test_only_lines_that_somebody_should_look_at_carry_a_date(found: EntryFacts) -> None:
    finding = status_of(found, DAY)
    if finding.status in DUE:
        assert finding.next_contact_on is not None
        assert finding.next_action is not NextAction.NOTHING
    if finding.status in {EntryStatus.DECEASED, EntryStatus.MOVED, EntryStatus.VACCINATED}:
        assert finding.next_contact_on is None


@given(FACTS, st.integers(0, 30))
def test_looking_later_without_news_moves_no_date_of_contact(found: EntryFacts, days: int) -> None:
    first, later = status_of(found, DAY), status_of(found, DAY + timedelta(days=days))
    is_same = first.status is later.status and first.view.told == later.view.told
    if is_same and first.status in DUE:
        assert first.next_contact_on == later.next_contact_on


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, EntryStatus.TO_CONTACT),
        ({"born_on": DAY.replace(year=1946)}, EntryStatus.TO_CONTACT),
        ({"born_on": date(1946, 11, 24)}, EntryStatus.NOT_YET_ELIGIBLE),
        ({"life": LifeStatus.DECEASED}, EntryStatus.DECEASED),
        ({"life": LifeStatus.MOVED}, EntryStatus.MOVED),
        ({"life": LifeStatus.HOSPITAL}, EntryStatus.TO_CONTACT),
        ({"deferrals": (deferral(),)}, EntryStatus.DEFERRED),
        ({"deferrals": (deferral(until_on=DAY),)}, EntryStatus.TO_CONTACT),
        ({"deferrals": (deferral(until_on=None),)}, EntryStatus.DEFERRED),
        ({"deferrals": (deferral(is_permanent=True, until_on=None),)}, EntryStatus.DEFERRED),
        (
            {"deferrals": (deferral(is_permanent=True, is_seconded=True, until_on=None),)},
            EntryStatus.EXEMPT,
        ),
        ({"bookings": (booking(0),)}, EntryStatus.BOOKED),
        ({"bookings": (booking(-1),)}, EntryStatus.AGREED),
        ({"bookings": (booking(2),), "deferrals": (deferral(),)}, EntryStatus.DEFERRED),
        ({"contact": ContactStanding(stage=Stage.AGREED)}, EntryStatus.AGREED),
        ({"contact": ContactStanding(stage=Stage.CONSIDERING)}, EntryStatus.CONSIDERING),
        (
            {"contact": ContactStanding(stage=Stage.AGREED), "refused_at_desk_on": DAY},
            EntryStatus.CONSIDERING,
        ),
        ({"contact": ContactStanding(is_unreachable=True)}, EntryStatus.UNREACHABLE),
        ({"contact": ContactStanding(do_not_ask=True)}, EntryStatus.DECLINED),
        (
            {"contact": ContactStanding(declined_until=DAY + timedelta(1))},
            EntryStatus.DECLINED,
        ),
        ({"contact": ContactStanding(declined_until=DAY)}, EntryStatus.TO_CONTACT),
        ({"doses": doses(DAY)}, EntryStatus.VACCINATED),
        ({"doses": doses(DAY, grade=EvidenceGrade.FAMILY)}, EntryStatus.TO_CONTACT),
        (
            {"doses": doses(infections=(Infection("covid19", DAY - timedelta(days=9)),))},
            EntryStatus.DEFERRED,
        ),
        ({"doses": doses(date(2021, 7, 1), target=1)}, EntryStatus.VACCINATED),
        ({"doses": doses(date(2021, 7, 1))}, EntryStatus.TO_CONTACT),
    ],
)
def test_facts_decide_as_written(changes: dict[str, object], status: EntryStatus) -> None:
    assert status_of(facts(**changes), DAY).status is status


def test_a_no_after_the_booking_stands_and_asks_to_cancel_it() -> None:
    no = ContactStanding(
        declined_until=DAY + timedelta(days=80), said_no_at=NOON + timedelta(hours=1)
    )
    finding = status_of(facts(bookings=(booking(3),), contact=no), DAY)
    assert finding.status is EntryStatus.DECLINED
    assert finding.next_action is NextAction.CANCEL_APPOINTMENT


def test_a_booking_after_the_no_is_a_yes_that_came_later() -> None:
    no = ContactStanding(do_not_ask=True, said_no_at=NOON - timedelta(hours=1))
    finding = status_of(facts(bookings=(booking(3),), contact=no), DAY)
    assert finding.status is EntryStatus.BOOKED


def test_fault_37_eighty_is_exact_on_the_day_and_a_leap_day_falls_on_the_first_of_march() -> None:
    eve, day = date(2026, 2, 28), date(2026, 3, 1)
    leapling = facts(born_on=date(1944, 2, 29), minimum_age=82)
    assert status_of(leapling, eve).status is EntryStatus.NOT_YET_ELIGIBLE
    assert status_of(leapling, day).status is EntryStatus.TO_CONTACT
    assert status_of(facts(born_on=date(1946, 11, 23)), DAY).status is EntryStatus.TO_CONTACT
    tomorrow = facts(born_on=date(1946, 11, 24))
    assert status_of(tomorrow, DAY).status is EntryStatus.NOT_YET_ELIGIBLE


def test_due_dates_heed_what_is_told_and_strike_offs_what_is_proven() -> None:
    view = view_doses(doses(DAY, grade=EvidenceGrade.SELF_REPORT), DAY)
    assert view.told.need is Need.CLOSED
    assert view.proven.need is Need.DUE
    assert view.is_to_verify
    assert view.told.earliest_on is not None
    assert view.told.earliest_on > DAY


def test_a_dose_of_this_season_closes_and_next_season_reopens() -> None:
    given = date(2026, 10, 10)
    flu = facts(doses=doses(given, rules=influenza()))
    this_season = status_of(flu, DAY)
    assert this_season.status is EntryStatus.VACCINATED
    reopens = this_season.view.told.earliest_on
    assert reopens is not None
    assert status_of(flu, reopens).status is EntryStatus.TO_CONTACT


def test_a_person_without_a_birth_date_is_due_and_not_forgotten() -> None:
    assert status_of(facts(born_on=None), DAY).status is EntryStatus.TO_CONTACT


def test_moment_2d_disagreement_comes_before_any_errand() -> None:
    finding = status_of(facts(bookings=(booking(2),), consent_conflict=True), DAY)
    assert finding.next_action is NextAction.RESOLVE_CONSENT
    assert finding.next_contact_on is not None


def test_moment_5e_not_today_rests_a_week() -> None:
    finding = status_of(facts(refused_at_desk_on=DAY), DAY)
    assert finding.next_contact_on == DAY + timedelta(days=7)
