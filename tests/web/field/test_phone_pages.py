"""Doors, pages and batches of drivers' and escorts' phones, as an attacker and as a bad network meet them."""

from __future__ import annotations

import gzip
import re
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import select

from outreach.accounts.codes import Role
from outreach.audit.models import AuditEntry
from outreach.clinics.models import DayEvent
from outreach.ledger.codes import PhoneKind, Relation
from outreach.ledger.models import ContactPerson, Resident
from outreach.ledger.new_residents import NewContact, NewPhone, add_residents
from outreach.places.queries import get_place
from outreach.transport.codes import LegStatus
from outreach.transport.run_models import RunStop
from tests.builders.clinics import at
from tests.builders.ledger import NOW, elder
from tests.builders.transport import leg_of
from tests.web.conftest import text_of
from tests.web.field.conftest import Street, tell, token_of

STATIC = Path(__file__).resolve().parents[3] / "outreach" / "static"
FIRST_LOAD_AT_MOST = 150_000


def told(street: Street, kind: str, when: str, **more: object) -> dict[str, object]:
    return {"uuid": uuid4().hex, "kind": kind, "at": when, "leg": street.out, **more}


def test_fault_59_guessed_expired_foreign_and_second_phones_open_nothing(street: Street) -> None:
    made = street.link(driver_id=street.day.drivers[0])
    stranger = street.app.test_client()
    assert stranger.get("/field/l/" + "A" * 22).status_code == 404
    assert stranger.get("/field/run").status_code == 403
    assert street.phone(made).get("/field/run").status_code == 200
    second = street.app.test_client()
    answer = second.post(f"/field/l/{made.token}", data={"csrf_token": token_of(second)})
    assert answer.status_code == 403
    assert second.get("/field/run").status_code == 403
    assert second.get("/field/now").status_code == 403
    dispatcher = street.staff(Role.DISPATCHER)
    assert "另一部" in text_of(dispatcher.get("/field-links"))
    token = token_of(dispatcher)
    dispatcher.post(f"/field-links/{made.link_id}/admit", data={"csrf_token": token})
    assert second.get("/field/run").status_code == 200
    street.clock(to=at(20, 0))  # shift end and two hours
    assert second.get("/field/run").status_code == 410
    assert tell(second, told(street, "picked_up", at(9).isoformat())).status_code == 410


def test_n6_a_dispatcher_elsewhere_neither_sees_nor_decides_about_a_waiting_phone(
    street: Street,
) -> None:
    made = street.link(driver_id=street.day.drivers[0])
    street.phone(made)
    second = street.app.test_client()
    second.post(f"/field/l/{made.token}", data={"csrf_token": token_of(second)})
    elsewhere = street.staff(Role.DISPATCHER, street.day.village.community_id)
    assert "另一部" not in text_of(elsewhere.get("/field-links"))
    token = token_of(elsewhere)
    for what in ("admit", "refuse", "revoke"):
        answer = elsewhere.post(f"/field-links/{made.link_id}/{what}", data={"csrf_token": token})
        assert answer.status_code == 404
    assert second.get("/field/run").status_code == 403


def test_fault_58_a_doubled_batch_counts_once_and_batches_are_never_throttled(
    street: Street,
) -> None:
    phone = street.phone()
    street.clock(to=at(9, 40))
    ride = [
        told(street, "picked_up", at(9, 12).isoformat()),
        told(street, "at_site", at(9, 21).isoformat()),
    ]
    for _time in range(60):
        answer = tell(phone, *ride, *reversed(ride))
        assert answer.status_code == 200
    with street.database.read() as session:
        assert len(session.scalars(select(DayEvent)).all()) == 2
    assert leg_of(street.database, street.out).status is LegStatus.DROPPED_OFF


def test_a_batch_that_cannot_be_read_is_refused_and_one_bad_part_loses_no_other(
    street: Street,
) -> None:
    phone = street.phone()
    street.clock(to=at(9, 40))
    headers = {"X-CSRFToken": token_of(phone), "Accept": "application/json"}
    unreadable: list[object] = [[], {"told": "x"}, {"told": [{"uuid": "x"}]}, {"told": [1]}]
    for bad in unreadable:
        assert phone.post("/field/told", json=bad, headers=headers).status_code == 422
    many = {"told": [{"uuid": "x"}] * 201}
    assert phone.post("/field/told", json=many, headers=headers).status_code == 422
    good = told(street, "picked_up", at(9, 12).isoformat())
    bad_kind = told(street, "teleported", at(9, 13).isoformat())
    alien = {**told(street, "at_site", at(9, 14).isoformat()), "leg": 999_999}
    taken = tell(phone, good, bad_kind, alien).get_json()["taken"]
    assert [one["error"] for one in taken] == ["", "not_in_list", "ride_leg"]
    assert all(one["words"] for one in taken if one["error"])
    assert phone.post("/field/told", json={"told": [good]}).status_code == 400  # no token


def test_moment_5h_the_number_is_shown_on_tap_for_that_stop_and_window_and_kept(
    street: Street,
) -> None:
    number = "+8613900000321"
    with street.database.write() as session:
        contact = NewContact(Relation.SELF, phones=(NewPhone(number, PhoneKind.MOBILE),))
        rows = [elder(street.day.village, contacts=(contact,))]
        helper = add_residents(session, rows=rows, now=NOW)[0]
        person = session.scalars(
            select(ContactPerson).where(ContactPerson.resident_id == helper)
        ).one()
        person.resident_id = street.day.residents[0]
    phone = street.phone()
    token = token_of(phone)
    for path in ("/field/run", "/field/now"):
        assert number.removeprefix("+86") not in phone.get(path).get_data(as_text=True)

    def looks() -> int:
        with street.database.read() as session:
            kept = select(AuditEntry).where(AuditEntry.act == "number_shown")
            return len(session.scalars(kept).all())

    street.clock(to=at(6, 0))
    early = phone.post(f"/field/call/{street.out}", data={"csrf_token": token})
    assert (early.status_code, looks()) == (404, 0)
    street.clock(to=at(9, 0))
    shown = phone.post(f"/field/call/{street.out}", data={"csrf_token": token})
    assert f'href="tel:{number}"' in shown.get_data(as_text=True)
    other = street.phone(street.link(driver_id=street.day.drivers[1]))
    foreign = other.post(f"/field/call/{street.out}", data={"csrf_token": token_of(other)})
    assert (foreign.status_code, looks()) == (404, 1)


def test_n6_the_drivers_page_holds_no_full_name_and_the_shell_nothing_at_all(
    street: Street,
) -> None:
    with street.database.read() as session:
        name = session.get_one(Resident, street.day.residents[0]).name
    page = street.phone().get("/field/run").get_data(as_text=True)
    assert "赵老人" in page
    assert name not in page
    for path in ("/field/shell", "/field/worker.js", "/field/app.webmanifest", "/field"):
        answer = street.app.test_client().get(path)
        assert answer.status_code == 200
        assert "赵" not in answer.get_data(as_text=True)
        assert answer.headers["Cache-Control"] == "no-store"


def test_the_page_can_be_installed_and_its_worker_names_files_that_exist(street: Street) -> None:
    browser = street.app.test_client()
    manifest = browser.get("/field/app.webmanifest").get_json(force=True)
    assert manifest["start_url"] == "/field/run"
    assert manifest["display"] == "standalone"
    sizes = {icon["sizes"] for icon in manifest["icons"]}
    assert sizes == {"192x192", "512x512"}
    script = browser.get("/field/worker.js").get_data(as_text=True)
    files = re.findall(r'"(/[^"]+)"', script.split("\n", 1)[0])
    for address in files + [icon["src"] for icon in manifest["icons"]]:
        with browser.get(address) as answer:
            assert answer.status_code == 200, address


def test_first_load_of_a_full_run_stays_below_150_kb_over_the_wire(street: Street) -> None:
    phone = street.phone()
    page = phone.get("/field/run").get_data()
    with street.database.read() as session:
        stops = len(session.scalars(select(RunStop)).all())
    per_stop = len(page) / stops
    linked = re.findall(r'(?:href|src)="(/static/[^"?]+)', page.decode())
    scripts = [f"/static/{p.relative_to(STATIC)}" for p in (STATIC / "js").glob("field-*.js")]
    files = {STATIC / name.removeprefix("/static/") for name in [*linked, *scripts]}
    packed = sum(
        len(gzip.compress(p.read_bytes(), 6)) if p.suffix != ".png" else p.stat().st_size
        for p in files
    )
    assert packed + len(page) + 16 * per_stop < FIRST_LOAD_AT_MOST  # a day of twenty stops


def test_without_a_script_every_tap_is_a_form_and_the_same_button_twice_is_one(
    street: Street,
) -> None:
    phone = street.phone(language="en")
    street.clock(to=at(9, 10))
    token, uuid = token_of(phone), uuid4().hex
    for _time in range(2):
        sent = {"csrf_token": token, "uuid": uuid, "leg": street.out, "kind": "arrived_at_door"}
        assert phone.post("/field/tap", data=sent).status_code == 303
    with street.database.read() as session:
        assert len(session.scalars(select(DayEvent)).all()) == 1
    page = phone.get("/field/run").get_data(as_text=True)
    shown = re.findall(r'<button[^>]*value="(\w+)"[^>]*data-main>', page)
    assert shown[0] == "picked_up"
    refused = phone.post(
        "/field/tap",
        data={"csrf_token": token, "uuid": uuid4().hex, "leg": street.back, "kind": "handed_over"},
    )
    assert refused.status_code == 422
    assert "Write down who received the person." in text_of(refused)


def test_the_living_part_is_sent_only_when_it_changed(street: Street) -> None:
    phone = street.phone()
    first = phone.get("/field/now")
    assert first.status_code == 200
    assert first.headers["Cache-Control"] == "no-store"
    same = phone.get("/field/now", headers={"If-None-Match": first.headers["ETag"]})
    assert same.status_code == 304
    street.clock(to=at(9, 20))
    tell(phone, told(street, "picked_up", at(9, 15).isoformat()))
    moved = phone.get("/field/now", headers={"If-None-Match": first.headers["ETag"]})
    assert moved.status_code == 200


def test_the_store_key_dies_with_the_link_and_differs_between_phones(street: Street) -> None:
    first = street.phone()
    answer = first.get("/field/run")
    cookie = next(c for c in answer.headers.getlist("Set-Cookie") if c.startswith("field_store="))
    left = int(re.search(r"Max-Age=(\d+)", cookie)[1])  # type: ignore[index]
    assert timedelta(hours=11) < timedelta(seconds=left) <= timedelta(hours=11, minutes=30)
    assert "SameSite=Strict" in cookie
    assert "Path=/field" in cookie
    second = street.phone(street.link(escort_id=street.day.escorts[0]))
    other = next(
        c
        for c in second.get("/field/run").headers.getlist("Set-Cookie")
        if c.startswith("field_store=")
    )
    assert cookie.split(";")[0] != other.split(";")[0]


@pytest.mark.parametrize("path", ["/field/run", "/field/now", "/field/learn"])
def test_the_escorts_pages_open_too(street: Street, path: str) -> None:
    phone = street.phone(street.link(escort_id=street.day.escorts[0]), language="en")
    assert phone.get(path).status_code == 200


def test_the_demo_s_door_opens_a_run_and_without_one_says_how_to_get_one(street: Street) -> None:
    with street.database.write() as session:
        get_place(session).is_demo = True
    street.clock(to=at(8, 0))
    newcomer = street.app.test_client()
    assert "打开我的行程" in text_of(newcomer.get("/field/demo/driver"))
    answer = newcomer.post("/field/demo/driver", data={"csrf_token": token_of(newcomer)})
    assert answer.location == "/field/run"
    assert newcomer.get("/field/run").status_code == 200
    street.clock(to=at(8, 0) + timedelta(days=1))
    assert "以调度员身份进入" in text_of(newcomer.get("/field/demo/driver"))
    assert "没有带引导员的已发布行程" in text_of(newcomer.get("/field/demo/escort"))
