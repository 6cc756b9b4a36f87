"""The story in the pairs of database and language that the shorter run leaves out."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.journeys.conftest import Installation, Visitor
from tests.journeys.test_story import CHINA, Story, play

pytestmark = pytest.mark.longer


@pytest.mark.browser
@pytest.mark.parametrize(
    ("kind", "language"), [("postgresql", "zh"), ("sqlite", "en"), ("postgresql", "en")]
)
def test_the_story_runs_on_either_database_in_either_language(
    installation: Callable[[str, str], Installation],
    visitor: Callable[..., Visitor],
    kind: str,
    language: str,
) -> None:
    play(Story(installation(kind, "zh"), visitor, cast=CHINA, language=language, pictures=None))
