"""Merging two rows that are one person, field by field, nothing lost, undoable."""

from __future__ import annotations

import base64
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Table, func, select, update
from sqlalchemy.orm import Session

from outreach.db import Base, vault_of
from outreach.kernel.errors import InvalidInput, MoveNotAllowed, NotFound
from outreach.ledger.codes import GRADE_ORDER, EvidenceGrade, PairState
from outreach.ledger.entry_models import Dose, LedgerEntry
from outreach.ledger.models import ContactPerson, DuplicatePair, Resident
from outreach.ledger.residents import lock_resident, refresh_search
from outreach.ledger.twins import remember_pair

# What of two rows may be chosen one by one; everything else is added up.
CHOICES = (
    "name",
    "sex",
    "born_on",
    "id_number",
    "community_id",
    "grid_id",
    "address_id",
    "household_id",
    "mobility",
    "mobility_flags",
    "lives_alone",
    "language",
    "dialect",
    "note",
    "clinical_note",
    "access_note",
)
_ID_COLUMNS = ("id_sealed", "id_index", "id_tail_index", "id_as_written_sealed")
# Rows of these stay with the line or pair they belong to, or are made anew.
_STAY = frozenset({"resident", "ledger_entry", "duplicate_pair", "search_term", "dose"})


@dataclass(frozen=True, slots=True)
class Merge:
    """A finished merge: ``kept`` goes on, ``dropped`` stays as a row that points to it."""

    pair_id: int
    kept: int
    dropped: int


def merge(
    session: Session,
    *,
    keep_id: int,
    drop_id: int,
    from_dropped: Collection[str],
    by: int,
    now: datetime,
) -> Merge:
    """Make two rows one. ``from_dropped`` names the fields whose value is taken from the dropped row.

    Contacts, doses, attempts, appointments, messages and the rest move over; a dose that both rows
    tell of stays once, with the better grade. What was done is kept beside the pair, for undoing.
    """
    if keep_id == drop_id:
        raise InvalidInput("pair_of_one", field="drop_id")
    unknown = set(from_dropped) - set(CHOICES)
    if unknown:
        raise InvalidInput("field_unknown", field=sorted(unknown)[0])
    first, second = (lock_resident(session, i) for i in sorted((keep_id, drop_id)))
    kept, dropped = (first, second) if first.id == keep_id else (second, first)
    if kept.merged_into_id is not None or dropped.merged_into_id is not None:
        raise MoveNotAllowed("merged_already", resident_id=drop_id)
    _check_ids(kept, dropped, from_dropped)
    undo: dict[str, Any] = {"keep": keep_id, "drop": drop_id}
    undo["fields"] = _take_fields(session, kept, dropped, from_dropped)
    undo["entries"] = _move_line_rows(session, keep_id, drop_id)
    undo["doses"], undo["grades"] = _move_doses(session, keep_id, drop_id)
    undo["moved"] = _move_rows(session, keep_id, drop_id)
    _renumber_contacts(session, keep_id, undo["moved"].get("contact_person", []))
    kept.held_all, kept.held_nudges = (
        kept.held_all or dropped.held_all,
        kept.held_nudges or dropped.held_nudges,
    )
    dropped.merged_into_id = keep_id
    kept.updated_at = dropped.updated_at = now
    session.flush()
    refresh_search(session, kept)
    _forget_terms(session, drop_id)
    pair = remember_pair(
        session, first_id=keep_id, second_id=drop_id, score=1.0, reasons=["by_hand"], now=now
    )
    pair.state, pair.decided_by, pair.decided_at, pair.undo = PairState.MERGED, by, now, undo
    session.flush()
    return Merge(pair.id, keep_id, drop_id)


def undo_merge(session: Session, *, pair_id: int, by: int, now: datetime) -> Merge:
    """Make one person two again: what came over goes back, what came later stays with the kept one."""
    pair = session.get(DuplicatePair, pair_id, with_for_update=True)
    if pair is None:
        raise NotFound("duplicate_pair", pair_id=pair_id)
    if pair.state != PairState.MERGED or not pair.undo:
        raise MoveNotAllowed("pair_not_merged", pair_id=pair_id)
    undo = pair.undo
    keep_id, drop_id = int(undo["keep"]), int(undo["drop"])
    kept = lock_resident(session, keep_id)
    dropped = lock_resident(session, drop_id)
    dropped.merged_into_id = None
    session.flush()
    for name, ids in undo["moved"].items():
        _point(session, _table(name), ids, to=drop_id)
    _point(session, _table("dose"), undo["doses"], to=drop_id)
    for dose_id, grade in undo["grades"].items():
        session.get_one(Dose, int(dose_id)).grade = EvidenceGrade(grade)
    for name, moves in undo["entries"].items():
        for row_id, entry_id in moves.items():
            table = _table(name)
            session.execute(
                update(table).where(table.c.id == int(row_id)).values(entry_id=entry_id)
            )
    _give_fields_back(kept, undo["fields"])
    kept.updated_at = dropped.updated_at = now
    pair.state, pair.decided_by, pair.decided_at = PairState.KEPT_BOTH, by, now
    pair.undo = None
    session.flush()
    session.expire_all()
    for resident_id in (keep_id, drop_id):
        refresh_search(session, session.get_one(Resident, resident_id))
    session.flush()
    return Merge(pair.id, keep_id, drop_id)


def _check_ids(kept: Resident, dropped: Resident, from_dropped: Collection[str]) -> None:
    """Two valid different numbers are two people, unless somebody says which one was wrong."""
    both = kept.id_index is not None and dropped.id_index is not None
    if both and kept.id_index != dropped.id_index and "id_number" not in from_dropped:
        raise InvalidInput("ids_differ_choose", field="id_number")


def _take_fields(
    session: Session, kept: Resident, dropped: Resident, names: Collection[str]
) -> dict[str, Any]:
    before: dict[str, Any] = {}
    for name in names:
        if name == "id_number":
            before |= {column: _plain(getattr(kept, column)) for column in _ID_COLUMNS}
            _take_id(session, kept, dropped)
        else:
            before[name] = _plain(getattr(kept, name))
            setattr(kept, name, getattr(dropped, name))
    if "born_on" in names:
        before["eligible_on"] = _plain(kept.eligible_on)
        kept.eligible_on = dropped.eligible_on
    if kept.id_index is None and dropped.id_index is not None and "id_number" not in names:
        before |= dict.fromkeys(_ID_COLUMNS)
        _take_id(session, kept, dropped)
    session.flush()
    return before


def _take_id(session: Session, kept: Resident, dropped: Resident) -> None:
    """Seal the dropped row's number anew, because a sealed value is bound to its own row."""
    vault = vault_of(session)
    for column in ("id_sealed", "id_as_written_sealed"):
        sealed = getattr(dropped, column)
        plain = (
            vault.open(sealed, table="resident", column=column, row=dropped.uuid)
            if sealed
            else None
        )
        anew = vault.seal(plain, table="resident", column=column, row=kept.uuid) if plain else None
        setattr(kept, column, anew)
    kept.id_index, kept.id_tail_index = dropped.id_index, dropped.id_tail_index


def _give_fields_back(kept: Resident, fields: dict[str, Any]) -> None:
    for name, value in fields.items():
        if name in _ID_COLUMNS:
            setattr(kept, name, base64.b64decode(value) if value else None)
        elif name in {"born_on", "eligible_on"}:
            setattr(kept, name, date.fromisoformat(value) if value else None)
        else:
            setattr(kept, name, value)


def _move_line_rows(session: Session, keep_id: int, drop_id: int) -> dict[str, dict[str, int]]:
    """Hang attempts and questions of the dropped lines onto the kept line of the same campaign."""
    kept = _entries(session, keep_id)
    moved: dict[str, dict[str, int]] = {"contact_attempt": {}, "question": {}}
    for campaign_id, old in _entries(session, drop_id).items():
        new = kept.get(campaign_id)
        if new is None:
            continue
        for name, rows in moved.items():
            table = _table(name)
            ids = session.scalars(select(table.c.id).where(table.c.entry_id == old)).all()
            rows |= {str(row_id): old for row_id in ids}
            session.execute(update(table).where(table.c.entry_id == old).values(entry_id=new))
    return moved


def _entries(session: Session, resident_id: int) -> dict[int, int]:
    rows = session.execute(
        select(LedgerEntry.campaign_id, LedgerEntry.id).where(
            LedgerEntry.resident_id == resident_id
        )
    )
    return dict(rows.all())


def _move_doses(session: Session, keep_id: int, drop_id: int) -> tuple[list[int], dict[str, str]]:
    """Move doses; one that both rows tell of stays where it is and lends the kept one its grade."""
    kept = session.scalars(select(Dose).where(Dose.resident_id == keep_id).order_by(Dose.id)).all()
    standing = {(d.vaccine_id, d.given_on): d for d in kept if d.voided_at is None}
    references = {(d.vaccine_id, d.given_on, d.source_reference) for d in kept}
    moved, grades = [], {}
    for dose in session.scalars(select(Dose).where(Dose.resident_id == drop_id).order_by(Dose.id)):
        twin = standing.get((dose.vaccine_id, dose.given_on))
        if twin is not None and dose.voided_at is None:
            if GRADE_ORDER.index(dose.grade) > GRADE_ORDER.index(twin.grade):
                grades[str(twin.id)] = str(twin.grade)
                twin.grade = dose.grade
            continue
        if (dose.vaccine_id, dose.given_on, dose.source_reference) in references:
            dose.source_reference = f"{dose.source_reference}#{dose.id}"
        dose.resident_id = keep_id
        moved.append(dose.id)
    session.flush()
    return moved, grades


def _move_rows(session: Session, keep_id: int, drop_id: int) -> dict[str, list[int]]:
    """Point every row about the dropped resident at the kept one; return what was moved."""
    moved: dict[str, list[int]] = {}
    for table in Base.metadata.sorted_tables:
        if table.name in _STAY or "id" not in table.c:
            continue
        column = next((c for c in table.c if _is_about_resident(c)), None)
        if column is None:
            continue
        ids = list(session.scalars(select(table.c.id).where(column == drop_id)))
        if ids:
            session.execute(update(table).where(column == drop_id).values({column: keep_id}))
            moved[table.name] = ids
    session.flush()
    session.expire_all()
    return moved


def _is_about_resident(column: Any) -> bool:  # noqa: ANN401 - a column of any type
    return any(key.target_fullname == "resident.id" for key in column.foreign_keys)


def _point(session: Session, table: Table, ids: Iterable[int], *, to: int) -> None:
    column = next(c for c in table.c if _is_about_resident(c))
    session.execute(update(table).where(table.c.id.in_(list(ids))).values({column: to}))


def _renumber_contacts(session: Session, keep_id: int, moved: Collection[int]) -> None:
    """Put the contacts that came over behind those who were there."""
    last = session.scalar(
        select(func.max(ContactPerson.position)).where(
            ContactPerson.resident_id == keep_id, ContactPerson.id.not_in(list(moved))
        )
    )
    for position, contact_id in enumerate(sorted(moved), start=(last or 0) + 1):
        session.get_one(ContactPerson, contact_id).position = position
    session.flush()


def _forget_terms(session: Session, resident_id: int) -> None:
    table = _table("search_term")
    session.execute(table.delete().where(table.c.resident_id == resident_id))


def _table(name: str) -> Table:
    return Base.metadata.tables[name]


def _plain(value: Any) -> Any:  # noqa: ANN401 - any column's value
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value.isoformat() if isinstance(value, date) else value
