"""The desk's pages: who may do what where, faults named, the same form sent twice (moments 2d, 5c, 5k, 5l)."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from outreach.accounts.codes import Role
from outreach.accounts.models import RoleGrant
from outreach.accounts.operations import add_user
from outreach.campaigns.models import Product, ProductBatch
from outreach.clinics.codes import AppointmentStatus, SessionKind
from outreach.clinics.models import Appointment, SessionStock, SiteSession
from outreach.db import Database
from outreach.ledger.entry_models import Dose
from outreach.ledger.models import Resident
from outreach.places.models import Area
from outreach.places.operations import move_clock
from outreach.services import Services
from tests.builders.town import NOW, Town
from tests.web.conftest import text_of
from tests.web.staff.conftest import SignIn
from tests.web.staff.test_family_page import booked

MORNING = NOW + timedelta(days=1) - timedelta(hours=1)  # 08:30 of the session's day


@pytest.fixture
def visit(town_services: Services, town: Town, town_database: Database) -> int:
    """Zhao's appointment; the clock stands at its morning, one batch is on the table."""
    made = booked(town_services, town, "zhao", minutes=30)
    with town_database.write() as session:
        product = session.scalars(select(Product).where(Product.code == "coronavac")).one()
        batch = ProductBatch(product_id=product.id, number="D7", expires_on=date(2023, 6, 1))
        session.add(batch)
        session.flush()
        session.add(
            SessionStock(
                site_session_id=town.session_ids[0],
                product_id=product.id,
                batch_id=batch.id,
                doses=3,
                is_preset=True,
            )
        )
        district = session.scalars(select(Area).where(Area.name == "棉东区")).one()
        desk = add_user(session, username="desk", display_name="卫登记", now=NOW, by=None)
        session.add(RoleGrant(user_id=desk.id, role=Role.DESK, area_id=district.id, granted_at=NOW))
        move_clock(session, to=MORNING)
    return made


def form_id(client: FlaskClient, visit: int) -> str:
    page = client.get(f"/desk/visit/{visit}").get_data(as_text=True)
    found = re.search(r'name="uuid" value="(\w+)"', page)
    assert found is not None
    return found[1]


def send(client: FlaskClient, visit: int, what: str, **fields: object) -> str:
    data = {"uuid": form_id(client, visit), **fields}
    answer = client.post(f"/desk/visit/{visit}/{what}", data=data, follow_redirects=True)
    assert answer.status_code == 200
    return text_of(answer)


def test_moment_5k_from_the_door_to_the_clock_in_three_forms(
    visit: int, town: Town, sign_in: SignIn, town_database: Database
) -> None:
    desk = sign_in("desk")
    assert "赵桂英" in text_of(desk.get("/desk?text=zhao"))
    assert "赵桂英" not in text_of(desk.get("/desk?text=nobody"))
    assert "tick at least two" in send(desk, visit, "here", identity=["name"])
    send(desk, visit, "here", identity=["name", "birth_date"])
    words = send(desk, visit, "screen", temperature="36.6", yes=[str(town.campaign_id)])
    assert "Nothing stands against it" in words
    page = desk.get(f"/desk/visit/{visit}").get_data(as_text=True)
    assert "D7" in page
    uuid = form_id(desk, visit)
    table = {
        "uuid": uuid,
        "campaign": str(town.campaign_id),
        f"scan-{town.campaign_id}": "(10)D7",
    }
    for _press in range(2):  # the back button
        desk.post(f"/desk/visit/{visit}/jab", data=table)
    with town_database.read() as session:
        assert session.get_one(Appointment, visit).status is AppointmentStatus.DONE
        doses = select(func.count()).where(Dose.appointment_id == visit)
        assert session.scalar(doses) == 1
    assert "赵桂英" in text_of(desk.get("/observations"))
    other = sign_in("clinician")
    assert "recorded already" in send(other, visit, "jab", **table | {"uuid": "0" * 32})


def test_moment_5c_the_desk_asks_and_only_a_clinician_decides(visit: int, sign_in: SignIn) -> None:
    desk, doctor = sign_in("desk"), sign_in("clinician")
    send(desk, visit, "here", identity=["name", "known"])
    assert "A clinician must look first" in send(desk, visit, "screen", temperature="38.2")
    assert "waits for a clinician" in text_of(doctor.get("/desk"))
    assert desk.post(f"/desk/visit/{visit}/decide", data={"decision": "go"}).status_code == 403
    page = doctor.get(f"/desk/visit/{visit}").get_data(as_text=True)
    screen = re.search(r'name="pre_screen" value="(\d+)"', page)
    assert screen is not None
    words = send(doctor, visit, "decide", pre_screen=screen[1], decision="not_today", code="D11")
    assert "No dose" in words or "without" in words.lower()


def test_moment_5c_a_check_before_the_ride_is_asked_by_a_worker_and_answered_by_a_doctor(
    visit: int, sign_in: SignIn, town_database: Database
) -> None:
    worker, doctor = sign_in("worker"), sign_in("clinician")
    assert "not asked yet" in text_of(worker.get("/checks"))
    worker.post(f"/checks/{visit}", data={"new_medicine": "1"})
    assert "waits for a clinician" in text_of(doctor.get("/checks"))
    assert worker.post(f"/checks/{visit}/decide", data={"decision": "go"}).status_code == 403
    assert sign_in("other_worker").post(f"/checks/{visit}", data={}).status_code == 404
    doctor.post(f"/checks/{visit}/decide", data={"decision": "go", "uuid": "0" * 32})
    assert "may go" in text_of(worker.get("/checks"))


def test_moment_5k_a_walk_in_is_found_or_added_in_one_form(
    visit: int, town: Town, sign_in: SignIn, town_database: Database
) -> None:
    desk = sign_in("desk")
    where = f"/desk/walk-in/{town.session_ids[0]}"
    assert "王秀兰" in text_of(desk.get(f"{where}?text=王秀兰"))
    found = {
        "resident": str(town.resident("wang")),
        "uuid": "walk-in-0000-0001",
        "identity": ["name", "known"],
    }
    answer = desk.post(where, data=found)
    assert answer.status_code == 303
    added = {
        "name": "孙福田",
        "born_on": "1938-02-03",
        "area_id": str(town.community_id),
        "uuid": "walk-in-0000-0002",
        "identity": ["birth_date", "address"],
    }
    answer = desk.post(f"{where}/add", data=added)
    assert answer.status_code == 303
    with town_database.read() as session:
        who = session.scalars(select(Resident).where(Resident.name == "孙福田")).one()
        row = session.scalars(select(Appointment).where(Appointment.resident_id == who.id)).one()
        assert row.status is AppointmentStatus.ARRIVED
    missing = desk.post(f"{where}/add", data={**added, "born_on": "", "uuid": "walk-in-0000-0003"})
    assert missing.status_code == 422


def test_moment_5l_home_rounds_list_the_bed_bound_and_want_a_doctors_yes(
    visit: int, town: Town, sign_in: SignIn, town_database: Database
) -> None:
    with town_database.write() as session:
        session.get_one(Resident, town.resident("qian")).mobility = "M6"
        session.get_one(SiteSession, town.session_ids[1]).kind = SessionKind.HOME_ROUND
    worker, doctor = sign_in("worker"), sign_in("clinician")
    assert "waits for a clinician" in text_of(worker.get("/home-rounds"))
    where = f"/home-rounds/{town.resident('qian')}"
    assert worker.post(where, data={}).status_code == 403
    page = doctor.get("/home-rounds").get_data(as_text=True)
    slot = re.search(r'<option value="(\d+@\d+)"', page)
    assert slot is not None
    doctor.post(where, data={"slot": slot[1], "stay_minutes": "40", "observer": "孙护士"})
    assert "stays 40 minutes, 孙护士 watches" in text_of(worker.get("/home-rounds"))


def test_fault_60_a_desk_elsewhere_sees_and_changes_nothing(
    visit: int, town: Town, sign_in: SignIn, town_database: Database
) -> None:
    with town_database.write() as session:
        far = add_user(session, username="far", display_name="远登记", now=NOW, by=None)
        session.add(
            RoleGrant(
                user_id=far.id, role=Role.DESK, area_id=town.other_community_id, granted_at=NOW
            )
        )
    stranger = sign_in("far")
    assert "赵桂英" not in text_of(stranger.get("/desk"))
    assert stranger.get(f"/desk/visit/{visit}").status_code == 404
    for what in ("here", "screen", "jab", "no-dose", "tap", "next", "consent", "car"):
        answer = stranger.post(
            f"/desk/visit/{visit}/{what}",
            data={"uuid": "0" * 32, "kind": "ready", "campaign": "1", "result": "V04"},
        )
        assert answer.status_code == 404, what
    assert stranger.get(f"/desk/walk-in/{town.session_ids[0]}").status_code == 404
    for role in ("worker", "leader", "dispatcher"):
        assert sign_in(role).get(f"/desk/visit/{visit}").status_code == 403
    with town_database.read() as session:
        assert session.get_one(Appointment, visit).status is AppointmentStatus.BOOKED


def test_moment_5k_the_next_dose_is_booked_from_the_desk_with_one_tap(
    visit: int, town: Town, sign_in: SignIn, town_database: Database
) -> None:
    desk = sign_in("desk")
    send(desk, visit, "here", identity=["name", "birth_date"])
    send(desk, visit, "screen", temperature="36.6", yes=[str(town.campaign_id)])
    table = {"campaign": str(town.campaign_id), f"scan-{town.campaign_id}": "D7"}
    send(desk, visit, "jab", **table)
    with town_database.write() as session:
        like = session.get_one(SiteSession, town.session_ids[1])
        row = SiteSession(
            site_id=town.site_id, on=date(2023, 6, 20), opens=like.opens, closes=like.closes
        )
        session.add(row)
        session.flush()
        slot_at = datetime.combine(row.on, row.opens, tzinfo=NOW.tzinfo)
        slot = f"{row.id}@{int(slot_at.timestamp())}"
    assert slot in desk.get(f"/desk/visit/{visit}").get_data(as_text=True)  # offered by itself
    wanted = {"slot": slot, "campaign": str(town.campaign_id)}
    answer = desk.post(f"/desk/visit/{visit}/next", data=wanted)
    assert answer.status_code == 303
    with town_database.read() as session:
        question = select(Appointment).where(
            Appointment.resident_id == town.resident("zhao"), Appointment.id != visit
        )
        made = session.scalars(question).one()
        assert made.slot_at == slot_at
        assert made.outbound_mode is session.get_one(Appointment, visit).outbound_mode
