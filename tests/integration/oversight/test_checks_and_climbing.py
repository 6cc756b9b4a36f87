"""Superiors' forms, other official numbers, spot checks, and what climbs."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet
from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.accounts.rules import EVERYWHERE, Scope
from outreach.db import Database
from outreach.kernel.errors import InvalidInput, NotAllowed
from outreach.ledger.bulk import insert_rows
from outreach.ledger.codes import EntryStatus, EvidenceGrade, StrikeOffKind
from outreach.ledger.entry_models import LedgerEntry, StrikeOff
from outreach.ledger.models import Resident
from outreach.oversight.codes import Figure
from outreach.oversight.coverage import choose_campaign
from outreach.oversight.forms import FormChanged, FormUnreadable, open_form
from outreach.oversight.kept_forms import add_form, filled, map_cells, replace_file
from outreach.oversight.measures import span_of
from outreach.oversight.models import Escalation, SpotCheckItem
from outreach.oversight.official import Said, compare, note
from outreach.oversight.people import Cell, ids_of
from outreach.oversight.responsibility import climb, escalations, needs
from outreach.oversight.spot_checks import checks, draw, record, sampled
from outreach.places.models import Area
from outreach.places.queries import local_zone
from tests.builders.city import NOW, TODAY, City, Size, build_city


@pytest.fixture
def city(database: Database) -> City:
    with database.write() as session:
        return build_city(session, size=Size(communities=2, grids=2, people=10))


def superior_form(*, shift: int = 0) -> bytes:
    """A form as a superior makes it: merged title, formulas, their own order of columns."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.merge_cells("A1:E1")
    sheet["A1"] = "80岁以上老年人接种情况统计表"
    heads = ["单位", "应种人数", "已接种", "备注", "接种率"]
    for column, text in enumerate(heads, start=1):
        sheet.cell(3 + shift, column, text)
    for row, name in enumerate(("第1街道", "第2街道"), start=4 + shift):
        sheet.cell(row, 1, name)
        sheet.cell(row, 5, f"=C{row}/B{row}")
    sheet.cell(6 + shift, 1, "合计")
    for letter in "BC":
        sheet[f"{letter}{6 + shift}"] = f"=SUM({letter}{4 + shift}:{letter}{5 + shift})"
    buffer = BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def kept(session: Session, city: City) -> int:
    return add_form(
        session,
        name="市里周报",
        content=superior_form(),
        area_id=city.districts[0],
        scope=EVERYWHERE,
        by=city.worker,
        now=NOW,
    ).id


def test_moment_6a_the_superiors_form_is_filled_with_formulas_and_merges_intact(
    database: Database, city: City
) -> None:
    with database.write() as session:
        form_id = kept(session, city)
        campaign = choose_campaign(session, None)
        content = filled(session, form_id=form_id, campaign=campaign, scope=EVERYWHERE, now=NOW)
        expected = [
            [
                len(
                    ids_of(
                        session,
                        Cell(campaign.id, figure, area_id=street),
                        scope=EVERYWHERE,
                        now=NOW,
                    )
                )
                for figure in (Figure.DENOMINATOR, Figure.VACCINATED)
            ]
            for street in city.streets
        ]
    sheet = openpyxl.load_workbook(BytesIO(content)).active
    assert isinstance(sheet, Worksheet)
    assert [[sheet.cell(row, c).value for c in (2, 3)] for row in (4, 5)] == expected
    assert sheet["E4"].value == "=C4/B4"
    assert sheet["B6"].value == "=SUM(B4:B5)"
    assert [str(m) for m in sheet.merged_cells.ranges] == ["A1:E1"]
    assert sheet["A1"].value == "80岁以上老年人接种情况统计表"


def test_moment_6a_a_changed_form_stops_and_says_what_moved(database: Database, city: City) -> None:
    with database.write() as session:
        form_id = kept(session, city)
        with pytest.raises(FormChanged) as stopped:
            replace_file(session, form_id=form_id, content=superior_form(shift=1), scope=EVERYWHERE)
        assert "已接种: C3 → C4" in str(stopped.value.facts["moved"])
        with pytest.raises(InvalidInput):
            map_cells(session, form_id=form_id, text="B6 vaccinated 第1街道", scope=EVERYWHERE)
        form = map_cells(session, form_id=form_id, text="D4 declined 第2街道", scope=EVERYWHERE)
        assert len(form.cells["cells"]) == 1


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x03\x04 broken"])
def test_a_file_that_is_no_workbook_is_refused(content: bytes) -> None:
    with pytest.raises(FormUnreadable):
        open_form(content)


def test_moment_6c_an_official_list_opens_the_difference_by_person(
    database: Database, city: City
) -> None:
    with database.write() as session:
        cell = Cell(city.campaign_id, Figure.VACCINATED, area_id=city.communities[0])
        ours = ids_of(session, cell, scope=EVERYWHERE, now=NOW)
        ledger = ids_of(
            session,
            Cell(city.campaign_id, Figure.LEDGER, area_id=city.communities[0]),
            scope=EVERYWHERE,
            now=NOW,
        )
        other = next(i for i in ledger if i not in ours)
        numbers = {i: f"41010219350308{i:04d}" for i in (*ours, other)}
        for resident_id, number in numbers.items():
            index = database.vault.index(number, purpose="id")
            session.get_one(Resident, resident_id).id_index = index
        session.flush()
        listed = [numbers[i] for i in ours[1:]] + [numbers[other], "41010219350308999X"]
        said = Said(
            area_id=city.communities[0],
            campaign_id=city.campaign_id,
            figure=Figure.VACCINATED,
            on=TODAY,
            value=None,
            source="省平台",
            numbers="\n".join(listed),
        )
        row = note(session, said=said, scope=EVERYWHERE, by=city.worker, now=NOW)
        assert not any(number in str(row.listed) for number in listed)
        found = compare(session, row.id, scope=EVERYWHERE, now=NOW)
        assert (found.theirs, found.ours) == (len(listed), len(ours))
        assert found.only_ours == (ours[0],)
        assert found.only_theirs == (other,)
        assert found.strangers == 1


def struck_off(session: Session, by: int) -> None:
    entries = session.scalars(
        select(LedgerEntry).where(LedgerEntry.status == EntryStatus.VACCINATED)
    )
    insert_rows(
        session,
        StrikeOff,
        [
            {
                "entry_id": entry.id,
                "kind": StrikeOffKind.VACCINATED,
                "grade": EvidenceGrade.BATCH_RECORDED,
                "reason": "",
                "by_user_id": entry.assigned_to or by,
                "by_actor": "user",
                "at": NOW - timedelta(days=1),
            }
            for entry in entries
        ],
    )


def test_moment_6d_a_spot_check_is_drawn_again_by_its_seed_and_gives_our_error_rate(
    database: Database, city: City
) -> None:
    with database.write() as session:
        struck_off(session, city.worker)
        span = span_of(
            session,
            area_id=city.districts[0],
            campaign_id=city.campaign_id,
            days=(TODAY - timedelta(days=7), TODAY),
            zone=local_zone(session),
            scope=EVERYWHERE,
        )
        first, again, other = (
            draw(session, span, size=10, seed=seed, scope=EVERYWHERE, by=city.worker, now=NOW)
            for seed in (42, 42, 43)
        )
        people = [
            [line.resident_id for line in sampled(session, c.id, scope=EVERYWHERE)]
            for c in (first, again, other)
        ]
        assert people[0] == people[1] != people[2]
        items = session.scalars(
            select(SpotCheckItem).where(SpotCheckItem.spot_check_id == first.id)
        ).all()
        for number, item in enumerate(items):
            record(
                session,
                item_id=item.id,
                agrees=number >= 2,
                finding="家属说没有接种" if number < 2 else "",
                scope=EVERYWHERE,
                by=city.worker,
                now=NOW,
            )
        line = next(c for c in checks(session, scope=EVERYWHERE) if c.id == first.id)
        assert (line.wrong.successes, line.wrong.tries) == (2, 10)
        path = session.get_one(Area, city.districts[0]).path
        with pytest.raises(NotAllowed):
            sampled(session, first.id, scope=Scope(paths=(path,)))


def test_moment_6e_what_climbs_is_unserved_need_and_never_a_no(
    database: Database, city: City
) -> None:
    with database.write() as session:
        for entry in session.scalars(select(LedgerEntry)):
            entry.status_since = NOW - timedelta(days=30)
        session.flush()
        waiting = list(needs(session, now=NOW))
        statuses = {
            session.get_one(LedgerEntry, need.subject_id).status
            for need in waiting
            if need.cause == "no_slot"
        }
        assert statuses == {EntryStatus.AGREED}
        assert climb(session, now=NOW) > 0
        assert climb(session, now=NOW + timedelta(minutes=1)) == 0
        seen = escalations(session, area_ids=list(city.districts))
        assert seen
        assert {line.level for line in seen} <= {2, 3}
        for entry in session.scalars(
            select(LedgerEntry).where(LedgerEntry.status == EntryStatus.AGREED)
        ):
            entry.status = EntryStatus.BOOKED
        session.flush()
        climb(session, now=NOW + timedelta(minutes=2))
        open_rows = session.scalars(select(Escalation).where(Escalation.ended_at.is_(None))).all()
        assert open_rows == []
