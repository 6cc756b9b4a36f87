"""Readings of wordings for pages: what is in force for a campaign, and the versions before it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Row, Select, func, or_, select
from sqlalchemy.orm import Session

from outreach.accounts.models import User
from outreach.campaigns.models import Campaign
from outreach.contact.codes import Channel, Purpose, Step
from outreach.contact.message_models import Wording
from outreach.contact.wordings import purpose_of
from outreach.kernel.errors import NotFound
from outreach.places.codes import AreaLevel
from outreach.places.models import Area

MOST = 500
# Broadcasts are worded by their notice; calls by people need no wording.
WORDED_ELSEWHERE = frozenset({Step.BROADCAST, Step.TEST})


@dataclass(frozen=True, slots=True)
class WordingLine:
    """One version of the words of a step."""

    id: int
    campaign_id: int | None
    step: Step
    purpose: Purpose
    channel: Channel
    language: str
    version: int
    body: str
    template_code: str
    is_active: bool
    made_by: str
    made_at: datetime


def wordings_in_force(session: Session, *, campaign_id: int | None) -> list[WordingLine]:
    """Return what is said at each step of a campaign: its own words before the common ones."""
    chosen: dict[tuple[Step, Channel, str], WordingLine] = {}
    mine: ColumnElement[bool] = Wording.campaign_id.is_(None)
    if campaign_id is not None:
        mine = or_(mine, Wording.campaign_id == campaign_id)
    question = _question().where(
        Wording.is_active, mine, Wording.step.not_in(list(WORDED_ELSEWHERE))
    )
    for row in session.execute(question.order_by(Wording.version, Wording.id)):
        line = _line(row)
        key = (line.step, line.channel, line.language)
        before = chosen.get(key)
        if before is None or before.campaign_id is None or line.campaign_id is not None:
            chosen[key] = line
    order = list(Step)
    return sorted(
        chosen.values(), key=lambda w: (order.index(w.step), w.channel, w.language != "zh")
    )


def versions_of(
    session: Session, *, campaign_id: int | None, step: Step, channel: Channel, language: str
) -> list[WordingLine]:
    """Return every version of one wording, the newest first; a campaign's own ones only."""
    whose = (
        Wording.campaign_id.is_(None) if campaign_id is None else Wording.campaign_id == campaign_id
    )
    question = _question().where(
        whose, Wording.step == step, Wording.channel == channel, Wording.language == language
    )
    return [_line(row) for row in session.execute(question.order_by(Wording.version.desc()))]


def get_wording_line(session: Session, wording_id: int) -> WordingLine:
    """Return one version; NotFound when there is none."""
    row = session.execute(_question().where(Wording.id == wording_id)).first()
    if row is None:
        raise NotFound("wording", wording_id=wording_id)
    return _line(row)


def longest_signature(session: Session, *, campaign_id: int | None) -> str:
    """Return the signature that a text is measured with: the campaign's, else the longest community's."""
    campaign = session.get(Campaign, campaign_id) if campaign_id is not None else None
    if campaign is not None and campaign.signature:
        return campaign.signature
    question = select(Area.name).where(Area.level == AreaLevel.COMMUNITY, Area.is_active)
    found = session.scalars(question.order_by(func.length(Area.name).desc(), Area.id).limit(1))
    return found.first() or ""


def _question() -> Select[Wording, str]:
    return (
        select(Wording, User.display_name).outerjoin(User, User.id == Wording.made_by).limit(MOST)
    )


def _line(row: Row[Wording, str]) -> WordingLine:
    wording, made_by = row
    return WordingLine(
        id=wording.id,
        campaign_id=wording.campaign_id,
        step=wording.step,
        purpose=purpose_of(wording.step),
        channel=wording.channel,
        language=wording.language,
        version=wording.version,
        body=wording.body,
        template_code=wording.template_code,
        is_active=wording.is_active,
        made_by=made_by or "",
        made_at=wording.made_at,
    )
