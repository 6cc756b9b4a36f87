"""What a phone saved up: taken in late, twice and out of order; what it means, and what it must never mean."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from outreach.clinics.codes import AppointmentStatus, DayEventKind, EventSource
from outreach.clinics.events import Author
from outreach.clinics.models import Appointment, DayEvent
from outreach.contact.codes import Step
from outreach.contact.message_models import Message
from outreach.db import Database
from outreach.kernel.errors import InvalidInput, NotFound, OutreachError
from outreach.kernel.geo import Point
from outreach.ledger.models import Resident
from outreach.places.models import Address
from outreach.transport.alarms import open_alarms
from outreach.transport.codes import HandoverKind, LegStatus
from outreach.transport.crew_notes import notes_of_runs
from outreach.transport.handovers import standing_handover
from outreach.transport.hours import driven_runs
from outreach.transport.models import VehiclePosition
from outreach.transport.queries import open_debts
from outreach.transport.run_models import RunStop
from outreach.workflows.assign_leg import unassign_leg
from outreach.workflows.cancel_appointment import cancel_appointment
from outreach.workflows.car_near import tell_cars_near
from outreach.workflows.field_links import FieldDoor, enter, make_field_link, new_device
from outreach.workflows.field_manifest import FieldStop, field_manifest
from outreach.workflows.field_office import read_at_desk, tell_crew
from outreach.workflows.field_sync import Sort, Taken, Told, note_where, switch_sharing, take_in
from outreach.workflows.note_event import note_event
from outreach.workflows.publish_runs import publish_runs
from tests.builders.clinics import DAY, at
from tests.builders.ledger import NOW
from tests.builders.transport import Day, assign, book_car, build_day, leg_of, tap, version_of

K = DayEventKind


class Field:
    """One published run with an elder on it, and the phones of its driver and escort."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.day: Day = build_day(database, elders=2, cars=2, escort=True)
        self.appointment, self.out, self.back = book_car(database, self.day, 0, at(9, 30))
        assign(database, self.day, self.out)
        assign(database, self.day, self.back)
        self.run = self.day.runs[0]
        versions = {self.run: version_of(database, self.run)}
        publish_runs(database, self.day.travel, versions=versions, by=self.day.by, now=NOW)
        self.driver = self._door(driver_id=self.day.drivers[0])
        self.escort = self._door(escort_id=self.day.escorts[0])
        self.count = 0

    def _door(self, **who: int) -> FieldDoor:
        with self.database.write() as session:
            made = make_field_link(session, on=DAY, by=self.day.by, now=NOW, **who)
            return enter(session, token=made.token, device=new_device(), now=NOW)

    def told(self, kind: str, when: datetime, **more: Any) -> Told:
        self.count += 1
        more = {"sort": Sort.TAP, "uuid": f"phone-event-{self.count:04d}", **more}
        return Told(at=when, kind=kind, **more)

    def send(self, *told: Told, now: datetime, door: FieldDoor | None = None) -> list[Taken]:
        with self.database.write() as session:
            return take_in(session, told=told, door=door or self.driver, now=now)

    def ride(self, kind: str, when: datetime, **more: Any) -> list[Taken]:
        return self.send(self.told(kind, when, leg_id=self.out, **more), now=when)

    def stops(self, door: FieldDoor, now: datetime) -> tuple[FieldStop, ...]:
        with self.database.read() as session:
            page = field_manifest(session, door=door, language="zh", now=now)
        return page.runs[0].stops


@pytest.fixture
def field(database: Database) -> Field:
    """A run told to everybody."""
    return Field(database)


def test_fault_58_twenty_minutes_offline_doubled_and_out_of_order_is_one_ride(field: Field) -> None:
    offline = [
        field.told("arrived_at_door", at(9, 5), leg_id=field.out),
        field.told("picked_up", at(9, 12), leg_id=field.out),
        field.told("at_site", at(9, 21), leg_id=field.out),
    ]
    synced = at(9, 32)
    first = field.send(*reversed(offline), *offline, now=synced)
    again = field.send(*offline, now=synced + timedelta(minutes=1))
    assert [one.error for one in first + again] == [""] * 9
    assert sum(one.is_new for one in first + again) == 3
    assert leg_of(field.database, field.out).status is LegStatus.DROPPED_OFF
    with field.database.read() as session:
        events = session.scalars(select(DayEvent).order_by(DayEvent.happened_at)).all()
        assert [(e.happened_at, e.received_at) for e in events] == [
            (at(9, 5), synced),
            (at(9, 12), synced),
            (at(9, 21), synced),
        ]


def test_fault_58_a_ride_moved_to_another_car_meanwhile_is_told_to_a_person(field: Field) -> None:
    for leg_id in (field.out, field.back):
        unassign_leg(
            field.database,
            field.day.travel,
            leg_id=leg_id,
            run_version=version_of(field.database, field.run),
            by=field.day.by,
            now=at(8, 50),
        )
    for leg_id in (field.out, field.back):
        assign(field.database, field.day, leg_id, run=1, now=at(8, 51))
    taken = field.ride("picked_up", at(9, 12))
    assert taken[0].error == "run"
    with field.database.read() as session:
        alarms = open_alarms(session, on=DAY)
        assert [(a.kind, a.run_id) for a in alarms if a.kind == "stray_tap"] == [
            ("stray_tap", field.run)
        ]
    assert leg_of(field.database, field.out).status is LegStatus.ASSIGNED


def test_moment_5d_an_ok_means_the_run_that_was_seen(field: Field) -> None:
    def wants_ok() -> tuple[bool, str]:
        with field.database.read() as session:
            run = field_manifest(session, door=field.driver, language="zh", now=at(8)).runs[0]
            return run.wants_ok, run.seen

    is_wanted, seen = wants_ok()
    assert is_wanted
    field.send(field.told("acknowledged", at(8), run_id=field.run, facts={"seen": seen}), now=at(8))
    assert wants_ok()[0] is False
    late = field.told("acknowledged", at(8, 4), run_id=field.run, facts={"seen": seen})
    _appointment, out, _back = book_car(field.database, field.day, 1, at(10, 10))
    assign(field.database, field.day, out, now=at(8, 5))
    assert wants_ok()[0] is True
    field.send(late, now=at(8, 20))  # given offline, before the change
    assert wants_ok()[0] is True
    seen = wants_ok()[1]
    beside = field.told("acknowledged", at(8, 21), run_id=field.run, facts={"seen": seen})
    field.send(beside, now=at(8, 21), door=field.escort)
    assert wants_ok()[0] is True  # the driver's own word is wanted
    field.send(
        field.told("acknowledged", at(8, 22), run_id=field.run, facts={"seen": seen}),
        now=at(8, 22),
    )
    assert wants_ok()[0] is False


def test_moment_5e_not_today_at_the_door_is_nobodys_fault_and_brings_a_week_of_quiet(
    field: Field,
) -> None:
    field.ride("arrived_at_door", at(9, 5))
    assert field.ride("not_today", at(9, 9))[0].error == ""
    with field.database.read() as session:
        appointment = session.get_one(Appointment, field.appointment)
        assert appointment.status is AppointmentStatus.CANCELLED
        assert appointment.cancel_code == "R03"
        resident = session.get_one(Resident, field.day.residents[0])
        assert resident.snoozed_until == DAY + timedelta(days=7)
        assert session.scalars(select(RunStop)).all() == []
        assert open_debts(session, on=DAY) == []
    assert leg_of(field.database, field.back).status is LegStatus.CANCELLED


def test_moment_5e_a_change_of_mind_aboard_goes_home_and_the_debt_stays_until_then(
    field: Field,
) -> None:
    field.ride("picked_up", at(9, 12))
    field.ride("not_today", at(9, 14))
    with field.database.read() as session:
        appointment = session.get_one(Appointment, field.appointment)
        assert appointment.status is AppointmentStatus.NO_DOSE
        assert appointment.visit_result == "V04"
    assert leg_of(field.database, field.back).ready_at == at(9, 14)
    field.ride("at_site", at(9, 20))
    with field.database.read() as session:
        assert len(open_debts(session, on=DAY)) == 1
    home = field.told("handed_over", at(9, 50), leg_id=field.back, facts={"received_by": "女儿"})
    field.send(field.told("left_site", at(9, 25), leg_id=field.back), home, now=at(9, 50))
    with field.database.read() as session:
        assert open_debts(session, on=DAY) == []


def test_moment_5f_who_is_hard_to_reach_is_marked_without_saying_why(field: Field) -> None:
    with field.database.write() as session:
        session.get_one(Resident, field.day.residents[0]).mobility_flags = ["hearing"]
    stop = field.stops(field.driver, at(8))[0]
    assert stop.reach_in_person
    assert "hearing" not in repr(stop)


def test_n6_a_driver_learns_when_to_fetch_and_nothing_of_the_needle(field: Field) -> None:
    field.ride("picked_up", at(9, 12))
    field.ride("at_site", at(9, 20))
    desk = Author(EventSource.DESK, user_id=field.day.by)
    for kind, minute in ((K.REGISTERED, 25), (K.SCREENED, 30), (K.JABBED, 35)):
        with field.database.write() as session:
            note_event(
                session,
                tap=tap(kind, at(9, minute), appointment=field.appointment),
                author=desk,
                now=at(9, minute),
            )
    home = next(s for s in field.stops(field.driver, at(9, 40)) if s.leg_id == field.back)
    assert home.ready_at == at(10, 5)
    assert set(home.happened) == {"picked_up", "at_site"}
    assert home.ready_due_at is None
    beside = next(s for s in field.stops(field.escort, at(9, 40)) if s.leg_id == field.back)
    assert "jabbed" in beside.happened


@pytest.mark.parametrize(
    ("told", "ends_as"),
    [
        (
            {"kind": "left_with_family", "facts": {"received_by": "儿子"}},
            HandoverKind.FAMILY_AT_SITE,
        ),
        ({"kind": "to_hospital", "facts": {"received_by": "市一院"}}, HandoverKind.HOSPITAL),
        (
            {"kind": "handed_over", "facts": {"kind": "own_wish", "witness": "前台"}},
            HandoverKind.OWN_WISH,
        ),
        (
            {"kind": "handed_over", "facts": {"kind": "seen_inside", "received_by": "本人"}},
            HandoverKind.SEEN_INSIDE,
        ),
    ],
)
def test_moment_5a_a_crew_ends_a_ride_in_every_way_with_a_name_and_a_time(
    field: Field, told: dict[str, Any], ends_as: HandoverKind
) -> None:
    field.ride("picked_up", at(9, 12))
    field.ride("at_site", at(9, 20))
    one = field.told(told["kind"], at(10, 10), facts={}, appointment_id=field.appointment)
    assert field.send(one, now=at(10, 11))[0].error in {"receiver_missing", "witness_missing"}
    named = field.told(
        told["kind"], at(10, 10), facts=told["facts"], appointment_id=field.appointment
    )
    assert field.send(named, now=at(10, 11))[0].error == ""
    with field.database.read() as session:
        standing = standing_handover(session, appointment_id=field.appointment)
        assert standing is not None
        assert (standing.kind, standing.at) == (ends_as, at(10, 10))
        assert (standing.call_due_at == at(12, 10)) is (ends_as is HandoverKind.SEEN_INSIDE)
        assert open_debts(session, on=DAY) == []


def test_moment_5g_no_minutes_are_told_without_a_fresh_word_from_the_car(field: Field) -> None:
    def near(now: datetime) -> int:
        with field.database.write() as session:
            tell_cars_near(session, now=now)
            texts = session.scalars(select(Message).where(Message.step == Step.CAR_NEAR)).all()
            return len(texts)

    planned = field.stops(field.driver, at(8))[0].planned_at
    assert near(planned - timedelta(minutes=10)) == 0  # nobody set off
    field.send(field.told("departed", at(7, 30), run_id=field.run), now=at(7, 30))
    silent = at(7, 30) + timedelta(minutes=46)
    assert near(max(silent, planned - timedelta(minutes=10))) == 0  # set off long ago, then silence
    stop = field.stops(field.driver, at(8, 30))[0]
    assert stop.expected is not None
    assert stop.expected.as_of == at(7, 30)
    assert not stop.expected.is_fresh


def test_moment_5i_a_corrected_stop_waits_for_staff_and_loading_is_learned(field: Field) -> None:
    stop = field.stops(field.driver, at(8))[0]
    real = Point(34.7561, 113.6011)
    said = field.told(
        "", at(9, 6), sort=Sort.STOP, stop_id=stop.stop_id, point=real, facts={"note": "走北门"}
    )
    assert field.send(said, now=at(9, 6))[0].error == ""
    after = field.stops(field.driver, at(9, 7))[0]
    assert (after.point, after.access_note) == (stop.point, stop.access_note)
    other = field._door(driver_id=field.day.drivers[1])
    assert field.send(said, now=at(9, 7), door=other)[0].error == "run_stop"
    field.ride("arrived_at_door", at(9, 10))
    field.ride("picked_up", at(9, 16))
    with field.database.read() as session:
        leg = leg_of(field.database, field.out)
        learned = session.get_one(Address, leg.from_address_id).learned_load_s
    assert learned is not None
    assert 60 <= learned <= 6 * 60


def test_moment_5j_an_emergency_is_one_alarm_with_run_and_place(field: Field) -> None:
    cry = field.told("emergency", at(9, 30), run_id=field.run, uuid="cry-for-help-1")
    place = field.told(
        "emergency",
        at(9, 30),
        run_id=field.run,
        facts={"follows": "cry-for-help-1", "latitude": 34.75, "longitude": 113.61},
    )
    field.send(cry, now=at(9, 30))
    field.send(place, now=at(9, 31))
    with field.database.read() as session:
        alarms = [a for a in open_alarms(session, on=DAY) if a.kind == "emergency"]
        assert [(a.run_id, a.level) for a in alarms] == [(field.run, 3)]
        places = [e.facts.get("latitude") for e in session.scalars(select(DayEvent))]
        assert 34.75 in places


def test_moment_5m_positions_only_while_shared_and_under_way_and_forgotten_when_switched_off(
    field: Field,
) -> None:
    spot = [(at(9, 1), Point(34.75, 113.61))]

    def kept(door: FieldDoor) -> int:
        with field.database.write() as session:
            return note_where(session, door=door, spots=spot, now=at(9, 1))

    assert kept(field.driver) == 0  # the run is not on
    field.send(field.told("departed", at(9, 0), run_id=field.run), now=at(9, 0))
    assert kept(field.driver) == 1
    assert kept(field.escort) == 0
    with field.database.write() as session:
        switch_sharing(session, door=field.driver, is_on=False)
        assert session.scalars(select(VehiclePosition)).all() == []


def test_moment_5n_canned_words_go_both_ways_once_and_tell_who_read_them(field: Field) -> None:
    late = field.told("late_10", at(9, 1), sort=Sort.NOTE, run_id=field.run)
    field.send(late, late, now=at(9, 2))
    with field.database.write() as session:
        tell_crew(
            session,
            run_id=field.run,
            uuid="desk-word-1",
            code="go_on",
            by=field.day.by,
            now=at(9, 3),
        )
        to_desk, to_crew = notes_of_runs(session, run_ids=[field.run])[field.run]
        read_at_desk(session, note_id=to_desk.note_id, by=field.day.by, now=at(9, 4))
        with pytest.raises(NotFound):  # nobody reads their own word
            read_at_desk(session, note_id=to_crew.note_id, by=field.day.by, now=at(9, 4))
        with pytest.raises(InvalidInput):
            tell_crew(
                session, run_id=field.run, uuid="desk-word-2", code="late_10", by=1, now=at(9, 3)
            )
    read = field.told("", at(9, 5), sort=Sort.READ, note_id=to_crew.note_id)
    stranger = field._door(driver_id=field.day.drivers[1])
    assert field.send(read, now=at(9, 5), door=stranger)[0].error == "crew_note"
    field.send(read, now=at(9, 5))
    with field.database.read() as session:
        to_desk, to_crew = notes_of_runs(session, run_ids=[field.run])[field.run]
        assert to_desk.desk_read_at == at(9, 4)
        assert (to_crew.driver_read_at, to_crew.escort_read_at) == (at(9, 5), None)


def test_moment_5n_hours_and_kilometres_come_from_what_was_driven(field: Field) -> None:
    out = field.told("departed", at(8, 0), run_id=field.run, facts={"odometer_km": 1200.0})
    back = field.told("returned", at(11, 30), run_id=field.run, facts={"odometer_km": 1236.5})
    field.send(back, out, now=at(11, 31))
    with field.database.read() as session:
        runs = driven_runs(session, from_on=DAY, until_on=DAY, area_ids=None)
        elsewhere = driven_runs(session, from_on=DAY, until_on=DAY, area_ids=[])
    assert [(r.minutes, r.km, r.rides, r.rides_done) for r in runs] == [(210, 36.5, 2, 0)]
    assert elsewhere == []


def test_moment_5n_a_completed_ride_cannot_be_taken_off_or_cancelled(field: Field) -> None:
    field.ride("picked_up", at(9, 12))
    field.ride("at_site", at(9, 20))
    with pytest.raises(OutreachError):
        unassign_leg(
            field.database,
            field.day.travel,
            leg_id=field.out,
            run_version=version_of(field.database, field.run),
            by=field.day.by,
            now=at(9, 30),
        )
    with field.database.write() as session, pytest.raises(OutreachError):
        cancel_appointment(
            session, appointment_id=field.appointment, by=field.day.by, now=at(9, 30)
        )
    assert leg_of(field.database, field.out).status is LegStatus.DROPPED_OFF
    with field.database.read() as session:
        stops = session.scalars(select(RunStop).where(RunStop.leg_id == field.out)).all()
        assert sorted(stop.done_at for stop in stops if stop.done_at) == [at(9, 12), at(9, 20)]
