"""When the messages of a visit are due."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from outreach.contact.cadence import DEFAULT_CADENCE, Anchor, StepRule, Visit, plan
from outreach.contact.codes import Channel, Purpose, Step

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 20, 10, tzinfo=ZONE)
SLOT = datetime(2026, 11, 26, 9, 30, tzinfo=ZONE)


def steps(now: datetime = NOW, announces: Step | None = Step.BOOKED, **visit: object) -> list[str]:
    found = plan(
        DEFAULT_CADENCE,
        Visit(**({"slot_at": SLOT} | visit)),  # type: ignore[arg-type]
        zone=ZONE,
        now=now,
        announces=announces,
    )
    return [f"{p.rule.step}/{p.rule.channel} {p.due_at.astimezone(ZONE):%d %H:%M}" for p in found]


def test_a_visit_six_days_ahead_gets_the_whole_cadence() -> None:
    assert steps() == [
        "booked/sms 20 10:00",
        "t_minus_3/sms 23 10:00",
        "t_minus_3/voice 24 10:00",
        "t_minus_3/call 25 11:00",
        "t_minus_1/sms 25 17:00",
        "morning/sms 26 08:30",
    ]


def test_a_visit_tomorrow_is_not_asked_about_days_that_are_past() -> None:
    assert steps(datetime(2026, 11, 25, 12, tzinfo=ZONE)) == [
        "booked/sms 25 12:00",
        "t_minus_1/sms 25 17:00",
        "morning/sms 26 08:30",
    ]


def test_scheduling_again_later_releases_no_backlog() -> None:
    assert steps(datetime(2026, 11, 26, 7, tzinfo=ZONE), None) == ["morning/sms 26 08:30"]


def test_the_day_after_a_dose_asks_how_it_goes() -> None:
    after = datetime(2026, 11, 26, 11, tzinfo=ZONE)
    assert steps(after, None, dose_on=date(2026, 11, 26)) == ["t_plus_1/sms 27 10:00"]


def test_fault_10_a_daily_item_comes_once_over_both_clock_changes() -> None:
    zone = ZoneInfo("Europe/London")
    rule = StepRule(
        step=Step.T_MINUS_1,
        purpose=Purpose.APPOINTMENT,
        anchor=Anchor.SLOT_DAY,
        offset_days=-1,
        at_local=time(1, 30),
    )
    for switch in (date(2026, 3, 29), date(2026, 10, 25)):
        slot = datetime.combine(switch + timedelta(days=1), time(9), zone)
        found = plan(
            [rule],
            Visit(slot_at=slot),
            zone=zone,
            now=datetime(2026, 1, 1, tzinfo=UTC),
            announces=None,
        )
        assert len(found) == 1
        assert found[0].due_at.astimezone(zone).date() == switch


@given(
    st.integers(0, 20 * 24 * 60),
    st.integers(0, 23),
    st.sampled_from([None, Step.BOOKED]),
)
def test_nothing_is_planned_in_the_past_or_after_it_is_of_use(
    minutes: int, hour: int, announces: Step | None
) -> None:
    now = NOW + timedelta(minutes=minutes)
    slot = SLOT.replace(hour=hour)
    for planned in plan(
        DEFAULT_CADENCE, Visit(slot_at=slot), zone=ZONE, now=now, announces=announces
    ):
        assert planned.due_at >= now
        assert planned.due_at < planned.expires_at <= slot
        assert planned.rule.channel is not Channel.LETTER
