"""Telling a genuine callback of Twilio from any other, and reading what it says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from twilio.request_validator import RequestValidator

from outreach.adapters.twilio_codes import delivery_of_call, delivery_of_message, trouble_of
from outreach.adapters.twilio_gateway import TwilioAccount
from outreach.ports.messages import Delivery, InboundText, Receipt

SIGNATURE = "X-Twilio-Signature"


@dataclass(frozen=True, slots=True)
class TwilioDoor:
    """One account's door: the signature is checked against the address that Twilio was given."""

    account: TwilioAccount

    def is_genuine(
        self, *, path: str, asked_url: str, form: Mapping[str, str], signature: str
    ) -> bool:
        """Say whether a request was signed with our token for our public address, by our account.

        Behind a proxy the address that arrived differs from the one that was signed (http for https),
        so the configured one counts; without one, the address as it arrived.
        """
        if not (self.account.token and signature):
            return False
        base = self.account.public_url
        url = f"{base}{path}" if base else asked_url
        validator = RequestValidator(self.account.token)
        if not validator.validate(url, form, signature):
            return False
        return form.get("AccountSid", "") == self.account.sid


def receipt_of(reference: str, form: Mapping[str, str]) -> Receipt | None:
    """Read a status callback of a message or a call; None for a word that changes nothing.

    Parameters that we do not know are left alone: Twilio adds some from time to time.
    """
    if form.get("CallSid"):
        return _receipt_of_call(reference, form)
    status = form.get("MessageStatus") or form.get("SmsStatus") or ""
    delivery = delivery_of_message(status)
    sid = form.get("MessageSid") or form.get("SmsSid") or ""
    if delivery is None or not sid:
        return None
    code = form.get("ErrorCode", "") or ""
    trouble = trouble_of(code) if delivery is Delivery.FAILED else None
    return Receipt(reference, sid, status.lower(), delivery, code, trouble)


def _receipt_of_call(reference: str, form: Mapping[str, str]) -> Receipt | None:
    status = form.get("CallStatus", "")
    answered_by = form.get("AnsweredBy", "")
    delivery, trouble = delivery_of_call(status, answered_by=answered_by)
    if delivery is None:
        return None
    word = f"{status.lower()}:{answered_by}" if answered_by else status.lower()
    return Receipt(reference, form["CallSid"], word, delivery, form.get("ErrorCode", ""), trouble)


def inbound_text_of(form: Mapping[str, str]) -> InboundText | None:
    """Read a text that came in; None when it names no sender or id."""
    sid, number = form.get("MessageSid") or form.get("SmsSid") or "", form.get("From", "")
    if not sid or not number:
        return None
    return InboundText("twilio", sid, number, form.get("Body", ""))


def keypress_of(reference: str, form: Mapping[str, str]) -> InboundText | None:
    """Read the key pressed in one of our calls."""
    sid, key = form.get("CallSid", ""), form.get("Digits", "")
    if not sid or not key:
        return None
    # The number we called is the person's, whoever placed the call.
    return InboundText(
        "twilio", f"{sid}:{key}", form.get("To", ""), key, channel="voice", reference=reference
    )


def missed_call_of(form: Mapping[str, str]) -> InboundText | None:
    """Read a call that came in: a request to ring back (moment 3j)."""
    sid, number = form.get("CallSid", ""), form.get("From", "")
    if not sid or not number:
        return None
    return InboundText("twilio", sid, number, "", channel="voice")
