"""The Twilio route against a server that speaks Twilio's public API."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from outreach.adapters.twilio_gateway import TwilioAccount, TwilioError, TwilioGateway
from outreach.ports.messages import (
    Accepted,
    Broken,
    CannotTell,
    Delivery,
    Envelope,
    Found,
    Later,
    NotThere,
    Refused,
    Sought,
    Trouble,
    Unknown,
)
from tests.chaos.provider import SENDER, SID, TOKEN, Provider, in_process

TO = "+8613900000001"
PUBLIC = "https://visits.example.cn"


@pytest.fixture
def provider(tmp_path: Path) -> Iterator[Provider]:
    with in_process(tmp_path / "accepted.jsonl") as running:
        yield running


def gateway(provider: Provider, *, token: str = TOKEN, public_url: str = PUBLIC) -> TwilioGateway:
    return TwilioGateway(TwilioAccount(SID, token, SENDER, provider.base, public_url))


def text(**changes: object) -> Envelope:
    plain: dict[str, object] = {
        "reference": "a" * 32,
        "channel": "sms",
        "to": TO,
        "body": "【棉东社区】赵奶奶的预约已留好。",
        "expires_in_s": 7200,
    }
    return Envelope(**(plain | changes))  # type: ignore[arg-type]


def test_a_text_is_posted_as_twilio_documents_it(provider: Provider) -> None:
    outcome = gateway(provider).send(text())
    assert isinstance(outcome, Accepted)
    (kept,) = provider.accepted()
    assert kept["sid"] == outcome.provider_id
    assert {k: kept[k] for k in ("To", "From", "Body", "StatusCallback", "ValidityPeriod")} == {
        "To": TO,
        "From": SENDER,
        "Body": "【棉东社区】赵奶奶的预约已留好。",
        "StatusCallback": f"{PUBLIC}/hooks/twilio/status/{'a' * 32}",
        "ValidityPeriod": "7200",
    }


def test_a_call_names_where_to_ask_and_where_to_tell(provider: Provider) -> None:
    assert isinstance(gateway(provider).send(text(channel="voice")), Accepted)
    (kept,) = provider.accepted()
    assert kept["kind"] == "calls"
    assert kept["Url"] == f"{PUBLIC}/hooks/twilio/voice?message={'a' * 32}"
    assert kept["StatusCallback"] == f"{PUBLIC}/hooks/twilio/status/{'a' * 32}"


def test_without_a_public_address_a_call_carries_its_words(provider: Provider) -> None:
    gateway(provider, public_url="").send(text(channel="voice"))
    (kept,) = provider.accepted()
    assert '<Say language="zh-CN"' in kept["Twiml"]
    assert "StatusCallback" not in kept


def test_fault_19_a_wrong_token_is_the_accounts_trouble_not_the_messages(
    provider: Provider,
) -> None:
    assert gateway(provider, token="rotated").send(text()) == Broken("20003")
    assert provider.accepted() == []


@pytest.mark.parametrize(
    ("code", "status", "trouble"),
    [
        (21610, 400, Trouble.OPTED_OUT),
        (21211, 400, Trouble.BAD_NUMBER),
        (21614, 400, Trouble.LANDLINE),
        (21617, 400, Trouble.CONTENT),
        (21999, 400, Trouble.REFUSED),
    ],
)
def test_codes_are_sorted_into_what_can_be_done(
    provider: Provider, code: int, status: int, trouble: Trouble
) -> None:
    told = {"code": code, "message": "no", "status": status}
    provider.control(mix={"told": 1.0}, answer=told)
    assert gateway(provider).send(text()) == Refused(str(code), trouble)


def test_a_bad_sender_is_the_accounts_trouble(provider: Provider) -> None:
    provider.control(mix={"told": 1.0}, answer={"code": 21606, "message": "no", "status": 400})
    assert gateway(provider).send(text()) == Broken("21606")


def test_fault_15_busy_says_how_long_to_wait(provider: Provider) -> None:
    provider.control(mix={"busy": 1.0}, retry_after="30")
    assert gateway(provider).send(text()) == Later("20429", retry_after_s=30.0)


@pytest.mark.parametrize("how", ["error_after", "reset_after", "reset_before", "page", "cut"])
def test_fault_16_and_70_what_may_have_gone_out_is_unknown(provider: Provider, how: str) -> None:
    provider.control(mix={how: 1.0})
    assert isinstance(gateway(provider).send(text()), Unknown)


def test_fault_17_a_silent_provider_is_given_up_in_time(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("outreach.adapters.twilio_gateway.READ_S", 0.3)
    provider.control(mix={"hang_after": 1.0})
    assert gateway(provider).send(text()) == Unknown("read_timeout")


def test_fault_18_a_refused_connection_was_surely_not_sent() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    account = TwilioAccount(SID, TOKEN, SENDER, f"http://127.0.0.1:{port}", PUBLIC)
    assert TwilioGateway(account).send(text()) == Later("connection_refused")


def sought(**changes: object) -> Sought:
    plain: dict[str, object] = {
        "reference": "a" * 32,
        "channel": "sms",
        "to": TO,
        "body": text().body,
        "posted_at": datetime.now(UTC),
    }
    return Sought(**(plain | changes))  # type: ignore[arg-type]


def test_a_message_of_unknown_fate_is_found_by_number_words_and_time(provider: Provider) -> None:
    provider.control(mix={"error_after": 1.0})
    route = gateway(provider)
    route.send(text())
    (kept,) = provider.accepted()
    assert route.find(sought()) == Found(kept["sid"], Delivery.QUEUED)
    assert isinstance(route.find(sought(body="anything else")), NotThere)
    assert isinstance(route.find(sought(to="+8613900000009")), NotThere)
    assert isinstance(route.find(sought(taken=frozenset({kept["sid"]}))), NotThere)
    late = datetime.now(UTC) + timedelta(hours=1)
    assert isinstance(route.find(sought(posted_at=late)), NotThere)


def test_a_message_on_a_later_page_of_the_list_is_found(provider: Provider) -> None:
    provider.control(most_per_page=2)
    for number in range(5):
        gateway(provider).send(text(body=f"第{number}条"))
    found = gateway(provider).find(sought(body="第4条"))
    assert isinstance(found, Found)
    assert found.provider_id == provider.accepted()[4]["sid"]


def test_a_messaging_service_carries_texts_and_no_calls(provider: Provider) -> None:
    account = TwilioAccount(SID, TOKEN, "MG" + "a" * 32, provider.base, PUBLIC)
    route = TwilioGateway(account)
    assert not route.capabilities(TO).voice
    assert isinstance(route.send(text()), Accepted)
    (sent,) = provider.accepted()
    assert sent["MessagingServiceSid"] == account.sender
    assert "From" not in sent


def test_a_provider_that_cannot_be_asked_is_asked_again_later(provider: Provider) -> None:
    assert isinstance(gateway(provider, token="rotated").find(sought()), CannotTell)


def test_to_the_mainland_there_is_no_reply_no_link_and_no_landline_text(provider: Provider) -> None:
    able = gateway(provider).capabilities(TO)
    assert (able.two_way, able.links, able.texts_to_landlines, able.voice) == (
        False,
        False,
        False,
        True,
    )
    assert gateway(provider).capabilities("+447700900000").two_way


def test_a_half_set_account_stops_the_start() -> None:
    with pytest.raises(TwilioError, match="TWILIO_AUTH_TOKEN"):
        TwilioGateway(TwilioAccount(SID, "", SENDER))
