"""A day kept between the steps of a drag: read once per pulse, so that the exact check answers at once."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from outreach.accounts.rules import EVERYWHERE, Scope
from outreach.db import Database
from outreach.places.matrix import TravelTable
from outreach.places.queries import area_ids_within, local_zone
from outreach.ports.travel import TravelTimes
from outreach.transport.board import Labels
from outreach.transport.pulse import pulse_of
from outreach.transport.queries import labels_for
from outreach.transport.run_facts import RunCheck
from outreach.transport.sheets import DaySheet, read_day
from outreach.workflows.run_desk import Desk, desk_for

KEEP = 8


@dataclass(slots=True)
class KeptDay:
    """Rows, words and driving times of a day as they were at one pulse, with the checks made since."""

    pulse: str
    sheet: DaySheet
    labels: Labels
    table: TravelTable
    zone: ZoneInfo
    checks: dict[tuple[int, datetime], RunCheck] = field(default_factory=dict)

    def desk(self, now: datetime) -> Desk:
        """Return the day at an instant; a minute is as fine as any time on the board."""
        return Desk(sheet=self.sheet, table=self.table, now=now.replace(second=0, microsecond=0))

    def check(self, desk: Desk, run_id: int) -> RunCheck:
        """Return the check of a run as it stands, made once a minute."""
        key = (run_id, desk.now)
        if key not in self.checks:
            self.checks[key] = desk.check(run_id)
        return self.checks[key]


class KeptDays:
    """The last few days that dispatchers looked at. What is kept is only ever shown: every act reads anew."""

    def __init__(self, *, keep: int = KEEP) -> None:
        self._keep = keep
        self._days: OrderedDict[tuple[object, ...], KeptDay] = OrderedDict()
        self._guard = threading.Lock()

    def day(
        self,
        database: Database,
        travel: TravelTimes,
        *,
        on: date,
        now: datetime,
        scope: Scope = EVERYWHERE,
    ) -> KeptDay:
        """Return the day as it is now: kept when nothing has changed since, else read again."""
        key = (id(database), on, scope.paths)
        with database.read() as session:
            pulse = pulse_of(session, on=on)
            with self._guard:
                known = self._days.get(key)
            if known is not None and known.pulse == pulse:
                return known
            areas = area_ids_within(session, scope.paths)
            sheet = read_day(session, on=on, area_ids=areas)
            labels = labels_for(session, sheet)
            zone = local_zone(session)
        desk = desk_for(sheet, travel, zone_time=now.astimezone(zone), now=now)
        fresh = KeptDay(pulse=pulse, sheet=sheet, labels=labels, table=desk.table, zone=zone)
        with self._guard:
            self._days[key] = fresh
            self._days.move_to_end(key)
            while len(self._days) > self._keep:
                self._days.popitem(last=False)
        return fresh
