"""Adding one person by hand in half a minute, with a look for twins first (moment 2a)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from outreach.audit.trail import record
from outreach.kernel.errors import OutreachError
from outreach.ledger.codes import Cause
from outreach.ledger.doses import DoseDraft
from outreach.ledger.new_residents import NewResident, check_values
from outreach.ledger.new_residents import add_resident as enter
from outreach.ledger.stays import StayDraft, add_stay
from outreach.ledger.twins import Twin, keep_both, remember_pair, twins_of
from outreach.workflows.record_dose import record_dose
from outreach.workflows.restate import restate


class PossibleTwins(OutreachError):
    """Somebody like this is in the ledger; ``facts['resident_ids']`` names whom to look at first."""

    status = 409

    def __init__(self, twins: list[Twin]) -> None:
        self.twins = tuple(twins)
        super().__init__("possible_twins", resident_ids=[twin.resident_id for twin in twins])


@dataclass(frozen=True, slots=True)
class Added:
    """The person who was added, and the doses that were entered from a paper book."""

    resident_id: int
    dose_ids: tuple[int, ...]


def add_resident(
    session: Session,
    *,
    row: NewResident,
    by: int,
    now: datetime,
    looked_at: Collection[int] = (),
    doses: Collection[DoseDraft] = (),
    stay: StayDraft | None = None,
) -> Added:
    """Add someone who is on no list; ``looked_at`` are residents whom the worker saw to be others.

    Old doses come with their drafts (their ``resident_id`` is filled in here). Somebody registered
    elsewhere who lives here for now is added with a stay.
    """
    check_values(row)
    twins = twins_of(session, row=row)
    unseen = [twin for twin in twins if twin.resident_id not in looked_at]
    if unseen or any("same_id" in twin.reasons for twin in twins):
        # The same number is the same person, whatever anybody saw.
        raise PossibleTwins(unseen or twins)
    resident_id = enter(session, row=row, now=now)
    for twin in twins:
        pair = remember_pair(
            session,
            first_id=resident_id,
            second_id=twin.resident_id,
            score=twin.score,
            reasons=list(twin.reasons),
            now=now,
        )
        keep_both(session, pair_id=pair.id, by=by, now=now)
    if stay is not None:
        add_stay(session, draft=replace(stay, resident_id=resident_id), by=by, now=now)
    restate(session, resident_id=resident_id, by=by, cause=Cause.ADDED, now=now)
    done = [
        record_dose(session, draft=replace(draft, resident_id=resident_id), by=by, now=now).dose_id
        for draft in sorted(doses, key=lambda d: d.given_on)
    ]
    record(session, act="resident_added", subject=("resident", resident_id), by=by, now=now)
    return Added(resident_id, tuple(done))
