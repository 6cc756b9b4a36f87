"""Changing the terms of a campaign (rules, grade, age, target): first who would change, then the change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.audit.trail import record
from outreach.campaigns.dose_facts import Person
from outreach.campaigns.models import Campaign
from outreach.campaigns.operations import activate_rule_set, check_policy, set_policy
from outreach.campaigns.queries import CampaignRules, get_campaign, get_rule_set, rules_of
from outreach.campaigns.rule_changes import changes_between
from outreach.db import Database
from outreach.kernel.errors import InvalidInput, StaleVersion
from outreach.ledger.codes import Cause, EvidenceGrade
from outreach.ledger.entries import Stored, stored_entries
from outreach.ledger.entry_models import LedgerEntry
from outreach.ledger.models import Resident
from outreach.places.queries import local_day
from outreach.workflows.entry_facts import LineFacts, frame_of, gather
from outreach.workflows.restate import CHUNK, restate_many

NAMED = 200
Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Terms:
    """Under which rules a campaign stands, which evidence closes a line, from which age, to which dose."""

    rule_set_id: int
    closing_grade: str
    minimum_age: int
    target_dose: int | None


@dataclass(slots=True)
class TermsChange:
    """What other terms would do: people seen, how many move from which status to which, and how due
    dates and doses change; of each group the first are named."""

    seen: int = 0
    changed: int = 0
    moves: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    residents: dict[str, list[int]] = field(default_factory=dict)

    def plain(self) -> dict[str, Any]:
        """Return what a task keeps as its result."""
        return asdict(self) | {"moves": dict(self.moves), "kinds": dict(self.kinds)}


def terms_of(campaign: Campaign) -> Terms:
    """Return the terms a campaign has now."""
    return Terms(
        rule_set_id=campaign.rule_set_id or 0,
        closing_grade=campaign.closing_grade,
        minimum_age=campaign.minimum_age,
        target_dose=campaign.target_dose,
    )


def check_terms(session: Session, *, campaign_id: int, terms: Terms) -> Campaign:
    """Refuse terms that the campaign cannot have, naming the field; nothing is written."""
    campaign = get_campaign(session, campaign_id)
    if campaign.rule_set_id is None:
        raise InvalidInput("campaign_without_rules", field="rule_set_id")
    mine = get_rule_set(session, campaign.rule_set_id).vaccine_code
    if get_rule_set(session, terms.rule_set_id).vaccine_code != mine:
        raise InvalidInput("rules_of_another_vaccine", field="rule_set_id")
    check_policy(terms.closing_grade, terms.minimum_age, terms.target_dose)
    if terms == terms_of(campaign):
        raise InvalidInput("terms_unchanged", field="rule_set_id")
    return campaign


def preview_terms(
    database: Database,
    *,
    campaign_id: int,
    terms: Terms,
    now: datetime,
    progress: Progress | None = None,
) -> TermsChange:
    """Return who would change under other terms; nothing is written."""
    found = TermsChange()
    with database.read() as session:
        check_terms(session, campaign_id=campaign_id, terms=terms)
        chunks = list(_chunks_of(session, campaign_id))
    for number, ids in enumerate(chunks, start=1):
        with database.read() as session:
            _preview_chunk(session, ids, campaign_id, terms, found, day=local_day(session, now))
        if progress is not None:
            progress(number / len(chunks))
    return found


def apply_terms(
    database: Database,
    *,
    campaign_id: int,
    terms: Terms,
    version: int,
    by: int,
    now: datetime,
    progress: Progress | None = None,
) -> Stored:
    """Put a campaign under other terms and restate its lines, some thousands per transaction.

    Closures that the terms do not bear are reversed, each with this act as its reason. Applied once
    already (a worker died half-way), it only goes on restating.
    """

    def change(session: Session) -> Cause:
        campaign = get_campaign(session, campaign_id)
        before = terms_of(campaign)
        if before != terms:
            if campaign.version != version:
                raise StaleVersion("campaign_changed", campaign_id=campaign_id)
            _put_under(session, campaign, terms, before, by=by, now=now)
        is_policy = before.rule_set_id == terms.rule_set_id
        return Cause.CAMPAIGN if is_policy else Cause.RULES_CHANGED

    cause = database.act(change)
    with database.read() as session:
        chunks = list(_chunks_of(session, campaign_id))
    return _restate_chunks(
        database, chunks, campaign_id, cause=cause, by=by, now=now, progress=progress
    )


def enrol(
    database: Database,
    *,
    campaign_id: int,
    by: int,
    now: datetime,
    progress: Progress | None = None,
) -> Stored:
    """Give everyone whom a campaign covers a line in it."""
    with database.read() as session:
        ids = session.scalars(
            select(Resident.id)
            .where(Resident.merged_into_id.is_(None), Resident.erased_at.is_(None))
            .order_by(Resident.id)
        ).all()
    chunks = [ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK)]
    return _restate_chunks(
        database, chunks, campaign_id, cause=Cause.CAMPAIGN, by=by, now=now, progress=progress
    )


def _put_under(
    session: Session, campaign: Campaign, terms: Terms, before: Terms, *, by: int, now: datetime
) -> None:
    if terms.rule_set_id != before.rule_set_id:
        activate_rule_set(
            session, campaign_id=campaign.id, rule_set_id=terms.rule_set_id, by=by, now=now
        )
    set_policy(
        session,
        campaign_id=campaign.id,
        closing_grade=terms.closing_grade,
        minimum_age=terms.minimum_age,
        target_dose=terms.target_dose,
    )
    record(
        session,
        act="terms_changed",
        subject=("campaign", campaign.id),
        by=by,
        now=now,
        facts={k: v for k, v in asdict(terms).items() if v != getattr(before, k)},
    )


def _preview_chunk(
    session: Session,
    ids: Sequence[int],
    campaign_id: int,
    terms: Terms,
    found: TermsChange,
    *,
    day: date,
) -> None:
    known = stored_entries(session, ids)
    frame = frame_of(session, campaign_id=campaign_id)
    lines = gather(session, resident_ids=ids, known=known, frame=frame)
    marks: dict[int, list[str]] = {}
    for facts in lines:
        row = known.get((facts.resident_id, campaign_id))
        after = _under(session, facts, terms).line(day).finding.status
        if row is not None and row.status is not after:
            found.moves[move := f"{row.status}>{after}"] += 1
            marks.setdefault(facts.resident_id, []).append(move)
    old, new = lines[0].campaign.rules if lines else None, rules_of(session, terms.rule_set_id)
    if old is not None and old != new:
        people = [(facts.resident_id, _person(facts)) for facts in lines]
        for change in changes_between(old, new, people, as_of=day):
            found.kinds.update(str(kind) for kind in change.kinds)
            marks.setdefault(change.key, []).extend(str(kind) for kind in change.kinds)
    found.seen += len(lines)
    found.changed += len(marks)
    for resident_id, keys in marks.items():
        for key in keys:
            named = found.residents.setdefault(key, [])
            if len(named) < NAMED:
                named.append(resident_id)


def _under(session: Session, facts: LineFacts, terms: Terms) -> LineFacts:
    """Return the same line's facts as they would be judged under other terms."""
    rules = rules_of(session, terms.rule_set_id)
    doses = replace(
        facts.facts.doses,
        rules=rules,
        closing_grade=EvidenceGrade(terms.closing_grade),
        target_dose=terms.target_dose,
    )
    campaign: CampaignRules = replace(facts.campaign, rules=rules, rule_set_id=terms.rule_set_id)
    judged = replace(facts.facts, doses=doses, minimum_age=terms.minimum_age)
    return replace(facts, campaign=campaign, facts=judged)


def _restate_chunks(
    database: Database,
    chunks: Sequence[Sequence[int]],
    campaign_id: int,
    *,
    cause: Cause,
    by: int,
    now: datetime,
    progress: Progress | None,
) -> Stored:
    done = Stored()
    for number, ids in enumerate(chunks, start=1):

        def restate(session: Session, ids: Sequence[int] = ids) -> Stored:
            return restate_many(
                session,
                resident_ids=ids,
                by=by,
                cause=cause,
                now=now,
                reason=str(cause),
                campaign_id=campaign_id,
            )

        done.add(database.act(restate))
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


def _person(facts: LineFacts) -> Person:
    doses = facts.facts.doses
    return Person(
        birth=doses.person.birth,
        sex=doses.person.sex,
        doses=(*doses.person.doses, *(dose.given for dose in doses.doses)),
        infections=doses.person.infections,
    )
