"""Pre-screens: questions and measurements before the ride or at the desk; a clinician decides."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.clinics.models import PreScreen
from outreach.clinics.queries import get_appointment
from outreach.kernel.errors import InvalidInput

FEVER_C = 37.3
HIGH_SYSTOLIC = 180
HIGH_DIASTOLIC = 110
QUESTIONS = (
    "fever",
    "acute_illness",
    "new_medicine",
    "allergy",
    "recent_vaccine",
    "papers_missing",
)
PLACES = frozenset({"home", "desk"})


@dataclass(frozen=True, slots=True)
class Measured:
    """What was asked and measured; a question answered yes is a doubt."""

    temperature_c: float | None = None
    systolic: int | None = None
    diastolic: int | None = None
    answers: dict[str, Any] = field(default_factory=dict)


def doubts_of(measured: Measured) -> tuple[str, ...]:
    """Return what a clinician should look at before anybody is driven or jabbed (moment 5c)."""
    doubts = [q for q in QUESTIONS if measured.answers.get(q)]
    if measured.temperature_c is not None and measured.temperature_c >= FEVER_C:
        doubts.append("temperature")
    too_high = (measured.systolic or 0) >= HIGH_SYSTOLIC or (
        (measured.diastolic or 0) >= HIGH_DIASTOLIC
    )
    if too_high:
        doubts.append("blood_pressure")
    return tuple(dict.fromkeys(doubts))


def record_pre_screen(
    session: Session,
    *,
    appointment_id: int,
    at_place: str,
    measured: Measured,
    by: int | None,
    now: datetime,
) -> PreScreen:
    """Keep a pre-screen; without any doubt it is clear by itself, else it waits for a clinician."""
    if at_place not in PLACES:
        raise InvalidInput("screening_place", field="at_place")
    if measured.temperature_c is not None and not 30 <= measured.temperature_c <= 45:
        raise InvalidInput("temperature", field="temperature_c")
    for name in ("systolic", "diastolic"):
        value = getattr(measured, name)
        if value is not None and not 30 <= value <= 300:
            raise InvalidInput("blood_pressure", field=name)
    get_appointment(session, appointment_id)
    row = PreScreen(
        appointment_id=appointment_id,
        at_place=at_place,
        temperature_c=measured.temperature_c,
        systolic=measured.systolic,
        diastolic=measured.diastolic,
        answers=dict(measured.answers),
        decision="" if doubts_of(measured) else "go",
        recorded_by=by,
        recorded_at=now,
    )
    session.add(row)
    session.flush()
    return row


def decide_pre_screen(session: Session, *, pre_screen_id: int, decision: str, by: int) -> PreScreen:
    """Keep a clinician's decision: 'go' or 'not_today'. The right to decide is checked at the edge."""
    if decision not in {"go", "not_today"}:
        raise InvalidInput("decision", field="decision")
    row = session.get_one(PreScreen, pre_screen_id)
    row.decision, row.decided_by = decision, by
    session.flush()
    return row


def last_pre_screen(session: Session, *, appointment_id: int) -> PreScreen | None:
    """Return the newest pre-screen of an appointment, or None."""
    return session.scalars(
        select(PreScreen)
        .where(PreScreen.appointment_id == appointment_id)
        .order_by(PreScreen.recorded_at.desc(), PreScreen.id.desc())
        .limit(1)
    ).first()
