"""Rows of a file brought into the ledger as it is now: new people, changes, doses, life words, statuses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from outreach.campaigns.models import Campaign
from outreach.ledger.bulk import uncollected
from outreach.ledger.codes import Cause, LifeReportKind, RowKind
from outreach.ledger.doses import NewDose, add_doses
from outreach.ledger.import_batches import add_counts
from outreach.ledger.import_landing import (
    Landing,
    add_life_reports,
    apply_changes,
    new_dose,
    new_resident,
    product_names,
)
from outreach.ledger.import_match import Frame as Basis
from outreach.ledger.import_match import match_rows
from outreach.ledger.import_models import ImportBatch
from outreach.ledger.import_rows import Landed, Match
from outreach.ledger.life import Heard
from outreach.ledger.new_residents import add_residents
from outreach.ledger.outcome import Outcome, RowOutcome
from outreach.workflows.import_hand import Hand
from outreach.workflows.report_life import report_life
from outreach.workflows.restate import restate_many

PIECE = 2000  # rows that land in one transaction


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
