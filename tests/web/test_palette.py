"""Ctrl-K finds pages one may open, and what capabilities register, within the scope of their roles."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from outreach.accounts.codes import Role
from outreach.web import palette
from outreach.web.acting import Acting
from outreach.web.i18n import _l
from outreach.web.palette import Finder, Hit
from tests.builders.office import Office
from tests.web.conftest import Join, Post, text_of


@pytest.fixture
def finder() -> Iterator[list[tuple[str, tuple[str, ...]]]]:
    asked: list[tuple[str, tuple[str, ...]]] = []

    def find(act: Acting, text: str) -> list[Hit]:
        asked.append((text, act.scope.paths))
        return [Hit(label=f"<b>{text}</b>", detail="91", to="/people/7")]

    made = Finder(title=_l("Pages"), roles=frozenset({Role.GRID_WORKER}), find=find)
    palette.add_finder(made)
    yield asked
    palette.FINDERS.remove(made)


def test_an_empty_box_offers_the_pages_one_may_open(join: Join, office: Office, post: Post) -> None:
    auditor = join("auditor", (Role.AUDITOR, office.district))
    page = text_of(post(auditor, "/find", text=""))
    assert "Audit" in page
    assert "Users and rights" not in page


def test_finders_search_within_the_areas_of_their_own_roles(
    join: Join, office: Office, post: Post, finder: list[tuple[str, tuple[str, ...]]]
) -> None:
    client = join("li", (Role.GRID_WORKER, office.community), (Role.AUDITOR, office.district))
    found = post(client, "/find", text=" 赵 ")
    assert finder == [("赵", (f"/{office.district}/{office.street}/{office.community}/",))]
    page = found.get_data(as_text=True)
    assert 'href="/people/7"' in page
    assert "&lt;b&gt;赵" in page


def test_a_finder_of_other_roles_is_not_asked(
    join: Join, office: Office, post: Post, finder: list[tuple[str, tuple[str, ...]]]
) -> None:
    leader = join("leader", (Role.LEADER, office.district))
    assert "/people/7" not in post(leader, "/find", text="赵").get_data(as_text=True)
    assert not finder


def test_nothing_found_says_so(join: Join, office: Office, post: Post) -> None:
    client = join("li", (Role.AUDITOR, office.district))
    assert "Nothing found for “zzz”." in text_of(post(client, "/find", text="zzz"))
