"""Taking an import back while nothing depends on it: its people go, its changes return to what was before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from sqlalchemy import ForeignKey, Table, delete, func, select, update
from sqlalchemy.orm import Session

from outreach.audit.trail import record
from outreach.db import Base, vault_of
from outreach.kernel.errors import MoveNotAllowed, OutreachError
from outreach.kernel.slices import slices
from outreach.ledger.bulk import table_of
from outreach.ledger.codes import BatchState, Cause, PairState, ReportState, RowKind, Sex
from outreach.ledger.doses import void_dose
from outreach.ledger.entry_models import Dose, LedgerEntry, StatusTransition, StrikeOff
from outreach.ledger.import_batches import drop_lease, lock_batch, lock_imports, move
from outreach.ledger.import_models import ImportBatch, ImportRow
from outreach.ledger.import_rows import FieldChange, open_changes
from outreach.ledger.models import (
    ContactPerson,
    DuplicatePair,
    Household,
    LifeReport,
    Phone,
    Resident,
    SearchTerm,
)
from outreach.ledger.residents import lock_resident, refresh_search
from outreach.places.models import Address, Area
from outreach.workflows.import_hand import Hand
from outreach.workflows.restate import restate_many

# What an import itself writes about a person; anything else was done since, and depends on it.
_OWN = (ContactPerson, SearchTerm, LedgerEntry, Dose, LifeReport, DuplicatePair, ImportRow)
_OWN_OF_ENTRY = (StatusTransition, StrikeOff)


class UndoBlocked(OutreachError):
    """Something was done since with people whom the import brought; ``facts`` say what and how often."""

    status = 409


def undo_import(session: Session, *, batch_id: int, hand: Hand) -> dict[str, int]:
    """Take a whole batch back in one transaction, or refuse and change nothing."""
    lock_imports(session)
    batch = lock_batch(session, batch_id)
    if batch.state is BatchState.UNDONE:
        return {}
    if batch.kind != "ledger":
        raise MoveNotAllowed("batch_state", batch_id=batch_id, state=str(batch.state))
    move(batch, BatchState.UNDOING)
    created = _residents(session, batch_id, RowKind.NEW)
    check_free(session, batch=batch, created=created)
    reverted, kept = _revert_changes(session, batch, hand)
    _withdraw_words(session, batch)
    _remove_people(session, created)
    restate_many(
        session,
        resident_ids=reverted,
        by=hand.by,
        cause=Cause.IMPORT_UNDONE,
        now=hand.now,
        reason=f"import {batch_id} undone",
    )
    move(batch, BatchState.UNDONE)
    batch.undone_at = hand.now
    drop_lease(batch)
    done = {"removed": len(created), "reverted": len(reverted), "kept": kept}
    record(
        session,
        act="import_undone",
        subject=("import_batch", batch_id),
        by=hand.by,
        now=hand.now,
        facts=done,
    )
    return done


def undo_obstacles(session: Session, *, batch_id: int) -> dict[str, int]:
    """Return what was done since with the batch's people, by kind; nothing: the batch can be undone."""
    batch = session.get_one(ImportBatch, batch_id)
    return _obstacles(session, batch, _residents(session, batch_id, RowKind.NEW))


def check_free(session: Session, *, batch: ImportBatch, created: Sequence[int]) -> None:
    """Raise UndoBlocked when anything but the import itself stands about these people."""
    found = _obstacles(session, batch, created)
    if found:
        raise UndoBlocked("undo_blocked", **found)


def _obstacles(session: Session, batch: ImportBatch, created: Sequence[int]) -> dict[str, int]:
    found: dict[str, int] = {}
    own = {model.__tablename__ for model in _OWN}
    own_of_entry = {model.__tablename__ for model in _OWN_OF_ENTRY}
    for ids in slices(created):
        counts = _references(session, "resident", ids, leave_out=own)
        entries = session.scalars(
            select(LedgerEntry.id).where(LedgerEntry.resident_id.in_(ids))
        ).all()
        for piece in slices(entries):
            for name, count in _references(
                session, "ledger_entry", piece, leave_out=own_of_entry
            ).items():
                counts[name] = counts.get(name, 0) + count
        counts |= _later_facts(session, batch, ids)
        for name, count in counts.items():
            if count:
                found[name] = found.get(name, 0) + count
    return found


def _later_facts(session: Session, batch: ImportBatch, ids: Sequence[int]) -> dict[str, int]:
    """Return what was added to the import's own kinds of rows by other hands."""
    return {
        "dose": _count(
            session,
            select(func.count())
            .select_from(Dose)
            .where(Dose.resident_id.in_(ids), Dose.import_batch_id.is_distinct_from(batch.id)),
        ),
        "edited": _count(
            session,
            select(func.count())
            .select_from(Resident)
            .where(Resident.id.in_(ids), Resident.updated_at > Resident.created_at),
        ),
        "life_report": _count(
            session,
            select(func.count())
            .select_from(LifeReport)
            .where(
                LifeReport.resident_id.in_(ids),
                (LifeReport.source != "import") | (LifeReport.state != ReportState.OPEN),
            ),
        ),
        "duplicate_pair": _count(
            session,
            select(func.count())
            .select_from(DuplicatePair)
            .where(
                DuplicatePair.first_id.in_(ids) | DuplicatePair.second_id.in_(ids),
                DuplicatePair.state != PairState.OPEN,
            ),
        ),
        "import_row": _count(
            session,
            select(func.count())
            .select_from(ImportRow)
            .join(ImportBatch, ImportBatch.id == ImportRow.batch_id)
            .where(
                ImportRow.resident_id.in_(ids),
                ImportRow.batch_id != batch.id,
                ImportBatch.state == BatchState.COMMITTED,
            ),
        ),
    }


def _count(session: Session, question: object) -> int:
    return session.scalar(question) or 0  # type: ignore[call-overload]


def _references(
    session: Session, table: str, ids: Sequence[int], *, leave_out: set[str]
) -> dict[str, int]:
    """Count the rows of every other table that point at these rows: tables to come are seen too."""
    counts: dict[str, int] = {}
    for key in _keys_to(table):
        owner = key.parent.table
        if owner.name in leave_out:
            continue
        count = session.scalar(select(func.count()).select_from(owner).where(key.parent.in_(ids)))
        counts[owner.name] = counts.get(owner.name, 0) + (count or 0)
    return counts


def _keys_to(table: str) -> Iterator[ForeignKey]:
    for owner in Base.metadata.sorted_tables:
        for key in owner.foreign_keys:
            if key.column.table.name == table and key.column.name == "id":
                yield key


def _residents(session: Session, batch_id: int, kind: RowKind) -> list[int]:
    rows = session.scalars(
        select(ImportRow.resident_id)
        .where(
            ImportRow.batch_id == batch_id,
            ImportRow.kind == kind,
            ImportRow.resolved_at.is_not(None),
            ImportRow.resident_id.is_not(None),
        )
        .order_by(ImportRow.resident_id)
    )
    return [resident_id for resident_id in rows if resident_id is not None]


def _revert_changes(session: Session, batch: ImportBatch, hand: Hand) -> tuple[list[int], int]:
    """Give changed people back what stood before; what somebody changed again since stays."""
    vault = vault_of(session)
    reverted, kept = [], 0
    rows = session.scalars(
        select(ImportRow)
        .where(ImportRow.batch_id == batch.id, ImportRow.kind == RowKind.CHANGED)
        .order_by(ImportRow.row_number)
    ).all()
    for row in rows:
        if row.resident_id is None or row.resolved_at is None:
            continue
        resident = lock_resident(session, row.resident_id)
        for change in open_changes(vault, row):
            if change.is_applied and change.field != "dose":
                kept += not _revert(session, resident, change)
        resident.updated_at = hand.now
        refresh_search(session, resident)
        reverted.append(resident.id)
    if hand.by is not None:
        for dose_id in session.scalars(
            select(Dose.id).where(
                Dose.import_batch_id == batch.id,
                Dose.resident_id.in_(reverted),
                Dose.voided_at.is_(None),
            )
        ).all():
            void_dose(
                session,
                dose_id=dose_id,
                by=hand.by,
                reason=f"import {batch.id} undone",
                now=hand.now,
            )
    session.flush()
    return reverted, kept


def _revert(session: Session, resident: Resident, change: FieldChange) -> bool:
    """Put one value back; False where it is not the import's any more."""
    if change.field == "phone":
        return _take_phone(session, resident.id, change.now)
    if change.field == "id_number":
        vault = vault_of(session)
        if resident.id_index != vault.index(change.now, purpose="id"):
            return False
        resident.id_sealed = resident.id_index = resident.id_tail_index = None
        return True
    if _present(session, resident, change.field) != change.now:
        return False
    match change.field:
        case "sex":
            resident.sex = Sex(change.was or "unknown")
        case "born_on":
            resident.born_on = date.fromisoformat(change.was) if change.was else None
        case "grid":
            resident.grid_id = _area_named(session, resident.community_id, change.was)
        case "address":
            resident.address_id = _address_of(session, resident.community_id, change.was)
        case _:
            setattr(resident, change.field, change.was)
    return True


def _present(session: Session, resident: Resident, field: str) -> str:
    if field == "grid":
        area = session.get(Area, resident.grid_id) if resident.grid_id else None
        return area.name if area else ""
    if field == "address":
        address = session.get(Address, resident.address_id) if resident.address_id else None
        return address.text if address else ""
    value = getattr(resident, field)
    return value.isoformat() if isinstance(value, date) else str(value or "")


def _area_named(session: Session, community_id: int, name: str) -> int | None:
    return session.scalar(
        select(Area.id).where(Area.parent_id == community_id, Area.name == name).limit(1)
    )


def _address_of(session: Session, community_id: int, text: str) -> int | None:
    return session.scalar(
        select(Address.id)
        .where(Address.area_id == community_id, Address.text == text)
        .order_by(Address.id)
        .limit(1)
    )


def _take_phone(session: Session, resident_id: int, e164: str) -> bool:
    index = vault_of(session).index(e164, purpose="phone")
    gone = session.scalars(
        delete(Phone)
        .where(
            Phone.number_index == index,
            Phone.contact_person_id.in_(
                select(ContactPerson.id).where(ContactPerson.resident_id == resident_id)
            ),
        )
        .returning(Phone.id)
        .execution_options(synchronize_session=False)
    ).all()
    return bool(gone)


def _withdraw_words(session: Session, batch: ImportBatch) -> None:
    """Keep open words of known people: a death that a withdrawn file told of is still worth a look."""
    session.execute(
        update(ImportRow)
        .where(ImportRow.batch_id == batch.id, ImportRow.kind == RowKind.NEW)
        .values(resident_id=None)
        .execution_options(synchronize_session=False)
    )


def _remove_people(session: Session, created: Sequence[int]) -> None:
    for ids in slices(created):
        homes = session.execute(
            select(Resident.address_id, Resident.household_id).where(Resident.id.in_(ids))
        ).all()
        entries = select(LedgerEntry.id).where(LedgerEntry.resident_id.in_(ids))
        contacts = select(ContactPerson.id).where(ContactPerson.resident_id.in_(ids))
        for table, condition in (
            (StrikeOff, StrikeOff.entry_id.in_(entries)),
            (StatusTransition, StatusTransition.entry_id.in_(entries)),
            (LedgerEntry, LedgerEntry.resident_id.in_(ids)),
            (Dose, Dose.resident_id.in_(ids)),
            (LifeReport, LifeReport.resident_id.in_(ids)),
            (DuplicatePair, DuplicatePair.first_id.in_(ids) | DuplicatePair.second_id.in_(ids)),
            (Phone, Phone.contact_person_id.in_(contacts)),
            (ContactPerson, ContactPerson.resident_id.in_(ids)),
            (SearchTerm, SearchTerm.resident_id.in_(ids)),
        ):
            session.execute(
                delete(table).where(condition).execution_options(synchronize_session=False)
            )
        session.execute(
            update(ImportRow)
            .where(ImportRow.resident_id.in_(ids))
            .values(resident_id=None)
            .execution_options(synchronize_session=False)
        )
        session.execute(
            delete(Resident)
            .where(Resident.id.in_(ids))
            .execution_options(synchronize_session=False)
        )
        _remove_unused(session, table_of(Household), {h for _, h in homes if h is not None})
        _remove_unused(session, table_of(Address), {a for a, _ in homes if a is not None})
    session.expire_all()


def _remove_unused(session: Session, table: Table, ids: set[int]) -> None:
    """Remove homes where nobody lives any more and to which nothing else points."""
    for piece in slices(sorted(ids)):
        used: set[int] = set()
        for key in _keys_to(table.name):
            used |= set(session.scalars(select(key.parent).where(key.parent.in_(piece)).distinct()))
        left = [i for i in piece if i not in used]
        if left:
            session.execute(delete(table).where(table.c.id.in_(left)))
