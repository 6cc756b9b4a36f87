"""Events of the day: late, twice, out of order, taken back; debts that only a handover closes."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from outreach.clinics.codes import AppointmentStatus, DayEventKind, EventSource, Mode
from outreach.clinics.events import Author, Tap
from outreach.clinics.models import Appointment, DayEvent, Observation
from outreach.clinics.rules import ObservationRunning, Ways
from outreach.db import Database
from outreach.kernel.errors import InvalidInput, NotAllowed, NotFound
from outreach.ledger.codes import EvidenceGrade
from outreach.ledger.doses import DoseDraft
from outreach.ledger.entry_models import Dose
from outreach.ledger.models import Resident
from outreach.transport.alarms import open_alarms, take_alarm
from outreach.transport.codes import HandoverKind, LegStatus
from outreach.transport.handovers import calls_due, mark_called, standing_handover
from outreach.transport.queries import desk_rides, open_debts
from outreach.transport.rules import NoShowUnproven
from outreach.transport.run_models import Handover, RunStop
from outreach.workflows.book import book_trip
from outreach.workflows.close_day import DayHasOpenDebts, close_day, day_proof
from outreach.workflows.day_board import day_board
from outreach.workflows.no_show import confirm_no_show, door_evidence
from outreach.workflows.note_event import Noted, note_event, note_events
from outreach.workflows.record_dose import record_dose
from outreach.workflows.watch_day import return_pool, watch_day
from tests.builders.clinics import DAY, at, booking
from tests.builders.ledger import NOW
from tests.builders.transport import Day, assign, book_car, build_day, leg_of, tap

K = DayEventKind


class Trip:
    """One elder booked there and back on the first run."""

    def __init__(self, database: Database, day: Day, who: int = 0, hour: int = 9) -> None:
        self.database, self.day = database, day
        self.appointment, self.out, self.back = book_car(database, day, who, at(hour, 30))
        assign(database, day, self.out)
        assign(database, day, self.back)
        self.driver = Author(EventSource.FIELD, driver_id=day.drivers[0])
        self.desk = Author(EventSource.DESK, user_id=day.by)
        self.dispatch = Author(EventSource.DISPATCH, user_id=day.by)

    def note(self, event: Tap, author: Author | None = None) -> Noted:
        with self.database.write() as session:
            return note_event(
                session, tap=event, author=author or self.dispatch, now=event.happened_at
            )

    def fetch(self) -> None:
        self.note(tap(K.PICKED_UP, at(9, 15), leg=self.out))
        self.note(tap(K.AT_SITE, at(9, 22), leg=self.out))

    def at_desk(self, kind: K, hour: int, minute: int, /, **facts: Any) -> Noted:
        return self.note(
            tap(kind, at(hour, minute), appointment=self.appointment, **facts), self.desk
        )


def leg_states(database: Database, trip: Trip) -> tuple[LegStatus, LegStatus]:
    return leg_of(database, trip.out).status, leg_of(database, trip.back).status


@pytest.fixture
def trip(database: Database) -> Trip:
    """One elder, one car, both legs assigned."""
    return Trip(database, build_day(database, elders=2, cars=2, escort=True))


def test_fault_58_twice_late_and_out_of_order_is_once_and_in_order(trip: Trip) -> None:
    taps = [
        tap(K.ARRIVED_AT_DOOR, at(9, 10), leg=trip.out),
        tap(K.PICKED_UP, at(9, 15), leg=trip.out, uuid="pick-up-0001"),
        tap(K.AT_SITE, at(9, 22), leg=trip.out),
    ]
    shuffled = [*taps, *taps]
    random.Random(7).shuffle(shuffled)
    synced = at(9, 42)
    for event in shuffled:
        with trip.database.write() as session:
            noted = note_events(session, taps=[event], author=trip.driver, now=synced)
            assert noted[0].error == ""
    assert leg_of(trip.database, trip.out).status is LegStatus.DROPPED_OFF
    with trip.database.read() as session:
        events = session.scalars(select(DayEvent).order_by(DayEvent.happened_at)).all()
        assert [e.kind for e in events] == [K.ARRIVED_AT_DOOR, K.PICKED_UP, K.AT_SITE]
        assert events[1].happened_at == at(9, 15)  # the device's time
        assert events[1].received_at == synced  # and the server's
        stops = session.scalars(
            select(RunStop).where(RunStop.leg_id == trip.out).order_by(RunStop.position)
        ).all()
        assert [s.done_at for s in stops] == [at(9, 15), at(9, 22)]
        assert stops[0].reached_at == at(9, 10)


def test_fault_58_one_bad_tap_of_a_batch_loses_no_other(trip: Trip) -> None:
    batch = [
        tap(K.HANDED_OVER, at(11, 0), leg=trip.back),  # names nobody
        tap(K.PICKED_UP, at(9, 15), leg=trip.out),
        tap(K.AT_SITE, at(9, 22), leg=999_999),
    ]
    with trip.database.write() as session:
        noted = note_events(session, taps=batch, author=trip.driver, now=at(11, 5))
    assert [n.error for n in noted] == ["", "ride_leg", "receiver_missing"]
    assert leg_of(trip.database, trip.out).status is LegStatus.ON_BOARD


def test_a_phone_whose_clock_runs_ahead_holds_nobody_back(trip: Trip) -> None:
    event = tap(K.PICKED_UP, at(9, 15) + timedelta(hours=2), leg=trip.out)
    with trip.database.write() as session:
        note_event(session, tap=event, author=trip.driver, now=at(9, 15))
        row = session.scalars(select(DayEvent)).one()
        assert row.happened_at == at(9, 15)
        assert "device_said" in row.facts


def test_a_driver_speaks_of_the_own_run_alone_and_never_of_the_needle(trip: Trip) -> None:
    stranger = Author(EventSource.FIELD, driver_id=trip.day.drivers[1])
    for event in (
        tap(K.PICKED_UP, at(9, 15), leg=trip.out),
        Tap("depart-other-run", K.DEPARTED, at(9, 0), run_id=trip.day.runs[0]),
    ):
        with trip.database.write() as session, pytest.raises(NotFound):
            note_event(session, tap=event, author=stranger, now=at(9, 15))
    jab = tap(K.JABBED, at(9, 40), appointment=trip.appointment)
    with trip.database.write() as session, pytest.raises(NotFound):
        note_event(session, tap=jab, author=trip.driver, now=at(9, 40))


def test_an_escort_witnesses_the_jab_and_the_desk_proves_it_better(trip: Trip) -> None:
    trip.fetch()
    escort = Author(EventSource.FIELD, escort_id=trip.day.escorts[0])
    with trip.database.write() as session:  # escorts ride on the run
        from outreach.transport.run_models import Run

        assert session.get_one(Run, trip.day.runs[0]).escort_id == trip.day.escorts[0]
    noted = trip.note(tap(K.JABBED, at(9, 40), appointment=trip.appointment), escort)
    assert noted.ready_at == at(10, 10)
    with trip.database.read() as session:
        dose = session.scalars(select(Dose)).one()
        assert dose.grade is EvidenceGrade.ESCORT_WITNESSED
        assert dose.appointment_id == trip.appointment
    trip.at_desk(K.JABBED, 9, 41)
    with trip.database.read() as session:
        assert session.scalars(select(Dose)).one() is not None  # two tablets, one dose


def test_moment_1d_no_dose_means_the_way_home_is_ready_at_once(trip: Trip) -> None:
    trip.fetch()
    assert leg_of(trip.database, trip.back).pickup_from_at == at(10, 20)
    noted = trip.at_desk(K.NO_DOSE, 9, 35, result="V02")
    assert noted.appointment_status is AppointmentStatus.NO_DOSE
    home = leg_of(trip.database, trip.back)
    assert home.ready_at == home.pickup_from_at == at(9, 35)
    with trip.database.read() as session:
        assert [w.leg_id for w in return_pool(session, on=DAY, now=at(9, 36))] == [trip.back]
        assert session.scalars(select(Dose)).all() == []


def test_the_way_home_follows_the_real_observation_and_its_extension(trip: Trip) -> None:
    trip.fetch()
    trip.at_desk(K.JABBED, 9, 50)
    assert leg_of(trip.database, trip.back).ready_at == at(10, 20)
    with pytest.raises(ObservationRunning) as error:
        trip.at_desk(K.READY, 10, 0)
    assert error.value.facts["minutes_left"] == 20
    for wrong in ({"minutes": 15}, {"minutes": 0, "reason": "x"}, {"reason": "x"}):
        with pytest.raises(InvalidInput):
            trip.at_desk(K.OBSERVATION_EXTENDED, 10, 5, **wrong)
    trip.at_desk(K.OBSERVATION_EXTENDED, 10, 6, minutes=15, reason="头晕")
    assert leg_of(trip.database, trip.back).pickup_from_at == at(10, 35)
    with trip.database.read() as session:
        observed = session.scalars(select(Observation)).one()
        assert (observed.ready_at, observed.extension_reason) == (at(10, 35), "头晕")


def test_a_dose_recorded_away_from_the_desk_moves_the_way_home_too(trip: Trip) -> None:
    trip.fetch()
    with trip.database.write() as session:
        record_dose(
            session,
            draft=DoseDraft(
                resident_id=trip.day.residents[0],
                vaccine_id=trip.day.village.vaccine_id,
                given_on=DAY,
                given_at=at(9, 45),
                grade=EvidenceGrade.CERTIFICATE_SEEN,
                reference="form-1",
                appointment_id=trip.appointment,
            ),
            by=trip.day.by,
            now=at(9, 50),
        )
    assert leg_of(trip.database, trip.back).ready_at == at(10, 15)


def test_fault_56_a_visit_that_overruns_keeps_its_way_home(trip: Trip) -> None:
    trip.fetch()
    trip.at_desk(K.JABBED, 11, 30)  # two hours late
    out, home = leg_states(trip.database, trip)
    assert (out, home) == (LegStatus.DROPPED_OFF, LegStatus.ASSIGNED)
    board = day_board(trip.database, trip.day.travel, on=DAY, now=at(11, 31))
    stop = next(s for r in board.runs for s in r.stops if s.leg.leg_id == trip.back)
    assert stop.arrives_at >= at(12, 0)  # the car waits for the observation, never the other way
    assert board.open_debts == 1


def test_moment_5a_a_debt_ends_by_a_named_handover_alone(trip: Trip) -> None:
    trip.fetch()
    with trip.database.read() as session:
        assert [d.appointment_id for d in open_debts(session, on=DAY)] == [trip.appointment]
    trip.at_desk(K.JABBED, 9, 40)
    trip.note(tap(K.LEFT_SITE, at(10, 20), leg=trip.back))
    with pytest.raises(InvalidInput):
        trip.note(tap(K.HANDED_OVER, at(10, 40), leg=trip.back, received_by=" "))
    with trip.database.read() as session:
        assert len(open_debts(session, on=DAY)) == 1
    trip.note(tap(K.HANDED_OVER, at(10, 40), leg=trip.back, received_by="女儿"))
    with trip.database.read() as session:
        assert open_debts(session, on=DAY) == []
        assert session.scalars(select(Handover)).one().received_by == "女儿"


def test_whoever_the_desk_saw_is_owed_a_way_home_though_the_driver_tapped_nothing(
    trip: Trip,
) -> None:
    """N2: a driver without a phone, or who forgot: seen at the desk is enough to keep the day open."""
    trip.at_desk(K.REGISTERED, 9, 10)
    assert leg_states(trip.database, trip) == (LegStatus.ASSIGNED, LegStatus.ASSIGNED)
    with trip.database.write() as session:
        [debt] = open_debts(session, on=DAY)
        assert (debt.appointment_id, debt.since_at) == (trip.appointment, at(9, 10))
        with pytest.raises(DayHasOpenDebts):
            close_day(
                session, on=DAY, area_id=trip.day.village.district_id, by=trip.day.by, now=at(18)
            )
    trip.at_desk(K.JABBED, 9, 40)
    with trip.database.read() as session:
        assert len(open_debts(session, on=DAY)) == 1
    trip.note(tap(K.HANDED_OVER, at(10, 40), leg=trip.back, received_by="女儿"))
    with trip.database.write() as session:
        proof = day_proof(session, on=DAY, area_id=trip.day.village.district_id)
        assert (proof.brought, proof.handed_over, proof.adds_up) == (1, 1, True)
        close_day(session, on=DAY, area_id=trip.day.village.district_id, by=trip.day.by, now=at(18))


def test_a_registration_taken_back_takes_its_debt_back(trip: Trip) -> None:
    trip.at_desk(K.REGISTERED, 9, 10)
    with trip.database.read() as session:
        [came] = session.scalars(select(DayEvent.uuid).where(DayEvent.kind == K.REGISTERED))
    trip.note(Tap("undo-here", K.VOIDED, at(9, 12), trip.appointment, voids_uuid=came), trip.desk)
    with trip.database.read() as session:
        assert open_debts(session, on=DAY) == []


@pytest.mark.parametrize(
    ("kind", "facts", "ends_as"),
    [
        (K.LEFT_WITH_FAMILY, {"received_by": "儿子 赵刚"}, HandoverKind.FAMILY_AT_SITE),
        (K.TO_HOSPITAL, {"received_by": "市一院 王医生"}, HandoverKind.HOSPITAL),
        (
            K.HANDED_OVER,
            {"kind": "own_wish", "witness": "前台 李"},
            HandoverKind.OWN_WISH,
        ),
    ],
)
def test_moment_5a_other_endings_free_the_car_and_close_the_debt(
    trip: Trip, kind: K, facts: dict[str, object], ends_as: HandoverKind
) -> None:
    trip.fetch()
    trip.at_desk(kind, 9, 40, **facts)
    with trip.database.read() as session:
        standing = standing_handover(session, appointment_id=trip.appointment)
        assert standing is not None
        assert standing.kind is ends_as
        assert open_debts(session, on=DAY) == []
        stops = session.scalars(select(RunStop.leg_id)).all()
    assert trip.back not in stops
    assert leg_of(trip.database, trip.back).status is LegStatus.CANCELLED


def test_a_handover_taken_back_opens_the_debt_again(trip: Trip) -> None:
    trip.fetch()
    left = tap(K.LEFT_WITH_FAMILY, at(9, 40), appointment=trip.appointment, received_by="儿子")
    trip.note(left, trip.desk)
    back = Tap("undo-handover", K.VOIDED, at(9, 42), trip.appointment, voids_uuid=left.uuid)
    trip.note(back, trip.desk)
    with trip.database.read() as session:
        assert len(open_debts(session, on=DAY)) == 1
    assert leg_of(trip.database, trip.back).status is LegStatus.WAITING
    nothing = Tap("undo-nothing", K.VOIDED, at(9, 43), trip.appointment, voids_uuid="unknown-id")
    with pytest.raises(InvalidInput):
        trip.note(nothing, trip.desk)


def test_a_jab_taken_back_by_staff_takes_the_dose_back_with_its_reason(trip: Trip) -> None:
    trip.fetch()
    jab = tap(K.JABBED, at(9, 40), appointment=trip.appointment)
    trip.note(jab, trip.desk)
    undo = Tap(
        "undo-the-jab", K.VOIDED, at(9, 41), trip.appointment,
        facts={"reason": "点错了人"}, voids_uuid=jab.uuid,
    )  # fmt: skip
    escort = Author(EventSource.FIELD, escort_id=trip.day.escorts[0])
    with pytest.raises(NotAllowed):
        trip.note(undo, escort)
    trip.note(undo, trip.desk)
    with trip.database.read() as session:
        dose = session.scalars(select(Dose)).one()
        assert dose.voided_at is not None
        assert dose.void_reason == "点错了人"
        assert session.get_one(Appointment, trip.appointment).status is AppointmentStatus.ARRIVED
        assert session.scalars(select(Observation)).all() == []


def test_moment_1a_whom_we_bring_and_family_takes_home_is_confirmed_at_the_desk(
    database: Database,
) -> None:
    day = build_day(database, elders=1)
    ways = Ways(Mode.OUR_CAR, Mode.FAMILY, return_with="女儿 赵敏")
    asked = booking(day.village, day.residents[0], day.session_id, at(9, 30), ways)
    booked = book_trip(database, day.travel, booking=asked, by=day.by, now=NOW)
    assign(database, day, booked.leg_ids[0])
    desk = Author(EventSource.DESK, user_id=day.by)
    steps = [
        tap(K.AT_SITE, at(9, 22), leg=booked.leg_ids[0]),
        tap(K.JABBED, at(9, 40), appointment=booked.appointment_id),
    ]
    for event in steps:
        with database.write() as session:
            note_event(session, tap=event, author=desk, now=event.happened_at)
    with database.read() as session:
        debt = open_debts(session, on=DAY)[0]
        assert (debt.return_with, debt.return_leg_id) == ("女儿 赵敏", None)
    fetched = tap(
        K.LEFT_WITH_FAMILY, at(10, 15), appointment=booked.appointment_id, received_by="女儿 赵敏"
    )
    with database.write() as session:
        note_event(session, tap=fetched, author=desk, now=at(10, 15))
        proof = day_proof(session, on=DAY, area_id=day.village.street_id)
        assert (proof.brought, proof.handed_over) == (1, 1)


def test_a_day_with_nobody_brought_closes_with_a_proof_of_zero(database: Database) -> None:
    day = build_day(database, elders=1)
    for _ in range(2):
        with database.write() as session:
            row = close_day(session, on=DAY, area_id=day.village.district_id, by=day.by, now=at(18))
            assert (row.brought, row.handed_over) == (0, 0)


def test_an_outing_without_a_planned_way_home_is_an_alarm_at_once(database: Database) -> None:
    day = build_day(database, elders=1)
    appointment, out, _back = book_car(database, day, 0, at(9, 30))
    assign(database, day, out)
    author = Author(EventSource.DISPATCH, user_id=day.by)
    with database.write() as session:
        picked = tap(K.PICKED_UP, at(9, 15), leg=out)
        note_event(session, tap=picked, author=author, now=at(9, 15))
        alarm = open_alarms(session, on=DAY)[0]
        assert (alarm.kind, alarm.appointment_id) == ("no_way_home", appointment)
        assert take_alarm(session, alarm_id=alarm.id, by=day.by, now=at(9, 16)).taken_by == day.by


def test_moment_5a_alarms_run_from_ready_without_a_car_and_from_the_time_home(
    database: Database,
) -> None:
    day = build_day(database, elders=2)
    lost = Trip(database, day, 0, hour=14)
    appointment, out, back = book_car(database, day, 1, at(9, 30))
    assign(database, day, out)
    author = Author(EventSource.DISPATCH, user_id=day.by)
    with database.write() as session:
        for event in (
            tap(K.AT_SITE, at(9, 20), leg=out),
            tap(K.NO_DOSE, at(9, 30), appointment=appointment, result="V04"),
        ):
            note_event(session, tap=event, author=author, now=event.happened_at)
    with database.write() as session:
        assert watch_day(session, now=at(9, 39)) == 0
        assert watch_day(session, now=at(9, 41)) == 1
        assert watch_day(session, now=at(9, 51)) == 1  # one per cause
        alarm = next(a for a in open_alarms(session, on=DAY) if a.kind == "ready_without_car")
        assert (alarm.appointment_id, alarm.level) == (appointment, 2)
    assign(database, day, back, now=at(9, 58))  # beyond the wait, and yet there is always a car
    with database.write() as session:
        assert watch_day(session, now=at(10, 0)) == 0
        left = tap(K.LEFT_SITE, at(15, 20), leg=lost.back)
        note_event(session, tap=left, author=author, now=at(15, 20))
        assert watch_day(session, now=at(15, 25)) == 0
        assert watch_day(session, now=at(16, 30)) >= 1
        assert "not_home" in {a.kind for a in open_alarms(session, on=DAY)}
        home = tap(K.HANDED_OVER, at(16, 31), leg=lost.back, received_by="儿子")
        note_event(session, tap=home, author=author, now=at(16, 31))
        assert "not_home" not in {a.kind for a in open_alarms(session, on=DAY)}


def test_who_lives_alone_is_rung_up_two_hours_later(trip: Trip) -> None:
    trip.fetch()
    trip.note(tap(K.LEFT_SITE, at(10, 20), leg=trip.back))
    done = tap(K.HANDED_OVER, at(10, 40), leg=trip.back, kind="seen_inside", received_by="本人")
    trip.note(done)
    with trip.database.write() as session:
        assert calls_due(session, now=at(12, 39)) == []
        due = calls_due(session, now=at(12, 40))
        assert len(due) == 1
        mark_called(session, handover_id=due[0].id, now=at(12, 45))
        assert calls_due(session, now=at(12, 50)) == []


def test_fault_63_a_no_show_needs_proof_and_a_dispatchers_word(trip: Trip) -> None:
    trip.note(tap(K.ARRIVED_AT_DOOR, at(9, 10), leg=trip.out))
    trip.note(tap(K.NOT_THERE, at(9, 14), leg=trip.out))
    assert leg_states(trip.database, trip) == (LegStatus.ASSIGNED, LegStatus.ASSIGNED)
    with trip.database.write() as session, pytest.raises(NoShowUnproven) as error:
        confirm_no_show(session, leg_id=trip.out, by=trip.day.by, now=at(9, 15))
    assert error.value.facts["missing"] == ["wait", "calls", "knock"]
    for kind, minute in ((K.CALLED, 15), (K.CALLED, 18), (K.KNOCKED, 19), (K.NOT_THERE, 21)):
        trip.note(tap(kind, at(9, minute), leg=trip.out))
    with trip.database.write() as session:
        assert door_evidence(session, leg_id=trip.out, now=at(9, 22)).missing == ()
        gone = confirm_no_show(session, leg_id=trip.out, by=trip.day.by, now=at(9, 22))
        assert gone.status is AppointmentStatus.NO_SHOW
        assert open_alarms(session, on=DAY) == []
    assert leg_states(trip.database, trip) == (LegStatus.NO_SHOW, LegStatus.CANCELLED)


def test_someone_hard_of_hearing_is_never_given_up_before_a_person_is_reached(trip: Trip) -> None:
    with trip.database.write() as session:
        session.get_one(Resident, trip.day.residents[0]).mobility_flags = ["hearing"]
    trip.note(tap(K.ARRIVED_AT_DOOR, at(9, 0), leg=trip.out))
    for kind, minute in ((K.CALLED, 5), (K.CALLED, 8), (K.KNOCKED, 9), (K.NOT_THERE, 11)):
        trip.note(tap(kind, at(9, minute), leg=trip.out))
    with trip.database.write() as session, pytest.raises(NoShowUnproven):
        confirm_no_show(session, leg_id=trip.out, by=1, now=at(9, 12), reason="按了灯铃也没人")
    trip.note(tap(K.CALLED, at(9, 13), leg=trip.out, reached=True, whom="邻居"))
    with trip.database.write() as session:
        confirm_no_show(session, leg_id=trip.out, by=trip.day.by, now=at(9, 15))


def test_emergencies_reactions_and_departures_reach_the_dispatcher(trip: Trip) -> None:
    run = trip.day.runs[0]
    trip.note(Tap("departed-0001", K.DEPARTED, at(8, 50), run_id=run), trip.driver)
    trip.note(Tap("emergency-001", K.EMERGENCY, at(9, 0), run_id=run), trip.driver)
    trip.fetch()
    trip.at_desk(K.JABBED, 9, 40)
    trip.at_desk(K.ADVERSE_EVENT, 9, 50, code="A5")
    with trip.database.read() as session:
        kinds = [a.kind for a in open_alarms(session, on=DAY)]
        assert kinds[0] == "emergency"
        assert "adverse_event" in kinds
        assert session.get_one(Appointment, trip.appointment).visit_result == "V08"
    lonely = Tap("of-nothing-at-all", K.PICKED_UP, at(9, 0))
    with trip.database.write() as session, pytest.raises(InvalidInput):
        note_event(session, tap=lonely, author=trip.desk, now=at(9, 0))


def test_the_desk_sees_by_which_car_someone_comes_and_when(trip: Trip) -> None:
    with trip.database.read() as session:
        rides = desk_rides(session, appointment_ids=[trip.appointment])
        assert len(rides) == 2
        assert all(r.plate and r.expected_at for r in rides)
