"""Nudges: invitations, broadcasts and "the next dose is due", to those whom nothing silences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Executable, Row, select
from sqlalchemy.orm import Session

from outreach.campaigns.codes import CampaignState
from outreach.campaigns.models import Campaign
from outreach.contact.addressing import form_of_address
from outreach.contact.codes import Channel, Purpose, Step
from outreach.contact.decent_hours import decent_hours
from outreach.contact.message_models import Wording
from outreach.contact.outbox import Draft, queue
from outreach.contact.recipients import Recipient, recipients_of
from outreach.contact.rules import next_decent
from outreach.contact.wording import render
from outreach.contact.wordings import WordingBook, cadence_of, hints, phrase
from outreach.db import Database
from outreach.kernel.errors import InvalidInput
from outreach.ledger.codes import EntryStatus
from outreach.ledger.entry_models import LedgerEntry
from outreach.ledger.models import Resident
from outreach.places.models import Area
from outreach.places.queries import business_clock, get_place, local_day, local_zone
from outreach.workflows.experiment_arms import Arms
from outreach.workflows.message_values import NO_ROUTE_YET, day_text
from outreach.workflows.send import settle_queued

LASTS = timedelta(days=3)
RECENTLY_DUE = timedelta(days=7)
CHUNK = 1000


@dataclass(frozen=True, slots=True)
class Nudge:
    """What is said to whom: a step's own wording, or one written for a broadcast."""

    step: Step
    entry_ids: Sequence[int]
    wording_id: int | None = None
    version: int = 1
    from_at: datetime | None = None


def queue_nudges(session: Session, *, nudge: Nudge, now: datetime) -> list[int]:
    """Queue a nudge about ledger entries; return the ids of the new rows, silenced ones among them.

    Voice is never used for nudges (moment 3e): whom no text reaches is left to the worklist.
    """
    if nudge.step not in {Step.INVITE, Step.NEXT_DOSE_DUE, Step.BROADCAST}:
        raise InvalidInput("step_is_no_nudge", field="step")
    desk, arms = _NudgeDesk(session, nudge, now=now), Arms(session, now=now)
    new: list[int] = []
    for start in range(0, len(nudge.entry_ids), CHUNK):
        drafts = arms.apply(desk.drafts(nudge.entry_ids[start : start + CHUNK]))
        fresh = queue(session, drafts=drafts, now=now)
        settle_queued(session, message_ids=fresh, now=now)
        new += fresh
    return new


def nudge_values(session: Session, *, nudge: Nudge, now: datetime) -> list[dict[str, str]]:
    """Return what would fill the gaps of a nudge for each reader; nothing is queued (previews)."""
    return [draft.values for draft in _NudgeDesk(session, nudge, now=now).drafts(nudge.entry_ids)]


class _NudgeDesk:
    """What all drafts of one nudge share."""

    def __init__(self, session: Session, nudge: Nudge, *, now: datetime) -> None:
        self._session, self._nudge = session, nudge
        self._book = WordingBook(session)
        self._place = get_place(session)
        self._hours = decent_hours(session)
        self._due_at = next_decent(nudge.from_at or now, purpose=Purpose.NUDGE, hours=self._hours)
        self._own = session.get(Wording, nudge.wording_id) if nudge.wording_id else None

    def drafts(self, entry_ids: Sequence[int]) -> list[Draft]:
        """Return the drafts about some entries."""
        rows = self._entries(entry_ids)
        readers = recipients_of(
            self._session, resident_ids={r.resident_id for r in rows}, purpose=Purpose.NUDGE
        )
        return [
            draft
            for row in rows
            for reader in readers.get(row.resident_id, [])
            if reader.number and not reader.needs_voice
            for draft in self._draft(row, reader)
        ]

    def _entries(self, entry_ids: Sequence[int]) -> list[Row[Any]]:
        question: Executable = (
            select(
                LedgerEntry.id,
                LedgerEntry.resident_id,
                LedgerEntry.campaign_id,
                LedgerEntry.recommended_on,
                Resident.name,
                Resident.sex,
                Resident.household_id,
                Area.name.label("community"),
                Campaign.signature,
            )
            .join(Resident, Resident.id == LedgerEntry.resident_id)
            .join(Area, Area.id == LedgerEntry.community_id)
            .join(Campaign, Campaign.id == LedgerEntry.campaign_id)
            .where(LedgerEntry.id.in_(entry_ids))
            .order_by(LedgerEntry.id)
        )
        return list(self._session.execute(question))

    def _draft(self, row: Row[Any], reader: Recipient) -> list[Draft]:
        wording = self._own or self._book.find(
            self._nudge.step, Channel.SMS, language=reader.language, campaign_id=row.campaign_id
        )
        if wording is None:
            return []
        values = self._values(row, reader)
        return [
            Draft(
                to_whom=f"c{reader.contact_person_id}",
                step=self._nudge.step,
                purpose=Purpose.NUDGE,
                channel=Channel.SMS,
                subject_kind="entry",
                subject_id=row.id,
                version=self._nudge.version,
                number=reader.number,
                language=reader.language,
                body=render(wording.body, values, signature=values["signature"]),
                values=values,
                wording_id=wording.id,
                due_at=self._due_at,
                expires_at=self._due_at + LASTS,
                resident_id=row.resident_id,
                contact_person_id=reader.contact_person_id,
                household_id=row.household_id,
                campaign_id=row.campaign_id,
            )
        ]

    def _values(self, row: Row[Any], reader: Recipient) -> dict[str, str]:
        language = reader.language
        due_day = ""
        if row.recommended_on is not None:
            noon = datetime.combine(row.recommended_on, time(12), self._hours.zone)
            due_day = day_text(noon, zone=self._hours.zone, language=language)
        numbers = {"duty_phone": self._place.duty_phone}
        return {
            "signature": row.signature or row.community,
            "who": form_of_address(row.name, sex=row.sex, language=language),
            "community": row.community,
            **numbers,
            "what": phrase(language, "what_health" if reader.knows_health else "what_plain"),
            "due_day": due_day,
            **hints(
                step=self._nudge.step,
                language=language,
                values=numbers,
                route=NO_ROUTE_YET,
            ),
        }


def remind_due(database: Database) -> int:
    """Queue "the next dose is due" for those whose next dose fell due in the last week, each once."""
    with database.read() as session:
        campaigns = _reminding_campaigns(session)
    queued = 0
    for campaign_id in campaigns:
        queued += database.act(partial(_remind_campaign, campaign_id=campaign_id))
    return queued


def _reminding_campaigns(session: Session) -> list[int]:
    question = select(Campaign.id).where(
        Campaign.state == CampaignState.OPEN, Campaign.sending_cancelled_at.is_(None)
    )
    return [
        campaign_id
        for campaign_id in session.scalars(question.order_by(Campaign.id))
        if any(
            rule.step is Step.NEXT_DOSE_DUE for rule in cadence_of(session, campaign_id=campaign_id)
        )
    ]


def _remind_campaign(session: Session, *, campaign_id: int) -> int:
    now = business_clock(session).now()
    rule = next(
        r for r in cadence_of(session, campaign_id=campaign_id) if r.step is Step.NEXT_DOSE_DUE
    )
    # So many days after the dose fell due, or before: the cadence says.
    day = local_day(session, now) - timedelta(days=rule.offset_days)
    from_at = _at_local(session, now, rule.at_local)
    question = (
        select(LedgerEntry.id, LedgerEntry.dose_number_due)
        .where(
            LedgerEntry.campaign_id == campaign_id,
            LedgerEntry.status == EntryStatus.TO_CONTACT,
            LedgerEntry.doses_counted > 0,
            LedgerEntry.recommended_on > day - RECENTLY_DUE,
            LedgerEntry.recommended_on <= day,
        )
        .order_by(LedgerEntry.id)
    )
    by_dose: dict[int, list[int]] = {}
    for entry_id, number in session.execute(question):
        by_dose.setdefault(number or 0, []).append(entry_id)
    return sum(
        len(
            queue_nudges(
                session,
                nudge=Nudge(
                    step=Step.NEXT_DOSE_DUE, entry_ids=ids, version=number, from_at=from_at
                ),
                now=now,
            )
        )
        for number, ids in sorted(by_dose.items())
    )


def _at_local(session: Session, now: datetime, at: time | None) -> datetime:
    """Return the instant of today at which a step goes out, or now when that is past."""
    zone = local_zone(session)
    today = now.astimezone(zone).date()
    return max(now, datetime.combine(today, at or time(9), zone).astimezone(now.tzinfo))
