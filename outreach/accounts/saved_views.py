"""A list's filters kept under a name, private or shared; what is kept is the address's own query."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from outreach.accounts.models import SavedView, User
from outreach.kernel.errors import InvalidInput, NotFound

LONGEST_NAME = 40
LONGEST_QUERY = 2000
MOST = 60


@dataclass(frozen=True, slots=True)
class View:
    """One saved view as a list's head shows it."""

    view_id: int
    name: str
    query: str
    is_shared: bool
    is_mine: bool
    by_name: str


def save_view(
    session: Session,
    *,
    user_id: int,
    page: str,
    name: str,
    query: str,
    is_shared: bool,
    now: datetime,
) -> int:
    """Keep a page's filters under a name; the same name again replaces one's own."""
    if not name.strip() or len(name.strip()) > LONGEST_NAME:
        raise InvalidInput("view_name", field="view_name")
    if len(query) > LONGEST_QUERY:
        raise InvalidInput("text_long", field="view_name", longest=LONGEST_QUERY)
    row = session.scalars(
        select(SavedView).where(
            SavedView.user_id == user_id, SavedView.page == page, SavedView.name == name.strip()
        )
    ).first()
    if row is None:
        row = SavedView(user_id=user_id, page=page, name=name.strip(), made_at=now)
        session.add(row)
    row.query, row.is_shared = query, is_shared
    session.flush()
    return row.id


def drop_view(session: Session, *, view_id: int, user_id: int) -> None:
    """Forget one of one's own views; somebody else's looks as if it was not there."""
    row = session.get(SavedView, view_id)
    if row is None or row.user_id != user_id:
        raise NotFound("not_found")
    session.delete(row)
    session.flush()


def views_of(session: Session, *, user_id: int, page: str) -> list[View]:
    """Return one's own views of a page and those that colleagues share, by name."""
    rows = session.execute(
        select(SavedView, User.display_name)
        .join(User, User.id == SavedView.user_id)
        .where(
            SavedView.page == page,
            or_(SavedView.user_id == user_id, SavedView.is_shared.is_(True)),
        )
        .order_by(SavedView.name, SavedView.id)
        .limit(MOST)
    )
    return [
        View(row.id, row.name, row.query, row.is_shared, row.user_id == user_id, name)
        for row, name in rows
    ]
