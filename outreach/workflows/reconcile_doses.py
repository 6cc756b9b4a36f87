"""An official list of doses against the ledger: new ones strike off, known ones are proven, conflicts wait."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.audit.trail import record
from outreach.campaigns.queries import default_campaign, get_campaign
from outreach.campaigns.rule_packs import plain_name
from outreach.contact.codes import Purpose
from outreach.db import Database
from outreach.kernel.errors import NotFound, OutreachError
from outreach.ledger.codes import STRUCK_OFF, BatchState, Cause, EvidenceGrade
from outreach.ledger.doses import DoseDraft, NewDose, add_doses, prove_dose
from outreach.ledger.entries import Stored
from outreach.ledger.import_batches import (
    Upload,
    add_counts,
    batch_at_work,
    begin_batch,
    drop_lease,
    forget_file,
    hash_of,
    keep_lease,
    kept_file,
    lock_batch,
    lock_imports,
    move,
    take_lease,
)
from outreach.ledger.import_landing import names_of_others, product_names
from outreach.ledger.import_models import ImportBatch, ImportRow
from outreach.ledger.official import (
    OfficialReading,
    OfficialRow,
    Verdict,
    read_official,
    reconcile_all,
)
from outreach.ledger.official_lines import Judged, Named, keep_lines, named_residents
from outreach.places.codes import AreaLevel
from outreach.places.models import Area
from outreach.places.queries import descendant_ids, place_rules
from outreach.workflows.end_import import give_up
from outreach.workflows.import_hand import Hand
from outreach.workflows.restate import restate_many
from outreach.workflows.silence import REMINDERS, silence

PIECE = 1000


def reconcile_file(
    database: Database,
    *,
    source: Path | bytes,
    filename: str,
    community: str | None,
    as_of: date,
    hand: Hand,
    sheet: str = "",
) -> dict[str, Any]:
    """Reconcile a whole list; return its rows and, last, how many there are of each verdict."""
    with database.read() as session:
        area_id = list_area(session, community)
        place = place_rules(session)
    reading = read_official(source, filename=filename, as_of=as_of, place=place, sheet=sheet)
    data = source.read_bytes() if isinstance(source, Path) else source
    # Two sheets of one workbook are two lists.
    content_hash = hash_of(data + sheet.encode())
    batch_id = _begin_list(
        database, reading, content_hash=content_hash, area_id=area_id, as_of=as_of, hand=hand
    )
    lines = reading.rows
    verdicts = land_list(database, batch_id=batch_id, lines=lines, hand=hand)
    counts = {str(verdict): 0 for verdict in Verdict} | Counter(map(str, verdicts.values()))
    return {
        "batch": batch_id,
        "committed": True,
        "sheet": reading.head.sheet,
        "other_sheets": list(reading.head.other_sheets),
        "rows": [
            {"row": line.row, "verdict": str(verdicts[line.row]), "codes": list(line.codes)}
            for line in lines
        ],
        **counts,
    }


def reconcile_batch(database: Database, *, batch_id: int, hand: Hand) -> dict[str, Any]:
    """Reconcile a list that was uploaded on a page; goes on where a dead process stopped."""
    with database.write() as session:
        batch = lock_batch(session, batch_id)
        if batch.state is BatchState.COMMITTED:
            return {"batch_id": batch_id}
        take_lease(batch, holder=hand.holder, real_now=hand.clock())
        place, filename, as_of = place_rules(session), batch.filename, batch.as_of
    try:
        with database.read() as session:
            data = kept_file(session, batch_id=batch_id)
        reading = read_official(data, filename=filename, as_of=as_of, place=place)
    except OutreachError as error:
        give_up(database, batch_id, error)
        raise
    with database.write() as session:
        batch = lock_batch(session, batch_id)
        # Nothing of a list waits for a review: what is in doubt waits in the queue of conflicts.
        if batch.state is BatchState.PARSING:
            move(batch, BatchState.REVIEW)
        move(batch, BatchState.COMMITTING)
        _note_reading(batch, reading)
    land_list(database, batch_id=batch_id, lines=reading.rows, hand=hand)
    with database.write() as session:
        forget_file(session, batch_id=batch_id)
    return {"batch_id": batch_id}


def list_area(session: Session, community: str | None) -> int:
    """Return the area whose people a list is compared with: a community, else the whole district."""
    level = AreaLevel.COMMUNITY if community else AreaLevel.DISTRICT
    question = select(Area.id).where(Area.level == level).order_by(Area.id).limit(1)
    if community:
        question = question.where(Area.name == community.strip())
    area_id = session.scalar(question)
    if area_id is None:
        raise NotFound("community_unknown", field="community")
    return area_id


def _begin_list(
    database: Database,
    reading: OfficialReading,
    *,
    content_hash: str,
    area_id: int,
    as_of: date,
    hand: Hand,
) -> int:
    """Open the batch of a list, or take over that of a process that died."""
    with database.write() as session:
        upload = Upload(
            kind="official",
            filename=reading.head.filename,
            content_hash=content_hash,
            community_id=area_id,
            campaign_id=default_campaign(session).id,
            as_of=as_of,
        )
        lock_imports(session)
        batch = batch_at_work(session, upload=upload)
        if batch is None:
            batch = begin_batch(
                session, upload=upload, state=BatchState.COMMITTING, by=hand.by, now=hand.now
            )
        take_lease(batch, holder=hand.holder, real_now=hand.clock())
        _note_reading(batch, reading)
        return batch.id


def _note_reading(batch: ImportBatch, reading: OfficialReading) -> None:
    """Note how long a list is, and which sheets of its workbook are not part of it."""
    batch.rows_expected = len(reading.rows)
    columns = reading.head.columns.to_json() if reading.head.columns else {}
    batch.columns = columns | {"other_sheets": list(reading.head.other_sheets)}


def land_list(
    database: Database,
    *,
    batch_id: int,
    lines: Sequence[OfficialRow],
    hand: Hand,
) -> dict[int, Verdict]:
    """Land a list piece by piece, each in one transaction with its marker; return each line's verdict."""
    verdicts: dict[int, Verdict] = {}
    for piece in _pieces(lines):

        def land(session: Session, piece: Sequence[OfficialRow] = piece) -> dict[int, Verdict]:
            lock_imports(session)
            batch = lock_batch(session, batch_id)
            keep_lease(batch, holder=hand.holder, real_now=hand.clock())
            return _land_piece(session, batch, piece, hand)

        verdicts |= database.act(land)

    def close(session: Session) -> None:
        batch = lock_batch(session, batch_id)
        move(batch, BatchState.COMMITTED)
        batch.committed_at = hand.now
        drop_lease(batch)
        record(
            session,
            act="list_reconciled",
            subject=("import_batch", batch_id),
            by=hand.by,
            now=hand.now,
            facts={k.replace(":", "_"): v for k, v in batch.counts.items()},
            actor="" if hand.by is not None else hand.actor,
        )

    database.act(close)
    return verdicts


def _pieces(lines: Sequence[OfficialRow]) -> Iterator[Sequence[OfficialRow]]:
    for start in range(0, len(lines), PIECE):
        yield lines[start : start + PIECE]


def _land_piece(
    session: Session, batch: ImportBatch, piece: Sequence[OfficialRow], hand: Hand
) -> dict[int, Verdict]:
    if piece[-1].row <= batch.landed_through:
        return verdicts_before(session, batch.id, piece)
    assert batch.campaign_id is not None  # noqa: S101 - begun with one
    vaccine_id = get_campaign(session, batch.campaign_id).vaccine_id
    named = named_residents(
        session,
        lines=piece,
        vaccine_id=vaccine_id,
        area_ids=descendant_ids(session, batch.community_id),
    )
    known = {number: person.known() for number, person in named.items()}
    lines = _of_this_vaccine(session, piece, vaccine_id)
    judged = [
        Judged(line, verdict, _resident_id(line, named))
        for line, verdict in reconcile_all(lines, residents=known)
    ]
    products = product_names(session, vaccine_id=vaccine_id)
    drafts = {
        item.line.row: official_draft(batch, item.line, item.resident_id, vaccine_id, products)
        for item in judged
        if item.resident_id is not None
        and item.verdict in (Verdict.NEW_DOSE, Verdict.ALREADY_IN_LEDGER)
    }
    _write_doses(session, batch, judged, drafts, hand)
    _prove_better(session, judged, named, drafts, hand)
    keep_lines(session, batch_id=batch.id, judged=judged, resolved_at=hand.now)
    touched = [
        item.resident_id
        for item in judged
        if item.resident_id is not None
        and item.verdict in (Verdict.NEW_DOSE, Verdict.ALREADY_IN_LEDGER)
    ]
    stored = restate_many(
        session,
        resident_ids=touched,
        by=hand.by,
        cause=Cause.RECONCILED,
        now=hand.now,
        actor=hand.actor,
    )
    silence_struck_off(session, stored, hand)
    batch.landed_through = piece[-1].row
    batch.rows_done += len(piece)
    add_counts(batch, Counter(f"verdict:{item.verdict}" for item in judged))
    return {item.line.row: item.verdict for item in judged}


def _resident_id(line: OfficialRow, named: Mapping[str, Named]) -> int | None:
    person = named.get(line.id_number) if line.id_number else None
    return person.resident_id if person else None


def _of_this_vaccine(
    session: Session, piece: Sequence[OfficialRow], vaccine_id: int
) -> list[OfficialRow]:
    """Mark lines that name a product of another vaccine: they prove nothing here, and people see them."""
    others = names_of_others(session, vaccine_id=vaccine_id)
    return [
        line._replace(codes=(*line.codes, "other_vaccine"))
        if plain_name(line.product) in others
        else line
        for line in piece
    ]


def _write_doses(
    session: Session,
    batch: ImportBatch,
    judged: Sequence[Judged],
    drafts: Mapping[int, DoseDraft],
    hand: Hand,
) -> None:
    fresh = [drafts[item.line.row] for item in judged if item.verdict is Verdict.NEW_DOSE]
    doses = [
        NewDose(
            resident_id=draft.resident_id,
            vaccine_id=draft.vaccine_id,
            given_on=draft.given_on,
            grade=draft.grade,
            reference=draft.reference,
            product_id=draft.product_id,
            product_text=draft.product_text,
            site_text=draft.site_text,
            stated_number=draft.stated_number,
            import_batch_id=batch.id,
        )
        for draft in fresh
    ]
    add_doses(session, doses=doses, by=hand.by, now=hand.now)


def official_draft(
    batch: ImportBatch,
    line: OfficialRow,
    resident_id: int,
    vaccine_id: int,
    products: Mapping[str, int],
) -> DoseDraft:
    """Return the dose that a line of an official list proves."""
    assert line.given_on is not None  # noqa: S101 - a line without a day proves nothing
    return DoseDraft(
        resident_id=resident_id,
        vaccine_id=vaccine_id,
        given_on=line.given_on,
        grade=EvidenceGrade.OFFICIAL_REGISTER,
        reference=f"official:{batch.uuid}:{line.row}",
        product_id=products.get(plain_name(line.product)),
        product_text=" ".join(filter(None, (line.product, line.manufacturer, line.batch))),
        site_text=line.site,
        stated_number=line.number,
        confirmed=frozenset({"nearby_dose", "batch_expired"}),
    )


def _prove_better(
    session: Session,
    judged: Sequence[Judged],
    named: Mapping[str, Named],
    drafts: Mapping[int, DoseDraft],
    hand: Hand,
) -> None:
    """A dose that the official list confirms is proven by it, and takes what it did not know."""
    for item in judged:
        if item.verdict is not Verdict.ALREADY_IN_LEDGER or item.line.id_number is None:
            continue
        for dose in named[item.line.id_number].doses:
            if dose.given_on == item.line.given_on:
                prove_dose(session, dose_id=dose.dose_id, draft=drafts[item.line.row], by=hand.by)


def silence_struck_off(session: Session, stored: Stored, hand: Hand) -> None:
    """End the reminders of everyone whose line was struck off; rides stay (design §5)."""
    for change in stored.changes:
        if change.now in STRUCK_OFF:
            silence(
                session,
                resident_id=change.resident_id,
                purposes=[*REMINDERS, Purpose.NUDGE],
                reason="dose_recorded",
                now=hand.now,
                campaign_id=change.campaign_id,
            )


def verdicts_before(
    session: Session, batch_id: int, piece: Sequence[OfficialRow]
) -> dict[int, Verdict]:
    """Return the verdicts of lines that the dead process had landed."""
    rows = session.execute(
        select(ImportRow.row_number, ImportRow.outcome).where(
            ImportRow.batch_id == batch_id,
            ImportRow.row_number.between(piece[0].row, piece[-1].row),
        )
    )
    return {number: Verdict(outcome) for number, outcome in rows}
