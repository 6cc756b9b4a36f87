"""Holding slots on both databases: full is full whoever races, closed is closed, one visit a person."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from outreach.clinics.codes import AppointmentStatus, Mode, SessionState
from outreach.clinics.models import Appointment
from outreach.clinics.operations import (
    Hours,
    change_capacity,
    close_session_from,
    close_site,
    confirm,
    give_back_slot,
    hold_slot,
    lay_out_days,
    move_slot,
    set_weekly_hours,
    stock_session,
)
from outreach.clinics.queries import available_slots, get_site_session, session_days
from outreach.clinics.rules import (
    AlreadyBooked,
    AppointmentOver,
    SlotFull,
    SlotNotOffered,
    WayHomeMissing,
    Ways,
)
from outreach.db import Database
from outreach.kernel.errors import InvalidInput, StaleVersion
from tests.builders.clinics import BY_CAR, DAY, ON_FOOT, at, booking
from tests.builders.ledger import NOW
from tests.builders.transport import Day, build_day


@pytest.fixture
def day(database: Database) -> Day:
    """Six elders, one session with two places a slot."""
    return build_day(database, elders=6, capacity=2, cars=0)


def hold(database: Database, day: Day, who: int, hour: int = 9, ways: Ways = ON_FOOT) -> int:
    with database.write() as session:
        asked = booking(day.village, day.residents[who], day.session_id, at(hour, 10), ways)
        return hold_slot(session, booking=asked, by=day.by, now=NOW).id


def test_a_full_slot_is_refused_and_changes_nothing(database: Database, day: Day) -> None:
    hold(database, day, 0)
    hold(database, day, 1)
    with pytest.raises(SlotFull):
        hold(database, day, 2)
    with database.read() as session:
        offered = available_slots(session, from_on=DAY, until_on=DAY, now=NOW)
        assert at(9, 10) not in {o.slot_at for o in offered}
        assert session_days(session, from_on=DAY, until_on=DAY)[0].booked == 2


def test_of_six_who_race_for_two_places_two_win(database: Database, day: Day) -> None:
    gate = threading.Barrier(6)
    outcomes: list[str] = []

    def race(who: int) -> None:
        gate.wait()
        try:
            hold(database, day, who)
            outcomes.append("held")
        except SlotFull:
            outcomes.append("full")

    threads = [threading.Thread(target=race, args=(i,)) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["full"] * 4 + ["held"] * 2


def test_two_workers_cannot_book_one_person_twice(database: Database, day: Day) -> None:
    gate = threading.Barrier(2)
    outcomes: list[str] = []

    def race(hour: int) -> None:
        gate.wait()
        try:
            hold(database, day, 0, hour)
            outcomes.append("held")
        except AlreadyBooked:
            outcomes.append("already")

    threads = [threading.Thread(target=race, args=(hour,)) for hour in (9, 10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["already", "held"]


def test_a_cancelled_place_is_free_again_at_once(database: Database, day: Day) -> None:
    first = hold(database, day, 0)
    hold(database, day, 1)
    with database.write() as session:
        gone = give_back_slot(session, appointment_id=first, code="", by=day.by, now=NOW)
        assert gone.cancel_code == "R04"
        again = give_back_slot(session, appointment_id=first, code="R06", by=day.by, now=NOW)
        assert again.cancel_code == "R04"
    hold(database, day, 2)
    with database.write() as session, pytest.raises(AppointmentOver):
        confirm(session, appointment_id=first, how="sms", now=NOW)


def test_moment_1a_the_database_itself_refuses_a_trip_without_a_way_home(
    database: Database, day: Day
) -> None:
    with pytest.raises(WayHomeMissing):
        hold(database, day, 0, ways=Ways(Mode.OUR_CAR, Mode.FAMILY))
    made = hold(database, day, 0, ways=Ways(Mode.OUR_CAR, Mode.FAMILY, return_with="女儿 赵敏"))
    with pytest.raises(IntegrityError), database.write() as session:
        session.execute(
            text("UPDATE appointment SET return_with = '' WHERE id = :id"), {"id": made}
        )
    with database.read() as session:
        assert session.get_one(Appointment, made).return_with == "女儿 赵敏"


def test_what_is_no_slot_of_the_session_is_refused(database: Database, day: Day) -> None:
    for slot_at in (at(9, 15), at(7), at(16, 50), at(9, 10, on=DAY + timedelta(days=1))):
        asked = booking(day.village, day.residents[0], day.session_id, slot_at, ON_FOOT)
        with database.write() as session, pytest.raises(SlotNotOffered):
            hold_slot(session, booking=asked, by=None, now=NOW)
    late = booking(day.village, day.residents[0], day.session_id, at(9, 10), ON_FOOT)
    with database.write() as session, pytest.raises(SlotNotOffered):
        hold_slot(session, booking=late, by=None, now=at(9, 10))


def test_too_many_companions_and_no_purpose_are_refused(database: Database, day: Day) -> None:
    asked = booking(day.village, day.residents[0], day.session_id, at(9, 10), BY_CAR)
    for wrong in (replace(asked, companions=4), replace(asked, campaign_ids=())):
        with database.write() as session, pytest.raises(InvalidInput):
            hold_slot(session, booking=wrong, by=None, now=NOW)


def test_moving_to_a_full_slot_keeps_the_old_one(database: Database, day: Day) -> None:
    mine = hold(database, day, 0, 10)
    hold(database, day, 1)
    hold(database, day, 2)
    with database.write() as session, pytest.raises(SlotFull):
        move_slot(
            session,
            appointment_id=mine,
            site_session_id=day.session_id,
            slot_at=at(9, 10),
            version=1,
            now=NOW,
        )
    with database.write() as session:
        moved = move_slot(
            session,
            appointment_id=mine,
            site_session_id=day.session_id,
            slot_at=at(11, 10),
            version=1,
            now=NOW,
        )
        assert moved.slot_at == at(11, 10)
        assert moved.told_version == 2
    with database.write() as session, pytest.raises(StaleVersion):
        move_slot(
            session,
            appointment_id=mine,
            site_session_id=day.session_id,
            slot_at=at(12, 10),
            version=1,
            now=NOW,
        )


def test_confirming_twice_is_confirming_once(database: Database, day: Day) -> None:
    mine = hold(database, day, 0)
    for how in ("sms", "staff"):
        with database.write() as session:
            row = confirm(session, appointment_id=mine, how=how, now=NOW)
            assert (row.status, row.confirmed_by) == (AppointmentStatus.CONFIRMED, "sms")


def test_capacity_never_falls_below_what_is_booked(database: Database, day: Day) -> None:
    hold(database, day, 0)
    hold(database, day, 1)
    with database.write() as session, pytest.raises(InvalidInput):
        change_capacity(session, site_session_id=day.session_id, capacity_per_slot=1, version=1)
    with database.write() as session, pytest.raises(StaleVersion):
        change_capacity(session, site_session_id=day.session_id, capacity_per_slot=5, version=9)
    with database.write() as session:
        change_capacity(session, site_session_id=day.session_id, capacity_per_slot=3, version=1)
    hold(database, day, 2)


def test_a_session_closed_from_a_minute_on_names_whom_it_concerns(
    database: Database, day: Day
) -> None:
    before, after = hold(database, day, 0, 9), hold(database, day, 1, 14)
    with database.write() as session:
        concerned = close_session_from(
            session, site_session_id=day.session_id, from_at=at(10, 30), reason="缺苗"
        )
        assert concerned == [after]
        assert get_site_session(session, day.session_id).state is SessionState.CLOSED_EARLY
    assert before not in concerned
    with pytest.raises(SlotNotOffered):
        hold(database, day, 2, 14)


def test_weekly_hours_lay_out_days_once_but_not_on_closures(database: Database, day: Day) -> None:
    from datetime import time

    hours = Hours(opens=time(13, 0), closes=time(16, 0))
    with database.write() as session:
        set_weekly_hours(session, site_id=day.site_id, weekday=3, hours=hours, from_on=DAY)
        shut = DAY + timedelta(days=7)
        close_site(session, site_id=day.site_id, from_on=shut, until_on=shut, reason="装修")
        until = DAY + timedelta(days=20)
        assert lay_out_days(session, from_on=DAY, until_on=until) == 2
        assert lay_out_days(session, from_on=DAY, until_on=until) == 0


def test_one_product_of_a_session_is_preset(database: Database, day: Day) -> None:
    from sqlalchemy import select

    from outreach.campaigns.models import Product

    with database.write() as session:
        first, second = session.scalars(select(Product.id).order_by(Product.id).limit(2)).all()
        for product_id in (first, second):
            stock_session(
                session,
                site_session_id=day.session_id,
                product_id=product_id,
                batch_id=None,
                doses=20,
                is_preset=True,
            )
        again = stock_session(
            session,
            site_session_id=day.session_id,
            product_id=first,
            batch_id=None,
            doses=15,
            is_preset=False,
        )
        assert (again.doses, again.is_preset) == (15, False)


def test_offers_know_how_far_each_site_is_from_where_someone_stays(
    database: Database, day: Day
) -> None:
    with database.read() as session:
        offers = available_slots(
            session, from_on=DAY, until_on=DAY, now=NOW, resident_id=day.residents[0]
        )
    assert offers
    assert all(o.metres is not None and 500 < o.metres < 3000 for o in offers)
