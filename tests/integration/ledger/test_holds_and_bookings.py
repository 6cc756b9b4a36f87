"""Holds with an end and an owner (2c), and what stands against a booking (2e): both follow from the facts."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.campaigns.models import RuleSet
from outreach.clinics.operations import Booking
from outreach.clinics.queries import get_appointment
from outreach.db import Database
from outreach.ledger.codes import Cause, LifeReportKind
from outreach.ledger.deferrals import DeferralDraft
from outreach.ledger.entry_models import Deferral
from outreach.ledger.life import Heard
from outreach.ledger.models import Resident
from outreach.ledger.operations import hand_over, open_items
from outreach.workflows import defer, report_life
from outreach.workflows.book import Booked, book
from outreach.workflows.change_appointment import Change, change_appointment
from outreach.workflows.may_book import DosesApart, DoseTooEarly, check_may_book
from outreach.workflows.nightly_restatement import restate_night
from outreach.workflows.record_dose import record_dose
from outreach.workflows.restate import restate
from tests.builders.campaigns import influenza_campaign
from tests.builders.clinics import ON_FOOT, add_clinic, at, booking
from tests.builders.ledger import NOW, TODAY, Village, add_elders, dose, elder, entry_of


def test_moment_2c_a_hold_has_a_day_and_a_person_and_is_work_on_that_day(
    database: Database, village: Village
) -> None:
    review = TODAY + timedelta(days=10)
    with database.write() as session:
        zhao, qian = add_elders(session, village, elder(village), elder(village, "钱守义"))
        for resident_id in (zhao, qian):
            entry_of(session, resident_id).assigned_to = village.worker
        heard = report_life.report_life(
            session,
            heard=Heard(zhao, LifeReportKind.HOSPITAL, "page"),
            by=village.worker,
            now=NOW,
        )
        report_life.confirm(
            session, report_id=heard.report_id, by=village.worker, now=NOW, review_on=review
        )
        defer.defer(
            session,
            draft=DeferralDraft(resident_id=qian, code="D11", review_on=review),
            is_clinician=True,
            by=village.doctor,
            now=NOW,
        )
        person = session.get_one(Resident, zhao)
        assert (person.life_review_on, person.life_owner_id) == (review, village.worker)
        held = session.scalars(select(Deferral)).one()
        assert (held.review_on, held.owner_id) == (review, village.doctor)
        assert entry_of(session, zhao).next_contact_on == review
    later = NOW + timedelta(days=10)
    with database.write() as session:
        restate_night(session, resident_ids=[zhao, qian], now=later)
        for resident_id, action in ((zhao, "review_life"), (qian, "review_deferral")):
            entry = entry_of(session, resident_id)
            assert (entry.next_action, entry.next_contact_on) == (action, review)


def test_moment_2c_what_a_leaver_had_to_look_at_again_passes_on(
    database: Database, village: Village
) -> None:
    with database.write() as session:
        [zhao] = add_elders(session, village)
        entry_of(session, zhao).assigned_to = village.worker
        heard = report_life.report_life(
            session,
            heard=Heard(zhao, LifeReportKind.NURSING_HOME, "page"),
            by=village.worker,
            now=NOW,
        )
        report_life.confirm(session, report_id=heard.report_id, by=village.worker, now=NOW)
        assert not open_items(session, user_id=village.worker, now=NOW).is_empty
        hand_over(session, of=village.worker, to=village.doctor)
        assert open_items(session, user_id=village.worker, now=NOW).is_empty
        person = session.get_one(Resident, zhao)
        assert person.life_owner_id == village.doctor
        assert person.life_review_on is not None


def test_moment_2e_doses_that_may_not_share_a_day_are_not_booked_on_one(
    database: Database, village: Village
) -> None:
    with database.write() as session:
        [zhao] = add_elders(session, village)
        flu = influenza_campaign(session, now=NOW)
        restate(session, resident_id=zhao, by=village.worker, cause=Cause.CAMPAIGN, now=NOW)
        both = (village.campaign_id, flu.id)
        check_may_book(session, resident_id=zhao, campaign_ids=both, slot_at=NOW)
        rules = session.get_one(RuleSet, flu.rule_set_id)
        apart = [saying | {"allowed": False, "days_apart": 14} for saying in rules.body["same_day"]]
        rules.body = rules.body | {"same_day": apart}
        session.flush()
        with pytest.raises(DosesApart) as refused:
            check_may_book(session, resident_id=zhao, campaign_ids=both, slot_at=NOW)
        assert refused.value.facts["days"] == 14
        check_may_book(session, resident_id=zhao, campaign_ids=(flu.id,), slot_at=NOW)


def test_nobody_is_booked_for_or_moved_to_a_day_on_which_the_dose_would_not_count(
    database: Database, village: Village
) -> None:
    with database.write() as session:
        [zhao] = add_elders(session, village)
        given = dose(village, zhao, TODAY - timedelta(days=3))
        record_dose(session, draft=given, by=village.worker, now=NOW)
        early, late = TODAY + timedelta(days=5), TODAY + timedelta(days=40)
        _, early_id = add_clinic(session, village, on=early)
        _, late_id = add_clinic(session, village, name="航海路接种点", on=late)
        with pytest.raises(DoseTooEarly):
            _book(session, booking(village, zhao, early_id, at(9, 10, on=early), ON_FOOT))
        stands = _book(session, booking(village, zhao, late_id, at(9, 10, on=late), ON_FOOT))
        with pytest.raises(DoseTooEarly) as refused:
            change_appointment(
                session,
                appointment_id=stands.appointment_id,
                version=stands.version,
                change=Change(site_session_id=early_id, slot_at=at(9, 10, on=early)),
                trip=None,
                by=village.worker,
                now=NOW,
            )
        earliest = refused.value.facts["earliest_on"]
        assert isinstance(earliest, date)
        assert early < earliest <= late
        assert get_appointment(session, stands.appointment_id).slot_at == at(9, 10, on=late)


def _book(session: Session, asked: Booking) -> Booked:
    return book(session, booking=asked, trip=None, by=None, now=NOW)
