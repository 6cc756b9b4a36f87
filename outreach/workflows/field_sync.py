"""Taking in what a phone saved up: taps, canned words, read receipts, real stops, each by itself (fault 58)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.accounts.codes import FieldKind
from outreach.clinics.codes import DayEventKind, EventSource
from outreach.clinics.events import Author, Tap
from outreach.kernel.errors import InvalidInput, NotFound, OutreachError
from outreach.kernel.geo import Point
from outreach.places.addresses import note_real_stop
from outreach.transport.alarms import Cause, raise_alarm
from outreach.transport.codes import RunStatus
from outreach.transport.crew_note_models import CrewNote
from outreach.transport.crew_notes import mark_note_read, send_note
from outreach.transport.positions import forget_run_positions, note_position
from outreach.transport.run_models import RideLeg, Run, RunStop
from outreach.workflows.field_links import FieldDoor, share_position
from outreach.workflows.note_event import note_event

MOST_AT_ONCE = 200
OF_A_RIDE = frozenset(
    {
        DayEventKind.PICKED_UP,
        DayEventKind.AT_SITE,
        DayEventKind.LEFT_SITE,
        DayEventKind.HANDED_OVER,
        DayEventKind.NOT_THERE,
    }
)


class Sort(StrEnum):
    """What kind of thing a phone tells."""

    TAP = "tap"
    NOTE = "note"
    READ = "read"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that a phone tells; ``uuid`` and ``at`` are the phone's own."""

    uuid: str
    sort: Sort
    at: datetime
    kind: str = ""
    run_id: int | None = None
    leg_id: int | None = None
    appointment_id: int | None = None
    stop_id: int | None = None
    note_id: int | None = None
    point: Point | None = None
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one thing; an error is final, the phone shows it and asks no more."""

    uuid: str
    is_new: bool
    error: str = ""


def author_of(door: FieldDoor) -> Author:
    """Return whose word comes through a door."""
    return Author(EventSource.FIELD, driver_id=door.driver_id, escort_id=door.escort_id)


def take_in(
    session: Session, *, told: Sequence[Told], door: FieldDoor, now: datetime
) -> list[Taken]:
    """Take in a batch in the order of its own times; one bad part loses no other."""
    taken = []
    for one in sorted(told, key=lambda t: (t.at, t.uuid))[:MOST_AT_ONCE]:
        try:
            with session.begin_nested():
                is_new = _ACTS[one.sort](session, one, door, now)
            taken.append(Taken(one.uuid, is_new))
        except OutreachError as error:
            _keep_stray(session, one, door, now=now)
            taken.append(Taken(one.uuid, is_new=False, error=error.code))
    return taken


def note_where(
    session: Session,
    *,
    door: FieldDoor,
    spots: Sequence[tuple[datetime, Point]],
    now: datetime,
) -> int:
    """Keep where the driver's car is for the runs under way, if the driver shares it; return how many."""
    if door.driver_id is None or not door.shares_position:
        return 0
    run_ids = _own_runs(session, door, under_way=True)
    return sum(
        note_position(session, run_id=i, driver_id=door.driver_id, point=point, at=min(at, now))
        for i in run_ids
        for at, point in spots[-20:]
    )


def switch_sharing(session: Session, *, door: FieldDoor, is_on: bool) -> None:
    """Switch sharing on or off; switched off, what was shared today is forgotten at once (5m)."""
    share_position(session, door=door, is_on=is_on)
    if not is_on:
        for run_id in _own_runs(session, door):
            forget_run_positions(session, run_id=run_id)


def _take_tap(session: Session, told: Told, door: FieldDoor, now: datetime) -> bool:
    try:
        kind = DayEventKind(told.kind)
    except ValueError as error:
        raise InvalidInput("not_in_list", field="kind") from error
    noted = note_event(
        session,
        tap=Tap(
            uuid=told.uuid,
            kind=kind,
            happened_at=told.at,
            appointment_id=told.appointment_id,
            leg_id=told.leg_id,
            run_id=told.run_id,
            facts=told.facts,
        ),
        author=author_of(door),
        now=now,
    )
    return noted.is_new


def _take_note(session: Session, told: Told, door: FieldDoor, now: datetime) -> bool:
    run_id = told.run_id or 0
    if run_id not in _own_runs(session, door):
        raise NotFound("run", run_id=run_id)
    _note, is_new = send_note(
        session,
        run_id=run_id,
        uuid=told.uuid,
        code=told.kind,
        author=author_of(door),
        sent_at=told.at,
        now=now,
    )
    return is_new


def _take_read(session: Session, told: Told, door: FieldDoor, now: datetime) -> bool:
    note = session.get(CrewNote, told.note_id or 0)
    if note is None or note.run_id not in _own_runs(session, door):
        raise NotFound("crew_note", note_id=told.note_id)
    return mark_note_read(session, note_id=note.id, author=author_of(door), at=min(told.at, now))


def _take_stop(session: Session, told: Told, door: FieldDoor, now: datetime) -> bool:
    """Keep where the car really stopped and how one gets in, until staff has checked it (5i)."""
    stop = session.get(RunStop, told.stop_id or 0)
    if stop is None or stop.run_id not in _own_runs(session, door):
        raise NotFound("run_stop", stop_id=told.stop_id)
    note_real_stop(
        session,
        address_id=stop.address_id,
        stopped=told.point,
        access_note=str(told.facts.get("note", "")),
        now=now,
    )
    return True


def _keep_stray(session: Session, told: Told, door: FieldDoor, *, now: datetime) -> None:
    """A ride that left this run while its phone was offline: who sits in the car is told to a person."""
    if told.sort is not Sort.TAP or told.kind not in OF_A_RIDE or told.leg_id is None:
        return
    leg = session.get(RideLeg, told.leg_id)
    mine = _own_runs(session, door)
    if leg is None or leg.on != door.on or not mine:
        return
    now_on = session.scalar(select(RunStop.run_id).where(RunStop.leg_id == leg.id).limit(1))
    if now_on in mine:
        return
    cause = Cause(
        key=f"stray_tap:{leg.id}:{mine[0]}",
        kind="stray_tap",
        on=door.on,
        appointment_id=leg.appointment_id,
        run_id=told.run_id if told.run_id in mine else mine[0],
    )
    raise_alarm(session, cause=cause, now=now, level=2)


def _own_runs(session: Session, door: FieldDoor, *, under_way: bool = False) -> list[int]:
    mine = (
        Run.driver_id == door.driver_id
        if door.kind is FieldKind.DRIVER
        else Run.escort_id == door.escort_id
    )
    question = select(Run.id).where(Run.on == door.on, mine, Run.status != RunStatus.CANCELLED)
    if under_way:
        question = question.where(Run.status == RunStatus.UNDER_WAY)
    return list(session.scalars(question.order_by(Run.id)))


_ACTS: dict[Sort, Callable[[Session, Told, FieldDoor, datetime], bool]] = {
    Sort.TAP: _take_tap,
    Sort.NOTE: _take_note,
    Sort.READ: _take_read,
    Sort.STOP: _take_stop,
}
