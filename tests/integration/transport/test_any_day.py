"""Any day of acts in any order, by several hands: nobody is left behind (N2), nothing overfills (N4)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from outreach.clinics.codes import (
    CAME,
    HOLDS_SLOT,
    AppointmentStatus,
    DayEventKind,
    EventSource,
    Mode,
)
from outreach.clinics.events import Author, Tap
from outreach.clinics.models import Appointment, SiteSession
from outreach.clinics.rules import Ways
from outreach.db import Database
from outreach.kernel.errors import OutreachError
from outreach.transport.alarms import open_alarms
from outreach.transport.codes import Direction, LegStatus
from outreach.transport.handovers import standing_handover
from outreach.transport.legs import legs_of
from outreach.transport.queries import open_debts
from outreach.transport.run_models import Promise, RideLeg, RunStop
from outreach.transport.runs import CrewOf
from outreach.transport.sheets import read_day
from outreach.workflows.assign_leg import assign_leg, move_leg, unassign_leg
from outreach.workflows.book import book_trip
from outreach.workflows.cancel_appointment import cancel_appointment
from outreach.workflows.change_appointment import Change, change_trip
from outreach.workflows.close_day import DayHasOpenDebts, close_day
from outreach.workflows.crew_run import crew_run
from outreach.workflows.no_show import confirm_no_show
from outreach.workflows.note_event import note_event
from outreach.workflows.publish_runs import publish_runs
from outreach.workflows.way_home import has_way_home, is_told_or_begun
from tests.builders.clinics import DAY, at, booking
from tests.builders.ledger import NOW
from tests.builders.transport import Day, build_day, car, version_of

K = DayEventKind
TAPS = (
    K.ARRIVED_AT_DOOR,
    K.PICKED_UP,
    K.AT_SITE,
    K.REGISTERED,
    K.JABBED,
    K.NO_DOSE,
    K.READY,
    K.LEFT_SITE,
    K.HANDED_OVER,
    K.LEFT_WITH_FAMILY,
    K.OBSERVATION_EXTENDED,
    K.NOT_THERE,
    K.VOIDED,
)
WAYS = (
    Ways(Mode.OUR_CAR, Mode.OUR_CAR),
    Ways(Mode.OUR_CAR, Mode.FAMILY, return_with="女儿"),
    Ways(Mode.FAMILY, Mode.OUR_CAR),
    Ways(Mode.OUR_CAR, Mode.WALKS),
)


class Hands:
    """Whoever acts on the day; each act is allowed to be refused, never to break a promise of ours."""

    def __init__(self, database: Database, day: Day) -> None:
        self.database, self.day = database, day
        self.clock = at(8, 0)
        self.uuids: list[str] = []
        self.let_go: set[int] = set()
        self.acts: tuple[Callable[[int, int], object], ...] = (
            self.book,
            self.book,
            self.assign,
            self.assign,
            self.assign,
            self.unassign,
            self.move,
            self.publish,
            self.cancel,
            self.change,
            self.swap_cars,
            self.tap,
            self.tap,
            self.tap,
            self.give_up,
        )

    def do(self, act: int, a: int, b: int) -> None:
        self.clock += timedelta(minutes=7)
        try:
            self.acts[act % len(self.acts)](a, b)
        except OutreachError:
            return

    def book(self, a: int, b: int) -> object:
        slot = at(9, 10) + timedelta(minutes=20 * (b % 4))
        asked = booking(
            self.day.village,
            self.day.residents[a % len(self.day.residents)],
            self.day.session_id,
            slot,
            WAYS[b % len(WAYS)],
        )
        return book_trip(self.database, self.day.travel, booking=asked, by=self.day.by, now=NOW)

    def some_leg(self, a: int) -> RideLeg | None:
        with self.database.read() as session:
            ids = session.scalars(select(RideLeg.id).order_by(RideLeg.id)).all()
            if not ids:
                return None
            leg = session.get_one(RideLeg, ids[a % len(ids)])
            session.expunge(leg)
            return leg

    def some_run(self, b: int) -> int:
        return self.day.runs[b % len(self.day.runs)]

    def assign(self, a: int, b: int) -> object:
        leg = self.some_leg(a)
        run = self.some_run(b)
        return leg and assign_leg(
            self.database,
            self.day.travel,
            leg_id=leg.id,
            run_id=run,
            run_version=version_of(self.database, run),
            positions=(0, 1) if b % 7 == 0 else None,
            by=self.day.by,
            now=self.clock,
        )

    def run_of(self, leg_id: int) -> int:
        with self.database.read() as session:
            found = session.scalar(select(RunStop.run_id).where(RunStop.leg_id == leg_id).limit(1))
        return found or self.day.runs[0]

    def unassign(self, a: int, _b: int) -> object:
        leg = self.some_leg(a)
        return leg and unassign_leg(
            self.database,
            self.day.travel,
            leg_id=leg.id,
            run_version=version_of(self.database, self.run_of(leg.id)),
            by=self.day.by,
            now=self.clock,
        )

    def move(self, a: int, b: int) -> object:
        leg = self.some_leg(a)
        return leg and move_leg(
            self.database,
            self.day.travel,
            leg_id=leg.id,
            to_run_id=self.some_run(b),
            versions={run: version_of(self.database, run) for run in self.day.runs},
            by=self.day.by,
            now=self.clock,
        )

    def publish(self, _a: int, b: int) -> object:
        run = self.some_run(b)
        versions = {run: version_of(self.database, run)}
        return publish_runs(
            self.database, self.day.travel, versions=versions, by=self.day.by, now=self.clock
        )

    def swap_cars(self, a: int, b: int) -> object:
        run = self.some_run(b)
        return crew_run(
            self.database,
            self.day.travel,
            run_id=run,
            version=version_of(self.database, run),
            crew=CrewOf(
                self.day.vehicles[a % len(self.day.vehicles)],
                self.day.drivers[b % len(self.day.drivers)] if a % 5 else None,
            ),
            by=self.day.by,
            now=self.clock,
        )

    def some_appointment(self, a: int) -> tuple[int, int] | None:
        with self.database.read() as session:
            rows = session.execute(
                select(Appointment.id, Appointment.version).order_by(Appointment.id)
            ).all()
        return (rows[a % len(rows)][0], rows[a % len(rows)][1]) if rows else None

    def cancel(self, a: int, _b: int) -> None:
        found = self.some_appointment(a)
        if found is not None:
            with self.database.write() as session:
                cancel_appointment(session, appointment_id=found[0], by=self.day.by, now=self.clock)
            self.let_go.add(found[0])

    def change(self, a: int, b: int) -> None:
        found = self.some_appointment(a)
        if found is None:
            return
        slot = at(9, 10) + timedelta(minutes=20 * (b % 5)) if b % 2 else None
        change_trip(
            self.database,
            self.day.travel,
            appointment_id=found[0],
            version=found[1],
            change=Change(slot_at=slot, ways=None if b % 3 else WAYS[a % len(WAYS)]),
            by=self.day.by,
            now=NOW,
        )

    def tap(self, a: int, b: int) -> None:
        found = self.some_appointment(a)
        if found is None:
            return
        kind = TAPS[b % len(TAPS)]
        event = Tap(
            uuid=uuid4().hex,
            kind=kind,
            happened_at=self.clock - timedelta(minutes=b % 20),
            appointment_id=found[0],
            facts={
                "received_by": "女儿" if b % 3 else "",
                "minutes": 10,
                "reason": "头晕",
                "result": "V04",
            },
            voids_uuid=self.uuids[b % len(self.uuids)] if self.uuids else None,
        )
        desk = Author(EventSource.DISPATCH, user_id=self.day.by)
        for _ in range(1 + b % 2):  # phones send twice
            with self.database.write() as session:
                note_event(session, tap=event, author=desk, now=self.clock)
        self.uuids.append(event.uuid)

    def give_up(self, a: int, _b: int) -> None:
        leg = self.some_leg(a)
        if leg is not None:
            with self.database.write() as session:
                confirm_no_show(
                    session, leg_id=leg.id, by=self.day.by, now=self.clock, reason="无人应门"
                )
            self.let_go.add(leg.appointment_id)

    def check(self) -> None:
        self.check_capacity()
        self.check_ways_home()
        self.check_debts_and_promises()

    def check_capacity(self) -> None:
        """N4: at every stop of every run, and in every slot."""
        with self.database.read() as session:
            sheet = read_day(session, on=DAY)
            for run in sheet.runs.values():
                seats = chairs = 0
                for stop in run.stops:
                    leg = sheet.leg(stop.leg_id)
                    sign = 1 if stop.kind.value == "pickup" else -1
                    seats, chairs = seats + sign * leg.seats, chairs + sign * leg.chairs
                    room = run.car.seats - chairs * run.car.seats_lost_per_chair
                    assert 0 <= seats <= room
                    assert 0 <= chairs <= run.car.chairs
                assert (seats, chairs) == (0, 0)
            fullest = session.execute(
                select(func.count(), SiteSession.capacity_per_slot)
                .select_from(Appointment)
                .join(SiteSession, SiteSession.id == Appointment.site_session_id)
                .where(
                    Appointment.status.in_(HOLDS_SLOT),
                    # Who comes though cancelled or given up is taken in like a walk-in: a fact, no booking.
                    Appointment.id.not_in(self.let_go),
                )
                .group_by(Appointment.slot_at, SiteSession.id, SiteSession.capacity_per_slot)
            )
            assert all(count <= capacity for count, capacity in fullest)

    def check_ways_home(self) -> None:
        """N2: whoever we told, fetched or brought has a way home, or an alarm says so."""
        with self.database.read() as session:
            alarmed = {a.appointment_id for a in open_alarms(session, on=DAY)}
            for appointment in session.scalars(select(Appointment)):
                legs = {x.direction: x for x in legs_of(session, appointment_id=appointment.id)}
                out, home = legs.get(Direction.OUTBOUND), legs.get(Direction.RETURN)
                if out is None or not is_told_or_begun(session, out):
                    continue
                if standing_handover(session, appointment_id=appointment.id) is not None:
                    continue
                is_safe = has_way_home(session, appointment=appointment, homeward=home)
                assert is_safe or appointment.id in alarmed

    def check_debts_and_promises(self) -> None:
        """Every drop-off without a handover is a debt that keeps the day open; no promise is forgotten."""
        with self.database.write() as session:
            owed = {d.appointment_id for d in open_debts(session, on=DAY)}
            for leg in session.scalars(select(RideLeg)):
                brought = (
                    leg.direction is Direction.OUTBOUND and leg.status is LegStatus.DROPPED_OFF
                )
                handed = standing_handover(session, appointment_id=leg.appointment_id)
                came = session.get_one(Appointment, leg.appointment_id).status in CAME
                waits = leg.direction is Direction.RETURN and leg.status is LegStatus.ASSIGNED
                if (brought or (came and waits)) and handed is None:
                    assert leg.appointment_id in owed
                if leg.status is LegStatus.HANDED_OVER:
                    assert handed is not None
                standing = session.scalars(
                    select(Promise).where(Promise.leg_id == leg.id, Promise.ended_at.is_(None))
                ).all()
                assert len(standing) <= 1
                if leg.status in {LegStatus.CANCELLED, LegStatus.NO_SHOW}:
                    assert not standing
            try:
                close_day(
                    session,
                    on=DAY,
                    area_id=self.day.village.district_id,
                    by=self.day.by,
                    now=self.clock,
                )
                assert not owed
            except DayHasOpenDebts:
                assert owed


STEP = st.tuples(st.integers(0, 14), st.integers(0, 30), st.integers(0, 60))


@settings(
    max_examples=5,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(STEP, min_size=12, max_size=35))
def test_any_day_keeps_everyone_and_overfills_nothing(
    database: Database, steps: list[tuple[int, int, int]]
) -> None:
    hands = fresh_hands(database)
    for act, a, b in steps:
        hands.do(act, a, b)
        hands.check_capacity()
    hands.check()


def test_a_long_day_of_many_hands(database: Database) -> None:
    """One fixed long day in which every act occurs many times."""
    import random

    chance = random.Random(20261126)
    hands = fresh_hands(database)
    for who in range(6):
        hands.do(0, who, who % 3)
    for step in range(110):
        hands.do(chance.randrange(15), chance.randrange(31), chance.randrange(61))
        if step % 10 == 0:
            hands.check()
    hands.check()
    with database.read() as session:
        statuses = set(session.scalars(select(Appointment.status)))
        assert statuses - {AppointmentStatus.BOOKED, AppointmentStatus.CANCELLED}


def fresh_hands(database: Database) -> Hands:
    """Empty the database and lay out six elders, two cars and one session."""
    from outreach.schema import metadata

    metadata().drop_all(database.engine)
    cars = [car("豫A1", seats=2, chairs=1, lost=1, ramp=True), car("豫A2", seats=3)]
    return Hands(database, build_day(database, elders=6, cars=cars, capacity=2))
