"""The family's page as families use it: large, without a login, and for this one visit alone (1e, 5m)."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from outreach.accounts.models import FamilyLink
from outreach.clinics.codes import AppointmentStatus, Mode
from outreach.clinics.models import Appointment, SiteSession
from outreach.clinics.operations import Booking
from outreach.clinics.rules import Ways
from outreach.contact.message_models import InboundMessage
from outreach.contact.models import Question
from outreach.db import Database
from outreach.services import Services
from outreach.web.family.calendar import calendar_entry
from outreach.workflows.book import book_trip
from tests.builders.town import NOW, Town
from tests.web.conftest import text_of
from tests.web.staff.conftest import SignIn

ZONE = ZoneInfo("Asia/Shanghai")


def booked(services: Services, town: Town, name: str, *, minutes: int = 0) -> int:
    """Book somebody for tomorrow morning by our car."""
    with services.database.read() as session:
        row = session.get_one(SiteSession, town.session_ids[0])
        slot_at = datetime.combine(row.on, row.opens, tzinfo=ZONE) + timedelta(minutes=minutes)
    asked = Booking(
        resident_id=town.resident(name),
        site_session_id=town.session_ids[0],
        slot_at=slot_at,
        ways=Ways(Mode.OUR_CAR, Mode.OUR_CAR),
        campaign_ids=(town.campaign_id,),
    )
    made = book_trip(
        services.database, services.travel_times, booking=asked, by=town.users["worker"], now=NOW
    )
    return made.appointment_id


@pytest.fixture
def visit(town_services: Services, town: Town) -> int:
    """Zhao's appointment of tomorrow."""
    return booked(town_services, town, "zhao")


@pytest.fixture
def slip(visit: int, sign_in: SignIn) -> tuple[str, str]:
    """The (code, path of the link) that the worker hands over on paper."""
    page = sign_in("worker").post(f"/bookings/{visit}/family", data={"contact": ""})
    html = page.get_data(as_text=True)
    assert page.status_code == 200
    assert "<svg" in html  # the QR code is drawn into the page
    code = re.search(r'id="family-code">([\d ]+)<', html)
    link = re.search(r"(/f/l/[\w-]+)", html)
    assert code is not None
    assert link is not None
    return code[1], link[1]


@pytest.fixture
def daughter(app: Flask) -> FlaskClient:
    """A browser in which nobody is signed in, reading English."""
    client = app.test_client()
    client.set_cookie("language", "en")
    return client


def open_visit(client: FlaskClient, slip: tuple[str, str]) -> str:
    answer = client.post("/f", data={"code": slip[0]}, follow_redirects=True)
    assert answer.status_code == 200
    return text_of(answer)


def form_id(client: FlaskClient) -> str:
    page = client.get("/f/visit").get_data(as_text=True)
    found = re.search(r'name="uuid" value="(\w+)"', page)
    assert found is not None
    return found[1]


def test_moment_1e_the_code_on_paper_opens_the_visit(
    daughter: FlaskClient, slip: tuple[str, str]
) -> None:
    words = open_visit(daughter, slip)
    assert "Ms 赵" in words
    assert "桂英" not in words  # a form of address, never the full name
    assert "棉纺东路" not in words
    assert "Yes, we come" in words
    assert "0371-60000000" in words


def test_fault_61_a_link_previewer_learns_nothing_and_changes_nothing(
    daughter: FlaskClient, slip: tuple[str, str], town_database: Database
) -> None:
    preview = daughter.get(slip[1])
    words = text_of(preview)
    assert preview.status_code == 200
    assert "赵" not in words
    assert daughter.get("/f/visit").status_code == 403  # looking let nobody in
    with town_database.read() as session:
        assert session.scalars(select(InboundMessage)).all() == []
    entered = daughter.post(slip[1], follow_redirects=True)
    assert "Ms 赵" in text_of(entered)
    for path in ("yes", "cancel", "ask"):
        assert daughter.get(f"/f/visit/1/{path}").status_code == 405


def test_without_a_door_nothing_is_shown_and_the_duty_desk_is_named(daughter: FlaskClient) -> None:
    for path in ("/f/visit", "/f/visit/now", "/f/visit/1.ics"):
        answer = daughter.get(path)
        assert answer.status_code == 403
        assert "赵" not in text_of(answer)
    answer = daughter.get("/f/visit")
    assert "0371-60000000" in text_of(answer)  # the missing code strands nobody
    assert daughter.get("/f/l/nonsense").status_code == 404
    wrong = daughter.post("/f", data={"code": "000 000 0000"})
    assert wrong.status_code == 422
    assert "ring us" in text_of(wrong)


def test_fault_60_another_visit_is_not_reached_through_ones_own_door(
    daughter: FlaskClient,
    slip: tuple[str, str],
    town_services: Services,
    town: Town,
    town_database: Database,
) -> None:
    other = booked(town_services, town, "wang", minutes=30)
    open_visit(daughter, slip)
    uuid = form_id(daughter)
    assert daughter.get(f"/f/visit/{other}.ics").status_code == 404
    for what in ("yes", "cancel", "another_time", "ask", "word"):
        answer = daughter.post(f"/f/visit/{other}/{what}", data={"uuid": uuid, "words": "x"})
        assert answer.status_code == 404
    for staff_page in (f"/bookings/{other}", f"/residents/{town.resident('wang')}", "/desk"):
        assert daughter.get(staff_page).status_code in {302, 303}  # to the sign-in
    with town_database.read() as session:
        assert session.get_one(Appointment, other).status is AppointmentStatus.BOOKED


def test_yes_another_time_and_a_question_reach_staff(
    daughter: FlaskClient,
    slip: tuple[str, str],
    visit: int,
    sign_in: SignIn,
    town_database: Database,
) -> None:
    open_visit(daughter, slip)
    yes = daughter.post(
        f"/f/visit/{visit}/yes", data={"uuid": form_id(daughter)}, follow_redirects=True
    )
    assert "Confirmed. We expect you." in text_of(yes)
    wish = {"uuid": form_id(daughter), "words": "Thursday morning would be better"}
    daughter.post(f"/f/visit/{visit}/another_time", data=wish)
    daughter.post(f"/f/visit/{visit}/another_time", data=wish)  # the back button
    replies = text_of(sign_in("worker").get("/replies"))
    assert replies.count("Thursday morning would be better") == 1
    asked = {"uuid": form_id(daughter), "words": "May she with her blood pressure?"}
    daughter.post(f"/f/visit/{visit}/ask", data=asked)
    doctor = sign_in("clinician")
    assert "May she with her blood pressure?" in text_of(doctor.get("/questions"))
    with town_database.read() as session:
        question_id = session.scalars(select(Question.id)).one()
    doctor.post(f"/questions/{question_id}/answer", data={"answer": "Yes, when it is steady."})
    assert "Yes, when it is steady." in text_of(daughter.get("/f/visit"))


def test_cancelling_on_the_page_names_its_consequence_and_tells_the_worker(
    daughter: FlaskClient, slip: tuple[str, str], visit: int, town_database: Database
) -> None:
    words = open_visit(daughter, slip)
    assert "The place and the car go to someone else at once" in words
    answer = daughter.post(
        f"/f/visit/{visit}/cancel", data={"uuid": form_id(daughter)}, follow_redirects=True
    )
    assert "cancelled" in text_of(answer)
    assert "Yes, we come" not in text_of(answer)
    with town_database.read() as session:
        assert session.get_one(Appointment, visit).status is AppointmentStatus.CANCELLED


def test_a_called_back_slip_shows_nothing_and_a_fault_keeps_what_was_typed(
    daughter: FlaskClient,
    slip: tuple[str, str],
    visit: int,
    sign_in: SignIn,
    town_database: Database,
) -> None:
    open_visit(daughter, slip)
    empty = daughter.post(f"/f/visit/{visit}/ask", data={"uuid": form_id(daughter), "words": " "})
    assert empty.status_code == 422
    with town_database.read() as session:
        link_id = session.scalars(select(FamilyLink.id)).one()
    worker = sign_in("worker")
    worker.post(f"/bookings/{visit}/family/{link_id}/revoke")
    gone = daughter.get("/f/visit")
    assert gone.status_code == 410
    assert "赵" not in text_of(gone)
    assert daughter.post(slip[1]).status_code == 410
    assert daughter.post("/f", data={"code": slip[0]}).status_code == 422


def test_n6_another_community_hands_nothing_over(visit: int, sign_in: SignIn) -> None:
    stranger = sign_in("other_worker")
    assert stranger.get(f"/bookings/{visit}/family").status_code == 404
    assert stranger.post(f"/bookings/{visit}/family", data={"contact": ""}).status_code == 404
    assert stranger.post(f"/bookings/{visit}/family/1/revoke").status_code == 404
    for role in ("leader", "clinician", "caller"):
        assert sign_in(role).get(f"/bookings/{visit}/family").status_code == 403


def test_moment_5m_the_visit_goes_into_a_calendar(
    daughter: FlaskClient, slip: tuple[str, str], visit: int
) -> None:
    open_visit(daughter, slip)
    answer = daughter.get(f"/f/visit/{visit}.ics")
    text = answer.get_data(as_text=True)
    assert answer.mimetype == "text/calendar"
    assert "DTSTART:20221216T003000Z" in text  # 08:30 in Zhengzhou
    assert "赵桂英" not in text
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))


def test_a_calendar_entry_escapes_and_folds() -> None:
    text = calendar_entry(
        uid="v1",
        starts_at=NOW,
        title="a,b;c\\d",
        where="街" * 60,
        notes="one\ntwo",
        version=2,
        now=NOW,
    )
    assert "SUMMARY:a\\,b\\;c\\\\d\r\n" in text
    assert "DESCRIPTION:one\\ntwo\r\n" in text
    assert "街" * 60 in text.replace("\r\n ", "")
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))


def test_the_first_load_is_light(daughter: FlaskClient, slip: tuple[str, str]) -> None:
    open_visit(daughter, slip)
    page = daughter.get("/f/visit")
    html = page.get_data(as_text=True)
    weight = len(page.data)
    for path in set(re.findall(r'(?:href|src)="(/static/[^"]+\.(?:css|js|svg)[^"]*)"', html)):
        answer = daughter.get(path)
        weight += len(answer.data)
        answer.close()
    assert weight < 150_000
