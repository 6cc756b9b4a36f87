"""Work, rides and messages: every number of people opens a list of exactly so many."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

import pytest
from flask.testing import FlaskClient

from tests.builders.city import City

Leader = Callable[..., FlaskClient]
NAME = re.compile(r"甲\d+")
DAYS = "since=2026-11-01&until=2026-11-23"


@pytest.mark.parametrize("page", ["work", "rides", "messages", "cohorts"])
def test_drill_down_of_every_number_of_work_rides_and_messages(
    leader: Leader, city: City, page: str
) -> None:
    client = leader()
    opened = 0
    for area in ("", city.streets[0], city.grids[0]):
        html = client.get(f"/oversight/{page}?{DAYS}&area={area}").get_data(as_text=True)
        found = re.findall(r'<a class="figure" href="(/oversight/people[^"]*)">([\d,]+)</a>', html)
        for to, number in found:
            people = client.get(unescape(to)).get_data(as_text=True)
            title = re.search(r"<h1[^>]*>(.*?)</h1>", people, re.DOTALL)
            assert title
            assert title[1].strip().endswith(f": {number}"), to
            opened += 1
    assert opened > 15 or page != "work"


@pytest.mark.parametrize("page", ["work", "rides", "messages", "cohorts"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_pages_of_work_name_nobody_without_the_right(
    leader: Leader, city: City, page: str, language: str
) -> None:
    client = leader(names=False, language=language)
    for area in ("", city.communities[0], city.grids[0]):
        answer = client.get(f"/oversight/{page}?{DAYS}&area={area}")
        assert answer.status_code == 200
        html = answer.get_data(as_text=True)
        assert not NAME.search(html)
        assert "/oversight/people" not in html
    answer = client.get(f"/oversight/people?list=stage:first&{DAYS}")
    assert answer.status_code == 403
    assert not NAME.search(answer.get_data(as_text=True))


def test_a_list_that_does_not_exist_is_not_found(leader: Leader, city: City) -> None:
    client = leader()
    for opens in (
        "nonsense:x",
        "channel:smoke-tried",
        "worker:x-due",
        "cohort:x",
        "cohort:2026-11-16-x",
        "",
    ):
        assert client.get(f"/oversight/people?list={opens}").status_code == 404
