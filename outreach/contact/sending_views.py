"""Readings for who steers the sending: what waits in each campaign, listed numbers, what was held back."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from outreach.campaigns.codes import CampaignState
from outreach.campaigns.models import Campaign
from outreach.contact.claims import SENDERS_CARRY, sending_control
from outreach.contact.codes import MessageState, Purpose
from outreach.contact.message_models import Message, TrialNumber
from outreach.db import vault_of
from outreach.kernel.phone import mask_phone

MOST = 200


@dataclass(frozen=True, slots=True)
class CampaignSending:
    """One campaign with what of its messages waits."""

    campaign_id: int
    name_zh: str
    name_en: str
    area_id: int | None
    state: CampaignState
    paused_at: datetime | None
    cancelled_at: datetime | None
    nudges_waiting: int
    others_waiting: int
    next_due_at: datetime | None

    @property
    def is_paused(self) -> bool:
        """Say whether its messages wait: paused here, or with the whole campaign."""
        return self.paused_at is not None or self.state is CampaignState.PAUSED

    def name(self, language: str) -> str:
        """Return the name in ``language`` ('zh' or 'en')."""
        return self.name_en if language.startswith("en") else self.name_zh


@dataclass(frozen=True, slots=True)
class TrialLine:
    """A number that trial mode may reach; masked."""

    id: int
    label: str
    number: str


@dataclass(frozen=True, slots=True)
class ControlView:
    """What holds for all sending at this moment."""

    is_paused: bool
    paused_at: datetime | None
    paused_reason: str
    is_trial: bool
    keep_days: int
    part_price_micros: int
    held_back: int


def control_view(session: Session) -> ControlView:
    """Return what pauses or limits all sending, and how many messages a restoration held back."""
    row = sending_control(session)
    held = select(func.count()).where(
        Message.state == MessageState.HELD, Message.reason == "restored"
    )
    return ControlView(
        is_paused=row.paused_at is not None,
        paused_at=row.paused_at,
        paused_reason=row.paused_reason,
        is_trial=row.is_trial,
        keep_days=row.keep_days,
        part_price_micros=row.part_price_micros,
        held_back=session.scalar(held) or 0,
    )


def campaigns_sending(session: Session) -> list[CampaignSending]:
    """Return every campaign with what waits in it, the newest first."""
    question = (
        select(Message.campaign_id, Message.purpose, func.count(), func.min(Message.due_at))
        .where(Message.state == MessageState.QUEUED, Message.channel.in_(SENDERS_CARRY))
        .group_by(Message.campaign_id, Message.purpose)
    )
    waiting: dict[int | None, dict[Purpose, tuple[int, datetime]]] = defaultdict(dict)
    for campaign_id, purpose, count, first in session.execute(question):
        waiting[campaign_id][purpose] = (count, first)
    campaigns = session.scalars(
        select(Campaign).order_by(Campaign.opens_on.desc(), Campaign.id.desc()).limit(MOST)
    )
    return [_line(campaign, waiting[campaign.id]) for campaign in campaigns]


def _line(campaign: Campaign, waiting: dict[Purpose, tuple[int, datetime]]) -> CampaignSending:
    nudges = waiting.get(Purpose.NUDGE, (0, None))[0]
    return CampaignSending(
        campaign_id=campaign.id,
        name_zh=campaign.name_zh,
        name_en=campaign.name_en,
        area_id=campaign.area_id,
        state=campaign.state,
        paused_at=campaign.sending_paused_at,
        cancelled_at=campaign.sending_cancelled_at,
        nudges_waiting=nudges,
        others_waiting=sum(count for count, _ in waiting.values()) - nudges,
        next_due_at=min((first for _, first in waiting.values()), default=None),
    )


def trial_lines(session: Session) -> list[TrialLine]:
    """Return the numbers that trial mode may reach, by name."""
    rows = session.scalars(select(TrialNumber).order_by(TrialNumber.label, TrialNumber.id))
    return [TrialLine(row.id, row.label, mask_phone(number_of_trial(session, row))) for row in rows]


def number_of_trial(session: Session, row: TrialNumber) -> str:
    """Return a listed number itself."""
    return vault_of(session).open(
        row.number_sealed, table="trial_number", column="number_sealed", row=row.uuid
    )
