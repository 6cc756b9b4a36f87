"""The life of messages under any order of events: ends stay ends, and nothing goes out twice (I1–I3)."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from datetime import timedelta
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outreach.contact.claims import Claim, claim, sweep_leases
from outreach.contact.codes import (
    FINAL_MESSAGE_STATES,
    NEXT_MESSAGE_STATE,
    Channel,
    MessageState,
    OptOutScope,
    Purpose,
    Step,
)
from outreach.contact.opt_outs import opt_out_numbers
from outreach.contact.outbox import Draft, cancel, queue
from outreach.db import Database, make_engine
from outreach.ports.messages import (
    Accepted,
    Broken,
    Delivery,
    Finding,
    Found,
    Later,
    NotThere,
    Outcome,
    Receipt,
    Refused,
    Sought,
    Trouble,
    Unknown,
)
from outreach.vault import new_vault
from outreach.workflows.finish import Posted, finish
from outreach.workflows.receive_receipts import receive
from outreach.workflows.reconcile_messages import expire_overdue, reconcile_messages
from outreach.workflows.send import Ready, begin
from tests.builders.ledger import build_village
from tests.builders.messages import Hand, ScriptedGateway, build_clinic

NUMBERS = [f"+86138{n:08d}" for n in range(4)]
ACTS = st.lists(
    st.sampled_from(
        [
            "claim",
            "begin",
            "post",
            "die",
            "receipt",
            "sweep",
            "reconcile",
            "opt_out",
            "cancel",
            "wait",
            "expire",
        ]
    ),
    min_size=10,
    max_size=40,
)


def test_every_state_has_its_moves_and_ends_have_none() -> None:
    assert set(NEXT_MESSAGE_STATE) == set(MessageState)
    assert all(not NEXT_MESSAGE_STATE[state] for state in FINAL_MESSAGE_STATES)


class World:
    """Four messages, a provider with a log of its own, and whatever happens to them."""

    def __init__(self, database: Database, data: st.DataObject) -> None:
        self.hand = Hand(database, (ScriptedGateway(),))
        self.data = data
        self.claims: list[Claim] = []
        self.ready: list[Ready] = []
        self.provider: Counter[str] = Counter()
        self.hand.gateway.finding = self.find
        self.opted_out: set[str] = set()
        with database.write() as session:
            queue(session, drafts=[self.draft(n) for n in range(4)], now=self.hand.now)
        self.seen = self.states()

    def draft(self, number: int) -> Draft:
        return Draft(
            to_whom=f"m{number}",
            step=Step.ANSWER,
            purpose=Purpose.RIDE if number % 2 else Purpose.APPOINTMENT,
            channel=Channel.SMS,
            subject_kind="manual",
            subject_id=number,
            number=NUMBERS[number],
            body=f"第{number}位",
            due_at=self.hand.now,
            expires_at=self.hand.now + timedelta(hours=8),
        )

    def states(self) -> dict[str, MessageState]:
        return {m.uuid: m.state for m in self.hand.messages() if m.channel is Channel.SMS}

    def find(self, sought: Sought) -> Finding:
        if self.provider[sought.reference]:
            return Found(f"P{sought.reference}", Delivery.SENT)
        return NotThere()

    def do(self, act: str) -> None:
        getattr(self, f"act_{act}")()
        now = self.states()
        for uuid, state in now.items():
            before = self.seen[uuid]
            assert before not in FINAL_MESSAGE_STATES or state is before, (act, before, state)
        self.seen = now

    def act_claim(self) -> None:
        hand = self.hand
        self.claims += hand.database.act(lambda s: claim(s, at=hand.at, limit=2))

    def act_begin(self) -> None:
        hand, claims, self.claims = self.hand, self.claims, []
        begun = hand.database.act(lambda s: begin(s, claims=claims, routes=hand.routes, at=hand.at))
        assert not {r.envelope.to for r in begun.values()} & self.opted_out, "N1"
        self.ready += begun.values()

    def act_post(self) -> None:
        if not self.ready:
            return
        ready = self.ready.pop()
        known = f"P{ready.envelope.reference}"
        outcomes: list[Outcome] = [
            Accepted(known),
            Refused("30007", Trouble.REFUSED),
            Later("429"),
            Broken("20003"),
            Unknown("500"),
            Unknown("lost"),
        ]
        outcome = self.data.draw(st.sampled_from(outcomes))
        if outcome in (Accepted(known), Unknown("500")):
            self.provider[ready.envelope.reference] += 1
        posted = [Posted(ready.claim, "scripted", outcome)]
        self.hand.database.act(lambda s: finish(s, posted=posted, at=self.hand.at))

    def act_die(self) -> None:
        # kill -9: whatever was claimed or let go is forgotten; a post under way may have arrived.
        for ready in self.ready:
            if self.data.draw(st.booleans()):
                self.provider[ready.envelope.reference] += 1
        self.claims, self.ready = [], []

    def act_receipt(self) -> None:
        reference = self.data.draw(st.sampled_from(sorted(self.seen)))
        if not self.provider[reference]:
            return
        delivery = self.data.draw(st.sampled_from(list(Delivery)))
        receipt = Receipt(reference, f"P{reference}", delivery.value, delivery)
        self.hand.database.act(lambda s: receive(s, receipts=[receipt], at=self.hand.at))

    def act_sweep(self) -> None:
        self.hand.database.act(lambda s: sweep_leases(s, real_now=self.hand.real_now))

    def act_reconcile(self) -> None:
        if not self.ready:  # a post still under way could arrive after the question
            reconcile_messages(
                self.hand.database, self.hand.routes, real_now=lambda: self.hand.real_now
            )

    def act_opt_out(self) -> None:
        number = self.data.draw(st.sampled_from(NUMBERS))
        self.opted_out.add(number)
        self.hand.database.act(
            lambda s: opt_out_numbers(
                s,
                numbers=[number],
                scope=OptOutScope.EVERYTHING,
                source="test",
                now=self.hand.now,
            )
        )

    def act_cancel(self) -> None:
        subject = self.data.draw(st.integers(0, 3))
        self.hand.database.act(
            lambda s: cancel(
                s, subject_kind="manual", subject_ids=[subject], reason="over", now=self.hand.now
            )
        )

    def act_wait(self) -> None:
        self.hand.go(minutes=self.data.draw(st.sampled_from([1, 3, 12])))

    def act_expire(self) -> None:
        self.hand.database.act(lambda s: expire_overdue(s, now=self.hand.now))


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(ACTS, st.data())
def test_nothing_goes_out_twice_and_ends_stay_ends(
    sqlite_template: Path, acts: list[str], data: st.DataObject
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "world.sqlite"
        shutil.copy(sqlite_template, path)
        database = Database(make_engine(f"sqlite:///{path}"), new_vault())
        with database.write() as session:
            build_clinic(session, build_village(session))
        world = World(database, data)
        for act in acts:
            world.do(act)
        for _ in range(3):  # let everything come to its end
            world.act_die()
            world.hand.go(minutes=12)
            for act in ("sweep", "reconcile", "claim", "begin", "post"):
                world.do(act)
        assert max(world.provider.values(), default=0) <= 1
        database.close()
