"""Callbacks in floods, and the pushes of a gateway that is described by a file."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select
from twilio.request_validator import RequestValidator

from outreach.adapters.http_gateway import load_http_gateway
from outreach.contact.codes import Channel, MessageState, Purpose, Step
from outreach.contact.message_models import DeliveryReceipt, OptOut
from outreach.contact.outbox import Draft, queue
from outreach.workflows.routes import Routes
from tests.builders.messages import Hand
from tests.integration.hooks.conftest import PUBLIC, SID, TOKEN

FILE = """
send: {url: "https://sms.example.cn/send", json: {to: "{to}"}}
answer: {path: code, accepted: ["OK"], id: id, opted_out: ["BLACK"]}
push:
  token: token-of-tests
  replies: {number: phone, body: content, id: seq}
  receipts: {reference: out_id, id: biz_id, status: status, code: code, delivered: ["OK"], failed: ["NO"]}
"""


def put(hand: Hand, count: int) -> list[str]:
    """Send some texts and return their references."""
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
            )
            for n in range(count)
        ]
        queue(session, drafts=drafts, now=hand.now)
    return [envelope.reference for envelope in hand.send_due()]


def test_fault_29_callbacks_that_come_together_are_all_kept(hand: Hand, app: Flask) -> None:
    references = put(hand, 40)

    def tell(job: tuple[str, str]) -> int:
        reference, word = job
        form = {"AccountSid": SID, "MessageSid": f"SM{reference}", "MessageStatus": word}
        path = f"/hooks/twilio/status/{reference}"
        signature = RequestValidator(TOKEN).compute_signature(f"{PUBLIC}{path}", form)
        return (
            app.test_client()
            .post(path, data=form, headers={"X-Twilio-Signature": signature})
            .status_code
        )

    jobs = [(r, word) for word in ("delivered", "sent", "queued") for r in references]
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(tell, jobs))
    assert set(answers) == {204}
    with hand.database.read() as session:
        assert session.scalar(select(func.count()).select_from(DeliveryReceipt)) == len(jobs)
    assert {m.state for m in hand.messages()} == {MessageState.DELIVERED}


@pytest.fixture
def pushing(app: Flask, tmp_path: Path) -> Flask:
    """The application with a gateway that pushes."""
    path = tmp_path / "gateway.yaml"
    path.write_text(FILE, encoding="utf-8")
    held = app.extensions["outreach"]
    app.extensions["outreach"] = replace(held, routes=Routes((load_http_gateway(path),)))
    return app


def test_pushed_receipts_and_replies_count_only_with_the_token(hand: Hand, pushing: Flask) -> None:
    (reference,) = put(hand, 1)
    client = pushing.test_client()
    told = {"out_id": reference, "biz_id": "B1", "status": "OK"}
    reply = [{"phone": "13800000000", "content": "退订", "seq": "1"}]
    assert client.post("/hooks/http/receipts", json=told).status_code == 403
    assert client.post("/hooks/http/replies", json=reply).status_code == 403
    headers = {"X-Token": "token-of-tests"}
    assert client.post("/hooks/http/receipts", json=told, headers=headers).json == {"code": 0}
    for _ in range(2):
        assert client.post("/hooks/http/replies", json=reply, headers=headers).json == {"code": 0}
    assert [m.state for m in hand.messages(step=Step.ANSWER)] == [MessageState.DELIVERED]
    with hand.database.read() as session:
        assert session.scalar(select(func.count()).select_from(OptOut)) == 1


def test_a_gateway_that_is_not_set_up_has_no_door(app: Flask) -> None:
    answer = app.test_client().post("/hooks/http/replies", json=[], headers={"X-Token": ""})
    assert answer.status_code == 403
