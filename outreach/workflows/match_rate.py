"""Stops a file that looks like another community's before anything of it is written."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from outreach.kernel.errors import OutreachError
from outreach.ledger.columns import ColumnMap
from outreach.ledger.import_match import numbers_known
from outreach.ledger.import_models import ImportBatch
from outreach.ledger.models import Resident
from outreach.ledger.outcome import RowOutcome
from outreach.workflows.import_spool import Spool

# A community that has a real ledger, and a file that is no handful of newcomers (features A8).
REAL_LEDGER, REAL_FILE, LEAST_MATCHING = 50, 20, 0.2
# The header of the sheet of problem rows: its people are new by nature.
MEND_HEADERS = ("待改正", "To be mended")


class MatchRateLow(OutreachError):
    """Hardly anybody of the file is in this community's ledger: another community's file?"""

    status = 409


def check_match_rate(session: Session, *, batch_id: int, spool: Spool) -> float | None:
    """Stop a file that knows hardly anybody of a community whose ledger is real (features A8)."""
    batch = session.get_one(ImportBatch, batch_id)
    if batch.landed_through or is_mended_sheet(spool.head.columns):
        return None
    known = people_of(session, batch.community_id)
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


def people_of(session: Session, community_id: int) -> int:
    """Return how many people a community's ledger holds."""
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
