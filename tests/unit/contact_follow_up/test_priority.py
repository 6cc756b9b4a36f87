"""Why somebody stands where on the list: reasons with points that sum."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from outreach.contact.priority import Claim, Why, points_of, reasons_for

DAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
DAYS = st.one_of(st.none(), st.dates(DAY - timedelta(400), DAY + timedelta(60)))
CLAIMS = st.builds(
    Claim,
    day=st.just(DAY),
    now=st.just(NOW),
    age=st.one_of(st.none(), st.integers(60, 110)),
    lives_alone=st.booleans(),
    next_action=st.sampled_from(["", "call", "decide_life", "verify_dose", "review_life"]),
    next_contact_on=DAYS,
    past_due_on=DAYS,
    earliest_on=DAYS,
    last_contact_on=st.one_of(st.none(), st.dates(DAY - timedelta(400), DAY)),
    is_agreed=st.booleans(),
    has_answer=st.booleans(),
    owed_calls=st.integers(0, 3),
)


@given(CLAIMS)
def test_reasons_come_weightiest_first_and_each_weighs_something(claim: Claim) -> None:
    reasons = reasons_for(claim)
    assert [r.points for r in reasons] == sorted((r.points for r in reasons), reverse=True)
    assert all(r.points >= 0 for r in reasons)
    assert len({r.why for r in reasons}) == len(reasons)


@given(CLAIMS)
def test_living_alone_never_moves_anybody_down(claim: Claim) -> None:
    alone, not_alone = replace(claim, lives_alone=True), replace(claim, lives_alone=False)
    assert points_of(reasons_for(alone)) > points_of(reasons_for(not_alone))


def test_a_promise_comes_before_the_oldest_person_who_lives_alone() -> None:
    promised = Claim(
        DAY, NOW, age=80, promised_call_at=NOW + timedelta(hours=5), is_promised_today=True
    )
    oldest = Claim(
        DAY,
        NOW,
        age=104,
        lives_alone=True,
        past_due_on=DAY - timedelta(days=300),
        next_contact_on=DAY - timedelta(days=60),
    )
    assert points_of(reasons_for(promised)) > points_of(reasons_for(oldest))
    assert reasons_for(promised)[0].why is Why.PROMISED_CALL


def test_a_word_about_a_life_with_a_ride_booked_comes_before_everything() -> None:
    live = Claim(DAY, NOW, age=80, is_booked_while_reported=True, next_action="decide_life")
    everything = Claim(
        DAY, NOW, age=104, lives_alone=True, has_answer=True, next_action="decide_life"
    )
    assert reasons_for(live)[0].points > max(r.points for r in reasons_for(everything))
