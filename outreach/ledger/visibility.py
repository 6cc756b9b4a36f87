"""Who may see whom, and to which area a person counts: by registration or by where they stay (moment 2b)."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from outreach.accounts.queries import within
from outreach.accounts.rules import Scope
from outreach.kernel.errors import NotFound
from outreach.ledger.entry_models import LedgerEntry
from outreach.ledger.models import Resident, Stay
from outreach.places.models import Area


class Basis(StrEnum):
    """By what a person counts to an area; one report never mixes the two."""

    REGISTERED = "registered"
    STAYING = "staying"


def stays_now(day: date) -> ColumnElement[bool]:
    """Return the condition that a stay holds on ``day``."""
    return and_(
        Stay.ended_at.is_(None),
        Stay.from_on <= day,
        or_(Stay.until_on.is_(None), Stay.until_on >= day),
    )


def may_see(scope: Scope, day: date) -> ColumnElement[bool]:
    """Return the condition that a resident is within the scope (N6).

    The community where someone stays may call and drive without owning the line.
    """
    own = within(scope, Resident.community_id)
    if scope.is_everywhere:
        return own
    staying = exists().where(
        Stay.resident_id == Resident.id, stays_now(day), within(scope, Stay.community_id)
    )
    return or_(own, staying)


def may_see_line(scope: Scope, day: date) -> ColumnElement[bool]:
    """Return ``may_see`` said of a line, so that counting need not look at its person."""
    own = within(scope, LedgerEntry.community_id)
    if scope.is_everywhere:
        return own
    staying = select(Stay.resident_id).where(stays_now(day), within(scope, Stay.community_id))
    return or_(own, LedgerEntry.resident_id.in_(staying))


def check_sees(session: Session, *, resident_id: int, scope: Scope, day: date) -> Resident:
    """Return a resident within the scope; outside looks as if nobody was there."""
    resident = session.scalars(
        select(Resident).where(
            Resident.id == resident_id, Resident.erased_at.is_(None), may_see(scope, day)
        )
    ).first()
    if resident is None:
        raise NotFound("resident", resident_id=resident_id)
    return resident


def areas_below(area_path: str) -> Select[int]:
    """Return the ids of an area and everything below it, as a question within another."""
    return select(Area.id).where(Area.path.startswith(area_path, autoescape=True))


_current = aliased(Stay)


def community_on(basis: Basis, day: date) -> ColumnElement[int]:
    """Return the community to which a resident counts on ``day`` under ``basis``, as a column."""
    if basis is Basis.REGISTERED:
        own: ColumnElement[int] = Resident.community_id.expression
        return own
    staying = (
        select(_current.community_id)
        .where(
            _current.resident_id == Resident.id,
            _current.community_id.is_not(None),
            _current.ended_at.is_(None),
            _current.from_on <= day,
            or_(_current.until_on.is_(None), _current.until_on >= day),
        )
        .order_by(_current.from_on.desc(), _current.id.desc())
        .limit(1)
        .correlate(Resident)
        .scalar_subquery()
    )
    return func.coalesce(staying, Resident.community_id)


def mask_name(name: str) -> str:
    """Return what someone without the right to names sees: the first character and nothing else."""
    return f"{name[:1]}**" if name else ""
