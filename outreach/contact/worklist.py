"""A worker's day: whom to contact, why and in what order, door by door so that one visit serves all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, case, func, or_, select
from sqlalchemy.orm import Session

from outreach.accounts.rules import Scope
from outreach.campaigns.codes import CampaignState
from outreach.campaigns.models import Campaign
from outreach.clinics.codes import STANDING
from outreach.clinics.models import Appointment
from outreach.contact.codes import Channel, MessageState, QuestionState
from outreach.contact.message_models import Message
from outreach.contact.models import Question
from outreach.contact.priority import Claim, Reason, points_of, reasons_for
from outreach.db import vault_of
from outreach.kernel.dates import age_on
from outreach.kernel.phone import mask_phone
from outreach.ledger.codes import ContactRole, EntryStatus, NextAction, Relation
from outreach.ledger.entry_models import LedgerEntry
from outreach.ledger.models import ContactPerson, Household, Phone, Resident
from outreach.ledger.visibility import may_see_line
from outreach.places.models import Address, Area
from outreach.places.queries import local_zone

MOST_LINES = 500


@dataclass(frozen=True, slots=True)
class CallFirst:
    """Whom to ring first: the number stays masked until the worker taps it."""

    contact_person_id: int
    phone_id: int
    name: str
    relation: Relation
    masked: str


@dataclass(frozen=True, slots=True)
class OwedCall:
    """A call that a message could not be: its subject and the words that were to be said."""

    message_id: int
    step: str
    reason: str
    due_at: datetime


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
    items = _items(session, rows, day=day, now=now, tonight=tonight)
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
    owed = select(Message.resident_id).where(
        Message.channel == Channel.CALL, Message.state == MessageState.HELD, Message.due_at <= now
    )
    answered = select(Question.entry_id).where(
        Question.state == QuestionState.ANSWERED, Question.entry_id.is_not(None)
    )
    return or_(
        LedgerEntry.next_contact_on <= day,
        LedgerEntry.promised_call_at < tonight,
        LedgerEntry.next_action.in_([NextAction.DECIDE_LIFE, NextAction.SECOND_EXEMPTION]),
        LedgerEntry.id.in_(answered),
        and_(LedgerEntry.status != EntryStatus.DECEASED, LedgerEntry.resident_id.in_(owed)),
    )


def _items(
    session: Session, rows: Sequence[Row[Any]], *, day: date, now: datetime, tonight: datetime
) -> dict[int, WorkItem]:
    residents = sorted({row[0].resident_id for row in rows})
    phones = call_first(session, resident_ids=residents)
    owed = _owed_calls(session, residents, now)
    answers = _answers(session, [row[0].id for row in rows])
    booked = _booked(session, residents, now)
    zone = local_zone(session)
    items = {}
    told: set[int] = set()
    for row in rows:
        entry: LedgerEntry = row[0]
        age = age_on(day, born_on=row.born_on) if row.born_on else None
        # A call owed to a person stands once on the list, beside the first of that person's lines.
        calls = owed.get(entry.resident_id, ()) if entry.resident_id not in told else ()
        told.add(entry.resident_id)
        reasons = reasons_for(
            Claim(
                day=day,
                now=now,
                age=age,
                lives_alone=bool(row.lives_alone),
                next_action=entry.next_action,
                next_contact_on=entry.next_contact_on,
                past_due_on=entry.past_due_on,
                earliest_on=entry.earliest_on,
                last_contact_on=entry.last_contact_at.astimezone(zone).date()
                if entry.last_contact_at
                else None,
                promised_call_at=entry.promised_call_at,
                is_promised_today=entry.promised_call_at is not None
                and entry.promised_call_at < tonight,
                is_agreed=entry.status is EntryStatus.AGREED,
                has_answer=entry.id in answers,
                owed_calls=len(calls),
                is_booked_while_reported=entry.next_action == NextAction.DECIDE_LIFE
                and entry.resident_id in booked,
            )
        )
        items[entry.id] = WorkItem(
            entry_id=entry.id,
            resident_id=entry.resident_id,
            campaign_id=entry.campaign_id,
            campaign_zh=row.name_zh,
            campaign_en=row.name_en,
            name=row.name,
            sex=str(row.sex),
            age=age,
            lives_alone=bool(row.lives_alone),
            mobility=row.mobility,
            status=entry.status,
            next_action=entry.next_action,
            next_channel=entry.next_channel,
            next_contact_on=entry.next_contact_on,
            is_overdue=entry.next_contact_on is not None and entry.next_contact_on < day,
            dose_number_due=entry.dose_number_due,
            earliest_on=entry.earliest_on,
            past_due_on=entry.past_due_on,
            promised_call_at=entry.promised_call_at,
            last_contact_at=entry.last_contact_at,
            refusals=entry.refusals,
            call_first=phones.get(entry.resident_id),
            owed_calls=tuple(calls),
            answer_question_id=answers.get(entry.id),
            reasons=reasons,
            points=points_of(reasons),
        )
    return items


def call_first(session: Session, *, resident_ids: Iterable[int]) -> dict[int, CallFirst]:
    """Return whom to ring first about each resident: who decides, then oneself, then who is told."""
    rows = session.execute(
        select(ContactPerson, Phone)
        .join(Phone, Phone.contact_person_id == ContactPerson.id)
        .where(
            ContactPerson.resident_id.in_(list(resident_ids)),
            ContactPerson.ended_at.is_(None),
            Phone.invalid_since.is_(None),
        )
        .order_by(ContactPerson.resident_id, ContactPerson.position, Phone.position, Phone.id)
    )
    best: dict[int, tuple[ContactPerson, Phone]] = {}
    for person, phone in rows:
        known = best.get(person.resident_id)
        if known is None or _rank(person) < _rank(known[0]):
            best[person.resident_id] = (person, phone)
    vault = vault_of(session)
    return {
        resident_id: CallFirst(
            contact_person_id=person.id,
            phone_id=phone.id,
            name=person.name,
            relation=person.relation,
            masked=mask_phone(
                vault.open(
                    phone.number_sealed, table="phone", column="number_sealed", row=phone.uuid
                )
            ),
        )
        for resident_id, (person, phone) in best.items()
    }


def _rank(person: ContactPerson) -> tuple[int, int]:
    if person.role is ContactRole.DECIDES:
        return (0, person.position)
    if person.role is ContactRole.EMERGENCY:
        return (3, person.position)
    return (1 if person.relation is Relation.SELF else 2, person.position)


def _owed_calls(
    session: Session, residents: Sequence[int], now: datetime
) -> dict[int, list[OwedCall]]:
    rows = session.scalars(
        select(Message)
        .where(
            Message.resident_id.in_(residents),
            Message.channel == Channel.CALL,
            Message.state == MessageState.HELD,
            Message.due_at <= now,
        )
        .order_by(Message.due_at, Message.id)
    )
    found: dict[int, list[OwedCall]] = defaultdict(list)
    for row in rows:
        if row.resident_id is not None:
            found[row.resident_id].append(OwedCall(row.id, str(row.step), row.reason, row.due_at))
    return found


def _answers(session: Session, entry_ids: Sequence[int]) -> dict[int, int]:
    rows = session.execute(
        select(Question.entry_id, Question.id)
        .where(Question.entry_id.in_(entry_ids), Question.state == QuestionState.ANSWERED)
        .order_by(Question.answered_at.desc(), Question.id.desc())
    )
    return {entry_id: question_id for entry_id, question_id in rows if entry_id is not None}


def _booked(session: Session, residents: Sequence[int], now: datetime) -> frozenset[int]:
    return frozenset(
        session.scalars(
            select(Appointment.resident_id).where(
                Appointment.resident_id.in_(residents),
                Appointment.status.in_(list(STANDING)),
                Appointment.slot_at >= now,
            )
        )
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
