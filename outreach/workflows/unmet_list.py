"""The ledger of unmet need, the taxi slips to settle and the standby list, each within the reader's areas."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.accounts.queries import within
from outreach.accounts.rules import Scope
from outreach.clinics.models import Appointment
from outreach.ledger.models import Resident
from outreach.places.models import Area
from outreach.transport.codes import Direction, LegStatus
from outreach.transport.overflow import open_slips
from outreach.transport.run_models import RideLeg, TaxiSlip, UnmetNeed

MOST = 500


@dataclass(frozen=True, slots=True)
class UnmetLine:
    """A ride that could not be given; ``name`` is empty for whoever may not see names."""

    need_id: int
    on: date
    name: str
    community: str
    direction: Direction | None
    reason: str
    noted_at: datetime
    solved_at: datetime | None
    solved_how: str
    leg_id: int | None


@dataclass(frozen=True, slots=True)
class SlipLine:
    """A taxi ride whose receipt has not been entered."""

    slip_id: int
    leg_id: int
    on: date
    name: str
    company: str
    reference: str
    ordered_at: datetime


@dataclass(frozen=True, slots=True)
class StandbyLine:
    """A ride that takes any place which becomes free."""

    leg_id: int
    on: date
    name: str
    direction: Direction
    pickup_from_at: datetime


@dataclass(frozen=True, slots=True)
class UnmetCount:
    """How many rides of one day and reason were not given, and how many of them were after all."""

    on: date
    reason: str
    count: int
    solved: int


def unmet_lines(
    session: Session, *, from_on: date, until_on: date, scope: Scope
) -> list[UnmetLine]:
    """Return the unmet rides of these days whose person lives in the reader's areas, newest day first."""
    rows = session.execute(
        select(UnmetNeed, Resident.name, Area, RideLeg.direction)
        .join(Resident, Resident.id == UnmetNeed.resident_id)
        .join(Area, Area.id == Resident.community_id)
        .outerjoin(RideLeg, RideLeg.id == UnmetNeed.leg_id)
        .where(
            UnmetNeed.on >= from_on,
            UnmetNeed.on <= until_on,
            within(scope, Resident.community_id),
        )
        .order_by(UnmetNeed.on.desc(), UnmetNeed.id)
        .limit(MOST)
    )
    return [
        UnmetLine(
            need_id=need.id,
            on=need.on,
            name=name if scope.names_at(area.path) else "",
            community=area.name,
            direction=direction,
            reason=need.reason,
            noted_at=need.noted_at,
            solved_at=need.solved_at,
            solved_how=need.solved_how,
            leg_id=need.leg_id,
        )
        for need, name, area, direction in rows
    ]


def counts_of(lines: list[UnmetLine]) -> list[UnmetCount]:
    """Return the lines counted by day and reason; the same lines open below the count."""
    found: dict[tuple[date, str], list[UnmetLine]] = {}
    for line in lines:
        found.setdefault((line.on, line.reason), []).append(line)
    return [
        UnmetCount(on, reason, len(some), sum(line.solved_at is not None for line in some))
        for (on, reason), some in found.items()
    ]


def slip_lines(session: Session, *, scope: Scope) -> list[SlipLine]:
    """Return the slips to settle for people of the reader's areas."""
    slips = {slip.leg_id: slip for slip in open_slips(session)}
    names = _names(session, list(slips), scope=scope)
    return [
        SlipLine(s.slip_id, s.leg_id, s.on, names[i], s.company, s.reference, s.ordered_at)
        for i, s in slips.items()
        if i in names
    ]


def standby_lines(session: Session, *, from_on: date, scope: Scope) -> list[StandbyLine]:
    """Return the rides on standby from a day on, the earliest first."""
    legs = session.scalars(
        select(RideLeg)
        .where(
            RideLeg.is_standby.is_(True),
            RideLeg.on >= from_on,
            RideLeg.status.in_([LegStatus.WAITING, LegStatus.UNMET]),
        )
        .order_by(RideLeg.pickup_from_at, RideLeg.id)
        .limit(MOST)
    ).all()
    names = _names(session, [leg.id for leg in legs], scope=scope)
    return [
        StandbyLine(leg.id, leg.on, names[leg.id], leg.direction, leg.pickup_from_at)
        for leg in legs
        if leg.id in names
    ]


def leg_of_slip(session: Session, slip_id: int) -> int | None:
    """Return the ride that a slip pays, or None."""
    return session.scalar(select(TaxiSlip.leg_id).where(TaxiSlip.id == slip_id))


def _names(session: Session, leg_ids: list[int], *, scope: Scope) -> dict[int, str]:
    rows = session.execute(
        select(RideLeg.id, Resident.name)
        .join(Appointment, Appointment.id == RideLeg.appointment_id)
        .join(Resident, Resident.id == Appointment.resident_id)
        .where(RideLeg.id.in_(leg_ids), within(scope, Resident.community_id))
    )
    return {row.id: row.name for row in rows}
