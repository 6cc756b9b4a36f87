"""A dose strikes a line off with grade and name, once; a correction reopens it with a reason (N8)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from outreach.db import Database
from outreach.kernel.errors import InvalidInput
from outreach.ledger.codes import Cause, EntryStatus, EvidenceGrade, StrikeOffKind
from outreach.ledger.doses import NearbyDose
from outreach.ledger.entry_models import Dose, StrikeOff
from outreach.workflows.correct_dose import correct_dose
from outreach.workflows.record_dose import record_dose
from outreach.workflows.restate import restate_many
from tests.builders.ledger import (
    NOW,
    TODAY,
    Village,
    add_elders,
    dose,
    entry_of,
    transitions_of,
)


def test_a_new_elder_is_due_and_says_why(database: Database, village: Village) -> None:
    with database.write() as session:
        [zhao] = add_elders(session, village)
        entry = entry_of(session, zhao)
        assert entry.status is EntryStatus.TO_CONTACT
        assert entry.dose_number_due == 1
        assert entry.rule_id
        assert entry.next_contact_on == date(2026, 11, 1)
        [first] = transitions_of(session, entry.id)
        assert (first.from_status, first.to_status) == (None, EntryStatus.TO_CONTACT)
        assert first.cause == Cause.IMPORTED


def test_a_dose_strikes_off_with_grade_and_name(database: Database, village: Village) -> None:
    with database.write() as session:
        [zhao] = add_elders(session, village)
        done = record_dose(session, draft=dose(village, zhao, TODAY), by=village.worker, now=NOW)
        entry = entry_of(session, zhao)
        assert done.is_struck_off
        assert entry.status is EntryStatus.VACCINATED
        closure = session.scalars(select(StrikeOff)).one()
        assert closure.kind is StrikeOffKind.VACCINATED
        assert closure.grade is EvidenceGrade.BATCH_RECORDED
        assert closure.by_user_id == village.worker
        assert closure.dose_id == done.dose_id
        assert [t.to_status for t in transitions_of(session, entry.id)] == [
            EntryStatus.TO_CONTACT,
            EntryStatus.VACCINATED,
        ]


def test_a_dose_that_is_only_told_does_not_close_the_line(
    database: Database, village: Village
) -> None:
    with database.write() as session:
        [zhao] = add_elders(session, village)
        draft = dose(village, zhao, TODAY, grade=EvidenceGrade.SELF_REPORT)
        done = record_dose(session, draft=draft, by=village.worker, now=NOW)
        entry = entry_of(session, zhao)
        assert not done.is_struck_off
        assert entry.status is EntryStatus.TO_CONTACT
        assert entry.next_action == "verify_dose"
        assert entry.is_to_verify
        assert entry.earliest_on is not None
        assert entry.earliest_on > TODAY
        assert session.scalar(select(func.count()).select_from(StrikeOff)) == 0


def test_proof_that_comes_later_closes_the_same_dose(database: Database, village: Village) -> None:
    with database.write() as session:
        [zhao] = add_elders(session, village)
        told = dose(village, zhao, TODAY, grade=EvidenceGrade.FAMILY)
        record_dose(session, draft=told, by=village.worker, now=NOW)
        seen = dose(village, zhao, TODAY, grade=EvidenceGrade.CERTIFICATE_SEEN)
        done = record_dose(session, draft=seen, by=village.doctor, now=NOW)
        assert not done.is_new
        assert done.is_better_proven
        assert done.is_struck_off
        assert session.scalar(select(func.count()).select_from(Dose)) == 1
        assert session.scalars(select(StrikeOff)).one().by_user_id == village.doctor


def test_a_form_sent_twice_and_a_second_device_make_one_dose(
    database: Database, village: Village
) -> None:
    with database.write() as session:
        [zhao] = add_elders(session, village)
        form = dose(village, zhao, TODAY)
        first = record_dose(session, draft=form, by=village.worker, now=NOW)
        again = record_dose(session, draft=form, by=village.worker, now=NOW)
        other = record_dose(session, draft=dose(village, zhao, TODAY), by=village.doctor, now=NOW)
        assert {first.dose_id} == {again.dose_id, other.dose_id}
        assert (again.is_new, other.is_new) == (False, False)
        assert session.scalar(select(func.count()).select_from(StrikeOff)) == 1


def test_a_dose_a_few_days_from_another_is_asked_about(
    database: Database, village: Village
) -> None:
    with database.write() as session:
        [zhao] = add_elders(session, village)
        record_dose(session, draft=dose(village, zhao, TODAY), by=village.worker, now=NOW)
        near = dose(village, zhao, TODAY - timedelta(days=2))
        with pytest.raises(NearbyDose):
            record_dose(session, draft=near, by=village.worker, now=NOW)


def test_a_dose_of_tomorrow_is_refused(database: Database, village: Village) -> None:
    with database.write() as session:
        [zhao] = add_elders(session, village)
        draft = dose(village, zhao, TODAY + timedelta(days=1))
        with pytest.raises(InvalidInput):
            record_dose(session, draft=draft, by=village.worker, now=NOW)


def test_a_correction_reopens_with_a_reason_and_leaves_both_rows(
    database: Database, village: Village
) -> None:
    with database.write() as session:
        [zhao] = add_elders(session, village)
        done = record_dose(session, draft=dose(village, zhao, TODAY), by=village.worker, now=NOW)
        correct_dose(session, dose_id=done.dose_id, by=village.doctor, reason="认错了邻居", now=NOW)
        entry = entry_of(session, zhao)
        assert entry.status is EntryStatus.TO_CONTACT
        closure, reversal = session.scalars(select(StrikeOff).order_by(StrikeOff.id)).all()
        assert reversal.kind is StrikeOffKind.REVERSED
        assert reversal.reverses_id == closure.id
        assert reversal.reason == "认错了邻居"
        assert reversal.by_user_id == village.doctor
        assert [t.cause for t in transitions_of(session, entry.id)] == [
            Cause.IMPORTED,
            Cause.DOSE_RECORDED,
            Cause.DOSE_CORRECTED,
        ]


def test_a_correction_without_a_reason_is_refused(database: Database, village: Village) -> None:
    with database.write() as session:
        [zhao] = add_elders(session, village)
        done = record_dose(session, draft=dose(village, zhao, TODAY), by=village.worker, now=NOW)
        with pytest.raises(InvalidInput):
            correct_dose(session, dose_id=done.dose_id, by=village.worker, reason=" ", now=NOW)


def test_the_right_neighbour_is_struck_off_instead(database: Database, village: Village) -> None:
    with database.write() as session:
        zhao, qian = add_elders(
            session, village, *[_neighbour(village, name) for name in ("赵桂兰", "钱桂兰")]
        )
        done = record_dose(session, draft=dose(village, zhao, TODAY), by=village.worker, now=NOW)
        corrected = correct_dose(
            session,
            dose_id=done.dose_id,
            by=village.worker,
            reason="认错了邻居",
            now=NOW,
            instead=dose(village, qian, TODAY),
        )
        assert corrected.recorded is not None
        assert corrected.recorded.is_struck_off
        assert entry_of(session, zhao).status is EntryStatus.TO_CONTACT
        assert entry_of(session, qian).status is EntryStatus.VACCINATED


def test_the_next_dose_falling_due_reopens_by_itself(database: Database, village: Village) -> None:
    with database.write() as session:
        [zhao] = add_elders(session, village)
        record_dose(session, draft=dose(village, zhao, TODAY), by=village.worker, now=NOW)
        due_on = entry_of(session, zhao).earliest_on
        assert due_on is not None
        later = NOW + (due_on - TODAY)
        restate_many(session, resident_ids=[zhao], by=None, cause=Cause.DAY, now=later)
        entry = entry_of(session, zhao)
        assert entry.status is EntryStatus.TO_CONTACT
        assert entry.dose_number_due == 2
        assert transitions_of(session, entry.id)[-1].cause == Cause.DAY
        # The closed round stays closed: its strike-off is history, not an error.
        assert session.scalar(select(func.count()).select_from(StrikeOff)) == 1


def _neighbour(village: Village, name: str):
    from tests.builders.ledger import elder

    return elder(village, name)
