"""A changed cadence for visits that are booked already: what has not left is planned anew."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.clinics.codes import STANDING
from outreach.clinics.models import Appointment, PlannedDose
from outreach.contact.codes import Step
from outreach.contact.outbox import Only, cancel
from outreach.db import Database
from outreach.places.queries import business_clock
from outreach.workflows.message_facts import APPOINTMENT
from outreach.workflows.schedule_messages import schedule_for_appointment

CHUNK = 50
REPLAN = "replan_messages"
# Timed by the cadence alone. What waits for another reason (noon rest, a cap) would be lost by planning
# it anew: its own time is past.
_TIMED = (Step.T_MINUS_3, Step.T_MINUS_1, Step.MORNING)
_AS_PLANNED = ("", "unconfirmed", "landline", "cannot_read", "no_number")


def visits_to_replan(session: Session, *, campaign_id: int | None, now: datetime) -> list[int]:
    """Return the booked visits ahead that a campaign's cadence (None: the common one) times."""
    question = select(Appointment.id).where(
        Appointment.status.in_(STANDING), Appointment.slot_at > now
    )
    if campaign_id is not None:
        question = question.where(
            Appointment.id.in_(
                select(PlannedDose.appointment_id).where(PlannedDose.campaign_id == campaign_id)
            )
        )
    return list(session.scalars(question.order_by(Appointment.slot_at, Appointment.id)))


def replan_messages(
    database: Database,
    *,
    campaign_id: int | None,
    report: Callable[[float], None] = lambda _share: None,
) -> int:
    """Plan the messages of booked visits anew, in small transactions; return how many visits.

    What has left stays as it is and never goes again; a time that is past by now releases nothing.
    """
    with database.read() as session:
        now = business_clock(session).now()
        ids = visits_to_replan(session, campaign_id=campaign_id, now=now)
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        database.act(partial(_replan, appointment_ids=chunk))
        report(min(1.0, (start + len(chunk)) / len(ids)))
    return len(ids)


def _replan(session: Session, appointment_ids: Sequence[int]) -> None:
    now = business_clock(session).now()
    cancel(
        session,
        subject_kind=APPOINTMENT,
        subject_ids=appointment_ids,
        reason="newer",
        now=now,
        only=Only(steps=_TIMED, reasons=_AS_PLANNED, due_after=now),
    )
    for appointment_id in appointment_ids:
        schedule_for_appointment(session, appointment_id=appointment_id, now=now)
