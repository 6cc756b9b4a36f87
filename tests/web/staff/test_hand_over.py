"""A colleague leaves on Friday: what lies with them passes on before the account closes (3h)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from outreach.accounts.codes import Role
from outreach.accounts.leaving import WorkLeft
from outreach.accounts.models import RoleGrant, User
from outreach.accounts.operations import add_user, close_account
from outreach.accounts.rules import EVERYWHERE
from outreach.db import Database
from outreach.ledger.entry_models import LedgerEntry
from tests.builders.town import NOW, Town, entry_of
from tests.web.conftest import text_of
from tests.web.staff.conftest import SignIn


def _colleague(database: Database, town: Town, name: str, area_id: int) -> int:
    with database.write() as session:
        user: User = add_user(session, username=name, display_name=name, now=NOW, by=None)
        session.add(
            RoleGrant(user_id=user.id, role=Role.GRID_WORKER, area_id=area_id, granted_at=NOW)
        )
        session.flush()
        return user.id


def test_moment_3h_an_account_with_open_items_does_not_close(
    sign_in: SignIn, town: Town, town_database: Database
) -> None:
    leaving = town.users["worker"]
    boss = sign_in("administrator")
    answer = boss.post(f"/admin/users/{leaving}/close")
    assert answer.status_code == 409
    assert "Pass them on first" in text_of(answer)
    with town_database.read() as session:
        assert session.get_one(User, leaving).is_active


def test_moment_3h_lines_promises_and_sheets_go_to_one_colleague_and_then_it_closes(
    sign_in: SignIn, town: Town, town_database: Database
) -> None:
    leaving = town.users["worker"]
    staying = _colleague(town_database, town, "staying", town.community_id)
    with town_database.write() as session:
        entry_of(session, town.resident("zhao")).promised_call_at = NOW + timedelta(hours=5)
    assert sign_in("worker").post("/sheets").status_code == 303
    boss = sign_in("administrator")
    page = text_of(boss.get("/hand-over"))
    assert "孙网格" in page
    assert "赵桂英" not in page, "an administrator passes work on without anybody's name"
    answer = boss.post(f"/hand-over/{leaving}", data={f"to-{leaving}": str(staying)})
    assert answer.status_code == 303
    with town_database.read() as session:
        zhao = entry_of(session, town.resident("zhao"))
        assert (zhao.assigned_to, zhao.promised_call_at) == (staying, NOW + timedelta(hours=5))
        left = session.scalars(select(LedgerEntry).where(LedgerEntry.assigned_to == leaving)).all()
        assert left == []
    assert "赵桂英" in text_of(sign_in("staying").get("/today"))
    assert boss.post(f"/admin/users/{leaving}/close").status_code == 303


def test_moment_3h_nobody_is_given_people_of_an_area_they_cannot_see(
    sign_in: SignIn, town: Town, town_database: Database
) -> None:
    leaving, elsewhere = town.users["worker"], town.users["other_worker"]
    boss = sign_in("administrator")
    answer = boss.post(f"/hand-over/{leaving}", data={f"to-{leaving}": str(elsewhere)})
    assert answer.status_code == 422
    assert "works in another area" in text_of(answer)
    foreign = sign_in("other_worker").post(
        f"/hand-over/{leaving}", data={f"to-{leaving}": str(elsewhere)}
    )
    assert foreign.status_code == 404
    with town_database.read() as session:
        assert entry_of(session, town.resident("zhao")).assigned_to == leaving


def test_moment_3h_the_check_holds_for_every_door_by_which_an_account_closes(
    town: Town, town_database: Database
) -> None:
    with pytest.raises(WorkLeft), town_database.write() as session:
        close_account(
            session,
            user_id=town.users["worker"],
            scope=EVERYWHERE,
            by=town.users["administrator"],
            now=NOW,
        )
