"""Changing the rules of a campaign: first who would change and how, then, asked again, the change itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.audit.trail import record
from outreach.campaigns.codes import CampaignState
from outreach.campaigns.dose_facts import Person
from outreach.campaigns.models import Vaccine
from outreach.campaigns.operations import activate_rule_set, move_campaign, set_policy
from outreach.campaigns.queries import get_campaign, get_rule_set, rules_of
from outreach.campaigns.rule_changes import ChangeKind, changes_between
from outreach.kernel.errors import InvalidInput
from outreach.ledger.codes import Cause
from outreach.ledger.entries import Stored, stored_entries
from outreach.ledger.entry_models import LedgerEntry
from outreach.ledger.models import Resident
from outreach.places.queries import local_day
from outreach.workflows.entry_facts import LineFacts, frame_of, gather
from outreach.workflows.restate import CHUNK, restate_many

NAMED = 200
Progress = Callable[[float], None]


@dataclass(slots=True)
class RuleChange:
    """What other rules would do: people seen, how many change in each way, and the first of them."""

    seen: int = 0
    changed: int = 0
    by_kind: Counter[ChangeKind] = field(default_factory=Counter)
    residents: dict[ChangeKind, list[int]] = field(default_factory=dict)


def preview_rules(
    session: Session, *, campaign_id: int, rule_set_id: int, now: datetime
) -> RuleChange:
    """Return who would change under another rule set; nothing is written."""
    campaign = get_campaign(session, campaign_id)
    vaccine = session.get_one(Vaccine, campaign.vaccine_id)
    if get_rule_set(session, rule_set_id).vaccine_code != vaccine.code:
        raise InvalidInput("rules_of_another_vaccine", field="rule_set")
    if campaign.rule_set_id is None:
        raise InvalidInput("campaign_without_rules", field="campaign")
    old, new = rules_of(session, campaign.rule_set_id), rules_of(session, rule_set_id)
    found = RuleChange()
    for ids in _chunks_of(session, campaign_id):
        people = [
            (facts.resident_id, _person(facts)) for facts in _facts(session, ids, campaign_id)
        ]
        found.seen += len(people)
        for change in changes_between(old, new, people, as_of=local_day(session, now)):
            found.changed += 1
            for kind in change.kinds:
                found.by_kind[kind] += 1
                named = found.residents.setdefault(kind, [])
                if len(named) < NAMED:
                    named.append(change.key)
    return found


def apply_rules(
    session: Session,
    *,
    campaign_id: int,
    rule_set_id: int,
    by: int,
    now: datetime,
    progress: Progress | None = None,
) -> Stored:
    """Put a campaign under other rules and restate its lines."""
    activate_rule_set(session, campaign_id=campaign_id, rule_set_id=rule_set_id, by=by, now=now)
    record(
        session,
        act="rules_activated",
        subject=("campaign", campaign_id),
        by=by,
        now=now,
        facts={"rule_set_id": rule_set_id},
    )
    return _restate_all(
        session, campaign_id, cause=Cause.RULES_CHANGED, by=by, now=now, progress=progress
    )


def change_policy(
    session: Session,
    *,
    campaign_id: int,
    closing_grade: str,
    minimum_age: int,
    target_dose: int | None,
    by: int,
    now: datetime,
    progress: Progress | None = None,
) -> Stored:
    """Change which evidence closes a line, the age or the target, and restate the campaign's lines.

    Closures that the new policy does not bear are reversed, each with this act as its reason.
    """
    set_policy(
        session,
        campaign_id=campaign_id,
        closing_grade=closing_grade,
        minimum_age=minimum_age,
        target_dose=target_dose,
    )
    record(
        session,
        act="policy_changed",
        subject=("campaign", campaign_id),
        by=by,
        now=now,
        facts={
            "closing_grade": closing_grade,
            "minimum_age": minimum_age,
            "target_dose": target_dose,
        },
    )
    return _restate_all(
        session, campaign_id, cause=Cause.CAMPAIGN, by=by, now=now, progress=progress
    )


def change_state(
    session: Session, *, campaign_id: int, to: CampaignState, by: int, now: datetime
) -> None:
    """Open, pause, close or archive a campaign; only an open one reaches people."""
    move_campaign(session, campaign_id=campaign_id, to=to, day=local_day(session, now))
    record(
        session,
        act="campaign_moved",
        subject=("campaign", campaign_id),
        by=by,
        now=now,
        facts={"to": to},
    )


def enrol(session: Session, *, campaign_id: int, by: int, now: datetime) -> Stored:
    """Give everyone whom a new campaign covers a line in it."""
    ids = session.scalars(
        select(Resident.id)
        .where(Resident.merged_into_id.is_(None), Resident.erased_at.is_(None))
        .order_by(Resident.id)
    ).all()
    return restate_many(
        session, resident_ids=ids, by=by, cause=Cause.CAMPAIGN, now=now, campaign_id=campaign_id
    )


def _restate_all(
    session: Session,
    campaign_id: int,
    *,
    cause: Cause,
    by: int,
    now: datetime,
    progress: Progress | None,
) -> Stored:
    done = Stored()
    chunks = list(_chunks_of(session, campaign_id))
    for number, ids in enumerate(chunks, start=1):
        done.add(
            restate_many(
                session,
                resident_ids=ids,
                by=by,
                cause=cause,
                now=now,
                reason=str(cause),
                campaign_id=campaign_id,
            )
        )
        if progress is not None:
            progress(number / len(chunks))
    return done


def _chunks_of(session: Session, campaign_id: int) -> Iterator[Sequence[int]]:
    ids = session.scalars(
        select(LedgerEntry.resident_id)
        .where(LedgerEntry.campaign_id == campaign_id, LedgerEntry.is_counted)
        .order_by(LedgerEntry.resident_id)
    ).all()
    for start in range(0, len(ids), CHUNK):
        yield ids[start : start + CHUNK]


def _facts(session: Session, ids: Sequence[int], campaign_id: int) -> list[LineFacts]:
    known = stored_entries(session, ids)
    frame = frame_of(session, campaign_id=campaign_id)
    return gather(session, resident_ids=ids, known=known, frame=frame)


def _person(facts: LineFacts) -> Person:
    doses = facts.facts.doses
    return Person(
        birth=doses.person.birth,
        sex=doses.person.sex,
        doses=(*doses.person.doses, *(dose.given for dose in doses.doses)),
        infections=doses.person.infections,
    )
