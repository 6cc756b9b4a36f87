"""The flat arrays that the kernels read.

Vocabulary of the kernels: leg *g* has node ``2g`` (pickup) and ``2g + 1`` (drop-off), so that a
node's other end is ``node ^ 1`` and its leg is ``node >> 1``. A *solo* leg has a pickup node only: a
driver's break, or the point where a car under way is free again. A *unit* is what the search removes
and inserts whole: an episode with its options, or a break. A *kind* of vehicle is a set of vehicles
between which no route could tell a difference.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numba as nb
import numpy as np
import numpy.typing as npt

from outreach.routing.boxes import BoxType, Reference, reference_to
from outreach.routing.problem import Floats

Ints = npt.NDArray[np.integer[Any]]  # fingerprints and counts, 64 bits
Nodes = npt.NDArray[np.integer[Any]]  # nodes, legs, positions, vehicles: 32 bits
Flags = npt.NDArray[np.integer[Any]]  # 8 bits

HORIZON_S = 1e8  # stands for "whenever"
NOWHERE_S = 1e9  # stands for "there is no way": more than any horizon
ANYWHERE = -1  # place of a break: wherever the car then stands
RIDE, CHECKPOINT, PAUSE = 0, 1, 2  # forms of a leg: two ends; a point to pass; a rest when empty


@nb.njit(cache=True, nogil=True, inline="always")
def wide(number: Any) -> int:  # noqa: ANN401 - a number of either width
    """Return a number in 64 bits, so that a kernel is compiled for one width only."""
    return np.int64(number)  # type: ignore[return-value]


class Network(NamedTuple):
    """Legs and vehicles as arrays."""

    travel: Floats  # [place, place]
    back: Floats  # [place, place] the same from the other end: travel[b, a], read along rows
    place: Nodes  # [node]
    early: Floats  # [node]
    late: Floats  # [node]
    service: Floats  # [kind, node]
    ride: Floats  # [leg] longest time on board
    direct: Floats  # [leg] shortest time on board
    form: Flags  # [leg] RIDE, CHECKPOINT or PAUSE
    load: Floats  # [kind, leg, dimension]
    group: Ints  # [leg] bits of the groups it belongs to
    avoid: Ints  # [leg] bits of the groups it never meets on board
    kind: Nodes  # [vehicle]
    start: Nodes  # [vehicle] place
    end: Nodes  # [vehicle] place
    opens: Floats  # [vehicle]
    closes: Floats  # [vehicle]
    duty: Floats  # [vehicle]
    capacity: Floats  # [vehicle, dimension]
    head: Nodes  # [vehicle] leading stops that stay where they are
    fits: Flags  # [vehicle, leg]
    waiting: float  # longest wait with people on board
    floating: bool  # whether any node has no place of its own
    grouped: bool  # whether anyone avoids anyone


class NetworkType(BoxType):
    """The numba type of a network box."""


class NetworkBox(Reference):
    """``Network`` by reference."""


reference_to(NetworkBox, NetworkType, Network._fields)


@nb.njit(cache=True)
def box_network(t: Network) -> Network:
    """Return the arrays of a ``Network`` by reference."""
    return NetworkBox(  # type: ignore[no-untyped-call, return-value]
        t.travel,
        t.back,
        t.place,
        t.early,
        t.late,
        t.service,
        t.ride,
        t.direct,
        t.form,
        t.load,
        t.group,
        t.avoid,
        t.kind,
        t.start,
        t.end,
        t.opens,
        t.closes,
        t.duty,
        t.capacity,
        t.head,
        t.fits,
        t.waiting,
        t.floating,
        t.grouped,
    )


class Units(NamedTuple):
    """What is removed and inserted whole, with its options, as arrays."""

    first_option: Nodes  # [unit + 1]
    option_unit: Nodes  # [option]
    first_leg: Nodes  # [option + 1]
    legs: Nodes  # legs of the options, one after the other
    option_cost: Floats  # [option]
    first_use: Nodes  # [option + 1]
    use_resource: Nodes
    use_amount: Floats
    room: Floats  # [resource]
    penalty: Floats  # [unit]
    leg_unit: Nodes  # [leg], -1 for legs that stay where they are
    near: Nodes  # [leg, rank] legs close in space and time, -1 where there are no more


class UnitsType(BoxType):
    """The numba type of a units box."""


class UnitsBox(Reference):
    """``Units`` by reference."""


reference_to(UnitsBox, UnitsType, Units._fields)


@nb.njit(cache=True)
def box_units(t: Units) -> Units:
    """Return the arrays of a ``Units`` by reference."""
    return UnitsBox(  # type: ignore[no-untyped-call, return-value]
        t.first_option,
        t.option_unit,
        t.first_leg,
        t.legs,
        t.option_cost,
        t.first_use,
        t.use_resource,
        t.use_amount,
        t.room,
        t.penalty,
        t.leg_unit,
        t.near,
    )
