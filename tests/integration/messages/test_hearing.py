"""Replies, opt-outs, shared phones and silences: what is sure is done, what is not waits for a person."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, time, timedelta
from itertools import count

import pytest
from sqlalchemy import select

from outreach.clinics.codes import AppointmentStatus, Mode
from outreach.clinics.models import Appointment
from outreach.clinics.operations import lock_appointment
from outreach.contact.codes import (
    Channel,
    InboundState,
    Meaning,
    MessageState,
    OptOutScope,
    Purpose,
    Step,
)
from outreach.contact.inbound import mark_read, waiting_replies
from outreach.contact.message_models import Message, OptOut
from outreach.contact.models import Question
from outreach.contact.opt_outs import end_opt_out, standing
from outreach.contact.outbox import told_by_person
from outreach.contact.retention import forget_old_messages
from outreach.contact.simulator import conversation, phones
from outreach.contact.worklist_facts import OwedCall, owed_calls
from outreach.db import vault_of
from outreach.kernel.errors import InvalidInput, MoveNotAllowed
from outreach.ledger.codes import LifeReportKind, LifeStatus, PhoneKind, Relation, Sex
from outreach.ledger.entry_models import Deferral
from outreach.ledger.life import Heard as LifeHeard
from outreach.ledger.life import report_life
from outreach.ledger.models import ContactPerson, Household, Phone, Resident
from outreach.ledger.new_residents import NewContact, NewPhone
from outreach.places.operations import move_clock
from outreach.ports.messages import InboundText
from outreach.transport.codes import Direction
from outreach.transport.run_models import RideLeg
from outreach.workflows.family_links import enter_by_family_code
from outreach.workflows.hear import Heard, answer_from_phone, hear
from outreach.workflows.nudge import Nudge, queue_nudges, remind_due
from outreach.workflows.person_timeline import timeline
from outreach.workflows.schedule_messages import (
    cancel_for_appointment,
    queue_for_leg,
    schedule_for_appointment,
)
from outreach.workflows.send import silence_now
from tests.builders.ledger import Village, add_elders, elder, entry_of
from tests.builders.messages import ABLE, NOW, Clinic, Hand, book_visit, local

SELF, DAUGHTER = "+8613900000001", "+8613900000002"
_ids = count(1)


def say(hand: Hand, number: str, body: str) -> Heard:
    """Hear a text from a number at the hand's instant."""
    text = InboundText("scripted", f"in-{next(_ids)}", number, body)
    return hand.database.act(lambda s: hear(s, inbound=text, now=hand.now))


def opt_outs(hand: Hand, number: str) -> list[OptOut]:
    """Return the opt-outs in force of a number."""
    with hand.database.read() as session:
        index = vault_of(session).index(number, purpose="phone")
        found = standing(session, number_index=index)
        session.expunge_all()
        return found


def owed(hand: Hand, resident: int) -> list[OwedCall]:
    """Return the calls that stand on the worklist of the moment."""
    with hand.database.read() as session:
        return owed_calls(session, [resident], hand.now).get(resident, [])


def visit_of(hand: Hand, resident: int) -> Appointment:
    with hand.database.read() as session:
        row = session.scalars(select(Appointment).where(Appointment.resident_id == resident)).one()
        session.expunge_all()
        return row


@pytest.fixture
def zhao(hand: Hand, village: Village, clinic: Clinic) -> int:
    """Zhao, booked in six days, she and her daughter told."""
    with hand.database.write() as session:
        (resident,) = add_elders(session, village)
        book_visit(session, village, clinic, resident)
    hand.send_due()
    return resident


@pytest.fixture
def couple(hand: Hand, village: Village, clinic: Clinic) -> tuple[int, int]:
    """Two elders of one household on one phone, both booked at the same time, both told."""
    phone = NewContact(Relation.SELF, phones=(NewPhone(SELF, PhoneKind.MOBILE),))
    with hand.database.write() as session:
        first, second = add_elders(
            session,
            village,
            elder(village, "赵桂兰", contacts=(phone,)),
            elder(village, "李国栋", sex=Sex.MALE, contacts=(phone,), born_on=date(1934, 1, 2)),
        )
        for resident in (first, second):
            book_visit(session, village, clinic, resident)
    return first, second


def test_declining_gives_the_slot_back_and_says_so(hand: Hand, zhao: int) -> None:
    assert say(hand, DAUGHTER, "3").state is InboundState.ACTED_UPON
    assert visit_of(hand, zhao).status is AppointmentStatus.CANCELLED
    assert [e.body.split("】")[1][:3] for e in hand.send_due()] == ["赵奶奶", "赵奶奶"]
    assert not hand.messages(step=Step.T_MINUS_1, state=MessageState.QUEUED)


def test_another_time_is_left_to_a_person_and_nothing_automatic_goes_out_until_read(
    hand: Hand, village: Village, zhao: int
) -> None:
    heard = say(hand, DAUGHTER, "2")
    assert (heard.meaning, heard.state) == (Meaning.RESCHEDULE, InboundState.WAITING)
    hand.go_to(local(26, 10))
    assert [e.to for e in hand.send_due()] == [SELF]
    assert [m.reason for m in hand.messages(state=MessageState.HELD, channel=Channel.SMS)] == [
        "reply_unread"
    ]
    with hand.database.read() as session:
        (waiting,) = waiting_replies(session)
    assert (waiting.resident_id, waiting.number) == (zhao, "139****0002")
    hand.database.act(
        lambda s: mark_read(s, inbound_id=waiting.id, by=village.worker, now=hand.now)
    )
    assert [e.to for e in hand.send_due()] == [DAUGHTER]


@pytest.mark.parametrize("body", ["不要再发了", "听不懂", "我不退订", "T恤", "谢谢"])
def test_fault_30_and_31_free_text_is_flagged_and_never_acted_upon(
    hand: Hand, zhao: int, body: str
) -> None:
    heard = say(hand, SELF, body)
    assert (heard.meaning, heard.state, heard.reply_ids) == (
        Meaning.UNCLEAR,
        InboundState.WAITING,
        (),
    )
    assert visit_of(hand, zhao).status is AppointmentStatus.BOOKED
    with hand.database.read() as session:
        assert session.scalars(select(OptOut)).all() == []


def test_moment_3a_the_first_opt_out_ends_nudges_the_second_everything(
    hand: Hand, village: Village, zhao: int
) -> None:
    first = say(hand, DAUGHTER, "Ｔ")
    (confirmed,) = hand.send_due()
    assert "行程短信仍会发送" in confirmed.body
    assert "再回复T" in confirmed.body
    hand.go_to(local(26, 10))
    assert len(hand.send_due()) == 2, "visits go on being told"
    second = say(hand, DAUGHTER, "退订")
    (confirmed,) = hand.send_due()
    assert "行程" not in confirmed.body
    assert {first.state, second.state} == {InboundState.ACTED_UPON}
    assert [row.scope for row in opt_outs(hand, DAUGHTER)] == [
        OptOutScope.NUDGES,
        OptOutScope.EVERYTHING,
    ]
    hand.go_to(local(28, 17))
    assert [e.to for e in hand.send_due()] == [SELF]
    assert ("t_minus_1", "opted_out_all") in {(c.step, c.reason) for c in owed(hand, zhao)}


def test_an_opt_out_ends_only_with_a_reason(hand: Hand, village: Village, zhao: int) -> None:
    say(hand, DAUGHTER, "T")
    (row,) = opt_outs(hand, DAUGHTER)
    row_id = row.id
    with pytest.raises(InvalidInput), hand.database.write() as session:
        end_opt_out(session, opt_out_id=row_id, reason=" ", by=village.worker, now=hand.now)
    with hand.database.write() as session:
        end_opt_out(session, opt_out_id=row_id, reason="女儿来电", by=village.worker, now=hand.now)
    assert opt_outs(hand, DAUGHTER) == []


def test_fault_32_a_shared_phone_is_asked_whom_it_means(
    hand: Hand, couple: tuple[int, int]
) -> None:
    first, second = couple
    hand.send_due()
    heard = say(hand, SELF, "1")
    assert (heard.meaning, heard.state) == (Meaning.CONFIRM, InboundState.WAITING)
    (asked,) = hand.send_due()
    assert "1赵奶奶 2李爷爷 3都是" in asked.body
    assert visit_of(hand, first).status is AppointmentStatus.BOOKED
    answered = say(hand, SELF, "2")
    assert (answered.meaning, answered.state) == (Meaning.CHOICE, InboundState.ACTED_UPON)
    assert visit_of(hand, first).status is AppointmentStatus.BOOKED
    assert visit_of(hand, second).status is AppointmentStatus.CONFIRMED
    with hand.database.read() as session:
        assert waiting_replies(session) == []


def test_moment_3d_a_couple_on_one_phone_gets_one_merged_text(
    hand: Hand, couple: tuple[int, int]
) -> None:
    (booked,) = hand.send_due()
    assert "赵奶奶、李爷爷的预约已留好" in booked.body
    assert [
        row.state for r in couple for row in hand.messages(resident_id=r, step=Step.BOOKED)
    ] == [MessageState.ACCEPTED, MessageState.ACCEPTED]


def test_moment_3d_only_if_something_changes(hand: Hand, village: Village, clinic: Clinic) -> None:
    with hand.database.write() as session:
        (resident,) = add_elders(session, village)
        daughter = session.scalars(
            select(ContactPerson).where(ContactPerson.relation == Relation.DAUGHTER)
        ).one()
        daughter.only_if_changed = True
        visit = book_visit(session, village, clinic, resident)
    assert [e.to for e in hand.send_due()] == [SELF]
    with hand.database.write() as session:
        row = session.get_one(Appointment, visit.id)
        row.told_version += 1
        session.flush()
        schedule_for_appointment(
            session, appointment_id=visit.id, now=hand.now, announce=Step.CHANGED
        )
    assert {e.to for e in hand.send_due()} == {SELF, DAUGHTER}


def test_a_second_change_of_time_is_a_second_message(hand: Hand, zhao: int) -> None:
    visit = visit_of(hand, zhao)
    for _ in range(2):
        with hand.database.write() as session:
            session.get_one(Appointment, visit.id).told_version += 1
            session.flush()
            schedule_for_appointment(
                session, appointment_id=visit.id, now=hand.now, announce=Step.CHANGED
            )
        hand.go(minutes=20)
        hand.send_due()
    changed = [m for m in hand.messages(step=Step.CHANGED) if m.state is MessageState.ACCEPTED]
    assert len(changed) == 4, "two recipients, twice"
    assert {m.subject_version for m in changed} == {2, 3}


def test_moment_3g_feeling_bad_reaches_a_clinician_within_the_hour(hand: Hand, zhao: int) -> None:
    hand.go_to(local(29, 10))
    with hand.database.write() as session:
        row = session.get_one(Appointment, visit_of(hand, zhao).id)
        row.status = AppointmentStatus.DONE
        session.flush()
        schedule_for_appointment(session, appointment_id=row.id, now=hand.now)
    hand.go_to(local(30, 10))
    (asked,) = hand.send_due()
    assert "昨天接种后身体还好吗" in asked.body
    hand.go_to(local(30, 21))
    heard = say(hand, SELF, "头晕")
    assert heard.meaning is Meaning.FEEL_BAD
    (reply,) = hand.send_due()
    assert "120" in reply.body
    with hand.database.read() as session:
        question = session.scalars(select(Question)).one()
        assert question.is_urgent
        assert question.due_at <= hand.now + timedelta(hours=1)


def test_very_well_thank_you_bothers_nobody(hand: Hand, zhao: int) -> None:
    with hand.database.write() as session:
        row = session.get_one(Appointment, visit_of(hand, zhao).id)
        row.status = AppointmentStatus.DONE
        session.flush()
        schedule_for_appointment(session, appointment_id=row.id, now=local(29, 10))
    hand.go_to(local(30, 10))
    hand.send_due()
    assert say(hand, SELF, "1").state is InboundState.ACTED_UPON


def test_fault_33_a_death_between_plan_and_send_silences_everything(hand: Hand, zhao: int) -> None:
    with hand.database.write() as session:
        session.get_one(Resident, zhao).life_status = LifeStatus.DECEASED
    hand.go_to(local(28, 17))
    assert hand.send_due() == []
    with hand.database.write() as session:
        silence_now(session, resident_ids=[zhao], now=hand.now)
    with hand.database.read() as session:
        told = timeline(session, resident_id=zhao)
    assert "deceased" in {moment.facts.get("reason") for moment in told}
    assert not hand.messages(state=MessageState.QUEUED)
    assert not [m for m in hand.messages(channel=Channel.CALL) if m.reason != "unconfirmed"]


def test_a_death_told_by_reply_holds_everything_until_people_decide(hand: Hand, zhao: int) -> None:
    heard = say(hand, DAUGHTER, "我妈昨天去世了")
    assert heard.state is InboundState.WAITING
    assert heard.reply_ids == ()
    with hand.database.read() as session:
        assert session.get_one(Resident, zhao).held_all
    hand.go_to(local(28, 17))
    assert hand.send_due() == []


def test_moment_2f_with_a_live_booking_ride_messages_wait_for_a_decision(
    hand: Hand, village: Village, zhao: int
) -> None:
    with hand.database.write() as session:
        word = LifeHeard(zhao, LifeReportKind.HOSPITAL, source="remark", words="住院")
        report_life(session, heard=word, by=village.worker, now=hand.now)
        silence_now(session, resident_ids=[zhao], now=hand.now)
    held = hand.messages(state=MessageState.HELD, channel=Channel.SMS)
    assert {m.reason for m in held} == {"awaits_decision"}
    assert {m.step for m in held} >= {Step.T_MINUS_1, Step.T_MINUS_3}


def test_fault_34_vaccinated_elsewhere_ends_reminders(hand: Hand, zhao: int) -> None:
    with hand.database.write() as session:
        entry = entry_of(session, zhao)
        entry.status = "vaccinated"  # type: ignore[assignment]
        session.flush()
        silence_now(session, resident_ids=[zhao], now=hand.now)
    assert not hand.messages(state=MessageState.QUEUED)
    assert "dose_recorded" in {m.reason for m in hand.messages(state=MessageState.SUPPRESSED)}


def test_fault_35_an_undone_strike_off_resumes_from_now_without_a_backlog(
    hand: Hand, zhao: int
) -> None:
    visit = visit_of(hand, zhao)
    with hand.database.write() as session:
        entry_of(session, zhao).status = "vaccinated"  # type: ignore[assignment]
        session.flush()
        silence_now(session, resident_ids=[zhao], now=hand.now)
    hand.go_to(local(27, 12))
    with hand.database.write() as session:
        entry_of(session, zhao).status = "booked"  # type: ignore[assignment]
        session.flush()
        schedule_for_appointment(session, appointment_id=visit.id, now=hand.now)
    assert hand.send_due() == [], "T-3 is past and stays past"
    hand.go_to(local(28, 17))
    assert len(hand.send_due()) == 2


def test_fault_36_a_deferral_after_the_booking_ends_its_reminders(
    hand: Hand, village: Village, zhao: int
) -> None:
    with hand.database.write() as session:
        session.add(
            Deferral(
                resident_id=zhao,
                campaign_id=village.campaign_id,
                code="D11",
                until_on=date(2026, 12, 20),
                set_by=village.doctor,
                set_at=hand.now,
            )
        )
        session.flush()
        silence_now(session, resident_ids=[zhao], now=hand.now)
    assert not hand.messages(state=MessageState.QUEUED)
    assert {m.reason for m in hand.messages(state=MessageState.SUPPRESSED)} == {"deferred"}


@pytest.mark.parametrize(
    "silenced", ["mourning", "snoozed_household", "snoozed", "held_nudges", "do_not_ask"]
)
def test_what_silences_a_nudge_is_told_in_the_timeline(
    hand: Hand, village: Village, silenced: str
) -> None:
    with hand.database.write() as session:
        (resident,) = add_elders(session, village)
        person = session.get_one(Resident, resident)
        household = session.get_one(Household, person.household_id)
        entry = entry_of(session, resident)
        if silenced == "mourning":
            household.mourning_until = date(2026, 12, 31)
        elif silenced == "snoozed_household":
            household.snoozed_until = date(2026, 12, 31)
        elif silenced == "snoozed":
            person.snoozed_until = date(2026, 12, 31)
        elif silenced == "held_nudges":
            person.held_nudges = True
        else:
            entry.do_not_ask = True
        session.flush()
        queue_nudges(session, nudge=Nudge(step=Step.INVITE, entry_ids=[entry.id]), now=hand.now)
    (line,) = hand.messages(resident_id=resident)
    assert line.state is MessageState.SUPPRESSED
    assert line.reason == silenced.removesuffix("_household")
    assert hand.send_due() == []


def test_a_nudge_goes_to_the_elder_by_text_never_by_voice(hand: Hand, village: Village) -> None:
    with hand.database.write() as session:
        first, second = add_elders(
            session,
            village,
            elder(village),
            elder(
                village,
                "钱永福",
                address="兴华北街8号院1号楼2单元203",
                contacts=(
                    NewContact(
                        Relation.SELF, phones=(NewPhone("+8637160000001", PhoneKind.LANDLINE),)
                    ),
                ),
            ),
        )
        ids = [entry_of(session, r).id for r in (first, second)]
        queue_nudges(session, nudge=Nudge(step=Step.INVITE, entry_ids=ids), now=hand.now)
    (sent,) = hand.send_due()
    assert (sent.to, sent.channel) == (SELF, "sms")
    assert sent.body.endswith("拒收请回复T")


def test_the_next_dose_due_reminds_once(hand: Hand, village: Village) -> None:
    with hand.database.write() as session:
        (resident,) = add_elders(session, village)
        entry = entry_of(session, resident)
        entry.doses_counted, entry.dose_number_due = 2, 3
        entry.recommended_on = date(2026, 11, 22)
    # The duty reads business time from the database; this place's clock is the machine's own.
    with hand.database.write() as session:
        move_clock(session, to=NOW)
    assert remind_due(hand.database) == 1
    assert remind_due(hand.database) == 0


def test_fault_21_a_landline_is_called_by_voice_and_by_a_person_where_no_voice_goes(
    hand: Hand, village: Village, clinic: Clinic
) -> None:
    landline = NewContact(Relation.SELF, phones=(NewPhone("+8637168801234", PhoneKind.LANDLINE),))
    with hand.database.write() as session:
        (resident,) = add_elders(session, village, elder(village, contacts=(landline,)))
        book_visit(session, village, clinic, resident)
    hand.send_due()
    hand.go_to(local(28, 17))
    assert [(e.channel, e.to) for e in hand.send_due()] == [("voice", "+8637168801234")]


def test_nobody_with_a_number_leaves_one_call_owed_per_thing_to_tell(
    hand: Hand, village: Village, clinic: Clinic
) -> None:
    with hand.database.write() as session:
        (resident,) = add_elders(
            session, village, elder(village, contacts=(NewContact(Relation.SELF),))
        )
        book_visit(session, village, clinic, resident)
    hand.go_to(local(28, 18))
    calls = owed(hand, resident)
    assert {(c.step, c.reason) for c in calls} == {
        ("t_minus_1", "no_number"),
        ("t_minus_3", "unconfirmed"),
    }
    with hand.database.write() as session:
        told_by_person(
            session, message_id=calls[0].message_id, is_told=True, by=village.worker, now=hand.now
        )
    assert len(owed(hand, resident)) == 1
    with pytest.raises(MoveNotAllowed), hand.database.write() as session:
        told_by_person(
            session, message_id=calls[0].message_id, is_told=True, by=village.worker, now=hand.now
        )


def test_no_health_detail_reaches_a_contact_without_permission(
    hand: Hand, village: Village, clinic: Clinic
) -> None:
    with hand.database.write() as session:
        (resident,) = add_elders(session, village)
        book_visit(session, village, clinic, resident)
    texts = {e.to: e.body for e in hand.send_due()}
    assert "接种" in texts[SELF]
    assert "接种" not in texts[DAUGHTER]


def test_cancelling_takes_back_rides_and_visits_alike(hand: Hand, zhao: int) -> None:
    with hand.database.write() as session:
        cancel_for_appointment(
            session, appointment_id=visit_of(hand, zhao).id, reason="closed", now=hand.now
        )
    assert not hand.messages(state=MessageState.QUEUED)
    assert not hand.messages(state=MessageState.HELD)


def test_an_answer_on_a_simulated_phone_is_heard(hand: Hand, zhao: int) -> None:
    with hand.database.write() as session:
        heard = answer_from_phone(
            session, number=DAUGHTER, body="1", reference="", is_key=False, now=hand.now
        )
    assert heard.meaning is Meaning.CONFIRM
    with hand.database.read() as session:
        (phone,) = phones(session)
        assert (phone.number, phone.owners[0].relation) == (DAUGHTER, "daughter")
        assert [b.body for b in conversation(session, phone.key)] == ["1"]


def test_retention_removes_words_and_numbers_and_keeps_the_figures(hand: Hand, zhao: int) -> None:
    with hand.database.write() as session:
        move_clock(session, to=NOW + timedelta(days=400))
    before = len(hand.messages())
    forget_old_messages(hand.database)
    rows = [m for m in hand.messages() if m.state is MessageState.ACCEPTED]
    assert {(m.body, m.number_sealed, m.number_index) for m in rows} == {(None, None, None)}
    assert len(hand.messages()) == before
    assert all(m.accepted_at is not None for m in rows)


def rides_of(hand: Hand, resident_id: int) -> list[int]:
    """Let our car take someone there and back; return the two legs."""
    visit = visit_of(hand, resident_id)
    with hand.database.write() as session:
        row = session.get_one(Appointment, visit.id)
        row.outbound_mode = row.return_mode = Mode.OUR_CAR
        address = session.get_one(Resident, resident_id).address_id
        assert address is not None
        legs = [
            RideLeg(
                appointment_id=visit.id,
                direction=direction,
                on=date(2026, 11, 29),
                from_address_id=address,
                to_address_id=address,
                pickup_from_at=local(29, 8, 40),
                pickup_until_at=local(29, 9),
                dropoff_from_at=local(29, 9),
                dropoff_until_at=local(29, 9, 30),
                pickup_service_s=300,
                dropoff_service_s=120,
                max_ride_s=2700,
            )
            for direction in (Direction.OUTBOUND, Direction.RETURN)
        ]
        session.add_all(legs)
        session.flush()
        return [leg.id for leg in legs]


def test_ride_messages_are_told_to_the_family_and_the_way_home_to_others_only(
    hand: Hand, zhao: int
) -> None:
    there, back = rides_of(hand, zhao)
    with hand.database.write() as session:
        queue_for_leg(session, leg_id=there, step=Step.PROMISE, now=hand.now)
        queue_for_leg(session, leg_id=there, step=Step.PROMISE, now=hand.now)
    told = hand.send_due()
    assert {e.to for e in told} == {SELF, DAUGHTER}
    assert "8:40至9:00" in told[0].body
    hand.go_to(local(29, 10, 30))
    with hand.database.write() as session:
        queue_for_leg(session, leg_id=back, step=Step.ON_THE_WAY_HOME, now=hand.now)
    (home,) = [e for e in hand.send_due() if "回家" in e.body]
    assert home.to == DAUGHTER
    assert hand.messages(step=Step.ON_THE_WAY_HOME)[0].purpose is Purpose.RIDE


def test_the_text_about_the_car_opens_the_family_page_by_a_code_that_is_kept_nowhere(
    hand: Hand, zhao: int
) -> None:
    there, _back = rides_of(hand, zhao)
    hand.family_door, hand.gateway.able = "https://visits.example/f", replace(ABLE, links=True)
    with hand.database.write() as session:
        queue_for_leg(session, leg_id=there, step=Step.PROMISE, now=hand.now)
    codes = {}
    for envelope in hand.send_due():
        (codes[envelope.to],) = re.findall(
            r"https://visits\.example/f 输入(\d{3} \d{3} \d{4})$", envelope.body
        )
    assert set(codes) == {SELF, DAUGHTER}
    assert len(set(codes.values())) == 2
    for code in codes.values():
        door = enter_by_family_code(
            hand.database, code=code, address="192.0.2.7", now=hand.now, real_now=hand.now
        )
        assert [seen.appointment_id for seen in door.visits] == [visit_of(hand, zhao).id]
        assert not [m for m in hand.messages() if code in f"{m.body} {m.sent_body} {m.values}"]


def test_a_merged_text_about_the_car_names_the_page_once_and_its_code_opens_both_visits(
    hand: Hand, couple: tuple[int, int]
) -> None:
    hand.send_due()
    legs = [rides_of(hand, elder)[0] for elder in couple]
    hand.family_door, hand.gateway.able = "https://visits.example/f", replace(ABLE, links=True)
    with hand.database.write() as session:
        for leg in legs:
            queue_for_leg(session, leg_id=leg, step=Step.PROMISE, now=hand.now)
    (told,) = hand.send_due()
    assert "赵奶奶、李爷爷" in told.body
    (code,) = re.findall(r"https://visits\.example/f 输入(\d{3} \d{3} \d{4})", told.body)
    door = enter_by_family_code(
        hand.database, code=code, address="192.0.2.7", now=hand.now, real_now=hand.now
    )
    assert {v.appointment_id for v in door.visits} == {visit_of(hand, elder).id for elder in couple}


# SQLite has one writer: there nobody sends while somebody changes a visit.
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_text_with_a_code_waits_while_its_visit_is_being_changed(hand: Hand, zhao: int) -> None:
    there, _back = rides_of(hand, zhao)
    hand.family_door, hand.gateway.able = "https://visits.example/f", replace(ABLE, links=True)
    with hand.database.write() as session:
        queue_for_leg(session, leg_id=there, step=Step.PROMISE, now=hand.now)
    with hand.database.write() as session:
        lock_appointment(session, visit_of(hand, zhao).id)
        assert hand.send_due() == [], "neither sent without a code nor waited for"
    hand.go(minutes=1)
    told = hand.send_due()
    assert {e.to for e in told} == {SELF, DAUGHTER}
    assert all("输入" in e.body for e in told)


@pytest.mark.parametrize(
    ("door", "links"),
    [("", True), ("https://visits.example/f", False)],
    ids=["no door", "no links"],
)
def test_no_text_names_a_page_that_cannot_be_opened(
    hand: Hand, zhao: int, door: str, *, links: bool
) -> None:
    there, _back = rides_of(hand, zhao)
    hand.family_door, hand.gateway.able = door, replace(ABLE, links=links)
    with hand.database.write() as session:
        queue_for_leg(session, leg_id=there, step=Step.PROMISE, now=hand.now)
    told = hand.send_due()
    assert {e.to for e in told} == {SELF, DAUGHTER}
    assert not [e for e in told if "输入" in e.body or "http" in e.body or "***" in e.body]


def test_a_number_that_went_bad_is_not_tried_again(hand: Hand, zhao: int) -> None:
    with hand.database.write() as session:
        phone = session.scalars(
            select(Phone).join(ContactPerson).where(ContactPerson.relation == Relation.DAUGHTER)
        ).one()
        phone.invalid_since = hand.now
    hand.go_to(local(28, 17))
    assert [e.to for e in hand.send_due()] == [SELF]
    assert [c.reason for c in hand.messages(step=Step.T_MINUS_1, channel=Channel.CALL)] == [
        "bad_number"
    ]


def test_a_visit_in_the_early_morning_is_told_the_evening_before(
    hand: Hand, village: Village, clinic: Clinic
) -> None:
    with hand.database.write() as session:
        (resident,) = add_elders(session, village)
        book_visit(session, village, clinic, resident, ahead=1, at=time(8, 30))
    hand.send_due()
    hand.go_to(local(23, 17))
    assert len(hand.send_due()) == 2
    assert [m for m in hand.messages() if m.id and m.body and "{" in m.body] == []
    assert isinstance(hand.messages()[0], Message)
