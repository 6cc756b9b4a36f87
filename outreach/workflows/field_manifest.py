"""What a driver or an escort reads in the field: stops in order, doors, aids, and no health fact (N6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.accounts.codes import FieldKind
from outreach.audit.trail import record
from outreach.clinics.codes import DayEventKind
from outreach.clinics.models import Appointment, DayEvent, Site, SiteSession
from outreach.clinics.queries import happenings_of
from outreach.clinics.visit import Happening, Visit, VisitStage, standing, visit_of
from outreach.contact.addressing import surname
from outreach.db import vault_of
from outreach.kernel.errors import NotFound
from outreach.kernel.geo import Datum, Point, from_wgs84
from outreach.kernel.timewindow import TimeWindow
from outreach.ledger.codes import PhoneKind
from outreach.ledger.models import ContactPerson, Phone, Resident
from outreach.places.models import Address
from outreach.places.points import points_of
from outreach.places.queries import get_place
from outreach.transport.codes import Direction, LegStatus, RunStatus, StopKind
from outreach.transport.crew_notes import NoteLine, notes_of_runs
from outreach.transport.expected import Expected
from outreach.transport.live import expected_of_runs
from outreach.transport.models import Vehicle
from outreach.transport.run_models import Promise, RideLeg, Run, RunStop
from outreach.workflows.field_links import FieldDoor
from outreach.workflows.no_show import HARD_TO_REACH

CALL_BEFORE = timedelta(minutes=90)
CALL_AFTER = timedelta(minutes=60)
_K = DayEventKind
OF_THE_VISIT = frozenset(
    {
        _K.REGISTERED.value,
        _K.SCREENED.value,
        _K.JABBED.value,
        _K.NO_DOSE.value,
        _K.OBSERVATION_EXTENDED.value,
        _K.ADVERSE_EVENT.value,
    }
)


class NumberClosed(NotFound):
    """A number is shown for the stop at hand and around its time alone (moment 5h)."""


@dataclass(frozen=True, slots=True)
class FieldStop:
    """One stop as it is read in the field. ``name`` is for escorts alone; a driver reads ``called``."""

    stop_id: int
    leg_id: int
    appointment_id: int
    position: int
    kind: StopKind
    direction: Direction
    leg_status: LegStatus
    stage: VisitStage
    called: str
    name: str
    mobility: str
    companions: int
    door_code: str
    place: str
    building: str
    unit: str
    floor: int | None
    has_lift: bool | None
    access_note: str
    point: Point
    map_point: Point
    planned_at: datetime
    promised: TimeWindow | None
    reached_at: datetime | None
    done_at: datetime | None
    ready_at: datetime | None
    ready_due_at: datetime | None
    can_call: bool
    happened: tuple[str, ...]
    arrived_at: datetime | None
    calls: int
    knocks: int
    reach_in_person: bool
    expected: Expected | None

    @property
    def is_home(self) -> bool:
        """Whether the stop is at the person's door, not at the site."""
        is_pickup = self.kind is StopKind.PICKUP
        return is_pickup == (self.direction is Direction.OUTBOUND)


@dataclass(frozen=True, slots=True)
class FieldRun:
    """One run with its stops. ``seen`` goes back with the driver's OK, so that it means this state."""

    run_id: int
    version: int
    status: RunStatus
    plate: str
    starts_at: datetime
    ends_at: datetime
    is_changed: bool
    wants_ok: bool
    seen: str
    departed_at: datetime | None
    returned_at: datetime | None
    notes: tuple[NoteLine, ...]
    stops: tuple[FieldStop, ...]


@dataclass(frozen=True, slots=True)
class FieldPage:
    """Everything of one helper's day."""

    kind: FieldKind
    on: date
    duty_phone: str
    map_datum: str
    runs: tuple[FieldRun, ...]


def field_manifest(session: Session, *, door: FieldDoor, language: str, now: datetime) -> FieldPage:
    """Return the published runs of a door's holder on its day."""
    place = get_place(session)
    mine = (
        Run.driver_id == door.driver_id
        if door.kind is FieldKind.DRIVER
        else Run.escort_id == door.escort_id
    )
    runs = session.execute(
        select(Run, Vehicle.plate)
        .join(Vehicle, Vehicle.id == Run.vehicle_id)
        .where(
            Run.on == door.on,
            mine,
            Run.status.in_([RunStatus.PUBLISHED, RunStatus.UNDER_WAY, RunStatus.FINISHED]),
        )
        .order_by(Run.starts_at, Run.id)
    ).all()
    datum = Datum(place.map_datum)
    ids = [run.id for run, _plate in runs]
    around = _Around(
        door=door,
        datum=datum,
        language=language,
        expected=expected_of_runs(session, run_ids=ids, now=now),
        notes=notes_of_runs(session, run_ids=ids),
        marks=_marks(session, ids),
    )
    return FieldPage(
        kind=door.kind,
        on=door.on,
        duty_phone=place.duty_phone,
        map_datum=place.map_datum,
        runs=tuple(_run(session, run, plate, around) for run, plate in runs),
    )


@dataclass(frozen=True, slots=True)
class _Around:
    """What all runs of a page share."""

    door: FieldDoor
    datum: Datum
    language: str
    expected: dict[int, dict[int, Expected]]
    notes: dict[int, list[NoteLine]]
    marks: dict[tuple[int, DayEventKind], datetime]


def _run(session: Session, run: Run, plate: str, around: _Around) -> FieldRun:
    is_seen = run.acknowledged_version == run.version
    return FieldRun(
        run_id=run.id,
        version=run.version,
        status=run.status,
        plate=plate,
        starts_at=run.starts_at,
        ends_at=run.ends_at,
        is_changed=run.acknowledged_version is not None and not is_seen,
        wants_ok=not is_seen and run.status is not RunStatus.FINISHED,
        seen=run.changed_at.isoformat() if run.changed_at is not None else "",
        departed_at=around.marks.get((run.id, _K.DEPARTED)),
        returned_at=around.marks.get((run.id, _K.RETURNED)),
        notes=tuple(around.notes.get(run.id, ())),
        stops=_stops(session, run, around),
    )


def _marks(session: Session, run_ids: list[int]) -> dict[tuple[int, DayEventKind], datetime]:
    """Return when each run set off and came back, by what was first tapped."""
    rows = session.execute(
        select(DayEvent.run_id, DayEvent.kind, DayEvent.happened_at)
        .where(DayEvent.run_id.in_(run_ids), DayEvent.kind.in_([_K.DEPARTED, _K.RETURNED]))
        .order_by(DayEvent.happened_at.desc(), DayEvent.id.desc())
    )
    return {(run_id, kind): at for run_id, kind, at in rows if run_id is not None}


def called(name: str, *, language: str) -> str:
    """Return all that a driver learns of a name: the surname and 老人."""
    family = surname(name)
    return f"Elder {family}".strip() if language.startswith("en") else f"{family}老人"


def _stops(session: Session, run: Run, around: _Around) -> tuple[FieldStop, ...]:
    door = around.door
    rows = session.execute(
        select(RunStop, RideLeg, Appointment, Resident, Address, Site, Promise)
        .join(RideLeg, RideLeg.id == RunStop.leg_id)
        .join(Appointment, Appointment.id == RideLeg.appointment_id)
        .join(Resident, Resident.id == Appointment.resident_id)
        .join(Address, Address.id == RunStop.address_id)
        .join(SiteSession, SiteSession.id == Appointment.site_session_id)
        .join(Site, Site.id == SiteSession.site_id)
        .outerjoin(
            Promise,
            (Promise.leg_id == RideLeg.id) & (Promise.version == RideLeg.promise_version),
        )
        .where(RunStop.run_id == run.id)
        .order_by(RunStop.position, RunStop.id)
    ).all()
    points = points_of(session, [row[4].id for row in rows])
    happened = happenings_of(session, [row[2].id for row in rows])
    phones = _people_with_phone(session, [row[3].id for row in rows])
    stops = []
    for stop, leg, appointment, resident, address, site, promise in rows:
        at_site = address.id == site.address_id
        events = standing(happened.get(appointment.id, []))
        visit = visit_of(events)
        tries = _tries(events)
        point = points[address.id]
        stops.append(
            FieldStop(
                stop_id=stop.id,
                leg_id=leg.id,
                appointment_id=appointment.id,
                position=stop.position,
                kind=stop.kind,
                direction=leg.direction,
                leg_status=leg.status,
                stage=visit.stage,
                called=called(resident.name, language=around.language),
                name=resident.name if door.kind is FieldKind.ESCORT else "",
                mobility=resident.mobility,
                companions=appointment.companions,
                door_code=leg.door_code,
                place=site.name if at_site else address.text,
                building="" if at_site else address.building,
                unit="" if at_site else address.unit,
                floor=None if at_site else address.floor,
                has_lift=None if at_site else address.has_lift,
                access_note=site.entrance_note
                if at_site
                else address.access_note or resident.access_note,
                point=point,
                map_point=from_wgs84(point, around.datum),
                planned_at=stop.arrives_at,
                promised=TimeWindow(promise.pickup_from_at, promise.pickup_until_at)
                if promise is not None and promise.ended_at is None
                else None,
                reached_at=stop.reached_at,
                done_at=stop.done_at,
                ready_at=leg.ready_at,
                ready_due_at=visit.ready_due_at if door.kind is FieldKind.ESCORT else None,
                can_call=resident.id in phones and not at_site,
                happened=_happened(events, visit, kind=door.kind),
                arrived_at=stop.reached_at,
                calls=tries[_K.CALLED],
                knocks=tries[_K.KNOCKED],
                reach_in_person=bool(HARD_TO_REACH & set(resident.mobility_flags or [])),
                expected=around.expected[run.id].get(stop.id),
            )
        )
    return tuple(stops)


def _tries(events: list[Happening]) -> dict[DayEventKind, int]:
    return {kind: sum(e.kind is kind for e in events) for kind in (_K.CALLED, _K.KNOCKED)}


def _happened(events: list[Happening], visit: Visit, *, kind: FieldKind) -> tuple[str, ...]:
    """Return what is known of the visit as plain words, from which the next taps follow.

    A driver learns when somebody may go home, never what the needle or the clinician did (N6).
    """
    words = {event.kind.value for event in events}
    if kind is FieldKind.DRIVER:
        words -= OF_THE_VISIT
    if visit.stage is VisitStage.READY:
        words.add(_K.READY.value)  # no dose means ready at once (moment 1d)
    return tuple(sorted(words))


def _people_with_phone(session: Session, resident_ids: list[int]) -> set[int]:
    return set(
        session.scalars(
            select(ContactPerson.resident_id)
            .join(Phone, Phone.contact_person_id == ContactPerson.id)
            .where(
                ContactPerson.resident_id.in_(resident_ids),
                ContactPerson.ended_at.is_(None),
                Phone.invalid_since.is_(None),
            )
        )
    )


def number_for_stop(session: Session, *, door: FieldDoor, leg_id: int, now: datetime) -> str:
    """Return the number to ring for a stop of one's own run around its time; every look is logged (5h)."""
    mine = (
        Run.driver_id == door.driver_id
        if door.kind is FieldKind.DRIVER
        else Run.escort_id == door.escort_id
    )
    row = session.execute(
        select(RunStop.arrives_at, RunStop.done_at, Run.status, Appointment.resident_id)
        .join(Run, Run.id == RunStop.run_id)
        .join(RideLeg, RideLeg.id == RunStop.leg_id)
        .join(Appointment, Appointment.id == RideLeg.appointment_id)
        .where(RunStop.leg_id == leg_id, Run.on == door.on, mine)
        .order_by(RunStop.arrives_at)
    ).all()
    if not row:
        raise NotFound("ride_leg", leg_id=leg_id)
    first, last = row[0].arrives_at, row[-1].arrives_at
    # A late car needs the number for as long as somebody still waits for it.
    is_waiting = row[0].done_at is None and row[0].status is RunStatus.UNDER_WAY
    if now < first - CALL_BEFORE or (now > last + CALL_AFTER and not is_waiting):
        raise NumberClosed("number_closed", leg_id=leg_id)
    number = _number(session, row[0].resident_id)
    if number is None:
        raise NotFound("phone", leg_id=leg_id)
    record(
        session,
        act="number_shown",
        subject=("resident", row[0].resident_id),
        by=None,
        now=now,
        facts={"leg_id": leg_id, "link_id": door.link_id},
        actor="field_link",
    )
    return number


def _number(session: Session, resident_id: int) -> str | None:
    phone = session.scalars(
        select(Phone)
        .join(ContactPerson, ContactPerson.id == Phone.contact_person_id)
        .where(
            ContactPerson.resident_id == resident_id,
            ContactPerson.ended_at.is_(None),
            Phone.invalid_since.is_(None),
        )
        .order_by(Phone.kind != PhoneKind.MOBILE, ContactPerson.position, Phone.position, Phone.id)
        .limit(1)
    ).first()
    if phone is None:
        return None
    return vault_of(session).open(
        phone.number_sealed, table="phone", column="number_sealed", row=phone.uuid
    )
