"""Assigning by hand: refused with a reason, never lost, never overfull, on both databases."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import date, timedelta

import pytest
from sqlalchemy import text

from outreach.clinics.codes import Mode
from outreach.clinics.rules import Ways
from outreach.db import Database
from outreach.kernel.errors import InvalidInput, StaleVersion
from outreach.kernel.geo import Point
from outreach.ledger.models import Resident
from outreach.ledger.stays import StayDraft, add_stay
from outreach.places.addresses import add_address
from outreach.transport.assign import (
    AssignmentRefused,
    ReturnNeeded,
    StopLocked,
    lock_stop,
    lock_whole_run,
)
from outreach.transport.codes import LegStatus
from outreach.transport.fleet import add_leave, back_in_service, check_vehicle, take_out_of_service
from outreach.transport.rules import NoCarForBedBound
from outreach.transport.runs import CrewOf, Engaged, NotFit, drop_run, open_run
from outreach.transport.sheets import read_sheets
from outreach.workflows.assign_leg import (
    assign_leg,
    move_leg,
    move_stop,
    reorder,
    retime,
    unassign_leg,
)
from outreach.workflows.book import book_trip
from outreach.workflows.cancel_appointment import cancel_appointment
from outreach.workflows.change_appointment import (
    Change,
    change_trip,
    confirm_appointment,
    follow_the_person,
)
from outreach.workflows.crew_run import crew_run
from outreach.workflows.day_board import day_board, run_on_board, try_insertions, try_order
from tests.builders.clinics import DAY, at, booking
from tests.builders.ledger import NOW
from tests.builders.transport import (
    WHOLE_DAY,
    assign,
    book_car,
    build_day,
    car,
    leg_of,
    version_of,
)


def stops_of(database: Database, run_id: int) -> list[tuple[int, str]]:
    with database.read() as session:
        sheet = read_sheets(session, run_ids=[run_id])
        return [(s.leg_id, s.kind.value) for s in sheet.run(run_id).stops]


def refused(error: pytest.ExceptionInfo[AssignmentRefused]) -> list[str]:
    return [v.breach.value for v in error.value.violations]


def test_only_our_car_makes_a_leg(database: Database) -> None:
    day = build_day(database, elders=3)
    ways = [
        (Ways(Mode.WALKS, Mode.WALKS), 0),
        (Ways(Mode.FAMILY, Mode.OUR_CAR), 1),
        (Ways(Mode.OUR_CAR, Mode.FAMILY, return_with="儿子"), 1),
    ]
    for who, (way, legs) in enumerate(ways):
        asked = booking(day.village, day.residents[who], day.session_id, at(9, 10), way)
        booked = book_trip(database, day.travel, booking=asked, by=day.by, now=NOW)
        assert len(booked.leg_ids) == legs


def test_the_car_goes_to_where_the_person_stays_now(database: Database) -> None:
    day = build_day(database, elders=1)
    daughter = Point(34.7100, 113.6600)
    with database.write() as session:
        address = add_address(
            session,
            text="南三环女儿家",
            area_id=day.village.other_community_id,
            now=NOW,
            pin=daughter,
        )
        draft = StayDraft(resident_id=day.residents[0], address_id=address.id, from_on=DAY)
        add_stay(session, draft=draft, by=day.by, now=NOW)
        address_id = address.id
    _appointment, out, back = book_car(database, day, 0, at(9, 30))
    assert leg_of(database, out).from_address_id == address_id
    assert leg_of(database, back).to_address_id == address_id


def test_a_stay_noted_after_booking_moves_the_legs_and_frees_the_run(database: Database) -> None:
    day = build_day(database, elders=1)
    _appointment, out, _back = book_car(database, day, 0, at(9, 30))
    assign(database, day, out)
    with database.write() as session:
        address = add_address(
            session, text="女儿家", area_id=None, now=NOW, pin=Point(34.7300, 113.6400)
        )
        draft = StayDraft(resident_id=day.residents[0], address_id=address.id, from_on=DAY)
        add_stay(session, draft=draft, by=day.by, now=NOW)
        address_id = address.id
    assert follow_the_person(database, day.travel, resident_id=day.residents[0], by=day.by, now=NOW)
    moved = leg_of(database, out)
    assert (moved.from_address_id, moved.status) == (address_id, LegStatus.WAITING)
    assert stops_of(database, day.runs[0]) == []


def test_bed_bound_people_never_get_a_car(database: Database) -> None:
    day = build_day(database, elders=1, mobility="M6")
    with pytest.raises(NoCarForBedBound):
        book_car(database, day, 0, at(9, 30))
    with database.read() as session:
        assert session.scalar(text("SELECT count(*) FROM appointment")) == 0


def test_over_capacity_is_refused_with_its_name(database: Database) -> None:
    day = build_day(database, elders=3, cars=[car("豫A1", seats=2)], capacity=3)
    legs = [book_car(database, day, who, at(9, 30))[1] for who in range(3)]
    assign(database, day, legs[0])
    assign(database, day, legs[1])
    run = day.runs[0]
    with pytest.raises(AssignmentRefused) as error:
        assign_leg(
            database,
            day.travel,
            leg_id=legs[2],
            run_id=run,
            run_version=version_of(database, run),
            positions=(0, 5),
            by=day.by,
            now=NOW,
        )
    assert "too_many_seats" in refused(error)
    assert error.value.code.startswith("refused_")
    assert leg_of(database, legs[2]).status is LegStatus.WAITING


def test_a_wheelchair_displaces_seats_and_needs_a_ramp(database: Database) -> None:
    cars = [car("豫A1", seats=2, chairs=1, lost=2, ramp=True), car("豫A2", seats=4, chairs=1)]
    day = build_day(database, elders=2, cars=cars, capacity=2)
    with database.write() as session:
        session.get_one(Resident, day.residents[1]).mobility = "M4"
    walking, rolling = (book_car(database, day, who, at(9, 30))[1] for who in (0, 1))
    with pytest.raises(AssignmentRefused) as error:
        assign(database, day, rolling, run=1)
    assert refused(error) == ["no_ramp"]
    assign(database, day, rolling)
    run = day.runs[0]
    with pytest.raises(AssignmentRefused) as error:
        assign_leg(
            database,
            day.travel,
            leg_id=walking,
            run_id=run,
            run_version=version_of(database, run),
            positions=(0, 3),
            by=day.by,
            now=NOW,
        )
    assert "too_many_seats" in refused(error)


def test_too_late_and_unfit_are_refused_with_their_names(database: Database) -> None:
    day = build_day(database, elders=2)
    first = book_car(database, day, 0, at(10, 30))[1]
    second = book_car(database, day, 1, at(9, 30))[1]
    assign(database, day, first)
    run = day.runs[0]
    with pytest.raises(AssignmentRefused) as error:
        assign_leg(
            database,
            day.travel,
            leg_id=second,
            run_id=run,
            run_version=version_of(database, run),
            positions=(2, 3),
            by=day.by,
            now=NOW,
        )
    assert refused(error)[0] in {"late_pickup", "late_dropoff"}
    with database.write() as session:
        take_out_of_service(
            session, vehicle_id=day.vehicles[0], from_on=DAY, until_on=None, reason="刹车"
        )
    board = day_board(database, day.travel, on=DAY, now=NOW)
    assert [b.code for b in board.runs[0].broken] == ["car_unfit"]
    assert board.cars[0].unfit == ("out_of_service",)


def test_an_unfit_or_engaged_car_or_person_gets_no_run(database: Database) -> None:
    day = build_day(database, elders=1, cars=[car("豫A1"), car("豫A2")])
    with database.write() as session:
        add_leave(session, driver_id=day.drivers[1], from_on=DAY, until_on=DAY)
        check_vehicle(
            session,
            vehicle_id=day.vehicles[1],
            on=DAY,
            answers={"brakes": False},
            by_driver_id=None,
            by_user_id=day.by,
            now=NOW,
        )
    tomorrow = DAY + timedelta(days=1)

    def open_one(crew: CrewOf, on: date) -> None:
        with database.write() as session:
            open_run(session, on=on, crew=crew, times=WHOLE_DAY, by=day.by, now=NOW)

    with pytest.raises(NotFit) as error:
        open_one(CrewOf(day.vehicles[1], day.drivers[1]), DAY)
    assert error.value.facts["why"] == ["check_failed", "driver_on_leave"]
    with pytest.raises(Engaged):
        open_one(CrewOf(day.vehicles[0]), DAY)
    open_one(CrewOf(day.vehicles[0], day.drivers[0]), tomorrow)
    with pytest.raises(Engaged):
        open_one(CrewOf(day.vehicles[1], day.drivers[0]), tomorrow)


def test_a_smaller_car_is_refused_for_a_run_that_needs_the_bigger(database: Database) -> None:
    cars = [car("豫A1", seats=4), car("豫A2", seats=1)]
    day = build_day(database, elders=2, cars=cars, capacity=2)
    for who in (0, 1):
        assign(database, day, book_car(database, day, who, at(9, 30))[1])
    run, spare = day.runs
    with database.write() as session:
        drop_run(session, run_id=spare, version=version_of(database, spare), by=day.by, now=NOW)
    shared = [s for s in stops_of(database, run) if s[1] == "pickup"]
    assert len(shared) == 2
    version = version_of(database, run)
    with pytest.raises(AssignmentRefused):
        crew_run(
            database,
            day.travel,
            run_id=run,
            version=version,
            crew=CrewOf(day.vehicles[1], day.drivers[0]),
            by=day.by,
            now=NOW,
        )
    assert version_of(database, run) == version
    with database.write() as session:
        back_in_service(session, vehicle_id=day.vehicles[1])
    changed = crew_run(
        database,
        day.travel,
        run_id=run,
        version=version,
        crew=CrewOf(day.vehicles[0], day.drivers[1]),
        by=day.by,
        now=NOW,
    )
    assert changed > version


def test_fault_57_the_second_of_two_dispatchers_is_told_and_nothing_is_lost(
    database: Database,
) -> None:
    day = build_day(database, elders=2, capacity=2)
    legs = [book_car(database, day, who, at(9, 30))[1] for who in (0, 1)]
    run = day.runs[0]
    seen_by_both = version_of(database, run)

    def drop(leg: int) -> None:
        assign_leg(
            database,
            day.travel,
            leg_id=leg,
            run_id=run,
            run_version=seen_by_both,
            by=day.by,
            now=NOW,
        )

    drop(legs[0])
    with pytest.raises(StaleVersion) as error:
        drop(legs[1])
    assert error.value.status == 409
    assert error.value.facts["changed_by"] == day.by
    assert [leg for leg, _kind in stops_of(database, run)] == [legs[0]] * 2


def test_fault_57_two_who_race_for_one_leg_or_one_run_leave_one_winner(
    database: Database,
) -> None:
    day = build_day(database, elders=2, cars=2, capacity=2)
    one, other = (book_car(database, day, who, at(9, 30))[1] for who in (0, 1))
    gate = threading.Barrier(4)
    outcomes: list[str] = []
    versions = {run: version_of(database, run) for run in day.runs}

    def race(leg: int, run: int) -> None:
        gate.wait()
        try:
            assign_leg(
                database,
                day.travel,
                leg_id=leg,
                run_id=run,
                run_version=versions[run],
                by=day.by,
                now=NOW,
            )
            outcomes.append("won")
        except StaleVersion:
            outcomes.append("stale")

    pairs = [(one, day.runs[0]), (one, day.runs[1]), (other, day.runs[0]), (other, day.runs[1])]
    threads = [threading.Thread(target=race, args=pair) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    placed = [leg for run in day.runs for leg, kind in stops_of(database, run) if kind == "pickup"]
    assert len(placed) == len(set(placed)) == outcomes.count("won") >= 1
    assert outcomes.count("won") + outcomes.count("stale") == 4


def test_moving_between_runs_is_one_act(database: Database) -> None:
    day = build_day(database, elders=1, cars=2)
    _a, out, _back = book_car(database, day, 0, at(9, 30))
    assign(database, day, out)
    first, second = day.runs
    versions = {run: version_of(database, run) for run in day.runs}
    move_leg(
        database,
        day.travel,
        leg_id=out,
        to_run_id=second,
        versions=versions,
        by=day.by,
        now=NOW,
    )
    assert stops_of(database, first) == []
    assert len(stops_of(database, second)) == 2
    with pytest.raises(StaleVersion):
        move_leg(
            database, day.travel, leg_id=out, to_run_id=first, versions=versions, by=1, now=NOW
        )
    same = {second: version_of(database, second)}
    move_leg(database, day.travel, leg_id=out, to_run_id=second, versions=same, by=day.by, now=NOW)
    unassign_leg(
        database,
        day.travel,
        leg_id=out,
        run_version=version_of(database, second),
        by=day.by,
        now=NOW,
    )
    assert leg_of(database, out).status is LegStatus.WAITING


def test_stops_move_by_hand_and_locked_ones_stay(database: Database) -> None:
    day = build_day(database, elders=2, capacity=2)
    legs = [book_car(database, day, who, at(9, 30))[1] for who in (0, 1)]
    run = day.runs[0]
    for leg in legs:
        assign(database, day, leg)
    with database.read() as session:
        ids = [s.stop_id for s in read_sheets(session, run_ids=[run]).run(run).stops]

    def reordered(order: Sequence[int]) -> None:
        reorder(
            database,
            day.travel,
            run_id=run,
            run_version=version_of(database, run),
            stop_ids=order,
            by=day.by,
            now=NOW,
        )

    reordered([ids[1], ids[0], *ids[2:]])
    with pytest.raises(AssignmentRefused) as error:
        reordered([ids[2], ids[1], ids[0], ids[3]])
    assert "out_of_order" in refused(error)
    would_break = try_order(
        database, day.travel, run_id=run, stop_ids=[ids[2], ids[1], ids[0], ids[3]], now=NOW
    )
    assert "out_of_order" in [b.code for b in would_break]
    with pytest.raises(StaleVersion):
        reordered(ids[:3])
    with database.write() as session:
        lock_stop(session, stop_id=ids[1], is_locked=True, by=day.by, now=NOW)
    with pytest.raises(StopLocked):
        move_stop(
            database,
            day.travel,
            stop_id=ids[1],
            run_id=run,
            run_version=version_of(database, run),
            to_position=1,
            by=day.by,
            now=NOW,
        )
    with database.write() as session:
        lock_whole_run(
            session,
            run_id=run,
            version=version_of(database, run),
            is_locked=True,
            by=day.by,
            now=NOW,
        )
    with pytest.raises(StopLocked):
        reordered(ids)
    tried = try_insertions(database, day.travel, leg_id=legs[0], now=NOW)
    assert "run_locked" in [b.code for b in tried[0].broken]


def test_every_run_says_whether_it_fits_and_what_it_would_cost(database: Database) -> None:
    cars = [car("豫A1"), car("豫A2", seats=0)]
    day = build_day(database, elders=2, cars=cars, capacity=2)
    first, second = (book_car(database, day, who, at(9, 30))[1] for who in (0, 1))
    assign(database, day, first)
    tried = try_insertions(database, day.travel, leg_id=second, now=NOW)
    assert [t.run_id for t in tried] == list(day.runs)
    fits, full = tried
    assert fits.fits
    assert fits.cost_minutes >= 0
    assert full.broken[0].code == "too_many_seats"
    assert full.broken[0].name.startswith("赵")
    edited = assign_leg(
        database,
        day.travel,
        leg_id=second,
        run_id=fits.run_id,
        run_version=fits.run_version,
        positions=fits.positions,
        by=day.by,
        now=NOW,
    )
    shown = run_on_board(database, day.travel, run_id=fits.run_id, now=NOW)
    assert shown.version == edited.versions[fits.run_id]
    assert [s.position for s in shown.stops] == [0, 1, 2, 3]
    assert max(s.seats_taken for s in shown.stops) == 2


def test_positions_that_make_no_sense_and_other_days_are_refused(database: Database) -> None:
    day = build_day(database, elders=1)
    _a, out, _back = book_car(database, day, 0, at(9, 30))
    run = day.runs[0]
    for positions in ((-1, 1), (1, 1), (0, 9)):
        with pytest.raises(InvalidInput):
            assign_leg(
                database,
                day.travel,
                leg_id=out,
                run_id=run,
                run_version=version_of(database, run),
                positions=positions,
                by=day.by,
                now=NOW,
            )
    with database.write() as session:
        other = open_run(
            session,
            on=DAY + timedelta(days=1),
            crew=CrewOf(day.vehicles[0], day.drivers[0]),
            times=WHOLE_DAY,
            by=day.by,
            now=NOW,
        ).id
    with pytest.raises(InvalidInput):
        assign_leg(
            database,
            day.travel,
            leg_id=out,
            run_id=other,
            run_version=version_of(database, other),
            by=day.by,
            now=NOW,
        )


def test_no_transaction_is_open_while_driving_times_are_asked(database: Database) -> None:
    day = build_day(database, elders=1)
    _a, out, _back = book_car(database, day, 0, at(9, 30))
    open_sessions: list[int] = []
    plain = day.travel.table_s

    def spy(points: Sequence[Point], *, leaving: object) -> object:
        with database.write() as session:  # would wait for the lock on SQLite if one were open
            session.execute(text("UPDATE place SET duty_phone = 'x'"))
            open_sessions.append(1)
        return plain(points, leaving=leaving)  # type: ignore[arg-type]

    day.travel.table_s = spy  # type: ignore[method-assign,assignment]
    assign(database, day, out)
    assert open_sessions


def test_cancelling_frees_slot_and_seat_and_tells_the_ledger(database: Database) -> None:
    day = build_day(database, elders=2, capacity=1)
    appointment, out, back = book_car(database, day, 0, at(9, 30))
    assign(database, day, out)
    with database.write() as session:
        gone = cancel_appointment(
            session, appointment_id=appointment, code="R06", by=day.by, now=NOW
        )
        assert gone.cancel_code == "R06"
    assert stops_of(database, day.runs[0]) == []
    assert {leg_of(database, i).status for i in (out, back)} == {LegStatus.CANCELLED}
    book_car(database, day, 1, at(9, 30))
    with database.write() as session, pytest.raises(InvalidInput):
        cancel_appointment(session, appointment_id=appointment, code="X9", by=1, now=NOW)


def test_moment_1a_changing_the_way_home_never_leaves_anybody_behind(database: Database) -> None:
    from outreach.clinics.rules import WayHomeMissing

    day = build_day(database, elders=1)
    appointment, _out, back = book_car(database, day, 0, at(9, 30))

    def change(ways: Ways, version: int) -> int:
        return change_trip(
            database,
            day.travel,
            appointment_id=appointment,
            version=version,
            change=Change(ways=ways),
            by=day.by,
            now=NOW,
        )

    with pytest.raises(WayHomeMissing):
        change(Ways(Mode.OUR_CAR, Mode.WALKS), 1)
    assert leg_of(database, back).status is LegStatus.WAITING
    version = change(Ways(Mode.OUR_CAR, Mode.FAMILY, return_with="女儿"), 1)
    assert leg_of(database, back).status is LegStatus.CANCELLED
    with pytest.raises(StaleVersion):
        change(Ways(Mode.OUR_CAR, Mode.OUR_CAR), 1)
    change(Ways(Mode.OUR_CAR, Mode.OUR_CAR), version)
    assert leg_of(database, back).status is LegStatus.WAITING


def test_another_slot_moves_both_windows(database: Database) -> None:
    day = build_day(database, elders=1)
    appointment, out, back = book_car(database, day, 0, at(9, 30))
    assign(database, day, out)
    change_trip(
        database,
        day.travel,
        appointment_id=appointment,
        version=1,
        change=Change(site_session_id=day.session_id, slot_at=at(14, 30), companions=1),
        by=day.by,
        now=NOW,
    )
    assert leg_of(database, out).dropoff_until_at == at(14, 30)
    assert leg_of(database, out).status is LegStatus.WAITING
    assert leg_of(database, back).pickup_from_at == at(15, 20)
    assert leg_of(database, back).seats == 2
    with database.write() as session:
        confirm_appointment(session, appointment_id=appointment, how="staff", by=1, now=NOW)


def test_the_way_home_of_someone_under_way_only_changes_cars(database: Database) -> None:
    from outreach.clinics.codes import DayEventKind, EventSource
    from outreach.clinics.events import Author
    from outreach.workflows.note_event import note_event
    from tests.builders.transport import tap

    day = build_day(database, elders=1, cars=2)
    appointment, out, back = book_car(database, day, 0, at(9, 30))
    assign(database, day, out)
    assign(database, day, back)
    dispatch = Author(EventSource.DISPATCH, user_id=day.by)
    with database.write() as session:
        picked = tap(DayEventKind.PICKED_UP, at(9, 10), leg=out)
        note_event(session, tap=picked, author=dispatch, now=at(9, 10))
    run = day.runs[0]
    with pytest.raises(ReturnNeeded):
        unassign_leg(
            database,
            day.travel,
            leg_id=back,
            run_version=version_of(database, run),
            by=day.by,
            now=at(9, 12),
        )
    with database.write() as session, pytest.raises(ReturnNeeded):
        cancel_appointment(session, appointment_id=appointment, by=day.by, now=at(9, 12))
    move_leg(
        database,
        day.travel,
        leg_id=back,
        to_run_id=day.runs[1],
        versions={r: version_of(database, r) for r in day.runs},
        by=day.by,
        now=at(9, 12),
    )
    assert leg_of(database, back).status is LegStatus.ASSIGNED
    retime(database, day.travel, run_id=run, by=day.by, now=at(9, 15))
