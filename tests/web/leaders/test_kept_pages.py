"""Leaders keep a page under a name, for themselves or for colleagues, and come back to exactly it."""

from __future__ import annotations

import pytest

from tests.builders.city import City
from tests.web.conftest import Post, text_of
from tests.web.leaders.conftest import Leader

ADDRESS = "/standing?by=living&basis=residence"


def test_a_kept_page_leads_back_to_exactly_what_was_seen(
    leader: Leader, city: City, post: Post
) -> None:
    mine, colleague = leader(), leader()
    post(mine, "/reports/views", seen_at=f"{ADDRESS}&page=3", view_name="独居老人")
    assert 'href="/standing?by=living&amp;basis=residence"' in mine.get("/reports").text
    assert "独居老人" not in text_of(colleague.get("/reports"))
    assert mine.get(ADDRESS).status_code == 200


def test_a_shared_page_is_seen_by_colleagues_and_forgotten_by_its_owner_alone(
    leader: Leader, city: City, post: Post
) -> None:
    mine, colleague = leader(), leader()
    post(mine, "/reports/views", seen_at="/oversight/rides", view_name="Rides", is_shared="1")
    assert "Rides ·" in text_of(colleague.get("/reports"))
    assert post(colleague, "/reports/views/1/drop").status_code == 404
    post(mine, "/reports/views/1/drop")
    assert "Rides ·" not in text_of(colleague.get("/reports"))


@pytest.mark.parametrize(
    "address", ["https://elsewhere.example/standing", "//x/standing", "/admin/users", ""]
)
def test_no_address_but_a_leaders_page_is_kept(
    leader: Leader, city: City, post: Post, address: str
) -> None:
    mine = leader()
    answer = post(mine, "/reports/views", seen_at=address, view_name="elsewhere")
    assert answer.headers["Location"].endswith("/standing")
    page = mine.get("/reports").text
    assert "elsewhere.example" not in page
    assert 'class="list-group-item kept-view"><a href="/standing"' in page
