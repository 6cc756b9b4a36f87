"""What a planning proposes, kept as JSON: orders, crews, who is left and why, and how it compares (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import TypeAdapter


class PlanKind(StrEnum):
    """What was asked for."""

    DAY = "day"  # everything anew
    REST = "rest"  # whoever has a car keeps it
    REPLAN = "replan"  # from the runs as they stand, after a change
    REPAIR = "repair"  # something happened: promises are kept, those aboard stay aboard


class Mark(StrEnum):
    """How far a plan can be trusted to be good (fault 54)."""

    FULL = "full"
    STOPPED = "stopped"  # a person stopped it: the best so far
    LAST_BEST = "last_best"  # the engine broke down: the best it had shown
    GREEDY = (
        "greedy"  # it broke down before it had shown any: each ride at its best place, one by one
    )


class WordState(StrEnum):
    """What becomes of a time told to a family."""

    KEPT = "kept"
    MOVED = "moved"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Left:
    """Someone who gets no car in the plan, with one true reason (fault 53)."""

    appointment_id: int  # below zero: a person without an appointment
    resident_id: int
    leg_ids: tuple[int, ...]
    reason: str
    is_new: bool = False  # had a car before


@dataclass(frozen=True, slots=True)
class ToldTime:
    """A time told to a family beside the plan's; ``minutes`` later (or earlier, below zero)."""

    leg_id: int
    appointment_id: int
    resident_id: int
    state: WordState
    was_from_at: datetime
    was_until_at: datetime
    becomes_at: datetime | None = None
    minutes: int = 0


@dataclass(frozen=True, slots=True)
class RunFigures:
    """A run in figures."""

    people: int = 0
    driving_minutes: int = 0
    leaves_at: datetime | None = None
    back_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RunChange:
    """One run as it is and as it would be; runs that exchange people are accepted together."""

    run_id: int
    plate: str
    before: RunFigures
    after: RunFigures
    joining: tuple[int, ...]  # legs
    leaving: tuple[int, ...]
    together: tuple[int, ...]  # run ids, its own among them
    has_new_crew: bool = False

    @property
    def is_changed(self) -> bool:
        """Whether the plan does anything to it."""
        return self.before != self.after or bool(self.joining or self.leaving) or self.has_new_crew


@dataclass(frozen=True, slots=True)
class Figures:
    """A day in figures."""

    people: int
    without_car: int
    kept: int
    moved: int
    broken: int
    driving_minutes: int
    runs: int


@dataclass(frozen=True, slots=True)
class CrewChange:
    """Another driver or escort for a run; None leaves it as it is."""

    run_id: int
    driver_id: int | None = None
    escort_id: int | None = None


@dataclass(frozen=True, slots=True)
class NewBooking:
    """A slot proposed to someone who agreed and had none; it becomes a booking when accepted (N2)."""

    resident_id: int
    site_session_id: int
    slot_at: datetime
    out_direct_s: float
    back_direct_s: float
    home_address_id: int
    site_address_id: int
    run_ids: tuple[int, ...]
    companions: int = 0
    wants_escort: bool = False


@dataclass(frozen=True, slots=True)
class Proposal:
    """Everything a plan proposes. In ``orders`` a stop is (leg, whether picked up)."""

    orders: Mapping[int, tuple[tuple[int, bool], ...]]
    runs: tuple[RunChange, ...]
    before: Figures
    after: Figures
    left: tuple[Left, ...] = ()
    words: tuple[ToldTime, ...] = ()
    crews: tuple[CrewChange, ...] = ()
    transfers: Mapping[int, int] = field(default_factory=dict)  # leg aboard → where its car stands
    bookings: tuple[NewBooking, ...] = ()
    mark: Mark = Mark.FULL
    seconds: float = 0.0

    def run(self, run_id: int) -> RunChange:
        """Return the change of one run."""
        return next(run for run in self.runs if run.run_id == run_id)


_SHAPE = TypeAdapter(Proposal)


def to_json(proposal: Proposal) -> dict[str, Any]:
    """Return a proposal as it is stored."""
    kept: dict[str, Any] = _SHAPE.dump_python(proposal, mode="json")
    return kept


def from_json(stored: Mapping[str, Any]) -> Proposal:
    """Return a proposal as it was stored."""
    return _SHAPE.validate_python({k: v for k, v in stored.items() if k in _FIELDS})


_FIELDS = frozenset(Proposal.__dataclass_fields__)
