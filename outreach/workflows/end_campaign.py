"""The life of a campaign: opened, closed, archived, and what it knew of people forgotten on a day (2j)."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, delete, exists, select, update
from sqlalchemy.orm import Session, aliased

from outreach.audit.trail import record
from outreach.campaigns.codes import CampaignState
from outreach.campaigns.models import Campaign
from outreach.campaigns.operations import move_campaign
from outreach.contact.models import ContactAttempt
from outreach.kernel.errors import InvalidInput
from outreach.ledger.entry_models import Deferral, LedgerEntry
from outreach.ledger.import_models import ImportBatch, ImportRow
from outreach.ledger.models import Consent
from outreach.places.queries import local_day
from outreach.workflows.erase_resident import RideIsLive, erase_resident

KEPT_DAYS = 180
SHORTEST_KEPT_DAYS = 30
LONGEST_KEPT_DAYS = 365 * 5
CHUNK = 200


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What one pass forgot; ``evidence_uuids`` name sealed files that the edge removes from the disk."""

    last: int | None
    evidence_uuids: tuple[str, ...]


def change_state(
    session: Session,
    *,
    campaign_id: int,
    to: CampaignState,
    by: int,
    now: datetime,
    retain_until: date | None = None,
) -> Campaign:
    """Open, close or archive a campaign. An archived one names the day on which it forgets people."""
    day = local_day(session, now)
    campaign = move_campaign(session, campaign_id=campaign_id, to=to, day=day)
    if to is CampaignState.ARCHIVED:
        campaign.retain_until = _checked_end(retain_until or day + timedelta(days=KEPT_DAYS), day)
    else:
        campaign.retain_until = None
    session.flush()
    record(
        session,
        act="campaign_moved",
        subject=("campaign", campaign_id),
        by=by,
        now=now,
        facts={"to": to, "retain_until": str(campaign.retain_until or "")},
    )
    return campaign


def _checked_end(until: date, day: date) -> date:
    soonest, latest = (day + timedelta(days=n) for n in (SHORTEST_KEPT_DAYS, LONGEST_KEPT_DAYS))
    if not soonest <= until <= latest:
        raise InvalidInput("retention_end", field="retain_until", soonest=soonest, latest=latest)
    return until


def campaigns_to_forget(session: Session, *, day: date) -> Sequence[int]:
    """Return the archived campaigns whose people are to be forgotten by ``day``."""
    return session.scalars(
        select(Campaign.id)
        .where(Campaign.state == CampaignState.ARCHIVED, Campaign.retain_until < day)
        .order_by(Campaign.id)
    ).all()


def forget_some(session: Session, *, campaign_id: int, after: int, now: datetime) -> Forgotten:
    """Forget what a campaign knew of the people of its next lines; ``last`` is where to go on.

    Whoever is in no other campaign is erased whole; of the others only this campaign's words go: what
    was said on the telephone, consents, notes of deferrals. Doses stay: they are the person's. Counts
    of the past stay in the frozen figures. Somebody with a ride under way waits for the next night.
    """
    rows = session.execute(
        select(LedgerEntry.id, LedgerEntry.resident_id, _is_elsewhere(campaign_id))
        .where(
            LedgerEntry.campaign_id == campaign_id, LedgerEntry.is_counted, LedgerEntry.id > after
        )
        .order_by(LedgerEntry.id)
        .limit(CHUNK)
    ).all()
    papers: list[str] = []
    for entry_id, resident_id, is_elsewhere in rows:
        if is_elsewhere:
            _forget_line(session, entry_id, resident_id, campaign_id)
            continue
        with suppress(RideIsLive):
            done = erase_resident(
                session, resident_id=resident_id, by=None, reason="campaign_over", now=now
            )
            papers += done.evidence_uuids
    if not rows:
        _forget_files(session, campaign_id)
    return Forgotten(rows[-1].id if rows else None, tuple(papers))


def _is_elsewhere(campaign_id: int) -> ColumnElement[bool]:
    other = aliased(LedgerEntry)
    return exists().where(
        other.resident_id == LedgerEntry.resident_id,
        other.campaign_id != campaign_id,
        other.is_counted,
    )


def _forget_line(session: Session, entry_id: int, resident_id: int, campaign_id: int) -> None:
    session.execute(
        update(ContactAttempt).where(ContactAttempt.entry_id == entry_id).values(note="")
    )
    session.execute(
        delete(Consent).where(
            Consent.resident_id == resident_id, Consent.campaign_id == campaign_id
        )
    )
    session.execute(
        update(Deferral)
        .where(Deferral.resident_id == resident_id, Deferral.campaign_id == campaign_id)
        .values(note="")
    )
    session.execute(
        update(LedgerEntry)
        .where(LedgerEntry.id == entry_id)
        .values(is_counted=False, next_contact_on=None, promised_call_at=None, next_action="")
    )


def _forget_files(session: Session, campaign_id: int) -> None:
    """Wipe the rows of the campaign's files: nobody needs to undo or mend them any more."""
    batches = select(ImportBatch.id).where(ImportBatch.campaign_id == campaign_id)
    session.execute(
        update(ImportRow)
        .where(ImportRow.batch_id.in_(batches))
        .values(cells_sealed=None, mended_sealed=None, changes_sealed=None)
    )
