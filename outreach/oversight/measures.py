"""Every list that a measured number opens, in one place, and the people of one list."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from outreach.accounts.rules import Scope
from outreach.kernel.errors import NotFound
from outreach.ledger.entry_models import LedgerEntry
from outreach.ledger.models import Resident
from outreach.oversight import cohorts, rides, traffic, work
from outreach.oversight.coverage import Unit, children_of
from outreach.oversight.people import PAGE_SIZE, People, check_names, person_of, unit_in_scope
from outreach.oversight.span import Lines, ListOf, Span, how_many
from outreach.places.models import Area

LISTS: dict[str, ListOf] = {
    **work.LISTS,
    **cohorts.LISTS,
    **rides.LISTS,
    **traffic.LISTS,
}


def span_of(
    session: Session,
    *,
    area_id: int | None,
    campaign_id: int,
    days: tuple[date, date],
    zone: ZoneInfo,
    scope: Scope,
) -> Span:
    """Return the span of a unit (None: the roots of the scope); NotFound outside the scope."""
    unit = unit_in_scope(session, area_id, scope=scope)
    units = (unit,) if unit is not None else tuple(children_of(session, None, scope=scope))
    return Span(units, campaign_id, min(days), max(days), zone)


def lines_of(span: Span, opens: str) -> Lines:
    """Return the list that a number opens; NotFound for a list or a row that does not exist."""
    kind, _, code = opens.partition(":")
    if kind not in LISTS:
        raise NotFound("not_found")
    try:
        return LISTS[kind](span, code)
    except ValueError as error:
        raise NotFound("not_found") from error


def people_behind(
    session: Session, span: Span, opens: str, *, scope: Scope, now: datetime, page: int = 1
) -> People:
    """Return a page of exactly the people behind a measured number; NotAllowed without names."""
    for unit in span.units:
        check_names(unit.path, scope)
    lines = lines_of(span, opens).distinct()
    total = how_many(session, lines)
    day = now.astimezone(span.zone).date()
    rows = session.execute(
        select(LedgerEntry, Resident, Area.name)
        .join(Resident, Resident.id == LedgerEntry.resident_id)
        .join(Area, Area.id == func.coalesce(LedgerEntry.grid_id, LedgerEntry.community_id))
        .where(LedgerEntry.id.in_(lines))
        .order_by(LedgerEntry.community_id, LedgerEntry.grid_id, LedgerEntry.id)
        .offset((page - 1) * PAGE_SIZE)
        .limit(PAGE_SIZE)
    )
    whole: Unit | None = span.units[0] if len(span.units) == 1 else None
    return People(whole, total, tuple(person_of(row[0], row[1], row[2], day) for row in rows))
