"""At which hours to ring: as asked for, else as earlier calls have shown."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

from outreach.contact.priority import Claim, Why, points_of, reasons_for
from outreach.contact.reachability import GoodHours, Ring, good_hours

ASKED = GoodHours(time(15), time(17), is_learned=False)
LEARNED = GoodHours(time(8), time(10), is_learned=True)


def _claim(hours: GoodHours | None, at: time) -> Claim:
    now = datetime(2026, 11, 23, 2, tzinfo=UTC)
    return Claim(day=date(2026, 11, 23), now=now, at=at, hours=hours, age=85)


def test_moment_3j_hours_that_were_asked_for_stand_above_what_calls_have_shown() -> None:
    rings = [Ring(time(9), is_reached=True)] * 5
    asked = good_hours(rings, begins=time(15), ends=time(17))
    assert asked == ASKED


def test_moment_3j_the_part_of_the_day_in_which_calls_are_answered_is_learned() -> None:
    rings = [
        Ring(time(9, 10), is_reached=False),
        Ring(time(9, 40), is_reached=False),
        Ring(time(15), is_reached=True),
        Ring(time(16, 20), is_reached=True),
    ]
    assert good_hours(rings) == GoodHours(time(14, 30), time(17), is_learned=True)


def test_nothing_is_learned_from_two_calls_nor_where_every_call_went_alike() -> None:
    reached, missed = Ring(time(9), is_reached=True), Ring(time(15), is_reached=False)
    assert good_hours([reached, missed]) is None
    assert good_hours([reached] * 4) is None
    assert good_hours([missed] * 4) is None


def test_moment_3j_the_hour_decides_between_people_who_are_otherwise_alike() -> None:
    nobody_knows = points_of(reasons_for(_claim(None, time(9))))
    good = reasons_for(_claim(ASKED, time(15, 30)))
    later = reasons_for(_claim(ASKED, time(9)))
    assert points_of(good) > nobody_knows > points_of(later)
    assert Why.GOOD_HOUR in {reason.why for reason in good}
    assert next(r.hours for r in later if r.why is Why.OTHER_HOUR) == ASKED
    learned = points_of(reasons_for(_claim(LEARNED, time(15))))
    assert nobody_knows > learned > points_of(later)
