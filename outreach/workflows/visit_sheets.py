"""Visit sheets on paper: numbered and dated, ticked on the stairs, entered when they are back (moment 3k)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID, uuid4, uuid5

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from outreach.accounts.models import User
from outreach.accounts.rules import Scope
from outreach.audit.trail import record
from outreach.contact.attempts import AttemptDraft, PartsMissing
from outreach.contact.codes import Channel
from outreach.contact.models import ContactAttempt, VisitSheet, VisitSheetLine
from outreach.contact.worklist import Worklist
from outreach.kernel.errors import InvalidInput, NotFound
from outreach.ledger.entry_models import LedgerEntry
from outreach.ledger.heads import PersonHead, person_heads
from outreach.ledger.models import Household, Resident
from outreach.places.queries import local_day, local_zone
from outreach.workflows.log_contact import ContactNote, log_contact

CONSIDERS_AGAIN = timedelta(days=7)
SHOWN = 60


@dataclass(frozen=True, slots=True)
class SheetLine:
    """One line: whom to see, what to do, and what was entered of it."""

    position: int
    entry_id: int
    head: PersonHead
    stairwell: str
    next_action: str
    dose_number_due: int | None
    outcome: str
    is_not_visited: bool

    @property
    def is_entered(self) -> bool:
        """Say whether the line is done with."""
        return bool(self.outcome) or self.is_not_visited


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet with the lines that the reader may see."""

    number: int
    made_on: date
    made_by: str
    returned_at: datetime | None
    lines: tuple[SheetLine, ...]


@dataclass(frozen=True, slots=True)
class SheetHead:
    """A sheet in a list: whose, of when, and how many lines are still to be entered."""

    number: int
    made_on: date
    made_by: str
    lines: int
    left: int
    is_back: bool


@dataclass(frozen=True, slots=True)
class Tick:
    """What stands on paper beside one line; an empty outcome says that nobody went there."""

    outcome: str
    reason: str = ""
    note: str = ""
    next_contact_on: date | None = None


def make_sheet(session: Session, *, found: Worklist, by: int, now: datetime) -> int:
    """Number a sheet of the list as it stands, stairs by stairs; return its number."""
    entries = [i.entry_id for stairs in found.stairwells for d in stairs.doors for i in d.items]
    if not entries:
        raise InvalidInput("sheet_empty")
    sheet = VisitSheet(uuid=uuid4().hex, made_on=local_day(session, now), made_at=now, made_by=by)
    session.add(sheet)
    session.flush()
    session.add_all(
        VisitSheetLine(sheet_id=sheet.id, position=position, entry_id=entry_id)
        for position, entry_id in enumerate(entries, start=1)
    )
    session.flush()
    facts = {"lines": len(entries)}
    record(
        session, act="sheet_printed", subject=("visit_sheet", sheet.id), by=by, now=now, facts=facts
    )
    return sheet.id


def sheet(session: Session, *, number: int, scope: Scope, now: datetime) -> Sheet:
    """Return a sheet; NotFound when the scope reaches nobody on it."""
    row = session.get(VisitSheet, number)
    if row is None:
        raise NotFound("not_found")
    lines = _lines(session, number, scope, now)
    if not lines:
        raise NotFound("not_found")
    maker = session.get_one(User, row.made_by)
    return Sheet(row.id, row.made_on, maker.display_name, row.returned_at, lines)


def sheets_of(session: Session, *, user_id: int) -> list[SheetHead]:
    """Return somebody's sheets, those that are not back first."""
    left = func.count().filter(
        VisitSheetLine.attempt_id.is_(None), VisitSheetLine.is_not_visited.is_(False)
    )
    rows = session.execute(
        select(VisitSheet, User.display_name, func.count(), left)
        .join(User, User.id == VisitSheet.made_by)
        .join(VisitSheetLine, VisitSheetLine.sheet_id == VisitSheet.id)
        .where(VisitSheet.made_by == user_id)
        .group_by(VisitSheet.id, User.display_name)
        .order_by(VisitSheet.returned_at.is_not(None), VisitSheet.id.desc())
        .limit(SHOWN)
    )
    return [
        SheetHead(row.id, row.made_on, name, lines, open_, row.returned_at is not None)
        for row, name, lines, open_ in rows
    ]


def enter_sheet(
    session: Session,
    *,
    number: int,
    visited_on: date,
    ticks: Mapping[int, Tick],
    scope: Scope,
    by: int,
    now: datetime,
) -> Sheet:
    """Log what was ticked, each line once; a line in doubt refuses the whole form and names itself."""
    before = sheet(session, number=number, scope=scope, now=now)
    row = session.scalars(select(VisitSheet).where(VisitSheet.id == number).with_for_update()).one()
    if not row.made_on <= visited_on <= local_day(session, now):
        raise InvalidInput("sheet_day", field="visited_on")
    for line in before.lines:
        tick = ticks.get(line.position)
        if tick is not None and not line.is_entered:
            _enter(session, row, line, tick, visited_on=visited_on, by=by, now=now)
    session.flush()
    after = sheet(session, number=number, scope=scope, now=now)
    if row.returned_at is None and all(line.is_entered for line in after.lines):
        row.returned_at, row.returned_by = now, by
        session.flush()
    return after


def _enter(
    session: Session,
    row: VisitSheet,
    line: SheetLine,
    tick: Tick,
    *,
    visited_on: date,
    by: int,
    now: datetime,
) -> None:
    kept = session.get_one(VisitSheetLine, (row.id, line.position))
    if not tick.outcome:
        kept.is_not_visited = True
        return
    note = _note(session, row, line, tick, visited_on=visited_on, now=now)
    try:
        done = log_contact(session, notes=[note], by=by, is_clinician=False, now=now)
    except PartsMissing as error:
        raise InvalidInput("sheet_line", field=f"outcome-{line.position}") from error
    kept.attempt_id = done.attempt_ids[0]


def _note(
    session: Session,
    row: VisitSheet,
    line: SheetLine,
    tick: Tick,
    *,
    visited_on: date,
    now: datetime,
) -> ContactNote:
    # Paper says the day, not the hour: noon, unless that is still to come.
    noon = datetime.combine(visited_on, time(12), local_zone(session))
    planned = tick.next_contact_on
    if tick.outcome == "C03" and planned is None:
        tomorrow = local_day(session, now) + timedelta(days=1)
        planned = max(visited_on + CONSIDERS_AGAIN, tomorrow)
    draft = AttemptDraft(
        entry_id=line.entry_id,
        channel=Channel.VISIT,
        outcome=tick.outcome,
        at=min(noon, now),
        uuid=uuid5(UUID(row.uuid), str(line.position)).hex,
        reasons=(tick.reason,) if tick.reason else (),
        main_reason=tick.reason,
        note=tick.note,
        next_contact_on=planned,
    )
    return ContactNote(attempt=draft)


def _lines(session: Session, number: int, scope: Scope, now: datetime) -> tuple[SheetLine, ...]:
    rows = session.execute(
        select(VisitSheetLine, LedgerEntry, ContactAttempt.outcome, Household.stairwell)
        .join(LedgerEntry, LedgerEntry.id == VisitSheetLine.entry_id)
        .join(Resident, Resident.id == LedgerEntry.resident_id)
        .outerjoin(Household, Household.id == Resident.household_id)
        .outerjoin(ContactAttempt, ContactAttempt.id == VisitSheetLine.attempt_id)
        .where(VisitSheetLine.sheet_id == number)
        .order_by(VisitSheetLine.position)
    ).all()
    ids = [entry.resident_id for _line, entry, _outcome, _stairwell in rows]
    heads = person_heads(session, resident_ids=ids, scope=scope, now=now)
    return tuple(
        SheetLine(
            position=line.position,
            entry_id=entry.id,
            head=heads[entry.resident_id],
            stairwell=stairwell or heads[entry.resident_id].address,
            next_action=entry.next_action,
            dose_number_due=entry.dose_number_due,
            outcome=outcome or "",
            is_not_visited=line.is_not_visited,
        )
        for line, entry, outcome, stairwell in rows
        if entry.resident_id in heads
    )
