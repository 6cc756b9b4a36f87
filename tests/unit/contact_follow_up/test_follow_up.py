"""What follows from contacts, read off the attempts alone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.contact.codes import CONTACT_OUTCOMES, REACHED, Channel
from outreach.contact.follow_up import (
    DAYS_TO_NEXT,
    LADDER,
    UNREACHED,
    Draft,
    Tried,
    missing_parts,
    next_contact,
    read_attempts,
)
from outreach.ledger.rules import Stage

START = date(2026, 11, 1)
CHANNELS = [Channel.SMS, Channel.CALL, Channel.DOCTOR_CALL, Channel.VISIT]


def tried(day: int, outcome: str, channel: Channel = Channel.CALL, **more: object) -> Tried:
    on = START + timedelta(days=day)
    at = datetime(on.year, on.month, on.day, 2, tzinfo=UTC)
    return Tried(at=at, on=on, channel=channel, outcome=outcome, **more)  # type: ignore[arg-type]


ATTEMPTS = st.lists(
    st.builds(
        tried,
        st.integers(0, 400),
        st.sampled_from(sorted(CONTACT_OUTCOMES)),
        st.sampled_from(CHANNELS),
        is_inbound=st.booleans(),
    ),
    max_size=12,
)


def test_every_outcome_says_when_to_try_again() -> None:
    assert set(DAYS_TO_NEXT) == set(CONTACT_OUTCOMES)


def test_no_outcome_is_both_reached_and_unreached() -> None:
    assert not REACHED & UNREACHED


@given(ATTEMPTS)
def test_the_order_in_which_attempts_are_read_changes_nothing(found: list[Tried]) -> None:
    distinct = list({t.at: t for t in found}.values())
    assert read_attempts(distinct, round_from=None) == read_attempts(
        distinct[::-1], round_from=None
    )


@given(ATTEMPTS, st.integers(0, 400))
def test_dont_ask_again_outlives_every_dose(found: list[Tried], dose_day: int) -> None:
    asked = [t for t in found if t.outcome == "C15"]
    reopened = [t for t in found if t.is_inbound or t.channel is Channel.DOCTOR_CALL]
    if asked and not reopened:
        standing = read_attempts(found, round_from=START + timedelta(days=dose_day))
        assert standing.do_not_ask
        assert standing.stage is Stage.NONE or standing.stage is Stage.CONSIDERING


@given(ATTEMPTS)
def test_a_no_that_stands_is_never_older_than_its_last_yes(found: list[Tried]) -> None:
    standing = read_attempts(found, round_from=None)
    if standing.declined_until is not None:
        last_no = max(t.at for t in found if t.outcome == "C04")
        yes = [t for t in found if t.outcome in {"C01", "C02"} and t.at > last_no]
        assert not yes or standing.do_not_ask


@given(ATTEMPTS)
def test_who_is_unreachable_was_visited(found: list[Tried]) -> None:
    standing = read_attempts(found, round_from=None)
    if standing.is_unreachable:
        assert any(t.channel is Channel.VISIT and t.outcome in UNREACHED for t in found)
        assert standing.unreached_since is not None


@given(ATTEMPTS)
def test_the_next_rung_is_on_the_ladder(found: list[Tried]) -> None:
    standing = read_attempts(found, round_from=None)
    assert standing.next_channel in {"", *(rung for rung, _ in LADDER)}
    if standing.do_not_ask:
        assert standing.next_channel == ""


def test_a_dose_begins_a_new_round() -> None:
    found = [tried(0, "C04"), tried(5, "C01")]
    standing = read_attempts(found, round_from=START + timedelta(days=10))
    assert standing.stage is Stage.NONE
    assert standing.refusals == 0
    assert standing.next_contact_on is None
    assert standing.last_contact_at == found[1].at


def test_the_day_agreed_upon_wins_over_the_table_but_never_over_a_no() -> None:
    agreed = START + timedelta(days=3)
    assert next_contact(tried(0, "C03", next_contact_on=agreed)) == agreed
    assert next_contact(tried(0, "C04", next_contact_on=agreed)) == START + timedelta(days=90)
    assert next_contact(tried(0, "C15", next_contact_on=agreed)) is None


@pytest.mark.parametrize(
    ("attempts", "rung"),
    [
        ([tried(0, "C16", Channel.SMS)], "call"),
        ([tried(0, "C09")], "call"),
        ([tried(0, "C09"), tried(1, "C09")], "visit"),
        ([tried(0, "C03"), tried(1, "C09"), tried(2, "C09")], "doctor_call"),
        ([tried(0, "C04", main_reason="H01")], "doctor_call"),
        ([tried(0, "C03", Channel.DOCTOR_CALL, main_reason="H01")], "visit"),
        ([tried(0, "C11")], "visit"),
        ([tried(0, "C12")], "visit"),
        ([tried(0, "C03", main_reason="H10")], "call"),
        ([tried(0, "C15")], ""),
    ],
)
def test_the_ladder_climbs_as_written(attempts: list[Tried], rung: str) -> None:
    assert read_attempts(attempts, round_from=None).next_channel == rung


def test_a_promised_call_is_kept_by_the_next_attempt() -> None:
    promised = datetime(2026, 11, 4, 7, tzinfo=UTC)
    first = tried(0, "C09", promised_call_at=promised)
    assert read_attempts([first], round_from=None).promised_call_at == promised
    assert read_attempts([first, tried(3, "C09")], round_from=None).promised_call_at is None


def test_a_clinician_may_name_what_a_worker_may_only_ask() -> None:
    draft = Draft(channel=Channel.CALL, outcome="C08", deferral_code="D12")
    assert missing_parts(draft, today=START, is_clinician=True) == []
    assert missing_parts(draft, today=START, is_clinician=False) == ["deferral_code"]
    unnamed = Draft(channel=Channel.CALL, outcome="C08")
    assert missing_parts(unnamed, today=START, is_clinician=False) == []


@pytest.mark.parametrize("days", [0, -1, 181])
def test_a_next_contact_lies_in_the_coming_half_year(days: int) -> None:
    draft = Draft(channel=Channel.CALL, outcome="C03", next_contact_on=START + timedelta(days=days))
    assert missing_parts(draft, today=START, is_clinician=False) == ["next_contact_on"]
