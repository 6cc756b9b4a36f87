"""Offices for tests of accounts and pages: a small area tree and members of staff, no residents."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from outreach.accounts.codes import Role
from outreach.accounts.models import RoleGrant, User
from outreach.accounts.passwords import hash_password
from outreach.places.models import Place
from outreach.places.operations import add_area

NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)  # a Friday, 09:00 in Zhengzhou
PASSWORD = "river stones are warm"


@dataclass(frozen=True, slots=True)
class Office:
    """Ids of the areas: one district, two streets, three communities, one grid."""

    district: int
    street: int
    community: int
    neighbour: int  # a community of the same street
    grid: int
    other_street: int
    far_community: int


def build_office(session: Session, *, is_demo: bool = False) -> Office:
    """Build the place and its area tree."""
    session.add(Place(name="Erqi", is_demo=is_demo, duty_phone="0371-68880000"))
    session.flush()
    district = add_area(session, name="二七区", parent_id=None).id
    street = add_area(session, name="福华街街道", parent_id=district).id
    community = add_area(session, name="绵东社区", parent_id=street).id
    neighbour = add_area(session, name="绵西社区", parent_id=street).id
    grid = add_area(session, name="第一网格", parent_id=community).id
    other_street = add_area(session, name="建中街街道", parent_id=district).id
    far = add_area(session, name="兴华社区", parent_id=other_street).id
    return Office(district, street, community, neighbour, grid, other_street, far)


def add_member(
    session: Session,
    username: str,
    *grants: tuple[Role, int],
    password: str | None = None,
    sees_names: bool = False,
    language: str = "en",
) -> int:
    """Add an account with these roles over these areas; a password only where the test types it."""
    user = User(
        username=username,
        display_name=username.title(),
        password_hash=hash_password(password) if password else None,
        created_at=NOW,
        language=language,
    )
    session.add(user)
    session.flush()
    for role, area_id in grants:
        session.add(
            RoleGrant(
                user_id=user.id, role=role, area_id=area_id, granted_at=NOW, sees_names=sees_names
            )
        )
    session.flush()
    return user.id
