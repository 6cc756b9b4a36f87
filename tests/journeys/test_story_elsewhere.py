"""The story in another place (moment 1j), in English on PostgreSQL: other phones, dates and names."""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo

import pytest

from tests.journeys.conftest import Installation, Visitor
from tests.journeys.test_story import Cast, Story, play

ENGLAND = Cast(
    place="en",
    zone=ZoneInfo("Europe/London"),
    ledger="ledger-millbank.csv",
    to_mend=1,
    street="Northgate",
    community="Millbank",
    elder="Rose Thorpe",
    mark="Thorpe",
    daughter="Helen Thorpe",
    staying_at=("91/03 Ringway Gardens", "52.1990", "-0.8912"),
    question="She takes tablets for her blood pressure. May she have it?",
    answer="Yes, with a steady pressure and the tablets taken.",
    confirms="1",
    told=("is booked", "will be at the door", "on the way home"),
    nudging="Reply T to stop",
)


@pytest.mark.browser
def test_moment_1j_the_story_runs_in_an_english_place(
    installation: Callable[[str, str], Installation], visitor: Callable[..., Visitor]
) -> None:
    place = installation("postgresql", "en")
    play(Story(place, visitor, cast=ENGLAND, language="en", pictures=None))
