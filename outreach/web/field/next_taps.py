"""What can be tapped at a stop next: the one or two big buttons of the field page."""

from __future__ import annotations

from dataclasses import dataclass

from outreach.accounts.codes import FieldKind
from outreach.clinics.codes import DayEventKind
from outreach.clinics.visit import VisitStage
from outreach.transport.codes import Direction, StopKind
from outreach.workflows.field_manifest import FieldRun, FieldStop

_K = DayEventKind
_S = VisitStage

_ESCORTED: dict[VisitStage, tuple[DayEventKind, ...]] = {
    _S.AT_SITE: (_K.REGISTERED,),
    _S.REGISTERED: (_K.SCREENED, _K.NO_DOSE),
    _S.SCREENED: (_K.JABBED, _K.NO_DOSE),
    _S.OBSERVING: (_K.READY,),
}


@dataclass(frozen=True, slots=True)
class StopCard:
    """A stop with what can be tapped; ``is_now`` is the stop at hand."""

    stop: FieldStop
    taps: tuple[DayEventKind, ...]
    is_now: bool
    at_site: tuple[DayEventKind, ...] = ()


def cards(run: FieldRun, kind: FieldKind) -> list[StopCard]:
    """Return the run's stops as cards, the first one not done being the one at hand."""
    found: list[StopCard] = []
    is_taken = False
    for stop in run.stops:
        is_open = stop.done_at is None and _is_possible(stop)
        found.append(
            StopCard(
                stop=stop,
                taps=_taps(stop) if is_open else (),
                is_now=is_open and not is_taken,
                at_site=_site_taps(stop, kind),
            )
        )
        is_taken = is_taken or is_open
    return found


def _is_possible(stop: FieldStop) -> bool:
    """Whether the stop may come next: nobody leaves the site before having come there."""
    if stop.direction is Direction.OUTBOUND:
        return stop.kind is StopKind.PICKUP or stop.stage is not _S.EXPECTED
    if stop.kind is StopKind.PICKUP:
        return stop.stage in {_S.READY, _S.OBSERVING, _S.SCREENED, _S.REGISTERED, _S.AT_SITE}
    return stop.stage is _S.LEFT


def _taps(stop: FieldStop) -> tuple[DayEventKind, ...]:
    if stop.direction is Direction.OUTBOUND:
        if stop.kind is StopKind.DROPOFF:
            return (_K.AT_SITE,)
        if stop.reached_at is None:
            return (_K.ARRIVED_AT_DOOR, _K.PICKED_UP)
        return (_K.PICKED_UP, _K.NOT_THERE)
    if stop.kind is StopKind.PICKUP:
        return (_K.LEFT_SITE,) if stop.stage is _S.READY else ()
    return (_K.HANDED_OVER,)


def _site_taps(stop: FieldStop, kind: FieldKind) -> tuple[DayEventKind, ...]:
    """What the escort taps between arriving at the site and being ready; shown at the way home."""
    if kind is not FieldKind.ESCORT or stop.direction is not Direction.RETURN:
        return ()
    if stop.kind is not StopKind.PICKUP:
        return ()
    return _ESCORTED.get(stop.stage, ())
