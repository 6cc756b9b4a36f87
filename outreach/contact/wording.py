"""Words with gaps: which gaps a step may use, how they are filled, and what a route cannot carry."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from outreach.contact.codes import Purpose, Step
from outreach.contact.segments import Length, measure
from outreach.ports.messages import Capabilities

_GAP = re.compile(r"\{([^{}]*)\}")
_BROKEN = re.compile(r"[{}]")
_LINK = re.compile(
    r"(?i)\b(?:https?://|www\.)|\b[a-z0-9-]+\.(?:com|cn|net|org|top|xyz|io|link|cc)\b"
)
_ASKS_FOR_REPLY = re.compile(r"回复\s*[A-Za-z0-9Ｔ退]|回[1-9TＴ]|\breply\b", re.IGNORECASE)
MAX_SEGMENTS = 2
LONGEST_VALUE = 120

# Everyone: who it is about, whom to ring. reply_hint, opt_out_hint and page_hint are worded by the route.
_ALWAYS = frozenset({"who", "duty_phone", "community"})
_OF_VISIT = frozenset({"day", "time", "site", "what", "way", "reply_hint", "page_hint"})
_OF_RIDE = frozenset({"from_time", "until_time", "plate", "driver", "minutes"})
_BY_PURPOSE: dict[Purpose, frozenset[str]] = {
    Purpose.NUDGE: frozenset({"opt_out_hint", "what"}),
    Purpose.APPOINTMENT: _OF_VISIT,
    Purpose.RIDE: _OF_VISIT | _OF_RIDE,
    Purpose.AFTERCARE: _OF_VISIT,
}
_BY_STEP: dict[Step, frozenset[str]] = {
    Step.NEXT_DOSE_DUE: frozenset({"due_day"}),
    Step.ANSWER: frozenset({"answer"}),
    Step.CHOICE: frozenset({"choices"}),
    Step.OPT_OUT_CONFIRMED: frozenset({"ride_hint"}),
    Step.FEEL_BAD: frozenset({"emergency"}),
    Step.T_PLUS_1: frozenset({"emergency"}),
}
_MUST_HAVE: dict[Purpose, frozenset[str]] = {Purpose.NUDGE: frozenset({"opt_out_hint"})}


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a wording cannot be saved; ``code`` is worded by the page, ``what`` names the gap or figure."""

    code: str
    what: str = ""


def gaps(body: str) -> tuple[str, ...]:
    """Return the names of the gaps of a wording, in order, each once."""
    return tuple(dict.fromkeys(name.strip() for name in _GAP.findall(body)))


def allowed_gaps(purpose: Purpose, step: Step) -> frozenset[str]:
    """Return the gaps that are filled for a step."""
    if step in {Step.ANSWER, Step.CHOICE, Step.OPT_OUT_CONFIRMED, Step.FEEL_BAD}:
        return _ALWAYS | _BY_STEP.get(step, frozenset())
    return _ALWAYS | _BY_PURPOSE[purpose] | _BY_STEP.get(step, frozenset())


def render(body: str, values: Mapping[str, str], *, signature: str) -> str:
    """Return the text as it goes out: signature first, every gap filled; KeyError names a missing value.

    Values are plain text: braces in a name stay what they are, control characters become blanks.
    """
    filled = _GAP.sub(lambda gap: _plain(values[gap[1].strip()]), body)
    return f"{sign(signature)}{' '.join(filled.split())}"


def sign(signature: str) -> str:
    """Return a signature as carriers know it: 【社区】 before Chinese, a plain "Place: " before Latin text.

    The brackets are outside the 7-bit alphabet: they would cut an English text into parts of 67.
    """
    bare = signature.strip().strip("【】[]").strip()
    if not bare:
        return ""
    return f"{bare}: " if bare.isascii() else f"【{bare}】"


def check(
    body: str,
    *,
    purpose: Purpose,
    step: Step,
    signature: str,
    sample: Mapping[str, str],
    route: Capabilities,
    channel: str = "sms",
) -> list[Problem]:
    """Return everything that keeps a wording from being saved for a route (fault 49, issue 3)."""
    found = [Problem("wording_empty")] if not body.strip() else []
    names = gaps(body)
    if _BROKEN.search(_GAP.sub("", body)):
        found.append(Problem("wording_brace_open"))
    known = allowed_gaps(purpose, step)
    found += [Problem("wording_gap_unknown", name) for name in names if name not in known]
    missing = _MUST_HAVE.get(purpose, frozenset()) - set(names)
    if channel == "sms":
        found += [Problem("wording_gap_missing", name) for name in sorted(missing)]
    # Whom do you mean, and the like, only ever answer a reply that came in.
    asks = step not in {Step.CHOICE, Step.OPT_OUT_CONFIRMED}
    found += _against_route(body, route=route, channel=channel, may_not_ask=asks)
    if not found and channel == "sms":
        length = measure(render(body, sample, signature=signature))
        if length.segments > min(MAX_SEGMENTS, route.max_segments):
            found.append(Problem("wording_too_long", str(length.segments)))
    return found


def _against_route(
    body: str, *, route: Capabilities, channel: str, may_not_ask: bool
) -> list[Problem]:
    found = []
    if channel == "voice" and not route.voice:
        found.append(Problem("route_has_no_voice"))
    if channel == "sms" and not route.texts:
        found.append(Problem("route_has_no_texts"))
    if not route.links and _LINK.search(body):
        found.append(Problem("route_carries_no_links"))
    if may_not_ask and channel == "sms" and not route.two_way and _ASKS_FOR_REPLY.search(body):
        found.append(Problem("route_takes_no_replies"))
    return found


def preview(body: str, values: Mapping[str, str], *, signature: str) -> tuple[str, Length]:
    """Return a filled text and its length, the signature included (fault 50)."""
    text = render(body, values, signature=signature)
    return text, measure(text)


def joined(texts: list[str], *, signature: str) -> str:
    """Return several texts to one number as one, under one signature (moment 3d)."""
    head = sign(signature)
    bodies = dict.fromkeys(text.removeprefix(head).strip() for text in texts)
    return head + " ".join(bodies)


def _plain(value: str) -> str:
    clean = "".join(c if c.isprintable() else " " for c in value).strip()
    return clean[:LONGEST_VALUE]
