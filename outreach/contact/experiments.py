"""Experiments: proposed by one person, approved by another, off until then; stopped by hand, harm or end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from secrets import randbits

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.contact.codes import Channel, Step
from outreach.contact.experiment_rules import (
    LEAST_HOUSEHOLDS,
    MAY_VARY,
    MOST_ARMS,
    shift_allowed,
)
from outreach.contact.message_models import Experiment, ExperimentArm, Wording
from outreach.kernel.errors import InvalidInput, MoveNotAllowed, NotAllowed, NotFound

HARM, COMPLETE, BY_HAND = "harm", "complete", "by_hand"


@dataclass(frozen=True, slots=True)
class ArmDraft:
    """One arm besides the usual way: other words, another day, or both."""

    label: str
    wording_id: int | None = None
    shift_days: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What is to be compared, in how many households, and within how many days people may come."""

    campaign_id: int
    name: str
    step: Step
    planned_households: int
    outcome_days: int
    usual_label: str
    arms: Sequence[ArmDraft]


def propose(session: Session, *, proposal: Proposal, by: int, now: datetime) -> Experiment:
    """Write an experiment down; nothing changes for anybody until somebody else approves it."""
    _check(session, proposal)
    made = Experiment(
        campaign_id=proposal.campaign_id,
        name=proposal.name.strip(),
        step=proposal.step,
        planned_households=proposal.planned_households,
        outcome_days=proposal.outcome_days,
        made_by=by,
        made_at=now,
        seed=randbits(31),
    )
    session.add(made)
    session.flush()
    session.add(
        ExperimentArm(experiment_id=made.id, label=proposal.usual_label.strip(), is_control=True)
    )
    session.flush()
    for arm in proposal.arms:
        session.add(
            ExperimentArm(
                experiment_id=made.id,
                label=arm.label.strip(),
                wording_id=arm.wording_id,
                shift_days=arm.shift_days,
            )
        )
        session.flush()
    return made


def approve(session: Session, *, experiment_id: int, by: int, now: datetime) -> Experiment:
    """Let an experiment begin; not by who proposed it, and one at a time for a step."""
    row = _locked(session, experiment_id)
    if row.approved_at is not None or row.stopped_at is not None:
        raise MoveNotAllowed("experiment_over")
    if row.made_by == by:
        raise NotAllowed("second_person_needed")
    if running(session, campaign_id=row.campaign_id, step=row.step) is not None:
        raise MoveNotAllowed("experiment_running")
    row.approved_by, row.approved_at = by, now
    session.flush()
    return row


def stop(session: Session, *, experiment_id: int, reason: str, now: datetime) -> Experiment:
    """End an experiment: nobody new is drawn, and everybody gets the usual way again."""
    row = _locked(session, experiment_id)
    if row.stopped_at is not None:
        raise MoveNotAllowed("experiment_over")
    row.stopped_at, row.stop_reason = now, reason
    session.flush()
    return row


def running(session: Session, *, campaign_id: int | None, step: Step) -> Experiment | None:
    """Return the experiment that varies a step of a campaign at this moment, or None."""
    question = select(Experiment).where(
        Experiment.campaign_id == campaign_id,
        Experiment.step == step,
        Experiment.approved_at.is_not(None),
        Experiment.stopped_at.is_(None),
    )
    return session.scalars(question.order_by(Experiment.id).limit(1)).first()


def all_running(session: Session) -> list[Experiment]:
    """Return every experiment that is on."""
    question = select(Experiment).where(
        Experiment.approved_at.is_not(None), Experiment.stopped_at.is_(None)
    )
    return list(session.scalars(question.order_by(Experiment.id)))


def get_experiment(session: Session, experiment_id: int) -> Experiment:
    """Return one experiment; NotFound when there is none."""
    row = session.get(Experiment, experiment_id)
    if row is None:
        raise NotFound("experiment", experiment_id=experiment_id)
    return row


def arms_of(session: Session, experiment_id: int) -> list[ExperimentArm]:
    """Return the arms, the usual way first."""
    question = select(ExperimentArm).where(ExperimentArm.experiment_id == experiment_id)
    return list(session.scalars(question.order_by(ExperimentArm.id)))


def _check(session: Session, proposal: Proposal) -> None:
    if proposal.step not in MAY_VARY:
        raise InvalidInput("experiment_step", field="step")
    if not proposal.name.strip():
        raise InvalidInput("name_missing", field="name")
    if proposal.planned_households < LEAST_HOUSEHOLDS:
        raise InvalidInput("number_small", field="planned_households", least=LEAST_HOUSEHOLDS)
    if not 1 <= proposal.outcome_days <= 90:
        raise InvalidInput("number_out_of_range", field="outcome_days", least=1, most=90)
    if not 1 <= len(proposal.arms) < MOST_ARMS:
        raise InvalidInput("experiment_arms", field="arms")
    for arm in proposal.arms:
        _check_arm(session, proposal, arm)


def _check_arm(session: Session, proposal: Proposal, arm: ArmDraft) -> None:
    least, most = shift_allowed(proposal.step)
    if not least <= arm.shift_days <= most:
        raise InvalidInput("number_out_of_range", field="shift_days", least=least, most=most)
    if arm.wording_id is None and not arm.shift_days:
        raise InvalidInput("experiment_arm_same", field="body")
    if arm.wording_id is None:
        return
    wording = session.get(Wording, arm.wording_id)
    fits = wording is not None and wording.step is proposal.step
    if not fits or wording is None or wording.channel is not Channel.SMS:
        raise InvalidInput("not_in_list", field="body")


def _locked(session: Session, experiment_id: int) -> Experiment:
    question = select(Experiment).where(Experiment.id == experiment_id).with_for_update()
    row = session.scalars(question).first()
    if row is None:
        raise NotFound("experiment", experiment_id=experiment_id)
    return row
