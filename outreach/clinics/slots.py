"""Which slots a session has and in which order they are offered (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from outreach.clinics.codes import SessionKind, SessionState

FIRST_KILOMETRES_FREE = 1.0
POINTS_A_KILOMETRE = 4.0
POINTS_A_DAY = 3.0
POINTS_OTHER_SITE = 8.0
POINTS_EARLY_MORNING = 6.0
POINTS_BEFORE_DUE = 100.0


@dataclass(frozen=True, slots=True)
class SessionHours:
    """What of a site session decides its slots."""

    site_session_id: int
    site_id: int
    kind: SessionKind
    on: date
    opens: time
    closes: time
    slot_minutes: int
    capacity_per_slot: int
    state: SessionState = SessionState.OPEN
    closed_from_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Slot:
    """A start time in a session and how many more it holds."""

    site_session_id: int
    site_id: int
    kind: SessionKind
    on: date
    slot_at: datetime
    capacity: int
    taken: int

    @property
    def free(self) -> int:
        """How many more it holds."""
        return max(0, self.capacity - self.taken)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is known of the person to whom slots are offered."""

    metres_to_site: Mapping[int, float]
    last_site_id: int | None = None
    earliest_on: date | None = None
    not_before: time | None = None
    not_after: time | None = None


def slot_starts(hours: SessionHours, *, zone: ZoneInfo) -> list[datetime]:
    """Return the aware UTC starts of a session's slots; the last one ends by closing time."""
    start = datetime.combine(hours.on, hours.opens, tzinfo=zone)
    end = datetime.combine(hours.on, hours.closes, tzinfo=zone)
    step = timedelta(minutes=hours.slot_minutes)
    starts: list[datetime] = []
    while start + step <= end:
        starts.append(start.astimezone(ZoneInfo("UTC")))
        start += step
    return starts


def is_open_at(hours: SessionHours, slot_at: datetime) -> bool:
    """Tell whether a session still takes people at an instant."""
    if hours.state is SessionState.CANCELLED:
        return False
    return hours.closed_from_at is None or slot_at < hours.closed_from_at


def open_slots(
    sessions: Iterable[SessionHours],
    taken: Mapping[tuple[int, datetime], int],
    *,
    zone: ZoneInfo,
    now: datetime,
) -> list[Slot]:
    """Return every slot to come with room in it, in order of time."""
    found = [
        Slot(
            site_session_id=hours.site_session_id,
            site_id=hours.site_id,
            kind=hours.kind,
            on=hours.on,
            slot_at=start,
            capacity=hours.capacity_per_slot,
            taken=taken.get((hours.site_session_id, start), 0),
        )
        for hours in sessions
        for start in slot_starts(hours, zone=zone)
        if start > now and is_open_at(hours, start)
    ]
    return sorted((s for s in found if s.free), key=lambda s: (s.slot_at, s.site_session_id))


def rank(slots: Iterable[Slot], wishes: Wishes, *, zone: ZoneInfo, today: date) -> list[Slot]:
    """Order slots as one would offer them: near, soon, the known site, not at first light."""

    def points(slot: Slot) -> float:
        kilometres = wishes.metres_to_site.get(slot.site_id, 0.0) / 1000
        badness = POINTS_A_KILOMETRE * max(0.0, kilometres - FIRST_KILOMETRES_FREE)
        badness += POINTS_A_DAY * (slot.on - today).days
        if wishes.last_site_id not in (None, slot.site_id):
            badness += POINTS_OTHER_SITE
        local = slot.slot_at.astimezone(zone).time()
        if local < time(9, 0):
            badness += POINTS_EARLY_MORNING
        if wishes.earliest_on is not None and slot.on < wishes.earliest_on:
            badness += POINTS_BEFORE_DUE
        return badness

    def is_wished(slot: Slot) -> bool:
        local = slot.slot_at.astimezone(zone).time()
        too_early = wishes.not_before is not None and local < wishes.not_before
        too_late = wishes.not_after is not None and local > wishes.not_after
        return not (too_early or too_late)

    wished = [slot for slot in slots if is_wished(slot)]
    return sorted(wished, key=lambda s: (points(s), s.slot_at, s.site_session_id))
