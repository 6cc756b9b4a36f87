"""Twilio's callbacks: genuine ones count once, whatever their order; others change nothing."""

from __future__ import annotations

import itertools
from xml.etree import ElementTree

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from twilio.request_validator import RequestValidator

from outreach.clinics.models import Appointment
from outreach.contact.codes import Channel, InboundState, Meaning, MessageState, OptOutScope, Step
from outreach.contact.message_models import DeliveryReceipt, InboundMessage, Message, OptOut
from tests.builders.ledger import Village, add_elders
from tests.builders.messages import Clinic, Hand, book_visit, local
from tests.integration.hooks.conftest import PUBLIC, SID, TOKEN, Signed

SMS = "SM" + "1" * 32


@pytest.fixture
def sent(hand: Hand, village: Village, clinic: Clinic) -> Message:
    """The daughter's booking text, handed to Twilio."""
    with hand.database.write() as session:
        (resident,) = add_elders(session, village)
        book_visit(session, village, clinic, resident)
    hand.send_due()
    return next(m for m in hand.messages(step=Step.BOOKED) if m.number_index)


def _state(hand: Hand, message: Message) -> MessageState:
    return hand.messages(id=message.id)[0].state


def _count(hand: Hand, what: type) -> int:
    with hand.database.read() as session:
        return session.scalar(select(func.count()).select_from(what)) or 0


def _status(message: Message, word: str, **more: str) -> tuple[str, dict[str, str]]:
    form = {"MessageSid": SMS, "MessageStatus": word, **more}
    return f"/hooks/twilio/status/{message.uuid}", form


def test_fault_22_the_same_callback_five_times_is_one_change(
    hand: Hand, sent: Message, signed: Signed
) -> None:
    answers = [signed(*_status(sent, "delivered")).status_code for _ in range(5)]
    assert answers == [204] * 5
    assert _state(hand, sent) is MessageState.DELIVERED
    assert _count(hand, DeliveryReceipt) == 1


def test_fault_23_callbacks_in_any_order_end_as_delivered(
    hand: Hand, sent: Message, signed: Signed
) -> None:
    for word in ("delivered", "sent", "queued"):
        assert signed(*_status(sent, word)).status_code == 204
    assert _state(hand, sent) is MessageState.DELIVERED


def test_fault_24_a_second_final_word_is_kept_but_changes_nothing(
    hand: Hand, sent: Message, signed: Signed
) -> None:
    signed(*_status(sent, "delivered"))
    signed(*_status(sent, "failed", ErrorCode="30008"))
    assert _state(hand, sent) is MessageState.DELIVERED
    with hand.database.read() as session:
        kept = session.scalars(select(DeliveryReceipt).order_by(DeliveryReceipt.id)).all()
        assert [(r.status, r.is_applied) for r in kept] == [("delivered", True), ("failed", False)]


def test_fault_26_a_callback_for_an_unknown_id_makes_no_row(hand: Hand, signed: Signed) -> None:
    answer = signed(
        f"/hooks/twilio/status/{'f' * 32}", {"MessageSid": SMS, "MessageStatus": "sent"}
    )
    assert answer.status_code == 404
    assert _count(hand, DeliveryReceipt) == 0


def test_fault_27_a_forged_missing_or_foreign_signature_writes_nothing(
    hand: Hand, sent: Message, signed: Signed, client: FlaskClient
) -> None:
    path, form = _status(sent, "delivered")
    assert signed(path, form, token="another token").status_code == 403
    assert client.post(path, data=form | {"AccountSid": SID}).status_code == 403
    assert signed(path, form | {"AccountSid": "AC" + "9" * 32}).status_code == 403
    assert signed(path, form, base="https://elsewhere.example.cn").status_code == 403
    assert _count(hand, DeliveryReceipt) == 0
    assert _state(hand, sent) is MessageState.ACCEPTED


def test_fault_27_behind_a_proxy_the_configured_address_counts(
    hand: Hand, sent: Message, signed: Signed
) -> None:
    # The test client speaks http to localhost; Twilio signed https and the public name.
    assert signed(*_status(sent, "delivered"), base=PUBLIC).status_code == 204
    assert _state(hand, sent) is MessageState.DELIVERED


def test_fault_28_a_replay_a_day_later_has_no_effect(
    hand: Hand, sent: Message, signed: Signed
) -> None:
    signed(*_status(sent, "sent"))
    signed(*_status(sent, "undelivered", ErrorCode="30005"))
    hand.go(days=1)
    assert signed(*_status(sent, "sent")).status_code == 204
    assert _state(hand, sent) is MessageState.FAILED
    assert _count(hand, DeliveryReceipt) == 2


def test_unknown_parameters_and_words_never_fail(hand: Hand, sent: Message, signed: Signed) -> None:
    assert signed(*_status(sent, "sent", RawDlrDoneDate="2611231130")).status_code == 204
    assert signed(*_status(sent, "partially_seen")).status_code == 204
    assert _state(hand, sent) is MessageState.ACCEPTED


@pytest.mark.parametrize("order", list(itertools.permutations(["queued", "sent", "delivered"])))
def test_states_only_move_up_in_every_order(
    hand: Hand, sent: Message, signed: Signed, order: tuple[str, ...]
) -> None:
    for word in order:
        signed(*_status(sent, word))
    assert _state(hand, sent) is MessageState.DELIVERED


def test_fault_20_a_carrier_opt_out_ends_everything_and_a_call_is_owed(
    hand: Hand, sent: Message, signed: Signed
) -> None:
    signed(*_status(sent, "failed", ErrorCode="21610"))
    with hand.database.read() as session:
        assert session.scalars(select(OptOut.scope)).all() == [OptOutScope.EVERYTHING]
    hand.go_to(local(28, 17))
    assert [e.to for e in hand.send_due()] == ["+8613900000002"]
    owed = [m for m in hand.messages(channel=Channel.CALL) if m.reason == "opted_out_all"]
    assert [m.step for m in owed] == [Step.T_MINUS_1]


def test_a_phone_that_was_off_is_tried_again_next_day_twice_at_most(
    hand: Hand, sent: Message, signed: Signed
) -> None:
    with hand.database.write() as session:
        session.get_one(Message, sent.id).expires_at = local(29, 9)
    signed(*_status(sent, "undelivered", ErrorCode="30003"))
    again = [m for m in hand.messages(step=Step.BOOKED) if m.state is MessageState.QUEUED]
    assert [m.due_at.astimezone().date() for m in again] == [hand.now.date().replace(day=24)]


def test_an_inbound_text_confirms_and_is_answered_at_once(
    hand: Hand, sent: Message, signed: Signed
) -> None:
    answer = signed(
        "/hooks/twilio/sms",
        {
            "MessageSid": "SM" + "2" * 32,
            "From": "+8613900000001",
            "To": "+15005550006",
            "Body": "1",
        },
    )
    assert answer.status_code == 200
    assert answer.mimetype == "text/xml"
    ElementTree.fromstring(answer.text)
    with hand.database.read() as session:
        heard = session.scalars(select(InboundMessage)).one()
        assert (heard.meaning, heard.state) == (Meaning.CONFIRM, InboundState.ACTED_UPON)
        assert session.scalars(select(Appointment.status)).one() == "confirmed"


def test_an_inbound_text_delivered_twice_is_heard_once(
    hand: Hand, sent: Message, signed: Signed
) -> None:
    form = {"MessageSid": "SM" + "3" * 32, "From": "+8613900000001", "Body": "退订"}
    for _ in range(2):
        assert signed("/hooks/twilio/sms", form).status_code == 200
    assert _count(hand, InboundMessage) == 1
    assert _count(hand, OptOut) == 1


def test_a_call_speaks_chinese_and_its_key_confirms(
    hand: Hand, sent: Message, signed: Signed
) -> None:
    hand.go_to(local(27, 10))
    hand.send_due()
    (call,) = [m for m in hand.messages(channel=Channel.VOICE) if m.state is MessageState.ACCEPTED]
    path = f"/hooks/twilio/voice?message={call.uuid}"
    markup = ElementTree.fromstring(
        signed(path, {"CallSid": "CA1", "CallStatus": "in-progress"}).text
    )
    gather = markup.find("Gather")
    assert gather is not None
    assert gather.attrib["action"] == f"{PUBLIC}{path}"
    says = gather.findall("Say")
    assert {say.attrib["language"] for say in says} == {"zh-CN"}
    assert "赵奶奶的预约" in (says[0].text or "")
    pressed = signed(path, {"CallSid": "CA1", "To": "+8613900000001", "Digits": "1"})
    assert "已为您确认" in pressed.text
    with hand.database.read() as session:
        assert session.scalars(select(Appointment.status)).one() == "confirmed"


def test_a_machine_that_answers_counts_as_nobody_and_is_tried_again(
    hand: Hand, sent: Message, signed: Signed
) -> None:
    hand.go_to(local(27, 10))
    hand.send_due()
    (call,) = [m for m in hand.messages(channel=Channel.VOICE) if m.state is MessageState.ACCEPTED]
    path = f"/hooks/twilio/voice?message={call.uuid}"
    answer = signed(path, {"CallSid": "CA1", "AnsweredBy": "machine_start"})
    assert ElementTree.fromstring(answer.text).find("Say") is None
    voice = hand.messages(channel=Channel.VOICE)
    assert {m.id == call.id: m.state for m in voice} == {
        True: MessageState.FAILED,
        False: MessageState.QUEUED,
    }


def test_a_call_from_outside_is_a_request_to_ring_back(hand: Hand, signed: Signed) -> None:
    answer = signed(
        "/hooks/twilio/voice", {"CallSid": "CA7", "From": "+8613900000001", "To": "+1500"}
    )
    assert "回电" in answer.text
    with hand.database.read() as session:
        heard = session.scalars(select(InboundMessage)).one()
        assert (heard.channel, heard.state) == (Channel.VOICE, InboundState.WAITING)


def test_fault_25_a_callback_before_our_own_commit_is_matched_by_our_id(
    hand: Hand, sent: Message, signed: Signed
) -> None:
    with hand.database.write() as session:
        row = session.get_one(Message, sent.id)
        row.state, row.provider_id, row.claim_token = MessageState.SENDING, "", "held"
    signed(*_status(sent, "delivered"))
    kept = hand.messages(id=sent.id)[0]
    assert (kept.state, kept.provider_id) == (MessageState.DELIVERED, SMS)


def test_the_signature_covers_the_query_too(signed: Signed, client: FlaskClient) -> None:
    form = {"AccountSid": SID, "CallSid": "CA1"}
    signature = RequestValidator(TOKEN).compute_signature(f"{PUBLIC}/hooks/twilio/voice", form)
    answer = client.post(
        "/hooks/twilio/voice?message=x", data=form, headers={"X-Twilio-Signature": signature}
    )
    assert answer.status_code == 403


def test_nothing_is_said_for_an_unknown_call(signed: Signed) -> None:
    assert signed("/hooks/twilio/voice?message=unknown", {"CallSid": "CA1"}).status_code == 404
