"""Planning people, not just rides: slots with rides, couples, escorts who are known, places on the phone."""

from __future__ import annotations

from sqlalchemy import select

from outreach.accounts.rules import EVERYWHERE
from outreach.clinics.models import Appointment
from outreach.db import Database
from outreach.ledger.codes import EntryStatus
from outreach.ledger.entry_models import LedgerEntry
from outreach.ledger.models import Resident
from outreach.transport.fleet import HelperDraft, add_escort, knows
from outreach.transport.models import Shift
from outreach.transport.run_models import RunStop
from outreach.workflows.accept_plan import accept_plan
from outreach.workflows.book_place import book_place
from outreach.workflows.closing_calls import call_list, close_and_call, preview, reached
from outreach.workflows.day_board import day_board
from outreach.workflows.explain_left import explain_left
from outreach.workflows.recommend_place import recommend_places
from tests.builders.clinics import BY_CAR, DAY, at, booking
from tests.builders.ledger import NOW
from tests.builders.planning import book_all, make
from tests.builders.transport import Day, assign, book_car, build_day, car


def agree(database: Database, day: Day) -> None:
    """Let everybody of the day have agreed and wait for a slot."""
    with database.write() as session:
        rows = session.scalars(
            select(LedgerEntry).where(LedgerEntry.resident_id.in_(day.residents))
        )
        for row in rows:
            row.status = EntryStatus.AGREED


def stops(database: Database) -> list[tuple[int, int, str]]:
    with database.read() as session:
        rows = session.scalars(select(RunStop).order_by(RunStop.run_id, RunStop.position))
        return [(s.run_id, s.leg_id, s.kind.value) for s in rows]


def appointments(database: Database) -> int:
    with database.read() as session:
        return len(session.scalars(select(Appointment.id)).all())


def test_people_who_agreed_get_slot_ride_there_and_ride_home_in_one_go(database: Database) -> None:
    day = build_day(database, elders=5, cars=2)
    agree(database, day)
    plan_id, proposal = make(database, day, with_requests=True)
    assert len(proposal.bookings) == 5
    assert (proposal.before.people, proposal.after.people) == (0, 5)
    assert appointments(database) == 0  # a proposal is no booking
    done = accept_plan(database, day.travel, plan_id=plan_id, by=day.by, now=NOW)
    assert len(done.booked) == 5
    assert appointments(database) == 5
    board = day_board(database, day.travel, on=DAY, now=NOW)
    assert board.without_car == ()
    assert all(run.broken == () for run in board.runs)


def test_slots_are_never_proposed_beyond_what_a_session_holds(database: Database) -> None:
    from outreach.clinics.models import SiteSession

    day = build_day(database, elders=5, cars=3, capacity=1)
    agree(database, day)
    with database.write() as session:
        row = session.get_one(SiteSession, day.session_id)
        row.opens, row.closes = at(9, 0).time(), at(10, 0).time()  # three slots of one place each
    _plan_id, proposal = make(database, day, with_requests=True)
    assert len(proposal.bookings) == 3
    assert len({b.slot_at for b in proposal.bookings}) == 3
    assert {left.reason for left in proposal.left} == {"resource_full"}


def test_moment_4a_a_couple_rides_in_one_car_both_ways(database: Database) -> None:
    day = build_day(database, elders=6, cars=3, capacity=6)
    with database.write() as session:
        first = session.get_one(Resident, day.residents[0])
        session.get_one(Resident, day.residents[1]).address_id = first.address_id
    his, *_ = book_car(database, day, 0, at(9, 30))
    hers, *_ = book_car(database, day, 1, at(9, 50), linked_appointment_id=his)
    for who in range(2, 6):
        book_car(database, day, who, at(9, 30))
    plan_id, proposal = make(database, day)
    assert proposal.after.without_car == 0
    accept_plan(database, day.travel, plan_id=plan_id, by=day.by, now=NOW)
    with database.read() as session:
        legs = {a: [leg.id for leg in _legs(session, a)] for a in (his, hers)}
    run_of = {leg: run for run, leg, _kind in stops(database)}
    assert [run_of[i] for i in legs[his]] == [run_of[i] for i in legs[hers]]


def _legs(session, appointment_id: int):
    from outreach.transport.legs import legs_of

    return legs_of(session, appointment_id=appointment_id)


def test_moment_4b_the_escort_who_is_known_comes_along_and_takes_a_seat(database: Database) -> None:
    day = build_day(database, elders=3, cars=1)
    with database.write() as session:
        street = day.village.street_id
        stranger = add_escort(session, draft=HelperDraft("王引导", street)).id
        known = add_escort(session, draft=HelperDraft("李引导", street)).id
        knows(session, escort_id=known, resident_id=day.residents[0])
        for escort_id in (stranger, known):
            session.add(Shift(on=DAY, escort_id=escort_id, starts_at=at(7, 0), ends_at=at(19, 0)))
    for who in range(3):
        book_car(database, day, who, at(9, 30), wants_escort=True)
    plan_id, proposal = make(database, day)
    assert [c.escort_id for c in proposal.crews] == [known]
    assert proposal.after.without_car == 0
    accept_plan(database, day.travel, plan_id=plan_id, by=day.by, now=NOW)
    board = day_board(database, day.travel, on=DAY, now=NOW)
    assert board.runs[0].escort_id == known
    assert board.runs[0].broken == ()


def test_the_best_places_are_named_while_somebody_is_on_the_phone(database: Database) -> None:
    day = build_day(database, elders=4, cars=2)
    for who in range(3):
        _a, out, back = book_car(database, day, who, at(9, 30))
        assign(database, day, out)
        assign(database, day, back)
    found = recommend_places(
        database,
        day.travel,
        resident_id=day.residents[3],
        on=DAY,
        paths=("/",),
        now=NOW,
    )
    assert found.has_cars
    assert found.places
    assert [p.added_minutes for p in found.places] == sorted(p.added_minutes for p in found.places)
    best = found.places[0]
    assert best.there.pickup_at < best.slot_at < best.home.pickup_at
    made = book_place(
        database,
        day.travel,
        booking=booking(day.village, day.residents[3], best.site_session_id, best.slot_at, BY_CAR),
        run_ids=(best.there.run_id, best.home.run_id),
        by=day.by,
        now=NOW,
    )
    assert made.cars_missed == 0
    board = day_board(database, day.travel, on=DAY, now=NOW)
    assert board.without_car == ()
    assert all(run.broken == () for run in board.runs)


def test_n10_only_changes_that_a_new_plan_confirms_are_offered(database: Database) -> None:
    day = build_day(database, elders=5, cars=[car("豫A00001", seats=2)], capacity=6)
    booked = book_all(database, day, a_slot=6)
    plan_id, proposal = make(database, day)
    assert proposal.left
    accept_plan(database, day.travel, plan_id=plan_id, by=day.by, now=NOW)
    left = proposal.left[0]
    said = explain_left(
        database, day.travel, appointment_id=left.appointment_id, paths=("/",), now=NOW, seconds=6.0
    )
    assert said["reason"] == "fleet_busy"
    kinds = {each["kind"] for each in said["helps"]}
    assert kinds & {"other_slot", "another_vehicle"}
    assert all(each["kind"] != "replan" for each in said["helps"])
    del booked


def test_moment_5b_a_closed_session_leaves_a_list_of_calls_until_each_was_reached(
    database: Database,
) -> None:
    day = build_day(database, elders=3, cars=1)
    booked = [book_car(database, day, who, at(9 + who, 30))[0] for who in range(3)]
    lines_of = preview_of(database, day)
    assert [line.appointment_id for line in lines_of] == booked[1:]
    assert {line.how for line in lines_of} == {"call"}  # nobody here has a number
    with database.write() as session:
        close_and_call(
            session,
            site_session_id=day.session_id,
            from_at=at(10, 30),
            reason="大雪",
            scope=EVERYWHERE,
            by=day.by,
            now=NOW,
        )
    with database.read() as session:
        calls = call_list(session, on=DAY, scope=EVERYWHERE)
    assert [line.appointment_id for line in calls] == booked[1:]
    assert all(line.reached_at is None for line in calls)
    with database.write() as session:
        reached(session, appointment_id=booked[1], on=DAY, scope=EVERYWHERE, by=day.by, now=NOW)
    with database.read() as session:
        calls = call_list(session, on=DAY, scope=EVERYWHERE)
    assert [line.appointment_id for line in calls if line.reached_at is None] == [booked[2]]


def preview_of(database: Database, day: Day):
    with database.read() as session:
        return preview(
            session, site_session_id=day.session_id, from_at=at(10, 30), scope=EVERYWHERE
        )
