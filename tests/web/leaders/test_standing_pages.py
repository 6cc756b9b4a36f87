"""Pages of where we stand: every number a link to its people, and none of that without the right."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from outreach.audit.models import AuditEntry
from outreach.db import Database
from tests.builders.city import City

Leader = Callable[..., FlaskClient]
NAME = re.compile(r"甲\d+")


def links(html: str, page: str) -> list[tuple[str, int]]:
    """Return the figures of a page that open: address and number."""
    found = re.findall(rf'<a class="figure" href="({page}[^"]*)">([\d,]+)</a>', html)
    return [(unescape(to), int(number.replace(",", ""))) for to, number in found]


def test_drill_down_of_every_figure_on_the_pages_from_district_to_grid(
    leader: Leader, city: City
) -> None:
    client = leader()
    opened = 0
    for area in (None, city.streets[0], city.communities[0], city.grids[0]):
        for by in ("age", "reason"):
            address = "/standing" if area is None else f"/standing/{area}"
            html = client.get(f"{address}?by={by}").get_data(as_text=True)
            for to, number in links(html, "/standing/people"):
                page = client.get(to).get_data(as_text=True)
                title = re.search(r"<h1[^>]*>(.*?)</h1>", page, re.DOTALL)
                assert title
                assert title[1].strip().endswith(f": {number:,}"), to
                assert len(set(NAME.findall(page))) == min(number, 50), to
                opened += 1
    assert opened > 60


def test_a_leader_goes_from_the_district_to_the_people_of_one_grid(
    leader: Leader, city: City
) -> None:
    client = leader(language="zh")
    html = client.get("/standing").get_data(as_text=True)
    for level in (city.streets[0], city.communities[0], city.grids[0]):
        assert f"/standing/{level}?" in html
        html = client.get(f"/standing/{level}").get_data(as_text=True)
    assert "待接种" in html


def test_no_name_is_in_any_answer_without_the_right(leader: Leader, city: City) -> None:
    client = leader(names=False)
    areas = [None, *city.streets, *city.communities, *city.grids[:2]]
    for area in areas:
        for by in ("age", "mobility", "alone", "doses", "reason", "deferral"):
            for basis in ("registration", "residence"):
                address = "/standing" if area is None else f"/standing/{area}"
                answer = client.get(f"{address}?by={by}&basis={basis}")
                html = answer.get_data(as_text=True)
                assert answer.status_code == 200
                assert not NAME.search(html)
                assert "/standing/people" not in html
    answer = client.get(f"/standing/people?figure=due&area={city.streets[0]}")
    assert answer.status_code == 403
    assert not NAME.search(answer.get_data(as_text=True))


def test_small_numbers_are_hidden_without_the_right(leader: Leader, city: City) -> None:
    html = leader(names=False).get(f"/standing/{city.communities[0]}").get_data(as_text=True)
    shown = [int(n) for n in re.findall(r'<span class="figure">(\d+)</span>', html)]
    assert shown
    assert not [n for n in shown if 0 < n < 5]
    assert "figure--hidden" in html


@pytest.mark.parametrize("path", ["/standing/{}", "/standing/people?figure=due&area={}"])
def test_another_district_looks_as_if_it_did_not_exist(
    leader: Leader, city: City, path: str
) -> None:
    client = leader(area=city.streets[0])
    assert client.get(path.format(city.streets[1])).status_code == 404
    assert client.get(path.format(999_999)).status_code == 404


def test_an_unknown_figure_is_not_found_and_a_strange_value_is_nobody(
    leader: Leader, city: City
) -> None:
    client = leader()
    assert client.get("/standing/people?figure=nonsense").status_code == 404
    answer = client.get("/standing/people?figure=due&by=age&value=nonsense")
    assert answer.status_code == 200
    assert "Nobody is counted" in answer.get_data(as_text=True)


def test_opening_a_figure_leaves_a_trace_of_who_was_listed(
    leader: Leader, city: City, office_database: Database
) -> None:
    client = leader()
    client.get(f"/standing/people?figure=due&area={city.grids[0]}")
    with office_database.read() as session:
        row = session.scalars(select(AuditEntry).where(AuditEntry.act == "people_listed")).one()
        assert row.subject_id == city.grids[0]
        assert row.facts["residents"]
