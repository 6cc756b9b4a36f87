"""A leader's day: from the district to the people of one grid, the big screen, and the report upward."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pymupdf
import pytest
from python_calamine import CalamineWorkbook

from tests.journeys.conftest import Installation, Visitor

LEVELS = 3  # street, community, grid below the district


def figure(leader: Visitor, name: str) -> int:
    """Return a figure of the present page by the words of its address."""
    shown = leader.page.locator(f"a.big-number[href*='figure={name}'] .big-number__value").first
    return int(re.sub(r"\D", "", shown.inner_text()))


def go_down(leader: Visitor) -> None:
    """Open the first unit below the present one in which somebody is due."""
    rows = leader.page.locator("main table").first.locator("tbody tr")
    for number in range(rows.count()):
        waiting = rows.nth(number).locator("a[href*='figure=due']")
        if waiting.count():
            rows.nth(number).locator("a[href*='/standing/']").first.click()
            leader.page.wait_for_load_state()
            return
    raise AssertionError("nobody is due anywhere below")


def names_listed(leader: Visitor) -> list[str]:
    """Return the names of all pages of the present list."""
    names: list[str] = []
    while True:
        names += leader.page.locator("main tbody tr th").all_inner_texts()
        following = leader.page.locator("main .pagination a[rel=next]")
        if not following.count():
            return names
        following.first.click()
        leader.page.wait_for_load_state()


def download(leader: Visitor, ending: str, to: Path) -> Path:
    """Save the newest kept report in one form and return its path."""
    with leader.page.expect_download() as caught:
        leader.page.locator(f"main tbody tr a[href$='.{ending}']").first.click()
    path = to / f"report.{ending}"
    caught.value.save_as(path)
    return path


@pytest.mark.browser
def test_a_leader_goes_from_the_district_to_the_people_of_one_grid_and_takes_the_report_along(
    installation: Callable[[str, str], Installation],
    visitor: Callable[..., Visitor],
    tmp_path: Path,
) -> None:
    leader = visitor(installation("sqlite", "zh").address)
    leader.step_into("leader")
    leader.go("/standing")
    denominator, vaccinated = figure(leader, "denominator"), figure(leader, "vaccinated")
    for _level in range(LEVELS):
        go_down(leader)
    waiting = figure(leader, "to_contact")
    leader.page.locator("a.big-number[href*='figure=to_contact']").first.click()
    leader.page.wait_for_load_state()
    people = names_listed(leader)
    assert len(people) == waiting > 0

    leader.page.set_viewport_size({"width": 1920, "height": 1080})
    for screen in range(3):
        leader.go(f"/standing/big?screen={screen}")
        words = leader.page.inner_text("main")
        assert not [name for name in people if name in words]
        width = leader.page.evaluate("document.documentElement.scrollHeight")
        assert width <= 1080, "a wall cannot be scrolled"

    leader.go("/reports")
    leader.page.locator("main form[action$='/reports'] button.btn-primary").click()
    leader.page.wait_for_load_state()
    workbook = CalamineWorkbook.from_path(str(download(leader, "xlsx", tmp_path)))
    cells = [cell for row in workbook.get_sheet_by_index(0).to_python() for cell in row]
    assert denominator in cells
    assert vaccinated in cells
    pdf = pymupdf.open(download(leader, "pdf", tmp_path))
    printed = "".join(pdf[number].get_text() for number in range(len(pdf)))
    assert f"{denominator:,}" in printed or str(denominator) in printed
    assert "填报人" in printed
    assert not [name for name in people if name in printed]
