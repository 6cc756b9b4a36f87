"""An explanation as a dispatcher reads it: who, why, and what was proven to help."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.clinics.models import Appointment, Site, SiteSession
from outreach.clinics.queries import get_appointment
from outreach.kernel.errors import NotFound
from outreach.ledger.models import Resident
from outreach.tasks.codes import TaskState
from outreach.tasks.operations import get_task
from outreach.transport.models import Vehicle
from outreach.transport.run_models import RideLeg, Run
from outreach.workflows.explain_left import EXPLAIN


@dataclass(frozen=True, slots=True)
class HelpLine:
    """One change that works; which of the fields are filled depends on its kind."""

    kind: str
    slot_at: datetime | None
    site_name: str
    whose: str
    car: str


@dataclass(frozen=True, slots=True)
class ExplainSheet:
    """Everything of one explanation."""

    appointment_id: int
    task_id: int
    resident_id: int
    name: str
    on: date
    slot_at: datetime
    is_going_on: bool
    has_failed: bool
    progress: float
    reason: str
    helps: tuple[HelpLine, ...]


def check_appointment(session: Session, *, appointment_id: int) -> int:
    """Return the community whose dispatcher may ask about an appointment."""
    appointment = get_appointment(session, appointment_id)
    return session.get_one(Resident, appointment.resident_id).community_id


def explain_sheet(session: Session, *, appointment_id: int, task_id: int) -> ExplainSheet:
    """Return how far an explanation is and what it says; NotFound for a task about somebody else."""
    task = get_task(session, task_id)
    if task.kind != EXPLAIN or task.arguments.get("appointment_id") != appointment_id:
        raise NotFound("task", task_id=task_id)
    appointment = get_appointment(session, appointment_id)
    resident = session.get_one(Resident, appointment.resident_id)
    result = task.result or {}
    return ExplainSheet(
        appointment_id=appointment_id,
        task_id=task_id,
        resident_id=resident.id,
        name=resident.name,
        on=session.get_one(SiteSession, appointment.site_session_id).on,
        slot_at=appointment.slot_at,
        is_going_on=task.state in {TaskState.WAITING, TaskState.RUNNING},
        has_failed=task.state in {TaskState.FAILED, TaskState.CANCELLED},
        progress=task.progress,
        reason=str(result.get("reason", "")),
        helps=tuple(_line(session, each) for each in result.get("helps", [])),
    )


def _line(session: Session, stored: dict[str, object]) -> HelpLine:
    at, where = stored.get("slot_at"), stored.get("site_session_id")
    return HelpLine(
        kind=str(stored["kind"]),
        slot_at=datetime.fromisoformat(str(at)) if at else None,
        site_name=session.scalar(
            select(Site.name)
            .join(SiteSession, SiteSession.site_id == Site.id)
            .where(SiteSession.id == where)
        )
        or "",
        whose=session.scalar(
            select(Resident.name)
            .join(Appointment, Appointment.resident_id == Resident.id)
            .join(RideLeg, RideLeg.appointment_id == Appointment.id)
            .where(RideLeg.id == stored.get("leg_id"))
        )
        or "",
        car=session.scalar(
            select(Vehicle.plate)
            .join(Run, Run.vehicle_id == Vehicle.id)
            .where(Run.id == stored.get("run_id"))
        )
        or "",
    )
