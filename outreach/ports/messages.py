"""The door to whoever carries texts and calls: what is handed over, and the few answers it can give."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a route can carry to one country; the planner never plans what it cannot.

    The two caps are the carrier's own; the house rules may be stricter.
    """

    texts: bool = True
    voice: bool = False
    keypress: bool = False
    two_way: bool = False
    links: bool = False
    texts_to_landlines: bool = False
    registered_templates: bool = False
    can_be_asked: bool = False
    max_segments: int = 8
    identical_per_day: int | None = None
    any_per_day: int | None = None


@dataclass(frozen=True, slots=True)
class Envelope:
    """One message on its way: ``reference`` is our own id and comes back in every callback."""

    reference: str
    channel: str
    to: str
    body: str
    language: str = "zh"
    expires_in_s: int = 14_400
    template_code: str = ""
    parameters: dict[str, str] = field(default_factory=dict)


class Trouble(StrEnum):
    """Why a provider would not or could not carry a message, whatever its own code (faults §2)."""

    OPTED_OUT = "opted_out"
    BAD_NUMBER = "bad_number"
    LANDLINE = "landline"
    CONTENT = "content"
    PHONE_OFF = "phone_off"
    OVERFLOW = "overflow"
    UNEXPLAINED = "unexplained"
    REFUSED = "refused"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    MACHINE = "machine"


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider took it; ``is_delivered`` where taking is delivering (the phone simulator)."""

    provider_id: str
    segments: int | None = None
    cost_micros: int | None = None
    is_delivered: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """Never again for this message."""

    code: str
    trouble: Trouble = Trouble.REFUSED


@dataclass(frozen=True, slots=True)
class Later:
    """Surely not sent; may be tried again. ``of_gateway``: the route is in trouble, not the message."""

    code: str
    retry_after_s: float | None = None
    of_gateway: bool = True


@dataclass(frozen=True, slots=True)
class Broken:
    """Surely not sent, and nothing will be until someone mends the account (wrong token, bad sender)."""

    code: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """It may or may not have gone out: never sent again blindly."""

    code: str


Outcome = Accepted | Refused | Later | Broken | Unknown


@dataclass(frozen=True, slots=True)
class Sought:
    """A message of unknown fate, as far as it can be recognised at the provider."""

    reference: str
    channel: str
    to: str
    body: str
    posted_at: datetime
    taken: frozenset[str] = frozenset()  # provider ids that belong to other messages


class Delivery(StrEnum):
    """What a provider says of a message, in rising order; the last two are final."""

    QUEUED = "queued"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Found:
    """The provider has it."""

    provider_id: str
    delivery: Delivery
    code: str = ""
    trouble: Trouble | None = None


@dataclass(frozen=True, slots=True)
class NotThere:
    """The provider answered, and does not have it."""


@dataclass(frozen=True, slots=True)
class CannotTell:
    """The provider could not be asked; ask again later."""


Finding = Found | NotThere | CannotTell


@dataclass(frozen=True, slots=True)
class Receipt:
    """A provider's later word on a message; ``status`` is its own word, kept for the record."""

    reference: str
    provider_id: str
    status: str
    delivery: Delivery
    code: str = ""
    trouble: Trouble | None = None


@dataclass(frozen=True, slots=True)
class InboundText:
    """Something that came in: a text, a keypress in a call (``key``), or a missed call (empty)."""

    gateway: str
    provider_id: str
    number: str
    body: str
    channel: str = "sms"
    reference: str = ""


class MessageGateway(Protocol):
    """A route. It answers with a value and does not raise for the expected (style rule 9)."""

    @property
    def name(self) -> str:
        """The name that rows and settings know it by."""

    def capabilities(self, to: str) -> Capabilities:
        """Return what this route can carry to the number ``to`` (E.164)."""

    def send(self, envelope: Envelope) -> Outcome:
        """Hand one message over; bounded in time; called with no open transaction."""

    def find(self, sought: Sought) -> Finding:
        """Ask whether the provider has this message."""

    def pull(self) -> list[InboundText]:
        """Fetch replies where the provider pushes none; empty elsewhere."""
