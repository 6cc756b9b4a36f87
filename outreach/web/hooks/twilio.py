"""Twilio's doors: what became of a message, a text that came in, a call and the key pressed in it."""

from __future__ import annotations

import logging

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from outreach.adapters.twilio_door import (
    SIGNATURE,
    TwilioDoor,
    inbound_text_of,
    keypress_of,
    missed_call_of,
    receipt_of,
)
from outreach.adapters.twilio_gateway import TwilioAccount
from outreach.adapters.twilio_voice import silent, spoken, thanked, we_ring_back
from outreach.contact.message_queries import spoken_text
from outreach.kernel.errors import NotAllowed, NotFound
from outreach.places.queries import first_language
from outreach.ports.messages import Delivery, Receipt, Trouble
from outreach.web.access import admitted_by_signature
from outreach.web.hooks.receiving import take_receipt
from outreach.web.visit import services
from outreach.workflows.pull_replies import hear_one

bp = Blueprint("twilio", __name__, url_prefix="/hooks/twilio")
log = logging.getLogger("outreach.hooks")


def signed_by_twilio() -> None:
    """Admit what our own account signed for our own address; nothing is written for anything else."""
    query = request.query_string.decode("latin-1")
    door = TwilioDoor(TwilioAccount.of(services().settings))
    is_genuine = door.is_genuine(
        path=f"{request.path}?{query}" if query else request.path,
        asked_url=request.url,
        form=request.form,
        signature=request.headers.get(SIGNATURE, ""),
    )
    if not is_genuine:
        log.warning("refused a callback", extra={"endpoint": request.endpoint})
        raise NotAllowed("signature")


@bp.post("/status/<reference>")
@admitted_by_signature(signed_by_twilio, "signed by our Twilio account")
def status(reference: str) -> ResponseReturnValue:
    """Keep what became of one of our messages or calls; words that we do not know change nothing."""
    receipt = receipt_of(reference, request.form)
    if receipt is not None and not take_receipt(receipt):
        log.warning("callback for a message that we do not know")
        raise NotFound("message")
    return "", 204


@bp.post("/sms")
@admitted_by_signature(signed_by_twilio, "signed by our Twilio account")
def sms() -> ResponseReturnValue:
    """Hear a text; any answer to it goes out through the outbox."""
    text = inbound_text_of(request.form)
    if text is not None:
        hear_one(services().database, text)
    return _markup("<Response/>")


@bp.post("/voice")
@admitted_by_signature(signed_by_twilio, "signed by our Twilio account")
def voice() -> ResponseReturnValue:
    """Say what one of our calls has to say and hear the key; ring back whoever calls us."""
    reference = request.args.get("message", "")
    if not reference:
        return _someone_calls()
    with services().database.read() as session:
        text, language = spoken_text(session, reference=reference)
    if request.form.get("AnsweredBy", "").startswith(("machine", "fax")):
        return _machine(reference)
    if "Digits" in request.form:
        return _key_pressed(reference, language)
    account = TwilioAccount.of(services().settings)
    return _markup(spoken(text, language=language, answer_to=account.voice_url(reference)))


def _someone_calls() -> ResponseReturnValue:
    call = missed_call_of(request.form)
    if call is not None:
        hear_one(services().database, call)
    with services().database.read() as session:
        language = first_language(session)
    return _markup(we_ring_back(language=language))


def _key_pressed(reference: str, language: str) -> ResponseReturnValue:
    press = keypress_of(reference, request.form)
    if press is not None:
        hear_one(services().database, press)
    return _markup(thanked(request.form.get("Digits", ""), language=language))


def _machine(reference: str) -> ResponseReturnValue:
    sid = request.form.get("CallSid", "")
    take_receipt(Receipt(reference, sid, "answered:machine", Delivery.FAILED, "", Trouble.MACHINE))
    return _markup(silent())


def _markup(text: str) -> Response:
    return Response(text, mimetype="text/xml")
