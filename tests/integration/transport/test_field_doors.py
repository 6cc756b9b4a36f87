"""Field links: one device, one day, guessed by nobody; a manifest that says no more than it must."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from outreach.accounts.codes import FieldKind
from outreach.accounts.models import FieldLink
from outreach.audit.models import AuditEntry
from outreach.clinics.codes import DayEventKind, EventSource
from outreach.clinics.events import Author
from outreach.db import Database
from outreach.kernel.errors import InvalidInput, NotFound, TooManyTries
from outreach.kernel.geo import distance_m
from outreach.ledger.codes import PhoneKind, Relation
from outreach.ledger.models import ContactPerson
from outreach.ledger.new_residents import NewContact, NewPhone, add_residents
from outreach.transport.codes import RunStatus
from outreach.workflows.field_links import (
    DeviceWaits,
    FieldDoor,
    LinkOver,
    MadeLink,
    ask_to_enter,
    call_back_link,
    door_of,
    enter,
    enter_by_code,
    let_device_in,
    look_at,
    make_field_link,
    new_device,
    share_position,
    turn_device_away,
    waiting_devices,
)
from outreach.workflows.field_manifest import (
    FieldPage,
    NumberClosed,
    called,
    field_manifest,
    number_for_stop,
)
from outreach.workflows.note_event import note_event
from outreach.workflows.publish_runs import publish_runs
from tests.builders.clinics import DAY, at
from tests.builders.ledger import NOW, elder
from tests.builders.transport import Day, assign, book_car, build_day, tap, version_of

REAL = datetime(2026, 11, 26, tzinfo=UTC)
MORNING = at(8, 0)


@pytest.fixture
def day(database: Database) -> Day:
    """One elder fetched by a published run with an escort."""
    made = build_day(database, elders=1, cars=2, escort=True)
    _a, out, back = book_car(database, made, 0, at(9, 30))
    assign(database, made, out)
    assign(database, made, back)
    run = made.runs[0]
    publish_runs(
        database, made.travel, versions={run: version_of(database, run)}, by=made.by, now=NOW
    )
    return made


def make(database: Database, day: Day) -> MadeLink:
    with database.write() as session:
        return make_field_link(session, on=DAY, by=day.by, now=NOW, driver_id=day.drivers[0])


def test_moment_1e_a_link_holds_128_random_bits_and_is_kept_as_a_hash(
    database: Database, day: Day
) -> None:
    made = make(database, day)
    assert len(made.token) >= 22
    assert len(made.code) == 8
    with database.read() as session:
        row = session.scalars(select(FieldLink)).one()
        assert made.token.encode() not in row.token_hash
        assert row.code_hash is not None
        assert made.code.encode() not in row.code_hash
        assert row.expires_at == at(18) + timedelta(hours=2)


def test_looking_at_a_link_changes_nothing(database: Database, day: Day) -> None:
    made = make(database, day)
    with database.read() as session:
        door = look_at(session, token=made.token, now=MORNING)
        assert (door.kind, door.driver_id) == (FieldKind.DRIVER, day.drivers[0])
    with database.read() as session:
        assert session.scalars(select(FieldLink)).one().device_hash is None


def test_fault_59_another_device_waits_for_the_dispatcher(database: Database, day: Day) -> None:
    made = make(database, day)
    own, other = new_device(), new_device()
    for _ in range(2):
        ask_to_enter(database, token=made.token, device=own, now=MORNING)
    with pytest.raises(DeviceWaits) as error:
        ask_to_enter(database, token=made.token, device=other, now=MORNING)
    assert error.value.status == 403
    with database.write() as session:
        assert [w.link_id for w in waiting_devices(session, on=DAY)] == [made.link_id]
        door_of(session, link_id=made.link_id, device=own, now=MORNING)
        let_device_in(session, link_id=made.link_id, by=day.by, now=MORNING)
        door_of(session, link_id=made.link_id, device=other, now=MORNING)
        with pytest.raises(DeviceWaits):
            door_of(session, link_id=made.link_id, device=own, now=MORNING)
        with pytest.raises(NotFound):
            let_device_in(session, link_id=made.link_id, by=day.by, now=MORNING)


def test_a_device_turned_away_stays_outside(database: Database, day: Day) -> None:
    made = make(database, day)
    ask_to_enter(database, token=made.token, device=new_device(), now=MORNING)
    stranger = new_device()
    with pytest.raises(DeviceWaits):
        ask_to_enter(database, token=made.token, device=stranger, now=MORNING)
    with database.write() as session:
        turn_device_away(session, link_id=made.link_id, by=day.by, now=MORNING)
        assert waiting_devices(session, on=DAY) == []
        with pytest.raises(DeviceWaits):
            door_of(session, link_id=made.link_id, device=stranger, now=MORNING)


def test_fault_59_expired_revoked_and_guessed_links_open_nothing(
    database: Database, day: Day
) -> None:
    made = make(database, day)
    with database.read() as session, pytest.raises(NotFound):
        look_at(session, token="A" * 22, now=MORNING)
    with database.read() as session, pytest.raises(LinkOver) as error:
        look_at(session, token=made.token, now=at(20, 0))
    assert error.value.status == 410
    device = new_device()
    with database.write() as session:
        enter(session, token=made.token, device=device, now=MORNING)
        call_back_link(session, link_id=made.link_id, by=day.by, now=MORNING)
        with pytest.raises(LinkOver):
            door_of(session, link_id=made.link_id, device=device, now=MORNING)


def test_a_new_link_kills_the_older_one_and_nobody_off_duty_gets_one(
    database: Database, day: Day
) -> None:
    first = make(database, day)
    second = make(database, day)
    with database.write() as session:
        with pytest.raises(LinkOver):
            look_at(session, token=first.token, now=MORNING)
        look_at(session, token=second.token, now=MORNING)
        tomorrow = DAY + timedelta(days=1)
        with pytest.raises(InvalidInput):
            make_field_link(session, on=tomorrow, by=1, now=NOW, driver_id=day.drivers[0])
        with pytest.raises(InvalidInput):
            make_field_link(session, on=DAY, by=1, now=NOW)


def test_the_short_code_is_a_second_door_with_few_tries(database: Database, day: Day) -> None:
    made = make(database, day)
    device = new_device()
    typed = f" {made.code[:4].lower()}-{made.code[4:]} "
    door = enter_by_code(
        database, code=typed, device=device, address="10.0.0.9", now=MORNING, real_now=REAL
    )
    assert door.link_id == made.link_id

    def guess() -> None:
        enter_by_code(
            database,
            code="22222222",
            device=device,
            address="10.0.0.66",
            now=MORNING,
            real_now=REAL,
        )

    for _ in range(5):
        with pytest.raises(NotFound):
            guess()
    with pytest.raises(TooManyTries):
        guess()
    for _ in range(9):  # who knows the code is never shut out by having used it
        enter_by_code(
            database,
            code=made.code,
            device=device,
            address="10.0.0.9",
            now=MORNING,
            real_now=REAL,
        )


def drivers_page(database: Database, day: Day) -> FieldPage:
    made = make(database, day)
    with database.write() as session:
        door = enter(session, token=made.token, device=new_device(), now=MORNING)
        return field_manifest(session, door=door, language="zh", now=MORNING)


def test_a_driver_reads_surname_door_and_aids_and_nothing_of_health(
    database: Database, day: Day
) -> None:
    page = drivers_page(database, day)
    assert [r.status for r in page.runs] == [RunStatus.PUBLISHED]
    first = page.runs[0].stops[0]
    assert first.called == "赵老人"
    assert first.name == ""
    assert len(first.door_code) == 4
    assert first.promised is not None
    assert first.promised.from_at <= first.planned_at <= first.promised.until_at
    assert 400 < distance_m(first.point, first.map_point) < 800  # the map app's own datum
    words = {f.name for f in fields(first)}
    assert not words & {"phone", "born_on", "id_number", "note", "clinical_note", "flags"}
    assert called("欧阳锋", language="zh") == "欧阳老人"
    assert called("Mary Smith", language="en") == "Elder Smith"


def test_drafts_and_other_peoples_runs_are_not_shown(database: Database, day: Day) -> None:
    with database.write() as session:
        other = make_field_link(session, on=DAY, by=1, now=NOW, driver_id=day.drivers[1])
        door = enter(session, token=other.token, device=new_device(), now=MORNING)
        assert field_manifest(session, door=door, language="zh", now=MORNING).runs == ()


def test_an_escort_reads_the_name_and_follows_the_visit(database: Database, day: Day) -> None:
    with database.write() as session:
        made = make_field_link(session, on=DAY, by=1, now=NOW, escort_id=day.escorts[0])
        door = enter(session, token=made.token, device=new_device(), now=MORNING)
        share_position(session, door=door, is_on=False)
        page = field_manifest(session, door=door, language="zh", now=MORNING)
        stop = page.runs[0].stops[0]
        assert stop.name.startswith("赵")
        jab = tap(DayEventKind.JABBED, at(9, 40), appointment=stop.appointment_id)
        escort = Author(EventSource.FIELD, escort_id=day.escorts[0])
        note_event(session, tap=jab, author=escort, now=at(9, 40))
        later = field_manifest(session, door=door, language="zh", now=MORNING).runs[0].stops[0]
        assert later.ready_due_at == at(10, 10)
        assert later.stage.value == "observing"


def test_a_number_is_shown_for_the_stop_at_hand_and_every_look_is_kept(
    database: Database, day: Day
) -> None:
    page = drivers_page(database, day)
    leg = page.runs[0].stops[0].leg_id
    with database.write() as session:
        link = session.scalars(select(FieldLink)).one()
        door = door_from(link)
        with pytest.raises(NotFound):
            number_for_stop(session, door=door, leg_id=leg, now=at(9, 10))
        contact = NewContact(Relation.SELF, phones=(NewPhone("+8613900000321", PhoneKind.MOBILE),))
        helper = add_residents(session, rows=[elder(day.village, contacts=(contact,))], now=NOW)[0]
        person = session.scalars(
            select(ContactPerson).where(ContactPerson.resident_id == helper)
        ).one()
        person.resident_id = day.residents[0]
        session.flush()
        assert number_for_stop(session, door=door, leg_id=leg, now=at(9, 10)) == "+8613900000321"
        with pytest.raises(NumberClosed):
            number_for_stop(session, door=door, leg_id=leg, now=at(6, 0))
        with pytest.raises(NotFound):
            number_for_stop(session, door=door, leg_id=999, now=at(9, 10))
        looks = session.scalars(select(AuditEntry).where(AuditEntry.act == "number_shown")).all()
        assert len(looks) == 1


def door_from(link: FieldLink) -> FieldDoor:
    return FieldDoor(
        link.id, link.kind, link.driver_id, link.escort_id, link.on, link.expires_at, True
    )
