"""Moment 1c: the schema knows from the start what later pages fill."""

from __future__ import annotations

from sqlalchemy import UniqueConstraint

from outreach.clinics.codes import SessionKind
from outreach.schema import metadata


def _columns(table: str) -> set[str]:
    return set(metadata().tables[table].columns.keys())


def test_moment_1c_a_household_knows_building_unit_floor_and_lift() -> None:
    assert {"building", "unit", "floor", "has_lift"} <= _columns("household")


def test_moment_1c_an_appointment_may_have_more_than_one_planned_dose() -> None:
    keys = metadata().tables["planned_dose"].constraints
    unique = [set(k.columns.keys()) for k in keys if isinstance(k, UniqueConstraint)]
    assert {"appointment_id", "campaign_id"} in unique
    assert {"appointment_id"} not in unique


def test_moment_1c_sessions_come_in_four_kinds_and_infections_have_dates() -> None:
    assert {str(kind) for kind in SessionKind} == {"clinic", "pop_up", "home_round", "institution"}
    assert "infected_on" in _columns("infection")


def test_moment_1c_the_days_happenings_are_events_with_ids_of_the_phones_own() -> None:
    events = metadata().tables["day_event"]
    assert events.columns["uuid"].unique
    assert {"happened_at", "received_at", "voids_id"} <= _columns("day_event")
