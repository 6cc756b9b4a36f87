"""What a change of a run would mean, in words: fits, what it costs, what it would break and by how much."""

from __future__ import annotations

from dataclasses import dataclass

from outreach.transport.board import Broken, TryOut
from outreach.web.dispatch.words import BREACH_LABELS
from outreach.web.i18n import _, language

SECONDS_OVER = ("late_s", "over_s")


@dataclass(frozen=True, slots=True)
class Why:
    """Why a ride has no car yet, on the runs as they stand; what would help only the engine proves (N10)."""

    fits: tuple[TryOut, ...]
    reasons: tuple[tuple[str, int], ...]


def broken_words(broken: Broken, *, of_leg: int | None = None) -> str:
    """Say what is broken, for whom, and by how many minutes or places."""
    label = BREACH_LABELS.get(broken.code)
    text = label.label(language()) if label is not None else broken.code
    minutes = next((float(broken.facts[k]) / 60 for k in SECONDS_OVER if k in broken.facts), 0.0)
    if minutes >= 1:
        text += " " + _("(%(minutes)s min)", minutes=round(minutes))
    if broken.name and broken.leg_id != of_leg:
        text += f" · {broken.name}"
    return text


def verdict(tried: TryOut, *, of_leg: int | None = None) -> str:
    """Say in a few words what taking a ride into a run means."""
    if not tried.fits:
        return "; ".join(dict.fromkeys(broken_words(b, of_leg=of_leg) for b in tried.broken))
    words = str(_("fits, %(minutes)s minutes more", minutes=tried.cost_minutes))
    if tried.moved_promises:
        words += "; " + _("moves %(count)s promised times", count=tried.moved_promises)
    return words


def why(tried: tuple[TryOut, ...]) -> Why:
    """Sum up the runs of a day for one ride: where it fits, else what stands in the way how often."""
    counts: dict[str, int] = {}
    for one in tried:
        for code in {b.code for b in one.broken}:
            counts[code] = counts.get(code, 0) + 1
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    reasons = tuple((broken_words(Broken(code, None, "", None, {})), n) for code, n in ranked[:3])
    return Why(fits=tuple(t for t in tried if t.fits)[:3], reasons=reasons)
