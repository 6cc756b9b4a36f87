"""Twilio's error codes sorted into what can be done about them (faults-and-load §2)."""

from __future__ import annotations

from outreach.ports.messages import Broken, Delivery, Later, Outcome, Refused, Trouble, Unknown

TROUBLE: dict[int, Trouble] = {
    21610: Trouble.OPTED_OUT,
    30004: Trouble.OPTED_OUT,
    21211: Trouble.BAD_NUMBER,
    21214: Trouble.BAD_NUMBER,
    21217: Trouble.BAD_NUMBER,
    21614: Trouble.LANDLINE,
    30005: Trouble.BAD_NUMBER,
    30006: Trouble.BAD_NUMBER,
    30007: Trouble.CONTENT,
    21617: Trouble.CONTENT,
    21654: Trouble.CONTENT,
    21655: Trouble.CONTENT,
    30001: Trouble.OVERFLOW,
    30003: Trouble.PHONE_OFF,
    30008: Trouble.UNEXPLAINED,
}
# The account, the sender or its rights: nothing will go out until a person mends them.
_OF_THE_ACCOUNT = frozenset(
    {
        20003,
        20005,
        20006,
        20008,
        20403,
        20404,
        21212,
        21408,
        21603,
        21606,
        21607,
        21659,
        21660,
        30002,
    }
)
_BUSY = frozenset({20429, 20503, 21611, 14107, 30022, 63018})
_MAY_HAVE_GONE_OUT = frozenset({500, 502, 504, 408})

_MESSAGE_WORDS = {
    "accepted": Delivery.QUEUED,
    "scheduled": Delivery.QUEUED,
    "queued": Delivery.QUEUED,
    "sending": Delivery.QUEUED,
    "sent": Delivery.SENT,
    "delivered": Delivery.DELIVERED,
    "read": Delivery.DELIVERED,
    "undelivered": Delivery.FAILED,
    "failed": Delivery.FAILED,
    "canceled": Delivery.FAILED,
}
_CALL_WORDS = {
    "queued": Delivery.QUEUED,
    "initiated": Delivery.QUEUED,
    "ringing": Delivery.QUEUED,
    "in-progress": Delivery.SENT,
    "answered": Delivery.SENT,
    "completed": Delivery.DELIVERED,
    "busy": Delivery.FAILED,
    "no-answer": Delivery.FAILED,
    "failed": Delivery.FAILED,
    "canceled": Delivery.FAILED,
}
_CALL_TROUBLE = {"busy": Trouble.BUSY, "no-answer": Trouble.NO_ANSWER}


def outcome_of_error(status: int, code: int | None, *, retry_after_s: float | None) -> Outcome:
    """Return what an error answer to a request means for the message."""
    word = str(code or status)
    if code in _OF_THE_ACCOUNT or status in {401, 403}:
        return Broken(word)
    if code in _BUSY or status in {429, 503}:
        return Later(word, retry_after_s=retry_after_s)
    if code in TROUBLE:
        return Refused(word, TROUBLE[code])
    if status in _MAY_HAVE_GONE_OUT or status >= 500:
        return Unknown(word)
    if status == 404:
        return Broken(word)  # no such account or address: the settings are wrong
    return Refused(word)


def delivery_of_message(status: str) -> Delivery | None:
    """Return what a message status says; None for words that are news to us and change nothing."""
    return _MESSAGE_WORDS.get(status.lower())


def delivery_of_call(status: str, *, answered_by: str) -> tuple[Delivery | None, Trouble | None]:
    """Return what a call status says; a machine that answered is no one who was told."""
    word = status.lower()
    delivery = _CALL_WORDS.get(word)
    if delivery is Delivery.DELIVERED and answered_by.startswith(("machine", "fax")):
        return Delivery.FAILED, Trouble.MACHINE
    return delivery, _CALL_TROUBLE.get(word)


def trouble_of(code: str) -> Trouble | None:
    """Return what an error code of a receipt means, or None when there is no code."""
    if not code.isdecimal() or int(code) == 0:
        return None
    return TROUBLE.get(int(code), Trouble.REFUSED)
