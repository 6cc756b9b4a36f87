"""How coded states look: one table of label, colour and icon per list, never shown by colour alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from flask import Flask

from outreach.kernel.codes import Coded
from outreach.ledger.codes import STATUS_LABELS, EntryStatus
from outreach.web.i18n import language


@dataclass(frozen=True, slots=True)
class Tag:
    """What a template shows of a state. Tones: neutral, info, active, good, warn, bad."""

    label: str
    tone: str
    icon: str


Look = tuple[str, str]  # tone, icon
_TABLES: dict[type[StrEnum], tuple[Mapping[str, Coded], Mapping[str, Look]]] = {}
UNKNOWN_LOOK: Look = ("neutral", "circle")


def add_tags(kind: type[StrEnum], labels: Mapping[str, Coded], looks: Mapping[str, Look]) -> None:
    """Say how the states of a list look; every member needs a label and a look."""
    missing = {str(m) for m in kind} - labels.keys() | {str(m) for m in kind} - looks.keys()
    if missing:
        raise ValueError(f"{kind.__name__} lacks {sorted(missing)}")
    _TABLES[kind] = (labels, looks)


def tag(state: StrEnum) -> Tag:
    """Return how a state looks in the reader's language."""
    labels, looks = _TABLES[type(state)]
    tone, icon = looks.get(str(state), UNKNOWN_LOOK)
    return Tag(label=labels[str(state)].label(language()), tone=tone, icon=icon)


def coded(entry: Coded) -> str:
    """Return the label of a coded value in the reader's language."""
    return entry.label(language())


def install(app: Flask) -> None:
    """Give templates ``state|tag`` and ``entry|coded``."""
    app.add_template_filter(tag)
    app.add_template_filter(coded)


add_tags(
    EntryStatus,
    STATUS_LABELS,
    {
        "not_yet_eligible": ("neutral", "hourglass"),
        "to_contact": ("warn", "phone-outgoing"),
        "considering": ("info", "help-circle"),
        "agreed": ("active", "thumb-up"),
        "booked": ("active", "calendar-check"),
        "vaccinated": ("good", "circle-check"),
        "deferred": ("neutral", "calendar-pause"),
        "exempt": ("good", "shield-check"),
        "declined": ("neutral", "hand-stop"),
        "unreachable": ("warn", "phone-off"),
        "moved": ("neutral", "map-pin-share"),
        "deceased": ("neutral", "candle"),
    },
)
