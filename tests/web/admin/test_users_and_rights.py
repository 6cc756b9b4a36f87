"""Users and rights on pages: invite, give, take, undo, close; nobody reaches beyond their own areas."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from outreach.accounts.codes import Role
from outreach.accounts.models import RoleGrant, User
from outreach.db import Database
from tests.builders.office import Office, add_member
from tests.web.conftest import HTMX, Join, Post, text_of


@pytest.fixture
def boss(join: Join, office: Office) -> FlaskClient:
    return join("boss", (Role.ADMINISTRATOR, office.district))


@pytest.fixture
def chief(join: Join, office: Office) -> FlaskClient:
    """The administrator of one street."""
    return join("chief", (Role.ADMINISTRATOR, office.street))


@pytest.fixture
def worker(office_database: Database, office: Office) -> int:
    with office_database.write() as session:
        return add_member(session, "worker", (Role.GRID_WORKER, office.community))


@pytest.fixture
def stranger(office_database: Database, office: Office) -> int:
    with office_database.write() as session:
        return add_member(session, "stranger", (Role.GRID_WORKER, office.far_community))


def test_moment_1b_the_first_colleague_is_invited_on_a_page(
    boss: FlaskClient, office: Office, office_database: Database, post: Post
) -> None:
    answer = post(
        boss,
        "/admin/users/new",
        username="li.si",
        display_name="李四",
        role="grid_worker",
        area_id=office.community,
    )
    page = text_of(answer)
    assert "Hand this link to 李四 only" in page
    assert "<svg" in answer.get_data(as_text=True)
    assert "invited" in text_of(boss.get("/admin/users"))
    with office_database.read() as session:
        user = session.scalars(select(User).where(User.username == "li.si")).one()
        grant = session.scalars(select(RoleGrant).where(RoleGrant.user_id == user.id)).one()
        assert (grant.role, grant.area_id) == (Role.GRID_WORKER, office.community)
        assert user.password_hash is None


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"username": ""}, "Please fill this in."),
        ({"username": "boss"}, "This user name is taken."),
        ({"role": "emperor"}, "Please choose one of the offered values."),
        ({"area_id": "999"}, "This area does not exist"),
        ({"area_id": "here"}, "Please enter a number."),
        ({"display_name": "x" * 61}, "At most 60 characters."),
        ({"display_name": "a\x00b"}, "invisible control characters"),
    ],
)
def test_an_invitation_with_faults_names_them_and_makes_nobody(
    boss: FlaskClient,
    office: Office,
    office_database: Database,
    post: Post,
    fields: dict[str, str],
    said: str,
) -> None:
    good = {"username": "li", "display_name": "李", "role": "caller", "area_id": str(office.grid)}
    answer = post(boss, "/admin/users/new", **{**good, **fields})
    assert answer.status_code in {404, 422}
    assert said in text_of(answer)
    with office_database.read() as session:
        assert session.scalars(select(User.username)).all() == ["boss"]


def test_the_list_is_searched_and_answers_htmx_with_its_rows_alone(
    boss: FlaskClient, worker: int, stranger: int
) -> None:
    rows = boss.get("/admin/users?text=wor", headers=HTMX)
    assert "<html" not in rows.get_data(as_text=True)
    assert "Worker" in text_of(rows)
    assert "Stranger" not in text_of(rows)
    assert "HX-Request" in rows.headers["Vary"]
    whole = boss.get("/admin/users?text=wor")
    assert 'value="wor"' in whole.get_data(as_text=True)


@pytest.mark.parametrize(
    ("method", "tail"),
    [
        ("GET", ""),
        ("POST", "/name"),
        ("POST", "/grants"),
        ("POST", "/link"),
        ("POST", "/close"),
        ("POST", "/reopen"),
    ],
)
def test_fault_60_an_account_outside_one_s_areas_looks_missing(
    chief: FlaskClient, office: Office, stranger: int, post: Post, method: str, tail: str
) -> None:
    address = f"/admin/users/{stranger}{tail}"
    fields = {"display_name": "X", "version": 1, "role": "leader", "area_id": office.street}
    answer = chief.get(address) if method == "GET" else post(chief, address, **fields)
    assert answer.status_code == 404
    assert "Stranger" not in text_of(answer)


def test_fault_60_fields_that_no_form_has_change_nothing(
    chief: FlaskClient, office_database: Database, worker: int, post: Post
) -> None:
    post(
        chief,
        f"/admin/users/{worker}/name",
        display_name="New Name",
        version=1,
        role="administrator",
        is_active="0",
        password_hash="x",
        username="root",
    )
    with office_database.read() as session:
        user = session.get_one(User, worker)
        roles = session.scalars(select(RoleGrant.role).where(RoleGrant.user_id == worker)).all()
        assert (user.display_name, user.username, user.is_active) == ("New Name", "worker", True)
        assert (user.password_hash, roles) == (None, [Role.GRID_WORKER])


def test_a_right_taken_back_is_gone_at_once_and_undone_by_the_notice(
    boss: FlaskClient, join: Join, office: Office, office_database: Database, post: Post
) -> None:
    auditor = join("auditor", (Role.AUDITOR, office.district))
    assert auditor.get("/admin/audit").status_code == 200
    with office_database.read() as session:
        grant_id = session.scalars(select(RoleGrant.id).where(RoleGrant.role == Role.AUDITOR)).one()
    taken = post(boss, f"/admin/users/grants/{grant_id}/revoke")
    assert auditor.get("/admin/audit").status_code == 403
    page = boss.get(taken.location).get_data(as_text=True)
    undo = f"/admin/users/grants/{grant_id}/restore"
    assert f'action="{undo}"' in page
    post(boss, undo)
    assert auditor.get("/admin/audit").status_code == 200


def test_the_second_editor_is_told_and_overwrites_nothing(
    boss: FlaskClient, worker: int, post: Post
) -> None:
    address = f"/admin/users/{worker}/name"
    assert post(boss, address, display_name="First", version=1).status_code == 303
    second = post(boss, address, display_name="Second", version=1)
    assert second.status_code == 422
    assert "Someone else changed this" in text_of(second)
    assert "First" in text_of(boss.get(f"/admin/users/{worker}"))


def test_one_s_own_account_is_changed_by_others(
    boss: FlaskClient, office_database: Database, post: Post
) -> None:
    with office_database.read() as session:
        own = session.scalars(select(User.id).where(User.username == "boss")).one()
    assert post(boss, f"/admin/users/{own}/close").status_code == 409
    assert boss.get("/admin/users").status_code == 200
