"""Texts and calls through Twilio: bounded in time, each answer sorted, unknown when it may have gone out."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

import requests
from requests.adapters import HTTPAdapter
from twilio.base.exceptions import TwilioException
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from outreach.adapters.posting import CONNECT_S, READ_S, after_exception
from outreach.adapters.twilio_codes import (
    delivery_of_call,
    delivery_of_message,
    outcome_of_error,
    trouble_of,
)
from outreach.adapters.twilio_voice import spoken
from outreach.ports.messages import (
    Accepted,
    CannotTell,
    Capabilities,
    Delivery,
    Envelope,
    Finding,
    Found,
    InboundText,
    NotThere,
    Outcome,
    Refused,
    Sought,
    Unknown,
)

if TYPE_CHECKING:
    from outreach.config import Settings

POOL = 64
CLOCKS_MAY_DIFFER = timedelta(minutes=5)
_TELL_OF_CALLS = ["initiated", "ringing", "answered", "completed"]
_LONGEST_VALIDITY_S = 36_000


class TwilioError(Exception):
    """The account cannot be used as it is set up."""


@dataclass(frozen=True, slots=True)
class TwilioAccount:
    """One account and where its callbacks go."""

    sid: str
    token: str
    sender: str
    api_base: str = ""
    public_url: str = ""

    @classmethod
    def of(cls, settings: Settings) -> TwilioAccount:
        """Read the account from the settings."""
        return cls(
            sid=settings.twilio_account_sid,
            token=settings.twilio_auth_token,
            sender=settings.twilio_from,
            api_base=settings.twilio_api_base,
            public_url=settings.public_url,
        )

    def status_url(self, reference: str) -> str:
        """Return where Twilio tells what became of one message."""
        return f"{self.public_url}/hooks/twilio/status/{reference}"

    def voice_url(self, reference: str) -> str:
        """Return where Twilio asks what to say in one call, and brings the key that was pressed."""
        return f"{self.public_url}/hooks/twilio/voice?message={reference}"


class BoundedClient(TwilioHttpClient):  # type: ignore[misc]  # the library is untyped
    """Twilio's HTTP client with time limits, a pool for all senders, and a settable base address."""

    def __init__(self, api_base: str) -> None:
        super().__init__(timeout=READ_S)
        self._base = urlsplit(api_base) if api_base else None
        self._last = threading.local()
        for scheme in ("http://", "https://"):
            self.session.mount(scheme, HTTPAdapter(pool_connections=4, pool_maxsize=POOL))

    def request(
        self,
        method: str,
        url: str,
        params: dict[str, object] | None = None,
        data: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,  # noqa: FBT001, FBT002
    ) -> Response:
        """Send one request to the base address in force; nothing is followed or tried again."""
        del timeout, allow_redirects
        answer = self.session.request(
            method.upper(),
            self._rebased(url),
            params=params,
            data=data,
            headers=headers,
            auth=auth,
            timeout=(CONNECT_S, READ_S),
            allow_redirects=False,
        )
        self._last.retry_after = answer.headers.get("Retry-After", "")
        return Response(int(answer.status_code), answer.text, answer.headers)

    @property
    def retry_after_s(self) -> float | None:
        """What this thread's last answer asked to wait, in seconds."""
        written = getattr(self._last, "retry_after", "")
        try:
            return max(0.0, float(written)) if written else None
        except ValueError:
            return None

    def _rebased(self, url: str) -> str:
        if self._base is None:
            return url
        parts = urlsplit(url)
        path = self._base.path.rstrip("/") + parts.path
        return urlunsplit((self._base.scheme, self._base.netloc, path, parts.query, ""))


class TwilioGateway:
    """Twilio as a route."""

    name = "twilio"

    def __init__(self, account: TwilioAccount) -> None:
        missing = [
            name
            for name, value in (
                ("TWILIO_ACCOUNT_SID", account.sid),
                ("TWILIO_AUTH_TOKEN", account.token),
                ("TWILIO_FROM", account.sender),
            )
            if not value
        ]
        if missing:
            raise TwilioError(f"{', '.join(missing)} must be set for the twilio gateway")
        self._account = account
        self._http = BoundedClient(account.api_base)
        self._client = Client(account.sid, account.token, http_client=self._http)

    def capabilities(self, to: str) -> Capabilities:
        """Return what Twilio carries to a country: no reply, link or landline text to mainland China."""
        # A messaging service sends texts only; calls need a number of our own.
        has_number = not self._account.sender.startswith("MG")
        if to.startswith("+86"):
            return Capabilities(
                voice=has_number,
                keypress=has_number and bool(self._account.public_url),
                can_be_asked=True,
                identical_per_day=2,
                any_per_day=4,
            )
        return Capabilities(
            voice=has_number,
            keypress=has_number and bool(self._account.public_url),
            two_way=bool(self._account.public_url),
            links=True,
            can_be_asked=True,
        )

    def send(self, envelope: Envelope) -> Outcome:
        """Hand over a text or place a call."""
        place = self._call if envelope.channel == "voice" else self._text
        try:
            created = place(envelope)
        except TwilioException as error:
            return self._after_refusal(error)
        except requests.RequestException as error:
            return after_exception(error)
        except (ValueError, TypeError, AttributeError, KeyError):
            return Unknown("unreadable_answer")  # 200 with something else than a message (fault 70)
        return _taken(created)

    def _after_refusal(self, error: TwilioException) -> Outcome:
        status = int(getattr(error, "status", 0) or 0)
        if not status:
            return Unknown("unreadable_answer")
        code = str(getattr(error, "code", "") or "")
        is_own = code.isdecimal() and int(code) != status
        return outcome_of_error(
            status, int(code) if is_own else None, retry_after_s=self._http.retry_after_s
        )

    def _text(self, envelope: Envelope) -> Any:  # noqa: ANN401 - Twilio's own type
        wanted: dict[str, Any] = {
            "to": envelope.to,
            "body": envelope.body,
            "validity_period": max(5, min(_LONGEST_VALIDITY_S, envelope.expires_in_s)),
        }
        # A sender that is no number is a messaging service.
        if self._account.sender.startswith("MG"):
            wanted["messaging_service_sid"] = self._account.sender
        else:
            wanted["from_"] = self._account.sender
        if self._account.public_url:
            wanted["status_callback"] = self._account.status_url(envelope.reference)
        return self._client.messages.create(**wanted)

    def _call(self, envelope: Envelope) -> Any:  # noqa: ANN401 - Twilio's own type
        wanted: dict[str, Any] = {"to": envelope.to, "from_": self._account.sender}
        if self._account.public_url:
            wanted |= {
                "url": self._account.voice_url(envelope.reference),
                "method": "POST",
                "status_callback": self._account.status_url(envelope.reference),
                "status_callback_event": _TELL_OF_CALLS,
                "status_callback_method": "POST",
                "machine_detection": "Enable",
            }
        else:
            wanted["twiml"] = spoken(envelope.body, language=envelope.language)
        return self._client.calls.create(**wanted)

    def find(self, sought: Sought) -> Finding:
        """Look among the messages or calls to that number since it was posted."""
        try:
            if sought.channel == "voice":
                return self._find_call(sought)
            return self._find_text(sought)
        except (requests.RequestException, TwilioException):
            return CannotTell()
        except (ValueError, TypeError, AttributeError, KeyError):
            return CannotTell()  # an answer that cannot be read is no answer

    def _find_text(self, sought: Sought) -> Finding:
        day = sought.posted_at.astimezone(UTC).date()
        listed = [*self._client.messages.list(to=sought.to, date_sent=day, limit=200)]
        # What has not left Twilio yet has no day of sending: look once more without.
        listed += self._client.messages.list(to=sought.to, limit=200)
        for item in listed:
            if item.body == sought.body and item.to == sought.to and _is_new(item, sought):
                code = str(item.error_code or "")
                delivery = delivery_of_message(str(item.status or "")) or Delivery.QUEUED
                return Found(str(item.sid), delivery, code, trouble_of(code))
        return NotThere()

    def _find_call(self, sought: Sought) -> Finding:
        for item in self._client.calls.list(to=sought.to, limit=100):
            if item.to == sought.to and _is_new(item, sought):
                delivery, trouble = delivery_of_call(
                    str(item.status or ""), answered_by=str(item.answered_by or "")
                )
                return Found(str(item.sid), delivery or Delivery.QUEUED, "", trouble)
        return NotThere()

    def pull(self) -> list[InboundText]:
        """Return nothing: Twilio pushes replies to /hooks/twilio/sms."""
        return []


def _is_new(item: Any, sought: Sought) -> bool:  # noqa: ANN401 - a message or a call
    if item.sid in sought.taken:
        return False
    at = item.date_created or getattr(item, "date_sent", None)
    if not isinstance(at, datetime):
        return True
    return at >= sought.posted_at - CLOCKS_MAY_DIFFER


def _taken(created: Any) -> Outcome:  # noqa: ANN401 - a message or a call
    sid, status = str(created.sid or ""), str(created.status or "").lower()
    if not sid:
        return Unknown("answer_without_sid")
    if status in {"failed", "undelivered", "canceled"}:
        code = str(getattr(created, "error_code", "") or "")
        trouble = trouble_of(code)
        return Refused(code or status, trouble) if trouble else Refused(code or status)
    segments = str(getattr(created, "num_segments", "") or "")
    return Accepted(provider_id=sid, segments=int(segments) if segments.isdecimal() else None)
