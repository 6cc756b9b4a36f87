"""Whatever happens to people in whatever order: lines sum, nothing changes without a trace (N7, N8)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from outreach.accounts.rules import EVERYWHERE
from outreach.db import Database
from outreach.kernel.errors import OutreachError
from outreach.ledger.area_counts import counts_below
from outreach.ledger.codes import (
    STRUCK_OFF,
    Cause,
    EntryStatus,
    EvidenceGrade,
    LifeReportKind,
    LifeStatus,
    StrikeOffKind,
)
from outreach.ledger.deferrals import DeferralDraft
from outreach.ledger.dose_view import closes
from outreach.ledger.entry_models import (
    Deferral,
    Dose,
    LedgerEntry,
    StatusTransition,
    StrikeOff,
)
from outreach.ledger.life import Heard
from outreach.ledger.models import DuplicatePair, LifeReport, Resident
from outreach.ledger.visibility import Basis
from outreach.workflows import defer, report_life
from outreach.workflows.correct_dose import correct_dose
from outreach.workflows.erase_resident import erase_resident
from outreach.workflows.log_contact import log_contact
from outreach.workflows.merge_residents import merge_residents, split_residents
from outreach.workflows.nightly_restatement import differences
from outreach.workflows.record_dose import record_dose
from outreach.workflows.restate import restate_many
from outreach.workflows.snooze import snooze
from tests.builders.contact import note
from tests.builders.ledger import NOW, Village, add_elders, counts_of, dose, elder

OUTCOMES = [f"C{n:02d}" for n in range(1, 20)]
DEFERRALS = ["D01", "D03", "D11", "D22"]
PICK = st.integers(min_value=0, max_value=10_000)


class Lives(RuleBasedStateMachine):
    """People in one community, and everything staff can do about them."""

    database: ClassVar[Database]
    village: ClassVar[Village]

    def __init__(self) -> None:
        super().__init__()
        self.writing: Any = self.database._write()
        self.session: Session = self.writing.__enter__()
        self.session.begin()
        self.now: datetime = NOW
        self.entered = 0
        self.add(birth_year=1935)

    def teardown(self) -> None:
        self.session.rollback()
        self.writing.__exit__(None, None, None)

    @property
    def today(self) -> date:
        return (self.now + timedelta(hours=8)).date()

    @contextmanager
    def act(self) -> Iterator[None]:
        """One act: a refusal leaves nothing behind, as at the edge."""
        with suppress(OutreachError), self.session.begin_nested():
            yield

    def one_of(self, model: Any, number: int, *where: Any) -> Any:
        rows = self.session.scalars(select(model).where(*where).order_by(model.id)).all()
        return rows[number % len(rows)] if rows else None

    def person(self, number: int) -> int:
        row = self.one_of(
            Resident, number, Resident.merged_into_id.is_(None), Resident.erased_at.is_(None)
        )
        return row.id if row is not None else self.add(birth_year=1940)

    @rule(birth_year=st.sampled_from([1931, 1940, 1946, 1947]))
    def somebody_new(self, birth_year: int) -> None:
        self.add(birth_year=birth_year)

    def add(self, birth_year: int) -> int:
        self.entered += 1
        row = elder(
            self.village,
            f"赵{'甲乙丙丁戊己庚辛壬癸'[self.entered % 10]}",
            born_on=date(birth_year, 12, 1),
        )
        return add_elders(self.session, self.village, row, now=self.now)[0]

    @rule(who=PICK, back=st.integers(0, 400), grade=st.sampled_from(EvidenceGrade))
    def vaccinate(self, who: int, back: int, grade: EvidenceGrade) -> None:
        given_on = self.today - timedelta(days=back)
        draft = dose(self.village, self.person(who), given_on, grade=grade)
        with self.act():
            record_dose(self.session, draft=draft, by=self.village.worker, now=self.now)

    @rule(which=PICK)
    def take_dose_back(self, which: int) -> None:
        row = self.one_of(Dose, which, Dose.voided_at.is_(None))
        if row is not None:
            with self.act():
                correct_dose(
                    self.session,
                    dose_id=row.id,
                    by=self.village.doctor,
                    reason="记错了",
                    now=self.now,
                )

    @rule(who=PICK, code=st.sampled_from(DEFERRALS), days=st.integers(1, 60))
    def put_off(self, who: int, code: str, days: int) -> None:
        draft = DeferralDraft(
            resident_id=self.person(who),
            code=code,
            campaign_id=self.village.campaign_id,
            until_on=self.today + timedelta(days=days) if code == "D11" else None,
        )
        defer.defer(
            self.session, draft=draft, is_clinician=True, by=self.village.doctor, now=self.now
        )

    @rule(which=PICK)
    def second(self, which: int) -> None:
        row = self.one_of(Deferral, which, Deferral.lifted_at.is_(None))
        if row is not None:
            with self.act():
                defer.second(
                    self.session, deferral_id=row.id, by=self.village.other_doctor, now=self.now
                )

    @rule(which=PICK)
    def lift(self, which: int) -> None:
        row = self.one_of(Deferral, which, Deferral.lifted_at.is_(None))
        if row is not None:
            with self.act():
                defer.lift(
                    self.session,
                    deferral_id=row.id,
                    is_clinician=True,
                    by=self.village.doctor,
                    reason="已恢复",
                    now=self.now,
                )

    @rule(who=PICK, outcome=st.sampled_from(OUTCOMES), inbound=st.booleans())
    def speak(self, who: int, outcome: str, inbound: bool) -> None:
        resident_id = self.person(who)
        entry = self.one_of(LedgerEntry, 0, LedgerEntry.resident_id == resident_id)
        changes: dict[str, Any] = {"is_inbound": inbound}
        if outcome == "C03":
            changes["next_contact_on"] = self.today + timedelta(days=4)
        made = note(entry.id, outcome, at=self.now, **changes)
        log_contact(
            self.session, notes=[made], by=self.village.worker, is_clinician=False, now=self.now
        )

    @rule(who=PICK, kind=st.sampled_from(LifeReportKind))
    def hear(self, who: int, kind: LifeReportKind) -> None:
        heard = Heard(self.person(who), kind, source="worker")
        report_life.report_life(self.session, heard=heard, by=self.village.worker, now=self.now)

    @rule(which=PICK, is_true=st.booleans(), second=st.booleans())
    def decide(self, which: int, is_true: bool, second: bool) -> None:
        row = self.one_of(LifeReport, which, LifeReport.decided_at.is_(None))
        if row is None:
            return
        by = self.village.doctor if second else self.village.worker
        with self.act():
            if is_true:
                report_life.confirm(self.session, report_id=row.id, by=by, now=self.now)
            else:
                report_life.dismiss(self.session, report_id=row.id, by=by, now=self.now)

    @rule(who=PICK)
    def back_home(self, who: int) -> None:
        report_life.correct(
            self.session,
            resident_id=self.person(who),
            status=LifeStatus.PRESENT,
            by=self.village.worker,
            reason="已回家",
            now=self.now,
        )

    @rule(who=PICK, days=st.integers(1, 30))
    def leave_alone(self, who: int, days: int) -> None:
        snooze(
            self.session,
            resident_id=self.person(who),
            until=self.today + timedelta(days=days),
            reason="",
            by=self.village.worker,
            now=self.now,
        )

    @rule(first=PICK, second=PICK)
    def merge(self, first: int, second: int) -> None:
        with self.act():
            merge_residents(
                self.session,
                keep_id=self.person(first),
                drop_id=self.person(second),
                from_dropped=["name"],
                by=self.village.worker,
                now=self.now,
            )

    @rule(which=PICK)
    def split(self, which: int) -> None:
        pair = self.one_of(DuplicatePair, which, DuplicatePair.state == "merged")
        if pair is not None:
            with self.act():
                split_residents(self.session, pair_id=pair.id, by=self.village.worker, now=self.now)

    @rule(who=PICK)
    def erase(self, who: int) -> None:
        with self.act():
            erase_resident(
                self.session,
                resident_id=self.person(who),
                by=self.village.worker,
                reason="本人要求",
                now=self.now,
            )

    @rule(days=st.sampled_from([1, 7, 30, 90, 200]))
    def time_passes(self, days: int) -> None:
        self.now += timedelta(days=days)
        ids = self.session.scalars(select(LedgerEntry.resident_id)).all()
        restate_many(self.session, resident_ids=ids, by=None, cause=Cause.DAY, now=self.now)

    @invariant()
    def every_person_stands_in_exactly_one_status(self) -> None:
        people = self.session.scalar(
            select(func.count())
            .select_from(Resident)
            .where(Resident.merged_into_id.is_(None), Resident.erased_at.is_(None))
        )
        shared: dict[str, Any] = {
            "campaign_id": self.village.campaign_id,
            "scope": EVERYWHERE,
            "day": self.today,
            "basis": Basis.REGISTERED,
        }
        whole = counts_of(self.session, area_id=self.village.district_id, **shared)
        parts = counts_below(self.session, area_id=self.village.community_id, **shared)
        assert whole.total == people
        assert sum(part.total for part in parts) == people

    @invariant()
    def every_change_left_a_transition(self) -> None:
        for entry in self.session.scalars(select(LedgerEntry)):
            chain = self.session.scalars(
                select(StatusTransition)
                .where(StatusTransition.entry_id == entry.id)
                .order_by(StatusTransition.id)
            ).all()
            assert chain[0].from_status is None
            for before, after in pairwise(chain):
                assert after.from_status is before.to_status
            assert chain[-1].to_status is entry.status
            assert all(step.cause for step in chain)

    @invariant()
    def every_strike_off_has_evidence_and_a_name(self) -> None:
        rows = self.session.scalars(select(StrikeOff).order_by(StrikeOff.id)).all()
        undone = {row.reverses_id for row in rows if row.kind is StrikeOffKind.REVERSED}
        standing: dict[int, list[StrikeOff]] = {}
        for row in rows:
            assert row.by_user_id is not None or row.by_actor not in {"", "user"}
            if row.kind is StrikeOffKind.REVERSED:
                assert row.reason
                continue
            if row.id not in undone:
                standing.setdefault(row.entry_id, []).append(row)
        for entry in self.session.scalars(select(LedgerEntry).where(LedgerEntry.is_counted)):
            closures = standing.get(entry.id, [])
            for closure in closures:
                if closure.kind is StrikeOffKind.VACCINATED:
                    assert closure.grade is not None
                    assert closes(closure.grade, EvidenceGrade.CERTIFICATE_SEEN)
                    assert self.session.get_one(Dose, closure.dose_id).voided_at is None
                else:
                    deferral = self.session.get_one(Deferral, closure.deferral_id)
                    assert deferral.lifted_at is None
                    assert deferral.seconded_by not in {None, deferral.set_by}
            if entry.status in STRUCK_OFF:
                assert closures
            if entry.status is EntryStatus.DECEASED:
                assert self.session.get_one(Resident, entry.resident_id).life_status is (
                    LifeStatus.DECEASED
                )

    @invariant()
    def recomputing_finds_nothing(self) -> None:
        ids = self.session.scalars(
            select(LedgerEntry.resident_id).where(LedgerEntry.is_counted)
        ).all()
        assert differences(self.session, resident_ids=ids) == []


@pytest.mark.filterwarnings("default")
def test_lines_sum_and_nothing_changes_without_a_trace(
    database: Database, village: Village
) -> None:
    class Here(Lives):
        pass

    Here.database, Here.village = database, village
    examples = 40 if database.is_sqlite else 8
    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=examples,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
