"""Plans, repairs and publishing as a dispatcher meets them: asked, watched, compared, accepted, taken back."""

from __future__ import annotations

import re
import threading

import pytest
from werkzeug.test import TestResponse

from outreach.db import Database
from outreach.jobs import plan_works  # noqa: F401 - registers its works
from outreach.jobs.tasks import TaskLoop
from outreach.places.operations import move_clock
from outreach.services import Services
from outreach.transport.codes import LegStatus
from outreach.workflows import make_plan
from tests.builders.clinics import DAY
from tests.builders.ledger import NOW
from tests.builders.transport import assign, leg_of
from tests.web.conftest import Post, text_of
from tests.web.dispatch.conftest import Office

ON = DAY.isoformat()


@pytest.fixture(autouse=True)
def before_the_day(
    board: Office, office_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is some days before the day that is planned, and the engine is given one second."""
    with office_database.write() as session:
        move_clock(session, to=NOW)
    monkeypatch.setattr(make_plan, "SECONDS_SMALL", 1.0)
    monkeypatch.setattr(make_plan, "REPAIR_SECONDS", 1.0)


def to(answer: TestResponse) -> str:
    assert answer.status_code == 303, text_of(answer)
    return answer.headers["Location"]


def work(services: Services) -> None:
    """Let the worker do the one thing that was asked for."""
    assert TaskLoop(services, threading.Event()).do_one()


def planned(board: Office, post: Post, services: Services) -> str:
    address = to(post(board.chen, "/day/plans", on=ON, kind="day"))
    work(services)
    return address


def test_a_plan_is_asked_for_watched_accepted_and_taken_back(
    board: Office, post: Post, office_services: Services, office_database: Database
) -> None:
    address = to(post(board.chen, "/day/plans", on=ON, kind="day"))
    waiting = board.chen.get(address).get_data(as_text=True)
    assert "<progress" in waiting
    assert to(post(board.chen, "/day/plans", on=ON, kind="day")) == address  # not made twice
    work(office_services)
    page = text_of(board.chen.get(address))
    assert "People with every ride planned 0 4" in page
    assert re.search(r"\+ 赵.兰, 赵.兰", page)  # in English no ideographic comma between names
    out = board.trips[0][1]
    assert leg_of(office_database, out).status is LegStatus.WAITING
    to(post(board.chen, f"{address}/accept", whole="1"))
    assert leg_of(office_database, out).status is LegStatus.ASSIGNED
    to(post(board.chen, f"{address}/undo"))
    assert leg_of(office_database, out).status is LegStatus.WAITING


def test_a_search_that_is_stopped_before_it_began_changes_nothing(
    board: Office, post: Post, office_database: Database
) -> None:
    address = to(post(board.chen, "/day/plans", on=ON, kind="day"))
    to(post(board.chen, f"{address}/stop"))
    assert "Stopped before anything was found" in text_of(board.chen.get(address))
    assert leg_of(office_database, board.trips[0][1]).status is LegStatus.WAITING


def test_another_street_sees_neither_plans_nor_repairs_nor_reasons(
    board: Office, post: Post, office_services: Services
) -> None:
    address = planned(board, post, office_services)
    assert board.stranger.get(address).status_code == 404
    assert post(board.stranger, f"{address}/accept", whole="1").status_code == 404
    car = board.day.vehicles[0]
    assert post(board.stranger, "/day/repairs/car", on=ON, car=car).status_code == 404
    driver = board.day.drivers[0]
    assert post(board.stranger, "/day/repairs/driver", on=ON, driver=driver).status_code == 404
    appointment = board.trips[0][0]
    assert post(board.stranger, f"/day/explain/{appointment}").status_code == 404
    session = board.day.session_id
    closing = f"/day/repairs/sessions/{session}/close?on={ON}&from=09:00"
    assert board.stranger.get(closing).status_code == 404


def test_a_plan_overtaken_by_a_colleague_is_refused_by_the_name_of_the_car(
    board: Office, post: Post, office_services: Services, office_database: Database
) -> None:
    address = planned(board, post, office_services)
    for run in range(2):
        assign(office_database, board.day, board.trips[run][1], run=run)
    answer = post(board.chen, f"{address}/accept", whole="1")
    assert answer.status_code == 409
    assert re.search("豫A000[01]D", text_of(answer))


def test_publishing_shows_first_whom_it_tells(
    board: Office, post: Post, office_services: Services
) -> None:
    address = planned(board, post, office_services)
    to(post(board.chen, f"{address}/accept", whole="1"))
    page = text_of(board.chen.get(f"/day/publishing?on={ON}"))
    assert "4 families told for the first time" in page
    assert "0 families told of another time" in page


def test_one_click_notes_a_broken_car_and_shows_the_repair(
    board: Office, post: Post, office_services: Services, office_database: Database
) -> None:
    to(post(board.chen, f"{planned(board, post, office_services)}/accept", whole="1"))
    assert "Car broke down" in text_of(board.chen.get(f"/day/repairs?on={ON}"))
    address = to(post(board.chen, "/day/repairs/car", on=ON, car=board.day.vehicles[0]))
    page = text_of(board.chen.get(address))
    assert "A car broke down" in page
    assert "People with every ride planned" in page
    post(board.chen, f"{address}/accept", whole="1")
    assert leg_of(office_database, board.trips[0][1]).status is LegStatus.ASSIGNED


def test_a_session_closes_after_a_look_and_everybody_is_on_the_list_of_calls(
    board: Office, post: Post
) -> None:
    address = f"/day/repairs/sessions/{board.day.session_id}/close"
    page = text_of(board.chen.get(f"{address}?on={ON}&from=09:00"))
    assert page.count("at home: not fetched") == 4
    form = {"on": ON, "from": "09:00", "reason": "snow"}
    assert post(board.chen, address, **form).status_code == 303
    listed = text_of(board.chen.get(f"/day/repairs?on={ON}"))
    assert "To be called until reached 4" in listed
    to(post(board.chen, f"/day/repairs/calls/{board.trips[0][0]}", on=ON))
    assert "To be called until reached 3" in text_of(board.chen.get(f"/day/repairs?on={ON}"))


def test_what_would_help_is_answered_by_the_worker(
    board: Office, post: Post, office_services: Services
) -> None:
    address = to(post(board.chen, f"/day/explain/{board.trips[0][0]}"))
    assert "<progress" in board.chen.get(address).get_data(as_text=True)
    work(office_services)
    assert "There is room: planning anew" in text_of(board.chen.get(address))


def test_places_with_cars_are_named_for_the_caller(board: Office) -> None:
    page = text_of(board.chen.get(f"/residents/{board.day.residents[0]}/places?on={ON}"))
    assert "Slots with cars that have room" in page
    assert "minutes more on the road" in page
