"""What came before a visit, and what was posted where: counted within days, said to be no cause."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy.orm import Session

from outreach.accounts.rules import EVERYWHERE
from outreach.clinics.codes import AppointmentStatus
from outreach.contact.codes import Channel
from outreach.contact.notices import NoticeDraft, note_posting, write_notice
from outreach.db import Database
from outreach.oversight.followed import WITHIN_DAYS, came_block, publicity_block
from outreach.oversight.measures import people_behind, span_of
from outreach.oversight.span import Span
from outreach.places.queries import local_zone
from outreach.schema import metadata
from outreach.workflows.log_contact import log_contact
from tests.builders.contact import note
from tests.builders.ledger import NOW, TODAY, Village, add_elders, build_village, elder, entry_of
from tests.builders.messages import book_visit, build_clinic


@pytest.fixture
def village(database: Database) -> Village:
    """A village on either database."""
    metadata().create_all(database.engine)
    with database.write() as session:
        return build_village(session)


def _span(session: Session, village: Village, since: date, until: date) -> Span:
    return span_of(
        session,
        area_id=village.community_id,
        campaign_id=village.campaign_id,
        days=(since, until),
        zone=local_zone(session),
        scope=EVERYWHERE,
    )


def test_who_came_within_two_weeks_counts_by_the_kind_of_contact_before(
    database: Database, village: Village
) -> None:
    with database.write() as session:
        clinic = build_clinic(session, village)
        soon, late, never = add_elders(
            session,
            village,
            *[elder(village, name, address=f"{name}路1号") for name in ("甲一", "乙二", "丙三")],
        )
        at = {soon: NOW, late: NOW - timedelta(days=WITHIN_DAYS), never: NOW}
        for resident_id, moment in at.items():
            visited = note(
                entry_of(session, resident_id).id, "C01", channel=Channel.VISIT, at=moment
            )
            log_contact(session, notes=[visited], by=village.worker, is_clinician=False, now=NOW)
        called = note(entry_of(session, soon).id, "C01")
        log_contact(session, notes=[called], by=village.worker, is_clinician=False, now=NOW)
        for resident_id in (soon, late):
            visit = book_visit(session, village, clinic, resident_id, ahead=6)
            visit.status = AppointmentStatus.DONE
        session.flush()
        span = _span(session, village, TODAY - timedelta(days=30), TODAY)
        block = came_block(session, span, language="en")
        rows = {row.label: [cell.value for cell in row.cells[:2]] for row in block.rows}
        assert rows == {"Call": [1, 1], "Visit": [3, 1]}
        behind = people_behind(session, span, "followed:visit-came", scope=EVERYWHERE, now=NOW)
        assert behind.total == 1


def test_postings_of_these_days_stand_before_the_funnel_by_medium(
    database: Database, village: Village
) -> None:
    with database.write() as session:
        draft = NoticeDraft(
            campaign_id=village.campaign_id,
            area_id=village.community_id,
            title="接种通知",
            body="专车接送",
        )
        notice_id = write_notice(session, draft=draft, by=village.worker, now=NOW)
        for medium, on in (
            ("notice_board", TODAY),
            ("notice_board", TODAY - timedelta(days=1)),
            ("wechat_group", TODAY),
            ("banner", TODAY - timedelta(days=40)),
        ):
            note_posting(
                session,
                notice_id=notice_id,
                medium=medium,
                where="东门",
                on=on,
                by=village.worker,
                today=TODAY,
            )
        span = _span(session, village, TODAY - timedelta(days=7), TODAY)
        block = publicity_block(session, span, language="en")
        assert {row.label: row.cells[0].value for row in block.rows} == {
            "Notice board": 2,
            "WeChat group": 1,
        }
