"""Deals one large plan out to several islands: each gets vehicles, the units on them, and room."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from outreach.routing.compiling import Compiled
from outreach.routing.network import Flags, Nodes
from outreach.routing.problem import Floats
from outreach.routing.tours import Tours, box_tours, copy_route

LEGS_AT_MOST = 500  # placed legs one island holds at a time


@dataclass(frozen=True, slots=True)
class Hand:
    """What one island may change; ``used`` leaves it only its part of what is free of a resource."""

    vehicles: Flags
    units: Nodes
    used: Floats


def deal(
    compiled: Compiled,
    present: Tours,
    everyone: Nodes,
    islands: int,
    chance: np.random.Generator,
) -> list[Hand]:
    """Return a hand for every island: vehicles that share a neighbourhood, and who rides in them."""
    owner = _owners(compiled, present, islands, chance)
    unit_owner = _unit_owners(compiled, present, owner, islands, chance)
    room = compiled.units.room
    known = np.zeros(len(unit_owner), bool)
    known[everyone] = True
    spare = np.floor((room - present.used) / islands)
    hands = []
    for k in range(islands):
        units = np.flatnonzero((unit_owner == k) & known).astype(np.int32)
        hands.append(Hand((owner == k).astype(np.uint8), units, room - spare))
    return hands


def _owners(compiled: Compiled, present: Tours, islands: int, chance: np.random.Generator) -> Nodes:
    """Return which island gets each vehicle (-1: none this time)."""
    vehicles = len(present.size)
    owner = np.full(vehicles, -1, np.int32)
    bond = _bonds(compiled, present, vehicles)
    stops = present.size.astype(np.float64)
    limit = min(stops.sum() / islands, 2.0 * LEGS_AT_MOST)
    for k in range(islands):
        free = np.flatnonzero(owner < 0)
        if not len(free):
            break
        if k == islands - 1 and stops[free].sum() <= 2.0 * LEGS_AT_MOST:
            owner[free] = k
            break
        group = [int(chance.choice(free))]
        owner[group[0]] = k
        held = stops[group[0]]
        pull = bond[group[0]] * chance.uniform(0.3, 1.0, vehicles)
        while held < limit:
            pull[owner >= 0] = -1.0
            v = int(np.argmax(pull))
            if owner[v] >= 0:
                break
            owner[v] = k
            held += max(1.0, stops[v])
            pull = pull + bond[v] * chance.uniform(0.3, 1.0, vehicles)
    return owner


def _bonds(compiled: Compiled, present: Tours, vehicles: int) -> Floats:
    """Count for every two vehicles how many of their legs are near one another."""
    near = compiled.units.near[:, :20]
    mine = np.repeat(present.vehicle, near.shape[1])
    theirs = np.where(near.ravel() >= 0, present.vehicle[near.ravel()], -1)
    both = (mine >= 0) & (theirs >= 0)
    flat = np.bincount(mine[both] * vehicles + theirs[both], minlength=vehicles * vehicles)
    return flat.reshape(vehicles, vehicles).astype(np.float64) + 0.01


def _unit_owners(
    compiled: Compiled, present: Tours, owner: Nodes, islands: int, chance: np.random.Generator
) -> Nodes:
    """Return which island may move each unit: all its rides must be in that island's hand."""
    units = compiled.units
    result = chance.integers(0, islands, len(units.penalty)).astype(np.int32)
    for u in np.flatnonzero(present.option >= 0):
        o = present.option[u]
        legs = units.legs[units.first_leg[o] : units.first_leg[o + 1]]
        owners = {int(owner[present.vehicle[g]]) for g in legs}
        result[u] = owners.pop() if len(owners) == 1 else -1
    return result


def merge(present: Tours, results: list[Tours], hands: list[Hand]) -> None:
    """Take every island's share of the vehicles and units into the one plan."""
    target = box_tours(present)
    for tours, hand in zip(results, hands, strict=True):
        source = box_tours(tours)
        for v in np.flatnonzero(hand.vehicles):
            copy_route(source, target, int(v))
        present.option[hand.units] = tours.option[hand.units]
        np.add(present.used, tours.used - hand.used, out=present.used)
