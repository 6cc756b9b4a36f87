"""A booking that nobody confirmed: the call stays owed until somebody was spoken with."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.orm import Session

from outreach.accounts.rules import EVERYWHERE
from outreach.clinics.codes import AppointmentStatus
from outreach.clinics.models import Appointment
from outreach.contact.codes import Channel, MessageState
from outreach.contact.message_models import Message
from outreach.contact.priority import Why
from outreach.contact.worklist import WorkItem, worklist
from outreach.db import Database
from outreach.workflows.log_contact import for_household, log_contact
from tests.builders.contact import note
from tests.builders.ledger import Village, add_elders, elder, entry_of
from tests.builders.messages import book_visit, build_clinic, local

ELEVEN = local(28, 11, 5)  # the day before; the visit is on the 29th


def _items(session: Session, minutes: int) -> tuple[WorkItem, ...]:
    now = ELEVEN + timedelta(minutes=minutes)
    return worklist(session, user_id=None, scope=EVERYWHERE, day=now.date(), now=now).items


def _log(session: Session, village: Village, entry_id: int, minutes: int, **parts: object) -> None:
    outcome = str(parts.pop("outcome"))
    now = ELEVEN + timedelta(minutes=minutes)
    made = note(entry_id, outcome, at=now, **parts)  # type: ignore[arg-type]
    log_contact(session, notes=[made], by=village.worker, is_clinician=False, now=now)


def test_a_call_in_vain_stays_owed_and_a_yes_at_the_door_confirms_the_booking(
    database: Database, village: Village
) -> None:
    with database.write() as session:
        clinic = build_clinic(session, village)
        [zhao] = add_elders(session, village)
        visit_id = book_visit(session, village, clinic, zhao, ahead=6).id
        entry_id = entry_of(session, zhao).id
        [item] = _items(session, 0)
        [call] = item.owed_calls
        _log(session, village, entry_id, 5, outcome="C09", message_id=call.message_id)
        [vain] = _items(session, 6)
        assert [owed.message_id for owed in vain.owed_calls] == [call.message_id]
        assert Why.GO_THERE in {reason.why for reason in vain.reasons}
        _log(
            session,
            village,
            entry_id,
            60,
            outcome="C01",
            channel=Channel.VISIT,
            message_id=call.message_id,
        )
        assert _items(session, 61) == ()
        assert session.get_one(Message, call.message_id).state is MessageState.DELIVERED
        assert session.get_one(Appointment, visit_id).status is AppointmentStatus.CONFIRMED


def test_whoever_considers_again_confirms_nothing(database: Database, village: Village) -> None:
    with database.write() as session:
        clinic = build_clinic(session, village)
        [zhao] = add_elders(session, village)
        visit_id = book_visit(session, village, clinic, zhao, ahead=6).id
        [item] = _items(session, 0)
        _log(
            session,
            village,
            item.entry_id,
            5,
            outcome="C03",
            next_contact_on=ELEVEN.date() + timedelta(days=7),
            message_id=item.owed_calls[0].message_id,
        )
        assert session.get_one(Appointment, visit_id).status is AppointmentStatus.BOOKED


def test_one_log_for_a_couple_says_what_was_owed_to_one_and_leaves_the_other_owed(
    database: Database, village: Village
) -> None:
    with database.write() as session:
        clinic = build_clinic(session, village)
        zhao, qian = add_elders(session, village, elder(village), elder(village, "钱守义"))
        for resident_id in (zhao, qian):
            book_visit(session, village, clinic, resident_id, ahead=6)
        owed = {item.resident_id: item.owed_calls for item in _items(session, 0)}
        made = note(
            entry_of(session, zhao).id,
            "C01",
            at=ELEVEN,
            channel=Channel.VISIT,
            message_id=owed[zhao][0].message_id,
        )
        notes = [made, *for_household(made, [entry_of(session, qian).id])]
        log_contact(session, notes=notes, by=village.worker, is_clinician=False, now=ELEVEN)
        assert {item.resident_id for item in _items(session, 1) if item.owed_calls} == {qian}
