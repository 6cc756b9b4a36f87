"""Another official number (moment 6c): kept, compared with ours, and the difference opened by person."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.accounts.rules import Scope
from outreach.db import vault_of
from outreach.kernel.errors import InvalidInput, NotFound
from outreach.ledger.entry_models import LedgerEntry
from outreach.ledger.models import Resident
from outreach.oversight.codes import Basis, Figure
from outreach.oversight.models import OfficialFigure
from outreach.oversight.people import Cell, check_names, ids_of
from outreach.places.models import Area

ID_NUMBER = re.compile(r"^\d{17}[\dX]$")
MOST_LISTED = 30_000


@dataclass(frozen=True, slots=True)
class Difference:
    """An official figure against ours; where a list came with it, who is only on one side.

    ``strangers`` are numbers of the list that belong to nobody in our ledger.
    """

    id: int
    area: str
    figure: Figure
    on: date
    source: str
    theirs: int
    ours: int
    has_list: bool
    only_ours: tuple[int, ...]
    only_theirs: tuple[int, ...]
    strangers: int


@dataclass(frozen=True, slots=True)
class Said:
    """An official figure as it is entered."""

    area_id: int
    campaign_id: int
    figure: Figure
    on: date
    value: int | None
    source: str
    numbers: str = ""


def note(session: Session, *, said: Said, scope: Scope, by: int, now: datetime) -> OfficialFigure:
    """Keep an official figure; a list of identity numbers is kept as keyed hashes alone."""
    area = session.get(Area, said.area_id)
    if area is None or not scope.covers(area.path):
        raise NotFound("area")
    if not said.source.strip():
        raise InvalidInput("field_required", field="source")
    listed = _hashes(session, said.numbers)
    if said.value is None and not listed:
        raise InvalidInput("field_required", field="value")
    row = OfficialFigure(
        area_id=area.id,
        campaign_id=said.campaign_id,
        figure=str(said.figure),
        on=said.on,
        value=said.value if said.value is not None else len(listed),
        source=said.source.strip(),
        listed=sorted(listed) or None,
        noted_by=by,
        noted_at=now,
    )
    session.add(row)
    session.flush()
    return row


def _hashes(session: Session, text: str) -> set[str]:
    numbers = {part.upper() for part in re.split(r"[\s,;，；]+", text) if part}
    if len(numbers) > MOST_LISTED:
        raise InvalidInput("list_long", field="numbers", most=MOST_LISTED)
    strange = [number for number in numbers if not ID_NUMBER.match(number)]
    if strange:
        raise InvalidInput("list_unreadable", field="numbers", count=len(strange))
    vault = vault_of(session)
    return {vault.index(number, purpose="id").hex() for number in numbers}


def figures(session: Session, *, scope: Scope) -> list[tuple[OfficialFigure, str]]:
    """Return the kept figures within the scope, newest first, with their units' names."""
    rows = session.execute(
        select(OfficialFigure, Area.name, Area.path)
        .join(Area, Area.id == OfficialFigure.area_id)
        .order_by(OfficialFigure.on.desc(), OfficialFigure.id.desc())
        .limit(200)
    )
    return [(row[0], row[1]) for row in rows if scope.covers(row[2])]


def compare(session: Session, figure_id: int, *, scope: Scope, now: datetime) -> Difference:
    """Return the difference to our figure of this moment, by person where a list is known."""
    row = session.get(OfficialFigure, figure_id)
    area = session.get(Area, row.area_id) if row is not None else None
    if row is None or area is None or not scope.covers(area.path):
        raise NotFound("not_found")
    check_names(area.path, scope)
    figure = Figure(row.figure)
    cell = Cell(row.campaign_id, figure, Basis.REGISTRATION, area.id)
    ours = ids_of(session, cell, scope=scope, now=now)
    listed = set(row.listed or ())
    only_ours: tuple[int, ...] = ()
    only_theirs: tuple[int, ...] = ()
    strangers = 0
    if listed:
        everyone = Cell(row.campaign_id, Figure.LEDGER, Basis.REGISTRATION, area.id)
        known = _known(session, ids_of(session, everyone, scope=scope, now=now))
        mine = {known[i]: i for i in ours if i in known}
        whole = {number: i for i, number in known.items()}
        without_number = [i for i in ours if i not in known]
        only_ours = tuple(sorted([i for n, i in mine.items() if n not in listed] + without_number))
        only_theirs = tuple(sorted(whole[n] for n in listed - mine.keys() if n in whole))
        strangers = len(listed - whole.keys())
    return Difference(
        id=row.id,
        area=area.name,
        figure=figure,
        on=row.on,
        source=row.source,
        theirs=row.value,
        ours=len(ours),
        has_list=bool(listed),
        only_ours=only_ours,
        only_theirs=only_theirs,
        strangers=strangers,
    )


def _known(session: Session, resident_ids: list[int]) -> dict[int, str]:
    found: dict[int, str] = {}
    for start in range(0, len(resident_ids), 5000):
        rows = session.execute(
            select(Resident.id, Resident.id_index).where(
                Resident.id.in_(resident_ids[start : start + 5000]), Resident.id_index.is_not(None)
            )
        )
        found |= {row[0]: row[1].hex() for row in rows if row[1] is not None}
    return found


def entries_of(session: Session, resident_ids: tuple[int, ...], *, campaign_id: int) -> list[int]:
    """Return the lines of these residents in a campaign."""
    return list(
        session.scalars(
            select(LedgerEntry.id).where(
                LedgerEntry.resident_id.in_(resident_ids[:5000]),
                LedgerEntry.campaign_id == campaign_id,
            )
        )
    )
