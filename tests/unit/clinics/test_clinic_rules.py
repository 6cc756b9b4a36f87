"""Rules of an appointment: a way home for everyone we bring, allowed moves, codes of cancellation."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.clinics.codes import NEXT_APPOINTMENT_STATUS, AppointmentStatus, Mode
from outreach.clinics.rules import (
    WayHomeMissing,
    Ways,
    cancel_code,
    check_move,
    check_ways,
    ready_due_at,
)
from outreach.kernel.errors import MoveNotAllowed

SLOT = datetime(2026, 11, 26, 2, tzinfo=UTC)


@given(
    st.sampled_from(Mode), st.sampled_from(Mode), st.text(max_size=3), st.none() | st.integers(1, 9)
)
def test_moment_1a_whoever_we_bring_has_our_car_or_a_named_person_home(
    outbound: Mode, homeward: Mode, name: str, contact: int | None
) -> None:
    ways = Ways(outbound, homeward, return_with=name, return_contact_id=contact)
    is_safe = (
        outbound is not Mode.OUR_CAR
        or homeward is Mode.OUR_CAR
        or bool(name.strip())
        or contact is not None
    )
    if is_safe:
        check_ways(ways)
    else:
        with pytest.raises(WayHomeMissing):
            check_ways(ways)


def test_every_status_has_its_allowed_moves() -> None:
    assert set(NEXT_APPOINTMENT_STATUS) == set(AppointmentStatus)
    for status, following in NEXT_APPOINTMENT_STATUS.items():
        assert status not in following
        check_move(status, status)


def test_a_visit_that_was_made_cannot_be_cancelled() -> None:
    with pytest.raises(MoveNotAllowed):
        check_move(AppointmentStatus.DONE, AppointmentStatus.CANCELLED)


@given(st.integers(0, 240))
def test_nobody_is_ready_before_thirty_minutes(extended: int) -> None:
    due = ready_due_at(SLOT, extended_minutes=extended)
    assert due - SLOT == timedelta(minutes=30 + extended)


@pytest.mark.parametrize(
    ("hours", "asked", "code"),
    [(3, "", "R04"), (2, "R05", "R04"), (1, "R04", "R05"), (1, "R06", "R06"), (9, "R15", "R15")],
)
def test_a_cancellation_is_coded_by_how_early_it_comes(hours: int, asked: str, code: str) -> None:
    assert cancel_code(asked=asked, now=SLOT - timedelta(hours=hours), slot_at=SLOT) == code
