"""Why someone has no car and what would help: the smallest changes that a real re-solve confirmed (N10)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from outreach.accounts.rules import Scope
from outreach.clinics.models import SiteSession
from outreach.clinics.queries import get_appointment
from outreach.db import Database
from outreach.places.queries import area_ids_within
from outreach.ports.travel import TravelTimes
from outreach.routing.problem import Option
from outreach.tasks.models import Task
from outreach.tasks.operations import ask_task, unfinished_task
from outreach.transport.plan_orders import plan_in_force
from outreach.transport.planning import Stated, state
from outreach.workflows.open_requests import request_of
from outreach.workflows.plan_rows import DayRows, read_rows
from outreach.workflows.recommend_place import recommend_places

EXPLAIN = "explain_left"
NO_ROOM = "fleet_busy"
SECONDS = 7.0
OTHER_DAYS = 2
SLOTS_TRIED = 4


@dataclass(frozen=True, slots=True)
class Help:
    """One change that a re-solve has shown to work."""

    kind: str
    day: date | None = None
    slot_at: datetime | None = None
    site_session_id: int | None = None
    leg_id: int | None = None  # whose told time moves by five minutes
    run_id: int | None = None  # one more car like this run's


def ask_explanation(
    session: Session, *, appointment_id: int, scope: Scope, by: int, now: datetime
) -> Task:
    """Ask for an explanation; the worker gives it within seconds."""
    running = unfinished_task(session, kind=EXPLAIN, appointment_id=appointment_id)
    if running is not None:
        return running
    arguments = {"appointment_id": appointment_id, "paths": sorted(scope.paths)}
    return ask_task(session, kind=EXPLAIN, arguments=arguments, by=by, now=now)


def explain_left(
    database: Database,
    travel: TravelTimes,
    *,
    appointment_id: int,
    paths: tuple[str, ...],
    now: datetime,
    tell: Callable[[float], None] | None = None,
    seconds: float = SECONDS,
) -> dict[str, Any]:
    """Return the reason and the changes that work, as JSON; nothing that was not proven."""
    from outreach.routing.engine import Limits, plan_day, reason_of
    from outreach.routing.explaining import explain

    with database.read() as session:
        appointment = get_appointment(session, appointment_id)
        resident_id = appointment.resident_id
        on = session.get_one(SiteSession, appointment.site_session_id).on
        areas = area_ids_within(session, paths)
    rows = read_rows(database, travel, on=on, area_ids=areas, now=now)
    stated = state(rows.sheet, rows.table, wish=rows.wish, now=rows.now)
    episode = next((k for k, ids in stated.appointment_of.items() if appointment_id in ids), None)
    if episode is None:
        return {"on": on.isoformat(), "reason": "", "helps": []}
    standing = {run_id: rows.check(rows.sheet, run_id) for run_id in rows.sheet.runs}
    # What stands may simply not have been planned yet: only a solved day can say that there is no room.
    in_force = plan_in_force(stated, standing)
    plan = plan_day(stated.problem, Limits(seconds=seconds / 4), in_force=in_force)
    if tell is not None:
        tell(0.3)
    if reason_of(plan, episode) is None:
        left = {unserved.episode for unserved in plan.unserved}
        if left.isdisjoint(in_force.chosen):  # room for this one, and nobody pays for it
            return {"on": on.isoformat(), "reason": "", "helps": [_json(Help("replan"))]}
        return {"on": on.isoformat(), "reason": NO_ROOM, "helps": []}
    others, slot_of = _other_options(database, stated, rows, episode, resident_id)
    found = explain(
        stated.problem,
        plan,
        episode,
        Limits(seconds=seconds / 2),
        other_options=others,
    )
    helps = (
        [_help(offer.kind.value, offer.detail, stated, slot_of) for offer in found.offers]
        if found
        else []
    )
    if tell is not None:
        tell(0.8)
    helps += _other_days(database, travel, resident_id=resident_id, areas=paths, after=on, now=now)
    reason = found.reason.value if found else ""
    return {"on": on.isoformat(), "reason": reason, "helps": [_json(h) for h in helps]}


def _other_options(
    database: Database, stated: Stated, rows: DayRows, episode_key: str, resident_id: int
) -> tuple[list[Option], dict[str, Help]]:
    """Return other slots of the same day that have room, as options of the same rides moved in time."""
    with database.read() as session:
        request = request_of(
            session, resident_id=resident_id, on=rows.on, now=rows.now, most=SLOTS_TRIED
        )
    episode = next(e for e in stated.problem.episodes if e.key == episode_key)
    legs = [x for x in rows.sheet.legs.values() if x.resident_id == resident_id]
    if request is None or not legs or len(stated.appointment_of[episode_key]) > 1:
        return [], {}
    options, slot_of = [], {}
    base = episode.options[0]
    for slot in request.slots:
        if slot.site_address_id not in {legs[0].from_address_id, legs[0].to_address_id}:
            continue
        shift_s = (slot.slot_at - legs[0].slot_at).total_seconds()
        if not shift_s:
            continue
        rides = tuple(
            replace(
                leg,
                key=f"{leg.key}@{slot.key}",
                promise=None,
                pickup=replace(
                    leg.pickup,
                    earliest_s=leg.pickup.earliest_s + shift_s,
                    latest_s=leg.pickup.latest_s + shift_s,
                ),
                dropoff=replace(
                    leg.dropoff,
                    earliest_s=leg.dropoff.earliest_s + shift_s,
                    latest_s=leg.dropoff.latest_s + shift_s,
                ),
            )
            for leg in base.legs
        )
        options.append(Option(f"other@{slot.key}", rides))
        slot_of[f"other@{slot.key}"] = Help(
            "other_slot", rows.on, slot.slot_at, slot.site_session_id
        )
    return options, slot_of


def _help(kind: str, detail: str, stated: Stated, slot_of: dict[str, Help]) -> Help:
    if detail in slot_of:
        return slot_of[detail]
    if kind == "move_promise" and detail in stated.riders:
        return Help(kind, leg_id=stated.riders[detail][0])
    if kind == "another_vehicle":
        return Help(kind, run_id=int(detail.removeprefix("r")))
    return Help(kind)


def _other_days(
    database: Database,
    travel: TravelTimes,
    *,
    resident_id: int,
    areas: tuple[str, ...],
    after: date,
    now: datetime,
) -> list[Help]:
    """Return a slot on each of the next days whose runs really have room for both rides."""
    found: list[Help] = []
    for days in range(1, 8):
        if len(found) >= OTHER_DAYS:
            break
        on = after + timedelta(days=days)
        places = recommend_places(
            database, travel, resident_id=resident_id, on=on, paths=areas, now=now, at_most=1
        )
        found += [
            Help("other_day", on, place.slot_at, place.site_session_id) for place in places.places
        ]
    return found


def _json(help_: Help) -> dict[str, Any]:
    return {
        "kind": help_.kind,
        "day": help_.day.isoformat() if help_.day else None,
        "slot_at": help_.slot_at.isoformat() if help_.slot_at else None,
        "site_session_id": help_.site_session_id,
        "leg_id": help_.leg_id,
        "run_id": help_.run_id,
    }
