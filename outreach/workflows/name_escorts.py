"""Which escort rides in which car: who knows most of the people, then who speaks their dialect (4b)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from outreach.transport.board import BoardCrew
from outreach.transport.run_facts import RunCheck
from outreach.transport.sheets import DaySheet
from outreach.workflows.plan_rows import DayRows

KNOWN = 10
SAME_DIALECT = 1


def named_escorts(rows: DayRows, sheet: DaySheet, checks: Mapping[int, RunCheck]) -> dict[int, int]:
    """Return an escort for each run that was planned with one and carries somebody who wants one."""
    wanting: dict[int, set[int]] = {}
    for run_id in rows.escorted:
        riders = {sheet.leg(h.leg_id) for h in checks[run_id].halts} if run_id in checks else set()
        people = {leg.resident_id for leg in riders if leg.wants_escort}
        if people:
            wanting[run_id] = people
    free = [e for e in rows.escorts if not e.run_ids and e.starts_at is not None]
    pairs = sorted(
        (
            (-_affinity(rows, escort, people), run_id, escort.id)
            for run_id, people in wanting.items()
            for escort in free
        ),
    )
    named: dict[int, int] = {}
    for _badness, run_id, escort_id in pairs:
        if run_id not in named and escort_id not in named.values():
            named[run_id] = escort_id
    return named


def _affinity(rows: DayRows, escort: BoardCrew, people: Iterable[int]) -> int:
    known = rows.company.known_to.get(escort.id, frozenset())
    spoken = rows.company.spoken_by.get(escort.id, "")
    return sum(
        KNOWN * (person in known)
        + SAME_DIALECT * (bool(spoken) and rows.company.dialects.get(person) == spoken)
        for person in people
    )
