"""Watching a day of sixty rides: few false alarms, silent drivers, closed doors, and a proof that adds up."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from outreach.clinics.codes import DayEventKind, EventSource
from outreach.clinics.events import Author, Tap
from outreach.clinics.models import Appointment
from outreach.db import Database
from outreach.ledger.codes import EntryStatus
from outreach.ledger.models import Resident
from outreach.transport.alarms import open_alarms, take_alarm
from outreach.transport.codes import LegStatus
from outreach.transport.publish import mark_reached
from outreach.transport.rules import NoShowUnproven
from outreach.transport.run_models import Alarm, Run
from outreach.workflows.close_day import DayHasOpenDebts, close_day, day_proof
from outreach.workflows.day_board import day_board
from outreach.workflows.day_matters import day_matters
from outreach.workflows.no_show import confirm_no_show
from outreach.workflows.note_event import note_event
from outreach.workflows.publish_runs import publish_runs
from outreach.workflows.watch_day import watch_day
from tests.builders.clinics import DAY, at
from tests.builders.full_day import fill_runs
from tests.builders.ledger import NOW, entry_of
from tests.builders.transport import Day, assign, book_car, build_day, leg_of, tap, version_of

K = DayEventKind
PEOPLE = 30


def note(database: Database, event: Tap, author: Author) -> None:
    with database.write() as session:
        note_event(session, tap=event, author=author, now=event.happened_at)


def publish(database: Database, day: Day, runs: Sequence[int]) -> None:
    versions = {run: version_of(database, run) for run in runs}
    publish_runs(database, day.travel, versions=versions, by=day.by, now=NOW)


def played(database: Database, day: Day) -> list[tuple[datetime, Tap]]:
    """Every tap of a day that goes well: minutes early or late as on any day, nobody forgotten."""
    chance = random.Random(3)
    taps: list[tuple[datetime, Tap]] = []
    board = day_board(database, day.travel, on=DAY, now=NOW)
    for run in board.runs:
        for stop in run.stops:
            late = timedelta(minutes=chance.uniform(-2, 6))
            leg = stop.leg
            is_out, is_pickup = leg.direction.value == "outbound", stop.kind.value == "pickup"
            kind = {
                (True, True): K.PICKED_UP,
                (True, False): K.AT_SITE,
                (False, True): K.LEFT_SITE,
                (False, False): K.HANDED_OVER,
            }[is_out, is_pickup]
            facts: dict[str, Any] = (
                {"kind": "named_person", "received_by": "女儿"} if kind is K.HANDED_OVER else {}
            )
            when = stop.arrives_at + late
            taps.append((when, tap(kind, when, leg=leg.leg_id, **facts)))
            if is_out and not is_pickup:
                ready = leg.slot_at + timedelta(minutes=40 + chance.uniform(-3, 3))
                taps.append((ready, tap(K.READY, ready, appointment=leg.appointment_id)))
    return sorted(taps, key=lambda t: t[0])


def test_moment_5a_a_day_of_sixty_rides_raises_fewer_than_five_false_alarms(
    database: Database,
) -> None:
    day = build_day(database, elders=PEOPLE, cars=5, capacity=3)
    for who in range(PEOPLE):
        book_car(database, day, who, at(8, 50) + timedelta(minutes=20 * (who % 12)))
    given = fill_runs(database, day.travel, share=1.0)
    assert given == 2 * PEOPLE  # sixty rides, all with a car
    publish(database, day, day.runs)
    taps = played(database, day)
    clock, index = at(7, 30), 0
    while clock <= at(18):
        while index < len(taps) and taps[index][0] <= clock:
            note(database, taps[index][1], Author(EventSource.DISPATCH, user_id=day.by))
            index += 1
        with database.write() as session:
            watch_day(session, now=clock)
        clock += timedelta(minutes=5)
    with database.write() as session:
        false_ones = session.scalar(select(func.count(Alarm.id)))
        assert false_ones is not None
        assert false_ones < 5
        proof = day_proof(session, on=DAY, area_id=day.village.street_id)
        assert (proof.brought, proof.handed_over, proof.adds_up) == (PEOPLE, PEOPLE, True)
        assert {line.received_by for line in proof.received} == {"女儿"}
        close_day(session, on=DAY, area_id=day.village.street_id, by=day.by, now=at(18))
        assert day_proof(session, on=DAY, area_id=day.village.street_id).closed_by == day.by


def test_moment_5a_an_alarm_is_one_per_cause_grouped_by_site_and_taken_by_a_name(
    database: Database,
) -> None:
    day = build_day(database, elders=3)
    trips = [book_car(database, day, who, at(9, 10)) for who in range(3)]
    for _appointment, out, _home in trips:
        note(
            database,
            tap(K.PICKED_UP, at(8, 50), leg=out),
            Author(EventSource.DISPATCH, user_id=day.by),
        )
        note(database, tap(K.AT_SITE, at(9), leg=out), Author(EventSource.DISPATCH, user_id=day.by))
    for appointment, _out, _home in trips[:2]:
        ready = tap(K.READY, at(9, 45), appointment=appointment)
        note(database, ready, Author(EventSource.DESK, user_id=day.by))
    for minute in (50, 56, 58):
        with database.write() as session:
            watch_day(session, now=at(9, minute))
    with database.write() as session:
        found = day_matters(session, on=DAY, now=at(9, 58))
        lines = [line for line in found.sites[0].lines if line.kind == "ready_without_car"]
        assert (found.sites[0].site, len(lines)) == ("桐柏路接种点", 2)
        assert len({line.who for line in lines}) == 2
        take_alarm(session, alarm_id=lines[0].alarm_id, by=day.by, now=at(9, 59))
        take_alarm(session, alarm_id=lines[0].alarm_id, by=day.village.doctor, now=at(10))
    with database.read() as session:
        alarms = {a.id: a for a in open_alarms(session, on=DAY)}
        assert alarms[lines[0].alarm_id].taken_by == day.by  # the first name stays
        assert day_matters(session, on=DAY, now=at(10)).count == found.count - 1
        elsewhere = day_matters(
            session, on=DAY, now=at(10), area_ids=[day.village.other_community_id]
        )
        assert elsewhere.sites == ()


def test_moment_5d_a_change_under_way_without_an_ok_wants_a_call_after_three_minutes(
    database: Database,
) -> None:
    day = build_day(database, elders=2)
    trips = [book_car(database, day, who, at(10 + who, 10)) for who in range(2)]
    for leg in (*trips[0][1:],):
        assign(database, day, leg)
    publish(database, day, day.runs)
    driver = Author(EventSource.FIELD, driver_id=day.drivers[0])
    run = day.runs[0]
    for kind, when in ((K.ACKNOWLEDGED, at(8)), (K.DEPARTED, at(9))):
        with database.write() as session:
            event = tap(kind, when)
            event = Tap(event.uuid, kind, when, run_id=run)
            note_event(session, tap=event, author=driver, now=when)
    with database.read() as session:
        assert day_matters(session, on=DAY, now=at(9, 1)).unseen == ()
    assign(database, day, trips[1][2], now=at(9, 10))
    with database.write() as session:
        found = day_matters(session, on=DAY, now=at(9, 12)).unseen
        assert [(u.run_id, u.must_ring) for u in found] == [(run, False)]
        assert day_matters(session, on=DAY, now=at(9, 13)).unseen[0].must_ring
        watch_day(session, now=at(9, 13))
        assert [a.kind for a in open_alarms(session, on=DAY) if a.run_id == run] == [
            "driver_silent"
        ]
    with database.write() as session:
        event = Tap(uuid4().hex, K.ACKNOWLEDGED, at(9, 15), run_id=run)
        note_event(session, tap=event, author=driver, now=at(9, 15))
        watch_day(session, now=at(9, 15))
        assert session.get_one(Run, run).acknowledged_version is not None
        assert [a for a in open_alarms(session, on=DAY) if a.kind == "driver_silent"] == []


def test_moment_5d_families_not_reached_are_listed_by_departure_until_somebody_told_them(
    database: Database,
) -> None:
    day = build_day(database, elders=2)
    trips = [book_car(database, day, who, at(11 - who, 10)) for who in range(2)]
    for trip in trips:
        for leg in trip[1:]:
            assign(database, day, leg)
    publish(database, day, day.runs)
    board = day_board(database, day.travel, on=DAY, now=NOW)
    assert [leg.leg_id for leg in board.unreached] == [trips[1][1], trips[0][1]]
    with database.write() as session:
        assert mark_reached(session, leg_id=trips[1][1], how="told", now=NOW)
    board = day_board(database, day.travel, on=DAY, now=NOW)
    assert [leg.leg_id for leg in board.unreached] == [trips[0][1]]


@pytest.mark.parametrize("flag", ["hearing", "sight", "cognition"])
def test_moment_5f_a_door_of_someone_hard_to_reach_is_never_closed_before_a_person_is_reached(
    database: Database, flag: str
) -> None:
    day = build_day(database, elders=1)
    appointment, out, home = book_car(database, day, 0, at(10, 10))
    for leg in (out, home):
        assign(database, day, leg)
    with database.write() as session:
        session.get_one(Resident, day.residents[0]).mobility_flags = [flag]
        session.get_one(Resident, day.residents[0]).access_note = "对门王阿姨有钥匙"
    door = Author(EventSource.DISPATCH, user_id=day.by)
    tries = [
        (K.ARRIVED_AT_DOOR, 40),
        (K.CALLED, 42),
        (K.CALLED, 45),
        (K.KNOCKED, 46),
        (K.NOT_THERE, 55),
    ]
    for kind, minute in tries:
        note(database, tap(kind, at(9, minute), leg=out), door)
    with database.write() as session:
        (found,) = day_matters(session, on=DAY, now=at(9, 56)).doors
        assert (found.flags, found.access_note, found.must_be_reached) == (
            (flag,),
            "对门王阿姨有钥匙",
            True,
        )
        for reason in ("", "邻居说不在家"):
            with pytest.raises(NoShowUnproven):
                confirm_no_show(session, leg_id=out, by=day.by, now=at(9, 56), reason=reason)
    assert leg_of(database, home).status is LegStatus.ASSIGNED  # the way home stays
    note(database, tap(K.CALLED, at(9, 57), leg=out, reached=True), door)
    with database.write() as session:
        confirm_no_show(session, leg_id=out, by=day.by, now=at(9, 58))
        assert day_matters(session, on=DAY, now=at(9, 59)).doors == ()
        assert session.get_one(Appointment, appointment).status.value == "no_show"


def test_the_day_cannot_be_closed_while_somebody_is_not_handed_over(database: Database) -> None:
    day = build_day(database, elders=1)
    _appointment, out, _home = book_car(database, day, 0, at(9, 10))
    for kind, when in ((K.PICKED_UP, at(8, 50)), (K.AT_SITE, at(9))):
        note(database, tap(kind, when, leg=out), Author(EventSource.DISPATCH, user_id=day.by))
    with database.write() as session:
        proof = day_proof(session, on=DAY, area_id=day.village.street_id)
        assert (proof.brought, len(proof.open_debts), proof.adds_up) == (1, 1, True)
        with pytest.raises(DayHasOpenDebts):
            close_day(session, on=DAY, area_id=day.village.street_id, by=day.by, now=at(18))


def test_fault_63_two_no_shows_bring_a_contact_task_and_no_penalty(database: Database) -> None:
    day = build_day(database, elders=1)
    door = Author(EventSource.DISPATCH, user_id=day.by)
    for hour in (10, 14):
        _appointment, out, home = book_car(database, day, 0, at(hour, 10))
        for leg in (out, home):
            assign(database, day, leg)
        tries = [(K.ARRIVED_AT_DOOR, 20), (K.CALLED, 22), (K.CALLED, 25), (K.KNOCKED, 26)]
        for kind, minute in [*tries, (K.NOT_THERE, 35)]:
            note(database, tap(kind, at(hour - 1, minute), leg=out), door)
        with database.write() as session:
            confirm_no_show(session, leg_id=out, by=day.by, now=at(hour - 1, 40))
            entry = entry_of(session, day.residents[0])
            # A person rings soon; nothing about the person is blocked, and a third booking is theirs.
            assert entry.status in {EntryStatus.AGREED, EntryStatus.TO_CONTACT}
            assert entry.next_contact_on is not None
            assert entry.next_contact_on <= DAY + timedelta(days=1)
            assert session.get_one(Resident, day.residents[0]).held_nudges is False
    book_car(database, day, 0, at(16, 10))
