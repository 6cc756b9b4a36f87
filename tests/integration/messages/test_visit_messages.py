"""The messages of a booked visit, from the booking to the day after."""

from __future__ import annotations

from datetime import time

from sqlalchemy import select

from outreach.contact.codes import Channel, Meaning, MessageState, Step
from outreach.contact.message_models import Message, Wording
from outreach.ports.messages import InboundText
from outreach.workflows.hear import hear
from tests.builders.ledger import Village, add_elders
from tests.builders.messages import NOW, Clinic, Hand, book_visit, local


def test_booking_texts_the_elder_and_her_daughter_once_each(
    hand: Hand, village: Village, clinic: Clinic
) -> None:
    with hand.database.write() as session:
        (resident,) = add_elders(session, village)
        book_visit(session, village, clinic, resident)
    sent = hand.send_due()
    assert sorted(e.to for e in sent) == ["+8613900000001", "+8613900000002"]
    assert sent[0].body.startswith(
        "【棉东社区】赵奶奶的预约已留好：11月29日周日9:30，棉东卫生中心，"
    )
    assert "确认回1" in sent[0].body
    assert hand.send_due() == []


def test_the_cadence_goes_out_at_its_hours_and_asks_until_confirmed(
    hand: Hand, village: Village, clinic: Clinic
) -> None:
    with hand.database.write() as session:
        (resident,) = add_elders(session, village)
        book_visit(session, village, clinic, resident)
    hand.send_due()
    assert hand.send_due() == []
    hand.go_to(local(26, 10))
    assert {e.channel for e in hand.send_due()} == {"sms"}
    hand.go_to(local(27, 10))
    assert [e.channel for e in hand.send_due()] == ["voice"]
    hand.go_to(local(28, 17))
    assert len(hand.send_due()) == 2
    calls = hand.messages(channel=Channel.CALL)
    assert [(c.step, c.state, c.reason) for c in calls] == [
        (Step.T_MINUS_3, MessageState.HELD, "unconfirmed")
    ]
    hand.go_to(local(29, 8, 30))
    assert len(hand.send_due()) == 2


def test_a_reply_of_one_confirms_and_ends_the_asking(
    hand: Hand, village: Village, clinic: Clinic
) -> None:
    with hand.database.write() as session:
        (resident,) = add_elders(session, village)
        visit = book_visit(session, village, clinic, resident)
    hand.send_due()
    with hand.database.write() as session:
        heard = hear(
            session,
            inbound=InboundText("scripted", "in-1", "+8613900000002", "１"),
            now=NOW,
        )
    assert heard.meaning is Meaning.CONFIRM
    with hand.database.read() as session:
        assert session.get_one(type(visit), visit.id).status == "confirmed"
    hand.go_to(local(26, 10))
    assert hand.send_due() == []
    hand.go_to(local(28, 17))
    assert len(hand.send_due()) == 2
    hand.go_to(local(29, 8, 30))
    assert hand.send_due() == []
    assert not hand.messages(channel=Channel.CALL, state=MessageState.HELD)


def test_an_early_slot_gets_no_morning_text_at_the_door(
    hand: Hand, village: Village, clinic: Clinic
) -> None:
    with hand.database.write() as session:
        (resident,) = add_elders(session, village)
        book_visit(session, village, clinic, resident, at=time(9, 0))
    assert not hand.messages(step=Step.MORNING)


def test_what_an_older_version_queued_still_names_the_ambulance(
    hand: Hand, village: Village, clinic: Clinic
) -> None:
    with hand.database.write() as session:
        (resident,) = add_elders(session, village)
        book_visit(session, village, clinic, resident)
        after = session.scalars(select(Wording).where(Wording.step == Step.T_PLUS_1)).first()
        assert after is not None
        for row in session.scalars(select(Message).where(Message.step == Step.BOOKED)):
            row.step, row.wording_id = Step.T_PLUS_1, after.id
            row.values = {k: v for k, v in row.values.items() if k != "emergency"}
    sent = hand.send_due()
    assert sent
    assert all("急症请打120" in envelope.body for envelope in sent)
