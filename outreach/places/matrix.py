"""Travel tables over distinct points: many stops at one door share a row, and equal asks share an answer."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from outreach.kernel.geo import Point
from outreach.ports.travel import Seconds, TravelTimes

SAME_DOOR_DECIMALS = 5  # about a metre


@dataclass(frozen=True, slots=True)
class TravelTable:
    """Driving seconds between addresses."""

    node_of: Mapping[int, int]
    seconds: Seconds
    rows: tuple[list[float], ...]  # the same numbers, quicker to read one by one

    def between(self, from_address_id: int, to_address_id: int) -> float:
        """Return the seconds from one address to another."""
        return self.rows[self.node_of[from_address_id]][self.node_of[to_address_id]]

    def covers(self, address_ids: set[int]) -> bool:
        """Tell whether every one of these addresses is in the table."""
        return address_ids <= self.node_of.keys()


def travel_table(
    points: Mapping[int, Point], travel: TravelTimes, *, leaving: datetime
) -> TravelTable:
    """Return the table over the addresses' points; call it with no transaction open (it may use HTTP).

    ``leaving`` is aware and in the place's own zone.
    """
    nodes: dict[Point, int] = {}
    node_of: dict[int, int] = {}
    for address_id in sorted(points):
        door = Point(*(round(x, SAME_DOOR_DECIMALS) for x in points[address_id]))
        node_of[address_id] = nodes.setdefault(door, len(nodes))
    seconds = travel.table_s(list(nodes), leaving=leaving)
    return TravelTable(node_of=node_of, seconds=seconds, rows=tuple(seconds.tolist()))


class KeptTables:
    """A travel-time source that remembers its last tables: a day's board asks for the same one often."""

    def __init__(self, source: TravelTimes, *, keep: int = 32) -> None:
        self.source = source
        self.name = source.name
        self._keep = keep
        self._tables: OrderedDict[tuple[object, ...], Seconds] = OrderedDict()
        self._guard = threading.Lock()

    def table_s(self, points: Sequence[Point], *, leaving: datetime) -> Seconds:
        """Return the table for these points at this hour; it must not be written into."""
        key = (tuple(points), leaving.hour, leaving.weekday() >= 5)
        with self._guard:
            if key in self._tables:
                self._tables.move_to_end(key)
                return self._tables[key]
        # Half past stands for the hour, so that a table does not depend on who asked first.
        table = self.source.table_s(points, leaving=leaving.replace(minute=30, second=0))
        table.setflags(write=False)
        with self._guard:
            self._tables[key] = table
            while len(self._tables) > self._keep:
                self._tables.popitem(last=False)
        return table
