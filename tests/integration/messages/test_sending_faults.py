"""Fault rows of the sending side: crashes, stalls, doubles, clocks and providers in trouble."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import text

from outreach.contact.campaign_sending import (
    cancel_campaign_sending,
    decide_backlog,
    list_trial_number,
    pause_all,
    pause_campaign,
    resume_all,
    resume_campaign,
    set_trial,
)
from outreach.contact.claims import claim, sweep_leases
from outreach.contact.codes import Channel, MessageState, OptOutScope, Purpose, Step
from outreach.contact.gateway_states import drift_back, healths
from outreach.contact.opt_outs import opt_out_numbers
from outreach.contact.outbox import Draft, queue
from outreach.db import Database, make_engine
from outreach.jobs.meters import Meters
from outreach.jobs.sender import Sender, Tempo
from outreach.jobs.tick_lock import tick_lock
from outreach.places.operations import move_clock
from outreach.ports.messages import (
    Accepted,
    Broken,
    CannotTell,
    Delivery,
    Envelope,
    Found,
    Later,
    NotThere,
    Outcome,
    Receipt,
    Refused,
    Trouble,
    Unknown,
)
from outreach.vault import new_vault
from outreach.workflows.finish import Posted, finish
from outreach.workflows.receive_receipts import receive
from outreach.workflows.reconcile_messages import expire_overdue, reconcile_messages
from outreach.workflows.schedule_messages import schedule_for_appointment
from outreach.workflows.send import begin
from tests.builders.ledger import Village, add_elders, build_village
from tests.builders.messages import (
    NOW,
    Clinic,
    Hand,
    ScriptedGateway,
    book_visit,
    build_clinic,
    local,
)


def put(
    hand: Hand,
    count: int = 1,
    purpose: Purpose = Purpose.APPOINTMENT,
    *,
    first: int = 0,
    **changes: Any,
) -> list[int]:
    """Queue messages to numbers of their own."""

    def draft(number: int) -> Draft:
        plain: dict[str, Any] = {
            "to_whom": f"m{purpose}{number}",
            "number": f"+86138{number:08d}",
            "body": f"第{number}位",
            "step": Step.ANSWER,
            "purpose": purpose,
            "channel": Channel.SMS,
            "subject_kind": "manual",
            "subject_id": 0,
            "due_at": hand.now,
            "expires_at": hand.now + timedelta(hours=8),
        }
        return Draft(**(plain | changes))

    with hand.database.write() as session:
        return queue(session, drafts=[draft(n) for n in range(first, first + count)], now=hand.now)


def states(hand: Hand) -> Counter[MessageState]:
    return Counter(m.state for m in hand.messages())


def begin_and_die(hand: Hand) -> None:
    """Mark what is due as sending, and go away before the outcome is known."""
    claims = hand.database.act(lambda s: claim(s, at=hand.at, limit=10))
    hand.database.act(lambda s: begin(s, claims=claims, routes=hand.routes, at=hand.at))


def reconcile(hand: Hand) -> None:
    reconcile_messages(hand.database, hand.routes, real_now=lambda: hand.real_now)


def later_and_swept(hand: Hand, **delta: float) -> None:
    hand.go(**delta)
    hand.database.act(lambda s: sweep_leases(s, real_now=hand.real_now))


def test_fault_2_a_crash_after_the_post_is_settled_by_asking(hand: Hand) -> None:
    put(hand)
    begin_and_die(hand)
    later_and_swept(hand, minutes=3)
    assert states(hand) == {MessageState.UNKNOWN: 1}
    hand.gateway.finding = lambda _s: Found("SM1", Delivery.SENT)
    reconcile(hand)
    assert states(hand) == {MessageState.UNKNOWN: 1}, "the callback has ten minutes"
    hand.go(minutes=11)
    reconcile(hand)
    assert states(hand) == {MessageState.ACCEPTED: 1}
    assert hand.gateway.sent == []


def test_fault_3_a_crash_before_the_post_is_sent_once_after_the_lease(hand: Hand) -> None:
    put(hand)
    hand.database.act(lambda s: claim(s, at=hand.at, limit=10))
    assert hand.send_due() == []
    later_and_swept(hand, minutes=3)
    assert len(hand.send_due()) == 1
    assert hand.send_due() == []


@pytest.mark.parametrize("workers", [2, 4])
def test_fault_4_workers_on_one_queue_take_each_message_once(hand: Hand, workers: int) -> None:
    put(hand, 120)
    taken: list[int] = []
    lock = threading.Lock()

    def work(_number: int) -> None:
        while True:
            claims = hand.database.act(lambda s: claim(s, at=hand.at, limit=7))
            if not claims:
                return
            ready = hand.database.act(partial(begin, claims=claims, routes=hand.routes, at=hand.at))
            with lock:
                taken.extend(ready)

    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(work, range(workers)))
    assert sorted(taken) == sorted(set(taken))
    assert len(taken) == 120


def test_fault_5_only_one_ticks_and_another_takes_over(hand: Hand) -> None:
    first, second = tick_lock(hand.database), tick_lock(hand.database)
    try:
        assert first.hold()
        assert first.hold()
        assert not second.hold()
        first.release()
        assert second.hold()
    finally:
        first.release()
        second.release()


def test_fault_6_planning_from_four_sides_writes_each_message_once(
    hand: Hand, village: Village, clinic: Clinic
) -> None:
    with hand.database.write() as session:
        (resident,) = add_elders(session, village)
        visit = book_visit(session, village, clinic, resident)
    before = len(hand.messages())

    def plan(_number: int) -> None:
        hand.database.act(
            lambda s: schedule_for_appointment(
                s, appointment_id=visit.id, now=NOW, announce=Step.BOOKED
            )
        )

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(plan, range(8)))
    assert len(hand.messages()) == before


def test_fault_7_a_frozen_workers_late_word_is_refused(hand: Hand) -> None:
    put(hand)
    claims = hand.database.act(lambda s: claim(s, at=hand.at, limit=10))
    hand.database.act(lambda s: begin(s, claims=claims, routes=hand.routes, at=hand.at))
    later_and_swept(hand, minutes=5)
    late = [Posted(claims[0], "scripted", Refused("30007", Trouble.CONTENT))]
    hand.database.act(lambda s: finish(s, posted=late, at=hand.at))
    assert states(hand) == {MessageState.UNKNOWN: 1}


def test_fault_7_a_worker_that_lost_its_lease_lets_nothing_leave(hand: Hand) -> None:
    put(hand)
    claims = hand.database.act(lambda s: claim(s, at=hand.at, limit=10))
    hand.go(minutes=5)
    assert not hand.database.act(lambda s: begin(s, claims=claims, routes=hand.routes, at=hand.at))


def test_fault_8_a_clock_that_jumps_sends_nothing_twice_or_at_night(
    hand: Hand, village: Village, clinic: Clinic
) -> None:
    with hand.database.write() as session:
        (resident,) = add_elders(session, village)
        book_visit(session, village, clinic, resident)
    assert len(hand.send_due()) == 2
    for jump in (timedelta(days=1), timedelta(days=-1), timedelta(hours=2), timedelta(hours=13)):
        hand.now += jump
        assert [e for e in hand.send_due() if "已留好" in e.body] == []
    assert len(hand.gateway.sent) == 2


def test_fault_9_six_hours_asleep_sends_what_is_still_of_use_and_expires_the_rest(
    hand: Hand,
) -> None:
    put(hand, 1, expires_at=local(23, 12))
    put(hand, 1, Purpose.RIDE, expires_at=local(23, 20))
    hand.go_to(local(23, 15, 30))
    assert len(hand.send_due()) == 1
    assert states(hand) == {MessageState.ACCEPTED: 1, MessageState.EXPIRED: 1}


def test_fault_12_when_nothing_can_be_written_nothing_leaves(
    hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(hand, 3)

    def full(*_: object, **__: object) -> None:
        raise OSError("disk full")

    stop = threading.Event()
    sender = Sender(
        hand.database,
        hand.routes,
        stop,
        tempo=Tempo(senders=2, idle_s=0.02, trouble_s=0.02),
        meters=Meters(),
    )
    with monkeypatch.context() as patch:
        patch.setattr("outreach.jobs.sender.begin_due", full)
        sender.start()
        stop.wait(0.5)
        stop.set()
        sender.join(10)
    assert hand.gateway.sent == []
    assert MessageState.SENDING not in states(hand)


def test_fault_13_connections_that_break_lose_nothing_and_double_nothing(
    postgres_url: str,
) -> None:
    database = Database(make_engine(postgres_url), new_vault())
    with database.write() as session:
        village = build_village(session)
        build_clinic(session, village)
        move_clock(session, to=NOW)
    stop = threading.Event()

    def take_a_while(_envelope: Envelope) -> Outcome:
        stop.wait(0.02)
        return Accepted("P")

    hand = Hand(database, (ScriptedGateway(answer=take_a_while),))
    put(hand, 40)
    sender = Sender(
        database,
        hand.routes,
        stop,
        tempo=Tempo(senders=3, idle_s=0.02, trouble_s=0.05),
        meters=Meters(),
    )
    sender.start()
    for _ in range(3):
        stop.wait(0.15)
        _break_connections(database)
    while states(hand)[MessageState.QUEUED]:
        stop.wait(0.05)
    stop.set()
    sender.join(10)
    posted = Counter(e.reference for e in hand.gateway.sent)
    unposted = 40 - len(posted)
    assert set(posted.values()) == {1}
    # A commit whose answer was lost may stand: such a message is of unknown fate, not lost.
    assert states(hand)[MessageState.SENDING] >= unposted
    database.close()


def _break_connections(database: Database) -> None:
    with database.engine.connect() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE pid <> pg_backend_pid() AND datname = current_database()"
            )
        )


def test_fault_15_busy_is_left_alone_for_as_long_as_it_says_and_another_route_helps(
    hand: Hand,
) -> None:
    put(hand, 4)
    hand.gateway.answer = lambda _e: Later("20429", retry_after_s=30.0)
    assert len(hand.send_due(limit=2)) == 2
    hand.go(seconds=29)
    second = ScriptedGateway(name="second")
    both = replace(hand, gateways=(hand.gateway, second))
    both.send_due()
    assert [len(hand.gateway.sent), len(second.sent)] == [2, 2]
    hand.gateway.answer = None
    hand.go(minutes=2)
    assert len(hand.send_due()) == 2
    assert states(hand) == {MessageState.ACCEPTED: 4}


def test_a_second_route_takes_over_from_one_that_is_slow_and_gives_back_when_it_is_not(
    hand: Hand,
) -> None:
    second = ScriptedGateway(name="second")
    both = replace(hand, gateways=(hand.gateway, second))

    def quarter(number: int, *, first_is_slow: bool) -> float:
        """Send a round, let the word of arrival come (or not), and return the second route's share."""
        counted = [len(gateway.sent) for gateway in both.gateways]
        put(both, 60, first=100 * number)
        both.send_due()
        both.go(minutes=1)
        arrived = [
            Receipt(envelope.reference, "", "delivered", Delivery.DELIVERED)
            for gateway, before in zip(both.gateways, counted, strict=True)
            if gateway is second or not first_is_slow
            for envelope in gateway.sent[before:]
        ]
        both.database.act(lambda s: receive(s, receipts=arrived, at=both.at))
        both.go(minutes=6)
        both.database.act(
            lambda s: drift_back(s, names=["scripted", "second"], real_now=both.real_now)
        )
        return (len(second.sent) - counted[1]) / 60

    slow = [quarter(n, first_is_slow=True) for n in range(6)]
    assert slow[0] == 0
    assert slow[-1] > 0.6
    well = [quarter(10 + n, first_is_slow=False) for n in range(12)]
    assert well[-1] == 0


def test_fault_16_an_error_after_accepting_is_one_text_and_accepted(hand: Hand) -> None:
    put(hand)
    hand.gateway.answer = lambda _e: Unknown("500")
    hand.send_due()
    assert states(hand) == {MessageState.UNKNOWN: 1}
    hand.gateway.finding = lambda s: Found("SM9", Delivery.DELIVERED)
    hand.go(minutes=11)
    reconcile(hand)
    assert states(hand) == {MessageState.DELIVERED: 1}
    assert len(hand.gateway.sent) == 1


def test_fault_17_no_connection_of_the_pool_is_held_while_a_provider_thinks(hand: Hand) -> None:
    put(hand, 3)
    held: list[int] = []

    def think(_envelope: Envelope) -> Outcome:
        held.append(hand.database.engine.pool.checkedout())  # type: ignore[attr-defined]
        return Accepted("P")

    hand.gateway.answer = think
    hand.send_due()
    assert held == [0, 0, 0]


def test_fault_18_a_dead_route_is_left_alone_and_the_backlog_drains_by_priority(
    hand: Hand,
) -> None:
    put(hand, 30)
    hand.gateway.answer = lambda _e: Later("connection_refused")
    for _ in range(60):
        hand.send_due(limit=4)
        hand.go(seconds=20)
    tried = len(hand.gateway.sent)
    assert tried <= 20 + 60 * 20 / 30, "a probe every thirty seconds, no more"
    assert states(hand) == {MessageState.QUEUED: 30}, "the route's trouble fails no message"
    put(hand, 2, Purpose.RIDE)
    hand.gateway.answer = None
    hand.gateway.sent.clear()
    hand.go(minutes=31)
    for _ in range(12):
        hand.send_due()
        hand.go(seconds=31)
    assert states(hand) == {MessageState.ACCEPTED: 32}


def test_fault_18_what_waited_too_long_expires(hand: Hand) -> None:
    put(hand, 3, expires_at=local(23, 10, 30))
    hand.gateway.answer = lambda _e: Later("connection_refused")
    hand.send_due()
    hand.go(hours=2)
    hand.database.act(lambda s: expire_overdue(s, now=hand.now))
    assert states(hand) == {MessageState.EXPIRED: 3}


def test_fault_19_a_rotated_token_opens_the_circuit_once_and_fails_no_row(hand: Hand) -> None:
    put(hand, 20)
    hand.gateway.answer = lambda _e: Broken("20003")
    claims = hand.database.act(lambda s: claim(s, at=hand.at, limit=5))
    ready = hand.database.act(lambda s: begin(s, claims=claims, routes=hand.routes, at=hand.at))
    posted = [Posted(r.claim, "scripted", Broken("20003")) for r in ready.values()]
    alerts = hand.database.act(lambda s: finish(s, posted=posted, at=hand.at))
    assert [a.code for a in alerts] == ["circuit_open"]
    assert states(hand) == {MessageState.QUEUED: 20}
    with hand.database.read() as session:
        assert healths(session, ["scripted"])["scripted"].opened_reason == "20003"
    hand.send_due()
    assert hand.gateway.sent == [], "nothing is tried until a person mends it, or a probe"


def test_fault_21_a_landline_gets_no_text_and_a_call_is_owed(hand: Hand) -> None:
    with hand.database.write() as session:
        assert session
    put(hand, 1, step=Step.T_MINUS_1)
    hand.gateway.answer = lambda _e: Refused("21614", Trouble.LANDLINE)
    hand.send_due()
    calls = hand.messages(channel=Channel.CALL)
    assert [(c.state, c.reason) for c in calls] == [(MessageState.HELD, "landline")]


def test_moment_ride_goes_once_more_and_others_go_onto_a_list(hand: Hand) -> None:
    put(hand, 1, Purpose.RIDE)
    put(hand, 1, Purpose.APPOINTMENT)
    hand.gateway.answer = lambda _e: Unknown("reset")
    hand.send_due()
    hand.gateway.finding = lambda _s: NotThere()
    hand.go(minutes=11)
    reconcile(hand)
    assert states(hand) == {MessageState.QUEUED: 1, MessageState.UNRESOLVED: 1}
    hand.send_due()
    hand.go(minutes=11)
    reconcile(hand)
    assert states(hand) == {MessageState.UNRESOLVED: 2}
    assert len(hand.gateway.sent) == 3


def test_a_provider_that_cannot_be_asked_now_is_asked_again(hand: Hand) -> None:
    put(hand)
    hand.gateway.answer = lambda _e: Unknown("reset")
    hand.send_due()
    hand.gateway.finding = lambda _s: CannotTell()
    hand.go(minutes=11)
    reconcile(hand)
    reconcile(hand)
    assert len(hand.gateway.asked) == 1
    hand.go(minutes=6)
    hand.gateway.finding = lambda _s: Found("SM1", Delivery.SENT)
    reconcile(hand)
    assert states(hand) == {MessageState.ACCEPTED: 1}


def test_a_message_the_provider_keeps_putting_off_fails_after_eight_tries(hand: Hand) -> None:
    put(hand, 1, step=Step.T_MINUS_1, expires_at=local(25, 9))
    hand.gateway.answer = lambda _e: Later("30001", of_gateway=False)
    for _ in range(16):
        hand.send_due()
        hand.go(minutes=40) if hand.now < local(23, 18) else hand.go_to(local(24, 9))
    assert len(hand.gateway.sent) == 8
    assert states(hand)[MessageState.FAILED] == 1
    assert [c.reason for c in hand.messages(channel=Channel.CALL)] == ["failed"]


def test_fault_64_nobody_on_an_imported_list_gets_anything_after_its_commit(hand: Hand) -> None:
    put(hand, 300)
    numbers = [f"+86138{n:08d}" for n in range(0, 300, 2)]
    assert len(hand.send_due(limit=100)) == 100
    with hand.database.write() as session:
        made = opt_out_numbers(
            session, numbers=numbers, scope=OptOutScope.EVERYTHING, source="list", now=hand.now
        )
    assert made == 150
    sent = []
    while True:
        claims = hand.messages(state=MessageState.QUEUED)
        if not claims:
            break
        sent += hand.send_due(limit=100)
    assert {e.to for e in sent}.isdisjoint(numbers)
    assert states(hand) == {MessageState.ACCEPTED: 200, MessageState.SUPPRESSED: 100}


def test_fault_65_a_restored_copy_holds_its_backlog_for_a_person(hand: Hand) -> None:
    put(hand, 2)
    with hand.database.write() as session:
        pause_all(session, reason="restored", by=None, now=hand.now, hold_backlog=True)
    assert hand.send_due() == []
    with hand.database.write() as session:
        resume_all(session)
    assert hand.send_due() == []
    assert states(hand) == {MessageState.HELD: 2}
    put(hand, 1, Purpose.RIDE, due_at=hand.now + timedelta(minutes=1))
    hand.go(minutes=2)
    with hand.database.write() as session:
        decide_backlog(session, is_released=False, now=hand.now)
    assert states(hand)[MessageState.CANCELLED] == 2


def test_fault_65_a_released_backlog_goes_out(hand: Hand) -> None:
    put(hand, 2)
    with hand.database.write() as session:
        pause_all(session, reason="restored", by=None, now=hand.now, hold_backlog=True)
        resume_all(session)
        decide_backlog(session, is_released=True, now=hand.now)
    assert len(hand.send_due()) == 2


def test_fault_66_an_upgrade_drains_and_resumes_without_a_double(hand: Hand) -> None:
    put(hand, 3)
    hand.send_due(limit=1)
    with hand.database.write() as session:
        pause_all(session, reason="upgrade", by=None, now=hand.now)
    assert hand.send_due() == []
    with hand.database.write() as session:
        resume_all(session)
    hand.send_due()
    assert Counter(e.reference for e in hand.gateway.sent).most_common(1)[0][1] == 1
    assert states(hand) == {MessageState.ACCEPTED: 3}


def test_fault_70_a_page_instead_of_an_answer_is_unknown_not_accepted(hand: Hand) -> None:
    put(hand)
    hand.gateway.answer = lambda _e: Unknown("unreadable_answer")
    hand.send_due()
    assert states(hand) == {MessageState.UNKNOWN: 1}


def test_a_gateway_that_raises_leaves_the_fate_unknown(hand: Hand) -> None:
    put(hand)

    def burst(_envelope: Envelope) -> Outcome:
        raise RuntimeError("a bug in a driver")

    hand.gateway.answer = burst
    hand.send_due()
    assert states(hand) == {MessageState.UNKNOWN: 1}


def test_pausing_a_campaign_stops_it_at_once_but_not_its_rides(
    hand: Hand, village: Village
) -> None:
    put(hand, 2, campaign_id=village.campaign_id)
    put(hand, 1, Purpose.RIDE, campaign_id=village.campaign_id)
    with hand.database.write() as session:
        pause_campaign(session, campaign_id=village.campaign_id, now=hand.now)
    stop = threading.Event()
    sender = Sender(
        hand.database, hand.routes, stop, tempo=Tempo(senders=2, idle_s=0.02), meters=Meters()
    )
    sender.start()
    stop.wait(0.4)
    with hand.database.write() as session:
        resume_campaign(session, campaign_id=village.campaign_id)
        cancel_campaign_sending(session, campaign_id=village.campaign_id, now=hand.now)
    stop.set()
    sender.join(10)
    assert len(hand.gateway.sent) <= 1


def test_trial_mode_reaches_listed_numbers_only(hand: Hand) -> None:
    put(hand, 3)
    with hand.database.write() as session:
        set_trial(session, is_trial=True)
        list_trial_number(session, number="+8613800000001", label="值班手机")
    assert [e.to for e in hand.send_due()] == ["+8613800000001"]
    assert Counter(m.reason for m in hand.messages(state=MessageState.SUPPRESSED)) == {
        "outside_trial": 2
    }


def test_caps_hold_over_texts_and_calls_and_rides_merge(hand: Hand) -> None:
    for n in range(6):
        put(hand, 1, to_whom=f"x{n}", number="+8613700000000", body=f"第{n}次")
    assert len(hand.send_due()) == 4
    waiting = hand.messages(state=MessageState.QUEUED)
    assert {m.reason for m in waiting} <= {"cap", ""}
    for n in range(3):
        put(
            hand,
            1,
            Purpose.RIDE,
            to_whom=f"r{n}",
            number="+8613700000000",
            body=f"【社区】第{n}趟",
            values={"signature": "社区"},
        )
    (merged,) = hand.send_due()
    assert merged.body == "【社区】第0趟 第1趟 第2趟"
    rides = hand.messages(purpose=Purpose.RIDE)
    assert {m.state for m in rides} == {MessageState.ACCEPTED}
    assert len({m.provider_id for m in rides}) == 1


def test_a_merged_text_that_must_wait_parts_again(hand: Hand) -> None:
    for n in range(2):
        put(
            hand,
            1,
            Purpose.RIDE,
            to_whom=f"r{n}",
            number="+8613700000000",
            body=f"【社区】第{n}趟",
            values={"signature": "社区"},
        )
    hand.gateway.answer = lambda _e: Later("busy")
    hand.send_due()
    assert states(hand) == {MessageState.QUEUED: 2}
    assert {m.merged_into_id for m in hand.messages()} == {None}


def test_two_workers_hold_the_caps_together(hand: Hand) -> None:
    for n in range(12):
        put(hand, 1, to_whom=f"x{n}", number="+8613700000000", body=f"第{n}次")

    def work(_number: int) -> int:
        claims = hand.database.act(lambda s: claim(s, at=hand.at, limit=3))
        return len(
            hand.database.act(lambda s: begin(s, claims=claims, routes=hand.routes, at=hand.at))
        )

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(work, range(4))) <= 4
