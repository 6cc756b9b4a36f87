"""Accounts on both databases: links that work once under a race, scopes of administrators, throttles."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from outreach.accounts.codes import LinkPurpose, Role
from outreach.accounts.links import first_administrator_link, make_link, use_link
from outreach.accounts.models import RoleGrant, ThrottleEvent, User
from outreach.accounts.operations import (
    LastAdministrator,
    NotYourself,
    add_user,
    close_account,
    grant_role,
    rename_user,
    reopen_account,
    restore_grant,
    revoke_grant,
)
from outreach.accounts.queries import (
    check_within,
    grants_of,
    user_ids_within,
    users_within,
    within,
)
from outreach.accounts.rules import EVERYWHERE, NOWHERE, Scope
from outreach.accounts.sittings import (
    accept_try,
    begin_try,
    end_sitting,
    find_seat,
    forget_old,
    open_sitting,
)
from outreach.db import Database
from outreach.kernel.errors import InvalidInput, NotFound, OutreachError, StaleVersion, TooManyTries
from outreach.places.models import Area
from tests.builders.office import NOW, PASSWORD, Office, add_member, build_office


@pytest.fixture
def office(database: Database) -> Office:
    with database.write() as session:
        return build_office(session)


def scope_of(session: Session, *area_ids: int) -> Scope:
    paths = [session.get_one(Area, area_id).path for area_id in area_ids]
    return Scope(paths=tuple(paths), named_paths=tuple(paths))


def at_once(count: int, act: Callable[[int], str]) -> list[str]:
    """Run ``act`` in so many threads and return what each answered."""

    def tried(number: int) -> str:
        try:
            return act(number)
        except OutreachError as error:
            return error.code

    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(tried, range(count)))


def test_eight_browsers_at_one_link_make_one_account(database: Database, office: Office) -> None:
    with database.write() as session:
        token = first_administrator_link(session, now=NOW)

    def use(number: int) -> str:
        with database.write() as session:
            use_link(
                session,
                token=token,
                password=PASSWORD,
                now=NOW,
                username=f"name{number}",
                display_name="Wang",
            )
        return "made"

    assert sorted(at_once(8, use)) == ["link_dead"] * 7 + ["made"]
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(User)) == 1


def test_fault_62_tries_at_the_same_time_all_count(database: Database, office: Office) -> None:
    with database.write() as session:
        add_member(session, "wang", (Role.LEADER, office.district), password=PASSWORD)

    def guess(number: int) -> str:
        with database.write() as session:
            begin_try(session, username="wang", address=f"203.0.113.{number}", now=NOW)
        return "let through"

    answers = at_once(12, guess)
    assert sorted(answers) == ["let through"] * 5 + ["too_many_tries"] * 7


def test_a_right_password_forgets_the_account_s_failures_but_not_those_of_the_address(
    database: Database, office: Office
) -> None:
    with database.write() as session:
        add_member(session, "wang", (Role.LEADER, office.district), password=PASSWORD)
    for _time in range(4):
        with database.write() as session:
            attempt = begin_try(session, username="wang", address="203.0.113.1", now=NOW)
    with database.write() as session:
        accept_try(session, attempt=attempt, password=PASSWORD, now=NOW)
    with database.read() as session:
        buckets = list(session.scalars(select(ThrottleEvent.bucket)))
    assert buckets == ["login_address"] * 3


def test_a_throttled_try_says_how_long_to_wait(database: Database, office: Office) -> None:
    for minute in range(5):
        with database.write() as session:
            begin_try(session, username="x", address="a", now=NOW + timedelta(minutes=minute))
    with pytest.raises(TooManyTries) as caught, database.write() as session:
        begin_try(session, username="x", address="a", now=NOW + timedelta(minutes=5))
    assert caught.value.facts == {"minutes": 10}


class TestSittings:
    @pytest.fixture
    def token(self, database: Database, office: Office) -> str:
        with database.write() as session:
            user = session.get_one(User, add_member(session, "li", (Role.LEADER, office.street)))
            return open_sitting(session, user=user, now=NOW)

    def test_a_sitting_knows_its_user_and_rights(
        self, database: Database, token: str, office: Office
    ) -> None:
        with database.read() as session:
            seat = find_seat(session, token=token, now=NOW)
        assert seat is not None
        assert seat.actor.roles == (Role.LEADER,)
        assert seat.actor.grants[0].area_id == office.street
        assert not seat.is_locked

    def test_it_ends_with_the_account_and_comes_not_back_with_it(
        self, database: Database, token: str, office: Office
    ) -> None:
        with database.write() as session:
            boss = add_member(session, "boss", (Role.ADMINISTRATOR, office.district))
            li = session.scalars(select(User.id).where(User.username == "li")).one()
            close_account(session, user_id=li, scope=EVERYWHERE, by=boss, now=NOW)
        with database.read() as session:
            assert find_seat(session, token=token, now=NOW) is None
        with database.write() as session:
            reopen_account(session, user_id=li, scope=EVERYWHERE, by=boss, now=NOW)
        with database.read() as session:
            assert find_seat(session, token=token, now=NOW) is None

    def test_it_ends_when_signed_out_and_after_its_time(
        self, database: Database, token: str
    ) -> None:
        with database.read() as session:
            assert find_seat(session, token=token, now=NOW + timedelta(hours=13)) is None
            assert find_seat(session, token="", now=NOW) is None
        with database.write() as session:
            end_sitting(session, token=token, now=NOW)
        with database.read() as session:
            assert find_seat(session, token=token, now=NOW) is None

    def test_it_locks_when_idle(self, database: Database, token: str) -> None:
        with database.read() as session:
            seat = find_seat(session, token=token, now=NOW + timedelta(minutes=16))
        assert seat is not None
        assert seat.is_locked

    def test_old_ones_are_removed(self, database: Database, token: str) -> None:
        with database.write() as session:
            assert forget_old(session, now=NOW) == 0
            assert forget_old(session, now=NOW + timedelta(days=3)) == 1


class TestAdministrators:
    """An administrator of a street manages that street's people, nobody else's (N6)."""

    @pytest.fixture
    def people(self, database: Database, office: Office) -> dict[str, int]:
        with database.write() as session:
            return {
                "boss": add_member(session, "boss", (Role.ADMINISTRATOR, office.district)),
                "chief": add_member(session, "chief", (Role.ADMINISTRATOR, office.street)),
                "inside": add_member(session, "inside", (Role.GRID_WORKER, office.community)),
                "outside": add_member(session, "outside", (Role.GRID_WORKER, office.far_community)),
                "across": add_member(
                    session,
                    "across",
                    (Role.GRID_WORKER, office.community),
                    (Role.LEADER, office.district),
                ),
            }

    def test_they_see_accounts_whose_every_right_lies_within(
        self, database: Database, office: Office, people: dict[str, int]
    ) -> None:
        with database.read() as session:
            lines, total = users_within(session, scope=scope_of(session, office.street))
            assert {line.username for line in lines} == {"chief", "inside"}
            assert total == 2
            assert users_within(session, scope=EVERYWHERE)[1] == 5
            street = scope_of(session, office.street)
            assert user_ids_within(session, scope=street) == frozenset(
                {people["chief"], people["inside"]}
            )
            assert user_ids_within(session, scope=scope_of(session, office.district)) is None

    @pytest.mark.parametrize("name", ["outside", "across", "boss"])
    def test_fault_60_they_cannot_touch_the_others(
        self, database: Database, office: Office, people: dict[str, int], name: str
    ) -> None:
        with pytest.raises(NotFound), database.write() as session:
            close_account(
                session,
                user_id=people[name],
                scope=scope_of(session, office.street),
                by=people["chief"],
                now=NOW,
            )

    def test_fault_60_they_cannot_give_more_than_they_have(
        self, database: Database, office: Office, people: dict[str, int]
    ) -> None:
        for area_id in (office.district, office.far_community):
            with pytest.raises(NotFound), database.write() as session:
                grant_role(
                    session,
                    user_id=people["inside"],
                    role=Role.ADMINISTRATOR,
                    area_id=area_id,
                    scope=scope_of(session, office.street),
                    by=people["chief"],
                    now=NOW,
                )

    def test_nobody_raises_or_closes_themselves(
        self, database: Database, office: Office, people: dict[str, int]
    ) -> None:
        with pytest.raises(NotYourself), database.write() as session:
            grant_role(
                session,
                user_id=people["chief"],
                role=Role.LEADER,
                area_id=office.street,
                scope=scope_of(session, office.street),
                by=people["chief"],
                now=NOW,
            )
        with pytest.raises(NotYourself), database.write() as session:
            close_account(
                session, user_id=people["boss"], scope=EVERYWHERE, by=people["boss"], now=NOW
            )

    def test_the_last_administrator_stays(
        self, database: Database, office: Office, people: dict[str, int]
    ) -> None:
        with database.write() as session:
            close_account(
                session, user_id=people["chief"], scope=EVERYWHERE, by=people["boss"], now=NOW
            )
        with pytest.raises(LastAdministrator), database.write() as session:
            close_account(
                session, user_id=people["boss"], scope=EVERYWHERE, by=people["inside"], now=NOW
            )
        with database.read() as session:
            assert session.get_one(User, people["boss"]).is_active

    def test_a_right_that_is_taken_back_can_be_given_again(
        self, database: Database, office: Office, people: dict[str, int]
    ) -> None:
        with database.write() as session:
            grant_id = session.scalars(
                select(RoleGrant.id).where(RoleGrant.user_id == people["inside"])
            ).one()
            revoke_grant(session, grant_id=grant_id, scope=EVERYWHERE, by=people["boss"], now=NOW)
            assert grants_of(session, people["inside"]) == ()
        with database.write() as session:
            restore_grant(session, grant_id=grant_id, scope=EVERYWHERE, by=people["boss"], now=NOW)
            assert [g.area_id for g in grants_of(session, people["inside"])] == [office.community]

    def test_the_second_editor_of_an_account_is_told(
        self, database: Database, people: dict[str, int]
    ) -> None:
        def rename(name: str, version: int) -> None:
            with database.write() as session:
                rename_user(
                    session,
                    user_id=people["inside"],
                    display_name=name,
                    version=version,
                    scope=EVERYWHERE,
                    by=people["boss"],
                    now=NOW,
                )

        rename("Li One", 1)
        with pytest.raises(StaleVersion):
            rename("Li Two", 1)


def test_rows_of_an_area_list_are_exactly_those_within_the_scope(
    database: Database, office: Office
) -> None:
    def seen(session: Session, scope: Scope) -> set[int]:
        return set(session.scalars(select(Area.id).where(within(scope, Area.id))))

    with database.read() as session:
        assert seen(session, scope_of(session, office.community)) == {office.community, office.grid}
        assert seen(session, scope_of(session, office.grid, office.far_community)) == {
            office.grid,
            office.far_community,
        }
        assert seen(session, NOWHERE) == set()
        assert len(seen(session, EVERYWHERE)) == 7


def test_a_row_outside_the_scope_looks_like_a_missing_one(
    database: Database, office: Office
) -> None:
    with database.read() as session:
        street = scope_of(session, office.street)
        check_within(session, scope=street, area_id=office.grid)
        for area_id in (office.far_community, 999, None):
            with pytest.raises(NotFound) as caught:
                check_within(session, scope=street, area_id=area_id)
            assert caught.value.code == "not_found"


@pytest.mark.parametrize(
    ("username", "code"),
    [("x", "username_form"), ("a b", "username_form"), ("WANG", "username_taken")],
)
def test_user_names_are_plain_and_unique_whatever_their_case(
    database: Database, office: Office, username: str, code: str
) -> None:
    with database.write() as session:
        add_user(session, username="wang", display_name="Wang", now=NOW, by=None)
    with pytest.raises(InvalidInput) as caught, database.write() as session:
        add_user(session, username=username, display_name="Wang", now=NOW, by=None)
    assert caught.value.code == code


def test_links_of_different_accounts_do_not_end_each_other(
    database: Database, office: Office
) -> None:
    with database.write() as session:
        one, two = add_member(session, "one"), add_member(session, "two")
        tokens = [
            make_link(session, purpose=LinkPurpose.INVITATION, now=NOW, user_id=user_id)
            for user_id in (one, two)
        ]
    for token in tokens:
        with database.write() as session:
            use_link(session, token=token, password=PASSWORD, now=NOW)
