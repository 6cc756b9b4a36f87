"""The demo bar: any role in one click and a clock to move, but only where the place is a demo."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient

from outreach.accounts.codes import Role
from outreach.db import Database
from outreach.places.operations import move_clock
from outreach.places.queries import business_clock, get_place
from tests.builders.office import Office, add_member
from tests.web.conftest import Post, text_of

NINE = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)  # 09:00 in Zhengzhou


@pytest.fixture
def demo(browser: FlaskClient, office: Office, office_database: Database) -> FlaskClient:
    with office_database.write() as session:
        get_place(session).is_demo = True
        move_clock(session, to=NINE)
        add_member(session, "boss", (Role.ADMINISTRATOR, office.district))
        add_member(session, "auditor", (Role.AUDITOR, office.district))
    return browser


def business_now(database: Database) -> datetime:
    with database.read() as session:
        return business_clock(session).now()


def test_a_newcomer_steps_into_one_role_after_the_other(demo: FlaskClient, post: Post) -> None:
    assert "Step into a role" in text_of(demo.get("/login"))
    assert post(demo, "/demo/role/administrator").status_code == 303
    assert demo.get("/admin/users").status_code == 200
    post(demo, "/demo/role/auditor")
    assert demo.get("/admin/users").status_code == 403
    assert demo.get("/admin/audit").status_code == 200


def test_a_role_that_nobody_has_says_so(demo: FlaskClient, post: Post) -> None:
    answer = post(demo, "/demo/role/leader")
    assert answer.status_code == 422
    assert "Nobody in this demo place has that role yet." in text_of(answer)
    assert post(demo, "/demo/role/emperor").status_code == 404


@pytest.mark.parametrize(
    ("fields", "moved_to"),
    [
        ({"step": "quarter"}, NINE + timedelta(minutes=15)),
        ({"step": "hour"}, NINE + timedelta(hours=1)),
        ({"step": "morning"}, datetime(2026, 11, 21, 0, 0, tzinfo=UTC)),
        ({"step": "day"}, NINE + timedelta(days=1)),
        ({"to": "2026-11-22T17:00"}, datetime(2026, 11, 22, 9, 0, tzinfo=UTC)),
    ],
)
def test_the_clock_moves_forward(
    demo: FlaskClient,
    post: Post,
    office_database: Database,
    fields: dict[str, str],
    moved_to: datetime,
) -> None:
    answer = post(demo, "/demo/clock", next="/login", **fields)
    assert answer.location == "/login"
    assert abs(business_now(office_database) - moved_to) < timedelta(seconds=30)


@pytest.mark.parametrize("wish", ["2026-11-19T08:00", "", "soon"])
def test_the_clock_never_moves_backwards_nor_by_nonsense(
    demo: FlaskClient, post: Post, office_database: Database, wish: str
) -> None:
    answer = post(demo, "/demo/clock", next="/login", to=wish)
    assert answer.status_code == 303
    assert abs(business_now(office_database) - NINE) < timedelta(seconds=30)
    assert "The demo clock only moves forward" in text_of(demo.get("/login"))


def test_a_real_place_has_no_demo_bar_and_refuses_its_acts(
    browser: FlaskClient, office: Office, post: Post
) -> None:
    assert "Step into a role" not in text_of(browser.get("/login"))
    assert post(browser, "/demo/role/administrator").status_code == 403
    assert post(browser, "/demo/clock", step="day").status_code == 403
    assert browser.get("/admin/users").status_code == 303
