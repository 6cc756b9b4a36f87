"""Canned words between the duty desk and a crew: sent once, read by whom and when (moment 5n)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from outreach.clinics.events import Author
from outreach.kernel.codes import coded_list
from outreach.kernel.errors import InvalidInput, NotFound
from outreach.transport.crew_note_models import CrewNote
from outreach.transport.run_models import Run

TO_CREW = coded_list(
    [
        ("ring_desk", "请给值班台回电话", "Please ring the duty desk"),
        ("look_again", "行程有变，请看最新车次", "The run changed: please look at it"),
        ("wait_there", "请在原地等 5 分钟", "Please wait there for 5 minutes"),
        ("family_coming", "家属马上下楼，请稍等", "The family is on their way down"),
        ("go_on", "不用等了，请去下一站", "Do not wait: go on to the next stop"),
        ("site_ready", "老人已可以回家，请到接种点接", "They are ready at the site: please fetch"),
        ("well_noted", "收到，辛苦了", "Noted, thank you"),
    ]
)
TO_DESK = coded_list(
    [
        ("late_10", "预计晚到 10 分钟", "About 10 minutes late"),
        ("late_20", "预计晚到 20 分钟以上", "More than 20 minutes late"),
        ("gate_closed", "小区门进不去", "Cannot get through the gate"),
        ("need_hand", "需要人帮忙搀扶", "Need a hand with lifting"),
        ("car_trouble", "车有问题", "Trouble with the car"),
        ("please_ring", "请给我打电话", "Please ring me"),
        ("all_fine", "一切正常", "All is well"),
    ]
)
CLOCK_SLACK = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class NoteLine:
    """One word as it is shown, with when each side read it."""

    note_id: int
    uuid: str
    run_id: int
    to_crew: bool
    code: str
    sent_at: datetime
    driver_read_at: datetime | None
    escort_read_at: datetime | None
    desk_read_at: datetime | None


def send_note(
    session: Session,
    *,
    run_id: int,
    uuid: str,
    code: str,
    author: Author,
    sent_at: datetime,
    now: datetime,
) -> tuple[CrewNote, bool]:
    """Keep one word, whoever sends it again; tell whether it is new. Staff speak to the crew."""
    to_crew = author.user_id is not None
    if code not in (TO_CREW if to_crew else TO_DESK):
        raise InvalidInput("not_in_list", field="code")
    if not 8 <= len(uuid) <= 64:
        raise InvalidInput("event_id", field="uuid")
    if session.get(Run, run_id) is None:
        raise NotFound("run", run_id=run_id)
    known = _find(session, uuid)
    if known is not None:
        return known, False
    note = CrewNote(
        uuid=uuid,
        run_id=run_id,
        to_crew=to_crew,
        code=code,
        sent_at=min(sent_at, now) if sent_at > now + CLOCK_SLACK else sent_at,
        received_at=now,
        by_user_id=author.user_id,
        by_driver_id=author.driver_id,
        by_escort_id=author.escort_id,
    )
    try:
        with session.begin_nested():
            session.add(note)
            session.flush()
    except IntegrityError:
        twin = _find(session, uuid)
        if twin is None:
            raise
        return twin, False
    return note, True


def mark_note_read(session: Session, *, note_id: int, author: Author, at: datetime) -> bool:
    """Note when a side first read a word of the other side; tell whether that was news."""
    note = session.get(CrewNote, note_id)
    if note is None or note.to_crew is (author.user_id is not None):
        raise NotFound("crew_note", note_id=note_id)
    if author.driver_id is not None and note.driver_read_at is None:
        note.driver_read_at = at
    elif author.escort_id is not None and note.escort_read_at is None:
        note.escort_read_at = at
    elif author.user_id is not None and note.desk_read_at is None:
        note.desk_read_at, note.desk_read_by = at, author.user_id
    else:
        return False
    session.flush()
    return True


def notes_of_runs(session: Session, *, run_ids: Sequence[int]) -> dict[int, list[NoteLine]]:
    """Return the words about runs, oldest first."""
    rows = session.scalars(
        select(CrewNote)
        .where(CrewNote.run_id.in_(list(run_ids)))
        .order_by(CrewNote.sent_at, CrewNote.id)
        .limit(2000)
    )
    found: dict[int, list[NoteLine]] = defaultdict(list)
    for row in rows:
        found[row.run_id].append(
            NoteLine(
                note_id=row.id,
                uuid=row.uuid,
                run_id=row.run_id,
                to_crew=row.to_crew,
                code=row.code,
                sent_at=row.sent_at,
                driver_read_at=row.driver_read_at,
                escort_read_at=row.escort_read_at,
                desk_read_at=row.desk_read_at,
            )
        )
    return dict(found)


def _find(session: Session, uuid: str) -> CrewNote | None:
    return session.scalars(select(CrewNote).where(CrewNote.uuid == uuid).limit(1)).first()
