"""A visit is what its events say, whatever order they arrive in and however often."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from outreach.clinics.codes import AppointmentStatus, DayEventKind
from outreach.clinics.visit import Happening, VisitStage, status_from, visit_of

K = DayEventKind
START = datetime(2026, 11, 26, 1, tzinfo=UTC)


def event(kind: K, minute: int, key: str = "", **facts: object) -> Happening:
    return Happening(key or f"{kind}-{minute}", kind, START + timedelta(minutes=minute), facts)


WHOLE_VISIT = [
    event(K.PICKED_UP, 0),
    event(K.AT_SITE, 20),
    event(K.REGISTERED, 25),
    event(K.SCREENED, 30),
    event(K.JABBED, 35),
    event(K.OBSERVING, 36),
    event(K.READY, 66),
    event(K.LEFT_SITE, 70),
    event(K.HANDED_OVER, 90),
]
EVENTS = st.lists(
    st.builds(
        lambda kind, minute: event(kind, minute, minutes=10, reason="x"),
        st.sampled_from([k for k in K if k is not K.VOIDED]),
        st.integers(0, 300),
    ),
    max_size=12,
)


@given(EVENTS, st.randoms(use_true_random=False))
def test_fault_58_order_and_repetition_change_nothing(
    events: list[Happening], chance: random.Random
) -> None:
    shuffled = events * 2
    chance.shuffle(shuffled)
    assert visit_of(shuffled) == visit_of(events)


@given(EVENTS)
def test_nobody_is_ready_before_the_observation_ends(events: list[Happening]) -> None:
    visit = visit_of(events)
    if visit.jab_at is not None and visit.ready_at is not None:
        due = timedelta(minutes=30 + visit.extended_minutes)
        assert visit.ready_at >= visit.jab_at + due


def test_each_step_brings_the_visit_further() -> None:
    stages = [visit_of(WHOLE_VISIT[: i + 1]).stage for i in range(len(WHOLE_VISIT))]
    assert stages == [
        VisitStage.ON_THE_WAY,
        VisitStage.AT_SITE,
        VisitStage.REGISTERED,
        VisitStage.SCREENED,
        VisitStage.OBSERVING,
        VisitStage.OBSERVING,
        VisitStage.READY,
        VisitStage.LEFT,
        VisitStage.HANDED_OVER,
    ]
    assert visit_of([]).stage is VisitStage.EXPECTED


def test_moment_1d_no_dose_means_ready_at_once() -> None:
    visit = visit_of([*WHOLE_VISIT[:4], event(K.NO_DOSE, 33, result="V04")])
    assert visit.home_ready_at == START + timedelta(minutes=33)
    assert visit.visit_result == "V04"
    assert status_from(visit, before=AppointmentStatus.ARRIVED) is AppointmentStatus.NO_DOSE


def test_an_extension_moves_the_clock_and_says_why() -> None:
    visit = visit_of(
        [event(K.JABBED, 0), event(K.OBSERVATION_EXTENDED, 20, minutes=15, reason="头晕")]
    )
    assert visit.ready_due_at == START + timedelta(minutes=45)
    assert visit.extension_reason == "头晕"


def test_a_tap_taken_back_is_as_if_it_had_not_been() -> None:
    jab = event(K.JABBED, 35, key="jab")
    back = Happening("back", K.VOIDED, START + timedelta(minutes=36), voids="jab")
    visit = visit_of([*WHOLE_VISIT[:4], jab, back])
    assert visit.jab_at is None
    assert status_from(visit, before=AppointmentStatus.DONE) is AppointmentStatus.ARRIVED
    alone = visit_of([jab, back])
    assert status_from(alone, before=AppointmentStatus.DONE) is AppointmentStatus.CONFIRMED


def test_a_reaction_is_part_of_the_result() -> None:
    jab = event(K.JABBED, 0)
    assert visit_of([jab]).visit_result == "V01"
    assert visit_of([jab, event(K.ADVERSE_EVENT, 9, code="A2")]).visit_result == "V07"
    assert visit_of([jab, event(K.ADVERSE_EVENT, 9, code="A5")]).visit_result == "V08"


def test_a_late_tap_reopens_what_was_called_a_no_show() -> None:
    visit = visit_of([event(K.AT_SITE, 0)])
    assert status_from(visit, before=AppointmentStatus.NO_SHOW) is AppointmentStatus.ARRIVED
    nothing = visit_of([event(K.CALLED, 0)])
    assert status_from(nothing, before=AppointmentStatus.NO_SHOW) is AppointmentStatus.NO_SHOW
