"""Recording a dose: dose, strike-off, silence for reminders, and the ride home stays (逐人销号)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.audit.trail import record
from outreach.campaigns.models import Campaign
from outreach.clinics.codes import STANDING, AppointmentStatus, DayEventKind, EventSource
from outreach.clinics.events import Author, Tap, append_event, settle_visit
from outreach.clinics.models import Appointment, PlannedDose
from outreach.clinics.queries import visits
from outreach.contact.codes import Purpose
from outreach.ledger.codes import STRUCK_OFF, Cause
from outreach.ledger.doses import DoseDraft
from outreach.ledger.doses import record_dose as write_dose
from outreach.ledger.entries import Stored
from outreach.ledger.entry_models import Dose, LedgerEntry
from outreach.places.queries import local_day, local_zone
from outreach.transport.assign import ReturnNeeded
from outreach.transport.progress import settle_legs
from outreach.workflows.cancel_appointment import cancel_appointment
from outreach.workflows.restate import restate
from outreach.workflows.silence import REMINDERS, silence

GIVEN = "V01"


@dataclass(frozen=True, slots=True)
class DoseRecorded:
    """What recording did.

    ``cancelled_appointments`` stood for a dose that is given now: their slots and cars are free again.
    """

    dose_id: int
    is_new: bool
    is_better_proven: bool
    is_struck_off: bool
    stored: Stored
    cancelled_appointments: tuple[int, ...] = ()


def record_dose(
    session: Session, *, draft: DoseDraft, by: int | None, now: datetime, actor: str = "user"
) -> DoseRecorded:
    """Record one injection and everything that follows from it, once however often it is sent.

    Reminders end at once. Ride messages and the return leg stay: whoever was vaccinated is still at
    the site.
    """
    today = local_day(session, now)
    draft = _with_appointment(session, draft)
    done = write_dose(session, draft=draft, today=today, by=by, now=now)
    campaigns = _campaigns_of(session, draft.vaccine_id)
    if draft.appointment_id is not None:
        _tie_to_visit(session, draft, done.dose_id, campaigns, by=by, now=now)
    stored = restate(
        session,
        resident_id=draft.resident_id,
        by=by,
        cause=Cause.DOSE_RECORDED,
        now=now,
        actor=actor,
    )
    struck_off = _struck_off(session, draft.resident_id, campaigns)
    for campaign_id in campaigns:
        # A dose that is only told ends the asking; what it is told about a booking goes on.
        is_over = campaign_id in struck_off or draft.appointment_id is not None
        silence(
            session,
            resident_id=draft.resident_id,
            purposes=REMINDERS if is_over else [Purpose.NUDGE],
            reason="dose_recorded",
            now=now,
            campaign_id=campaign_id,
        )
    if done.is_new or done.is_better_proven:
        record(
            session,
            act="dose_recorded" if done.is_new else "dose_proven_better",
            subject=("resident", draft.resident_id),
            by=by,
            now=now,
            facts={"dose_id": done.dose_id, "grade": draft.grade, "struck_off": bool(struck_off)},
            actor=actor,
        )
    return DoseRecorded(
        dose_id=done.dose_id,
        is_new=done.is_new,
        is_better_proven=done.is_better_proven,
        is_struck_off=bool(struck_off),
        stored=stored,
        cancelled_appointments=_free_needless(session, draft, struck_off, by=by, now=now),
    )


def _with_appointment(session: Session, draft: DoseDraft) -> DoseDraft:
    """Find the day's own appointment for a dose that was recorded away from the desk."""
    if draft.appointment_id is not None:
        return draft
    zone = local_zone(session)
    rows = session.execute(
        select(Appointment.id, Appointment.slot_at)
        .join(PlannedDose, PlannedDose.appointment_id == Appointment.id)
        .join(Campaign, Campaign.id == PlannedDose.campaign_id)
        .where(
            Appointment.resident_id == draft.resident_id,
            Appointment.status.in_([*STANDING, AppointmentStatus.DONE]),
            Campaign.vaccine_id == draft.vaccine_id,
            PlannedDose.dose_id.is_(None),
        )
        .order_by(Appointment.slot_at, Appointment.id)
    )
    for appointment_id, slot_at in rows:
        if slot_at.astimezone(zone).date() == draft.given_on:
            return replace(draft, appointment_id=appointment_id)
    return draft


def _tie_to_visit(
    session: Session,
    draft: DoseDraft,
    dose_id: int,
    campaigns: list[int],
    *,
    by: int | None,
    now: datetime,
) -> None:
    """Mark the planned dose as given, and start the observation where nobody has tapped the jab."""
    assert draft.appointment_id is not None  # noqa: S101 - the caller asked
    planned = session.scalars(
        select(PlannedDose)
        .where(
            PlannedDose.appointment_id == draft.appointment_id,
            PlannedDose.campaign_id.in_(campaigns),
        )
        .order_by(PlannedDose.id)
    )
    for row in planned:
        row.dose_id, row.result = dose_id, GIVEN
    session.flush()
    visit = visits(session, [draft.appointment_id]).get(draft.appointment_id)
    is_today = draft.given_on == local_day(session, now)
    if is_today and (visit is None or visit.jab_at is None):
        tap = Tap(
            uuid=f"dose-{dose_id:08d}",
            kind=DayEventKind.JABBED,
            happened_at=draft.given_at or now,
            appointment_id=draft.appointment_id,
            facts={"dose_id": dose_id},
        )
        append_event(session, tap=tap, author=Author(EventSource.DESK, user_id=by), now=now)
    appointment, seen = settle_visit(session, appointment_id=draft.appointment_id)
    settle_legs(
        session, appointment=appointment, visit=seen, now=now
    )  # the way home follows the jab


def _campaigns_of(session: Session, vaccine_id: int) -> list[int]:
    return list(
        session.scalars(
            select(Campaign.id).where(Campaign.vaccine_id == vaccine_id).order_by(Campaign.id)
        )
    )


def _struck_off(session: Session, resident_id: int, campaigns: list[int]) -> list[int]:
    return list(
        session.scalars(
            select(LedgerEntry.campaign_id)
            .where(
                LedgerEntry.resident_id == resident_id,
                LedgerEntry.campaign_id.in_(campaigns),
                LedgerEntry.status.in_(list(STRUCK_OFF)),
            )
            .order_by(LedgerEntry.campaign_id)
        )
    )


def _free_needless(
    session: Session,
    draft: DoseDraft,
    struck_off: list[int],
    *,
    by: int | None,
    now: datetime,
) -> tuple[int, ...]:
    """Cancel what nobody needs any more; somebody who is aboard already is brought home first."""
    freed = []
    for appointment_id in _needless(session, draft, struck_off):
        try:
            cancel_appointment(
                session, appointment_id=appointment_id, reason="dose_recorded", by=by, now=now
            )
        except ReturnNeeded:
            continue
        freed.append(appointment_id)
    return tuple(freed)


def _needless(session: Session, draft: DoseDraft, struck_off: list[int]) -> tuple[int, ...]:
    """Return standing appointments of which every planned dose is given or no longer due."""
    if not struck_off:
        return ()
    rows = session.execute(
        select(Appointment.id, PlannedDose.campaign_id, PlannedDose.dose_id, Dose.voided_at)
        .join(PlannedDose, PlannedDose.appointment_id == Appointment.id)
        .outerjoin(Dose, Dose.id == PlannedDose.dose_id)
        .where(
            Appointment.resident_id == draft.resident_id,
            Appointment.status.in_([AppointmentStatus.BOOKED, AppointmentStatus.CONFIRMED]),
            Appointment.id != (draft.appointment_id or 0),
        )
        .order_by(Appointment.id)
    )
    still_wanted: dict[int, bool] = {}
    for appointment_id, campaign_id, dose_id, voided_at in rows:
        is_done = campaign_id in struck_off or (dose_id is not None and voided_at is None)
        still_wanted[appointment_id] = still_wanted.get(appointment_id, False) or not is_done
    return tuple(i for i, is_wanted in still_wanted.items() if not is_wanted)
