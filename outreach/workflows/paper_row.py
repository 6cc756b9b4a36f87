"""Entering from paper what happened: the true time, the author, and the very events a phone would send (5g)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.clinics.codes import DayEventKind, EventSource
from outreach.clinics.events import Author, Tap
from outreach.clinics.models import Appointment, Site, SiteSession
from outreach.clinics.queries import happenings_of
from outreach.clinics.visit import standing
from outreach.kernel.errors import InvalidInput, NotFound
from outreach.ledger.models import Resident
from outreach.transport.codes import Direction, StopKind
from outreach.transport.models import Driver, Escort
from outreach.transport.row_codes import Row, RowKind, row_code
from outreach.transport.run_models import RideLeg, Run, RunStop
from outreach.workflows.note_event import Noted, note_event

_K = DayEventKind
KINDS_OF: dict[tuple[RowKind, Direction | None], tuple[DayEventKind, ...]] = {
    (RowKind.PICKUP, Direction.OUTBOUND): (
        _K.ARRIVED_AT_DOOR, _K.PICKED_UP, _K.CALLED, _K.KNOCKED, _K.NOT_THERE, _K.NOT_TODAY,
    ),
    (RowKind.DROPOFF, Direction.OUTBOUND): (_K.AT_SITE,),
    (RowKind.PICKUP, Direction.RETURN): (_K.LEFT_SITE, _K.LEFT_WITH_FAMILY, _K.TO_HOSPITAL),
    (RowKind.DROPOFF, Direction.RETURN): (_K.HANDED_OVER,),
    (RowKind.VISIT, None): (
        _K.REGISTERED, _K.SCREENED, _K.JABBED, _K.NO_DOSE, _K.READY, _K.LEFT_WITH_FAMILY,
        _K.TO_HOSPITAL,
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class PaperRow:
    """One row of a printed sheet with what is known of it already."""

    code: str
    row: Row
    on: date
    appointment_id: int
    leg_id: int | None
    run_id: int | None
    name: str
    place: str
    planned_at: datetime
    driver_id: int | None
    driver_name: str
    escort_id: int | None
    escort_name: str
    area_id: int | None
    kinds: tuple[DayEventKind, ...]
    known: tuple[tuple[DayEventKind, datetime], ...]


@dataclass(frozen=True, slots=True)
class Written:
    """What somebody wrote beside a row: what, when by their watch, and who says so."""

    kind: DayEventKind
    at: datetime
    by_driver: bool = False
    by_escort: bool = False
    facts: dict[str, Any] = field(default_factory=dict)


def paper_row(session: Session, *, row: Row) -> PaperRow:
    """Return the row of a code; NotFound when it names nothing that is planned."""
    return _visit_row(session, row) if row.kind is RowKind.VISIT else _ride_row(session, row)


def enter_row(
    session: Session, *, row: PaperRow, written: Written, by: int, now: datetime
) -> Noted:
    """Note what stands on the paper; the same line entered twice counts once."""
    if written.kind not in row.kinds:
        raise InvalidInput("not_in_list", field="kind")
    if written.at > now:
        raise InvalidInput("paper_time_ahead", field="at")
    author = Author(
        EventSource.PAPER,
        user_id=by,
        driver_id=row.driver_id if written.by_driver else None,
        escort_id=row.escort_id if written.by_escort else None,
    )
    tap = Tap(
        uuid=f"paper-{row.code}-{written.kind.value}-{written.at:%H%M}",
        kind=written.kind,
        happened_at=written.at,
        appointment_id=row.appointment_id,
        leg_id=row.leg_id,
        facts=written.facts,
    )
    return note_event(session, tap=tap, author=author, now=now)


def _ride_row(session: Session, row: Row) -> PaperRow:
    leg = session.get(RideLeg, row.id)
    if leg is None:
        raise NotFound("paper_row", row_id=row.id)
    kind = StopKind.PICKUP if row.kind is RowKind.PICKUP else StopKind.DROPOFF
    found = session.execute(
        select(RunStop.arrives_at, Run.id, Run.driver_id, Driver.name, Run.escort_id, Escort.name)
        .join(Run, Run.id == RunStop.run_id)
        .outerjoin(Driver, Driver.id == Run.driver_id)
        .outerjoin(Escort, Escort.id == Run.escort_id)
        .where(RunStop.leg_id == leg.id, RunStop.kind == kind)
        .limit(1)
    ).first()
    at, run_id, driver_id, driver, escort_id, escort = found or (
        leg.pickup_from_at, None, None, "", None, "",
    )  # fmt: skip
    resident, site = _who(session, leg.appointment_id)
    address_id = leg.from_address_id if row.kind is RowKind.PICKUP else leg.to_address_id
    at_site = address_id == site.address_id
    return PaperRow(
        code=row_code(*row),
        row=row,
        on=leg.on,
        appointment_id=leg.appointment_id,
        leg_id=leg.id,
        run_id=run_id,
        name=resident.name,
        place=site.name if at_site else "",
        planned_at=at,
        driver_id=driver_id,
        driver_name=driver or "",
        escort_id=escort_id,
        escort_name=escort or "",
        area_id=resident.community_id,
        kinds=KINDS_OF[row.kind, leg.direction],
        known=_known(session, leg.appointment_id, KINDS_OF[row.kind, leg.direction]),
    )


def _visit_row(session: Session, row: Row) -> PaperRow:
    appointment = session.get(Appointment, row.id)
    if appointment is None:
        raise NotFound("paper_row", row_id=row.id)
    resident, site = _who(session, appointment.id)
    day = session.get_one(SiteSession, appointment.site_session_id)
    return PaperRow(
        code=row_code(*row),
        row=row,
        on=day.on,
        appointment_id=appointment.id,
        leg_id=None,
        run_id=None,
        name=resident.name,
        place=site.name,
        planned_at=appointment.slot_at,
        driver_id=None,
        driver_name="",
        escort_id=None,
        escort_name="",
        area_id=site.area_id,
        kinds=KINDS_OF[row.kind, None],
        known=_known(session, appointment.id, KINDS_OF[row.kind, None]),
    )


def _who(session: Session, appointment_id: int) -> tuple[Resident, Site]:
    found = session.execute(
        select(Resident, Site)
        .join(Appointment, Appointment.resident_id == Resident.id)
        .join(SiteSession, SiteSession.id == Appointment.site_session_id)
        .join(Site, Site.id == SiteSession.site_id)
        .where(Appointment.id == appointment_id)
    ).one()
    return found[0], found[1]


def _known(
    session: Session, appointment_id: int, kinds: tuple[DayEventKind, ...]
) -> tuple[tuple[DayEventKind, datetime], ...]:
    events = standing(happenings_of(session, [appointment_id]).get(appointment_id, []))
    return tuple((event.kind, event.at) for event in events if event.kind in kinds)
