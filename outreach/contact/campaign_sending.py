"""Pausing, resuming and cancelling what is sent: one campaign's, or everything."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from outreach.campaigns.codes import CampaignState
from outreach.campaigns.models import Campaign
from outreach.contact.claims import lock_sending_control
from outreach.contact.codes import Channel, MessageState, Purpose
from outreach.contact.message_models import Message, SendingControl, TrialNumber
from outreach.db import vault_of
from outreach.kernel.errors import InvalidInput, NotFound

# Replies are matched to what was sent up to ten days ago, and follow-ups ask about a month.
LEAST_KEPT_DAYS = 30
MOST_KEPT_DAYS = 1095


def paused_campaigns(session: Session) -> list[int]:
    """Return the campaigns whose messages wait; rides are never paused with a campaign."""
    question = select(Campaign.id).where(
        or_(Campaign.sending_paused_at.is_not(None), Campaign.state == CampaignState.PAUSED)
    )
    return list(session.scalars(question.order_by(Campaign.id)))


def pause_campaign(session: Session, *, campaign_id: int, now: datetime) -> Campaign:
    """Let a campaign's messages wait, from the next commit of any worker on."""
    campaign = _locked(session, campaign_id)
    campaign.sending_paused_at = campaign.sending_paused_at or now
    session.flush()
    return campaign


def resume_campaign(session: Session, *, campaign_id: int) -> Campaign:
    """Let a campaign's messages go on; what expired meanwhile has ended."""
    campaign = _locked(session, campaign_id)
    campaign.sending_paused_at = None
    session.flush()
    return campaign


def cancel_campaign_sending(session: Session, *, campaign_id: int, now: datetime) -> int:
    """End a campaign's nudges and return how many; booked visits go on being told.

    What was ended stays ended, also when new nudges are allowed again.
    """
    campaign = _locked(session, campaign_id)
    campaign.sending_cancelled_at = campaign.sending_cancelled_at or now
    ended = (
        update(Message)
        .where(
            Message.campaign_id == campaign_id,
            Message.purpose == Purpose.NUDGE,
            Message.state.in_([MessageState.QUEUED, MessageState.CLAIMED, MessageState.HELD]),
        )
        .values(
            state=MessageState.CANCELLED,
            reason="campaign_cancelled",
            ended_at=now,
            claim_token="",
            lease_until=None,
        )
        .returning(Message.id)
        .execution_options(synchronize_session=False)
    )
    return len(session.scalars(ended).all())


def allow_nudges_again(session: Session, *, campaign_id: int) -> Campaign:
    """Allow a campaign new nudges after they were cancelled; nothing that was ended comes back."""
    campaign = _locked(session, campaign_id)
    campaign.sending_cancelled_at = None
    session.flush()
    return campaign


def pause_all(
    session: Session, *, reason: str, by: int | None, now: datetime, hold_backlog: bool = False
) -> SendingControl:
    """Stop all sending. ``hold_backlog`` (a restored copy): what was queued waits for a person's word."""
    control = lock_sending_control(session)
    control.paused_at, control.paused_reason, control.paused_by = now, reason, by
    if hold_backlog:
        control.hold_created_before = now
        _hold_backlog(session, now=now)
    session.flush()
    return control


def resume_all(session: Session) -> SendingControl:
    """Let sending go on; what a restoration held stays held until it is released or dropped."""
    control = lock_sending_control(session)
    control.paused_at, control.paused_reason, control.paused_by = None, "", None
    session.flush()
    return control


def decide_backlog(session: Session, *, is_released: bool, now: datetime) -> int:
    """Release or drop what a restoration held (fault 65); return how many messages."""
    control = lock_sending_control(session)
    control.hold_created_before = None
    state = MessageState.QUEUED if is_released else MessageState.CANCELLED
    decided = (
        update(Message)
        .where(Message.state == MessageState.HELD, Message.reason == "restored")
        .values(
            state=state,
            reason="" if is_released else "restored",
            ended_at=None if is_released else now,
        )
        .returning(Message.id)
        .execution_options(synchronize_session=False)
    )
    return len(session.scalars(decided).all())


def set_trial(session: Session, *, is_trial: bool) -> SendingControl:
    """Reach listed numbers only, or everybody."""
    control = lock_sending_control(session)
    control.is_trial = is_trial
    session.flush()
    return control


def list_trial_number(session: Session, *, number: str, label: str) -> TrialNumber:
    """Add a number that trial mode may reach; ``number`` is E.164."""
    if not label.strip():
        raise InvalidInput("label_missing", field="label")
    vault, uuid = vault_of(session), uuid4().hex
    index = vault.index(number, purpose="phone")
    known = session.scalars(select(TrialNumber).where(TrialNumber.number_index == index)).first()
    if known is not None:
        known.label = label.strip()
        return known
    row = TrialNumber(
        uuid=uuid,
        number_index=index,
        number_sealed=vault.seal(number, table="trial_number", column="number_sealed", row=uuid),
        label=label.strip(),
    )
    session.add(row)
    session.flush()
    return row


def drop_trial_number(session: Session, *, trial_number_id: int) -> TrialNumber:
    """Take a number off the list of those that trial mode may reach."""
    row = session.get(TrialNumber, trial_number_id)
    if row is None:
        raise NotFound("trial_number", trial_number_id=trial_number_id)
    session.delete(row)
    session.flush()
    return row


def set_keeping(session: Session, *, keep_days: int, part_price_micros: int) -> SendingControl:
    """Set after how many days words and numbers are removed, and what one part of a text costs."""
    if not LEAST_KEPT_DAYS <= keep_days <= MOST_KEPT_DAYS:
        raise InvalidInput(
            "number_out_of_range", field="keep_days", least=LEAST_KEPT_DAYS, most=MOST_KEPT_DAYS
        )
    if part_price_micros < 0:
        raise InvalidInput("number_small", field="part_price", least=0)
    control = lock_sending_control(session)
    control.keep_days, control.part_price_micros = keep_days, part_price_micros
    session.flush()
    return control


def _hold_backlog(session: Session, *, now: datetime) -> None:
    # What a backup calls "sending" may long have gone out: it is as unknown as after a crash.
    session.execute(
        update(Message)
        .where(
            Message.state.in_([MessageState.QUEUED, MessageState.CLAIMED]),
            Message.channel != Channel.CALL,
        )
        .values(state=MessageState.HELD, reason="restored", claim_token="", lease_until=None)
        .execution_options(synchronize_session=False)
    )
    session.execute(
        update(Message)
        .where(Message.state == MessageState.SENDING)
        .values(
            state=MessageState.UNKNOWN,
            reason="restored",
            unknown_since=now,
            claim_token="",
            lease_until=None,
        )
        .execution_options(synchronize_session=False)
    )


def _locked(session: Session, campaign_id: int) -> Campaign:
    campaign = session.get(Campaign, campaign_id, with_for_update=True)
    if campaign is None:
        raise NotFound("campaign", campaign_id=campaign_id)
    return campaign
