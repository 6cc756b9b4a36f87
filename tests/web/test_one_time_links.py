"""One-time links: they open once, die in time, and previews of them change nothing."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from outreach.accounts.codes import LinkPurpose, Role
from outreach.accounts.links import first_administrator_link, make_link
from outreach.accounts.models import OneTimeLink, RoleGrant, User
from outreach.db import Database
from outreach.kernel.clock import real_now
from tests.builders.office import PASSWORD, Office, add_member
from tests.web.conftest import Join, Post, csrf_token, text_of


@pytest.fixture
def first_link(office_database: Database, office: Office) -> str:
    with office_database.write() as session:
        return "/link/" + first_administrator_link(session, now=real_now())


def follow(client: FlaskClient, address: str, **fields: str) -> int:
    data = {"csrf_token": csrf_token(client), "password": PASSWORD, "again": PASSWORD, **fields}
    return client.post(address, data=data).status_code


def test_the_first_run_link_makes_an_administrator_of_every_district_and_signs_in(
    browser: FlaskClient, first_link: str, office_database: Database, office: Office
) -> None:
    assert follow(browser, first_link, username="Wang", display_name="王主任") == 303
    assert browser.get("/admin/users").status_code == 200
    with office_database.read() as session:
        user = session.scalars(select(User)).one()
        grant = session.scalars(select(RoleGrant)).one()
        assert (user.username, user.display_name) == ("wang", "王主任")
        assert (grant.role, grant.area_id) == (Role.ADMINISTRATOR, office.district)


def test_a_one_time_link_works_once(browser: FlaskClient, first_link: str) -> None:
    assert follow(browser, first_link, username="wang", display_name="Wang") == 303
    other = browser.application.test_client()
    other.set_cookie("language", "en")
    again = other.get(first_link)
    assert again.status_code == 404
    assert "used already or is too old" in text_of(again)
    assert follow(other, first_link, username="thief", display_name="Thief") == 404


def test_fault_61_a_link_preview_does_not_use_the_link_up(
    browser: FlaskClient, first_link: str
) -> None:
    preview = browser.application.test_client()
    for _time in range(3):
        assert preview.get(first_link).status_code == 200
        assert preview.head(first_link).status_code == 200
    assert follow(browser, first_link, username="wang", display_name="Wang") == 303


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"username": "x"}, "2 to 40 letters"),
        ({"display_name": ""}, "Please fill this in."),
        ({"password": "short", "again": "short"}, "At least 10 characters."),
        ({"again": "something else"}, "not the same"),
    ],
)
def test_a_form_with_faults_says_so_and_leaves_the_link_alive(
    browser: FlaskClient, first_link: str, fields: dict[str, str], said: str
) -> None:
    good = {"username": "wang", "display_name": "Wang", "password": PASSWORD, "again": PASSWORD}
    data = {"csrf_token": csrf_token(browser), **good, **fields}
    answer = browser.post(first_link, data=data)
    assert answer.status_code == 422
    assert said in text_of(answer)
    assert follow(browser, first_link, username="wang", display_name="Wang") == 303


def test_a_link_dies_after_its_time(
    browser: FlaskClient, first_link: str, office_database: Database
) -> None:
    with office_database.write() as session:
        session.execute(update(OneTimeLink).values(expires_at=real_now() - timedelta(seconds=1)))
    assert browser.get(first_link).status_code == 404
    assert follow(browser, first_link, username="wang", display_name="Wang") == 404


def test_a_newer_link_ends_the_older_one(
    browser: FlaskClient, first_link: str, office_database: Database
) -> None:
    with office_database.write() as session:
        newer = "/link/" + first_administrator_link(session, now=real_now())
    assert browser.get(first_link).status_code == 404
    assert browser.get(newer).status_code == 200


def test_an_invitation_leads_to_a_password_and_the_page_of_the_role(
    join: Join, browser: FlaskClient, office: Office, post: Post
) -> None:
    boss = join("boss", (Role.ADMINISTRATOR, office.district))
    made = post(
        boss,
        "/admin/users/new",
        username="li",
        display_name="李四",
        role="administrator",
        area_id=office.street,
    )
    address = re.search(r'value="http://localhost(/link/[^"]+)"', made.get_data(as_text=True))
    assert address is not None
    assert follow(browser, address[1]) == 303
    assert browser.get("/admin/users").status_code == 200


def test_a_reset_link_signs_every_other_browser_of_the_account_out(
    join: Join, browser: FlaskClient, office: Office, office_database: Database
) -> None:
    old = join("li", (Role.ADMINISTRATOR, office.district), password="the old password")
    with office_database.write() as session:
        user_id = session.scalars(select(User.id).where(User.username == "li")).one()
        token = make_link(session, purpose=LinkPurpose.RESET, now=real_now(), user_id=user_id)
    assert follow(browser, f"/link/{token}") == 303
    assert old.get("/admin/users").status_code == 303
    assert browser.get("/admin/users").status_code == 200


def test_the_link_of_a_closed_account_is_dead(
    browser: FlaskClient, office: Office, office_database: Database
) -> None:
    with office_database.write() as session:
        user_id = add_member(session, "li", (Role.ADMINISTRATOR, office.district))
        token = make_link(session, purpose=LinkPurpose.RESET, now=real_now(), user_id=user_id)
        session.execute(update(User).values(is_active=False))
    assert browser.get(f"/link/{token}").status_code == 404


def test_guessing_links_is_throttled_but_opening_a_true_one_often_is_not(
    browser: FlaskClient, first_link: str
) -> None:
    assert {browser.get(first_link).status_code for _time in range(25)} == {200}
    answers = [browser.get(f"/link/guess{n}").status_code for n in range(21)]
    assert answers == [404] * 20 + [429]
