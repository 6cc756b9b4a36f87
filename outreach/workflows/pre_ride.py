"""The check before the ride: at T-1 or the door; a clinician answers doubts before the car leaves (5c)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.accounts.rules import Scope
from outreach.audit.trail import record
from outreach.clinics.codes import AppointmentStatus, Mode
from outreach.clinics.models import Appointment, PreScreen, SiteSession
from outreach.clinics.queries import get_appointment
from outreach.clinics.screening import Measured, decide_pre_screen, doubts_of, record_pre_screen
from outreach.kernel.errors import InvalidInput, NotFound
from outreach.ledger.deferrals import DeferralDraft
from outreach.ledger.heads import PersonHead, person_heads
from outreach.transport.codes import Direction, StopKind
from outreach.transport.run_models import RideLeg, RunStop
from outreach.workflows.cancel_appointment import cancel_appointment
from outreach.workflows.defer import defer
from outreach.workflows.desk_acts import AtDesk, end_without_dose
from outreach.workflows.desk_page import Screen, screen_view

UNWELL = "R06"
AHEAD = frozenset({AppointmentStatus.BOOKED, AppointmentStatus.CONFIRMED})


@dataclass(frozen=True, slots=True)
class RideCheck:
    """One visit by our car with its check: when the car leaves, what was found, what was decided."""

    appointment_id: int
    head: PersonHead
    slot_at: datetime
    leaves_at: datetime | None
    screen: Screen | None

    @property
    def state(self) -> str:
        """'unasked', 'waits' for a clinician, or 'clear'."""
        if self.screen is None:
            return "unasked"
        return "waits" if self.screen.waits else "clear"


def ride_checks(
    session: Session, *, from_on: date, until_on: date, scope: Scope, now: datetime
) -> list[RideCheck]:
    """Return the visits by our car of these days with their checks: doubts first, then by departure."""
    rows = session.execute(
        select(Appointment, RunStop.arrives_at)
        .join(SiteSession, SiteSession.id == Appointment.site_session_id)
        .join(
            RideLeg,
            (RideLeg.appointment_id == Appointment.id) & (RideLeg.direction == Direction.OUTBOUND),
        )
        .outerjoin(RunStop, (RunStop.leg_id == RideLeg.id) & (RunStop.kind == StopKind.PICKUP))
        .where(
            SiteSession.on >= from_on,
            SiteSession.on <= until_on,
            Appointment.status.in_(AHEAD),
            Appointment.outbound_mode == Mode.OUR_CAR,
        )
        .order_by(Appointment.slot_at, Appointment.id)
        .limit(1000)
    ).all()
    heads = person_heads(
        session, resident_ids=[row[0].resident_id for row in rows], scope=scope, now=now
    )
    screens = _newest(session, [row[0].id for row in rows])
    found = [
        RideCheck(
            appointment_id=appointment.id,
            head=heads[appointment.resident_id],
            slot_at=appointment.slot_at,
            leaves_at=leaves_at,
            screen=screen_view(screens.get(appointment.id)),
        )
        for appointment, leaves_at in rows
        if appointment.resident_id in heads
    ]
    order = {"waits": 0, "unasked": 1, "clear": 2}
    return sorted(found, key=lambda c: (order[c.state], c.leaves_at or c.slot_at, c.appointment_id))


def check_before_ride(
    session: Session, *, appointment_id: int, measured: Measured, by: int, now: datetime
) -> tuple[str, ...]:
    """Keep what was asked and measured at home; return the doubts that a clinician must answer first."""
    appointment = get_appointment(session, appointment_id)
    if appointment.status not in AHEAD:
        raise InvalidInput("visit_not_ahead", field="appointment_id")
    record_pre_screen(
        session,
        appointment_id=appointment_id,
        at_place="home",
        measured=measured,
        by=by,
        now=now,
    )
    return doubts_of(measured)


def decide(
    session: Session,
    *,
    pre_screen_id: int,
    may_go: bool,
    deferral: DeferralDraft | None,
    uuid: str,
    by: int,
    now: datetime,
) -> Appointment:
    """A clinician's word on a doubt: go, or not today with its reason.

    "Not today" before the ride cancels it, so that no car comes for nothing; at the desk it closes the
    visit and the way home is ready at once.
    """
    row = session.get(PreScreen, pre_screen_id)
    if row is None:
        raise NotFound("pre_screen", pre_screen_id=pre_screen_id)
    if not may_go and deferral is None:
        raise InvalidInput("deferral_unknown", field="code")
    decide_pre_screen(
        session, pre_screen_id=pre_screen_id, decision="go" if may_go else "not_today", by=by
    )
    record(
        session,
        act="pre_screen_decided",
        subject=("appointment", row.appointment_id),
        by=by,
        now=now,
        facts={"decision": row.decision},
    )
    appointment = get_appointment(session, row.appointment_id)
    if may_go or deferral is None:
        return appointment
    if appointment.status in AHEAD:
        defer(session, draft=deferral, is_clinician=True, by=by, now=now)
        return cancel_appointment(
            session, appointment_id=appointment.id, code=UNWELL, reason="pre_screen", by=by, now=now
        )
    press = AtDesk(appointment_id=appointment.id, uuid=uuid, by=by, now=now)
    end_without_dose(session, press=press, result="V02", deferral=deferral, is_clinician=True)
    return appointment


def _newest(session: Session, appointment_ids: Sequence[int]) -> dict[int, PreScreen]:
    rows = session.scalars(
        select(PreScreen)
        .where(PreScreen.appointment_id.in_(list(appointment_ids)))
        .order_by(PreScreen.recorded_at, PreScreen.id)
    )
    return {row.appointment_id: row for row in rows}
