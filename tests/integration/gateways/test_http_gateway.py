"""A domestic-style gateway that is described by a file, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import requests
import responses

from outreach.adapters.http_gateway import HttpGateway, load_http_gateway
from outreach.config import SettingsWrong
from outreach.ports.messages import (
    Accepted,
    Broken,
    CannotTell,
    Delivery,
    Envelope,
    Found,
    InboundText,
    Later,
    NotThere,
    Outcome,
    Receipt,
    Refused,
    Sought,
    Trouble,
    Unknown,
)
from tests.builders.messages import NOW

BASE = "https://sms.example.cn"
FILE = """
send:
  url: https://sms.example.cn/send
  headers: {Authorization: "Bearer ${SMS_KEY}"}
  json:
    mobile: "{national}"
    sign: 棉东社区
    template: "{template_code}"
    params: "{parameters}"
    outId: "{reference}"
answer:
  path: code
  accepted: ["OK"]
  id: data.bizId
  opted_out: ["BLACKLIST"]
  bad_number: ["MOBILE_ILLEGAL"]
  content: ["TEMPLATE_ILLEGAL"]
  later: ["LIMIT_CONTROL"]
  broken: ["NO_BALANCE"]
find:
  method: GET
  url: https://sms.example.cn/find
  query: {outId: "{reference}"}
found: {items: data.list, reference: outId, id: bizId, status: status, delivered: ["3"], failed: ["2"]}
pull: {method: GET, url: https://sms.example.cn/replies}
pulled: {items: data, number: phone, body: content, id: sequence}
push:
  token: "${SMS_KEY}"
  replies: {number: phone_number, body: content, id: sequence_id}
  receipts:
    {reference: out_id, id: biz_id, status: success, code: err_code, delivered: ["True"], failed: ["False"]}
able: {identical_per_day: 1, any_per_day: 20}
"""


@pytest.fixture
def gateway(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> HttpGateway:
    monkeypatch.setenv("SMS_KEY", "a key of tests")
    path = tmp_path / "gateway.yaml"
    path.write_text(FILE, encoding="utf-8")
    return load_http_gateway(path)


ENVELOPE = Envelope(
    reference="r" * 32,
    channel="sms",
    to="+8613900000001",
    body="【棉东社区】赵奶奶的预约已留好。",
    template_code="SMS_1",
    parameters={"who": "赵奶奶", "time": "9:30"},
)


@responses.activate
def test_a_text_goes_out_as_template_and_parameters(gateway: HttpGateway) -> None:
    responses.post(f"{BASE}/send", json={"code": "OK", "data": {"bizId": "B1"}})
    assert gateway.send(ENVELOPE) == Accepted("B1")
    request = responses.calls[0].request
    assert request.headers["Authorization"] == "Bearer a key of tests"
    assert json.loads(request.body or "") == {
        "mobile": "13900000001",
        "sign": "棉东社区",
        "template": "SMS_1",
        "params": {"who": "赵奶奶", "time": "9:30"},
        "outId": "r" * 32,
    }


@responses.activate
@pytest.mark.parametrize(
    ("status", "told", "outcome"),
    [
        (200, {"code": "BLACKLIST"}, Refused("BLACKLIST", Trouble.OPTED_OUT)),
        (200, {"code": "MOBILE_ILLEGAL"}, Refused("MOBILE_ILLEGAL", Trouble.BAD_NUMBER)),
        (200, {"code": "TEMPLATE_ILLEGAL"}, Refused("TEMPLATE_ILLEGAL", Trouble.CONTENT)),
        (200, {"code": "LIMIT_CONTROL"}, Later("LIMIT_CONTROL")),
        (200, {"code": "NO_BALANCE"}, Broken("NO_BALANCE")),
        (200, {"code": "ANYTHING_ELSE"}, Refused("ANYTHING_ELSE")),
        (200, {"code": "OK"}, Unknown("no_id")),
        (200, {}, Unknown("answer_without_code")),
        (401, {}, Broken("401")),
        (429, {}, Later("429")),
        (500, {"code": "OK"}, Unknown("500")),
    ],
)
def test_answers_are_sorted_into_what_can_be_done(
    gateway: HttpGateway, status: int, told: dict[str, Any], outcome: Outcome
) -> None:
    responses.post(f"{BASE}/send", json=told, status=status)
    assert gateway.send(ENVELOPE) == outcome


@responses.activate
def test_fault_70_a_page_or_a_cut_answer_is_unknown(gateway: HttpGateway) -> None:
    responses.post(f"{BASE}/send", body="<html>")
    responses.post(f"{BASE}/send", body='{"code": "O')
    assert gateway.send(ENVELOPE) == gateway.send(ENVELOPE) == Unknown("unreadable_answer")


@responses.activate
def test_a_silent_vendor_leaves_the_fate_unknown(gateway: HttpGateway) -> None:
    responses.post(f"{BASE}/send", body=requests.exceptions.ReadTimeout())
    assert gateway.send(ENVELOPE) == Unknown("read_timeout")


@responses.activate
def test_the_vendor_is_asked_by_our_own_id(gateway: HttpGateway) -> None:
    sought = Sought("r" * 32, "sms", ENVELOPE.to, ENVELOPE.body, NOW)
    row = {"outId": "r" * 32, "bizId": "B1", "status": "3"}
    responses.get(f"{BASE}/find", json={"data": {"list": [row]}})
    assert gateway.find(sought) == Found("B1", Delivery.DELIVERED)
    responses.replace("GET", f"{BASE}/find", json={"data": {"list": []}})
    assert isinstance(gateway.find(sought), NotThere)
    responses.replace("GET", f"{BASE}/find", status=502)
    assert isinstance(gateway.find(sought), CannotTell)


@responses.activate
def test_replies_are_pulled_and_pushed_alike(gateway: HttpGateway) -> None:
    reply = {"phone": "13900000001", "content": "退订", "sequence": "7"}
    responses.get(f"{BASE}/replies", json={"data": [reply]})
    assert gateway.pull() == [InboundText("http", "7", "13900000001", "退订")]
    pushed = [{"phone_number": "13900000001", "content": "1", "sequence_id": "8"}]
    assert gateway.pushed_replies(pushed) == [InboundText("http", "8", "13900000001", "1")]


def test_pushed_receipts_are_read_by_the_same_codes(gateway: HttpGateway) -> None:
    told = [
        {"out_id": "a" * 32, "biz_id": "B1", "success": True, "err_code": "DELIVERED"},
        {"out_id": "b" * 32, "biz_id": "B2", "success": False, "err_code": "BLACKLIST"},
    ]
    assert gateway.pushed_receipts(told) == [
        Receipt("a" * 32, "B1", "True", Delivery.DELIVERED, "DELIVERED"),
        Receipt("b" * 32, "B2", "False", Delivery.FAILED, "BLACKLIST", Trouble.OPTED_OUT),
    ]


def test_only_the_token_opens_the_door(gateway: HttpGateway) -> None:
    assert gateway.is_genuine("a key of tests")
    assert not gateway.is_genuine("another")
    assert not gateway.is_genuine("")


def test_the_route_says_what_it_carries(gateway: HttpGateway) -> None:
    able = gateway.capabilities("+8613900000001")
    assert (able.texts, able.voice, able.two_way, able.can_be_asked) == (True, False, True, True)
    assert able.registered_templates
    assert not gateway.capabilities("+447700900000").texts


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("send: {}", "send.url"),
        ("{", "readable"),
        (FILE.replace("${SMS_KEY}", "${NOT_SET_ANYWHERE}"), "NOT_SET_ANYWHERE"),
        (FILE + "\nsurprise: 1\n", "surprise"),
    ],
)
def test_a_wrong_file_stops_the_start_and_names_what_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: str, problem: str
) -> None:
    monkeypatch.setenv("SMS_KEY", "a key of tests")
    path = tmp_path / "gateway.yaml"
    path.write_text(written, encoding="utf-8")
    with pytest.raises(SettingsWrong, match=problem):
        load_http_gateway(path)


def test_a_missing_file_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(SettingsWrong, match="OUTREACH_HTTP_GATEWAY"):
        load_http_gateway(tmp_path / "absent.yaml")
    with pytest.raises(SettingsWrong, match="OUTREACH_HTTP_GATEWAY"):
        load_http_gateway(None)
