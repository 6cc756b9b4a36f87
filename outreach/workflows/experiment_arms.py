"""Drawing households into the arms of a running experiment, and taking everybody out when it ends."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from outreach.contact.codes import Channel, MessageState, Step
from outreach.contact.experiment_report import household_key, report_of
from outreach.contact.experiment_rules import drawn_arm
from outreach.contact.experiments import COMPLETE, HARM, all_running, arms_of, running, stop
from outreach.contact.message_models import Experiment, ExperimentArm, Message, OptOut, Wording
from outreach.contact.models import ContactAttempt
from outreach.contact.outbox import Draft
from outreach.contact.segments import measure
from outreach.contact.wording import render
from outreach.ledger.codes import EntryStatus
from outreach.ledger.entry_models import LedgerEntry
from outreach.ledger.models import ContactPerson, Phone
from outreach.places.queries import local_zone

_SAID_NO = ("C04", "C15")


@dataclass(frozen=True, slots=True)
class _Draw:
    """One running experiment with its arms and how much room is left."""

    experiment: Experiment
    arms: list[ExperimentArm]
    wordings: dict[int, Wording]
    drawn: set[str]


class Arms:
    """The experiments of one batch of drafts: read once, asked per draft."""

    def __init__(self, session: Session, *, now: datetime) -> None:
        self._session, self._now = session, now
        self._draws: dict[tuple[int | None, Step], _Draw | None] = {}

    def apply(self, drafts: Collection[Draft]) -> list[Draft]:
        """Return drafts as their households' arms want them; whoever said no is left out entirely."""
        fitting = [d for d in drafts if d.channel is Channel.SMS and self._draw(d) is not None]
        if not fitting:
            return list(drafts)
        no = said_no(self._session, {d.resident_id for d in fitting if d.resident_id is not None})
        wanted = {id(d) for d in fitting if d.resident_id not in no}
        return [self._in_arm(d) if id(d) in wanted else d for d in drafts]

    def _draw(self, draft: Draft) -> _Draw | None:
        key = (draft.campaign_id, draft.step)
        if key not in self._draws:
            found = running(self._session, campaign_id=draft.campaign_id, step=draft.step)
            self._draws[key] = None if found is None else self._read(found)
        return self._draws[key]

    def _read(self, experiment: Experiment) -> _Draw:
        arms = arms_of(self._session, experiment.id)
        ids = [arm.wording_id for arm in arms if arm.wording_id is not None]
        wordings = self._session.scalars(select(Wording).where(Wording.id.in_(ids)))
        drawn = self._session.execute(
            select(Message.household_id, Message.resident_id)
            .where(Message.arm_id.in_([arm.id for arm in arms]))
            .distinct()
        )
        return _Draw(
            experiment,
            arms,
            {w.id: w for w in wordings},
            {household_key(household_id, resident_id) for household_id, resident_id in drawn},
        )

    def _in_arm(self, draft: Draft) -> Draft:
        draw = self._draw(draft)
        key = household_key(draft.household_id, draft.resident_id)
        if draw is None:
            return draft
        if key not in draw.drawn and len(draw.drawn) >= draw.experiment.planned_households:
            return draft  # the planned number is reached: everybody else gets the usual way
        arm = draw.arms[drawn_arm(draw.experiment.seed, key, len(draw.arms))]
        wording = draw.wordings.get(arm.wording_id or 0)
        if wording is not None and not draft.language.startswith(wording.language):
            return draft  # an arm has words in one language only
        draw.drawn.add(key)
        return self._varied(draft, arm, wording)

    def _varied(self, draft: Draft, arm: ExperimentArm, wording: Wording | None) -> Draft:
        if wording is not None:
            body = render(wording.body, draft.values, signature=str(draft.values["signature"]))
            draft = replace(draft, body=body, wording_id=wording.id)
        shift = timedelta(days=arm.shift_days)
        if shift and draft.due_at + shift >= self._now:
            expires = draft.expires_at + shift if draft.expires_at is not None else None
            draft = replace(draft, due_at=draft.due_at + shift, expires_at=expires)
        return replace(draft, arm_id=arm.id)


def said_no(session: Session, resident_ids: Collection[int]) -> set[int]:
    """Return those who ever said no, asked to be left alone or opted out: no experiment touches them."""
    ids = list(resident_ids)
    refused = select(ContactAttempt.resident_id).where(
        ContactAttempt.resident_id.in_(ids),
        ContactAttempt.outcome.in_(_SAID_NO),
        ContactAttempt.voided_at.is_(None),
    )
    declined = select(LedgerEntry.resident_id).where(
        LedgerEntry.resident_id.in_(ids),
        LedgerEntry.do_not_ask | (LedgerEntry.status == EntryStatus.DECLINED),
    )
    out = (
        select(ContactPerson.resident_id)
        .join(Phone, Phone.contact_person_id == ContactPerson.id)
        .join(OptOut, OptOut.number_index == Phone.number_index)
        .where(ContactPerson.resident_id.in_(ids))
    )
    by_person = select(OptOut.resident_id).where(OptOut.resident_id.in_(ids))
    found: set[int] = set()
    for question in (refused, declined, out, by_person):
        found.update(r for r in session.scalars(question) if r is not None)
    return found


def watch_experiments(session: Session, *, now: datetime) -> list[int]:
    """Stop what does harm or is complete; return the ids of experiments stopped now (moment 3i)."""
    stopped = []
    for experiment in all_running(session):
        report = report_of(session, experiment.id, zone=local_zone(session), now=now)
        if any(arm.is_harmful for arm in report.arms):
            end_experiment(session, experiment_id=experiment.id, reason=HARM, now=now)
        elif report.is_settled:
            end_experiment(session, experiment_id=experiment.id, reason=COMPLETE, now=now)
        else:
            continue
        stopped.append(experiment.id)
    return stopped


def end_experiment(session: Session, *, experiment_id: int, reason: str, now: datetime) -> int:
    """Stop an experiment and give what still waits in its arms the usual words; return how many."""
    stop(session, experiment_id=experiment_id, reason=reason, now=now)
    arm_ids = [arm.id for arm in arms_of(session, experiment_id) if not arm.is_control]
    question = select(Message).where(
        Message.arm_id.in_(arm_ids),
        Message.state.in_([MessageState.QUEUED, MessageState.CLAIMED, MessageState.HELD]),
    )
    rows = session.scalars(question.order_by(Message.id).with_for_update()).all()
    for row in rows:
        _usual_again(session, row)
    session.flush()
    return len(rows)


def _usual_again(session: Session, row: Message) -> None:
    """Word a waiting message as every other; the day stays, since its own may be past."""
    usual = session.scalars(
        select(Wording)
        .where(
            Wording.step == row.step,
            Wording.channel == row.channel,
            Wording.language == row.language,
            Wording.is_active,
            Wording.campaign_id.is_(None) | (Wording.campaign_id == row.campaign_id),
        )
        .order_by(func.coalesce(Wording.campaign_id, 0).desc(), Wording.version.desc())
        .limit(1)
    ).first()
    row.arm_id = None
    if usual is not None and usual.id != row.wording_id:
        row.wording_id = usual.id
        row.body = render(usual.body, row.values, signature=str(row.values.get("signature", "")))
        row.segments = measure(row.body).segments
