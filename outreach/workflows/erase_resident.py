"""Erasing a person: nothing that tells of them is left, only a nameless row for the figures of rides."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Table, delete, func, or_, select, update
from sqlalchemy.orm import Session

from outreach.audit.trail import record
from outreach.clinics.codes import STANDING
from outreach.clinics.models import Appointment
from outreach.db import Base
from outreach.kernel.errors import InvalidInput, OutreachError
from outreach.ledger.codes import BirthCertainty, Cause, LifeStatus, Sex
from outreach.ledger.entries import Hand, leave_ledger
from outreach.ledger.entry_models import Evidence
from outreach.ledger.models import Resident
from outreach.ledger.residents import lock_resident
from outreach.places.queries import local_day
from outreach.transport.codes import OPEN_LEG
from outreach.transport.run_models import RideLeg
from outreach.workflows.held_data import Rows, held_keys

# Rows without which the figures of rides and sessions would not add up; their words are wiped instead.
_KEPT = frozenset(
    {
        "resident",
        "ledger_entry",
        "status_transition",
        "appointment",
        "planned_dose",
        "ride_leg",
        "run_stop",
        "promise",
        "day_event",
        "handover",
        "taxi_slip",
        "unmet_need",
        "observation",
        "alarm",
        "import_row",
        "opt_out",
        "strike_off",
    }
)
_WIPED: dict[str, dict[str, Any]] = {
    "appointment": {
        "outbound_with": "",
        "return_with": "",
        "return_contact_id": None,
        "note": "",
        "visit_result": "",
    },
    "planned_dose": {"dose_id": None, "result": ""},
    "ride_leg": {"door_code": ""},
    "day_event": {"facts": {}},
    "handover": {"received_by": "", "witness": "", "contact_person_id": None},
    "observation": {"adverse_code": "", "extension_reason": ""},
    "import_row": {
        "cells_sealed": None,
        "mended_sealed": None,
        "changes_sealed": None,
        "resident_id": None,
    },
    "opt_out": {"resident_id": None},
    "strike_off": {"dose_id": None, "deferral_id": None, "reason": "erased"},
    "status_transition": {"facts": {}},
    "ledger_entry": {
        "dose_number_due": None,
        "earliest_on": None,
        "recommended_on": None,
        "past_due_on": None,
        "last_dose_on": None,
        "promised_call_at": None,
        "declined_until": None,
        "unreached_since": None,
    },
}


class RideIsLive(OutreachError):
    """Somebody with a standing appointment or an open ride is not erased; it is cancelled first (fault 68)."""

    status = 409


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure did. ``evidence_uuids`` name sealed files that the edge removes from the disk."""

    resident_id: int
    rows_removed: int
    rows_wiped: int
    evidence_uuids: tuple[str, ...]


def erase_resident(
    session: Session, *, resident_id: int, by: int | None, reason: str, now: datetime
) -> Erased:
    """Remove everything held on someone; the audit trail keeps ids and the fact of the erasure alone.

    ``by`` None is the schedule of an archived campaign.
    """
    if not reason.strip():
        raise InvalidInput("reason_missing", field="reason")
    resident = lock_resident(session, resident_id)
    _check_no_ride(session, resident_id)
    hand = Hand(cause=Cause.ERASED, now=now, day=local_day(session, now), by=by)
    leave_ledger(session, resident_ids=[resident_id], hand=hand)
    session.flush()
    keys = held_keys(session, resident_id=resident_id)
    files = session.scalars(
        select(Evidence.uuid).where(Evidence.resident_id == resident_id).order_by(Evidence.id)
    ).all()
    addresses, household_id = _addresses(session, resident, keys), resident.household_id
    wiped = _wipe(session, keys)
    _make_nameless(resident, now)
    session.flush()
    removed = _remove(session, keys)
    _wipe_places(session, addresses, household_id)
    session.expire_all()
    record(
        session,
        act="resident_erased",
        subject=("resident", resident_id),
        by=by,
        now=now,
        facts={"rows_removed": removed, "rows_wiped": wiped},
        actor="" if by is not None else "system",
    )
    return Erased(resident_id, removed, wiped, tuple(files))


def live_ride_of(session: Session, resident_id: int) -> int | None:
    """Return the appointment that stands against erasing somebody, or None."""
    standing = session.scalars(
        select(Appointment.id).where(
            Appointment.resident_id == resident_id, Appointment.status.in_(list(STANDING))
        )
    ).first()
    if standing is not None:
        return standing
    return session.scalars(
        select(RideLeg.appointment_id)
        .join(Appointment, Appointment.id == RideLeg.appointment_id)
        .where(Appointment.resident_id == resident_id, RideLeg.status.in_(list(OPEN_LEG)))
    ).first()


def _check_no_ride(session: Session, resident_id: int) -> None:
    appointment_id = live_ride_of(session, resident_id)
    if appointment_id is not None:
        raise RideIsLive(resident_id=resident_id, appointment_id=appointment_id)


def _wipe(session: Session, keys: Rows) -> int:
    wiped = 0
    for name, values in _WIPED.items():
        if name in keys:
            table = Base.metadata.tables[name]
            ids = [key[0] for key in keys[name]]
            session.execute(update(table).where(table.c.id.in_(ids)).values(**values))
            wiped += len(ids)
    return wiped


def _make_nameless(resident: Resident, now: datetime) -> None:
    resident.name, resident.name_folded, resident.name_pinyin = "", "", ""
    resident.sex, resident.born_on, resident.eligible_on = Sex.UNKNOWN, None, None
    resident.birth_certainty = BirthCertainty.STATED
    resident.id_sealed = resident.id_index = resident.id_tail_index = None
    resident.id_as_written_sealed = None
    resident.household_id = resident.address_id = None
    resident.mobility, resident.mobility_flags, resident.lives_alone = "M9", [], None
    resident.language, resident.dialect = "zh", ""
    resident.life_status, resident.life_status_on = LifeStatus.PRESENT, None
    resident.life_review_on = resident.life_owner_id = resident.snoozed_until = None
    resident.held_all = resident.held_nudges = True
    resident.note = resident.clinical_note = resident.access_note = ""
    resident.missing = []
    resident.erased_at = resident.updated_at = now


def _remove(session: Session, keys: Rows) -> int:
    """Delete rows, children first; a reference from a row that stays is cut."""
    removed = 0
    for table in reversed(Base.metadata.sorted_tables):
        rows = keys.get(table.name)
        if not rows or table.name in _KEPT:
            continue
        if "id" in table.c:
            ids = [key[0] for key in rows]
            _cut_references(session, table, ids)
            session.execute(delete(table).where(table.c.id.in_(ids)))
        else:
            _delete_by_key(session, table, rows)
        removed += len(rows)
    return removed


def _cut_references(session: Session, parent: Table, ids: list[int]) -> None:
    for table in Base.metadata.sorted_tables:
        for column in table.c:
            points = any(key.column.table is parent for key in column.foreign_keys)
            if points and column.nullable:
                session.execute(update(table).where(column.in_(ids)).values({column: None}))


def _delete_by_key(session: Session, table: Table, rows: Iterable[tuple[Any, ...]]) -> None:
    columns = list(table.primary_key.columns)
    for row in rows:
        where = [column == value for column, value in zip(columns, row, strict=True)]
        session.execute(delete(table).where(*where))


def _addresses(session: Session, resident: Resident, keys: Rows) -> set[int]:
    """Return the addresses where the person lived or stayed, or was fetched and brought."""
    found = {resident.address_id} if resident.address_id else set()
    for name, columns in (
        ("stay", ("address_id",)),
        ("ride_leg", ("from_address_id", "to_address_id")),
    ):
        table = Base.metadata.tables[name]
        ids = [key[0] for key in keys.get(name, ())]
        for column in columns:
            found |= set(session.scalars(select(table.c[column]).where(table.c.id.in_(ids))))
    return found


def _wipe_places(session: Session, addresses: set[int], household_id: int | None) -> None:
    """Wipe an address that nobody else lives at; a site, a depot or a neighbour's door stays."""
    address = Base.metadata.tables["address"]
    household = Base.metadata.tables["household"]
    resident = Base.metadata.tables["resident"]
    if household_id is not None:
        others = session.scalar(select(func.count()).where(resident.c.household_id == household_id))
        if not others:
            session.execute(
                update(household)
                .where(household.c.id == household_id)
                .values(address_id=None, building="", unit="", floor=None, stairwell="")
            )
    for address_id in addresses:
        if not _is_used(session, address_id):
            session.execute(
                update(address)
                .where(address.c.id == address_id)
                .values(
                    text="",
                    building="",
                    unit="",
                    floor=None,
                    latitude=None,
                    longitude=None,
                    stopped_latitude=None,
                    stopped_longitude=None,
                    access_note="",
                )
            )


def _is_used(session: Session, address_id: int) -> bool:
    """Return whether anything but past rides stands at an address."""
    for table in Base.metadata.sorted_tables:
        if table.name in {"ride_leg", "run_stop"}:
            continue
        columns = [
            c for c in table.c if any(k.target_fullname == "address.id" for k in c.foreign_keys)
        ]
        if (
            columns
            and session.execute(
                select(func.count())
                .select_from(table)
                .where(or_(*(c == address_id for c in columns)))
            ).scalar()
        ):
            return True
    return False
