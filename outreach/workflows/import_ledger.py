"""A community's file on its way into the ledger: read whole, compared, landed piece by piece, resumable."""

from __future__ import annotations

import marshal
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from outreach.audit.trail import record
from outreach.campaigns.models import Campaign
from outreach.campaigns.queries import default_campaign
from outreach.db import Database
from outreach.kernel.errors import OutreachError
from outreach.ledger.bulk import uncollected
from outreach.ledger.codes import BatchState, Cause, LifeReportKind, RowKind
from outreach.ledger.columns import ColumnMap
from outreach.ledger.doses import NewDose, add_doses
from outreach.ledger.import_batches import (
    Upload,
    add_counts,
    batch_at_work,
    begin_batch,
    drop_lease,
    hash_of,
    keep_lease,
    lock_batch,
    lock_imports,
    move,
    remembered_columns,
    take_lease,
)
from outreach.ledger.import_landing import (
    Landing,
    add_life_reports,
    apply_changes,
    new_dose,
    new_resident,
    product_names,
)
from outreach.ledger.import_match import Frame as Basis
from outreach.ledger.import_match import match_rows, numbers_known
from outreach.ledger.import_models import ImportBatch, ImportRow
from outreach.ledger.import_rows import Landed, Match, keep_rows
from outreach.ledger.ledger_file import FileHead, FileSource, head_of, start
from outreach.ledger.life import Heard
from outreach.ledger.models import Resident
from outreach.ledger.new_residents import add_residents
from outreach.ledger.outcome import Outcome, RowOutcome, SkippedRow, unpack
from outreach.ledger.parsing import Frame
from outreach.ledger.reading import LIMITS, MIB, UnreadableFile
from outreach.places.operations import community_named
from outreach.places.queries import place_rules
from outreach.workflows.find_pairs import find_pairs
from outreach.workflows.import_hand import Hand
from outreach.workflows.report_life import report_life
from outreach.workflows.restate import restate_many
from outreach.workflows.undo_import import undo_import

PIECE = 2000
# A community that has a real ledger, and a file that is no handful of newcomers (features A8).
REAL_LEDGER, REAL_FILE, LEAST_MATCHING = 50, 20, 0.2
# The header of the sheet of problem rows: its people are new by nature.
MEND_HEADERS = ("待改正", "To be mended")


class MatchRateLow(OutreachError):
    """Hardly anybody of the file is in this community's ledger: another community's file?"""

    status = 409


OnPiece = Callable[[Sequence[Landed]], None]


@dataclass(slots=True)
class Spool:
    """A file being read by its child. ``read_whole`` keeps it, small in memory, before anything is written:
    a file that turns out broken half-way then changes nothing. Otherwise rows come as the child makes them.
    """

    head: FileHead
    frames: Iterator[Frame]
    pieces: list[bytes] = field(default_factory=list)
    questions: tuple[str, ...] = ()
    people: int = 0
    skipped: int = 0
    is_whole: bool = False

    def read_whole(self) -> None:
        """Read to the end; UnreadableFile where the file breaks off."""
        for content in self._live():
            self.pieces.append(zlib.compress(marshal.dumps(content), 1))
        self.is_whole = True

    def rows(self) -> Iterator[list[RowOutcome | SkippedRow]]:
        """Yield the rows, some hundreds at a time; a whole file may be asked again."""
        for content in self._kept() if self.is_whole else self._live():
            yield [unpack(item) for item in content]

    def _kept(self) -> Iterator[list[Any]]:
        for piece in self.pieces:
            yield marshal.loads(zlib.decompress(piece))  # noqa: S302 - written by this process

    def _live(self) -> Iterator[list[Any]]:
        for name, content in self.frames:
            if name == "tail":
                self.questions = tuple(content["questions"])
                continue
            self.people += sum(len(item) > 3 for item in content)
            self.skipped += sum(len(item) == 3 for item in content)
            yield content


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A file to be imported without a review; an unknown community is created."""

    source: Path | bytes
    filename: str
    community: str
    as_of: date
    is_forced: bool = False


@dataclass(slots=True)
class Imported:
    """What an import did."""

    batch_id: int
    head: FileHead
    questions: tuple[str, ...]
    counts: dict[str, int]


def open_spool(
    session: Session,
    *,
    source: FileSource,
    filename: str,
    as_of: date,
    community_id: int,
    columns: ColumnMap | None = None,
) -> Spool:
    """Start reading a file in a child process; UnreadableFile where it cannot be read."""
    frames = start(
        "ledger",
        source,
        as_of=as_of,
        place=place_rules(session),
        column_map=columns,
        sheet=None,
        remembered=remembered_columns(session, community_id=community_id),
        limits=LIMITS,
    )
    return Spool(head_of(next(frames), filename), frames)


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
        spool = _opened(database, upload, data, batch_id)
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


def _opened(database: Database, upload: Upload, data: bytes, batch_id: int) -> Spool:
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
        )
        is_real = _people_of(session, upload.community_id) >= REAL_LEDGER
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
            content_hash=hash_of(data),
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


def give_up(database: Database, batch_id: int, error: OutreachError) -> None:
    """End a batch that came to nothing, with the reason."""
    with database.write() as session:
        batch = lock_batch(session, batch_id)
        move(batch, BatchState.FAILED)
        batch.error_code = error.code
        batch.error_facts = {k: str(v) for k, v in error.facts.items()}
        drop_lease(batch)


def check_match_rate(session: Session, *, batch_id: int, spool: Spool) -> float | None:
    """Stop a file that knows hardly anybody of a community whose ledger is real (features A8)."""
    batch = session.get_one(ImportBatch, batch_id)
    if batch.landed_through or is_mended_sheet(spool.head.columns):
        return None
    known = _people_of(session, batch.community_id)
    if known < REAL_LEDGER or spool.people < REAL_FILE:
        return None
    numbered, matching = 0, 0
    for piece in spool.rows():
        people = [row for row in piece if isinstance(row, RowOutcome) and row.values.id_number]
        numbered += len(people)
        matching += numbers_known(session, rows=people, community_id=batch.community_id)
    rate = matching / numbered if numbered else 0.0
    if rate < LEAST_MATCHING:
        raise MatchRateLow(percent=round(rate * 100), known=known)
    return rate


def _people_of(session: Session, community_id: int) -> int:
    return (
        session.scalar(
            select(func.count())
            .select_from(Resident)
            .where(
                Resident.community_id == community_id,
                Resident.merged_into_id.is_(None),
                Resident.erased_at.is_(None),
            )
        )
        or 0
    )


def is_mended_sheet(columns: ColumnMap | None) -> bool:
    """Say whether a file is the sheet of problem rows that we handed out."""
    return columns is not None and any(h in columns.headers for h in MEND_HEADERS)


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


def context(session: Session, batch: ImportBatch, hand: Hand) -> tuple[Landing, Basis]:
    """Return what the rows of a batch share."""
    campaign = session.get(Campaign, batch.campaign_id) if batch.campaign_id else None
    vaccine_id = campaign.vaccine_id if campaign else None
    landing = Landing(
        batch_id=batch.id,
        batch_uuid=batch.uuid,
        community_id=batch.community_id,
        vaccine_id=vaccine_id,
        by=hand.by,
        now=hand.now,
        grids={},
        products=product_names(session, vaccine_id=vaccine_id),
    )
    return landing, Basis(batch.id, batch.community_id, vaccine_id)


@uncollected()
def land_rows(
    session: Session,
    *,
    landing: Landing,
    frame: Basis,
    rows: Sequence[RowOutcome],
    hand: Hand,
    decided: Mapping[int, str] | None = None,
) -> list[Landed]:
    """Bring rows into the ledger as it is now and return what became of each."""
    matches = match_rows(session, frame=frame, rows=rows, decided=decided)
    fresh = [row for row in rows if matches[row.row].kind is RowKind.NEW]
    ids = add_residents(
        session,
        rows=[new_resident(session, landing, row.values) for row in fresh],
        now=landing.now,
    )
    for row, resident_id in zip(fresh, ids, strict=True):
        matches[row.row] = matches[row.row]._replace(resident_id=resident_id)
    doses = [
        new_dose(landing, resident_id, row.row, dose)
        for row, resident_id in zip(fresh, ids, strict=True)
        for dose in row.values.doses
        if landing.vaccine_id is not None
    ]
    changed, more = _land_changes(session, landing, rows, matches)
    add_doses(session, doses=_each_once([*doses, *more]), by=landing.by, now=landing.now)
    reporting = [(i, row.values) for row, i in zip(fresh, ids, strict=True) if row.values.reports]
    add_life_reports(session, landing, reporting)
    restate_many(
        session,
        resident_ids=[*ids, *changed],
        by=landing.by,
        cause=Cause.IMPORTED,
        now=landing.now,
        actor=hand.actor,
    )
    _hear_of_known(session, rows, matches, _twins(rows, matches, fresh), hand)
    return [with_outcome(row, matches[row.row]) for row in rows]


def _land_changes(
    session: Session,
    landing: Landing,
    rows: Sequence[RowOutcome],
    matches: dict[int, Match],
) -> tuple[list[int], list[NewDose]]:
    changed: list[int] = []
    doses: list[NewDose] = []
    for row in rows:
        match = matches[row.row]
        if match.kind is RowKind.CHANGED and match.resident_id is not None:
            doses += apply_changes(
                session,
                landing,
                resident_id=match.resident_id,
                row=row,
                changes=match.changes,
            )
            changed.append(match.resident_id)
    return changed, doses


def _each_once(doses: list[NewDose]) -> list[NewDose]:
    return list({(d.resident_id, d.vaccine_id, d.given_on): d for d in reversed(doses)}.values())[
        ::-1
    ]


def _twins(
    rows: Sequence[RowOutcome], matches: dict[int, Match], fresh: Sequence[RowOutcome]
) -> dict[int, int]:
    """Tie repeats within this piece to the people that have just been added."""
    first = {row.row: matches[row.row].resident_id for row in fresh}
    for row in rows:
        resident_id = first.get(row.repeats_row or 0)
        if row.outcome is Outcome.DUPLICATE and resident_id is not None:
            matches[row.row] = matches[row.row]._replace(resident_id=resident_id)
    return {row: i for row, i in first.items() if i is not None}


def _hear_of_known(
    session: Session,
    rows: Sequence[RowOutcome],
    matches: dict[int, Match],
    fresh: dict[int, int],
    hand: Hand,
) -> None:
    """Report the life words that rows bring of people who were known: each word once, not at every upload."""
    for row in rows:
        match = matches[row.row]
        is_news = match.kind is RowKind.DUPLICATE or any(
            change.field == "note" for change in match.changes
        )
        if row.row in fresh or match.resident_id is None or not is_news:
            continue
        if "in_other_community" in match.codes:
            continue
        for kind in row.values.reports:
            heard = Heard(match.resident_id, LifeReportKind(kind), "import", row.values.note)
            report_life(session, heard=heard, by=None, now=hand.now)


def with_outcome(row: RowOutcome, match: Match) -> Landed:
    """Return a row with the outcome that the ledger gives it."""
    if row.is_in_ledger and match.kind is RowKind.DUPLICATE:
        return Landed(row._replace(outcome=Outcome.DUPLICATE), match)
    if row.is_in_ledger and match.kind is RowKind.PROBLEM:
        return Landed(row._replace(outcome=Outcome.ERROR), match)
    return Landed(row, match)


def note_landed(batch: ImportBatch, landed: Sequence[Landed], *, rows: int, last: int) -> None:
    """Move the marker and the figures of a batch on."""
    batch.landed_through = last
    batch.rows_done += rows
    counts = Counter(f"kind:{item.match.kind}" for item in landed)
    counts.update(f"outcome:{item.row.outcome}" for item in landed)
    counts["skipped"] += rows - len(landed)
    counts["doses"] += sum(
        len(item.row.values.doses) for item in landed if item.match.kind is RowKind.NEW
    )
    add_counts(batch, counts)


def finish_commit(database: Database, *, batch_id: int, hand: Hand) -> dict[str, int]:
    """Close a batch whose every row has landed, with one entry in the trail."""

    def close(session: Session) -> dict[str, int]:
        batch = lock_batch(session, batch_id)
        if batch.state is BatchState.COMMITTED:
            return dict(batch.counts)
        if batch.lease_holder != hand.holder:
            return dict(batch.counts)
        move(batch, BatchState.COMMITTED)
        batch.committed_at = hand.now
        drop_lease(batch)
        facts: dict[str, Any] = {k.replace(":", "_"): v for k, v in batch.counts.items()}
        record(
            session,
            act="import_committed",
            subject=("import_batch", batch_id),
            by=hand.by,
            now=hand.now,
            facts=facts,
            actor="" if hand.by is not None else hand.actor,
        )
        return dict(batch.counts)

    return database.act(close)
