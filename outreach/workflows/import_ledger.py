"""A community's file imported without a review: landed piece by piece, resumable at any point."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.campaigns.queries import default_campaign
from outreach.db import Database
from outreach.kernel.errors import OutreachError
from outreach.ledger.codes import BatchState, RowKind
from outreach.ledger.import_batches import (
    Upload,
    batch_at_work,
    begin_batch,
    hash_of,
    keep_lease,
    lock_batch,
    lock_imports,
    move,
    take_lease,
)
from outreach.ledger.import_models import ImportRow
from outreach.ledger.import_rows import Landed, Match, keep_rows
from outreach.ledger.ledger_file import FileHead
from outreach.ledger.outcome import Outcome, RowOutcome, SkippedRow
from outreach.ledger.reading import LIMITS, MIB, UnreadableFile
from outreach.places.operations import community_named
from outreach.workflows.end_import import finish_commit, give_up
from outreach.workflows.find_pairs import find_pairs
from outreach.workflows.import_hand import Hand
from outreach.workflows.import_spool import Spool, open_spool
from outreach.workflows.land_rows import PIECE, context, land_rows, note_landed
from outreach.workflows.match_rate import REAL_LEDGER, check_match_rate, people_of
from outreach.workflows.undo_import import undo_import

OnPiece = Callable[[Sequence[Landed]], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A file to be imported without a review; an unknown community is created.

    ``sheet`` is one of a workbook's; without it the one whose header says most is read.
    """

    source: Path | bytes
    filename: str
    community: str
    as_of: date
    is_forced: bool = False
    sheet: str = ""


@dataclass(slots=True)
class Imported:
    """What an import did."""

    batch_id: int
    head: FileHead
    questions: tuple[str, ...]
    counts: dict[str, int]


def import_file(
    database: Database, *, file: Incoming, hand: Hand, on_piece: OnPiece | None = None
) -> Imported:
    """Import a file without a review: columns as guessed or remembered, whole or resumable at any point.

    ``on_piece`` sees the rows as they land, in the order of the file.
    """
    if isinstance(file.source, Path) and not _fits(file.source):
        raise UnreadableFile("file_too_big", limit_mib=LIMITS.packed_bytes // MIB)
    data = file.source.read_bytes() if isinstance(file.source, Path) else file.source
    upload = _upload(database, file, data)
    batch_id = _take(database, upload, hand)
    try:
        spool = _opened(database, upload, data, batch_id, file.sheet)
    except OutreachError as error:
        give_up(database, batch_id, error)
        raise
    del data
    try:
        _land_spool(_Work(database, batch_id, spool, hand, on_piece))
    except UnreadableFile as error:
        _take_back(database, batch_id, error, hand)
        raise
    counts = finish_commit(database, batch_id=batch_id, hand=hand)
    database.act(lambda session: find_pairs(session, batch_id=batch_id, now=hand.now))
    return Imported(batch_id, spool.head, spool.questions, counts)


def _opened(database: Database, upload: Upload, data: bytes, batch_id: int, sheet: str) -> Spool:
    """Open a file; read it whole first where it may break half-way or has to be compared as a whole.

    A workbook is checked and loaded before its first row comes; a text file may break at any line.
    """
    with database.read() as session:
        spool = open_spool(
            session,
            source=data,
            filename=upload.filename,
            as_of=upload.as_of,
            community_id=upload.community_id,
            sheet=sheet,
        )
        is_real = people_of(session, upload.community_id) >= REAL_LEDGER
        if spool.head.kind == "text" or (is_real and not upload.is_forced):
            spool.read_whole()
            if not upload.is_forced:
                check_match_rate(session, batch_id=batch_id, spool=spool)
    return spool


def _take_back(database: Database, batch_id: int, error: OutreachError, hand: Hand) -> None:
    """Take out what had landed of a file whose reading died: a broken file changes nothing."""

    def take_back(session: Session) -> None:
        batch = lock_batch(session, batch_id)
        batch.error_code = error.code
        batch.error_facts = {k: str(v) for k, v in error.facts.items()}
        move(batch, BatchState.COMMITTED)
        undo_import(session, batch_id=batch_id, hand=hand)

    database.act(take_back)


@dataclass(frozen=True, slots=True)
class _Work:
    database: Database
    batch_id: int
    spool: Spool
    hand: Hand
    on_piece: OnPiece | None


def _upload(database: Database, file: Incoming, data: bytes) -> Upload:
    with database.write() as session:
        return Upload(
            kind="ledger",
            filename=file.filename,
            # Two sheets of one workbook are two ledgers.
            content_hash=hash_of(data + file.sheet.encode()),
            community_id=community_named(session, name=file.community).id,
            campaign_id=default_campaign(session).id,
            as_of=file.as_of,
            is_forced=file.is_forced,
        )


def _fits(path: Path) -> bool:
    return path.stat().st_size <= LIMITS.packed_bytes


def _take(database: Database, upload: Upload, hand: Hand) -> int:
    """Begin a batch, or go on with that of a process that died; a living one is left alone (fault 40)."""
    with database.write() as session:
        lock_imports(session)
        batch = batch_at_work(session, upload=upload)
        if batch is None:
            batch = begin_batch(
                session, upload=upload, state=BatchState.COMMITTING, by=hand.by, now=hand.now
            )
        take_lease(batch, holder=hand.holder, real_now=hand.clock())
        return batch.id


def _land_spool(work: _Work) -> None:
    waiting: list[RowOutcome | SkippedRow] = []
    for piece in work.spool.rows():
        waiting += piece
        while len(waiting) >= PIECE:
            _land_piece(work, waiting[:PIECE])
            del waiting[:PIECE]
    if waiting:
        _land_piece(work, waiting)


def _land_piece(work: _Work, items: Sequence[RowOutcome | SkippedRow]) -> None:
    """Land one piece in one transaction: rows, people, doses, statuses and the marker go together."""
    batch_id, spool, hand = work.batch_id, work.spool, work.hand
    last = items[-1].row

    def land(session: Session) -> Sequence[Landed]:
        lock_imports(session)
        batch = lock_batch(session, batch_id)
        keep_lease(batch, holder=hand.holder, real_now=hand.clock())
        if last <= batch.landed_through:
            return _landed_before(session, batch_id, items)
        landing, frame = context(session, batch, hand)
        people = [item for item in items if isinstance(item, RowOutcome)]
        skipped = [item for item in items if isinstance(item, SkippedRow)]
        landed = land_rows(session, landing=landing, frame=frame, rows=people, hand=hand)
        keep_rows(session, batch_id=batch_id, landed=landed, skipped=skipped, resolved_at=hand.now)
        batch.rows_expected = max(spool.head.rows_expected, spool.people + spool.skipped)
        batch.columns = spool.head.columns.to_json() if spool.head.columns else {}
        note_landed(batch, landed, rows=len(items), last=last)
        return landed

    landed = work.database.act(land)
    if work.on_piece is not None:
        work.on_piece(landed)


def _landed_before(
    session: Session, batch_id: int, items: Sequence[RowOutcome | SkippedRow]
) -> list[Landed]:
    """Return what became of a piece that the dead process had landed."""
    rows = {
        row.row_number: row
        for row in session.scalars(
            select(ImportRow).where(
                ImportRow.batch_id == batch_id,
                ImportRow.row_number.between(items[0].row, items[-1].row),
            )
        )
    }
    return [
        Landed(
            item._replace(outcome=Outcome(rows[item.row].outcome)),
            Match(
                rows[item.row].kind or RowKind.PROBLEM,
                rows[item.row].resident_id,
                codes=tuple(c for c in rows[item.row].codes if c not in item.codes),
            ),
        )
        for item in items
        if isinstance(item, RowOutcome)
    ]
