"""A worker's day: whom to contact, why and in what order, door by door so that one visit serves all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Row, and_, case, func, or_, select
from sqlalchemy.orm import Session

from outreach.accounts.rules import Scope
from outreach.campaigns.codes import CampaignState
from outreach.campaigns.models import Campaign
from outreach.contact.call_first import CallFirst, call_first
from outreach.contact.codes import QuestionState
from outreach.contact.message_models import Message
from outreach.contact.models import Question
from outreach.contact.priority import Claim, Reason, points_of, reasons_for
from outreach.contact.worklist_facts import (
    OwedCall,
    answers_ready,
    booked_residents,
    is_owed_call,
    owed_calls,
    ring_backs,
    rung_in_vain,
    unwell,
    unwell_residents,
    wishing_to_be_rung,
)
from outreach.kernel.dates import age_on
from outreach.ledger.codes import EntryStatus, NextAction
from outreach.ledger.entry_models import LedgerEntry
from outreach.ledger.models import Household, Resident
from outreach.ledger.visibility import may_see_line
from outreach.places.models import Address, Area
from outreach.places.queries import local_zone

MOST_LINES = 500


@dataclass(frozen=True, slots=True)
class WorkItem:
    """One line on the list, with every reason for its place."""

    entry_id: int
    resident_id: int
    campaign_id: int
    campaign_zh: str
    campaign_en: str
    name: str
    sex: str
    age: int | None
    lives_alone: bool
    mobility: str
    status: EntryStatus
    next_action: str
    next_channel: str
    next_contact_on: date | None
    is_overdue: bool
    dose_number_due: int | None
    earliest_on: date | None
    past_due_on: date | None
    promised_call_at: datetime | None
    last_contact_at: datetime | None
    refusals: int
    call_first: CallFirst | None
    owed_calls: tuple[OwedCall, ...]
    answer_question_id: int | None
    reasons: tuple[Reason, ...]
    points: int


@dataclass(frozen=True, slots=True)
class Door:
    """The lines of one household, to be served by one visit."""

    household_id: int | None
    address: str
    items: tuple[WorkItem, ...]

    @property
    def points(self) -> int:
        """Return the weight of the weightiest line behind this door."""
        return max(item.points for item in self.items)


@dataclass(frozen=True, slots=True)
class Stairwell:
    """The doors of one staircase, weightiest first."""

    community: str
    name: str
    doors: tuple[Door, ...]

    @property
    def points(self) -> int:
        """Return the weight of the weightiest door."""
        return max(door.points for door in self.doors)


@dataclass(frozen=True, slots=True)
class Worklist:
    """One worker's list of a day. ``total`` counts lines, also those beyond the ones shown."""

    stairwells: tuple[Stairwell, ...]
    total: int
    overdue: int

    @property
    def items(self) -> tuple[WorkItem, ...]:
        """Return every line, the weightiest first."""
        found = [i for stairs in self.stairwells for door in stairs.doors for i in door.items]
        return tuple(sorted(found, key=lambda item: (-item.points, item.entry_id)))


def worklist(
    session: Session,
    *,
    user_id: int | None,
    scope: Scope,
    day: date,
    now: datetime,
    campaign_id: int | None = None,
    limit: int = MOST_LINES,
) -> Worklist:
    """Return what waits for a worker on ``day``: lines of theirs and lines of nobody, within the scope.

    ``user_id`` None asks for the whole scope (a colleague on leave, a supervisor).
    """
    tonight = day_ends_at(session, day)
    where = [*_mine(user_id, scope, day), _waits(day, now, tonight)]
    if campaign_id is not None:
        where.append(LedgerEntry.campaign_id == campaign_id)
    late = case((LedgerEntry.next_contact_on < day, 1), else_=0)
    counted = select(func.count(), func.coalesce(func.sum(late), 0)).select_from(LedgerEntry)
    counted = counted.join(Campaign, Campaign.id == LedgerEntry.campaign_id).where(*where)
    total, overdue = session.execute(counted).one()
    rows: Sequence[Row[Any]] = session.execute(
        _joined(select(*_COLUMNS))
        .where(*where)
        .order_by(LedgerEntry.next_contact_on, LedgerEntry.id)
        .limit(limit)
    ).all()
    made = _Items(session, rows, _Moment(day, now, tonight, local_zone(session)))
    items = {row[0].id: made.item(row) for row in rows}
    return Worklist(_by_stairs(rows, items), total=total, overdue=overdue)


_COLUMNS = (
    LedgerEntry,
    Campaign.name_zh,
    Campaign.name_en,
    Resident.name,
    Resident.sex,
    Resident.born_on,
    Resident.lives_alone,
    Resident.mobility,
    Resident.household_id,
    Household.stairwell,
    Address.text.label("address"),
    Area.name.label("community"),
)


def _joined(question: Any) -> Any:  # noqa: ANN401 - any select, narrowed by the caller
    return (
        question.select_from(LedgerEntry)
        .join(Resident, Resident.id == LedgerEntry.resident_id)
        .join(Campaign, Campaign.id == LedgerEntry.campaign_id)
        .join(Area, Area.id == LedgerEntry.community_id)
        .outerjoin(Household, Household.id == Resident.household_id)
        .outerjoin(Address, Address.id == Resident.address_id)
    )


def _mine(user_id: int | None, scope: Scope, day: date) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = [
        LedgerEntry.is_counted.is_(True),
        Campaign.state == CampaignState.OPEN,
        may_see_line(scope, day),
    ]
    if user_id is not None:
        where.append(or_(LedgerEntry.assigned_to == user_id, LedgerEntry.assigned_to.is_(None)))
    return where


def day_ends_at(session: Session, day: date) -> datetime:
    """Return the instant at which a local day is over."""
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=local_zone(session))


def _waits(day: date, now: datetime, tonight: datetime) -> ColumnElement[bool]:
    """Return the condition that something is to be done: a date has come, or somebody waits for a word."""
    owed = select(Message.resident_id).where(is_owed_call(now))
    answered = select(Question.entry_id).where(
        Question.state == QuestionState.ANSWERED, Question.entry_id.is_not(None)
    )
    return or_(
        LedgerEntry.next_contact_on <= day,
        LedgerEntry.promised_call_at < tonight,
        LedgerEntry.next_action.in_([NextAction.DECIDE_LIFE, NextAction.SECOND_EXEMPTION]),
        LedgerEntry.id.in_(answered),
        and_(
            LedgerEntry.status != EntryStatus.DECEASED,
            or_(
                LedgerEntry.resident_id.in_(owed),
                LedgerEntry.resident_id.in_(wishing_to_be_rung()),
                LedgerEntry.resident_id.in_(unwell()),
            ),
        ),
    )


@dataclass(frozen=True, slots=True)
class _Moment:
    """The instant and place for which a list is made."""

    day: date
    now: datetime
    tonight: datetime
    zone: ZoneInfo


class _Items:
    """Everything that the lines of a list need, read once for all of them."""

    def __init__(self, session: Session, rows: Sequence[Row[Any]], moment: _Moment) -> None:
        residents = sorted({row[0].resident_id for row in rows})
        self._moment = moment
        self._phones = call_first(session, resident_ids=residents)
        self._owed = owed_calls(session, residents, moment.now)
        self._answers = answers_ready(session, [row[0].id for row in rows])
        self._booked = booked_residents(session, residents, moment.now)
        self._ring_backs = ring_backs(session, residents)
        self._unwell = unwell_residents(session, residents)
        self._in_vain = rung_in_vain(session, residents, moment.now)
        self._told: set[int] = set()

    def item(self, row: Row[Any]) -> WorkItem:
        """Return one line; what concerns a person stands once, beside the first of their lines."""
        entry: LedgerEntry = row[0]
        is_first = entry.resident_id not in self._told
        self._told.add(entry.resident_id)
        calls = tuple(self._owed.get(entry.resident_id, ())) if is_first else ()
        claim = self._claim(row, len(calls))
        if is_first:
            claim = replace(
                claim,
                wants_ring_back=entry.resident_id in self._ring_backs,
                is_unwell=entry.resident_id in self._unwell,
                is_rung_in_vain=entry.resident_id in self._in_vain,
            )
        reasons = reasons_for(claim)
        return WorkItem(
            entry_id=entry.id,
            resident_id=entry.resident_id,
            campaign_id=entry.campaign_id,
            campaign_zh=row.name_zh,
            campaign_en=row.name_en,
            name=row.name,
            sex=str(row.sex),
            age=claim.age,
            lives_alone=claim.lives_alone,
            mobility=row.mobility,
            status=entry.status,
            next_action=entry.next_action,
            next_channel=entry.next_channel,
            next_contact_on=entry.next_contact_on,
            is_overdue=entry.next_contact_on is not None
            and entry.next_contact_on < self._moment.day,
            dose_number_due=entry.dose_number_due,
            earliest_on=entry.earliest_on,
            past_due_on=entry.past_due_on,
            promised_call_at=entry.promised_call_at,
            last_contact_at=entry.last_contact_at,
            refusals=entry.refusals,
            call_first=self._phones.get(entry.resident_id),
            owed_calls=calls,
            answer_question_id=self._answers.get(entry.id),
            reasons=reasons,
            points=points_of(reasons),
        )

    def _claim(self, row: Row[Any], calls: int) -> Claim:
        entry: LedgerEntry = row[0]
        at = self._moment
        first = self._phones.get(entry.resident_id)
        return Claim(
            day=at.day,
            now=at.now,
            at=at.now.astimezone(at.zone).time(),
            age=age_on(at.day, born_on=row.born_on) if row.born_on else None,
            lives_alone=bool(row.lives_alone),
            next_action=entry.next_action,
            next_contact_on=entry.next_contact_on,
            past_due_on=entry.past_due_on,
            earliest_on=entry.earliest_on,
            last_contact_on=entry.last_contact_at.astimezone(at.zone).date()
            if entry.last_contact_at
            else None,
            promised_call_at=entry.promised_call_at,
            is_promised_today=entry.promised_call_at is not None
            and entry.promised_call_at < at.tonight,
            is_agreed=entry.status is EntryStatus.AGREED,
            has_answer=entry.id in self._answers,
            owed_calls=calls,
            is_booked_while_reported=entry.next_action == NextAction.DECIDE_LIFE
            and entry.resident_id in self._booked,
            hours=first.hours if first else None,
        )


def _by_stairs(rows: Sequence[Row[Any]], items: dict[int, WorkItem]) -> tuple[Stairwell, ...]:
    stairs: dict[tuple[str, str], dict[Any, list[Row[Any]]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for row in rows:
        entry: LedgerEntry = row[0]
        # Without a household each person is a door of their own.
        door = row.household_id or f"r{entry.resident_id}"
        stairs[(row.community, row.stairwell or row.address or "")][door].append(row)
    found = []
    for (community, name), doors in stairs.items():
        made = [
            Door(
                household_id=members[0].household_id,
                address=members[0].address or "",
                items=tuple(
                    sorted(
                        (items[row[0].id] for row in members),
                        key=lambda item: (-item.points, item.entry_id),
                    )
                ),
            )
            for members in doors.values()
        ]
        made.sort(key=lambda door: (-door.points, door.items[0].entry_id))
        found.append(Stairwell(community, name, tuple(made)))
    found.sort(key=lambda s: (-s.points, s.doors[0].items[0].entry_id))
    return tuple(found)
