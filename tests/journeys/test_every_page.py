"""Every page that a role reaches in the demo answers, passes axe, fits a phone, and asks nobody else."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest

from tests.fixtures.looks import PHONE, grave_faults, overflow
from tests.journeys.conftest import Installation, Visitor

pytestmark = pytest.mark.longer

# Two teams of about as many pages, so that two test processes share them.
TEAMS = {
    "carers": ("grid_worker", "caller", "clinician", "desk"),
    "offices": ("dispatcher", "leader", "administrator", "auditor"),
}
NO_PAGES = re.compile(r"/(demo|logout|static|language)\b|\.(xlsx|csv|pdf|png|ics|svg|webmanifest)$")
MOST_PER_ROLE = 60


def pattern_of(address: str) -> str:
    """Return an address without its numbers and its query: what makes two pages the same kind."""
    return re.sub(r"\d+", "#", urlsplit(address).path)


def links_of(visitor: Visitor) -> list[str]:
    """Return where the present page leads within the product."""
    found: list[str] = visitor.page.eval_on_selector_all(
        "a[href]", "all => all.map(one => one.getAttribute('href'))"
    )
    return [
        link.partition("#")[0]
        for link in found
        if link.startswith("/") and not NO_PAGES.search(urlsplit(link).path)
    ]


def walk(visitor: Visitor, role: str, seen: set[str]) -> list[str]:
    """Visit one page of each kind, looking at each at a phone's width; return what is wrong."""
    visitor.step_into(role)
    visitor.page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    visitor.go("/")
    assert urlsplit(visitor.page.url).path != "/login", f"{role} is let in nowhere"
    faults: list[str] = []
    waiting = deque([urlsplit(visitor.page.url).path, *links_of(visitor)])
    visited = 0
    while waiting and visited < MOST_PER_ROLE:
        address = waiting.popleft()
        kind = pattern_of(address)
        if kind in seen:
            continue
        seen.add(kind)
        visited += 1
        answer = visitor.page.goto(visitor.address + address)
        assert answer is not None
        if answer.status != 200:
            faults.append(f"{role} {address}: {answer.status}")
            continue
        faults += [f"{role} {address} {fault}" for fault in grave_faults(visitor.page)]
        if overflow(visitor.page):
            faults.append(f"{role} {address} is {overflow(visitor.page)} px too wide for a phone")
        waiting.extend(links_of(visitor))
    return faults


@pytest.mark.browser
@pytest.mark.parametrize("team", TEAMS)
def test_every_page_of_every_role_answers_passes_axe_and_fits_a_phone(
    installation: Callable[[str, str], Installation],
    visitor: Callable[..., Visitor],
    team: str,
) -> None:
    someone = visitor(installation("sqlite", "zh").address)
    seen: set[str] = set()
    faults = [fault for role in TEAMS[team] for fault in walk(someone, role, seen)]
    assert not faults, "\n".join(faults)
