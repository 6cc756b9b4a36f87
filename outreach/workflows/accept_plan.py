"""Accepting a plan, whole or by run: checked again against the rows as they are, and written at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.audit.trail import record
from outreach.clinics.codes import Mode
from outreach.clinics.models import Appointment
from outreach.clinics.operations import Booking
from outreach.clinics.rules import Ways
from outreach.contact.codes import Step
from outreach.db import Database
from outreach.places.matrix import TravelTable, travel_table
from outreach.places.points import points_of
from outreach.places.queries import local_zone
from outreach.ports.travel import TravelTimes
from outreach.transport.alarms import end_alarm
from outreach.transport.assign import AssignmentRefused, lock_runs, set_leg_statuses, write_order
from outreach.transport.codes import PlanState, RunStatus, StopKind
from outreach.transport.legs import Trip, end_promise
from outreach.transport.plan_requests import leg_number
from outreach.transport.plan_result import NewBooking, Proposal, from_json
from outreach.transport.planning import late_as_it_is
from outreach.transport.publish import (
    PromiseChange,
    make_promise,
    mark_published,
    promise_changes,
)
from outreach.transport.run_facts import Halt, RunCheck
from outreach.transport.run_models import Plan, RideLeg, Run, RunStop
from outreach.transport.runs import CrewOf, set_crew
from outreach.transport.sheets import DaySheet, read_sheets
from outreach.transport.stop_check import check_run, new_violations
from outreach.workflows.book import book
from outreach.workflows.plan_store import (
    PlanOver,
    PlanStale,
    accepted_runs,
    clear_movers,
    get_plan,
)
from outreach.workflows.schedule_messages import queue_for_leg
from outreach.workflows.way_home import watch_way_home


@dataclass(frozen=True, slots=True)
class Accepted:
    """What accepting did."""

    run_ids: tuple[int, ...]
    told: tuple[PromiseChange, ...]
    booked: tuple[int, ...]


def accept_plan(
    database: Database,
    travel: TravelTimes,
    *,
    plan_id: int,
    run_ids: Sequence[int] | None = None,
    announce: bool = False,
    by: int,
    now: datetime,
) -> Accepted:
    """Accept a plan in whole (None) or some runs with those they exchange people with.

    ``announce`` tells at once the families whose promised time moves: after something happened on the
    day nobody waits for a second click.
    """
    with database.read() as session:
        plan = get_plan(session, plan_id)
        proposal = from_json(plan.result)
        wanted = _wanted(plan, proposal, run_ids)
        addresses = _addresses(session, plan, proposal, wanted)
        points = points_of(session, addresses)
        zone = local_zone(session)
        begins = min(session.scalars(select(Run.starts_at).where(Run.id.in_(wanted))), default=now)
    table = travel_table(points, travel, leaving=begins.astimezone(zone))
    return database.act(
        lambda session: _Accepting(session, plan_id, proposal, wanted, table, by, now).run(
            announce=announce
        )
    )


def _wanted(plan: Plan, proposal: Proposal, run_ids: Sequence[int] | None) -> tuple[int, ...]:
    if plan.state not in {PlanState.PROPOSED, PlanState.PARTLY_ACCEPTED} or not plan.result:
        raise PlanOver(plan_id=plan.id)
    done = set(accepted_runs(plan))
    changed = {
        run.run_id for run in proposal.runs if run.is_changed and run.run_id in proposal.orders
    }
    asked = changed if run_ids is None else changed & set(run_ids)
    whole = {other for i in asked for other in proposal.run(i).together}
    wanted = tuple(sorted((whole & set(proposal.orders)) - done))
    if not wanted:
        raise PlanOver(plan_id=plan.id)
    return wanted


def _addresses(session: Session, plan: Plan, proposal: Proposal, wanted: Iterable[int]) -> set[int]:
    """Return every address between which an accepted run may drive."""
    legs = [i for run_id in wanted for i, _up in proposal.orders[run_id] if i > 0]
    sheet = read_sheets(session, run_ids=wanted, leg_ids=legs)
    found = set(sheet.points) | set(proposal.transfers.values())
    for booking in proposal.bookings:
        found |= {booking.home_address_id, booking.site_address_id}
    return found


class _Accepting:
    """One acceptance within one transaction; it may run twice, so it keeps nothing between."""

    def __init__(
        self,
        session: Session,
        plan_id: int,
        proposal: Proposal,
        wanted: tuple[int, ...],
        table: TravelTable,
        by: int,
        now: datetime,
    ) -> None:
        self.session, self.plan_id, self.proposal = session, plan_id, proposal
        self.wanted, self.table, self.by, self.now = wanted, table, by, now
        self.number: dict[int, int] = {}

    def run(self, *, announce: bool) -> Accepted:
        """Do it: verify, book, change crews, write orders, watch ways home, tell families."""
        session = self.session
        plan = get_plan(session, self.plan_id, lock=True)
        if set(accepted_runs(plan)) & set(self.wanted) or plan.state is PlanState.DISCARDED:
            raise PlanOver(plan_id=plan.id)
        runs = self._unchanged_runs(plan)
        before = _as_stored(session, self.wanted)
        booked = self._book()
        self._change_crews(runs)
        sheet = self._sheet(booked)
        checks = self._checked(sheet)
        self._write(runs, sheet, checks)
        self._watch(sheet, checks)
        told = self._announce(runs, sheet, checks) if announce else ()
        self._keep(plan, runs, before, told=bool(told), booked=list(booked.values()))
        record(
            session,
            act="plan_accepted",
            subject=("plan", plan.id),
            by=self.by,
            now=self.now,
            facts={"runs": list(self.wanted), "booked": len(booked)},
        )
        return Accepted(self.wanted, tuple(told), tuple(booked.values()))

    def _unchanged_runs(self, plan: Plan) -> dict[int, Run]:
        """Lock the runs; refuse by name those that somebody changed since the plan was made."""
        known = {int(k): int(v) for k, v in plan.inputs["runs"].items()}
        legs = {int(k): int(v) for k, v in plan.inputs["legs"].items()}
        rows = {
            run.id: run
            for run in self.session.scalars(
                select(Run).where(Run.id.in_(self.wanted)).order_by(Run.id).with_for_update()
            )
        }
        stale = [
            i
            for i in self.wanted
            if i not in rows
            or rows[i].version != known.get(i)
            or rows[i].status in {RunStatus.CANCELLED, RunStatus.FINISHED}
        ]
        for run_id in self.wanted:
            asked = [leg for leg, _up in self.proposal.orders[run_id] if leg > 0]
            stored = self.session.execute(
                select(RideLeg.id, RideLeg.version).where(RideLeg.id.in_(asked))
            )
            if any(legs.get(leg_id) != version for leg_id, version in stored):
                stale.append(run_id)
            elsewhere = self.session.scalar(
                select(RunStop.run_id)
                .where(RunStop.leg_id.in_(asked), RunStop.run_id.not_in(self.wanted))
                .limit(1)
            )
            if elsewhere is not None:
                stale.append(run_id)
        if stale:
            names = [self.proposal.run(i).plate for i in sorted(set(stale))]
            raise PlanStale(plates="、".join(names), run_ids=sorted(set(stale)))
        return lock_runs(self.session, {i: known[i] for i in self.wanted})

    def _book(self) -> dict[int, int]:
        """Make bookings of the slots proposed on accepted runs; return person → appointment."""
        made = {}
        for wish in self.proposal.bookings:
            if not set(wish.run_ids) <= set(self.wanted):
                continue
            done = book(
                self.session,
                booking=_booking(wish, self._campaigns(wish.resident_id)),
                trip=Trip(
                    home_address_id=wish.home_address_id,
                    site_address_id=wish.site_address_id,
                    out_direct_s=wish.out_direct_s,
                    back_direct_s=wish.back_direct_s,
                ),
                by=self.by,
                now=self.now,
            )
            made[wish.resident_id] = done.appointment_id
        return made

    def _campaigns(self, resident_id: int) -> tuple[int, ...]:
        plan = get_plan(self.session, self.plan_id)
        return tuple(plan.inputs["campaigns"][str(resident_id)])

    def _change_crews(self, runs: Mapping[int, Run]) -> None:
        for change in self.proposal.crews:
            run = runs.get(change.run_id)
            if run is None:
                continue
            crew = CrewOf(
                vehicle_id=run.vehicle_id,
                driver_id=change.driver_id or run.driver_id,
                escort_id=change.escort_id or run.escort_id,
            )
            set_crew(
                self.session,
                run_id=run.id,
                version=run.version,
                crew=crew,
                by=self.by,
                now=self.now,
            )

    def _sheet(self, booked: Mapping[int, int]) -> DaySheet:
        """Read the rows as they are now, with people of a broken car boarding where it stands."""
        made = {
            (leg.appointment_id, leg.direction): leg.id
            for leg in self.session.scalars(
                select(RideLeg).where(RideLeg.appointment_id.in_(booked.values()))
            )
        }
        self.number = {
            leg_number(resident, direction): made[appointment, direction]
            for resident, appointment in booked.items()
            for (owner, direction) in made
            if owner == appointment
        }
        legs = [self._leg(i) for r in self.wanted for i, _up in self.proposal.orders[r]]
        sheet = read_sheets(
            self.session, run_ids=self.wanted, leg_ids=[i for i in legs if i is not None]
        )
        taken_over = {
            change.run_id: replace(sheet.run(change.run_id), is_taken_over=True)
            for change in self.proposal.crews
            if change.driver_id is not None and change.run_id in sheet.runs
        }
        sheet = late_as_it_is(replace(sheet, runs={**sheet.runs, **taken_over}), self.now)
        moved = {
            leg_id: replace(sheet.leg(leg_id), from_address_id=where, is_transfer=True)
            for leg_id, where in self.proposal.transfers.items()
            if leg_id in sheet.legs
        }
        return replace(sheet, legs={**sheet.legs, **moved})

    def _leg(self, number: int) -> int | None:
        """Return the row of a leg of the plan; None for people who are not booked with these runs."""
        return number if number > 0 else self.number.get(number)

    def _halts(self, sheet: DaySheet, run_id: int) -> list[Halt]:
        known = {
            (stop.leg_id, stop.kind is StopKind.PICKUP): stop.halt()
            for stop in sheet.run(run_id).stops
        }
        halts = []
        for number, is_pickup in self.proposal.orders[run_id]:
            leg_id = self._leg(number)
            if leg_id is not None:
                fresh = Halt(leg_id, is_pickup=is_pickup)
                moved = leg_id in self.proposal.transfers
                halts.append(fresh if moved else known.get((leg_id, is_pickup), fresh))
        return halts

    def _checked(self, sheet: DaySheet) -> dict[int, RunCheck]:
        checks = {}
        addresses = {
            a for leg in sheet.legs.values() for a in (leg.from_address_id, leg.to_address_id)
        }
        if not self.table.covers(addresses):
            raise PlanStale(plates="、".join(self.proposal.run(i).plate for i in self.wanted))
        for run_id in self.wanted:
            standing = check_run(sheet.facts(run_id, now=self.now), self.table.between)
            facts = sheet.facts(run_id, halts=self._halts(sheet, run_id), now=self.now)
            checks[run_id] = check_run(facts, self.table.between)
            broken = new_violations(standing, checks[run_id])
            if broken:
                raise AssignmentRefused(broken, run_id=run_id)
        return checks

    def _write(
        self, runs: Mapping[int, Run], sheet: DaySheet, checks: Mapping[int, RunCheck]
    ) -> None:
        after = {i: {h.leg_id for h in check.halts} for i, check in checks.items()}
        clear_movers(self.session, after)
        for run_id in self.wanted:
            write_order(
                self.session,
                run=runs[run_id],
                sheet=sheet,
                check=checks[run_id],
                by=self.by,
                now=self.now,
            )
        driven = {leg_id for legs in after.values() for leg_id in legs}
        had = {i for r in self.wanted for i in sheet.run(r).leg_ids}
        rows = {
            leg.id: leg
            for leg in self.session.scalars(
                select(RideLeg).where(RideLeg.id.in_(driven | had)).with_for_update()
            )
        }
        set_leg_statuses(rows, assigned=sorted(driven), released=sorted(had - driven))
        for leg_id in had - driven:
            end_promise(self.session, leg=rows[leg_id], now=self.now)
        self.session.flush()

    def _watch(self, sheet: DaySheet, checks: Mapping[int, RunCheck]) -> None:
        """Look after every way home that was touched; a run without people is no longer broken down."""
        ids = {leg.appointment_id for leg in sheet.legs.values()}
        for appointment in self.session.scalars(
            select(Appointment).where(Appointment.id.in_(ids)).order_by(Appointment.id)
        ).all():
            watch_way_home(self.session, appointment=appointment, now=self.now)
        for run_id, check in checks.items():
            if all(halt.is_done for halt in check.halts):
                end_alarm(self.session, key=f"car_broken:{run_id}", now=self.now)

    def _announce(
        self, runs: Mapping[int, Run], sheet: DaySheet, checks: Mapping[int, RunCheck]
    ) -> list[PromiseChange]:
        """Tell the families who know a time that is no longer true, and no other (fault 55)."""
        told = []
        for run_id, check in checks.items():
            changes = [c for c in promise_changes(sheet, run_id, check) if c.is_moved]
            for change in changes:
                make_promise(self.session, change=change, by=self.by, now=self.now)
                queue_for_leg(
                    self.session, leg_id=change.leg_id, step=Step.PROMISE_MOVED, now=self.now
                )
            told += changes
            if runs[run_id].status in {RunStatus.PUBLISHED, RunStatus.UNDER_WAY}:
                mark_published(self.session, run=runs[run_id], by=self.by, now=self.now)
        self.session.flush()
        return told

    def _keep(
        self,
        plan: Plan,
        runs: Mapping[int, Run],
        before: Mapping[str, Any],
        *,
        told: bool,
        booked: list[int],
    ) -> None:
        self.session.flush()
        kept = dict(plan.result)
        kept["accepted"] = {
            **kept.get("accepted", {}),
            **{str(i): r.version for i, r in runs.items()},
        }
        kept["undo"] = {**kept.get("undo", {}), **before}
        kept["told"] = kept.get("told", False) or told
        kept["booked"] = [*kept.get("booked", []), *booked]
        plan.result = kept
        changed = {run.run_id for run in self.proposal.runs if run.is_changed}
        is_whole = changed & set(self.proposal.orders) <= set(accepted_runs(plan))
        plan.state = PlanState.ACCEPTED if is_whole else PlanState.PARTLY_ACCEPTED
        plan.decided_by, plan.decided_at = self.by, self.now
        self.session.flush()


def _booking(wish: NewBooking, campaign_ids: tuple[int, ...]) -> Booking:
    return Booking(
        resident_id=wish.resident_id,
        site_session_id=wish.site_session_id,
        slot_at=wish.slot_at,
        ways=Ways(Mode.OUR_CAR, Mode.OUR_CAR),
        campaign_ids=campaign_ids,
        companions=wish.companions,
        wants_escort=wish.wants_escort,
    )


def _as_stored(session: Session, run_ids: Iterable[int]) -> dict[str, Any]:
    """Return orders and crews as they stand, so that they can be put back."""
    found: dict[str, Any] = {}
    for run in session.scalars(select(Run).where(Run.id.in_(list(run_ids))).order_by(Run.id)):
        stops = session.scalars(
            select(RunStop).where(RunStop.run_id == run.id).order_by(RunStop.position, RunStop.id)
        )
        found[str(run.id)] = {
            "driver_id": run.driver_id,
            "escort_id": run.escort_id,
            "stops": [[s.leg_id, s.kind is StopKind.PICKUP] for s in stops],
        }
    return found
