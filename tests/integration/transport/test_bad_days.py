"""Bad days: a car breaks down, a session closes, cars run out; and the fleet's papers and shifts."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta

import pytest
from sqlalchemy import select

from outreach.clinics.codes import AppointmentStatus, DayEventKind, EventSource
from outreach.clinics.events import Author
from outreach.clinics.models import Appointment
from outreach.clinics.screening import (
    Measured,
    decide_pre_screen,
    last_pre_screen,
    record_pre_screen,
)
from outreach.contact.message_models import Message
from outreach.db import Database
from outreach.kernel.errors import InvalidInput, MoveNotAllowed
from outreach.kernel.geo import Point
from outreach.ledger.codes import Sex
from outreach.transport.alarms import open_alarms
from outreach.transport.codes import LegStatus, RunStatus
from outreach.transport.fleet import (
    HelperDraft,
    add_driver,
    add_escort,
    add_leave,
    add_vehicle,
    back_in_service,
    check_vehicle,
    driver_phone,
    escort_phone,
    knows,
    take_out_of_service,
)
from outreach.transport.models import Shift, VehicleCheck
from outreach.transport.overflow import (
    give_to_taxi,
    note_unmet,
    open_slips,
    put_on_standby,
    reconcile_slip,
    solve_unmet,
    take_from_taxi,
    unmet_on,
)
from outreach.transport.positions import forget_positions, last_seen, note_position
from outreach.transport.run_models import Promise, Run, RunStop
from outreach.transport.runs import CrewOf, drop_run, open_runs_from_shifts
from outreach.transport.shifts import (
    Times,
    add_shift,
    cancel_shift,
    lay_out_shifts,
    set_shift_template,
)
from outreach.workflows.break_down import break_down
from outreach.workflows.close_session import Whereabouts, close_session, closing_preview
from outreach.workflows.crew_run import crew_run
from outreach.workflows.day_board import day_board
from outreach.workflows.desk_page import waiting_screens
from outreach.workflows.note_event import note_event
from outreach.workflows.publish_runs import publish_preview, publish_runs
from tests.builders.clinics import DAY, at
from tests.builders.ledger import NOW, add_elders
from tests.builders.transport import (
    Day,
    assign,
    book_car,
    build_day,
    car,
    leg_of,
    tap,
    version_of,
)

K = DayEventKind
LONG_DAY = Times(time(8), time(17), time(12), time(12, 30))


def note(database: Database, day: Day, kind: K, leg: int, hour: int, minute: int) -> None:
    author = Author(EventSource.DISPATCH, user_id=day.by)
    with database.write() as session:
        event = tap(kind, at(hour, minute), leg=leg)
        note_event(session, tap=event, author=author, now=event.happened_at)


def published_pair(database: Database) -> tuple[Day, list[int], list[int]]:
    """Two elders of one slot on the first of two runs, published."""
    day = build_day(database, elders=2, cars=2, capacity=2)
    outs, backs = [], []
    for who in (0, 1):
        _a, out, back = book_car(database, day, who, at(9, 30))
        assign(database, day, out)
        assign(database, day, back)
        outs.append(out)
        backs.append(back)
    run = day.runs[0]
    publish_runs(
        database, day.travel, versions={run: version_of(database, run)}, by=day.by, now=NOW
    )
    return day, outs, backs


def test_fault_55_a_car_that_breaks_down_hands_its_riders_over_whole(database: Database) -> None:
    day, outs, backs = published_pair(database)
    run, spare = day.runs
    with database.read() as session:
        first = session.scalars(
            select(RunStop.leg_id).where(RunStop.run_id == run).order_by(RunStop.position)
        ).first()
    assert first is not None
    note(database, day, K.PICKED_UP, first, 9, 5)
    with database.write() as session:
        found = break_down(
            session, vehicle_id=day.vehicles[0], on=DAY, reason="爆胎", by=day.by, now=at(9, 8)
        )
        assert [s.aboard_leg_ids for s in found] == [(first,)]
        assert set(found[0].waiting_leg_ids) == {*outs, *backs} - {first}
        assert [a.kind for a in open_alarms(session, on=DAY)] == ["car_broken"]
    board = day_board(database, day.travel, on=DAY, now=at(9, 8))
    assert "car_unfit" in [b.code for b in board.runs[0].broken]

    with database.write() as session:
        drop_run(session, run_id=spare, version=version_of(database, spare), by=1, now=at(9, 9))
    crew_run(
        database,
        day.travel,
        run_id=run,
        version=version_of(database, run),
        crew=CrewOf(day.vehicles[1], day.drivers[1]),
        by=day.by,
        now=at(9, 9),
    )
    with database.read() as session:
        assert open_alarms(session, on=DAY) == []
        kept = session.scalars(select(Promise).where(Promise.ended_at.is_(None))).all()
        assert {p.leg_id for p in kept} == set(outs)
        before = len(session.scalars(select(Message)).all())
    assert leg_of(database, first).status is LegStatus.ON_BOARD
    preview = publish_preview(database, day.travel, run_ids=[run], now=at(9, 10))
    moved = {c.leg_id for c in preview.changes}
    assert first not in moved  # whoever is aboard is told nothing more about the pickup
    with database.read() as session:
        assert len(session.scalars(select(Message)).all()) == before


def test_moment_5b_a_session_that_closes_settles_everyone_by_where_they_are(
    database: Database,
) -> None:
    day = build_day(database, elders=3, cars=2, capacity=3)
    trips = [book_car(database, day, who, at(11, 10)) for who in range(3)]
    for _a, out, back in trips:
        assign(database, day, out)
        assign(database, day, back, run=1)
    note(database, day, K.PICKED_UP, trips[0][1], 10, 20)
    note(database, day, K.AT_SITE, trips[0][1], 10, 30)
    note(database, day, K.PICKED_UP, trips[1][1], 10, 25)
    with database.read() as session:
        preview = closing_preview(session, site_session_id=day.session_id, from_at=at(10, 40))
    assert {c.appointment_id: c.where for c in preview} == {
        trips[0][0]: Whereabouts.AT_SITE,
        trips[1][0]: Whereabouts.ABOARD,
        trips[2][0]: Whereabouts.AT_HOME,
    }
    with database.write() as session:
        told = close_session(
            session,
            site_session_id=day.session_id,
            from_at=at(10, 40),
            reason="疫苗用完",
            by=day.by,
            now=at(10, 40),
        )
        assert len(told) == 3
        at_home = session.get_one(Appointment, trips[2][0])
        assert (at_home.status, at_home.cancel_code) == (AppointmentStatus.CANCELLED, "R15")
    for trip in trips[:2]:
        home = leg_of(database, trip[2])
        assert (home.status, home.ready_at) == (LegStatus.ASSIGNED, at(10, 40))
    assert leg_of(database, trips[2][1]).status is LegStatus.CANCELLED


def test_a_taxi_is_a_way_home_and_its_slip_waits_for_the_receipt(database: Database) -> None:
    day = build_day(database, elders=1)
    _a, out, back = book_car(database, day, 0, at(9, 30))
    assign(database, day, out)
    with database.write() as session:
        put_on_standby(session, leg_id=back, is_standby=True)
        need = note_unmet(session, leg_id=back, by=day.by, now=NOW)
        assert note_unmet(session, leg_id=back, by=day.by, now=NOW).id == need.id
        with pytest.raises(InvalidInput):
            give_to_taxi(session, leg_id=back, company=" ", by=day.by, now=NOW)
        slip = give_to_taxi(
            session, leg_id=back, company="绿城出租", reference="8812", by=day.by, now=NOW
        )
        assert [s.leg_id for s in open_slips(session)] == [back]
        assert unmet_on(session, from_on=DAY, until_on=DAY)[0].solved_how == "taxi"
        slip_id = slip.id
    run = day.runs[0]
    publish_runs(
        database, day.travel, versions={run: version_of(database, run)}, by=day.by, now=NOW
    )
    assert day_board(database, day.travel, on=DAY, now=NOW).without_car == ()
    with database.write() as session:
        reconcile_slip(session, slip_id=slip_id, amount_cents=2350, by=day.by, now=NOW)
        assert open_slips(session) == []
        with pytest.raises(MoveNotAllowed):
            reconcile_slip(session, slip_id=slip_id, amount_cents=1, by=day.by, now=NOW)
        with pytest.raises(MoveNotAllowed):
            take_from_taxi(session, leg_id=back)
        with pytest.raises(MoveNotAllowed):
            put_on_standby(session, leg_id=out, is_standby=True)


def test_a_taxi_can_be_called_off_and_an_assigned_leg_can_take_one(database: Database) -> None:
    day = build_day(database, elders=1)
    _a, _out, back = book_car(database, day, 0, at(9, 30))
    assign(database, day, back)
    with database.write() as session:
        give_to_taxi(session, leg_id=back, company="绿城", by=day.by, now=NOW)
        assert session.scalars(select(RunStop)).all() == []
        leg = take_from_taxi(session, leg_id=back)
        assert (leg.status, leg.by_taxi) == (LegStatus.WAITING, False)
        note_unmet(session, leg_id=back, by=day.by, now=NOW)
        solve_unmet(session, leg_id=back, how="car", now=NOW)
    assert leg_of(database, back).status is LegStatus.WAITING


def test_the_fleet_seals_numbers_and_refuses_nonsense(database: Database) -> None:
    day = build_day(database, elders=0, cars=1)
    area = day.village.street_id
    with database.write() as session:
        draft = HelperDraft("钱司机", area, phone="+8613800009999", licence_until=DAY)
        driver = add_driver(session, draft=draft)
        escort = add_escort(session, draft=replace(draft, sex=Sex.FEMALE))
        assert driver.phone_sealed is not None
        assert b"13800009999" not in driver.phone_sealed
        assert driver_phone(session, driver) == escort_phone(session, escort) == "+8613800009999"
        assert driver_phone(session, add_driver(session, draft=HelperDraft("无号", area))) == ""
        knows(session, escort_id=escort.id, resident_id=add_elders(session, day.village)[0])
        wrong = [
            lambda: add_driver(session, draft=HelperDraft(" ", area)),
            lambda: add_vehicle(session, draft=car("豫A0000D")),
            lambda: add_vehicle(session, draft=car(" ")),
            lambda: add_vehicle(session, draft=car("豫A9", seats=99)),
            lambda: add_leave(session, from_on=DAY, until_on=DAY),
            lambda: add_leave(
                session, from_on=DAY, until_on=DAY - timedelta(days=1), driver_id=driver.id
            ),
            lambda: take_out_of_service(
                session,
                vehicle_id=day.vehicles[0],
                from_on=DAY,
                until_on=DAY - timedelta(days=1),
                reason="",
            ),
            lambda: add_shift(session, on=DAY, times=LONG_DAY),
            lambda: add_shift(session, on=DAY, times=Times(time(9), time(8)), driver_id=driver.id),
            lambda: add_shift(
                session,
                on=DAY,
                times=Times(time(8), time(9), time(12), time(13)),
                driver_id=driver.id,
            ),
            lambda: set_shift_template(session, weekday=0, times=LONG_DAY, from_on=DAY),
            lambda: check_vehicle(
                session,
                vehicle_id=day.vehicles[0],
                on=DAY,
                answers={"wings": True},
                by_driver_id=None,
                by_user_id=None,
                now=NOW,
            ),
        ]
        for act in wrong:
            with pytest.raises(InvalidInput):
                act()


def test_weekly_shifts_become_days_and_days_become_runs(database: Database) -> None:
    day = build_day(database, elders=0, cars=1)
    later = DAY + timedelta(days=7)
    with database.write() as session:
        set_shift_template(
            session,
            weekday=DAY.weekday(),
            times=LONG_DAY,
            from_on=DAY,
            driver_id=day.drivers[0],
            vehicle_id=day.vehicles[0],
        )
        add_leave(session, driver_id=day.drivers[0], from_on=DAY, until_on=DAY)
        assert lay_out_shifts(session, from_on=DAY, until_on=later) == 1
        assert lay_out_shifts(session, from_on=DAY, until_on=later) == 0
        runs = open_runs_from_shifts(session, on=later, by=day.by, now=NOW)
        assert [(r.starts_at, r.ends_at) for r in runs] == [(at(8, on=later), at(17, on=later))]
        assert open_runs_from_shifts(session, on=later, by=day.by, now=NOW) == []
        shift = session.scalars(select(Shift)).one()
        assert shift.break_from_at == at(12, on=later)
        cancel_shift(session, shift_id=shift.id, reason="病假", now=NOW)
        assert session.get_one(Run, runs[0].id).driver_id == day.drivers[0]


def test_the_look_before_the_run_is_kept_once_a_day(database: Database) -> None:
    day = build_day(database, elders=0, cars=1)
    with database.write() as session:
        for fit in (False, True):
            check_vehicle(
                session,
                vehicle_id=day.vehicles[0],
                on=DAY,
                answers={"brakes": fit, "straps": True},
                by_driver_id=day.drivers[0],
                by_user_id=None,
                now=NOW,
            )
        assert session.scalars(select(VehicleCheck)).one().is_fit
        take_out_of_service(
            session, vehicle_id=day.vehicles[0], from_on=DAY, until_on=DAY, reason="保养"
        )
        assert back_in_service(session, vehicle_id=day.vehicles[0]).out_of_service_from is None


def test_moment_5c_doubts_before_the_ride_wait_for_a_clinician(database: Database) -> None:
    day = build_day(database, elders=1)
    appointment, _out, _back = book_car(database, day, 0, at(9, 30))
    with database.write() as session:
        clear = record_pre_screen(
            session,
            appointment_id=appointment,
            at_place="home",
            measured=Measured(temperature_c=36.5, systolic=130, diastolic=80),
            by=day.by,
            now=NOW,
        )
        assert clear.decision == "go"
        doubtful = record_pre_screen(
            session,
            appointment_id=appointment,
            at_place="desk",
            measured=Measured(37.6, 190, 80, {"new_medicine": True}),
            by=day.by,
            now=NOW + timedelta(minutes=1),
        )
        assert waiting_screens(session, appointment_ids=[appointment]) == {appointment}
        decide_pre_screen(
            session, pre_screen_id=doubtful.id, decision="not_today", by=day.village.doctor
        )
        assert waiting_screens(session, appointment_ids=[appointment]) == set()
        last = last_pre_screen(session, appointment_id=appointment)
        assert last is not None
        assert last.decision == "not_today"
        for place, measured in (
            ("bus", Measured()),
            ("desk", Measured(temperature_c=73.0)),
            ("desk", Measured(systolic=7)),
        ):
            with pytest.raises(InvalidInput):
                record_pre_screen(
                    session,
                    appointment_id=appointment,
                    at_place=place,
                    measured=measured,
                    by=day.by,
                    now=NOW,
                )
        with pytest.raises(InvalidInput):
            decide_pre_screen(session, pre_screen_id=doubtful.id, decision="maybe", by=day.by)


def test_a_cars_position_lives_no_longer_than_its_run(database: Database) -> None:
    day, outs, backs = published_pair(database)
    run, here = day.runs[0], Point(34.75, 113.61)

    def share(minute: int, driver: int) -> bool:
        with database.write() as session:
            return note_position(
                session, run_id=run, driver_id=driver, point=here, at=at(9, minute)
            )

    assert not share(0, day.drivers[0])  # not under way yet
    note(database, day, K.PICKED_UP, outs[0], 9, 5)
    assert not share(6, day.drivers[1])
    assert share(6, day.drivers[0])
    assert share(8, day.drivers[0])
    with database.write() as session:
        seen = last_seen(session, run_ids=[run])[run]
        assert (seen.point, seen.at) == (here, at(9, 8))
        assert seen.is_fresh(at(9, 18))
        assert not seen.is_fresh(at(9, 19))
        with pytest.raises(InvalidInput):
            note_position(session, run_id=run, driver_id=1, point=Point(0, 0), at=at(9, 9))
        assert forget_positions(session) == 0
    note(database, day, K.AT_SITE, outs[0], 9, 20)
    note(database, day, K.AT_SITE, outs[1], 9, 20)
    author = Author(EventSource.DISPATCH, user_id=day.by)
    for out, back in zip(outs, backs, strict=True):
        note(database, day, K.PICKED_UP, out, 9, 5)
        note(database, day, K.LEFT_SITE, back, 10, 30)
        with database.write() as session:
            home = tap(K.HANDED_OVER, at(10, 50), leg=back, received_by="家人")
            note_event(session, tap=home, author=author, now=at(10, 50))
    with database.write() as session:
        assert session.get_one(Run, run).status is RunStatus.FINISHED
        assert forget_positions(session) == 2
        assert last_seen(session, run_ids=[run]) == {}
