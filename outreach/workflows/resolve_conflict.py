"""One-click ends of a conflict between an official line and the ledger, each with a name behind it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.audit.trail import record
from outreach.campaigns.queries import get_campaign
from outreach.db import vault_of
from outreach.kernel.errors import InvalidInput, MoveNotAllowed, NotFound
from outreach.kernel.identity import read_id
from outreach.ledger.codes import BirthCertainty, Cause, RowKind, Sex
from outreach.ledger.doses import DoseDraft
from outreach.ledger.entry_models import Dose
from outreach.ledger.import_landing import product_names
from outreach.ledger.import_models import ImportBatch, ImportRow
from outreach.ledger.matching import fold_name
from outreach.ledger.models import Resident
from outreach.ledger.new_residents import NewResident, add_residents
from outreach.ledger.official import (
    SAME_DOSE_DAYS,
    KnownDose,
    OfficialRow,
    Verdict,
    dose_of_number,
)
from outreach.ledger.official_lines import open_line
from outreach.places.codes import AreaLevel
from outreach.places.queries import get_area
from outreach.workflows.correct_dose import correct_dose
from outreach.workflows.reconcile_doses import official_draft
from outreach.workflows.record_dose import record_dose
from outreach.workflows.restate import restate


class Resolution(StrEnum):
    """What a person decides of a conflict."""

    RECORD = "record"
    TAKE_OFFICIAL = "take_official"
    ADD_PERSON = "add_person"
    KEEP_OURS = "keep_ours"


OFFERED: dict[Verdict, tuple[Resolution, ...]] = {
    Verdict.NAME_DIFFERS: (Resolution.RECORD, Resolution.KEEP_OURS),
    Verdict.DATE_DIFFERS: (Resolution.TAKE_OFFICIAL, Resolution.RECORD, Resolution.KEEP_OURS),
    Verdict.NO_SUCH_RESIDENT: (Resolution.ADD_PERSON, Resolution.KEEP_OURS),
    Verdict.ROW_UNREADABLE: (Resolution.KEEP_OURS,),
}


def resolve_conflict(
    session: Session, *, row_id: int, resolution: Resolution, by: int, now: datetime
) -> int | None:
    """End a conflict once; return the resident concerned, if there is one."""
    row = session.get(ImportRow, row_id, with_for_update=True)
    if row is None or row.fingerprint is None:
        raise NotFound("not_found")
    if row.resolved_at is not None:
        raise MoveNotAllowed("conflict_resolved", row_id=row_id)
    if resolution not in OFFERED[Verdict(row.outcome)]:
        raise InvalidInput("resolution_unfit", field="resolution")
    batch = session.get_one(ImportBatch, row.batch_id)
    line = open_line(vault_of(session), row)
    if resolution is Resolution.ADD_PERSON:
        row.resident_id = _add_person(session, batch, line, by=by, now=now)
    if resolution is not Resolution.KEEP_OURS:
        _write(session, row, batch, line, resolution, by=by, now=now)
    row.decision, row.decided_by, row.resolved_at = str(resolution), by, now
    record(
        session,
        act="conflict_resolved",
        subject=("resident", row.resident_id) if row.resident_id else ("import_batch", batch.id),
        by=by,
        now=now,
        facts={"row": row.row_number, "verdict": row.outcome, "resolution": str(resolution)},
    )
    session.flush()
    return row.resident_id


def _add_person(
    session: Session, batch: ImportBatch, line: OfficialRow, *, by: int, now: datetime
) -> int:
    known = _known_elsewhere(session, line)
    if known is not None:
        return known
    if get_area(session, batch.community_id).level is not AreaLevel.COMMUNITY:
        raise InvalidInput("conflict_community_unknown", field="resolution")
    ident = read_id(line.id_number)
    row = NewResident(
        name=line.name,
        community_id=batch.community_id,
        sex=Sex(ident.sex) if ident and ident.sex else Sex.UNKNOWN,
        born_on=ident.born_on if ident else None,
        birth_certainty=BirthCertainty.FROM_ID,
        id_number=line.id_number,
    )
    resident_id = add_residents(session, rows=[row], now=now)[0]
    restate(session, resident_id=resident_id, by=by, cause=Cause.ADDED, now=now)
    return resident_id


def _known_elsewhere(session: Session, line: OfficialRow) -> int | None:
    """Return the resident of another community who bears this number; one number is one person."""
    index = vault_of(session).index(line.id_number or "", purpose="id")
    found = session.execute(
        select(Resident.id, Resident.name)
        .where(
            Resident.id_index == index,
            Resident.merged_into_id.is_(None),
            Resident.erased_at.is_(None),
        )
        .order_by(Resident.id)
        .limit(1)
    ).first()
    if found is None:
        return None
    if fold_name(found.name) != fold_name(line.name):
        raise InvalidInput("same_id_stays", field="resolution")
    return int(found.id)


def _write(
    session: Session,
    row: ImportRow,
    batch: ImportBatch,
    line: OfficialRow,
    resolution: Resolution,
    *,
    by: int,
    now: datetime,
) -> None:
    if row.resident_id is None or line.given_on is None or batch.campaign_id is None:
        raise NotFound("not_found")
    vaccine_id = get_campaign(session, batch.campaign_id).vaccine_id
    products = product_names(session, vaccine_id=vaccine_id)
    draft = official_draft(batch, line, row.resident_id, vaccine_id, products)
    ours = _ours(session, line, draft) if resolution is Resolution.TAKE_OFFICIAL else None
    if ours is None:
        record_dose(session, draft=draft, by=by, now=now)
    else:
        correct_dose(
            session, dose_id=ours, by=by, reason="official register", now=now, instead=draft
        )
    row.kind = RowKind.CHANGED


def _ours(session: Session, line: OfficialRow, draft: DoseDraft) -> int | None:
    """Return the dose of ours that the line means: the nearest in time, else that of its number."""
    doses = session.execute(
        select(Dose.id, Dose.given_on, Dose.stated_number)
        .where(
            Dose.resident_id == draft.resident_id,
            Dose.vaccine_id == draft.vaccine_id,
            Dose.voided_at.is_(None),
        )
        .order_by(Dose.given_on, Dose.id)
    ).all()
    near = [
        (abs((given_on - draft.given_on).days), dose_id)
        for dose_id, given_on, _ in doses
        if abs((given_on - draft.given_on).days) <= SAME_DOSE_DAYS
    ]
    if near:
        return min(near)[1]
    ids = {KnownDose(given_on, number): dose_id for dose_id, given_on, number in doses}
    meant = dose_of_number(line.number, list(ids))
    return ids[meant] if meant is not None else None
