"""From appointments, legs and doses to rows of the outbox: who is told what, when, by which channel.

Every function may be called twice or late: natural keys make the second call do nothing, and what is
past is never scheduled. None of them sends or commits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.clinics.codes import STANDING, AppointmentStatus
from outreach.clinics.models import Appointment
from outreach.clinics.queries import get_appointment
from outreach.contact.cadence import Anchor, Audience, Planned, StepRule, Visit, plan
from outreach.contact.codes import Channel, MessageState, Purpose, Step
from outreach.contact.message_models import Wording
from outreach.contact.outbox import Draft, Only, cancel, queue
from outreach.contact.recipients import Recipient, recipients_of
from outreach.contact.rules import MUST_BE_TOLD
from outreach.contact.wording import render
from outreach.contact.wordings import WordingBook, cadence_of
from outreach.kernel.errors import NotFound
from outreach.transport.run_models import RideLeg
from outreach.workflows.experiment_arms import Arms
from outreach.workflows.message_facts import APPOINTMENT, LEG
from outreach.workflows.message_values import Occasion, occasion_of, ride_values, visit_values
from outreach.workflows.send import settle_queued

# Answered: nobody needs to be asked again, and the morning's text says nothing new (moment 3d).
_ASKING = Only(steps=(Step.T_MINUS_3, Step.MORNING))
_RIDE_LASTS = {
    Step.CAR_NEAR: timedelta(minutes=20),
    Step.ON_THE_WAY_HOME: timedelta(hours=1),
    Step.NO_DOSE_HOME: timedelta(hours=1),
}


def schedule_for_appointment(
    session: Session, *, appointment_id: int, now: datetime, announce: Step | None = None
) -> list[int]:
    """Bring the messages of an appointment in line with it; return the ids of new rows.

    Call it after booking (``announce=Step.BOOKED``), after a move (``Step.CHANGED``), after a
    cancellation (``Step.CANCELLED``), after a confirmation and after a dose (no announcement).
    """
    session.flush()
    appointment = get_appointment(session, appointment_id)
    _take_back(session, appointment, now=now)
    if appointment.status is AppointmentStatus.CANCELLED and announce is not Step.CANCELLED:
        return []
    occasion = occasion_of(session, appointment)
    planned = _planned(session, occasion, now=now, announce=announce)
    drafts = Arms(session, now=now).apply(_drafts_of_visit(session, occasion, planned))
    new = queue(session, drafts=drafts, now=now)
    settle_queued(session, message_ids=new, now=now)
    return new


def cancel_for_appointment(
    session: Session, *, appointment_id: int, reason: str, now: datetime
) -> int:
    """Take back every unsent message of an appointment and its rides; return how many."""
    legs = session.scalars(
        select(RideLeg.id).where(RideLeg.appointment_id == appointment_id).order_by(RideLeg.id)
    ).all()
    ended = cancel(
        session, subject_kind=APPOINTMENT, subject_ids=[appointment_id], reason=reason, now=now
    )
    return ended + cancel(session, subject_kind=LEG, subject_ids=legs, reason=reason, now=now)


def queue_for_leg(
    session: Session,
    *,
    leg_id: int,
    step: Step,
    now: datetime,
    due_at: datetime | None = None,
    minutes: int | None = None,
) -> list[int]:
    """Tell the family about a ride: promise, promise_moved, car_near, on_the_way_home, no_dose_home …

    The version within the key is the leg's promise version, so a second change is a second message; an
    older promise that has not left yet is taken back.
    """
    session.flush()
    leg = session.get(RideLeg, leg_id)
    if leg is None:
        raise NotFound("ride_leg", leg_id=leg_id)
    if step in {Step.PROMISE, Step.PROMISE_MOVED, Step.RIDE_CANCELLED}:
        told = Only(steps=(Step.PROMISE, Step.PROMISE_MOVED, Step.CAR_NEAR))
        cancel(session, subject_kind=LEG, subject_ids=[leg_id], reason="newer", now=now, only=told)
    appointment = get_appointment(session, leg.appointment_id)
    occasion = occasion_of(session, appointment)
    at = due_at or now
    lasts = _RIDE_LASTS.get(step)
    telling = Telling(
        step=step,
        purpose=Purpose.RIDE,
        due_at=at,
        expires_at=at + lasts if lasts else max(leg.pickup_until_at, at + timedelta(hours=1)),
        subject_kind=LEG,
        subject_id=leg.id,
        version=max(1, leg.promise_version),
    )
    book = WordingBook(session)
    drafts: list[Draft] = []
    for recipient in _ride_readers(session, occasion, step):
        values = ride_values(session, occasion, leg, recipient, step)
        if minutes is not None:
            values["minutes"] = str(minutes)
        drafts += _drafts_to(book, occasion, recipient, telling, values)
    new = queue(session, drafts=drafts, now=now)
    settle_queued(session, message_ids=new, now=now)
    return new


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """One step at its instants, about one version of one appointment or leg."""

    step: Step
    purpose: Purpose
    channel: Channel = Channel.SMS
    due_at: datetime
    expires_at: datetime
    subject_kind: str
    subject_id: int
    version: int


def _take_back(session: Session, appointment: Appointment, *, now: datetime) -> None:
    ids = [appointment.id]
    older = Only(below_version=appointment.told_version)
    cancel(session, subject_kind=APPOINTMENT, subject_ids=ids, reason="newer", now=now, only=older)
    if appointment.status not in STANDING:
        before = Only(
            steps=(
                Step.BOOKED,
                Step.CHANGED,
                Step.T_MINUS_3,
                Step.T_MINUS_1,
                Step.MORNING,
            )
        )
        cancel(
            session,
            subject_kind=APPOINTMENT,
            subject_ids=ids,
            reason="appointment_over",
            now=now,
            only=before,
        )
    elif appointment.status is AppointmentStatus.CONFIRMED:
        cancel(
            session,
            subject_kind=APPOINTMENT,
            subject_ids=ids,
            reason="confirmed",
            now=now,
            only=_ASKING,
        )


def _planned(
    session: Session, occasion: Occasion, *, now: datetime, announce: Step | None
) -> list[Planned]:
    appointment = occasion.appointment
    rules = cadence_of(session, campaign_id=occasion.campaign_id)
    if appointment.status is AppointmentStatus.DONE:
        rules = [r for r in rules if r.purpose is Purpose.AFTERCARE]
    elif appointment.status in STANDING:
        rules = [r for r in rules if r.purpose is not Purpose.AFTERCARE]
        if appointment.status is not AppointmentStatus.BOOKED:
            rules = [r for r in rules if r.step not in _ASKING.steps]
    else:
        rules = []
    dose_on = None
    if appointment.status is AppointmentStatus.DONE:
        dose_on = appointment.slot_at.astimezone(occasion.zone).date()
    visit = Visit(slot_at=appointment.slot_at, dose_on=dose_on)
    planned = plan(rules, visit, zone=occasion.zone, now=now, announces=announce)
    if announce in {Step.CHANGED, Step.CANCELLED}:
        planned.insert(0, _announcement(announce, occasion, now=now))
    return planned


def _announcement(step: Step, occasion: Occasion, *, now: datetime) -> Planned:
    rule = StepRule(step=step, purpose=Purpose.APPOINTMENT, anchor=Anchor.EVENT)
    return Planned(rule, now, max(occasion.appointment.slot_at, now + timedelta(hours=1)))


def _drafts_of_visit(
    session: Session, occasion: Occasion, planned: Sequence[Planned]
) -> list[Draft]:
    book = WordingBook(session)
    drafts: list[Draft] = []
    readers: dict[Purpose, list[Recipient]] = {}
    for entry in planned:
        purpose = entry.rule.purpose
        if purpose not in readers:
            readers[purpose] = _readers(session, occasion, purpose)
        for recipient in _audience(readers[purpose], entry.rule.audience):
            values = visit_values(occasion, recipient, entry.rule.step)
            telling = Telling(
                step=entry.rule.step,
                purpose=purpose,
                channel=entry.rule.channel,
                due_at=entry.due_at,
                expires_at=entry.expires_at,
                subject_kind=APPOINTMENT,
                subject_id=occasion.appointment.id,
                version=occasion.appointment.told_version,
            )
            drafts += _drafts_to(book, occasion, recipient, telling, values)
    return drafts


def _readers(session: Session, occasion: Occasion, purpose: Purpose) -> list[Recipient]:
    resident_id = occasion.resident.id
    told = recipients_of(session, resident_ids=[resident_id], purpose=purpose)
    people = told.get(resident_id, [])
    reachable = [person for person in people if person.number]
    # With no number in the whole family one call stays owed, and a person finds the way (design §5).
    return reachable or people[:1]


def _audience(readers: list[Recipient], audience: Audience) -> list[Recipient]:
    if audience is Audience.FIRST:
        return readers[:1]
    if audience is Audience.OTHERS:
        return [reader for reader in readers if not reader.is_self]
    return readers


def _ride_readers(session: Session, occasion: Occasion, step: Step) -> list[Recipient]:
    readers = _readers(session, occasion, Purpose.RIDE)
    is_aboard = step in {Step.ON_THE_WAY_HOME, Step.NO_DOSE_HOME}
    return _audience(readers, Audience.OTHERS if is_aboard else Audience.EVERYONE)


def _drafts_to(
    book: WordingBook,
    occasion: Occasion,
    reader: Recipient,
    telling: Telling,
    values: dict[str, Any],
) -> list[Draft]:
    channel, reason = _channel(book, occasion, reader, telling)
    if channel is None:
        return []
    language = reader.language
    wording = book.find(
        telling.step, channel, language=language, campaign_id=occasion.campaign_id
    ) or book.find(telling.step, Channel.SMS, language=language, campaign_id=occasion.campaign_id)
    return [
        Draft(
            to_whom=f"c{reader.contact_person_id}",
            step=telling.step,
            purpose=telling.purpose,
            channel=channel,
            subject_kind=telling.subject_kind,
            subject_id=telling.subject_id,
            version=telling.version,
            number=reader.number,
            language=language,
            body=_body(wording, values, channel),
            values=values,
            wording_id=wording.id if wording else None,
            due_at=telling.due_at,
            expires_at=telling.expires_at,
            resident_id=occasion.resident.id,
            contact_person_id=reader.contact_person_id,
            household_id=occasion.resident.household_id,
            campaign_id=occasion.campaign_id,
            state=MessageState.HELD if channel is Channel.CALL else MessageState.QUEUED,
            reason=reason,
        )
    ]


def _channel(
    book: WordingBook, occasion: Occasion, reader: Recipient, telling: Telling
) -> tuple[Channel | None, str]:
    """Return by what channel a reader is told, or None; a call by a person where no other serves."""
    if telling.channel is Channel.CALL:
        return Channel.CALL, "unconfirmed"
    by_person = Channel.CALL if telling.step in MUST_BE_TOLD else None
    if not reader.number:
        return by_person, "no_number"
    if telling.channel is Channel.SMS and not reader.needs_voice:
        return Channel.SMS, ""
    spoken = book.find(
        telling.step, Channel.VOICE, language=reader.language, campaign_id=occasion.campaign_id
    )
    if spoken is not None:
        return Channel.VOICE, ""
    return by_person, "landline" if reader.is_landline else "cannot_read"


def _body(wording: Wording | None, values: dict[str, Any], channel: Channel) -> str:
    if wording is None:
        return ""
    spoken = channel is Channel.VOICE
    return render(wording.body, values, signature="" if spoken else str(values["signature"]))
