"""The health page's figures: the queue, the routes, what is stuck, what it cost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from outreach.contact.campaign_sending import pause_all
from outreach.contact.codes import Channel, Purpose, Step
from outreach.contact.message_health import MessageHealth, campaign_costs, message_health
from outreach.contact.outbox import Draft, queue
from outreach.jobs.exposition import gauges_of
from outreach.ports.messages import Accepted, Broken, Envelope, Outcome, Refused, Unknown
from outreach.tasks.models import WorkerBeat
from tests.builders.ledger import Village, add_elders
from tests.builders.messages import Clinic, Hand, book_visit


def read(hand: Hand) -> MessageHealth:
    with hand.database.read() as session:
        return message_health(session, gateways=["scripted"], now=hand.now, real_now=hand.real_now)


def beat(hand: Hand) -> None:
    with hand.database.write() as session:
        session.merge(
            WorkerBeat(name="w", started_at=hand.real_now, beat_at=hand.real_now, is_ticking=True)
        )


def put(hand: Hand, count: int, campaign_id: int) -> None:
    with hand.database.write() as session:
        drafts = [
            Draft(
                to_whom=f"m{n}",
                step=Step.ANSWER,
                purpose=Purpose.APPOINTMENT,
                channel=Channel.SMS,
                subject_kind="manual",
                subject_id=0,
                number=f"+86138{n:08d}",
                body=f"第{n}位",
                due_at=hand.now,
                expires_at=hand.now + timedelta(hours=9),
                campaign_id=campaign_id,
            )
            for n in range(count)
        ]
        queue(session, drafts=drafts, now=hand.now)


def test_a_quiet_pipeline_raises_nothing_but_the_missing_worker(hand: Hand) -> None:
    assert read(hand).alarms == ("worker_silent",)
    beat(hand)
    assert read(hand).alarms == ()
    hand.go(minutes=1)
    assert read(hand).alarms == ("worker_silent",)


def test_the_queue_grows_old_and_says_so(hand: Hand, village: Village, clinic: Clinic) -> None:
    with hand.database.write() as session:
        (resident,) = add_elders(session, village)
        book_visit(session, village, clinic, resident)
    hand.go(minutes=11)
    beat(hand)
    health = read(hand)
    assert (health.due, health.queue_age_s) == (2, 660.0)
    assert health.alarms == ("queue_old",)
    with hand.database.write() as session:
        pause_all(session, reason="test", by=None, now=hand.now)
    assert read(hand).alarms == ("sending_paused",)


def test_failures_out_of_the_ordinary_raise_an_alarm_and_costs_are_by_campaign(
    hand: Hand, village: Village
) -> None:
    put(hand, 40, village.campaign_id)
    dice = iter([True, True, True, False] * 10)

    def answer(_envelope: Envelope) -> Outcome:
        return Accepted("P", segments=2, cost_micros=500) if next(dice) else Refused("30999")

    hand.gateway.answer = answer
    hand.send_due()
    beat(hand)
    health = read(hand)
    assert health.alarms == ("failures_abnormal:scripted",)
    (gateway,) = health.gateways
    assert (gateway.accepted, gateway.failed, gateway.per_hour) == (30, 10, 40)
    with hand.database.read() as session:
        (cost,) = campaign_costs(session, now=hand.now)
    assert (cost.messages, cost.segments, cost.cost_micros) == (40, 70, 15_000)


def test_a_route_that_is_left_alone_and_rows_of_unknown_fate_are_named(
    hand: Hand, village: Village
) -> None:
    put(hand, 3, village.campaign_id)
    answers: Iterator[Outcome] = iter([Unknown("reset"), Broken("20003"), Broken("20003")])
    hand.gateway.answer = lambda _e: next(answers)
    hand.send_due()
    beat(hand)
    health = read(hand)
    assert health.alarms == ("circuit_open:scripted",)
    assert [(s.code, s.count) for s in health.stuck] == [("unknown", 1)]
    names = {family.name for family in gauges_of(health)}
    assert {"outreach_messages_due", "outreach_circuit_open", "outreach_messages_stuck"} <= names
