"""What the office reads of the field: the crews' canned words by run, and stops that drivers corrected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.audit.trail import record
from outreach.clinics.codes import EventSource
from outreach.clinics.events import Author
from outreach.kernel.errors import NotFound
from outreach.places.addresses import check_real_stop
from outreach.transport.codes import RunStatus
from outreach.transport.crew_note_models import CrewNote
from outreach.transport.crew_notes import NoteLine, mark_note_read, notes_of_runs, send_note
from outreach.transport.models import Driver, Escort, Vehicle
from outreach.transport.run_models import Run, RunStop


@dataclass(frozen=True, slots=True)
class CrewTalk:
    """One run and what was said between its crew and the desk, oldest first."""

    run_id: int
    plate: str
    driver: str
    escort: str
    status: RunStatus
    notes: tuple[NoteLine, ...]

    @property
    def unread(self) -> int:
        """How many words of the crew nobody at the desk has read."""
        return sum(not note.to_crew and note.desk_read_at is None for note in self.notes)


def crew_talks(session: Session, *, on: date, area_ids: Sequence[int] | None) -> list[CrewTalk]:
    """Return the told runs of a day that carry somebody, unread words first."""
    question = (
        select(Run, Vehicle.plate, Driver.name, Escort.name)
        .join(Vehicle, Vehicle.id == Run.vehicle_id)
        .outerjoin(Driver, Driver.id == Run.driver_id)
        .outerjoin(Escort, Escort.id == Run.escort_id)
        .where(
            Run.on == on,
            Run.status.in_([RunStatus.PUBLISHED, RunStatus.UNDER_WAY, RunStatus.FINISHED]),
            Run.id.in_(select(RunStop.run_id)),
        )
        .order_by(Run.starts_at, Run.id)
        .limit(500)
    )
    if area_ids is not None:
        question = question.where(Vehicle.area_id.in_(list(area_ids)))
    rows = session.execute(question).all()
    notes = notes_of_runs(session, run_ids=[row[0].id for row in rows])
    talks = [
        CrewTalk(
            run_id=run.id,
            plate=plate,
            driver=driver or "",
            escort=escort or "",
            status=run.status,
            notes=tuple(notes.get(run.id, ())),
        )
        for run, plate, driver, escort in rows
    ]
    return sorted(talks, key=lambda talk: -talk.unread)


def tell_crew(
    session: Session, *, run_id: int, uuid: str, code: str, by: int, now: datetime
) -> None:
    """Send one canned word to a run's crew; sent twice by an impatient finger it counts once."""
    author = Author(EventSource.DISPATCH, user_id=by)
    send_note(session, run_id=run_id, uuid=uuid, code=code, author=author, sent_at=now, now=now)


def run_of_note(session: Session, *, note_id: int) -> int:
    """Return the run that a word is about."""
    note = session.get(CrewNote, note_id)
    if note is None:
        raise NotFound("crew_note", note_id=note_id)
    return note.run_id


def read_at_desk(session: Session, *, note_id: int, by: int, now: datetime) -> None:
    """Note that somebody at the desk has read a word; the crew's phone shows it."""
    mark_note_read(
        session, note_id=note_id, author=Author(EventSource.DISPATCH, user_id=by), at=now
    )


def decide_real_stop(
    session: Session, *, address_id: int, is_right: bool, by: int, now: datetime
) -> None:
    """Take over or drop what a driver said of a stop; who decided is kept (moment 5i)."""
    check_real_stop(session, address_id=address_id, is_right=is_right, by=by)
    act = "real_stop_taken" if is_right else "real_stop_dropped"
    record(session, act=act, subject=("address", address_id), by=by, now=now)
