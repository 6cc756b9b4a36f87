"""One ride from booking to the handover at home, and what the ledger, the board and the family learn."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from outreach.clinics.codes import AppointmentStatus, DayEventKind, EventSource
from outreach.clinics.events import Author
from outreach.clinics.models import Appointment, Observation
from outreach.clinics.queries import arrivals, observation_clocks
from outreach.clinics.visit import VisitStage
from outreach.db import Database
from outreach.ledger.codes import EntryStatus
from outreach.ledger.entry_models import Dose
from outreach.transport.codes import LegStatus, RunStatus
from outreach.transport.queries import open_debts
from outreach.transport.run_models import Promise, Run
from outreach.workflows.close_day import DayHasOpenDebts, close_day, day_proof
from outreach.workflows.day_board import day_board
from outreach.workflows.note_event import note_event
from outreach.workflows.publish_runs import publish_runs
from tests.builders.clinics import DAY, at
from tests.builders.ledger import NOW, entry_of
from tests.builders.transport import Day, assign, book_car, build_day, leg_of, tap, version_of

K = DayEventKind


@pytest.fixture
def day(database: Database) -> Day:
    """One elder, one car."""
    return build_day(database, elders=1, cars=1)


def test_story_from_booking_to_the_door_and_the_day_closed(database: Database, day: Day) -> None:
    appointment, out, back = book_car(database, day, 0, at(10, 10))
    with database.read() as session:
        assert entry_of(session, day.residents[0]).status is EntryStatus.BOOKED
    board = day_board(database, day.travel, on=DAY, now=NOW)
    assert {leg.leg_id for leg in board.without_car} == {out, back}

    assign(database, day, out)
    assign(database, day, back)
    board = day_board(database, day.travel, on=DAY, now=NOW)
    assert board.without_car == ()
    assert [s.leg.leg_id for s in board.runs[0].stops] == [out, out, back, back]
    assert board.runs[0].broken == ()

    run = day.runs[0]
    published = publish_runs(
        database, day.travel, versions={run: version_of(database, run)}, by=day.by, now=NOW
    )
    assert [c.leg_id for c in published.told] == [out]
    with database.read() as session:
        promise = session.scalars(select(Promise)).one()
        assert promise.pickup_until_at - promise.pickup_from_at == timedelta(minutes=20)
        assert len(leg_of(database, out).door_code) == 4
        assert session.get_one(Run, run).status is RunStatus.PUBLISHED
        assert session.get_one(Run, run).published_version == session.get_one(Run, run).version

    driver = Author(EventSource.FIELD, driver_id=day.drivers[0])
    desk = Author(EventSource.DESK, user_id=day.by)
    field = [
        (K.DEPARTED, at(9, 20), driver, None),
        (K.ARRIVED_AT_DOOR, at(9, 44), driver, out),
        (K.PICKED_UP, at(9, 48), driver, out),
        (K.AT_SITE, at(9, 56), driver, out),
        (K.REGISTERED, at(10, 0), desk, None),
        (K.SCREENED, at(10, 5), desk, None),
        (K.JABBED, at(10, 12), desk, None),
        (K.READY, at(10, 43), desk, None),
        (K.LEFT_SITE, at(10, 50), driver, back),
    ]
    for kind, when, author, leg in field:
        with database.write() as session:
            event = tap(kind, when, leg=leg, appointment=None if leg else appointment)
            if kind is K.DEPARTED:
                event = tap(kind, when)
                event = type(event)(event.uuid, kind, when, run_id=run)
            note_event(session, tap=event, author=author, now=when)

    with database.read() as session:
        assert session.get_one(Appointment, appointment).status is AppointmentStatus.DONE
        assert session.get_one(Appointment, appointment).visit_result == "V01"
        assert entry_of(session, day.residents[0]).status is not EntryStatus.BOOKED
        assert len(session.scalars(select(Dose)).all()) == 1
        observed = session.scalars(select(Observation)).one()
        assert observed.ready_at - observed.jab_at == timedelta(minutes=30)
        assert observation_clocks(session, on=DAY, now=at(10, 50)) == []
        assert session.scalars(select(Promise)).one().kept is True
        assert [d.appointment_id for d in open_debts(session, on=DAY)] == [appointment]
    with database.write() as session, pytest.raises(DayHasOpenDebts):
        close_day(session, on=DAY, area_id=day.village.district_id, by=day.by, now=at(18))

    home = at(11, 5)
    with database.write() as session:
        done = tap(K.HANDED_OVER, home, leg=back, received_by="女儿 赵敏")
        noted = note_event(session, tap=done, author=driver, now=home)
        assert noted.stage is VisitStage.HANDED_OVER
    assert leg_of(database, back).status is LegStatus.HANDED_OVER
    with database.write() as session:
        proof = day_proof(session, on=DAY, area_id=day.village.district_id)
        assert (proof.brought, proof.handed_over, proof.open_debts) == (1, 1, ())
        closing = close_day(session, on=DAY, area_id=day.village.district_id, by=day.by, now=at(18))
        assert (closing.brought, closing.handed_over) == (1, 1)
        assert session.get_one(Run, run).status is RunStatus.FINISHED


def test_the_desk_sees_who_is_expected_and_whose_clock_runs(database: Database, day: Day) -> None:
    appointment, out, _back = book_car(database, day, 0, at(10, 10))
    assign(database, day, out)
    with database.write() as session:
        desk = Author(EventSource.DESK, user_id=day.by)
        jab = tap(K.JABBED, at(10, 12), appointment=appointment)
        note_event(session, tap=jab, author=desk, now=at(10, 12))
    with database.read() as session:
        listed = arrivals(session, site_session_id=day.session_id)
        assert [(a.appointment_id, a.stage) for a in listed] == [
            (appointment, VisitStage.OBSERVING)
        ]
        clocks = observation_clocks(session, on=DAY, now=at(10, 30, on=DAY))
        assert [(c.minutes_left, c.is_over) for c in clocks] == [(12, False)]
