"""Planning a day: the engine's answer checked stop by stop, compared with what stands, not lost in a crash.

``propose`` reads rows, asks for driving times and searches, all with no transaction open; what comes back
is a ``Proposal`` that changes nothing until somebody accepts it (``accept_plan``).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from outreach.kernel.clock import monotonic_s
from outreach.routing.plan import Plan
from outreach.transport.codes import Direction
from outreach.transport.comparing import figures, run_changes, to_be_driven, told_times
from outreach.transport.insertion import best_insertion
from outreach.transport.plan_orders import (
    Chosen,
    choices_of,
    orders_of,
    plan_in_force,
    with_choices,
)
from outreach.transport.plan_requests import leg_number
from outreach.transport.plan_result import (
    Figures,
    Left,
    Mark,
    NewBooking,
    PlanKind,
    Proposal,
)
from outreach.transport.planning import Stated, can_be_planned, state
from outreach.transport.run_facts import Halt, RunCheck
from outreach.transport.sheets import DaySheet, LegSheet
from outreach.transport.stop_check import check_run, new_violations
from outreach.workflows.name_escorts import named_escorts
from outreach.workflows.plan_rows import DayRows, crew_changes

if TYPE_CHECKING:
    from outreach.routing.engine import Limits

log = logging.getLogger("outreach.planning")
NO_ROOM = "fleet_busy"
NOT_CHECKED = "check_failed"
TOO_LATE = "window_past"
Progress = Callable[[float, Figures], None]


@dataclass(slots=True)
class _Laid:
    """Orders that passed the exact check, with whoever was left on the way."""

    sheet: DaySheet
    orders: dict[int, tuple[Halt, ...]]
    checks: dict[int, RunCheck]
    reasons: dict[int, str]  # appointment → why no car
    choices: tuple[Chosen, ...]


def propose(
    rows: DayRows,
    limits: Limits,
    *,
    kind: PlanKind,
    on_progress: Progress | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Proposal:
    """Return the best plan found within the limits; after a crash the last best, else a greedy one."""
    began = monotonic_s()
    stated = state(rows.sheet, rows.table, wish=rows.wish, now=rows.now)
    standing = {run_id: rows.check(rows.sheet, run_id) for run_id in rows.sheet.runs}
    seen: list[Plan] = []

    def report(share: float, plan: Plan) -> None:
        seen[:] = [plan]
        if on_progress is not None:
            on_progress(share, _compared(rows, standing, _lay(rows, stated, standing, plan))[1])

    mark = Mark.FULL
    try:
        from outreach.routing.engine import plan_day

        plan = plan_day(
            stated.problem,
            limits,
            in_force=plan_in_force(stated, standing),
            afresh=kind is PlanKind.DAY,
            on_progress=report if on_progress is not None else None,
            should_stop=should_stop,
        )
        laid = _lay(rows, stated, standing, plan)
        if plan.broken_off:
            mark = Mark.LAST_BEST
        elif should_stop is not None and should_stop():
            mark = Mark.STOPPED
    except Exception:  # whatever breaks down there, a dispatcher at 07:30 gets a plan (fault 54)
        log.exception("the engine broke down")
        mark = Mark.LAST_BEST if seen else Mark.GREEDY
        laid = _lay(rows, stated, standing, seen[0]) if seen else _greedy(rows, stated, standing)
    return _proposal(rows, standing, laid, mark=mark, seconds=monotonic_s() - began)


def _lay(rows: DayRows, stated: Stated, standing: Mapping[int, RunCheck], plan: Plan) -> _Laid:
    """Read the engine's plan as orders and pass every run through the product's own exact check."""
    choices = choices_of(plan, stated)
    laid = _Laid(
        sheet=with_choices(rows.sheet, rows.table, choices),
        orders=orders_of(plan, stated, rows.sheet),
        checks={},
        reasons={},
        choices=choices,
    )
    for left in plan.unserved:
        for appointment_id in stated.appointment_of.get(left.episode, ()):
            laid.reasons[appointment_id] = left.reason.value
        if left.episode in stated.requested:
            laid.reasons[-stated.requested[left.episode].resident_id] = left.reason.value
    _free_the_rest(rows, laid)
    for run_id in sorted(laid.orders):
        _check_order(rows, laid, standing, run_id)
    _place_again(rows, laid)
    return laid


def _place_again(rows: DayRows, laid: _Laid) -> None:
    """Give whoever a check took out of an order a place that passes it, both rides or none."""
    for appointment_id in [i for i, why in laid.reasons.items() if why == NOT_CHECKED]:
        placed = {halt.leg_id for halts in laid.orders.values() for halt in halts}
        legs = [x for x in _legs_of(laid.sheet, appointment_id) if x.leg_id not in placed]
        before = dict(laid.orders)
        if legs and all(_insert(rows, laid, leg) for leg in legs):
            del laid.reasons[appointment_id]
        else:
            laid.orders.update(before)
    for run_id, halts in laid.orders.items():
        if run_id in laid.checks and len(halts) != len(laid.checks[run_id].halts):
            facts = laid.sheet.facts(run_id, halts=halts, now=rows.now)
            laid.checks[run_id] = check_run(facts, rows.table.between)


def _free_the_rest(rows: DayRows, laid: _Laid) -> None:
    """Give runs that cannot be planned the order that is left once others drive their people."""
    taken = {halt.leg_id for halts in laid.orders.values() for halt in halts}
    for run in rows.sheet.runs.values():
        if run.run_id in laid.orders or run.is_locked:
            continue
        kept = tuple(
            stop.halt()
            for stop in run.stops
            if stop.leg_id not in taken and (stop.done_at is not None or can_be_planned(run))
        )
        if len(kept) != len(run.stops) or run.run_id in _emptied(rows):
            laid.orders[run.run_id] = kept


def _emptied(rows: DayRows) -> set[int]:
    """Return the runs whose people aboard change cars."""
    run_of = rows.standing.run_of_leg
    return {run_of[leg_id] for leg_id in rows.transfers}


def _check_order(rows: DayRows, laid: _Laid, standing: Mapping[int, RunCheck], run_id: int) -> None:
    """Check one run; whoever would break something that was whole is left out, never squeezed in (N4)."""
    before = standing[run_id]
    present = {halt.leg_id for halt in before.halts}
    while True:
        facts = laid.sheet.facts(run_id, halts=laid.orders[run_id], now=rows.now)
        check = check_run(facts, rows.table.between)
        broken = new_violations(before, check)
        fresh = [h.leg_id for h in check.halts if h.leg_id not in present]
        if not broken or not check.halts:
            break
        named = [v.leg_id for v in broken if v.leg_id in fresh]
        out = next((i for i in [*named, *fresh] if i is not None), None)
        if out is None:  # only the new order is at fault: keep the old one
            laid.orders[run_id] = tuple(
                h
                for h in (s.halt() for s in rows.sheet.run(run_id).stops)
                if h.leg_id in {x.leg_id for x in check.halts}
            )
            present = set()
            if not laid.orders[run_id]:
                break
            check = check_run(
                laid.sheet.facts(run_id, halts=laid.orders[run_id], now=rows.now),
                rows.table.between,
            )
            break
        log.warning("an order did not pass the check", extra={"run_id": run_id})
        laid.reasons[laid.sheet.leg(out).appointment_id] = NOT_CHECKED
        laid.orders[run_id] = tuple(h for h in laid.orders[run_id] if h.leg_id != out)
    laid.checks[run_id] = check


def _greedy(rows: DayRows, stated: Stated, standing: Mapping[int, RunCheck]) -> _Laid:
    """Keep what stands and give each waiting person the best place for every ride, one after the other."""
    laid = _Laid(rows.sheet, {}, dict(standing), {}, ())
    for run in rows.sheet.runs.values():
        if can_be_planned(run):
            laid.orders[run.run_id] = tuple(stop.halt() for stop in run.stops)
    placed = {halt.leg_id for halts in laid.orders.values() for halt in halts}
    for ids in stated.appointment_of.values():
        for appointment_id in ids:
            legs = [x for x in _legs_of(rows.sheet, appointment_id) if x.leg_id not in placed]
            if legs and not all(_insert(rows, laid, leg) for leg in legs):
                laid.reasons[appointment_id] = NO_ROOM
                gone = {leg.leg_id for leg in legs}
                for run_id, halts in laid.orders.items():
                    laid.orders[run_id] = tuple(h for h in halts if h.leg_id not in gone)
    _free_the_rest(rows, laid)
    for run_id in laid.orders:
        _check_order(rows, laid, standing, run_id)
    return laid


def _legs_of(sheet: DaySheet, appointment_id: int) -> list[LegSheet]:
    found = [x for x in to_be_driven(sheet) if x.appointment_id == appointment_id]
    return sorted(found, key=lambda x: x.direction is Direction.RETURN)


def _insert(rows: DayRows, laid: _Laid, leg: LegSheet) -> bool:
    best: tuple[float, int, tuple[Halt, ...]] | None = None
    for run_id, halts in laid.orders.items():
        if not can_be_planned(laid.sheet.run(run_id)):
            continue
        facts = laid.sheet.facts(run_id, halts=halts, now=rows.now)
        place = best_insertion(facts, leg.rider(rows.now), rows.table.between)
        if place.fits and (best is None or place.cost_s < best[0]):
            changed = [Halt(h.leg_id, is_pickup=h.is_pickup) for h in place.check.halts]
            done = {(h.leg_id, h.is_pickup): h for h in halts}
            order = tuple(done.get((h.leg_id, h.is_pickup), h) for h in changed)
            best = (place.cost_s, run_id, order)
    if best is not None:
        laid.orders[best[1]] = best[2]
    return best is not None


def _compared(
    rows: DayRows, standing: Mapping[int, RunCheck], laid: _Laid
) -> tuple[Figures, Figures]:
    """Return the day in figures as it stands and as it would be."""
    can_go = {
        r.run_id: rows.check(rows.standing, r.run_id)
        for r in rows.standing.runs.values()
        if can_be_planned(r) or r.is_locked
    }
    after = {**{i: c for i, c in can_go.items() if i not in laid.checks}, **laid.checks}
    legs = to_be_driven(laid.sheet)
    were = to_be_driven(rows.standing)
    before_words = told_times(rows.standing, can_go, legs=were)
    after_words = told_times(laid.sheet, after, legs=legs)
    rest = len(rows.wish.requests) - len(laid.choices)
    before = figures(can_go, before_words, were)
    now = figures(after, after_words, legs)
    return (
        replace(before, without_car=before.without_car + len(rows.wish.requests)),
        replace(now, without_car=now.without_car + rest),
    )


def _proposal(
    rows: DayRows,
    standing: Mapping[int, RunCheck],
    laid: _Laid,
    *,
    mark: Mark,
    seconds: float,
) -> Proposal:
    as_is = {i: rows.check(rows.standing, i) for i in rows.standing.runs}
    before, after = _compared(rows, standing, laid)
    checks = {**as_is, **laid.checks}
    becomes = {i: laid.checks.get(i, c) for i, c in as_is.items()}
    crews = crew_changes(rows, named_escorts(rows, laid.sheet, laid.checks))
    return Proposal(
        orders={
            run_id: tuple((h.leg_id, h.is_pickup) for h in check.halts)
            for run_id, check in laid.checks.items()
        },
        runs=run_changes(laid.sheet, as_is, becomes, new_crews=[c.run_id for c in crews]),
        before=before,
        after=after,
        left=_left(rows, laid, checks),
        words=told_times(laid.sheet, _going(rows, checks), legs=to_be_driven(laid.sheet)),
        crews=crews,
        transfers={i: a for i, a in rows.transfers.items() if _is_driven(laid.checks, i)},
        bookings=_bookings(rows, laid),
        mark=mark,
        seconds=round(seconds, 2),
    )


def _going(rows: DayRows, checks: Mapping[int, RunCheck]) -> dict[int, RunCheck]:
    """Return the runs that will really go out: a broken car keeps nobody's word."""
    return {
        i: c
        for i, c in checks.items()
        if can_be_planned(rows.sheet.run(i)) or rows.sheet.run(i).is_locked
    }


def _is_driven(checks: Mapping[int, RunCheck], leg_id: int) -> bool:
    return any(halt.leg_id == leg_id for check in checks.values() for halt in check.halts)


def _left(rows: DayRows, laid: _Laid, checks: Mapping[int, RunCheck]) -> tuple[Left, ...]:
    driven = {h.leg_id for check in _going(rows, checks).values() for h in check.halts}
    had = {leg_id for run in rows.standing.runs.values() if run.stops for leg_id in run.leg_ids}
    lacking: dict[int, list[LegSheet]] = {}
    for leg in to_be_driven(laid.sheet):
        is_elsewhere = leg.leg_id in rows.sheet.run_of_leg and (
            rows.sheet.run_of_leg[leg.leg_id] not in rows.sheet.runs
        )
        if leg.leg_id not in driven and not is_elsewhere:
            lacking.setdefault(leg.appointment_id, []).append(leg)
    found = [
        Left(
            appointment_id=appointment_id,
            resident_id=legs[0].resident_id,
            leg_ids=tuple(leg.leg_id for leg in legs),
            reason=TOO_LATE
            if all(leg.pickup.until_at < rows.now for leg in legs[:1])
            else laid.reasons.get(appointment_id, NO_ROOM),
            is_new=any(leg.leg_id in had for leg in legs),
        )
        for appointment_id, legs in lacking.items()
    ]
    chosen = {choice.request.resident_id for choice in laid.choices}
    found += [
        Left(-r.resident_id, r.resident_id, (), laid.reasons.get(-r.resident_id, NO_ROOM))
        for r in rows.wish.requests
        if r.resident_id not in chosen
    ]
    return tuple(sorted(found, key=lambda x: (not x.is_new, x.appointment_id)))


def _bookings(rows: DayRows, laid: _Laid) -> tuple[NewBooking, ...]:
    """Return the slots proposed whose rides both have a car: nobody is booked without a way home (N2)."""
    run_of = {h.leg_id: i for i, check in laid.checks.items() for h in check.halts}
    found = []
    for choice in laid.choices:
        request, slot = choice.request, choice.slot
        numbers = [leg_number(request.resident_id, d) for d in Direction]
        if not all(n in run_of for n in numbers):
            continue
        found.append(
            NewBooking(
                resident_id=request.resident_id,
                site_session_id=slot.site_session_id,
                slot_at=slot.slot_at,
                out_direct_s=rows.table.between(request.home_address_id, slot.site_address_id),
                back_direct_s=rows.table.between(slot.site_address_id, request.home_address_id),
                home_address_id=request.home_address_id,
                site_address_id=slot.site_address_id,
                run_ids=tuple(sorted({run_of[n] for n in numbers})),
                companions=request.companions,
                wants_escort=request.wants_escort,
            )
        )
    return tuple(found)


def versions_of(sheet: DaySheet, leg_ids: Sequence[int]) -> dict[str, int]:
    """Return the versions of legs as a plan keeps them."""
    return {str(i): sheet.legs[i].version for i in leg_ids if i in sheet.legs and i > 0}
