"""Paper and the office's side: day packs, rows entered by code, receipts, corrected stops, hours."""

from __future__ import annotations

from uuid import uuid4

from sqlalchemy import select

from outreach.accounts.codes import Role
from outreach.audit.models import AuditEntry
from outreach.clinics.codes import EventSource
from outreach.clinics.models import DayEvent
from outreach.kernel.geo import Point
from outreach.ledger.models import Resident
from outreach.places.addresses import note_real_stop
from outreach.places.models import Address
from outreach.transport.codes import LegStatus
from outreach.transport.row_codes import RowKind, row_code
from tests.builders.clinics import DAY, at
from tests.builders.transport import leg_of
from tests.web.conftest import text_of
from tests.web.field.conftest import Street, token_of


def test_moment_5g_the_pack_of_the_evening_before_holds_runs_desk_lists_and_calls(
    street: Street,
) -> None:
    dispatcher = street.staff(Role.DISPATCHER)
    page = dispatcher.get(f"/paper/pack?on={DAY}")
    text = text_of(page)
    for kind, row_id in (
        (RowKind.PICKUP, street.out),
        (RowKind.DROPOFF, street.back),
        (RowKind.VISIT, street.appointment),
    ):
        assert row_code(kind, row_id) in text
    assert page.get_data(as_text=True).count("<svg") >= 4  # a picture per row of the run
    assert "☐" in text
    elsewhere = street.staff(Role.DISPATCHER, street.day.village.community_id)
    assert row_code(RowKind.PICKUP, street.out) not in text_of(
        elsewhere.get(f"/day/runs/{street.run}/sheet?on={DAY}")
    )


def test_moment_5g_whole_numbers_are_printed_on_demand_and_that_is_kept(street: Street) -> None:
    dispatcher = street.staff(Role.DISPATCHER)
    sent = {"csrf_token": token_of(dispatcher), "on": DAY.isoformat()}
    assert dispatcher.post("/paper/pack", data=sent).status_code == 200
    with street.database.read() as session:
        kept = session.scalars(select(AuditEntry).where(AuditEntry.act == "numbers_printed")).all()
        assert [entry.subject_id for entry in kept] == [street.day.residents[0]]


def test_moment_5g_a_row_typed_from_paper_keeps_the_true_time_and_the_author(
    street: Street,
) -> None:
    street.clock(to=at(19, 0))
    dispatcher = street.staff(Role.DISPATCHER)
    token = token_of(dispatcher)
    for kind, row, when, more in (
        ("picked_up", (RowKind.PICKUP, street.out), "09:12", {}),
        ("at_site", (RowKind.DROPOFF, street.out), "09:21", {}),
        ("left_site", (RowKind.PICKUP, street.back), "10:31", {}),
        ("handed_over", (RowKind.DROPOFF, street.back), "10:44", {"received_by": "女儿"}),
    ):
        code = row_code(*row)
        found = dispatcher.get(f"/paper?code={code.lower().replace('-', '')}")
        assert found.status_code == 303
        data = {"csrf_token": token, "kind": kind, "at": when, "by": "driver", **more}
        for _time in range(2):  # entered twice, it counts once
            assert dispatcher.post(f"/paper/{code}", data=data).status_code == 303
    assert leg_of(street.database, street.back).status is LegStatus.HANDED_OVER
    with street.database.read() as session:
        events = session.scalars(select(DayEvent).order_by(DayEvent.happened_at)).all()
        assert [e.happened_at for e in events] == [at(9, 12), at(9, 21), at(10, 31), at(10, 44)]
        assert {e.source for e in events} == {EventSource.PAPER}
        assert {e.by_driver_id for e in events} == {street.day.drivers[0]}
        assert all(e.by_user_id for e in events)


def test_a_wrong_code_a_time_to_come_and_a_row_of_others_are_refused(street: Street) -> None:
    street.clock(to=at(9, 0))
    dispatcher = street.staff(Role.DISPATCHER)
    assert dispatcher.get("/paper?code=22-2").status_code == 422
    assert dispatcher.get("/paper/ZZZZ").status_code == 404
    code = row_code(RowKind.PICKUP, street.out)
    data = {"csrf_token": token_of(dispatcher), "kind": "picked_up", "at": "09:30", "by": "driver"}
    assert dispatcher.post(f"/paper/{code}", data=data).status_code == 422
    with street.database.write() as session:
        resident = session.get_one(Resident, street.day.residents[0])
        community_id = resident.community_id
    assert street.staff(Role.DISPATCHER, community_id).get(f"/paper/{code}").status_code == 200
    worker = street.staff(Role.GRID_WORKER)
    assert worker.get(f"/paper/{code}").status_code == 403


def test_moment_5n_a_word_to_the_crew_shows_on_the_phone_and_its_receipt_at_the_desk(
    street: Street,
) -> None:
    phone = street.phone()
    dispatcher = street.staff(Role.DISPATCHER)
    sent = {"csrf_token": token_of(dispatcher), "uuid": uuid4().hex, "code": "go_on"}
    dispatcher.post(f"/field-work/runs/{street.run}/tell", data=sent)
    dispatcher.post(f"/field-work/runs/{street.run}/tell", data=sent)
    assert text_of(phone.get("/field/run")).count("不用等了") >= 1
    assert "未读" in text_of(dispatcher.get(f"/field-work?on={DAY}"))
    read = {"csrf_token": token_of(phone), "uuid": uuid4().hex, "sort": "read", "about": 1}
    assert phone.post("/field/tap", data=read).status_code == 303
    assert "08:3" in text_of(dispatcher.get(f"/field-work?on={DAY}"))
    elsewhere = street.staff(Role.DISPATCHER, street.day.village.community_id)
    sent = {**sent, "csrf_token": token_of(elsewhere)}
    answer = elsewhere.post(f"/field-work/runs/{street.run}/tell", data=sent)
    assert answer.status_code == 404


def test_moment_5i_staff_take_over_where_the_driver_stopped(street: Street) -> None:
    address_id = leg_of(street.database, street.out).from_address_id
    with street.database.write() as session:
        note_real_stop(
            session,
            address_id=address_id,
            stopped=Point(34.7561, 113.6011),
            access_note="走北门，按 3",
            now=at(9, 0),
        )
    dispatcher = street.staff(Role.DISPATCHER)
    assert "走北门，按 3" in text_of(dispatcher.get(f"/field-work?on={DAY}"))
    token = {"csrf_token": token_of(dispatcher)}
    assert dispatcher.post(f"/field-work/stops/{address_id}/take", data=token).status_code == 303
    assert dispatcher.post(f"/field-work/stops/{address_id}/take", data=token).status_code == 404
    with street.database.read() as session:
        address = session.get_one(Address, address_id)
        assert address.access_note == "走北门，按 3"
        assert address.stopped_checked_by is not None


def test_moment_5n_hours_leave_as_a_file_that_names_its_taker(street: Street) -> None:
    dispatcher = street.staff(Role.DISPATCHER)
    for kind in ("csv", "xlsx"):
        answer = dispatcher.get(f"/field-work/hours.{kind}?from={DAY}&until={DAY}")
        assert answer.status_code == 200
    text = dispatcher.get(f"/field-work/hours.csv?from={DAY}&until={DAY}").get_data(as_text=True)
    assert "豫A0000D" in text
    assert "Dispatcher" in text
    too_long = dispatcher.get("/field-work/hours.csv?from=2026-01-01&until=2026-11-26")
    assert too_long.status_code == 422
    with street.database.read() as session:
        kept = session.scalars(select(AuditEntry).where(AuditEntry.act == "export")).all()
        assert len(kept) == 3
