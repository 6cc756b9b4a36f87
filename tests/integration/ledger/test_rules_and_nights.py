"""Rules change only after a look at who changes; nights move what a day moved and find nothing else."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from itertools import chain

import pytest
from sqlalchemy import func, select, update

from outreach.accounts.rules import EVERYWHERE, NOWHERE
from outreach.audit.models import AuditEntry
from outreach.campaigns.codes import CampaignState
from outreach.campaigns.models import Campaign, RuleSet
from outreach.campaigns.operations import batch_of, move_campaign, quarantine_batch
from outreach.campaigns.queries import products_of
from outreach.db import Database
from outreach.kernel.errors import InvalidInput, MoveNotAllowed, StaleVersion
from outreach.ledger.codes import Cause, EntryStatus, EvidenceGrade
from outreach.ledger.deferrals import DeferralDraft
from outreach.ledger.doses import BatchExpired, BatchQuarantined
from outreach.ledger.entry_models import Dose, LedgerEntry, StatusTransition, StrikeOff
from outreach.ledger.models import Resident
from outreach.ledger.recalls import who_had
from outreach.workflows import defer
from outreach.workflows.change_terms import apply_terms, enrol, preview_terms, terms_of
from outreach.workflows.end_campaign import campaigns_to_forget, change_state, forget_some
from outreach.workflows.nightly_restatement import differences, resident_chunks, restate_night
from outreach.workflows.record_dose import record_dose
from outreach.workflows.restate import restate
from tests.builders.campaigns import influenza_campaign
from tests.builders.ledger import (
    NOW,
    TODAY,
    Village,
    add_elders,
    dose,
    elder,
    entry_of,
    transitions_of,
)


def test_other_rules_show_who_would_change_before_they_apply(
    database: Database, village: Village
) -> None:
    with database.write() as session:
        [zhao, other] = add_elders(session, village, elder(village), elder(village, "钱守义"))
        for day in (date(2021, 3, 1), date(2021, 4, 1), date(2022, 1, 10)):
            record_dose(session, draft=dose(village, zhao, day), by=village.worker, now=NOW)
        campaign = session.get_one(Campaign, village.campaign_id)
        older = session.scalars(
            select(RuleSet).where(
                RuleSet.vaccine_code == "covid19", RuleSet.id != campaign.rule_set_id
            )
        ).first()
        assert older is not None
        terms = replace(terms_of(campaign), rule_set_id=older.id)
        version, before = campaign.version, entry_of(session, zhao).status
    found = preview_terms(database, campaign_id=village.campaign_id, terms=terms, now=NOW)
    assert found.seen == 2
    with database.read() as session:
        assert entry_of(session, zhao).status is before
    stored = apply_terms(
        database,
        campaign_id=village.campaign_id,
        terms=terms,
        version=version,
        by=village.doctor,
        now=NOW,
    )
    named = set(chain.from_iterable(found.residents.values()))
    assert {change.resident_id for change in stored.changes} <= named
    assert sum(found.moves.values()) == len(stored.changes)
    with database.read() as session:
        assert entry_of(session, other).rule_set_id == older.id


def test_a_stricter_policy_shows_and_then_reverses_what_it_does_not_bear(
    database: Database, village: Village
) -> None:
    with database.write() as session:
        [zhao] = add_elders(session, village)
        seen = dose(village, zhao, TODAY, grade=EvidenceGrade.CERTIFICATE_SEEN)
        record_dose(session, draft=seen, by=village.worker, now=NOW)
        campaign = session.get_one(Campaign, village.campaign_id)
        terms = replace(terms_of(campaign), closing_grade="official_register")
        version = campaign.version
    found = preview_terms(database, campaign_id=village.campaign_id, terms=terms, now=NOW)
    assert dict(found.moves) == {"vaccinated>to_contact": 1}
    assert found.residents == {"vaccinated>to_contact": [zhao]}
    stored = apply_terms(
        database,
        campaign_id=village.campaign_id,
        terms=terms,
        version=version,
        by=village.doctor,
        now=NOW,
    )
    assert stored.reversed == 1
    with database.read() as session:
        entry = entry_of(session, zhao)
        assert entry.status is EntryStatus.TO_CONTACT
        assert entry.next_action == "verify_dose"
        assert transitions_of(session, entry.id)[-1].cause == Cause.CAMPAIGN


def test_terms_seen_before_somebody_else_changed_the_campaign_are_not_applied(
    database: Database, village: Village
) -> None:
    with database.write() as session:
        campaign = session.get_one(Campaign, village.campaign_id)
        terms, version = replace(terms_of(campaign), minimum_age=85), campaign.version
        campaign.target_dose = 2
    with pytest.raises(StaleVersion):
        apply_terms(
            database,
            campaign_id=village.campaign_id,
            terms=terms,
            version=version,
            by=village.doctor,
            now=NOW,
        )
    with database.read() as session:
        assert session.get_one(Campaign, village.campaign_id).minimum_age == 80


def test_a_change_that_a_dead_worker_began_goes_on_and_is_noted_once(
    database: Database, village: Village
) -> None:
    with database.write() as session:
        add_elders(session, village)
        campaign = session.get_one(Campaign, village.campaign_id)
        terms, version = replace(terms_of(campaign), minimum_age=95), campaign.version
    for _ in range(2):
        apply_terms(
            database,
            campaign_id=village.campaign_id,
            terms=terms,
            version=version,
            by=village.doctor,
            now=NOW,
        )
    with database.read() as session:
        noted = select(func.count()).where(AuditEntry.act == "terms_changed")
        assert session.scalar(noted) == 1
        statuses = session.scalars(select(LedgerEntry.status)).all()
        assert set(statuses) == {EntryStatus.NOT_YET_ELIGIBLE}


def test_a_second_campaign_gets_lines_of_its_own_and_each_dose_strikes_its_own(
    database: Database, village: Village
) -> None:
    with database.write() as session:
        [zhao] = add_elders(session, village)
        flu = influenza_campaign(session, now=NOW)
        flu_id, vaccine_id = flu.id, flu.vaccine_id
    enrol(database, campaign_id=flu_id, by=village.doctor, now=NOW)
    with database.write() as session:
        given = dose(village, zhao, TODAY, vaccine_id=vaccine_id)
        record_dose(session, draft=given, by=village.worker, now=NOW)
        status = dict(session.execute(select(LedgerEntry.campaign_id, LedgerEntry.status)).all())
        assert status[flu_id] is EntryStatus.VACCINATED
        assert status[village.campaign_id] is EntryStatus.TO_CONTACT


def test_moment_2j_an_archived_campaign_forgets_its_people_on_its_day(
    database: Database, village: Village
) -> None:
    with database.write() as session:
        zhao, qian = add_elders(session, village, elder(village), elder(village, "钱守义"))
        flu_id = influenza_campaign(session, now=NOW).id
        restate(session, resident_id=qian, by=village.worker, cause=Cause.CAMPAIGN, now=NOW)
        left = entry_of(session, zhao)
        for to in (CampaignState.CLOSED, CampaignState.ARCHIVED):
            change_state(
                session,
                campaign_id=village.campaign_id,
                to=to,
                by=village.doctor,
                now=NOW,
                retain_until=TODAY + timedelta(days=60),
            )
        assert left.status is EntryStatus.TO_CONTACT
    with database.read() as session:
        assert campaigns_to_forget(session, day=TODAY + timedelta(days=60)) == []
        assert campaigns_to_forget(session, day=TODAY + timedelta(days=61)) == [village.campaign_id]
    last: int | None = 0
    while last is not None:
        with database.write() as session:
            last = forget_some(session, campaign_id=village.campaign_id, after=last, now=NOW).last
    with database.read() as session:
        people = dict(session.execute(select(Resident.id, Resident.name)).all())
        assert people == {zhao: "", qian: "钱守义"}
        counted = session.execute(
            select(LedgerEntry.resident_id, LedgerEntry.campaign_id).where(LedgerEntry.is_counted)
        ).all()
        assert [tuple(row) for row in counted] == [(qian, flu_id)]


def test_moment_2j_a_schedule_shorter_than_a_month_is_refused(
    database: Database, village: Village
) -> None:
    with database.write() as session:
        change_state(
            session,
            campaign_id=village.campaign_id,
            to=CampaignState.CLOSED,
            by=village.doctor,
            now=NOW,
        )
        with pytest.raises(InvalidInput) as refused:
            change_state(
                session,
                campaign_id=village.campaign_id,
                to=CampaignState.ARCHIVED,
                by=village.doctor,
                now=NOW,
                retain_until=TODAY + timedelta(days=3),
            )
        assert refused.value.facts["field"] == "retain_until"
        session.rollback()


def test_a_closed_campaign_keeps_its_lines_and_gains_none(
    database: Database, village: Village
) -> None:
    with database.write() as session:
        [zhao] = add_elders(session, village)
        move_campaign(session, campaign_id=village.campaign_id, to=CampaignState.CLOSED, day=TODAY)
        [late] = add_elders(session, village, elder(village, "钱守义"))
        assert entry_of(session, zhao).status is EntryStatus.TO_CONTACT
        assert (
            session.scalar(
                select(func.count()).select_from(LedgerEntry).where(LedgerEntry.resident_id == late)
            )
            == 0
        )
        with pytest.raises(MoveNotAllowed):
            move_campaign(
                session, campaign_id=village.campaign_id, to=CampaignState.PAUSED, day=TODAY
            )


def test_moment_2i_a_recalled_batch_blocks_recording_and_names_who_had_it(
    database: Database, village: Village
) -> None:
    with database.write() as session:
        zhao, qian = add_elders(session, village, elder(village), elder(village, "钱守义"))
        product = products_of(session, vaccine_id=village.vaccine_id)[0]
        batch = batch_of(session, product_id=product.id, number="20261101A")
        given = dose(village, zhao, TODAY, product_id=product.id, batch_id=batch.id)
        record_dose(session, draft=given, by=village.worker, now=NOW)
        quarantine_batch(session, batch_id=batch.id, by=village.doctor, reason="召回", now=NOW)
        had, elsewhere = who_had(session, batch_id=batch.id, scope=EVERYWHERE, now=NOW)
        assert ([person.head.resident_id for person in had], elsewhere) == ([zhao], 0)
        assert who_had(session, batch_id=batch.id, scope=NOWHERE, now=NOW) == ([], 1)
        refused = dose(village, qian, TODAY, product_id=product.id, batch_id=batch.id)
        with pytest.raises(BatchQuarantined):
            record_dose(session, draft=refused, by=village.worker, now=NOW)
        old = batch_of(
            session, product_id=product.id, number="20250101A", expires_on=date(2026, 1, 1)
        )
        expired = dose(village, qian, TODAY, product_id=product.id, batch_id=old.id)
        with pytest.raises(BatchExpired):
            record_dose(session, draft=expired, by=village.worker, now=NOW)


def test_the_night_moves_what_the_day_moved_and_finds_nothing_else(
    database: Database, village: Village
) -> None:
    with database.write() as session:
        soon, waiting = add_elders(
            session,
            village,
            elder(village, "快八十", born_on=date(1946, 11, 24)),
            elder(village, "暂缓人"),
        )
        draft = DeferralDraft(resident_id=waiting, code="D11", until_on=TODAY + timedelta(days=1))
        defer.defer(session, draft=draft, is_clinician=True, by=village.doctor, now=NOW)
        assert entry_of(session, soon).status is EntryStatus.NOT_YET_ELIGIBLE
        assert entry_of(session, waiting).status is EntryStatus.DEFERRED
    with database.write() as session:
        [ids] = resident_chunks(session)
        night = restate_night(session, resident_ids=ids, now=NOW + timedelta(days=1))
        assert night.unexplained == []
        assert night.moved_by_day == 2
        for resident_id in (soon, waiting):
            entry = entry_of(session, resident_id)
            assert entry.status is EntryStatus.TO_CONTACT
            assert transitions_of(session, entry.id)[-1].cause == Cause.DAY
        again = restate_night(session, resident_ids=ids, now=NOW + timedelta(days=1))
        assert (again.moved_by_day, again.unexplained) == (0, [])


def test_a_status_that_no_fact_explains_is_reported_and_repaired(
    database: Database, village: Village, caplog: pytest.LogCaptureFixture
) -> None:
    with database.write() as session:
        [zhao] = add_elders(session, village)
        session.execute(update(LedgerEntry).values(status=EntryStatus.VACCINATED))
        [wrong] = differences(session, resident_ids=[zhao])
        assert (wrong.stored, wrong.computed) == ("vaccinated", "to_contact")
        night = restate_night(session, resident_ids=[zhao], now=NOW)
        assert len(night.unexplained) == 1
        entry = entry_of(session, zhao)
        assert entry.status is EntryStatus.TO_CONTACT
        assert transitions_of(session, entry.id)[-1].cause == Cause.REPAIR
        assert "赵桂兰" not in caplog.text


def test_two_people_who_act_at_once_on_one_elder_lose_neither_fact(
    database: Database, village: Village
) -> None:
    with database.write() as session:
        elders = add_elders(
            session, village, *[elder(village, f"老人{n}", contacts=()) for n in range(6)]
        )

    def vaccinate(resident_id: int) -> None:
        database.act(
            lambda session: record_dose(
                session, draft=dose(village, resident_id, TODAY), by=village.worker, now=NOW
            )
        )

    def put_off(resident_id: int) -> None:
        draft = DeferralDraft(
            resident_id=resident_id, code="D11", until_on=TODAY + timedelta(days=30)
        )
        database.act(
            lambda session: defer.defer(
                session, draft=draft, is_clinician=True, by=village.doctor, now=NOW
            )
        )

    with ThreadPoolExecutor(4) as pool:
        work = [
            pool.submit(do, resident_id)
            for resident_id in elders
            for do in (vaccinate, put_off, vaccinate)
        ]
        for done in work:
            done.result()
    with database.read() as session:
        assert differences(session, resident_ids=elders) == []
        assert session.scalar(select(func.count()).select_from(Dose)) == len(elders)
        assert session.scalar(select(func.count()).select_from(StrikeOff)) == len(elders)
        assert {entry.status for entry in session.scalars(select(LedgerEntry))} == {
            EntryStatus.VACCINATED
        }
        steps = session.scalar(select(func.count()).select_from(StatusTransition))
        assert steps is not None
        assert steps >= 2 * len(elders)
