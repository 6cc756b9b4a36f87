"""The table of purposes, decent hours, caps and back-off."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.contact.codes import OptOutScope, Purpose, Step
from outreach.contact.rules import (
    ANSWERS,
    Caps,
    DecentHours,
    Due,
    Facts,
    Next,
    Reached,
    back_off_s,
    decide,
    hold,
    is_owed_a_call,
    next_decent,
    room_at,
    silence,
    try_again_at,
)
from outreach.ledger.codes import EntryStatus

ZONE = ZoneInfo("Asia/Shanghai")
HOURS = DecentHours(
    zone=ZONE,
    usual=((time(8, 30), time(11, 30)), (time(14, 30), time(19, 30))),
    ride=((time(6, 30), time(21)),),
    is_holiday=lambda day: day == date(2026, 10, 1),
)
STEP = {
    Purpose.NUDGE: Step.INVITE,
    Purpose.APPOINTMENT: Step.T_MINUS_1,
    Purpose.RIDE: Step.PROMISE,
    Purpose.AFTERCARE: Step.T_PLUS_1,
}
GIVEN = Facts(dose_recorded=True)
_FIRST = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp())
INSTANTS = st.integers(0, 2 * 366 * 86_400).map(lambda s: datetime.fromtimestamp(_FIRST + s, UTC))


def why(purpose: Purpose, step: Step | None = None, **facts: Any) -> str | None:
    return silence(purpose, step or STEP[purpose], "sms", Facts(**facts))


def local(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=ZONE)


@pytest.mark.parametrize("purpose", list(Purpose))
@pytest.mark.parametrize("facts", [{"is_deceased": True}, {"is_held_all": True}])
def test_death_and_a_hold_of_everything_silence_every_purpose(
    purpose: Purpose, facts: dict[str, Any]
) -> None:
    assert why(purpose, **facts) in {"deceased", "held_all"}


@pytest.mark.parametrize("purpose", list(Purpose))
def test_an_opt_out_from_everything_silences_every_purpose(purpose: Purpose) -> None:
    assert why(purpose, opted_out=OptOutScope.EVERYTHING) == "opted_out_all"


def test_moment_3a_an_opt_out_of_nudges_leaves_visits_and_rides() -> None:
    assert why(Purpose.NUDGE, opted_out=OptOutScope.NUDGES) == "opted_out"
    assert why(Purpose.AFTERCARE, opted_out=OptOutScope.NUDGES) == "opted_out"
    assert why(Purpose.APPOINTMENT, opted_out=OptOutScope.NUDGES) is None
    assert why(Purpose.RIDE, opted_out=OptOutScope.NUDGES) is None


@pytest.mark.parametrize(
    "status",
    [
        EntryStatus.VACCINATED,
        EntryStatus.EXEMPT,
        EntryStatus.DEFERRED,
        EntryStatus.DECLINED,
        EntryStatus.MOVED,
        EntryStatus.DECEASED,
        EntryStatus.BOOKED,
    ],
)
def test_a_nudge_never_goes_to_someone_of_this_status(status: EntryStatus) -> None:
    assert why(Purpose.NUDGE, entry_status=status) == status.value
    assert why(Purpose.RIDE, entry_status=status) is None


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"is_mourning": True}, "mourning"),
        ({"is_snoozed": True}, "snoozed"),
        ({"has_unread_reply": True}, "reply_unread"),
        ({"is_held_nudges": True}, "held_nudges"),
        ({"do_not_ask": True}, "do_not_ask"),
        ({"campaign_is_cancelled": True}, "campaign_cancelled"),
    ],
)
def test_what_else_silences_nudges_leaves_rides_alone(facts: dict[str, Any], reason: str) -> None:
    assert why(Purpose.NUDGE, **facts) == reason
    assert why(Purpose.RIDE, **facts) is None


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"appointment_stands": False}, "appointment_over"),
        ({"dose_recorded": True}, "dose_recorded"),
        ({"deferred_since": True}, "deferred"),
    ],
)
def test_what_silences_appointment_messages(facts: dict[str, Any], reason: str) -> None:
    assert why(Purpose.APPOINTMENT, **facts) == reason


def test_a_strike_off_does_not_stop_the_ride_home() -> None:
    facts: dict[str, Any] = {"dose_recorded": True, "entry_status": EntryStatus.VACCINATED}
    assert why(Purpose.RIDE, Step.ON_THE_WAY_HOME, **facts) is None
    assert why(Purpose.RIDE, Step.PROMISE, **facts) is None


def test_a_leg_that_is_over_silences_its_promise_but_not_its_end() -> None:
    assert why(Purpose.RIDE, Step.PROMISE, leg_is_over=True) == "leg_over"
    assert why(Purpose.RIDE, Step.RIDE_CANCELLED, leg_is_over=True) is None


def test_a_cancellation_is_told_only_while_it_is_true() -> None:
    assert why(Purpose.APPOINTMENT, Step.CANCELLED, appointment_stands=False) is None
    assert why(Purpose.APPOINTMENT, Step.CANCELLED, appointment_stands=True) == "appointment_stands"


def test_how_are_you_is_asked_only_after_a_dose_and_only_of_who_wants_it() -> None:
    assert silence(Purpose.AFTERCARE, Step.T_PLUS_1, "sms", GIVEN) is None
    assert why(Purpose.AFTERCARE) == "no_dose"
    assert why(Purpose.AFTERCARE, dose_recorded=True, asked_no_aftercare=True) == "asked_not_to"


def test_moment_3d_only_if_something_changes() -> None:
    assert why(Purpose.APPOINTMENT, wants_changes_only=True) == "wants_changes_only"
    assert why(Purpose.APPOINTMENT, Step.CHANGED, wants_changes_only=True) is None
    assert why(Purpose.APPOINTMENT, Step.CANCELLED, wants_changes_only=True) is None
    assert why(Purpose.RIDE, Step.PROMISE, wants_changes_only=True) == "wants_changes_only"
    assert why(Purpose.RIDE, Step.PROMISE_MOVED, wants_changes_only=True) is None


def test_moment_2f_with_a_word_about_a_life_rides_wait_visibly() -> None:
    facts = Facts(awaits_decision=True)
    assert silence(Purpose.RIDE, Step.PROMISE, "sms", facts) is None
    assert hold(Purpose.RIDE, Step.PROMISE, facts) == "awaits_decision"
    assert silence(Purpose.NUDGE, Step.INVITE, "sms", facts) == "held_nudges"


def test_an_unread_reply_holds_everything_but_rides() -> None:
    facts = Facts(has_unread_reply=True)
    assert hold(Purpose.APPOINTMENT, Step.T_MINUS_1, facts) == "reply_unread"
    assert hold(Purpose.RIDE, Step.PROMISE, facts) is None


def test_the_opt_out_is_confirmed_although_it_stands() -> None:
    facts = Facts(opted_out=OptOutScope.EVERYTHING)
    assert silence(Purpose.APPOINTMENT, Step.OPT_OUT_CONFIRMED, "sms", facts) is None


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (local(23, 6), local(23, 8, 30)),
        (local(23, 9), local(23, 9)),
        (local(23, 12), local(23, 14, 30)),
        (local(23, 19, 30), local(24, 8, 30)),
        (local(1, 9, month=10), local(2, 8, 30, month=10)),
    ],
)
def test_nudges_wait_for_decent_hours_noon_rest_and_holidays(
    at: datetime, expected: datetime
) -> None:
    assert next_decent(at, purpose=Purpose.NUDGE, hours=HOURS) == expected


def test_rides_have_wider_hours_and_know_no_holiday() -> None:
    assert next_decent(local(23, 6, 45), purpose=Purpose.RIDE, hours=HOURS) == local(23, 6, 45)
    assert next_decent(local(23, 12), purpose=Purpose.RIDE, hours=HOURS) == local(23, 12)
    assert next_decent(local(1, 9, month=10), purpose=Purpose.RIDE, hours=HOURS) == local(
        1, 9, month=10
    )
    assert next_decent(local(23, 22), purpose=Purpose.RIDE, hours=HOURS) == local(24, 6, 30)


@given(
    INSTANTS,
    st.sampled_from(list(Purpose)),
    st.sampled_from(["Asia/Shanghai", "Europe/London", "America/New_York"]),
)
def test_fault_10_decent_instants_are_decent_in_any_zone(
    at: datetime, purpose: Purpose, zone: str
) -> None:
    hours = DecentHours(ZoneInfo(zone), HOURS.usual, HOURS.ride, lambda day: day.day == 1)
    found = next_decent(at, purpose=purpose, hours=hours)
    local_time = found.astimezone(hours.zone).time()
    assert found >= at
    assert any(opens <= local_time < closes for opens, closes in hours.spans(purpose))
    assert next_decent(found, purpose=purpose, hours=hours) == found


NOW = local(23, 10)
CAPS = Caps()


def reached(minutes_ago: int, **changes: object) -> Reached:
    plain: dict[str, object] = {
        "at": NOW - timedelta(minutes=minutes_ago),
        "purpose": Purpose.APPOINTMENT,
        "body_hash": b"other",
        "is_same_number": True,
    }
    return Reached(**(plain | changes))  # type: ignore[arg-type]


def room(earlier: list[Reached], purpose: Purpose = Purpose.APPOINTMENT) -> datetime:
    return room_at(earlier, purpose=purpose, body_hash=b"this", caps=CAPS, now=NOW)


def test_the_third_identical_text_in_a_day_waits_until_the_first_is_a_day_old() -> None:
    same = [reached(60, body_hash=b"this"), reached(120, body_hash=b"this")]
    assert room(same[:1]) == NOW
    assert room(same) == NOW - timedelta(minutes=120) + timedelta(hours=24)


def test_the_fifth_text_to_a_number_in_a_day_waits() -> None:
    assert room([reached(m) for m in (10, 20, 30)]) == NOW
    assert room([reached(m) for m in (10, 20, 30, 40)]) > NOW


def test_one_nudge_a_day_for_a_household() -> None:
    other = reached(300, purpose=Purpose.NUDGE, is_same_number=False)
    assert room([other], Purpose.NUDGE) == other.at + timedelta(hours=24)
    assert room([other], Purpose.APPOINTMENT) == NOW


@given(
    st.lists(
        st.builds(
            reached,
            st.integers(0, 3000),
            body_hash=st.sampled_from([b"this", b"other"]),
            is_same_number=st.booleans(),
            purpose=st.sampled_from(list(Purpose)),
        ),
        max_size=20,
    ),
    st.sampled_from(list(Purpose)),
)
def test_room_is_room(earlier: list[Reached], purpose: Purpose) -> None:
    at = room(earlier, purpose)
    window = [r for r in earlier if at - CAPS.window < r.at <= at]
    own = [r for r in window if r.is_same_number]
    assert len(own) < CAPS.any_per_number
    assert sum(r.body_hash == b"this" for r in own) < CAPS.identical_per_number
    assert len(window) < CAPS.any_per_household


def due(purpose: Purpose, step: Step | None = None, **changes: object) -> Due:
    plain: dict[str, object] = {
        "purpose": purpose,
        "step": step or STEP[purpose],
        "channel": "sms",
        "created_at": NOW,
        "expires_at": NOW + timedelta(hours=12),
        "body_hash": b"this",
    }
    return Due(**(plain | changes))  # type: ignore[arg-type]


def verdict(due: Due, facts: Facts = Facts(), *, now: datetime = NOW, earlier: int = 0) -> Next:  # noqa: B008
    return decide(
        due,
        facts,
        earlier=[reached(m) for m in range(earlier)],
        hours=HOURS,
        caps=CAPS,
        now=now,
    ).next


def test_moment_3d_caps_never_drop_or_delay_a_ride_message() -> None:
    assert verdict(due(Purpose.RIDE), earlier=10) is Next.SEND
    assert verdict(due(Purpose.APPOINTMENT), earlier=10) is Next.EXPIRE


def test_fault_9_what_is_stale_on_waking_expires_and_is_not_sent_at_night() -> None:
    late = local(23, 23)
    assert verdict(due(Purpose.APPOINTMENT, expires_at=local(23, 21)), now=late) is Next.EXPIRE
    assert verdict(due(Purpose.APPOINTMENT, expires_at=local(24, 12)), now=late) is Next.WAIT


def test_an_answer_goes_out_at_once_to_who_just_wrote_but_not_hours_later() -> None:
    night = local(23, 22)
    fresh = due(Purpose.APPOINTMENT, Step.FEEL_BAD, created_at=night, expires_at=local(24, 10))
    stale = due(Purpose.APPOINTMENT, Step.FEEL_BAD, created_at=NOW, expires_at=local(24, 10))
    assert verdict(fresh, now=night) is Next.SEND
    assert verdict(stale, now=night) is Next.WAIT


@given(
    st.sampled_from([s for s in Step if s not in ANSWERS]),
    st.sampled_from(list(Purpose)),
    INSTANTS,
    st.integers(0, 12),
)
def test_nothing_is_ever_sent_outside_decent_hours(
    step: Step, purpose: Purpose, now: datetime, earlier: int
) -> None:
    decided = verdict(
        due(purpose, step, created_at=now, expires_at=None), GIVEN, now=now, earlier=earlier
    )
    if decided is Next.SEND:
        assert next_decent(now, purpose=purpose, hours=HOURS) == now


def test_back_off_doubles_with_jitter_is_capped_and_honours_retry_after() -> None:
    assert [back_off_s(n, jitter=0.5) for n in (1, 2, 3)] == [30, 60, 120]
    assert back_off_s(12, jitter=0.5) == 1800
    assert back_off_s(1, jitter=0.0) == 24
    assert back_off_s(1, jitter=0.5, retry_after_s=90) == 90


def test_given_up_messages_are_tried_again_as_often_as_makes_sense() -> None:
    assert try_again_at("phone_off", tries=1, now=NOW) == NOW + timedelta(days=1)
    assert try_again_at("phone_off", tries=2, now=NOW) is None
    assert try_again_at("unexplained", tries=1, now=NOW) is None
    assert try_again_at("bad_number", tries=0, now=NOW) is None


def test_whom_no_text_reaches_and_who_must_know_is_called() -> None:
    assert is_owed_a_call(Purpose.APPOINTMENT, Step.T_MINUS_1, "landline")
    assert is_owed_a_call(Purpose.RIDE, Step.PROMISE_MOVED, "opted_out_all")
    assert not is_owed_a_call(Purpose.RIDE, Step.PROMISE, "deceased")
    assert not is_owed_a_call(Purpose.NUDGE, Step.INVITE, "landline")
