"""History, responsibility, what it would take, big screen and reports: what they show and to whom."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from html import unescape
from io import BytesIO

import pymupdf
import pytest
from flask.testing import FlaskClient
from python_calamine import CalamineWorkbook
from sqlalchemy import select
from werkzeug.test import TestResponse

from outreach.audit.models import AuditEntry
from outreach.db import Database
from outreach.oversight.models import Target
from outreach.oversight.reports import make_due
from tests.builders.city import NOW, TODAY, City

Leader = Callable[..., FlaskClient]
Post = Callable[..., TestResponse]
NAME = re.compile(r"甲\d+")
EVENING = NOW.replace(hour=9, minute=5)  # 17:05 in Zhengzhou
READ_ONLY = (
    "/standing",
    "/standing/history",
    "/standing/big",
    "/standing/big?screen=1",
    "/standing/big?screen=2",
    "/oversight/units",
    "/oversight/what-if",
    "/reports",
    "/reports/standing.csv",
)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("names", [True, False])
def test_every_page_answers_and_names_nobody_without_the_right(
    leader: Leader, city: City, frozen: list[date], names: bool, language: str
) -> None:
    client = leader(names=names, language=language)
    for page in READ_ONLY:
        for area in ("", city.streets[0], city.communities[0], city.grids[0]):
            joint = "&" if "?" in page else "?"
            answer = client.get(f"{page}{joint}area={area}")
            assert answer.status_code == 200, (page, area)
            if not names or page.startswith(("/standing/big", "/reports")):
                assert not NAME.search(answer.get_data(as_text=True)), (page, area)


def test_a_wall_without_a_frozen_day_turns_only_views_with_something_on_them(
    leader: Leader, city: City
) -> None:
    client = leader(language="en")
    seen, address = [], "/standing/big?screen=0"
    for _turn in range(2):
        page = client.get(address).get_data(as_text=True)
        seen.append(("big__numbers" in page, "People of each unit by status" in page))
        address = unescape(re.findall(r'data-next="([^"]+)"', page)[0])
    assert seen == [(True, False), (False, True)]
    assert "screen=0" in address


def test_moment_6b_drill_down_of_each_step_of_the_bridge(
    leader: Leader, city: City, frozen: list[date]
) -> None:
    client = leader()
    html = client.get("/standing/history").get_data(as_text=True)
    assert "Doses given" not in html or "Coverage in" in html
    found = re.findall(r'href="(/standing/history/people[^"]*)">([\d,]+)</a>', html)
    assert found
    for to, number in found:
        page = client.get(unescape(to)).get_data(as_text=True)
        assert len(set(NAME.findall(page))) == int(number)
    refused = leader(names=False)
    answer = refused.get(unescape(found[0][0]))
    assert answer.status_code == 403
    assert "/standing/history/people" not in refused.get("/standing/history").get_data(as_text=True)


def test_a_day_that_was_not_frozen_is_said_so(
    leader: Leader, city: City, frozen: list[date]
) -> None:
    answer = leader().get("/standing/history?since=2020-01-01&until=2026-11-22")
    assert answer.status_code == 404
    assert "not frozen" in answer.get_data(as_text=True)


def test_a_target_is_set_for_a_named_person_and_shown_beside_signs_of_pressure(
    leader: Leader, city: City, post: Post, office_database: Database
) -> None:
    client = leader()
    fields = {"area_id": city.streets[0], "owner_id": city.worker, "goal": "85", "note": ""}
    refused = post(client, "/oversight/units/target", by_on="2020-01-01", **fields)
    assert refused.status_code == 422
    assert "still to come" in refused.get_data(as_text=True)
    by_on = (TODAY + timedelta(days=20)).isoformat()
    # The worker of the builder holds no right: targets name somebody who works here.
    answer = post(client, "/oversight/units/target", by_on=by_on, **fields)
    assert answer.status_code == 303
    with office_database.read() as session:
        row = session.scalars(select(Target)).one()
        assert (row.area_id, row.goal) == (city.streets[0], 0.85)
    html = client.get("/oversight/units").get_data(as_text=True)
    assert "孙网格" in html
    assert "Opted out" in html


def test_a_target_outside_the_own_area_is_not_found(leader: Leader, city: City, post: Post) -> None:
    client = leader(area=city.streets[0])
    fields = {"area_id": city.streets[1], "owner_id": city.worker, "goal": "85", "note": ""}
    answer = post(client, "/oversight/units/target", by_on="2027-01-01", **fields)
    assert answer.status_code == 404


def test_reports_come_at_five_once_and_open_in_excel_and_as_pdf(
    leader: Leader, city: City, frozen: list[date], office_database: Database
) -> None:
    client = leader()
    with office_database.write() as session:
        assert make_due(session, now=NOW) == 0
        made = make_due(session, now=EVENING)
        assert made == 2  # one district, daily, in both languages: Monday
        assert make_due(session, now=EVENING + timedelta(minutes=5)) == 0
    html = client.get("/reports").get_data(as_text=True)
    ids = sorted({int(i) for i in re.findall(r"/reports/(\d+)\.xlsx", html)})
    assert len(ids) == 2
    for report_id in ids:
        sheet = CalamineWorkbook.from_filelike(
            BytesIO(client.get(f"/reports/{report_id}.xlsx").data)
        ).get_sheet_by_index(0)
        rows = sheet.to_python()
        head = next(i for i, row in enumerate(rows) if row[0] in {"单位", "Unit"})
        lines = rows[head + 1 : head + 3]
        whole = rows[head + 3]
        assert [sum(_number(row[c]) for row in lines) for c in range(1, 10)] == [
            _number(v) for v in whole[1:10]
        ]
        text = "\n".join(str(cell) for row in rows for cell in row if cell)
        assert "Leader1" in text  # the watermark says who took it
        pdf = pymupdf.open(stream=client.get(f"/reports/{report_id}.pdf").data)
        words = pdf[0].get_text()
        assert "第1区" in words.replace(" ", "")
        assert "Leader1" in words
        assert len(pdf[0].get_fonts()) >= 1
    with office_database.read() as session:
        exports = session.scalars(select(AuditEntry).where(AuditEntry.act == "export")).all()
        assert len(exports) == 4


def test_a_report_of_another_district_is_not_found_and_a_nameless_reader_gets_masked_numbers(
    leader: Leader, city: City, frozen: list[date], office_database: Database
) -> None:
    outsider = leader(area=city.communities[0])
    insider = leader(names=False)
    with office_database.write() as session:
        make_due(session, now=EVENING)
    html = insider.get("/reports").get_data(as_text=True)
    ids = sorted({int(i) for i in re.findall(r"/reports/(\d+)\.xlsx", html)})
    own = set(re.findall(r"/reports/(\d+)\.xlsx", outsider.get("/reports").get_data(as_text=True)))
    for report_id in ids:
        if str(report_id) not in own:
            assert outsider.get(f"/reports/{report_id}.xlsx").status_code == 404
        sheet = CalamineWorkbook.from_filelike(
            BytesIO(insider.get(f"/reports/{report_id}.xlsx").data)
        ).get_sheet_by_index(0)
        numbers = [c for row in sheet.to_python()[4:8] for c in row[1:10] if isinstance(c, float)]
        assert not [n for n in numbers if 0 < n < 5]


def _number(cell: object) -> int:
    """Return a count that a workbook holds."""
    assert isinstance(cell, int | float)
    return int(cell)
