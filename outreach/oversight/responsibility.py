"""Responsibility: a named person and a target for each unit, what each level asked, and what climbed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from outreach.accounts.models import RoleGrant, User
from outreach.accounts.rules import Scope
from outreach.contact.codes import QuestionState
from outreach.contact.models import Question
from outreach.kernel.errors import InvalidInput, MoveNotAllowed, NotFound
from outreach.ledger.codes import DUE, EntryStatus
from outreach.ledger.entry_models import LedgerEntry
from outreach.ledger.models import Resident
from outreach.oversight.climbing import ClimbCause, Need, level_on
from outreach.oversight.coverage import Coverage, Unit
from outreach.oversight.history import Sight, doses_per_day
from outreach.oversight.models import Escalation, Request, Target
from outreach.oversight.rules import Counts, Pace, pace
from outreach.oversight.span import Span, how_many
from outreach.oversight.traffic import HARMS
from outreach.oversight.traffic import LISTS as HARM_LISTS
from outreach.places.models import Area
from outreach.places.queries import local_day, local_zone
from outreach.transport.run_models import UnmetNeed

AGREED_DAYS = 3
MOST = 500


@dataclass(frozen=True, slots=True)
class TargetDraft:
    """A target as it is set."""

    area_id: int
    campaign_id: int
    owner_id: int
    goal: float
    by_on: date
    note: str = ""


@dataclass(frozen=True, slots=True)
class TargetLine:
    """A standing target as pages show it."""

    id: int
    area_id: int
    owner: str
    goal: float
    by_on: date
    note: str


@dataclass(frozen=True, slots=True)
class RequestLine:
    """A request as pages show it."""

    id: int
    area_id: int
    area: str
    asked_by: str
    asked_at: datetime
    text: str
    due_on: date
    answer: str
    done_at: datetime | None


@dataclass(frozen=True, slots=True)
class EscalationLine:
    """Something that climbed, as both levels see it."""

    id: int
    cause: str
    from_area: str
    area_id: int
    area: str
    level: int
    overdue_since: date
    climbed_at: datetime
    seen_by: str
    seen_at: datetime | None


def set_target(
    session: Session, *, draft: TargetDraft, scope: Scope, by: int, now: datetime
) -> Target:
    """Set a unit's target; the one before ends and stays in the history."""
    area = _area_in(session, draft.area_id, scope)
    if not 0 < draft.goal <= 1:
        raise InvalidInput("goal_range", field="goal")
    if draft.by_on <= local_day(session, now):
        raise InvalidInput("target_day_past", field="by_on")
    owner = session.get(User, draft.owner_id)
    if owner is None or not owner.is_active:
        raise InvalidInput("owner_missing", field="owner_id")
    session.execute(
        update(Target)
        .where(
            Target.area_id == area.id,
            Target.campaign_id == draft.campaign_id,
            Target.ended_at.is_(None),
        )
        .values(ended_at=now)
    )
    target = Target(
        area_id=area.id,
        campaign_id=draft.campaign_id,
        owner_id=owner.id,
        goal=draft.goal,
        by_on=draft.by_on,
        note=draft.note,
        set_by=by,
        set_at=now,
    )
    session.add(target)
    session.flush()
    return target


def targets(
    session: Session, *, area_ids: Sequence[int], campaign_id: int
) -> dict[int, TargetLine]:
    """Return the standing targets of units."""
    rows = session.execute(
        select(Target, User.display_name)
        .join(User, User.id == Target.owner_id)
        .where(
            Target.area_id.in_(area_ids),
            Target.campaign_id == campaign_id,
            Target.ended_at.is_(None),
        )
        .order_by(Target.id)
    )
    return {
        row[0].area_id: TargetLine(
            row[0].id, row[0].area_id, row[1], row[0].goal, row[0].by_on, row[0].note
        )
        for row in rows
    }


def ask(
    session: Session,
    *,
    area_id: int,
    text: str,
    due_on: date,
    scope: Scope,
    by: int,
    now: datetime,
) -> Request:
    """Ask something of a unit within the scope, by a day."""
    area = _area_in(session, area_id, scope)
    if not text.strip():
        raise InvalidInput("field_required", field="text")
    if due_on < local_day(session, now):
        raise InvalidInput("target_day_past", field="due_on")
    row = Request(area_id=area.id, asked_by=by, asked_at=now, text=text.strip(), due_on=due_on)
    session.add(row)
    session.flush()
    return row


def answer(
    session: Session, *, request_id: int, text: str, scope: Scope, by: int, now: datetime
) -> Request:
    """Say what was done about a request."""
    row = session.get(Request, request_id, with_for_update=True)
    if row is None:
        raise NotFound("not_found")
    _area_in(session, row.area_id, scope)
    if row.done_at is not None:
        raise MoveNotAllowed("move_not_allowed")
    if not text.strip():
        raise InvalidInput("field_required", field="answer")
    row.answer, row.done_by, row.done_at = text.strip(), by, now
    session.flush()
    return row


def requests_of(session: Session, *, area_ids: Sequence[int]) -> list[RequestLine]:
    """Return what was asked of units, open ones first."""
    rows = session.execute(
        select(Request, Area.name, User.display_name)
        .join(Area, Area.id == Request.area_id)
        .join(User, User.id == Request.asked_by)
        .where(Request.area_id.in_(area_ids))
        .order_by(Request.done_at.is_not(None), Request.due_on, Request.id)
        .limit(MOST)
    )
    return [
        RequestLine(
            id=row[0].id,
            area_id=row[0].area_id,
            area=row[1],
            asked_by=row[2],
            asked_at=row[0].asked_at,
            text=row[0].text,
            due_on=row[0].due_on,
            answer=row[0].answer,
            done_at=row[0].done_at,
        )
        for row in rows
    ]


def climb(session: Session, *, now: datetime) -> int:
    """Raise what is overdue by one level per so many days, once each; end what was served meanwhile.

    The tick calls it; both levels find it on their page. Returns how many climbed.
    """
    day = local_day(session, now)
    areas = {area.id: area.parent_id for area in session.scalars(select(Area))}
    found = list(needs(session, now=now))
    standing = {need.key for need in found}
    for open_row in session.scalars(select(Escalation).where(Escalation.ended_at.is_(None))):
        if open_row.cause_key not in standing:
            open_row.ended_at = now
    oldest = min((need.due_on for need in found), default=day)
    known = {
        (row.cause_key, row.level): row
        for row in session.scalars(select(Escalation).where(Escalation.overdue_since >= oldest))
    }
    climbed = 0
    for need in found:
        for level in range(1, level_on(need.due_on, day) + 1):
            above = _above(need.area_id, level, areas)
            if above is None:
                continue
            if (row := known.get((need.key, level))) is not None:
                row.ended_at = None
                continue
            session.add(_climbed(need, above, level, now))
            climbed += 1
    session.flush()
    return climbed


def _climbed(need: Need, area_id: int, level: int, now: datetime) -> Escalation:
    return Escalation(
        cause=str(need.cause),
        cause_key=need.key,
        subject_id=need.subject_id,
        from_area_id=need.area_id,
        area_id=area_id,
        level=level,
        overdue_since=need.due_on,
        climbed_at=now,
    )


def needs(session: Session, *, now: datetime) -> Iterable[Need]:
    """Return what waits on us beyond its day: cars, answers, appointments, promised calls, requests.

    Whoever declined, is deferred or exempt is in none of these: an informed no is finished work.
    """
    yield from _without_car(session, local_day(session, now))
    yield from _unanswered(session, now)
    yield from _without_slot(session, now)
    yield from _promised_calls(session, now)
    yield from _open_requests(session, local_day(session, now))


def _without_car(session: Session, day: date) -> Iterable[Need]:
    rows = session.execute(
        select(UnmetNeed.id, UnmetNeed.on, Resident.grid_id, Resident.community_id)
        .join(Resident, Resident.id == UnmetNeed.resident_id)
        .where(UnmetNeed.solved_at.is_(None), UnmetNeed.on < day)
    )
    for number, on, grid, community in rows:
        yield Need(ClimbCause.NO_CAR, number, grid or community, on)


def _unanswered(session: Session, now: datetime) -> Iterable[Need]:
    zone = local_zone(session)
    rows = session.execute(
        select(Question.id, Question.due_at, Resident.grid_id, Resident.community_id)
        .join(Resident, Resident.id == Question.resident_id)
        .where(Question.state == QuestionState.OPEN, Question.due_at < now)
    )
    for number, due_at, grid, community in rows:
        due_on = due_at.astimezone(zone).date()
        yield Need(ClimbCause.NO_ANSWER, number, grid or community, due_on)


def _without_slot(session: Session, now: datetime) -> Iterable[Need]:
    zone, wait = local_zone(session), timedelta(days=AGREED_DAYS)
    rows = session.execute(
        select(
            LedgerEntry.id,
            LedgerEntry.status_since,
            LedgerEntry.grid_id,
            LedgerEntry.community_id,
        ).where(
            LedgerEntry.status == EntryStatus.AGREED,
            LedgerEntry.is_counted,
            LedgerEntry.status_since < now - wait,
        )
    )
    for number, since, grid, community in rows:
        due_on = since.astimezone(zone).date() + wait
        yield Need(ClimbCause.NO_SLOT, number, grid or community, due_on)


def _promised_calls(session: Session, now: datetime) -> Iterable[Need]:
    zone = local_zone(session)
    rows = session.execute(
        select(
            LedgerEntry.id,
            LedgerEntry.promised_call_at,
            LedgerEntry.grid_id,
            LedgerEntry.community_id,
        ).where(
            LedgerEntry.status.in_(sorted(DUE)),
            LedgerEntry.is_counted,
            LedgerEntry.promised_call_at < now,
        )
    )
    for number, promised_at, grid, community in rows:
        if promised_at is not None:
            due_on = promised_at.astimezone(zone).date()
            yield Need(ClimbCause.PROMISED_CALL, number, grid or community, due_on)


def _open_requests(session: Session, day: date) -> Iterable[Need]:
    rows = session.execute(
        select(Request.id, Request.area_id, Request.due_on).where(
            Request.done_at.is_(None), Request.due_on < day
        )
    )
    for number, area_id, due_on in rows:
        yield Need(ClimbCause.REQUEST, number, area_id, due_on)


def escalations(session: Session, *, area_ids: Sequence[int]) -> list[EscalationLine]:
    """Return what stands escalated from or to these units, oldest first."""
    below, above = Area.__table__.alias("below"), Area.__table__.alias("above")
    rows = session.execute(
        select(Escalation, below.c.name, above.c.name, User.display_name)
        .join(below, below.c.id == Escalation.from_area_id)
        .join(above, above.c.id == Escalation.area_id)
        .outerjoin(User, User.id == Escalation.seen_by)
        .where(
            Escalation.ended_at.is_(None),
            Escalation.area_id.in_(area_ids) | Escalation.from_area_id.in_(area_ids),
        )
        .order_by(Escalation.level.desc(), Escalation.overdue_since, Escalation.id)
        .limit(MOST)
    )
    return [
        EscalationLine(
            id=row[0].id,
            cause=row[0].cause,
            from_area=row[1],
            area_id=row[0].area_id,
            area=row[2],
            level=row[0].level,
            overdue_since=row[0].overdue_since,
            climbed_at=row[0].climbed_at,
            seen_by=row[3] or "",
            seen_at=row[0].seen_at,
        )
        for row in rows
    ]


def take_on(
    session: Session, *, escalation_id: int, scope: Scope, by: int, now: datetime
) -> Escalation:
    """Note who has seen what climbed and takes it on."""
    row = session.get(Escalation, escalation_id, with_for_update=True)
    if row is None:
        raise NotFound("not_found")
    _area_in(session, row.area_id, scope)
    if row.seen_at is None:
        row.seen_by, row.seen_at = by, now
    session.flush()
    return row


def _area_in(session: Session, area_id: int, scope: Scope) -> Area:
    area = session.get(Area, area_id)
    if area is None or not scope.covers(area.path):
        raise NotFound("area")
    return area


def _above(area_id: int, levels: int, parents: dict[int, int | None]) -> int | None:
    here: int | None = area_id
    for _ in range(levels):
        here = parents.get(here) if here is not None else None
    return here


@dataclass(frozen=True, slots=True)
class OwnerChoice:
    """Somebody who can answer for a unit."""

    id: int
    name: str


def owner_choices(session: Session, *, scope: Scope) -> list[OwnerChoice]:
    """Return the active members of staff with any right within the scope, by name."""
    rows = session.execute(
        select(User.id, User.display_name, Area.path)
        .join(RoleGrant, RoleGrant.user_id == User.id)
        .join(Area, Area.id == RoleGrant.area_id)
        .where(User.is_active, RoleGrant.revoked_at.is_(None))
        .order_by(User.display_name, User.id)
    )
    found = {row[0]: OwnerChoice(row[0], row[1]) for row in rows if scope.covers(row[2])}
    return list(found.values())


@dataclass(frozen=True, slots=True)
class UnitDuty:
    """One unit beside its siblings: who answers, the target, the pace to it, and signs of pressure."""

    unit: Unit
    counts: Counts
    target: TargetLine | None
    pace: Pace | None
    harms: tuple[int, ...]
    open_requests: int


def duties(
    session: Session,
    *,
    found: Coverage,
    now: datetime,
    harm_days: int = 30,
) -> tuple[UnitDuty, ...]:
    """Return a unit and its children side by side."""
    day = local_day(session, now)
    units = [(child.unit, child.counts) for child in found.children]
    if found.unit is not None:
        units.insert(0, (found.unit, found.whole))
    ids = [unit.id for unit, _ in units]
    set_targets = targets(session, area_ids=ids, campaign_id=found.campaign.id)
    asked = _open_by_area(session, ids)
    lines = []
    for unit, counts in units:
        target = set_targets.get(unit.id)
        course = None
        if target is not None:
            sight = Sight(found.campaign.id, found.basis, (unit,))
            speed = doses_per_day(session, sight, until=day)
            course = pace(
                counts, goal=target.goal, by=target.by_on, day=day, measured_per_day=speed
            )
        span = Span(
            (unit,), found.campaign.id, day - timedelta(days=harm_days), day, local_zone(session)
        )
        harms = tuple(how_many(session, HARM_LISTS["harm"](span, harm.code)) for harm in HARMS)
        lines.append(UnitDuty(unit, counts, target, course, harms, asked.get(unit.id, 0)))
    return tuple(lines)


def _open_by_area(session: Session, ids: Sequence[int]) -> dict[int, int]:
    rows = session.execute(
        select(Request.area_id, func.count())
        .where(Request.area_id.in_(ids), Request.done_at.is_(None))
        .group_by(Request.area_id)
    )
    return {row[0]: row[1] for row in rows}
