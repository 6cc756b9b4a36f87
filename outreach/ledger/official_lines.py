"""Lines of an official list in the database: whom each names, what the ledger holds, the queue of conflicts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import uuid4

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from outreach.db import vault_of
from outreach.kernel.slices import slices
from outreach.ledger.bulk import insert_rows
from outreach.ledger.codes import RowKind
from outreach.ledger.entry_models import Dose
from outreach.ledger.import_models import ImportRow
from outreach.ledger.models import Resident
from outreach.ledger.official import KnownDose, KnownResident, OfficialRow, Verdict
from outreach.vault import Vault

CONFLICTS = (
    Verdict.NAME_DIFFERS,
    Verdict.DATE_DIFFERS,
    Verdict.NO_SUCH_RESIDENT,
    Verdict.ROW_UNREADABLE,
)
ASKED_BEFORE, RECORDED_SINCE = "asked_before", "recorded_since"


@dataclass(frozen=True, slots=True)
class HeldDose:
    """A dose that the ledger holds of someone on the list."""

    dose_id: int
    given_on: date
    stated_number: int | None = None


@dataclass(slots=True)
class Named:
    """The resident whose number a line bears, with the doses of the list's vaccine."""

    resident_id: int
    community_id: int
    name: str
    doses: list[HeldDose] = field(default_factory=list)

    def known(self) -> KnownResident:
        """Return what the pure comparison needs."""
        return KnownResident(self.name, tuple(map(_known, self.doses)))


def _known(dose: HeldDose) -> KnownDose:
    return KnownDose(dose.given_on, dose.stated_number)


class Judged(NamedTuple):
    """A line and what it is against the ledger."""

    line: OfficialRow
    verdict: Verdict
    resident_id: int | None


def named_residents(
    session: Session,
    *,
    lines: Sequence[OfficialRow],
    vaccine_id: int,
    area_ids: Iterable[int] | None,
) -> dict[str, Named]:
    """Return the residents whom these lines name, by identity number; None as area: the whole place."""
    vault = vault_of(session)
    numbers = {
        vault.index(line.id_number, purpose="id"): line.id_number
        for line in lines
        if line.id_number
    }
    found: dict[str, Named] = {}
    indexes = list(numbers)
    for piece in slices(indexes):
        question = select(
            Resident.id, Resident.id_index, Resident.community_id, Resident.name
        ).where(
            Resident.id_index.in_(piece),
            Resident.merged_into_id.is_(None),
            Resident.erased_at.is_(None),
        )
        if area_ids is not None:
            question = question.where(Resident.community_id.in_(list(area_ids)))
        for resident_id, index, community_id, name in session.execute(
            question.order_by(Resident.id)
        ):
            if index is not None:
                found.setdefault(numbers[index], Named(resident_id, community_id, name))
    _add_doses(session, found.values(), vaccine_id)
    return found


def _add_doses(session: Session, people: Iterable[Named], vaccine_id: int) -> None:
    by_id = {person.resident_id: person for person in people}
    ids = sorted(by_id)
    for piece in slices(ids):
        rows = session.execute(
            select(Dose.resident_id, Dose.id, Dose.given_on, Dose.stated_number)
            .where(
                Dose.resident_id.in_(piece),
                Dose.vaccine_id == vaccine_id,
                Dose.voided_at.is_(None),
            )
            .order_by(Dose.given_on, Dose.id)
        )
        for resident_id, dose_id, given_on, number in rows:
            by_id[resident_id].doses.append(HeldDose(dose_id, given_on, number))


def keep_lines(
    session: Session, *, batch_id: int, judged: Sequence[Judged], resolved_at: datetime
) -> None:
    """Write the lines of one piece; a conflict that an earlier list raised is not asked again.

    A conflict that still waits ends where its very line has come to be recorded.
    """
    vault = vault_of(session)
    _settle_earlier(session, batch_id, judged, vault, resolved_at)
    prints = {
        item.line.row: _fingerprint(vault, item) for item in judged if item.verdict in CONFLICTS
    }
    asked = set(
        session.scalars(
            select(ImportRow.fingerprint).where(
                ImportRow.fingerprint.in_(set(prints.values())), ImportRow.batch_id != batch_id
            )
        )
    )
    insert_rows(
        session,
        ImportRow,
        [
            _plain(batch_id, item, vault, prints.get(item.line.row), asked, resolved_at)
            for item in judged
        ],
    )


def _settle_earlier(
    session: Session, batch_id: int, judged: Sequence[Judged], vault: Vault, now: datetime
) -> None:
    moot = {
        _fingerprint(vault, item._replace(verdict=conflict))
        for item in judged
        if item.verdict in (Verdict.NEW_DOSE, Verdict.ALREADY_IN_LEDGER)
        for conflict in (Verdict.NO_SUCH_RESIDENT, Verdict.NAME_DIFFERS, Verdict.DATE_DIFFERS)
    }
    for piece in slices(sorted(moot)):
        session.execute(
            update(ImportRow)
            .where(
                ImportRow.fingerprint.in_(piece),
                ImportRow.resolved_at.is_(None),
                ImportRow.batch_id != batch_id,
            )
            .values(decision=RECORDED_SINCE, resolved_at=now),
            execution_options={"synchronize_session": False},
        )


def _fingerprint(vault: Vault, item: Judged) -> bytes:
    line = item.line
    parts = [str(item.verdict), line.id_number or "", line.name, str(line.given_on or "")]
    if item.verdict is Verdict.ROW_UNREADABLE:
        parts += line.cells
    return vault.index("\x1f".join(parts), purpose="official_line")


def _plain(
    batch_id: int,
    item: Judged,
    vault: Vault,
    fingerprint: bytes | None,
    asked: set[bytes | None],
    resolved_at: datetime,
) -> dict[str, Any]:
    uuid = uuid4().hex
    is_open = fingerprint is not None and fingerprint not in asked
    return {
        "uuid": uuid,
        "batch_id": batch_id,
        "row_number": item.line.row,
        "cells_sealed": seal_line(vault, uuid, item.line),
        "outcome": str(item.verdict),
        "codes": list(item.line.codes),
        "kind": RowKind.PROBLEM if fingerprint is not None else RowKind.NEW,
        "resident_id": item.resident_id,
        "repeats_row": None,
        "fingerprint": fingerprint,
        "changes_sealed": None,
        "decision": ASKED_BEFORE if fingerprint is not None and not is_open else "",
        "resolved_at": None if is_open else resolved_at,
    }


def seal_line(vault: Vault, uuid: str, line: OfficialRow) -> bytes:
    """Return a line, sealed."""
    plain = [*line[:3], line.given_on.isoformat() if line.given_on else None, *line[4:]]
    return vault.seal(json.dumps(plain), table="import_row", column="cells_sealed", row=uuid)


def open_line(vault: Vault, row: ImportRow) -> OfficialRow:
    """Return a line as it was read."""
    assert row.cells_sealed is not None  # noqa: S101 - asked for lines that were not erased
    text = vault.open(row.cells_sealed, table="import_row", column="cells_sealed", row=row.uuid)
    plain = json.loads(text)
    plain[3] = date.fromisoformat(plain[3]) if plain[3] else None
    return OfficialRow._make([*plain[:9], tuple(plain[9]), tuple(plain[10])])
