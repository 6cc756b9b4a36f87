"""Whom one is told to ring when a life is in danger: the number of one's own country."""

from __future__ import annotations

import pytest

from outreach.kernel.place import emergency_number


@pytest.mark.parametrize(
    ("country", "number"), [("CN", "120"), ("GB", "999"), ("gb", "999"), ("FR", "112"), ("", "112")]
)
def test_the_ambulance_is_reached_by_the_number_of_the_country(country: str, number: str) -> None:
    assert emergency_number(country) == number
