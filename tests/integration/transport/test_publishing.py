"""Publishing: times become promises, families are told once, and a way home is planned for everyone."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from outreach.contact.codes import MessageState, Step
from outreach.contact.message_models import Message
from outreach.db import Database
from outreach.kernel.errors import StaleVersion
from outreach.ledger.codes import PhoneKind, Relation
from outreach.ledger.new_residents import NewContact, NewPhone
from outreach.transport.assign import AssignmentRefused
from outreach.transport.codes import RunStatus
from outreach.transport.publish import ReturnUnplanned, acknowledge_run, mark_reached
from outreach.transport.run_models import Promise, Run
from outreach.transport.runs import CrewOf
from outreach.workflows.assign_leg import move_leg, unassign_leg
from outreach.workflows.crew_run import crew_run
from outreach.workflows.day_board import day_board
from outreach.workflows.publish_runs import publish_preview, publish_runs
from outreach.workflows.watch_day import watch_day
from tests.builders.clinics import DAY, at
from tests.builders.ledger import NOW
from tests.builders.transport import assign, book_car, build_day, leg_of, publish, version_of


def promises(database: Database) -> list[tuple[int, int, bool]]:
    with database.read() as session:
        rows = session.scalars(select(Promise).order_by(Promise.id))
        return [(p.leg_id, p.version, p.ended_at is None) for p in rows]


def test_someone_whose_way_home_has_no_car_is_not_fetched(database: Database) -> None:
    day = build_day(database, elders=1, cars=2)
    _a, out, back = book_car(database, day, 0, at(9, 30))
    assign(database, day, out)
    preview = publish_preview(database, day.travel, run_ids=[day.runs[0]], now=NOW)
    assert preview.returns_lacking == (back,)
    assert not preview.can_be_published
    with pytest.raises(ReturnUnplanned) as error:
        publish(database, day, day.runs[0])
    assert error.value.facts["leg_ids"] == [back]
    assert promises(database) == []
    assign(database, day, back, run=1)
    assert publish_preview(database, day.travel, run_ids=[day.runs[0]], now=NOW).can_be_published
    publish(database, day, day.runs[0])
    assert promises(database) == [(out, 1, True)]


def test_a_run_without_a_driver_is_not_published(database: Database) -> None:
    day = build_day(database, elders=1)
    _a, out, back = book_car(database, day, 0, at(9, 30))
    assign(database, day, out)
    assign(database, day, back)
    run = day.runs[0]
    with pytest.raises(AssignmentRefused):
        crew_run(
            database,
            day.travel,
            run_id=run,
            version=version_of(database, run),
            crew=CrewOf(day.vehicles[0], None),
            by=day.by,
            now=NOW,
        )
    publish(database, day)


def test_publishing_tells_each_family_once_and_later_only_whom_it_concerns(
    database: Database,
) -> None:
    day = build_day(database, elders=2, capacity=2)
    outs = []
    for who, hour in ((0, 9), (1, 13)):
        _a, out, back = book_car(database, day, who, at(hour, 30))
        assign(database, day, out)
        assign(database, day, back)
        outs.append(out)
    first = publish(database, day)
    assert {c.leg_id for c in first.told} == set(outs)
    assert not any(c.is_moved for c in first.told)
    assert publish(database, day).told == ()

    with database.write() as session:  # the morning family is promised another hour by hand
        promise = session.scalars(select(Promise).where(Promise.leg_id == outs[0])).one()
        promise.pickup_from_at, promise.pickup_until_at = at(8, 0), at(8, 20)
    board = day_board(database, day.travel, on=DAY, now=NOW)
    assert [leg.leg_id for leg in board.moved_promises] == [outs[0]]
    code = leg_of(database, outs[0]).door_code
    again = publish(database, day)
    assert [(c.leg_id, c.is_moved) for c in again.told] == [(outs[0], True)]
    assert leg_of(database, outs[0]).door_code == code
    assert sorted(promises(database)) == [
        (outs[0], 1, False),
        (outs[0], 2, True),
        (outs[1], 1, True),
    ]


def test_the_message_names_plate_window_and_waits_for_nobody_else(database: Database) -> None:
    day = build_day(database, elders=1)
    from outreach.ledger.models import ContactPerson, Phone
    from outreach.ledger.new_residents import add_residents
    from tests.builders.ledger import elder

    with database.write() as session:
        daughter = NewContact(
            Relation.DAUGHTER, "赵敏", phones=(NewPhone("+8613900000077", PhoneKind.MOBILE),)
        )
        helper = add_residents(
            session, rows=[elder(day.village, "赵模板", contacts=(daughter,))], now=NOW
        )[0]
        for person in session.scalars(
            select(ContactPerson).where(ContactPerson.resident_id == helper)
        ):
            person.resident_id = day.residents[0]
        assert session.scalars(select(Phone)).first() is not None
    _a, out, back = book_car(database, day, 0, at(9, 30))
    assign(database, day, out)
    assign(database, day, back)
    publish(database, day)
    with database.read() as session:
        told = session.scalars(
            select(Message).where(Message.step == Step.PROMISE, Message.subject_id == out)
        ).all()
        assert len(told) == 1
        assert told[0].values["plate"] == "豫A0000D"
    assert [leg.leg_id for leg in day_board(database, day.travel, on=DAY, now=NOW).unreached] == [
        out
    ]
    with database.write() as session:  # the gateway's receipt says that the text arrived
        row = session.scalars(select(Message).where(Message.step == Step.PROMISE)).one()
        row.state, row.ended_at = MessageState.DELIVERED, NOW
        watch_day(session, now=NOW)
    assert day_board(database, day.travel, on=DAY, now=NOW).unreached == ()


def test_the_board_lists_families_who_do_not_know_yet(database: Database) -> None:
    day = build_day(database, elders=1)
    _a, out, back = book_car(database, day, 0, at(9, 30))
    assign(database, day, out)
    assign(database, day, back)
    publish(database, day)
    board = day_board(database, day.travel, on=DAY, now=NOW)
    assert [leg.leg_id for leg in board.unreached] == [out]
    with database.write() as session:
        assert mark_reached(session, leg_id=out, how="call", now=NOW)
        assert not mark_reached(session, leg_id=out, how="sms", now=NOW)
    assert day_board(database, day.travel, on=DAY, now=NOW).unreached == ()


def test_the_driver_confirms_a_change_and_it_is_seen(database: Database) -> None:
    day = build_day(database, elders=1)
    _a, out, back = book_car(database, day, 0, at(9, 30))
    assign(database, day, out)
    assign(database, day, back)
    publish(database, day)
    run = day.runs[0]
    with database.write() as session:
        acknowledge_run(session, run=session.get_one(Run, run), now=NOW)
    shown = day_board(database, day.travel, on=DAY, now=NOW).runs[0]
    assert (shown.status, shown.is_changed_since_published) == (RunStatus.PUBLISHED, False)
    assert shown.is_acknowledged
    unassign_leg(database, day.travel, leg_id=out, run_version=shown.version, by=day.by, now=NOW)
    shown = day_board(database, day.travel, on=DAY, now=NOW).runs[0]
    assert shown.is_changed_since_published
    assert not shown.is_acknowledged


def test_a_promise_outlives_a_change_of_car(database: Database) -> None:
    day = build_day(database, elders=1, cars=2)
    _a, out, back = book_car(database, day, 0, at(9, 30))
    assign(database, day, out)
    assign(database, day, back)
    publish(database, day, day.runs[0])
    move_leg(
        database,
        day.travel,
        leg_id=out,
        to_run_id=day.runs[1],
        versions={r: version_of(database, r) for r in day.runs},
        by=day.by,
        now=NOW,
    )
    preview = publish_preview(database, day.travel, run_ids=[day.runs[1]], now=NOW)
    assert preview.changes == ()  # the same time with another car is the same promise
    board = day_board(database, day.travel, on=DAY, now=NOW)
    assert board.runs[1].stops[0].leg.promised is not None


def test_publishing_an_older_view_is_refused(database: Database) -> None:
    day = build_day(database, elders=1)
    _a, out, back = book_car(database, day, 0, at(9, 30))
    seen = version_of(database, day.runs[0])
    assign(database, day, out)
    assign(database, day, back)
    with pytest.raises(StaleVersion):
        publish_runs(database, day.travel, versions={day.runs[0]: seen}, by=day.by, now=NOW)
