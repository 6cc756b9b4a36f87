"""A plan beside the plan in force: people, told times, minutes, run by run (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from outreach.transport.plan_result import Figures, RunChange, RunFigures, ToldTime, WordState
from outreach.transport.planning import PLANNABLE
from outreach.transport.run_facts import Halt, RunCheck
from outreach.transport.sheets import DaySheet, LegSheet, instant

Orders = Mapping[int, Sequence[Halt]]


def told_times(
    sheet: DaySheet, checks: Mapping[int, RunCheck], *, legs: Iterable[LegSheet]
) -> tuple[ToldTime, ...]:
    """Return what becomes of every time told to a family and not yet past."""
    pickups = {
        halt.leg_id: halt.starts_s
        for check in checks.values()
        for halt in check.halts
        if halt.is_pickup
    }
    words = []
    for leg in sorted(legs, key=lambda x: (x.pickup.from_at, x.leg_id)):
        if leg.promised is None or leg.rider().told is None:
            continue
        at = instant(pickups[leg.leg_id]) if leg.leg_id in pickups else None
        words.append(_told(leg, at))
    return tuple(words)


def _told(leg: LegSheet, becomes: datetime | None) -> ToldTime:

    told = leg.promised
    assert told is not None  # noqa: S101 - the caller looked
    minutes = 0
    if becomes is None:
        state = WordState.BROKEN
    elif becomes in told:
        state = WordState.KEPT
    else:
        state = WordState.MOVED
        off = becomes - (told.until_at if becomes > told.until_at else told.from_at)
        minutes = round(off.total_seconds() / 60) or (1 if becomes > told.until_at else -1)
    return ToldTime(
        leg_id=leg.leg_id,
        appointment_id=leg.appointment_id,
        resident_id=leg.resident_id,
        state=state,
        was_from_at=told.from_at,
        was_until_at=told.until_at,
        becomes_at=becomes,
        minutes=minutes,
    )


def figures(
    checks: Mapping[int, RunCheck], words: Sequence[ToldTime], legs: Iterable[LegSheet]
) -> Figures:
    """Return a day in figures; someone counts as served when every ride of theirs has a car."""
    driven = {halt.leg_id for check in checks.values() for halt in check.halts}
    rides: dict[int, list[bool]] = {}
    for leg in legs:
        rides.setdefault(leg.appointment_id, []).append(leg.leg_id in driven)
    return Figures(
        people=sum(all(each) for each in rides.values()),
        without_car=sum(not all(each) for each in rides.values()),
        kept=sum(word.state is WordState.KEPT for word in words),
        moved=sum(word.state is WordState.MOVED for word in words),
        broken=sum(word.state is WordState.BROKEN for word in words),
        driving_minutes=round(sum(check.driving_s for check in checks.values()) / 60),
        runs=sum(bool(check.halts) for check in checks.values()),
    )


def run_changes(
    sheet: DaySheet,
    before: Mapping[int, RunCheck],
    after: Mapping[int, RunCheck],
    *,
    new_crews: Iterable[int],
) -> tuple[RunChange, ...]:
    """Return each run as it is and as it would be; ``new_crews`` are runs with another driver or escort."""
    crewed = set(new_crews)
    was = {r: _legs_of(before[r]) for r in after}
    becomes = {r: _legs_of(after[r]) for r in after}
    group = _groups(was, becomes)
    return tuple(
        RunChange(
            run_id=run_id,
            plate=sheet.run(run_id).plate,
            before=_run_figures(sheet, before[run_id]),
            after=_run_figures(sheet, after[run_id]),
            joining=tuple(sorted(becomes[run_id] - was[run_id])),
            leaving=tuple(sorted(was[run_id] - becomes[run_id])),
            together=group[run_id],
            has_new_crew=run_id in crewed,
        )
        for run_id in sorted(after, key=lambda r: (sheet.run(r).starts_at, r))
    )


def _legs_of(check: RunCheck) -> set[int]:
    return {halt.leg_id for halt in check.halts}


def _groups(
    was: Mapping[int, set[int]], becomes: Mapping[int, set[int]]
) -> dict[int, tuple[int, ...]]:
    """Return for each run those with which it exchanges people, over however many steps."""
    home = {leg: run for run, legs in was.items() for leg in legs}
    group = {run: {run} for run in becomes}
    for run, legs in becomes.items():
        for leg in legs:
            other = home.get(leg, run)
            if other != run and other in group and group[other] is not group[run]:
                merged = group[run] | group[other]
                for each in merged:
                    group[each] = merged
    return {run: tuple(sorted(runs)) for run, runs in group.items()}


def _run_figures(sheet: DaySheet, check: RunCheck) -> RunFigures:
    if not check.halts:
        return RunFigures()
    return RunFigures(
        people=len({sheet.leg(i).resident_id for i in _legs_of(check)}),
        driving_minutes=round(check.driving_s / 60),
        leaves_at=instant(check.leaves_depot_s),
        back_at=instant(check.back_at_s),
    )


def to_be_driven(sheet: DaySheet) -> list[LegSheet]:
    """Return the rides of a day that are still to be driven by our cars."""
    return [x for x in sheet.legs.values() if x.status in PLANNABLE and not x.by_taxi]
