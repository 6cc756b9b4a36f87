"""Good routes seen so far: a table from sets of legs to the cheapest route known for each.

Whatever set of legs a route serves, only its cheapest order is worth keeping.
"""

from __future__ import annotations

from typing import NamedTuple

import numba as nb
import numpy as np

from outreach.routing.boxes import BoxType, Reference, reference_to
from outreach.routing.network import Flags, Ints, Network, Nodes
from outreach.routing.problem import Floats
from outreach.routing.tours import Tours

ROUTES = 60_000
STOPS = 1_500_000
TABLE = 1 << 18


class Pool(NamedTuple):
    """Routes of one thread: nodes one after the other, found by the fingerprint of their set."""

    table: Ints  # [slot] row + 1
    key: Ints  # [row]
    kind: Nodes  # [row]
    cost: Floats  # [row]
    first: Ints  # [row + 1]
    nodes: Nodes
    size: Ints  # [1] rows in use


class PoolType(BoxType):
    """The numba type of a pool box."""


class PoolBox(Reference):
    """``Pool`` by reference."""


reference_to(PoolBox, PoolType, Pool._fields)


@nb.njit(cache=True)
def box_pool(t: Pool) -> Pool:
    """Return the arrays of a ``Pool`` by reference."""
    return PoolBox(t.table, t.key, t.kind, t.cost, t.first, t.nodes, t.size)  # type: ignore[no-untyped-call, return-value]


def new_pool(routes: int = ROUTES, stops: int = STOPS) -> Pool:
    """Return an empty pool."""
    return Pool(
        table=np.zeros(TABLE, np.int64),
        key=np.zeros(routes, np.int64),
        kind=np.zeros(routes, np.int32),
        cost=np.zeros(routes),
        first=np.zeros(routes + 1, np.int64),
        nodes=np.zeros(stops, np.int32),
        size=np.zeros(1, np.int64),
    )


@nb.njit(cache=True, nogil=True)
def note_route(pool: Pool, net: Network, tours: Tours, v: int) -> None:
    """Keep route ``v`` unless its set of legs is known at no greater cost or the pool is full."""
    size = tours.size[v]
    if size == 0:
        return
    key = np.int64(net.kind[v] + 1) * np.int64(-7046029254386353131)
    for k in range(1, size + 1):
        mixed = np.int64(tours.seq[v, k] + 1) * np.int64(-4658895280553007687)
        mixed ^= (mixed >> 29) & np.int64(0x7FFFFFFFF)
        key += mixed * np.int64(-7723592293110705685)
    key ^= (key >> 31) & np.int64(0x1FFFFFFFF)
    slot = key & np.int64(len(pool.table) - 1)
    while pool.table[slot] != 0:
        row = pool.table[slot] - 1
        if pool.key[row] == key:
            if tours.cost[v] < pool.cost[row] - 1e-9:
                pool.cost[row] = tours.cost[v]
                for k in range(size):
                    pool.nodes[pool.first[row] + k] = tours.seq[v, k + 1]
            return
        slot = (slot + 1) & np.int64(len(pool.table) - 1)
    row = pool.size[0]
    start = pool.first[row]
    if row >= len(pool.key) or start + size > len(pool.nodes):
        return
    pool.table[slot] = row + 1
    pool.key[row] = key
    pool.kind[row] = net.kind[v]
    pool.cost[row] = tours.cost[v]
    for k in range(size):
        pool.nodes[start + k] = tours.seq[v, k + 1]
    pool.first[row + 1] = start + size
    pool.size[0] = row + 1


@nb.njit(cache=True, nogil=True)
def keep_rows(pool: Pool, keep: Flags) -> None:
    """Forget every route whose flag is 0 and rebuild the table."""
    pool.table[:] = 0
    rows = 0
    end = np.int64(0)
    for row in range(pool.size[0]):
        if not keep[row]:
            continue
        start, stop = pool.first[row], pool.first[row + 1]
        for k in range(stop - start):
            pool.nodes[end + k] = pool.nodes[start + k]
        pool.key[rows] = pool.key[row]
        pool.kind[rows] = pool.kind[row]
        pool.cost[rows] = pool.cost[row]
        pool.first[rows] = end
        end += stop - start
        pool.first[rows + 1] = end
        slot = pool.key[row] & np.int64(len(pool.table) - 1)
        while pool.table[slot] != 0:
            slot = (slot + 1) & np.int64(len(pool.table) - 1)
        rows += 1
        pool.table[slot] = rows
    pool.size[0] = rows


class Columns(NamedTuple):
    """The routes of several pools as a sparse 0/1 matrix by columns."""

    cost: Floats
    kind: Nodes
    first: Ints  # [column + 1] into ``legs``
    legs: Nodes
    first_node: Ints  # [column + 1] into ``nodes``
    nodes: Nodes

    def route(self, column: int) -> Nodes:
        """Return the nodes of a column in driving order."""
        return self.nodes[self.first_node[column] : self.first_node[column + 1]]


def gather(pools: list[Pool]) -> Columns:
    """Return the distinct routes of all pools, each set once and at its least cost."""
    rows = [int(p.size[0]) for p in pools]
    keys = np.concatenate([p.key[:n] for p, n in zip(pools, rows, strict=True)])
    cost = np.concatenate([p.cost[:n] for p, n in zip(pools, rows, strict=True)])
    kind = np.concatenate([p.kind[:n] for p, n in zip(pools, rows, strict=True)])
    nodes = np.concatenate([p.nodes[: p.first[n]] for p, n in zip(pools, rows, strict=True)])
    sizes = np.concatenate([np.diff(p.first[: n + 1]) for p, n in zip(pools, rows, strict=True)])
    order = np.lexsort((cost, keys))
    distinct = np.ones(len(order), bool)
    distinct[1:] = keys[order][1:] != keys[order][:-1]
    kept = np.zeros(len(order), bool)
    kept[order[distinct]] = True
    nodes = nodes[np.repeat(kept, sizes)]
    sizes, cost, kind = sizes[kept], cost[kept], kind[kept]
    column = np.repeat(np.arange(len(sizes)), sizes)
    boards = (nodes & 1) == 0
    count = np.bincount(column[boards], minlength=len(sizes))
    return Columns(
        cost=cost,
        kind=kind,
        first=np.concatenate([[0], np.cumsum(count)]),
        legs=nodes[boards] >> 1,
        first_node=np.concatenate([[0], np.cumsum(sizes)]),
        nodes=nodes,
    )
