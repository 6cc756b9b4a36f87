"""Shifts of drivers and escorts: one day's, the usual weekly ones, and days laid out from them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from outreach.kernel.errors import InvalidInput, NotFound
from outreach.places.queries import local_zone
from outreach.transport.models import Leave, Shift, ShiftTemplate
from outreach.transport.run_models import Run


@dataclass(frozen=True, slots=True)
class Times:
    """Local hours of a shift, with a break or without."""

    starts: time
    ends: time
    break_from: time | None = None
    break_until: time | None = None


def add_shift(
    session: Session,
    *,
    on: date,
    times: Times,
    driver_id: int | None = None,
    escort_id: int | None = None,
    vehicle_id: int | None = None,
    site_id: int | None = None,
) -> Shift:
    """Put a driver (with a car) or an escort on duty on one day, in local hours."""
    if (driver_id is None) == (escort_id is None):
        raise InvalidInput("one_person", field="driver_id")
    zone = local_zone(session)
    starts_at, ends_at = instant_of(on, times.starts, zone), instant_of(on, times.ends, zone)
    if ends_at <= starts_at:
        raise InvalidInput("hours_reversed", field="ends")
    rest = _break(times, on, zone)
    if rest is not None and not starts_at <= rest[0] < rest[1] <= ends_at:
        raise InvalidInput("break_outside_shift", field="break_from")
    shift = Shift(
        on=on,
        driver_id=driver_id,
        escort_id=escort_id,
        vehicle_id=vehicle_id,
        site_id=site_id,
        starts_at=starts_at,
        ends_at=ends_at,
        break_from_at=rest[0] if rest is not None else None,
        break_until_at=rest[1] if rest is not None else None,
    )
    session.add(shift)
    session.flush()
    return shift


def _break(times: Times, on: date, zone: ZoneInfo) -> tuple[datetime, datetime] | None:
    if times.break_from is None or times.break_until is None:
        return None
    return instant_of(on, times.break_from, zone), instant_of(on, times.break_until, zone)


def instant_of(on: date, local: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(on, local, tzinfo=zone)


def cancel_shift(session: Session, *, shift_id: int, reason: str, now: datetime) -> Shift:
    """Call a shift off (driver ill); its runs show that they have no fit driver."""
    shift = session.get_one(Shift, shift_id)
    shift.cancelled_at, shift.cancel_reason = now, reason.strip()
    session.flush()
    return shift


def set_shift_template(
    session: Session,
    *,
    weekday: int,
    times: Times,
    from_on: date,
    driver_id: int | None = None,
    escort_id: int | None = None,
    vehicle_id: int | None = None,
) -> ShiftTemplate:
    """Keep a usual weekly shift (0 = Monday); it takes the place of the person's earlier one that weekday."""
    if (driver_id is None) == (escort_id is None):
        raise InvalidInput("one_person", field="driver_id")
    for old in session.scalars(_templates(driver_id=driver_id, escort_id=escort_id)):
        if old.weekday == weekday and (old.until_on is None or old.until_on >= from_on):
            end_shift_template(session, template_id=old.id, until_on=from_on - timedelta(days=1))
    row = ShiftTemplate(
        weekday=weekday,
        driver_id=driver_id,
        escort_id=escort_id,
        vehicle_id=vehicle_id,
        starts=times.starts,
        ends=times.ends,
        break_from=times.break_from,
        break_until=times.break_until,
        from_on=from_on,
    )
    session.add(row)
    session.flush()
    return row


def _templates(
    *, driver_id: int | None = None, escort_id: int | None = None
) -> Select[ShiftTemplate]:
    whose = (
        ShiftTemplate.driver_id == driver_id
        if driver_id is not None
        else ShiftTemplate.escort_id == escort_id
    )
    return select(ShiftTemplate).where(whose).order_by(ShiftTemplate.weekday, ShiftTemplate.id)


def templates_of(
    session: Session, *, on: date, driver_id: int | None = None, escort_id: int | None = None
) -> list[ShiftTemplate]:
    """Return the usual weekly shifts of a person that still hold on a day."""
    rows = session.scalars(_templates(driver_id=driver_id, escort_id=escort_id))
    return [row for row in rows if row.until_on is None or row.until_on >= on]


def end_shift_template(session: Session, *, template_id: int, until_on: date) -> ShiftTemplate:
    """End a usual weekly shift; shifts laid out later than that are called off unless a run has begun."""
    row = session.get(ShiftTemplate, template_id)
    if row is None:
        raise NotFound("shift_template", template_id=template_id)
    row.until_on = until_on
    later = session.scalars(
        select(Shift).where(
            Shift.on > until_on,
            Shift.driver_id == row.driver_id
            if row.driver_id is not None
            else Shift.escort_id == row.escort_id,
            Shift.id.not_in(select(Run.shift_id).where(Run.shift_id.is_not(None))),
        )
    ).all()
    for shift in later:
        if shift.on.weekday() == row.weekday:
            session.delete(shift)
    session.flush()
    return row


def shifts_of(
    session: Session,
    *,
    from_on: date,
    until_on: date,
    driver_id: int | None = None,
    escort_id: int | None = None,
) -> list[Shift]:
    """Return the shifts of a person in these days, called off or not."""
    whose = Shift.driver_id == driver_id if driver_id is not None else Shift.escort_id == escort_id
    question = select(Shift).where(whose, Shift.on >= from_on, Shift.on <= until_on)
    return list(session.scalars(question.order_by(Shift.starts_at, Shift.id)))


def lay_out_shifts(session: Session, *, from_on: date, until_on: date) -> int:
    """Make the shifts that templates ask for, but for people on leave; return how many are new."""
    templates = session.scalars(select(ShiftTemplate).order_by(ShiftTemplate.id)).all()
    leaves = session.scalars(
        select(Leave).where(Leave.from_on <= until_on, Leave.until_on >= from_on)
    ).all()
    existing = {
        (s.on, s.driver_id, s.escort_id)
        for s in session.scalars(select(Shift).where(Shift.on >= from_on, Shift.on <= until_on))
    }
    made = 0
    for offset in range((until_on - from_on).days + 1):
        on = from_on + timedelta(days=offset)
        for row in templates:
            ended = row.until_on is not None and on > row.until_on
            if on.weekday() != row.weekday or on < row.from_on or ended:
                continue
            is_away = any(
                (x.driver_id, x.escort_id) == (row.driver_id, row.escort_id)
                and x.from_on <= on <= x.until_on
                for x in leaves
            )
            if is_away or (on, row.driver_id, row.escort_id) in existing:
                continue
            add_shift(
                session,
                on=on,
                times=Times(row.starts, row.ends, row.break_from, row.break_until),
                driver_id=row.driver_id,
                escort_id=row.escort_id,
                vehicle_id=row.vehicle_id,
            )
            made += 1
    return made
