"""Walk-ins, twins, merges, erasure, lives and hand-overs: what people do to the list of people."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest
from sqlalchemy import func, select

from outreach.accounts.rules import EVERYWHERE
from outreach.audit.models import AuditEntry
from outreach.clinics.codes import AppointmentStatus, Mode
from outreach.clinics.models import Appointment, PlannedDose, Site, SiteSession
from outreach.contact.codes import Channel, MessageState, Purpose, Step
from outreach.contact.message_models import Message
from outreach.contact.outbox import Draft, queue
from outreach.db import Base, Database
from outreach.kernel.errors import InvalidInput, NotAllowed, StaleVersion
from outreach.ledger.codes import EntryStatus, EvidenceGrade, LifeReportKind, LifeStatus
from outreach.ledger.entry_models import Dose, LedgerEntry
from outreach.ledger.life import Heard
from outreach.ledger.models import DuplicatePair, Household, Resident
from outreach.ledger.operations import assign, hand_over, open_items
from outreach.ledger.residents import ResidentEdit, edit_resident
from outreach.ledger.search import search
from outreach.ledger.visibility import Basis
from outreach.places.models import Address
from outreach.workflows import report_life
from outreach.workflows.add_resident import PossibleTwins, add_resident
from outreach.workflows.erase_resident import RideIsLive, erase_resident
from outreach.workflows.held_data import export_person, held_rows
from outreach.workflows.log_contact import log_contact
from outreach.workflows.merge_residents import merge_residents, split_residents
from outreach.workflows.record_dose import record_dose
from tests.builders.contact import note
from tests.builders.ledger import NOW, TODAY, Village, add_elders, counts_of, dose, elder, entry_of

ID = "410103193503080028"


def _book(session, village: Village, resident_id: int, *, days: int = 2) -> int:
    address = Address(text="卫生服务中心", area_id=village.community_id)
    session.add(address)
    session.flush()
    site = Site(name=f"接种点{days}", area_id=village.community_id, address_id=address.id)
    session.add(site)
    session.flush()
    slot_at = NOW + timedelta(days=days)
    day = SiteSession(
        site_id=site.id, on=TODAY + timedelta(days=days), opens=time(8), closes=time(12)
    )
    session.add(day)
    session.flush()
    made = Appointment(
        resident_id=resident_id,
        site_session_id=day.id,
        slot_at=slot_at,
        outbound_mode=Mode.FAMILY,
        return_mode=Mode.FAMILY,
        return_with="女儿",
        booked_at=NOW,
    )
    session.add(made)
    session.flush()
    session.add(PlannedDose(appointment_id=made.id, campaign_id=village.campaign_id))
    session.flush()
    return made.id


def _message(session, resident_id: int, purpose: Purpose, village: Village) -> int:
    [made] = queue(
        session,
        drafts=[
            Draft(
                to_whom=f"c{purpose}",
                step=Step.INVITE,
                purpose=purpose,
                channel=Channel.SMS,
                subject_kind="ledger_entry",
                subject_id=resident_id,
                number="+8613900000001",
                body="赵奶奶您好",
                due_at=NOW,
                resident_id=resident_id,
                campaign_id=village.campaign_id,
            )
        ],
        now=NOW,
    )
    return made


def test_moment_2a_a_walk_in_is_added_with_old_doses_from_a_paper_book(
    database: Database, village: Village
) -> None:
    with database.write() as session:
        added = add_resident(
            session,
            row=elder(village, "钱守义"),
            by=village.worker,
            now=NOW,
            doses=[
                dose(village, 0, date(2021, 8, 1), grade=EvidenceGrade.CERTIFICATE_SEEN),
                dose(village, 0, date(2021, 7, 1), grade=EvidenceGrade.CERTIFICATE_SEEN),
            ],
        )
        entry = entry_of(session, added.resident_id)
        assert entry.doses_counted == 2
        assert entry.dose_number_due == 3
        assert entry.history_verified


def test_moment_2a_somebody_like_this_is_shown_before_adding(
    database: Database, village: Village
) -> None:
    with database.write() as session:
        [zhao] = add_elders(session, village, elder(village, id_number=ID))
        traditional = elder(village, "趙桂蘭")
        with pytest.raises(PossibleTwins) as raised:
            add_resident(session, row=traditional, by=village.worker, now=NOW)
        assert [twin.resident_id for twin in raised.value.twins] == [zhao]
        added = add_resident(session, row=traditional, by=village.worker, now=NOW, looked_at=[zhao])
        pair = session.scalars(select(DuplicatePair)).one()
        assert (pair.first_id, pair.second_id, pair.state) == (
            zhao,
            added.resident_id,
            "kept_both",
        )
        with pytest.raises(PossibleTwins):
            add_resident(
                session,
                row=elder(village, "别的名字", id_number=ID),
                by=village.worker,
                now=NOW,
                looked_at=[zhao, added.resident_id],
            )


def test_two_editors_do_not_overwrite_each_other(database: Database, village: Village) -> None:
    with database.write() as session:
        [zhao] = add_elders(session, village)
        version = session.get_one(Resident, zhao).version
        first = ResidentEdit(name="赵桂芳", note="住女儿家")
        changed = edit_resident(session, resident_id=zhao, edit=first, version=version, now=NOW)
        assert set(changed) == {"name", "note"}
        with pytest.raises(StaleVersion):
            edit_resident(session, resident_id=zhao, edit=first, version=version, now=NOW)
        found = search(session, text="桂芳", scope=EVERYWHERE, day=TODAY)
        assert [f.resident_id for f in found] == [zhao]
        assert search(session, text="桂兰", scope=EVERYWHERE, day=TODAY) == []


def test_a_merge_loses_nothing_counts_once_and_can_be_undone(
    database: Database, village: Village
) -> None:
    with database.write() as session:
        keep, drop = add_elders(
            session, village, elder(village), elder(village, "赵桂蘭", id_number=ID)
        )
        same_day = TODAY - timedelta(days=3)
        record_dose(
            session,
            draft=dose(village, keep, same_day, grade=EvidenceGrade.SELF_REPORT),
            by=village.worker,
            now=NOW,
        )
        record_dose(session, draft=dose(village, drop, same_day), by=village.doctor, now=NOW)
        log_contact(
            session,
            notes=[note(entry_of(session, drop).id, "C02")],
            by=village.worker,
            is_clinician=False,
            now=NOW,
        )
        before = held_rows(session, resident_id=drop)
        merged = merge_residents(
            session, keep_id=keep, drop_id=drop, from_dropped=[], by=village.worker, now=NOW
        )

        def total() -> int:
            return counts_of(
                session,
                campaign_id=village.campaign_id,
                area_id=village.district_id,
                scope=EVERYWHERE,
                day=TODAY,
                basis=Basis.REGISTERED,
            ).total

        assert total() == 1
        entry = entry_of(session, keep)
        assert entry.status is EntryStatus.VACCINATED
        assert entry.doses_counted == 1
        assert session.get_one(Resident, keep).id_index is not None
        split_residents(session, pair_id=merged.pair_id, by=village.worker, now=NOW)
        assert total() == 2
        assert entry_of(session, keep).status is EntryStatus.TO_CONTACT
        assert entry_of(session, drop).status is EntryStatus.VACCINATED
        after = held_rows(session, resident_id=drop)
        for table in ("contact_person", "phone", "contact_attempt", "dose"):
            assert [r["id"] for r in after[table]] == [r["id"] for r in before[table]]
        assert session.get_one(Resident, keep).id_index is None


def test_two_different_numbers_are_not_merged_unless_somebody_chooses(
    database: Database, village: Village
) -> None:
    with database.write() as session:
        keep, drop = add_elders(
            session,
            village,
            elder(village, id_number="410103193104010025"),
            elder(village, "赵桂蘭", id_number=ID),
        )
        with pytest.raises(InvalidInput):
            merge_residents(
                session, keep_id=keep, drop_id=drop, from_dropped=[], by=village.worker, now=NOW
            )
        merge_residents(
            session,
            keep_id=keep,
            drop_id=drop,
            from_dropped=["id_number"],
            by=village.worker,
            now=NOW,
        )
        found = search(session, text=ID, scope=EVERYWHERE, day=TODAY)
        assert [f.resident_id for f in found] == [keep]


def test_fault_68_erasure_waits_for_a_live_ride_and_then_leaves_nothing(
    database: Database, village: Village
) -> None:
    with database.write() as session:
        zhao, _ = add_elders(
            session,
            village,
            elder(
                village, "诸葛赵氏", id_number=ID, address="无双路77号院1号楼2单元909", note="怕狗"
            ),
            elder(village, "钱守义", address="棉纺东路1号院1号楼1单元101"),
        )
        booked = _book(session, village, zhao)
        _message(session, zhao, Purpose.RIDE, village)
        record_dose(session, draft=dose(village, zhao, TODAY), by=village.worker, now=NOW)
        log_contact(
            session,
            notes=[note(entry_of(session, zhao).id, "C20", note="诸葛赵氏的女儿说改天")],
            by=village.worker,
            is_clinician=False,
            now=NOW,
        )
        rows = export_person(session, resident_id=zhao, by=village.worker, now=NOW)
        assert rows["resident"][0]["id_number"] == ID
        assert rows["phone"][0]["number"] == "+8613900000001"
        session.get_one(Appointment, booked).status = AppointmentStatus.BOOKED
        session.flush()
        with pytest.raises(RideIsLive):
            erase_resident(session, resident_id=zhao, by=village.worker, reason="本人要求", now=NOW)
        session.get_one(Appointment, booked).status = AppointmentStatus.CANCELLED
        session.flush()
        erased = erase_resident(
            session, resident_id=zhao, by=village.worker, reason="本人要求", now=NOW
        )
        assert erased.rows_removed > 0
    with database.read() as session:
        everything = []
        for table in Base.metadata.sorted_tables:
            if table.name == "audit_entry":
                # The trail keeps that somebody was erased, and ids; the words are checked as well.
                assert session.scalar(select(func.count()).select_from(table))
            everything += [str(tuple(row)) for row in session.execute(select(table))]
        text = "\n".join(everything)
        for word in ("诸葛", "无双路", "怕狗", "zhuge", "女儿说改天", ID[:10]):
            assert word not in text
        assert "钱守义" in text
        vault = database.vault
        numbers = {vault.index(ID, purpose="id"), vault.index("+8613900000001", purpose="phone")}
        resident = session.get_one(Resident, zhao)
        assert resident.erased_at == NOW
        assert resident.id_index not in numbers
        assert (
            session.scalar(
                select(func.count()).select_from(LedgerEntry).where(LedgerEntry.is_counted)
            )
            == 1
        )
        assert session.scalars(
            select(AuditEntry.act).where(AuditEntry.act == "resident_erased")
        ).one()
        assert session.scalar(select(func.count()).select_from(Dose)) == 0


def test_moment_2f_a_death_word_holds_everything_and_two_people_decide(
    database: Database, village: Village
) -> None:
    with database.write() as session:
        [zhao] = add_elders(session, village)
        nudge = _message(session, zhao, Purpose.NUDGE, village)
        heard = report_life.report_life(
            session,
            heard=Heard(zhao, LifeReportKind.DECEASED, "remark", "已故"),
            by=village.worker,
            now=NOW,
        )
        assert session.get_one(Message, nudge).state is MessageState.SUPPRESSED
        with pytest.raises(NotAllowed):
            report_life.confirm(session, report_id=heard.report_id, by=village.worker, now=NOW)
        report_life.confirm(session, report_id=heard.report_id, by=village.doctor, now=NOW)
        resident = session.get_one(Resident, zhao)
        assert entry_of(session, zhao).status is EntryStatus.DECEASED
        household = session.get_one(Household, resident.household_id)
        assert household.mourning_until is not None
        report_life.correct(
            session,
            resident_id=zhao,
            status=LifeStatus.PRESENT,
            by=village.doctor,
            reason="同名者,弄错了",
            now=NOW,
        )
        assert entry_of(session, zhao).status is EntryStatus.TO_CONTACT
        assert not session.get_one(Resident, zhao).held_all
        assert session.get_one(Message, nudge).state is MessageState.SUPPRESSED


def test_fault_33_a_confirmed_death_cancels_the_appointment(
    database: Database, village: Village
) -> None:
    with database.write() as session:
        [zhao] = add_elders(session, village)
        booked = _book(session, village, zhao)
        heard = report_life.report_life(
            session,
            heard=Heard(zhao, LifeReportKind.DECEASED, "call"),
            by=village.worker,
            now=NOW,
        )
        assert heard.live_appointments == (booked,)
        report_life.confirm(session, report_id=heard.report_id, by=village.doctor, now=NOW)
        assert session.get_one(Appointment, booked).status is AppointmentStatus.CANCELLED


def test_moment_2f_hospital_holds_nudges_alone_and_is_reviewed(
    database: Database, village: Village
) -> None:
    with database.write() as session:
        [zhao] = add_elders(session, village)
        heard = report_life.report_life(
            session,
            heard=Heard(zhao, LifeReportKind.HOSPITAL, "remark", "住院"),
            by=None,
            now=NOW,
        )
        resident = session.get_one(Resident, zhao)
        assert (resident.held_all, resident.held_nudges) == (False, True)
        report_life.confirm(session, report_id=heard.report_id, by=village.worker, now=NOW)
        entry = entry_of(session, zhao)
        assert entry.next_action == "review_life"
        assert entry.next_contact_on == TODAY + timedelta(days=30)


def test_fault_34_a_dose_elsewhere_frees_the_appointment_and_ends_reminders(
    database: Database, village: Village
) -> None:
    with database.write() as session:
        [zhao] = add_elders(session, village)
        booked = _book(session, village, zhao)
        nudge = _message(session, zhao, Purpose.NUDGE, village)
        ride = _message(session, zhao, Purpose.RIDE, village)
        given = dose(
            village, zhao, TODAY - timedelta(days=1), grade=EvidenceGrade.OFFICIAL_REGISTER
        )
        done = record_dose(session, draft=given, by=village.worker, now=NOW)
        assert done.cancelled_appointments == (booked,)
        assert session.get_one(Appointment, booked).status is AppointmentStatus.CANCELLED
        assert session.get_one(Message, nudge).state is MessageState.SUPPRESSED
        # The ride's own messages are not silenced by a strike-off.
        assert session.get_one(Message, ride).state is MessageState.QUEUED


def test_a_dose_at_the_appointment_ends_reminders_and_keeps_the_visit(
    database: Database, village: Village
) -> None:
    with database.write() as session:
        [zhao] = add_elders(session, village)
        booked = _book(session, village, zhao, days=0)
        done = record_dose(session, draft=dose(village, zhao, TODAY), by=village.worker, now=NOW)
        visit = session.get_one(Appointment, booked)
        assert visit.status is AppointmentStatus.DONE
        assert visit.visit_result == "V01"
        planned = session.scalars(select(PlannedDose)).one()
        assert planned.dose_id == done.dose_id
        assert done.cancelled_appointments == ()


def test_moment_3h_a_colleague_who_leaves_passes_everything_on(
    database: Database, village: Village
) -> None:
    with database.write() as session:
        [zhao] = add_elders(session, village)
        entry = entry_of(session, zhao)
        assign(session, entry_ids=[entry.id], to=village.worker)
        log_contact(
            session,
            notes=[note(entry.id, "C08")],
            by=village.worker,
            is_clinician=False,
            now=NOW,
        )
        assert open_items(session, user_id=village.worker, now=NOW).lines == 1
        passed = hand_over(session, of=village.worker, to=village.doctor)
        assert (passed.lines, passed.reviews) == (1, 1)
        assert open_items(session, user_id=village.worker, now=NOW).is_empty
        assert entry_of(session, zhao).assigned_to == village.doctor


def test_a_line_that_somebody_else_took_meanwhile_is_not_taken_silently(
    database: Database, village: Village
) -> None:
    with database.write() as session:
        [zhao] = add_elders(session, village)
        entry = entry_of(session, zhao)
        seen = {entry.id: entry.version}
        assign(session, entry_ids=[entry.id], to=village.worker, version_of=seen)
        with pytest.raises(StaleVersion):
            assign(session, entry_ids=[entry.id], to=village.doctor, version_of=seen)
