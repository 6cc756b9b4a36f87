"""Cadences as rows: the common steps, a campaign's own in their place, changed by a person and checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.contact.cadence import Anchor, Audience, StepRule
from outreach.contact.cadence_rules import ANCHORS, CHANNELS, problems_of_step
from outreach.contact.codes import Channel, Step
from outreach.contact.decent_hours import decent_hours
from outreach.contact.message_models import CadenceStep, Wording
from outreach.contact.wording import Problem
from outreach.contact.wordings import cadence_of, purpose_of
from outreach.kernel.errors import InvalidInput, NotFound, StaleVersion
from outreach.ports.messages import Capabilities


class CadenceRefused(InvalidInput):
    """A step cannot be saved; ``problems`` say why."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(problems[0].code, field="step", what=problems[0].what)


@dataclass(frozen=True, slots=True)
class CadenceLine:
    """One step as a page shows it: from the common cadence or a campaign's own, on or off."""

    id: int
    rule: StepRule
    is_own: bool
    is_active: bool
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StepChange:
    """What an administrator wants of one step; the rest follows from the step."""

    rule: StepRule
    is_active: bool
    version: int = 0


def rule_for(step: Step, channel: Channel) -> StepRule:
    """Return a step with nothing set yet; InvalidInput for one that no cadence times."""
    if step not in ANCHORS or channel not in CHANNELS:
        raise InvalidInput("not_in_list", field="step")
    return StepRule(
        step=step, purpose=purpose_of(step), channel=channel, anchor=Anchor(ANCHORS[step])
    )


def cadence_lines(session: Session, *, campaign_id: int | None) -> list[CadenceLine]:
    """Return the steps of a campaign (None: the common ones) in the order in which they come."""
    chosen: dict[tuple[Step, Channel], CadenceLine] = {}
    question = select(CadenceStep).where(
        CadenceStep.campaign_id.is_(None) | (CadenceStep.campaign_id == campaign_id)
    )
    for row in session.scalars(question.order_by(CadenceStep.id)):
        if row.channel not in CHANNELS or row.step not in ANCHORS:
            continue
        line = CadenceLine(
            row.id, _rule(row), row.campaign_id is not None, row.is_active, row.version
        )
        before = chosen.get((row.step, row.channel))
        if before is None or line.is_own:
            chosen[(row.step, row.channel)] = line
    order = list(ANCHORS)
    return sorted(
        chosen.values(), key=lambda c: (order.index(c.rule.step), CHANNELS.index(c.rule.channel))
    )


def get_line(
    session: Session, *, campaign_id: int | None, step: Step, channel: Channel
) -> CadenceLine:
    """Return one step as it stands for a campaign; a step that nobody set yet is off."""
    for line in cadence_lines(session, campaign_id=campaign_id):
        if (line.rule.step, line.rule.channel) == (step, channel):
            return line
    return CadenceLine(0, rule_for(step, channel), is_own=False, is_active=False, version=0)


def save_step(
    session: Session,
    *,
    campaign_id: int | None,
    change: StepChange,
    routes: Sequence[Capabilities],
) -> CadenceStep:
    """Keep one step for a campaign (None: for all); refused when the hour, order or route forbids it."""
    rule = change.rule
    if change.is_active:
        problems = problems_of_step(
            rule,
            others=cadence_of(session, campaign_id=campaign_id),
            routes=routes,
            hours=decent_hours(session).usual,
            worded=_worded(session, campaign_id),
        )
        if problems:
            raise CadenceRefused(problems)
    row = _own_row(session, campaign_id, rule)
    if row is None:
        row = CadenceStep(campaign_id=campaign_id, step=rule.step, channel=rule.channel)
        session.add(row)
    elif change.version and row.version != change.version:
        raise StaleVersion("stale_version")
    row.purpose, row.anchor = rule.purpose, rule.anchor.value
    row.offset_days, row.offset_minutes = rule.offset_days, rule.offset_minutes
    row.at_local, row.audience = rule.at_local, rule.audience.value
    row.expires_after_minutes, row.is_active = rule.expires_after_minutes, change.is_active
    session.flush()
    return row


def back_to_common(session: Session, *, campaign_id: int, step: Step, channel: Channel) -> None:
    """Let a campaign follow the common cadence again at one step."""
    row = _own_row(session, campaign_id, rule_for(step, channel))
    if row is None:
        raise NotFound("cadence_step")
    session.delete(row)
    session.flush()


def _own_row(session: Session, campaign_id: int | None, rule: StepRule) -> CadenceStep | None:
    whose = (
        CadenceStep.campaign_id.is_(None)
        if campaign_id is None
        else CadenceStep.campaign_id == campaign_id
    )
    question = select(CadenceStep).where(
        whose, CadenceStep.step == rule.step, CadenceStep.channel == rule.channel
    )
    return session.scalars(question.with_for_update()).first()


def _worded(session: Session, campaign_id: int | None) -> set[tuple[Step, Channel]]:
    question = select(Wording.step, Wording.channel).where(
        Wording.is_active,
        Wording.campaign_id.is_(None) | (Wording.campaign_id == campaign_id),
    )
    return {(step, channel) for step, channel in session.execute(question)}


def _rule(row: CadenceStep) -> StepRule:
    return replace(
        rule_for(row.step, row.channel),
        offset_days=row.offset_days,
        offset_minutes=row.offset_minutes,
        at_local=row.at_local,
        audience=Audience(row.audience),
        expires_after_minutes=row.expires_after_minutes,
    )
