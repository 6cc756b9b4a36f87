"""Contacts that lead somewhere: each outcome asks for its parts, dates the next try and brings things about."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from outreach.accounts.rules import EVERYWHERE
from outreach.contact.attempts import PartsMissing
from outreach.contact.codes import Channel, QuestionState
from outreach.contact.models import ContactAttempt, Question
from outreach.contact.questions import waiting_questions
from outreach.contact.worklist import worklist
from outreach.db import Database
from outreach.ledger.codes import Cause, EntryStatus, LifeReportKind, NextAction
from outreach.ledger.entry_models import Deferral, Dose
from outreach.ledger.models import LifeReport, Phone, Resident
from outreach.workflows.answer_question import answer_question, pass_on_answer
from outreach.workflows.log_contact import for_household, log_contact, take_contact_back
from outreach.workflows.restate import restate_many
from outreach.workflows.snooze import snooze
from tests.builders.contact import note
from tests.builders.ledger import NOW, TODAY, Village, add_elders, elder, entry_of


def _log(session, village: Village, *notes, now=NOW, by=None, is_clinician=False):
    return log_contact(
        session,
        notes=list(notes),
        by=by or village.worker,
        is_clinician=is_clinician,
        now=now,
    )


def test_a_yes_asks_for_a_booking_tomorrow(database: Database, village: Village) -> None:
    with database.write() as session:
        [zhao] = add_elders(session, village)
        _log(session, village, note(entry_of(session, zhao).id, "C01"))
        entry = entry_of(session, zhao)
        assert entry.status is EntryStatus.AGREED
        assert entry.next_action == NextAction.BOOK
        assert entry.next_contact_on == TODAY + timedelta(days=1)


def test_a_form_sent_twice_counts_once(database: Database, village: Village) -> None:
    with database.write() as session:
        [zhao] = add_elders(session, village)
        same = note(entry_of(session, zhao).id, "C09")
        assert _log(session, village, same).is_new
        assert not _log(session, village, same).is_new
        assert session.scalar(select(func.count()).select_from(ContactAttempt)) == 1


@pytest.mark.parametrize(
    ("outcome", "changes", "field"),
    [
        ("C03", {}, "next_contact_on"),
        ("C04", {"reasons": (), "main_reason": ""}, "reasons"),
        ("C04", {"reasons": ("H01", "H02"), "main_reason": ""}, "main_reason"),
        ("C07", {"note": ""}, "dose_on"),
        ("C08", {"deferral_code": "D12"}, "deferral_code"),
        ("C13", {"life_kind": ""}, "life_kind"),
        ("C20", {"note": " "}, "note"),
        ("C18", {"channel": Channel.CALL}, "channel"),
        ("C99", {}, "outcome"),
    ],
)
def test_an_outcome_says_which_part_it_misses(
    database: Database, village: Village, outcome: str, changes: dict[str, Any], field: str
) -> None:
    with database.write() as session:
        [zhao] = add_elders(session, village)
        entry = entry_of(session, zhao)
        made = note(entry.id, outcome)
        wrong = replace(made, attempt=replace(made.attempt, **changes))
        with pytest.raises(PartsMissing) as raised:
            _log(session, village, wrong)
        assert field in raised.value.facts["fields"]  # type: ignore[operator]


def test_a_no_rests_ninety_days_and_comes_back_by_itself(
    database: Database, village: Village
) -> None:
    with database.write() as session:
        [zhao] = add_elders(session, village)
        _log(session, village, note(entry_of(session, zhao).id, "C04"))
        entry = entry_of(session, zhao)
        assert entry.status is EntryStatus.DECLINED
        assert entry.declined_until == TODAY + timedelta(days=90)
        later = NOW + timedelta(days=90)
        restate_many(session, resident_ids=[zhao], by=None, cause=Cause.DAY, now=later)
        assert entry_of(session, zhao).status is EntryStatus.TO_CONTACT


def test_the_fourth_no_ends_the_asking_for_the_campaign(
    database: Database, village: Village
) -> None:
    with database.write() as session:
        [zhao] = add_elders(session, village)
        entry_id = entry_of(session, zhao).id
        for number in range(4):
            now = NOW + timedelta(days=91 * number)
            _log(session, village, note(entry_id, "C04", at=now), now=now)
        entry = entry_of(session, zhao)
        assert entry.status is EntryStatus.DECLINED
        assert entry.do_not_ask
        assert entry.next_contact_on is None
        years = NOW + timedelta(days=900)
        restate_many(session, resident_ids=[zhao], by=None, cause=Cause.DAY, now=years)
        assert entry_of(session, zhao).status is EntryStatus.DECLINED


def test_moment_3f_dont_ask_again_is_reopened_by_the_person_alone(
    database: Database, village: Village
) -> None:
    with database.write() as session:
        [zhao] = add_elders(session, village)
        entry_id = entry_of(session, zhao).id
        _log(session, village, note(entry_id, "C15"))
        later = NOW + timedelta(days=1)
        _log(session, village, note(entry_id, "C01", at=later), now=later)
        assert entry_of(session, zhao).status is EntryStatus.DECLINED
        last = NOW + timedelta(days=2)
        _log(session, village, note(entry_id, "C01", at=last, is_inbound=True), now=last)
        assert entry_of(session, zhao).status is EntryStatus.AGREED


def test_nobody_reached_climbs_the_ladder_to_a_visit_and_ends_unreachable(
    database: Database, village: Village
) -> None:
    with database.write() as session:
        [zhao] = add_elders(session, village)
        entry_id = entry_of(session, zhao).id
        rungs = []
        for number, outcome in enumerate(("C16", "C09", "C10", "C18", "C18")):
            now = NOW + timedelta(days=number)
            _log(session, village, note(entry_id, outcome, at=now), now=now)
            rungs.append(entry_of(session, zhao).next_channel)
        assert rungs == ["call", "call", "visit", "visit", "visit"]
        entry = entry_of(session, zhao)
        assert entry.status is EntryStatus.UNREACHABLE
        assert entry.next_contact_on == TODAY + timedelta(days=34)
        found = NOW + timedelta(days=9)
        _log(session, village, note(entry_id, "C01", at=found), now=found)
        assert entry_of(session, zhao).status is EntryStatus.AGREED


def test_a_medical_doubt_is_for_a_doctor(database: Database, village: Village) -> None:
    with database.write() as session:
        [zhao] = add_elders(session, village)
        entry_id = entry_of(session, zhao).id
        done = _log(
            session,
            village,
            note(entry_id, "C05", reasons=("H01",), main_reason="H01"),
        )
        assert entry_of(session, zhao).next_action == NextAction.DOCTOR_CALL
        [question] = session.scalars(
            select(Question).where(Question.id.in_(done.question_ids))
        ).all()
        assert question.topic == "H01"
        [waiting] = waiting_questions(session, scope=EVERYWHERE, now=NOW)
        assert (waiting.name, waiting.age) == ("赵桂兰", 91)
        told = answer_question(
            session, question_id=question.id, answer="可以接种", by=village.doctor, now=NOW
        )
        assert told.is_for_worker
        mine = worklist(session, user_id=village.worker, scope=EVERYWHERE, day=TODAY, now=NOW)
        assert mine.items[0].answer_question_id == question.id
        pass_on_answer(session, question_id=question.id, by=village.worker, now=NOW)
        assert session.get_one(Question, question.id).state is QuestionState.CLOSED


def test_already_vaccinated_elsewhere_waits_for_proof_and_dates_the_next_dose(
    database: Database, village: Village
) -> None:
    with database.write() as session:
        [zhao] = add_elders(session, village)
        entry_id = entry_of(session, zhao).id
        given = TODAY - timedelta(days=5)
        _log(session, village, note(entry_id, "C07", dose_on=given))
        entry = entry_of(session, zhao)
        assert entry.status is EntryStatus.TO_CONTACT
        assert entry.next_action == NextAction.VERIFY_DOSE
        assert entry.is_to_verify
        assert session.scalars(select(Dose)).one().given_on == given
        assert entry.earliest_on is not None
        assert entry.earliest_on > TODAY


def test_not_suitable_now_asks_a_clinician(database: Database, village: Village) -> None:
    with database.write() as session:
        [zhao] = add_elders(session, village)
        _log(session, village, note(entry_of(session, zhao).id, "C08"))
        assert session.scalars(select(Deferral)).one().code == "D22"
        entry = entry_of(session, zhao)
        assert entry.status is EntryStatus.DEFERRED
        assert entry.next_action == NextAction.REVIEW_DEFERRAL


def test_a_death_that_was_told_holds_everything_until_two_looked(
    database: Database, village: Village
) -> None:
    with database.write() as session:
        [zhao] = add_elders(session, village)
        _log(session, village, note(entry_of(session, zhao).id, "C14"))
        report = session.scalars(select(LifeReport)).one()
        assert report.kind is LifeReportKind.DECEASED
        assert session.get_one(Resident, zhao).held_all
        entry = entry_of(session, zhao)
        assert entry.status is EntryStatus.TO_CONTACT
        assert entry.next_action == NextAction.DECIDE_LIFE


def test_a_wrong_number_is_marked_and_sends_somebody_to_the_door(
    database: Database, village: Village
) -> None:
    with database.write() as session:
        [zhao] = add_elders(session, village)
        phone = session.scalars(select(Phone).order_by(Phone.id)).first()
        assert phone is not None
        _log(session, village, note(entry_of(session, zhao).id, "C11", phone_id=phone.id))
        assert session.get_one(Phone, phone.id).invalid_since == NOW
        assert entry_of(session, zhao).next_action == NextAction.VISIT


def test_moment_3c_one_log_serves_a_couple(database: Database, village: Village) -> None:
    with database.write() as session:
        zhao, qian = add_elders(session, village, elder(village), elder(village, "钱守义"))
        entries = [entry_of(session, r).id for r in (zhao, qian)]
        visit = note(entries[0], "C01", channel=Channel.VISIT, at=NOW - timedelta(days=2))
        _log(session, village, visit, *for_household(visit, entries[1:]))
        assert {entry_of(session, r).status for r in (zhao, qian)} == {EntryStatus.AGREED}
        mine = worklist(session, user_id=village.worker, scope=EVERYWHERE, day=TODAY, now=NOW)
        [stairs] = mine.stairwells
        [door] = stairs.doors
        assert {item.resident_id for item in door.items} == {zhao, qian}


def test_a_contact_noted_by_mistake_is_taken_back(database: Database, village: Village) -> None:
    with database.write() as session:
        [zhao] = add_elders(session, village)
        done = _log(session, village, note(entry_of(session, zhao).id, "C04"))
        take_contact_back(
            session, attempt_id=done.attempt_ids[0], by=village.worker, reason="点错了", now=NOW
        )
        entry = entry_of(session, zhao)
        assert entry.status is EntryStatus.TO_CONTACT
        assert entry.refusals == 0


def test_a_snoozed_household_is_left_alone_until_the_day(
    database: Database, village: Village
) -> None:
    with database.write() as session:
        zhao, qian = add_elders(session, village, elder(village), elder(village, "钱守义"))
        household = session.get_one(Resident, zhao).household_id
        until = TODAY + timedelta(days=10)
        snooze(
            session,
            household_id=household,
            until=until,
            reason="家里装修",
            by=village.worker,
            now=NOW,
        )
        assert entry_of(session, qian).next_contact_on == until
        empty = worklist(session, user_id=village.worker, scope=EVERYWHERE, day=TODAY, now=NOW)
        assert empty.total == 0
        later = NOW + timedelta(days=10)
        back = worklist(session, user_id=village.worker, scope=EVERYWHERE, day=until, now=later)
        assert back.total == 2


def test_the_list_says_why_and_puts_the_promise_first(database: Database, village: Village) -> None:
    with database.write() as session:
        old, promised = add_elders(
            session,
            village,
            elder(village, "百岁人", born_on=date(1926, 1, 1), lives_alone=True, address="甲路1号"),
            elder(village, "等电话", born_on=date(1944, 1, 1), address="乙路2号"),
        )
        _log(
            session,
            village,
            note(
                entry_of(session, promised).id,
                "C09",
                at=NOW - timedelta(days=1),
                promised_call_at=NOW + timedelta(hours=3),
            ),
        )
        mine = worklist(session, user_id=village.worker, scope=EVERYWHERE, day=TODAY, now=NOW)
        assert [item.resident_id for item in mine.items] == [promised, old]
        first, second = mine.items
        assert first.reasons[0].why == "promised_call"
        assert {r.why for r in second.reasons} >= {"age", "lives_alone", "never_contacted"}
        assert all(item.points == sum(r.points for r in item.reasons) for item in mine.items)
        assert second.call_first is not None
        assert "****" in second.call_first.masked
