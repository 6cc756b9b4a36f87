"""Roles over areas: what a scope covers, and that no role reaches further than its grants."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from outreach.accounts.codes import Role
from outreach.accounts.rules import (
    EVERYWHERE,
    NOWHERE,
    ROLES_WITH_NAMES,
    Actor,
    Grant,
    may_manage,
)

PATHS = st.lists(st.integers(1, 4), min_size=1, max_size=4).map(
    lambda ids: "/" + "".join(f"{i}/" for i in ids)
)
GRANTS = st.builds(
    Grant, role=st.sampled_from(Role), area_id=st.just(1), path=PATHS, sees_names=st.booleans()
)
ACTORS = st.lists(GRANTS, max_size=6).map(
    lambda grants: Actor(1, "li", "Li", "zh", 15, tuple(grants))
)


def actor(*grants: Grant) -> Actor:
    return Actor(1, "li", "Li", "zh", 15, grants)


def test_a_scope_covers_its_area_and_all_below_but_no_namesake_by_number() -> None:
    scope = actor(Grant(Role.GRID_WORKER, 4, "/1/4/")).scope_for([Role.GRID_WORKER])
    assert scope.covers("/1/4/")
    assert scope.covers("/1/4/9/")
    assert not scope.covers("/1/")
    assert not scope.covers("/1/41/")


def test_one_role_does_not_lend_its_area_to_another() -> None:
    li = actor(Grant(Role.GRID_WORKER, 4, "/1/4/"), Grant(Role.LEADER, 1, "/1/"))
    assert not li.scope_for([Role.GRID_WORKER]).covers("/1/5/")
    assert li.scope_for([Role.LEADER]).covers("/1/5/")


def test_names_are_seen_only_where_a_grant_shows_them() -> None:
    li = actor(Grant(Role.GRID_WORKER, 4, "/1/4/"), Grant(Role.LEADER, 1, "/1/"))
    both = li.scope_for([Role.GRID_WORKER, Role.LEADER])
    assert both.names_at("/1/4/9/")
    assert not both.names_at("/1/5/")
    assert not both.sees_names
    assert actor(Grant(Role.LEADER, 1, "/1/", True)).scope_for([Role.LEADER]).sees_names


@given(ACTORS, st.sets(st.sampled_from(Role)), PATHS)
def test_a_scope_covers_exactly_what_its_grants_cover(
    who: Actor, roles: set[Role], path: str
) -> None:
    scope = who.scope_for(roles)
    granted = [g for g in who.grants if g.role in roles and path.startswith(g.path)]
    assert scope.covers(path) == bool(granted)
    shown = [g for g in granted if g.sees_names or g.role in ROLES_WITH_NAMES]
    assert scope.names_at(path) == bool(shown)
    assert EVERYWHERE.covers(path)
    assert not NOWHERE.covers(path)


@given(ACTORS, ACTORS)
def test_nobody_manages_an_account_that_reaches_further_than_they_do(
    who: Actor, other: Actor
) -> None:
    scope = who.scope_for([Role.ADMINISTRATOR])
    paths = [grant.path for grant in other.grants]
    if may_manage(scope, paths):
        assert all(scope.covers(path) for path in paths)
