"""The board by hand: kept days as exact as fresh ones, who did what for a colleague, locks that hold."""

from __future__ import annotations

from datetime import time, timedelta

import pytest
from sqlalchemy import text

from outreach.accounts.models import User
from outreach.db import Database
from outreach.kernel.errors import StaleVersion
from outreach.ledger.codes import Sex
from outreach.transport.assign import StopLocked
from outreach.transport.codes import LegStatus
from outreach.transport.fleet import (
    CarDraft,
    HelperDraft,
    check_vehicle,
    edit_driver,
    edit_escort,
    edit_vehicle,
    forget_knows,
    knows,
)
from outreach.transport.fleet_queries import (
    car_lines,
    car_sheet,
    driver_sheet,
    escort_sheet,
    named_alike,
)
from outreach.transport.pulse import pulse_of
from outreach.transport.queries import get_driver, get_escort, get_vehicle
from outreach.transport.runs import CrewOf, NotFit, open_runs_from_shifts
from outreach.transport.shifts import (
    Times,
    add_shift,
    cancel_shift,
    end_shift_template,
    lay_out_shifts,
    set_shift_template,
    shifts_of,
)
from outreach.workflows.assign_leg import assign_leg, move_stop
from outreach.workflows.crew_run import crew_run
from outreach.workflows.day_board import day_board, try_insertions, try_order
from outreach.workflows.kept_day import KeptDays
from outreach.workflows.lock_run import lock_by_hand
from outreach.workflows.run_history import changes_since
from tests.builders.clinics import DAY, at
from tests.builders.ledger import NOW
from tests.builders.transport import assign, book_car, build_day, car, leg_of, version_of


def pulse(database: Database) -> str:
    with database.read() as session:
        return pulse_of(session, on=DAY)


def test_a_kept_day_says_exactly_what_a_fresh_reading_says(database: Database) -> None:
    day = build_day(database, elders=6, cars=2)
    legs = [book_car(database, day, who, at(9, 10 + 20 * (who % 3)))[1] for who in range(6)]
    for who, leg_id in enumerate(legs[:4]):
        assign(database, day, leg_id, run=who % 2)
    kept = KeptDays()
    for leg_id in legs:
        fresh = try_insertions(database, day.travel, leg_id=leg_id, now=NOW)
        assert try_insertions(database, day.travel, leg_id=leg_id, now=NOW, kept=kept) == fresh
    before, tables = pulse(database), day.travel.tables
    try_insertions(database, day.travel, leg_id=legs[0], now=NOW, kept=kept)
    assert day.travel.tables == tables  # nothing was read or asked again
    assign(database, day, legs[4], run=0)
    assert pulse(database) != before
    again = try_insertions(database, day.travel, leg_id=legs[5], now=NOW, kept=kept)
    assert again == try_insertions(database, day.travel, leg_id=legs[5], now=NOW)
    assert day.travel.tables > tables


def test_a_step_of_a_drag_says_what_the_act_would_say(database: Database) -> None:
    day = build_day(database, elders=2)
    legs = [book_car(database, day, who, at(9, 10 + 40 * who))[1] for who in range(2)]
    for leg_id in legs:
        assign(database, day, leg_id)
    run = day.runs[0]
    board = day_board(database, day.travel, on=DAY, now=NOW)
    order = [stop.stop_id for stop in board.runs[0].stops]
    for position in range(4):
        wanted = [i for i in order if i != order[0]]
        wanted.insert(position, order[0])
        found = try_order(database, day.travel, run_id=run, stop_ids=wanted, now=NOW)
        codes = {b.code for b in found}
        assert codes == set() if position == 0 else "out_of_order" in codes


def test_fault_57_the_second_dispatcher_is_told_who_did_what(database: Database) -> None:
    day = build_day(database, elders=3, cars=2)
    legs = [book_car(database, day, who, at(9, 10 + 20 * who))[1] for who in range(3)]
    run, seen = day.runs[0], version_of(database, day.runs[0])
    with database.write() as session:
        session.get_one(User, day.by).display_name = "陈调度"
    assign(database, day, legs[0])
    assign(database, day, legs[1])
    with pytest.raises(StaleVersion):
        assign_leg(
            database,
            day.travel,
            leg_id=legs[2],
            run_id=run,
            run_version=seen,
            by=day.village.doctor,
            now=NOW,
        )
    with database.read() as session:
        diff = changes_since(session, run_id=run, version=seen)
        names = [
            session.scalar(text("SELECT name FROM resident WHERE id = :i"), {"i": day.residents[w]})
            for w in (0, 1)
        ]
    assert [(c.did, c.by_name, c.people) for c in diff.changes] == [
        ("took_in", "陈调度", (names[0],)),
        ("took_in", "陈调度", (names[1],)),
    ]
    assert diff.version == version_of(database, run)
    # Nothing of theirs is lost, and one's own works on the new state.
    assert leg_of(database, legs[0]).status is LegStatus.ASSIGNED
    done = assign_leg(
        database,
        day.travel,
        leg_id=legs[2],
        run_id=run,
        run_version=diff.version,
        by=day.village.doctor,
        now=NOW,
    )
    with database.read() as session:
        latest = changes_since(session, run_id=run, version=diff.version)
        assert (
            changes_since(session, run_id=run, version=done.versions[run]).changes[:1]
            != latest.changes[:1]
        )
    assert [c.did for c in latest.changes] == ["took_in"]


def test_a_locked_stop_an_order_and_a_car_stay(database: Database) -> None:
    day = build_day(database, elders=2, cars=2)
    legs = [book_car(database, day, who, at(9, 10 + 40 * who))[1] for who in range(2)]
    for leg_id in legs:
        assign(database, day, leg_id)
    run = day.runs[0]
    stop_id = day_board(database, day.travel, on=DAY, now=NOW).runs[0].stops[0].stop_id
    with database.write() as session:
        lock_by_hand(
            session,
            run_id=run,
            version=version_of(database, run),
            stop_id=stop_id,
            is_locked=True,
            by=day.by,
            now=NOW,
        )
    with pytest.raises(StopLocked):
        move_stop(
            database,
            day.travel,
            stop_id=stop_id,
            run_id=run,
            run_version=version_of(database, run),
            to_position=1,
            by=day.by,
            now=NOW,
        )
    with database.write() as session, pytest.raises(StaleVersion):
        lock_by_hand(session, run_id=run, version=0, is_locked=True, by=day.by, now=NOW)
    with database.write() as session:
        lock_by_hand(
            session,
            run_id=run,
            version=version_of(database, run),
            is_locked=True,
            by=day.by,
            now=NOW,
        )
    other = CrewOf(day.vehicles[1], day.drivers[0])
    with pytest.raises(StopLocked):
        crew_run(
            database,
            day.travel,
            run_id=run,
            version=version_of(database, run),
            crew=other,
            by=day.by,
            now=NOW,
        )
    locked = [
        t for t in try_insertions(database, day.travel, leg_id=legs[0], now=NOW) if t.run_id == run
    ]
    assert "run_locked" in {b.code for b in locked[0].broken}


def test_a_car_whose_look_failed_or_whose_papers_are_over_cannot_be_assigned(
    database: Database,
) -> None:
    day = build_day(database, elders=1, cars=[car("豫A1"), car("豫A2")])
    spare = day.vehicles[1]
    with database.write() as session:
        answers = {"tyres": True, "brakes": False}
        check_vehicle(
            session,
            vehicle_id=spare,
            on=DAY,
            answers=answers,
            by_driver_id=None,
            by_user_id=day.by,
            now=NOW,
        )
        line = next(c for c in car_lines(session, on=DAY) if c.id == spare)
        assert line.unfit == ("check_failed",)
        assert car_sheet(session, vehicle_id=spare, on=DAY).answers == answers
    with database.write() as session:
        session.execute(
            text("UPDATE run SET status = 'cancelled' WHERE vehicle_id = :v"), {"v": spare}
        )
    with pytest.raises(NotFit):
        crew_run(
            database,
            day.travel,
            run_id=day.runs[0],
            version=version_of(database, day.runs[0]),
            crew=CrewOf(spare, day.drivers[0]),
            by=day.by,
            now=NOW,
        )
    with database.write() as session:
        row = get_vehicle(session, spare)
        draft = CarDraft(
            plate="豫A9",
            area_id=row.area_id,
            depot_address_id=row.depot_address_id,
            seats=6,
            insured_until=DAY - timedelta(days=1),
            lender="老年大学",
        )
        edit_vehicle(session, vehicle_id=spare, version=row.version, draft=draft, is_active=True)
        with pytest.raises(StaleVersion):
            edit_vehicle(session, vehicle_id=spare, version=0, draft=draft, is_active=True)
        sheet = car_sheet(session, vehicle_id=spare, on=DAY)
        assert (sheet.line.plate, sheet.line.lender, sheet.line.papers[0].is_over) == (
            "豫A9",
            "老年大学",
            True,
        )


def test_a_shift_called_off_leaves_its_run_without_a_fit_driver(database: Database) -> None:
    day = build_day(database, elders=1, cars=0)
    with database.write() as session:
        area = day.village.street_id
        from outreach.places.addresses import add_address
        from outreach.transport.fleet import add_driver, add_vehicle
        from tests.builders.clinics import SITE_POINT

        depot = add_address(session, text="车场2", area_id=area, now=NOW, pin=SITE_POINT)
        vehicle = add_vehicle(session, draft=CarDraft("豫B1", area, depot.id, 4))
        driver = add_driver(session, draft=HelperDraft("司机甲", area))
        times = Times(time(7, 30), time(13, 30))
        shift = add_shift(session, on=DAY, times=times, driver_id=driver.id, vehicle_id=vehicle.id)
        open_runs_from_shifts(session, on=DAY, by=None, now=NOW)
        cancel_shift(session, shift_id=shift.id, reason="病假", now=NOW)
    board = day_board(database, day.travel, on=DAY, now=NOW)
    assert [b.facts.get("why") for b in board.runs[0].broken] == ["shift_called_off"]


def test_a_usual_week_is_replaced_and_ended(database: Database) -> None:
    day = build_day(database, elders=0, escort=True)
    driver = day.drivers[0]
    with database.write() as session:
        early, late = (
            Times(time(7, 30), time(13, 0)),
            Times(time(9, 0), time(15, 0), time(12, 0), time(12, 30)),
        )
        set_shift_template(
            session, weekday=DAY.weekday(), times=early, from_on=DAY, driver_id=driver
        )
        lay_out_shifts(session, from_on=DAY, until_on=DAY + timedelta(days=20))
        kept = set_shift_template(
            session, weekday=DAY.weekday(), times=late, from_on=DAY, driver_id=driver
        )
        lay_out_shifts(session, from_on=DAY, until_on=DAY + timedelta(days=20))
        sheet = driver_sheet(session, driver_id=driver, on=DAY)
        assert [(w.starts, w.break_from) for w in sheet.weeks] == [(time(9, 0), time(12, 0))]
        assert [s.starts_at for s in sheet.shifts] == [
            at(9),
            at(9, on=DAY + timedelta(days=7)),
            at(9, on=DAY + timedelta(days=14)),
        ]
        end_shift_template(session, template_id=kept.id, until_on=DAY)
        left = shifts_of(session, from_on=DAY, until_on=DAY + timedelta(days=20), driver_id=driver)
        assert [s.on for s in left] == [DAY]


def test_people_are_changed_and_an_escort_knows_an_elder(database: Database) -> None:
    day = build_day(database, elders=1, escort=True)
    with database.write() as session:
        driver, escort = get_driver(session, day.drivers[0]), get_escort(session, day.escorts[0])
        draft = HelperDraft("王师傅", driver.area_id, licence_until=DAY, max_minutes_a_day=360)
        edit_driver(
            session, driver_id=driver.id, version=driver.version, draft=draft, is_active=False
        )
        assert driver_sheet(session, driver_id=driver.id, on=DAY).unfit == ("driver_inactive",)
        draft = HelperDraft("李引导", escort.area_id, dialect="豫东", sex=Sex.FEMALE)
        edit_escort(
            session, escort_id=escort.id, version=escort.version, draft=draft, is_active=True
        )
        name = session.scalar(text("SELECT name FROM resident"))
        found = named_alike(session, name=str(name), area_ids=None)
        assert [i for i, _n, _a in found] == list(day.residents)
        assert named_alike(session, name=str(name), area_ids=[]) == []
        knows(session, escort_id=escort.id, resident_id=day.residents[0])
        sheet = escort_sheet(session, escort_id=escort.id, on=DAY)
        assert (sheet.dialect, sheet.sex, sheet.knows) == (
            "豫东",
            Sex.FEMALE,
            ((day.residents[0], name),),
        )
        forget_knows(session, escort_id=escort.id, resident_id=day.residents[0])
        assert escort_sheet(session, escort_id=escort.id, on=DAY).knows == ()
