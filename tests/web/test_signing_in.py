"""The front door: signing in and out, throttles, the idle lock, and sittings that die with the account."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from outreach.accounts.codes import Role
from outreach.accounts.models import Sitting, ThrottleEvent, User
from outreach.accounts.operations import close_account
from outreach.accounts.rules import EVERYWHERE
from outreach.db import Database
from outreach.kernel.clock import real_now
from tests.builders.office import PASSWORD, Office, add_member
from tests.web.conftest import HTMX, Join, Post, csrf_token, text_of


@pytest.fixture
def member(office_database: Database, office: Office) -> int:
    """A member of staff who has a password."""
    with office_database.write() as session:
        return add_member(session, "wang", (Role.ADMINISTRATOR, office.district), password=PASSWORD)


def test_the_right_password_opens_and_leads_to_the_page_that_was_asked_for(
    browser: FlaskClient, member: int, post: Post
) -> None:
    asked = browser.get("/admin/users?text=li")
    assert asked.status_code == 303
    assert asked.location == "/login?next=/admin/users?text%3Dli"
    answer = post(browser, asked.location, username=" WANG ", password=PASSWORD)
    assert answer.location == "/admin/users?text=li"
    assert browser.get(answer.location).status_code == 200


@pytest.mark.parametrize(
    ("username", "password"),
    [("wang", "not the password"), ("nobody", PASSWORD), ("wang", "x" * 5000)],
)
def test_wrong_name_and_wrong_password_get_the_same_answer(
    browser: FlaskClient, member: int, post: Post, username: str, password: str
) -> None:
    answer = post(browser, "/login", username=username, password=password)
    assert answer.status_code == 422
    assert "The user name or the password is wrong." in text_of(answer)
    assert browser.get("/admin/users").status_code == 303


def test_a_closed_account_answers_like_a_wrong_password(
    browser: FlaskClient, member: int, office_database: Database, post: Post
) -> None:
    with office_database.write() as session:
        session.execute(update(User).values(is_active=False))
    answer = post(browser, "/login", username="wang", password=PASSWORD)
    assert "The user name or the password is wrong." in text_of(answer)


def test_fault_62_guessing_is_throttled_even_when_the_right_password_comes_at_last(
    browser: FlaskClient, member: int, office_database: Database, post: Post
) -> None:
    answers = [post(browser, "/login", username="wang", password=f"guess {n}") for n in range(5)]
    assert [answer.status_code for answer in answers] == [422] * 5
    shut = post(browser, "/login", username="wang", password=PASSWORD)
    assert shut.status_code == 429
    assert "Please wait 15 minutes" in text_of(shut)
    past = timedelta(minutes=16)
    with office_database.write() as session:
        for event in session.scalars(select(ThrottleEvent)):
            event.at -= past
    assert post(browser, "/login", username="wang", password=PASSWORD).status_code == 303


def test_fault_62_one_address_cannot_try_many_names(browser: FlaskClient, post: Post) -> None:
    token = csrf_token(browser)
    answers = [
        browser.post("/login", data={"csrf_token": token, "username": f"name{n}", "password": "x"})
        for n in range(31)
    ]
    assert [answer.status_code for answer in answers[:30]] == [422] * 30
    assert answers[30].status_code == 429


def test_fault_62_the_session_of_a_disabled_user_is_dead_on_the_next_request(
    join: Join, office: Office, office_database: Database
) -> None:
    boss = join("boss", (Role.ADMINISTRATOR, office.district))
    client = join("li", (Role.ADMINISTRATOR, office.street))
    assert client.get("/admin/users").status_code == 200
    with office_database.write() as session:
        li, chief = (
            session.scalars(select(User.id).where(User.username == name)).one()
            for name in ("li", "boss")
        )
        close_account(session, user_id=li, scope=EVERYWHERE, by=chief, now=real_now())
    assert client.get("/admin/users").location == "/login?next=/admin/users"
    assert boss.get("/admin/users").status_code == 200


def test_signing_out_ends_the_sitting_on_the_server_too(
    join: Join, office: Office, post: Post
) -> None:
    client = join("li", (Role.ADMINISTRATOR, office.district))
    stolen = client.get_cookie("outreach")
    assert stolen is not None
    assert post(client, "/logout").status_code == 303
    client.set_cookie("outreach", stolen.value)
    assert client.get("/admin/users").location == "/login?next=/admin/users"


def test_signing_in_gives_a_new_session(browser: FlaskClient, member: int, post: Post) -> None:
    browser.get("/login")
    before = browser.get_cookie("outreach")
    post(browser, "/login", username="wang", password=PASSWORD)
    after = browser.get_cookie("outreach")
    assert before is not None
    assert after is not None
    assert before.value != after.value
    assert csrf_token(browser)


def test_a_sitting_ends_after_twelve_hours_however_busy(
    join: Join, office: Office, office_database: Database
) -> None:
    client = join("li", (Role.ADMINISTRATOR, office.district))
    with office_database.write() as session:
        session.execute(
            update(Sitting).values(started_at=real_now() - timedelta(hours=12, minutes=1))
        )
    assert client.get("/admin/users").status_code == 303


class TestIdleLock:
    """Moment 1h: shared desktop computers lock when nobody uses them."""

    @pytest.fixture
    def left_alone(
        self, browser: FlaskClient, member: int, office_database: Database, post: Post
    ) -> FlaskClient:
        post(browser, "/login", username="wang", password=PASSWORD)
        with office_database.write() as session:
            session.execute(update(Sitting).values(seen_at=real_now() - timedelta(minutes=16)))
        return browser

    def test_moment_1h_after_fifteen_idle_minutes_the_screen_wants_the_password_again(
        self, left_alone: FlaskClient, post: Post
    ) -> None:
        asked = left_alone.get("/admin/users?text=li")
        assert asked.location == "/unlock?next=/admin/users?text%3Dli"
        assert "Wang is signed in here." in text_of(left_alone.get(asked.location))
        opened = post(left_alone, asked.location, password=PASSWORD)
        assert opened.location == "/admin/users?text=li"
        assert left_alone.get(opened.location).status_code == 200

    def test_the_wrong_password_keeps_the_screen_locked(
        self, left_alone: FlaskClient, post: Post
    ) -> None:
        assert post(left_alone, "/unlock", password="wrong").status_code == 422
        assert left_alone.get("/admin/users").status_code == 303

    def test_an_htmx_request_of_a_locked_screen_leads_to_the_lock(
        self, left_alone: FlaskClient
    ) -> None:
        answer = left_alone.get("/admin/users", headers=HTMX)
        assert answer.status_code == 401
        assert answer.headers["HX-Redirect"] == "/unlock"

    def test_a_locked_screen_acts_on_nothing(
        self, left_alone: FlaskClient, office_database: Database, office: Office, post: Post
    ) -> None:
        post(left_alone, f"/admin/areas/{office.community}/close")
        with office_database.read() as session:
            row = session.connection().exec_driver_sql(
                f"select is_active from area where id = {office.community}"
            )
            assert row.scalar_one()

    def test_the_screen_can_be_locked_at_once(
        self, browser: FlaskClient, member: int, post: Post
    ) -> None:
        post(browser, "/login", username="wang", password=PASSWORD)
        assert post(browser, "/lock", next="/admin/users").location == "/unlock?next=/admin/users"
        assert browser.get("/admin/users").location == "/unlock?next=/admin/users"

    def test_a_page_that_polls_does_not_keep_the_screen_awake(
        self, browser: FlaskClient, member: int, office_database: Database, post: Post
    ) -> None:
        post(browser, "/login", username="wang", password=PASSWORD)
        earlier = real_now() - timedelta(minutes=10)
        with office_database.write() as session:
            session.execute(update(Sitting).values(seen_at=earlier))
        browser.get("/admin/users", headers={**HTMX, "X-Background": "1"})
        with office_database.read() as session:
            assert session.scalars(select(Sitting.seen_at)).one() == earlier
        browser.get("/admin/users")
        with office_database.read() as session:
            assert session.scalars(select(Sitting.seen_at)).one() > earlier


@pytest.mark.parametrize(
    "wish",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x", "/a\r\nb"],
)
def test_signing_in_never_leads_to_another_site(
    browser: FlaskClient, member: int, post: Post, wish: str
) -> None:
    token = csrf_token(browser)
    answer = browser.post(
        "/login",
        query_string={"next": wish},
        data={"csrf_token": token, "username": "wang", "password": PASSWORD},
    )
    assert answer.location == "/"


def test_changing_the_password_signs_other_browsers_out_but_not_this_one(
    browser: FlaskClient, member: int, office_app: object, post: Post
) -> None:
    other = browser.application.test_client()
    for client in (browser, other):
        post(client, "/login", username="wang", password=PASSWORD)
    new = "a lantern by the gate"
    answer = post(browser, "/account/password", current=PASSWORD, password=new, again=new)
    assert answer.status_code == 303
    assert browser.get("/account").status_code == 200
    assert other.get("/account").status_code == 303
    assert post(other, "/login", username="wang", password=new).status_code == 303


@pytest.mark.parametrize(
    ("current", "password", "again", "said"),
    [
        (
            "wrong",
            "a lantern by the gate",
            "a lantern by the gate",
            "The current password is wrong.",
        ),
        (PASSWORD, "short", "short", "At least 10 characters."),
        (PASSWORD, "Password2026!", "Password2026!", "one of the passwords that are guessed first"),
        (PASSWORD, "wang is my name", "wang is my name", "must not contain your name"),
        (PASSWORD, "13812345678", "13812345678", "number alone is guessed first"),
        (PASSWORD, "a lantern by the gate", "another", "The two passwords are not the same."),
    ],
)
def test_a_password_that_will_not_do_is_refused_with_the_reason(
    browser: FlaskClient,
    member: int,
    post: Post,
    current: str,
    password: str,
    again: str,
    said: str,
) -> None:
    post(browser, "/login", username="wang", password=PASSWORD)
    answer = post(browser, "/account/password", current=current, password=password, again=again)
    assert answer.status_code == 422
    assert said in text_of(answer)


def test_the_language_is_remembered_for_the_browser_and_for_the_account(
    browser: FlaskClient, member: int, post: Post
) -> None:
    assert "Sign in" in text_of(browser.get("/login"))
    assert post(browser, "/language", language="zh", next="/login").location == "/login"
    assert "登录" in text_of(browser.get("/login"))
    post(browser, "/login", username="wang", password=PASSWORD)
    post(browser, "/language", language="zh")
    elsewhere = browser.application.test_client()
    elsewhere.set_cookie("language", "en")
    post(elsewhere, "/login", username="wang", password=PASSWORD)
    post(elsewhere, "/language", language="zh")
    assert "我的账号" in text_of(elsewhere.get("/account"))


@pytest.mark.parametrize(
    ("accepted", "said"),
    [
        ("zh-CN,zh;q=0.9", "登录"),
        ("zh-TW", "登录"),
        ("en-GB", "Sign in"),
        ("de", "登录"),
        ("", "登录"),
    ],
)
def test_the_language_follows_the_browser_and_is_chinese_where_unknown(
    office_app: object, browser: FlaskClient, accepted: str, said: str
) -> None:
    fresh = browser.application.test_client()
    page = fresh.get("/login", headers={"Accept-Language": accepted} if accepted else {})
    assert said in text_of(page)


def test_whoever_holds_two_roles_chooses_the_sidebar(
    join: Join, office: Office, post: Post
) -> None:
    client = join("li", (Role.ADMINISTRATOR, office.district), (Role.AUDITOR, office.district))
    assert "Users and rights" in text_of(client.get("/account"))
    post(client, "/role", role="auditor")
    page = text_of(client.get("/account"))
    assert "Users and rights" not in page
    assert "Audit" in page
    assert client.get("/admin/users").status_code == 200
