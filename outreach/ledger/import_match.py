"""Comparing rows of a file with the ledger as it is now: new, unchanged, changed field by field, repeated."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from outreach.db import vault_of
from outreach.kernel.slices import slices
from outreach.ledger.codes import BatchState, RowKind
from outreach.ledger.entry_models import Dose
from outreach.ledger.import_models import ImportBatch, ImportRow
from outreach.ledger.import_rows import FieldChange, Match, open_row, residents_of_rows
from outreach.ledger.matching import fold_address, fold_name
from outreach.ledger.models import ContactPerson, Phone, Resident
from outreach.ledger.official import SAME_DOSE_DAYS
from outreach.ledger.outcome import Outcome, RowOutcome, RowValues
from outreach.places.models import Address, Area
from outreach.vault import Vault

SAME, OTHER = "same", "other"


@dataclass(frozen=True, slots=True)
class Frame:
    """What every row of one batch is compared within."""

    batch_id: int
    community_id: int
    vaccine_id: int | None


@dataclass(slots=True)
class Known:
    """A resident as the ledger holds them, as far as a file may speak of it."""

    id: int
    name: str
    sex: str
    born_on: date | None
    has_id: bool
    community_id: int
    grid: str
    address: str
    note: str
    clinical_note: str
    phones: dict[bytes, bool] = field(default_factory=dict)
    doses: list[date] = field(default_factory=list)
    said: RowValues | None = None


def match_rows(
    session: Session,
    *,
    frame: Frame,
    rows: Sequence[RowOutcome],
    decided: Mapping[int, str] | None = None,
) -> dict[int, Match]:
    """Return what each row is, by row number; rows that hold no person for the ledger are problems.

    ``decided`` are people's words on rows (``same``, ``other``), which stand above the comparison.
    """
    vault = vault_of(session)
    decided = decided or {}
    people = [row for row in rows if row.is_in_ledger]
    by_number = _residents_by_number(session, people, vault)
    by_birth = _residents_by_birth(session, frame, [r for r in people if r.row not in by_number])
    found = _known(session, frame, {*by_number.values(), *by_birth.values()}, vault)
    matches: dict[int, Match] = {}
    for row in people:
        is_by_number = row.row in by_number
        resident_id = by_number.get(row.row) or by_birth.get(row.row)
        known = found.get(resident_id) if resident_id else None
        word = decided.get(row.row, "")
        if known is None or (word == OTHER and not is_by_number):
            matches[row.row] = Match(RowKind.NEW)
        elif word == SAME and known.community_id == frame.community_id:
            matches[row.row] = _changed(row.values, known, vault)
        else:
            matches[row.row] = _compare(row, known, frame, vault, is_by_number=is_by_number)
    _match_repeats(session, frame, rows, matches)
    return matches


def numbers_known(session: Session, *, rows: Iterable[RowOutcome], community_id: int) -> int:
    """Return how many of these rows' identity numbers belong to people of the community."""
    vault = vault_of(session)
    indexes = [
        vault.index(row.values.id_number, purpose="id") for row in rows if row.values.id_number
    ]
    count = 0
    for piece in slices(indexes):
        count += len(
            session.scalars(
                select(Resident.id_index)
                .where(Resident.id_index.in_(piece), Resident.community_id == community_id)
                .distinct()
            ).all()
        )
    return count


def address_of(values: RowValues) -> str:
    """Return the address of a row: the usual one, else put together from its parts, else the registered."""
    parts = [values.compound, values.building, values.unit, values.room]
    if values.address:
        return values.address
    if any(parts[:2]):
        words = (_with_unit(values.building, "号楼"), _with_unit(values.unit, "单元"))
        return "".join([values.compound, *words, values.room])
    return values.registered_address


def _with_unit(text: str, word: str) -> str:
    return text + word if text.isdigit() else text


def _residents_by_number(
    session: Session, people: Sequence[RowOutcome], vault: Vault
) -> dict[int, int]:
    """Return the living row of the ledger that bears each row's number; merged ones lead to the other."""
    rows_of = {
        vault.index(row.values.id_number, purpose="id"): row.row
        for row in people
        if row.values.id_number
    }
    found: dict[int, int] = {}
    indexes = list(rows_of)
    for piece in slices(indexes):
        rows = session.execute(
            select(Resident.id, Resident.id_index, Resident.merged_into_id)
            .where(
                Resident.id_index.in_(piece),
                Resident.erased_at.is_(None),
            )
            .order_by(Resident.merged_into_id.is_(None).desc(), Resident.id)
        )
        for resident_id, index, merged_into in rows:
            if index is not None:
                found.setdefault(rows_of[index], _survivor(session, merged_into) or resident_id)
    return found


def _survivor(session: Session, resident_id: int | None) -> int | None:
    while resident_id is not None:
        further = session.scalar(select(Resident.merged_into_id).where(Resident.id == resident_id))
        if further is None:
            return resident_id
        resident_id = further
    return None


def _residents_by_birth(
    session: Session, frame: Frame, people: Sequence[RowOutcome]
) -> dict[int, int]:
    """Return the community's resident of the same name and birth date, unless two numbers part them."""
    wanted = {
        (fold_name(row.values.name), row.values.born_on): row
        for row in people
        if row.values.born_on is not None
    }
    found: dict[int, int] = {}
    for piece in slices(sorted(wanted)):
        rows = session.execute(
            select(Resident.id, Resident.name_folded, Resident.born_on, Resident.id_index)
            .where(
                Resident.community_id == frame.community_id,
                Resident.name_folded.in_({name for name, _ in piece}),
                Resident.born_on.in_({born_on for _, born_on in piece}),
                Resident.merged_into_id.is_(None),
                Resident.erased_at.is_(None),
            )
            .order_by(Resident.id)
        )
        for resident_id, name, born_on, id_index in rows:
            row = wanted.get((name, born_on)) if born_on else None
            if row is not None and not (row.values.id_number and id_index):
                found.setdefault(row.row, resident_id)
    return found


def _known(session: Session, frame: Frame, ids: set[int], vault: Vault) -> dict[int, Known]:
    listed = sorted(ids)
    found: dict[int, Known] = {}
    for piece in slices(listed):
        found |= {row.id: _known_row(row) for row in _resident_rows(session, piece)}
        _add_phones(session, piece, found)
        _add_doses(session, piece, found, frame)
        _add_last_said(session, piece, found, frame, vault)
    return found


def _resident_rows(session: Session, ids: Sequence[int]) -> Iterable[Row[Any]]:
    return session.execute(
        select(
            Resident.id,
            Resident.name,
            Resident.sex,
            Resident.born_on,
            Resident.id_index,
            Resident.community_id,
            Resident.note,
            Resident.clinical_note,
            Area.name.label("grid"),
            Address.text.label("address"),
        )
        .outerjoin(Area, Area.id == Resident.grid_id)
        .outerjoin(Address, Address.id == Resident.address_id)
        .where(Resident.id.in_(ids))
        .order_by(Resident.id)
    )


def _known_row(row: Row[Any]) -> Known:
    return Known(
        id=row.id,
        name=row.name,
        sex=str(row.sex),
        born_on=row.born_on,
        has_id=row.id_index is not None,
        community_id=row.community_id,
        grid=row.grid or "",
        address=row.address or "",
        note=row.note,
        clinical_note=row.clinical_note,
    )


def _add_phones(session: Session, ids: Sequence[int], found: dict[int, Known]) -> None:
    """Numbers that a person marked as wrong count as known: a file must not bring them back."""
    rows = session.execute(
        select(ContactPerson.resident_id, Phone.number_index)
        .join(Phone, Phone.contact_person_id == ContactPerson.id)
        .where(ContactPerson.resident_id.in_(ids))
    )
    for resident_id, index in rows:
        found[resident_id].phones[index] = True


def _add_doses(session: Session, ids: Sequence[int], found: dict[int, Known], frame: Frame) -> None:
    """Doses that a person took back count as known too: the same old list must not bring them back."""
    rows = session.execute(
        select(Dose.resident_id, Dose.given_on).where(
            Dose.resident_id.in_(ids), Dose.vaccine_id == frame.vaccine_id
        )
    )
    for resident_id, given_on in rows:
        found[resident_id].doses.append(given_on)


def _add_last_said(
    session: Session, ids: Sequence[int], found: dict[int, Known], frame: Frame, vault: Vault
) -> None:
    """Add what the newest earlier file said: what a file merely repeats is no change (hand edits stay)."""
    rows = session.scalars(
        select(ImportRow)
        .join(ImportBatch, ImportBatch.id == ImportRow.batch_id)
        .where(
            ImportRow.resident_id.in_(ids),
            ImportRow.batch_id != frame.batch_id,
            ImportRow.outcome.in_([Outcome.IMPORTED, Outcome.WARNING]),
            ImportBatch.kind == "ledger",
            ImportBatch.state == BatchState.COMMITTED,
            ImportRow.cells_sealed.is_not(None),
        )
        .order_by(ImportRow.batch_id)
    )
    for row in rows:
        opened = open_row(vault, row)
        if isinstance(opened, RowOutcome) and row.resident_id is not None:
            found[row.resident_id].said = opened.values


def _compare(
    row: RowOutcome, known: Known, frame: Frame, vault: Vault, *, is_by_number: bool
) -> Match:
    values = row.values
    if known.community_id != frame.community_id:
        return Match(RowKind.DUPLICATE, known.id, codes=("same_id", "in_other_community"))
    if is_by_number and fold_name(values.name) != fold_name(known.name):
        # One number, two names: somebody must say who it is; nothing is written till then.
        change = FieldChange("name", known.name, values.name, is_applied=False)
        return Match(RowKind.PROBLEM, known.id, (change,), ("name_differs",))
    if not is_by_number and not _is_surely_the_same(values, known, vault):
        return Match(RowKind.DUPLICATE, known.id, codes=("same_name_and_birth",))
    return _changed(values, known, vault)


def _changed(values: RowValues, known: Known, vault: Vault) -> Match:
    changes = tuple(_changes(values, known, vault))
    is_changed = any(change.is_applied for change in changes)
    return Match(RowKind.CHANGED if is_changed else RowKind.UNCHANGED, known.id, changes)


def _is_surely_the_same(values: RowValues, known: Known, vault: Vault) -> bool:
    """Say whether a person of the same name and birth date is meant, where a number is missing."""
    if values.id_number is None and not known.has_id:
        return True
    if known.said is not None and _said_the_same(values, known.said):
        return True
    return _has_support(values, known, vault) and not known.has_id


def _said_the_same(values: RowValues, said: RowValues) -> bool:
    return values.id_number is None and said.id_number is None and values.name == said.name


def _has_support(values: RowValues, known: Known, vault: Vault) -> bool:
    address = fold_address(address_of(values))
    if address and address == fold_address(known.address):
        return True
    return any(vault.index(p.e164, purpose="phone") in known.phones for p in values.phones)


def _changes(values: RowValues, known: Known, vault: Vault) -> Iterable[FieldChange]:
    said = known.said
    if values.id_number and not known.has_id:
        yield FieldChange("id_number", "", values.id_number)
    for name, was, now, before in (
        ("sex", known.sex, str(values.sex or ""), said and str(said.sex or "")),
        ("born_on", _day(known.born_on), _day(values.born_on), said and _day(said.born_on)),
        ("grid", known.grid, values.grid, said and said.grid),
    ):
        if now and now not in (was, before):
            yield FieldChange(name, was, now)
    address = address_of(values)
    if (
        address
        and fold_address(address) != fold_address(known.address)
        and not (said and address_of(said) == address)
    ):
        yield FieldChange("address", known.address, address)
    yield from _note_change("note", known.note, values.note, said.note if said else None)
    yield from _note_change(
        "clinical_note", known.clinical_note, values.health, said.health if said else None
    )
    spoken = {p.e164 for p in said.phones} if said else set()
    for phone in values.phones:
        is_known = vault.index(phone.e164, purpose="phone") in known.phones
        if not is_known and phone.e164 not in spoken:
            yield FieldChange("phone", "", phone.e164)
    yield from _dose_changes(values, known)


def _note_change(name: str, was: str, now: str, before: str | None) -> Iterable[FieldChange]:
    """A file's remark replaces what an earlier file said; words that people wrote are kept before it."""
    if not now or now == before or now in was:
        return
    if not was or was == before:
        yield FieldChange(name, was, now)
    else:
        yield FieldChange(name, was, f"{was}\n{now}")


def _dose_changes(values: RowValues, known: Known) -> Iterable[FieldChange]:
    for dose in values.doses:
        if dose.given_on in known.doses:
            continue
        near = [d for d in known.doses if abs((d - dose.given_on).days) <= SAME_DOSE_DAYS]
        if near:
            # Two dates within a fortnight are one dose: which one is right is not for a file to say.
            yield FieldChange("dose", _day(near[0]), _day(dose.given_on), is_applied=False)
        else:
            yield FieldChange("dose", "", _day(dose.given_on))


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""


def _match_repeats(
    session: Session, frame: Frame, rows: Sequence[RowOutcome], matches: dict[int, Match]
) -> None:
    """Tie repeats to the resident of the row that they repeat; everything else is a problem."""
    earlier = residents_of_rows(
        session,
        batch_id=frame.batch_id,
        numbers=[
            row.repeats_row
            for row in rows
            if row.repeats_row is not None and row.repeats_row not in matches
        ],
    )
    for row in rows:
        if row.row in matches:
            continue
        if row.outcome is Outcome.DUPLICATE:
            first = matches.get(row.repeats_row or 0)
            resident_id = first.resident_id if first else earlier.get(row.repeats_row or 0)
            matches[row.row] = Match(RowKind.DUPLICATE, resident_id)
        else:
            matches[row.row] = Match(RowKind.PROBLEM)
