"""Spot checks (moment 6d): a random sample of strike-offs called back, and our own error rate from it."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from outreach.accounts.rules import Scope
from outreach.kernel.errors import InvalidInput, NotFound
from outreach.ledger.codes import StrikeOffKind
from outreach.ledger.entry_models import Dose, LedgerEntry, StrikeOff
from outreach.ledger.models import Resident
from outreach.oversight.capacity import Rate
from outreach.oversight.models import SpotCheck, SpotCheckItem
from outreach.oversight.people import check_names
from outreach.oversight.span import Span
from outreach.places.models import Area

LARGEST = 200


@dataclass(frozen=True, slots=True)
class Sampled:
    """One sampled strike-off with its evidence, and what the call back found."""

    item_id: int
    position: int
    resident_id: int
    name: str
    unit: str
    kind: StrikeOffKind
    grade: str
    given_on: date | None
    struck_off_at: datetime
    agrees: bool | None
    finding: str


@dataclass(frozen=True, slots=True)
class CheckLine:
    """A spot check in a list; its error rate is that of the calls made so far."""

    id: int
    area: str
    seed: int
    since: date
    until: date
    population: int
    drawn_at: datetime
    checked: int
    sampled: int
    wrong: Rate


def sample(ids: list[int], *, size: int, seed: int) -> list[int]:
    """Return which of the ids a seed draws; the same seed over the same ids draws the same."""
    return random.Random(seed).sample(sorted(ids), min(size, len(ids)))  # noqa: S311 - not a secret


def draw(
    session: Session, span: Span, *, size: int, seed: int, scope: Scope, by: int, now: datetime
) -> SpotCheck:
    """Draw a sample of the standing strike-offs of these units and days."""
    if not 1 <= size <= LARGEST:
        raise InvalidInput("number_out_of_range", field="size", least=1, most=LARGEST)
    for unit in span.units:
        check_names(unit.path, scope)
    undone = aliased(StrikeOff)
    ids = list(
        session.scalars(
            select(StrikeOff.id)
            .join(LedgerEntry, LedgerEntry.id == StrikeOff.entry_id)
            .where(
                span.mine(),
                span.covers(StrikeOff.at),
                StrikeOff.kind != StrikeOffKind.REVERSED,
                ~select(undone.id).where(undone.reverses_id == StrikeOff.id).exists(),
            )
            .order_by(StrikeOff.id)
        )
    )
    if not ids:
        raise InvalidInput("nothing_to_sample", field="since")
    check = SpotCheck(
        area_id=span.units[0].id,
        campaign_id=span.campaign_id,
        seed=seed,
        since=span.since,
        until=span.until,
        population=len(ids),
        drawn_by=by,
        drawn_at=now,
    )
    session.add(check)
    session.flush()
    session.add_all(
        SpotCheckItem(spot_check_id=check.id, strike_off_id=number, position=position)
        for position, number in enumerate(sample(ids, size=size, seed=seed), start=1)
    )
    session.flush()
    return check


def record(
    session: Session,
    *,
    item_id: int,
    agrees: bool,
    finding: str,
    scope: Scope,
    by: int,
    now: datetime,
) -> SpotCheckItem:
    """Note what a call back found; a later word replaces the earlier one of the same item."""
    item = session.get(SpotCheckItem, item_id, with_for_update=True)
    if item is None:
        raise NotFound("not_found")
    check_of(session, item.spot_check_id, scope=scope)
    if not agrees and not finding.strip():
        raise InvalidInput("field_required", field="finding")
    item.agrees, item.finding = agrees, finding.strip()
    item.checked_by, item.checked_at = by, now
    session.flush()
    return item


def check_of(session: Session, check_id: int, *, scope: Scope) -> SpotCheck:
    """Return a spot check; NotFound outside the scope, NotAllowed without names."""
    check = session.get(SpotCheck, check_id)
    area = session.get(Area, check.area_id) if check is not None else None
    if check is None or area is None or not scope.covers(area.path):
        raise NotFound("not_found")
    check_names(area.path, scope)
    return check


def sampled(session: Session, check_id: int, *, scope: Scope) -> list[Sampled]:
    """Return the sample in the order in which it was drawn."""
    check = check_of(session, check_id, scope=scope)
    rows = session.execute(
        select(SpotCheckItem, StrikeOff, Dose.given_on, Resident, Area.name)
        .join(StrikeOff, StrikeOff.id == SpotCheckItem.strike_off_id)
        .outerjoin(Dose, Dose.id == StrikeOff.dose_id)
        .join(LedgerEntry, LedgerEntry.id == StrikeOff.entry_id)
        .join(Resident, Resident.id == LedgerEntry.resident_id)
        .join(Area, Area.id == LedgerEntry.community_id)
        .where(SpotCheckItem.spot_check_id == check.id)
        .order_by(SpotCheckItem.position)
    )
    return [
        Sampled(
            item_id=row[0].id,
            position=row[0].position,
            resident_id=row[3].id,
            name=row[3].name,
            unit=row[4],
            kind=row[1].kind,
            grade=str(row[1].grade or ""),
            given_on=row[2],
            struck_off_at=row[1].at,
            agrees=row[0].agrees,
            finding=row[0].finding,
        )
        for row in rows
    ]


def checks(session: Session, *, scope: Scope) -> list[CheckLine]:
    """Return the spot checks within the scope, newest first, each with its error rate."""
    rows = session.execute(
        select(SpotCheck, Area.name, Area.path)
        .join(Area, Area.id == SpotCheck.area_id)
        .order_by(SpotCheck.drawn_at.desc(), SpotCheck.id.desc())
        .limit(200)
    ).all()
    lines = []
    for check, name, path in rows:
        if not scope.covers(path):
            continue
        found = list(
            session.scalars(
                select(SpotCheckItem.agrees).where(SpotCheckItem.spot_check_id == check.id)
            )
        )
        called = [agrees for agrees in found if agrees is not None]
        lines.append(
            CheckLine(
                id=check.id,
                area=name,
                seed=check.seed,
                since=check.since,
                until=check.until,
                population=check.population,
                drawn_at=check.drawn_at,
                checked=len(called),
                sampled=len(found),
                wrong=Rate(called.count(False), len(called)),
            )
        )
    return lines
