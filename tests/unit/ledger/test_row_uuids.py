"""UUIDs of rows written in bulk: of a known form, never twice, and in the order of their making."""

from __future__ import annotations

from time import sleep
from uuid import RFC_4122, UUID

from outreach.ledger.bulk import row_uuids


def test_each_is_a_uuid_of_version_7_and_none_comes_twice() -> None:
    made = [*row_uuids(3000), *row_uuids(3000), *row_uuids(1)]
    assert len(set(made)) == 6001
    assert {(UUID(one).version, UUID(one).variant) for one in made} == {(7, RFC_4122)}
    assert all(UUID(one).hex == one for one in made)


def test_later_ones_stand_behind_earlier_ones() -> None:
    earlier = row_uuids(50)
    sleep(0.002)
    assert max(earlier) < min(row_uuids(50))


def test_none_are_made_for_no_rows() -> None:
    assert row_uuids(0) == []
