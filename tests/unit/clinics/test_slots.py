"""Which slots are offered: those with room, still to come, within opening hours, best first."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from outreach.clinics.codes import SessionKind, SessionState
from outreach.clinics.slots import SessionHours, Slot, Wishes, open_slots, rank, slot_starts

ZONE = ZoneInfo("Asia/Shanghai")
DAY = date(2026, 11, 26)
BEFORE = datetime(2026, 11, 20, tzinfo=UTC)


def hours(**changes: object) -> SessionHours:
    plain: dict[str, object] = {
        "site_session_id": 1,
        "site_id": 1,
        "kind": SessionKind.CLINIC,
        "on": DAY,
        "opens": time(8, 30),
        "closes": time(11, 30),
        "slot_minutes": 20,
        "capacity_per_slot": 2,
    }
    return SessionHours(**(plain | changes))  # type: ignore[arg-type]


def slot(site: int, hour: int, *, days: int = 0, session: int = 1) -> Slot:
    on = DAY + timedelta(days=days)
    at = datetime.combine(on, time(hour), tzinfo=ZONE)
    return Slot(session, site, SessionKind.CLINIC, on, at, 2, 0)


@given(st.integers(5, 240))
def test_every_slot_ends_by_closing_time(minutes: int) -> None:
    starts = slot_starts(hours(slot_minutes=minutes), zone=ZONE)
    closes = datetime.combine(DAY, time(11, 30), tzinfo=ZONE)
    assert all(start + timedelta(minutes=minutes) <= closes for start in starts)
    assert len(starts) == 180 // minutes


@given(st.dictionaries(st.integers(0, 8), st.integers(0, 4)), st.integers(0, 200))
def test_only_slots_with_room_that_are_still_to_come_are_offered(
    taken: dict[int, int], minutes: int
) -> None:
    day = hours()
    starts = slot_starts(day, zone=ZONE)
    now = starts[0] + timedelta(minutes=minutes - 10)
    full = {(1, starts[i]): n for i, n in taken.items()}
    for offered in open_slots([day], full, zone=ZONE, now=now):
        assert offered.slot_at > now
        assert offered.taken < 2
        assert offered.free == 2 - offered.taken


def test_a_session_closed_from_a_minute_on_offers_only_what_comes_before() -> None:
    noon = datetime.combine(DAY, time(10, 30), tzinfo=ZONE)
    early = hours(state=SessionState.CLOSED_EARLY, closed_from_at=noon)
    offered = open_slots([early], {}, zone=ZONE, now=BEFORE)
    assert offered
    assert all(s.slot_at < noon for s in offered)
    assert open_slots([hours(state=SessionState.CANCELLED)], {}, zone=ZONE, now=BEFORE) == []


def test_near_and_known_and_soon_come_first() -> None:
    near, far = slot(1, 10), slot(2, 10, session=2)
    wishes = Wishes(metres_to_site={1: 900.0, 2: 4200.0})
    assert rank([far, near], wishes, zone=ZONE, today=DAY)[0] is near
    known = Wishes(metres_to_site={1: 900.0, 2: 1500.0}, last_site_id=2)
    assert rank([near, far], known, zone=ZONE, today=DAY)[0] is far
    later = slot(1, 10, days=6)
    assert rank([later, near], wishes, zone=ZONE, today=DAY)[0] is near
    dawn = slot(1, 8)
    assert rank([dawn, near], wishes, zone=ZONE, today=DAY)[0] is near


def test_wished_hours_bound_the_offer_and_due_days_order_it() -> None:
    morning, afternoon = slot(1, 9), slot(1, 15)
    only = Wishes(metres_to_site={}, not_before=time(14))
    assert rank([morning, afternoon], only, zone=ZONE, today=DAY) == [afternoon]
    before_noon = Wishes(metres_to_site={}, not_after=time(12))
    assert rank([morning, afternoon], before_noon, zone=ZONE, today=DAY) == [morning]
    due = Wishes(metres_to_site={}, earliest_on=DAY + timedelta(days=2))
    in_time = slot(1, 9, days=2)
    assert rank([morning, in_time], due, zone=ZONE, today=DAY)[0] is in_time
