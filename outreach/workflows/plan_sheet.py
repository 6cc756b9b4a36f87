"""A plan as a dispatcher reads it: figures side by side, run by run, promises, who is left and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.accounts.rules import Scope
from outreach.clinics.models import Appointment, Site, SiteSession
from outreach.kernel.errors import NotFound
from outreach.ledger.models import Resident
from outreach.tasks.codes import TaskState
from outreach.tasks.models import Task
from outreach.transport.codes import PlanState
from outreach.transport.models import Driver, Escort
from outreach.transport.plan_requests import resident_of
from outreach.transport.plan_result import (
    Figures,
    Left,
    Mark,
    PlanKind,
    Proposal,
    RunChange,
    ToldTime,
    from_json,
)
from outreach.transport.run_models import Plan, RideLeg, Run
from outreach.workflows.plan_store import accepted_runs, get_plan
from outreach.workflows.undo_plan import why_not_undone

STILL_AT_WORK = frozenset({TaskState.WAITING, TaskState.RUNNING})


@dataclass(frozen=True, slots=True)
class Work:
    """How far the making of a plan is."""

    task_id: int
    state: TaskState
    progress: float
    best: Figures | None
    error: str

    @property
    def is_going_on(self) -> bool:
        """Whether the worker has it or will take it."""
        return self.state in STILL_AT_WORK


@dataclass(frozen=True, slots=True)
class RunLine:
    """One run of the comparison; ``is_stale`` when somebody changed it since."""

    change: RunChange
    is_accepted: bool
    is_stale: bool
    joining: tuple[str, ...]
    leaving: tuple[str, ...]
    driver: str
    escort: str
    goes_with: tuple[str, ...]  # plates of the runs it exchanges people with


@dataclass(frozen=True, slots=True)
class LeftLine:
    """Someone who gets no car."""

    left: Left
    name: str


@dataclass(frozen=True, slots=True)
class WordLine:
    """A time told to a family and what becomes of it."""

    word: ToldTime
    name: str


@dataclass(frozen=True, slots=True)
class BookingLine:
    """A slot proposed to someone who had none."""

    resident_id: int
    name: str
    site_name: str
    slot_at: datetime


@dataclass(frozen=True, slots=True)
class PlanSheet:
    """Everything of one plan."""

    plan_id: int
    on: date
    kind: PlanKind
    cause: str
    state: PlanState
    made_at: datetime
    work: Work | None
    mark: Mark
    seconds: float
    before: Figures | None
    after: Figures | None
    runs: tuple[RunLine, ...]
    left: tuple[LeftLine, ...]
    words: tuple[WordLine, ...]
    bookings: tuple[BookingLine, ...]
    aboard: tuple[str, ...]  # people of a broken car who change cars
    why_not_undone: str

    @property
    def is_ready(self) -> bool:
        """Whether there is something to look at."""
        return self.after is not None

    @property
    def can_be_accepted(self) -> bool:
        """Whether anything of it is still to be decided."""
        open_states = {PlanState.PROPOSED, PlanState.PARTLY_ACCEPTED}
        return self.state in open_states and any(
            r.change.is_changed and not r.is_accepted for r in self.runs
        )

    def count(self, state: str) -> int:
        """Return how many told times end in a state."""
        return sum(line.word.state == state for line in self.words)


def plan_sheet(session: Session, *, plan_id: int, scope: Scope) -> PlanSheet:
    """Return one plan; NotFound for one made within other areas."""
    plan = get_plan(session, plan_id)
    if not may_see(scope, plan):
        raise NotFound("plan", plan_id=plan_id)
    work = _work(session, plan)
    inputs = plan.inputs or {}
    proposal = from_json(plan.result) if plan.result else None
    names = _names(session, proposal) if proposal is not None else _Names({}, {})
    return PlanSheet(
        plan_id=plan.id,
        on=plan.on,
        kind=PlanKind(inputs.get("kind", "day")),
        cause=str(inputs.get("cause", "")),
        state=plan.state,
        made_at=plan.made_at,
        work=work,
        mark=proposal.mark if proposal else Mark.FULL,
        seconds=proposal.seconds if proposal else 0.0,
        before=proposal.before if proposal else None,
        after=proposal.after if proposal else None,
        runs=_run_lines(session, plan, proposal, names) if proposal else (),
        left=tuple(
            LeftLine(x, names.people.get(x.resident_id, ""))
            for x in (proposal.left if proposal else ())
        ),
        words=tuple(
            WordLine(w, names.people.get(w.resident_id, ""))
            for w in (proposal.words if proposal else ())
        ),
        bookings=_booking_lines(session, proposal, names) if proposal else (),
        aboard=tuple(names.of(leg) for leg in (proposal.transfers if proposal else ())),
        why_not_undone=why_not_undone(session, plan),
    )


def may_see(scope: Scope, plan: Plan) -> bool:
    """Tell whether a plan was made within a scope (N6)."""
    paths = (plan.inputs or {}).get("paths", ["/"])
    return all(any(path.startswith(mine) for mine in scope.paths) for path in paths)


def _work(session: Session, plan: Plan) -> Work | None:
    task = session.get(Task, plan.task_id) if plan.task_id is not None else None
    if task is None:
        return None
    best = Figures(**task.best) if task.best else None
    return Work(task.id, task.state, task.progress, best, task.error)


@dataclass(frozen=True, slots=True)
class _Names:
    people: Mapping[int, str]
    owner: Mapping[int, int]  # leg → resident

    def of(self, leg_id: int) -> str:
        """Return whose ride it is."""
        owner = resident_of(leg_id)[0] if leg_id < 0 else self.owner.get(leg_id, 0)
        return self.people.get(owner, "")


def _names(session: Session, proposal: Proposal) -> _Names:
    legs = {i for run in proposal.runs for i in (*run.joining, *run.leaving)} | set(
        proposal.transfers
    )
    rows = session.execute(
        select(RideLeg.id, Appointment.resident_id)
        .join(Appointment, Appointment.id == RideLeg.appointment_id)
        .where(RideLeg.id.in_([i for i in legs if i > 0]))
    )
    owner = {row.id: row.resident_id for row in rows}
    people = set(owner.values()) | {resident_of(i)[0] for i in legs if i < 0}
    people |= {x.resident_id for x in proposal.left} | {w.resident_id for w in proposal.words}
    people |= {b.resident_id for b in proposal.bookings}
    found = session.execute(select(Resident.id, Resident.name).where(Resident.id.in_(people)))
    return _Names({row.id: row.name for row in found}, owner)


def _run_lines(
    session: Session, plan: Plan, proposal: Proposal, names: _Names
) -> tuple[RunLine, ...]:
    known = {int(k): int(v) for k, v in plan.inputs.get("runs", {}).items()}
    done = accepted_runs(plan)
    ids = [run.run_id for run in proposal.runs]
    now = {
        row.id: row
        for row in session.execute(
            select(Run.id, Run.version, Driver.name.label("driver"), Escort.name.label("escort"))
            .outerjoin(Driver, Driver.id == Run.driver_id)
            .outerjoin(Escort, Escort.id == Run.escort_id)
            .where(Run.id.in_(ids))
        )
    }
    crews = {change.run_id: change for change in proposal.crews}
    drivers = _by_id(session, Driver, [c.driver_id for c in proposal.crews if c.driver_id])
    escorts = _by_id(session, Escort, [c.escort_id for c in proposal.crews if c.escort_id])
    plates = {run.run_id: run.plate for run in proposal.runs}
    lines = []
    for change in proposal.runs:
        row, crew = now.get(change.run_id), crews.get(change.run_id)
        lines.append(
            RunLine(
                change=change,
                is_accepted=change.run_id in done,
                is_stale=change.run_id not in done
                and (row is None or row.version != known.get(change.run_id)),
                joining=tuple(dict.fromkeys(names.of(i) for i in change.joining)),
                leaving=tuple(dict.fromkeys(names.of(i) for i in change.leaving)),
                driver=drivers.get(crew.driver_id or 0, "") if crew else "",
                escort=escorts.get(crew.escort_id or 0, "") if crew else "",
                goes_with=tuple(plates[i] for i in change.together if i != change.run_id),
            )
        )
    return tuple(lines)


def _by_id(session: Session, kind: type[Driver] | type[Escort], ids: list[int]) -> dict[int, str]:
    rows = session.execute(select(kind.id, kind.name).where(kind.id.in_(ids)))
    return {row.id: row.name for row in rows}


def _booking_lines(session: Session, proposal: Proposal, names: _Names) -> tuple[BookingLine, ...]:
    sites = {
        row.id: row.name
        for row in session.execute(
            select(SiteSession.id, Site.name)
            .join(Site, Site.id == SiteSession.site_id)
            .where(SiteSession.id.in_([b.site_session_id for b in proposal.bookings]))
        )
    }
    return tuple(
        BookingLine(
            b.resident_id, names.people.get(b.resident_id, ""), sites[b.site_session_id], b.slot_at
        )
        for b in sorted(proposal.bookings, key=lambda b: (b.slot_at, b.resident_id))
    )


@dataclass(frozen=True, slots=True)
class PlanLine:
    """One plan in the list of a day."""

    plan_id: int
    kind: PlanKind
    cause: str
    state: PlanState
    made_at: datetime
    people: int | None
    is_being_made: bool


def plan_lines(session: Session, *, on: date, scope: Scope, most: int = 20) -> list[PlanLine]:
    """Return the plans of a day within a scope, newest first; those laid aside come last."""
    rows = session.scalars(
        select(Plan).where(Plan.on == on).order_by(Plan.id.desc()).limit(4 * most)
    ).all()
    seen = [row for row in rows if may_see(scope, row)][:most]
    tasks = {
        task.id: task.state
        for task in session.scalars(
            select(Task).where(Task.id.in_([r.task_id for r in seen if r.task_id is not None]))
        )
    }
    return [
        PlanLine(
            plan_id=row.id,
            kind=PlanKind(row.inputs.get("kind", "day")),
            cause=str(row.inputs.get("cause", "")),
            state=row.state,
            made_at=row.made_at,
            people=row.result["after"]["people"] if row.result else None,
            is_being_made=not row.result and tasks.get(row.task_id or 0) in STILL_AT_WORK,
        )
        for row in seen
    ]
