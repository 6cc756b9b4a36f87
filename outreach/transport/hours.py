"""Hours and kilometres of runs as they were driven, for the office that pays or audits them (moment 5n)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from outreach.clinics.codes import DayEventKind
from outreach.clinics.models import DayEvent
from outreach.transport.codes import RunStatus, StopKind
from outreach.transport.models import Driver, Escort, Vehicle
from outreach.transport.run_models import Run, RunStop


@dataclass(frozen=True, slots=True)
class DrivenRun:
    """One run: planned, really driven, and what its clock of kilometres said."""

    run_id: int
    on: date
    plate: str
    driver: str
    escort: str
    starts_at: datetime
    ends_at: datetime
    out_at: datetime | None
    back_at: datetime | None
    km_out: float | None
    km_back: float | None
    rides: int
    rides_done: int

    @property
    def minutes(self) -> int | None:
        """Minutes between setting off and the last word, where both are known."""
        if self.out_at is None or self.back_at is None:
            return None
        return max(0, round((self.back_at - self.out_at).total_seconds() / 60))

    @property
    def km(self) -> float | None:
        """Kilometres by the car's own clock, where it was read twice."""
        if self.km_out is None or self.km_back is None or self.km_back < self.km_out:
            return None
        return round(self.km_back - self.km_out, 1)


def driven_runs(
    session: Session, *, from_on: date, until_on: date, area_ids: Sequence[int] | None
) -> list[DrivenRun]:
    """Return the runs of these days that carried or were to carry somebody, by day and plate."""
    rides = (
        select(
            RunStop.run_id.label("run_id"),
            func.count().label("rides"),
            func.sum(case((RunStop.done_at.is_not(None), 1), else_=0)).label("done"),
        )
        .where(RunStop.kind == StopKind.DROPOFF)
        .group_by(RunStop.run_id)
        .subquery()
    )
    question = (
        select(Run, Vehicle.plate, Driver.name, Escort.name, rides.c.rides, rides.c.done)
        .join(Vehicle, Vehicle.id == Run.vehicle_id)
        .join(rides, rides.c.run_id == Run.id)
        .outerjoin(Driver, Driver.id == Run.driver_id)
        .outerjoin(Escort, Escort.id == Run.escort_id)
        .where(Run.on >= from_on, Run.on <= until_on, Run.status != RunStatus.CANCELLED)
        .order_by(Run.on, Vehicle.plate, Run.id)
        .limit(20_000)
    )
    if area_ids is not None:
        question = question.where(Vehicle.area_id.in_(list(area_ids)))
    rows = session.execute(question).all()
    marks = _marks(session, [row[0].id for row in rows])
    done = _last_done(session, [row[0].id for row in rows])
    return [
        DrivenRun(
            run_id=run.id,
            on=run.on,
            plate=plate,
            driver=driver or "",
            escort=escort or "",
            starts_at=run.starts_at,
            ends_at=run.ends_at,
            out_at=_at(marks.get((run.id, DayEventKind.DEPARTED))),
            back_at=_at(marks.get((run.id, DayEventKind.RETURNED))) or done.get(run.id),
            km_out=_km(marks.get((run.id, DayEventKind.DEPARTED))),
            km_back=_km(marks.get((run.id, DayEventKind.RETURNED))),
            rides=count,
            rides_done=int(finished),
        )
        for run, plate, driver, escort, count, finished in rows
    ]


def _marks(session: Session, run_ids: Sequence[int]) -> dict[tuple[int, DayEventKind], DayEvent]:
    kinds = [DayEventKind.DEPARTED, DayEventKind.RETURNED]
    found: dict[tuple[int, DayEventKind], DayEvent] = {}
    for start in range(0, len(run_ids), 1000):
        events = session.scalars(
            select(DayEvent)
            .where(DayEvent.run_id.in_(run_ids[start : start + 1000]), DayEvent.kind.in_(kinds))
            .order_by(DayEvent.happened_at, DayEvent.id)
        )
        for event in events:
            if event.run_id is not None:
                found.setdefault((event.run_id, event.kind), event)
    return found


def _last_done(session: Session, run_ids: Sequence[int]) -> dict[int, datetime]:
    found: dict[int, datetime] = {}
    for start in range(0, len(run_ids), 1000):
        rows = session.execute(
            select(RunStop.run_id, func.max(RunStop.done_at))
            .where(RunStop.run_id.in_(run_ids[start : start + 1000]))
            .group_by(RunStop.run_id)
        )
        found.update({run_id: at for run_id, at in rows if at is not None})
    return found


def _at(event: DayEvent | None) -> datetime | None:
    return event.happened_at if event is not None else None


def _km(event: DayEvent | None) -> float | None:
    value = event.facts.get("odometer_km") if event is not None else None
    return float(value) if isinstance(value, int | float) else None
