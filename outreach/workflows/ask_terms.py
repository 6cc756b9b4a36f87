"""Asking for a look at other terms, and for the change once somebody has looked: tasks of a campaign."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.accounts.rules import Scope
from outreach.campaigns.queries import get_campaign
from outreach.kernel.errors import MoveNotAllowed, NotFound, StaleVersion
from outreach.ledger.codes import EntryStatus
from outreach.ledger.entry_models import LedgerEntry
from outreach.ledger.heads import PersonHead, person_heads
from outreach.ledger.visibility import mask_name
from outreach.tasks.codes import TaskState
from outreach.tasks.models import Task
from outreach.tasks.operations import ask_task, get_task, unfinished_task
from outreach.workflows.change_terms import Terms, check_terms

PREVIEW, APPLY, ENROL = "terms_preview", "terms_apply", "campaign_enrol"


@dataclass(frozen=True, slots=True)
class TermsTask:
    """A look at other terms, or their putting in force: how far it is and what it found."""

    id: int
    kind: str
    campaign_id: int
    terms: Terms
    state: TaskState
    progress: float
    result: Mapping[str, Any]
    is_over: bool
    is_current: bool


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody whom other terms would move, as an administrator may see them."""

    name: str
    age: int | None
    community: str
    status: EntryStatus | None


def ask_preview(
    session: Session, *, campaign_id: int, terms: Terms, by: int, now: datetime
) -> Task:
    """Ask who would change; the answer holds for the campaign as it is now."""
    campaign = check_terms(session, campaign_id=campaign_id, terms=terms)
    return _ask(session, PREVIEW, campaign_id, terms, campaign.version, by=by, now=now)


def ask_apply(session: Session, *, preview_id: int, by: int, now: datetime) -> Task:
    """Ask for the change that a finished look has shown; another change since then ends it."""
    seen = terms_task(session, preview_id)
    if seen.kind != PREVIEW or seen.state is not TaskState.DONE:
        raise MoveNotAllowed("preview_first", task_id=preview_id)
    if not seen.is_current:
        raise StaleVersion("campaign_changed", campaign_id=seen.campaign_id)
    version = get_campaign(session, seen.campaign_id).version
    return _ask(session, APPLY, seen.campaign_id, seen.terms, version, by=by, now=now)


def ask_enrol(session: Session, *, campaign_id: int, by: int, now: datetime) -> Task:
    """Ask that everyone whom a campaign covers gets a line in it."""
    found = unfinished_task(session, kind=ENROL, campaign_id=campaign_id)
    arguments = {"campaign_id": campaign_id}
    return found or ask_task(session, kind=ENROL, arguments=arguments, by=by, now=now)


def terms_task(session: Session, task_id: int) -> TermsTask:
    """Return a look or a change; NotFound for any other work."""
    task = get_task(session, task_id)
    if task.kind not in {PREVIEW, APPLY}:
        raise NotFound("task", task_id=task_id)
    campaign = get_campaign(session, int(task.arguments["campaign_id"]))
    return TermsTask(
        id=task.id,
        kind=task.kind,
        campaign_id=campaign.id,
        terms=terms_from(task.arguments),
        state=task.state,
        progress=task.progress,
        result=task.result or {},
        is_over=task.state not in {TaskState.WAITING, TaskState.RUNNING},
        is_current=task.arguments["version"] == campaign.version,
    )


def terms_from(arguments: Mapping[str, Any]) -> Terms:
    """Return the terms that a task is about."""
    return Terms(**arguments["terms"])


def people_named(
    session: Session, *, ids: Iterable[int], campaign_id: int, scope: Scope, now: datetime
) -> list[Named]:
    """Return those of the named people whom the scope lets through, names only with the right to them."""
    wanted = list(ids)
    heads = person_heads(session, resident_ids=wanted, scope=scope, now=now)
    status = dict(
        session.execute(
            select(LedgerEntry.resident_id, LedgerEntry.status).where(
                LedgerEntry.campaign_id == campaign_id, LedgerEntry.resident_id.in_(wanted)
            )
        ).all()
    )
    return [_named(heads[i], status.get(i), scope) for i in wanted if i in heads]


def _named(head: PersonHead, status: EntryStatus | None, scope: Scope) -> Named:
    name = head.name if scope.sees_names else mask_name(head.name)
    return Named(name, head.age, head.community, status)


def _ask(
    session: Session,
    kind: str,
    campaign_id: int,
    terms: Terms,
    version: int,
    *,
    by: int,
    now: datetime,
) -> Task:
    arguments = {"campaign_id": campaign_id, "terms": asdict(terms), "version": version}
    found = unfinished_task(session, kind=kind, **arguments)
    return found or ask_task(session, kind=kind, arguments=arguments, by=by, now=now)
