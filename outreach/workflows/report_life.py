"""Hearing of a change in a life, and deciding on it: holds at once, two pairs of eyes for a death."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.audit.trail import record
from outreach.clinics.codes import AppointmentStatus
from outreach.clinics.models import Appointment
from outreach.contact.codes import Purpose
from outreach.ledger.codes import Cause, LifeReportKind, LifeStatus
from outreach.ledger.entries import Stored
from outreach.ledger.life import (
    Heard,
    confirm_report,
    correct_life,
    dismiss_report,
    second_report,
)
from outreach.ledger.life import report_life as hear
from outreach.ledger.models import LifeReport
from outreach.places.queries import local_day
from outreach.workflows.cancel_appointment import cancel_appointment
from outreach.workflows.restate import restate
from outreach.workflows.silence import EVERYTHING, silence


@dataclass(frozen=True, slots=True)
class LifeHeard:
    """A word and what it did. ``live_appointments`` are booked and wait for a decision within the hour."""

    report_id: int
    resident_id: int
    stored: Stored
    live_appointments: tuple[int, ...]


def report_life(session: Session, *, heard: Heard, by: int | None, now: datetime) -> LifeHeard:
    """Note a word: a death word silences everything at once, any other word the nudges (moment 2f)."""
    report = hear(session, heard=heard, by=by, now=now)
    is_death = report.kind is LifeReportKind.DECEASED
    silence(
        session,
        resident_id=report.resident_id,
        # Ride messages are held, not ended: the word may be wrong and the car still come.
        purposes=[Purpose.NUDGE, Purpose.APPOINTMENT, Purpose.AFTERCARE]
        if is_death
        else [Purpose.NUDGE],
        reason=f"reported_{report.kind}",
        now=now,
    )
    return _end(session, report, act="life_reported", by=by, now=now)


def second(session: Session, *, report_id: int, by: int, now: datetime) -> LifeHeard:
    """Look at a reported death a first time."""
    report = second_report(session, report_id=report_id, by=by)
    return _end(session, report, act="life_seconded", by=by, now=now)


def confirm(
    session: Session, *, report_id: int, by: int, now: datetime, review_on: date | None = None
) -> LifeHeard:
    """Decide that a word was true. After a death nothing is sent any more; rides are to be cancelled."""
    day = local_day(session, now)
    report = confirm_report(
        session, report_id=report_id, by=by, day=day, now=now, review_on=review_on
    )
    if report.kind is LifeReportKind.DECEASED:
        silence(
            session,
            resident_id=report.resident_id,
            purposes=EVERYTHING,
            reason="deceased",
            now=now,
        )
        _cancel_rides(session, report, by=by, now=now)
    return _end(session, report, act="life_confirmed", by=by, now=now)


def dismiss(session: Session, *, report_id: int, by: int, now: datetime) -> LifeHeard:
    """Decide that a word was wrong; messages go on from now, nothing that ended comes back."""
    report = dismiss_report(session, report_id=report_id, by=by, now=now)
    return _end(session, report, act="life_dismissed", by=by, now=now)


def correct(
    session: Session,
    *,
    resident_id: int,
    status: LifeStatus,
    by: int,
    reason: str,
    now: datetime,
    review_on: date | None = None,
) -> Stored:
    """Say where someone is now: back from hospital, still away, alive after all."""
    correct_life(
        session,
        resident_id=resident_id,
        status=status,
        by=by,
        reason=reason,
        day=local_day(session, now),
        now=now,
        review_on=review_on,
    )
    record(
        session,
        act="life_corrected",
        subject=("resident", resident_id),
        by=by,
        now=now,
        facts={"status": status},
    )
    return restate(
        session, resident_id=resident_id, by=by, cause=Cause.LIFE, now=now, reason=reason
    )


def _end(
    session: Session, report: LifeReport, *, act: str, by: int | None, now: datetime
) -> LifeHeard:
    stored = restate(session, resident_id=report.resident_id, by=by, cause=Cause.LIFE, now=now)
    record(
        session,
        act=act,
        subject=("resident", report.resident_id),
        by=by,
        now=now,
        facts={"report_id": report.id, "kind": report.kind},
    )
    live = _live_appointments(session, report.resident_id, now)
    return LifeHeard(report.id, report.resident_id, stored, tuple(live))


def _live_appointments(session: Session, resident_id: int, now: datetime) -> list[int]:
    return list(
        session.scalars(
            select(Appointment.id)
            .where(
                Appointment.resident_id == resident_id,
                Appointment.status.in_([AppointmentStatus.BOOKED, AppointmentStatus.CONFIRMED]),
                Appointment.slot_at >= now,
            )
            .order_by(Appointment.slot_at, Appointment.id)
        )
    )


def _cancel_rides(session: Session, report: LifeReport, *, by: int, now: datetime) -> None:
    """Free slots and cars after a death; the family is never texted (fault 33)."""
    for appointment_id in _live_appointments(session, report.resident_id, now):
        cancel_appointment(
            session, appointment_id=appointment_id, code="R09", reason="deceased", by=by, now=now
        )
