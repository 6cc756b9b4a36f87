"""A small random generator of our own, so that a seed means the same in every thread."""

from __future__ import annotations

import numba as nb
import numpy as np

from outreach.routing.network import Ints, Nodes


def new_chance(seed: int) -> Ints:
    """Return the state of a generator; equal seeds give equal sequences."""
    state = np.array(
        [(seed * 0x9E3779B97F4A7C15 + 0x632BE59BD9B4E019) & 0x7FFFFFFFFFFFFFFF], np.int64
    )
    for _ in range(8):
        draw(state)
    return state


@nb.njit(cache=True, nogil=True)
def draw(state: Ints) -> float:
    """Return a number in [0, 1): one step of Steele and others' SplitMix generator."""
    state[0] += np.int64(-7046029254386353131)
    z = state[0]
    z = (z ^ ((z >> 30) & np.int64(0x3FFFFFFFF))) * np.int64(-4658895280553007687)
    z = (z ^ ((z >> 27) & np.int64(0x1FFFFFFFFF))) * np.int64(-7723592293110705685)
    z ^= (z >> 31) & np.int64(0x1FFFFFFFF)
    return ((z >> 11) & np.int64(0x1FFFFFFFFFFFFF)) / 9007199254740992.0  # type: ignore[no-any-return]


@nb.njit(cache=True, nogil=True)
def below(state: Ints, count: int) -> int:
    """Return an integer in 0 … count - 1."""
    return min(count - 1, int(draw(state) * count))


@nb.njit(cache=True, nogil=True)
def shuffle(state: Ints, items: Nodes, count: int) -> None:
    """Put the first ``count`` items in random order."""
    for k in range(count - 1, 0, -1):
        j = below(state, k + 1)
        items[k], items[j] = items[j], items[k]
