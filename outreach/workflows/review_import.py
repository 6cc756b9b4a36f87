"""An import that people look at first: received, read, compared, committed piece by piece."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from outreach.audit.trail import record
from outreach.db import Database, vault_of
from outreach.kernel.errors import InvalidInput, MoveNotAllowed, NotFound, OutreachError
from outreach.ledger.codes import BatchState
from outreach.ledger.columns import ColumnMap
from outreach.ledger.import_batches import (
    SameFileInProgress,
    Upload,
    batch_at_work,
    begin_batch,
    drop_lease,
    forget_file,
    keep_file,
    keep_lease,
    kept_file,
    lock_batch,
    lock_imports,
    move,
    remember_columns,
    take_lease,
)
from outreach.ledger.import_match import match_rows
from outreach.ledger.import_models import ImportBatch, ImportRow
from outreach.ledger.import_rows import (
    MENDED,
    SKIPPED,
    Landed,
    keep_rows,
    open_row,
    rewrite,
    seal_row,
    waiting_rows,
)
from outreach.ledger.outcome import Outcome, RowOutcome, SkippedRow
from outreach.ledger.rows import RowReader
from outreach.places.queries import place_rules
from outreach.tasks.models import Task
from outreach.tasks.operations import ask_task
from outreach.workflows.end_import import finish_commit, give_up
from outreach.workflows.find_pairs import find_pairs
from outreach.workflows.import_hand import Hand
from outreach.workflows.import_spool import Spool, open_spool
from outreach.workflows.land_rows import PIECE, context, land_rows, note_landed, with_outcome
from outreach.workflows.match_rate import MatchRateLow, check_match_rate

READ, COMMIT, UNDO, LIST = "import_read", "import_commit", "import_undo", "import_list"
LONGEST_CELL = 2000
Report = Callable[[float, str], None]


def receive(
    session: Session, *, upload: Upload, data: bytes, by: int, now: datetime
) -> ImportBatch:
    """Keep an uploaded file as a new batch; the same file already at work is refused (fault 40)."""
    lock_imports(session)
    if batch_at_work(session, upload=upload) is not None:
        raise SameFileInProgress
    batch = begin_batch(session, upload=upload, state=BatchState.UPLOADED, by=by, now=now)
    keep_file(session, batch=batch, data=data)
    return batch


def confirm_columns(
    session: Session, *, batch_id: int, columns: ColumnMap, by: int, now: datetime
) -> Task:
    """Take a person's word for what the columns mean, remember it, and have the file read."""
    batch = lock_batch(session, batch_id)
    if "name" not in columns.fields.values():
        raise InvalidInput("no_name_column", field="columns")
    batch.columns = columns.to_json()
    remember_columns(session, community_id=batch.community_id, columns=columns, by=by, now=now)
    return _ask(session, batch, BatchState.PARSING, READ, by=by, now=now)


def ask_list(session: Session, *, batch_id: int, by: int, now: datetime) -> Task:
    """Have an official list compared with the ledger."""
    return _ask(session, lock_batch(session, batch_id), BatchState.PARSING, LIST, by=by, now=now)


def ask_commit(session: Session, *, batch_id: int, is_forced: bool, by: int, now: datetime) -> Task:
    """Have a reviewed batch written into the ledger; a stopped one needs a word for it."""
    batch = lock_batch(session, batch_id)
    if batch.error_code == "match_rate_low" and not is_forced:
        raise MatchRateLow(**batch.error_facts)
    batch.is_forced = is_forced
    return _ask(session, batch, BatchState.COMMITTING, COMMIT, by=by, now=now)


def ask_again(session: Session, *, batch_id: int, by: int, now: datetime) -> Task:
    """Have work that stopped half-way taken up again."""
    batch = lock_batch(session, batch_id)
    if batch.state is BatchState.COMMITTING and batch.kind == "ledger":
        return _ask(session, batch, BatchState.COMMITTING, COMMIT, by=by, now=now)
    kind = READ if batch.kind == "ledger" else LIST
    if batch.state is BatchState.COMMITTING:
        return _ask(session, batch, BatchState.COMMITTING, kind, by=by, now=now)
    return _ask(session, batch, BatchState.PARSING, kind, by=by, now=now)


def ask_undo(session: Session, *, batch_id: int, by: int, now: datetime) -> Task:
    """Have a committed batch taken back."""
    batch = lock_batch(session, batch_id)
    if batch.state is not BatchState.COMMITTED or batch.kind != "ledger":
        raise MoveNotAllowed("batch_state", batch_id=batch_id, state=str(batch.state))
    task = ask_task(session, kind=UNDO, arguments={"batch_id": batch_id}, by=by, now=now)
    batch.task_id = task.id
    return task


def discard(session: Session, *, batch_id: int) -> None:
    """Throw a batch away before it was written; its file goes, its rows stay as a record."""
    batch = lock_batch(session, batch_id)
    move(batch, BatchState.REFUSED)
    batch.error_code = "discarded"
    forget_file(session, batch_id=batch_id)
    drop_lease(batch)


def _ask(
    session: Session, batch: ImportBatch, state: BatchState, kind: str, *, by: int, now: datetime
) -> Task:
    move(batch, state)
    task = ask_task(session, kind=kind, arguments={"batch_id": batch.id}, by=by, now=now)
    batch.task_id = task.id
    session.flush()
    return task


def read_batch(database: Database, *, batch_id: int, hand: Hand, report: Report) -> None:
    """Read a file and compare it with the ledger; nothing of it is written there yet."""
    with database.write() as session:
        batch = lock_batch(session, batch_id)
        if batch.state is not BatchState.PARSING:
            return
        take_lease(batch, holder=hand.holder, real_now=hand.clock())
        # A reading that died half-way begins anew: nothing of it is anywhere else.
        session.execute(delete(ImportRow).where(ImportRow.batch_id == batch_id))
        batch.rows_done, batch.counts = 0, {}
    try:
        with database.read() as session:
            batch = session.get_one(ImportBatch, batch_id)
            spool = open_spool(
                session,
                source=kept_file(session, batch_id=batch_id),
                filename=batch.filename,
                as_of=batch.as_of,
                community_id=batch.community_id,
                columns=ColumnMap.from_json(batch.columns) if batch.columns else None,
            )
        spool.read_whole()
        stop = _stopped(database, batch_id, spool)
    except OutreachError as error:
        give_up(database, batch_id, error)
        raise
    _keep_spool(database, batch_id, spool, hand, report)

    def close(session: Session) -> None:
        batch = lock_batch(session, batch_id)
        keep_lease(batch, holder=hand.holder, real_now=hand.clock())
        move(batch, BatchState.REVIEW)
        batch.counts = count_rows(session, batch_id=batch_id)
        if stop is not None:
            batch.error_code = stop.code
            batch.error_facts = {k: str(v) for k, v in stop.facts.items()}
        forget_file(session, batch_id=batch_id)
        drop_lease(batch)

    database.act(close)


def _stopped(database: Database, batch_id: int, spool: Spool) -> MatchRateLow | None:
    with database.read() as session:
        try:
            check_match_rate(session, batch_id=batch_id, spool=spool)
        except MatchRateLow as error:
            return error
    return None


def _keep_spool(
    database: Database, batch_id: int, spool: Spool, hand: Hand, report: Report
) -> None:
    total = max(spool.people + spool.skipped, 1)
    done = 0
    for items in spool.rows():

        def keep(session: Session, items: Sequence[RowOutcome | SkippedRow] = items) -> None:
            batch = lock_batch(session, batch_id)
            keep_lease(batch, holder=hand.holder, real_now=hand.clock())
            _, frame = context(session, batch, hand)
            people = [item for item in items if isinstance(item, RowOutcome)]
            skipped = [item for item in items if isinstance(item, SkippedRow)]
            matches = match_rows(session, frame=frame, rows=people)
            landed = [with_outcome(row, matches[row.row]) for row in people]
            keep_rows(session, batch_id=batch_id, landed=landed, skipped=skipped, resolved_at=None)
            batch.rows_expected, batch.rows_done = total, batch.rows_done + len(items)
            batch.columns = spool.head.columns.to_json() if spool.head.columns else {}

        database.act(keep)
        done += len(items)
        report(done / total, "reading")


def count_rows(session: Session, *, batch_id: int) -> dict[str, int]:
    """Return how many rows of a batch are of each kind and outcome."""
    counts: Counter[str] = Counter()
    rows = session.execute(
        select(ImportRow.kind, ImportRow.outcome, func.count())
        .where(ImportRow.batch_id == batch_id)
        .group_by(ImportRow.kind, ImportRow.outcome)
    )
    for kind, outcome, count in rows:
        counts[SKIPPED if kind is None else f"kind:{kind}"] += count
        if kind is not None:
            counts[f"outcome:{outcome}"] += count
    return dict(counts)


def commit_batch(database: Database, *, batch_id: int, hand: Hand, report: Report) -> None:
    """Write a reviewed batch, compared with the ledger as it is now; goes on where a dead process stopped."""
    with database.write() as session:
        batch = lock_batch(session, batch_id)
        if batch.state is not BatchState.COMMITTING:
            return
        take_lease(batch, holder=hand.holder, real_now=hand.clock())
        if not batch.landed_through:
            batch.rows_done, batch.counts = 0, {}
    while True:
        done, total = database.act(lambda session: _commit_piece(session, batch_id, hand))
        report(done / max(total, 1), "writing")
        if done >= total:
            break
    finish_commit(database, batch_id=batch_id, hand=hand)

    def close(session: Session) -> None:
        batch = lock_batch(session, batch_id)
        batch.counts = {
            k: v for k, v in batch.counts.items() if not k.startswith(("kind:", "outcome:"))
        } | count_rows(session, batch_id=batch_id)

    database.act(close)
    database.act(lambda session: find_pairs(session, batch_id=batch_id, now=hand.now))


def _commit_piece(session: Session, batch_id: int, hand: Hand) -> tuple[int, int]:
    lock_imports(session)
    batch = lock_batch(session, batch_id)
    keep_lease(batch, holder=hand.holder, real_now=hand.clock())
    rows = waiting_rows(session, batch_id=batch_id, after=batch.landed_through, limit=PIECE)
    if rows:
        landing, frame = context(session, batch, hand)
        landed = land_rows(
            session,
            landing=landing,
            frame=frame,
            rows=[opened for _, opened in rows],
            hand=hand,
            decided={row.row_number: row.decision for row, _ in rows if row.decision},
        )
        pairs = [(row, item) for (row, _), item in zip(rows, landed, strict=True)]
        rewrite(session, rows=pairs, resolved_at=hand.now)
        note_landed(batch, landed, rows=len(rows), last=rows[-1][0].row_number)
    people = session.scalar(
        select(func.count())
        .select_from(ImportRow)
        .where(
            ImportRow.batch_id == batch_id,
            ImportRow.outcome != SKIPPED,
            ImportRow.cells_sealed.is_not(None),
        )
    )
    return (batch.rows_done, people or 0) if rows else (people or 0, people or 0)


def get_row(session: Session, row_id: int) -> tuple[ImportRow, ImportBatch]:
    """Return a row with its batch, locked; NotFound when there is none."""
    row = session.get(ImportRow, row_id)
    if row is None:
        raise NotFound("not_found")
    return row, lock_batch(session, row.batch_id)


def mend_row(session: Session, *, row_id: int, cells: Sequence[str], hand: Hand) -> Landed:
    """Read a problem row anew from mended cells; in a committed batch it enters the ledger at once."""
    lock_imports(session)
    row, batch = get_row(session, row_id)
    if any(len(cell) > LONGEST_CELL for cell in cells):
        raise InvalidInput("text_long", field="cells", longest=LONGEST_CELL)
    columns = ColumnMap.from_json(batch.columns)
    reader = RowReader(columns, as_of=batch.as_of, place=place_rules(session), is_1904=False)
    padded = [*cells, *[""] * (reader.width - len(cells))]
    outcome = reader.read(row.row_number, padded)
    row.decision, row.decided_by = "mended", hand.by
    row.mended_sealed = seal_row(vault_of(session), row.uuid, outcome, column=MENDED)
    return _settle(session, row, batch, outcome, hand)


def decide_row(session: Session, *, row_id: int, decision: str, hand: Hand) -> Landed:
    """Take a person's word on a row that repeats somebody: ``same`` person or ``other`` person."""
    lock_imports(session)
    row, batch = get_row(session, row_id)
    opened = open_row(vault_of(session), row)
    if not isinstance(opened, RowOutcome):
        raise NotFound("not_found")
    if decision == "other" and "same_id" in row.codes:
        raise InvalidInput("same_id_stays", field="decision")
    row.decision, row.decided_by = decision, hand.by
    if not opened.is_in_ledger:
        codes = tuple(c for c in opened.codes if c not in {"same_id", "same_name_and_birth"})
        opened = opened._replace(
            outcome=Outcome.WARNING if codes else Outcome.IMPORTED, codes=codes, repeats_row=None
        )
    return _settle(session, row, batch, opened, hand)


def _settle(
    session: Session, row: ImportRow, batch: ImportBatch, outcome: RowOutcome, hand: Hand
) -> Landed:
    landing, frame = context(session, batch, hand)
    decided = {row.row_number: row.decision}
    if batch.state is BatchState.COMMITTED:
        landed = land_rows(
            session, landing=landing, frame=frame, rows=[outcome], hand=hand, decided=decided
        )[0]
        resolved_at: datetime | None = hand.now
    elif batch.state is BatchState.REVIEW:
        match = match_rows(session, frame=frame, rows=[outcome], decided=decided)[outcome.row]
        landed, resolved_at = with_outcome(outcome, match), None
    else:
        raise MoveNotAllowed("batch_state", batch_id=batch.id, state=str(batch.state))
    rewrite(session, rows=[(row, landed)], resolved_at=resolved_at)
    batch.counts = {
        k: v for k, v in batch.counts.items() if not k.startswith(("kind:", "outcome:"))
    } | count_rows(session, batch_id=batch.id)
    record(
        session,
        act="import_row_decided",
        subject=("import_batch", batch.id),
        by=hand.by,
        now=hand.now,
        facts={"row": row.row_number, "decision": row.decision, "outcome": row.outcome},
    )
    return landed
