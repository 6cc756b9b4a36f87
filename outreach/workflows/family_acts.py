"""What a family does on its page: the same acts as a reply by text, once however often the form is sent.

What is sure is done at once (yes, cancel); whatever needs a person lies among the replies that staff
read, with the visit it is about, and automatic reminders to that family wait until somebody has read it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.audit.trail import record
from outreach.clinics.models import Appointment
from outreach.clinics.queries import visits
from outreach.contact.codes import Channel, InboundState, Meaning, Purpose, Step
from outreach.contact.inbound import find_inbound
from outreach.contact.message_models import InboundMessage
from outreach.contact.questions import QuestionDraft
from outreach.contact.recipients import recipients_of
from outreach.contact.replies import read_reply
from outreach.db import vault_of
from outreach.kernel.errors import InvalidInput, MoveNotAllowed
from outreach.ledger.life import Heard as LifeHeard
from outreach.ledger.models import Phone
from outreach.ledger.remarks import read_remark
from outreach.places.queries import local_day
from outreach.transport.codes import BEGUN, Direction, LegStatus
from outreach.transport.legs import find_leg, legs_of
from outreach.transport.publish import new_door_code
from outreach.workflows.answer_question import ask_question
from outreach.workflows.cancel_appointment import cancel_appointment
from outreach.workflows.change_appointment import confirm_appointment
from outreach.workflows.family_links import FamilyDoor, SeenVisit
from outreach.workflows.report_life import report_life

GATEWAY = "family_page"
LONGEST_WORD = 12


class Wish(StrEnum):
    """What a family asks for that a person has to arrange."""

    ANOTHER_TIME = "another_time"
    WHEELCHAIR = "wheelchair"
    ALREADY_VACCINATED = "already_vaccinated"


_MEANING = {
    Wish.ANOTHER_TIME: Meaning.RESCHEDULE,
    Wish.WHEELCHAIR: Meaning.UNCLEAR,
    Wish.ALREADY_VACCINATED: Meaning.ALREADY_VACCINATED,
}


@dataclass(frozen=True, slots=True)
class FromPage:
    """One form of the page: its own id (the back button repeats it), and the words with it."""

    uuid: str
    appointment_id: int
    words: str = ""


def confirm_on_page(session: Session, *, door: FamilyDoor, sent: FromPage, now: datetime) -> None:
    """Say yes to the time."""
    seen = door.visit(sent.appointment_id)
    if _is_new(session, sent):
        confirm_appointment(
            session, appointment_id=seen.appointment_id, how="page", by=None, now=now
        )
        _keep(session, seen, sent, Meaning.CONFIRM, InboundState.ACTED_UPON, now=now)


def cancel_on_page(session: Session, *, door: FamilyDoor, sent: FromPage, now: datetime) -> None:
    """Cancel the visit with its rides; refused once our car has fetched the person (N2)."""
    seen = door.visit(sent.appointment_id)
    if not _is_new(session, sent):
        return
    _check_ahead(session, seen)
    cancel_appointment(
        session, appointment_id=seen.appointment_id, reason="family_page", by=None, now=now
    )
    state = InboundState.WAITING if sent.words else InboundState.ACTED_UPON
    _keep(session, seen, sent, Meaning.DECLINE, state, now=now)


def wish_on_page(
    session: Session, *, door: FamilyDoor, sent: FromPage, wish: Wish, now: datetime
) -> None:
    """Ask for another time, a wheelchair, or say that the dose was given elsewhere: a person reads it."""
    seen = door.visit(sent.appointment_id)
    if not _is_new(session, sent):
        return
    if wish is not Wish.ALREADY_VACCINATED:
        _check_ahead(session, seen)
    _keep(session, seen, sent, _MEANING[wish], InboundState.WAITING, now=now)


def ask_on_page(session: Session, *, door: FamilyDoor, sent: FromPage, now: datetime) -> None:
    """Ask the doctor; the answer comes back to this page, and by text where one may be sent."""
    seen = door.visit(sent.appointment_id)
    if not sent.words.strip():
        raise InvalidInput("question_empty", field="words")
    if not _is_new(session, sent):
        return
    row = _keep(session, seen, sent, Meaning.UNCLEAR, InboundState.ACTED_UPON, now=now)
    ask_question(
        session,
        draft=QuestionDraft(
            resident_id=seen.resident_id,
            text=sent.words,
            is_urgent=_is_unwell(session, seen, sent.words),
            asked_by_contact_id=seen.contact_person_id,
            inbound_id=row.id,
            appointment_id=seen.appointment_id,
            answer_by=_answer_by(session, seen),
        ),
        now=now,
    )


def word_on_page(session: Session, *, door: FamilyDoor, sent: FromPage, now: datetime) -> None:
    """Choose the word that the driver says at the door; an empty one brings the four digits back."""
    seen, chosen = door.visit(sent.appointment_id), sent.words.strip()
    if len(chosen) > LONGEST_WORD:
        raise InvalidInput("word_long", field="words", longest=LONGEST_WORD)
    if chosen.isdecimal():
        raise InvalidInput("word_is_number", field="words")
    _check_ahead(session, seen)
    leg = find_leg(session, appointment_id=seen.appointment_id, direction=Direction.OUTBOUND)
    if leg is None or leg.status in BEGUN | {LegStatus.CANCELLED}:
        raise MoveNotAllowed("no_car_comes", appointment_id=seen.appointment_id)
    leg.door_code = chosen or (new_door_code() if leg.promise_version else "")
    record(
        session,
        act="family_word_set",
        subject=("appointment", seen.appointment_id),
        by=None,
        now=now,
        actor="family_link",
    )
    session.flush()


def _check_ahead(session: Session, seen: SeenVisit) -> None:
    """What has begun is no longer changed by a form: people talk to the desk then."""
    if any(leg.status in BEGUN for leg in legs_of(session, appointment_id=seen.appointment_id)):
        raise MoveNotAllowed("visit_under_way", appointment_id=seen.appointment_id)


def _is_new(session: Session, sent: FromPage) -> bool:
    if not 16 <= len(sent.uuid) <= 64:
        raise InvalidInput("event_id", field="uuid")
    # The appointment's row is the lock against two presses of one button.
    session.execute(
        select(Appointment.id).where(Appointment.id == sent.appointment_id).with_for_update()
    )
    return find_inbound(session, gateway=GATEWAY, provider_id=sent.uuid) is None


def _keep(
    session: Session,
    seen: SeenVisit,
    sent: FromPage,
    meaning: Meaning,
    state: InboundState,
    *,
    now: datetime,
) -> InboundMessage:
    """Keep what was sent among the replies; a word about a life holds what it must hold (moment 2f)."""
    vault, uuid = vault_of(session), uuid4().hex
    number = _number_index(session, seen)
    row = InboundMessage(
        uuid=uuid,
        gateway=GATEWAY,
        provider_id=sent.uuid,
        channel=Channel.SMS,
        number_sealed=None,
        number_index=number or vault.index(f"{GATEWAY}:{uuid}", purpose="phone"),
        body=sent.words.strip(),
        meaning=meaning,
        state=state,
        resident_id=seen.resident_id,
        appointment_id=seen.appointment_id,
        received_at=now,
    )
    session.add(row)
    session.flush()
    for kind in read_remark(sent.words, as_of=local_day(session, now)).reports:
        heard = LifeHeard(seen.resident_id, kind, source="reply", words=sent.words)
        report_life(session, heard=heard, by=None, now=now)
        row.state = InboundState.WAITING
    record(
        session,
        act="family_page_used",
        subject=("appointment", seen.appointment_id),
        by=None,
        now=now,
        facts={"meaning": meaning.value},
        actor="family_link",
    )
    session.flush()
    return row


def _is_unwell(session: Session, seen: SeenVisit, words: str) -> bool:
    """Whoever feels bad after a jab reaches a clinician within the hour (moment 3g)."""
    jab_at = visits(session, [seen.appointment_id])[seen.appointment_id].jab_at
    return jab_at is not None and read_reply(words, answers=Step.T_PLUS_1) is Meaning.FEEL_BAD


def _number_index(session: Session, seen: SeenVisit) -> bytes | None:
    if seen.contact_person_id is None:
        return None
    return session.scalars(
        select(Phone.number_index)
        .where(Phone.contact_person_id == seen.contact_person_id, Phone.invalid_since.is_(None))
        .order_by(Phone.position, Phone.id)
        .limit(1)
    ).first()


def _answer_by(session: Session, seen: SeenVisit) -> Channel:
    found = recipients_of(
        session, resident_ids=[seen.resident_id], purpose=Purpose.APPOINTMENT
    ).get(seen.resident_id, [])
    wanted = seen.contact_person_id
    for one in found:
        is_asker = one.contact_person_id == wanted if wanted is not None else one.is_self
        if is_asker and one.number and not one.needs_voice and one.knows_health:
            return Channel.SMS
    return Channel.CALL
