"""Steering on rows: cadences that are changed, routes taken out by hand, opt-outs by staff, experiments."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.accounts.operations import add_user
from outreach.accounts.rules import EVERYWHERE
from outreach.contact.cadences import CadenceRefused, StepChange, get_line, save_step
from outreach.contact.campaign_sending import list_trial_number, set_keeping
from outreach.contact.codes import Channel, MessageState, OptOutScope, Step
from outreach.contact.experiment_report import ExperimentReport, report_of
from outreach.contact.experiments import ArmDraft, Proposal, approve, propose
from outreach.contact.gateway_states import close_by_hand, open_by_hand
from outreach.contact.message_health import campaign_costs, message_health, sending_by_hour
from outreach.contact.message_models import Experiment, Message, OptOut
from outreach.contact.opt_outs import opt_out_numbers
from outreach.contact.retention import forget_old_messages
from outreach.contact.wordings import NewWording, save_wording
from outreach.contact.worklist_facts import owed_calls
from outreach.kernel.errors import NotAllowed, NotFound
from outreach.ledger.codes import PhoneKind, Relation
from outreach.ledger.doses import record_dose
from outreach.ledger.entry_models import LedgerEntry
from outreach.ledger.new_residents import NewContact, NewPhone
from outreach.places.operations import move_clock
from outreach.ports.messages import Capabilities, Unknown
from outreach.workflows.experiment_arms import end_experiment, watch_experiments
from outreach.workflows.nudge import Nudge, queue_nudges, remind_due
from outreach.workflows.opt_out_numbers import enter_opt_outs
from outreach.workflows.preview_wording import previews
from outreach.workflows.reconcile_messages import ask_now, reconcile_messages
from outreach.workflows.replan_messages import replan_messages
from tests.builders.ledger import Village, add_elders, dose, elder
from tests.builders.messages import (
    ABLE,
    NOW,
    ZONE,
    Clinic,
    Hand,
    ScriptedGateway,
    book_visit,
    local,
)

SAMPLE = {"who": "赵奶奶", "duty_phone": "0371-68801234", "community": "棉东", "what": "接种"}


def add_person(session: Session, village: Village, *, number: str, name: str = "赵桂兰") -> int:
    """Add somebody whose own mobile this is."""
    phone = NewContact(Relation.SELF, phones=(NewPhone(number, PhoneKind.MOBILE),))
    (made,) = add_elders(session, village, elder(village, name, contacts=(phone,)))
    return made


@pytest.fixture
def zhao(hand: Hand, village: Village, clinic: Clinic) -> int:
    """A visit next Sunday that nobody has confirmed yet; returns the appointment."""
    with hand.database.write() as session:
        person = add_person(session, village, number="+8613800000001")
        return book_visit(session, village, clinic, person).id


class TestCadence:
    def change(self, hand: Hand, step: Step, channel: Channel, **changes: object) -> None:
        with hand.database.write() as session:
            line = get_line(session, campaign_id=None, step=step, channel=channel)
            rule = replace(line.rule, **changes)  # type: ignore[arg-type]
            change = StepChange(rule=rule, is_active=True, version=line.version)
            save_step(session, campaign_id=None, change=change, routes=[ABLE])

    def due(self, hand: Hand, step: Step, channel: Channel) -> list[Message]:
        return [
            m
            for m in hand.messages(step=step, channel=channel)
            if m.state in {MessageState.QUEUED, MessageState.HELD}
        ]

    def test_a_changed_hour_reaches_booked_visits_only_when_asked_and_nothing_goes_twice(
        self, hand: Hand, zhao: int
    ) -> None:
        assert len(hand.send_due()) == 1, "the booking, at once"
        hand.go_to(local(26, 10))
        assert len(hand.send_due()) == 1, "three days before"
        self.change(hand, Step.T_MINUS_1, Channel.SMS, at_local=time(16))
        (before,) = self.due(hand, Step.T_MINUS_1, Channel.SMS)
        assert before.due_at == local(28, 17)
        hand.database.act(lambda session: move_clock(session, to=hand.now))
        assert replan_messages(hand.database, campaign_id=None) == 1
        (after,) = self.due(hand, Step.T_MINUS_1, Channel.SMS)
        assert after.due_at == local(28, 16)
        assert [m.due_at for m in self.due(hand, Step.T_MINUS_3, Channel.CALL)] == [local(28, 11)]
        hand.go_to(local(26, 10, 30))
        assert hand.send_due() == []

    @pytest.mark.parametrize(
        ("able", "code"),
        [
            (Capabilities(), "route_has_no_voice"),
            (Capabilities(voice=True), "route_has_no_keypress"),
        ],
    )
    def test_moment_3e_a_call_is_refused_where_the_route_blocks_it(
        self, hand: Hand, able: Capabilities, code: str
    ) -> None:
        with hand.database.write() as session:
            line = get_line(session, campaign_id=None, step=Step.T_MINUS_3, channel=Channel.VOICE)
            change = StepChange(rule=line.rule, is_active=True, version=line.version)
            with pytest.raises(CadenceRefused) as refused:
                save_step(session, campaign_id=None, change=change, routes=[able])
        assert [p.code for p in refused.value.problems] == [code]

    def test_moment_3e_unconfirmed_is_asked_at_t_minus_3_and_called_before_t_minus_1_eleven(
        self, hand: Hand, zhao: int
    ) -> None:
        planned = [(m.channel, m.due_at) for m in hand.messages(step=Step.T_MINUS_3)]
        assert planned == [
            (Channel.SMS, local(26, 10)),
            (Channel.VOICE, local(27, 10)),
            (Channel.CALL, local(28, 11)),
        ]

    def test_the_next_dose_is_announced_on_the_day_and_at_the_hour_of_the_cadence(
        self, hand: Hand, village: Village
    ) -> None:
        with hand.database.write() as session:
            person = add_person(session, village, number="+8613800000001")
            entry = session.scalars(
                select(LedgerEntry).where(LedgerEntry.resident_id == person)
            ).one()
            entry.doses_counted, entry.recommended_on = 1, NOW.date() + timedelta(days=3)
            entry.dose_number_due = 2
            move_clock(session, to=hand.now)
        assert remind_due(hand.database) == 0
        self.change(hand, Step.NEXT_DOSE_DUE, Channel.SMS, offset_days=-3, at_local=time(15))
        assert remind_due(hand.database) == 1
        (nudge,) = hand.messages(step=Step.NEXT_DOSE_DUE)
        assert nudge.due_at == local(23, 15)


class TestRoutesByHand:
    def test_a_route_out_of_use_is_not_even_tried_and_the_second_carries(
        self, hand: Hand, zhao: int
    ) -> None:
        both = replace(hand, gateways=(hand.gateway, ScriptedGateway(name="second")))
        hand.database.act(lambda s: open_by_hand(s, name="scripted", real_now=hand.real_now))
        both.go(hours=1)
        both.send_due()
        assert [len(g.sent) for g in both.gateways] == [0, 1]
        hand.database.act(lambda s: close_by_hand(s, name="scripted"))
        both.go_to(local(26, 10))
        both.send_due()
        assert [len(g.sent) for g in both.gateways] == [1, 1]

    def test_an_answer_still_under_way_does_not_put_it_back(self, hand: Hand, zhao: int) -> None:
        def taken_out(_envelope: object) -> Unknown:
            hand.database.act(lambda s: open_by_hand(s, name="scripted", real_now=hand.real_now))
            return Unknown("timeout")

        hand.gateway.answer = taken_out
        hand.send_due()
        hand.go(hours=5)
        with hand.database.read() as session:
            health = message_health(
                session, gateways=["scripted"], now=hand.now, real_now=hand.real_now
            )
        assert health.gateways[0].opened_reason == "by_hand"

    def test_asking_now_does_not_wait_for_the_callback(self, hand: Hand, zhao: int) -> None:
        hand.gateway.answer = lambda _envelope: Unknown("timeout")
        hand.send_due()
        assert hand.database.act(lambda s: ask_now(s, real_now=hand.real_now)) == 1
        done = reconcile_messages(hand.database, hand.routes, real_now=lambda: hand.real_now)
        assert (done.unresolved, len(hand.gateway.asked)) == (1, 1)
        (told,) = hand.messages(step=Step.BOOKED)
        with hand.database.read() as session:
            calls = owed_calls(session, [told.resident_id or 0], hand.now)
        assert calls[told.resident_id or 0][0].message_id == told.id, "a person rings and asks"


class TestKeeping:
    def test_words_go_after_the_days_that_were_set(self, hand: Hand, zhao: int) -> None:
        hand.send_due()
        hand.go(days=40)
        hand.database.act(lambda s: move_clock(s, to=hand.now))
        assert forget_old_messages(hand.database) == 0
        hand.database.act(lambda s: set_keeping(s, keep_days=30, part_price_micros=50_000))
        assert forget_old_messages(hand.database) > 0
        assert {m.body for m in hand.messages(step=Step.BOOKED)} == {None}

    def test_fault_50_parts_that_no_provider_priced_are_reckoned(
        self, hand: Hand, zhao: int
    ) -> None:
        hand.database.act(lambda s: set_keeping(s, keep_days=180, part_price_micros=50_000))
        hand.send_due()
        with hand.database.read() as session:
            (cost,) = campaign_costs(session, now=hand.now)
            hours = sending_by_hour(session, now=hand.now)
        assert cost.cost_micros == cost.segments * 50_000 > 0
        assert (hours[-1].sent, sum(h.sent for h in hours)) == (1, 1)


class TestOptOutsByStaff:
    def test_what_waits_ends_and_who_must_know_is_called(self, hand: Hand, zhao: int) -> None:
        with hand.database.write() as session:
            entered = enter_opt_outs(
                session,
                numbers=["+8613800000001"],
                scope_of_opt_out=OptOutScope.EVERYTHING,
                source="staff:call",
                scope=None,
                by=1,
                now=hand.now,
            )
        assert entered.new == 1
        assert entered.silenced >= 4
        assert hand.send_due() == []
        calls = {m.step for m in hand.messages(channel=Channel.CALL, state=MessageState.HELD)}
        assert Step.T_MINUS_1 in calls

    def test_a_number_of_nobody_in_the_area_is_refused_whole(self, hand: Hand, zhao: int) -> None:
        with pytest.raises(NotFound), hand.database.write() as session:
            enter_opt_outs(
                session,
                numbers=["+8613800000001", "+8613999999999"],
                scope_of_opt_out=OptOutScope.NUDGES,
                source="staff:call",
                scope=EVERYWHERE,
                by=1,
                now=hand.now,
            )
        with hand.database.read() as session:
            assert session.scalars(select(OptOut)).all() == []


def test_a_preview_speaks_of_real_visits_and_names_nobody(hand: Hand, zhao: int) -> None:
    new = NewWording(
        step=Step.BOOKED, channel=Channel.SMS, language="zh", body="{who}{day}{time}{site}"
    )
    with hand.database.read() as session:
        (shown,) = previews(
            session,
            new=new,
            scope=EVERYWHERE,
            routes=[("scripted", ABLE)],
            part_price_micros=50_000,
            now=hand.now,
        )
    assert "棉东卫生中心" in shown.text
    assert "＊" in shown.text
    assert shown.to == "138****0001"
    assert (shown.segments, shown.cost_micros) == (1, 50_000)


# The arms are drawn by lot: of so many, both are far larger than the fewest that harm is judged by.
PLANNED = 100


class TestExperiments:
    """Moment 3i."""

    @pytest.fixture
    def people(self, hand: Hand, village: Village) -> list[int]:
        with hand.database.write() as session:
            return [
                add_person(session, village, number=f"+861380000{n:04d}", name=f"王{n}")
                for n in range(PLANNED + 10)
            ]

    @pytest.fixture
    def running(self, hand: Hand, village: Village, people: list[int]) -> int:
        with hand.database.write() as session:
            second = add_user(session, username="chen", display_name="陈", now=hand.now, by=None)
            wording = save_wording(
                session,
                new=NewWording(
                    step=Step.INVITE,
                    channel=Channel.SMS,
                    language="zh",
                    body="{who}，短的。{opt_out_hint}",
                    campaign_id=village.campaign_id,
                ),
                signature="棉东社区",
                sample=SAMPLE,
                routes=[ABLE],
                by=village.worker,
                now=hand.now,
                is_active=False,
            )
            made = propose(
                session,
                proposal=Proposal(
                    campaign_id=village.campaign_id,
                    name="短",
                    step=Step.INVITE,
                    planned_households=PLANNED,
                    outcome_days=14,
                    usual_label="通常",
                    arms=[ArmDraft("短", wording.id)],
                ),
                by=village.worker,
                now=hand.now,
            )
            made_id, second_id = made.id, second.id
        self.invite(hand)
        with hand.database.write() as session, pytest.raises(NotAllowed):
            approve(session, experiment_id=made_id, by=village.worker, now=hand.now)
        with hand.database.write() as session:
            approve(session, experiment_id=made_id, by=second_id, now=hand.now)
        return made_id

    def invite(self, hand: Hand, version: int = 1) -> None:
        with hand.database.write() as session:
            ids = session.scalars(select(LedgerEntry.id).order_by(LedgerEntry.id)).all()
            nudge = Nudge(step=Step.INVITE, entry_ids=ids, version=version)
            queue_nudges(session, nudge=nudge, now=hand.now)

    def report(self, hand: Hand, experiment_id: int) -> ExperimentReport:
        with hand.database.read() as session:
            return report_of(session, experiment_id, zone=ZONE, now=hand.now)

    def test_before_the_approval_everybody_gets_the_usual_way(
        self, hand: Hand, running: int
    ) -> None:
        assert all(m.arm_id is None for m in hand.messages(step=Step.INVITE))

    def test_households_are_split_and_no_more_than_planned_are_drawn(
        self, hand: Hand, running: int
    ) -> None:
        self.invite(hand, version=2)
        drawn = [m for m in hand.messages(step=Step.INVITE) if m.arm_id is not None]
        assert len(drawn) == PLANNED
        by_arm = {arm: sum(m.arm_id == arm for m in drawn) for arm in {m.arm_id for m in drawn}}
        assert len(by_arm) == 2
        assert min(by_arm.values()) >= 30
        assert {"短的" in (m.body or "") for m in drawn} == {True, False}

    def test_whoever_said_no_is_never_drawn(
        self, hand: Hand, running: int, people: list[int]
    ) -> None:
        with hand.database.write() as session:
            entry = session.scalars(
                select(LedgerEntry).where(LedgerEntry.resident_id == people[0])
            ).one()
            entry.do_not_ask = True
            opt_out_numbers(
                session,
                numbers=["+8613800000001"],
                scope=OptOutScope.NUDGES,
                source="reply",
                now=hand.now,
            )
        self.invite(hand, version=2)
        untouched = {people[0], people[1]}
        assert all(
            m.arm_id is None for m in hand.messages(step=Step.INVITE) if m.resident_id in untouched
        )

    def test_harm_ends_it_and_what_waits_gets_the_usual_words(
        self, hand: Hand, running: int
    ) -> None:
        self.invite(hand, version=2)
        short = [m for m in hand.messages(step=Step.INVITE) if "短的" in (m.body or "")]
        with hand.database.write() as session:
            for row in session.scalars(
                select(Message).where(Message.id.in_([m.id for m in short[:-2]]))
            ):
                row.state, row.began_at = MessageState.ACCEPTED, hand.now
            for row in short[:4]:
                session.add(
                    OptOut(
                        number_index=row.number_index,
                        scope=OptOutScope.NUDGES,
                        source="reply",
                        at=hand.now,
                    )
                )
        hand.go(minutes=5)
        assert hand.database.act(lambda s: watch_experiments(s, now=hand.now)) == [running]
        report = self.report(hand, running)
        assert (report.state, report.stop_reason) == ("stopped", "harm")
        waiting = hand.messages(step=Step.INVITE, state=MessageState.QUEUED)
        assert waiting
        assert not any("短的" in (m.body or "") for m in waiting)
        self.invite(hand, version=3)
        late = [m for m in hand.messages(step=Step.INVITE) if m.subject_version == 3]
        assert all(m.arm_id is None for m in late)

    def test_the_report_counts_doses_within_the_days_with_intervals(
        self, hand: Hand, village: Village, running: int
    ) -> None:
        self.invite(hand, version=2)
        drawn = [m for m in hand.messages(step=Step.INVITE) if m.arm_id is not None]
        with hand.database.write() as session:
            for row in session.scalars(
                select(Message).where(Message.id.in_([m.id for m in drawn]))
            ):
                row.state, row.began_at = MessageState.DELIVERED, hand.now
            came = [m for m in drawn if "短的" in (m.body or "")][:6]
            for row in came:
                given_on = hand.now.date() + timedelta(days=5)
                record_dose(
                    session,
                    draft=dose(village, row.resident_id or 0, given_on),
                    today=given_on,
                    by=village.worker,
                    now=hand.now,
                )
        assert self.report(hand, running).arms[0].came is None, "nobody had the time yet"
        hand.go(days=15)
        usual, short = self.report(hand, running).arms
        assert (usual.tally.came, short.tally.came) == (0, 6)
        assert short.came is not None
        assert short.came.low < short.came.share < short.came.high
        assert short.against_usual is not None
        assert short.against_usual.share == short.came.share
        assert hand.database.act(lambda s: watch_experiments(s, now=hand.now)) == [running]
        assert self.report(hand, running).stop_reason == "complete"

    def test_a_shifted_day_moves_the_question_and_never_into_the_past(
        self, hand: Hand, village: Village, clinic: Clinic
    ) -> None:
        with hand.database.write() as session:
            second = add_user(session, username="chen", display_name="陈", now=hand.now, by=None)
            made = propose(
                session,
                proposal=Proposal(
                    campaign_id=village.campaign_id,
                    name="早一天",
                    step=Step.T_MINUS_3,
                    planned_households=40,
                    outcome_days=14,
                    usual_label="通常",
                    arms=[ArmDraft("早", None, -1)],
                ),
                by=village.worker,
                now=hand.now,
            )
            approve(session, experiment_id=made.id, by=second.id, now=hand.now)
            for n in range(4):
                person = add_person(session, village, number=f"+861380000010{n}", name=f"孙{n}")
                book_visit(session, village, clinic, person, at=time(9 + n // 3, 0))
        asked = hand.messages(step=Step.T_MINUS_3, channel=Channel.SMS)
        assert all(m.arm_id is not None for m in asked)
        assert {m.due_at for m in asked} <= {local(25, 10), local(26, 10)}
        ended = hand.database.act(
            lambda s: end_experiment(
                s,
                experiment_id=s.scalars(select(Experiment.id)).one(),
                reason="by_hand",
                now=hand.now,
            )
        )
        assert ended == sum(m.due_at == local(25, 10) for m in asked)


def test_a_test_number_is_listed_once(hand: Hand) -> None:
    with hand.database.write() as session:
        first = list_trial_number(session, number="+8613800000077", label="我")
        again = list_trial_number(session, number="+8613800000077", label="值班")
        assert (first.id, again.label) == (again.id, "值班")
